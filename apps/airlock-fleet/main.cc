// airlock-fleet: what a release does to a whole fleet, before there is one. `airlock fleet` becomes
// this program. It remembers what signature checks answered, and so is none that may sign or prove
// for anybody.
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "fleet/fleet.h"
#include "host/commandline/command.h"
#include "host/commandline/commandline.h"
#include "host/commandline/output.h"
#include "host/file/file.h"
#include "host/json/json.h"
#include "host/terminal/terminal.h"

namespace airlock::app {
namespace {

using commandline::Answer;
using commandline::Done;
using commandline::refuse;

struct SimulateOptions {
  fleet::Settings settings;
  std::optional<std::uint64_t> updates;
  std::vector<std::string> servers;
  std::string ca;
  unsigned threads = 4;
  std::string svg;
  bool json = false;
};

constexpr double kPercent = 100;

// A folder for one run, which goes with it.
class Scratch {
 public:
  static std::expected<Scratch, commandline::Refusal> make();
  ~Scratch();
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Scratch& operator=(Scratch&&) = delete;
  const file::Path& path() const { return path_; }

 private:
  explicit Scratch(file::Path path) : path_(std::move(path)) {}
  static void remove(const file::Path& path);
  static void remove_when_ended(const file::Path& path);

  static inline std::atomic<bool> is_ending = false;
  file::Path path_;
};

// Whoever ended the program hears nothing of what failed because its folder was going.
Scratch::~Scratch() {
  while (is_ending) ::pause();
  remove(path_);
}

std::expected<Scratch, commandline::Refusal> Scratch::make() {
  std::error_code failed;
  const file::Path place = std::filesystem::temp_directory_path(failed);
  if (failed) return refuse(file::code_of(failed.value()), "the folder of temporary files");
  std::string name = place / "airlock-fleet-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) return refuse(file::code_of(errno), place.string());
  remove_when_ended(name);
  return Scratch(name);
}

// What still runs may put a file where one was removed.
void Scratch::remove(const file::Path& path) {
  constexpr int kAttempts = 100;
  std::error_code failed;
  for (int i = 0; i < kAttempts && !path.empty(); ++i) {
    std::filesystem::remove_all(path, failed);
    if (!failed) return;
  }
}

// A thread waits for the signals that end a program, all others being deaf to them.
void Scratch::remove_when_ended(const file::Path& path) {
  sigset_t ends;
  sigemptyset(&ends);
  for (const int end : {SIGHUP, SIGINT, SIGTERM}) {
    struct sigaction present = {};
    const bool is_heard = sigaction(end, nullptr, &present) == 0 && present.sa_handler != SIG_IGN;
    if (is_heard) sigaddset(&ends, end);
  }
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::thread([ends, path] {
    int end = 0;
    if (sigwait(&ends, &end) != 0) return;
    is_ending = true;
    remove(path);
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, end);
    std::signal(end, SIG_DFL);
    (void)pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
    (void)std::raise(end);
  }).detach();
}

std::string span_of(std::optional<std::int64_t> ms) {
  if (!ms) return "not reached";
  constexpr std::int64_t kMinuteMs = 60'000;
  constexpr std::int64_t kHourMs = 60 * kMinuteMs;
  std::array<char, 32> text;
  const int size = *ms < kHourMs ? std::snprintf(text.data(), text.size(), "%.1f s",
                                                 static_cast<double>(*ms) / 1000)
                                 : std::snprintf(text.data(), text.size(), "%lld:%02lld h",
                                                 static_cast<long long>(*ms / kHourMs),
                                                 static_cast<long long>(*ms % kHourMs / kMinuteMs));
  return {text.data(), static_cast<std::size_t>(size)};
}

unsigned long long number(std::uint64_t value) { return value; }

void show_fleet(const fleet::Tally& tally) {
  const std::uint64_t willing = tally.willing();
  if (willing == 0) {
    std::printf("every update was refused by its owner\n");
    return;
  }
  std::printf("of those that no owner refused: %.4f %% done\n",
              kPercent * static_cast<double>(tally.done) / static_cast<double>(willing));
  std::printf("50 / 90 / 99 %% of them after: %s / %s / %s\n", span_of(tally.share_ms(0.5)).c_str(),
              span_of(tally.share_ms(0.9)).c_str(), span_of(tally.share_ms(0.99)).c_str());
}

void show(const fleet::Tally& tally) {
  std::printf(
      "%llu updates (releases %llu, devices %llu): %llu done, %llu refused by the owner, "
      "%llu late\n",
      number(tally.updates), number(tally.releases), number(tally.devices), number(tally.done),
      number(tally.refused), number(tally.late));
  show_fleet(tally);
  std::printf("power failures %llu, in each tenth of an update:", number(tally.cuts));
  for (const std::uint64_t cuts : tally.cuts_by_tenth) std::printf(" %llu", number(cuts));
  std::printf("\nlost requests and answers %llu, repository refused by a wrong clock %llu times\n",
              number(tally.losses), number(tally.expired));
  std::printf("boots %llu, trials given up %llu\n", number(tally.reboots), number(tally.given_up));
  std::printf("check-ins %llu, updates reported %llu, bytes served %llu\n", number(tally.check_ins),
              number(tally.heard), number(tally.bytes_served));
  std::printf("bricks=%llu wrong=%llu unconsented=%llu\n", number(tally.bricks),
              number(tally.wrong), number(tally.unconsented));
}

json::Value share_of(const fleet::Tally& tally, double share) {
  const std::optional<std::int64_t> ms = tally.share_ms(share);
  return ms ? json::Value(*ms) : json::Value();
}

void write_json(const fleet::Tally& tally) {
  const json::Value value = {{"devices", tally.devices},
                             {"releases", tally.releases},
                             {"updates", tally.updates},
                             {"done", tally.done},
                             {"refused", tally.refused},
                             {"willing", tally.willing()},
                             {"late", tally.late},
                             {"bricks", tally.bricks},
                             {"wrong", tally.wrong},
                             {"unconsented", tally.unconsented},
                             {"cuts", tally.cuts},
                             {"cuts_by_tenth", tally.cuts_by_tenth},
                             {"losses", tally.losses},
                             {"expired", tally.expired},
                             {"given_up", tally.given_up},
                             {"boots", tally.reboots},
                             {"check_ins", tally.check_ins},
                             {"reported", tally.heard},
                             {"bytes_served", tally.bytes_served},
                             {"half_ms", share_of(tally, 0.5)},
                             {"nine_tenths_ms", share_of(tally, 0.9)},
                             {"all_but_a_hundredth_ms", share_of(tally, 0.99)}};
  std::printf("%s\n", json::write(value).c_str());
}

void tell(std::uint64_t done, std::uint64_t of) {
  std::fprintf(stderr, "\r%llu of %llu updates", number(done), number(of));
}

// What to serve, for whoever starts the servers: a person or a script.
void tell_ready(const SimulateOptions& options, const file::Path& repository,
                const file::Path& data) {
  constexpr std::string_view kScheme = "https://";
  for (std::size_t i = 0; i < options.servers.size(); ++i) {
    std::fprintf(stderr,
                 "ready: airlock-server run --beside fleet-%zu --repo %s --data %s --listen %s "
                 "--admin-listen 127.0.0.1:0 --admin-ca %s --tls-cert CERTIFICATE --tls-key KEY\n",
                 i + 1, repository.c_str(), data.c_str(),
                 options.servers[i].substr(kScheme.size()).c_str(), options.ca.c_str());
  }
}

fleet::Against against_of(const SimulateOptions& options) {
  fleet::Against against;
  against.servers = options.servers;
  against.authority = options.ca;
  against.threads = options.threads;
  against.ready = [&options](const file::Path& repository, const file::Path& data) {
    tell_ready(options, repository, data);
  };
  return against;
}

fleet::Settings settings_of(const SimulateOptions& options) {
  fleet::Settings settings = options.settings;
  settings.updates = options.updates.value_or(settings.devices);
  return settings;
}

Answer check(const SimulateOptions& options) {
  AIRLOCK_ANSWER_TRY(fleet::check(settings_of(options)), "a setting");
  if (const auto fits = fleet::check(against_of(options)); !fits) {
    return commandline::refuse_advising(
        Code::usage, "--server " + fits.error().about + ": write https://HOST:PORT");
  }
  return Done{};
}

release::Answer<fleet::Tally> run(const SimulateOptions& options, const file::Path& folder,
                                  const fleet::Progress& progress) {
  const fleet::Settings settings = settings_of(options);
  if (options.servers.empty()) return fleet::simulate(settings, folder, progress);
  return fleet::run_against(settings, folder, against_of(options), progress);
}

Answer simulate(const SimulateOptions& options) {
  AIRLOCK_TRY(check(options));
  std::optional<commandline::Output> drawing;
  if (!options.svg.empty()) {
    AIRLOCK_ASSIGN(drawing, commandline::Output::at(options.svg));
  }
  const bool watched = terminal::is_terminal(terminal::Stream::error);
  AIRLOCK_ASSIGN(const Scratch scratch, Scratch::make());
  const auto tally =
      run(options, scratch.path(), watched ? fleet::Progress(&tell) : fleet::Progress());
  if (watched) std::fprintf(stderr, "\r\x1b[K");
  if (!tally) return refuse(tally.error().error, tally.error().about);
  if (drawing) AIRLOCK_TRY(drawing->write(bytes_of(fleet::draw(*tally))));
  options.json ? write_json(*tally) : show(*tally);
  return Done{tally->is_clean() ? 0 : commandline::kStatusFailed};
}

// The last three take hours, which nobody waits where time is real.
void add_faults(CLI::App& command, fleet::Faults& faults, CLI::Option* server) {
  const auto add = [&](const char* name, double& value, const char* text) {
    return command.add_option(name, value, text)
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
  };
  add("--cuts", faults.cuts, "share of updates in which the power fails, once or more often");
  add("--losses", faults.losses, "share of requests, and of answers, that are lost");
  add("--refusals", faults.refusals, "share of updates that the owner refuses");
  add("--unwell", faults.unwell, "share of updates whose first trial boot hangs");
  add("--slow", faults.slow, "share of devices behind a slow link; not with --server")
      ->excludes(server);
  add("--full", faults.full,
      "share of updates whose companion's disk is full for hours; not with --server")
      ->excludes(server);
  add("--clocks", faults.clocks,
      "share of companions whose clock is days to months off until it is set right, and runs too "
      "fast or slow; not with --server")
      ->excludes(server);
}

constexpr const char* kExample =
    "Example:\n  airlock fleet simulate --devices 10000 --updates 20000 --cuts 0.2 --seed 7 "
    "--svg curve.svg";

void add_settings(CLI::App& command, SimulateOptions& options) {
  fleet::Settings& settings = options.settings;
  command
      .add_option("--devices", settings.devices,
                  "how many; each takes some 60 kB of memory and up to three times --image-size")
      ->check(CLI::Range(1U, fleet::kDevicesMax))
      ->capture_default_str();
  command
      .add_option("--updates", options.updates,
                  "at least so many, in whole releases: each goes to every device, the next one "
                  "when all are done; without it one release")
      ->check(CLI::Range(std::uint64_t{1}, fleet::kUpdatesMax));
  command.add_option("--seed", settings.seed, "what chance follows from")->capture_default_str();
  command.add_option("--image-size", settings.image_size, "bytes of the firmware")
      ->check(CLI::Range(fleet::kImageMin, fleet::kImageMax))
      ->capture_default_str();
}

CLI::Option* add_servers(CLI::App& command, SimulateOptions& options) {
  CLI::Option* const server = command.add_option(
      "--server", options.servers,
      "https://HOST:PORT: not in one process, but against servers that you start by the commands "
      "which are printed when there is something to serve; several times for several");
  CLI::Option* const authority =
      command.add_option("--ca", options.ca, "who certifies them, PEM")->needs(server);
  server->needs(authority);
  command.add_option("--threads", options.threads, "connections to them")
      ->check(CLI::Range(1U, fleet::kThreadsMax))
      ->needs(server)
      ->capture_default_str();
  return server;
}

int run(int argc, char** argv) {
  CLI::App app("Try what a release does to a whole fleet.", "airlock fleet");
  app.require_subcommand(1);
  app.footer(kExample);
  commandline::Outcome outcome;
  auto made = commandline::add_command<SimulateOptions>(
      app, outcome, "simulate",
      "thousands of devices and a server in one process, with everything that goes wrong; the same "
      "seed gives the same output. Shares of the fleet are of the updates that no owner refused; "
      "it "
      "ends with 1 where one of these is not done",
      &simulate);
  made.command.footer(kExample);
  add_settings(made.command, made.options);
  add_faults(made.command, made.options.settings.faults, add_servers(made.command, made.options));
  made.command.add_option("--svg", made.options.svg, "draw the curve of the fleet into this file");
  made.command.add_flag("--json", made.options.json, "for scripts");
  if (const auto status = commandline::parse(app, argc, argv)) return *status;
  return commandline::conclude(outcome);
}

}  // namespace
}  // namespace airlock::app

int main(int argc, char** argv) {
  std::set_new_handler(&airlock::commandline::end_without_memory);
  return airlock::app::run(argc, argv);
}
