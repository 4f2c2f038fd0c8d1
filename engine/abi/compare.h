// What changed between two versions, and whether it breaks who relied on the first.
//
// Breaking is what changes the meaning of bytes or takes it away: an entry that is gone, another
// type, another order, a name that moved to another parameter, a call that may no longer carry
// value, a token's decimals, what a descriptor shows and how, a descriptor that comes beside
// another one of its contract. Any other new entry, and other words for the same bytes, break
// nothing; words are told all the same, since they are what the owner reads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/pack/pack.h"
#include "engine/abi/type/type.h"

namespace airlock::abi {

inline constexpr std::size_t kChangesMax = 10'000;

struct Change {
  enum class What : std::uint8_t { added, removed, renamed, swapped, retyped, flags, content };
  What what = What::content;
  bool is_breaking = false;
  std::string key;     // of the pack's entry; empty where two maps were compared
  std::string entry;   // "function transfer(address,uint256)"; empty where all of a key changed
  std::string place;   // "input.to"; empty where the entry itself changed
  std::string before;  // and `after`: what stood there, as text
  std::string after;
};
std::string_view name_of(Change::What what);  // "added", ..

// compare lists the changes from one map to the next, in the order of the entries. Errors:
// too_many.
Result<std::vector<Change>> compare(const type::Map& before, const type::Map& after);

// compare lists the changes from one pack to the next, in the order of the keys; maps are compared
// entry by entry, other contents value by value. Errors: too_many, and those of contents and maps.
Result<std::vector<Change>> compare(const pack::Pack& before, const pack::Pack& after);

}  // namespace airlock::abi
