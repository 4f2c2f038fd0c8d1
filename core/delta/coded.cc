// The loop that decodes compressed and patched blocks.
#include "core/delta/internal/block.h"
#include "core/delta/internal/range.h"

namespace airlock::delta {

void Models::reset() {
  static_assert(sizeof(Models) % sizeof(Probability) == 0 && alignof(Models) == 2);
  auto* first = &literal[0][0];
  std::fill(first, first + sizeof(Models) / sizeof(Probability), kProbabilityHalf);
}

namespace internal {
namespace {

constexpr std::uint32_t kWindowMask = kWindowSize - 1;
static_assert((kWindowSize & kWindowMask) == 0);

class CodedBlock {
 public:
  CodedBlock(CodedState& state, const BlockWork& work)
      : state_(state), models_(state.models), work_(work), bits_(state.pieces) {}

  Result<package::Digest> run(Coding coding);

 private:
  Status start(Coding coding);
  Status begin_copy();
  Status segment(std::uint64_t size);
  Status token();
  Status literal();
  Status match();
  std::uint32_t length(LengthModel& model, std::size_t position);
  std::uint32_t distance(std::uint32_t length);
  std::uint64_t number(Number kind);
  std::uint32_t recent_match(std::size_t position);
  void use_older(std::size_t past);
  Status repeat(std::uint32_t length);
  Status make_room();
  Status flush();
  void put(std::uint8_t residual);
  std::uint8_t residual_at(std::uint32_t distance) const {
    return state_.window[(made_ - distance - 1) & kWindowMask];
  }
  Status malformed() const { return fail(Code::patch_malformed, work_.block); }

  CodedState& state_;
  Models& models_;
  const BlockWork& work_;
  RangeReader bits_;
  crypto::Sha256 hash_;

  LiteralContext context_{};
  std::uint32_t position_mask_ = 0;
  Past past_ = Past::literals;
  std::array<std::uint32_t, kRecentCount> recent_{};

  std::uint32_t made_ = 0;  // bytes of the block
  std::uint32_t left_ = 0;  // of the segment
  std::uint32_t output_used_ = 0;
  std::uint32_t written_ = 0;

  bool copied_ = false;          // the segment adds bytes of the base
  std::int64_t shift_ = 0;       // place in the base minus place in the image
  std::uint64_t base_next_ = 0;  // where the base is read next
  std::uint32_t base_at_ = 0;
  std::uint32_t base_filled_ = 0;
};

Result<package::Digest> CodedBlock::run(Coding coding) {
  AIRLOCK_TRY(start(coding));
  if (coding == Coding::compressed) {
    AIRLOCK_TRY(segment(work_.size));
  }
  while (made_ < work_.size) {
    copied_ = false;
    AIRLOCK_TRY(segment(number(Number::plain_size)));
    if (made_ == work_.size) break;
    AIRLOCK_TRY(begin_copy());
    AIRLOCK_TRY(segment(left_));
  }
  AIRLOCK_TRY(flush());
  if (!bits_.at_end()) return std::unexpected(malformed().error());
  return hash_.finish();
}

Status CodedBlock::start(Coding coding) {
  const std::uint8_t parameters = bits_.take();
  bits_.start();
  AIRLOCK_TRY(bits_.state());
  const unsigned position_bits = parameters >> 2;
  context_ = {parameters & 3U, coding == Coding::patch};
  if (position_bits > kPositionBitsMax || !context_.fits()) return malformed();
  position_mask_ = (1U << position_bits) - 1;
  models_.reset();
  return {};
}

// A copy adds to at least one byte, and all of them lie inside the base.
Status CodedBlock::begin_copy() {
  const std::uint64_t size = number(Number::copy_size);
  const std::uint64_t folded = number(Number::shift);
  AIRLOCK_TRY(bits_.state());
  if (size == 0 || size > work_.size - made_) return malformed();
  const auto half = static_cast<std::int64_t>(folded >> 1);
  shift_ += (folded & 1) != 0 ? -half - 1 : half;
  const std::int64_t from = static_cast<std::int64_t>(work_.start + made_) + shift_;
  if (from < 0 || static_cast<std::uint64_t>(from) > work_.base_size ||
      size > work_.base_size - static_cast<std::uint64_t>(from)) {
    return malformed();
  }
  copied_ = true;
  left_ = static_cast<std::uint32_t>(size);
  base_next_ = static_cast<std::uint64_t>(from);
  base_at_ = base_filled_ = 0;
  return {};
}

Status CodedBlock::segment(std::uint64_t size) {
  AIRLOCK_TRY(bits_.state());
  if (size > work_.size - made_) return malformed();
  left_ = static_cast<std::uint32_t>(size);
  while (left_ > 0) {
    AIRLOCK_TRY(token());
  }
  return {};
}

Status CodedBlock::token() {
  const std::size_t position = made_ & position_mask_;
  const auto past = static_cast<std::size_t>(past_);
  if (bits_.bit(models_.is_match[copied_ ? 1 : 0][past][position]) == 0) return literal();
  return match();
}

Status CodedBlock::literal() {
  const std::uint8_t before = made_ == 0 ? 0 : residual_at(0);
  auto& tree = models_.literal[context_.index(before, copied_)];
  std::uint32_t node = 1;
  if (ends_in_match(past_)) {
    std::uint32_t predicted = residual_at(recent_[0]);
    while (node < 0x100) {
      const std::uint32_t expected = predicted >> 7 & 1;
      predicted <<= 1;
      const unsigned one = bits_.bit(tree[((1 + expected) << 8) + node]);
      node = node << 1 | one;
      if (one != expected) break;
    }
  }
  while (node < 0x100) node = node << 1 | bits_.bit(tree[node]);
  AIRLOCK_TRY(bits_.state());
  past_ = past_literal(past_);
  AIRLOCK_TRY(make_room());
  put(static_cast<std::uint8_t>(node));
  return {};
}

Status CodedBlock::match() {
  const std::size_t position = made_ & position_mask_;
  std::uint32_t size = 0;
  if (bits_.bit(models_.is_recent[static_cast<std::size_t>(past_)]) == 0) {
    size = length(models_.match_length, position);
    const std::uint32_t found = distance(size);
    recent_ = {found, recent_[0], recent_[1], recent_[2]};
    past_ = Past::match;
  } else {
    size = recent_match(position);
  }
  AIRLOCK_TRY(bits_.state());
  if (recent_[0] >= made_ || recent_[0] >= kWindowSize || size > left_) return malformed();
  return repeat(size);
}

std::uint32_t CodedBlock::recent_match(std::size_t position) {
  const auto past = static_cast<std::size_t>(past_);
  past_ = Past::recent;
  if (bits_.bit(models_.is_older[past]) != 0) {
    use_older(past);
  } else if (bits_.bit(models_.is_longer[past][position]) == 0) {
    past_ = Past::recent_single;
    return 1;
  }
  return length(models_.recent_length, position);
}

// The named distance moves to the front.
void CodedBlock::use_older(std::size_t past) {
  std::size_t index = 1;
  if (bits_.bit(models_.is_third[past]) != 0) index = 2 + bits_.bit(models_.is_fourth[past]);
  const std::uint32_t named = recent_[index];
  for (; index > 0; --index) recent_[index] = recent_[index - 1];
  recent_[0] = named;
}

std::uint32_t CodedBlock::length(LengthModel& model, std::size_t position) {
  if (bits_.bit(model.choice[0]) == 0) {
    return kLengthMin + bits_.tree(model.low[position], kLengthLowBits);
  }
  if (bits_.bit(model.choice[1]) == 0) {
    return kLengthMidFirst + bits_.tree(model.mid[position], kLengthLowBits);
  }
  const std::uint32_t high = bits_.tree(model.high, 8);
  if (kLengthHighFirst + high < kLengthLongFirst) return kLengthHighFirst + high;
  return kLengthLongFirst + static_cast<std::uint32_t>(bits_.direct(16));
}

std::uint32_t CodedBlock::distance(std::uint32_t length) {
  const std::uint32_t slot = bits_.tree(models_.slot[distance_context(length)], kDistanceSlotBits);
  if (slot < 4) return slot;
  const unsigned low_bits = (slot >> 1) - 1;
  const std::uint32_t high = (2 | (slot & 1)) << low_bits;
  if (slot < kDistanceTreeSlotEnd) {
    return high + bits_.reverse_tree(models_.distance[slot], low_bits);
  }
  const auto plain = static_cast<std::uint32_t>(bits_.direct(low_bits - kDistanceLowBits));
  return high + (plain << kDistanceLowBits) +
         bits_.reverse_tree(models_.distance_low, kDistanceLowBits);
}

// An impossible size of a number reads as one that fits nowhere.
std::uint64_t CodedBlock::number(Number kind) {
  const std::uint32_t bits =
      bits_.tree(models_.number[static_cast<std::size_t>(kind)], kNumberTreeBits);
  if (bits > kNumberBitsMax) return UINT64_MAX >> 1;
  if (bits == 0) return 0;
  return std::uint64_t{1} << (bits - 1) | bits_.direct(bits - 1);
}

Status CodedBlock::repeat(std::uint32_t length) {
  while (length > 0) {
    AIRLOCK_TRY(make_room());
    std::uint32_t run = std::min(length, static_cast<std::uint32_t>(kOutputSize) - output_used_);
    if (copied_) run = std::min(run, base_filled_ - base_at_);
    for (std::uint32_t i = 0; i < run; ++i) put(residual_at(recent_[0]));
    length -= run;
  }
  return {};
}

// After make_room at least one byte can be put.
Status CodedBlock::make_room() {
  if (output_used_ == kOutputSize) AIRLOCK_TRY(flush());
  if (copied_ && base_at_ == base_filled_) {
    base_filled_ = std::min(left_, static_cast<std::uint32_t>(kBaseReadSize));
    base_at_ = 0;
    AIRLOCK_TRY(work_.base->read(base_next_, MutableBytes(state_.base).first(base_filled_)));
    base_next_ += base_filled_;
  }
  return {};
}

void CodedBlock::put(std::uint8_t residual) {
  state_.window[made_ & kWindowMask] = residual;
  const unsigned base = copied_ ? state_.base[base_at_++] : 0U;
  state_.output[output_used_++] = static_cast<std::uint8_t>(residual + base);
  ++made_;
  --left_;
}

Status CodedBlock::flush() {
  const Bytes bytes = Bytes(state_.output).first(output_used_);
  hash_.update(bytes);
  AIRLOCK_TRY(work_.sink.write(work_.start + written_, bytes));
  written_ += output_used_;
  output_used_ = 0;
  return {};
}

}  // namespace

Result<package::Digest> decode_coded(CodedState& state, Coding coding, const BlockWork& work) {
  return CodedBlock(state, work).run(coding);
}

Result<package::Digest> copy_raw(RawState& state, const BlockWork& work) {
  if (state.pieces.coded_size() != work.size) return fail(Code::patch_malformed, work.block);
  crypto::Sha256 hash;
  for (std::uint64_t at = work.start; !state.pieces.at_end();) {
    AIRLOCK_ASSIGN(const Bytes bytes, state.pieces.next());
    hash.update(bytes);
    AIRLOCK_TRY(work.sink.write(at, bytes));
    at += bytes.size();
  }
  return hash.finish();
}

}  // namespace internal
}  // namespace airlock::delta
