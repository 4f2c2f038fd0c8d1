// How much of anything clear signing reads, keeps and shows.
#pragma once

#include <cstddef>
#include <cstdint>

namespace airlock::abi::clear {

inline constexpr std::size_t kDescriptorSizeMax = 1 << 20;  // of one file
inline constexpr std::size_t kIncludesMax = 4;              // files that include one another
inline constexpr std::size_t kFormatsMax = 1024;            // of one descriptor
inline constexpr std::size_t kRulesMax = 8192;              // fields and groups of one descriptor
inline constexpr std::size_t kGroupsDeepMax = 8;
inline constexpr std::size_t kStepsMax = 16;       // of one path
inline constexpr std::size_t kPathSizeMax = 1024;  // of one, as text
inline constexpr std::size_t kLoopsMax = 4;        // arrays within arrays that one field walks
inline constexpr std::size_t kDeploymentsMax = 4096;
inline constexpr std::size_t kChoicesMax = 256;     // values of one visibility rule, or addresses
inline constexpr std::size_t kEntriesMax = 65'536;  // of all enums, or of all maps

inline constexpr std::size_t kFieldsMax = 2048;  // of one screen and all that is nested in it
inline constexpr std::size_t kCallsMax = 64;     // one screen, and those nested in it
inline constexpr std::size_t kCallsDeepMax = 5;
inline constexpr std::size_t kShownMax = 1 << 20;  // bytes of text of all screens together
inline constexpr std::size_t kLabelMax = 128;      // bytes of what an author wrote: cut with a mark
inline constexpr std::size_t kSentenceMax = 1024;
inline constexpr std::size_t kWordMax = 64;       // bytes of a symbol or a name
inline constexpr std::size_t kNameSizeMax = 256;  // of a name as a pack has it: shown cut

inline constexpr std::size_t kMessageSizeMax = 1 << 20;  // of typed data as JSON
inline constexpr std::size_t kStructsMax = 128;          // of one message's types
inline constexpr std::size_t kMembersMax = 256;          // of one struct
inline constexpr std::size_t kTypeSpellingMax = 32 << 10;
inline constexpr std::size_t kMessageDeepMax = 24;  // values within values

inline constexpr std::size_t kAddressSize = 20;
inline constexpr std::size_t kWordSize = 32;

}  // namespace airlock::abi::clear
