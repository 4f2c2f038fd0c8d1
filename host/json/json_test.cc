#include "host/json/json.h"

#include <gtest/gtest.h>

#include <string>

namespace airlock::json {
namespace {

constexpr std::size_t kSizeMax = 1 << 16;

Code refusal(std::string_view text) {
  const auto value = parse(text, kSizeMax);
  return value ? Code::ok : value.error().code;
}

TEST(Json, ReadsWhatItWrites) {
  const std::string text =
      R"({"a":[1,-2,true,null,"x\"\\\n"],"big":18446744073709551615,"o":{"ü":{}}})";
  const auto value = parse(text, kSizeMax);
  ASSERT_TRUE(value);
  EXPECT_EQ(write(*value), text);
  EXPECT_EQ(write(*parse(" [ 1 ,\n2 ] ", kSizeMax)), "[1,2]");
  EXPECT_EQ(write(*parse(R"("\u0041\ud83d\ude00")", kSizeMax)), "\"A\xf0\x9f\x98\x80\"");
  EXPECT_EQ(write(*parse("7", kSizeMax)), "7");
}

TEST(Json, RefusesASecondMemberOfTheSameName) {
  EXPECT_EQ(refusal(R"({"a":1,"a":1})"), Code::duplicate_key);
  EXPECT_EQ(refusal(R"({"a":1,"\u0061":2})"), Code::duplicate_key);
  EXPECT_EQ(refusal(R"({"o":{"a":1,"b":2,"a":null}})"), Code::duplicate_key);
  EXPECT_EQ(refusal(R"([{"a":1},{"a":1}])"), Code::ok);
}

TEST(Json, RefusesNumbersThatTwoReadersCouldReadDifferently) {
  for (const char* number :
       {"1.0", "1e3", "1E0", "-0", "0.1", "01", "+1", "NaN", "Infinity", "0x10", "-", "1.", "1e",
        "0.00000000000e-2147483639", "1.00000000000e-2147483639", "1.0e-99999999999999999999",
        "1.000e99999999999", "1e400", "-1e400"}) {
    EXPECT_EQ(refusal(number), Code::bad_json) << number;
    EXPECT_EQ(refusal(std::string("{\"a\":[") + number + "]}"), Code::bad_json) << number;
  }
  EXPECT_EQ(refusal("0." + std::string(5000, '7')), Code::bad_json);
  EXPECT_EQ(refusal("-" + std::string(5000, '7') + ".5"), Code::bad_json);
  EXPECT_EQ(*parse("[0,7,-7]", kSizeMax), (Value{0, 7, -7}));
  EXPECT_EQ(*parse("-9223372036854775808", kSizeMax), Value(INT64_MIN));
  EXPECT_EQ(*parse("18446744073709551615", kSizeMax), Value(UINT64_MAX));
}

TEST(Json, SaysThatAnIntegerIsTooWideAndNotThatTheTextIsNoJson) {
  for (const std::string& number :
       {std::string("18446744073709551616"), std::string("-9223372036854775809"),
        std::string(5000, '7'), "-" + std::string(5000, '7')}) {
    EXPECT_EQ(refusal(number), Code::out_of_range) << number;
    EXPECT_EQ(refusal("{\"a\":[" + number + "]}"), Code::out_of_range) << number;
  }
}

TEST(Json, RefusesTextThatIsNotUtf8) {
  EXPECT_EQ(refusal("\"\xff\""), Code::bad_json);
  EXPECT_EQ(refusal("\"\xc0\xaf\""), Code::bad_json);
  EXPECT_EQ(refusal("\"\xed\xa0\x80\""), Code::bad_json);
  for (const char* text : {"\x80", "\xc2", "\xe0\x9f\xbf", "\xe2\x82", "\xf0\x8f\xbf\xbf",
                           "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_EQ(refusal(std::string("\"") + text + "\""), Code::bad_json);
  }
  EXPECT_EQ(refusal(R"("\ud800")"), Code::bad_json);
  EXPECT_EQ(refusal(R"("\udc00\ud800")"), Code::bad_json);
}

TEST(Json, TakesEveryLengthOfCharacterUpToTheLastOne) {
  for (const char* text : {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(*parse(std::string("\"") + text + "\"", kSizeMax), Value(text));
  }
  EXPECT_EQ(*parse(R"("\u007f\u0080\u07ff\u0800\uffff\ud800\udc00\udbff\udfff")", kSizeMax),
            Value("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
  EXPECT_EQ(*parse(R"("\"\\\/\b\f\n\r\t")", kSizeMax), Value("\"\\/\b\f\n\r\t"));
}

TEST(Json, RefusesEscapesThatAreNone) {
  for (const char* text : {R"("\x41")", R"("\u12")", R"("\u12g4")", R"("\u+123")", R"("\U0041")",
                           R"("\ud800\u0041")", R"("\ud800x")", R"("\")"}) {
    EXPECT_EQ(refusal(text), Code::bad_json) << text;
  }
}

TEST(Json, RefusesNulAndControlCharacters) {
  EXPECT_EQ(refusal(std::string_view("{}\0{}", 5)), Code::bad_json);
  EXPECT_EQ(refusal(std::string_view("{}\0", 3)), Code::bad_json);
  EXPECT_EQ(refusal(R"("a\u0000b")"), Code::bad_json);
  EXPECT_EQ(refusal(R"({"a\u0000b":1})"), Code::bad_json);
  EXPECT_EQ(refusal("\"line\nbreak\""), Code::bad_json);
  EXPECT_EQ(refusal("\xef\xbb\xbf{}"), Code::bad_json);
}

TEST(Json, RefusesAnythingAfterTheEndAndBeforeIt) {
  for (const char* text : {"{} {}", "[1]x", "{}}", "", " ", "[1", "{\"a\":", "\"a", "[1,]",
                           "{\"a\":1,}", "{a:1}", "'a'", "// c\n1", "nul"}) {
    EXPECT_EQ(refusal(text), Code::bad_json) << text;
  }
}

TEST(Json, RefusesDepthPastTheLimit) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(refusal(nested(kDepthMax)), Code::ok);
  EXPECT_EQ(refusal(nested(kDepthMax + 1)), Code::too_deep);
  EXPECT_EQ(refusal(std::string(60'000, '[')), Code::too_deep);
}

TEST(Json, RefusesTextPastItsLimit) {
  EXPECT_TRUE(parse("[12]", 4));
  EXPECT_EQ(parse("[123]", 4).error(), (Error{Code::oversized, 5}));
}

TEST(Json, SaysWhereTheGrammarBreaks) {
  EXPECT_EQ(parse("[1,?]", kSizeMax).error(), (Error{Code::bad_json, 4}));
}

TEST(Json, AnswersForMembersWithCodes) {
  const Value value = *parse(
      R"({"t":"text","i":-5,"b":false,"o":{},"a":[1,2],"n":null,"big":18446744073709551615})",
      kSizeMax);
  EXPECT_EQ(*text(value, "t", 4), "text");
  EXPECT_EQ(text(value, "t", 3).error().code, Code::oversized);
  EXPECT_EQ(text(value, "i", 9).error().code, Code::wrong_type);
  EXPECT_EQ(text(value, "x", 9).error().code, Code::missing_field);
  EXPECT_EQ(text(Value::array(), "x", 9).error().code, Code::wrong_type);

  EXPECT_EQ(*integer(value, "i", -5, 0), -5);
  EXPECT_EQ(integer(value, "i", 0, 9).error().code, Code::out_of_range);
  EXPECT_EQ(integer(value, "big", 0, INT64_MAX).error().code, Code::out_of_range);
  EXPECT_EQ(integer(value, "b", 0, 9).error().code, Code::wrong_type);
  EXPECT_EQ(integer(value, "t", 0, 9).error().code, Code::wrong_type);

  EXPECT_EQ(*boolean(value, "b"), false);
  EXPECT_EQ(boolean(value, "i").error().code, Code::wrong_type);

  EXPECT_TRUE((*object(value, "o"))->is_object());
  EXPECT_EQ(object(value, "a").error().code, Code::wrong_type);
  EXPECT_EQ((*array(value, "a", 2))->size(), 2u);
  EXPECT_EQ(array(value, "a", 1).error().code, Code::too_many);
  EXPECT_EQ(array(value, "o", 1).error().code, Code::wrong_type);

  EXPECT_EQ(*optional(value, "x"), nullptr);
  EXPECT_EQ(*optional(value, "n"), nullptr);
  EXPECT_EQ(**optional(value, "i"), -5);
  EXPECT_EQ(optional(Value(1), "x").error().code, Code::wrong_type);
}

TEST(Json, WritesInvalidTextWithoutThrowing) {
  EXPECT_EQ(write(Value("a\xff")), "\"a\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace airlock::json
