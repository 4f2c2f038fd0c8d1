#include "engine/abi/move/tag.h"

#include <array>

#include "engine/abi/move/bcs.h"
#include "engine/abi/move/identifier.h"
#include "engine/abi/move/module.h"

namespace airlock::abi::move {
namespace {

constexpr std::uint64_t kNameMax = 255;
constexpr std::uint64_t kArgumentsMax = 127;  // so that their count is one byte
constexpr std::array<std::string_view, 11> kNames = {
    "bool", "u8", "u64", "u128", "address", "signer", "vector", "", "u16", "u32", "u256"};

struct Part {
  Tag kind = Tag::boolean;
  std::size_t arguments = 0;
  Bytes address;
  std::string_view module;
  std::string_view name;
};

Part take_part(Cursor& cursor) {
  Part part;
  const std::uint8_t kind = cursor.u8();
  if (kind > static_cast<std::uint8_t>(Tag::u256)) cursor.stop();
  part.kind = static_cast<Tag>(kind);
  if (part.kind == Tag::vector) part.arguments = 1;
  if (part.kind != Tag::structure) return part;
  part.address = cursor.take(kAddressSize);
  part.module = text_of(cursor.take(cursor.uleb(kNameMax)));
  part.name = text_of(cursor.take(cursor.uleb(kNameMax)));
  if (!is_identifier(part.module, true) || !is_identifier(part.name, true)) cursor.stop();
  part.arguments = cursor.uleb(kArgumentsMax);
  return part;
}

void append_part(std::string& text, const Part& part) {
  if (part.kind != Tag::structure) {
    text += kNames[static_cast<std::size_t>(part.kind)];
    return;
  }
  append_short_address(text, part.address);
  text.append("::").append(part.module).append("::").append(part.name);
}

// Reads what people write, front to back.
class TagText {
 public:
  explicit TagText(std::string_view text) : text_(text) {}

  Result<std::vector<std::uint8_t>> read() {
    while (true) {
      if (parts_++ == kTagPartsMax) return fail(Code::over_budget, at_);
      AIRLOCK_ASSIGN(const bool opens, read_part());
      if (opens) continue;
      AIRLOCK_ASSIGN(const bool goes_on, close());
      if (!goes_on) break;
    }
    if (at_ != text_.size()) return fail(Code::bad_value, at_);
    return std::move(made_);
  }

 private:
  struct Open {
    std::size_t count_at;  // where its count stands, or npos: a vector's is not written
    std::size_t count;
  };

  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  std::string_view word() {
    skip_blanks();
    const std::size_t from = at_;
    while (at_ < text_.size() &&
           std::string_view("<>, :").find(text_[at_]) == std::string_view::npos)
      ++at_;
    return text_.substr(from, at_ - from);
  }
  bool put_name() {
    if (!take("::")) return false;
    const std::string_view name = word();
    if (!is_identifier(name, true) || name.size() > kNameMax) return false;
    append_uleb(made_, name.size());
    made_.insert(made_.end(), name.begin(), name.end());
    return true;
  }
  // Says whether parts of it follow.
  Result<bool> read_part() {
    const std::string_view first = word();
    if (first.starts_with("0x")) return read_structure(first);
    for (std::size_t kind = 0; kind < kNames.size(); ++kind) {
      if (first.empty() || first != kNames[kind]) continue;
      made_.push_back(static_cast<std::uint8_t>(kind));
      if (static_cast<Tag>(kind) != Tag::vector) return false;
      if (!take("<")) return fail(Code::bad_value, at_);
      return open(std::string_view::npos);
    }
    return fail(Code::bad_value, at_);
  }
  Result<bool> read_structure(std::string_view address) {
    AIRLOCK_ASSIGN(const auto bytes,
                   type::read_address(address, type::AddressForm::hex, kAddressSize));
    made_.push_back(static_cast<std::uint8_t>(Tag::structure));
    made_.insert(made_.end(), bytes.begin(), bytes.end());
    if (!put_name() || !put_name()) return fail(Code::bad_value, at_);
    made_.push_back(0);
    if (!take("<")) return false;
    return open(made_.size() - 1);
  }
  Result<bool> open(std::size_t count_at) {
    if (depth_ == kTagDepthMax) return fail(Code::over_budget, at_);
    open_[depth_++] = {count_at, 1};
    return true;
  }
  // Ends what is complete; says whether another part is to come.
  Result<bool> close() {
    while (depth_ > 0) {
      Open& top = open_[depth_ - 1];
      const bool is_vector = top.count_at == std::string_view::npos;
      if (!is_vector && take(",")) {
        if (++top.count > kArgumentsMax) return fail(Code::over_budget, at_);
        return true;
      }
      if (!take(">")) return fail(Code::bad_value, at_);
      if (!is_vector) made_[top.count_at] = static_cast<std::uint8_t>(top.count);
      --depth_;
    }
    skip_blanks();
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t parts_ = 0;
  std::vector<std::uint8_t> made_;
  std::array<Open, kTagDepthMax> open_{};
  std::size_t depth_ = 0;
};

bool is_primitive(const type::Type& type, Tag tag) {
  const auto is_unsigned = [&type](unsigned bits) {
    return type.form == type::Form::unsigned_integer && type.size == bits;
  };
  switch (tag) {
    case Tag::boolean: return type.form == type::Form::boolean;
    case Tag::u8: return is_unsigned(8);
    case Tag::u16: return is_unsigned(16);
    case Tag::u32: return is_unsigned(32);
    case Tag::u64: return is_unsigned(64);
    case Tag::u128: return is_unsigned(128);
    case Tag::u256: return is_unsigned(256);
    case Tag::address: return type.form == type::Form::address && type.name.size == 0;
    case Tag::signer: return type.form == type::Form::signer;
    case Tag::vector:
    case Tag::structure: break;
  }
  return false;
}

}  // namespace

Bytes take_tag(Cursor& cursor) {
  Cursor ahead = cursor;
  std::array<std::size_t, kTagDepthMax> left{};
  std::size_t depth = 0;
  for (std::size_t parts = 0;; ++parts) {
    const Part part = take_part(ahead);
    if (ahead.failed()) break;
    if (parts == kTagPartsMax || (part.arguments > 0 && depth == kTagDepthMax)) {
      cursor.stop(Code::over_budget);
      return {};
    }
    if (part.arguments > 0) {
      left[depth++] = part.arguments;
      continue;
    }
    while (depth > 0 && --left[depth - 1] == 0) --depth;
    if (depth == 0) return cursor.take(ahead.at() - cursor.at());
  }
  cursor.stop();
  return {};
}

void append_tag(std::string& text, Bytes tag) {
  Cursor cursor(tag, Code::bad_value);
  std::array<std::size_t, kTagDepthMax> left{};
  std::size_t depth = 0;
  while (!cursor.at_end()) {
    const Part part = take_part(cursor);
    append_part(text, part);
    if (part.arguments > 0) {
      AIRLOCK_CHECK(depth < kTagDepthMax);
      left[depth++] = part.arguments;
      text += '<';
      continue;
    }
    for (; depth > 0 && --left[depth - 1] == 0; --depth) text += '>';
    if (depth > 0) text += ", ";
  }
}

Result<std::vector<std::uint8_t>> read_tag(std::string_view text) { return TagText(text).read(); }

std::uint32_t find_type(const type::Map& map, Bytes tag) {
  std::size_t vectors = 0;
  while (vectors < tag.size() && tag[vectors] == static_cast<std::uint8_t>(Tag::vector)) ++vectors;
  const Bytes leaf = tag.subspan(vectors);
  if (leaf.empty()) return type::kNone;
  const auto kind = static_cast<Tag>(leaf[0]);
  std::string name;
  if (kind == Tag::structure) append_tag(name, leaf);
  for (std::uint32_t i = 0; i < map.types().size(); ++i) {
    const type::Type* type = &map.types()[i];
    std::size_t left = vectors;
    for (; left > 0 && type->form == type::Form::list; --left) type = &map.types()[type->first];
    if (left == 1 && type->form == type::Form::bytes) {
      if (kind == Tag::u8) return i;
      continue;
    }
    if (left > 0) continue;
    if (kind == Tag::structure ? map.text(type->name) == name : is_primitive(*type, kind)) return i;
  }
  return type::kNone;
}

void append_short_address(std::string& text, Bytes address) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::size_t from = 0;
  while (from < address.size() && address[from] == 0) ++from;
  text += "0x";
  if (from == address.size()) text += '0';
  for (std::size_t i = from; i < address.size(); ++i) {
    const std::uint8_t high = address[i] >> 4;
    if (i > from || high != 0) text += kDigits[high];
    text += kDigits[address[i] & 0xf];
  }
}

}  // namespace airlock::abi::move
