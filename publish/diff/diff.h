// publish/diff: makes payloads, so that core/delta can make the image out of them again.
//
// It is for publishers: an image (and a base, for a patch) goes in; the file that travels and the
// manifest's description of it come out (docs/formats/payload.md). It promises that the same input
// gives the same bytes on every machine and with any number of threads, that every block is stored
// in the smallest of the ways that its payload allows, and that every block that was made was
// decoded by core/delta and compared before this room hands it out. It never signs, reads no file
// and keeps nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/base/base.h"
#include "core/delta/delta.h"
#include "core/package/manifest.h"
#include "host/parallel/parallel.h"

namespace airlock::diff {

using package::Digest;

// A base was an image once. Its suffix array has 32-bit places, four bytes for each byte.
inline constexpr std::uint64_t kBaseSizeMax = package::kImageSizeMax;
static_assert(kBaseSizeMax < std::uint64_t{1} << 31);

// Blocks do not need each other; more threads than this would crowd out other work on a build
// machine, and each takes a few megabytes.
inline constexpr std::size_t kWorkersMax = 8;

// The scratch area that a patch is fitted to where none is named: devices with images of up to this
// size have so much of it at least. Patches of larger ones may need what the format allows.
inline constexpr std::uint32_t kScratchUsual = 64 << 10;
inline constexpr std::uint64_t kScratchUsualImage = 2 << 20;
inline constexpr std::uint32_t kScratchMin = delta::scratch_size(0, 0);

enum class Storage : std::uint8_t { raw, compressed };

struct Options {
  Storage storage = Storage::compressed;
  std::uint16_t piece_size = package::kPieceSizeMax;          // >= delta::kUsualPieceSizeMin
  std::size_t workers = parallel::worker_count(kWorkersMax);  // >= 1; no byte depends on it
  // Whose decoder it is for: delta::kSmall needs pieces of delta::kSmallPieceSize.
  const delta::Profile* profile = &delta::kLarge;
  // Bytes that the facts of a patch may take on a device (>= kScratchMin); as kScratchUsual says
  // where it is not named.
  std::optional<std::uint32_t> scratch = std::nullopt;
};

// Progress is told how many blocks of how many are done (of a patch each block is made twice, and
// of one for an image that is mostly new up to four times); it is called from one thread at a time,
// not always the caller's. An empty function is fine.
using Progress = std::function<void(std::size_t blocks_done, std::size_t blocks)>;

// What a manifest says of an image; `view` lends it as the struct that core/delta takes (the object
// must outlive it).
struct BuiltImage {
  std::uint64_t size = 0;
  Digest digest;
  std::vector<Digest> block_digests;

  package::Image view() const;
};

// describe_image hashes an image, whole and by blocks.
BuiltImage describe_image(Bytes image);

// A payload file and its entry for the manifest, every field filled, `image` as 0.
struct BuiltPayload {
  package::Payload payload;
  std::vector<std::uint8_t> bytes;
};

// build_full makes a payload that needs no base. Errors: out_of_range (piece size, scratch area, or
// an empty image), oversized, self_check_failed.
Result<BuiltPayload> build_full(Bytes image, const Options& options, const Progress& progress);

// build_patch makes a payload against `base`. Errors: as build_full; the base is bounded too.
Result<BuiltPayload> build_patch(Bytes image, Bytes base, const Options& options,
                                 const Progress& progress);

}  // namespace airlock::diff
