// Reports on their way into the database: many at once, each acknowledged only when durable.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "server/store/batch_queue.h"
#include "server/store/store.h"

namespace airlock::store {

inline constexpr std::int64_t kMarkedMax = 1'000'000;  // reports of strangers that are kept

// ReportWriter commits reports in batches.
class ReportWriter {
 public:
  // Receipt is called once, on the writer's thread, after the report is durable (or was, by an
  // earlier attempt: then with the standing of that time), or with why it is not.
  using Receipt = std::function<void(Result<Standing>)>;

  // open keeps `marked_max` reports of strangers; for a newer one the oldest are forgotten.
  static Result<std::unique_ptr<ReportWriter>> open(const Store& store,
                                                    std::int64_t marked_max = kMarkedMax);
  // The destructor writes what still waits.
  ~ReportWriter();
  ReportWriter(const ReportWriter&) = delete;
  ReportWriter& operator=(const ReportWriter&) = delete;

  // submit takes a report, or answers overloaded and never calls the receipt.
  Status submit(Report report, Receipt receipt);
  std::size_t waiting() const { return queue_->waiting(); }

 private:
  struct Item {
    Report report;
    Receipt receipt;
  };
  class Writing;

  explicit ReportWriter(std::unique_ptr<Writing> writing);
  void write(std::vector<Item>& batch);

  std::unique_ptr<Writing> writing_;
  std::unique_ptr<BatchQueue<Item>> queue_;  // last: it writes until it is gone
};

}  // namespace airlock::store
