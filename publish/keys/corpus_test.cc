// NIST's published cases of making SLH-DSA keys and signatures (FIPS 205, algorithms 18 and 19),
// which lie outside the repository.
#include <gtest/gtest.h>

#include "publish/keys/slh_dsa.h"
#include "tests/fakes/corpus.h"

namespace airlock::keys {
namespace {

using fakes::bytes_of_hex;

TEST(AcvpCorpus, MakesEverySlhDsaKeyAsPublished) {
  const auto path = fakes::corpus_file("crypto/slhdsa/slhdsa_sha2_128s_keygen.txt");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no corpus at " << path;
  const std::vector<fakes::Case> cases = fakes::cases_in(path);
  for (const fakes::Case& one : cases) {
    const Secret made = slh_dsa::derive(bytes_of_hex(one.at("seed")));
    EXPECT_TRUE(equal(made.view(), bytes_of_hex(one.at("priv"))));
    EXPECT_TRUE(equal(slh_dsa::public_half(made.view()), bytes_of_hex(one.at("pub"))));
  }
  RecordProperty("vectors", static_cast<int>(cases.size()));
  EXPECT_EQ(cases.size(), 10u);
}

TEST(AcvpCorpus, MakesEverySlhDsaSignatureAsPublishedAndVerifiesIt) {
  const auto path = fakes::corpus_file("crypto/slhdsa/slhdsa_sha2_128s_siggen.txt");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no corpus at " << path;
  const std::vector<fakes::Case> cases = fakes::cases_in(path);
  for (const fakes::Case& one : cases) {
    const file::Buffer secret = bytes_of_hex(one.at("priv")), message = bytes_of_hex(one.at("msg"));
    const std::array parts = {Bytes(message)};
    const file::Buffer made =
        slh_dsa::sign_internal(secret, parts, bytes_of_hex(one.at("entropy")));
    EXPECT_TRUE(equal(made, bytes_of_hex(one.at("sig"))));
    EXPECT_TRUE(crypto::slh_dsa::verify_internal(slh_dsa::public_half(secret), parts, made));
  }
  RecordProperty("vectors", static_cast<int>(cases.size()));
  EXPECT_EQ(cases.size(), 7u);
}

}  // namespace
}  // namespace airlock::keys
