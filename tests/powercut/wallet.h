// A wallet for the power-cut sweep: bootloader and update agent of a microcontroller, a loop over
// core/update, core/slot and core/delta whose every stored byte lies in fake flash.
//
// Wallet is a value: a test runs one, cuts its power at some operation, copies it, and goes on in
// many ways. It is built as docs/guides/build-a-device.md tells, and an observer (observer.h) holds
// each of its power-ons against what the owner was promised.
#pragma once

#include <array>
#include <optional>

#include "core/slot/exchange.h"
#include "core/update/update.h"
#include "tests/powercut/lives.h"
#include "tests/powercut/machine.h"
#include "tests/powercut/observer.h"
#include "tests/powercut/pair.h"

namespace airlock::powercut {

using slot::SlotId;

// Boots that a trial has; more than cuts, since each cut in a trial may cost one.
inline constexpr std::uint8_t kTrialBoots = 5;

class Wallet {
 public:
  // The factory: what the life begins with in slot a, keyring 1, an idle journal.
  Wallet(const Machine& machine, const Life& life);
  Wallet(const Wallet& from);
  Wallet& operator=(const Wallet&) = delete;

  Board board;
  Observer observer;

  enum class End : std::uint8_t { done, dark };
  // live goes on with the life where it stands, until `chapters` of it are over, the power fails or
  // the observer saw enough.
  End live(std::size_t chapters = SIZE_MAX);
  // chapter is where it stands.
  std::size_t chapter() const { return chapter_; }
  // again begins the last chapter once more.
  void again();
  const Life& life() const { return *life_; }
  // runs_what_it_should compares with the end of the last chapter.
  bool runs_what_it_should() const;
  std::uint64_t fingerprint();

 private:
  // Two copies with a counter: what a bare-metal driver does for its journal and its keyring.
  Copies journal() { return {&board.journal(0), &board.journal(1)}; }
  Copies keyring() { return {&board.keyring(0), &board.keyring(1)}; }

  // A reset: what the bootloader does. dark where the power failed.
  End power_on();
  End play(const Chapter& chapter);
  End drive(const Chapter& chapter);
  Result<update::Session> open_session();
  Result<update::Event> next_event(const update::Step& now, const Chapter& chapter);
  void check_end(const Chapter& chapter);

  Result<update::Event> perform(update::Effect effect, const update::Session& session,
                                const Chapter& chapter);
  Result<update::Event> ask_server(const Chapter& chapter);
  Result<update::Event> prove(const Chapter& chapter);
  Result<update::Event> stage(const update::Session& session, const Chapter& chapter);
  Status stage_part(const package::Component& component, const Part& part, std::size_t index,
                    const slot::Record& record);
  Result<update::Event> verify(const update::Session& session);
  Result<update::Event> ask_owner(const update::Session& session, const Chapter& chapter);
  Result<update::Event> activate(const update::Session& session, const Chapter& chapter);
  Result<update::Event> reboot(const update::Session& session);
  Result<update::Event> check_health(const update::Session& session, const Chapter& chapter);
  Result<update::Event> commit(const update::Session& session, const Chapter& chapter);
  Result<update::Event> commit_keyring(const update::Session& session, const Chapter& chapter);
  Result<update::Event> go_back(const update::Session& session);
  Result<update::Event> restore_kept(const update::Session& session);
  Result<update::Event> report(const update::Session& session);
  update::Event went_back();

  Result<slot::Record> load() { return slot::load(board.record_areas()); }
  // save stores a record that says something new.
  Status save(slot::Record record);
  Status write_journal(const update::Session& session);
  Status write_manifest(SlotId id, Bytes envelope);
  Bytes envelope_in(SlotId id);
  bool runs(const Digest& manifest) const {
    return running_ && running_->trial && running_->manifest == manifest;
  }

  Result<slot::Boot> start();
  slot::BootView view();
  Area& image(std::size_t part, SlotId id);
  std::size_t granule_of(SlotId id) const;

  // Lost at each reset.
  Buffer anchored_;  // the keyring's bytes while they are viewed
  std::optional<slot::Exchange> exchange_;
  std::array<std::array<slot::ExchangedSlot, 2>, kPartsMax> exchanged_;
  std::optional<slot::Boot> running_;  // nothing in recovery
  bool verified_ = false;              // what stands in the other slot

  // The story.
  const Life* life_;
  std::size_t chapter_ = 0;
  bool begun_ = false;
  bool rotted_ = false;
};

}  // namespace airlock::powercut
