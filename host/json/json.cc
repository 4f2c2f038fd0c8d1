#include "host/json/json.h"

#include <rapidjson/error/error.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <charconv>
#include <vector>

namespace airlock::json {
namespace {

// Its own conversion of numbers overflows at exponents near 2^31 (CVE-2024-38517), so it hands them
// over as they stand; and nothing here recurses on input.
constexpr unsigned kParseFlags = rapidjson::kParseValidateEncodingFlag |
                                 rapidjson::kParseNumbersAsStringsFlag |
                                 rapidjson::kParseIterativeFlag;

// Builds the tree as the reader goes, and stops it at the first thing that is not strict: of two
// equal members and of a number past 64 bits, two programs could read one signed text differently.
class TreeBuilder {
 public:
  Error error() const { return error_; }
  Value take() { return std::move(root_); }

  // What rapidjson::Reader calls; false stops it.
  bool Null() { return place(nullptr); }
  bool Bool(bool value) { return place(value); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) { return number({text, size}); }
  // It is told to convert no number.
  bool Int(int) { broken_promise(); }
  bool Int64(std::int64_t) { broken_promise(); }
  bool Uint(unsigned) { broken_promise(); }
  bool Uint64(std::uint64_t) { broken_promise(); }
  bool Double(double) { broken_promise(); }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return is_strict({text, size}) ? place(std::string(text, size)) : refuse(Code::bad_json);
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    if (!is_strict({text, size})) return refuse(Code::bad_json);
    auto& members = open_.back()->get_ref<Value::object_t&>();
    const auto [member, is_new] = members.emplace(std::string(text, size), nullptr);
    if (!is_new) return refuse(Code::duplicate_key);
    member_ = &member->second;
    return true;
  }
  bool StartObject() { return open(Value::object()); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool StartArray() { return open(Value::array()); }
  bool EndArray(rapidjson::SizeType) { return close(); }

 private:
  // The reader lets an escaped NUL pass, and an escaped half of a surrogate pair, which becomes
  // ED A0..BF: no UTF-8.
  static bool is_strict(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      const auto byte = static_cast<std::uint8_t>(text[at]);
      if (byte == 0) return false;
      if (byte == 0xed && at + 1 < text.size() && static_cast<std::uint8_t>(text[at + 1]) >= 0xa0) {
        return false;
      }
    }
    return true;
  }

  // "-0" is a second spelling of 0. A fraction or an exponent is left over by from_chars.
  bool number(std::string_view text) {
    if (text.starts_with('-')) return integer<std::int64_t>(text == "-0" ? "" : text);
    return integer<std::uint64_t>(text);
  }

  template <class Integer>
  bool integer(std::string_view text) {
    Integer value = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec != std::errc() || read.ptr != end) return refuse(Code::bad_json);
    return place(value);
  }

  bool refuse(Code code) {
    error_ = {code, 0};
    return false;
  }

  // Puts a value where the text has it: as the root, the member just named, or the next element.
  Value* put(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Value& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    *member_ = std::move(value);
    return member_;
  }

  bool place(Value value) {
    put(std::move(value));
    return true;
  }

  bool open(Value value) {
    if (open_.size() == kDepthMax) {
      error_ = {Code::too_deep, kDepthMax};
      return false;
    }
    open_.push_back(put(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  Value root_;
  // The containers around the present place. The pointers hold: an element can only move when its
  // array grows, and by then what was open inside it is closed.
  std::vector<Value*> open_;
  Value* member_ = nullptr;
  Error error_;
};

Result<const Value*> member(const Value& object, std::string_view key) {
  if (!object.is_object()) return fail(Code::wrong_type);
  const auto found = object.find(key);
  if (found == object.end()) return fail(Code::missing_field);
  return &*found;
}

}  // namespace

Result<Value> parse(std::string_view text, std::size_t size_max) {
  if (text.size() > size_max) return fail(Code::oversized, text.size());
  // The reader takes a NUL for the end of the text.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return fail(Code::bad_json, nul);
  }
  TreeBuilder builder;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  const auto read = reader.Parse<kParseFlags>(stream, builder);
  if (read.Code() == rapidjson::kParseErrorTermination) return std::unexpected(builder.error());
  if (read.IsError()) return fail(Code::bad_json, read.Offset());
  return builder.take();
}

Result<std::string> text(const Value& object, std::string_view key, std::size_t size_max) {
  AIRLOCK_ASSIGN(const std::string_view found, text_view(object, key, size_max));
  return std::string(found);
}

Result<std::string_view> text_view(const Value& object, std::string_view key,
                                   std::size_t size_max) {
  AIRLOCK_ASSIGN(const Value* found, member(object, key));
  const auto* value = found->get_ptr<const Value::string_t*>();
  if (value == nullptr) return fail(Code::wrong_type);
  if (value->size() > size_max) return fail(Code::oversized, value->size());
  return *value;
}

Result<std::int64_t> integer(const Value& object, std::string_view key, std::int64_t min,
                             std::int64_t max) {
  AIRLOCK_ASSIGN(const Value* found, member(object, key));
  if (!found->is_number_integer()) return fail(Code::wrong_type);
  if (const auto* large = found->get_ptr<const Value::number_unsigned_t*>();
      large != nullptr && *large > static_cast<std::uint64_t>(INT64_MAX)) {
    return fail(Code::out_of_range);
  }
  const auto value = found->get<std::int64_t>();
  if (value < min || value > max) return fail(Code::out_of_range);
  return value;
}

Result<bool> boolean(const Value& object, std::string_view key) {
  AIRLOCK_ASSIGN(const Value* found, member(object, key));
  if (!found->is_boolean()) return fail(Code::wrong_type);
  return found->get<bool>();
}

Result<const Value*> object(const Value& object, std::string_view key) {
  AIRLOCK_ASSIGN(const Value* found, member(object, key));
  if (!found->is_object()) return fail(Code::wrong_type);
  return found;
}

Result<const Value*> array(const Value& object, std::string_view key, std::size_t count_max) {
  AIRLOCK_ASSIGN(const Value* found, member(object, key));
  if (!found->is_array()) return fail(Code::wrong_type);
  if (found->size() > count_max) return fail(Code::too_many, found->size());
  return found;
}

Result<const Value*> optional(const Value& object, std::string_view key) {
  if (!object.is_object()) return fail(Code::wrong_type);
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string write(const Value& value) {
  return value.dump(-1, ' ', false, Value::error_handler_t::replace);
}

}  // namespace airlock::json
