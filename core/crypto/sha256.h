// SHA-256, streamed, without heap.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "core/base/base.h"

namespace airlock::crypto {

// The 32 bytes of a SHA-256 digest. Digests are public: comparing them needs no constant time.
struct Digest {
  static constexpr std::size_t kSize = 32;
  std::array<std::uint8_t, kSize> bytes{};

  // from copies exactly 32 bytes; another size is out_of_range.
  static constexpr Result<Digest> from(Bytes source) {
    if (source.size() != kSize) return fail(Code::out_of_range, source.size());
    Digest made;
    copy_into(made.bytes, source);
    return made;
  }
  constexpr bool is_zero() const { return *this == Digest{}; }

  friend constexpr auto operator<=>(const Digest&, const Digest&) = default;
};

// Sha256 hashes bytes as they come. finish returns the digest and makes the object new again.
class Sha256 {
 public:
  Sha256() { reset(); }

  void update(Bytes bytes);
  Digest finish();

 private:
  void reset();

  // Room for the backend's state; the backend asserts that it fits.
  alignas(8) std::array<std::uint8_t, 128> state_;
};

// sha256 returns the digest of one run of bytes.
Digest sha256(Bytes bytes);

}  // namespace airlock::crypto
