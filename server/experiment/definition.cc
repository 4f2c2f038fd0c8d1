#include <algorithm>
#include <initializer_list>

#include "host/text/text.h"
#include "server/experiment/experiment.h"

namespace airlock::experiment {

namespace {

using json::Value;

// An object of the definition, and by what path one comes to it. What is read next is noted, so
// that who wrote it learns what to look at.
struct Part {
  const Value& value;
  std::string path;
  std::string& reading;

  const Value& at(std::string_view key) const {
    reading = path + std::string(key);
    return value;
  }
  Part item(std::string_view key, std::size_t number) const {
    std::string place = path + std::string(key) + "[" + std::to_string(number) + "]";
    reading = place;
    return {value[std::string(key)][number], std::move(place) + ".", reading};
  }
};

// only refuses a member that is not listed: a limit under a wrong name would leave the default.
Status only(const Part& part, std::initializer_list<std::string_view> names) {
  if (!part.value.is_object()) return fail(Code::wrong_type);
  for (const auto& [name, value] : part.value.items()) {
    part.at(name);
    if (std::ranges::find(names, name) == names.end()) return fail(Code::unknown_field);
  }
  return {};
}

Result<std::string> shown(std::string text) {
  if (text.empty() || text::visible_line(text) != text) return fail(Code::bad_text);
  return text;
}

// name reads a name that is a label of metrics too.
Result<std::string> read_name(const Part& part) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
  AIRLOCK_ASSIGN(std::string typed, json::text(part.at("name"), "name", kNameMax));
  AIRLOCK_ASSIGN(std::string text, shown(std::move(typed)));
  if (text.find_first_not_of(kPlain) != std::string::npos) return fail(Code::bad_text);
  return text;
}

Result<std::string> read_digest(const Part& part, std::string_view key) {
  AIRLOCK_ASSIGN(std::string text, json::text(part.at(key), key, 2 * Digest::kSize));
  AIRLOCK_TRY(text::digest_from_hex(text));
  return text;
}

struct Range {
  std::int64_t min = 0;
  std::int64_t max = 0;
};
Result<std::int64_t> number_or(const Part& part, std::string_view key, std::int64_t otherwise,
                               Range range) {
  AIRLOCK_ASSIGN(const Value* found, json::optional(part.at(key), key));
  if (found == nullptr) return otherwise;
  return json::integer(part.value, key, range.min, range.max);
}

Result<std::vector<std::string>> words(const Part& part, std::string_view key) {
  std::vector<std::string> list;
  AIRLOCK_ASSIGN(const Value* found, json::optional(part.at(key), key));
  if (found == nullptr) return list;
  AIRLOCK_ASSIGN(const Value* array, json::array(part.value, key, kListMax));
  for (const Value& item : *array) {
    part.item(key, list.size());
    AIRLOCK_ASSIGN(std::string typed, json::text({{"word", item}}, "word", kWordMax));
    AIRLOCK_ASSIGN(std::string word, shown(std::move(typed)));
    list.push_back(std::move(word));
  }
  return list;
}

constexpr std::string_view kMetrics[] = {"failures", "slow"};
constexpr std::string_view kOnLimits[] = {"pause", "degrade", "rollback"};

template <std::size_t kSize>
Result<std::size_t> choice(const Part& part, std::string_view key,
                           const std::string_view (&words)[kSize], std::size_t otherwise) {
  AIRLOCK_ASSIGN(const Value* found, json::optional(part.at(key), key));
  if (found == nullptr) return otherwise;
  AIRLOCK_ASSIGN(const std::string_view word, json::text_view(part.value, key, kWordMax));
  const auto place = std::ranges::find(words, word);
  if (place == std::end(words)) return fail(Code::bad_text);
  return static_cast<std::size_t>(place - std::begin(words));
}

Guard default_guard(Metric metric) {
  if (metric == Metric::failures) return {};
  return {Metric::slow, 10'000, OnLimit::degrade, DryRun::no};
}

Result<Guard> read_guard(const Part& part) {
  AIRLOCK_TRY(only(part, {"metric", "limit", "on_limit", "dry_run"}));
  AIRLOCK_TRY(json::text_view(part.at("metric"), "metric", kWordMax));
  AIRLOCK_ASSIGN(const std::size_t metric, choice(part, "metric", kMetrics, 0));
  Guard guard = default_guard(static_cast<Metric>(metric));
  AIRLOCK_ASSIGN(const std::int64_t limit, number_or(part, "limit", guard.limit, {1, kWhole - 1}));
  guard.limit = static_cast<std::uint32_t>(limit);
  AIRLOCK_ASSIGN(const std::size_t on_limit,
                 choice(part, "on_limit", kOnLimits, static_cast<std::size_t>(guard.on_limit)));
  guard.on_limit = static_cast<OnLimit>(on_limit);
  AIRLOCK_ASSIGN(const Value* dry_run, json::optional(part.at("dry_run"), "dry_run"));
  if (dry_run != nullptr) {
    AIRLOCK_ASSIGN(const bool is_dry, json::boolean(part.value, "dry_run"));
    guard.dry_run = is_dry ? DryRun::yes : DryRun::no;
  }
  return guard;
}

Status read_guards(const Part& part, Definition& definition) {
  AIRLOCK_ASSIGN(const Value* found, json::optional(part.at("guards"), "guards"));
  if (found == nullptr) {
    definition.guards = {default_guard(Metric::failures), default_guard(Metric::slow)};
    return {};
  }
  AIRLOCK_ASSIGN(const Value* guards, json::array(part.value, "guards", kGuardsMax));
  if (guards->empty()) return fail(Code::missing_field);
  for (std::size_t at = 0; at < guards->size(); ++at) {
    AIRLOCK_ASSIGN(const Guard guard, read_guard(part.item("guards", at)));
    definition.guards.push_back(guard);
  }
  return {};
}

Result<Arm> read_arm(const Part& part, const Definition& before, bool is_alone) {
  AIRLOCK_TRY(only(part, {"name", "policy", "weight"}));
  Arm arm;
  AIRLOCK_ASSIGN(arm.name, read_name(part));
  const auto is_same = [&](const Arm& other) { return other.name == arm.name; };
  if (arm.name == kBaseline || std::ranges::any_of(before.arms, is_same)) {
    return fail(Code::duplicate_key);
  }
  AIRLOCK_ASSIGN(arm.policy, read_digest(part, "policy"));
  AIRLOCK_ASSIGN(
      const std::int64_t weight,
      number_or(part, "weight", is_alone ? assignment::kBuckets : 0, {1, assignment::kBuckets}));
  arm.weight = static_cast<std::uint32_t>(weight);
  return arm;
}

Status read_arms(const Part& part, Definition& definition) {
  AIRLOCK_ASSIGN(const Value* arms, json::array(part.at("arms"), "arms", kArmsMax));
  if (arms->empty()) return fail(Code::missing_field);
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < arms->size(); ++at) {
    AIRLOCK_ASSIGN(Arm arm, read_arm(part.item("arms", at), definition, arms->size() == 1));
    sum += arm.weight;
    definition.arms.push_back(std::move(arm));
  }
  part.at("arms");
  return sum == assignment::kBuckets ? Status() : fail(Code::out_of_range, sum);
}

Result<RampStep> read_step(const Part& part, std::uint32_t before) {
  AIRLOCK_TRY(only(part, {"share", "seconds", "samples"}));
  RampStep step;
  AIRLOCK_ASSIGN(const std::int64_t share,
                 json::integer(part.at("share"), "share", 1, assignment::kBuckets));
  step.share = static_cast<std::uint32_t>(share);
  if (step.share <= before) return fail(Code::empty_range);
  AIRLOCK_ASSIGN(step.seconds, number_or(part, "seconds", step.seconds, {0, 365 * 86'400}));
  AIRLOCK_ASSIGN(const std::int64_t samples,
                 number_or(part, "samples", static_cast<std::int64_t>(step.samples),
                           {1, std::int64_t{1} << 40}));
  step.samples = static_cast<std::uint64_t>(samples);
  return step;
}

Status read_ramp(const Part& part, Definition& definition) {
  AIRLOCK_ASSIGN(const Value* found, json::optional(part.at("ramp"), "ramp"));
  if (found == nullptr) {
    for (const std::uint32_t share : {500U, 2'500U, 5'000U, 10'000U}) {
      definition.ramp.push_back({.share = share});
    }
    return {};
  }
  AIRLOCK_ASSIGN(const Value* steps, json::array(part.value, "ramp", kStepsMax));
  if (steps->empty()) return fail(Code::missing_field);
  for (std::size_t at = 0; at < steps->size(); ++at) {
    const std::uint32_t before = at == 0 ? 0 : definition.ramp.back().share;
    AIRLOCK_ASSIGN(const RampStep step, read_step(part.item("ramp", at), before));
    definition.ramp.push_back(step);
  }
  return {};
}

Status read_settings(const Part& part, Definition& definition) {
  AIRLOCK_ASSIGN(const std::int64_t jitter,
                 number_or(part, "jitter", definition.jitter, {0, kWhole - 1}));
  definition.jitter = static_cast<std::uint32_t>(jitter);
  AIRLOCK_ASSIGN(definition.window,
                 number_or(part, "window", definition.window, {kTickSeconds, kWindowMax}));
  AIRLOCK_ASSIGN(const std::int64_t samples,
                 number_or(part, "samples", static_cast<std::int64_t>(definition.samples),
                           {1, std::int64_t{1} << 40}));
  definition.samples = static_cast<std::uint64_t>(samples);
  AIRLOCK_ASSIGN(definition.hold, number_or(part, "hold", definition.hold, {0, 86'400}));
  AIRLOCK_ASSIGN(const Value* automatic, json::optional(part.at("automatic"), "automatic"));
  if (automatic != nullptr) {
    AIRLOCK_ASSIGN(definition.automatic, json::boolean(part.value, "automatic"));
  }
  return {};
}

}  // namespace

Result<Definition> Definition::parse(const Value& value) {
  std::string reading;
  return parse(value, reading);
}

Result<Definition> Definition::parse(const Value& value, std::string& reading) {
  const Part part{value, "", reading};
  AIRLOCK_TRY(only(part, {"name", "baseline", "arms", "regions", "groups", "tiers", "guards",
                          "jitter", "ramp", "automatic", "window", "samples", "hold"}));
  Definition made;
  AIRLOCK_ASSIGN(made.name, read_name(part));
  AIRLOCK_ASSIGN(made.baseline, read_digest(part, "baseline"));
  AIRLOCK_TRY(read_arms(part, made));
  AIRLOCK_ASSIGN(made.condition.regions, words(part, "regions"));
  AIRLOCK_ASSIGN(made.condition.groups, words(part, "groups"));
  AIRLOCK_ASSIGN(made.condition.tiers, words(part, "tiers"));
  AIRLOCK_TRY(read_guards(part, made));
  AIRLOCK_TRY(read_ramp(part, made));
  AIRLOCK_TRY(read_settings(part, made));
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
