// One block on its way to being coded: its residual bytes, and the tokens that name them.
#pragma once

#include <cstdint>
#include <vector>

#include "core/delta/coder.h"
#include "publish/diff/internal/match.h"

namespace airlock::diff {

// Bytes of the image, then bytes that are added to the base. Either may be empty; a segment's base
// place is relative to the image's (base minus image).
struct Segment {
  std::uint32_t plain_size = 0;
  std::uint32_t copy_size = 0;
  std::int64_t shift = 0;
};

// What the coder sees of a block.
struct Residuals {
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint8_t> copied;     // 1 where the byte is added to the base
  std::vector<std::uint32_t> part_end;  // for each place, where its part of a segment ends
  std::vector<Segment> segments;        // empty for a block that reads no base

  std::uint32_t size() const { return static_cast<std::uint32_t>(bytes.size()); }
};

// residuals_of cuts the copies at the block's ends. Without copies it is the block itself.
struct BlockRange {
  std::uint64_t at;
  std::size_t size;
};
Residuals plain_residuals(Bytes block);
Residuals copied_residuals(Bytes image, Bytes base, const std::vector<Copy>& copies,
                           BlockRange block);

// A step of the coder: a literal, a match at a recent distance, or one at a new distance.
struct Token {
  static constexpr std::uint32_t kLiteral = UINT32_MAX;
  std::uint32_t length = 1;
  std::uint32_t choice = kLiteral;  // or index of a recent distance; or kRecentCount + distance

  bool is_literal() const { return choice == kLiteral; }
  bool is_recent() const { return choice < delta::kRecentCount; }
  std::uint32_t distance() const {
    return choice - static_cast<std::uint32_t>(delta::kRecentCount);
  }
};

// What the coder remembers between tokens.
struct Memory {
  delta::Past past = delta::Past::literals;
  std::array<std::uint32_t, delta::kRecentCount> recent{};

  // after returns what is remembered after a token.
  Memory after(const Token& token) const;
};

struct Parameters {
  unsigned context_bits = 0;
  unsigned position_bits = 0;
};

// write_tokens codes the block; `models` are left as the last bit left them.
std::vector<std::uint8_t> write_tokens(const Residuals& residuals, const std::vector<Token>& tokens,
                                       const Parameters& parameters, delta::Models& models);

// code_block tries parameters and parses, and returns the smallest coding that it found.
std::vector<std::uint8_t> code_block(const Residuals& residuals);

}  // namespace airlock::diff
