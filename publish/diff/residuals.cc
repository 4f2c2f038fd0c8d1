#include "publish/diff/internal/residuals.h"

#include <bit>

#include "publish/diff/internal/range.h"

namespace airlock::diff {

using namespace delta;

namespace {

void add_part(Residuals& made, std::uint32_t size, std::uint8_t copied) {
  const auto end = static_cast<std::uint32_t>(made.part_end.size()) + size;
  made.part_end.insert(made.part_end.end(), size, end);
  made.copied.insert(made.copied.end(), size, copied);
}

// Writes tokens of one block; mirrors core/delta/coded.cc.
class TokenWriter {
 public:
  TokenWriter(const Residuals& residuals, const Parameters& parameters, Models& models,
              std::vector<std::uint8_t>& out)
      : residuals_(residuals),
        context_{parameters.context_bits, !residuals.segments.empty()},
        position_mask_((1U << parameters.position_bits) - 1),
        models_(models),
        out_(out) {}

  void write(const std::vector<Token>& tokens);

 private:
  void token(const Token& token);
  void literal();
  void recent(const Token& token);
  void length(LengthModel& model, std::uint32_t length);
  void distance(std::uint32_t length, std::uint32_t distance);
  void number(Number kind, std::uint64_t value);
  void segment_head();

  const Residuals& residuals_;
  LiteralContext context_;
  std::uint32_t position_mask_;
  Models& models_;
  RangeWriter out_;
  Memory memory_;
  std::uint32_t at_ = 0;
  std::size_t segment_ = 0;  // the one whose part is next
  bool copy_next_ = false;   // its copied part
  std::int64_t shift_ = 0;
};

// Writes the numbers of all parts that begin here.
void TokenWriter::segment_head() {
  while (segment_ < residuals_.segments.size()) {
    const Segment& segment = residuals_.segments[segment_];
    if (!copy_next_) {
      number(Number::plain_size, segment.plain_size);
      copy_next_ = true;
      if (segment.plain_size > 0) return;
      continue;
    }
    copy_next_ = false;
    ++segment_;
    if (segment.copy_size == 0) return;  // only the last one
    number(Number::copy_size, segment.copy_size);
    const std::int64_t moved = segment.shift - shift_;
    number(Number::shift,
           static_cast<std::uint64_t>(moved) << 1 ^ static_cast<std::uint64_t>(moved >> 63));
    shift_ = segment.shift;
    return;
  }
}

void TokenWriter::number(Number kind, std::uint64_t value) {
  const auto bits = static_cast<unsigned>(std::bit_width(value));
  AIRLOCK_CHECK(bits <= kNumberBitsMax);
  out_.tree(models_.number[static_cast<std::size_t>(kind)], bits, kNumberTreeBits);
  if (bits > 1) out_.direct(value - (std::uint64_t{1} << (bits - 1)), bits - 1);
}

void TokenWriter::write(const std::vector<Token>& tokens) {
  std::uint32_t part_end = 0;
  for (const Token& each : tokens) {
    if (at_ == part_end) {
      segment_head();
      part_end = residuals_.part_end[at_];
    }
    token(each);
    memory_ = memory_.after(each);
    at_ += each.length;
    AIRLOCK_CHECK(at_ <= part_end);
  }
  AIRLOCK_CHECK(at_ == residuals_.size());
  out_.finish();
}

void TokenWriter::token(const Token& token) {
  const auto past = static_cast<std::size_t>(memory_.past);
  const std::size_t position = at_ & position_mask_;
  out_.bit(models_.is_match[residuals_.copied[at_]][past][position], token.is_literal() ? 0 : 1);
  if (token.is_literal()) return literal();
  out_.bit(models_.is_recent[past], token.is_recent() ? 1 : 0);
  if (token.is_recent()) return recent(token);
  length(models_.match_length, token.length);
  distance(token.length, token.distance());
}

void TokenWriter::literal() {
  const std::uint8_t before = at_ == 0 ? 0 : residuals_.bytes[at_ - 1];
  auto& tree = models_.literal[context_.index(before, residuals_.copied[at_] != 0)];
  const std::uint32_t value = residuals_.bytes[at_];
  bool agrees = ends_in_match(memory_.past);
  const std::uint32_t predicted = agrees ? residuals_.bytes[at_ - memory_.recent[0] - 1] : 0U;
  std::uint32_t node = 1;
  for (int i = 7; i >= 0; --i) {
    const std::uint32_t one = value >> i & 1;
    const std::uint32_t expected = predicted >> i & 1;
    out_.bit(tree[agrees ? ((1 + expected) << 8) + node : node], one);
    node = node << 1 | one;
    agrees = agrees && one == expected;
  }
}

void TokenWriter::recent(const Token& token) {
  const auto past = static_cast<std::size_t>(memory_.past);
  out_.bit(models_.is_older[past], token.choice == 0 ? 0 : 1);
  if (token.choice == 0) {
    out_.bit(models_.is_longer[past][at_ & position_mask_], token.length == 1 ? 0 : 1);
    if (token.length == 1) return;
  } else {
    out_.bit(models_.is_third[past], token.choice == 1 ? 0 : 1);
    if (token.choice > 1) out_.bit(models_.is_fourth[past], token.choice - 2);
  }
  length(models_.recent_length, token.length);
}

void TokenWriter::length(LengthModel& model, std::uint32_t length) {
  const std::size_t position = at_ & position_mask_;
  out_.bit(model.choice[0], length < kLengthMidFirst ? 0 : 1);
  if (length < kLengthMidFirst) {
    return out_.tree(model.low[position], length - kLengthMin, kLengthLowBits);
  }
  out_.bit(model.choice[1], length < kLengthHighFirst ? 0 : 1);
  if (length < kLengthHighFirst) {
    return out_.tree(model.mid[position], length - kLengthMidFirst, kLengthLowBits);
  }
  const std::uint32_t high = std::min(length, kLengthLongFirst) - kLengthHighFirst;
  out_.tree(model.high, high, 8);
  if (length >= kLengthLongFirst) out_.direct(length - kLengthLongFirst, 16);
}

void TokenWriter::distance(std::uint32_t length, std::uint32_t distance) {
  const std::uint32_t slot = distance_slot(distance);
  out_.tree(models_.slot[distance_context(length)], slot, kDistanceSlotBits);
  if (slot < 4) return;
  const unsigned low_bits = (slot >> 1) - 1;
  const std::uint32_t low = distance - ((2 | (slot & 1)) << low_bits);
  if (slot < kDistanceTreeSlotEnd) {
    return out_.reverse_tree(models_.distance[slot], low, low_bits);
  }
  out_.direct(low >> kDistanceLowBits, low_bits - kDistanceLowBits);
  out_.reverse_tree(models_.distance_low, low & ((1U << kDistanceLowBits) - 1), kDistanceLowBits);
}

}  // namespace

Residuals plain_residuals(Bytes block) {
  Residuals made;
  made.bytes.assign(block.begin(), block.end());
  add_part(made, made.size(), 0);
  return made;
}

Residuals copied_residuals(Bytes image, Bytes base, const std::vector<Copy>& copies,
                           BlockRange block) {
  Residuals made;
  const Bytes bytes = image.subspan(static_cast<std::size_t>(block.at), block.size);
  made.bytes.assign(bytes.begin(), bytes.end());
  const std::uint64_t end = block.at + block.size;
  std::uint64_t at = block.at;
  auto copy = std::partition_point(copies.begin(), copies.end(), [&](const Copy& each) {
    return each.at + each.size <= block.at;
  });
  for (; copy != copies.end() && copy->at < end; ++copy) {
    const std::uint64_t from = std::max(copy->at, block.at);
    const std::uint64_t to = std::min(copy->at + copy->size, end);
    const std::uint64_t base_at = copy->base_at + (from - copy->at);
    const Segment segment = {static_cast<std::uint32_t>(from - at),
                             static_cast<std::uint32_t>(to - from),
                             static_cast<std::int64_t>(base_at) - static_cast<std::int64_t>(from)};
    add_part(made, segment.plain_size, 0);
    add_part(made, segment.copy_size, 1);
    made.segments.push_back(segment);
    for (std::uint64_t i = 0; i < segment.copy_size; ++i) {
      auto& byte = made.bytes[static_cast<std::size_t>(from - block.at + i)];
      byte = static_cast<std::uint8_t>(byte - base[static_cast<std::size_t>(base_at + i)]);
    }
    at = to;
  }
  if (!made.segments.empty() && at < end) {
    made.segments.push_back({static_cast<std::uint32_t>(end - at), 0, 0});
  }
  add_part(made, static_cast<std::uint32_t>(end - at), 0);
  return made;
}

Memory Memory::after(const Token& token) const {
  Memory next = *this;
  if (token.is_literal()) {
    next.past = past_literal(past);
  } else if (!token.is_recent()) {
    next.past = Past::match;
    next.recent = {token.distance(), recent[0], recent[1], recent[2]};
  } else {
    next.past = token.length == 1 ? Past::recent_single : Past::recent;
    for (std::size_t i = token.choice; i > 0; --i) next.recent[i] = recent[i - 1];
    next.recent[0] = recent[token.choice];
  }
  return next;
}

std::vector<std::uint8_t> write_tokens(const Residuals& residuals, const std::vector<Token>& tokens,
                                       const Parameters& parameters, Models& models) {
  std::vector<std::uint8_t> out;
  out.push_back(static_cast<std::uint8_t>(parameters.context_bits | parameters.position_bits << 2));
  models.reset();
  TokenWriter(residuals, parameters, models, out).write(tokens);
  return out;
}

}  // namespace airlock::diff
