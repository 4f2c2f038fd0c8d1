// One test for each known way to get past a quorum, and for what must pass.
#include "core/package/quorum.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/fakes/ed25519_edges.h"
#include "tests/fakes/fields.h"
#include "tests/fakes/signers.h"

namespace airlock::package {
namespace {

using fakes::Buffer;
using fakes::Release;
using fakes::Signer;
using fakes::Signers;

const Signers& cast() {
  static const Signers signers;
  return signers;
}

constexpr std::string_view kEverybody[] = {
    "vendor",     "committee-1", "committee-2", "committee-3", "reviewer-1",
    "reviewer-2", "reviewer-3",  "finance-1",   "finance-2",   "root-1",
    "root-2",     "root-3",      "root-4",      "root-5"};

// A valid manifest of this kind.
Buffer manifest_of(Kind kind) {
  Release release;
  if (carries_content(kind)) release = Release::of_content(kind, {'x'});
  release.kind = kind;
  if (kind == Kind::keyring) {
    fakes::KeyringPlan next = cast().plan();
    next.version = 2;
    release.content = *next.encode();
  }
  return release.encode();
}

Buffer sign_by(Bytes manifest, const std::vector<std::string_view>& names) {
  std::vector<const Signer*> signers;
  for (std::string_view name : names) signers.push_back(&cast()[name]);
  return fakes::sign(manifest, signers);
}

Code refusal(Bytes envelope, const Keyring& keyring = cast().keyring()) {
  const Result<Proven> proven = prove(envelope, keyring);
  return proven ? Code::ok : proven.error().code;
}

// A keyring that owns its encoding.
struct Ring {
  explicit Ring(const fakes::KeyringPlan& plan)
      : encoded(*plan.encode()), keyring(*Keyring::parse(encoded)) {}
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  Buffer encoded;
  Keyring keyring;
};

// An envelope put together by hand, so that it can be wrong.
struct Hand {
  struct Signature {
    Buffer header;
    Buffer value;
    std::size_t unprotected = 0;  // entries of the unprotected header
  };
  Buffer body{body_protected().begin(), body_protected().end()};
  std::size_t unprotected = 0;
  Buffer payload;
  std::vector<Signature> signatures;

  void add(std::string_view name) {
    const Signer& signer = cast()[name];
    signatures.push_back(
        {header_of(signer.key().algorithm, signer.id()), signer.sign_manifest(payload)});
  }
  static Buffer header_of(crypto::Algorithm algorithm, const Digest& id) {
    std::array<std::uint8_t, kSignerProtectedMax> room;
    const Bytes header = *encode_signer_protected(room, algorithm, id);
    return {header.begin(), header.end()};
  }
  void sort() {
    std::sort(signatures.begin(), signatures.end(), [](const Signature& a, const Signature& b) {
      return std::lexicographical_compare(a.header.end() - 32, a.header.end(), b.header.end() - 32,
                                          b.header.end());
    });
  }
  static void write_unprotected(codec::CborWriter& writer, std::size_t entries) {
    writer.write_map(entries);
    for (std::size_t i = 0; i < entries; ++i) {
      writer.write_unsigned(100 + i);
      writer.write_unsigned(0);
    }
  }
  Buffer encode(std::uint64_t tag = kCoseSignTag) const {
    return fakes::cbor([&](codec::CborWriter& writer) {
      writer.write_tag(tag);
      writer.write_array(4);
      writer.write_bytes(body);
      write_unprotected(writer, unprotected);
      writer.write_bytes(payload);
      writer.write_array(signatures.size());
      for (const Signature& signature : signatures) {
        writer.write_array(3);
        writer.write_bytes(signature.header);
        write_unprotected(writer, signature.unprotected);
        writer.write_bytes(signature.value);
      }
    });
  }
};

Hand complete_by_hand() {
  Hand hand;
  hand.payload = Release().encode();
  for (std::string_view name : {"vendor", "committee-1", "committee-2"}) hand.add(name);
  hand.sort();
  return hand;
}

TEST(Prove, AcceptsEveryKindSignedByItsOwnQuorum) {
  for (Kind kind : kKinds) {
    const Buffer manifest = manifest_of(kind);
    const Buffer envelope = cast().sign_complete(manifest, kind);
    const Result<Proven> proven = prove(envelope, cast().keyring());
    ASSERT_TRUE(proven) << name_of(kind) << name(proven.error().code);
    EXPECT_EQ(proven->manifest().kind, kind);
    EXPECT_EQ(proven->digest(), crypto::sha256(manifest));
  }
}

TEST(Prove, AcceptsAnEnvelopePutTogetherByAnotherTool) {
  EXPECT_EQ(refusal(complete_by_hand().encode()), Code::ok);
}

TEST(Prove, RefusesTheVendorAlone) {
  EXPECT_EQ(refusal(cast().sign(Release().encode(), {"vendor"})), Code::quorum_missing);
}

TEST(Prove, RefusesTheCommitteeAlone) {
  EXPECT_EQ(refusal(cast().sign(Release().encode(), {"committee-1", "committee-2", "committee-3"})),
            Code::quorum_missing);
}

TEST(Prove, RefusesAnUnsignedEnvelopeAndNamesTheClause) {
  const Buffer unsigned_envelope = cast().sign(Release().encode(), {});
  EXPECT_EQ(prove(unsigned_envelope, cast().keyring()).error(), (Error{Code::quorum_missing, 0}));
  const Buffer vendor = cast().sign(Release().encode(), {"vendor", "committee-3"});
  EXPECT_EQ(prove(vendor, cast().keyring()).error(), (Error{Code::quorum_missing, 1}));
}

TEST(Prove, RefusesTheSameSignerTwice) {
  Hand hand;
  hand.payload = Release().encode();
  for (std::string_view name : {"vendor", "committee-1", "committee-1"}) hand.add(name);
  hand.sort();
  EXPECT_EQ(refusal(hand.encode()), Code::duplicate_signer);
  Hand more = complete_by_hand();  // also where the quorum would be complete without it
  more.add("committee-1");
  more.sort();
  EXPECT_EQ(refusal(more.encode()), Code::duplicate_signer);
}

TEST(Prove, CountsNothingForAKeyThatTheKeyringDoesNotList) {
  const Signer stranger("committee-2", crypto::Algorithm::eddsa, "stranger");
  const std::vector<const Signer*> signers = {&cast()["vendor"], &cast()["committee-1"], &stranger};
  EXPECT_EQ(refusal(fakes::sign(Release().encode(), signers)), Code::quorum_missing);
}

TEST(Prove, PassesOverAStrangerBesideACompleteQuorum) {
  const Signer stranger("stranger", crypto::Algorithm::eddsa);
  const std::vector<const Signer*> signers = {&cast()["vendor"], &cast()["committee-1"],
                                              &cast()["committee-3"], &stranger};
  EXPECT_EQ(refusal(fakes::sign(Release().encode(), signers)), Code::ok);
}

TEST(Prove, CountsNothingForAKeyOfAnotherGroup) {
  for (std::string_view other : {"reviewer-1", "reviewer-2", "finance-1", "root-1", "root-2"}) {
    EXPECT_EQ(refusal(sign_by(Release().encode(), {"vendor", "committee-1", other})),
              Code::quorum_missing)
        << other;
  }
}

TEST(Prove, RefusesAKindByThePolicyOfAnother) {
  for (Kind kind : kKinds) {
    for (Kind other : kKinds) {
      const auto demanded = [](Kind k) -> const auto& {
        return cast().keyring().policy(k).clauses;
      };
      const bool same =
          std::equal(demanded(kind).begin(), demanded(kind).end(), demanded(other).begin(),
                     demanded(other).end(), [](Clause a, Clause b) { return a.group == b.group; });
      if (same) continue;  // one quorum serves both; prove_kind tells them apart
      EXPECT_EQ(refusal(cast().sign_complete(manifest_of(kind), other)), Code::quorum_missing)
          << name_of(kind) << " signed as " << name_of(other);
    }
  }
}

TEST(Prove, RefusesAKindWithoutPolicy) {
  fakes::KeyringPlan plan = cast().plan();
  std::erase_if(plan.policies, [](const auto& policy) { return policy.kind == Kind::fee_plugin; });
  const Ring ring(plan);
  const Buffer envelope = cast().sign_complete(manifest_of(Kind::fee_plugin), Kind::fee_plugin);
  EXPECT_EQ(refusal(envelope, ring.keyring), Code::no_policy);
  EXPECT_EQ(refusal(cast().sign_complete(Release().encode(), Kind::firmware), ring.keyring),
            Code::ok);
}

TEST(Prove, CountsNothingForASignatureUnderAnotherAlgorithm) {
  Hand hand = complete_by_hand();
  for (Hand::Signature& signature : hand.signatures) {
    const Digest id = *Digest::from(Bytes(signature.header).last(32));
    const bool ed25519 = cast().keyring().find(id.bytes)->key.algorithm == crypto::Algorithm::eddsa;
    Hand confused = hand;
    confused.signatures[static_cast<std::size_t>(&signature - hand.signatures.data())].header =
        Hand::header_of(ed25519 ? crypto::Algorithm::es256k : crypto::Algorithm::eddsa, id);
    EXPECT_EQ(refusal(confused.encode()), Code::quorum_missing);
  }
}

TEST(Prove, CountsNothingForASignatureThatClaimsAnotherAlgorithmAndIsSignedSo) {
  // The committee's second key signs with its own algorithm, over a header that names another one.
  const Signer& signer = cast()["committee-2"];
  Hand hand;
  hand.payload = Release().encode();
  for (std::string_view name : {"vendor", "committee-1"}) hand.add(name);
  const Buffer header = Hand::header_of(crypto::Algorithm::eddsa, signer.id());
  const SignedMessage message(body_protected(), header, hand.payload);
  Buffer whole;
  for (Bytes part : message.parts()) whole.insert(whole.end(), part.begin(), part.end());
  hand.signatures.push_back({header, signer.sign_message(whole)});
  hand.sort();
  EXPECT_EQ(refusal(hand.encode()), Code::quorum_missing);
}

TEST(Prove, CountsNothingForASignatureOverOtherBytes) {
  Release other;
  other.version = "1.2.0";
  Hand hand = complete_by_hand();
  hand.payload = other.encode();
  EXPECT_EQ(refusal(hand.encode()), Code::quorum_missing);
}

TEST(Prove, CountsNothingForASignatureOverTheManifestItself) {
  // A signature that some other protocol might obtain: over the manifest, without the structure.
  Hand hand = complete_by_hand();
  const Signer& vendor = cast()["vendor"];
  for (Hand::Signature& signature : hand.signatures) {
    if (equal(Bytes(signature.header).last(32), vendor.id().bytes)) {
      signature.value = vendor.sign_message(hand.payload);
    }
  }
  EXPECT_EQ(refusal(hand.encode()), Code::quorum_missing);
}

TEST(Prove, CountsNothingForSignaturesThatChangedPlaces) {
  Hand hand = complete_by_hand();
  std::swap(hand.signatures[0].value, hand.signatures[1].value);
  EXPECT_EQ(refusal(hand.encode()), Code::quorum_missing);
}

TEST(Prove, CountsNothingForASignatureOfAnotherLength) {
  for (std::size_t size : {0U, 1U, 63U, 65U, 128U}) {
    Hand hand = complete_by_hand();
    hand.signatures[0].value.resize(size);
    EXPECT_EQ(refusal(hand.encode()), Code::quorum_missing) << size;
  }
}

TEST(Envelope, RefusesUnprotectedHeaders_CVE_2024_32883) {
  Hand body = complete_by_hand();
  body.unprotected = 1;
  EXPECT_EQ(refusal(body.encode()), Code::unknown_field);
  Hand signer = complete_by_hand();
  signer.signatures[1].unprotected = 1;
  EXPECT_EQ(refusal(signer.encode()), Code::unknown_field);
}

TEST(Envelope, RefusesSignaturesOutOfOrder) {
  Hand hand = complete_by_hand();
  std::swap(hand.signatures[0], hand.signatures[2]);
  EXPECT_EQ(refusal(hand.encode()), Code::not_canonical);
}

TEST(Envelope, RefusesAnotherTagOrContentType) {
  const Hand hand = complete_by_hand();
  for (std::uint64_t tag : {18U, 97U, 99U}) EXPECT_EQ(refusal(hand.encode(tag)), Code::wrong_magic);
  Hand other = complete_by_hand();
  other.body.back() ^= 1;
  EXPECT_EQ(refusal(other.encode()), Code::wrong_magic);
  other.body.clear();
  EXPECT_EQ(refusal(other.encode()), Code::wrong_magic);
}

TEST(Envelope, RefusesASignerHeaderThatIsNotExactlyAlgorithmAndKeyId) {
  const Hand good = complete_by_hand();
  const fakes::Fields header(good.signatures[0].header);
  const auto with = [&](const fakes::Fields& fields) {
    Hand hand = good;
    hand.signatures[0].header = fields.encode();
    return refusal(hand.encode());
  };
  EXPECT_EQ(with(header), Code::ok);
  for (std::int64_t key : {1, 4}) {
    fakes::Fields fields = header;
    fields.erase(key);
    EXPECT_EQ(with(fields), Code::missing_field);
  }
  fakes::Fields more = header;
  more.append(5, fakes::cbor_number(1));
  EXPECT_EQ(with(more), Code::too_many);
  fakes::Fields other = header;
  other.erase(4);
  other.append(5, fakes::cbor_number(1));
  EXPECT_EQ(with(other), Code::unknown_field);
  fakes::Fields shorter = header;
  shorter.at(4) = fakes::cbor_bytes(Buffer(31));
  EXPECT_EQ(with(shorter), Code::truncated);
  fakes::Fields longer = header;
  longer.at(4) = fakes::cbor_bytes(Buffer(33));
  EXPECT_EQ(with(longer), Code::oversized);
}

TEST(Envelope, RefusesMoreSignaturesThanItsLimit) {
  Hand hand = complete_by_hand();
  while (hand.signatures.size() <= kSignaturesMax) {
    hand.signatures.push_back(hand.signatures.back());
  }
  EXPECT_EQ(Envelope::parse(hand.encode()).error().code, Code::too_many);
  hand.signatures.front().unprotected = 1;  // refused by their number, before any of them is read
  EXPECT_EQ(Envelope::parse(hand.encode()).error().code, Code::too_many);
}

TEST(Envelope, RefusesEveryTruncationAndBytesAfterTheEnd) {
  Buffer envelope = cast().sign_complete(Release().encode(), Kind::firmware);
  for (std::size_t size = 0; size < envelope.size(); ++size) {
    EXPECT_FALSE(prove(Bytes(envelope).first(size), cast().keyring())) << size;
  }
  envelope.push_back(0);
  EXPECT_EQ(refusal(envelope), Code::trailing_bytes);
}

TEST(Prove, RefusesEveryFlippedByteOfAnEnvelope_MEN_1412) {
  const Buffer good = cast().sign_complete(Release().encode(), Kind::firmware);
  ASSERT_EQ(refusal(good), Code::ok);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned flip : {0x01U, 0x80U}) {
      Buffer bad = good;
      bad[at] = static_cast<std::uint8_t>(bad[at] ^ flip);
      EXPECT_NE(refusal(bad), Code::ok) << at;
    }
  }
}

// The rule told a second time, by names: how many of each group a kind needs.
bool enough(Kind kind, const std::vector<std::string_view>& names) {
  const auto count = [&](std::string_view group) {
    return std::count_if(names.begin(), names.end(),
                         [&](std::string_view name) { return name.starts_with(group); });
  };
  switch (kind) {
    case Kind::firmware:
    case Kind::fee_plugin:
    case Kind::advisory: return count("vendor") >= 1 && count("committee") >= 2;
    case Kind::abi_pack: return count("vendor") >= 1 && count("reviewer") >= 2;
    case Kind::fee_policy: return count("vendor") >= 1 && count("finance") >= 1;
    case Kind::keyring: return count("root") >= 3;
  }
  return false;
}

// Proves one manifest under every subset of these signers.
void try_every_subset(Kind kind, std::span<const std::string_view> names) {
  const Buffer manifest = manifest_of(kind);
  std::vector<Buffer> signatures;
  for (std::string_view name : names) signatures.push_back(cast()[name].sign_manifest(manifest));
  Buffer room(manifest.size() + 8192);
  for (std::size_t subset = 0; subset < std::size_t{1} << names.size(); ++subset) {
    std::vector<SignatureDraft> drafts;
    std::vector<std::string_view> present;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if ((subset >> i & 1) == 0) continue;
      const Signer& signer = cast()[names[i]];
      drafts.push_back({signer.key().algorithm, signer.id(), signatures[i]});
      present.push_back(names[i]);
    }
    const Code found = refusal(*encode_envelope(manifest, drafts, room));
    ASSERT_EQ(found, enough(kind, present) ? Code::ok : Code::quorum_missing)
        << name_of(kind) << " subset " << subset;
  }
}

TEST(Prove, AcceptsExactlyTheCompleteQuorumsAmongAllSubsetsOfTheCast) {
  try_every_subset(Kind::firmware, kEverybody);
}

TEST(Prove, AcceptsExactlyTheCompleteQuorumsOfEveryOtherKind) {
  const std::vector<std::string_view> some = {"vendor",     "committee-1", "committee-2",
                                              "reviewer-1", "reviewer-2",  "finance-2",
                                              "root-1",     "root-2",      "root-5"};
  for (Kind kind : kKinds) try_every_subset(kind, some);
}

// Keys that no keyring may list are judged where it is parsed.
TEST(Tally, JudgesEd25519AsEveryProcessDoes) {
  const Buffer manifest = Release().encode();
  const auto id_of = [](Bytes key) {  // as key_id has it, of any 32 bytes
    Buffer named = {0xff, 0xf8};
    named.insert(named.end(), key.begin(), key.end());
    return crypto::sha256(named);
  };
  const auto edges = fakes::ed25519_edges([&](Bytes key) {
    const Buffer header = Hand::header_of(crypto::Algorithm::eddsa, id_of(key));
    const SignedMessage message(body_protected(), header, manifest);
    Buffer whole;
    for (Bytes part : message.parts()) whole.insert(whole.end(), part.begin(), part.end());
    return whole;
  });
  for (const fakes::Ed25519Edge& edge : edges) {
    const auto key = crypto::make_public_key(crypto::Algorithm::eddsa, edge.key);
    if (!key) continue;
    fakes::KeyringPlan plan = cast().plan();
    plan.keys.push_back({*key, plan.group("finance"), "edge"});
    plan.policies[0].clauses = {{plan.group("finance"), 1}};
    const Ring ring(plan);
    const SignatureDraft draft{crypto::Algorithm::eddsa, id_of(edge.key), edge.signature};
    Buffer room(64 << 10);
    const Bytes envelope = *encode_envelope(manifest, {&draft, 1}, room);
    EXPECT_EQ(refusal(envelope, ring.keyring) == Code::ok, edge.is_valid) << edge.name;
  }
}

TEST(Tally, TellsHowFarEachClauseWasMet) {
  const Buffer encoded = cast().sign(Release().encode(), {"committee-1", "committee-3", "root-1"});
  const Envelope envelope = *Envelope::parse(encoded);
  const Tally counted = *tally(envelope, cast().keyring(), Kind::firmware);
  ASSERT_EQ(counted.clauses.size(), 2u);
  EXPECT_EQ(counted.clauses[0].signers, 0);
  EXPECT_EQ(counted.clauses[1].signers, 2);
  EXPECT_FALSE(counted.complete());
  EXPECT_FALSE(Tally{}.complete());
}

TEST(ProveKind, RefusesAnotherKindWhateverItsSignatures) {
  for (Kind kind : kKinds) {
    const Buffer envelope = cast().sign_complete(manifest_of(kind), kind);
    for (Kind wanted : kKinds) {
      const Result<Proven> proven = prove_kind(envelope, cast().keyring(), wanted);
      if (wanted == kind) {
        EXPECT_TRUE(proven);
      } else {
        EXPECT_EQ(proven.error().code, Code::wrong_kind);
      }
    }
  }
}

TEST(Prove, AcceptsARetainedManifestWithoutItsSigners) {
  const Buffer manifest = Release().encode();
  fakes::KeyringPlan plan = cast().plan();
  plan.retained = {crypto::sha256(manifest)};
  const Ring ring(plan);
  EXPECT_EQ(refusal(cast().sign(manifest, {}), ring.keyring), Code::ok);
  Release other;
  other.version = "1.1.1";
  EXPECT_EQ(refusal(cast().sign(other.encode(), {}), ring.keyring), Code::quorum_missing);
}

TEST(Prove, NeverRetainsAKeyring) {
  // Whoever has the new root group's keys must not get past the old one by a retained digest.
  const Signers next("next");
  fakes::KeyringPlan successor = next.plan();
  successor.version = 2;
  const Buffer manifest = Release::of_content(Kind::keyring, *successor.encode()).encode();
  fakes::KeyringPlan plan = cast().plan();
  plan.retained = {crypto::sha256(manifest)};
  const Ring ring(plan);
  EXPECT_EQ(refusal(next.sign_complete(manifest, Kind::keyring), ring.keyring),
            Code::quorum_missing);
}

TEST(Prove, StopsCountingAKeyThatTheKeyringNoLongerLists) {
  fakes::KeyringPlan plan = cast().plan();
  plan.remove("committee-1");
  plan.version = 2;
  const Ring ring(plan);
  const Buffer manifest = Release().encode();
  EXPECT_EQ(refusal(cast().sign(manifest, {"vendor", "committee-1", "committee-2"}), ring.keyring),
            Code::quorum_missing);
  EXPECT_EQ(refusal(cast().sign(manifest, {"vendor", "committee-2", "committee-3"}), ring.keyring),
            Code::ok);
}

// A keyring package whose root group is another cast's.
Buffer succession(const Signers& next, std::uint32_t version,
                  const std::vector<const Signer*>& signers) {
  fakes::KeyringPlan plan = next.plan();
  plan.version = version;
  return fakes::sign(Release::of_content(Kind::keyring, *plan.encode()).encode(), signers);
}

TEST(KeyringSuccession, NeedsTheOldRootAndTheNewOne) {
  const Signers next("next");
  const std::vector<const Signer*> old_root = {&cast()["root-1"], &cast()["root-2"],
                                               &cast()["root-3"]};
  const std::vector<const Signer*> new_root = {&next["root-1"], &next["root-4"], &next["root-5"]};
  EXPECT_EQ(refusal(succession(next, 2, old_root)), Code::quorum_missing);
  EXPECT_EQ(refusal(succession(next, 2, new_root)), Code::quorum_missing);
  std::vector<const Signer*> both = old_root;
  both.insert(both.end(), new_root.begin(), new_root.end());
  EXPECT_EQ(refusal(succession(next, 2, both)), Code::ok);
  both.pop_back();
  EXPECT_EQ(refusal(succession(next, 2, both)), Code::quorum_missing);
}

TEST(KeyringSuccession, RefusesAVersionThatDoesNotGrow) {
  fakes::KeyringPlan plan = cast().plan();
  plan.version = 5;
  const Ring current(plan);
  const std::vector<const Signer*> root = {&cast()["root-1"], &cast()["root-2"], &cast()["root-3"]};
  for (std::uint32_t version : {1U, 4U, 5U}) {
    EXPECT_EQ(refusal(succession(cast(), version, root), current.keyring), Code::keyring_rollback);
  }
  for (std::uint32_t version : {6U, 100U}) {
    EXPECT_EQ(refusal(succession(cast(), version, root), current.keyring), Code::ok);
  }
}

TEST(KeyringSuccession, RefusesContentThatIsNoKeyring) {
  const Buffer manifest = Release::of_content(Kind::keyring, {'x'}).encode();
  EXPECT_NE(refusal(cast().sign_complete(manifest, Kind::keyring)), Code::ok);
}

TEST(OpenKeyringAnchor, OpensWhatItsOwnRootSigned) {
  const Buffer anchor = cast().anchor();
  const Result<Keyring> opened = open_keyring_anchor(anchor);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->version, 1u);
  EXPECT_EQ(opened->keys.size(), std::size(kEverybody));
}

TEST(OpenKeyringAnchor, RefusesAKeyringThatItsOwnRootDidNotSign) {
  const Buffer manifest =
      Release::of_content(Kind::keyring,
                          Buffer(cast().keyring_encoded().begin(), cast().keyring_encoded().end()))
          .encode();
  const Buffer by_two = cast().sign(manifest, {"root-1", "root-2"});
  EXPECT_EQ(open_keyring_anchor(by_two).error().code, Code::quorum_missing);
  const Buffer firmware = cast().sign_complete(Release().encode(), Kind::firmware);
  EXPECT_EQ(open_keyring_anchor(firmware).error().code, Code::wrong_kind);
}

TEST(ReadUnproven, ShowsWhatAnUnsignedEnvelopeClaims) {
  const Buffer envelope = cast().sign(Release().encode(), {});
  EXPECT_EQ(read_unproven(envelope)->version.text, "1.1.0");
}

TEST(EncodeEnvelope, RefusesTheSameSignerTwice) {
  const Buffer manifest = Release().encode();
  const Signer& vendor = cast()["vendor"];
  const Buffer signature = vendor.sign_manifest(manifest);
  const SignatureDraft draft{vendor.key().algorithm, vendor.id(), signature};
  const std::vector<SignatureDraft> twice = {draft, draft};
  Buffer room(8192);
  EXPECT_EQ(encode_envelope(manifest, twice, room).error().code, Code::duplicate_signer);
}

}  // namespace
}  // namespace airlock::package
