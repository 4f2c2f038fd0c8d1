/* Loads an ABI pack and shows what a message of EIP-712 lets others do, and which digest is signed.
 *
 * Usage: message PACK ROOT COUNT VERSION MESSAGE
 * MESSAGE is a file with its JSON.
 */
#include "pack.h"

/* The file as text, to be freed; or NULL. */
static char* read_message(const char* path) {
  FILE* file = fopen(path, "rb");
  char* text = file ? calloc(1, AIRLOCK_ABI_MESSAGE_SIZE_MAX + 1) : NULL;
  if (text != NULL) (void)!fread(text, 1, AIRLOCK_ABI_MESSAGE_SIZE_MAX, file);
  if (file != NULL) fclose(file);
  return text;
}

static int show(airlock_abi_reader* reader, const char* json) {
  const airlock_abi_message message = {.json = json};
  const airlock_abi_style style = {.form = AIRLOCK_ABI_LINES};
  airlock_abi_text screen;
  uint8_t digest[AIRLOCK_ABI_DIGEST_SIZE];
  const int error = airlock_abi_show_message(reader, &message, &style, &screen, digest);
  if (error != AIRLOCK_ABI_OK) return complain("this is nothing to be signed", error);
  fputs(screen.text, stdout);
  for (size_t i = 0; i < sizeof(digest); ++i) printf("%02x", digest[i]);
  putchar('\n');
  return AIRLOCK_ABI_OK;
}

int main(int argc, char** argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: message PACK ROOT COUNT VERSION MESSAGE\n");
    return 2;
  }
  airlock_abi_engine* engine = NULL;
  airlock_abi_reader* reader = NULL;
  char* json = read_message(argv[5]);
  int error = json ? airlock_abi_engine_new(&engine) : complain(argv[5], AIRLOCK_ABI_NOT_FOUND);
  if (error == AIRLOCK_ABI_OK) error = load(engine, argv);
  if (error == AIRLOCK_ABI_OK) error = airlock_abi_reader_new(engine, &reader);
  if (error == AIRLOCK_ABI_OK) error = show(reader, json);
  airlock_abi_reader_free(reader);
  airlock_abi_engine_free(engine);
  free(json);
  return error == AIRLOCK_ABI_OK ? 0 : 1;
}
