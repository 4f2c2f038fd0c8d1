// The certificates that travel with a release, and what says that they are not revoked
// (docs/formats/certificates.md).
//
// A bundle is signed by nobody and trusted by nobody: certificates, OCSP answers and CRLs prove
// themselves, wherever they lie. Each piece may be garbage; a bundle says only where one ends and
// the next begins.
#pragma once

#include <string>
#include <vector>

#include "core/crypto/crypto.h"
#include "trust/x509/certificate.h"
#include "trust/x509/crl.h"
#include "trust/x509/ocsp.h"

namespace airlock::x509 {

inline constexpr std::uint64_t kBundleFormat = 1;
inline constexpr std::size_t kBundleSizeMax = std::size_t{1} << 20U;
inline constexpr std::size_t kBundleLeavesMax = 48;
inline constexpr std::size_t kBundleAuthoritiesMax = 31;  // with a leaf they are one chain
inline constexpr std::size_t kBundleCrlsMax = 24;

// A signer's certificate, and an OCSP answer about it where there is one.
struct BundleLeaf {
  Buffer certificate;
  Buffer staple;  // empty: none
};

struct Bundle {
  std::vector<BundleLeaf> leaves;
  std::vector<Buffer> authorities;  // that stand between leaves and roots, shared by all leaves
  std::vector<Buffer> crls;

  // parse reads the one encoding of a bundle; empty bytes are an empty bundle. Errors: those of
  // core/codec, oversized, missing_field, unknown_field, unsupported_version.
  static Result<Bundle> parse(Bytes encoded);
  // encode: too_many and oversized where parse would refuse what is written.
  Result<Buffer> encode() const;

  // chain_of is the leaf at this place with all authorities, as validate wants them; authorities
  // that cannot be read are left out. Errors: those of Certificate::from_der about the leaf.
  Result<std::vector<Certificate>> chain_of(std::size_t leaf) const;
};

}  // namespace airlock::x509
