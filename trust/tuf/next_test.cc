// Metadata that follows what is there, keys of every type, and who has signed a draft.
#include <gtest/gtest.h>

#include "tests/fakes/signers.h"
#include "trust/tuf/internal/fake_keys.h"

namespace airlock::tuf::internal {
namespace {

constexpr std::int64_t kLater = FakeRepository::kNow + 86'400;

FakeSigner signer(const char* name) {
  return fake_signer(fakes::Signer(name, crypto::Algorithm::eddsa));
}
PublicKey key_of(const FakeSigner& who) {
  const auto raw = text::from_hex(who.key["keyval"]["public"].get<std::string>());
  return *ed25519_key(*raw);
}

// Signs a draft as the publisher's side does: over its canonical form.
Buffer signed_by(const std::string& draft, const std::vector<FakeSigner>& signers) {
  std::vector<RoleSignature> signatures;
  for (const FakeSigner& who : signers) {
    signatures.push_back({who.keyid, who.sign(bytes_of(*message_of(draft)))});
  }
  return buffer_of(*join(draft, signatures));
}

json::Value part_of(const Result<std::string>& draft) {
  EXPECT_TRUE(draft) << name(draft.error().code);
  return draft ? *json::parse(*draft, kTargetsSizeMax) : json::Value();
}

Code code_of(const Result<std::string>& draft) { return draft ? Code::ok : draft.error().code; }

FakeRepository four_keys() {
  return FakeRepository(
      {signer("root"), signer("timestamp"), signer("snapshot"), signer("targets")});
}

TEST(KeyFromPem, TakesTheThreeTypesAndNoOthers) {
  const FakeKey ec = make_ec_key(), rsa = make_rsa_key();
  const auto p256 = key_from_pem(pem_of(ec.get()));
  ASSERT_TRUE(p256);
  EXPECT_EQ(json::parse(p256->object, 4096)->at("keytype"), "ecdsa");
  EXPECT_EQ(json::parse(p256->object, 4096)->at("scheme"), "ecdsa-sha2-nistp256");
  EXPECT_EQ(p256->id, ecdsa_signer(ec).keyid);
  const auto pss = key_from_pem(pem_of(rsa.get()));
  ASSERT_TRUE(pss);
  EXPECT_EQ(pss->id, rsa_signer(rsa).keyid);
  const FakeKey edwards{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free};
  const auto ed25519 = key_from_pem(pem_of(edwards.get()));
  ASSERT_TRUE(ed25519);
  EXPECT_EQ(ed25519->material.size(), crypto::kEd25519KeySize);
  EXPECT_EQ(ed25519->id, ed25519_key(ed25519->material)->id);
  for (const FakeKey& other :
       {make_ec_key("secp256k1"), make_ec_key("P-384"), make_rsa_key(1024)}) {
    EXPECT_EQ(key_from_pem(pem_of(other.get())).error().code, Code::key_too_weak);
  }
  EXPECT_EQ(key_from_pem(pem_of(ec.get()) + pem_of(rsa.get())).error().code, Code::bad_key);
  EXPECT_EQ(key_from_pem("").error().code, Code::bad_key);
}

TEST(KeyFromPem, GivesOneKeyOneIdHoweverItsPointIsWritten) {
  const FakeKey ec = make_ec_key();
  const std::string plain = pem_of(ec.get());
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(ec.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                           OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_COMPRESSED),
            1);
  const std::string compressed = pem_of(ec.get());
  ASSERT_NE(plain, compressed);
  EXPECT_EQ(key_from_pem(plain)->id, key_from_pem(compressed)->id);
}

TEST(NextRoot, IsTakenByTheClientWhateverTheTypesOfItsKeys) {
  FakeRepository repository = four_keys();
  MemoryStore store{repository.file("1.root.json")};
  ASSERT_TRUE(refresh(store, repository, FakeRepository::kNow));
  const FakeSigner root = ecdsa_signer(make_ec_key()), targets = rsa_signer(make_rsa_key());
  const auto pem = [](const FakeSigner& who) {
    return *key_from_pem(who.key["keyval"]["public"].get<std::string>());
  };
  const auto draft = next_root(
      repository.file("1.root.json"), 2, kLater,
      {{"root", {pem(root)}, {}, 2}, {"targets", {pem(targets)}, {signer("targets").keyid}}});
  ASSERT_TRUE(draft) << name(draft.error().code);
  repository.files["2.root.json"] = signed_by(*draft, {signer("root"), root});
  repository.signers["targets"] = {targets};
  for (const char* role : {"targets", "snapshot", "timestamp"}) {
    repository.part_of(role)["version"] = 2;
  }
  repository.publish();
  const auto seen = refresh(store, repository, FakeRepository::kNow);
  ASSERT_TRUE(seen) << name(seen.error().code);
  EXPECT_EQ(seen->version_of("root"), 2U);
  EXPECT_EQ(seen->version_of("targets"), 2U);
}

TEST(NextRoot, KeepsWhatNobodyNames) {
  FakeRepository repository = four_keys();
  repository.root["x-of-another-tool"] = {{"a", 1}};
  const Buffer from = FakeRepository::sign(repository.root, {});
  const json::Value next =
      part_of(next_root(from, 2, kLater, {{"timestamp", {key_of(signer("next"))}}}));
  EXPECT_EQ(next["x-of-another-tool"], repository.root["x-of-another-tool"]);
  EXPECT_EQ(next["roles"]["targets"], repository.root["roles"]["targets"]);
  EXPECT_EQ(next["keys"].size(), repository.root["keys"].size() + 1);
  EXPECT_EQ(next["roles"]["timestamp"]["keyids"].size(), 2U);
  EXPECT_EQ(next["roles"]["timestamp"]["threshold"], 1);
  EXPECT_EQ(next["version"], 2);
}

TEST(NextRoot, DropsAKeyThatNoRoleNamesAnyMore) {
  FakeRepository repository = four_keys();
  repository.root["roles"]["snapshot"]["keyids"].push_back(signer("timestamp").keyid);
  const Buffer from = FakeRepository::sign(repository.root, {});
  const std::string id = signer("timestamp").keyid;
  const RoleChange first{"timestamp", {key_of(signer("next"))}, {id}};
  EXPECT_TRUE(part_of(next_root(from, 2, kLater, {first}))["keys"].contains(id));
  const json::Value next = part_of(next_root(from, 2, kLater, {first, {"snapshot", {}, {id}}}));
  EXPECT_FALSE(next["keys"].contains(id));
}

TEST(NextRoot, RefusesWhatCannotBe) {
  FakeRepository repository = four_keys();
  const Buffer& from = repository.file("1.root.json");
  const auto code = [&](const RoleChange& change) {
    return code_of(next_root(from, 2, kLater, {change}));
  };
  EXPECT_EQ(code({"targets", {}, {}, 2}), Code::out_of_range);
  EXPECT_EQ(code({"targets", {}, {}, 0}), Code::out_of_range);
  EXPECT_EQ(code({"targets", {}, {signer("targets").keyid}}), Code::out_of_range);
  EXPECT_EQ(code({"targets", {}, {signer("root").keyid}}), Code::not_found);
  EXPECT_EQ(code({"targets", {key_of(signer("targets"))}}), Code::duplicate_key);
  EXPECT_EQ(code({"mirrors", {key_of(signer("targets"))}}), Code::wrong_type);
  EXPECT_EQ(code_of(next_root(repository.file("1.targets.json"), 2, kLater, {})),
            Code::bad_metadata);
  EXPECT_EQ(code_of(next_root(from, 0, kLater, {})), Code::out_of_range);
}

TEST(NextTargets, KeepsDelegationsAndOtherTargets) {
  FakeRepository repository = four_keys();
  repository.targets["targets"]["old"] = {{"length", 1},
                                          {"hashes", {{"sha512", std::string(128, 'a')}}}};
  repository.targets["targets"]["gone"] = repository.targets["targets"]["old"];
  repository.targets["delegations"] = {{"keys", json::Value::object()},
                                       {"roles", json::Value::array()}};
  const Buffer from = FakeRepository::sign(repository.targets, {});
  const Target added{"new", 3, crypto::sha256(bytes_of("new"))};
  const json::Value next = part_of(next_targets(from, 2, kLater, {{added}, {"gone"}}));
  EXPECT_EQ(next["delegations"], repository.targets["delegations"]);
  EXPECT_EQ(next["targets"].size(), repository.targets["targets"].size());
  EXPECT_FALSE(next["targets"].contains("gone"));
  EXPECT_EQ(next["targets"]["old"], repository.targets["targets"]["old"]);
  EXPECT_EQ(next["targets"]["new"]["length"], 3);
  EXPECT_EQ(code_of(next_targets(from, 2, kLater, {{}, {"nothere"}})), Code::not_found);
  EXPECT_EQ(code_of(next_targets(from, 2, kLater, {{{"../up", 3, added.sha256}}})), Code::bad_text);
}

TEST(NextTargets, GetOtherDelegationsInWhateverFormTheyHadSome) {
  FakeRepository repository = four_keys();
  BinsDraft bins{"bin", 4, {{key_of(signer("bins"))}}};
  for (const char* before : {"none", "roles", "agreements"}) {
    if (std::string_view(before) == "roles") {
      repository.delegate("targets", "team", {signer("team")}, {{"paths", {"*"}}});
    } else if (std::string_view(before) == "agreements") {
      repository.targets["delegations"] = json::Value::array();
      repository.targets["keys"] = repository.targets["roles"] = json::Value::object();
    }
    const Buffer from = FakeRepository::sign(repository.targets, {});
    const json::Value next =
        part_of(next_targets(from, 2, kLater, {{}, {}, DelegationsDraft{{}, bins}}));
    EXPECT_EQ(next["delegations"]["succinct_roles"]["bit_length"], 4) << before;
    EXPECT_FALSE(next["delegations"].contains("roles")) << before;
    EXPECT_FALSE(next.contains("keys") || next.contains("roles")) << before;
    EXPECT_EQ(next["targets"], repository.targets["targets"]) << before;
  }
}

TEST(NextSnapshot, KeepsTheFilesOfDelegatedRoles) {
  FakeRepository repository = four_keys();
  repository.snapshot["meta"]["a/b.json"] = {{"version", 7}};
  const Buffer from = FakeRepository::sign(repository.snapshot, {});
  const MetaFile targets{9, 10, crypto::sha256(bytes_of("targets"))};
  const json::Value next = part_of(next_snapshot(from, 2, kLater, {{"targets", targets}}));
  EXPECT_EQ(next["meta"]["a/b.json"]["version"], 7);
  EXPECT_EQ(next["meta"]["targets.json"]["version"], 9);
}

TEST(Drafts, AreSignedAsTheClientReadsThemWithLineEndsToo) {
  FakeRepository repository = four_keys();
  MemoryStore store{repository.file("1.root.json")};
  Target odd{"a", 1, crypto::sha256(bytes_of("a")), R"({"note":"two\nlines \"quoted\""})"};
  const std::string draft = *draft_targets(2, kLater, {odd});
  const Buffer file = signed_by(draft, {signer("targets")});
  repository.files["2.targets.json"] = file;
  repository.snapshot["meta"]["targets.json"] = FakeRepository::entry_of(file, 2);
  repository.snapshot["version"] = 2;
  repository.timestamp["version"] = 2;
  repository.publish_snapshot();
  repository.publish_timestamp();
  const auto seen = refresh(store, repository, FakeRepository::kNow);
  ASSERT_TRUE(seen) << name(seen.error().code);
  EXPECT_EQ(seen->find("a")->custom, odd.custom);
  EXPECT_EQ(take_apart(file)->draft, draft);
  EXPECT_EQ(take_apart(file)->signatures.size(), 1U);
}

TEST(TallyOfADraft, CountsEachKeyOnceAndNamesWhoIsMissing) {
  const FakeSigner anna = signer("anna"), ben = signer("ben"), mallory = signer("mallory");
  const RoleKeys three{{key_of(anna), key_of(ben), key_of(signer("carol"))}, 2};
  const RoleKeys one{{key_of(signer("one"))}};
  const std::string root = *draft_root({1, kLater, three, one, one, one});
  const Buffer judge = signed_by(root, {});
  const auto counted = [&](const std::vector<FakeSigner>& signers) {
    return *tally(judge, "root", signed_by(root, signers));
  };
  EXPECT_FALSE(counted({}).is_met());
  EXPECT_EQ(counted({}).yet_to_sign.size(), 3U);
  const Tally by_one = counted({anna, mallory});
  ASSERT_EQ(by_one.signed_by.size(), 1U);
  EXPECT_EQ(by_one.signed_by[0].id, anna.keyid);
  ASSERT_EQ(by_one.yet_to_sign.size(), 2U);
  EXPECT_EQ(by_one.yet_to_sign[0].id, ben.keyid);
  EXPECT_EQ(by_one.yet_to_sign[0].material, key_of(ben).material);
  EXPECT_FALSE(by_one.is_met());
  EXPECT_TRUE(counted({anna, ben}).is_met());
  Buffer forged = signed_by(root, {anna, ben});
  std::string text(text_of(forged));
  const std::size_t at = text.find("\"sig\":\"") + 10;
  text[at] = text[at] == '0' ? '1' : '0';
  EXPECT_FALSE(tally(judge, "root", bytes_of(text))->is_met());
  EXPECT_EQ(tally(judge, "mirrors", judge).error().code, Code::wrong_type);
}

TEST(TallyOfADraft, CountsADelegatedRolesKeysByTheTargetsAboveIt) {
  const FakeSigner anna = signer("anna"), ben = signer("ben"), mallory = signer("mallory");
  DelegationsDraft delegations;
  delegations.bins = BinsDraft{"bin", 4, {{key_of(anna), key_of(ben)}, 2}};
  const Buffer judge = signed_by(*draft_targets(1, kLater, {}, delegations), {});
  const std::string bin = *draft_targets(1, kLater, {});
  EXPECT_TRUE(tally(judge, "bin-a", signed_by(bin, {anna, ben}))->is_met());
  const Tally by_one = *tally(judge, "bin-a", signed_by(bin, {anna, mallory}));
  EXPECT_FALSE(by_one.is_met());
  EXPECT_EQ(by_one.yet_to_sign.size(), 1U);
  for (const char* other : {"bin-10", "bin-g", "bin-", "other-a", "bin-A"}) {
    EXPECT_EQ(tally(judge, other, signed_by(bin, {anna, ben})).error().code, Code::wrong_type);
  }
  delegations = {};
  delegations.list.push_back({{{"team", {{key_of(ben)}}}}, {"team/*"}});
  const Buffer by_paths = signed_by(*draft_targets(1, kLater, {}, delegations), {});
  EXPECT_TRUE(tally(by_paths, "team", signed_by(bin, {ben}))->is_met());
  EXPECT_FALSE(tally(by_paths, "team", signed_by(bin, {anna}))->is_met());
}

}  // namespace
}  // namespace airlock::tuf::internal
