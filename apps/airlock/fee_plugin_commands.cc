// fee plugin check, eval: what a native plugin is, and what it charges where it can do nothing
// else.
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/fees.h"
#include "engine/fee/plugin/plugin.h"
#include "host/file/file.h"
#include "host/json/json.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

using fee::plugin::Candidate;
using fee::plugin::Serving;
using sandbox::Layer;

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::expected<std::shared_ptr<const Candidate>, Refusal> read_plugin(const std::string& path) {
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer bytes, file::read(path, elf::kFileSizeMax + 1), path);
  auto plugin = Candidate::judge(bytes, crypto::sha256(bytes));
  if (!plugin) return refuse_fault(plugin.error(), path);
  return std::move(*plugin);
}

std::string rights_of(const elf::Segment& segment) {
  return {segment.readable ? 'r' : '-', segment.writable ? 'w' : '-',
          segment.executable ? 'x' : '-'};
}

struct CheckOptions {
  std::string plugin;
  bool json = false;
};

json::Value json_of(const Candidate& plugin) {
  json::Value made = {{"name", plugin.name()},
                      {"version", plugin.release()},
                      {"digest", text::to_hex(plugin.digest().bytes)},
                      {"abi", AIRLOCK_FEE_PLUGIN_VERSION},
                      {"symbols", plugin.library().symbol_count()},
                      {"relocations", plugin.library().relocation_count()},
                      {"golden_cases", plugin.golden_cases().size()}};
  made["needs"] = json::Value::array();
  for (const std::string_view needed : plugin.library().needed()) made["needs"].push_back(needed);
  made["segments"] = json::Value::array();
  for (const elf::Segment& one : plugin.library().segments())
    made["segments"].push_back(
        {{"address", one.address}, {"size", one.size_memory}, {"rights", rights_of(one)}});
  return made;
}

std::string lines_of(const Candidate& plugin) {
  std::string lines = "plugin   " + std::string(plugin.name()) + " " +
                      std::string(plugin.release()) + ", " + text::short_digest(plugin.digest()) +
                      "\nheader   airlock_fee_plugin.h, version " +
                      std::to_string(AIRLOCK_FEE_PLUGIN_VERSION) + "\n";
  for (const elf::Segment& one : plugin.library().segments())
    lines += "memory   " + rights_of(one) + ", " + text::human_size(one.size_memory) + "\n";
  for (const std::string_view needed : plugin.library().needed())
    lines += "needs    " + std::string(needed) + "\n";
  return lines + "tables   " + std::to_string(plugin.library().symbol_count()) + " symbols, " +
         std::to_string(plugin.library().relocation_count()) +
         " relocations\n"
         "lacks    constructors, thread-local storage, IFUNCs, unique symbols, search paths, "
         "writable code\n"
         "golden   " +
         std::to_string(plugin.golden_cases().size()) +
         " cases, which airlock fee plugin eval evaluates; nothing of the plugin ran here\n";
}

Answer check(const CheckOptions& options) {
  AIRLOCK_ASSIGN(const auto plugin, read_plugin(options.plugin));
  print(options.json ? text::visible_json(json::write(json_of(*plugin))) + "\n"
                     : lines_of(*plugin));
  return {};
}

struct EvalOptions : SituationOptions {
  std::string plugin, limits, runner;
  std::vector<std::string> may_lack;
  bool interactive = false;
  bool json = false;
};

std::expected<fee::plugin::Confinement, Refusal> confinement_of(const EvalOptions& options) {
  fee::plugin::Confinement how{.runner = options.runner};
  if (options.interactive) how.budget = fee::plugin::kBudgetInteractive;
  if (how.runner.empty()) how.runner = fee::plugin::runner_beside_this_program();
  for (const std::string& lacked : options.may_lack) {
    const auto layer = sandbox::layer_named(lacked);
    if (!layer)
      return refuse(Code::usage, "--may-lack takes " + sandbox::text_of(sandbox::Layers::all()) +
                                     "; found " + lacked);
    how.required = how.required.without(*layer);
  }
  return how;
}

// A plugin that serves as it would in a wallet: its golden cases came out as stated.
std::expected<std::shared_ptr<const Serving>, Refusal> serve(const EvalOptions& options) {
  AIRLOCK_ASSIGN(const auto plugin, read_plugin(options.plugin));
  AIRLOCK_ASSIGN(const auto how, confinement_of(options));
  const auto started = Serving::start(plugin, how);
  if (!started && started.error().code == Code::plugin_not_confined) {
    const sandbox::Layers missing(static_cast<std::uint32_t>(started.error().at));
    return refuse(started.error(), options.plugin + ": there is no layer of " + text_of(missing));
  }
  AIRLOCK_ANSWER_ASSIGN(const auto serving, started, options.plugin);
  if (const auto proven = serving->prove_golden(nullptr); !proven)
    return refuse_fault(proven.error(), options.plugin);
  return serving;
}

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
  AIRLOCK_ASSIGN(const auto serving, serve(options));
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
  evaluated.command.add_option("--runner", evaluated.options.runner,
                               "airlock-fee-runner, if it is not beside this program");
  evaluated.command.add_option("--may-lack", evaluated.options.may_lack,
                               "a layer without which it runs too: privileges, limits, namespaces, "
                               "files, calls (may be repeated)");
  evaluated.command.add_flag("--interactive", evaluated.options.interactive,
                             "a budget of 50 ms instead of 30 s");
  evaluated.command.add_flag("--json", evaluated.options.json, "answer as JSON");
  evaluated.command.footer(
      "Example:\n  airlock fee plugin eval fee.so --chain eip155:1 --operation swap --amount "
      "1000000 "
      "--congestion 50%");
}

}  // namespace airlock::app
