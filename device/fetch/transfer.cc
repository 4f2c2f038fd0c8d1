#include <algorithm>
#include <charconv>
#include <chrono>

#include "device/fetch/internal/transfer.h"
#include "host/text/text.h"

namespace airlock::fetch {

namespace {

constexpr long kIdleConnectionsMax = 2;
constexpr std::size_t kErrorBodyMax = 16 << 10;  // read over, so that the connection stays usable
constexpr int kWaitMs = 250;
constexpr std::string_view kPlainInPaths =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/";

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() &&
         std::equal(start.begin(), start.end(), text.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
         });
}

int set_receive_buffer(void*, curl_socket_t socket, curlsocktype) {
  const int size = kReceiveBufferSize;
  // A wish: where the system refuses it, only more may be wasted when a wire is cut.
  (void)setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  return CURL_SOCKOPT_OK;
}

long elapsed_ms(std::chrono::steady_clock::time_point since) {
  const auto gone = std::chrono::steady_clock::now() - since;
  return static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(gone).count());
}

}  // namespace

void Connection::Wires::perform() {
  int running = 0;
  (void)curl_multi_perform(multi, &running);
  int waiting = 0;
  while (CURLMsg* message = curl_multi_info_read(multi, &waiting)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    reinterpret_cast<Transfer*>(transfer)->result_ = message->data.result;
  }
}

void Connection::Wires::wait(int timeout_ms) {
  (void)curl_multi_poll(multi, nullptr, 0, timeout_ms, nullptr);
}

Result<ByteRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!starts_with_ignoring_case(text, kUnit)) return fail(Code::bad_text);
  const char* at = text.data() + kUnit.size();
  const char* const end = text.data() + text.size();
  ByteRange range;
  const auto number = [&](std::uint64_t& value, char after) {
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error != std::errc{}) return false;
    at = stop;
    if (after == '\0') return at == end;
    if (at == end || *at != after) return false;
    ++at;
    return true;
  };
  if (!number(range.first, '-') || !number(range.last, '/') || !number(range.whole, '\0')) {
    return fail(Code::bad_text);
  }
  if (range.first > range.last || range.last >= range.whole) return fail(Code::bad_text);
  return range;
}

Result<std::unique_ptr<Transfer>> Transfer::start(Connection::Wires& wires, Keep keep,
                                                  const Wish& wish) {
  CURL* easy = curl_easy_init();
  if (easy == nullptr) return fail(Code::no_room);
  std::unique_ptr<Transfer> made(new Transfer(wires, keep, easy));
  made->set_up(wish);
  if (curl_multi_add_handle(wires.multi, easy) != CURLM_OK) return fail(Code::no_room);
  return made;
}

Transfer::~Transfer() {
  curl_multi_remove_handle(wires_.multi, easy_);
  curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
}

void Transfer::set_up(const Wish& wish) {
  const Endpoint& endpoint = wires_.endpoint;
  const std::string url = endpoint.server + text::percent_encoded(wish.path, kPlainInPaths);
  range_ = wish.range;
  body_max_ = wish.body_max;
  curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy_, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_3});
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, 2L);
  const char* const ca_file = endpoint.ca_file.empty() ? nullptr : endpoint.ca_file.c_str();
  curl_easy_setopt(easy_, CURLOPT_CAINFO, ca_file);
  // Without this the system's own authorities would count beside the configured file.
  curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
  if (endpoint.roots) {
    curl_easy_setopt(easy_, CURLOPT_SSL_CTX_FUNCTION, ask_for_wallet_roots);
    curl_easy_setopt(easy_, CURLOPT_SSL_CTX_DATA, &wires_.endpoint);
  }
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, endpoint.patience.connect_ms);
  if (keep_ == Keep::all) {
    curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, endpoint.patience.small_body_ms);
  }
  curl_easy_setopt(easy_, CURLOPT_SOCKOPTFUNCTION, set_receive_buffer);
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, "airlock-device");
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_);
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_multi_setopt(wires_.multi, CURLMOPT_MAXCONNECTS, kIdleConnectionsMax);
  if (range_) {
    const std::string range = std::to_string(range_->first) + "-" + std::to_string(range_->last);
    curl_easy_setopt(easy_, CURLOPT_RANGE, range.c_str());
  }
  if (wish.json) {
    headers_ =
        curl_slist_append(curl_slist_append(nullptr, "content-type: application/json"), "expect:");
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(wish.json->size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, wish.json->data());
  }
}

std::size_t Transfer::on_header(char* data, std::size_t, std::size_t size, void* self) {
  return static_cast<Transfer*>(self)->keep_header({data, size});
}

std::size_t Transfer::on_body(char* data, std::size_t, std::size_t size, void* self) {
  return static_cast<Transfer*>(self)->keep_body(bytes_of({data, size}));
}

// Anything but the size of what came in ends the transfer.
std::size_t Transfer::refuse(Code code, std::uint64_t at) {
  if (!refusal_) refusal_ = Error{code, at};
  return 0;
}

std::size_t Transfer::keep_header(std::string_view line) {
  headers_size_ += line.size();
  if (headers_size_ > kHeadersSizeMax) return refuse(Code::oversized, headers_size_);
  const std::size_t size = line.size();
  constexpr std::string_view kName = "content-range:";
  if (line.starts_with("HTTP/")) {
    content_range_.reset();
  } else if (starts_with_ignoring_case(line, kName)) {
    line.remove_prefix(kName.size());
    constexpr std::string_view kBlank = " \t\r\n";
    line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
    line = line.substr(0, line.find_last_not_of(kBlank) + 1);
    const auto range = parse_content_range(line);
    if (!range) return refuse(Code::http_failed, static_cast<std::uint64_t>(status()));
    content_range_ = *range;
  }
  return size;
}

// stated_size is what the answer says of its body's length; 0 where it says nothing.
std::size_t Transfer::stated_size() const {
  curl_off_t size = 0;
  curl_easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
  return size < 0 ? 0 : static_cast<std::size_t>(size);
}

long Transfer::status() const {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

// judge_status holds the answer's status and range against the wish.
Status Transfer::judge_status() {
  const auto failed = [&] { return fail(Code::http_failed, static_cast<std::uint64_t>(status())); };
  if (status() == 404) return fail(Code::not_found);
  if (!range_) {
    if (status() != 200) return failed();
  } else if (status() == 206) {
    if (content_range_ != range_) return failed();
    end_ = range_->last + 1;
  } else if (status() == 200 && range_->first == 0) {
    end_ = range_->whole;  // the server knows no ranges; all of it begins at the right place
  } else {
    return failed();
  }
  judged_ = true;
  return {};
}

std::size_t Transfer::keep_body(Bytes bytes) {
  if (!judged_ && !judge_status()) {
    discarded_ += bytes.size();
    if (discarded_ <= kErrorBodyMax) return bytes.size();
    return refuse(judge_status().error().code, judge_status().error().at);
  }
  if (keep_ == Keep::all) {
    if (bytes.size() > body_max_ - body_.size()) return refuse(Code::oversized, body_max_);
    if (body_.empty()) body_.reserve(std::min(body_max_, stated_size()));
  } else {
    if (arrived_ + bytes.size() > end_ - range_->first) return refuse(Code::oversized, end_);
    if (available() + bytes.size() > body_max_) {
      paused_ = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    body_.reserve(body_max_);
    body_.erase(body_.begin(), body_.begin() + static_cast<std::ptrdiff_t>(taken_));
    taken_ = 0;
  }
  body_.insert(body_.end(), bytes.begin(), bytes.end());
  arrived_ += bytes.size();
  window_arrived_ += bytes.size();
  return bytes.size();
}

// code_of says what a failure of the library means to the device.
Code Transfer::code_of(CURLcode result) const {
  const Code cut = headers_size_ > 0 ? Code::interrupted : Code::unreachable;
  if (result == CURLE_OPERATION_TIMEDOUT) return Code::timed_out;
  if (result == CURLE_PARTIAL_FILE) return Code::interrupted;
  if (result == CURLE_RECV_ERROR || result == CURLE_SEND_ERROR || result == CURLE_GOT_NOTHING) {
    return cut;
  }
  if (result == CURLE_OUT_OF_MEMORY) return Code::no_room;
  if (result == CURLE_SSL_CONNECT_ERROR) {
    // One code of the library for a refused certificate or protocol and for a wire cut within the
    // handshake; only its text tells them apart.
    const std::string_view text = error_;
    for (const std::string_view cut_text : {"SSL_ERROR_SYSCALL", "reset by peer", "Broken pipe",
                                            "unexpected eof", "SSL_ERROR_ZERO_RETURN"}) {
      if (text.find(cut_text) != std::string_view::npos) return Code::unreachable;
    }
    return Code::tls_failed;
  }
  for (const CURLcode tls : {CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
                             CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
                             CURLE_SSL_ENGINE_INITFAILED, CURLE_USE_SSL_FAILED}) {
    if (result == tls) return Code::tls_failed;
  }
  for (const CURLcode speech :
       {CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING,
        CURLE_WRITE_ERROR, CURLE_HTTP_RETURNED_ERROR}) {
    if (result == speech) return Code::http_failed;
  }
  return cut;
}

// verdict is how a transfer that is over ended.
Status Transfer::verdict() {
  if (refusal_) return std::unexpected(*refusal_);
  if (*result_ != CURLE_OK) {
    const Code code = code_of(*result_);
    return fail(code, code == Code::http_failed ? static_cast<std::uint64_t>(status()) : 0);
  }
  return judged_ ? Status{} : judge_status();
}

Result<Buffer> Transfer::finish() {
  while (!result_) {  // ends by CURLOPT_TIMEOUT_MS at the latest
    wires_.perform();
    if (!result_) wires_.wait(kWaitMs);
  }
  AIRLOCK_TRY(verdict());
  return std::move(body_);
}

Status Transfer::fill() {
  while (available() == 0) {  // ends by the stall window at the latest
    if (result_) {
      AIRLOCK_TRY(verdict());
      if (arrived_ < end_ - range_->first) return fail(Code::interrupted, arrived_);
      return {};
    }
    if (paused_) {
      paused_ = false;
      (void)curl_easy_pause(easy_, CURLPAUSE_CONT);
    }
    wires_.perform();
    if (available() > 0 || result_) continue;
    const auto since = std::chrono::steady_clock::now();
    wires_.wait(kWaitMs);
    AIRLOCK_TRY(count_waiting(elapsed_ms(since)));
  }
  return {};
}

// count_waiting bounds the patience with a server that sends next to nothing. Only the time spent
// waiting counts: a device that is busy elsewhere is not the server's fault.
Status Transfer::count_waiting(long waited_ms) {
  window_waited_ms_ += waited_ms;
  if (window_waited_ms_ < wires_.endpoint.patience.stall_window_ms) return {};
  if (window_arrived_ < kStallBytesMin) return fail(Code::timed_out, window_arrived_);
  window_waited_ms_ = 0;
  window_arrived_ = 0;
  return {};
}

void Transfer::take(MutableBytes to) {
  AIRLOCK_CHECK(to.size() <= available());
  copy_into(to, Bytes(body_).subspan(taken_, to.size()));
  taken_ += to.size();
}

}  // namespace airlock::fetch
