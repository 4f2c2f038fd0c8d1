#include <new>

#include "core/delta/internal/block.h"

namespace airlock::delta {
namespace {

using internal::BlockPlace;
using internal::BlockWork;

// One state of these stands in the decoder's memory at a time.
template <class State>
State& placed_in(MutableBytes memory) {
  AIRLOCK_CHECK(memory.size() >= sizeof(State));
  return *new (memory.data()) State;
}

Result<package::Digest> make_block(MutableBytes memory, const HeadEntry& entry,
                                   const BlockPlace& place, const BlockWork& work, Source& source) {
  switch (entry.coding) {
    case Coding::raw: {
      auto& state = placed_in<internal::RawState>(memory);
      AIRLOCK_TRY(state.pieces.open(entry, place, source, state.buffer));
      return internal::copy_raw(state, work);
    }
    case Coding::patch:
      // A full image that needs a base, or nobody gave one.
      if (work.base == nullptr) return fail(Code::patch_malformed, work.block);
      [[fallthrough]];
    case Coding::compressed: {
      auto& state = placed_in<internal::CodedState>(memory);
      AIRLOCK_TRY(state.pieces.open(entry, place, source, state.piece));
      return internal::decode_coded(state, entry.coding, work);
    }
  }
  return fail(Code::index_rejected, work.block);
}

}  // namespace

Status BlockDecoder::decode(const package::Image& image, const package::Payload& payload,
                            std::size_t block, Source& source, Source* base, Area& sink) {
  static_assert(sizeof(internal::RawState) <= sizeof memory_);
  static_assert(sizeof(internal::CodedState) <= sizeof memory_);
  static_assert(sizeof(internal::HeadBuffer) <= sizeof memory_);
  AIRLOCK_CHECK(block < image.block_count());
  const BlockPlace place = {payload, image.block_count(), block};
  auto& head = placed_in<internal::HeadBuffer>(memory_);
  AIRLOCK_ASSIGN(const HeadEntry entry, internal::prove_entry(place, source, head));
  const bool is_patch = payload.type == package::PayloadType::patch;
  const BlockWork work = {std::uint64_t{block} * package::kBlockSize,
                          image.block_size(block),
                          block,
                          is_patch ? base : nullptr,
                          payload.base_size,
                          sink};
  AIRLOCK_ASSIGN(const package::Digest made, make_block(memory_, entry, place, work, source));
  if (made != image.block_digest(block)) return fail(Code::block_rejected, block);
  return {};
}

}  // namespace airlock::delta
