// What all blocks of a payload share (docs/formats/patch.md): which parts of the base lie where in
// the image, and where the base was linked to.
//
// A device reads the facts once, from their pieces, and keeps them in its scratch area as records
// of one size, so that any of them is found in a few short reads and none is held in memory.
#pragma once

#include <cstdint>

#include "core/base/base.h"
#include "core/crypto/crypto.h"
#include "core/delta/model.h"

namespace airlock::delta {

inline constexpr std::uint8_t kFactsVersion = 3;
inline constexpr std::size_t kFactsFixedSize = 6;  // version, profile, memory: before what is coded

// Bytes of the image that resemble bytes of the base. Those of the chain ascend in both, and tell
// where a place of the base went.
struct Segment {
  std::uint32_t image = 0;
  std::uint32_t size = 0;  // > 0
  std::uint32_t base = 0;
};
inline constexpr std::uint32_t kSegmentsMax = 1 << 18;
inline constexpr std::size_t kSegmentRecordSize = 12;

// Addresses, modulo 2^32, that words of the base may hold. Those of a linked region are places of
// the base: address minus `zero`; in an image that was linked to where another slot executes, they
// are `relocation` higher. The others (RAM) move on their own.
struct Region {
  std::uint32_t first = 0;
  std::uint32_t size = 0;
  std::uint32_t zero = 0;
  bool linked = false;
  std::uint32_t relocation = 0;  // of a linked one

  bool holds(std::uint32_t address) const { return address - first < size; }
};
inline constexpr std::size_t kRegionsMax = 4;

struct FactsHeader {
  std::uint8_t profile = kLarge.number;
  std::uint8_t word_phase = 0;  // words stand at places of the base that have this remainder by 4
  FixedList<Region, kRegionsMax> regions;
  std::uint32_t segment_count = 0;
  std::uint32_t chain_count = 0;
};

// The scratch area: a header, all segments in the image's order, then those of the chain again.
// Each of the three begins at a multiple of kScratchWord and is filled up to one with zeros: flash
// takes whole words of its own size, and each of them once.
inline constexpr std::size_t kScratchWord = 32;
inline constexpr std::size_t kScratchHeaderSize = 160;
// These are of at most kSegmentsMax segments, so that a word of 32 bits holds them.
constexpr std::size_t segments_size(std::uint32_t segments) {
  const std::size_t size = std::size_t{segments} * kSegmentRecordSize;
  return (size + kScratchWord - 1) / kScratchWord * kScratchWord;
}
constexpr std::size_t chain_at(std::uint32_t segments) {
  return kScratchHeaderSize + segments_size(segments);
}
constexpr std::size_t scratch_size(std::uint32_t segments, std::uint32_t chain) {
  return chain_at(segments) + segments_size(chain);
}
void write_segment(const Segment& segment, MutableBytes to);
Segment read_segment(Bytes from);
// What stands in front: of which payload the facts are, the digest of all segments (body_of), and
// the facts that are not segments. A checksum tells whether it was written whole.
struct ScratchHeader {
  std::array<std::uint8_t, 32> root{};
  std::array<std::uint8_t, 32> body{};
  FactsHeader facts;

  void write(std::span<std::uint8_t, kScratchHeaderSize> to) const;
  // read returns whether a header stands there, whole.
  bool read(std::span<const std::uint8_t, kScratchHeaderSize> from);
};

// read_header reads what stands in front of the area. Errors: bad_checksum where it is not whole,
// the area's.
Status read_header(Source& scratch, ScratchHeader& header);

// body_of joins the digests of the two tables, each with what fills it up. They are taken from what
// is to be written, never from what was read back.
crypto::Digest body_of(const crypto::Digest& segments, const crypto::Digest& chain);
// holds_body says whether the tables stand as the header says; holds_facts, whether all facts of
// the payload with this root do. Through `buffer`, which is not empty, they are read. What does not
// read does not stand: a power failure leaves such words, and erasing mends them.
bool holds_body(Source& scratch, const ScratchHeader& header, MutableBytes buffer);
bool holds_facts(Source& scratch, Bytes root, MutableBytes buffer);
// kept_size returns how many bytes of a scratch area the facts take that prepare left in it.
// Errors: bad_checksum where there are none, those of the area.
Result<std::uint64_t> kept_size(Source& scratch);

// doubts_facts says whether a block that failed so may have failed by what a scratch area says: a
// checksum tells what rotted, not what was put there. forget_facts makes the next prepare fetch
// them again, without which such an area would stop its payload for good. Errors: the area's.
bool doubts_facts(Code of_block);
Status forget_facts(Area& scratch);

// FactsReader finds facts in the scratch area, which must outlive it. Errors of the area are kept
// and told by `state`; what is found after one is zeros.
class FactsReader {
 public:
  // open, called once, reads the header that keep_facts wrote. Errors: bad_checksum where there is
  // none for the payload with this root, those of the area.
  Status open(Source& scratch, Bytes root);

  const FactsHeader& header() const { return header_; }
  const Status& state() const { return state_; }

  // segment returns one of header().segment_count; first_behind the index of the first one that
  // ends behind a place of the image.
  Segment segment(std::uint32_t index) { return read(kScratchHeaderSize, index); }
  std::uint32_t first_behind(std::uint64_t image);

  // moved returns how far a place of the base went: its place in the image minus this one. Between
  // two segments of the chain the nearer one counts, the lower one of equals.
  std::int64_t moved(std::int64_t base) {
    if (header_.chain_count == 0) return 0;
    return stretch_of(static_cast<std::uint32_t>(base)).moved;
  }
  // moves_all says whether all places from first to last go as far as `by`. It may say no too
  // often.
  bool moves_all(std::uint32_t first, std::uint32_t last, std::int64_t by) {
    if (header_.chain_count == 0) return by == 0;
    const Stretch& stretch = stretch_of(first);
    return last <= stretch.last && stretch.moved == by;
  }

 private:
  static constexpr std::uint32_t kPivots = 32;

  // Places of the base, first to last, that went equally far.
  struct Stretch {
    std::uint32_t first = 1;
    std::uint32_t last = 0;
    std::int32_t moved = 0;
  };
  // What was found is kept, by pages of the base: references go to few of them.
  static constexpr std::uint32_t kKnown = 8;
  static constexpr std::uint32_t kKnownPage = 1 << 12;

  const Stretch& stretch_of(std::uint32_t place) {
    Stretch& known = known_[place / kKnownPage % kKnown];
    if (place < known.first || place > known.last) known = find(place);
    return known;
  }
  Stretch find(std::uint32_t place);

  Segment read(std::size_t table, std::uint32_t index);
  Segment chain(std::uint32_t index) { return read(chain_at(header_.segment_count), index); }

  Source* scratch_ = nullptr;
  FactsHeader header_;
  Status state_;
  std::uint32_t stride_ = 1;
  std::array<std::uint32_t, kPivots> pivots_{};  // base places of every stride_-th of the chain
  std::array<Stretch, kKnown> known_{};
};

}  // namespace airlock::delta
