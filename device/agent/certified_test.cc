// Certificates, where the keyring demands them of the vendor.
#include "device/agent/certified.h"

#include "device/agent/agents_test.h"
#include "trust/x509/internal/fake_authority.h"

namespace airlock::agent {
namespace {

using x509::fakes::Authority;
using x509::fakes::CrlWanted;
using x509::fakes::kDay;
using x509::fakes::OcspWanted;
using x509::fakes::Wanted;
namespace oid = x509::oid;

constexpr std::uint8_t kSerial = 11;

// Answers every question alike, and counts them.
class FakeResponder final : public x509::Responder {
 public:
  Result<x509::Buffer> ask(std::string_view, Bytes, x509::Milliseconds) override {
    ++asked;
    if (answer.empty()) return fail(Code::unreachable);
    return answer;
  }
  Result<x509::Buffer> fetch_crl(std::string_view, x509::Milliseconds) override {
    return fail(Code::unreachable);
  }
  x509::Buffer answer;
  int asked = 0;
};

class CertifiedAgents : public Agents {
 protected:
  fakes::Buffer anchor() override {
    fakes::KeyringPlan plan = signers_.plan();
    plan.policies[0].clauses[0].certified = true;  // the vendor's, for firmware
    plan.certificate_roots = {root_.certificate};
    const fakes::Buffer manifest =
        fakes::Release::of_content(package::Kind::keyring, *plan.encode()).encode();
    return signers_.sign_complete(manifest, package::Kind::keyring);
  }
  void before_provisioning() override {
    put_bundle("first", bundle({.crl = crl()}));
    serve({.crl = crl()});
  }
  void TearDown() override {
    file::set_interruption(nullptr);
    Agents::TearDown();
  }

  Wanted wanted() const {
    Wanted made = root_.leaf(oid::kCodeSigning);
    made.subject = "vendor";
    made.serial = kSerial;
    made.not_before = kNow - 30 * kDay;
    made.not_after = kNow + 300 * kDay;
    return made;
  }
  x509::Buffer crl(std::vector<std::uint8_t> revoked = {}, std::int64_t at = kNow - kDay) const {
    CrlWanted made;
    made.revoked = std::move(revoked);
    made.this_update = at;
    made.next_update = at + 2 * kDay;
    return root_.crl(made);
  }
  x509::Buffer staple(x509::OcspStatus status = x509::OcspStatus::good) const {
    OcspWanted made;
    made.status = status;
    made.serial = kSerial;
    made.this_update = kNow - kDay;
    made.next_update = kNow + kDay;
    return root_.ocsp(made);
  }

  // What comes along with a release; an empty certificate is the good one.
  struct Parts {
    x509::Buffer certificate = {};
    x509::Buffer staple = {};
    x509::Buffer crl = {};
  };
  file::Buffer bundle(Parts parts) const {
    x509::Bundle made;
    const auto info = x509::fakes::ed25519_info(signers_["vendor"].key().view());
    if (parts.certificate.empty()) parts.certificate = root_.issue(wanted(), Bytes(info));
    made.leaves = {{std::move(parts.certificate), std::move(parts.staple)}};
    if (!parts.crl.empty()) made.crls = {std::move(parts.crl)};
    return *made.encode();
  }
  void serve(Parts parts) { server_->bundles[next_] = bundle(std::move(parts)); }
  void put_bundle(const std::string& package, Bytes encoded) {
    ASSERT_TRUE(file::replace(folder_ / package / "manifest.certificates", encoded));
  }

  Result<Ending> run_asking(x509::Responder* responder) {
    AIRLOCK_ASSIGN(platform::Device device,
                   platform::Device::open(folder_ / "device", platform::Opening::drive));
    const Surroundings around{*server_, person_, screen_, [] { return kNow; }, trial_, responder};
    AIRLOCK_ASSIGN(Agent agent, Agent::open(device, around));
    return agent.run(Pace::keep_trying);
  }
  Verdicts verdicts() {
    return *read_verdicts(*platform::Device::open(folder_ / "device", platform::Opening::look));
  }
  void expect_refused(Code code) {
    const std::int64_t time_bound = record().time_bound;
    const Result<Ending> ending = run();
    ASSERT_TRUE(ending);
    EXPECT_EQ(ending->error.code, code) << name(ending->error.code);
    EXPECT_EQ(reported().back()["reason"], name(code));
    EXPECT_EQ(reported().back()["phase"], "proving");
    EXPECT_EQ(record().time_bound, time_bound);
    expect_runs("1.0.0", old_image_);
  }

  Authority root_{"Wallet root"};
};

TEST_F(CertifiedAgents, InstallWhatCertifiedKeysSignedAndTellHowTheyStand) {
  EXPECT_EQ(run()->how, How::committed);
  expect_runs("1.1.0", new_image_);
  const Verdicts last = verdicts();
  EXPECT_EQ(last.manifest, next_);
  EXPECT_EQ(last.moment, kNow);
  ASSERT_EQ(last.signers.size(), 1u);
  EXPECT_EQ(last.signers[0].signer, "vendor");
  EXPECT_EQ(last.signers[0].code, Code::ok);
}

TEST_F(CertifiedAgents, RefuseAReleaseWithoutItsCertificates) {
  server_->bundles.clear();
  expect_refused(Code::certificate_missing);
  server_->bundles[next_] = {0xa1, 0x01};
  expect_refused(Code::truncated);
  serve({.certificate = {0x30, 0x00}});
  expect_refused(Code::certificate_missing);
  EXPECT_EQ(doors::explain(verdicts().signers),
            "vendor (ed25519): no certificate for this key came with the release");
}

TEST_F(CertifiedAgents, RefuseARevokedSignerAndEveryOldGoodAfterThat) {
  serve({.staple = staple(), .crl = crl({kSerial})});
  expect_refused(Code::certificate_revoked);
  // A host that knows no better, or better not to, brings what was true before: other processes.
  serve({.staple = staple(), .crl = crl()});
  expect_refused(Code::certificate_revoked);
  FakeResponder responder;
  responder.answer = staple();
  EXPECT_EQ(run_asking(&responder)->error.code, Code::certificate_revoked);
  EXPECT_EQ(responder.asked, 0);
}

TEST_F(CertifiedAgents, AskTheResponderWhereNothingCameThatSettlesIt) {
  serve({.staple = {0x30, 0x00}, .crl = {0x30, 0x00}});
  std::filesystem::remove_all(folder_ / "device/certificates/crls");
  FakeResponder responder;
  EXPECT_EQ(run_asking(&responder)->error.code, Code::revocation_unknown);
  responder.answer = staple(x509::OcspStatus::revoked);
  EXPECT_EQ(run_asking(&responder)->error.code, Code::certificate_revoked);
  EXPECT_EQ(responder.asked, 2);
}

TEST_F(CertifiedAgents, InstallOnTheResponsersWord) {
  serve({});
  std::filesystem::remove_all(folder_ / "device/certificates/crls");
  FakeResponder responder;
  responder.answer = staple();
  EXPECT_EQ(run_asking(&responder)->how, How::committed);
}

TEST_F(CertifiedAgents, KnowOfflineWhatTheyBelievedBefore) {
  serve({});  // no staple, no CRL; that of the first firmware is kept, and still in its time
  EXPECT_EQ(run()->how, How::committed);
}

TEST_F(CertifiedAgents, JudgeAPackageByHandByWhatLiesBesideIt) {
  EXPECT_EQ(install(folder_ / "next")->error.code, Code::certificate_missing);
  put_bundle("next", bundle({.crl = crl()}));
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
}

TEST_F(CertifiedAgents, KeepASessionFromAPackageByHandThatIsNotCertified) {
  screen_.dies_in = update::Phase::consenting;
  EXPECT_THROW((void)run(), Crash);
  const Digest other = make_package("other", "1.2.0", 2, image_of(3));
  person_.answer = other;
  EXPECT_EQ(install(folder_ / "other").error().code, Code::certificate_missing);
  person_.answer = next_;
  EXPECT_EQ(run()->how, How::committed);
  expect_runs("1.1.0", new_image_);
}

TEST_F(CertifiedAgents, GoOnAfterACrashWithoutAskingAgain) {
  screen_.dies_in = update::Phase::gating;
  EXPECT_THROW((void)run(), Crash);
  server_->bundles.clear();
  EXPECT_EQ(run()->how, How::committed);
}

TEST_F(CertifiedAgents, RestoreWhatRanWhoeverWasRevokedSince) {
  const Digest second = make_package("second", "1.1.0", 1, new_image_);
  make_offer("second", second);
  server_->bundles[second] = bundle({.crl = crl()});
  EXPECT_EQ(run()->how, How::committed);
  const Digest third = make_package("third", "1.2.0", 1, image_of(3));
  make_offer("third", third);
  server_->bundles[third] = bundle({.crl = crl({kSerial}, kNow - 1)});
  EXPECT_EQ(run()->error.code, Code::certificate_revoked);
  person_.answer = record().inactive_slot().manifest;
  const Result<Ending> back = restore();
  ASSERT_TRUE(back) << name(back.error().code);
  EXPECT_EQ(back->how, How::went_back);
  expect_runs("1.0.0", old_image_);
}

TEST_F(CertifiedAgents, LeaveNoDeviceBehindWhereTheFirstFirmwareIsNotCertified) {
  std::filesystem::remove(folder_ / "first/manifest.certificates");
  const auto made = provision(folder_ / "another", factory_with("first"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::certificate_missing);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "another"));
}

int operations_left = 0;

// The power fails at any operation of the run that sees the revocation: what is told as revoked
// once is refused ever after, and what was not told yet is seen again.
TEST_F(CertifiedAgents, RememberARevocationThroughACutAtAnyOperation) {
  const file::Path device = folder_ / "device";
  std::filesystem::copy(device, folder_ / "before", std::filesystem::copy_options::recursive);
  bool was_cut = true;
  for (int cut = 0; was_cut; ++cut) {
    ASSERT_LT(cut, 400);
    std::filesystem::remove_all(device);
    std::filesystem::copy(folder_ / "before", device, std::filesystem::copy_options::recursive);
    serve({.crl = crl({kSerial})});
    operations_left = cut;
    was_cut = false;
    static bool* cut_now = nullptr;
    cut_now = &was_cut;
    file::set_interruption([](std::string_view, const file::Path&) {
      if (operations_left-- > 0) return Code::ok;
      *cut_now = true;
      return Code::no_room;  // worth no other attempt: as if the process were gone
    });
    const Result<Ending> first = run();
    file::set_interruption(nullptr);
    const bool told = first && first->error.code == Code::certificate_revoked;
    if (told) serve({.staple = staple(), .crl = crl()});
    const Result<Ending> second = run();
    ASSERT_TRUE(second) << cut;
    EXPECT_EQ(second->error.code, Code::certificate_revoked) << cut;
    expect_runs("1.0.0", old_image_);
  }
}

}  // namespace
}  // namespace airlock::agent
