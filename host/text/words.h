// A digest in words, to be read aloud.
#pragma once

#include <string>
#include <string_view>

#include "core/base/base.h"
#include "core/crypto/sha256.h"

namespace airlock::text {

// to_words writes one word for each byte, with a space between: "acorn adult agent ..". No two of
// the 256 words begin with the same three letters, sound alike or differ by fewer than three, so
// that what is misheard is no other word.
std::string to_words(Bytes bytes);

// digest_from_words reads the 32 words of a digest, lower case and with one space between. Errors:
// bad_text (at: the number of the word that is none, from 0).
Result<crypto::Digest> digest_from_words(std::string_view text);

}  // namespace airlock::text
