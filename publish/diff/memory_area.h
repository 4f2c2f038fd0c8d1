// A slot in memory, and decoding into it what was made, as a device would.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "core/base/base.h"
#include "core/delta/facts.h"
#include "core/package/manifest.h"
#include "publish/diff/diff.h"

namespace airlock::diff {

// Different parts may be read and written by several threads at once. Of what was never written the
// system keeps no memory, so that an image which is only stated costs none.
class MemoryArea final : public Area {
 public:
  // make answers no_room where so much memory cannot be had; the constructor ends the process.
  static Result<MemoryArea> make(std::uint64_t size);
  explicit MemoryArea(std::uint64_t size);

  Bytes bytes() const { return {bytes_.get(), size_}; }
  std::uint64_t size() const override { return size_; }
  Status erase(std::uint64_t, std::uint64_t) override { return {}; }
  Status sync() override { return {}; }
  Status read(std::uint64_t offset, MutableBytes to) override {
    if (!holds(offset, to.size())) return fail(Code::storage_failed, offset);
    copy_into(to, bytes().subspan(static_cast<std::size_t>(offset), to.size()));
    return {};
  }
  Status write(std::uint64_t offset, Bytes bytes) override {
    if (!holds(offset, bytes.size())) return fail(Code::storage_failed, offset);
    copy_into(MutableBytes(bytes_.get(), size_).subspan(static_cast<std::size_t>(offset)), bytes);
    return {};
  }

 private:
  struct Free {
    void operator()(std::uint8_t* bytes) const;
  };
  using Held = std::unique_ptr<std::uint8_t[], Free>;

  MemoryArea(Held bytes, std::size_t size) : bytes_(std::move(bytes)), size_(size) {}
  static Held zeros(std::size_t size);
  bool holds(std::uint64_t offset, std::size_t size) const {
    return offset <= size_ && size <= size_ - offset;
  }

  Held bytes_;
  std::size_t size_ = 0;
};

// A scratch area of memory takes any facts.
inline constexpr std::uint32_t kScratchSize =
    delta::scratch_size(delta::kSegmentsMax, delta::kSegmentsMax);

// What one payload is decoded from. `source` and `base` bear that several threads read them, `slot`
// that they write different parts; base is nullptr for a full payload.
struct Decoding {
  const package::Image& image;
  const package::Payload& payload;
  Source& source;
  Source* base;
  Area& slot;
};

// decode_blocks makes every block of the image with core/delta, by the smallest decoder that the
// payload is for. Errors: those of its facts, or of the first block that cannot be made.
Status decode_blocks(const Decoding& decoding, std::size_t workers, const Progress& progress = {});

}  // namespace airlock::diff
