#include "apps/airlock-tuf/http.h"

#include <algorithm>
#include <optional>

// Debian's libcurl brings GnuTLS along, for protocols that are never spoken here. By this name
// GnuTLS is told not to set itself up as it is loaded.
extern "C" [[gnu::used, gnu::visibility("default")]] int _gnutls_global_init_skip() { return 1; }

namespace airlock::app {
namespace {

constexpr std::size_t kHeadersSizeMax = 32 << 10;
constexpr long kConnectSeconds = 10;
constexpr long kReceiveSize = 256 << 10;  // at once
constexpr long kOk = 200;
constexpr int kTooLarge = 100;  // CURLE_TOO_LARGE of newer libraries

// What comes in, kept as far as it is wanted. A callback that takes less than it was given ends the
// transfer.
struct Answer {
  CURL* handle;
  std::size_t size_max;
  file::Buffer body{};
  std::size_t headers_size = 0;
  std::optional<Code> refusal{};

  long status() const {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
  }
  std::size_t stated_size() const {
    curl_off_t size = 0;
    curl_easy_getinfo(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    return size < 0 ? 0 : static_cast<std::size_t>(size);
  }
  bool has_begun() const {
    curl_off_t microseconds = 0;
    curl_easy_getinfo(handle, CURLINFO_STARTTRANSFER_TIME_T, &microseconds);
    return microseconds > 0;
  }
  std::size_t refuse(Code code) {
    refusal = code;
    return 0;
  }
};

std::size_t on_header(char*, std::size_t, std::size_t size, void* answer) {
  auto& kept = *static_cast<Answer*>(answer);
  kept.headers_size += size;
  return kept.headers_size > kHeadersSizeMax ? kept.refuse(Code::http_failed) : size;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* answer) {
  auto& kept = *static_cast<Answer*>(answer);
  if (kept.status() != kOk) return kept.refuse(Code::http_failed);
  if (size > kept.size_max - kept.body.size()) return kept.refuse(Code::oversized);
  if (kept.body.empty()) kept.body.reserve(std::min(kept.size_max, kept.stated_size()));
  kept.body.insert(kept.body.end(), data, data + size);
  return size;
}

Code code_of(CURLcode result) {
  switch (static_cast<int>(result)) {
    case CURLE_OPERATION_TIMEDOUT: return Code::timed_out;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING: return Code::interrupted;
    case CURLE_OUT_OF_MEMORY: return Code::no_room;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return Code::bad_text;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR: return Code::tls_failed;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_WRITE_ERROR:
    case CURLE_BAD_CONTENT_ENCODING: return Code::http_failed;
    default: return Code::unreachable;
  }
}

Status verdict(const Answer& answer, CURLcode result) {
  constexpr long kForbidden = 403;
  constexpr long kNotFound = 404;
  const long status = answer.status();
  if (status == kNotFound || status == kForbidden) return fail(Code::not_found);
  if (status != 0 && status != kOk) {
    return fail(Code::http_failed, static_cast<std::uint64_t>(status));
  }
  if (answer.refusal) return fail(*answer.refusal, answer.size_max);
  if (result == CURLE_OK) return {};
  // The library's words for an answer that is no HTTP, or one header that is longer than any.
  const bool is_strange = result == CURLE_UNSUPPORTED_PROTOCOL || result == CURLE_OUT_OF_MEMORY ||
                          static_cast<int>(result) == kTooLarge;
  return fail(is_strange && answer.has_begun() ? Code::http_failed : code_of(result));
}

}  // namespace

Result<Http> Http::open(const Options& options) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  Handle handle(curl_easy_init(), &curl_easy_cleanup);
  if (ready != CURLE_OK || !handle) return fail(Code::no_room);
  return Http(std::move(handle), options);
}

void Http::set_up(const std::string& url, std::size_t size_max, void* answer) {
  CURL* const easy = handle_.get();
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_3});
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options_.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
                   std::min(kConnectSeconds, options_.patience_seconds));
  // Two bounds on whoever drips: a rate, and an end that no rate can put off.
  const long for_size = static_cast<long>(size_max / kRateExpected);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kRateMin);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, options_.patience_seconds);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, options_.patience_seconds + for_size);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kReceiveSize);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "airlock-tuf");
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, answer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
}

Result<file::Buffer> Http::get(const std::string& url, std::size_t size_max) {
  Answer answer{handle_.get(), size_max};
  set_up(url, size_max, &answer);
  const CURLcode result = curl_easy_perform(handle_.get());
  AIRLOCK_TRY(verdict(answer, result));
  return std::move(answer.body);
}

}  // namespace airlock::app
