// provision, run, install, revert: what changes a device.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <thread>

#include "apps/airlock-device/built_in.h"
#include "apps/airlock-device/commands.h"
#include "apps/airlock-device/fees.h"
#include "apps/airlock-device/plugins.h"
#include "apps/airlock-device/shelves.h"
#include "device/agent/at_fault.h"
#include "device/agent/network.h"
#include "device/agent/provision.h"
#include "device/fetch/responder.h"
#include "host/json/json.h"
#include "host/terminal/terminal.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

using agent::Ending;
using platform::Fault;
using platform::located;

std::int64_t system_clock_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// One line a phase: for people on standard error, for scripts as JSON on standard output. It is
// flushed before the phase's effect begins.
class PhaseLines final : public agent::Watcher {
 public:
  explicit PhaseLines(Output output) : output_(output) {}

  void entered(const update::Session& session) override {
    if (bar_) bar_->finish();
    bar_.reset();
    fetching_ = false;
    const std::string_view phase = update::name_of(session.phase);
    if (output_ == Output::json) return write(phase, session.attempts);
    if (session.phase == update::Phase::idle) return;
    std::cerr << phase;
    if (session.attempts > 0) std::cerr << " (attempt " << session.attempts + 1 << ")";
    std::cerr << '\n';
  }

  void block_done(std::string_view component, std::size_t done, std::size_t of) override {
    if (output_ == Output::json) {
      if (!fetching_) write("fetching", 0);
      fetching_ = true;
      return;
    }
    if (!bar_) bar_.emplace(std::string(component));
    bar_->show(done, of);
  }

 private:
  static void write(std::string_view phase, std::uint8_t attempts) {
    std::cout << text::visible_json(json::write({{"phase", phase}, {"attempts", attempts}})) << '\n'
              << std::flush;
  }

  Output output_;
  bool fetching_ = false;
  std::optional<terminal::ProgressBar> bar_;
};

std::string_view word_of(Ending::How how) {
  switch (how) {
    case Ending::How::quiet: return "quiet";
    case Ending::How::committed: return "committed";
    case Ending::How::refused: return "refused";
    case Ending::How::went_back: return "went_back";
    case Ending::How::failed: return "failed";
  }
  broken_promise();
}

void tell(const Ending& ending, const agent::Agent& agent, Output output) {
  const update::Session& session = agent.session();
  const bool quiet = ending.how == Ending::How::quiet;
  const std::string why = quiet ? text::visible_line(agent.why_nothing()) : "";
  const std::string version = text::visible_line(session.version.view());
  const std::string_view reason = name(ending.error.code);
  if (output == Output::json) {
    std::cout << text::visible_json(json::write({{"ended", word_of(ending.how)},
                                                 {"version", version},
                                                 {"reason", reason},
                                                 {"why", why}}))
              << '\n'
              << std::flush;
    return;
  }
  switch (ending.how) {
    case Ending::How::quiet:
      std::cout << "nothing to do" << (why.empty() ? "" : ": " + why) << "\n";
      break;
    case Ending::How::committed: std::cout << version << " is installed\n"; break;
    case Ending::How::refused: std::cout << version << " was refused by the owner\n"; break;
    case Ending::How::went_back:
      std::cout << version << " was given up: " << reason << "; the earlier version runs\n";
      break;
    case Ending::How::failed: break;  // the error is shown by main
  }
}

// What was wrong with which certificate, where certificates were the reason.
std::string certificates_of(const platform::Device& device, Code code) {
  const Result<agent::Verdicts> verdicts = agent::read_verdicts(device);
  const bool is_theirs =
      verdicts &&
      std::ranges::any_of(verdicts->signers, [code](const auto& one) { return one.code == code; });
  return is_theirs ? ": " + doors::explain(verdicts->signers) : "";
}

// What a failure is about: a file that is damaged or missing, else what was to be judged, the
// package that was handed in or the server; "" for the device itself.
std::string subject_of(update::Phase phase, const RunOptions& options, platform::Device& device,
                       Code code) {
  using update::Phase;
  if (phase != Phase::idle) {
    if (const auto path = agent::file_at_fault(device, phase, code)) return path->string();
  }
  constexpr std::array kOfRelease = {Phase::idle,     Phase::asking, Phase::refreshing,
                                     Phase::proving,  Phase::gating, Phase::staging,
                                     Phase::reporting};
  if (options.restore || std::ranges::find(kOfRelease, phase) == kOfRelease.end()) return "";
  const std::string subject = options.package ? options.package->string() : device.config().server;
  const bool was_judged = phase == Phase::proving || phase == Phase::idle;
  return subject + (was_judged ? certificates_of(device, code) : "");
}

Answer judge(const Result<Ending>& ending, const agent::Agent& agent, const RunOptions& options,
             platform::Device& device) {
  const update::Session& session = agent.session();
  if (!ending) {
    return std::unexpected(
        Fault(ending.error(), subject_of(session.phase, options, device, ending.error().code)));
  }
  tell(*ending, agent, options.output);
  if (ending->how != Ending::How::failed) return {};
  return std::unexpected(
      Fault(ending->error, subject_of(session.failed_in, options, device, ending->error.code)));
}

// For as long as the process lives; a failed session waits like a quiet one.
Answer keep_running(agent::Agent& agent, const RunOptions& options, platform::Device& device) {
  while (true) {
    const Answer done = judge(agent.run(agent::Pace::keep_trying), agent, options, device);
    const bool left = !done && done.error().code == Code::interrupted &&
                      agent.session().phase == update::Phase::consenting;
    if (left) return done;  // the owner pressed Ctrl-C at the question
    if (!done && done.error().code == Code::restart_needed) return done;
    if (!done) std::cerr << "error: " << name(done.error().code) << '\n';
    std::this_thread::sleep_for(std::chrono::seconds(agent.poll_after_s()));
  }
}

std::unexpected<Fault> refuse(std::string what_to_do) {
  return std::unexpected(Fault(Error{Code::usage}, std::move(what_to_do)));
}

Result<std::uint64_t> size_of(std::string_view text) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc()) return fail(Code::usage);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  std::uint64_t factor = 1;
  if (unit == "K") factor = 1 << 10;
  if (unit == "M") factor = 1 << 20;
  if (unit == "G") factor = 1 << 30;
  if (factor == 1 && !unit.empty()) return fail(Code::usage);
  if (size == 0 || size > package::kImageSizeMax / factor) return fail(Code::usage);
  return size * factor;
}

platform::Located<platform::ComponentConfig> component_of(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos || equals + 1 == text.size()) {
    return refuse("--component " + std::string(text) + ": write NAME=SIZE or NAME=PATH,PATH");
  }
  platform::ComponentConfig component;
  component.id = std::string(text.substr(0, equals));
  const std::string_view place = text.substr(equals + 1);
  const std::size_t comma = place.find(',');
  if (comma == std::string_view::npos) {
    const Result<std::uint64_t> size = size_of(place);
    if (!size) {
      return refuse("--component " + std::string(text) +
                    ": the size is a number of bytes, or of K, M or G, up to 1G");
    }
    component.slot_size = *size;
    return component;
  }
  // As typed they are relative to where the user stands, not to the device's folder.
  if (comma == 0 || comma + 1 == place.size()) {
    return refuse("--component " + std::string(text) +
                  ": write NAME=PATH,PATH, a place for each slot");
  }
  component.paths = {std::filesystem::absolute(place.substr(0, comma)).string(),
                     std::filesystem::absolute(place.substr(comma + 1)).string()};
  component.slot_size = package::kImageSizeMax;
  for (const std::string& path : component.paths) {
    AIRLOCK_ASSIGN(const platform::FileArea area,
                   located(path, platform::FileArea::open(path, file::Access::write)));
    component.slot_size = std::min(component.slot_size, area.size());
  }
  return component;
}

platform::Located<platform::LoaderConfig> loader_of(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const Result<loader::Kind> kind = loader::kind_named(name);
  if (name.empty() || !kind || equals == std::string::npos || equals + 1 == text.size()) {
    return refuse("--loader " + text +
                  ": write grub=PATH of grubenv, or u-boot=PATH of fw_env.config");
  }
  platform::LoaderConfig made;
  made.environment = {*kind, std::filesystem::absolute(text.substr(equals + 1))};
  return made;
}

Answer read_plugin_options(const ProvisionOptions& options, platform::Config& config) {
  config.tier = options.tier;
  config.plugins_may_lack = options.plugins_may_lack;
  config.plugin_budget_ms = options.plugin_budget_ms;
  AIRLOCK_ASSIGN(config.fee_plugins,
                 located(options.fee_plugins, platform::fee_plugins_named(options.fee_plugins)));
  AIRLOCK_TRY(confinement_of(config));
  return {};
}

}  // namespace

Answer provision(const ProvisionOptions& options) {
  agent::Factory factory;
  factory.config.model = options.model;
  factory.config.server = options.server;
  factory.config.region = options.region;
  factory.config.group = options.group;
  if (!options.certificate.empty() && !text::digest_from_hex(options.certificate)) {
    return refuse("--certificate takes 64 hexadecimal digits");
  }
  factory.config.certificate = options.certificate;
  factory.config.bootloader = options.bootloader;
  factory.config.secure_boot = options.secure_boot;
  factory.config.naming = options.unnamed ? platform::Naming::pseudonym : platform::Naming::duid;
  for (const std::string& component : options.components) {
    AIRLOCK_ASSIGN(platform::ComponentConfig made, component_of(component));
    factory.config.components.push_back(std::move(made));
  }
  factory.keyring = options.keyring;
  factory.root = options.root;
  factory.ca = options.ca;
  factory.config.server_roots = options.server_roots;
  factory.config.responders = options.responders;
  factory.config.ask_for = options.ask_for;
  if (options.loader) {
    AIRLOCK_ASSIGN(factory.config.loader, loader_of(*options.loader));
  }
  AIRLOCK_TRY(read_plugin_options(options, factory.config));
  if (options.fee_limits) {
    AIRLOCK_TRY(read_fee_limits(*options.fee_limits));
    factory.fee_limits = *options.fee_limits;
  }
  fetch::HttpResponder responder(options.responders);
  factory.responder = &responder;
  factory.firmware = options.firmware;
  factory.clock = system_clock_now();
  AIRLOCK_TRY(agent::provision(options.dir, std::move(factory)));
  AIRLOCK_ASSIGN(const platform::Device device,
                 platform::Device::open(options.dir, platform::Opening::look));
  AIRLOCK_ASSIGN(const platform::DeviceKey key,
                 located(device.path(platform::kKeyName), device.key()));
  const std::string duid = key.duid();
  if (options.output == Output::json) {
    std::cout << text::visible_json(
                     json::write({{"duid", duid}, {"public_key", text::to_hex(key.public_key())}}))
              << "\n";
  } else {
    std::cout << "made device " << duid << "\nEnrol it with: airlock devices import "
              << (options.dir / platform::kPublicKeyName).string() << "\n";
  }
  return {};
}

Answer run(const RunOptions& options) {
  AIRLOCK_ASSIGN(platform::Device device,
                 platform::Device::open(options.dir, platform::Opening::drive));
  const bool is_real = device.config().loader.environment.kind != loader::Kind::none;
  if (is_real && options.trial != agent::Trial::healthy) {
    return refuse(
        "--trial is for the simulated wallet; behind a loader the system is what it is: --health");
  }
  AIRLOCK_ASSIGN(agent::Network network,
                 located(device.config().server, agent::Network::open(device)));
  OwnerAtDevice owner(options.consent);
  PhaseLines lines(options.output);
  fetch::HttpResponder responder(device.config().responders);
  AIRLOCK_ASSIGN(const auto built_in, located("the built-in package", built_in_package()));
  const agent::Surroundings around{
      network,
      owner,
      lines,
      system_clock_now,
      options.trial,
      &responder,
      judges_of(device),
      {},
      health_of(options.health, std::chrono::seconds(options.health_seconds)),
      built_in ? &*built_in : nullptr};
  AIRLOCK_ASSIGN(agent::Agent agent, located(options.dir, agent::Agent::open(device, around)));
  if (options.package) {
    return judge(agent.install(*options.package, agent::Pace::keep_trying), agent, options, device);
  }
  if (options.built_in) {
    return judge(agent.install_built_in(agent::Pace::keep_trying), agent, options, device);
  }
  if (options.restore) {
    return judge(agent.restore(agent::Pace::keep_trying), agent, options, device);
  }
  switch (options.until) {
    case Until::once: return judge(agent.run(agent::Pace::stop_at_once), agent, options, device);
    case Until::quiet: return judge(agent.run(agent::Pace::keep_trying), agent, options, device);
    case Until::stopped: return keep_running(agent, options, device);
  }
  broken_promise();
}

}  // namespace airlock::app
