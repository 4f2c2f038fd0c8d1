#include "trust/x509/crl.h"

#include <gtest/gtest.h>

#include "trust/x509/internal/fake_authority.h"
#include "trust/x509/x509.h"

namespace airlock::x509 {
namespace {

using fakes::Authority;
using fakes::CrlWanted;
using fakes::Ext;
using fakes::kDay;
using fakes::Key;
using fakes::kNow;

class CrlTest : public testing::Test {
 protected:
  CrlTest() {
    path.push_back(
        std::move(*Certificate::from_der(root.issue(root.leaf(oid::kCodeSigning), key))));
    path.push_back(std::move(*Certificate::from_der(root.certificate)));
  }
  Finding find(const Buffer& der) { return find_in({&der, 1}); }
  Finding find_in(std::span<const Buffer> ders, std::span<const Certificate> others = {}) {
    std::vector<Crl> crls;
    for (const Buffer& der : ders) {
      if (auto crl = Crl::from_der(der)) crls.push_back(std::move(*crl));
    }
    Freshness freshness;
    freshness.moment = kNow;
    return find_in_crls(path, crls, others, freshness);
  }
  static Ext scope(const Buffer& content, bool critical = true) {
    return {oid::kIssuingDistributionPoint, fakes::sequence({content}), critical};
  }
  static CrlWanted with(const Ext& extension) {
    CrlWanted wanted;
    wanted.more = {extension};
    return wanted;
  }

  Authority root{"root"};
  Key key{fakes::KeyKind::ed25519};
  std::vector<Certificate> path;
};

TEST_F(CrlTest, IsGoodOrRevokedOrForSomebodyElse) {
  EXPECT_EQ(find(root.crl()).answer, Answer::good);
  CrlWanted revoking;
  revoking.revoked = {7};
  EXPECT_EQ(find(root.crl(revoking)).answer, Answer::revoked);
  revoking.revoked = {6, 8};
  EXPECT_EQ(find(root.crl(revoking)).answer, Answer::good);
  EXPECT_EQ(find(Authority("other").crl()).answer, Answer::absent);
  EXPECT_EQ(find(Authority("root").crl()).answer, Answer::unusable);
  EXPECT_EQ(find_in({}).answer, Answer::absent);
}

TEST_F(CrlTest, TellsLastSecondsFromThoseAfter) {
  CrlWanted wanted;
  wanted.next_update = kNow;
  EXPECT_EQ(find(root.crl(wanted)).answer, Answer::good);
  wanted.next_update = kNow - 1;
  EXPECT_EQ(find(root.crl(wanted)).answer, Answer::stale);
  wanted.next_update = kNow + kDay;
  wanted.this_update = kNow + 301;
  EXPECT_EQ(find(root.crl(wanted)).answer, Answer::stale);
  wanted.this_update = kNow - 7 * kDay;
  EXPECT_EQ(find(root.crl(wanted)).answer, Answer::good);
  wanted.this_update -= 1;
  EXPECT_EQ(find(root.crl(wanted)).answer, Answer::stale);
}

TEST_F(CrlTest, StaysWithinItsScope) {
  const Buffer yes = {0xff};
  const Buffer users = fakes::tlv(der::primitive(1), yes);
  const Buffer authorities = fakes::tlv(der::primitive(2), yes);
  const Buffer attributes = fakes::tlv(der::primitive(5), yes);
  const Buffer some_reasons = fakes::tlv(der::primitive(3), Buffer{6, 0x40});
  EXPECT_EQ(find(root.crl(with(scope(users)))).answer, Answer::good);
  EXPECT_EQ(find(root.crl(with(scope(authorities)))).answer, Answer::absent);
  EXPECT_EQ(find(root.crl(with(scope(attributes)))).answer, Answer::absent);
  EXPECT_EQ(find(root.crl(with(scope(some_reasons)))).answer, Answer::unusable);
  EXPECT_FALSE(Crl::from_der(root.crl(with(scope(fakes::join({users, authorities}))))));
}

TEST_F(CrlTest, RefusesIndirectListsAndCriticalUnknowns) {
  const Buffer indirect = fakes::tlv(der::primitive(4), Buffer{0xff});
  EXPECT_EQ(find(root.crl(with(scope(indirect)))).answer, Answer::unusable);
  static constexpr auto kUnknown = oid::octets(0x2a, 3, 4);
  EXPECT_EQ(find(root.crl(with({kUnknown, Buffer{5, 0}, false}))).answer, Answer::good);
  const auto refused = Crl::from_der(root.crl(with({kUnknown, Buffer{5, 0}, true})));
  EXPECT_EQ(refused.error().code, Code::unknown_field);
}

TEST_F(CrlTest, RefusesEveryFlippedBit) {
  CrlWanted revoking;
  revoking.revoked = {7};
  const Buffer whole = root.crl(revoking);
  for (std::size_t bit = 0; bit < whole.size() * 8; bit += 3) {
    Buffer flipped = whole;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_NE(find(flipped).answer, Answer::revoked) << bit;
    EXPECT_NE(find(flipped).answer, Answer::good) << bit;
  }
}

// RFC 5280, 6.3.3 (f): an authority may sign its lists with a key that signs no certificates.
TEST_F(CrlTest, TakesASeparateSignerWithAPathToTheSameRoot) {
  const Key list_key;
  const auto certificate_with = [&](const Authority& issuer, std::uint8_t unused,
                                    std::uint8_t bits) {
    fakes::Wanted wanted;
    wanted.subject = "root";
    wanted.serial = 9;
    wanted.extensions = {fakes::key_usage(unused, bits), fakes::subject_key_id(list_key),
                         fakes::authority_key_id(issuer.key())};
    return issuer.issue(wanted, list_key);
  };
  const Buffer list = root.crl_by(list_key, {});
  const auto answer_with = [&](const Buffer& signer) {
    const Certificate other = std::move(*Certificate::from_der(signer));
    return find_in({&list, 1}, {&other, 1}).answer;
  };
  EXPECT_EQ(answer_with(certificate_with(root, 1, 0x02)), Answer::good);
  EXPECT_EQ(answer_with(certificate_with(root, 7, 0x80)), Answer::unusable);  // no cRLSign
  EXPECT_EQ(answer_with(certificate_with(Authority("root"), 1, 0x02)), Answer::unusable);
}

}  // namespace
}  // namespace airlock::x509
