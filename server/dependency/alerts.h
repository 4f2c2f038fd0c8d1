// Who wants to hear of outages is told, and nobody waits for that.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "core/base/base.h"
#include "server/dependency/dependency.h"

namespace airlock::dependency {

inline constexpr std::size_t kAlertsWaitingMax = 64;  // beyond them the oldest is dropped

// alert_of writes a notice as JSON (docs/formats/dependencies.md); its id is of that notice alone.
std::string alert_of(const Notice& notice, std::int64_t at_ms);

// Alerts posts texts in their order, on a thread of its own, each until it is taken. What the
// receiver refuses for good (peer::is_refusal) is dropped.
class Alerts {
 public:
  using Post = std::function<Status(const std::string& json)>;

  Alerts(Post post, std::chrono::milliseconds pause);
  ~Alerts() = default;  // what still waits is lost; its beginning stands in the log

  // tell never waits.
  void tell(std::string json);
  std::uint64_t dropped() const { return dropped_.load(); }

 private:
  void run(const std::stop_token& stop);

  Post post_;
  std::chrono::milliseconds pause_;  // after a post that failed
  std::atomic<std::uint64_t> dropped_ = 0;
  std::mutex mutex_;
  std::condition_variable_any comes_;
  std::deque<std::string> waiting_;
  std::uint64_t taken_ = 0;  // how many left the front, by whatever way
  std::jthread thread_;
};

}  // namespace airlock::dependency
