/* Loads an ABI pack and shows what an ERC-20 transfer says.
 *
 * Usage: transfer PACK ROOT COUNT VERSION
 * ROOT (64 digits), COUNT and VERSION are what the manifest of the pack says, which the program
 * that calls this has proven and committed.
 */
#include "pack.h"

/* transfer(0x2222.., 1000) */
static const uint8_t kTransfer[68] = {
    0xa9, 0x05, 0x9c, 0xbb, [16] = 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22,        0x22,
    0x22, 0x22, 0x22, 0x22, 0x22,        0x22, 0x22, 0x22, 0x22, 0x22, 0x22, [66] = 0x03, 0xe8};

static int show(airlock_abi_reader* reader) {
  const airlock_abi_call call = {.chain = "eip155:1",
                                 .target = "0x1111111111111111111111111111111111111111",
                                 .data = kTransfer,
                                 .data_size = sizeof(kTransfer)};
  airlock_abi_text json;
  const int error = airlock_abi_decode(reader, &call, &json);
  if (error == AIRLOCK_ABI_OK)
    puts(json.text);
  else /* a wallet shows the bytes themselves now, with a warning, and lets its owner decide */
    complain("this call cannot be shown clearly", error);
  return error;
}

int main(int argc, char** argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: transfer PACK ROOT COUNT VERSION\n");
    return 2;
  }
  airlock_abi_engine* engine = NULL;
  airlock_abi_reader* reader = NULL;
  int error = airlock_abi_engine_new(&engine);
  if (error == AIRLOCK_ABI_OK) error = load(engine, argv);
  if (error == AIRLOCK_ABI_OK) error = airlock_abi_reader_new(engine, &reader);
  if (error == AIRLOCK_ABI_OK) error = show(reader);
  airlock_abi_reader_free(reader);
  airlock_abi_engine_free(engine);
  return error == AIRLOCK_ABI_OK ? 0 : 1;
}
