// Maps of contracts, programs and packages held against the calls that every wallet knows.
#include <algorithm>

#include "engine/abi/fixed_calls.h"
#include "engine/abi/fixed_cases.h"
#include "engine/abi/roles.h"

namespace airlock::abi {
namespace {

// Calls of a program or package that every wallet of its chain knows, by its address.
struct Other {
  std::string_view loader;
  std::string_view address;
  std::string_view name;
  std::string_view data;
  std::string_view arguments;  // by place
  // Where its accounts or its arguments stand that pay, and that are paid.
  std::size_t payer, recipient;
};
constexpr std::size_t kNowhere = 64;
constexpr std::string_view kSystem = "11111111111111111111111111111111";
constexpr std::string_view kTokenProgram = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
constexpr std::string_view kToken2022Program = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
constexpr std::string_view kFramework =
    "0x0000000000000000000000000000000000000000000000000000000000000001";
constexpr std::string_view kSends = "[\"72623859790382856\"]";
constexpr std::string_view kSendsChecked = "[\"72623859790382856\",\"9\"]";
constexpr std::string_view kSendsTo =
    "[\"0x7777777777777777777777777777777777777777777777777777777777777777\","
    "\"72623859790382856\"]";

constexpr std::array<Other, 11> kOthers = {{
    {"solana", kSystem, "transfer", "0x020000000807060504030201", kSends, 0, 1},
    {"solana", kTokenProgram, "transfer", "0x030807060504030201", kSends, 0, 1},
    {"solana", kTokenProgram, "approve", "0x040807060504030201", kSends, 0, 1},
    {"solana", kTokenProgram, "transferchecked", "0x0c080706050403020109", kSendsChecked, 0, 2},
    {"solana", kTokenProgram, "approvechecked", "0x0d080706050403020109", kSendsChecked, 0, 2},
    {"solana", kToken2022Program, "transfer", "0x030807060504030201", kSends, 0, 1},
    {"solana", kToken2022Program, "approve", "0x040807060504030201", kSends, 0, 1},
    {"solana", kToken2022Program, "transferchecked", "0x0c080706050403020109", kSendsChecked, 0, 2},
    {"solana", kToken2022Program, "approvechecked", "0x0d080706050403020109", kSendsChecked, 0, 2},
    // coin::transfer<0x1::aptos_coin::AptosCoin>, aptos_account::transfer
    {"move", kFramework, "transfer",
     "0x02000000000000000000000000000000000000000000000000000000000000000104636f696e087472616e73666"
     "5"
     "7201070000000000000000000000000000000000000000000000000000000000000001"
     "0a6170746f735f636f696e094170746f73436f696e000220"
     "7777777777777777777777777777777777777777777777777777777777777777080807060504030201",
     kSendsTo, kNowhere, 0},
    {"move", kFramework, "transfer",
     "0x0200000000000000000000000000000000000000000000000000000000000000010d6170746f735f6163636f756"
     "e"
     "74087472616e73666572000220"
     "7777777777777777777777777777777777777777777777777777777777777777080807060504030201",
     kSendsTo, kNowhere, 0},
}};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(), [](char c) { return lower(c); });
  return made;
}

// Who signs has no bytes in a call of Move, and its map may list it.
std::string with_signer(std::string_view arguments) {
  return "[\"0x\"," + std::string(arguments.substr(1));
}

bool reads(const type::Map& map, const Reading& read, std::span<const type::Node> nodes, Bytes data,
           std::string_view arguments) {
  if (!read.is_canonical) return false;
  std::string shown;
  const type::Value value(map, nodes, data, read.node);
  return type::append_json(shown, value, type::Shape::positional) &&
         (shown == arguments || shown == with_signer(arguments));
}

// A plain send calls nothing that has a name.
Status check_plain_send(const type::Map& map, const Loader& loader, std::span<type::Node> room) {
  type::Tape tape(room);
  const auto read = loader.read(map, {}, tape);
  if (!read || (read->is_canonical && (read->entry->kind == type::EntryKind::receive ||
                                       read->entry->kind == type::EntryKind::fallback)))
    return {};
  return fail(Code::golden_case_failed, kPlainSend);
}

// Whether bytes are no call that the map knows, which is as good as reading them right.
bool is_unknown(const Result<Reading>& read) {
  return !read && read.error().code == Code::unknown_call;
}

Status check_evm(const type::Map& map, const Loader& loader, std::span<type::Node> room) {
  for (std::size_t i = 0; i < kCalls.size(); ++i) {
    for (std::size_t n = 0; n < kProbes; ++n) {
      const Probe made = probe(n);
      const std::vector<std::uint8_t> data = data_of(kCalls[i], made);
      type::Tape tape(room);
      const auto read = loader.read(map, data, tape);
      if (is_unknown(read)) break;
      if (!read || map.text(read->entry->signature) != kCalls[i].signature ||
          !reads(map, *read, tape.nodes(), data, arguments_of(kCalls[i], made)))
        return fail(Code::golden_case_failed, i);
    }
  }
  return check_plain_send(map, loader, room);
}

// The name of what stands at a place of a call: of its accounts, or of the arguments that are
// addresses. Who signs comes before them.
std::string_view name_at(const type::Map& map, const type::Entry& entry, std::size_t at) {
  const auto accounts = map.accounts_of(entry);
  if (!accounts.empty()) return at < accounts.size() ? map.text(accounts[at].name) : "";
  if (entry.input == type::kNone) return {};
  for (const type::Field& field : map.fields_of(map.types()[entry.input])) {
    if (map.types()[field.type].form != type::Form::address) continue;
    if (at == 0) return map.text(field.name);
    --at;
  }
  return {};
}

std::string without_lines(std::string_view name) {
  std::string made = lower(name);
  std::erase(made, '_');
  return made;
}

Status check_others(const type::Map& map, const Loader& loader, std::string_view address,
                    std::span<type::Node> room) {
  for (std::size_t i = 0; i < kOthers.size(); ++i) {
    const Other& one = kOthers[i];
    if (one.loader != loader.name() || one.address != address) continue;
    AIRLOCK_ASSIGN(const std::vector<std::uint8_t> data, type::read_hex(one.data));
    type::Tape tape(room);
    const auto read = loader.read(map, data, tape);
    if (is_unknown(read)) continue;
    const bool is_right = read &&
                          without_lines(map.text(read->entry->name)) == without_lines(one.name) &&
                          reads(map, *read, tape.nodes(), data, one.arguments) &&
                          !names_recipient(name_at(map, *read->entry, one.payer)) &&
                          !names_payer(name_at(map, *read->entry, one.recipient));
    if (!is_right) return fail(Code::golden_case_failed, kOthersFrom + i);
  }
  return {};
}

}  // namespace

Status check_fixed_cases(const type::Map& map, const Loader& loader, std::string_view address,
                         std::span<type::Node> room) {
  if (loader.name() == "evm") return check_evm(map, loader, room);
  return check_others(map, loader, address, room);
}

}  // namespace airlock::abi
