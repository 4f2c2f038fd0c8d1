#include "trust/x509/roots.h"

#include <algorithm>

#include "trust/x509/internal/embedded.h"
#include "trust/x509/pem.h"

namespace airlock::x509 {

Result<Roots> Roots::embedded() { return from_pem(internal::embedded_pem()); }

Result<Roots> Roots::from_pem(std::string_view pem) {
  AIRLOCK_ASSIGN(const auto blocks, blocks_of(pem, "CERTIFICATE"));
  Roots roots;
  for (const Buffer& block : blocks) AIRLOCK_TRY(roots.add(Bytes(block)));
  return roots;
}

Status Roots::add(Bytes der) {
  const auto is_same = [der](const Certificate& one) { return equal(one.der(), der); };
  if (std::ranges::any_of(certificates_, is_same)) return {};
  if (certificates_.size() == kRootsMax) return fail(Code::too_many, kRootsMax);
  AIRLOCK_ASSIGN(Certificate root, Certificate::from_der(der));
  certificates_.push_back(std::move(root));
  return {};
}

Status Roots::add(std::span<const Bytes> ders) {
  for (const Bytes der : ders) AIRLOCK_TRY(add(der));
  return {};
}

}  // namespace airlock::x509
