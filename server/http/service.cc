#include <charconv>
#include <chrono>

#include <sys/stat.h>

#include "host/json/json.h"
#include "host/text/text.h"
#include "server/http/http.h"

namespace airlock::http {

namespace {

constexpr std::string_view kImmutable = "cache-control: public, max-age=31536000, immutable\r\n";
constexpr std::string_view kNoCache = "cache-control: no-cache\r\n";

int status_of(Code code) {
  if (code == Code::not_found) return 404;
  if (code == Code::unauthorised || code == Code::bad_signature) return 403;
  if (code == Code::too_large) return 413;
  if (code == Code::overloaded || code == Code::busy || code == Code::disk_full) return 503;
  if (code == Code::too_frequent) return 429;
  if (code == Code::conflict) return 409;
  if (code == Code::database_failed || code == Code::io_failed) return 500;
  return 400;
}

bool is_hex_digest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// is_metadata_name: timestamp.json, or N.root.json, N.targets.json, N.snapshot.json.
bool is_metadata_name(std::string_view name) {
  if (name == "timestamp.json") return true;
  const std::size_t digits = name.find_first_not_of("0123456789");
  if (digits == 0 || digits > 10 || digits == std::string_view::npos) return false;
  const std::string_view rest = name.substr(digits);
  return rest == ".root.json" || rest == ".targets.json" || rest == ".snapshot.json";
}

// is_target_name: plain segments of letters, digits and -_.+, none empty and none of dots only.
bool is_target_name(std::string_view path) {
  if (path.empty() || path.size() > 1024) return false;
  std::size_t start = 0;
  while (start <= path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view segment = path.substr(start, end - start);
    if (segment.find_first_not_of('.') == std::string_view::npos) return false;
    for (const char c : segment) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.' && c != '+') {
        return false;
      }
    }
    start = end + 1;
  }
  return true;
}

struct Slice {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

bool read_number(std::string_view text, std::uint64_t& value) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && !text.empty();
}

// read_range reads one range of bytes. nullopt: no range that is understood (send it all);
// out_of_range: understood, and outside the file.
std::optional<Result<Slice>> read_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return std::nullopt;
  header.remove_prefix(kUnit.size());
  const std::size_t dash = header.find('-');
  if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) {
    return std::nullopt;
  }
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  const std::string_view end = header.substr(dash + 1);
  if (dash == 0) {
    if (!read_number(end, last)) return std::nullopt;
    if (last == 0 || size == 0) return fail(Code::out_of_range);
    const std::uint64_t count = std::min(last, size);
    return Slice{size - count, count};
  }
  if (!read_number(header.substr(0, dash), first)) return std::nullopt;
  if (!end.empty() && (!read_number(end, last) || last < first)) return std::nullopt;
  if (first >= size) return fail(Code::out_of_range);
  const std::uint64_t stop = end.empty() ? size : std::min(last, size - 1) + 1;
  return Slice{first, stop - first};
}

struct Served {
  std::string_view content_type;
  std::string_view cache;
  std::string etag;  // "" for none
};

Response serve(const file::Path& path, const Request& request, const Served& served) {
  auto opened = file::File::open(path, file::Access::read);
  if (!opened) return error_response(opened.error());
  auto file = std::make_shared<file::File>(std::move(*opened));
  const auto size = file->size();
  if (!size) return error_response(size.error());
  Response response;
  response.content_type = served.content_type;
  response.headers = std::string(served.cache) + "accept-ranges: bytes\r\n";
  if (!served.etag.empty()) {
    response.headers += "etag: " + served.etag + "\r\n";
    if (request.if_none_match == served.etag) {
      response.status = 304;
      return response;
    }
  }
  Slice slice{0, *size};
  const bool same = request.if_range.empty() || request.if_range == served.etag;
  if (const auto range = same ? read_range(request.range, *size) : std::nullopt) {
    const std::string whole = "/" + std::to_string(*size) + "\r\n";
    if (!*range) {
      response = error_response(range->error());
      response.status = 416;
      response.headers = "content-range: bytes *" + whole;
      return response;
    }
    slice = **range;
    response.status = 206;
    response.headers += "content-range: bytes " + std::to_string(slice.offset) + "-" +
                        std::to_string(slice.offset + slice.size - 1) + whole;
  }
  response.file = FileSlice{std::move(file), slice.offset, slice.size};
  return response;
}

std::int64_t stamp_of(const file::Path& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return 0;
  return found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec +
         static_cast<std::int64_t>(found.st_ino);
}

}  // namespace

Response error_response(Error error) {
  Response response;
  response.status = status_of(error.code);
  response.body = json::write({{"error", name(error.code)}, {"explain", explain(error.code)}});
  if (response.status == 503 || response.status == 429) response.headers = "retry-after: 30\r\n";
  return response;
}

void Counters::took(std::uint64_t microseconds) {
  std::size_t place = 0;
  while (place < kBounds.size() && microseconds > kBounds[place]) ++place;
  latency[place].fetch_add(1, std::memory_order_relaxed);
  latency_us.fetch_add(microseconds, std::memory_order_relaxed);
}

Service::Service(file::Path repository, store::Store& store, store::ReportWriter& writer,
                 Clock clock)
    : repository_(std::move(repository)),
      store_(store),
      writer_(writer),
      clock_(clock),
      catalogue_(repository_),
      snapshot_(std::make_shared<const rollout::Snapshot>()) {}

Status Service::reload() {
  const std::lock_guard lock(reload_mutex_);
  stamp_ = stamp_of(repository_ / "metadata" / "timestamp.json");
  const auto refreshed = catalogue_.refresh();  // the releases known before stay where it fails
  AIRLOCK_ASSIGN(const auto rollouts, store_.rollouts());
  publish(rollout::Snapshot::build(rollouts, catalogue_));
  return refreshed;
}

std::shared_ptr<const rollout::Snapshot> Service::snapshot() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

// The last holder of the old snapshot drops it, which may take a while: never under the lock.
void Service::publish(std::shared_ptr<const rollout::Snapshot> next) {
  const std::lock_guard lock(snapshot_mutex_);
  snapshot_.swap(next);
}

void Service::reload_if_changed() {
  {
    const std::lock_guard lock(reload_mutex_);
    if (stamp_of(repository_ / "metadata" / "timestamp.json") == stamp_) return;
  }
  (void)reload();  // a half-written repository is read again when its timestamp arrives
}

void Service::handle(const Request& request, Done done) {
  const auto started = std::chrono::steady_clock::now();
  if (request.method == Method::post && request.target == "/v1/reports") {
    report(request, done);
    return;
  }
  Response response;
  if (request.method == Method::post && request.target == "/v1/check-in") {
    response = check_in(request);
  } else if (request.method == Method::get || request.method == Method::head) {
    response = answer_get(request);
  } else {
    response = error_response({Code::not_found, 0});
  }
  if (response.status >= 400) counters_.refused.fetch_add(1, std::memory_order_relaxed);
  const auto took = std::chrono::steady_clock::now() - started;
  counters_.took(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  done(std::move(response));
}

Response Service::answer_get(const Request& request) {
  constexpr std::string_view kTuf = "/tuf/";
  constexpr std::string_view kTargets = "/targets/";
  constexpr std::string_view kArtifacts = "/artifacts/";
  const std::string_view target = request.target;
  if (target == "/healthz") return {.body = "{\"status\":\"ok\"}"};
  if (target == "/metrics") {
    return {.content_type = "text/plain; version=0.0.4", .body = metrics()};
  }
  if (target.starts_with(kArtifacts)) {
    const std::string_view name = target.substr(kArtifacts.size());
    if (!is_hex_digest(name)) return error_response({Code::not_found, 0});
    return serve(repository_ / "artifacts" / name, request,
                 {"application/octet-stream", kImmutable, '"' + std::string(name) + '"'});
  }
  if (target.starts_with(kTuf)) {
    const std::string_view name = target.substr(kTuf.size());
    if (!is_metadata_name(name)) return error_response({Code::not_found, 0});
    return serve(repository_ / "metadata" / name, request,
                 {"application/json", name == "timestamp.json" ? kNoCache : kImmutable, ""});
  }
  if (target.starts_with(kTargets)) {
    const std::string_view name = target.substr(kTargets.size());
    if (!is_target_name(name)) return error_response({Code::not_found, 0});
    return serve(repository_ / "targets" / name, request,
                 {"application/octet-stream", kImmutable, ""});
  }
  return error_response({Code::not_found, 0});
}

Response Service::check_in(const Request& request) {
  const auto body = CheckInBody::parse(request.body);
  if (!body) return error_response(body.error());
  const auto current = snapshot();
  const rollout::Answer answer = rollout::evaluate((*body)->facts(), *current, clock_());
  auto& counter = answer.offers ? counters_.offered : counters_.nothing;
  counter.fetch_add(1, std::memory_order_relaxed);
  Response response;
  response.body.reserve(1024);
  rollout::write(answer, response.body);
  return response;
}

Status Service::admit_pace(const std::string& duid, std::int64_t now) {
  const std::lock_guard lock(pace_mutex_);
  if (paces_.size() >= kRateEntriesMax) paces_.clear();  // bounded; a fresh burst is the worst
  auto [place, is_new] = paces_.try_emplace(duid);
  Pace& pace = place->second;
  if (!is_new && now > pace.at) {
    pace.left = std::min(kReportsBurst, pace.left + (now - pace.at) * kReportsPerSecond);
  }
  pace.at = now;
  if (pace.left == 0) return fail(Code::too_frequent);
  --pace.left;
  return {};
}

void Service::report(const Request& request, const Done& done) {
  auto report = parse_report(request.body, clock_());
  Status admitted = report ? admit_pace(report->duid, clock_()) : fail(report.error().code);
  if (admitted) {
    admitted = writer_.submit(std::move(*report), [this, done](Result<store::Standing> standing) {
      if (!standing) return done(error_response(standing.error()));
      const bool counted = *standing == store::Standing::counted;
      (counted ? counters_.counted : counters_.marked).fetch_add(1, std::memory_order_relaxed);
      done({.body = counted ? "{\"counted\":true,\"why\":\"ok\"}"
                            : "{\"counted\":false,\"why\":\"not_enrolled\"}"});
    });
  }
  if (admitted) return;
  counters_.refused.fetch_add(1, std::memory_order_relaxed);
  done(error_response(admitted.error()));
}

std::string Service::metrics() const {
  const auto count = [](const std::atomic<std::uint64_t>& value) {
    return std::to_string(value.load(std::memory_order_relaxed)) + "\n";
  };
  std::string text = "# TYPE airlock_check_ins_total counter\n";
  text += "airlock_check_ins_total{answer=\"offer\"} " + count(counters_.offered);
  text += "airlock_check_ins_total{answer=\"nothing\"} " + count(counters_.nothing);
  text += "# TYPE airlock_reports_total counter\n";
  text += "airlock_reports_total{standing=\"counted\"} " + count(counters_.counted);
  text += "airlock_reports_total{standing=\"marked\"} " + count(counters_.marked);
  text += "# TYPE airlock_refused_total counter\nairlock_refused_total " + count(counters_.refused);
  text += "# TYPE airlock_report_queue gauge\nairlock_report_queue " +
          std::to_string(writer_.waiting()) + "\n";
  text += "# TYPE airlock_rollouts gauge\nairlock_rollouts " + std::to_string(snapshot()->size()) +
          "\n";
  text += "# TYPE airlock_request_microseconds histogram\n";
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at <= Counters::kBounds.size(); ++at) {
    sum += counters_.latency[at].load(std::memory_order_relaxed);
    const bool last = at == Counters::kBounds.size();
    text += "airlock_request_microseconds_bucket{le=\"" +
            (last ? std::string("+Inf") : std::to_string(Counters::kBounds[at])) + "\"} " +
            std::to_string(sum) + "\n";
  }
  text += "airlock_request_microseconds_sum " + count(counters_.latency_us);
  text += "airlock_request_microseconds_count " + std::to_string(sum) + "\n";
  return text;
}

}  // namespace airlock::http
