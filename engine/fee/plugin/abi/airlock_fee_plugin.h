/* airlock_fee_plugin: what a native fee plugin and the wallet that loads it agree on, in plain C.
 *
 * A plugin is one shared library that names fees where no declarative policy can: a formula that is
 * not on the list of strategies. It defines three symbols and nothing else that is seen:
 *
 *   airlock_fee_plugin           a constant: which version of this header, and what it is called
 *   airlock_fee_plugin_golden    a constant text: what it must answer, in YAML
 *   airlock_fee_plugin_evaluate  a function: the fee of one transaction
 *
 * The wallet reads the two constants out of the file before any code of it runs, and refuses a
 * plugin of another version; every golden case is then evaluated before the plugin serves.
 *
 * What the wallet promises: the situation is whole, its texts end with a NUL, and what is not given
 * is zero; the answer is zeroed; one call at a time in the confined process. What it demands: an
 * answer by the situation alone, and within the budget (30 s, or 50 ms where a person waits). It
 * owns all memory: a plugin writes the answer and keeps no pointer. The wallet's own caps and
 * recipients are held against every answer last, whatever the plugin says.
 *
 * What a plugin must not have: constructors or destructors, thread-local storage, IFUNCs, unique
 * symbols, libraries other than libc and libm, a search path, an executable stack. In its process
 * there are no files, no network, no clock that can be set, no other process, and little memory; a
 * system call that is not on the short list of docs/formats/fee-plugin.md ends it. Build it by:
 *
 *   cc -O2 -fPIC -shared -nostartfiles -fvisibility=hidden -Wl,-z,relro,-z,now -o fee.so fee.c
 *
 * Versions. A change of what stands here makes another AIRLOCK_FEE_PLUGIN_VERSION. A wallet loads
 * its own version alone.
 */
#ifndef AIRLOCK_FEE_PLUGIN_H
#define AIRLOCK_FEE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AIRLOCK_FEE_PLUGIN_VERSION 1
#define AIRLOCK_FEE_PLUGIN_MAGIC 0x6565466bU

/* Sizes in bytes, with the NUL at the end of texts. */
#define AIRLOCK_FEE_WORD_SIZE 132
#define AIRLOCK_FEE_NAME_SIZE 64
#define AIRLOCK_FEE_NUMBER_SIZE 32 /* of 256 bits, the most significant byte first */
#define AIRLOCK_FEE_PRIORITY_FEES_MAX 256
#define AIRLOCK_FEE_SHARES_MAX 16

/* What a situation has of what may be absent. */
#define AIRLOCK_FEE_HAS_CONGESTION 1U
#define AIRLOCK_FEE_HAS_TIME 2U
#define AIRLOCK_FEE_HAS_BASE_FEE 4U
#define AIRLOCK_FEE_HAS_UNITS 8U

/* What a fee is asked for. */
typedef struct airlock_fee_situation {
  char chain[AIRLOCK_FEE_WORD_SIZE];     /* CAIP-2: "eip155:1" */
  char asset[AIRLOCK_FEE_WORD_SIZE];     /* as the wallet names it */
  char operation[AIRLOCK_FEE_WORD_SIZE]; /* "swap", "network": words of the wallet */
  char tier[AIRLOCK_FEE_WORD_SIZE];      /* of the user */
  uint8_t amount[AIRLOCK_FEE_NUMBER_SIZE];
  uint32_t has;                              /* AIRLOCK_FEE_HAS_.. */
  uint32_t congestion;                       /* of the chain, 0 to 10 000 */
  int64_t time;                              /* seconds since 1970 */
  uint8_t base_fee[AIRLOCK_FEE_NUMBER_SIZE]; /* of the next block, in wei per gas */
  uint64_t units;                            /* the gas limit, or that of compute units */
  uint64_t signatures;                       /* of the transaction */
  uint64_t priority_fee_count;
  uint64_t priority_fees[AIRLOCK_FEE_PRIORITY_FEES_MAX]; /* that were paid lately, in any order */
} airlock_fee_situation;

/* Who gets a part of the fee: a word of the wallet, which alone knows the account. */
typedef struct airlock_fee_share {
  char recipient[AIRLOCK_FEE_NAME_SIZE];
  uint8_t amount[AIRLOCK_FEE_NUMBER_SIZE];
} airlock_fee_share;

/* A fee. The shares, at least one, are the fee together. */
typedef struct airlock_fee_answer {
  uint8_t fee[AIRLOCK_FEE_NUMBER_SIZE];
  char rule[AIRLOCK_FEE_NAME_SIZE]; /* which of the plugin's own rules named it: a word */
  uint64_t share_count;
  airlock_fee_share shares[AIRLOCK_FEE_SHARES_MAX];
} airlock_fee_answer;

/* What airlock_fee_plugin_evaluate returns. Whatever else it returns is a fault of the plugin. */
enum airlock_fee_outcome {
  AIRLOCK_FEE_NAMED = 0,              /* the answer holds a fee */
  AIRLOCK_FEE_NO_RULE_MATCHES = 1,    /* it is for other transactions */
  AIRLOCK_FEE_CHAIN_DATA_MISSING = 2, /* it needs what was not given */
  AIRLOCK_FEE_OVERFLOW = 3            /* the fee needs more than 256 bits */
};

/* What a plugin says of itself. */
typedef struct airlock_fee_plugin_about {
  uint32_t magic;
  uint32_t version;        /* of this header */
  uint32_t situation_size; /* of the struct, as the plugin was compiled */
  uint32_t answer_size;
  char name[AIRLOCK_FEE_NAME_SIZE];    /* a word */
  char release[AIRLOCK_FEE_NAME_SIZE]; /* a version of the plugin, MAJOR.MINOR.PATCH */
} airlock_fee_plugin_about;

#if defined(__GNUC__)
#define AIRLOCK_FEE_PLUGIN_SHOWN __attribute__((visibility("default")))
#else
#define AIRLOCK_FEE_PLUGIN_SHOWN
#endif

AIRLOCK_FEE_PLUGIN_SHOWN extern const airlock_fee_plugin_about airlock_fee_plugin;
AIRLOCK_FEE_PLUGIN_SHOWN extern const char airlock_fee_plugin_golden[];
AIRLOCK_FEE_PLUGIN_SHOWN int airlock_fee_plugin_evaluate(const airlock_fee_situation* situation,
                                                         airlock_fee_answer* answer);

/* Defines airlock_fee_plugin: AIRLOCK_FEE_PLUGIN("congestion-squared", "1.0.0"); */
#define AIRLOCK_FEE_PLUGIN(plugin_name, plugin_release)                               \
  const airlock_fee_plugin_about airlock_fee_plugin = {AIRLOCK_FEE_PLUGIN_MAGIC,      \
                                                       AIRLOCK_FEE_PLUGIN_VERSION,    \
                                                       sizeof(airlock_fee_situation), \
                                                       sizeof(airlock_fee_answer),    \
                                                       plugin_name,                   \
                                                       plugin_release}

#ifdef __cplusplus
}
#endif

#endif
