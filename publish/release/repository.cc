// A repository's folder, read with the device's own code.
#include <algorithm>

#include "publish/release/internal.h"

namespace airlock::release {
namespace {

constexpr std::string_view kLockFile = "publish.lock";
constexpr std::string_view kRootEnd = ".root.json";

// Everybody's: of those who sign, of the log and of its witnesses.
std::vector<NamedKey> keys_of(const package::Keyring& keyring) {
  std::vector<NamedKey> all;
  for (const package::Key& key : keyring.keys) all.push_back({std::string(key.name), key.key});
  if (!keyring.log) return all;
  all.push_back({std::string(keyring.log->origin), keyring.log->key});
  for (const package::Witness& witness : keyring.log->witnesses) {
    all.push_back({std::string(witness.name), witness.key});
  }
  return all;
}

}  // namespace

Result<Buffer> FolderFetcher::fetch(std::string_view name, std::size_t size_max) {
  Result<Buffer> bytes = read(name, size_max);
  const bool ends_the_roots =
      !bytes && bytes.error().code == Code::not_found && name.ends_with(kRootEnd);
  if (!ends_the_roots) judged_ = folder_ / name;
  return bytes;
}

Result<Buffer> FolderFetcher::read(std::string_view name, std::size_t size_max) const {
  const auto draft = std::ranges::find(drafts_, name, &Draft::name);
  if (draft == drafts_.end()) return file::read(folder_ / name, size_max);
  const Bytes bytes = bytes_of(draft->text);
  if (bytes.size() > size_max) return fail(Code::oversized, bytes.size());
  return Buffer(bytes.begin(), bytes.end());
}

Result<Buffer> MemoryStore::load(std::string_view role) {
  const auto found = files_.find(role);
  if (found == files_.end()) return fail(Code::not_found);
  return found->second;
}

Status MemoryStore::save(std::string_view role, Bytes metadata) {
  files_.insert_or_assign(std::string(role), Buffer(metadata.begin(), metadata.end()));
  return {};
}

Status MemoryStore::remove(std::string_view role) {
  if (const auto found = files_.find(role); found != files_.end()) files_.erase(found);
  return {};
}

Answer<tuf::MetaFile> newest_snapshot(const Path& repository, const Drafts& drafts) {
  const Path folder = repository / kMetadataFolder;
  std::uint64_t version = tuf::newest_version(folder, "snapshot");
  for (const Draft& draft : drafts) {
    version = std::max(version, tuf::version_in(draft.name, "snapshot"));
  }
  if (version == 0) return Refusal::of(Code::not_found, (folder / "*.snapshot.json").string());
  FolderFetcher fetcher(folder, drafts);
  const std::string name = metadata_name(version, "snapshot");
  AIRLOCK_ASSIGN(const Buffer bytes,
                 naming(folder / name, fetcher.fetch(name, tuf::kSnapshotSizeMax)));
  return meta_of(version, text_of(bytes));
}

Answer<tuf::Repository> read_newest(const Path& repository, const Drafts& drafts,
                                    std::int64_t now) {
  const Path folder = repository / kMetadataFolder;
  const Path first = folder / kFirstRoot;
  AIRLOCK_ASSIGN(const Buffer root, naming(first, file::read(first, tuf::kRootSizeMax)));
  AIRLOCK_ASSIGN(const tuf::MetaFile snapshot, newest_snapshot(repository, drafts));
  MemoryStore store;
  AIRLOCK_TRY(store.save("root", root));
  FolderFetcher fetcher(folder, drafts);
  Result<tuf::Repository> read = tuf::rehearse(store, fetcher, snapshot, now);
  return naming(fetcher.judged(), std::move(read));
}

Answer<file::File> lock_repository(const Path& repository) {
  const Path path = repository / kLockFile;
  Result<file::File> opened = file::File::open(path, file::Access::create);
  const bool is_absent = !opened && opened.error().code == Code::not_found;
  AIRLOCK_ASSIGN(file::File lock, naming(is_absent ? repository : path, std::move(opened)));
  AIRLOCK_TRY(naming(path, lock.lock()));
  return lock;
}

std::string metadata_name(std::uint64_t version, std::string_view role) {
  return std::to_string(version) + "." + std::string(role) + ".json";
}

Path metadata_path(const Path& repository, std::uint64_t version, std::string_view role) {
  return repository / kMetadataFolder / metadata_name(version, role);
}

Answer<void> write_draft(const Path& repository, const Draft& draft) {
  const Path path = repository / kMetadataFolder / draft.name;
  return naming(path, file::replace(path, bytes_of(draft.text)));
}

tuf::MetaFile meta_of(std::uint64_t version, std::string_view file) {
  return {version, file.size(), crypto::sha256(bytes_of(file))};
}

Answer<void> check_doors_apart(const package::Keyring& keyring, const Path& repository,
                               std::span<const crypto::PublicKey> others) {
  AIRLOCK_ASSIGN(const tuf::Repository current, read_newest(repository, {}, 0));
  std::vector<Buffer> materials = current.key_materials();
  for (const crypto::PublicKey& key : others) {
    materials.emplace_back(key.view().begin(), key.view().end());
  }
  for (const NamedKey& one : keys_of(keyring)) {
    for (const Buffer& material : materials) {
      if (!equal(one.key.view(), material)) continue;
      return Refusal::of(Code::key_in_both_doors, one.name);
    }
  }
  return {};
}

}  // namespace airlock::release
