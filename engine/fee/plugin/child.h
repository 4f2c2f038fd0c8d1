// A plugin in processes of its own, which can do nothing but answer, within a budget.
//
// A keeper thread starts them, so that a quote never waits for a start that it did not need; a
// quote ends the process that did not answer in time, and is answered by the baseline. After a
// fault the plugin is started again: at once after the first one, and then after pauses that double
// up to kPauseMax. So many good answers in a row forgive one fault.
#pragma once

#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include "engine/fee/plugin/channel.h"
#include "engine/fee/plugin/evaluator.h"

namespace airlock::fee::plugin {

inline constexpr std::chrono::milliseconds kPauseFirst{100};
inline constexpr std::chrono::milliseconds kPauseMax{30'000};

inline constexpr std::uint32_t kAnswersToForgive = 100;

// pause_after returns how long a process rests after so many faults.
std::chrono::milliseconds pause_after(std::uint32_t faults);

class Child final : public Evaluator {
 public:
  // start returns when every process is ready. Errors: those of Channel::start, out_of_range (no
  // process, or more than kProcessesMax).
  static Result<std::unique_ptr<const Child>> start(std::shared_ptr<const Candidate> plugin,
                                                    const Confinement& how);
  // Every process is gone when this returns.
  ~Child() override;

  // evaluate answers within the budget and until `latest`, the wait for a free process included.
  // Faults: plugin_over_budget, plugin_crashed, plugin_misanswers, plugin_resting.
  Returned evaluate(const airlock_fee_situation& situation, airlock_fee_answer& answer,
                    Clock::time_point latest) const override;
  Report report() const;

 private:
  enum class State : std::uint8_t { due, starting, idle, busy };
  struct Seat {
    State state = State::due;
    Clock::time_point not_before{};  // of the next start
    std::uint32_t faults = 0;        // that are not forgiven
    std::uint32_t answers = 0;       // good ones in a row
    std::optional<Channel> channel{};
  };

  Child(std::shared_ptr<const Candidate> plugin, const Confinement& how);
  Code take(Clock::time_point deadline, Seat*& seat) const;
  static void count(Seat& seat, Code code);
  void give_back(Seat& seat, Code code, bool retires) const;
  void keep() const;
  void restart(std::unique_lock<std::mutex>& lock, Seat& seat) const;
  Seat* next_due(Clock::time_point now, Clock::time_point& wake) const;

  const std::shared_ptr<const Candidate> plugin_;
  const Confinement how_;
  mutable std::mutex lock_;  // of what follows
  mutable std::condition_variable changed_;
  mutable std::list<Seat> seats_;
  mutable std::size_t tried_ = 0;  // first starts that came to their end
  mutable Error failed_{};
  mutable Report report_{};
  bool stopping_ = false;
  std::thread keeper_;
};

}  // namespace airlock::fee::plugin
