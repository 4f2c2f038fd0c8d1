#include "host/verdicts/verdicts.h"

#include <gtest/gtest.h>

#include "core/crypto/crypto.h"
#include "tests/fakes/signers.h"

namespace airlock::verdicts {
namespace {

using crypto::Algorithm;

bool is_valid(const fakes::Signer& signer, Bytes message, Bytes signature) {
  return crypto::verify(signer.key(), {&message, 1}, signature).has_value();
}

class Verdicts : public testing::TestWithParam<Algorithm> {
 protected:
  const fakes::Signer signer_{"vendor", GetParam()};
  const Bytes message_ = bytes_of("what is signed");
  fakes::Buffer signature_ = signer_.sign_message(message_);
};
INSTANTIATE_TEST_SUITE_P(OfBothCurves, Verdicts,
                         testing::Values(Algorithm::eddsa, Algorithm::es256k));

TEST_P(Verdicts, AskTheBackendOnceForEachQuestion) {
  const std::size_t before = checked();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(is_valid(signer_, message_, signature_));
  EXPECT_EQ(checked(), before + 1);
}

TEST_P(Verdicts, AreThoseOfTheQuestionAndOfNoOther) {
  EXPECT_TRUE(is_valid(signer_, message_, signature_));
  const fakes::Signer other("somebody", GetParam());
  EXPECT_FALSE(is_valid(other, message_, signature_));
  EXPECT_FALSE(is_valid(signer_, bytes_of("what is not signed"), signature_));
  signature_[5] ^= 1;
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(is_valid(signer_, message_, signature_));
  signature_[5] ^= 1;
  EXPECT_TRUE(is_valid(signer_, message_, signature_));
}

TEST_P(Verdicts, TellApartHowAMessageIsCut) {
  const std::array parts = {message_.first(4), message_.subspan(4)};
  EXPECT_TRUE(crypto::verify(signer_.key(), parts, signature_).has_value());
  EXPECT_TRUE(is_valid(signer_, message_, signature_));
}

TEST(Memory, HasRoomForSoManyVerdictsAndThenBeginsAnew) {
  const fakes::Signer signer("vendor", Algorithm::es256k);
  const fakes::Buffer signature(crypto::kCurveSignatureSize, 0);
  for (std::uint64_t i = 0; i <= kRememberedMax; ++i) {
    const std::string message = std::to_string(i);
    EXPECT_FALSE(is_valid(signer, bytes_of(message), signature));
    ASSERT_LE(remembered(), kRememberedMax);
  }
  EXPECT_LT(remembered(), kRememberedMax);
}

}  // namespace
}  // namespace airlock::verdicts
