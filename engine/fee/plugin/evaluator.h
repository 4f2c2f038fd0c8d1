// Where a plugin's code runs: in a process of its own (child.h), or in this one (in_process.h).
#pragma once

#include <chrono>

#include "core/base/base.h"
#include "engine/fee/plugin/abi/airlock_fee_plugin.h"

namespace airlock::fee::plugin {

using Clock = std::chrono::steady_clock;

// What came of one evaluation: a fault of the plugin or its process, or what it returned.
struct Returned {
  Code fault = Code::ok;
  int outcome = 0;
};

class Evaluator {
 public:
  virtual ~Evaluator() = default;
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  // evaluate asks the plugin, and where it can be taken back waits no longer than until `latest`.
  // Any thread may, and several at once.
  virtual Returned evaluate(const airlock_fee_situation& situation, airlock_fee_answer& answer,
                            Clock::time_point latest) const = 0;

 protected:
  Evaluator() = default;
};

}  // namespace airlock::fee::plugin
