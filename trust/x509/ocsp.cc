#include "trust/x509/ocsp.h"

#include "trust/x509/internal/der.h"
#include "trust/x509/internal/extensions.h"
#include "trust/x509/internal/names.h"
#include "trust/x509/internal/oids.h"

namespace airlock::x509 {
namespace {

// OCSPResponseStatus (RFC 6960, 4.2.1); 4 is not used.
constexpr std::uint32_t kSuccessful = 0;
constexpr std::uint32_t kUnused = 4;
constexpr std::uint32_t kUnauthorized = 6;

Result<std::int64_t> read_time(der::Reader& reader) {
  AIRLOCK_ASSIGN(const der::Element time, reader.expect(der::kGeneralizedTime));
  return der::generalized_time_of(time.content);
}

// Extensions of the response or of one of its answers. A nonce is understood, and so are timestamps
// of certificate transparency, which change no status.
Status read_response_extensions(der::Reader& reader, std::optional<Bytes>& nonce) {
  AIRLOCK_ASSIGN(const auto explicit_list, reader.optional(der::constructed(1)));
  if (!explicit_list) return {};
  AIRLOCK_ASSIGN(const auto all, internal::read_extension_list(explicit_list->content));
  for (const Extension& extension : all) {
    if (equal(extension.oid, oid::kOcspNonce)) {
      nonce = extension.value;
    } else if (extension.critical && !equal(extension.oid, oid::kOcspTimestamps)) {
      return fail(Code::unknown_field);
    }
  }
  return {};
}

Status read_certificate_id(der::Reader& answer, SingleResponse& into) {
  AIRLOCK_ASSIGN(der::Reader reader, answer.enter(der::kSequence));
  AIRLOCK_ASSIGN(der::Reader algorithm, reader.enter(der::kSequence));
  AIRLOCK_ASSIGN(into.hash_algorithm, algorithm.oid());
  AIRLOCK_ASSIGN(const der::Element name_hash, reader.expect(der::kOctetString));
  AIRLOCK_ASSIGN(const der::Element key_hash, reader.expect(der::kOctetString));
  AIRLOCK_ASSIGN(into.serial, reader.integer());
  into.issuer_name_hash = name_hash.content;
  into.issuer_key_hash = key_hash.content;
  return reader.end();
}

Result<OcspStatus> read_status(der::Reader& answer) {
  AIRLOCK_ASSIGN(const der::Element status, answer.next());
  if (status.tag == der::primitive(0) && status.content.empty()) return OcspStatus::good;
  if (status.tag == der::primitive(2) && status.content.empty()) return OcspStatus::unknown;
  if (status.tag != der::constructed(1)) return fail(Code::wrong_type);
  der::Reader revoked(status.content);
  AIRLOCK_TRY(read_time(revoked));
  AIRLOCK_ASSIGN(const auto reason, revoked.optional(der::constructed(0)));
  if (reason) AIRLOCK_TRY(der::open(reason->content, der::kEnumerated));
  AIRLOCK_TRY(revoked.end());
  return OcspStatus::revoked;
}

Result<SingleResponse> read_single(der::Reader& list) {
  AIRLOCK_ASSIGN(der::Reader reader, list.enter(der::kSequence));
  SingleResponse single;
  AIRLOCK_TRY(read_certificate_id(reader, single));
  AIRLOCK_ASSIGN(single.status, read_status(reader));
  AIRLOCK_ASSIGN(single.this_update, read_time(reader));
  AIRLOCK_ASSIGN(const auto next, reader.optional(der::constructed(0)));
  if (next) {
    der::Reader inside(next->content);
    AIRLOCK_ASSIGN(single.next_update, read_time(inside));
    AIRLOCK_TRY(inside.end());
  }
  std::optional<Bytes> unused;
  AIRLOCK_TRY(read_response_extensions(reader, unused));
  AIRLOCK_TRY(reader.end());
  return single;
}

Status read_responder(der::Reader& data, OcspResponse& response) {
  AIRLOCK_ASSIGN(const der::Element id, data.next());
  if (id.tag == der::constructed(1)) {
    AIRLOCK_TRY(internal::attributes_of(id.content));
    response.responder_name = id.content;
    return {};
  }
  if (id.tag != der::constructed(2)) return fail(Code::wrong_type);
  der::Reader inside(id.content);
  AIRLOCK_ASSIGN(const der::Element hash, inside.expect(der::kOctetString));
  response.responder_key_hash = hash.content;
  return inside.end();
}

// ResponseData (RFC 6960, 4.2.1).
Status read_data(Bytes content, OcspResponse& response) {
  der::Reader data(content);
  if (data.next_is(der::constructed(0))) return fail(Code::unsupported_version);
  AIRLOCK_TRY(read_responder(data, response));
  AIRLOCK_ASSIGN(response.produced_at, read_time(data));
  AIRLOCK_ASSIGN(der::Reader list, data.enter(der::kSequence));
  while (!list.at_end()) {
    if (response.responses.size() == kSingleResponsesMax) return fail(Code::too_many);
    AIRLOCK_ASSIGN(const SingleResponse single, read_single(list));
    response.responses.push_back(single);
  }
  AIRLOCK_TRY(read_response_extensions(data, response.nonce));
  return data.end();
}

Status read_certificates(Bytes content, OcspResponse& response) {
  AIRLOCK_ASSIGN(der::Reader list, der::open(content, der::kSequence));
  while (!list.at_end()) {
    if (response.certificates.size() == kOcspCertificatesMax) return fail(Code::too_many);
    AIRLOCK_ASSIGN(const der::Element certificate, list.expect(der::kSequence));
    response.certificates.push_back(certificate.whole);
  }
  return {};
}

Status read_basic(Bytes content, OcspResponse& response) {
  AIRLOCK_ASSIGN(der::Reader basic, der::open(content, der::kSequence));
  AIRLOCK_ASSIGN(const der::Element data, basic.expect(der::kSequence));
  response.signed_part = data.whole;
  AIRLOCK_ASSIGN(const der::Element algorithm, basic.expect(der::kSequence));
  response.algorithm = algorithm.whole;
  AIRLOCK_ASSIGN(response.signature, basic.bits());
  AIRLOCK_ASSIGN(const auto certificates, basic.optional(der::constructed(0)));
  AIRLOCK_TRY(basic.end());
  if (certificates) AIRLOCK_TRY(read_certificates(certificates->content, response));
  return read_data(data.content, response);
}

}  // namespace

Result<OcspResponse> OcspResponse::from_der(Bytes der) {
  if (der.size() > kOcspSizeMax) return fail(Code::oversized, der.size());
  OcspResponse made;
  made.der_.assign(der.begin(), der.end());
  AIRLOCK_ASSIGN(der::Reader reader, der::open(made.der_, der::kSequence));
  AIRLOCK_ASSIGN(const der::Element status, reader.expect(der::kEnumerated));
  AIRLOCK_ASSIGN(const std::uint32_t number, der::small_of(status.content));
  if (number == kUnused || number > kUnauthorized) return fail(Code::out_of_range, number);
  if (number != kSuccessful) return fail(Code::not_found, number);
  AIRLOCK_ASSIGN(der::Reader bytes, reader.enter(der::constructed(0)));
  AIRLOCK_TRY(reader.end());
  AIRLOCK_ASSIGN(der::Reader typed, bytes.enter(der::kSequence));
  AIRLOCK_TRY(bytes.end());
  AIRLOCK_ASSIGN(const Bytes type, typed.oid());
  AIRLOCK_ASSIGN(const der::Element basic, typed.expect(der::kOctetString));
  AIRLOCK_TRY(typed.end());
  if (!equal(type, oid::kOcspBasic)) return fail(Code::wrong_magic);
  AIRLOCK_TRY(read_basic(basic.content, made));
  return made;
}

}  // namespace airlock::x509
