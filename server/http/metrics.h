// What the server counts, and how /metrics tells it to Prometheus.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "core/base/base.h"
#include "server/rollout/rollout.h"
#include "server/store/store.h"

namespace airlock::http {

inline constexpr std::size_t kReportSeriesMax = 1000;  // further kinds of reports count as "other"
inline constexpr std::size_t kLabelMax = 32;           // bytes of a word that a device chose

// Every error code, and where it stands among them.
inline constexpr auto kCodes = std::to_array<Code>({
#define X(number, name, text) Code::name,
#include "core/base/codes.inc"
#undef X
});

class Metrics {
 public:
  // What is not counted here but known at the moment of asking.
  struct Gauges {
    std::size_t report_queue = 0;
    std::uint64_t sightings_dropped = 0;
    const rollout::Snapshot& snapshot;
  };

  void checked_in(const rollout::Answer& answer);
  // reported counts a report that was stored. Only of enrolled devices are the words told.
  void reported(const store::Report& report, store::Standing standing);
  void refused(Code code);
  void took(std::uint64_t microseconds);
  void handshake_failed() { handshakes_failed_.fetch_add(1, std::memory_order_relaxed); }

  std::string write(const Gauges& gauges) const;
  // write_door tells what a service without devices counts too: refusals, handshakes, times.
  void write_door(std::string& text) const;

 private:
  using Count = std::atomic<std::uint64_t>;
  static constexpr std::array<std::uint32_t, 8> kBounds = {50,   100,  250,   500,
                                                           1000, 5000, 25000, 100000};

  void write_latency(std::string& text) const;

  Count offered_ = 0;
  std::array<Count, rollout::kReasonCount> nothing_{};
  Count counted_ = 0;
  Count marked_ = 0;
  std::array<Count, kCodes.size()> refused_{};
  Count handshakes_failed_ = 0;
  std::array<Count, kBounds.size() + 1> latency_{};
  Count latency_us_ = 0;
  mutable std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, std::string>, std::uint64_t> reports_;
};

}  // namespace airlock::http
