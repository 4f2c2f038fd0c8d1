#include "fleet/registry.h"

#include <algorithm>

namespace airlock::fleet {
namespace {

constexpr std::string_view kOperator = "simulation";

store::Deed deed_of(std::string why, std::int64_t now) {
  return {std::string(kOperator), std::move(why), now};
}

}  // namespace

Result<Registry> Registry::open(const file::Path& folder, store::Sharing sharing) {
  AIRLOCK_ASSIGN(auto store, store::Store::open(folder, sharing));
  return Registry(std::move(store));
}

Status Registry::enrol(const std::vector<std::string>& keys_hex, std::int64_t now) {
  for (std::size_t from = 0; from < keys_hex.size(); from += store::kKeysMax) {
    const std::size_t end = std::min(from + store::kKeysMax, keys_hex.size());
    const std::vector<std::string> some(keys_hex.begin() + static_cast<std::ptrdiff_t>(from),
                                        keys_hex.begin() + static_cast<std::ptrdiff_t>(end));
    AIRLOCK_TRY(store_->import_devices(some, deed_of("the fleet", now)));
  }
  return {};
}

Result<std::int64_t> Registry::offer(const Digest& manifest, const Digest& seed,
                                     std::uint32_t share, std::int64_t now) {
  store::Rollout draft;
  draft.manifest = manifest;
  draft.seed = seed;
  draft.share = share;
  draft.state = store::State::running;
  draft.models = {std::string(kModel)};
  draft.created = now;
  AIRLOCK_ASSIGN(const store::Rollout made,
                 store_->create_rollout(draft, deed_of("a release", now)));
  return made.id;
}

Status Registry::advance(std::int64_t rollout, std::uint32_t share, std::int64_t now) {
  AIRLOCK_TRY(store_->advance(rollout, share, deed_of("the next stage", now)));
  return {};
}

Result<std::uint64_t> Registry::committed(std::int64_t rollout) {
  AIRLOCK_ASSIGN(const auto counts, store_->report_counts(rollout));
  std::uint64_t sum = 0;
  for (const store::ReportCount& count : counts) {
    if (count.outcome == "committed") sum += static_cast<std::uint64_t>(count.count);
  }
  return sum;
}

}  // namespace airlock::fleet
