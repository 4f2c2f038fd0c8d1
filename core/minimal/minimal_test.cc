#include "core/minimal/minimal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/fakes/ed25519_edges.h"
#include "tests/fakes/signers.h"

namespace airlock::minimal {
namespace {

using fakes::Signer;

constexpr std::int64_t kExpires = 1'800'000'000;  // 2027-01-15T08:00:00Z
constexpr std::int64_t kNow = kExpires - 1'000;
constexpr std::string_view kHex =
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";  // of "hello"

std::string hex_of(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string made;
  for (const std::uint8_t byte : bytes) {
    made += kDigits[byte >> 4];
    made += kDigits[byte & 15];
  }
  return made;
}

// Signers in the order of their keys, as both files want them.
std::vector<Signer> cast(std::initializer_list<const char*> names) {
  std::vector<Signer> made;
  for (const char* name : names) made.emplace_back(name, crypto::Algorithm::eddsa);
  std::ranges::sort(made, std::ranges::lexicographical_compare,
                    [](const Signer& one) { return one.key().view(); });
  return made;
}

std::string root_text(const std::vector<Signer>& signers, std::size_t threshold) {
  std::string made = "{\"keys\":[";
  for (const Signer& one : signers) {
    made += (made.back() == '[' ? "\"" : ",\"") + hex_of(one.key().view()) + "\"";
  }
  return made + "],\"threshold\":" + std::to_string(threshold) + "}";
}

std::string list_of(const std::string& targets, const std::string& version = "7",
                    const std::string& expires = "2027-01-15T08:00:00Z") {
  return "{\"expires\":\"" + expires + "\",\"targets\":{" + targets + "},\"version\":" + version +
         "}";
}
std::string entry(const std::string& path, const std::string& length = "5") {
  return "\"" + path + "\":{\"length\":" + length + ",\"sha256\":\"" + std::string(kHex) + "\"}";
}

std::string line_of(const Signer& signer, std::string_view message) {
  return hex_of(signer.key().view()) + " " + hex_of(signer.sign_message(bytes_of(message))) + "\n";
}
std::string signed_by(const std::vector<Signer>& signers, std::string_view message) {
  std::string made;
  for (const Signer& one : signers) made += line_of(one, message);
  return made;
}

// A list signed by the one key of the root.
Result<Metadata> proven(const std::string& list, const Seen& seen = {}, std::int64_t now = kNow) {
  const auto vendor = cast({"vendor"});
  static std::string kept, signatures;  // a proven list points into them
  kept = list;
  signatures = signed_by(vendor, list);
  return prove({kept, signatures}, *read_root(root_text(vendor, 1)), seen, now);
}
Code code_of(const std::string& list, const Seen& seen = {}, std::int64_t now = kNow) {
  const auto made = proven(list, seen, now);
  return made ? Code::ok : made.error().code;
}

TEST(MinimalList, IsReadAndItsTargetsFound) {
  const auto list = proven(list_of(entry("a/b") + "," + entry("c", "0")));
  ASSERT_TRUE(list) << name(list.error().code) << " at " << list.error().at;
  EXPECT_EQ(list->version(), 7U);
  EXPECT_EQ(list->expires(), kExpires);
  EXPECT_EQ(list->find("a/b")->length, 5U);
  EXPECT_EQ(hex_of(list->find("a/b")->sha256.bytes), kHex);
  EXPECT_EQ(list->find("b").error().code, Code::target_missing);
  std::size_t place = 0;
  EXPECT_EQ(list->next(place)->path, "a/b");
  EXPECT_EQ(list->next(place)->path, "c");
  EXPECT_FALSE(list->next(place));
  const auto none = proven(list_of(""));
  ASSERT_TRUE(none);
  place = 0;
  EXPECT_FALSE(none->next(place));
}

TEST(MinimalList, HasOneFormAndNoOther) {
  const std::string good = list_of(entry("a") + "," + entry("b"));
  ASSERT_EQ(code_of(good), Code::ok);
  for (std::size_t at = 0; at < good.size(); ++at) {
    EXPECT_EQ(code_of(good.substr(0, at)), Code::bad_metadata) << at;
    EXPECT_EQ(code_of(good.substr(0, at) + "\n" + good.substr(at)), Code::bad_metadata) << at;
  }
  const std::string a = entry("a"), b = entry("b");
  for (const std::string& bad : {good + "\n",
                                 good + "{}",
                                 list_of(b + "," + a),
                                 list_of(a + "," + a),
                                 list_of(a + ","),
                                 list_of("," + a),
                                 list_of(entry("")),
                                 list_of(entry("../a")),
                                 list_of(entry("/a")),
                                 list_of(entry("a\\u0041")),
                                 list_of(entry(std::string(kPathSizeMax + 1, 'a'))),
                                 list_of(entry("a", "05")),
                                 list_of(entry("a", "-1")),
                                 list_of(entry("a", "1.0")),
                                 list_of(entry("a", "9007199254740993")),
                                 list_of(a, "0"),
                                 list_of(a, "07"),
                                 list_of(a, "9007199254740993"),
                                 list_of(a, "7", "2027-01-15T08:00:00"),
                                 list_of(a, "7", "2027-02-30T08:00:00Z")}) {
    EXPECT_EQ(code_of(bad), Code::bad_metadata) << bad;
  }
  EXPECT_EQ(code_of(list_of(entry(std::string(kPathSizeMax, 'a')))), Code::ok);
  EXPECT_EQ(code_of(list_of(a, "9007199254740992")), Code::ok);
}

TEST(MinimalList, IsNotReadBeforeItsSignatures) {
  const auto vendor = cast({"vendor"});
  const Root root = *read_root(root_text(vendor, 1));
  const std::string good = list_of(entry("a"));
  const std::string signatures = signed_by(vendor, good);
  ASSERT_TRUE(prove({good, signatures}, root, {}, kNow));
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bent = good;
    bent[at] = static_cast<char>(bent[at] ^ 1);
    EXPECT_EQ(prove({bent, signatures}, root, {}, kNow).error().code, Code::threshold_missing);
  }
  EXPECT_EQ(prove({"[", ""}, root, {}, kNow).error().code, Code::threshold_missing);
  const std::string large(kMetadataSizeMax + 1, ' ');
  EXPECT_EQ(prove({large, signatures}, root, {}, kNow).error().code, Code::oversized);
}

TEST(MinimalSignatures, AreCountedOncePerKeyOfTheRoot) {
  const auto three = cast({"anna", "ben", "carol"});
  const Root root = *read_root(root_text(three, 2));
  const std::string list = list_of(entry("a"));
  const auto code = [&](const std::string& signatures) {
    const auto made = prove({list, signatures}, root, {}, kNow);
    return made ? Code::ok : made.error().code;
  };
  const std::string one = line_of(three[0], list), two = line_of(three[1], list);
  EXPECT_EQ(code(one + two), Code::ok);
  EXPECT_EQ(code(one), Code::threshold_missing);
  EXPECT_EQ(code(one + one), Code::bad_metadata);  // a key twice
  EXPECT_EQ(code(two + one), Code::bad_metadata);  // out of order
  EXPECT_EQ(code(one + line_of(three[1], list + " ")), Code::threshold_missing);
  EXPECT_EQ(code(one + two + line_of(three[2], "other bytes")), Code::ok);
  EXPECT_EQ(code(""), Code::threshold_missing);
  const auto strangers = cast({"anna", "ben", "mallory", "niaj"});
  std::string mixed;
  for (const Signer& who : strangers) {
    const bool is_listed =
        who.key() == three[0].key() || who.key() == three[1].key() || who.key() == three[2].key();
    if (!is_listed) mixed += line_of(who, list);
  }
  EXPECT_EQ(code(mixed), Code::threshold_missing);
}

TEST(MinimalSignatures, AreJudgedAsEveryProcessJudgesEd25519) {
  const std::string list = list_of(entry("a"));
  const auto edges = fakes::ed25519_edges([&](Bytes) {
    const Bytes bytes = bytes_of(list);
    return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
  });
  std::size_t judged = 0;
  for (const fakes::Ed25519Edge& edge : edges) {
    const std::string key = hex_of(edge.key);
    const auto root = read_root("{\"keys\":[\"" + key + "\"],\"threshold\":1}");
    const std::string signatures = key + " " + hex_of(edge.signature) + "\n";
    const bool is_taken = root && prove({list, signatures}, *root, {}, kNow).has_value();
    EXPECT_EQ(is_taken, edge.is_valid) << edge.name;
    if (root) ++judged;
  }
  EXPECT_GT(judged, 0U);
}

TEST(MinimalSignatures, HaveOneFormAndALimit) {
  const auto vendor = cast({"vendor"});
  const Root root = *read_root(root_text(vendor, 1));
  const std::string list = list_of(""), good = signed_by(vendor, list);
  const auto code = [&](const std::string& signatures) {
    const auto made = prove({list, signatures}, root, {}, kNow);
    return made ? Code::ok : made.error().code;
  };
  ASSERT_EQ(code(good), Code::ok);
  ASSERT_EQ(good.size(), kSignatureLineSize);
  for (std::size_t size = 1; size < good.size(); ++size) {
    EXPECT_EQ(code(good.substr(0, size)), Code::bad_metadata) << size;
  }
  EXPECT_EQ(code(good + "\n"), Code::bad_metadata);
  EXPECT_EQ(code(std::string(kKeysMax * kSignatureLineSize + 1, '\n')), Code::oversized);
}

TEST(MinimalList, NeverGoesBack) {
  const Seen seen = proven(list_of(entry("a"), "7"))->seen();
  EXPECT_EQ(seen.version, 7U);
  EXPECT_EQ(code_of(list_of(entry("a"), "6"), seen), Code::metadata_rollback);
  EXPECT_EQ(code_of(list_of(entry("a"), "7"), seen), Code::ok);
  EXPECT_EQ(code_of(list_of(entry("b"), "7"), seen), Code::mixed_metadata);
  EXPECT_EQ(code_of(list_of(entry("b"), "8"), seen), Code::ok);
}

TEST(MinimalList, ExpiresToTheSecond) {
  EXPECT_EQ(code_of(list_of(""), {}, kExpires - 1), Code::ok);
  EXPECT_EQ(code_of(list_of(""), {}, kExpires), Code::metadata_expired);
}

TEST(MinimalRoot, HasOneFormAndAThresholdThatItsKeysCanMeet) {
  const auto three = cast({"anna", "ben", "carol"});
  const std::string good = root_text(three, 2);
  const auto root = read_root(good);
  ASSERT_TRUE(root);
  EXPECT_EQ(root->keys.size(), 3U);
  EXPECT_EQ(root->threshold, 2U);
  const auto code = [](const std::string& text) {
    const auto made = read_root(text);
    return made ? Code::ok : made.error().code;
  };
  for (std::size_t at = 0; at < good.size(); ++at) {
    EXPECT_EQ(code(good.substr(0, at)), Code::bad_metadata) << at;
    EXPECT_EQ(code(good.substr(0, at) + "\n" + good.substr(at)), Code::bad_metadata) << at;
  }
  std::vector<Signer> turned(three.rbegin(), three.rend());
  EXPECT_EQ(code(root_text(turned, 2)), Code::bad_metadata);
  EXPECT_EQ(code(root_text({three[0], three[0]}, 1)), Code::bad_metadata);
  EXPECT_EQ(code(root_text(three, 0)), Code::bad_metadata);
  EXPECT_EQ(code(root_text(three, 4)), Code::bad_metadata);
  EXPECT_EQ(code("{\"keys\":[],\"threshold\":1}"), Code::bad_metadata);
  EXPECT_EQ(code(good + "\n"), Code::bad_metadata);
  EXPECT_EQ(code("{\"keys\":[\"" + std::string(64, '0') + "\"],\"threshold\":1}"), Code::weak_key);
  EXPECT_EQ(code(std::string(kRootSizeMax + 1, ' ')), Code::oversized);
}

TEST(MinimalTarget, IsExactlyWhatWasSigned) {
  const auto list = proven(list_of(entry("a")));
  const Target target = *list->find("a");
  const auto code = [&](std::string_view first, std::string_view second) {
    TargetCheck check(target);
    for (const std::string_view part : {first, second}) {
      if (const Status taken = check.update(bytes_of(part)); !taken) return taken.error().code;
    }
    const Status done = check.finish();
    return done ? Code::ok : done.error().code;
  };
  EXPECT_EQ(code("hel", "lo"), Code::ok);
  EXPECT_EQ(code("hello", ""), Code::ok);
  for (const auto& [first, second] : {std::pair("hel", "l"), std::pair("hello", "o"),
                                      std::pair("hellp", ""), std::pair("", "")}) {
    EXPECT_EQ(code(first, second), Code::target_mismatch) << first << second;
  }
}

}  // namespace
}  // namespace airlock::minimal
