// A repository's folder, read with the device's own code.
#include <algorithm>

#include "publish/release/internal.h"

namespace airlock::release {
namespace {

constexpr std::string_view kLockFile = "publish.lock";
constexpr std::string_view kRootEnd = ".root.json";

// Keeps every root that was ever taken, and none of the notes that a client stores beside them.
struct RootStore final : tuf::Store {
  Result<Buffer> load(std::string_view role) override {
    if (role != "root" || roots.empty()) return fail(Code::not_found);
    return roots.back();
  }
  Status save(std::string_view role, Bytes file) override {
    if (role == "root") roots.emplace_back(file.begin(), file.end());
    return {};
  }
  Status remove(std::string_view) override { return {}; }
  Roots roots;
};

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

Answer<Roots> read_roots(const Path& repository, const Drafts& drafts) {
  const Path folder = repository / kMetadataFolder;
  const Path first = folder / kFirstRoot;
  AIRLOCK_ASSIGN(const Buffer root, naming(first, file::read(first, tuf::kRootSizeMax)));
  RootStore store;
  AIRLOCK_TRY(store.save("root", root));
  FolderFetcher fetcher(folder, drafts);
  const Status followed = tuf::follow_roots(store, fetcher);
  if (!followed) return Refusal::of(followed.error(), fetcher.judged().string());
  return std::move(store.roots);
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

Answer<Newest> read_newest(const Path& repository, const Drafts& drafts, std::int64_t now) {
  const Path folder = repository / kMetadataFolder;
  const Path first = folder / kFirstRoot;
  AIRLOCK_ASSIGN(const Buffer root, naming(first, file::read(first, tuf::kRootSizeMax)));
  AIRLOCK_ASSIGN(const tuf::MetaFile snapshot, newest_snapshot(repository, drafts));
  MemoryStore store;
  AIRLOCK_TRY(store.save("root", root));
  FolderFetcher fetcher(folder, drafts);
  Result<tuf::Repository> read = tuf::rehearse(store, fetcher, snapshot, now);
  if (!read) return Refusal::of(read.error(), fetcher.judged().string());
  Buffer newest_root = *store.load("root"), listed = *store.load("targets");
  return Newest{
      std::move(*read), std::move(newest_root), *store.load("snapshot"), std::move(listed), folder,
      drafts,           std::move(store)};
}

Answer<tuf::Target> Newest::find(const std::string& path) {
  FolderFetcher fetcher(folder, drafts);
  Result<tuf::Target> found = repository.find(path, store, fetcher);
  if (found) return std::move(*found);
  const bool is_absent = found.error().code == Code::target_missing;
  return Refusal::of(found.error(), is_absent ? path : fetcher.judged().string());
}

tuf::Repository::Listing Newest::list() {
  FolderFetcher fetcher(folder, drafts);
  return repository.list(store, fetcher);
}

std::vector<tuf::Repository::Surveyed> Newest::survey() {
  FolderFetcher fetcher(folder, drafts);
  return repository.survey(store, fetcher);
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
  return std::to_string(version) + "." + tuf::file_of_role(role);
}

std::optional<NamedFile> read_metadata_name(const std::string& name) {
  constexpr std::string_view kEnding = ".json";
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos || name.size() <= dot + 1 + kEnding.size()) return std::nullopt;
  // No role that is written here is spelled in any other way than it is called.
  std::string role = name.substr(dot + 1, name.size() - dot - 1 - kEnding.size());
  const std::uint64_t version = tuf::version_in(name, role);
  if (version == 0 || role == "timestamp") return std::nullopt;
  return NamedFile{version, std::move(role)};
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
                               std::span<const tuf::PublicKey> others) {
  AIRLOCK_ASSIGN(const Newest current, read_newest(repository, {}, 0));
  std::vector<Buffer> materials = current.repository.key_materials();
  for (const tuf::PublicKey& key : others) materials.push_back(key.material);
  const auto check = [&](const crypto::PublicKey& key, std::string_view name) -> Answer<void> {
    for (const Buffer& material : materials) {
      if (equal(key.view(), material)) {
        return Refusal::of(Code::key_in_both_doors, std::string(name));
      }
    }
    return {};
  };
  for (const package::Key& key : keyring.keys) AIRLOCK_TRY(check(key.key, key.name));
  const std::optional<package::LogPolicy> log = keyring.log();
  if (!log) return {};
  AIRLOCK_TRY(check(log->key, log->origin));
  for (const package::Witness& one : log->witnesses) AIRLOCK_TRY(check(one.key, one.name));
  return {};
}

}  // namespace airlock::release
