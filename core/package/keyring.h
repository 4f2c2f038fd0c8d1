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
#include "core/package/items.h"
#include "core/package/kind.h"

namespace airlock::codec {
class CborReader;
}

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

// The keys of a keyring, in the order of their ids. What is kept of each is where it stands in the
// encoding, and whose it is: four bytes. The rest is read, and its id computed, when it is asked
// for.
class Keys {
 public:
  std::size_t size() const { return places_.size(); }
  bool empty() const { return places_.empty(); }
  Key operator[](std::size_t index) const;
  std::uint8_t group_of(std::size_t index) const { return places_[index].group; }
  std::uint8_t signer_of(std::size_t index) const { return places_[index].signer; }

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Key;
    using difference_type = std::ptrdiff_t;
    using pointer = const Key*;
    using reference = Key;

    Iterator(const Keys& keys, std::size_t index) : keys_(&keys), index_(index) {}
    Key operator*() const { return (*keys_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    Iterator operator++(int) { return {*keys_, index_++}; }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.index_ == b.index_; }

   private:
    const Keys* keys_;
    std::size_t index_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

 private:
  friend class Keyring;
  struct Place {
    std::uint16_t offset = 0;
    std::uint8_t group = 0;
    std::uint8_t signer = 0;
  };
  static_assert(kKeyringSizeMax <= UINT16_MAX);
  Bytes encoded_;  // the whole keyring
  FixedList<Place, kKeysMax> places_;
};

template <>
Digest take_item(Bytes& items);

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

// A parsed keyring: below half a KiB, of which bootloaders hold two on their stack. It is a view:
// keys, names, the log, all that it says is read from the encoding, which must outlive it and every
// copy of it. Whoever keeps a keyring keeps its bytes beside it, and a container that nobody holds
// is no place to parse one from.
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
  template <Passing T>
  static Result<Keyring> parse(const T&& encoded) = delete;

  std::uint32_t version = 0;
  std::int64_t created = 0;
  Items<std::string_view> groups;  // at most kGroupsMax
  Keys keys;
  std::array<SigningPolicy, kKindCount> policies;
  Items<Digest> retained;  // manifests that stay accepted without their signers, ascending
  // DER, carried for whoever checks certificates; nothing here reads them.
  FixedList<Bytes, kCertificateRootsMax> certificate_roots;

  const SigningPolicy& policy(Kind kind) const { return policies[index_of(kind)]; }
  // find returns the key with this id, if there is one.
  std::optional<Key> find(Bytes id) const;
  bool retains(const Digest& manifest) const;
  // log is the public log that releases must stand in, where the keyring names one.
  std::optional<LogPolicy> log() const;

 private:
  Status read(Bytes encoded);
  Status read_keys(codec::CborReader& reader);
  Status admit_key(codec::CborReader& reader, Digest& last);

  Bytes log_;  // as it is encoded; empty where there is none
};

}  // namespace airlock::package
