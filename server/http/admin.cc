#include "host/json/json.h"
#include "host/text/text.h"
#include "server/http/http.h"

namespace airlock::http {

namespace {

using json::Value;

Value value_of(const store::Rollout& rollout) {
  Value value = {{"id", rollout.id},
                 {"manifest", text::to_hex(rollout.manifest.bytes)},
                 {"share", rollout.share},
                 {"state", store::name_of(rollout.state)},
                 {"models", rollout.models},
                 {"regions", rollout.regions},
                 {"groups", rollout.groups},
                 {"created", text::to_time(rollout.created)},
                 {"certificates", rollout.certificates}};
  if (!rollout.from_min.empty()) value["from"] = rollout.from_min + ".." + rollout.from_max;
  if (rollout.not_before != 0) value["not_before"] = text::to_time(rollout.not_before);
  if (rollout.not_after != 0) value["not_after"] = text::to_time(rollout.not_after);
  return value;
}

Value value_of(const store::Report& report) {
  return {{"duid", report.duid},
          {"sequence", report.sequence},
          {"rollout", report.rollout},
          {"manifest", report.manifest},
          {"version", report.version},
          {"phase", report.phase},
          {"outcome", report.outcome},
          {"reason", report.reason},
          {"time_bound", report.time_bound},
          {"received", text::to_time(report.received)},
          {"counted", report.standing == store::Standing::counted}};
}

Value value_of(const store::AuditEntry& entry) {
  return {{"id", entry.id},   {"when", text::to_time(entry.when)},
          {"who", entry.who}, {"what", entry.what},
          {"why", entry.why}, {"detail", entry.detail}};
}

Value value_of(const store::Sighting& seen) {
  return {{"at", text::to_time(seen.at)},  {"model", seen.model},
          {"version", seen.version},       {"security_version", seen.security_version},
          {"bootloader", seen.bootloader}, {"region", seen.region},
          {"group", seen.group},           {"certificate", seen.certificate}};
}

Value value_of(const store::Device& device) {
  const Value seen = device.seen ? value_of(*device.seen) : Value();
  return {{"duid", device.duid},
          {"key", device.key},
          {"enrolled", text::to_time(device.enrolled)},
          {"seen", seen}};
}

Value value_of(const store::ReportCount& count) {
  return {{"rollout", count.rollout},
          {"outcome", count.outcome},
          {"reason", count.reason},
          {"count", count.count}};
}

template <class Row>
Value list_of(const std::vector<Row>& rows) {
  Value list = Value::array();
  for (const Row& row : rows) list.push_back(value_of(row));
  return list;
}

}  // namespace

Response UpdateService::handle_admin(const Request& request) {
  const auto started = SteadyClock::now();
  auto answered = try_admin(request);
  Response response = answered ? std::move(*answered) : error_response(answered.error());
  note(request, response, started);
  return response;
}

Result<Response> UpdateService::try_admin(const Request& request) {
  constexpr std::string_view kRoot = "/admin/v1/";
  constexpr std::string_view kRollouts = "rollouts/";
  if (request.who.empty()) return fail(Code::unauthorised);
  if (request.method == Method::other) return no_such_method();
  if (request.target == "/healthz" || request.target == "/metrics") return answer_get(request);
  if (!request.target.starts_with(kRoot)) return fail(Code::not_found);
  std::string_view path = request.target.substr(kRoot.size());
  const std::size_t mark = path.find('?');
  const std::string_view query = mark == std::string_view::npos ? "" : path.substr(mark + 1);
  path = path.substr(0, mark);
  if (path.starts_with("experiments") || path == "verdicts") {
    return experiments_.operate(request, path, query);
  }
  if (request.method == Method::get) return list_admin(path, query);
  if (request.method != Method::post) return fail(Code::not_found);
  if (path == "rollouts") return create_rollout(request);
  if (path == "devices") return import_devices(request);
  if (path.starts_with(kRollouts)) return change_rollout(request, path.substr(kRollouts.size()));
  return fail(Code::not_found);
}

namespace {

struct ReportQuery {
  std::optional<std::int64_t> rollout;
  store::Standing standing = store::Standing::counted;
};

// read_report_query reads "rollout=3&standing=marked", either or none of them: bad_request.
Result<ReportQuery> read_report_query(std::string_view query) {
  constexpr std::string_view kRollout = "rollout=";
  ReportQuery asked;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (part.starts_with(kRollout)) {
      AIRLOCK_ASSIGN(asked.rollout, read_id(part.substr(kRollout.size())));
    } else if (part == "standing=marked") {
      asked.standing = store::Standing::marked;
    } else if (part != "standing=counted") {
      return fail(Code::bad_request);
    }
  }
  return asked;
}

}  // namespace

Result<Response> UpdateService::list_admin(std::string_view path, std::string_view query) {
  if (path == "rollouts") {
    AIRLOCK_ASSIGN(const auto rollouts, stores_.store.rollouts());
    return answer({{"rollouts", list_of(rollouts)}});
  }
  if (path == "devices") {
    (void)stores_.sightings.flush();  // what cannot be written now is only seen later
    AIRLOCK_ASSIGN(const auto devices, stores_.store.devices(store::kRowsMax));
    return answer({{"devices", list_of(devices)}});
  }
  if (path == "audit") {
    AIRLOCK_ASSIGN(const auto entries, stores_.store.audit(store::kRowsMax));
    return answer({{"audit", list_of(entries)}});
  }
  if (path == "reports") {
    AIRLOCK_ASSIGN(const ReportQuery asked, read_report_query(query));
    AIRLOCK_ASSIGN(const auto reports,
                   stores_.store.reports(asked.rollout, asked.standing, store::kRowsMax));
    AIRLOCK_ASSIGN(const auto counts, stores_.store.report_counts(asked.rollout));
    return answer({{"reports", list_of(reports)}, {"counts", list_of(counts)}});
  }
  return fail(Code::not_found);
}

Result<UpdateService::ReleasePtr> UpdateService::offered(const crypto::Digest& manifest) {
  AIRLOCK_TRY(reload());  // what was offered a moment ago counts
  const std::lock_guard lock(reload_mutex_);
  auto release = catalogue_.find(manifest);
  const bool unlisted = !release && release.error().code == Code::target_missing;
  if (unlisted && catalogue_.is_published(manifest)) return fail(Code::not_offered);
  return release;
}

Status UpdateService::is_policy(const crypto::Digest& manifest) {
  AIRLOCK_ASSIGN(const auto release, offered(manifest));
  return release->kind == package::Kind::fee_policy ? Status() : fail(Code::wrong_kind);
}

Result<Response> UpdateService::create_rollout(const Request& request) {
  AIRLOCK_ASSIGN(const RolloutBody body, parse_rollout(request.body));
  AIRLOCK_ASSIGN(const auto release, offered(body.draft.manifest));
  AIRLOCK_TRY(rollout::check_models(*release, body.draft.models));
  const store::Deed deed{std::string(request.who), body.why, clock_()};
  const std::lock_guard lock(reload_mutex_);
  AIRLOCK_ASSIGN(const auto made, stores_.store.create_rollout(body.draft, deed));
  AIRLOCK_TRY(rebuild());
  return answer(value_of(made));
}

Result<Response> UpdateService::change_rollout(const Request& request, std::string_view rest) {
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return fail(Code::not_found);
  AIRLOCK_ASSIGN(const std::int64_t id, read_id(rest.substr(0, slash)));
  const std::string_view verb = rest.substr(slash + 1);
  const bool advances = verb == "advance";
  if (!advances && verb != "pause" && verb != "resume" && verb != "halt") {
    return fail(Code::not_found);
  }
  AIRLOCK_ASSIGN(const ChangeBody body,
                 parse_change(request.body, advances ? ChangeKind::advance : ChangeKind::step));
  const store::Deed deed{std::string(request.who), body.why, clock_()};
  const store::Step step = verb == "pause"    ? store::Step::pause
                           : verb == "resume" ? store::Step::resume
                                              : store::Step::halt;
  AIRLOCK_ASSIGN(const auto changed, advances ? stores_.store.advance(id, body.share, deed)
                                              : stores_.store.take(id, step, deed));
  const std::lock_guard lock(reload_mutex_);
  AIRLOCK_TRY(rebuild());
  return answer(value_of(changed));
}

Result<Response> UpdateService::import_devices(const Request& request) {
  AIRLOCK_ASSIGN(const DevicesBody body, parse_devices(request.body));
  const store::Deed deed{std::string(request.who), body.why, clock_()};
  AIRLOCK_ASSIGN(const auto import, stores_.store.import_devices(body.keys, deed));
  return answer({{"added", import.added}, {"known", import.known}});
}

}  // namespace airlock::http
