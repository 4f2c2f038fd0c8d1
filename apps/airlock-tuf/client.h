// The three commands: trust/tuf between two folders and two URLs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/airlock-tuf/http.h"
#include "host/file/file.h"
#include "trust/tuf/tuf.h"

namespace airlock::app {

inline constexpr std::size_t kDownloadSizeMax = 1U << 30;

struct Options {
  file::Path metadata;          // M: what is trusted, and the lock
  std::string metadata_url;     // U
  file::Path root;              // of init
  file::Path targets;           // D
  std::string target_base_url;  // B
  std::vector<std::string> target_names;
  std::size_t metadata_size_max = tuf::kTargetsSizeMax;
  std::size_t download_size_max = kDownloadSizeMax;
  Http::Options http;
};

// What did not work, and with what: a file, a role's URL or a target.
struct NamedError {
  Error error;
  std::string about;
};
template <class T>
using Answer = std::expected<T, NamedError>;

struct Refreshed {
  std::uint64_t root = 0, timestamp = 0, snapshot = 0, targets = 0;  // versions
};
struct Downloaded {
  std::string target;
  file::Path file;
  bool was_there = false;  // and was not fetched again
};

// init makes a file the trust anchor. exists_already where another one is trusted already.
Answer<void> init(const Options& options);
// refresh runs the whole workflow at this moment (Unix seconds).
Answer<Refreshed> refresh(const Options& options, std::int64_t now);
// download refreshes, then brings each target in order; it stops at the first that fails.
Answer<std::vector<Downloaded>> download(const Options& options, std::int64_t now);

// file_of is where a target lies below D: one file for each path, directly in D, whatever the path
// is called.
file::Path file_of(const file::Path& folder, std::string_view target);

}  // namespace airlock::app
