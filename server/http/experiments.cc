#include "server/http/experiments.h"

#include <algorithm>

#include "host/text/text.h"
#include "server/http/bodies.h"

namespace airlock::http {

namespace {

using experiment::Phase;
using json::Value;
using Entry = ExperimentBoard::Entry;

// A state that does not read is a pause, from which operators go on: one row must not keep the
// others, and the updates of all devices, from being served.
experiment::State paused_for(Code code, const experiment::Definition& definition) {
  auto state = experiment::State::fresh(definition);
  state.phase = Phase::paused;
  state.cause = experiment::Cause::operators;
  state.words = "paused: what is stored of it does not read (" + std::string(name(code)) +
                "); resume begins anew, rollback is final";
  return state;
}

Result<Entry> read_entry(store::Experiment row) {
  AIRLOCK_ASSIGN(const Value value, json::parse(row.definition, experiment::kDefinitionMax));
  AIRLOCK_ASSIGN(auto definition, experiment::Definition::parse(value));
  auto state = experiment::State::parse(row.state, definition);
  if (!state) state = paused_for(state.error().code, definition);
  return Entry{std::move(row), std::move(definition), std::move(*state)};
}

bool is_running(const Entry& entry) {
  return entry.state.phase == Phase::running || entry.state.phase == Phase::paused;
}

// value_of is what operators see of an experiment, arm by arm.
Value value_of(const Entry& entry, std::int64_t now) {
  const experiment::State& state = entry.state;
  Value value = {{"id", entry.row.id},
                 {"definition", entry.definition.write()},
                 {"phase", experiment::name_of(state.phase)},
                 {"share", state.share},
                 {"stage", state.stage},
                 {"words", state.words},
                 {"since", text::to_time(state.since)},
                 {"waits_for", experiment::waits_for(state, entry.definition, now)},
                 {"arms", Value::array()},
                 {"created", text::to_time(entry.row.created)}};
  if (state.ticked != 0) value["judged"] = text::to_time(state.ticked);
  for (std::size_t arm = 0; arm < state.arms.size(); ++arm) {
    const experiment::ArmState& own = state.arms[arm];
    Value row = {{"name", entry.definition.arm_name(arm)},
                 {"devices", own.devices},
                 {"guards", Value::array()}};
    for (const experiment::Watch& watch : own.guards) {
      row["guards"].push_back({{"bad", watch.window.sum.bad},
                               {"total", watch.window.sum.total},
                               {"evidence", watch.excess.value()},
                               {"alarm", entry.definition.alarm()}});
    }
    value["arms"].push_back(std::move(row));
  }
  return value;
}

Value value_of(const store::Decision& decision) {
  const auto numbers = json::parse(decision.numbers, experiment::kDefinitionMax);
  return {{"id", decision.id},
          {"experiment", decision.experiment},
          {"at", text::to_time(decision.at)},
          {"act", decision.act},
          {"rule", decision.rule},
          {"arm", decision.arm},
          {"words", decision.words},
          {"numbers", numbers ? *numbers : Value::object()}};
}

// What an operator does, by the verb of the path.
Status act(Entry& entry, std::string_view verb, const ChangeBody& body, std::int64_t now) {
  experiment::State& state = entry.state;
  if (verb == "ramp") return experiment::ramp(state, entry.definition, body.share, now);
  if (verb == "end") return experiment::end(state, entry.definition, body.arm, now);
  if (verb == "pause") return experiment::pause(state, now);
  if (verb == "resume") return experiment::start_or_resume(state, entry.definition, now);
  if (verb == "rollback") return experiment::roll_back(state, now);
  return fail(Code::not_found);
}

ChangeKind change_of(std::string_view verb) {
  if (verb == "ramp") return ChangeKind::advance;
  return verb == "end" ? ChangeKind::adopt : ChangeKind::step;
}

// write_seconds writes milliseconds as Prometheus wants them: "0.05", "10".
std::string seconds_of(std::uint64_t ms) {
  std::string part = std::to_string(1000 + ms % 1000).substr(1);
  while (!part.empty() && part.back() == '0') part.pop_back();
  return std::to_string(ms / 1000) + (part.empty() ? "" : "." + part);
}

void put_head(std::string& text, std::string_view name, std::string_view type,
              std::string_view help) {
  text.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
  text.append(name).append(" ").append(type).append("\n");
}

// What a line's labels begin with: {book="3f..",since="1800000000",experiment="1",arm="b". By the
// book the judge knows who counts, and `since` says when the count stood at zero.
std::string labels_of(const store::OutcomeBook& book, const Entry& entry, std::string_view arm) {
  return "{book=\"" + book.id + "\",since=\"" +
         std::to_string(std::max(book.began, entry.row.created)) + "\",experiment=\"" +
         std::to_string(entry.row.id) + "\",arm=\"" + std::string(arm) + "\"";
}

// each calls `put(entry, arm, totals)` for every arm of what runs, also for those without a count.
template <class Put>
void each_arm(const ExperimentBoard& board, const store::OutcomeBook& book, Put put) {
  for (const Entry& entry : board.entries) {
    if (!is_running(entry)) continue;
    for (std::size_t arm = 0; arm < entry.definition.arm_count(); ++arm) {
      const std::string name(entry.definition.arm_name(arm));
      const auto found = book.totals.find({entry.row.id, name});
      put(entry, name, found == book.totals.end() ? store::OutcomeTotals() : found->second);
    }
  }
}

void put_payments(std::string& text, const ExperimentBoard& board, const store::OutcomeBook& book) {
  put_head(text, "airlock_payments_total", "counter",
           "Payments that enrolled wallets reported, by experiment, arm and result.");
  each_arm(board, book, [&](const Entry& entry, const std::string& arm, const auto& totals) {
    const std::string head = "airlock_payments_total" + labels_of(book, entry, arm) + ",result=\"";
    text += head + "succeeded\"} " + std::to_string(totals.succeeded) + "\n";
    text += head + "failed\"} " + std::to_string(totals.failed) + "\n";
  });
}

void put_latency(std::string& text, const ExperimentBoard& board, const store::OutcomeBook& book) {
  put_head(text, "airlock_payment_seconds", "histogram",
           "How long payments took; a bucket ends at exactly 0.8.");
  each_arm(board, book, [&](const Entry& entry, const std::string& arm, const auto& totals) {
    const std::string labels = labels_of(book, entry, arm);
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at < totals.latency.size(); ++at) {
      sum += totals.latency[at];
      const bool last = at == store::kLatencyEdgesMs.size();
      const std::string edge =
          last ? "+Inf" : seconds_of(static_cast<std::uint64_t>(store::kLatencyEdgesMs[at]));
      text += "airlock_payment_seconds_bucket" + labels + ",le=\"" + edge + "\"} " +
              std::to_string(sum) + "\n";
    }
    text += "airlock_payment_seconds_sum" + labels + "} " + seconds_of(totals.sum_ms) + "\n";
    text += "airlock_payment_seconds_count" + labels + "} " + std::to_string(sum) + "\n";
  });
}

void put_devices(std::string& text, const ExperimentBoard& board, const store::OutcomeBook& book) {
  put_head(text, "airlock_experiment_devices_total", "counter",
           "Devices that reported for the first time in the present stage of an experiment.");
  each_arm(board, book, [&](const Entry& entry, const std::string& arm, const auto&) {
    const auto found = book.devices.find({{entry.row.id, arm}, entry.state.stage});
    const std::uint64_t count = found == book.devices.end() ? 0 : found->second;
    text += "airlock_experiment_devices_total" + labels_of(book, entry, arm) + ",stage=\"" +
            std::to_string(entry.state.stage) + "\"} " + std::to_string(count) + "\n";
  });
}

void put_states(std::string& text, const ExperimentBoard& board) {
  put_head(text, "airlock_experiments", "gauge", "Experiments, by phase.");
  for (const Phase phase :
       {Phase::created, Phase::running, Phase::paused, Phase::rolled_back, Phase::ended}) {
    const auto count = std::ranges::count_if(
        board.entries, [&](const Entry& entry) { return entry.state.phase == phase; });
    text += "airlock_experiments{phase=\"" + std::string(experiment::name_of(phase)) + "\"} " +
            std::to_string(count) + "\n";
  }
  put_head(text, "airlock_experiment_paused", "gauge",
           "1 where everybody is served the baseline because of a pause.");
  put_head(text, "airlock_experiment_judged_timestamp_seconds", "gauge",
           "When an experiment was judged last.");
  put_head(text, "airlock_experiment_has_data", "gauge",
           "0 where the last look at Prometheus gave no data or an error.");
  for (const Entry& entry : board.entries) {
    if (!is_running(entry)) continue;
    const std::string label = "{experiment=\"" + std::to_string(entry.row.id) + "\"} ";
    text += "airlock_experiment_paused" + label +
            (entry.state.phase == Phase::running ? "0" : "1") + "\n";
    text += "airlock_experiment_judged_timestamp_seconds" + label +
            std::to_string(entry.state.ticked) + "\n";
    text += "airlock_experiment_has_data" + label +
            (entry.state.data == experiment::Data::value ? "1" : "0") + "\n";
  }
}

}  // namespace

const Entry* ExperimentBoard::find(std::int64_t id) const {
  const auto found =
      std::ranges::find_if(entries, [id](const Entry& entry) { return entry.row.id == id; });
  return found == entries.end() ? nullptr : &*found;
}

ExperimentDesk::ExperimentDesk(Stores stores, Clock clock, Offered offered)
    : stores_(stores),
      clock_(clock),
      offered_(std::move(offered)),
      board_(std::make_shared<const ExperimentBoard>()) {}

std::shared_ptr<const ExperimentBoard> ExperimentDesk::board() const {
  const std::lock_guard lock(mutex_);
  return board_;
}

Status ExperimentDesk::reload() {
  auto made = std::make_shared<ExperimentBoard>();
  AIRLOCK_ASSIGN(const store::Experiments::Marks marks, stores_.experiments.marks());
  made->mark = marks.experiments;
  AIRLOCK_ASSIGN(auto rows, stores_.experiments.list());
  for (store::Experiment& row : rows) {
    Result<Entry> entry = read_entry(std::move(row));
    if (!entry) {
      ++made->unread;
      continue;
    }
    made->set_aside.add(entry->state, entry->definition);
    made->entries.push_back(std::move(*entry));
  }
  std::shared_ptr<const ExperimentBoard> next = std::move(made);
  const std::lock_guard lock(mutex_);
  board_.swap(next);
  return {};
}

Response ExperimentDesk::fees(const Request& request) {
  const auto body = parse_fees(request.body);
  if (!body) return error_response(body.error());
  const auto seen = board();
  Value list = Value::array();
  for (const Entry& entry : seen->entries) {
    if (body->duid.empty()) break;  // it takes part in nothing
    const experiment::Served served =
        experiment::serve(entry.state, entry.definition, entry.row.seed, body->duid,
                          {body->region, body->group, body->tier});
    if (!served.takes_part) continue;
    const std::string& policy =
        served.arm == 0 ? entry.definition.baseline : entry.definition.arms[served.arm - 1].policy;
    list.push_back({{"experiment", entry.row.id},
                    {"name", entry.definition.name},
                    {"arm", entry.definition.arm_name(served.arm)},
                    {"policy", policy},
                    {"baseline", entry.definition.baseline},
                    {"stage", entry.state.stage}});
  }
  Value set_aside = Value::array();
  for (const std::string& policy : body->kept) {
    if (seen->set_aside.contains(policy)) set_aside.push_back(policy);
  }
  return answer(
      {{"experiments", list}, {"set_aside", set_aside}, {"poll_after_s", kFeesPollSeconds}});
}

Status ExperimentDesk::take(store::OutcomeBatch batch, const Done& done) {
  const auto seen = board();
  const std::size_t sent = batch.outcomes.size();
  std::erase_if(batch.outcomes, [&](const store::Outcome& outcome) {
    const Entry* const entry = seen->find(outcome.experiment);
    return entry == nullptr || !is_running(*entry) ||
           !experiment::is_told(entry->state, entry->definition, entry->row.seed, batch.duid,
                                {outcome.arm, outcome.stage});
  });
  const std::size_t passed_over = sent - batch.outcomes.size();
  return stores_.outcomes.submit(
      std::move(batch), [done, passed_over](Result<store::OutcomeReceipt> receipt) {
        if (!receipt) return done(error_response(receipt.error()));
        const bool counted = receipt->standing == store::Standing::counted;
        const Code why = counted ? Code::ok : Code::not_enrolled;
        done(answer({{"counted", counted},
                     {"outcomes", receipt->counted},
                     {"passed_over", passed_over},
                     {"why", name(why)}}));
      });
}

Result<Response> ExperimentDesk::operate(const Request& request, std::string_view path,
                                         std::string_view query) {
  constexpr std::string_view kExperiments = "experiments";
  if (request.method == Method::get && path == "verdicts") return list_verdicts(query);
  if (request.method == Method::get && path == kExperiments) return list();
  if (request.method != Method::post) return fail(Code::not_found);
  if (path == kExperiments) return create(request);
  path.remove_prefix(std::min(path.size(), kExperiments.size()));
  if (!path.starts_with('/')) return fail(Code::not_found);
  return change(request, path.substr(1));
}

Result<Response> ExperimentDesk::list() const {
  const auto seen = board();
  Value list = Value::array();
  for (const Entry& entry : seen->entries) list.push_back(value_of(entry, clock_()));
  return answer({{"experiments", list}});
}

Result<Response> ExperimentDesk::list_verdicts(std::string_view query) {
  constexpr std::string_view kOf = "experiment=";
  std::optional<std::int64_t> id;
  if (query.starts_with(kOf)) {
    AIRLOCK_ASSIGN(id, read_id(query.substr(kOf.size())));
  } else if (!query.empty()) {
    return fail(Code::bad_request);
  }
  AIRLOCK_ASSIGN(const auto decisions, stores_.experiments.decisions(id, store::kRowsMax));
  Value list = Value::array();
  for (const store::Decision& decision : decisions) list.push_back(value_of(decision));
  return answer({{"verdicts", list}});
}

Status ExperimentDesk::stands_alone(const ExperimentBoard& board, std::int64_t id,
                                    const experiment::Definition& definition) {
  const bool meets_another = std::ranges::any_of(board.entries, [&](const Entry& entry) {
    return entry.row.id != id && is_running(entry) &&
           (experiment::may_meet(entry.definition, definition) ||
            experiment::contradict(entry.definition, definition));
  });
  return meets_another ? fail(Code::conflict) : Status();
}

// What nobody can fetch is served by no wallet: the arm would be the baseline by another name.
Status ExperimentDesk::are_offered(const experiment::Definition& definition,
                                   std::string& reading) const {
  AIRLOCK_TRY(experiment::check_policies(definition, reading));
  reading = "baseline";
  AIRLOCK_TRY(is_offered(definition.baseline));
  for (std::size_t arm = 0; arm < definition.arms.size(); ++arm) {
    reading = "arms[" + std::to_string(arm) + "].policy";
    AIRLOCK_TRY(is_offered(definition.arms[arm].policy));
  }
  return {};
}

Status ExperimentDesk::is_offered(const std::string& policy) const {
  AIRLOCK_ASSIGN(const crypto::Digest manifest, text::digest_from_hex(policy));
  return offered_(manifest);
}

Result<Response> ExperimentDesk::create(const Request& request) {
  std::string reading;
  const auto parsed = parse_experiment(request.body, reading);
  if (!parsed) return error_response(parsed.error(), reading);
  const ExperimentBody& body = *parsed;
  const Status offered = are_offered(body.definition, reading);
  if (!offered) return error_response(offered.error(), reading);
  // The judge may store a tick, and another process an experiment, between reading and writing.
  for (int at = 0; at < kChangesMax; ++at) {
    AIRLOCK_TRY(reload());
    Result<store::Experiment> made = try_create(body, std::string(request.who));
    if (!made && made.error().code == Code::busy) continue;
    if (!made) return std::unexpected(made.error());
    AIRLOCK_TRY(reload());
    AIRLOCK_ASSIGN(const Entry entry, read_entry(std::move(*made)));
    return answer(value_of(entry, clock_()));
  }
  return fail(Code::busy);
}

// try_create answers busy where any experiment changed since they were read.
Result<store::Experiment> ExperimentDesk::try_create(const ExperimentBody& body,
                                                     const std::string& who) {
  const auto seen = board();
  const std::int64_t now = clock_();
  auto state = experiment::State::fresh(body.definition);
  if (body.starts) {
    AIRLOCK_TRY(stands_alone(*seen, 0, body.definition));
    AIRLOCK_TRY(experiment::start_or_resume(state, body.definition, now));
  }
  auto made = stores_.experiments.create(json::write(body.definition.write()), state.write(),
                                         seen->mark, {who, body.why, now});
  if (made) return made;
  return fail(made.error().code == Code::conflict ? Code::busy : made.error().code);
}

Result<Response> ExperimentDesk::change(const Request& request, std::string_view rest) {
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return fail(Code::not_found);
  AIRLOCK_ASSIGN(const std::int64_t id, read_id(rest.substr(0, slash)));
  const std::string_view verb = rest.substr(slash + 1);
  // The judge may store a tick between our reading and our writing: then it is read again.
  for (int at = 0; at < kChangesMax; ++at) {
    AIRLOCK_TRY(reload());
    const Status tried = try_change(request, id, verb);
    if (!tried && tried.error().code != Code::busy) return std::unexpected(tried.error());
    if (!tried) continue;
    AIRLOCK_TRY(reload());
    return answer(value_of(*board()->find(id), clock_()));
  }
  return fail(Code::busy);
}

// try_change answers busy where the experiment changed since it was read.
Status ExperimentDesk::try_change(const Request& request, std::int64_t id, std::string_view verb) {
  AIRLOCK_ASSIGN(const ChangeBody body, parse_change(request.body, change_of(verb)));
  const auto seen = board();
  const Entry* const found = seen->find(id);
  if (found == nullptr) return fail(Code::not_found);
  Entry entry = *found;
  const std::int64_t now = clock_();
  if (verb == "resume") AIRLOCK_TRY(stands_alone(*seen, id, entry.definition));
  AIRLOCK_TRY(act(entry, verb, body, now));
  const store::Decision decision{.at = now,
                                 .act = std::string(verb),
                                 .rule = "operator",
                                 .words = entry.state.words,
                                 .numbers = "{}"};
  const store::Deed deed{std::string(request.who), body.why, now};
  store::Change change{id, entry.row.revision, entry.state.write(), {decision}};
  if (verb == "resume") change.mark = seen->mark;  // it must still stand alone
  const auto stored = stores_.experiments.apply(change, "experiment." + std::string(verb), deed);
  if (stored) return {};
  return fail(stored.error().code == Code::conflict ? Code::busy : stored.error().code);
}

void ExperimentDesk::write_metrics(std::string& text) const {
  const auto seen = board();
  const store::OutcomeBook book = stores_.outcomes.book();
  put_head(text, "airlock_experiments_unread", "gauge",
           "Experiments whose stored definition does not read; they advise nobody.");
  text += "airlock_experiments_unread " + std::to_string(seen->unread) + "\n";
  put_states(text, *seen);
  put_payments(text, *seen, book);
  put_latency(text, *seen, book);
  put_devices(text, *seen, book);
  put_head(text, "airlock_outcome_batches_marked_total", "counter",
           "Batches of outcomes by keys that are not enrolled, which count for nothing.");
  text += "airlock_outcome_batches_marked_total " + std::to_string(book.marked) + "\n";
}

}  // namespace airlock::http
