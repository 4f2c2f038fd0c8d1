#include "core/link/message.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "core/link/frame.h"

namespace airlock::link {
namespace {

using Buffer = std::vector<std::uint8_t>;

template <class Message>
Buffer encoded(const Message& message) {
  std::array<std::uint8_t, kMessageMax> bytes;
  Result<Bytes> made = fail(Code::no_room);
  if constexpr (std::is_same_v<Message, Request>) made = encode_request(message, bytes);
  if constexpr (std::is_same_v<Message, Answer>) made = encode_answer(message, bytes);
  EXPECT_TRUE(made);
  return Buffer(made->begin(), made->end());
}

std::vector<Request> every_request() {
  Request hello{.number = 1, .type = Request::Type::hello, .model = "demo-wallet"};
  Request fetch{.number = UINT32_MAX, .type = Request::Type::fetch};
  fetch.digest = crypto::sha256({});
  fetch.offset = UINT64_MAX;
  fetch.size = kFetchMax;
  Request report{.number = 4, .type = Request::Type::report};
  report.session.outcome = Code::piece_rejected;
  report.session.report_sequence = 77;
  return {hello, {.number = 2, .type = Request::Type::ask}, fetch, report};
}

std::vector<Answer> every_answer() {
  static const Buffer bytes(kFetchMax, 0xab);
  Answer hello{.number = 1, .request = 5, .type = Answer::Type::hello};
  Answer offer{.number = 2, .request = 6, .type = Answer::Type::offer};
  offer.envelope = crypto::sha256({});
  offer.size = 40000;
  offer.rollout = 9;
  Answer piece{.number = UINT32_MAX, .request = UINT32_MAX, .type = Answer::Type::bytes};
  piece.bytes = bytes;
  return {hello, offer, piece, {.number = 3, .request = 7, .type = Answer::Type::missing}};
}

TEST(LinkMessage, OfEveryTypeSaysAgainWhatItSaid) {
  for (const Request& request : every_request()) {
    const Buffer bytes = encoded(request);
    const auto again = decode_request(bytes);
    ASSERT_TRUE(again);
    EXPECT_EQ(encoded(*again), bytes);
    EXPECT_EQ(again->session, request.session);
    EXPECT_EQ(again->digest, request.digest);
  }
  for (const Answer& answer : every_answer()) {
    const Buffer bytes = encoded(answer);
    EXPECT_LE(bytes.size(), answer.bytes.size() + kMessageHead);
    const auto again = decode_answer(bytes);
    ASSERT_TRUE(again);
    EXPECT_EQ(encoded(*again), bytes);
  }
}

TEST(LinkMessage, IsRefusedWhereverItIsCutOrLongerThanItShouldBe) {
  const auto refused = [](const Buffer& bytes, const std::function<bool(Bytes)>& decodes) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(decodes(Bytes(bytes).first(size))) << size;
    }
    Buffer longer = bytes;
    longer.push_back(0);
    EXPECT_FALSE(decodes(longer));
  };
  for (const Request& request : every_request()) {
    refused(encoded(request), [](Bytes bytes) { return decode_request(bytes).has_value(); });
  }
  for (const Answer& answer : every_answer()) {
    refused(encoded(answer), [](Bytes bytes) { return decode_answer(bytes).has_value(); });
  }
}

TEST(LinkMessage, FetchesNoMoreThanAFrameHolds) {
  Request fetch{.number = 1, .type = Request::Type::fetch};
  fetch.size = kFetchMax + 1;
  EXPECT_EQ(decode_request(encoded(fetch)).error().code, Code::out_of_range);
  const Buffer bytes(kFetchMax + 1);
  Answer answer{.number = 1, .request = 1, .type = Answer::Type::bytes};
  answer.bytes = bytes;
  EXPECT_EQ(decode_answer(encoded(answer)).error().code, Code::oversized);
}

TEST(LinkMessage, OffersNoPiecesSoSmallThatALargeImageHasNoEnd) {
  Answer hello{.number = 1, .request = 1, .type = Answer::Type::hello};
  hello.fetch_max = kFetchMin;
  EXPECT_TRUE(decode_answer(encoded(hello)));
  hello.fetch_max = kFetchMin - 1;
  EXPECT_EQ(decode_answer(encoded(hello)).error().code, Code::out_of_range);
  Request asked{.number = 1, .type = Request::Type::hello, .model = "demo-wallet"};
  asked.fetch_max = kFetchMin - 1;
  EXPECT_EQ(decode_request(encoded(asked)).error().code, Code::out_of_range);
}

TEST(LinkMessage, OfAnUnknownTypeIsRefused) {
  for (const std::uint8_t type : Buffer{0, 5}) {
    EXPECT_EQ(decode_request(Buffer{0x82, 1, type}).error().code, Code::out_of_range);
  }
  for (const std::uint8_t type : Buffer{0, 7}) {
    EXPECT_EQ(decode_answer(Buffer{0x83, 1, 1, type}).error().code, Code::out_of_range);
  }
}

TEST(LinkMessage, OfALaterVersionSaysWhichItIs) {
  // [1, hello, 2, whatever, a later, version says]
  const auto request = decode_request(Buffer{0x86, 1, 1, 2, 0x61, 'x', 0, 0});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->version, 2U);
  const auto answer = decode_answer(Buffer{0x85, 1, 9, 1, 2, 0xf6});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->version, 2U);
}

}  // namespace
}  // namespace airlock::link
