// How payments went in experiments, on their way into the database: each counted once, and only
// those of enrolled devices.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "server/store/batch_queue.h"
#include "server/store/store.h"

namespace airlock::store {

inline constexpr std::size_t kOutcomesMax = 200;        // of one batch
inline constexpr std::int64_t kOutcomesPerHour = 20;    // of one device that count
inline constexpr std::int64_t kLatencyMaxMs = 600'000;  // longer is this long
// Where the buckets of latencies end, in milliseconds. One must end at exactly 800, the limit.
inline constexpr std::array<std::int64_t, 8> kLatencyEdgesMs = {50,  100,  200,  400,
                                                                800, 1600, 3200, 10'000};

enum class Payment : std::uint8_t { succeeded, failed };

// One payment, as the wallet that made it tells it.
struct Outcome {
  std::int64_t experiment = 0;
  std::string arm;
  std::uint32_t stage = 0;  // in which the wallet was told its arm
  Payment payment = Payment::succeeded;
  std::int64_t ms = 0;
};

struct OutcomeBatch {
  std::string duid;
  std::int64_t sequence = 0;  // grows from batch to batch of a device
  std::int64_t received = 0;
  std::vector<Outcome> outcomes;
};

// What became of a batch.
struct OutcomeReceipt {
  Standing standing = Standing::marked;
  std::size_t counted = 0;  // 0 where it was counted before
};

// All that this process ever counted of one arm: it goes on where it was after a restart.
struct OutcomeTotals {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::array<std::uint64_t, kLatencyEdgesMs.size() + 1> latency{};  // by bucket, not summed up
  std::uint64_t sum_ms = 0;
};
struct ArmKey {
  std::int64_t experiment = 0;
  std::string arm;
  auto operator<=>(const ArmKey&) const = default;
};
struct DevicesKey {
  ArmKey arm;
  std::uint32_t stage = 0;
  auto operator<=>(const DevicesKey&) const = default;
};
// A process keeps one book of each database for good: its counts only grow, and a new database is
// a new book.
struct OutcomeBook {
  std::string id;          // drawn when the book began
  std::int64_t began = 0;  // Unix seconds; 0 where that is not known
  std::map<ArmKey, OutcomeTotals> totals;
  std::map<DevicesKey, std::uint64_t> devices;  // seen for the first time in a stage
  std::uint64_t marked = 0;                     // batches of strangers since the start
};

// OutcomeWriter commits batches. The totals, the devices and the sequence that makes a batch count
// once are written in one transaction, so that a crash neither loses an acknowledged outcome nor
// counts one twice, and the counters that Prometheus reads never begin again.
class OutcomeWriter {
 public:
  using Receipt = std::function<void(Result<OutcomeReceipt>)>;

  // open continues what `process` counted before; processes of one folder have different names. Of
  // one device so many outcomes count in an hour: one that fails and tries again is not many.
  static Result<std::unique_ptr<OutcomeWriter>> open(const Store& store, std::string process,
                                                     std::int64_t per_hour = kOutcomesPerHour);
  // The destructor writes what still waits.
  ~OutcomeWriter();
  OutcomeWriter(const OutcomeWriter&) = delete;
  OutcomeWriter& operator=(const OutcomeWriter&) = delete;

  // submit takes a batch, or answers overloaded and never calls the receipt. The receipt is called
  // once, on the writer's thread.
  Status submit(OutcomeBatch batch, Receipt receipt);
  // book is a copy of what is durable now.
  OutcomeBook book() const;

 private:
  struct Item {
    OutcomeBatch batch;
    Receipt receipt;
  };
  class Writing;
  explicit OutcomeWriter(std::unique_ptr<Writing> writing);
  void write(std::vector<Item>& batch);

  std::unique_ptr<Writing> writing_;
  std::unique_ptr<BatchQueue<Item>> queue_;  // last: it writes until it is gone
};

}  // namespace airlock::store
