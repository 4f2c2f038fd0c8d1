// engine/abi/pack: the file in which a wallet's knowledge of contracts travels.
//
// It is for everything that one release of an ABI pack holds: type maps, descriptors, tokens, names
// and golden cases, each an entry under a key, in one file that is read where it lies
// (docs/formats/abi-pack.md). It promises the same bytes from the same entries; that opening a pack
// looks at its index alone and parses no entry; that an entry is handed out only after its bytes
// were held against the digest in the index, and the index against the root that the manifest
// signed; and that what any entry says is not taken for more than its author's word. It never
// changes a file, and it does not know what the contents mean.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "core/entry/entry.h"
#include "core/package/package.h"

namespace airlock::abi::pack {

using crypto::Digest;
using package::Entries;

inline constexpr std::uint32_t kPackVersion = 1;
inline constexpr std::uint64_t kPackSizeMax = 256 << 20;
inline constexpr std::uint32_t kContentSizeMax = 16 << 20;
inline constexpr std::size_t kAlignment = 8;  // of contents in the file

// What stands under a key.
struct Item {
  std::string key;
  std::vector<std::uint8_t> content;
};

// build writes a pack. The order of the items does not matter; equal contents are stored once.
// Errors: out_of_range (a key that is none), duplicate_key, oversized, too_many.
Result<std::vector<std::uint8_t>> build(std::span<const Item> items);

// A pack whose index was checked, as a view: the bytes must outlive it. Copied like a pointer.
class Pack {
 public:
  // open checks the header and the index. The bytes begin at an address that 8 divides (a bug
  // otherwise). Errors: wrong_magic, unsupported_version, oversized; bad_pack (at = the entry).
  static Result<Pack> open(Bytes file);

  std::uint32_t count() const { return static_cast<std::uint32_t>(index_.size()); }
  std::string_view key(std::uint32_t place) const;
  // digest returns the SHA-256 of the content, as the index says.
  Digest digest(std::uint32_t place) const { return Digest{index_[place].digest}; }
  std::uint32_t content_size(std::uint32_t place) const { return index_[place].size; }
  // content returns an entry's bytes once they are what the index says. Errors: entry_mismatch.
  Result<Bytes> content(std::uint32_t place) const;

  // find returns the place of a key.
  std::optional<std::uint32_t> find(std::string_view key) const;
  // first_from returns the first place whose key is not below this one, or count().
  std::uint32_t first_from(std::string_view key) const;

  // entries computes the root over the index: compare it with the manifest's.
  Entries entries() const;
  // check_entries does so: entry_mismatch where this is not the pack of that manifest.
  Status check_entries(const Entries& committed) const;

  // prove makes the proof for core/entry that a key is here, or is not.
  std::vector<std::uint8_t> prove(std::string_view key) const;

 private:
  struct Head {
    std::array<char, 4> magic;
    std::uint32_t version;
    std::uint32_t count;
    std::uint32_t keys_size;
  };
  struct Record {
    std::uint32_t key_at;
    std::uint32_t key_size;
    std::uint64_t at;
    std::uint32_t size;
    std::uint32_t same_as;  // the first entry with this content: its own place, or an earlier one
    std::array<std::uint8_t, Digest::kSize> digest;
  };
  static constexpr std::array<char, 4> kMagic = {'A', 'L', 'P', 'K'};
  friend Result<std::vector<std::uint8_t>> build(std::span<const Item> items);

  Status check_index() const;
  std::vector<Digest> leaves() const;

  Bytes file_;
  std::span<const Record> index_;
  std::string_view keys_;
};

}  // namespace airlock::abi::pack
