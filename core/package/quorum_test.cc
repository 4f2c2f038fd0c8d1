// One test for each known way to get past a quorum, and for what must pass.
#include "core/package/quorum.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/fakes/signers.h"

namespace airlock::package {
namespace {

using fakes::Buffer;
using fakes::Release;
using fakes::Signers;

const Signers& cast() {
  static const Signers signers;
  return signers;
}

TEST(Prove, AcceptsEveryKindSignedByItsOwnQuorum) {
  for (Kind kind : kKinds) {
    Release release;
    release.kind = kind;
    if (carries_content(kind)) release = Release::of_content(kind, {'x'});
    if (kind == Kind::keyring) {
      fakes::KeyringPlan next = cast().plan();
      next.version = 2;
      release.content = *next.encode();
    }
    const Buffer envelope = cast().sign_complete(release.encode(), kind);
    const Result<Proven> proven = prove(envelope, cast().keyring());
    ASSERT_TRUE(proven) << name_of(kind) << name(proven.error().code);
    EXPECT_EQ(proven->manifest().kind, kind);
    EXPECT_EQ(proven->digest(), crypto::sha256(release.encode()));
  }
}

}  // namespace
}  // namespace airlock::package
