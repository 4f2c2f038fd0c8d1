// Signers whose keys must be certified: what holds, what does not, and what is said of it.
#include "trust/doors/certified.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>

#include "tests/fakes/signers.h"
#include "trust/x509/internal/fake_authority.h"

namespace airlock::doors {
namespace {

using fakes::KeyringPlan;
using fakes::Release;
using x509::Buffer;
using x509::fakes::Authority;
using x509::fakes::CrlWanted;
using x509::fakes::kNow;
using x509::fakes::OcspWanted;
using x509::fakes::Wanted;
namespace oid = x509::oid;

class FakeMemory final : public x509::Memory {
 public:
  Result<bool> holds(const crypto::Digest& id) override { return ids.contains(id); }
  Status add(const crypto::Digest& id) override {
    ids.insert(id);
    return {};
  }
  std::set<crypto::Digest> ids;
};

class FakeClock final : public x509::Clock {
 public:
  x509::Milliseconds now() override { return time; }
  x509::Milliseconds time{1000};
};

// Never answers, and takes all the time that it is given.
class SilentResponder final : public x509::Responder {
 public:
  explicit SilentResponder(FakeClock& clock) : clock_(clock) {}
  Result<Buffer> ask(std::string_view, Bytes, x509::Milliseconds time_left) override {
    return wait(time_left);
  }
  Result<Buffer> fetch_crl(std::string_view, x509::Milliseconds time_left) override {
    return wait(time_left);
  }
  int asked = 0;

 private:
  Result<Buffer> wait(x509::Milliseconds time_left) {
    ++asked;
    clock_.time += time_left;
    return fail(Code::timed_out);
  }
  FakeClock& clock_;
};

const fakes::Signers& cast() {
  static const fakes::Signers signers;
  return signers;
}

// Firmware wants a certificate of the vendor and of the committee; the keyring brings one root.
class CertifiedTest : public testing::Test {
 protected:
  CertifiedTest() {
    KeyringPlan plan = cast().plan();
    for (package::Clause& clause : plan.policies[0].clauses) clause.certified = true;
    plan.certificate_roots = {root.certificate, {0x30, 0x00}};  // and one that is none
    encoded = *plan.encode();
    keyring = *package::Keyring::parse(encoded);
    envelope = cast().sign(Release().encode(), {"vendor", "committee-1", "committee-3"});
    bundle.leaves = {leaf("vendor", 11), leaf("committee-1", 12), leaf("committee-3", 13)};
    bundle.crls = {root.crl()};
  }

  Wanted wanted(std::string_view signer, std::uint8_t serial) const {
    Wanted made = root.leaf(oid::kCodeSigning);
    made.subject = signer;
    made.serial = serial;
    return made;
  }
  Buffer issue(const Authority& by, const Wanted& what, std::string_view signer) const {
    return by.issue(what, Bytes(x509::fakes::ed25519_info(cast()[signer].key().view())));
  }
  x509::BundleLeaf leaf(std::string_view signer, std::uint8_t serial) const {
    return {issue(root, wanted(signer, serial), signer), {}};
  }
  Code judge(x509::Responder* responder = nullptr) {
    const x509::Roots roots = *certificate_roots_of(keyring);
    CertificateDoor door({roots, bundle, kNow, {memory, clock, responder}, {}});
    const auto proven = prove_certified(envelope, keyring, door);
    verdicts = door.verdicts();
    EXPECT_EQ(explain(verdicts).empty(), proven.has_value() || verdicts.empty());
    return proven ? Code::ok : proven.error().code;
  }
  // What is said where the vendor's certificate is this one.
  Code judge_vendors(Buffer certificate) {
    bundle.leaves[0].certificate = std::move(certificate);
    return judge();
  }

  Authority root{"Wallet root"};
  Authority stranger{"Wallet root"};  // of the same name, with another key
  Buffer encoded;
  package::Keyring keyring;
  fakes::Buffer envelope;
  x509::Bundle bundle;
  FakeMemory memory;
  FakeClock clock;
  std::vector<CertificateVerdict> verdicts;
};

TEST_F(CertifiedTest, TakesWhatACompleteQuorumSignedByCertifiedKeys) {
  EXPECT_EQ(judge(), Code::ok);
  ASSERT_EQ(verdicts.size(), 3u);
  for (const CertificateVerdict& one : verdicts) {
    EXPECT_EQ(one.code, Code::ok);
    EXPECT_EQ(one.why, "CN=" + one.signer);
  }
}

TEST_F(CertifiedTest, RefusesAKeyWithoutItsCertificate) {
  bundle.leaves.erase(bundle.leaves.begin());
  EXPECT_EQ(judge(), Code::certificate_missing);
  EXPECT_EQ(explain(verdicts),
            "vendor (ed25519): no certificate for this key came with the release");
  bundle = {};
  EXPECT_EQ(judge(), Code::certificate_missing);
}

TEST_F(CertifiedTest, RefusesTheCertificateOfAnotherKey) {
  EXPECT_EQ(judge_vendors(issue(root, wanted("vendor", 11), "finance-1")),
            Code::certificate_missing);
}

TEST_F(CertifiedTest, SaysWhichRuleACertificateBreaks) {
  Wanted expired = wanted("vendor", 11);
  expired.not_after = kNow - 1;
  EXPECT_EQ(judge_vendors(issue(root, expired, "vendor")), Code::outside_validity);
  EXPECT_NE(explain(verdicts).find("vendor (ed25519): CN=vendor expired at"), std::string::npos);
  Wanted early = wanted("vendor", 11);
  early.not_before = kNow + 1;
  EXPECT_EQ(judge_vendors(issue(root, early, "vendor")), Code::outside_validity);
  Wanted server = root.leaf(oid::kServerAuth);
  EXPECT_EQ(judge_vendors(issue(root, server, "vendor")), Code::wrong_purpose);
  Wanted false_issuer = stranger.leaf(oid::kCodeSigning);
  EXPECT_EQ(judge_vendors(issue(stranger, false_issuer, "vendor")), Code::untrusted_chain);
  EXPECT_EQ(judge_vendors({0x30, 0x00}), Code::certificate_missing);
}

TEST_F(CertifiedTest, RefusesARevokedOneWhateverElseIsGood) {
  CrlWanted revoking;
  revoking.revoked = {11};
  bundle.crls.push_back(root.crl(revoking));
  OcspWanted good;
  good.serial = 11;
  bundle.leaves[0].staple = root.ocsp(good);
  EXPECT_EQ(judge(), Code::certificate_revoked);
  EXPECT_EQ(explain(verdicts), "vendor (ed25519): CN=vendor: a CRL of its issuer lists it");
  // Later the host brings the good answers alone.
  bundle.crls = {root.crl()};
  EXPECT_EQ(judge(), Code::certificate_revoked);
}

TEST_F(CertifiedTest, RefusesWhatNothingSpeaksFor) {
  bundle.crls.clear();
  EXPECT_EQ(judge(), Code::revocation_unknown);
  for (std::size_t i = 0; i < bundle.leaves.size(); ++i) {
    OcspWanted good;
    good.serial = static_cast<std::uint8_t>(11 + i);
    bundle.leaves[i].staple = root.ocsp(good);
  }
  EXPECT_EQ(judge(), Code::ok);
}

// The authority is stolen: it certifies whatever key it likes, for everything, as fresh as can be.
TEST_F(CertifiedTest, GivesAThiefOfTheAuthorityNoSigner) {
  const fakes::Signer mallory("vendor", crypto::Algorithm::eddsa, "stolen");
  const Buffer info = x509::fakes::ed25519_info(mallory.key().view());
  OcspWanted good;
  good.serial = 99;
  bundle.leaves.push_back({root.issue(wanted("vendor", 99), Bytes(info)), root.ocsp(good)});
  const auto manifest = Release().encode();
  envelope = fakes::sign(manifest, {&mallory, &cast()["committee-1"], &cast()["committee-3"]});
  EXPECT_EQ(judge(), Code::quorum_missing);
  EXPECT_TRUE(verdicts.empty());
  // Nor does he stand in for the committee, nor do certificates for a signature.
  envelope = fakes::sign(manifest, {&mallory, &cast()["vendor"]});
  EXPECT_EQ(judge(), Code::quorum_missing);
  envelope = cast().sign(manifest, {"committee-1", "committee-3"});
  EXPECT_EQ(judge(), Code::quorum_missing);
}

TEST_F(CertifiedTest, TakesOneCertificateThatHoldsBesideOneThatDoesNot) {
  Wanted expired = wanted("vendor", 10);
  expired.not_after = kNow - 1;
  bundle.leaves.insert(bundle.leaves.begin(), {issue(root, expired, "vendor"), {}});
  EXPECT_EQ(judge(), Code::ok);
}

TEST_F(CertifiedTest, FollowsTheChainThatComesAlong) {
  const Authority middle("Signers", root);
  bundle.leaves[0].certificate = issue(middle, middle.leaf(oid::kCodeSigning), "vendor");
  bundle.crls.push_back(middle.crl());
  EXPECT_EQ(judge(), Code::untrusted_chain);
  bundle.authorities = {{0x30}, middle.certificate};
  EXPECT_EQ(judge(), Code::ok);
}

TEST_F(CertifiedTest, RefusesASignerBelowAnAuthorityThatWasRevoked) {
  const Authority middle("Signers", root);
  bundle.leaves[0].certificate = issue(middle, middle.leaf(oid::kCodeSigning), "vendor");
  bundle.authorities = {middle.certificate};
  CrlWanted revoking;
  revoking.revoked = {2};  // the authority's serial
  bundle.crls = {middle.crl(), root.crl(revoking)};
  EXPECT_EQ(judge(), Code::certificate_revoked);
  EXPECT_EQ(explain(verdicts), "vendor (ed25519): CN=Signers: a CRL of its issuer lists it");
  bundle.crls = {middle.crl(), root.crl()};
  EXPECT_EQ(judge(), Code::certificate_revoked);
}

TEST_F(CertifiedTest, FollowsNoChainThatIsTooDeep) {
  std::deque<Authority> chain;
  const auto judge_below = [&](std::size_t intermediates) {
    while (chain.size() < intermediates) {
      const Authority& above = chain.empty() ? root : chain.back();
      chain.emplace_back("authority " + std::to_string(chain.size()), above);
      bundle.authorities.push_back(chain.back().certificate);
      bundle.crls.push_back(chain.back().crl());
    }
    return judge_vendors(issue(chain.back(), chain.back().leaf(oid::kCodeSigning), "vendor"));
  };
  EXPECT_EQ(judge_below(x509::kPathMax - 2), Code::ok);
  EXPECT_EQ(judge_below(x509::kPathMax - 1), Code::untrusted_chain);
}

// A host without any key forges a thicket: everybody may have issued everybody, up to the root.
TEST_F(CertifiedTest, ComesToAnEndHoweverManyFalseAuthoritiesComeAlong) {
  const Authority thicket("Thicket");
  Wanted authority;
  authority.subject = "Thicket";
  authority.extensions = {x509::fakes::authority_constraints(), x509::fakes::key_usage(1, 0x06)};
  bundle.authorities = {stranger.issue(authority, x509::fakes::Key())};
  while (bundle.authorities.size() < x509::kBundleAuthoritiesMax) {
    bundle.authorities.push_back(thicket.issue(authority, x509::fakes::Key()));
  }
  Wanted signer = wanted("vendor", 11);
  signer.extensions.erase(signer.extensions.begin() + 2);  // says not which key issued it
  bundle.leaves.assign(x509::kBundleLeavesMax, {issue(thicket, signer, "vendor"), {}});
  EXPECT_EQ(judge(), Code::untrusted_chain);
}

TEST_F(CertifiedTest, EndsInTimeHoweverManyRespondersAreSilent) {
  bundle.crls.clear();
  SilentResponder responder(clock);
  for (int i = 0; i < 8; ++i) bundle.leaves.push_back(leaf("vendor", 20));
  const x509::Milliseconds begin = clock.time;
  EXPECT_EQ(judge(&responder), Code::revocation_unknown);
  EXPECT_EQ(clock.time - begin, kCertificatesDeadline);
  EXPECT_EQ(responder.asked, 3);
}

TEST_F(CertifiedTest, TellsTheWorstFirst) {
  bundle.leaves.erase(bundle.leaves.begin() + 1);  // of committee-1
  CrlWanted revoking;
  revoking.revoked = {13};  // of committee-3
  bundle.crls = {root.crl(revoking)};
  EXPECT_EQ(judge(), Code::certificate_revoked);
}

TEST_F(CertifiedTest, AsksForNothingWhereThePolicyDemandsNothing) {
  bundle = {};
  const x509::Roots none;
  CertificateDoor door({none, bundle, kNow, {memory, clock}, {}});
  EXPECT_TRUE(prove_certified(envelope, cast().keyring(), door));
  EXPECT_TRUE(door.verdicts().empty());
}

}  // namespace
}  // namespace airlock::doors
