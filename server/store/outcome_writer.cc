#include "server/store/outcome_writer.h"

#include <algorithm>

#include "server/store/database.h"

namespace airlock::store {

namespace {

// Where a number of an arm stands in outcome_totals: stored, append only.
constexpr std::int64_t kPlaceSucceeded = 0;
constexpr std::int64_t kPlaceFailed = 1;
constexpr std::int64_t kPlaceSum = 2;
constexpr std::int64_t kPlaceDevices = 3;
constexpr std::int64_t kPlaceLatency = 10;  // and on, a bucket each

struct TotalKey {
  ArmKey arm;
  std::uint32_t stage = 0;  // of kPlaceDevices; 0 otherwise
  std::int64_t place = 0;
  auto operator<=>(const TotalKey&) const = default;
};
using Gains = std::map<TotalKey, std::int64_t>;

std::size_t bucket_of_ms(std::int64_t ms) {
  const auto edge = std::ranges::lower_bound(kLatencyEdgesMs, ms);
  return static_cast<std::size_t>(edge - kLatencyEdgesMs.begin());
}

void add_to(OutcomeBook& book, const TotalKey& key, std::int64_t gain) {
  const auto count = static_cast<std::uint64_t>(gain);
  if (key.place == kPlaceDevices) {
    book.devices[{key.arm, key.stage}] += count;
    return;
  }
  OutcomeTotals& totals = book.totals[key.arm];
  if (key.place == kPlaceSucceeded) totals.succeeded += count;
  if (key.place == kPlaceFailed) totals.failed += count;
  if (key.place == kPlaceSum) totals.sum_ms += count;
  const auto bucket = static_cast<std::size_t>(key.place - kPlaceLatency);
  if (key.place >= kPlaceLatency && bucket < totals.latency.size()) totals.latency[bucket] += count;
}

}  // namespace

// The writer's own connection and statements.
class OutcomeWriter::Writing {
 public:
  static Result<std::unique_ptr<Writing>> open(const file::Path& path, std::string process,
                                               std::int64_t per_hour) {
    AIRLOCK_ASSIGN(auto connection, Connection::open(path));
    AIRLOCK_ASSIGN(auto enrolled, connection.prepare("SELECT 1 FROM devices WHERE duid = ?"));
    AIRLOCK_ASSIGN(auto sender, connection.prepare("SELECT sequence, hour, counted FROM "
                                                   "outcome_senders WHERE duid = ?"));
    AIRLOCK_ASSIGN(auto note_sender,
                   connection.prepare("INSERT OR REPLACE INTO outcome_senders (duid, sequence, "
                                      "hour, counted) VALUES (?, ?, ?, ?)"));
    AIRLOCK_ASSIGN(auto device,
                   connection.prepare("INSERT INTO outcome_devices (experiment, duid, stage) "
                                      "VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
                                      "stage = excluded.stage WHERE stage < excluded.stage"));
    AIRLOCK_ASSIGN(auto total,
                   connection.prepare("INSERT INTO outcome_totals (process, experiment, arm, "
                                      "stage, place, count) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT "
                                      "DO UPDATE SET count = count + excluded.count"));
    auto made = std::unique_ptr<Writing>(
        new Writing(std::move(connection),
                    {std::move(enrolled), std::move(sender), std::move(note_sender),
                     std::move(device), std::move(total)},
                    std::move(process), per_hour));
    AIRLOCK_TRY(made->load());
    return made;
  }

  // write commits a batch and says of each part what became of it.
  Result<std::vector<OutcomeReceipt>> write(const std::vector<Item>& items) {
    std::vector<OutcomeReceipt> receipts;
    Gains gains;
    AIRLOCK_ASSIGN(auto transaction, Transaction::begin(connection_));
    for (const Item& item : items) {
      AIRLOCK_ASSIGN(const OutcomeReceipt receipt, write_one(item.batch, gains));
      receipts.push_back(receipt);
    }
    for (const auto& [key, gain] : gains) {
      statements_.total.bind(0, process_).bind(1, key.arm.experiment).bind(2, key.arm.arm);
      statements_.total.bind(3, std::int64_t{key.stage}).bind(4, key.place).bind(5, gain);
      AIRLOCK_TRY(statements_.total.run());
    }
    AIRLOCK_TRY(transaction.commit());
    const std::lock_guard lock(book_mutex_);
    for (const auto& [key, gain] : gains) add_to(book_, key, gain);
    for (const OutcomeReceipt& receipt : receipts) {
      book_.marked += receipt.standing == Standing::marked ? 1 : 0;
    }
    return receipts;
  }

  OutcomeBook book() const {
    const std::lock_guard lock(book_mutex_);
    return book_;
  }

 private:
  struct Statements {
    Statement enrolled, sender, note_sender, device, total;
  };
  struct Sender {
    std::int64_t sequence = -1;
    std::int64_t hour = 0;
    std::int64_t counted = 0;
  };

  Writing(Connection connection, Statements statements, std::string process, std::int64_t per_hour)
      : connection_(std::move(connection)),
        statements_(std::move(statements)),
        process_(std::move(process)),
        per_hour_(per_hour) {}

  // name_book begins a book where the process has none, and reads whose counts these are.
  Status name_book() {
    AIRLOCK_ASSIGN(auto begin,
                   connection_.prepare("INSERT OR IGNORE INTO outcome_books (process, id, began) "
                                       "VALUES (?, lower(hex(randomblob(8))), unixepoch())"));
    begin.bind(0, process_);
    AIRLOCK_TRY(begin.run());
    AIRLOCK_ASSIGN(auto query,
                   connection_.prepare("SELECT id, began FROM outcome_books WHERE process = ?"));
    query.bind(0, process_);
    AIRLOCK_TRY(query.step());
    book_.id = query.text(0);
    book_.began = query.integer(1);
    return {};
  }

  Status load() {
    AIRLOCK_TRY(name_book());
    AIRLOCK_ASSIGN(auto query,
                   connection_.prepare("SELECT experiment, arm, stage, place, count FROM "
                                       "outcome_totals WHERE process = ?"));
    query.bind(0, process_);
    while (true) {
      AIRLOCK_ASSIGN(const bool more, query.step());
      if (!more) return {};
      const TotalKey key{{query.integer(0), query.text(1)},
                         static_cast<std::uint32_t>(query.integer(2)),
                         query.integer(3)};
      add_to(book_, key, query.integer(4));
    }
  }

  Result<bool> is_enrolled(const std::string& duid) {
    statements_.enrolled.bind(0, duid);
    const auto found = statements_.enrolled.step();
    statements_.enrolled.reset();
    return found;
  }

  Result<Sender> sender_of(const std::string& duid) {
    statements_.sender.bind(0, duid);
    const auto found = statements_.sender.step();
    Sender sender;
    if (found && *found) {
      sender = {statements_.sender.integer(0), statements_.sender.integer(1),
                statements_.sender.integer(2)};
    }
    statements_.sender.reset();
    if (!found) return std::unexpected(found.error());
    return sender;
  }

  Result<OutcomeReceipt> write_one(const OutcomeBatch& batch, Gains& gains) {
    AIRLOCK_ASSIGN(const bool enrolled, is_enrolled(batch.duid));
    if (!enrolled) return OutcomeReceipt{Standing::marked, 0};
    AIRLOCK_ASSIGN(Sender sender, sender_of(batch.duid));
    OutcomeReceipt receipt{Standing::counted, 0};
    if (batch.sequence <= sender.sequence) return receipt;  // counted before
    const std::int64_t hour = batch.received / 3600;
    if (hour != sender.hour) sender = {sender.sequence, hour, 0};
    for (const Outcome& outcome : batch.outcomes) {
      if (sender.counted >= per_hour_) break;  // one device is not many
      ++sender.counted;
      ++receipt.counted;
      AIRLOCK_TRY(count(batch.duid, outcome, gains));
    }
    statements_.note_sender.bind(0, batch.duid).bind(1, batch.sequence);
    statements_.note_sender.bind(2, sender.hour).bind(3, sender.counted);
    AIRLOCK_TRY(statements_.note_sender.run());
    return receipt;
  }

  Status count(const std::string& duid, const Outcome& outcome, Gains& gains) {
    const ArmKey arm{outcome.experiment, outcome.arm};
    const bool failed = outcome.payment == Payment::failed;
    const std::int64_t ms = std::clamp<std::int64_t>(outcome.ms, 0, kLatencyMaxMs);
    ++gains[{arm, 0, failed ? kPlaceFailed : kPlaceSucceeded}];
    ++gains[{arm, 0, kPlaceLatency + static_cast<std::int64_t>(bucket_of_ms(ms))}];
    gains[{arm, 0, kPlaceSum}] += ms;
    statements_.device.bind(0, outcome.experiment).bind(1, duid);
    statements_.device.bind(2, std::int64_t{outcome.stage});
    AIRLOCK_TRY(statements_.device.run());
    if (connection_.changes() > 0) ++gains[{arm, outcome.stage, kPlaceDevices}];
    return {};
  }

  Connection connection_;
  Statements statements_;
  std::string process_;
  std::int64_t per_hour_;
  mutable std::mutex book_mutex_;
  OutcomeBook book_;
};

Result<std::unique_ptr<OutcomeWriter>> OutcomeWriter::open(const Store& store, std::string process,
                                                           std::int64_t per_hour) {
  AIRLOCK_ASSIGN(auto writing, Writing::open(store.path(), std::move(process), per_hour));
  return std::unique_ptr<OutcomeWriter>(new OutcomeWriter(std::move(writing)));
}

OutcomeWriter::OutcomeWriter(std::unique_ptr<Writing> writing)
    : writing_(std::move(writing)),
      queue_(
          std::make_unique<BatchQueue<Item>>([this](std::vector<Item>& items) { write(items); })) {}

OutcomeWriter::~OutcomeWriter() = default;

Status OutcomeWriter::submit(OutcomeBatch batch, Receipt receipt) {
  return queue_->submit({std::move(batch), std::move(receipt)});
}

OutcomeBook OutcomeWriter::book() const { return writing_->book(); }

void OutcomeWriter::write(std::vector<Item>& items) {
  const auto receipts = writing_->write(items);
  for (std::size_t at = 0; at < items.size(); ++at) {
    items[at].receipt(receipts ? Result<OutcomeReceipt>((*receipts)[at])
                               : Result<OutcomeReceipt>(std::unexpected(receipts.error())));
  }
}

}  // namespace airlock::store
