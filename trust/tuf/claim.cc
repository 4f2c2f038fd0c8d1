// The custom member of Airlock's targets.
#include "host/text/text.h"
#include "trust/tuf/internal/metadata.h"

namespace airlock::tuf {
namespace {

constexpr std::size_t kClaimSizeMax = 16 << 10;
constexpr std::size_t kClaimTextMax = 64;
constexpr std::size_t kClaimModelsMax = 16;

Result<TargetClaim> read_claim(const Target& target) {
  AIRLOCK_ASSIGN(const json::Value custom, json::parse(target.custom, kClaimSizeMax));
  AIRLOCK_ASSIGN(const json::Value* airlock, json::object(custom, "airlock"));
  TargetClaim claim;
  AIRLOCK_ASSIGN(claim.kind, json::text(*airlock, "kind", kClaimTextMax));
  AIRLOCK_ASSIGN(claim.version, json::text(*airlock, "version", kClaimTextMax));
  AIRLOCK_ASSIGN(const std::int64_t security_version,
                 json::integer(*airlock, "security_version", 0, UINT32_MAX));
  claim.security_version = static_cast<std::uint32_t>(security_version);
  AIRLOCK_ASSIGN(const std::string manifest, json::text(*airlock, "manifest", kClaimTextMax));
  AIRLOCK_ASSIGN(claim.manifest, text::digest_from_hex(manifest));
  AIRLOCK_ASSIGN(const json::Value* models, json::array(*airlock, "models", kClaimModelsMax));
  for (const json::Value& model : *models) {
    const auto* name = model.get_ptr<const json::Value::string_t*>();
    if (name == nullptr || name->size() > kClaimTextMax) return fail(Code::wrong_type);
    claim.models.push_back(*name);
  }
  return claim;
}

}  // namespace

Result<TargetClaim> claim_of(const Target& target) {
  return internal::as_bad_metadata(read_claim(target));
}

bool claims_a_package(const Target& target) {
  const auto custom = json::parse(target.custom, kTargetsSizeMax);
  return custom && custom->is_object() && custom->contains("airlock");
}

std::string custom_of(const TargetClaim& claim) {
  return json::write({{"airlock",
                       {{"kind", claim.kind},
                        {"manifest", text::to_hex(claim.manifest.bytes)},
                        {"models", claim.models},
                        {"security_version", claim.security_version},
                        {"version", claim.version}}}});
}

}  // namespace airlock::tuf
