#include "engine/number/number.h"

#include <algorithm>

namespace airlock::number {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kChunk = 10'000'000'000'000'000'000U;  // the largest power of ten in a limb
constexpr std::size_t kChunkDigits = 19;

std::size_t limb_count(const U256& value) {
  std::size_t count = 4;
  while (count > 0 && value.limbs[count - 1] == 0) --count;
  return count;
}

// Divides in place by kChunk and returns the remainder.
std::uint64_t take_chunk(U256& value, std::size_t count) {
  std::uint64_t rest = 0;
  for (std::size_t i = count; i-- > 0;) {
    const Wide part = Wide{rest} << 64 | value.limbs[i];
    value.limbs[i] = static_cast<std::uint64_t>(part / kChunk);
    rest = static_cast<std::uint64_t>(part % kChunk);
  }
  return rest;
}

// Two digits at a time, from the end. At least `width` digits, zeros in front.
char* write_backwards(std::uint64_t value, std::size_t width, char* end) {
  static constexpr std::array<char, 200> kPairs = [] {
    std::array<char, 200> pairs{};
    for (std::size_t i = 0; i < 100; ++i) {
      pairs[2 * i] = static_cast<char>('0' + i / 10);
      pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return pairs;
  }();
  char* at = end;
  while (value >= 100) {
    const std::size_t pair = value % 100;
    value /= 100;
    *--at = kPairs[2 * pair + 1];
    *--at = kPairs[2 * pair];
  }
  do {
    *--at = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  while (static_cast<std::size_t>(end - at) < width) *--at = '0';
  return at;
}

// value * factor + addend; false where that is 2^256 or more.
bool multiply_add(U256& value, std::uint64_t factor, std::uint64_t addend) {
  std::uint64_t carry = addend;
  for (std::uint64_t& limb : value.limbs) {
    const Wide product = Wide{limb} * factor + carry;
    limb = static_cast<std::uint64_t>(product);
    carry = static_cast<std::uint64_t>(product >> 64);
  }
  return carry == 0;
}

U256 negated(const U256& value) {
  U256 made;
  std::uint64_t carry = 1;
  for (std::size_t i = 0; i < 4; ++i) {
    made.limbs[i] = ~value.limbs[i] + carry;
    carry = carry != 0 && made.limbs[i] == 0 ? 1 : 0;
  }
  return made;
}

U256 low_bits(U256 value, unsigned bits) {
  for (unsigned i = 0; i < 4; ++i) {
    if (bits <= 64 * i)
      value.limbs[i] = 0;
    else if (bits < 64 * (i + 1))
      value.limbs[i] &= (std::uint64_t{1} << (bits - 64 * i)) - 1;
  }
  return value;
}

}  // namespace

bool U256::fits(unsigned bits) const { return low_bits(*this, bits) == *this; }

U256 from_big(Bytes bytes) {
  AIRLOCK_CHECK(bytes.size() <= 32);
  U256 value;
  if (bytes.size() == 32) {  // a word of the EVM
    for (std::size_t i = 0; i < 4; ++i) {
      std::uint64_t limb = 0;
      for (std::size_t j = 0; j < 8; ++j) limb = limb << 8 | bytes[24 - 8 * i + j];
      value.limbs[i] = limb;
    }
    return value;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i)
    value.limbs[i / 8] |= std::uint64_t{bytes[bytes.size() - 1 - i]} << 8 * (i % 8);
  return value;
}

U256 from_little(Bytes bytes) {
  AIRLOCK_CHECK(bytes.size() <= 32);
  U256 value;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    value.limbs[i / 8] |= std::uint64_t{bytes[i]} << 8 * (i % 8);
  return value;
}

void to_big(const U256& value, MutableBytes room) {
  to_little(value, room);
  std::reverse(room.begin(), room.end());
}

void to_little(const U256& value, MutableBytes room) {
  AIRLOCK_CHECK(room.size() <= 32);
  for (std::size_t i = 0; i < room.size(); ++i)
    room[i] = static_cast<std::uint8_t>(value.limbs[i / 8] >> 8 * (i % 8));
}

Signed as_signed(const U256& value, unsigned bits) {
  AIRLOCK_CHECK(bits >= 8 && bits <= 256);
  const U256 low = low_bits(value, bits);
  if (!low.bit(bits - 1)) return {low, false};
  return {low_bits(negated(low), bits), true};
}

Result<U256> from_signed(const Signed& value, unsigned bits) {
  AIRLOCK_CHECK(bits >= 8 && bits <= 256);
  U256 limit;  // 2^(bits-1): the magnitude of the smallest
  limit.limbs[(bits - 1) / 64] = std::uint64_t{1} << ((bits - 1) % 64);
  if (value.negative ? value.magnitude > limit : value.magnitude >= limit)
    return fail(Code::out_of_range);
  return value.negative ? low_bits(negated(value.magnitude), bits) : value.magnitude;
}

Result<U256> read(std::string_view decimal) {
  if (decimal.empty()) return fail(Code::bad_text);
  if (decimal.size() > 1 && decimal[0] == '0') return fail(Code::bad_text);
  U256 value;
  for (std::size_t i = 0; i < decimal.size(); ++i) {
    if (decimal[i] < '0' || decimal[i] > '9') return fail(Code::bad_text, i);
    if (i >= kDigitsMax || !multiply_add(value, 10, static_cast<std::uint64_t>(decimal[i] - '0')))
      return fail(Code::out_of_range);
  }
  return value;
}

Result<Signed> read_signed(std::string_view decimal) {
  const bool negative = decimal.starts_with('-');
  AIRLOCK_ASSIGN(const U256 magnitude, read(decimal.substr(negative ? 1 : 0)));
  if (negative && magnitude.is_zero()) return fail(Code::bad_text);
  return Signed{magnitude, negative};
}

std::size_t write(const U256& value, std::span<char, kDigitsMax> room) {
  std::array<char, kDigitsMax> digits;
  char* const end = digits.data() + digits.size();
  char* at = end;
  U256 rest = value;
  std::size_t count = limb_count(rest);
  while (count > 1) {
    at = write_backwards(take_chunk(rest, count), kChunkDigits, at);
    count = limb_count(rest);
  }
  if (rest.limbs[0] >= kChunk) {
    at = write_backwards(rest.limbs[0] % kChunk, kChunkDigits, at);
    rest.limbs[0] /= kChunk;
  }
  if (rest.limbs[0] > 0 || at == end) at = write_backwards(rest.limbs[0], 1, at);
  std::copy(at, end, room.begin());
  return static_cast<std::size_t>(end - at);
}

void append(std::string& text, const U256& value) {
  std::array<char, kDigitsMax> digits;
  text.append(digits.data(), write(value, digits));
}

void append(std::string& text, const Signed& value) {
  if (value.negative) text.push_back('-');
  append(text, value.magnitude);
}

void append_scaled(std::string& text, const U256& value, unsigned decimals) {
  AIRLOCK_CHECK(decimals <= kDecimalsMax);
  std::array<char, kDigitsMax> digits;
  const std::size_t size = write(value, digits);
  const std::string_view all(digits.data(), size);
  if (value.is_zero() || decimals == 0) {
    text.append(all);
    return;
  }
  if (size > decimals)
    text.append(all.substr(0, size - decimals));
  else
    text.push_back('0');
  std::string_view fraction = size > decimals ? all.substr(size - decimals) : all;
  const std::size_t zeros = size > decimals ? 0 : decimals - size;
  fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
  if (fraction.empty()) return;
  text.push_back('.');
  text.append(zeros, '0');
  text.append(fraction);
}

}  // namespace airlock::number
