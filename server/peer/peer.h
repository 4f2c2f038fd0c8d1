// server/peer: whom the server itself asks and tells: a Prometheus, and who wants to hear alerts.
//
// It is for two kinds of calls, an instant query and a posted alert, each over a Line: one peer
// behind a circuit breaker (host/breaker), so that a peer which hangs costs a few time-outs and
// then nothing until it is back. It promises limits on time and on the size of an answer, that no
// redirect is followed, that an answer is read strictly, and that a value, an empty answer and an
// error stay three things. It retries nothing and keeps nothing: that is for who calls.
//
// Prometheus is asked for a whole second of our clock (time=). Then its answer holds whole numbers
// and texts alone, which is all that host/json reads.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "host/breaker/breaker.h"

namespace airlock::peer {

inline constexpr std::size_t kAnswerMax = 8 << 20;  // bytes
inline constexpr std::size_t kSamplesMax = 8192;    // of one answer
inline constexpr std::size_t kLabelsMax = 32;       // of one sample
inline constexpr std::size_t kLabelMax = 256;       // bytes of a label's name or value
inline constexpr std::size_t kUrlMax = 2000;        // bytes
inline constexpr long kConnectMs = 2'000;
inline constexpr long kTotalMs = 5'000;

// One sample of a vector. The value is as Prometheus writes it: "12", "0.5", "NaN".
struct Sample {
  std::map<std::string, std::string, std::less<>> labels;
  std::string value;

  // label is "" where there is none.
  std::string_view label(std::string_view name) const;
};

// parse_vector reads the answer to an instant query. Errors: those of host/json, bad_request (it
// is no successful vector), too_many.
Result<std::vector<Sample>> parse_vector(std::string_view body);
// count_of reads a counter's value: a whole number from 0 to 2^53. Errors: bad_text, out_of_range.
Result<std::uint64_t> count_of(std::string_view value);

// check_url accepts http and https, and no user in it: bad_text otherwise.
Status check_url(std::string_view url);

// is_refusal says whether a peer that answered so will answer the same the next time: 3xx, and 4xx
// but 408, 425 and 429.
bool is_refusal(Error error);

// A peer, and whether it is worth asking now.
class Line {
 public:
  // Notice is called where an outage begins and where it ends, once each.
  enum class Change : std::uint8_t { down, up };
  using Notice = std::function<void(Change)>;

  Line(std::string url, const breaker::Settings& settings, Notice notice);

  // get and post answer the body of a 2xx. Errors: timed_out, unreachable, tls_failed, oversized,
  // http_failed (at = status), overloaded (it is not asked: its breaker is open).
  Result<std::string> get(std::string_view path);
  Result<std::string> post(const std::string& json);
  breaker::Mode mode() const { return breaker_.mode(); }
  std::uint64_t outages() const { return outages_.load(std::memory_order_relaxed); }

 private:
  Result<std::string> call(const std::string& url, const std::string* json);

  std::string url_;
  breaker::Breaker breaker_;
  std::atomic<std::uint64_t> outages_ = 0;
  Notice notice_;
};

// query asks a Prometheus for the vector of an expression at a second of our clock.
Result<std::vector<Sample>> query(Line& prometheus, std::string_view expression, std::int64_t at);

}  // namespace airlock::peer
