// What a bare device trusts, and what it no longer does.
#include "core/bare/bare_test.h"
#include "tests/fakes/public_log.h"

namespace airlock::bare {
namespace {

using update::Phase;

constexpr std::size_t kKeyring = package::index_of(package::Kind::keyring);

void flip(fakes::Flash& area, std::size_t at) { area.damage(at, 1); }

// The same keyring, one version on and without one of its keys.
fakes::KeyringPlan without(std::string_view signer) {
  fakes::KeyringPlan plan = cast().plan();
  plan.version = 2;
  plan.remove(signer);
  return plan;
}

void raise_keyring_floor(Device& device) {
  device.set_record(slot::raise_floor(device.record(), package::Kind::keyring, 2));
}

TEST(BareTrust, TakesNothingByAKeyringThatWasPutBack) {
  const Offered first = make_offered(1, 1);
  Device device;
  raise_keyring_floor(device);
  device.offered = &first;
  const auto ended = device.agent().run();
  ASSERT_TRUE(ended);
  EXPECT_EQ(name(ended->outcome), "keyring_rollback");
  EXPECT_EQ(device.questions, 0);
}

TEST(BareTrust, ArmsNothingByAKeyringThatWasPutBackBehindTheQuestion) {
  const Offered first = make_offered(1, 1);
  Device device;
  device.offered = &first;
  device.before_answer = [&] { raise_keyring_floor(device); };
  device.answer = fail(Code::interrupted);
  ASSERT_FALSE(device.agent().run());
  device.reset_by_hand();
  device.answer = true;
  const auto ended = device.agent().run();
  ASSERT_TRUE(ended);
  EXPECT_EQ(name(ended->outcome), "keyring_rollback");
  EXPECT_EQ(ended->failed_in, Phase::activating);
}

TEST(BareTrust, KeepsItsKeyringWhicheverCopyLosesABit) {
  const Offered first = make_offered(1, 1);
  const Offered next = make_keyring(without("root-1"), {"root-2", "root-3", "root-4"});
  const Offered rival = make_keyring(without("committee-1"), {"root-1", "root-2", "root-3"});
  for (const std::size_t copy : {0U, 1U}) {
    Device device;
    device.offered = &first;
    ASSERT_TRUE(device.agent().run());
    device.offered = &next;
    EXPECT_EQ(name(device.agent().run()->outcome), "ok");
    EXPECT_EQ(device.record().floors[kKeyring], 2U);
    flip(device.keyring_copy(copy), kPairHead + 300);
    device.reset_by_hand();
    device.offered = &rival;
    EXPECT_EQ(name(device.agent().run()->outcome), "quorum_missing") << copy;
  }
}

TEST(BareTrust, TakesNothingButKeyringsWhereItsKeyringNamesALog) {
  const Offered first = make_offered(1, 1);
  fakes::KeyringPlan plan = cast().plan();
  plan.version = 2;
  const fakes::PublicLog log;
  plan.log = log.plan();
  const Offered logged = make_keyring(plan, {"root-1", "root-2", "root-3"});
  plan.version = 3;
  plan.log.reset();
  const Offered without_a_log = make_keyring(plan, {"root-1", "root-2", "root-3"});
  Device device;
  const auto ends_as = [&](const Offered& offered) {
    device.offered = &offered;
    return std::string(name(device.agent().run()->outcome));
  };
  EXPECT_EQ(ends_as(logged), "ok");
  EXPECT_EQ(ends_as(first), "proof_missing");
  EXPECT_EQ(device.questions, 1);  // about the keyring
  EXPECT_EQ(ends_as(without_a_log), "ok");
  EXPECT_EQ(ends_as(first), "ok");
}

TEST(BareTrust, MendsACopyOfItsKeyringAtTheNextStart) {
  Device device;
  for (const std::size_t copy : {0U, 1U, 0U, 1U}) {
    flip(device.keyring_copy(copy), kPairHead + 300);
    device.reset_by_hand();
    EXPECT_EQ(read_copy({&device.keyring_copy(0), &device.keyring_copy(1)}, copy).size,
              cast().anchor().size());
  }
}

TEST(BareTrust, PutsNoOlderKeyringInTheBadCopysPlace) {
  Device device;
  raise_keyring_floor(device);
  flip(device.keyring_copy(0), kPairHead + 300);
  const Buffer before = bytes_in(device.keyring_copy(0));
  device.reset_by_hand();
  EXPECT_EQ(bytes_in(device.keyring_copy(0)), before);
}

TEST(BareTrust, CallsNoKeyringCommittedThatTheFlashDidNotKeep) {
  const Offered next = make_keyring(without("root-1"), {"root-2", "root-3", "root-4"});
  for (const std::size_t copy : {0U, 1U}) {
    Device device;
    device.keyring_copy(copy).stick(kPairHead + 300);
    device.offered = &next;
    const auto ended = device.agent().run();
    ASSERT_TRUE(ended);
    const bool is_whole = name(ended->outcome) == "ok";
    EXPECT_EQ(device.record().floors[kKeyring], is_whole ? 2U : 0U);
    device.reset_by_hand();
    const Offered first = make_offered(1, 1);
    device.offered = &first;
    EXPECT_EQ(name(device.agent().run()->outcome), "ok") << copy;
  }
}

// A device that runs the second of two releases and keeps the first one.
void install_both(Device& device) {
  for (std::uint32_t seed : {1U, 2U}) {
    const Offered release = make_offered(seed, 1);
    device.offered = &release;
    EXPECT_EQ(name(device.agent().run()->outcome), "ok");
    device.offered = nullptr;
  }
}

TEST(BareTrust, AsksNobodyAboutWhatIsKeptOnceItsSignersAreGone) {
  const Offered next = make_keyring(without("committee-1"), {"root-1", "root-2", "root-3"});
  Device device;
  install_both(device);
  device.offered = &next;
  ASSERT_EQ(name(device.agent().run()->outcome), "ok");
  const int questions = device.questions;
  const SlotId runs = device.record().active;
  const auto ended = device.agent().restore();
  ASSERT_TRUE(ended);
  EXPECT_EQ(name(ended->outcome), "quorum_missing");
  EXPECT_EQ(device.questions, questions);
  EXPECT_EQ(device.record().active, runs);
}

TEST(BareTrust, GoesBackToNothingWhoseSignersWentWhileTheOwnerWasAsked) {
  const Offered next = make_keyring(without("committee-1"), {"root-1", "root-2", "root-3"});
  Device device;
  install_both(device);
  const SlotId runs = device.record().active;
  device.before_answer = [&] { device.puts_in_keyring(next); };
  const auto ended = device.agent().restore();
  ASSERT_TRUE(ended);
  EXPECT_EQ(name(ended->outcome), "quorum_missing");
  EXPECT_EQ(ended->failed_in, Phase::reverting);
  EXPECT_EQ(device.record().active, runs);
}

TEST(BareTrust, GoesBackToNothingWhoseSignaturesRotted) {
  Device device;
  install_both(device);
  fakes::Flash& kept = device.manifest_of(slot::other(device.record().active));
  flip(kept, kManifestHead + make_offered(1, 1).envelope.size() - 3);
  EXPECT_EQ(name(device.agent().restore()->outcome), "quorum_missing");
}

TEST(BareTrust, JudgesARecoveryByTheVersionThatTheRecordStillNames) {
  const Offered first = make_offered(1, 1);
  fakes::Release older, outside, inside;
  older.version = "0.9.0";
  outside.from_versions = {{"0.1.0", "0.9.9"}};
  inside.from_versions = {{"1.0.0", "1.0.9"}};
  const Offered offers[] = {make_offered(older, 2), make_offered(outside, 3),
                            make_offered(inside, 4)};
  const char* const ends[] = {"downgrade", "from_version_outside", "ok"};
  Device device;
  device.offered = &first;
  ASSERT_TRUE(device.agent().run());
  flip(device.image_of(device.record().active), 500);
  device.reset_by_hand();
  ASSERT_EQ(device.recovery, Code::no_bootable_slot);
  for (std::size_t i = 0; i < std::size(offers); ++i) {
    device.offered = &offers[i];
    EXPECT_EQ(name(device.agent().run()->outcome), ends[i]);
  }
}

}  // namespace
}  // namespace airlock::bare
