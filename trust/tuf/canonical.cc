#include <algorithm>
#include <charconv>
#include <limits>
#include <variant>
#include <vector>

#include "trust/tuf/internal/canonical.h"

namespace airlock::tuf::internal {
namespace {

using json::Node;

// Where a canonical form goes: each has put, for some bytes of it.
struct Text {
  void put(std::string_view bytes) { text += bytes; }
  std::string text;
};
struct Comparison {
  void put(std::string_view bytes) {
    equal = equal && expected.substr(0, bytes.size()) == bytes;
    expected.remove_prefix(std::min(bytes.size(), expected.size()));
  }
  std::string_view expected;
  bool equal = true;
};

template <class Out>
void write_text(Out& out, std::string_view text) {
  out.put("\"");
  const bool is_plain = text.find('"') == text.npos && text.find('\\') == text.npos;
  if (is_plain) {
    out.put(text);
  } else {
    for (const char& c : text) {
      if (c == '"' || c == '\\') out.put("\\");
      out.put({&c, 1});
    }
  }
  out.put("\"");
}

template <class Out, class Number>
void write_number(Out& out, Number number) {
  char digits[std::numeric_limits<Number>::digits10 + 3];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  out.put({digits, static_cast<std::size_t>(end - digits)});
}

template <class Out>
void write_scalar(Out& out, Node value) {
  switch (value.kind()) {
    case Node::Kind::null: return out.put("null");
    case Node::Kind::no: return out.put("false");
    case Node::Kind::yes: return out.put("true");
    case Node::Kind::negative: return write_number(out, value.as_negative());
    case Node::Kind::number: return write_number(out, value.as_number());
    case Node::Kind::text: return write_text(out, value.as_text());
    case Node::Kind::array:
    case Node::Kind::object: break;
  }
  broken_promise();
}

// A container that is being written, and the next of what is in it.
template <class Iterator>
struct Open {
  Iterator next, end;
  bool is_first = true;
};
using OpenObject = Open<json::Members::Iterator>;
using OpenArray = Open<json::Elements::Iterator>;

template <class Out>
class Writer {
 public:
  explicit Writer(Out& out) : out_(out) {}

  void write(Node value) {
    begin(value);
    while (!open_.empty()) {
      std::visit([this](auto& open) { this->go_on(open); }, open_.back());
    }
  }

 private:
  void begin(Node value) {
    if (value.is_object()) {
      out_.put("{");
      open_.push_back(OpenObject{value.members().begin(), value.members().end()});
    } else if (value.is_array()) {
      out_.put("[");
      open_.push_back(OpenArray{value.elements().begin(), value.elements().end()});
    } else {
      write_scalar(out_, value);
    }
  }

  void go_on(OpenObject& open) {
    if (open.next == open.end) return close("}");
    const auto [name, value] = *open.next;
    if (!open.is_first) out_.put(",");
    open.is_first = false;
    ++open.next;
    write_text(out_, name);
    out_.put(":");
    begin(value);
  }

  void go_on(OpenArray& open) {
    if (open.next == open.end) return close("]");
    const Node value = *open.next;
    if (!open.is_first) out_.put(",");
    open.is_first = false;
    ++open.next;
    begin(value);
  }

  void close(std::string_view bracket) {
    out_.put(bracket);
    open_.pop_back();
  }

  Out& out_;
  std::vector<std::variant<OpenObject, OpenArray>> open_;  // instead of recursion
};

}  // namespace

std::string canonical(Node value) {
  Text out;
  Writer(out).write(value);
  return std::move(out.text);
}

std::string_view canonical_in(std::string_view file, std::string_view name, Node value) {
  const std::string start = "\"" + std::string(name) + "\":";
  const std::size_t at = file.find(start);
  if (at == std::string_view::npos) return "";
  const std::string_view rest = file.substr(at + start.size());
  Comparison comparison{rest};
  Writer(comparison).write(value);
  if (!comparison.equal) return "";
  return rest.substr(0, rest.size() - comparison.expected.size());
}

}  // namespace airlock::tuf::internal
