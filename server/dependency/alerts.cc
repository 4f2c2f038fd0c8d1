#include "server/dependency/alerts.h"

#include <utility>

#include "host/json/json.h"
#include "host/text/text.h"

namespace airlock::dependency {

std::string alert_of(const Notice& notice, std::int64_t at_ms) {
  const bool down = notice.change == peer::Line::Change::down;
  const std::string_view change = down ? "down" : "up";
  const std::string why(airlock::name(notice.why));
  const std::string words =
      notice.dependency +
      (down ? " does not answer (" + why + "); its fallbacks do until it is back" : " is back");
  json::Value alert = {
      {"id", notice.dependency + "-" + std::to_string(at_ms) + "-" + std::string(change)},
      {"dependency", notice.dependency},
      {"at", text::to_time(at_ms / 1000)},
      {"change", change},
      {"words", words}};
  if (down) alert["why"] = why;
  return json::write(alert);
}

Alerts::Alerts(Post post, std::chrono::milliseconds pause)
    : post_(std::move(post)),
      pause_(pause),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Alerts::tell(std::string json) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kAlertsWaitingMax) {
      waiting_.pop_front();
      ++taken_;
      dropped_.fetch_add(1);
    }
    waiting_.push_back(std::move(json));
  }
  comes_.notify_one();
}

void Alerts::run(const std::stop_token& stop) {
  while (true) {
    std::unique_lock lock(mutex_);
    if (!comes_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
    const std::string text = waiting_.front();
    const std::uint64_t place = taken_;
    lock.unlock();
    const Status posted = post_(text);
    lock.lock();
    const bool refused = !posted && peer::is_refusal(posted.error());
    if (posted || refused) {
      if (refused) dropped_.fetch_add(1);
      if (taken_ == place) {  // else it was dropped meanwhile, as the oldest
        waiting_.pop_front();
        ++taken_;
      }
      continue;
    }
    (void)comes_.wait_for(lock, stop, pause_, [] { return false; });
    if (stop.stop_requested()) return;
  }
}

}  // namespace airlock::dependency
