#include "publish/release/desk.h"

#include <algorithm>

namespace airlock::release {
namespace {

Path drafts_folder(const Path& repository) { return repository / kMetadataFolder / kDraftsFolder; }

std::size_t size_max_of(std::string_view role) {
  if (role == "root") return tuf::kRootSizeMax;
  return role == "snapshot" ? tuf::kSnapshotSizeMax : tuf::kTargetsSizeMax;
}

// The drafts that lie in the folder, by the names that ours have.
struct Lying {
  Path path;
  NamedFile named;
};
std::vector<Lying> drafts_in(const Path& repository) {
  std::vector<Lying> found;
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator(drafts_folder(repository), ignored)) {
    auto named = read_metadata_name(entry.path().filename().string());
    if (named) found.push_back({entry.path(), std::move(*named)});
  }
  std::ranges::sort(found, {}, &Lying::path);
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
  std::map<std::string, std::uint64_t> newest;
  for (const Lying& one : drafts_in(repository_)) {
    std::uint64_t& version = newest[one.named.role];
    version = std::max(version, one.named.version);
  }
  for (const auto& [role, version] : newest) {
    const Path path = drafts_folder(repository_) / metadata_name(version, role);
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

Answer<Newest*> Desk::newest() const {
  if (!newest_) {
    AIRLOCK_ASSIGN(newest_, read_newest(repository_, {}, 0));
  }
  return &*newest_;
}

Answer<Buffer> Desk::present(std::string_view role) const {
  if (role == "root") return root();
  AIRLOCK_ASSIGN(Newest* const current, newest());
  if (role == "targets") return current->targets;
  if (role == "snapshot") return current->snapshot;
  const std::uint64_t version = current->repository.version_of(role);
  if (version == 0) return Buffer{};
  if (!surveyed_) {
    surveyed_.emplace();
    for (const auto& one : current->survey()) surveyed_->emplace(one.role, one.judged);
  }
  const Status judged = surveyed_->find(std::string(role))->second;
  // What nobody delegates to any more is nobody's to go on from.
  if (!judged && judged.error().code == Code::target_missing) return Buffer{};
  const Path about = metadata_path(repository_, version, role);
  AIRLOCK_TRY(naming(about, judged));
  return naming(about, current->store.load(role));
}

Answer<Buffer> Desk::delegating() const {
  if (has("targets")) return file("targets");
  return present("targets");
}

std::vector<std::string> Desk::roles() const {
  std::vector<std::string> made = lists();
  if (has("root")) made.emplace_back("root");
  return made;
}

std::vector<std::string> Desk::lists() const {
  std::vector<std::string> made;
  for (const auto& [role, draft] : drafts_) {
    if (!is_top_level(role)) made.push_back(role);
  }
  for (const char* role : {"targets", "snapshot"}) {
    if (has(role)) made.emplace_back(role);
  }
  return made;
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

Answer<Judges> Desk::judges(std::string_view role, Rules rules) const {
  if (!is_top_level(role)) {
    AIRLOCK_ASSIGN(Buffer above, delegating());
    return Judges{std::move(above)};
  }
  // A root is judged by the one before it and by itself, whoever asks.
  if (role == "root" || rules == Rules::both) {
    Judges both = {root()};
    if (has("root")) both.push_back(file("root"));
    return both;
  }
  return Judges{rules == Rules::drafted && has("root") ? file("root") : root()};
}

Answer<std::vector<Demand>> Desk::demands(std::string_view role, Rules rules) const {
  std::vector<Demand> made;
  AIRLOCK_ASSIGN(const Judges judging, judges(role, rules));
  for (const Buffer& judge : judging) {
    const Path about = path(is_top_level(role) ? "root" : "targets");
    AIRLOCK_ASSIGN(const tuf::Outline outline, naming(about, tuf::outline(judge)));
    AIRLOCK_ASSIGN(tuf::Tally tally, naming(path(role), tuf::tally(judge, role, file(role))));
    made.push_back({outline.version, std::move(tally)});
  }
  return made;
}

Answer<bool> Desk::is_complete(std::string_view role, Rules rules) const {
  AIRLOCK_ASSIGN(const std::vector<Demand> demanded, demands(role, rules));
  return std::ranges::all_of(demanded, [](const Demand& one) { return one.tally.is_met(); });
}

bool Desk::snapshot_names_lists() const {
  const Result<tuf::Outline> outline = tuf::outline(file("snapshot"));
  if (!outline) return false;
  return std::ranges::all_of(lists(), [&](const std::string& role) {  // others went in already
    if (role == "snapshot") return true;
    const auto named = std::ranges::find(outline->files, role + ".json", &tuf::OutlinedFile::name);
    return named != outline->files.end() && named->version == version(role) &&
           named->sha256 == crypto::sha256(file(role));
  });
}

// It holds as long as the newest of what it names.
Answer<void> Desk::draft_snapshot() {
  AIRLOCK_ASSIGN(const Newest* current, newest());
  tuf::MetaFiles named;
  std::int64_t expires = 0;
  for (const std::string& role : lists()) {
    if (role == "snapshot") continue;
    AIRLOCK_ASSIGN(const tuf::Outline outline, naming(path(role), tuf::outline(file(role))));
    expires = std::max(expires, outline.expires);
    named.emplace(role, meta_of(version(role), text_of(file(role))));
  }
  const std::uint64_t number = next_version(current->repository, "snapshot");
  const Path about = metadata_path(repository_, number, "snapshot");
  AIRLOCK_ASSIGN(const std::string draft,
                 naming(about, tuf::next_snapshot(current->snapshot, number, expires, named)));
  AIRLOCK_ASSIGN(const std::string unsigned_file, tuf::join(draft, {}));
  const Bytes bytes = bytes_of(unsigned_file);
  put("snapshot", number, Buffer(bytes.begin(), bytes.end()));
  return {};
}

Answer<void> Desk::sign(std::string_view role, RoleSigners signers) {
  AIRLOCK_ASSIGN(const Judges judging, judges(role, Rules::both));
  AIRLOCK_ASSIGN(Buffer more, sign_file(role, file(role), signers, judging));
  put(role, version(role), std::move(more));
  return {};
}

Answer<void> Desk::complete(RoleSigners signers, Rules rules) {
  bool has_some = false, are_done = true;
  for (const std::string& role : lists()) {
    if (role == "snapshot") continue;
    AIRLOCK_TRY(sign(role, signers));
    AIRLOCK_ASSIGN(const bool is_done, is_complete(role, rules));
    has_some = true;
    are_done = are_done && is_done;
  }
  const bool is_named = has("snapshot") && snapshot_names_lists();
  // Another signature made another file of them; without one, it was drafted by laxer rules.
  if (has_some && !is_named) take_away("snapshot");
  if (has_some && are_done && !has("snapshot")) AIRLOCK_TRY(draft_snapshot());
  if (has("snapshot")) AIRLOCK_TRY(sign("snapshot", signers));
  return {};
}

Answer<bool> Desk::lists_ready(Rules rules) const {
  if (!has("snapshot")) return false;
  for (const std::string& role : lists()) {
    AIRLOCK_ASSIGN(const bool is_done, is_complete(role, rules));
    if (!is_done) return false;
  }
  return snapshot_names_lists();
}

std::vector<std::string> Desk::named_with(std::initializer_list<std::string_view> roles) const {
  const bool with_lists = std::ranges::find(roles, "snapshot") != roles.end();
  std::vector<std::string> made;
  for (const std::string& role : this->roles()) {
    const bool is_named = std::ranges::find(roles, role) != roles.end();
    if (is_named || (with_lists && !is_top_level(role))) made.push_back(role);
  }
  return made;
}

Answer<Newest> Desk::rehearse(std::initializer_list<std::string_view> roles,
                              std::int64_t now) const {
  Drafts drafts;
  for (const std::string& role : named_with(roles)) {
    drafts.push_back({metadata_name(version(role), role), text_in(file(role))});
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
  for (const std::string& role : named_with(roles)) {
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
  for (const auto& [place, named] : drafts_in(repository_)) {
    const bool waits = has(named.role) && version(named.role) == named.version;
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
  const std::vector<Lying> drafts = drafts_in(repository);
  const auto is_it = [&](const Lying& one) { return role.empty() || one.named.role == role; };
  if (std::ranges::none_of(drafts, is_it)) {
    return Refusal::of(Code::not_found, drafts_folder(repository).string());
  }
  for (const Lying& one : drafts) {
    // With a list goes the snapshot above it, and with the top-level one what it alone vouches for.
    const bool is_above = one.named.role == "snapshot" && role != "root";
    const bool is_below = role == "targets" && !is_top_level(one.named.role);
    if (!is_it(one) && !is_above && !is_below) continue;
    AIRLOCK_TRY(naming(one.path, file::remove_file(one.path)));
  }
  return {};
}

}  // namespace airlock::release
