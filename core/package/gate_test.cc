// The gate: each refusal, their order, and what is chosen where nothing refuses.
#include "core/package/gate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/fakes/signers.h"

namespace airlock::package {
namespace {

using fakes::Buffer;
using fakes::Release;
using fakes::Signers;

const Signers& cast() {
  static const Signers signers;
  return signers;
}

// A release that was signed and proven, with the bytes that it views.
struct Signed {
  explicit Signed(const Release& release)
      : envelope(cast().sign_complete(release.encode(), release.kind)),
        proven(*prove(envelope, cast().keyring())) {}
  Signed(const Signed&) = delete;
  Signed& operator=(const Signed&) = delete;
  Buffer envelope;
  Proven proven;
};

const Digest kRunningImage = crypto::sha256(bytes_of("what runs"));

InstalledComponent installed(std::string_view id) {
  return {id, 1 << 20, kRunningImage, 90'000, std::nullopt};
}

// A device that may install Release() as it is.
DeviceFacts device() {
  DeviceFacts facts;
  facts.model = "demo-wallet";
  facts.version = *parse_semver("1.0.0");
  facts.floor = 1;
  facts.bootloader = 5;
  facts.secure_boot = 2;
  facts.data_version = 1;
  facts.time_bound = 1'700'000'000;
  facts.clock = 1'750'000'000;
  facts.decoder_memory = 64 << 10;
  facts.scratch_size = 64 << 10;
  facts.share_secret = crypto::sha256(bytes_of("device"));
  facts.running_manifest = crypto::sha256(bytes_of("running"));
  EXPECT_TRUE(facts.components.add(installed("mcu")));
  return facts;
}

Code refusal(const Release& release, const DeviceFacts& facts) {
  const Signed signed_release(release);
  const Result<InstallPlan> plan = admit(signed_release.proven, facts);
  return plan ? Code::ok : plan.error().code;
}

TEST(Gate, AdmitsAReleaseThatFits) {
  const Signed release{Release()};
  const Result<InstallPlan> plan = admit(release.proven, device());
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->choices.size(), 1u);
  EXPECT_EQ(plan->choices[0].payload, 0);
  EXPECT_EQ(plan->fetch_bytes, 104'096u);
}

// One step of the stated order: what makes the gate refuse so, and what heals it.
struct Hurdle {
  Code code;
  void (*raise)(Release&, DeviceFacts&);
};

constexpr std::int64_t kLate = 1'800'000'001;

const Hurdle kHurdles[] = {
    {Code::wrong_kind, [](Release&, DeviceFacts& d) { d.kind = Kind::fee_plugin; }},
    {Code::wrong_model, [](Release& r, DeviceFacts&) { r.models = {"other", "demo-wallet-2"}; }},
    // already_installed depends on the digest of the whole release: its own test below
    {Code::below_floor, [](Release& r, DeviceFacts& d) { d.floor = r.security_version + 1; }},
    {Code::downgrade, [](Release&, DeviceFacts& d) { d.version = *parse_semver("1.1.1"); }},
    {Code::from_version_outside,
     [](Release& r, DeviceFacts&) { r.from_versions = {{"0.1.0", "0.9.9"}, {"1.0.1", "1.0.2"}}; }},
    {Code::bootloader_too_old, [](Release& r, DeviceFacts&) { r.bootloader_min = 6; }},
    {Code::secure_boot_too_low, [](Release& r, DeviceFacts&) { r.secure_boot_min = 3; }},
    {Code::data_version_unreadable, [](Release&, DeviceFacts& d) { d.data_version = 2; }},
    {Code::not_yet_valid, [](Release& r, DeviceFacts&) { r.not_before = 1'750'000'001; }},
    {Code::outside_ramp,
     [](Release& r, DeviceFacts&) {
       r.ramp.start_seconds = 1'790'000'000;
       EXPECT_TRUE(r.ramp.stages.add({0, kShareWhole}));
     }},
    {Code::unknown_component,
     [](Release& r, DeviceFacts&) { r.components.push_back(Release::component("radio", 10)); }},
    {Code::missing_component,
     [](Release&, DeviceFacts& d) { EXPECT_TRUE(d.components.add(installed("secure-element"))); }},
    {Code::slot_too_small, [](Release&, DeviceFacts& d) { d.components[0].slot_size = 99'999; }},
    {Code::memory_exceeded, [](Release&, DeviceFacts& d) { d.decoder_memory = 8191; }},
};

TEST(Gate, RefusesForEachReasonAlone) {
  for (const Hurdle& hurdle : kHurdles) {
    Release release;
    DeviceFacts facts = device();
    hurdle.raise(release, facts);
    EXPECT_EQ(refusal(release, facts), hurdle.code) << name(hurdle.code);
  }
}

TEST(Gate, NamesTheFirstReasonInTheStatedOrder) {
  for (std::size_t first = 0; first < std::size(kHurdles); ++first) {
    Release release;
    DeviceFacts facts = device();
    for (std::size_t i = first; i < std::size(kHurdles); ++i) kHurdles[i].raise(release, facts);
    EXPECT_EQ(refusal(release, facts), kHurdles[first].code) << name(kHurdles[first].code);
  }
}

TEST(Gate, SaysAlreadyInstalledBeforeAnythingAboutVersions) {
  const Release release;
  DeviceFacts facts = device();
  facts.running_manifest = crypto::sha256(release.encode());
  facts.floor = 100;
  EXPECT_EQ(refusal(release, facts), Code::already_installed);
  facts.model = "other";
  EXPECT_EQ(refusal(release, facts), Code::wrong_model);
}

TEST(Gate, RefusesEverySecurityVersionBelowTheFloorAndNoneAbove) {
  for (std::uint32_t security = 0; security < 6; ++security) {
    for (std::uint32_t floor = 0; floor < 6; ++floor) {
      Release release;
      release.security_version = security;
      DeviceFacts facts = device();
      facts.floor = floor;
      EXPECT_EQ(refusal(release, facts), security < floor ? Code::below_floor : Code::ok);
    }
  }
}

TEST(Gate, AdmitsAnyModelForTheStarAndNoPatternElse) {
  Release release;
  release.models = {"*"};
  EXPECT_EQ(refusal(release, device()), Code::ok);
  release.models = {"demo-*"};
  EXPECT_EQ(refusal(release, device()), Code::wrong_model);
  release.models = {"one", "demo-wallet"};
  EXPECT_EQ(refusal(release, device()), Code::ok);
}

TEST(Gate, RefusesAnOlderVersionThoughItsSecurityVersionIsEqual) {
  DeviceFacts facts = device();
  facts.version = *parse_semver("1.1.0");  // the same version with other bytes may come
  EXPECT_EQ(refusal(Release(), facts), Code::ok);
  facts.version = *parse_semver("1.2.0-rc.1");
  EXPECT_EQ(refusal(Release(), facts), Code::downgrade);
}

TEST(Gate, IncludesBothEndsOfARange) {
  Release release;
  release.from_versions = {{"0.5.0", "0.6.0"}, {"1.0.0", "1.0.9"}};
  const auto from = [&](const char* version) {
    DeviceFacts facts = device();
    facts.version = *parse_semver(version);
    return refusal(release, facts);
  };
  for (const char* inside : {"0.5.0", "0.6.0", "1.0.0", "1.0.9"}) {
    EXPECT_EQ(from(inside), Code::ok) << inside;
  }
  for (const char* outside : {"0.4.9", "0.6.1", "1.0.0-rc.1", "1.0.10"}) {
    EXPECT_EQ(from(outside), Code::from_version_outside) << outside;
  }
}

TEST(Gate, ReadsTheOwnersDataBetweenItsTwoVersions) {
  Release release;
  release.data_version_min = 3;
  release.data_version = 5;
  for (std::uint32_t data = 0; data < 8; ++data) {
    DeviceFacts facts = device();
    facts.data_version = data;
    EXPECT_EQ(refusal(release, facts),
              data >= 3 && data <= 5 ? Code::ok : Code::data_version_unreadable);
  }
}

TEST(GateTime, IsNotYetValidOnlyWhereThereIsAClock) {
  Release release;
  release.not_before = 1'760'000'000;
  DeviceFacts facts = device();
  EXPECT_EQ(refusal(release, facts), Code::not_yet_valid);
  facts.clock.reset();
  EXPECT_EQ(refusal(release, facts), Code::ok);
  facts.clock = 1'760'000'000;
  EXPECT_EQ(refusal(release, facts), Code::ok);
}

TEST(GateTime, ExpiresByTheProvenBoundWithoutAClock) {
  DeviceFacts facts = device();
  facts.clock.reset();
  facts.time_bound = 1'800'000'000;
  EXPECT_EQ(refusal(Release(), facts), Code::ok);
  facts.time_bound = kLate;
  EXPECT_EQ(refusal(Release(), facts), Code::expired);
}

TEST(GateTime, ExpiresByTheClockAndAClockThatIsBehindDoesNotUndoTheBound) {
  DeviceFacts facts = device();
  facts.clock = kLate;
  EXPECT_EQ(refusal(Release(), facts), Code::expired);
  facts.clock = 0;
  EXPECT_EQ(refusal(Release(), facts), Code::ok);
  facts.time_bound = kLate;
  EXPECT_EQ(refusal(Release(), facts), Code::expired);
}

TEST(GateTime, AdmitsAgainOnceAWrongClockIsRight) {
  DeviceFacts facts = device();
  facts.clock = kTimeMax;
  EXPECT_EQ(refusal(Release(), facts), Code::expired);
  facts.clock = 1'750'000'000;
  EXPECT_EQ(refusal(Release(), facts), Code::ok);
}

TEST(GateTime, ClimbsTheRampBySignedTimesWhereThereIsNoClock) {
  Release release;
  release.ramp.start_seconds = 1'700'000'500;
  ASSERT_TRUE(release.ramp.stages.add({0, kShareWhole}));
  DeviceFacts facts = device();
  facts.clock.reset();
  facts.time_bound = 0;
  EXPECT_EQ(refusal(release, facts), Code::outside_ramp);
  facts.time_bound = 1'700'000'500;
  EXPECT_EQ(refusal(release, facts), Code::ok);
  facts.time_bound = 0;
  release.created = 1'700'000'500;  // the release's own signed time is one
  EXPECT_EQ(refusal(release, facts), Code::ok);
}

TEST(Ramp, AdmitsExactlyTheSharesBelowEachStage) {
  Ramp ramp;
  ramp.start_seconds = 1000;
  for (RampStage stage : {RampStage{0, 1}, RampStage{60, 2500}, RampStage{120, kShareWhole}}) {
    ASSERT_TRUE(ramp.stages.add(stage));
  }
  const auto open_at = [](std::int64_t present) -> std::uint16_t {
    if (present < 1000) return 0;
    if (present < 1060) return 1;
    return present < 1120 ? 2500 : kShareWhole;
  };
  for (std::int64_t present : {0, 999, 1000, 1059, 1060, 1119, 1120, 2'000'000}) {
    for (std::uint16_t share = 0; share < kShareWhole; ++share) {
      ASSERT_EQ(ramp_admits(ramp, share, present), share < open_at(present))
          << share << " at " << present;
    }
  }
}

TEST(Ramp, WithoutStagesAdmitsEverybody) {
  EXPECT_TRUE(ramp_admits(Ramp{}, 0, 0));
  EXPECT_TRUE(ramp_admits(Ramp{}, kShareWhole - 1, 0));
}

TEST(ShareOf, IsTheStatedHashAndSpreadsEvenly) {
  std::size_t low = 0;
  for (std::uint32_t i = 0; i < 4000; ++i) {
    const Digest secret = crypto::sha256(bytes_of("device " + std::to_string(i)));
    const std::uint16_t share = share_of(Digest{}, secret);
    ASSERT_LT(share, kShareWhole);
    low += share < kShareWhole / 4;
  }
  EXPECT_NEAR(static_cast<double>(low), 1000, 150);
  Buffer both(64);
  const Digest hash = crypto::sha256(both);
  std::uint64_t place = 0;
  for (std::size_t i = 0; i < 8; ++i) place = place * 256 + hash.bytes[i];
  EXPECT_EQ(share_of(Digest{}, Digest{}), place % kShareWhole);
}

TEST(ShareOf, ChangesWithTheSeed) {
  const Digest secret = crypto::sha256(bytes_of("device"));
  EXPECT_NE(share_of(crypto::sha256(bytes_of("a")), secret),
            share_of(crypto::sha256(bytes_of("b")), secret));
}

// The payload that the gate chooses for the first component.
Result<std::uint8_t> chosen(const Release& release, const DeviceFacts& facts) {
  const Signed signed_release(release);
  AIRLOCK_ASSIGN(const InstallPlan plan, admit(signed_release.proven, facts));
  return plan.choices[0].payload;
}

TEST(GatePayload, ChoosesAPatchOnlyForTheExactBase) {
  Release release;
  release.components[0].payloads.push_back(Release::patch(900, kRunningImage, 90'000));
  EXPECT_EQ(*chosen(release, device()), 1);
  DeviceFacts other = device();
  other.components[0].image_digest.bytes[31] ^= 1;
  EXPECT_EQ(*chosen(release, other), 0);
  DeviceFacts longer = device();
  longer.components[0].image_size = 90'001;
  EXPECT_EQ(*chosen(release, longer), 0);
  DeviceFacts nothing = device();
  nothing.components[0].image_digest = {};
  EXPECT_EQ(*chosen(release, nothing), 0);
}

TEST(GatePayload, RefusesWherePatchesAreAllThereIsAndNoBaseFits) {
  Release release;
  release.components[0].payloads = {Release::patch(900, crypto::sha256({}), 90'000)};
  EXPECT_EQ(chosen(release, device()).error().code, Code::no_usable_payload);
}

TEST(GatePayload, ChoosesTheFewestBytesThatFitTheMemory) {
  Release release;
  auto& payloads = release.components[0].payloads;
  payloads.push_back(Release::patch(900, kRunningImage, 90'000));
  payloads.push_back(Release::patch(800, kRunningImage, 90'000));
  payloads.push_back(Release::patch(800, kRunningImage, 90'000));
  EXPECT_EQ(*chosen(release, device()), 2);  // the first of equals
  payloads[2].decoder_memory = payloads[3].decoder_memory = 1 << 20;
  EXPECT_EQ(*chosen(release, device()), 1);
  DeviceFacts small = device();
  small.decoder_memory = 8192;
  EXPECT_EQ(*chosen(release, small), 0);
}

TEST(GatePayload, ChoosesNoPatchWhoseFactsTheScratchAreaCannotHold) {
  Release release;
  auto& payloads = release.components[0].payloads;
  payloads.push_back(Release::patch(900, kRunningImage, 90'000));
  payloads[1].scratch_size = 4096;
  DeviceFacts facts = device();
  facts.scratch_size = 4096;
  EXPECT_EQ(*chosen(release, facts), 1);
  facts.scratch_size = 4095;
  EXPECT_EQ(*chosen(release, facts), 0);
  payloads.erase(payloads.begin());
  EXPECT_EQ(chosen(release, facts).error().code, Code::memory_exceeded);
}

TEST(GatePayload, ChoosesAnImageOnlyForTheAddressOfTheSlot) {
  Release release;
  auto& mcu = release.components[0];
  mcu.images.push_back(mcu.images[0]);
  mcu.images[0].load_address = 0x1000;
  mcu.images[1].load_address = 0x2000;
  mcu.payloads.push_back(mcu.payloads[0]);
  mcu.payloads[1].image = 1;
  DeviceFacts facts = device();
  facts.components[0].target_address = 0x2000;
  EXPECT_EQ(*chosen(release, facts), 1);
  facts.components[0].target_address = 0x1000;
  EXPECT_EQ(*chosen(release, facts), 0);
  facts.components[0].target_address = 0x3000;
  EXPECT_EQ(chosen(release, facts).error().code, Code::no_usable_payload);
  facts.components[0].target_address.reset();
  EXPECT_EQ(chosen(release, facts).error().code, Code::no_usable_payload);
}

TEST(GatePayload, PlansEveryComponentAndAddsUpTheirBytes) {
  Release release;
  release.components.push_back(Release::component("radio", 10'000));
  DeviceFacts facts = device();
  ASSERT_TRUE(facts.components.add(installed("radio")));
  const Signed signed_release(release);
  const InstallPlan plan = *admit(signed_release.proven, facts);
  ASSERT_EQ(plan.choices.size(), 2u);
  EXPECT_EQ(plan.choices[1].component, 1);
  EXPECT_EQ(plan.fetch_bytes, 104'096u + 14'096u);
}

TEST(Gate, AdmitsAnAdvisoryThatHasNoComponents) {
  const Release release = Release::of_content(Kind::advisory, {'x'});
  DeviceFacts facts = device();
  facts.kind = Kind::advisory;
  facts.components.clear();
  EXPECT_EQ(refusal(release, facts), Code::ok);
}

}  // namespace
}  // namespace airlock::package
