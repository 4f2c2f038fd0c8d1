// Whether a pack may serve.
//
// All of it is read: every entry must be what its key says it is, every case in it must be read and
// shown as it states (golden.h), and so must the cases that are fixed in this code, whatever the
// pack says: what a wallet's owner signs most often (ERC-20 transfer and approve, permit, plain
// sends) can never come to mean something else by an update, nor be shown without whom and how
// much. Any failure refuses the pack whole.
#pragma once

#include <string>

#include "engine/abi/snapshot.h"

namespace airlock::abi {

inline constexpr std::size_t kGoldenCasesMax = 10'000;
// Of what descriptors ask for, wherever they are bound: a call or message, a field, and four for
// each field of a screen that is tried. Some seconds at most.
inline constexpr std::size_t kJudgingStepsMax = 32'000'000;

// Why a pack was refused, and which entry is to blame.
struct Fault {
  Error error;
  std::string key;
};

// judge reads a whole pack. Errors: those of opening it, entry_mismatch, bad_pack (an unknown kind
// of entry), those of maps, loaders and descriptors, descriptor_unbound, expected_otherwise (a
// descriptor speaks of a call that the contract's own map lacks), ambiguous (of a call or message
// that another descriptor of the contract speaks of), golden_case_failed, over_budget; never
// loader_missing: an entry that only a newer wallet can read harms nobody.
std::expected<void, Fault> judge(const Snapshot& snapshot, Loaders loaders,
                                 std::size_t steps_max = kJudgingStepsMax);

}  // namespace airlock::abi
