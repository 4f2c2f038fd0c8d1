#include "device/agent/logged.h"

namespace airlock::agent {
namespace {

using package::TreeHead;
using translog::Fetcher;

// How the larger of the two trees grew from the smaller. Tiles that are not there prove nothing.
Result<std::vector<crypto::Digest>> growth_between(const TreeHead& a, const TreeHead& b,
                                                   Fetcher& log) {
  if (a.size == 0 || a.size == b.size) return std::vector<crypto::Digest>();
  translog::Tree tree(log, std::max(a.size, b.size));
  Result<std::vector<crypto::Digest>> path = tree.growth(std::min(a.size, b.size));
  if (path) return path;
  const Code code = path.error().code;
  if (code == Code::not_found || code == Code::log_damaged) return fail(Code::consistency_missing);
  return path;
}

// The checkpoint is the proof's last part, after its first empty line.
std::string note_in(std::string_view proof) {
  return std::string(proof.substr(proof.find("\n\n") + 2));
}

}  // namespace

Result<Seen> read_seen(const platform::Device& device, const package::LogPolicy& policy) {
  const Result<file::Buffer> stored = file::read(device.path(kSeenName), package::kNoteSizeMax);
  if (!stored && stored.error().code == Code::not_found) return Seen{};
  if (!stored && stored.error().code == Code::oversized) return Seen{};
  if (!stored) return std::unexpected(stored.error());
  const std::string_view note = text_of(*stored);
  const Result<package::Checkpoint> read = package::Checkpoint::parse(note);
  if (!read || !package::check_log_signature(*read, policy.origin, policy.key)) return Seen{};
  return Seen{read->head, std::string(note)};
}

Result<std::optional<Logged>> check_logged(const package::Keyring& keyring,
                                           const package::Manifest& manifest, Bytes proof,
                                           const Seen& seen, Fetcher& log) {
  const auto policy = package::log_for(keyring, manifest.kind);
  if (!policy) return std::nullopt;
  AIRLOCK_ASSIGN(const package::Included included,
                 package::prove_included(manifest.digest(), text_of(proof), *policy));
  AIRLOCK_ASSIGN(const auto path, growth_between(seen.head, included.head(), log));
  AIRLOCK_ASSIGN(const TreeHead next, package::follow(seen.head, included.head(), path));
  if (next == seen.head) return Logged{included, seen};
  return Logged{included, {next, note_in(text_of(proof))}};
}

slot::Record told_by(const slot::Record& record, const package::Manifest& manifest,
                     const std::optional<Logged>& logged) {
  const slot::Record told = slot::raise_time(record, manifest.created);
  return logged ? slot::raise_time(told, logged->included.witnessed().attested()) : told;
}

Status keep_seen(const platform::Device& device, const Logged& logged) {
  const file::Path path = device.path(kSeenName);
  AIRLOCK_TRY(file::make_folders(path.parent_path()));
  return file::replace(path, bytes_of(logged.next.note));
}

// There may be no network, which is no reason to say more than that the files are not there.
Result<file::Buffer> HandedLog::fetch(std::string_view path, std::size_t size_max) {
  Result<file::Buffer> handed = folder_.fetch(path, size_max);
  if (handed || handed.error().code != Code::not_found) return handed;
  Result<file::Buffer> served = server_.fetch(path, size_max);
  if (!served) return fail(Code::not_found);
  return served;
}

}  // namespace airlock::agent
