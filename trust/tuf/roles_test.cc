// Everything that top-level targets metadata must stand, and delegated metadata just so: each case
// runs for both. Past faults of other clients came back one level down.
#include <gtest/gtest.h>

#include "tests/fakes/signers.h"
#include "trust/tuf/internal/fake_keys.h"
#include "trust/tuf/internal/fake_repository.h"

namespace airlock::tuf::internal {
namespace {

using json::Value;
using Cast = FakeRepository::Cast;
constexpr std::int64_t kNow = FakeRepository::kNow;
constexpr std::int64_t kDay = FakeRepository::kDay;
constexpr const char* kWanted = "wanted";

FakeSigner signer(const std::string& name) {
  return fake_signer(fakes::Signer(name, crypto::Algorithm::eddsa));
}

class TargetsRole : public testing::TestWithParam<std::string> {
 protected:
  TargetsRole() {
    repository.delegate("targets", "delegated", {signer("delegated")}, {{"paths", {"*"}}});
    FakeRepository::add_target_to(part(), kWanted, "content");
    publish();
  }

  const std::string& role() const { return GetParam(); }
  bool is_delegated() const { return role() == "delegated"; }
  Value& part() { return repository.part_of(role()); }
  Value& keys() {
    return is_delegated() ? repository.targets["delegations"]["keys"] : repository.root["keys"];
  }
  Value& rule() {
    return is_delegated() ? repository.targets["delegations"]["roles"][0]
                          : repository.root["roles"]["targets"];
  }
  // The role's rule, published with whatever delegates to it.
  void set_signers(const Cast& cast, std::int64_t threshold) {
    Value ids = Value::array();
    for (const FakeSigner& one : cast) {
      keys()[one.keyid] = one.key;
      ids.push_back(one.keyid);
    }
    rule()["keyids"] = ids;
    rule()["threshold"] = threshold;
    repository.signers[role()] = cast;
    if (!is_delegated()) repository.next_root();
  }
  void sign_by(const Cast& cast) { repository.signers[role()] = cast; }

  void next_versions() {
    ++version;
    for (Value* each : {&repository.targets, &repository.snapshot, &repository.timestamp}) {
      (*each)["version"] = version;
    }
    repository.delegated["delegated"]["version"] = version;
  }
  void publish() {
    next_versions();
    repository.publish();
  }
  // Signs anew what stands above a change that was made to the snapshot.
  void publish_above() {
    repository.publish_snapshot();
    repository.publish_timestamp();
  }
  Value& entry() { return repository.snapshot["meta"][role() + ".json"]; }
  Buffer& file() { return repository.file(repository.file_name(role(), version)); }
  // Puts this in the place of the role's file, named by all above, before a client that has nothing
  // but the root.
  void put(const Buffer& made) {
    store = MemoryStore(repository.file("1.root.json"));
    file() = made;
    entry() = FakeRepository::entry_of(made, version);
    publish_above();
  }

  Code code(std::int64_t now = kNow) {
    const auto found = refresh(store, repository, now);
    if (!found) return found.error().code;
    const auto target = found->find(kWanted, store, repository);
    return target ? Code::ok : target.error().code;
  }
  std::int64_t stored() const { return store.version(role()); }

  FakeRepository repository{
      {signer("root"), signer("timestamp"), signer("snapshot"), signer("targets")}};
  MemoryStore store{repository.file("1.root.json")};
  std::int64_t version = 1;
};

INSTANTIATE_TEST_SUITE_P(Of, TargetsRole, testing::Values("targets", "delegated"),
                         [](const auto& one) { return one.param; });

TEST_P(TargetsRole, IsTakenWhereEnoughOfItsKeysSigned) {
  const Cast five = {signer("1"), signer("2"), signer("3"), signer("4"), signer("5")};
  set_signers(five, 3);
  sign_by({five[0], five[4]});
  publish();
  EXPECT_EQ(code(), Code::threshold_missing);
  sign_by({five[0], five[4], five[2]});
  publish();
  EXPECT_EQ(code(), Code::ok);
}

TEST_P(TargetsRole, CountsAKeyOnceHoweverOftenItsIdIsListed_CVE_2020_6174_CVE_2026_6966) {
  const FakeSigner one = signer("one");
  set_signers(Cast(9, one), 2);
  sign_by({one});
  publish();
  EXPECT_EQ(code(), Code::threshold_missing);
}

TEST_P(TargetsRole, RefusesAFileThatOneKeySignedTwice_CVE_2020_15093_CVE_2026_6966) {
  const FakeSigner one = signer(role());
  sign_by({one, one});
  publish();
  EXPECT_EQ(code(), Code::bad_metadata);  // although one signature would be enough
}

TEST_P(TargetsRole, CountsOneKeyUnderTwoTypesOnce_go_tuf_733) {
  const FakeKey key = make_ec_key();
  const Cast both = {ecdsa_signer(key, "ecdsa"), ecdsa_signer(key, "ecdsa-sha2-nistp256")};
  ASSERT_NE(both[0].keyid, both[1].keyid);
  set_signers(both, 2);
  publish();
  EXPECT_EQ(code(), Code::threshold_missing);
  set_signers(both, 1);
  publish();
  EXPECT_EQ(code(), Code::ok);
}

TEST_P(TargetsRole, CountsTwoDifferentSignaturesOfOneKeyOnce_aktualizr_902) {
  const FakeKey key = make_ec_key();
  FakeSigner twin = ecdsa_signer(key);
  ASSERT_NE(twin.sign(bytes_of("x")), twin.sign(bytes_of("x")));
  twin.key["x-owner"] = "somebody else";
  const std::string material = twin.key["keyval"]["public"];
  twin.keyid = FakeRepository::hex_digest(
      bytes_of("{\"keytype\":\"ecdsa\",\"keyval\":{\"public\":\"" + material +
               "\"},\"scheme\":\"ecdsa-sha2-nistp256\",\"x-owner\":\"somebody else\"}"));
  set_signers({ecdsa_signer(key), twin}, 2);
  publish();
  EXPECT_EQ(code(), Code::threshold_missing);
}

TEST_P(TargetsRole, RefusesAKeyUnderAnIdOfItsSignersChoice) {
  FakeSigner renamed = signer(role());
  renamed.keyid = std::string(64, 'a');
  const Value honest = is_delegated() ? repository.targets : repository.root;
  set_signers({renamed}, 1);
  publish();
  EXPECT_EQ(code(), Code::bad_metadata);
}

TEST_P(TargetsRole, NeedsAThresholdThatIsAPositiveInteger_CVE_2026_23992) {
  const Value honest = rule()["threshold"];
  for (const Value& threshold :
       {Value(0), Value(-1), Value("1"), Value(true), Value(1.5), Value(1.0), Value(nullptr),
        Value::array({1}), Value(std::uint64_t{1} << 63)}) {
    sign_by({});
    rule()["threshold"] = threshold;
    if (!is_delegated()) repository.next_root();
    publish();
    EXPECT_EQ(code(), Code::bad_metadata) << threshold;
    rule()["threshold"] = honest;
    if (!is_delegated()) repository.root["version"] = store.version("root");
  }
  sign_by({signer(role())});
  if (!is_delegated()) repository.next_root();
  publish();
  EXPECT_EQ(code(), Code::ok);
}

TEST_P(TargetsRole, IsNeverTakenWhereTheThresholdIsAboveItsKeys) {
  set_signers({signer("1"), signer("2")}, 3);
  publish();
  EXPECT_EQ(code(), Code::threshold_missing);
}

TEST_P(TargetsRole, NeedsItsOwnKeys) {
  for (const char* other : {"root", "timestamp", "snapshot", "targets", "delegated", "stranger"}) {
    if (role() == other) continue;
    sign_by({signer(other)});
    publish();
    EXPECT_EQ(code(), Code::threshold_missing) << other;
    EXPECT_EQ(stored(), 0);
  }
  sign_by({});
  publish();
  EXPECT_EQ(code(), Code::threshold_missing);
}

TEST_P(TargetsRole, TakesKeyAndSchemeFromTheDelegatingRoleAlone_NCC_2015) {
  // A real signature of the real key, under a record that names another scheme.
  FakeSigner confused = signer(role());
  confused.key["scheme"] = "ecdsa-sha2-nistp256";
  confused.keyid = FakeRepository::hex_digest(bytes_of(json::write(confused.key)));
  set_signers({confused}, 1);
  publish();
  EXPECT_EQ(code(), Code::threshold_missing);
  const FakeKey key = make_ec_key();
  set_signers({signer_of("rsa", "rsassa-pss-sha256", pem_of(key.get()),
                         [key](Bytes message) { return sign_with(key.get(), message); })},
              1);
  publish();
  EXPECT_EQ(code(), Code::threshold_missing);
}

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

TEST_P(TargetsRole, IsOfItsType) {
  for (const char* type : {"snapshot", "timestamp", "root", "delegated", "Targets"}) {
    Value bent = part();
    bent["_type"] = type;
    put(FakeRepository::sign(bent, repository.signers[role()]));
    EXPECT_EQ(code(), Code::bad_metadata) << type;
  }
  put(FakeRepository::sign(repository.snapshot, repository.signers[role()]));
  EXPECT_EQ(code(), Code::bad_metadata);
}

TEST_P(TargetsRole, IsOfOurMajorVersionOfTheSpecification) {
  part()["spec_version"] = "2.0.0";
  publish();
  EXPECT_EQ(code(), Code::unsupported_version);
  part()["spec_version"] = "1.0";
  publish();
  EXPECT_EQ(code(), Code::ok);
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

// Members that targets metadata may do without: its delegations, and any one target or key.
bool is_optional(const Value::json_pointer& at) {
  const std::string above = at.parent_pointer().to_string();
  return at.to_string() == "/delegations" || above == "/targets" || above == "/delegations/keys";
}
bool is_fine(const std::string& pointer, const Value& value) {
  return value == 7 && (pointer.ends_with("/length") || pointer.ends_with("/threshold"));
}

TEST_P(TargetsRole, LacksNoFieldAndHasNoneOfAnotherType_GHSA_846p) {
  const Value honest = part();
  ASSERT_EQ(code(), Code::ok);
  const Value leaves = honest.flatten();
  const auto answer = [&](const Value& bent) {
    put(FakeRepository::sign(bent, repository.signers[role()]));
    return code();
  };
  for (const auto& [pointer, leaf] : leaves.items()) {
    for (Value::json_pointer at(pointer); !at.empty(); at = at.parent_pointer()) {
      for (const Value& wrong : {Value(nullptr), Value(-1), Value("\x01"), Value(2.5), Value(7),
                                 Value::array({Value::array()}), Value{{"x", Value::array()}}}) {
        Value bent = honest;
        if (bent[at].type() == wrong.type() || is_fine(at.to_string(), wrong)) continue;
        bent[at] = wrong;
        EXPECT_NE(answer(bent), Code::ok) << at << wrong;
      }
      Value lacking = honest;
      Value& parent = lacking[at.parent_pointer()];
      if (!parent.is_object() || is_optional(at)) continue;
      parent.erase(at.back());
      EXPECT_NE(answer(lacking), Code::ok) << at;
    }
  }
}

TEST_P(TargetsRole, IsStrictJson) {
  const std::string honest(text_of(file()));
  const auto answer = [&](std::string_view text) {
    put(buffer_of(text));
    return code();
  };
  const auto replaced = [&](std::string_view old, std::string_view fresh) {
    std::string bent = honest;
    const std::size_t at = bent.rfind(old);
    EXPECT_NE(at, std::string::npos) << old;
    return bent.replace(at, old.size(), fresh);
  };
  const std::string version_text = "\"version\":" + std::to_string(version) + "}";
  ASSERT_EQ(answer(honest), Code::ok);
  for (const std::string& text :
       {std::string(), honest + "x", "\xef\xbb\xbf" + honest, honest + honest,
        replaced(version_text, "\"version\":1," + version_text),
        replaced(version_text, version_text.substr(0, version_text.size() - 1) + ".0}"),
        replaced(version_text, "\"version\":2e0}"), replaced(version_text, "\"version\":-0}"),
        replaced(version_text, "\"version\":99999999999999999999}"),
        replaced("\"wanted\":{", "\"wanted\":1,\"wanted\":{"), replaced("wanted", "want\\u0000ed"),
        replaced("wanted", "want\xff"), replaced("wanted", "want\xed\xa0\x80"),
        replaced("wanted", "want\\ud800"), replaced("\"signed\":", "\"signed\":{},\"signed\":"),
        replaced("\"wanted\":{",
                 "\"deep\":" + std::string(40, '[') + std::string(40, ']') + ",\"wanted\":{")}) {
    EXPECT_EQ(answer(text), Code::bad_metadata) << text;
  }
}

}  // namespace
}  // namespace airlock::tuf::internal
