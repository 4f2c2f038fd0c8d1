// What a device is and where it asks: config.json.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/base.h"
#include "core/slot/slot.h"
#include "device/loader/loader.h"
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

// How a wallet runs native fee plugins.
enum class FeePlugins : std::uint8_t {
  none,        // it takes none
  confined,    // in a process that can do nothing but answer
  in_process,  // as a part of itself, where the firmware's quorum signed and the owner consented
};
inline constexpr std::size_t kLayersMax = 8;
inline constexpr std::uint32_t kPluginBudgetMsDefault = 50;
inline constexpr std::uint32_t kPluginBudgetMsMax = 30'000;

// The loader in front of the system, and where the system says what it did.
struct LoaderConfig {
  loader::Environment environment;
  // Files that a kernel has at these places; a test has others.
  file::Path command_line = "/proc/cmdline";
  file::Path boot_id = "/proc/sys/kernel/random/boot_id";
};

struct Config {
  std::string model;
  std::string server;  // "https://host:port"
  std::string ca;      // PEM file; relative to the folder, or absolute; "" = wallet roots alone
  std::uint32_t bootloader = 0;
  std::uint32_t secure_boot = 0;
  std::string region;       // "" = not told
  std::string group;        // "" = none
  std::string tier;         // of the user, told where fees are asked for; "" = not told
  std::string certificate;  // SHA-256 of the one that the firmware is signed under, hex; "" = none
  Naming naming = Naming::duid;
  // The server's certificate must stand under a wallet root, beside what `ca` asks for.
  bool server_roots = false;
  // Places, "HOST:PORT", that may be asked about certificates though they are not public.
  std::vector<std::string> responders;
  // Kinds that the owner is asked about though they would come without: "abi-pack", "fee-policy",
  // "fee-plugin".
  std::vector<std::string> ask_for;
  // What this wallet allows fee policies to charge: a file, relative to the folder or absolute. No
  // package changes it; "" = the device takes no fee policies.
  std::string fee_limits;
  FeePlugins fee_plugins = FeePlugins::none;
  std::vector<std::string> plugins_may_lack;  // layers of host/sandbox without which they run too
  std::uint32_t plugin_budget_ms = kPluginBudgetMsDefault;  // of one quote
  std::vector<ComponentConfig> components;
  LoaderConfig loader;
};
// name_of returns "", "confined", "in-process"; fee_plugins_named is the way back: out_of_range for
// another text.
std::string_view name_of(FeePlugins plugins);
Result<FeePlugins> fee_plugins_named(std::string_view name);

// read_config reads and checks a file. Errors: those of host/file and host/json, too_many,
// duplicate_key where two components have one id.
Result<Config> read_config(const file::Path& path);
Status create_config(const file::Path& path, const Config& config);

}  // namespace airlock::platform
