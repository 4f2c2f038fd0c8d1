// Texts that somebody else chose: authors of descriptors and tokens, and whoever names an address.
#pragma once

#include <string>
#include <string_view>

#include "engine/abi/clear/limits.h"
#include "engine/abi/clear/screen.h"

namespace airlock::abi::clear {

// append_harmless adds a text as one line in which nothing is hidden, cut with a mark where it is
// longer than `size_max`, and says what is doubtful: escaped, look_alike, shortened.
Warnings append_harmless(std::string& to, std::string_view text, std::size_t size_max);

// fits_sentence says whether a text can stand in a sentence as one thing: no part of it passes for
// an address, for a name of the kind "vitalik.eth", or for the words between two values.
bool fits_sentence(std::string_view text);

// is_symbol says whether a text can stand behind an amount: it is there, has nothing hidden in it,
// and no word of it is a number or goes on with the one before it. is_name says whether one can
// stand in place of an address: nothing is hidden, and no word of it passes for an address, whole
// or shortened. Both are at most kNameSizeMax bytes long.
bool is_symbol(std::string_view text);
bool is_name(std::string_view text);

}  // namespace airlock::abi::clear
