// What both programs read from their command line.
#pragma once

#include <airlock/abi.hpp>
#include <cstdlib>
#include <iostream>
#include <string>

namespace example {

using namespace airlock::embed;

// Bytes from hexadecimal digits; anything else becomes bytes that no root equals.
inline Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(
        static_cast<std::uint8_t>(std::strtoul(text.substr(i, 2).c_str(), nullptr, 16)));
  return bytes;
}

// PACK ROOT COUNT VERSION: a file, and what its manifest says, which the program that calls this
// has proven and committed.
struct Pack {
  explicit Pack(char** arguments)
      : path(arguments[0]),
        committed{from_hex(arguments[1]),
                  static_cast<std::uint32_t>(std::strtoul(arguments[2], nullptr, 10)),
                  arguments[3]} {}
  std::string path;
  Committed committed;
};

// transfer(0x2222.., 1000)
inline Call transfer() {
  const std::string receiver(40, '2');
  return {"eip155:1",
          "0x1111111111111111111111111111111111111111",
          from_hex("a9059cbb" + std::string(24, '0') + receiver + std::string(61, '0') + "3e8"),
          {}};
}

inline int complain(const std::string& what, const Error& error) {
  std::cerr << "error: " << error.name() << ": " << (error.key.empty() ? what : error.key) << ": "
            << error.text() << '\n';
  return 1;
}

}  // namespace example
