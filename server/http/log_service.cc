#include "server/http/files.h"
#include "server/http/http.h"

namespace airlock::http {

Status LogService::check() const {
  AIRLOCK_TRY(file::File::open(folder_ / "checkpoint", file::Access::read));
  return {};
}

void LogService::handle(const Request& request, Done done) {
  const auto started = std::chrono::steady_clock::now();
  const bool reads = request.method == Method::get || request.method == Method::head;
  Response response = error_response({Code::not_found, 0});
  if (reads && request.target == "/healthz") response = {.body = "{\"status\":\"ok\"}"};
  if (reads && request.target == "/metrics") {
    const rollout::Snapshot nothing;
    response = {.content_type = "text/plain; version=0.0.4",
                .body = metrics_.write({.snapshot = nothing})};
  }
  if (reads && request.target.starts_with(kLogPrefix)) response = serve_log(folder_, request);
  note(request, response, started);
  done(std::move(response));
}

Response LogService::handle_admin(const Request&) { return error_response({Code::not_found, 0}); }

}  // namespace airlock::http
