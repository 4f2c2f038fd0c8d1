// One wallet of the fleet, and the companion that carries its bytes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "core/bare/bare.h"
#include "core/base/bytes_source.h"
#include "core/delta/delta.h"
#include "device/platform/identity.h"
#include "fleet/dice.h"
#include "fleet/flash.h"
#include "fleet/fleet.h"
#include "fleet/ground.h"
#include "fleet/line.h"
#include "fleet/listing.h"

namespace airlock::fleet {

// What devices share. It must outlive them.
struct World {
  const Settings& settings;
  const Ground& ground;
  Pool& pool;                            // of metadata
  std::function<std::int64_t()> now_ms;  // since the fleet began
  std::function<std::int64_t()> clock;   // that is right: Unix seconds
  Tally& tally;
  std::uint64_t& operations;  // on storage, of the last update that no cut disturbed; 0: unknown
};

// Wait lets time pass.
using Wait = std::function<void(std::int64_t ms)>;

class Device final : bare::Host, bare::Owner, bare::Machine {
 public:
  Device(const World& world, std::uint64_t number, platform::DeviceKey key, Wait wait);
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  // connect gives the companion its way to the server.
  void connect(Line& line) { line_ = &line; }
  const platform::DeviceKey& key() const { return key_; }

  // meet says that the latest release is out, and draws what will go wrong with it here.
  void meet();
  // turn is what happens when the companion's clock rings, or the power comes back. It takes as
  // long as it waits. It returns the milliseconds until the next one.
  std::int64_t turn();

  enum class Standing : std::uint8_t { waits, done, refused };
  Standing standing() const { return standing_; }
  std::uint64_t power_failures() const { return supply_.failures(); }

 private:
  // What goes wrong on the way to one release.
  struct Fate {
    int cuts = 0;
    int hangs = 0;
    bool refuses = false;
    std::int64_t full_until_ms = 0;
    std::int64_t clock_off_s = 0;  // of the companion, until it is set right
    std::int64_t clock_right_ms = 0;
  };

  // What flash says between two turns.
  struct Said {
    std::uint64_t operations = 0;  // of the supply, by then
    bool has_session = false;
    std::string check_in;  // as it is written
  };

  // ---- the companion
  Result<std::optional<Offer>> offer() override;
  Status envelope(MutableBytes to) override;
  Result<Source*> payload(const Digest& digest) override;
  Status report(const update::Session& session) override;
  std::int64_t clock() const;
  // fetch_envelope finds it in the repository, by the companion's clock.
  Result<Buffer> fetch_envelope(const std::string& target);
  // ask_server looks for an offer that the owner has not refused, and fetches its envelope.
  Status ask_server();
  // listed finds what the manifest of the envelope at hand says of a payload; nothing where it
  // names none such.
  std::optional<package::Payload> listed(const Digest& payload) const;
  fetch::CheckIn read_facts();
  std::int64_t poll_ms();
  // ---- the owner
  Result<bool> ask(const bare::Question& question) override;
  // ---- the machine
  void started(const Result<slot::Boot>& boot) override;
  void reset() override {}
  bare::Health health() override;
  void staging(std::string_view, std::uint64_t, std::uint64_t) override {}

  void leave_factory();
  bare::Storage storage();
  Flash& image(slot::SlotId id) { return images_[slot::index_of(id)]; }
  bool read_has_session();
  // said is what flash says, read once for as long as nothing of it changes.
  const Said& said();
  void look();
  std::uint64_t whole_update() const;  // in storage operations
  void arm_supply();
  // count_operations learns from a session that ended, and where in one the power failed.
  void count_operations(const Result<update::Session>& ended);
  Result<update::Session> run_agent();

  const World& world_;
  platform::DeviceKey key_;
  std::string duid_;
  Wait wait_;
  Line* line_ = nullptr;
  Dice dice_;
  bool has_poor_clock_;  // the companion
  double clock_rate_;

  Supply supply_;
  std::array<Flash, 2> record_, journal_, keyring_, manifest_, images_;
  Flash scratch_;
  std::optional<Said> said_;

  struct Mark {
    std::uint64_t operations = 0;
    std::uint64_t failures = 0;
  };
  Mark begun_;  // what the supply counted when the session began

  Fate fate_;
  Standing standing_ = Standing::done;
  std::int64_t offered_ms_ = 0;  // when the latest release was published
  std::set<Digest> consented_;
  std::optional<Digest> refused_;

  // What the companion has at hand.
  KeptMetadata listing_;
  std::optional<fetch::Offer> offer_;
  Digest envelope_of_;  // manifest
  Buffer envelope_;
  Digest payload_of_;
  Buffer payload_;
  std::optional<BytesSource> served_;
  std::uint32_t poll_after_s_ = 0;
  int failures_ = 0;  // in a row
};

}  // namespace airlock::fleet
