// Between what a loader is told and the variables that say it.
#include <algorithm>
#include <memory>

#include "device/loader/internal/stores.h"
#include "host/text/text.h"

namespace airlock::loader {
namespace {

std::unique_ptr<Store> store_of(const Environment& environment) {
  switch (environment.kind) {
    case Kind::none: break;
    case Kind::grub: return std::make_unique<GrubStore>(environment.path);
    case Kind::u_boot: return std::make_unique<UBootStore>(environment.path);
  }
  broken_promise();
}

std::string_view value_of(const std::vector<Variable>& variables, std::string_view name) {
  const auto found = std::ranges::find(variables, name, &Variable::name);
  return found == variables.end() ? std::string_view() : std::string_view(found->value);
}

Result<std::uint8_t> boots_of(std::string_view text) {
  for (std::uint8_t boots = 0; boots <= slot::kTrialBootsMax; ++boots) {
    if (text == std::to_string(boots)) return boots;
  }
  return fail(Code::loader_unreadable);
}

Result<SlotId> active_of(std::string_view text) {
  for (const SlotId id : {SlotId::a, SlotId::b}) {
    if (text == slot::name_of(id)) return id;
  }
  return fail(Code::loader_unreadable);
}

}  // namespace

Result<std::optional<Known>> read(const Environment& environment) {
  AIRLOCK_ASSIGN(const std::vector<Variable> variables, store_of(environment)->read());
  const std::string_view active = value_of(variables, kActiveName);
  const std::string_view trial = value_of(variables, kTrialName);
  if (active.empty()) return std::nullopt;
  Known known;
  known.start = value_of(variables, kStartName);
  Told& told = known.told;
  AIRLOCK_ASSIGN(told.active, active_of(active));
  if (trial.empty()) return known;
  told.trial = Told::Trial{};
  AIRLOCK_ASSIGN(told.trial->boots_left, boots_of(trial));
  const Result<Digest> manifest = text::digest_from_hex(value_of(variables, kManifestName));
  if (!manifest) return fail(Code::loader_unreadable);
  told.trial->manifest = *manifest;
  return known;
}

Status tell(const Environment& environment, const Told& told, std::string_view start) {
  std::vector<Variable> changes = {{std::string(kActiveName), std::string(name_of(told.active))},
                                   {std::string(kTrialName), ""},
                                   {std::string(kManifestName), ""},
                                   {std::string(kStartName), std::string(start)}};
  if (told.trial) {
    changes[1].value = std::to_string(told.trial->boots_left);
    changes[2].value = text::to_hex(told.trial->manifest.bytes);
  }
  return store_of(environment)->write(changes);
}

}  // namespace airlock::loader
