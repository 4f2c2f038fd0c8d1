// Whether a descriptor is for what is signed.
#pragma once

#include "engine/abi/clear/internal/datum.h"
#include "engine/abi/clear/show.h"

namespace airlock::abi::clear::internal {

// All constraints of the context hold, and there is at least one.
bool is_bound(const Compiled& file, std::uint64_t chain_id, Bytes contract, const Source& source);
bool is_bound(const Compiled& file, const TypedData& message);

// The format of a call or a message, or nullptr.
const CallFormat* format_of(const Compiled& file, const type::Entry& entry);
const CallFormat* format_of(const Compiled& file, const TypedData& message);

// show_raw shows what no description could show, and why.
Screen show_raw(const Call& call, const Source& source, Warnings why);
Screen show_raw(const TypedData& message, Warnings why);

}  // namespace airlock::abi::clear::internal
