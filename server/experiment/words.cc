#include <array>
#include <cstdio>

#include "host/text/text.h"
#include "server/experiment/internal/words.h"

namespace airlock::experiment {

std::string_view name_of(Act act) {
  switch (act) {
    case Act::held: return "held";
    case Act::went_on: return "went on";
    case Act::paused: return "paused";
    case Act::degraded: return "degraded";
    case Act::stopped: return "stopped";
    case Act::resumed: return "resumed";
    case Act::ramped: return "ramped";
    case Act::rolled_back: return "rolled back";
    case Act::would_act: return "would act";
    case Act::ended: return "ended";
  }
  return "";
}

std::string percent(Count count) {
  if (count.total == 0) return "-";
  const double tenths = 1000.0 * static_cast<double>(count.bad) / static_cast<double>(count.total);
  const auto rounded = static_cast<std::uint64_t>(tenths + 0.5);
  const std::uint64_t part = rounded % 10;
  return std::to_string(rounded / 10) + (part == 0 ? "" : "." + std::to_string(part)) + " %";
}

std::string percent_of_limit(std::uint32_t limit) {
  constexpr std::uint32_t kPoint = kWhole / 100;
  std::string part = std::to_string(kPoint + limit % kPoint).substr(1);
  while (!part.empty() && part.back() == '0') part.pop_back();
  return std::to_string(limit / kPoint) + (part.empty() ? "" : "." + part) + " %";
}

json::Value Verdict::numbers() const {
  return {{"bad", window.bad},           {"total", window.total},
          {"baseline_bad", control.bad}, {"baseline_total", control.total},
          {"evidence", evidence},        {"alarm", alarm}};
}

namespace internal {

std::string rule_of(const Guard& guard, std::string_view layer) {
  const std::string_view metric =
      guard.metric == Metric::failures ? "payment failures, " : "slow payments, ";
  return std::string(metric) + std::string(layer);
}

std::string head(std::string_view did, std::int64_t at) {
  return std::string(did) + " " + text::to_time(at).substr(11, 8) + ": ";
}
std::string head(Act act, std::int64_t at) { return head(name_of(act), at); }

std::string what_failed(const Guard& guard, Count count) {
  const std::uint64_t parts = std::uint64_t{guard.limit};
  const bool over = static_cast<double>(count.bad) / static_cast<double>(count.total) >
                    static_cast<double>(parts) / kWhole;
  const char* const what =
      guard.metric == Metric::failures ? " payments failed (" : " payments took over 0.8 s (";
  return std::to_string(count.bad) + " of " + std::to_string(count.total) + what + percent(count) +
         (over ? " > " : " <= ") + percent_of_limit(guard.limit) + ")";
}

std::string tell(const Case& about) {
  std::string said = what_failed(about.guard, about.count);
  said += "; arm " + std::string(about.arm) + ", last " + std::to_string(about.window) + " s";
  if (about.control.total == 0) return said + "; no baseline to compare with";
  return said + "; baseline " + std::to_string(about.control.bad) + " of " +
         std::to_string(about.control.total) + " (" + percent(about.control) + ")";
}

std::string nats(Nanonats value) {
  std::array<char, 32> digits{};
  const int size = std::snprintf(digits.data(), digits.size(), "%.1f",
                                 static_cast<double>(value) / evidence::kNanonatsPerNat);
  return std::string(digits.data(), static_cast<std::size_t>(size));
}

std::string share(std::uint32_t share) {
  return percent_of_limit(share * (kWhole / assignment::kBuckets));
}

}  // namespace internal

}  // namespace airlock::experiment
