#include "publish/diff/memory_area.h"

#include <cstdlib>
#include <mutex>
#include <vector>

#include "core/delta/delta.h"
#include "host/parallel/parallel.h"

namespace airlock::diff {
namespace {

template <class Decoder>
Status decode_with(const Decoding& decoding, std::size_t workers, const Progress& progress) {
  std::vector<std::unique_ptr<Decoder>> decoders(workers);
  for (auto& decoder : decoders) decoder = std::make_unique<Decoder>();
  MemoryArea scratch(kScratchSize);
  AIRLOCK_TRY(decoders[0]->prepare(decoding.image, decoding.payload, decoding.source, scratch));
  const delta::Places places = {decoding.base, scratch};
  const std::size_t count = decoding.image.block_count();
  std::mutex telling;
  std::size_t done = 0;
  const auto decode = [&](std::size_t worker, std::size_t block) -> Status {
    AIRLOCK_TRY(decoders[worker]->decode(decoding.image, decoding.payload, block, decoding.source,
                                         places, decoding.slot));
    const std::scoped_lock lock(telling);
    ++done;
    if (progress) progress(done, count);
    return {};
  };
  return parallel::for_each({0, count}, workers, decode);
}

}  // namespace

void MemoryArea::Free::operator()(std::uint8_t* bytes) const { std::free(bytes); }

MemoryArea::Held MemoryArea::zeros(std::size_t size) {
  return Held(static_cast<std::uint8_t*>(std::calloc(std::max<std::size_t>(size, 1), 1)));
}

MemoryArea::MemoryArea(std::uint64_t size)
    : bytes_(zeros(static_cast<std::size_t>(size))), size_(static_cast<std::size_t>(size)) {
  AIRLOCK_CHECK(bytes_ != nullptr);
}

Result<MemoryArea> MemoryArea::make(std::uint64_t size) {
  Held bytes = zeros(static_cast<std::size_t>(size));
  if (bytes == nullptr) return fail(Code::no_room, size);
  return MemoryArea(std::move(bytes), static_cast<std::size_t>(size));
}

Status decode_blocks(const Decoding& decoding, std::size_t workers, const Progress& progress) {
  if (decoding.payload.decoder_memory <= delta::kSmall.memory) {
    return decode_with<delta::SmallBlockDecoder>(decoding, workers, progress);
  }
  return decode_with<delta::BlockDecoder>(decoding, workers, progress);
}

}  // namespace airlock::diff
