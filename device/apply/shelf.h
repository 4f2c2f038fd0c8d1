// The versions of a pack that a device keeps (docs/formats/pack-shelf.md).
//
// A pack is not run but read, so that it needs no slots: each version is a file of its own, and one
// small record says which of them is in use. The record is replaced whole, so that after a power
// cut anywhere one version is in use, and it is one that was proven.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/base.h"
#include "core/package/package.h"
#include "device/platform/platform.h"

namespace airlock::apply {

using crypto::Digest;

inline constexpr std::size_t kKeptPacksMax = 4;  // in use and restorable together
inline constexpr std::size_t kShelfSizeMax = 4 << 10;

// One version on the shelf; what its proven manifest said.
struct KeptPack {
  Digest manifest;
  Digest image;
  std::uint64_t size = 0;
  std::uint32_t security_version = 0;
  std::int64_t created = 0;
  FixedText<package::kSemverTextMax> version;
  package::Entries entries;
  friend bool operator==(const KeptPack& a, const KeptPack& b) { return a.manifest == b.manifest; }
};

struct Shelf {
  FixedList<KeptPack, kKeptPacksMax> packs;  // the first is in use, the others were, latest first
  bool on_trial = false;                     // the first is not committed yet
  Digest given_up;                           // the manifest that was taken back last
  Code reason = Code::ok;                    // and why

  const KeptPack* in_use() const { return packs.empty() ? nullptr : &packs[0]; }
  const KeptPack* find(const Digest& manifest) const;
};

// ---- the stored form. Errors of decode_shelf: unsupported_version, record_lost (at = the code of
// the cause).
Result<Bytes> encode_shelf(const Shelf& shelf, MutableBytes buffer);
Result<Shelf> decode_shelf(Bytes encoded);

// ---- transitions, pure

// begin_trial puts a pack in use, in front of those that were; the oldest of too many goes. A pack
// that is in use already stays as it is.
Shelf begin_trial(const Shelf& shelf, const KeptPack& pack);
// end_trial commits what is in use.
Shelf end_trial(const Shelf& shelf);
// take_back ends a trial badly: the pack before is in use again, or none.
Shelf take_back(const Shelf& shelf, Code reason);
// bring_back puts a kept pack in use again, as its owner wants. Errors: not_found, below_floor,
// wrong_state in a trial, already_installed.
Result<Shelf> bring_back(const Shelf& shelf, const Digest& manifest, std::uint32_t floor);

// ---- on the device

// read_shelf returns an empty one where nothing was kept yet, and where the record is damaged, with
// record_lost as its reason: floors are elsewhere, and any pack may be fetched again.
Result<Shelf> read_shelf(const platform::Device& device);
Status store_shelf(const platform::Device& device, const Shelf& shelf);
// pack_path is where a version lies; its envelope is beside it.
file::Path pack_path(const platform::Device& device, const Digest& manifest);
file::Path pack_envelope_path(const platform::Device& device, const Digest& manifest);
// drop_unlisted removes every version that is neither on the shelf nor the one at hand.
Status drop_unlisted(const platform::Device& device, const Shelf& shelf, const Digest& at_hand);

}  // namespace airlock::apply
