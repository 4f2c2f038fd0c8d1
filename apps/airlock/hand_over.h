// Commands that another program of ours carries out.
#pragma once

#include <string>
#include <vector>

#include "apps/airlock/command.h"
#include "host/file/file.h"

namespace airlock::app {

// hand_over makes this process another program, with the words behind its name: it answers only
// where that cannot be started.
Answer hand_over(const file::Path& program, std::vector<std::string> words);

}  // namespace airlock::app
