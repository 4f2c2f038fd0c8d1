#include "apps/airlock-device/shelves.h"

#include <iostream>

#include "apps/airlock-device/fees.h"
#include "apps/airlock-device/packs.h"
#include "apps/airlock-device/plugins.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

using apply::Edition;
using apply::Shelf;
using platform::located;

json::Value to_json(const Edition& edition) {
  json::Value value = {{"version", std::string(edition.version.view())},
                       {"manifest", text::to_hex(edition.manifest.bytes)},
                       {"security_version", edition.security_version},
                       {"size", edition.size}};
  if (edition.entries.count > 0) {
    value["root"] = text::to_hex(edition.entries.root.bytes);
    value["entries"] = edition.entries.count;
  }
  return value;
}

const Edition* find(const Shelf& shelf, std::string_view named) {
  for (const Edition& edition : shelf.editions) {
    if (edition.version.view() == named || text::to_hex(edition.manifest.bytes) == named)
      return &edition;
  }
  return nullptr;
}

void print(const json::Value& shelf, Output output) {
  if (output == Output::json) {
    std::cout << text::visible_json(json::write(shelf)) << "\n";
    return;
  }
  std::cout << shelf_text(shelf) << "\n";
}

platform::Located<Shelf> read(const platform::Device& device, const apply::ShelfKind& kind) {
  return located(apply::shelf_path(device, kind), apply::read_shelf(device, kind));
}

}  // namespace

apply::Judges judges_of(const platform::Device& device) {
  apply::Judges judges;
  judges[apply::kPacks.place] = judge_pack;
  const file::Path limits = device.fee_limits_file();
  if (!limits.empty()) {
    judges[apply::kFees.place] = [limits](Bytes policy, const Edition& edition) {
      return judge_fees(limits, policy, edition);
    };
  }
  if (device.config().fee_plugins != platform::FeePlugins::none) {
    judges[apply::kPlugins.place] = [config = device.config(), limits](Bytes plugin,
                                                                       const Edition& edition) {
      return judge_plugin(config, limits, plugin, edition);
    };
  }
  return judges;
}

json::Value shelf_json(const Shelf& shelf) {
  if (shelf.editions.empty() && shelf.reason == Code::ok) return nullptr;
  json::Value kept = json::Value::array();
  for (std::size_t i = 1; i < shelf.editions.size(); ++i)
    kept.push_back(to_json(shelf.editions[i]));
  json::Value value = {
      {"in_use", nullptr}, {"on_trial", shelf.on_trial}, {"kept", std::move(kept)}};
  if (shelf.in_use() != nullptr) value["in_use"] = to_json(*shelf.in_use());
  value["went_back"] = nullptr;
  if (shelf.reason != Code::ok) {
    value["went_back"] = {{"reason", name(shelf.reason)},
                          {"manifest", text::to_hex(shelf.given_up.bytes)}};
  }
  return value;
}

std::string shelf_text(const json::Value& shelf) {
  if (shelf.is_null()) return "none yet";
  std::string made =
      shelf["in_use"].is_null() ? "none" : shelf["in_use"]["version"].get<std::string>();
  if (shelf["on_trial"].get<bool>()) made += " (on trial)";
  for (std::size_t i = 0; i < shelf["kept"].size(); ++i)
    made += (i == 0 ? ", kept: " : ", ") + shelf["kept"][i]["version"].get<std::string>();
  if (!shelf["went_back"].is_null())
    made += "; went back last: " + shelf["went_back"]["reason"].get<std::string>();
  return made;
}

Answer shelf(const apply::ShelfKind& kind, const ShelfOptions& options) {
  if (options.restore.empty()) {
    AIRLOCK_ASSIGN(const platform::Device device,
                   platform::Device::open(options.dir, platform::Opening::look));
    AIRLOCK_ASSIGN(const Shelf shelf, read(device, kind));
    print(shelf_json(shelf), options.output);
    return {};
  }
  AIRLOCK_ASSIGN(platform::Device device,
                 platform::Device::open(options.dir, platform::Opening::drive));
  AIRLOCK_ASSIGN(const Shelf shelf, read(device, kind));
  const Edition* const wanted = find(shelf, options.restore);
  if (wanted == nullptr) {
    return std::unexpected(platform::Fault(
        Error{Code::not_found}, options.restore + ", among " + shelf_text(shelf_json(shelf))));
  }
  if (shelf.on_trial)
    return std::unexpected(platform::Fault(Error{Code::slot_busy}, options.restore));
  const apply::Judges judges = judges_of(device);
  if (!judges[kind.place])
    return std::unexpected(platform::Fault(Error{Code::wrong_kind}, options.restore));
  AIRLOCK_TRY(located(options.restore, apply::restore_edition(device, {kind, wanted->manifest},
                                                              judges[kind.place])));
  AIRLOCK_ASSIGN(const Shelf now, read(device, kind));
  print(shelf_json(now), options.output);
  return {};
}

}  // namespace airlock::app
