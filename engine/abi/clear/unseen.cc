#include "engine/abi/clear/internal/unseen.h"

#include <algorithm>
#include <set>

namespace airlock::abi::clear::internal {
namespace {

using type::Form;

// A way from the arguments to a value: the members on it, and kEvery for all elements of a list.
using Way = std::vector<std::int32_t>;
constexpr std::int32_t kEvery = -1;

bool is_ever_seen(const Rule& rule) {
  return rule.visible != Visible::never && rule.visible != Visible::must_match;
}

// Whether a value is told from every other one. Of a word that an author chose it may not be.
bool says_value(const Rule& rule) {
  switch (rule.format) {
    case Format::raw:
    case Format::amount:
    case Format::token_amount:
    case Format::unit:
    case Format::nft_name:
    case Format::address_name: return !rule.is_encrypted;
    case Format::date:
    case Format::duration:
    case Format::enumeration:
    case Format::chain_id:
    case Format::calldata:
    case Format::token_ticker:
    case Format::interoperable_name:
    case Format::unknown: break;
  }
  return false;
}

// The way that an operand shows whole, or nothing.
std::optional<Way> whole(const Operand& operand) {
  if (operand.kind != Operand::Kind::data) return std::nullopt;
  Way way;
  for (const Step& step : operand.path.steps) {
    const bool is_all = step.kind == Step::Kind::every && step.from == 0 && step.to == kOpenEnd;
    if (step.kind == Step::Kind::member)
      way.push_back(step.from);
    else if (is_all)
      way.push_back(kEvery);
    else
      return std::nullopt;
  }
  return way;
}

std::set<Way> shown_by(std::span<const Rule> rules) {
  std::set<Way> ways;
  const auto add = [&ways](const Operand& operand) {
    if (auto way = whole(operand)) ways.insert(std::move(*way));
  };
  for (const Rule& rule : rules) {
    if (!is_ever_seen(rule)) continue;
    add(rule.value);
    for (const Operand* one : printed_beside(rule)) add(*one);
  }
  return ways;
}

// Walks what the arguments hold until it finds a value that no way leads to. Each tuple that it
// enters is the front of a way, or the last one that it enters: it never walks more than the rules.
bool has_unseen(const type::Map& map, std::uint32_t from, const std::set<Way>& ways) {
  std::vector<std::pair<std::uint32_t, Way>> open{{from, {}}};
  while (!open.empty()) {
    const auto [index, way] = std::move(open.back());
    open.pop_back();
    if (ways.contains(way)) continue;
    const type::Type& type = map.types()[index];
    const bool is_list = type.form == Form::list || type.form == Form::array;
    if ((type.form != Form::tuple && !is_list) || way.size() == kStepsMax) return true;
    if (is_list) {
      open.emplace_back(type.first, way).second.push_back(kEvery);
      continue;
    }
    std::int32_t place = 0;
    for (const type::Field& field : map.fields_of(type))
      open.emplace_back(field.type, way).second.push_back(place++);
  }
  return false;
}

}  // namespace

std::vector<const Operand*> printed_beside(const Rule& rule) {
  if (rule.is_encrypted) return {};
  switch (rule.format) {
    case Format::token_amount: return {&rule.token, &rule.chain};
    case Format::token_ticker: return {&rule.chain};
    case Format::nft_name: return {&rule.collection};
    case Format::calldata:
      return {&rule.callee, &rule.amount, &rule.spender, &rule.selector, &rule.chain};
    case Format::raw:
    case Format::amount:
    case Format::date:
    case Format::duration:
    case Format::unit:
    case Format::enumeration:
    case Format::chain_id:
    case Format::address_name:
    case Format::interoperable_name:
    case Format::unknown: break;
  }
  return {};
}

void note_unseen(const type::Map& map, std::uint32_t type, std::span<const Rule> rules,
                 CallFormat& format) {
  const bool has_arguments = map.types()[type].count > 0;
  const auto is_never = [](const Rule& rule) { return rule.visible == Visible::never; };
  format.hides_all = has_arguments && std::ranges::all_of(rules, is_never);
  format.hides_any = has_unseen(map, type, shown_by(rules));
  std::set<std::uint32_t> always;
  for (const Rule& rule : rules) {
    const bool is_always = rule.visible == Visible::always || rule.visible == Visible::optional;
    if (!is_always || !says_value(rule)) continue;
    const auto way = whole(rule.value);
    if (way && way->size() == 1) always.insert(static_cast<std::uint32_t>(way->front()));
  }
  format.always.assign(always.begin(), always.end());
}

}  // namespace airlock::abi::clear::internal
