#include "device/platform/config.h"

#include "core/package/package.h"
#include "host/json/json.h"

namespace airlock::platform {
namespace {

constexpr std::int64_t kLevelMax = UINT32_MAX;

Result<ComponentConfig> component_of(const json::Value& value) {
  ComponentConfig made;
  AIRLOCK_ASSIGN(made.id, json::text(value, "id", package::kComponentIdMax));
  if (made.id.empty()) return fail(Code::missing_field);
  AIRLOCK_ASSIGN(const std::int64_t size,
                 json::integer(value, "slot_size", 1, std::int64_t{package::kImageSizeMax}));
  made.slot_size = static_cast<std::uint64_t>(size);
  AIRLOCK_ASSIGN(const json::Value* slots, json::object(value, "slots"));
  for (slot::SlotId id : {slot::SlotId::a, slot::SlotId::b}) {
    AIRLOCK_ASSIGN(made.paths[slot::index_of(id)],
                   json::text(*slots, slot::name_of(id), kConfigTextMax));
  }
  return made;
}

Status read_components(const json::Value& value, Config& config) {
  AIRLOCK_ASSIGN(const json::Value* list,
                 json::array(value, "components", package::kComponentsMax));
  for (const json::Value& item : *list) {
    AIRLOCK_ASSIGN(ComponentConfig component, component_of(item));
    for (const ComponentConfig& earlier : config.components) {
      if (earlier.id == component.id) return fail(Code::duplicate_key, config.components.size());
    }
    config.components.push_back(std::move(component));
  }
  return {};
}

// A list of texts that may be absent.
Result<std::vector<std::string>> read_list(const json::Value& value, std::string_view key,
                                           std::size_t count_max) {
  std::vector<std::string> texts;
  AIRLOCK_ASSIGN(const json::Value* given, json::optional(value, key));
  if (given == nullptr) return texts;
  AIRLOCK_ASSIGN(const json::Value* list, json::array(value, key, count_max));
  for (const json::Value& item : *list) {
    const json::Value entry = {{"text", item}};
    AIRLOCK_ASSIGN(std::string text, json::text(entry, "text", kConfigTextMax));
    texts.push_back(std::move(text));
  }
  return texts;
}

Status read_plugins(const json::Value& value, Config& config) {
  AIRLOCK_ASSIGN(const json::Value* plugins, json::optional(value, "fee_plugins"));
  if (plugins == nullptr) return {};
  AIRLOCK_ASSIGN(const std::string how, json::text(value, "fee_plugins", kConfigTextMax));
  AIRLOCK_ASSIGN(config.fee_plugins, fee_plugins_named(how));
  AIRLOCK_ASSIGN(config.plugins_may_lack, read_list(value, "plugins_may_lack", kLayersMax));
  AIRLOCK_ASSIGN(const std::int64_t budget,
                 json::integer(value, "plugin_budget_ms", 1, kPluginBudgetMsMax));
  config.plugin_budget_ms = static_cast<std::uint32_t>(budget);
  return {};
}

Status read_loader(const json::Value& value, Config& config) {
  AIRLOCK_ASSIGN(const json::Value* given, json::optional(value, "loader"));
  if (given == nullptr) return {};
  AIRLOCK_ASSIGN(const std::string kind, json::text(*given, "kind", kConfigTextMax));
  AIRLOCK_ASSIGN(config.loader.environment.kind, loader::kind_named(kind));
  AIRLOCK_ASSIGN(config.loader.environment.path, json::text(*given, "environment", kConfigTextMax));
  AIRLOCK_ASSIGN(config.loader.command_line, json::text(*given, "command_line", kConfigTextMax));
  AIRLOCK_ASSIGN(config.loader.boot_id, json::text(*given, "boot_id", kConfigTextMax));
  return {};
}

// What devices do not say that were made before it was there.
Status read_later(const json::Value& value, Config& config) {
  AIRLOCK_ASSIGN(const json::Value* roots, json::optional(value, "server_roots"));
  if (roots != nullptr) {
    AIRLOCK_ASSIGN(config.server_roots, json::boolean(value, "server_roots"));
  }
  AIRLOCK_ASSIGN(config.responders, read_list(value, "responders", kRespondersMax));
  AIRLOCK_ASSIGN(config.ask_for, read_list(value, "ask_for", package::kKindCount));
  AIRLOCK_ASSIGN(const json::Value* limits, json::optional(value, "fee_limits"));
  if (limits != nullptr) {
    AIRLOCK_ASSIGN(config.fee_limits, json::text(value, "fee_limits", kConfigTextMax));
  }
  AIRLOCK_ASSIGN(const json::Value* tier, json::optional(value, "tier"));
  if (tier != nullptr) {
    AIRLOCK_ASSIGN(config.tier, json::text(value, "tier", kPlaceTextMax));
  }
  AIRLOCK_TRY(read_loader(value, config));
  return read_plugins(value, config);
}

Result<Config> config_of(const json::Value& value) {
  Config config;
  AIRLOCK_ASSIGN(config.model, json::text(value, "model", package::kModelTextMax));
  AIRLOCK_ASSIGN(config.server, json::text(value, "server", kConfigTextMax));
  AIRLOCK_ASSIGN(config.ca, json::text(value, "ca", kConfigTextMax));
  AIRLOCK_ASSIGN(config.region, json::text(value, "region", kPlaceTextMax));
  AIRLOCK_ASSIGN(config.group, json::text(value, "group", kPlaceTextMax));
  AIRLOCK_ASSIGN(config.certificate, json::text(value, "certificate", kConfigTextMax));
  AIRLOCK_ASSIGN(const std::int64_t bootloader, json::integer(value, "bootloader", 0, kLevelMax));
  AIRLOCK_ASSIGN(const std::int64_t secure_boot, json::integer(value, "secure_boot", 0, kLevelMax));
  config.bootloader = static_cast<std::uint32_t>(bootloader);
  config.secure_boot = static_cast<std::uint32_t>(secure_boot);
  AIRLOCK_ASSIGN(const bool unnamed, json::boolean(value, "private"));
  config.naming = unnamed ? Naming::pseudonym : Naming::duid;
  AIRLOCK_TRY(read_later(value, config));
  AIRLOCK_TRY(read_components(value, config));
  // Nothing that the server could be known by would be no way to know it.
  if (config.ca.empty() && !config.server_roots) return fail(Code::missing_field);
  return config;
}

}  // namespace

std::string_view name_of(FeePlugins plugins) {
  switch (plugins) {
    case FeePlugins::none: return "";
    case FeePlugins::confined: return "confined";
    case FeePlugins::in_process: return "in-process";
  }
  broken_promise();
}

Result<FeePlugins> fee_plugins_named(std::string_view name) {
  for (const FeePlugins one : {FeePlugins::none, FeePlugins::confined, FeePlugins::in_process}) {
    if (name_of(one) == name) return one;
  }
  return fail(Code::out_of_range);
}

Result<Config> read_config(const file::Path& path) {
  AIRLOCK_ASSIGN(const file::Buffer text, file::read(path, kConfigSizeMax));
  AIRLOCK_ASSIGN(const json::Value value, json::parse(text_of(text), kConfigSizeMax));
  return config_of(value);
}

Status create_config(const file::Path& path, const Config& config) {
  json::Value components = json::Value::array();
  for (const ComponentConfig& component : config.components) {
    components.push_back({{"id", component.id},
                          {"slot_size", component.slot_size},
                          {"slots", {{"a", component.paths[0]}, {"b", component.paths[1]}}}});
  }
  json::Value value = {{"model", config.model},
                       {"server", config.server},
                       {"ca", config.ca},
                       {"bootloader", config.bootloader},
                       {"secure_boot", config.secure_boot},
                       {"region", config.region},
                       {"group", config.group},
                       {"certificate", config.certificate},
                       {"private", config.naming == Naming::pseudonym},
                       {"server_roots", config.server_roots},
                       {"responders", config.responders},
                       {"ask_for", config.ask_for},
                       {"fee_limits", config.fee_limits},
                       {"tier", config.tier},
                       {"fee_plugins", name_of(config.fee_plugins)},
                       {"plugins_may_lack", config.plugins_may_lack},
                       {"plugin_budget_ms", config.plugin_budget_ms},
                       {"components", components}};
  if (config.loader.environment.kind != loader::Kind::none) {
    value["loader"] = {{"kind", loader::name_of(config.loader.environment.kind)},
                       {"environment", config.loader.environment.path.string()},
                       {"command_line", config.loader.command_line.string()},
                       {"boot_id", config.loader.boot_id.string()}};
  }
  return file::create(path, bytes_of(json::write(value) + "\n"));
}

}  // namespace airlock::platform
