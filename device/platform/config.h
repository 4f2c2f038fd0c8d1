// What a device is and where it asks: config.json.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/base.h"
#include "core/slot/slot.h"
#include "host/file/file.h"

namespace airlock::platform {

inline constexpr std::size_t kConfigSizeMax = 64 << 10;
inline constexpr std::size_t kConfigTextMax = 512;
inline constexpr std::size_t kPlaceTextMax = 64;  // region, group: what a check-in takes
inline constexpr std::size_t kRespondersMax = 8;

// One part of the device and its two slots.
struct ComponentConfig {
  std::string id;
  std::uint64_t slot_size = 0;
  // Relative to the device's folder, or absolute (a block device).
  std::array<std::string, slot::kSlotCount> paths;
};

// How a device names itself to its server.
enum class Naming : std::uint8_t { duid, pseudonym };

struct Config {
  std::string model;
  std::string server;  // "https://host:port"
  std::string ca;      // PEM file; relative to the folder, or absolute; "" = wallet roots alone
  std::uint32_t bootloader = 0;
  std::uint32_t secure_boot = 0;
  std::string region;       // "" = not told
  std::string group;        // "" = none
  std::string certificate;  // SHA-256 of the one that the firmware is signed under, hex; "" = none
  Naming naming = Naming::duid;
  // The server's certificate must stand under a wallet root, beside what `ca` asks for.
  bool server_roots = false;
  // Places, "HOST:PORT", that may be asked about certificates though they are not public.
  std::vector<std::string> responders;
  // Kinds that the owner is asked about though they would come without: "abi-pack", "fee-policy".
  std::vector<std::string> ask_for;
  // What this wallet allows fee policies to charge: a file, relative to the folder or absolute. No
  // package changes it; "" = the device takes no fee policies.
  std::string fee_limits;
  std::vector<ComponentConfig> components;
};

// read_config reads and checks a file. Errors: those of host/file and host/json, too_many,
// duplicate_key where two components have one id.
Result<Config> read_config(const file::Path& path);
Status create_config(const file::Path& path, const Config& config);

}  // namespace airlock::platform
