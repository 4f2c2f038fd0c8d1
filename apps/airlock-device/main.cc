// airlock-device: the agent of one device, and a simulated wallet around it.
#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "apps/airlock-device/commands.h"
#include "apps/airlock-device/fees.h"
#include "apps/airlock-device/packs.h"
#include "apps/airlock-device/read.h"
#include "apps/airlock-device/relay.h"
#include "apps/airlock-device/shelves.h"
#include "apps/airlock-device/wire.h"
#include "host/commandline/commandline.h"
#include "host/text/text.h"

namespace airlock::app {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitRestart = 3;  // nothing failed: the system shall be started again

// The command line as it was read; each command takes what is its own.
struct Line {
  std::string dir, package, firmware;
  bool json = false;
  bool once = false;
  bool until_quiet = false;
  bool refuse = false;
  platform::HandsOver hands_over = platform::HandsOver::started;
  bool built_in = false;
  std::string consent;
  std::string trial = "healthy";
  std::optional<std::string> health;
  std::uint32_t health_seconds = kHealthSecondsDefault;
  std::string screen;
  ProvisionOptions provision;
  ShelfOptions shelf;
  ReadOptions read;
  EntryOptions entry;
  FeeOptions fee;
  RelayOptions relay;
};

Output output_of(const Line& line) { return line.json ? Output::json : Output::people; }

CLI::App* add_command(CLI::App& app, const char* command, const char* description,
                      const char* example, Line& line) {
  CLI::App* added = app.add_subcommand(command, description);
  added->add_option("--dir", line.dir, "folder of the device")->required();
  added->add_flag("--json", line.json, "write JSON for scripts");
  added->footer(std::string("Example:\n  airlock-device ") + example);
  return added;
}

void add_consent(CLI::App& command, Line& line) {
  CLI::Option* consent = command.add_option(
      "--consent", line.consent, "say yes to this manifest's digest, and to no other one");
  consent->check([](const std::string& digest) {
    if (text::digest_from_hex(digest)) return std::string();
    return std::string("takes the 64 hexadecimal digits that airlock inspect shows");
  });
  command.add_flag("--refuse", line.refuse, "say no to whatever is ready")->excludes(consent);
}

void add_driving(CLI::App& command, Line& line) {
  add_consent(command, line);
  command.add_option("--trial", line.trial, "how the simulated new firmware behaves")
      ->check(CLI::IsMember({"healthy", "unhealthy", "hang"}));
  command
      .add_option("--health", line.health,
                  "asked in the trial of new firmware, once a second: a shell command that ends "
                  "with 0 where the system is well")
      ->type_name("COMMAND");
  command
      .add_option("--health-time", line.health_seconds,
                  "seconds after which a system that is not well goes back")
      ->check(CLI::Range(1U, kHealthSecondsMax))
      ->capture_default_str();
}

void add_provision(CLI::App& app, Line& line) {
  ProvisionOptions& options = line.provision;
  CLI::App* command =
      add_command(app, "provision", "make a new device in a folder",
                  "provision --dir wallet --model demo-wallet --keyring keys/keyring.cose \\\n"
                  "      --root repo/metadata/1.root.json --server https://127.0.0.1:8443 \\\n"
                  "      --ca ca.pem --component mcu=4M --firmware release-1.0.0",
                  line);
  command->add_option("--model", options.model, "the device's model")->required();
  command->add_option("--keyring", options.keyring, "the keyring package to trust")->required();
  command->add_option("--root", options.root, "the repository's root.json to trust")->required();
  command->add_option("--server", options.server, "https://HOST:PORT")->required();
  command->add_option("--ca", options.ca, "the TLS authority to trust, PEM");
  command->add_flag("--server-roots", options.server_roots,
                    "the server's certificate must stand under a wallet root too, or without --ca "
                    "under one alone");
  command
      ->add_option("--responder", options.responders,
                   "a responder of certificates that may be asked though it is not on the public "
                   "internet; repeat for several")
      ->type_name("HOST:PORT");
  command
      ->add_option("--ask-for", options.ask_for,
                   "ask the owner about packages of a kind that would come without: abi-pack, "
                   "fee-policy, fee-plugin")
      ->type_name("KIND");
  command
      ->add_option(
          "--component", options.components,
          "a part and its two slots: mcu=4M (files) or mcu=/dev/x,/dev/y; repeat for several")
      ->type_name("ID=SIZE|ID=A,B")
      ->required();
  command->add_option("--firmware", line.firmware, "package folder with the first firmware");
  command->add_option("--bootloader", options.bootloader, "version of the bootloader");
  command->add_option("--secure-boot", options.secure_boot, "secure-boot level");
  command->add_option("--region", options.region, "told to the server for rollouts");
  command->add_option("--group", options.group, "told to the server for rollouts");
  command->add_option("--certificate", options.certificate,
                      "SHA-256 of the firmware's signing certificate, told to the server");
  command->add_option("--fee-limits", options.fee_limits,
                      "what this wallet allows fee policies to charge; without it the device takes "
                      "none");
  command->add_option("--tier", options.tier, "of the user, told where fees are asked for");
  command
      ->add_option("--fee-plugins", options.fee_plugins,
                   "take native fee plugins, and run them confined, or in the wallet's own process "
                   "where the firmware's quorum signed and the owner consents")
      ->check(CLI::IsMember({"confined", "in-process"}));
  command->add_option("--plugins-may-lack", options.plugins_may_lack,
                      "a layer without which a plugin is confined enough: privileges, limits, "
                      "namespaces, files, calls; repeat for several");
  command
      ->add_option("--plugin-budget", options.plugin_budget_ms,
                   "milliseconds that a quote waits for a plugin")
      ->check(CLI::Range(1U, platform::kPluginBudgetMsMax))
      ->capture_default_str();
  command
      ->add_option("--loader", options.loader,
                   "the loader that starts this system from one slot or the other, and its "
                   "environment: grub=/boot/grub/grubenv or u-boot=/etc/fw_env.config")
      ->type_name("KIND=PATH");
  command->add_flag("--private", options.unnamed, "tell the server a pseudonym, not the DUID");
}

void add_run(CLI::App& app, Line& line) {
  CLI::App* command = add_command(app, "run", "look for updates and carry them through",
                                  "run --dir wallet --until-quiet", line);
  CLI::Option* once =
      command->add_flag("--once", line.once, "one session; stop at the first lost connection");
  command
      ->add_flag("--until-quiet", line.until_quiet,
                 "one session; try a lost connection again a few times")
      ->excludes(once);
  add_driving(*command, line);
}

void add_install(CLI::App& app, Line& line) {
  CLI::App* command = add_command(app, "install", "install a package by hand, without a network",
                                  "install --dir wallet release-1.1.0", line);
  CLI::Option* package =
      command->add_option("package", line.package, "folder of `airlock release`, or a .cose file");
  CLI::Option* built_in =
      command->add_flag("--built-in", line.built_in,
                        "the package that was linked into this program (airlock package embed)");
  CLI::Option_group* which = command->add_option_group("which", "what is installed");
  which->add_options(package, built_in);
  which->require_option(1);
  add_driving(*command, line);
}

void add_packs(CLI::App& app, Line& line) {
  CLI::App* packs = add_command(app, "packs", "list the ABI packs that are kept, or go back to one",
                                "packs --dir wallet --restore 1.2.0", line);
  packs
      ->add_option("--restore", line.shelf.restore,
                   "put a kept version in use again, where its floor allows")
      ->type_name("VERSION|DIGEST");
  CLI::App* entry =
      add_command(app, "verify-entry", "hold an entry and its proof against the committed ABI pack",
                  "verify-entry --dir wallet --key abi/eip155:1/0xa0b8.. \\\n"
                  "      --entry usdc --proof usdc.proof",
                  line);
  entry->add_option("--key", line.entry.key, "the entry's key")->required();
  entry->add_option("--entry", line.entry.entry,
                    "file with the entry; without it the proof is that there is none");
  entry->add_option("--proof", line.entry.proof, "file with the proof")->required();
}

void add_fees(CLI::App& app, Line& line) {
  CLI::App* fees =
      add_command(app, "fees", "list the fee policies that are kept, or go back to one",
                  "fees --dir wallet --restore 1.2.0", line);
  fees->add_option("--restore", line.shelf.restore,
                   "put a kept version in use again, where its floor and the wallet's limits allow")
      ->type_name("VERSION|DIGEST");
  CLI::App* plugins =
      add_command(app, "plugins", "list the fee plugins that are kept, or go back to one",
                  "plugins --dir wallet --restore 1.2.0", line);
  plugins
      ->add_option("--restore", line.shelf.restore,
                   "put a kept version in use again, where its floor and the wallet's limits allow")
      ->type_name("VERSION|DIGEST");
  CLI::App* fee =
      add_command(app, "fee", "say what a payment is charged, by the plugin or policy that serves",
                  "fee --dir wallet '{chain: eip155:1, operation: swap, amount: 3000000000}'\n"
                  "  airlock-device fee --dir wallet --follow < payments",
                  line);
  CLI::Option* given =
      fee->add_option("given", line.fee.given, "what it is asked for, as in a golden case");
  fee->add_flag(
         "--follow", line.fee.follow,
         "be a wallet that runs: answer a question a line, take {paid: true, ms: 120} for how "
         "that payment went, and ask the server meanwhile which policy serves")
      ->excludes(given);
}

void add_read(CLI::App& app, Line& line) {
  ReadOptions& options = line.read;
  CLI::App* read =
      add_command(app, "read", "say what a call or a message means, by the ABI pack in use",
                  "read --dir wallet --chain eip155:1 --to 0xA0b8.. 0xa9059cbb..\n"
                  "  airlock-device read --dir wallet --message permit.json --screen 128x64",
                  line);
  CLI::Option* data = read->add_option("data", options.data, "0x..: what is to be signed");
  CLI::Option* message =
      read->add_option("--message", options.message,
                       "in place of a call: a message of EIP-712, as JSON, or - for standard input")
          ->type_name("FILE")
          ->excludes(data);
  read->add_option("--chain", options.chain, "such as eip155:1");
  read->add_option("--to", options.to, "the contract, program or package");
  read->add_option("--value", options.value, "what the call pays, in the smallest unit")
      ->capture_default_str();
  read->add_option("--from", options.from, "who signs: 0x..");
  read->add_flag("--follow", options.follow,
                 "read {\"chain\",\"to\",\"data\"}, {\"chain\",\"transaction\"} or "
                 "{\"message\"} a line from standard input, with \"value\" and \"from\" where they "
                 "are known, each by the pack that is then "
                 "in use")
      ->excludes(data)
      ->excludes(message);
  read->add_option("--screen", line.screen,
                   "draw each page of a small display, one after the other, in place of lines")
      ->type_name("128x64")
      ->check(CLI::IsMember({"128x64"}))
      ->excludes(read->get_option("--json"));
}

// The device has its own folder, in its own flash.
void add_relay(CLI::App& app, Line& line) {
  RelayOptions& options = line.relay;
  CLI::App* command = app.add_subcommand(
      "relay", "offer a package to a device without a network, over its serial line");
  command
      ->add_option("--serial", options.serial,
                   "the line: a serial port, unix:SOCKET, or - for standard input and output")
      ->type_name("PORT")
      ->required();
  command->add_option("--package", options.package, "folder of `airlock release`, or a .cose file")
      ->required();
  command->add_option("--baud", options.baud, "speed of a serial port")
      ->capture_default_str()
      ->check(CLI::IsMember(bauds()));
  command
      ->add_option("--patience", options.patience_seconds,
                   "seconds without a word of the device after which to give up")
      ->check(CLI::Range(1U, 86400U))
      ->capture_default_str();
  command->add_flag("--json", line.json, "write JSON for scripts");
  command->footer(
      "It ends when the device has said how it ended: 0 where the package is committed, 1 and the\n"
      "device's reason where it is not. The line must be there at the start. Where it is lost "
      "later,\n"
      "it is waited for; what was fetched is not fetched again. Whether the package is good is "
      "for\n"
      "the device to say.\n\n"
      "Example:\n  airlock-device relay --serial /dev/ttyACM0 --package release-1.1.0");
}

Result<RunOptions> run_options(const Line& line) {
  RunOptions options;
  options.dir = line.dir;
  options.output = output_of(line);
  options.consent.refuse = line.refuse;
  if (!line.consent.empty()) {
    const Result<crypto::Digest> digest = text::digest_from_hex(line.consent);
    if (!digest) return fail(Code::usage);
    options.consent.digest = *digest;
  }
  if (line.trial == "unhealthy") options.trial = agent::Trial::unhealthy;
  if (line.trial == "hang") options.trial = agent::Trial::hang;
  options.health = line.health;
  options.health_seconds = line.health_seconds;
  if (line.once) options.until = Until::once;
  if (line.until_quiet) options.until = Until::quiet;
  return options;
}

Answer carry_out(const CLI::App& app, Line& line) {
  if (app.got_subcommand("relay")) {
    line.relay.output = output_of(line);
    return relay(line.relay);
  }
  if (app.got_subcommand("provision")) {
    line.provision.dir = line.dir;
    line.provision.output = output_of(line);
    if (!line.firmware.empty()) line.provision.firmware = line.firmware;
    return provision(line.provision);
  }
  if (app.got_subcommand("status")) return show_status(line.dir, output_of(line));
  if (app.got_subcommand("packs")) {
    line.shelf.dir = line.dir;
    line.shelf.output = output_of(line);
    return shelf(apply::kPacks, line.shelf);
  }
  if (app.got_subcommand("fees")) {
    line.shelf.dir = line.dir;
    line.shelf.output = output_of(line);
    return shelf(apply::kFees, line.shelf);
  }
  if (app.got_subcommand("plugins")) {
    line.shelf.dir = line.dir;
    line.shelf.output = output_of(line);
    return shelf(apply::kPlugins, line.shelf);
  }
  if (app.got_subcommand("fee")) {
    line.fee.dir = line.dir;
    line.fee.output = output_of(line);
    return ask_fee(line.fee);
  }
  if (app.got_subcommand("read")) {
    line.read.dir = line.dir;
    line.read.output = output_of(line);
    if (!line.screen.empty()) line.read.display = Display::small;
    return read_call(line.read);
  }
  if (app.got_subcommand("verify-entry")) {
    line.entry.dir = line.dir;
    return verify_entry(line.entry);
  }
  if (app.got_subcommand("boot")) return boot(line.dir, line.hands_over, output_of(line));
  AIRLOCK_ASSIGN(RunOptions options, run_options(line));
  if (app.got_subcommand("install")) {
    if (!line.built_in) options.package = line.package;
    options.built_in = line.built_in;
    options.until = Until::quiet;
  }
  options.restore = app.got_subcommand("revert");
  return run(options);
}

// A wrong command line is told by what is wrong with it; else the code says what to do.
int report(const platform::Fault& fault, const std::string& dir) {
  const std::string about = text::visible_line(fault.about.empty() ? dir : fault.about);
  std::cerr << "error: " << name(fault.code) << ": " << about;
  if (fault.code == Code::usage) {
    std::cerr << "\n";
    return commandline::kStatusUsage;
  }
  std::cerr << ": " << (fault.advice.empty() ? explain(fault.code) : fault.advice) << "\n";
  if (fault.code == Code::restart_needed) return kExitRestart;
  return kExitFailed;
}

int main_of(int argc, char** argv) {
  keep_memory_small();
  // A full disk is an error to be told, not a signal to die of.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("Updates one device through both doors.", "airlock-device");
  app.require_subcommand(1);
  app.set_version_flag("--version", AIRLOCK_VERSION);
  app.footer("Example:\n  airlock-device run --dir wallet --until-quiet");
  Line line;
  add_provision(app, line);
  add_run(app, line);
  add_install(app, line);
  add_packs(app, line);
  add_fees(app, line);
  add_read(app, line);
  add_relay(app, line);
  add_command(app, "status", "show what runs and how the last session ended", "status --dir wallet",
              line);
  add_command(app, "boot", "reset the device: let the bootloader decide what runs",
              "boot --dir wallet", line)
      ->add_flag_callback(
          "--hand-over", [&line] { line.hands_over = platform::HandsOver::either; },
          "the caller starts the system of the slot that is named, whichever the loader started");
  add_consent(*add_command(app, "revert", "go back to the kept version, where its floor allows",
                           "revert --dir wallet", line),
              line);
  if (const auto status = commandline::parse(app, argc, argv)) return *status;
  const Answer done = carry_out(app, line);
  return done ? commandline::finish(0) : report(done.error(), line.dir);
}

}  // namespace
}  // namespace airlock::app

int main(int argc, char** argv) { return airlock::app::main_of(argc, argv); }
