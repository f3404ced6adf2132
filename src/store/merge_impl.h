/* merge_impl.h - what the parts of merging share; private to store/merge*.c.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_STORE_MERGE_IMPL_H
#define AUS_STORE_MERGE_IMPL_H

#include "store/merge.h"
#include "store/scan.h"

/* A file to be joined. */
typedef struct merge_source {
  const char *path;
  hid_t file;
  uint64_t seed;
  uint8_t deterministic, complete;
  char *study, *digest, *config;
} merge_source;

typedef struct merge {
  merge_source *src; /* by seed */
  int n;
  hid_t file; /* the new one */
} merge;

/** All groups and datasets but /config, /provenance and /sources, and the groups of these. */
AUS_CHECKED int aus_merge_objects(merge *m, const char *config, aus_err *err);

#endif
