// The call that a field holds.
#include "engine/abi/clear/internal/screen_maker.h"
#include "engine/abi/evm/decode.h"

namespace airlock::abi::clear::internal {
namespace {

// What the descriptor names must be there, and of its kind: else nobody knows what is called.
bool is_known(const Rule& rule, const Sent& sent) {
  const bool has_chain =
      rule.chain.kind == Operand::Kind::none || (sent.chain && small_number(*sent.chain));
  const auto amount = sent.amount ? as_number(*sent.amount) : std::nullopt;
  const bool has_amount = rule.amount.kind == Operand::Kind::none || (amount && !amount->negative);
  const bool has_selector = rule.selector.kind == Operand::Kind::none ||
                            (sent.selector && sent.selector->bytes().size() >= evm::kSelectorSize);
  return sent.callee && as_address(*sent.callee) && has_chain && has_amount && has_selector;
}

}  // namespace

Result<Sent> ScreenMaker::sent(const Rule& rule, const Datum& datum) const {
  Sent sent;
  AIRLOCK_ASSIGN(sent.callee, resolver_.resolve(rule.callee));
  AIRLOCK_ASSIGN(sent.chain, resolver_.resolve(rule.chain));
  AIRLOCK_ASSIGN(sent.amount, resolver_.resolve(rule.amount));
  AIRLOCK_ASSIGN(sent.spender, resolver_.resolve(rule.spender));
  AIRLOCK_ASSIGN(sent.selector, resolver_.resolve(rule.selector));
  sent.is_payment = datum.kind == Datum::Kind::bytes && datum.bytes().empty() && sent.amount &&
                    !sent.selector && is_known(rule, sent);
  return sent;
}

// Tells what the call is sent with, and notes the call itself for a screen of its own. Without data
// it is a payment, which needs none.
Status ScreenMaker::call(const Rule& rule, const Datum& datum, Field& field) {
  AIRLOCK_ASSIGN(const Sent sent, this->sent(rule, datum));
  const bool has_chain = rule.chain.kind != Operand::Kind::none;
  const auto named_chain = sent.chain ? small_number(*sent.chain) : std::nullopt;
  const auto chain_id = has_chain ? named_chain : std::optional(around_.chain_id);
  AIRLOCK_ASSIGN(std::vector<Note> notes, call_notes(sent, chain_id, source_));
  field.notes = std::move(notes);
  if (sent.is_payment) return {};
  const bool is_bytes = datum.kind == Datum::Kind::bytes;
  if (!is_bytes || !is_known(rule, sent)) {
    field.warnings.add(is_bytes ? Warning::no_parameter : Warning::wrong_kind);
    field.warnings.add(Warning::nested_refused);
    return {};
  }
  Inner inner{
      .field = screen_.fields.size(), .chain_id = *chain_id, .to = *as_address(*sent.callee)};
  if (sent.amount) inner.value = as_number(*sent.amount)->magnitude;
  if (sent.spender) inner.from = as_address(*sent.spender);
  inner.data = datum.bytes();
  if (sent.selector) {
    const Bytes front = sent.selector->bytes().first(evm::kSelectorSize);
    inner.made.assign(front.begin(), front.end());
    inner.made.insert(inner.made.end(), inner.data.begin(), inner.data.end());
  } else if (datum.is_copy()) {
    inner.made.assign(inner.data.begin(), inner.data.end());
  }
  inner_.push_back(std::move(inner));
  return {};
}

}  // namespace airlock::abi::clear::internal
