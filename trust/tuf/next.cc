// Metadata that follows what is there. It is changed as a tree, so that what nobody names here
// stays: delegations, other roles' files, members of other tools.
#include <algorithm>

#include "host/text/text.h"
#include "trust/tuf/internal/drafts.h"

namespace airlock::tuf {
namespace {

using namespace internal;
using json::Value;

// The signed part of a file of this role, with the head of the one that follows it.
Result<Value> followed(Bytes from, Role role, std::uint64_t version, std::int64_t expires) {
  AIRLOCK_ASSIGN(const Value head, head_of(role, version, expires));
  AIRLOCK_ASSIGN(const Envelope envelope, open_envelope(from, size_max_of(role, {})));
  AIRLOCK_TRY(read_head(envelope, name_of(role)));
  Value part = json::value_of(envelope.signed_part);
  part.update(head);
  return part;
}

bool is_named(const Value& roles, const std::string& id) {
  return std::ranges::any_of(roles, [&](const Value& rule) {
    const Value& ids = rule["keyids"];
    return std::find(ids.begin(), ids.end(), Value(id)) != ids.end();
  });
}

Status change_role(const RoleChange& change, Value& part) {
  Value& roles = part["roles"];
  if (!roles.contains(change.role)) return fail(Code::wrong_type);
  Value& rule = roles[change.role];
  Value& ids = rule["keyids"];
  for (const std::string& id : change.removed) {
    const auto found = std::find(ids.begin(), ids.end(), Value(id));
    if (found == ids.end()) return fail(Code::not_found);
    ids.erase(found);
    if (!is_named(roles, id)) part["keys"].erase(id);
  }
  AIRLOCK_TRY(put_keys(change.added, rule, part["keys"]));
  if (change.threshold) rule["threshold"] = *change.threshold;
  return check_rule(rule);
}

}  // namespace

Result<std::string> next_root(Bytes from, std::uint64_t version, std::int64_t expires,
                              const std::vector<RoleChange>& changes) {
  AIRLOCK_ASSIGN(Value part, followed(from, Role::root, version, expires));
  AIRLOCK_TRY(draft_of(part, Role::root));  // before it is changed, so that it can be
  for (const RoleChange& change : changes) AIRLOCK_TRY(change_role(change, part));
  return draft_of(part, Role::root);
}

Result<std::string> next_targets(Bytes from, std::uint64_t version, std::int64_t expires,
                                 const TargetsChange& change) {
  AIRLOCK_ASSIGN(Value part, followed(from, Role::targets, version, expires));
  AIRLOCK_TRY(json::object(part, "targets"));
  Value& listed = part["targets"];
  for (const std::string& path : change.removed) {
    if (listed.erase(path) == 0) return fail(Code::not_found);
  }
  for (const Target& target : change.put) {
    AIRLOCK_ASSIGN(listed[target.path], entry_of(target));
  }
  if (change.delegations) AIRLOCK_TRY(put_delegations(*change.delegations, part));
  return draft_of(part, Role::targets);
}

Result<std::string> next_snapshot(Bytes from, std::uint64_t version, std::int64_t expires,
                                  const MetaFiles& changed) {
  AIRLOCK_ASSIGN(Value part, followed(from, Role::snapshot, version, expires));
  AIRLOCK_TRY(json::object(part, "meta"));
  for (const auto& [name, file] : changed) part["meta"][name + ".json"] = entry_of(file);
  return draft_of(part, Role::snapshot);
}

}  // namespace airlock::tuf
