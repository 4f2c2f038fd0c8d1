#include "engine/abi/move/bcs.h"

#include <algorithm>
#include <array>

#include "host/text/text.h"

namespace airlock::abi::move {
namespace {

using type::Form;
using type::kNone;
using type::Type;

// A type parameter stands for the argument; a reference for what it refers to.
std::uint32_t resolve(const type::Map& map, std::uint32_t index, Arguments arguments) {
  while (map.types()[index].form == Form::reference) index = map.types()[index].first;
  const Type& type = map.types()[index];
  if (type.form != Form::parameter) return index;
  return type.first < arguments.size() ? arguments[type.first] : kNone;
}

bool is_ascii(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  return true;
}

class Decoder {
 public:
  Decoder(const type::Map& map, Arguments arguments, Cursor& cursor, type::Tape& tape)
      : map_(map), arguments_(arguments), cursor_(cursor), tape_(tape) {}

  Status read(std::uint32_t index) {
    AIRLOCK_TRY(note(index));
    while (depth_ > 0) {
      Open& top = open_[depth_ - 1];
      if (top.left == 0) {
        tape_.close(top.node);
        --depth_;
        continue;
      }
      --top.left;
      AIRLOCK_TRY(note(top.is_fields ? map_.fields()[top.next++].type : top.next));
    }
    return {};
  }

 private:
  struct Open {
    std::uint32_t node, left, next;
    bool is_fields;
  };

  Status note(std::uint32_t index) {
    index = resolve(map_, index, arguments_);
    if (index == kNone) return fail(Code::unknown_call, cursor_.at());
    const Type& type = map_.types()[index];
    switch (type.form) {
      case Form::boolean: {
        AIRLOCK_TRY(leaf(index, cursor_.take(1)));
        if (!cursor_.failed() && last_ > 1) return fail(Code::chain_refuses, cursor_.at() - 1);
        return {};
      }
      case Form::unsigned_integer:
      case Form::signed_integer: return leaf(index, cursor_.take(type.size / 8));
      case Form::address:
      case Form::fixed_bytes: return leaf(index, cursor_.take(type.size));
      case Form::signer: return leaf(index, {});
      case Form::bytes: return leaf(index, cursor_.take(cursor_.uleb(kLengthMax)));
      case Form::text: {
        const Bytes bytes = cursor_.take(cursor_.uleb(kLengthMax));
        const bool good = (type.flags & type::kIsAscii) != 0 ? is_ascii(text_of(bytes))
                                                             : text::is_utf8(text_of(bytes));
        if (!good) return fail(Code::chain_refuses, cursor_.at());
        return leaf(index, bytes);
      }
      case Form::list: {
        const auto count = static_cast<std::uint32_t>(cursor_.uleb(kLengthMax));
        return open(index, count, {0, count, type.first, false});
      }
      case Form::option: {
        const auto count = static_cast<std::uint32_t>(cursor_.uleb(1));
        return open(index, count, {0, count, type.first, false});
      }
      case Form::array: return open(index, type.count, {0, type.count, type.first, false});
      case Form::tuple: return open(index, type.count, {0, type.count, type.first, true});
      case Form::choice: return choose(index, type);
      case Form::floating:
      case Form::hash:
      case Form::parameter:
      case Form::instance:
      case Form::reference: break;
    }
    return fail(Code::unknown_call, cursor_.at());
  }

  Status choose(std::uint32_t index, const Type& type) {
    const std::uint64_t tag = cursor_.uleb(kLengthMax);
    const auto variants = map_.fields_of(type);
    for (std::uint32_t place = 0; place < variants.size(); ++place)
      if (variants[place].tag == tag) return open(index, place, {0, 1, type.first + place, true});
    return fail(Code::chain_refuses, cursor_.at());
  }

  Status leaf(std::uint32_t index, Bytes bytes) {
    AIRLOCK_TRY(cursor_.status());
    if (!bytes.empty()) last_ = bytes.back();
    const auto at = static_cast<std::uint32_t>(cursor_.at() - bytes.size());
    if (!tape_.add(index, at, static_cast<std::uint32_t>(bytes.size())))
      return fail(Code::over_budget, at);
    return {};
  }

  Status open(std::uint32_t index, std::uint32_t size, Open made) {
    AIRLOCK_TRY(cursor_.status());
    if (depth_ == kDepthMax) return fail(Code::over_budget, cursor_.at());
    made.node = tape_.size();
    if (!tape_.add(index, static_cast<std::uint32_t>(cursor_.at()), size))
      return fail(Code::over_budget, cursor_.at());
    open_[depth_++] = made;
    return {};
  }

  const type::Map& map_;
  Arguments arguments_;
  Cursor& cursor_;
  type::Tape& tape_;
  std::uint8_t last_ = 0;
  std::array<Open, kDepthMax> open_;
  std::size_t depth_ = 0;
};

class Encoder {
 public:
  Encoder(const type::Map& map, Arguments arguments, std::vector<std::uint8_t>& made)
      : map_(map), arguments_(arguments), made_(made) {}

  Status write(std::uint32_t type, json::Node value) {
    waiting_.push_back({type, value});
    while (!waiting_.empty()) {
      const Waiting next = waiting_.back();
      waiting_.pop_back();
      AIRLOCK_TRY(write_one(resolve(map_, next.type, arguments_), next.value));
      if (made_.size() > kEncodedMax) return fail(Code::over_budget, made_.size());
    }
    return {};
  }

 private:
  struct Waiting {
    std::uint32_t type;
    json::Node value;
  };

  Status write_one(std::uint32_t index, json::Node value) {
    if (index == kNone) return fail(Code::unknown_call);
    const Type& type = map_.types()[index];
    switch (type.form) {
      case Form::boolean: {
        AIRLOCK_ASSIGN(const bool truth, type::read_boolean(value));
        made_.push_back(truth ? 1 : 0);
        return {};
      }
      case Form::unsigned_integer: {
        AIRLOCK_ASSIGN(const number::U256 number, type::read_unsigned(value, type.size));
        put(number, type.size);
        return {};
      }
      case Form::signed_integer: {
        AIRLOCK_ASSIGN(const number::Signed number, type::read_signed(value, type.size));
        AIRLOCK_ASSIGN(const number::U256 bits, number::from_signed(number, type.size));
        put(bits, type.size);
        return {};
      }
      case Form::address: {
        AIRLOCK_ASSIGN(const std::string_view text, type::read_text(value));
        AIRLOCK_ASSIGN(const auto bytes, type::read_address(text, map_.address_form(), type.size));
        made_.insert(made_.end(), bytes.begin(), bytes.end());
        return {};
      }
      case Form::fixed_bytes:
      case Form::bytes: return write_bytes(type, value);
      case Form::text: return write_text(type, value);
      case Form::list:
      case Form::array: return write_list(type, value);
      case Form::option: return write_option(type, value);
      case Form::tuple: return write_tuple(type, value);
      case Form::choice: return write_choice(type, value);
      case Form::signer: return {};
      case Form::floating:
      case Form::hash:
      case Form::parameter:
      case Form::instance:
      case Form::reference: break;
    }
    return fail(Code::unknown_call);
  }

  void put(const number::U256& number, unsigned bits) {
    std::array<std::uint8_t, 32> room{};
    const MutableBytes used = MutableBytes(room).first(bits / 8);
    number::to_little(number, used);
    made_.insert(made_.end(), used.begin(), used.end());
  }

  Status write_bytes(const Type& type, json::Node value) {
    AIRLOCK_ASSIGN(const auto bytes, type::read_bytes(value));
    if (type.form == Form::bytes)
      append_uleb(made_, bytes.size());
    else if (bytes.size() != type.size)
      return fail(Code::bad_value, bytes.size());
    made_.insert(made_.end(), bytes.begin(), bytes.end());
    return {};
  }

  Status write_text(const Type& type, json::Node value) {
    AIRLOCK_ASSIGN(const std::string_view text, type::read_text(value));
    const bool needs_ascii = (type.flags & type::kIsAscii) != 0;
    if (needs_ascii ? !is_ascii(text) : !text::is_utf8(text)) return fail(Code::bad_value);
    append_uleb(made_, text.size());
    made_.insert(made_.end(), text.begin(), text.end());
    return {};
  }

  Status write_list(const Type& type, json::Node value) {
    if (!value.is_array()) return fail(Code::bad_value);
    const std::size_t count = value.count();
    if (type.form == Form::list)
      append_uleb(made_, count);
    else if (count != type.count)
      return fail(Code::bad_value, count);
    const std::size_t base = waiting_.size();
    for (const json::Node element : value.elements()) waiting_.push_back({type.first, element});
    std::reverse(waiting_.begin() + static_cast<std::ptrdiff_t>(base), waiting_.end());
    return {};
  }

  Status write_option(const Type& type, json::Node value) {
    const bool is_empty = value.kind() == json::Node::Kind::null;
    made_.push_back(is_empty ? 0 : 1);
    if (is_empty) return {};
    const auto some = value.member("some");
    if (!some || value.count() != 1) return fail(Code::bad_value);
    waiting_.push_back({type.first, *some});
    return {};
  }

  Status write_tuple(const Type& type, json::Node value) {
    const bool by_name = value.is_object();
    if ((!by_name && !value.is_array()) || value.count() != type.count)
      return fail(Code::bad_value, type.count);
    const auto fields = map_.fields_of(type);
    const std::size_t base = waiting_.size();
    if (by_name) {
      for (const type::Field& field : fields) {
        const auto member = value.member(map_.text(field.name));
        if (!member) return fail(Code::bad_value);
        waiting_.push_back({field.type, *member});
      }
    } else {
      std::size_t place = 0;
      for (const json::Node element : value.elements())
        waiting_.push_back({fields[place++].type, element});
    }
    std::reverse(waiting_.begin() + static_cast<std::ptrdiff_t>(base), waiting_.end());
    return {};
  }

  Status write_choice(const Type& type, json::Node value) {
    const auto variant = value.member("variant");
    const auto content = value.member("fields");
    if (!variant || !variant->is_text() || !content || value.count() != 2)
      return fail(Code::bad_value);
    for (const type::Field& field : map_.fields_of(type)) {
      if (map_.text(field.name) != variant->as_text()) continue;
      append_uleb(made_, field.tag);
      const Type& inner = map_.types()[field.type];
      const bool is_nothing = content->kind() == json::Node::Kind::null;
      if (is_nothing && inner.form == Form::tuple && inner.count == 0) return {};
      waiting_.push_back({field.type, *content});
      return {};
    }
    return fail(Code::bad_value);
  }

  const type::Map& map_;
  Arguments arguments_;
  std::vector<std::uint8_t>& made_;
  std::vector<Waiting> waiting_;
};

}  // namespace

Status decode(const type::Map& map, std::uint32_t type, Arguments arguments, Cursor& cursor,
              type::Tape& tape) {
  return Decoder(map, arguments, cursor, tape).read(type);
}

Status decode_all(const type::Map& map, std::uint32_t type, Arguments arguments, Bytes data,
                  type::Tape& tape) {
  Cursor cursor(data, Code::chain_refuses);
  AIRLOCK_TRY(decode(map, type, arguments, cursor, tape));
  if (!cursor.at_end()) return fail(Code::chain_refuses, cursor.at());
  return {};
}

Status encode(const type::Map& map, std::uint32_t type, Arguments arguments, json::Node value,
              std::vector<std::uint8_t>& made) {
  return Encoder(map, arguments, made).write(type, value);
}

void append_uleb(std::vector<std::uint8_t>& made, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) made.push_back(static_cast<std::uint8_t>(value | 0x80));
  made.push_back(static_cast<std::uint8_t>(value));
}

}  // namespace airlock::abi::move
