// Who may sign targets metadata, and which of it is the newest: each case for the top-level role
// and for a delegated one.
#include "trust/tuf/roles_test.h"

#include "trust/tuf/internal/fake_keys.h"

namespace airlock::tuf::internal {
namespace {

using json::Value;
using Cast = FakeRepository::Cast;

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

TEST_P(TargetsRole, CountsNoWrongSignatureAndSuffersNoneBesideEnoughRightOnes) {
  const auto who_signs = [](const char* name, const Buffer& signature) {
    FakeSigner made = signer(name);
    made.sign = [signature](Bytes) { return signature; };
    return made;
  };
  const Cast liars = {who_signs("liar", Buffer(64, 7)), who_signs("silent", {}),
                      who_signs("long", Buffer(4000, 0))};
  Cast all = liars;
  all.push_back(signer("honest"));
  set_signers(all, 1);
  all.push_back(signer("stranger"));
  sign_by(all);
  publish();
  EXPECT_EQ(code(), Code::ok);
  sign_by(liars);
  publish();
  EXPECT_EQ(code(), Code::threshold_missing);
}

TEST_P(TargetsRole, KeepsKeysOfSchemesThatItDoesNotKnowAndCountsNone) {
  FakeSigner other = signer(role());
  const auto with = [&](const char* type, const char* scheme) {
    other.key["keytype"] = type;
    other.key["scheme"] = scheme;
    other.keyid = FakeRepository::hex_digest(bytes_of(json::write(other.key)));
    set_signers({other}, 1);
    publish();
    return code();
  };
  EXPECT_EQ(with("ecdsa", "ed25519"), Code::threshold_missing);
  EXPECT_EQ(with("ecdsa", "ecdsa-sha2-secp256k1"), Code::threshold_missing);
  EXPECT_EQ(with("from-the-future", "from-the-future"), Code::threshold_missing);
  other.key["keyval"] = {{"parts", {1, 2}}};  // a shape of its own
  EXPECT_EQ(with("from-the-future", "from-the-future"), Code::threshold_missing);
  other.key["keyval"] = {{"public", std::string(64, '0')}};  // a point of small order
  EXPECT_EQ(with("ed25519", "ed25519"), Code::threshold_missing);
  set_signers({other, signer(role())}, 1);
  publish();
  EXPECT_EQ(code(), Code::ok);
}

TEST_P(TargetsRole, CountsNewKeysAtOnceAndOldOnesNoMore) {
  ASSERT_EQ(code(), Code::ok);
  set_signers({signer("new")}, 1);
  sign_by({signer(role())});
  publish();
  EXPECT_EQ(code(), Code::threshold_missing);
  sign_by({signer("new")});
  publish();
  EXPECT_EQ(code(), Code::ok);
  EXPECT_EQ(stored(), version);
}

// What was stored under the old keys is no longer taken, though the snapshot names it still.
TEST_P(TargetsRole, IsProvenAnewByTheKeysOfToday) {
  ASSERT_EQ(code(), Code::ok);
  const Buffer old = file();
  set_signers({signer("new")}, 1);
  repository.timestamp["version"] = repository.snapshot["version"] = ++version;
  if (is_delegated()) repository.targets["version"] = version;
  sign_by({signer(role())});
  repository.publish();
  EXPECT_EQ(store.files[role()], old);
  EXPECT_EQ(code(), Code::threshold_missing);
}

TEST_P(TargetsRole, RefusesMoreSignaturesOrKeysThanItWouldCount) {
  sign_by(Cast(1, signer(role())));
  Value many = *json::parse(text_of(file()), kTargetsSizeMax);
  for (int i = 0; i < 256; ++i) {
    many["signatures"].push_back({{"keyid", std::to_string(i)}, {"sig", ""}});
  }
  put(buffer_of(json::write(many)));
  EXPECT_EQ(code(), Code::bad_metadata);
  for (int i = 0; i < 257; ++i) {
    FakeSigner one = signer("x");
    one.key["x-number"] = i;
    keys()[FakeRepository::hex_digest(bytes_of(json::write(one.key)))] = one.key;
  }
  if (!is_delegated()) repository.next_root();
  publish();
  EXPECT_EQ(code(), Code::bad_metadata);
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

}  // namespace
}  // namespace airlock::tuf::internal
