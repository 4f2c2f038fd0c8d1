#include <curl/curl.h>

#include <chrono>
#include <memory>

#include "server/peer/peer.h"

namespace airlock::peer {

namespace {

std::uint64_t now_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

std::size_t take_answer(char* data, std::size_t, std::size_t size, void* into) {
  auto& answer = *static_cast<std::string*>(into);
  if (answer.size() + size > kAnswerMax) return 0;
  answer.append(data, size);
  return size;
}

Code code_of(CURLcode result) {
  switch (static_cast<int>(result)) {
    case CURLE_OPERATION_TIMEDOUT: return Code::timed_out;
    case CURLE_WRITE_ERROR: return Code::oversized;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return Code::tls_failed;
  }
  return Code::unreachable;
}

struct Freed {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

Result<std::string> perform(const std::string& url, const std::string* json) {
  const std::unique_ptr<CURL, Freed> handle(curl_easy_init());
  const std::unique_ptr<curl_slist, Freed> headers(
      curl_slist_append(nullptr, "content-type: application/json"));
  if (handle == nullptr || headers == nullptr) return fail(Code::unreachable);
  CURL* const curl = handle.get();
  std::string answer;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, kTotalMs);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take_answer);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  if (json != nullptr) {
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(json->size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, json->c_str());
  }
  const CURLcode result = curl_easy_perform(curl);
  if (result != CURLE_OK) return fail(code_of(result));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || status > 299) {
    return fail(Code::http_failed, static_cast<std::uint64_t>(status));
  }
  return answer;
}

}  // namespace

bool is_refusal(Error error) {
  if (error.code != Code::http_failed || error.at < 300 || error.at > 499) return false;
  return error.at != 408 && error.at != 425 && error.at != 429;
}

Status check_url(std::string_view url) {
  const bool known = url.starts_with("http://") || url.starts_with("https://");
  const std::size_t host = url.find("//");
  if (!known || url.size() > kUrlMax) return fail(Code::bad_text);
  const std::string_view rest = url.substr(host + 2);
  const std::string_view place = rest.substr(0, rest.find('/'));
  const bool plain = url.find_first_of(" \t\r\n\"<>") == std::string_view::npos;
  if (place.empty() || place.find('@') != std::string_view::npos || !plain) {
    return fail(Code::bad_text);
  }
  return {};
}

Line::Line(std::string url, const breaker::Settings& settings, Notice notice)
    : url_(std::move(url)), breaker_(settings), notice_(std::move(notice)) {
  while (url_.ends_with('/')) url_.pop_back();
}

Result<std::string> Line::get(std::string_view path) {
  return call(url_ + std::string(path), nullptr);
}

Result<std::string> Line::post(const std::string& json) { return call(url_, &json); }

Result<std::string> Line::call(const std::string& url, const std::string* json) {
  const breaker::Admission admission = breaker_.admit(now_ms());
  if (!admission.admitted) return fail(Code::overloaded);
  auto answer = perform(url, json);
  // Who answers with an error is there: only what is the caller's fault does not speak against it.
  const bool refused = !answer && answer.error().code == Code::http_failed &&
                       answer.error().at >= 400 && answer.error().at < 500;
  const bool fine = answer || refused;
  const breaker::Told told = breaker_.tell(
      admission.ticket, fine ? breaker::Outcome::success : breaker::Outcome::failure, now_ms());
  if (told.alert) {
    outages_.fetch_add(1, std::memory_order_relaxed);
    notice_(Change::down);
  }
  if (told.recovered) notice_(Change::up);
  return answer;
}

}  // namespace airlock::peer
