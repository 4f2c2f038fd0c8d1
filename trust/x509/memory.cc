#include <algorithm>
#include <array>

#include "host/file/file.h"
#include "trust/x509/revocation.h"

namespace airlock::x509 {
namespace {

constexpr std::string_view kMagic = "airlock-revoked-1\n";
constexpr std::size_t kIdSize = crypto::Digest::kSize;
constexpr std::size_t kSizeMax = kMagic.size() + (FolderMemory::kEntriesMax + 1) * kIdSize;

// Everything but the last 32 bytes, which are its digest.
Result<Bytes> checked(Bytes file) {
  if (file.size() < kMagic.size() + kIdSize) return fail(Code::truncated, file.size());
  const Bytes body = file.first(file.size() - kIdSize);
  if (!equal(file.last(kIdSize), crypto::sha256(body).bytes)) return fail(Code::bad_checksum);
  if (!text_of(body).starts_with(kMagic)) return fail(Code::wrong_magic);
  const Bytes ids = body.subspan(kMagic.size());
  if (ids.size() % kIdSize != 0) return fail(Code::truncated, file.size());
  return ids;
}

}  // namespace

Result<std::vector<crypto::Digest>> FolderMemory::load() const {
  std::vector<crypto::Digest> ids;
  const auto file = file::read(folder_ / kFileName, kSizeMax);
  if (!file && file.error().code == Code::not_found) return ids;
  if (!file) return std::unexpected(file.error());
  AIRLOCK_ASSIGN(Bytes rest, checked(*file));
  while (!rest.empty()) {
    AIRLOCK_ASSIGN(const crypto::Digest id, crypto::Digest::from(rest.first(kIdSize)));
    ids.push_back(id);
    rest = rest.subspan(kIdSize);
  }
  return ids;
}

Result<bool> FolderMemory::holds(const crypto::Digest& id) {
  AIRLOCK_ASSIGN(const auto ids, load());
  if (std::ranges::find(ids, id) != ids.end()) return true;
  // Who fills it would have the next revocation forgotten.
  if (ids.size() == kEntriesMax) return fail(Code::too_many, kEntriesMax);
  return false;
}

Status FolderMemory::add(const crypto::Digest& id) {
  AIRLOCK_ASSIGN(auto ids, load());
  if (std::ranges::find(ids, id) != ids.end()) return {};
  if (ids.size() == kEntriesMax) return fail(Code::too_many, kEntriesMax);
  ids.push_back(id);
  Buffer body(kMagic.begin(), kMagic.end());
  for (const crypto::Digest& one : ids) {
    body.insert(body.end(), one.bytes.begin(), one.bytes.end());
  }
  const crypto::Digest digest = crypto::sha256(body);
  return file::replace_by_parts(folder_ / kFileName, std::array{Bytes(body), Bytes(digest.bytes)});
}

}  // namespace airlock::x509
