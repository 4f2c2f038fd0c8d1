// What a release says of itself: the signed part of a package (docs/formats/manifest.md).
//
// The structs here are views: texts and digests point into the encoded manifest, which must
// outlive them. Everything was checked when the manifest was parsed, so that a Manifest cannot be
// wrong, only unproven: whether a quorum signed it is told by the type that holds it (quorum.h).
// Elements are named as in the SUIT information model (RFC 9124) where it has a name.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/base.h"
#include "core/crypto/crypto.h"
#include "core/package/items.h"
#include "core/package/kind.h"
#include "core/package/semver.h"

namespace airlock::codec {
class CborReader;
}

namespace airlock::package {

using crypto::Digest;

inline constexpr std::uint64_t kManifestFormat = 1;
// A device holds the manifest of what runs and of what comes, and one once more while it verifies a
// signature: so this bounds its memory whatever it installs. Block digests of 1 GiB of images, all
// components together, fit.
inline constexpr std::size_t kManifestSizeMax = 608 << 10;
inline constexpr std::size_t kModelsMax = 16;
inline constexpr std::size_t kModelTextMax = 64;
inline constexpr std::size_t kFromVersionsMax = 8;
inline constexpr std::size_t kRampStagesMax = 16;
inline constexpr std::size_t kComponentsMax = 8;
inline constexpr std::size_t kComponentIdMax = 32;
inline constexpr std::size_t kImagesMax = 4;     // per component: one per slot address
inline constexpr std::size_t kPayloadsMax = 16;  // per component
inline constexpr std::size_t kNotesMax = 2048;
inline constexpr std::size_t kContentMax = 16 << 10;  // inline content: keyrings, advisories

inline constexpr std::size_t kExtensionsMax = 8;
inline constexpr std::size_t kExtensionSizeMax = 1024;
inline constexpr std::int32_t kExtensionFirst = 1000;  // keys of ignorable extensions
inline constexpr std::int32_t kExtensionLast = 1999;

inline constexpr std::uint32_t kBlockSize = 64 << 10;  // of the new image
inline constexpr std::size_t kBlocksMax = 16 << 10;
inline constexpr std::uint64_t kImageSizeMax = std::uint64_t{kBlocksMax} * kBlockSize;
inline constexpr std::uint64_t kPayloadSizeMax = 2 * kImageSizeMax;
inline constexpr std::uint32_t kPieceSizeMin = 64;       // a piece outweighs its own two hashes
inline constexpr std::uint32_t kPieceSizeMax = 4 << 10;  // of the payload as it travels
inline constexpr std::uint16_t kShareWhole = 10'000;

// From min to max, both included.
struct VersionRange {
  Semver min;
  Semver max;
};

template <>
VersionRange take_item(Bytes& items);

// From `start_seconds` plus `after_seconds` on, devices whose share is below `share` may install.
// Before the first stage nobody may; a stage holds until the next one. The share of a device is its
// own: share_of in gate.h.
struct RampStage {
  std::uint32_t after_seconds = 0;  // strictly ascending over the stages
  std::uint16_t share = 0;          // of kShareWhole; strictly ascending over the stages
};
struct Ramp {
  std::int64_t start_seconds = 0;  // Unix time
  Digest seed;
  FixedList<RampStage, kRampStagesMax> stages;  // empty: everybody at once
};

// One image of a component: the bytes of a slot after the update.
struct Image {
  std::optional<std::uint64_t> load_address;  // set where the image runs in place at one address
  std::uint64_t size = 0;
  Digest digest;        // SHA-256 of the whole image: what anyone can rebuild, and what is shown
  Bytes block_digests;  // 32 bytes for each block of kBlockSize, the last one may be shorter

  std::size_t block_count() const { return block_digests.size() / Digest::kSize; }
  std::size_t block_size(std::size_t block) const;
  Digest block_digest(std::size_t block) const;
};

enum class PayloadType : std::uint8_t { full = 1, patch = 2 };

// One way to obtain an image: a file that travels (docs/formats/payload.md).
struct Payload {
  PayloadType type = PayloadType::full;
  std::uint8_t image = 0;            // which image of the component it makes
  std::uint64_t size = 0;            // bytes of the payload file
  Digest digest;                     // SHA-256 of the payload file: its name in an artifact store
  std::uint32_t head_size = 0;       // bytes of the payload's head (docs/formats/payload.md)
  Digest root;                       // of the payload tree: RFC 9162, over the head's pieces
  std::uint16_t piece_size = 0;      // <= kPieceSizeMax
  std::uint32_t decoder_memory = 0;  // bytes that decoding needs, everything included
  std::uint64_t base_size = 0;       // patch: the image that it applies to
  Digest base_digest;                // patch: SHA-256 of that image, checked before the first block
  std::uint32_t scratch_size = 0;    // patch: bytes of a scratch area that its facts take
};

// One part of a set that is switched together.
class Component {
 public:
  std::string_view id;  // "mcu", "secure-element", "radio", ..; unique in the manifest

  std::size_t image_count() const { return image_count_; }
  std::size_t payload_count() const { return payload_count_; }
  Image image(std::size_t index) const;
  Payload payload(std::size_t index) const;

 private:
  friend class Manifest;
  // read takes the next item of the reader, which walks over `whole`, and checks all of it.
  Status read(codec::CborReader& reader, Bytes whole);

  Bytes images_;
  Bytes payloads_;
  std::size_t image_count_ = 0;
  std::size_t payload_count_ = 0;
};

// Something that a later version adds for information and that decides nothing: a signed byte
// string under a key from kExtensionFirst to kExtensionLast, which this version carries unread.
struct Extension {
  std::uint16_t key = 0;
  Bytes value;
};

// What an ABI pack holds, so that one entry can be proven without the pack (core/entry): the root
// of the tree over its entries, and how many there are.
struct Entries {
  Digest root;
  std::uint32_t count = 0;
};
inline constexpr std::uint32_t kEntriesMax = 1 << 20;

// A parsed manifest. It says what a release claims; Proven (quorum.h) says that it was signed.
class Manifest {
 public:
  // parse reads and checks the signed payload of an envelope: canonical, within limits, its parts
  // consistent (digest counts, ranges ordered, ids unique). Errors: those of core/codec,
  // bad_manifest, bad_semver, unsupported_version.
  static Result<Manifest> parse(Bytes encoded);

  // kind_of reads the format version and the kind and nothing else, so that the signing policy is
  // known before the rest of an unproven manifest is looked at.
  static Result<Kind> kind_of(Bytes encoded);

  Kind kind = Kind::firmware;
  Items<std::string_view> models;  // at least one; "*" alone means every model
  Semver version;
  std::uint32_t security_version = 0;
  std::int64_t created = 0;     // Unix seconds; a lower bound of the present time once proven
  std::int64_t not_before = 0;  // validity, both included
  std::int64_t expires = 0;
  Items<VersionRange> from_versions;  // empty: from any version
  std::uint32_t bootloader_min = 0;
  std::uint32_t secure_boot_min = 0;
  std::uint32_t data_version = 0;      // of the owner's data, as this release writes it
  std::uint32_t data_version_min = 0;  // the oldest that it reads
  Ramp ramp;
  std::string_view notes;
  Bytes content;  // of kinds that carry it inline (carries_content), instead of components
  std::optional<Entries> entries;  // of the kind abi-pack, and of no other
  FixedList<Extension, kExtensionsMax> extensions;

  std::size_t component_count() const { return component_count_; }
  Component component(std::size_t index) const;

  // is_for says whether a device of this model is meant.
  bool is_for(std::string_view model) const;

  // digest is the SHA-256 of the encoded manifest: the name of the release everywhere.
  const Digest& digest() const { return digest_; }
  Bytes encoded() const { return encoded_; }

 private:
  friend class Proven;
  Status read(Bytes encoded);
  Status read_components(codec::CborReader& reader);

  Bytes encoded_;
  Bytes components_;
  std::size_t component_count_ = 0;
  Digest digest_;
};

}  // namespace airlock::package
