// Bytes and addresses as digits, and values as people write them.
#include <algorithm>
#include <array>

#include "core/crypto/keccak.h"
#include "engine/abi/type/spelling.h"

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
    const unsigned both = hash.bytes[i / 2];
    const unsigned nibble = (both >> (i % 2 == 0 ? 4U : 0U)) & 15U;
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

}  // namespace

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
