// server/http: the server's two doors to the network.
//
// It is for devices (check-in, reports, metadata, targets, artifacts, the public log) and for
// operators (rollouts, enrolled keys, reports, audit). All that it decides is in UpdateService,
// which has no sockets: a Request goes in, one Response comes out. server.cc is the only file that
// knows sockets, tls.cc the only one that reads certificates.
//
// It promises TLS 1.3 only; an operator is whoever a client certificate of the operators'
// authority names, and every change is recorded under that name; limits on headers, bodies,
// connections and time; that no request names a file outside the repository's four folders; and
// that a report is acknowledged only when it is durable. It logs what changes something or fails,
// but neither addresses nor secrets nor DUIDs, and it can sign nothing.
//
// Format: docs/formats/http.md.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/base.h"
#include "host/file/file.h"
#include "server/http/bodies.h"
#include "server/http/experiments.h"
#include "server/http/log.h"
#include "server/http/message.h"
#include "server/http/metrics.h"
#include "server/rollout/rollout.h"
#include "server/store/experiments.h"
#include "server/store/outcome_writer.h"
#include "server/store/report_writer.h"
#include "server/store/sightings.h"
#include "server/store/store.h"

namespace airlock::http {

// waits_for_disk says whether a request is answered on a writer's thread.
bool waits_for_disk(const Request& request);

// What stands behind the sockets: server.cc knows nothing else of it.
class Service {
 public:
  using Done = http::Done;

  // What a service demands of the devices' door.
  struct Demands {
    bool all_headers = false;  // with each request
    std::size_t body_max = kReportMax + 1024;
  };
  virtual Demands demands() const { return {}; }
  // answers_later says whether a request is answered on another thread than asked on.
  virtual bool answers_later(const Request&) const { return false; }

  // handle answers a request at the devices' door. `done` is called once.
  virtual void handle(const Request& request, Done done) = 0;
  // handle_admin answers at the operators' door.
  virtual Response handle_admin(const Request& request) = 0;
  // look_again is called once a second: files may have changed.
  virtual void look_again() = 0;
  // give_up is called, at least once, when nobody waits for answers any more.
  virtual void give_up() {}
  virtual Metrics& metrics() = 0;
  virtual Log& log() = 0;

  // refuse counts and notes the refusal of what could not be read as a request, and returns it.
  Response refuse(Response refusal);

 protected:
  ~Service() = default;
  // note counts an answered request, and writes a line of one that failed or changed something.
  void note(const Request& request, const Response& response,
            std::chrono::steady_clock::time_point started);
};

// What an UpdateService remembers with. All must outlive it.
struct Stores {
  store::Store& store;
  store::ReportWriter& writer;
  store::Sightings& sightings;
  store::Experiments& experiments;
  store::OutcomeWriter& outcomes;
};

inline constexpr std::size_t kRateEntriesMax = 1 << 16;  // devices whose pace is remembered
inline constexpr std::int64_t kReportsBurst = 240;       // reports that may come at once
inline constexpr std::int64_t kReportsPerSecond = 2;     // that come back after a burst

class UpdateService final : public Service {
 public:
  using Clock = std::int64_t (*)();  // Unix seconds

  UpdateService(file::Path repository, Stores stores, Clock clock, Log& log);

  // reload builds a new snapshot from the repository and the database. Where the repository cannot
  // be read, what it offered before stays.
  Status reload();
  // reload_rollouts does it with the database alone, which another process may have changed.
  Status reload_rollouts();
  // tell_more has /metrics end with what `more` writes, of what this knows nothing of.
  void tell_more(std::function<void(std::string&)> more) { more_ = std::move(more); }
  // reload_experiments makes known what was decided about experiments.
  Status reload_experiments() { return experiments_.reload(); }
  // reload_if_changed does so where timestamp.json changed since, or could not be followed.
  void reload_if_changed();

  bool answers_later(const Request& request) const override { return waits_for_disk(request); }
  // handle calls `done` at once, or for reports and outcomes when they are durable, then on the
  // writer's thread.
  void handle(const Request& request, Done done) override;
  Response handle_admin(const Request& request) override;
  void look_again() override { reload_if_changed(); }
  Metrics& metrics() override { return metrics_; }
  Log& log() override { return log_; }

 private:
  using SteadyClock = std::chrono::steady_clock;

  struct Pace {
    std::int64_t left = kReportsBurst;
    std::int64_t at = 0;
  };

  Response answer_get(const Request& request);
  Response check_in(const Request& request);
  void report(const Request& request, const Done& done);
  void outcomes(const Request& request, const Done& done);
  Response metrics_text();
  Status admit_pace(const std::string& duid, std::int64_t now);
  Result<Response> try_admin(const Request& request);
  Result<Response> list_admin(std::string_view path, std::string_view query);
  using ReleasePtr = std::shared_ptr<const rollout::Release>;
  // offered finds a release that devices can have by now. Errors: target_missing, not_offered
  // (published, and no timestamp leads to it yet), those of reading.
  Result<ReleasePtr> offered(const crypto::Digest& manifest);
  Status is_policy(const crypto::Digest& manifest);  // and wrong_kind
  Result<Response> create_rollout(const Request& request);
  Result<Response> change_rollout(const Request& request, std::string_view rest);
  Result<Response> import_devices(const Request& request);
  std::shared_ptr<const rollout::Snapshot> snapshot() const;
  Status rebuild();  // a snapshot of the database and the catalogue as it is; under reload_mutex_
  void publish(std::shared_ptr<const rollout::Snapshot> next);

  file::Path repository_;
  Stores stores_;
  Clock clock_;
  Metrics metrics_;
  std::function<void(std::string&)> more_;
  Log& log_;
  ExperimentDesk experiments_;
  std::mutex reload_mutex_;
  rollout::Catalogue catalogue_;
  std::int64_t stamp_ = 0;
  Status refreshed_;  // how the repository was read last
  // A mutex and not std::atomic<std::shared_ptr>: that of libstdc++ 12 unlocks a load with relaxed
  // order, so that a store may overtake the read.
  mutable std::mutex snapshot_mutex_;
  std::shared_ptr<const rollout::Snapshot> snapshot_;
  std::mutex pace_mutex_;
  std::unordered_map<std::string, Pace> paces_;
};

// A public log alone, for whoever keeps one apart from a repository: the same paths below /log/.
class LogService final : public Service {
 public:
  LogService(file::Path folder, Log& log) : folder_(std::move(folder)), log_(log) {}

  // check looks whether there is a log: not_found where there is none.
  Status check() const;
  void handle(const Request& request, Done done) override;
  Response handle_admin(const Request& request) override;  // there is nothing to operate
  void look_again() override {}
  Metrics& metrics() override { return metrics_; }
  Log& log() override { return log_; }

 private:
  file::Path folder_;
  Metrics metrics_;
  Log& log_;
};

}  // namespace airlock::http
