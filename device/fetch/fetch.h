// device/fetch: how bytes come to the device.
//
// It is for asking the server (check-in, reports) and for fetching what it hands out (metadata,
// targets, payloads), and others whether a certificate was revoked (responder.h). It promises HTTPS
// with TLS 1.3 or newer against one configured CA file, the wallet's own roots, or both, no
// redirect, a limit on every body before it is kept and on every wait, payload memory of two
// buffers whatever the size, and that a connection or a payload whose wire was cut can simply be
// used again. It never retries (core/update decides that), never looks into what it fetched, and
// trusts nothing: an answer of the server is advice, and every byte is proven by the doors and by
// core/delta afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "core/crypto/crypto.h"
#include "host/file/file.h"
#include "trust/tuf/tuf.h"
#include "trust/x509/roots.h"

namespace airlock::fetch {

using crypto::Digest;
using file::Buffer;

// Limits. Milliseconds are of a monotonic clock.
inline constexpr long kConnectTimeoutMs = 10'000;
inline constexpr long kSmallBodyTimeoutMs = 30'000;         // request, answer and all in between
inline constexpr long kStallWindowMs = 30'000;              // of a payload: in so much waiting ..
inline constexpr std::uint64_t kStallBytesMin = 15 << 10;   // .. at least so much must arrive
inline constexpr std::size_t kHeadersSizeMax = 32 << 10;    // of one response
inline constexpr std::size_t kAnswerSizeMax = 64 << 10;     // of a check-in or a report
inline constexpr std::size_t kHeadSizeMax = 4 << 20;        // of a payload
inline constexpr std::size_t kHeadWindow = 64 << 10;        // as much of the head is kept
inline constexpr std::size_t kStreamBufferSize = 64 << 10;  // of a payload's body
inline constexpr int kReceiveBufferSize = 256 << 10;        // of the socket: what a cut may waste
inline constexpr std::uint64_t kSkipMax = 64 << 10;         // cheaper to read over than to ask anew

// How long to wait; the defaults are the limits above. Tests wait less.
struct Patience {
  long connect_ms = kConnectTimeoutMs;
  long small_body_ms = kSmallBodyTimeoutMs;
  long stall_window_ms = kStallWindowMs;
};

// is_server says whether a text is a server: "https://HOST" or "https://HOST:PORT", the port from 1
// to 65535, and nothing after it.
bool is_server(std::string_view url);

struct Endpoint {
  std::string server;    // "https://updates.example.com:8443", nothing after the port
  file::Path ca_file{};  // PEM; the only certificate authorities that count
  // Wallet roots, under which the server's certificate must stand too, by the rules of trust/x509;
  // where no ca_file is named, they alone. nullptr: not asked.
  std::shared_ptr<const x509::Roots> roots{};
  Patience patience{};
};

// A wire to one server: requests one after the other over connections that are kept open. It may
// outlive any failure; the next request connects again. One thread. Move-only.
//
// Errors of every request: unreachable (name, route, refused, cut before an answer), interrupted
// (cut within an answer), tls_failed, http_failed (at = the status), not_found (404), timed_out,
// oversized.
class Connection {
 public:
  // open connects to nothing yet. Errors: bad_text where the server is not such a URL.
  static Result<Connection> open(const Endpoint& endpoint);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  // get fetches a body of at most `size_max` bytes. `path` begins with a slash; what a URL may not
  // hold is percent-encoded here.
  Result<Buffer> get(std::string_view path, std::size_t size_max);
  // post sends JSON and returns the body of a 200.
  Result<std::string> post(std::string_view path, std::string_view json, std::size_t size_max);

  struct Wires;  // the library's side of it
  Wires& wires() { return *wires_; }

 private:
  explicit Connection(std::unique_ptr<Wires> wires);
  std::unique_ptr<Wires> wires_;
};

// ---- asking

inline constexpr std::uint32_t kPollAfterMin = 30;  // seconds
inline constexpr std::uint32_t kPollAfterMax = 7 * 24 * 3600;
inline constexpr std::uint32_t kPollAfterDefault = 3600;  // where the server names none
inline constexpr std::size_t kTargetTextMax = 512;
inline constexpr std::size_t kSeedsMax = 64;  // of one answer
inline constexpr std::size_t kWhyTextMax = 64;
inline constexpr std::size_t kExplainTextMax = 512;

// What the device says of itself. Empty members are not sent.
struct CheckIn {
  std::string duid{};                              // private mode: empty, and ..
  std::map<std::string, std::uint32_t> buckets{};  // .. rollout id → 0..9999 instead
  std::string pseudonym{};
  std::string model{};
  std::string version{};
  std::uint32_t security_version = 0;
  std::uint32_t bootloader = 0;
  std::uint32_t secure_boot = 0;
  std::optional<std::uint32_t> data_version{};  // of the owner's data; none before a first firmware
  std::uint32_t keyring = 0;                    // version
  std::string region{};
  std::string group{};
  std::string certificate{};               // SHA-256 in hexadecimal
  std::map<std::string, Digest> images{};  // component → what runs
  // What the device has of each other kind that it takes: kind → version, 0.0.0 where nothing yet.
  struct Content {
    std::string version;
    std::uint32_t security_version = 0;
  };
  std::map<std::string, Content> contents{};
  // Manifests that it did not take: others are offered before.
  std::vector<Digest> not_now{};
};

struct OfferedPayload {
  std::string component;
  bool patch = false;  // else a full image
  Digest digest;
  std::uint64_t size = 0;
};

struct Offer {
  std::string target;  // path in the repository; a plain relative one (tuf::is_target_path)
  Digest manifest;
  std::string version;
  std::uint32_t security_version = 0;
  std::uint64_t size = 0;                // bytes to fetch
  std::vector<OfferedPayload> payloads;  // may be empty: the manifest lists them
  std::optional<std::int64_t> expires;   // Unix seconds
  std::uint64_t rollout = 0;
};

// What the server chose for a rollout; a device in private mode finds its bucket with it.
struct Seed {
  std::string rollout;  // id, decimal
  Digest value;
};

struct Answer {
  std::optional<Offer> offer;
  std::string why;          // where nothing is offered: a stable word
  std::string explain;      // and a sentence; of unknown origin, see text::visible
  std::vector<Seed> seeds;  // of rollouts for which the device named no bucket
  std::uint32_t poll_after_s = kPollAfterDefault;  // brought into kPollAfterMin..Max
};

// parse_answer reads a check-in's answer strictly; unknown members are ignored. Errors: those of
// host/json, bad_semver, bad_text, out_of_range.
Result<Answer> parse_answer(std::string_view json);

// write_check_in makes the JSON text that is sent.
std::string write_check_in(const CheckIn& facts);

// check_in asks the server what it offers.
Result<Answer> check_in(Connection& connection, const CheckIn& facts);

// A report, signed by the device: over the context of its kind ("airlock-report-v1\n") and its JSON
// text.
struct SignedReport {
  std::string report;      // JSON text
  std::string public_key;  // 64 hexadecimal digits
  std::string signature;   // 128
};
struct Receipt {
  bool counted = false;
  std::string why;  // where it is not
};
// write_report makes the JSON text that is sent, parse_receipt reads what is answered. Errors:
// those of host/json.
std::string write_report(const SignedReport& report);
Result<Receipt> parse_receipt(std::string_view json);
// post_report hands a report in; a receipt means that the server keeps it durably.
Result<Receipt> post_report(Connection& connection, const SignedReport& report);

// ---- fee policies: which one, and how payments by it went

inline constexpr std::uint32_t kFeesPollMin = 1;  // seconds
inline constexpr std::uint32_t kFeesPollMax = 3600;
inline constexpr std::size_t kExperimentsMax = 64;  // of one answer
inline constexpr std::size_t kSetAsideMax = 16;     // of one answer
inline constexpr std::size_t kArmTextMax = 32;

struct FeesQuestion {
  std::string duid{};  // empty where the device names itself to no server: it takes part in nothing
  std::string region{};  // empty ones are not sent
  std::string group{};
  std::string tier{};
  std::vector<Digest> kept{};  // manifests of the policies that the device keeps
};
// What the server advises by an experiment.
struct FeesAdvice {
  std::int64_t experiment = 0;
  std::string arm{};
  Digest policy{};  // of the manifest
  std::uint32_t stage = 0;
  Digest baseline{};  // of the manifest that everybody else has
  friend bool operator==(const FeesAdvice&, const FeesAdvice&) = default;
};
struct FeesAnswer {
  std::optional<FeesAdvice> advice{};         // of the first experiment that speaks of this device
  std::uint32_t poll_after_s = kFeesPollMax;  // brought into kFeesPollMin..Max
  std::vector<Digest> set_aside{};            // of those kept: served by advice only
};

// parse_fees_answer reads an answer strictly; unknown members are ignored. Errors: as parse_answer.
Result<FeesAnswer> parse_fees_answer(std::string_view json);
// ask_fees asks which fee policy the device is advised to serve.
Result<FeesAnswer> ask_fees(Connection& connection, const FeesQuestion& question);
// post_outcomes hands in how payments went, signed over "airlock-outcomes-v1\n" and the text.
Result<Receipt> post_outcomes(Connection& connection, const SignedReport& outcomes);

// ---- fetching

// Metadata for the repository door: GET /tuf/NAME.
class MetadataFetcher final : public tuf::Fetcher {
 public:
  explicit MetadataFetcher(Connection& connection) : connection_(connection) {}
  Result<Buffer> fetch(std::string_view name, std::size_t size_max) override;

 private:
  Connection& connection_;
};

// fetch_target fetches a target's bytes: GET /targets/PATH, PATH as tuf::path_of_target says.
// Errors: target_missing where the path is not a plain relative one, and those of the connection.
Result<Buffer> fetch_target(Connection& connection, std::string_view path, std::size_t size_max);

// How far a payload is: bytes handed out, of all.
using OnProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// What the signed manifest says of a payload: all that fetching it needs.
struct PayloadPlace {
  Digest digest;  // its name
  std::uint64_t size = 0;
  std::uint32_t head_size = 0;
};

// A payload on the server, read as if it were here: GET /artifacts/DIGEST with Range. Reads that
// follow each other take from one response that is pulled as it is needed; a read elsewhere asks
// anew. Of the head a window is kept, so that reading it in between disturbs nothing: read in order
// it costs one request for each kHeadWindow, which is the head of an image of 90 MiB.
//
// After an error (those of Connection; interrupted where the wire was cut; http_failed where the
// server cannot serve ranges or serves another one than asked) the object can be read again and
// asks the server anew. A read past the end is truncated. `connection` must outlive it.
class PayloadSource final : public Source {
 public:
  // open asks nothing yet. Errors: oversized where the head exceeds kHeadSizeMax, out_of_range
  // where it exceeds the payload.
  static Result<PayloadSource> open(Connection& connection, const PayloadPlace& place,
                                    OnProgress on_progress = {});
  PayloadSource(PayloadSource&& other) noexcept;
  PayloadSource& operator=(PayloadSource&& other) noexcept;
  ~PayloadSource();

  Status read(std::uint64_t offset, MutableBytes to) override;

 private:
  struct Stream;
  PayloadSource(Connection& connection, const PayloadPlace& place, OnProgress on_progress);
  Status read_head(std::uint64_t offset, MutableBytes to);
  Status read_body(std::uint64_t offset, MutableBytes to);

  Connection::Wires* wires_;
  PayloadPlace place_;
  OnProgress on_progress_;
  Buffer head_;                // what of the head was fetched last ..
  std::uint64_t head_at_ = 0;  // .. and where it lies
  std::unique_ptr<Stream> stream_;
};

// A payload in a file, for an installation without a network.
class LocalSource final : public Source {
 public:
  static Result<LocalSource> open(const file::Path& path, OnProgress on_progress = {});
  Status read(std::uint64_t offset, MutableBytes to) override;

 private:
  LocalSource(file::File file, std::uint64_t size, OnProgress on_progress)
      : file_(std::move(file)), size_(size), on_progress_(std::move(on_progress)) {}
  file::File file_;
  std::uint64_t size_;
  OnProgress on_progress_;
};

}  // namespace airlock::fetch
