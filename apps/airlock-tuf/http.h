// One thing over HTTP: fetch a whole file under a limit, and give up on whoever does not send it.
//
// It promises no redirect, no other protocol than HTTP and HTTPS (TLS 1.3 or newer), a limit on
// every body and header while it is read, and an end to every wait. It trusts nothing: what it
// returns is judged by trust/tuf.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/base/base.h"
#include "host/file/file.h"

namespace airlock::app {

inline constexpr long kPatienceSeconds = 30;
inline constexpr long kRateMin = 1 << 10;  // bytes a second, on the average of the patience
inline constexpr std::size_t kRateExpected = 32 << 10;  // what a large file's deadline reckons with

class Http {
 public:
  struct Options {
    std::string ca_file{};  // PEM; "": the system's authorities
    long patience_seconds = kPatienceSeconds;
  };
  static Result<Http> open(const Options& options);

  // get fetches a body of at most `size_max` bytes. Errors: not_found (404, and 403, which is how
  // object stores say it), http_failed (at: any other status, redirects too; and whatever is no
  // HTTP, or has headers without end), oversized, timed_out, interrupted, unreachable, tls_failed,
  // bad_text (no such URL).
  Result<file::Buffer> get(const std::string& url, std::size_t size_max);

 private:
  using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
  Http(Handle handle, Options options) : handle_(std::move(handle)), options_(std::move(options)) {}
  void set_up(const std::string& url, std::size_t size_max, void* answer);

  Handle handle_;
  Options options_;
};

}  // namespace airlock::app
