// A message of EIP-712: its values, by a type map as those of calls are, and its hashes.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/crypto/sha256.h"
#include "engine/abi/clear/limits.h"
#include "engine/abi/type/builder.h"
#include "engine/abi/type/type.h"

namespace airlock::abi::clear {

// What the domain says. A member that the domain's type does not list is not signed, and counts as
// absent.
struct Domain {
  std::optional<std::string> name{};
  std::optional<std::string> version{};
  std::optional<number::U256> chain_id{};
  std::optional<std::array<std::uint8_t, kAddressSize>> verifying_contract{};
  std::optional<std::array<std::uint8_t, kWordSize>> salt{};
};

class TypedData {
 public:
  // read takes {"types", "primaryType", "domain", "message"}. Integers are JSON numbers, or texts
  // in decimal or 0x hexadecimal. A member of a struct that is absent, and a value that does not
  // fit its type, make it no message. Where the types lack EIP712Domain, the domain's own members
  // say what it is. Errors: those of json::Tree::parse, bad_type, bad_value, too_deep, too_many,
  // over_budget (more than kTapeNodes values).
  static Result<TypedData> read(std::string_view json);

  // has_whole_domain says whether the domain has all that its type lists. If not, the hashes are
  // those of what there is, and another wallet may make others.
  bool has_whole_domain() const { return is_whole_; }
  const Domain& domain() const { return domain_; }
  std::string_view primary_type() const { return primary_; }
  // spelling returns encodeType of the primary type.
  std::string_view spelling() const { return spelling_; }
  type::Value message() const { return {map_.map(), nodes_, bytes_, message_}; }

  const crypto::Digest& type_hash() const { return type_hash_; }
  const crypto::Digest& message_hash() const { return message_hash_; }
  const crypto::Digest& domain_separator() const { return domain_separator_; }
  // digest is what is signed.
  crypto::Digest digest() const;

 private:
  friend class MessageReader;
  explicit TypedData(type::OwnedMap map) : map_(std::move(map)) {}

  type::OwnedMap map_;
  std::vector<type::Node> nodes_;
  std::vector<std::uint8_t> bytes_;
  std::uint32_t message_ = 0;
  bool is_whole_ = true;
  std::string primary_;
  std::string spelling_;
  Domain domain_;
  crypto::Digest type_hash_{};
  crypto::Digest message_hash_{};
  crypto::Digest domain_separator_{};
};

}  // namespace airlock::abi::clear
