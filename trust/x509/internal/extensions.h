// Reading extensions: one function for each that this room knows.
#pragma once

#include "trust/x509/certificate.h"
#include "trust/x509/internal/der.h"

namespace airlock::x509::internal {

// read_extension_list reads `Extensions`, a SEQUENCE of one at least, and refuses an OID that
// stands there twice (duplicate_key). `content` is what stands in the SEQUENCE.
Result<std::vector<Extension>> read_extension_list(Bytes content);

// read_extensions reads what each known extension says. One that is malformed is an error.
Result<Extensions> read_extensions(Bytes content);

Result<AuthorityKeyId> read_authority_key_id(Bytes value);

// DistributionPointName (RFC 5280, 4.2.1.13), into the two members of a DistributionPoint.
Status read_point_name(Bytes content, DistributionPoint& point);

}  // namespace airlock::x509::internal
