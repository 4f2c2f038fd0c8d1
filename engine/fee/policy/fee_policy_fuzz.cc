// A policy that reads says the same of every amount again, pays out what it charges, and does both
// within the steps that its size allows.
#include "engine/fee/policy/policy.h"

namespace {

using namespace airlock;

void check_quotes(const fee::Policy& policy) {
  for (const fee::Rule& rule : policy.rules()) AIRLOCK_CHECK(!rule.payees.empty());
  for (const std::uint64_t amount : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
    fee::Asked asked{.chain = "eip155:1", .amount = amount};
    const std::uint64_t fees[] = {3, 1, 2};
    asked.chain_data = {.base_fee = 7, .priority_fees = fees, .units = 21'000};
    const auto quote = policy.quote(asked);
    fee::Steps steps;
    const auto again = policy.explain(asked, steps);
    AIRLOCK_CHECK(quote.has_value() == again.has_value());
    if (!quote) continue;
    AIRLOCK_CHECK(quote->total() == again->total());
    number::U256 paid;
    for (std::size_t i = 0; i < quote->share_count(); ++i) {
      const auto sum = number::add(paid, quote->share(i).amount);
      AIRLOCK_CHECK(sum.has_value());
      paid = *sum;
    }
    AIRLOCK_CHECK(paid == quote->total());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto policy = fee::Policy::read({reinterpret_cast<const char*>(data), size});
  if (policy) {
    check_quotes(**policy);
  } else {
    AIRLOCK_CHECK(!policy.error().text().empty());
  }
  return 0;
}
