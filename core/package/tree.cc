#include "core/package/tree.h"

#include <bit>

namespace airlock::package {
namespace {

Digest root_of(std::span<const Digest> leaves) {
  TreeHasher hasher;
  for (const Digest& leaf : leaves) hasher.add(leaf);
  return hasher.root();
}

}  // namespace

Digest leaf_hash(Bytes data) {
  constexpr std::uint8_t kPrefix = 0x00;
  crypto::Sha256 hash;
  hash.update({&kPrefix, 1});
  hash.update(data);
  return hash.finish();
}

Digest node_hash(const Digest& left, const Digest& right) {
  constexpr std::uint8_t kPrefix = 0x01;
  crypto::Sha256 hash;
  hash.update({&kPrefix, 1});
  hash.update(left.bytes);
  hash.update(right.bytes);
  return hash.finish();
}

// The stack holds the roots of the perfect subtrees that the binary digits of count_ name.
void TreeHasher::add(const Digest& leaf) {
  Digest carried = leaf;
  for (std::uint64_t digits = count_; (digits & 1) != 0; digits >>= 1) {
    carried = node_hash(stack_[--depth_], carried);
  }
  AIRLOCK_CHECK(depth_ < kTreeDepthMax);
  stack_[depth_++] = carried;
  ++count_;
}

Digest TreeHasher::root() const {
  if (depth_ == 0) return crypto::sha256({});
  Digest right = stack_[depth_ - 1];
  for (std::size_t i = depth_ - 1; i-- > 0;) right = node_hash(stack_[i], right);
  return right;
}

Status verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t count,
                        std::span<const Digest> path, const Digest& root) {
  if (index >= count) return fail(Code::bad_proof, index);
  std::uint64_t position = index;
  std::uint64_t last = count - 1;
  Digest hash = leaf;
  for (const Digest& sibling : path) {
    if (last == 0) return fail(Code::bad_proof, index);
    if ((position & 1) != 0 || position == last) {
      hash = node_hash(sibling, hash);
      while ((position & 1) == 0 && position != 0) {
        position >>= 1;
        last >>= 1;
      }
    } else {
      hash = node_hash(hash, sibling);
    }
    position >>= 1;
    last >>= 1;
  }
  if (last != 0 || hash != root) return fail(Code::bad_proof, index);
  return {};
}

Status verify_consistency(const TreeHead& before, const TreeHead& after,
                          std::span<const Digest> path) {
  const auto failed = [&] { return fail(Code::bad_proof, before.size); };
  if (before.size > after.size) return failed();
  if (before.size == 0 || before.size == after.size) {
    const bool same = before.size == 0 || before.root == after.root;
    return path.empty() && same ? Status{} : failed();
  }
  // Where `before` is a whole subtree of `after` its root is known, and the path leaves it out.
  const bool is_whole = std::has_single_bit(before.size);
  if (path.empty()) return failed();
  Digest before_hash = is_whole ? before.root : path[0];
  Digest after_hash = before_hash;
  const int shared = std::countr_one(before.size - 1);
  std::uint64_t position = (before.size - 1) >> shared;
  std::uint64_t last = (after.size - 1) >> shared;
  for (const Digest& hash : path.subspan(is_whole ? 0 : 1)) {
    if (last == 0) return failed();
    if ((position & 1) != 0 || position == last) {
      before_hash = node_hash(hash, before_hash);
      after_hash = node_hash(hash, after_hash);
      while ((position & 1) == 0 && position != 0) {
        position >>= 1;
        last >>= 1;
      }
    } else {
      after_hash = node_hash(after_hash, hash);
    }
    position >>= 1;
    last >>= 1;
  }
  if (last != 0 || before_hash != before.root || after_hash != after.root) return failed();
  return {};
}

std::size_t inclusion_path_size(std::uint64_t index, std::uint64_t count) {
  AIRLOCK_CHECK(index < count);
  std::size_t size = 0;
  std::uint64_t position = index;
  for (std::uint64_t last = count - 1; last != 0; last >>= 1, position >>= 1) {
    if ((position & 1) != 0 || position != last) ++size;
  }
  return size;
}

std::size_t write_inclusion_path(std::span<const Digest> leaves, std::uint64_t index,
                                 std::span<Digest> path) {
  AIRLOCK_CHECK(index < leaves.size());
  const std::size_t size = inclusion_path_size(index, leaves.size());
  AIRLOCK_CHECK(path.size() >= size);
  // From the root downwards: the sibling subtree at each split is one element, leaf side first.
  for (std::size_t at = size; leaves.size() > 1;) {
    const std::size_t split = std::bit_floor(leaves.size() - 1);
    const bool goes_left = index < split;
    path[--at] = root_of(goes_left ? leaves.subspan(split) : leaves.first(split));
    if (!goes_left) index -= split;
    leaves = goes_left ? leaves.first(split) : leaves.subspan(split);
  }
  return size;
}

}  // namespace airlock::package
