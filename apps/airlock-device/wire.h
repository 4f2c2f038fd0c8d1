// The line to a device, as the host has it: a serial port, a socket, or standard input and output.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/base.h"
#include "device/platform/fault.h"

namespace airlock::app {

// Move-only. What it is of may come and go: a device that is reset, a cable.
class Wire {
 public:
  // open takes the path of a serial port, unix:PATH, or - for standard input and output. Its errors
  // say what to do: not_found, unreachable where nobody holds the other end, access_denied and what
  // else the system answers, usage where it is none of these.
  static platform::Located<Wire> open(const std::string& name, std::uint32_t baud);
  Wire(Wire&& other) noexcept;
  Wire& operator=(Wire&& other) noexcept;
  ~Wire();

  // read waits for at least one byte and returns how many came; 0 where none did in that time.
  // Errors: unreachable where the other end is gone.
  Result<std::size_t> read(MutableBytes to, std::chrono::milliseconds at_most);
  // write waits until all of it went. Errors: unreachable, timed_out.
  Status write(Bytes bytes);

 private:
  Wire(int in, int out) : in_(in), out_(out) {}
  void close();
  int in_ = -1;
  int out_ = -1;
};

// bauds are the speeds that a serial port can be set to.
std::vector<std::uint32_t> bauds();

}  // namespace airlock::app
