#include "engine/abi/solana/encode.h"

#include <bit>
#include <charconv>
#include <cmath>

#include "engine/abi/solana/decode.h"
#include "engine/abi/type/spelling.h"
#include "host/text/text.h"

namespace airlock::abi::solana {

using type::Form;
using type::kNone;
using type::Prefix;
using type::Type;

namespace {

using Kind = json::Node::Kind;
constexpr std::size_t kEncodedMax = type::kOutputMax;

class Writer {
 public:
  explicit Writer(const type::Map& map) : map_(map) {}

  Status write(std::uint32_t root, json::Node value) {
    AIRLOCK_TRY(begin(root, value));
    while (!open_.empty()) {
      if (bytes.size() > kEncodedMax) return fail(Code::over_budget, bytes.size());
      Frame& top = open_.back();
      if (top.next == top.parts.size()) {
        open_.pop_back();
        continue;
      }
      const std::size_t place = top.next++;
      const json::Node part = top.parts[place];
      AIRLOCK_TRY(begin(top.fields.empty() ? top.element : top.fields[place].type, part));
    }
    return {};
  }

  std::vector<std::uint8_t> bytes;
  bool has_order = false;  // a map or set was written

 private:
  struct Frame {
    std::span<const type::Field> fields;  // of a tuple
    std::uint32_t element = 0;            // else the type of all parts
    std::vector<json::Node> parts{};
    std::size_t next = 0;
  };

  Status begin(std::uint32_t index, json::Node value) {
    const Type& type = map_.types()[index];
    switch (type.form) {
      case Form::boolean: {
        AIRLOCK_ASSIGN(const bool read, type::read_boolean(value));
        bytes.push_back(read ? 1 : 0);
        return {};
      }
      case Form::unsigned_integer: {
        AIRLOCK_ASSIGN(const number::U256 read, type::read_unsigned(value, type.size));
        put(read, type.size / 8U);
        return {};
      }
      case Form::signed_integer: {
        AIRLOCK_ASSIGN(const number::Signed read, type::read_signed(value, type.size));
        AIRLOCK_ASSIGN(const number::U256 bits, number::from_signed(read, type.size));
        put(bits, type.size / 8U);
        return {};
      }
      case Form::floating: return begin_floating(type, value);
      case Form::address: {
        AIRLOCK_ASSIGN(const std::string_view text, type::read_text(value));
        AIRLOCK_ASSIGN(const std::vector<std::uint8_t> address,
                       type::read_address(text, map_.address_form(), type.size));
        return append(address);
      }
      case Form::fixed_bytes:
      case Form::bytes: return begin_bytes(type, value);
      case Form::text: return begin_text(type, value);
      case Form::list: return begin_list(type, value);
      case Form::array: {
        if (!value.is_array() || value.count() != type.count) return fail(Code::bad_value);
        return open({{}, type.first, elements_of(value)});
      }
      case Form::tuple: return begin_tuple(type, value);
      case Form::choice: return begin_choice(type, value);
      case Form::option: return begin_option(type, value);
      case Form::hash:
      case Form::parameter:
      case Form::instance:
      case Form::reference:
      case Form::signer: return fail(Code::unknown_call);
    }
    return fail(Code::unknown_call);
  }

  static std::vector<json::Node> elements_of(json::Node array) {
    std::vector<json::Node> made;
    made.reserve(array.count());
    for (const json::Node element : array.elements()) made.push_back(element);
    return made;
  }

  Status open(Frame frame) {
    if (open_.size() == kDepthMax) return fail(Code::over_budget);
    open_.push_back(std::move(frame));
    return {};
  }

  void put(const number::U256& value, std::size_t size) {
    const std::size_t at = bytes.size();
    bytes.resize(at + size);
    number::to_little(value, std::span(bytes).subspan(at));
  }

  Status append(Bytes more) {
    if (more.size() > kEncodedMax - std::min(bytes.size(), kEncodedMax))
      return fail(Code::over_budget);
    bytes.insert(bytes.end(), more.begin(), more.end());
    return {};
  }

  Status put_prefix(Prefix prefix, std::uint64_t value) {
    std::size_t size = 0;
    switch (prefix) {
      case Prefix::none: return {};
      case Prefix::u8:
      case Prefix::u16:
      case Prefix::u32:
      case Prefix::u64: size = static_cast<std::size_t>(prefix); break;
      case Prefix::short_u16:
        if (value > 0xffff) return fail(Code::bad_value, value);
        for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<std::uint8_t>(value | 0x80));
        bytes.push_back(static_cast<std::uint8_t>(value));
        return {};
      case Prefix::uleb:
      case Prefix::evm_word: return fail(Code::unknown_call);
    }
    if (size < 8 && value >> 8 * size != 0) return fail(Code::bad_value, value);
    put(value, size);
    return {};
  }

  template <class Number>
  Status put_floating(json::Node value) {
    Number number = 0;
    if (value.kind() == Kind::number) {
      number = static_cast<Number>(value.as_number());
    } else if (value.kind() == Kind::negative) {
      number = static_cast<Number>(value.as_negative());
    } else {
      AIRLOCK_ASSIGN(const std::string_view text, type::read_text(value));
      const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
      if (read.ec != std::errc() || read.ptr != text.data() + text.size())
        return fail(Code::bad_value);
    }
    if (std::isnan(number)) return fail(Code::bad_value);
    const auto raw = std::bit_cast<std::array<std::uint8_t, sizeof number>>(number);
    return append(raw);
  }

  Status begin_floating(const Type& type, json::Node value) {
    return type.size == 32 ? put_floating<float>(value) : put_floating<double>(value);
  }

  Status begin_bytes(const Type& type, json::Node value) {
    std::vector<std::uint8_t> read;
    if (value.is_array()) {
      for (const json::Node element : value.elements()) {
        AIRLOCK_ASSIGN(const number::U256 byte, type::read_unsigned(element, 8));
        read.push_back(static_cast<std::uint8_t>(byte.limbs[0]));
      }
    } else {
      AIRLOCK_ASSIGN(read, type::read_bytes(value));
    }
    if (type.form == Form::fixed_bytes) {
      if (read.size() != type.size) return fail(Code::bad_value, read.size());
    } else {
      AIRLOCK_TRY(put_prefix(static_cast<Prefix>(type.size), read.size()));
    }
    return append(read);
  }

  Status begin_text(const Type& type, json::Node value) {
    AIRLOCK_ASSIGN(const std::string_view text, type::read_text(value));
    if (!text::is_utf8(text)) return fail(Code::bad_value);
    AIRLOCK_TRY(put_prefix(static_cast<Prefix>(type.size), text.size()));
    return append(bytes_of(text));
  }

  Status begin_list(const Type& type, json::Node value) {
    if (!value.is_array()) return fail(Code::bad_value);
    AIRLOCK_TRY(put_prefix(static_cast<Prefix>(type.size), value.count()));
    has_order |= (type.flags & (type::kIsMap | type::kIsSet)) != 0;
    return open({{}, type.first, elements_of(value)});
  }

  Status begin_tuple(const Type& type, json::Node value) {
    const std::span<const type::Field> fields = map_.fields_of(type);
    if (value.kind() == Kind::null && fields.empty()) return {};
    if (!value.is_array() && !value.is_object()) return fail(Code::bad_value);
    if (value.count() != fields.size()) return fail(Code::bad_value, value.count());
    if (fields.empty()) return {};
    if (value.is_array()) return open({fields, 0, elements_of(value)});
    Frame frame{fields};
    for (const type::Field& field : fields) {
      const auto member = value.member(map_.text(field.name));
      if (!member) return fail(Code::bad_value);
      frame.parts.push_back(*member);
    }
    return open(std::move(frame));
  }

  Status begin_choice(const Type& type, json::Node value) {
    const auto chosen = value.member("variant");
    const auto fields = value.member("fields");
    if (!chosen || !chosen->is_text() || !fields || value.count() != 2)
      return fail(Code::bad_value);
    for (const type::Field& variant : map_.fields_of(type)) {
      if (map_.text(variant.name) != chosen->as_text()) continue;
      AIRLOCK_TRY(put_prefix(static_cast<Prefix>(type.size), variant.tag));
      return open({{}, variant.type, {*fields}});
    }
    return fail(Code::bad_value);
  }

  Status begin_option(const Type& type, json::Node value) {
    const auto some = value.member("some");
    if (!some && value.kind() != Kind::null) return fail(Code::bad_value);
    put(some ? 1 : 0, type.size);
    if (some) return open({{}, type.first, {*some}});
    if ((type.flags & type::kFullWidth) == 0) return {};
    if (map_.types()[type.first].extent > kEncodedMax - std::min(bytes.size(), kEncodedMax))
      return fail(Code::over_budget);
    bytes.resize(bytes.size() + map_.types()[type.first].extent);
    return {};
  }

  const type::Map& map_;
  std::vector<Frame> open_;
};

}  // namespace

Result<std::vector<std::uint8_t>> encode(const type::Map& map, const type::Entry& entry,
                                         json::Node arguments) {
  if (entry.input == kNone) return fail(Code::unknown_call);
  Writer writer(map);
  const Bytes key = map.bytes(entry.key);
  writer.bytes.assign(key.begin(), key.end());
  AIRLOCK_TRY(writer.write(entry.input, arguments));
  if (writer.has_order) {
    std::vector<type::Node> room(type::kTapeNodes);
    type::Tape tape(room);
    const auto read = decode_as(map, entry, writer.bytes, tape);
    if (!read || !read->canonical) return fail(Code::bad_value);
  }
  return std::move(writer.bytes);
}

}  // namespace airlock::abi::solana
