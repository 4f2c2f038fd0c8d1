// The simulated wallet's side of ABI packs: it judges them, lists them, and restores them.
#pragma once

#include "apps/airlock-device/commands.h"
#include "device/apply/packs.h"
#include "host/json/json.h"

namespace airlock::app {

// judge_pack is what this wallet asks of a pack before it serves: engine/abi's judge.
Status judge_pack(Bytes pack, const package::Entries& committed);

// packs_json is the shelf for status; null where there never was a pack.
json::Value packs_json(const apply::Shelf& shelf);
// packs_text is the same in a line: "2.0.0, kept: 1.1.0, 1.0.0".
std::string packs_text(const json::Value& packs);

struct PacksOptions {
  file::Path dir;
  std::string restore;  // a version or a manifest's digest; empty: only list
  Output output = Output::people;
};
Answer packs(const PacksOptions& options);

struct EntryOptions {
  file::Path dir;
  std::string key, entry, proof;
};
// verify_entry holds an entry that a host brought against the root of the committed pack.
Answer verify_entry(const EntryOptions& options);

}  // namespace airlock::app
