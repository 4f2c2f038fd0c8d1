// What was lost, damaged or changed between one process and the next.
#include "device/agent/agents_test.h"

namespace airlock::agent {
namespace {

TEST_F(Agents, StartOverWhenTheJournalIsLost) {
  screen_.dies_in = update::Phase::trial;
  EXPECT_THROW((void)run(), Crash);
  ASSERT_TRUE(record().trial_boots);
  ASSERT_TRUE(file::replace(folder_ / "device/journal", bytes_of("rubbish")));
  EXPECT_EQ(run()->how, How::quiet);  // the trial was ended, and is not begun again
  EXPECT_EQ(record().last_revert.reason, Code::journal_lost);
  expect_runs("1.0.0", old_image_);
}

TEST_F(Agents, EndATrialThatTheirJournalDoesNotTellOf) {
  screen_.dies_in = update::Phase::trial;
  EXPECT_THROW((void)run(), Crash);
  ASSERT_TRUE(record().trial_boots);
  std::filesystem::remove(folder_ / "device/journal");
  EXPECT_EQ(run()->how, How::quiet);
  EXPECT_EQ(record().last_revert.reason, Code::journal_lost);
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
}

TEST_F(Agents, TakeAReleaseThoughWhatRunsIsDamaged) {
  damage_manifest();
  EXPECT_EQ(run()->how, How::committed);
  EXPECT_EQ(person_.told, Knowledge::by_record);
  EXPECT_EQ(person_.told_version, "1.0.0");
  expect_runs("1.1.0", new_image_);
}

TEST_F(Agents, RefuseWhatIsOlderThoughOnlyTheRecordKnowsWhatRuns) {
  make_package("older", "0.9.0", 1, new_image_);
  damage_manifest();
  EXPECT_EQ(install(folder_ / "older")->error.code, Code::downgrade);
}

TEST_F(Agents, HoldTheOwnersDataAgainstTheRecordWhereWhatRunsIsDamaged) {
  person_.answer = make_package("next", "1.1.0", 1, new_image_, 7);
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
  person_.answer = make_package("later", "1.2.0", 1, old_image_, 6);
  damage_manifest("manifest-b.area");
  EXPECT_EQ(install(folder_ / "later")->error.code, Code::data_version_unreadable);
}

TEST_F(Agents, MendWhatRunsByTheSameReleaseAgain) {
  damage_manifest();
  person_.answer = record().slots[0].manifest;
  EXPECT_EQ(install(folder_ / "first")->how, How::committed);
  expect_runs("1.0.0", old_image_);
  EXPECT_EQ(record().active, slot::SlotId::b);
}

TEST_F(Agents, MendAnImageThatRottedByTheSameReleaseAgain) {
  person_.answer = record().slots[0].manifest;
  EXPECT_EQ(install(folder_ / "first")->error.code, Code::already_installed);
  overwrite(slot::SlotId::a, 5, bytes_of("rot"));
  EXPECT_EQ(install(folder_ / "first")->how, How::committed);
  expect_runs("1.0.0", old_image_);
  EXPECT_EQ(record().active, slot::SlotId::b);
}

TEST_F(Agents, SayThatNothingIsKnownWhereTheRecordIsOlderThanItsVersions) {
  slot::Record before = record();
  before.slots[0].version = {};
  ASSERT_TRUE(
      platform::Device::open(folder_ / "device", platform::Opening::drive)->store_record(before));
  damage_manifest();
  person_.answer = fail(Code::consent_refused);
  EXPECT_EQ(run()->how, How::refused);
  EXPECT_EQ(person_.told, Knowledge::none);
}

// A loop of links: the file system answers with an error whatever lies there.
TEST_F(Agents, StopAtADiskThatDoesNotAnswerAndDoNotCallItDamage) {
  const file::Path manifest = folder_ / "device/areas/manifest-a.area";
  std::filesystem::rename(manifest, folder_ / "kept");
  std::filesystem::create_symlink(manifest, manifest);
  EXPECT_EQ(in_a_process([](Agent& agent) { return agent.run(Pace::stop_at_once); }).error().code,
            Code::io_failed);
  EXPECT_EQ(person_.told, Knowledge::nothing_runs) << "the owner was asked";
  std::filesystem::rename(folder_ / "kept", manifest);
  EXPECT_EQ(run()->how, How::committed);
}

TEST_F(Agents, BootWithoutTheKeyThatSignsTheirReports) {
  std::filesystem::remove(folder_ / "device/device.key");
  Result<platform::Device> device =
      platform::Device::open(folder_ / "device", platform::Opening::drive);
  ASSERT_TRUE(device) << name(device.error().code);
  EXPECT_EQ(device->boot()->manifest, record().slots[0].manifest);
}

TEST_F(Agents, KeepTheFloorWhenEitherCopyOfTheRecordIsLost) {
  ASSERT_EQ(run()->how, How::committed);
  for (const char* copy : {"record-0.area", "record-1.area"}) {
    const file::Path path = folder_ / "device/areas" / copy;
    const file::Buffer whole = *file::read(path, 1 << 20);
    file::Buffer torn = whole;
    torn[8] ^= 1;
    ASSERT_TRUE(file::replace(path, torn));
    EXPECT_EQ(record().floors[0], 2U) << copy;
    EXPECT_EQ(record().active, slot::SlotId::b) << copy;
    ASSERT_TRUE(file::replace(path, whole));
  }
}

TEST_F(Agents, RefuseAnImageThatChangedBetweenItsWritingAndItsTrial_CVE_2020_25860) {
  screen_.dies_in = update::Phase::verifying;
  EXPECT_THROW((void)run(), Crash);
  overwrite(slot::SlotId::b, 59'999, bytes_of("x"));
  EXPECT_EQ(run()->error.code, Code::image_rejected);
  EXPECT_EQ(record().last_revert.count, 0U) << "it came to a trial";
}

TEST_F(Agents, RefuseAnotherManifestBesideTheImagesThatTheyWrote) {
  screen_.dies_in = update::Phase::verifying;
  EXPECT_THROW((void)run(), Crash);
  Result<platform::Device> device =
      platform::Device::open(folder_ / "device", platform::Opening::look);
  make_package("other", "1.2.0", 2, new_image_);
  ASSERT_TRUE(device->store_envelope(slot::SlotId::b,
                                     *file::read(folder_ / "other/manifest.cose", 1 << 20)));
  EXPECT_EQ(run()->error.code, Code::image_rejected);
  EXPECT_EQ(record().last_revert.count, 0U) << "it came to a trial";
}

TEST_F(Agents, RefuseAnotherSignedReleaseInTheMiddleOfASession) {
  screen_.dies_in = update::Phase::gating;
  EXPECT_THROW((void)run(), Crash);
  make_package("other", "1.2.0", 2, new_image_);
  ASSERT_TRUE(file::replace(folder_ / "device/incoming/manifest.cose",
                            *file::read(folder_ / "other/manifest.cose", 1 << 20)));
  EXPECT_EQ(run()->error.code, Code::doors_disagree);
  expect_runs("1.0.0", old_image_);
}

TEST_F(Agents, RefuseToPatchABaseThatIsNotWhatItWas) {
  const OneBlock block = one_block(new_image_);
  package::Payload patch = block.component.payloads[0];
  patch.type = package::PayloadType::patch;
  patch.base_digest = crypto::sha256(old_image_);
  patch.base_size = old_image_.size();
  fakes::Release release;
  release.security_version = 2;
  release.components = {block.component};
  release.components[0].payloads[0].size += 1;  // a full payload that is not at hand
  release.components[0].payloads[0].digest = crypto::sha256(bytes_of("not there"));
  release.components[0].payloads.push_back(patch);
  const fakes::Buffer manifest = release.encode();
  ASSERT_TRUE(file::replace(folder_ / "next/manifest.cose",
                            signers_.sign_complete(manifest, package::Kind::firmware)));
  person_.answer = crypto::sha256(manifest);
  overwrite(slot::SlotId::a, 5, bytes_of("rot"));
  // They turn to the full payload instead.
  EXPECT_EQ(install(folder_ / "next")->error.code, Code::not_found);
  overwrite(slot::SlotId::a, 0, old_image_);
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
}

}  // namespace
}  // namespace airlock::agent
