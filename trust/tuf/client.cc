// The client workflow of the TUF specification, section 5. Numbers in comments are its steps.
#include <algorithm>
#include <utility>

#include "trust/tuf/internal/roles.h"

namespace airlock::tuf {
namespace {

using namespace internal;

constexpr std::string_view kForgetting;  // a note in the store, under a name that no role has

template <class T>
bool differ(const std::optional<T>& a, const std::optional<T>& b) {
  return a && b && *a != *b;
}

// No older version than was named before; and one version is one file, or whoever signed two of
// them could choose who sees which.
Status check_not_replaced(const FileEntry& offered, const FileEntry& trusted) {
  AIRLOCK_TRY(check_not_older(offered.version, trusted.version));
  const bool is_another = differ(offered.length, trusted.length) ||
                          differ(offered.hashes.sha256, trusted.hashes.sha256) ||
                          differ(offered.hashes.sha512, trusted.hashes.sha512);
  if (offered.version == trusted.version && is_another) return fail(Code::mixed_metadata);
  return {};
}

// 5.5.5: no file that the trusted snapshot lists may be older in the new one, or gone.
Status check_none_older(const Snapshot& snapshot, const Snapshot& trusted) {
  AIRLOCK_TRY(check_not_older(snapshot.head.version, trusted.head.version));
  for (const auto& [name, entry] : trusted.files) {
    const auto found = snapshot.files.find(name);
    if (found == snapshot.files.end()) return fail(Code::metadata_rollback);
    AIRLOCK_TRY(check_not_replaced(found->second, entry));
  }
  return {};
}

// One refresh. Each step stores what it accepted before the next begins, so that a failure keeps
// the progress and nothing else.
class Refresh {
 public:
  explicit Refresh(Session session) : session_(session) {}

  Result<Repository> run() {
    AIRLOCK_TRY(update_root());
    AIRLOCK_TRY(update_timestamp());
    return update_rest();
  }

  Status run_roots() {
    AIRLOCK_TRY(load_root());
    return follow_root();
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
    return check_fresh(root_.head, session_.now);  // 5.3.10: only the last root must be fresh
  }

  Result<Repository> update_rest() {
    AIRLOCK_TRY(update_snapshot());
    AIRLOCK_ASSIGN(Targets targets, bring_targets(session_, named(Role::targets, top_entry())));
    return Repository(std::make_shared<const Repository::State>(
        std::move(root_), std::move(timestamp_), std::move(snapshot_), std::move(targets),
        session_.now, session_.limits));
  }

  // 5.6.2: what the snapshot says of the top-level targets; read_snapshot demands it.
  const FileEntry& top_entry() const {
    const auto entry = snapshot_.files.find("targets.json");
    AIRLOCK_CHECK(entry != snapshot_.files.end());
    return entry->second;
  }

  NamedFile named(Role role, const FileEntry& entry) const {
    return {name_of(role), role, entry, root_.authority(role), root_.consistent_snapshot};
  }

  std::size_t size_max(Role role) const { return size_max_of(role, session_.limits); }

  // 5.2: the root that was shipped, or what followed it. It must be signed by itself; it may have
  // expired, since only the last of the chain is held against the clock.
  Status load_root() {
    AIRLOCK_ASSIGN(const std::optional<Buffer> stored, load(session_.store, name_of(Role::root)));
    if (!stored) return fail(Code::no_trust_anchor);
    AIRLOCK_ASSIGN(const Envelope envelope, open_envelope(*stored, size_max(Role::root)));
    AIRLOCK_ASSIGN(root_, read_root(envelope));
    AIRLOCK_TRY(check_root_signatures(envelope, root_));  // by itself
    return finish_forgetting(*stored);
  }

  static Status check_root_signatures(const Envelope& envelope, const Root& judge) {
    return check_threshold(envelope.message(), envelope.signatures, judge.authority(Role::root));
  }

  // 5.3: version by version, until the repository has no next one.
  Status follow_root() {
    for (std::size_t rotations = 0;; ++rotations) {
      const std::string name = std::to_string(root_.head.version + 1) + ".root.json";
      const auto file = session_.fetcher.fetch(name, size_max(Role::root));
      if (!file && file.error().code == Code::not_found) return {};
      if (!file) return std::unexpected(file.error());
      if (rotations == kRootRotationsMax) return fail(Code::root_chain_too_long, rotations);
      AIRLOCK_ASSIGN(Root next, accept_root(*file));
      AIRLOCK_TRY(store_root(next, *file));
      root_ = std::move(next);
    }
  }

  Result<Root> accept_root(Bytes file) const {
    AIRLOCK_ASSIGN(const Envelope envelope, open_envelope(file, size_max(Role::root)));
    AIRLOCK_TRY(check_root_signatures(envelope, root_));  // 5.3.4: by the old keys
    AIRLOCK_ASSIGN(Root next, read_root(envelope));
    AIRLOCK_TRY(check_root_signatures(envelope, next));  // and by its own
    AIRLOCK_TRY(check_not_older(next.head.version, root_.head.version + 1));
    AIRLOCK_TRY(check_version(next.head, root_.head.version + 1));  // 5.3.5
    return next;
  }

  // 5.3.11: whoever held a key that root took back may have published versions as high as he liked,
  // so that with this root the stored timestamp and snapshot are forgotten. Not before it is
  // stored: a mirror that then withholds it could bring older ones back. And not never, where the
  // power fails between the two: a note says with which root they go.
  Status store_root(const Root& next, Bytes file) {
    const bool loses = std::ranges::any_of(
        std::array{Role::timestamp, Role::snapshot},
        [&](Role role) { return loses_a_key(root_.authority(role), next.authority(role)); });
    if (loses) AIRLOCK_TRY(session_.store.save(kForgetting, crypto::sha256(file).bytes));
    AIRLOCK_TRY(session_.store.save(name_of(Role::root), file));
    return loses ? forget() : Status();
  }

  Status forget() {
    AIRLOCK_TRY(session_.store.remove(name_of(Role::timestamp)));
    AIRLOCK_TRY(session_.store.remove(name_of(Role::snapshot)));
    return session_.store.remove(kForgetting);
  }

  // What an earlier run had no power for. A note about a root that is not stored means nothing.
  Status finish_forgetting(Bytes root) {
    AIRLOCK_ASSIGN(const std::optional<Buffer> note, load(session_.store, kForgetting));
    if (!note) return {};
    if (equal(*note, crypto::sha256(root).bytes)) return forget();
    return session_.store.remove(kForgetting);
  }

  // What is stored of a role, whatever its age: what was trusted once forbids to go back. Metadata
  // that today's keys do not vouch for counts as absent.
  template <class Read>
  auto trusted(Role role, const std::optional<Buffer>& stored, Read read) const
      -> std::optional<typename decltype(read(std::declval<Envelope&>()))::value_type> {
    if (!stored) return std::nullopt;
    auto proven = prove(root_.authority(role), *stored, size_max(role), read);
    if (!proven) return std::nullopt;
    return std::move(*proven);
  }

  // 5.4
  Status update_timestamp() {
    AIRLOCK_ASSIGN(const std::optional<Buffer> stored,
                   load(session_.store, name_of(Role::timestamp)));
    std::optional<Timestamp> known = trusted(Role::timestamp, stored, read_timestamp);
    AIRLOCK_ASSIGN(const Buffer file,
                   session_.fetcher.fetch("timestamp.json", size_max(Role::timestamp)));
    AIRLOCK_ASSIGN(Timestamp offered, prove(root_.authority(Role::timestamp), file,
                                            size_max(Role::timestamp), read_timestamp));
    if (known) {
      AIRLOCK_TRY(check_not_older(offered.head.version, known->head.version));
      if (offered.head.version == known->head.version) {  // 5.4.3.1: what we have stays
        timestamp_ = std::move(*known);
        return check_fresh(timestamp_.head, session_.now);
      }
      AIRLOCK_TRY(check_not_replaced(offered.snapshot, known->snapshot));
    }
    AIRLOCK_TRY(check_fresh(offered.head, session_.now));
    timestamp_ = std::move(offered);
    return session_.store.save(name_of(Role::timestamp), file);
  }

  // 5.5
  Status update_snapshot() {
    const NamedFile wanted = named(Role::snapshot, timestamp_.snapshot);
    AIRLOCK_ASSIGN(const std::optional<Buffer> stored, load(session_.store, wanted.role));
    std::optional<Snapshot> known = trusted(Role::snapshot, stored, read_snapshot);
    if (known && is_current(session_, wanted, known->head, *stored)) {
      snapshot_ = std::move(*known);
      return {};
    }
    AIRLOCK_ASSIGN(const Buffer file, fetch(session_, wanted));
    AIRLOCK_ASSIGN(Snapshot offered,
                   prove(wanted.by, file, size_max(Role::snapshot), read_snapshot));
    AIRLOCK_TRY(check_version(offered.head, wanted.entry.version));
    if (known) AIRLOCK_TRY(check_none_older(offered, *known));
    AIRLOCK_TRY(check_fresh(offered.head, session_.now));
    snapshot_ = std::move(offered);
    return session_.store.save(wanted.role, file);
  }

  Session session_;
  Root root_;
  Timestamp timestamp_;
  Snapshot snapshot_;
};

}  // namespace

Result<Repository> refresh(Store& store, Fetcher& fetcher, std::int64_t now, const Limits& limits) {
  return Refresh({store, fetcher, now, limits}).run();
}

Status follow_roots(Store& store, Fetcher& fetcher, const Limits& limits) {
  return Refresh({store, fetcher, 0, limits}).run_roots();
}

Result<Repository> rehearse(Store& store, Fetcher& fetcher, const MetaFile& snapshot,
                            std::int64_t now, const Limits& limits) {
  FileEntry entry{snapshot.version, snapshot.length, {}};
  entry.hashes.is_named = true;
  entry.hashes.sha256 = snapshot.sha256;
  return Refresh({store, fetcher, now, limits}).run_from(entry);
}

}  // namespace airlock::tuf
