/* airlock_abi: what a wallet knows of the contracts that its owner signs for, for programs in C.
 *
 * It turns raw calls into JSON by the ABI pack that an update brought, and replaces the pack under
 * its readers. A program keeps one engine, gives each thread a reader, and loads the next pack when
 * the update that carries it is committed. The library promises that a pack with any bad entry is
 * refused whole while the old one keeps serving; that a reader waits for nobody; that what the
 * chain would refuse is never shown as decoded; that everything in the JSON is escaped, so that
 * what the author of a contract wrote cannot hide or reorder what stands beside it; and that no
 * exception leaves it. It never decides which pack is to be trusted: the root that it holds a pack
 * against must come from a manifest that was proven and committed.
 *
 * Errors. Every function that can fail returns 0 or the number of an error. The numbers never
 * change their meaning; new ones may come. What a failing function was to give is then empty.
 * A pointer that must not be NULL and is: AIRLOCK_ABI_MISSING_FIELD. No memory:
 * AIRLOCK_ABI_NO_ROOM.
 *
 * Ownership. What a reader gives (texts, bytes) belongs to it and holds until the next call with
 * that reader. What a caller gives is read during the call and not kept. Texts end with a NUL.
 *
 * Threads. An engine may be used by all threads at once. A reader is used by one thread at a time.
 * Engine and readers may be freed in any order, each once; freeing NULL does nothing.
 */
#ifndef AIRLOCK_ABI_H
#define AIRLOCK_ABI_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define AIRLOCK_ABI_API __attribute__((visibility("default")))
#else
#define AIRLOCK_ABI_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Limits. What is larger is refused: AIRLOCK_ABI_OVERSIZED. */
#define AIRLOCK_ABI_TEXT_SIZE_MAX (16 << 10)     /* of a chain, target or call, in bytes */
#define AIRLOCK_ABI_PATH_SIZE_MAX 4096           /* of a file's path */
#define AIRLOCK_ABI_DATA_SIZE_MAX (4 << 20)      /* of a call */
#define AIRLOCK_ABI_ARGUMENTS_SIZE_MAX (4 << 20) /* of the JSON of a call that is to be encoded */
#define AIRLOCK_ABI_KEY_SIZE_MAX 200             /* of the key of an entry */
#define AIRLOCK_ABI_MESSAGE_SIZE_MAX (1 << 20)   /* of a message that is to be signed, as JSON */
#define AIRLOCK_ABI_COLUMNS_MAX 1000             /* of a terminal */
#define AIRLOCK_ABI_ROOT_SIZE 32
#define AIRLOCK_ABI_DIGEST_SIZE 32
#define AIRLOCK_ABI_READERS_MAX 256 /* of one engine, at once */

/* The errors that a program is likely to tell apart. airlock_abi_error_name names all of them. */
enum airlock_abi_error {
  AIRLOCK_ABI_OK = 0,
  AIRLOCK_ABI_OVERSIZED = 2,
  AIRLOCK_ABI_MISSING_FIELD = 9,
  AIRLOCK_ABI_NO_ROOM = 12,
  AIRLOCK_ABI_BAD_TEXT = 13,
  AIRLOCK_ABI_OUT_OF_RANGE = 14,
  AIRLOCK_ABI_TOO_MANY = 15,
  AIRLOCK_ABI_BAD_JSON = 16,
  AIRLOCK_ABI_BAD_SEMVER = 17,
  AIRLOCK_ABI_WRONG_MAGIC = 18,
  AIRLOCK_ABI_NOT_FOUND = 800,           /* nothing describes this contract: show the call raw */
  AIRLOCK_ABI_UNKNOWN_CALL = 1300,       /* nor this call of it: show it raw */
  AIRLOCK_ABI_CHAIN_REFUSES = 1301,      /* the chain would revert it */
  AIRLOCK_ABI_OVER_BUDGET = 1302,        /* show it raw */
  AIRLOCK_ABI_BAD_TYPE = 1305,           /* a message has a type that is none, or too large */
  AIRLOCK_ABI_AMBIGUOUS = 1306,          /* several calls have this name */
  AIRLOCK_ABI_BAD_VALUE = 1307,          /* an argument or address does not fit its type */
  AIRLOCK_ABI_BAD_PACK = 1312,           /* not a pack, or an entry of no known kind */
  AIRLOCK_ABI_GOLDEN_CASE_FAILED = 1313, /* a case of the pack or of this library reads otherwise */
  AIRLOCK_ABI_ENTRY_MISMATCH = 1314,     /* not the committed pack or entry */
  AIRLOCK_ABI_LOADER_MISSING = 1315,     /* a chain that this library does not read */
  AIRLOCK_ABI_EXPECTED_OTHERWISE =
      1316 /* other code at the address, or another chain, than was asked for */
};

/* The stable name of an error, "unknown_call", and a sentence for people. For a number that this
 * library does not know: "unknown". Never NULL. */
AIRLOCK_ABI_API const char* airlock_abi_error_name(int error);
AIRLOCK_ABI_API const char* airlock_abi_error_text(int error);

/* The version of this library: "0.1.0". */
AIRLOCK_ABI_API const char* airlock_abi_library_version(void);

typedef struct airlock_abi_engine airlock_abi_engine;
typedef struct airlock_abi_reader airlock_abi_reader;

typedef struct airlock_abi_text {
  const char* text; /* UTF-8, ends with a NUL that `size` does not count */
  size_t size;
} airlock_abi_text;

typedef struct airlock_abi_bytes {
  const uint8_t* data;
  size_t size;
} airlock_abi_bytes;

/* ---- The engine, and the packs that it serves. */

/* Makes an engine that serves nothing yet. */
AIRLOCK_ABI_API int airlock_abi_engine_new(airlock_abi_engine** engine);
/* Its readers go on with what they have until they are freed too. */
AIRLOCK_ABI_API void airlock_abi_engine_free(airlock_abi_engine* engine);

/* What the committed manifest says of a pack. */
typedef struct airlock_abi_committed {
  uint8_t root[AIRLOCK_ABI_ROOT_SIZE]; /* of the tree over its entries */
  uint32_t count;                      /* of its entries */
  const char* version;                 /* of the pack, as in semver: "1.4.0" */
} airlock_abi_committed;

/* Why a pack was refused. */
typedef struct airlock_abi_fault {
  uint64_t at;                            /* a place or count; its meaning belongs to the error */
  char key[AIRLOCK_ABI_KEY_SIZE_MAX + 1]; /* of the entry to blame; "" where it is the file */
} airlock_abi_fault;

/* Opens a pack, judges all of it, and lets it serve: readers see it from their next call on. On any
 * error the old pack keeps serving. `fault` may be NULL. The file is mapped: replace it by a
 * rename, and never change it in place. Errors: those of the file, AIRLOCK_ABI_ENTRY_MISMATCH (this
 * is not the pack of that manifest), AIRLOCK_ABI_BAD_PACK, AIRLOCK_ABI_GOLDEN_CASE_FAILED, .. */
AIRLOCK_ABI_API int airlock_abi_load_file(airlock_abi_engine* engine, const char* path,
                                          const airlock_abi_committed* committed,
                                          airlock_abi_fault* fault);
/* The same from memory, which is copied. */
AIRLOCK_ABI_API int airlock_abi_load(airlock_abi_engine* engine, const uint8_t* pack, size_t size,
                                     const airlock_abi_committed* committed,
                                     airlock_abi_fault* fault);

/* ---- Readers: one for each thread. */

/* Errors: AIRLOCK_ABI_TOO_MANY. */
AIRLOCK_ABI_API int airlock_abi_reader_new(airlock_abi_engine* engine, airlock_abi_reader** reader);
AIRLOCK_ABI_API void airlock_abi_reader_free(airlock_abi_reader* reader);

/* Until it lets go, every call of this reader sees the pack that serves now. Without, each call
 * sees the newest. A version that is held stays in memory: let go when the owner has answered.
 * Holding again holds the newest. */
AIRLOCK_ABI_API int airlock_abi_hold(airlock_abi_reader* reader);
AIRLOCK_ABI_API int airlock_abi_let_go(airlock_abi_reader* reader);

/* The version of the pack; "" where none was loaded. */
AIRLOCK_ABI_API int airlock_abi_pack_version(airlock_abi_reader* reader, airlock_abi_text* version);

/* A call as a wallet is asked to sign it. */
typedef struct airlock_abi_call {
  const char* chain;  /* CAIP-2: "eip155:1" */
  const char* target; /* the contract or program; NULL where the data itself names it */
  const uint8_t* data;
  size_t data_size;
  const uint8_t* code_hash; /* of the contract's code, where it is known; else NULL and 0 */
  size_t code_hash_size;
} airlock_abi_call;

/* Decodes a call:
 * {"call":"transfer(address,uint256)","bound":true,"canonical":true,"version":"1.4.0","arguments":{..}}
 * "bound" false: the description is not this contract's own, so that what it says is a guess by
 * selector. "canonical" false: the chain accepts the bytes, and no usual program writes them so.
 * Integers are decimal texts, bytes "0x..", addresses as their chain spells them. What a multicall,
 * a Safe or a router carries follows as "calls" (docs/formats/evm-abi.md). */
AIRLOCK_ABI_API int airlock_abi_decode(airlock_abi_reader* reader, const airlock_abi_call* call,
                                       airlock_abi_text* json);

/* Reads a whole transaction as it is signed, with each call in it: docs/formats/transaction.md. A
 * call that nothing explains is a "warning" in it. AIRLOCK_ABI_EXPECTED_OTHERWISE where it is for
 * another chain than `chain`. */
AIRLOCK_ABI_API int airlock_abi_read_transaction(airlock_abi_reader* reader, const char* chain,
                                                 const uint8_t* data, size_t data_size,
                                                 airlock_abi_text* json);

/* A call to be written. */
typedef struct airlock_abi_request {
  const char* chain;
  const char* target;
  const char* call;      /* a signature, or a name that one call alone has */
  const char* arguments; /* JSON as decoding gives it: {"to":"0x..","value":"1"} or ["0x..","1"] */
} airlock_abi_request;

/* Writes the bytes of a call in the chain's one canonical form. */
AIRLOCK_ABI_API int airlock_abi_encode(airlock_abi_reader* reader,
                                       const airlock_abi_request* request, airlock_abi_bytes* data);

/* ---- Screens: what a wallet shows before it signs, on chains of the EVM, by the descriptors
 * (ERC-7730) of the pack.
 *
 * Showing always answers: what no descriptor of the pack speaks of is shown raw, with the reason as
 * a warning, and that is no error. Every text on a screen is harmless, whoever wrote it. */

/* What a screen is given as. */
enum airlock_abi_form {
  /* For programs: {"clear":true,"intent":"Send","owner":..,"warnings":[..],"fields":[{"label":"To",
   * "value":"0x..","warnings":[..]},..]}; a call in a call is the member "call" of its field.
   * "clear" false: what is shown are the raw bytes. Of a message this is the member "screen",
   * beside
   * {"primary_type","domain_hash","message_hash","digest"}. */
  AIRLOCK_ABI_JSON = 0,
  AIRLOCK_ABI_LINES = 1, /* of a terminal, "! " before each warning */
  AIRLOCK_ABI_PAGES = 2  /* of a display of 21 by 8 letters (128 by 64 points): JSON, a list of
                          * pages, each a list of rows in ASCII. AIRLOCK_ABI_OVER_BUDGET: there are
                          * more than can be paged through; sign nothing on such a display */
};

typedef struct airlock_abi_style {
  int form;         /* enum airlock_abi_form */
  uint32_t columns; /* of AIRLOCK_ABI_LINES; 0: 80 */
} airlock_abi_style;

/* A transaction's call, with what its screen depends on. */
typedef struct airlock_abi_sending {
  const char* chain;  /* "eip155:1"; of another kind: AIRLOCK_ABI_LOADER_MISSING */
  const char* target; /* the contract */
  const char* from;   /* who signs; NULL where nobody knows yet */
  const char* value;  /* what it pays, in decimal and the smallest unit; NULL for nothing */
  const uint8_t* data;
  size_t data_size;
} airlock_abi_sending;

/* Shows a call. */
AIRLOCK_ABI_API int airlock_abi_show(airlock_abi_reader* reader, const airlock_abi_sending* sending,
                                     const airlock_abi_style* style, airlock_abi_text* text);

/* A message of EIP-712. */
typedef struct airlock_abi_message {
  const char* json; /* {"types","primaryType","domain","message"} */
  const char* from; /* who signs; NULL where nobody knows yet */
} airlock_abi_message;

/* Shows a message, and says in `digest` (AIRLOCK_ABI_DIGEST_SIZE bytes; may be NULL) what is signed
 * of it: sign these bytes, and no digest that came with the message. Errors: AIRLOCK_ABI_BAD_JSON,
 * AIRLOCK_ABI_BAD_TYPE, AIRLOCK_ABI_BAD_VALUE, AIRLOCK_ABI_OVER_BUDGET, ..: this is no message, and
 * nothing of it can be signed. */
AIRLOCK_ABI_API int airlock_abi_show_message(airlock_abi_reader* reader,
                                             const airlock_abi_message* message,
                                             const airlock_abi_style* style, airlock_abi_text* text,
                                             uint8_t* digest);

/* ---- Single entries, for devices that are too small to hold a pack. */

/* An entry with the proof that the pack has it; or only the proof that it has none. */
typedef struct airlock_abi_entry {
  airlock_abi_bytes content;
  airlock_abi_bytes proof;
} airlock_abi_entry;

/* Reads the entry under a key, such as "abi/eip155:1/0x..". Errors: AIRLOCK_ABI_NOT_FOUND, and then
 * `entry` holds the proof of that; AIRLOCK_ABI_ENTRY_MISMATCH (the file was damaged). */
AIRLOCK_ABI_API int airlock_abi_read_entry(airlock_abi_reader* reader, const char* key,
                                           airlock_abi_entry* entry);

/* Holds an entry and its proof against what was committed; the version is not looked at. These need
 * no engine. Errors: AIRLOCK_ABI_ENTRY_MISMATCH, and those of a malformed proof. */
AIRLOCK_ABI_API int airlock_abi_check_present(const airlock_abi_committed* committed,
                                              const char* key, const airlock_abi_entry* entry);
/* The content is not looked at. */
AIRLOCK_ABI_API int airlock_abi_check_absent(const airlock_abi_committed* committed,
                                             const char* key, const airlock_abi_entry* entry);

#ifdef __cplusplus
}
#endif

#endif
