#include "engine/abi/evm/encode.h"

#include <optional>

#include "engine/abi/evm/internal/word.h"
#include "engine/abi/type/spelling.h"

namespace airlock::abi::evm {

using json::Node;
using type::Field;
using type::Form;
using type::Map;
using type::Type;

namespace {

// Writes depth first, so that each tail stands where the canonical form has it: at the end.
class Encoder {
 public:
  explicit Encoder(const Map& map) : map_(map) {}

  Status write(const Type& root, Node values) {
    AIRLOCK_TRY(open(root, values, grow(head_size(root))));
    while (!open_.empty()) {
      if (bytes_.size() > kDataSizeMax) return fail(Code::over_budget, bytes_.size());
      Open& top = open_.back();
      if (top.left == 0) {
        open_.pop_back();
        continue;
      }
      --top.left;
      const Type& type = map_.types()[top.field != nullptr ? top.field->type : top.element];
      AIRLOCK_ASSIGN(const Node value, next(top));
      const std::size_t at = top.at;
      top.at += type.extent == 0 ? kWordSize : type.extent;
      if (type.extent != 0)
        AIRLOCK_TRY(in_place(type, value, at));
      else
        AIRLOCK_TRY(behind_offset(type, value, at, bytes_.size() - top.base));
    }
    return {};
  }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  // A tuple, list or array whose parts are being written.
  struct Open {
    const Field* field;  // of a tuple the next member; else nullptr
    std::uint32_t element;
    std::uint32_t left;
    std::size_t base;
    std::size_t at;
    Node object;  // the values by name, where `by_name`
    std::optional<json::Elements::Iterator> elements;
  };

  std::size_t grow(std::size_t size) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + size);
    return at;
  }
  void put(std::size_t at, std::uint64_t number) {
    for (std::size_t i = 0; i < 8; ++i)
      bytes_[at + kWordSize - 1 - i] = static_cast<std::uint8_t>(number >> 8 * i);
  }
  std::size_t head_size(std::uint32_t type) const {
    const std::uint32_t extent = map_.types()[type].extent;
    return extent == 0 ? kWordSize : extent;
  }
  std::size_t head_size(const Type& type) const {
    if (type.form != Form::tuple) return type.count * head_size(type.first);
    std::size_t size = 0;
    for (const Field& field : map_.fields_of(type)) size += head_size(field.type);
    return size;
  }

  // The value of the part that comes next, past which the frame then stands.
  Result<Node> next(Open& top) {
    if (top.elements) {
      const Node value = **top.elements;
      ++*top.elements;
      if (top.field != nullptr) ++top.field;
      return value;
    }
    const auto value = top.object.member(map_.text(top.field->name));
    if (!value) return fail(Code::bad_value);
    ++top.field;
    return *value;
  }

  Status open(const Type& type, Node values, std::size_t at) {
    const bool is_tuple = type.form == Form::tuple;
    if (type.form == Form::list && !values.is_array()) return fail(Code::bad_value);
    if (!values.is_array() && !(is_tuple && values.is_object())) return fail(Code::bad_value);
    const std::size_t count = type.form == Form::list ? values.count() : type.count;
    // An object of as many members, each of which is asked for, has no other ones.
    if (values.count() != count) return fail(Code::bad_value, values.count());
    if (values.is_object()) AIRLOCK_TRY(check_names(type));
    if (open_.size() > type::kNestingMax + 1) return fail(Code::bad_type);
    open_.push_back({is_tuple ? map_.fields().data() + type.first : nullptr, type.first,
                     static_cast<std::uint32_t>(count), at, at, values, std::nullopt});
    if (values.is_array()) open_.back().elements = values.elements().begin();
    return {};
  }

  // Members of one name could not be told apart.
  Status check_names(const Type& type) const {
    const auto fields = map_.fields_of(type);
    for (std::size_t i = 0; i < fields.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (map_.text(fields[i].name) == map_.text(fields[j].name)) return fail(Code::bad_value, i);
    return {};
  }

  Status in_place(const Type& type, Node value, std::size_t at) {
    const MutableBytes word = MutableBytes(bytes_).subspan(at);
    switch (type.form) {
      case Form::tuple:
      case Form::array: return open(type, value, at);
      case Form::boolean: {
        AIRLOCK_ASSIGN(const bool is_set, type::read_boolean(value));
        put(at, is_set ? 1 : 0);
        return {};
      }
      case Form::unsigned_integer: {
        AIRLOCK_ASSIGN(const number::U256 number, type::read_unsigned(value, type.size));
        number::to_big(number, word.first(kWordSize));
        return {};
      }
      case Form::signed_integer: {
        AIRLOCK_ASSIGN(const number::Signed number, type::read_signed(value, type.size));
        AIRLOCK_ASSIGN(const number::U256 bits, number::from_signed(number, 256));
        number::to_big(bits, word.first(kWordSize));
        return {};
      }
      case Form::address: {
        AIRLOCK_ASSIGN(const std::string_view text, type::read_text(value));
        AIRLOCK_ASSIGN(const auto address,
                       type::read_address(text, map_.address_form(), type.size));
        copy_into(word.subspan(kWordSize - address.size()), address);
        return {};
      }
      case Form::fixed_bytes: {
        AIRLOCK_ASSIGN(const auto bytes, type::read_bytes(value));
        if (bytes.size() != type.size) return fail(Code::bad_value, bytes.size());
        copy_into(word, bytes);
        return {};
      }
      case Form::floating:
      case Form::bytes:
      case Form::text:
      case Form::hash:
      case Form::list:
      case Form::choice:
      case Form::option:
      case Form::parameter:
      case Form::instance:
      case Form::reference:
      case Form::signer: break;
    }
    return fail(Code::bad_type);
  }

  Status behind_offset(const Type& type, Node value, std::size_t at, std::size_t offset) {
    put(at, offset);
    switch (type.form) {
      case Form::tuple:
      case Form::array: return open(type, value, grow(head_size(type)));
      case Form::list: {
        if (!value.is_array()) return fail(Code::bad_value);
        if (value.count() > kDataSizeMax / kWordSize) return fail(Code::over_budget, value.count());
        const std::size_t size = value.count() * head_size(type.first);
        if (size > kDataSizeMax) return fail(Code::over_budget, size);
        put(grow(kWordSize), value.count());
        return open(type, value, grow(size));
      }
      case Form::bytes: {
        AIRLOCK_ASSIGN(const auto bytes, type::read_bytes(value));
        return tail(bytes);
      }
      case Form::text: {
        const auto raw = value.member("bytes");
        if (raw && value.count() == 1) {
          AIRLOCK_ASSIGN(const auto bytes, type::read_bytes(*raw));
          return tail(bytes);
        }
        AIRLOCK_ASSIGN(const std::string_view text, type::read_text(value));
        return tail(bytes_of(text));
      }
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
    return fail(Code::bad_type);
  }

  Status tail(Bytes content) {
    put(grow(kWordSize), content.size());
    const std::size_t at = grow(internal::padded(content.size()));
    copy_into(MutableBytes(bytes_).subspan(at), content);
    return {};
  }

  const Map& map_;
  std::vector<std::uint8_t> bytes_;
  std::vector<Open> open_;
};

}  // namespace

Result<std::vector<std::uint8_t>> encode(const Map& map, std::uint32_t tuple, Node values) {
  if (tuple >= map.types().size() || map.types()[tuple].form != Form::tuple)
    return fail(Code::bad_type, tuple);
  Encoder encoder(map);
  AIRLOCK_TRY(encoder.write(map.types()[tuple], values));
  return encoder.take();
}

Result<std::vector<std::uint8_t>> encode_call(const Map& map, const type::Entry& entry,
                                              Node arguments) {
  AIRLOCK_ASSIGN(auto encoded, encode(map, entry.input, arguments));
  const Bytes key = map.bytes(entry.key);
  encoded.insert(encoded.begin(), key.begin(), key.end());
  return encoded;
}

}  // namespace airlock::abi::evm
