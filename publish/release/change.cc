// What a person does to a repository's metadata: change its keys, renew it, sign what waits.
#include <algorithm>

#include "publish/release/desk.h"

namespace airlock::release {
namespace {

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

bool is_due(std::int64_t expires, const RenewOrder& order) {
  return !order.within_seconds || expires - order.now <= *order.within_seconds;
}

// Whether one of the two ends so soon that it is to be renewed.
Answer<bool> are_due(const Newest& newest, const RenewOrder& order) {
  AIRLOCK_ASSIGN(const std::int64_t targets, expiry_of(newest.targets));
  AIRLOCK_ASSIGN(const std::int64_t snapshot, expiry_of(newest.snapshot));
  return is_due(std::min(targets, snapshot), order);
}

// The delegated roles that end so soon and that one of these keys signs. Whose keys are elsewhere
// are renewed there: `repo check` warns of them.
Answer<std::vector<std::string>> delegated_due(Newest& newest, const RenewOrder& order) {
  std::vector<std::string> made;
  AIRLOCK_ASSIGN(const std::string nothing, tuf::join("{}", {}));
  for (const auto& role : newest.survey()) {
    if (!role.judged || !is_due(role.expires, order)) continue;
    const auto tally = tuf::tally(newest.targets, role.role, bytes_of(nothing));
    const bool is_ours = tally && std::ranges::any_of(tally->yet_to_sign, [&](const auto& key) {
                           return std::ranges::any_of(order.signers, [&](const RoleSigner& signer) {
                             return signer.half.material == key.material;
                           });
                         });
    if (is_ours) made.push_back(role.role);
  }
  return made;
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

Answer<void> check_no_lists_wait(const Desk& desk) {
  if (!desk.has_lists()) return {};
  return Refusal::of(Code::draft_waits, desk.path(desk.lists().front()).string());
}

Answer<void> check_signers(const Desk& desk, RoleSigners signers) {
  constexpr std::array<std::string_view, 2> kSignedHere = {"targets", "snapshot"};
  AIRLOCK_ASSIGN(const Judges judges, desk.judges("targets", Rules::both));
  AIRLOCK_ASSIGN(const Buffer delegating, desk.delegating());
  return check_each_signs(signers, kSignedHere, judges, delegating);
}

Answer<void> draft_list(Desk& desk, std::string_view role, const tuf::TargetsChange& change,
                        std::int64_t expires) {
  AIRLOCK_ASSIGN(const Newest* newest, desk.newest());
  AIRLOCK_ASSIGN(const Buffer present, desk.present(role));
  const std::uint64_t version = desk.next_version(newest->repository, role);
  const Path about = metadata_path(desk.repository(), version, role);
  const auto next = present.empty() ? tuf::draft_targets(version, expires, change.put)
                                    : tuf::next_targets(present, version, expires, change);
  AIRLOCK_ASSIGN(Buffer file, unsigned_file(next, about));
  desk.put(role, version, std::move(file));
  return {};
}

Answer<void> draft_targets(Desk& desk, const tuf::TargetsChange& change, std::int64_t expires,
                           const std::string& role) {
  AIRLOCK_TRY(check_no_lists_wait(desk));
  AIRLOCK_ASSIGN(const Newest* newest, desk.newest());
  if (!role.empty()) {
    if (newest->repository.version_of(role) == 0) return Refusal::of(Code::not_found, role);
    return draft_list(desk, role, change, expires);
  }
  std::map<std::string, tuf::TargetsChange> by_role;
  for (const tuf::Target& target : change.put) {
    by_role[newest->repository.home_of(target.path)].put.push_back(target);
  }
  for (const std::string& path : change.removed) {
    by_role[newest->repository.home_of(path)].removed.push_back(path);
  }
  for (const auto& [home, own] : by_role) AIRLOCK_TRY(draft_list(desk, home, own, expires));
  return {};
}

Answer<Settled> renew(const RenewOrder& order) {
  AIRLOCK_ASSIGN(const file::File lock, lock_repository(order.repository));
  AIRLOCK_ASSIGN(Desk desk, Desk::open(order.repository));
  AIRLOCK_ASSIGN(const std::int64_t root_expires, expiry_of(desk.root()));
  if (!desk.has("root") && root_expires - order.now <= order.root_within_seconds) {
    AIRLOCK_TRY(draft_root(desk, {}, order.now + kRootValid));
  }
  AIRLOCK_TRY(check_signers(desk, order.signers));
  AIRLOCK_ASSIGN(Newest* const newest, desk.newest());
  AIRLOCK_ASSIGN(std::vector<std::string> due, delegated_due(*newest, order));
  AIRLOCK_ASSIGN(const bool is_top_due, are_due(*newest, order));
  if (is_top_due) due.emplace_back("targets");
  if (!due.empty()) {
    AIRLOCK_TRY(check_no_lists_wait(desk));
    for (const std::string& role : due) {
      AIRLOCK_TRY(draft_list(desk, role, {}, order.now + order.valid_seconds));
    }
    AIRLOCK_TRY(desk.complete(order.signers, rules_of(order.old_keys)));
  }
  AIRLOCK_TRY(settle_all(desk, order.old_keys, order.now));
  return answer_of(desk, order.old_keys, order.now);
}

namespace {

Answer<void> check_waits(const Desk& desk, std::string_view role) {
  if (desk.has(role)) return {};
  return Refusal::of(Code::not_found,
                     "a draft of " + std::string(role) + " in " + desk.path(role).string());
}

Answer<Digest> digest_of(Bytes file, const Path& about) {
  AIRLOCK_ASSIGN(const tuf::Parts parts, naming(about, tuf::take_apart(file)));
  return crypto::sha256(bytes_of(parts.message));
}

// Puts what has more signatures in the draft's place. Lists that are complete change no more: the
// snapshot above names these very bytes.
Answer<void> replace_signed(Desk& desk, std::string_view role, Buffer more, Rules rules) {
  AIRLOCK_ASSIGN(const bool is_done, desk.is_complete(role, rules));
  const bool is_closed = role != "root" && role != "snapshot" && is_done;
  if (is_closed || more == desk.file(role)) {
    return Refusal::of(Code::already_signed, desk.path(role).string());
  }
  desk.put(role, desk.version(role), std::move(more));
  return {};
}

}  // namespace

Answer<Settled> sign_draft(const SignOrder& order) {
  AIRLOCK_ASSIGN(const file::File lock, lock_repository(order.repository));
  AIRLOCK_ASSIGN(Desk desk, Desk::open(order.repository));
  AIRLOCK_TRY(check_waits(desk, order.role));
  const Path path = desk.path(order.role);
  AIRLOCK_ASSIGN(const Digest digest, digest_of(desk.file(order.role), path));
  if (digest != order.shown) return Refusal::of(Code::digest_mismatch, path.string());
  AIRLOCK_ASSIGN(const Judges judges, desk.judges(order.role, Rules::both));
  const std::array<std::string_view, 1> roles = {order.role};
  AIRLOCK_TRY(check_each_signs(order.signers, roles, judges));
  AIRLOCK_ASSIGN(Buffer more, sign_file(order.role, desk.file(order.role), order.signers, judges));
  AIRLOCK_TRY(replace_signed(desk, order.role, std::move(more), rules_of(order.old_keys)));
  AIRLOCK_TRY(settle_all(desk, order.old_keys, order.now));
  return answer_of(desk, order.old_keys, order.now);
}

namespace {

// The role of a copy: its type says it, but for delegated roles, whose type is that of targets.
std::string role_of_copy(const Desk& desk, const tuf::Outline& copy, const Digest& digest) {
  for (const std::string& role : desk.roles()) {
    const auto here = digest_of(desk.file(role), desk.path(role));
    if (here && *here == digest) return role;
  }
  return copy.type;
}

}  // namespace

Answer<Settled> collect(const CollectOrder& order) {
  AIRLOCK_ASSIGN(const Buffer copy,
                 naming(order.copy, file::read(order.copy, tuf::kTargetsSizeMax)));
  AIRLOCK_ASSIGN(const tuf::Outline outline, naming(order.copy, tuf::outline(copy)));
  AIRLOCK_ASSIGN(const Digest there, digest_of(copy, order.copy));
  AIRLOCK_ASSIGN(const file::File lock, lock_repository(order.repository));
  AIRLOCK_ASSIGN(Desk desk, Desk::open(order.repository));
  const std::string role = role_of_copy(desk, outline, there);
  AIRLOCK_TRY(check_waits(desk, role));
  AIRLOCK_ASSIGN(const Digest here, digest_of(desk.file(role), desk.path(role)));
  if (here != there) return Refusal::of(Code::digest_mismatch, order.copy.string());
  AIRLOCK_ASSIGN(const Judges judges, desk.judges(role, Rules::both));
  AIRLOCK_ASSIGN(Buffer more, merge_signatures(role, desk.file(role), copy, judges));
  AIRLOCK_TRY(replace_signed(desk, role, std::move(more), rules_of(order.old_keys)));
  AIRLOCK_TRY(settle_all(desk, order.old_keys, order.now));
  return answer_of(desk, order.old_keys, order.now);
}

}  // namespace airlock::release
