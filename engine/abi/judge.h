// Whether a pack may serve.
//
// All of it is read: every entry must be what its key says it is, every case in it must decode as
// it states, and so must the cases that are fixed in this code, whatever the pack says: what a
// wallet's owner signs most often (ERC-20 transfer and approve, permit, plain sends) can never come
// to mean something else by an update. Any failure refuses the pack whole.
//
// A golden case is JSON:
// {"chain","target","data","expect":{"call","bound","canonical","arguments"}}, where `data` is 0x..
// and `arguments` are spelled as type::append_json spells them.
#pragma once

#include <string>

#include "engine/abi/snapshot.h"

namespace airlock::abi {

inline constexpr std::size_t kGoldenSizeMax = 1 << 20;
inline constexpr std::size_t kGoldenCasesMax = 10'000;

// Why a pack was refused, and which entry is to blame.
struct Fault {
  Error error;
  std::string key;
};

// judge reads a whole pack. Errors: those of opening it, entry_mismatch, bad_pack (an unknown kind
// of entry), those of maps and loaders, golden_case_failed; never loader_missing: an entry that
// only a newer wallet can read harms nobody.
std::expected<void, Fault> judge(const Snapshot& snapshot, Loaders loaders);

}  // namespace airlock::abi
