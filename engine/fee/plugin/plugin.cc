#include "engine/fee/plugin/plugin.h"

#include <algorithm>

namespace airlock::fee::plugin {
namespace {

// What a plugin may state of a transaction: its word, as a policy's would be. Everything else that
// goes wrong is a fault, and the baseline's turn.
bool is_stated(Code code) {
  return code == Code::no_rule_matches || code == Code::chain_data_missing ||
         code == Code::fee_overflow;
}

}  // namespace

Result<std::shared_ptr<const Serving>> Serving::start(
    const std::shared_ptr<const Candidate>& plugin, const How& how) {
  std::shared_ptr<Serving> made(new Serving(plugin, how));
  if (const auto* const confinement = std::get_if<Confinement>(&how)) {
    AIRLOCK_ASSIGN(std::unique_ptr<const Child> child, Child::start(plugin, *confinement));
    made->child_ = child.get();
    made->evaluator_ = std::move(child);
  } else {
    AIRLOCK_ASSIGN(made->evaluator_, InProcess::start(plugin, std::get<PartOfWallet>(how)));
  }
  return made;
}

std::optional<Report> Serving::report() const {
  return child_ != nullptr ? std::optional(child_->report()) : std::nullopt;
}

Result<Fee> Serving::quote(const Asked& asked, Clock::time_point latest) const {
  airlock_fee_situation situation;
  AIRLOCK_TRY(write_situation(asked, situation));
  airlock_fee_answer answer{};
  const Returned returned = evaluator_->evaluate(situation, answer, latest);
  if (returned.fault != Code::ok) return fail(returned.fault);
  return read_answer(returned.outcome, answer);
}

// One evaluation is held against both: what the case states, and what the wallet allows.
Read<void> Serving::prove_case(const GoldenCase& golden, const Limits* limits,
                               Clock::time_point latest) const {
  const Asked asked = golden.given.asked();
  const auto fee = quote(asked, latest);
  if (Clock::now() >= latest) {
    return std::unexpected(Fault{Code::plugin_over_budget, golden.mark,
                                 "the time for all golden cases was over at " + golden.name,
                                 "make the plugin faster, or its cases fewer"});
  }
  if (!fee && !is_stated(fee.error().code)) {
    return std::unexpected(Fault{fee.error().code, golden.mark,
                                 "the plugin gave no answer in the case " + golden.name,
                                 "mend the plugin: a fault is nothing that a case may expect"});
  }
  Outcome outcome;
  if (fee) {
    outcome.rule = fee->rule;
    outcome.total = fee->total;
    for (const Payment& one : fee->payments) outcome.shares.push_back({one.recipient, one.amount});
  } else {
    outcome.refused = fee.error().code;
  }
  const std::string otherwise = compare(golden, outcome);
  if (!otherwise.empty()) return refuse_case(golden, otherwise);
  if (!fee || limits == nullptr) return {};
  const Code checked = limits->check(asked, fee->total, fee->payments);
  if (checked == Code::ok || checked == Code::no_cap) return {};
  return std::unexpected(Fault{checked, golden.mark,
                               "the wallet does not allow the case " + golden.name,
                               "keep to the wallet's caps and recipients"});
}

Read<void> Serving::prove_golden(const Limits* limits) const {
  const auto* const confinement = std::get_if<Confinement>(&how_);
  const auto latest = Clock::now() + (confinement != nullptr ? confinement->golden : kGoldenMax);
  for (const GoldenCase& golden : plugin_->golden_cases())
    AIRLOCK_TRY(prove_case(golden, limits, latest));
  return {};
}

Engine::Engine(fee::Engine& baseline)
    : baseline_(baseline), now_(std::make_unique<const Shared>(nullptr)) {}

Engine::~Engine() = default;

Read<void> Engine::load(const std::shared_ptr<const Candidate>& plugin, const How& how) {
  auto next = Serving::start(plugin, how);
  if (!next) {
    return std::unexpected(Fault{next.error().code, {0, 0}, "the plugin does not start", {}});
  }
  AIRLOCK_TRY((*next)->prove_golden(&baseline_.limits()));
  const std::lock_guard lock(writers_);
  publish(std::move(*next));
  return {};
}

void Engine::publish(Shared next) {
  if (latest_ != nullptr) {
    const auto same = [&](const Kept& one) {
      return one.plugin->digest() == latest_->plugin().digest();
    };
    std::erase_if(kept_, same);
    kept_.push_front({latest_->shared_plugin(), latest_->how()});
    if (kept_.size() > kKeptMax) kept_.pop_back();
    draining_.push_back(std::move(latest_));
  }
  latest_ = std::move(next);
  now_.replace(std::make_unique<const Shared>(latest_));
  drain();
}

// The writer alone unloads, so that no reader pays for it: it waits until the last reader of what
// was replaced has let go.
void Engine::drain() {
  constexpr std::chrono::microseconds kLook{100};
  const Clock::time_point give_up = Clock::now() + kDrainMax;
  const auto is_unread = [](const Shared& one) { return one.use_count() == 1; };
  for (;;) {
    std::erase_if(draining_, is_unread);
    if (draining_.empty() || Clock::now() >= give_up) return;
    std::this_thread::sleep_for(kLook);
  }
}

Read<void> Engine::restore(const crypto::Digest& digest) {
  std::optional<Kept> found;
  {
    const std::lock_guard lock(writers_);
    const auto place = std::ranges::find_if(
        kept_, [&](const Kept& one) { return one.plugin->digest() == digest; });
    if (place != kept_.end()) found = *place;
  }
  if (!found) {
    return std::unexpected(Fault{Code::not_found, {0, 0}, "no plugin of this digest is kept", {}});
  }
  return load(found->plugin, found->how);
}

void Engine::unload() {
  const std::lock_guard lock(writers_);
  publish(nullptr);
}

std::vector<crypto::Digest> Engine::kept() const {
  const std::lock_guard lock(writers_);
  std::vector<crypto::Digest> digests;
  for (const Kept& one : kept_) digests.push_back(one.plugin->digest());
  return digests;
}

std::shared_ptr<const Serving> Engine::serving() const {
  const std::lock_guard lock(writers_);
  return latest_;
}

std::size_t Engine::draining() const {
  const std::lock_guard lock(writers_);
  return draining_.size();
}

void Engine::collect() {
  const std::lock_guard lock(writers_);
  drain();
}

Result<Engine::Reader> Engine::reader() {
  AIRLOCK_ASSIGN(swap::Current<Shared>::Reader seat, now_.reader());
  AIRLOCK_ASSIGN(fee::Engine::Reader baseline, baseline_.reader());
  return Reader(std::move(seat), std::move(baseline), baseline_.limits());
}

Result<Answered> Engine::View::quote_baseline(const Asked& asked, Code instead_of) const {
  AIRLOCK_ASSIGN(const Quote quote, baseline_.quote(asked));
  Answered made{.fee = {.total = quote.total(), .rule = quote.rule().name},
                .digest = quote.policy().digest(),
                .version = std::string(quote.policy().version()),
                .instead_of = instead_of};
  for (std::size_t i = 0; i < quote.share_count(); ++i) {
    const Share share = quote.share(i);
    made.fee.payments.push_back({std::string(share.recipient), share.amount});
  }
  return made;
}

Result<Answered> Engine::View::quote(const Asked& asked) const {
  const Serving* const serving = pin_->get();
  if (serving == nullptr) return quote_baseline(asked, Code::ok);
  auto fee = serving->quote(asked);
  if (!fee && !is_stated(fee.error().code)) return quote_baseline(asked, fee.error().code);
  if (!fee) return std::unexpected(fee.error());
  const Code refused = limits_->check(asked, fee->total, fee->payments);
  if (refused != Code::ok) return fail(refused);
  return Answered{.fee = std::move(*fee),
                  .digest = serving->plugin().digest(),
                  .version = std::string(serving->plugin().release()),
                  .is_by_plugin = true};
}

}  // namespace airlock::fee::plugin
