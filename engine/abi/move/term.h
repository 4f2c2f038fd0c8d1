// Types of Move, whatever module they came from: equal ones are one, so that a number is enough to
// compare them, and to remember what became of them.
#pragma once

#include <span>
#include <vector>

#include "engine/abi/move/module.h"
#include "engine/abi/type/map.h"
#include "engine/abi/type/places.h"

namespace airlock::abi::move {

using TermId = std::uint32_t;

struct Term {
  TokenKind kind = TokenKind::boolean;
  std::uint8_t results = 0;  // of a function: so many at the end of what it contains
  std::uint16_t index = 0;   // which type parameter, or which struct
  std::uint32_t count = 0;   // of what it contains
  std::uint32_t first = 0;
  std::uint32_t size = 1;   // parts, with all that it contains
  std::uint32_t depth = 1;  // levels of them
  // What became of it.
  std::uint32_t type = type::kNone;  // of the map
  type::Text spelled{};
};

class Terms {
 public:
  Terms() {
    terms_.reserve(64);
    inner_.reserve(64);
  }
  // make returns the term of this kind with these inside.
  TermId make(TokenKind kind, std::uint8_t results, std::uint16_t index,
              std::span<const TermId> inner);
  Term& operator[](TermId id) { return terms_[id]; }
  const Term& operator[](TermId id) const { return terms_[id]; }
  // inner returns what a term contains, until the next one is made.
  std::span<const TermId> inner(TermId id) const {
    return std::span(inner_).subspan(terms_[id].first, terms_[id].count);
  }

 private:
  std::vector<Term> terms_;
  std::vector<TermId> inner_;
  type::Places places_;
};

}  // namespace airlock::abi::move
