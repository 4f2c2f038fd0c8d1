// How a slot comes to hold an image: block by block, whatever it holds already.
#pragma once

#include <functional>

#include "core/package/package.h"
#include "device/apply/apply.h"

namespace airlock::apply::internal {

// One image on its way into its slot.
struct ImageWork {
  const package::Image& image;
  const package::Payload& payload;
  Source& base;  // what runs; read only where the payload is a patch
  Area& slot;
  Area& scratch;  // where what all blocks share is kept
};

// Told after each block: bytes of the image that the slot holds, of all.
using OnBlock = std::function<void(std::size_t done, std::size_t of)>;

// write_missing writes each block that the slot does not hold, and syncs after each
// platform::kEraseUnit of the image. So a power cut takes back what was written in one unit, and
// the next call fetches no more than that and the block that was cut. Within a unit blocks are made
// by several threads, unless the artifacts come as a stream; on_block is called by one at a time.
// Errors: those of the artifacts, of delta and of the areas.
Status write_missing(const ImageWork& work, Artifacts& artifacts, const OnBlock& on_block);

// open_scratch opens the device's scratch area, which it makes where there is none.
Result<platform::FileArea> open_scratch(const platform::Device& device);

// scratch_room returns the bytes that keeping so many in the scratch area takes from the file
// system.
Result<std::uint64_t> scratch_room(const platform::Device& device, std::uint64_t wanted);

// check_blocks reads the whole image back: image_rejected (at = the first block that is wrong)
// unless every block has its signed digest. The image's own digest cannot be computed by several
// threads; publishing checked it against the blocks, and the bootloader checks it before each boot.
Status check_blocks(const package::Image& image, Area& slot);

}  // namespace airlock::apply::internal
