#include "engine/abi/clear/internal/datum.h"

#include <algorithm>

namespace airlock::abi::clear::internal {

using type::Form;
using type::Value;

namespace {

constexpr std::size_t kTurnsMax = 4 * kFieldsMax;

Datum datum_of(const Value& value) {
  Datum datum;
  datum.value = value;
  switch (value.form()) {
    case Form::unsigned_integer:
    case Form::signed_integer:
      datum.kind = Datum::Kind::integer;
      datum.integer = value.as_signed();
      break;
    case Form::boolean:
      datum.kind = Datum::Kind::boolean;
      datum.boolean = value.as_boolean();
      break;
    case Form::address:
      datum.kind = Datum::Kind::address;
      datum.set_bytes(value.bytes());
      break;
    case Form::fixed_bytes:
    case Form::bytes:
      datum.kind = Datum::Kind::bytes;
      datum.set_bytes(value.bytes());
      break;
    case Form::text:
      datum.kind = Datum::Kind::text;
      datum.text = value.as_text();
      break;
    case Form::floating:
    case Form::hash:
    case Form::list:
    case Form::array:
    case Form::tuple:
    case Form::choice:
    case Form::option:
    case Form::parameter:
    case Form::instance:
    case Form::reference:
    case Form::signer: datum.kind = Datum::Kind::parts; break;
  }
  return datum;
}

number::U256 bits_of(const number::Signed& integer) {
  if (!integer.negative) return integer.magnitude;
  // A negative number of a word always fits it.
  return number::from_signed(integer, 256).value_or(number::U256());
}

// Cuts bytes out of a value. Of an integer they are those of its word.
Datum narrowed(const Value& value, const Step& step) {
  Datum datum;
  datum.kind = Datum::Kind::bytes;
  datum.is_slice = true;
  const bool is_integer =
      value.form() == Form::unsigned_integer || value.form() == Form::signed_integer;
  const std::size_t size = is_integer ? kWordSize : value.bytes().size();
  const Span span = span_of(step.from, step.to, static_cast<std::uint32_t>(size));
  if (is_integer)
    datum.set_word(bits_of(value.as_signed()), span.from, span.size);
  else
    datum.set_bytes(value.bytes().subspan(span.from, span.size));
  return datum;
}

std::string lower_key(const Datum& datum) {
  std::string key;
  switch (datum.kind) {
    case Datum::Kind::integer: number::append(key, datum.integer); break;
    case Datum::Kind::boolean: key = datum.boolean ? "true" : "false"; break;
    case Datum::Kind::address:
    case Datum::Kind::bytes: type::append_hex(key, datum.bytes()); break;
    case Datum::Kind::text:
      key = datum.text;
      for (char& c : key)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      break;
    case Datum::Kind::none:
    case Datum::Kind::parts: break;
  }
  return key;
}

Bytes without_zeros(Bytes bytes) {
  while (!bytes.empty() && bytes[0] == 0) bytes = bytes.subspan(1);
  return bytes;
}

}  // namespace

Datum datum_of(const Literal& literal) {
  Datum datum;
  switch (literal.kind) {
    case Literal::Kind::integer:
      datum.kind = Datum::Kind::integer;
      datum.integer = literal.integer;
      break;
    case Literal::Kind::boolean:
      datum.kind = Datum::Kind::boolean;
      datum.boolean = literal.boolean;
      break;
    case Literal::Kind::bytes:
      datum.kind = literal.bytes.size() == kAddressSize ? Datum::Kind::address : Datum::Kind::bytes;
      datum.set_bytes(literal.bytes);
      break;
    case Literal::Kind::text:
      datum.kind = Datum::Kind::text;
      datum.text = literal.text;
      break;
    case Literal::Kind::none: break;
  }
  return datum;
}

std::optional<number::Signed> as_number(const Datum& datum) {
  if (datum.kind == Datum::Kind::integer) return datum.integer;
  if (datum.kind == Datum::Kind::bytes || datum.kind == Datum::Kind::address) {
    const Bytes digits = without_zeros(datum.bytes());
    if (digits.size() > kWordSize) return std::nullopt;
    return number::Signed{number::from_big(digits), false};
  }
  return std::nullopt;
}

std::optional<std::uint64_t> small_number(const Datum& datum) {
  const auto number = as_number(datum);
  if (!number || number->negative || !number->magnitude.fits(64)) return std::nullopt;
  return number->magnitude.limbs[0];
}

std::optional<Address> as_address(const Datum& datum) {
  Address address{};
  if (datum.kind == Datum::Kind::integer) {
    std::array<std::uint8_t, kWordSize> word{};
    number::to_big(bits_of(datum.integer), word);
    copy_into(address, Bytes(word).last(kAddressSize));
    return address;
  }
  const bool has_bytes = datum.kind == Datum::Kind::address || datum.kind == Datum::Kind::bytes;
  if (!has_bytes || datum.bytes().size() < kAddressSize) return std::nullopt;
  copy_into(address, datum.bytes().last(kAddressSize));
  return address;
}

bool equals(const Datum& datum, const Literal& literal) {
  const Datum other = datum_of(literal);
  switch (datum.kind) {
    case Datum::Kind::integer: {
      const auto number = as_number(other);
      return number && *number == datum.integer;
    }
    case Datum::Kind::boolean:
      if (other.kind == Datum::Kind::text) return other.text == (datum.boolean ? "true" : "false");
      return other.kind == Datum::Kind::boolean && other.boolean == datum.boolean;
    case Datum::Kind::address:
    case Datum::Kind::bytes:
      if (other.kind == Datum::Kind::integer) {
        const auto number = as_number(datum);
        return number && *number == other.integer;
      }
      return literal.kind == Literal::Kind::bytes && equal(datum.bytes(), other.bytes());
    case Datum::Kind::text:
      // Constants that look like numbers or bytes are texts too.
      return !literal.text.empty() ? datum.text == literal.text
                                   : datum.text == other.text && other.kind == Datum::Kind::text;
    case Datum::Kind::none:
    case Datum::Kind::parts: break;
  }
  return false;
}

std::optional<Datum> Resolver::container(Container container) const {
  Datum datum;
  switch (container) {
    case Container::from:
      if (!around_.from) return std::nullopt;
      datum.kind = Datum::Kind::address;
      datum.set_bytes(*around_.from);
      break;
    case Container::to:
      datum.kind = Datum::Kind::address;
      datum.set_bytes(around_.to);
      break;
    case Container::value:
      datum.kind = Datum::Kind::integer;
      datum.integer = {around_.value, false};
      break;
    case Container::chain_id:
      datum.kind = Datum::Kind::integer;
      datum.integer = {number::U256(around_.chain_id), false};
      break;
  }
  return datum;
}

Result<std::uint32_t> Resolver::length(const Path& path, std::uint32_t loop) const {
  Value value = root_;
  std::uint32_t walked = 0;
  for (const Step& step : path.steps) {
    switch (step.kind) {
      case Step::Kind::member: value = value.part(static_cast<std::uint32_t>(step.from)); break;
      case Step::Kind::place: {
        const auto place = part_at(step.from, value.count());
        if (!place) return fail(Code::bad_path);
        value = value.part(*place);
        break;
      }
      case Step::Kind::every: {
        const Span span = span_of(step.from, step.to, value.count());
        if (walked == loop) {
          // A part of a list that the list does not have is no value, as one element would be none.
          const bool is_part = step.from != 0 || step.to != kOpenEnd;
          if (is_part && span.size == 0) return fail(Code::bad_path);
          return span.size;
        }
        if (at_[walked] >= span.size) return fail(Code::bad_path);
        value = value.part(span.from + at_[walked++]);
        break;
      }
      case Step::Kind::narrowed: break;
    }
  }
  return fail(Code::bad_path);
}

Result<std::optional<Datum>> Resolver::along(const Path& path) const {
  Value value = root_;
  std::uint32_t walked = 0;
  for (const Step& step : path.steps) {
    switch (step.kind) {
      case Step::Kind::member: value = value.part(static_cast<std::uint32_t>(step.from)); break;
      case Step::Kind::place: {
        const auto place = part_at(step.from, value.count());
        if (!place) return std::nullopt;
        value = value.part(*place);
        break;
      }
      case Step::Kind::every: {
        const Span span = span_of(step.from, step.to, value.count());
        // Lists that are walked side by side have one length.
        if (span.size != lengths_[walked] || at_[walked] >= span.size) return fail(Code::bad_path);
        value = value.part(span.from + at_[walked++]);
        break;
      }
      case Step::Kind::narrowed: return narrowed(value, step);
    }
  }
  return datum_of(value);
}

Result<std::optional<Datum>> Resolver::table(const Operand& operand) const {
  std::optional<Datum> key;
  if (operand.key == Operand::Kind::container) {
    key = container(operand.container);
  } else if (operand.key == Operand::Kind::literal) {
    key = datum_of(operand.literal);
  } else {
    AIRLOCK_ASSIGN(key, along(operand.path));
  }
  if (!key) return fail(Code::bad_descriptor);
  const auto& map = file_.maps[operand.table];
  const auto found = map.find(lower_key(*key));
  if (found == map.end()) return fail(Code::bad_descriptor);
  return datum_of(found->second);
}

Result<std::optional<Datum>> Resolver::resolve(const Operand& operand) const {
  switch (operand.kind) {
    case Operand::Kind::literal: return datum_of(operand.literal);
    case Operand::Kind::container: return container(operand.container);
    case Operand::Kind::table: return table(operand);
    case Operand::Kind::data: return along(operand.path);
    case Operand::Kind::none:
    case Operand::Kind::file_token:
    case Operand::Kind::broken: break;
  }
  return std::nullopt;
}

Result<bool> Resolver::turn(const Path& path, std::uint32_t first, std::uint32_t last, Turn turn) {
  if (first >= last) return turn == Turn::begin;
  std::uint32_t loop = first;
  if (turn == Turn::begin) {
    at_[loop] = 0;
  } else {
    loop = last - 1;
    ++at_[loop];
  }
  while (true) {
    if (++turns_ > kTurnsMax) return fail(Code::over_budget);
    AIRLOCK_ASSIGN(lengths_[loop], length(path, loop));
    if (at_[loop] < lengths_[loop]) {
      if (++loop == last) return true;
      at_[loop] = 0;
    } else {
      if (loop == first) return false;
      ++at_[--loop];
    }
  }
}

}  // namespace airlock::abi::clear::internal
