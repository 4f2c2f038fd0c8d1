// server/judge: every ten seconds, what the metrics say about each experiment.
//
// It is the driver of server/experiment: it asks Prometheus, turns the answer into counts, lets
// tick decide, and stores the new state and its decisions in one transaction. Only what is stored
// was decided: a process that is killed at any moment has decided a tick or not, and the next one,
// here or in another process, goes on from the counters that the stored state has seen. It
// promises that exactly one of the processes that share a folder judges; that an alert is told at
// least once, in order, and carries the number of its decision, so that a receiver can drop a
// second one; and that nothing it asks or tells holds up who serves. It decides nothing itself.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/base.h"
#include "host/file/file.h"
#include "host/json/json.h"
#include "server/experiment/experiment.h"
#include "server/peer/peer.h"
#include "server/store/experiments.h"

namespace airlock::judge {

inline constexpr std::size_t kAlertsAtOnce = 20;  // that are told in one turn

// expression_of is the query for all counters of an experiment, answered for one moment.
std::string expression_of(std::int64_t experiment);
// samples_of picks the counters out of an answer. Errors: those of peer::count_of.
Result<std::vector<experiment::Sample>> samples_of(const std::vector<peer::Sample>& answer);

// What lies outside. `tell` is empty where nobody wants to hear alerts.
struct World {
  std::function<Result<std::vector<experiment::Sample>>(std::int64_t experiment, std::int64_t now)>
      ask;
  std::function<Status(const std::string& json)> tell;
  std::function<void(std::string_view event, json::Value facts)> log;
};

class Judge {
 public:
  // The experiments must outlive it.
  Judge(store::Experiments& experiments, World world)
      : experiments_(experiments), world_(std::move(world)) {}

  // look judges every experiment once. Errors: those of the database. An experiment that somebody
  // changed meanwhile is left for the next look.
  Status look(std::int64_t now);
  // deliver tells the alerts that wait, until one is not taken.
  Status deliver();

 private:
  Status judge(const store::Experiment& row, std::int64_t now);

  store::Experiments& experiments_;
  World world_;
};

// The right to judge, which one process of a folder has: the lock of FOLDER/judge.
class Chair {
 public:
  explicit Chair(const file::Path& folder) : path_(folder / "judge") {}
  // take answers whether this process has it, now or since before.
  bool take();

 private:
  file::Path path_;
  std::optional<file::File> lock_;
};

// Repeating calls a function on a thread of its own, with a pause between two calls, until it is
// destroyed; the running call comes to its end first.
class Repeating {
 public:
  Repeating(std::chrono::milliseconds pause, std::function<void()> call);
  ~Repeating();
  Repeating(const Repeating&) = delete;
  Repeating& operator=(const Repeating&) = delete;

 private:
  void run();

  std::chrono::milliseconds pause_;
  std::function<void()> call_;
  std::mutex mutex_;
  std::condition_variable ends_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace airlock::judge
