// Golden cases: what must be answered, as authors stated it once, whoever answers.
#pragma once

#include "engine/fee/policy/policy.h"

namespace airlock::fee {

// read_golden_cases reads a list of 1 to kGoldenCasesMax cases (docs/formats/fee-policy.md).
Read<std::vector<GoldenCase>> read_golden_cases(Node node);

// What came of a golden case: a fee, or why there is none.
struct Outcome {
  Code refused = Code::ok;
  std::string_view rule{};
  U256 total{};
  std::vector<Share> shares{};
};
// compare says what is otherwise than the case states, or nothing where all is as stated.
std::string compare(const GoldenCase& golden, const Outcome& outcome);
// refuse_case makes the unexpected side of a Read of that: fee_case_failed.
std::unexpected<Fault> refuse_case(const GoldenCase& golden, const std::string& otherwise);

}  // namespace airlock::fee
