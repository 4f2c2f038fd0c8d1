#include "core/delta/delta.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "core/package/tree.h"
#include "tests/fakes/memory.h"
#include "tests/fakes/payload.h"

namespace airlock::delta {
namespace {

using Buffer = std::vector<std::uint8_t>;
using fakes::MemoryArea;
using fakes::noise;
using package::Digest;

constexpr std::size_t kBaseSize = 4096;
constexpr auto kNoFacts = no_facts(kLarge);

// An image of one block and a payload that stores `coded` for it, all proofs right.
struct OneBlock {
  package::Image image;
  Digest digest;
  package::Payload payload;
  Buffer bytes;
};

std::unique_ptr<OneBlock> one_block(const Buffer& image, const Buffer& coded, Coding coding,
                                    std::uint16_t piece_size, Bytes facts = kNoFacts) {
  auto made = std::make_unique<OneBlock>();
  fakes::OneBlockPayload built = fakes::one_block_payload(facts, coded, coding, piece_size);
  made->bytes = std::move(built.bytes);
  made->payload = built.payload;
  made->payload.type = package::PayloadType::patch;
  made->payload.base_size = kBaseSize;
  made->digest = crypto::sha256(image);
  made->image = {{}, image.size(), made->digest, made->digest.bytes};
  return made;
}

Status decode(const OneBlock& block, MemoryArea& slot) {
  static BlockDecoder decoder;
  MemoryArea source(block.bytes);
  MemoryArea base(Buffer(kBaseSize, 0x5A));
  MemoryArea scratch(Buffer(4096));
  AIRLOCK_TRY(decoder.prepare(block.image, block.payload, source, scratch));
  return decoder.decode(block.image, block.payload, 0, source, {&base, scratch}, slot);
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
  for (const std::size_t entries : std::initializer_list<std::size_t>{1, 5, 6, 91, 117, 1000}) {
    for (const std::uint16_t piece_size : std::initializer_list<std::uint16_t>{64, 300, 4096}) {
      std::uint64_t end = 0;
      std::size_t bytes = 0;
      const std::uint64_t count = head_piece_count(entries, piece_size);
      for (std::uint64_t piece = 0; piece < count; ++piece) {
        const HeadPlace place = head_place(entries, piece_size, piece);
        EXPECT_EQ(place.offset, end);
        EXPECT_EQ(place.path_size, package::inclusion_path_size(piece, count));
        EXPECT_LE(place.piece_size, piece_size);
        EXPECT_EQ((place.piece_size - kHeadOffsetSize) % kHeadEntrySize, 0U);
        end = place.offset + place.path_size * Digest::kSize + place.piece_size;
        bytes += place.piece_size - kHeadOffsetSize;
      }
      EXPECT_EQ(bytes, entries * kHeadEntrySize);
    }
  }
}

TEST(HeadEntry, IsReadAsItWasWritten) {
  HeadEntry entry = {0x2A0B0C, Coding::facts, {}};
  entry.root.bytes.fill(0x77);
  std::array<std::uint8_t, kHeadEntrySize> bytes;
  write_head_entry(entry, bytes);
  EXPECT_EQ(bytes[0], 0xAA);
  EXPECT_EQ(bytes[2], 0x0C);
  const auto read = read_head_entry(bytes);
  EXPECT_EQ(read->stored_size, entry.stored_size);
  EXPECT_EQ(read->coding, entry.coding);
  EXPECT_EQ(read->root, entry.root);
  bytes[0] |= 0xC0;
  EXPECT_EQ(read_head_entry(bytes).error().code, Code::index_rejected);
}

TEST(BlockDecoder, CopiesARawBlockInFewLargeReadsAndWrites) {
  const Buffer image = noise(package::kBlockSize, 1);
  const auto block = one_block(image, image, Coding::raw, 4096);
  static BlockDecoder decoder;
  MemoryArea source(block->bytes);
  MemoryArea base{Buffer(kBaseSize)};
  MemoryArea scratch(Buffer(0));
  MemoryArea slot(Buffer(image.size()));
  ASSERT_TRUE(decoder.decode(block->image, block->payload, 0, source, {&base, scratch}, slot));
  EXPECT_EQ(slot.bytes(), image);
  EXPECT_LE(source.reads(), 4U);
  EXPECT_LE(slot.writes(), 2U);
  EXPECT_EQ(base.reads() + scratch.reads(), 0U);
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
  std::copy(another->bytes.begin() + fakes::kOneBlockHeadSize, another->bytes.end(),
            bent->bytes.begin() + fakes::kOneBlockHeadSize);
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
    const auto block = one_block(image, coded, Coding::coded, 512);
    MemoryArea slot(Buffer(image.size()));
    const Status status = decode(*block, slot);
    ASSERT_FALSE(status);
    EXPECT_TRUE(status.error().code == Code::patch_malformed ||
                status.error().code == Code::block_rejected);
  }
}

TEST(BlockDecoder, RefusesAHeadThatPointsOutsideThePayload) {
  const Buffer image = noise(100, 7);
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{fakes::kOneBlockHeadSize - 1},
                                     std::uint64_t{1000}, UINT64_MAX - 50}) {
    const auto block = one_block(image, image, Coding::raw, 512);
    const HeadEntry facts = {kNoFactsSize, Coding::facts, package::leaf_hash(kNoFacts)};
    const HeadEntry raw = {100, Coding::raw, package::leaf_hash(image)};
    const Buffer head = fakes::one_block_head(facts, raw, offset);
    std::copy(head.begin(), head.end(), block->bytes.begin());
    block->payload.root = package::leaf_hash(head);
    MemoryArea slot(Buffer(image.size()));
    EXPECT_EQ(decode(*block, slot).error().code, Code::index_rejected);
  }
}

// Before a byte of the facts is fetched: a device that is told of small memory has no more.
TEST(BlockDecoder, TakesOfASmallPayloadOnlyPiecesThatASmallDecoderHolds) {
  const Buffer image = noise(package::kBlockSize, 8);
  constexpr auto kSmallFacts = no_facts(kSmall);
  static SmallBlockDecoder decoder;
  for (const std::uint16_t piece_size : std::initializer_list<std::uint16_t>{512, 1024, 2048}) {
    const auto block = one_block(image, image, Coding::raw, piece_size, kSmallFacts);
    block->payload.decoder_memory = kSmall.memory;
    MemoryArea source(block->bytes);
    MemoryArea scratch(Buffer(4096));
    const Status kept = decoder.prepare(block->image, block->payload, source, scratch);
    EXPECT_EQ(kept ? Code::ok : kept.error().code,
              piece_size == kSmallPieceSize ? Code::ok : Code::index_rejected);
  }
  const auto block =
      one_block(image, noise(package::kBlockSize + 1, 9), Coding::coded, 1024, kSmallFacts);
  block->payload.decoder_memory = kSmall.memory;
  MemoryArea source(block->bytes);
  MemoryArea base{Buffer(kBaseSize)};
  MemoryArea scratch(Buffer(4096));
  MemoryArea slot(Buffer(image.size()));
  ASSERT_TRUE(decoder.prepare(block->image, block->payload, source, scratch));
  const Status made =
      decoder.decode(block->image, block->payload, 0, source, {&base, scratch}, slot);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::index_rejected);
}

TEST(BlockDecoder, PassesOnWhatTheSlotAnswers) {
  const Buffer image = noise(1000, 8);
  const auto block = one_block(image, image, Coding::raw, 512);
  MemoryArea slot(Buffer(10));
  EXPECT_EQ(decode(*block, slot).error().code, Code::storage_failed);
}

// ---- facts

Status prepare(const OneBlock& block, MemoryArea& source, MemoryArea& scratch) {
  static BlockDecoder decoder;
  return decoder.prepare(block.image, block.payload, source, scratch);
}

TEST(Facts, AreOfAVersionThatIsKnownAndOfAProfileThatStatesItsMemory) {
  const Buffer image = noise(100, 9);
  struct Bent {
    std::size_t at;
    std::uint8_t value;
    Code code;
  };
  for (const Bent& bent : {Bent{0, kFactsVersion - 1, Code::unsupported_version},
                           Bent{0, kFactsVersion + 1, Code::unsupported_version},
                           Bent{1, 3, Code::unsupported_version}, Bent{5, 1, Code::patch_malformed},
                           Bent{1, kSmall.number, Code::patch_malformed}}) {
    Buffer facts(kNoFacts.begin(), kNoFacts.end());
    facts[bent.at] = bent.value;
    const auto block = one_block(image, image, Coding::raw, 512, facts);
    MemoryArea source(block->bytes);
    MemoryArea scratch(Buffer(4096));
    EXPECT_EQ(prepare(*block, source, scratch).error().code, bent.code);
    EXPECT_EQ(scratch.writes(), 0U);
  }
}

TEST(Facts, OfALargerDecoderAreRefusedByASmallerOne) {
  const Buffer image = noise(100, 9);
  const auto block = one_block(image, image, Coding::raw, 512);
  static SmallBlockDecoder decoder;
  MemoryArea source(block->bytes);
  MemoryArea scratch(Buffer(4096));
  const Status kept = decoder.prepare(block->image, block->payload, source, scratch);
  EXPECT_EQ(kept.error(), (Error{Code::memory_exceeded, kLarge.memory}));
}

TEST(Facts, AreNotFetchedAgainWhereTheyAreKeptWhole) {
  const Buffer image = noise(100, 9);
  const auto block = one_block(image, image, Coding::raw, 512);
  MemoryArea source(block->bytes);
  MemoryArea scratch(Buffer(4096));
  ASSERT_TRUE(prepare(*block, source, scratch));
  const std::size_t reads = source.reads();
  ASSERT_TRUE(prepare(*block, source, scratch));
  EXPECT_EQ(source.reads(), reads);
  // Another payload's are not these.
  const auto other = one_block(image, noise(100, 10), Coding::raw, 512);
  MemoryArea other_source(other->bytes);
  ASSERT_TRUE(prepare(*other, other_source, scratch));
  EXPECT_GT(other_source.reads(), 0U);
  // One flipped bit, and they are fetched anew.
  for (std::size_t at = 0; at < kScratchHeaderSize; ++at) {
    Buffer bent = scratch.bytes();
    bent[at] ^= 4;
    MemoryArea torn(bent);
    MemoryArea again(other->bytes);
    ASSERT_TRUE(prepare(*other, again, torn));
    EXPECT_GT(again.reads(), 0U) << at;
    EXPECT_EQ(torn.bytes(), scratch.bytes());
  }
}

TEST(Facts, TakeNoMoreOfAScratchAreaThanTheManifestStates) {
  const Buffer image = noise(100, 9);
  const auto block = one_block(image, image, Coding::raw, 512);
  MemoryArea source(block->bytes);
  MemoryArea scratch(Buffer(4096));
  block->payload.scratch_size = kScratchHeaderSize - 1;
  EXPECT_EQ(prepare(*block, source, scratch).error().code, Code::patch_malformed);
  EXPECT_EQ(scratch.writes(), 0U);
  block->payload.scratch_size = kScratchHeaderSize;
  EXPECT_TRUE(prepare(*block, source, scratch));
}

TEST(Facts, NeedAScratchAreaThatHoldsThem) {
  const Buffer image = noise(100, 9);
  const auto block = one_block(image, image, Coding::raw, 512);
  MemoryArea source(block->bytes);
  MemoryArea scratch(Buffer(kScratchHeaderSize - 1));
  EXPECT_EQ(prepare(*block, source, scratch).error().code, Code::memory_exceeded);
}

TEST(Facts, ThatAreNoiseAreRefused) {
  const Buffer image = noise(100, 9);
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    Buffer facts(kNoFacts.begin(), kNoFacts.begin() + kFactsFixedSize);
    const Buffer coded = noise(1 + seed * 3, seed);
    facts.insert(facts.end(), coded.begin(), coded.end());
    const auto block = one_block(image, image, Coding::raw, 512, facts);
    MemoryArea source(block->bytes);
    MemoryArea scratch(Buffer(8192));
    const Status kept = prepare(*block, source, scratch);
    ASSERT_FALSE(kept);
    EXPECT_TRUE(kept.error().code == Code::patch_malformed ||
                kept.error().code == Code::memory_exceeded);
  }
}

TEST(CodedBlock, NeedsFactsInItsScratchArea) {
  const Buffer image = noise(100, 9);
  const auto block = one_block(image, image, Coding::coded, 512);
  static BlockDecoder decoder;
  MemoryArea source(block->bytes);
  MemoryArea base{Buffer(kBaseSize)};
  MemoryArea scratch(Buffer(4096));
  MemoryArea slot(Buffer(image.size()));
  const Status made =
      decoder.decode(block->image, block->payload, 0, source, {&base, scratch}, slot);
  EXPECT_EQ(made.error().code, Code::bad_checksum);
  EXPECT_EQ(slot.writes(), 0U);
}

}  // namespace
}  // namespace airlock::delta
