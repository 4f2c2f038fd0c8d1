// core/bare: bootloader and update agent of a device without an operating system.
//
// It is for the bare profile: the package door, the floor, the owner. One object carries a device
// from reset to reset: power_on is what its bootloader does, run goes on with the update at hand or
// asks the host for one. It is the second driver of core/update, beside the Linux agent, and the
// only one that microcontrollers need: a port brings storage, the link to a host, the screen with
// its key, and the firmware's own verdict (outside.h).
//
// It promises: no heap, no clock, and no more memory than it was given; whatever comes from the
// host is a stranger's, and reaches nothing before the quorum and the owner said yes, its pieces
// before they are decoded; after a reset at any instant run goes on where it stopped; what is
// written is never what runs. It judges no proof of a public log, and so takes nothing but keyrings
// where its keyring names one (proof_missing). It has no repository door: a host may withhold, or
// offer an older release that is not below the floor, and the owner is shown its date.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/bare/outside.h"
#include "core/bare/pair.h"
#include "core/base/base.h"
#include "core/package/package.h"
#include "core/slot/exchange.h"
#include "core/slot/slot.h"
#include "core/update/update.h"

namespace airlock::bare {

using crypto::Digest;
using slot::SlotId;

// An area that is also mapped for reading.
struct Mapped {
  Area* area = nullptr;
  Bytes memory;
};

// One part of the device that is updated. Of two slots, `images` are the two; where one place
// executes, they are the execution area and the staging area (core/slot/exchange.h).
struct Part {
  std::string_view id;
  std::array<Area*, slot::kSlotCount> images{};
  // Bytes of each slot that are staged together: whole blocks, and whole erase units.
  std::array<std::uint64_t, slot::kSlotCount> granule{};
  // Where each slot executes, for images that run at one address.
  std::array<std::optional<std::uint64_t>, slot::kSlotCount> addresses{};
};

// Where a device keeps what it must not forget. Everything must outlive the agent.
struct Storage {
  slot::RecordAreas record;
  Pair journal{};                  // the session; each copy at least kJournalSize bytes
  std::array<Mapped, 2> keyring;   // two copies, written as pair.h does
  std::array<Mapped, 2> manifest;  // of each slot: its envelope behind kManifestHead bytes
  Area* scratch = nullptr;         // what the blocks of a payload share (core/delta/delta.h)
  FixedList<Part, package::kComponentsMax> parts;
  Pair exchange{};         // its journal, where one place executes; else none
  std::uint64_t step = 0;  // of an exchange: a boundary of erase units in both areas
  bool one_place() const { return exchange[0] != nullptr; }
};
inline constexpr std::size_t kJournalSize = kPairHead + update::kSessionSizeMax + kWordMax;
inline constexpr std::size_t kManifestHead = 32;

// What a device is.
struct Identity {
  std::string_view model;
  std::uint32_t bootloader = 0;
  std::uint32_t secure_boot = 0;
  Digest share_secret;  // its own, for ramps
  // A power cut in a trial may cost one: as many of them give up a healthy firmware.
  std::uint8_t trial_boots = 3;
};

class Agent {
 public:
  // `work` is all the memory that envelopes and decoding take: it is aligned to 16 bytes, and its
  // size is what the gate holds a payload's decoder against, the stack included.
  Agent(const Storage& storage, const Identity& identity, const Outside& outside, MutableBytes work,
        std::size_t decoder_stack)
      : storage_(storage),
        identity_(identity),
        outside_(outside),
        work_(work),
        decoder_memory_(static_cast<std::uint32_t>(work.size() + decoder_stack)) {}
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // power_on is the bootloader's part, at each reset. An error is the recovery state and its
  // reason: nothing may run, and run takes a package from any host. Errors: those of slot::boot and
  // slot::boot_in_place.
  Result<slot::Boot> power_on();
  // running is what power_on let run; nothing in recovery.
  const std::optional<slot::Boot>& running() const { return running_; }

  // run goes on with the session at hand, else asks the host, and ends when the session does. The
  // session tells how (outcome); what is stored is one that is idle. Errors: those of the journal,
  // and of a question that the owner left open; the session stays. wrong_state where one place
  // executes and no power_on could tell where the images lie: nothing is written then.
  Result<update::Session> run();
  // restore goes back to the version that the other slot keeps, if the present keyring still proves
  // it (the session tells of quorum_missing) and the owner says yes. Errors:
  // those of slot::restorable, slot_busy while a session is at hand, and those of run.
  Result<update::Session> restore();

 private:
  Result<update::Session> drive(const update::Session& session, const update::Event& first);
  Result<update::Session> open_session();
  Status check_slots() const;
  Status end_lost_trial(const slot::Record& record);
  Status write_journal(const update::Session& session);
  Result<update::Event> perform(update::Effect effect, const update::Session& session);

  Result<update::Event> ask_host();
  Result<update::Event> prove(const update::Session& session);
  Result<update::Event> find_stored(const Digest& manifest, const Error& refused);
  Result<update::Event> gate(const update::Session& session);
  Result<update::Event> stage(const update::Session& session);
  Result<update::Event> verify(const update::Session& session);
  Result<update::Event> ask_owner(const update::Session& session);
  Result<update::Event> ask(const update::Session& session);
  Result<update::Event> activate(const update::Session& session);
  Result<update::Event> reboot(const update::Session& session);
  Result<update::Event> check_health(const update::Session& session);
  Result<update::Event> commit(const update::Session& session);
  Result<update::Event> commit_firmware(const update::Session& session);
  Result<update::Event> commit_keyring(const update::Session& session);
  Status adopt_keyring(const Digest& manifest);
  Status note_keyring();
  Result<slot::Standing> standing_of(const Digest& manifest) const;
  Result<bool> was_given_up(const Digest& manifest) const;
  Status arm(const Digest& manifest);
  Result<update::Event> go_back(const update::Session& session);
  Status prove_kept(const Digest& manifest);
  Status make_kept_active();
  Result<update::Event> restore_kept(const update::Session& session);
  Result<update::Event> report(const update::Session& session);
  Result<update::Event> went_back();

  Result<SlotId> begin_write();
  Status keep_envelope(SlotId to, const Digest& manifest);
  Result<package::Component> component_in(SlotId to, const Digest& manifest, std::size_t index);
  struct Staged;  // one component on its way into its slot
  Status stage_part(const package::Component& component, std::size_t payload, SlotId active);
  Status open_payload(const package::Component& component, Staged& staged);
  Status stage_granule(Staged& staged, std::size_t first, std::size_t end);
  std::optional<std::size_t> part_of(std::string_view component) const;

  // The release at hand: in the other slot's manifest area from staging on, in `work` before.
  Result<Bytes> envelope_of(const Digest& manifest);
  Result<Bytes> fetch_envelope(const Host::Offer& offer);
  Result<Bytes> fetch_again(const Digest& manifest);
  Bytes envelope_in(SlotId id) const;
  Status write_manifest(SlotId id, Bytes envelope);
  Result<package::Proven> prove_at_hand(const Digest& manifest);
  Result<package::Proven> prove_or_fetch(Bytes envelope, const Digest& manifest);
  Result<package::Proven> prove_by_keyring(Bytes envelope) const;
  Result<package::InstallPlan> plan(const Digest& manifest);
  Result<package::InstallPlan> admit(const package::Proven& release);
  Status put_running(package::DeviceFacts& facts, const slot::Record& record);

  // The keyring, whole in both copies; trusted only where it is not below its floor. A cut may
  // leave it in one copy alone, and settle_keyring puts it into the other too.
  Pair keyring_areas() const { return {storage_.keyring[0].area, storage_.keyring[1].area}; }
  Bytes keyring_in(const Newest& copy) const;
  Bytes keyring_envelope() const { return keyring_in(newest(keyring_areas())); }
  Result<Bytes> trusted_keyring() const;
  Status settle_keyring();

  Result<slot::Record> load() const { return slot::load(storage_.record); }
  Status save(const slot::Record& record);
  Status save(const Result<slot::Record>& made);  // by a transition, or why it made none
  Result<bool> is_stored(const slot::Record& record);
  Result<SlotId> idle_slot() const;  // that may be written
  Result<slot::Boot> start();
  Result<slot::Boot> start_in_place();
  Status open_exchange();
  slot::BootView view();
  Area& image(std::size_t part, SlotId id);
  bool runs(const Digest& manifest) const {
    return running_ && running_->trial && running_->manifest == manifest;
  }
  bool reset();

  Storage storage_;
  Identity identity_;
  Outside outside_;
  MutableBytes work_;
  std::uint32_t decoder_memory_;

  // Lost at each reset.
  std::optional<slot::Exchange> exchange_;
  std::array<std::array<slot::ExchangedSlot, slot::kSlotCount>, package::kComponentsMax> exchanged_;
  std::optional<slot::Boot> running_;
  std::size_t envelope_size_ = 0;  // of the envelope in `work`; 0: there is none
  bool verified_ = false;          // what stands in the other slot, in this life
};

}  // namespace airlock::bare
