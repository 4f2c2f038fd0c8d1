#include "server/dependency/plan.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "host/text/text.h"
#include "server/dependency/forward.h"
#include "server/peer/peer.h"

namespace airlock::dependency {
namespace {

using yaml::Fields;
using yaml::Node;
using yaml::Read;
using yaml::refuse_at;
using yaml::shown;

// A time that is written with its unit.
struct Times {
  std::string_view what;
  std::uint64_t min_ms;
  std::uint64_t max_ms;
};

struct Unit {
  std::string_view name;
  std::uint64_t ms;
};
constexpr std::array<Unit, 5> kUnits = {
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};

std::string time_text(std::uint64_t ms) {
  for (const Unit& unit : {kUnits[4], kUnits[3], kUnits[2], kUnits[1]}) {
    if (ms % unit.ms == 0) return std::to_string(ms / unit.ms) + std::string(unit.name);
  }
  return std::to_string(ms) + "ms";
}

std::optional<std::uint64_t> read_ms(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  const std::string_view name(read.ptr, static_cast<std::size_t>(end - read.ptr));
  const auto unit = std::ranges::find(kUnits, name, &Unit::name);
  if (read.ec != std::errc() || unit == kUnits.end() || number > kLastMaxMs) return std::nullopt;
  return number * unit->ms;
}

Read<std::uint64_t> milliseconds(Node node, const Times& times) {
  if (node.is_scalar()) {
    const auto read = read_ms(node.scalar());
    if (read && *read >= times.min_ms && *read <= times.max_ms) return *read;
  }
  return refuse_at(node, Code::out_of_range, shown(node) + " is no " + std::string(times.what),
                   "write a time with its unit from " + time_text(times.min_ms) + " to " +
                       time_text(times.max_ms) + ", such as 800ms or 2s");
}

Read<std::string> words(Node node, std::size_t size_max) {
  if (!node.is_scalar() || !node.is_text())
    return refuse_at(node, Code::wrong_type, shown(node) + " is no text for every reader of YAML",
                     "write a text, in quotes");
  if (node.scalar().size() > size_max)
    return refuse_at(node, Code::bad_text,
                     "the text has " + std::to_string(node.scalar().size()) + " bytes",
                     "at most " + std::to_string(size_max) + " are allowed");
  return std::string(node.scalar());
}

Read<std::string> name_of(Node node) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyz0123456789-";
  const std::string_view name = node.scalar();
  if (!name.empty() && name.size() <= kNameMax && name.find_first_not_of(kPlain) == name.npos)
    return std::string(name);
  return refuse_at(node, Code::bad_text, shown(node) + " is no name of a dependency",
                   "write 1 to 32 characters of a-z, 0-9 and -");
}

Read<std::string> url_of(Node node) {
  AIRLOCK_ASSIGN(std::string url, words(node, peer::kUrlMax));
  if (!peer::check_url(url) || url.find_first_of("?#") != std::string::npos)
    return refuse_at(node, Code::bad_text, shown(node) + " is no place to ask",
                     "write http:// or https://, a host and a path, without user, ? and #");
  while (url.ends_with('/')) url.pop_back();
  return url;
}

// Where a call goes to; what else may stand beside that is `more`.
Read<Place> place_of(const Fields& fields, std::uint64_t timeout_ms) {
  Place made{.url = {}, .ca = {}, .timeout_ms = timeout_ms};
  AIRLOCK_ASSIGN(const Node url, fields.required("url"));
  AIRLOCK_ASSIGN(made.url, url_of(url));
  if (const auto ca = fields.optional("ca")) {
    AIRLOCK_ASSIGN(made.ca, words(*ca, peer::kUrlMax));
  }
  if (const auto timeout = fields.optional("timeout")) {
    AIRLOCK_ASSIGN(made.timeout_ms, milliseconds(*timeout, {"time that a call may take",
                                                            kTimeoutMinMs, kChainMaxMs}));
  }
  return made;
}

Read<Fallback> fixed_of(Node node) {
  AIRLOCK_ASSIGN(const Fields fields, Fields::of(node, {"status", "type", "body"}));
  Fixed made;
  if (const auto status = fields.optional("status")) {
    AIRLOCK_ASSIGN(const std::uint64_t number, integer(*status, {"status of an answer", 200, 599}));
    made.status = static_cast<int>(number);
  }
  if (const auto type = fields.optional("type")) {
    AIRLOCK_ASSIGN(made.type, words(*type, kNameMax * 4));
    if (!is_header_value(made.type))
      return refuse_at(*type, Code::bad_text, shown(*type) + " is no type of content",
                       "write one such as application/json");
  }
  AIRLOCK_ASSIGN(const Node body, fields.required("body"));
  AIRLOCK_ASSIGN(made.body, words(body, kFixedBodyMax));
  return made;
}

Read<Fallback> fallback_of(Node node, std::uint64_t timeout_ms) {
  AIRLOCK_ASSIGN(const Fields fields, Fields::of(node, {"url", "timeout", "ca", "last", "answer"}));
  const auto last = fields.optional("last");
  const auto answer = fields.optional("answer");
  const auto url = fields.optional("url");
  const int kinds = (last ? 1 : 0) + (answer ? 1 : 0) + (url ? 1 : 0);
  if (kinds != 1)
    return refuse_at(node, Code::missing_field, "a fallback names not exactly one who answers",
                     "write one of url, last and answer");
  if (!url && node.count() > 1)
    return refuse_at(node, Code::unknown_field, "a time or an authority is of a url alone",
                     "leave them out");
  if (answer) return fixed_of(*answer);
  if (!last) return place_of(fields, timeout_ms);
  AIRLOCK_ASSIGN(const std::uint64_t age,
                 milliseconds(*last, {"age of an answer", 1'000, kLastMaxMs}));
  return Last{age};
}

Read<breaker::Settings> breaker_of(Node node) {
  AIRLOCK_ASSIGN(const Fields fields, Fields::of(node, {"failures", "open", "probes"}));
  breaker::Settings made;
  if (const auto failures = fields.optional("failures")) {
    AIRLOCK_ASSIGN(const std::uint64_t number,
                   integer(*failures, {"number of failures in a row", 1, breaker::kCallsMax}));
    made.failures_max = static_cast<std::uint32_t>(number);
  }
  if (const auto open = fields.optional("open")) {
    AIRLOCK_ASSIGN(made.open_ms, milliseconds(*open, {"time of rest", 100, kOpenMaxMs}));
  }
  if (const auto probes = fields.optional("probes")) {
    AIRLOCK_ASSIGN(const std::uint64_t number,
                   integer(*probes, {"number of probes", 1, breaker::kCallsMax}));
    made.probes = static_cast<std::uint32_t>(number);
  }
  return made;
}

Read<Repeat> repeat_of(Node node) {
  constexpr std::array<std::string_view, 3> kWords = {"none", "get", "any"};
  const auto found = node.is_scalar() ? std::ranges::find(kWords, node.scalar()) : kWords.end();
  if (found != kWords.end()) return static_cast<Repeat>(found - kWords.begin());
  return refuse_at(node, Code::bad_text, shown(node) + " names no calls that may be repeated",
                   "write none, get or any");
}

Read<std::string> probe_of(Node node) {
  AIRLOCK_ASSIGN(std::string path, words(node, peer::kUrlMax));
  if (path.starts_with('/') && is_plain_rest(path)) return path;
  return refuse_at(node, Code::bad_text, shown(node) + " is no path to be asked",
                   "write one such as /health");
}

Read<void> read_numbers(const Fields& fields, Plan& made) {
  if (const auto repeat = fields.optional("repeat")) {
    AIRLOCK_ASSIGN(made.repeat, repeat_of(*repeat));
  }
  if (const auto in_flight = fields.optional("in_flight")) {
    AIRLOCK_ASSIGN(const std::uint64_t number,
                   integer(*in_flight, {"number of calls at once", 1, kInFlightMax}));
    made.in_flight_max = static_cast<std::uint32_t>(number);
  }
  if (const auto slow = fields.optional("slow")) {
    AIRLOCK_ASSIGN(made.slow_ms, milliseconds(*slow, {"time that is too slow", kTimeoutMinMs,
                                                      made.place.timeout_ms}));
  }
  if (const auto settings = fields.optional("breaker")) {
    AIRLOCK_ASSIGN(made.breaker, breaker_of(*settings));
  }
  if (const auto probe = fields.optional("probe")) {
    AIRLOCK_ASSIGN(made.probe, probe_of(*probe));
  }
  return {};
}

Read<void> read_fallbacks(Node node, Plan& made) {
  AIRLOCK_ASSIGN(const yaml::Elements list, elements(node, kFallbacksMax));
  std::uint64_t waits_ms = made.place.timeout_ms;
  bool is_fixed = false;
  for (const Node element : list) {
    if (is_fixed)
      return refuse_at(element, Code::out_of_range, "nobody comes to this fallback",
                       "put the fixed answer last: it is always there");
    AIRLOCK_ASSIGN(Fallback fallback, fallback_of(element, made.place.timeout_ms));
    if (const auto* const place = std::get_if<Place>(&fallback)) waits_ms += place->timeout_ms;
    if (waits_ms > kChainMaxMs)
      return refuse_at(element, Code::out_of_range,
                       "a call could wait for " + time_text(waits_ms) + " up to here",
                       "keep the sum of the timeouts to " + time_text(kChainMaxMs));
    is_fixed = std::holds_alternative<Fixed>(fallback);
    made.fallbacks.push_back(std::move(fallback));
  }
  return {};
}

Read<Plan> plan_of(const yaml::Member& member) {
  constexpr std::uint64_t kTimeoutMs = 2'000;  // unless it is written
  Plan made;
  AIRLOCK_ASSIGN(made.name, name_of(member.name));
  AIRLOCK_ASSIGN(const Fields fields,
                 Fields::of(member.value, {"url", "timeout", "ca", "repeat", "in_flight", "slow",
                                           "breaker", "probe", "fallback"}));
  AIRLOCK_ASSIGN(made.place, place_of(fields, kTimeoutMs));
  AIRLOCK_TRY(read_numbers(fields, made));
  if (const auto fallback = fields.optional("fallback")) {
    AIRLOCK_TRY(read_fallbacks(*fallback, made));
  }
  return made;
}

}  // namespace

Read<std::vector<Plan>> read_plans(std::string_view text) {
  AIRLOCK_ASSIGN(const yaml::Tree tree, yaml::Tree::parse(text));
  AIRLOCK_ASSIGN(const Fields fields,
                 Fields::of(tree.root(), {"airlock_dependencies", "dependencies"}));
  AIRLOCK_ASSIGN(const Node version, fields.required("airlock_dependencies"));
  if (!version.is_scalar() || version.scalar() != std::to_string(kFormatVersion))
    return refuse_at(version, Code::unsupported_version, shown(version) + " is no known version",
                     "write 1");
  AIRLOCK_ASSIGN(const Node list, fields.required("dependencies"));
  if (!list.is_mapping() || list.count() == 0)
    return refuse_at(list, Code::missing_field, "no dependency is named here",
                     "write the name of each, and below it its url");
  if (list.count() > kDependenciesMax)
    return refuse_at(list, Code::too_many,
                     "there are " + std::to_string(list.count()) + " dependencies",
                     "at most " + std::to_string(kDependenciesMax) + " are allowed");
  std::vector<Plan> plans;
  for (const yaml::Member member : list.members()) {
    AIRLOCK_ASSIGN(Plan plan, plan_of(member));
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace airlock::dependency
