// What an EVM word is, and how much of anything is read.
#pragma once

#include <cstddef>
#include <cstdint>

namespace airlock::abi::evm {

inline constexpr std::uint32_t kWordSize = 32;
inline constexpr std::size_t kSelectorSize = 4;
inline constexpr std::size_t kJsonSizeMax = 16 << 20;       // an artifact with its code and sources
inline constexpr std::size_t kSignatureSizeMax = 16 << 10;  // of one, as text
inline constexpr std::size_t kDataSizeMax = 4 << 20;        // more than a block's gas can carry
inline constexpr std::size_t kTopicsMax = 4;

}  // namespace airlock::abi::evm
