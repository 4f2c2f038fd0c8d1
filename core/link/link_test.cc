#include "core/link/link.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <random>
#include <vector>

#include "tests/fakes/memory.h"

namespace airlock::link {
namespace {

using Buffer = std::vector<std::uint8_t>;

// A host with a release, and what it was told.
class FakeShelf final : public Shelf {
 public:
  void greeted(std::string_view model) override { model_seen = model; }
  std::optional<Offer> offer() override {
    if (envelope.empty()) return std::nullopt;
    const Digest digest = crypto::sha256(envelope);
    blobs[digest] = envelope;
    return Offer{digest, static_cast<std::uint32_t>(envelope.size()), 7};
  }
  Status read(const Digest& digest, std::uint64_t offset, MutableBytes to) override {
    if (!blobs.contains(digest)) return fail(Code::not_found);
    fetched.push_back(to.size());
    return fakes::MemoryArea(blobs[digest]).read(offset, to);
  }
  void heard(const update::Session& session) override { sessions.push_back(session); }

  Buffer envelope;
  std::map<Digest, Buffer> blobs;
  std::vector<std::size_t> fetched;
  std::vector<update::Session> sessions;
  std::string model_seen;
};

// A line to a host. A test changes what goes over it, in either direction.
class FakeLine final : public Line {
 public:
  explicit FakeLine(Shelf& shelf) : shelf_(shelf) {}

  std::function<Buffer(Buffer)> up = [](Buffer bytes) { return bytes; };
  std::function<Buffer(Buffer)> down = up;
  std::function<Buffer(Bytes)> answers = [this](Bytes request) {
    std::array<std::uint8_t, kMessageMax> message;
    const auto answer = serve(request, shelf_, message);
    return answer ? Buffer(answer->begin(), answer->end()) : Buffer();
  };
  std::vector<Buffer> sent;  // by the host, as it left it

  void write(Bytes bytes) override {
    for (const std::uint8_t byte : up(Buffer(bytes.begin(), bytes.end()))) {
      const auto request = reader_.take(byte);
      if (!request) continue;
      const Buffer answer = answers(*request);
      if (answer.empty()) continue;
      std::array<std::uint8_t, kFrameMax> frame;
      const Bytes encoded = *encode_frame(answer, frame);
      sent.emplace_back(encoded.begin(), encoded.end());
      const Buffer arrives = down(sent.back());
      waiting_.insert(waiting_.end(), arrives.begin(), arrives.end());
    }
  }
  std::size_t read(MutableBytes to) override {
    const std::size_t size = std::min(to.size(), waiting_.size());
    std::copy_n(waiting_.begin(), size, to.begin());
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(size));
    return size;
  }

 private:
  Shelf& shelf_;
  FrameReader reader_;
  std::deque<std::uint8_t> waiting_;
};

constexpr std::uint32_t kLife = 0x51f0;

struct Link : testing::Test {
  FakeShelf shelf;
  FakeLine line{shelf};
  RemoteHost host{line, "demo-wallet", kLife};
  const Buffer image = fakes::noise(10'000, 3);
  const Digest digest = crypto::sha256(image);

  void SetUp() override {
    shelf.envelope = fakes::noise(3000, 1);
    shelf.blobs[digest] = image;
  }
  // fetch_all reads the payload as a decoder does, in pieces.
  Result<Buffer> fetch_all(RemoteHost& by) {
    AIRLOCK_ASSIGN(Source* const source, by.payload(digest));
    Buffer got(image.size());
    for (std::size_t at = 0; at < got.size(); at += 4096) {
      const std::size_t size = std::min<std::size_t>(4096, got.size() - at);
      AIRLOCK_TRY(source->read(at, MutableBytes(got).subspan(at, size)));
    }
    return got;
  }
};

TEST_F(Link, BringsEnvelopeAndPayloadAndTakesTheReport) {
  const auto offered = host.offer();
  ASSERT_TRUE(offered);
  EXPECT_EQ((*offered)->rollout, 7U);
  Buffer envelope((*offered)->envelope_size);
  ASSERT_TRUE(host.envelope(envelope));
  EXPECT_EQ(envelope, shelf.envelope);
  EXPECT_EQ(*fetch_all(host), image);
  update::Session session;
  session.outcome = Code::trial_exhausted;
  ASSERT_TRUE(host.report(session));
  EXPECT_EQ(shelf.sessions, std::vector{session});
  EXPECT_EQ(shelf.model_seen, "demo-wallet");
  EXPECT_EQ(host.count().again, 0U);
}

TEST_F(Link, SaysThatThereIsNoRelease) {
  shelf.envelope.clear();
  EXPECT_FALSE(host.has_offer());
  const auto offered = host.offer();
  ASSERT_TRUE(offered);
  EXPECT_FALSE(*offered);
}

TEST_F(Link, AsksAgainForWhatIsLostOrChangedInEitherDirection) {
  std::mt19937 dice(5);
  const auto bad_luck = [&dice](Buffer bytes) {
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(dice() % bytes.size());
    switch (dice() % 8) {
      case 0: *at ^= static_cast<std::uint8_t>(1 << dice() % 8); break;
      case 1: bytes.erase(at); break;
      case 2: bytes.insert(at, 0); break;
      case 3: bytes.clear(); break;
      default: break;
    }
    return bytes;
  };
  line.up = line.down = bad_luck;
  EXPECT_EQ(*fetch_all(host), image);
  EXPECT_GT(host.count().again, 0U);
}

TEST_F(Link, GoesOnAfterAResetOfTheDeviceWithWhatIsAskedForNext) {
  ASSERT_TRUE(host.offer());
  RemoteHost again(line, "demo-wallet", kLife);
  Buffer part(100);
  ASSERT_TRUE((*again.payload(digest))->read(5000, part));
  EXPECT_TRUE(equal(part, Bytes(image).subspan(5000, 100)));
}

TEST_F(Link, TakesNoAnswerThatWasGivenToAnotherRequest) {
  // Each answer but the first comes behind all those that came before it.
  line.down = [this](const Buffer&) {
    Buffer all;
    for (const Buffer& one : line.sent) all.insert(all.end(), one.begin(), one.end());
    return all;
  };
  shelf.blobs[crypto::sha256({})] = Buffer(10'000, 0xee);
  ASSERT_TRUE(host.offer());
  Buffer other(100);
  ASSERT_TRUE((*host.payload(crypto::sha256({})))->read(0, other));
  // After a reset the numbers are the same ones again, and the requests are not.
  RemoteHost again(line, "demo-wallet", kLife);
  Buffer part(100);
  ASSERT_TRUE((*again.payload(digest))->read(0, part));
  EXPECT_TRUE(equal(part, Bytes(image).first(100)));
}

TEST_F(Link, TakesNoAnswerThatWasGivenInAnotherLife) {
  ASSERT_TRUE(host.has_offer());
  const std::vector<Buffer> earlier = line.sent;
  // The new release is offered behind what was said to the same two requests before the reset.
  const Digest before = crypto::sha256(shelf.envelope);
  shelf.envelope = fakes::noise(2000, 8);
  line.down = [&](const Buffer& answer) {
    Buffer all;
    for (const Buffer& one : earlier) all.insert(all.end(), one.begin(), one.end());
    all.insert(all.end(), answer.begin(), answer.end());
    return all;
  };
  RemoteHost again(line, "demo-wallet", kLife + 1);
  const auto offered = again.offer();
  ASSERT_TRUE(offered);
  ASSERT_EQ((*offered)->envelope_size, shelf.envelope.size());
  Buffer envelope(shelf.envelope.size());
  ASSERT_TRUE(again.envelope(envelope));
  EXPECT_EQ(envelope, shelf.envelope);
  EXPECT_NE(crypto::sha256(envelope), before);
}

TEST_F(Link, GivesUpOnAHostThatHasMostOfItAskedForAgain) {
  int tries = 0;
  line.up = [&](Buffer bytes) { return ++tries % (kTriesMax - 1) == 0 ? bytes : Buffer(); };
  shelf.blobs[digest] = fakes::noise(100'000, 3);
  Buffer got(100'000);
  EXPECT_EQ((*host.payload(digest))->read(0, got).error().code, Code::timed_out);
  EXPECT_LE(host.count().again, kAgainMax + kTriesMax);
}

TEST_F(Link, FetchesNoMoreAtOnceThanEitherEndHolds) {
  ASSERT_TRUE(fetch_all(host));
  EXPECT_EQ(*std::ranges::max_element(shelf.fetched), kFetchMax);
  line.answers = [this](Bytes request) {
    const Request asked = *decode_request(request);
    Answer hello{.number = asked.number, .request = checksum_of(request)};
    hello.type = Answer::Type::hello;
    hello.fetch_max = kFetchMin;
    std::array<std::uint8_t, kMessageMax> message;
    const Bytes answer = asked.type == Request::Type::hello ? *encode_answer(hello, message)
                                                            : *serve(request, shelf, message);
    return Buffer(answer.begin(), answer.end());
  };
  RemoteHost other(line, "demo-wallet", kLife);
  shelf.fetched.clear();
  EXPECT_EQ(*fetch_all(other), image);
  EXPECT_EQ(*std::ranges::max_element(shelf.fetched), kFetchMin);
}

TEST_F(Link, RefusesAHostOfAnotherVersion) {
  line.answers = [](Bytes request) {
    Answer hello{.number = decode_request(request)->number, .request = checksum_of(request)};
    hello.type = Answer::Type::hello;
    hello.version = kVersion + 1;
    std::array<std::uint8_t, kMessageMax> message;
    const Bytes answer = *encode_answer(hello, message);
    return Buffer(answer.begin(), answer.end());
  };
  EXPECT_EQ(host.offer().error().code, Code::unsupported_version);
}

TEST_F(Link, RefusesAnAnswerOfAnotherTypeOrSize) {
  line.answers = [this](Bytes request) {
    const Request asked = *decode_request(request);
    std::array<std::uint8_t, kMessageMax> message;
    Bytes answer = *serve(request, shelf, message);
    Answer wrong{.number = asked.number, .request = checksum_of(request)};
    wrong.type = Answer::Type::bytes;
    wrong.bytes = Bytes(image).first(7);
    if (asked.type != Request::Type::hello) answer = *encode_answer(wrong, message);
    return Buffer(answer.begin(), answer.end());
  };
  EXPECT_EQ(host.offer().error().code, Code::bad_answer);
  EXPECT_EQ(host.report({}).error().code, Code::bad_answer);
  EXPECT_EQ(fetch_all(host).error().code, Code::bad_answer);
}

TEST_F(Link, NamesWhatTheHostDoesNotHave) {
  Buffer part(10);
  EXPECT_EQ((*host.payload(crypto::sha256({})))->read(0, part).error().code, Code::not_found);
  EXPECT_EQ((*host.payload(digest))->read(image.size() - 5, part).error().code, Code::not_found);
}

TEST_F(Link, GivesUpOnALineThatIsSilent) {
  line.down = [](const Buffer&) { return Buffer(); };
  EXPECT_EQ(host.offer().error().code, Code::timed_out);
  EXPECT_EQ(line.sent.size(), static_cast<std::size_t>(kTriesMax));
}

TEST_F(Link, LooksForNoHostForLongThatWouldOnlyHearAReport) {
  line.down = [](const Buffer&) { return Buffer(); };
  EXPECT_EQ(host.report({}).error().code, Code::timed_out);
  EXPECT_EQ(line.sent.size(), static_cast<std::size_t>(kReportTriesMax));
}

TEST_F(Link, LooksNoLongerForAHostThatItWasToldToForget) {
  ASSERT_TRUE(host.greet());
  host.forget();
  line.sent.clear();
  line.down = [](const Buffer&) { return Buffer(); };
  EXPECT_EQ(host.report({}).error().code, Code::timed_out);
  EXPECT_EQ(line.sent.size(), static_cast<std::size_t>(kReportTriesMax));
}

TEST_F(Link, ReportsToAHostThatWasNotMetBefore) {
  int tries = 0;
  line.up = [&](Buffer bytes) { return ++tries < kReportTriesMax ? Buffer() : bytes; };
  update::Session session;
  session.outcome = Code::trial_exhausted;
  ASSERT_TRUE(host.report(session));
  EXPECT_EQ(shelf.sessions, std::vector{session});
}

// A line that says something for as long as it is heard.
class Babble final : public Line {
 public:
  void write(Bytes) override {}
  std::size_t read(MutableBytes to) override {
    constexpr std::size_t kPatience = 10 * kTriesMax * kNoiseMax;  // of this test
    if (heard > kPatience) return 0;
    std::ranges::fill(to, std::uint8_t{0x5a});
    heard += to.size();
    return to.size();
  }
  std::size_t heard = 0;
};

TEST_F(Link, GivesUpOnALineThatIsNeverSilent) {
  Babble babble;
  RemoteHost deafened(babble, "demo-wallet", kLife);
  EXPECT_EQ(deafened.offer().error().code, Code::timed_out);
  EXPECT_LE(babble.heard, kTriesMax * (kNoiseMax + 64));
}

TEST_F(Link, SaysNothingToWhatIsNoRequest) {
  std::array<std::uint8_t, kMessageMax> message;
  EXPECT_FALSE(serve(Buffer{0x80}, shelf, message));
  EXPECT_FALSE(serve({}, shelf, message));
}

}  // namespace
}  // namespace airlock::link
