// Shared libraries for tests, made by the C compiler of the machine.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/base/base.h"

namespace airlock::elf {

// How a plugin is to be built.
inline constexpr std::string_view kBuild =
    "-O2 -fPIC -shared -nostartfiles -fvisibility=hidden -Wl,-z,relro,-z,now";

inline bool has_compiler() {
  static const bool has = std::system("cc --version > /dev/null 2>&1") == 0;
  return has;
}

// compiled returns the library that `cc` makes of a source; nothing where it makes none, which is
// a failure of the test unless the machine has no compiler.
inline std::vector<std::uint8_t> compiled(const std::string& source, const std::string& more = "",
                                          const std::string& build = std::string(kBuild)) {
  const std::string base = ::testing::TempDir() + "airlock-elf-" + std::to_string(getpid());
  std::ofstream(base + ".c") << source;
  const std::string command =
      "cc " + build + " -o " + base + ".so " + base + ".c " + more + " 2> " + base + ".log";
  const bool made = std::system(command.c_str()) == 0;
  std::ifstream log(base + ".log");
  EXPECT_TRUE(made) << command << "\n" << std::string(std::istreambuf_iterator(log), {});
  std::ifstream file(base + ".so", std::ios::binary);
  std::vector<std::uint8_t> bytes(std::istreambuf_iterator<char>(file), {});
  for (const char* end : {".c", ".so", ".log"}) std::remove((base + end).c_str());
  return made ? bytes : std::vector<std::uint8_t>();
}

}  // namespace airlock::elf
