// Back to the kept version, as the owner wants.
#include "device/agent/agents_test.h"

namespace airlock::agent {
namespace {

using update::Phase;

// Runs 1.1.0 and keeps 1.0.0, which no floor forbids.
class Restoring : public Agents {
 protected:
  void SetUp() override {
    Agents::SetUp();
    first_ = record().active_slot().manifest;
    person_.answer = second_ = make_package("second", "1.1.0", 1, new_image_);
    ASSERT_EQ(install(folder_ / "second")->how, How::committed);
    server_->reports.clear();
    server_->offer.reset();
    person_.answer = first_;
  }
  void expect_went_back() {
    expect_runs("1.0.0", old_image_);
    EXPECT_EQ(record().last_revert, (slot::Revert{Code::reverted_on_request, second_, 1}));
    ASSERT_EQ(server_->reports.size(), 1U);
    const json::Value report = reported()[0];
    EXPECT_EQ(report["outcome"], "went_back");
    EXPECT_EQ(report["phase"], "reverting");
    EXPECT_EQ(report["reason"], "reverted_on_request");
    EXPECT_EQ(report["manifest"], text::to_hex(second_.bytes));
    EXPECT_EQ(report["version"], "1.1.0");
  }

  Digest first_, second_;
};

TEST_F(Restoring, AsksTheOwnerAndTellsTheServer) {
  EXPECT_EQ(restore()->how, How::went_back);
  EXPECT_EQ(person_.told_version, "1.1.0");
  expect_went_back();
}

TEST_F(Restoring, TakesNoConsentToAnotherManifestAndNoSilence) {
  person_.answer = second_;
  EXPECT_EQ(restore()->error.code, Code::consent_mismatch);
  person_.answer = fail(Code::not_interactive);
  EXPECT_EQ(restore()->how, How::failed);
  person_.answer = fail(Code::consent_refused);
  EXPECT_EQ(restore()->how, How::refused);
  expect_runs("1.1.0", new_image_);
  EXPECT_EQ(record().last_revert.count, 0U);
}

TEST_F(Restoring, GoesOnAfterACrashInAnyPhase) {
  for (Phase phase : {Phase::consenting, Phase::reverting, Phase::reporting}) {
    screen_.dies_in = phase;
    EXPECT_THROW((void)(phase == Phase::consenting ? restore() : run()), Crash)
        << update::name_of(phase);
  }
  ASSERT_TRUE(run());
  expect_went_back();
}

TEST_F(Restoring, MeetsItsOwnResultAfterACrash) {
  screen_.dies_in = Phase::reverting;
  EXPECT_THROW((void)restore(), Crash);
  {
    platform::Device device = *platform::Device::open(folder_ / "device", platform::Opening::drive);
    ASSERT_TRUE(apply::restore_firmware(device));
  }
  ASSERT_TRUE(run());
  expect_went_back();
}

TEST_F(Restoring, LeavesASessionAloneWhereNothingMayBeRestored) {
  person_.answer = make_package("next", "2.0.0", 2, old_image_);
  screen_.dies_in = Phase::consenting;
  EXPECT_THROW((void)install(folder_ / "next"), Crash);
  EXPECT_EQ(restore().error().code, Code::slot_empty);
  EXPECT_EQ(run()->how, How::committed);
  EXPECT_EQ(restore().error().code, Code::below_floor);
  expect_runs("2.0.0", old_image_);
}

TEST_F(Restoring, IsNoWayAroundAKeyringThatDroppedItsSigners) {
  fakes::KeyringPlan plan = signers_.plan();
  plan.version = 2;
  const fakes::Signer successor("vendor", crypto::Algorithm::eddsa, "successor");
  plan.remove("vendor");
  plan.add(successor, "vendor");
  const fakes::Buffer manifest =
      fakes::Release::of_content(package::Kind::keyring, *plan.encode()).encode();
  ASSERT_TRUE(file::replace(folder_ / "next.cose",
                            signers_.sign_complete(manifest, package::Kind::keyring)));
  person_.answer = crypto::sha256(manifest);
  ASSERT_EQ(install(folder_ / "next.cose")->how, How::committed);
  person_.answer = first_;
  person_.told_version.clear();
  EXPECT_EQ(restore()->error.code, Code::quorum_missing);
  EXPECT_EQ(person_.told_version, "") << "nobody is asked";
  expect_runs("1.1.0", new_image_);
}

TEST_F(Restoring, IsNotUndoneByTheNextOfferOfWhatWasLeft) {
  ASSERT_EQ(restore()->how, How::went_back);
  fetch::Offer offer;
  offer.target = "firmware/1.1.0/demo.cose";
  offer.manifest = second_;
  offer.version = "1.1.0";
  server_->offer = offer;
  person_.answer = second_;
  EXPECT_EQ(run()->how, How::quiet);
  expect_runs("1.0.0", old_image_);
  EXPECT_EQ(install(folder_ / "second")->how, How::committed) << "by hand it may be";
}

TEST_F(Restoring, DoesNotFinishAnUpdateThatTheOwnerWantsToLeave) {
  person_.answer = make_package("next", "2.0.0", 2, old_image_);
  screen_.dies_in = Phase::trial;
  EXPECT_THROW((void)install(folder_ / "next"), Crash);
  EXPECT_EQ(restore().error().code, Code::slot_busy);
  EXPECT_EQ(record().floors[package::index_of(package::Kind::firmware)], 1U);
  EXPECT_TRUE(record().trial_boots);
}

TEST_F(Restoring, RunsWhatItLeftWhereTheKeptImageIsDamaged) {
  overwrite(slot::SlotId::a, 5, bytes_of("rot"));
  EXPECT_EQ(restore()->error.code, Code::image_rejected);
  expect_runs("1.1.0", new_image_);
  EXPECT_EQ(reported()[0]["outcome"], "failed");
}

}  // namespace
}  // namespace airlock::agent
