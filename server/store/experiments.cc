#include "server/store/experiments.h"

#include "host/json/json.h"
#include "host/text/text.h"
#include "server/assignment/assignment.h"
#include "server/store/internal/audit.h"

namespace airlock::store {

namespace {

// What became of a decision's alert: stored, append only. 0: there is none; 1: it waits.
constexpr std::int64_t kTold = 2;
constexpr std::int64_t kGivenUp = 3;

constexpr std::string_view kColumns =
    "SELECT id, experiment, at, act, rule, arm, words, numbers, alert FROM verdicts ";

Result<std::vector<Decision>> read_decisions(Statement& query) {
  std::vector<Decision> decisions;
  while (true) {
    AIRLOCK_ASSIGN(const bool more, query.step());
    if (!more) return decisions;
    decisions.push_back({query.integer(0), query.integer(1), query.integer(2), query.text(3),
                         query.text(4), query.text(5), query.text(6), query.text(7),
                         query.integer(8) != 0});
  }
}

Result<std::int64_t> mark_of(Connection& connection) {
  AIRLOCK_ASSIGN(auto query, connection.prepare(
                                 "SELECT count(*) + coalesce(sum(revision), 0) FROM experiments"));
  AIRLOCK_TRY(query.step());
  return query.integer(0);
}

// check_mark is asked inside of the transaction that then writes.
Status check_mark(Connection& connection, std::int64_t expected) {
  AIRLOCK_ASSIGN(const std::int64_t mark, mark_of(connection));
  return mark == expected ? Status() : fail(Code::conflict);
}

// write_change updates the state where its revision is the expected one, and adds the decisions.
Result<std::int64_t> write_change(Connection& connection, const Change& change) {
  if (change.mark) AIRLOCK_TRY(check_mark(connection, *change.mark));
  AIRLOCK_ASSIGN(auto update,
                 connection.prepare("UPDATE experiments SET state = ?, revision = revision + 1 "
                                    "WHERE id = ? AND revision = ?"));
  update.bind(0, change.state).bind(1, change.id).bind(2, change.revision);
  AIRLOCK_TRY(update.run());
  if (connection.changes() != 1) return fail(Code::conflict);
  AIRLOCK_ASSIGN(auto insert,
                 connection.prepare("INSERT INTO verdicts (experiment, at, act, rule, arm, words, "
                                    "numbers, alert) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
  for (const Decision& decision : change.decisions) {
    insert.bind(0, change.id).bind(1, decision.at).bind(2, decision.act).bind(3, decision.rule);
    insert.bind(4, decision.arm).bind(5, decision.words).bind(6, decision.numbers);
    insert.bind(7, std::int64_t{decision.alert ? 1 : 0});
    AIRLOCK_TRY(insert.run());
  }
  return change.revision + 1;
}

}  // namespace

class Experiments::Database {
 public:
  explicit Database(Connection made) : connection(std::move(made)) {}
  Connection connection;
};

Experiments::Experiments(std::unique_ptr<Database> database) : database_(std::move(database)) {}
Experiments::~Experiments() = default;

Result<std::unique_ptr<Experiments>> Experiments::open(const Store& store) {
  AIRLOCK_ASSIGN(auto connection, Connection::open(store.path()));
  return std::unique_ptr<Experiments>(
      new Experiments(std::make_unique<Database>(std::move(connection))));
}

Result<std::vector<Experiment>> Experiments::list() {
  const std::lock_guard lock(mutex_);
  AIRLOCK_ASSIGN(auto query, database_->connection.prepare(
                                 "SELECT id, seed, definition, state, revision, created "
                                 "FROM experiments ORDER BY id"));
  std::vector<Experiment> experiments;
  while (true) {
    AIRLOCK_ASSIGN(const bool more, query.step());
    if (!more) return experiments;
    AIRLOCK_ASSIGN(const Digest seed, text::digest_from_hex(query.text(1)));
    experiments.push_back(
        {query.integer(0), seed, query.text(2), query.text(3), query.integer(4), query.integer(5)});
  }
}

Result<Experiment> Experiments::create(const std::string& definition, const std::string& state,
                                       std::int64_t mark, const Deed& deed) {
  AIRLOCK_TRY(internal::check_deed(deed));
  const std::lock_guard lock(mutex_);
  Connection& connection = database_->connection;
  AIRLOCK_ASSIGN(auto transaction, Transaction::begin(connection));
  AIRLOCK_TRY(check_mark(connection, mark));
  AIRLOCK_ASSIGN(auto count, connection.prepare("SELECT count(*) FROM experiments"));
  AIRLOCK_TRY(count.step());
  if (count.integer(0) >= static_cast<std::int64_t>(kExperimentsMax)) return fail(Code::too_many);
  const Digest seed = assignment::draw_seed();
  const std::string seed_hex = text::to_hex(seed.bytes);
  AIRLOCK_ASSIGN(auto insert,
                 connection.prepare("INSERT INTO experiments (seed, definition, state, revision, "
                                    "created) VALUES (?, ?, ?, 0, ?)"));
  insert.bind(0, seed_hex).bind(1, definition).bind(2, state).bind(3, deed.when);
  AIRLOCK_TRY(insert.run());
  const std::int64_t id = connection.last_id();
  const std::string detail =
      "{\"definition\":" + definition + ",\"id\":" + std::to_string(id) + "}";
  AIRLOCK_TRY(internal::note(connection, deed, "experiment.create", detail));
  AIRLOCK_TRY(transaction.commit());
  return Experiment{id, seed, definition, state, 0, deed.when};
}

Result<std::int64_t> Experiments::apply(const Change& change) {
  const std::lock_guard lock(mutex_);
  AIRLOCK_ASSIGN(auto transaction, Transaction::begin(database_->connection));
  AIRLOCK_ASSIGN(const std::int64_t revision, write_change(database_->connection, change));
  AIRLOCK_TRY(transaction.commit());
  return revision;
}

Result<std::int64_t> Experiments::apply(const Change& change, std::string_view what,
                                        const Deed& deed) {
  AIRLOCK_TRY(internal::check_deed(deed));
  const std::lock_guard lock(mutex_);
  Connection& connection = database_->connection;
  AIRLOCK_ASSIGN(auto transaction, Transaction::begin(connection));
  AIRLOCK_ASSIGN(const std::int64_t revision, write_change(connection, change));
  json::Value detail = {{"id", change.id}};
  if (!change.decisions.empty()) detail["words"] = change.decisions.back().words;
  AIRLOCK_TRY(internal::note(connection, deed, what, json::write(detail)));
  AIRLOCK_TRY(transaction.commit());
  return revision;
}

Result<std::vector<Decision>> Experiments::decisions(std::optional<std::int64_t> experiment,
                                                     std::size_t rows_max) {
  const std::lock_guard lock(mutex_);
  AIRLOCK_ASSIGN(auto query, database_->connection.prepare(
                                 std::string(kColumns) +
                                 "WHERE ?1 < 0 OR experiment = ?1 ORDER BY id DESC LIMIT ?2"));
  query.bind(0, experiment.value_or(-1)).bind(1, static_cast<std::int64_t>(rows_max));
  return read_decisions(query);
}

Result<std::vector<Decision>> Experiments::untold(std::size_t rows_max) {
  const std::lock_guard lock(mutex_);
  AIRLOCK_ASSIGN(auto query, database_->connection.prepare(std::string(kColumns) +
                                                           "WHERE alert = 1 ORDER BY id LIMIT ?"));
  query.bind(0, static_cast<std::int64_t>(rows_max));
  return read_decisions(query);
}

Status Experiments::told(std::int64_t decision) { return mark_alert(decision, kTold); }
Status Experiments::gave_up(std::int64_t decision) { return mark_alert(decision, kGivenUp); }

Status Experiments::mark_alert(std::int64_t decision, std::int64_t mark) {
  const std::lock_guard lock(mutex_);
  AIRLOCK_ASSIGN(auto update,
                 database_->connection.prepare("UPDATE verdicts SET alert = ? WHERE id = ?"));
  update.bind(0, mark).bind(1, decision);
  return update.run();
}

Result<Experiments::Marks> Experiments::marks() {
  const std::lock_guard lock(mutex_);
  AIRLOCK_ASSIGN(const std::int64_t mark, mark_of(database_->connection));
  AIRLOCK_ASSIGN(auto query,
                 database_->connection.prepare("SELECT coalesce(max(id), 0) FROM audit"));
  AIRLOCK_TRY(query.step());
  return Marks{mark, query.integer(0)};
}

}  // namespace airlock::store
