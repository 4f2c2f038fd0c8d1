// What may be repeated at each place of a block: the same bytes before it in the block, and in the
// base. It hangs on no price, so that it is looked for once, however often steps are planned.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "publish/diff/internal/block.h"

namespace airlock::diff {

inline constexpr std::uint32_t kInsideMin = 3;  // shorter ones are not looked for
inline constexpr std::uint32_t kOutsideMin = 4;
// A repeat of this size is taken at once: a longer one is not looked for.
inline constexpr std::uint32_t kLengthEnough = 256;

class Repeats {
 public:
  // Both must outlive it.
  Repeats(const BlockInput& input, const BlockRange& range);

  struct Inside {
    std::uint16_t distance;  // as a reference has it
    std::uint16_t above;     // what the size is above kInsideMin
    std::uint32_t size() const { return kInsideMin + above; }
  };
  struct Outside {
    std::uint32_t base_at;
    std::uint32_t size;  // 0: none
  };
  // Each is longer and farther away than the one before. Places lie in `gap`.
  std::span<const Inside> inside(std::uint64_t place, const Gap& gap);
  Outside outside(std::uint64_t place, const Gap& gap);

  // common counts the bytes from a place on that a reference repeats, none of them behind `end`.
  std::uint32_t common(std::uint64_t place, const delta::Reference& from, std::uint64_t end) const;

  std::uint64_t begin() const { return range_.at; }

 private:
  struct Found {
    std::uint32_t first;  // in inside_
    std::uint32_t count;
  };
  void find_inside(std::uint32_t here, const Gap& gap);
  Outside find_outside(std::uint64_t place, const Gap& gap) const;
  std::uint32_t hash_at(std::uint64_t place) const;

  Bytes image_;
  const BaseIndex* index_;
  const BlockRange& range_;
  std::vector<std::uint32_t> before_;  // the last place before it with the same hash
  std::vector<Inside> inside_;
  std::vector<Found> inside_at_;
  std::vector<Outside> outside_at_;
};

}  // namespace airlock::diff
