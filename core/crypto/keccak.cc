#include "core/crypto/keccak.h"

#include <bit>
#include <cstring>

namespace airlock::crypto {
namespace {

constexpr std::size_t kLanes = 25;
constexpr std::size_t kRate = 136;  // bytes absorbed at once, for 256 bits of output
constexpr std::size_t kRounds = 24;

constexpr std::array<std::uint64_t, kRounds> kRoundConstants = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

// FIPS 202, section 3.2: where each lane goes in pi, and by how much rho turns it on the way.
constexpr std::array<std::uint8_t, kLanes - 1> kPlaces = {
    10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1};
constexpr std::array<std::uint8_t, kLanes - 1> kTurns = {
    1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44};

// The same from the other end: which lane comes to a place, and turned by how much.
struct Origin {
  std::uint8_t lane = 0;
  std::uint8_t turn = 0;
};
constexpr std::array<Origin, kLanes> kOrigins = [] {
  std::array<Origin, kLanes> origins{};
  for (std::size_t i = 0; i < kPlaces.size(); ++i)
    origins[kPlaces[i]] = {i == 0 ? std::uint8_t{1} : kPlaces[i - 1], kTurns[i]};
  return origins;
}();

using State = std::array<std::uint64_t, kLanes>;

// One round from one state into another, so that each lane is read and written once.
void round(const State& a, State& to, std::uint64_t constant) {
  std::array<std::uint64_t, 5> c, d;
#pragma GCC unroll 5
  for (std::size_t x = 0; x < 5; ++x) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
#pragma GCC unroll 5
  for (std::size_t x = 0; x < 5; ++x) d[x] = c[(x + 4) % 5] ^ std::rotl(c[(x + 1) % 5], 1);
#pragma GCC unroll 5
  for (std::size_t y = 0; y < kLanes; y += 5) {
    std::array<std::uint64_t, 5> row;
#pragma GCC unroll 5
    for (std::size_t x = 0; x < 5; ++x) {
      const Origin from = kOrigins[y + x];
      row[x] = std::rotl(a[from.lane] ^ d[from.lane % 5], from.turn);
    }
#pragma GCC unroll 5
    for (std::size_t x = 0; x < 5; ++x) to[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
  }
  to[0] ^= constant;
}

void permute(State& state) {
  State other;
  for (std::size_t i = 0; i < kRounds; i += 2) {
    round(state, other, kRoundConstants[i]);
    round(other, state, kRoundConstants[i + 1]);
  }
}

constexpr std::uint64_t load(const std::uint8_t* from) {
  std::uint64_t lane = 0;
  for (unsigned i = 0; i < 8; ++i) lane |= std::uint64_t{from[i]} << 8 * i;
  return lane;
}

void absorb(State& state, const std::uint8_t* block) {
  for (std::size_t i = 0; i < kRate / 8; ++i) state[i] ^= load(block + 8 * i);
  permute(state);
}

Digest sponge(Bytes bytes, std::uint8_t padding) {
  State state{};
  for (; bytes.size() >= kRate; bytes = bytes.subspan(kRate)) absorb(state, bytes.data());
  std::array<std::uint8_t, kRate> last{};
  copy_into(last, bytes);
  last[bytes.size()] = padding;
  last[kRate - 1] |= 0x80;
  absorb(state, last.data());
  Digest digest;
  for (std::size_t i = 0; i < Digest::kSize; ++i)
    digest.bytes[i] = static_cast<std::uint8_t>(state[i / 8] >> 8 * (i % 8));
  return digest;
}

}  // namespace

Digest keccak256(Bytes bytes) { return sponge(bytes, 0x01); }

Digest sha3_256(Bytes bytes) { return sponge(bytes, 0x06); }

}  // namespace airlock::crypto
