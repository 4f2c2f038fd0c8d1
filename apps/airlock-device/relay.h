// The host of a device that has no network: what a companion app does.
#pragma once

#include <string>

#include "apps/airlock-device/commands.h"

namespace airlock::app {

struct RelayOptions {
  std::string serial;  // a port, unix:PATH, or -
  file::Path package;
  std::uint32_t baud = 115200;
  unsigned patience_seconds = 1200;  // without a word of the device; an owner may think for long
  Output output = Output::people;
};
// relay offers the package to the device at the other end until that says how it ended; its error
// is also the device's. It decides nothing: whether the package is good is for the device to say.
Answer relay(const RelayOptions& options);

}  // namespace airlock::app
