#include <array>

#include "core/minimal/internal.h"

namespace airlock::minimal {
namespace {

// Lines "<key> <signature>", keys strictly ascending, so that none is there twice. Whoever is not
// listed, and a signature that does not fit, does no harm.
Status check_threshold(const Given& given, const Root& root) {
  using Key = std::array<std::uint8_t, crypto::kEd25519KeySize>;
  if (given.signatures.size() > kKeysMax * kSignatureLineSize) {
    return fail(Code::oversized, given.signatures.size());
  }
  Cursor cursor(given.signatures);
  std::size_t count = 0;
  for (Key key{}, before{}; !cursor.is_done(); before = key) {
    std::array<std::uint8_t, crypto::kCurveSignatureSize> signature{};
    AIRLOCK_TRY(cursor.take_hex(key));
    AIRLOCK_TRY(cursor.take(" "));
    AIRLOCK_TRY(cursor.take_hex(signature));
    AIRLOCK_TRY(cursor.take("\n"));
    if (key <= before) return cursor.here();
    const auto listed = std::find_if(root.keys.begin(), root.keys.end(),
                                     [&](const auto& one) { return equal(one.view(), key); });
    if (listed == root.keys.end()) continue;
    const std::array<Bytes, 1> message = {bytes_of(given.metadata)};
    if (crypto::verify(*listed, message, signature)) ++count;
  }
  AIRLOCK_CHECK(root.threshold >= 1);
  if (count < root.threshold) return fail(Code::threshold_missing, count);
  return {};
}

// "<path>":{"length":N,"sha256":"<64 hex>"}
Result<Target> take_target(Cursor& cursor) {
  Target target;
  AIRLOCK_TRY(cursor.take("\""));
  AIRLOCK_ASSIGN(target.path, cursor.take_until('"'));
  if (!is_path(target.path)) return cursor.here();
  AIRLOCK_TRY(cursor.take("\":{\"length\":"));
  AIRLOCK_ASSIGN(target.length, cursor.take_number());
  AIRLOCK_TRY(cursor.take(",\"sha256\":\""));
  AIRLOCK_TRY(cursor.take_hex(target.sha256.bytes));
  AIRLOCK_TRY(cursor.take("\"}"));
  return target;
}

// All of them, paths strictly ascending; returns what stands between the braces.
Result<std::string_view> take_targets(Cursor& cursor) {
  const std::string_view from = cursor.rest();
  const std::size_t begin = cursor.place();
  if (!from.starts_with('}')) {
    std::string_view before;
    do {
      AIRLOCK_ASSIGN(const Target target, take_target(cursor));
      if (target.path <= before) return cursor.here();
      before = target.path;
    } while (cursor.skip(","));
  }
  return std::string_view(from.data(), cursor.place() - begin);
}

Status check_seen(const Seen& found, const Seen& seen) {
  if (found.version < seen.version) return fail(Code::metadata_rollback, found.version);
  const bool is_other = found.version == seen.version && found.digest != seen.digest;
  if (is_other) return fail(Code::mixed_metadata, found.version);
  return {};
}

}  // namespace

bool is_path(std::string_view path) {
  return path.size() <= kPathSizeMax && codec::is_plain_path(path) &&
         std::find(path.begin(), path.end(), '"') == path.end();
}

Result<Metadata> read_list(std::string_view text) {
  Metadata made;
  Cursor cursor(text);
  AIRLOCK_TRY(cursor.take("{\"expires\":\""));
  AIRLOCK_ASSIGN(const std::string_view expires, cursor.take_until('"'));
  const Result<std::int64_t> time = codec::read_time(expires);
  if (!time) return cursor.here();
  made.expires_ = *time;
  AIRLOCK_TRY(cursor.take("\",\"targets\":{"));
  AIRLOCK_ASSIGN(made.targets_, take_targets(cursor));
  AIRLOCK_TRY(cursor.take("},\"version\":"));
  AIRLOCK_ASSIGN(made.seen_.version, cursor.take_number());
  AIRLOCK_TRY(cursor.take("}"));
  if (!cursor.is_done() || made.seen_.version == 0) return cursor.here();
  made.seen_.digest = crypto::sha256(bytes_of(text));
  return made;
}

Result<Metadata> prove(const Given& given, const Root& root, const Seen& seen, std::int64_t now) {
  if (given.metadata.size() > kMetadataSizeMax) return fail(Code::oversized, given.metadata.size());
  AIRLOCK_TRY(check_threshold(given, root));
  AIRLOCK_ASSIGN(Metadata made, read_list(given.metadata));
  if (made.expires() <= now) return fail(Code::metadata_expired, made.version());
  AIRLOCK_TRY(check_seen(made.seen(), seen));
  return made;
}

std::optional<Target> Metadata::next(std::size_t& place) const {
  Cursor cursor(targets_);
  if (!cursor.take_bytes(place) || cursor.is_done()) return std::nullopt;
  const Result<Target> target = take_target(cursor);
  AIRLOCK_CHECK(target);  // prove has read it
  cursor.skip(",");
  place = cursor.place();
  return *target;
}

Result<Target> Metadata::find(std::string_view path) const {
  std::size_t place = 0;
  while (const std::optional<Target> target = next(place)) {
    if (target->path == path) return *target;
  }
  return fail(Code::target_missing);
}

Status TargetCheck::update(Bytes bytes) {
  if (bytes.size() > target_.length - length_) return fail(Code::target_mismatch, length_);
  length_ += bytes.size();
  hash_.update(bytes);
  return {};
}

Status TargetCheck::finish() {
  const bool is_same = length_ == target_.length && hash_.finish() == target_.sha256;
  if (!is_same) return fail(Code::target_mismatch, length_);
  return {};
}

}  // namespace airlock::minimal
