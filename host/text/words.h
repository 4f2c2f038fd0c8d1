// A digest in words, to be read aloud.
#pragma once

#include <string>

#include "core/base/base.h"

namespace airlock::text {

// to_words writes one word for each byte, with a space between: "acorn adult agent ..". No two of
// the 256 words begin with the same three letters, sound alike or differ by fewer than three, so
// that what is misheard is no other word.
std::string to_words(Bytes bytes);

}  // namespace airlock::text
