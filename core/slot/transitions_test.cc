// Each transition of the boot record: what it changes, and when it refuses.
#include <gtest/gtest.h>

#include "core/slot/slot.h"
#include "tests/fakes/signers.h"

namespace airlock::slot {
namespace {

constexpr std::size_t kFirmware = package::index_of(Kind::firmware);

Digest digest_of(std::string_view text) { return crypto::sha256(bytes_of(text)); }
const Digest kOld = digest_of("old");
const Digest kNew = digest_of("new");

// Runs `old` in slot a at security version 2; slot b holds nothing.
Record idle() {
  Record record;
  record.slots[0] = {kOld, 2, true};
  record.floors[kFirmware] = 2;
  record.time_bound = 1000;
  return record;
}
Record armed() { return *arm(*consent(idle(), kNew), {kNew, 3}, 2); }
Record on_trial() { return *mark_proven(*count_boot(armed()), SlotId::b); }
Record committed(std::uint32_t security_version) {
  Record record = *arm(*consent(idle(), kNew), {kNew, security_version}, 2);
  return *confirm(*mark_proven(record, SlotId::b), 2000);
}

Code code_of(const Result<Record>& result) { return result ? Code::ok : result.error().code; }

TEST(Arm, NeedsConsentToThatVeryManifest) {
  EXPECT_EQ(code_of(arm(idle(), {kNew, 3}, 2)), Code::consent_missing);
  EXPECT_EQ(code_of(arm(*consent(idle(), kOld), {kNew, 3}, 2)), Code::consent_missing);
  EXPECT_EQ(code_of(arm(idle(), {Digest{}, 3}, 2)), Code::consent_missing);
  const Record record = armed();
  EXPECT_EQ(record.trial_boots, 2);
  EXPECT_EQ(record.active, SlotId::a);
  EXPECT_EQ(record.slots[1], (Slot{kNew, 3, false}));
  EXPECT_EQ(record.floors[kFirmware], 2U) << "a floor never moves before the commit";
}

TEST(Arm, KeepsWhatTheManifestSaysOfVersionsAndProvesNothing) {
  Slot staged{kNew, 3, true, 5, *FixedText<package::kSemverTextMax>::from("1.2.3")};
  const Record record = *arm(*consent(idle(), kNew), staged, 2);
  staged.proven = false;
  EXPECT_EQ(record.slots[1], staged);
}

TEST(Arm, RefusesWhatIsBelowTheFloor) {
  EXPECT_EQ(code_of(arm(*consent(idle(), kNew), {kNew, 1}, 2)), Code::below_floor);
  EXPECT_EQ(code_of(arm(*consent(idle(), kNew), {kNew, 2}, 2)), Code::ok);
}

TEST(Arm, RefusesNoBootsAndTooMany) {
  const Record record = *consent(idle(), kNew);
  EXPECT_EQ(code_of(arm(record, {kNew, 3}, 0)), Code::out_of_range);
  EXPECT_EQ(code_of(arm(record, {kNew, 3}, kTrialBootsMax + 1)), Code::out_of_range);
}

TEST(Arm, MayBeRepeatedAndGivesNoBootsBack) {
  const Record counted = *count_boot(armed());
  EXPECT_EQ(*arm(counted, {kNew, 3}, 2), counted);
  EXPECT_EQ(code_of(arm(armed(), {kOld, 3}, 2)), Code::wrong_state);
}

TEST(Arm, RefusesASlotThatWasNotEmptiedFirst) {
  const Record record = *consent(committed(2), digest_of("third"));
  EXPECT_EQ(code_of(arm(record, {digest_of("third"), 3}, 2)), Code::wrong_state);
}

TEST(BeginWrite, EmptiesTheOtherSlotAndUsesUpTheConsent) {
  const Record record = *begin_write(committed(2));
  EXPECT_EQ(record.slots[0], Slot{});
  EXPECT_EQ(record.slots[1].manifest, kNew);
  EXPECT_TRUE(record.consent.is_zero());
  EXPECT_EQ(*begin_write(record), record);
}

TEST(BeginWrite, RefusesWhileATrialRuns) {
  EXPECT_EQ(code_of(begin_write(armed())), Code::slot_busy);
}

TEST(Consent, CannotBeChangedUnderATrial) {
  EXPECT_EQ(code_of(consent(armed(), kOld)), Code::wrong_state);
  EXPECT_EQ(code_of(consent(idle(), Digest{})), Code::wrong_state);
}

TEST(CountBoot, CountsDownToNone) {
  const Record one = *count_boot(armed());
  EXPECT_EQ(one.trial_boots, 1);
  const Record none = *count_boot(one);
  EXPECT_EQ(none.trial_boots, 0);
  EXPECT_EQ(code_of(count_boot(none)), Code::trial_exhausted);
  EXPECT_EQ(code_of(count_boot(idle())), Code::wrong_state);
}

TEST(Confirm, SwitchesAndOnlyThenRaisesFloorAndTime) {
  const Record record = *confirm(on_trial(), 5000);
  EXPECT_EQ(record.active, SlotId::b);
  EXPECT_FALSE(record.trial_boots);
  EXPECT_EQ(record.floors[kFirmware], 3U);
  EXPECT_EQ(record.time_bound, 5000);
  EXPECT_EQ(record.inactive_slot().manifest, kOld) << "the old image is kept";
}

TEST(Confirm, NeedsATrialThatWasProvenAndBooted) {
  EXPECT_EQ(code_of(confirm(idle(), 5000)), Code::wrong_state);
  EXPECT_EQ(code_of(confirm(armed(), 5000)), Code::wrong_state);
}

TEST(Revert, KeepsTheReasonAndForgetsTheConsent) {
  const Record record = *revert(on_trial(), Code::unhealthy);
  EXPECT_EQ(record.active, SlotId::a);
  EXPECT_FALSE(record.trial_boots);
  EXPECT_EQ(record.slots[1], Slot{});
  EXPECT_EQ(record.last_revert, (Revert{Code::unhealthy, kNew, 1}));
  EXPECT_EQ(record.floors[kFirmware], 2U);
  EXPECT_EQ(code_of(arm(record, {kNew, 3}, 2)), Code::consent_missing);
  EXPECT_EQ(code_of(revert(record, Code::unhealthy)), Code::wrong_state);
}

TEST(Restore, NeedsConsentToWhatItGoesBackTo) {
  EXPECT_EQ(code_of(restore(committed(2))), Code::consent_missing);
  EXPECT_EQ(code_of(restore(*consent(committed(2), kNew))), Code::consent_missing);
  EXPECT_EQ(code_of(restore(*consent(committed(2), kOld))), Code::ok);
}

TEST(Restore, MakesTheKeptImageActiveAndKeepsTheOther) {
  EXPECT_EQ(restorable(committed(2))->manifest, kOld);
  const Record record = *restore(*consent(committed(2), kOld));
  EXPECT_EQ(record.active_slot().manifest, kOld);
  EXPECT_EQ(record.inactive_slot().manifest, kNew);
  EXPECT_EQ(record.last_revert, (Revert{Code::reverted_on_request, kNew, 1}));
  EXPECT_EQ(restore(*consent(record, kNew))->active_slot().manifest, kNew);
}

TEST(Restore, RefusesBelowTheFloorAndWhatIsNotThere) {
  EXPECT_EQ(code_of(restore(*consent(committed(3), kOld))), Code::below_floor);
  EXPECT_EQ(code_of(restore(*consent(idle(), kNew))), Code::slot_empty);
  EXPECT_EQ(code_of(restore(armed())), Code::wrong_state);
}

TEST(Restore, RefusesWhatCannotReadTheDataOfWhatRuns) {
  Record record = *consent(committed(2), kOld);
  record.slots[index_of(record.active)].data_version = 7;
  EXPECT_EQ(code_of(restore(record)), Code::data_version_unreadable);
  EXPECT_EQ(restore(record).error().at, 7U);
  EXPECT_EQ(code_of(fall_back(record, Code::image_rejected)), Code::data_version_unreadable);
  record.slots[index_of(other(record.active))].data_version = 7;
  EXPECT_EQ(code_of(restore(record)), Code::ok);
}

TEST(FallBack, GivesTheActiveSlotUp) {
  const Record record = *fall_back(committed(2), Code::image_rejected);
  EXPECT_EQ(record.active_slot().manifest, kOld);
  EXPECT_EQ(record.inactive_slot(), Slot{});
  EXPECT_EQ(record.last_revert, (Revert{Code::image_rejected, kNew, 1}));
}

TEST(Bounds, OnlyRise) {
  EXPECT_EQ(raise_time(idle(), 500).time_bound, 1000);
  EXPECT_EQ(raise_time(idle(), 1500).time_bound, 1500);
  const Record record = raise_floor(idle(), Kind::abi_pack, 9);
  EXPECT_EQ(record.floors[package::index_of(Kind::abi_pack)], 9U);
  EXPECT_EQ(raise_floor(record, Kind::abi_pack, 4), record);
}

TEST(Bounds, AnOlderKeyringThanTheFloorIsRefused) {
  const fakes::Signers signers;
  fakes::Release release =
      fakes::Release::of_content(package::Kind::keyring, *signers.plan().encode());
  release.security_version = 2;
  const auto envelope = signers.sign_complete(release.encode(), package::Kind::keyring);
  EXPECT_TRUE(check_keyring(idle(), envelope));
  EXPECT_TRUE(check_keyring(raise_floor(idle(), Kind::keyring, 2), envelope));
  EXPECT_EQ(check_keyring(raise_floor(idle(), Kind::keyring, 3), envelope).error(),
            (Error{Code::keyring_rollback, 3}));
}

TEST(Bounds, TheFloorOfFirmwareNeverRisesAboveWhatRuns) {
  EXPECT_EQ(raise_floor(idle(), Kind::firmware, 9).floors[kFirmware], 2U);
}

TEST(Standing, TellsWhatBecameOfARelease) {
  EXPECT_EQ(standing_of(idle(), kNew), Standing::unknown);
  EXPECT_EQ(standing_of(armed(), kNew), Standing::on_trial);
  EXPECT_EQ(standing_of(committed(3), kNew), Standing::committed);
  EXPECT_EQ(standing_of(committed(3), kOld), Standing::kept);
  EXPECT_EQ(standing_of(*revert(armed(), Code::unhealthy), kNew), Standing::given_up);
  EXPECT_EQ(standing_of(idle(), Digest{}), Standing::unknown);
}

}  // namespace
}  // namespace airlock::slot
