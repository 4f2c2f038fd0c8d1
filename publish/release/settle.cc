// When drafts go in, and in which order.
#include <algorithm>

#include "publish/release/desk.h"

namespace airlock::release {
namespace {

// All at once: what only the drafted root vouches for is no use before it, nor it before that.
Answer<void> settle_without_old_keys(Desk& desk, std::int64_t now) {
  AIRLOCK_ASSIGN(const bool is_signed, desk.is_complete("root", Rules::both));
  if (!is_signed) return {};
  if (desk.has_lists()) {
    AIRLOCK_ASSIGN(const bool are_signed, desk.lists_ready(Rules::drafted));
    if (!are_signed) return {};
  }
  AIRLOCK_TRY(desk.check_fresh({"targets", "snapshot", "root"}, now));
  const auto read = desk.rehearse({"targets", "snapshot", "root"}, 0);
  if (!read) return {};  // answer_of tells why
  for (const std::string& role : desk.roles()) AIRLOCK_TRY(desk.go_in(role));
  return {};
}

// Why a complete draft cannot go in, and what would let it.
struct Obstacle {
  Step step;
  std::optional<Refusal> refusal{};
};
std::optional<Obstacle> obstacle_of_root(const Desk& desk, OldKeys old_keys, std::int64_t now) {
  if (const auto fresh = desk.check_fresh({"root"}, now); !fresh) {
    return Obstacle{Step::redo, fresh.error()};
  }
  if (old_keys == OldKeys::lost) {
    const auto read = desk.rehearse({"targets", "snapshot", "root"}, 0);
    if (!read) return Obstacle{Step::renew, read.error()};
    return std::nullopt;
  }
  const auto next = desk.rehearse({"root"}, 0);
  if (!next) return Obstacle{Step::renew, next.error()};
  if (const auto offered = desk.check_offered(); !offered) {
    return Obstacle{Step::timestamp, offered.error()};
  }
  return std::nullopt;
}

Obstacle obstacle_of(const Desk& desk, std::string_view role, OldKeys old_keys, std::int64_t now) {
  if (role == "root") return obstacle_of_root(desk, old_keys, now).value_or(Obstacle{Step::others});
  const auto fresh = desk.check_fresh({role}, now);
  return fresh ? Obstacle{Step::others} : Obstacle{Step::redo, fresh.error()};
}

Answer<void> settle_root(Desk& desk, std::int64_t now) {
  if (!desk.has("root")) return {};
  AIRLOCK_ASSIGN(const bool is_signed, desk.is_complete("root", Rules::both));
  if (!is_signed || obstacle_of_root(desk, OldKeys::at_hand, now)) return {};
  return desk.go_in("root");
}

// What only a search would find out: each delegated role that is drafted is one that a device can
// have.
Answer<void> check_delegated(const Desk& desk, Newest& next) {
  const std::vector<std::string> drafted = desk.lists();
  if (std::ranges::all_of(drafted, is_top_level)) return {};
  for (const auto& one : next.survey()) {
    if (one.judged || !desk.has(one.role)) continue;
    return Refusal::of(one.judged.error(), desk.path(one.role).string());
  }
  return {};
}

}  // namespace

std::string_view name_of(Step step) {
  switch (step) {
    case Step::sign: return "sign";
    case Step::others: return "others";
    case Step::renew: return "renew";
    case Step::timestamp: return "timestamp";
    case Step::redo: return "redo";
  }
  return "";
}

Answer<void> settle_lists(Desk& desk, Rules rules, std::int64_t now) {
  AIRLOCK_ASSIGN(const bool are_signed, desk.lists_ready(rules));
  if (!are_signed) return {};
  AIRLOCK_TRY(desk.check_fresh({"targets", "snapshot"}, now));
  auto read = desk.rehearse({"targets", "snapshot"}, 0);
  if (!read) return refused_by_the_device(read.error());
  if (const auto below = check_delegated(desk, *read); !below) {
    return refused_by_the_device(below.error());
  }
  for (const std::string& role : desk.lists()) AIRLOCK_TRY(desk.go_in(role));
  return {};
}

Answer<void> settle_all(Desk& desk, OldKeys old_keys, std::int64_t now) {
  AIRLOCK_TRY(desk.complete({}, rules_of(old_keys)));
  if (old_keys == OldKeys::lost && desk.has("root")) return settle_without_old_keys(desk, now);
  AIRLOCK_TRY(settle_lists(desk, Rules::both, now));
  return settle_root(desk, now);
}

namespace {

// Whoever looks reads from the top: the root, the lists, what is below them.
std::vector<std::string> shown_order(const Desk& desk) {
  std::vector<std::string> made;
  for (const char* role : {"root", "targets", "snapshot"}) {
    if (desk.has(role)) made.emplace_back(role);
  }
  for (const std::string& role : desk.lists()) {
    if (!is_top_level(role)) made.push_back(role);
  }
  return made;
}

Answer<std::vector<Waiting>> waiting_on(Desk& desk, OldKeys old_keys, std::int64_t now) {
  std::vector<Waiting> made;
  for (const std::string& role : shown_order(desk)) {
    Waiting one;
    one.role = role;
    one.version = desk.version(role);
    one.path = desk.path(role);
    one.file = desk.file(role);
    AIRLOCK_ASSIGN(const tuf::Parts parts, naming(one.path, tuf::take_apart(one.file)));
    one.digest = crypto::sha256(bytes_of(parts.message));
    AIRLOCK_ASSIGN(one.demands, desk.demands(role, rules_of(old_keys)));
    AIRLOCK_ASSIGN(one.present, desk.present(role));
    AIRLOCK_ASSIGN(const bool is_signed, desk.is_complete(role, rules_of(old_keys)));
    if (is_signed) {
      Obstacle found = obstacle_of(desk, role, old_keys, now);
      one.next = found.step;
      one.obstacle = std::move(found.refusal);
    }
    made.push_back(std::move(one));
  }
  return made;
}

}  // namespace

Answer<Settled> answer_of(Desk& desk, OldKeys old_keys, std::int64_t now) {
  AIRLOCK_TRY(desk.save());
  AIRLOCK_ASSIGN(std::vector<Waiting> waiting, waiting_on(desk, old_keys, now));
  return Settled{desk.installed(), std::move(waiting)};
}

Answer<std::vector<Waiting>> look(const Path& repository, OldKeys old_keys, std::int64_t now) {
  AIRLOCK_ASSIGN(Desk desk, Desk::open(repository));
  return waiting_on(desk, old_keys, now);
}

Answer<Settled> settle(const SettleOrder& order) {
  AIRLOCK_ASSIGN(const file::File lock, lock_repository(order.repository));
  AIRLOCK_ASSIGN(Desk desk, Desk::open(order.repository));
  AIRLOCK_TRY(settle_all(desk, order.old_keys, order.now));
  return answer_of(desk, order.old_keys, order.now);
}

}  // namespace airlock::release
