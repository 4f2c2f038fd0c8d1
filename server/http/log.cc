#include "server/http/log.h"

#include <unistd.h>

#include <utility>

#include "host/text/text.h"

namespace airlock::http {

void Log::event(std::string_view name, json::Value facts) {
  facts["event"] = name;
  facts["at"] = text::to_time(clock_());
  sink_(json::write(facts) + "\n");
}

void Log::request(const RequestLine& line) {
  if (line.who.empty() && !admit(clock_())) return;
  json::Value facts = {{"method", line.method},
                       {"path", line.path.substr(0, std::min(line.path.find('?'), kLogPathMax))},
                       {"status", line.status},
                       {"reason", line.reason},
                       {"microseconds", line.microseconds}};
  if (!line.who.empty()) facts["who"] = line.who;
  event("request", std::move(facts));
}

bool Log::admit(std::int64_t now) {
  std::uint64_t dropped = 0;
  bool admitted = true;
  {
    const std::lock_guard lock(mutex_);
    if (now != second_) {
      dropped = std::exchange(dropped_, 0);
      second_ = now;
      lines_ = 0;
    }
    admitted = lines_ < kLogLinesPerSecondMax;
    if (admitted) ++lines_;
    if (!admitted) ++dropped_;
  }
  if (dropped != 0) event("lines_dropped", {{"count", dropped}});
  return admitted;
}

void write_to_stderr(std::string_view line) {
  // A log that nobody takes must not stop the server: a failed write is let go.
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;
}

}  // namespace airlock::http
