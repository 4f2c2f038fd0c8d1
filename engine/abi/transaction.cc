#include "engine/abi/transaction.h"

#include "engine/abi/carried.h"
#include "engine/abi/evm/transaction.h"
#include "engine/abi/move/aptos.h"
#include "engine/abi/move/loader.h"
#include "engine/abi/move/sui.h"
#include "engine/abi/move/tag.h"
#include "engine/abi/show_transaction.h"
#include "engine/abi/solana/solana.h"
#include "host/text/text.h"

namespace airlock::abi {
namespace {

std::string hex_of(Bytes bytes) { return "0x" + text::to_hex(bytes); }

std::string base58_of(Bytes bytes) {
  std::string made;
  type::append_base58(made, bytes);
  return made;
}

std::string decimal_of(const number::U256& value) {
  std::string made;
  number::append(made, value);
  return made;
}

// What our own writers made reads as JSON.
json::Value parsed(const std::string& text) {
  const auto tree = json::Tree::parse(text, type::kOutputMax, json::Nul::in_texts);
  return tree ? json::value_of(tree->root()) : json::Value(nullptr);
}

// That a pack has no such entry says: nothing explains this.
json::Value warning(Code code) {
  return {{"warning", name(code == Code::not_found ? Code::unknown_call : code)}};
}

class Reader {
 public:
  Reader(const Explaining& by, std::string_view chain)
      : snapshot_(by.snapshot), loaders_(by.loaders), room_(by.room), chain_(chain) {}

  Result<json::Value> read(Bytes data) {
    const std::string_view space = std::string_view(chain_).substr(0, chain_.find(':'));
    if (space == "eip155") return of_evm(data);
    if (space == "solana") return of_solana(data);
    if (space == "aptos") return of_aptos(data);
    if (space == "sui") return of_sui(data);
    return fail(Code::loader_missing);
  }

 private:
  // A call by the pack, or why it stays raw.
  json::Value call(std::string_view target, Bytes data) {
    const Call asked{.chain = chain_, .target = target, .data = data};
    const auto decoded = decode(snapshot_, loaders_, asked, room_);
    if (!decoded) return warning(decoded.error().code);
    std::string text;
    const auto carried = Carried::of({snapshot_, loaders_, room_}, asked, *decoded);
    const Status written = append_json(text, *decoded, carried, "");
    return written ? said(text) : warning(written.error().code);
  }

  // One transaction says only so much, however often it repeats itself.
  bool spend(std::size_t size) {
    said_ += size;
    return said_ <= type::kOutputMax;
  }
  json::Value said(const std::string& text) {
    return spend(text.size()) ? parsed(text) : warning(Code::over_budget);
  }

  // The number in the transaction is that of the chain for which it was asked to be read.
  Status check_chain(std::uint64_t number) {
    const std::string asked = chain_;
    chain_ = chain_.substr(0, chain_.find(':')) + ":" + std::to_string(number);
    const bool is_open = asked.find(':') == std::string::npos;
    return is_open || asked == chain_ ? Status() : fail(Code::expected_otherwise, number);
  }

  Result<json::Value> of_evm(Bytes data) {
    AIRLOCK_ASSIGN(const evm::Transaction read,
                   evm::read_transaction(data, evm::Signature::passed_over));
    if (read.chain_id) AIRLOCK_TRY(check_chain(*read.chain_id));
    json::Value value = {{"type", static_cast<int>(read.kind)},
                         {"nonce", std::to_string(read.nonce)},
                         {"gas_limit", std::to_string(read.gas_limit)},
                         {"fee_per_gas_max", decimal_of(read.fee_per_gas_max)},
                         {"value", decimal_of(read.value)},
                         {"data", hex_of(read.data)},
                         {"chain_id", nullptr},
                         {"to", nullptr},
                         {"call", warning(Code::unknown_call)}};
    if (read.chain_id) value["chain_id"] = *read.chain_id;
    add_blobs(value, read);
    add_authorizations(value, read);
    if (read.to) add_call(value, read);
    const clear::Shown screen = show_evm({snapshot_, loaders_, room_}, chain_, read);
    const std::string text = clear::json_of(screen);
    value["screen"] = said(text);
    return value;
  }

  void add_call(json::Value& value, const evm::Transaction& read) {
    std::string to;
    type::append_eip55(to, *read.to);
    value["to"] = to;
    value["call"] = call(to, read.data);
  }

  static void add_blobs(json::Value& value, const evm::Transaction& read) {
    if (read.kind != evm::TransactionKind::blob) return;
    value["blob_fee_max"] = decimal_of(read.blob_fee_max);
    json::Value& blobs = value["blobs"] = json::Value::array();
    for (const Bytes hash : read.blobs) blobs.push_back(hex_of(hash));
  }

  static void add_authorizations(json::Value& value, const evm::Transaction& read) {
    if (read.kind != evm::TransactionKind::set_code) return;
    json::Value& listed = value["authorizations"] = json::Value::array();
    for (const evm::Authorization& one : read.authorizations) {
      std::string address;
      type::append_eip55(address, one.address);
      listed.push_back({{"chain_id", decimal_of(one.chain_id)},
                        {"address", std::move(address)},
                        {"nonce", std::to_string(one.nonce)}});
    }
  }

  Result<json::Value> of_solana(Bytes data) {
    AIRLOCK_ASSIGN(const solana::Message message, solana::Message::read_any(data));
    json::Value instructions = json::Value::array();
    for (const solana::Instruction& instruction : message) {
      const std::string program = base58_of(message.key(instruction.program).key);
      instructions.push_back({{"program", program},
                              {"data", hex_of(instruction.data)},
                              {"accounts", accounts(message, instruction, program)},
                              {"call", call(program, instruction.data)}});
    }
    return json::Value{{"version", message.version() == solana::Version::legacy ? "legacy" : "v0"},
                       {"signers", message.signer_count()},
                       {"blockhash", base58_of(message.blockhash())},
                       {"instructions", std::move(instructions)}};
  }

  // Names by position where the pack knows the instruction.
  json::Value accounts(const solana::Message& message, const solana::Instruction& instruction,
                       const std::string& program) {
    const auto map = snapshot_.map("abi/" + chain_ + "/" + program, loaders_);
    const type::Entry* entry =
        map ? (*map)->find_at_front(type::EntryKind::function, instruction.data) : nullptr;
    json::Value listed = json::Value::array();
    if (entry == nullptr) {
      for (const std::uint8_t place : instruction.accounts)
        listed.push_back(account("", message.key(place)));
      return listed;
    }
    const std::size_t count = solana::account_count(**map, *entry, instruction);
    for (std::size_t i = 0; i < count; ++i) {
      const solana::NamedAccount one =
          solana::named_account(**map, *entry, message, instruction, i);
      json::Value value = account(one.name, one.key);
      if (one.presence == solana::Presence::left_out) value["left_out"] = true;
      if (one.presence == solana::Presence::missing) value["missing"] = true;
      if (one.is_unexpected) value["unexpected"] = true;
      listed.push_back(std::move(value));
    }
    return listed;
  }
  static json::Value account(std::string_view named, const solana::MessageKey& key) {
    return {{"name", text::visible_line(named)},
            {"key", key.is_known() ? json::Value(base58_of(key.key)) : json::Value("unresolved")},
            {"signer", key.is_signer},
            {"writable", key.is_writable}};
  }

  Result<json::Value> of_aptos(Bytes data) {
    AIRLOCK_ASSIGN(const move::AptosTransaction read, move::read_transaction(data));
    AIRLOCK_TRY(check_chain(read.chain_id));
    json::Value value = {{"sender", hex_of(read.sender)},
                         {"sequence_number", std::to_string(read.sequence_number)},
                         {"gas_max", std::to_string(read.gas_max)},
                         {"gas_price", std::to_string(read.gas_price)},
                         {"expires", std::to_string(read.expires_seconds)},
                         {"chain_id", read.chain_id}};
    const move::Payload& payload = read.payload;
    if (payload.kind == move::PayloadKind::script) {
      value["script"] = script(payload.script, data);
      return value;
    }
    if (payload.kind == move::PayloadKind::multisig) value["multisig"] = hex_of(payload.account);
    if (payload.is_stored) {
      value["call"] = warning(Code::unknown_call);
      return value;
    }
    const move::EntryCall& called = payload.call;
    value["package"] = hex_of(called.address);
    value["function"] = std::string(called.module) + "::" + std::string(called.function);
    value["call"] = call(called, data);
    return value;
  }

  json::Value call(const move::EntryCall& called, Bytes data) {
    const auto map = snapshot_.map("abi/" + chain_ + "/" + hex_of(called.address), loaders_);
    if (!map) return warning(map.error().code);
    type::Tape tape(room_);
    const auto entry = move::decode_call(**map, called, data, tape);
    return entered(**map, entry, tape, data);
  }

  // A script brings its code along, so that no pack has to know it, and nobody vouches for it.
  json::Value script(const move::ScriptCall& script, Bytes data) {
    json::Value types = json::Value::array();
    for (std::size_t i = 0; i < script.tag_count; ++i) {
      std::string tag;
      move::append_tag(tag, script.tags[i]);
      types.push_back(std::move(tag));
    }
    json::Value value = {{"code_size", script.code.size()}, {"type_arguments", std::move(types)}};
    const auto map = move::load_script(script.code);
    if (!map) {
      value["call"] = warning(map.error().code);
      return value;
    }
    type::Tape tape(room_);
    const auto entry = move::decode_script(map->map(), script, data, tape);
    value["call"] = entered(map->map(), entry, tape, data);
    return value;
  }

  // What an entry function or a script is given, or why it stays raw.
  json::Value entered(const type::Map& map, const Result<const type::Entry*>& entry,
                      const type::Tape& tape, Bytes data) {
    if (!entry) return warning(entry.error().code);
    std::string text;
    const Status written =
        append_json(text, {&map, *entry, type::Value(map, tape.nodes(), data), true, true}, "");
    return written ? said(text) : warning(written.error().code);
  }

  Result<json::Value> of_sui(Bytes data) {
    AIRLOCK_ASSIGN(const move::SuiTransaction read, move::read_sui_transaction(data));
    std::string shown;
    AIRLOCK_TRY(move::append_sui_json(shown, read));
    json::Value value = parsed(shown);
    json::Value calls = json::Value::array();
    for (const move::SuiCommand& command : read.commands) {
      if (command.kind == move::SuiCommandKind::move_call) calls.push_back(pure(read, command));
    }
    value["calls"] = std::move(calls);
    return value;
  }

  // What a call is given as bytes, by the types of its function; objects and results are null.
  json::Value pure(const move::SuiTransaction& transaction, const move::SuiCommand& command) {
    json::Value value = {{"function", hex_of(command.package) + "::" + std::string(command.module) +
                                          "::" + std::string(command.function)}};
    const auto map = snapshot_.map("abi/" + chain_ + "/" + hex_of(command.package), loaders_);
    if (!map || move::sui_function(**map, command) == nullptr) {
      value.update(warning(map ? Code::unknown_call : map.error().code));
      return value;
    }
    json::Value& arguments = value["arguments"] = json::Value::array();
    for (std::size_t i = 0; i < command.arguments.size(); ++i) {
      arguments.push_back(argument(**map, transaction, command, i));
    }
    return value;
  }

  json::Value argument(const type::Map& map, const move::SuiTransaction& transaction,
                       const move::SuiCommand& command, std::size_t place) {
    const move::SuiArgument& given = command.arguments[place];
    if (given.kind != move::SuiArgumentKind::input) return nullptr;
    const move::SuiInput& input = transaction.inputs[given.index];
    if (input.kind != move::SuiInputKind::pure) return nullptr;
    if (!spend(input.bytes.size())) return warning(Code::over_budget);
    type::Tape tape(room_);
    const Status decoded = move::decode_pure(map, transaction, command, place, tape);
    if (!decoded) return warning(decoded.error().code);
    std::string text;
    const type::Value value(map, tape.nodes(), transaction.data);
    const Status written = type::append_json(text, value, type::Shape::named);
    return written ? said(text) : warning(written.error().code);
  }

  const Snapshot& snapshot_;
  Loaders loaders_;
  std::span<type::Node> room_;
  std::string chain_;
  std::size_t said_ = 0;
};

}  // namespace

Result<json::Value> read_transaction(const Explaining& by, std::string_view chain, Bytes data) {
  return Reader(by, chain).read(data);
}

}  // namespace airlock::abi
