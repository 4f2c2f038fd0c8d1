// The bytes themselves: what is made of the same images is the same on every machine, by every
// compiler and in every build.
#include <gtest/gtest.h>

#include <string>

#include "publish/diff/diff.h"
#include "tests/fakes/linked.h"
#include "tests/fakes/memory.h"

namespace airlock::diff {
namespace {

using Buffer = std::vector<std::uint8_t>;
using fakes::Target;

// Whoever changes the coding, or what the differ chooses, changes this line and no other:
//     build/release/publish_diff_test --gtest_filter='Pinned.*'     prints the new one
// Nobody else does: a payload that is different on one machine alone is a fault.
constexpr char kPinned[] = "f92251852576b872b101414f260f25c2c11d3654deef2ee74b9281dbfb4b00ec";

std::string hex(const Digest& digest) {
  std::string made;
  for (const std::uint8_t byte : digest.bytes) {
    made += "0123456789abcdef"[byte >> 4];
    made += "0123456789abcdef"[byte & 15];
  }
  return made;
}

// Code of each instruction set that moved, with addresses in words and in instructions, of which
// some bytes changed; and an image behind something new. Places in the base are not aligned.
TEST(Pinned, PatchesAndFullImagesAreTheSameBytesOnEveryMachine) {
  const Options small = {.piece_size = delta::kSmallPieceSize, .profile = &delta::kSmall};
  crypto::Sha256 all;
  for (const Target target : {Target::thumb, Target::arm, Target::arm64, Target::x86_64}) {
    const fakes::Program before = fakes::program_of(target, 700, 293, fakes::Addresses::in_code);
    const Buffer base = fakes::link(before);
    Buffer image = fakes::link(fakes::with_one_more(before));
    for (std::size_t at = 0; at < image.size(); at += 1021) image[at] ^= 0x21;
    const Buffer added = fakes::noise(100, 1);
    image.insert(image.begin() + 50'000, added.begin(), added.end());
    for (const Options& options : {Options{}, small}) {
      const auto patch = build_patch(image, base, options, {});
      const auto full = build_full(image, options, {});
      ASSERT_TRUE(patch && full);
      all.update(patch->payload.digest.bytes);
      all.update(full->payload.digest.bytes);
    }
  }
  EXPECT_EQ(hex(all.finish()), kPinned);
}

}  // namespace
}  // namespace airlock::diff
