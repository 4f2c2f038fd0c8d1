#include "apps/airlock-server/listener.h"

#include <cstdio>
#include <ctime>

#include "host/commandline/commandline.h"
#include "host/text/text.h"

namespace airlock {

namespace {

// How the setting at fault stands on the command line.
std::string option_of(Error error, const http::Settings& settings) {
  switch (static_cast<http::Setting>(error.at)) {
    case http::Setting::none: break;
    case http::Setting::listen: return "--listen " + settings.listen;
    case http::Setting::admin_listen: return "--admin-listen " + settings.admin_listen;
    case http::Setting::certificate: return "--tls-cert " + settings.certificate.string();
    case http::Setting::key: return "--tls-key " + settings.key.string();
    case http::Setting::admin_ca: return "--admin-ca " + settings.admin_ca.string();
    case http::Setting::client_ca: return "--client-ca " + settings.client_ca.string();
  }
  return "run";
}

}  // namespace

http::Settings Listening::complete() const {
  http::Settings made = settings;
  made.certificate = certificate;
  made.key = key;
  made.admin_ca = admin_ca;
  made.client_ca = client_ca;
  return made;
}

void add_listener_options(CLI::App& command, Listening& listening) {
  http::Settings& settings = listening.settings;
  command.add_option("--listen", settings.listen, "HOST:PORT; port 0: any")->capture_default_str();
  command.add_option("--tls-cert", listening.certificate, "certificate chain, PEM");
  command.add_option("--tls-key", listening.key, "its private key, PEM");
  command.add_option("--threads", settings.threads, "threads that serve")
      ->check(CLI::Range(1U, http::kThreadsMax));
  command
      .add_option("--drain", settings.drain_seconds,
                  "seconds that running answers have after SIGTERM; a second one ends them")
      ->check(CLI::Range(std::int64_t{0}, http::kDrainSecondsMax))
      ->capture_default_str();
}

int refuse(Error error, const std::string& about) {
  const std::string_view code = name(error.code);
  const std::string_view what = explain(error.code);
  std::fprintf(stderr, "error: %.*s: %s: %.*s\n", static_cast<int>(code.size()), code.data(),
               text::visible_line(about).c_str(), static_cast<int>(what.size()), what.data());
  return error.code == Code::usage ? commandline::kStatusUsage : 1;
}

std::int64_t clock_of_host() { return static_cast<std::int64_t>(std::time(nullptr)); }

int serve(http::Service& service, const http::Settings& settings) {
  const auto served = http::run(service, settings, [](const http::Addresses& at) {
    const std::string admin = at.admin.empty() ? "" : " admin https://" + at.admin;
    std::printf("listening https://%s%s\n", at.listen.c_str(), admin.c_str());
    std::fflush(stdout);
  });
  return served ? 0 : refuse(served.error(), option_of(served.error(), settings));
}

}  // namespace airlock
