#include "engine/fee/policy/situation.h"

#include <limits>

namespace airlock::fee {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

Read<void> read_chain_data(const Fields& fields, Situation& made) {
  ChainData& chain = made.rest.chain_data;
  if (const auto base = fields.optional("base_fee")) {
    AIRLOCK_ASSIGN(chain.base_fee, amount(*base));
  }
  if (const auto units = fields.optional("units")) {
    AIRLOCK_ASSIGN(chain.units, integer(*units, {"number of units", 0, kMost}));
  }
  if (const auto signatures = fields.optional("signatures")) {
    AIRLOCK_ASSIGN(chain.signatures, integer(*signatures, {"number of signatures", 0, kMost}));
  }
  const auto fees = fields.optional("priority_fees");
  if (!fees) return {};
  AIRLOCK_ASSIGN(const yaml::Elements list, elements(*fees, kPriorityFeesMax));
  for (const Node one : list) {
    AIRLOCK_ASSIGN(const std::uint64_t paid, integer(one, {"priority fee", 0, kMost}));
    made.priority_fees.push_back(paid);
  }
  return {};
}

}  // namespace

Asked Situation::asked() const {
  Asked asked = rest;
  asked.chain = chain;
  asked.asset = asset;
  asked.operation = operation;
  asked.tier = tier;
  asked.chain_data.priority_fees = priority_fees;
  return asked;
}

Read<Situation> read_situation(Node node) {
  AIRLOCK_ASSIGN(const Fields fields,
                 Fields::of(node, {"chain", "asset", "operation", "tier", "amount", "congestion",
                                   "time", "base_fee", "priority_fees", "units", "signatures"}));
  Situation made;
  for (const auto& [name, text] : {std::pair{"chain", &made.chain},
                                   {"asset", &made.asset},
                                   {"operation", &made.operation},
                                   {"tier", &made.tier}}) {
    const auto given = fields.optional(name);
    if (!given) continue;
    AIRLOCK_ASSIGN(*text, word(*given));
  }
  AIRLOCK_ASSIGN(const Node amount_node, fields.required("amount"));
  AIRLOCK_ASSIGN(made.rest.amount, amount(amount_node));
  if (const auto given = fields.optional("congestion")) {
    AIRLOCK_ASSIGN(made.rest.congestion, share(*given));
  }
  if (const auto given = fields.optional("time")) {
    AIRLOCK_ASSIGN(made.rest.time, time(*given));
  }
  AIRLOCK_TRY(read_chain_data(fields, made));
  return made;
}

}  // namespace airlock::fee
