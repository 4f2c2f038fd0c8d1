/* What both programs do first: PACK ROOT COUNT VERSION is a file, and what its manifest says. */
#ifndef PACK_H
#define PACK_H

#include <airlock_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline int complain(const char* what, int error) {
  fprintf(stderr, "error: %s: %s: %s\n", airlock_abi_error_name(error), what,
          airlock_abi_error_text(error));
  return 1;
}

static inline int read_root(const char* text, uint8_t* root) {
  if (strlen(text) != 2 * AIRLOCK_ABI_ROOT_SIZE) return AIRLOCK_ABI_BAD_TEXT;
  for (size_t i = 0; i < AIRLOCK_ABI_ROOT_SIZE; ++i) {
    unsigned byte;
    if (sscanf(text + 2 * i, "%2x", &byte) != 1) return AIRLOCK_ABI_BAD_TEXT;
    root[i] = (uint8_t)byte;
  }
  return AIRLOCK_ABI_OK;
}

static inline int load(airlock_abi_engine* engine, char** arguments) {
  airlock_abi_committed committed = {.count = (uint32_t)strtoul(arguments[3], NULL, 10),
                                     .version = arguments[4]};
  airlock_abi_fault fault;
  int error = read_root(arguments[2], committed.root);
  if (error != AIRLOCK_ABI_OK) return complain("ROOT", error);
  error = airlock_abi_load_file(engine, arguments[1], &committed, &fault);
  if (error != AIRLOCK_ABI_OK) return complain(fault.key[0] ? fault.key : arguments[1], error);
  return AIRLOCK_ABI_OK;
}

#endif
