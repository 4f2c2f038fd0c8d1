// What is wrong with a repository, or will be soon: for whoever runs one, before devices find out.
#pragma once

#include "publish/release/repository.h"

namespace airlock::release {

// How bad it is. note: nothing needs to be done. warning: devices are served, and somebody has
// work. error: a device refuses something.
enum class Level : std::uint8_t { note, warning, error };

struct Finding {
  Level level = Level::note;
  Error error;
  std::string about;
};

// Of one top-level role: what is newest.
struct RoleState {
  std::string role;
  std::uint64_t version = 0;
  std::int64_t expires = 0;
};

struct CheckOrder {
  Path repository;
  const package::Keyring* keyring = nullptr;  // of the devices, where it is at hand
  std::int64_t warn_seconds = 30 * kDay;      // what expires by then
  std::int64_t warn_timestamp_seconds = kDay;
  std::int64_t now = 0;
};
struct Checked {
  std::vector<RoleState> roles;  // of those that there are
  std::vector<std::string> delegated;
  std::size_t targets = 0;
  std::size_t packages = 0;
  std::size_t artifacts = 0;
  std::vector<Finding> findings;  // errors first
  Level worst = Level::note;
};

// check looks at everything that devices and operators need: the chain of roots, signatures and
// expiry of every role (by the device's own code), each target and artifact with its digest and
// length, drafts that wait, files that belong to nothing, keys in two roles or in both doors; with
// the keyring at hand, quorum, log and certificates of each package. It writes nothing. Findings
// are no refusal; it refuses nothing.
Checked check(const CheckOrder& order);

}  // namespace airlock::release
