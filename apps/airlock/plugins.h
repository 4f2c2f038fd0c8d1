// What the commands of fee plugins share: files that are plugins, and how they are tried.
#pragma once

#include "apps/airlock/fees.h"
#include "engine/fee/plugin/plugin.h"
#include "host/json/json.h"

namespace airlock::app {

using Plugin = std::shared_ptr<const fee::plugin::Candidate>;

// read_plugin judges a file for this machine, and runs nothing of it. Errors: those of
// Candidate::judge.
std::expected<Plugin, Refusal> read_plugin(const std::string& path);
std::expected<Plugin, Refusal> read_plugin(Bytes bytes, const std::string& path);

// read_plugin_in judges the plugin that a package of the kind fee-plugin carries, held against its
// manifest, for whatever machine it is. Errors: those of reading and decoding its payload, of
// Candidate::judge, and plugin_malformed where the package says another version.
std::expected<Plugin, Refusal> read_plugin_in(const file::Path& package,
                                              const package::Manifest& manifest);

// How a command has plugins confined.
struct ConfinementOptions {
  std::string runner;
  std::vector<std::string> may_lack;
  bool interactive = false;
};
void add_confinement_options(CLI::App& command, ConfinementOptions& options);

// try_plugin runs it as a wallet will: confined, its golden cases come out as stated, and the
// limits allow them where there are some. Errors: those of Serving::start and prove_golden.
std::expected<std::shared_ptr<const fee::plugin::Serving>, Refusal> try_plugin(
    const Plugin& plugin, const ConfinementOptions& options, const fee::Limits* limits,
    const std::string& about);

json::Value plugin_json(const fee::plugin::Candidate& plugin);
std::string plugin_text(const fee::plugin::Candidate& plugin);

}  // namespace airlock::app
