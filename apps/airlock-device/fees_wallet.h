// A wallet that charges: its engine, kept at the policy that serves.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "apps/airlock-device/commands.h"
#include "device/agent/fees.h"
#include "engine/fee/fee.h"

namespace airlock::app {

// One thread asks for fees, and swaps; another one asks the server. What both remember is guarded,
// and no network is waited for while it is.
class FeesWallet {
 public:
  // What serves, and the advice that it follows.
  struct Served {
    crypto::Digest manifest{};
    std::optional<fetch::FeesAdvice> advice{};
  };

  // open: not_found where the device takes no fee policies, and those of its files.
  static platform::Located<std::unique_ptr<FeesWallet>> open(const file::Path& dir);
  FeesWallet(platform::Device device, fee::Limits limits, agent::FeesState state)
      : device_(std::move(device)), engine_(std::move(limits)), state_(std::move(state)) {}

  // keep_up swaps where another policy serves now. An advised one that cannot be served gives way
  // to what is in use.
  platform::Located<Served> keep_up();
  // note keeps how a payment went whose quote followed an advice.
  platform::Located<void> note(const agent::Outcome& outcome);
  // begin_asking asks the server in a thread of its own, as often as it says, for as long as the
  // wallet lives. Errors: busy where another process does.
  platform::Located<void> begin_asking();

  fee::Engine& engine() { return engine_; }

 private:
  std::optional<fetch::FeesAdvice> advice();
  platform::Located<void> serve(const apply::Edition& edition);
  void keep_asking(const std::stop_token& stop, agent::FeesServer& server,
                   const fetch::FeesQuestion& question);
  Result<std::uint32_t> ask_once(agent::FeesServer& server, const fetch::FeesQuestion& question);
  Status tell_once(agent::FeesServer& server);

  platform::Device device_;
  fee::Engine engine_;
  crypto::Digest serving_;
  std::mutex mutex_;  // of the state, in memory and stored
  agent::FeesState state_;
  std::condition_variable_any asked_;
  std::optional<file::File> lock_;
  std::jthread asking_;  // last: it ends before what it uses
};

}  // namespace airlock::app
