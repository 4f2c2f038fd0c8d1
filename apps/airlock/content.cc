#include "apps/airlock/content.h"

#include "engine/fee/show.h"
#include "host/text/text.h"

namespace airlock::app {
namespace {

bool has_content(package::Kind kind) {
  return kind == package::Kind::fee_policy || kind == package::Kind::fee_plugin;
}

Shown shown_plugin(const fee::plugin::Candidate& plugin) {
  return {"Fee plugin " + std::string(plugin.release()) + "\n  SHA-256 " +
              digest_hex(plugin.digest()) + "\n" + plugin_text(plugin),
          {{"fee_plugin", plugin_json(plugin)}}};
}

}  // namespace

std::expected<Shown, Refusal> show_content(const file::Path& package,
                                           const package::Manifest& manifest) {
  if (manifest.kind == package::Kind::fee_plugin) {
    AIRLOCK_ASSIGN(const Plugin plugin, read_plugin_in(package, manifest));
    return shown_plugin(*plugin);
  }
  if (manifest.kind != package::Kind::fee_policy) return Shown{};
  AIRLOCK_ASSIGN(const auto policy, read_policy_in(package, manifest));
  return Shown{fee::lines_of(*policy), {{"fee_policy", fee::json_of(*policy)}}};
}

std::expected<std::string, Refusal> show_to_sign(const std::string& package,
                                                 const package::Manifest& manifest) {
  const std::string shown = manifest_text(manifest);
  if (!has_content(manifest.kind)) return shown;
  std::error_code ignored;
  if (!std::filesystem::is_directory(package, ignored))
    return shown + "Its content is not beside this file; read it where the whole package is\n";
  AIRLOCK_ASSIGN(const Shown content, show_content(package, manifest));
  return shown + content.text;
}

Answer judge_content(const file::Path& package, const package::Manifest& manifest,
                     const ConfinementOptions& confinement) {
  if (manifest.kind == package::Kind::fee_policy) {
    AIRLOCK_TRY(read_policy_in(package, manifest));
  }
  if (manifest.kind != package::Kind::fee_plugin) return {};
  AIRLOCK_ASSIGN(const Plugin plugin, read_plugin_in(package, manifest));
  AIRLOCK_TRY(try_plugin(plugin, confinement, nullptr, package.string()));
  return {};
}

}  // namespace airlock::app
