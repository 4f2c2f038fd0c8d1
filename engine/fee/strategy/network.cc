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

Code Eip1559::evaluate(const Asked& asked, Working& working, U256& fee) const {
  const ChainData& chain = asked.chain_data;
  if (!chain.base_fee || !chain.units) return Code::chain_data_missing;
  const auto tip = priority_.of(chain.priority_fees);
  if (!tip) return tip.error().code;
  U256 base, per_gas;
  AIRLOCK_FEE_TRY(scaled(base, *chain.base_fee, base_fee_, working.rounding));
  AIRLOCK_FEE_TRY(or_overflow(number::add(base, *tip), per_gas));
  AIRLOCK_FEE_TRY(or_overflow(number::multiply(per_gas, *chain.units), fee));
  if (working.price != nullptr) *working.price = Price{fee, per_gas, *tip, *chain.units};
  say(working,
      [&] { return "base fee " + text_of_scaled(*chain.base_fee, base_fee_, working.rounding); });
  say(working, [&] { return percentile_text(priority_, chain.priority_fees.size(), *tip); });
  say(working, [&] {
    return "(" + text_of(base) + " + " + std::to_string(*tip) + ") * " +
           std::to_string(*chain.units) + " gas = " + text_of(fee);
  });
  return Code::ok;
}

Code SolanaPriority::evaluate(const Asked& asked, Working& working, U256& fee) const {
  const ChainData& chain = asked.chain_data;
  if (!chain.units) return Code::chain_data_missing;
  const auto price = priority_.of(chain.priority_fees);
  if (!price) return price.error().code;
  const auto base = number::multiply(chain.signatures, per_signature_);
  const auto priority = number::scale(*price, {*chain.units, kMicro}, Rounding::up);
  AIRLOCK_CHECK(base && priority);  // two factors of 64 bits each
  AIRLOCK_FEE_TRY(or_overflow(number::add(*base, *priority), fee));
  if (working.price != nullptr) *working.price = Price{fee, *price, *price, *chain.units};
  say(working, [&] {
    return std::to_string(chain.signatures) + " signatures * " + std::to_string(per_signature_) +
           " lamports = " + text_of(*base);
  });
  say(working, [&] { return percentile_text(priority_, chain.priority_fees.size(), *price); });
  say(working, [&] {
    return text_of_scaled(*price, {*chain.units, kMicro}, Rounding::up) + ", as the chain does";
  });
  return Code::ok;
}

}  // namespace airlock::fee
