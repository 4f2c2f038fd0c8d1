// SQLite behind a face of values: the only file pair of this room that knows its interface.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/base.h"
#include "host/file/file.h"

struct sqlite3;
struct sqlite3_stmt;

namespace airlock::store {

inline constexpr int kBusyWaitMs = 5000;

// A prepared statement. Parameters and columns count from zero. A failed bind shows in step.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  Statement(Statement&& other) noexcept : statement_(other.statement_) {
    other.statement_ = nullptr;
  }
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  Statement& bind(int place, std::int64_t value);
  Statement& bind(int place, std::string_view value);  // the text must live until reset

  // step answers true where a row is there, false at the end; database_failed otherwise.
  Result<bool> step();
  // run steps a statement that returns no rows, and makes it ready for the next use.
  Status run();
  void reset();

  std::int64_t integer(int column);
  std::string text(int column);

 private:
  sqlite3_stmt* statement_ = nullptr;
};

class Connection {
 public:
  // open opens or makes a database with the durability that this room promises.
  static Result<Connection> open(const file::Path& path);
  Connection(Connection&& other) noexcept : handle_(other.handle_) { other.handle_ = nullptr; }
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  Result<Statement> prepare(std::string_view sql);
  Status execute(const char* sql);
  std::int64_t last_id();
  std::int64_t changes();

 private:
  explicit Connection(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_ = nullptr;
};

// A transaction that ends with commit, or is undone when it goes out of scope.
class Transaction {
 public:
  static Result<Transaction> begin(Connection& connection);
  Transaction(Transaction&& other) noexcept : connection_(other.connection_) {
    other.connection_ = nullptr;
  }
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Status commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_ = nullptr;
};

}  // namespace airlock::store
