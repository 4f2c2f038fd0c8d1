/* A fee that no declarative policy can name: it grows by the square of the chain's congestion, from
 * 0.10 % of the amount on an idle chain to 0.50 % on a full one. A tenth of it is the partner's. */
#include <airlock_fee_plugin.h>
#include <string.h>

AIRLOCK_FEE_PLUGIN("congestion-squared", "1.0.0");

const char airlock_fee_plugin_golden[] =
    "golden:\n"
    "  - {name: idle, given: {chain: \"eip155:1\", operation: swap, amount: 1000000, congestion: "
    "0%},\n"
    "     expect: {rule: squared, total: 1000, pay: {partner: 100, treasury: 900}}}\n"
    "  - {name: half, given: {chain: \"eip155:1\", operation: swap, amount: 1000000, congestion: "
    "50%},\n"
    "     expect: {rule: squared, total: 2000, pay: {partner: 200, treasury: 1800}}}\n"
    "  - {name: full, given: {chain: \"eip155:1\", operation: swap, amount: 1000000, congestion: "
    "100%},\n"
    "     expect: {rule: squared, total: 5000, pay: {partner: 500, treasury: 4500}}}\n"
    "  - {name: unknown-congestion, given: {chain: \"eip155:1\", operation: swap, amount: "
    "1000000},\n"
    "     expect: {refused: chain_data_missing}}\n"
    "  - {name: other-operations, given: {chain: \"eip155:1\", operation: send, amount: 1000000},\n"
    "     expect: {refused: no_rule_matches}}\n";

/* number * factor / divisor, rounded down. The product of 256 by 32 bits is divided byte by byte,
 * so that it needs no room. Returns what does not fit 256 bits. */
static uint64_t scale(uint8_t number[AIRLOCK_FEE_NUMBER_SIZE], uint32_t factor, uint32_t divisor) {
  uint8_t product[AIRLOCK_FEE_NUMBER_SIZE + 4] = {0};
  uint64_t carry = 0, rest = 0, above = 0;
  for (int i = AIRLOCK_FEE_NUMBER_SIZE - 1; i >= 0; --i) {
    carry += (uint64_t)number[i] * factor;
    product[i + 4] = (uint8_t)carry;
    carry >>= 8;
  }
  for (int i = 3; i >= 0; --i, carry >>= 8) product[i] = (uint8_t)carry;
  for (int i = 0; i < AIRLOCK_FEE_NUMBER_SIZE + 4; ++i) {
    rest = rest << 8 | product[i];
    if (i < 4)
      above |= rest / divisor;
    else
      number[i - 4] = (uint8_t)(rest / divisor);
    rest %= divisor;
  }
  return above;
}

static void subtract(uint8_t from[AIRLOCK_FEE_NUMBER_SIZE],
                     const uint8_t amount[AIRLOCK_FEE_NUMBER_SIZE]) {
  int borrow = 0;
  for (int i = AIRLOCK_FEE_NUMBER_SIZE - 1; i >= 0; --i) {
    const int left = from[i] - amount[i] - borrow;
    borrow = left < 0;
    from[i] = (uint8_t)left;
  }
}

int airlock_fee_plugin_evaluate(const airlock_fee_situation* situation,
                                airlock_fee_answer* answer) {
  if (strcmp(situation->operation, "swap") != 0) return AIRLOCK_FEE_NO_RULE_MATCHES;
  if ((situation->has & AIRLOCK_FEE_HAS_CONGESTION) == 0) return AIRLOCK_FEE_CHAIN_DATA_MISSING;
  /* Parts of 10^7: 10 000 of them are 0.10 %, and 40 000 more on a full chain. */
  const uint32_t congestion = situation->congestion / 100; /* percent */
  const uint32_t parts = 10000 + 4 * congestion * congestion;
  memcpy(answer->fee, situation->amount, sizeof(answer->fee));
  if (scale(answer->fee, parts, 10000000) != 0) return AIRLOCK_FEE_OVERFLOW;

  airlock_fee_share* const partner = &answer->shares[0];
  airlock_fee_share* const treasury = &answer->shares[1];
  strcpy(answer->rule, "squared");
  strcpy(partner->recipient, "partner");
  strcpy(treasury->recipient, "treasury");
  memcpy(partner->amount, answer->fee, sizeof(partner->amount));
  scale(partner->amount, 1, 10);
  memcpy(treasury->amount, answer->fee, sizeof(treasury->amount));
  subtract(treasury->amount, partner->amount);
  answer->share_count = 2;
  return AIRLOCK_FEE_NAMED;
}
