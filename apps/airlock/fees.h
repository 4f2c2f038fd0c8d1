// What the commands of fees share: files that are policies and limits, and quotes that are shown.
#pragma once

#include <optional>
#include <string>

#include "apps/airlock/command.h"
#include "core/package/package.h"
#include "engine/fee/fee.h"
#include "host/file/file.h"

namespace airlock::app {

// refuse_fault ends a command with what is wrong in a file, and where.
std::unexpected<Refusal> refuse_fault(const fee::Fault& fault, const std::string& path);

// What a release of a policy needs: the file, byte for byte, and what was read from it.
struct PolicyFile {
  file::Buffer bytes;
  std::unique_ptr<const fee::Policy> policy;
};
std::expected<PolicyFile, Refusal> read_policy_file(const std::string& path);
std::expected<std::unique_ptr<const fee::Policy>, Refusal> read_policy(const std::string& path);
std::expected<std::optional<fee::Limits>, Refusal> read_limits(const std::string& path);

// quote_of asks a policy, and the limits where there are some; steps may be nullptr.
Result<fee::Quote> quote_of(const fee::Policy& policy, const std::optional<fee::Limits>& limits,
                            const fee::Asked& asked, fee::Steps* steps);

// What a fee is asked for, on a command line.
struct SituationOptions {
  std::string given, chain, asset, operation, tier, amount, congestion, time;

  bool is_spelled_out() const;  // by anything but `given`
};
void add_situation_options(CLI::App& command, SituationOptions& options);
std::expected<fee::Situation, Refusal> situation_of(const SituationOptions& options);

// read_policy_in reads the policy that a package of the kind fee-policy carries, held against its
// manifest. Errors: those of reading and decoding its payload, and of fee::Policy::read.
std::expected<std::unique_ptr<const fee::Policy>, Refusal> read_policy_in(
    const file::Path& package, const package::Manifest& manifest);

}  // namespace airlock::app
