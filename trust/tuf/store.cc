#include <algorithm>

#include "trust/tuf/internal/names.h"
#include "trust/tuf/tuf.h"

namespace airlock::tuf {
namespace internal {

std::string encoded(std::string_view role) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~-";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string name;
  for (const char c : role) {
    if (kPlain.find(c) != std::string_view::npos) {
      name.push_back(c);
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    name.push_back('%');
    name.push_back(kDigits[byte >> 4]);
    name.push_back(kDigits[byte & 15]);
  }
  return name;
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
