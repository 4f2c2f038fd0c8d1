// Where the bytes of a payload are: every block is decoded once more, and each bit's price counted.
#include <cmath>
#include <memory>

#include "core/base/bytes_source.h"
#include "core/delta/coding.h"
#include "core/delta/internal/range.h"
#include "core/delta/internal/work.h"
#include "publish/diff/delta_file.h"
#include "publish/diff/memory_area.h"

namespace airlock::diff {

using namespace delta;

namespace {

constexpr Part part_of(Topic topic) {
  switch (topic) {
    case Topic::step: return Part::matches;
    case Topic::literal: return Part::literals;
    case Topic::run: return Part::runs;
    case Topic::plain: return Part::plain;
    case Topic::pointer: return Part::pointers;
    case Topic::branch: return Part::branches;
    case Topic::local: return Part::locals;
    case Topic::data: return Part::data;
  }
  return Part::plain;
}

class CountingPort {
 public:
  CountingPort(internal::PieceReader& pieces, std::uint64_t start, BlockParts& parts)
      : range_(pieces), start_(start), parts_(parts) {
    range_.start();
  }

  CountingPort& bits() { return *this; }
  unsigned bit(std::uint32_t probability, unsigned wanted) {
    const unsigned value = range_.bit(probability, wanted);
    add(-std::log2((value != 0 ? probability : 65536 - probability) / 65536.0));
    return value;
  }
  std::uint64_t direct(unsigned count, std::uint64_t wanted) {
    add(count);
    return range_.direct(count, wanted);
  }
  static bool agrees(const std::uint8_t*, std::size_t) { return false; }
  static std::uint8_t wanted(std::size_t) { return 0; }
  static Step step() { return {}; }
  void begins(Topic topic) { part_ = part_of(topic); }
  void put(const std::uint8_t* bytes, std::size_t size) {
    made_.insert(made_.end(), bytes, bytes + size);
  }
  int earlier(std::uint64_t place) const { return made_[static_cast<std::size_t>(place - start_)]; }
  bool is_sound() const { return range_.state().has_value(); }

 private:
  void add(double bits) { parts_.bytes[static_cast<std::size_t>(part_)] += bits / 8; }

  internal::RangeReader range_;
  std::uint64_t start_;
  BlockParts& parts_;
  Part part_ = Part::runs;
  std::vector<std::uint8_t> made_;
};

class Looker {
 public:
  Looker(const DeltaFile& file, Bytes base)
      : file_(file), image_(file.image.view()), source_(file.bytes), base_(base) {}

  // look adds to each coded block what its bytes are.
  Status look(std::vector<BlockParts>& blocks);

 private:
  Status look_at_entry(std::size_t block, BlockParts& parts);
  Status look_at_block(internal::PieceReader& pieces, std::size_t block, BlockParts& parts);

  const DeltaFile& file_;
  package::Image image_;
  BytesSource source_;
  BytesSource base_;
  MemoryArea scratch_{kScratchSize};
};

Status Looker::look_at_block(internal::PieceReader& pieces, std::size_t block, BlockParts& parts) {
  FactsReader facts;
  AIRLOCK_TRY(facts.open(scratch_, file_.payload.root.bytes));
  const Profile* const profile = internal::find_profile(facts.header().profile);
  if (profile == nullptr) return fail(Code::unsupported_version);
  std::vector<std::uint64_t> memory(Models::bytes(*profile) / sizeof(std::uint64_t) + 1);
  Models& models =
      Models::place(*profile, {reinterpret_cast<std::uint8_t*>(memory.data()), memory.size() * 8});
  models.reset();
  std::vector<std::uint8_t> windows(2048);
  const std::uint64_t base_size =
      file_.payload.type == package::PayloadType::patch ? file_.payload.base_size : 0;
  BaseWindow base(&base_, base_size, MutableBytes(windows).first(1024));
  BaseWindow ahead(&base_, base_size, MutableBytes(windows).subspan(1024));
  const std::uint64_t start = std::uint64_t{block} * package::kBlockSize;
  CountingPort port(pieces, start, parts);
  BlockCoding<CountingPort> coding({*profile, models, facts, base, ahead}, port);
  if (!coding.run(start, start + parts.size, {})) return fail(Code::patch_malformed, block);
  parts.isa = coding.choice().isa;
  parts.is_clean = coding.choice().is_clean;
  return {};
}

Status Looker::look_at_entry(std::size_t block, BlockParts& parts) {
  const internal::EntryPlace place = {file_.payload, file_.entries.size(), block + 1};
  internal::HeadBuffer head;
  AIRLOCK_ASSIGN(const internal::PlacedEntry placed, internal::prove_entry(place, source_, head));
  AIRLOCK_ASSIGN(const BlockShape shape,
                 block_shape(placed.entry.stored_size, file_.payload.piece_size));
  std::vector<Digest> leaves(shape.pieces);
  std::vector<std::uint8_t> piece(file_.payload.piece_size);
  internal::PieceReader pieces;
  AIRLOCK_TRY(pieces.open(placed, place, source_, {leaves, piece}));
  return look_at_block(pieces, block, parts);
}

Status Looker::look(std::vector<BlockParts>& blocks) {
  const auto decoder = std::make_unique<BlockDecoder>();
  AIRLOCK_TRY(decoder->prepare(image_, file_.payload, source_, scratch_));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].coding == Coding::coded) AIRLOCK_TRY(look_at_entry(i, blocks[i]));
  }
  return {};
}

}  // namespace

Result<PayloadParts> look_into(const DeltaFile& file, Bytes base) {
  // Decoded as a device does first, so that all that follows is proven.
  AIRLOCK_TRY(apply_delta(file, base, 1));
  AIRLOCK_ASSIGN(PayloadParts parts, look_at(file));
  AIRLOCK_TRY(Looker(file, base).look(parts.blocks));
  return parts;
}

}  // namespace airlock::diff
