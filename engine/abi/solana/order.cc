#include "engine/abi/solana/order.h"

#include <algorithm>

namespace airlock::abi::solana {
namespace {

using type::Form;
using type::Value;

std::strong_ordering compare_bytes(Bytes a, Bytes b) {
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
}

std::strong_ordering compare_signed(const number::Signed& a, const number::Signed& b) {
  if (a.negative != b.negative)
    return a.negative ? std::strong_ordering::less : std::strong_ordering::greater;
  return a.negative ? b.magnitude <=> a.magnitude : a.magnitude <=> b.magnitude;
}

// Values without their parts: the parts follow on both tapes in step, as long as this is equal.
std::strong_ordering compare_heads(const Value& a, const Value& b) {
  switch (a.form()) {
    case Form::unsigned_integer: return a.as_unsigned() <=> b.as_unsigned();
    case Form::signed_integer: return compare_signed(a.as_signed(), b.as_signed());
    case Form::option: return a.count() <=> b.count();
    case Form::choice: return a.variant().tag <=> b.variant().tag;
    case Form::boolean:
    case Form::floating:
    case Form::address:
    case Form::fixed_bytes:
    case Form::bytes:
    case Form::text:
    case Form::hash:
    case Form::list:
    case Form::array:
    case Form::tuple:
    case Form::parameter:
    case Form::instance:
    case Form::reference:
    case Form::signer: return compare_bytes(a.bytes(), b.bytes());
  }
  return std::strong_ordering::equal;
}

}  // namespace

std::strong_ordering compare(const Read& read, std::uint32_t a, std::uint32_t b) {
  std::strong_ordering otherwise = std::strong_ordering::equal;
  for (std::uint32_t end = read.nodes[a].end; a < end; ++a, ++b) {
    const Value one(*read.map, read.nodes, read.data, a);
    const Value other(*read.map, read.nodes, read.data, b);
    if (const auto order = compare_heads(one, other); order != 0) return order;
    if (one.form() != Form::list || one.count() == other.count()) continue;
    // What both lists have decides; where that is equal, the shorter one comes first. Nothing after
    // these lists is looked at any more.
    const std::uint32_t shared = std::min(one.count(), other.count());
    otherwise = one.count() <=> other.count();
    if (shared == 0) return otherwise;
    end = read.nodes[one.part(shared - 1).place()].end;
  }
  return otherwise;
}

}  // namespace airlock::abi::solana
