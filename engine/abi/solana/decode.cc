#include "engine/abi/solana/decode.h"

#include <bit>

#include "engine/abi/solana/order.h"
#include "engine/abi/solana/short_vector.h"
#include "host/text/text.h"

namespace airlock::abi::solana {

using type::Entry;
using type::EntryKind;
using type::Form;
using type::kNone;
using type::Prefix;
using type::Type;

namespace {

std::uint64_t little(const std::uint8_t* bytes, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

bool is_nan(const std::uint8_t* bytes, unsigned bits) {
  if (bits == 32) {
    const auto low = static_cast<std::uint32_t>(little(bytes, 4));
    return (low & 0x7fff'ffff) > 0x7f80'0000;
  }
  return (little(bytes, 8) & 0x7fff'ffff'ffff'ffff) > 0x7ff0'0000'0000'0000;
}

// Reads one value with all that is within it, from a place in the data on.
class Reader {
 public:
  Reader(const type::Map& map, Bytes data, std::size_t at, type::Tape& tape)
      : map_(map), types_(map.types().data()), data_(data), at_(at), tape_(tape) {}

  Status read(std::uint32_t root) {
    AIRLOCK_TRY(begin(root));
    while (depth_ > 0) {
      Frame& top = open_[depth_ - 1];
      if (top.left == 0 || (top.left == kNone && at_ == data_.size())) {
        AIRLOCK_TRY(close(top));
        continue;
      }
      if (top.left != kNone) --top.left;
      ++top.done;
      AIRLOCK_TRY(begin(top.field != nullptr ? (top.field++)->type : top.element));
    }
    return {};
  }

  std::size_t at() const { return at_; }
  bool canonical() const { return canonical_; }

 private:
  // A value whose parts are being read: `left` of them, or as many as there are (kNone).
  struct Frame {
    const type::Field* field;  // of the next part of a tuple
    std::uint32_t element;     // else the type of all parts
    std::uint32_t node;
    std::uint32_t left;
    std::uint32_t done;
  };

  std::size_t rest() const { return data_.size() - at_; }
  std::unexpected<Error> refused() const { return fail(Code::chain_refuses, at_); }

  Status begin(std::uint32_t index) {
    const Type& type = types_[index];
    switch (type.form) {
      case Form::boolean:
        if (rest() < 1 || data_[at_] > 1) return refused();
        return note(index, 1);
      case Form::unsigned_integer:
      case Form::signed_integer: return take(index, type.size / 8U);
      case Form::floating:
        if (rest() < type.size / 8U || is_nan(data_.data() + at_, type.size)) return refused();
        return note(index, type.size / 8U);
      case Form::address:
      case Form::fixed_bytes: return take(index, type.size);
      case Form::bytes:
      case Form::text: return begin_bytes(index, type);
      case Form::list: return begin_list(index, type);
      case Form::array: return open(index, {nullptr, type.first, tape_.size(), type.count, 0});
      case Form::tuple:
        return open(index, {map_.fields().data() + type.first, 0, tape_.size(), type.count, 0});
      case Form::choice: return begin_choice(index, type);
      case Form::option: return begin_option(index, type);
      case Form::hash:
      case Form::parameter:
      case Form::instance:
      case Form::reference:
      case Form::signer: return fail(Code::unknown_call, at_);
    }
    return fail(Code::unknown_call, at_);
  }

  Status note(std::uint32_t index, std::size_t size) {
    if (!tape_.add(index, static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(size)))
      return fail(Code::over_budget, at_);
    at_ += size;
    return {};
  }

  Status take(std::uint32_t index, std::size_t size) {
    if (rest() < size) return refused();
    return note(index, size);
  }

  // A value with parts; its node's size is their number.
  Status open(std::uint32_t index, const Frame& frame) {
    if (depth_ == kDepthMax) return fail(Code::over_budget, at_);
    if (!tape_.add(index, static_cast<std::uint32_t>(at_), frame.left))
      return fail(Code::over_budget, at_);
    open_[depth_++] = frame;
    return {};
  }

  Status close(const Frame& done) {
    type::Node& node = tape_[done.node];
    const Type& type = types_[node.type];
    if (done.left == kNone) node.size = done.done;
    tape_.close(done.node);
    --depth_;
    if (type.form == Form::list && (type.flags & (type::kIsMap | type::kIsSet)) != 0)
      return check_order(done.node, type);
    return {};
  }

  Result<std::uint64_t> prefix(Prefix prefix) {
    switch (prefix) {
      case Prefix::none: return rest();
      case Prefix::u8: return number(1);
      case Prefix::u16: return number(2);
      case Prefix::u32: return number(4);
      case Prefix::u64: return number(8);
      case Prefix::short_u16: return short_number();
      case Prefix::uleb:
      case Prefix::evm_word: break;
    }
    return fail(Code::unknown_call, at_);
  }

  Result<std::uint64_t> number(std::size_t size) {
    if (rest() < size) return refused();
    const std::uint64_t value = little(data_.data() + at_, size);
    at_ += size;
    return value;
  }

  Result<std::uint64_t> short_number() {
    const auto read = read_short(data_.subspan(at_));
    if (!read) return refused();
    at_ += read->size;
    return read->value;
  }

  Status begin_bytes(std::uint32_t index, const Type& type) {
    AIRLOCK_ASSIGN(const std::uint64_t size, prefix(static_cast<Prefix>(type.size)));
    if (size > rest()) return refused();
    const auto taken = static_cast<std::size_t>(size);
    if (type.form == Form::text && !text::is_utf8(text_of(data_.subspan(at_, taken))))
      return refused();
    return note(index, taken);
  }

  Status begin_list(std::uint32_t index, const Type& type) {
    Frame frame{nullptr, type.first, tape_.size(), kNone, 0};
    if (static_cast<Prefix>(type.size) != Prefix::none) {
      AIRLOCK_ASSIGN(const std::uint64_t count, prefix(static_cast<Prefix>(type.size)));
      const std::uint64_t extent = types_[type.first].extent;
      if (extent > 0 && count > rest() / extent) return refused();
      if (count >= tape_.room()) return fail(Code::over_budget, at_);
      frame.left = static_cast<std::uint32_t>(count);
    }
    return open(index, frame);
  }

  Status begin_choice(std::uint32_t index, const Type& type) {
    AIRLOCK_ASSIGN(const std::uint64_t tag, prefix(static_cast<Prefix>(type.size)));
    // Loaders number variants from 0 on; a map from elsewhere may not.
    const std::span<const type::Field> variants = map_.fields_of(type);
    if (tag < variants.size() && variants[tag].tag == tag)
      return open_variant(index, type, static_cast<std::uint32_t>(tag));
    for (std::uint32_t i = 0; i < variants.size(); ++i)
      if (variants[i].tag == tag) return open_variant(index, type, i);
    return refused();
  }

  Status open_variant(std::uint32_t index, const Type& type, std::uint32_t place) {
    AIRLOCK_TRY(open(index, {nullptr, map_.fields_of(type)[place].type, tape_.size(), 1, 0}));
    tape_[open_[depth_ - 1].node].size = place;
    return {};
  }

  Status begin_option(std::uint32_t index, const Type& type) {
    AIRLOCK_ASSIGN(const std::uint64_t tag, number(type.size));
    if (tag > 1) return refused();
    const bool is_full = (type.flags & type::kFullWidth) != 0;
    if (tag == 0 && is_full) {
      const std::size_t size = types_[type.first].extent;
      if (rest() < size) return refused();
      for (std::size_t i = 0; i < size; ++i) canonical_ &= data_[at_ + i] == 0;
      if (!tape_.add(index, static_cast<std::uint32_t>(at_), 0))
        return fail(Code::over_budget, at_);
      at_ += size;
      return {};
    }
    return open(index, {nullptr, type.first, tape_.size(), static_cast<std::uint32_t>(tag), 0});
  }

  // Rust accepts the keys of a map in any order and keeps the last value of a key. What is not in
  // order is not canonical; what holds a key twice would not be shown as the chain has it.
  Status check_order(std::uint32_t node, const Type& type) {
    const Read read{&map_, tape_.nodes(), data_};
    const bool is_map = (type.flags & type::kIsMap) != 0;
    const auto key = [is_map](std::uint32_t element) { return is_map ? element + 1 : element; };
    const std::uint32_t count = read.nodes[node].size;
    bool ascends = true;
    std::uint32_t before = node + 1;
    for (std::uint32_t i = 1; i < count; ++i) {
      const std::uint32_t element = read.nodes[before].end;
      ascends &= compare(read, key(before), key(element)) < 0;
      before = element;
    }
    if (ascends) return {};
    canonical_ = false;
    if (count > kUnsortedMax) return fail(Code::over_budget, at_);
    std::uint32_t one = node + 1;
    for (std::uint32_t i = 0; i < count; ++i, one = read.nodes[one].end) {
      std::uint32_t other = read.nodes[one].end;
      for (std::uint32_t j = i + 1; j < count; ++j, other = read.nodes[other].end)
        if (compare(read, key(one), key(other)) == 0) return fail(Code::not_canonical, at_);
    }
    return {};
  }

  const type::Map& map_;
  const Type* types_;
  Bytes data_;
  std::size_t at_;
  type::Tape& tape_;
  bool canonical_ = true;
  std::uint32_t depth_ = 0;
  std::array<Frame, kDepthMax> open_;
};

// Whether bytes may follow the values.
enum class Tail : std::uint8_t { forbidden, allowed };

Result<Decoded> decode_body(const type::Map& map, const Entry& entry, Bytes data, std::size_t at,
                            type::Tape& tape, Tail tail) {
  if (entry.input == kNone) return fail(Code::unknown_call);
  Reader reader(map, data, at, tape);
  AIRLOCK_TRY(reader.read(entry.input));
  const bool is_whole = reader.at() == data.size();
  if (!is_whole && tail == Tail::forbidden) return fail(Code::trailing_bytes, reader.at());
  return Decoded{&entry, reader.canonical() && is_whole, static_cast<std::uint32_t>(reader.at())};
}

// The only entry of a kind that data without a key of its own can mean.
const Entry* keyless(const type::Map& map, EntryKind kind) {
  const Entry* found = nullptr;
  for (const Entry& entry : map.entries()) {
    if (entry.kind < kind) continue;
    if (entry.kind != kind || entry.key.size != 0) break;
    if (found != nullptr) return nullptr;
    found = &entry;
  }
  return found;
}

Result<Decoded> decode_chosen(const type::Map& map, EntryKind kind, Bytes data, type::Tape& tape,
                              Tail tail) {
  tape.clear();
  if (data.size() > kDataSizeMax) return fail(Code::oversized, data.size());
  const Entry* entry = map.find_at_front(kind, data);
  if (entry == nullptr) entry = keyless(map, kind);
  if (entry == nullptr) return fail(Code::unknown_call);
  return decode_body(map, *entry, data, entry->key.size, tape, tail);
}

bool is_event_by_call(Bytes data) {
  return data.size() >= kEventByCall.size() && equal(data.first(kEventByCall.size()), kEventByCall);
}

}  // namespace

Result<Decoded> decode_instruction(const type::Map& map, Bytes data, type::Tape& tape) {
  if (is_event_by_call(data) && map.find_at_front(EntryKind::function, data) == nullptr)
    return decode_event(map, data, tape);
  return decode_chosen(map, EntryKind::function, data, tape, Tail::forbidden);
}

Result<Decoded> decode_event(const type::Map& map, Bytes data, type::Tape& tape) {
  if (!is_event_by_call(data))
    return decode_chosen(map, EntryKind::event, data, tape, Tail::forbidden);
  tape.clear();
  if (data.size() > kDataSizeMax) return fail(Code::oversized, data.size());
  const Entry* entry = map.find_at_front(EntryKind::event, data.subspan(kEventByCall.size()));
  if (entry == nullptr) return fail(Code::unknown_call);
  return decode_body(map, *entry, data, kEventByCall.size() + entry->key.size, tape,
                     Tail::forbidden);
}

Result<Decoded> decode_account(const type::Map& map, Bytes data, type::Tape& tape) {
  return decode_chosen(map, EntryKind::account, data, tape, Tail::allowed);
}

Result<Decoded> decode_as(const type::Map& map, const Entry& entry, Bytes data, type::Tape& tape) {
  tape.clear();
  if (data.size() > kDataSizeMax) return fail(Code::oversized, data.size());
  const Bytes key = map.bytes(entry.key);
  if (data.size() < key.size() || !equal(data.first(key.size()), key))
    return fail(Code::unknown_call);
  const Tail tail = entry.kind == EntryKind::account ? Tail::allowed : Tail::forbidden;
  return decode_body(map, entry, data, key.size(), tape, tail);
}

}  // namespace airlock::abi::solana
