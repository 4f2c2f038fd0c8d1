// Bytes that nobody can change any more: what was judged is what is loaded.
#pragma once

#include <string>
#include <utility>

#include "core/base/base.h"

namespace airlock::fee::plugin {

// A file in memory, sealed against writing, shrinking, growing and further seals. The process that
// made it has no way to change it either.
class Sealed {
 public:
  // of copies bytes into a file that shows under that name among a process's mappings. Errors:
  // no_room.
  static Result<Sealed> of(Bytes bytes, const std::string& name);
  Sealed(Sealed&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        bytes_(std::exchange(other.bytes_, {})) {}
  Sealed& operator=(Sealed&&) = delete;
  ~Sealed();

  int descriptor() const { return descriptor_; }
  // bytes view the file itself.
  Bytes bytes() const { return bytes_; }

 private:
  explicit Sealed(int descriptor) : descriptor_(descriptor) {}
  Status fill(Bytes bytes);
  int descriptor_;
  Bytes bytes_{};
};

}  // namespace airlock::fee::plugin
