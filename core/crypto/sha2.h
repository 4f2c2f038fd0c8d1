// SHA-256 and SHA-512, small and without a library. Private to the room; the host's backend brings
// faster ones.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/base.h"

namespace airlock::crypto::small {

template <class Word>
class Sha2 {
 public:
  using Hash = std::array<std::uint8_t, 8 * sizeof(Word)>;

  Sha2() { reset(); }
  void update(Bytes bytes);
  // finish returns the hash and makes the object new again.
  Hash finish();

 private:
  static constexpr std::size_t block_size() { return 16 * sizeof(Word); }
  static constexpr std::size_t length_size() { return 2 * sizeof(Word); }

  void reset();
  void compress_block(const std::uint8_t* block);

  std::array<Word, 8> state_;
  std::uint64_t size_ = 0;
  std::array<std::uint8_t, 16 * sizeof(Word)> block_{};
};

using Sha256State = Sha2<std::uint32_t>;
using Sha512State = Sha2<std::uint64_t>;

}  // namespace airlock::crypto::small
