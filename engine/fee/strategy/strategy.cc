#include "engine/fee/strategy/strategy.h"

namespace airlock::fee {

std::string text_of(const U256& value) {
  std::string text;
  number::append(text, value);
  return text;
}

std::string text_of(const Ratio& ratio) {
  return std::to_string(ratio.numerator) + " / " + std::to_string(ratio.denominator);
}

std::string_view text_of(Rounding rounding) {
  switch (rounding) {
    case Rounding::down: return "down";
    case Rounding::up: return "up";
    case Rounding::half_up: return "half-up";
    case Rounding::half_even: return "half-even";
  }
  return "";
}

std::string text_of_exact(const number::U320& value, std::uint64_t denominator) {
  const number::Divided divided = number::wide_divide(value, denominator);
  const auto whole = number::divide(value, denominator, Rounding::down);
  if (!whole) return "more than 256 bits";
  if (divided.rest == 0) return text_of(*whole);
  return text_of(*whole) + " and " + text_of(Ratio{divided.rest, denominator});
}

std::string text_of_scaled(const U256& value, const Ratio& ratio, Rounding rounding) {
  std::string text = text_of(value) + " * " + text_of(ratio);
  const number::Divided divided =
      number::wide_divide(number::wide_product(value, ratio.numerator), ratio.denominator);
  const auto whole = number::scale(value, ratio, rounding);
  if (!whole) return text + kTooLarge;
  text += " = " + text_of(*whole);
  if (divided.rest == 0) return text + " exactly";
  return text + ", rounded " + std::string(text_of(rounding)) + " with " +
         text_of(Ratio{divided.rest, ratio.denominator}) + " left over";
}

Code Strategy::explain(const Asked& asked, Working& working, U256& fee) const {
  ++working.depth;
  const Code code = evaluate(asked, working, fee);
  if (code != Code::ok) say(working, [&] { return "refused: " + std::string(name(code)); });
  --working.depth;
  return code;
}

}  // namespace airlock::fee
