#include "engine/abi/fixed_cases.h"

#include <algorithm>
#include <array>

#include "core/crypto/keccak.h"
#include "engine/abi/roles.h"

namespace airlock::abi {
namespace {

// What an argument is to who signs.
enum class Role : std::uint8_t { payer, recipient, amount, deadline, parity, half };

struct Sent {
  std::string_view selector;
  std::string_view signature;
  std::array<Role, 7> roles;
  std::size_t count;
  bool says_payer;  // who signs is not always who pays
};

constexpr std::array<Sent, 4> kCalls = {{
    {"0xa9059cbb", "transfer(address,uint256)", {Role::recipient, Role::amount}, 2, false},
    {"0x095ea7b3", "approve(address,uint256)", {Role::recipient, Role::amount}, 2, false},
    {"0x23b872dd",
     "transferFrom(address,address,uint256)",
     {Role::payer, Role::recipient, Role::amount},
     3,
     true},
    {"0xd505accf",
     "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
     {Role::payer, Role::recipient, Role::amount, Role::deadline, Role::parity, Role::half,
      Role::half},
     7,
     false},
}};

// The places of what is said of other cases: after the calls, plain sends, permits, others.
constexpr std::size_t kPlainSend = kCalls.size(), kPermit = kPlainSend + 1,
                      kOthersFrom = kPermit + 1;

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

// What one call is made of: nobody can foresee the addresses by their look, and the amount has a
// width of its own and no zero at its end, wherever its token puts the point.
struct Probe {
  std::array<std::uint8_t, clear::kAddressSize> payer{}, recipient{};
  std::array<std::uint8_t, clear::kWordSize> amount{};
  std::size_t amount_size = 0;  // bytes
  std::string payer_text, recipient_text, amount_text;
};

void choose(MutableBytes bytes, std::string_view of, std::size_t at) {
  const crypto::Digest digest =
      crypto::keccak256(bytes_of("airlock fixed case " + std::string(of) + std::to_string(at)));
  copy_into(bytes, Bytes(digest.bytes).last(bytes.size()));
}

// The amount of the n-th takes n + 1 bytes.
Probe probe(std::size_t n) {
  Probe made;
  choose(made.payer, "payer", n);
  choose(made.recipient, "recipient", n);
  const MutableBytes digits = MutableBytes(made.amount).last(n + 1);
  choose(digits, "amount", n);
  made.amount_size = digits.size();
  digits.front() |= 0x80;
  digits.back() |= 1;
  type::append_eip55(made.payer_text, made.payer);
  type::append_eip55(made.recipient_text, made.recipient);
  number::append(made.amount_text, number::from_big(made.amount));
  return made;
}
constexpr std::size_t kProbes = clear::kWordSize;

constexpr std::uint8_t kDeadline = 9, kParity = 27, kHalf = 0x33;

std::vector<std::uint8_t> data_of(const Sent& call, const Probe& one) {
  std::vector<std::uint8_t> data = *type::read_hex(call.selector);
  for (std::size_t i = 0; i < call.count; ++i) {
    std::array<std::uint8_t, clear::kWordSize> word{};
    const MutableBytes end = MutableBytes(word).last(clear::kAddressSize);
    switch (call.roles[i]) {
      case Role::payer: copy_into(end, one.payer); break;
      case Role::recipient: copy_into(end, one.recipient); break;
      case Role::amount: word = one.amount; break;
      case Role::deadline: word.back() = kDeadline; break;
      case Role::parity: word.back() = kParity; break;
      case Role::half: word.fill(kHalf); break;
    }
    data.insert(data.end(), word.begin(), word.end());
  }
  return data;
}

std::string arguments_of(const Sent& call, const Probe& one) {
  std::string json;
  for (std::size_t i = 0; i < call.count; ++i) {
    json += i == 0 ? "[\"" : ",\"";
    switch (call.roles[i]) {
      case Role::payer: json += one.payer_text; break;
      case Role::recipient: json += one.recipient_text; break;
      case Role::amount: json += one.amount_text; break;
      case Role::deadline: json += std::to_string(kDeadline); break;
      case Role::parity: json += std::to_string(kParity); break;
      case Role::half:
        json += "0x";
        for (std::size_t k = 0; k < clear::kWordSize; ++k) json += "33";
        break;
    }
    json += '"';
  }
  return json + ']';
}

// The message of ERC-2612, which allows a spender without a transaction.
constexpr std::string_view kPermitTypes =
    R"json({"Permit":[{"name":"owner","type":"address"},{"name":"spender","type":"address"},
                      {"name":"value","type":"uint256"},{"name":"nonce","type":"uint256"},
                      {"name":"deadline","type":"uint256"}]})json";
// Who signs: nobody of those.
constexpr std::array<std::uint8_t, clear::kAddressSize> kFrom = {0x55};

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

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Zeros before it are those of its token's point; another digit makes it another number.
bool has_number(std::string text, std::string_view digits) {
  std::erase(text, '.');
  for (std::size_t at = text.find(digits); at != std::string::npos;
       at = text.find(digits, at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && text[begin - 1] == '0') --begin;
    const std::size_t end = at + digits.size();
    if ((begin == 0 || !is_digit(text[begin - 1])) && (end == text.size() || !is_digit(text[end])))
      return true;
  }
  return false;
}

bool has_address(std::string_view text, std::string_view address) {
  return lower(text).find(lower(address)) != std::string::npos;
}

// Whether a word such as "Unlimited" stands in place of a number; the last word is a symbol.
bool is_word(std::string_view text) {
  const std::size_t symbol = text.rfind(' ');
  if (symbol == std::string_view::npos) return false;
  return std::ranges::none_of(text.substr(0, symbol), is_digit);
}

// Such a word says enough of what is past all counting, with the number behind it.
bool says_amount(const clear::Field& field, const Probe& one) {
  constexpr std::size_t kCountedMax = 11;  // bytes
  if (has_number(field.value, one.amount_text)) return true;
  return one.amount_size > kCountedMax && is_word(field.value) &&
         has_number(field.detail, one.amount_text);
}

bool says_address(const clear::Field& field, std::string_view address) {
  return has_address(field.value, address) || has_address(field.detail, address);
}

// Whether a label says the opposite of what stands under it.
bool any_contradicts(const clear::Screen& screen, const Probe& one) {
  return std::ranges::any_of(screen.fields, [&](const clear::Field& field) {
    return (says_address(field, one.recipient_text) && names_payer(field.label)) ||
           (says_address(field, one.payer_text) && names_recipient(field.label));
  });
}

// Raw bytes hide nothing, so that only what is said in words has to be whole.
bool says(const clear::Shown& shown, const Probe& one, bool says_payer) {
  const clear::Screen& screen = shown.front();
  if (!screen.is_clear) return true;
  const auto any = [&screen](auto holds) { return std::ranges::any_of(screen.fields, holds); };
  const auto any_says = [&](std::string_view address) {
    return any([&](const clear::Field& field) { return says_address(field, address); });
  };
  return any([&](const clear::Field& field) { return says_amount(field, one); }) &&
         any_says(one.recipient_text) && (!says_payer || any_says(one.payer_text)) &&
         !any_contradicts(screen, one);
}

// What a condition hides, some address or amount of somebody's choice may hide.
bool always_says(const clear::Descriptor& descriptor, const Sent& call, Bytes selector) {
  for (std::uint32_t i = 0; i < call.count; ++i) {
    const bool is_said = call.roles[i] == Role::recipient || call.roles[i] == Role::amount ||
                         (call.roles[i] == Role::payer && call.says_payer);
    if (is_said && !descriptor.always_shows(selector, i)) return false;
  }
  return true;
}

Status check_calls(const Snapshot& snapshot, const clear::Descriptor& descriptor,
                   const Binding& binding, std::span<type::Node> room) {
  const Known known(snapshot);
  for (std::size_t i = 0; i < kCalls.size(); ++i) {
    const Sent& one = kCalls[i];
    AIRLOCK_ASSIGN(const std::vector<std::uint8_t> selector, type::read_hex(one.selector));
    if (!descriptor.describes(selector)) continue;
    if (!always_says(descriptor, one, selector)) return fail(Code::golden_case_failed, i);
    for (std::size_t n = 0; n < kProbes; ++n) {
      const Probe made = probe(n);
      const std::vector<std::uint8_t> data = data_of(one, made);
      type::Tape tape(room);
      const clear::Call call{binding.chain_id, binding.address, kFrom, {}, data};
      if (!says(clear::show_call(&descriptor, call, known, tape), made, one.says_payer))
        return fail(Code::golden_case_failed, i);
    }
  }
  return {};
}

// The permit in a domain as the descriptor asks for it, of the contract that it is bound to.
Result<clear::TypedData> permit(const clear::Descriptor& descriptor, const Binding& binding,
                                const Probe& one) {
  const clear::Domain asked = descriptor.domain();
  std::string contract;
  type::append_hex(contract, binding.address);
  AIRLOCK_ASSIGN(json::Value types, json::parse(kPermitTypes, kPermitTypes.size()));
  json::Value values = {{"owner", one.payer_text},
                        {"spender", one.recipient_text},
                        {"value", one.amount_text},
                        {"nonce", "3"},
                        {"deadline", std::to_string(kDeadline)}};
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
  constexpr std::uint32_t kSpender = 1, kValue = 2;  // of the members
  const Known known(snapshot);
  for (std::size_t n = 0; n < kProbes; ++n) {
    const Probe made = probe(n);
    AIRLOCK_ASSIGN(const clear::TypedData message, permit(descriptor, binding, made));
    if (!descriptor.describes(message)) return {};
    type::Tape tape(room);
    const bool is_whole =
        descriptor.always_shows(message, kSpender) && descriptor.always_shows(message, kValue) &&
        says(clear::show_message(&descriptor, message, Bytes(kFrom), known, tape), made, false);
    if (!is_whole) return fail(Code::golden_case_failed, kPermit);
  }
  return {};
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

Status check_fixed_cases(const Snapshot& snapshot, const clear::Descriptor& descriptor,
                         const Binding& binding, std::span<type::Node> room) {
  return binding.is_for_calls ? check_calls(snapshot, descriptor, binding, room)
                              : check_messages(snapshot, descriptor, binding, room);
}

}  // namespace airlock::abi
