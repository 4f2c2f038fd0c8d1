// Finding facts in the scratch area.
#include "core/delta/facts.h"

#include "core/delta/internal/numbers.h"

namespace airlock::delta {

using internal::read_number;
using internal::write_number;

void write_segment(const Segment& segment, MutableBytes to) {
  write_number(segment.image, to.first(4));
  write_number(segment.size, to.subspan(4, 4));
  write_number(segment.base, to.subspan(8, 4));
}

// By whole words: a decoder looks for segments at every other reference.
Segment read_segment(Bytes from) {
  const auto word = [from](std::size_t at) {
    return std::uint32_t{from[at]} << 24 | std::uint32_t{from[at + 1]} << 16 |
           std::uint32_t{from[at + 2]} << 8 | std::uint32_t{from[at + 3]};
  };
  return {word(0), word(4), word(8)};
}

Status FactsReader::open(Source& scratch, Bytes root) {
  ScratchHeader header;
  AIRLOCK_TRY(read_header(scratch, header));
  if (!equal(header.root, root)) return fail(Code::bad_checksum);
  scratch_ = &scratch;
  header_ = header.facts;
  stride_ = header_.chain_count / std::uint32_t{kPivots} + 1;
  for (std::uint32_t i = 0; i * std::uint64_t{stride_} < header_.chain_count; ++i) {
    pivots_[i] = chain(i * stride_).base;
  }
  return state_;
}

Segment FactsReader::read(std::size_t table, std::uint32_t index) {
  std::array<std::uint8_t, kSegmentRecordSize> record{};
  if (state_) state_ = scratch_->read(table + std::size_t{index} * kSegmentRecordSize, record);
  return state_ ? read_segment(record) : Segment{};
}

std::uint32_t FactsReader::first_behind(std::uint64_t image) {
  std::uint32_t low = 0;
  std::uint32_t high = header_.segment_count;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const Segment each = segment(middle);
    if (std::uint64_t{each.image} + each.size > image) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// Around a place: the last segment of the chain that begins at or before it, else the first one,
// and where the next one is nearer, that one.
FactsReader::Stretch FactsReader::find(std::uint32_t place) {
  const std::uint32_t pivots = (header_.chain_count + stride_ - 1) / stride_;
  const auto* const behind = std::upper_bound(pivots_.data(), pivots_.data() + pivots, place);
  const auto pivot = static_cast<std::uint32_t>(behind - pivots_.data());
  std::uint32_t low = pivot > 0 ? (pivot - 1) * stride_ : 0;
  std::uint32_t high = std::min(pivot * stride_, header_.chain_count);
  Segment here = chain(low);
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    const Segment each = chain(middle);
    if (each.base <= place) {
      low = middle;
      here = each;
    } else {
      high = middle;
    }
  }
  const auto moved_by = [](const Segment& each) {
    return static_cast<std::int32_t>(std::int64_t{each.image} - std::int64_t{each.base});
  };
  const std::uint32_t first = low > 0 || place >= here.base ? here.base : 0;
  if (low + 1 >= header_.chain_count) return {first, UINT32_MAX, moved_by(here)};
  const Segment next = chain(low + 1);
  // Flash that lies may say anything; a stretch holds the place that it was found for.
  if (place < here.base) return {place, place, moved_by(here)};
  if (next.base <= place) return {place, place, moved_by(here)};
  const std::uint64_t end = std::uint64_t{here.base} + here.size;
  if (end >= next.base) return {first, next.base - 1, moved_by(here)};
  const auto nearer = static_cast<std::uint32_t>((end + next.base) / 2 + 1);
  if (place < nearer) return {first, nearer - 1, moved_by(here)};
  return {nearer, next.base - 1, moved_by(next)};
}

}  // namespace airlock::delta
