// Published vectors that others keep: Project Wycheproof, and NIST's ACVP for SLH-DSA. They live
// outside the repository (AIRLOCK_CORPUS, or ../shared/corpus beside it) and the tests are skipped
// where they are absent.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/crypto/crypto.h"
#include "core/crypto/ed25519_rules.h"
#include "core/crypto/slh_dsa.h"
#include "core/crypto/small.h"
#include "tests/fakes/corpus.h"

namespace airlock::crypto {
namespace {

using Buffer = std::vector<std::uint8_t>;

using fakes::bytes_of_hex;

// One INTEGER of a strict DER signature as 32 bytes, or nothing.
std::optional<Buffer> der_integer(const Buffer& der, std::size_t& at) {
  if (at + 2 > der.size() || der[at] != 2) return {};
  const std::size_t size = der[at + 1];
  at += 2;
  if (size == 0 || size > 33 || at + size > der.size() || (der[at] & 0x80) != 0) return {};
  if (size > 1 && der[at] == 0 && (der[at + 1] & 0x80) == 0) return {};
  Buffer value(der.begin() + static_cast<std::ptrdiff_t>(at),
               der.begin() + static_cast<std::ptrdiff_t>(at + size));
  at += size;
  if (value.size() == 33) {
    if (value[0] != 0) return {};
    value.erase(value.begin());
  }
  value.insert(value.begin(), 32 - value.size(), 0);
  return value;
}

// The vectors carry DER; Airlock's signatures are r || s. What is not strict DER has no such form.
std::optional<Buffer> raw_of_der(const Buffer& der) {
  if (der.size() < 2 || der[0] != 0x30 || der[1] != der.size() - 2) return {};
  std::size_t at = 2;
  auto r = der_integer(der, at);
  if (!r) return {};
  const auto s = der_integer(der, at);
  if (!s || at != der.size()) return {};
  r->insert(r->end(), s->begin(), s->end());
  return r;
}

Buffer compressed(const Buffer& uncompressed) {
  Buffer key(uncompressed.begin(), uncompressed.begin() + 33);
  key[0] = static_cast<std::uint8_t>(2 + (uncompressed.back() & 1));
  return key;
}

struct Counts {
  std::size_t cases = 0;
  std::size_t accepted = 0;
};

// Judges every case of a file; `judge` gets the group's key object and the case.
template <class Judge>
Counts run(const nlohmann::json& file, Judge judge) {
  Counts counts;
  for (const auto& group : file.at("testGroups")) {
    for (const auto& one : group.at("tests")) {
      const bool accepted = judge(group.at("publicKey"), one);
      EXPECT_EQ(accepted, one.at("result") == "valid") << one.at("tcId") << one.at("comment");
      ++counts.cases;
      counts.accepted += accepted;
    }
  }
  return counts;
}

// What a microcontroller's verifier says, which is asked only behind the same rules.
bool small_says(const PublicKey& key, Bytes message, Bytes signature) {
  const Bytes parts[] = {message};
  if (key.algorithm == Algorithm::es256k) {
    return small::secp256k1_valid(key.view(), sha256(message).bytes, signature);
  }
  const Bytes r = signature.first(32);
  return is_canonical_scalar(signature.last(32)) && is_canonical_point(r) &&
         !is_small_order_point(r) && small::ed25519_equation(key.view(), parts, signature);
}

bool verifies(Algorithm algorithm, const Buffer& key_bytes, const Buffer& message,
              const Buffer& signature) {
  const auto key = make_public_key(algorithm, key_bytes);
  const Bytes parts[] = {message};
  const bool accepted = key && verify(*key, parts, signature);
  if (key && signature.size() == kCurveSignatureSize) {
    EXPECT_EQ(small_says(*key, message, signature), accepted);
  }
  return accepted;
}

TEST(WycheproofCorpus, JudgesEveryEd25519SignatureAsPublished) {
  const auto path = fakes::corpus_file("crypto/wycheproof/ed25519_test.json");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no corpus at " << path;
  const Counts counts =
      run(nlohmann::json::parse(std::ifstream(path)), [](const auto& key, const auto& one) {
        return verifies(Algorithm::eddsa, bytes_of_hex(key.at("pk")), bytes_of_hex(one.at("msg")),
                        bytes_of_hex(one.at("sig")));
      });
  RecordProperty("vectors", static_cast<int>(counts.cases));
  EXPECT_EQ(counts.cases, 151u);
  EXPECT_EQ(counts.accepted, 88u);
}

TEST(WycheproofCorpus, JudgesEveryLowSSignatureOnSecp256k1AsPublished) {
  const auto path =
      fakes::corpus_file("crypto/wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no corpus at " << path;
  const Counts counts =
      run(nlohmann::json::parse(std::ifstream(path)), [](const auto& key, const auto& one) {
        const auto raw = raw_of_der(bytes_of_hex(one.at("sig")));
        return raw && verifies(Algorithm::es256k, compressed(bytes_of_hex(key.at("uncompressed"))),
                               bytes_of_hex(one.at("msg")), *raw);
      });
  RecordProperty("vectors", static_cast<int>(counts.cases));
  EXPECT_EQ(counts.cases, 463u);
  EXPECT_EQ(counts.accepted, 162u);
}

// These are cases of the algorithm's inside (FIPS 205, algorithm 20), below the wrapping of
// messages: what the front door verifies is none of them. Keys and signatures are made in
// publish/keys.
TEST(AcvpCorpus, JudgesEverySlhDsaSignatureAsPublished) {
  const auto path = fakes::corpus_file("crypto/slhdsa/slhdsa_sha2_128s_sigver.txt");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no corpus at " << path;
  const std::vector<fakes::Case> cases = fakes::cases_in(path);
  for (const fakes::Case& one : cases) {
    const Buffer key = bytes_of_hex(one.at("pub")), message = bytes_of_hex(one.at("msg")),
                 sig = bytes_of_hex(one.at("sig"));
    const std::array parts = {Bytes(message)};
    EXPECT_EQ(slh_dsa::verify_internal(key, parts, sig), one.at("valid") == "true");
    EXPECT_FALSE(verifies(Algorithm::slh_dsa_sha2_128s, key, message, sig)) << "not wrapped";
  }
  RecordProperty("vectors", static_cast<int>(cases.size()));
  EXPECT_EQ(cases.size(), 9u);
}

// What FIPS 205, section 10.2.2, puts before the hash of a message: which hash it is (DER).
Buffer hash_name(const std::string& hash) {
  return bytes_of_hex(hash == "SHA-256" ? "0609608648016503040201" : "0609608648016503040202");
}

// Signatures over a hash are valid ones of another scheme, which no key of ours signs by.
TEST(AcvpCorpus, VerifiesSlhDsaSignaturesOverAHashInsideAndRefusesThemAtItsDoor) {
  const auto path = fakes::corpus_file("crypto/slhdsa/slhdsa_sha2_128s_prehash.txt");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no corpus at " << path;
  const std::vector<fakes::Case> cases = fakes::cases_in(path);
  for (const fakes::Case& one : cases) {
    const Buffer key = bytes_of_hex(one.at("pub")), digest = bytes_of_hex(one.at("msg")),
                 sig = bytes_of_hex(one.at("sig"));
    const Buffer context = bytes_of_hex(one.at("context")), name = hash_name(one.at("hash"));
    const Buffer head = {1, static_cast<std::uint8_t>(context.size())};
    const std::array wrapped = {Bytes(head), Bytes(context), Bytes(name), Bytes(digest)};
    EXPECT_TRUE(slh_dsa::verify_internal(key, wrapped, sig));
    EXPECT_FALSE(verifies(Algorithm::slh_dsa_sha2_128s, key, digest, sig));
  }
  RecordProperty("vectors", static_cast<int>(cases.size()));
  EXPECT_EQ(cases.size(), 2u);
}

}  // namespace
}  // namespace airlock::crypto
