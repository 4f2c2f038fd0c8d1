// How much a delegating role may say, and that a reader counts before it looks.
#include <gtest/gtest.h>

#include "tests/fakes/signers.h"
#include "trust/tuf/internal/fake_repository.h"

namespace airlock::tuf::internal {
namespace {

using json::Value;

FakeSigner signer(const char* name) {
  return fake_signer(fakes::Signer(name, crypto::Algorithm::eddsa));
}

class DelegationLimits : public testing::Test {
 protected:
  Code code() {
    repository.publish();
    MemoryStore store{repository.file("1.root.json")};
    const auto found = refresh(store, repository, FakeRepository::kNow);
    if (!found) return found.error().code;
    const auto target = found->find("wanted", store, repository);
    return target ? Code::ok : target.error().code;
  }
  // So many delegations, each to a role of its own, for these targets.
  Value delegations(int number, const Value& paths) {
    const FakeSigner by = signer("below");
    Value made = {{"keys", {{by.keyid, by.key}}}, {"roles", Value::array()}};
    for (int i = 0; i < number; ++i) {
      made["roles"].push_back({{"name", "r" + std::to_string(i)},
                               {"keyids", {by.keyid}},
                               {"threshold", 1},
                               {"paths", paths},
                               {"terminating", false}});
    }
    return made;
  }

  FakeRepository repository{
      {signer("root"), signer("timestamp"), signer("snapshot"), signer("targets")}};
};

TEST_F(DelegationLimits, BoundTheNumberOfOneFile) {
  constexpr int kDelegationsMax = 1 << 15;
  Value& made = repository.targets["delegations"];
  made = delegations(kDelegationsMax, Value::array());
  for (Value& role : made["roles"]) role["keyids"] = Value::array();  // 2^15 ids take too much room
  EXPECT_EQ(code(), Code::target_missing);
  Value another = made["roles"].back();
  another["name"] = "one more";
  made["roles"].push_back(another);
  EXPECT_EQ(code(), Code::bad_metadata);
}

TEST_F(DelegationLimits, BoundThePatternsOfOne) {
  constexpr int kPatternsMax = 4096;
  Value paths = Value::array();
  for (int i = 0; i < kPatternsMax; ++i) paths.push_back("a" + std::to_string(i));
  repository.targets["delegations"] = delegations(1, paths);
  EXPECT_EQ(code(), Code::target_missing);
  paths.push_back("one more");
  repository.targets["delegations"] = delegations(1, paths);
  EXPECT_EQ(code(), Code::bad_metadata);
}

TEST_F(DelegationLimits, BoundTheRolesThatMustAgree) {
  constexpr int kRolesOfOneMax = 16;
  const FakeSigner by = signer("below");
  repository.targets["keys"] = {{by.keyid, by.key}};
  const auto answer = [&](int number) {
    Value names = Value::array();
    for (int i = 0; i < number; ++i) {
      const std::string name = "r" + std::to_string(i);
      repository.targets["roles"][name] = {{"keyids", {by.keyid}}, {"threshold", 1}};
      names.push_back(name);
    }
    repository.targets["delegations"] = {
        {{"roles", names}, {"paths", {"none"}}, {"terminating", false}}};
    return code();
  };
  EXPECT_EQ(answer(kRolesOfOneMax), Code::target_missing);
  EXPECT_EQ(answer(kRolesOfOneMax + 1), Code::bad_metadata);
}

TEST_F(DelegationLimits, BoundASearchInItsBreadthAsInItsDepth) {
  constexpr int kRoles = static_cast<int>(kRolesVisitedMax);
  for (const int number : {kRoles, kRoles + 1}) {
    repository.targets["delegations"] = delegations(number, {"*"});
    for (int i = 0; i < number; ++i) {
      const std::string name = "r" + std::to_string(i);
      repository.signers[name].clear();
      repository.add_delegated(name, {signer("below")});
    }
    EXPECT_EQ(code(), number == kRoles ? Code::target_missing : Code::too_many);
  }
}

}  // namespace
}  // namespace airlock::tuf::internal
