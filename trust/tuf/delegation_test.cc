// The search through delegations: which roles are asked, in which order, and when it ends.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/fakes/signers.h"
#include "trust/tuf/internal/delegations.h"
#include "trust/tuf/internal/fake_repository.h"

namespace airlock::tuf::internal {
namespace {

using json::Value;
using Cast = FakeRepository::Cast;
using Names = std::vector<std::string>;
constexpr std::int64_t kNow = FakeRepository::kNow;

FakeSigner signer(const std::string& name) {
  return fake_signer(fakes::Signer(name, crypto::Algorithm::eddsa));
}

Value paths(const Names& patterns) { return {{"paths", patterns}}; }
Value terminating(const Names& patterns) { return {{"paths", patterns}, {"terminating", true}}; }
const Value kAll = paths({"*"});

class Delegation : public testing::Test {
 protected:
  // One key a role, named after it and after who delegates to it.
  void delegate(const std::string& from, const std::string& name, const Value& scope = kAll) {
    repository.delegate(from, name, {signer(from + "/" + name)}, scope);
  }
  void list(const std::string& role, const std::string& path, std::string_view content) {
    FakeRepository::add_target_to(repository.part_of(role), path, content);
  }
  // Publishes, and searches as a client that has nothing but the root.
  Result<Target> find(std::string_view path) {
    repository.publish();
    store = MemoryStore(repository.file("1.root.json"));
    return find_again(path);
  }
  Result<Target> find_again(std::string_view path) {
    const auto found = refresh(store, repository, kNow);
    if (!found) return std::unexpected(found.error());
    repository.asked();
    return found->find(path, store, repository);
  }
  Code code(std::string_view path) {
    const auto found = find(path);
    return found ? Code::ok : found.error().code;
  }
  // The delegated roles that were asked for, in order.
  Names visited() {
    Names roles;
    for (const std::string& name : repository.asked()) {
      const std::size_t start = name.find('.') + 1;
      roles.push_back(name.substr(start, name.size() - start - std::string(".json").size()));
    }
    return roles;
  }

  FakeRepository repository{
      {signer("root"), signer("timestamp"), signer("snapshot"), signer("targets")}};
  MemoryStore store{repository.file("1.root.json")};
};

struct Edge {
  const char *from, *to;
  Value scope = kAll;
};
struct Graph {
  std::vector<Edge> edges;
  Names visited;
};

TEST_F(Delegation, IsSearchedInPreOrderAndInTheOrderOfTheList_CVE_2024_47534) {
  const Graph graphs[] = {
      {{{"targets", "Z"}}, {"Z"}},
      {{{"targets", "Z"}, {"targets", "B"}}, {"Z", "B"}},
      {{{"targets", "Z"}, {"targets", "B"}, {"Z", "Y"}, {"Z", "A"}}, {"Z", "Y", "A", "B"}},
      {{{"targets", "Z"}, {"targets", "B"}, {"Z", "C"}, {"C", "D"}}, {"Z", "C", "D", "B"}},
      {{{"targets", "Z"}, {"targets", "B"}, {"B", "C"}}, {"Z", "B", "C"}},
      {{{"targets", "Z", paths({"*.py"})}, {"targets", "B"}, {"Z", "C"}}, {"B"}},
      {{{"targets", "Z"}, {"targets", "B"}, {"Z", "C", paths({"*.py"})}, {"C", "D"}}, {"Z", "B"}},
      {{{"targets", "Z"}, {"targets", "B"}, {"B", "C"}, {"C", "D"}, {"D", "B"}},
       {"Z", "B", "C", "D"}},
      {{{"targets", "Z"}, {"targets", "B"}, {"B", "C"}, {"Z", "C"}}, {"Z", "C", "B"}},
  };
  for (const Graph& graph : graphs) {
    repository = FakeRepository(
        {signer("root"), signer("timestamp"), signer("snapshot"), signer("targets")});
    for (const Edge& edge : graph.edges) delegate(edge.from, edge.to, edge.scope);
    EXPECT_EQ(code("missing"), Code::target_missing);
    EXPECT_EQ(visited(), graph.visited);
  }
}

TEST_F(Delegation, EndsAfterATerminatingOneAndWhatIsBelowIt_CVE_2025_2886) {
  delegate("targets", "A");
  delegate("targets", "last");
  delegate("A", "C", terminating({"*"}));
  delegate("A", "D");
  delegate("C", "E");
  list("D", "wanted", "content");
  list("last", "wanted", "content");
  EXPECT_EQ(code("wanted"), Code::target_missing);
  EXPECT_EQ(visited(), (Names{"A", "C", "E"}));
}

TEST_F(Delegation, OfOtherTargetsTerminatesNothing) {
  delegate("targets", "A", terminating({"other/*"}));
  delegate("targets", "B");
  list("B", "wanted", "content");
  EXPECT_EQ(code("wanted"), Code::ok);
  EXPECT_EQ(visited(), (Names{"B"}));
}

TEST_F(Delegation, PrefersTheRoleAboveToTheRolesBelow) {
  delegate("targets", "A");
  list("targets", "wanted", "from above");
  list("A", "wanted", "from below");
  ASSERT_TRUE(find("wanted"));
  EXPECT_TRUE(check_target(*find("wanted"), bytes_of("from above")));
  EXPECT_EQ(visited(), Names{});
}

TEST_F(Delegation, NeedsAMatchInEveryRoleOfTheChain) {
  delegate("targets", "A", paths({"*.doc", "*.md", "foo-?.tgz"}));
  delegate("targets", "B", paths({"releases/*/*"}));
  delegate("B", "C", paths({"releases/x/*"}));
  delegate("B", "D", paths({"releases/y/*.zip"}));
  for (const char* path : {"README.md", "releases/README.md", "foo-1.tgz", "foo-alpha.tgz"}) {
    list("A", path, path);
  }
  list("C", "releases/x/x_v1", "x");
  for (const char* path : {"releases/y/y_v1.zip", "releases/z/z_v1.zip"}) list("D", path, path);
  const auto answer = [&](const char* path) {
    return std::pair<Code, Names>{code(path), visited()};
  };
  EXPECT_EQ(answer("README.md"), std::pair(Code::ok, Names{"A"}));
  EXPECT_EQ(answer("README.MD"), std::pair(Code::target_missing, Names{}));
  EXPECT_EQ(answer("releases/README.md"), std::pair(Code::target_missing, Names{}));
  EXPECT_EQ(answer("foo-1.tgz"), std::pair(Code::ok, Names{"A"}));
  EXPECT_EQ(answer("foo-alpha.tgz"), std::pair(Code::target_missing, Names{}));
  EXPECT_EQ(answer("releases/x/x_v1"), std::pair(Code::ok, Names{"B", "C"}));
  EXPECT_EQ(answer("releases/y/y_v1.zip"), std::pair(Code::ok, Names{"B", "D"}));
  EXPECT_EQ(answer("releases/z/z_v1.zip"), std::pair(Code::target_missing, Names{"B"}));
}

TEST_F(Delegation, TakesNoTargetOfANameThatIsNoPath_CVE_2026_6968) {
  delegate("targets", "A", paths({"*", "*/*", "*/*/*", "../*"}));
  for (const char* path : {"../x", "/etc/x", "a/../../x"}) list("A", path, "content");
  for (const char* path : {"../x", "/etc/x", "a/../../x"}) {
    EXPECT_EQ(code(path), Code::target_missing) << path;
    EXPECT_EQ(visited(), Names{}) << path;
  }
}

TEST_F(Delegation, ProvesARoleAgainstThisDelegatingRole_python_tuf_2977_go_tuf_759) {
  delegate("targets", "parent-a", paths({"team-a/*"}));
  delegate("targets", "parent-b", paths({"team-b/*"}));
  delegate("parent-a", "release", paths({"team-a/*"}));
  delegate("parent-b", "release", paths({"team-b/*"}));
  repository.signers["release"] = {signer("parent-a/release")};
  list("release", "team-a/x", "trusted by a");
  list("release", "team-b/x", "never trusted by b");
  repository.publish();
  const auto found = refresh(store, repository, kNow);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->find("team-a/x", store, repository));  // and is in the store from now on
  EXPECT_EQ(found->find("team-b/x", store, repository).error().code, Code::threshold_missing);
  EXPECT_TRUE(found->find("team-a/x", store, repository));
  repository.signers["release"].push_back(signer("parent-b/release"));
  repository.delegated["release"]["version"] = 2;
  for (json::Value* part : {&repository.snapshot, &repository.timestamp}) (*part)["version"] = 2;
  EXPECT_EQ(code("team-b/x"), Code::ok);
}

TEST_F(Delegation, AsksNotEvenForARoleThatTheSnapshotDoesNotList) {
  delegate("targets", "A");
  list("A", "wanted", "content");
  repository.publish_targets();
  repository.snapshot["meta"].erase("A.json");
  repository.publish_snapshot();
  repository.publish_timestamp();
  EXPECT_EQ(find_again("wanted").error().code, Code::mixed_metadata);
  EXPECT_EQ(visited(), Names{});
}

TEST_F(Delegation, NeverFallsThroughToALowerPriority) {
  delegate("targets", "first");
  delegate("targets", "second");
  list("first", "wanted", "the right one");
  list("second", "wanted", "what a mirror would like");
  repository.publish();
  const std::string name = "1.first.json";
  const Buffer honest = repository.file(name);
  const auto answer = [&](const Buffer& file) {
    store = MemoryStore(repository.file("1.root.json"));
    repository.files[name] = file;
    const auto found = find_again("wanted");
    return found ? Code::ok : found.error().code;
  };
  EXPECT_EQ(answer(buffer_of("{}")), Code::mixed_metadata);
  repository.files.erase(name);
  EXPECT_EQ(find_again("wanted").error().code, Code::not_found);
  EXPECT_EQ(answer(honest), Code::ok);
}

TEST_F(Delegation, VisitsSoManyRolesAndNoMore) {
  std::string from = "targets";
  for (std::size_t i = 0; i < kRolesVisitedMax + 1; ++i) {
    const std::string to = "role" + std::to_string(i);
    delegate(from, to);
    from = to;
  }
  list("role" + std::to_string(kRolesVisitedMax - 1), "at the limit", "content");
  list(from, "past the limit", "content");
  EXPECT_EQ(code("at the limit"), Code::ok);
  EXPECT_EQ(visited().size(), kRolesVisitedMax);
  EXPECT_EQ(code("past the limit"), Code::too_many);
  EXPECT_EQ(visited().size(), kRolesVisitedMax);
}

TEST_F(Delegation, IsFetchedWhenItIsNeededAndThenNotAgain) {
  delegate("targets", "A", paths({"a/*"}));
  delegate("targets", "B", paths({"b/*"}));
  list("A", "a/x", "content");
  repository.publish();
  ASSERT_TRUE(refresh(store, repository, kNow));
  EXPECT_EQ(store.files.contains("A"), false);
  EXPECT_EQ(code("a/x"), Code::ok);
  EXPECT_EQ(visited(), (Names{"A"}));
  EXPECT_EQ(store.files["A"], repository.file("1.A.json"));
  EXPECT_TRUE(find_again("a/x"));
  EXPECT_EQ(visited(), Names{});
  EXPECT_EQ(store.files.contains("B"), false);
}

TEST_F(Delegation, UsesPlainNamesWithoutConsistentSnapshots) {
  repository.root["consistent_snapshot"] = false;
  repository.next_root();
  delegate("targets", "A");
  list("A", "wanted", "content");
  repository.publish();
  const auto found = refresh(store, repository, kNow);
  ASSERT_TRUE(found);
  repository.asked();
  EXPECT_TRUE(found->find("wanted", store, repository));
  EXPECT_EQ(repository.asked(), (Names{"A.json"}));
}

TEST_F(Delegation, AsksForUnusualNamesAsOneSegment_CVE_2021_41131) {
  for (const char* name :
       {"?", "#", "/delegated", "../delegated", ".", "..", "a b", "%2F", "\xc3\xbc"}) {
    delegate("targets", name, paths({"none/*"}));
  }
  delegate("targets", "../../etc/passwd");
  repository.publish();
  EXPECT_EQ(find_again("missing").error().code, Code::target_missing);
  EXPECT_EQ(repository.asked(), (Names{"1...%2F..%2Fetc%2Fpasswd.json"}));
}

TEST_F(Delegation, RefusesNamesThatWouldReplaceATopLevelRole) {
  delegate("targets", "other");
  const auto answer = [&](const std::string& name) {
    repository.targets["delegations"]["roles"][0]["name"] = name;
    return code("missing");
  };
  for (const char* name : {"root", "timestamp", "snapshot", "targets", ""}) {
    EXPECT_EQ(answer(name), Code::bad_metadata) << name;
  }
  EXPECT_EQ(answer(std::string(201, 'a')), Code::bad_metadata);
  EXPECT_EQ(answer(std::string(200, 'a')), Code::mixed_metadata);  // the snapshot has no such role
  EXPECT_EQ(answer("other"), Code::target_missing);
}

TEST_F(Delegation, RefusesWhatLeavesOpenWhoIsTrustedWithWhat) {
  delegate("targets", "A", {{"paths", {"a/*"}}});
  const Value honest = repository.targets;
  const auto answer = [&](const std::function<void(Value & roles)>& bend) {
    repository.targets = honest;
    bend(repository.targets["delegations"]["roles"]);
    return code("b");
  };
  EXPECT_EQ(answer([](Value&) {}), Code::target_missing);
  EXPECT_EQ(answer([](Value& r) { r[0].erase("paths"); }), Code::bad_metadata);
  EXPECT_EQ(answer([](Value& r) { r[0]["path_hash_prefixes"] = {"00"}; }), Code::bad_metadata);
  EXPECT_EQ(answer([](Value& r) { r[0].erase("terminating"); }), Code::bad_metadata);
  EXPECT_EQ(answer([](Value& r) { r[0]["terminating"] = 1; }), Code::bad_metadata);
  EXPECT_EQ(answer([](Value& r) { r.push_back(r[0]); }), Code::bad_metadata);  // one name twice
  EXPECT_EQ(answer([](Value& r) { r[0]["paths"] = {"[ab]/*"}; }), Code::bad_metadata);
  EXPECT_EQ(answer([](Value& r) { r[0]["paths"] = {"a\\*"}; }), Code::bad_metadata);
  EXPECT_EQ(answer([](Value& r) { r[0]["paths"] = {1}; }), Code::bad_metadata);
  EXPECT_EQ(answer([](Value& r) { r = Value::object(); }), Code::bad_metadata);
  EXPECT_EQ(answer([](Value& r) { r[0]["paths"] = Value::array(); }), Code::target_missing);
}

TEST_F(Delegation, OfAnExpiredRoleIsNotUsed) {
  delegate("targets", "A");
  list("A", "wanted", "content");
  repository.delegated["A"]["expires"] = text::to_time(kNow);
  EXPECT_EQ(code("wanted"), Code::metadata_expired);
  EXPECT_EQ(store.files.contains("A"), false);
}

// ---- hash bins

TEST_F(Delegation, ChoosesABinByTheHashOfThePathAndNotOfTheContent) {
  const auto path_hash = FakeRepository::hex_digest(bytes_of("wanted"));
  const auto content_hash = FakeRepository::hex_digest(bytes_of("content"));
  ASSERT_NE(path_hash.substr(0, 2), content_hash.substr(0, 2));
  delegate("targets", "by-content", {{"path_hash_prefixes", {content_hash.substr(0, 2)}}});
  delegate("targets", "too-long", {{"path_hash_prefixes", {path_hash.substr(0, 6) + "zz"}}});
  EXPECT_EQ(code("wanted"), Code::bad_metadata);
  repository.targets["delegations"]["roles"].erase(1);
  repository.delegated.erase("too-long");
  delegate("targets", "by-path", {{"path_hash_prefixes", {"zz", path_hash.substr(0, 3)}}});
  EXPECT_EQ(code("wanted"), Code::bad_metadata);
  repository.targets["delegations"]["roles"][1]["path_hash_prefixes"][0] = "0";
  list("by-path", "wanted", "content");
  EXPECT_EQ(code("wanted"), Code::ok);
  EXPECT_EQ(visited(), (Names{"by-path"}));
}

TEST_F(Delegation, RefusesPrefixesThatAreNoLowerCaseHexadecimal) {
  for (const char* prefix : {"", "AB", "0g", "00*"}) {
    repository.targets.erase("delegations");
    delegate("targets", "bin", {{"path_hash_prefixes", {prefix}}});
    EXPECT_EQ(code("wanted"), Code::bad_metadata) << prefix;
  }
  repository.targets.erase("delegations");
  delegate("targets", "bin", {{"path_hash_prefixes", {std::string(65, '0')}}});
  EXPECT_EQ(code("wanted"), Code::bad_metadata);
}

TEST(Bins, AreNamedByTheFirstBitsOfThePathsHash) {
  // Names as TAP 15 has them: as many digits as the largest number needs.
  EXPECT_EQ(bin_name("bin", 1, 1), "bin-1");
  EXPECT_EQ(bin_name("bin", 4, 15), "bin-f");
  EXPECT_EQ(bin_name("bin", 5, 3), "bin-03");
  EXPECT_EQ(bin_name("bin", 32, 0xdeadbeef), "bin-deadbeef");
  Digest digest;
  copy_into(digest.bytes, std::array<std::uint8_t, 4>{0b1010'0101, 0xff, 0x00, 0x81});
  EXPECT_EQ(bin_number(digest, 1), 1U);
  EXPECT_EQ(bin_number(digest, 3), 0b101U);
  EXPECT_EQ(bin_number(digest, 8), 0b1010'0101U);
  EXPECT_EQ(bin_number(digest, 32), 0xa5ff0081U);
}

// The form of the specification: each path is in the prefixes of one bin, which is the succinct
// one.
TEST(Bins, AreTheSameAsPrefixesAsInTheSuccinctForm) {
  for (const unsigned bits : {1U, 3U, 4U, 6U, 8U, 10U}) {
    const BinsDraft bins{"bin", bits, {}};
    const auto by_prefix = hash_bins(bins);
    EXPECT_EQ(by_prefix.size(), std::size_t{1} << bits);
    for (int i = 0; i < 100; ++i) {
      const std::string path = "release/" + std::to_string(i);
      const std::string hash = FakeRepository::hex_digest(bytes_of(path));
      Names found;
      for (const DelegationDraft& bin : by_prefix) {
        for (const std::string& prefix : bin.path_hash_prefixes) {
          if (hash.starts_with(prefix)) found.push_back(bin.roles.front().name);
        }
      }
      EXPECT_EQ(found, Names{bin_of(bins, path)}) << bits << " " << path;
    }
  }
}

Value succinct(const FakeSigner& by, unsigned bits) {
  return {
      {"keys", {{by.keyid, by.key}}},
      {"succinct_roles",
       {{"keyids", {by.keyid}}, {"threshold", 1}, {"bit_length", bits}, {"name_prefix", "bin"}}}};
}

TEST_F(Delegation, FindsTargetsInSuccinctBins) {
  const FakeSigner by = signer("bins");
  repository.targets["delegations"] = succinct(by, 3);
  const BinsDraft bins{"bin", 3, {}};
  for (int i = 0; i < 8; ++i) repository.add_delegated("bin-" + std::to_string(i), {by});
  for (int i = 0; i < 30; ++i) {
    const std::string path = "release/" + std::to_string(i);
    list(bin_of(bins, path), path, path);
  }
  for (int i = 0; i < 30; ++i) {
    const std::string path = "release/" + std::to_string(i);
    EXPECT_EQ(code(path), Code::ok) << path;
    EXPECT_EQ(visited(), Names{bin_of(bins, path)});
  }
  EXPECT_EQ(code("release/none"), Code::target_missing);
}

TEST_F(Delegation, RefusesSuccinctBinsThatAreNone) {
  const FakeSigner by = signer("bins");
  const auto answer = [&](const std::function<void(Value & delegations)>& bend) {
    repository.targets["delegations"] = succinct(by, 1);
    bend(repository.targets["delegations"]);
    return code("wanted");
  };
  for (const char* name : {"bin-0", "bin-1"}) repository.add_delegated(name, {by});
  EXPECT_EQ(answer([](Value&) {}), Code::target_missing);
  for (const Value& bits : {Value(0), Value(33), Value(-1), Value("8"), Value(nullptr)}) {
    EXPECT_EQ(answer([&](Value& d) { d["succinct_roles"]["bit_length"] = bits; }),
              Code::bad_metadata)
        << bits;
  }
  EXPECT_EQ(answer([](Value& d) { d["roles"] = Value::array(); }), Code::bad_metadata);
  EXPECT_EQ(answer([](Value& d) { d.erase("succinct_roles"); }), Code::bad_metadata);
  EXPECT_EQ(answer([](Value& d) { d["succinct_roles"]["threshold"] = 0; }), Code::bad_metadata);
  EXPECT_EQ(answer([](Value& d) { d["succinct_roles"].erase("name_prefix"); }), Code::bad_metadata);
}

// ---- all that can be found

class Listing : public Delegation {
 protected:
  Names listed() {
    repository.publish();
    store = MemoryStore(repository.file("1.root.json"));
    const auto found = refresh(store, repository, kNow);
    EXPECT_TRUE(found);
    Names paths;
    for (const Target& target : found->list(store, repository).targets) {
      const auto searched = found->find(target.path, store, repository);
      EXPECT_TRUE(searched && searched->length == target.length) << target.path;
      paths.push_back(target.path);
    }
    return paths;
  }
};

TEST_F(Listing, HoldsWhatASearchFindsAtEveryDepthAndEachOnce) {
  delegate("targets", "A", paths({"a/*", "both"}));
  delegate("A", "B", paths({"a/b*"}));
  delegate("targets", "C", paths({"c", "both"}));
  list("A", "both", "the first");
  list("C", "both", "another, longer");
  list("B", "a/b1", "content");
  list("C", "c", "content");
  EXPECT_EQ(listed(), (Names{"a/b1", "both", "c", "firmware/1.0.0/demo.cose"}));
}

TEST_F(Listing, LeavesOutWhatARoleListsAndMayNot) {
  delegate("targets", "A", paths({"a/*"}));
  delegate("A", "B");
  list("A", "b/hers", "content");
  list("B", "b/not-through-a", "content");
  list("A", "a/his", "content");
  EXPECT_EQ(listed(), (Names{"a/his", "firmware/1.0.0/demo.cose"}));
}

TEST_F(Listing, LeavesOutWhatLiesBehindARoleThatCannotBeHadAndSaysSo) {
  delegate("targets", "A", paths({"a*"}));
  delegate("targets", "B", paths({"*"}));
  list("B", "a1", "content");
  list("B", "b1", "content");
  repository.publish();
  repository.files.erase("1.A.json");
  store = MemoryStore(repository.file("1.root.json"));
  const auto found = refresh(store, repository, kNow);
  const Repository::Listing listing = found->list(store, repository);
  ASSERT_EQ(listing.targets.size(), 2U);
  EXPECT_EQ(listing.targets[0].path, "b1");
  ASSERT_EQ(listing.roles.size(), 2U);
  EXPECT_EQ(listing.roles[0].judged.error().code, Code::not_found);
  EXPECT_TRUE(listing.roles[1].judged);
}

TEST_F(Listing, KnowsTheBinAndTheVersionOfEachRole) {
  const FakeSigner by = signer("bins");
  repository.targets["delegations"] = succinct(by, 3);
  for (int i = 0; i < 8; ++i) repository.add_delegated("bin-" + std::to_string(i), {by});
  repository.delegated["bin-5"]["version"] = 9;
  repository.publish();
  const auto found = refresh(store, repository, kNow);
  const BinsDraft bins{"bin", 3, {}};
  EXPECT_EQ(found->home_of("release/1"), bin_of(bins, "release/1"));
  EXPECT_EQ(found->home_of("firmware/1.0.0/demo.cose"), "targets");  // listed there already
  EXPECT_EQ(found->version_of("bin-5"), 9U);
  EXPECT_EQ(found->version_of("bin-8"), 0U);
}

TEST(FileOfMetadata, IsNamedAsRolesAreSpelledAndLiesInNoFolder) {
  for (const char* name : {"timestamp.json", "1.root.json", "12.targets.json", "3.bin-3f.json",
                           "1.a%2Fb.json", "9.a.b.json"}) {
    EXPECT_TRUE(is_file_of_metadata(name)) << name;
  }
  for (const char* name :
       {"", ".json", "root.json", "1.json", "1..json", ".root.json", "1.a/b.json", "1.a%2fb.json",
        "1.a%2.json", "1.%.json", "1.%41.json", "1.%2E.json", "1.a b.json", "../1.root.json",
        "1.root.json/..", "-1.root.json", "12345678901234567.root.json", "1.root.json.new-1-0",
        "1.root"}) {
    EXPECT_FALSE(is_file_of_metadata(name)) << name;
  }
  EXPECT_FALSE(is_file_of_metadata("1." + std::string(201, 'a') + ".json"));
}

// ---- several roles that must agree (TAP 3)

class Agreement : public Delegation {
 protected:
  Agreement() {
    for (const char* name : {"engineering", "quality", "others"}) {
      const FakeSigner one = signer(name);
      repository.targets["keys"][one.keyid] = one.key;
      repository.targets["roles"][name] = {{"keyids", {one.keyid}}, {"threshold", 1}};
      repository.add_delegated(name, {one});
    }
    repository.targets["delegations"] = {
        {{"roles", {"engineering", "quality"}}, {"paths", {"*"}}, {"terminating", false}},
        {{"roles", {"others"}}, {"paths", {"*"}}, {"terminating", false}}};
  }
};

TEST_F(Agreement, FindsWhatBothSay) {
  for (const char* role : {"engineering", "quality"}) list(role, "wanted", "content");
  const auto found = find("wanted");
  ASSERT_TRUE(found);
  EXPECT_TRUE(check_target(*found, bytes_of("content")));
  EXPECT_EQ(visited(), (Names{"engineering", "quality"}));
}

TEST_F(Agreement, RefusesWhatOneAloneSays) {
  list("engineering", "wanted", "content");
  list("others", "wanted", "content");
  EXPECT_EQ(code("wanted"), Code::roles_disagree);
  repository.delegated["engineering"]["targets"].clear();
  list("quality", "wanted", "content");
  repository.snapshot["version"] = repository.timestamp["version"] = 2;
  for (const char* role : {"engineering", "quality"}) repository.delegated[role]["version"] = 2;
  EXPECT_EQ(code("wanted"), Code::roles_disagree);
}

TEST_F(Agreement, RefusesAnotherLengthOrAnotherHash) {
  for (const char* role : {"engineering", "quality"}) list(role, "wanted", "content");
  Value& entry = repository.delegated["quality"]["targets"]["wanted"];
  const Value honest = entry;
  entry["length"] = 8;
  EXPECT_EQ(code("wanted"), Code::roles_disagree);
  for (const char* hashes : {"another", ""}) {
    entry = honest;
    if (*hashes != '\0')
      entry["hashes"]["sha256"] = FakeRepository::hex_digest(bytes_of(hashes));
    else
      entry["hashes"] = {{"sha512", std::string(128, '0')}};
    EXPECT_EQ(code("wanted"), Code::roles_disagree);
  }
}

TEST_F(Agreement, LeavesCustomToEachRole) {
  for (const char* role : {"engineering", "quality"}) {
    list(role, "wanted", "content");
    repository.delegated[role]["targets"]["wanted"]["custom"] = {{"by", role}};
  }
  EXPECT_EQ(find("wanted")->custom, "{\"by\":\"engineering\"}");
}

TEST_F(Agreement, GoesOnWhereNeitherSaysAnything) {
  list("others", "wanted", "content");
  EXPECT_EQ(code("wanted"), Code::ok);
  EXPECT_EQ(visited(), (Names{"engineering", "quality", "others"}));
  repository.targets["delegations"][0]["terminating"] = true;
  EXPECT_EQ(code("wanted"), Code::target_missing);
}

TEST_F(Agreement, LetsEachRoleDelegateFurther) {
  delegate("engineering", "builds");
  list("builds", "wanted", "content");
  list("quality", "wanted", "content");
  EXPECT_EQ(code("wanted"), Code::ok);
  EXPECT_EQ(visited(), (Names{"engineering", "builds", "quality"}));
}

TEST_F(Agreement, LetsBothRolesDelegateToOneThird) {
  for (const char* role : {"engineering", "quality"}) delegate(role, "builds");
  list("builds", "wanted", "content");
  EXPECT_EQ(code("wanted"), Code::ok);
}

TEST_F(Agreement, ProvesEachRoleByItsOwnRule) {
  for (const char* role : {"engineering", "quality"}) list(role, "wanted", "content");
  repository.signers["quality"] = {signer("engineering")};
  EXPECT_EQ(code("wanted"), Code::threshold_missing);
}

TEST_F(Agreement, RefusesListsThatNameNobodyOrSomebodyTwice) {
  const Value honest = repository.targets;
  const auto answer = [&](const std::function<void(Value & targets)>& bend) {
    repository.targets = honest;
    bend(repository.targets);
    return code("missing");
  };
  EXPECT_EQ(answer([](Value&) {}), Code::target_missing);
  for (const Value& roles : {Value::array(), Value({"quality", "quality"}), Value({"nobody"}),
                             Value({1}), Value("quality"), Value({"quality", "root"})}) {
    EXPECT_EQ(answer([&](Value& t) { t["delegations"][0]["roles"] = roles; }), Code::bad_metadata)
        << roles;
  }
  EXPECT_EQ(answer([](Value& t) { t["roles"]["quality"]["filename"] = "others.json"; }),
            Code::bad_metadata);
  EXPECT_EQ(answer([](Value& t) { t["roles"]["quality"]["threshold"] = 0; }), Code::bad_metadata);
  EXPECT_EQ(answer([](Value& t) { t.erase("keys"); }), Code::bad_metadata);
}

// ---- patterns

TEST(Pattern, StandsForNoSlashAndMindsCase) {
  const auto matches = [](const char* pattern, const char* path) {
    return matches_pattern(pattern, path);
  };
  EXPECT_TRUE(matches("a", "a"));
  EXPECT_FALSE(matches("a", "A"));
  EXPECT_FALSE(matches("a", "ab"));
  EXPECT_FALSE(matches("ab", "a"));
  EXPECT_TRUE(matches("*", "anything"));
  EXPECT_FALSE(matches("*", "any/thing"));
  EXPECT_TRUE(matches("*/*", "any/thing"));
  EXPECT_FALSE(matches("*/*", "any/thing/more"));
  EXPECT_FALSE(matches("any*thing", "any/thing"));
  EXPECT_FALSE(matches("any?thing", "any/thing"));
  EXPECT_TRUE(matches("?", "x"));
  EXPECT_FALSE(matches("?", ""));
  EXPECT_FALSE(matches("?", "xy"));
  EXPECT_TRUE(matches("*.tgz", ".tgz"));
  EXPECT_TRUE(matches("*.tgz", "a.tgz.tgz"));
  EXPECT_FALSE(matches("*.tgz", "a.tgz.zip"));
  EXPECT_TRUE(matches("a*b*c", "aXbbYc"));
  EXPECT_FALSE(matches("a*b*c", "aXbbYcd"));
  EXPECT_TRUE(matches("**", "x"));
  EXPECT_FALSE(matches("**", "x/y"));
  EXPECT_TRUE(matches("a*/b*/c", "a1/b2/c"));
  EXPECT_FALSE(matches("a*/b*/c", "a1/b2/x/c"));
  EXPECT_FALSE(matches("a*/b", "a/x/b"));
  EXPECT_TRUE(matches("foo-?.tgz", "foo-1.tgz"));
}

// The same rule, written as it is said: letter by letter, by trying every length of a '*'.
bool matches_slowly(std::string_view pattern, std::string_view path) {
  if (pattern.empty()) return path.empty();
  if (pattern[0] == '*') {
    return matches_slowly(pattern.substr(1), path) ||
           (!path.empty() && path[0] != '/' && matches_slowly(pattern, path.substr(1)));
  }
  if (path.empty()) return false;
  const bool one = pattern[0] == '?' ? path[0] != '/' : pattern[0] == path[0];
  return one && matches_slowly(pattern.substr(1), path.substr(1));
}

TEST(Pattern, AgreesWithTheRuleWrittenPlainly) {
  const std::string_view letters = "ab/*?";
  const std::string_view path_letters = "ab/";
  const auto word = [](std::size_t number, std::string_view of) {
    std::string made;
    for (; number > 0; number /= of.size() + 1) {
      if (number % (of.size() + 1) > 0) made += of[number % (of.size() + 1) - 1];
    }
    return made;
  };
  std::size_t matching = 0;
  for (std::size_t p = 0; p < 7776; ++p) {  // up to five letters
    const std::string pattern = word(p, letters);
    for (std::size_t t = 0; t < 1024; t += 3) {
      const std::string path = word(t, path_letters);
      const bool expected = matches_slowly(pattern, path);
      ASSERT_EQ(matches_pattern(pattern, path), expected) << pattern << " " << path;
      matching += expected ? 1 : 0;
    }
  }
  EXPECT_GT(matching, 1000U);
}

TEST(Pattern, TakesNoExponentialTime) {
  // Fails by time-out where it does: a '*' that is tried again for each '*' before it.
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "a*";
  EXPECT_FALSE(matches_pattern(pattern + "b", std::string(1000, 'a')));
}

}  // namespace
}  // namespace airlock::tuf::internal
