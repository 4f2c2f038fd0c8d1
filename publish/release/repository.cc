#include <map>

#include "host/text/text.h"
#include "publish/release/internal.h"

namespace airlock::release {
namespace {

constexpr std::string_view kLockFile = "publish.lock";
constexpr std::string_view kTimestampFile = "timestamp.json";

// A folder of metadata as a device would fetch it, one file replaced by what is about to be.
class FolderFetcher final : public tuf::Fetcher {
 public:
  FolderFetcher(Path folder, const Overlay& overlay)
      : folder_(std::move(folder)), overlay_(overlay) {}
  Result<Buffer> fetch(std::string_view name, std::size_t size_max) override {
    if (overlay_.name != name) return file::read(folder_ / name, size_max);
    if (overlay_.bytes.size() > size_max) return fail(Code::oversized, overlay_.bytes.size());
    return Buffer(overlay_.bytes.begin(), overlay_.bytes.end());
  }

 private:
  Path folder_;
  Overlay overlay_;
};

class MemoryStore final : public tuf::Store {
 public:
  Result<Buffer> load(std::string_view role) override {
    const auto found = files_.find(role);
    if (found == files_.end()) return fail(Code::not_found);
    return found->second;
  }
  Status save(std::string_view role, Bytes metadata) override {
    files_.insert_or_assign(std::string(role), Buffer(metadata.begin(), metadata.end()));
    return {};
  }
  Status remove(std::string_view role) override {
    if (const auto found = files_.find(role); found != files_.end()) files_.erase(found);
    return {};
  }

 private:
  std::map<std::string, Buffer, std::less<>> files_;
};

tuf::RoleKeys one_key(const keys::SigningKey& key) {
  const Bytes bytes = key.public_key().view();
  return {{Buffer(bytes.begin(), bytes.end())}, 1};
}

Result<std::string> first_root(const keys::SigningKey& root, const RoleSigners& signers,
                               std::int64_t now) {
  tuf::RootDraft draft;
  draft.expires = now + kRootValid;
  draft.root = one_key(root);
  draft.targets = one_key(signers.targets);
  draft.snapshot = one_key(signers.snapshot);
  draft.timestamp = one_key(signers.timestamp);
  AIRLOCK_ASSIGN(const std::string signed_part, tuf::draft_root(draft));
  return sign_metadata(signed_part, root);
}

}  // namespace

Result<tuf::Repository> read_repository(const Path& repository, const Overlay& overlay,
                                        std::int64_t now) {
  const Path folder = repository / kMetadataFolder;
  AIRLOCK_ASSIGN(const Buffer root, file::read(folder / "1.root.json", tuf::kRootSizeMax));
  MemoryStore store;
  AIRLOCK_TRY(store.save("root", root));
  FolderFetcher fetcher(folder, overlay);
  return tuf::refresh(store, fetcher, now);
}

Result<std::string> sign_metadata(std::string_view draft, const keys::SigningKey& key) {
  const std::array message = {bytes_of(draft)};
  AIRLOCK_ASSIGN(const keys::Signature signature, key.sign(message));
  const Bytes public_key = key.public_key().view();
  return tuf::join(draft, {{Buffer(public_key.begin(), public_key.end()),
                            Buffer(signature.begin(), signature.end())}});
}

Result<file::File> lock_repository(const Path& repository) {
  AIRLOCK_ASSIGN(file::File lock, file::File::open(repository / kLockFile, file::Access::create));
  AIRLOCK_TRY(lock.lock());
  return lock;
}

Path metadata_path(const Path& repository, std::uint64_t version, std::string_view role) {
  return repository / kMetadataFolder /
         (std::to_string(version) + "." + std::string(role) + ".json");
}

tuf::MetaFile meta_of(std::uint64_t version, std::string_view file) {
  return {version, file.size(), crypto::sha256(bytes_of(file))};
}

Answer<void> init_repository(const Path& repository, const keys::SigningKey& root,
                             const RoleSigners& signers, std::int64_t now) {
  // The root is written last: until then, what a crash leaves is no repository and may be replaced.
  std::error_code ignored;
  if (std::filesystem::exists(metadata_path(repository, 1, "root"), ignored)) {
    return Refusal::of(Code::exists_already, repository.string());
  }
  for (std::string_view folder : {kMetadataFolder, kTargetsFolder, kArtifactsFolder}) {
    AIRLOCK_TRY(file::make_folders(repository / folder));
  }
  AIRLOCK_ASSIGN(const std::string first, first_root(root, signers, now));
  AIRLOCK_ASSIGN(const std::string targets_part, tuf::draft_targets(1, now + kTargetsValid, {}));
  AIRLOCK_ASSIGN(const std::string targets, sign_metadata(targets_part, signers.targets));
  AIRLOCK_ASSIGN(const std::string snapshot_part,
                 tuf::draft_snapshot(1, now + kTargetsValid, meta_of(1, targets)));
  AIRLOCK_ASSIGN(const std::string snapshot, sign_metadata(snapshot_part, signers.snapshot));
  AIRLOCK_ASSIGN(const std::string timestamp_part,
                 tuf::draft_timestamp(1, now + kTimestampValid, meta_of(1, snapshot)));
  AIRLOCK_ASSIGN(const std::string timestamp, sign_metadata(timestamp_part, signers.timestamp));
  AIRLOCK_TRY(file::replace(metadata_path(repository, 1, "targets"), bytes_of(targets)));
  AIRLOCK_TRY(file::replace(metadata_path(repository, 1, "snapshot"), bytes_of(snapshot)));
  AIRLOCK_TRY(file::replace(repository / kMetadataFolder / kTimestampFile, bytes_of(timestamp)));
  AIRLOCK_TRY(file::create(metadata_path(repository, 1, "root"), bytes_of(first)));
  const auto read = read_repository(repository, {}, now);
  if (!read) return Refusal::of(Code::self_check_failed, std::string(name(read.error().code)));
  return {};
}

Answer<void> renew_timestamp(const Path& repository, const keys::SigningKey& key,
                             std::int64_t valid_seconds, std::int64_t now) {
  AIRLOCK_ASSIGN(const file::File lock, lock_repository(repository));
  AIRLOCK_ASSIGN(const tuf::Repository current, read_repository(repository, {}, 0));
  const std::uint64_t snapshot_version = current.version_of("snapshot");
  AIRLOCK_ASSIGN(
      const Buffer snapshot,
      file::read(metadata_path(repository, snapshot_version, "snapshot"), tuf::kSnapshotSizeMax));
  AIRLOCK_ASSIGN(const std::string part,
                 tuf::draft_timestamp(current.version_of("timestamp") + 1, now + valid_seconds,
                                      meta_of(snapshot_version, text_of(snapshot))));
  AIRLOCK_ASSIGN(const std::string timestamp, sign_metadata(part, key));
  const auto read = read_repository(repository, {kTimestampFile, bytes_of(timestamp)}, now);
  if (!read) return Refusal::of(Code::self_check_failed, std::string(name(read.error().code)));
  AIRLOCK_TRY(file::replace(repository / kMetadataFolder / kTimestampFile, bytes_of(timestamp)));
  return {};
}

Answer<void> check_doors_apart(const package::Keyring& keyring, const Path& repository,
                               std::span<const crypto::PublicKey> others) {
  AIRLOCK_ASSIGN(const tuf::Repository current, read_repository(repository, {}, 0));
  std::vector<Buffer> materials = current.key_materials();
  for (const crypto::PublicKey& key : others) {
    materials.emplace_back(key.view().begin(), key.view().end());
  }
  for (const package::Key& key : keyring.keys) {
    for (const Buffer& material : materials) {
      if (!equal(key.key.view(), material)) continue;
      return Refusal::of(Code::key_in_both_doors, std::string(key.name));
    }
  }
  return {};
}

}  // namespace airlock::release
