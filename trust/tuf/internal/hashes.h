// Lengths and hashes that a higher role states of a lower one's file, or of a target.
#pragma once

#include <optional>

#include "core/crypto/crypto.h"
#include "host/json/tree.h"
#include "trust/tuf/tuf.h"

namespace airlock::tuf::internal {

// The hashes that a "hashes" member names. is_named tells "none was named" (which metadata may do)
// from "only unknown ones were named" (which proves nothing and is refused).
struct Hashes {
  std::optional<Digest> sha256;
  std::optional<Digest512> sha512;
  bool is_named = false;
};

Result<Hashes> read_hashes(json::Node hashes);

// check_hashes holds bytes against every known hash. Errors: digest_mismatch, and
// unsupported_algorithm where hashes are named but none is known.
Status check_hashes(const Hashes& hashes, Bytes bytes);

}  // namespace airlock::tuf::internal
