// The pages of an exchange's journal as bytes. Private to the room.
#pragma once

#include <array>
#include <cstdint>

#include "core/slot/exchange.h"

namespace airlock::slot {

using ExchangeMark = std::array<std::uint8_t, kExchangeMarkSize>;

// encode_exchange_mark says that `step` steps are done, in a page of this sequence.
ExchangeMark encode_exchange_mark(const ExchangePage& page, std::uint32_t step);

// read_newest_page returns what the journal says, its marks counted: of pages of one sequence the
// one that says more. record_lost where neither page reads.
Result<ExchangePage> read_newest_page(const std::array<Area*, 2>& journal);

// which_says_less is the page that may be replaced first: the one that does not read, is older, or
// has fewer marks.
std::size_t which_says_less(const std::array<Area*, 2>& journal);

}  // namespace airlock::slot
