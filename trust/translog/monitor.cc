#include "trust/translog/monitor.h"

namespace airlock::translog {
namespace {

constexpr std::string_view kEntriesFile = "entries";
constexpr std::string_view kContradictionFile = "contradiction";
constexpr std::string_view kLockFile = "monitor.lock";

Digest root_of(std::span<const Digest> entries) {
  package::TreeHasher hasher;
  for (const Digest& entry : entries) hasher.add(package::leaf_hash(entry.bytes));
  return hasher.root();
}

}  // namespace

Result<Monitor> Monitor::open(const file::Path& folder, const package::LogPolicy& policy) {
  AIRLOCK_TRY(file::make_folders(folder));
  AIRLOCK_ASSIGN(file::File lock, file::File::open(folder / kLockFile, file::Access::create));
  AIRLOCK_TRY(lock.lock());
  file::remove_unfinished(folder);
  Monitor monitor(folder, policy, std::move(lock));
  AIRLOCK_TRY(monitor.load());
  return monitor;
}

// Entries are written before the checkpoint that speaks of them, so there may be more than it says.
Status Monitor::load() {
  FolderFetcher stored(folder_);
  const Result<SignedHead> last = read_checkpoint(stored, log());
  if (!last && last.error().code == Code::not_found) return {};
  if (!last) return std::unexpected(last.error());
  AIRLOCK_ASSIGN(const Buffer bytes,
                 file::read(folder_ / kEntriesFile, kMonitoredMax * Digest::kSize));
  if (bytes.size() / Digest::kSize < last->head.size) return fail(Code::log_damaged);
  for (std::uint64_t i = 0; i < last->head.size; ++i) {
    const std::size_t at = static_cast<std::size_t>(i) * Digest::kSize;
    AIRLOCK_ASSIGN(const Digest entry, Digest::from(Bytes(bytes).subspan(at, Digest::kSize)));
    entries_.push_back(entry);
  }
  if (root_of(entries_) != last->head.root) return fail(Code::log_damaged);
  known_.insert(entries_.begin(), entries_.end());
  return {};
}

// The log signed it and it cannot be: that is evidence, whoever served it.
std::unexpected<Error> Monitor::contradicted(const SignedHead& newest, Code code) const {
  const Status kept = file::replace(folder_ / kContradictionFile, bytes_of(newest.note));
  if (!kept) return std::unexpected(kept.error());
  return fail(code, newest.head.size);
}

Status Monitor::check_not_behind(const SignedHead& newest) const {
  if (newest.head.size > entries_.size()) return {};
  const auto size = static_cast<std::size_t>(newest.head.size);
  if (root_of(std::span(entries_).first(size)) != newest.head.root) {
    return contradicted(newest, Code::log_forked);
  }
  if (size < entries_.size()) return contradicted(newest, Code::log_went_back);
  return {};
}

// continues says whether the log's tiles prove that a head continues what is known: then it is the
// entries that are not what was signed.
bool Monitor::continues(Fetcher& fetcher, const TreeHead& next) const {
  Tree tree(fetcher, next.size);
  const Result<std::vector<Digest>> path = tree.growth(entries_.size());
  const TreeHead known{entries_.size(), root_of(entries_)};
  return path && package::verify_consistency(known, next, *path).has_value();
}

Status Monitor::keep(const SignedHead& newest, std::vector<Digest> entries) {
  Buffer bytes;
  bytes.reserve(entries.size() * Digest::kSize);
  for (const Digest& entry : entries) {
    bytes.insert(bytes.end(), entry.bytes.begin(), entry.bytes.end());
  }
  AIRLOCK_TRY(file::replace(folder_ / kEntriesFile, bytes));
  AIRLOCK_TRY(file::replace(folder_ / kCheckpointFile, bytes_of(newest.note)));
  entries_ = std::move(entries);
  known_.insert(entries_.begin(), entries_.end());
  return {};
}

Result<Followed> Monitor::follow(Fetcher& fetcher) {
  AIRLOCK_ASSIGN(const SignedHead newest, read_checkpoint(fetcher, log()));
  if (newest.head.size > kMonitoredMax) return fail(Code::oversized, newest.head.size);
  AIRLOCK_TRY(check_not_behind(newest));
  Followed followed{newest.head, entries_.size(), {}, {}};
  AIRLOCK_ASSIGN(const package::Checkpoint checkpoint, package::Checkpoint::parse(newest.note));
  AIRLOCK_ASSIGN(followed.cosigners, package::find_cosignatures(checkpoint, policy_));
  AIRLOCK_ASSIGN(followed.added, read_entries(fetcher, followed.first, newest.head.size));
  std::vector<Digest> entries = entries_;
  entries.insert(entries.end(), followed.added.begin(), followed.added.end());
  if (root_of(entries) != newest.head.root) {
    if (continues(fetcher, newest.head)) return fail(Code::log_damaged, newest.head.size);
    return contradicted(newest, Code::log_forked);
  }
  AIRLOCK_TRY(keep(newest, std::move(entries)));
  return followed;
}

}  // namespace airlock::translog
