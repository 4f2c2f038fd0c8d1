// Metadata for the repository that begins with nothing: drafts to be signed.
#include <algorithm>

#include "trust/tuf/internal/drafts.h"

namespace airlock::tuf {
namespace {

using namespace internal;
using json::Value;

// Adds a role's keys to those of its file and answers what its rule says.
Result<Value> role_of(const RoleKeys& role, Value& keys) {
  Value rule{{"keyids", Value::array()}, {"threshold", role.threshold}};
  AIRLOCK_TRY(put_keys(role.keys, rule, keys));
  AIRLOCK_TRY(check_rule(rule));
  return rule;
}

Result<std::string> draft_of_files(Role role, std::uint64_t version, std::int64_t expires,
                                   const MetaFiles& files) {
  AIRLOCK_ASSIGN(Value part, head_of(role, version, expires));
  for (const auto& [name, file] : files) part["meta"][name + ".json"] = entry_of(file);
  return draft_of(part, role);
}

void put_scope(const DelegationDraft& delegation, Value& entry) {
  if (!delegation.paths.empty()) entry["paths"] = delegation.paths;
  if (!delegation.path_hash_prefixes.empty()) {
    entry["path_hash_prefixes"] = delegation.path_hash_prefixes;
  }
  entry["terminating"] = delegation.terminating;
}

// The form of the specification, with a role's rule in each entry.
Status put_roles(const DelegationsDraft& delegations, Value& part) {
  Value& made = part["delegations"] = {{"keys", Value::object()}, {"roles", Value::array()}};
  for (const DelegationDraft& delegation : delegations.list) {
    AIRLOCK_CHECK(delegation.roles.size() == 1);
    const DelegatedDraft& role = delegation.roles.front();
    AIRLOCK_ASSIGN(Value entry, role_of(role.keys, made["keys"]));
    entry["name"] = role.name;
    put_scope(delegation, entry);
    made["roles"].push_back(std::move(entry));
  }
  return {};
}

// The form of TAP 3: a role that is named twice must have one rule.
Status put_agreements(const DelegationsDraft& delegations, Value& part) {
  Value& keys = part["keys"] = Value::object();
  Value& rules = part["roles"] = Value::object();
  Value& list = part["delegations"] = Value::array();
  for (const DelegationDraft& delegation : delegations.list) {
    Value entry = {{"roles", Value::array()}};
    for (const DelegatedDraft& role : delegation.roles) {
      AIRLOCK_ASSIGN(Value rule, role_of(role.keys, keys));
      if (rules.contains(role.name) && rules[role.name] != rule) return fail(Code::duplicate_key);
      rules[role.name] = std::move(rule);
      entry["roles"].push_back(role.name);
    }
    put_scope(delegation, entry);
    list.push_back(std::move(entry));
  }
  return {};
}

Status put_bins(const BinsDraft& bins, Value& part) {
  Value& made = part["delegations"] = {{"keys", Value::object()}};
  AIRLOCK_ASSIGN(Value rule, role_of(bins.keys, made["keys"]));
  rule["bit_length"] = bins.bit_length;
  rule["name_prefix"] = bins.name_prefix;
  made["succinct_roles"] = std::move(rule);
  return {};
}

}  // namespace

Status internal::put_delegations(const DelegationsDraft& delegations, Value& part) {
  if (part.contains("delegations") && part["delegations"].is_array()) {  // TAP 3: two more members
    part.erase("keys");
    part.erase("roles");
  }
  part.erase("delegations");
  if (delegations.bins) {
    if (!delegations.list.empty()) return fail(Code::bad_metadata);
    return put_bins(*delegations.bins, part);
  }
  if (delegations.list.empty()) return {};
  const bool agree = std::ranges::any_of(
      delegations.list, [](const DelegationDraft& one) { return one.roles.size() != 1; });
  return agree ? put_agreements(delegations, part) : put_roles(delegations, part);
}

Result<std::string> draft_root(const RootDraft& draft) {
  AIRLOCK_ASSIGN(Value part, head_of(Role::root, draft.version, draft.expires));
  Value keys = Value::object();
  AIRLOCK_ASSIGN(part["roles"]["root"], role_of(draft.root, keys));
  AIRLOCK_ASSIGN(part["roles"]["timestamp"], role_of(draft.timestamp, keys));
  AIRLOCK_ASSIGN(part["roles"]["snapshot"], role_of(draft.snapshot, keys));
  AIRLOCK_ASSIGN(part["roles"]["targets"], role_of(draft.targets, keys));
  part["keys"] = std::move(keys);
  part["consistent_snapshot"] = true;
  return draft_of(part, Role::root);
}

Result<std::string> draft_targets(std::uint64_t version, std::int64_t expires,
                                  const std::vector<Target>& targets,
                                  const DelegationsDraft& delegations) {
  AIRLOCK_ASSIGN(Value part, head_of(Role::targets, version, expires));
  Value& listed = part["targets"] = Value::object();
  for (const Target& target : targets) {
    if (listed.contains(target.path)) return fail(Code::duplicate_key);
    AIRLOCK_ASSIGN(listed[target.path], entry_of(target));
  }
  AIRLOCK_TRY(put_delegations(delegations, part));
  return draft_of(part, Role::targets);
}

Result<std::string> draft_snapshot(std::uint64_t version, std::int64_t expires,
                                   const MetaFiles& roles) {
  return draft_of_files(Role::snapshot, version, expires, roles);
}

Result<std::string> draft_snapshot(std::uint64_t version, std::int64_t expires,
                                   const MetaFile& targets) {
  return draft_snapshot(version, expires, MetaFiles{{"targets", targets}});
}

Result<std::string> draft_timestamp(std::uint64_t version, std::int64_t expires,
                                    const MetaFile& snapshot) {
  return draft_of_files(Role::timestamp, version, expires, {{"snapshot", snapshot}});
}

std::string bin_of(const BinsDraft& bins, std::string_view path) {
  const WantedTarget target(path);
  return bin_name(bins.name_prefix, bins.bit_length, bin_number(target.digest, bins.bit_length));
}

std::vector<DelegationDraft> hash_bins(const BinsDraft& bins) {
  constexpr unsigned kBitLengthMax = 15;
  constexpr unsigned kBitsOfADigit = 4;
  AIRLOCK_CHECK(bins.bit_length >= 1 && bins.bit_length <= kBitLengthMax);
  // A prefix is of whole digits, so that a bin has up to eight of them.
  const unsigned digits = (bins.bit_length + kBitsOfADigit - 1) / kBitsOfADigit;
  const unsigned prefixes = 1U << (digits * kBitsOfADigit - bins.bit_length);
  std::vector<DelegationDraft> made;
  for (std::uint32_t number = 0; number < 1U << bins.bit_length; ++number) {
    DelegationDraft bin{{{bin_name(bins.name_prefix, bins.bit_length, number), bins.keys}}};
    for (std::uint32_t i = 0; i < prefixes; ++i) {
      bin.path_hash_prefixes.push_back(
          bin_name("", digits * kBitsOfADigit, number * prefixes + i).substr(1));
    }
    made.push_back(std::move(bin));
  }
  return made;
}

}  // namespace airlock::tuf
