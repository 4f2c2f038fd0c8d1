// Joining stored blocks into a payload file.
#pragma once

#include <cstdint>
#include <vector>

#include "core/delta/delta.h"
#include "core/delta/units.h"
#include "publish/diff/diff.h"

namespace airlock::diff {

// The coded bytes of one block.
struct CodedBlock {
  delta::Coding coding = delta::Coding::raw;
  std::vector<std::uint8_t> bytes;
  delta::Isa isa = delta::Isa::none;
};

// join_payload lays out head and body and fills the fields that follow from them: size, digest,
// head_size, root, piece_size. The first of `entries` are the facts.
BuiltPayload join_payload(const std::vector<CodedBlock>& entries, std::uint16_t piece_size);

// check_payload decodes every block with core/delta and compares: self_check_failed otherwise.
Status check_payload(const BuiltPayload& built, Bytes image, Bytes base, std::size_t workers);

}  // namespace airlock::diff
