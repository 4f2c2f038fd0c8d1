// Metadata for the repository: drafts to be signed, and files made of drafts and signatures. What
// is written here is held to the rules by which it is read.
#include <set>

#include "host/text/text.h"
#include "trust/tuf/internal/canonical.h"
#include "trust/tuf/internal/metadata.h"

namespace airlock::tuf {
namespace {

using namespace internal;
using json::Value;

Result<Value> head_of(Role role, std::uint64_t version, std::int64_t expires) {
  if (version < 1 || version > static_cast<std::uint64_t>(kVersionMax)) {
    return fail(Code::out_of_range, version);
  }
  return Value{{"_type", name_of(role)},
               {"expires", text::to_time(expires)},
               {"spec_version", kSpecVersion},
               {"version", version}};
}

// Canonical JSON lets control characters through raw; a draft must be the same in both forms, so
// that it can stand in a file as it was signed.
Result<std::string> draft_of(const Value& signed_part, Role role) {
  std::string draft = canonical(signed_part);
  if (draft != json::write(signed_part)) return fail(Code::bad_text);
  if (draft.size() > size_max_of(role)) return fail(Code::oversized, draft.size());
  return draft;
}

// Adds a role's keys to root's "keys" and answers its entry in "roles".
Result<Value> role_of(const RoleKeys& role, Value& keys) {
  std::set<std::string> keyids;
  for (const Buffer& key : role.keys) {
    AIRLOCK_TRY(crypto::make_public_key(crypto::Algorithm::eddsa, key));
    const std::string id = text::to_hex(key_id_of(key).bytes);
    if (!keyids.insert(id).second) return fail(Code::duplicate_key);
    keys[id] = key_object(key);
  }
  if (role.threshold < 1 || role.threshold > keyids.size()) {
    return fail(Code::out_of_range, role.threshold);
  }
  return Value{{"keyids", keyids}, {"threshold", role.threshold}};
}

Result<Value> entry_of(const MetaFile& file) {
  return Value{{"hashes", {{"sha256", text::to_hex(file.sha256.bytes)}}},
               {"length", file.length},
               {"version", file.version}};
}

Result<Value> target_entry_of(const Target& target) {
  if (!is_target_path(target.path)) return fail(Code::bad_text);
  Value entry{{"hashes", {{"sha256", text::to_hex(target.sha256.bytes)}}},
              {"length", target.length}};
  if (!target.custom.empty()) {
    AIRLOCK_ASSIGN(entry["custom"], json::parse(target.custom, kTargetsSizeMax));
  }
  AIRLOCK_TRY(read_listing(entry));
  return entry;
}

Result<std::string> draft_of_file(Role role, std::uint64_t version, std::int64_t expires,
                                  std::string_view name, const MetaFile& file) {
  AIRLOCK_ASSIGN(Value part, head_of(role, version, expires));
  AIRLOCK_ASSIGN(Value entry, entry_of(file));
  part["meta"][std::string(name)] = std::move(entry);
  return draft_of(part, role);
}

}  // namespace

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
                                  const std::vector<Target>& targets) {
  AIRLOCK_ASSIGN(Value part, head_of(Role::targets, version, expires));
  Value& listed = part["targets"] = Value::object();
  for (const Target& target : targets) {
    if (listed.contains(target.path)) return fail(Code::duplicate_key);
    AIRLOCK_ASSIGN(listed[target.path], target_entry_of(target));
  }
  return draft_of(part, Role::targets);
}

Result<std::string> draft_snapshot(std::uint64_t version, std::int64_t expires,
                                   const MetaFile& targets) {
  return draft_of_file(Role::snapshot, version, expires, "targets.json", targets);
}

Result<std::string> draft_timestamp(std::uint64_t version, std::int64_t expires,
                                    const MetaFile& snapshot) {
  return draft_of_file(Role::timestamp, version, expires, "snapshot.json", snapshot);
}

Result<std::string> join(std::string_view signed_part,
                         const std::vector<RoleSignature>& signatures) {
  AIRLOCK_ASSIGN(const Value part, json::parse(signed_part, kTargetsSizeMax));
  if (!part.is_object()) return fail(Code::wrong_type);
  if (canonical(part) != signed_part) return fail(Code::not_canonical);
  Value list = Value::array();
  for (const RoleSignature& signature : signatures) {
    list.push_back({{"keyid", text::to_hex(key_id_of(signature.public_key).bytes)},
                    {"sig", text::to_hex(signature.signature)}});
  }
  std::string file = "{\"signatures\":" + json::write(list) + ",\"signed\":";
  file.append(signed_part).append("}");
  AIRLOCK_TRY(open_envelope(bytes_of(file), kTargetsSizeMax));  // one signature for each key
  return file;
}

}  // namespace airlock::tuf
