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

TEST(Ed25519Edges, AreJudgedInMetadataAsEverywhere) {
  const auto repository_of = [](const FakeSigner& targets) {
    return FakeRepository({signer("root"), signer("timestamp"), signer("snapshot"), targets});
  };
  Buffer message;  // what the targets role signs; no key stands in it
  repository_of(ed25519_signer(Buffer(32), [&](Bytes bytes) {
    message.assign(bytes.begin(), bytes.end());
    return Buffer(64);
  }));
  const auto edges = fakes::ed25519_edges([&](Bytes) { return message; });
  for (const fakes::Ed25519Edge& edge : edges) {
    FakeRepository repository =
        repository_of(ed25519_signer(edge.key, [&](Bytes) { return edge.signature; }));
    MemoryStore store{repository.file("1.root.json")};
    EXPECT_EQ(refresh(store, repository, FakeRepository::kNow).has_value(), edge.is_valid)
        << edge.name;
  }
}

}  // namespace
}  // namespace airlock::tuf::internal
