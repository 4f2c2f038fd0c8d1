#include "server/dependency/wire.h"

#include <curl/curl.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "server/dependency/forward.h"

namespace airlock::dependency {
namespace {

struct EasyFreed {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct MultiFreed {
  void operator()(CURLM* curl) const { curl_multi_cleanup(curl); }
};
struct ListFreed {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// One call under way. Where it lies, libcurl writes: it never moves.
struct Transfer {
  Ask ask;
  Wire::Done done;
  Heard heard{};
  std::unique_ptr<CURL, EasyFreed> curl{};
  std::unique_ptr<curl_slist, ListFreed> headers{};
};

std::size_t take_body(char* data, std::size_t, std::size_t size, void* into) {
  std::string& body = static_cast<Transfer*>(into)->heard.body;
  if (body.size() + size > kAnswerMax) return 0;
  body.append(data, size);
  return size;
}

// Lines of an answer; a status line begins them anew, as behind a 100.
std::size_t take_header(char* data, std::size_t, std::size_t size, void* into) {
  std::string& headers = static_cast<Transfer*>(into)->heard.headers;
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) {
    headers.clear();
  } else {
    if (headers.size() + size > kAnswerHeadersMax) return 0;
    headers.append(line);
  }
  return size;
}

bool has_header(std::string_view lines, std::string_view name) {
  return lines.starts_with(name) || lines.find("\n" + std::string(name)) != lines.npos;
}

std::unique_ptr<curl_slist, ListFreed> list_of(const Ask& ask) {
  // What libcurl would add by itself, or wait for.
  std::string lines = "Expect:\r\n" + ask.headers;
  if (!has_header(ask.headers, "content-type:")) lines += "Content-Type:\r\n";
  curl_slist* made = nullptr;
  for (std::string_view rest = lines; !rest.empty();) {
    const std::size_t end = std::min(rest.find("\r\n"), rest.size());
    std::string line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 2, rest.size()));
    // libcurl takes a name without a value for a header to be left out, unless it ends with ';'.
    if (line.ends_with(": ")) line.replace(line.size() - 2, 2, ";");
    curl_slist* const next = curl_slist_append(made, line.c_str());
    if (next != nullptr) made = next;
  }
  return std::unique_ptr<curl_slist, ListFreed>(made);
}

void prepare(Transfer& transfer) {
  const Ask& ask = transfer.ask;
  CURL* const curl = transfer.curl.get();
  transfer.headers = list_of(ask);
  curl_easy_setopt(curl, CURLOPT_URL, ask.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(ask.timeout_ms));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  // Else the end of a call would wait for a resolver that hangs.
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
  if (!ask.ca.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, ask.ca.c_str());
  // A kept connection may have died, and libcurl then sends the call again by a fresh one.
  if (ask.sending == Ask::Sending::once) curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transfer.headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_PRIVATE, &transfer);
  if (ask.method != http::Method::post) return;
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(ask.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, ask.body.data());
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

// Whether a byte of the call may have left. Where libcurl does not say for sure, it may.
bool may_be_sent(CURL* curl, CURLcode result) {
  switch (static_cast<int>(result)) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return false;
  }
  long request_bytes = 0;
  curl_off_t ready_us = 0;  // when the connection was, with its TLS
  curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &request_bytes);
  curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
  return result != CURLE_OPERATION_TIMEDOUT || request_bytes > 0 || ready_us > 0;
}

void conclude(Transfer& transfer, CURLcode result) {
  Heard& heard = transfer.heard;
  if (result == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(transfer.curl.get(), CURLINFO_RESPONSE_CODE, &status);
    heard.ending = Ending::answered;
    heard.status = static_cast<int>(status);
    return;
  }
  heard.code = code_of(result);
  heard.ending = may_be_sent(transfer.curl.get(), result) ? Ending::unheard : Ending::not_sent;
}

class CurlWire final : public Wire {
 public:
  CurlWire() : multi_(curl_multi_init()) {
    AIRLOCK_CHECK(multi_ != nullptr);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kConnectionsKept);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  ~CurlWire() override {
    thread_.request_stop();
    curl_multi_wakeup(multi_.get());
    thread_.join();
    is_ending_ = true;
    take_waiting();
    end_under_way();
  }
  CurlWire(const CurlWire&) = delete;
  CurlWire& operator=(const CurlWire&) = delete;

  void start(Ask ask, Done done) override {
    auto transfer = std::make_unique<Transfer>(std::move(ask), std::move(done));
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(transfer));
    }
    curl_multi_wakeup(multi_.get());
  }

  void end_all() override {
    is_ending_ = true;
    curl_multi_wakeup(multi_.get());
  }

 private:
  void run(const std::stop_token& stop) {
    constexpr int kPollMs = 1'000;  // a wakeup or a socket ends it
    while (!stop.stop_requested()) {
      take_waiting();
      if (is_ending_) end_under_way();
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      give_ended();
      curl_multi_poll(multi_.get(), nullptr, 0, kPollMs, nullptr);
    }
  }

  void take_waiting() {
    std::vector<std::unique_ptr<Transfer>> taken;
    {
      const std::lock_guard lock(mutex_);
      taken.swap(waiting_);
    }
    for (auto& transfer : taken) {
      if (is_ending_) {
        end(*transfer, {Ending::not_sent, Code::interrupted, 0, {}, {}});
        continue;
      }
      transfer->curl.reset(curl_easy_init());
      CURL* const curl = transfer->curl.get();
      if (curl != nullptr) prepare(*transfer);
      if (curl == nullptr || curl_multi_add_handle(multi_.get(), curl) != CURLM_OK) {
        end(*transfer, {Ending::not_sent, Code::no_room, 0, {}, {}});
        continue;
      }
      under_way_.emplace(curl, std::move(transfer));
    }
  }

  void give_ended() {
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const auto found = under_way_.find(message->easy_handle);
      AIRLOCK_CHECK(found != under_way_.end());
      const std::unique_ptr<Transfer> transfer = std::move(found->second);
      conclude(*transfer, message->data.result);
      under_way_.erase(found);
      curl_multi_remove_handle(multi_.get(), transfer->curl.get());
      end(*transfer, std::move(transfer->heard));
    }
  }

  void end_under_way() {
    const auto ended = std::exchange(under_way_, {});
    for (const auto& [curl, transfer] : ended) {
      curl_multi_remove_handle(multi_.get(), curl);
      end(*transfer, {Ending::unheard, Code::interrupted, 0, {}, {}});
    }
  }

  static void end(const Transfer& transfer, Heard heard) { transfer.done(std::move(heard)); }

  std::unique_ptr<CURLM, MultiFreed> multi_;
  std::atomic<bool> is_ending_ = false;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Transfer>> waiting_;        // under mutex_
  std::map<CURL*, std::unique_ptr<Transfer>> under_way_;  // of the thread
  std::jthread thread_;
};

}  // namespace

std::unique_ptr<Wire> make_wire() { return std::make_unique<CurlWire>(); }

}  // namespace airlock::dependency
