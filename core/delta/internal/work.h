// The memory of a decoder, and what each kind of entry takes of it.
#pragma once

#include <new>

#include "core/delta/facts_coding.h"
#include "core/delta/internal/pieces.h"

namespace airlock::delta::internal {

// Shelf hands out parts of a decoder's memory; nothing is given back.
class Shelf {
 public:
  explicit Shelf(MutableBytes memory) : left_(memory) {}

  // take returns `size` bytes, or none where there are not as many.
  MutableBytes take(std::size_t size) {
    const std::size_t whole = (size + kAlignment - 1) / kAlignment * kAlignment;
    if (whole > left_.size()) return {};
    const MutableBytes taken = left_.first(size);
    left_ = left_.subspan(whole);
    return taken;
  }
  // place makes a T, or returns nullptr where there is no room.
  template <class T, class... Arguments>
  T* place(Arguments&&... arguments) {
    static_assert(alignof(T) <= kAlignment);
    const MutableBytes bytes = take(sizeof(T));
    return bytes.empty() ? nullptr : new (bytes.data()) T(static_cast<Arguments&&>(arguments)...);
  }
  MutableBytes rest() { return left_; }

  static constexpr std::size_t kAlignment = 8;

 private:
  MutableBytes left_;
};

// What a block is made of and where it goes.
struct BlockWork {
  std::size_t start;  // in the image
  std::size_t size;
  std::size_t block;
  Source* base;  // nullptr where there is none
  std::size_t base_size;
  Area& sink;
};

// The profile that a number stands for, or nullptr.
const Profile* find_profile(std::uint8_t number);

// Buffers of a coded block, by profile.
constexpr std::size_t output_size(const Profile& profile) {
  return profile.number == kSmall.number ? 512 : 1024;
}
constexpr std::size_t window_size(const Profile& profile) {
  return profile.number == kSmall.number ? 256 : 1024;
}
inline constexpr std::size_t kAheadSize = 128;
inline constexpr std::size_t kInsideSize = 64;
// A raw block is copied in steps of at most this many bytes.
inline constexpr std::size_t kRawReadMax = 32 << 10;

// copy_raw and decode_coded write the block and return the digest of what they wrote. Errors:
// piece_rejected, patch_malformed, memory_exceeded, those of base, source, scratch and sink.
Result<package::Digest> copy_raw(PieceReader& pieces, const BlockWork& work);
Result<package::Digest> decode_coded(Shelf& shelf, PieceReader& pieces, const BlockWork& work,
                                     Source& scratch, Bytes root);

// keep_facts reads the facts and writes them down. Errors: patch_malformed, unsupported_version,
// memory_exceeded, those of the source and the area.
struct FactsWork {
  PieceReader& pieces;
  SegmentCoding::Sizes sizes;
  Bytes root;
  std::size_t memory;    // of this decoder, with its stack
  std::uint32_t stated;  // by the manifest
  std::uint64_t scratch_stated;
};
Status keep_facts(Shelf& shelf, const FactsWork& work, Area& scratch);

}  // namespace airlock::delta::internal
