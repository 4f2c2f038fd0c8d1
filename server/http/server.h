// The sockets of both listeners.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/base/base.h"
#include "host/file/file.h"
#include "server/http/http.h"

namespace airlock::http {

inline constexpr std::size_t kConnectionsMax = 10'000;  // both listeners together ..
inline constexpr std::size_t kOperatorsMin = 64;        // .. of which these are the operators' own
inline constexpr std::size_t kHeaderMax = 8 << 10;      // bytes of a request's head
inline constexpr std::size_t kRequestBodyMax = 1 << 20;
inline constexpr std::size_t kFileBuffer = 64 << 10;  // of a file on its way out
inline constexpr std::int64_t kQuietSecondsMax = 30;  // a handshake, request or piece of an answer
inline constexpr std::int64_t kIdleSecondsMax = 75;   // between two requests
inline constexpr std::int64_t kDrainSeconds = 10;     // after the first SIGTERM, unless told
inline constexpr std::int64_t kDrainSecondsMax = 3600;
inline constexpr unsigned kThreadsMax = 64;

struct Settings {
  std::string listen = "127.0.0.1:8443";        // HOST:PORT; port 0 takes a free one
  std::string admin_listen = "127.0.0.1:8444";  // "": nothing is operated here
  file::Path certificate;
  file::Path key;
  file::Path admin_ca;   // operators are whom it certifies
  file::Path client_ca;  // "": anybody may call at `listen`; otherwise whom it certifies
  unsigned threads = 1;
  std::int64_t drain_seconds = kDrainSeconds;
};

// Where it listens now, with the ports that were taken: HOST:PORT.
struct Addresses {
  std::string listen;
  std::string admin;
};

// Which setting an error of run is about: the error's `at`.
enum class Setting : std::uint8_t {
  none,
  listen,
  admin_listen,
  certificate,
  key,
  admin_ca,
  client_ca
};

// is_loopback says whether an address HOST:PORT is this host's own: nobody outside reaches it.
bool is_loopback(const std::string& address);

// run serves until SIGTERM or SIGINT, then lets running answers finish for drain_seconds, or until
// a second signal. It calls `ready` once when it listens. Errors, each at its Setting:
// those of make_tls (a certificate or key); usage, access_denied and address_in_use (an address).
Status run(Service& service, const Settings& settings,
           const std::function<void(const Addresses&)>& ready);

}  // namespace airlock::http
