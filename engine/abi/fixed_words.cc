// Descriptors held against the calls and messages that every wallet knows.
#include <algorithm>

#include "engine/abi/fixed_calls.h"
#include "engine/abi/fixed_cases.h"
#include "engine/abi/roles.h"

namespace airlock::abi {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(), [](char c) { return lower(c); });
  return made;
}

// The message of ERC-2612, which allows a spender without a transaction.
constexpr std::string_view kPermitTypes =
    R"json({"Permit":[{"name":"owner","type":"address"},{"name":"spender","type":"address"},
                      {"name":"value","type":"uint256"},{"name":"nonce","type":"uint256"},
                      {"name":"deadline","type":"uint256"}]})json";
// Who signs: nobody of those.
constexpr std::array<std::uint8_t, clear::kAddressSize> kFrom = {0x55};

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

}  // namespace

Status check_fixed_cases(const Snapshot& snapshot, const clear::Descriptor& descriptor,
                         const Binding& binding, std::span<type::Node> room) {
  return binding.is_for_calls ? check_calls(snapshot, descriptor, binding, room)
                              : check_messages(snapshot, descriptor, binding, room);
}

}  // namespace airlock::abi
