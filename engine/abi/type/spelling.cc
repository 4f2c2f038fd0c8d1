#include "engine/abi/type/spelling.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include "core/crypto/keccak.h"
#include "host/text/text.h"

namespace airlock::abi::type {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t kBase58SizeMax = 128;  // its cost grows with the square

void append_digits(std::string& text, Bytes bytes) {
  const std::size_t at = text.size();
  text.resize(at + 2 * bytes.size());
  char* to = text.data() + at;
  for (std::uint8_t byte : bytes) {
    *to++ = kHexDigits[byte >> 4];
    *to++ = kHexDigits[byte & 15];
  }
}

constexpr std::size_t kEvmAddressSize = 20;
constexpr std::size_t kChecksumsKept = 1024;  // of each thread: 64 KiB, as far as they are used

// An address and its digits in the capitals of EIP-55.
struct Checksummed {
  bool is_filled = false;
  std::array<std::uint8_t, kEvmAddressSize> address{};
  std::array<char, 2 * kEvmAddressSize> digits{};
};

Checksummed checksummed(Bytes address) {
  Checksummed made{true, {}, {}};
  copy_into(made.address, address);
  std::string digits;
  append_digits(digits, address);
  const crypto::Digest hash = crypto::keccak256(bytes_of(digits));
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const unsigned nibble = hash.bytes[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15U;
    const bool is_capital = nibble >= 8 && digits[i] >= 'a';
    made.digits[i] = is_capital ? static_cast<char>(digits[i] - 'a' + 'A') : digits[i];
  }
  return made;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool has_both_cases(std::string_view text) {
  const auto within = [text](char low, char high) {
    return std::any_of(text.begin(), text.end(), [=](char c) { return c >= low && c <= high; });
  };
  return within('a', 'f') && within('A', 'F');
}

void append_escape(std::string& json, std::uint32_t unit) {
  json += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) json.push_back(kHexDigits[unit >> shift & 15]);
}

void append_escaped(std::string& json, std::uint32_t c) {
  if (c < 0x10000) return append_escape(json, c);
  append_escape(json, 0xd800 + ((c - 0x10000) >> 10));
  append_escape(json, 0xdc00 + ((c - 0x10000) & 0x3ff));
}

bool all_named_apart(const Map& map, std::span<const Field> fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name.size == 0) return false;
    for (std::size_t j = 0; j < i; ++j)
      if (map.text(fields[j].name) == map.text(fields[i].name)) return false;
  }
  return !fields.empty();
}

// Writes one value without parts.
class Scalar {
 public:
  explicit Scalar(std::string& out) : out_(out) {}

  // The same between quotes where JSON wants them.
  void json(Value value) {
    switch (value.form()) {
      case Form::boolean: return plain(value);
      case Form::text: return text(value);
      case Form::hash:
        out_ += "{\"hash\":";
        quoted(value);
        out_ += '}';
        return;
      case Form::unsigned_integer:
      case Form::signed_integer:
      case Form::floating:
      case Form::address:
      case Form::fixed_bytes:
      case Form::bytes:
      case Form::list:
      case Form::array:
      case Form::tuple:
      case Form::choice:
      case Form::option:
      case Form::parameter:
      case Form::instance:
      case Form::reference:
      case Form::signer: return quoted(value);
    }
  }

  void plain(Value value) {
    switch (value.form()) {
      case Form::boolean: out_ += value.as_boolean() ? "true" : "false"; return;
      case Form::unsigned_integer: return number::append(out_, value.as_unsigned());
      case Form::signed_integer: return number::append(out_, value.as_signed());
      case Form::floating: return floating(value);
      case Form::address: return append_address(out_, value.bytes(), value.map().address_form());
      case Form::text: out_ += text::visible_line(value.as_text()); return;
      case Form::fixed_bytes:
      case Form::bytes:
      case Form::hash:
      case Form::list:
      case Form::array:
      case Form::tuple:
      case Form::choice:
      case Form::option:
      case Form::parameter:
      case Form::instance:
      case Form::reference:
      case Form::signer: return append_hex(out_, value.bytes());
    }
  }

 private:
  void quoted(Value value) {
    out_ += '"';
    plain(value);
    out_ += '"';
  }

  void text(Value value) {
    if (text::is_utf8(value.as_text())) return append_quoted(out_, value.as_text());
    out_ += "{\"bytes\":\"";
    append_hex(out_, value.bytes());
    out_ += "\"}";
  }

  // The shortest decimal that reads back as the same number. Money is never of this form.
  void floating(Value value) {
    const std::uint64_t bits = number::from_little(value.bytes()).limbs[0];
    std::array<char, 64> room;
    const auto end = value.type().size == 32
                         ? std::to_chars(room.begin(), room.end(),
                                         std::bit_cast<float>(static_cast<std::uint32_t>(bits)))
                         : std::to_chars(room.begin(), room.end(), std::bit_cast<double>(bits));
    out_.append(room.data(), end.ptr);
  }

  std::string& out_;
};

// Writes a value with its parts: a walk along the tape, with what is still open on a stack.
class JsonWriter {
 public:
  JsonWriter(std::string& json, Shape shape, std::size_t size_max)
      : json_(json), shape_(shape), size_max_(size_max) {}

  Status write(Value root) {
    begin(root);
    while (!open_.empty()) {
      if (json_.size() > size_max_) return fail(Code::over_budget, json_.size());
      Open& top = open_.back();
      if (top.at == top.end) {
        json_ += top.closing;
        open_.pop_back();
        continue;
      }
      const Value part = *top.at;
      ++top.at;
      write_front(top);
      ++top.place;
      begin(part);
    }
    if (json_.size() > size_max_) return fail(Code::over_budget, json_.size());
    return {};
  }

 private:
  struct Open {
    Value value;
    Parts::Iterator at, end;
    std::uint32_t place = 0;
    bool named = false;
    std::string_view closing;
  };

  void begin(Value value) {
    const Parts parts = value.parts();
    Open open{value, parts.begin(), parts.end(), 0, false, "]"};
    switch (value.form()) {
      case Form::option:
        if (value.count() == 0) {
          json_ += "null";
          return;
        }
        json_ += "{\"some\":";
        open.closing = "}";
        break;
      case Form::choice:
        json_ += "{\"variant\":";
        append_quoted(json_, value.map().text(value.variant().name));
        json_ += ",\"fields\":";
        open.closing = "}";
        if (value.part(0).form() == Form::tuple && value.part(0).count() == 0) {
          json_ += "null}";
          return;
        }
        break;
      case Form::tuple:
        open.named = shape_ == Shape::named &&
                     all_named_apart(value.map(), value.map().fields_of(value.type()));
        json_ += open.named ? '{' : '[';
        open.closing = open.named ? "}" : "]";
        break;
      case Form::list:
      case Form::array: json_ += '['; break;
      case Form::boolean:
      case Form::unsigned_integer:
      case Form::signed_integer:
      case Form::floating:
      case Form::address:
      case Form::fixed_bytes:
      case Form::bytes:
      case Form::text:
      case Form::hash:
      case Form::parameter:
      case Form::instance:
      case Form::reference:
      case Form::signer: Scalar(json_).json(value); return;
    }
    open_.push_back(open);
  }

  void write_front(const Open& open) {
    if (open.place > 0) json_ += ',';
    if (!open.named) return;
    append_quoted(json_, open.value.map().text(open.value.field_of(open.place).name));
    json_ += ':';
  }

  std::string& json_;
  Shape shape_;
  std::size_t size_max_;
  std::vector<Open> open_;
};

}  // namespace

Status append_json(std::string& json, Value value, Shape shape, std::size_t size_max) {
  return JsonWriter(json, shape, size_max).write(value);
}

Status append_plain(std::string& text, Value value, std::size_t size_max) {
  const bool has_parts = value.form() == Form::list || value.form() == Form::array ||
                         value.form() == Form::tuple || value.form() == Form::choice ||
                         value.form() == Form::option;
  if (has_parts) return append_json(text, value, Shape::named, size_max);
  Scalar(text).plain(value);
  if (text.size() > size_max) return fail(Code::over_budget, text.size());
  return {};
}

void append_address(std::string& text, Bytes address, AddressForm form) {
  switch (form) {
    case AddressForm::eip55: return append_eip55(text, address);
    case AddressForm::base58: return append_base58(text, address);
    case AddressForm::hex: return append_hex(text, address);
  }
}

Result<std::vector<std::uint8_t>> read_address(std::string_view text, AddressForm form,
                                               std::size_t size) {
  std::vector<std::uint8_t> address;
  if (form == AddressForm::base58) {
    AIRLOCK_ASSIGN(address, read_base58(text));
  } else {
    if (!text.starts_with("0x")) return fail(Code::bad_value);
    std::string digits(text.substr(2));
    if (form == AddressForm::hex && !digits.empty() && digits.size() < 2 * size)
      digits.insert(0, 2 * size - digits.size(), '0');
    AIRLOCK_ASSIGN(address, read_hex("0x" + digits));
  }
  if (address.size() != size) return fail(Code::bad_value, address.size());
  if (form == AddressForm::eip55 && has_both_cases(text)) {
    std::string right;
    append_eip55(right, address);
    if (right != text) return fail(Code::bad_value);
  }
  return address;
}

void append_eip55(std::string& text, Bytes address) {
  text += "0x";
  if (address.size() != kEvmAddressSize) {
    append_digits(text, address);
    return;
  }
  // A screen shows the same few addresses again and again, and a hash costs more than all the rest.
  thread_local std::array<Checksummed, kChecksumsKept> recent{};
  const auto ending = static_cast<std::size_t>(address[18] << 8 | address[19]);
  Checksummed& kept = recent[ending % kChecksumsKept];
  if (!kept.is_filled || !equal(kept.address, address)) kept = checksummed(address);
  text.append(kept.digits.data(), kept.digits.size());
}

void append_hex(std::string& text, Bytes bytes) {
  text += "0x";
  append_digits(text, bytes);
}

Result<std::vector<std::uint8_t>> read_hex(std::string_view text) {
  if (!text.starts_with("0x") || text.size() % 2 != 0) return fail(Code::bad_value);
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 2; i < text.size(); i += 2) {
    const int high = digit_of(text[i]), low = digit_of(text[i + 1]);
    if (high < 0 || low < 0) return fail(Code::bad_value, i);
    bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return bytes;
}

void append_base58(std::string& text, Bytes bytes) {
  AIRLOCK_CHECK(bytes.size() <= kBase58SizeMax);
  std::array<std::uint8_t, kBase58SizeMax * 138 / 100 + 1> digits{};  // the least significant first
  std::size_t count = 0, zeros = 0;
  while (zeros < bytes.size() && bytes[zeros] == 0) ++zeros;
  for (std::uint8_t byte : bytes.subspan(zeros)) {
    unsigned carry = byte;
    for (std::size_t i = 0; i < count; ++i) {
      carry += 256U * digits[i];
      digits[i] = static_cast<std::uint8_t>(carry % 58);
      carry /= 58;
    }
    for (; carry > 0; carry /= 58) digits[count++] = static_cast<std::uint8_t>(carry % 58);
  }
  text.append(zeros, '1');
  while (count > 0) text.push_back(kBase58[digits[--count]]);
}

Result<std::vector<std::uint8_t>> read_base58(std::string_view text) {
  if (text.size() > kBase58SizeMax) return fail(Code::bad_value, text.size());
  std::vector<std::uint8_t> little;
  std::size_t zeros = 0;
  while (zeros < text.size() && text[zeros] == '1') ++zeros;
  for (char c : text.substr(zeros)) {
    const std::size_t digit = kBase58.find(c);
    if (digit == std::string_view::npos) return fail(Code::bad_value);
    auto carry = static_cast<unsigned>(digit);
    for (std::uint8_t& byte : little) {
      carry += 58U * byte;
      byte = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    if (carry > 0) little.push_back(static_cast<std::uint8_t>(carry));
  }
  little.insert(little.end(), zeros, 0);
  std::reverse(little.begin(), little.end());
  return little;
}

void append_quoted(std::string& json, std::string_view text) {
  json += '"';
  while (!text.empty()) {
    const char c = text[0];
    if (c >= ' ' && c < 0x7f) {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
      text.remove_prefix(1);
      continue;
    }
    const text::CodePoint found = text::code_point(text);
    if (found.size == 0)
      json += "\xef\xbf\xbd";
    else if (found.value == '\n' || text::is_hidden(found.value))
      append_escaped(json, found.value);
    else
      json.append(text.substr(0, found.size));
    text.remove_prefix(std::max<std::size_t>(found.size, 1));
  }
  json += '"';
}

Result<number::U256> read_unsigned(json::Node value, unsigned bits) {
  using Kind = json::Node::Kind;
  number::U256 number;
  if (value.kind() == Kind::number) {
    number = value.as_number();
  } else {
    if (!value.is_text()) return fail(Code::bad_value);
    const auto read = number::read(value.as_text());
    if (!read) return fail(Code::bad_value);
    number = *read;
  }
  if (!number.fits(bits)) return fail(Code::bad_value, bits);
  return number;
}

Result<number::Signed> read_signed(json::Node value, unsigned bits) {
  using Kind = json::Node::Kind;
  number::Signed number;
  if (value.kind() == Kind::number) {
    number.magnitude = value.as_number();
  } else if (value.kind() == Kind::negative) {
    const auto low = static_cast<std::uint64_t>(value.as_negative());
    number = {number::U256(0 - low), true};
  } else {
    if (!value.is_text()) return fail(Code::bad_value);
    const auto read = number::read_signed(value.as_text());
    if (!read) return fail(Code::bad_value);
    number = *read;
  }
  if (!number::from_signed(number, bits)) return fail(Code::bad_value, bits);
  return number;
}

Result<bool> read_boolean(json::Node value) {
  if (value.kind() == json::Node::Kind::yes) return true;
  if (value.kind() == json::Node::Kind::no) return false;
  return fail(Code::bad_value);
}

Result<std::vector<std::uint8_t>> read_bytes(json::Node value) {
  if (!value.is_text()) return fail(Code::bad_value);
  return read_hex(value.as_text());
}

Result<std::string_view> read_text(json::Node value) {
  if (!value.is_text()) return fail(Code::bad_value);
  return value.as_text();
}

}  // namespace airlock::abi::type
