// What every fleet stands on, however it reaches a server: the vendor, his releases, and the keys
// of the devices.
#pragma once

#include <memory>
#include <vector>

#include "core/base/base.h"
#include "device/platform/identity.h"
#include "fleet/dice.h"
#include "fleet/fleet.h"
#include "fleet/vendor.h"

namespace airlock::fleet {

class Ground {
 public:
  // prepare makes the keys, a repository and the release that the devices leave the factory with.
  // Errors: those of publish/release.
  static release::Answer<std::unique_ptr<Ground>> prepare(const Settings& settings,
                                                          const file::Path& folder,
                                                          std::int64_t now);

  // publish makes the next release: a twentieth of the image changes.
  release::Answer<void> publish(std::int64_t now);

  Vendor& vendor() { return vendor_; }
  const Vendor& vendor() const { return vendor_; }
  const std::vector<Release>& releases() const { return releases_; }
  const Buffer& root() const { return root_; }  // of the repository, the first one
  Result<platform::DeviceKey> key_of(std::uint64_t device) const;
  // draw_seed is for the buckets of the next rollout.
  Digest draw_seed();

 private:
  Ground(Vendor vendor, platform::DeviceKey key, std::uint64_t seed)
      : vendor_(std::move(vendor)), key_(std::move(key)), chance_(seed, std::uint64_t{1} << 32) {}

  Vendor vendor_;
  platform::DeviceKey key_;  // that those of the devices are derived from
  Dice chance_;
  std::vector<Release> releases_;
  Buffer root_;
};

}  // namespace airlock::fleet
