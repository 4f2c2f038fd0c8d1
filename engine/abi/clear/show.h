// What a person is shown of a call or a message.
//
// These functions always answer. Where the descriptor is not bound to what is signed, does not know
// it, or does not fit it, the one screen shows the raw bytes and says why: nothing is hidden, and
// nothing stops the owner from deciding.
#pragma once

#include <optional>

#include "engine/abi/clear/descriptor.h"
#include "engine/abi/clear/screen.h"
#include "engine/abi/clear/source.h"
#include "engine/abi/clear/typed_data.h"

namespace airlock::abi::clear {

struct Call {
  std::uint64_t chain_id = 0;
  Bytes to{};  // 20 bytes
  std::optional<Bytes> from{};
  number::U256 value{};
  Bytes data{};
};

// show_call shows a call by a descriptor, if there is one. The tape is where calls are decoded.
Shown show_call(const Descriptor* descriptor, const Call& call, const Source& source,
                type::Tape& tape);

// show_message shows a message that `from` is asked to sign.
Shown show_message(const Descriptor* descriptor, const TypedData& message,
                   std::optional<Bytes> from, const Source& source, type::Tape& tape);

// Parts of a screen for what no descriptor shows, on any chain.
//
// paying_field says what a call pays: in the chain's own currency, or as the bare number with a
// warning where nobody knows that.
Field paying_field(const number::U256& value, std::optional<std::uint64_t> chain_id,
                   const Source& source);
// add_values adds each value under its own name, and add_data bytes that nothing explains; of what
// is too long a part stands there, with a mark.
void add_values(Screen& screen, const type::Value& values);
void add_data(Screen& screen, Bytes data);

}  // namespace airlock::abi::clear
