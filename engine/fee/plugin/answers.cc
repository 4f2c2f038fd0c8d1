#include "engine/fee/plugin/answers.h"

#include <algorithm>
#include <cstring>

namespace airlock::fee::plugin {
namespace {

Status put(std::string_view text, std::span<char, AIRLOCK_FEE_WORD_SIZE> room) {
  if (text.size() >= room.size()) return fail(Code::oversized, text.size());
  std::ranges::fill(room, '\0');
  std::ranges::copy(text, room.begin());
  return {};
}

Result<std::string> word_of(std::span<const char, AIRLOCK_FEE_NAME_SIZE> room) {
  const std::string_view text(room.data(), strnlen(room.data(), room.size()));
  const auto is_plain = [](char one) { return one > ' ' && one < 127; };
  if (text.empty() || text.size() == room.size() || !std::ranges::all_of(text, is_plain))
    return fail(Code::plugin_misanswers);
  return std::string(text);
}

void put_chain_data(const ChainData& data, airlock_fee_situation& situation) {
  if (data.base_fee) {
    situation.has |= AIRLOCK_FEE_HAS_BASE_FEE;
    number::to_big(*data.base_fee, situation.base_fee);
  }
  if (data.units) {
    situation.has |= AIRLOCK_FEE_HAS_UNITS;
    situation.units = *data.units;
  }
  situation.signatures = data.signatures;
  situation.priority_fee_count = data.priority_fees.size();
  std::ranges::copy(data.priority_fees, situation.priority_fees);
}

}  // namespace

Status write_situation(const Asked& asked, airlock_fee_situation& situation) {
  if (asked.chain_data.priority_fees.size() > kPriorityFeesMax)
    return fail(Code::too_many, asked.chain_data.priority_fees.size());
  situation = {};
  AIRLOCK_TRY(put(asked.chain, situation.chain));
  AIRLOCK_TRY(put(asked.asset, situation.asset));
  AIRLOCK_TRY(put(asked.operation, situation.operation));
  AIRLOCK_TRY(put(asked.tier, situation.tier));
  number::to_big(asked.amount, situation.amount);
  if (asked.congestion) {
    situation.has |= AIRLOCK_FEE_HAS_CONGESTION;
    situation.congestion = *asked.congestion;
  }
  if (asked.time) {
    situation.has |= AIRLOCK_FEE_HAS_TIME;
    situation.time = *asked.time;
  }
  put_chain_data(asked.chain_data, situation);
  return {};
}

Result<Fee> read_answer(int outcome, const airlock_fee_answer& answer) {
  switch (outcome) {
    case AIRLOCK_FEE_NAMED: break;
    case AIRLOCK_FEE_NO_RULE_MATCHES: return fail(Code::no_rule_matches);
    case AIRLOCK_FEE_CHAIN_DATA_MISSING: return fail(Code::chain_data_missing);
    case AIRLOCK_FEE_OVERFLOW: return fail(Code::fee_overflow);
    default: return fail(Code::plugin_misanswers);
  }
  if (answer.share_count == 0 || answer.share_count > AIRLOCK_FEE_SHARES_MAX)
    return fail(Code::plugin_misanswers, answer.share_count);
  Fee fee{.total = number::from_big(answer.fee)};
  AIRLOCK_ASSIGN(fee.rule, word_of(answer.rule));
  U256 paid;
  for (std::size_t i = 0; i < answer.share_count; ++i) {
    const airlock_fee_share& share = answer.shares[i];
    AIRLOCK_ASSIGN(std::string recipient, word_of(share.recipient));
    if (std::ranges::find(fee.payments, recipient, &Payment::recipient) != fee.payments.end())
      return fail(Code::plugin_misanswers, i);
    fee.payments.push_back({std::move(recipient), number::from_big(share.amount)});
    const auto sum = number::add(paid, fee.payments.back().amount);
    if (!sum) return fail(Code::plugin_misanswers, i);
    paid = *sum;
  }
  if (paid != fee.total) return fail(Code::plugin_misanswers);
  return fee;
}

}  // namespace airlock::fee::plugin
