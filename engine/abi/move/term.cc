#include "engine/abi/move/term.h"

#include <algorithm>

namespace airlock::abi::move {

TermId Terms::make(TokenKind kind, std::uint8_t results, std::uint16_t index,
                   std::span<const TermId> inner) {
  std::uint64_t hash =
      std::uint64_t{index} << 32 | std::uint64_t{results} << 8 | static_cast<std::uint64_t>(kind);
  hash = type::mixed(hash, inner.size());
  for (const TermId part : inner) hash = type::mixed(hash, part);
  const auto next = static_cast<TermId>(terms_.size());
  const TermId found = places_.find_or_add(hash, next, [&](TermId other) {
    const Term& term = terms_[other];
    return term.kind == kind && term.results == results && term.index == index &&
           std::ranges::equal(this->inner(other), inner);
  });
  if (found != next) return found;
  Term made;
  made.kind = kind;
  made.results = results;
  made.index = index;
  made.count = static_cast<std::uint32_t>(inner.size());
  made.first = static_cast<std::uint32_t>(inner_.size());
  for (const TermId part : inner) {
    made.size += terms_[part].size;
    made.depth = std::max(made.depth, terms_[part].depth + 1);
  }
  inner_.insert(inner_.end(), inner.begin(), inner.end());
  terms_.push_back(made);
  return next;
}

}  // namespace airlock::abi::move
