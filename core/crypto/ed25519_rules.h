// The Ed25519 rule of Airlock, as far as it goes beyond the equation itself.
//
// Libraries disagree about edge cases, so a signature could pass in one process and fail in
// another. These checks run before any library is asked, on the host and on bare metal alike.
#pragma once

#include "core/base/base.h"

namespace airlock::crypto {

// is_canonical_point says whether 32 bytes are a canonical encoding of a y coordinate: y < p, and
// no sign bit where x would be zero (RFC 8032, section 5.1.3). It does not decompress.
bool is_canonical_point(Bytes point);

// is_small_order_point says whether a canonical encoding is one of the eight points of small order.
bool is_small_order_point(Bytes point);

// is_canonical_scalar says whether 32 little-endian bytes are below the group order L.
bool is_canonical_scalar(Bytes scalar);

}  // namespace airlock::crypto
