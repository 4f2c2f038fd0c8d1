// What auditors sign of a descriptor (ERC-8176), whatever the spaces and order of its file.
#pragma once

#include <string>
#include <string_view>

#include "core/crypto/sha256.h"
#include "engine/abi/clear/limits.h"
#include "host/json/tree.h"

namespace airlock::abi::clear {

// append_canonical adds the RFC 8785 form of a value. Errors: out_of_range for a number above 2^53,
// which that form could not keep.
Status append_canonical(std::string& to, json::Node value);

// descriptor_digest is keccak256 of the RFC 8785 form of a file. Errors: those of
// json::Tree::parse and append_canonical.
Result<crypto::Digest> descriptor_digest(std::string_view json);

}  // namespace airlock::abi::clear
