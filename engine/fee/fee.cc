#include "engine/fee/fee.h"

#include <algorithm>

namespace airlock::fee {

Engine::Engine(Limits limits)
    : limits_(std::move(limits)),
      latest_(Policy::none()),
      now_(std::make_unique<const Shared>(latest_)) {}

void Engine::publish(Shared next) {
  latest_ = std::move(next);
  now_.replace(std::make_unique<const Shared>(latest_));
}

Read<void> Engine::swap(std::unique_ptr<const Policy> next) {
  AIRLOCK_TRY(limits_.admits(*next));
  const std::lock_guard lock(writers_);
  if (!latest_->rules().empty()) {
    const auto same = [&](const Shared& one) {
      return one->digest() == latest_->digest() || one->digest() == next->digest();
    };
    std::erase_if(kept_, same);
    kept_.push_front(latest_);
  }
  if (kept_.size() > kKeptMax) kept_.pop_back();
  publish(std::move(next));
  return {};
}

Status Engine::restore(const crypto::Digest& digest) {
  const std::lock_guard lock(writers_);
  const auto found =
      std::ranges::find_if(kept_, [&](const Shared& one) { return one->digest() == digest; });
  if (found == kept_.end()) return fail(Code::not_found);
  Shared next = *found;
  *found = latest_;
  publish(std::move(next));
  return {};
}

std::vector<crypto::Digest> Engine::kept() const {
  const std::lock_guard lock(writers_);
  std::vector<crypto::Digest> digests;
  for (const Shared& one : kept_) digests.push_back(one->digest());
  return digests;
}

Result<Engine::Reader> Engine::reader() {
  AIRLOCK_ASSIGN(swap::Current<Shared>::Reader seat, now_.reader());
  return Reader(std::move(seat), limits_);
}

Result<Quote> Engine::View::explain(const Asked& asked, Steps& steps) const {
  return fee::explain(policy(), *limits_, asked, steps);
}

Result<Quote> explain(const Policy& policy, const Limits& limits, const Asked& asked,
                      Steps& steps) {
  AIRLOCK_ASSIGN(const Quote quote, policy.explain(asked, steps));
  const Code checked = limits.check(asked, quote);
  const bool is_allowed = checked == Code::ok;
  const std::string why = checked == Code::recipient_forbidden
                              ? "it pays nobody but its own recipients"
                              : limits.text_of_cap(asked);
  steps.push_back({0, "limits",
                   (is_allowed ? "the wallet allows it: "
                               : "the wallet refuses it, " + std::string(name(checked)) + ": ") +
                       why});
  if (!is_allowed) return fail(checked);
  return quote;
}

}  // namespace airlock::fee
