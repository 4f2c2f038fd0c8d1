// The kinds of content that a package can carry, and what all of them share.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/base.h"

namespace airlock::package {

// Numbers are wire format.
enum class Kind : std::uint8_t {
  firmware = 1,
  abi_pack = 2,
  fee_policy = 3,
  fee_plugin = 4,
  advisory = 5,
  keyring = 6,
};

inline constexpr std::size_t kKindCount = 6;
// The type is written out: GCC 12 puts a constant whose type it deduces into writable memory.
inline constexpr std::array<Kind, kKindCount> kKinds = {Kind::firmware,   Kind::abi_pack,
                                                        Kind::fee_policy, Kind::fee_plugin,
                                                        Kind::advisory,   Kind::keyring};

// The latest moment that a signed time may name, 9999-12-31T23:59:59Z: "never".
inline constexpr std::int64_t kTimeMax = 253'402'300'799;

// index_of counts kinds from zero, for arrays with a place per kind.
constexpr std::size_t index_of(Kind kind) { return static_cast<std::size_t>(kind) - 1; }

// carries_content says whether a package of this kind holds its content inside the manifest
// (keyring, advisory). All other kinds list components.
constexpr bool carries_content(Kind kind) {
  return kind == Kind::keyring || kind == Kind::advisory;
}

// name_of returns "firmware", "abi-pack", "fee-policy", "fee-plugin", "advisory", "keyring".
std::string_view name_of(Kind kind);
// kind_named is the way back; another text is out_of_range.
Result<Kind> kind_named(std::string_view name);
// known_kind checks a number from the wire: out_of_range otherwise.
Result<Kind> known_kind(std::uint64_t number);

}  // namespace airlock::package
