// Calls to places, many at once, none of which waits for another.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/base/base.h"
#include "server/http/message.h"

namespace airlock::dependency {

inline constexpr std::size_t kAnswerMax = 1 << 20;  // bytes of an answer's body
inline constexpr long kConnectionsKept = 32;        // of one wire, for the next calls

// A call as it goes out.
struct Ask {
  http::Method method = http::Method::get;  // get or post
  std::string url{};
  std::string headers{};  // lines
  std::string body{};
  std::string ca{};
  std::uint64_t timeout_ms = 0;
  // Once: no byte of it is sent a second time, whatever becomes of a connection.
  enum class Sending : std::uint8_t { once, again } sending = Sending::once;
};

// What became of it.
enum class Ending : std::uint8_t {
  answered,  // with any status
  not_sent,  // the place was not reached, so that nothing was carried out
  unheard,   // it went out, at least in part, and no whole answer came
};
struct Heard {
  Ending ending = Ending::not_sent;
  Code code = Code::ok;  // why there is no answer: timed_out, unreachable, tls_failed, oversized,
                         // interrupted (the wire ends)
  int status = 0;
  std::string headers{};  // lines, as they came
  std::string body{};
};

class Wire {
 public:
  using Done = std::function<void(Heard)>;
  virtual ~Wire() = default;
  // start sends a call and returns at once; `done` is called once, on the wire's thread, and may
  // start others. A wire that is destroyed ends what is under way as unheard.
  virtual void start(Ask ask, Done done) = 0;
  // end_all ends what is under way, and what is started from now on, as interrupted.
  virtual void end_all() = 0;
};

// make_wire makes a wire of libcurl: HTTP/1.1, no redirect is followed, an answer has limits.
std::unique_ptr<Wire> make_wire();

}  // namespace airlock::dependency
