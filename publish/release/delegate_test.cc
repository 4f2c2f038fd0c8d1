// A repository with a team that signs for its own paths.
#include <algorithm>

#include "publish/release/check.h"
#include "publish/release/release_test.h"

namespace airlock::release {
namespace {

template <class T>
std::string told(const Answer<T>& answer) {
  return answer ? "" : code_in(answer.error());
}

class Teams : public Release {
 protected:
  Teams() {
    all_.push_back(std::move(roles_[kTargets]));
    all_.push_back(std::move(roles_[kSnapshot]));
    all_.push_back(new_key());
  }
  static RoleSigner new_key() {
    return *role_signer(*keys::RepositoryKey::generate(keys::RepositoryKey::Type::ed25519),
                        "team's");
  }
  RoleSigners of_snapshot_and_team() const { return {&all_[1], 2}; }

  DelegateOrder order_of(const std::string& name, std::vector<std::string> paths) const {
    return {repository(), {{{name, {{all_[2].half}}}}, std::move(paths)}, all_, kDay, kNow};
  }
  Answer<Settled> delegate_now(const std::string& paths = "firmware/*/demo-*") {
    return delegate(order_of("team", {paths}));
  }
  Answer<Published> publish_as(const std::string& role, const std::string& version) {
    const Path package = complete(recipe_of(version, image_of(1, 20'000)));
    return publish({package, repository(), keyring_, kNow, role}, of_snapshot_and_team());
  }
  Code seen(const std::string& path) {
    EXPECT_EQ(told(offer_now()), "");
    Device device(repository() / kMetadataFolder);
    const auto found = device.refresh();
    if (!found) return found.error().code;
    const auto target = found->find(path, device, device);
    return target ? Code::ok : target.error().code;
  }

  std::vector<RoleSigner> all_;
};

TEST_F(Teams, ListTheirReleasesByTheirKeyAndTheSnapshotsAlone) {
  const auto made = delegate_now();
  ASSERT_EQ(told(made), "");
  EXPECT_EQ(made->installed,
            (std::vector<std::string>{"1.team.json", "2.targets.json", "2.snapshot.json"}));
  const auto published = publish_as("team", "1.0.0");
  ASSERT_EQ(told(published), "");
  EXPECT_EQ(published->settled.installed,
            (std::vector<std::string>{"2.team.json", "3.snapshot.json"}));
  EXPECT_EQ(seen(published->target), Code::ok);
}

// Another tool, or a program by this room, may have written roles that must agree (TAP 3).
TEST_F(Teams, AreNotAddedWhereSeveralRolesMustAgree) {
  DelegateOrder both = order_of("team", {"cli/*"});
  both.delegation.roles.push_back({"other", {{all_[2].half}}});
  ASSERT_EQ(told(delegate(both)), "");
  const std::string targets = (repository() / kMetadataFolder / "2.targets.json").string();
  EXPECT_EQ(told(delegate_now()), "exists_already " + targets);
  EXPECT_EQ(told(undelegate(order_of("team", {}))), "exists_already " + targets);
}

TEST_F(Teams, ListNothingThatIsNotTheirs) {
  ASSERT_EQ(told(delegate_now("cli/*")), "");
  const auto published = publish_as("team", "1.0.0");
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().error.code, Code::self_check_failed);
  EXPECT_TRUE(published.error().about.starts_with("target_missing firmware/1.0.0/"));
  EXPECT_EQ(told(publish_as("others", "1.0.0")), "not_found others");
}

TEST_F(Teams, KeepWhatTheyListWhereTheirKeyOrTheirPathsChange) {
  ASSERT_EQ(told(delegate_now()), "");
  const auto published = publish_as("team", "1.0.0");
  ASSERT_EQ(told(published), "");
  all_[2] = new_key();
  ASSERT_EQ(told(delegate_now()), "");
  EXPECT_EQ(seen(published->target), Code::ok);
  ASSERT_EQ(told(delegate_now("cli/*")), "");
  EXPECT_EQ(seen(published->target), Code::target_missing);
  ASSERT_EQ(told(delegate_now()), "");
  EXPECT_EQ(seen(published->target), Code::ok);
}

TEST_F(Teams, AreTakenBackWithWhatTheyList) {
  ASSERT_EQ(told(delegate_now()), "");
  const auto published = publish_as("team", "1.0.0");
  ASSERT_EQ(told(published), "");
  DelegateOrder back = order_of("team", {});
  EXPECT_EQ(told(undelegate(back)), "no_role_for_key team's");
  back.signers = {all_.data(), 2};
  ASSERT_EQ(told(undelegate(back)), "");
  EXPECT_EQ(seen(published->target), Code::target_missing);
  EXPECT_EQ(told(undelegate(back)), "not_found team");
  const Checked checked = check({repository(), &keyring_, 0, 0, kNow});
  EXPECT_EQ(checked.worst, Level::note);
  ASSERT_EQ(told(delegate_now()), "");  // and begin anew
  EXPECT_EQ(seen(published->target), Code::target_missing);
}

TEST_F(Teams, StandBesideEachOtherAndNotBesideBins) {
  ASSERT_EQ(told(delegate_now()), "");
  ASSERT_EQ(told(delegate(order_of("others", {"other/*"}))), "");
  const auto published = publish_as("team", "1.0.0");
  ASSERT_EQ(told(published), "");
  EXPECT_EQ(seen(published->target), Code::ok);
  EXPECT_EQ(make_bins({repository(), 2, {{all_[2].half}}, all_, kDay, kNow}).error().error.code,
            Code::exists_already);
  for (const char* name : {"", "root", "timestamp", "a/b", "a.b", "..", "a b"}) {
    EXPECT_EQ(delegate(order_of(name, {"x/*"})).error().error.code, Code::bad_text) << name;
  }
  EXPECT_EQ(delegate(order_of("x", {"[a]"})).error().error.code, Code::bad_metadata);
}

}  // namespace
}  // namespace airlock::release
