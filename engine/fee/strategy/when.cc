#include "engine/fee/strategy/when.h"

namespace airlock::fee {
namespace {

template <class T>
bool lies_in(const std::optional<Span<T>>& span, const std::optional<T>& value) {
  return !span || (value && *value >= span->from && (!span->below || *value < *span->below));
}

bool lies_in_day(const Span<std::uint32_t>& daily, std::int64_t time) {
  constexpr std::int64_t kDaySeconds = std::int64_t{kMinutesOfDay} * 60;
  const std::int64_t of_day = (time % kDaySeconds + kDaySeconds) % kDaySeconds;
  const auto minute = static_cast<std::uint32_t>(of_day / 60);
  const std::uint32_t below = daily.below.value_or(kMinutesOfDay);
  if (daily.from <= below) return minute >= daily.from && minute < below;
  return minute >= daily.from || minute < below;
}

}  // namespace

bool When::holds_else(const Asked& asked) const {
  return lies_in(amount, std::optional<U256>(asked.amount)) &&
         lies_in(congestion, asked.congestion) && lies_in(time, asked.time) &&
         (!daily || (asked.time && lies_in_day(*daily, *asked.time)));
}

}  // namespace airlock::fee
