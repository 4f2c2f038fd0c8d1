#include "publish/diff/memory_area.h"

#include <memory>

#include "core/delta/delta.h"
#include "host/parallel/parallel.h"

namespace airlock::diff {
namespace {

template <class Decoder>
Status decode_with(const Decoding& decoding, std::size_t workers) {
  std::vector<std::unique_ptr<Decoder>> decoders(workers);
  for (auto& decoder : decoders) decoder = std::make_unique<Decoder>();
  MemoryArea scratch(kScratchSize);
  AIRLOCK_TRY(decoders[0]->prepare(decoding.image, decoding.payload, decoding.source, scratch));
  const delta::Places places = {decoding.base, scratch};
  const auto decode = [&](std::size_t worker, std::size_t block) {
    return decoders[worker]->decode(decoding.image, decoding.payload, block, decoding.source,
                                    places, decoding.slot);
  };
  return parallel::for_each({0, decoding.image.block_count()}, workers, decode);
}

}  // namespace

Status decode_blocks(const Decoding& decoding, std::size_t workers) {
  if (decoding.payload.decoder_memory <= delta::kSmall.memory) {
    return decode_with<delta::SmallBlockDecoder>(decoding, workers);
  }
  return decode_with<delta::BlockDecoder>(decoding, workers);
}

}  // namespace airlock::diff
