// Merkle trees as RFC 9162, section 2.1: leaf = SHA-256(0x00 || data), node = SHA-256(0x01 || left
// || right). Used for payloads and for the public log; the shape is the standard's, so any
// third-party tool can check it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/base.h"
#include "core/crypto/sha256.h"

namespace airlock::package {

using crypto::Digest;

inline constexpr std::size_t kTreeDepthMax = 32;

Digest leaf_hash(Bytes data);
Digest node_hash(const Digest& left, const Digest& right);

// TreeHasher computes the root of leaves that come in order, in O(log n) memory.
class TreeHasher {
 public:
  // add takes the next leaf's hash (leaf_hash of its data, or the root of a finished subtree).
  void add(const Digest& leaf);
  std::uint64_t count() const { return count_; }
  // root returns the root of what was added; of no leaf it is the SHA-256 of nothing (RFC 9162).
  Digest root() const;

 private:
  std::array<Digest, kTreeDepthMax> stack_{};
  std::size_t depth_ = 0;
  std::uint64_t count_ = 0;
};

// verify_inclusion checks that `leaf` is leaf `index` of the tree of `count` leaves with this root
// (RFC 9162, section 2.1.3.2). Errors: bad_proof.
Status verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t count,
                        std::span<const Digest> path, const Digest& root);

// A tree as it stood once: how many leaves it had, and their root.
struct TreeHead {
  std::uint64_t size = 0;
  Digest root;
  friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

// verify_consistency checks that the first `before.size` leaves of `after` are the tree `before`
// (RFC 9162, section 2.1.4.2). Of equal sizes the path is empty and the roots are equal; everything
// continues the empty tree, by an empty path. Errors: bad_proof.
Status verify_consistency(const TreeHead& before, const TreeHead& after,
                          std::span<const Digest> path);

// inclusion_path_size returns how many digests the path of a leaf has.
std::size_t inclusion_path_size(std::uint64_t index, std::uint64_t count);

// write_inclusion_path writes the path of leaf `index`, leaf side first, and returns its size.
// `path` holds at least inclusion_path_size digests.
std::size_t write_inclusion_path(std::span<const Digest> leaves, std::uint64_t index,
                                 std::span<Digest> path);

}  // namespace airlock::package
