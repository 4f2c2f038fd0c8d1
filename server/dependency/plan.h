// What an operator wrote about each dependency (docs/formats/dependencies.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "host/breaker/breaker.h"
#include "host/yaml/fields.h"
#include "server/http/message.h"

namespace airlock::dependency {

inline constexpr std::uint64_t kFormatVersion = 1;
inline constexpr std::size_t kDependenciesMax = 32;
inline constexpr std::size_t kNameMax = 32;  // bytes
inline constexpr std::size_t kFallbacksMax = 4;
inline constexpr std::uint32_t kInFlightMax = 1024;
inline constexpr std::uint64_t kTimeoutMinMs = 10;
inline constexpr std::uint64_t kChainMaxMs = 25'000;  // of all timeouts that one call may wait for
inline constexpr std::uint64_t kOpenMaxMs = 3'600'000;
inline constexpr std::uint64_t kLastMaxMs = 30ULL * 86'400'000;
inline constexpr std::size_t kFixedBodyMax = 4'096;  // bytes

// Where a call goes to.
struct Place {
  std::string url{};  // without a '/' at its end
  std::string ca{};   // a file of certificates that are believed; "": those of the host
  std::uint64_t timeout_ms = 0;
};
// The newest good answer to the same question.
struct Last {
  std::uint64_t age_ms_max = 0;
};
// What the operator wrote.
struct Fixed {
  int status = 200;
  std::string type = "application/json";
  std::string body;
};
using Fallback = std::variant<Place, Last, Fixed>;

// Which calls may be asked elsewhere once they may have been carried out.
enum class Repeat : std::uint8_t { none, get, any };

struct Plan {
  std::string name;
  Place place;
  Repeat repeat = Repeat::get;
  std::uint32_t in_flight_max = 32;
  std::uint64_t slow_ms = 0;  // what takes longer counts as a failure; 0: nothing does
  breaker::Settings breaker;
  std::string probe;  // a path that is asked while the breaker is open; "": calls are the probes
  std::vector<Fallback> fallbacks;

  bool repeats(http::Method method) const {
    return repeat == Repeat::any || (repeat == Repeat::get && method == http::Method::get);
  }
};

// read_plans reads a file of dependencies. Codes: those of yaml::Tree::parse, and
// unsupported_version, wrong_type, unknown_field, missing_field, too_many, out_of_range, bad_text.
yaml::Read<std::vector<Plan>> read_plans(std::string_view text);

}  // namespace airlock::dependency
