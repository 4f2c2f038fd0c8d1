// The simulated wallet's side of ABI packs: it judges them, and holds single entries against them.
#pragma once

#include "apps/airlock-device/commands.h"
#include "device/apply/editions.h"

namespace airlock::app {

// judge_pack is what this wallet asks of a pack before it serves: engine/abi's judge.
Status judge_pack(Bytes pack, const apply::Edition& edition);

struct EntryOptions {
  file::Path dir;
  std::string key, entry, proof;
};
// verify_entry holds an entry that a host brought against the root of the committed pack.
Answer verify_entry(const EntryOptions& options);

}  // namespace airlock::app
