// Which targets metadata is the one that the snapshot names, fresh, and no older than before; and
// what is kept of it: each case for the top-level role and for a delegated one.
#include "trust/tuf/roles_test.h"

namespace airlock::tuf::internal {
namespace {

using json::Value;
constexpr std::int64_t kNow = FakeRepository::kNow;
constexpr std::int64_t kDay = FakeRepository::kDay;

TEST_P(TargetsRole, IsRefusedOnceItExpired_CVE_2026_6967) {
  part()["expires"] = text::to_time(kNow);
  publish();
  EXPECT_EQ(code(), Code::metadata_expired);
  EXPECT_EQ(stored(), 0);
}

TEST_P(TargetsRole, IsRefusedWithAnotherHash_CVE_2026_6967) {
  file().back() = ' ';
  EXPECT_EQ(code(), Code::mixed_metadata);
  EXPECT_EQ(stored(), 0);
}

TEST_P(TargetsRole, IsRefusedWithAnotherLength_CVE_2026_6967) {
  entry().erase("hashes");
  entry()["length"] = file().size() + 1;
  publish_above();
  EXPECT_EQ(code(), Code::mixed_metadata);
  entry()["length"] = file().size() - 1;
  publish_above();
  EXPECT_EQ(code(), Code::mixed_metadata);
  EXPECT_EQ(stored(), 0);
}

TEST_P(TargetsRole, IsReadUnderALimitWhereNoLengthIsNamed_CVE_2026_6967) {
  entry() = {{"version", version}};
  file().resize(kTargetsSizeMax + 1, ' ');
  publish_above();
  EXPECT_EQ(code(), Code::oversized);
  file().resize(kTargetsSizeMax);
  EXPECT_EQ(code(), Code::ok);
  EXPECT_EQ(stored(), version);
}

TEST_P(TargetsRole, IsReadUnderItsLimitWhateverLengthIsNamed) {
  file().resize(kTargetsSizeMax + 1, ' ');
  put(file());
  EXPECT_EQ(code(), Code::oversized);
}

TEST_P(TargetsRole, IsOfTheVersionThatTheSnapshotNames) {
  const Buffer older = file();
  publish();
  put(older);
  EXPECT_EQ(code(), Code::mixed_metadata);
  EXPECT_EQ(stored(), 0);
}

TEST_P(TargetsRole, IsNotRolledBack_CVE_2022_29173_CVE_2025_2887) {
  publish();
  ASSERT_EQ(code(), Code::ok);
  const std::int64_t trusted = version;
  next_versions();
  part()["version"] = trusted - 1;
  repository.publish();
  EXPECT_EQ(code(), Code::metadata_rollback);
  EXPECT_EQ(code(), Code::metadata_rollback);  // the second time too
  EXPECT_EQ(stored(), trusted);
}

TEST_P(TargetsRole, IsOneFileForEachVersion_aktualizr_lite_157) {
  ASSERT_EQ(code(), Code::ok);
  const Buffer trusted = store.files[role()];
  const std::int64_t same = version;
  next_versions();
  for (Value* each : {&repository.targets, &repository.delegated["delegated"]}) {
    (*each)["version"] = same;
  }
  FakeRepository::add_target_to(part(), "other", "content");
  repository.publish();
  EXPECT_EQ(code(), Code::mixed_metadata);
  EXPECT_EQ(store.files[role()], trusted);
  publish();
  EXPECT_EQ(code(), Code::ok);
}

TEST_P(TargetsRole, MayNotLeaveTheSnapshot) {
  ASSERT_EQ(code(), Code::ok);
  next_versions();
  repository.publish_targets();
  repository.snapshot["meta"].erase(role() + ".json");
  publish_above();
  const Code answer = code();
  EXPECT_EQ(answer, is_delegated() ? Code::metadata_rollback : Code::bad_metadata);
  EXPECT_EQ(store.version("snapshot"), version - 1);
}

TEST_P(TargetsRole, MayBeginAnewWhereTheSnapshotsKeyIsReplaced) {
  version = 100;
  publish();
  ASSERT_EQ(code(), Code::ok);
  repository.set_signers("snapshot", {signer("recovered")});
  repository.next_root();
  version = 0;
  publish();
  EXPECT_EQ(code(), Code::ok);
  EXPECT_EQ(stored(), 1);
}

TEST_P(TargetsRole, IsNotKeptWhereItWasRefusedAndDoesNoHarmLater_CVE_2020_15163_CVE_2025_2888) {
  ASSERT_EQ(code(), Code::ok);
  const std::int64_t trusted = version;
  const auto refuse = [&](Code expected) {
    EXPECT_EQ(code(), expected);
    EXPECT_EQ(code(), expected);
    EXPECT_EQ(stored(), trusted);
  };
  const Value honest = part();
  sign_by({signer("stranger")});
  publish();
  refuse(Code::threshold_missing);
  sign_by({signer(role())});
  part()["expires"] = text::to_time(kNow - 1);
  publish();
  refuse(Code::metadata_expired);
  part() = honest;
  part()["targets"] = 7;
  publish();
  refuse(Code::bad_metadata);
  part() = honest;
  publish();
  EXPECT_EQ(code(), Code::ok);
  EXPECT_EQ(stored(), version);
}

TEST_P(TargetsRole, StopsNothingWhereWhatIsStoredExpired_aktualizr_1185) {
  ASSERT_EQ(code(), Code::ok);
  const std::int64_t later = kNow + 10 * kDay;
  for (Value* each : {&repository.root, &repository.targets, &repository.snapshot,
                      &repository.timestamp, &repository.delegated["delegated"]}) {
    (*each)["expires"] = text::to_time(later + kDay);
  }
  repository.next_root();
  publish();
  EXPECT_EQ(code(later), Code::ok);
  EXPECT_EQ(stored(), version);
}

TEST_P(TargetsRole, IsFetchedAnewWhereWhatIsStoredExpired) {
  part()["expires"] = text::to_time(kNow + 1);
  publish();
  ASSERT_EQ(code(), Code::ok);
  EXPECT_EQ(code(kNow + 1), Code::metadata_expired);  // the snapshot names it still
  EXPECT_EQ(code(), Code::ok);
}

TEST_P(TargetsRole, IsNotAskedForAgainWhereItIsUnchanged) {
  ASSERT_EQ(code(), Code::ok);
  repository.asked();
  repository.snapshot["version"] = repository.timestamp["version"] = version + 1;
  publish_above();
  EXPECT_EQ(code(), Code::ok);
  for (const std::string& name : repository.asked()) {
    EXPECT_FALSE(name.ends_with(role() + ".json")) << name;
  }
}

TEST_P(TargetsRole, LeavesWhatCameBeforeWhereItIsNotThere) {
  const Buffer honest = file();
  repository.files.erase(repository.file_name(role(), version));
  EXPECT_EQ(code(), Code::not_found);
  EXPECT_EQ(store.version("snapshot"), version);
  EXPECT_EQ(stored(), 0);
  repository.files[repository.file_name(role(), version)] = honest;
  EXPECT_EQ(code(), Code::ok);
}

TEST_P(TargetsRole, IsFetchedAnewWhereWhatIsStoredIsDamaged) {
  ASSERT_EQ(code(), Code::ok);
  for (const char* damage : {"", "{", "{}", "[]"}) {
    store.files[role()] = buffer_of(damage);
    EXPECT_EQ(code(), Code::ok);
    EXPECT_EQ(store.files[role()], file());
  }
  entry().erase("hashes");  // so that only its signatures tell
  entry().erase("length");
  next_versions();
  part()["version"] = version - 1;
  entry()["version"] = version - 1;
  repository.file_name(role(), version - 1);
  publish_above();
  Value forged = part();
  forged["targets"].clear();
  store.files[role()] = FakeRepository::sign(forged, {signer("stranger")});
  EXPECT_EQ(code(), Code::ok);
}

TEST_P(TargetsRole, AClockThatGoesBackRevivesNothing) {
  publish();
  const auto old = repository.files;
  const std::int64_t replayed = version;
  publish();
  ASSERT_EQ(code(kNow + kDay / 2), Code::ok);
  const auto fresh = repository.files;
  for (const char* name : {"timestamp.json"}) repository.files[name] = old.at(name);
  EXPECT_EQ(code(kNow - kDay), Code::metadata_rollback);
  EXPECT_EQ(stored(), replayed + 1);
  repository.files = fresh;
  EXPECT_EQ(code(kNow - kDay), Code::ok);
}

}  // namespace
}  // namespace airlock::tuf::internal
