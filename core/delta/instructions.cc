#include "core/delta/internal/instructions.h"

namespace airlock::delta::internal {
namespace {

// The lower `bits` of a value, as a signed number.
std::int64_t sign_extended(std::uint32_t value, unsigned bits) {
  const std::uint32_t sign = 1U << (bits - 1);
  const std::uint32_t low = value & (sign | (sign - 1));
  return std::int64_t{low ^ sign} - std::int64_t{sign};
}

// Whether a difference is a multiple of a step and fits in a signed field of it.
bool fits(std::int64_t difference, unsigned bits, std::int64_t step) {
  const std::int64_t reach = step << (bits - 1);
  return difference % step == 0 && difference >= -reach && difference < reach;
}

bool is_thumb_branch(std::uint32_t first, std::uint32_t second) {
  return (first & 0xF800U) == 0xF000U &&
         ((second & 0xC000U) == 0xC000U || (second & 0xD000U) == 0x9000U);
}

std::int64_t thumb_branch_offset(std::uint32_t first, std::uint32_t second) {
  const std::uint32_t sign = first >> 10 & 1;
  const std::uint32_t high = (second >> 13 & 1) ^ sign ^ 1;
  const std::uint32_t low = (second >> 11 & 1) ^ sign ^ 1;
  return sign_extended(
      sign << 24 | high << 23 | low << 22 | (first & 0x3FFU) << 12 | (second & 0x7FFU) << 1, 25);
}

// A far branch has six bytes. What a call of five became may begin as one, as a NOP does.
bool x86_branch_target(std::span<const std::uint8_t> bytes, std::int64_t here,
                       std::int64_t& target) {
  const bool is_far = bytes.size() == 6 && bytes[0] == 0x0F && (bytes[1] & 0xF0) == 0x80;
  if (!is_far && bytes[0] != 0xE8 && bytes[0] != 0xE9) return false;
  const std::size_t at = is_far ? 2 : 1;
  target = here + static_cast<std::int64_t>(at) + 4 +
           static_cast<std::int32_t>(read_word(bytes.data() + at));
  return true;
}

// The 16 bits that MOVW or MOVT of T32 load.
std::uint32_t thumb_immediate(std::uint32_t first, std::uint32_t second) {
  return (first & 0xFU) << 12 | (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 |
         (second & 0xFFU);
}

void set_thumb_immediate(std::uint8_t* bytes, std::uint32_t value) {
  const std::uint32_t first = (read_half(bytes) & 0xFBF0U) | value >> 12 | (value >> 11 & 1) << 10;
  const std::uint32_t second =
      (read_half(bytes + 2) & 0x8F00U) | (value >> 8 & 7) << 12 | (value & 0xFFU);
  write_half(bytes, first);
  write_half(bytes + 2, second);
}

}  // namespace

bool branch_target(Branch form, std::span<const std::uint8_t> bytes, std::int64_t here,
                   std::int64_t& target) {
  switch (form) {
    case Branch::thumb: {
      const std::uint32_t first = read_half(bytes.data());
      const std::uint32_t second = read_half(bytes.data() + 2);
      if (!is_thumb_branch(first, second)) return false;
      target = here + 4 + thumb_branch_offset(first, second);
      return true;
    }
    case Branch::arm: {
      const std::uint32_t word = read_word(bytes.data());
      if ((word & 0x0E000000U) != 0x0A000000U) return false;
      target = here + 8 + sign_extended(word, 24) * 4;
      return true;
    }
    case Branch::arm64: {
      const std::uint32_t word = read_word(bytes.data());
      if ((word & 0x7C000000U) != 0x14000000U) return false;
      target = here + sign_extended(word, 26) * 4;
      return true;
    }
    case Branch::x86_64: return x86_branch_target(bytes, here, target);
  }
  return false;
}

std::uint32_t thumb_branch(std::uint32_t word, std::int64_t here, std::int64_t target) {
  const std::int64_t offset = target - (here + 4);
  if (!fits(offset, 24, 2)) return word;
  const auto value = static_cast<std::uint32_t>(offset);
  const std::uint32_t sign = value >> 31;
  const std::uint32_t first = 0xF000U | sign << 10 | (value >> 12 & 0x3FFU);
  const std::uint32_t second = (word >> 16 & 0xD000U) | ((value >> 23 & 1) ^ sign ^ 1) << 13 |
                               ((value >> 22 & 1) ^ sign ^ 1) << 11 | (value >> 1 & 0x7FFU);
  return first | second << 16;
}

std::uint32_t arm_branch(std::uint32_t word, std::int64_t here, std::int64_t target) {
  const std::int64_t offset = target - (here + 8);
  if (!fits(offset, 24, 4)) return word;
  return (word & 0xFF000000U) | (static_cast<std::uint32_t>(offset >> 2) & 0x00FFFFFFU);
}

std::uint32_t arm64_branch(std::uint32_t word, std::int64_t here, std::int64_t target) {
  const std::int64_t offset = target - here;
  if (!fits(offset, 26, 4)) return word;
  return (word & 0xFC000000U) | (static_cast<std::uint32_t>(offset >> 2) & 0x03FFFFFFU);
}

ThumbReach thumb_reach(std::uint32_t half, std::int64_t here, std::int64_t phase) {
  const std::int64_t aligned = ((here - phase) & ~std::int64_t{3}) + phase + 4;
  if ((half & 0xF800U) == 0x4800U || (half & 0xF800U) == 0xA000U) {
    return {8, aligned + std::int64_t{half & 0xFFU} * 4};
  }
  if ((half & 0xF800U) == 0xE000U) return {11, here + 4 + sign_extended(half, 11) * 2};
  if ((half & 0xF000U) == 0xD000U && (half & 0x0E00U) != 0x0E00U) {
    return {8, here + 4 + sign_extended(half, 8) * 2};
  }
  return {};
}

std::uint32_t thumb_reaching(std::uint32_t half, std::int64_t here, std::int64_t phase,
                             std::int64_t target) {
  if ((half & 0xF800U) == 0x4800U || (half & 0xF800U) == 0xA000U) {
    const std::int64_t offset = target - (((here - phase) & ~std::int64_t{3}) + phase + 4);
    if (offset < 0 || offset >= 1024 || offset % 4 != 0) return half;
    return (half & 0xFF00U) | static_cast<std::uint32_t>(offset >> 2);
  }
  const std::int64_t offset = target - (here + 4);
  const unsigned bits = (half & 0xF800U) == 0xE000U ? 11 : 8;
  if (!fits(offset, bits, 2)) return half;
  const std::uint32_t mask = (1U << bits) - 1;
  return (half & ~mask) | (static_cast<std::uint32_t>(offset >> 1) & mask);
}

bool read_pair(Pair form, const std::uint8_t* bytes, std::uint32_t& value) {
  if (form == Pair::thumb) {
    const std::uint32_t first = read_half(bytes);
    const std::uint32_t second = read_half(bytes + 4);
    const std::uint32_t low = read_half(bytes + 2);
    const std::uint32_t high = read_half(bytes + 6);
    if ((first & 0xFBF0U) != 0xF240U || (second & 0xFBF0U) != 0xF2C0U) return false;
    if (((low | high) & 0x8000U) != 0 || ((low ^ high) & 0x0F00U) != 0) return false;
    value = thumb_immediate(first, low) | thumb_immediate(second, high) << 16;
    return true;
  }
  const std::uint32_t low = read_word(bytes);
  const std::uint32_t high = read_word(bytes + 4);
  if ((low & 0x0FF00000U) != 0x03000000U || (high & 0x0FF00000U) != 0x03400000U) return false;
  if (((low ^ high) & 0xF000F000U) != 0) return false;
  value = (low >> 4 & 0xF000U) | (low & 0x0FFFU);
  value |= ((high >> 4 & 0xF000U) | (high & 0x0FFFU)) << 16;
  return true;
}

void write_pair(Pair form, std::uint8_t* bytes, std::uint32_t value) {
  if (form == Pair::thumb) {
    set_thumb_immediate(bytes, value & 0xFFFFU);
    set_thumb_immediate(bytes + 4, value >> 16);
    return;
  }
  for (int i = 0; i < 2; ++i, value >>= 16) {
    const std::uint32_t word = read_word(bytes + 4 * i) & 0xFFF0F000U;
    write_word(bytes + 4 * i, word | (value & 0xF000U) << 4 | (value & 0x0FFFU));
  }
}

bool arm_literal(std::uint32_t word, std::int64_t here, std::int64_t& target) {
  if ((word & 0x0F7F0000U) != 0x051F0000U) return false;
  const std::int64_t offset = word & 0xFFFU;
  target = here + 8 + ((word & 0x00800000U) != 0 ? offset : -offset);
  return true;
}

std::uint32_t arm_literal_at(std::uint32_t word, std::int64_t here, std::int64_t target) {
  const std::int64_t offset = target - (here + 8);
  if (offset <= -4096 || offset >= 4096) return word;
  const std::uint32_t size = static_cast<std::uint32_t>(offset < 0 ? -offset : offset);
  return (word & 0xFF7FF000U) | (offset < 0 ? 0U : 0x00800000U) | size;
}

// ADD ip, pc, #a << 20; ADD ip, ip, #b << 12; LDR pc, [ip, #c]!
bool read_stub(const std::uint8_t* bytes, std::int64_t here, std::int64_t& target) {
  const std::uint32_t first = read_word(bytes);
  const std::uint32_t second = read_word(bytes + 4);
  const std::uint32_t third = read_word(bytes + 8);
  if ((first & 0xFFFFFF00U) != 0xE28FC600U || (second & 0xFFFFFF00U) != 0xE28CCA00U ||
      (third & 0xFFFFF000U) != 0xE5BCF000U) {
    return false;
  }
  target =
      here + 8 + std::int64_t{(first & 0xFFU) << 20 | (second & 0xFFU) << 12 | (third & 0xFFFU)};
  return true;
}

void write_stub(std::uint8_t* bytes, std::int64_t here, std::int64_t target) {
  const std::int64_t offset = target - (here + 8);
  if (offset < 0 || offset >= std::int64_t{1} << 28) return;
  const auto value = static_cast<std::uint32_t>(offset);
  write_word(bytes, 0xE28FC600U | value >> 20);
  write_word(bytes + 4, 0xE28CCA00U | (value >> 12 & 0xFFU));
  write_word(bytes + 8, 0xE5BCF000U | (value & 0xFFFU));
}

namespace {

// Where the offset of such an instruction of A64 lies: `bits` of them from bit 5 on.
unsigned arm64_near_bits(std::uint32_t word) {
  if ((word & 0xFF000010U) == 0x54000000U || (word & 0x7E000000U) == 0x34000000U ||
      (word & 0x3B000000U) == 0x18000000U) {
    return 19;
  }
  return (word & 0x7E000000U) == 0x36000000U ? 14 : 0;
}

}  // namespace

bool arm64_near(std::uint32_t word, std::int64_t here, std::int64_t& target) {
  const unsigned bits = arm64_near_bits(word);
  if (bits == 0) return false;
  target = here + sign_extended(word >> 5, bits) * 4;
  return true;
}

std::uint32_t arm64_near_at(std::uint32_t word, std::int64_t here, std::int64_t target) {
  const unsigned bits = arm64_near_bits(word);
  const std::int64_t offset = target - here;
  if (!fits(offset, bits, 4)) return word;
  const std::uint32_t mask = ((1U << bits) - 1) << 5;
  return (word & ~mask) | (static_cast<std::uint32_t>(offset >> 2) << 5 & mask);
}

std::int64_t adrp_page(std::uint32_t word, std::int64_t here) {
  const std::uint32_t pages = (word >> 5 & 0x7FFFFU) << 2 | (word >> 29 & 3);
  return (here & ~std::int64_t{0xFFF}) + sign_extended(pages, 21) * 4096;
}

std::uint32_t adrp_at(std::uint32_t word, std::int64_t here, std::int64_t target) {
  const std::int64_t offset = (target & ~std::int64_t{0xFFF}) - (here & ~std::int64_t{0xFFF});
  if (!fits(offset, 21, 4096)) return word;
  const auto pages = static_cast<std::uint32_t>(offset >> 12);
  return (word & 0x9F00001FU) | (pages & 3) << 29 | (pages >> 2 & 0x7FFFFU) << 5;
}

int low_scale(std::uint32_t word) {
  if ((word & 0xFFC00000U) == 0x91000000U) return 0;
  if ((word & 0x3B000000U) != 0x39000000U || (word >> 5 & 31) == 31) return -1;
  const bool is_quad = (word & 0xC4800000U) == 0x04800000U;
  return is_quad ? 4 : static_cast<int>(word >> 30);
}

std::int64_t low_part(std::uint32_t word, int scale) {
  return std::int64_t{word >> 10 & 0xFFFU} << scale;
}

std::uint32_t with_low_part(std::uint32_t word, int scale, std::int64_t target) {
  const std::int64_t low = target & 0xFFF;
  if ((low & ((std::int64_t{1} << scale) - 1)) != 0) return word;
  return (word & 0xFFC003FFU) | static_cast<std::uint32_t>(low >> scale) << 10;
}

Relative find_relative(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 5) return {};
  if (bytes[0] == 0xE8 || bytes[0] == 0xE9) return {5, true};
  if (bytes.size() < 6) return {};
  if (bytes[0] == 0x0F && (bytes[1] & 0xF0) == 0x80) return {6, true};
  const std::size_t prefix = (bytes[0] & 0xF0) == 0x40 ? 1 : 0;
  const std::uint8_t code = bytes[prefix];
  const bool has_operand = code == 0x8B || code == 0x8D || code == 0x89 || code == 0x3B ||
                           code == 0x39 || code == 0x03 || code == 0x2B || code == 0x85 ||
                           code == 0x63 || code == 0xFF;
  if (!has_operand || (bytes[prefix + 1] & 0xC7) != 0x05) return {};
  const std::size_t size = prefix + 6;
  if (bytes.size() < size) return {};
  return {size, false};
}

}  // namespace airlock::delta::internal
