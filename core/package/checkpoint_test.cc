// Signatures under checkpoints are judged by the one rule of core/crypto, the log's and a witness'.
#include "core/package/checkpoint.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/codec/codec.h"
#include "tests/fakes/ed25519_edges.h"
#include "tests/fakes/public_log.h"

namespace airlock::package {
namespace {

using Buffer = std::vector<std::uint8_t>;

void append_big_endian(Buffer& to, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

class CheckpointSignatures : public testing::Test {
 protected:
  void SetUp() override { log_.add(crypto::sha256({})); }

  // A checkpoint with one signature line: key id, what stands between, and the signature itself.
  std::string noted(std::string_view name, std::uint32_t key_id, Bytes middle, Bytes signature) {
    Buffer line;
    append_big_endian(line, key_id, 4);
    line.insert(line.end(), middle.begin(), middle.end());
    line.insert(line.end(), signature.begin(), signature.end());
    return log_.text(1) + "\n\u2014 " + std::string(name) + " " + fakes::base64(line) + "\n";
  }

  static constexpr std::int64_t kTime = 1'700'000'100;
  fakes::PublicLog log_;
};

// Keys that no keyring may list are judged where it is parsed.
TEST_F(CheckpointSignatures, OfTheLogAreJudgedAsEveryProcessJudgesEd25519) {
  const std::string text = log_.text(1);
  const auto edges = fakes::ed25519_edges([&](Bytes) {
    const Bytes bytes = bytes_of(text);
    return Buffer(bytes.begin(), bytes.end());
  });
  std::size_t judged = 0;
  for (const fakes::Ed25519Edge& edge : edges) {
    const auto key = crypto::make_public_key(crypto::Algorithm::eddsa, edge.key);
    if (!key) continue;
    const std::uint32_t id = note_key_id(log_.origin(), NoteKeyType::ed25519, *key);
    const std::string note = noted(log_.origin(), id, {}, edge.signature);
    const auto read = Checkpoint::parse(note);
    ASSERT_TRUE(read) << edge.name;
    EXPECT_EQ(check_log_signature(*read, log_.origin(), *key).has_value(), edge.is_valid)
        << edge.name;
    ++judged;
  }
  EXPECT_GT(judged, 0U);
}

TEST_F(CheckpointSignatures, OfAWitnessAreJudgedAsEveryProcessJudgesEd25519) {
  const std::string message = "cosignature/v1\ntime " + std::to_string(kTime) + "\n" + log_.text(1);
  const auto edges = fakes::ed25519_edges([&](Bytes) {
    const Bytes bytes = bytes_of(message);
    return Buffer(bytes.begin(), bytes.end());
  });
  Buffer time;
  append_big_endian(time, static_cast<std::uint64_t>(kTime), 8);
  std::size_t judged = 0;
  for (const fakes::Ed25519Edge& edge : edges) {
    const auto key = crypto::make_public_key(crypto::Algorithm::eddsa, edge.key);
    if (!key) continue;
    LogPolicy policy = log_.policy(1);
    policy.witnesses.clear();
    ASSERT_TRUE(policy.witnesses.add({"edge", *key}));
    const std::uint32_t id = note_key_id("edge", NoteKeyType::cosignature, *key);
    const std::string note = noted("edge", id, time, edge.signature);
    const auto read = Checkpoint::parse(note);
    ASSERT_TRUE(read) << edge.name;
    const auto found = find_cosignatures(*read, policy);
    EXPECT_EQ(found && found->size() == 1, edge.is_valid) << edge.name;
    ++judged;
  }
  EXPECT_GT(judged, 0U);
}

}  // namespace
}  // namespace airlock::package
