// How the file of a role comes to be trusted, whatever the role: every check that root's
// successors, timestamp, snapshot, top-level targets and delegated targets share exists here, once.
#pragma once

#include <string>
#include <string_view>

#include "trust/tuf/internal/metadata.h"
#include "trust/tuf/internal/names.h"

namespace airlock::tuf::internal {

// What a refresh and a search have in common: state, network, and one moment.
struct Session {
  Store& store;
  Fetcher& fetcher;
  std::int64_t now;
  Limits limits;
};

// A file that a higher role names.
struct NamedFile {
  std::string_view role;  // its name, as metadata spells it
  Role type;
  const FileEntry& entry;
  Authority by;
  bool consistent_snapshot;
};

// prove opens a file, counts its signatures by the rule of the delegating role, and only then reads
// it. Files of every role come through here, stored and fetched ones alike.
template <class Read>
auto prove(const Authority& by, Bytes file, std::size_t size_max, Read read)
    -> decltype(read(std::declval<Envelope&>())) {
  AIRLOCK_ASSIGN(Envelope envelope, open_envelope(file, size_max));
  AIRLOCK_TRY(check_threshold(envelope.message(), envelope.signatures, by));
  return read(envelope);
}

// check_fresh is metadata_expired where a file has expired at this moment.
Status check_fresh(const Head& head, std::int64_t now);
// check_version is mixed_metadata where a file is not of the version that a higher role names.
Status check_version(const Head& head, std::uint64_t version);
// check_not_older is metadata_rollback where a version fell below one that was trusted.
Status check_not_older(std::uint64_t version, std::uint64_t trusted);

// load returns the stored file of a role, or nothing where there is none (or one that no rule of
// ours wrote).
Result<std::optional<Buffer>> load(Store& store, std::string_view role);

// fetch fetches the file that a higher role names, under its length, and holds it against its
// entry.
Result<Buffer> fetch(const Session& session, const NamedFile& wanted);

// is_current says whether a stored file is the one that the higher role names now, and fresh.
bool is_current(const Session& session, const NamedFile& wanted, const Head& head, Bytes file);

// bring_targets returns the targets metadata that the snapshot names (5.6), from the store where it
// is there and this very delegating role vouches for it, else fetched and stored. It is one for the
// top-level role and for delegated ones.
Result<Targets> bring_targets(const Session& session, const NamedFile& wanted);

}  // namespace airlock::tuf::internal
