#include "engine/abi/clear/wording.h"

#include <algorithm>

#include "engine/abi/clear/internal/bound.h"

namespace airlock::abi::clear {

using namespace internal;
using Form = Wording::Form;

namespace {

std::optional<std::uint32_t> argument_of(const Operand& operand) {
  if (operand.kind != Operand::Kind::data || operand.path.steps.size() != 1) return std::nullopt;
  const Step& step = operand.path.steps.front();
  if (step.kind != Step::Kind::member) return std::nullopt;
  return static_cast<std::uint32_t>(step.from);
}

bool is_absent(const Operand& operand) { return operand.kind == Operand::Kind::none; }

bool is_contract(const Operand& operand, Bytes contract) {
  if (operand.kind == Operand::Kind::container) return operand.container == Container::to;
  return operand.kind == Operand::Kind::literal && equal(operand.literal.bytes, contract);
}

// A word for all that is past a limit is the specification's own, and the limit no part of the
// data.
bool has_own_word(const Rule& rule) {
  constexpr std::string_view kUnlimited = "Unlimited";
  return is_absent(rule.threshold) ||
         (rule.threshold.kind == Operand::Kind::literal && rule.message == kUnlimited);
}

Form form_of(const Rule& rule, Bytes contract) {
  if (rule.is_encrypted) return Form::other;
  switch (rule.format) {
    case Format::raw: return Form::plain;
    case Format::address_name: return rule.senders.empty() ? Form::addressed : Form::other;
    case Format::token_amount:
      return is_contract(rule.token, contract) && is_absent(rule.chain) && rule.natives.empty() &&
                     has_own_word(rule)
                 ? Form::counted
                 : Form::other;
    case Format::nft_name:
      return is_contract(rule.collection, contract) && is_absent(rule.chain) ? Form::counted
                                                                             : Form::other;
    case Format::date: return rule.encoding == Encoding::timestamp ? Form::dated : Form::other;
    case Format::amount:
    case Format::duration:
    case Format::unit:
    case Format::enumeration:
    case Format::chain_id:
    case Format::calldata:
    case Format::token_ticker:
    case Format::interoperable_name:
    case Format::unknown: break;
  }
  return Form::other;
}

// A space for each value, and one between two words.
void append_words(std::string& sentence, const Piece& piece) {
  for (const char c : piece.rule ? std::string_view(" ") : std::string_view(piece.text))
    if (c != ' ' || !(sentence.empty() || sentence.ends_with(' '))) sentence += c;
}

std::optional<Wording> wording_of(const Compiled& file, const CallFormat* format, Bytes contract) {
  if (format == nullptr) return std::nullopt;
  Wording made;
  made.intent = format->intent;
  for (const Piece& piece : format->sentence) append_words(made.sentence, piece);
  if (made.sentence.ends_with(' ')) made.sentence.pop_back();
  for (std::uint32_t i = format->first_item; i < format->last_item; ++i) {
    const Item& item = file.items[i];
    if (!item.rule) {
      made.parts.push_back({.label = item.label});
      continue;
    }
    const Rule& rule = file.rules[*item.rule];
    if (rule.visible == Visible::never || rule.visible == Visible::must_match) continue;
    made.parts.push_back({argument_of(rule.value), form_of(rule, contract), rule.label});
  }
  return made;
}

}  // namespace

std::optional<Wording> wording_of(const Descriptor& descriptor, Bytes selector, Bytes contract) {
  const Compiled& file = descriptor.compiled();
  if (!file.calls) return std::nullopt;
  const type::Entry* const entry = file.calls->map().find(type::EntryKind::function, selector);
  return entry == nullptr ? std::nullopt : wording_of(file, format_of(file, *entry), contract);
}

std::optional<Wording> wording_of(const Descriptor& descriptor, const TypedData& message,
                                  Bytes contract) {
  const Compiled& file = descriptor.compiled();
  return wording_of(file, format_of(file, message), contract);
}

}  // namespace airlock::abi::clear
