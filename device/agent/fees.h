// Which of the kept fee policies a wallet serves, and what it tells the server of its payments.
//
// The server advises by experiments (docs/formats/experiment.md). Its advice can only choose among
// what was proven and is kept here, and is not below the floor; anything else is passed over. It
// counts for as long as the server goes on answering: without it the baseline serves, and never a
// policy that is only tried. The last answer said what that is: the baseline of the experiment that
// speaks of the device, else what came last of that which no experiment sets aside. A device that
// names itself to no server asks for the latter alone. Outcomes of payments go to the
// server in batches that are signed with the device's key; a batch that was on its way when the
// process ended goes again under the same sequence, so that it counts once.
#pragma once

#include <optional>
#include <vector>

#include "core/base/base.h"
#include "device/apply/shelf.h"
#include "device/fetch/fetch.h"
#include "device/platform/platform.h"

namespace airlock::agent {

// Stands in front of what is signed, so that no batch is a report, nor the other way round.
inline constexpr std::string_view kOutcomesContext = "airlock-outcomes-v1\n";
inline constexpr std::string_view kFeesStateName = "fees/wallet.json";
inline constexpr std::size_t kBatchMax = 100;              // outcomes of one batch
inline constexpr std::size_t kWaitingMax = 2 * kBatchMax;  // the oldest give way

// How one payment went whose fee an advised policy named.
struct Outcome {
  std::int64_t experiment = 0;
  std::string arm;
  std::uint32_t stage = 0;
  enum class Payment : std::uint8_t { succeeded, failed } payment = Payment::succeeded;
  std::uint32_t ms = 0;
};

// What a wallet remembers between two questions.
struct FeesState {
  std::optional<fetch::FeesAdvice> advice;
  // What serves without advice: that of the experiment, or what came last and is not set aside.
  std::optional<crypto::Digest> baseline;
  std::vector<crypto::Digest> set_aside;  // kept, and served by advice only
  std::int64_t sequence = 0;              // of the last batch
  std::vector<Outcome> sending;           // the last batch, until the server has it
  std::vector<Outcome> waiting;
};

// read_fees_state returns an empty one where there is none yet. One that is damaged is begun anew,
// with sequences that no earlier one can have reached. Errors: those of the disk.
Result<FeesState> read_fees_state(const platform::Device& device, std::int64_t now);
Status store_fees_state(const platform::Device& device, const FeesState& state);

// take_answer keeps what the server answered; it says whether that is anything new.
bool take_answer(FeesState& state, const fetch::FeesAnswer& answer, const apply::Shelf& shelf);

// Whether the server answered lately enough that its advice counts.
enum class Heard : std::uint8_t { not_lately, lately };

// served returns what serves: the advised edition, else the baseline, where the device keeps it and
// it is not below the floor, else what came last and is not set aside, else what is in use, or
// nullptr. A baseline that the owner left for
// another one does not come back by itself.
const apply::Edition* served(const apply::Shelf& shelf, const FeesState& state, Heard heard,
                             std::uint32_t floor);

// add_outcome keeps an outcome for the next batch.
void add_outcome(FeesState& state, Outcome outcome);
// begin_batch says whether there is a batch to be sent, and gives a new one its sequence; the state
// is to be stored before it is sent. end_batch forgets it: the server has it.
bool begin_batch(FeesState& state);
void end_batch(FeesState& state);
// sign_batch writes and signs the batch at hand.
Result<fetch::SignedReport> sign_batch(const platform::DeviceKey& key, const FeesState& state);

// Whom a wallet asks and tells (network.h is the real one).
class FeesServer {
 public:
  virtual Result<fetch::FeesAnswer> ask_fees(const fetch::FeesQuestion& question) = 0;
  virtual Result<fetch::Receipt> post_outcomes(const fetch::SignedReport& outcomes) = 0;

 protected:
  ~FeesServer() = default;
};

// fees_question is what a device asks with; in private mode nothing of it tells which device it is.
Result<fetch::FeesQuestion> fees_question(const platform::Device& device,
                                          const apply::Shelf& shelf);

}  // namespace airlock::agent
