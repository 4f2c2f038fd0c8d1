// One confined process of a plugin, and what is said to it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "engine/fee/plugin/abi/wire.h"
#include "engine/fee/plugin/candidate.h"
#include "engine/fee/plugin/evaluator.h"
#include "host/sandbox/sandbox.h"

namespace airlock::fee::plugin {

inline constexpr std::chrono::milliseconds kBudgetDefault{30'000};
inline constexpr std::chrono::milliseconds kBudgetInteractive{50};  // where a person waits
inline constexpr std::chrono::milliseconds kStartMax{10'000};       // until a process is ready
inline constexpr std::chrono::milliseconds kGoldenMax{30'000};      // for all golden cases together
inline constexpr std::size_t kProcessesMax = 8;                     // of one plugin

// How a wallet has its plugins confined.
struct Confinement {
  std::string runner;  // the path of airlock-fee-runner
  std::chrono::milliseconds budget = kBudgetDefault;
  std::chrono::milliseconds golden = kGoldenMax;
  std::size_t processes = 1;  // so many evaluations at once; the next ones wait
  sandbox::Limits limits{};
  // Without any one of these a plugin does not run.
  sandbox::Layers required = sandbox::Layers::all();
  // Those that are tried at all.
  sandbox::Layers applied = sandbox::Layers::all();
};

// What really confines a process.
struct Report {
  sandbox::Layers layers{};
  std::uint32_t landlock = 0;  // its version, 0 where it does not hold
};

// runner_beside_this_program is where airlock-fee-runner is installed: beside whoever asks.
std::string runner_beside_this_program();

class Channel {
 public:
  // start makes a process that is ready to answer. Errors: plugin_runner_missing,
  // plugin_not_confined (at = the bits of the missing layers), plugin_not_loaded, plugin_crashed,
  // plugin_over_budget, no_room.
  static Result<Channel> start(const Candidate& plugin, const Confinement& how);
  Channel(Channel&& other) noexcept;
  Channel& operator=(Channel&&) = delete;
  // The process is gone when this returns.
  ~Channel();

  // ask puts a question and waits for its reply. Between questions the process stands still, so
  // that nothing works at the wallet's cost that was not asked. After any fault the process is good
  // for nothing more. Faults: plugin_over_budget, plugin_crashed, plugin_misanswers (no reply to
  // this).
  Code ask(const Question& question, Reply& reply, Clock::time_point deadline);
  const Report& report() const { return report_; }

 private:
  explicit Channel(int socket) : socket_(socket) {}
  template <class Record>
  Code hear(Record& record, Clock::time_point deadline);
  template <class Record>
  Code say(const Record& record);
  Code silence() const;
  Status set_up(const Candidate& plugin, const Confinement& how);

  int socket_;
  std::unique_ptr<sandbox::Process> process_{};
  Report report_{};
};

}  // namespace airlock::fee::plugin
