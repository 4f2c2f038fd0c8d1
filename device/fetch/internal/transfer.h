// One request to the server on its way: the only place that speaks libcurl's language, beside
// responder.cc, which asks others by other rules.
//
// All requests of a connection share one multi handle, whose pool keeps sockets open between them.
// A request either collects its whole body or lets through a window at a time: what does not fit
// into the window waits in the socket, so that a payload of any size takes the same memory.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "device/fetch/fetch.h"

namespace airlock::fetch {

// ready_library sets the library up, once in a process. Errors: no_room.
Status ready_library();

// The sockets and the settings of one connection.
struct Connection::Wires {
  Wires(Endpoint at, CURLM* handle) : endpoint(std::move(at)), multi(handle) {}
  Wires(const Wires&) = delete;
  Wires& operator=(const Wires&) = delete;
  ~Wires() { curl_multi_cleanup(multi); }

  // perform moves every request as far as it goes without waiting; wait sleeps until one can move,
  // at most `timeout_ms`.
  void perform();
  void wait(int timeout_ms);

  Endpoint endpoint;
  CURLM* multi;
};

// Bytes first to last of a whole, last included, as in RFC 9110.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t whole = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};
// parse_content_range reads "bytes FIRST-LAST/WHOLE", nothing else. Errors: bad_text.
Result<ByteRange> parse_content_range(std::string_view text);

// ask_for_wallet_roots makes the endpoint's roots judge the server's certificate, beside whatever
// authorities the library was given; for CURLOPT_SSL_CTX_FUNCTION, with an Endpoint that outlives
// the transfer.
CURLcode ask_for_wallet_roots(CURL* easy, void* ssl_context, void* endpoint);

class Transfer {
 public:
  enum class Keep : std::uint8_t { all, window };
  struct Wish {
    std::string_view path;
    std::size_t body_max = 0;                   // all: oversized beyond it; window: its size
    std::optional<ByteRange> range = {};        // window: what is asked for
    std::optional<std::string_view> json = {};  // a POST with this body; must outlive the transfer
  };

  // start hands the request to the wires; it moves whenever they perform.
  static Result<std::unique_ptr<Transfer>> start(Connection::Wires& wires, Keep keep,
                                                 const Wish& wish);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer();

  // finish waits for the end and returns the body of a 200.
  Result<Buffer> finish();

  // fill waits until there is something to take, the body is complete, or nothing more can come.
  Status fill();
  std::size_t available() const { return body_.size() - taken_; }
  void take(MutableBytes to);
  // end is where the body ends in the whole: after the range, or the whole itself where the server
  // answered a range from 0 with everything.
  std::uint64_t end() const { return end_; }

 private:
  friend struct Connection::Wires;
  Transfer(Connection::Wires& wires, Keep keep, CURL* easy)
      : wires_(wires), keep_(keep), easy_(easy) {}
  void set_up(const Wish& wish);
  static std::size_t on_header(char* data, std::size_t one, std::size_t size, void* self);
  static std::size_t on_body(char* data, std::size_t one, std::size_t size, void* self);
  std::size_t keep_header(std::string_view line);
  std::size_t keep_body(Bytes bytes);
  std::size_t refuse(Code code, std::uint64_t at = 0);
  std::size_t stated_size() const;
  long status() const;
  Status judge_status();
  Status verdict();
  Code code_of(CURLcode result) const;
  Status count_waiting(long waited_ms);

  Connection::Wires& wires_;
  Keep keep_;
  CURL* easy_;
  curl_slist* headers_ = nullptr;
  std::optional<ByteRange> range_;
  std::size_t body_max_ = 0;

  std::size_t headers_size_ = 0;
  std::optional<ByteRange> content_range_;
  bool judged_ = false;  // the status was looked at and is the one that was wished for
  bool paused_ = false;  // the window is full
  Buffer body_;          // what arrived; the first taken_ bytes are gone
  std::size_t taken_ = 0;
  std::uint64_t arrived_ = 0;  // bytes of the body
  std::uint64_t end_ = 0;
  std::size_t discarded_ = 0;       // of an error's body
  std::optional<Error> refusal_;    // ours
  std::optional<CURLcode> result_;  // the library's, when it is over
  long window_waited_ms_ = 0;       // of the stall window
  std::uint64_t window_arrived_ = 0;
  char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace airlock::fetch
