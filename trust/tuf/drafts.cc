#include "trust/tuf/internal/drafts.h"

#include <algorithm>
#include <set>

#include "host/text/text.h"
#include "trust/tuf/internal/canonical.h"

namespace airlock::tuf {
namespace internal {
namespace {

using json::Value;

Status read_as(Role role, Envelope& envelope) {
  switch (role) {
    case Role::root: AIRLOCK_TRY(read_root(envelope)); break;
    case Role::timestamp: AIRLOCK_TRY(read_timestamp(envelope)); break;
    case Role::snapshot: AIRLOCK_TRY(read_snapshot(envelope)); break;
    case Role::targets: AIRLOCK_TRY(read_targets(envelope)); break;
  }
  return {};
}

}  // namespace

Result<Value> head_of(Role role, std::uint64_t version, std::int64_t expires) {
  if (version < 1 || version > static_cast<std::uint64_t>(kVersionMax)) {
    return fail(Code::out_of_range, version);
  }
  return Value{{"_type", name_of(role)},
               {"expires", text::to_time(expires)},
               {"spec_version", kSpecVersion},
               {"version", version}};
}

Result<std::string> draft_of(const Value& signed_part, Role role) {
  std::string draft = json::write(signed_part);
  const std::string file = "{\"signatures\":[],\"signed\":" + draft + "}";
  AIRLOCK_ASSIGN(Envelope envelope, open_envelope(bytes_of(file), size_max_of(role, {})));
  AIRLOCK_TRY(read_as(role, envelope));
  return draft;
}

Status put_keys(const std::vector<PublicKey>& added, Value& rule, Value& keys) {
  Value& ids = rule["keyids"];
  for (const PublicKey& key : added) {
    if (std::find(ids.begin(), ids.end(), Value(key.id)) != ids.end())
      return fail(Code::duplicate_key);
    AIRLOCK_ASSIGN(keys[key.id], json::parse(key.object, kKeyTextMax));
    ids.push_back(key.id);
  }
  if (keys.size() > kKeysMax) return fail(Code::too_many, keys.size());
  return {};
}

Status check_rule(const Value& rule) {
  AIRLOCK_ASSIGN(const std::int64_t threshold, json::integer(rule, "threshold", 0, UINT32_MAX));
  AIRLOCK_ASSIGN(const Value* ids, json::array(rule, "keyids", kKeysMax));
  if (threshold >= 1 && static_cast<std::uint64_t>(threshold) <= ids->size()) return {};
  return fail(Code::out_of_range, static_cast<std::uint64_t>(threshold));
}

Value entry_of(const MetaFile& file) {
  return {{"hashes", {{"sha256", text::to_hex(file.sha256.bytes)}}},
          {"length", file.length},
          {"version", file.version}};
}

Result<Value> entry_of(const Target& target) {
  if (!is_target_path(target.path)) return fail(Code::bad_text);
  if (!target.sha256 && !target.sha512) return fail(Code::unsupported_algorithm);
  Value entry{{"length", target.length}};
  if (target.sha256) entry["hashes"]["sha256"] = text::to_hex(target.sha256->bytes);
  if (target.sha512) entry["hashes"]["sha512"] = text::to_hex(*target.sha512);
  if (!target.custom.empty()) {
    AIRLOCK_ASSIGN(entry["custom"], json::parse(target.custom, kTargetsSizeMax));
    if (!entry["custom"].is_object()) return fail(Code::wrong_type);
  }
  return entry;
}

}  // namespace internal

Result<std::string> message_of(std::string_view draft) {
  AIRLOCK_ASSIGN(const json::Tree part, json::Tree::parse(draft, kTargetsSizeMax));
  if (!part.root().is_object()) return fail(Code::wrong_type);
  return internal::canonical(part.root());
}

Result<std::string> join(std::string_view draft, const std::vector<RoleSignature>& signatures) {
  json::Value list = json::Value::array();
  for (const RoleSignature& one : signatures) {
    list.push_back({{"keyid", one.key_id}, {"sig", text::to_hex(one.signature)}});
  }
  AIRLOCK_ASSIGN(const json::Value part, json::parse(draft, kTargetsSizeMax));
  if (!part.is_object()) return fail(Code::wrong_type);
  if (json::write(part) != draft) return fail(Code::not_canonical);
  std::string file = "{\"signatures\":" + json::write(list) + ",\"signed\":";
  file.append(draft).append("}");
  AIRLOCK_TRY(internal::open_envelope(bytes_of(file), kTargetsSizeMax));  // one for each key
  return file;
}

Result<Parts> take_apart(Bytes file) {
  AIRLOCK_ASSIGN(const internal::Envelope envelope, internal::open_envelope(file, kTargetsSizeMax));
  Parts parts;
  parts.draft = json::write(json::value_of(envelope.signed_part));
  parts.message = envelope.message();
  for (const internal::Signature& one : envelope.signatures) {
    if (auto raw = text::from_hex(one.hex); raw && !raw->empty()) {
      parts.signatures.push_back({one.keyid, std::move(*raw)});
    }
  }
  return parts;
}

namespace {

Tally tally_by(const internal::Authority& by, const internal::Envelope& judged) {
  const internal::Signers signers = signers_of(judged.message(), judged.signatures, by, SIZE_MAX);
  Tally made{by.rule.threshold, {}, {}};
  for (const auto& [material, id] : signers) made.signed_by.push_back({id, material});
  std::set<Buffer> met;
  for (const std::string& id : by.rule.keyids) {
    const auto key = by.keys.find(id);
    if (key == by.keys.end() || !key->second.verifier) continue;
    const Buffer& material = key->second.material;
    if (signers.contains(material) || !met.insert(material).second) continue;
    made.yet_to_sign.push_back({id, material});
  }
  return made;
}

}  // namespace

Result<Tally> tally(Bytes judge, std::string_view role, Bytes file) {
  using namespace internal;
  AIRLOCK_ASSIGN(Envelope judging, open_envelope(judge, kTargetsSizeMax));
  AIRLOCK_ASSIGN(const Envelope judged, open_envelope(file, kTargetsSizeMax));
  const auto top = std::ranges::find(kRoles, role, &name_of);
  if (top != kRoles.end()) {
    AIRLOCK_ASSIGN(const Root root, read_root(judging));
    return tally_by(root.authority(*top), judged);
  }
  if (!read_head(judging, name_of(Role::targets))) return fail(Code::wrong_type);
  AIRLOCK_ASSIGN(const Targets delegating, read_targets(judging));
  const RoleRule* rule = delegating.delegations.rule_of(role);
  if (rule == nullptr) return fail(Code::wrong_type);
  return tally_by({delegating.delegations.keys, *rule}, judged);
}

}  // namespace airlock::tuf
