#include <gtest/gtest.h>

#include "device/fetch/fetch.h"
#include "host/json/json.h"

namespace airlock::fetch {
namespace {

const std::string kDigest(64, 'a');

// A good answer, whose parts the tests replace.
json::Value good() {
  return json::parse(R"({"offer":{"target":"firmware/1.1.0/demo-aaaaaaaa.cose","manifest":")" +
                         kDigest +
                         R"(","version":"1.1.0","security_version":2,"size":1234,
      "payloads":[{"component":"mcu","type":"patch","digest":")" +
                         kDigest +
                         R"(","size":1200}],"expires":"2026-11-24T00:00:00Z","rollout":3},
      "poll_after_s":600})",
                     kAnswerSizeMax)
      .value();
}

Code code_of(const json::Value& answer) {
  const auto parsed = parse_answer(json::write(answer));
  return parsed ? Code::ok : parsed.error().code;
}

TEST(Answer, ReadsAnOffer) {
  const auto answer = parse_answer(json::write(good()));
  ASSERT_TRUE(answer && answer->offer);
  EXPECT_EQ(answer->offer->target, "firmware/1.1.0/demo-aaaaaaaa.cose");
  EXPECT_EQ(answer->offer->manifest.bytes[31], 0xaa);
  EXPECT_EQ(answer->offer->version, "1.1.0");
  EXPECT_EQ(answer->offer->security_version, 2U);
  EXPECT_EQ(answer->offer->size, 1234U);
  EXPECT_EQ(answer->offer->rollout, 3U);
  EXPECT_EQ(answer->offer->expires, 1795478400);
  ASSERT_EQ(answer->offer->payloads.size(), 1U);
  EXPECT_TRUE(answer->offer->payloads[0].patch);
  EXPECT_EQ(answer->offer->payloads[0].component, "mcu");
  EXPECT_EQ(answer->poll_after_s, 600U);
}

TEST(Answer, ReadsThatNothingIsOffered) {
  const auto answer = parse_answer(R"({"offer":null,"why":"outside_share","explain":"Later."})");
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->offer);
  EXPECT_EQ(answer->why, "outside_share");
  EXPECT_EQ(answer->explain, "Later.");
  EXPECT_EQ(answer->poll_after_s, kPollAfterDefault);
}

TEST(Answer, ReadsTheSeedsOfRolloutsAndNothingElseForThem) {
  const auto answer =
      parse_answer(R"({"offer":null,"why":"bucket_missing","seeds":{"12":")" + kDigest + R"("}})");
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->seeds.size(), 1U);
  EXPECT_EQ(answer->seeds[0].rollout, "12");
  EXPECT_EQ(answer->seeds[0].value.bytes[0], 0xaa);
  EXPECT_FALSE(parse_answer(R"({"seeds":{"12":"aa"}})"));
  EXPECT_FALSE(parse_answer(R"({"seeds":{"x":")" + kDigest + R"("}})"));
  EXPECT_FALSE(parse_answer(R"({"seeds":{"":")" + kDigest + R"("}})"));
  EXPECT_FALSE(parse_answer(R"({"seeds":[]})"));
  json::Value many = {{"offer", nullptr}};
  for (std::size_t i = 0; i <= kSeedsMax; ++i) many["seeds"][std::to_string(i)] = kDigest;
  EXPECT_EQ(code_of(many), Code::too_many);
}

TEST(Answer, BringsTheNextPollIntoItsRange) {
  EXPECT_EQ(parse_answer(R"({"poll_after_s":-1})")->poll_after_s, kPollAfterMin);
  EXPECT_EQ(parse_answer(R"({"poll_after_s":1000000000000000000})")->poll_after_s, kPollAfterMax);
  EXPECT_FALSE(parse_answer(R"({"poll_after_s":"soon"})"));
}

TEST(Answer, RefusesWhatIsNoAnswer) {
  for (const char* bad : {"", "[]", "5", "\"x\"", "{\"offer\":[]}", "{\"offer\":{\"target\":7}}",
                          "{\"offer\":null,\"offer\":null}", "{} {}"}) {
    EXPECT_FALSE(parse_answer(bad)) << bad;
  }
  EXPECT_FALSE(parse_answer("{\"why\":\"" + std::string(kWhyTextMax + 1, 'x') + "\"}"));
  EXPECT_FALSE(parse_answer(std::string(kAnswerSizeMax + 1, ' ')));
}

TEST(Answer, RefusesAnOfferWithABadOrMissingPart) {
  for (const char* part :
       {"target", "manifest", "version", "security_version", "size", "rollout"}) {
    auto answer = good();
    answer["offer"].erase(part);
    EXPECT_EQ(code_of(answer), Code::missing_field) << part;
  }
  const auto changed = [](const char* part, json::Value value) {
    auto answer = good();
    answer["offer"][part] = std::move(value);
    return code_of(answer);
  };
  EXPECT_EQ(changed("target", "../../etc/passwd"), Code::bad_text);
  EXPECT_EQ(changed("target", "/etc/passwd"), Code::bad_text);
  EXPECT_EQ(changed("target", std::string(100'000, 'x')), Code::oversized);
  EXPECT_EQ(changed("manifest", "abcd"), Code::out_of_range);
  EXPECT_EQ(changed("version", "1.1"), Code::bad_semver);
  EXPECT_EQ(changed("security_version", 1LL << 33), Code::out_of_range);
  EXPECT_EQ(changed("size", -1), Code::out_of_range);
  EXPECT_EQ(changed("expires", "tomorrow"), Code::bad_text);
  EXPECT_EQ(changed("payloads", json::Value::object()), Code::wrong_type);
  auto answer = good();
  answer["offer"]["payloads"][0]["type"] = "magic";
  EXPECT_EQ(code_of(answer), Code::bad_text);
}

TEST(CheckIn, NamesTheDeviceOrItsBucketsButNeverBoth) {
  const auto named = json::parse(write_check_in({.duid = "abc",
                                                 .model = "demo",
                                                 .version = "1.0.0",
                                                 .secure_boot = 2,
                                                 .data_version = 3,
                                                 .group = "beta",
                                                 .images = {{"mcu", Digest{}}}}),
                                 kAnswerSizeMax);
  EXPECT_EQ((*named)["duid"], "abc");
  EXPECT_EQ((*named)["group"], "beta");
  EXPECT_EQ((*named)["secure_boot"], 2);
  EXPECT_EQ((*named)["data_version"], 3);
  EXPECT_EQ((*named)["images"]["mcu"], std::string(64, '0'));
  EXPECT_FALSE(named->contains("bucket"));
  EXPECT_FALSE(named->contains("region"));
  const auto hidden =
      json::parse(write_check_in({.buckets = {{"3", 9999}}, .pseudonym = "p", .model = "demo"}),
                  kAnswerSizeMax);
  EXPECT_FALSE(hidden->contains("duid"));
  EXPECT_FALSE(hidden->contains("data_version"));
  EXPECT_EQ((*hidden)["bucket"]["3"], 9999);
  EXPECT_EQ((*hidden)["pseudonym"], "p");
}

TEST(FeesAnswer, IsReadStrictlyAndTheFirstExperimentCounts) {
  const std::string one = R"({"experiment":4,"name":"x","arm":"gray","policy":")" + kDigest +
                          R"(","baseline":")" + std::string(64, 'b') + R"(","stage":7})";
  const auto read = [](const std::string& list, const char* poll) {
    return parse_fees_answer(R"({"experiments":[)" + list + R"(],"poll_after_s":)" + poll + "}");
  };
  const auto answer = read(one + ",{}", "10");
  ASSERT_TRUE(answer && answer->advice);
  EXPECT_EQ(answer->advice->experiment, 4);
  EXPECT_EQ(answer->advice->arm, "gray");
  EXPECT_EQ(answer->advice->stage, 7U);
  EXPECT_EQ(answer->advice->baseline.bytes[0], 0xbb);
  EXPECT_EQ(answer->poll_after_s, 10U);
  EXPECT_FALSE(read("", "10")->advice);
  EXPECT_EQ(read("", "0")->poll_after_s, kFeesPollMin);
  EXPECT_EQ(read("", "-5")->poll_after_s, kFeesPollMin);
  EXPECT_EQ(read("", "999999999")->poll_after_s, kFeesPollMax);
  EXPECT_TRUE(answer->set_aside.empty());
  EXPECT_EQ(read("{}", "10").error().code, Code::missing_field);
  EXPECT_EQ(parse_fees_answer("{}").error().code, Code::missing_field);
  EXPECT_EQ(read(R"({"experiment":-1,"arm":"a","policy":")" + kDigest + R"(","baseline":")" +
                     kDigest + R"(","stage":1})",
                 "1")
                .error()
                .code,
            Code::out_of_range);
}

TEST(FeesAnswer, SaysWhichPoliciesAreSetAside) {
  const auto read = [](const std::string& list) {
    return parse_fees_answer(R"({"experiments":[],"poll_after_s":10,"set_aside":)" + list + "}");
  };
  const std::string two = "[\"" + kDigest + "\",\"" + std::string(64, 'b') + "\"]";
  ASSERT_EQ(read(two)->set_aside.size(), 2U);
  EXPECT_EQ(read(two)->set_aside[1].bytes[0], 0xbb);
  EXPECT_EQ(read("[1]").error().code, Code::wrong_type);
  EXPECT_EQ(read("{}").error().code, Code::wrong_type);
  EXPECT_FALSE(read(R"(["bb"])"));
  std::string many = "[";
  for (std::size_t at = 0; at <= kSetAsideMax; ++at) many += "\"" + kDigest + "\",";
  many.back() = ']';
  EXPECT_EQ(read(many).error().code, Code::too_many);
}

}  // namespace
}  // namespace airlock::fetch
