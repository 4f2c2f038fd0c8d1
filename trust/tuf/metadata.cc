#include "trust/tuf/internal/metadata.h"

#include "host/text/text.h"
#include "trust/tuf/internal/canonical.h"

namespace airlock::tuf::internal {
namespace {

using json::Node;

constexpr std::size_t kWordMax = 64;

// "1.0", "1.0.34": any version of the specification with our major.
Status check_spec_version(std::string_view text) {
  std::size_t parts = 0;
  for (std::size_t at = 0; at <= text.size(); ++parts) {
    const std::size_t end = std::min(text.find('.', at), text.size());
    const std::string_view part = text.substr(at, end - at);
    if (part.empty() || part.find_first_not_of("0123456789") != std::string_view::npos) {
      return fail(Code::bad_text);
    }
    if (parts == 0 && part != "1") return fail(Code::unsupported_version);
    at = end + 1;
  }
  if (parts < 2 || parts > 3) return fail(Code::bad_text);
  return {};
}

Result<Head> read_head_fields(Node signed_part, std::string_view type) {
  AIRLOCK_ASSIGN(const std::string_view stated, json::text(signed_part, "_type", kWordMax));
  if (stated != type) return fail(Code::wrong_type);
  AIRLOCK_ASSIGN(const std::string_view spec, json::text(signed_part, "spec_version", kWordMax));
  AIRLOCK_TRY(check_spec_version(spec));
  Head head;
  AIRLOCK_ASSIGN(const std::int64_t version, json::integer(signed_part, "version", 1, kVersionMax));
  head.version = static_cast<std::uint64_t>(version);
  AIRLOCK_ASSIGN(const std::string_view expires, json::text(signed_part, "expires", kWordMax));
  AIRLOCK_ASSIGN(head.expires, text::from_time(expires));
  return head;
}

Result<std::uint64_t> read_length(Node object) {
  AIRLOCK_ASSIGN(const std::int64_t length, json::integer(object, "length", 0, kVersionMax));
  return static_cast<std::uint64_t>(length);
}

Result<FileEntry> read_entry(Node object) {
  FileEntry entry;
  AIRLOCK_ASSIGN(const std::int64_t version, json::integer(object, "version", 1, kVersionMax));
  entry.version = static_cast<std::uint64_t>(version);
  if (object.member("length")) {
    AIRLOCK_ASSIGN(entry.length, read_length(object));
  }
  if (const auto hashes = object.member("hashes")) {
    AIRLOCK_ASSIGN(entry.hashes, read_hashes(*hashes));
  }
  return entry;
}

Result<Root> read_root_fields(Node signed_part) {
  Root root;
  AIRLOCK_ASSIGN(root.head, read_head_fields(signed_part, name_of(Role::root)));
  if (signed_part.member("consistent_snapshot")) {  // optional; absent means false
    AIRLOCK_ASSIGN(root.consistent_snapshot, json::boolean(signed_part, "consistent_snapshot"));
  }
  AIRLOCK_ASSIGN(const Node keys, json::object(signed_part, "keys"));
  AIRLOCK_ASSIGN(root.keys, read_keys(keys));
  AIRLOCK_ASSIGN(const Node roles, json::object(signed_part, "roles"));
  for (const Role role : kRoles) {
    AIRLOCK_ASSIGN(const Node rule, json::object(roles, name_of(role)));
    AIRLOCK_ASSIGN(root.rules[static_cast<std::size_t>(role)], read_rule(rule));
  }
  return root;
}

Result<Timestamp> read_timestamp_fields(Node signed_part) {
  Timestamp timestamp;
  AIRLOCK_ASSIGN(timestamp.head, read_head_fields(signed_part, name_of(Role::timestamp)));
  AIRLOCK_ASSIGN(const Node meta, json::object(signed_part, "meta"));
  AIRLOCK_ASSIGN(const Node snapshot, json::object(meta, "snapshot.json"));
  AIRLOCK_ASSIGN(timestamp.snapshot, read_entry(snapshot));
  return timestamp;
}

Result<Snapshot> read_snapshot_fields(Node signed_part) {
  Snapshot snapshot;
  AIRLOCK_ASSIGN(snapshot.head, read_head_fields(signed_part, name_of(Role::snapshot)));
  AIRLOCK_ASSIGN(const Node meta, json::object(signed_part, "meta"));
  AIRLOCK_TRY(json::object(meta, "targets.json"));
  for (const auto& [name, value] : meta.members()) {
    AIRLOCK_ASSIGN(FileEntry entry, read_entry(value));
    snapshot.files.emplace(name, std::move(entry));
  }
  return snapshot;
}

Result<Targets> read_targets_fields(Envelope& envelope) {
  const Node signed_part = envelope.signed_part;
  AIRLOCK_ASSIGN(const Head head, read_head_fields(signed_part, name_of(Role::targets)));
  AIRLOCK_ASSIGN(const Node targets, json::object(signed_part, "targets"));
  for (const auto& [path, target] : targets.members()) AIRLOCK_TRY(read_listing(target));
  AIRLOCK_ASSIGN(Delegations delegations, read_delegations(signed_part));
  return Targets{head, std::move(delegations),
                 std::make_shared<const json::Tree>(std::move(envelope.tree)), targets};
}

Result<Envelope> open_fields(Bytes file, std::size_t size_max) {
  AIRLOCK_ASSIGN(json::Tree tree, json::Tree::parse(text_of(file), size_max));
  AIRLOCK_ASSIGN(std::vector<Signature> signatures, read_signatures(tree.root()));
  AIRLOCK_ASSIGN(const Node signed_part, json::object(tree.root(), "signed"));
  Envelope envelope{std::move(tree), std::move(signatures), signed_part, {}, {}};
  envelope.in_file = canonical_in(text_of(file), "signed", signed_part);
  if (envelope.in_file.empty()) envelope.rebuilt = canonical(signed_part);
  return envelope;
}

}  // namespace

std::string_view name_of(Role role) {
  switch (role) {
    case Role::root: return "root";
    case Role::timestamp: return "timestamp";
    case Role::snapshot: return "snapshot";
    case Role::targets: return "targets";
  }
  broken_promise();
}

std::size_t size_max_of(Role role, const Limits& limits) {
  switch (role) {
    case Role::root: return limits.root_size;
    case Role::timestamp: return limits.timestamp_size;
    case Role::snapshot: return limits.snapshot_size;
    case Role::targets: return limits.targets_size;
  }
  broken_promise();
}

Result<Envelope> open_envelope(Bytes file, std::size_t size_max) {
  if (file.size() > size_max) return fail(Code::oversized, file.size());
  return as_bad_metadata(open_fields(file, size_max));
}

Result<Root> read_root(const Envelope& envelope) {
  return as_bad_metadata(read_root_fields(envelope.signed_part));
}
Result<Timestamp> read_timestamp(const Envelope& envelope) {
  return as_bad_metadata(read_timestamp_fields(envelope.signed_part));
}
Result<Snapshot> read_snapshot(const Envelope& envelope) {
  return as_bad_metadata(read_snapshot_fields(envelope.signed_part));
}
Result<Targets> read_targets(Envelope& envelope) {
  return as_bad_metadata(read_targets_fields(envelope));
}
Result<Head> read_head(const Envelope& envelope, std::string_view type) {
  return as_bad_metadata(read_head_fields(envelope.signed_part, type));
}

Result<Listing> read_listing(Node target) {
  Listing listing;
  AIRLOCK_ASSIGN(listing.length, read_length(target));
  AIRLOCK_ASSIGN(const Node hashes, json::object(target, "hashes"));
  AIRLOCK_ASSIGN(listing.hashes, read_hashes(hashes));
  if (target.member("custom")) {
    AIRLOCK_ASSIGN(listing.custom, json::object(target, "custom"));
  }
  return listing;
}

Result<Target> target_of(std::string_view path, Node target) {
  AIRLOCK_ASSIGN(const Listing listing, read_listing(target));
  const Hashes& hashes = listing.hashes;
  if (!hashes.sha256 && !hashes.sha512) return fail(Code::unsupported_algorithm);
  return Target{std::string(path), listing.length, hashes.sha256,
                listing.custom ? json::write(json::value_of(*listing.custom)) : "", hashes.sha512};
}

Status check_entry(const FileEntry& entry, Bytes file) {
  if (entry.length && *entry.length != file.size()) return fail(Code::mixed_metadata, file.size());
  if (!check_hashes(entry.hashes, file)) return fail(Code::mixed_metadata);
  return {};
}

}  // namespace airlock::tuf::internal
