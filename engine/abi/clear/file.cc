#include <algorithm>

#include "engine/abi/clear/author_text.h"
#include "engine/abi/clear/internal/compiler.h"

namespace airlock::abi::clear::internal {

using json::Value;

Result<const Value*> File::object(const Value& in, const char* key) {
  AIRLOCK_ASSIGN(const Value* found, json::optional(in, key));
  if (found != nullptr && !found->is_object()) return fail(Code::bad_descriptor);
  return found;
}

Result<const Value*> File::array(const Value& in, const char* key) {
  AIRLOCK_ASSIGN(const Value* found, json::optional(in, key));
  if (found != nullptr && !found->is_array()) return fail(Code::bad_descriptor);
  return found;
}

Result<std::string_view> File::text(const Value& in, const char* key) {
  AIRLOCK_ASSIGN(const Value* found, json::optional(in, key));
  if (found == nullptr) return std::string_view();
  if (!found->is_string()) return fail(Code::bad_descriptor);
  return std::string_view(found->get_ref<const std::string&>());
}

Status File::only(const Value& in, std::initializer_list<std::string_view> keys) const {
  if (!is_strict()) return {};
  for (const auto& [key, value] : in.items())
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) return fail(Code::bad_descriptor);
  return {};
}

const Value* File::at(std::string_view pointer) const {
  const auto path = read_path(pointer);
  if (!path || path->root != Root::file) return nullptr;
  const Value* at = &root_;
  for (const WrittenStep& step : path->steps) {
    if (step.kind != WrittenStep::Kind::name || !at->is_object()) return nullptr;
    const auto found = at->find(step.name);
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

Literal literal_of(const Value& value) {
  Literal made;
  if (value.is_boolean()) {
    made.kind = Literal::Kind::boolean;
    made.boolean = value.get<bool>();
  } else if (value.is_number_unsigned()) {
    made.kind = Literal::Kind::integer;
    made.integer.magnitude = value.get<std::uint64_t>();
  } else if (value.is_number_integer()) {
    made.kind = Literal::Kind::integer;
    made.integer = {number::U256(0 - static_cast<std::uint64_t>(value.get<std::int64_t>())), true};
  } else if (value.is_string()) {
    made.text = value.get_ref<const std::string&>();
    made.kind = Literal::Kind::text;
    const auto bytes = made.text.starts_with("0x") ? type::read_hex(made.text)
                                                   : std::unexpected(Error{Code::bad_value, 0});
    const auto integer = number::read_signed(made.text);
    if (bytes) {
      made.kind = Literal::Kind::bytes;
      made.bytes = *bytes;
    } else if (integer) {
      made.kind = Literal::Kind::integer;
      made.integer = *integer;
    }
  }
  return made;
}

std::optional<Address> address_of(const Value& value) {
  if (!value.is_string()) return std::nullopt;
  const auto bytes = type::read_hex(value.get_ref<const std::string&>());
  if (!bytes || bytes->size() != kAddressSize) return std::nullopt;
  Address address{};
  copy_into(address, *bytes);
  return address;
}

std::string kept(const Value* text, std::size_t size_max, Warnings& warnings) {
  std::string made;
  if (text != nullptr && text->is_string())
    warnings.add(append_harmless(made, text->get_ref<const std::string&>(), size_max));
  return made;
}

}  // namespace airlock::abi::clear::internal
