// What QEMU does for the program in the place of hardware: a screen, files, an end.
//
// ARM's semihosting, which a debugger offers on a real board too. Files stand where QEMU was
// started.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/base.h"

namespace airlock::mcu {

// say writes a text as it is; say_number in decimal.
void say(std::string_view text);
void say_number(std::uint64_t number);

// argument returns the command's word, such as "run"; empty where there is none.
std::string_view argument(std::array<char, 64>& buffer);

[[noreturn]] void end(int status);

// A file of the host, which outlives the machine. There is no sync: what is killed is the machine.
class HostFile {
 public:
  enum class Mode : std::uint8_t { read = 1, update = 3, create = 7 };
  // Names end with a zero behind their view.
  static std::optional<HostFile> open(std::string_view name, Mode mode);
  Result<std::size_t> size() const;
  Status read(std::uint64_t offset, MutableBytes to) const;
  Status write(std::uint64_t offset, Bytes bytes) const;
  void close() const;
  static void remove(std::string_view name);

 private:
  explicit HostFile(std::uint32_t handle) : handle_(handle) {}
  Status seek(std::uint64_t offset) const;
  std::uint32_t handle_;
};

}  // namespace airlock::mcu
