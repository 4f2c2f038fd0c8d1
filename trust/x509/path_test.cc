#include <gtest/gtest.h>

#include <functional>
#include <type_traits>

#include "trust/x509/internal/fake_authority.h"
#include "trust/x509/internal/keys.h"
#include "trust/x509/x509.h"

namespace airlock::x509 {
namespace {

using fakes::Authority;
using fakes::Ext;
using fakes::kDay;
using fakes::Key;
using fakes::KeyKind;
using fakes::kNow;
using fakes::Wanted;

Certificate parsed(const Buffer& der) {
  auto read = Certificate::from_der(der);
  EXPECT_TRUE(read) << name(read.error().code);
  return std::move(*read);
}

std::vector<Certificate> chain_of(const std::vector<Buffer>& ders) {
  std::vector<Certificate> chain;
  chain.reserve(ders.size());
  for (const Buffer& der : ders) chain.push_back(parsed(der));
  return chain;
}

Roots roots_of(const Authority& authority) {
  Roots roots;
  EXPECT_TRUE(roots.add(Bytes(authority.certificate)));
  return roots;
}

Purpose for_use(Use use) {
  Purpose purpose;
  purpose.use = use;
  return purpose;
}

crypto::PublicKey package_key(const Key& key) {
  const Authority scratch("scratch");
  const Certificate certificate = parsed(scratch.issue(scratch.leaf(oid::kCodeSigning), key));
  return *internal::package_key_of(certificate.fields().key);
}

// A root, an intermediate and a signer's key; every test changes one thing.
class ValidateTest : public testing::Test {
 protected:
  std::expected<Path, Refusal> judge(const Wanted& wanted, Use use = Use::code_signing) {
    return judge(wanted, for_use(use));
  }
  std::expected<Path, Refusal> judge(const Wanted& wanted, const Purpose& purpose) {
    const auto chain = chain_of({middle.issue(wanted, key), middle.certificate});
    return validate(chain, roots_of(root), kNow, purpose);
  }
  Code refused(const Wanted& wanted, Use use = Use::code_signing) {
    const auto path = judge(wanted, use);
    return path ? Code::ok : path.error().code;
  }

  Authority root{"root"};
  Authority middle{"middle", root};
  Key key{KeyKind::ed25519};
  Wanted signer = middle.leaf(oid::kCodeSigning);
};

TEST_F(ValidateTest, FindsThePathFromASignerToARoot) {
  const auto path = judge(signer);
  ASSERT_TRUE(path) << path.error().why;
  EXPECT_EQ(path->certificates().size(), 3u);
  EXPECT_EQ(path->leaf().subject_text(), "CN=leaf");
  EXPECT_TRUE(equal(path->root().der(), root.certificate));
}

TEST_F(ValidateTest, RefusesAChainUnderARootThatIsNotTrusted) {
  const Authority stranger("root");
  const auto chain = chain_of({middle.issue(signer, key), middle.certificate, root.certificate});
  const auto path = validate(chain, roots_of(stranger), kNow, for_use(Use::code_signing));
  EXPECT_EQ(path.error().code, Code::untrusted_chain) << path.error().why;
}

TEST_F(ValidateTest, RefusesARootThatOnlyClaimsToBeTheIssuer) {
  const Authority stranger("root");
  Wanted claim;
  claim.subject = "root";
  claim.extensions = {fakes::authority_constraints(), fakes::key_usage(1, 0x06),
                      fakes::subject_key_id(root.key())};
  Roots roots;
  ASSERT_TRUE(roots.add(Bytes(stranger.issue(claim, stranger.key()))));
  const auto chain = chain_of({middle.issue(signer, key), middle.certificate});
  const auto path = validate(chain, roots, kNow, for_use(Use::code_signing));
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().why, "CN=leaf leads to no trusted root");
}

TEST_F(ValidateTest, RefusesAChainWithAMissingLink) {
  const auto chain = chain_of({middle.issue(signer, key)});
  const auto path = validate(chain, roots_of(root), kNow, for_use(Use::code_signing));
  EXPECT_EQ(path.error().code, Code::untrusted_chain);
  EXPECT_EQ(path.error().why, "CN=leaf leads to no trusted root");
}

TEST_F(ValidateTest, RefusesEveryFlippedBitOfTheLeaf) {
  const Buffer leaf = middle.issue(signer, key);
  std::size_t accepted = 0;
  for (std::size_t bit = 0; bit < leaf.size() * 8; bit += 5) {
    Buffer flipped = leaf;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    auto read = Certificate::from_der(flipped);
    if (!read) continue;
    std::vector<Certificate> chain;
    chain.push_back(std::move(*read));
    chain.push_back(parsed(middle.certificate));
    accepted += validate(chain, roots_of(root), kNow, for_use(Use::code_signing)).has_value();
  }
  EXPECT_EQ(accepted, 0u);
}

TEST_F(ValidateTest, HoldsEveryCertificateToItsValidity) {
  signer.not_after = kNow;
  EXPECT_TRUE(judge(signer));
  signer.not_after = kNow - 1;
  EXPECT_EQ(judge(signer).error().why, "CN=leaf expired at 2027-01-15T07:59:59Z");
  signer.not_after = kNow + kDay;
  signer.not_before = kNow + 1;
  EXPECT_EQ(refused(signer), Code::outside_validity);
}

TEST_F(ValidateTest, RefusesACertificateForAnotherUse) {
  EXPECT_EQ(refused(middle.leaf(oid::kServerAuth)), Code::wrong_purpose);
  EXPECT_EQ(refused(signer, Use::server), Code::wrong_purpose);
  std::erase_if(signer.extensions,
                [](const Ext& one) { return equal(one.oid, oid::kExtendedKeyUsage); });
  EXPECT_EQ(refused(signer), Code::wrong_purpose);
}

TEST_F(ValidateTest, RefusesAnAuthorityAsTheEndOfAPath) {
  signer.extensions.push_back(fakes::authority_constraints());
  EXPECT_EQ(refused(signer), Code::bad_certificate);
}

TEST_F(ValidateTest, RefusesALeafThatIssuesAnother) {
  const Authority leaf_as_authority("leaf", middle);
  Wanted no_authority = signer;
  const Buffer leaf = middle.issue(no_authority, leaf_as_authority.key());
  const Buffer below = leaf_as_authority.issue(leaf_as_authority.leaf(oid::kCodeSigning), key);
  const auto chain = chain_of({below, leaf, middle.certificate});
  const auto path = validate(chain, roots_of(root), kNow, for_use(Use::code_signing));
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, Code::bad_certificate) << path.error().why;
}

TEST_F(ValidateTest, RefusesCriticalExtensionsThatItDoesNotKnow) {
  static constexpr auto kUnknown = oid::octets(0x2a, 3, 4);
  signer.extensions.push_back({kUnknown, Buffer{5, 0}, false});
  EXPECT_TRUE(judge(signer));
  signer.extensions.back().critical = true;
  EXPECT_EQ(judge(signer).error().why,
            "CN=leaf has a critical extension that nothing here understands (RFC 5280, 4.2)");
}

void leave_out(Wanted& wanted, Bytes oid) {
  std::erase_if(wanted.extensions, [oid](const Ext& one) { return equal(one.oid, oid); });
}

void make_critical(Wanted& wanted, Bytes oid) {
  for (Ext& one : wanted.extensions) one.critical = one.critical || equal(one.oid, oid);
}

TEST_F(ValidateTest, RefusesWhatTheProfileForbidsOfALeaf) {
  struct Broken {
    const char* what;
    std::function<void(Wanted&)> breaks;
  };
  const std::vector<Broken> all = {
      {"serial zero", [](Wanted& w) { w.serial = 0; }},
      {"negative serial", [](Wanted& w) { w.serial = 0x80; }},
      {"no authority key id", [](Wanted& w) { leave_out(w, oid::kAuthorityKeyId); }},
      {"critical key id", [](Wanted& w) { make_critical(w, oid::kAuthorityKeyId); }},
      {"critical access info", [](Wanted& w) { make_critical(w, oid::kAuthorityInfoAccess); }},
      {"no signing key",
       [](Wanted& w) {
         leave_out(w, oid::kKeyUsage);
         w.extensions.push_back(fakes::key_usage(5, 0x20));
       }},
      {"keyCertSign",
       [](Wanted& w) {
         leave_out(w, oid::kKeyUsage);
         w.extensions.push_back(fakes::key_usage(2, 0x84));
       }},
      {"any usage",
       [](Wanted& w) {
         leave_out(w, oid::kExtendedKeyUsage);
         w.extensions.push_back(fakes::usage_for(oid::kAnyExtendedKeyUsage));
       }},
      {"malformed host",
       [](Wanted& w) { w.extensions.push_back(fakes::dns_names({"foo_bar.example.com"})); }},
      {"ends before it begins", [](Wanted& w) { w.not_before = w.not_after + 1; }},
  };
  for (const Broken& one : all) {
    Wanted wanted = signer;
    one.breaks(wanted);
    EXPECT_NE(refused(wanted), Code::ok) << one.what;
  }
}

TEST_F(ValidateTest, RefusesAnExtensionThatStandsThereTwice) {
  signer.extensions.push_back(fakes::usage_for(oid::kCodeSigning));
  EXPECT_EQ(Certificate::from_der(middle.issue(signer, key)).error().code, Code::duplicate_key);
}

TEST_F(ValidateTest, RefusesMoreIntermediatesThanAllowed) {
  Purpose purpose = for_use(Use::code_signing);
  purpose.intermediates_max = 1;
  EXPECT_TRUE(judge(signer, purpose));
  purpose.intermediates_max = 0;
  EXPECT_EQ(judge(signer, purpose).error().code, Code::path_constrained);
}

TEST_F(ValidateTest, BoundsTheChainThatItReads) {
  std::vector<Certificate> chain = chain_of({middle.issue(signer, key)});
  while (chain.size() <= kChainMax) chain.push_back(parsed(middle.certificate));
  const auto path = validate(chain, roots_of(root), kNow, for_use(Use::code_signing));
  EXPECT_EQ(path.error().code, Code::too_many);
}

TEST_F(ValidateTest, FindsAnotherPathWhereTheFirstIsNotValid) {
  // Two certificates of one intermediate: the one that comes first is expired.
  Wanted expired;
  expired.subject = middle.subject();
  expired.not_after = kNow - kDay;
  expired.extensions = {fakes::authority_constraints(), fakes::key_usage(1, 0x06),
                        fakes::subject_key_id(middle.key()), fakes::authority_key_id(root.key())};
  const auto chain =
      chain_of({middle.issue(signer, key), root.issue(expired, middle.key()), middle.certificate});
  EXPECT_TRUE(validate(chain, roots_of(root), kNow, for_use(Use::code_signing)));
}

TEST_F(ValidateTest, TakesAServerByItsAlternativeNamesAlone) {
  Wanted server = middle.leaf(oid::kServerAuth);
  server.subject = "updates.example.com";
  Purpose purpose = for_use(Use::server);
  purpose.names = {{NameForm::dns, "updates.example.com"}};
  EXPECT_EQ(judge(server, purpose).error().code, Code::wrong_purpose);
  server.extensions.push_back(fakes::dns_names({"updates.example.com", "*.cdn.example.com"}));
  EXPECT_TRUE(judge(server, purpose));
  purpose.names = {{NameForm::dns, "a.cdn.example.com"}};
  EXPECT_TRUE(judge(server, purpose));
  for (const char* other : {"example.com", "a.b.cdn.example.com", "cdn.example.com", "x"}) {
    purpose.names = {{NameForm::dns, other}};
    EXPECT_EQ(judge(server, purpose).error().code, Code::wrong_purpose) << other;
  }
}

TEST_F(ValidateTest, RefusesAWildcardThatReachesIntoAnExcludedName) {
  const Buffer excluded = fakes::tlv(
      der::constructed(1),
      fakes::sequence({fakes::tlv(der::primitive(2), fakes::text_bytes("bar.example.com"))}));
  Wanted constrained;
  constrained.subject = middle.subject();
  constrained.extensions = {fakes::authority_constraints(),
                            fakes::key_usage(1, 0x06),
                            fakes::subject_key_id(middle.key()),
                            fakes::authority_key_id(root.key()),
                            {oid::kNameConstraints, fakes::sequence({excluded}), true}};
  Wanted server = middle.leaf(oid::kServerAuth);
  const auto refused_for = [&](const char* host) {
    Wanted wanted = server;
    wanted.extensions.push_back(fakes::dns_names({host}));
    const auto chain = chain_of({middle.issue(wanted, key), root.issue(constrained, middle.key())});
    const auto path = validate(chain, roots_of(root), kNow, for_use(Use::server));
    return path ? Code::ok : path.error().code;
  };
  EXPECT_EQ(refused_for("foo.example.com"), Code::ok);
  EXPECT_EQ(refused_for("a.bar.example.com"), Code::path_constrained);
  EXPECT_EQ(refused_for("*.example.com"), Code::path_constrained);
}

TEST_F(ValidateTest, TakesEd25519AuthoritiesByTheOneRule) {
  const Authority ed_root("ed root", KeyKind::ed25519);
  const auto chain = chain_of({ed_root.issue(ed_root.leaf(oid::kCodeSigning), key)});
  EXPECT_TRUE(validate(chain, roots_of(ed_root), kNow, for_use(Use::code_signing)));
}

// ---- roots

std::string pem_of(const Buffer& der) {
  return "-----BEGIN CERTIFICATE-----\n" + text::to_base64(der) + "\n-----END CERTIFICATE-----\n";
}

TEST_F(ValidateTest, ReadsRootsFromPemEachOnce) {
  const auto roots = Roots::from_pem("# ours\n" + pem_of(root.certificate) +
                                     pem_of(middle.certificate) + pem_of(root.certificate));
  ASSERT_TRUE(roots);
  EXPECT_EQ(roots->certificates().size(), 2u);
  EXPECT_TRUE(Roots::from_pem("")->certificates().empty());
  EXPECT_FALSE(Roots::from_pem(pem_of(Buffer{1, 2, 3})));
  EXPECT_FALSE(Roots::from_pem("-----BEGIN CERTIFICATE-----\nAAAA"));
}

// ---- certifies

TEST_F(ValidateTest, CertifiesTheKeyOfItsLeafAndNoOther) {
  const auto path = judge(signer);
  ASSERT_TRUE(path);
  EXPECT_TRUE(certifies(*path, package_key(key)));
  EXPECT_EQ(certifies(*path, package_key(Key(KeyKind::ed25519))).error().code, Code::key_mismatch);
}

TEST_F(ValidateTest, CertifiesSecp256k1KeysToo) {
  const Key other(KeyKind::secp256k1);
  const auto chain = chain_of({middle.issue(signer, other), middle.certificate});
  const auto path = validate(chain, roots_of(root), kNow, for_use(Use::code_signing));
  ASSERT_TRUE(path) << path.error().why;
  EXPECT_TRUE(certifies(*path, package_key(other)));
  EXPECT_EQ(certifies(*path, package_key(Key(KeyKind::secp256k1))).error().code,
            Code::key_mismatch);
}

TEST_F(ValidateTest, CertifiesNoKeyOfAKindThatTheKeyringDoesNotKnow) {
  const auto chain = chain_of({middle.issue(signer, Key(KeyKind::p256)), middle.certificate});
  const auto path = validate(chain, roots_of(root), kNow, for_use(Use::code_signing));
  ASSERT_TRUE(path);
  EXPECT_EQ(certifies(*path, package_key(key)).error().code, Code::key_mismatch);
}

// Whoever stole the authority's key issues a certificate that is right in every way, for his own
// key, under the name of the signer. The path is valid; the key is still not the keyring's.
TEST_F(ValidateTest, GivesAThiefOfTheAuthorityAPathAndNoSigner) {
  const crypto::PublicKey keyring_key = package_key(key);
  const Key thief(KeyKind::ed25519);
  const auto chain = chain_of({middle.issue(signer, thief), middle.certificate});
  const auto path = validate(chain, roots_of(root), kNow, for_use(Use::code_signing));
  ASSERT_TRUE(path);
  EXPECT_EQ(certifies(*path, keyring_key).error().code, Code::key_mismatch);
}

// No path turns into a key: the only way from one to the other is to bring the key along.
static_assert(!std::is_convertible_v<Path, crypto::PublicKey>);
static_assert(!std::is_constructible_v<crypto::PublicKey, Path>);
static_assert(!std::is_constructible_v<crypto::PublicKey, Certificate>);
static_assert(!std::is_default_constructible_v<Path>);
static_assert(!std::is_constructible_v<Path, std::vector<Certificate>>);

}  // namespace
}  // namespace airlock::x509
