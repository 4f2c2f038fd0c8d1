// When a rule holds: conditions on what a fee is asked for, all of which must be so.
#pragma once

#include <cstring>

#include "engine/fee/strategy/strategy.h"

namespace airlock::fee {

inline constexpr std::size_t kWordsMax = 64;      // alternatives of one condition
inline constexpr std::size_t kWordSizeMax = 128;  // bytes

// A word, or with a '*' at its end all that begin so.
class Pattern {
 public:
  explicit Pattern(std::string_view text)
      : text_(text.substr(0, text.size() - (text.ends_with('*') ? 1 : 0))),
        is_prefix_(text.ends_with('*')) {}
  bool matches(std::string_view word) const {
    const std::size_t size = text_.size();
    return (is_prefix_ ? word.size() >= size : word.size() == size) &&
           same(word.data(), text_.data(), size);
  }

 private:
  // Eight bytes at a time: the words are short, and a call of memcmp is not.
  static bool same(const char* a, const char* b, std::size_t size) {
    for (; size >= 8; a += 8, b += 8, size -= 8) {
      if (std::memcmp(a, b, 8) != 0) return false;
    }
    for (; size > 0; ++a, ++b, --size) {
      if (*a != *b) return false;
    }
    return true;
  }

  std::string text_;
  bool is_prefix_;
};

// One of several patterns; none at all matches everything.
class AnyOf {
 public:
  AnyOf() = default;
  explicit AnyOf(std::vector<Pattern> patterns) : patterns_(std::move(patterns)) {}
  bool matches(std::string_view word) const { return patterns_.empty() || has(word); }

 private:
  bool has(std::string_view word) const {
    for (const Pattern& pattern : patterns_) {
      if (pattern.matches(word)) return true;
    }
    return false;
  }
  std::vector<Pattern> patterns_;
};

// From the first on and below the second, where there is one.
template <class T>
struct Span {
  T from{};
  std::optional<T> below{};
};

// A condition on what the wallet did not say (congestion, time) does not hold.
struct When {
  AnyOf chain{}, asset{}, operation{}, tier{};
  std::optional<Span<U256>> amount{};
  std::optional<Span<std::uint32_t>> congestion{};  // shares of kWhole
  std::optional<Span<std::int64_t>> time{};
  std::optional<Span<std::uint32_t>> daily{};  // minutes of the day in UTC; may go past midnight
  bool has_more = false;                       // than the four words

  bool holds(const Asked& asked) const {
    return chain.matches(asked.chain) && asset.matches(asked.asset) &&
           operation.matches(asked.operation) && tier.matches(asked.tier) &&
           (!has_more || holds_else(asked));
  }
  // why_not names the first condition that does not hold, and what was asked: "tier is silver".
  std::string why_not(const Asked& asked) const;

 private:
  bool holds_else(const Asked& asked) const;
};

}  // namespace airlock::fee
