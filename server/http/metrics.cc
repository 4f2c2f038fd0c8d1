#include "server/http/metrics.h"

#include <algorithm>
#include <utility>

#include "server/http/series.h"

namespace airlock::http {

namespace {

using Count = std::atomic<std::uint64_t>;

std::uint64_t read(const Count& count) { return count.load(std::memory_order_relaxed); }
void add_one(Count& count) { count.fetch_add(1, std::memory_order_relaxed); }

// label_of lets only plain words of a device into the text that Prometheus reads.
std::string label_of(const std::string& word) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyz0123456789_";
  if (word.empty()) return "none";
  const bool plain = word.size() <= kLabelMax && word.find_first_not_of(kPlain) == word.npos;
  return plain ? word : "other";
}

}  // namespace

void Metrics::checked_in(const rollout::Answer& answer) {
  add_one(answer.offers ? offered_ : nothing_[static_cast<std::size_t>(answer.reason)]);
}

void Metrics::reported(const store::Report& report, store::Standing standing) {
  if (standing == store::Standing::marked) return add_one(marked_);
  add_one(counted_);
  const std::lock_guard lock(mutex_);
  auto kind = std::tuple(label_of(report.outcome), label_of(report.phase), label_of(report.reason));
  const bool is_new = !reports_.contains(kind);
  if (is_new && reports_.size() >= kReportSeriesMax) kind = {"other", "other", "other"};
  ++reports_[kind];
}

void Metrics::refused(Code code) {
  const auto place = std::ranges::find(kCodes, code);
  if (place != kCodes.end()) {
    add_one(refused_[static_cast<std::size_t>(place - kCodes.begin())]);
  }
}

void Metrics::took(std::uint64_t microseconds) {
  std::size_t place = 0;
  while (place < kBounds.size() && microseconds > kBounds[place]) ++place;
  add_one(latency_[place]);
  latency_us_.fetch_add(microseconds, std::memory_order_relaxed);
}

std::string Metrics::write(const Gauges& gauges) const {
  std::string text;
  put_head(text,
           {"airlock_check_ins_total", "counter", "Check-ins, by what was answered and why."});
  put(text, "airlock_check_ins_total", {{"answer", "offer"}, {"reason", ""}}, read(offered_));
  for (std::size_t at = 0; at < nothing_.size(); ++at) {
    const std::string_view word = rollout::word_of(static_cast<rollout::Reason>(at));
    put(text, "airlock_check_ins_total", {{"answer", "nothing"}, {"reason", word}},
        read(nothing_[at]));
  }
  put_head(text, {"airlock_reports_total", "counter",
                  "Reports that were stored, by whether their key is enrolled."});
  put(text, "airlock_reports_total", {{"standing", "counted"}}, read(counted_));
  put(text, "airlock_reports_total", {{"standing", "marked"}}, read(marked_));
  put_head(text, {"airlock_counted_reports_total", "counter",
                  "Reports of enrolled devices, by what they say."});
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [kind, count] : reports_) {
      const auto& [outcome, phase, reason] = kind;
      put(text, "airlock_counted_reports_total",
          {{"outcome", outcome}, {"phase", phase}, {"reason", reason}}, count);
    }
  }
  put_head(text, {"airlock_sightings_dropped_total", "counter",
                  "Sightings of devices that were not written."});
  put(text, "airlock_sightings_dropped_total", gauges.sightings_dropped);
  put_head(text, {"airlock_report_queue", "gauge", "Reports that wait to be written."});
  put(text, "airlock_report_queue", gauges.report_queue);
  put_head(text, {"airlock_rollouts", "gauge", "Rollouts, by state."});
  for (const store::State state : store::kStates) {
    put(text, "airlock_rollouts", {{"state", store::name_of(state)}},
        gauges.snapshot.count_of(state));
  }
  write_door(text);
  return text;
}

void Metrics::write_door(std::string& text) const {
  put_head(text, {"airlock_refused_total", "counter", "Requests that were refused, by code."});
  for (std::size_t at = 0; at < refused_.size(); ++at) {
    if (read(refused_[at]) == 0) continue;
    put(text, "airlock_refused_total", {{"code", name(kCodes[at])}}, read(refused_[at]));
  }
  put_head(text, {"airlock_handshakes_failed_total", "counter", "TLS handshakes that failed."});
  put(text, "airlock_handshakes_failed_total", read(handshakes_failed_));
  write_latency(text);
}

void Metrics::write_latency(std::string& text) const {
  put_head(text, {"airlock_request_seconds", "histogram",
                  "How long requests took, from their last byte to their answer."});
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < latency_.size(); ++at) {
    sum += read(latency_[at]);
    const std::string bound = at == kBounds.size() ? "+Inf" : seconds_of(kBounds[at]);
    put(text, "airlock_request_seconds_bucket", {{"le", bound}}, sum);
  }
  text += "airlock_request_seconds_sum " + seconds_of(read(latency_us_)) + "\n";
  put(text, "airlock_request_seconds_count", sum);
}

}  // namespace airlock::http
