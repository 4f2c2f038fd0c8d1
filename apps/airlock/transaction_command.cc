// abi transaction: what is signed, whole, with each call in it read by a pack.
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/contracts.h"
#include "apps/airlock/show.h"
#include "engine/abi/move/sui.h"
#include "engine/abi/show_transaction.h"
#include "engine/abi/transaction.h"
#include "host/terminal/terminal.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

constexpr std::size_t kWrittenSizeMax = 4 << 20;  // of a transaction as JSON

struct TransactionOptions {
  std::string data;
  std::string chain;
  std::string pack;
  std::string screen;
  bool lines = false;
  bool write = false;
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

// Of Sui alone a transaction is what it calls; elsewhere abi encode makes the call in it.
Answer write_transaction(const TransactionOptions& options) {
  if (!options.chain.starts_with("sui:"))
    return refuse(Code::usage, "--write is for transactions of sui; abi encode makes a call");
  AIRLOCK_ASSIGN(const std::string typed, read_typed(options.data));
  const auto shown = json::Tree::parse(typed, kWrittenSizeMax);
  if (!shown) return refuse(shown.error(), about_json("the transaction", shown.error().code));
  AIRLOCK_ANSWER_ASSIGN(const std::vector<std::uint8_t> made,
                        abi::move::encode_sui_transaction(shown->root()), "the transaction");
  std::printf("0x%s\n", text::to_hex(made).c_str());
  return {};
}

Answer read_transaction(const TransactionOptions& options) {
  if (options.write) return write_transaction(options);
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
  auto* screen = made.command.get_option("--screen");
  made.command
      .add_flag(
          "--write", made.options.write,
          "the other way: data is @FILE with a transaction of sui as this command answers it; "
          "answer its bytes")
      ->excludes(lines)
      ->excludes(screen);
  made.command.footer(
      "Example:\n  airlock abi transaction --chain eip155 --pack wallet.pack 0x02f8..\n"
      "  airlock abi transaction --chain sui:mainnet @transaction.hex\n"
      "  airlock abi transaction --chain sui:mainnet --write @transaction.json");
}

}  // namespace airlock::app
