// Whether a file is still the one that was read, without reading it.
#pragma once

#include <sys/stat.h>

#include <cstdint>

#include "host/file/file.h"

namespace airlock::http {

// stamp_of changes when a file is replaced; 0 where there is none. Files are replaced, never
// changed.
inline std::int64_t stamp_of(const file::Path& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return 0;
  return found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec +
         static_cast<std::int64_t>(found.st_ino);
}

}  // namespace airlock::http
