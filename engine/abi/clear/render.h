// Screens as pages of a small display, as lines of a terminal, and as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/clear/screen.h"
#include "engine/abi/clear/typed_data.h"

namespace airlock::abi::clear {

// A display of 128 by 64 points, in letters of 6 by 8.
inline constexpr std::size_t kColumns = 21;
inline constexpr std::size_t kRows = 8;
inline constexpr std::size_t kPagesMax = 4096;

using Page = std::vector<std::string>;  // at most kRows rows of at most kColumns ASCII characters

// pages_of lays out everything that is shown: the warnings of a screen first, then what it is for,
// then each field on pages of its own. What does not fit goes on, and the head says so: "2/3".
// Errors: over_budget, and then nothing is to be signed on this display.
Result<std::vector<Page>> pages_of(const Shown& shown);
// frames_of draws the pages for people, each in a frame of the display's size, in their order.
std::string frames_of(const std::vector<Page>& pages);

// lines_of is the same for a terminal, `columns` wide, with "! " before each warning.
std::string lines_of(const Shown& shown, std::size_t columns);

// json_of is the same for programs.
std::string json_of(const Shown& shown);
// That of a message also says what is signed: {"primary_type","domain_hash","message_hash",
// "digest","screen"}.
std::string json_of(const TypedData& message, const Shown& shown);

}  // namespace airlock::abi::clear
