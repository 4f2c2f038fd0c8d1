// The device's keys and signing policies: the only judge of the package door
// (docs/formats/keyring.md).
//
// A keyring lists keys, each in exactly one group; a policy per kind demands a number of distinct
// keys of one or more groups, all of them. The policy of kind `keyring` is the `root` group's alone
// and its keys stand in no other group. The version only grows.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/base.h"
#include "core/crypto/crypto.h"
#include "core/package/kind.h"

namespace airlock::package {

using crypto::Digest;

inline constexpr std::uint64_t kKeyringFormat = 1;
inline constexpr std::size_t kKeyringSizeMax = 16 << 10;
inline constexpr std::size_t kKeysMax = 48;
inline constexpr std::size_t kGroupsMax = 8;
inline constexpr std::size_t kClausesMax = 4;  // groups that one policy demands
inline constexpr std::size_t kRetainedMax = 16;
inline constexpr std::size_t kNameMax = 48;  // of groups, signers and witnesses
inline constexpr std::size_t kWitnessesMax = 8;
inline constexpr std::size_t kOriginMax = 96;  // bytes of a log's name
inline constexpr std::string_view kRootGroup = "root";

// key_id names a key: SHA-256 over the COSE algorithm number (two bytes, big-endian) and the key.
Digest key_id(const crypto::PublicKey& key);

struct Key {
  Digest id;
  crypto::PublicKey key;
  std::uint8_t group = 0;
  std::string_view name;  // of the signer, for people
};

// "At least `threshold` keys of `group`."
struct Clause {
  std::uint8_t group = 0;
  std::uint8_t threshold = 0;
};

struct SigningPolicy {
  FixedList<Clause, kClausesMax> clauses;  // empty: nothing of this kind is accepted
};

// One who watches the public log and cosigns its checkpoints (C2SP tlog-cosignature).
struct Witness {
  std::string_view name;
  crypto::PublicKey key;
};

// "In this log, under a checkpoint that `required` of these witnesses cosigned." None of the keys
// is a signer's.
struct LogPolicy {
  std::string_view origin;  // the log's name, first line of its checkpoints (C2SP tlog-checkpoint)
  crypto::PublicKey key;
  FixedList<Witness, kWitnessesMax> witnesses;
  std::uint8_t required = 0;
};

// A parsed keyring; texts point into the encoding, which must outlive it.
class Keyring {
 public:
  // parse reads a keyring and checks its rules: every key well-formed, in one group, listed once
  // by its bytes; every threshold between 1 and the size of its group; the root group alone signs
  // keyrings and nothing else. A key and its negative are one key, since one secret signs for
  // both. Errors: those of core/codec, bad_keyring, key_in_two_groups, bad_key, weak_key,
  // unsupported_algorithm, unsupported_version.
  static Result<Keyring> parse(Bytes encoded);

  std::uint32_t version = 0;
  std::int64_t created = 0;
  FixedList<std::string_view, kGroupsMax> groups;
  FixedList<Key, kKeysMax> keys;
  std::array<SigningPolicy, kKindCount> policies;
  FixedList<Digest, kRetainedMax> retained;  // manifests that stay accepted without their signers
  std::optional<LogPolicy> log;

  const SigningPolicy& policy(Kind kind) const { return policies[index_of(kind)]; }
  // find returns the key with this id, or nullptr.
  const Key* find(Bytes id) const;
  bool retains(const Digest& manifest) const;
};

}  // namespace airlock::package
