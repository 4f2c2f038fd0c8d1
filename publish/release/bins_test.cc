// A repository whose targets lie in hash bins, with a device that watches each step.
#include <algorithm>

#include "publish/release/check.h"
#include "publish/release/power_test.h"
#include "publish/release/release_test.h"

namespace airlock::release {
namespace {

constexpr unsigned kBits = 2;
constexpr std::size_t kBins = 1U << kBits;

template <class T>
std::string told(const Answer<T>& answer) {
  return answer ? "" : code_in(answer.error());
}

class Bins : public Release {
 protected:
  Bins() {
    all_.push_back(std::move(roles_[kTargets]));
    all_.push_back(std::move(roles_[kSnapshot]));
    all_.push_back(new_key("bins"));
  }
  static RoleSigner new_key(const char* name) {
    return *role_signer(*keys::RepositoryKey::generate(keys::RepositoryKey::Type::p256), name);
  }
  RoleSigners all() const { return all_; }
  RoleSigners of_targets_and_snapshot() const { return {all_.data(), 2}; }
  RoleSigners of_snapshot() const { return {&all_[1], 1}; }
  RoleSigners of_snapshot_and_bins() const { return {&all_[1], 2}; }

  Answer<Settled> make_now(RoleSigners signers, const tuf::PublicKey& half, unsigned bits = kBits) {
    return make_bins({repository(), bits, {{half}}, signers, kTargetsValid, now_});
  }
  Answer<Settled> make_now() { return make_now(all(), all_[2].half); }
  Answer<Published> publish_by(RoleSigners signers, const Path& package) {
    return publish({package, repository(), keyring_, now_}, signers);
  }
  Path package(const std::string& version, std::uint32_t seed = 1) {
    return complete(recipe_of(version, image_of(seed, 20'000)));
  }
  // Publishes by the keys that bins need, and returns the target's path.
  std::string published(const std::string& version) {
    const auto made = publish_by(of_snapshot_and_bins(), package(version));
    EXPECT_EQ(told(made), "");
    return made ? made->target : "";
  }
  // What a device says of a target once the next timestamp is signed, from its first root on.
  Code seen(const std::string& path) {
    EXPECT_EQ(told(renew_timestamp(repository(), role(kTimestamp), kDay, now_)), "");
    Device device(repository() / kMetadataFolder);
    const auto found = tuf::refresh(device, device, now_ + 10);
    if (!found) return found.error().code;
    const auto target = found->find(path, device, device);
    return target ? Code::ok : target.error().code;
  }
  tuf::Repository newest() {
    EXPECT_EQ(told(renew_timestamp(repository(), role(kTimestamp), kDay, now_)), "");
    Device device(repository() / kMetadataFolder);
    return *tuf::refresh(device, device, now_ + 10);
  }
  Path file_of(const std::string& role, std::uint64_t version) {
    return repository() / kMetadataFolder / (std::to_string(version) + "." + role + ".json");
  }
  std::vector<Finding> findings() { return check({repository(), &keyring_, 0, 0, now_}).findings; }

  std::vector<RoleSigner> all_;
  std::int64_t now_ = kNow;
};

TEST_F(Bins, HoldWhatWasPublishedBeforeThem) {
  const auto first = publish_by(of_targets_and_snapshot(), package("1.0.0"));
  const auto second = publish_by(of_targets_and_snapshot(), package("1.1.0", 2));
  ASSERT_EQ(told(second), "");
  const auto made = make_now();
  ASSERT_EQ(told(made), "");
  EXPECT_TRUE(made->waiting.empty());
  EXPECT_EQ(made->installed.size(), kBins + 2);
  EXPECT_EQ(made->installed.back(), "4.snapshot.json");
  EXPECT_EQ(seen(first->target), Code::ok);
  EXPECT_EQ(seen(second->target), Code::ok);
  EXPECT_EQ(seen("firmware/none"), Code::target_missing);
  EXPECT_TRUE(newest().all().empty());
}

TEST_F(Bins, TakeAReleaseByTheirKeyAndTheSnapshotsAlone) {
  ASSERT_EQ(told(make_now()), "");
  const std::uint64_t targets = newest().version_of("targets");
  const auto made = publish_by(of_snapshot_and_bins(), package("1.0.0"));
  ASSERT_EQ(told(made), "");
  const std::string bin = newest().home_of(made->target);
  EXPECT_EQ(made->version, 2U);
  EXPECT_EQ(made->settled.installed,
            (std::vector<std::string>{"2." + bin + ".json", "3.snapshot.json"}));
  EXPECT_EQ(seen(made->target), Code::ok);
  EXPECT_EQ(newest().version_of("targets"), targets);
}

TEST_F(Bins, WaitForTheirKeyWhereItIsElsewhere) {
  ASSERT_EQ(told(make_now()), "");
  const auto made = publish_by(of_snapshot(), package("1.0.0"));
  ASSERT_EQ(told(made), "");
  EXPECT_TRUE(made->settled.installed.empty());
  ASSERT_EQ(made->settled.waiting.size(), 1U);
  const Waiting& draft = made->settled.waiting[0];
  EXPECT_EQ(draft.role, newest().home_of(made->target));
  EXPECT_EQ(draft.next, Step::sign);
  EXPECT_EQ(seen(made->target), Code::target_missing);
  EXPECT_EQ(publish_by(of_snapshot(), package("1.1.0")).error().error.code, Code::draft_waits);
  ASSERT_EQ(told(sign_draft(
                {repository(), draft.role, draft.digest, {&all_[2], 1}, OldKeys::at_hand, now_})),
            "");
  const auto waiting = look(repository(), OldKeys::at_hand, now_);
  ASSERT_EQ(waiting->size(), 2U);
  EXPECT_EQ((*waiting)[0].role, "snapshot");
  ASSERT_EQ(told(sign_draft({repository(), "snapshot", (*waiting)[0].digest, of_snapshot(),
                             OldKeys::at_hand, now_})),
            "");
  EXPECT_EQ(seen(made->target), Code::ok);
}

TEST_F(Bins, AreSignedByNobodyElse) {
  const RoleSigner stranger = new_key("stranger");
  EXPECT_EQ(told(make_now({&stranger, 1}, all_[2].half)), "no_role_for_key stranger");
  ASSERT_EQ(told(make_now()), "");
  EXPECT_EQ(told(publish_by({&stranger, 1}, package("1.0.0"))), "no_role_for_key stranger");
}

TEST_F(Bins, GoInOnlyWhenTheListAboveThemIsSigned) {
  const auto made = make_now(of_snapshot_and_bins(), all_[2].half);
  ASSERT_EQ(told(made), "");
  EXPECT_TRUE(made->installed.empty());
  EXPECT_EQ(made->waiting.size(), kBins + 1);
  EXPECT_EQ(seen("x"), Code::target_missing);
  EXPECT_EQ(newest().version_of("bin-0"), 0U);
  const Waiting& top = made->waiting[0];
  ASSERT_EQ(top.role, "targets");
  ASSERT_EQ(told(sign_draft({repository(), "targets", top.digest, of_targets_and_snapshot(),
                             OldKeys::at_hand, now_})),
            "no_role_for_key a key");  // of the snapshot
  ASSERT_EQ(told(sign_draft(
                {repository(), "targets", top.digest, {all_.data(), 1}, OldKeys::at_hand, now_})),
            "");
  const auto waiting = look(repository(), OldKeys::at_hand, now_);
  ASSERT_EQ((*waiting)[1].role, "snapshot");
  ASSERT_EQ(told(sign_draft({repository(), "snapshot", (*waiting)[1].digest, of_snapshot(),
                             OldKeys::at_hand, now_})),
            "");
  EXPECT_EQ(newest().version_of("bin-0"), 1U);
  EXPECT_TRUE(look(repository(), OldKeys::at_hand, now_)->empty());
}

TEST_F(Bins, AreDroppedWithTheListAboveThem) {
  ASSERT_EQ(told(make_now(of_snapshot_and_bins(), all_[2].half)), "");
  EXPECT_EQ(told(drop(repository(), "bin-9")),
            "not_found " + (repository() / "metadata/drafts").string());
  ASSERT_EQ(told(drop(repository(), "targets")), "");
  EXPECT_TRUE(look(repository(), OldKeys::at_hand, now_)->empty());
  ASSERT_EQ(told(make_now()), "");
}

TEST_F(Bins, AreGivenOtherKeysByTheListAboveThem) {
  ASSERT_EQ(told(make_now()), "");
  const std::string path = published("1.0.0");
  const RoleSigner old = std::move(all_[2]);
  all_[2] = new_key("fresh");
  ASSERT_EQ(told(make_now()), "");
  EXPECT_EQ(seen(path), Code::ok);
  EXPECT_EQ(told(publish_by({&old, 1}, package("1.1.0"))), "no_role_for_key bins");
  EXPECT_EQ(seen(published("1.1.0")), Code::ok);
}

TEST_F(Bins, StayAsManyAsTheyAre) {
  EXPECT_EQ(told(make_now(all(), all_[2].half, 0)), "out_of_range the number of bins");
  EXPECT_EQ(told(make_now(all(), all_[2].half, 14)), "out_of_range the number of bins");
  ASSERT_EQ(told(make_now()), "");
  EXPECT_EQ(told(make_now(all(), all_[2].half, kBits + 1)),
            "exists_already " + file_of("targets", 2).string());
}

TEST_F(Bins, AreRenewedWithWhatIsAboveThem) {
  ASSERT_EQ(told(make_now()), "");
  const std::string path = published("1.0.0");
  now_ += kTargetsValid - 10 * kDay;
  RenewOrder order{repository(), of_snapshot_and_bins()};
  order.within_seconds = 20 * kDay;
  order.root_within_seconds = 0;
  order.now = now_;
  order.signers = all();
  const auto renewed = renew(order);
  ASSERT_EQ(told(renewed), "");
  EXPECT_EQ(renewed->installed.size(), kBins + 2);
  now_ += 20 * kDay;
  EXPECT_EQ(seen(path), Code::ok);
}

TEST_F(Bins, HoldPlainFilesTooAndLetThemGo) {
  ASSERT_EQ(told(make_now()), "");
  ASSERT_TRUE(file::replace(folder_ / "file", bytes_of("x")));
  const auto add_as = [&](const char* path) {
    return told(add({repository(), {{folder_ / "file", path}}, {}, of_snapshot_and_bins(), now_}));
  };
  ASSERT_EQ(add_as("cli/tool"), "");
  EXPECT_EQ(seen("cli/tool"), Code::ok);
  const std::string path = published("1.0.0");
  const auto remove = [&](const std::string& named) {
    return told(add({repository(), {}, {named}, of_snapshot_and_bins(), now_}));
  };
  EXPECT_EQ(remove("cli/other"), "target_missing cli/other");
  ASSERT_EQ(remove("cli/tool"), "");
  EXPECT_EQ(seen("cli/tool"), Code::target_missing);
  EXPECT_EQ(seen(path), Code::ok);
}

TEST_F(Bins, LendTheBaseOfAPatchToTheCheckBeforePublishing) {
  ASSERT_EQ(told(make_now()), "");
  const Buffer old = image_of(1, 70'000);
  ASSERT_EQ(told(publish_by(of_snapshot_and_bins(), complete(recipe_of("1.0.0", old)))), "");
  Recipe next = recipe_of("1.1.0", changed(old));
  next.bases.push_back({"mcu", old});
  const auto made = publish_by(of_snapshot_and_bins(), complete(next));
  ASSERT_EQ(told(made), "");
  EXPECT_EQ(made->payloads_decoded, 2U);
  EXPECT_EQ(made->payloads_without_base, 0U);
}

TEST_F(Bins, HideNoNewerKeyringFromWhoeverPublishesByAnOlderOne) {
  ASSERT_EQ(told(make_now()), "");
  KeyringChanges changes;
  changes.replaced.push_back({"committee-1", {key("committee-3").public_key()}});
  const Buffer draft = *draft_keyring(keyring_, changes, now_);
  const Path next = folder_ / "next.cose";
  ASSERT_TRUE(
      file::create(next, *add_signatures(draft, {&key("root-1"), 1}, digest_of(draft), &keyring_)));
  ASSERT_EQ(told(publish_by(of_snapshot_and_bins(), next)), "");
  EXPECT_EQ(publish_by(of_snapshot_and_bins(), package("1.0.0")).error().error.code,
            Code::keyring_not_newest);
  const auto found = findings();
  EXPECT_TRUE(std::ranges::any_of(
      found, [](const Finding& one) { return one.error.code == Code::keyring_not_newest; }));
}

TEST_F(Bins, GoOnFromNoListThatADeviceWouldRefuse) {
  ASSERT_EQ(told(make_now()), "");
  const std::string path = published("1.0.0");
  const std::string bin = newest().home_of(path);
  const Path file = file_of(bin, 2);
  const Buffer honest = *file::read(file, tuf::kTargetsSizeMax);
  Buffer forged = honest;
  forged[forged.size() / 2] ^= 1;
  ASSERT_TRUE(file::replace(file, forged));
  EXPECT_EQ(told(publish_by(of_snapshot_and_bins(), package("1.0.0"))),
            "mixed_metadata " + file.string());
  EXPECT_EQ(findings()[0].error.code, Code::mixed_metadata);
  EXPECT_EQ(findings()[0].about, file.string());
  EXPECT_EQ(seen(path), Code::mixed_metadata);
  ASSERT_TRUE(file::remove_file(file));
  EXPECT_EQ(told(publish_by(of_snapshot_and_bins(), package("1.0.0"))),
            "not_found " + file.string());
  EXPECT_EQ(seen(path), Code::not_found);
  ASSERT_TRUE(file::replace(file, honest));
  EXPECT_EQ(told(publish_by(of_snapshot_and_bins(), package("1.0.0"))), "");
}

TEST_F(Bins, AreCheckedToTheLastTarget) {
  ASSERT_EQ(told(make_now()), "");
  const std::string path = published("1.0.0");
  newest();
  EXPECT_TRUE(findings().empty()) << name(findings()[0].error.code) << findings()[0].about;
  const Checked checked = check({repository(), &keyring_, 0, 0, now_});
  EXPECT_EQ(checked.delegated.size(), kBins);
  EXPECT_EQ(checked.packages, 1U);
  ASSERT_TRUE(file::create(file_of("bin-1", 77), bytes_of("left")));
  ASSERT_EQ(findings().size(), 1U);
  EXPECT_EQ(findings()[0].error.code, Code::unnamed_file);
}

TEST_F(Bins, APowerCutBetweenAnyTwoWritesHarmsNobody) {
  const auto first = publish_by(of_targets_and_snapshot(), package("1.0.0"));
  ASSERT_EQ(told(first), "");
  const auto unharmed = [&](int at) {
    ASSERT_EQ(seen(first->target), Code::ok) << "after " << at << " changes";
  };
  int cuts = cut_everywhere([&] { return make_now().has_value(); }, unharmed);
  EXPECT_GT(cuts, static_cast<int>(kBins) + 2);
  EXPECT_LT(cuts, 200);
  const Path next = package("1.1.0");
  cuts = cut_everywhere([&] { return publish_by(of_snapshot_and_bins(), next).has_value(); },
                        unharmed);
  EXPECT_GT(cuts, 6);
  EXPECT_LT(cuts, 200);
  EXPECT_EQ(seen(published("1.1.0")), Code::ok);
}

}  // namespace
}  // namespace airlock::release
