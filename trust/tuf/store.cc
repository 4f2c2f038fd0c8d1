#include <algorithm>
#include <charconv>

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

file::Path path_of(const file::Path& folder, std::string_view role) {
  return folder / file_of_role(role);
}

}  // namespace

std::string file_of_role(std::string_view role) { return internal::encoded(role) + ".json"; }

std::uint64_t version_in(std::string_view file_name, std::string_view role) {
  const std::string ending = "." + std::string(role) + ".json";
  if (!file_name.ends_with(ending)) return 0;
  const std::string_view digits = file_name.substr(0, file_name.size() - ending.size());
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), version);
  return error == std::errc() && end == digits.end() ? version : 0;
}

std::uint64_t newest_version(const file::Path& metadata, std::string_view role) {
  std::error_code ignored;
  std::uint64_t newest = 0;
  for (const auto& entry : std::filesystem::directory_iterator(metadata, ignored)) {
    newest = std::max(newest, version_in(entry.path().filename().string(), role));
  }
  return newest;
}

Result<Buffer> FolderStore::load(std::string_view role) {
  const std::size_t size_max = std::max(
      {limits_.root_size, limits_.timestamp_size, limits_.snapshot_size, limits_.targets_size});
  return file::read(path_of(folder_, role), size_max);
}

Status FolderStore::save(std::string_view role, Bytes metadata) {
  return file::replace(path_of(folder_, role), metadata);
}

Status FolderStore::remove(std::string_view role) {
  return file::remove_file(path_of(folder_, role));
}

}  // namespace airlock::tuf
