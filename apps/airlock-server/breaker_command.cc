#include "apps/airlock-server/breaker_command.h"

#include <chrono>
#include <cstdio>
#include <memory>

#include "host/file/file.h"
#include "host/text/text.h"
#include "server/dependency/service.h"

namespace airlock {

namespace {

constexpr const char* kExample =
    "Example:\n  airlock-server breaker --config dependencies.yaml --listen 127.0.0.1:8446 \\\n"
    "      --tls-cert server.pem --tls-key server.key --alert-url https://chat.example/hook\n\n"
    "  airlock-server breaker --config dependencies.yaml --check";

using dependency::Plan;

std::uint64_t steady_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

std::int64_t unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// Every authority that a plan names, and can be read now; otherwise what is wrong with it.
Status check_authorities(const std::vector<Plan>& plans, std::string& about) {
  for (const Plan& plan : plans) {
    std::vector<const dependency::Place*> places = {&plan.place};
    for (const dependency::Fallback& fallback : plan.fallbacks) {
      if (const auto* const place = std::get_if<dependency::Place>(&fallback)) {
        places.push_back(place);
      }
    }
    for (const dependency::Place* const place : places) {
      if (place->ca.empty()) continue;
      about = plan.name + ": ca: " + place->ca;
      AIRLOCK_ASSIGN(const auto opened, file::File::open(place->ca, file::Access::read));
      AIRLOCK_TRY(opened.size());
    }
  }
  return {};
}

int say_what_stands_there(const std::vector<Plan>& plans) {
  for (const Plan& plan : plans) {
    std::printf("%s: %s, opens after %u failures, %zu fallbacks\n", plan.name.c_str(),
                text::visible_line(plan.place.url).c_str(), plan.breaker.failures_max,
                plan.fallbacks.size());
  }
  return 0;
}

// Whoever wants to hear of outages, behind a breaker of its own.
std::unique_ptr<dependency::Alerts> make_alerts(const std::string& url, http::Log& log) {
  if (url.empty()) return nullptr;
  constexpr std::chrono::milliseconds kPause{1'000};
  const auto line = std::make_shared<peer::Line>(
      url, breaker::Settings{.failures_max = 3, .open_ms = 5'000},
      [&log](peer::Line::Change change) {
        const bool down = change == peer::Line::Change::down;
        log.event(down ? "breaker_opened" : "breaker_closed", {{"dependency", "alerts"}});
      });
  return std::make_unique<dependency::Alerts>(
      [line](const std::string& json) -> Status {
        AIRLOCK_TRY(line->post(json));
        return {};
      },
      kPause);
}

int serve_plans(std::vector<Plan> plans, const BreakerOptions& options,
                const http::Settings& settings) {
  http::Log log(&clock_of_host, &http::write_to_stderr);
  const auto alerts = make_alerts(options.alert_url, log);
  dependency::World world;
  world.now_ms = &steady_ms;
  world.wire = &dependency::make_wire;
  world.tell = [&log, &alerts](const dependency::Notice& notice) {
    const bool down = notice.change == peer::Line::Change::down;
    log.event(down ? "breaker_opened" : "breaker_closed",
              {{"dependency", notice.dependency}, {"reason", name(notice.why)}});
    if (alerts != nullptr) alerts->tell(dependency::alert_of(notice, unix_ms()));
  };
  dependency::Service service(std::move(plans), world, alerts.get(), log);
  return serve(service, settings);
}

}  // namespace

CLI::App* add_breaker_command(CLI::App& app, BreakerOptions& options) {
  options.listening.settings.listen = "127.0.0.1:8446";
  CLI::App* const command =
      app.add_subcommand("breaker", "stand in front of dependencies until SIGTERM");
  command->footer(kExample);
  command->add_option("--config", options.config, "file of dependencies, YAML")->required();
  command->add_flag("--check", options.only_checks, "only say whether the file is right");
  add_listener_options(*command, options.listening);
  command->add_option("--client-ca", options.listening.client_ca,
                      "who certifies callers, PEM; without it only this host may call");
  command->add_option("--alert-url", options.alert_url,
                      "where the beginning and the end of an outage are posted as JSON");
  return command;
}

int run_breaker(const BreakerOptions& options) {
  auto text = file::read(options.config, yaml::kSizeMax);
  if (!text) return refuse(text.error(), options.config);
  auto plans = dependency::read_plans(text_of(*text));
  if (!plans) {
    return refuse({plans.error().code, 0}, options.config + ": " + plans.error().text());
  }
  std::string about;
  if (const auto found = check_authorities(*plans, about); !found) {
    return refuse(found.error(), options.config + ": " + about);
  }
  if (options.only_checks) return say_what_stands_there(*plans);
  if (!options.alert_url.empty()) {
    if (const auto fine = peer::check_url(options.alert_url); !fine) {
      return refuse(fine.error(), options.alert_url);
    }
  }
  http::Settings settings = options.listening.complete();
  settings.admin_listen.clear();
  if (settings.certificate.empty() || settings.key.empty()) {
    return refuse({Code::usage, 0}, "--tls-cert and --tls-key");
  }
  if (settings.client_ca.empty() && !http::is_loopback(settings.listen)) {
    return refuse({Code::callers_unknown, 0}, "--listen " + settings.listen);
  }
  return serve_plans(std::move(*plans), options, settings);
}

}  // namespace airlock
