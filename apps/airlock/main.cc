// airlock: the command line of publishers and operators.
//
// It is for making keys, releases and repositories, and for steering rollouts. Every command ends
// with status 0, or with `error: <code>: <about>: <what to do>` on stderr and status 1; 2 is a
// command line that is not right.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "apps/airlock/commands.h"
#include "apps/airlock/operator.h"
#include "host/text/text.h"

namespace airlock::app {
namespace {

constexpr int kStatusRefused = 1;
constexpr int kStatusUsage = 2;

constexpr const char* kFooter =
    "Example, from nothing to a published release:\n"
    "  export AIRLOCK_PASSPHRASE=...           # or --passphrase-file, or type it when asked\n"
    "  airlock keys init --dir keys --vendor \"Example Wallets\"\n"
    "  airlock repo init --repo repo --keys keys\n"
    "  airlock release --model demo-wallet --version 1.0.0 --security-version 1 \\\n"
    "      --image mcu=firmware.bin --out release-1.0.0\n"
    "  airlock sign --key keys/vendor.key release-1.0.0\n"
    "  airlock sign --key keys/committee-1.key release-1.0.0\n"
    "  airlock sign --key keys/committee-2.key release-1.0.0\n"
    "  airlock publish release-1.0.0 --repo repo --keys keys --keyring keys/keyring.cose\n";

int report(const Refusal& refusal) {
  const std::string code(name(refusal.error.code));
  const std::string about = refusal.about.empty() ? "" : text::visible(refusal.about) + ": ";
  std::fprintf(stderr, "error: %s: %s%s\n", code.c_str(), about.c_str(),
               std::string(explain(refusal.error.code)).c_str());
  return refusal.error.code == Code::usage ? kStatusUsage : kStatusRefused;
}

// No option of ours begins with a digit, so "-5d" is the value of the option before it, and that
// option can say what is wrong with it. The last argument comes first, as CLI11 takes them.
std::vector<std::string> arguments_of(int argc, char** argv) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool number =
        argument.size() > 1 && argument[0] == '-' && argument[1] >= '0' && argument[1] <= '9';
    if (number && !arguments.empty() && arguments.back().starts_with("--")) {
      arguments.back() += "=" + argument;
    } else {
      arguments.push_back(argument);
    }
  }
  std::ranges::reverse(arguments);
  return arguments;
}

int run(int argc, char** argv) {
  CLI::App app("Signs, publishes and rolls out updates for wallets.", "airlock");
  app.set_version_flag("--version", AIRLOCK_VERSION);
  app.require_subcommand(1);
  app.footer(kFooter);
  Outcome outcome;
  add_keys_commands(app, outcome);
  add_repo_commands(app, outcome);
  add_release_command(app, outcome);
  add_sign_command(app, outcome);
  add_publish_command(app, outcome);
  add_inspect_command(app, outcome);
  add_keyring_commands(app, outcome);
  add_operator_commands(app, outcome);
  try {
    app.parse(arguments_of(argc, argv));
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& wrong) {
    std::fprintf(stderr, "error: usage: %s\n", text::visible(wrong.what()).c_str());
    return kStatusUsage;
  }
  if (outcome && !*outcome) return report(outcome->error());
  return 0;
}

}  // namespace
}  // namespace airlock::app

int main(int argc, char** argv) { return airlock::app::run(argc, argv); }
