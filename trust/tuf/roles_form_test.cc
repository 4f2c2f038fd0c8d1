// What targets metadata looks like and what it says of targets: each case for the top-level role
// and for a delegated one.
#include "trust/tuf/roles_test.h"

namespace airlock::tuf::internal {
namespace {

using json::Value;
constexpr std::int64_t kNow = FakeRepository::kNow;

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

TEST_P(TargetsRole, HasMembersThatNobodyKnowsAndTheyAreSigned) {
  part()["x-note"] = {{"a", 1}, {"b", {1, 2}}};
  part()["targets"][kWanted]["x-more"] = "word";
  publish();
  EXPECT_EQ(code(), Code::ok);
  Value bent = *json::parse(text_of(file()), kTargetsSizeMax);
  bent["signed"]["x-note"]["a"] = 2;
  put(buffer_of(json::write(bent)));
  EXPECT_EQ(code(), Code::threshold_missing);
}

TEST_P(TargetsRole, IsSignedInOneFormAndSpelledInAny) {
  std::string text(text_of(file()));
  text.replace(text.find("\"wanted\""), 8, "\n \"\\u0077anted\" ");
  put(buffer_of(text));
  EXPECT_EQ(code(), Code::ok);
  EXPECT_EQ(text_of(store.files[role()]), text);  // stored as it came
}

TEST_P(TargetsRole, SpellsTimesInOneWay) {
  for (const char* time : {"2030-01-01", "2030-01-01T00:00:00+00:00", "2030-13-01T00:00:00Z",
                           "2030-01-01T00:00:00.5Z", "2030-01-01 00:00:00Z", "never"}) {
    part()["expires"] = time;
    publish();
    EXPECT_EQ(code(), Code::bad_metadata) << time;
  }
}

TEST_P(TargetsRole, HasVersionsThatEveryReaderCountsExactly) {
  const auto answer = [&](const Value& inside, const Value& named) {
    Value bent = part();
    bent["version"] = inside;
    put(FakeRepository::sign(bent, repository.signers[role()]));
    entry()["version"] = named;
    publish_above();
    return code();
  };
  for (const Value& wrong : {Value(0), Value(-1), Value((std::int64_t{1} << 53) + 1),
                             Value(INT64_MAX), Value(UINT64_MAX), Value(1.0), Value("1")}) {
    EXPECT_EQ(answer(wrong, version), Code::bad_metadata) << wrong;
    EXPECT_EQ(answer(version, wrong), Code::bad_metadata) << wrong;
  }
  version = std::int64_t{1} << 53;
  repository.files[repository.file_name(role(), version)] = {};
  EXPECT_EQ(answer(version, version), Code::ok);
}

TEST_P(TargetsRole, IsHeldAgainstEveryKnownHashAndNeedsOne) {
  const Value honest = entry();
  const auto answer = [&](const std::function<void(Value & hashes)>& bend) {
    store = MemoryStore(repository.file("1.root.json"));
    entry() = honest;
    bend(entry()["hashes"]);
    publish_above();
    return code();
  };
  EXPECT_EQ(answer([](Value& h) { h = {{"md5", "00"}}; }), Code::mixed_metadata);
  EXPECT_EQ(answer([](Value& h) { h = Value::object(); }), Code::bad_metadata);
  EXPECT_EQ(answer([](Value& h) { h = {{"sha256", "00"}}; }), Code::bad_metadata);
  EXPECT_EQ(answer([](Value& h) { h["sha512"] = std::string(128, '0'); }), Code::mixed_metadata);
  EXPECT_EQ(answer([](Value& h) { h["md5"] = "beside a known one"; }), Code::ok);
}

TEST_P(TargetsRole, IsRefusedWithAnyFlippedByteUnparsed) {
  const Buffer honest = file();
  for (std::size_t at = 0; at < honest.size(); at += 7) {
    file()[at] ^= 1;
    EXPECT_EQ(code(), Code::mixed_metadata) << at;
    file() = honest;
  }
  EXPECT_EQ(stored(), 0);
  EXPECT_EQ(code(), Code::ok);
}

TEST_P(TargetsRole, IsProvenBySignaturesAloneWhereNoLengthOrHashIsNamed) {
  entry() = {{"version", version}};
  publish_above();
  EXPECT_EQ(code(), Code::ok);
  store = MemoryStore(repository.file("1.root.json"));
  file()[file().size() / 2] ^= 1;
  EXPECT_NE(code(), Code::ok);
  EXPECT_EQ(stored(), 0);
}

TEST_P(TargetsRole, ListsTargetsByLengthAndHash) {
  publish();
  const auto found = refresh(store, repository, kNow);
  ASSERT_TRUE(found);
  const auto target = found->find(kWanted, store, repository);
  ASSERT_TRUE(target);
  EXPECT_TRUE(check_target(*target, bytes_of("content")));
  for (const char* other : {"Content", "content ", ""}) {
    EXPECT_EQ(check_target(*target, bytes_of(other)).error().code, Code::target_mismatch) << other;
  }
  part()["targets"][kWanted]["length"] = 8;
  publish();
  const auto longer = refresh(store, repository, kNow)->find(kWanted, store, repository);
  EXPECT_EQ(check_target(*longer, bytes_of("content")).error().code, Code::target_mismatch);
}

TEST_P(TargetsRole, RefusesATargetWithoutAHashThatWeKnowAlone) {
  part()["targets"]["odd"] = {{"length", 1}, {"hashes", {{"md5", "00"}}}};
  publish();
  const auto found = refresh(store, repository, kNow);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->find("odd", store, repository).error().code, Code::unsupported_algorithm);
  EXPECT_TRUE(found->find(kWanted, store, repository));
}

TEST_P(TargetsRole, FindsNoTargetThatLeavesItsFolder_CVE_2026_6968_CVE_2026_24137_CVE_2021_41149) {
  repository.targets["delegations"]["roles"][0]["paths"] = {"*", "*/*", "*/*/*", "/*/*", "../*"};
  const std::string too_long(kTargetPathSizeMax + 1, 'x');
  const std::string paths[] = {"../x", "/etc/x", "a/../../x", "a//b", "a/./b",
                               "a\\b", "..",     ".",         "a/..", too_long};
  for (const std::string& path : paths) FakeRepository::add_target_to(part(), path, "content");
  publish();
  const auto found = refresh(store, repository, kNow);
  ASSERT_TRUE(found);
  for (const std::string& path : paths) {
    EXPECT_EQ(found->find(path, store, repository).error().code, Code::target_missing) << path;
  }
  EXPECT_EQ(found->find(std::string("a\0b", 3), store, repository).error().code,
            Code::target_missing);
}

}  // namespace
}  // namespace airlock::tuf::internal
