// Rotation, rollback, fast-forward, and every way of counting a key that must not count.
#include <gtest/gtest.h>

#include "tests/fakes/signers.h"
#include "trust/tuf/internal/fake_repository.h"

namespace airlock::tuf::internal {
namespace {

using Cast = FakeRepository::Cast;
constexpr std::int64_t kNow = FakeRepository::kNow;
constexpr std::int64_t kDay = FakeRepository::kDay;

FakeSigner signer(const std::string& name) {
  return fake_signer(fakes::Signer(name, crypto::Algorithm::eddsa));
}

// The first signers of a cast of this size.
Cast cast_of(const std::string& name, int size) {
  Cast cast;
  for (int i = 0; i < size; ++i) cast.push_back(signer(name + std::to_string(i)));
  return cast;
}

class Attack : public testing::Test {
 protected:
  Code refreshed() {
    const auto result = refresh(store, repository, kNow);
    return result ? Code::ok : result.error().code;
  }
  // Gives all three lower roles this version and publishes them.
  void publish(std::int64_t version) {
    for (json::Value* part : {&repository.targets, &repository.snapshot, &repository.timestamp}) {
      (*part)["version"] = version;
    }
    repository.publish();
  }
  // Publishes the next root, signed by the old root's keys and these.
  void rotate_root(const Cast& cast, std::int64_t threshold, const Cast& signing) {
    repository.set_signers("root", cast, threshold);
    repository.root["version"] = repository.root["version"].get<int>() + 1;
    repository.signers["signing"] = signing;
    repository.publish_root({"signing"});
  }

  FakeRepository repository{
      {signer("root"), signer("timestamp"), signer("snapshot"), signer("targets")}};
  MemoryStore store{repository.file("1.root.json")};
};

using Rotation = Attack;
using Rollback = Attack;
using Threshold = Attack;

TEST_F(Rotation, TakesARootThatOldAndNewKeysSigned) {
  const Cast both = {signer("root"), signer("new root")};
  rotate_root({signer("new root")}, 1, both);
  EXPECT_EQ(refreshed(), Code::ok);
  EXPECT_EQ(store.version("root"), 2);
  EXPECT_EQ(store.files["root"], repository.file("2.root.json"));
}

TEST_F(Rotation, RefusesARootThatOnlyOldOrOnlyNewKeysSigned_CVE_2020_15163) {
  for (const Cast& signing : {Cast{signer("root")}, Cast{signer("new root")}, Cast{}}) {
    rotate_root({signer("new root")}, 1, signing);
    EXPECT_EQ(refreshed(), Code::threshold_missing);
    EXPECT_EQ(refreshed(), Code::threshold_missing);  // and it was not kept either
    EXPECT_EQ(store.version("root"), 1);
    repository.root["version"] = 1;
  }
  rotate_root({signer("new root")}, 1, {signer("root"), signer("new root")});
  EXPECT_EQ(refreshed(), Code::ok);
}

TEST_F(Rotation, NeedsBothThresholdsAtEachStep) {
  const Cast five = cast_of("r", 5);
  const Cast others = cast_of("s", 5);
  const auto joined = [](Cast a, const Cast& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  const Cast three(five.begin(), five.begin() + 3);
  const Cast two(five.begin(), five.begin() + 2);
  const Cast others_three(others.begin(), others.begin() + 3);
  rotate_root(five, 3, joined({signer("root")}, three));
  EXPECT_EQ(refreshed(), Code::ok);
  rotate_root(others, 3, joined(two, others));  // two of the old are too few
  EXPECT_EQ(refreshed(), Code::threshold_missing);
  repository.root["version"] = 2;
  rotate_root(others, 3, joined(three, Cast{others[0], others[1]}));  // two of the new too
  EXPECT_EQ(refreshed(), Code::threshold_missing);
  repository.root["version"] = 2;
  rotate_root(others, 3, joined(three, others_three));
  EXPECT_EQ(refreshed(), Code::ok);
  rotate_root(others, 1, others_three);  // the threshold falls, but only by the old one's consent
  EXPECT_EQ(refreshed(), Code::ok);
  EXPECT_EQ(store.version("root"), 4);
}

TEST_F(Rotation, WalksTheWholeChainAndNeverSkipsALink_CVE_2025_2885) {
  for (int i = 2; i <= 5; ++i) repository.next_root();
  EXPECT_EQ(refreshed(), Code::ok);
  EXPECT_EQ(store.version("root"), 5);
  repository.next_root();
  repository.next_root();
  repository.files["6.root.json"] = repository.file("7.root.json");  // 7 in the place of 6
  EXPECT_EQ(refreshed(), Code::mixed_metadata);
  repository.files["6.root.json"] = repository.file("4.root.json");
  EXPECT_EQ(refreshed(), Code::metadata_rollback);
  EXPECT_EQ(store.version("root"), 5);
}

TEST_F(Rotation, StopsAtItsLimitAndGoesOnNextTime) {
  for (std::size_t i = 0; i < kRootRotationsMax + 1; ++i) repository.next_root();
  EXPECT_EQ(refreshed(), Code::root_chain_too_long);
  EXPECT_EQ(store.version("root"), static_cast<std::int64_t>(kRootRotationsMax) + 1);
  EXPECT_EQ(refreshed(), Code::ok);
}

TEST_F(Rotation, AnExpiredLinkDoesNotBreakTheChain) {
  repository.root["expires"] = text::to_time(kNow - 1);
  repository.next_root();
  repository.root["expires"] = text::to_time(kNow + kDay);
  repository.next_root();
  EXPECT_EQ(refreshed(), Code::ok);
  EXPECT_EQ(store.version("root"), 3);
}

TEST_F(Rotation, NewKeysOfARoleCountAtOnceAndOldOnesNoMore) {
  ASSERT_EQ(refreshed(), Code::ok);
  for (const char* role : {"timestamp", "snapshot", "targets"}) {
    const std::int64_t before = store.version("timestamp");
    const Cast old = repository.signers[role];
    repository.set_signers(role, {signer(std::string("new ") + role)});
    repository.next_root();
    const Cast fresh = repository.signers[role];
    repository.signers[role] = old;
    publish(before + 1);
    EXPECT_EQ(refreshed(), Code::threshold_missing) << role;
    repository.signers[role] = fresh;
    publish(before + 2);
    EXPECT_EQ(refreshed(), Code::ok) << role;
  }
}

TEST_F(Rollback, RefusesAnOlderTimestamp_CVE_2022_29173) {
  publish(2);
  ASSERT_EQ(refreshed(), Code::ok);
  const Buffer trusted = store.files["timestamp"];
  publish(1);
  EXPECT_EQ(refreshed(), Code::metadata_rollback);
  EXPECT_EQ(store.files["timestamp"], trusted);
  publish(3);
  EXPECT_EQ(refreshed(), Code::ok);
}

TEST_F(Rollback, RefusesAnOlderTimestampThatNamesTheSameSnapshot) {
  publish(2);
  repository.timestamp["version"] = 3;
  repository.publish_timestamp();
  ASSERT_EQ(refreshed(), Code::ok);
  repository.timestamp["version"] = 2;
  repository.publish_timestamp();
  EXPECT_EQ(refreshed(), Code::metadata_rollback);
  EXPECT_EQ(store.version("timestamp"), 3);
}

TEST_F(Rollback, RefusesATimestampThatNamesAnOlderSnapshot) {
  publish(2);
  ASSERT_EQ(refreshed(), Code::ok);
  repository.snapshot["version"] = 1;
  repository.timestamp["version"] = 3;
  repository.publish();
  EXPECT_EQ(refreshed(), Code::metadata_rollback);
  EXPECT_EQ(store.version("timestamp"), 2);
}

TEST_F(Rollback, RefusesASnapshotThatNamesOlderTargets) {
  publish(2);
  ASSERT_EQ(refreshed(), Code::ok);
  repository.snapshot["version"] = repository.timestamp["version"] = 3;
  repository.targets["version"] = 1;
  repository.publish();
  EXPECT_EQ(refreshed(), Code::metadata_rollback);
  EXPECT_EQ(store.version("timestamp"), 3);
  EXPECT_EQ(store.version("snapshot"), 2);
}

TEST_F(Rollback, RefusesAnotherSnapshotOfTheSameVersion_aktualizr_lite_157) {
  ASSERT_EQ(refreshed(), Code::ok);
  const Buffer trusted = store.files["snapshot"];
  repository.snapshot["x-note"] = "another";
  repository.timestamp["version"] = 2;
  repository.publish_snapshot();
  repository.publish_timestamp();
  EXPECT_EQ(refreshed(), Code::mixed_metadata);
  EXPECT_EQ(store.version("timestamp"), 1);
  EXPECT_EQ(store.files["snapshot"], trusted);
}

TEST_F(Rollback, TakesAnHonestTimestampAfterEachThatWasRefused_CVE_2025_2888) {
  publish(2);
  ASSERT_EQ(refreshed(), Code::ok);
  const Buffer trusted = store.files["timestamp"];
  const json::Value honest = repository.timestamp;
  const auto refuse = [&](Code expected) {
    repository.timestamp["version"] = 100;
    repository.publish_timestamp();
    EXPECT_EQ(refreshed(), expected);
    EXPECT_EQ(store.files["timestamp"], trusted);
    repository.timestamp = honest;
  };
  repository.timestamp["expires"] = text::to_time(kNow);
  refuse(Code::metadata_expired);
  repository.timestamp["meta"]["snapshot.json"]["version"] = 1;
  refuse(Code::metadata_rollback);
  repository.timestamp["meta"].erase("snapshot.json");
  refuse(Code::bad_metadata);
  repository.signers["timestamp"] = {signer("stranger")};
  refuse(Code::threshold_missing);
  repository.signers["timestamp"] = {signer("timestamp")};
  publish(3);
  EXPECT_EQ(refreshed(), Code::ok);
}

TEST_F(Rollback, RefusesOlderTargetsAfterAFailedRefreshToo) {
  publish(2);
  ASSERT_EQ(refreshed(), Code::ok);
  repository.snapshot["version"] = repository.timestamp["version"] = 3;
  repository.targets["version"] = 1;
  repository.publish();
  ASSERT_EQ(refreshed(), Code::metadata_rollback);
  // The stored snapshot no longer has the hash that the new timestamp names; it still counts.
  EXPECT_EQ(refreshed(), Code::metadata_rollback);
}

TEST_F(Rollback, RefusesASnapshotFromWhichARoleIsGone) {
  repository.snapshot["meta"]["bins.json"] = {{"version", 1}};
  publish(2);
  ASSERT_EQ(refreshed(), Code::ok);
  repository.snapshot["meta"].erase("bins.json");
  publish(3);
  EXPECT_EQ(refreshed(), Code::metadata_rollback);
  EXPECT_EQ(store.version("snapshot"), 2);
}

TEST_F(Rollback, RefusesAnOlderSnapshotWhereOnlyTheTimestampWasLost) {
  publish(5);
  ASSERT_EQ(refreshed(), Code::ok);
  store.files.erase("timestamp");
  publish(4);
  EXPECT_EQ(refreshed(), Code::metadata_rollback);
}

TEST_F(Rollback, RefusesAnOlderSnapshotThatNamesTheSameTargets) {
  publish(5);
  ASSERT_EQ(refreshed(), Code::ok);
  store.files.erase("timestamp");
  repository.snapshot["version"] = 4;
  repository.publish_snapshot();
  repository.publish_timestamp();
  EXPECT_EQ(refreshed(), Code::metadata_rollback);
  EXPECT_EQ(store.version("snapshot"), 5);
}

TEST_F(Rollback, RecoversFromAFastForwardWhereTheKeyIsReplaced) {
  for (const char* role : {"timestamp", "snapshot"}) {
    publish(100);
    ASSERT_EQ(refreshed(), Code::ok);
    publish(1);
    EXPECT_EQ(refreshed(), Code::metadata_rollback);
    repository.set_signers(role, {signer(std::string("recovered ") + role)});
    repository.next_root();
    publish(1);
    EXPECT_EQ(refreshed(), Code::ok) << role;
    EXPECT_EQ(store.version("targets"), 1);
  }
}

TEST_F(Rollback, RecoversWhereOneKeyOfSeveralIsTakenBack) {
  const Cast two = {signer("timestamp"), signer("stolen")};
  repository.set_signers("timestamp", two);
  repository.next_root();
  publish(100);
  ASSERT_EQ(refreshed(), Code::ok);
  repository.set_signers("timestamp", {signer("timestamp")});
  repository.next_root();
  publish(1);
  EXPECT_EQ(refreshed(), Code::ok);
}

TEST_F(Rollback, ANewKeyBesideTheOldOnesForgetsNothing) {
  publish(2);
  ASSERT_EQ(refreshed(), Code::ok);
  repository.set_signers("timestamp", {signer("timestamp"), signer("second timestamp")});
  repository.next_root();
  publish(1);
  EXPECT_EQ(refreshed(), Code::metadata_rollback);
}

TEST_F(Threshold, CountsDifferentKeysAndNeedsEnoughOfThem) {
  Cast five = cast_of("snap", 5);
  repository.set_signers("snapshot", five, 3);
  repository.next_root();
  repository.signers["snapshot"] = {five[0], five[4]};
  publish(2);
  EXPECT_EQ(refreshed(), Code::threshold_missing);
  repository.signers["snapshot"] = {five[0], five[4], five[2]};
  publish(3);
  EXPECT_EQ(refreshed(), Code::ok);
}

TEST_F(Threshold, MoreThanThereAreKeysIsNeverMet) {
  repository.set_signers("snapshot", cast_of("snap", 5), 6);
  repository.next_root();
  publish(2);
  EXPECT_EQ(refreshed(), Code::threshold_missing);
  EXPECT_EQ(store.version("root"), 2);
  EXPECT_EQ(store.version("snapshot"), 0);
}

TEST_F(Threshold, RefusesAFileThatOneKeySignedTwice_CVE_2020_15093_rust_tuf_283) {
  repository.signers["timestamp"] = {signer("timestamp"), signer("timestamp")};
  repository.publish_timestamp();
  EXPECT_EQ(refreshed(), Code::bad_metadata);  // although one signature would be enough
}

TEST_F(Threshold, CountsAKeyOnceHoweverOftenItsIdIsListed_CVE_2020_6174) {
  const FakeSigner one = signer("snapshot");
  repository.set_signers("snapshot", Cast(9, one), 2);
  repository.next_root();
  repository.signers["snapshot"] = {one};
  publish(2);
  EXPECT_EQ(refreshed(), Code::threshold_missing);
  EXPECT_EQ(store.version("root"), 2);
}

TEST_F(Threshold, CountsAKeyOnceUnderTwoIds_go_tuf_733) {
  FakeSigner twin = signer("snapshot");
  twin.key["x-owner"] = "somebody else";
  twin.keyid = FakeRepository::hex_digest(bytes_of(json::write(twin.key)));
  const Cast both = {signer("snapshot"), twin};
  ASSERT_NE(both[0].keyid, both[1].keyid);
  repository.set_signers("snapshot", both, 2);
  repository.next_root();
  publish(2);
  EXPECT_EQ(refreshed(), Code::threshold_missing);
  repository.set_signers("snapshot", both, 1);  // each of the ids is good for one
  repository.next_root();
  repository.signers["snapshot"] = {twin};
  publish(3);
  EXPECT_EQ(refreshed(), Code::ok);
}

TEST_F(Threshold, MustBeAPositiveInteger_CVE_2026_23992) {
  for (const json::Value& threshold :
       {json::Value(0), json::Value(-1), json::Value("1"), json::Value(true), json::Value(1.5),
        json::Value(nullptr), json::Value(std::uint64_t{1} << 63), json::Value::array({1})}) {
    for (const char* role : {"root", "timestamp", "snapshot", "targets"}) {
      const json::Value honest = repository.root;
      repository.root["roles"][role]["threshold"] = threshold;
      repository.next_root();
      EXPECT_EQ(refreshed(), Code::bad_metadata) << role << threshold;
      EXPECT_EQ(store.version("root"), 1);
      repository.root = honest;
    }
  }
}

TEST_F(Threshold, AWrongSignatureBesideEnoughRightOnesDoesNoHarm) {
  const FakeSigner liar = {[](Bytes) { return Buffer(64, 7); }, signer("liar").key,
                           signer("liar").keyid};
  const FakeSigner silent = {[](Bytes) { return Buffer(); }, signer("silent").key,
                             signer("silent").keyid};
  const FakeSigner stranger = signer("stranger");
  repository.set_signers("timestamp", {liar, silent, signer("timestamp")});
  repository.next_root();
  repository.signers["timestamp"].push_back(stranger);
  repository.publish_timestamp();
  EXPECT_EQ(refreshed(), Code::ok);
  repository.signers["timestamp"] = {liar, silent, stranger};
  publish(2);
  EXPECT_EQ(refreshed(), Code::threshold_missing);
}

TEST_F(Threshold, KeysOfOtherRolesDoNotCount) {
  repository.signers["timestamp"] = {signer("root"), signer("snapshot"), signer("targets")};
  repository.publish_timestamp();
  EXPECT_EQ(refreshed(), Code::threshold_missing);
}

TEST_F(Threshold, RefusesAKeyUnderAnIdThatIsNotItsOwn) {
  FakeSigner renamed = signer("timestamp");
  renamed.keyid = signer("snapshot").keyid;
  renamed.keyid[0] = renamed.keyid[0] == '0' ? '1' : '0';
  repository.set_signers("timestamp", {renamed});
  repository.next_root();
  EXPECT_EQ(refreshed(), Code::bad_metadata);
  EXPECT_EQ(store.version("root"), 1);
}

TEST_F(Threshold, KeepsKeysThatItCannotUseAndCountsNone) {
  FakeSigner other = signer("timestamp");
  const auto with = [&](const char* type, const char* scheme) {
    other.key["keytype"] = type;
    other.key["scheme"] = scheme;
    other.keyid = FakeRepository::hex_digest(bytes_of(json::write(other.key)));
    repository.set_signers("timestamp", {other});
    repository.next_root();
    repository.publish_timestamp();
    return refreshed();
  };
  EXPECT_EQ(with("ed25519", "ecdsa-sha2-nistp256"), Code::threshold_missing);
  EXPECT_EQ(with("ecdsa", "ed25519"), Code::threshold_missing);
  EXPECT_EQ(with("from-the-future", "from-the-future"), Code::threshold_missing);
  other.key["keyval"]["public"] = std::string(64, '0');  // a point of small order
  EXPECT_EQ(with("ed25519", "ed25519"), Code::threshold_missing);
  EXPECT_EQ(store.version("root"), 5);
}

TEST_F(Threshold, UnknownMembersBelongToWhatIsSigned) {
  repository.root["x-note"] = {{"a", 1}, {"b", {1, 2}}};
  const std::string id = repository.root["roles"]["root"]["keyids"][0];
  // The reference implementation keeps the id of a key that gains a member.
  repository.root["keys"][id]["x-owner"] = "someone";
  repository.root["roles"]["root"]["x-more"] = "word";
  repository.next_root();
  EXPECT_EQ(refreshed(), Code::ok);
  EXPECT_EQ(store.version("root"), 2);
  repository.next_root();
  json::Value tree = *json::parse(text_of(repository.file("3.root.json")), 1 << 20);
  tree["signed"]["x-note"]["a"] = 2;
  repository.files["3.root.json"] = buffer_of(json::write(tree));
  EXPECT_EQ(refreshed(), Code::threshold_missing);
}

}  // namespace
}  // namespace airlock::tuf::internal
