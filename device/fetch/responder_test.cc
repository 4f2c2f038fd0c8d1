// Asking others about certificates: over real sockets, from servers that behave as they like.
#include "device/fetch/responder.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

namespace airlock::fetch {
namespace {

using namespace std::chrono_literals;

constexpr auto kEnough = 5000ms;
constexpr auto kLittle = 300ms;

// A server of one port; each connection is one exchange, served by `serve` once the request came.
class RawServer {
 public:
  using Serve = std::function<void(int connection)>;

  explicit RawServer(Serve serve) : serve_(std::move(serve)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    sockaddr general{};
    std::memcpy(&general, &address, sizeof general);
    EXPECT_EQ(::bind(listener_, &general, size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, &general, &size), 0);
    std::memcpy(&address, &general, sizeof address);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  ~RawServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  std::string place() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url(std::string_view path = "/") const {
    return "http://" + place() + std::string(path);
  }
  std::string heard;  // of the last request; read it once the exchange is over
  int asked = 0;

 private:
  void run() {
    while (true) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      ++asked;
      char room[4096];
      const ssize_t size = ::recv(connection, room, sizeof room, 0);
      heard.assign(room, size > 0 ? static_cast<std::size_t>(size) : 0);
      serve_(connection);
      ::close(connection);
    }
  }

  Serve serve_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

void send(int connection, std::string_view text) {
  (void)::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
}

RawServer::Serve say(std::string text) {
  return [text = std::move(text)](int connection) { send(connection, text); };
}

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Error error_of(const Result<x509::Buffer>& result) { return result ? Error{} : result.error(); }

const x509::Buffer kRequest = {0x30, 0x03, 0x00, 0xff, 0x0a};

TEST(HttpResponder, PostsTheRequestAndReturnsTheBody) {
  RawServer server(say(ok(std::string("a\0b", 3))));
  HttpResponder responder({server.place()});
  const auto answer = responder.ask(server.url("/ocsp"), kRequest, kEnough);
  ASSERT_TRUE(answer) << name(answer.error().code);
  EXPECT_EQ(*answer, (x509::Buffer{'a', 0, 'b'}));
  EXPECT_TRUE(server.heard.starts_with("POST /ocsp HTTP/1.1\r\n")) << server.heard;
  EXPECT_NE(server.heard.find("application/ocsp-request"), std::string::npos);
  EXPECT_TRUE(server.heard.ends_with(std::string("\x30\x03\x00\xff\x0a", 5)));
}

TEST(HttpResponder, FetchesACrl) {
  RawServer server(say(ok("crl")));
  HttpResponder responder({server.place()});
  EXPECT_EQ(*responder.fetch_crl(server.url("/root.crl"), kEnough), (x509::Buffer{'c', 'r', 'l'}));
  EXPECT_TRUE(server.heard.starts_with("GET /root.crl HTTP/1.1\r\n")) << server.heard;
}

TEST(HttpResponder, TakesNothingButA200AndFollowsNoRedirect) {
  RawServer other(say(ok("there")));
  for (const auto& [text, status] : std::vector<std::pair<std::string, std::uint64_t>>{
           {"HTTP/1.1 302 Found\r\nlocation: " + other.url() + "\r\ncontent-length: 0\r\n\r\n",
            302},
           {"HTTP/1.1 500 Oops\r\ncontent-length: 2\r\n\r\nno", 500},
           {"HTTP/1.1 204 Nothing\r\n\r\n", 204}}) {
    RawServer server(say(text));
    HttpResponder responder({server.place(), other.place()});
    EXPECT_EQ(error_of(responder.ask(server.url(), kRequest, kEnough)),
              (Error{Code::http_failed, status}));
  }
  EXPECT_EQ(other.asked, 0);
}

TEST(HttpResponder, EndsInTimeWithServersThatAreSilentOrDrip) {
  const auto is_alive = [](int connection) {
    std::this_thread::sleep_for(50ms);
    char room[1];
    return ::recv(connection, room, sizeof room, MSG_DONTWAIT | MSG_PEEK) != 0;
  };
  RawServer silent([&](int connection) {
    while (is_alive(connection)) continue;
  });
  RawServer dripping([&](int connection) {
    send(connection, "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
    while (is_alive(connection)) send(connection, "x");
  });
  RawServer endless([&](int connection) {
    while (is_alive(connection)) send(connection, "HTTP/1.1 100 Continue\r\n\r\n");
  });
  for (const RawServer* server : {&silent, &dripping, &endless}) {
    HttpResponder responder({server->place()});
    EXPECT_EQ(error_of(responder.ask(server->url(), kRequest, kLittle)).code, Code::timed_out);
  }
}

TEST(HttpResponder, RefusesMoreThanItsLimits) {
  RawServer stated(say(ok(std::string(x509::kOcspSizeMax + 1, 'x'))));
  RawServer unstated(say("HTTP/1.1 200 OK\r\n\r\n" + std::string(x509::kOcspSizeMax + 1, 'x')));
  RawServer headers([](int connection) {
    send(connection, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 400; ++i) send(connection, "x: " + std::string(100, 'y') + "\r\n");
    send(connection, "\r\n");
  });
  for (const RawServer* server : {&stated, &unstated, &headers}) {
    HttpResponder responder({server->place()});
    EXPECT_EQ(error_of(responder.ask(server->url(), kRequest, kEnough)).code, Code::oversized);
  }
}

TEST(HttpResponder, SaysThatNobodyIsThere) {
  std::string place;
  {
    RawServer gone(say(""));
    place = gone.place();
  }
  HttpResponder responder({place});
  EXPECT_EQ(error_of(responder.ask("http://" + place + "/", kRequest, kEnough)).code,
            Code::unreachable);
  RawServer mute(say(""));
  HttpResponder other({mute.place()});
  EXPECT_EQ(error_of(other.ask(mute.url(), kRequest, kEnough)).code, Code::unreachable);
}

TEST(HttpResponder, ReachesNoAddressThatIsNotPublicUnlessItIsListed) {
  RawServer server(say(ok("inside")));
  HttpResponder responder;
  EXPECT_EQ(error_of(responder.ask(server.url(), kRequest, kEnough)).code, Code::access_denied);
  const std::string port = server.url().substr(server.url().rfind(':'));
  for (const char* host :
       {"localhost", "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]"}) {
    EXPECT_EQ(error_of(responder.ask("http://" + std::string(host) + port, kRequest, kEnough)).code,
              Code::access_denied)
        << host;
  }
  HttpResponder another({"127.0.0.1:1"});
  EXPECT_EQ(error_of(another.ask(server.url(), kRequest, kEnough)).code, Code::access_denied);
  EXPECT_EQ(server.asked, 0);
}

TEST(HttpResponder, TakesPlainHttpAddressesWithoutSecretsAlone) {
  HttpResponder responder({"127.0.0.1:1"});
  for (const char* url : {"https://127.0.0.1:1/", "ftp://127.0.0.1:1/", "file:///etc/passwd",
                          "http://user:pass@127.0.0.1:1/", "http://user@127.0.0.1:1/", "http://",
                          "127.0.0.1:1", "http://a b/", "gopher://127.0.0.1:1/"}) {
    EXPECT_EQ(error_of(responder.ask(url, kRequest, kEnough)).code, Code::bad_text) << url;
  }
}

TEST(HttpResponder, UsesNoProxy) {
  RawServer proxy(say(ok("through a proxy")));
  RawServer server(say(ok("straight")));
  setenv("http_proxy", proxy.url().c_str(), 1);
  HttpResponder responder({server.place()});
  const auto answer = responder.ask(server.url(), kRequest, kEnough);
  unsetenv("http_proxy");
  ASSERT_TRUE(answer);
  EXPECT_EQ(text_of(*answer), "straight");
  EXPECT_EQ(proxy.asked, 0);
}

bool is_public(const char* text) {
  sockaddr_storage room{};
  sockaddr_in four{};
  sockaddr_in6 six{};
  sockaddr general{};
  if (::inet_pton(AF_INET, text, &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    std::memcpy(&general, &four, sizeof general);
    return is_public_address(general, sizeof four);
  }
  EXPECT_EQ(::inet_pton(AF_INET6, text, &six.sin6_addr), 1) << text;
  six.sin6_family = AF_INET6;
  std::memcpy(&room, &six, sizeof six);
  return is_public_address(reinterpret_cast<const sockaddr&>(room), sizeof six);
}

TEST(PublicAddress, IsNoneThatANetworkKeepsForItself) {
  for (const char* text :
       {"8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
        "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "223.255.255.255",
        "2606:4700::1111", "2a00::1", "64:ff9b::8.8.8.8", "2002:808:808::1"}) {
    EXPECT_TRUE(is_public(text)) << text;
  }
  for (const char* text : {"0.0.0.0",
                           "10.0.0.1",
                           "10.255.255.255",
                           "100.64.0.1",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.1.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:8.8.8.8",
                           "::ffff:127.0.0.1",
                           "64:ff9b::10.0.0.1",
                           "64:ff9b:1::1",
                           "fe80::1",
                           "fc00::1",
                           "fd12::1",
                           "ff02::1",
                           "2001::1",
                           "2001:db8::1",
                           "2002:7f00:1::1",
                           "2002:a00:1::1",
                           "3fff::1",
                           "100::1",
                           "5f00::1"}) {
    EXPECT_FALSE(is_public(text)) << text;
  }
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_FALSE(is_public_address(other, sizeof other));
  other.sa_family = AF_INET;
  EXPECT_FALSE(is_public_address(other, 2));
}

TEST(Place, IsAHostAndAPort) {
  for (const char* text : {"localhost:80", "10.0.0.1:2560", "[::1]:80", "ocsp.lan:65535"}) {
    EXPECT_TRUE(is_place(text)) << text;
  }
  for (const char* text :
       {"", "localhost", "[::1]", ":80", "localhost:", "localhost:0", "localhost:65536",
        "http://localhost:80", "localhost:80/", "a b:80", "user@localhost:80"}) {
    EXPECT_FALSE(is_place(text)) << text;
  }
}

}  // namespace
}  // namespace airlock::fetch
