#include <algorithm>
#include <array>

#include "engine/abi/evm/evm.h"
#include "engine/abi/loader.h"
#include "engine/abi/move/aptos.h"
#include "engine/abi/move/loader.h"
#include "engine/abi/move/names.h"
#include "engine/abi/solana/solana.h"

namespace airlock::abi {
namespace {

using type::Map;
using type::OwnedMap;

// Words are the EVM's alone: what other chains read by them would be another chain's map.
Status check_prefixes(const Map& map) {
  for (std::size_t i = 0; i < map.types().size(); ++i) {
    if (map.types()[i].size == static_cast<std::uint16_t>(type::Prefix::evm_word) &&
        (map.types()[i].form == type::Form::list || map.types()[i].form == type::Form::bytes ||
         map.types()[i].form == type::Form::text || map.types()[i].form == type::Form::choice)) {
      return fail(Code::bad_type, i);
    }
  }
  return {};
}

class EvmLoader final : public Loader {
 public:
  std::string_view name() const override { return "evm"; }
  std::span<const std::string_view> chains() const override {
    static constexpr std::array<std::string_view, 1> kChains = {"eip155"};
    return kChains;
  }
  Result<OwnedMap> load(const Source& source) const override {
    if (source.files.size() != 1) return fail(Code::bad_abi);
    return evm::load(text_of(source.files[0]), source.name);
  }
  Status check(const Map& map) const override { return evm::check(map); }
  Result<Reading> read(const Map& map, Bytes data, type::Tape& tape) const override {
    AIRLOCK_ASSIGN(const evm::Decoded decoded, evm::decode_call(map, data, tape));
    return Reading{decoded.entry, decoded.node, decoded.is_canonical};
  }
  Result<Reading> read_other(const Map& map, const Question& question,
                             type::Tape& tape) const override {
    AIRLOCK_ASSIGN(const evm::Decoded decoded, decode_other(map, question, tape));
    return Reading{decoded.entry, decoded.node, decoded.is_canonical};
  }
  Result<std::vector<std::uint8_t>> write(const Map& map, const type::Entry& entry,
                                          json::Node arguments) const override {
    return evm::encode_call(map, entry, arguments);
  }
  Result<std::string> address(std::string_view text) const override {
    AIRLOCK_ASSIGN(const auto bytes, type::read_address(text, type::AddressForm::eip55, 20));
    std::string key;
    type::append_hex(key, bytes);
    return key;
  }
  Result<std::string> target_of(Bytes) const override { return fail(Code::not_found); }

 private:
  static Result<evm::Decoded> decode_other(const Map& map, const Question& question,
                                           type::Tape& tape) {
    switch (question.subject) {
      case Subject::output: {
        AIRLOCK_ASSIGN(const type::Entry* entry,
                       map.find_named(type::EntryKind::function, question.name));
        AIRLOCK_ASSIGN(evm::Decoded decoded, evm::decode_return(map, *entry, question.data, tape));
        decoded.entry = entry;
        return decoded;
      }
      case Subject::error: return evm::decode_error(map, question.data, tape);
      case Subject::event: return evm::decode_event(map, question.data, question.topics, tape);
      case Subject::account: return fail(Code::unknown_call);
    }
    return fail(Code::unknown_call);
  }
};

class SolanaLoader final : public Loader {
 public:
  std::string_view name() const override { return solana::kLoader; }
  std::span<const std::string_view> chains() const override {
    static constexpr std::array<std::string_view, 1> kChains = {"solana"};
    return kChains;
  }
  Result<OwnedMap> load(const Source& source) const override {
    if (source.files.size() != 1) return fail(Code::bad_abi);
    AIRLOCK_ASSIGN(const solana::Keys keys, keys_named(source.keys));
    return solana::load(text_of(source.files[0]), keys);
  }
  Status check(const Map& map) const override {
    if (map.loader() != name() || map.order() != type::Order::little) return fail(Code::wrong_type);
    return check_prefixes(map);
  }
  Result<Reading> read(const Map& map, Bytes data, type::Tape& tape) const override {
    AIRLOCK_ASSIGN(const solana::Decoded decoded, solana::decode_instruction(map, data, tape));
    return Reading{decoded.entry, 0, decoded.canonical};
  }
  Result<Reading> read_other(const Map& map, const Question& question,
                             type::Tape& tape) const override {
    if (question.subject == Subject::event) {
      AIRLOCK_ASSIGN(const solana::Decoded decoded, solana::decode_event(map, question.data, tape));
      return Reading{decoded.entry, 0, decoded.canonical};
    }
    if (question.subject != Subject::account) return fail(Code::unknown_call);
    AIRLOCK_ASSIGN(const solana::Decoded decoded, solana::decode_account(map, question.data, tape));
    return Reading{decoded.entry, 0, decoded.canonical};
  }
  Result<std::vector<std::uint8_t>> write(const Map& map, const type::Entry& entry,
                                          json::Node arguments) const override {
    return solana::encode(map, entry, arguments);
  }
  Result<std::string> address(std::string_view text) const override {
    AIRLOCK_ASSIGN(const auto bytes,
                   type::read_address(text, type::AddressForm::base58, solana::kAddressSize));
    std::string key;
    type::append_base58(key, bytes);
    return key;
  }
  Result<std::string> target_of(Bytes) const override { return fail(Code::not_found); }

 private:
  static Result<solana::Keys> keys_named(std::string_view name) {
    if (name.empty() || name == "anchor") return solana::Keys::anchor;
    if (name == "tag_u8") return solana::Keys::tag_u8;
    if (name == "tag_u32") return solana::Keys::tag_u32;
    return fail(Code::bad_abi);
  }
};

// What the chains of Move share: their modules, and how addresses are spelled.
class MoveLoader : public Loader {
 public:
  std::string_view name() const override { return "move"; }
  Result<OwnedMap> load(const Source& source) const override {
    if (source.names.empty()) return move::load(source.files, source.name);
    AIRLOCK_ASSIGN(const move::Names names, move::Names::read(text_of(source.names)));
    return move::load(source.files, source.name, &names);
  }
  Status check(const Map& map) const override {
    if (map.loader() != name() || map.order() != type::Order::little) return fail(Code::wrong_type);
    return check_prefixes(map);
  }
  Result<Reading> read_other(const Map&, const Question&, type::Tape&) const override {
    return fail(Code::unknown_call);
  }
  Result<std::string> address(std::string_view text) const override {
    AIRLOCK_ASSIGN(const auto bytes,
                   type::read_address(text, type::AddressForm::hex, move::kAddressSize));
    std::string key;
    type::append_hex(key, bytes);
    return key;
  }
};

// A call of Aptos is an entry payload, which names the package itself. What a script or a multisig
// account would do is no call of the sender's, and is not shown as one.
class AptosLoader final : public MoveLoader {
 public:
  std::span<const std::string_view> chains() const override {
    static constexpr std::array<std::string_view, 1> kChains = {"aptos"};
    return kChains;
  }
  Result<Reading> read(const Map& map, Bytes data, type::Tape& tape) const override {
    AIRLOCK_ASSIGN(const move::EntryCall call, move::read_entry_call(data));
    AIRLOCK_ASSIGN(const type::Entry* entry, move::decode_call(map, call, data, tape));
    return Reading{entry, 0, true};
  }
  // {"type_arguments":["0x1::..",..],"arguments":..}, or the arguments alone.
  Result<std::vector<std::uint8_t>> write(const Map& map, const type::Entry& entry,
                                          json::Node arguments) const override {
    std::vector<std::string> types;
    if (const auto listed = arguments.member("type_arguments")) {
      if (!listed->is_array()) return fail(Code::bad_value);
      for (const json::Node type : listed->elements()) {
        if (!type.is_text()) return fail(Code::bad_value);
        types.emplace_back(type.as_text());
      }
      const auto values = arguments.member("arguments");
      if (!values) return fail(Code::bad_value);
      arguments = *values;
    }
    return move::encode_payload(map, entry, types, arguments);
  }
  Result<std::string> target_of(Bytes data) const override {
    AIRLOCK_ASSIGN(const move::EntryCall call, move::read_entry_call(data));
    std::string key;
    type::append_hex(key, call.address);
    return key;
  }
};

// A transaction of Sui is a list of commands and not a call: transaction.h reads it.
class SuiLoader final : public MoveLoader {
 public:
  std::span<const std::string_view> chains() const override {
    static constexpr std::array<std::string_view, 1> kChains = {"sui"};
    return kChains;
  }
  Result<Reading> read(const Map&, Bytes, type::Tape&) const override {
    return fail(Code::unknown_call);
  }
  Result<std::vector<std::uint8_t>> write(const Map&, const type::Entry&,
                                          json::Node) const override {
    return fail(Code::unknown_call);
  }
  Result<std::string> target_of(Bytes) const override { return fail(Code::not_found); }
};

}  // namespace

Result<const Loader*> loader_of(Loaders loaders, std::string_view chain) {
  const std::string_view space = chain.substr(0, chain.find(':'));
  for (const auto& loader : loaders) {
    if (std::ranges::find(loader->chains(), space) != loader->chains().end()) return loader.get();
  }
  return fail(Code::loader_missing);
}

std::vector<std::shared_ptr<const Loader>> standard_loaders() {
  return {std::make_shared<const EvmLoader>(), std::make_shared<const SolanaLoader>(),
          std::make_shared<const AptosLoader>(), std::make_shared<const SuiLoader>()};
}

}  // namespace airlock::abi
