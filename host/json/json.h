// host/json: the one way in which Airlock reads JSON.
//
// It is for TUF metadata, HTTP bodies and configuration. It promises strict reading: RFC 8259 text
// in valid UTF-8, no duplicate member, no floating point, no number outside 64 bits, no NUL, a
// depth limit, nothing after the end; and typed access that answers with a code instead of
// throwing. The library behind it is nlohmann/json; its exceptions never leave this room. Writing
// is Value::dump() of the library, compact and with sorted members.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/base.h"

namespace airlock::json {

using Value = nlohmann::json;

inline constexpr std::size_t kDepthMax = 32;

// parse reads one value. Errors: bad_json (at = byte offset where the grammar breaks, 0 where only
// a number's form does), out_of_range (an integer that 64 bits do not hold), too_deep,
// duplicate_key, oversized.
Result<Value> parse(std::string_view text, std::size_t size_max);

// Members of an object. Each is missing_field where the member is absent, wrong_type where the
// value is no object or the member has another type, and past its limit oversized (a text),
// out_of_range (an integer) or too_many (an array).
Result<std::string> text(const Value& object, std::string_view key, std::size_t size_max);
// text_view is text where the value outlives what is done with it.
Result<std::string_view> text_view(const Value& object, std::string_view key, std::size_t size_max);
Result<std::int64_t> integer(const Value& object, std::string_view key, std::int64_t min,
                             std::int64_t max);
Result<bool> boolean(const Value& object, std::string_view key);
Result<const Value*> object(const Value& object, std::string_view key);
Result<const Value*> array(const Value& object, std::string_view key, std::size_t count_max);
// optional returns nullptr where the member is absent or null; wrong_type where `object` is none.
Result<const Value*> optional(const Value& object, std::string_view key);

// write dumps compactly; invalid UTF-8 is replaced, so that it never throws.
std::string write(const Value& value);

}  // namespace airlock::json
