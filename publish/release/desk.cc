#include "publish/release/desk.h"

#include <algorithm>

namespace airlock::release {
namespace {

constexpr std::array<std::string_view, 3> kDraftedRoles = {"targets", "snapshot", "root"};

Path drafts_folder(const Path& repository) { return repository / kMetadataFolder / kDraftsFolder; }

std::size_t size_max_of(std::string_view role) {
  if (role == "root") return tuf::kRootSizeMax;
  return role == "snapshot" ? tuf::kSnapshotSizeMax : tuf::kTargetsSizeMax;
}

// The drafts that lie in the folder, by the names that ours have.
std::vector<Path> drafts_in(const Path& repository) {
  std::vector<Path> found;
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator(drafts_folder(repository), ignored)) {
    const std::string name = entry.path().filename().string();
    const bool is_one = std::ranges::any_of(
        kDraftedRoles, [&](std::string_view role) { return tuf::version_in(name, role) != 0; });
    if (is_one) found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

std::string text_in(const Buffer& file) { return std::string(text_of(file)); }

}  // namespace

Answer<Desk> Desk::open(const Path& repository) {
  Desk desk;
  desk.repository_ = repository;
  AIRLOCK_ASSIGN(desk.roots_, read_roots(repository, {}));
  AIRLOCK_TRY(desk.read_drafts());
  return desk;
}

Answer<void> Desk::read_drafts() {
  const Path folder = drafts_folder(repository_);
  for (std::string_view role : kDraftedRoles) {
    const std::uint64_t version = tuf::newest_version(folder, role);
    if (version == 0) continue;
    const Path path = folder / metadata_name(version, role);
    const Path there = metadata_path(repository_, version, role);
    AIRLOCK_ASSIGN(Buffer file, naming(path, file::read(path, size_max_of(role))));
    AIRLOCK_TRY(naming(path, tuf::take_apart(file)));
    const Result<Buffer> present = file::read(there, size_max_of(role));
    if (present && *present == file)
      continue;  // it went in, and the power went before it was removed
    if (present) return Refusal::of(Code::exists_already, there.string());
    if (present.error().code != Code::not_found)
      return Refusal::of(present.error(), there.string());
    put(role, version, std::move(file));
  }
  return {};
}

Answer<const Newest*> Desk::newest() {
  if (!newest_) {
    AIRLOCK_ASSIGN(newest_, read_newest(repository_, {}, 0));
  }
  return &*newest_;
}

Path Desk::path(std::string_view role) const {
  const Path folder = drafts_folder(repository_);
  return has(role) ? folder / metadata_name(version(role), role) : folder;
}

void Desk::put(std::string_view role, std::uint64_t version, Buffer file) {
  drafts_.insert_or_assign(std::string(role), Kept{version, std::move(file)});
}

void Desk::take_away(std::string_view role) {
  if (const auto found = drafts_.find(role); found != drafts_.end()) drafts_.erase(found);
}

Judges Desk::judges(std::string_view role, Rules rules) const {
  // A root is judged by the one before it and by itself, whoever asks.
  if (role == "root" || rules == Rules::both) {
    Judges both = {root()};
    if (has("root")) both.push_back(file("root"));
    return both;
  }
  return {rules == Rules::drafted && has("root") ? file("root") : root()};
}

Answer<std::vector<Demand>> Desk::demands(std::string_view role, Rules rules) const {
  std::vector<Demand> made;
  for (const Buffer& judge : judges(role, rules)) {
    AIRLOCK_ASSIGN(const tuf::Outline outline, naming(path("root"), tuf::outline(judge)));
    AIRLOCK_ASSIGN(tuf::Tally tally, naming(path(role), tuf::tally(judge, role, file(role))));
    made.push_back({outline.version, std::move(tally)});
  }
  return made;
}

Answer<bool> Desk::is_complete(std::string_view role, Rules rules) const {
  AIRLOCK_ASSIGN(const std::vector<Demand> demanded, demands(role, rules));
  return std::ranges::all_of(demanded, [](const Demand& one) { return one.tally.is_met(); });
}

bool Desk::snapshot_names_targets() const {
  if (!has("targets")) return true;  // they went in already
  const Result<tuf::Outline> outline = tuf::outline(file("snapshot"));
  if (!outline) return false;
  const auto named = std::ranges::find(outline->files, "targets.json", &tuf::OutlinedFile::name);
  return named != outline->files.end() && named->version == version("targets") &&
         named->sha256 == crypto::sha256(file("targets"));
}

Answer<void> Desk::draft_snapshot() {
  AIRLOCK_ASSIGN(const Newest* current, newest());
  AIRLOCK_ASSIGN(const tuf::Outline targets,
                 naming(path("targets"), tuf::outline(file("targets"))));
  const tuf::MetaFile entry = meta_of(version("targets"), text_of(file("targets")));
  const std::uint64_t number = next_version(current->repository, "snapshot");
  AIRLOCK_ASSIGN(
      const std::string draft,
      tuf::next_snapshot(current->snapshot, number, targets.expires, {{"targets", entry}}));
  AIRLOCK_ASSIGN(const std::string unsigned_file, tuf::join(draft, {}));
  const Bytes bytes = bytes_of(unsigned_file);
  put("snapshot", number, Buffer(bytes.begin(), bytes.end()));
  return {};
}

Answer<void> Desk::complete(RoleSigners signers, Rules rules) {
  for (std::string_view role : {"targets", "snapshot"}) {
    if (has(role)) {
      AIRLOCK_ASSIGN(Buffer more, sign_file(role, file(role), signers, judges(role, Rules::both)));
      put(role, version(role), std::move(more));
    }
    if (role != "targets" || !has(role)) continue;
    AIRLOCK_ASSIGN(const bool is_done, is_complete(role, rules));
    if (!is_done) {
      // Another signature made another file of them; without one, it was drafted by laxer rules.
      if (has("snapshot") && !snapshot_names_targets()) take_away("snapshot");
    } else if (!has("snapshot") || !snapshot_names_targets()) {
      AIRLOCK_TRY(draft_snapshot());
    }
  }
  return {};
}

Answer<bool> Desk::lists_ready(Rules rules) const {
  if (!has("snapshot")) return false;
  for (std::string_view role : {"targets", "snapshot"}) {
    if (!has(role)) continue;
    AIRLOCK_ASSIGN(const bool is_done, is_complete(role, rules));
    if (!is_done) return false;
  }
  return snapshot_names_targets();
}

Answer<Newest> Desk::rehearse(std::initializer_list<std::string_view> roles,
                              std::int64_t now) const {
  Drafts drafts;
  for (std::string_view role : roles) {
    if (has(role)) drafts.push_back({metadata_name(version(role), role), text_in(file(role))});
  }
  return read_newest(repository_, drafts, now);
}

Answer<void> Desk::check_offered() const {
  const Drafts drafts = {{metadata_name(version("root"), "root"), text_in(file("root"))}};
  MemoryStore store;
  AIRLOCK_TRY(store.save("root", roots_.front()));
  FolderFetcher fetcher(repository_ / kMetadataFolder, drafts);
  const Result<tuf::Repository> seen = tuf::refresh(store, fetcher, 0);
  if (seen) return {};
  const bool offers_nothing =
      seen.error().code == Code::not_found && fetcher.judged().filename() == kTimestampFile;
  if (offers_nothing) return {};
  return Refusal::of(seen.error(), fetcher.judged().string());
}

Answer<void> Desk::check_fresh(std::initializer_list<std::string_view> roles,
                               std::int64_t now) const {
  for (std::string_view role : roles) {
    if (!has(role)) continue;
    AIRLOCK_ASSIGN(const tuf::Outline outline, naming(path(role), tuf::outline(file(role))));
    if (outline.expires <= now) return Refusal::of(Code::metadata_expired, path(role).string());
  }
  return {};
}

Answer<void> Desk::go_in(std::string_view role) {
  const Path path = metadata_path(repository_, version(role), role);
  const Result<Buffer> present = file::read(path, size_max_of(role));
  if (!present || *present != file(role)) {  // else the power went when it had just gone in
    AIRLOCK_TRY(naming(path, file::create(path, file(role))));
    installed_.push_back(metadata_name(version(role), role));
  }
  take_away(role);
  return {};
}

Answer<void> Desk::save() {
  const Path folder = drafts_folder(repository_);
  if (!drafts_.empty()) AIRLOCK_TRY(naming(folder, file::make_folders(folder)));
  for (const auto& [role, draft] : drafts_) {
    const Path place = folder / metadata_name(draft.version, role);
    const Result<Buffer> present = file::read(place, size_max_of(role));
    if (present && *present == draft.file) continue;
    AIRLOCK_TRY(naming(place, file::replace(place, draft.file)));
  }
  for (const Path& place : drafts_in(repository_)) {
    const bool waits = std::ranges::any_of(
        kDraftedRoles, [&](std::string_view role) { return has(role) && path(role) == place; });
    if (!waits) AIRLOCK_TRY(naming(place, file::remove_file(place)));
  }
  return {};
}

std::uint64_t Desk::next_version(const tuf::Repository& current, std::string_view role) const {
  std::uint64_t number = current.version_of(role) + 1;
  std::error_code ignored;
  while (std::filesystem::exists(metadata_path(repository_, number, role), ignored)) ++number;
  return number;
}

Answer<void> drop(const Path& repository, std::string_view role) {
  AIRLOCK_ASSIGN(const file::File lock, lock_repository(repository));
  bool dropped = false;
  for (const Path& place : drafts_in(repository)) {
    const std::string name = place.filename().string();
    const bool is_above = role == "targets" && tuf::version_in(name, "snapshot") != 0;
    if (!role.empty() && !is_above && tuf::version_in(name, role) == 0) continue;
    AIRLOCK_TRY(naming(place, file::remove_file(place)));
    dropped = true;
  }
  if (!dropped) return Refusal::of(Code::not_found, drafts_folder(repository).string());
  return {};
}

}  // namespace airlock::release
