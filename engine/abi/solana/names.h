// Names of Anchor programs, and the keys that are derived from them.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/base/base.h"

namespace airlock::abi::solana {

inline constexpr std::size_t kDiscriminatorSize = 8;
using Discriminator = std::array<std::uint8_t, kDiscriminatorSize>;

// snake_case writes a name as Anchor's clients do before they hash it: "swapV2" is "swap_v2",
// "v1B" is "v1_b", "withdrawSOL" is "withdraw_sol".
std::string snake_case(std::string_view name);
// pascal_case returns the name of a Rust type: unchanged where it begins with a capital.
std::string pascal_case(std::string_view name);
// discriminator hashes "SPACE:NAME".
Discriminator discriminator(std::string_view space, std::string_view name);

}  // namespace airlock::abi::solana
