// Bytes in memory as a source; several threads may read it.
#pragma once

#include "core/base/base.h"

namespace airlock::diff {

class BytesSource final : public Source {
 public:
  explicit BytesSource(Bytes bytes) : bytes_(bytes) {}

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

}  // namespace airlock::diff
