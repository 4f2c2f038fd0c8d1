// The simulated wallet's side of fee policies: it judges them within its own limits, says what they
// charge, and follows the server's advice among those that it keeps.
#pragma once

#include "apps/airlock-device/commands.h"
#include "device/apply/editions.h"
#include "engine/fee/fee.h"

namespace airlock::app {

// read_fee_limits reads a wallet's own limits. Errors: those of the file and of fee::Limits::read.
platform::Located<fee::Limits> read_fee_limits(const file::Path& path);

// judge_fees is what this wallet asks of a policy before it serves: its golden cases, the version
// that was signed, and the wallet's limits.
Status judge_fees(const file::Path& limits, Bytes policy, const apply::Edition& edition);

struct FeeOptions {
  file::Path dir;
  std::string given;  // as in a golden case
  bool follow = false;
  Output output = Output::people;
};
// ask_fee says what the policy that serves charges. With `follow` it is a wallet that runs: each
// line of standard input is a question or how the payment before went, and meanwhile the server is
// asked which policy serves, and told of payments.
Answer ask_fee(const FeeOptions& options);

}  // namespace airlock::app
