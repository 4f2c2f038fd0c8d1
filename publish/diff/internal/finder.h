// Earlier occurrences of a block's residual bytes.
#pragma once

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
  std::uint32_t common(std::uint32_t place, std::uint32_t distance, std::uint32_t limit) const;

 private:
  void search(std::uint32_t place);

  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Answer {
    std::uint32_t first = kNone;
    std::uint32_t count = 0;
  };
  const std::vector<std::uint8_t>& bytes_;
  std::vector<std::uint32_t> before_pair_;    // the last place with the same two bytes
  std::vector<std::uint32_t> before_triple_;  // .. with the same hash of three
  std::vector<Answer> answers_;
  std::vector<Candidate> found_;
};

}  // namespace airlock::diff
