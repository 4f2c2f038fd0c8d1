// Published vectors that others keep: Project Wycheproof. They live outside the repository
// (AIRLOCK_CORPUS, or ../shared/corpus beside it) and the tests are skipped where they are absent.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/crypto/crypto.h"

namespace airlock::crypto {
namespace {

using Buffer = std::vector<std::uint8_t>;

std::filesystem::path corpus_file(const char* name) {
  const char* folder = std::getenv("AIRLOCK_CORPUS");
  return std::filesystem::path(folder != nullptr ? folder : "../shared/corpus") / "crypto" /
         "wycheproof" / name;
}

Buffer hex(const std::string& text) {
  Buffer bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

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

bool verifies(Algorithm algorithm, const Buffer& key_bytes, const Buffer& message,
              const Buffer& signature) {
  const auto key = make_public_key(algorithm, key_bytes);
  const Bytes parts[] = {message};
  return key && verify(*key, parts, signature);
}

TEST(WycheproofCorpus, JudgesEveryEd25519SignatureAsPublished) {
  const auto path = corpus_file("ed25519_test.json");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no corpus at " << path;
  const Counts counts = run(nlohmann::json::parse(std::ifstream(path)), [](const auto& key,
                                                                           const auto& one) {
    return verifies(Algorithm::eddsa, hex(key.at("pk")), hex(one.at("msg")), hex(one.at("sig")));
  });
  EXPECT_EQ(counts.cases, 151u);
  EXPECT_EQ(counts.accepted, 88u);
}

TEST(WycheproofCorpus, JudgesEveryLowSSignatureOnSecp256k1AsPublished) {
  const auto path = corpus_file("ecdsa_secp256k1_sha256_bitcoin_test.json");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no corpus at " << path;
  const Counts counts =
      run(nlohmann::json::parse(std::ifstream(path)), [](const auto& key, const auto& one) {
        const auto raw = raw_of_der(hex(one.at("sig")));
        return raw && verifies(Algorithm::es256k, compressed(hex(key.at("uncompressed"))),
                               hex(one.at("msg")), *raw);
      });
  EXPECT_EQ(counts.cases, 463u);
  EXPECT_EQ(counts.accepted, 162u);
}

}  // namespace
}  // namespace airlock::crypto
