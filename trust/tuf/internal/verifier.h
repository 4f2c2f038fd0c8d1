// Public keys that can verify, whatever their type: the one place that knows the schemes.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string_view>
#include <variant>

#include "core/crypto/crypto.h"
#include "trust/tuf/tuf.h"

namespace airlock::tuf::internal {

// A key as metadata spells it.
struct Spelling {
  std::string_view type;
  std::string_view scheme;
  std::string material;
};
// spelling_of reads PEM of one of the three types and spells it as we write keys. Errors: bad_key,
// key_too_weak (another curve or type).
Result<Spelling> spelling_of(std::string_view pem);

// A key bound to its scheme. The three of the specification (4.2) are known:
//   ed25519 / ed25519                     64 hexadecimal digits; verified by core/crypto's rule
//   ecdsa / ecdsa-sha2-nistp256           PEM, P-256 by name; DER signatures
//   rsa / rsassa-pss-sha256               PEM, 2048 to 8192 bits; MGF1 with SHA-256, any salt
// "ecdsa-sha2-nistp256" is taken as a key type too: older tools write it.
class Verifier {
 public:
  // make reads a key as metadata spells it. Errors: unsupported_algorithm (type and scheme do not
  // belong together, or are unknown), bad_key, weak_key, key_too_weak (RSA below 2048 bits).
  static Result<Verifier> make(std::string_view type, std::string_view scheme,
                               std::string_view material);

  // identity is the key itself, in one spelling: raw (Ed25519) or SubjectPublicKeyInfo in DER.
  const Buffer& identity() const { return identity_; }

  bool verifies(Bytes message, Bytes signature) const;

 private:
  enum class Padding : std::uint8_t { none, pss };
  struct Pem {
    std::shared_ptr<EVP_PKEY> key;
    Padding padding = Padding::none;
  };
  Verifier(std::variant<crypto::PublicKey, Pem> key, Buffer identity)
      : key_(std::move(key)), identity_(std::move(identity)) {}
  static Result<Verifier> make_ed25519(std::string_view hex);
  static Result<Verifier> make_pem(std::string_view pem, Padding padding);

  std::variant<crypto::PublicKey, Pem> key_;
  Buffer identity_;
};

}  // namespace airlock::tuf::internal
