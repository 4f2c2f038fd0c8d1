// One release, from the offer or the owner's hands to its end.
#include "device/agent/agents_test.h"

namespace airlock::agent {
namespace {

TEST_F(Agents, TellHowManyBytesOfAnImageAreWritten) {
  ASSERT_TRUE(run());
  EXPECT_EQ(screen_.written, new_image_.size());
  EXPECT_EQ(screen_.image_size, new_image_.size());
}

TEST_F(Agents, CarryAReleaseFromTheOfferToTheCommit) {
  const Result<Ending> ending = run();
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->how, How::committed) << name(ending->error.code);
  expect_runs("1.1.0", new_image_);
  EXPECT_EQ(record().floors[0], 2U);
}

TEST_F(Agents, GoOnAfterACrashInAnyPhase) {
  using update::Phase;
  for (Phase phase : {Phase::asking, Phase::refreshing, Phase::proving, Phase::gating,
                      Phase::staging, Phase::verifying, Phase::consenting, Phase::activating,
                      Phase::rebooting, Phase::trial, Phase::committing, Phase::reporting}) {
    screen_.dies_in = phase;
    EXPECT_THROW((void)run(), Crash) << update::name_of(phase);
  }
  server_->offer.reset();
  EXPECT_EQ(run()->how, How::quiet);
  expect_runs("1.1.0", new_image_);
  EXPECT_EQ(record().last_revert.count, 0U);
  EXPECT_GE(screen_.seen.size(), 12U);
}

TEST_F(Agents, KeepTheOldFirmwareWithoutConsentToThisVeryRelease) {
  person_.answer = Digest{{1, 2, 3}};
  EXPECT_EQ(run()->error.code, Code::consent_mismatch);
  person_.answer = fail(Code::not_interactive);
  EXPECT_EQ(run()->error.code, Code::not_interactive);
  person_.answer = fail(Code::consent_refused);
  EXPECT_EQ(run()->how, How::refused);
  expect_runs("1.0.0", old_image_);
  EXPECT_EQ(record().trial_boots, std::nullopt);
}

TEST_F(Agents, GoBackFromUnhealthyFirmwareAndDoNotTakeItAgainByThemselves) {
  trial_ = Trial::unhealthy;
  EXPECT_EQ(run()->how, How::went_back);
  expect_runs("1.0.0", old_image_);
  EXPECT_EQ(record().last_revert.reason, Code::unhealthy);
  EXPECT_EQ(record().floors[0], 1U);
  trial_ = Trial::healthy;
  EXPECT_EQ(run()->how, How::quiet);
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
  expect_runs("1.1.0", new_image_);
}

TEST_F(Agents, TakeNoneOfSeveralReleasesAgainThatTheyWentBackFrom) {
  trial_ = Trial::unhealthy;
  EXPECT_EQ(run()->how, How::went_back);
  make_offer("other", make_package("other", "1.2.0", 2, image_of(9)));
  EXPECT_EQ(run()->how, How::went_back);
  EXPECT_EQ(run()->how, How::quiet);
  make_offer("next", next_);
  EXPECT_EQ(run()->how, How::quiet) << "though the record names the other one";
  EXPECT_EQ(record().last_revert.count, 2U);
  ASSERT_TRUE(file::replace(folder_ / "device/given-up", bytes_of("no digest")));
  make_offer("other", *text::digest_from_hex(text::to_hex(record().last_revert.manifest.bytes)));
  EXPECT_EQ(run()->how, How::quiet) << "the record knows it all the same";
}

TEST_F(Agents, GoBackFromFirmwareThatHangsWhenItsBootsAreUsedUp) {
  trial_ = Trial::hang;
  EXPECT_EQ(run()->how, How::went_back);
  EXPECT_EQ(record().last_revert.reason, Code::trial_exhausted);
  expect_runs("1.0.0", old_image_);
}

TEST_F(Agents, KeepASessionWhereThePackageByHandIsNotProvenOrNotForThem) {
  screen_.dies_in = update::Phase::consenting;
  EXPECT_THROW((void)run(), Crash);
  ASSERT_TRUE(
      file::replace(folder_ / "bad.cose", signers_.sign(fakes::Release().encode(), {"vendor"})));
  EXPECT_EQ(install(folder_ / "bad.cose").error().code, Code::quorum_missing);
  make_package("older", "0.9.0", 1, new_image_);
  EXPECT_EQ(install(folder_ / "older").error().code, Code::downgrade);
  server_->offer.reset();
  EXPECT_EQ(run()->how, How::committed);
  expect_runs("1.1.0", new_image_);
}

TEST_F(Agents, ReplaceASessionByAnotherReleaseByHand) {
  screen_.dies_in = update::Phase::consenting;
  EXPECT_THROW((void)run(), Crash);
  person_.answer = make_package("other", "1.2.0", 2, old_image_);
  EXPECT_EQ(install(folder_ / "other")->how, How::committed);
  expect_runs("1.2.0", old_image_);
}

// What the facts of the planned patches take; the device never kept any.
std::uint64_t scratch_of(const Release& release, const package::InstallPlan& plan) {
  std::uint64_t most = 0;
  for (const package::Choice& choice : plan.choices) {
    const package::Component component = release.proven.manifest().component(choice.component);
    most = std::max<std::uint64_t>(most, component.payload(choice.payload).scratch_size);
  }
  return most;
}

TEST_F(Agents, DemandNoMoreRoomThanTheReleaseTakes) {
  platform::Device device = *platform::Device::open(folder_ / "device", platform::Opening::look);
  const apply::TrustedKeyring trusted = *apply::trusted_keyring(device);
  const Release release = *prove_envelope(server_->envelope, trusted.keyring);
  const slot::Record stored = *device.record();
  const Running running = *Running::read(device, stored);
  const package::DeviceFacts facts =
      *facts_for(device, stored, running, release.proven.manifest(), kNow);
  const package::InstallPlan plan = *package::admit(release.proven, facts);
  EXPECT_EQ(
      *apply::room_needed(device, {release.proven, plan}, release.envelope),
      new_image_.size() + platform::stored_size_of(release.envelope) + scratch_of(release, plan));
}

TEST_F(Agents, RefuseWhereTheDoorsDisagree) {
  const tuf::TargetClaim honest = server_->claim;
  std::vector<tuf::TargetClaim> lies(5, honest);
  lies[0].kind = "abi-pack";
  lies[1].models = {"another"};
  lies[2].version = "1.1.1";
  lies[3].security_version = 3;
  lies[4].manifest = {};
  for (const tuf::TargetClaim& lie : lies) {
    server_->claim = lie;
    EXPECT_EQ(run()->error.code, Code::doors_disagree);
  }
  server_->claim = honest;
  EXPECT_EQ(run()->how, How::committed);
}

TEST_F(Agents, RefuseARepositoryThatGivesAnotherReleaseThanTheOffered) {
  const Digest other = make_package("other", "1.2.0", 2, new_image_);
  server_->claim = {"firmware", {"demo-wallet"}, "1.2.0", 2, other};
  server_->envelope = *file::read(folder_ / "other/manifest.cose", 1 << 20);
  person_.answer = other;
  EXPECT_EQ(run()->error.code, Code::doors_disagree);
  expect_runs("1.0.0", old_image_);
}

TEST_F(Agents, GiveUpAnUnreachableServerAndSucceedLater) {
  server_->wire = fail(Code::unreachable);
  EXPECT_EQ(run()->error.code, Code::unreachable);
  server_->wire = Status();
  EXPECT_EQ(run()->how, How::committed);
}

TEST_F(Agents, RefuseATamperedPayloadAndTakeTheHonestOne) {
  const file::Path artifacts = folder_ / "next/artifacts";
  const file::Path path = std::filesystem::directory_iterator(artifacts)->path();
  const file::Buffer honest = *file::read(path, 1 << 20);
  file::Buffer tampered = honest;
  tampered.back() ^= 1;
  ASSERT_TRUE(file::replace(path, tampered));
  EXPECT_EQ(run()->error.code, Code::piece_rejected);
  expect_runs("1.0.0", old_image_);
  ASSERT_TRUE(file::replace(path, honest));
  EXPECT_EQ(run()->how, How::committed);
}

TEST_F(Agents, RaiseTheTimeBoundOnlyByWhatAQuorumSigned) {
  const std::int64_t before = record().time_bound;
  ASSERT_LT(before, kNow);
  fakes::Release release;
  release.components = {one_block(new_image_).component};
  release.security_version = 2;
  release.created = before + 500;
  const fakes::Buffer manifest = release.encode();
  ASSERT_TRUE(file::replace(folder_ / "next/manifest.cose", signers_.sign(manifest, {"vendor"})));
  EXPECT_EQ(install(folder_ / "next")->error.code, Code::quorum_missing);
  EXPECT_EQ(record().time_bound, before);
  server_->wire = fail(Code::metadata_expired);
  EXPECT_EQ(run()->error.code, Code::metadata_expired);
  EXPECT_EQ(record().time_bound, before) << "a clock raised it";
  ASSERT_TRUE(file::replace(folder_ / "next/manifest.cose",
                            signers_.sign_complete(manifest, package::Kind::firmware)));
  person_.answer = crypto::sha256(manifest);
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
  EXPECT_EQ(record().time_bound, before + 500);
}

}  // namespace
}  // namespace airlock::agent
