#include "publish/release/internal.h"

namespace airlock::release {
namespace {

// The keyring says who may sign what; a signature by anybody else would count for nothing.
Status check_signer(const package::Keyring& keyring, const Digest& key_id, package::Kind kind) {
  const package::Key* key = keyring.find(key_id.bytes);
  if (key == nullptr) return fail(Code::not_a_signer);
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

}  // namespace

Result<Buffer> add_signature(Bytes encoded, const keys::SigningKey& key, const Digest& shown,
                             const package::Keyring* keyring) {
  if (key.door() == keys::Door::repository) return fail(Code::key_in_both_doors);
  AIRLOCK_ASSIGN(const package::Envelope envelope, package::Envelope::parse(encoded));
  AIRLOCK_ASSIGN(const package::Manifest manifest, package::Manifest::parse(envelope.payload));
  if (manifest.digest() != shown) return fail(Code::digest_mismatch);
  const Digest id = package::key_id(key.public_key());
  if (keyring != nullptr) AIRLOCK_TRY(check_signer(*keyring, id, manifest.kind));
  AIRLOCK_ASSIGN(std::vector<package::SignatureDraft> drafts, signatures_of(envelope));
  for (const package::SignatureDraft& draft : drafts) {
    if (draft.key_id == id) return fail(Code::already_signed);
  }
  const crypto::Algorithm algorithm = key.public_key().algorithm;
  std::array<std::uint8_t, package::kSignerProtectedMax> room;
  AIRLOCK_ASSIGN(const Bytes header, package::encode_signer_protected(room, algorithm, id));
  const package::SignedMessage message(package::body_protected(), header, envelope.payload);
  AIRLOCK_ASSIGN(const keys::Signature signature, key.sign(message.parts()));
  drafts.push_back({algorithm, id, signature});
  return seal(envelope.payload, drafts);
}

}  // namespace airlock::release
