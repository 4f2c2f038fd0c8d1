// repo check: what is wrong with a repository, or will be soon.
#include <algorithm>
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/opened.h"
#include "apps/airlock/show.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"
#include "publish/release/check.h"

namespace airlock::app {
namespace {

using release::Checked;
using release::Finding;
using release::Level;

struct CheckOptions {
  std::string repo;
  std::string keyring;
  std::string within = "30d";
  std::string timestamp_within = "1d";
  bool json = false;
};

std::string_view name_of(Level level) {
  switch (level) {
    case Level::note: return "note";
    case Level::warning: return "warning";
    case Level::error: return "error";
  }
  return "";
}

json::Value checked_json(const Checked& checked) {
  json::Value roles = json::Value::object();
  for (const release::RoleState& role : checked.roles) {
    roles[role.role] = {{"version", role.version}, {"expires", text::to_time(role.expires)}};
  }
  json::Value findings = json::Value::array();
  for (const Finding& one : checked.findings) {
    findings.push_back({{"level", name_of(one.level)},
                        {"code", name(one.error.code)},
                        {"about", one.about},
                        {"explain", explain(one.error.code)}});
  }
  return {{"worst", checked.findings.empty() ? "fine" : name_of(checked.worst)},
          {"roles", std::move(roles)},
          {"delegated", checked.delegated},
          {"targets", checked.targets},
          {"packages", checked.packages},
          {"artifacts", checked.artifacts},
          {"findings", std::move(findings)}};
}

std::string count(std::size_t number, const char* one, const char* several) {
  return std::to_string(number) + " " + (number == 1 ? one : several);
}

std::string checked_text(const Checked& checked, const std::string& repo) {
  std::string made = text::visible_line(repo) + "\n";
  for (const release::RoleState& role : checked.roles) {
    made +=
        line(role.role, std::to_string(role.version) + ", until " + text::to_time(role.expires));
  }
  constexpr std::size_t kRolesTold = 4;  // of bins nobody reads all
  const std::vector<std::string>& roles = checked.delegated;
  for (std::size_t i = 0; i < std::min(roles.size(), kRolesTold); ++i) {
    made += line("delegated", text::visible_line(roles[i]));
  }
  if (roles.size() > kRolesTold) {
    made += line("delegated", std::to_string(roles.size() - kRolesTold) +
                                  " more, the last of them " + text::visible_line(roles.back()));
  }
  made += line("targets", std::to_string(checked.targets) + ", of which " +
                              count(checked.packages, "package", "packages") + " with " +
                              count(checked.artifacts, "artifact", "artifacts"));
  for (const Finding& one : checked.findings) {
    made += std::string(name_of(one.level)) + ": " + std::string(name(one.error.code)) + ": " +
            text::visible_line(one.about) + ": " + std::string(explain(one.error.code)) + "\n";
  }
  if (checked.worst == Level::note) made += "Nothing needs to be done.\n";
  return made;
}

Answer check(const CheckOptions& options) {
  release::CheckOrder order{options.repo};
  AIRLOCK_ASSIGN(order.warn_seconds, read_span(options.within, "--warn-within"));
  AIRLOCK_ASSIGN(order.warn_timestamp_seconds,
                 read_span(options.timestamp_within, "--warn-timestamp-within"));
  AIRLOCK_ASSIGN(const auto keyring, open_keyring_if_named(options.keyring));
  order.keyring = keyring_of(keyring);
  order.now = present();
  const Checked checked = release::check(order);
  const std::string shown = options.json
                                ? text::visible_json(json::write(checked_json(checked))) + "\n"
                                : checked_text(checked, options.repo);
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  std::fflush(stdout);
  switch (checked.worst) {
    case Level::note: return {};
    case Level::warning: return Done{kStatusWarned};
    case Level::error: break;
  }
  return refuse(checked.findings.front().error, checked.findings.front().about);
}

}  // namespace

void add_check_command(CLI::App& family, Outcome& outcome) {
  auto made = add_command<CheckOptions>(
      family, outcome, "check",
      "Look for whatever devices would refuse, and whatever is to be done soon. Ends with status 0 "
      "where all is well, 3 where there are warnings, 1 where devices are refused something.",
      &check);
  made.command.add_option("--repo", made.options.repo, "folder of the repository")->required();
  made.command.add_option("--keyring", made.options.keyring,
                          "keyring package of the devices: is each package good for it, with its "
                          "proof and certificates, and are the doors' keys apart?");
  made.command
      .add_option("--warn-within", made.options.within, "warn of what expires within this time")
      ->capture_default_str();
  made.command
      .add_option("--warn-timestamp-within", made.options.timestamp_within,
                  "the same for the timestamp, which lives for days")
      ->capture_default_str();
  made.command.add_flag("--json", made.options.json, "answer as JSON");
  made.command.footer(
      "Example:\n  airlock repo check --repo repo --keyring keys/keyring.cose --warn-within 30d");
}

}  // namespace airlock::app
