// What each command does. Results go to standard output; errors are the caller's to show, each with
// what it is about. Where that is the command line the text is all that has to be said.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/airlock-device/health.h"
#include "apps/airlock-device/owner.h"
#include "core/base/base.h"
#include "device/agent/agent.h"
#include "device/platform/power_on.h"
#include "host/file/file.h"

namespace airlock::app {

using Answer = platform::Located<void>;

enum class Output : std::uint8_t { people, json };

struct ProvisionOptions {
  file::Path dir;
  std::string model, server, region, group, certificate;
  std::string keyring, root;
  std::optional<std::string> ca, firmware, fee_limits;
  bool server_roots = false;
  std::vector<std::string> responders;
  std::vector<std::string> ask_for;
  std::string tier, fee_plugins;
  std::vector<std::string> plugins_may_lack;
  std::uint32_t plugin_budget_ms = platform::kPluginBudgetMsDefault;
  std::vector<std::string> components;  // "mcu=4M" or "mcu=/dev/x,/dev/y"
  std::uint32_t bootloader = 0;
  std::uint32_t secure_boot = 0;
  bool unnamed = false;
  std::optional<std::string> loader;  // "grub=PATH" or "u-boot=PATH"
  Output output = Output::people;
};
Answer provision(const ProvisionOptions& options);

// How long a run goes on.
enum class Until : std::uint8_t { once, quiet, stopped };

struct RunOptions {
  file::Path dir;
  Until until = Until::stopped;
  Consent consent;
  agent::Trial trial = agent::Trial::healthy;
  std::optional<std::string> health;  // a command that ends well where new firmware is well
  std::uint32_t health_seconds = kHealthSecondsDefault;
  Output output = Output::people;
  std::optional<file::Path> package;  // install: by hand
  bool built_in = false;              // install: what this program brings
  bool restore = false;               // revert: back to the kept version
};
// run drives the device; its error is also that of a session that failed.
Answer run(const RunOptions& options);

// keep_memory_small is asked once, before anything large is kept.
void keep_memory_small();

Answer show_status(const file::Path& dir, Output output);
Answer boot(const file::Path& dir, platform::HandsOver hands_over, Output output);

}  // namespace airlock::app
