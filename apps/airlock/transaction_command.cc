// abi transaction: what is signed, whole, with each call in it read by a pack.
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/contracts.h"
#include "apps/airlock/show.h"
#include "engine/abi/evm/transaction.h"
#include "engine/abi/move/aptos.h"
#include "engine/abi/move/loader.h"
#include "engine/abi/move/sui.h"
#include "engine/abi/move/tag.h"
#include "engine/abi/solana/solana.h"
#include "host/text/text.h"

namespace airlock::app {
namespace {

using json::Value;

struct TransactionOptions {
  std::string data;
  std::string chain;
  std::string pack;
};

std::string hex_of(Bytes bytes) { return "0x" + text::to_hex(bytes); }

std::string base58_of(Bytes bytes) {
  std::string made;
  abi::type::append_base58(made, bytes);
  return made;
}

std::string decimal_of(const number::U256& value) {
  std::string made;
  number::append(made, value);
  return made;
}

// What was made of text by our own writers reads as JSON.
Value parsed(const std::string& text) {
  const auto value = json::parse(text, abi::type::kOutputMax);
  return value ? *value : Value(nullptr);
}

class Reader {
 public:
  Reader(const abi::Snapshot& snapshot, std::string chain)
      : snapshot_(snapshot),
        chain_(std::move(chain)),
        loaders_(abi::standard_loaders()),
        room_(abi::type::kTapeNodes) {}

  Result<Value> read(Bytes data) {
    if (chain_.starts_with("eip155")) return evm(data);
    if (chain_.starts_with("solana")) return solana(data);
    if (chain_.starts_with("aptos")) return aptos(data);
    if (chain_.starts_with("sui")) return sui(data);
    return fail(Code::loader_missing);
  }

 private:
  // A call by the pack, or why it stays raw.
  Value call(std::string_view target, Bytes data) {
    const auto decoded =
        abi::decode(snapshot_, loaders_, {.chain = chain_, .target = target, .data = data}, room_);
    return shown(decoded);
  }
  Value shown(const Result<abi::Decoded>& decoded) {
    if (!decoded) return {{"warning", name(decoded.error().code)}};
    std::string text;
    const Status written = abi::append_json(text, *decoded, "");
    return written ? parsed(text) : Value{{"warning", name(written.error().code)}};
  }

  Result<Value> evm(Bytes data) {
    AIRLOCK_ASSIGN(const abi::evm::Transaction read,
                   abi::evm::read_transaction(data, abi::evm::Signature::passed_over));
    Value value = {{"nonce", read.nonce},
                   {"gas_limit", read.gas_limit},
                   {"fee_per_gas_max", decimal_of(read.fee_per_gas_max)},
                   {"value", decimal_of(read.value)},
                   {"data", hex_of(read.data)},
                   {"chain_id", nullptr},
                   {"to", nullptr}};
    if (read.chain_id) {
      value["chain_id"] = *read.chain_id;
      chain_ = "eip155:" + std::to_string(*read.chain_id);
    }
    if (!read.to) return value;
    std::string to;
    abi::type::append_eip55(to, *read.to);
    value["to"] = to;
    value["call"] = call(to, read.data);
    if (read.chain_id) {
      const auto screen = abi::show(
          snapshot_,
          {.chain_id = *read.chain_id, .to = *read.to, .value = read.value, .data = read.data},
          room_);
      value["screen"] = parsed(abi::clear::json_of(screen));
    }
    return value;
  }

  Result<Value> solana(Bytes data) {
    AIRLOCK_ASSIGN(const abi::solana::Message message, abi::solana::Message::read_any(data));
    Value instructions = Value::array();
    for (const abi::solana::Instruction& instruction : message) {
      const std::string program = base58_of(message.key(instruction.program).key);
      instructions.push_back({{"program", program},
                              {"data", hex_of(instruction.data)},
                              {"accounts", accounts(message, instruction, program)},
                              {"call", call(program, instruction.data)}});
    }
    return Value{{"version", message.version() == abi::solana::Version::legacy ? "legacy" : "v0"},
                 {"signers", message.signer_count()},
                 {"blockhash", base58_of(message.blockhash())},
                 {"instructions", std::move(instructions)}};
  }

  // Names by position where the pack knows the instruction.
  Value accounts(const abi::solana::Message& message, const abi::solana::Instruction& instruction,
                 const std::string& program) {
    const auto map = snapshot_.map("abi/" + chain_ + "/" + program, loaders_);
    const abi::type::Entry* entry =
        map ? (*map)->find_at_front(abi::type::EntryKind::function, instruction.data) : nullptr;
    Value listed = Value::array();
    if (entry == nullptr) {
      for (const std::uint8_t place : instruction.accounts)
        listed.push_back(account("", message.key(place)));
      return listed;
    }
    const std::size_t count = abi::solana::account_count(**map, *entry, instruction);
    for (std::size_t i = 0; i < count; ++i) {
      const abi::solana::NamedAccount one =
          abi::solana::named_account(**map, *entry, message, instruction, i);
      Value value = account(one.name, one.key);
      if (one.presence == abi::solana::Presence::left_out) value["left_out"] = true;
      if (one.presence == abi::solana::Presence::missing) value["missing"] = true;
      if (one.is_unexpected) value["unexpected"] = true;
      listed.push_back(std::move(value));
    }
    return listed;
  }
  static Value account(std::string_view named, const abi::solana::MessageKey& key) {
    return {{"name", text::visible_line(named)},
            {"key", key.is_known() ? Value(base58_of(key.key)) : Value("unresolved")},
            {"signer", key.is_signer},
            {"writable", key.is_writable}};
  }

  Result<Value> aptos(Bytes data) {
    AIRLOCK_ASSIGN(const abi::move::AptosTransaction read, abi::move::read_transaction(data));
    Value value = {{"sender", hex_of(read.sender)},
                   {"sequence_number", std::to_string(read.sequence_number)},
                   {"gas_max", std::to_string(read.gas_max)},
                   {"gas_price", std::to_string(read.gas_price)},
                   {"expires", std::to_string(read.expires_seconds)},
                   {"chain_id", read.chain_id}};
    const abi::move::Payload& payload = read.payload;
    if (payload.kind == abi::move::PayloadKind::script) {
      value["script"] = script(payload.script, data);
      return value;
    }
    if (payload.kind == abi::move::PayloadKind::multisig)
      value["multisig"] = hex_of(payload.account);
    if (payload.is_stored) {
      value["call"] = {{"warning", name(Code::unknown_call)}};
      return value;
    }
    const abi::move::EntryCall& call = payload.call;
    value["package"] = hex_of(call.address);
    value["function"] = std::string(call.module) + "::" + std::string(call.function);
    const auto map = snapshot_.map("abi/" + chain_ + "/" + hex_of(call.address), loaders_);
    if (!map) {
      value["call"] = {{"warning", name(map.error().code)}};
      return value;
    }
    abi::type::Tape tape(room_);
    const auto entry = abi::move::decode_call(**map, call, data, tape);
    value["call"] = entered(**map, entry, tape, data);
    return value;
  }

  // A script brings its code along, so that no pack has to know it, and nobody vouches for it.
  Value script(const abi::move::ScriptCall& script, Bytes data) {
    Value types = Value::array();
    for (std::size_t i = 0; i < script.tag_count; ++i) {
      std::string tag;
      abi::move::append_tag(tag, script.tags[i]);
      types.push_back(std::move(tag));
    }
    Value value = {{"code_size", script.code.size()}, {"type_arguments", std::move(types)}};
    const auto map = abi::move::load_script(script.code);
    if (!map) {
      value["call"] = {{"warning", name(map.error().code)}};
      return value;
    }
    abi::type::Tape tape(room_);
    const auto entry = abi::move::decode_script(map->map(), script, data, tape);
    value["call"] = entered(map->map(), entry, tape, data);
    return value;
  }

  // What the arguments of an entry function or a script are, or why they stay raw.
  Value entered(const abi::type::Map& map, const Result<const abi::type::Entry*>& entry,
                const abi::type::Tape& tape, Bytes data) {
    if (!entry) return {{"warning", name(entry.error().code)}};
    return shown(
        abi::Decoded{&map, *entry, abi::type::Value(map, tape.nodes(), data, 0), true, true});
  }

  Result<Value> sui(Bytes data) {
    AIRLOCK_ASSIGN(const abi::move::SuiTransaction read, abi::move::read_sui_transaction(data));
    std::string shown;
    AIRLOCK_TRY(abi::move::append_sui_json(shown, read));
    Value value = parsed(shown);
    Value calls = Value::array();
    for (const abi::move::SuiCommand& command : read.commands) {
      if (command.kind == abi::move::SuiCommandKind::move_call)
        calls.push_back(pure(read, command));
    }
    value["calls"] = std::move(calls);
    return value;
  }

  // What a call is given as bytes, by the types of its function.
  Value pure(const abi::move::SuiTransaction& transaction, const abi::move::SuiCommand& command) {
    Value arguments = Value::array();
    const auto map = snapshot_.map("abi/" + chain_ + "/" + hex_of(command.package), loaders_);
    for (std::size_t i = 0; map && i < command.arguments.size(); ++i) {
      abi::type::Tape tape(room_);
      const Status decoded = abi::move::decode_pure(**map, transaction, command, i, tape);
      std::string text;
      const bool reads =
          decoded && tape.size() > 0 &&
          abi::type::append_json(text, abi::type::Value(**map, tape.nodes(), transaction.data),
                                 abi::type::Shape::named);
      arguments.push_back(reads ? parsed(text) : Value(nullptr));
    }
    return {{"function", hex_of(command.package) + "::" + std::string(command.module) +
                             "::" + std::string(command.function)},
            {"arguments", std::move(arguments)}};
  }

  const abi::Snapshot& snapshot_;
  std::string chain_;
  std::vector<std::shared_ptr<const abi::Loader>> loaders_;
  std::vector<abi::type::Node> room_;
};

Answer read_transaction(const TransactionOptions& options) {
  AIRLOCK_ASSIGN(const std::vector<std::uint8_t> data, read_data(options.data));
  std::unique_ptr<const abi::Snapshot> snapshot = abi::Snapshot::none();
  if (!options.pack.empty()) {
    AIRLOCK_ASSIGN(snapshot, open_pack(options.pack));
  }
  AIRLOCK_ANSWER_ASSIGN(const Value value, Reader(*snapshot, options.chain).read(data),
                        options.chain);
  std::printf("%s\n", value.dump(2, ' ', false, Value::error_handler_t::replace).c_str());
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
  made.command.footer(
      "Example:\n  airlock abi transaction --chain eip155 --pack wallet.pack 0x02f8..\n"
      "  airlock abi transaction --chain sui:mainnet @transaction.hex");
}

}  // namespace airlock::app
