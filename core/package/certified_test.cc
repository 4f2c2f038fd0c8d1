// A policy that demands certificates: what is asked of whoever can judge them, and what counts
// then.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "core/package/encode.h"
#include "core/package/quorum.h"
#include "tests/fakes/signers.h"

namespace airlock::package {
namespace {

using crypto::Algorithm;
using fakes::Buffer;
using fakes::KeyringPlan;
using fakes::Release;
using fakes::Signer;

constexpr AlgorithmSet kBothCurves = {Algorithm::eddsa, Algorithm::es256k};
constexpr AlgorithmSet kSlhDsa = {Algorithm::slh_dsa_sha2_128s};
constexpr AlgorithmSet kAll = {Algorithm::eddsa, Algorithm::es256k, Algorithm::slh_dsa_sha2_128s};

// Certifies the keys that it is told to, and keeps what it was asked.
class FakeCertifier final : public Certifier {
 public:
  explicit FakeCertifier(std::set<Digest> keys = {}) : keys_(std::move(keys)) {}
  bool certifies(const Key& key) override {
    asked.push_back(key.id);
    return keys_.contains(key.id);
  }
  std::vector<Digest> asked;

 private:
  std::set<Digest> keys_;
};

// Keys of one name, of each algorithm; made once, since SLH-DSA takes a moment.
std::vector<Signer> keys_named(std::string_view name) {
  std::vector<Signer> keys;
  for (Algorithm algorithm : crypto::kAlgorithms) keys.emplace_back(name, algorithm);
  return keys;
}
const std::vector<Signer>& anna() {
  static const std::vector<Signer> keys = keys_named("anna");
  return keys;
}
const std::vector<Signer>& ben() {
  static const std::vector<Signer> keys = keys_named("ben");
  return keys;
}

// Anna and Ben, and one clause for firmware, which wants certificates.
struct Committee {
  explicit Committee(Clause firmware) {
    KeyringPlan plan;
    plan.groups = {"committee", "root"};
    for (const Signer& signer : anna()) plan.add(signer, "committee");
    for (const Signer& signer : ben()) plan.add(signer, "committee");
    plan.add(Signer("root-1", Algorithm::eddsa), "root");
    firmware.certified = true;
    plan.policies = {{Kind::firmware, {firmware}}, {Kind::keyring, {{1, 1}}}};
    encoded = plan.encode().value();
    keyring = Keyring::parse(encoded).value();
  }
  Committee(const Committee&) = delete;
  Committee& operator=(const Committee&) = delete;

  Buffer encoded;
  Keyring keyring;
};

// Signs by the keys of these algorithms; signatures are made once, since SLH-DSA takes a moment.
Buffer envelope(AlgorithmSet annas, AlgorithmSet bens) {
  static const Buffer manifest = Release().encode();
  static std::vector<std::pair<Digest, Buffer>> made;
  std::vector<SignatureDraft> drafts;
  const auto sign = [&](const std::vector<Signer>& signers, AlgorithmSet algorithms) {
    for (const Signer& signer : signers) {
      if (!algorithms.has(signer.key().algorithm)) continue;
      auto found = std::ranges::find(made, signer.id(), &std::pair<Digest, Buffer>::first);
      if (found == made.end()) {
        made.reserve(16);  // the drafts view what is kept here
        found = made.insert(made.end(), {signer.id(), signer.sign_manifest(manifest)});
      }
      drafts.push_back({signer.key().algorithm, signer.id(), found->second});
    }
  };
  sign(anna(), annas);
  sign(ben(), bens);
  Buffer room(64 << 10);
  const Bytes encoded = encode_envelope(manifest, drafts, room).value();
  return {encoded.begin(), encoded.end()};
}

std::set<Digest> keys_of(const std::vector<Signer>& signers, AlgorithmSet algorithms) {
  std::set<Digest> keys;
  for (const Signer& signer : signers) {
    if (algorithms.has(signer.key().algorithm)) keys.insert(signer.id());
  }
  return keys;
}

Code verdict(const Committee& committee, Bytes signed_bytes, Certifier& certifier) {
  const auto proven = prove(signed_bytes, committee.keyring, certifier);
  return proven ? Code::ok : proven.error().code;
}

std::vector<AlgorithmSet> every_set() {
  std::vector<AlgorithmSet> all;
  for (unsigned bits = 0; bits < 1U << crypto::kAlgorithms.size(); ++bits) {
    AlgorithmSet set;
    for (std::size_t i = 0; i < crypto::kAlgorithms.size(); ++i) {
      if ((bits >> i & 1) != 0) set.add(crypto::kAlgorithms[i]);
    }
    all.push_back(set);
  }
  return all;
}

TEST(Certified, CountsASignerByExactlyTheCertifiedKeysThatTheClauseDemands) {
  for (AlgorithmSet demanded : every_set()) {
    const Committee committee(Clause{0, 1, demanded});
    for (AlgorithmSet signed_by : every_set()) {
      const bool signs = signed_by.shares(kBothCurves) && signed_by.includes(demanded);
      for (AlgorithmSet certified : every_set()) {
        FakeCertifier certifier(keys_of(anna(), certified));
        AlgorithmSet usable = signed_by.without(kBothCurves.without(certified));
        const bool counts = signs && usable.shares(kBothCurves) && usable.includes(demanded);
        EXPECT_EQ(verdict(committee, envelope(signed_by, {}), certifier),
                  !signs   ? Code::quorum_missing
                  : counts ? Code::ok
                           : Code::certificate_missing);
      }
    }
  }
}

TEST(Certified, NeedsACertificateOfEachSignerOfTheThreshold) {
  const Committee committee(Clause{0, 2, kAll});
  const Buffer whole = envelope(kAll, kAll);
  std::set<Digest> keys = keys_of(anna(), kAll);
  FakeCertifier annas(keys);
  EXPECT_EQ(verdict(committee, whole, annas), Code::certificate_missing);
  keys.merge(keys_of(ben(), kBothCurves));
  FakeCertifier both(keys);
  EXPECT_EQ(verdict(committee, whole, both), Code::ok);
}

TEST(Certified, AsksNobodyBeforeTheSignaturesAreComplete) {
  const Committee committee(Clause{0, 2, {}});
  FakeCertifier certifier(keys_of(anna(), kAll));
  EXPECT_EQ(verdict(committee, envelope(kAll, {}), certifier), Code::quorum_missing);
  EXPECT_TRUE(certifier.asked.empty());
}

TEST(Certified, AsksAboutNoMoreSignersThanItTakes) {
  const Committee committee(Clause{0, 1, {Algorithm::eddsa}});
  std::set<Digest> keys = keys_of(anna(), kAll);
  keys.merge(keys_of(ben(), kAll));
  FakeCertifier certifier(keys);
  const AlgorithmSet one = {Algorithm::eddsa};
  EXPECT_EQ(verdict(committee, envelope(one, one), certifier), Code::ok);
  EXPECT_EQ(certifier.asked.size(), 1u);
}

TEST(Certified, AsksAboutKeysThatSignedAndNobodyCertifiesSlhDsa) {
  const Committee committee(Clause{0, 1, {}});
  const std::set<Digest> secp = keys_of(anna(), {Algorithm::es256k});
  FakeCertifier certifier;
  const AlgorithmSet two = {Algorithm::es256k, Algorithm::slh_dsa_sha2_128s};
  EXPECT_EQ(verdict(committee, envelope(two, {}), certifier), Code::certificate_missing);
  EXPECT_EQ(certifier.asked, std::vector<Digest>(secp.begin(), secp.end()));
}

TEST(Certified, AddsNoSigner) {
  const Committee committee(Clause{0, 1, {}});
  const Signer mallory("mallory", Algorithm::eddsa);
  FakeCertifier certifier({mallory.id()});
  const Buffer forged = fakes::sign(Release().encode(), {&mallory});
  EXPECT_EQ(verdict(committee, forged, certifier), Code::quorum_missing);
  EXPECT_TRUE(certifier.asked.empty());
}

TEST(Certified, IsRefusedWhereNobodyCanJudge) {
  const Committee committee(Clause{0, 1, {}});
  const Buffer whole = envelope(kAll, kAll);
  EXPECT_EQ(prove(whole, committee.keyring).error(), (Error{Code::certificates_unjudged, 0}));
  EXPECT_EQ(prove_kind(whole, committee.keyring, Kind::firmware).error().code,
            Code::certificates_unjudged);
  // What was judged before goes on by its signatures, and by no fewer of them.
  EXPECT_TRUE(prove(whole, committee.keyring, Judged::before));
  EXPECT_EQ(prove(envelope({}, {}), committee.keyring, Judged::before).error().code,
            Code::quorum_missing);
}

TEST(Certified, AsksNothingOfARetainedManifestNorOfAnotherKind) {
  const Committee committee(Clause{0, 1, {}});
  EXPECT_TRUE(wants_certificates(committee.keyring, Kind::firmware));
  EXPECT_FALSE(wants_certificates(committee.keyring, Kind::keyring));
  EXPECT_FALSE(wants_certificates(committee.keyring, Kind::abi_pack));
  const Buffer manifest = Release().encode();
  Keyring retaining = committee.keyring;
  Buffer item = {0x58, 0x20};
  const Digest digest = crypto::sha256(manifest);
  item.insert(item.end(), digest.bytes.begin(), digest.bytes.end());
  retaining.retained = {item, 1};
  FakeCertifier certifier;
  EXPECT_TRUE(prove(envelope(kSlhDsa, {}), retaining, certifier));
  EXPECT_TRUE(certifier.asked.empty());
}

}  // namespace
}  // namespace airlock::package
