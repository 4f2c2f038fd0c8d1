// airlock-server: hands out what was signed elsewhere. It holds no signing key.
#include <sys/stat.h>

#include <functional>
#include <memory>
#include <string>

#include "apps/airlock-server/breaker_command.h"
#include "apps/airlock-server/listener.h"
#include "core/base/base.h"
#include "host/commandline/commandline.h"
#include "server/dependency/metrics.h"
#include "server/http/server.h"
#include "server/judge/judge.h"
#include "server/rollout/rollout.h"
#include "server/store/experiments.h"
#include "server/store/outcome_writer.h"
#include "server/store/report_writer.h"
#include "server/store/sightings.h"
#include "server/store/store.h"

namespace {

using namespace airlock;

constexpr const char* kExample =
    "Example:\n  airlock-server run --repo repo --data server-data --listen 0.0.0.0:8443 \\\n"
    "      --tls-cert server.pem --tls-key server.key \\\n"
    "      --admin-listen 127.0.0.1:8444 --admin-ca ca.pem";

constexpr const char* kLogExample =
    "Example:\n  airlock-server log --log log --listen 0.0.0.0:8445 --tls-cert server.pem "
    "--tls-key server.key";

struct Options {
  std::string repo;
  std::string log;
  std::string data;
  std::string prometheus, alert_url, beside;
  std::int64_t outcomes_per_hour = store::kOutcomesPerHour;
  int judge_seconds = static_cast<int>(experiment::kTickSeconds);
  Listening listening;
};

// What a server remembers with, one after the other.
struct Memory {
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::ReportWriter> writer;
  std::unique_ptr<store::Sightings> sightings;
  std::unique_ptr<store::Experiments> experiments;  // of who serves
  std::unique_ptr<store::Experiments> watched;      // of who follows and judges
  std::unique_ptr<store::OutcomeWriter> outcomes;
};

Result<Memory> open_memory(const Options& options) {
  const bool alone = options.beside.empty();
  Memory memory;
  AIRLOCK_ASSIGN(memory.store,
                 store::Store::open(options.data,
                                    alone ? store::Sharing::alone : store::Sharing::with_others));
  AIRLOCK_ASSIGN(memory.writer, store::ReportWriter::open(*memory.store));
  AIRLOCK_ASSIGN(memory.sightings, store::Sightings::open(*memory.store));
  AIRLOCK_ASSIGN(memory.experiments, store::Experiments::open(*memory.store));
  AIRLOCK_ASSIGN(memory.watched, store::Experiments::open(*memory.store));
  AIRLOCK_ASSIGN(memory.outcomes,
                 store::OutcomeWriter::open(*memory.store, alone ? "server" : options.beside,
                                            options.outcomes_per_hour));
  return memory;
}

// follow_changes makes known to who serves what was decided or changed, here or in another process.
std::function<void()> follow_changes(store::Experiments& watched, http::UpdateService& service,
                                     http::Log& log) {
  auto seen = std::make_shared<store::Experiments::Marks>();
  return [&, seen] {
    const auto marks = watched.marks();
    if (!marks || *marks == *seen) return;
    Status made;
    if (marks->experiments != seen->experiments) made = service.reload_experiments();
    if (made && marks->audit != seen->audit) made = service.reload_rollouts();
    if (made) {
      *seen = *marks;
    } else {
      log.event("changes_unread", {{"reason", name(made.error().code)}});
    }
  };
}

peer::Line::Notice notice(http::Log& log, const char* of) {
  return [&log, of](peer::Line::Change change) {
    const bool down = change == peer::Line::Change::down;
    log.event(down ? "breaker_opened" : "breaker_closed", {{"peer", of}});
  };
}

// Whom the judge asks and tells, and the judge.
struct Court {
  Court(const Options& options, store::Experiments& experiments, http::Log& log)
      : prometheus(options.prometheus, {.failures_max = 3, .open_ms = 10'000},
                   notice(log, "prometheus")),
        alerts(options.alert_url, {.failures_max = 3, .open_ms = 30'000}, notice(log, "alerts")),
        chair(options.data),
        judge(experiments, world(options, log)),
        messenger(experiments, world(options, log)) {}

  judge::World world(const Options& options, http::Log& log) {
    judge::World made;
    made.ask = [this](std::int64_t experiment,
                      std::int64_t now) -> Result<std::vector<experiment::Sample>> {
      AIRLOCK_ASSIGN(const auto answer,
                     peer::query(prometheus, judge::expression_of(experiment), now));
      return judge::samples_of(answer);
    };
    if (!options.alert_url.empty()) {
      made.tell = [this](const std::string& json) -> Status {
        AIRLOCK_TRY(alerts.post(json));
        return {};
      };
    }
    made.log = [&log](std::string_view event, json::Value facts) {
      log.event(event, std::move(facts));
    };
    return made;
  }
  // sit judges once, where this process is the one that judges.
  void sit() {
    if (!chair.take()) return;
    (void)judge.look(clock_of_host());  // a busy or full disk: the next look finds all of it
  }
  // tell is for a thread of its own: who hears alerts may be slow.
  void tell() {
    if (chair.take()) (void)messenger.deliver();  // what was not taken waits
  }

  void put_breakers(std::string& text) const {
    dependency::put_breakers(text, {{"prometheus", prometheus.mode(), prometheus.outages()},
                                    {"alerts", alerts.mode(), alerts.outages()}});
  }

  peer::Line prometheus;
  peer::Line alerts;
  judge::Chair chair;
  judge::Judge judge;
  judge::Messenger messenger;
};

int run(const Options& options) {
  for (const std::string* const url : {&options.prometheus, &options.alert_url}) {
    if (url->empty()) continue;
    if (const auto fine = peer::check_url(*url); !fine) return refuse(fine.error(), *url);
  }
  if (const auto found = rollout::check_repository(options.repo); !found) {
    return refuse(found.error(), options.repo + "/metadata/1.root.json");
  }
  auto memory = open_memory(options);
  if (!memory) return refuse(memory.error(), options.data);
  http::Log log(&clock_of_host, &http::write_to_stderr);
  http::UpdateService service(options.repo,
                              {*memory->store, *memory->writer, *memory->sightings,
                               *memory->experiments, *memory->outcomes},
                              &clock_of_host, log);
  if (const auto loaded = service.reload(); !loaded) return refuse(loaded.error(), options.repo);
  constexpr std::chrono::milliseconds kFollowPause{100};
  const judge::Repeating following(kFollowPause, follow_changes(*memory->watched, service, log));
  std::unique_ptr<Court> court;
  std::unique_ptr<judge::Repeating> sitting;
  std::unique_ptr<judge::Repeating> telling;
  if (!options.prometheus.empty()) {
    court = std::make_unique<Court>(options, *memory->watched, log);
    service.tell_more([&court](std::string& text) { court->put_breakers(text); });
    sitting = std::make_unique<judge::Repeating>(std::chrono::seconds(options.judge_seconds),
                                                 [&court] { court->sit(); });
    constexpr std::chrono::milliseconds kTellPause{250};
    telling = std::make_unique<judge::Repeating>(kTellPause, [&court] { court->tell(); });
  }
  return serve(service, options.listening.complete());
}

int run_log(const Options& options) {
  http::Log log(&clock_of_host, &http::write_to_stderr);
  http::LogService service(options.log, log);
  if (const auto found = service.check(); !found) {
    return refuse(found.error(), options.log + "/checkpoint");
  }
  return serve(service, options.listening.complete());
}

void require_certificate(CLI::App& command) {
  for (const char* const option : {"--tls-cert", "--tls-key"}) {
    command.get_option(option)->required();
  }
}

void add_run_options(CLI::App& command, Options& options) {
  command.footer(kExample);
  command.add_option("--repo", options.repo, "folder that publish made")->required();
  command.add_option("--data", options.data, "folder of the database")->required();
  add_listener_options(command, options.listening);
  require_certificate(command);
  command
      .add_option("--admin-listen", options.listening.settings.admin_listen,
                  "HOST:PORT for operators")
      ->capture_default_str();
  command.add_option("--admin-ca", options.listening.admin_ca, "who certifies operators, PEM")
      ->required();
  command.add_option("--prometheus", options.prometheus,
                     "URL of the Prometheus that scrapes this; without it no experiment is judged");
  command.add_option("--alert-url", options.alert_url, "where each decision is posted as JSON");
  command
      .add_option("--judge-every", options.judge_seconds,
                  "seconds between two looks; false alarms are counted by looks, so\n"
                  "that 1 has ten times as many a day as 10")
      ->check(CLI::Range(1, 60))
      ->capture_default_str();
  command
      .add_option("--outcomes-per-hour", options.outcomes_per_hour,
                  "payments of one device that count in an hour; the rest of one\n"
                  "that tries again and again says nothing of the others")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command.add_option("--beside", options.beside,
                     "serve beside other servers of the same folder, under this name of its own");
}

}  // namespace

int main(int argc, char** argv) {
  // Whose wallets there are is for the server alone, not for whoever else is on its host.
  ::umask(0077);
  CLI::App app("Serves a repository, and decides which device is offered what.", "airlock-server");
  app.require_subcommand(1);
  app.set_version_flag("--version", AIRLOCK_VERSION);
  app.footer(kExample);
  Options options;
  Options log_options;
  add_run_options(*app.add_subcommand("run", "serve until SIGTERM"), options);
  CLI::App* const log = app.add_subcommand("log", "serve a public log alone until SIGTERM");
  log->footer(kLogExample);
  log->add_option("--log", log_options.log, "folder that airlock log init made")->required();
  add_listener_options(*log, log_options.listening);
  require_certificate(*log);
  log_options.listening.settings.admin_listen.clear();
  BreakerOptions breaker_options;
  const CLI::App* const breaker = add_breaker_command(app, breaker_options);
  if (const auto status = commandline::parse(app, argc, argv)) return *status;
  if (breaker->parsed()) return run_breaker(breaker_options);
  return log->parsed() ? run_log(log_options) : run(options);
}
