// What a port brings to core/bare, beside its storage: the link, the owner, the firmware's verdict.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/base.h"
#include "core/package/package.h"
#include "core/slot/slot.h"
#include "core/update/update.h"

namespace airlock::bare {

// The other end of the link. Whatever it says is a stranger's.
class Host {
 public:
  struct Offer {
    std::size_t envelope_size = 0;
    std::uint64_t rollout = 0;  // its number, for the report
  };
  // offer asks for a release; nothing where the host has none.
  virtual Result<std::optional<Offer>> offer() = 0;
  // envelope fills `to` with the envelope that was offered last.
  virtual Status envelope(MutableBytes to) = 0;
  // payload opens a payload by its digest. It is read until the next one is opened.
  virtual Result<Source*> payload(const crypto::Digest& digest) = 0;
  // report passes on how a phase, or the session, went.
  virtual Status report(const update::Session& session) = 0;

 protected:
  ~Host() = default;
};

// What the owner is asked: whether this may replace what runs. Of a restore it is what is kept.
struct Question {
  update::Errand errand;
  const package::Manifest& release;
  std::string_view model;
  const slot::Slot& running;  // version empty where nothing runs
};
class Owner {
 public:
  // ask shows the release and waits for the key: true for yes. Errors: timed_out and interrupted
  // leave the question open.
  virtual Result<bool> ask(const Question& question) = 0;

 protected:
  ~Owner() = default;
};

// The device around the agent.
enum class Health : std::uint8_t { good, bad, hung };
class Machine {
 public:
  // started is told what power_on decided, before it runs: the place to arm the watchdog of a
  // trial, or to show that the device waits in recovery.
  virtual void started(const Result<slot::Boot>& boot) = 0;
  // reset begins again at the bootloader. On hardware it does not return; where it does, the agent
  // goes on with power_on.
  virtual void reset() = 0;
  // health is the new firmware's verdict on itself. One that hangs is reset by the watchdog; `hung`
  // is for machines that return from that.
  virtual Health health() = 0;
  // staging is told before a granule of a part is written: bytes of its image that are done, of
  // all.
  virtual void staging(std::string_view part, std::uint64_t done, std::uint64_t of) = 0;

 protected:
  ~Machine() = default;
};

struct Outside {
  Host& host;
  Owner& owner;
  Machine& machine;
};

}  // namespace airlock::bare
