#include "host/json/json.h"

#include <vector>

namespace airlock::json {
namespace {

// Builds the tree as the library reads, and stops it at the first thing that is not strict. The
// library's own tree builder would keep the last of two equal members and turn a number past 64
// bits into a floating one, so that two programs could read one signed text differently.
class TreeBuilder final : public nlohmann::json_sax<Value> {
 public:
  Error error() const { return error_; }
  Value take() { return std::move(root_); }

  bool null() override { return place(nullptr); }
  bool boolean(bool value) override { return place(value); }
  // The library calls this only for what starts with a minus sign: "-0" is a second spelling of 0.
  bool number_integer(number_integer_t value) override {
    return value < 0 ? place(value) : refuse(Code::bad_json);
  }
  bool number_unsigned(number_unsigned_t value) override { return place(value); }
  bool number_float(number_float_t, const string_t& spelled) override {
    return refuse(is_integer(spelled) ? Code::out_of_range : Code::bad_json);
  }
  bool string(string_t& value) override {
    return holds_nul(value) ? refuse(Code::bad_json) : place(std::move(value));
  }
  bool binary(binary_t&) override { return refuse(Code::bad_json); }  // CBOR only; never from text

  bool start_object(std::size_t) override { return open(Value::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Value::array()); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (holds_nul(name)) return refuse(Code::bad_json);
    auto& members = open_.back()->get_ref<Value::object_t&>();
    const auto [member, is_new] = members.emplace(std::move(name), nullptr);
    if (!is_new) return refuse(Code::duplicate_key);
    member_ = &member->second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception& why) override {
    constexpr int kNumberOverflow = 406;
    const bool is_wide = why.id == kNumberOverflow && is_integer(token);
    error_ = is_wide ? Error{Code::out_of_range, 0} : Error{Code::bad_json, position};
    return false;
  }

 private:
  static bool is_integer(std::string_view number) {
    return number.find_first_of(".eE") == number.npos && number != "-0";
  }
  static bool holds_nul(const string_t& value) { return value.find('\0') != string_t::npos; }

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
  Error error_{Code::bad_json, 0};
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
  // The library takes a NUL for the end of the text and skips a byte-order mark. Neither is JSON.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return fail(Code::bad_json, nul);
  }
  if (text.starts_with("\xef\xbb\xbf")) return fail(Code::bad_json, 0);
  TreeBuilder builder;
  try {
    if (!Value::sax_parse(text.begin(), text.end(), &builder)) {
      return std::unexpected(builder.error());
    }
  } catch (const Value::exception&) {
    return fail(Code::bad_json);
  }
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
