// airlock-server breaker: a breaker in front of a gateway or a price source.
#pragma once

#include "apps/airlock-server/listener.h"

namespace airlock {

struct BreakerOptions {
  std::string config, alert_url;
  bool only_checks = false;
  Listening listening;
};

CLI::App* add_breaker_command(CLI::App& app, BreakerOptions& options);
int run_breaker(const BreakerOptions& options);

}  // namespace airlock
