// How the facts of a payload are coded: as with blocks, the same steps for both sides.
#pragma once

#include "core/delta/bits.h"
#include "core/delta/facts.h"

namespace airlock::delta {

// The models of the facts; they begin even.
struct FactsModels {
  enum Place : std::uint8_t { region = 0, counts, gap, size, adjoining, behind_gap, kPlaces };

  std::array<NumberModel, kPlaces> numbers;
  std::array<Counter, 2> chained;  // by whether the segment before is

  void reset() {
    for (NumberModel& number : numbers) number.reset();
    chained.fill(kCounterEven);
  }
};

template <class Port>
std::uint64_t code_fact(Port& port, FactsModels& models, FactsModels::Place place,
                        std::uint64_t wanted) {
  return code_number(port, models.numbers[place], wanted);
}

template <class Port>
void code_link(Port& port, Region& region) {
  region.zero = static_cast<std::uint32_t>(port.direct(32, region.zero));
  if (port.direct(1, region.relocation != 0 ? 1 : 0) == 0) return;
  region.relocation = static_cast<std::uint32_t>(port.direct(32, region.relocation));
}

// code_facts_header codes everything but the segments, and returns whether it is within its limits.
template <class Port>
bool code_facts_header(Port& port, FactsModels& models, FactsHeader& header) {
  header.word_phase = static_cast<std::uint8_t>(port.direct(2, header.word_phase));
  const std::uint64_t count = port.direct(3, header.regions.size());
  if (count > kRegionsMax) return false;
  while (header.regions.size() < count) {
    if (!header.regions.add({})) return false;
  }
  for (Region& region : header.regions) {
    region.linked = port.direct(1, region.linked ? 1 : 0) != 0;
    region.first = static_cast<std::uint32_t>(port.direct(32, region.first));
    const std::uint64_t size = code_fact(port, models, FactsModels::region, region.size);
    if (size > UINT32_MAX) return false;
    region.size = static_cast<std::uint32_t>(size);
    if (region.linked) code_link(port, region);
  }
  const std::uint64_t segments = code_fact(port, models, FactsModels::counts, header.segment_count);
  const std::uint64_t chain = code_fact(port, models, FactsModels::counts, header.chain_count);
  if (segments > kSegmentsMax || chain > segments) return false;
  header.segment_count = static_cast<std::uint32_t>(segments);
  header.chain_count = static_cast<std::uint32_t>(chain);
  return true;
}

// SegmentCoding codes one segment after the other.
class SegmentCoding {
 public:
  struct Sizes {
    std::size_t image;
    std::size_t base;
  };
  SegmentCoding(FactsModels& models, const Sizes& sizes) : models_(models), sizes_(sizes) {}

  // code returns false where a segment leaves the image or the base, or the chain does not ascend.
  template <class Port>
  bool code(Port& port, Segment& segment, bool& is_chained) {
    const std::uint64_t gap =
        code_fact(port, models_, FactsModels::gap, segment.image - image_end_);
    const std::uint64_t size = code_fact(port, models_, FactsModels::size, segment.size);
    if (size == 0 || gap > sizes_.image - image_end_ || size > sizes_.image - image_end_ - gap) {
      return false;
    }
    const auto image = static_cast<std::int64_t>(image_end_ + gap);
    const std::uint64_t change =
        code_fact(port, models_, gap == 0 ? FactsModels::adjoining : FactsModels::behind_gap,
                  zigzag(std::int64_t{segment.base} - image - shift_));
    if (change == UINT64_MAX) return false;
    shift_ += unzigzag(change);
    const std::int64_t base = image + shift_;
    if (base < 0 || static_cast<std::uint64_t>(base) > sizes_.base ||
        size > sizes_.base - static_cast<std::uint64_t>(base)) {
      return false;
    }
    is_chained = code_bit(port, models_.chained[was_chained_ ? 1 : 0], is_chained ? 1 : 0) != 0;
    if (is_chained && static_cast<std::uint64_t>(base) < chain_next_) return false;
    segment = {static_cast<std::uint32_t>(image), static_cast<std::uint32_t>(size),
               static_cast<std::uint32_t>(base)};
    image_end_ += static_cast<std::size_t>(gap + size);
    if (is_chained) chain_next_ = static_cast<std::size_t>(base) + 1;
    was_chained_ = is_chained;
    return true;
  }

 private:
  FactsModels& models_;
  Sizes sizes_;
  std::size_t image_end_ = 0;
  std::size_t chain_next_ = 0;  // the first place in the base where the chain may go on
  std::int64_t shift_ = 0;      // of the segment before: base minus image
  bool was_chained_ = true;
};

}  // namespace airlock::delta
