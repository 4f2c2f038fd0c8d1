// Descriptors held against the calls and messages that every wallet knows.
#include <algorithm>

#include "engine/abi/clear/author_text.h"
#include "engine/abi/clear/wording.h"
#include "engine/abi/fixed_calls.h"
#include "engine/abi/fixed_cases.h"

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

// Raw bytes hide nothing, so that only what is said in words has to be whole.
bool says(const clear::Shown& shown, const Probe& one, bool says_payer) {
  const clear::Screen& screen = shown.front();
  if (!screen.is_clear) return true;
  const auto any = [&screen](auto holds) { return std::ranges::any_of(screen.fields, holds); };
  const auto any_says = [&](std::string_view address) {
    return any([&](const clear::Field& field) { return says_address(field, address); });
  };
  return any([&](const clear::Field& field) { return says_amount(field, one); }) &&
         any_says(one.recipient_text) && (!says_payer || any_says(one.payer_text));
}

// Whether a text says nothing but what is done: it begins with a word for that, and no word in it
// is a number or passes for an address.
bool says_deed(std::string_view text, Deed deed) {
  static constexpr std::array<std::string_view, 4> kSend = {"send", "transfer", "pay", "move"};
  static constexpr std::array<std::string_view, 6> kAllow = {"approve",   "allow",  "authorize",
                                                             "authorise", "permit", "grant"};
  const auto words = deed == Deed::send ? std::span<const std::string_view>(kSend) : kAllow;
  const std::string first = lower(text.substr(0, text.find(' ')));
  return std::ranges::find(words, first) != words.end() && clear::is_symbol(text) &&
         clear::is_name(text);
}

bool fits(Role role, clear::Wording::Form form) {
  using Form = clear::Wording::Form;
  switch (role) {
    case Role::payer:
    case Role::recipient: return form == Form::plain || form == Form::addressed;
    case Role::amount: return form == Form::plain || form == Form::counted;
    case Role::deadline: return form == Form::plain || form == Form::dated;
    case Role::nonce:
    case Role::parity:
    case Role::half: return form == Form::plain;
    case Role::mint:
    case Role::decimals:
    case Role::authority:
    case Role::fee:
    case Role::base:
    case Role::seed:
    case Role::program: break;  // of no call of the EVM
  }
  return false;
}

// Whether all that stands on the screen is the call: its arguments, each whole, as what it is and
// called so, and what is done. Beside them nothing of an author's choice could pass for one of
// them.
bool is_worded(const std::optional<clear::Wording>& wording, std::span<const Role> roles,
               Deed deed) {
  if (!wording) return false;
  const bool is_said = (wording->intent.empty() || says_deed(wording->intent, deed)) &&
                       (wording->sentence.empty() || says_deed(wording->sentence, deed));
  return is_said && std::ranges::all_of(wording->parts, [&](const clear::Wording::Part& part) {
           return part.argument && *part.argument < roles.size() &&
                  fits(roles[*part.argument], part.form) &&
                  names(roles[*part.argument], part.label);
         });
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
    const auto roles = std::span(one.roles).first(one.count);
    if (!is_worded(clear::wording_of(descriptor, selector, binding.address), roles, one.deed))
      return fail(Code::golden_case_failed, i);
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
                        {"nonce", std::to_string(kNonce)},
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
        is_worded(clear::wording_of(descriptor, message, binding.address), kPermitRoles,
                  Deed::allow) &&
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
