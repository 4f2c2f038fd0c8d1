// engine/fee/strategy: how a fee is named, one strategy at a time.
//
// It is for the arithmetic of a fee policy. A Strategy answers one question, what is the fee of
// this transaction, by whole numbers of the asset's smallest unit; strategies that are made of
// others (sum.h, choice.h) ask them the same question, so that one which comes from elsewhere, such
// as a plugin, is one more strategy. It promises exact results or a refusal: nothing wraps, nothing
// is a float, and all that one evaluation rounds is rounded in the one direction that its policy
// states. An evaluation asks for no heap, and ends: strategies nest kDepthMax deep at most, and
// none repeats anything more often than its tables are long. It never knows who is paid, and no
// wallet's limits.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/number/arithmetic.h"

namespace airlock::fee {

using number::Ratio;
using number::Rounding;
using number::U256;

inline constexpr std::size_t kDepthMax = 8;           // of strategies in strategies
inline constexpr std::size_t kPriorityFeesMax = 256;  // samples that a wallet brings
inline constexpr std::uint32_t kWhole = 10'000;       // shares are parts of it: 1 is 0.01 %
inline constexpr std::uint32_t kMinutesOfDay = 24 * 60;

// What a chain said of its own fees, as far as a wallet asked it.
struct ChainData {
  std::optional<U256> base_fee{};  // of the next block, in wei per gas (EIP-1559)
  // What transactions of the last blocks paid above it, in any order: wei per gas, or
  // micro-lamports per compute unit.
  std::span<const std::uint64_t> priority_fees{};
  std::optional<std::uint64_t> units{};  // the gas limit, or the limit of compute units
  std::uint64_t signatures = 1;          // of the transaction
};

// What a fee is asked for. It views the caller's texts.
struct Asked {
  std::string_view chain{};      // CAIP-2: "eip155:1"
  std::string_view asset{};      // as the wallet names it
  std::string_view operation{};  // "swap", "network": words of the wallet and its policies
  std::string_view tier{};       // of the user
  U256 amount{};
  std::optional<std::uint32_t> congestion{};  // of the chain, 0 to kWhole
  std::optional<std::int64_t> time{};         // seconds since 1970
  ChainData chain_data{};
};

// What a network fee is made of, for the transaction that pays it.
struct Price {
  U256 fee{};                      // what it comes to
  U256 per_unit_max{};             // maxFeePerGas, or the compute unit price in micro-lamports
  std::uint64_t per_unit_tip = 0;  // maxPriorityFeePerGas
  std::uint64_t units = 0;
};

// How an evaluation came to its fee, in words: what `explain` shows.
struct Step {
  std::size_t depth = 0;
  std::string strategy{};
  std::string says{};
};
using Steps = std::vector<Step>;

// What one evaluation carries along.
struct Working {
  Rounding rounding = Rounding::down;
  Steps* steps = nullptr;                 // where somebody asks how
  std::optional<Price>* price = nullptr;  // where somebody asks for the price of the network
  std::size_t depth = 0;                  // of the strategy that is asked, for the steps alone
};

class Strategy {
 public:
  virtual ~Strategy() = default;
  Strategy(const Strategy&) = delete;
  Strategy& operator=(const Strategy&) = delete;

  // name_fee writes the fee, and answers ok; or why there is none: fee_overflow,
  // chain_data_missing, no_rule_matches. It stands on the way of every quote: a Result of 40 bytes
  // at each level would take longer than the arithmetic.
  Code name_fee(const Asked& asked, Working& working, U256& fee) const {
    if (working.steps == nullptr) [[likely]]
      return evaluate(asked, working, fee);
    return explain(asked, working, fee);
  }
  // keyword is the strategy's word in a policy's file.
  virtual std::string_view keyword() const = 0;

 protected:
  Strategy() = default;
  // say notes a step of the arithmetic, where somebody asks how. The text comes by a function,
  // which is called then alone: the way of a quote neither makes texts nor has room for them.
  template <class Text>
  void say(Working& working, const Text& text) const {
    if (working.steps != nullptr) [[unlikely]]
      note(working, text);
  }

 private:
  virtual Code evaluate(const Asked& asked, Working& working, U256& fee) const = 0;
  Code explain(const Asked& asked, Working& working, U256& fee) const;
  template <class Text>
  [[gnu::noinline]] void note(Working& working, const Text& text) const {
    working.steps->push_back({working.depth, std::string(keyword()), text()});
  }
};

using Owned = std::unique_ptr<const Strategy>;

// scaled is number::scale_to with the code of fees.
inline Code scaled(U256& fee, const U256& value, const Ratio& ratio, Rounding rounding) {
  return number::scale_to(fee, value, ratio, rounding) ? Code::ok : Code::fee_overflow;
}
// or_overflow hands over what fits 256 bits.
inline Code or_overflow(const Result<U256>& value, U256& fee) {
  if (!value) return Code::fee_overflow;
  fee = *value;
  return Code::ok;
}

// text_of writes a number, a ratio, a rounding mode as policies and their explanations do.
std::string text_of(const U256& value);
std::string text_of(const Ratio& ratio);
std::string_view text_of(Rounding rounding);
inline constexpr const char* kTooLarge = " needs more than 256 bits";
// text_of_exact writes "Q and R / D", or "Q" where nothing is left over.
std::string text_of_exact(const number::U320& value, std::uint64_t denominator);
// text_of_scaled writes "A * N / D = Q, and R / D left over: ROUNDED, rounded MODE".
std::string text_of_scaled(const U256& value, const Ratio& ratio, Rounding rounding);

}  // namespace airlock::fee

// AIRLOCK_FEE_TRY(expression): returns its code from the enclosing function unless that is ok.
#define AIRLOCK_FEE_TRY(expression)                                                   \
  do {                                                                                \
    if (const auto tried_ = (expression); tried_ != ::airlock::Code::ok) [[unlikely]] \
      return tried_;                                                                  \
  } while (false)
