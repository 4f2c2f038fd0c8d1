// Experiments as they are stored, and what was decided about them.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/store/store.h"

namespace airlock::store {

inline constexpr std::size_t kExperimentsMax = 1000;

// One experiment. What stands in its texts is for server/experiment.
struct Experiment {
  std::int64_t id = 0;
  Digest seed;  // drawn when it is made
  std::string definition;
  std::string state;
  std::int64_t revision = 0;  // of the state: grows with each change
  std::int64_t created = 0;
};

// A decision, with its numbers and in words.
struct Decision {
  std::int64_t id = 0;
  std::int64_t experiment = 0;
  std::int64_t at = 0;
  std::string act{};
  std::string rule{};
  std::string arm{};
  std::string words{};
  std::string numbers{};  // JSON
  bool alert = false;     // is to be told to the webhook
};

// What becomes of an experiment, in one transaction or not at all.
struct Change {
  std::int64_t id = 0;
  std::int64_t revision = 0;  // that the new state was made from
  std::string state;
  std::vector<Decision> decisions;
  std::optional<std::int64_t> mark{};  // of all experiments (Marks), where the others matter too
};

// Experiments has a connection of its own; its lock sees to it that one thread uses it at a time.
class Experiments {
 public:
  static Result<std::unique_ptr<Experiments>> open(const Store& store);
  ~Experiments();
  Experiments(const Experiments&) = delete;
  Experiments& operator=(const Experiments&) = delete;

  Result<std::vector<Experiment>> list();
  // create stores an experiment (id and seed are given here) and its audit entry, unless any has
  // changed since `mark` was read. Errors: conflict (one has), too_many, missing_field (no reason),
  // database_failed.
  Result<Experiment> create(const std::string& definition, const std::string& state,
                            std::int64_t mark, const Deed& deed);
  // apply stores a tick: the state and its decisions, at once. It answers the new revision, or
  // conflict where somebody else changed the experiment since it was read, or any where the change
  // names a mark: then nothing happened, and it is to be made again from what is there.
  Result<std::int64_t> apply(const Change& change);
  // apply with a deed is an operator's, and stands in the audit as `what`.
  Result<std::int64_t> apply(const Change& change, std::string_view what, const Deed& deed);

  // decisions returns the latest, newest first, of one experiment or of all.
  Result<std::vector<Decision>> decisions(std::optional<std::int64_t> experiment,
                                          std::size_t rows_max);
  // untold returns the decisions whose alert nobody has taken yet, the oldest first.
  Result<std::vector<Decision>> untold(std::size_t rows_max);
  Status told(std::int64_t decision);
  // gave_up notes that nobody will take a decision's alert.
  Status gave_up(std::int64_t decision);

  // marks say what has changed since they were asked before, in whatever process: `experiments`
  // with any experiment, `audit` with whatever an operator did.
  struct Marks {
    std::int64_t experiments = 0;
    std::int64_t audit = 0;
    friend bool operator==(const Marks&, const Marks&) = default;
  };
  Result<Marks> marks();

 private:
  class Database;
  Status mark_alert(std::int64_t decision, std::int64_t mark);
  explicit Experiments(std::unique_ptr<Database> database);
  std::mutex mutex_;
  std::unique_ptr<Database> database_;
};

}  // namespace airlock::store
