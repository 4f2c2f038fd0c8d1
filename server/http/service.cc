#include "host/json/json.h"
#include "host/text/text.h"
#include "server/http/files.h"
#include "server/http/http.h"
#include "trust/tuf/tuf.h"

namespace airlock::http {

namespace {

bool is_hex_digest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

bool waits_for_disk(const Request& request) {
  return request.method == Method::post &&
         (request.target == "/v1/reports" || request.target == "/v1/outcomes");
}

void Service::note(const Request& request, const Response& response,
                   std::chrono::steady_clock::time_point started) {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - started);
  const auto microseconds = static_cast<std::uint64_t>(took.count());
  metrics().took(microseconds);
  const bool failed = response.code != Code::ok;
  if (failed) metrics().refused(response.code);
  const bool changes = request.method == Method::post && request.target != "/v1/check-in" &&
                       request.target != "/v1/fees";
  if (!failed && !changes) return;
  log().request({name_of(request.method), request.target, request.who, response.status,
                 name(response.code), microseconds});
}

Response Service::refuse(Response refusal) {
  Request unread;
  unread.method = Method::other;
  note(unread, refusal, std::chrono::steady_clock::now());
  return refusal;
}

UpdateService::UpdateService(file::Path repository, Stores stores, Clock clock, Log& log)
    : repository_(std::move(repository)),
      stores_(stores),
      clock_(clock),
      log_(log),
      experiments_({stores.experiments, stores.outcomes}, clock,
                   [this](const crypto::Digest& manifest) { return is_policy(manifest); }),
      catalogue_(repository_),
      snapshot_(std::make_shared<const rollout::Snapshot>()) {}

Status UpdateService::reload() {
  const std::lock_guard lock(reload_mutex_);
  stamp_ = stamp_of(repository_ / "metadata" / "timestamp.json");
  refreshed_ = catalogue_.refresh();  // the releases known before stay where it fails
  if (refreshed_ && !catalogue_.is_offered()) {
    log_.event("repository_without_timestamp", json::Value::object());
  }
  AIRLOCK_TRY(rebuild());
  AIRLOCK_TRY(experiments_.reload());
  return refreshed_;
}

Status UpdateService::reload_rollouts() {
  const std::lock_guard lock(reload_mutex_);
  return rebuild();
}

Status UpdateService::rebuild() {
  AIRLOCK_ASSIGN(const auto rollouts, stores_.store.rollouts());
  publish(rollout::Snapshot::build(rollouts, catalogue_));
  return {};
}

std::shared_ptr<const rollout::Snapshot> UpdateService::snapshot() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

// The last holder of the old snapshot drops it, which may take a while: never under the lock.
void UpdateService::publish(std::shared_ptr<const rollout::Snapshot> next) {
  const std::lock_guard lock(snapshot_mutex_);
  snapshot_.swap(next);
}

// A repository that could not be read is tried again until it can, for its files may come late; it
// is logged when it is new or fails in another way.
void UpdateService::reload_if_changed() {
  Status before;
  bool is_same = false;
  {
    const std::lock_guard lock(reload_mutex_);
    before = refreshed_;
    is_same = stamp_of(repository_ / "metadata" / "timestamp.json") == stamp_;
  }
  if (is_same && before) return;
  const Status read = reload();
  const Code code = read ? Code::ok : read.error().code;
  if (is_same && code == before.error().code) return;
  log_.event(read ? "repository_changed" : "repository_unreadable", {{"reason", name(code)}});
}

void UpdateService::handle(const Request& request, Done done) {
  const auto started = SteadyClock::now();
  if (waits_for_disk(request)) {
    const Done noted = [this, request, started, done = std::move(done)](Response response) {
      note(request, response, started);
      done(std::move(response));
    };
    return request.target == "/v1/reports" ? report(request, noted) : outcomes(request, noted);
  }
  Response response;
  if (request.method == Method::post && request.target == "/v1/check-in") {
    response = check_in(request);
  } else if (request.method == Method::post && request.target == "/v1/fees") {
    response = experiments_.fees(request);
  } else if (request.method == Method::get || request.method == Method::head) {
    response = answer_get(request);
  } else {
    response =
        request.method == Method::other ? no_such_method() : error_response({Code::not_found, 0});
  }
  note(request, response, started);
  done(std::move(response));
}

Response UpdateService::answer_get(const Request& request) {
  constexpr std::string_view kTuf = "/tuf/";
  constexpr std::string_view kTargets = "/targets/";
  constexpr std::string_view kArtifacts = "/artifacts/";
  constexpr std::string_view kCertificates = "/certificates/";
  const std::string_view target = request.target;
  if (target == "/healthz") return {.body = "{\"status\":\"ok\"}"};
  if (target == "/metrics") return metrics_text();
  if (target.starts_with(kArtifacts)) {
    const std::string_view name = target.substr(kArtifacts.size());
    if (!is_hex_digest(name)) return error_response({Code::not_found, 0});
    return serve_file(repository_ / "artifacts" / name, request,
                      {"application/octet-stream", kImmutable, '"' + std::string(name) + '"'});
  }
  if (target.starts_with(kTuf)) {
    const std::string_view name = target.substr(kTuf.size());
    if (!tuf::is_file_of_metadata(name)) return error_response({Code::not_found, 0});
    Response response =
        serve_file(repository_ / "metadata" / name, request,
                   {"application/json", name == "timestamp.json" ? kNoCache : kImmutable});
    // Every client ends its walk over the roots with one that is not there yet: no failure.
    if (response.status == 404 && name.ends_with(".root.json")) response.code = Code::ok;
    return response;
  }
  if (target.starts_with(kTargets)) {
    const std::string_view name = target.substr(kTargets.size());
    if (!tuf::is_target_path(name)) return error_response({Code::not_found, 0});
    return serve_file(repository_ / "targets" / name, request,
                      {"application/octet-stream", kImmutable});
  }
  if (target.starts_with(kLogPrefix)) return serve_log(repository_ / "log", request);
  if (target.starts_with(kCertificates)) {
    const std::string_view name = target.substr(kCertificates.size());
    if (!is_hex_digest(name)) return error_response({Code::not_found, 0});
    return serve_file(repository_ / "certificates" / name, request, {"application/cbor", kNoCache});
  }
  return error_response({Code::not_found, 0});
}

Response UpdateService::metrics_text() {
  std::string text = metrics_.write({.report_queue = stores_.writer.waiting(),
                                     .sightings_dropped = stores_.sightings.dropped(),
                                     .snapshot = *snapshot()});
  experiments_.write_metrics(text);
  if (more_) more_(text);
  return {.content_type = "text/plain; version=0.0.4", .body = std::move(text)};
}

Response UpdateService::check_in(const Request& request) {
  const auto body = CheckInBody::parse(request.body);
  if (!body) return error_response(body.error());
  const auto current = snapshot();
  const std::int64_t now = clock_();
  const rollout::Answer answer = rollout::evaluate((*body)->facts(), *current, now);
  metrics_.checked_in(answer);
  const std::string_view duid = (*body)->facts().duid;
  if (!duid.empty()) stores_.sightings.saw(std::string(duid), (*body)->sighting(now));
  Response response;
  response.body.reserve(1024);
  rollout::write(answer, response.body);
  return response;
}

Status UpdateService::admit_pace(const std::string& duid, std::int64_t now) {
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

void UpdateService::report(const Request& request, const Done& done) {
  const std::int64_t now = clock_();
  auto report = parse_report(request.body, now);
  Status admitted = report ? admit_pace(report->duid, now) : fail(report.error().code);
  if (admitted) {
    const auto told = std::make_shared<const store::Report>(*report);
    admitted =
        stores_.writer.submit(std::move(*report), [=, this](Result<store::Standing> standing) {
          if (!standing) return done(error_response(standing.error()));
          const bool counted = *standing == store::Standing::counted;
          metrics_.reported(*told, *standing);
          const Code why = counted ? Code::ok : Code::not_enrolled;
          done({.body = json::write({{"counted", counted}, {"why", name(why)}})});
        });
  }
  if (!admitted) done(error_response(admitted.error()));
}

void UpdateService::outcomes(const Request& request, const Done& done) {
  const std::int64_t now = clock_();
  auto batch = parse_outcomes(request.body, now);
  Status admitted = batch ? admit_pace(batch->duid, now) : fail(batch.error().code);
  if (admitted) admitted = experiments_.take(std::move(*batch), done);
  if (!admitted) done(error_response(admitted.error()));
}

}  // namespace airlock::http
