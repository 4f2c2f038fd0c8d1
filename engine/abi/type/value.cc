#include "engine/abi/type/value.h"

namespace airlock::abi::type {
namespace {

bool has_parts(Form form) {
  return form == Form::list || form == Form::array || form == Form::tuple || form == Form::choice ||
         form == Form::option;
}

}  // namespace

Bytes Value::bytes() const {
  if (has_parts(form())) return {};
  return data_.subspan(node().at, node().size);
}

bool Value::as_boolean() const {
  AIRLOCK_CHECK(form() == Form::boolean);
  for (std::uint8_t byte : bytes())
    if (byte != 0) return true;
  return false;
}

number::U256 Value::as_unsigned() const {
  AIRLOCK_CHECK(form() == Form::unsigned_integer || form() == Form::signed_integer);
  return map_->order() == Order::big ? number::from_big(bytes()) : number::from_little(bytes());
}

number::Signed Value::as_signed() const {
  const number::U256 bits = as_unsigned();
  if (form() == Form::unsigned_integer) return {bits, false};
  return number::as_signed(bits, type().size);
}

std::string_view Value::as_text() const {
  AIRLOCK_CHECK(form() == Form::text);
  return text_of(bytes());
}

std::uint32_t Value::count() const {
  if (form() == Form::choice) return 1;
  return has_parts(form()) ? node().size : 0;
}

Parts Value::parts() const {
  const std::uint32_t parts = count();
  Value first = *this;
  if (parts > 0) first.index_ = index_ + 1;
  return {first, parts};
}

Value Value::part(std::uint32_t place) const {
  AIRLOCK_CHECK(place < count());
  auto at = parts().begin();
  for (; place > 0; --place) ++at;
  return *at;
}

const Field& Value::field_of(std::uint32_t place) const {
  AIRLOCK_CHECK(form() == Form::tuple && place < type().count);
  return map_->fields_of(type())[place];
}

std::optional<Value> Value::member(std::string_view name) const {
  if (form() != Form::tuple) return std::nullopt;
  std::uint32_t place = 0;
  for (const Value part : parts())
    if (map_->text(field_of(place++).name) == name) return part;
  return std::nullopt;
}

const Field& Value::variant() const {
  AIRLOCK_CHECK(form() == Form::choice && node().size < type().count);
  return map_->fields_of(type())[node().size];
}

}  // namespace airlock::abi::type
