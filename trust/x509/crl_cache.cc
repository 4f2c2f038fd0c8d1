#include <algorithm>
#include <vector>

#include "host/file/file.h"
#include "host/text/text.h"
#include "trust/x509/revocation.h"

namespace airlock::x509 {
namespace {

constexpr std::string_view kEnding = ".crl";

// By issuer and scope, so that a newer CRL takes the place of the older one.
std::string name_for(const Crl& crl) {
  crypto::Sha256 hash;
  hash.update(crl.issuer);
  if (crl.scope_value) hash.update(*crl.scope_value);
  return text::to_hex(hash.finish().bytes) + std::string(kEnding);
}

std::vector<file::Path> files_in(const file::Path& folder) {
  std::vector<file::Path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (files.size() == FolderCrls::kFilesMax) break;
    if (entry.path().extension() == kEnding) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

// Another file is damaged, and gives way to whatever is whole.
bool is_newer(const Crl& crl, const file::Path& path) {
  const auto stored = file::read(path, FolderCrls::kFileSizeMax);
  if (!stored) return true;
  const auto read = Crl::from_der(*stored);
  return !read || read->this_update < crl.this_update;
}

}  // namespace

std::vector<Buffer> FolderCrls::load() {
  std::vector<Buffer> crls;
  for (const file::Path& path : files_in(folder_)) {
    if (auto stored = file::read(path, kFileSizeMax)) crls.push_back(std::move(*stored));
  }
  return crls;
}

// That it could not be kept costs a question later, and no more.
void FolderCrls::keep(const Crl& crl) {
  if (crl.der().size() > kFileSizeMax || !file::make_folders(folder_)) return;
  const file::Path path = folder_ / name_for(crl);
  const std::vector<file::Path> files = files_in(folder_);
  const bool is_there = std::ranges::find(files, path) != files.end();
  if (is_there ? !is_newer(crl, path) : files.size() == kFilesMax) return;
  (void)file::replace(path, crl.der());
}

}  // namespace airlock::x509
