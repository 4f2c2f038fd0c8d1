#include "publish/diff/internal/repeats.h"

#include <algorithm>

#include "core/package/manifest.h"
#include "publish/diff/internal/common_prefix.h"

namespace airlock::diff {
namespace {

constexpr unsigned kHashBits = 14;
constexpr int kChainMax = 128;
constexpr std::uint32_t kNone = UINT32_MAX;
constexpr std::uint32_t kUnknown = UINT32_MAX;

}  // namespace

Repeats::Repeats(const BlockInput& input, const BlockRange& range)
    : image_(input.image),
      index_(input.index),
      range_(range),
      before_(range.size, kNone),
      inside_at_(range.size, {kUnknown, 0}),
      outside_at_(input.index != nullptr ? range.size : 0, {0, kUnknown}) {
  AIRLOCK_CHECK(range.size <= package::kBlockSize);
  std::vector<std::uint32_t> heads(std::size_t{1} << kHashBits, kNone);
  for (std::uint32_t here = 0; here + kInsideMin <= range.size; ++here) {
    before_[here] = std::exchange(heads[hash_at(range.at + here)], here);
  }
}

std::uint32_t Repeats::hash_at(std::uint64_t place) const {
  const std::uint8_t* const bytes = image_.data() + place;
  const std::uint32_t three =
      bytes[0] | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16;
  return three * 2654435761U >> (32 - kHashBits);
}

std::uint32_t Repeats::common(std::uint64_t place, const delta::Reference& from,
                              std::uint64_t end) const {
  const auto limit = static_cast<std::size_t>(end - place);
  const std::uint8_t* const here = image_.data() + place;
  if (from.is_inside) {
    const auto back = static_cast<std::size_t>(from.shift) + 1;
    return static_cast<std::uint32_t>(common_prefix(here, here - back, limit));
  }
  const std::int64_t at = static_cast<std::int64_t>(place) + from.shift;
  const Bytes base = index_ != nullptr ? index_->base() : Bytes{};
  if (at < 0 || at >= static_cast<std::int64_t>(base.size())) return 0;
  const auto left = base.size() - static_cast<std::size_t>(at);
  return static_cast<std::uint32_t>(common_prefix(here, base.data() + at, std::min(limit, left)));
}

void Repeats::find_inside(std::uint32_t here, const Gap& gap) {
  const std::size_t first = inside_.size();
  const std::uint64_t place = range_.at + here;
  std::uint32_t other = before_[here];
  std::uint32_t longest = kInsideMin - 1;
  for (int i = 0; i < kChainMax && other != kNone && longest < kLengthEnough;
       ++i, other = before_[other]) {
    if (place + longest >= gap.end) break;
    if (image_[place + longest] != image_[range_.at + other + longest]) continue;
    const std::uint32_t distance = here - 1 - other;
    const std::uint32_t size = common(place, {true, distance}, gap.end);
    if (size <= longest) continue;
    longest = size;
    inside_.push_back(
        {static_cast<std::uint16_t>(distance), static_cast<std::uint16_t>(size - kInsideMin)});
  }
  inside_at_[here] = {static_cast<std::uint32_t>(first),
                      static_cast<std::uint32_t>(inside_.size() - first)};
}

std::span<const Repeats::Inside> Repeats::inside(std::uint64_t place, const Gap& gap) {
  const auto here = static_cast<std::uint32_t>(place - range_.at);
  if (inside_at_[here].first == kUnknown) find_inside(here, gap);
  return std::span(inside_).subspan(inside_at_[here].first, inside_at_[here].count);
}

Repeats::Outside Repeats::find_outside(std::uint64_t place, const Gap& gap) const {
  Match match = index_->search(image_, static_cast<std::int64_t>(place));
  const auto size = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(static_cast<std::uint64_t>(match.size), gap.end - place));
  if (size < kOutsideMin) return {0, 0};
  match = index_->nearest(match, static_cast<std::int64_t>(place) + gap.recent.shift);
  return {static_cast<std::uint32_t>(match.base_at), size};
}

Repeats::Outside Repeats::outside(std::uint64_t place, const Gap& gap) {
  if (index_ == nullptr) return {0, 0};
  Outside& known = outside_at_[static_cast<std::size_t>(place - range_.at)];
  if (known.size == kUnknown) known = find_outside(place, gap);
  return known;
}

}  // namespace airlock::diff
