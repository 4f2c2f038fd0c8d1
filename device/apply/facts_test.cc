// A scratch area that does not tell the truth: it costs a try, and never the update.
#include <gtest/gtest.h>

#include <vector>

#include "device/apply/internal/blocks.h"
#include "tests/fakes/memory.h"
#include "tests/fakes/payload.h"

namespace airlock::apply {
namespace {

using Memory = std::vector<std::uint8_t>;

constexpr std::uint16_t kPieceSize = 4096;
constexpr std::size_t kScratch = 4096;

// "airlock" again and again, as publish/diff codes it.
constexpr std::uint8_t kCoded[] = {0x03, 0x06, 0xA8, 0x8A, 0xA2, 0x7F,
                                   0xD2, 0x53, 0x56, 0xC4, 0x06};
Memory image_bytes() {
  constexpr std::string_view kText = "airlock";
  Memory made(300);
  for (std::size_t i = 0; i < made.size(); ++i) {
    made[i] = static_cast<std::uint8_t>(kText[i % kText.size()]);
  }
  return made;
}

// One segment where the payload has none, with all digests right: of this payload, by its root.
Memory lying_scratch(const package::Payload& payload) {
  Memory made(kScratch);
  const auto table = static_cast<std::size_t>(delta::segments_size(1));
  delta::write_segment({0, 300, 0}, MutableBytes(made).subspan(delta::kScratchHeaderSize));
  delta::ScratchHeader header;
  header.facts.segment_count = 1;
  copy_into(header.root, payload.root.bytes);
  header.body =
      delta::body_of(crypto::sha256(Bytes(made).subspan(delta::kScratchHeaderSize, table)),
                     crypto::sha256({}))
          .bytes;
  header.write(
      std::span<std::uint8_t, delta::kScratchHeaderSize>(made.data(), delta::kScratchHeaderSize));
  return made;
}

// Memory that is as it was once, and another the next time that its segments are read.
class TurningArea final : public Area {
 public:
  explicit TurningArea(Memory bytes) : memory_(std::move(bytes)) {}

  std::uint64_t size() const override { return memory_.size(); }
  Status erase(std::uint64_t offset, std::uint64_t size) override {
    return memory_.erase(offset, size);
  }
  Status sync() override { return memory_.sync(); }
  Status write(std::uint64_t offset, Bytes bytes) override { return memory_.write(offset, bytes); }
  Status read(std::uint64_t offset, MutableBytes to) override {
    AIRLOCK_TRY(memory_.read(offset, to));
    constexpr std::uint64_t kPlace = delta::kScratchHeaderSize + 3;
    const bool has_it = offset <= kPlace && offset + to.size() > kPlace;
    if (has_it && reads_++ > 0) to[static_cast<std::size_t>(kPlace - offset)] ^= 1;
    return {};
  }

 private:
  fakes::MemoryArea memory_;
  int reads_ = 0;
};

class Served final : public Artifacts {
 public:
  explicit Served(Memory bytes) : bytes_(std::move(bytes)) {}
  bool is_stream() const override { return true; }
  Result<Source*> open(const package::Payload&) override { return &bytes_; }
  std::size_t reads() const { return bytes_.reads(); }

 private:
  fakes::MemoryArea bytes_;
};

class KeptFacts : public testing::Test {
 protected:
  Status write(Area& scratch) {
    fakes::MemoryArea base{{}};
    const internal::ImageWork work{image_, built_.payload, base, slot_, scratch};
    return internal::write_missing(work, artifacts_, {});
  }

  Memory bytes_ = image_bytes();
  Digest digest_ = crypto::sha256(bytes_);
  package::Image image_{{}, bytes_.size(), digest_, digest_.bytes};
  fakes::OneBlockPayload built_ = fakes::one_block_payload(delta::no_facts(delta::kLarge), kCoded,
                                                           delta::Coding::coded, kPieceSize);
  Served artifacts_{built_.bytes};
  fakes::MemoryArea slot_{Memory(300)};
};

TEST_F(KeptFacts, ThatLieAreFetchedAgainAtTheNextTry) {
  fakes::MemoryArea scratch(lying_scratch(built_.payload));
  const Status first = write(scratch);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, Code::patch_malformed);
  EXPECT_TRUE(write(scratch));
  EXPECT_EQ(slot_.bytes(), bytes_);
}

TEST_F(KeptFacts, AreCheckedInTheMemoryThatBlocksReadThemFrom) {
  TurningArea scratch(lying_scratch(built_.payload));
  const Status first = write(scratch);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, Code::bad_checksum);
  EXPECT_EQ(slot_.writes(), 0U);
}

}  // namespace
}  // namespace airlock::apply
