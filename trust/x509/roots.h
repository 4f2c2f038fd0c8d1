// The roots that a device trusts: compiled into it, and added by its keyring.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "trust/x509/certificate.h"

namespace airlock::x509 {

inline constexpr std::size_t kRootsMax = 32;

// Roots is a list of certificates that paths may end at. Move-only.
class Roots {
 public:
  Roots() = default;

  // embedded returns what was compiled in (CMake's AIRLOCK_ROOTS names a PEM file); none by
  // default. from_pem reads a PEM text, which may hold none. Errors: those of add and of blocks_of.
  static Result<Roots> embedded();
  static Result<Roots> from_pem(std::string_view pem);

  // add takes a root in DER; one that is there already is fine. Errors: those of
  // Certificate::from_der, too_many.
  Status add(Bytes der);
  Status add(std::span<const Bytes> ders);

  std::span<const Certificate> certificates() const { return certificates_; }

 private:
  std::vector<Certificate> certificates_;
};

}  // namespace airlock::x509
