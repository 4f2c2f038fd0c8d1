// Keys of roles, and the one place where signatures of metadata are counted.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/json/tree.h"
#include "trust/tuf/internal/verifier.h"
#include "trust/tuf/tuf.h"

namespace airlock::tuf::internal {

inline constexpr std::size_t kKeysMax = 256;  // of one delegating file
inline constexpr std::size_t kSignaturesMax = 256;
inline constexpr std::size_t kKeyTextMax = 8 << 10;  // a PEM of RSA-16384 still fits
inline constexpr std::size_t kKeyIdSizeMax = 256;    // ours are 64 hexadecimal digits

// A public key as a delegating role lists it.
struct Key {
  std::string type;
  std::string scheme;
  // The key itself: two keys with the same material are one, whatever their ids say.
  Buffer material;
  // verifier is absent for a key that cannot verify here: another type, or malformed, or weak. Such
  // a key is kept (its file must stay readable) and never counts.
  std::optional<Verifier> verifier;

  bool verifies(Bytes message, Bytes signature) const;
};
using Keys = std::map<std::string, Key, std::less<>>;  // by key id

// Who may sign for a role, and how many of them must.
struct RoleRule {
  std::vector<std::string> keyids;
  std::uint64_t threshold = 1;
};

// What a delegating role says of a delegated one: its rule, and the keys that rule speaks of.
struct Authority {
  const Keys& keys;
  const RoleRule& rule;
};

struct Signature {
  std::string keyid;
  std::string_view hex;  // as served; "" and what is no hexadecimal verifies nothing
};

// read_keys reads a "keys" object. Every key id must be the SHA-256 of its canonical key.
Result<Keys> read_keys(json::Node keys);

// read_rule reads "keyids" and "threshold" of a role.
Result<RoleRule> read_rule(json::Node role);

// read_signatures reads "signatures"; they show the tree's texts. One key id in it twice is
// refused.
Result<std::vector<Signature>> read_signatures(json::Node envelope);

// signers_of returns the keys of the rule that signed the message, one entry for each key, however
// many ids it has; it stops at `enough`.
using Signers = std::map<Buffer, std::string>;  // by material: the id
Signers signers_of(std::string_view message, const std::vector<Signature>& signatures,
                   const Authority& by, std::uint64_t enough);

// check_threshold is threshold_missing unless enough different keys of the rule signed the message.
// Every role's metadata is judged here, top-level and delegated alike.
Status check_threshold(std::string_view message, const std::vector<Signature>& signatures,
                       const Authority& by);

// loses_a_key says whether a key that counted for a role before does not any more.
bool loses_a_key(const Authority& before, const Authority& after);

}  // namespace airlock::tuf::internal
