// The differ and core/delta beside a decoder that was written from the format's pages alone
// (tests/reference/patch.py), and what code costs that only moved.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "publish/diff/delta_file.h"
#include "publish/diff/diff.h"
#include "tests/fakes/corpus.h"
#include "tests/fakes/linked.h"
#include "tests/fakes/memory.h"

namespace airlock::diff {
namespace {

using Buffer = std::vector<std::uint8_t>;
using fakes::Addresses;
using fakes::noise;
using fakes::Program;
using fakes::Target;

constexpr Target kTargets[] = {Target::thumb, Target::arm, Target::arm64, Target::x86_64};

Options options_of(const delta::Profile& profile) {
  Options options;
  options.profile = &profile;
  if (&profile == &delta::kSmall) options.piece_size = delta::kSmallPieceSize;
  return options;
}

class Reference : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("tests/reference/patch.py") ||
        std::system("python3 -c '' 2> /dev/null") != 0) {
      GTEST_SKIP() << "skipped: the reference decoder (no python3, or not run in the checkout)";
    }
    folder_ = testing::TempDir() + "airlock-reference-" + std::to_string(::getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  void save(const std::string& name, const Buffer& bytes) const {
    std::ofstream file(folder_ + "/" + name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  // What the reference makes of a payload that core/delta decoded as well (build_patch did).
  Buffer decoded(const BuiltPayload& built, std::size_t size, const Buffer& base) const {
    save("payload", built.bytes);
    save("base", base);
    const std::string command =
        "python3 tests/reference/patch.py " + folder_ + "/payload " + std::to_string(size) + " " +
        std::to_string(built.payload.piece_size) + " " + folder_ + "/out " + folder_ + "/base";
    if (std::system(command.c_str()) != 0) return {};
    std::ifstream file(folder_ + "/out", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_;
};

TEST_F(Reference, DecodesCodeThatMovedOfEveryKind) {
  for (const Target target : kTargets) {
    for (const delta::Profile* const profile : {&delta::kSmall, &delta::kLarge}) {
      for (const Addresses addresses : {Addresses::in_words, Addresses::in_code}) {
        const Program before = fakes::program_of(target, 90, 0, addresses);
        const Buffer base = fakes::link(before);
        const Buffer image = fakes::link(fakes::with_one_more(before));
        const auto built = build_patch(image, base, options_of(*profile), {});
        ASSERT_TRUE(built);
        EXPECT_EQ(decoded(*built, image.size(), base), image);
      }
    }
  }
}

// An image for the other slot of the two that execute in place: each absolute address is another
// one.
Buffer for_another_slot(Program program) {
  program.address += 0x60000;
  return fakes::link(program);
}

TEST_F(Reference, DecodesCodeThatIsLinkedForAnotherSlot) {
  for (const Target target : kTargets) {
    for (const Addresses addresses : {Addresses::in_words, Addresses::in_code}) {
      const Program before = fakes::program_of(target, 90, 0, addresses);
      const Buffer base = fakes::link(before);
      const Buffer image = for_another_slot(fakes::with_one_more(before));
      const auto built = build_patch(image, base, options_of(delta::kSmall), {});
      ASSERT_TRUE(built);
      EXPECT_EQ(decoded(*built, image.size(), base), image);
    }
  }
}

// One edit: a part goes, turns up at another place, changes places with another, or is new; a byte
// changes.
void edit(Buffer& image, std::mt19937& random) {
  const auto place = [&] { return static_cast<std::ptrdiff_t>(random() % image.size()); };
  const auto begin = image.begin();
  const std::ptrdiff_t at = place();
  const std::ptrdiff_t size =
      std::min(static_cast<std::ptrdiff_t>(random() % 300), image.end() - begin - at);
  switch (random() % 5) {
    case 0:
      if (static_cast<std::size_t>(size) < image.size()) {
        image.erase(begin + at, begin + at + size);
      }
      return;
    case 1: std::rotate(begin, begin + at, image.end()); return;
    case 2: image[static_cast<std::size_t>(at)] ^= 0x41; return;
    case 3: {
      const std::ptrdiff_t to = std::min(place(), image.end() - begin - size);
      if (to >= at + size || to + size <= at) {
        std::swap_ranges(begin + at, begin + at + size, begin + to);
      }
      return;
    }
    default: {
      const Buffer added =
          noise(static_cast<std::size_t>(size), static_cast<std::uint32_t>(random()));
      image.insert(begin + at, added.begin(), added.end());
    }
  }
}

// What is edited: code of each kind, and bytes that are none.
Buffer base_of(std::uint32_t round) {
  constexpr std::size_t kKinds = std::size(kTargets) + 1;
  if (round % kKinds == std::size(kTargets)) return noise(6000, round);
  const auto addresses = round / kKinds % 2 == 0 ? Addresses::in_words : Addresses::in_code;
  return fakes::link(fakes::program_of(kTargets[round % kKinds], 50, round % 3, addresses));
}

TEST_F(Reference, DecodesEditsOfEveryKind) {
  std::mt19937 random(7);
  for (std::uint32_t round = 0; round < 15; ++round) {
    const Buffer base = base_of(round);
    Buffer image = base;
    for (std::uint32_t edits = 0; edits < 1 + round; ++edits) edit(image, random);
    for (const delta::Profile* const profile : {&delta::kSmall, &delta::kLarge}) {
      const auto built = build_patch(image, base, options_of(*profile), {});
      ASSERT_TRUE(built);
      EXPECT_EQ(decoded(*built, image.size(), base), image) << round << " " << int{profile->number};
    }
  }
}

// Two blocks of what vendors ship: code of a Cortex-M33 with its tables and texts.
TEST_F(Reference, DecodesAPairOfRealFirmware) {
  const std::filesystem::path folder = fakes::corpus_file("firmware/trezor-t2b1-bootloader");
  const Buffer base = fakes::bytes_in(folder / "2023-10-02.bin");
  const Buffer image = fakes::bytes_in(folder / "2023-11-02.bin");
  if (base.empty() || image.empty()) {
    GTEST_SKIP() << "no corpus of firmware at " << folder << "; name one by AIRLOCK_CORPUS";
  }
  for (const delta::Profile* const profile : {&delta::kSmall, &delta::kLarge}) {
    const auto built = build_patch(image, base, options_of(*profile), {});
    ASSERT_TRUE(built);
    EXPECT_EQ(decoded(*built, image.size(), base), image) << int{profile->number};
  }
}

// A call of five bytes became what is none, though it begins as a far branch of six does.
TEST_F(Reference, DecodesACallThatBecameANop) {
  constexpr std::uint8_t kNop[] = {0x0F, 0x1F, 0x44, 0x00, 0x00};
  constexpr std::uint8_t kHalfABranch[] = {0x0F, 0x84, 0x44, 0x00, 0x00};
  const Buffer base = fakes::link(fakes::program_of(Target::x86_64, 90, 0));
  for (const auto& instead : {kNop, kHalfABranch}) {
    Buffer image = base;
    std::size_t calls = 0;
    for (std::size_t at = 0; at + 5 < image.size(); ++at) {
      if (image[at] != 0xE8 || ++calls % 9 != 0) continue;
      std::copy(instead, instead + 5, image.begin() + static_cast<std::ptrdiff_t>(at));
    }
    ASSERT_GT(calls, 20U);
    const auto built = build_patch(image, base, options_of(delta::kLarge), {});
    ASSERT_TRUE(built);
    EXPECT_EQ(decoded(*built, image.size(), base), image);
  }
}

TEST_F(Reference, DecodesAFullImageAndABlockThatCrossesNothing) {
  Buffer image = fakes::link(fakes::program_of(Target::arm, 40, 0));
  const auto built = build_full(image, options_of(delta::kSmall), {});
  ASSERT_TRUE(built);
  EXPECT_EQ(decoded(*built, image.size(), {}), image);
  Buffer base = noise(package::kBlockSize + 1, 3);
  const auto same = build_patch(base, base, options_of(delta::kLarge), {});
  ASSERT_TRUE(same);
  EXPECT_EQ(decoded(*same, base.size(), base), base);
}

// Without the model of its instructions each call and each pointer would cost a byte or two.
TEST(MovedCode, CostsAFractionOfWhatItsReferencesWouldCost) {
  for (const Target target : kTargets) {
    for (const std::size_t header : {0U, 293U}) {
      for (const Addresses addresses : {Addresses::in_words, Addresses::in_code}) {
        const Program before = fakes::program_of(target, 1500, header, addresses);
        const Buffer base = fakes::link(before);
        const Buffer image = fakes::link(fakes::with_one_more(before));
        const auto built = build_patch(image, base, options_of(delta::kLarge), {});
        ASSERT_TRUE(built);
        const std::size_t references = 1500 * (addresses == Addresses::in_code ? 10 : 7);
        EXPECT_LT(built->bytes.size(), references / 8)
            << static_cast<int>(target) << " behind " << header;
      }
    }
  }
}

TEST(MovedCode, CostsHardlyMoreWhereItIsLinkedForAnotherSlot) {
  for (const Target target : kTargets) {
    for (const Addresses addresses : {Addresses::in_words, Addresses::in_code}) {
      const Program before = fakes::program_of(target, 1500, 293, addresses);
      const Program after = fakes::with_one_more(before);
      const Buffer base = fakes::link(before);
      const auto same = build_patch(fakes::link(after), base, options_of(delta::kLarge), {});
      const auto other = build_patch(for_another_slot(after), base, options_of(delta::kLarge), {});
      const auto back = build_patch(base, for_another_slot(after), options_of(delta::kLarge), {});
      ASSERT_TRUE(same && other && back);
      EXPECT_LT(other->bytes.size(), same->bytes.size() + 64) << static_cast<int>(target);
      EXPECT_LT(back->bytes.size(), same->bytes.size() + 64) << static_cast<int>(target);
    }
  }
}

// Nothing moved, so that no word tells where the base was linked to but by the way between the
// slots.
TEST(MovedCode, CostsHardlyAnythingWhereNothingButTheSlotIsAnother) {
  const Program program = fakes::program_of(Target::thumb, 1500, 0);
  const Buffer base = fakes::link(program);
  const Buffer image = for_another_slot(program);
  const auto built = build_patch(image, base, options_of(delta::kLarge), {});
  ASSERT_TRUE(built);
  EXPECT_LT(built->bytes.size(), 300U);
  const auto parts =
      look_into(*read_delta_file(write_delta_file(describe_image(image), *built)), base);
  ASSERT_TRUE(parts);
  ASSERT_FALSE(parts->regions.empty());
  EXPECT_EQ(parts->regions[0].relocation, 0x60000U);
}

}  // namespace
}  // namespace airlock::diff
