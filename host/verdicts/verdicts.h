// host/verdicts: what a signature check answered, remembered.
//
// It is for simulators, which ask about the same few signatures a million times. A verdict is a
// pure function of key, message and signature, so that the first answer is as good as any. Nothing
// includes this: whoever lists the room is linked with it in front of the backend of core/crypto
// (CMakeLists.txt). No program that signs for anybody, serves anybody or runs on a
// device may list it; a test looks at each of them.
#pragma once

#include <cstddef>

namespace airlock::verdicts {

// What a thread remembers, so that signatures which are asked about once fill no memory: with one
// more it forgets all and begins anew.
inline constexpr std::size_t kRememberedMax = std::size_t{1} << 16;

// remembered is how many verdicts this thread knows; checked, how often it had to ask for one.
std::size_t remembered();
std::size_t checked();

}  // namespace airlock::verdicts
