#include "server/dependency/service.h"

#include <algorithm>
#include <utility>

#include "server/dependency/forward.h"
#include "server/dependency/metrics.h"
#include "server/http/series.h"

namespace airlock::dependency {

Service::Service(std::vector<Plan> plans, const World& world, const Alerts* alerts, http::Log& log)
    : log_(log), alerts_(alerts) {
  for (Plan& plan : plans) {
    dependencies_.push_back(std::make_unique<Dependency>(std::move(plan), world));
  }
}

bool Service::answers_later(const http::Request& request) const {
  return request.target.starts_with(kPrefix);
}

void Service::handle(const http::Request& request, Done done) {
  if (answers_later(request)) return call(request, done);
  const auto started = std::chrono::steady_clock::now();
  http::Response response = answer_get(request);
  note(request, response, started);
  done(std::move(response));
}

http::Response Service::answer_get(const http::Request& request) const {
  const bool reads = request.method == http::Method::get || request.method == http::Method::head;
  if (reads && request.target == "/healthz") return {.body = "{\"status\":\"ok\"}"};
  if (!reads || request.target != "/metrics") return http::error_response({Code::not_found, 0});
  std::string text;
  put_dependencies(text, dependencies_);
  http::put_head(
      text, {"airlock_alerts_dropped_total", "counter", "Alerts of outages that nobody took."});
  http::put(text, "airlock_alerts_dropped_total", alerts_ == nullptr ? 0 : alerts_->dropped());
  metrics_.write_door(text);
  return {.content_type = "text/plain; version=0.0.4", .body = std::move(text)};
}

void Service::call(const http::Request& request, const Done& done) {
  const auto started = std::chrono::steady_clock::now();
  const std::string_view method = http::name_of(request.method);
  const auto target = read_target(request.target);
  const auto refuse = [&](Code code, std::string_view name) {
    http::Response refusal = http::error_response({code, 0});
    note_call(refusal, method, name, started);
    done(std::move(refusal));
  };
  if (!target) return refuse(target.error().code, "");
  const auto found = std::ranges::find_if(
      dependencies_, [&](const auto& one) { return one->plan().name == target->name; });
  if (found == dependencies_.end()) return refuse(Code::not_found, "");
  const std::string_view name = (*found)->plan().name;
  if (request.method != http::Method::get && request.method != http::Method::post) {
    return refuse(Code::bad_request, name);
  }
  Question question{request.method, std::string(target->rest), onward_headers(request.headers),
                    std::string(request.body)};
  (*found)->ask(std::move(question), [this, method, name, started, done](http::Response response) {
    note_call(response, method, name, started);
    done(std::move(response));
  });
}

void Service::note_call(const http::Response& response, std::string_view method,
                        std::string_view name, std::chrono::steady_clock::time_point started) {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - started);
  const auto microseconds = static_cast<std::uint64_t>(took.count());
  metrics_.took(microseconds);
  if (response.code == Code::ok) return;
  metrics_.refused(response.code);
  const std::string path = std::string(kPrefix) + std::string(name);
  log_.request({method, path, {}, response.status, airlock::name(response.code), microseconds});
}

http::Response Service::handle_admin(const http::Request&) {
  return http::error_response({Code::not_found, 0});
}

void Service::give_up() {
  for (const auto& one : dependencies_) one->give_up();
}

void Service::look_again() {
  for (const auto& one : dependencies_) one->look();
}

}  // namespace airlock::dependency
