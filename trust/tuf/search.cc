// The search for a target (5.6.7): pre-order depth-first, through the delegations that are for it.
#include <deque>
#include <map>
#include <memory>
#include <set>

#include "trust/tuf/internal/roles.h"

namespace airlock::tuf {
namespace {

using namespace internal;

// What a role, or what lies below it, says of the target; nothing is no error.
using Finding = std::optional<Target>;

// TAP 3: whoever must agree says the same length and the same hashes. What a role adds in `custom`
// is its own.
bool is_same(const Finding& a, const Finding& b) {
  if (!a || !b) return !a && !b;
  return a->length == b->length && a->sha256 == b->sha256 && a->sha512 == b->sha512;
}

using Brought = std::shared_ptr<const Targets>;
// What came of asking for a role on behalf of the one that delegates to it, by the names of both.
// It is the same for every target.
using Asked = std::map<std::pair<std::string, std::string>, Result<Brought>>;

class Search {
 public:
  Search(const Repository::State& state, const Session& session, Asked& asked,
         std::string_view path)
      : state_(state), session_(session), asked_(asked), target_(path) {}

  Result<Target> run() {
    Level top;
    top.group.roles.resize(1);
    top.role = &state_.targets;
    levels_.push_back(std::move(top));
    AIRLOCK_ASSIGN(Finding found, listed(state_.targets));
    while (true) {
      if (!found) {
        AIRLOCK_ASSIGN(const bool went_down, go_down());
        if (went_down) {
          AIRLOCK_ASSIGN(found, ask_next());
          continue;
        }
      }
      // The role that was asked has its finding, from itself or from below.
      AIRLOCK_TRY(agree(found));
      if (levels_.back().asked < levels_.back().group.roles.size()) {
        AIRLOCK_ASSIGN(found, ask_next());
        continue;
      }
      const bool ends = levels_.size() == 1 || levels_.back().group.terminating;
      found = std::move(levels_.back().agreed);
      levels_.pop_back();
      if (found && levels_.empty()) return std::move(*found);
      if (!found && ends) return fail(Code::target_missing);
    }
  }

 private:
  // One delegation that is being asked, and the place within its present role.
  struct Level {
    Group group;
    std::size_t asked = 0;  // roles whose finding is known
    Finding agreed;         // what they said
    const Targets* role = nullptr;
    Brought own;                     // what role points to; not of the top-level role
    std::size_t next = 0;            // of role's delegations
    std::set<std::string> met = {};  // before the group was asked
  };

  Result<Finding> listed(const Targets& role) const {
    const std::optional<json::Node> listing = role.targets.member(target_.path);
    if (!listing) return std::nullopt;
    AIRLOCK_ASSIGN(Target found, target_of(target_.path, *listing));
    return found;
  }

  // Goes to the next delegation of the present role that is for the target.
  Result<bool> go_down() {
    Level& here = levels_.back();
    if (here.role == nullptr) return false;
    std::optional<Group> group = here.role->delegations.next(target_, here.next);
    if (!group) return false;
    Level below;
    below.group = std::move(*group);
    below.met = met_;
    levels_.push_back(std::move(below));
    return true;
  }

  // Asks the next role of the present group. A role that was met before is not asked again: it, or
  // what is below it, has nothing or is being asked now. Roles that must agree search each for
  // themselves, or one would find nothing where another was first.
  Result<Finding> ask_next() {
    Level& here = levels_.back();
    const DelegatedRole& role = here.group.roles[here.asked];
    here.role = nullptr;
    here.own.reset();
    here.next = 0;
    if (here.asked > 0) met_ = here.met;
    if (!met_.insert(role.name).second) return std::nullopt;
    if (++visits_ > kRolesVisitedMax) return fail(Code::too_many, kRolesVisitedMax);
    AIRLOCK_ASSIGN(here.own, bring_once(role));
    here.role = here.own.get();
    return listed(*here.role);
  }

  Result<Brought> bring_once(const DelegatedRole& role) {
    const Level& above = levels_[levels_.size() - 2];
    const std::string& delegating =
        above.group.roles[above.asked].name;  // "" of the top-level role
    const auto [place, is_new] = asked_.try_emplace({delegating, role.name}, Brought());
    if (is_new) place->second = bring(role);
    return place->second;
  }

  // Fetches and proves a delegated role by what its delegating role says of it, here and now. A
  // role that the snapshot does not list is not even asked for. Where it cannot be had, the search
  // is over: what has a lower priority must not step into its place.
  Result<Brought> bring(const DelegatedRole& role) {
    const Targets& delegating = *levels_[levels_.size() - 2].role;
    const auto entry = state_.snapshot.files.find(role.name + ".json");
    if (entry == state_.snapshot.files.end()) return fail(Code::mixed_metadata);
    AIRLOCK_ASSIGN(Targets brought,
                   bring_targets(session_, {role.name, Role::targets, entry->second,
                                            Authority{delegating.delegations.keys, role.rule},
                                            state_.root.consistent_snapshot}));
    return std::make_shared<const Targets>(std::move(brought));
  }

  Status agree(Finding& found) {
    Level& here = levels_.back();
    if (here.asked > 0 && !is_same(here.agreed, found)) return fail(Code::roles_disagree);
    if (here.asked == 0) here.agreed = std::move(found);
    ++here.asked;
    return {};
  }

  const Repository::State& state_;
  const Session& session_;
  Asked& asked_;
  WantedTarget target_;
  std::deque<Level> levels_;   // from the top-level role to the one that is being asked
  std::set<std::string> met_;  // roles, by name
  std::size_t visits_ = 0;
};

}  // namespace

Result<Target> Repository::find(std::string_view path, Store& store, Fetcher& fetcher) const {
  if (!is_target_path(path)) return fail(Code::target_missing);
  Asked asked;
  const Session session{store, fetcher, state_->now, state_->limits};
  return Search(*state_, session, asked, path).run();
}

Repository::Listing Repository::list(Store& store, Fetcher& fetcher) const {
  Listing made{{}, survey(store, fetcher)};
  std::set<std::string> paths;
  for (const Target& target : all()) paths.insert(target.path);
  for (const Surveyed& role : made.roles) {
    for (const Target& target : role.targets) paths.insert(target.path);
  }
  Asked asked;
  const Session session{store, fetcher, state_->now, state_->limits};
  for (const std::string& path : paths) {
    if (!is_target_path(path)) continue;
    auto found = Search(*state_, session, asked, path).run();
    if (found) made.targets.push_back(std::move(*found));
  }
  return made;
}

}  // namespace airlock::tuf
