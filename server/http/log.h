// The server's log: one JSON object a line.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "core/base/base.h"
#include "host/json/json.h"

namespace airlock::http {

inline constexpr std::uint32_t kLogLinesPerSecondMax = 1000;  // of requests at the devices' door
inline constexpr std::size_t kLogPathMax = 200;               // bytes of a path

// What a line says of a request. It has no place for an address, a DUID, a body or a query.
struct RequestLine {
  std::string_view method;
  std::string_view path;
  std::string_view who;  // operators' door: the name in the certificate
  int status = 200;
  std::string_view reason;
  std::uint64_t microseconds = 0;
};

// Log writes lines. What strangers can cause is bounded: past kLogLinesPerSecondMax the lines of a
// second are only counted, and the next second says how many those were. Any thread may use it.
class Log {
 public:
  using Clock = std::int64_t (*)();  // Unix seconds
  using Sink = std::function<void(std::string_view line)>;

  Log(Clock clock, Sink sink) : clock_(clock), sink_(std::move(sink)) {}

  void event(std::string_view name, json::Value facts);
  void request(const RequestLine& line);

 private:
  bool admit(std::int64_t now);

  Clock clock_;
  Sink sink_;
  std::mutex mutex_;
  std::int64_t second_ = 0;
  std::uint32_t lines_ = 0;
  std::uint64_t dropped_ = 0;
};

// write_to_stderr is the sink of a server: each line goes out in one write.
void write_to_stderr(std::string_view line);

}  // namespace airlock::http
