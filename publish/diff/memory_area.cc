#include "publish/diff/memory_area.h"

#include <memory>

#include "core/delta/delta.h"
#include "host/parallel/parallel.h"

namespace airlock::diff {

Status decode_blocks(const Decoding& decoding, std::size_t workers) {
  std::vector<std::unique_ptr<delta::BlockDecoder>> decoders(workers);
  for (auto& decoder : decoders) decoder = std::make_unique<delta::BlockDecoder>();
  const auto decode = [&](std::size_t worker, std::size_t block) {
    return decoders[worker]->decode(decoding.image, decoding.payload, block, decoding.source,
                                    decoding.base, decoding.slot);
  };
  return parallel::for_each({0, decoding.image.block_count()}, workers, decode);
}

}  // namespace airlock::diff
