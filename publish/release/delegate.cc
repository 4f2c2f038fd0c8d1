// Roles below the targets: teams that sign for their own paths.
#include <algorithm>

#include "host/json/json.h"
#include "publish/release/desk.h"

namespace airlock::release {
namespace {

using json::Value;

std::vector<std::string> texts_in(const Value& entry, const char* member) {
  std::vector<std::string> made;
  if (!entry.contains(member)) return made;
  for (const Value& one : entry[member]) made.push_back(one.get<std::string>());
  return made;
}

// What proven targets metadata says of the roles below it, as it would be drafted. Of another form
// than the specification's there is nothing to go on from.
Answer<std::vector<tuf::DelegationDraft>> delegations_of(Bytes targets, const Path& about) {
  std::vector<tuf::DelegationDraft> made;
  AIRLOCK_ASSIGN(const Value file, naming(about, json::parse(text_of(targets), targets.size())));
  const Value& part = file["signed"];
  if (!part.contains("delegations")) return made;
  const Value& there = part["delegations"];
  if (!there.is_object() || !there.contains("roles")) {
    return Refusal::of(Code::exists_already, about.string());
  }
  for (const Value& entry : there["roles"]) {
    tuf::DelegatedDraft role{entry["name"].get<std::string>(), {}};
    role.keys.threshold = entry["threshold"].get<std::uint32_t>();
    for (const Value& id : entry["keyids"]) {
      const auto name = id.get<std::string>();
      if (!there["keys"].contains(name)) return Refusal::of(Code::bad_metadata, about.string());
      role.keys.keys.push_back({name, json::write(there["keys"][name]), {}});
    }
    made.push_back({{std::move(role)},
                    texts_in(entry, "paths"),
                    texts_in(entry, "path_hash_prefixes"),
                    entry["terminating"].get<bool>()});
  }
  return made;
}

const std::string& role_in(const tuf::DelegationDraft& one) { return one.roles.front().name; }

// Names that stand in paths and in commands as they are.
bool is_plain_name(std::string_view name) {
  constexpr std::size_t kNameMax = 64;
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, is_plain) &&
         !is_top_level(name) && name != "timestamp";
}

Answer<Settled> go_on(Desk& desk, const tuf::TargetsChange& top, const DelegateOrder& order) {
  AIRLOCK_TRY(draft_list(desk, "targets", top, order.now + order.valid_seconds));
  AIRLOCK_TRY(check_signers(desk, order.signers));
  AIRLOCK_TRY(desk.complete(order.signers, Rules::newest));
  AIRLOCK_TRY(settle_lists(desk, Rules::newest, order.now));
  return answer_of(desk, OldKeys::at_hand, order.now);
}

struct Opened {
  file::File lock;
  Desk desk;
  std::vector<tuf::DelegationDraft> list;
};
Answer<Opened> open_list(const Path& repository) {
  AIRLOCK_ASSIGN(file::File lock, lock_repository(repository));
  file::remove_unfinished(repository);
  AIRLOCK_ASSIGN(Desk desk, Desk::open(repository));
  AIRLOCK_TRY(check_no_lists_wait(desk));
  AIRLOCK_ASSIGN(const Newest* newest, desk.newest());
  const Path about = metadata_path(repository, newest->repository.version_of("targets"), "targets");
  AIRLOCK_ASSIGN(std::vector<tuf::DelegationDraft> list, delegations_of(newest->targets, about));
  return Opened{std::move(lock), std::move(desk), std::move(list)};
}

}  // namespace

Answer<Settled> delegate(const DelegateOrder& order) {
  const std::string& name = role_in(order.delegation);
  if (!is_plain_name(name)) return Refusal::of(Code::bad_text, name);
  AIRLOCK_ASSIGN(Opened opened, open_list(order.repository));
  const auto there = std::ranges::find(opened.list, name, &role_in);
  if (there != opened.list.end()) {
    *there = order.delegation;
  } else {
    opened.list.push_back(order.delegation);
  }
  AIRLOCK_TRY(draft_list(opened.desk, name, {}, order.now + order.valid_seconds));
  return go_on(opened.desk, {{}, {}, tuf::DelegationsDraft{std::move(opened.list), {}}}, order);
}

Answer<Settled> undelegate(const DelegateOrder& order) {
  const std::string& name = role_in(order.delegation);
  AIRLOCK_ASSIGN(Opened opened, open_list(order.repository));
  const auto there = std::ranges::find(opened.list, name, &role_in);
  if (there == opened.list.end()) return Refusal::of(Code::not_found, name);
  opened.list.erase(there);
  return go_on(opened.desk, {{}, {}, tuf::DelegationsDraft{std::move(opened.list), {}}}, order);
}

}  // namespace airlock::release
