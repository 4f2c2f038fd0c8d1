#include "host/yaml/fields.h"

#include <algorithm>
#include <charconv>

#include "host/text/text.h"

namespace airlock::yaml {
namespace {

constexpr std::size_t kShownMax = 60;

// The digits of a number below 2^64 without leading zeros.
std::optional<std::uint64_t> whole(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (text.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  return number;
}

}  // namespace

std::string kind_of(Node node) {
  switch (node.kind()) {
    case Node::Kind::scalar: return "a single value";
    case Node::Kind::list: return "a list";
    case Node::Kind::mapping: return "a mapping";
  }
  return "";
}

std::string listed(std::span<const std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

std::string shown(Node node) {
  if (!node.is_scalar()) return kind_of(node);
  const std::string line = text::visible_line(node.scalar());
  if (line.size() > kShownMax) return line.substr(0, kShownMax) + "..";
  return line.empty() ? "nothing" : line;
}

std::unexpected<Fault> refuse_at(Node node, Code code, std::string what, std::string instead) {
  return std::unexpected(Fault{code, node.mark(), std::move(what), std::move(instead)});
}

Read<Fields> Fields::of(Node node, std::initializer_list<std::string_view> known) {
  const std::vector<std::string_view> names(known);
  if (!node.is_mapping())
    return refuse_at(node, Code::wrong_type, "here stands " + kind_of(node),
                     "write a mapping with " + listed(names));
  for (const auto& [name, value] : node.members()) {
    if (std::ranges::find(names, name.scalar()) == names.end())
      return refuse_at(name, Code::unknown_field, shown(name) + " is not known here",
                       "known are " + listed(names));
  }
  return Fields(node);
}

Read<Node> Fields::required(std::string_view name) const {
  const auto member = node_.member(name);
  if (member) return *member;
  return refuse_at(node_, Code::missing_field, std::string(name) + " is missing here", "add it");
}

Read<Elements> elements(Node node, std::size_t max) {
  if (!node.is_list())
    return refuse_at(node, Code::wrong_type, "here stands " + kind_of(node), "write a list");
  if (node.count() == 0)
    return refuse_at(node, Code::missing_field, "the list is empty", "add what belongs into it");
  if (node.count() > max)
    return refuse_at(node, Code::too_many,
                     "the list has " + std::to_string(node.count()) + " elements",
                     "at most " + std::to_string(max) + " are allowed");
  return node.elements();
}

Read<std::uint64_t> integer(Node node, const Bounds& bounds) {
  if (node.is_scalar()) {
    const auto read = whole(node.scalar());
    if (read && *read >= bounds.min && *read <= bounds.max) return *read;
  }
  return refuse_at(node, Code::out_of_range, shown(node) + " is no " + std::string(bounds.what),
                   "write a whole number from " + std::to_string(bounds.min) + " to " +
                       std::to_string(bounds.max));
}

}  // namespace airlock::yaml
