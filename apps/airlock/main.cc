// airlock: the command line of publishers and operators.
//
// It is for making keys, releases and repositories, and for steering rollouts. Every command ends
// with status 0, or with `error: <code>: <about>: <what to do>` on stderr and status 1; 2 is a
// command line that is not right, 3 a check that found what is to be done soon.
#include <cstdio>
#include <cstdlib>
#include <new>

#include "apps/airlock/commands.h"
#include "apps/airlock/operator.h"
#include "host/commandline/commandline.h"
#include "publish/token/token.h"

namespace airlock::app {
namespace {

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

int run(int argc, char** argv) {
  CLI::App app("Signs, publishes and rolls out updates for wallets.", "airlock");
  app.set_version_flag("--version", AIRLOCK_VERSION);
  app.require_subcommand(1);
  app.footer(kFooter);
  Outcome outcome;
  add_keys_commands(app, outcome);
  add_repo_commands(app, outcome);
  add_release_command(app, outcome);
  add_abi_commands(app, outcome);
  add_fee_commands(app, outcome);
  add_sign_command(app, outcome);
  add_ceremony_commands(app, outcome);
  add_publish_command(app, outcome);
  add_log_commands(app, outcome);
  add_inspect_command(app, outcome);
  add_delta_commands(app, outcome);
  add_embed_command(app, outcome);
  add_certificate_commands(app, outcome);
  add_keyring_commands(app, outcome);
  add_operator_commands(app, outcome);
  add_experiment_commands(app, outcome);
  add_fleet_commands(app, outcome);
  if (const auto status = commandline::parse(app, argc, argv)) return *status;
  return commandline::conclude(outcome);
}

}  // namespace
}  // namespace airlock::app

int main(int argc, char** argv) {
  std::set_new_handler(&airlock::commandline::end_without_memory);
  airlock::token::outlast_modules();
  const int status = airlock::app::run(argc, argv);
  if (airlock::token::has_loaded_modules()) {
    // What a module does as a process ends is its maker's, and may crash after all was done.
    std::fflush(nullptr);
    std::_Exit(status);
  }
  return status;
}
