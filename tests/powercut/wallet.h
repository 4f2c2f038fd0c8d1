// A wallet for the power-cut sweep: a bare-metal loop over core/update and core/slot whose every
// byte lives in fake flash, and an outside observer who remembers what the device may not forget.
//
// Wallet is a value: a test runs one, cuts its power at some operation, copies it, and goes on in
// many ways. The observer's notes (what the owner agreed to, the highest floor seen, reports) do
// not live in the device; each power-on is held against them, and what is wrong becomes a
// violation. It never looks into the rooms under test: all it sees is flash, boot()'s answer and
// the records.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/slot/slot.h"
#include "core/update/update.h"
#include "tests/fakes/flash.h"
#include "tests/fakes/signers.h"

namespace airlock::powercut {

using crypto::Digest;
using fakes::Buffer;
using slot::SlotId;

inline constexpr std::string_view kModel = "demo-wallet";
inline constexpr std::size_t kComponents = 2;
inline constexpr std::array<std::string_view, kComponents> kComponentIds = {"mcu", "radio"};

// A package as the server has it.
struct Package {
  std::string version;
  package::Kind kind = package::Kind::firmware;
  std::uint32_t security_version = 1;
  std::int64_t created = 0;
  Buffer envelope;
  Digest digest;
  std::array<Buffer, kComponents> images;  // of firmware
};

// Everything that is the same for all wallets: keys and packages, made once.
struct World {
  World();
  fakes::Signers signers;
  fakes::Signer newcomer;
  Buffer anchor;           // keyring 1
  Package v1, v2, v3;      // security versions 1, 1, 2
  Package rotated;         // keyring 2: the newcomer in the place of committee-1
  Package after_rotation;  // firmware that the newcomer signed: refused by keyring 1
  const Package* find(const Digest& manifest) const;

 private:
  fakes::KeyringPlan plan() const;
  Buffer keyring_package(const fakes::KeyringPlan& next, Package* made) const;
  Package firmware(std::string version, std::uint32_t security_version, std::size_t size,
                   std::initializer_list<const fakes::Signer*> by) const;
};
const World& world();

enum class Owner : std::uint8_t { agrees, refuses };
enum class Health : std::uint8_t { good, bad, hangs };

// One thing that happens in a life, and how it must end.
struct Chapter {
  enum class Deed : std::uint8_t { update, restore, rot } deed = Deed::update;
  const Package* package = nullptr;  // what is installed, or restored to
  Owner owner = Owner::agrees;
  Health health = Health::good;
  const Package* runs_after = nullptr;  // firmware that must run at the chapter's end
  Code reason = Code::ok;               // that the last session must have ended with
};
struct Life {
  std::string name;
  std::vector<Chapter> chapters;
};

// Faults that a sweep must find, planted into the driver and its way of storing.
enum class Fault : std::uint8_t {
  none,
  overwrites_newer,     // stores the record over the newer copy
  single_copy,          // stores both states in one copy
  forgets_sync,         // stores the record without a sync
  floor_before_commit,  // raises the floor when it arms
  asks_nobody,          // writes the consent itself
  confirms_early,       // journals the commit before the record holds it
  floor_in_one_copy,    // stores a raised floor once
};

class Wallet {
 public:
  Wallet(fakes::Geometry geometry, fakes::Unsynced unsynced, Fault fault = Fault::none);
  Wallet(const Wallet& from);
  Wallet& operator=(const Wallet&) = delete;

  fakes::Power power;

  enum class End : std::uint8_t { done, dark };
  // live goes on with a life where it stands, until `chapters` of it are over or the power fails.
  End live(const Life& life, std::size_t chapters = SIZE_MAX);
  // chapter is where it stands.
  std::size_t chapter() const { return chapter_; }

  std::uint64_t power_ons() const { return power_ons_; }
  const std::vector<std::string>& violations() const { return violations_; }

 private:
  // Two copies with a counter: what a bare-metal driver does for its journal and its keyring.
  struct Pair {
    std::array<fakes::Flash, 2> copies;
    Buffer load();
    Status save(Bytes content);
  };

  End power_on();
  void observe(const slot::Boot& boot);
  End play(const Chapter& chapter);
  End update(const Chapter& chapter);
  End restore(const Chapter& chapter);
  void check_end(const Chapter& chapter);
  void check_copies();
  void violated(const std::string& what);

  Result<update::Event> perform(update::Effect effect, const update::Session& session,
                                const Chapter& chapter);
  Result<update::Event> ask_server(const Chapter& chapter);
  Result<update::Event> prove(const Chapter& chapter);
  Result<update::Event> stage(const Chapter& chapter);
  Result<update::Event> verify(const update::Session& session);
  Result<update::Event> ask_owner(const update::Session& session, const Chapter& chapter);
  Result<update::Event> activate(const update::Session& session, const Chapter& chapter);
  Result<update::Event> reboot(const update::Session& session);
  Result<update::Event> check_health(const update::Session& session, const Chapter& chapter);
  Result<update::Event> commit(const update::Session& session, const Chapter& chapter);
  Result<update::Event> go_back(const update::Session& session);
  Result<update::Event> report(const update::Session& session);

  update::Event went_back();
  Result<slot::Record> load();
  Status save(slot::Record record);
  Status save_badly(slot::Record& record);
  slot::RecordAreas record_areas() { return {{&record_[0], &record_[1]}}; }
  Result<update::Session> read_journal();
  Status write_journal(const update::Session& session);
  Status write_image(fakes::Flash& area, Bytes bytes);
  slot::BootView view();
  Bytes envelope_in(SlotId id);
  void rewire();

  // The device.
  Fault fault_;
  std::array<fakes::Flash, 2> record_;
  Pair journal_;
  Pair keyring_;
  std::array<fakes::Flash, 2> manifests_;
  std::array<std::array<fakes::Flash, 2>, kComponents> images_;
  Buffer anchored_;  // the keyring's bytes while they are viewed
  slot::Boot running_;

  // The observer.
  std::size_t chapter_ = 0;
  std::size_t reports_before_ = 0;  // this chapter
  bool rotted_ = false;
  std::uint64_t power_ons_ = 0;
  std::uint32_t floor_seen_ = 0;
  std::int64_t time_seen_ = 0;
  std::set<Digest> agreed_;
  std::map<std::uint64_t, Code> reports_;
  std::vector<std::string> violations_;
};

}  // namespace airlock::powercut
