// Any facts and any coded bytes behind valid proofs, and any scratch area: the decoder writes
// inside its block and its scratch area, and refuses the rest.
#include <vector>

#include "core/delta/delta.h"
#include "tests/fakes/payload.h"

using namespace airlock;

namespace {

constexpr std::size_t kHostileSizeMax = 16 << 10;
constexpr std::uint16_t kPieceSize = 512;
constexpr std::size_t kBaseSize = 4096;
constexpr std::size_t kScratchSize = 8192;

class HostileSource final : public Source {
 public:
  explicit HostileSource(Bytes bytes) : bytes_(bytes) {}
  Status read(std::uint64_t offset, MutableBytes to) override {
    AIRLOCK_CHECK(offset <= bytes_.size() && to.size() <= bytes_.size() - offset);
    copy_into(to, bytes_.subspan(offset, to.size()));
    return {};
  }

 private:
  Bytes bytes_;
};

// An area that traps where a write would leave it, and that holds what was written.
class StrictArea final : public Area {
 public:
  explicit StrictArea(std::size_t size) : bytes_(size) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Status erase(std::uint64_t, std::uint64_t) override { return {}; }
  Status sync() override { return {}; }
  Status read(std::uint64_t offset, MutableBytes to) override {
    // A scratch area that lies may send its reader anywhere.
    if (offset > bytes_.size() || to.size() > bytes_.size() - offset) {
      return fail(Code::out_of_range, offset);
    }
    copy_into(to, Bytes(bytes_).subspan(static_cast<std::size_t>(offset), to.size()));
    return {};
  }
  Status write(std::uint64_t offset, Bytes bytes) override {
    AIRLOCK_CHECK(offset <= bytes_.size() && bytes.size() <= bytes_.size() - offset);
    copy_into(MutableBytes(bytes_).subspan(static_cast<std::size_t>(offset)), bytes);
    return {};
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

// What whoever can write to a device's storage puts into its scratch area: a header with the right
// checksum and other counts, and other segments.
void lie(StrictArea& scratch, Bytes with) {
  std::array<std::uint8_t, delta::kScratchHeaderSize> bytes;
  delta::ScratchHeader header;
  AIRLOCK_CHECK(scratch.read(0, bytes) && header.read(bytes));
  header.facts.segment_count = (header.facts.segment_count + with[0]) % 256;
  header.facts.chain_count = std::min<std::uint32_t>(with[0] >> 4, header.facts.segment_count);
  header.write(bytes);
  const Bytes segments = with.first(std::min<std::size_t>(with.size(), kScratchSize / 2));
  AIRLOCK_CHECK(scratch.write(0, bytes) && scratch.write(delta::kScratchHeaderSize, segments));
}

// What an input asks for; its first bytes.
struct Asked {
  delta::Coding coding;
  std::size_t block_size;
  std::size_t facts_size;
  bool scratch_lies;
  bool is_small;
};
constexpr std::size_t kFixed = 6;
Asked read_asked(const std::uint8_t* data) {
  return {static_cast<delta::Coding>(data[0] % 3), 1 + (data[1] | std::size_t{data[2]} << 8),
          1 + (data[3] | std::size_t{data[4]} << 8), (data[5] & 1) != 0, (data[5] & 2) != 0};
}

Bytes patched_base() {
  static const std::vector<std::uint8_t> base = [] {
    std::vector<std::uint8_t> made(kBaseSize);
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<std::uint8_t>(i * i >> 3);
    return made;
  }();
  return base;
}

// All proofs are right: bytes with wrong ones never come this far, as delta_test.cc holds.
template <class Decoder>
void decode(Decoder& decoder, const Asked& asked, const fakes::OneBlockPayload& made, Bytes coded) {
  const package::Digest none;
  const package::Image image = {{}, asked.block_size, none, none.bytes};
  HostileSource source(made.bytes);
  HostileSource base_source(patched_base());
  StrictArea slot(asked.block_size);
  StrictArea scratch(kScratchSize);
  const Status kept = decoder.prepare(image, made.payload, source, scratch);
  if (!kept) {
    AIRLOCK_CHECK(kept.error().code == Code::patch_malformed ||
                  kept.error().code == Code::unsupported_version ||
                  kept.error().code == Code::memory_exceeded);
    return;
  }
  if (asked.scratch_lies) lie(scratch, coded);
  const Status status =
      decoder.decode(image, made.payload, 0, source, {&base_source, scratch}, slot);
  AIRLOCK_CHECK(!status && (status.error().code == Code::patch_malformed ||
                            status.error().code == Code::block_rejected ||
                            status.error().code == Code::index_rejected ||
                            status.error().code == Code::out_of_range));
}

}  // namespace

// One byte of what follows, two numbers, a byte of what the scratch area does and whose decoder it
// is, the facts, the block.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static delta::BlockDecoder large;
  static delta::SmallBlockDecoder small;
  if (size < kFixed + 2 || size > kHostileSizeMax) return 0;
  const Asked asked = read_asked(data);
  const Bytes rest(data + kFixed, size - kFixed);
  const Bytes facts = rest.first(std::min(asked.facts_size, rest.size() - 1));
  const Bytes coded = rest.subspan(facts.size());
  const delta::Profile& profile = asked.is_small ? delta::kSmall : delta::kLarge;
  fakes::OneBlockPayload made = fakes::one_block_payload(
      facts, coded, asked.coding, asked.is_small ? delta::kSmallPieceSize : kPieceSize, profile);
  made.payload.type = package::PayloadType::patch;
  made.payload.base_size = kBaseSize;
  made.payload.scratch_size = kScratchSize;
  if (asked.is_small) {
    decode(small, asked, made, coded);
  } else {
    decode(large, asked, made, coded);
  }
  return 0;
}
