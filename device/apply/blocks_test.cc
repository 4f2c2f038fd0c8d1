#include "device/apply/internal/blocks.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "core/delta/delta.h"
#include "device/apply/internal/parallel.h"
#include "tests/fakes/flash.h"
#include "tests/fakes/memory.h"

namespace airlock::apply {
namespace {

using Memory = std::vector<std::uint8_t>;

constexpr std::uint16_t kPieceSize = 4096;
constexpr std::size_t kUnitBlocks = platform::kEraseUnit / package::kBlockSize;
constexpr std::size_t kBlocks = 2 * kUnitBlocks + kUnitBlocks / 2;
constexpr std::uint32_t kStoredBlock = package::kBlockSize + 16 * Digest::kSize;
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
  const std::size_t each = delta::head_entries_per_piece(kPieceSize);
  constexpr std::size_t kEntries = delta::entry_count(kBlocks);
  const std::size_t head_size =
      kEntries * delta::kHeadEntrySize + 2 * (delta::kHeadOffsetSize + Digest::kSize);
  const auto facts = delta::no_facts(delta::kLarge);
  std::vector<delta::HeadEntry> entries = {
      {static_cast<std::uint32_t>(facts.size()), delta::Coding::facts, package::leaf_hash(facts)}};
  Memory body(facts.begin(), facts.end());
  for (std::size_t block = 0; block < kBlocks; ++block) {
    const Bytes content =
        Bytes(bytes).subspan(block * package::kBlockSize, std::size_t{package::kBlockSize});
    append(digests, crypto::sha256(content).bytes);
    package::TreeHasher tree;
    for (std::size_t at = 0; at < content.size(); at += kPieceSize) {
      const Digest leaf = package::leaf_hash(content.subspan(at, kPieceSize));
      tree.add(leaf);
      append(body, leaf.bytes);
    }
    append(body, content);
    entries.push_back({kStoredBlock, delta::Coding::raw, tree.root()});
  }
  std::array<Memory, 2> pieces;
  std::uint64_t offset = head_size;
  for (std::size_t i = 0; i < kEntries; ++i) {
    Memory& piece = pieces[i / each];
    if (i % each == 0) {
      for (int shift = 56; shift >= 0; shift -= 8) {
        piece.push_back(static_cast<std::uint8_t>(offset >> shift));
      }
    }
    piece.resize(piece.size() + delta::kHeadEntrySize);
    delta::write_head_entry(entries[i], MutableBytes(piece).last(delta::kHeadEntrySize));
    offset += entries[i].stored_size;
  }
  package::TreeHasher tree;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    append(payload_bytes, package::leaf_hash(pieces[1 - i]).bytes);
    append(payload_bytes, pieces[i]);
    tree.add(package::leaf_hash(pieces[i]));
  }
  append(payload_bytes, body);
  payload.root = tree.root();
  payload.head_size = static_cast<std::uint32_t>(head_size);
  payload.size = payload_bytes.size();
  payload.piece_size = kPieceSize;
  payload.decoder_memory = delta::kDecoderMemoryMax;
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
  explicit Counted(bool is_stream) : is_stream_(is_stream) {}
  std::uint64_t body_bytes = 0;
  bool is_stream() const override { return is_stream_; }
  Result<Source*> open(const package::Payload&) override { return this; }
  Status read(std::uint64_t offset, MutableBytes to) override {
    const RawImage& of = raw_image();
    if (offset >= of.payload.head_size + delta::kNoFactsSize) body_bytes += to.size();
    copy_into(to, Bytes(of.payload_bytes).subspan(static_cast<std::size_t>(offset), to.size()));
    return {};
  }

 private:
  bool is_stream_;
};

// By one worker where artifacts are a stream, else by several.
class Blocks : public testing::TestWithParam<bool> {
 protected:
  Status write(const internal::OnBlock& on_block = {}) {
    fakes::MemoryArea base{{}};
    const internal::ImageWork work{raw_image().image, raw_image().payload, base, slot_, scratch_};
    return internal::write_missing(work, artifacts_, on_block);
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
  fakes::MemoryArea scratch_{Memory(4096)};
  Counted artifacts_{GetParam()};
};

TEST_P(Blocks, AreFetchedOnceWhereNothingInterrupts) {
  ASSERT_TRUE(write());
  EXPECT_EQ(fetched_twice(), 0U);
  ASSERT_TRUE(write());
  EXPECT_EQ(artifacts_.body_bytes, kBlocks * kStoredBlock);
}

TEST_P(Blocks, CostAtMostOneEraseUnitForEachTimeThatThePowerFails) {
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

TEST_P(Blocks, ThatStandBehindHolesInTheUnitAtHandAreFound) {
  constexpr std::size_t kHoles = 30;
  constexpr std::size_t kOperationsPerBlock = 1 + package::kBlockSize / (32 << 10);
  power_.cut_at((kUnitBlocks + kHoles + 20) * kOperationsPerBlock + 3, fakes::Cut::torn_half);
  ASSERT_FALSE(write());
  power_.switch_on();
  for (std::size_t block = kUnitBlocks; block < kUnitBlocks + kHoles; ++block) {
    slot_.damage(block * package::kBlockSize, 1);
  }
  ASSERT_TRUE(write());
  const std::size_t workers = GetParam() ? 1 : internal::worker_count();
  const std::uint64_t twice = fetched_twice();
  EXPECT_GE(twice, kHoles * kStoredBlock);
  EXPECT_LE(twice, (kHoles + workers) * kStoredBlock);
}

TEST_P(Blocks, AreToldOneByOneUntilAllAreThere) {
  std::vector<std::size_t> told;
  ASSERT_TRUE(write([&](std::size_t done, std::size_t of) {
    EXPECT_EQ(of, raw_image().bytes.size());
    told.push_back(done);
  }));
  ASSERT_EQ(told.size(), kBlocks);
  for (std::size_t i = 0; i < kBlocks; ++i) EXPECT_EQ(told[i], (i + 1) * package::kBlockSize);
}

TEST_P(Blocks, AreReadBackAndTheFirstThatIsWrongIsNamed) {
  ASSERT_TRUE(write());
  EXPECT_TRUE(internal::check_blocks(raw_image().image, slot_));
  slot_.damage(kBlocks * package::kBlockSize - 1, 1);
  slot_.damage(70 * package::kBlockSize, 1);
  EXPECT_EQ(internal::check_blocks(raw_image().image, slot_).error(),
            (Error{Code::image_rejected, 70}));
}

INSTANTIATE_TEST_SUITE_P(Made, Blocks, testing::Values(true, false),
                         [](const auto& made) { return made.param ? "ByOneWorker" : "BySeveral"; });

}  // namespace
}  // namespace airlock::apply
