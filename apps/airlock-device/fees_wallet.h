// A wallet that charges: its engines, kept at the policy and the plugin that serve.
#pragma once

#include <chrono>
#include <condition_variable>
#include <ctime>
#include <memory>
#include <mutex>
#include <thread>

#include "apps/airlock-device/commands.h"
#include "device/agent/fees.h"
#include "engine/fee/fee.h"
#include "engine/fee/plugin/plugin.h"

namespace airlock::app {

// A clock that goes on while the machine sleeps: what was said then was said long ago.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept {
    timespec time{};
    clock_gettime(CLOCK_BOOTTIME, &time);
    return time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
  }
};

// One thread asks for fees, and swaps; another one asks the server. What both remember is guarded,
// and no network is waited for while it is.
class FeesWallet {
 public:
  // What serves, and the advice that it follows.
  struct Served {
    crypto::Digest manifest{};
    std::optional<fetch::FeesAdvice> advice{};
    crypto::Digest plugin{};       // the manifest of the one in use; zero where there is none
    Code plugin_fault = Code::ok;  // why that does not serve
  };

  // open: not_found where the device takes no fee policies, and those of its files.
  static platform::Located<std::unique_ptr<FeesWallet>> open(const file::Path& dir);
  FeesWallet(platform::Device device, fee::Limits limits, agent::FeesState state,
             fee::plugin::Confinement confined)
      : device_(std::move(device)),
        engine_(std::move(limits)),
        plugins_(engine_),
        confined_(std::move(confined)),
        state_(std::move(state)) {}

  // keep_up swaps where another policy or plugin serves now. An advised policy that cannot be
  // served gives way to the baseline, that to what is in use, a plugin to the policy alone.
  platform::Located<Served> keep_up();
  // note keeps how a payment went whose quote followed an advice.
  platform::Located<void> note(const agent::Outcome& outcome);
  // begin_asking asks the server in a thread of its own, as often as it says, for as long as the
  // wallet lives. Errors: busy where another process does.
  platform::Located<void> begin_asking();

  fee::Engine& engine() { return engine_; }
  fee::plugin::Engine& plugins() { return plugins_; }

 private:
  agent::Heard heard() const;  // of what the mutex guards
  platform::Located<void> serve(const apply::Edition& edition);
  Status keep_plugin();
  Status load(const apply::Shelf& shelf);
  void keep_asking(const std::stop_token& stop, agent::FeesServer& server);
  Result<std::uint32_t> ask_once(agent::FeesServer& server);
  Status tell_once(agent::FeesServer& server);

  platform::Device device_;
  fee::Engine engine_;
  fee::plugin::Engine plugins_;  // in front of the policies
  const fee::plugin::Confinement confined_;
  crypto::Digest serving_, plugin_;
  Code plugin_fault_ = Code::ok;
  std::mutex mutex_;  // of the state, in memory and stored
  agent::FeesState state_;
  // When the server answered this process last, and for how long that counts.
  std::optional<BootClock::time_point> answered_;
  std::chrono::seconds answer_lasts_{};
  std::condition_variable_any asked_;
  std::optional<file::File> lock_;
  std::jthread asking_;  // last: it ends before what it uses
};

}  // namespace airlock::app
