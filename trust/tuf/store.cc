#include <algorithm>

#include "host/text/text.h"
#include "trust/tuf/internal/names.h"
#include "trust/tuf/tuf.h"

namespace airlock::tuf {
namespace internal {

std::string encoded(std::string_view role) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~-";
  return text::percent_encoded(role, kPlain);
}

}  // namespace internal

namespace {

constexpr std::size_t kStoredSizeMax =
    std::max({kRootSizeMax, kTimestampSizeMax, kSnapshotSizeMax, kTargetsSizeMax});

file::Path path_of(const file::Path& folder, std::string_view role) {
  return folder / (internal::encoded(role) + ".json");
}

}  // namespace

Result<Buffer> FolderStore::load(std::string_view role) {
  return file::read(path_of(folder_, role), kStoredSizeMax);
}

Status FolderStore::save(std::string_view role, Bytes metadata) {
  return file::replace(path_of(folder_, role), metadata);
}

Status FolderStore::remove(std::string_view role) {
  return file::remove_file(path_of(folder_, role));
}

}  // namespace airlock::tuf
