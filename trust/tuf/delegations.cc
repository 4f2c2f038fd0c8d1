#include "trust/tuf/internal/delegations.h"

#include <algorithm>
#include <set>

#include "host/text/text.h"
#include "trust/tuf/internal/metadata.h"
#include "trust/tuf/internal/names.h"

namespace airlock::tuf::internal {
namespace {

using json::Node;

constexpr std::size_t kDelegationsMax = 1 << 15;  // of one file; twice the bins of a large one
constexpr std::size_t kRolesOfOneMax = 16;        // that must agree
constexpr std::size_t kPatternsMax = 4096;        // of one delegation
constexpr std::size_t kRoleNameTextMax = 1024;
constexpr std::int64_t kBitLengthMax = 32;
constexpr std::size_t kDigestHexSize = 2 * Digest::kSize;

bool is_hash_prefix(std::string_view text) {
  return !text.empty() && text.size() <= kDigestHexSize &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<std::vector<std::string>> read_texts(Node object, std::string_view key,
                                            bool (*is_good)(std::string_view)) {
  AIRLOCK_ASSIGN(const Node list, json::array(object, key, kPatternsMax));
  std::vector<std::string> texts;
  for (const Node text : list.elements()) {
    if (!text.is_text() || !is_good(text.as_text())) return fail(Code::bad_text, texts.size());
    texts.emplace_back(text.as_text());
  }
  return texts;
}

// What a delegation says beside its roles. Neither or both of the two members would leave open
// which targets it is for.
Status read_scope(Node object, Delegation& made) {
  const bool by_pattern = object.member("paths").has_value();
  const bool by_hash = object.member("path_hash_prefixes").has_value();
  if (by_pattern == by_hash) return fail(Code::missing_field);
  if (by_pattern) {
    AIRLOCK_ASSIGN(made.patterns, read_texts(object, "paths", is_pattern));
  } else {
    AIRLOCK_ASSIGN(made.hash_prefixes, read_texts(object, "path_hash_prefixes", is_hash_prefix));
  }
  AIRLOCK_ASSIGN(made.group.terminating, json::boolean(object, "terminating"));
  return {};
}

Result<std::string> read_name(Node value) {
  if (!value.is_text()) return fail(Code::wrong_type);
  if (!is_role_name(value.as_text())) return fail(Code::bad_text);
  return std::string(value.as_text());
}

// The form of the specification: each entry of the list is one role with its rule.
Status read_roles(Node list, Delegations& made) {
  std::set<std::string> names;
  for (const Node entry : list.elements()) {
    Delegation delegation;
    AIRLOCK_TRY(json::text(entry, "name", kRoleNameTextMax));
    AIRLOCK_ASSIGN(std::string name, read_name(*entry.member("name")));
    if (!names.insert(name).second) return fail(Code::duplicate_key);
    AIRLOCK_ASSIGN(RoleRule rule, read_rule(entry));
    delegation.group.roles.push_back({std::move(name), std::move(rule)});
    AIRLOCK_TRY(read_scope(entry, delegation));
    made.list.push_back(std::move(delegation));
  }
  return {};
}

Result<Bins> read_bins(Node object) {
  Bins bins;
  AIRLOCK_ASSIGN(bins.rule, read_rule(object));
  AIRLOCK_ASSIGN(const std::int64_t bits, json::integer(object, "bit_length", 1, kBitLengthMax));
  bins.bit_length = static_cast<unsigned>(bits);
  AIRLOCK_ASSIGN(bins.name_prefix, json::text(object, "name_prefix", kRoleNameTextMax));
  if (!is_role_name(bin_name(bins.name_prefix, bins.bit_length, 0))) return fail(Code::bad_text);
  return bins;
}

// The form of TAP 3: rules by name, and a list that names one or several of them in each entry.
Status read_agreements(Node signed_part, Node list, Delegations& made) {
  AIRLOCK_ASSIGN(const Node keys, json::object(signed_part, "keys"));
  AIRLOCK_ASSIGN(made.keys, read_keys(keys));
  AIRLOCK_ASSIGN(const Node rules, json::object(signed_part, "roles"));
  for (const Node entry : list.elements()) {
    Delegation delegation;
    AIRLOCK_ASSIGN(const Node names, json::array(entry, "roles", kRolesOfOneMax));
    if (names.count() == 0) return fail(Code::missing_field);
    std::set<std::string> different;
    for (const Node element : names.elements()) {
      AIRLOCK_ASSIGN(std::string name, read_name(element));
      if (!different.insert(name).second) return fail(Code::duplicate_key);
      AIRLOCK_ASSIGN(const Node rule_object, json::object(rules, name));
      // A second name for one file would need a rule for which of the two the snapshot speaks of.
      if (rule_object.member("filename")) return fail(Code::unknown_field);
      AIRLOCK_ASSIGN(RoleRule rule, read_rule(rule_object));
      delegation.group.roles.push_back({std::move(name), std::move(rule)});
    }
    AIRLOCK_TRY(read_scope(entry, delegation));
    made.list.push_back(std::move(delegation));
  }
  return {};
}

}  // namespace

WantedTarget::WantedTarget(std::string_view wanted)
    : path(wanted),
      digest(crypto::sha256(bytes_of(path))),
      digest_hex(text::to_hex(digest.bytes)) {}

bool Delegation::matches(const WantedTarget& target) const {
  return std::ranges::any_of(
             patterns,
             [&](const std::string& pattern) { return matches_pattern(pattern, target.path); }) ||
         std::ranges::any_of(hash_prefixes, [&](const std::string& prefix) {
           return target.digest_hex.starts_with(prefix);
         });
}

Group Bins::bin_of(const WantedTarget& target) const {
  Group bin;
  bin.roles.push_back(
      {bin_name(name_prefix, bit_length, bin_number(target.digest, bit_length)), rule});
  return bin;
}

bool Bins::has(std::string_view role) const {
  const std::string start = name_prefix + "-";
  const std::string last = bin_name(name_prefix, bit_length, UINT32_MAX >> (32 - bit_length));
  return role.starts_with(start) && role.size() == last.size() && role <= last &&
         role.find_first_not_of("0123456789abcdef", start.size()) == std::string_view::npos;
}

const RoleRule* Delegations::rule_of(std::string_view role) const {
  if (bins && bins->has(role)) return &bins->rule;
  for (const Delegation& delegation : list) {
    for (const DelegatedRole& one : delegation.group.roles) {
      if (one.name == role) return &one.rule;
    }
  }
  return nullptr;
}

std::optional<Group> Delegations::next(const WantedTarget& target, std::size_t& place) const {
  if (bins) {
    if (place > 0) return std::nullopt;
    place = 1;
    return bins->bin_of(target);
  }
  while (place < list.size()) {
    const Delegation& delegation = list[place++];
    if (delegation.matches(target)) return delegation.group;
  }
  return std::nullopt;
}

Result<Delegations> read_delegations(Node signed_part) {
  Delegations made;
  const std::optional<Node> delegations = signed_part.member("delegations");
  if (!delegations) return made;
  if (delegations->is_array()) {
    AIRLOCK_TRY(json::array(signed_part, "delegations", kDelegationsMax));
    AIRLOCK_TRY(read_agreements(signed_part, *delegations, made));
    return made;
  }
  AIRLOCK_ASSIGN(const Node keys, json::object(*delegations, "keys"));
  AIRLOCK_ASSIGN(made.keys, read_keys(keys));
  if (delegations->member("roles").has_value() ==
      delegations->member("succinct_roles").has_value()) {
    return fail(Code::missing_field);
  }
  if (delegations->member("roles")) {
    AIRLOCK_ASSIGN(const Node roles, json::array(*delegations, "roles", kDelegationsMax));
    AIRLOCK_TRY(read_roles(roles, made));
  } else {
    AIRLOCK_ASSIGN(const Node bins, json::object(*delegations, "succinct_roles"));
    AIRLOCK_ASSIGN(made.bins, read_bins(bins));
  }
  return made;
}

std::string bin_name(std::string_view prefix, unsigned bit_length, std::uint32_t number) {
  constexpr unsigned kBitsOfADigit = 4;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits((bit_length + kBitsOfADigit - 1) / kBitsOfADigit, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, number >>= kBitsOfADigit) {
    *digit = kDigits[number % kDigits.size()];
  }
  return std::string(prefix) + "-" + digits;
}

std::uint32_t bin_number(const Digest& path_digest, unsigned bit_length) {
  AIRLOCK_CHECK(bit_length >= 1 && bit_length <= kBitLengthMax);
  std::uint32_t first = 0;
  for (std::size_t i = 0; i < sizeof first; ++i) first = first << 8 | path_digest.bytes[i];
  return first >> (static_cast<unsigned>(kBitLengthMax) - bit_length);
}

bool is_pattern(std::string_view text) {
  // Sets in brackets are read differently by different clients, so that they are refused.
  const bool plain = std::ranges::all_of(
      text, [](char c) { return c >= ' ' && c <= '~' && c != '\\' && c != '[' && c != ']'; });
  return plain && !text.empty() && text.size() <= kTargetPathSizeMax;
}

bool matches_pattern(std::string_view pattern, std::string_view path) {
  // Where a '*' was met last: what follows it, and up to where in the path it reaches. Only the
  // last one ever needs to grow: an earlier one can give nothing that this one cannot.
  std::size_t after_star = std::string_view::npos;
  std::size_t reach = 0;
  std::size_t in_pattern = 0;
  std::size_t in_path = 0;
  while (in_path < path.size()) {
    const char wanted = in_pattern < pattern.size() ? pattern[in_pattern] : '\0';
    const char have = path[in_path];
    if (wanted == '*') {
      after_star = ++in_pattern;
      reach = in_path;
    } else if (wanted == have || (wanted == '?' && have != '/')) {
      ++in_pattern;
      ++in_path;
    } else if (after_star != std::string_view::npos && path[reach] != '/') {
      in_pattern = after_star;
      in_path = ++reach;
    } else {
      return false;
    }
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
  return in_pattern == pattern.size();
}

bool is_role_name(std::string_view name) {
  return !name.empty() && encoded(name).size() <= kEncodedNameMax &&
         std::ranges::none_of(kRoles, [&](Role role) { return name_of(role) == name; });
}

}  // namespace airlock::tuf::internal
