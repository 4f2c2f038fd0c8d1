#include "trust/tuf/internal/keys.h"

#include <algorithm>
#include <set>

#include "host/text/text.h"
#include "trust/tuf/internal/canonical.h"

namespace airlock::tuf::internal {
namespace {

using json::Value;

constexpr std::size_t kKeyIdSizeMax = 256;  // ours are 64 hexadecimal digits
constexpr std::size_t kSignatureTextMax = 8 << 10;
constexpr std::int64_t kThresholdMax = 1024;

std::string id_of(const Value& key) {
  return text::to_hex(crypto::sha256(bytes_of(canonical(key))).bytes);
}

// The specification hashes the whole key object; the reference implementation hashes type, scheme
// and value, so that a member which somebody adds later does not change the id. Both bind the id to
// the key, and equal keys are found by their material, so both are taken.
bool is_id_of(std::string_view id, const Value& key, const Value& value) {
  if (id == id_of(key)) return true;
  return id == id_of({{"keytype", key["keytype"]}, {"keyval", value}, {"scheme", key["scheme"]}});
}

Result<Key> read_key(std::string_view id, const Value& value) {
  Key key;
  AIRLOCK_ASSIGN(key.type, json::text(value, "keytype", kKeyTextMax));
  AIRLOCK_ASSIGN(key.scheme, json::text(value, "scheme", kKeyTextMax));
  AIRLOCK_ASSIGN(const Value* keyval, json::object(value, "keyval"));
  AIRLOCK_ASSIGN(const std::string material, json::text(*keyval, "public", kKeyTextMax));
  if (!is_id_of(id, value, *keyval)) return fail(Code::digest_mismatch);
  const Bytes text = bytes_of(material);
  key.material.assign(text.begin(), text.end());
  if (key.type == "ed25519" && key.scheme == "ed25519") {
    if (auto raw = text::from_hex(material)) {
      key.material = std::move(*raw);
      if (auto made = crypto::make_public_key(crypto::Algorithm::eddsa, key.material)) {
        key.verifier = *made;
      }
    }
  }
  return key;
}

// The materials of the keys that count for a role.
std::set<Buffer> materials_of(const Keys& keys, const RoleRule& rule) {
  std::set<Buffer> materials;
  for (const std::string& id : rule.keyids) {
    if (const auto found = keys.find(id); found != keys.end()) {
      materials.insert(found->second.material);
    }
  }
  return materials;
}

}  // namespace

bool Key::verifies(Bytes message, Bytes signature) const {
  return verifier && crypto::verify(*verifier, std::array{message}, signature).has_value();
}

Result<Keys> read_keys(const Value& keys) {
  if (keys.size() > kKeysMax) return fail(Code::too_many, keys.size());
  Keys made;
  for (const auto& [id, value] : keys.items()) {
    AIRLOCK_ASSIGN(Key key, read_key(id, value));
    made.emplace(id, std::move(key));
  }
  return made;
}

Result<RoleRule> read_rule(const Value& role) {
  RoleRule rule;
  AIRLOCK_ASSIGN(const Value* keyids, json::array(role, "keyids", kKeysMax));
  for (const Value& keyid : *keyids) {
    const auto* id = keyid.get_ptr<const Value::string_t*>();
    if (id == nullptr || id->size() > kKeyIdSizeMax) return fail(Code::wrong_type);
    rule.keyids.push_back(*id);
  }
  AIRLOCK_ASSIGN(const std::int64_t threshold, json::integer(role, "threshold", 1, kThresholdMax));
  rule.threshold = static_cast<std::uint64_t>(threshold);
  return rule;
}

Result<std::vector<Signature>> read_signatures(const Value& envelope) {
  AIRLOCK_ASSIGN(const Value* list, json::array(envelope, "signatures", kSignaturesMax));
  std::vector<Signature> signatures;
  std::set<std::string> seen;
  for (const Value& entry : *list) {
    Signature signature;
    AIRLOCK_ASSIGN(signature.keyid, json::text(entry, "keyid", kKeyIdSizeMax));
    AIRLOCK_ASSIGN(signature.hex, json::text(entry, "sig", kSignatureTextMax));
    if (!seen.insert(signature.keyid).second) return fail(Code::duplicate_key);
    signatures.push_back(std::move(signature));
  }
  return signatures;
}

Value key_object(Bytes ed25519) {
  return {{"keytype", "ed25519"},
          {"keyval", {{"public", text::to_hex(ed25519)}}},
          {"scheme", "ed25519"}};
}

Status check_threshold(std::string_view message, const std::vector<Signature>& signatures,
                       const Keys& keys, const RoleRule& rule) {
  // Key and scheme come from the delegating role, never from the signature; a key counts once, by
  // its material, however many ids it has.
  std::set<Buffer> signers;
  for (const Signature& signature : signatures) {
    if (std::ranges::find(rule.keyids, signature.keyid) == rule.keyids.end()) continue;
    const auto key = keys.find(signature.keyid);
    if (key == keys.end()) continue;
    const auto raw = text::from_hex(signature.hex);
    if (!raw || !key->second.verifies(bytes_of(message), *raw)) continue;
    signers.insert(key->second.material);
  }
  AIRLOCK_CHECK(rule.threshold >= 1);
  if (signers.size() < rule.threshold) return fail(Code::threshold_missing, signers.size());
  return {};
}

bool loses_a_key(const Keys& old_keys, const RoleRule& old_rule, const Keys& new_keys,
                 const RoleRule& new_rule) {
  const auto before = materials_of(old_keys, old_rule);
  const auto after = materials_of(new_keys, new_rule);
  return !std::ranges::includes(after, before);
}

}  // namespace airlock::tuf::internal

namespace airlock::tuf {

Digest key_id_of(Bytes ed25519) {
  return crypto::sha256(bytes_of(internal::canonical(internal::key_object(ed25519))));
}

}  // namespace airlock::tuf
