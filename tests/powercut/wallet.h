// A wallet for the power-cut sweep: the bare profile's agent (core/bare), every stored byte of
// which lies in fake flash.
//
// Wallet is a value: a test runs one, cuts its power at some operation, copies it, and goes on in
// many ways. It is the port that docs/guides/build-a-device.md tells of, host and owner included,
// and an observer (observer.h) holds each of its power-ons against what the owner was promised.
#pragma once

#include <memory>
#include <optional>

#include "core/bare/bare.h"
#include "core/base/bytes_source.h"
#include "core/delta/delta.h"
#include "tests/powercut/lives.h"
#include "tests/powercut/machine.h"
#include "tests/powercut/observer.h"

namespace airlock::powercut {

using slot::SlotId;

class Wallet final : bare::Host, bare::Owner, bare::Machine {
 public:
  // The factory: what the life begins with in slot a, keyring 1, an idle journal.
  Wallet(const powercut::Machine& machine, const Life& life);
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
  // rots says that a bit of it flipped, in the chapter where it stands.
  void rots(Observer::Rot rot);
  // begin goes on with another life where this one ended.
  void begin(const Life& next);
  const Life& life() const { return *life_; }
  // runs_what_it_should compares with the end of the last chapter.
  bool runs_what_it_should() const;
  // trusts says whether this keyring is the one that is stored.
  bool trusts(const Package& keyring);
  std::uint64_t fingerprint();

 private:
  // ---- the host: it has the chapter's release until it heard how that ended
  Result<std::optional<Offer>> offer() override;
  Status envelope(MutableBytes to) override;
  Result<Source*> payload(const Digest& digest) override;
  Status report(const update::Session& session) override;
  // ---- the owner
  Result<bool> ask(const bare::Question& question) override;
  // ---- the machine
  void started(const Result<slot::Boot>& boot) override;
  void reset() override {}
  bare::Health health() override;
  void staging(std::string_view, std::uint64_t, std::uint64_t) override { observer.made_granule(); }

  const Chapter& at_hand() const { return life_->chapters[chapter_]; }
  bare::Storage storage();
  std::size_t granule_of(SlotId id) const;
  // A reset; dark where the power failed.
  End power_on();
  void begin_chapter();
  End play(const Chapter& chapter);
  End drive(const Chapter& chapter);
  Result<update::Session> update_or_restore(const Chapter& chapter);
  void check_end(const Chapter& chapter);

  // Lost at each reset.
  struct alignas(16) Work {
    std::array<std::uint8_t, sizeof(delta::BlockDecoder)> bytes;
  };
  std::unique_ptr<Work> work_;
  std::unique_ptr<bare::Agent> agent_;
  std::optional<BytesSource> served_;
  int hangs_ = 0;
  std::optional<slot::Boot> running_;  // nothing in recovery

  // The story.
  const Life* life_;
  std::size_t chapter_ = 0;
  bool begun_ = false;
  bool rotted_ = false;
};

}  // namespace airlock::powercut
