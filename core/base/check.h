// Assertions that stay on in every build: a bug stops the program before it can do harm.
#pragma once

namespace airlock {

// Ends the program (a trap: no I/O, no allocation), so that a bug is never carried further.
[[noreturn]] inline void broken_promise() { __builtin_trap(); }

}  // namespace airlock

#define AIRLOCK_CHECK(condition)   \
  do {                             \
    if (!(condition)) [[unlikely]] \
      ::airlock::broken_promise(); \
  } while (false)
