// A whole file in memory, read as it is asked for.
//
// For large files that nobody changes in place: one that is cut short under a mapping ends the
// reader (SIGBUS). A file that is removed or replaced by a rename stays as it was for whoever has
// mapped it.
#pragma once

#include "host/file/file.h"

namespace airlock::file {

class Mapping {
 public:
  // open maps a regular file of at most `size_max` bytes. An empty one is no bytes. Errors:
  // oversized, not_a_file, not_found, io_failed, ..
  static Result<Mapping> open(const Path& path, std::uint64_t size_max);
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping();

  // bytes begin at a page.
  Bytes bytes() const { return bytes_; }

 private:
  explicit Mapping(Bytes bytes) : bytes_(bytes) {}
  Bytes bytes_;
};

}  // namespace airlock::file
