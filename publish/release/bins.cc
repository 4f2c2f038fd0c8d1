// Hash bins: many short lists instead of a long one, so that a device reads the one that it needs.
#include <algorithm>

#include "publish/release/desk.h"

namespace airlock::release {
namespace {

// Bins are made of a list that delegates to nobody, or given other keys.
Answer<void> check_may_have_bins(const Newest& newest, const BinsOrder& order) {
  if (order.bit_length < 1 || order.bit_length > kBinBitsMax) {
    return Refusal::of(Error{Code::out_of_range, order.bit_length}, "the number of bins");
  }
  const std::uint64_t version = newest.repository.version_of("targets");
  const Path about = metadata_path(order.repository, version, "targets");
  AIRLOCK_ASSIGN(const tuf::Outline outline, naming(about, tuf::outline(newest.targets)));
  if (outline.roles.empty()) return {};
  const bool has_these = outline.bins && outline.bins->bit_length == order.bit_length &&
                         outline.bins->name_prefix == kBinsPrefix;
  if (!has_these) return Refusal::of(Code::exists_already, about.string());
  return {};
}

// Every bin is drafted, those without targets too: a client that finds none in the snapshot could
// not tell that from a mirror that hides it.
Answer<void> draft_bins(Desk& desk, const BinsOrder& order, const tuf::BinsDraft& bins) {
  AIRLOCK_ASSIGN(const Newest* newest, desk.newest());
  std::map<std::string, tuf::TargetsChange> by_bin;
  for (const tuf::DelegationDraft& bin : tuf::hash_bins(bins)) by_bin[bin.roles.front().name];
  tuf::TargetsChange top{{}, {}, tuf::DelegationsDraft{{}, bins}};
  for (tuf::Target& target : newest->repository.all()) {
    top.removed.push_back(target.path);
    by_bin[tuf::bin_of(bins, target.path)].put.push_back(std::move(target));
  }
  const std::int64_t expires = order.now + order.valid_seconds;
  for (const auto& [role, change] : by_bin) {
    AIRLOCK_TRY(draft_list(desk, role, change, expires));
  }
  return draft_list(desk, "targets", top, expires);
}

}  // namespace

Answer<bool> delegates(const Path& repository) {
  AIRLOCK_ASSIGN(const Newest newest, read_newest(repository, {}, 0));
  AIRLOCK_ASSIGN(const tuf::Outline outline, tuf::outline(newest.targets));
  return !outline.roles.empty();
}

Answer<Settled> make_bins(const BinsOrder& order) {
  AIRLOCK_ASSIGN(const file::File lock, lock_repository(order.repository));
  file::remove_unfinished(order.repository);
  AIRLOCK_ASSIGN(Desk desk, Desk::open(order.repository));
  AIRLOCK_TRY(check_no_lists_wait(desk));
  AIRLOCK_ASSIGN(const Newest* newest, desk.newest());
  AIRLOCK_TRY(check_may_have_bins(*newest, order));
  AIRLOCK_TRY(draft_bins(desk, order, {std::string(kBinsPrefix), order.bit_length, order.keys}));
  AIRLOCK_TRY(check_signers(desk, order.signers));
  AIRLOCK_TRY(desk.complete(order.signers, Rules::newest));
  AIRLOCK_TRY(settle_lists(desk, Rules::newest, order.now));
  return answer_of(desk, OldKeys::at_hand, order.now);
}

}  // namespace airlock::release
