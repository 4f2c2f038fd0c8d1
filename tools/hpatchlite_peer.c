/* The applier of HPatchLite (tinyuz), in memory: what tools/bench_applier.py holds ours against.
 *
 *   peer OLD PATCH NEW ROUNDS     prints the least CPU time of a round, in milliseconds; 1 where it does not make NEW
 *
 * It is compiled beside HPatchLite's own sources, from a folder of yours. Buffers are those of its -s-1k.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hpatch_lite.h"
#include "tuz_dec.h"

enum { STEP = 1024 };

struct bytes { unsigned char *at; size_t size; };
struct input { struct bytes all; size_t taken; };
struct patch { hpatchi_listener_t listener; struct bytes old, made; size_t put; };

static struct bytes contents(const char *path) {
  struct bytes read = {NULL, 0};
  FILE *file = fopen(path, "rb");
  if (file == NULL) { perror(path); exit(2); }
  fseek(file, 0, SEEK_END);
  read.size = (size_t)ftell(file);
  rewind(file);
  read.at = malloc(read.size + 1);
  if (read.at == NULL || fread(read.at, 1, read.size, file) != read.size) exit(2);
  fclose(file);
  return read;
}

static hpi_BOOL take(hpi_TInputStreamHandle handle, hpi_byte *to, hpi_size_t *size) {
  struct input *from = handle;
  size_t left = from->all.size - from->taken;
  if (*size > left) *size = (hpi_size_t)left;
  memcpy(to, from->all.at + from->taken, *size);
  from->taken += *size;
  return hpi_TRUE;
}
static hpi_BOOL unpack(hpi_TInputStreamHandle handle, hpi_byte *to, hpi_size_t *size) {
  return tuz_TStream_decompress_partial((tuz_TStream *)handle, to, size) <= tuz_STREAM_END;
}
static hpi_BOOL read_old(hpatchi_listener_t *listener, hpi_pos_t at, hpi_byte *to, hpi_size_t size) {
  struct patch *patch = (struct patch *)listener;
  if (at > patch->old.size || size > patch->old.size - at) return hpi_FALSE;
  memcpy(to, patch->old.at + at, size);
  return hpi_TRUE;
}
static hpi_BOOL write_new(hpatchi_listener_t *listener, const hpi_byte *from, hpi_size_t size) {
  struct patch *patch = (struct patch *)listener;
  if (size > patch->made.size - patch->put) return hpi_FALSE;
  memcpy(patch->made.at + patch->put, from, size);
  patch->put += size;
  return hpi_TRUE;
}

static int apply(struct patch *patch, struct bytes diff, struct bytes memory) {
  static hpi_byte cache[STEP];
  struct input input = {diff, 0};
  tuz_TStream stream;
  hpi_compressType type;
  hpi_pos_t new_size, unpacked;
  tuz_size_t dictionary;
  if (!hpatch_lite_open(&input, take, &type, &new_size, &unpacked) || new_size != patch->made.size) return 0;
  dictionary = tuz_TStream_read_dict_size(&input, take);
  if (dictionary > memory.size - STEP) return 0;
  if (tuz_TStream_open(&stream, &input, take, memory.at, dictionary, STEP) != tuz_OK) return 0;
  patch->put = 0;
  patch->listener.diff_data = &stream;
  patch->listener.read_diff = unpack;
  patch->listener.read_old = read_old;
  patch->listener.write_new = write_new;
  return hpatch_lite_patch(&patch->listener, new_size, cache, sizeof cache) && patch->put == new_size;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

int main(int count, char **words) {
  if (count != 5) return 2;
  struct patch patch = {.old = contents(words[1])};
  struct bytes diff = contents(words[2]), wanted = contents(words[3]), memory = {malloc(1 << 20), 1 << 20};
  double least = 1e9;
  patch.made.size = wanted.size;
  patch.made.at = malloc(wanted.size + 1);
  if (patch.made.at == NULL || memory.at == NULL) return 2;
  for (int left = atoi(words[4]); left > 0; --left) {
    double begun = now();
    if (!apply(&patch, diff, memory)) return 1;
    double took = now() - begun;
    if (took < least) least = took;
  }
  if (memcmp(patch.made.at, wanted.at, wanted.size) != 0) return 1;
  printf("%.4f\n", least);
  return 0;
}
