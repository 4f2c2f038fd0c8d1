// Maps of contracts, programs and packages held against the calls that every wallet knows.
#include <algorithm>

#include "engine/abi/fixed_calls.h"
#include "engine/abi/fixed_cases.h"
#include "engine/abi/roles.h"
#include "host/text/text.h"

namespace airlock::abi {
namespace {

using Roles = std::initializer_list<Role>;

// Calls of a program or package that every wallet of its chain knows, by its address.
struct Other {
  std::string_view loader;
  std::string_view address;
  std::string_view name;
  std::string_view key;        // what its data begins with
  std::string_view data;       // what follows, with '#' where an amount stands
  std::string_view arguments;  // by place, likewise
  Roles values{};              // what its arguments are
  Roles accounts{};            // and what its accounts
};
constexpr std::string_view kSystem = "11111111111111111111111111111111";
constexpr std::string_view kTokenProgram = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
constexpr std::string_view kToken2022Program = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
constexpr std::string_view kFramework =
    "0x0000000000000000000000000000000000000000000000000000000000000001";
constexpr std::string_view kSends = R"(["#"])";
constexpr std::string_view kSendsChecked = R"(["#","9"])";
constexpr std::string_view kSendsTo =
    R"(["0x7777777777777777777777777777777777777777777777777777777777777777","#"])";
// To 0x77.., the number in eight bytes.
constexpr std::string_view kArgumentsTo =
    "0220777777777777777777777777777777777777777777777777777777777777777708#";
// A seed "hi" of the System program's own.
constexpr std::string_view kSeed =
    "#020000000000000068690000000000000000000000000000000000000000000000000000000000000000";

constexpr Roles kAmount = {Role::amount}, kChecked = {Role::amount, Role::decimals},
                kCharged = {Role::amount, Role::decimals, Role::fee},
                kSeeded = {Role::amount, Role::seed, Role::program},
                kTo = {Role::recipient, Role::amount};
constexpr Roles kPays = {Role::payer, Role::recipient},
                kPaysFromSeed = {Role::payer, Role::base, Role::recipient},
                kMoves = {Role::payer, Role::recipient, Role::authority},
                kMovesOf = {Role::payer, Role::mint, Role::recipient, Role::authority};

constexpr std::array<Other, 13> kOthers = {{
    {"solana", kSystem, "transfer", "02000000", "#", kSends, kAmount, kPays},
    {"solana", kSystem, "transferwithseed", "0b000000", kSeed,
     R"(["#","hi","11111111111111111111111111111111"])", kSeeded, kPaysFromSeed},
    {"solana", kTokenProgram, "transfer", "03", "#", kSends, kAmount, kMoves},
    {"solana", kTokenProgram, "approve", "04", "#", kSends, kAmount, kMoves},
    {"solana", kTokenProgram, "transferchecked", "0c", "#09", kSendsChecked, kChecked, kMovesOf},
    {"solana", kTokenProgram, "approvechecked", "0d", "#09", kSendsChecked, kChecked, kMovesOf},
    {"solana", kToken2022Program, "transfer", "03", "#", kSends, kAmount, kMoves},
    {"solana", kToken2022Program, "approve", "04", "#", kSends, kAmount, kMoves},
    {"solana", kToken2022Program, "transferchecked", "0c", "#09", kSendsChecked, kChecked,
     kMovesOf},
    {"solana", kToken2022Program, "approvechecked", "0d", "#09", kSendsChecked, kChecked, kMovesOf},
    {"solana", kToken2022Program, "transfercheckedwithfee", "1a01", "#090500000000000000",
     R"(["#","9","5"])", kCharged, kMovesOf},
    // coin::transfer<0x1::aptos_coin::AptosCoin>, aptos_account::transfer
    {"move",
     kFramework,
     "transfer",
     "02000000000000000000000000000000000000000000000000000000000000000104636f696e087472616e7366657"
     "2"
     "0107000000000000000000000000000000000000000000000000000000000000000"
     "10a6170746f735f636f696e094170746f73436f696e00",
     kArgumentsTo,
     kSendsTo,
     kTo,
     {}},
    {"move",
     kFramework,
     "transfer",
     "0200000000000000000000000000000000000000000000000000000000000000010d6170746f735f6163636f756e7"
     "4"
     "087472616e7366657200",
     kArgumentsTo,
     kSendsTo,
     kTo,
     {}},
}};

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

// Whether a name of a value may stand for its role.
using Naming = bool (*)(Role role, std::string_view name);
bool is_of_no_other(Role role, std::string_view name) { return !names_another(role, name); }

// Whether what a call holds is called as what it is, or not at all. Who signs, which some maps
// list first, pays.
bool names_values(const type::Map& map, const type::Entry& entry, std::span<const Role> roles,
                  Naming may_name) {
  if (entry.input == type::kNone) return roles.empty();
  std::size_t at = 0;
  for (const type::Field& field : map.fields_of(map.types()[entry.input])) {
    const bool is_signer = map.types()[field.type].form == type::Form::signer;
    if (!is_signer && at == roles.size()) return false;
    const Role role = is_signer ? Role::payer : roles[at++];
    if (field.name.size != 0 && !may_name(role, map.text(field.name))) return false;
  }
  return true;
}

// The same of the accounts. More may follow, such as those that sign together.
bool names_accounts(const type::Map& map, const type::Entry& entry, std::span<const Role> roles) {
  std::size_t at = 0;
  for (const type::Account& account : map.accounts_of(entry)) {
    const std::string_view name = map.text(account.name);
    const bool is_right = at < roles.size()
                              ? names(roles[at], name)
                              : !names(Role::payer, name) && !names(Role::recipient, name);
    if (!name.empty() && !is_right) return false;
    ++at;
  }
  return true;
}

// The types of a map, which its loader held against the signatures, read every number alike.
Status check_evm(const type::Map& map, const Loader& loader, std::span<type::Node> room) {
  const Probe widest = probe(kProbes - 1);
  for (std::size_t i = 0; i < kCalls.size(); ++i) {
    const std::vector<std::uint8_t> data = data_of(kCalls[i], widest);
    type::Tape tape(room);
    const auto read = loader.read(map, data, tape);
    if (is_unknown(read)) continue;
    if (!read || map.text(read->entry->signature) != kCalls[i].signature ||
        !reads(map, *read, tape.nodes(), data, arguments_of(kCalls[i], widest)) ||
        !names_values(map, *read->entry, std::span(kCalls[i].roles).first(kCalls[i].count),
                      is_of_no_other))
      return fail(Code::golden_case_failed, i);
  }
  return check_plain_send(map, loader, room);
}

std::string without_lines(std::string_view name) {
  std::string made = lower(name);
  std::erase(made, '_');
  return made;
}

std::string filled(std::string_view text, std::string_view amount) {
  std::string made(text);
  const std::size_t at = made.find('#');
  return at == std::string::npos ? made : made.replace(at, 1, amount);
}

// The amounts of this many bytes at most, from the lowest byte on.
constexpr std::size_t kOtherProbes = sizeof(std::uint64_t);

std::string little_endian(const Probe& one) {
  std::vector<std::uint8_t> bytes(one.amount.end() - kOtherProbes, one.amount.end());
  std::ranges::reverse(bytes);
  return text::to_hex(bytes);
}

// Whether a map reads bytes by a key that is longer or shorter than the one that a program goes by:
// then a call would have its meaning for some amounts, and another one for others.
bool cuts_otherwise(const type::Map& map, Bytes key) {
  return std::ranges::any_of(map.entries(), [&](const type::Entry& entry) {
    const Bytes other = map.bytes(entry.key);
    const std::size_t size = std::min(key.size(), other.size());
    return entry.kind == type::EntryKind::function && size > 0 && key.size() != other.size() &&
           equal(key.first(size), other.first(size));
  });
}

Status check_other(const type::Map& map, const Loader& loader, const Other& one,
                   std::span<type::Node> room) {
  AIRLOCK_ASSIGN(const std::vector<std::uint8_t> key, type::read_hex("0x" + std::string(one.key)));
  if (loader.name() == "solana" && cuts_otherwise(map, key)) return fail(Code::golden_case_failed);
  for (std::size_t n = 0; n < kOtherProbes; ++n) {
    const Probe made = probe(n);
    AIRLOCK_ASSIGN(
        const std::vector<std::uint8_t> data,
        type::read_hex("0x" + std::string(one.key) + filled(one.data, little_endian(made))));
    type::Tape tape(room);
    const auto read = loader.read(map, data, tape);
    if (is_unknown(read)) return {};
    const bool is_right =
        read && without_lines(map.text(read->entry->name)) == one.name &&
        reads(map, *read, tape.nodes(), data, filled(one.arguments, made.amount_text)) &&
        names_values(map, *read->entry, one.values, names) &&
        names_accounts(map, *read->entry, one.accounts);
    if (!is_right) return fail(Code::golden_case_failed);
  }
  return {};
}

// What is for whatever has no map of its own must not read the calls of such a program otherwise.
Status check_others(const type::Map& map, const Loader& loader, std::string_view address,
                    std::span<type::Node> room) {
  for (std::size_t i = 0; i < kOthers.size(); ++i) {
    const Other& one = kOthers[i];
    if (one.loader != loader.name() || (one.address != address && address != "any")) continue;
    if (!check_other(map, loader, one, room))
      return fail(Code::golden_case_failed, kOthersFrom + i);
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
