#include "publish/diff/internal/noise.h"

#include "publish/diff/internal/repeats.h"

namespace airlock::diff {
namespace {

// A count of each byte that is off by chance alone makes the sum of squares larger by a part of
// 256 / size; where it is larger by this part, a coder that knows the counts saves 0.3 %.
constexpr std::uint64_t kUneven = 32;
// Of a block such a part may be repeated, by repeats from this size on: shorter ones come by
// chance.
constexpr std::size_t kRepeated = 256;
constexpr std::uint32_t kRepeatMin = 6;

// Whether each difference between a byte and the one `lag` places before comes equally often; of
// lag 0, each byte.
bool is_even(Bytes bytes, std::size_t lag) {
  std::array<std::uint64_t, 256> counts{};
  for (std::size_t i = lag; i < bytes.size(); ++i) {
    ++counts[static_cast<std::uint8_t>(bytes[i] - (lag > 0 ? bytes[i - lag] : 0))];
  }
  std::uint64_t squares = 0;
  for (const std::uint64_t count : counts) squares += count * count;
  const std::uint64_t size = bytes.size() - lag;
  return counts.size() * kUneven * squares <= (kUneven + 1) * size * size;
}

bool is_repeated(const BlockInput& input, const BlockRange& range) {
  const std::uint64_t end = range.at + range.size;
  const Gap gap = {range.at, end, {}, std::nullopt};
  Repeats repeats(input, range);
  std::size_t repeated = 0;
  for (std::uint64_t at = range.at; at + kRepeatMin <= end;) {
    const auto inside = repeats.inside(at, gap);
    const std::uint32_t longest =
        std::max(repeats.outside(at, gap).size, inside.empty() ? 0 : inside.back().size());
    const bool counts = longest >= kRepeatMin;
    repeated += counts ? longest : 0;
    at += counts ? longest : 1;
    if (repeated > range.size / kRepeated) return true;
  }
  return false;
}

}  // namespace

bool is_noise(const BlockInput& input, const BlockRange& range) {
  constexpr std::array<std::size_t, 4> kLags = {0, 1, 2, 4};
  const Bytes bytes = input.image.subspan(static_cast<std::size_t>(range.at), range.size);
  if (bytes.size() <= kLags.back()) return false;
  for (const std::size_t lag : kLags) {
    if (!is_even(bytes, lag)) return false;
  }
  return !is_repeated(input, range);
}

}  // namespace airlock::diff
