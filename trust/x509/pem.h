// PEM (RFC 7468): the text form of certificates, CRLs and OCSP responses.
#pragma once

#include <string_view>
#include <vector>

#include "trust/x509/certificate.h"

namespace airlock::x509 {

inline constexpr std::size_t kPemBlocksMax = 64;
inline constexpr std::size_t kPemSizeMax = std::size_t{8} << 20U;

// blocks_of returns the bytes of every block with this label, in their order; text around the
// blocks and blocks of other labels are passed over. Errors: oversized, too_many, truncated (a
// block does not end), bad_text (no strict base64).
Result<std::vector<Buffer>> blocks_of(std::string_view pem, std::string_view label);

// certificates_of reads every CERTIFICATE block; there must be one at least (not_found).
Result<std::vector<Certificate>> certificates_of(std::string_view pem);

}  // namespace airlock::x509
