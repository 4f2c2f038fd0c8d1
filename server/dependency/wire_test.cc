#include "server/dependency/wire.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace airlock::dependency {
namespace {

// A place on a free port of this host. Each request is answered with the next text; "" hangs up
// without one, and kHang waits until who asked has gone.
constexpr const char* kHang = "hang";

class FakePlace {
 public:
  explicit FakePlace(std::vector<std::string> answers) : answers_(std::move(answers)) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    AIRLOCK_CHECK(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    AIRLOCK_CHECK(::listen(socket_, 8) == 0);
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~FakePlace() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  std::vector<std::string> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  std::string url;

 private:
  void serve() {
    std::vector<std::jthread> connections;  // end when who asks, a wire, ends
    while (true) {
      const int connection = ::accept(socket_, nullptr, nullptr);
      if (connection < 0) break;
      connections.emplace_back([this, connection] {
        converse(connection);
        ::close(connection);
      });
    }
  }
  void converse(int connection) {
    char request[4096];
    while (true) {
      const auto size = ::recv(connection, request, sizeof request, 0);
      if (size <= 0) return;
      std::string answer;
      {
        const std::lock_guard lock(mutex_);
        seen_.emplace_back(request, static_cast<std::size_t>(size));
        if (seen_.size() <= answers_.size()) answer = answers_[seen_.size() - 1];
      }
      if (answer.empty()) return;
      if (answer == kHang) continue;  // until recv says that who asked has gone
      (void)!::write(connection, answer.data(), answer.size());
    }
  }
  std::vector<std::string> answers_;
  int socket_ = -1;
  std::mutex mutex_;
  std::vector<std::string> seen_;
  std::thread thread_;
};

std::string http(int status, const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
         "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Heard hear(Wire& wire, Ask ask) {
  std::promise<Heard> told;
  wire.start(std::move(ask), [&](Heard heard) { told.set_value(std::move(heard)); });
  return told.get_future().get();
}

Ask get(const std::string& url, std::uint64_t timeout_ms = 20'000) {
  return {.url = url, .timeout_ms = timeout_ms, .sending = Ask::Sending::again};
}
Ask post(const std::string& url, std::uint64_t timeout_ms = 20'000) {
  return {.method = http::Method::post, .url = url, .body = "{}", .timeout_ms = timeout_ms};
}

TEST(CurlWire, SendsWhatItIsGivenAndHearsTheAnswer) {
  FakePlace place({http(402, "no money", "X-Own: 1\r\n")});
  const auto wire = make_wire();
  Ask ask = post(place.url + "/pay?x=%41");
  ask.headers = "content-type: application/json\r\nidempotency-key: k\r\nx-empty: \r\n";
  const Heard heard = hear(*wire, ask);
  EXPECT_EQ(heard.ending, Ending::answered);
  EXPECT_EQ(heard.status, 402);
  EXPECT_EQ(heard.body, "no money");
  EXPECT_NE(heard.headers.find("X-Own: 1\r\n"), std::string::npos);
  const std::string seen = place.seen().at(0);
  EXPECT_TRUE(seen.starts_with("POST /pay?x=%41 HTTP/1.1\r\n")) << seen;
  for (const char* line : {"content-type: application/json\r\n", "idempotency-key: k\r\n",
                           "x-empty:\r\n", "Content-Length: 2\r\n"}) {
    EXPECT_NE(seen.find(line), std::string::npos) << line << seen;
  }
  EXPECT_TRUE(seen.ends_with("\r\n\r\n{}")) << seen;
}

TEST(CurlWire, AddsNoTypeOfContentThatNobodyNamed) {
  FakePlace place({http(200, "")});
  const auto wire = make_wire();
  hear(*wire, post(place.url));
  EXPECT_EQ(place.seen().at(0).find("ontent-type"), std::string::npos);
  EXPECT_EQ(place.seen().at(0).find("ontent-Type"), std::string::npos);
}

TEST(CurlWire, KnowsThatNothingWasSentWhereNobodyListens) {
  std::string url;
  {
    const FakePlace gone({});
    url = gone.url;
  }
  const auto wire = make_wire();
  const Heard heard = hear(*wire, post(url));
  EXPECT_EQ(heard.ending, Ending::not_sent);
  EXPECT_EQ(heard.code, Code::unreachable);
  EXPECT_EQ(hear(*wire, post("http://no-such-host.invalid")).ending, Ending::not_sent);
}

TEST(CurlWire, KnowsThatSomethingMayHaveHappenedWhereNoAnswerComes) {
  FakePlace place({kHang, ""});
  const auto wire = make_wire();
  const Heard heard = hear(*wire, post(place.url, 200));
  EXPECT_EQ(heard.ending, Ending::unheard);
  EXPECT_EQ(heard.code, Code::timed_out);
  EXPECT_EQ(hear(*wire, post(place.url)).ending, Ending::unheard);
  EXPECT_EQ(place.seen().size(), 2U);
}

TEST(CurlWire, SendsAPaymentOnceThoughAKeptConnectionDies) {
  FakePlace place({http(200, "first"), "", http(200, "again")});
  const auto wire = make_wire();
  EXPECT_EQ(hear(*wire, post(place.url)).body, "first");
  const Heard heard = hear(*wire, post(place.url));  // the place reads it, and hangs up
  EXPECT_EQ(heard.ending, Ending::unheard);
  EXPECT_EQ(place.seen().size(), 2U);
}

TEST(CurlWire, TakesNoMoreThanALimitOfAnAnswer) {
  FakePlace place({http(200, std::string(kAnswerMax + 1, 'x')), ""});
  const auto wire = make_wire();
  const Heard heard = hear(*wire, get(place.url));
  EXPECT_EQ(heard.ending, Ending::unheard);
  EXPECT_EQ(heard.code, Code::oversized);
  FakePlace heads({http(200, "", "x: " + std::string(20'000, 'x') + "\r\n"), ""});
  EXPECT_EQ(hear(*wire, get(heads.url)).code, Code::oversized);
}

TEST(CurlWire, FollowsNoRedirect) {
  FakePlace other({http(200, "there")});
  FakePlace place({http(302, "", "location: " + other.url + "\r\n")});
  const auto wire = make_wire();
  EXPECT_EQ(hear(*wire, get(place.url)).status, 302);
  EXPECT_TRUE(other.seen().empty());
}

TEST(CurlWire, LetsNoCallWaitForAnother) {
  FakePlace hanging({kHang});
  FakePlace well({http(200, "well")});
  const auto wire = make_wire();
  std::atomic<bool> ended = false;
  wire->start(get(hanging.url), [&](const Heard&) { ended = true; });
  EXPECT_EQ(hear(*wire, get(well.url)).body, "well");
  EXPECT_FALSE(ended);
}

TEST(CurlWire, EndsWhatIsUnderWayWhenNobodyWaits) {
  constexpr std::uint64_t kNeverMs = 3'600'000;
  FakePlace hanging({kHang});
  const auto wire = make_wire();
  std::promise<Heard> told;
  wire->start(post(hanging.url, kNeverMs), [&](Heard heard) { told.set_value(std::move(heard)); });
  wire->end_all();
  EXPECT_EQ(told.get_future().get().code, Code::interrupted);
  EXPECT_EQ(hear(*wire, post(hanging.url)).code, Code::interrupted);
}

TEST(CurlWire, EndsWhatIsUnderWayWhenItEnds) {
  FakePlace hanging({kHang});
  std::promise<Heard> told;
  {
    const auto wire = make_wire();
    wire->start(post(hanging.url), [&](Heard heard) { told.set_value(std::move(heard)); });
  }
  EXPECT_EQ(told.get_future().get().code, Code::interrupted);
}

}  // namespace
}  // namespace airlock::dependency
