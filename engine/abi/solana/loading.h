// What the readers of IDLs and of native schemas share.
#pragma once

#include "engine/abi/solana/types.h"

namespace airlock::abi::solana {

// list_in returns a member's elements; none where it is absent or null. Errors: bad_abi, too_many.
Result<std::vector<json::Node>> list_in(json::Node object, std::string_view name);
Result<std::string_view> name_of(json::Node item);
// stored_key returns the bytes that an item says its data begins with: `discriminator` as bytes,
// Shank's `discriminant` as a number and its type. Errors: bad_abi.
Result<std::optional<std::vector<std::uint8_t>>> stored_key(json::Node item);
// add_accounts adds an instruction's accounts; those of a group are named "group.account".
Status add_accounts(type::Builder& builder, type::Entry& entry, json::Node instruction);
Status declare_types(Types& types, json::Node root);
Status add_records(type::Builder& builder, Types& types, json::Node root);

Status read_native(type::Builder& builder, json::Node root);

}  // namespace airlock::abi::solana
