// What stands in a document that is written by hand, read as what belongs there: each error names
// the place, what stands there, and what would be right.
#pragma once

#include <expected>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "host/yaml/yaml.h"

namespace airlock::yaml {

template <class T>
using Read = std::expected<T, Fault>;

// refuse_at makes the unexpected side of a Read.
std::unexpected<Fault> refuse_at(Node node, Code code, std::string what, std::string instead);
// shown is what stands there, for such an error, and kind_of what kind of thing it is.
std::string shown(Node node);
std::string kind_of(Node node);
// listed writes names behind each other: "a, b".
std::string listed(std::span<const std::string_view> names);

// A mapping whose members are known: a reader sees no other ones.
class Fields {
 public:
  // of refuses what is no mapping and what has a member that is not `known` (at most 16 of them).
  static Read<Fields> of(Node node, std::initializer_list<std::string_view> known);
  // required refuses where the member is missing.
  Read<Node> required(std::string_view name) const;
  std::optional<Node> optional(std::string_view name) const { return node_.member(name); }

 private:
  explicit Fields(Node node) : node_(node) {}
  Node node_;
};

// elements refuses what is no list, an empty one, and one of more than `max`.
Read<Elements> elements(Node node, std::size_t max);

// integer reads a whole number within bounds, which `what` names.
struct Bounds {
  std::string_view what;
  std::uint64_t min;
  std::uint64_t max;
};
Read<std::uint64_t> integer(Node node, const Bounds& bounds);

}  // namespace airlock::yaml
