#include "engine/abi/fixed_cases.h"

#include <algorithm>
#include <array>

namespace airlock::abi {
namespace {

// What a screen must say: addresses, and an amount whose digits nothing else has.
using Says = std::array<std::string_view, 3>;

struct Case {
  std::string_view loader;
  std::string_view data;       // 0x..
  std::string_view signature;  // empty: the contract's own answer to a plain send
  std::string_view arguments;  // by place
  Says says;
};

constexpr std::array<Case, 5> kCases = {{
    {"evm",
     "0xa9059cbb"
     "0000000000000000000000007777777777777777777777777777777777777777"
     "000000000000000000000000000000000000000000000000000000000089dff8",
     "transfer(address,uint256)",
     "[\"0x7777777777777777777777777777777777777777\",\"9035768\"]",
     {"0x7777777777777777777777777777777777777777", "9035768"}},
    {"evm",
     "0x095ea7b3"
     "0000000000000000000000007777777777777777777777777777777777777777"
     "000000000000000000000000000000000000000000000000000000000089dff8",
     "approve(address,uint256)",
     "[\"0x7777777777777777777777777777777777777777\",\"9035768\"]",
     {"0x7777777777777777777777777777777777777777", "9035768"}},
    {"evm",
     "0x23b872dd"
     "0000000000000000000000007777777777777777777777777777777777777777"
     "0000000000000000000000008888888888888888888888888888888888888888"
     "000000000000000000000000000000000000000000000000000000000089dff8",
     "transferFrom(address,address,uint256)",
     "[\"0x7777777777777777777777777777777777777777\","
     "\"0x8888888888888888888888888888888888888888\",\"9035768\"]",
     {"0x7777777777777777777777777777777777777777", "0x8888888888888888888888888888888888888888",
      "9035768"}},
    {"evm",
     "0xd505accf"
     "0000000000000000000000007777777777777777777777777777777777777777"
     "0000000000000000000000008888888888888888888888888888888888888888"
     "000000000000000000000000000000000000000000000000000000000089dff8"
     "0000000000000000000000000000000000000000000000000000000000000009"
     "000000000000000000000000000000000000000000000000000000000000001b"
     "3333333333333333333333333333333333333333333333333333333333333333"
     "4444444444444444444444444444444444444444444444444444444444444444",
     "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
     "[\"0x7777777777777777777777777777777777777777\","
     "\"0x8888888888888888888888888888888888888888\",\"9035768\",\"9\",\"27\","
     "\"0x3333333333333333333333333333333333333333333333333333333333333333\","
     "\"0x4444444444444444444444444444444444444444444444444444444444444444\"]",
     {"0x8888888888888888888888888888888888888888", "9035768"}},
    {"evm", "0x", "", "[]", {}},
}};

// The message of ERC-2612, which allows a spender without a transaction.
constexpr std::string_view kPermitTypes =
    R"json({"Permit":[{"name":"owner","type":"address"},{"name":"spender","type":"address"},
                      {"name":"value","type":"uint256"},{"name":"nonce","type":"uint256"},
                      {"name":"deadline","type":"uint256"}]})json";
constexpr std::string_view kPermitValues =
    R"json({"owner":"0x7777777777777777777777777777777777777777",
            "spender":"0x8888888888888888888888888888888888888888",
            "value":"9035768","nonce":"3","deadline":"9"})json";
constexpr Says kPermitSays = {"0x8888888888888888888888888888888888888888", "9035768"};

// Who signs: nobody of those.
constexpr std::array<std::uint8_t, clear::kAddressSize> kFrom = {0x55};

bool says(const type::Map& map, const Reading& read, std::span<const type::Node> nodes, Bytes data,
          const Case& one) {
  if (!read.is_canonical) return false;
  if (one.signature.empty()) {
    // A plain send calls nothing that has a name.
    return read.entry->kind == type::EntryKind::receive ||
           read.entry->kind == type::EntryKind::fallback;
  }
  if (map.text(read.entry->signature) != one.signature) return false;
  std::string shown;
  const type::Value value(map, nodes, data, read.node);
  if (!type::append_json(shown, value, type::Shape::positional)) return false;
  return shown == one.arguments;
}

bool has(std::string text, std::string_view wanted) {
  std::erase(text, '.');  // of an amount, wherever its token puts the point
  return text.find(wanted) != std::string::npos;
}

// Raw bytes hide nothing, so that only what is said in words has to be whole.
bool says(const clear::Shown& shown, const Says& wanted) {
  if (!shown.front().is_clear) return true;
  return std::ranges::all_of(wanted, [&shown](std::string_view one) {
    const auto is_said = [one](const clear::Field& field) {
      return has(field.value, one) || has(field.detail, one);
    };
    return std::ranges::any_of(shown.front().fields, is_said);
  });
}

Status check_calls(const Snapshot& snapshot, const clear::Descriptor& descriptor,
                   const Binding& binding, std::span<type::Node> room) {
  const Known known(snapshot);
  for (std::size_t i = 0; i < kCases.size(); ++i) {
    const Case& one = kCases[i];
    AIRLOCK_ASSIGN(const std::vector<std::uint8_t> data, type::read_hex(one.data));
    if (one.signature.empty() || !descriptor.describes(Bytes(data).first(4))) continue;
    type::Tape tape(room);
    const clear::Call call{binding.chain_id, binding.address, kFrom, {}, data};
    if (!says(clear::show_call(&descriptor, call, known, tape), one.says))
      return fail(Code::golden_case_failed, i);
  }
  return {};
}

// The permit in a domain as the descriptor asks for it, of the contract that it is bound to.
Result<clear::TypedData> permit(const clear::Descriptor& descriptor, const Binding& binding) {
  const clear::Domain asked = descriptor.domain();
  std::string contract;
  type::append_hex(contract, binding.address);
  AIRLOCK_ASSIGN(json::Value types, json::parse(kPermitTypes, kPermitTypes.size()));
  AIRLOCK_ASSIGN(json::Value values, json::parse(kPermitValues, kPermitValues.size()));
  const json::Value message = {{"types", std::move(types)},
                               {"primaryType", "Permit"},
                               {"domain",
                                {{"name", asked.name.value_or("Token")},
                                 {"version", asked.version.value_or("1")},
                                 {"chainId", binding.chain_id},
                                 {"verifyingContract", contract}}},
                               {"message", std::move(values)}};
  return clear::TypedData::read(json::write(message));
}

Status check_messages(const Snapshot& snapshot, const clear::Descriptor& descriptor,
                      const Binding& binding, std::span<type::Node> room) {
  AIRLOCK_ASSIGN(const clear::TypedData message, permit(descriptor, binding));
  if (!descriptor.describes(message)) return {};
  const Known known(snapshot);
  type::Tape tape(room);
  const auto shown = clear::show_message(&descriptor, message, Bytes(kFrom), known, tape);
  return says(shown, kPermitSays) ? Status() : fail(Code::golden_case_failed, kCases.size());
}

}  // namespace

Status check_fixed_cases(const type::Map& map, const Loader& loader, std::span<type::Node> room) {
  for (std::size_t i = 0; i < kCases.size(); ++i) {
    const Case& one = kCases[i];
    if (one.loader != loader.name()) continue;
    AIRLOCK_ASSIGN(const std::vector<std::uint8_t> data, type::read_hex(one.data));
    type::Tape tape(room);
    const auto read = loader.read(map, data, tape);
    const bool says_nothing =
        !read && (read.error().code == Code::unknown_call || one.data == "0x");
    if (says_nothing) continue;
    if (!read || !says(map, *read, tape.nodes(), data, one))
      return fail(Code::golden_case_failed, i);
  }
  return {};
}

Status check_fixed_cases(const Snapshot& snapshot, const clear::Descriptor& descriptor,
                         const Binding& binding, std::span<type::Node> room) {
  return binding.is_for_calls ? check_calls(snapshot, descriptor, binding, room)
                              : check_messages(snapshot, descriptor, binding, room);
}

}  // namespace airlock::abi
