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

// What the types of a contract say of a call, on any chain.
struct Explained {
  std::string_view call{};    // its name
  std::string_view target{};  // the contract, as the call was asked to be read
  type::Value values;
  Warnings why{};
};

// show_values shows a call of which no descriptor speaks: each value under its own name.
Shown show_values(const Explained& call);

}  // namespace airlock::abi::clear
