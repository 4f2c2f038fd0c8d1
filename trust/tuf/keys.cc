#include "trust/tuf/internal/keys.h"

#include <algorithm>
#include <set>

#include "host/text/text.h"
#include "trust/tuf/internal/canonical.h"

namespace airlock::tuf::internal {
namespace {

using json::Node;

constexpr std::size_t kSignatureTextMax = 8 << 10;
constexpr std::int64_t kThresholdMax = 1024;

std::string hex_digest(std::string_view text) {
  return text::to_hex(crypto::sha256(bytes_of(text)).bytes);
}

// The specification hashes the whole key object; the reference implementation hashes type, scheme
// and value, so that a member which somebody adds later does not change the id. Both bind the id to
// the key, and equal keys are found by their material, so both are taken.
bool is_id_of(std::string_view id, Node key) {
  if (id == hex_digest(canonical(key))) return true;
  return id == hex_digest("{\"keytype\":" + canonical(*key.member("keytype")) +
                          ",\"keyval\":" + canonical(*key.member("keyval")) +
                          ",\"scheme\":" + canonical(*key.member("scheme")) + "}");
}

Result<Key> read_key(std::string_view id, Node value) {
  Key key;
  AIRLOCK_ASSIGN(key.type, json::text(value, "keytype", kKeyTextMax));
  AIRLOCK_ASSIGN(key.scheme, json::text(value, "scheme", kKeyTextMax));
  AIRLOCK_ASSIGN(const Node keyval, json::object(value, "keyval"));
  if (!is_id_of(id, value)) return fail(Code::digest_mismatch);
  if (const auto material = json::text(keyval, "public", kKeyTextMax)) {
    if (auto made = Verifier::make(key.type, key.scheme, *material)) {
      key.material = made->identity();
      key.verifier = std::move(*made);
      return key;
    }
  }
  const std::string as_spelled = canonical(keyval);
  const Bytes bytes = bytes_of(as_spelled);
  key.material.assign(bytes.begin(), bytes.end());
  return key;
}

// The materials of the keys that count for a role.
std::set<Buffer> materials_of(const Authority& by) {
  std::set<Buffer> materials;
  for (const std::string& id : by.rule.keyids) {
    if (const auto found = by.keys.find(id); found != by.keys.end()) {
      materials.insert(found->second.material);
    }
  }
  return materials;
}

}  // namespace

bool Key::verifies(Bytes message, Bytes signature) const {
  return verifier && verifier->verifies(message, signature);
}

Result<Keys> read_keys(Node keys) {
  if (keys.count() > kKeysMax) return fail(Code::too_many, keys.count());
  Keys made;
  for (const auto& [id, value] : keys.members()) {
    AIRLOCK_ASSIGN(Key key, read_key(id, value));
    made.emplace(id, std::move(key));
  }
  return made;
}

Result<RoleRule> read_rule(Node role) {
  RoleRule rule;
  AIRLOCK_ASSIGN(const Node keyids, json::array(role, "keyids", kKeysMax));
  for (const Node keyid : keyids.elements()) {
    if (!keyid.is_text() || keyid.as_text().size() > kKeyIdSizeMax) return fail(Code::wrong_type);
    rule.keyids.emplace_back(keyid.as_text());
  }
  AIRLOCK_ASSIGN(const std::int64_t threshold, json::integer(role, "threshold", 1, kThresholdMax));
  rule.threshold = static_cast<std::uint64_t>(threshold);
  return rule;
}

Result<std::vector<Signature>> read_signatures(Node envelope) {
  AIRLOCK_ASSIGN(const Node list, json::array(envelope, "signatures", kSignaturesMax));
  std::vector<Signature> signatures;
  std::set<std::string> seen;
  for (const Node entry : list.elements()) {
    Signature signature;
    AIRLOCK_ASSIGN(signature.keyid, json::text(entry, "keyid", kKeyIdSizeMax));
    AIRLOCK_ASSIGN(signature.hex, json::text(entry, "sig", kSignatureTextMax));
    if (!seen.insert(signature.keyid).second) return fail(Code::duplicate_key);
    signatures.push_back(std::move(signature));
  }
  return signatures;
}

Signers signers_of(std::string_view message, const std::vector<Signature>& signatures,
                   const Authority& by, std::uint64_t enough) {
  // Key and scheme come from the delegating role, never from the signature; a key counts once, by
  // its material, however many ids it has.
  Signers signers;
  for (const Signature& signature : signatures) {
    if (std::ranges::find(by.rule.keyids, signature.keyid) == by.rule.keyids.end()) continue;
    const auto key = by.keys.find(signature.keyid);
    if (key == by.keys.end()) continue;
    const auto raw = text::from_hex(signature.hex);
    if (!raw || !key->second.verifies(bytes_of(message), *raw)) continue;
    signers.try_emplace(key->second.material, signature.keyid);
    if (signers.size() == enough) break;
  }
  return signers;
}

Status check_threshold(std::string_view message, const std::vector<Signature>& signatures,
                       const Authority& by) {
  AIRLOCK_CHECK(by.rule.threshold >= 1);
  const std::size_t count = signers_of(message, signatures, by, by.rule.threshold).size();
  if (count < by.rule.threshold) return fail(Code::threshold_missing, count);
  return {};
}

bool loses_a_key(const Authority& before, const Authority& after) {
  return !std::ranges::includes(materials_of(after), materials_of(before));
}

}  // namespace airlock::tuf::internal

namespace airlock::tuf {
namespace {

Result<PublicKey> spelled(const internal::Spelling& spelling) {
  AIRLOCK_ASSIGN(const internal::Verifier verifier,
                 internal::Verifier::make(spelling.type, spelling.scheme, spelling.material));
  PublicKey key;
  key.object = json::write({{"keytype", spelling.type},
                            {"keyval", {{"public", spelling.material}}},
                            {"scheme", spelling.scheme}});
  key.material = verifier.identity();
  AIRLOCK_ASSIGN(const std::string canonical, message_of(key.object));
  key.id = internal::hex_digest(canonical);
  return key;
}

}  // namespace

Result<PublicKey> ed25519_key(Bytes raw) {
  return spelled({"ed25519", "ed25519", text::to_hex(raw)});
}

Result<PublicKey> key_from_pem(std::string_view pem) {
  AIRLOCK_ASSIGN(const internal::Spelling spelling, internal::spelling_of(pem));
  return spelled(spelling);
}

}  // namespace airlock::tuf
