// Bytes that are in memory already: a mapped file, a slot in flash, a package that is a part of the
// program.
#pragma once

#include "core/base/area.h"

namespace airlock {

// Several threads may read one. The bytes must outlive it.
class BytesSource final : public Source {
 public:
  explicit BytesSource(Bytes bytes) : bytes_(bytes) {}

  // read answers storage_failed beyond the end.
  Status read(std::uint64_t offset, MutableBytes to) override {
    if (offset > bytes_.size() || to.size() > bytes_.size() - offset) {
      return fail(Code::storage_failed, offset);
    }
    copy_into(to, bytes_.subspan(static_cast<std::size_t>(offset), to.size()));
    return {};
  }

 private:
  Bytes bytes_;
};

}  // namespace airlock
