#include "device/fetch/fetch.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "device/fetch/internal/transfer.h"
#include "host/json/json.h"

namespace airlock::fetch {
namespace {

constexpr std::uint64_t kPayloadSize = 1'000'000;
constexpr std::uint32_t kHeadSize = 5'000;
constexpr std::size_t kLimit = 10'000;

// How the test's server serves an artifact (test_server.py).
enum class Serving : std::uint8_t {
  well,
  no_ranges,
  other_range,
  cut_once,
  drips,
  other_size,
  too_long,
  no_ranges_late,
};

std::uint8_t payload_byte(std::uint64_t at) { return static_cast<std::uint8_t>(at ^ (at >> 8)); }

bool is_payload(Bytes bytes, std::uint64_t from) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != payload_byte(from + i)) return false;
  }
  return true;
}

// A server with real TLS in another process, one for all tests.
class Fetch : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    unsetenv("https_proxy");
    std::string folder = (std::filesystem::temp_directory_path() / "fetch-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    int in[2];
    int out[2];
    ASSERT_EQ(pipe(in), 0);
    ASSERT_EQ(pipe(out), 0);
    child_ = fork();
    if (child_ == 0) {
      dup2(in[0], STDIN_FILENO);
      dup2(out[1], STDOUT_FILENO);
      for (const int end : {in[0], in[1], out[0], out[1]}) close(end);
      execlp("python3", "python3", "device/fetch/test_server.py", folder.c_str(), nullptr);
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    life_ = in[1];
    FILE* line = fdopen(out[0], "r");
    const int read = std::fscanf(line, "%d %d", &port_, &old_port_);
    std::fclose(line);
    ASSERT_EQ(read, 2);
  }

  static void TearDownTestSuite() {
    close(life_);
    int status = 0;
    waitpid(child_, &status, 0);
    std::filesystem::remove_all(folder_);
  }

  static std::string url(int port) { return "https://127.0.0.1:" + std::to_string(port); }

  static Connection connect(int port, const char* ca = "ca.pem") {
    auto made = Connection::open(
        {.server = url(port),
         .ca_file = folder_ / ca,
         .patience = {.connect_ms = 2000, .small_body_ms = 1500, .stall_window_ms = 1000}});
    AIRLOCK_CHECK(made.has_value());
    return std::move(*made);
  }

  // What a connection answers whose server must stand under this root, and this authority, if any.
  static Code under(const char* root, const char* ca) {
    const auto pem = file::read(folder_ / root, 1 << 20);
    auto roots = std::make_shared<const x509::Roots>(*x509::Roots::from_pem(text_of(*pem)));
    auto made = Connection::open({.server = url(port_),
                                  .ca_file = ca == nullptr ? file::Path() : folder_ / ca,
                                  .roots = std::move(roots)});
    AIRLOCK_CHECK(made.has_value());
    return error_of(made->get("/tuf/1.root.json", kLimit)).code;
  }

  // log returns what was asked since the last call.
  struct Log {
    std::vector<std::string> asked;
    int connections = 0;
  };
  static Log log() {
    Connection own = connect(port_);
    const auto body = own.get("/log", 1 << 20);
    AIRLOCK_CHECK(body.has_value());
    const auto value = json::parse(text_of(*body), 1 << 20);
    Log log;
    for (const auto& line : (*value)["asked"]) log.asked.push_back(line);
    log.connections = (*value)["connections"].get<int>() - 1;  // ours
    return log;
  }

  static PayloadPlace place(Serving serving) {
    // A name of its own for each payload: the server cuts each once.
    static std::uint8_t count = 0;
    Digest digest;
    digest.bytes[0] = static_cast<std::uint8_t>(serving);
    digest.bytes[1] = ++count;
    return {digest, kPayloadSize, kHeadSize};
  }

  static Error error_of(const auto& result) { return result ? Error{} : result.error(); }

  static inline std::filesystem::path folder_;
  static inline pid_t child_ = 0;
  static inline int life_ = -1;
  static inline int port_ = 0;
  static inline int old_port_ = 0;
};

TEST_F(Fetch, HoldsTheServerToWalletRootsBesideItsAuthorityOrAlone) {
  EXPECT_EQ(under("ca.pem", nullptr), Code::ok);
  EXPECT_EQ(under("other-ca.pem", nullptr), Code::tls_failed);
  EXPECT_EQ(under("ca.pem", "ca.pem"), Code::ok);
  EXPECT_EQ(under("other-ca.pem", "ca.pem"), Code::tls_failed);
  EXPECT_EQ(under("ca.pem", "other-ca.pem"), Code::tls_failed);
}

TEST_F(Fetch, ServesManyRequestsOverOneSocket) {
  log();
  Connection connection = connect(port_);
  MetadataFetcher fetcher(connection);
  EXPECT_EQ(text_of(fetcher.fetch("1.root.json", kLimit).value()), "root");
  EXPECT_EQ(error_of(fetcher.fetch("2.root.json", kLimit)).code, Code::not_found);
  EXPECT_EQ(text_of(fetch_target(connection, "firmware/1.1.0/x.cose", kLimit).value()), "envelope");
  EXPECT_EQ(log().connections, 1);
}

TEST_F(Fetch, EncodesWhatAUrlMayNotHold) {
  Connection connection = connect(port_);
  EXPECT_EQ(text_of(fetch_target(connection, "a b?c", kLimit).value()), "odd");
}

TEST_F(Fetch, RefusesATargetThatClimbs) {
  Connection connection = connect(port_);
  EXPECT_EQ(error_of(fetch_target(connection, "../tuf/1.root.json", kLimit)).code,
            Code::target_missing);
}

TEST_F(Fetch, NamesEachFailureOfTheServer) {
  Connection connection = connect(port_);
  EXPECT_EQ(error_of(connection.get("/tuf/moved", kLimit)), (Error{Code::http_failed, 302}));
  EXPECT_EQ(error_of(connection.get("/tuf/broken", kLimit)), (Error{Code::http_failed, 500}));
  EXPECT_EQ(error_of(connection.get("/tuf/big", kLimit)).code, Code::oversized);
  EXPECT_EQ(error_of(connection.get("/tuf/headers", kLimit)).code, Code::oversized);
  EXPECT_EQ(error_of(connection.get("/tuf/slow", kLimit)).code, Code::timed_out);
  EXPECT_EQ(error_of(connection.get("/tuf/cut", kLimit)).code, Code::interrupted);
  EXPECT_EQ(error_of(connection.get("/tuf/hang-up", kLimit)).code, Code::unreachable);
  // And after all that it is still of use.
  EXPECT_TRUE(connection.get("/tuf/1.root.json", kLimit));
}

TEST_F(Fetch, RefusesAnotherAuthorityAnotherNameAndOldTls) {
  EXPECT_EQ(error_of(connect(port_, "other-ca.pem").get("/tuf/1.root.json", kLimit)).code,
            Code::tls_failed);
  EXPECT_EQ(error_of(connect(port_, "missing.pem").get("/tuf/1.root.json", kLimit)).code,
            Code::tls_failed);
  EXPECT_EQ(error_of(connect(old_port_).get("/tuf/1.root.json", kLimit)).code, Code::tls_failed);
  auto other_name = Connection::open(
      {.server = "https://localhost:" + std::to_string(port_), .ca_file = folder_ / "ca.pem"});
  EXPECT_EQ(error_of(other_name->get("/tuf/1.root.json", kLimit)).code, Code::tls_failed);
}

TEST_F(Fetch, TellsThatNobodyListens) {
  EXPECT_EQ(error_of(connect(1).get("/tuf/1.root.json", kLimit)).code, Code::unreachable);
}

TEST(Connection, TakesHttpsAndNothingElse) {
  for (const char* bad : {"", "http://a", "https://", "https://user@a", "https://a/b", "file:///a",
                          "https://a?b", "https://a b"}) {
    EXPECT_FALSE(Connection::open({.server = bad})) << bad;
  }
  EXPECT_TRUE(Connection::open({.server = "https://[::1]:8443"}));
}

TEST_F(Fetch, ChecksInAndReports) {
  Connection connection = connect(port_);
  const auto answer = check_in(connection, {.duid = "d", .model = "demo", .version = "1.0.0"});
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->offer);
  EXPECT_EQ(answer->why, "up_to_date");
  EXPECT_EQ(answer->explain, "demo");
  EXPECT_EQ(answer->poll_after_s, 60U);
  EXPECT_TRUE(post_report(connection, {"{}", "ab", "cd"})->counted);
  const auto unknown = post_report(connection, {"{}", "ff", "cd"});
  EXPECT_FALSE(unknown->counted);
  EXPECT_EQ(unknown->why, "not_enrolled");
  EXPECT_EQ(error_of(connection.post("/v1/else", "{}", kLimit)), (Error{Code::http_failed, 400}));
}

// ---- payloads

Status read_all(PayloadSource& source, std::uint64_t from, std::size_t part = 4096) {
  Buffer buffer(part);
  for (std::uint64_t at = from; at < kPayloadSize; at += part) {
    const auto to = MutableBytes(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(part, kPayloadSize - at)));
    AIRLOCK_TRY(source.read(at, to));
    if (!is_payload(to, at)) return fail(Code::digest_mismatch, at);
  }
  return {};
}

TEST_F(Fetch, ReadsAPayloadInTwoRequests) {
  log();
  Connection connection = connect(port_);
  std::uint64_t last_done = 0;
  auto source = PayloadSource::open(connection, place(Serving::well),
                                    [&](std::uint64_t done, std::uint64_t total) {
                                      EXPECT_EQ(total, kPayloadSize);
                                      last_done = done;
                                    });
  EXPECT_EQ(error_of(read_all(*source, 0)), Error{});
  EXPECT_EQ(last_done, kPayloadSize);
  const Log seen = log();
  ASSERT_EQ(seen.asked.size(), 2U);
  EXPECT_TRUE(seen.asked[0].ends_with("bytes=0-4999"));
  EXPECT_TRUE(seen.asked[1].ends_with("bytes=5000-999999"));
  EXPECT_EQ(seen.connections, 1);
}

TEST_F(Fetch, KeepsTheHeadSoThatReadingItDisturbsNothing) {
  log();
  Connection connection = connect(port_);
  auto source = PayloadSource::open(connection, place(Serving::well));
  std::array<std::uint8_t, 1000> part;
  for (std::uint64_t at = kHeadSize; at + part.size() < kPayloadSize; at += 20'000) {
    ASSERT_TRUE(source->read(at % kHeadSize / 2, part));
    ASSERT_TRUE(is_payload(part, at % kHeadSize / 2));
    ASSERT_TRUE(source->read(at, part));  // the gap is small: read over
    ASSERT_TRUE(is_payload(part, at));
  }
  EXPECT_EQ(log().asked.size(), 2U);
}

TEST_F(Fetch, KeepsAWindowOfALargeHeadAndFetchesEachByteOfItOnce) {
  log();
  Connection connection = connect(port_);
  PayloadPlace where = place(Serving::well);
  where.head_size = 200'000;
  auto source = PayloadSource::open(connection, where);
  std::array<std::uint8_t, 1000> part;
  for (std::uint64_t at = 0; at < where.head_size; at += part.size()) {
    ASSERT_TRUE(source->read(at, part));
    ASSERT_TRUE(is_payload(part, at));
    ASSERT_TRUE(source->read(where.head_size + at, part));
    ASSERT_TRUE(is_payload(part, where.head_size + at));
  }
  EXPECT_EQ(log().asked.size(), 4U + 1U);
}

TEST_F(Fetch, AsksAnewForAnotherPlace) {
  Connection connection = connect(port_);
  auto source = PayloadSource::open(connection, place(Serving::well));
  std::array<std::uint8_t, 3000> part;
  for (const std::uint64_t at : {900'000U, 6'000U, 500'000U, 997'000U, 4'000U}) {
    ASSERT_TRUE(source->read(at, part)) << at;
    EXPECT_TRUE(is_payload(part, at)) << at;
  }
  EXPECT_EQ(error_of(source->read(997'001, part)).code, Code::truncated);
}

TEST_F(Fetch, ServesMetadataWhileAPayloadIsUnderWay) {
  Connection connection = connect(port_);
  auto source = PayloadSource::open(connection, place(Serving::well));
  std::array<std::uint8_t, 100> part;
  ASSERT_TRUE(source->read(kHeadSize, part));
  EXPECT_TRUE(connection.get("/tuf/1.root.json", kLimit));
  EXPECT_EQ(error_of(read_all(*source, kHeadSize + 100)), Error{});
}

TEST_F(Fetch, TellsOfACutAndGoesOnWhereItWas) {
  log();
  Connection connection = connect(port_);
  auto source = PayloadSource::open(connection, place(Serving::cut_once));
  Buffer part(10'000);
  std::uint64_t at = kHeadSize;
  int cuts = 0;
  while (at + part.size() <= kPayloadSize) {
    if (const auto done = source->read(at, part); !done) {
      EXPECT_EQ(done.error().code, Code::interrupted);
      EXPECT_EQ(at, 305'000U);  // all that came before the cut was handed out
      ASSERT_EQ(++cuts, 1);
      continue;
    }
    ASSERT_TRUE(is_payload(part, at));
    at += part.size();
  }
  EXPECT_EQ(cuts, 1);
  EXPECT_TRUE(log().asked.back().ends_with("bytes=305000-999999"));
}

TEST_F(Fetch, ReadsFromAServerWithoutRangesOnlyInOrder) {
  log();
  Connection connection = connect(port_);
  const PayloadPlace where = place(Serving::no_ranges);
  auto source = PayloadSource::open(connection, where);
  EXPECT_EQ(error_of(read_all(*source, 0)), Error{});
  EXPECT_EQ(log().asked.size(), 1U);
  auto resumed = PayloadSource::open(connection, where);
  EXPECT_EQ(error_of(read_all(*resumed, 500'000)), (Error{Code::http_failed, 200}));
}

TEST_F(Fetch, RefusesAnotherRangeThanAsked) {
  Connection connection = connect(port_);
  for (const Serving serving : {Serving::other_range, Serving::other_size}) {
    auto source = PayloadSource::open(connection, place(serving));
    EXPECT_EQ(error_of(read_all(*source, 0)), (Error{Code::http_failed, 206}));
  }
}

TEST_F(Fetch, TakesNoMoreThanTheRange) {
  Connection connection = connect(port_);
  auto source = PayloadSource::open(connection, place(Serving::too_long));
  std::array<std::uint8_t, 100> part;
  const auto done = source->read(0, part);
  EXPECT_TRUE(!done ? done.error().code == Code::oversized : is_payload(part, 0));
}

TEST_F(Fetch, GivesUpOnAServerThatDrips) {
  Connection connection = connect(port_);
  auto source = PayloadSource::open(connection, place(Serving::drips));
  std::array<std::uint8_t, 100> part;
  EXPECT_EQ(error_of(source->read(kHeadSize, part)).code, Code::timed_out);
}

TEST_F(Fetch, HasALimitForTheHead) {
  Connection connection = connect(port_);
  EXPECT_EQ(error_of(PayloadSource::open(connection, {{}, 1ULL << 30, kHeadSizeMax + 1})).code,
            Code::oversized);
  EXPECT_EQ(error_of(PayloadSource::open(connection, {{}, 100, 101})).code, Code::out_of_range);
}

TEST_F(Fetch, ReadsAPayloadFromAFile) {
  const auto path = folder_ / "payload";
  const std::uint8_t bytes[] = {1, 2, 3, 4};
  ASSERT_TRUE(file::replace(path, bytes));
  std::uint64_t last_done = 0;
  auto source =
      LocalSource::open(path, [&](std::uint64_t done, std::uint64_t) { last_done = done; });
  std::array<std::uint8_t, 2> part;
  ASSERT_TRUE(source->read(1, part));
  EXPECT_EQ(part[1], 3);
  EXPECT_EQ(last_done, 3U);
  EXPECT_EQ(error_of(source->read(3, part)).code, Code::truncated);
  EXPECT_EQ(error_of(LocalSource::open(folder_ / "none")).code, Code::not_found);
}

TEST(ContentRange, HasOneForm) {
  EXPECT_EQ(parse_content_range("bytes 5-9/20").value(), (ByteRange{5, 9, 20}));
  for (const char* bad : {"", "bytes", "bytes 5-9", "bytes 5-9/*", "bytes */20", "bytes 9-5/20",
                          "bytes 5-20/20", "bytes 5-9/20 ", "bytes -9/20", "items 5-9/20",
                          "bytes 5-99999999999999999999/20", "bytes +5-9/20"}) {
    EXPECT_FALSE(parse_content_range(bad)) << bad;
  }
}

}  // namespace
}  // namespace airlock::fetch
