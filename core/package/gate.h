// The gate: may this device install this release now?
//
// A pure decision over a proven manifest and what the device knows of itself. It runs before a
// byte of payload is fetched, again in the bootloader for what a first boot depends on, and it
// never asks the network.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/base.h"
#include "core/package/quorum.h"

namespace airlock::package {

// One component as the device has it.
struct InstalledComponent {
  std::string_view id;
  std::uint64_t slot_size = 0;
  Digest image_digest;  // what runs now; zero where nothing does
  std::uint64_t image_size = 0;
  std::optional<std::uint64_t> target_address;  // of the inactive slot, where images run in place
};

struct DeviceFacts {
  Kind kind = Kind::firmware;  // of what version, floor and components speak of
  std::string_view model;
  Semver version;           // that runs now
  std::uint32_t floor = 0;  // of the manifest's kind: lower security versions never run
  std::uint32_t bootloader = 0;
  std::uint32_t secure_boot = 0;
  std::uint32_t data_version = 0;
  std::int64_t time_bound = 0;        // proven lower bound of the present, Unix seconds
  std::optional<std::int64_t> clock;  // the system's clock, where there is one; used for one run
  std::uint32_t decoder_memory = 0;
  std::uint64_t scratch_size = 0;  // bytes of the scratch area
  Digest share_secret;             // the device's own identity for ramps
  Digest running_manifest;
  FixedList<InstalledComponent, kComponentsMax> components;
};

// What to fetch for one component.
struct Choice {
  std::uint8_t component = 0;  // index in the manifest
  std::uint8_t payload = 0;    // index in the component
};
struct InstallPlan {
  FixedList<Choice, kComponentsMax> choices;
  std::uint64_t fetch_bytes = 0;
};

// admit returns the plan with the fewest bytes to fetch, or the first reason for which the device
// refuses, in this order: kind and model, already_installed, below_floor, downgrade,
// from_version_outside, bootloader_too_old, secure_boot_too_low, data_version_unreadable, validity,
// ramp, components, slots, payloads. A patch is chosen only where its base is what runs now and its
// memory fits; an image with a load address only for the slot's target_address.
//
// The present is the latest of the proven bound, the release's own `created` (a quorum signed it)
// and the clock. "Expired" and the ramp go by it; "not yet valid" only where a clock is there,
// since a lower bound cannot show that something is still to come. Nothing here stores the clock,
// so that a wrong one costs one run. A device without a clock climbs a ramp by signed times alone.
Result<InstallPlan> admit(const Proven& release, const DeviceFacts& device);

// ramp_admits says whether a device with this share may install at this moment.
bool ramp_admits(const Ramp& ramp, std::uint16_t share, std::int64_t present);

// share_of returns a device's place in a ramp: SHA-256(seed || secret), first eight bytes
// big-endian, modulo 10 000.
std::uint16_t share_of(const Digest& seed, const Digest& secret);

}  // namespace airlock::package
