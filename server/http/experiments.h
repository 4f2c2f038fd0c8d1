// Experiments at both doors: which fee policy a wallet is advised to use, how its payments went,
// and what operators do with it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/experiment/experiment.h"
#include "server/http/message.h"
#include "server/store/experiments.h"
#include "server/store/outcome_writer.h"

namespace airlock::http {

inline constexpr std::int64_t kFeesPollSeconds = 10;  // how often a wallet asks again
inline constexpr int kChangesMax = 10;  // tries of an operator's change beside the judge's

struct ExperimentBody;  // bodies.h

// All experiments at one moment: what wallets are told is a pure function of it.
struct ExperimentBoard {
  struct Entry {
    store::Experiment row;
    experiment::Definition definition;
    experiment::State state;
  };
  std::vector<Entry> entries;  // the oldest first
  experiment::SetAside set_aside;
  std::int64_t mark = 0;   // of what is stored, read before it
  std::size_t unread = 0;  // of which not even the definition reads: they advise nobody

  const Entry* find(std::int64_t id) const;
};

class ExperimentDesk {
 public:
  using Clock = std::int64_t (*)();  // Unix seconds
  // Offered refuses a manifest that is not that of a fee policy which devices can have.
  using Offered = std::function<Status(const crypto::Digest&)>;
  struct Stores {
    store::Experiments& experiments;
    store::OutcomeWriter& outcomes;
  };

  ExperimentDesk(Stores stores, Clock clock, Offered offered);

  // reload makes a new board of what is stored.
  Status reload();
  // fees answers which policy a wallet is advised to use, and which of those that it keeps nobody
  // serves without being told to.
  Response fees(const Request& request);
  // take hands a proven batch to the writer; what it says of experiments that do not run, and of
  // arms that the device was not told, is passed over. `done` is called when it is durable. Errors:
  // overloaded; then it is not.
  Status take(store::OutcomeBatch batch, const Done& done);
  // operate answers at the operators' door what begins with "experiments", and "verdicts".
  Result<Response> operate(const Request& request, std::string_view path, std::string_view query);
  void write_metrics(std::string& text) const;

 private:
  std::shared_ptr<const ExperimentBoard> board() const;
  Result<Response> list() const;
  Result<Response> list_verdicts(std::string_view query);
  Result<Response> create(const Request& request);
  // are_offered names the member of the definition that is refused.
  Status are_offered(const experiment::Definition& definition, std::string& reading) const;
  Status is_offered(const std::string& policy) const;
  Result<store::Experiment> try_create(const ExperimentBody& body, const std::string& who);
  // stands_alone: conflict where an experiment would begin beside one that may speak of the same
  // wallets.
  static Status stands_alone(const ExperimentBoard& board, std::int64_t id,
                             const experiment::Definition& definition);
  Result<Response> change(const Request& request, std::string_view rest);
  Status try_change(const Request& request, std::int64_t id, std::string_view verb);

  Stores stores_;
  Clock clock_;
  Offered offered_;
  mutable std::mutex mutex_;
  std::shared_ptr<const ExperimentBoard> board_;
};

}  // namespace airlock::http
