#include "engine/fee/strategy/network.h"

#include <algorithm>
#include <array>

namespace airlock::fee {
namespace {

constexpr std::uint64_t kMicro = 1'000'000;

std::string percentile_text(const Priority& priority, std::size_t samples, std::uint64_t picked) {
  return "percentile " + std::to_string(priority.percent) + " of " + std::to_string(samples) +
         " priority fees, within bounds: " + std::to_string(picked);
}

}  // namespace

Result<std::uint64_t> Priority::of(std::span<const std::uint64_t> samples) const {
  if (samples.empty() || samples.size() > kPriorityFeesMax) return fail(Code::chain_data_missing);
  std::array<std::uint64_t, kPriorityFeesMax> room;
  const auto end = std::copy(samples.begin(), samples.end(), room.begin());
  const std::size_t rank = std::max<std::size_t>(1, (samples.size() * percent + 99) / 100);
  const auto picked = room.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(room.begin(), picked, end);
  return std::clamp(*picked, at_least, at_most);
}

Result<U256> Eip1559::name_fee(const Asked& asked, Working& working) const {
  const ChainData& chain = asked.chain_data;
  if (!chain.base_fee || !chain.units) return fail(Code::chain_data_missing);
  AIRLOCK_ASSIGN(const std::uint64_t tip, priority_.of(chain.priority_fees));
  AIRLOCK_ASSIGN(const U256 base,
                 or_overflow(number::scale(*chain.base_fee, base_fee_, working.rounding)));
  AIRLOCK_ASSIGN(const U256 per_gas, or_overflow(number::add(base, tip)));
  AIRLOCK_ASSIGN(const U256 fee, or_overflow(number::multiply(per_gas, *chain.units)));
  working.price = {fee, per_gas, tip, *chain.units};
  if (working.steps == nullptr) return fee;
  say(working, "base fee " + text_of_scaled(*chain.base_fee, base_fee_, working.rounding));
  say(working, percentile_text(priority_, chain.priority_fees.size(), tip));
  say(working, "(" + text_of(base) + " + " + std::to_string(tip) + ") * " +
                   std::to_string(*chain.units) + " gas = " + text_of(fee));
  return fee;
}

Result<U256> SolanaPriority::name_fee(const Asked& asked, Working& working) const {
  const ChainData& chain = asked.chain_data;
  if (!chain.units) return fail(Code::chain_data_missing);
  AIRLOCK_ASSIGN(const std::uint64_t price, priority_.of(chain.priority_fees));
  const auto base = number::multiply(chain.signatures, per_signature_);
  const auto priority = number::scale(price, {*chain.units, kMicro}, Rounding::up);
  AIRLOCK_CHECK(base && priority);  // two factors of 64 bits each
  AIRLOCK_ASSIGN(const U256 fee, or_overflow(number::add(*base, *priority)));
  working.price = {fee, price, price, *chain.units};
  if (working.steps == nullptr) return fee;
  say(working, std::to_string(chain.signatures) + " signatures * " +
                   std::to_string(per_signature_) + " lamports = " + text_of(*base));
  say(working, percentile_text(priority_, chain.priority_fees.size(), price));
  say(working, text_of_scaled(price, {*chain.units, kMicro}, Rounding::up) + ", as the chain does");
  return fee;
}

}  // namespace airlock::fee
