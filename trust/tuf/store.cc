#include <algorithm>
#include <charconv>

#include "host/text/text.h"
#include "trust/tuf/internal/names.h"
#include "trust/tuf/tuf.h"

namespace airlock::tuf {
namespace internal {

namespace {

constexpr std::string_view kPlain =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~-";

}  // namespace

std::string encoded(std::string_view role) { return text::percent_encoded(role, kPlain); }

bool is_encoded(std::string_view segment) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  if (segment.empty() || segment.size() > kEncodedNameMax) return false;
  for (std::size_t at = 0; at < segment.size(); ++at) {
    if (kPlain.find(segment[at]) != std::string_view::npos) continue;
    if (segment[at] != '%' || segment.size() - at < 3) return false;
    const std::size_t high = kDigits.find(segment[at + 1]), low = kDigits.find(segment[at + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    if (kPlain.find(static_cast<char>(high << 4U | low)) != std::string_view::npos) return false;
    at += 2;
  }
  return true;
}

}  // namespace internal

namespace {

file::Path path_of(const file::Path& folder, std::string_view role) {
  return folder / file_of_role(role);
}

}  // namespace

std::string file_of_role(std::string_view role) { return internal::encoded(role) + ".json"; }

bool is_file_of_metadata(std::string_view name) {
  constexpr std::string_view kEnding = ".json";
  constexpr std::size_t kDigitsMax = 16;  // of the largest version
  if (name == "timestamp.json") return true;
  const std::size_t dot = std::min(name.find_first_not_of("0123456789"), name.size());
  if (dot == 0 || dot > kDigitsMax || !name.ends_with(kEnding)) return false;
  if (name.size() <= dot + 1 + kEnding.size() || name[dot] != '.') return false;
  return internal::is_encoded(name.substr(dot + 1, name.size() - dot - 1 - kEnding.size()));
}

std::uint64_t version_in(std::string_view file_name, std::string_view role) {
  const std::string ending = "." + file_of_role(role);
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
