#include "server/store/store.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "host/json/json.h"
#include "host/text/text.h"
#include "server/assignment/assignment.h"
#include "server/store/database.h"
#include "server/store/internal/audit.h"

namespace airlock::store {

namespace {

using internal::check_deed;
using internal::note;

constexpr const char* kSchema = R"(
CREATE TABLE rollouts (
  id INTEGER PRIMARY KEY AUTOINCREMENT, manifest TEXT NOT NULL, seed TEXT NOT NULL,
  share INTEGER NOT NULL CHECK (share BETWEEN 0 AND 10000), state INTEGER NOT NULL,
  models TEXT NOT NULL, regions TEXT NOT NULL, groups TEXT NOT NULL,
  from_min TEXT NOT NULL, from_max TEXT NOT NULL,
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, created INTEGER NOT NULL) STRICT;
CREATE TABLE devices (
  duid TEXT PRIMARY KEY, key TEXT NOT NULL, enrolled INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE reports (
  id INTEGER PRIMARY KEY AUTOINCREMENT, duid TEXT NOT NULL, sequence INTEGER NOT NULL,
  rollout INTEGER NOT NULL, manifest TEXT NOT NULL, version TEXT NOT NULL, phase TEXT NOT NULL,
  outcome TEXT NOT NULL, reason TEXT NOT NULL, time_bound INTEGER NOT NULL,
  received INTEGER NOT NULL, standing INTEGER NOT NULL, UNIQUE (duid, sequence)) STRICT;
CREATE INDEX reports_by_rollout ON reports (rollout, standing, outcome, reason);
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL,
  what TEXT NOT NULL, why TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
CREATE TRIGGER audit_keeps_rows BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;
CREATE TRIGGER audit_loses_none BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;
PRAGMA user_version = 1;
)";

constexpr const char* kSecondSchema = R"(
ALTER TABLE rollouts ADD COLUMN certificates TEXT NOT NULL DEFAULT '[]';
CREATE TABLE sightings (
  duid TEXT PRIMARY KEY REFERENCES devices (duid), at INTEGER NOT NULL, model TEXT NOT NULL,
  version TEXT NOT NULL, security_version INTEGER NOT NULL, bootloader INTEGER NOT NULL,
  region TEXT NOT NULL, device_group TEXT NOT NULL, certificate TEXT NOT NULL)
  STRICT, WITHOUT ROWID;
PRAGMA user_version = 2;
)";

// Strangers' reports are forgotten, the oldest first.
constexpr const char* kThirdSchema = R"(
CREATE INDEX reports_of_strangers ON reports (id) WHERE standing = 0;
PRAGMA user_version = 3;
)";

// Experiments: their definitions and states are texts that server/experiment reads and writes.
constexpr const char* kFourthSchema = R"(
CREATE TABLE experiments (
  id INTEGER PRIMARY KEY AUTOINCREMENT, seed TEXT NOT NULL, definition TEXT NOT NULL,
  state TEXT NOT NULL, revision INTEGER NOT NULL, created INTEGER NOT NULL) STRICT;
CREATE TABLE verdicts (
  id INTEGER PRIMARY KEY AUTOINCREMENT, experiment INTEGER NOT NULL, at INTEGER NOT NULL,
  act TEXT NOT NULL, rule TEXT NOT NULL, arm TEXT NOT NULL, words TEXT NOT NULL,
  numbers TEXT NOT NULL, alert INTEGER NOT NULL) STRICT;
CREATE INDEX verdicts_by_experiment ON verdicts (experiment);
CREATE INDEX verdicts_to_tell ON verdicts (id) WHERE alert = 1;
CREATE TABLE outcome_senders (
  duid TEXT PRIMARY KEY, sequence INTEGER NOT NULL, minute INTEGER NOT NULL,
  counted INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE outcome_devices (
  experiment INTEGER NOT NULL, duid TEXT NOT NULL, stage INTEGER NOT NULL,
  PRIMARY KEY (experiment, duid)) STRICT, WITHOUT ROWID;
CREATE TABLE outcome_totals (
  process TEXT NOT NULL, experiment INTEGER NOT NULL, arm TEXT NOT NULL, stage INTEGER NOT NULL,
  place INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (process, experiment, arm, stage, place)) STRICT, WITHOUT ROWID;
PRAGMA user_version = 4;
)";

// What was counted before books had names began at nobody knows when.
constexpr const char* kFifthSchema = R"(
CREATE TABLE outcome_books (
  process TEXT PRIMARY KEY, id TEXT NOT NULL, began INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO outcome_books SELECT process, lower(hex(randomblob(8))), 0
  FROM (SELECT DISTINCT process FROM outcome_totals);
PRAGMA user_version = 5;
)";

constexpr const char* kSixthSchema = R"(
ALTER TABLE outcome_senders RENAME COLUMN minute TO hour;
-- Who inserts under a row's own number would replace it: no row is deleted by that, so that no trigger of that runs.
CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit
  WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
  BEGIN SELECT RAISE(ABORT, 'the audit table only grows'); END;
PRAGMA user_version = 6;
)";

constexpr std::string_view kRolloutColumns =
    "id, manifest, seed, share, state, models, regions, groups, from_min, from_max, not_before, "
    "not_after, created, certificates";

Status prepare_schema(Connection& connection) {
  AIRLOCK_ASSIGN(auto transaction, Transaction::begin(connection));
  std::int64_t version = 0;
  {
    AIRLOCK_ASSIGN(auto query, connection.prepare("PRAGMA user_version"));
    AIRLOCK_TRY(query.step());
    version = query.integer(0);
  }
  if (version > kSchemaVersion) {
    return fail(Code::unsupported_version, static_cast<std::uint64_t>(version));
  }
  if (version < 1) AIRLOCK_TRY(connection.execute(kSchema));
  if (version < 2) AIRLOCK_TRY(connection.execute(kSecondSchema));
  if (version < 3) AIRLOCK_TRY(connection.execute(kThirdSchema));
  if (version < 4) AIRLOCK_TRY(connection.execute(kFourthSchema));
  if (version < 5) AIRLOCK_TRY(connection.execute(kFifthSchema));
  if (version < 6) AIRLOCK_TRY(connection.execute(kSixthSchema));
  return transaction.commit();
}

std::string write_list(const std::vector<std::string>& list) {
  return json::write(json::Value(list));
}

Result<std::vector<std::string>> read_list(const std::string& text) {
  AIRLOCK_ASSIGN(const json::Value value, json::parse(text, kListMax * (kWordMax * 6 + 3) + 2));
  if (!value.is_array()) return fail(Code::database_failed);
  std::vector<std::string> list;
  for (const json::Value& item : value) {
    if (!item.is_string()) return fail(Code::database_failed);
    list.push_back(item.get<std::string>());
  }
  return list;
}

Result<Rollout> read_rollout(Statement& row) {
  Rollout rollout;
  rollout.id = row.integer(0);
  AIRLOCK_ASSIGN(rollout.manifest, text::digest_from_hex(row.text(1)));
  AIRLOCK_ASSIGN(rollout.seed, text::digest_from_hex(row.text(2)));
  rollout.share = static_cast<std::uint32_t>(row.integer(3));
  const std::int64_t state = row.integer(4);
  if (state < 0 || state > 3) return fail(Code::database_failed);
  rollout.state = static_cast<State>(state);
  AIRLOCK_ASSIGN(rollout.models, read_list(row.text(5)));
  AIRLOCK_ASSIGN(rollout.regions, read_list(row.text(6)));
  AIRLOCK_ASSIGN(rollout.groups, read_list(row.text(7)));
  rollout.from_min = row.text(8);
  rollout.from_max = row.text(9);
  rollout.not_before = row.integer(10);
  rollout.not_after = row.integer(11);
  rollout.created = row.integer(12);
  AIRLOCK_ASSIGN(rollout.certificates, read_list(row.text(13)));
  return rollout;
}

Result<Rollout> find_rollout(Connection& connection, std::int64_t id) {
  AIRLOCK_ASSIGN(auto query, connection.prepare("SELECT " + std::string(kRolloutColumns) +
                                                " FROM rollouts WHERE id = ?"));
  query.bind(0, id);
  AIRLOCK_ASSIGN(const bool found, query.step());
  if (!found) return fail(Code::not_found, static_cast<std::uint64_t>(id));
  return read_rollout(query);
}

// detail_of is all that an operator chose for a rollout.
std::string detail_of(const Rollout& draft, std::int64_t id) {
  json::Value detail = {{"id", id},
                        {"manifest", text::to_hex(draft.manifest.bytes)},
                        {"share", draft.share},
                        {"state", name_of(draft.state)},
                        {"models", draft.models},
                        {"regions", draft.regions},
                        {"groups", draft.groups},
                        {"certificates", draft.certificates}};
  if (!draft.from_min.empty()) detail["from"] = draft.from_min + ".." + draft.from_max;
  if (draft.not_before != 0) detail["not_before"] = text::to_time(draft.not_before);
  if (draft.not_after != 0) detail["not_after"] = text::to_time(draft.not_after);
  return json::write(detail);
}

Result<State> state_after(State state, Step step) {
  if (state == State::halted) return fail(Code::conflict);
  switch (step) {
    case Step::resume:
      if (state == State::running) return fail(Code::conflict);
      return State::running;
    case Step::pause:
      if (state != State::running) return fail(Code::conflict);
      return State::paused;
    case Step::halt: return State::halted;
  }
  return fail(Code::out_of_range);
}

std::string_view deed_of(Step step) {
  switch (step) {
    case Step::resume: return "rollout.resume";
    case Step::pause: return "rollout.pause";
    case Step::halt: return "rollout.halt";
  }
  return "";
}

// lock_folder lets one process have the folder, or all those that share it.
Status lock_folder(file::File& lock, Sharing sharing) {
  if (sharing == Sharing::alone) return lock.lock();
  if (::flock(lock.descriptor(), LOCK_SH | LOCK_NB) == 0) return {};
  return fail(errno == EWOULDBLOCK ? Code::busy : file::code_of(errno));
}

}  // namespace

class Store::Database {
 public:
  explicit Database(Connection made) : connection(std::move(made)) {}
  Connection connection;
};

std::string duid_of(Bytes ed25519) {
  constexpr std::size_t kNameBytes = 20;
  const Digest digest = crypto::sha256(ed25519);
  return text::to_base32(Bytes(digest.bytes).first(kNameBytes));
}

std::string_view name_of(State state) {
  switch (state) {
    case State::created: return "created";
    case State::running: return "running";
    case State::paused: return "paused";
    case State::halted: return "halted";
  }
  return "";
}

Store::Store(file::File lock, file::Path path, std::unique_ptr<Database> database)
    : lock_(std::move(lock)), path_(std::move(path)), database_(std::move(database)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const file::Path& folder, Sharing sharing) {
  AIRLOCK_TRY(file::make_folders(folder));
  // A database that was put back from a copy may be readable by everybody; the folder is not.
  if (::chmod(folder.c_str(), S_IRWXU) != 0) return fail(file::code_of(errno));
  AIRLOCK_ASSIGN(file::File lock, file::File::open(folder / "lock", file::Access::create));
  AIRLOCK_TRY(lock_folder(lock, sharing));
  file::Path path = folder / "server.db";
  AIRLOCK_ASSIGN(auto connection, Connection::open(path));
  AIRLOCK_TRY(prepare_schema(connection));
  auto database = std::make_unique<Database>(std::move(connection));
  return std::unique_ptr<Store>(new Store(std::move(lock), std::move(path), std::move(database)));
}

Result<std::vector<Rollout>> Store::rollouts() {
  const std::lock_guard lock(mutex_);
  AIRLOCK_ASSIGN(auto query,
                 database_->connection.prepare("SELECT " + std::string(kRolloutColumns) +
                                               " FROM rollouts ORDER BY id LIMIT 1000"));
  std::vector<Rollout> rollouts;
  while (true) {
    AIRLOCK_ASSIGN(const bool more, query.step());
    if (!more) return rollouts;
    AIRLOCK_ASSIGN(Rollout rollout, read_rollout(query));
    rollouts.push_back(std::move(rollout));
  }
}

Result<Rollout> Store::create_rollout(const Rollout& draft, const Deed& deed) {
  AIRLOCK_TRY(check_deed(deed));
  if (draft.share > kShareWhole) return fail(Code::out_of_range, draft.share);
  const std::lock_guard lock(mutex_);
  Connection& connection = database_->connection;
  AIRLOCK_ASSIGN(auto transaction, Transaction::begin(connection));
  AIRLOCK_ASSIGN(auto count, connection.prepare("SELECT count(*) FROM rollouts"));
  AIRLOCK_TRY(count.step());
  if (count.integer(0) >= static_cast<std::int64_t>(kRolloutsMax)) return fail(Code::too_many);
  const std::string manifest = text::to_hex(draft.manifest.bytes);
  const Digest drawn = draft.seed == Digest{} ? assignment::draw_seed() : draft.seed;
  const std::string seed = text::to_hex(drawn.bytes);
  const std::string models = write_list(draft.models);
  const std::string regions = write_list(draft.regions);
  const std::string groups = write_list(draft.groups);
  const std::string certificates = write_list(draft.certificates);
  AIRLOCK_ASSIGN(auto insert,
                 connection.prepare("INSERT INTO rollouts (manifest, seed, share, state, models, "
                                    "regions, groups, from_min, from_max, not_before, not_after, "
                                    "created, certificates) "
                                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.bind(0, manifest).bind(1, seed).bind(2, std::int64_t{draft.share});
  insert.bind(3, static_cast<std::int64_t>(draft.state)).bind(4, models).bind(5, regions);
  insert.bind(6, groups).bind(7, draft.from_min).bind(8, draft.from_max);
  insert.bind(9, draft.not_before).bind(10, draft.not_after).bind(11, deed.when);
  insert.bind(12, certificates);
  AIRLOCK_TRY(insert.run());
  const std::int64_t id = connection.last_id();
  AIRLOCK_TRY(note(connection, deed, "rollout.create", detail_of(draft, id)));
  AIRLOCK_TRY(transaction.commit());
  return find_rollout(connection, id);
}

Result<Rollout> Store::advance(std::int64_t id, std::uint32_t share, const Deed& deed) {
  AIRLOCK_TRY(check_deed(deed));
  if (share > kShareWhole) return fail(Code::out_of_range, share);
  const std::lock_guard lock(mutex_);
  Connection& connection = database_->connection;
  AIRLOCK_ASSIGN(auto transaction, Transaction::begin(connection));
  AIRLOCK_ASSIGN(const Rollout rollout, find_rollout(connection, id));
  if (rollout.state == State::halted || share <= rollout.share) return fail(Code::conflict);
  AIRLOCK_ASSIGN(auto update, connection.prepare("UPDATE rollouts SET share = ? WHERE id = ?"));
  AIRLOCK_TRY(update.bind(0, std::int64_t{share}).bind(1, id).run());
  const json::Value detail = {{"id", id}, {"from", rollout.share}, {"share", share}};
  AIRLOCK_TRY(note(connection, deed, "rollout.advance", json::write(detail)));
  AIRLOCK_TRY(transaction.commit());
  return find_rollout(connection, id);
}

Result<Rollout> Store::take(std::int64_t id, Step step, const Deed& deed) {
  AIRLOCK_TRY(check_deed(deed));
  const std::lock_guard lock(mutex_);
  Connection& connection = database_->connection;
  AIRLOCK_ASSIGN(auto transaction, Transaction::begin(connection));
  AIRLOCK_ASSIGN(const Rollout rollout, find_rollout(connection, id));
  AIRLOCK_ASSIGN(const State next, state_after(rollout.state, step));
  AIRLOCK_ASSIGN(auto update, connection.prepare("UPDATE rollouts SET state = ? WHERE id = ?"));
  AIRLOCK_TRY(update.bind(0, static_cast<std::int64_t>(next)).bind(1, id).run());
  const json::Value detail = {{"id", id}, {"from", name_of(rollout.state)}};
  AIRLOCK_TRY(note(connection, deed, deed_of(step), json::write(detail)));
  AIRLOCK_TRY(transaction.commit());
  return find_rollout(connection, id);
}

Result<Import> Store::import_devices(const std::vector<std::string>& keys_hex, const Deed& deed) {
  AIRLOCK_TRY(check_deed(deed));
  if (keys_hex.size() > kKeysMax) return fail(Code::too_many, keys_hex.size());
  const std::lock_guard lock(mutex_);
  Connection& connection = database_->connection;
  AIRLOCK_ASSIGN(auto transaction, Transaction::begin(connection));
  AIRLOCK_ASSIGN(auto insert,
                 connection.prepare("INSERT OR IGNORE INTO devices (duid, key, enrolled) VALUES "
                                    "(?, ?, ?)"));
  Import import;
  json::Value added = json::Value::array();
  for (const std::string& hex : keys_hex) {
    AIRLOCK_ASSIGN(const auto raw, text::from_hex(hex));
    AIRLOCK_TRY(crypto::make_public_key(crypto::Algorithm::eddsa, raw));
    const std::string duid = duid_of(raw);
    AIRLOCK_TRY(insert.bind(0, duid).bind(1, hex).bind(2, deed.when).run());
    const bool is_new = connection.changes() > 0;
    ++(is_new ? import.added : import.known);
    if (is_new) added.push_back(duid);
  }
  const json::Value detail = {
      {"added", import.added}, {"known", import.known}, {"duids", std::move(added)}};
  AIRLOCK_TRY(note(connection, deed, "devices.import", json::write(detail)));
  AIRLOCK_TRY(transaction.commit());
  return import;
}

Result<std::vector<Device>> Store::devices(std::size_t rows_max) {
  const std::lock_guard lock(mutex_);
  AIRLOCK_ASSIGN(auto query,
                 database_->connection.prepare(
                     "SELECT devices.duid, key, enrolled, at, model, version, security_version, "
                     "bootloader, region, device_group, certificate FROM devices "
                     "LEFT JOIN sightings ON sightings.duid = devices.duid "
                     "ORDER BY enrolled DESC, devices.duid LIMIT ?"));
  query.bind(0, static_cast<std::int64_t>(rows_max));
  std::vector<Device> devices;
  while (true) {
    AIRLOCK_ASSIGN(const bool more, query.step());
    if (!more) return devices;
    devices.push_back({query.text(0), query.text(1), query.integer(2), std::nullopt});
    if (const std::int64_t at = query.integer(3); at != 0) {  // NULL reads as 0: never seen
      devices.back().seen = Sighting{at,
                                     query.text(4),
                                     query.text(5),
                                     static_cast<std::uint32_t>(query.integer(6)),
                                     static_cast<std::uint32_t>(query.integer(7)),
                                     query.text(8),
                                     query.text(9),
                                     query.text(10)};
    }
  }
}

Result<std::vector<Report>> Store::reports(std::optional<std::int64_t> rollout, Standing standing,
                                           std::size_t rows_max) {
  const std::lock_guard lock(mutex_);
  AIRLOCK_ASSIGN(auto query, database_->connection.prepare(
                                 "SELECT duid, sequence, rollout, manifest, version, phase, "
                                 "outcome, reason, time_bound, received, standing FROM reports "
                                 "WHERE standing = ?3 AND (?1 < 0 OR rollout = ?1) "
                                 "ORDER BY id DESC LIMIT ?2"));
  query.bind(0, rollout.value_or(-1)).bind(1, static_cast<std::int64_t>(rows_max));
  query.bind(2, standing == Standing::counted ? std::int64_t{1} : std::int64_t{0});
  std::vector<Report> reports;
  while (true) {
    AIRLOCK_ASSIGN(const bool more, query.step());
    if (!more) return reports;
    reports.push_back({query.text(0), query.integer(1), query.integer(2), query.text(3),
                       query.text(4), query.text(5), query.text(6), query.text(7), query.integer(8),
                       query.integer(9),
                       query.integer(10) == 1 ? Standing::counted : Standing::marked});
  }
}

Result<std::vector<ReportCount>> Store::report_counts(std::optional<std::int64_t> rollout) {
  const std::lock_guard lock(mutex_);
  AIRLOCK_ASSIGN(auto query, database_->connection.prepare(
                                 "SELECT rollout, outcome, reason, count(*) AS devices FROM ("
                                 "  SELECT rollout, outcome, reason, max(sequence) FROM reports "
                                 "  WHERE standing = 1 AND outcome <> 'progress' "
                                 "  AND (?1 < 0 OR rollout = ?1) GROUP BY rollout, duid) "
                                 "GROUP BY rollout, outcome, reason "
                                 "ORDER BY rollout DESC, devices DESC LIMIT 1000"));
  query.bind(0, rollout.value_or(-1));
  std::vector<ReportCount> counts;
  while (true) {
    AIRLOCK_ASSIGN(const bool more, query.step());
    if (!more) return counts;
    counts.push_back({query.integer(0), query.text(1), query.text(2), query.integer(3)});
  }
}

Result<std::vector<AuditEntry>> Store::audit(std::size_t rows_max) {
  const std::lock_guard lock(mutex_);
  AIRLOCK_ASSIGN(auto query,
                 database_->connection.prepare("SELECT id, at, who, what, why, detail FROM audit "
                                               "ORDER BY id DESC LIMIT ?"));
  query.bind(0, static_cast<std::int64_t>(rows_max));
  std::vector<AuditEntry> entries;
  while (true) {
    AIRLOCK_ASSIGN(const bool more, query.step());
    if (!more) return entries;
    entries.push_back({query.integer(0), query.integer(1), query.text(2), query.text(3),
                       query.text(4), query.text(5)});
  }
}

}  // namespace airlock::store
