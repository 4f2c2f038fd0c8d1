#include "apps/airlock/plugins.h"

#include "apps/airlock/opened.h"
#include "host/text/text.h"
#include "publish/release/release.h"

namespace airlock::app {
namespace {

using fee::plugin::Candidate;
using fee::plugin::Serving;

std::string_view name_of(elf::Machine machine) {
  return machine == elf::Machine::aarch64 ? "AArch64" : "x86-64";
}

std::string rights_of(const elf::Segment& segment) {
  return {segment.readable ? 'r' : '-', segment.writable ? 'w' : '-',
          segment.executable ? 'x' : '-'};
}

std::expected<fee::plugin::Confinement, Refusal> confinement_of(const ConfinementOptions& options) {
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

}  // namespace

std::expected<Plugin, Refusal> read_plugin(Bytes bytes, const std::string& path) {
  auto plugin = Candidate::judge(bytes, crypto::sha256(bytes));
  if (!plugin) return refuse_fault(plugin.error(), path);
  return std::move(*plugin);
}

std::expected<Plugin, Refusal> read_plugin(const std::string& path) {
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer bytes, file::read(path, elf::kFileSizeMax + 1), path);
  return read_plugin(bytes, path);
}

std::expected<Plugin, Refusal> read_plugin_in(const file::Path& package,
                                              const package::Manifest& manifest) {
  const auto image = release::read_image(package, manifest, elf::kFileSizeMax);
  if (!image) return refuse(image.error(), package.string());
  const crypto::Digest digest = crypto::sha256(*image);
  auto plugin = Candidate::judge(*image, digest, elf::Machine::x86_64);
  if (!plugin && plugin.error().code == Code::plugin_wrong_machine)
    plugin = Candidate::judge(*image, digest, elf::Machine::aarch64);
  if (!plugin) return refuse_fault(plugin.error(), package.string());
  if ((*plugin)->release() != manifest.version.text)
    return refuse(Code::plugin_malformed, package.string() + ": the package says version " +
                                              std::string(manifest.version.text) + ", its plugin " +
                                              std::string((*plugin)->release()));
  return std::move(*plugin);
}

std::expected<std::shared_ptr<const Serving>, Refusal> try_plugin(const Plugin& plugin,
                                                                  const ConfinementOptions& options,
                                                                  const fee::Limits* limits,
                                                                  const std::string& about) {
  AIRLOCK_ASSIGN(const auto how, confinement_of(options));
  const auto started = Serving::start(plugin, how);
  if (!started && started.error().code == Code::plugin_not_confined) {
    const sandbox::Layers missing(static_cast<std::uint32_t>(started.error().at));
    return refuse(started.error(), about + ": there is no layer of " + text_of(missing));
  }
  AIRLOCK_ANSWER_ASSIGN(auto serving, started, about);
  if (const auto proven = serving->prove_golden(limits); !proven)
    return refuse_fault(proven.error(), about);
  return serving;
}

void add_confinement_options(CLI::App& command, ConfinementOptions& options) {
  command.add_option("--runner", options.runner,
                     "of a fee plugin: airlock-fee-runner, if it is not beside this program");
  command.add_option("--may-lack", options.may_lack,
                     "of a fee plugin: a layer without which it runs too: privileges, limits, "
                     "namespaces, files, calls (may be repeated)");
}

json::Value plugin_json(const Candidate& plugin) {
  json::Value made = {{"name", plugin.name()},
                      {"version", plugin.release()},
                      {"digest", text::to_hex(plugin.digest().bytes)},
                      {"machine", name_of(plugin.machine())},
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

std::string plugin_text(const Candidate& plugin) {
  std::string lines = "plugin   " + std::string(plugin.name()) + " " +
                      std::string(plugin.release()) + ", " + text::short_digest(plugin.digest()) +
                      "\nmachine  " + std::string(name_of(plugin.machine())) +
                      "\nheader   airlock_fee_plugin.h, version " +
                      std::to_string(AIRLOCK_FEE_PLUGIN_VERSION) + "\n";
  for (const elf::Segment& one : plugin.library().segments())
    lines += "memory   " + rights_of(one) + ", " + text::human_size(one.size_memory) + "\n";
  for (const std::string_view needed : plugin.library().needed())
    lines += "needs    " + std::string(needed) + "\n";
  if (plugin.library().needed().empty()) lines += "needs    nothing\n";
  return lines + "tables   " + std::to_string(plugin.library().symbol_count()) + " symbols, " +
         std::to_string(plugin.library().relocation_count()) +
         " relocations\n"
         "lacks    constructors, thread-local storage, IFUNCs, unique symbols, search paths, "
         "writable code\n"
         "golden   " +
         std::to_string(plugin.golden_cases().size()) +
         " cases, which airlock fee plugin eval evaluates; nothing of the plugin ran here\n";
}

}  // namespace airlock::app
