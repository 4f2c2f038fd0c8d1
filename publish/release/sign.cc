#include <algorithm>
#include <deque>
#include <map>

#include "host/text/text.h"
#include "publish/release/internal.h"

namespace airlock::release {
namespace {

// The keyring says who may sign what; a signature by anybody else would count for nothing.
Status check_signer(const package::Keyring& keyring, const Digest& key_id, package::Kind kind) {
  const std::optional<package::Key> key = keyring.find(key_id.bytes);
  if (!key) return fail(Code::not_a_signer);
  for (const package::Clause& clause : keyring.policy(kind).clauses) {
    if (clause.group == key->group) return {};
  }
  return fail(Code::not_a_signer);
}

Result<std::vector<package::SignatureDraft>> signatures_of(const package::Envelope& envelope) {
  std::vector<package::SignatureDraft> drafts;
  for (const package::SignatureView& view : envelope.signatures) {
    package::SignatureDraft draft;
    AIRLOCK_ASSIGN(draft.algorithm, crypto::known_algorithm(view.algorithm));
    AIRLOCK_ASSIGN(draft.key_id, Digest::from(view.key_id));
    draft.signature = view.signature;
    drafts.push_back(draft);
  }
  return drafts;
}

bool has_signed(std::span<const package::SignatureDraft> drafts, const Digest& key_id) {
  return std::any_of(drafts.begin(), drafts.end(),
                     [&](const package::SignatureDraft& draft) { return draft.key_id == key_id; });
}

Result<keys::Signature> sign_by(const keys::SigningKey& key, Bytes payload) {
  std::array<std::uint8_t, package::kSignerProtectedMax> room;
  AIRLOCK_ASSIGN(const Bytes header,
                 package::encode_signer_protected(room, key.public_key().algorithm,
                                                  package::key_id(key.public_key())));
  const package::SignedMessage message(package::body_protected(), header, payload);
  return key.sign(message.parts());
}

// What one signer of the group has yet to do, or nothing where he counts or could not.
std::string missing_of(const package::Clause& clause, package::AlgorithmSet held,
                       package::AlgorithmSet signed_by) {
  if (clause.counts(signed_by) || !clause.counts(held)) return "";
  if (signed_by.empty()) return " has not signed";
  const package::AlgorithmSet missing = clause.algorithms.without(signed_by);
  if (missing.empty()) {
    return " signed by " + words_of(signed_by) + ", and by no key that can be certified";
  }
  return " signed by " + words_of(signed_by) + ", " + words_of(missing) +
         (missing.size() > 1 ? " are missing" : " is missing");
}

std::string missing_of(const package::ClauseCount& count, const package::Tally& counted,
                       const package::Keyring& keyring) {
  const package::Clause& clause = count.clause;
  std::array<package::AlgorithmSet, package::kKeysMax> held;
  for (const package::Key& key : keyring.keys) held[key.signer].add(key.key.algorithm);
  std::string made = std::string(keyring.groups[clause.group]) + ": " +
                     std::to_string(count.signers) + " of " + std::to_string(clause.threshold) +
                     (clause.threshold > 1 ? " signers" : " signer");
  if (!clause.algorithms.empty()) made += " by " + words_of(clause.algorithms);
  std::map<std::string_view, std::string> by_name;  // keys stand in an order that means nothing
  for (std::size_t i = 0; i < keyring.keys.size(); ++i) {
    const package::Key key = keyring.keys[i];
    if (key.signer != i || key.group != clause.group) continue;
    const std::string missing = missing_of(clause, held[i], counted.signed_by[i]);
    if (!missing.empty()) by_name.emplace(key.name, missing);
  }
  for (const auto& [name, missing] : by_name) made += "; " + text::visible_line(name) + missing;
  return made;
}

}  // namespace

Status check_signers(const package::Keyring& keyring, std::span<const crypto::PublicKey> keys,
                     package::Kind kind) {
  for (const crypto::PublicKey& key : keys) {
    AIRLOCK_TRY(check_signer(keyring, package::key_id(key), kind));
  }
  return {};
}

std::string words_of(package::AlgorithmSet algorithms) {
  std::string made;
  std::size_t left = algorithms.size();
  for (crypto::Algorithm algorithm : crypto::kAlgorithms) {
    if (!algorithms.has(algorithm)) continue;
    --left;
    made += (made.empty() ? "" : left == 0 ? " and " : ", ");
    made += package::name_of(algorithm);
  }
  return made;
}

Result<std::string> missing_signatures(Bytes encoded, const package::Keyring& keyring) {
  AIRLOCK_ASSIGN(const package::Envelope envelope, package::Envelope::parse(encoded));
  AIRLOCK_ASSIGN(const package::Kind kind, package::Manifest::kind_of(envelope.payload));
  AIRLOCK_ASSIGN(const package::Tally counted, package::tally(envelope, keyring, kind));
  std::string made;
  for (const package::ClauseCount& count : counted.clauses) {
    if (count.is_met()) continue;
    made += (made.empty() ? "" : "; and ") + missing_of(count, counted, keyring);
  }
  return made;
}

Answer<package::Proven> prove_package(Bytes envelope, const package::Keyring& keyring) {
  const Result<package::Proven> proven = package::prove(envelope, keyring, package::Judged::before);
  if (proven) return *proven;
  if (proven.error().code != Code::quorum_missing) return Refusal::of(proven.error(), "");
  const Result<std::string> missing = missing_signatures(envelope, keyring);
  return Refusal::of(proven.error(), missing ? *missing : "");
}

Result<Buffer> add_signatures(Bytes encoded, std::span<const keys::SigningKey> keys,
                              const Digest& shown, const package::Keyring* keyring) {
  AIRLOCK_ASSIGN(const package::Envelope envelope, package::Envelope::parse(encoded));
  AIRLOCK_ASSIGN(const package::Manifest manifest, package::Manifest::parse(envelope.payload));
  if (manifest.digest() != shown) return fail(Code::digest_mismatch);
  AIRLOCK_ASSIGN(std::vector<package::SignatureDraft> drafts, signatures_of(envelope));
  const std::size_t before = drafts.size();
  std::deque<keys::Signature> made;
  for (const keys::SigningKey& key : keys) {
    if (key.door() == keys::Door::repository) return fail(Code::key_in_both_doors);
    const Digest id = package::key_id(key.public_key());
    if (keyring != nullptr) AIRLOCK_TRY(check_signer(*keyring, id, manifest.kind));
    if (has_signed(drafts, id)) continue;
    AIRLOCK_ASSIGN(keys::Signature signature, sign_by(key, envelope.payload));
    made.push_back(std::move(signature));
    drafts.push_back({key.public_key().algorithm, id, made.back()});
  }
  if (drafts.size() == before) return fail(Code::already_signed);
  return seal(envelope.payload, drafts);
}

Result<Buffer> merge_signatures(Bytes encoded, Bytes copied) {
  AIRLOCK_ASSIGN(const package::Envelope envelope, package::Envelope::parse(encoded));
  AIRLOCK_ASSIGN(const package::Envelope copy, package::Envelope::parse(copied));
  if (!equal(envelope.payload, copy.payload)) return fail(Code::digest_mismatch);
  AIRLOCK_ASSIGN(std::vector<package::SignatureDraft> drafts, signatures_of(envelope));
  AIRLOCK_ASSIGN(const std::vector<package::SignatureDraft> others, signatures_of(copy));
  const std::size_t before = drafts.size();
  for (const package::SignatureDraft& draft : others) {
    if (!has_signed(drafts, draft.key_id)) drafts.push_back(draft);
  }
  if (drafts.size() == before) return fail(Code::already_signed);
  return seal(envelope.payload, drafts);
}

Status check_signature(Bytes encoded, const crypto::PublicKey& key) {
  AIRLOCK_ASSIGN(const package::Envelope envelope, package::Envelope::parse(encoded));
  const Digest id = package::key_id(key);
  for (const package::SignatureView& view : envelope.signatures) {
    if (!equal(view.key_id, id.bytes)) continue;
    const package::SignedMessage message(envelope.protected_header, view.protected_header,
                                         envelope.payload);
    return crypto::verify(key, message.parts(), view.signature);
  }
  return fail(Code::not_a_signer);
}

}  // namespace airlock::release
