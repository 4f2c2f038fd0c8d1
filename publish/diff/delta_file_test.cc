#include "publish/diff/delta_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "tests/fakes/linked.h"
#include "tests/fakes/memory.h"

namespace airlock::diff {
namespace {

using Buffer = std::vector<std::uint8_t>;
using fakes::Target;

struct Made {
  Buffer base;
  Buffer image;
  BuiltPayload built;
  Buffer file;
};

Made made_patch() {
  const fakes::Program before = fakes::program_of(Target::thumb, 800, 0);
  Made made;
  made.base = fakes::link(before);
  made.image = fakes::link(fakes::with_one_more(before));
  made.built = *build_patch(made.image, made.base, {}, {});
  made.file = write_delta_file(describe_image(made.image), made.built);
  return made;
}

TEST(DeltaFile, IsAppliedAsItWasMade) {
  const Made made = made_patch();
  const auto file = read_delta_file(made.file);
  ASSERT_TRUE(file);
  EXPECT_TRUE(equal(file->bytes, made.built.bytes));
  EXPECT_TRUE(equal(apply_delta(*file, made.base, 2)->bytes(), made.image));
  EXPECT_EQ(apply_delta(*file, made.image, 1).error().code, Code::base_mismatch);
}

TEST(DeltaFile, IsRefusedWhereItIsCutOrNone) {
  const Made made = made_patch();
  for (std::size_t size = 0; size < kDeltaFileFixedSize + 32; ++size) {
    const auto read = read_delta_file(Bytes(made.file).first(size));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, size < 4 ? Code::wrong_magic : Code::truncated);
  }
  const std::size_t head = made.file.size() - made.built.bytes.size();
  for (const std::size_t size : {std::size_t{200}, head, head + 1, made.file.size() - 1}) {
    EXPECT_EQ(read_delta_file(Bytes(made.file).first(size)).error().code, Code::truncated) << size;
  }
}

TEST(DeltaFile, IsRefusedWhereSomethingStandsBehindIt) {
  Buffer longer = made_patch().file;
  longer.push_back(0);
  EXPECT_EQ(read_delta_file(longer).error().code, Code::trailing_bytes);
}

TEST(DeltaFile, IsRefusedWhereItIsOfALaterVersion) {
  Buffer later = made_patch().file;
  later[3] = '2';
  EXPECT_EQ(read_delta_file(later).error().code, Code::unsupported_version);
}

TEST(DeltaFile, HasABaseWhereItIsAPatchAndNoneWhereItIsFull) {
  Made made = made_patch();
  std::fill_n(made.file.begin() + 87, 8, 0);
  EXPECT_EQ(read_delta_file(made.file).error(), (Error{Code::out_of_range, 87}));
  const Buffer full = write_delta_file(describe_image(made.image), *build_full(made.image, {}, {}));
  ASSERT_TRUE(read_delta_file(full));
  for (const std::size_t at : {94U, 95U}) {
    Buffer bent = full;
    bent[at] = 1;
    EXPECT_EQ(read_delta_file(bent).error(), (Error{Code::out_of_range, at == 94 ? 87U : 95U}));
  }
}

TEST(DeltaFile, TellsADamagedOneFromOneThatABadServerGave) {
  const Made made = made_patch();
  const std::size_t head = made.file.size() - made.built.bytes.size();
  for (const std::size_t at : {std::size_t{20}, head + 20, made.file.size() - 1}) {
    Buffer bent = made.file;
    bent[at] ^= 1;
    const auto file = read_delta_file(bent);
    const Error error = file ? apply_delta(*file, made.base, 1).error() : file.error();
    EXPECT_EQ(error.code, Code::digest_mismatch) << at;
  }
}

TEST(DeltaFile, SaysHowManyBlocksAreMade) {
  const Made made = made_patch();
  const auto file = read_delta_file(made.file);
  MemoryArea slot(made.image.size());
  std::vector<std::size_t> told;
  const auto progress = [&](std::size_t done, std::size_t) { told.push_back(done); };
  ASSERT_TRUE(apply_delta(*file, made.base, slot, {2, progress}));
  ASSERT_EQ(told.size(), file->image.block_digests.size());
  EXPECT_TRUE(std::ranges::is_sorted(told));
  EXPECT_EQ(told.back(), told.size());
}

TEST(DeltaFile, IsRefusedWhereItSpeaksOfSizesThatNoManifestHas) {
  const Made made = made_patch();
  for (const std::size_t at : {47U, 87U}) {
    Buffer bent = made.file;
    bent[at] = 1;
    const auto file = read_delta_file(bent);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, Code::oversized);
  }
}

TEST(DeltaFile, IsRefusedWhereverABitOfItIsFlipped) {
  const Made made = made_patch();
  for (std::size_t at = 0; at < made.file.size(); at += 7) {
    Buffer bent = made.file;
    bent[at] ^= 2;
    const auto file = read_delta_file(bent);
    if (file && file->image.size <= made.image.size() * 2) {
      EXPECT_FALSE(apply_delta(*file, made.base, 1)) << at;
    }
  }
}

TEST(Parts, AddUpToThePayload) {
  const Made made = made_patch();
  const PayloadParts parts = *look_into(*read_delta_file(made.file), made.base);
  std::size_t stored = parts.index + parts.facts + parts.proofs;
  for (const BlockParts& block : parts.blocks) {
    stored += block.stored;
    double sum = 0;
    for (const double each : block.bytes) sum += each;
    EXPECT_NEAR(sum, static_cast<double>(block.stored), 3);
  }
  EXPECT_EQ(stored, made.built.bytes.size());
  ASSERT_FALSE(parts.regions.empty());
  EXPECT_TRUE(parts.regions[0].linked);
  EXPECT_EQ(parts.memory, delta::kLarge.memory);
}

TEST(Parts, AreToldWithoutTheBaseAsFarAsThatGoes) {
  const Made made = made_patch();
  const auto file = read_delta_file(made.file);
  const PayloadParts whole = *look_into(*file, made.base);
  const PayloadParts outside = *look_at(*file);
  EXPECT_EQ(std::tuple(outside.index, outside.facts, outside.proofs, outside.segments),
            std::tuple(whole.index, whole.facts, whole.proofs, whole.segments));
  EXPECT_EQ(outside.regions.size(), whole.regions.size());
  ASSERT_EQ(outside.blocks.size(), whole.blocks.size());
  for (std::size_t i = 0; i < outside.blocks.size(); ++i) {
    EXPECT_EQ(outside.blocks[i].stored, whole.blocks[i].stored);
    EXPECT_EQ(outside.blocks[i].size, whole.blocks[i].size);
  }
}

}  // namespace
}  // namespace airlock::diff
