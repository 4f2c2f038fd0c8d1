// Instructions that name another place, read and written again. Places count from the first byte
// of the image they are in; whatever cannot be encoded stays as it was.
#pragma once

#include <cstdint>
#include <span>

namespace airlock::delta::internal {

inline std::uint32_t read_half(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} | std::uint32_t{bytes[1]} << 8;
}
inline std::uint32_t read_word(const std::uint8_t* bytes) {
  return read_half(bytes) | read_half(bytes + 2) << 16;
}
inline void write_half(std::uint8_t* bytes, std::uint32_t value) {
  bytes[0] = static_cast<std::uint8_t>(value);
  bytes[1] = static_cast<std::uint8_t>(value >> 8);
}
inline void write_word(std::uint8_t* bytes, std::uint32_t value) {
  write_half(bytes, value);
  write_half(bytes + 2, value >> 16);
}

// branch_target reads a far branch: BL, BLX and B.W; B and BL of A32 and A64; CALL, JMP and Jcc.
// `bytes` are those of a unit, at least four, and one of x86-64 has five or six.
enum class Branch : std::uint8_t { thumb, arm, arm64, x86_64 };
bool branch_target(Branch form, std::span<const std::uint8_t> bytes, std::int64_t here,
                   std::int64_t& target);
std::uint32_t thumb_branch(std::uint32_t word, std::int64_t here, std::int64_t target);
std::uint32_t arm_branch(std::uint32_t word, std::int64_t here, std::int64_t target);
std::uint32_t arm64_branch(std::uint32_t word, std::int64_t here, std::int64_t target);

// What a Thumb instruction of 16 bits reaches: LDR literal, ADR, B and B<cond>; bits is 0 where it
// reaches nothing. `phase` is where words are aligned.
struct ThumbReach {
  unsigned bits = 0;
  std::int64_t target = 0;
};
ThumbReach thumb_reach(std::uint32_t half, std::int64_t here, std::int64_t phase);
std::uint32_t thumb_reaching(std::uint32_t half, std::int64_t here, std::int64_t phase,
                             std::int64_t target);

// MOVW and MOVT of one register, eight bytes.
enum class Pair : std::uint8_t { thumb, arm };
bool read_pair(Pair form, const std::uint8_t* bytes, std::uint32_t& value);
void write_pair(Pair form, std::uint8_t* bytes, std::uint32_t value);

// LDR literal of A32.
bool arm_literal(std::uint32_t word, std::int64_t here, std::int64_t& target);
std::uint32_t arm_literal_at(std::uint32_t word, std::int64_t here, std::int64_t target);

// ADD, ADD and LDR of a stub, twelve bytes.
bool read_stub(const std::uint8_t* bytes, std::int64_t here, std::int64_t& target);
void write_stub(std::uint8_t* bytes, std::int64_t here, std::int64_t target);

// B.cond, CBZ, CBNZ, TBZ, TBNZ and LDR literal of A64.
bool arm64_near(std::uint32_t word, std::int64_t here, std::int64_t& target);
std::uint32_t arm64_near_at(std::uint32_t word, std::int64_t here, std::int64_t target);

// ADRP, and the ADD, LDR or STR that adds the lower 12 bits; there `here` and what is returned are
// addresses as far as these bits go.
inline bool is_adrp(std::uint32_t word) { return (word & 0x9F000000U) == 0x90000000U; }
std::int64_t adrp_page(std::uint32_t word, std::int64_t here);
std::uint32_t adrp_at(std::uint32_t word, std::int64_t here, std::int64_t target);
// low_scale returns by how many bits the immediate is shifted, or -1.
int low_scale(std::uint32_t word);
std::int64_t low_part(std::uint32_t word, int scale);
std::uint32_t with_low_part(std::uint32_t word, int scale, std::int64_t target);

// An instruction of x86-64 whose last four bytes count from its end: CALL, JMP, Jcc, and those
// whose operand is RIP-relative and last. size is 0 where it is none.
inline constexpr std::size_t kRelativeMax = 7;
struct Relative {
  std::size_t size = 0;
  bool is_branch = false;
};
Relative find_relative(std::span<const std::uint8_t> bytes);

}  // namespace airlock::delta::internal
