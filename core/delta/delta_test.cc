#include "core/delta/delta.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "core/package/tree.h"
#include "tests/fakes/memory.h"

namespace airlock::delta {
namespace {

using Buffer = std::vector<std::uint8_t>;
using fakes::MemoryArea;
using fakes::noise;
using package::Digest;

// An image of one block and a payload that stores `coded` for it, all proofs right.
struct OneBlock {
  package::Image image;
  Digest digest;
  package::Payload payload;
  Buffer bytes;
};

std::unique_ptr<OneBlock> one_block(const Buffer& image, const Buffer& coded, Coding coding,
                                    std::uint16_t piece_size) {
  auto made = std::make_unique<OneBlock>();
  package::TreeHasher tree;
  Buffer list;
  for (std::size_t at = 0; at < coded.size(); at += piece_size) {
    const std::size_t size = std::min<std::size_t>(piece_size, coded.size() - at);
    const Digest leaf = package::leaf_hash(Bytes(coded).subspan(at, size));
    tree.add(leaf);
    list.insert(list.end(), leaf.bytes.begin(), leaf.bytes.end());
  }
  if (tree.count() == 1) list.clear();
  made->bytes.resize(kHeadEntrySize);
  write_head_entry({kHeadEntrySize, stored_size(coded.size(), piece_size), coding, tree.root()},
                   made->bytes);
  made->payload.root = package::leaf_hash(made->bytes);
  made->bytes.insert(made->bytes.end(), list.begin(), list.end());
  made->bytes.insert(made->bytes.end(), coded.begin(), coded.end());
  made->payload.type = package::PayloadType::patch;
  made->payload.size = made->bytes.size();
  made->payload.head_size = kHeadEntrySize;
  made->payload.piece_size = piece_size;
  made->payload.base_size = 4096;
  made->digest = crypto::sha256(image);
  made->image = {{}, image.size(), made->digest, made->digest.bytes};
  return made;
}

Status decode(const OneBlock& block, MemoryArea& slot) {
  static BlockDecoder decoder;
  MemoryArea source(block.bytes);
  MemoryArea base(Buffer(4096, 0x5A));
  return decoder.decode(block.image, block.payload, 0, source, &base, slot);
}

TEST(BlockShape, IsTheWayBackFromEveryStoredSize) {
  for (const std::uint16_t piece_size : std::initializer_list<std::uint16_t>{64, 512, 4096}) {
    std::size_t valid = 0;
    for (std::uint32_t stored = 1; stored <= 70'000; ++stored) {
      const auto shape = block_shape(stored, piece_size);
      if (!shape) continue;
      ++valid;
      ASSERT_EQ(stored_size(shape->coded_size, piece_size), stored);
      ASSERT_LE(shape->pieces, kBlockPiecesMax);
    }
    for (std::size_t coded = 1; coded <= 60'000 && coded <= kBlockPiecesMax * piece_size; ++coded) {
      ASSERT_EQ(block_shape(stored_size(coded, piece_size), piece_size)->coded_size, coded);
    }
    EXPECT_GT(valid, 0U);
  }
  EXPECT_EQ(block_shape(0, 512).error().code, Code::index_rejected);
  EXPECT_EQ(block_shape(UINT32_MAX, 512).error().code, Code::index_rejected);
  EXPECT_EQ(block_shape(513, 512).error().code, Code::index_rejected);
}

TEST(Head, IsCutIntoPiecesOfWholeEntriesThatFollowEachOther) {
  for (const std::size_t blocks : std::initializer_list<std::size_t>{1, 5, 6, 91, 92, 1000}) {
    for (const std::uint16_t piece_size : std::initializer_list<std::uint16_t>{64, 300, 4096}) {
      std::uint64_t end = 0;
      std::size_t bytes = 0;
      const std::uint64_t count = head_piece_count(blocks, piece_size);
      for (std::uint64_t piece = 0; piece < count; ++piece) {
        const HeadPlace place = head_place(blocks, piece_size, piece);
        EXPECT_EQ(place.offset, end);
        EXPECT_EQ(place.path_size, package::inclusion_path_size(piece, count));
        EXPECT_LE(place.piece_size, piece_size);
        EXPECT_EQ(place.piece_size % kHeadEntrySize, 0U);
        end = place.offset + place.path_size * Digest::kSize + place.piece_size;
        bytes += place.piece_size;
      }
      EXPECT_EQ(bytes, blocks * kHeadEntrySize);
    }
  }
}

TEST(HeadEntry, IsReadAsItWasWritten) {
  HeadEntry entry = {0x0102030405060708, 0xA0B0C0D0, Coding::patch, {}};
  entry.root.bytes.fill(0x77);
  std::array<std::uint8_t, kHeadEntrySize> bytes;
  write_head_entry(entry, bytes);
  EXPECT_EQ(bytes[0], 1);
  EXPECT_EQ(bytes[8], 0xA0);
  const auto read = read_head_entry(bytes);
  EXPECT_EQ(read->offset, entry.offset);
  EXPECT_EQ(read->stored_size, entry.stored_size);
  EXPECT_EQ(read->coding, entry.coding);
  EXPECT_EQ(read->root, entry.root);
  bytes[12] = 3;
  EXPECT_EQ(read_head_entry(bytes).error().code, Code::index_rejected);
}

TEST(BlockDecoder, CopiesARawBlockInFewLargeReadsAndWrites) {
  const Buffer image = noise(package::kBlockSize, 1);
  const auto block = one_block(image, image, Coding::raw, 4096);
  static BlockDecoder decoder;
  MemoryArea source(block->bytes);
  MemoryArea slot(Buffer(image.size()));
  ASSERT_TRUE(decoder.decode(block->image, block->payload, 0, source, nullptr, slot));
  EXPECT_EQ(slot.bytes(), image);
  EXPECT_LE(source.reads(), 4U);
  EXPECT_LE(slot.writes(), 2U);
}

TEST(BlockDecoder, RefusesARawBlockOfAnotherSize) {
  const Buffer image = noise(1000, 2);
  for (const std::size_t size : std::initializer_list<std::size_t>{999, 1001}) {
    const auto block = one_block(image, noise(size, 3), Coding::raw, 512);
    MemoryArea slot(Buffer(image.size()));
    EXPECT_EQ(decode(*block, slot).error().code, Code::patch_malformed);
  }
}

TEST(BlockDecoder, RefusesWhatHasTheProofsButNotTheDigest) {
  const Buffer image = noise(1000, 4);
  const auto block = one_block(image, noise(1000, 5), Coding::raw, 512);
  MemoryArea slot(Buffer(image.size()));
  EXPECT_EQ(decode(*block, slot).error().code, Code::block_rejected);
}

// Whoever holds the file can bend the pieces and the list of their hashes together.
TEST(BlockDecoder, RefusesPiecesThatFitTheirListWhereTheListIsNotTheHeads) {
  const Buffer image = noise(1000, 13);
  const auto bent = one_block(image, image, Coding::raw, 512);
  const auto another = one_block(image, noise(1000, 14), Coding::raw, 512);
  std::copy(another->bytes.begin() + kHeadEntrySize, another->bytes.end(),
            bent->bytes.begin() + kHeadEntrySize);
  MemoryArea slot(Buffer(image.size()));
  EXPECT_EQ(decode(*bent, slot).error().code, Code::piece_rejected);
  EXPECT_EQ(slot.writes(), 0U);
}

TEST(BlockDecoder, RefusesAPayloadThatFitsItselfWhereItsHeadIsNotSigned) {
  const Buffer image = noise(1000, 13);
  const auto bent = one_block(image, image, Coding::raw, 512);
  bent->bytes = one_block(image, noise(1000, 14), Coding::raw, 512)->bytes;
  MemoryArea slot(Buffer(image.size()));
  EXPECT_EQ(decode(*bent, slot).error().code, Code::index_rejected);
  EXPECT_EQ(slot.writes(), 0U);
}

TEST(BlockDecoder, RefusesCodedNoiseBehindRightProofs) {
  const Buffer image = noise(20'000, 6);
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    Buffer coded = noise(1 + seed * 7, seed);
    coded[0] &= 7;  // mostly parameters that exist
    const Coding coding = seed % 2 == 0 ? Coding::compressed : Coding::patch;
    const auto block = one_block(image, coded, coding, 512);
    MemoryArea slot(Buffer(image.size()));
    const Status status = decode(*block, slot);
    ASSERT_FALSE(status);
    EXPECT_TRUE(status.error().code == Code::patch_malformed ||
                status.error().code == Code::block_rejected);
  }
}

TEST(BlockDecoder, RefusesAHeadThatPointsOutsideThePayload) {
  const Buffer image = noise(100, 7);
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{kHeadEntrySize + 1},
                                     std::uint64_t{1000}, UINT64_MAX - 50}) {
    const auto block = one_block(image, image, Coding::raw, 512);
    write_head_entry({offset, 100, Coding::raw, package::leaf_hash(image)},
                     MutableBytes(block->bytes).first(kHeadEntrySize));
    block->payload.root = package::leaf_hash(Bytes(block->bytes).first(kHeadEntrySize));
    MemoryArea slot(Buffer(image.size()));
    EXPECT_EQ(decode(*block, slot).error().code, Code::index_rejected);
  }
}

TEST(BlockDecoder, PassesOnWhatTheSlotAnswers) {
  const Buffer image = noise(1000, 8);
  const auto block = one_block(image, image, Coding::raw, 512);
  MemoryArea slot(Buffer(10));
  EXPECT_EQ(decode(*block, slot).error().code, Code::storage_failed);
}

}  // namespace
}  // namespace airlock::delta
