#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "trust/x509/internal/der.h"
#include "trust/x509/internal/judge.h"
#include "trust/x509/internal/keys.h"
#include "trust/x509/internal/oids.h"
#include "trust/x509/ocsp.h"

namespace airlock::x509 {
namespace {

using internal::Digests;

Buffer digest_of(const char* name, Bytes bytes) {
  std::size_t size = EVP_MAX_MD_SIZE;
  Buffer digest(size);
  const int done =
      EVP_Q_digest(nullptr, name, nullptr, bytes.data(), bytes.size(), digest.data(), &size);
  AIRLOCK_CHECK(done == 1);
  digest.resize(size);
  return digest;
}

Buffer sha1(Bytes bytes) { return digest_of("SHA1", bytes); }

// The digest that a CertID names, of these bytes; empty where it is another one.
Buffer named_digest(Bytes algorithm, Bytes bytes) {
  if (equal(algorithm, oid::kSha1)) return sha1(bytes);
  if (equal(algorithm, oid::kSha256)) return digest_of("SHA256", bytes);
  return {};
}

bool is_about(const SingleResponse& single, const CertificateFields& certificate,
              const CertificateFields& issuer) {
  const Buffer name_hash = named_digest(single.hash_algorithm, certificate.issuer);
  return !name_hash.empty() && equal(single.serial, certificate.serial) &&
         equal(single.issuer_name_hash, name_hash) &&
         equal(single.issuer_key_hash, named_digest(single.hash_algorithm, issuer.key.bits));
}

// ---- who signed it (RFC 6960, 4.2.2.2)

bool is_named_responder(const OcspResponse& response, const CertificateFields& signer) {
  if (response.responder_name) return same_name(*response.responder_name, signer.subject);
  return response.responder_key_hash && equal(*response.responder_key_hash, sha1(signer.key.bits));
}

bool has_signed(const CertificateFields& signer, const OcspResponse& response, Digests digests) {
  return is_named_responder(response, signer) &&
         internal::verify_signature(signer.key, response.algorithm, response.signed_part,
                                    response.signature, digests)
             .has_value();
}

bool is_delegate(const Certificate& delegate, const Certificate& issuer,
                 const Freshness& freshness) {
  const CertificateFields& fields = delegate.fields();
  const Extensions& extensions = fields.extensions;
  const auto is_ocsp_signing = [](Bytes usage) { return equal(usage, oid::kOcspSigning); };
  const bool is_for_it = extensions.extended_key_usage &&
                         std::ranges::any_of(*extensions.extended_key_usage, is_ocsp_signing);
  const bool may_sign = !extensions.key_usage || (*extensions.key_usage & kDigitalSignature) != 0;
  const bool is_timely =
      fields.not_before <= freshness.moment && freshness.moment <= fields.not_after;
  const bool is_strict = freshness.profile == Profile::airlock;
  const bool is_free = !is_strict || extensions.is_no_check;
  const bool is_strong = !is_strict || internal::is_strong_key(fields.key);
  if (!is_for_it || !may_sign || !is_timely || !is_free || !is_strong) return false;
  // Both AlgorithmIdentifiers must be one, and the issuer itself must have signed the delegation.
  return equal(fields.inner_algorithm, fields.outer_algorithm) &&
         internal::may_issue(issuer, delegate) &&
         internal::verify_signature(issuer.fields().key, fields.outer_algorithm, fields.signed_part,
                                    fields.signature, Digests::strong)
             .has_value();
}

bool is_authentic(const OcspResponse& response, const Certificate& issuer,
                  const Freshness& freshness) {
  const Digests digests =
      freshness.profile == Profile::published ? Digests::published : Digests::strong;
  if (has_signed(issuer.fields(), response, digests)) return true;
  for (const Bytes der : response.certificates) {
    const auto delegate = Certificate::from_der(der);
    if (delegate && is_delegate(*delegate, issuer, freshness) &&
        has_signed(delegate->fields(), response, digests)) {
      return true;
    }
  }
  return false;
}

// ---- what it says

std::optional<std::string> untimely(const OcspResponse& response, const SingleResponse& single,
                                    const CertificateFields& certificate,
                                    const Freshness& freshness) {
  const std::int64_t now = freshness.moment;
  const std::int64_t latest = freshness.latest();
  if (response.produced_at > latest || single.this_update > latest) {
    return "the OCSP answer is from the future";
  }
  if (response.produced_at < certificate.not_before) {
    return "the OCSP answer is older than the certificate";
  }
  if (single.next_update && *single.next_update < now) return "the OCSP answer's time is over";
  if (now - single.this_update > freshness.age_seconds_max) return "the OCSP answer is too old";
  if (!single.next_update && freshness.profile == Profile::airlock) {
    return "the OCSP answer does not say how long it holds";
  }
  return {};
}

Finding say(const SingleResponse& single, const OcspResponse& response,
            const CertificateFields& certificate, const Freshness& freshness) {
  if (single.status == OcspStatus::revoked) {
    return {Answer::revoked, "an OCSP answer of its issuer says so"};
  }
  if (single.status == OcspStatus::unknown) {
    return {Answer::unusable, "the OCSP responder does not know the certificate"};
  }
  if (auto why = untimely(response, single, certificate, freshness)) {
    return {Answer::stale, std::move(*why)};
  }
  return {Answer::good, "an OCSP answer of its issuer says that it is good"};
}

// Of several answers about one certificate the worst counts: revoked, then any but good.
bool is_worse(const Finding& a, const Finding& b) {
  if (a.answer == Answer::revoked || b.answer == Answer::revoked) {
    return a.answer == Answer::revoked;
  }
  return a.answer != Answer::good;
}

// ---- writing a request

Buffer element(std::uint8_t tag, Bytes content) {
  Buffer made = {tag};
  AIRLOCK_CHECK(content.size() < 0x10000);
  if (content.size() >= 0x100) {
    made.push_back(0x82);
    made.push_back(static_cast<std::uint8_t>(content.size() >> 8U));
  } else if (content.size() >= 0x80) {
    made.push_back(0x81);
  }
  made.push_back(static_cast<std::uint8_t>(content.size()));
  made.insert(made.end(), content.begin(), content.end());
  return made;
}

Buffer joined(std::initializer_list<Bytes> parts) {
  Buffer made;
  for (const Bytes part : parts) made.insert(made.end(), part.begin(), part.end());
  return made;
}

Buffer certificate_id(std::span<const Certificate> path) {
  const CertificateFields& certificate = path[0].fields();
  const Buffer algorithm = joined({element(der::kOid, oid::kSha1), element(der::kNull, {})});
  return element(der::kSequence,
                 joined({element(der::kSequence, algorithm),
                         element(der::kOctetString, sha1(certificate.issuer)),
                         element(der::kOctetString, sha1(path[1].fields().key.bits)),
                         element(der::kInteger, certificate.serial)}));
}

Buffer nonce_extensions(Bytes nonce) {
  if (nonce.empty()) return {};
  const Buffer value = element(der::kOctetString, element(der::kOctetString, nonce));
  const Buffer extension =
      element(der::kSequence, joined({element(der::kOid, oid::kOcspNonce), value}));
  return element(der::constructed(2), element(der::kSequence, extension));
}

}  // namespace

Finding find_in_ocsp(std::span<const Certificate> path, const OcspResponse& response,
                     const Freshness& freshness, std::optional<Bytes> nonce) {
  if (path.size() < 2) return {Answer::absent, "its issuer is not known"};
  const CertificateFields& certificate = path[0].fields();
  std::optional<Finding> worst;
  for (const SingleResponse& single : response.responses) {
    if (!is_about(single, certificate, path[1].fields())) continue;
    Finding finding = say(single, response, certificate, freshness);
    if (!worst || is_worse(finding, *worst)) worst = std::move(finding);
  }
  if (!worst) return {Answer::absent, "the OCSP answer is about another certificate"};
  if (!is_authentic(response, path[1], freshness)) {
    return {Answer::unusable, "nobody who may answer signed the OCSP answer"};
  }
  const bool is_replay = nonce && response.nonce && worst->answer != Answer::revoked &&
                         !equal(*response.nonce, element(der::kOctetString, *nonce));
  if (is_replay) return {Answer::unusable, "the OCSP answer is to another question"};
  return std::move(*worst);
}

Buffer ocsp_request(std::span<const Certificate> path, Bytes nonce) {
  AIRLOCK_CHECK(path.size() >= 2);
  const Buffer request = element(der::kSequence, certificate_id(path));
  const Buffer list = element(der::kSequence, request);
  return element(der::kSequence, element(der::kSequence, joined({list, nonce_extensions(nonce)})));
}

Buffer fresh_nonce() {
  constexpr std::size_t kNonceSize = 32;  // RFC 9654
  Buffer nonce(kNonceSize);
  if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1) nonce.clear();
  return nonce;
}

}  // namespace airlock::x509
