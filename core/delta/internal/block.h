// How the two kinds of stored blocks become bytes of the image.
#pragma once

#include "core/delta/coder.h"
#include "core/delta/internal/pieces.h"

namespace airlock::delta::internal {

// What a block is made of and where it goes.
struct BlockWork {
  std::uint64_t start;  // in the image
  std::size_t size;
  std::size_t block;
  Source* base;  // only for Coding::patch
  std::uint64_t base_size;
  Area& sink;
};

inline constexpr std::size_t kRawReadSize = 32 << 10;
inline constexpr std::size_t kOutputSize = 2 << 10;
inline constexpr std::size_t kBaseReadSize = 1 << 10;

// Everything that decoding a raw block holds.
struct RawState {
  PieceReader pieces;
  std::array<std::uint8_t, kRawReadSize> buffer;
};

// Everything that decoding a compressed or patched block holds.
struct CodedState {
  PieceReader pieces;
  std::array<std::uint8_t, package::kPieceSizeMax> piece;
  Models models;
  std::array<std::uint8_t, kWindowSize> window;  // residuals
  std::array<std::uint8_t, kOutputSize> output;
  std::array<std::uint8_t, kBaseReadSize> base;
};

// copy_raw and decode_coded write the block and return the digest of what they wrote. Errors:
// piece_rejected, patch_malformed, those of base, source and sink.
Result<package::Digest> copy_raw(RawState& state, const BlockWork& work);
Result<package::Digest> decode_coded(CodedState& state, Coding coding, const BlockWork& work);

}  // namespace airlock::delta::internal
