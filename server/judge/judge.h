// server/judge: every ten seconds, what the metrics say about each experiment.
//
// It is the driver of server/experiment: it asks Prometheus, turns the answer into counts, lets
// tick decide, and stores the new state and its decisions in one transaction. Only what is stored
// was decided: a process that is killed at any moment has decided a tick or not, and the next one,
// here or in another process, goes on from the counters that the stored state has seen. It
// promises that exactly one of the processes that share a folder judges; that an alert is told at
// least once, in order, and carries the number of its decision, so that a receiver can drop a
// second one; that one which is refused for good holds up no other, and is noted; and that nothing
// it asks or tells holds up who serves, nor a slow listener the judge. It decides nothing itself.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
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

inline constexpr int kRefusalsMax = 5;  // of one alert, before the next one is told
inline constexpr int kRestTurns = 40;   // of the messenger, after an alert that was not taken

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

 private:
  Status judge(const store::Experiment& row, std::int64_t now);

  store::Experiments& experiments_;
  World world_;
};

// Tells the decisions that are alerts, one after the other in their order.
class Messenger {
 public:
  // The experiments must outlive it.
  Messenger(store::Experiments& experiments, World world)
      : experiments_(experiments), world_(std::move(world)) {}

  // deliver tells the alert that has waited longest. One that is refused for good (3xx, 4xx but
  // 408, 425 and 429) is given up after kRefusalsMax times, noted and logged; every other error
  // leaves it waiting. After an error it rests for kRestTurns calls. Errors: those of `tell` and of
  // the database.
  Status deliver();

 private:
  Status tell(const store::Decision& decision);
  Status refused(const store::Decision& decision, Error error);

  store::Experiments& experiments_;
  World world_;
  std::int64_t refused_ = 0;  // the decision whose refusals are counted
  int refusals_ = 0;
  int rests_ = 0;
};

// The right to judge, which one process of a folder has: the lock of FOLDER/judge.
class Chair {
 public:
  explicit Chair(const file::Path& folder) : path_(folder / "judge") {}
  // take answers whether this process has it, now or since before. Any thread may ask.
  bool take();

 private:
  file::Path path_;
  std::mutex mutex_;
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
