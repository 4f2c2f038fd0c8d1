#include "trust/doors/doors.h"

#include <gtest/gtest.h>

#include "core/package/encode.h"

namespace airlock::doors {
namespace {

constexpr std::string_view kModels[] = {"demo-wallet", "demo-wallet-mini"};

package::ManifestDraft advisory() {
  package::ManifestDraft draft;
  draft.kind = package::Kind::advisory;
  draft.models = kModels;
  draft.version = "1.1.0";
  draft.security_version = 3;
  draft.created = draft.not_before = 1'750'000'000;
  draft.expires = 1'760'000'000;
  draft.content = bytes_of("content");
  return draft;
}

class Doors : public testing::Test {
 protected:
  Doors() {
    encoded_ = *package::encode_manifest(advisory(), room_);
    manifest_.emplace(*package::Manifest::parse(encoded_));
  }
  // How the doors answer where the repository claims this.
  Code code_of(const tuf::TargetClaim& claim) const {
    tuf::Target target;
    target.custom = tuf::custom_of(claim);
    const Status agree = check_agree(target, *manifest_);
    return agree ? Code::ok : agree.error().code;
  }
  tuf::TargetClaim claim() const { return claim_for(*manifest_); }

  std::array<std::uint8_t, 4096> room_{};
  Bytes encoded_;
  std::optional<package::Manifest> manifest_;
};

TEST_F(Doors, ClaimWhatTheManifestSays) {
  const tuf::TargetClaim made = claim();
  EXPECT_EQ(made.kind, "advisory");
  EXPECT_EQ(made.models, (std::vector<std::string>{"demo-wallet", "demo-wallet-mini"}));
  EXPECT_EQ(made.version, "1.1.0");
  EXPECT_EQ(made.security_version, 3U);
  EXPECT_EQ(made.manifest, crypto::sha256(encoded_));
  EXPECT_EQ(code_of(made), Code::ok);
}

TEST_F(Doors, DisagreeOverEveryField) {
  const std::pair<const char*, void (*)(tuf::TargetClaim&)> changes[] = {
      {"kind", [](tuf::TargetClaim& claim) { claim.kind = "firmware"; }},
      {"a model less", [](tuf::TargetClaim& claim) { claim.models.pop_back(); }},
      {"a model more", [](tuf::TargetClaim& claim) { claim.models.emplace_back("*"); }},
      {"another model", [](tuf::TargetClaim& claim) { claim.models[1] = "demo-wallet-max"; }},
      {"models in another order",
       [](tuf::TargetClaim& claim) { std::swap(claim.models[0], claim.models[1]); }},
      {"version", [](tuf::TargetClaim& claim) { claim.version = "1.1.1"; }},
      {"version, equal in order", [](tuf::TargetClaim& claim) { claim.version = "1.1.0+build"; }},
      {"lower security version", [](tuf::TargetClaim& claim) { --claim.security_version; }},
      {"higher security version", [](tuf::TargetClaim& claim) { ++claim.security_version; }},
      {"manifest", [](tuf::TargetClaim& claim) { claim.manifest.bytes[31] ^= 1; }},
  };
  for (const auto& [what, change] : changes) {
    tuf::TargetClaim other = claim();
    change(other);
    EXPECT_EQ(code_of(other), Code::doors_disagree) << what;
  }
}

TEST_F(Doors, TakeNoSilenceForAgreement) {
  for (const char* custom : {"", "{}", R"({"airlock":{}})", R"({"other":{"version":"1.1.0"}})"}) {
    tuf::Target target;
    target.custom = custom;
    EXPECT_EQ(check_agree(target, *manifest_).error().code, Code::bad_metadata) << custom;
  }
}

}  // namespace
}  // namespace airlock::doors
