#include "fleet/server.h"

#include <atomic>

namespace airlock::fleet {
namespace {

std::atomic<std::int64_t> g_now = 0;

std::int64_t now_of_simulation() { return g_now.load(std::memory_order_relaxed); }

Code code_of_status(int status) {
  constexpr int kNotFound = 404;
  constexpr int kTooMany = 429;
  constexpr int kOverloaded = 503;
  switch (status) {
    case kNotFound: return Code::not_found;
    case kTooMany: return Code::too_frequent;
    case kOverloaded: return Code::overloaded;
    default: return Code::http_failed;
  }
}

}  // namespace

Server::Server(Registry registry)
    : registry_(std::move(registry)), log_(&now_of_simulation, [](std::string_view) {}) {}

void Server::set_clock(std::int64_t now) { g_now.store(now, std::memory_order_relaxed); }

Result<std::unique_ptr<Server>> Server::open(const file::Path& repository,
                                             const file::Path& folder) {
  AIRLOCK_ASSIGN(Registry registry, Registry::open(folder, store::Sharing::alone));
  std::unique_ptr<Server> made(new Server(std::move(registry)));
  store::Store& store = made->registry_.store();
  AIRLOCK_ASSIGN(made->writer_, store::ReportWriter::open(store));
  AIRLOCK_ASSIGN(made->sightings_, store::Sightings::open(store));
  AIRLOCK_ASSIGN(made->experiments_, store::Experiments::open(store));
  AIRLOCK_ASSIGN(made->outcomes_, store::OutcomeWriter::open(store, "simulation"));
  made->service_ = std::make_unique<http::UpdateService>(
      repository,
      http::Stores{store, *made->writer_, *made->sightings_, *made->experiments_, *made->outcomes_},
      &now_of_simulation, made->log_);
  AIRLOCK_TRY(made->look_again());
  return made;
}

Server::Coming Server::ask(const http::Request& request) {
  const auto answer = std::make_shared<std::promise<http::Response>>();
  service_->handle(request,
                   [answer](http::Response response) { answer->set_value(std::move(response)); });
  return answer->get_future();
}

Result<file::Buffer> Server::read_body(http::Response response) {
  constexpr int kOk = 200;
  constexpr int kPartial = 206;
  if (response.status != kOk && response.status != kPartial) {
    return fail(code_of_status(response.status), static_cast<std::uint64_t>(response.status));
  }
  if (!response.file) return file::Buffer(response.body.begin(), response.body.end());
  file::Buffer bytes(response.file->size);
  AIRLOCK_TRY(response.file->file->read_at(response.file->offset, bytes));
  return bytes;
}

}  // namespace airlock::fleet
