#include "core/package/quorum.h"

#include "core/package/internal/fields.h"

namespace airlock::package {
namespace {

using codec::CborReader;
using codec::CborWriter;
using codec::FieldKey;

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
  const auto read_one = [&](FieldKey key) -> Status {
    if (key == kHeaderAlgorithm) {
      AIRLOCK_ASSIGN(signature.algorithm, reader.read_integer());
      return {};
    }
    if (key != kHeaderKeyId) return fail(Code::unknown_field, reader.position());
    AIRLOCK_TRY(codec::read_bytes(reader, signature.key_id, Digest::kSize));
    if (signature.key_id.size() != Digest::kSize) return fail(Code::truncated, reader.position());
    return {};
  };
  AIRLOCK_TRY(internal::read_map(reader, kShape, read_one));
  return reader.finish();
}

Status read_signature(CborReader& reader, SignatureView& signature) {
  AIRLOCK_TRY(read_array_of(reader, 3));
  AIRLOCK_TRY(codec::read_bytes(reader, signature.protected_header, kSignerProtectedMax));
  AIRLOCK_TRY(read_signer_protected(signature));
  AIRLOCK_TRY(read_empty_map(reader));
  return codec::read_bytes(reader, signature.signature, crypto::kSignatureSizeMax);
}

// Signatures stand in the order of their key ids.
Status read_signatures(CborReader& reader, Envelope& envelope) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kSignaturesMax));
  const std::size_t start = reader.position();
  Bytes last;
  for (std::size_t i = 0; i < count; ++i) {
    SignatureView signature;
    AIRLOCK_TRY(read_signature(reader, signature));
    const bool ascends = text_of(signature.key_id) >= text_of(last);
    if (!ascends) return fail(Code::not_canonical, reader.position());
    last = signature.key_id;
  }
  envelope.signatures = {reader.since(start), count};
  return {};
}

Status read_envelope(Bytes encoded, Envelope& envelope) {
  if (encoded.size() > kEnvelopeSizeMax) return fail(Code::oversized, encoded.size());
  CborReader reader(encoded);
  AIRLOCK_ASSIGN(const std::uint64_t tag, reader.read_tag());
  if (tag != kCoseSignTag) return fail(Code::wrong_magic, tag);
  AIRLOCK_TRY(read_array_of(reader, 4));
  AIRLOCK_TRY(codec::read_bytes(reader, envelope.protected_header, kBodyProtected.size()));
  if (!equal(envelope.protected_header, kBodyProtected)) return fail(Code::wrong_magic);
  AIRLOCK_TRY(read_empty_map(reader));
  AIRLOCK_TRY(codec::read_bytes(reader, envelope.payload, kManifestSizeMax));
  AIRLOCK_TRY(read_signatures(reader, envelope));
  return reader.finish();
}

// By their order equal ones are neighbours.
Status refuse_duplicates(const Envelope& envelope) {
  Bytes last;
  std::size_t place = 0;
  for (const SignatureView& signature : envelope.signatures) {
    if (place > 0 && equal(signature.key_id, last)) return fail(Code::duplicate_signer, place);
    last = signature.key_id;
    ++place;
  }
  return {};
}

bool demands(const SigningPolicy& policy, std::uint8_t group) {
  return std::ranges::any_of(policy.clauses,
                             [group](const Clause& clause) { return clause.group == group; });
}

// The signers of the clause's group for whom `counts` says yes, each asked about once, until there
// are `enough`.
template <class Counts>
std::uint8_t count_signers(const Keyring& keyring, const Clause& clause, std::size_t enough,
                           Counts counts) {
  std::uint8_t signers = 0;
  for (std::size_t i = 0; i < keyring.keys.size() && signers < enough; ++i) {
    const bool is_first = keyring.keys.signer_of(i) == i;
    if (is_first && keyring.keys.group_of(i) == clause.group && counts(i)) ++signers;
  }
  return signers;
}

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

Status demand_certificates(const Tally& counted, const Keyring& keyring, Judged judged,
                           Certifier* certifier) {
  for (std::size_t i = 0; i < counted.clauses.size(); ++i) {
    const Clause& clause = counted.clauses[i].clause;
    if (!clause.certified) continue;
    if (certifier == nullptr) {
      if (judged == Judged::before) continue;
      return fail(Code::certificates_unjudged, i);
    }
    const auto counts = [&](std::size_t signer) {
      const AlgorithmSet signed_by = counted.signed_by[signer];
      return clause.counts(signed_by) &&
             clause.counts(usable(signed_by, keyring, signer, *certifier));
    };
    if (count_signers(keyring, clause, clause.threshold, counts) < clause.threshold) {
      return fail(Code::certificate_missing, i);
    }
  }
  return {};
}

Status demand_quorum(const Envelope& envelope, const Keyring& keyring, Kind kind,
                     Judged judged = Judged::by_nobody, Certifier* certifier = nullptr) {
  if (keyring.policy(kind).clauses.empty()) return fail(Code::no_policy);
  AIRLOCK_ASSIGN(const Tally& counted, tally(envelope, keyring, kind));
  for (std::size_t i = 0; i < counted.clauses.size(); ++i) {
    if (!counted.clauses[i].is_met()) {
      return fail(Code::quorum_missing, i);
    }
  }
  AIRLOCK_CHECK(counted.complete());
  return demand_certificates(counted, keyring, judged, certifier);
}

// The root group, of whom no keyring asks for certificates.
Status demand_root(const Envelope& envelope, const Keyring& keyring) {
  return demand_quorum(envelope, keyring, Kind::keyring);
}

// A keyring follows another one when both root groups signed and the version grows.
Status check_succession(const Envelope& envelope, Bytes content, const Keyring& current) {
  AIRLOCK_ASSIGN(const Keyring& next, Keyring::parse(content));
  if (next.version <= current.version) return fail(Code::keyring_rollback, next.version);
  return demand_root(envelope, next);
}

bool is_retained(const Envelope& envelope, const Keyring& keyring, Kind kind) {
  return kind != Kind::keyring && !keyring.retained.empty() &&
         keyring.retains(crypto::sha256(envelope.payload));
}

// The content of a keyring's envelope, which nobody vouches for yet.
Result<Bytes> content_of_anchor(const Envelope& envelope) {
  AIRLOCK_ASSIGN(const Manifest& manifest, Manifest::parse(envelope.payload));
  return manifest.content;
}

}  // namespace

template <>
SignatureView take_item(Bytes& items) {
  CborReader reader(items);
  SignatureView signature;
  AIRLOCK_CHECK(read_signature(reader, signature).has_value());
  items = items.subspan(reader.position());
  return signature;
}

// Who judges what the policy asks beyond signatures.
struct Proven::Conditions {
  Judged judged = Judged::by_nobody;
  Certifier* certifier = nullptr;
};

// Everything that prove promises, in the order in which it must happen.
Status Proven::take(const Envelope& envelope, const Keyring& keyring, Kind kind,
                    const Conditions& conditions) {
  if (!is_retained(envelope, keyring, kind)) {
    AIRLOCK_TRY(demand_quorum(envelope, keyring, kind, conditions.judged, conditions.certifier));
  }
  AIRLOCK_TRY(manifest_.read(envelope.payload));
  AIRLOCK_CHECK(manifest_.kind == kind);
  if (kind == Kind::keyring) return check_succession(envelope, manifest_.content, keyring);
  return {};
}

Result<Proven> Proven::judge(Bytes encoded, const Keyring& keyring, std::optional<Kind> wanted,
                             const Conditions& conditions) {
  Result<Proven> made(std::in_place, Making());
  const auto take = [&]() -> Status {
    Envelope envelope;
    AIRLOCK_TRY(read_envelope(encoded, envelope));
    AIRLOCK_ASSIGN(const Kind kind, Manifest::kind_of(envelope.payload));
    const bool is_wanted = !wanted || kind == *wanted;
    if (!is_wanted) return fail(Code::wrong_kind, static_cast<std::uint64_t>(kind));
    return made->take(envelope, keyring, kind, conditions);
  };
  if (const Status taken = take(); !taken) made = std::unexpected(taken.error());
  return made;
}

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
  Envelope envelope;
  AIRLOCK_TRY(read_envelope(encoded, envelope));
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
         std::ranges::all_of(clauses, [](const auto& one) { return one.is_met(); });
}

Result<Tally> tally(const Envelope& envelope, const Keyring& keyring, Kind kind) {
  AIRLOCK_TRY(refuse_duplicates(envelope));  // so that each key below is met at most once
  const SigningPolicy& policy = keyring.policy(kind);
  Tally counted;
  for (const SignatureView& signature : envelope.signatures) {
    const std::optional<Key> key = keyring.find(signature.key_id);
    if (!key) continue;
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
  return Proven::judge(encoded, keyring, {}, {Judged::by_nobody, &certifier});
}

Result<Proven> prove(Bytes encoded, const Keyring& keyring, Judged judged) {
  return Proven::judge(encoded, keyring, {}, {judged});
}

Result<Proven> prove_kind(Bytes encoded, const Keyring& keyring, Kind kind, Judged judged) {
  return Proven::judge(encoded, keyring, kind, {judged});
}

bool wants_certificates(const Keyring& keyring, Kind kind) {
  const auto& clauses = keyring.policy(kind).clauses;
  return std::ranges::any_of(clauses, [](const Clause& clause) { return clause.certified; });
}

Result<Manifest> read_unproven(Bytes encoded) {
  Envelope envelope;
  AIRLOCK_TRY(read_envelope(encoded, envelope));
  return Manifest::parse(envelope.payload);
}

Result<Keyring> open_keyring_anchor(Bytes encoded) {
  Envelope envelope;
  AIRLOCK_TRY(read_envelope(encoded, envelope));
  AIRLOCK_ASSIGN(const Kind kind, Manifest::kind_of(envelope.payload));
  if (kind != Kind::keyring) return fail(Code::wrong_kind, static_cast<std::uint64_t>(kind));
  AIRLOCK_ASSIGN(const Bytes content, content_of_anchor(envelope));
  Result<Keyring> keyring = Keyring::parse(content);
  const Status signed_by_root = keyring ? demand_root(envelope, *keyring) : Status{};
  if (!signed_by_root) keyring = std::unexpected(signed_by_root.error());
  return keyring;
}

}  // namespace airlock::package
