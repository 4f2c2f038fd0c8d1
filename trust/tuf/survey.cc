// Every delegated role of a repository, for whoever keeps it.
#include <deque>
#include <map>
#include <set>

#include "trust/tuf/internal/roles.h"

namespace airlock::tuf {
namespace {

using namespace internal;

// Walks the roles breadth-first; each is judged by the first delegation that leads to it.
class Survey {
 public:
  Survey(const Repository::State& state, Store& store, Fetcher& fetcher)
      : state_(state), session_{store, fetcher, state.now, state.limits} {
    for (const auto& [name, entry] : state.snapshot.files) {
      const std::string role = name.substr(0, name.rfind(".json"));
      if (role != name_of(Role::targets)) found_[role] = {role, entry.version};
    }
    for (auto& [role, one] : found_) one.judged = fail(Code::target_missing);
  }

  std::vector<Repository::Surveyed> run() {
    walk(state_.targets);
    while (!open_.empty()) {
      const Targets role = std::move(open_.front());
      open_.pop_front();
      walk(role);
    }
    std::vector<Repository::Surveyed> made;
    for (auto& [role, one] : found_) made.push_back(std::move(one));
    return made;
  }

 private:
  void walk(const Targets& delegating) {
    const Delegations& below = delegating.delegations;
    for (const Delegation& one : below.list) {
      for (const DelegatedRole& role : one.group.roles) visit(delegating, role.name, role.rule);
    }
    if (!below.bins) return;
    for (auto& [role, one] : found_) {  // fewer than there are bins
      if (below.bins->has(role)) visit(delegating, role, below.bins->rule);
    }
  }

  void visit(const Targets& delegating, const std::string& role, const RoleRule& rule) {
    const auto listed = found_.find(role);
    if (listed == found_.end() || !met_.insert(role).second) return;
    Repository::Surveyed& one = listed->second;
    const auto entry = state_.snapshot.files.find(role + ".json");
    auto brought = bring_targets(
        session_, {role, Role::targets, entry->second, Authority{delegating.delegations.keys, rule},
                   state_.root.consistent_snapshot});
    if (!brought) {
      one.judged = std::unexpected(brought.error());
      return;
    }
    one.judged = {};
    one.expires = brought->head.expires;
    for (const auto& [path, value] : brought->targets.members()) {
      if (auto target = target_of(path, value)) one.targets.push_back(std::move(*target));
    }
    const Delegations& below = brought->delegations;
    if (below.bins || !below.list.empty()) open_.push_back(std::move(*brought));
  }

  const Repository::State& state_;
  Session session_;
  std::map<std::string, Repository::Surveyed> found_;
  std::set<std::string> met_;
  std::deque<Targets> open_;
};

}  // namespace

std::vector<Repository::Surveyed> Repository::survey(Store& store, Fetcher& fetcher) const {
  return Survey(*state_, store, fetcher).run();
}

}  // namespace airlock::tuf
