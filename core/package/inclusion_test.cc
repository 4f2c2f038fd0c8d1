#include "core/package/inclusion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/codec/codec.h"
#include "tests/fakes/public_log.h"

namespace airlock::package {
namespace {

using fakes::PublicLog;
using Times = PublicLog::Times;

Digest digest_of(std::uint64_t number) {
  const std::uint8_t bytes[] = {static_cast<std::uint8_t>(number),
                                static_cast<std::uint8_t>(number >> 8)};
  return crypto::sha256(bytes);
}

class Log : public testing::Test {
 protected:
  void SetUp() override { grow(log_, 20); }
  static void grow(PublicLog& log, std::uint64_t size) {
    while (log.size() < size) log.add(digest_of(log.size()));
  }
  static Code code_of(const Result<Included>& found) {
    return found ? Code::ok : found.error().code;
  }
  Code judged(const std::string& proof, std::uint8_t required = 2) {
    return code_of(prove_included(digest_of(7), proof, log_.policy(required)));
  }

  PublicLog log_;
};

// The examples that the standards print: keys and signatures of others.
constexpr std::string_view kForeignCheckpoint =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\u2014 example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "\u2014 witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+"
    "mbIUBkBIfZ+qnA==\n";

TEST(Note, HasTheKeyIdOfTheStandardsExample) {
  // C2SP signed-note: example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
  std::array<std::uint8_t, 33> room;
  const Result<Bytes> typed =
      codec::read_base64("AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", room);
  ASSERT_TRUE(typed);
  const auto key = crypto::make_public_key(crypto::Algorithm::eddsa, typed->subspan(1));
  ASSERT_TRUE(key);
  EXPECT_EQ(note_key_id("example.com/foo", NoteKeyType::ed25519, *key), 0x530d903aU);
}

TEST(Note, VerifiesTheStandardsExample) {
  std::array<std::uint8_t, 33> room;
  const Bytes typed = *codec::read_base64("AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", room);
  const auto key = crypto::make_public_key(crypto::Algorithm::eddsa, typed.subspan(1));
  const auto note = Note::parse(
      "This is an example message.\n\n\u2014 example.com/foo "
      "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
      "\n");
  ASSERT_TRUE(note);
  ASSERT_EQ(note->signatures.size(), 1U);
  EXPECT_EQ(note->signatures[0].key_id, 0x530d903aU);
  std::array<std::uint8_t, 68> signature;
  ASSERT_TRUE(codec::read_base64(note->signatures[0].encoded, signature));
  const std::array message = {bytes_of(note->text)};
  EXPECT_TRUE(crypto::verify(*key, message, Bytes(signature).subspan(4)));
}

TEST(CheckpointText, ReadsTheStandardsExample) {
  const auto read = Checkpoint::parse(kForeignCheckpoint);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->origin, "example.com/behind-the-sofa");
  EXPECT_EQ(read->head.size, 20'852'163U);
  ASSERT_EQ(read->note.signatures.size(), 2U);
  EXPECT_EQ(read->note.signatures[1].name, "witness.example.com/w1");
  EXPECT_EQ(read->note.signatures[1].key_id, 0x8d66cf3fU);
}

TEST(CheckpointText, RefusesWhatIsMalformed) {
  const std::string end = "\n\n\u2014 l AAAAAAAA\n";
  const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
  ASSERT_TRUE(Checkpoint::parse("l\n1\n" + root + end));
  ASSERT_TRUE(Checkpoint::parse("l\n1\n" + root + "\nmore" + end));
  for (const std::string& bad : {"\n1\n" + root + end,
                                 "l\n01\n" + root + end,
                                 "l\n-1\n" + root + end,
                                 "l\n\n" + root + end,
                                 "l\n1 \n" + root + end,
                                 "l\n1\n" + root.substr(4) + end,
                                 "l\n1\n" + root + " " + end,
                                 "l\n1\n\n" + root + end,
                                 "l\n1\n" + root + "\n\nmore" + end,
                                 "l\n1\n" + root + "\r" + end,
                                 "l\n1\n" + root + "\x80" + end,
                                 "l\n1\n" + root + "\xc0\xaf" + end,
                                 "l\n1\n" + root + "\xed\xa0\x80" + end,
                                 "l\n1\n" + root + "\n",
                                 "l\n1\n" + root + "\n\n",
                                 "l\n1\n" + root + "\n\n\u2014 l AAAAAAAA",
                                 "l\n1\n" + root + "\n\n- l AAAAAAAA\n",
                                 "l\n1\n" + root + "\n\n\u2014  AAAAAAAA\n",
                                 "l\n1\n" + root + "\n\n\u2014 l+m AAAAAAAA\n",
                                 "l\n1\n" + root + "\n\n\u2014 l AAAA\n",
                                 "l\n1\n" + root + "\n\n\u2014 l AAAAAA==\n",
                                 "l\n1\n" + root + "\n\n\u2014 l AAAAAAA-\n",
                                 "l\n99999999999999999999\n" + root + end,
                                 "l\n1099511627777\n" + root + end,
                                 "l\n0\n" + root + end}) {
    EXPECT_FALSE(Checkpoint::parse(bad)) << bad;
  }
}

TEST(CheckpointText, BoundsItsSignaturesAndItsSize) {
  const std::string text = "l\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n";
  std::string lines;
  for (std::size_t i = 0; i < kNoteSignaturesMax; ++i) lines += "\u2014 l AAAAAAAA\n";
  EXPECT_TRUE(Checkpoint::parse(text + lines));
  EXPECT_EQ(Checkpoint::parse(text + lines + "\u2014 l AAAAAAAA\n").error().code, Code::too_many);
  EXPECT_EQ(
      Checkpoint::parse(text + "\u2014 l " + std::string(kNoteSizeMax, 'A') + "\n").error().code,
      Code::oversized);
}

TEST_F(Log, ProvesEveryLeafOfEverySize) {
  for (std::uint64_t size = 1; size <= log_.size(); ++size) {
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto found = prove_included(digest_of(index), log_.proof(index, size), log_.policy());
      ASSERT_TRUE(found) << index << " of " << size;
      EXPECT_EQ(found->index(), index);
      EXPECT_EQ(found->head(), log_.head(size));
    }
  }
}

TEST_F(Log, RefusesAnotherManifestsProof) {
  EXPECT_EQ(judged(log_.proof(7, 20)), Code::ok);
  EXPECT_EQ(judged(log_.proof(6, 20)), Code::bad_proof);
  EXPECT_EQ(judged(""), Code::proof_missing);
}

TEST_F(Log, RefusesEveryFlippedBitOfAProof) {
  const std::string proof = log_.proof(7, 20);
  const LogPolicy policy = log_.policy(3);
  for (std::size_t at = 0; at < proof.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = proof;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      EXPECT_FALSE(prove_included(digest_of(7), bad, policy)) << at << ' ' << bit;
    }
  }
}

TEST_F(Log, ReadsOverWhatNothingVouchesFor) {
  std::string proof = log_.proof(7, 20);
  proof.insert(proof.find("index"), "extra AAAA\n");
  EXPECT_EQ(judged(proof), Code::ok);
  proof.insert(proof.find("index"), "extra AAAA\n");
  EXPECT_NE(judged(proof), Code::ok);
}

TEST_F(Log, RefusesAnotherLog) {
  PublicLog other("another");
  grow(other, 20);
  EXPECT_EQ(judged(other.proof(7, 20)), Code::wrong_log);
  LogPolicy policy = log_.policy();
  policy.origin = "log.example.com/other";
  EXPECT_EQ(code_of(prove_included(digest_of(7), log_.proof(7, 20), policy)), Code::wrong_log);
}

TEST_F(Log, TakesNoCosignatureForTheLogsSignature) {
  const std::string text = log_.text(20);
  std::string proof = log_.proof(7, 20);
  const std::string signed_line = fakes::note_line(log_.origin(), log_.log(), text);
  proof.erase(proof.find(signed_line), signed_line.size());
  EXPECT_EQ(judged(proof), Code::wrong_log);
}

TEST_F(Log, RefusesASignatureOfAKnownKeyThatDoesNotVerify) {
  const std::string lie = fakes::note_line(log_.origin(), log_.log(), log_.text(19));
  EXPECT_EQ(judged(log_.proof(7, 20) + lie), Code::bad_signature);
  const std::string false_witness =
      fakes::cosignature_line(log_.witness(2), 1'700'000'000, log_.text(19));
  EXPECT_EQ(judged(log_.proof(7, 20) + false_witness), Code::bad_signature);
}

TEST_F(Log, CountsEachWitnessOnce) {
  const std::string twice = fakes::cosignature_line(log_.witness(0), 1'700'000'400, log_.text(20)) +
                            fakes::cosignature_line(log_.witness(0), 1'700'000'500, log_.text(20));
  EXPECT_EQ(judged(log_.proof(7, 20, PublicLog::kNobody) + twice), Code::witnesses_missing);
  EXPECT_EQ(judged(log_.proof(7, 20, PublicLog::kNobody) + twice, 1), Code::ok);
}

TEST_F(Log, NeedsAsManyWitnessesAsTheKeyringSays) {
  const Times one = {1'700'000'000, 0, 0};
  const Times two = {1'700'000'000, 0, 1'700'000'000};
  EXPECT_EQ(judged(log_.proof(7, 20, PublicLog::kNobody)), Code::witnesses_missing);
  EXPECT_EQ(judged(log_.proof(7, 20, one)), Code::witnesses_missing);
  EXPECT_EQ(judged(log_.proof(7, 20, two)), Code::ok);
  EXPECT_EQ(judged(log_.proof(7, 20, two), 3), Code::witnesses_missing);
  EXPECT_EQ(judged(log_.proof(7, 20, PublicLog::kNobody), 0), Code::ok);
}

TEST_F(Log, CountsNoStrangerAmongTheWitnesses) {
  const Times one = {1'700'000'000, 0, 0};
  const fakes::Signer stranger("witness-2", crypto::Algorithm::eddsa, "stranger");
  const std::string line = fakes::cosignature_line(stranger, 1'700'000'000, log_.text(20));
  EXPECT_EQ(judged(log_.proof(7, 20, one) + line), Code::witnesses_missing);
}

TEST_F(Log, CountsNoTimeAfterTheYear9999) {
  const Times late = {1'700'000'000, kTimeMax + 1, 0};
  EXPECT_EQ(judged(log_.proof(7, 20, late)), Code::witnesses_missing);
}

TEST_F(Log, TakesForThePresentWhatEnoughWitnessesSay) {
  const auto attested = [&](std::uint8_t required, const Times& times) {
    return prove_included(digest_of(7), log_.proof(7, 20, times), log_.policy(required))
        ->witnessed()
        .attested();
  };
  const Times times = {1'700'000'100, 1'700'000'300, 1'700'000'200};
  EXPECT_EQ(attested(1, times), 1'700'000'300);
  EXPECT_EQ(attested(2, times), 1'700'000'200);
  EXPECT_EQ(attested(3, times), 1'700'000'100);
  EXPECT_EQ(attested(0, times), 0);
  EXPECT_EQ(attested(2, {1'700'000'100, 0, kTimeMax}), 1'700'000'100);
}

TEST(Consistency, IsProvenBetweenAllSizes) {
  PublicLog log;
  while (log.size() < 40) log.add(digest_of(log.size()));
  for (std::uint64_t size = 1; size <= log.size(); ++size) {
    for (std::uint64_t old_size = 0; old_size <= size; ++old_size) {
      EXPECT_TRUE(
          verify_consistency(log.head(old_size), log.head(size), log.growth(old_size, size)))
          << old_size << " to " << size;
    }
  }
}

TEST(Consistency, RefusesAnotherPastAndEveryDamagedPath) {
  PublicLog log;
  PublicLog fork;
  for (std::uint64_t i = 0; i < 24; ++i) {
    log.add(digest_of(i));
    fork.add(digest_of(i == 3 ? 99 : i));
  }
  for (std::uint64_t old_size = 1; old_size < 24; ++old_size) {
    const std::vector<Digest> path = log.growth(old_size, 24);
    const bool forked = old_size > 3;
    EXPECT_EQ(verify_consistency(fork.head(old_size), log.head(24), path).has_value(), !forked);
    EXPECT_FALSE(verify_consistency(log.head(old_size), fork.head(24), path));
    EXPECT_FALSE(verify_consistency(log.head(24), log.head(old_size), path));
    for (std::size_t i = 0; i < path.size(); ++i) {
      std::vector<Digest> bad = path;
      bad[i].bytes[0] ^= 1;
      EXPECT_FALSE(verify_consistency(log.head(old_size), log.head(24), bad));
      bad = path;
      bad.erase(bad.begin() + static_cast<std::ptrdiff_t>(i));
      EXPECT_FALSE(verify_consistency(log.head(old_size), log.head(24), bad));
    }
    std::vector<Digest> longer = path;
    longer.push_back(longer.back());
    EXPECT_FALSE(verify_consistency(log.head(old_size), log.head(24), longer));
  }
  EXPECT_FALSE(verify_consistency(log.head(8), fork.head(8), {}));
  EXPECT_FALSE(verify_consistency(log.head(8), log.head(8), log.growth(4, 8)));
  EXPECT_FALSE(verify_consistency({}, log.head(8), log.growth(4, 8)));
}

TEST_F(Log, IsFollowedInBothDirectionsAndTheLargerHeadIsKept) {
  EXPECT_EQ(*follow({}, log_.head(9), {}), log_.head(9));
  EXPECT_EQ(*follow(log_.head(9), log_.head(9), {}), log_.head(9));
  EXPECT_EQ(*follow(log_.head(9), log_.head(20), log_.growth(9, 20)), log_.head(20));
  EXPECT_EQ(*follow(log_.head(20), log_.head(9), log_.growth(9, 20)), log_.head(20));
}

TEST_F(Log, IsNotFollowedWhereItForks) {
  PublicLog fork;
  for (std::uint64_t i = 0; i < 20; ++i) fork.add(digest_of(i + 1));
  EXPECT_EQ(follow(log_.head(9), fork.head(9), {}).error().code, Code::log_forked);
  EXPECT_EQ(follow(log_.head(9), fork.head(20), fork.growth(9, 20)).error().code, Code::log_forked);
  EXPECT_EQ(follow(log_.head(20), fork.head(9), fork.growth(9, 20)).error().code, Code::log_forked);
  EXPECT_EQ(follow(log_.head(9), log_.head(20), {}).error().code, Code::consistency_missing);
  EXPECT_EQ(follow(log_.head(20), log_.head(9), {}).error().code, Code::consistency_missing);
}

TEST_F(Log, SaysOfAConsistencyProofWhatIsMalformed) {
  const std::string hash = fakes::base64(log_.head(3).root.bytes);
  std::string_view good = "old 3\n";
  const std::string request = std::string(good) + hash + "\n" + hash + "\n\nrest";
  std::string_view text = request;
  const auto growth = Growth::take(text);
  ASSERT_TRUE(growth);
  EXPECT_EQ(growth->old_size, 3U);
  EXPECT_EQ(growth->path.size(), 2U);
  EXPECT_EQ(text, "rest");
  std::string many = "old 3\n";
  for (std::size_t i = 0; i <= kLogPathMax; ++i) many += hash + "\n";
  for (const std::string& bad :
       {std::string("old 03\n\n"), std::string("old\n\n"), std::string("old 3"),
        std::string("old 3\n"), "old 3\n" + hash, std::string("old 3\nAAAA\n\n"), many + "\n",
        std::string("new 3\n\n")}) {
    std::string_view view = bad;
    EXPECT_FALSE(Growth::take(view)) << bad;
  }
}

TEST_F(Log, IsDemandedForEveryKindButKeyrings) {
  const fakes::Signers signers;
  for (const Kind kind : kKinds) EXPECT_FALSE(log_for(signers.keyring(), kind));
  fakes::KeyringPlan plan = signers.plan();
  plan.log = log_.plan();
  const fakes::Buffer encoded = *plan.encode();
  const Keyring keyring = *Keyring::parse(encoded);
  for (const Kind kind : kKinds) {
    EXPECT_EQ(log_for(keyring, kind).has_value(), kind != Kind::keyring);
  }
}

}  // namespace
}  // namespace airlock::package
