// What the repository side writes, and that our own client takes it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/fakes/signers.h"
#include "trust/tuf/internal/fake_repository.h"
#include "trust/tuf/internal/names.h"

namespace airlock::tuf::internal {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;
constexpr std::int64_t kLater = kNow + 86'400;

fakes::Signer signer(const char* name) { return {name, crypto::Algorithm::eddsa}; }

PublicKey key_of(const fakes::Signer& who) { return *ed25519_key(who.key().view()); }

RoleSignature signature_of(const fakes::Signer& who, std::string_view draft) {
  return {key_of(who).id, who.sign_message(bytes_of(*message_of(draft)))};
}

RootDraft root_draft() {
  const PublicKey one = key_of(signer("root-1"));
  const PublicKey two = key_of(signer("root-2"));
  return {1,
          kLater,
          {{one, two}, 2},
          {{key_of(signer("time"))}, 1},
          {{key_of(signer("snap"))}, 1},
          {{key_of(signer("tgt"))}, 1}};
}

Target target_of(const char* path, std::string_view content) {
  return {path, content.size(), crypto::sha256(bytes_of(content)), ""};
}

Code code_of(const Result<std::string>& result) { return result ? Code::ok : result.error().code; }

TargetClaim claim() {
  return {"firmware", {"demo-wallet", "other"}, "1.1.0", 2, crypto::sha256(bytes_of("manifest"))};
}

class FolderFetcher final : public Fetcher {
 public:
  explicit FolderFetcher(file::Path folder) : folder_(std::move(folder)) {}
  Result<Buffer> fetch(std::string_view name, std::size_t size_max) override {
    return file::read(folder_ / name, size_max);
  }

 private:
  file::Path folder_;
};

class Writing : public testing::Test {
 protected:
  Writing() {
    char name[] = "/tmp/airlock-tuf-XXXXXX";
    folder_ = ::mkdtemp(name);
    std::filesystem::create_directories(folder_ / "repo");
    std::filesystem::create_directories(folder_ / "trust");
  }
  ~Writing() override { std::filesystem::remove_all(folder_); }

  std::string put(const char* name, const Result<std::string>& draft,
                  const std::vector<fakes::Signer>& by) {
    EXPECT_TRUE(draft) << name;
    std::vector<RoleSignature> signatures;
    for (const fakes::Signer& who : by) signatures.push_back(signature_of(who, *draft));
    const std::string file = join(*draft, signatures).value();
    EXPECT_TRUE(file::replace(folder_ / "repo" / name, bytes_of(file)));
    return file;
  }
  static MetaFile entry_of(std::string_view file) {
    return {1, file.size(), crypto::sha256(bytes_of(file))};
  }

  file::Path folder_;
};

TEST_F(Writing, MakesARepositoryThatTheClientTakes) {
  Target target = target_of("firmware/1.1.0/demo-0123abcd.cose", "envelope");
  target.custom = custom_of(claim());
  const std::string root =
      put("1.root.json", draft_root(root_draft()), {signer("root-1"), signer("root-2")});
  const auto targets = put("1.targets.json", draft_targets(1, kLater, {target}), {signer("tgt")});
  const auto snapshot =
      put("1.snapshot.json", draft_snapshot(1, kLater, entry_of(targets)), {signer("snap")});
  put("timestamp.json", draft_timestamp(1, kLater, entry_of(snapshot)), {signer("time")});

  FolderStore store(folder_ / "trust");
  FolderFetcher fetcher(folder_ / "repo");
  EXPECT_EQ(refresh(store, fetcher, kNow).error().code, Code::no_trust_anchor);
  ASSERT_TRUE(store.save("root", bytes_of(root)));
  for (int run = 0; run < 2; ++run) {
    const auto found = refresh(store, fetcher, kNow);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->consistent_snapshot());
    const auto listed = found->find(target.path);
    ASSERT_TRUE(listed);
    EXPECT_EQ(listed->custom, target.custom);
    EXPECT_EQ(claim_of(*listed)->manifest, claim().manifest);
    EXPECT_EQ(found->key_materials().size(), 5u);
  }
  EXPECT_EQ(text_of(*store.load("targets")), targets);
  EXPECT_NE(targets.find("\"version\":1"), std::string::npos);
}

TEST_F(Writing, AFolderStoresRolesUnderNamesThatStayInIt_CVE_2021_41150) {
  FolderStore store(folder_ / "trust");
  for (const char* role : {"../delegated", "/delegated", "?", "#", ".", "..", "a b"}) {
    ASSERT_TRUE(store.save(role, bytes_of(role)));
    EXPECT_EQ(text_of(*store.load(role)), role);
  }
  const auto files = std::distance(std::filesystem::directory_iterator(folder_ / "trust"), {});
  EXPECT_EQ(files, 7);
  EXPECT_EQ(encoded("../d"), "..%2Fd");
  ASSERT_TRUE(store.remove("?"));
  EXPECT_EQ(store.load("?").error().code, Code::not_found);
}

TEST(NewestVersion, IsTheLargestNumberOfItsRole) {
  const file::Path folder = testing::TempDir() + "newest-version";
  std::filesystem::remove_all(folder);
  EXPECT_EQ(newest_version(folder, "snapshot"), 0U);
  std::filesystem::create_directories(folder);
  EXPECT_EQ(newest_version(folder, "snapshot"), 0U);
  for (const char* name :
       {"2.snapshot.json", "10.snapshot.json", "9.snapshot.json", "11.targets.json",
        "timestamp.json", "x12.snapshot.json", "13.snapshot.json.new", "-14.snapshot.json",
        "1 5.snapshot.json", ".snapshot.json", "99999999999999999999.snapshot.json"}) {
    ASSERT_TRUE(file::replace(folder / name, bytes_of("{}")));
  }
  EXPECT_EQ(newest_version(folder, "snapshot"), 10U);
  EXPECT_EQ(newest_version(folder, "targets"), 11U);
  EXPECT_EQ(newest_version(folder, "root"), 0U);
}

TEST(Draft, RefusesWhatTheClientWouldRefuse) {
  RootDraft draft = root_draft();
  draft.root.threshold = 3;
  EXPECT_EQ(code_of(draft_root(draft)), Code::out_of_range);
  draft.root.threshold = 0;
  EXPECT_EQ(code_of(draft_root(draft)), Code::out_of_range);
  draft = root_draft();
  draft.targets.keys.clear();
  EXPECT_EQ(code_of(draft_root(draft)), Code::out_of_range);
  draft = root_draft();
  draft.root.keys[1] = draft.root.keys[0];
  EXPECT_EQ(code_of(draft_root(draft)), Code::duplicate_key);
  draft = root_draft();
  EXPECT_EQ(ed25519_key(Buffer(32, 0)).error().code, Code::weak_key);
  draft = root_draft();
  draft.version = 0;
  EXPECT_EQ(code_of(draft_root(draft)), Code::out_of_range);

  const Target good = target_of("a/b", "x");
  EXPECT_EQ(code_of(draft_targets((std::uint64_t{1} << 53) + 1, kLater, {good})),
            Code::out_of_range);
  EXPECT_EQ(code_of(draft_targets(1, kLater, {good, good})), Code::duplicate_key);
  EXPECT_EQ(code_of(draft_targets(1, kLater, {target_of("../b", "x")})), Code::bad_text);
  Target odd = good;
  odd.custom = "[]";
  EXPECT_EQ(code_of(draft_targets(1, kLater, {odd})), Code::wrong_type);
  odd.custom = "{\"a\":1.5}";
  EXPECT_EQ(code_of(draft_targets(1, kLater, {odd})), Code::bad_json);
}

TEST(Join, PutsTheDraftIntoTheFileAsItWasSigned) {
  const std::string draft = draft_targets(1, kLater, {target_of("a", "x")}).value();
  const RoleSignature one = signature_of(signer("tgt"), draft);
  const std::string file = join(draft, {one}).value();
  EXPECT_TRUE(file.ends_with(",\"signed\":" + draft + "}"));
  EXPECT_TRUE(file.starts_with("{\"signatures\":[{\"keyid\":\""));
  EXPECT_EQ(code_of(join(draft, {one, one})), Code::bad_metadata);
  EXPECT_EQ(code_of(join(draft + " ", {one})), Code::not_canonical);
  EXPECT_EQ(code_of(join("7", {one})), Code::wrong_type);
  EXPECT_EQ(code_of(join("{", {one})), Code::bad_json);
}

TEST(Outline, ShowsAFileWithoutTrustingIt) {
  const std::string draft = draft_targets(7, kLater, {target_of("a", "x")}).value();
  const auto shown = outline(bytes_of(join(draft, {}).value()));
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->type, "targets");
  EXPECT_EQ(shown->version, 7u);
  EXPECT_EQ(shown->expires, kLater);
  EXPECT_TRUE(shown->signers.empty());
  ASSERT_EQ(shown->targets.size(), 1u);
  EXPECT_EQ(shown->targets[0].path, "a");
  EXPECT_EQ(outline(bytes_of("{}")).error().code, Code::bad_metadata);
}

TEST(Outline, ShowsWhoMaySignForEachRole) {
  const std::string draft = draft_root(root_draft()).value();
  const RoleSignature one = signature_of(signer("root-1"), draft);
  const Outline shown = outline(bytes_of(join(draft, {one}).value())).value();
  const auto id_of = [](const char* name) { return key_of(signer(name)).id; };
  EXPECT_EQ(shown.signers, std::vector{id_of("root-1")});
  EXPECT_TRUE(shown.consistent_snapshot);
  ASSERT_EQ(shown.roles.size(), 4u);
  EXPECT_EQ(shown.roles[0].name, "root");
  EXPECT_EQ(shown.roles[0].threshold, 2u);
  EXPECT_EQ(shown.roles[0].key_ids.size(), 2u);
  EXPECT_EQ(shown.roles[3].name, "targets");
  EXPECT_EQ(shown.roles[3].key_ids, std::vector{id_of("tgt")});
  ASSERT_EQ(shown.keys.size(), 5u);
  for (const OutlinedKey& key : shown.keys) {
    EXPECT_EQ(key.type, "ed25519");
    EXPECT_EQ(ed25519_key(*text::from_hex(key.material))->id, key.id);
    EXPECT_TRUE(key.usable);
  }
}

TEST(Outline, ShowsWhichFilesATimestampAndASnapshotName) {
  const Digest digest = crypto::sha256(bytes_of("file"));
  const auto files_of = [](const std::string& draft) {
    return outline(bytes_of(join(draft, {}).value())).value().files;
  };
  const auto above = files_of(draft_timestamp(3, kLater, {8, 123, digest}).value());
  ASSERT_EQ(above.size(), 1u);
  EXPECT_EQ(above[0].name, "snapshot.json");
  EXPECT_EQ(above[0].version, 8u);
  EXPECT_EQ(above[0].length, 123u);
  EXPECT_EQ(above[0].sha256, digest);
  const auto below = files_of(draft_snapshot(8, kLater, {5, 77, digest}).value());
  ASSERT_EQ(below.size(), 1u);
  EXPECT_EQ(below[0].name, "targets.json");
  EXPECT_EQ(below[0].version, 5u);
}

TEST(Claim, ReadsWhatItWritesAndNothingElse) {
  Target target = target_of("a", "x");
  target.custom = custom_of(claim());
  EXPECT_EQ(target.custom, "{\"airlock\":{\"kind\":\"firmware\",\"manifest\":\"" +
                               text::to_hex(claim().manifest.bytes) +
                               "\",\"models\":[\"demo-wallet\",\"other\"],\"security_version\":2,"
                               "\"version\":\"1.1.0\"}}");
  const auto read = claim_of(target);
  ASSERT_TRUE(read);
  EXPECT_EQ(custom_of(*read), target.custom);
  const json::Value honest = *json::parse(target.custom, 4096);
  for (const char* field : {"kind", "manifest", "models", "security_version", "version"}) {
    for (const json::Value& wrong : {json::Value(nullptr), json::Value(-1), json::Value::array({1}),
                                     json::Value(std::string(65, 'g'))}) {
      json::Value bent = honest;
      bent["airlock"][field] = wrong;
      target.custom = json::write(bent);
      EXPECT_EQ(claim_of(target).error().code, Code::bad_metadata) << target.custom;
    }
  }
  target.custom = "";
  EXPECT_EQ(claim_of(target).error().code, Code::bad_metadata);
  target.custom = "{\"other\":{}}";
  EXPECT_EQ(claim_of(target).error().code, Code::bad_metadata);
}

TEST(TargetPath, IsPlainAndStaysBelowItsFolder) {
  for (const char* path : {"a", "a/b.c", "firmware/1.0.0/demo-0123abcd.cose", "...", "a b"}) {
    EXPECT_TRUE(is_target_path(path)) << path;
  }
  for (const char* path : {"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a\\b",
                           "a\tb", "\xc3\xbc", "a\x7f"}) {
    EXPECT_FALSE(is_target_path(path)) << path;
  }
  EXPECT_FALSE(is_target_path(std::string_view("a\0b", 3)));
  EXPECT_TRUE(is_target_path(std::string(kTargetPathSizeMax, 'a')));
  EXPECT_FALSE(is_target_path(std::string(kTargetPathSizeMax + 1, 'a')));
}

TEST(TargetPath, CarriesTheHashBeforeItsLastPart) {
  const Target deep = target_of("firmware/1.1.0/demo.cose", "x");
  const std::string hex = text::to_hex(deep.sha256->bytes);
  EXPECT_EQ(path_of_target(deep, true), "firmware/1.1.0/" + hex + ".demo.cose");
  EXPECT_EQ(path_of_target(deep, false), "firmware/1.1.0/demo.cose");
  EXPECT_EQ(path_of_target(target_of("demo", "x"), true), hex + ".demo");
}

TEST(KeyId, IsTheHashOfTheCanonicalKey) {
  // SHA-256, by another program, of {"keytype":"ed25519","keyval":{"public":"d75a..511a"},
  // "scheme":"ed25519"} with the public key of RFC 8032, section 7.1, test 1.
  const auto key =
      text::from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_EQ(ed25519_key(*key)->id,
            "74c181c7ad8a0855d4b55e44d2ba87aabdddb196832571f15f92fece332e4916");
}

}  // namespace
}  // namespace airlock::tuf::internal
