// device/apply: how each kind of content is staged, judged, switched and taken back.
//
// It is for the effects of core/update that change the device: of firmware (two slots, the boot
// record) and of keyrings (the package door's own keys). It promises that only the inactive slot is
// written, and only after the record says so; that a block which the slot holds already is neither
// fetched nor written again, so that an interruption costs at most one block, and a power cut at
// most one erase unit; that nothing is armed except with a Verified, which only verify makes, after
// it read every byte back; and that each function may be repeated after a crash. It never decides
// whether a release may be installed (the doors and the gate do) and never asks the owner.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "core/base/base.h"
#include "core/delta/facts.h"
#include "core/package/package.h"
#include "core/slot/slot.h"
#include "device/fetch/fetch.h"
#include "device/platform/platform.h"

namespace airlock::apply {

using crypto::Digest;

// Boots that a new firmware has to confirm itself.
inline constexpr std::uint8_t kTrialBoots = 5;

// A device's scratch area is a file of this size, most of which is a hole: any facts fit.
inline constexpr std::uint64_t kScratchSize =
    delta::scratch_size(delta::kSegmentsMax, delta::kSegmentsMax);

// Where payloads come from: a server, or a folder.
class Artifacts {
 public:
  // open returns a payload's bytes, unproven. They stay readable until the next call.
  virtual Result<Source*> open(const package::Payload& payload) = 0;
  // is_stream says that bytes come in order, and that reading elsewhere costs a request.
  virtual bool is_stream() const = 0;

 protected:
  ~Artifacts() = default;
};

// Told after each block: bytes of the image that the slot holds, of all.
using OnBlock = std::function<void(std::string_view component, std::size_t done, std::size_t of)>;

// A release and how it is to be installed; the gate made the plan.
struct Work {
  const package::Proven& release;
  const package::InstallPlan& plan;
};

// ---- firmware

// room_needed returns the bytes that staging takes from the device's file system: the envelope, of
// each slot what it has not taken yet, and of the scratch area what the largest patch keeps there.
// Slots on block devices are there already and take nothing.
Result<std::uint64_t> room_needed(platform::Device& device, const Work& work, Bytes envelope);
// check_room compares it with what is free: no_space (at = missing bytes).
Status check_room(platform::Device& device, const Work& work, Bytes envelope);

// stage_firmware writes the release into the inactive slot, then its envelope beside it. Errors:
// slot_busy during a trial, those of delta, of the artifacts and of the disk. The next call goes on
// where this one stopped.
Status stage_firmware(platform::Device& device, const Work& work, Bytes envelope,
                      Artifacts& artifacts, const OnBlock& on_block);

// The inactive slot was read back whole and is this release.
class Verified {
 public:
  const slot::Slot& slot() const { return slot_; }

 private:
  friend Result<Verified> verify_firmware(platform::Device&, const package::Proven&, Bytes);
  explicit Verified(const slot::Slot& slot) : slot_(slot) {}
  slot::Slot slot_;
};
// verify_firmware reads every component and the envelope of the inactive slot back; the latter is
// the one from which the release was proven. Errors: image_rejected, slot_busy during a trial,
// unknown_component, those of the disk.
Result<Verified> verify_firmware(platform::Device& device, const package::Proven& release,
                                 Bytes envelope);

// holds_firmware says whether that slot's images are those of a release. Errors: those of the disk.
Result<bool> holds_firmware(platform::Device& device, slot::SlotId id,
                            const package::Manifest& manifest);

// keep_consent stores the owner's yes to a manifest in the boot record.
Status keep_consent(platform::Device& device, const Digest& manifest);

// arm_firmware puts the verified slot on trial. Errors: those of slot::arm and of the disk.
Status arm_firmware(platform::Device& device, const Verified& verified);

// confirm_firmware ends the trial well; `created` is the release's. Confirming what is committed
// already changes nothing.
Status confirm_firmware(platform::Device& device, const package::Proven& release);

// revert_firmware ends a trial badly; without a trial there is nothing to do.
Status revert_firmware(platform::Device& device, Code reason);

// restore_firmware makes the kept version active again. Errors: those of slot::restore.
Status restore_firmware(platform::Device& device);

// ---- keyring

// The keyring that is trusted, which views its envelope.
struct TrustedKeyring {
  file::Buffer envelope;
  package::Keyring keyring;
};
// trusted_keyring opens it. Errors: those of slot::check_keyring and of
// package::open_keyring_anchor, and those of the disk.
Result<TrustedKeyring> trusted_keyring(const platform::Device& device);

// commit_keyring replaces the keyring at once and raises its floor. Errors: consent_missing, those
// of the disk.
Status commit_keyring(platform::Device& device, const package::Proven& release, Bytes envelope);

// finish_keyring raises floor and time by the keyring that is trusted already: what a power cut
// between the two steps of commit_keyring left to be done.
Status finish_keyring(platform::Device& device);

// keyring_digest returns the digest of the manifest that carries the present keyring.
Result<Digest> keyring_digest(const platform::Device& device);

}  // namespace airlock::apply
