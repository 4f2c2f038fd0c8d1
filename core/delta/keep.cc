// Reading the facts, once, and writing them down where blocks find them.
#include "core/delta/internal/range.h"
#include "core/delta/internal/work.h"

namespace airlock::delta::internal {
namespace {

// Records appends segments to one table of the area, several at once, and hashes them.
class Records {
 public:
  Records(Area& area, std::size_t at) : area_(area), at_(at) {}

  Status add(const Segment& segment) {
    if (held_ == buffer_.size()) AIRLOCK_TRY(flush());
    write_segment(segment, MutableBytes(buffer_).subspan(held_, kSegmentRecordSize));
    held_ += kSegmentRecordSize;
    return {};
  }
  // flush fills the last word up; nothing may be added to it.
  Status flush() {
    if (held_ == 0) return {};
    while (held_ % kScratchWord != 0) buffer_[held_++] = 0;
    const Bytes whole = Bytes(buffer_).first(held_);
    hash_.update(whole);
    AIRLOCK_TRY(area_.write(at_, whole));
    at_ += held_;
    held_ = 0;
    return {};
  }
  crypto::Digest digest() { return hash_.finish(); }

 private:
  Area& area_;
  std::size_t at_;
  std::array<std::uint8_t, 16 * kSegmentRecordSize> buffer_;
  static_assert(sizeof(buffer_) % kScratchWord == 0);
  std::size_t held_ = 0;
  crypto::Sha256 hash_;
};

struct KeepState {
  explicit KeepState(PieceReader& pieces) : range(pieces) {}

  RangeReader range;
  FactsModels models;
  ScratchHeader header;
};

// Before what is coded: version, profile, and the memory that the profile takes.
Status read_fixed(RangeReader& range, const FactsWork& work, FactsHeader& facts) {
  if (range.take() != kFactsVersion) {
    AIRLOCK_TRY(range.state());
    return fail(Code::unsupported_version);
  }
  facts.profile = range.take();
  std::uint64_t memory = 0;
  for (int i = 0; i < 4; ++i) memory = memory << 8 | range.take();
  AIRLOCK_TRY(range.state());
  const Profile* const profile = find_profile(facts.profile);
  if (profile == nullptr) return fail(Code::unsupported_version, facts.profile);
  if (memory != profile->memory || memory != work.stated) return fail(Code::patch_malformed);
  if (profile->memory > work.memory) return fail(Code::memory_exceeded, profile->memory);
  return {};
}

Status write_segments(KeepState& state, const FactsWork& work, Area& scratch) {
  const FactsHeader& facts = state.header.facts;
  Records all(scratch, kScratchHeaderSize);
  Records chain(scratch, chain_at(facts.segment_count));
  std::uint32_t chained = 0;
  SegmentCoding coding(state.models, work.sizes);
  for (std::uint32_t i = 0; i < facts.segment_count; ++i) {
    Segment segment;
    bool is_chained = false;
    if (!coding.code(state.range, segment, is_chained)) return fail(Code::patch_malformed, i);
    AIRLOCK_TRY(state.range.state());
    AIRLOCK_TRY(all.add(segment));
    if (!is_chained) continue;
    if (++chained > facts.chain_count) return fail(Code::patch_malformed, i);
    AIRLOCK_TRY(chain.add(segment));
  }
  if (chained != facts.chain_count) return fail(Code::patch_malformed);
  AIRLOCK_TRY(all.flush());
  AIRLOCK_TRY(chain.flush());
  state.header.body = body_of(all.digest(), chain.digest()).bytes;
  return {};
}

}  // namespace

// The header is written last, once all the rest was read back as it should be, and says so.
Status keep_facts(Shelf& shelf, const FactsWork& work, Area& scratch) {
  auto* const state = shelf.place<KeepState>(work.pieces);
  if (state == nullptr || shelf.rest().empty()) return fail(Code::memory_exceeded);
  FactsHeader& facts = state->header.facts;
  AIRLOCK_TRY(read_fixed(state->range, work, facts));
  state->models.reset();
  state->range.start();
  if (!code_facts_header(state->range, state->models, facts)) return fail(Code::patch_malformed);
  AIRLOCK_TRY(state->range.state());
  const std::size_t needed = scratch_size(facts.segment_count, facts.chain_count);
  if (needed > work.scratch_stated) return fail(Code::patch_malformed);
  if (needed > scratch.size()) return fail(Code::memory_exceeded, needed);
  AIRLOCK_TRY(scratch.erase(0, scratch.size()));
  AIRLOCK_TRY(write_segments(*state, work, scratch));
  if (!state->range.at_end()) return fail(Code::patch_malformed);
  AIRLOCK_TRY(scratch.sync());
  if (!holds_body(scratch, state->header, shelf.rest())) {
    return fail(Code::storage_failed, kScratchHeaderSize);
  }
  copy_into(state->header.root, work.root);
  std::array<std::uint8_t, kScratchHeaderSize> bytes;
  state->header.write(bytes);
  AIRLOCK_TRY(scratch.write(0, bytes));
  return scratch.sync();
}

}  // namespace airlock::delta::internal
