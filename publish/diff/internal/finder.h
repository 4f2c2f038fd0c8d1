// Earlier occurrences of a block's residual bytes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/delta/coder.h"

namespace airlock::diff {

struct Candidate {
  std::uint32_t length = 0;
  std::uint32_t distance = 0;  // counted from 0
};

// MatchFinder answers, for one place, matches of ascending length, each the nearest of its length.
// Answers are kept: a parse in several passes asks again.
class MatchFinder {
 public:
  explicit MatchFinder(const std::vector<std::uint8_t>& bytes);

  std::span<const Candidate> at(std::uint32_t place);
  // common counts equal bytes at a place and `distance` before it, at most `limit`.
  std::uint32_t common(std::uint32_t place, std::uint32_t distance, std::uint32_t limit) {
    Run& run = runs_[distance % kRuns];
    if (run.distance != distance || place < run.first || place > run.end) {
      run = measure(place, distance);
    }
    return std::min(run.end - place, limit);
  }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  // From `first` to before `end` bytes equal those at the distance; the byte at `end` does not, or
  // the block ends there.
  struct Run {
    std::uint32_t distance = kNone;
    std::uint32_t first = 0;
    std::uint32_t end = 0;
  };

  void search(std::uint32_t place);
  Run measure(std::uint32_t place, std::uint32_t distance) const;

  struct Answer {
    std::uint32_t first = kNone;
    std::uint32_t count = 0;
  };
  const std::vector<std::uint8_t>& bytes_;
  std::vector<std::uint32_t> before_pair_;    // the last place with the same two bytes
  std::vector<std::uint32_t> before_triple_;  // .. with the same hash of three
  std::vector<Answer> answers_;
  std::vector<Candidate> found_;
  // A parse asks for the same few distances at one place after the other.
  static constexpr std::size_t kRuns = 256;
  std::array<Run, kRuns> runs_;
};

}  // namespace airlock::diff
