// Files as they are served: ranges, tags, and how long a cache may keep them.
#pragma once

#include <sys/stat.h>

#include <string>

#include "server/http/http.h"

namespace airlock::http {

constexpr std::string_view kImmutable = "cache-control: public, max-age=31536000, immutable\r\n";
constexpr std::string_view kNoCache = "cache-control: no-cache\r\n";

// stamp_of changes when a file is replaced; 0 where there is none. Files are replaced, never
// changed.
inline std::int64_t stamp_of(const struct stat& found) {
  return found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec +
         static_cast<std::int64_t>(found.st_ino);
}
inline std::int64_t stamp_of(const file::Path& path) {
  struct stat found{};
  return stat(path.c_str(), &found) == 0 ? stamp_of(found) : 0;
}

struct Served {
  std::string_view content_type;
  std::string_view cache;
  std::string etag{};  // of a file that its digest names; for others one is made
};
// serve_file answers GET and HEAD with a file or one range of it.
Response serve_file(const file::Path& path, const Request& request, const Served& served);

// serve_log answers a target below kLogPrefix with a file of a public log; nothing else in its
// folder is served.
inline constexpr std::string_view kLogPrefix = "/log/";
Response serve_log(const file::Path& folder, const Request& request);

}  // namespace airlock::http
