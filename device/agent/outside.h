// The three faces through which the agent meets what is not the device: server, owner, screen.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/base.h"
#include "core/carton/carton.h"
#include "core/package/package.h"
#include "core/update/update.h"
#include "device/agent/facts.h"
#include "device/apply/apply.h"
#include "device/apply/editions.h"
#include "device/fetch/fetch.h"
#include "trust/translog/translog.h"
#include "trust/tuf/tuf.h"
#include "trust/x509/x509.h"

namespace airlock::agent {

using crypto::Digest;

// What came through the repository door: what the targets role says, and the bytes it says it of.
struct Listed {
  tuf::Target target;
  file::Buffer envelope;
};

// The server and the repository (network.h is the real one).
class Outside {
 public:
  virtual Result<fetch::Answer> check_in(const fetch::CheckIn& facts) = 0;
  // refresh runs the repository door at this moment and fetches the target.
  virtual Result<Listed> refresh(std::string_view target, std::int64_t now) = 0;
  virtual apply::Artifacts& artifacts() = 0;
  // log is the public log as the server serves it.
  virtual translog::Fetcher& log() = 0;
  // certificates fetches the bundle that came with a release: not_found where there is none.
  virtual Result<file::Buffer> certificates(const Digest& manifest) = 0;
  virtual Status report(const fetch::SignedReport& report) = 0;

 protected:
  ~Outside() = default;
};

// What the owner is asked: whether this release may replace what runs. Of a restore it is the one
// that is kept.
struct Question {
  update::Errand errand;
  const package::Manifest& release;
  std::string_view model;
  const Running& running;
  platform::FeePlugins fee_plugins = platform::FeePlugins::none;  // how they would run
};

class Owner {
 public:
  // ask returns the digest of the manifest that the owner says yes to. Errors: consent_refused (the
  // owner said no), not_interactive (nobody can be asked).
  virtual Result<Digest> ask(const Question& question) = 0;

 protected:
  ~Owner() = default;
};

class Watcher {
 public:
  // entered is told of a phase after the journal has it and before its effect begins.
  virtual void entered(const update::Session& session) = 0;
  // block_done is told while a release is fetched and written: bytes of a component's image, of
  // all.
  virtual void block_done(std::string_view component, std::size_t done, std::size_t of) = 0;

 protected:
  ~Watcher() = default;
};

// How the simulated wallet's new firmware behaves in its trial.
enum class Trial : std::uint8_t { healthy, unhealthy, hang };

struct Surroundings {
  Outside& outside;
  Owner& owner;
  Watcher& watcher;
  std::function<std::int64_t()> clock;  // Unix seconds; empty: the device has none
  Trial trial = Trial::healthy;
  x509::Responder* responder = nullptr;  // who is asked about certificates; nobody
  apply::Judges judges = {};
  // Told after another edition came into use or went: the wallet that reads it swaps.
  std::function<void()> edition_changed = {};
  // Asked in a trial, where the system can say how it is.
  std::function<bool()> is_healthy = {};
  // The package that was linked into this program, if any; nothing of it is proven.
  const carton::Carton* built_in = nullptr;
};

}  // namespace airlock::agent
