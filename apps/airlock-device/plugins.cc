#include "apps/airlock-device/plugins.h"

#include "apps/airlock-device/fees.h"
#include "device/agent/plugins.h"

namespace airlock::app {

using fee::plugin::Candidate;
using fee::plugin::Confinement;
using fee::plugin::PartOfWallet;
using fee::plugin::Serving;
using platform::Fault;

platform::Located<Confinement> confinement_of(const platform::Config& config) {
  Confinement how{.runner = fee::plugin::runner_beside_this_program(),
                  .budget = std::chrono::milliseconds(config.plugin_budget_ms)};
  for (const std::string& lacked : config.plugins_may_lack) {
    const auto layer = sandbox::layer_named(lacked);
    if (!layer) {
      return std::unexpected(
          Fault(Error{Code::usage},
                "plugins may lack " + text_of(sandbox::Layers::all()) + "; found " + lacked));
    }
    how.required = how.required.without(*layer);
  }
  return how;
}

Status judge_plugin(const platform::Config& config, const file::Path& limits_path, Bytes content,
                    const apply::Edition& edition) {
  const auto limits = read_fee_limits(limits_path);
  if (!limits) return fail(limits.error().code);
  auto how = confinement_of(config);
  if (!how) return fail(how.error().code);
  // A golden case is no quote for which a person waits.
  how->budget = fee::plugin::kBudgetDefault;
  const auto plugin = Candidate::judge(content, edition.image);
  if (!plugin) return fail(plugin.error().code);
  if ((*plugin)->release() != edition.version.view()) return fail(Code::plugin_malformed);
  AIRLOCK_ASSIGN(const auto serving, Serving::start(*plugin, *how));
  const auto proven = serving->prove_golden(&*limits);
  return proven ? Status() : fail(proven.error().code);
}

fee::plugin::How how_to_run(const platform::Device& device, const apply::Shelf& shelf,
                            const Candidate& plugin, const Confinement& confined) {
  const apply::Edition* const in_use = shelf.in_use();
  const bool is_wanted = device.config().fee_plugins == platform::FeePlugins::in_process;
  if (!is_wanted || in_use == nullptr) return confined;
  const auto is_signed = agent::signed_as_firmware(device, *in_use);
  const auto is_consented = agent::consented_by_owner(shelf, *in_use);
  if (!is_signed || !is_consented) return confined;
  const auto part = PartOfWallet::of(plugin, {*is_signed}, {*is_consented});
  if (!part) return confined;
  return *part;
}

}  // namespace airlock::app
