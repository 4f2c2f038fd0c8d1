// The door to dependencies: what server/http needs to serve them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/dependency/alerts.h"
#include "server/dependency/dependency.h"
#include "server/http/http.h"

namespace airlock::dependency {

inline constexpr std::size_t kBodyMax = 256 << 10;  // bytes of a call's body

// A process of its own, so that what hangs here holds up no check-in. `alerts` may be null; what is
// not owned must outlive it.
class Service final : public http::Service {
 public:
  Service(std::vector<Plan> plans, const World& world, const Alerts* alerts, http::Log& log);

  Demands demands() const override { return {.all_headers = true, .body_max = kBodyMax}; }
  bool answers_later(const http::Request& request) const override;
  void handle(const http::Request& request, Done done) override;
  http::Response handle_admin(const http::Request& request) override;  // there is none
  // look_again sends the probes that are due.
  void look_again() override;
  void give_up() override;
  http::Metrics& metrics() override { return metrics_; }
  http::Log& log() override { return log_; }

 private:
  void call(const http::Request& request, const Done& done);
  http::Response answer_get(const http::Request& request) const;
  // note_call counts an answer, and writes a line where a call was not answered. A line names the
  // dependency, and nothing of what stands behind it, which may say who pays.
  void note_call(const http::Response& response, std::string_view method, std::string_view name,
                 std::chrono::steady_clock::time_point started);

  http::Metrics metrics_;
  http::Log& log_;
  const Alerts* alerts_;
  std::vector<std::unique_ptr<Dependency>> dependencies_;
};

}  // namespace airlock::dependency
