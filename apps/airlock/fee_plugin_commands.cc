// fee plugin check, eval: what a native plugin is, and what it charges where it can do nothing
// else.
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/plugins.h"
#include "host/json/json.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

using fee::plugin::Serving;
using sandbox::Layer;

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

struct CheckOptions {
  std::string plugin;
  bool json = false;
};

Answer check(const CheckOptions& options) {
  AIRLOCK_ASSIGN(const auto plugin, read_plugin(options.plugin));
  print(options.json ? text::visible_json(json::write(plugin_json(*plugin))) + "\n"
                     : plugin_text(*plugin));
  return {};
}

struct EvalOptions : SituationOptions, ConfinementOptions {
  std::string plugin, limits;
  bool json = false;
};

json::Value json_of(const fee::plugin::Fee& fee, const Serving& serving) {
  json::Value pay = json::Value::object();
  for (const auto& one : fee.payments) pay[one.recipient] = fee::text_of(one.amount);
  json::Value made = {{"plugin", serving.plugin().name()},
                      {"version", serving.plugin().release()},
                      {"digest", text::to_hex(serving.plugin().digest().bytes)},
                      {"rule", fee.rule},
                      {"total", fee::text_of(fee.total)},
                      {"pay", pay},
                      {"landlock", serving.report()->landlock}};
  made["confined_by"] = json::Value::array();
  for (const Layer layer : sandbox::kLayers) {
    if (serving.report()->layers.has(layer)) made["confined_by"].push_back(sandbox::name_of(layer));
  }
  return made;
}

std::string lines_of(const fee::plugin::Fee& fee, const Serving& serving) {
  std::string lines = "fee     " + fee::text_of(fee.total) + "\n";
  for (const auto& one : fee.payments)
    lines += (&one == fee.payments.data() ? "paid to " : "        ") + one.recipient + ": " +
             fee::text_of(one.amount) + "\n";
  const fee::plugin::Report report = *serving.report();
  return lines + "rule    " + fee.rule + " of plugin " + std::string(serving.plugin().name()) +
         " " + std::string(serving.plugin().release()) + ", " +
         text::short_digest(serving.plugin().digest()) + "\nconfined by " +
         sandbox::text_of(report.layers) + " (Landlock " + std::to_string(report.landlock) + ")\n";
}

Answer eval(const EvalOptions& options) {
  AIRLOCK_ASSIGN(const auto limits, read_limits(options.limits));
  AIRLOCK_ASSIGN(const fee::Situation given, situation_of(options));
  AIRLOCK_ASSIGN(const auto plugin, read_plugin(options.plugin));
  AIRLOCK_ASSIGN(const auto serving, try_plugin(plugin, options, nullptr, options.plugin));
  const fee::Asked asked = given.asked();
  AIRLOCK_ANSWER_ASSIGN(const fee::plugin::Fee fee, serving->quote(asked), options.plugin);
  if (limits) {
    const Code checked = limits->check(asked, fee.total, fee.payments);
    if (checked != Code::ok) return refuse(checked, options.plugin);
  }
  print(options.json ? text::visible_json(json::write(json_of(fee, *serving))) + "\n"
                     : lines_of(fee, *serving));
  return {};
}

}  // namespace

void add_fee_plugin_commands(CLI::App& family, Outcome& outcome) {
  CLI::App& plugins = add_family(family, "plugin", "Judge native fee plugins, and try them.");
  auto checked =
      add_command<CheckOptions>(plugins, outcome, "check",
                                "Judge a plugin as every wallet will, without running it.", &check);
  checked.command.add_option("plugin", checked.options.plugin, "the shared library")->required();
  checked.command.add_flag("--json", checked.options.json, "answer as JSON");
  checked.command.footer("Example:\n  airlock fee plugin check fee.so");

  auto evaluated = add_command<EvalOptions>(
      plugins, outcome, "eval",
      "Say what a plugin charges, in a process that can do nothing but answer.", &eval);
  evaluated.command.add_option("plugin", evaluated.options.plugin, "the shared library")
      ->required();
  add_situation_options(evaluated.command, evaluated.options);
  evaluated.command.add_option("--limits", evaluated.options.limits,
                               "the wallet's own caps and recipients");
  add_confinement_options(evaluated.command, evaluated.options);
  evaluated.command.add_flag("--interactive", evaluated.options.interactive,
                             "a budget of 50 ms instead of 30 s");
  evaluated.command.add_flag("--json", evaluated.options.json, "answer as JSON");
  evaluated.command.footer(
      "Example:\n  airlock fee plugin eval fee.so --chain eip155:1 --operation swap --amount "
      "1000000 "
      "--congestion 50%");
}

}  // namespace airlock::app
