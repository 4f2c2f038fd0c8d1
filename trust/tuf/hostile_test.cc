// Files that a signer or a mirror made to break the reader: signed or not, they are refused.
#include <gtest/gtest.h>

#include "tests/fakes/signers.h"
#include "trust/tuf/internal/fake_repository.h"

namespace airlock::tuf::internal {
namespace {

using json::Value;
constexpr std::int64_t kNow = FakeRepository::kNow;

FakeSigner signer(const char* name) {
  return fake_signer(fakes::Signer(name, crypto::Algorithm::eddsa));
}

class Hostile : public testing::Test {
 protected:
  Code refreshed() {
    MemoryStore fresh{repository.file("1.root.json")};
    const auto result = refresh(fresh, repository, kNow);
    return result ? Code::ok : result.error().code;
  }
  // What a refresh says of this signed part, correctly signed and named by the roles above.
  Code answer_to(const std::string& role, const Value& part) {
    const auto honest = repository.files;
    const Value meta[] = {repository.snapshot, repository.timestamp};
    const Buffer made = FakeRepository::sign(part, repository.signers[role]);
    if (role == "root") repository.files["2.root.json"] = made;
    if (role == "timestamp") repository.files["timestamp.json"] = made;
    if (role == "snapshot" || role == "targets") name_it(role, made);
    const Code code = refreshed();
    repository.files = honest;
    repository.snapshot = meta[0];
    repository.timestamp = meta[1];
    return code;
  }
  void name_it(const std::string& role, const Buffer& made) {
    repository.files["1." + role + ".json"] = made;
    Value& above = role == "snapshot" ? repository.timestamp : repository.snapshot;
    above["meta"][role + ".json"] = {{"version", 1},
                                     {"length", made.size()},
                                     {"hashes", {{"sha256", FakeRepository::hex_digest(made)}}}};
    if (role == "targets") repository.publish_snapshot();
    repository.publish_timestamp();
  }
  // Serves this text as the timestamp: the file that is read on its signatures alone.
  Code answer_to_text(std::string_view text) {
    repository.files["timestamp.json"] = buffer_of(text);
    return refreshed();
  }
  Value part_of(const std::string& role) {
    if (role == "timestamp") return repository.timestamp;
    if (role == "snapshot") return repository.snapshot;
    if (role == "targets") return repository.targets;
    Value next = repository.root;
    next["version"] = 2;
    return next;
  }

  FakeRepository repository{
      {signer("root"), signer("timestamp"), signer("snapshot"), signer("targets")}};
};

// Members that metadata may do without; what stands below "custom" is not ours to judge.
bool is_optional(std::string_view pointer) {
  return pointer.ends_with("/length") || pointer.ends_with("/hashes") ||
         pointer == "/consistent_snapshot";
}

TEST_F(Hostile, NoFieldMayBeMissingOrOfAnotherType_GHSA_846p) {
  for (const char* role : {"root", "timestamp", "snapshot", "targets"}) {
    const Value honest = part_of(role);
    ASSERT_EQ(answer_to(role, honest), Code::ok) << role;
    const bool lists_targets = std::string_view(role) == "targets";
    const Value leaves = honest.flatten();
    for (const auto& [pointer, leaf] : leaves.items()) {
      for (Value::json_pointer at(pointer); !at.empty(); at = at.parent_pointer()) {
        for (const Value& wrong : {Value(nullptr), Value(-1), Value("x"), Value(true),
                                   Value::array({Value::array()}), Value{{"x", Value::array()}}}) {
          Value bent = honest;
          if (bent[at].type() == wrong.type() && wrong != Value("x")) continue;
          bent[at] = wrong;
          const Code code = answer_to(role, bent);
          EXPECT_NE(code, Code::ok) << role << at << wrong;
        }
        if (is_optional(at.to_string()) && !lists_targets) continue;
        Value lacking = honest;
        Value& parent = lacking[at.parent_pointer()];
        if (!parent.is_object()) continue;
        parent.erase(at.back());
        // A target less, and a key id of nobody, are no faults of form.
        if (lists_targets && at.parent_pointer().to_string() == "/targets") continue;
        EXPECT_NE(answer_to(role, lacking), Code::ok) << role << at;
      }
    }
  }
}

TEST_F(Hostile, VersionsStayWhereEveryReaderCountsExactly) {
  for (const Value& version : {Value(0), Value(-1), Value((std::int64_t{1} << 53) + 1),
                               Value(INT64_MAX), Value(UINT64_MAX), Value(1.0), Value("1")}) {
    Value part = repository.timestamp;
    part["version"] = version;
    EXPECT_EQ(answer_to("timestamp", part), Code::bad_metadata) << version;
    part = repository.timestamp;
    part["meta"]["snapshot.json"]["version"] = version;
    EXPECT_EQ(answer_to("timestamp", part), Code::bad_metadata) << version;
  }
  Value part = repository.timestamp;
  part["version"] = std::int64_t{1} << 53;
  EXPECT_EQ(answer_to("timestamp", part), Code::ok);
}

TEST_F(Hostile, TakesEverySpecificationOfMajorOneAndNoOther) {
  const auto answer = [&](const char* spec) {
    Value part = repository.timestamp;
    part["spec_version"] = spec;
    return answer_to("timestamp", part);
  };
  for (const char* spec : {"1.0", "1.0.34", "1.9.999"}) EXPECT_EQ(answer(spec), Code::ok) << spec;
  for (const char* spec : {"2.0.0", "0.9", "10.0", "01.0"}) {
    EXPECT_EQ(answer(spec), Code::unsupported_version) << spec;
  }
  for (const char* spec : {"", "1", "1.", "1.x", "1.0.0.0", "1..0", "1.0 "}) {
    EXPECT_EQ(answer(spec), Code::bad_metadata) << spec;
  }
}

TEST_F(Hostile, ReadsOneSpellingOfTimes) {
  for (const char* time : {"2030-01-01", "2030-01-01T00:00:00+00:00", "2030-13-01T00:00:00Z",
                           "2030-01-01T00:00:00.5Z", "2030-01-01 00:00:00Z", "never"}) {
    Value part = repository.timestamp;
    part["expires"] = time;
    EXPECT_EQ(answer_to("timestamp", part), Code::bad_metadata) << time;
  }
}

TEST_F(Hostile, ChecksEveryKnownHashAndNeedsOne) {
  Value part = repository.timestamp;
  Value& hashes = part["meta"]["snapshot.json"]["hashes"];
  hashes = {{"md5", "00"}};
  EXPECT_EQ(answer_to("timestamp", part), Code::mixed_metadata);
  hashes = Value::object();
  EXPECT_EQ(answer_to("timestamp", part), Code::bad_metadata);
  hashes = {{"sha256", "00"}};
  EXPECT_EQ(answer_to("timestamp", part), Code::bad_metadata);
  hashes = repository.timestamp["meta"]["snapshot.json"]["hashes"];
  hashes["sha512"] = std::string(128, '0');  // the right SHA-256 does not make up for it
  EXPECT_EQ(answer_to("timestamp", part), Code::mixed_metadata);
  hashes["sha512"] = std::string(126, '0');
  EXPECT_EQ(answer_to("timestamp", part), Code::bad_metadata);
  hashes.erase("sha512");
  hashes["md5"] = "ignored beside a known one";
  EXPECT_EQ(answer_to("timestamp", part), Code::ok);
}

TEST_F(Hostile, ATargetWithoutAHashThatWeKnowIsRefusedAlone) {
  repository.targets["targets"]["odd"] = {{"length", 1}, {"hashes", {{"md5", "00"}}}};
  repository.publish();
  MemoryStore store{repository.file("1.root.json")};
  const auto found = refresh(store, repository, kNow);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->find("odd").error().code, Code::unsupported_algorithm);
  EXPECT_TRUE(found->find("firmware/1.0.0/demo.cose"));
}

TEST_F(Hostile, RefusesTextThatIsNotStrictJson) {
  const std::string honest(text_of(repository.file("timestamp.json")));
  ASSERT_EQ(answer_to_text(honest), Code::ok);
  const auto replaced = [&](std::string_view old, std::string_view fresh) {
    std::string bent = honest;
    const std::size_t at = bent.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    return bent.replace(at, old.size(), fresh);
  };
  const std::string version = "\"version\":1}";
  for (const std::string& text : {std::string(),
                                  std::string("null"),
                                  std::string("[]"),
                                  std::string("{}"),
                                  honest + "x",
                                  honest + honest,
                                  "\xef\xbb\xbf" + honest,
                                  honest.substr(0, honest.size() - 1),
                                  replaced(version, "\"version\":1,\"version\":1}"),
                                  replaced(version, "\"version\":1.0}"),
                                  replaced(version, "\"version\":1e0}"),
                                  replaced(version, "\"version\":01}"),
                                  replaced(version, "\"version\":99999999999999999999}"),
                                  replaced("timestamp", "time\\u0000stamp"),
                                  replaced("timestamp", "time\xffstamp"),
                                  replaced("timestamp", "time\\ud800stamp"),
                                  replaced("{\"signatures\"", "{\"signed\":{},\"signatures\""),
                                  replaced("\"signed\":", "\"signed\":" + std::string(40, '[')),
                                  std::string(10'000, '['),
                                  std::string(10'000, '{')}) {
    EXPECT_EQ(answer_to_text(text), Code::bad_metadata) << text.substr(0, 200);
  }
}

TEST_F(Hostile, RefusesMoreSignaturesThanItWouldCount) {
  Value list = Value::array();
  for (int i = 0; i < 300; ++i) {
    list.push_back({{"keyid", std::to_string(i)}, {"sig", ""}});
  }
  const Value file = {{"signatures", list}, {"signed", repository.timestamp}};
  EXPECT_EQ(answer_to_text(json::write(file)), Code::bad_metadata);
}

TEST_F(Hostile, EscapesAreReadBeforeTheyAreHashed) {
  std::string text(text_of(repository.file("timestamp.json")));
  const std::size_t at = text.find("\"timestamp\"");
  text.replace(at, 11, "\"\\u0074imestamp\"");  // the same value in another spelling
  EXPECT_EQ(answer_to_text(text), Code::ok);
}

}  // namespace
}  // namespace airlock::tuf::internal
