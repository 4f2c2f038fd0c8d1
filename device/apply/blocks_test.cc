#include "device/apply/internal/blocks.h"

#include <gtest/gtest.h>

#include <random>

#include "core/delta/delta.h"
#include "tests/fakes/flash.h"
#include "tests/fakes/memory.h"

namespace airlock::apply {
namespace {

using Memory = std::vector<std::uint8_t>;

constexpr std::uint16_t kPieceSize = 4096;
constexpr std::size_t kUnitBlocks = platform::kEraseUnit / package::kBlockSize;
constexpr std::size_t kBlocks = 2 * kUnitBlocks + kUnitBlocks / 2;
constexpr std::uint64_t kStoredBlock = package::kBlockSize + 16 * Digest::kSize;
constexpr fakes::Geometry kGeometry{.unit = 4096, .write_unit = 4096, .erased = 0xff};

void append(Memory& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

// A full payload whose blocks are stored raw; its head has two pieces, each with the other's hash.
struct RawImage {
  RawImage();
  Memory bytes = fakes::noise(kBlocks * package::kBlockSize, 1);
  Memory digests;
  Memory payload_bytes;
  package::Image image;
  package::Payload payload;
};

RawImage::RawImage() {
  const std::size_t per_piece = delta::head_entries_per_piece(kPieceSize);
  const std::size_t head_size = kBlocks * delta::kHeadEntrySize + 2 * Digest::kSize;
  Memory entries, body;
  for (std::size_t block = 0; block < kBlocks; ++block) {
    const Bytes content =
        Bytes(bytes).subspan(block * package::kBlockSize, std::size_t{package::kBlockSize});
    append(digests, crypto::sha256(content).bytes);
    delta::HeadEntry entry{head_size + body.size(), kStoredBlock, delta::Coding::raw, {}};
    package::TreeHasher tree;
    for (std::size_t at = 0; at < content.size(); at += kPieceSize) {
      const Digest leaf = package::leaf_hash(content.subspan(at, kPieceSize));
      tree.add(leaf);
      append(body, leaf.bytes);
    }
    append(body, content);
    entry.root = tree.root();
    entries.resize(entries.size() + delta::kHeadEntrySize);
    delta::write_head_entry(entry, MutableBytes(entries).last(delta::kHeadEntrySize));
  }
  const Bytes first = Bytes(entries).first(per_piece * delta::kHeadEntrySize);
  const Bytes second = Bytes(entries).subspan(first.size());
  append(payload_bytes, package::leaf_hash(second).bytes);
  append(payload_bytes, first);
  append(payload_bytes, package::leaf_hash(first).bytes);
  append(payload_bytes, second);
  append(payload_bytes, body);
  package::TreeHasher tree;
  tree.add(package::leaf_hash(first));
  tree.add(package::leaf_hash(second));
  payload.root = tree.root();
  payload.head_size = static_cast<std::uint32_t>(head_size);
  payload.size = payload_bytes.size();
  payload.piece_size = kPieceSize;
  image.size = bytes.size();
  image.digest = crypto::sha256(bytes);
  image.block_digests = digests;
}

const RawImage& raw_image() {
  static const RawImage made;
  return made;
}

// Hands the payload out and counts what of its body was asked for.
class Counted final : public Artifacts, public Source {
 public:
  std::uint64_t body_bytes = 0;
  Result<Source*> open(const package::Payload&) override { return this; }
  Status read(std::uint64_t offset, MutableBytes to) override {
    const RawImage& of = raw_image();
    if (offset >= of.payload.head_size) body_bytes += to.size();
    copy_into(to, Bytes(of.payload_bytes).subspan(static_cast<std::size_t>(offset), to.size()));
    return {};
  }
};

class Blocks : public testing::Test {
 protected:
  Status write() {
    fakes::MemoryArea base{{}};
    const internal::ImageWork work{raw_image().image, raw_image().payload, base, slot_};
    return internal::write_missing(work, artifacts_, {});
  }
  // Bytes of the body that were fetched more than once, when all of it stands in the slot.
  std::uint64_t fetched_twice() {
    EXPECT_TRUE(equal(slot_.contents(), raw_image().bytes));
    return artifacts_.body_bytes - kBlocks * kStoredBlock;
  }
  void lose_power_by(fakes::Unsynced unsynced) {
    power_ = fakes::Power(unsynced);
    slot_ = fakes::Flash(power_, kGeometry, raw_image().bytes.size());
    artifacts_.body_bytes = 0;
  }

  fakes::Power power_;
  fakes::Flash slot_{power_, kGeometry, raw_image().bytes.size()};
  Counted artifacts_;
};

TEST_F(Blocks, AreFetchedOnceWhereNothingInterrupts) {
  ASSERT_TRUE(write());
  EXPECT_EQ(fetched_twice(), 0U);
  ASSERT_TRUE(write());
  EXPECT_EQ(artifacts_.body_bytes, kBlocks * kStoredBlock);
}

TEST_F(Blocks, CostAtMostOneEraseUnitForEachTimeThatThePowerFails) {
  std::mt19937 random(3);
  constexpr std::uint64_t kCostMax = kUnitBlocks * kStoredBlock;
  for (fakes::Unsynced unsynced :
       {fakes::Unsynced::kept, fakes::Unsynced::lost, fakes::Unsynced::every_other}) {
    for (int life = 0; life < 4; ++life) {
      lose_power_by(unsynced);
      std::uint64_t cuts = 0;
      while (true) {
        if (cuts < 3) power_.cut_at(random() % (3 * kBlocks), fakes::Cut::torn_half);
        const bool done = write().has_value();
        power_.never_cut();
        power_.switch_on();
        if (done) break;
        ++cuts;
      }
      EXPECT_LE(fetched_twice(), cuts * kCostMax) << "after " << cuts << " cuts";
    }
  }
}

TEST_F(Blocks, ThatStandBehindHolesInTheUnitAtHandAreFound) {
  constexpr std::size_t kHoles = 30;
  constexpr std::size_t kOperationsPerBlock = 1 + package::kBlockSize / (32 << 10);
  power_.cut_at((kUnitBlocks + kHoles + 20) * kOperationsPerBlock + 3, fakes::Cut::torn_half);
  ASSERT_FALSE(write());
  power_.switch_on();
  for (std::size_t block = kUnitBlocks; block < kUnitBlocks + kHoles; ++block) {
    slot_.damage(block * package::kBlockSize, 1);
  }
  ASSERT_TRUE(write());
  EXPECT_EQ(fetched_twice(), (kHoles + 1) * kStoredBlock);
}

}  // namespace
}  // namespace airlock::apply
