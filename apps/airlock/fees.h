// What the commands of fees share: files that are policies and limits, and quotes that are shown.
#pragma once

#include <optional>
#include <string>

#include "apps/airlock/command.h"
#include "engine/fee/fee.h"
#include "host/json/json.h"

namespace airlock::app {

// refuse_fault ends a command with what is wrong in a file, and where.
std::unexpected<Refusal> refuse_fault(const fee::Fault& fault, const std::string& path);

std::expected<std::unique_ptr<const fee::Policy>, Refusal> read_policy(const std::string& path);
std::expected<std::optional<fee::Limits>, Refusal> read_limits(const std::string& path);

// quote_of asks a policy, and the limits where there are some; steps may be nullptr.
Result<fee::Quote> quote_of(const fee::Policy& policy, const std::optional<fee::Limits>& limits,
                            const fee::Asked& asked, fee::Steps* steps);

// What a fee is asked for, on a command line.
struct SituationOptions {
  std::string given, chain, asset, operation, tier, amount, congestion, time;
};
void add_situation_options(CLI::App& command, SituationOptions& options);
std::expected<fee::Situation, Refusal> situation_of(const SituationOptions& options);

// json_of and lines_of say what a quote is: its fee, whom it pays, and the policy that made it.
json::Value json_of(const fee::Quote& quote, const fee::Asked& asked);
std::string lines_of(const fee::Quote& quote, const fee::Asked& asked);

}  // namespace airlock::app
