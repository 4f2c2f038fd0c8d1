#include "engine/abi/evm/decode.h"

#include <array>
#include <cstring>

#include "engine/abi/evm/internal/word.h"

namespace airlock::abi::evm {

using type::EntryKind;
using type::Field;
using type::Form;
using type::Map;
using type::Tape;
using type::Type;

namespace {

constexpr std::size_t kFramesMax = type::kNestingMax + 2;  // the parameters themselves, and spare

// Walks the types of a tuple along the data, with what is open on a stack.
class Decoder {
 public:
  // What is being read: the members of a tuple, or the elements of a list or an array.
  struct Frame {
    const Field* field;  // of a tuple the next member; else nullptr
    std::uint32_t element;
    std::uint32_t left;
    std::uint32_t node;
    std::size_t base;      // offsets count from here
    std::size_t at;        // the next word
    std::size_t head_end;  // where the first tail begins, or must; 0 where no offset was read
  };

  Decoder(const Map& map, Bytes data, Tape& tape)
      : types_(map.types().data()), map_(map), data_(data), tape_(tape) {}

  // run reads what the frame holds, and leaves in it where it ended.
  Status run(Frame& root);

  void expect_tail(std::size_t at) { next_ = at; }
  // is_canonical says it of all that was run, whose own head is `root`.
  bool is_canonical(const Frame& root) const {
    const std::size_t end = root.head_end == 0 ? root.at : next_;
    return canonical_ && (root.head_end == 0 || root.head_end == root.at) && end == data_.size();
  }

 private:
  Status refuse(std::size_t at) const { return fail(Code::chain_refuses, at); }
  Status out_of_tape() const { return fail(Code::over_budget, tape_.size()); }
  bool has_word(std::size_t at) const {
    return data_.size() >= kWordSize && at <= data_.size() - kWordSize;
  }
  const std::uint8_t* word(std::size_t at) const { return data_.data() + at; }

  Status in_place(std::uint32_t index, const Type& type, std::size_t at);
  Status behind_offset(std::uint32_t index, const Type& type, Frame& top);
  Status bytes(std::uint32_t index, std::size_t at);
  Status list(std::uint32_t index, const Type& type, std::size_t at);
  Status push(std::uint32_t index, const Type& type, std::size_t at);

  const Type* types_;
  const Map& map_;
  Bytes data_;
  Tape& tape_;
  std::size_t next_ = 0;  // where the next tail must begin in the canonical form
  bool canonical_ = true;
  std::size_t depth_ = 0;
  std::array<Frame, kFramesMax> frames_;
};

Status Decoder::run(Frame& root) {
  depth_ = 0;
  frames_[0] = root;
  while (true) {
    Frame& top = frames_[depth_];
    if (top.left == 0) {
      if (depth_ == 0) break;
      canonical_ = canonical_ && (top.head_end == 0 || top.head_end == top.at);
      tape_.close(top.node);
      --depth_;
      continue;
    }
    --top.left;
    const std::uint32_t index = top.field != nullptr ? (top.field++)->type : top.element;
    const Type& type = types_[index];
    if (type.extent == 0) {
      AIRLOCK_TRY(behind_offset(index, type, top));
    } else {
      const std::size_t at = top.at;
      top.at += type.extent;
      AIRLOCK_TRY(in_place(index, type, at));
    }
  }
  root = frames_[0];
  return {};
}

// A value that stands where it is read. Its bits outside the type must say nothing.
Status Decoder::in_place(std::uint32_t index, const Type& type, std::size_t at) {
  if (type.form == Form::tuple || type.form == Form::array) return push(index, type, at);
  if (!has_word(at)) [[unlikely]]
    return refuse(at);
  const std::uint8_t* const bits = word(at);
  bool is_clean = true;
  std::size_t begin = at, size = kWordSize;
  switch (type.form) {
    case Form::unsigned_integer:
      is_clean = internal::is_zero(bits, kWordSize - type.size / 8U);
      break;
    case Form::signed_integer:
      is_clean = internal::is_sign_extended(bits, kWordSize - type.size / 8U);
      break;
    case Form::address:
      size = 20;
      begin += kWordSize - size;
      is_clean = internal::is_zero(bits, kWordSize - 20);
      break;
    case Form::boolean:
      size = 1;
      begin += kWordSize - size;
      is_clean = internal::is_zero(bits, kWordSize - 1) && bits[kWordSize - 1] <= 1;
      break;
    case Form::fixed_bytes:
      if (type.size > kWordSize) return fail(Code::bad_type, index);
      size = type.size;
      is_clean = internal::is_zero(bits + size, kWordSize - size);
      break;
    case Form::hash: break;
    case Form::floating:
    case Form::bytes:
    case Form::text:
    case Form::list:
    case Form::array:
    case Form::tuple:
    case Form::choice:
    case Form::option:
    case Form::parameter:
    case Form::instance:
    case Form::reference:
    case Form::signer: return fail(Code::bad_type, index);
  }
  if (!is_clean) [[unlikely]]
    return refuse(at);
  if (!tape_.add(index, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(size)))
      [[unlikely]]
    return out_of_tape();
  return {};
}

// A value that stands where an offset says: anywhere in the data, as the chain has it.
Status Decoder::behind_offset(std::uint32_t index, const Type& type, Frame& top) {
  if (!has_word(top.at)) [[unlikely]]
    return refuse(top.at);
  const auto offset = internal::small(word(top.at));
  if (!offset || *offset > data_.size()) [[unlikely]]
    return refuse(top.at);
  top.at += kWordSize;
  const std::size_t at = top.base + static_cast<std::size_t>(*offset);
  if (top.head_end == 0) {
    top.head_end = at;  // run holds it against where the head ended
    canonical_ = canonical_ && at != 0;
  } else {
    canonical_ = canonical_ && at == next_;
  }
  switch (type.form) {
    case Form::bytes:
    case Form::text: return bytes(index, at);
    case Form::list: return list(index, type, at);
    case Form::array:
    case Form::tuple: return push(index, type, at);
    case Form::boolean:
    case Form::unsigned_integer:
    case Form::signed_integer:
    case Form::floating:
    case Form::address:
    case Form::fixed_bytes:
    case Form::hash:
    case Form::choice:
    case Form::option:
    case Form::parameter:
    case Form::instance:
    case Form::reference:
    case Form::signer: break;
  }
  return fail(Code::bad_type, index);
}

Status Decoder::bytes(std::uint32_t index, std::size_t at) {
  if (!has_word(at)) return refuse(at);
  const auto size = internal::small(word(at));
  const std::size_t begin = at + kWordSize;
  if (!size || *size > data_.size() - begin) [[unlikely]]
    return refuse(at);
  const std::size_t end = begin + static_cast<std::size_t>(*size);
  next_ = begin + internal::padded(static_cast<std::size_t>(*size));
  // The chain reads no padding; the canonical form has zeros there.
  canonical_ = canonical_ && next_ <= data_.size() && internal::is_zero(word(end), next_ - end);
  if (!tape_.add(index, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(*size)))
      [[unlikely]]
    return out_of_tape();
  return {};
}

Status Decoder::list(std::uint32_t index, const Type& type, std::size_t at) {
  if (!has_word(at)) return refuse(at);
  const auto count = internal::small(word(at));
  const std::size_t begin = at + kWordSize;
  const std::uint32_t extent = types_[type.first].extent;
  const std::size_t stride = extent == 0 ? kWordSize : extent;
  if (!count || *count > (data_.size() - begin) / stride) [[unlikely]]
    return refuse(at);
  const auto left = static_cast<std::uint32_t>(*count);
  next_ = begin + left * stride;
  const std::uint32_t node = tape_.size();
  if (!tape_.add(index, static_cast<std::uint32_t>(begin), left)) [[unlikely]]
    return out_of_tape();
  if (left == 0) return {};
  if (++depth_ == kFramesMax) return fail(Code::bad_type, index);
  frames_[depth_] = {
      nullptr, type.first, left, node, begin, begin, extent == 0 ? next_ : std::size_t{0}};
  return {};
}

// Begins the parts of a tuple or an array.
Status Decoder::push(std::uint32_t index, const Type& type, std::size_t at) {
  const std::uint32_t node = tape_.size();
  if (!tape_.add(index, static_cast<std::uint32_t>(at), type.count)) [[unlikely]]
    return out_of_tape();
  if (type.count == 0) return fail(Code::bad_type, index);
  if (++depth_ == kFramesMax) return fail(Code::bad_type, index);
  const Field* const field = type.form == Form::tuple ? map_.fields().data() + type.first : nullptr;
  frames_[depth_] = {field, type.first, type.count, node, at, at, 0};
  return {};
}

Decoder::Frame frame_of(const Map& map, const Type& tuple, std::uint32_t node, std::size_t start) {
  return {map.fields().data() + tuple.first, 0, tuple.count, node, start, start, 0};
}

// The function or error that the data begins with, and its values.
Result<Decoded> decode_chosen(const Map& map, EntryKind kind, Bytes data, Tape& tape) {
  const type::Entry* const entry = map.find_at_front(kind, data);
  if (entry == nullptr || entry->key.size != kSelectorSize) return fail(Code::unknown_call);
  auto decoded = decode(map, entry->input, data, kSelectorSize, tape);
  if (decoded) decoded->entry = entry;
  return decoded;
}

const type::Entry* only(const Map& map, EntryKind kind) {
  for (const type::Entry& entry : map.entries())
    if (entry.kind == kind) return &entry;
  return nullptr;
}

bool is_tuple(const Map& map, std::uint32_t index) {
  return index < map.types().size() && map.types()[index].form == Form::tuple;
}

}  // namespace

Result<Decoded> decode(const Map& map, std::uint32_t tuple, Bytes data, std::size_t start,
                       Tape& tape) {
  if (!is_tuple(map, tuple)) return fail(Code::bad_type, tuple);
  if (data.size() > kDataSizeMax) return fail(Code::over_budget, data.size());
  if (start > data.size()) return fail(Code::chain_refuses, data.size());
  const Type& type = map.types()[tuple];
  const std::uint32_t node = tape.size();
  if (!tape.add(tuple, static_cast<std::uint32_t>(start), type.count))
    return fail(Code::over_budget, node);
  Decoder decoder(map, data, tape);
  Decoder::Frame root = frame_of(map, type, node, start);
  if (const Status read = decoder.run(root); !read) {
    tape.cut(node);
    return std::unexpected(read.error());
  }
  tape.close(node);
  return Decoded{nullptr, node, decoder.is_canonical(root)};
}

Result<Decoded> decode_call(const Map& map, Bytes data, Tape& tape) {
  if (!data.empty()) return decode_chosen(map, EntryKind::function, data, tape);
  const type::Entry* entry = only(map, EntryKind::receive);
  if (entry == nullptr) entry = only(map, EntryKind::fallback);
  if (entry == nullptr) return fail(Code::unknown_call);
  auto decoded = decode(map, entry->input, data, 0, tape);
  if (decoded) decoded->entry = entry;
  return decoded;
}

Result<Decoded> decode_error(const Map& map, Bytes data, Tape& tape) {
  return decode_chosen(map, EntryKind::error, data, tape);
}

Result<Decoded> decode_return(const Map& map, const type::Entry& function, Bytes data, Tape& tape) {
  auto decoded = decode(map, function.output, data, 0, tape);
  if (decoded) decoded->entry = &function;
  return decoded;
}

Result<Decoded> decode_constructor(const Map& map, Bytes data, std::size_t code_size, Tape& tape) {
  const type::Entry* const entry = only(map, EntryKind::constructor);
  if (entry == nullptr) return fail(Code::unknown_call);
  auto decoded = decode(map, entry->input, data, code_size, tape);
  if (decoded) decoded->entry = entry;
  return decoded;
}

Result<Decoded> decode_event(const Map& map, Bytes log, std::size_t topics, Tape& tape) {
  if (topics == 0 || log.size() < kWordSize) return fail(Code::unknown_call);
  const type::Entry* const event = map.find(EntryKind::event, log.first(kWordSize));
  if (event == nullptr) return fail(Code::unknown_call);
  return decode_event_as(map, *event, log, topics, tape);
}

Result<Decoded> decode_event_as(const Map& map, const type::Entry& event, Bytes log,
                                std::size_t topics, Tape& tape) {
  if (!is_tuple(map, event.input)) return fail(Code::bad_type, event.input);
  if (log.size() > kDataSizeMax) return fail(Code::over_budget, log.size());
  const Type& type = map.types()[event.input];
  std::size_t topic = (event.flags & type::kIsAnonymous) != 0 ? 0 : 1;
  std::size_t expected = topic;
  for (const Field& field : map.fields_of(type)) expected += field.tag == 1 ? 1 : 0;
  if (topics != expected || topics > log.size() / kWordSize) return fail(Code::unknown_call);
  const std::uint32_t node = tape.size();
  if (!tape.add(event.input, 0, type.count)) return fail(Code::over_budget, node);
  // The data's offsets count from behind the topics; the arguments stand in their own order.
  Decoder decoder(map, log, tape);
  Decoder::Frame data = frame_of(map, type, node, topics * kWordSize);
  for (const Field& field : map.fields_of(type)) {
    Decoder::Frame indexed{&field, 0, 1, node, 0, topic * kWordSize, 0};
    data.field = &field;
    data.left = 1;
    if (field.tag == 1) ++topic;
    if (const Status read = decoder.run(field.tag == 1 ? indexed : data); !read) {
      tape.cut(node);
      return std::unexpected(read.error());
    }
  }
  tape.close(node);
  return Decoded{&event, node, decoder.is_canonical(data)};
}

}  // namespace airlock::abi::evm
