#include "host/text/text.h"
#include "publish/release/check.h"
#include "publish/release/release_test.h"
#include "trust/x509/internal/fake_authority.h"

namespace airlock::release {
namespace {

constexpr std::uint8_t kSerial = 11;

// A keyring that demands a certificate of the vendor, and the authority that issues it.
class CertifiedRelease : public Release {
 protected:
  CertifiedRelease() {
    keyring_.policies[package::index_of(package::Kind::firmware)].clauses[0].certified = true;
    EXPECT_TRUE(keyring_.certificate_roots.add(root_.certificate));
  }
  x509::fakes::Wanted wanted() const {
    x509::fakes::Wanted made = root_.leaf(x509::oid::kCodeSigning);
    made.subject = "vendor";
    made.serial = kSerial;
    made.not_before = kNow - 30 * kDay;
    made.not_after = kNow + 300 * kDay;
    return made;
  }
  Buffer certificate() const {
    const Buffer info = x509::fakes::ed25519_info(key("vendor").public_key().view());
    return root_.issue(wanted(), Bytes(info));
  }
  Buffer crl(std::vector<std::uint8_t> revoked = {}, std::int64_t at = kNow - kDay) const {
    x509::fakes::CrlWanted made;
    made.revoked = std::move(revoked);
    made.this_update = at;
    made.next_update = at + 2 * kDay;
    return root_.crl(made);
  }
  Buffer staple(x509::OcspStatus status = x509::OcspStatus::good) const {
    x509::fakes::OcspWanted made;
    made.serial = kSerial;
    made.status = status;
    made.this_update = kNow - kDay;
    made.next_update = kNow + kDay;
    return root_.ocsp(made);
  }
  MadeBundle bundle_of(std::vector<Buffer> crls, std::vector<Buffer> staples = {}) const {
    const BundleOrder order{{{certificate()}}, {},       std::move(staples),
                            std::move(crls),   keyring_, kNow};
    return *make_bundle(order);
  }
  static void put(const Path& package, const x509::Bundle& bundle) {
    ASSERT_TRUE(file::replace(bundle_path(package), *bundle.encode()));
  }

  x509::fakes::Authority root_{"Wallet root"};
};

TEST_F(CertifiedRelease, IsPublishedOnlyWithTheCertificatesThatThePolicyDemands) {
  const Path package = complete(recipe_of("1.0.0", image_of(1, 1'000)));
  const std::string place = bundle_path(package).string();
  EXPECT_EQ(code_in(publish_now(package).error()), "certificate_missing " + place);
  put(package, bundle_of({}).bundle);
  EXPECT_EQ(publish_now(package).error().error.code, Code::revocation_unknown);
  put(package, bundle_of({crl({kSerial})}).bundle);
  EXPECT_EQ(code_in(publish_now(package).error()),
            "certificate_revoked " + place +
                ": vendor (ed25519): CN=vendor: a CRL of its issuer lists it");
  const x509::Bundle good = bundle_of({crl()}).bundle;
  put(package, good);
  const auto published = publish_now(package);
  ASSERT_TRUE(published) << code_in(published.error());
  const Path served =
      repository() / kCertificatesFolder / text::to_hex(digest_of(*read_envelope(package)).bytes);
  EXPECT_EQ(*file::read(served, x509::kBundleSizeMax), *good.encode());
  EXPECT_EQ(published->without_clock, "");
}

// What devices would say of a release that is out, long after it was let in.
TEST_F(CertifiedRelease, IsCheckedAsLongAsItIsOffered) {
  const Path package = complete(recipe_of("1.0.0", image_of(1, 1'000)));
  put(package, bundle_of({crl()}).bundle);
  ASSERT_TRUE(publish_now(package));
  ASSERT_TRUE(offer_now());
  const Path served = repository() / kCertificatesFolder /
                      text::to_hex(digest_of(*file::read(package / kEnvelopeFile, 1 << 20)).bytes);
  const auto finding = [&](std::int64_t now) -> std::string {
    for (const Finding& one :
         check({.repository = repository(), .keyring = &keyring_, .now = now}).findings) {
      if (!one.about.starts_with(served.string())) continue;
      return std::string(one.level == Level::error ? "error " : "warning ") +
             std::string(name(one.error.code));
    }
    return "";
  };
  EXPECT_EQ(finding(kNow), "");
  EXPECT_EQ(finding(kNow + 2 * kDay), "warning revocation_unknown");
  ASSERT_TRUE(file::replace(served, *bundle_of({crl({kSerial})}).bundle.encode()));
  EXPECT_EQ(finding(kNow), "error certificate_revoked");
  ASSERT_TRUE(file::remove_file(served));
  EXPECT_EQ(finding(kNow), "error not_found");
}

TEST_F(CertifiedRelease, SaysWhatADeviceWithoutAClockWouldSay) {
  Recipe recipe = recipe_of("1.0.0", image_of(1, 1'000));
  recipe.created = recipe.not_before = kNow - 2 * kDay;
  const Path package = complete(recipe);
  put(package, bundle_of({crl()}).bundle);
  const auto published = publish_now(package);
  ASSERT_TRUE(published) << code_in(published.error());
  EXPECT_NE(published->without_clock.find("from the future"), std::string::npos)
      << published->without_clock;
}

TEST_F(CertifiedRelease, TellsHowEachSignerStandsBeforeTheQuorumIsComplete) {
  const Path package = package_of(recipe_of("1.0.0", image_of(1, 1'000)), {"vendor"});
  const Buffer envelope = *read_envelope(package);
  const auto missing = *standing_of(envelope, keyring_, {}, kNow);
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(missing[0].signer, "vendor");
  EXPECT_EQ(missing[0].code, Code::certificate_missing);
  const auto good = *standing_of(envelope, keyring_, bundle_of({crl()}).bundle, kNow);
  EXPECT_EQ(good[0].code, Code::ok);
  EXPECT_TRUE(
      standing_of(envelope, *package::open_keyring_anchor(keyring_envelope_), {}, kNow)->empty());
}

TEST_F(CertifiedRelease, PutsEachPieceWhereItBelongsAndOnlyOnce) {
  const Buffer good = staple();
  const Buffer newer = crl();
  const MadeBundle made = bundle_of({crl({}, kNow - 2 * kDay), newer, {1, 2, 3}}, {good, {4}});
  EXPECT_EQ(made.bundle.leaves.size(), 1U);
  EXPECT_EQ(made.bundle.leaves[0].staple, good);
  EXPECT_EQ(made.bundle.crls, std::vector<Buffer>{newer});
  EXPECT_EQ(made.failures.size(), 2U);
  // The root travels with the device, and an authority once for all leaves.
  const x509::fakes::Authority middle("Signers", root_);
  const Buffer leaf = middle.issue(middle.leaf(x509::oid::kCodeSigning), x509::fakes::Key());
  const std::vector<Buffer> chain = {leaf, middle.certificate, root_.certificate};
  const auto two = make_bundle({{chain, chain}, {}, {}, {}, keyring_, kNow});
  EXPECT_EQ(two->bundle.leaves.size(), 2U);
  EXPECT_EQ(two->bundle.authorities, std::vector<Buffer>{middle.certificate});
  EXPECT_FALSE(make_bundle({{{{1, 2, 3}}}, {}, {}, {}, keyring_, kNow}));
}

// Answers with what it is given, and keeps where it was asked.
class FakeResponder final : public x509::Responder {
 public:
  Result<Buffer> ask(std::string_view url, Bytes, x509::Milliseconds) override {
    asked.emplace_back(url);
    if (answer.empty()) return fail(Code::unreachable);
    return answer;
  }
  Result<Buffer> fetch_crl(std::string_view url, x509::Milliseconds) override {
    asked.emplace_back(url);
    if (crl.empty()) return fail(Code::unreachable);
    return crl;
  }
  std::vector<std::string> asked;
  Buffer answer, crl;
};

TEST_F(CertifiedRelease, IsRenewedFromWhereTheCertificatesSay) {
  x509::fakes::Wanted listed = wanted();
  listed.extensions.push_back(x509::fakes::distribution_points());
  const Buffer info = x509::fakes::ed25519_info(key("vendor").public_key().view());
  x509::Bundle before;
  before.leaves = {{root_.issue(listed, Bytes(info)), {}}};
  before.crls = {crl({}, kNow - 20 * kDay)};
  FakeResponder responder;
  const auto none = make_bundle({{}, before, {}, {}, keyring_, kNow, &responder});
  EXPECT_EQ(none->failures.size(), 2U);
  EXPECT_EQ(none->bundle.crls, before.crls);
  responder.answer = staple();
  responder.crl = crl();
  const auto renewed = make_bundle({{}, before, {}, {}, keyring_, kNow, &responder});
  EXPECT_TRUE(renewed->failures.empty());
  EXPECT_EQ(renewed->bundle.leaves[0].staple, responder.answer);
  EXPECT_EQ(renewed->bundle.crls, std::vector<Buffer>{responder.crl});
  EXPECT_EQ(responder.asked.back(), x509::fakes::kCrlUrl);
}

TEST_F(CertifiedRelease, IsDemandedByADraftedKeyringAndItsRootsStay) {
  const auto drafted = [&](const KeyringChanges& changes) {
    return draft_keyring(keyring_, changes, kNow + 5);
  };
  const auto read = [](const Buffer& draft) { return package::read_unproven(draft)->content; };
  KeyringChanges changes;
  changes.policies = {{package::Kind::firmware, {{"committee", 2, {}, true}}}};
  const Buffer kept = *drafted(changes);
  const package::Keyring next = *package::Keyring::parse(read(kept));
  EXPECT_TRUE(next.policy(package::Kind::firmware).clauses[0].certified);
  ASSERT_EQ(next.certificate_roots.size(), 1U);
  EXPECT_TRUE(equal(next.certificate_roots[0], root_.certificate));
  changes.certificate_roots.emplace();
  const Buffer none = *drafted(changes);
  EXPECT_TRUE(package::Keyring::parse(read(none))->certificate_roots.empty());
  changes.certificate_roots->push_back({1, 2, 3});
  EXPECT_EQ(drafted(changes).error().about, "certificate root");
}

}  // namespace
}  // namespace airlock::release
