#include "apps/airlock-device/fees_wallet.h"

#include <chrono>

#include "apps/airlock-device/fees.h"
#include "apps/airlock-device/plugins.h"
#include "device/agent/network.h"
#include "device/apply/editions.h"

namespace airlock::app {
namespace {

using apply::Edition;
using apply::kFees;
using apply::kPlugins;
using platform::Fault;
using platform::located;

constexpr std::uint32_t kRetrySeconds = 10;  // after a question that was not answered
// Advice lasts for so many of the times after which the server wants to be asked again.
constexpr std::uint32_t kAnswersMissedMax = 3;
constexpr std::uint64_t kStatusBadRequest = 400;

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

platform::Located<std::unique_ptr<FeesWallet>> FeesWallet::open(const file::Path& dir) {
  AIRLOCK_ASSIGN(platform::Device device, platform::Device::open(dir, platform::Opening::look));
  const file::Path path = device.fee_limits_file();
  if (path.empty()) {
    return std::unexpected(
        Fault(Error{Code::not_found},
              "the device has no limits for fees (airlock-device provision --fee-limits FILE)"));
  }
  AIRLOCK_ASSIGN(fee::Limits limits, read_fee_limits(path));
  AIRLOCK_ASSIGN(agent::FeesState state, located(device.path(agent::kFeesStateName),
                                                 agent::read_fees_state(device, now())));
  AIRLOCK_ASSIGN(fee::plugin::Confinement confined, confinement_of(device.config()));
  return std::make_unique<FeesWallet>(std::move(device), std::move(limits), std::move(state),
                                      std::move(confined));
}

platform::Located<void> FeesWallet::serve(const Edition& edition) {
  if (edition.manifest == serving_) return {};
  const file::Path path = apply::edition_path(device_, kFees, edition.manifest);
  AIRLOCK_ASSIGN(const file::Mapping mapped,
                 located(path, apply::map_edition(device_, kFees, edition)));
  auto policy = fee::Policy::read(text_of(mapped.bytes()));
  if (!policy) return located(path, Status(fail(policy.error().code)));
  const auto swapped = engine_.swap(std::move(*policy));
  if (!swapped) return located(path, Status(fail(swapped.error().code)));
  serving_ = edition.manifest;
  return {};
}

// The bytes are held against the digest that was signed, by the judge too.
Status FeesWallet::load(const apply::Shelf& shelf) {
  const Edition& edition = *shelf.in_use();
  AIRLOCK_ASSIGN(const file::Mapping mapped, apply::map_edition(device_, kPlugins, edition));
  const auto plugin = fee::plugin::Candidate::judge(mapped.bytes(), edition.image);
  if (!plugin) return fail(plugin.error().code);
  const auto loaded = plugins_.load(*plugin, how_to_run(device_, shelf, **plugin, confined_));
  return loaded ? Status() : fail(loaded.error().code);
}

// One that does not load is not tried again with each quote: the policy answers meanwhile.
Status FeesWallet::keep_plugin() {
  if (device_.config().fee_plugins == platform::FeePlugins::none) return {};
  AIRLOCK_ASSIGN(const apply::Shelf shelf, apply::read_shelf(device_, kPlugins));
  const crypto::Digest wanted =
      shelf.in_use() != nullptr ? shelf.in_use()->manifest : crypto::Digest();
  if (wanted == plugin_) return {};
  plugin_ = wanted;
  const Status loaded = wanted.is_zero() ? Status() : load(shelf);
  plugin_fault_ = loaded ? Code::ok : loaded.error().code;
  if (wanted.is_zero() || !loaded) plugins_.unload();
  return {};
}

agent::Heard FeesWallet::heard() const {
  const bool lasts = answered_ && BootClock::now() - *answered_ <= answer_lasts_;
  return lasts ? agent::Heard::lately : agent::Heard::not_lately;
}

platform::Located<FeesWallet::Served> FeesWallet::keep_up() {
  AIRLOCK_ASSIGN(const apply::Shelf shelf,
                 located(apply::shelf_path(device_, kFees), apply::read_shelf(device_, kFees)));
  const Edition* const in_use = shelf.in_use();
  if (in_use == nullptr)
    return std::unexpected(Fault(Error{Code::not_found}, "no fee policy is in use"));
  AIRLOCK_ASSIGN(const slot::Record record, located("the boot record", device_.record()));
  const std::uint32_t floor = record.floors[package::index_of(kFees.kind)];
  agent::FeesState state;
  agent::Heard heard = agent::Heard::not_lately;
  {
    const std::lock_guard lock(mutex_);
    state.advice = state_.advice;
    state.baseline = state_.baseline;
    state.set_aside = state_.set_aside;
    heard = this->heard();
  }
  const bool is_served = serve(*agent::served(shelf, state, heard, floor)) ||
                         serve(*agent::served(shelf, state, agent::Heard::not_lately, floor));
  if (!is_served) AIRLOCK_TRY(serve(*in_use));
  const bool is_followed =
      heard == agent::Heard::lately && state.advice && state.advice->policy == serving_;
  AIRLOCK_TRY(located(apply::shelf_path(device_, kPlugins), keep_plugin()));
  return Served{serving_, is_followed ? state.advice : std::nullopt, plugin_, plugin_fault_};
}

platform::Located<void> FeesWallet::note(const agent::Outcome& outcome) {
  const std::lock_guard lock(mutex_);
  agent::add_outcome(state_, outcome);
  return located(device_.path(agent::kFeesStateName), agent::store_fees_state(device_, state_));
}

platform::Located<void> FeesWallet::begin_asking() {
  const file::Path path = device_.path("fees/lock");
  AIRLOCK_TRY(located(path, file::make_folders(path.parent_path())));
  AIRLOCK_ASSIGN(lock_, located(path, file::File::open(path, file::Access::create)));
  AIRLOCK_TRY(located(path, lock_->lock()));
  AIRLOCK_ASSIGN(agent::Network network,
                 located(device_.config().server, agent::Network::open(device_)));
  asking_ = std::jthread([this, network = std::move(network)](const std::stop_token& stop) mutable {
    keep_asking(stop, network);
  });
  return {};
}

void FeesWallet::keep_asking(const std::stop_token& stop, agent::FeesServer& server) {
  std::mutex own;
  std::unique_lock waiting(own);
  while (!stop.stop_requested()) {
    const Result<std::uint32_t> after = ask_once(server);
    // What was not taken now waits for the next time.
    (void)tell_once(server);
    asked_.wait_for(waiting, stop, std::chrono::seconds(after.value_or(kRetrySeconds)),
                    [] { return false; });
  }
}

// The answer is of the shelf that was asked with: what came meanwhile waits for the next one.
Result<std::uint32_t> FeesWallet::ask_once(agent::FeesServer& server) {
  AIRLOCK_ASSIGN(const apply::Shelf shelf, apply::read_shelf(device_, kFees));
  AIRLOCK_ASSIGN(const fetch::FeesQuestion question, agent::fees_question(device_, shelf));
  AIRLOCK_ASSIGN(const fetch::FeesAnswer answer, server.ask_fees(question));
  const std::lock_guard lock(mutex_);
  answered_ = BootClock::now();
  answer_lasts_ = std::chrono::seconds(kAnswersMissedMax * answer.poll_after_s);
  if (agent::take_answer(state_, answer, shelf)) {
    AIRLOCK_TRY(agent::store_fees_state(device_, state_));
  }
  return answer.poll_after_s;
}

Status FeesWallet::tell_once(agent::FeesServer& server) {
  std::optional<fetch::SignedReport> batch;
  {
    const std::lock_guard lock(mutex_);
    if (!agent::begin_batch(state_)) return {};
    // Stored first: a batch that was sent and forgotten would be sent again under another number.
    AIRLOCK_TRY(agent::store_fees_state(device_, state_));
    AIRLOCK_ASSIGN(const platform::DeviceKey key, device_.key());
    AIRLOCK_ASSIGN(batch, agent::sign_batch(key, state_));
  }
  const Result<fetch::Receipt> receipt = server.post_outcomes(*batch);
  const bool is_refused = !receipt && receipt.error().code == Code::http_failed &&
                          receipt.error().at == kStatusBadRequest;
  if (!receipt && !is_refused) return std::unexpected(receipt.error());
  const std::lock_guard lock(mutex_);
  agent::end_batch(state_);
  return agent::store_fees_state(device_, state_);
}

}  // namespace airlock::app
