// engine/fee/plugin: fees named by native code, which is contained, or is a part of the wallet.
//
// It is for formulas that no declarative policy can state. A plugin is a shared library with a C
// ABI (abi/airlock_fee_plugin.h). A wallet has its bytes judged before any code of them runs
// (candidate.h), then lets them serve in confined processes with a budget (child.h) or, where the
// firmware's quorum signed and the owner consented, in its own process (in_process.h). Engine puts
// that in front of the policies' engine. It promises what that one does: a reader sees one plugin
// from the beginning of a view to its end; each answer names the version and the digest of what
// made it; a plugin whose golden cases come out otherwise never serves; the wallet's Limits are
// asked last of every answer. And more: where a confined plugin does not answer within its budget,
// crashes, or answers nonsense, the policy answers, and says instead of what; what is no longer
// read is unloaded, by the writer. It claims no containment and no budget in the wallet's process.
#pragma once

#include <deque>
#include <variant>

#include "engine/fee/fee.h"
#include "engine/fee/plugin/answers.h"
#include "engine/fee/plugin/child.h"
#include "engine/fee/plugin/in_process.h"

namespace airlock::fee::plugin {

inline constexpr std::chrono::milliseconds kDrainMax{2'000};  // that a swap waits for readers

// How a plugin is to run.
using How = std::variant<Confinement, PartOfWallet>;

// A plugin that runs.
class Serving {
 public:
  // start answers the errors of Child::start and InProcess::start.
  static Result<std::shared_ptr<const Serving>> start(
      const std::shared_ptr<const Candidate>& plugin, const How& how);
  const Candidate& plugin() const { return *plugin_; }
  std::shared_ptr<const Candidate> shared_plugin() const { return plugin_; }
  const How& how() const { return how_; }
  // What confines it; nothing in the wallet's own process.
  std::optional<Report> report() const;

  // quote asks the plugin, and no limits. Errors: those of write_situation and read_answer, and the
  // faults of Child::evaluate.
  Result<Fee> quote(const Asked& asked, Clock::time_point latest = Clock::time_point::max()) const;
  // prove_golden evaluates the golden cases: each comes out as stated, is within a wallet's limits
  // where there are some, and all together are done in the one time that a confinement names, or
  // kGoldenMax. What does not return in the wallet's own process is not seen to be late. Codes:
  // fee_case_failed, fee_over_cap, recipient_forbidden, plugin_over_budget.
  Read<void> prove_golden(const Limits* limits) const;

 private:
  Serving(std::shared_ptr<const Candidate> plugin, const How& how)
      : plugin_(std::move(plugin)), how_(how) {}
  Read<void> prove_case(const GoldenCase& golden, const Limits* limits,
                        Clock::time_point latest) const;
  std::shared_ptr<const Candidate> plugin_;
  How how_;
  std::unique_ptr<const Evaluator> evaluator_{};
  const Child* child_ = nullptr;
};

// A fee, and what made it. It views nothing.
struct Answered {
  Fee fee{};
  crypto::Digest digest{};  // of the plugin or the policy
  std::string version{};
  bool is_by_plugin = false;
  Code instead_of = Code::ok;  // why the plugin that serves did not answer
};

class Engine {
 public:
  class Reader;
  class View;

  // It begins without a plugin. The policies' engine must outlive it; its limits are these.
  explicit Engine(fee::Engine& baseline);
  // Every reader is gone by now.
  ~Engine();

  // load starts a plugin, evaluates its golden cases, holds them against the limits, publishes it,
  // and unloads the one before once nobody reads it: where that takes longer than kDrainMax, the
  // next load, restore or collect does. Codes: those of Serving::start and prove_golden; the
  // present plugin then stays.
  Read<void> load(const std::shared_ptr<const Candidate>& plugin, const How& how);
  // restore loads a plugin that served before. Codes: not_found, and those of load.
  Read<void> restore(const crypto::Digest& digest);
  // unload leaves the policies alone.
  void unload();
  // kept returns the digests that restore takes, the newest first.
  std::vector<crypto::Digest> kept() const;
  // serving returns the plugin that serves, or nothing.
  std::shared_ptr<const Serving> serving() const;

  // reader makes what one thread reads by. Errors: too_many.
  Result<Reader> reader();
  // draining returns how many plugins wait to be unloaded; collect unloads those that can be.
  std::size_t draining() const;
  void collect();

 private:
  using Shared = std::shared_ptr<const Serving>;
  struct Kept {
    std::shared_ptr<const Candidate> plugin;
    How how;
  };
  void publish(Shared next);
  void drain();

  fee::Engine& baseline_;
  mutable std::mutex writers_;
  Shared latest_;                 // of the writers
  std::deque<Kept> kept_;         // of the writers
  std::vector<Shared> draining_;  // of the writers
  swap::Current<Shared> now_;
};

// One plugin and one policy, for as long as the view lives.
class Engine::View {
 public:
  // quote names the fee. Errors: what the plugin states, or those of fee::Engine::View::quote.
  Result<Answered> quote(const Asked& asked) const;

 private:
  friend class Reader;
  View(swap::Current<Shared>::Pin pin, fee::Engine::View baseline, const Limits& limits)
      : pin_(std::move(pin)), baseline_(std::move(baseline)), limits_(&limits) {}
  Result<Answered> quote_baseline(const Asked& asked, Code instead_of) const;
  swap::Current<Shared>::Pin pin_;
  fee::Engine::View baseline_;
  const Limits* limits_;
};

// A thread's own seat.
class Engine::Reader {
 public:
  View view() { return {seat_.pin(), baseline_.view(), *limits_}; }

 private:
  friend class Engine;
  Reader(swap::Current<Shared>::Reader seat, fee::Engine::Reader baseline, const Limits& limits)
      : seat_(std::move(seat)), baseline_(std::move(baseline)), limits_(&limits) {}
  swap::Current<Shared>::Reader seat_;
  fee::Engine::Reader baseline_;
  const Limits* limits_;
};

}  // namespace airlock::fee::plugin
