#include <algorithm>
#include <initializer_list>

#include "host/text/text.h"
#include "server/experiment/experiment.h"

namespace airlock::experiment {

namespace {

using json::Value;

// only refuses a member that is not listed: a limit under a wrong name would leave the default.
Status only(const Value& object, std::initializer_list<std::string_view> names) {
  if (!object.is_object()) return fail(Code::wrong_type);
  for (const auto& [name, value] : object.items()) {
    if (std::ranges::find(names, name) == names.end()) return fail(Code::unknown_field);
  }
  return {};
}

Result<std::string> plain(const Value& object, std::string_view key, std::size_t size_max) {
  AIRLOCK_ASSIGN(std::string text, json::text(object, key, size_max));
  const bool shown = text::visible_line(text) == text;
  if (text.empty() || !shown) return fail(Code::bad_text);
  return text;
}

// name reads a name that is a label of metrics too.
Result<std::string> read_name(const Value& object) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
  AIRLOCK_ASSIGN(std::string text, plain(object, "name", kNameMax));
  if (text.find_first_not_of(kPlain) != std::string::npos) return fail(Code::bad_text);
  return text;
}

Result<std::string> read_digest(const Value& object, std::string_view key) {
  AIRLOCK_ASSIGN(std::string text, json::text(object, key, 2 * Digest::kSize));
  AIRLOCK_TRY(text::digest_from_hex(text));
  return text;
}

struct Range {
  std::int64_t min = 0;
  std::int64_t max = 0;
};
Result<std::int64_t> number_or(const Value& object, std::string_view key, std::int64_t otherwise,
                               Range range) {
  AIRLOCK_ASSIGN(const Value* found, json::optional(object, key));
  if (found == nullptr) return otherwise;
  return json::integer(object, key, range.min, range.max);
}

Result<std::vector<std::string>> words(const Value& object, std::string_view key) {
  std::vector<std::string> list;
  AIRLOCK_ASSIGN(const Value* found, json::optional(object, key));
  if (found == nullptr) return list;
  AIRLOCK_ASSIGN(const Value* array, json::array(object, key, kListMax));
  for (const Value& item : *array) {
    AIRLOCK_ASSIGN(std::string word, plain({{"word", item}}, "word", kWordMax));
    list.push_back(std::move(word));
  }
  return list;
}

constexpr std::string_view kMetrics[] = {"failures", "slow"};
constexpr std::string_view kOnLimits[] = {"pause", "degrade", "rollback"};

template <std::size_t kSize>
Result<std::size_t> choice(const Value& object, std::string_view key,
                           const std::string_view (&words)[kSize], std::size_t otherwise) {
  AIRLOCK_ASSIGN(const Value* found, json::optional(object, key));
  if (found == nullptr) return otherwise;
  AIRLOCK_ASSIGN(const std::string_view word, json::text_view(object, key, kWordMax));
  const auto place = std::ranges::find(words, word);
  if (place == std::end(words)) return fail(Code::bad_text);
  return static_cast<std::size_t>(place - std::begin(words));
}

Guard default_guard(Metric metric) {
  if (metric == Metric::failures) return {};
  return {Metric::slow, 10'000, OnLimit::degrade, DryRun::no};
}

Result<Guard> read_guard(const Value& value) {
  AIRLOCK_TRY(only(value, {"metric", "limit", "on_limit", "dry_run"}));
  AIRLOCK_TRY(json::text_view(value, "metric", kWordMax));
  AIRLOCK_ASSIGN(const std::size_t metric, choice(value, "metric", kMetrics, 0));
  Guard guard = default_guard(static_cast<Metric>(metric));
  AIRLOCK_ASSIGN(const std::int64_t limit, number_or(value, "limit", guard.limit, {1, kWhole - 1}));
  guard.limit = static_cast<std::uint32_t>(limit);
  AIRLOCK_ASSIGN(const std::size_t on_limit,
                 choice(value, "on_limit", kOnLimits, static_cast<std::size_t>(guard.on_limit)));
  guard.on_limit = static_cast<OnLimit>(on_limit);
  AIRLOCK_ASSIGN(const Value* dry_run, json::optional(value, "dry_run"));
  if (dry_run != nullptr) {
    AIRLOCK_ASSIGN(const bool is_dry, json::boolean(value, "dry_run"));
    guard.dry_run = is_dry ? DryRun::yes : DryRun::no;
  }
  return guard;
}

Status read_guards(const Value& value, Definition& definition) {
  AIRLOCK_ASSIGN(const Value* found, json::optional(value, "guards"));
  if (found == nullptr) {
    definition.guards = {default_guard(Metric::failures), default_guard(Metric::slow)};
    return {};
  }
  AIRLOCK_ASSIGN(const Value* guards, json::array(value, "guards", kGuardsMax));
  if (guards->empty()) return fail(Code::missing_field);
  for (const Value& item : *guards) {
    AIRLOCK_ASSIGN(const Guard guard, read_guard(item));
    definition.guards.push_back(guard);
  }
  return {};
}

Status read_arms(const Value& value, Definition& definition) {
  AIRLOCK_ASSIGN(const Value* arms, json::array(value, "arms", kArmsMax));
  if (arms->empty()) return fail(Code::missing_field);
  std::int64_t sum = 0;
  for (const Value& item : *arms) {
    AIRLOCK_TRY(only(item, {"name", "policy", "weight"}));
    Arm arm;
    AIRLOCK_ASSIGN(arm.name, read_name(item));
    if (arm.name == kBaseline) return fail(Code::duplicate_key);
    for (const Arm& other : definition.arms) {
      if (other.name == arm.name) return fail(Code::duplicate_key);
    }
    AIRLOCK_ASSIGN(arm.policy, read_digest(item, "policy"));
    const std::int64_t alone = arms->size() == 1 ? assignment::kBuckets : 0;
    AIRLOCK_ASSIGN(const std::int64_t weight,
                   number_or(item, "weight", alone, {1, assignment::kBuckets}));
    arm.weight = static_cast<std::uint32_t>(weight);
    sum += weight;
    definition.arms.push_back(std::move(arm));
  }
  if (sum != assignment::kBuckets) return fail(Code::out_of_range, static_cast<std::uint64_t>(sum));
  return {};
}

Status read_ramp(const Value& value, Definition& definition) {
  AIRLOCK_ASSIGN(const Value* found, json::optional(value, "ramp"));
  if (found == nullptr) {
    for (const std::uint32_t share : {500U, 2'500U, 5'000U, 10'000U}) {
      definition.ramp.push_back({.share = share});
    }
    return {};
  }
  AIRLOCK_ASSIGN(const Value* steps, json::array(value, "ramp", kStepsMax));
  if (steps->empty()) return fail(Code::missing_field);
  std::uint32_t before = 0;
  for (const Value& item : *steps) {
    AIRLOCK_TRY(only(item, {"share", "seconds", "samples"}));
    RampStep step;
    AIRLOCK_ASSIGN(const std::int64_t share, json::integer(item, "share", 1, assignment::kBuckets));
    step.share = static_cast<std::uint32_t>(share);
    if (step.share <= before) return fail(Code::empty_range);
    before = step.share;
    AIRLOCK_ASSIGN(step.seconds, number_or(item, "seconds", step.seconds, {0, 365 * 86'400}));
    AIRLOCK_ASSIGN(const std::int64_t samples,
                   number_or(item, "samples", static_cast<std::int64_t>(step.samples),
                             {1, std::int64_t{1} << 40}));
    step.samples = static_cast<std::uint64_t>(samples);
    definition.ramp.push_back(step);
  }
  return {};
}

Status read_settings(const Value& value, Definition& definition) {
  AIRLOCK_ASSIGN(const std::int64_t jitter,
                 number_or(value, "jitter", definition.jitter, {0, kWhole - 1}));
  definition.jitter = static_cast<std::uint32_t>(jitter);
  AIRLOCK_ASSIGN(definition.window,
                 number_or(value, "window", definition.window, {kTickSeconds, kWindowMax}));
  AIRLOCK_ASSIGN(const std::int64_t samples,
                 number_or(value, "samples", static_cast<std::int64_t>(definition.samples),
                           {1, std::int64_t{1} << 40}));
  definition.samples = static_cast<std::uint64_t>(samples);
  AIRLOCK_ASSIGN(definition.hold, number_or(value, "hold", definition.hold, {0, 86'400}));
  AIRLOCK_ASSIGN(const Value* automatic, json::optional(value, "automatic"));
  if (automatic != nullptr) {
    AIRLOCK_ASSIGN(definition.automatic, json::boolean(value, "automatic"));
  }
  return {};
}

}  // namespace

Result<Definition> Definition::parse(const Value& value) {
  AIRLOCK_TRY(only(value, {"name", "baseline", "arms", "regions", "groups", "tiers", "guards",
                           "jitter", "ramp", "automatic", "window", "samples", "hold"}));
  Definition made;
  AIRLOCK_ASSIGN(made.name, read_name(value));
  AIRLOCK_ASSIGN(made.baseline, read_digest(value, "baseline"));
  AIRLOCK_TRY(read_arms(value, made));
  AIRLOCK_ASSIGN(made.condition.regions, words(value, "regions"));
  AIRLOCK_ASSIGN(made.condition.groups, words(value, "groups"));
  AIRLOCK_ASSIGN(made.condition.tiers, words(value, "tiers"));
  AIRLOCK_TRY(read_guards(value, made));
  AIRLOCK_TRY(read_ramp(value, made));
  AIRLOCK_TRY(read_settings(value, made));
  return made;
}

Value Definition::write() const {
  Value value = {{"name", name},
                 {"baseline", baseline},
                 {"arms", Value::array()},
                 {"regions", condition.regions},
                 {"groups", condition.groups},
                 {"tiers", condition.tiers},
                 {"guards", Value::array()},
                 {"jitter", jitter},
                 {"ramp", Value::array()},
                 {"automatic", automatic},
                 {"window", window},
                 {"samples", samples},
                 {"hold", hold}};
  for (const Arm& arm : arms) {
    value["arms"].push_back({{"name", arm.name}, {"policy", arm.policy}, {"weight", arm.weight}});
  }
  for (const Guard& guard : guards) {
    value["guards"].push_back({{"metric", kMetrics[static_cast<std::size_t>(guard.metric)]},
                               {"limit", guard.limit},
                               {"on_limit", kOnLimits[static_cast<std::size_t>(guard.on_limit)]},
                               {"dry_run", guard.dry_run == DryRun::yes}});
  }
  for (const RampStep& step : ramp) {
    value["ramp"].push_back(
        {{"share", step.share}, {"seconds", step.seconds}, {"samples", step.samples}});
  }
  return value;
}

std::string_view Definition::arm_name(std::size_t arm) const {
  return arm == 0 ? kBaseline : std::string_view(arms[arm - 1].name);
}

std::vector<std::uint32_t> Definition::weights() const {
  std::vector<std::uint32_t> all;
  for (const Arm& arm : arms) all.push_back(arm.weight);
  return all;
}

double Definition::share_of(std::size_t arm, std::uint32_t share) const {
  const double gray = static_cast<double>(share) / assignment::kBuckets;
  return arm == 0 ? 1 - gray : gray * arms[arm - 1].weight / assignment::kBuckets;
}

Nanonats Definition::alarm() const {
  return evidence::alarm_level(kTicksPerAlarm, guards.size() * arms.size());
}

}  // namespace airlock::experiment
