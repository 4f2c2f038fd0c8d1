#include "host/json/json.h"

#include <vector>

#include "host/json/internal/strict.h"

namespace airlock::json {
namespace {

// Builds the library's tree.
class ValueBuilder {
 public:
  Value take() { return std::move(root_); }

  void null() { put(nullptr); }
  void boolean(bool value) { put(value); }
  void integer(std::int64_t value) { put(value); }
  void number(std::uint64_t value) { put(value); }
  void text(std::string&& value) { put(std::move(value)); }
  void open_object() { open_.push_back(put(Value::object())); }
  void open_array() { open_.push_back(put(Value::array())); }
  void close_array() { open_.pop_back(); }
  bool close_object() {
    open_.pop_back();
    return true;
  }
  bool key(std::string&& name) {
    auto& members = open_.back()->get_ref<Value::object_t&>();
    const auto [member, is_new] = members.emplace(std::move(name), nullptr);
    member_ = &member->second;
    return is_new;
  }

 private:
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

  Value root_;
  // The containers around the present place. The pointers hold: an element can only move when its
  // array grows, and by then what was open inside it is closed.
  std::vector<Value*> open_;
  Value* member_ = nullptr;
};

Result<const Value*> member(const Value& object, std::string_view key) {
  if (!object.is_object()) return fail(Code::wrong_type);
  const auto found = object.find(key);
  if (found == object.end()) return fail(Code::missing_field);
  return &*found;
}

}  // namespace

Result<Value> parse(std::string_view text, std::size_t size_max) {
  ValueBuilder builder;
  AIRLOCK_TRY(internal::read_strictly(text, size_max, builder));
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
