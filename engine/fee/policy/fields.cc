#include "engine/fee/policy/fields.h"

#include <algorithm>
#include <limits>

#include "host/text/text.h"

namespace airlock::fee {
namespace {

constexpr std::size_t kRateDigitsMax = 16;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits before and after a decimal point, or nothing.
std::optional<Ratio> read_decimal(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view part = point == std::string_view::npos ? "" : text.substr(point + 1);
  if (whole.empty() || (whole.size() > 1 && whole[0] == '0')) return std::nullopt;
  if (point != std::string_view::npos && part.empty()) return std::nullopt;
  if (whole.size() + part.size() > kRateDigitsMax) return std::nullopt;
  Ratio read{0, 1};
  for (const std::string_view digits : {whole, part}) {
    for (const char c : digits) {
      if (!is_digit(c)) return std::nullopt;
      read.numerator = read.numerator * 10 + static_cast<std::uint64_t>(c - '0');
    }
  }
  for (std::size_t i = 0; i < part.size(); ++i) read.denominator *= 10;
  return read;
}

std::optional<Ratio> read_rate(std::string_view text) {
  const bool is_percentage = text.ends_with('%');
  if (!is_percentage && !text.ends_with("bp")) return std::nullopt;
  auto read = read_decimal(text.substr(0, text.size() - (is_percentage ? 1 : 2)));
  if (!read) return std::nullopt;
  read->denominator *= is_percentage ? 100 : 10'000;
  while (read->denominator > 1 && read->numerator % 10 == 0 && read->denominator % 10 == 0) {
    read->numerator /= 10;
    read->denominator /= 10;
  }
  return read;
}

template <class T>
Read<std::optional<Span<T>>> span(const Fields& fields, std::string_view name,
                                  std::initializer_list<std::string_view> ends,
                                  Read<T> (*read)(Node)) {
  const auto node = fields.optional(name);
  if (!node) return std::nullopt;
  AIRLOCK_ASSIGN(const Fields inner, Fields::of(*node, ends));
  if (node->count() == 0)
    return refuse_at(*node, Code::missing_field, std::string(name) + " names no end",
                     "give " + yaml::listed(std::vector(ends)));
  Span<T> made;
  if constexpr (std::is_signed_v<T>) made.from = std::numeric_limits<T>::min();
  if (const auto from = inner.optional(*ends.begin())) {
    AIRLOCK_ASSIGN(made.from, read(*from));
  }
  if (const auto below = inner.optional(*(ends.begin() + 1))) {
    AIRLOCK_ASSIGN(made.below, read(*below));
  }
  if (name != "daily" && made.below && made.from >= *made.below)
    return refuse_at(*node, Code::bad_policy, std::string(name) + " ends before it begins",
                     "exchange its two ends");
  return made;
}

Read<void> read_spans(const Fields& fields, When& made) {
  AIRLOCK_ASSIGN(made.amount, span<U256>(fields, "amount", {"from", "below"}, &amount));
  AIRLOCK_ASSIGN(made.congestion,
                 span<std::uint32_t>(fields, "congestion", {"from", "below"}, &share));
  AIRLOCK_ASSIGN(made.time, span<std::int64_t>(fields, "time", {"from", "until"}, &time));
  AIRLOCK_ASSIGN(made.daily, span<std::uint32_t>(fields, "daily", {"from", "until"}, &minute));
  if (made.daily && made.daily->from == made.daily->below.value_or(kMinutesOfDay))
    return refuse_at(*fields.optional("daily"), Code::bad_policy, "daily never holds",
                     "let it end later than it begins, or leave it out for the whole day");
  made.has_more = made.amount || made.congestion || made.time || made.daily;
  return {};
}

Read<Pattern> pattern(Node node) {
  AIRLOCK_ASSIGN(const std::string text, word(node));
  const std::size_t star = text.find('*');
  if (star != std::string::npos && star + 1 != text.size())
    return refuse_at(node, Code::bad_text, "the * in " + shown(node) + " is not at its end",
                     "write the beginning of a word and a *");
  return Pattern(text);
}

}  // namespace

Read<U256> amount(Node node) {
  constexpr std::string_view kInstead =
      "write the digits of a whole number of smallest units below 2^256, such as 1500000";
  if (node.is_scalar()) {
    if (const auto read = number::read(node.scalar())) return *read;
  }
  return refuse_at(node, Code::bad_amount, shown(node) + " is no amount", std::string(kInstead));
}

Read<Ratio> rate(Node node) {
  if (node.is_scalar()) {
    if (const auto read = read_rate(node.scalar())) return *read;
  }
  return refuse_at(node, Code::bad_rate, shown(node) + " is no rate",
                   "write a percentage or basis points, such as 0.25% or 25bp");
}

Read<std::uint32_t> share(Node node) {
  if (node.is_scalar() && node.scalar().ends_with('%')) {
    if (const auto read = text::read_share(node.scalar())) return *read;
  }
  return refuse_at(node, Code::bad_rate, shown(node) + " is no share",
                   "write a percentage from 0% to 100%, with two decimals at most");
}

Read<std::string> word(Node node) {
  if (!node.is_scalar())
    return refuse_at(node, Code::wrong_type, "here stands " + kind_of(node), "write a word");
  if (!node.is_text())
    return refuse_at(node, Code::wrong_type, shown(node) + " is no text for every reader of YAML",
                     "write it in quotes");
  const std::string_view text = node.scalar();
  if (text.empty() || text.size() > kWordSizeMax || text.find(' ') != std::string_view::npos)
    return refuse_at(node, Code::bad_text, shown(node) + " is no word",
                     "write 1 to " + std::to_string(kWordSizeMax) + " characters without spaces");
  return std::string(text);
}

Read<AnyOf> patterns(Node node) {
  std::vector<Pattern> made;
  if (node.is_scalar()) {
    AIRLOCK_ASSIGN(Pattern one, pattern(node));
    made.push_back(std::move(one));
    return AnyOf(std::move(made));
  }
  AIRLOCK_ASSIGN(const yaml::Elements list, elements(node, kWordsMax));
  for (const Node element : list) {
    AIRLOCK_ASSIGN(Pattern one, pattern(element));
    made.push_back(std::move(one));
  }
  return AnyOf(std::move(made));
}

Read<std::int64_t> time(Node node) {
  if (node.is_scalar() && node.is_quoted()) {
    if (const auto read = text::from_time(node.scalar())) return *read;
  }
  return refuse_at(node, Code::bad_text, shown(node) + " is no time",
                   "write it in UTC and in quotes, such as \"2026-12-01T00:00:00Z\"");
}

Read<std::uint32_t> minute(Node node) {
  if (node.is_scalar() && node.is_quoted() && node.scalar().size() == 5) {
    const std::string_view text = node.scalar();
    const auto digits = [text](std::size_t at) {
      return static_cast<std::uint32_t>(text[at] - '0') * 10 +
             static_cast<std::uint32_t>(text[at + 1] - '0');
    };
    const bool is_form = is_digit(text[0]) && is_digit(text[1]) && text[2] == ':' &&
                         is_digit(text[3]) && is_digit(text[4]);
    if (is_form && digits(3) < 60 && digits(0) * 60 + digits(3) <= kMinutesOfDay)
      return digits(0) * 60 + digits(3);
  }
  return refuse_at(node, Code::bad_text, shown(node) + " is no time of the day",
                   "write it in UTC and in quotes, from \"00:00\" to \"24:00\"");
}

Read<Rounding> rounding(Node node) {
  for (const Rounding mode :
       {Rounding::down, Rounding::up, Rounding::half_up, Rounding::half_even}) {
    if (node.is_scalar() && node.scalar() == text_of(mode)) return mode;
  }
  return refuse_at(node, Code::bad_policy, shown(node) + " is no rounding mode",
                   "write down, up, half-up or half-even");
}

Read<When> when(Node node) {
  AIRLOCK_ASSIGN(const Fields fields, Fields::of(node, {"chain", "asset", "operation", "tier",
                                                        "amount", "congestion", "time", "daily"}));
  if (node.count() == 0)
    return refuse_at(node, Code::missing_field, "when names no condition", "leave it out");
  When made;
  for (const auto& [name, words] : {std::pair{"chain", &made.chain},
                                    {"asset", &made.asset},
                                    {"operation", &made.operation},
                                    {"tier", &made.tier}}) {
    const auto given = fields.optional(name);
    if (!given) continue;
    AIRLOCK_ASSIGN(*words, patterns(*given));
  }
  AIRLOCK_TRY(read_spans(fields, made));
  return made;
}

}  // namespace airlock::fee
