#include <limits>

#include "server/experiment/experiment.h"

namespace airlock::experiment {

namespace {

using json::Value;

constexpr std::int64_t kNumberMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kCountMax = static_cast<std::int64_t>(evidence::kCountMax);
constexpr std::size_t kWordsMax = 1000;
constexpr std::size_t kTicksMax = kWindowMax / kTickSeconds + 2;
constexpr std::size_t kSeriesNameMax = 1000;

Value write_count(Count count) { return Value::array({count.bad, count.total}); }

Result<std::int64_t> number_at(const Value& array, std::size_t at, std::int64_t min) {
  return json::integer({{"at", array[at]}}, "at", min, kNumberMax);
}

Result<Count> read_count(const Value& array, std::size_t at = 0) {
  if (!array.is_array() || array.size() < at + 2) return fail(Code::wrong_type);
  AIRLOCK_ASSIGN(const std::int64_t bad, number_at(array, at, 0));
  AIRLOCK_ASSIGN(const std::int64_t total, number_at(array, at + 1, 0));
  if (bad > total || total > kCountMax) return fail(Code::out_of_range);
  return Count{static_cast<std::uint64_t>(bad), static_cast<std::uint64_t>(total)};
}

Result<Count> read_count(const Value& object, std::string_view key) {
  AIRLOCK_ASSIGN(const Value* found, json::array(object, key, 2));
  return read_count(*found);
}

template <std::size_t kSize>
Status read_logs(const Value& object, std::string_view key, std::array<Nanonats, kSize>& logs) {
  AIRLOCK_ASSIGN(const Value* found, json::array(object, key, kSize));
  if (found->size() != kSize) return fail(Code::wrong_type);
  for (std::size_t at = 0; at < kSize; ++at) {
    AIRLOCK_ASSIGN(logs[at], number_at(*found, at, -kNumberMax));
  }
  return {};
}

Value write_watch(const Watch& watch) {
  Value ticks = Value::array();
  for (const Window::Tick& tick : watch.window.ticks) {
    ticks.push_back({tick.at, tick.count.bad, tick.count.total});
  }
  return {{"window", ticks},
          {"stage", write_count(watch.stage)},
          {"excess", watch.excess.logs},
          {"contrast", watch.contrast.logs}};
}

Result<Watch> read_watch(const Value& value) {
  Watch watch;
  AIRLOCK_ASSIGN(const Value* ticks, json::array(value, "window", kTicksMax));
  for (const Value& item : *ticks) {
    AIRLOCK_ASSIGN(const Count count, read_count(item, 1));
    AIRLOCK_ASSIGN(const std::int64_t at, number_at(item, 0, 0));
    watch.window.ticks.push_back({at, count});
    watch.window.sum += count;
  }
  AIRLOCK_ASSIGN(watch.stage, read_count(value, "stage"));
  AIRLOCK_TRY(read_logs(value, "excess", watch.excess.logs));
  AIRLOCK_TRY(read_logs(value, "contrast", watch.contrast.logs));
  return watch;
}

Result<ArmState> read_arm(const Value& value, std::size_t guards) {
  ArmState arm;
  AIRLOCK_ASSIGN(const Value* watches, json::array(value, "guards", kGuardsMax));
  if (watches->size() != guards) return fail(Code::wrong_type);
  for (const Value& item : *watches) {
    AIRLOCK_ASSIGN(Watch watch, read_watch(item));
    arm.guards.push_back(std::move(watch));
  }
  AIRLOCK_ASSIGN(const std::int64_t devices, json::integer(value, "devices", 0, kCountMax));
  arm.devices = static_cast<std::uint64_t>(devices);
  AIRLOCK_TRY(read_logs(value, "too_many", arm.too_many.logs));
  AIRLOCK_TRY(read_logs(value, "too_few", arm.too_few.logs));
  return arm;
}

template <class T>
Status read_into(T& into, const Value& value, std::string_view key, std::int64_t max) {
  AIRLOCK_ASSIGN(const std::int64_t number, json::integer(value, key, 0, max));
  into = static_cast<T>(number);
  return {};
}

Status read_ledger(const Value& value, State& state) {
  AIRLOCK_ASSIGN(const Value* found, json::optional(value, "counters"));
  if (found == nullptr) return {};  // an older state knew them by other names
  AIRLOCK_ASSIGN(const Value* ledger, json::object(value, "counters"));
  if (ledger->size() > kSeriesMax) return fail(Code::too_many);
  for (const auto& [series, entry] : ledger->items()) {
    if (series.size() > kSeriesNameMax) return fail(Code::oversized);
    if (!entry.is_array() || entry.size() != 2) return fail(Code::wrong_type);
    AIRLOCK_ASSIGN(const std::int64_t last, number_at(entry, 0, 0));
    AIRLOCK_ASSIGN(const std::int64_t seen, number_at(entry, 1, 0));
    if (last > kCountMax) return fail(Code::out_of_range);
    state.ledger.emplace(series, Followed{static_cast<std::uint64_t>(last), seen});
  }
  return {};
}

// read_new reads what older servers did not write yet.
template <class T>
Status read_new(T& into, const Value& value, std::string_view key, std::int64_t max) {
  AIRLOCK_ASSIGN(const Value* found, json::optional(value, key));
  return found == nullptr ? Status() : read_into(into, value, key, max);
}

Status read_numbers(const Value& value, State& state) {
  constexpr std::int64_t kWordNumber = std::numeric_limits<std::uint32_t>::max();
  AIRLOCK_TRY(read_into(state.phase, value, "phase", 4));
  AIRLOCK_TRY(read_into(state.cause, value, "cause", 6));
  AIRLOCK_TRY(read_into(state.share, value, "share", assignment::kBuckets));
  AIRLOCK_TRY(read_into(state.step, value, "step", kStepsMax - 1));
  AIRLOCK_TRY(read_into(state.stage, value, "stage_number", kWordNumber));
  AIRLOCK_TRY(read_into(state.since, value, "since", kNumberMax));
  AIRLOCK_TRY(read_into(state.resumes, value, "resumes", kWordNumber));
  AIRLOCK_TRY(read_into(state.ticks, value, "ticks", kNumberMax));
  AIRLOCK_TRY(read_into(state.ticked, value, "ticked", kNumberMax));
  AIRLOCK_TRY(read_new(state.degrades, value, "degrades", kWordNumber));
  AIRLOCK_TRY(read_new(state.steady, value, "steady", kNumberMax));
  AIRLOCK_TRY(read_new(state.adopted, value, "adopted", kArmsMax));
  return read_into(state.data, value, "data", 3);
}

}  // namespace

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::created: return "created";
    case Phase::running: return "running";
    case Phase::paused: return "paused";
    case Phase::rolled_back: return "rolled_back";
    case Phase::ended: return "ended";
  }
  return "";
}

State State::fresh(const Definition& definition) {
  State state;
  state.share = definition.ramp.front().share;
  state.arms.resize(definition.arm_count());
  for (ArmState& arm : state.arms) arm.guards.resize(definition.guards.size());
  return state;
}

Result<State> State::parse(std::string_view text, const Definition& definition) {
  AIRLOCK_ASSIGN(const Value value, json::parse(text, kStateMax));
  State state;
  AIRLOCK_TRY(read_numbers(value, state));
  if (state.step >= definition.ramp.size()) return fail(Code::out_of_range);
  // Only people read them: what an older server said at length must not end an experiment.
  AIRLOCK_ASSIGN(state.words, json::text(value, "words", kStateMax));
  if (state.words.size() > kWordsMax) state.words.resize(kWordsMax);
  AIRLOCK_ASSIGN(const Value* arms, json::array(value, "arms", kArmsMax + 1));
  if (arms->size() != definition.arm_count()) return fail(Code::wrong_type);
  for (const Value& item : *arms) {
    AIRLOCK_ASSIGN(ArmState arm, read_arm(item, definition.guards.size()));
    state.arms.push_back(std::move(arm));
  }
  if (state.adopted >= state.arms.size()) return fail(Code::out_of_range);
  AIRLOCK_TRY(read_ledger(value, state));
  return state;
}

std::string State::write() const {
  Value value = {{"phase", static_cast<int>(phase)},
                 {"cause", static_cast<int>(cause)},
                 {"words", words},
                 {"share", share},
                 {"step", step},
                 {"stage_number", stage},
                 {"since", since},
                 {"resumes", resumes},
                 {"ticks", ticks},
                 {"ticked", ticked},
                 {"degrades", degrades},
                 {"steady", steady},
                 {"adopted", adopted},
                 {"data", static_cast<int>(data)},
                 {"arms", Value::array()},
                 {"counters", Value::object()}};
  for (const ArmState& arm : arms) {
    Value row = {{"guards", Value::array()},
                 {"devices", arm.devices},
                 {"too_many", arm.too_many.logs},
                 {"too_few", arm.too_few.logs}};
    for (const Watch& watch : arm.guards) row["guards"].push_back(write_watch(watch));
    value["arms"].push_back(std::move(row));
  }
  for (const auto& [series, entry] : ledger) {
    value["counters"][series] = {entry.last, entry.seen};
  }
  return json::write(value);
}

}  // namespace airlock::experiment
