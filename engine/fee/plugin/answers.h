// From the engine's words to those of the C ABI, and back.
//
// A plugin may be anybody's: what it wrote is bytes until read_answer made a Fee of them.
#pragma once

#include <string>
#include <vector>

#include "engine/fee/plugin/abi/airlock_fee_plugin.h"
#include "engine/fee/strategy/strategy.h"

namespace airlock::fee::plugin {

struct Payment {
  std::string recipient{};
  U256 amount{};
};

// A fee as a plugin names it. The payments are the total together.
struct Fee {
  U256 total{};
  std::string rule{};
  std::vector<Payment> payments{};
};

// write_situation fills what a plugin is asked. Errors: oversized (a text), too_many (priority
// fees).
Status write_situation(const Asked& asked, airlock_fee_situation& situation);

// read_answer holds an answer against the header. Errors: those that a plugin may state
// (no_rule_matches, chain_data_missing, fee_overflow), and plugin_misanswers.
Result<Fee> read_answer(int outcome, const airlock_fee_answer& answer);

}  // namespace airlock::fee::plugin
