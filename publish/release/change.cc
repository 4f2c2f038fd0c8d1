// What a person does to a repository's metadata: change its keys, renew it, sign what waits.
#include <algorithm>

#include "publish/release/desk.h"

namespace airlock::release {
namespace {

constexpr std::array<std::string_view, 2> kLists = {"targets", "snapshot"};

Answer<void> check_no_lists_wait(const Desk& desk) {
  if (desk.has_lists()) return Refusal::of(Code::draft_waits, desk.path("targets").string());
  return {};
}

Answer<Buffer> unsigned_file(const Result<std::string>& draft, const Path& about) {
  if (!draft) return Refusal::of(draft.error(), about.string());
  AIRLOCK_ASSIGN(const std::string file, tuf::join(*draft, {}));
  return Buffer(file.begin(), file.end());
}

Answer<void> draft_root(Desk& desk, const std::vector<tuf::RoleChange>& changes,
                        std::int64_t expires) {
  const std::uint64_t version = desk.root_version() + 1;
  const Buffer& from = desk.has("root") ? desk.file("root") : desk.root();
  const Path about = metadata_path(desk.repository(), version, "root");
  AIRLOCK_ASSIGN(Buffer file,
                 unsigned_file(tuf::next_root(from, version, expires, changes), about));
  desk.put("root", version, std::move(file));
  return {};
}

Answer<std::int64_t> expiry_of(Bytes file) {
  AIRLOCK_ASSIGN(const tuf::Outline outline, tuf::outline(file));
  return outline.expires;
}

// Whether one of the two ends so soon that it is to be renewed.
Answer<bool> is_due(const Newest& newest, const RenewOrder& order) {
  if (!order.within_seconds) return true;
  AIRLOCK_ASSIGN(const std::int64_t targets, expiry_of(newest.targets));
  AIRLOCK_ASSIGN(const std::int64_t snapshot, expiry_of(newest.snapshot));
  return std::min(targets, snapshot) - order.now <= *order.within_seconds;
}

}  // namespace

Answer<Buffer> root_to_change(const Path& repository) {
  AIRLOCK_ASSIGN(const Desk desk, Desk::open(repository));
  return desk.has("root") ? desk.file("root") : desk.root();
}

Answer<Settled> rotate(const RotateOrder& order) {
  AIRLOCK_ASSIGN(const file::File lock, lock_repository(order.repository));
  AIRLOCK_ASSIGN(Desk desk, Desk::open(order.repository));
  AIRLOCK_TRY(draft_root(desk, order.changes, order.now + order.valid_seconds));
  return answer_of(desk, OldKeys::at_hand, order.now);
}

Answer<void> draft_targets(Desk& desk, const tuf::TargetsChange& change, std::int64_t expires) {
  AIRLOCK_TRY(check_no_lists_wait(desk));
  AIRLOCK_ASSIGN(const Newest* newest, desk.newest());
  const std::uint64_t version = desk.next_version(newest->repository, "targets");
  const Path about = metadata_path(desk.repository(), version, "targets");
  AIRLOCK_ASSIGN(
      Buffer file,
      unsigned_file(tuf::next_targets(newest->targets, version, expires, change), about));
  desk.put("targets", version, std::move(file));
  return {};
}

Answer<Settled> renew(const RenewOrder& order) {
  AIRLOCK_ASSIGN(const file::File lock, lock_repository(order.repository));
  AIRLOCK_ASSIGN(Desk desk, Desk::open(order.repository));
  AIRLOCK_ASSIGN(const std::int64_t root_expires, expiry_of(desk.root()));
  if (!desk.has("root") && root_expires - order.now <= order.root_within_seconds) {
    AIRLOCK_TRY(draft_root(desk, {}, order.now + kRootValid));
  }
  AIRLOCK_TRY(check_each_signs(order.signers, kLists, desk.judges("targets", Rules::both)));
  AIRLOCK_ASSIGN(const Newest* newest, desk.newest());
  AIRLOCK_ASSIGN(const bool due, is_due(*newest, order));
  if (due) {
    AIRLOCK_TRY(draft_targets(desk, {}, order.now + order.valid_seconds));
    AIRLOCK_TRY(desk.complete(order.signers, rules_of(order.old_keys)));
  }
  AIRLOCK_TRY(settle_all(desk, order.old_keys, order.now));
  return answer_of(desk, order.old_keys, order.now);
}

namespace {

Answer<Desk> desk_with(const Path& repository, std::string_view role) {
  AIRLOCK_ASSIGN(Desk desk, Desk::open(repository));
  if (!desk.has(role)) {
    return Refusal::of(Code::not_found,
                       "a draft of " + std::string(role) + " in " + desk.path(role).string());
  }
  return desk;
}

Answer<Digest> digest_of(Bytes file, const Path& about) {
  AIRLOCK_ASSIGN(const tuf::Parts parts, naming(about, tuf::take_apart(file)));
  return crypto::sha256(bytes_of(parts.message));
}

// Puts what has more signatures in the draft's place. Targets that are complete change no more: the
// snapshot above names these very bytes.
Answer<void> replace_signed(Desk& desk, std::string_view role, Buffer more, Rules rules) {
  AIRLOCK_ASSIGN(const bool is_done, desk.is_complete(role, rules));
  const bool is_closed = role == "targets" && is_done;
  if (is_closed || more == desk.file(role)) {
    return Refusal::of(Code::already_signed, desk.path(role).string());
  }
  desk.put(role, desk.version(role), std::move(more));
  return {};
}

}  // namespace

Answer<Settled> sign_draft(const SignOrder& order) {
  AIRLOCK_ASSIGN(const file::File lock, lock_repository(order.repository));
  AIRLOCK_ASSIGN(Desk desk, desk_with(order.repository, order.role));
  const Path path = desk.path(order.role);
  AIRLOCK_ASSIGN(const Digest digest, digest_of(desk.file(order.role), path));
  if (digest != order.shown) return Refusal::of(Code::digest_mismatch, path.string());
  const Judges judges = desk.judges(order.role, Rules::both);
  const std::array<std::string_view, 1> roles = {order.role};
  AIRLOCK_TRY(check_each_signs(order.signers, roles, judges));
  AIRLOCK_ASSIGN(Buffer more, sign_file(order.role, desk.file(order.role), order.signers, judges));
  AIRLOCK_TRY(replace_signed(desk, order.role, std::move(more), rules_of(order.old_keys)));
  AIRLOCK_TRY(settle_all(desk, order.old_keys, order.now));
  return answer_of(desk, order.old_keys, order.now);
}

Answer<Settled> collect(const CollectOrder& order) {
  AIRLOCK_ASSIGN(const Buffer copy,
                 naming(order.copy, file::read(order.copy, tuf::kTargetsSizeMax)));
  AIRLOCK_ASSIGN(const tuf::Outline outline, naming(order.copy, tuf::outline(copy)));
  AIRLOCK_ASSIGN(const file::File lock, lock_repository(order.repository));
  AIRLOCK_ASSIGN(Desk desk, desk_with(order.repository, outline.type));
  const std::string& role = outline.type;
  AIRLOCK_ASSIGN(const Digest here, digest_of(desk.file(role), desk.path(role)));
  AIRLOCK_ASSIGN(const Digest there, digest_of(copy, order.copy));
  if (here != there) return Refusal::of(Code::digest_mismatch, order.copy.string());
  AIRLOCK_ASSIGN(Buffer more,
                 merge_signatures(role, desk.file(role), copy, desk.judges(role, Rules::both)));
  AIRLOCK_TRY(replace_signed(desk, role, std::move(more), rules_of(order.old_keys)));
  AIRLOCK_TRY(settle_all(desk, order.old_keys, order.now));
  return answer_of(desk, order.old_keys, order.now);
}

}  // namespace airlock::release
