#include "publish/diff/diff.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>

#include "publish/diff/memory_area.h"
#include "tests/fakes/corpus.h"
#include "tests/fakes/memory.h"

namespace airlock::diff {
namespace {

using Buffer = std::vector<std::uint8_t>;
using fakes::MemoryArea;
using fakes::noise;

constexpr std::size_t kScratch = 256 << 10;

// Bytes with the repetitions of code: short phrases, each now and then with another operand.
Buffer prose(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  const Buffer phrases = noise(512, seed + 1);
  Buffer made;
  while (made.size() < size) {
    const std::size_t at = random() % 480;
    made.insert(made.end(), phrases.begin() + static_cast<std::ptrdiff_t>(at),
                phrases.begin() + static_cast<std::ptrdiff_t>(at + 4 + random() % 24));
    made.push_back(static_cast<std::uint8_t>(random() % 16));
  }
  made.resize(size);
  return made;
}

// A later version: operands moved, a part inserted, a part dropped.
Buffer later_version(Buffer image, std::uint32_t seed) {
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < image.size() / 100; ++i) {
    image[random() % image.size()] = static_cast<std::uint8_t>(random());
  }
  const auto middle = static_cast<std::ptrdiff_t>(image.size() / 3);
  const Buffer added = prose(777, seed);
  image.insert(image.begin() + middle, added.begin(), added.end());
  image.erase(image.begin() + 2 * middle, image.begin() + 2 * middle + middle / 5);
  return image;
}

Status decode_one(const BuiltPayload& built, const BuiltImage& image, std::size_t block,
                  const Buffer& base, MemoryArea& slot) {
  const auto decoder = std::make_unique<delta::BlockDecoder>();
  MemoryArea source(built.bytes);
  MemoryArea base_source(base);
  MemoryArea scratch{Buffer(kScratch)};
  AIRLOCK_TRY(decoder->prepare(image.view(), built.payload, source, scratch));
  return decoder->decode(image.view(), built.payload, block, source, {&base_source, scratch}, slot);
}

// Blocks in the order that is least like the one they were made in.
Result<Buffer> decode_backwards(const BuiltPayload& built, const BuiltImage& image,
                                const Buffer& base) {
  MemoryArea slot(Buffer(image.size, 0xEE));
  for (std::size_t block = image.block_digests.size(); block-- > 0;) {
    AIRLOCK_TRY(decode_one(built, image, block, base, slot));
  }
  AIRLOCK_TRY(delta::check_image(image.view(), slot));
  return slot.bytes();
}

void expect_round_trip(const Buffer& image, const Buffer& base, const Options& options) {
  const BuiltImage described = describe_image(image);
  const auto built =
      base.empty() ? build_full(image, options, {}) : build_patch(image, base, options, {});
  ASSERT_TRUE(built) << name(built.error().code);
  EXPECT_EQ(built->payload.size, built->bytes.size());
  EXPECT_EQ(built->payload.digest, crypto::sha256(built->bytes));
  EXPECT_LE(built->payload.decoder_memory, delta::kDecoderMemoryMax);
  const auto made = decode_backwards(*built, described, base);
  ASSERT_TRUE(made) << name(made.error().code);
  EXPECT_EQ(*made, image);
}

const Options kRaw = {.storage = Storage::raw};
const Options kSmallPieces = {.piece_size = delta::kUsualPieceSizeMin};
const Options kSmallMemory = {.piece_size = delta::kSmallPieceSize, .profile = &delta::kSmall};

TEST(FullPayload, MakesImagesOfEverySizeAroundABlockAndAPiece) {
  constexpr std::size_t kSizes[] = {1,    2,     3,     511,   512,    513,    4095,  4096,
                                    4097, 65535, 65536, 65537, 131072, 131073, 200001};
  for (std::size_t size : kSizes) {
    SCOPED_TRACE(size);
    for (const Options& options : {Options{}, kRaw, kSmallPieces, kSmallMemory}) {
      expect_round_trip(noise(size, 1), {}, options);
      expect_round_trip(prose(size, 2), {}, options);
      expect_round_trip(Buffer(size, 0), {}, options);
    }
  }
}

TEST(FullPayload, IsSmallerThanTheImageWhereItRepeatsItself) {
  const Buffer image = prose(150'000, 3);
  EXPECT_LT(build_full(image, {}, {})->bytes.size(), image.size() * 3 / 4);
  EXPECT_GT(build_full(image, kRaw, {})->bytes.size(), image.size());
}

TEST(PatchPayload, MakesTheNextVersion) {
  for (const std::size_t size : std::initializer_list<std::size_t>{1, 100, 5000, 65536, 180'000}) {
    SCOPED_TRACE(size);
    const Buffer base = prose(size, 4);
    expect_round_trip(later_version(base, 5), base, {});
    expect_round_trip(later_version(base, 5), base, kRaw);
    expect_round_trip(later_version(base, 5), base, kSmallPieces);
    expect_round_trip(later_version(base, 5), base, kSmallMemory);
    expect_round_trip(noise(size, 6), base, {});
    expect_round_trip(prose(size, 7), Buffer{0x55}, {});
  }
}

// The last block ends just before, at and just behind its full size, and is neither the base's nor
// nothing but new.
TEST(PatchPayload, MakesEditedImagesOfEverySizeAroundABlock) {
  const Buffer base = prose(package::kBlockSize + 5000, 40);
  for (const std::size_t blocks : {1U, 2U}) {
    for (const std::size_t size : {blocks * package::kBlockSize - 1, blocks * package::kBlockSize,
                                   blocks * package::kBlockSize + 1}) {
      SCOPED_TRACE(size);
      Buffer image = later_version(base, static_cast<std::uint32_t>(size));
      const Buffer more = prose(package::kBlockSize, 41);
      image.insert(image.end(), more.begin(), more.end());
      image.resize(size);
      for (const Options& options : {Options{}, kSmallMemory}) {
        expect_round_trip(image, base, options);
        Buffer same_size = base;
        same_size.resize(size, 0x5A);
        expect_round_trip(image, same_size, options);
      }
    }
  }
}

// Parts that change places are copies whose places in the base do not ascend.
TEST(PatchPayload, CostsLittleForPartsThatSwappedPlaces) {
  const Buffer base = noise(3 * package::kBlockSize, 42);
  const auto at = [&](std::size_t place) {
    return base.begin() + static_cast<std::ptrdiff_t>(place);
  };
  for (const auto& [first, second] : {std::pair<std::size_t, std::size_t>{40'000, 90'001},
                                      {1, 3 * package::kBlockSize - 1},
                                      {package::kBlockSize, 2 * package::kBlockSize}}) {
    SCOPED_TRACE(first);
    Buffer image(at(second), base.end());
    image.insert(image.end(), at(first), at(second));
    image.insert(image.end(), base.begin(), at(first));
    for (const Options& options : {Options{}, kSmallMemory}) {
      expect_round_trip(image, base, options);
      EXPECT_LT(build_patch(image, base, options, {})->bytes.size(), 600U);
    }
  }
}

TEST(PatchPayload, CostsAFewBytesForABlockThatStayedOrMoved) {
  const Buffer base = noise(4 * package::kBlockSize, 8);
  const std::size_t per_block = delta::kHeadEntrySize + 8;
  const std::size_t facts = delta::kHeadOffsetSize + delta::kHeadEntrySize + 32;
  EXPECT_LT(build_patch(base, base, {}, {})->bytes.size(), facts + 4 * per_block);
  Buffer moved = noise(1000, 9);
  moved.insert(moved.end(), base.begin(), base.end());
  EXPECT_LT(build_patch(moved, base, {}, {})->bytes.size(), facts + 1100 + 5 * per_block);
}

TEST(Payload, IsTheSameWheneverItIsMade) {
  const Buffer base = prose(200'000, 10);
  const Buffer image = later_version(base, 11);
  EXPECT_EQ(build_patch(image, base, {}, {})->bytes, build_patch(image, base, {}, {})->bytes);
}

TEST(Payload, IsTheSameHoweverManyMakeIt) {
  const Buffer base = prose(600'000, 22);
  const Buffer image = later_version(base, 23);
  for (const Storage storage : {Storage::raw, Storage::compressed}) {
    const Options alone = {storage, package::kPieceSizeMax, 1};
    const BuiltPayload full = *build_full(image, alone, {});
    const BuiltPayload patch = *build_patch(image, base, alone, {});
    for (const std::size_t workers : {2U, 5U}) {
      const Options several = {storage, package::kPieceSizeMax, workers};
      EXPECT_EQ(build_full(image, several, {})->bytes, full.bytes);
      EXPECT_EQ(build_patch(image, base, several, {})->bytes, patch.bytes);
    }
  }
}

TEST(Payload, TellsItsProgressBlockByBlock) {
  std::vector<std::size_t> told;
  const auto progress = [&](std::size_t done, std::size_t blocks) {
    EXPECT_EQ(blocks, 3U);
    told.push_back(done);
  };
  ASSERT_TRUE(build_full(noise(140'000, 12), {}, progress));
  EXPECT_EQ(told, (std::vector<std::size_t>{1, 2, 3}));
}

TEST(Payload, IsNotMadeOfNothingNorOfPiecesThatCannotHoldIt) {
  const Buffer image = noise(10, 13);
  EXPECT_EQ(build_full({}, {}, {}).error().code, Code::out_of_range);
  EXPECT_EQ(build_patch(image, {}, {}, {}).error().code, Code::out_of_range);
  EXPECT_EQ(build_full(image, {Storage::raw, 511}, {}).error().code, Code::out_of_range);
  EXPECT_EQ(build_full(image, {Storage::raw, 4097}, {}).error().code, Code::out_of_range);
}

// Where a flipped bit lies decides how it is refused, and the block must never count as made.
TEST(Decoder, RefusesEveryFlippedBitWithTheCodeOfItsPlace) {
  const Buffer base = prose(3000, 14);
  const Buffer image = later_version(base, 15);
  const BuiltImage described = describe_image(image);
  const BuiltPayload built = *build_patch(image, base, {Storage::raw, 512}, {});
  for (std::size_t bit = 0; bit < built.bytes.size() * 8; ++bit) {
    BuiltPayload bent = built;
    bent.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    MemoryArea slot(Buffer(image.size()));
    const Status status = decode_one(bent, described, 0, base, slot);
    ASSERT_FALSE(status) << bit;
    EXPECT_EQ(status.error().code,
              bit / 8 < built.payload.head_size ? Code::index_rejected : Code::piece_rejected);
  }
}

TEST(Decoder, RefusesFlippedBitsOfLargePayloadsToo) {
  const Buffer image = prose(140'000, 16);
  const BuiltImage described = describe_image(image);
  for (const Options& options : {Options{}, kRaw}) {
    const BuiltPayload built = *build_full(image, options, {});
    for (std::size_t at = 0; at < built.bytes.size(); at += 1499) {
      BuiltPayload bent = built;
      bent.bytes[at] ^= 0x10;
      std::size_t refused = 0;
      for (std::size_t block = 0; block < 3; ++block) {
        MemoryArea slot(Buffer(image.size()));
        const Status status = decode_one(bent, described, block, {}, slot);
        if (!status) ++refused;
      }
      EXPECT_EQ(refused, at < built.payload.head_size ? 3U : 1U) << at;
    }
  }
}

TEST(Decoder, NamesTheFirstBlockThatCannotBeMadeHoweverManyTry) {
  const Buffer image = noise(8 * package::kBlockSize, 24);
  const BuiltImage described = describe_image(image);
  BuiltPayload bent = *build_full(image, kRaw, {});
  for (const std::size_t block : {2U, 3U, 6U}) {
    bent.bytes[bent.payload.head_size + block * package::kBlockSize + 9000] ^= 1;
  }
  diff::MemoryArea source(bent.bytes.size());
  ASSERT_TRUE(source.write(0, bent.bytes));
  const package::Image view = described.view();
  for (const std::size_t workers : {1U, 2U, 5U}) {
    diff::MemoryArea slot(image.size());
    const Status made = decode_blocks({view, bent.payload, source, nullptr, slot}, workers);
    EXPECT_EQ(made.error(), (Error{Code::piece_rejected, 2}));
  }
}

TEST(Decoder, PassesOnThatThePayloadEndsTooEarly) {
  const Buffer image = prose(9000, 17);
  const BuiltImage described = describe_image(image);
  const BuiltPayload built = *build_full(image, {}, {});
  for (std::size_t size = 0; size < built.bytes.size(); size += 13) {
    BuiltPayload cut = built;
    cut.bytes.resize(size);
    MemoryArea slot(Buffer(image.size()));
    const Status status = decode_one(cut, described, 0, {}, slot);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Code::storage_failed);
  }
}

TEST(Decoder, RejectsABlockMadeFromAnotherBase) {
  const Buffer base = prose(80'000, 18);
  const Buffer image = later_version(base, 19);
  const BuiltPayload built = *build_patch(image, base, {}, {});
  Buffer other = base;
  for (auto& byte : other) byte ^= 1;
  MemoryArea slot(Buffer(image.size()));
  const Status status = decode_one(built, describe_image(image), 0, other, slot);
  ASSERT_FALSE(status);
  // Contexts are made of the base: another one may leave the coding before the block is whole.
  EXPECT_TRUE(status.error().code == Code::block_rejected ||
              status.error().code == Code::patch_malformed);
  MemoryArea other_source(other);
  EXPECT_EQ(delta::check_base(built.payload, other_source).error().code, Code::base_mismatch);
  MemoryArea base_source(base);
  EXPECT_TRUE(delta::check_base(built.payload, base_source));
}

TEST(Decoder, FetchesFactsAgainWhereAnyOfTheirBytesChanged) {
  const Buffer base = prose(60'000, 30);
  const Buffer image = later_version(base, 31);
  const BuiltPayload built = *build_patch(image, base, {}, {});
  const BuiltImage described = describe_image(image);
  const auto decoder = std::make_unique<delta::BlockDecoder>();
  MemoryArea source(built.bytes);
  MemoryArea scratch{Buffer(kScratch)};
  ASSERT_TRUE(decoder->prepare(described.view(), built.payload, source, scratch));
  const std::uint64_t size = *delta::kept_size(scratch);
  ASSERT_GT(size, delta::kScratchHeaderSize + 2 * delta::kSegmentRecordSize);
  for (std::size_t at = 0; at < size; at += 5) {
    Buffer bent = scratch.bytes();
    bent[at] ^= 8;
    MemoryArea again(built.bytes);
    MemoryArea worn(bent);
    ASSERT_TRUE(decoder->prepare(described.view(), built.payload, again, worn));
    EXPECT_GT(again.reads(), 0U) << at;
    EXPECT_EQ(worn.bytes(), scratch.bytes());
  }
}

TEST(Decoder, NeedsTheBaseOfAPatch) {
  const Buffer base = prose(8000, 20);
  const BuiltPayload built = *build_patch(base, base, {}, {});
  const BuiltImage described = describe_image(base);
  const auto decoder = std::make_unique<delta::BlockDecoder>();
  MemoryArea source(built.bytes);
  MemoryArea scratch{Buffer(kScratch)};
  MemoryArea slot(Buffer(base.size()));
  ASSERT_TRUE(decoder->prepare(described.view(), built.payload, source, scratch));
  const Status status =
      decoder->decode(described.view(), built.payload, 0, source, {nullptr, scratch}, slot);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::patch_malformed);
}

TEST(Slot, TellsWhichBlocksItHoldsAndWhetherItIsTheImage) {
  const Buffer image = noise(100'000, 21);
  const BuiltImage described = describe_image(image);
  MemoryArea slot(image);
  EXPECT_TRUE(*delta::block_holds(described.view(), 0, slot));
  EXPECT_TRUE(*delta::block_holds(described.view(), 1, slot));
  EXPECT_TRUE(delta::check_image(described.view(), slot));
  Buffer torn = image;
  torn[70'000] ^= 1;
  MemoryArea torn_slot(torn);
  EXPECT_TRUE(*delta::block_holds(described.view(), 0, torn_slot));
  EXPECT_FALSE(*delta::block_holds(described.view(), 1, torn_slot));
  EXPECT_EQ(delta::check_image(described.view(), torn_slot).error(),
            (Error{Code::image_rejected, 1}));
  BuiltImage wrong = described;
  wrong.digest.bytes[0] ^= 1;
  EXPECT_EQ(delta::check_image(wrong.view(), slot).error(), (Error{Code::image_rejected, 2}));
}

Buffer load(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Corpus, PairsOfRealFirmwareRoundTripBelowBsdiff) {
  const std::filesystem::path folder = fakes::corpus_file("firmware");
  if (!std::filesystem::exists(folder / "MANIFEST.json")) {
    GTEST_SKIP() << "no corpus of firmware at " << folder << "; name one by AIRLOCK_CORPUS";
  }
  struct Pair {
    const char* base;
    const char* image;
    std::size_t bsdiff_size;  // bsdiff 4.3
  };
  for (const Pair& pair : {Pair{"coldcard/1.0.0r2.dfu", "coldcard/1.0.1.dfu", 24433},
                           Pair{"coldcard/3.1.0.dfu", "coldcard/3.1.1.dfu", 37102},
                           Pair{"trezor-t2b1-bootloader/2023-10-02.bin",
                                "trezor-t2b1-bootloader/2023-11-02.bin", 10051}}) {
    SCOPED_TRACE(pair.image);
    const Buffer base = load(folder / pair.base);
    const Buffer image = load(folder / pair.image);
    ASSERT_FALSE(image.empty());
    expect_round_trip(image, base, {});
    EXPECT_LT(build_patch(image, base, {}, {})->bytes.size(), pair.bsdiff_size * 3 / 4);
  }
}

}  // namespace
}  // namespace airlock::diff
