// The kinds of metadata as values that cannot be wrong, and how they are read.
//
// Reading has two steps: open_envelope parses a file once; after its signatures were counted over
// the canonical form of that very tree, read_root and its siblings take the signed part over.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "trust/tuf/internal/delegations.h"
#include "trust/tuf/internal/hashes.h"
#include "trust/tuf/internal/keys.h"
#include "trust/tuf/tuf.h"

namespace airlock::tuf::internal {

inline constexpr std::string_view kSpecVersion = "1.0.34";

// The top-level roles. Metadata of delegated roles is of the type `targets`.
enum class Role : std::uint8_t { root, timestamp, snapshot, targets };
inline constexpr std::array kRoles = {Role::root, Role::timestamp, Role::snapshot, Role::targets};

std::string_view name_of(Role role);
std::size_t size_max_of(Role role, const Limits& limits);

// A file, parsed once: who signed, what, and the bytes that the signatures are over. The file must
// outlive it.
struct Envelope {
  json::Tree tree;
  std::vector<Signature> signatures;
  json::Node signed_part;
  std::string_view in_file;            // the canonical form, where the file is compact ..
  std::optional<std::string> rebuilt;  // .. and where it is not

  std::string_view message() const { return rebuilt ? *rebuilt : in_file; }
};
Result<Envelope> open_envelope(Bytes file, std::size_t size_max);

// What every role's signed part begins with.
struct Head {
  std::uint64_t version = 0;
  std::int64_t expires = 0;
};

struct Root {
  Head head;
  bool consistent_snapshot = false;
  Keys keys;
  std::array<RoleRule, kRoles.size()> rules;

  Authority authority(Role role) const { return {keys, rules[static_cast<std::size_t>(role)]}; }
};

// What a higher role says of a lower one's file.
struct FileEntry {
  std::uint64_t version = 0;
  std::optional<std::uint64_t> length;
  Hashes hashes;
};

struct Timestamp {
  Head head;
  FileEntry snapshot;
};

struct Snapshot {
  Head head;
  std::map<std::string, FileEntry, std::less<>> files;  // "targets.json", ..
};

struct Listing {
  std::uint64_t length = 0;
  Hashes hashes;
  std::optional<json::Node> custom;
};

// The list of targets stays a parsed tree: every entry was read once, to prove that it can be, and
// is read again when somebody asks for it.
struct Targets {
  Head head;
  Delegations delegations;
  std::shared_ptr<const json::Tree> tree;
  json::Node targets;
};

// Errors of all: bad_metadata (at: what the reader below said), unsupported_version where
// spec_version is of another major.
Result<Root> read_root(const Envelope& envelope);
Result<Timestamp> read_timestamp(const Envelope& envelope);
Result<Snapshot> read_snapshot(const Envelope& envelope);
// read_targets takes the tree of the envelope over, whose other members stay.
Result<Targets> read_targets(Envelope& envelope);
Result<Head> read_head(const Envelope& envelope, std::string_view type);

Result<Listing> read_listing(json::Node target);

// target_of makes what the front door shows of a listing: unsupported_algorithm without a hash that
// is known here.
Result<Target> target_of(std::string_view path, json::Node target);

// check_entry holds a file's bytes against what the higher role says: mixed_metadata where its
// length or a hash differs. Nothing is parsed before.
Status check_entry(const FileEntry& entry, Bytes file);

// as_bad_metadata turns what a reader refused into the code of this door.
template <class T>
Result<T> as_bad_metadata(Result<T> result) {
  if (result || result.error().code == Code::unsupported_version) return result;
  return fail(Code::bad_metadata, result.error().at);
}

}  // namespace airlock::tuf::internal

namespace airlock::tuf {

// The metadata of one complete refresh.
struct Repository::State {
  internal::Root root;
  internal::Timestamp timestamp;
  internal::Snapshot snapshot;
  internal::Targets targets;
  std::int64_t now = 0;
  Limits limits;
};

}  // namespace airlock::tuf
