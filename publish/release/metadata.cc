// The repository's metadata that is signed beside releases: the first root, and timestamps.
#include "publish/release/internal.h"

namespace airlock::release {
namespace {

constexpr std::array<std::string_view, 1> kSignedHere = {"timestamp"};

Answer<std::string> first_root(const FirstKeys& keys, std::int64_t now) {
  tuf::RootDraft draft;
  draft.expires = now + kRootValid;
  draft.root = {{keys.root.half}};
  draft.targets = {{keys.targets.half}};
  draft.snapshot = {{keys.snapshot.half}};
  draft.timestamp = {{keys.timestamp}};
  AIRLOCK_ASSIGN(std::string made, tuf::draft_root(draft));
  return made;
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

// The newest root, and the drafted one where it can be read: keys that it brings may sign beside
// the old ones, so that no device has to wait when it goes in. A timestamp never waits for a draft.
Judges judges_of(const Path& repository, const Roots& roots) {
  Judges judges = {roots.back()};
  const Path drafts = repository / kMetadataFolder / kDraftsFolder;
  Result<Buffer> drafted =
      file::read(drafts / metadata_name(roots.size() + 1, "root"), tuf::kRootSizeMax);
  if (drafted && tuf::tally(*drafted, "timestamp", roots.back())) {
    judges.push_back(std::move(*drafted));
  }
  return judges;
}

// Half of all numbers: whoever is beyond was put there by a thief.
constexpr std::uint64_t kNumberPlausibleMax = tuf::kVersionMax / 2;

// A number that a thief left no room above is given up where devices give it up too: the newest
// root does not vouch for it, so that they forgot it when they followed the root that took his key
// back. What no root ever vouched for was never theirs to forget.
Answer<std::uint64_t> next_number(const Path& repository, const Present& present,
                                  const Roots& roots) {
  if (present.version <= kNumberPlausibleMax) return present.version + 1;
  for (std::size_t i = roots.size(); i-- > 0;) {
    AIRLOCK_ASSIGN(const tuf::Tally tally, tuf::tally(roots[i], "timestamp", present.bytes));
    if (tally.is_met()) return i + 1 == roots.size() ? present.version + 1 : 1;
  }
  return Refusal::of(Code::threshold_missing,
                     (repository / kMetadataFolder / kTimestampFile).string());
}

// What is at fault where a device refuses the next timestamp: of the present one's snapshot and the
// file of that version, it is the file that is no longer what it was.
Path at_fault(Code code, const Path& judged, const Path& snapshot) {
  const bool differs = code == Code::mixed_metadata && judged.filename() == kTimestampFile;
  return differs ? snapshot : judged;
}

// What a device does that knows the present timestamp: its code refuses to go back.
Answer<void> check_follows(const Path& repository, const Present& present, const Draft& next,
                           std::uint64_t snapshot, std::int64_t now) {
  const Path folder = repository / kMetadataFolder;
  const Path first = folder / kFirstRoot;
  AIRLOCK_ASSIGN(const Buffer root, naming(first, file::read(first, tuf::kRootSizeMax)));
  MemoryStore store;
  AIRLOCK_TRY(store.save("root", root));
  if (present.version != 0) AIRLOCK_TRY(store.save("timestamp", present.bytes));
  const Drafts drafts = {next};
  FolderFetcher fetcher(folder, drafts);
  const Result<tuf::Repository> seen = tuf::refresh(store, fetcher, now);
  if (seen) return {};
  const Path named = metadata_path(repository, snapshot, "snapshot");
  const Path judged = at_fault(seen.error().code, fetcher.judged(), named);
  return refused_by_the_device({seen.error(), judged.string()});
}

}  // namespace

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
  AIRLOCK_ASSIGN(const std::string root_draft, first_root(keys, now));
  AIRLOCK_ASSIGN(const std::string unsigned_root, tuf::join(root_draft, {}));
  const Judges judges = {Buffer(unsigned_root.begin(), unsigned_root.end())};
  AIRLOCK_ASSIGN(const std::string first, sign_as("root", root_draft, {&keys.root, 1}, judges));
  AIRLOCK_ASSIGN(const std::string targets_draft, tuf::draft_targets(1, now + kTargetsValid, {}));
  AIRLOCK_ASSIGN(const std::string targets,
                 sign_as("targets", targets_draft, {&keys.targets, 1}, judges));
  AIRLOCK_ASSIGN(const std::string snapshot_draft,
                 tuf::draft_snapshot(1, now + kTargetsValid, meta_of(1, targets)));
  AIRLOCK_ASSIGN(const std::string snapshot,
                 sign_as("snapshot", snapshot_draft, {&keys.snapshot, 1}, judges));
  AIRLOCK_TRY(write_draft(repository, {metadata_name(1, "targets"), targets}));
  AIRLOCK_TRY(write_draft(repository, {metadata_name(1, "snapshot"), snapshot}));
  const Path root = metadata_path(repository, 1, "root");
  AIRLOCK_TRY(naming(root, file::create(root, bytes_of(first))));
  const auto read = read_newest(repository, {}, now);
  if (!read) return refused_by_the_device(read.error());
  return {};
}

Answer<void> renew_timestamp(const Path& repository, RoleSigners signers,
                             std::int64_t valid_seconds, std::int64_t now) {
  AIRLOCK_ASSIGN(const file::File lock, lock_repository(repository));
  AIRLOCK_ASSIGN(const tuf::MetaFile snapshot, newest_snapshot(repository, {}));
  AIRLOCK_ASSIGN(const Roots roots, read_roots(repository, {}));
  AIRLOCK_ASSIGN(const Present present, present_timestamp(repository));
  AIRLOCK_ASSIGN(const std::uint64_t version, next_number(repository, present, roots));
  AIRLOCK_ASSIGN(const std::string draft,
                 tuf::draft_timestamp(version, now + valid_seconds, snapshot));
  const Judges judges = judges_of(repository, roots);
  AIRLOCK_TRY(check_each_signs(signers, kSignedHere, judges));
  AIRLOCK_ASSIGN(std::string timestamp, sign_as("timestamp", draft, signers, judges));
  const Draft next{std::string(kTimestampFile), std::move(timestamp)};
  AIRLOCK_TRY(check_follows(repository, present, next, snapshot.version, now));
  AIRLOCK_TRY(write_draft(repository, next));
  return {};
}

}  // namespace airlock::release
