// The server of a simulation: the one that ships, without its sockets, on a simulated clock.
#pragma once

#include <future>
#include <memory>
#include <string_view>

#include "core/base/base.h"
#include "fleet/registry.h"
#include "server/http/http.h"

namespace airlock::fleet {

// One at a time in a process: its clock is a function without a place of its own.
class Server {
 public:
  // open makes a database in `folder`. Errors: those of server/store and server/rollout.
  static Result<std::unique_ptr<Server>> open(const file::Path& repository,
                                              const file::Path& folder);
  // set_clock says what time it is: Unix seconds.
  static void set_clock(std::int64_t now);

  Registry& registry() { return registry_; }
  // look_again takes in what changed in the repository and the registry.
  Status look_again() { return service_->reload(); }

  // An answer that may not be there yet. The texts must stay until it is.
  using Coming = std::future<http::Response>;
  Coming ask(const http::Request& request);
  // read_body reads all of an answer, or an error of its status: http_failed, not_found,
  // overloaded, too_frequent.
  static Result<file::Buffer> read_body(http::Response response);

 private:
  explicit Server(Registry registry);

  Registry registry_;
  std::unique_ptr<store::ReportWriter> writer_;
  std::unique_ptr<store::Sightings> sightings_;
  std::unique_ptr<store::Experiments> experiments_;
  std::unique_ptr<store::OutcomeWriter> outcomes_;
  http::Log log_;
  std::unique_ptr<http::UpdateService> service_;
};

}  // namespace airlock::fleet
