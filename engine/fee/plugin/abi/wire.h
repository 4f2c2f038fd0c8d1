// What a wallet and the process of a plugin say to each other: whole records, each in one message
// of a socket that keeps messages apart. Both ends are compiled together. The wallet begins with a
// Setup, and is told Ready; then each Question has one Reply. The process is confined from Ready
// on, and nothing that it says is believed: see engine/fee/plugin/answers.h.
#pragma once

#include <cstdint>

#include "engine/fee/plugin/abi/airlock_fee_plugin.h"

namespace airlock::fee::plugin {

struct Setup {
  std::uint64_t evaluate = 0;  // where that function lies in the library
  std::uint64_t memory_bytes = 0;
  std::uint64_t processor_seconds = 0;
  std::uint32_t layers = 0;  // to be enforced (sandbox::Layers)
  std::uint32_t unused = 0;
};

struct Ready {
  std::uint32_t code = 0;    // a Code: why it is not
  std::uint32_t layers = 0;  // that hold
  std::uint32_t landlock = 0;
  std::uint32_t unused = 0;
};

struct Question {
  std::uint64_t number = 0;
  airlock_fee_situation situation{};
};

struct Reply {
  std::uint64_t number = 0;   // of the question
  std::int32_t outcome = 0;   // airlock_fee_outcome, if it is one
  std::uint32_t retires = 0;  // 1: half of its processor time is spent; start another one
  airlock_fee_answer answer{};
};

}  // namespace airlock::fee::plugin
