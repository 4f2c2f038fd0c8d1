#include "trust/tuf/internal/hashes.h"

#include <openssl/evp.h>

#include "host/text/text.h"

namespace airlock::tuf::internal {
namespace {

constexpr std::size_t kHashTextMax = 1024;

// core/crypto has SHA-256 alone; only the repository door knows files with SHA-512.
Digest512 sha512(Bytes bytes) {
  Digest512 digest;
  AIRLOCK_CHECK(
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha512(), nullptr) == 1);
  return digest;
}

}  // namespace

Result<Hashes> read_hashes(json::Node hashes) {
  if (!hashes.is_object() || hashes.count() == 0) return fail(Code::wrong_type);
  Hashes made;
  made.is_named = true;
  for (const auto& [name, value] : hashes.members()) {
    if (!value.is_text()) return fail(Code::wrong_type);
    const std::string_view hex = value.as_text();
    if (hex.size() > kHashTextMax) return fail(Code::oversized, hex.size());
    if (name == "sha256") {
      AIRLOCK_ASSIGN(made.sha256, text::digest_from_hex(hex));
    } else if (name == "sha512") {
      AIRLOCK_ASSIGN(const auto raw, text::from_hex(hex));
      if (raw.size() != sizeof(Digest512)) return fail(Code::out_of_range, raw.size());
      copy_into(made.sha512.emplace(), raw);
    }
  }
  return made;
}

Status check_hashes(const Hashes& hashes, Bytes bytes) {
  if (hashes.is_named && !hashes.sha256 && !hashes.sha512) {
    return fail(Code::unsupported_algorithm);
  }
  if (hashes.sha256 && *hashes.sha256 != crypto::sha256(bytes)) return fail(Code::digest_mismatch);
  if (hashes.sha512 && *hashes.sha512 != sha512(bytes)) return fail(Code::digest_mismatch);
  return {};
}

}  // namespace airlock::tuf::internal
