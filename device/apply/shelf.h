// The versions that a device keeps of what needs no slots (docs/formats/shelf.md).
//
// An ABI pack, a fee policy and a fee plugin replace nothing that boots: each version, an edition,
// is a file of its own, and of each such kind one small record, its shelf, says which edition is in
// use. The record is replaced whole, so that after a power cut anywhere one edition is in use, and
// it is one that was proven.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/base.h"
#include "core/package/package.h"
#include "device/platform/platform.h"

namespace airlock::apply {

using crypto::Digest;

inline constexpr std::size_t kEditionsMax = 4;  // in use and restorable together
inline constexpr std::size_t kShelfSizeMax = 4 << 10;

// A kind that needs no slots, and where its shelf stands.
struct ShelfKind {
  package::Kind kind;
  std::string_view folder;     // in the device's folder
  std::string_view ending;     // of an edition's file
  std::string_view component;  // the one component of such a package
  std::uint64_t size_max;      // of an edition
  std::size_t place;           // in Shelves
};
inline constexpr ShelfKind kPacks = {
    package::Kind::abi_pack, "packs", ".pack", "abi", 256 << 20, 0};
inline constexpr ShelfKind kFees = {
    package::Kind::fee_policy, "fees", ".yaml", "fees", 256 << 10, 1};
inline constexpr ShelfKind kPlugins = {
    package::Kind::fee_plugin, "plugins", ".so", "plugin", 4 << 20, 2};
inline constexpr std::array<const ShelfKind*, 3> kShelfKinds = {&kPacks, &kFees, &kPlugins};
// shelf_kind returns nullptr for what runs, and for what is carried inside a manifest.
const ShelfKind* shelf_kind(package::Kind kind);

// One edition on a shelf; what its proven manifest said.
struct Edition {
  Digest manifest;
  Digest image;
  std::uint64_t size = 0;
  std::uint32_t security_version = 0;
  std::int64_t created = 0;
  FixedText<package::kSemverTextMax> version;
  package::Entries entries;  // of an ABI pack; count 0 otherwise
  friend bool operator==(const Edition& a, const Edition& b) { return a.manifest == b.manifest; }
};

struct Shelf {
  FixedList<Edition, kEditionsMax> editions;  // the first is in use, the others were, latest first
  bool on_trial = false;                      // the first is not committed yet
  Digest given_up;                            // the manifest that was taken back last
  Code reason = Code::ok;                     // and why
  // Manifests that the owner said yes to: of what is on the shelf, and of one that comes.
  FixedList<Digest, kEditionsMax + 1> consents;

  const Edition* in_use() const { return editions.empty() ? nullptr : &editions[0]; }
  const Edition* find(const Digest& manifest) const;
};

// All shelves of a device, each at its kind's place.
using Shelves = std::array<Shelf, kShelfKinds.size()>;

// ---- the stored form. Errors of decode_shelf: unsupported_version, record_lost (at = the code of
// the cause).
Result<Bytes> encode_shelf(const Shelf& shelf, MutableBytes buffer);
Result<Shelf> decode_shelf(Bytes encoded);

// ---- transitions, pure

// begin_trial puts an edition in use, in front of those that were; the oldest of too many goes. One
// that is in use already stays as it is.
Shelf begin_trial(const Shelf& shelf, const Edition& edition);
// end_trial commits what is in use.
Shelf end_trial(const Shelf& shelf);
// take_back ends a trial badly: the edition before is in use again, or none.
Shelf take_back(const Shelf& shelf, Code reason);
// note_consent keeps the owner's yes to a manifest, and forgets those to what is gone.
Shelf note_consent(const Shelf& shelf, const Digest& manifest);
// bring_back puts a kept edition in use again, as its owner wants. Errors: not_found, below_floor,
// wrong_state in a trial, already_installed.
Result<Shelf> bring_back(const Shelf& shelf, const Digest& manifest, std::uint32_t floor);

// ---- on the device

// shelf_path is the record of a kind.
file::Path shelf_path(const platform::Device& device, const ShelfKind& kind);
// read_shelf returns an empty one where nothing was kept yet, and where the record is damaged, with
// record_lost as its reason: floors are elsewhere, and any edition may be fetched again.
Result<Shelf> read_shelf(const platform::Device& device, const ShelfKind& kind);
Result<Shelves> read_shelves(const platform::Device& device);
Status store_shelf(const platform::Device& device, const ShelfKind& kind, const Shelf& shelf);
// edition_path is where an edition lies; its envelope is beside it.
file::Path edition_path(const platform::Device& device, const ShelfKind& kind,
                        const Digest& manifest);
file::Path edition_envelope_path(const platform::Device& device, const ShelfKind& kind,
                                 const Digest& manifest);
// drop_unlisted removes every edition that is neither on the shelf nor the one at hand.
Status drop_unlisted(const platform::Device& device, const ShelfKind& kind, const Shelf& shelf,
                     const Digest& at_hand);

}  // namespace airlock::apply
