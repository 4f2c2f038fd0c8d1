#include "core/package/tree.h"

#include <gtest/gtest.h>

#include <vector>

namespace airlock::package {
namespace {

std::vector<Digest> leaves(std::size_t count) {
  std::vector<Digest> made;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t data[2] = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)};
    made.push_back(leaf_hash(data));
  }
  return made;
}

Digest root_of(std::span<const Digest> leaves) {
  TreeHasher hasher;
  for (const Digest& leaf : leaves) hasher.add(leaf);
  return hasher.root();
}

// The definition of RFC 9162, section 2.1.1, word for word.
Digest defined_root(std::span<const Digest> leaves) {
  if (leaves.empty()) return crypto::sha256({});
  if (leaves.size() == 1) return leaves[0];
  std::size_t split = 1;
  while (split * 2 < leaves.size()) split *= 2;
  return node_hash(defined_root(leaves.first(split)), defined_root(leaves.subspan(split)));
}

TEST(TreeHasher, MatchesTheDefinitionForEverySizeUpTo130) {
  for (std::size_t count = 0; count <= 130; ++count) {
    const auto made = leaves(count);
    EXPECT_EQ(root_of(made), defined_root(made)) << count;
  }
}

TEST(InclusionProof, HoldsForEveryLeafOfEverySizeUpTo40) {
  for (std::size_t count = 1; count <= 40; ++count) {
    const auto made = leaves(count);
    const Digest root = root_of(made);
    for (std::size_t index = 0; index < count; ++index) {
      std::array<Digest, kTreeDepthMax> path;
      const std::size_t size = write_inclusion_path(made, index, path);
      EXPECT_EQ(size, inclusion_path_size(index, count));
      EXPECT_TRUE(verify_inclusion(made[index], index, count, std::span(path).first(size), root));
    }
  }
}

TEST(InclusionProof, IsRefusedForAnotherLeafPlaceSizeOrPath) {
  const auto made = leaves(11);
  const Digest root = root_of(made);
  std::array<Digest, kTreeDepthMax> path;
  const std::span<Digest> proof = std::span(path).first(write_inclusion_path(made, 6, path));
  EXPECT_TRUE(verify_inclusion(made[6], 6, 11, proof, root));
  EXPECT_FALSE(verify_inclusion(made[5], 6, 11, proof, root));
  EXPECT_FALSE(verify_inclusion(made[6], 7, 11, proof, root));
  EXPECT_FALSE(verify_inclusion(made[6], 6, 8, proof, root));
  EXPECT_FALSE(verify_inclusion(made[6], 11, 11, proof, root));
  EXPECT_FALSE(verify_inclusion(made[6], 6, 11, proof.first(proof.size() - 1), root));
  proof[0].bytes[0] ^= 1;
  EXPECT_FALSE(verify_inclusion(made[6], 6, 11, proof, root));
}

TEST(Tree, KeepsLeavesAndNodesApart) {
  const auto made = leaves(2);
  std::array<std::uint8_t, 64> joined;
  copy_into(joined, made[0].bytes);
  copy_into(std::span(joined).subspan(32), made[1].bytes);
  EXPECT_NE(leaf_hash(joined), root_of(made));
}

}  // namespace
}  // namespace airlock::package
