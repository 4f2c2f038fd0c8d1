#include "publish/diff/internal/finder.h"

#include <utility>

#include "publish/diff/internal/common_prefix.h"

namespace airlock::diff {
namespace {

constexpr unsigned kTripleBits = 15;
constexpr int kChainMax = 96;
// A match of this length is good enough to stop looking.
constexpr std::uint32_t kLengthEnough = 128;

}  // namespace

MatchFinder::MatchFinder(const std::vector<std::uint8_t>& bytes)
    : bytes_(bytes),
      before_pair_(bytes.size(), kNone),
      before_triple_(bytes.size(), kNone),
      answers_(bytes.size()) {
  std::vector<std::uint32_t> pairs(1 << 16, kNone);
  std::vector<std::uint32_t> triples(1 << kTripleBits, kNone);
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    const std::uint32_t pair = bytes[i] | std::uint32_t{bytes[i + 1]} << 8;
    before_pair_[i] = std::exchange(pairs[pair], static_cast<std::uint32_t>(i));
    if (i + 2 >= bytes.size()) continue;
    const std::uint32_t triple = (pair | std::uint32_t{bytes[i + 2]} << 16) * 2654435761U;
    before_triple_[i] =
        std::exchange(triples[triple >> (32 - kTripleBits)], static_cast<std::uint32_t>(i));
  }
}

MatchFinder::Run MatchFinder::measure(std::uint32_t place, std::uint32_t distance) const {
  const std::uint8_t* now = bytes_.data() + place;
  const std::size_t size = common_prefix(now, now - distance - 1, bytes_.size() - place);
  return {distance, place, place + static_cast<std::uint32_t>(size)};
}

std::span<const Candidate> MatchFinder::at(std::uint32_t place) {
  if (answers_[place].first == kNone) search(place);
  return std::span(found_).subspan(answers_[place].first, answers_[place].count);
}

void MatchFinder::search(std::uint32_t place) {
  const auto first = static_cast<std::uint32_t>(found_.size());
  const auto limit = static_cast<std::uint32_t>(bytes_.size()) - place;
  std::uint32_t longest = delta::kLengthMin - 1;
  const std::uint8_t* bytes = bytes_.data();
  const auto consider = [&](std::uint32_t other) {
    // Most cannot be longer, as one byte shows.
    if (longest >= limit || bytes[place + longest] != bytes[other + longest]) return;
    const auto length =
        static_cast<std::uint32_t>(common_prefix(bytes + place, bytes + other, limit));
    if (length <= longest) return;
    longest = length;
    found_.push_back({length, place - other - 1});
  };
  const std::uint32_t pair = before_pair_[place];
  if (pair != kNone && place - pair <= delta::kWindowSize) consider(pair);
  std::uint32_t other = before_triple_[place];
  for (int i = 0; i < kChainMax && other != kNone && longest < kLengthEnough; ++i) {
    if (place - other > delta::kWindowSize) break;
    consider(other);
    other = before_triple_[other];
  }
  answers_[place] = {first, static_cast<std::uint32_t>(found_.size()) - first};
}

}  // namespace airlock::diff
