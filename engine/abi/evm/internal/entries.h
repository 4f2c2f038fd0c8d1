// Entries as they are read: each gets its key, and what comes twice is kept once.
#pragma once

#include <map>
#include <string>

#include "engine/abi/evm/internal/parameters.h"

namespace airlock::abi::evm::internal {

// One entry before it has a key. The texts must outlive add.
struct Draft {
  type::EntryKind kind = type::EntryKind::function;
  std::uint8_t flags = 0;
  std::string_view name{};
  std::string inputs = "()";  // canonical spellings
  std::string outputs{};
  std::string indexed{};  // one letter a parameter: what else decides how bytes are read
  std::uint32_t input = type::kNone;
  std::uint32_t output = type::kNone;
};

// key_size says how many bytes of the hash of its signature choose an entry.
std::size_t key_size(type::EntryKind kind, std::uint8_t flags);

class Entries {
 public:
  explicit Entries(type::Builder& builder) : builder_(builder) {}

  // add keeps an entry. It returns false where the same one is there. Errors: ambiguous where
  // another one answers to the same bytes, bad_abi where its name is none.
  Result<bool> add(const Draft& draft);

 private:
  type::Builder& builder_;
  std::map<std::pair<type::EntryKind, std::string>, std::string> kept_;  // what answers to a key
};

}  // namespace airlock::abi::evm::internal
