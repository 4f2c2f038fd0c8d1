// SLH-DSA-SHA2-128s (FIPS 205): its parameters, its addresses, its hash, and the verifier.
//
// It is here for verify.h, which wraps a message as pure SLH-DSA with an empty context string, and
// for publish/keys, which signs with the same parts. Every loop is bounded by a parameter, and
// nothing is kept but a few hashes: the verifier needs below 2 KiB of stack, and no heap.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/base/base.h"
#include "core/crypto/sha256.h"

namespace airlock::crypto::slh_dsa {

// FIPS 205, section 11, table 2, in its order: n, d, h', a, k, and lg_w = 4.
inline constexpr std::size_t kHashSize = 16;
inline constexpr std::size_t kLayers = 7;
inline constexpr std::size_t kTreeHeight = 9;
inline constexpr std::size_t kForsHeight = 12;
inline constexpr std::size_t kForsTrees = 14;
inline constexpr std::size_t kDigits = 2 * kHashSize;  // of 4 bits each, in a hash
inline constexpr std::size_t kChecksumDigits = 3;
inline constexpr std::size_t kChains = kDigits + kChecksumDigits;
inline constexpr std::uint8_t kStepsMax = 15;

inline constexpr std::size_t kForsSize = kForsTrees * (1 + kForsHeight) * kHashSize;
inline constexpr std::size_t kLayerSize = (kChains + kTreeHeight) * kHashSize;
inline constexpr std::size_t kSignatureSize = kHashSize + kForsSize + kLayers * kLayerSize;
static_assert(kSignatureSize == 7856);

using Hash = std::array<std::uint8_t, kHashSize>;

// What a hash is for (section 4.3).
enum class Purpose : std::uint8_t {
  chain = 0,
  chains = 1,
  tree = 2,
  fors_tree = 3,
  fors_roots = 4,
  chain_secret = 5,
  fors_secret = 6,
};

// Where a hash stands, in the compressed form that SHA-2 takes (section 11.2).
class Address {
 public:
  Address(std::size_t layer, std::uint64_t tree);

  // at is the same place in the layer, for this purpose and pair of keys; the rest is zero.
  Address at(Purpose purpose, std::uint32_t pair = 0) const;
  // step sets the chain and the place in it; node the height in a tree and the place there.
  void step(std::uint32_t chain, std::uint32_t place);
  void node(std::uint32_t height, std::uint32_t place) { step(height, place); }

  Bytes view() const { return bytes_; }

 private:
  void put(std::size_t offset, std::uint64_t value, std::size_t size);
  std::array<std::uint8_t, 22> bytes_{};
};

// The hash of everything below a public seed: F, H, T and PRF of section 11.2.1 are one function.
class SeededHash {
 public:
  explicit SeededHash(Bytes public_seed);

  Hash one(const Address& address, Bytes message) const;
  Hash two(const Address& address, Bytes left, Bytes right) const;
  // begin starts a hash of many parts; end takes it.
  Sha256 begin(const Address& address) const;
  static Hash end(Sha256& hash);

 private:
  Sha256 seeded_;
};

// Which secrets sign a message: one leaf of each FORS tree, below one leaf of one lowest tree.
struct Selection {
  std::array<std::uint16_t, kForsTrees> fors;
  std::uint64_t tree = 0;
  std::uint32_t leaf = 0;
};
// select hashes a message (H_msg of section 11.2.1). The key is 32 bytes: seed and root.
Selection select(Bytes randomizer, Bytes key, std::span<const Bytes> message);

// digits_of are the steps in each chain that sign a hash, checksum included (section 5.2).
std::array<std::uint8_t, kChains> digits_of(const Hash& hash);

// The place of a leaf's ancestor in its tree, and whether it is a right child there.
inline std::uint32_t ancestor(std::uint32_t leaf, std::size_t height) { return leaf >> height; }
inline bool is_right(std::uint32_t place) { return (place & 1U) != 0; }

// verify_internal is algorithm 20: the message has its wrapping already. The key is 32 bytes.
bool verify_internal(Bytes key, std::span<const Bytes> message, Bytes signature);

}  // namespace airlock::crypto::slh_dsa
