// The operator's commands: they ask the server's admin listener, as whom a client certificate
// names. They decide nothing here; the server answers, and records who asked and why.
#pragma once

#include "apps/airlock/command.h"

namespace airlock::app {

// add_operator_commands adds rollout, devices, reports and audit.
void add_operator_commands(CLI::App& app, Outcome& outcome);
// add_experiment_commands adds experiment.
void add_experiment_commands(CLI::App& app, Outcome& outcome);

}  // namespace airlock::app
