// The repository's metadata that is signed beside releases: the first root, and timestamps.
#include "publish/release/internal.h"

namespace airlock::release {
namespace {

constexpr std::string_view kTimestampFile = "timestamp.json";

tuf::RoleKeys one_key(const crypto::PublicKey& key) {
  const Bytes bytes = key.view();
  return {{Buffer(bytes.begin(), bytes.end())}, 1};
}

Answer<std::string> first_root(const FirstKeys& keys, std::int64_t now) {
  tuf::RootDraft draft;
  draft.expires = now + kRootValid;
  draft.root = one_key(keys.root.public_key());
  draft.targets = one_key(keys.roles.targets.public_key());
  draft.snapshot = one_key(keys.roles.snapshot.public_key());
  draft.timestamp = one_key(keys.timestamp);
  AIRLOCK_ASSIGN(const std::string signed_part, tuf::draft_root(draft));
  return sign_metadata("root", signed_part, keys.root);
}

// The timestamp that lies there now, whoever signed it; version 0 where there is none.
struct Present {
  std::uint64_t version = 0;
  Buffer bytes;
};
Answer<Present> present_timestamp(const Path& repository) {
  const Path path = repository / kMetadataFolder / kTimestampFile;
  Result<Buffer> bytes = file::read(path, tuf::kTimestampSizeMax);
  if (!bytes && bytes.error().code == Code::not_found) return Present{};
  if (!bytes) return Refusal::of(bytes.error(), path.string());
  AIRLOCK_ASSIGN(const tuf::Outline outline, naming(path, tuf::outline(*bytes)));
  return Present{outline.version, std::move(*bytes)};
}

// What a device does that knows the present timestamp: its code refuses to go back.
Answer<void> check_follows(const Path& repository, const Present& present, const Draft& next,
                           std::int64_t now) {
  const Path folder = repository / kMetadataFolder;
  const Path first = folder / kFirstRoot;
  AIRLOCK_ASSIGN(const Buffer root, naming(first, file::read(first, tuf::kRootSizeMax)));
  MemoryStore store;
  AIRLOCK_TRY(store.save("root", root));
  if (present.version != 0) AIRLOCK_TRY(store.save("timestamp", present.bytes));
  const Drafts drafts = {next};
  FolderFetcher fetcher(folder, drafts);
  const Result<tuf::Repository> seen = tuf::refresh(store, fetcher, now);
  if (!seen) return refused_by_the_device({seen.error(), fetcher.judged().string()});
  return {};
}

}  // namespace

Answer<std::string> sign_metadata(std::string_view role, std::string_view draft,
                                  const keys::SigningKey& key) {
  if (key.public_key().algorithm != crypto::Algorithm::eddsa) {
    return Refusal::of(Code::key_too_weak, "the " + std::string(role) + " key");
  }
  if (key.door() == keys::Door::package) {
    return Refusal::of(Code::key_in_both_doors, "the " + std::string(role) + " key");
  }
  const std::array message = {bytes_of(draft)};
  AIRLOCK_ASSIGN(const keys::Signature signature, key.sign(message));
  const Bytes public_key = key.public_key().view();
  AIRLOCK_ASSIGN(std::string file,
                 tuf::join(draft, {{Buffer(public_key.begin(), public_key.end()),
                                    Buffer(signature.begin(), signature.end())}}));
  return file;
}

Answer<void> init_repository(const Path& repository, const FirstKeys& keys, std::int64_t now) {
  // The root is written last: until then, what a crash leaves is no repository and may be replaced.
  std::error_code ignored;
  if (std::filesystem::exists(metadata_path(repository, 1, "root"), ignored)) {
    return Refusal::of(Code::exists_already, repository.string());
  }
  for (std::string_view name : {kMetadataFolder, kTargetsFolder, kArtifactsFolder}) {
    const Path folder = repository / name;
    AIRLOCK_TRY(naming(folder, file::make_folders(folder)));
  }
  AIRLOCK_ASSIGN(const std::string first, first_root(keys, now));
  AIRLOCK_ASSIGN(const std::string targets_part, tuf::draft_targets(1, now + kTargetsValid, {}));
  AIRLOCK_ASSIGN(const std::string targets,
                 sign_metadata("targets", targets_part, keys.roles.targets));
  AIRLOCK_ASSIGN(const std::string snapshot_part,
                 tuf::draft_snapshot(1, now + kTargetsValid, meta_of(1, targets)));
  AIRLOCK_ASSIGN(const std::string snapshot,
                 sign_metadata("snapshot", snapshot_part, keys.roles.snapshot));
  AIRLOCK_TRY(write_draft(repository, {metadata_name(1, "targets"), targets}));
  AIRLOCK_TRY(write_draft(repository, {metadata_name(1, "snapshot"), snapshot}));
  const Path root = metadata_path(repository, 1, "root");
  AIRLOCK_TRY(naming(root, file::create(root, bytes_of(first))));
  const auto read = read_newest(repository, {}, now);
  if (!read) return refused_by_the_device(read.error());
  return {};
}

Answer<void> renew_timestamp(const Path& repository, const keys::SigningKey& key,
                             std::int64_t valid_seconds, std::int64_t now) {
  AIRLOCK_ASSIGN(const file::File lock, lock_repository(repository));
  AIRLOCK_ASSIGN(const tuf::MetaFile snapshot, newest_snapshot(repository, {}));
  AIRLOCK_ASSIGN(const Present present, present_timestamp(repository));
  AIRLOCK_ASSIGN(const std::string part,
                 tuf::draft_timestamp(present.version + 1, now + valid_seconds, snapshot));
  AIRLOCK_ASSIGN(std::string timestamp, sign_metadata("timestamp", part, key));
  const Draft next{std::string(kTimestampFile), std::move(timestamp)};
  AIRLOCK_TRY(check_follows(repository, present, next, now));
  AIRLOCK_TRY(write_draft(repository, next));
  return {};
}

}  // namespace airlock::release
