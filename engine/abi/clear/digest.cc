#include "engine/abi/clear/digest.h"

#include <algorithm>
#include <vector>

#include "core/crypto/keccak.h"
#include "host/text/text.h"

namespace airlock::abi::clear {

using json::Node;

namespace {

constexpr std::uint64_t kExactMax = std::uint64_t{1} << 53;

void append_text(std::string& to, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  to += '"';
  for (const char c : text) {
    switch (c) {
      case '"': to += "\\\""; break;
      case '\\': to += "\\\\"; break;
      case '\b': to += "\\b"; break;
      case '\f': to += "\\f"; break;
      case '\n': to += "\\n"; break;
      case '\r': to += "\\r"; break;
      case '\t': to += "\\t"; break;
      default: {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20) {
          to += "\\u00";
          to += kDigits[byte >> 4];
          to += kDigits[byte & 15];
        } else {
          to += c;
        }
      }
    }
  }
  to += '"';
}

// The order of RFC 8785 is that of UTF-16: a character beyond 16 bits stands below U+E000.
std::vector<std::uint16_t> units_of(std::string_view text) {
  std::vector<std::uint16_t> units;
  while (!text.empty()) {
    const text::CodePoint found = text::code_point(text);
    if (found.value < 0x10000) {
      units.push_back(static_cast<std::uint16_t>(found.value));
    } else {
      units.push_back(static_cast<std::uint16_t>(0xd800 + ((found.value - 0x10000) >> 10)));
      units.push_back(static_cast<std::uint16_t>(0xdc00 + ((found.value - 0x10000) & 0x3ff)));
    }
    text.remove_prefix(std::max<std::size_t>(found.size, 1));
  }
  return units;
}

struct Part {
  std::string_view name;
  Node value;
};

std::vector<Part> parts_of(Node value) {
  std::vector<Part> parts;
  if (value.is_array()) {
    for (const Node element : value.elements()) parts.push_back({{}, element});
    return parts;
  }
  for (const auto& [name, member] : value.members()) parts.push_back({name, member});
  // No two members have one name, so that there is one order.
  std::sort(parts.begin(), parts.end(),
            [](const Part& a, const Part& b) { return units_of(a.name) < units_of(b.name); });
  return parts;
}

Status append_scalar(std::string& to, Node value) {
  switch (value.kind()) {
    case Node::Kind::null: to += "null"; return {};
    case Node::Kind::no: to += "false"; return {};
    case Node::Kind::yes: to += "true"; return {};
    case Node::Kind::negative:
      if (value.as_negative() < -static_cast<std::int64_t>(kExactMax))
        return fail(Code::out_of_range);
      to += std::to_string(value.as_negative());
      return {};
    case Node::Kind::number:
      if (value.as_number() > kExactMax) return fail(Code::out_of_range);
      to += std::to_string(value.as_number());
      return {};
    case Node::Kind::text: append_text(to, value.as_text()); return {};
    case Node::Kind::array:
    case Node::Kind::object: break;
  }
  return {};
}

}  // namespace

Status append_canonical(std::string& to, Node value) {
  struct Open {
    std::vector<Part> parts;
    std::size_t next;
    bool is_array;
  };
  // As deep as the tree, whose reader has a limit.
  std::vector<Open> open;
  Node at = value;
  while (true) {
    if (at.is_array() || at.is_object()) {
      to += at.is_array() ? '[' : '{';
      open.push_back({parts_of(at), 0, at.is_array()});
    } else {
      AIRLOCK_TRY(append_scalar(to, at));
    }
    while (!open.empty() && open.back().next == open.back().parts.size()) {
      to += open.back().is_array ? ']' : '}';
      open.pop_back();
    }
    if (open.empty()) return {};
    Open& top = open.back();
    if (top.next > 0) to += ',';
    const Part& part = top.parts[top.next++];
    if (!top.is_array) {
      append_text(to, part.name);
      to += ':';
    }
    at = part.value;
  }
}

Result<crypto::Digest> descriptor_digest(std::string_view json) {
  AIRLOCK_ASSIGN(const json::Tree tree, json::Tree::parse(json, kDescriptorSizeMax));
  std::string canonical;
  AIRLOCK_TRY(append_canonical(canonical, tree.root()));
  return crypto::keccak256(bytes_of(canonical));
}

}  // namespace airlock::abi::clear
