// Views of bytes, and the one place where a size is checked before a copy.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/check.h"

namespace airlock {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

// copy_into writes `from` to the start of `to`, which must be large enough (a bug otherwise).
constexpr void copy_into(MutableBytes to, Bytes from) {
  AIRLOCK_CHECK(from.size() <= to.size());
  std::copy(from.begin(), from.end(), to.begin());
}

constexpr bool equal(Bytes a, Bytes b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// bytes_of and text_of view the same memory as the other type.
inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace airlock
