#include <charconv>

#include "server/judge/judge.h"

namespace airlock::judge {

namespace {

using experiment::Counter;

// counter_of tells which counter a sample is; nothing where it is a bucket that nobody asks for.
std::optional<Counter> counter_of(const peer::Sample& sample) {
  const std::string_view name = sample.label("__name__");
  if (name == "airlock_experiment_devices_total") return Counter::devices;
  if (name == "airlock_payments_total") {
    const std::string_view result = sample.label("result");
    if (result == "succeeded") return Counter::succeeded;
    if (result == "failed") return Counter::failed;
  }
  if (name == "airlock_payment_seconds_bucket") {
    const std::string_view edge = sample.label("le");
    if (edge == "0.8") return Counter::fast;
    if (edge == "+Inf") return Counter::timed;
  }
  return std::nullopt;
}

// number_of reads a label that is a number; 0 where it is none.
template <class Number>
Number number_of(const peer::Sample& sample, std::string_view label) {
  const std::string_view text = sample.label(label);
  Number number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() ? number : 0;
}

}  // namespace

std::string expression_of(std::int64_t experiment) {
  return "{__name__=~\"airlock_payments_total|airlock_payment_seconds_bucket|"
         "airlock_experiment_devices_total\",experiment=\"" +
         std::to_string(experiment) + "\"}";
}

Result<std::vector<experiment::Sample>> samples_of(const std::vector<peer::Sample>& answer) {
  std::vector<experiment::Sample> samples;
  for (const peer::Sample& each : answer) {
    const auto counter = counter_of(each);
    if (!counter) continue;
    AIRLOCK_ASSIGN(const std::uint64_t value, peer::count_of(each.value));
    samples.push_back({std::string(each.label("book")), *counter, std::string(each.label("arm")),
                       number_of<std::uint32_t>(each, "stage"),
                       number_of<std::int64_t>(each, "since"), value});
  }
  return samples;
}

}  // namespace airlock::judge
