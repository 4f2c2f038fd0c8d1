// The opened device.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "core/slot/slot.h"
#include "device/platform/area.h"
#include "device/platform/config.h"
#include "device/platform/fault.h"
#include "device/platform/identity.h"
#include "host/file/file.h"

namespace airlock::platform {

inline constexpr std::string_view kKeyName = "device.key";
inline constexpr std::string_view kPublicKeyName = "device.pub";
inline constexpr std::string_view kKeyringName = "areas/keyring.area";
inline constexpr std::string_view kRootName = "trust/root.json";  // the repository door's

// Who opens a device: its one driver, or somebody who only looks, and who needs and gets no more
// than the right to read.
enum class Opening : std::uint8_t { drive, look };

// The two slots of one component.
using Slots = std::array<FileArea, slot::kSlotCount>;

class Device {
 public:
  // open opens a provisioned folder. Errors: busy where another process drives it, not_found,
  // slots_not_apart where two of its areas are one file or device, and those of reading its files;
  // each names the file.
  static Located<Device> open(const file::Path& folder, Opening opening);

  const Config& config() const { return config_; }
  // key reads the device's own key anew each time: it stays in memory no longer than it is used,
  // and a bootloader does without it. Errors: those of DeviceKey::read.
  Result<DeviceKey> key() const { return DeviceKey::read(folder_ / kKeyName); }
  file::Path path(std::string_view name) const { return folder_ / name; }
  // ca_file is empty where wallet roots alone vouch for the server.
  file::Path ca_file() const {
    return config_.ca.empty() ? file::Path() : folder_ / config_.ca;  // absolute: replaces it
  }

  // fee_limits_file is empty where the device takes no fee policies.
  file::Path fee_limits_file() const {
    return config_.fee_limits.empty() ? file::Path() : folder_ / config_.fee_limits;
  }

  // The boot record.
  Result<slot::Record> record() const;
  // store_record writes it unless it says what is stored already; returns what is stored then.
  Result<slot::Record> store_record(const slot::Record& record);

  // Slots. component is an index of config().components.
  std::optional<std::size_t> component_named(std::string_view id) const;
  FileArea& image(std::size_t component, slot::SlotId id);
  // envelope returns the manifest's envelope of a slot: not_found where the slot is empty.
  Result<file::Buffer> envelope(slot::SlotId id) const;
  Status store_envelope(slot::SlotId id, Bytes envelope);
  // holds_envelope says whether that slot's envelope is this one, without another copy in memory.
  Result<bool> holds_envelope(slot::SlotId id, Bytes envelope) const;

  Result<file::Buffer> keyring_envelope() const;
  // store_keyring replaces the keyring's envelope; its caller proved it.
  Status store_keyring(Bytes envelope);

  // boot is a reset: the bootloader decides what runs from now on (slot::boot).
  Result<slot::Boot> boot();

  // free_bytes is what the file system of the folder has left.
  Result<std::uint64_t> free_bytes() const;

 private:
  Device(file::Path folder, Config config, std::array<RecordCopy, 2> copies);
  Located<void> open_slots(file::Access access);
  slot::RecordAreas record_areas() const { return {{&copies_[0], &copies_[1]}}; }

  file::Path folder_;
  Config config_;
  mutable std::array<RecordCopy, 2> copies_;  // an area is one to write, though it is only read
  std::vector<Slots> slots_;                  // as config_.components
  std::optional<file::File> lock_;
};

// What make_device needs besides the configuration.
struct Birth {
  Config config;
  file::Buffer keyring;  // the anchor's envelope (package::open_keyring_anchor judged it)
  file::Buffer root;     // the repository's first root.json
  file::Buffer ca;       // PEM; empty where wallet roots alone vouch for the server
  std::optional<file::Buffer> fee_limits{};
};

// make_device makes the folder of a new device: key, areas, an empty record, the trust anchors, and
// a wallet with a fresh seed. Where a component's paths are empty it makes files for them. Errors:
// exists_already where there is a device, slots_not_apart, and those of the disk.
Located<void> make_device(const file::Path& folder, Birth birth);

}  // namespace airlock::platform
