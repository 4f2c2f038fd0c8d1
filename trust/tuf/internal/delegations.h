// What targets metadata says of the roles below it: who may sign for which targets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/json/tree.h"
#include "trust/tuf/internal/keys.h"

namespace airlock::tuf::internal {

// A target's path, and the hash of that path, by which bins are chosen.
struct WantedTarget {
  explicit WantedTarget(std::string_view wanted);
  std::string path;
  Digest digest;
  std::string digest_hex;
};

struct DelegatedRole {
  std::string name;
  RoleRule rule;
};

// Who is asked for a target: one role, or several that must agree (TAP 3). After a terminating
// delegation nobody else is asked.
struct Group {
  std::vector<DelegatedRole> roles;
  bool terminating = false;
};

// One delegation: to a group, for the targets of its patterns or of its prefixes. It has one of the
// two.
struct Delegation {
  Group group;
  std::vector<std::string> patterns;
  std::vector<std::string> hash_prefixes;

  bool matches(const WantedTarget& target) const;
};

// 2^bit_length roles with one rule, each for the paths whose hash begins with its number (TAP 15).
struct Bins {
  RoleRule rule;
  unsigned bit_length = 0;
  std::string name_prefix;

  Group bin_of(const WantedTarget& target) const;
  // has says whether a role of this name is one of the bins.
  bool has(std::string_view role) const;
};

struct Delegations {
  Keys keys;
  std::vector<Delegation> list;  // in order of priority ..
  std::optional<Bins> bins;      // .. or these

  // next returns the group of the first delegation from `place` on that is for this target, and
  // moves `place` behind it.
  std::optional<Group> next(const WantedTarget& target, std::size_t& place) const;
  // rule_of returns the rule for a role, of the first delegation to it: nullptr where there is
  // none.
  const RoleRule* rule_of(std::string_view role) const;
};

// read_delegations reads them from the signed part of targets metadata, in the form of the
// specification (4.5), of TAP 15 or of TAP 3; none is fine.
Result<Delegations> read_delegations(json::Node signed_part);

// bin_name is a bin's name: the prefix, and its number in as many digits as the largest needs.
std::string bin_name(std::string_view prefix, unsigned bit_length, std::uint32_t number);
std::uint32_t bin_number(const Digest& path_digest, unsigned bit_length);

// is_pattern says whether a text is a path with the wildcards '*' and '?'. matches_pattern says
// whether a path matches it: neither wildcard stands for '/', and case counts.
bool is_pattern(std::string_view text);
bool matches_pattern(std::string_view pattern, std::string_view path);

// is_role_name says whether a delegated role may be called so: no top-level role, and no longer
// than a file's name can be.
bool is_role_name(std::string_view name);

}  // namespace airlock::tuf::internal
