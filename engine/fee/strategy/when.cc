#include "engine/fee/strategy/when.h"

#include "host/text/text.h"

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

std::string is(std::string_view what, std::string_view value) {
  return std::string(what) + (value.empty() ? " is not given" : " is " + std::string(value));
}

std::string percent_of(std::uint32_t share) {
  const std::string cents = std::to_string(100 + share % 100).substr(1);
  return std::to_string(share / 100) + (cents == "00" ? "" : "." + cents) + "%";
}

}  // namespace

std::string When::why_not(const Asked& asked) const {
  if (!chain.matches(asked.chain)) return is("chain", asked.chain);
  if (!asset.matches(asked.asset)) return is("asset", asked.asset);
  if (!operation.matches(asked.operation)) return is("operation", asked.operation);
  if (!tier.matches(asked.tier)) return is("tier", asked.tier);
  if (!lies_in(amount, std::optional<U256>(asked.amount)))
    return is("amount", text_of(asked.amount));
  if (!lies_in(congestion, asked.congestion))
    return is("congestion", asked.congestion ? percent_of(*asked.congestion) : "");
  return is("time", asked.time ? text::to_time(*asked.time) : "");
}

bool When::holds_else(const Asked& asked) const {
  return lies_in(amount, std::optional<U256>(asked.amount)) &&
         lies_in(congestion, asked.congestion) && lies_in(time, asked.time) &&
         (!daily || (asked.time && lies_in_day(*daily, *asked.time)));
}

}  // namespace airlock::fee
