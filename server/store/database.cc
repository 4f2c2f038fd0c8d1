#include "server/store/database.h"

#include <sqlite3.h>

namespace airlock::store {

namespace {

Error error_of(int result) {
  const int plain = result & 0xff;
  if (plain == SQLITE_FULL) return {Code::disk_full, 0};
  if (plain == SQLITE_BUSY || plain == SQLITE_LOCKED) return {Code::busy, 0};
  return {Code::database_failed, static_cast<std::uint64_t>(result)};
}

}  // namespace

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(int place, std::int64_t value) {
  sqlite3_bind_int64(statement_, place + 1, value);
  return *this;
}

Statement& Statement::bind(int place, std::string_view value) {
  // A null pointer would bind NULL; an empty text is a text.
  const char* const data = value.data() != nullptr ? value.data() : "";
  sqlite3_bind_text(statement_, place + 1, data, static_cast<int>(value.size()), SQLITE_STATIC);
  return *this;
}

Result<bool> Statement::step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return std::unexpected(error_of(result));
}

Status Statement::run() {
  const auto stepped = step();
  reset();
  if (!stepped) return std::unexpected(stepped.error());
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

std::int64_t Statement::integer(int column) { return sqlite3_column_int64(statement_, column); }

std::string Statement::text(int column) {
  const auto* const data = sqlite3_column_text(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (data == nullptr || size <= 0) return {};
  return std::string(text_of({data, static_cast<std::size_t>(size)}));
}

Result<Connection> Connection::open(const file::Path& path) {
  sqlite3* handle = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection made(handle);
  if (result != SQLITE_OK) return std::unexpected(error_of(result));
  sqlite3_busy_timeout(handle, kBusyWaitMs);
  AIRLOCK_TRY(made.execute("PRAGMA journal_mode=WAL"));
  AIRLOCK_TRY(made.execute("PRAGMA synchronous=FULL"));
  AIRLOCK_TRY(made.execute("PRAGMA foreign_keys=ON"));
  AIRLOCK_TRY(made.execute("PRAGMA trusted_schema=OFF"));
  return made;
}

Connection::~Connection() { sqlite3_close_v2(handle_); }

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result =
      sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (result != SQLITE_OK) return std::unexpected(error_of(result));
  return Statement(statement);
}

Status Connection::execute(const char* sql) {
  const int result = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return std::unexpected(error_of(result));
  return {};
}

std::int64_t Connection::last_id() { return sqlite3_last_insert_rowid(handle_); }
std::int64_t Connection::changes() { return sqlite3_changes64(handle_); }

Result<Transaction> Transaction::begin(Connection& connection) {
  AIRLOCK_TRY(connection.execute("BEGIN IMMEDIATE"));
  return Transaction(connection);
}

Transaction::~Transaction() {
  if (connection_ != nullptr) (void)connection_->execute("ROLLBACK");
}

Status Transaction::commit() {
  AIRLOCK_TRY(connection_->execute("COMMIT"));
  connection_ = nullptr;
  return {};
}

}  // namespace airlock::store
