// How an operator's commands reach the server, and what they share when they show its answers.
#pragma once

#include <string>

#include "apps/airlock/opened.h"
#include "host/json/json.h"

namespace airlock::app {

// How to reach the server, and as whom.
struct Access : PassphraseOptions {
  std::string admin, certificate, key, ca;
  bool json = false;
};

// ask sends one request below /admin/v1/: a body makes it a POST.
std::expected<json::Value, Refusal> ask(const Access& access, const std::string& path,
                                        const std::string& body = "");

// word shows a member of an answer, safely for a terminal; "-" where there is none.
std::string word(const json::Value& row, const char* key);
std::string show_share(std::int64_t share);
// read_share reads --share: a percentage with at most two decimals.
std::expected<std::int64_t, Refusal> read_share(const std::string& typed);

void add_example(CLI::App& command, const std::string& example);
void add_access(CLI::App& command, Access& access);

}  // namespace airlock::app
