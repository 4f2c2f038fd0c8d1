// A keyring that parses obeys its own rules; each way of breaking one is tried.
#include "core/package/keyring.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/fakes/fields.h"
#include "tests/fakes/signers.h"

namespace airlock::package {
namespace {

using crypto::Algorithm;
using fakes::Buffer;
using fakes::cbor_bytes;
using fakes::cbor_integer;
using fakes::cbor_number;
using fakes::cbor_text;
using fakes::Fields;
using fakes::Items;
using fakes::KeyringPlan;
using fakes::Signer;
using fakes::Signers;

const Signers& cast() {
  static const Signers signers;
  return signers;
}

Code refusal(const KeyringPlan& plan) {
  const Result<Buffer> encoded = plan.encode();
  return encoded ? Code::ok : encoded.error().code;
}

Code refusal(const Fields& fields) {
  const Buffer encoded = fields.encode();
  const Result<Keyring> parsed = Keyring::parse(encoded);
  return parsed ? Code::ok : parsed.error().code;
}

KeyringPlan retaining_plan() {
  KeyringPlan plan = cast().plan();
  plan.retained = {crypto::sha256(bytes_of("one")), crypto::sha256(bytes_of("two"))};
  return plan;
}

KeyringPlan::Policy& policy_of(KeyringPlan& plan, Kind kind) {
  for (KeyringPlan::Policy& policy : plan.policies) {
    if (policy.kind == kind) return policy;
  }
  broken_promise();
}

TEST(Keyring, SaysWhatThePlanSaid) {
  KeyringPlan plan = retaining_plan();
  plan.version = 9;
  const Buffer encoded = *plan.encode();
  const Result<Keyring> parsed = Keyring::parse(encoded);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->version, 9u);
  EXPECT_EQ(parsed->created, plan.created);
  EXPECT_EQ(parsed->groups.size(), 5u);
  EXPECT_EQ(parsed->keys.size(), 14u);
  EXPECT_EQ(parsed->policy(Kind::firmware).clauses.size(), 2u);
  EXPECT_EQ(parsed->policy(Kind::keyring).clauses[0].threshold, 3);
  const std::optional<Key> vendor = parsed->find(cast()["vendor"].id().bytes);
  ASSERT_TRUE(vendor);
  EXPECT_EQ(vendor->name, "vendor");
  EXPECT_EQ(vendor->key, cast()["vendor"].key());
  EXPECT_FALSE(parsed->find(Digest{}.bytes));
  EXPECT_TRUE(parsed->retains(plan.retained[0]));
  EXPECT_FALSE(parsed->retains(Digest{}));
}

TEST(Keyring, IsTheSameBytesInWhateverOrderItWasWritten) {
  KeyringPlan plan = retaining_plan();
  const Buffer encoded = *plan.encode();
  std::reverse(plan.keys.begin(), plan.keys.end());
  std::reverse(plan.policies.begin(), plan.policies.end());
  std::reverse(plan.retained.begin(), plan.retained.end());
  for (auto& policy : plan.policies) std::reverse(policy.clauses.begin(), policy.clauses.end());
  EXPECT_EQ(*plan.encode(), encoded);
}

TEST(KeyId, NamesTheAlgorithmAndTheKey) {
  const crypto::PublicKey key = cast()["vendor"].key();
  Buffer named = {0xff, 0xf8};  // -8, EdDSA, two bytes big-endian
  named.insert(named.end(), key.bytes.begin(), key.bytes.end());
  EXPECT_EQ(key_id(key), crypto::sha256(named));
  EXPECT_NE(key_id(cast()["vendor"].key()), key_id(cast()["committee-1"].key()));
}

TEST(Keyring, RefusesEveryMissingFieldAndUnknownOnes) {
  const Buffer encoded = *retaining_plan().encode();
  for (std::int64_t key : {1, 2, 3, 4, 5, 6}) {
    Fields fields(encoded);
    fields.erase(key);
    EXPECT_NE(refusal(fields), Code::ok) << key;
  }
  Fields without(encoded);
  without.erase(7);
  EXPECT_EQ(refusal(without), Code::ok);  // retained may be absent
  without.append(10, cbor_number(0));
  EXPECT_EQ(refusal(without), Code::unknown_field);
}

TEST(Keyring, RefusesEveryFieldOfAnotherType) {
  const Buffer encoded = *retaining_plan().encode();
  for (const auto& entry : Fields(encoded).entries) {
    Fields fields(encoded);
    fields.at(entry.first) = cbor_text("x");
    EXPECT_EQ(refusal(fields), Code::wrong_type) << entry.first;
  }
}

TEST(Keyring, RefusesFieldsOutOfOrderOrTwice) {
  const Buffer encoded = *retaining_plan().encode();
  for (std::size_t i = 0; i + 1 < Fields(encoded).entries.size(); ++i) {
    Fields swapped(encoded);
    std::swap(swapped.entries[i], swapped.entries[i + 1]);
    EXPECT_NE(refusal(swapped), Code::ok) << i;
    Fields twice(encoded);
    twice.entries[i + 1] = twice.entries[i];
    EXPECT_EQ(refusal(twice), Code::duplicate_key) << i;
  }
}

TEST(Keyring, RefusesEveryTruncationAndBytesAfterTheEnd) {
  Buffer encoded = *retaining_plan().encode();
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    EXPECT_FALSE(Keyring::parse(Bytes(encoded).first(size))) << size;
  }
  encoded.push_back(0);
  EXPECT_EQ(Keyring::parse(encoded).error().code, Code::trailing_bytes);
}

TEST(Keyring, RefusesAnotherFormatAndVersionZero) {
  Fields fields(*cast().plan().encode());
  fields.at(1) = cbor_number(2);
  EXPECT_EQ(refusal(fields), Code::unsupported_version);
  KeyringPlan plan = cast().plan();
  plan.version = 0;
  EXPECT_EQ(refusal(plan), Code::bad_keyring);
}

TEST(Keyring, RefusesOneKeyInTwoGroups) {
  KeyringPlan plan = cast().plan();
  plan.add(cast()["vendor"], "committee");
  EXPECT_EQ(refusal(plan), Code::key_in_two_groups);
}

TEST(Keyring, RefusesOneKeyTwiceInAGroup) {
  KeyringPlan plan = cast().plan();
  plan.add(cast()["committee-1"], "committee");
  EXPECT_EQ(refusal(plan), Code::bad_keyring);
}

TEST(Keyring, RefusesAKeyAndItsNegativeSinceOneSecretSignsForBoth) {
  for (std::string_view name : {"committee-1", "committee-2"}) {
    const crypto::PublicKey key = cast()[name].key();
    Buffer negative(key.bytes.begin(), key.bytes.end());
    if (key.algorithm == Algorithm::eddsa) {
      negative[31] = static_cast<std::uint8_t>(negative[31] ^ 0x80);
    } else {
      negative[0] = static_cast<std::uint8_t>(negative[0] ^ 0x01);
    }
    KeyringPlan plan = cast().plan();
    plan.keys.push_back({*crypto::make_public_key(key.algorithm, negative), plan.group("committee"),
                         "committee-4"});
    EXPECT_EQ(refusal(plan), Code::bad_keyring) << name;
    plan.keys.back().group = plan.group("reviewers");
    EXPECT_EQ(refusal(plan), Code::key_in_two_groups) << name;
  }
}

TEST(Keyring, RefusesWeakAndMalformedKeys) {
  const auto with = [](std::int64_t algorithm, const Buffer& bytes) {
    Fields fields(*cast().plan().encode());
    Items keys(fields.at(5));
    Fields key(keys.items[0]);
    key.at(1) = cbor_integer(algorithm);
    key.at(2) = cbor_bytes(bytes);
    keys.items[0] = key.encode();
    fields.at(5) = keys.encode();
    return refusal(fields);
  };
  EXPECT_EQ(with(-8, Buffer(32)), Code::weak_key);
  EXPECT_EQ(with(-8, Buffer(31)), Code::bad_key);
  EXPECT_EQ(with(-8, Buffer(32, 0xff)), Code::bad_key);
  EXPECT_EQ(with(-47, Buffer(33)), Code::bad_key);
  EXPECT_EQ(with(-47, Buffer(33, 0xff)), Code::bad_key);
  EXPECT_EQ(with(-47, Buffer(34)), Code::oversized);
  EXPECT_EQ(with(-51, Buffer(31)), Code::bad_key);
  EXPECT_EQ(with(-51, Buffer(33)), Code::bad_key);
  EXPECT_EQ(with(-7, Buffer(33)), Code::unsupported_algorithm);
}

TEST(Keyring, RefusesKeysOutOfOrder) {
  Fields fields(*cast().plan().encode());
  Items keys(fields.at(5));
  std::swap(keys.items[0], keys.items[1]);
  fields.at(5) = keys.encode();
  EXPECT_EQ(refusal(fields), Code::not_canonical);
}

TEST(Keyring, RefusesAGroupThatDoesNotExist) {
  KeyringPlan key = cast().plan();
  key.keys[0].group = 5;
  EXPECT_EQ(refusal(key), Code::bad_keyring);
  KeyringPlan clause = cast().plan();
  policy_of(clause, Kind::abi_pack).clauses[1].group = 5;
  EXPECT_EQ(refusal(clause), Code::bad_keyring);
}

TEST(Keyring, RefusesGroupsThatRepeatOrAreNotPlain) {
  for (const char* bad : {"vendor", "Committee", "", "two words"}) {
    KeyringPlan plan = cast().plan();
    plan.groups[1] = bad;
    EXPECT_EQ(refusal(plan), Code::bad_keyring) << bad;
  }
}

TEST(Keyring, RefusesSignersWithoutAName) {
  for (const char* bad : {"", "two\nlines"}) {
    KeyringPlan plan = cast().plan();
    plan.keys[0].name = bad;
    EXPECT_EQ(refusal(plan), Code::bad_keyring);
  }
  KeyringPlan plan = cast().plan();
  plan.keys[0].name = std::string(kNameMax + 1, 'n');
  EXPECT_EQ(refusal(plan), Code::oversized);
}

template <class T>
concept Parsed = requires(T&& encoded) { Keyring::parse(std::forward<T>(encoded)); };
template <class T>
concept Anchored = requires(T&& envelope) { open_keyring_anchor(std::forward<T>(envelope)); };

TEST(Keyring, IsParsedFromNothingThatNobodyHolds) {
  EXPECT_TRUE((Parsed<Buffer&> && Parsed<const Buffer&> && Parsed<Bytes> && Parsed<MutableBytes>));
  EXPECT_FALSE((Parsed<Buffer> || Parsed<const Buffer> || Parsed<std::array<std::uint8_t, 8>>));
  EXPECT_TRUE((Anchored<Buffer&> && Anchored<Bytes>));
  EXPECT_FALSE((Anchored<Buffer> || Anchored<const Buffer>));
}

TEST(Keyring, FindsEachOfItsKeysByItsIdAndNoOther) {
  const Keyring& keyring = cast().keyring();
  for (std::size_t i = 0; i < keyring.keys.size(); ++i) {
    const Key key = keyring.keys[i];
    EXPECT_EQ(key.id, key_id(key.key));
    EXPECT_EQ(key.group, keyring.keys.group_of(i));
    EXPECT_EQ(key.signer, keyring.keys.signer_of(i));
    const std::optional<Key> found = keyring.find(key.id.bytes);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, key.name);
    for (const std::size_t at : {0U, 15U, 31U}) {
      Digest other = key.id;
      other.bytes[at] ^= 1;
      EXPECT_FALSE(keyring.find(other.bytes));
    }
    EXPECT_FALSE(keyring.find(Bytes(key.id.bytes).first(31)));
  }
  EXPECT_FALSE(keyring.find({}));
}

KeyringPlan with_second_key(std::string_view name, Algorithm algorithm) {
  KeyringPlan plan = cast().plan();
  plan.add(Signer(name, algorithm, "second"), "committee");
  return plan;
}

TEST(Keyring, TakesKeysOfOneNameForOneSigner) {
  KeyringPlan plan = with_second_key("committee-1", Algorithm::es256k);
  plan.add(Signer("committee-1", Algorithm::slh_dsa_sha2_128s), "committee");
  const Buffer encoded = *plan.encode();
  const Keyring keyring = *Keyring::parse(encoded);
  std::size_t keys = 0;
  for (const Key& key : keyring.keys) {
    const Key first = keyring.keys[key.signer];
    EXPECT_EQ(first.name, key.name);
    EXPECT_EQ(first.signer, key.signer);
    keys += key.name == "committee-1";
  }
  EXPECT_EQ(keys, 3u);
}

TEST(Keyring, RefusesANameInTwoGroupsOrTwiceWithOneAlgorithm) {
  EXPECT_EQ(refusal(with_second_key("committee-1", Algorithm::es256k)), Code::ok);
  EXPECT_EQ(refusal(with_second_key("committee-1", Algorithm::eddsa)), Code::bad_keyring);
  EXPECT_EQ(refusal(with_second_key("vendor", Algorithm::es256k)), Code::bad_keyring);
}

TEST(Keyring, CountsOnlySignersWhoHoldWhatAClauseDemandsForItsThreshold) {
  KeyringPlan plan = with_second_key("committee-1", Algorithm::es256k);
  Clause& clause = policy_of(plan, Kind::firmware).clauses[1];
  clause.algorithms = {Algorithm::eddsa, Algorithm::es256k};
  clause.threshold = 1;
  EXPECT_EQ(refusal(plan), Code::ok);
  clause.threshold = 2;
  EXPECT_EQ(refusal(plan), Code::bad_keyring);
  clause.threshold = 3;
  clause.algorithms = {};
  EXPECT_EQ(refusal(plan), Code::ok);
  clause.threshold = 4;  // four keys, three signers
  EXPECT_EQ(refusal(plan), Code::bad_keyring);
  clause.threshold = 1;
  clause.algorithms = {Algorithm::slh_dsa_sha2_128s};
  EXPECT_EQ(refusal(plan), Code::bad_keyring);
}

TEST(Keyring, SaysWhichAlgorithmsAClauseDemands) {
  KeyringPlan plan = with_second_key("committee-1", Algorithm::es256k);
  policy_of(plan, Kind::firmware).clauses[1] = {
      plan.group("committee"), 1, {Algorithm::eddsa, Algorithm::es256k}};
  const Buffer encoded = *plan.encode();
  const Keyring keyring = *Keyring::parse(encoded);
  const auto& clauses = keyring.policy(Kind::firmware).clauses;
  EXPECT_TRUE(clauses[0].algorithms.empty());
  EXPECT_EQ(clauses[1].algorithms, (AlgorithmSet{Algorithm::es256k, Algorithm::eddsa}));
}

TEST(Keyring, TakesTheAlgorithmsOfAClauseInOneOrder) {
  const auto with = [](const std::vector<std::int64_t>& numbers) {
    Fields fields(*with_second_key("committee-1", Algorithm::es256k).encode());
    Fields policies(fields.at(6));
    Items clauses(policies.at(1));
    Items clause(clauses.items[1]);
    Items algorithms;
    for (std::int64_t number : numbers) algorithms.items.push_back(cbor_integer(number));
    clause.items[1] = cbor_number(1);
    clause.items.push_back(algorithms.encode());
    clauses.items[1] = clause.encode();
    policies.at(1) = clauses.encode();
    fields.at(6) = policies.encode();
    return refusal(fields);
  };
  EXPECT_EQ(with({-47, -8}), Code::ok);
  EXPECT_EQ(with({-8, -47}), Code::not_canonical);
  EXPECT_EQ(with({-8, -8}), Code::not_canonical);
  EXPECT_EQ(with({}), Code::not_canonical);
  EXPECT_EQ(with({-7}), Code::unsupported_algorithm);
  EXPECT_EQ(with({-51, -47, -8}), Code::bad_keyring);  // which nobody holds
  EXPECT_EQ(with({-51, -47, -8, -7}), Code::too_many);
}

KeyringPlan certified_plan() {
  KeyringPlan plan = cast().plan();
  policy_of(plan, Kind::firmware).clauses[0].certified = true;
  return plan;
}

TEST(Keyring, SaysWhichClausesDemandCertificates) {
  KeyringPlan plan = certified_plan();
  const Buffer encoded = *plan.encode();
  const Keyring keyring = *Keyring::parse(encoded);
  const auto& clauses = keyring.policy(Kind::firmware).clauses;
  EXPECT_TRUE(clauses[0].certified);
  EXPECT_TRUE(clauses[0].algorithms.empty());
  EXPECT_FALSE(clauses[1].certified);
}

TEST(Keyring, TakesTheDemandOfAClauseInOneForm) {
  const auto with = [](const std::vector<fakes::Encoding>& parts) {
    Fields fields(*certified_plan().encode());
    Fields policies(fields.at(6));
    Items clauses(policies.at(1));
    Items clause(clauses.items[0]);
    clause.items.resize(2);
    for (const fakes::Encoding& part : parts) clause.items.push_back(part);
    clauses.items[0] = clause.encode();
    policies.at(1) = clauses.encode();
    fields.at(6) = policies.encode();
    return refusal(fields);
  };
  Items none;
  Items eddsa;
  eddsa.items.push_back(cbor_integer(-8));
  EXPECT_EQ(with({}), Code::ok);
  EXPECT_EQ(with({eddsa.encode()}), Code::ok);
  EXPECT_EQ(with({none.encode(), cbor_number(1)}), Code::ok);
  EXPECT_EQ(with({eddsa.encode(), cbor_number(1)}), Code::ok);
  EXPECT_EQ(with({none.encode()}), Code::not_canonical);
  EXPECT_EQ(with({cbor_number(1)}), Code::wrong_type);
  for (std::uint64_t condition : {0U, 2U, 3U}) {
    EXPECT_EQ(with({none.encode(), cbor_number(condition)}), Code::unknown_field) << condition;
  }
  EXPECT_EQ(with({none.encode(), cbor_text("1")}), Code::wrong_type);
  EXPECT_EQ(with({none.encode(), cbor_number(1), cbor_number(1)}), Code::too_many);
}

TEST(Keyring, DemandsNoCertificateThatNobodyCouldHoldNorOfItsRoot) {
  KeyringPlan root = cast().plan();
  policy_of(root, Kind::keyring).clauses[0].certified = true;
  EXPECT_EQ(refusal(root), Code::bad_keyring);
  KeyringPlan plan = with_second_key("committee-1", Algorithm::slh_dsa_sha2_128s);
  Clause& clause = policy_of(plan, Kind::firmware).clauses[1];
  clause = {plan.group("committee"), 1, {Algorithm::slh_dsa_sha2_128s}, true};
  EXPECT_EQ(refusal(plan), Code::ok);
  plan.keys.erase(std::ranges::find_if(plan.keys, [](const KeyringPlan::Listed& one) {
    return one.name == "committee-1" && one.key.algorithm == Algorithm::eddsa;
  }));
  EXPECT_EQ(refusal(plan), Code::bad_keyring);
}

// ---- the log and the certificate roots

KeyringPlan logged_plan() {
  KeyringPlan plan = cast().plan();
  plan.log = KeyringPlan::Log{};
  KeyringPlan::Log& log = *plan.log;
  log.key = Signer("log", Algorithm::eddsa).key();
  for (const char* name : {"witness.example/b", "witness.example/a", "c"}) {
    log.witnesses.push_back({name, Signer(name, Algorithm::eddsa).key()});
  }
  log.required = 2;
  return plan;
}

TEST(KeyringLog, SaysWhatThePlanSaid) {
  const KeyringPlan plan = logged_plan();
  const Buffer encoded = *plan.encode();
  const Keyring keyring = *Keyring::parse(encoded);
  ASSERT_TRUE(keyring.log().has_value());
  EXPECT_EQ(keyring.log()->origin, "log.example/wallets");
  EXPECT_EQ(keyring.log()->key, plan.log->key);
  EXPECT_EQ(keyring.log()->required, 2);
  ASSERT_EQ(keyring.log()->witnesses.size(), 3u);
  EXPECT_EQ(keyring.log()->witnesses[0].name, "c");  // sorted
  EXPECT_EQ(keyring.log()->witnesses[1].key, plan.log->witnesses[1].second);
  const Buffer without = *cast().plan().encode();
  EXPECT_FALSE(Keyring::parse(without)->log().has_value());
}

TEST(KeyringLog, RequiresBetweenOneAndAllWitnesses) {
  for (const auto& [required, code] : std::vector<std::pair<std::uint8_t, Code>>{
           {0, Code::bad_keyring}, {1, Code::ok}, {3, Code::ok}, {4, Code::bad_keyring}}) {
    KeyringPlan plan = logged_plan();
    plan.log->required = required;
    EXPECT_EQ(refusal(plan), code) << int{required};
  }
  KeyringPlan nobody = logged_plan();
  nobody.log->witnesses.clear();
  EXPECT_EQ(refusal(nobody), Code::not_canonical);
}

TEST(KeyringLog, RefusesAKeyThatStandsElsewhere) {
  KeyringPlan twice = logged_plan();
  twice.log->witnesses[0].second = twice.log->witnesses[1].second;
  EXPECT_EQ(refusal(twice), Code::bad_keyring);
  KeyringPlan itself = logged_plan();
  itself.log->witnesses[2].second = itself.log->key;
  EXPECT_EQ(refusal(itself), Code::bad_keyring);
  KeyringPlan signer = logged_plan();
  signer.log->witnesses[0].second = cast()["vendor"].key();
  EXPECT_EQ(refusal(signer), Code::bad_keyring);
  KeyringPlan log = logged_plan();
  log.log->key = cast()["root-1"].key();
  EXPECT_EQ(refusal(log), Code::bad_keyring);
}

TEST(KeyringLog, RefusesNamesThatASignedNoteCannotHold) {
  for (const char* bad : {"", "two words", "a+b", "ümlaut", "two\nlines"}) {
    KeyringPlan origin = logged_plan();
    origin.log->origin = bad;
    EXPECT_EQ(refusal(origin), Code::bad_keyring) << bad;
    KeyringPlan witness = logged_plan();
    witness.log->witnesses[0].first = bad;
    EXPECT_EQ(refusal(witness), Code::bad_keyring) << bad;
  }
  KeyringPlan longest = logged_plan();
  longest.log->origin = std::string(kOriginMax, 'o');
  EXPECT_EQ(refusal(longest), Code::ok);
  longest.log->origin += 'o';
  EXPECT_EQ(refusal(longest), Code::oversized);
}

TEST(KeyringLog, RefusesEveryPartThatIsMissingWeakOrOutOfOrder) {
  const auto with = [](auto change) {
    Fields fields(*logged_plan().encode());
    Fields log(fields.at(8));
    change(log);
    fields.at(8) = log.encode();
    return refusal(fields);
  };
  EXPECT_EQ(with([](Fields&) {}), Code::ok);
  for (std::int64_t key : {1, 2, 3, 4}) {
    EXPECT_EQ(with([key](Fields& log) { log.erase(key); }), Code::missing_field) << key;
  }
  EXPECT_EQ(with([](Fields& log) { log.append(5, cbor_number(1)); }), Code::too_many);
  EXPECT_EQ(with([](Fields& log) { log.at(2) = cbor_bytes(Buffer(32)); }), Code::weak_key);
  EXPECT_EQ(with([](Fields& log) { log.at(2) = cbor_bytes(Buffer(31)); }), Code::bad_key);
  EXPECT_EQ(with([](Fields& log) {
              Items witnesses(log.at(3));
              std::swap(witnesses.items[0], witnesses.items[1]);
              log.at(3) = witnesses.encode();
            }),
            Code::not_canonical);
  EXPECT_EQ(with([](Fields& log) {
              Items witnesses(log.at(3));
              Fields first(witnesses.items[0]);
              first.erase(2);
              witnesses.items[0] = first.encode();
              log.at(3) = witnesses.encode();
            }),
            Code::missing_field);
}

TEST(KeyringCertificates, AreCarriedInOrderAndWithinTheirLimits) {
  KeyringPlan plan = cast().plan();
  plan.certificate_roots = {Buffer(kCertificateSizeMax, 2), Buffer{1, 2}, Buffer{1}};
  const Buffer encoded = *plan.encode();
  const Keyring keyring = *Keyring::parse(encoded);
  ASSERT_EQ(keyring.certificate_roots.size(), 3u);
  EXPECT_TRUE(equal(keyring.certificate_roots[1], Buffer{1, 2}));
  EXPECT_TRUE(equal(keyring.certificate_roots[2], plan.certificate_roots[0]));

  plan.certificate_roots = {Buffer(kCertificateSizeMax + 1, 2)};
  EXPECT_EQ(refusal(plan), Code::oversized);
  plan.certificate_roots = {Buffer{}};
  EXPECT_EQ(refusal(plan), Code::bad_keyring);
  plan.certificate_roots = {Buffer{1}, Buffer{1}};
  EXPECT_EQ(refusal(plan), Code::not_canonical);
  plan.certificate_roots = {{1}, {2}, {3}, {4}, {5}};
  EXPECT_EQ(refusal(plan), Code::too_many);
}

TEST(Keyring, RefusesThresholdsThatNobodyOrAnybodyMeets) {
  for (std::uint8_t threshold : std::vector<std::uint8_t>{0, 4, 255}) {
    KeyringPlan plan = cast().plan();
    policy_of(plan, Kind::firmware).clauses[1].threshold = threshold;
    EXPECT_EQ(refusal(plan), Code::bad_keyring) << int{threshold};
  }
  for (std::uint8_t threshold : std::vector<std::uint8_t>{1, 2, 3}) {
    KeyringPlan plan = cast().plan();
    policy_of(plan, Kind::firmware).clauses[1].threshold = threshold;
    EXPECT_EQ(refusal(plan), Code::ok) << int{threshold};
  }
}

TEST(Keyring, RefusesAPolicyThatNamesAGroupTwiceOrNone) {
  KeyringPlan twice = cast().plan();
  policy_of(twice, Kind::firmware).clauses = {{0, 1}, {0, 1}};
  EXPECT_EQ(refusal(twice), Code::not_canonical);
  KeyringPlan none = cast().plan();
  policy_of(none, Kind::firmware).clauses = {};
  EXPECT_EQ(refusal(none), Code::not_canonical);
}

TEST(Keyring, LetsTheRootGroupSignKeyringsAndNothingElse) {
  KeyringPlan elsewhere = cast().plan();
  policy_of(elsewhere, Kind::firmware).clauses.push_back({elsewhere.group("root"), 1});
  EXPECT_EQ(refusal(elsewhere), Code::bad_keyring);
  KeyringPlan shared = cast().plan();
  policy_of(shared, Kind::keyring).clauses.push_back({shared.group("vendor"), 1});
  EXPECT_EQ(refusal(shared), Code::bad_keyring);
  KeyringPlan replaced = cast().plan();
  policy_of(replaced, Kind::keyring).clauses = {{replaced.group("committee"), 2}};
  EXPECT_EQ(refusal(replaced), Code::bad_keyring);
  KeyringPlan none = cast().plan();
  std::erase_if(none.policies, [](const auto& policy) { return policy.kind == Kind::keyring; });
  EXPECT_EQ(refusal(none), Code::bad_keyring);
}

TEST(Keyring, RefusesAPolicyForAKindThatDoesNotExist) {
  Fields fields(*cast().plan().encode());
  Fields policies(fields.at(6));
  policies.entries.back().first = 7;
  fields.at(6) = policies.encode();
  EXPECT_EQ(refusal(fields), Code::unknown_field);
  policies.entries.back().first = -1;
  fields.at(6) = policies.encode();
  EXPECT_EQ(refusal(fields), Code::unknown_field);
}

TEST(Keyring, RefusesRetainedDigestsOutOfOrderTwiceOrNone) {
  const auto with = [](auto change) {
    Fields fields(*retaining_plan().encode());
    Items retained(fields.at(7));
    change(retained.items);
    fields.at(7) = retained.encode();
    return refusal(fields);
  };
  EXPECT_EQ(with([](auto& items) { std::swap(items[0], items[1]); }), Code::not_canonical);
  EXPECT_EQ(with([](auto& items) { items[1] = items[0]; }), Code::not_canonical);
  EXPECT_EQ(with([](auto& items) { items.clear(); }), Code::not_canonical);
  EXPECT_EQ(with([](auto& items) { items.resize(kRetainedMax + 1, items[0]); }), Code::too_many);
}

TEST(Keyring, RefusesMoreKeysThanItsLimit) {
  KeyringPlan plan = cast().plan();
  for (std::size_t i = plan.keys.size(); i < kKeysMax; ++i) {
    plan.add(Signer("more-" + std::to_string(i), Algorithm::eddsa), "committee");
  }
  EXPECT_EQ(refusal(plan), Code::ok);
  plan.add(Signer("one-more", Algorithm::eddsa), "committee");
  EXPECT_EQ(refusal(plan), Code::too_many);
}

TEST(Keyring, RefusesMoreThanItsSizeLimitUnread) {
  const Buffer large(kKeyringSizeMax + 1);
  EXPECT_EQ(Keyring::parse(large).error().code, Code::oversized);
}

}  // namespace
}  // namespace airlock::package
