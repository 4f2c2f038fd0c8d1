#include "trust/doors/doors.h"

namespace airlock::doors {

tuf::TargetClaim claim_for(const package::Manifest& manifest) {
  tuf::TargetClaim claim;
  claim.kind = package::name_of(manifest.kind);
  for (const std::string_view model : manifest.models) claim.models.emplace_back(model);
  claim.version = manifest.version.text;
  claim.security_version = manifest.security_version;
  claim.manifest = manifest.digest();
  return claim;
}

Status check_agree(const tuf::Target& target, const package::Manifest& manifest) {
  AIRLOCK_ASSIGN(const tuf::TargetClaim claim, tuf::claim_of(target));
  if (claim != claim_for(manifest)) return fail(Code::doors_disagree);
  return {};
}

}  // namespace airlock::doors
