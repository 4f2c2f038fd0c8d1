// For tests: an authority that issues certificates, CRLs and OCSP answers of any shape, with keys
// that are made as it is made. It writes DER itself, so that what it writes may be wrong on
// purpose.
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/text/text.h"
#include "trust/x509/internal/der.h"
#include "trust/x509/internal/oids.h"
#include "trust/x509/internal/openssl.h"
#include "trust/x509/ocsp.h"

namespace airlock::x509::fakes {

inline constexpr std::int64_t kNow = 1'800'000'000;
inline constexpr std::int64_t kDay = 86'400;

// ---- writing DER

inline Buffer tlv(std::uint8_t tag, Bytes content) {
  Buffer made;
  made.reserve(content.size() + 4);
  made.push_back(tag);
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

inline Buffer join(const std::vector<Buffer>& parts) {
  Buffer made;
  for (const Buffer& part : parts) made.insert(made.end(), part.begin(), part.end());
  return made;
}
inline Buffer sequence(const std::vector<Buffer>& parts) {
  return tlv(der::kSequence, join(parts));
}
inline Buffer small_integer(std::uint8_t value) { return tlv(der::kInteger, Buffer{value}); }
inline Buffer bit_string(Bytes bytes) {
  Buffer content(bytes.size() + 1);  // the first octet: no unused bits
  copy_into(MutableBytes(content).subspan(1), bytes);
  return tlv(der::kBitString, content);
}
inline Buffer octets(Bytes bytes) { return tlv(der::kOctetString, bytes); }
inline Buffer text_bytes(std::string_view text) { return {text.begin(), text.end()}; }

inline std::string digits_of(std::int64_t moment) {
  std::string digits;
  for (const char c : text::to_time(moment)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  return digits + "Z";
}
inline Buffer long_time(std::int64_t moment) {
  return tlv(der::kGeneralizedTime, text_bytes(digits_of(moment)));
}
inline Buffer time(std::int64_t moment) {
  return tlv(der::kUtcTime, text_bytes(digits_of(moment).substr(2)));
}

inline Buffer name(std::string_view common_name) {
  const Buffer pair =
      sequence({tlv(der::kOid, oid::kCommonName), tlv(0x0c, text_bytes(common_name))});
  return sequence({tlv(der::kSet, pair)});
}

// One Extension.
struct Ext {
  Bytes oid;
  Buffer value;
  bool critical = false;
};
inline Buffer written(const Ext& extension) {
  std::vector<Buffer> parts = {tlv(der::kOid, extension.oid)};
  if (extension.critical) parts.push_back(tlv(der::kBoolean, Buffer{0xff}));
  parts.push_back(octets(extension.value));
  return sequence(parts);
}
inline Buffer written(const std::vector<Ext>& extensions) {
  std::vector<Buffer> all;
  all.reserve(extensions.size());
  for (const Ext& extension : extensions) all.push_back(written(extension));
  return sequence(all);
}

// ---- keys

enum class KeyKind : std::uint8_t { p256, ed25519, secp256k1 };

class Key {
 public:
  explicit Key(KeyKind kind = KeyKind::p256) : kind_(kind), key_(make(kind)) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key_.get(), &der);
    info.assign(der, der + size);
    OPENSSL_free(der);
    const auto bits = info.end() - (kind == KeyKind::ed25519 ? 32 : 65);
    std::size_t hashed = 20;
    id.resize(hashed);
    EVP_Q_digest(nullptr, "SHA1", nullptr, &*bits, static_cast<std::size_t>(info.end() - bits),
                 id.data(), &hashed);
  }

  Buffer algorithm() const {
    const Bytes oid = kind_ == KeyKind::ed25519 ? Bytes(oid::kEd25519) : Bytes(oid::kEcdsaSha256);
    return sequence({tlv(der::kOid, oid)});
  }
  Buffer sign(Bytes part) const {
    const std::unique_ptr<EVP_MD_CTX, internal::Freed<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
    const EVP_MD* const digest = kind_ == KeyKind::ed25519 ? nullptr : EVP_sha256();
    EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get());
    Buffer signature(256);
    std::size_t size = signature.size();
    EVP_DigestSign(context.get(), signature.data(), &size, part.data(), part.size());
    signature.resize(size);
    return signature;
  }
  // wrap joins a part, the algorithm and the signature, as X.509 does everywhere.
  Buffer wrap(const Buffer& part) const {
    return sequence({part, algorithm(), bit_string(sign(part))});
  }

  Buffer info;  // SubjectPublicKeyInfo
  Buffer id;    // SHA-1 of the key's bits

 private:
  static internal::KeyPointer make(KeyKind kind) {
    switch (kind) {
      case KeyKind::ed25519:
        return internal::KeyPointer(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
      case KeyKind::secp256k1: return internal::KeyPointer(EVP_EC_gen("secp256k1"));
      case KeyKind::p256: break;
    }
    return internal::KeyPointer(EVP_EC_gen("P-256"));
  }

  KeyKind kind_;
  internal::KeyPointer key_;
};

// The SubjectPublicKeyInfo of an Ed25519 key that somebody else holds (RFC 8410).
inline Buffer ed25519_info(Bytes key) {
  return sequence({sequence({tlv(der::kOid, oid::kEd25519)}), bit_string(key)});
}

// ---- certificates

// What a certificate is to say; a test changes what it is about.
struct Wanted {
  std::string subject = "leaf";
  std::uint8_t serial = 7;
  std::int64_t not_before = kNow - 30 * kDay;
  std::int64_t not_after = kNow + 300 * kDay;
  std::vector<Ext> extensions;
};

inline Ext authority_constraints() {
  return {oid::kBasicConstraints, sequence({tlv(der::kBoolean, Buffer{0xff})}), true};
}
inline Ext key_usage(std::uint8_t unused, std::uint8_t bits) {
  return {oid::kKeyUsage, tlv(der::kBitString, Buffer{unused, bits}), true};
}
inline Ext usage_for(Bytes oid) {
  return {oid::kExtendedKeyUsage, sequence({tlv(der::kOid, oid)}), false};
}
inline Ext subject_key_id(const Key& key) { return {oid::kSubjectKeyId, octets(key.id), false}; }
inline Ext authority_key_id(const Key& key) {
  return {oid::kAuthorityKeyId, sequence({tlv(der::primitive(0), key.id)}), false};
}
inline Ext dns_names(const std::vector<std::string>& hosts) {
  std::vector<Buffer> names;
  names.reserve(hosts.size());
  for (const std::string& host : hosts) names.push_back(tlv(der::primitive(2), text_bytes(host)));
  return {oid::kSubjectAltName, sequence(names), false};
}
inline constexpr std::string_view kResponderUrl = "http://ocsp.example/";
inline Ext responder() {
  const Buffer access =
      sequence({tlv(der::kOid, oid::kOcsp), tlv(der::primitive(6), text_bytes(kResponderUrl))});
  return {oid::kAuthorityInfoAccess, sequence({access}), false};
}

inline constexpr std::string_view kCrlUrl = "http://crl.example/root.crl";
inline Ext distribution_points(std::size_t count = 1) {
  const Buffer name = tlv(der::primitive(6), text_bytes(kCrlUrl));
  const Buffer full = tlv(der::constructed(0), tlv(der::constructed(0), name));
  return {oid::kCrlDistributionPoints, sequence(std::vector(count, sequence({full}))), false};
}

// One single answer of an OCSP response.
struct OcspWanted {
  OcspStatus status = OcspStatus::good;
  std::uint8_t serial = 7;
  std::int64_t this_update = kNow - kDay;
  std::int64_t next_update = kNow + kDay;
  Buffer nonce = {};
};

struct CrlWanted {
  std::vector<std::uint8_t> revoked = {};
  std::int64_t this_update = kNow - kDay;
  std::int64_t next_update = kNow + kDay;
  std::vector<Ext> more = {};
};

class Authority {
 public:
  // A root of its own.
  explicit Authority(std::string subject, KeyKind kind = KeyKind::p256)
      : subject_(std::move(subject)), key_(kind) {
    certificate = issue(as_authority(), key_);
  }
  // An intermediate below another authority.
  Authority(std::string subject, const Authority& above, KeyKind kind = KeyKind::p256)
      : subject_(std::move(subject)), key_(kind) {
    Wanted wanted = as_authority();
    wanted.extensions.push_back(authority_key_id(above.key_));
    certificate = above.issue(wanted, key_);
  }

  // issue signs a certificate for a key, with the extensions that are wanted and no others.
  Buffer issue(const Wanted& wanted, const Key& subject_key) const {
    return issue(wanted, Bytes(subject_key.info));
  }
  Buffer issue(const Wanted& wanted, Bytes subject_key_info) const {
    const Buffer version = tlv(der::constructed(0), small_integer(2));
    const Buffer validity = sequence({time(wanted.not_before), time(wanted.not_after)});
    const Buffer part =
        sequence({version, small_integer(wanted.serial), key_.algorithm(), name(subject_), validity,
                  name(wanted.subject), Buffer(subject_key_info.begin(), subject_key_info.end()),
                  tlv(der::constructed(3), written(wanted.extensions))});
    return key_.wrap(part);
  }

  // A leaf as the profile wants it, for a use.
  Wanted leaf(Bytes use) const {
    Wanted wanted;
    wanted.extensions = {key_usage(7, 0x80), usage_for(use), authority_key_id(key_), responder()};
    return wanted;
  }

  Buffer crl(const CrlWanted& wanted = {}) const { return crl_by(key_, wanted); }

  // crl_by lets another key sign, in this authority's name.
  Buffer crl_by(const Key& signer, const CrlWanted& wanted) const {
    std::vector<Buffer> parts = {small_integer(1), signer.algorithm(), name(subject_),
                                 time(wanted.this_update), time(wanted.next_update)};
    std::vector<Buffer> entries;
    entries.reserve(wanted.revoked.size());
    for (const std::uint8_t serial : wanted.revoked) {
      entries.push_back(sequence({small_integer(serial), time(wanted.this_update - kDay)}));
    }
    if (!entries.empty()) parts.push_back(sequence(entries));
    std::vector<Ext> extensions = {authority_key_id(signer), {oid::kCrlNumber, small_integer(1)}};
    extensions.insert(extensions.end(), wanted.more.begin(), wanted.more.end());
    parts.push_back(tlv(der::constructed(0), written(extensions)));
    return signer.wrap(sequence(parts));
  }

  // ocsp answers about a certificate of this authority, signed by it.
  Buffer ocsp(const OcspWanted& wanted = {}) const { return ocsp_by(key_, subject_, wanted, {}); }

  // ocsp_by lets another key sign, with a certificate that travels along.
  Buffer ocsp_by(const Key& signer, std::string_view signer_name, const OcspWanted& wanted,
                 const Buffer& signer_certificate) const {
    const Buffer data =
        sequence({tlv(der::constructed(1), name(signer_name)), long_time(wanted.this_update),
                  sequence({single(wanted)}), nonce_of(wanted)});
    std::vector<Buffer> basic = {data, signer.algorithm(), bit_string(signer.sign(data))};
    if (!signer_certificate.empty()) {
      basic.push_back(tlv(der::constructed(0), sequence({signer_certificate})));
    }
    const Buffer typed = sequence({tlv(der::kOid, oid::kOcspBasic), octets(sequence(basic))});
    return sequence({tlv(der::kEnumerated, Buffer{0}), tlv(der::constructed(0), typed)});
  }

  const Key& key() const { return key_; }
  const std::string& subject() const { return subject_; }

  Buffer certificate;

 private:
  Wanted as_authority() const {
    Wanted wanted;
    wanted.subject = subject_;
    wanted.serial = 2;
    wanted.not_before = kNow - 1000 * kDay;  // other rooms' tests play earlier
    wanted.extensions = {authority_constraints(), key_usage(1, 0x06), subject_key_id(key_)};
    return wanted;
  }

  Buffer single(const OcspWanted& wanted) const {
    Buffer name_hash(20);
    std::size_t size = name_hash.size();
    const Buffer own_name = name(subject_);
    EVP_Q_digest(nullptr, "SHA1", nullptr, own_name.data(), own_name.size(), name_hash.data(),
                 &size);
    const Buffer id = sequence({sequence({tlv(der::kOid, oid::kSha1)}), octets(name_hash),
                                octets(key_.id), small_integer(wanted.serial)});
    const Buffer status = wanted.status == OcspStatus::revoked
                              ? tlv(der::constructed(1), long_time(wanted.this_update - kDay))
                          : wanted.status == OcspStatus::good ? tlv(der::primitive(0), {})
                                                              : tlv(der::primitive(2), {});
    return sequence({id, status, long_time(wanted.this_update),
                     tlv(der::constructed(0), long_time(wanted.next_update))});
  }

  static Buffer nonce_of(const OcspWanted& wanted) {
    if (wanted.nonce.empty()) return {};
    return tlv(der::constructed(1),
               written(std::vector<Ext>{{oid::kOcspNonce, octets(wanted.nonce)}}));
  }

  std::string subject_;
  Key key_;
};

}  // namespace airlock::x509::fakes
