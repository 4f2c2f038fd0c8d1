#include "server/peer/peer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace airlock::peer {
namespace {

// A peer on a free port of this host that answers each connection with the same bytes.
class FakePeer {
 public:
  explicit FakePeer(std::string answer) : answer_(std::move(answer)) {
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
  ~FakePeer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }

  std::string url;
  std::atomic<int> asked = 0;
  std::string seen;  // of the last request; read when it is gone

 private:
  void serve() {
    while (true) {
      const int connection = ::accept(socket_, nullptr, nullptr);
      if (connection < 0) return;
      char request[4096];
      const auto size = ::recv(connection, request, sizeof request, 0);
      if (size > 0) seen.assign(request, static_cast<std::size_t>(size));
      ++asked;
      (void)!::write(connection, answer_.data(), answer_.size());
      ::shutdown(connection, SHUT_WR);
      while (::recv(connection, request, sizeof request, 0) > 0) {
      }
      ::close(connection);
    }
  }
  std::string answer_;
  int socket_ = -1;
  std::thread thread_;
};

std::string http(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\ncontent-type: application/json\r\ncontent-length: " + std::to_string(body.size()) +
         "\r\nconnection: close\r\n\r\n" + body;
}

constexpr const char* kVector =
    R"({"status":"success","data":{"resultType":"vector","result":[)"
    R"({"metric":{"__name__":"airlock_payments_total","arm":"b"},"value":[1700000000,"712"]}]}})";
constexpr breaker::Settings kSettings = {
    .failures_max = 2, .open_ms = 60'000, .probes = 1, .probe_ms = 60'000};

TEST(Vector, IsReadWithItsLabels) {
  const auto samples = parse_vector(kVector);
  ASSERT_EQ(samples->size(), 1U);
  EXPECT_EQ(samples->front().label("arm"), "b");
  EXPECT_EQ(samples->front().label("none"), "");
  EXPECT_EQ(samples->front().value, "712");
}

TEST(Vector, MayBeEmptyWhichIsNoError) {
  const auto samples =
      parse_vector(R"({"status":"success","data":{"resultType":"vector","result":[]}})");
  ASSERT_TRUE(samples.has_value());
  EXPECT_TRUE(samples->empty());
}

TEST(Vector, IsNothingElse) {
  EXPECT_EQ(parse_vector(R"({"status":"error","errorType":"bad_data","error":"x"})").error().code,
            Code::bad_request);
  EXPECT_EQ(parse_vector(R"({"status":"success","data":{"resultType":"scalar","result":[1,"1"]}})")
                .error()
                .code,
            Code::bad_request);
  EXPECT_FALSE(parse_vector("<html>"));
  EXPECT_FALSE(parse_vector(""));
  EXPECT_FALSE(parse_vector(
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,2]}]}})"));
}

TEST(Count, IsAWholeNumber) {
  EXPECT_EQ(*count_of("0"), 0U);
  EXPECT_EQ(*count_of("712"), 712U);
  EXPECT_EQ(*count_of("1.5e+06"), 1'500'000U);
  for (const char* text : {"NaN", "+Inf", "-1", "0.5", "1e300", "", "12 ", "x"}) {
    EXPECT_FALSE(count_of(text)) << text;
  }
}

TEST(Url, IsHttpOrHttpsWithoutAUser) {
  EXPECT_TRUE(check_url("http://127.0.0.1:9090"));
  EXPECT_TRUE(check_url("https://prometheus.example/sub"));
  for (const char* url :
       {"ftp://x", "file:///etc/passwd", "http://", "http://a@b", "x", "http://a b"}) {
    EXPECT_EQ(check_url(url).error().code, Code::bad_text) << url;
  }
}

TEST(Line, AsksPrometheusForAWholeSecond) {
  FakePeer peer(http(200, kVector));
  Line line(peer.url + "/", kSettings, [](Line::Change) {});
  const auto samples = query(line, "up{a=\"b\"}", 1'700'000'000);
  ASSERT_TRUE(samples.has_value());
  EXPECT_EQ(samples->size(), 1U);
  EXPECT_TRUE(peer.seen.starts_with(
      "GET /api/v1/query?time=1700000000&query=up%7Ba%3D%22b%22%7D HTTP/1.1\r\n"))
      << peer.seen;
}

TEST(Line, TellsAnErrorFromAnEmptyAnswer) {
  FakePeer peer(http(503, "{}"));
  Line line(peer.url, kSettings, [](Line::Change) {});
  EXPECT_EQ(query(line, "up", 1).error(), (Error{Code::http_failed, 503}));
}

TEST(Line, StopsAskingAPeerThatIsDownAndSaysSoOnce) {
  std::string url;
  {
    const FakePeer gone(http(200, "{}"));
    url = gone.url;
  }
  int down = 0;
  Line line(url, kSettings, [&](Line::Change change) { down += change == Line::Change::down; });
  EXPECT_EQ(line.get("/").error().code, Code::unreachable);
  EXPECT_EQ(line.get("/").error().code, Code::unreachable);
  EXPECT_EQ(line.get("/").error().code, Code::overloaded);
  EXPECT_EQ(line.get("/").error().code, Code::overloaded);
  EXPECT_EQ(down, 1);
  EXPECT_EQ(line.mode(), breaker::Mode::open);
}

TEST(Line, DoesNotOpenBecauseAQuestionWasWrong) {
  FakePeer peer(http(400, R"({"status":"error"})"));
  Line line(peer.url, kSettings, [](Line::Change) {});
  for (int at = 0; at < 5; ++at) EXPECT_EQ(line.get("/").error().code, Code::http_failed);
  EXPECT_EQ(peer.asked, 5);
}

TEST(Line, FollowsNoRedirect) {
  FakePeer other(http(200, kVector));
  FakePeer peer("HTTP/1.1 302 X\r\nlocation: " + other.url +
                "\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  Line line(peer.url, kSettings, [](Line::Change) {});
  EXPECT_EQ(line.get("/").error().code, Code::http_failed);
  EXPECT_EQ(other.asked, 0);
}

TEST(Line, PostsAnAlertAsJson) {
  FakePeer peer(http(204, ""));
  {
    Line line(peer.url + "/hook", kSettings, [](Line::Change) {});
    EXPECT_TRUE(line.post(R"({"id":1})").has_value());
  }
  EXPECT_TRUE(peer.seen.starts_with("POST /hook HTTP/1.1\r\n"));
  EXPECT_NE(peer.seen.find(R"({"id":1})"), std::string::npos);
}

}  // namespace
}  // namespace airlock::peer
