// A repository over time, with two devices that watch each step: one that was there from the
// beginning, and one that comes new.
#include "publish/release/repository.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "publish/release/power_test.h"
#include "trust/doors/doors.h"

namespace airlock::release {
namespace {

using Type = keys::RepositoryKey::Type;

constexpr std::int64_t kNow = 1'790'000'000;

std::string code_in(const Refusal& refusal) {
  return std::string(name(refusal.error.code)) + " " + refusal.about;
}
template <class T>
std::string told(const Answer<T>& answer) {
  return answer ? "" : code_in(answer.error());
}
template <class T>
Code code_of(const Answer<T>& answer) {
  return answer ? Code::ok : answer.error().error.code;
}

// A device that fetches from a folder and keeps what it trusts.
class Device final : public tuf::Store, public tuf::Fetcher {
 public:
  explicit Device(Path folder) : folder_(std::move(folder)) {
    kept_["root"] = *file::read(folder_ / "1.root.json", tuf::kRootSizeMax);
  }
  Result<Buffer> load(std::string_view role) override {
    const auto found = kept_.find(role);
    if (found == kept_.end()) return fail(Code::not_found);
    return found->second;
  }
  Status save(std::string_view role, Bytes bytes) override {
    kept_.insert_or_assign(std::string(role), Buffer(bytes.begin(), bytes.end()));
    return {};
  }
  Status remove(std::string_view role) override {
    if (const auto found = kept_.find(role); found != kept_.end()) kept_.erase(found);
    return {};
  }
  Result<Buffer> fetch(std::string_view name, std::size_t size_max) override {
    return file::read(folder_ / name, size_max);
  }
  Result<tuf::Repository> refresh(std::int64_t now) { return tuf::refresh(*this, *this, now); }

 private:
  Path folder_;
  std::map<std::string, Buffer, std::less<>> kept_;
};

// Who may sign: keys by names, several of which can be at hand together.
class Roles : public testing::Test {
 protected:
  Roles() {
    folder_ = std::filesystem::temp_directory_path() /
              ("airlock-repository-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    EXPECT_EQ(
        told(init_repository(
            repository(), {one("root"), one("targets"), one("snapshot"), half("timestamp")}, kNow)),
        "");
    EXPECT_EQ(told(offer("timestamp")), "");
    device_.emplace(repository() / kMetadataFolder);
    see();
  }
  ~Roles() override {
    file::set_interruption(nullptr);
    std::filesystem::remove_all(folder_);
  }

  Path repository() const { return folder_ / "repo"; }

  // A key of this name, made when it is first named; every second one is of P-256.
  const RoleSigner& one(const std::string& name) {
    auto found = signers_.find(name);
    if (found == signers_.end()) {
      const Type type = signers_.size() % 2 == 0 ? Type::ed25519 : Type::p256;
      std::vector<RoleSigner> made;
      made.push_back(*role_signer(*keys::RepositoryKey::generate(type), name));
      found = signers_.emplace(name, std::move(made)).first;
    }
    return found->second[0];
  }
  RoleSigners by(const std::string& name) {
    one(name);
    return signers_.find(name)->second;
  }
  tuf::PublicKey half(const std::string& name) { return one(name).half; }

  Answer<void> offer(const std::string& name) {
    return renew_timestamp(repository(), by(name), 30 * kDay, now_);
  }
  Answer<Settled> change(const std::string& role, std::vector<std::string> added,
                         std::vector<std::string> removed,
                         std::optional<std::uint32_t> threshold = std::nullopt) {
    tuf::RoleChange wanted{role, {}, {}, threshold};
    for (const std::string& name : added) wanted.added.push_back(half(name));
    for (const std::string& name : removed) wanted.removed.push_back(half(name).id);
    return rotate({repository(), {wanted}, kRootValid, now_});
  }
  std::vector<Waiting> waiting(OldKeys old_keys = OldKeys::at_hand) {
    const auto seen = look(repository(), old_keys, now_);
    EXPECT_EQ(told(seen), "");
    return seen ? *seen : std::vector<Waiting>{};
  }
  // The draft of a role, or one of nothing.
  Waiting draft(const std::string& role, OldKeys old_keys = OldKeys::at_hand) {
    for (const Waiting& one : waiting(old_keys)) {
      if (one.role == role) return one;
    }
    return {};
  }
  Answer<Settled> sign(const std::string& role, const std::string& name,
                       OldKeys old_keys = OldKeys::at_hand) {
    return sign_draft({repository(), role, draft(role).digest, by(name), old_keys, now_});
  }
  Answer<Settled> settle_now(OldKeys old_keys = OldKeys::at_hand) {
    return settle({repository(), old_keys, now_});
  }
  Answer<Settled> renew_by(RoleSigners signers, OldKeys old_keys = OldKeys::at_hand) {
    RenewOrder order{repository(), signers};
    order.old_keys = old_keys;
    order.now = now_;
    return renew(order);
  }
  // Several keys at hand at once; they move here from their names.
  RoleSigners together(const std::vector<std::string>& names) {
    std::vector<RoleSigner> all;
    for (const std::string& name : names) {
      one(name);
      auto node = signers_.extract(name);
      all.push_back(std::move(node.mapped()[0]));
    }
    return held_.emplace_back(std::move(all));
  }

  // Both devices refresh; what they see of the roles' versions.
  std::string see() {
    Device fresh(repository() / kMetadataFolder);
    const auto seen = device_->refresh(now_ + 10);
    const auto seen_new = fresh.refresh(now_ + 10);
    EXPECT_TRUE(seen.has_value()) << name(seen.error().code);
    EXPECT_TRUE(seen_new.has_value()) << name(seen_new.error().code);
    if (!seen || !seen_new) return "refused";
    return "root " + std::to_string(seen->version_of("root")) + ", targets " +
           std::to_string(seen->version_of("targets"));
  }
  Code see_code() {
    const auto seen = Device(repository() / kMetadataFolder).refresh(now_ + 10);
    return seen ? Code::ok : seen.error().code;
  }
  bool is_there(const std::string& name) const {
    return std::filesystem::exists(repository() / kMetadataFolder / name);
  }
  tuf::Outline outline_of(const std::string& name) const {
    return *tuf::outline(*file::read(repository() / kMetadataFolder / name, tuf::kTargetsSizeMax));
  }

  Path folder_;
  std::int64_t now_ = kNow;
  std::optional<Device> device_;
  std::map<std::string, std::vector<RoleSigner>> signers_;
  std::vector<std::vector<RoleSigner>> held_;
};

// ---- the root

TEST_F(Roles, ANewRootKeyNeedsTheOldRootAndTheNewOne) {
  const auto drafted = change("root", {"fresh"}, {"root"});
  ASSERT_EQ(told(drafted), "");
  ASSERT_EQ(drafted->waiting.size(), 1U);
  EXPECT_EQ(drafted->waiting[0].version, 2U);
  EXPECT_EQ(drafted->waiting[0].demands.size(), 2U);
  EXPECT_EQ(see(), "root 1, targets 1");
  ASSERT_EQ(told(sign("root", "fresh")), "");
  EXPECT_FALSE(is_there("2.root.json"));
  EXPECT_EQ(draft("root").next, Step::sign);
  const auto done = sign("root", "root");
  ASSERT_EQ(told(done), "");
  EXPECT_EQ(done->installed, std::vector<std::string>{"2.root.json"});
  EXPECT_TRUE(waiting().empty());
  EXPECT_EQ(see(), "root 2, targets 1");
}

TEST_F(Roles, ARaisedThresholdHoldsFromTheRootThatRaisesIt) {
  ASSERT_EQ(told(change("root", {"second"}, {}, 2)), "");
  ASSERT_EQ(told(sign("root", "root")), "");
  EXPECT_FALSE(is_there("2.root.json"));  // root 1 has enough; root 2 does not
  ASSERT_EQ(told(sign("root", "second")), "");
  EXPECT_EQ(see(), "root 2, targets 1");
  ASSERT_EQ(told(change("root", {}, {"root"}, 1)), "");
  ASSERT_EQ(told(sign("root", "second")), "");
  EXPECT_FALSE(is_there("3.root.json"));  // root 3 has enough; root 2 does not
  ASSERT_EQ(told(sign("root", "root")), "");
  EXPECT_EQ(see(), "root 3, targets 1");
}

TEST_F(Roles, ASecondChangeGoesOnFromTheFirstAndIsSignedAnew) {
  ASSERT_EQ(told(change("root", {"second"}, {}, 2)), "");
  ASSERT_EQ(told(sign("root", "root")), "");
  ASSERT_EQ(told(change("timestamp", {"next"}, {})), "");
  const Waiting both = draft("root");
  EXPECT_EQ(both.version, 2U);
  EXPECT_TRUE(both.demands[0].tally.signed_by.empty());
  const tuf::Outline shown = *tuf::outline(both.file);
  EXPECT_EQ(shown.roles[0].threshold, 2U);
  EXPECT_EQ(shown.roles[1].key_ids.size(), 2U);
}

TEST_F(Roles, NothingIsSignedButTheDigestThatWasShown) {
  ASSERT_EQ(told(change("timestamp", {"next"}, {})), "");
  EXPECT_EQ(code_of(sign_draft({repository(), "root", {}, by("root"), OldKeys::at_hand, now_})),
            Code::digest_mismatch);
  EXPECT_EQ(code_of(sign("root", "targets")), Code::no_role_for_key);
  EXPECT_EQ(code_of(sign("targets", "targets")), Code::not_found);
  EXPECT_TRUE(draft("root").demands[0].tally.signed_by.empty());
  ASSERT_EQ(told(change("root", {"second"}, {}, 2)), "");
  ASSERT_EQ(told(sign("root", "root")), "");
  EXPECT_EQ(code_of(sign("root", "root")), Code::already_signed);
}

TEST_F(Roles, SignaturesOfACopyCountAsFarAsTheyAreValid) {
  ASSERT_EQ(told(change("root", {"second"}, {}, 2)), "");
  const Waiting here = draft("root");
  const auto copy_signed_by = [&](const std::string& who, std::string_view message) {
    const tuf::Parts parts = *tuf::take_apart(here.file);
    const auto signature = one(who).key.sign(bytes_of(message));
    const std::string file = *tuf::join(parts.draft, {{half(who).id, *signature}});
    EXPECT_TRUE(file::replace(folder_ / "copy.json", bytes_of(file)));
    return collect({repository(), folder_ / "copy.json", OldKeys::at_hand, now_});
  };
  const std::string message = tuf::take_apart(here.file)->message;
  EXPECT_EQ(code_of(copy_signed_by("stranger", message)), Code::already_signed);
  EXPECT_EQ(code_of(copy_signed_by("second", message + " ")), Code::already_signed);
  ASSERT_EQ(told(copy_signed_by("second", message)), "");
  ASSERT_EQ(told(sign("root", "root")), "");
  EXPECT_EQ(see(), "root 2, targets 1");

  ASSERT_EQ(told(change("root", {}, {}, 1)), "");
  EXPECT_EQ(code_of(copy_signed_by("second", message)), Code::digest_mismatch);
}

TEST_F(Roles, ADroppedDraftIsGone) {
  EXPECT_EQ(code_of(drop(repository(), "")), Code::not_found);
  ASSERT_EQ(told(change("timestamp", {"next"}, {})), "");
  EXPECT_EQ(code_of(drop(repository(), "targets")), Code::not_found);
  ASSERT_EQ(told(drop(repository(), "root")), "");
  EXPECT_TRUE(waiting().empty());
}

TEST_F(Roles, ARootThatAnotherToolPublishedIsNotOverwritten) {
  ASSERT_EQ(told(change("timestamp", {"next"}, {})), "");
  const Path there = repository() / kMetadataFolder / "2.root.json";
  const std::string part = *tuf::next_root(
      *file::read(repository() / "metadata/1.root.json", 1 << 20), 2, now_ + kDay, {});
  const auto signature = one("root").key.sign(bytes_of(*tuf::message_of(part)));
  const std::string other = *tuf::join(part, {{half("root").id, *signature}});
  ASSERT_TRUE(file::create(there, bytes_of(other)));
  EXPECT_EQ(told(settle_now()), "exists_already " + there.string());
  EXPECT_EQ(told(offer("timestamp")), "");  // what is offered does not depend on drafts
  ASSERT_EQ(told(drop(repository(), "")), "");
  EXPECT_EQ(see(), "root 2, targets 1");
}

// ---- keys of the other roles

TEST_F(Roles, TheTimestampKeyChangesWithoutAGapWhereRootListsTheNextOneInAdvance) {
  ASSERT_EQ(told(change("timestamp", {"next"}, {})), "");
  ASSERT_EQ(told(sign("root", "root")), "");
  EXPECT_EQ(see(), "root 2, targets 1");
  ASSERT_EQ(told(offer("timestamp")), "");
  EXPECT_EQ(see(), "root 2, targets 1");

  ASSERT_EQ(told(change("timestamp", {}, {"timestamp"})), "");
  ASSERT_EQ(told(sign("root", "root")), "");
  const Waiting held = draft("root");  // what is offered was signed by the old key alone
  EXPECT_EQ(held.next, Step::timestamp);
  ASSERT_TRUE(held.obstacle);
  EXPECT_EQ(held.obstacle->error.code, Code::threshold_missing);
  EXPECT_EQ(see(), "root 2, targets 1");
  ASSERT_EQ(told(offer("next")), "");
  EXPECT_EQ(see(), "root 2, targets 1");
  ASSERT_EQ(told(settle_now()), "");
  EXPECT_EQ(see(), "root 3, targets 1");
  EXPECT_EQ(code_of(offer("timestamp")), Code::no_role_for_key);
  ASSERT_EQ(told(offer("next")), "");
  EXPECT_EQ(see(), "root 3, targets 1");
}

TEST_F(Roles, TheTimestampKeyIsReplacedWhileOldAndNewSignTogether) {
  ASSERT_EQ(told(change("timestamp", {"next"}, {"timestamp"})), "");
  ASSERT_EQ(told(sign("root", "root")), "");
  EXPECT_EQ(draft("root").next, Step::timestamp);
  ASSERT_EQ(told(renew_timestamp(repository(), together({"timestamp", "next"}), kDay, now_)), "");
  EXPECT_EQ(see(), "root 1, targets 1");
  ASSERT_EQ(told(settle_now()), "");
  EXPECT_EQ(see(), "root 2, targets 1");
}

TEST_F(Roles, TargetsAndSnapshotKeysAreReplacedAndNoDeviceIsOfferedWhatItRefuses) {
  ASSERT_EQ(told(change("targets", {"targets-2"}, {"targets"})), "");
  ASSERT_EQ(told(change("snapshot", {"snapshot-2"}, {"snapshot"})), "");
  ASSERT_EQ(told(sign("root", "root")), "");
  EXPECT_EQ(draft("root").next, Step::renew);
  EXPECT_EQ(see(), "root 1, targets 1");
  const auto renewed = renew_by(together({"targets", "targets-2", "snapshot", "snapshot-2"}));
  ASSERT_EQ(told(renewed), "");
  EXPECT_EQ(renewed->installed, (std::vector<std::string>{"2.targets.json", "2.snapshot.json"}));
  EXPECT_EQ(draft("root").next, Step::timestamp);  // the old ones are offered still
  EXPECT_EQ(see(), "root 1, targets 1");
  ASSERT_EQ(told(settle_now()), "");
  EXPECT_FALSE(is_there("2.root.json"));
  ASSERT_EQ(told(offer("timestamp")), "");
  EXPECT_EQ(see(), "root 1, targets 2");
  ASSERT_EQ(told(settle_now()), "");
  EXPECT_EQ(see(), "root 2, targets 2");
  ASSERT_EQ(told(change("timestamp", {"next"}, {})), "");
  EXPECT_EQ(draft("root").version, 3U);
}

TEST_F(Roles, RenewedMetadataWaitsForTheKeysOfBothRoots) {
  ASSERT_EQ(told(change("targets", {"targets-2"}, {"targets"})), "");
  ASSERT_EQ(told(renew_by(together({"targets", "snapshot"}))), "");
  const Waiting held = draft("targets");
  EXPECT_EQ(held.next, Step::sign);
  ASSERT_EQ(held.demands.size(), 2U);
  EXPECT_TRUE(held.demands[0].tally.is_met());
  EXPECT_FALSE(held.demands[1].tally.is_met());
  EXPECT_EQ(code_of(offer("timestamp")), Code::ok);
  EXPECT_EQ(see(), "root 1, targets 1");
  ASSERT_EQ(told(sign("targets", "targets-2")), "");
  EXPECT_EQ(draft("snapshot").next, Step::sign);  // made when targets were complete
  EXPECT_EQ(draft("targets").next, Step::others);
  EXPECT_EQ(code_of(sign("targets", "targets-2")), Code::already_signed);
}

TEST_F(Roles, ALostTargetsKeyIsReplacedByWhatTheNewRootVouchesFor) {
  ASSERT_EQ(told(change("targets", {"targets-2"}, {"targets"})), "");
  ASSERT_EQ(told(renew_by(together({"targets-2", "snapshot"}), OldKeys::lost)), "");
  EXPECT_EQ(draft("targets", OldKeys::lost).next, Step::others);
  EXPECT_EQ(draft("targets").next, Step::sign);
  const auto kept = sign("root", "root");  // without saying that the old key is lost
  ASSERT_EQ(told(kept), "");
  EXPECT_TRUE(kept->installed.empty());
  EXPECT_EQ(see(), "root 1, targets 1");
  const auto done = settle_now(OldKeys::lost);
  ASSERT_EQ(told(done), "");
  EXPECT_EQ(done->installed,
            (std::vector<std::string>{"2.targets.json", "2.snapshot.json", "2.root.json"}));
  EXPECT_EQ(see_code(), Code::threshold_missing);  // until the next timestamp
  ASSERT_EQ(told(offer("timestamp")), "");
  EXPECT_EQ(see(), "root 2, targets 2");
}

TEST_F(Roles, ALostTimestampKeyLeavesAGapOnlyUntilTheNextTimestamp) {
  ASSERT_EQ(told(change("timestamp", {"next"}, {"timestamp"})), "");
  ASSERT_EQ(told(sign("root", "root")), "");
  EXPECT_FALSE(is_there("2.root.json"));
  ASSERT_EQ(told(settle_now(OldKeys::lost)), "");
  EXPECT_TRUE(is_there("2.root.json"));
  ASSERT_EQ(told(offer("next")), "");
  EXPECT_EQ(see(), "root 2, targets 1");
}

TEST_F(Roles, ADeviceThatSawAThiefsTimestampComesBackByTheRootThatTakesHisKey) {
  const Path path = repository() / kMetadataFolder / "timestamp.json";
  const tuf::Outline honest = outline_of("timestamp.json");
  const tuf::MetaFile snapshot{honest.files[0].version, *honest.files[0].length,
                               *honest.files[0].sha256};
  const std::string part = *tuf::draft_timestamp(tuf::kVersionMax, now_ + kDay, snapshot);
  const auto signature = one("timestamp").key.sign(bytes_of(*tuf::message_of(part)));
  const std::string stolen = *tuf::join(part, {{half("timestamp").id, *signature}});
  ASSERT_TRUE(file::replace(path, bytes_of(stolen)));
  EXPECT_EQ(see(), "root 1, targets 1");
  EXPECT_EQ(code_of(offer("timestamp")), Code::out_of_range);  // there is no number above his

  ASSERT_EQ(told(change("timestamp", {"next"}, {"timestamp"})), "");
  ASSERT_EQ(told(sign("root", "root", OldKeys::lost)), "");
  ASSERT_EQ(told(offer("next")), "");
  EXPECT_EQ(outline_of("timestamp.json").version, 1U);
  EXPECT_EQ(see(), "root 2, targets 1");
}

// ---- renewing

TEST_F(Roles, AnExpiredRepositoryIsRenewedAndDevicesGoOn) {
  now_ = kNow + kRootValid + kDay;
  EXPECT_EQ(see_code(), Code::metadata_expired);
  ASSERT_EQ(told(renew_by(together({"targets", "snapshot"}))), "");
  EXPECT_EQ(draft("root").version, 2U);  // its end had come
  ASSERT_EQ(told(sign("root", "root")), "");
  ASSERT_EQ(told(offer("timestamp")), "");
  EXPECT_EQ(see(), "root 2, targets 2");
}

TEST_F(Roles, OnlyWhatEndsSoonIsRenewedWhereThatIsAskedFor) {
  RenewOrder order{repository(), by("targets")};
  order.within_seconds = 30 * kDay;
  order.now = kNow + kTargetsValid - 31 * kDay;
  auto renewed = renew(order);
  ASSERT_EQ(told(renewed), "");
  EXPECT_TRUE(renewed->waiting.empty());
  order.now = kNow + kTargetsValid - 29 * kDay;
  renewed = renew(order);
  ASSERT_EQ(told(renewed), "");
  EXPECT_EQ(renewed->waiting.size(), 2U);  // targets, and the snapshot that lacks its key
}

TEST_F(Roles, ARootIsDraftedAnewWhenItsEndIsNear) {
  now_ = kNow + kRootValid - 91 * kDay;
  ASSERT_EQ(told(renew_by(by("targets"))), "");
  EXPECT_EQ(draft("root").version, 0U);
  ASSERT_EQ(told(drop(repository(), "")), "");
  now_ = kNow + kRootValid - 89 * kDay;
  ASSERT_EQ(told(renew_by(by("targets"))), "");
  EXPECT_EQ(draft("root").version, 2U);
}

TEST_F(Roles, AnExpiredDraftDoesNotGoIn) {
  ASSERT_EQ(told(rotate({repository(), {{"timestamp", {half("next")}}}, kDay, now_})), "");
  now_ += 2 * kDay;
  ASSERT_EQ(told(sign("root", "root")), "");
  EXPECT_FALSE(is_there("2.root.json"));
  EXPECT_EQ(draft("root").next, Step::redo);
}

TEST_F(Roles, KeysThatMaySignNothingHereAreRefused) {
  EXPECT_EQ(told(renew_by(by("root"))), "no_role_for_key root");
  EXPECT_EQ(told(renew_by(by("stranger"))), "no_role_for_key stranger");
  EXPECT_TRUE(waiting().empty());
}

// ---- plain files

class Plain : public Roles {
 protected:
  Answer<Settled> add_file(const std::string& path, std::string_view bytes) {
    EXPECT_TRUE(file::replace(folder_ / "file", bytes_of(bytes)));
    if (held_.empty()) together({"targets", "snapshot"});
    return add({repository(), {{folder_ / "file", path}}, {}, held_.front(), now_});
  }
  std::vector<std::string> paths() {
    std::vector<std::string> made;
    EXPECT_EQ(told(offer("timestamp")), "");
    const auto seen = device_->refresh(now_);
    EXPECT_TRUE(seen.has_value());
    for (const tuf::Target& target : seen->all()) made.push_back(target.path);
    return made;
  }
};

TEST_F(Plain, FilesAreListedBesideWhatIsThereAndTheirBytesLieThere) {
  ASSERT_EQ(told(add_file("cli/tool", "one")), "");
  ASSERT_EQ(told(add_file("notes.txt", "two")), "");
  EXPECT_EQ(paths(), (std::vector<std::string>{"cli/tool", "notes.txt"}));
  ASSERT_EQ(told(add_file("cli/tool", "three")), "");
  EXPECT_EQ(paths().size(), 2U);
  const tuf::Target target = *device_->refresh(now_)->find("cli/tool");
  const Path place = repository() / "targets" / tuf::path_of_target(target, true);
  EXPECT_EQ(text_of(*file::read(place, 100)), "three");
}

TEST_F(Plain, FilesClaimNothingSoThatNoDoorTakesThemForAPackage) {
  ASSERT_EQ(told(add_file("tool", "x")), "");
  const tuf::Outline listed = outline_of("2.targets.json");
  EXPECT_FALSE(tuf::claims_a_package(listed.targets[0]));
  EXPECT_EQ(doors::check_agree(listed.targets[0], {}).error().code, Code::bad_metadata);
}

TEST_F(Plain, FilesTakeNoPathOfAPackageAndAreNone) {
  for (const char* path : {"firmware/1.0.0/x.cose", "keyring", "advisory/a", "fee-plugin/1/x.so"}) {
    EXPECT_EQ(told(add_file(path, "x")), "path_reserved " + std::string(path));
  }
  EXPECT_EQ(code_of(add_file("tool", "\xd8\x62\x84")), Code::is_a_package);
  for (const char* path : {"../up", "/abs", "a//b", ""}) {
    EXPECT_EQ(code_of(add_file(path, "x")), Code::bad_text) << path;
  }
  EXPECT_TRUE(paths().empty());
}

TEST_F(Plain, FilesMayLeaveAgainAndTheirBytesStay) {
  ASSERT_EQ(told(add_file("tool", "x")), "");
  const tuf::Target target = outline_of("2.targets.json").targets[0];
  ASSERT_EQ(told(add({repository(), {}, {"tool"}, held_.front(), now_})), "");
  EXPECT_TRUE(paths().empty());
  EXPECT_TRUE(
      std::filesystem::exists(repository() / "targets" / tuf::path_of_target(target, true)));
  EXPECT_EQ(told(add({repository(), {}, {"tool"}, held_.front(), now_})), "target_missing tool");
}

TEST_F(Plain, NothingElseIsAddedWhileADraftWaits) {
  EXPECT_TRUE(file::replace(folder_ / "file", bytes_of("x")));
  ASSERT_EQ(told(add({repository(), {{folder_ / "file", "a"}}, {}, by("targets"), now_})), "");
  EXPECT_EQ(draft("snapshot").next, Step::sign);
  EXPECT_EQ(code_of(add({repository(), {{folder_ / "file", "b"}}, {}, by("targets"), now_})),
            Code::draft_waits);
  ASSERT_EQ(told(sign("snapshot", "snapshot")), "");
  EXPECT_EQ(paths(), std::vector<std::string>{"a"});
}

TEST_F(Plain, TwoOfThreeSignATargetsListOneAfterTheOther) {
  ASSERT_EQ(told(change("targets", {"anna", "ben"}, {}, 2)), "");
  ASSERT_EQ(told(sign("root", "root")), "");
  ASSERT_EQ(told(renew_by(together({"targets", "anna", "snapshot"}))), "");
  ASSERT_EQ(told(offer("timestamp")), "");
  ASSERT_EQ(told(settle_now()), "");
  EXPECT_EQ(see(), "root 2, targets 2");
  EXPECT_TRUE(file::replace(folder_ / "file", bytes_of("x")));
  ASSERT_EQ(told(add({repository(), {{folder_ / "file", "a"}}, {}, by("ben"), now_})), "");
  EXPECT_EQ(draft("targets").demands[0].tally.signed_by.size(), 1U);
  EXPECT_FALSE(is_there("3.targets.json"));
  signers_["anna"].push_back(std::move(held_.front()[1]));
  ASSERT_EQ(told(sign("targets", "anna")), "");
  signers_["snapshot"].push_back(std::move(held_.front()[2]));
  ASSERT_EQ(told(sign("snapshot", "snapshot")), "");
  EXPECT_EQ(paths(), std::vector<std::string>{"a"});
}

TEST_F(Roles, APowerCutBetweenAnyTwoWritesOfARotationHarmsNobody) {
  const auto unharmed = [&](int at) {
    ASSERT_NE(see(), "refused") << "after " << at << " changes";
  };
  int cuts = cut_everywhere(
      [&] { return change("targets", {"targets-2"}, {"targets"}).has_value(); }, unharmed);
  EXPECT_GT(cuts, 3);
  cuts = cut_everywhere(
      [&] {
        const auto signed_now = sign("root", "root");
        return signed_now || signed_now.error().error.code == Code::already_signed;
      },
      unharmed);
  EXPECT_GT(cuts, 2);
  const RoleSigners all = together({"targets", "targets-2", "snapshot"});
  cuts = cut_everywhere([&] { return renew_by(all).has_value() && waiting().size() == 1; },
                        [&](int at) {
                          unharmed(at);
                          ASSERT_EQ(told(offer("timestamp")), "") << "after " << at << " changes";
                          unharmed(at);
                        });
  EXPECT_GT(cuts, 6);
  cuts = cut_everywhere([&] { return settle_now().has_value() && waiting().empty(); }, unharmed);
  EXPECT_GE(cuts, 2);
  EXPECT_TRUE(see().starts_with("root 2, "));
}

TEST_F(Roles, APowerCutWhileALostKeyIsReplacedLeavesWhatTheNextCallFinishes) {
  ASSERT_EQ(told(change("targets", {"targets-2"}, {"targets"})), "");
  ASSERT_EQ(told(renew_by(together({"targets-2", "snapshot"}), OldKeys::lost)), "");
  ASSERT_EQ(told(sign("root", "root")), "");
  const int cuts =
      cut_everywhere([&] { return settle_now(OldKeys::lost).has_value() && waiting().empty(); },
                     [&](int at) {
                       if (!is_there("2.root.json")) {
                         ASSERT_EQ(see(), "root 1, targets 1") << at;
                       }
                     });
  EXPECT_GE(cuts, 6);
  ASSERT_EQ(told(offer("timestamp")), "");
  EXPECT_EQ(see(), "root 2, targets 2");
}

}  // namespace
}  // namespace airlock::release
