// The client workflow of the TUF specification, section 5. Numbers in comments are its steps.
#include <algorithm>
#include <utility>

#include "trust/tuf/internal/metadata.h"
#include "trust/tuf/internal/names.h"

namespace airlock::tuf {
namespace {

using namespace internal;

// prove opens a file, counts its signatures by the rule of the delegating role, and only then reads
// it. Files of every role below root come through here, stored and fetched ones alike.
template <class Read>
auto prove(const Root& root, Role role, Bytes file, Read read) -> decltype(read(json::Value())) {
  AIRLOCK_ASSIGN(Envelope envelope, open_envelope(file, size_max_of(role)));
  AIRLOCK_TRY(check_threshold(envelope.message, envelope.signatures, root.keys, root.rule(role)));
  return read(std::move(envelope.signed_part));
}

// check_version is mixed_metadata where a file is not of the version that a higher role names.
Status check_version(const Head& head, std::uint64_t version) {
  if (head.version != version) return fail(Code::mixed_metadata, head.version);
  return {};
}

// check_not_older is metadata_rollback where a version fell below one that was trusted.
Status check_not_older(std::uint64_t version, std::uint64_t trusted) {
  if (version < trusted) return fail(Code::metadata_rollback, version);
  return {};
}

// 5.5.5: no file that the trusted snapshot lists may be older in the new one, or gone.
Status check_none_older(const Snapshot& snapshot, const Snapshot& trusted) {
  AIRLOCK_TRY(check_not_older(snapshot.head.version, trusted.head.version));
  for (const auto& [name, entry] : trusted.files) {
    const auto found = snapshot.files.find(name);
    if (found == snapshot.files.end()) return fail(Code::metadata_rollback);
    AIRLOCK_TRY(check_not_older(found->second.version, entry.version));
  }
  return {};
}

// One refresh. Each step stores what it accepted before the next begins, so that a failure keeps
// the progress and nothing else.
class Refresh {
 public:
  Refresh(Store& store, Fetcher& fetcher, std::int64_t now)
      : store_(store), fetcher_(fetcher), now_(now) {}

  Result<Repository> run() {
    AIRLOCK_TRY(update_root());
    AIRLOCK_TRY(update_timestamp());
    return update_rest();
  }

  // As if a timestamp named this snapshot.
  Result<Repository> run_from(const FileEntry& snapshot) {
    AIRLOCK_TRY(update_root());
    timestamp_.snapshot = snapshot;
    return update_rest();
  }

 private:
  Status update_root() {
    AIRLOCK_TRY(load_root());
    AIRLOCK_TRY(follow_root());
    return check_fresh(root_.head);  // 5.3.10: only the last root must be fresh
  }

  Result<Repository> update_rest() {
    AIRLOCK_TRY(update_snapshot());
    AIRLOCK_TRY(update_targets());
    return Repository(std::make_shared<const Repository::State>(
        std::move(root_), std::move(timestamp_), std::move(snapshot_), std::move(targets_)));
  }

  Status check_fresh(const Head& head) const {
    if (head.expires <= now_) return fail(Code::metadata_expired, head.version);
    return {};
  }

  // The stored file of a role, or nothing where there is none (or one that no rule of ours wrote).
  Result<std::optional<Buffer>> load(Role role) {
    auto stored = store_.load(name_of(role));
    if (stored) return std::move(*stored);
    const Code code = stored.error().code;
    if (code == Code::not_found || code == Code::oversized) return std::nullopt;
    return std::unexpected(stored.error());
  }

  // Fetches the file that a higher role names, under its length, and holds it against that entry.
  Result<Buffer> fetch_entry(Role role, const FileEntry& entry) {
    std::string name = encoded(name_of(role)) + ".json";
    if (root_.consistent_snapshot) name = std::to_string(entry.version) + "." + name;
    const std::uint64_t stated = entry.length.value_or(size_max_of(role));
    const bool is_stated = stated <= size_max_of(role);
    auto file =
        fetcher_.fetch(name, is_stated ? static_cast<std::size_t>(stated) : size_max_of(role));
    if (!file && file.error().code == Code::oversized && is_stated && entry.length) {
      return fail(Code::mixed_metadata, file.error().at);  // longer than what was signed
    }
    if (!file) return file;
    AIRLOCK_TRY(check_entry(entry, *file));
    return file;
  }

  // 5.2: the root that was shipped, or what followed it. It must be signed by itself; it may have
  // expired, since only the last of the chain is held against the clock.
  Status load_root() {
    AIRLOCK_ASSIGN(const std::optional<Buffer> stored, load(Role::root));
    if (!stored) return fail(Code::no_trust_anchor);
    AIRLOCK_ASSIGN(const Envelope envelope, open_envelope(*stored, kRootSizeMax));
    AIRLOCK_ASSIGN(root_, read_root(envelope.signed_part));
    return check_root_signatures(envelope, root_);
  }

  static Status check_root_signatures(const Envelope& envelope, const Root& judge) {
    return check_threshold(envelope.message, envelope.signatures, judge.keys,
                           judge.rule(Role::root));
  }

  // 5.3: version by version, until the repository has no next one.
  Status follow_root() {
    for (std::size_t rotations = 0;; ++rotations) {
      const std::string name = std::to_string(root_.head.version + 1) + ".root.json";
      const auto file = fetcher_.fetch(name, kRootSizeMax);
      if (!file && file.error().code == Code::not_found) return {};
      if (!file) return std::unexpected(file.error());
      if (rotations == kRootRotationsMax) return fail(Code::root_chain_too_long, rotations);
      AIRLOCK_ASSIGN(Root next, accept_root(*file));
      AIRLOCK_TRY(forget_after_rotation(next));
      AIRLOCK_TRY(store_.save(name_of(Role::root), *file));
      root_ = std::move(next);
    }
  }

  Result<Root> accept_root(Bytes file) const {
    AIRLOCK_ASSIGN(const Envelope envelope, open_envelope(file, kRootSizeMax));
    AIRLOCK_TRY(check_root_signatures(envelope, root_));  // 5.3.4: by the old keys
    AIRLOCK_ASSIGN(Root next, read_root(envelope.signed_part));
    AIRLOCK_TRY(check_root_signatures(envelope, next));  // and by its own
    AIRLOCK_TRY(check_not_older(next.head.version, root_.head.version + 1));
    AIRLOCK_TRY(check_version(next.head, root_.head.version + 1));  // 5.3.5
    return next;
  }

  // 5.3.11: whoever held a key that root took back may have published versions as high as he liked.
  // This runs before the new root is stored, so that a power cut between the two repeats both.
  Status forget_after_rotation(const Root& next) {
    const bool loses = std::ranges::any_of(
        std::array{Role::timestamp, Role::snapshot},
        [&](Role r) { return loses_a_key(root_.keys, root_.rule(r), next.keys, next.rule(r)); });
    if (!loses) return {};
    AIRLOCK_TRY(store_.remove(name_of(Role::timestamp)));
    return store_.remove(name_of(Role::snapshot));
  }

  // 5.4
  Status update_timestamp() {
    AIRLOCK_ASSIGN(const std::optional<Buffer> stored, load(Role::timestamp));
    std::optional<Timestamp> trusted;
    if (stored) {
      auto proven = prove(root_, Role::timestamp, *stored, read_timestamp);
      if (proven)
        trusted = std::move(*proven);  // else not of today's keys: as if it were not there
    }
    AIRLOCK_ASSIGN(const Buffer file, fetcher_.fetch("timestamp.json", kTimestampSizeMax));
    AIRLOCK_ASSIGN(Timestamp offered, prove(root_, Role::timestamp, file, read_timestamp));
    if (trusted) {
      AIRLOCK_TRY(check_not_older(offered.head.version, trusted->head.version));
      if (offered.head.version == trusted->head.version) {  // 5.4.3.1: what we have stays
        timestamp_ = std::move(*trusted);
        return check_fresh(timestamp_.head);
      }
      AIRLOCK_TRY(check_not_older(offered.snapshot.version, trusted->snapshot.version));
    }
    AIRLOCK_TRY(check_fresh(offered.head));
    timestamp_ = std::move(offered);
    return store_.save(name_of(Role::timestamp), file);
  }

  // 5.5
  Status update_snapshot() {
    AIRLOCK_ASSIGN(const std::optional<Buffer> stored, load(Role::snapshot));
    std::optional<Snapshot> trusted;
    if (stored) {
      auto proven = prove(root_, Role::snapshot, *stored, read_snapshot);
      if (proven) trusted = std::move(*proven);
    }
    if (trusted && is_current(timestamp_.snapshot, trusted->head, *stored)) {
      snapshot_ = std::move(*trusted);
      return {};
    }
    AIRLOCK_ASSIGN(const Buffer file, fetch_entry(Role::snapshot, timestamp_.snapshot));
    AIRLOCK_ASSIGN(Snapshot offered, prove(root_, Role::snapshot, file, read_snapshot));
    AIRLOCK_TRY(check_version(offered.head, timestamp_.snapshot.version));
    // Whatever its hash or its age: what was trusted once still forbids to go back.
    if (trusted) AIRLOCK_TRY(check_none_older(offered, *trusted));
    AIRLOCK_TRY(check_fresh(offered.head));
    snapshot_ = std::move(offered);
    return store_.save(name_of(Role::snapshot), file);
  }

  // 5.6, for the top-level role; rollback of its version is seen in the snapshot.
  Status update_targets() {
    const auto entry = snapshot_.files.find("targets.json");
    AIRLOCK_CHECK(entry != snapshot_.files.end());  // read_snapshot demands it
    AIRLOCK_ASSIGN(const std::optional<Buffer> stored, load(Role::targets));
    if (stored && check_entry(entry->second, *stored)) {
      auto proven = prove(root_, Role::targets, *stored, read_targets);
      if (proven && is_current(entry->second, proven->head, *stored)) {
        targets_ = std::move(*proven);
        return {};
      }
    }
    AIRLOCK_ASSIGN(const Buffer file, fetch_entry(Role::targets, entry->second));
    AIRLOCK_ASSIGN(Targets offered, prove(root_, Role::targets, file, read_targets));
    AIRLOCK_TRY(check_version(offered.head, entry->second.version));
    AIRLOCK_TRY(check_fresh(offered.head));
    targets_ = std::move(offered);
    return store_.save(name_of(Role::targets), file);
  }

  // Whether a stored file is the one that the higher role names now, and fresh.
  bool is_current(const FileEntry& entry, const Head& head, Bytes file) const {
    return check_entry(entry, file) && check_version(head, entry.version) && check_fresh(head);
  }

  Store& store_;
  Fetcher& fetcher_;
  std::int64_t now_;
  Root root_;
  Timestamp timestamp_;
  Snapshot snapshot_;
  Targets targets_;
};

}  // namespace

Result<Repository> refresh(Store& store, Fetcher& fetcher, std::int64_t now) {
  return Refresh(store, fetcher, now).run();
}

Result<Repository> rehearse(Store& store, Fetcher& fetcher, const MetaFile& snapshot,
                            std::int64_t now) {
  FileEntry entry{snapshot.version, snapshot.length, {}};
  entry.hashes.is_named = true;
  entry.hashes.sha256 = snapshot.sha256;
  return Refresh(store, fetcher, now).run_from(entry);
}

}  // namespace airlock::tuf
