// The screen: what stands on it, in lines.
#pragma once

#include <string_view>

#include "apps/airlock-mcu/semihosting.h"
#include "core/bare/outside.h"

namespace airlock::mcu {

template <class... Texts>
void say_line(Texts... texts) {
  (say(texts), ...);
  say("\n");
}

// show_question says what the owner is asked about: what the yes is to, by its digests, and when
// it was made. Whoever types for the owner can compare them with what the vendor publishes.
void show_question(const bare::Question& question);

}  // namespace airlock::mcu
