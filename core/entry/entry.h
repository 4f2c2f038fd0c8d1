// core/entry: one entry of a pack, proven without the pack.
//
// It is for devices that are too small to hold an ABI pack: a host hands them the one entry that a
// call needs, with a proof, and they hold it against the root in the manifest of the pack that they
// committed (docs/formats/entry-proof.md). The leaves of that tree stand in the order of their
// keys, so that it can be proven as well that a pack has no entry of a key. It promises that a
// proof counts against a committed root alone: none travels with it. It never says whether the pack
// is trusted: a quorum signed its manifest, or it is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/base.h"
#include "core/package/package.h"

namespace airlock::entry {

using crypto::Digest;
using package::Entries;

inline constexpr std::uint64_t kProofFormat = 1;
inline constexpr std::size_t kKeyMax = 200;
inline constexpr std::size_t kPathMax = 20;  // digests: kEntriesMax has so many levels
inline constexpr std::size_t kProofSizeMax = 2 << 10;

// is_key says whether a text is a key: 1 to kKeyMax printable ASCII characters without space.
bool is_key(std::string_view key);

// is_spelled says whether a pack can have such a key: KIND/CHAIN/ADDRESS and so on, each part in
// its one spelling (docs/formats/abi-pack.md). Of another spelling it would be proven that a pack
// lacks it, and whoever asked took that for the contract. Of chains that nobody here reads, an
// address is whatever stands there.
bool is_spelled(std::string_view key);

// leaf_of is the hash of one leaf: of the key's size (one byte), the key, and the digest of the
// entry's content.
Digest leaf_of(std::string_view key, const Digest& content);

// A leaf, and its way to the root.
struct Leaf {
  std::uint32_t index = 0;
  std::string_view key;
  Digest content;
  FixedList<Digest, kPathMax> path;
};

// A proof taken apart, nothing trusted. Its texts point into the encoding.
struct Proof {
  FixedList<Leaf, 2> leaves;

  // parse reads deterministic CBOR. Errors: those of core/codec, unsupported_version,
  // out_of_range (a key that is none).
  static Result<Proof> parse(Bytes encoded);
};
// encode writes it. Errors: no_room.
Result<Bytes> encode(const Proof& proof, MutableBytes buffer);

// check_present says that the pack has this entry with exactly this content. Errors: those of
// parse; entry_mismatch.
Status check_present(Bytes proof, std::string_view key, Bytes content, const Entries& committed);

// check_absent says that the pack has no entry of this key: the leaves of the proof are neighbours,
// and the key would stand between them. Errors: out_of_range (no pack can have such a key:
// is_spelled); those of parse; entry_mismatch.
Status check_absent(Bytes proof, std::string_view key, const Entries& committed);

}  // namespace airlock::entry
