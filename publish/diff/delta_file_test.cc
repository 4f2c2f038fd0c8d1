#include "publish/diff/delta_file.h"

#include <gtest/gtest.h>

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
  EXPECT_EQ(*apply_delta(*file, made.base, 2), made.image);
  EXPECT_EQ(apply_delta(*file, made.image, 1).error().code, Code::base_mismatch);
}

TEST(DeltaFile, IsRefusedWhereItIsCutOrNone) {
  const Made made = made_patch();
  for (std::size_t size = 0; size < kDeltaFileFixedSize + 32; ++size) {
    const auto read = read_delta_file(Bytes(made.file).first(size));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, size < 4 ? Code::wrong_magic : Code::truncated);
  }
  const auto cut = read_delta_file(Bytes(made.file).first(made.file.size() - 1));
  ASSERT_TRUE(cut);
  EXPECT_FALSE(apply_delta(*cut, made.base, 1));
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

}  // namespace
}  // namespace airlock::diff
