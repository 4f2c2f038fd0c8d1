// Decoding blocks: the port that answers from proven pieces and writes to the slot.
#include "core/delta/coding.h"
#include "core/delta/internal/range.h"
#include "core/delta/internal/work.h"

namespace airlock::delta::internal {
namespace {

// Output hashes and writes the bytes of one block in order, and finds those that it wrote.
class Output {
 public:
  Output(const BlockWork& work, MutableBytes buffer, MutableBytes window)
      : work_(work), buffer_(buffer), window_(window) {}

  const Status& state() const { return state_; }
  std::size_t made() const { return flushed_ + held_; }

  void put(const std::uint8_t* bytes, std::size_t size) {
    // Most of what is put is a byte or an instruction of two: no call for those.
    if (size <= 2 && size <= buffer_.size() - held_) {
      buffer_[held_] = bytes[0];
      if (size == 2) buffer_[held_ + 1] = bytes[1];
      held_ += size;
      return;
    }
    while (size > 0) {
      if (held_ == buffer_.size()) flush();
      const std::size_t now = std::min(size, buffer_.size() - held_);
      std::copy(bytes, bytes + now, buffer_.data() + held_);
      held_ += now;
      bytes += now;
      size -= now;
    }
  }

  // earlier returns a byte of the block that was put; the image's place is counted from its start.
  int earlier(std::size_t place) {
    const std::size_t at = place - work_.start;
    if (at >= flushed_) return buffer_[at - flushed_];
    if (at < window_at_ || at >= window_at_ + window_held_) look_back(at);
    return window_[at - window_at_];
  }

  Result<package::Digest> finish() {
    flush();
    AIRLOCK_TRY(state_);
    return hash_.finish();
  }

 private:
  void flush() {
    const Bytes made = Bytes(buffer_).first(held_);
    hash_.update(made);
    if (state_) state_ = work_.sink.write(work_.start + flushed_, made);
    flushed_ += held_;
    held_ = 0;
  }

  void look_back(std::size_t at) {
    window_at_ = at;
    window_held_ = std::min(window_.size(), flushed_ - at);
    if (state_) {
      state_ = work_.sink.read(work_.start + at, window_.first(window_held_));
    }
    if (!state_) std::fill(window_.begin(), window_.end(), std::uint8_t{0});
  }

  const BlockWork& work_;
  MutableBytes buffer_;
  MutableBytes window_;
  std::size_t held_ = 0;
  std::size_t flushed_ = 0;
  std::size_t window_at_ = 0;
  std::size_t window_held_ = 0;
  crypto::Sha256 hash_;
  Status state_;
};

class DecodingPort {
 public:
  DecodingPort(PieceReader& pieces, Output& output) : range_(pieces), output_(output) {}

  void start() { range_.start(); }
  RangeReader& bits() { return range_; }
  static bool agrees(const std::uint8_t*, std::size_t) { return false; }
  static std::uint8_t wanted(std::size_t) { return 0; }
  static Step step() { return {}; }
  static void begins(Topic) {}
  void put(const std::uint8_t* bytes, std::size_t size) { output_.put(bytes, size); }
  int earlier(std::size_t place) { return output_.earlier(place); }
  bool is_sound() const { return range_.state() && output_.state(); }

 private:
  RangeReader range_;
  Output& output_;
};

// Everything of fixed size that decoding a coded block holds, beside its models and buffers.
struct CodedState {
  CodedState(PieceReader& pieces, const BlockWork& work, const MutableBytes (&buffers)[4])
      : base(work.base, work.base_size, buffers[0]),
        ahead(work.base, work.base_size, buffers[1]),
        output(work, buffers[2], buffers[3]),
        port(pieces, output) {}

  BaseWindow base;
  BaseWindow ahead;
  Output output;
  DecodingPort port;
};

constexpr std::size_t shelved(std::size_t size) {
  return (size + Shelf::kAlignment - 1) / Shelf::kAlignment * Shelf::kAlignment;
}
constexpr std::size_t needed(const Profile& profile, std::size_t pieces, std::size_t piece_size) {
  return shelved(pieces * package::Digest::kSize) + shelved(piece_size) +
         shelved(sizeof(PieceReader)) + shelved(Models::bytes(profile)) +
         shelved(window_size(profile)) + shelved(kAheadSize) + shelved(output_size(profile)) +
         shelved(kInsideSize) + shelved(sizeof(FactsReader)) + shelved(sizeof(CodedState)) +
         shelved(sizeof(BlockCoding<DecodingPort>));
}
static_assert(needed(kLarge, kBlockPiecesMax, package::kPieceSizeMax) <=
              kLarge.memory - kLargeStack);
static_assert(needed(kSmall, kSmallPiecesMax, kSmallPieceSize) <= kSmall.memory - kSmallStack);

// Why the walk ended early: the first thing that failed, or the block itself.
Status reason(const CodedState& state, const FactsReader& facts, std::size_t block) {
  AIRLOCK_TRY(state.port.is_sound() ? Status{} : state.output.state());
  AIRLOCK_TRY(state.base.state());
  AIRLOCK_TRY(state.ahead.state());
  AIRLOCK_TRY(facts.state());
  return fail(Code::patch_malformed, block);
}

}  // namespace

const Profile* find_profile(std::uint8_t number) {
  if (number == kSmall.number) return &kSmall;
  return number == kLarge.number ? &kLarge : nullptr;
}

Result<package::Digest> copy_raw(PieceReader& pieces, const BlockWork& work) {
  if (pieces.coded_size() != work.size) return fail(Code::patch_malformed, work.block);
  crypto::Sha256 hash;
  std::size_t made = 0;
  while (!pieces.at_end()) {
    AIRLOCK_ASSIGN(const Bytes chunk, pieces.next());
    hash.update(chunk);
    AIRLOCK_TRY(work.sink.write(work.start + made, chunk));
    made += chunk.size();
  }
  return hash.finish();
}

Result<package::Digest> decode_coded(Shelf& shelf, PieceReader& pieces, const BlockWork& work,
                                     Source& scratch, Bytes root) {
  auto* const facts = shelf.place<FactsReader>();
  if (facts == nullptr) return fail(Code::memory_exceeded, kSmall.memory);
  AIRLOCK_TRY(facts->open(scratch, root));
  const Profile* const profile = find_profile(facts->header().profile);
  if (profile == nullptr) return fail(Code::bad_checksum);
  const MutableBytes models_at = shelf.take(Models::bytes(*profile));
  const MutableBytes buffers[4] = {shelf.take(window_size(*profile)), shelf.take(kAheadSize),
                                   shelf.take(output_size(*profile)), shelf.take(kInsideSize)};
  auto* const state = shelf.place<CodedState>(pieces, work, buffers);
  if (models_at.empty() || buffers[3].empty() || state == nullptr) {
    return fail(Code::memory_exceeded, profile->memory);
  }
  Models& models = Models::place(*profile, models_at);
  models.reset();
  auto* const coding = shelf.place<BlockCoding<DecodingPort>>(
      BlockCoding<DecodingPort>::Parts{*profile, models, *facts, state->base, state->ahead},
      state->port);
  if (coding == nullptr) return fail(Code::memory_exceeded, profile->memory);
  state->port.start();
  const bool came_to_end = coding->run(work.start, work.start + work.size, {});
  const RangeReader& range = state->port.bits();
  if (!range.state()) {
    return range.state().error().code == Code::patch_malformed
               ? fail(Code::patch_malformed, work.block)
               : std::unexpected(range.state().error());
  }
  if (!came_to_end) return fail(reason(*state, *facts, work.block).error());
  if (!range.at_end()) return fail(Code::patch_malformed, work.block);
  return state->output.finish();
}

}  // namespace airlock::delta::internal
