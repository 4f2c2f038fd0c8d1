// Values with their parts as JSON, and texts that are harmless in it.
#include "engine/abi/type/spelling.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::abi::type {
namespace {

bool all_named_apart(const Map& map, std::span<const Field> fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name.size == 0) return false;
    for (std::size_t j = 0; j < i; ++j)
      if (map.text(fields[j].name) == map.text(fields[i].name)) return false;
  }
  return !fields.empty();
}

// Writes one value without parts.
class Scalar {
 public:
  explicit Scalar(std::string& out) : out_(out) {}

  // The same between quotes where JSON wants them.
  void json(Value value) {
    switch (value.form()) {
      case Form::boolean: return plain(value);
      case Form::text: return text(value);
      case Form::hash:
        out_ += "{\"hash\":";
        quoted(value);
        out_ += '}';
        return;
      case Form::unsigned_integer:
      case Form::signed_integer:
      case Form::floating:
      case Form::address:
      case Form::fixed_bytes:
      case Form::bytes:
      case Form::list:
      case Form::array:
      case Form::tuple:
      case Form::choice:
      case Form::option:
      case Form::parameter:
      case Form::instance:
      case Form::reference:
      case Form::signer: return quoted(value);
    }
  }

  void plain(Value value) {
    switch (value.form()) {
      case Form::boolean: out_ += value.as_boolean() ? "true" : "false"; return;
      case Form::unsigned_integer: return number::append(out_, value.as_unsigned());
      case Form::signed_integer: return number::append(out_, value.as_signed());
      case Form::floating: return floating(value);
      case Form::address: return append_address(out_, value.bytes(), value.map().address_form());
      case Form::text: out_ += text::visible_line(value.as_text()); return;
      case Form::fixed_bytes:
      case Form::bytes:
      case Form::hash:
      case Form::list:
      case Form::array:
      case Form::tuple:
      case Form::choice:
      case Form::option:
      case Form::parameter:
      case Form::instance:
      case Form::reference:
      case Form::signer: return append_hex(out_, value.bytes());
    }
  }

 private:
  void quoted(Value value) {
    out_ += '"';
    plain(value);
    out_ += '"';
  }

  void text(Value value) {
    if (text::is_utf8(value.as_text())) return append_quoted(out_, value.as_text());
    out_ += "{\"bytes\":\"";
    append_hex(out_, value.bytes());
    out_ += "\"}";
  }

  // The shortest decimal that reads back as the same number. Money is never of this form.
  void floating(Value value) {
    const std::uint64_t bits = number::from_little(value.bytes()).limbs[0];
    std::array<char, 64> room;
    const auto end = value.type().size == 32
                         ? std::to_chars(room.begin(), room.end(),
                                         std::bit_cast<float>(static_cast<std::uint32_t>(bits)))
                         : std::to_chars(room.begin(), room.end(), std::bit_cast<double>(bits));
    out_.append(room.data(), end.ptr);
  }

  std::string& out_;
};

// Writes a value with its parts: a walk along the tape, with what is still open on a stack.
class JsonWriter {
 public:
  JsonWriter(std::string& json, Shape shape, std::size_t size_max)
      : json_(json), shape_(shape), size_max_(size_max) {}

  Status write(Value root) {
    begin(root);
    while (!open_.empty()) {
      if (json_.size() > size_max_) return fail(Code::over_budget, json_.size());
      Open& top = open_.back();
      if (top.at == top.end) {
        json_ += top.closing;
        open_.pop_back();
        continue;
      }
      const Value part = *top.at;
      ++top.at;
      write_front(top);
      ++top.place;
      begin(part);
    }
    if (json_.size() > size_max_) return fail(Code::over_budget, json_.size());
    return {};
  }

 private:
  struct Open {
    Value value;
    Parts::Iterator at, end;
    std::uint32_t place = 0;
    bool named = false;
    std::string_view closing;
  };

  void begin(Value value) {
    const Parts parts = value.parts();
    Open open{value, parts.begin(), parts.end(), 0, false, "]"};
    switch (value.form()) {
      case Form::option:
        if (value.count() == 0) {
          json_ += "null";
          return;
        }
        json_ += "{\"some\":";
        open.closing = "}";
        break;
      case Form::choice:
        json_ += "{\"variant\":";
        append_quoted(json_, value.map().text(value.variant().name));
        json_ += ",\"fields\":";
        open.closing = "}";
        if (value.part(0).form() == Form::tuple && value.part(0).count() == 0) {
          json_ += "null}";
          return;
        }
        break;
      case Form::tuple:
        open.named = shape_ == Shape::named &&
                     all_named_apart(value.map(), value.map().fields_of(value.type()));
        json_ += open.named ? '{' : '[';
        open.closing = open.named ? "}" : "]";
        break;
      case Form::list:
      case Form::array: json_ += '['; break;
      case Form::boolean:
      case Form::unsigned_integer:
      case Form::signed_integer:
      case Form::floating:
      case Form::address:
      case Form::fixed_bytes:
      case Form::bytes:
      case Form::text:
      case Form::hash:
      case Form::parameter:
      case Form::instance:
      case Form::reference:
      case Form::signer: Scalar(json_).json(value); return;
    }
    open_.push_back(open);
  }

  void write_front(const Open& open) {
    if (open.place > 0) json_ += ',';
    if (!open.named) return;
    append_quoted(json_, open.value.map().text(open.value.field_of(open.place).name));
    json_ += ':';
  }

  std::string& json_;
  Shape shape_;
  std::size_t size_max_;
  std::vector<Open> open_;
};

}  // namespace

Status append_json(std::string& json, Value value, Shape shape, std::size_t size_max) {
  return JsonWriter(json, shape, size_max).write(value);
}

Status append_plain(std::string& text, Value value, std::size_t size_max) {
  const bool has_parts = value.form() == Form::list || value.form() == Form::array ||
                         value.form() == Form::tuple || value.form() == Form::choice ||
                         value.form() == Form::option;
  if (has_parts) return append_json(text, value, Shape::named, size_max);
  Scalar(text).plain(value);
  if (text.size() > size_max) return fail(Code::over_budget, text.size());
  return {};
}

void append_quoted(std::string& json, std::string_view text) {
  json += '"';
  while (!text.empty()) {
    const char c = text[0];
    if (c >= ' ' && c < 0x7f) {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
      text.remove_prefix(1);
      continue;
    }
    const text::CodePoint found = text::code_point(text);
    if (found.size == 0)
      json += "\xef\xbf\xbd";
    else if (found.value == '\n' || text::is_hidden(found.value))
      text::append_json_escape(json, found.value);
    else
      json.append(text.substr(0, found.size));
    text.remove_prefix(std::max<std::size_t>(found.size, 1));
  }
  json += '"';
}

}  // namespace airlock::abi::type
