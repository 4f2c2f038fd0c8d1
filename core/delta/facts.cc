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

Segment read_segment(Bytes from) {
  return {static_cast<std::uint32_t>(read_number(from.first(4))),
          static_cast<std::uint32_t>(read_number(from.subspan(4, 4))),
          static_cast<std::uint32_t>(read_number(from.subspan(8, 4)))};
}

Status FactsReader::open(Source& scratch, Bytes root) {
  std::array<std::uint8_t, kScratchHeaderSize> bytes;
  AIRLOCK_TRY(scratch.read(0, bytes));
  ScratchHeader header;
  if (!header.read(bytes) || !equal(header.root, root)) return fail(Code::bad_checksum);
  scratch_ = &scratch;
  header_ = header.facts;
  state_ = {};
  has_here_ = false;
  stride_ = header_.chain_count / std::uint32_t{kPivots} + 1;
  for (std::uint32_t i = 0; i * std::uint64_t{stride_} < header_.chain_count; ++i) {
    pivots_[i] = chain(i * stride_).base;
  }
  return state_;
}

Segment FactsReader::read(std::uint64_t table, std::uint32_t index) {
  std::array<std::uint8_t, kSegmentRecordSize> record{};
  if (state_) state_ = scratch_->read(table + std::uint64_t{index} * kSegmentRecordSize, record);
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

// The last segment of the chain that begins at or before a place, else the first one.
void FactsReader::find(std::uint32_t base) {
  const std::uint32_t pivots = (header_.chain_count + stride_ - 1) / stride_;
  const auto* const behind = std::upper_bound(pivots_.data(), pivots_.data() + pivots, base);
  const auto pivot = static_cast<std::uint32_t>(behind - pivots_.data());
  std::uint32_t low = pivot > 0 ? (pivot - 1) * stride_ : 0;
  std::uint32_t high = std::min(pivot * stride_, header_.chain_count);
  here_ = chain(low);
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    const Segment each = chain(middle);
    if (each.base <= base) {
      low = middle;
      here_ = each;
    } else {
      high = middle;
    }
  }
  has_here_ = true;
  has_next_ = low + 1 < header_.chain_count;
  next_ = has_next_ ? chain(low + 1) : Segment{};
}

std::int64_t FactsReader::moved(std::int64_t base) {
  if (header_.chain_count == 0) return 0;
  const auto place = static_cast<std::uint32_t>(base);
  const bool is_here = has_here_ && here_.base <= place && (!has_next_ || place < next_.base);
  if (!is_here) find(place);
  const Segment* nearer = &here_;
  if (has_next_ && place >= here_.base) {
    const std::uint64_t end = std::uint64_t{here_.base} + here_.size;
    if (place >= end && std::uint64_t{next_.base} - place < place - end) nearer = &next_;
  }
  return std::int64_t{nearer->image} - std::int64_t{nearer->base};
}

}  // namespace airlock::delta
