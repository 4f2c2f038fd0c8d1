#include <algorithm>
#include <set>
#include <utility>

#include "host/json/json.h"
#include "host/text/text.h"
#include "server/rollout/rollout.h"

namespace airlock::rollout {

namespace {

std::string head_of(const Release& release, std::int64_t rollout) {
  const json::Value offer = {{"expires", text::to_time(release.expires)},
                             {"manifest", text::to_hex(release.manifest.bytes)},
                             {"rollout", rollout},
                             {"security_version", release.security_version},
                             {"target", release.target},
                             {"version", release.version_text}};
  std::string head = json::write(offer);
  head.pop_back();
  return "{\"offer\":" + head + ",\"payloads\":[";
}

std::optional<package::VersionRange> range_of(const store::Rollout& rollout) {
  if (rollout.from_min.empty() || rollout.from_max.empty()) return std::nullopt;
  const auto min = package::parse_semver(rollout.from_min);
  const auto max = package::parse_semver(rollout.from_max);
  if (!min || !max) return std::nullopt;
  return package::VersionRange{*min, *max};
}

// The models that a plan speaks of: the rollout's own list, or else the release's.
std::vector<std::string> models_of(const Plan& plan) {
  const store::Rollout& rollout = plan.rollout;
  if (plan.release == nullptr) return rollout.models;
  const std::vector<std::string>& release = plan.release->models;
  if (rollout.models.empty()) return release;
  if (std::ranges::find(release, "*") != release.end()) return rollout.models;
  std::vector<std::string> both;
  for (const std::string& model : rollout.models) {
    if (std::ranges::find(release, model) != release.end()) both.push_back(model);
  }
  return both;
}

// A keyring goes first, since what comes after it may be signed by its keys; and of several the
// oldest, since each is signed by the roots of the one before it: a device that slept takes them in
// their order. Then firmware, which may be what mends the rest.
int urgency_of(package::Kind kind) {
  if (kind == package::Kind::keyring) return 0;
  return kind == package::Kind::firmware ? 1 : 2;
}

bool more_urgent(const Plan* a, const Plan* b) {
  if (a->release == nullptr || b->release == nullptr) {
    return a->release != nullptr && b->release == nullptr;
  }
  if (a->release->kind != b->release->kind) {
    return std::pair(urgency_of(a->release->kind), a->release->kind) <
           std::pair(urgency_of(b->release->kind), b->release->kind);
  }
  const bool oldest_first = a->release->kind == package::Kind::keyring;
  const Plan* const lower = oldest_first ? b : a;
  const Plan* const higher = oldest_first ? a : b;
  const auto order = lower->release->version <=> higher->release->version;
  return order == 0 ? a->rollout.id < b->rollout.id : order > 0;
}

}  // namespace

std::shared_ptr<const Snapshot> Snapshot::build(const std::vector<store::Rollout>& rollouts,
                                                Catalogue& catalogue) {
  auto made = std::make_shared<Snapshot>();
  std::set<std::string> models;
  for (const store::Rollout& rollout : rollouts) {
    auto plan = std::make_unique<Plan>();
    plan->rollout = rollout;
    if (auto release = catalogue.find(rollout.manifest)) {
      plan->release = std::move(*release);
      plan->offer_head = head_of(*plan->release, rollout.id);
    }
    plan->from = range_of(plan->rollout);
    for (const std::string& model : models_of(*plan)) {
      if (model != "*") models.insert(model);
    }
    made->plans_.push_back(std::move(plan));
  }
  for (const auto& plan : made->plans_) {
    const std::vector<std::string> own = models_of(*plan);
    const bool any = std::ranges::find(own, "*") != own.end();
    if (any) made->any_model_.push_back(plan.get());
    for (const std::string& model : models) {
      const bool speaks = any || std::ranges::find(own, model) != own.end();
      if (speaks) made->by_model_[model].push_back(plan.get());
    }
  }
  std::ranges::sort(made->any_model_, more_urgent);
  for (auto& [model, plans] : made->by_model_) std::ranges::sort(plans, more_urgent);
  return made;
}

std::size_t Snapshot::count_of(store::State state) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      plans_, [state](const auto& plan) { return plan->rollout.state == state; }));
}

const std::vector<const Plan*>& Snapshot::plans_for(std::string_view model) const {
  const auto found = by_model_.find(model);
  return found == by_model_.end() ? any_model_ : found->second;
}

}  // namespace airlock::rollout
