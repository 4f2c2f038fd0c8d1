// Descriptors held against the calls and messages that every wallet knows.
#include <algorithm>

#include "core/crypto/keccak.h"
#include "engine/abi/clear/author_text.h"
#include "engine/abi/clear/wording.h"
#include "engine/abi/fixed_calls.h"
#include "engine/abi/fixed_cases.h"

namespace airlock::abi {
namespace {

// The message of ERC-2612, which allows a spender without a transaction.
constexpr std::string_view kPermitTypes =
    R"json({"Permit":[{"name":"owner","type":"address"},{"name":"spender","type":"address"},
                      {"name":"value","type":"uint256"},{"name":"nonce","type":"uint256"},
                      {"name":"deadline","type":"uint256"}]})json";
constexpr std::string_view kPermitType =
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";
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

// Whether a screen says in its words whom and how much.
bool says(const clear::Screen& screen, const Probe& one, bool says_payer) {
  const auto any = [&screen](auto holds) { return std::ranges::any_of(screen.fields, holds); };
  const auto any_says = [&](std::string_view address) {
    return any([&](const clear::Field& field) { return says_address(field, address); });
  };
  return any([&](const clear::Field& field) { return says_amount(field, one); }) &&
         any_says(one.recipient_text) && (!says_payer || any_says(one.payer_text));
}

// Whether some word of a text begins with a digit, or may be a number in another script: "1 USDC",
// but not "ERC20".
bool may_count(std::string_view text) {
  bool is_front = true;  // of a word, where no letter was yet
  for (const char c : text) {
    if (c < ' ' || c > '~' || (is_front && is_digit(c))) return true;
    is_front = c == ' ' || (is_front && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z'));
  }
  return false;
}

// Whether a text says nothing but what is done: it begins with a word for that, and no word in it
// is a number or passes for an address.
bool says_deed(std::string_view text, Deed deed) {
  static constexpr std::array<std::string_view, 4> kSend = {"send", "transfer", "pay", "move"};
  static constexpr std::array<std::string_view, 6> kAllow = {"approve",   "allow",  "authorize",
                                                             "authorise", "permit", "grant"};
  const auto words = deed == Deed::send ? std::span<const std::string_view>(kSend) : kAllow;
  const std::string first = lower(text.substr(0, text.find(' ')));
  return std::ranges::find(words, first) != words.end() && !may_count(text) && clear::is_name(text);
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
bool is_worded(const clear::Wording& wording, std::span<const Role> roles, Deed deed) {
  const bool is_said = (wording.intent.empty() || says_deed(wording.intent, deed)) &&
                       (wording.sentence.empty() || says_deed(wording.sentence, deed));
  return is_said && std::ranges::all_of(wording.parts, [&](const clear::Wording::Part& part) {
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

// What a pack may know of a contract's token: all of it, whatever it is, or nothing.
class Knowing final : public clear::Source {
 public:
  enum class What : std::uint8_t { all, nothing };
  explicit Knowing(What what) : what_(what) {}

  std::optional<clear::Token> token(std::uint64_t, Bytes) const override {
    constexpr unsigned kDecimals = 6;
    return what_ == What::all ? std::optional(clear::Token{"TOK", kDecimals}) : std::nullopt;
  }
  std::optional<clear::Chain> chain(std::uint64_t) const override { return std::nullopt; }
  std::optional<clear::Name> name(const clear::NameQuery&) const override { return std::nullopt; }
  std::optional<std::string_view> collection(std::uint64_t, Bytes) const override {
    return what_ == What::all ? std::optional<std::string_view>("Tokens") : std::nullopt;
  }
  std::optional<std::int64_t> block_time(std::uint64_t, const number::U256&) const override {
    return std::nullopt;
  }
  bool is_deployed_by(const clear::FactoryQuery&) const override { return false; }
  const clear::Descriptor* descriptor(std::uint64_t, Bytes, Bytes) const override {
    return nullptr;
  }

 private:
  What what_;
};

// Shows one call or message with every width of an amount, and once where the token is unknown.
// Raw bytes hide nothing: then it has no words here.
template <class Show>
Status try_screens(Show show, bool says_payer, Tried& tried) {
  const Knowing all(Knowing::What::all), nothing(Knowing::What::nothing);
  for (std::size_t n = 0; n <= kProbes; ++n) {
    const Probe made = probe(std::min(n, kProbes - 1));
    AIRLOCK_ASSIGN(const clear::Shown shown, show(made, n < kProbes ? all : nothing));
    tried.fields += shown.front().fields.size();
    if (!shown.front().is_clear) {
      tried.has_words = false;
      return {};
    }
    if (!says(shown.front(), made, says_payer)) return fail(Code::golden_case_failed);
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

Status try_calls(const clear::Descriptor& descriptor, const Binding& binding,
                 std::span<type::Node> room, Tried& tried) {
  for (std::size_t i = 0; i < kCalls.size(); ++i) {
    const Sent& one = kCalls[i];
    AIRLOCK_ASSIGN(const std::vector<std::uint8_t> selector, type::read_hex(one.selector));
    if (!descriptor.describes(selector)) continue;
    const auto show = [&](const Probe& made, const clear::Source& source) {
      const std::vector<std::uint8_t> data = data_of(one, made);
      type::Tape tape(room);
      const clear::Call call{binding.chain_id, binding.address, kFrom, {}, data};
      return Result<clear::Shown>(clear::show_call(&descriptor, call, source, tape));
    };
    if (!try_screens(show, one.says_payer, tried)) return fail(Code::golden_case_failed, i);
  }
  return {};
}

Status try_messages(const clear::Descriptor& descriptor, const Binding& binding,
                    std::span<type::Node> room, Tried& tried) {
  const auto show = [&](const Probe& made, const clear::Source& source) -> Result<clear::Shown> {
    AIRLOCK_ASSIGN(const clear::TypedData message, permit(descriptor, binding, made));
    type::Tape tape(room);
    return clear::show_message(&descriptor, message, Bytes(kFrom), source, tape);
  };
  return try_screens(show, false, tried) ? Status() : fail(Code::golden_case_failed, kPermit);
}

Result<std::size_t> check_calls(const clear::Descriptor& descriptor, const Binding& binding) {
  std::size_t fields = 0;
  for (std::size_t i = 0; i < kCalls.size(); ++i) {
    const Sent& one = kCalls[i];
    AIRLOCK_ASSIGN(const std::vector<std::uint8_t> selector, type::read_hex(one.selector));
    const auto wording = clear::wording_of(descriptor, selector, binding.address);
    if (!wording) continue;
    if (!always_says(descriptor, one, selector)) return fail(Code::golden_case_failed, i);
    if (!is_worded(*wording, std::span(one.roles).first(one.count), one.deed))
      return fail(Code::golden_case_failed, i);
    fields += wording->parts.size();
  }
  return fields;
}

Result<std::size_t> check_messages(const clear::Descriptor& descriptor, const Binding& binding) {
  constexpr std::uint32_t kSpender = 1, kValue = 2;  // of the members
  constexpr std::size_t kStepsOfAMessage = 100;
  const crypto::Digest type = crypto::keccak256(bytes_of(kPermitType));
  const std::vector<Bytes> described = descriptor.keys();
  if (std::ranges::none_of(described, [&](Bytes key) { return equal(key, Bytes(type.bytes)); }))
    return 0;
  AIRLOCK_ASSIGN(const clear::TypedData message, permit(descriptor, binding, probe(0)));
  const auto wording = clear::wording_of(descriptor, message, binding.address);
  if (!wording) return 0;
  const bool is_whole = is_worded(*wording, kPermitRoles, Deed::allow) &&
                        descriptor.always_shows(message, kSpender) &&
                        descriptor.always_shows(message, kValue);
  if (!is_whole) return fail(Code::golden_case_failed, kPermit);
  return wording->parts.size() + kStepsOfAMessage;
}

}  // namespace

Result<std::size_t> check_fixed_words(const clear::Descriptor& descriptor, const Binding& binding) {
  return binding.is_for_calls ? check_calls(descriptor, binding)
                              : check_messages(descriptor, binding);
}

Result<Tried> try_fixed_words(const clear::Descriptor& descriptor, const Binding& binding,
                              std::span<type::Node> room) {
  Tried tried;
  AIRLOCK_TRY(binding.is_for_calls ? try_calls(descriptor, binding, room, tried)
                                   : try_messages(descriptor, binding, room, tried));
  return tried;
}

}  // namespace airlock::abi
