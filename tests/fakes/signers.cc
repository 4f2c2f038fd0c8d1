#include "tests/fakes/signers.h"

#include <openssl/evp.h>
#include <secp256k1.h>

#include <memory>
#include <utility>

#include "tests/fakes/slh_dsa.h"

namespace airlock::fakes {
namespace {

using crypto::Algorithm;
using package::Kind;

using EvpKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

EvpKey ed25519_secret(const Digest& secret) {
  EvpKey key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.bytes.data(), Digest::kSize),
      &EVP_PKEY_free);
  AIRLOCK_CHECK(key != nullptr);
  return key;
}

const secp256k1_context* signing_context() {
  static const secp256k1_context* const context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
  return context;
}

Buffer ed25519_public(const Digest& secret) {
  Buffer bytes(crypto::kEd25519KeySize);
  std::size_t size = bytes.size();
  AIRLOCK_CHECK(EVP_PKEY_get_raw_public_key(ed25519_secret(secret).get(), bytes.data(), &size) ==
                1);
  return bytes;
}

Buffer secp256k1_public(const Digest& secret) {
  secp256k1_pubkey point;
  AIRLOCK_CHECK(secp256k1_ec_pubkey_create(signing_context(), &point, secret.bytes.data()) == 1);
  Buffer bytes(crypto::kSecp256k1KeySize);
  std::size_t size = bytes.size();
  secp256k1_ec_pubkey_serialize(signing_context(), bytes.data(), &size, &point,
                                SECP256K1_EC_COMPRESSED);
  return bytes;
}

Buffer ed25519_sign(const Digest& secret, Bytes message) {
  const EvpKey key = ed25519_secret(secret);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> md(EVP_MD_CTX_new(),
                                                                   &EVP_MD_CTX_free);
  Buffer signature(crypto::kCurveSignatureSize);
  std::size_t size = signature.size();
  AIRLOCK_CHECK(EVP_DigestSignInit(md.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  AIRLOCK_CHECK(EVP_DigestSign(md.get(), signature.data(), &size, message.data(), message.size()) ==
                1);
  return signature;
}

Buffer secp256k1_sign(const Digest& secret, Bytes message) {
  const Digest digest = crypto::sha256(message);
  secp256k1_ecdsa_signature made;
  AIRLOCK_CHECK(secp256k1_ecdsa_sign(signing_context(), &made, digest.bytes.data(),
                                     secret.bytes.data(), nullptr, nullptr) == 1);
  Buffer signature(crypto::kCurveSignatureSize);
  secp256k1_ecdsa_signature_serialize_compact(signing_context(), signature.data(), &made);
  return signature;
}

Digest digest_of(std::string_view text) { return crypto::sha256(bytes_of(text)); }

// A Signer keeps 32 bytes; SLH-DSA makes its key of 48.
Buffer slh_dsa_secret_of(const Digest& secret) {
  Buffer seeds(secret.bytes.begin(), secret.bytes.end());
  const Digest more = crypto::sha256(secret.bytes);
  seeds.insert(seeds.end(), more.bytes.begin(), more.bytes.begin() + 16);
  return slh_dsa_secret(seeds);
}

Buffer public_of(Algorithm algorithm, const Digest& secret) {
  switch (algorithm) {
    case Algorithm::eddsa: return ed25519_public(secret);
    case Algorithm::es256k: return secp256k1_public(secret);
    case Algorithm::slh_dsa_sha2_128s: break;
  }
  const Buffer whole = slh_dsa_secret_of(secret);
  return {whole.end() - crypto::kSlhDsaKeySize, whole.end()};
}

struct Role {
  std::string_view name;
  std::string_view group;
  Algorithm algorithm;
};
constexpr Role kCast[] = {
    {"vendor", "vendor", Algorithm::eddsa},          {"committee-1", "committee", Algorithm::eddsa},
    {"committee-2", "committee", Algorithm::es256k}, {"committee-3", "committee", Algorithm::eddsa},
    {"reviewer-1", "reviewers", Algorithm::eddsa},   {"reviewer-2", "reviewers", Algorithm::es256k},
    {"reviewer-3", "reviewers", Algorithm::eddsa},   {"finance-1", "finance", Algorithm::eddsa},
    {"finance-2", "finance", Algorithm::eddsa},      {"root-1", "root", Algorithm::eddsa},
    {"root-2", "root", Algorithm::es256k},           {"root-3", "root", Algorithm::eddsa},
    {"root-4", "root", Algorithm::es256k},           {"root-5", "root", Algorithm::eddsa},
};

KeyringPlan demo_plan(const std::deque<Signer>& cast) {
  constexpr std::uint8_t kVendor = 0, kCommittee = 1, kReviewers = 2, kFinance = 3, kRoot = 4;
  KeyringPlan plan;
  plan.groups = {"vendor", "committee", "reviewers", "finance", "root"};
  plan.policies = {{Kind::firmware, {{kVendor, 1}, {kCommittee, 2}}},
                   {Kind::abi_pack, {{kVendor, 1}, {kReviewers, 2}}},
                   {Kind::fee_policy, {{kVendor, 1}, {kFinance, 1}}},
                   {Kind::fee_plugin, {{kVendor, 1}, {kCommittee, 2}}},
                   {Kind::advisory, {{kVendor, 1}, {kCommittee, 2}}},
                   {Kind::keyring, {{kRoot, 3}}}};
  for (std::size_t i = 0; i < cast.size(); ++i) plan.add(cast[i], kCast[i].group);
  return plan;
}

// Runs an encoder with a buffer that is large enough.
template <class Encode>
Result<Buffer> encode_with(std::size_t room, Encode encode) {
  Buffer buffer(room);
  AIRLOCK_ASSIGN(const Bytes encoded, encode(MutableBytes(buffer)));
  buffer.resize(encoded.size());
  return buffer;
}

}  // namespace

Signer::Signer(std::string_view name, Algorithm algorithm, std::string_view seed)
    : name_(name), secret_(digest_of("airlock test key " + std::string(seed) + "/" + name_)) {
  key_ = *crypto::make_public_key(algorithm, public_of(algorithm, secret_));
  id_ = package::key_id(key_);
}

Buffer Signer::sign_message(Bytes message) const {
  switch (key_.algorithm) {
    case Algorithm::eddsa: return ed25519_sign(secret_, message);
    case Algorithm::es256k: return secp256k1_sign(secret_, message);
    case Algorithm::slh_dsa_sha2_128s: break;
  }
  return slh_dsa_sign(slh_dsa_secret_of(secret_), message);
}

Buffer Signer::sign_manifest(Bytes manifest) const {
  std::array<std::uint8_t, package::kSignerProtectedMax> room;
  const Bytes header = *package::encode_signer_protected(room, key_.algorithm, id_);
  const package::SignedMessage message(package::body_protected(), header, manifest);
  Buffer whole;
  for (Bytes part : message.parts()) whole.insert(whole.end(), part.begin(), part.end());
  return sign_message(whole);
}

Buffer sign(Bytes manifest, const std::vector<const Signer*>& signers) {
  std::vector<Buffer> signatures;
  std::vector<package::SignatureDraft> drafts;
  for (const Signer* signer : signers) signatures.push_back(signer->sign_manifest(manifest));
  for (std::size_t i = 0; i < signers.size(); ++i) {
    drafts.push_back({signers[i]->key().algorithm, signers[i]->id(), signatures[i]});
  }
  std::size_t room = manifest.size() + 256;
  for (const Buffer& signature : signatures) room += signature.size() + 192;
  return *encode_with(room, [&](MutableBytes buffer) {
    return package::encode_envelope(manifest, drafts, buffer);
  });
}

Result<Buffer> KeyringPlan::encode() const {
  const std::vector<std::string_view> group_names(groups.begin(), groups.end());
  std::vector<package::KeyDraft> key_drafts;
  for (const Listed& listed : keys) key_drafts.push_back({listed.key, listed.group, listed.name});
  std::vector<package::PolicyDraft> policy_drafts;
  for (const Policy& policy : policies) policy_drafts.push_back({policy.kind, policy.clauses});
  const std::vector<Bytes> roots(certificate_roots.begin(), certificate_roots.end());
  package::KeyringDraft draft{version, created, group_names, key_drafts, policy_drafts, retained};
  draft.certificate_roots = roots;
  if (log) {
    draft.log = package::LogPolicy{log->origin, log->key, {}, log->required};
    for (const auto& [name, key] : log->witnesses) {
      AIRLOCK_TRY(draft.log->witnesses.add({name, key}));
    }
  }
  return encode_with(package::kKeyringSizeMax * 2,
                     [&](MutableBytes buffer) { return package::encode_keyring(draft, buffer); });
}

std::uint8_t KeyringPlan::group(std::string_view name) const {
  const auto found = std::find(groups.begin(), groups.end(), name);
  AIRLOCK_CHECK(found != groups.end());
  return static_cast<std::uint8_t>(found - groups.begin());
}

void KeyringPlan::add(const Signer& signer, std::string_view group_name) {
  keys.push_back({signer.key(), group(group_name), signer.name()});
}

void KeyringPlan::remove(std::string_view signer_name) {
  const auto removed = std::erase_if(keys, [&](const Listed& k) { return k.name == signer_name; });
  AIRLOCK_CHECK(removed == 1);
}

Release::Component Release::component(std::string id, std::uint64_t image_size) {
  Image image;
  image.size = image_size;
  image.digest = digest_of("image of " + id);
  for (std::uint64_t at = 0; at < image_size; at += package::kBlockSize) {
    image.block_digests.push_back(digest_of("block of " + id + std::to_string(at)));
  }
  package::Payload full;
  full.size = image_size + 4096;
  full.digest = digest_of("payload of " + id);
  full.head_size = 256;
  full.root = digest_of("root of " + id);
  full.piece_size = 4096;
  full.decoder_memory = 8192;
  return {std::move(id), {image}, {full}};
}

package::Payload Release::patch(std::uint64_t size, const Digest& base, std::uint64_t base_size) {
  package::Payload payload;
  payload.type = package::PayloadType::patch;
  payload.size = size;
  payload.digest = digest_of("patch of " + std::to_string(size));
  payload.head_size = 128;
  payload.root = digest_of("patch root");
  payload.piece_size = 4096;
  payload.decoder_memory = 49'152;
  payload.base_size = base_size;
  payload.base_digest = base;
  payload.scratch_size = 160;
  return payload;
}

Release Release::of_content(Kind kind, Buffer content) {
  Release release;
  release.kind = kind;
  release.content = std::move(content);
  release.components.clear();
  return release;
}

Result<Buffer> Release::try_encode() const {
  const std::vector<std::string_view> model_views(models.begin(), models.end());
  std::vector<package::ManifestDraft::Range> ranges;
  for (const Range& range : from_versions) ranges.push_back({range.min, range.max});
  std::vector<package::Extension> extension_views;
  for (const auto& [key, value] : extensions) extension_views.push_back({key, value});
  std::deque<std::vector<package::ImageDraft>> images;
  std::vector<package::ComponentDraft> component_drafts;
  std::size_t room = 32 << 10;
  for (const Component& one : components) {
    std::vector<package::ImageDraft>& drafts = images.emplace_back();
    for (const Image& image : one.images) {
      drafts.push_back({image.load_address, image.size, image.digest, image.block_digests});
      room += image.block_digests.size() * Digest::kSize + 128;
    }
    component_drafts.push_back({one.id, drafts, one.payloads});
    room += one.payloads.size() * 256 + 128;
  }
  package::ManifestDraft draft;
  draft.kind = kind;
  draft.models = model_views;
  draft.version = version;
  draft.security_version = security_version;
  draft.created = created;
  draft.not_before = not_before;
  draft.expires = expires;
  draft.from_versions = ranges;
  draft.bootloader_min = bootloader_min;
  draft.secure_boot_min = secure_boot_min;
  draft.data_version = data_version;
  draft.data_version_min = data_version_min;
  draft.ramp = ramp;
  draft.notes = notes;
  draft.content = content;
  draft.components = component_drafts;
  if (kind == Kind::abi_pack) draft.entries = package::Entries{digest_of("entries"), 1};
  draft.extensions = extension_views;
  return encode_with(room,
                     [&](MutableBytes buffer) { return package::encode_manifest(draft, buffer); });
}

Buffer Release::encode() const {
  const Result<Buffer> encoded = try_encode();
  AIRLOCK_CHECK(encoded.has_value());
  return *encoded;
}

Signers::Signers(std::string_view seed) {
  for (const Role& role : kCast) cast_.emplace_back(role.name, role.algorithm, seed);
  plan_ = demo_plan(cast_);
  encoded_ = *plan_.encode();
  keyring_ = *package::Keyring::parse(encoded_);
}

const Signer& Signers::operator[](std::string_view name) const {
  for (std::size_t i = 0; i < cast_.size(); ++i) {
    if (kCast[i].name == name) return cast_[i];
  }
  broken_promise();
}

Buffer Signers::sign(Bytes manifest, std::initializer_list<std::string_view> names) const {
  std::vector<const Signer*> signers;
  for (std::string_view name : names) signers.push_back(&(*this)[name]);
  return fakes::sign(manifest, signers);
}

Buffer Signers::sign_complete(Bytes manifest, Kind kind) const {
  std::vector<const Signer*> signers;
  for (const package::Clause& clause : keyring_.policy(kind).clauses) {
    std::size_t left = clause.threshold;
    for (std::size_t i = 0; i < cast_.size() && left > 0; ++i) {
      if (plan_.group(kCast[i].group) != clause.group) continue;
      signers.push_back(&cast_[i]);
      --left;
    }
  }
  return fakes::sign(manifest, signers);
}

Buffer Signers::anchor() const {
  return sign_complete(Release::of_content(Kind::keyring, encoded_).encode(), Kind::keyring);
}

}  // namespace airlock::fakes
