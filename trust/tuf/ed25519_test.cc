// The repository door judges Ed25519 by the one rule of core/crypto, whatever it is given.
#include <gtest/gtest.h>

#include "tests/fakes/ed25519_edges.h"
#include "tests/fakes/signers.h"
#include "trust/tuf/internal/fake_repository.h"

namespace airlock::tuf::internal {
namespace {

FakeSigner signer(const char* name) {
  return fake_signer(fakes::Signer(name, crypto::Algorithm::eddsa));
}

class Ed25519Edges : public testing::TestWithParam<std::string> {
 protected:
  // A repository one of whose roles is this signer's.
  static FakeRepository repository_of(const FakeSigner& edge) {
    const bool is_top = GetParam() == "targets";
    FakeRepository made({signer("root"), signer("timestamp"), signer("snapshot"),
                         is_top ? edge : signer("targets")});
    made.delegate("targets", "delegated", {is_top ? signer("delegated") : edge},
                  {{"paths", {"*"}}});
    FakeRepository::add_target_to(made.part_of(GetParam()), "wanted", "content");
    made.publish();
    return made;
  }
  static bool takes(FakeRepository repository) {
    MemoryStore store{repository.file("1.root.json")};
    const auto found = refresh(store, repository, FakeRepository::kNow);
    return found && found->find("wanted", store, repository);
  }
};

INSTANTIATE_TEST_SUITE_P(Of, Ed25519Edges, testing::Values("targets", "delegated"),
                         [](const auto& one) { return one.param; });

TEST_P(Ed25519Edges, AreJudgedInMetadataAsEverywhere) {
  Buffer message;  // the last that the role signs; no key of its own stands in it
  repository_of(ed25519_signer(Buffer(32), [&](Bytes bytes) {
    message.assign(bytes.begin(), bytes.end());
    return Buffer(64);
  }));
  const auto edges = fakes::ed25519_edges([&](Bytes) { return message; });
  for (const fakes::Ed25519Edge& edge : edges) {
    const FakeSigner by = ed25519_signer(edge.key, [&](Bytes) { return edge.signature; });
    EXPECT_EQ(takes(repository_of(by)), edge.is_valid) << edge.name;
  }
}

}  // namespace
}  // namespace airlock::tuf::internal
