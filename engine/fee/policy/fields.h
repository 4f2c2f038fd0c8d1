// What stands in a document of fees, read as what belongs there: each error names the place, what
// stands there, and what would be right.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/fee/strategy/when.h"
#include "host/yaml/yaml.h"

namespace airlock::fee {

using yaml::Fault;
using yaml::Node;
template <class T>
using Read = std::expected<T, Fault>;

// refuse_at makes the unexpected side of a Read.
std::unexpected<Fault> refuse_at(Node node, Code code, std::string what, std::string instead);

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
Read<yaml::Elements> elements(Node node, std::size_t max);

// amount reads a whole number of smallest units; integer one below 2^64 within bounds, which `what`
// names.
Read<U256> amount(Node node);
struct Bounds {
  std::string_view what;
  std::uint64_t min;
  std::uint64_t max;
};
Read<std::uint64_t> integer(Node node, const Bounds& bounds);
// rate reads "0.25%" or "25bp", at most 16 digits in all.
Read<Ratio> rate(Node node);
// share reads "12.34%", at most 100%, as a part of kWhole.
Read<std::uint32_t> share(Node node);
// word reads a text of 1 to kWordSizeMax bytes without spaces.
Read<std::string> word(Node node);
// patterns reads a word or a list of words, each with a '*' at its end at most.
Read<AnyOf> patterns(Node node);
// time reads "2026-12-01T00:00:00Z", minute "22:00": both in quotes, and both in UTC.
Read<std::int64_t> time(Node node);
Read<std::uint32_t> minute(Node node);
Read<Rounding> rounding(Node node);

// when reads conditions (docs/formats/fee-policy.md).
Read<When> when(Node node);

}  // namespace airlock::fee
