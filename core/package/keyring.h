// The device's keys and signing policies: the only judge of the package door
// (docs/formats/keyring.md).
//
// A keyring lists keys, each in exactly one group. Keys of one name are of different algorithms and
// belong to one signer, who counts once. A policy per kind demands a number of signers of one or
// more groups, all of them, and may demand that each signs by several algorithms: by both curves,
// so that a break of one opens nothing, or by SLH-DSA too, against quantum attack. It may further
// demand that certificates are for their keys; the keyring carries roots for whoever judges those,
// and never reads them. The policy of kind `keyring` is the `root` group's alone, demands no
// certificate, and its keys stand in no other group. The version only grows.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/base.h"
#include "core/crypto/crypto.h"
#include "core/package/algorithm_set.h"
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
inline constexpr std::size_t kCertificateRootsMax = 4;
inline constexpr std::size_t kCertificateSizeMax = 2048;
inline constexpr std::string_view kRootGroup = "root";

// key_id names a key: SHA-256 over the COSE algorithm number (two bytes, big-endian) and the key.
Digest key_id(const crypto::PublicKey& key);

struct Key {
  Digest id;
  crypto::PublicKey key;
  std::uint8_t group = 0;
  std::string_view name;    // of the signer, for people
  std::uint8_t signer = 0;  // place in Keyring::keys of the first key of this name
};

// "At least `threshold` signers of `group`, each by all of `algorithms`", or by any one key of his
// where none are named. Where `certified`, a signature by an Ed25519 or secp256k1 key counts only
// if a certificate that holds is for that key, and each signer needs one such signature.
struct Clause {
  std::uint8_t group = 0;
  std::uint8_t threshold = 0;
  AlgorithmSet algorithms = {};
  bool certified = false;

  // counts says whether a signer with keys, or signatures that may count, of these algorithms
  // counts.
  constexpr bool counts(AlgorithmSet signers_own) const {
    return !signers_own.empty() && signers_own.includes(algorithms) &&
           (!certified || signers_own.shares(kCertifiable));
  }
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
  // by its bytes; every name's keys in one group and of different algorithms; every threshold
  // between 1 and the number of signers whom its clause could count; the root group alone signs
  // keyrings, without certificates, and nothing else; no key of the log or of its witnesses twice
  // or a signer's. A key and its negative are one key, since one secret signs for both. Errors:
  // those of core/codec, bad_keyring, key_in_two_groups, bad_key, weak_key, unsupported_algorithm,
  // unsupported_version.
  static Result<Keyring> parse(Bytes encoded);

  std::uint32_t version = 0;
  std::int64_t created = 0;
  FixedList<std::string_view, kGroupsMax> groups;
  FixedList<Key, kKeysMax> keys;
  std::array<SigningPolicy, kKindCount> policies;
  FixedList<Digest, kRetainedMax> retained;  // manifests that stay accepted without their signers
  std::optional<LogPolicy> log;
  // DER, carried for whoever checks certificates; nothing here reads them.
  FixedList<Bytes, kCertificateRootsMax> certificate_roots;

  const SigningPolicy& policy(Kind kind) const { return policies[index_of(kind)]; }
  // find returns the key with this id, or nullptr.
  const Key* find(Bytes id) const;
  bool retains(const Digest& manifest) const;
};

}  // namespace airlock::package
