// An operator's part of a fleet: whose devices there are, and who is offered what. By the store
// that the operators' door uses, so that no seed is drawn that a simulation did not name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/base.h"
#include "fleet/vendor.h"
#include "server/store/store.h"

namespace airlock::fleet {

class Registry {
 public:
  // open makes a database in `folder`. Errors of each: those of server/store.
  static Result<Registry> open(const file::Path& folder, store::Sharing sharing);

  store::Store& store() { return *store_; }

  Status enrol(const std::vector<std::string>& keys_hex, std::int64_t now);
  // offer begins the rollout of a release, with the seed of its buckets; advance lets more devices
  // have it.
  Result<std::int64_t> offer(const Digest& manifest, const Digest& seed, std::uint32_t share,
                             std::int64_t now);
  Status advance(std::int64_t rollout, std::uint32_t share, std::int64_t now);
  // committed counts the devices of which the server heard that they run a rollout's release.
  Result<std::uint64_t> committed(std::int64_t rollout);

 private:
  explicit Registry(std::unique_ptr<store::Store> store) : store_(std::move(store)) {}
  std::unique_ptr<store::Store> store_;
};

}  // namespace airlock::fleet
