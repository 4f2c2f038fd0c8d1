// A patch as a file of its own: what a manifest would say of it, and the payload.
//
// It is for who makes, measures or looks at a patch without a release around it
// (docs/formats/payload.md, "As a file of its own"). Nothing in it is signed: a device takes none.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "core/delta/units.h"
#include "publish/diff/diff.h"
#include "publish/diff/memory_area.h"

namespace airlock::diff {

inline constexpr std::size_t kDeltaFileFixedSize = 127;

// write_delta_file joins the two.
std::vector<std::uint8_t> write_delta_file(const BuiltImage& image, const BuiltPayload& built);

struct DeltaFile {
  BuiltImage image;
  package::Payload payload;
  Bytes bytes;                            // of the payload; they view the file
  std::vector<delta::HeadEntry> entries;  // of its head: the facts, then each block

  bool is_patch() const { return payload.type == package::PayloadType::patch; }
};
// read_delta_file checks that the sizes agree with each other and with the file's, and that its
// index is the one of the stated root; blocks are proven as they are made. Errors: wrong_magic,
// unsupported_version, truncated, trailing_bytes, out_of_range, oversized, digest_mismatch.
Result<DeltaFile> read_delta_file(Bytes file);

// apply_delta makes the image in `slot`, which bears that several threads write different parts of
// it and is as large. Errors: base_mismatch, digest_mismatch (the file is damaged, for nothing in
// it is signed), those of core/delta and of the slot.
struct Applying {
  std::size_t workers = 1;
  Progress progress;
};
Status apply_delta(const DeltaFile& file, Bytes base, Area& slot, const Applying& applying);
// apply_delta makes it in memory. Errors: no_room, too.
Result<MemoryArea> apply_delta(const DeltaFile& file, Bytes base, std::size_t workers);

// Where the bytes of a payload are, in bytes but for fractions that were rounded.
enum class Part : std::uint8_t {
  matches = 0,  // what gaps repeat
  literals,     // what gaps have anew
  runs,         // that all of a stretch is as predicted
  plain,        // units, by their kind
  pointers,
  branches,
  locals,
  data,
  whole,  // raw blocks
};
inline constexpr std::size_t kParts = 9;
std::string_view name_of(Part part);

struct BlockParts {
  std::size_t size = 0;    // of the image
  std::size_t stored = 0;  // without hashes
  delta::Coding coding = delta::Coding::raw;
  bool is_clean = false;
  delta::Isa isa = delta::Isa::none;
  std::array<double, kParts> bytes{};
};
struct PayloadParts {
  std::size_t index = 0;   // of the head, without digests
  std::size_t facts = 0;   // without hashes
  std::size_t proofs = 0;  // digests and hashes, of all
  std::uint32_t segments = 0;
  std::uint32_t chain = 0;
  std::uint32_t memory = 0;
  std::vector<delta::Region> regions;
  std::vector<BlockParts> blocks;

  // What a device keeps of the facts: bytes of its scratch area.
  std::size_t scratch() const { return delta::scratch_size(segments, chain); }
};
// look_at tells what needs no base: of blocks that are coded, where their bytes are is left out.
// Errors: as apply_delta.
Result<PayloadParts> look_at(const DeltaFile& file);
// look_into decodes a payload once more and tells where its bytes are. Errors: as apply_delta.
Result<PayloadParts> look_into(const DeltaFile& file, Bytes base);

}  // namespace airlock::diff
