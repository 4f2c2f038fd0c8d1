#include "core/package/inclusion.h"

#include "core/package/internal/lines.h"

namespace airlock::package {
namespace {

using codec::read_decimal;
using internal::read_hash;
using internal::take_line;

constexpr std::string_view kProofStart = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtraStart = "extra ";
constexpr std::string_view kIndexStart = "index ";
constexpr std::string_view kOldStart = "old ";

Result<std::uint64_t> read_numbered(std::string_view line, std::string_view start) {
  if (!line.starts_with(start)) return fail(Code::bad_text);
  return read_decimal(text_of(bytes_of(line).subspan(start.size())), kLogSizeMax);
}

// Hashes, one a line, up to the empty line that ends them.
Result<LogPath> take_path(std::string_view& text) {
  LogPath path;
  while (true) {  // ends by too_many at the latest
    AIRLOCK_ASSIGN(const std::string_view line, take_line(text));
    if (line.empty()) return path;
    AIRLOCK_ASSIGN(const Digest hash, read_hash(line));
    AIRLOCK_TRY(path.add(hash));
  }
}

}  // namespace

Result<LogProof> LogProof::parse(std::string_view text) {
  if (text.size() > kProofSizeMax) return fail(Code::oversized, text.size());
  AIRLOCK_ASSIGN(std::string_view line, take_line(text));
  if (line != kProofStart) return fail(Code::wrong_magic);
  AIRLOCK_ASSIGN(line, take_line(text));
  if (line.starts_with(kExtraStart)) {
    AIRLOCK_TRY(codec::check_base64(text_of(bytes_of(line).subspan(kExtraStart.size()))));
    AIRLOCK_ASSIGN(line, take_line(text));
  }
  LogProof proof;
  AIRLOCK_ASSIGN(proof.index, read_numbered(line, kIndexStart));
  AIRLOCK_ASSIGN(proof.path, take_path(text));
  AIRLOCK_ASSIGN(proof.checkpoint, Checkpoint::parse(text));
  return proof;
}

std::optional<LogPolicy> log_for(const Keyring& keyring, Kind kind) {
  return kind == Kind::keyring ? std::nullopt : keyring.log();
}

Result<Included> prove_included(const Digest& manifest, std::string_view text,
                                const LogPolicy& policy) {
  if (text.empty()) return fail(Code::proof_missing);
  AIRLOCK_ASSIGN(const LogProof& proof, LogProof::parse(text));
  AIRLOCK_ASSIGN(const Witnessed& witnessed, check_witnessed(proof.checkpoint, policy));
  AIRLOCK_TRY(verify_inclusion(leaf_hash(manifest.bytes), proof.index, witnessed.head().size,
                               proof.path, witnessed.head().root));
  return Included(proof.index, witnessed);
}

Result<Growth> Growth::take(std::string_view& text) {
  AIRLOCK_ASSIGN(const std::string_view line, take_line(text));
  Growth growth;
  AIRLOCK_ASSIGN(growth.old_size, read_numbered(line, kOldStart));
  AIRLOCK_ASSIGN(growth.path, take_path(text));
  return growth;
}

Result<TreeHead> follow(const TreeHead& seen, const TreeHead& found, std::span<const Digest> path) {
  if (seen.size == 0) return found;
  if (seen.size == found.size) {
    if (seen.root != found.root) return fail(Code::log_forked, found.size);
    return seen;
  }
  if (path.empty()) return fail(Code::consistency_missing, found.size);
  const bool grew = seen.size < found.size;
  const TreeHead& before = grew ? seen : found;
  const TreeHead& after = grew ? found : seen;
  if (!verify_consistency(before, after, path)) return fail(Code::log_forked, found.size);
  return after;
}

}  // namespace airlock::package
