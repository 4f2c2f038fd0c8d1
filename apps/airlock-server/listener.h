// What every command of the server listens with, and how it says what is wrong.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/base.h"
#include "host/commandline/commandline.h"
#include "server/http/server.h"

namespace airlock {

// As they stand on the command line; settings() puts the paths into place.
struct Listening {
  std::string certificate, key, admin_ca, client_ca;
  http::Settings settings;

  http::Settings complete() const;
};

void add_listener_options(CLI::App& command, Listening& listening);

// refuse prints an error and what it is about, and returns the exit status.
int refuse(Error error, const std::string& about);
std::int64_t clock_of_host();  // Unix seconds

// serve listens until SIGTERM, and returns the exit status.
int serve(http::Service& service, const http::Settings& settings);

}  // namespace airlock
