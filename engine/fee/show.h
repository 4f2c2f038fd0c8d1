// What a quote is, for programs and for people: its fee, whom it pays, and the policy that made it.
#pragma once

#include <string>

#include "engine/fee/policy/policy.h"
#include "host/json/json.h"

namespace airlock::fee {

// json_of and lines_of say it of a quote that was asked for so.
json::Value json_of(const Quote& quote, const Asked& asked);
std::string lines_of(const Quote& quote, const Asked& asked);

// lines_of says of a policy who reads it before signing: each rule as it is written, what its
// golden cases cost, and the highest fee among them.
std::string lines_of(const Policy& policy);
json::Value json_of(const Policy& policy);

}  // namespace airlock::fee
