#include "core/package/quorum.h"

#include "core/package/internal/fields.h"

namespace airlock::package {
namespace {

using codec::CborReader;
using codec::CborWriter;

constexpr std::string_view kSignatureContext = "Signature";

// {3: "application/airlock-manifest+cbor"}
constexpr auto kBodyProtected = [] {
  std::array<std::uint8_t, 4 + kContentType.size()> header{};
  static_assert(kContentType.size() >= 24 && kContentType.size() < 256);
  header[0] = 0xa1;
  header[1] = 0x03;
  header[2] = 0x78;
  header[3] = static_cast<std::uint8_t>(kContentType.size());
  for (std::size_t i = 0; i < kContentType.size(); ++i) {
    header[4 + i] = static_cast<std::uint8_t>(kContentType[i]);
  }
  return header;
}();

constexpr std::int64_t kHeaderAlgorithm = 1;  // RFC 9052, section 3.1
constexpr std::int64_t kHeaderKeyId = 4;

// Two parts protect nothing: what is unprotected must not be there.
Status read_empty_map(CborReader& reader) {
  AIRLOCK_ASSIGN(const std::size_t entries, reader.read_map(SIZE_MAX));
  if (entries != 0) return fail(Code::unknown_field, reader.position());
  return {};
}

Status read_array_of(CborReader& reader, std::size_t count) {
  AIRLOCK_ASSIGN(const std::size_t found, reader.read_array(count));
  if (found != count) return fail(Code::missing_field, reader.position());
  return {};
}

Status read_signer_protected(SignatureView& signature) {
  CborReader reader(signature.protected_header);
  constexpr internal::MapShape kShape = {(1U << kHeaderAlgorithm) | (1U << kHeaderKeyId), 2};
  const auto read_one = [&](std::int64_t key) -> Status {
    if (key == kHeaderAlgorithm) {
      AIRLOCK_ASSIGN(signature.algorithm, reader.read_integer());
      return {};
    }
    if (key != kHeaderKeyId) return fail(Code::unknown_field, reader.position());
    AIRLOCK_ASSIGN(signature.key_id, reader.read_bytes(Digest::kSize));
    if (signature.key_id.size() != Digest::kSize) return fail(Code::truncated, reader.position());
    return {};
  };
  AIRLOCK_TRY(internal::read_map(reader, kShape, read_one));
  return reader.finish();
}

Result<SignatureView> read_signature(CborReader& reader) {
  SignatureView signature;
  AIRLOCK_TRY(read_array_of(reader, 3));
  AIRLOCK_ASSIGN(signature.protected_header, reader.read_bytes(kSignerProtectedMax));
  AIRLOCK_TRY(read_signer_protected(signature));
  AIRLOCK_TRY(read_empty_map(reader));
  AIRLOCK_ASSIGN(signature.signature, reader.read_bytes(crypto::kSignatureSizeMax));
  return signature;
}

bool id_below(const SignatureView& a, const SignatureView& b) {
  return std::lexicographical_compare(a.key_id.begin(), a.key_id.end(), b.key_id.begin(),
                                      b.key_id.end());
}

Status refuse_duplicates(const Envelope& envelope) {
  const auto& all = envelope.signatures;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t k = i + 1; k < all.size(); ++k) {
      if (equal(all[i].key_id, all[k].key_id)) return fail(Code::duplicate_signer, k);
    }
  }
  return {};
}

bool demands(const SigningPolicy& policy, std::uint8_t group) {
  return std::any_of(policy.clauses.begin(), policy.clauses.end(),
                     [group](const Clause& clause) { return clause.group == group; });
}

// The signers of the clause's group for whom `counts` says yes, each asked about once, until there
// are `enough`.
template <class Counts>
std::uint8_t count_signers(const Keyring& keyring, const Clause& clause, std::size_t enough,
                           Counts counts) {
  std::uint8_t signers = 0;
  for (std::size_t i = 0; i < keyring.keys.size() && signers < enough; ++i) {
    const Key& key = keyring.keys[i];
    if (key.signer == i && key.group == clause.group && counts(i)) ++signers;
  }
  return signers;
}

// Who judges what the policy asks beyond signatures.
struct Conditions {
  Judged judged = Judged::by_nobody;
  Certifier* certifier = nullptr;
};

// The algorithms of a signer's signatures that may count: those of certified keys, and those of
// keys that nobody certifies.
AlgorithmSet usable(AlgorithmSet signed_by, const Keyring& keyring, std::size_t signer,
                    Certifier& certifier) {
  AlgorithmSet made = signed_by.without(kCertifiable);
  for (const Key& key : keyring.keys) {
    const crypto::Algorithm algorithm = key.key.algorithm;
    if (key.signer != signer || !signed_by.has(algorithm) || !kCertifiable.has(algorithm)) continue;
    if (certifier.certifies(key)) made.add(algorithm);
  }
  return made;
}

Status demand_certificates(const Tally& counted, const Keyring& keyring,
                           const Conditions& conditions) {
  for (std::size_t i = 0; i < counted.clauses.size(); ++i) {
    const Clause& clause = counted.clauses[i].clause;
    if (!clause.certified) continue;
    if (conditions.certifier == nullptr) {
      if (conditions.judged == Judged::before) continue;
      return fail(Code::certificates_unjudged, i);
    }
    const auto counts = [&](std::size_t signer) {
      const AlgorithmSet signed_by = counted.signed_by[signer];
      return clause.counts(signed_by) &&
             clause.counts(usable(signed_by, keyring, signer, *conditions.certifier));
    };
    if (count_signers(keyring, clause, clause.threshold, counts) < clause.threshold) {
      return fail(Code::certificate_missing, i);
    }
  }
  return {};
}

Status demand_quorum(const Envelope& envelope, const Keyring& keyring, Kind kind,
                     const Conditions& conditions) {
  if (keyring.policy(kind).clauses.empty()) return fail(Code::no_policy);
  AIRLOCK_ASSIGN(const Tally counted, tally(envelope, keyring, kind));
  for (std::size_t i = 0; i < counted.clauses.size(); ++i) {
    if (!counted.clauses[i].is_met()) {
      return fail(Code::quorum_missing, i);
    }
  }
  AIRLOCK_CHECK(counted.complete());
  return demand_certificates(counted, keyring, conditions);
}

// The root group, of whom no keyring asks for certificates.
Status demand_root(const Envelope& envelope, const Keyring& keyring) {
  return demand_quorum(envelope, keyring, Kind::keyring, {});
}

// A keyring follows another one when both root groups signed and the version grows.
Status check_succession(const Envelope& envelope, Bytes content, const Keyring& current) {
  AIRLOCK_ASSIGN(const Keyring next, Keyring::parse(content));
  if (next.version <= current.version) return fail(Code::keyring_rollback, next.version);
  return demand_root(envelope, next);
}

// Everything that prove promises, in the order in which it must happen.
Result<Manifest> judge(const Envelope& envelope, const Keyring& keyring, Kind kind,
                       const Conditions& conditions) {
  const bool retained = kind != Kind::keyring && !keyring.retained.empty() &&
                        keyring.retains(crypto::sha256(envelope.payload));
  if (!retained) AIRLOCK_TRY(demand_quorum(envelope, keyring, kind, conditions));
  AIRLOCK_ASSIGN(const Manifest manifest, Manifest::parse(envelope.payload));
  AIRLOCK_CHECK(manifest.kind == kind);
  if (kind == Kind::keyring) AIRLOCK_TRY(check_succession(envelope, manifest.content, keyring));
  return manifest;
}

Result<Manifest> judge_any(Bytes encoded, const Keyring& keyring, const Conditions& conditions) {
  AIRLOCK_ASSIGN(const Envelope envelope, Envelope::parse(encoded));
  AIRLOCK_ASSIGN(const Kind kind, Manifest::kind_of(envelope.payload));
  return judge(envelope, keyring, kind, conditions);
}

}  // namespace

Bytes body_protected() { return kBodyProtected; }

Result<Bytes> encode_signer_protected(MutableBytes buffer, crypto::Algorithm algorithm,
                                      const Digest& key_id) {
  CborWriter writer(buffer);
  writer.write_map(2);
  writer.write_integer(kHeaderAlgorithm);
  writer.write_integer(static_cast<std::int64_t>(algorithm));
  writer.write_integer(kHeaderKeyId);
  writer.write_bytes(key_id.bytes);
  return writer.finish();
}

Result<Envelope> Envelope::parse(Bytes encoded) {
  if (encoded.size() > kEnvelopeSizeMax) return fail(Code::oversized, encoded.size());
  Envelope envelope;
  CborReader reader(encoded);
  AIRLOCK_ASSIGN(const std::uint64_t tag, reader.read_tag());
  if (tag != kCoseSignTag) return fail(Code::wrong_magic, tag);
  AIRLOCK_TRY(read_array_of(reader, 4));
  AIRLOCK_ASSIGN(envelope.protected_header, reader.read_bytes(kBodyProtected.size()));
  if (!equal(envelope.protected_header, kBodyProtected)) return fail(Code::wrong_magic);
  AIRLOCK_TRY(read_empty_map(reader));
  AIRLOCK_ASSIGN(envelope.payload, reader.read_bytes(kManifestSizeMax));
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kSignaturesMax));
  for (std::size_t i = 0; i < count; ++i) {
    AIRLOCK_ASSIGN(const SignatureView signature, read_signature(reader));
    if (i > 0 && id_below(signature, envelope.signatures.last())) {
      return fail(Code::not_canonical, reader.position());
    }
    AIRLOCK_TRY(envelope.signatures.add(signature));
  }
  AIRLOCK_TRY(reader.finish());
  return envelope;
}

SignedMessage::SignedMessage(Bytes body_protected, Bytes signer_protected, Bytes payload) {
  CborWriter writer(head_);
  writer.write_array(5);
  writer.write_text(kSignatureContext);
  writer.write_bytes(body_protected);
  writer.write_bytes(signer_protected);
  writer.write_bytes({});  // external_aad
  writer.write_bytes_head(payload.size());
  const Result<Bytes> head = writer.finish();
  AIRLOCK_CHECK(head.has_value());  // both headers are bounded by Envelope::parse
  parts_ = {*head, payload};
}

bool Tally::complete() const {
  return !clauses.empty() &&
         std::all_of(clauses.begin(), clauses.end(), [](const auto& one) { return one.is_met(); });
}

Result<Tally> tally(const Envelope& envelope, const Keyring& keyring, Kind kind) {
  AIRLOCK_TRY(refuse_duplicates(envelope));  // so that each key below is met at most once
  const SigningPolicy& policy = keyring.policy(kind);
  Tally counted;
  for (const SignatureView& signature : envelope.signatures) {
    const Key* key = keyring.find(signature.key_id);
    if (key == nullptr) continue;
    if (!demands(policy, key->group)) continue;
    const crypto::Algorithm algorithm = key->key.algorithm;
    if (signature.algorithm != static_cast<std::int64_t>(algorithm)) continue;
    const SignedMessage message(envelope.protected_header, signature.protected_header,
                                envelope.payload);
    if (!crypto::verify(key->key, message.parts(), signature.signature)) continue;
    counted.signed_by[key->signer].add(algorithm);
  }
  for (const Clause& clause : policy.clauses) {
    const std::uint8_t signers = count_signers(keyring, clause, kKeysMax, [&](std::size_t i) {
      return clause.counts(counted.signed_by[i]);
    });
    AIRLOCK_TRY(counted.clauses.add({clause, signers}));
  }
  return counted;
}

Result<Proven> prove(Bytes encoded, const Keyring& keyring, Certifier& certifier) {
  AIRLOCK_ASSIGN(const Manifest manifest,
                 judge_any(encoded, keyring, {Judged::by_nobody, &certifier}));
  return Proven(manifest);
}

Result<Proven> prove(Bytes encoded, const Keyring& keyring, Judged judged) {
  AIRLOCK_ASSIGN(const Manifest manifest, judge_any(encoded, keyring, {judged}));
  return Proven(manifest);
}

Result<Proven> prove_kind(Bytes encoded, const Keyring& keyring, Kind kind, Judged judged) {
  AIRLOCK_ASSIGN(const Envelope envelope, Envelope::parse(encoded));
  AIRLOCK_ASSIGN(const Kind found, Manifest::kind_of(envelope.payload));
  if (found != kind) return fail(Code::wrong_kind, static_cast<std::uint64_t>(found));
  AIRLOCK_ASSIGN(const Manifest manifest, judge(envelope, keyring, kind, {judged}));
  return Proven(manifest);
}

bool wants_certificates(const Keyring& keyring, Kind kind) {
  const auto& clauses = keyring.policy(kind).clauses;
  return std::any_of(clauses.begin(), clauses.end(),
                     [](const Clause& clause) { return clause.certified; });
}

Result<Manifest> read_unproven(Bytes encoded) {
  AIRLOCK_ASSIGN(const Envelope envelope, Envelope::parse(encoded));
  return Manifest::parse(envelope.payload);
}

Result<Keyring> open_keyring_anchor(Bytes encoded) {
  AIRLOCK_ASSIGN(const Envelope envelope, Envelope::parse(encoded));
  AIRLOCK_ASSIGN(const Kind kind, Manifest::kind_of(envelope.payload));
  if (kind != Kind::keyring) return fail(Code::wrong_kind, static_cast<std::uint64_t>(kind));
  AIRLOCK_ASSIGN(const Manifest manifest, Manifest::parse(envelope.payload));
  AIRLOCK_ASSIGN(const Keyring keyring, Keyring::parse(manifest.content));
  AIRLOCK_TRY(demand_root(envelope, keyring));
  return keyring;
}

}  // namespace airlock::package
