// A slot in memory, and decoding into it what was made, as a device would.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/base.h"
#include "core/delta/facts.h"
#include "core/package/manifest.h"

namespace airlock::diff {

// Different parts may be read and written by several threads at once.
class MemoryArea final : public Area {
 public:
  explicit MemoryArea(std::uint64_t size) : bytes_(static_cast<std::size_t>(size)) {}

  Bytes bytes() const { return bytes_; }
  std::uint64_t size() const override { return bytes_.size(); }
  Status erase(std::uint64_t, std::uint64_t) override { return {}; }
  Status sync() override { return {}; }
  Status read(std::uint64_t offset, MutableBytes to) override {
    if (!holds(offset, to.size())) return fail(Code::storage_failed, offset);
    copy_into(to, Bytes(bytes_).subspan(static_cast<std::size_t>(offset), to.size()));
    return {};
  }
  Status write(std::uint64_t offset, Bytes bytes) override {
    if (!holds(offset, bytes.size())) return fail(Code::storage_failed, offset);
    copy_into(MutableBytes(bytes_).subspan(static_cast<std::size_t>(offset)), bytes);
    return {};
  }

 private:
  bool holds(std::uint64_t offset, std::size_t size) const {
    return offset <= bytes_.size() && size <= bytes_.size() - offset;
  }

  std::vector<std::uint8_t> bytes_;
};

// A scratch area of memory takes any facts.
inline constexpr std::uint32_t kScratchSize =
    delta::scratch_size(delta::kSegmentsMax, delta::kSegmentsMax);

// What one payload is decoded from. `source` and `base` bear that several threads read them; base
// is nullptr for a full payload.
struct Decoding {
  const package::Image& image;
  const package::Payload& payload;
  Source& source;
  Source* base;
  MemoryArea& slot;
};

// decode_blocks makes every block of the image with core/delta, by the smallest decoder that the
// payload is for. Errors: those of its facts, or of the first block that cannot be made.
Status decode_blocks(const Decoding& decoding, std::size_t workers);

}  // namespace airlock::diff
