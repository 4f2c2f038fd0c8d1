#include "trust/tuf/internal/roles.h"

#include <algorithm>

namespace airlock::tuf::internal {

Status check_fresh(const Head& head, std::int64_t now) {
  if (head.expires <= now) return fail(Code::metadata_expired, head.version);
  return {};
}

Status check_version(const Head& head, std::uint64_t version) {
  if (head.version != version) return fail(Code::mixed_metadata, head.version);
  return {};
}

Status check_not_older(std::uint64_t version, std::uint64_t trusted) {
  if (version < trusted) return fail(Code::metadata_rollback, version);
  return {};
}

Result<std::optional<Buffer>> load(Store& store, std::string_view role) {
  auto stored = store.load(role);
  if (stored) return std::move(*stored);
  const Code code = stored.error().code;
  if (code == Code::not_found || code == Code::oversized) return std::nullopt;
  return std::unexpected(stored.error());
}

Result<Buffer> fetch(const Session& session, const NamedFile& wanted) {
  const FileEntry& entry = wanted.entry;
  std::string name = encoded(wanted.role) + ".json";
  if (wanted.consistent_snapshot) name = std::to_string(entry.version) + "." + name;
  const std::size_t limit = size_max_of(wanted.type, session.limits);
  const bool is_stated = entry.length && *entry.length <= limit;
  auto file =
      session.fetcher.fetch(name, is_stated ? static_cast<std::size_t>(*entry.length) : limit);
  if (!file && file.error().code == Code::oversized && is_stated) {
    return fail(Code::mixed_metadata, file.error().at);  // longer than what was signed
  }
  if (!file) return file;
  AIRLOCK_TRY(check_entry(entry, *file));
  return file;
}

bool is_current(const Session& session, const NamedFile& wanted, const Head& head, Bytes file) {
  return check_entry(wanted.entry, file) && check_version(head, wanted.entry.version) &&
         check_fresh(head, session.now);
}

namespace {

// The stored file, where it is still what the snapshot names. What it takes is free again before
// another one is fetched.
Result<std::optional<Targets>> stored_targets(const Session& session, const NamedFile& wanted) {
  AIRLOCK_ASSIGN(const std::optional<Buffer> stored, load(session.store, wanted.role));
  if (!stored || !check_entry(wanted.entry, *stored)) return std::nullopt;
  auto proven = prove(wanted.by, *stored, session.limits.targets_size, read_targets);
  if (!proven || !is_current(session, wanted, proven->head, *stored)) return std::nullopt;
  return std::move(*proven);
}

}  // namespace

Result<Targets> bring_targets(const Session& session, const NamedFile& wanted) {
  AIRLOCK_ASSIGN(std::optional<Targets> stored, stored_targets(session, wanted));
  if (stored) return std::move(*stored);
  AIRLOCK_ASSIGN(const Buffer file, fetch(session, wanted));
  AIRLOCK_ASSIGN(Targets offered,
                 prove(wanted.by, file, session.limits.targets_size, read_targets));
  AIRLOCK_TRY(check_version(offered.head, wanted.entry.version));
  AIRLOCK_TRY(check_fresh(offered.head, session.now));
  AIRLOCK_TRY(session.store.save(wanted.role, file));
  return offered;
}

}  // namespace airlock::tuf::internal
