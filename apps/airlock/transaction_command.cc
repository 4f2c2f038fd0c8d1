// abi transaction: what is signed, whole, with each call in it read by a pack.
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/contracts.h"
#include "apps/airlock/show.h"
#include "engine/abi/show_transaction.h"
#include "engine/abi/transaction.h"
#include "host/terminal/terminal.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

struct TransactionOptions {
  std::string data;
  std::string chain;
  std::string pack;
  std::string screen;
  bool lines = false;
};

Answer print_screens(const abi::clear::Shown& shown, const TransactionOptions& options) {
  std::string told = abi::clear::lines_of(shown, terminal::columns(terminal::Stream::out));
  if (!options.screen.empty()) {
    AIRLOCK_ANSWER_ASSIGN(const auto pages, abi::clear::pages_of(shown), options.screen);
    told = abi::clear::frames_of(pages);
  }
  std::fwrite(told.data(), 1, told.size(), stdout);
  return {};
}

Answer read_transaction(const TransactionOptions& options) {
  AIRLOCK_ASSIGN(const std::vector<std::uint8_t> data, read_data(options.data));
  std::unique_ptr<const abi::Snapshot> snapshot = abi::Snapshot::none();
  if (!options.pack.empty()) {
    AIRLOCK_ASSIGN(snapshot, open_pack(options.pack));
  }
  const auto loaders = abi::standard_loaders();
  std::vector<abi::type::Node> room(abi::type::kTapeNodes);
  const abi::Explaining by{*snapshot, loaders, room};
  if (options.lines || !options.screen.empty()) {
    AIRLOCK_ANSWER_ASSIGN(const abi::clear::Shown shown,
                          abi::show_transaction(by, options.chain, data), options.chain);
    return print_screens(shown, options);
  }
  AIRLOCK_ANSWER_ASSIGN(const json::Value value, abi::read_transaction(by, options.chain, data),
                        options.chain);
  std::printf("%s\n", text::visible_json(value.dump(2)).c_str());
  return {};
}

}  // namespace

void add_transaction_command(CLI::App& family, Outcome& outcome) {
  auto made = add_command<TransactionOptions>(
      family, outcome, "transaction",
      "Read a whole transaction as it is signed, and each call in it by a pack. Answers JSON.",
      &read_transaction);
  made.command
      .add_option("data", made.options.data, "0x.., @FILE that holds it, or - for standard input")
      ->required();
  made.command
      .add_option(
          "--chain", made.options.chain,
          "whose transaction it is: eip155, solana:mainnet, aptos:1, sui:mainnet; of eip155 "
          "the transaction says which")
      ->required();
  made.command.add_option("--pack", made.options.pack, "the pack that explains the calls");
  auto* lines = made.command.add_flag("--lines", made.options.lines,
                                      "answer in lines for people, as a wallet tells its owner");
  made.command.add_option("--screen", made.options.screen, "draw each page of a small display")
      ->type_name("128x64")
      ->check(CLI::IsMember({"128x64"}))
      ->excludes(lines);
  made.command.footer(
      "Example:\n  airlock abi transaction --chain eip155 --pack wallet.pack 0x02f8..\n"
      "  airlock abi transaction --chain sui:mainnet @transaction.hex");
}

}  // namespace airlock::app
