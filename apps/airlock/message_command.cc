// abi message: what a message of EIP-712 says, as a wallet shows it before it signs.
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/contracts.h"
#include "engine/abi/abi.h"
#include "host/terminal/terminal.h"

namespace airlock::app {
namespace {

struct MessageOptions {
  std::string message;
  std::string pack;
  std::string from;
  std::string screen;
  bool json = false;
};

std::expected<std::optional<std::vector<std::uint8_t>>, Refusal> read_sender(
    const std::string& from) {
  if (from.empty()) return std::nullopt;
  AIRLOCK_ANSWER_ASSIGN(
      std::vector<std::uint8_t> address,
      abi::type::read_address(from, abi::type::AddressForm::eip55, abi::clear::kAddressSize),
      "--from");
  return address;
}

std::string hash_line(const char* label, const crypto::Digest& digest) {
  std::string line = label;
  abi::type::append_hex(line, digest.bytes);
  return line + "\n";
}

// Lines for people end with what is signed: other wallets show these hashes too.
std::string lines_of(const abi::clear::TypedData& message, const abi::clear::Shown& shown) {
  return abi::clear::lines_of(shown, terminal::columns(terminal::Stream::out)) +
         hash_line("domain hash   ", message.domain_separator()) +
         hash_line("message hash  ", message.message_hash()) +
         hash_line("digest        ", message.digest());
}

Answer read_message(const MessageOptions& options) {
  AIRLOCK_ASSIGN(const auto sender, read_sender(options.from));
  AIRLOCK_ASSIGN(const std::string text, read_typed(options.message));
  const auto read = abi::clear::TypedData::read(text);
  if (!read) return refuse(read.error(), about_json("the message", read.error().code));
  const abi::clear::TypedData& message = *read;
  std::unique_ptr<const abi::Snapshot> snapshot = abi::Snapshot::none();
  if (!options.pack.empty()) {
    AIRLOCK_ASSIGN(snapshot, open_pack(options.pack));
  }
  std::vector<abi::type::Node> room(abi::type::kTapeNodes);
  const auto from = sender ? std::optional<Bytes>(*sender) : std::nullopt;
  const abi::clear::Shown shown = abi::show(*snapshot, abi::Signing{message, from}, room);
  std::string told;
  if (options.json) {
    told = abi::clear::json_of(message, shown) + "\n";
  } else if (!options.screen.empty()) {
    AIRLOCK_ANSWER_ASSIGN(const auto pages, abi::clear::pages_of(shown), options.screen);
    told = abi::clear::frames_of(pages);
  } else {
    told = lines_of(message, shown);
  }
  std::fwrite(told.data(), 1, told.size(), stdout);
  return {};
}

}  // namespace

void add_message_command(CLI::App& family, Outcome& outcome) {
  auto made = add_command<MessageOptions>(
      family, outcome, "message",
      "Say what a message of EIP-712 means, by a pack, and which hashes are signed.",
      &read_message);
  made.command
      .add_option("message", made.options.message,
                  "its JSON (types, primaryType, domain, message), @FILE that holds it, or - for "
                  "standard input")
      ->required();
  made.command.add_option("--pack", made.options.pack,
                          "the pack that explains it; without, it is shown raw");
  made.command.add_option("--from", made.options.from, "who signs: 0x..");
  auto* json = made.command.add_flag("--json", made.options.json, "answer as JSON");
  made.command.add_option("--screen", made.options.screen, "draw each page of a small display")
      ->type_name("128x64")
      ->check(CLI::IsMember({"128x64"}))
      ->excludes(json);
  made.command.footer(
      "Example:\n  airlock abi message --pack wallet.pack @permit.json\n"
      "  airlock abi message --pack wallet.pack --json - < permit.json");
}

}  // namespace airlock::app
