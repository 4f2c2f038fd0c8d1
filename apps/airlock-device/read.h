// The simulated wallet's screen: what a call or a message means by the ABI pack in use.
#pragma once

#include "apps/airlock-device/commands.h"

namespace airlock::app {

// What the screen is: lines of the terminal, or a display of 128 by 64 points, page after page.
enum class Display : std::uint8_t { terminal, small };

struct ReadOptions {
  file::Path dir;
  std::string chain, to, data;
  std::string value = "0";  // that the call pays, in the smallest unit
  std::string from;         // who signs, where it is known
  std::string message;      // in place of a call: the file of a message of EIP-712, or "-"
  bool follow = false;      // lines of JSON, each read by the pack that is then in use
  Display display = Display::terminal;
  Output output = Output::people;
};
// read_call says what is to be signed. What nothing explains is shown raw, with a warning; that is
// no error, since its owner may sign it all the same.
Answer read_call(const ReadOptions& options);

}  // namespace airlock::app
