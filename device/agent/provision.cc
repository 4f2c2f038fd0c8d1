#include "device/agent/provision.h"

#include "device/agent/facts.h"
#include "device/agent/folder.h"
#include "device/agent/incoming.h"
#include "device/apply/apply.h"

namespace airlock::agent {
namespace {

constexpr std::size_t kCaSizeMax = 256 << 10;

// The factory vouches for the first firmware with its own hands, as an owner does later: the same
// staging, the same reading back, the same trial, with the bootloader as the judge.
Status start_with(platform::Device& device, const Release& release, const file::Path& folder,
                  std::optional<std::int64_t> clock) {
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  AIRLOCK_ASSIGN(const Running nothing, Running::read(device, record));
  const package::Manifest& manifest = release.proven.manifest();
  if (manifest.kind != package::Kind::firmware) return fail(Code::wrong_kind);
  AIRLOCK_ASSIGN(const package::DeviceFacts facts,
                 facts_for(device, record, nothing, manifest, clock));
  AIRLOCK_ASSIGN(const package::InstallPlan plan, package::admit(release.proven, facts));
  FolderArtifacts artifacts(folder);
  AIRLOCK_TRY(
      apply::stage_firmware(device, {release.proven, plan}, release.envelope, artifacts, {}));
  AIRLOCK_ASSIGN(const apply::Verified verified,
                 apply::verify_firmware(device, release.proven, release.envelope));
  AIRLOCK_TRY(apply::keep_consent(device, release.proven.digest()));
  AIRLOCK_TRY(apply::arm_firmware(device, verified));
  AIRLOCK_ASSIGN(const slot::Boot boot, device.boot());
  if (!boot.trial) return fail(boot.gave_up);
  return apply::confirm_firmware(device, release.proven);
}

Status make_whole(const file::Path& folder, platform::Birth birth,
                  const std::optional<Release>& release, const Factory& factory) {
  AIRLOCK_TRY(platform::make_device(folder, std::move(birth)));
  if (!release) return {};
  AIRLOCK_ASSIGN(platform::Device device, platform::Device::open(folder, platform::Opening::drive));
  return start_with(device, *release, *factory.firmware, factory.clock);
}

}  // namespace

Status provision(const file::Path& place, Factory factory) {
  AIRLOCK_ASSIGN(file::NewFolder folder, file::NewFolder::begin(place));
  AIRLOCK_TRY(fetch::Connection::open({factory.config.server}));
  platform::Birth birth;
  birth.config = std::move(factory.config);
  AIRLOCK_ASSIGN(birth.keyring, file::read(factory.keyring, package::kEnvelopeSizeMax));
  AIRLOCK_TRY(package::open_keyring_anchor(birth.keyring));
  AIRLOCK_ASSIGN(birth.root, file::read(factory.root, tuf::kRootSizeMax));
  AIRLOCK_ASSIGN(birth.ca, file::read(factory.ca, kCaSizeMax));
  std::optional<Release> release;
  if (factory.firmware) {
    // Before anything is made: a package that does not prove leaves no device behind.
    AIRLOCK_ASSIGN(file::Buffer envelope,
                   file::read(*factory.firmware / "manifest.cose", package::kEnvelopeSizeMax));
    AIRLOCK_ASSIGN(Release proven, prove_envelope(std::move(envelope), birth.keyring));
    release.emplace(std::move(proven));
  }
  AIRLOCK_TRY(make_whole(folder.path(), std::move(birth), release, factory));
  return folder.commit();
}

}  // namespace airlock::agent
