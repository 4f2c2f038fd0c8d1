#include "server/store/report_writer.h"

#include <algorithm>

#include "server/store/database.h"

namespace airlock::store {

// The writer's own connection and statements.
class ReportWriter::Writing {
 public:
  static Result<std::unique_ptr<Writing>> open(const file::Path& path, std::int64_t marked_max) {
    AIRLOCK_ASSIGN(auto connection, Connection::open(path));
    AIRLOCK_ASSIGN(auto enrolled, connection.prepare("SELECT 1 FROM devices WHERE duid = ?"));
    AIRLOCK_ASSIGN(auto known, connection.prepare(
                                   "SELECT standing FROM reports WHERE duid = ? AND sequence = ?"));
    AIRLOCK_ASSIGN(auto insert,
                   connection.prepare("INSERT INTO reports (duid, sequence, rollout, manifest, "
                                      "version, phase, outcome, reason, time_bound, received, "
                                      "standing) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    AIRLOCK_ASSIGN(auto count,
                   connection.prepare("SELECT count(*) FROM reports WHERE standing = 0"));
    AIRLOCK_ASSIGN(auto forget, connection.prepare(
                                    "DELETE FROM reports WHERE id IN (SELECT id FROM reports WHERE "
                                    "standing = 0 ORDER BY id LIMIT ?)"));
    AIRLOCK_TRY(count.step());
    const std::int64_t marked = count.integer(0);
    count.reset();
    return std::unique_ptr<Writing>(new Writing(std::move(connection), std::move(enrolled),
                                                std::move(known), std::move(insert),
                                                std::move(forget), {marked, marked_max}));
  }

  // write commits a batch and says of each report how it stands.
  Result<std::vector<Result<Standing>>> write(const std::vector<Item>& batch) {
    const std::int64_t marked_before = marked_;
    auto written = try_write(batch);
    if (!written) marked_ = marked_before;
    return written;
  }

 private:
  struct Marked {
    std::int64_t count = 0;
    std::int64_t max = 0;
  };
  Writing(Connection connection, Statement enrolled, Statement known, Statement insert,
          Statement forget, Marked marked)
      : connection_(std::move(connection)),
        enrolled_(std::move(enrolled)),
        known_(std::move(known)),
        insert_(std::move(insert)),
        forget_(std::move(forget)),
        marked_(marked.count),
        marked_max_(marked.max) {}

  Result<std::vector<Result<Standing>>> try_write(const std::vector<Item>& batch) {
    std::vector<Result<Standing>> standings;
    standings.reserve(batch.size());
    AIRLOCK_ASSIGN(auto transaction, Transaction::begin(connection_));
    for (const Item& item : batch) {
      auto standing = write_one(item.report);
      if (!standing) return std::unexpected(standing.error());  // what the database says
      standings.push_back(standing);
    }
    AIRLOCK_TRY(transaction.commit());
    return standings;
  }

  Result<Standing> write_one(const Report& report) {
    known_.bind(0, report.duid).bind(1, report.sequence);
    const auto known = known_.step();
    const bool counted = known && *known && known_.integer(0) == 1;
    known_.reset();
    if (!known) return std::unexpected(known.error());
    if (*known) return counted ? Standing::counted : Standing::marked;

    enrolled_.bind(0, report.duid);
    const auto enrolled = enrolled_.step();
    enrolled_.reset();
    if (!enrolled) return std::unexpected(enrolled.error());
    if (!*enrolled && marked_ >= marked_max_) AIRLOCK_TRY(forget_oldest());
    insert_.bind(0, report.duid).bind(1, report.sequence).bind(2, report.rollout);
    insert_.bind(3, report.manifest).bind(4, report.version).bind(5, report.phase);
    insert_.bind(6, report.outcome).bind(7, report.reason).bind(8, report.time_bound);
    insert_.bind(9, report.received).bind(10, std::int64_t{*enrolled ? 1 : 0});
    AIRLOCK_TRY(insert_.run());
    if (!*enrolled) ++marked_;
    return *enrolled ? Standing::counted : Standing::marked;
  }

  // A hundredth at once, so that the next ones find room. Strangers count for nothing, and whoever
  // sends many only hides what other strangers said.
  Status forget_oldest() {
    const std::int64_t leaving = std::max<std::int64_t>(1, marked_max_ / 100);
    forget_.bind(0, leaving);
    AIRLOCK_TRY(forget_.run());
    marked_ -= leaving;
    return {};
  }

  Connection connection_;
  Statement enrolled_;
  Statement known_;
  Statement insert_;
  Statement forget_;
  std::int64_t marked_;
  std::int64_t marked_max_;
};

Result<std::unique_ptr<ReportWriter>> ReportWriter::open(const Store& store,
                                                         std::int64_t marked_max) {
  AIRLOCK_ASSIGN(auto writing, Writing::open(store.path(), marked_max));
  return std::unique_ptr<ReportWriter>(new ReportWriter(std::move(writing)));
}

ReportWriter::ReportWriter(std::unique_ptr<Writing> writing)
    : writing_(std::move(writing)),
      queue_(
          std::make_unique<BatchQueue<Item>>([this](std::vector<Item>& batch) { write(batch); })) {}

ReportWriter::~ReportWriter() = default;

Status ReportWriter::submit(Report report, Receipt receipt) {
  return queue_->submit({std::move(report), std::move(receipt)});
}

void ReportWriter::write(std::vector<Item>& batch) {
  const auto standings = writing_->write(batch);
  for (std::size_t at = 0; at < batch.size(); ++at) {
    batch[at].receipt(standings ? (*standings)[at]
                                : Result<Standing>(std::unexpected(standings.error())));
  }
}

}  // namespace airlock::store
