/* blobs.h - a small store of named bytes: what rank 0 keeps for workers, what a worker has fetched.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sorted by key, so finding is O(log n); adding moves pointers of the later ones, which is cheap beside
 * making a model. An entry may be incomplete while its chunks are on the way.
 */
#ifndef AUS_ENGINE_BLOBS_H
#define AUS_ENGINE_BLOBS_H

#include "engine/task.h"

typedef struct aus_blobs_entry {
  aus_blob blob;
  bool complete; /* false: asked for, or on the way, or still in the shard blob.range tells */
  size_t got;    /* bytes that have come */
  uint32_t crc;  /* CRC-32C of the bytes, where it is known */
  bool has_crc;
  uint64_t used; /* the larger, the later it was wanted */
} aus_blobs_entry;

typedef struct aus_blobs {
  aus_blobs_entry *entry;
  int64_t n, cap;
  size_t n_bytes; /* of the complete ones */
  uint64_t clock;
} aus_blobs;

void aus_blobs_init(aus_blobs *b);
void aus_blobs_fini(aus_blobs *b);

/** The entry of a key, lent until the next change; NULL when there is none. Local. */
aus_blobs_entry *aus_blobs_find(const aus_blobs *b, aus_blob_key key);

/** An empty, incomplete entry for a key that has none. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_blobs_add(aus_blobs *b, aus_blob_key key, aus_blobs_entry **entry,
                              aus_err *err);

/** Keep a copy of n bytes under a key; a key that is there already must have the same bytes.
 * @return AUS_OK; AUS_EINVAL above 64 MiB or for other bytes than before; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_blobs_put(aus_blobs *b, aus_blob_key key, const void *bytes, size_t n,
                              aus_err *err);

/** Forget a key; one that is not there is fine. Local. */
void aus_blobs_drop(aus_blobs *b, aus_blob_key key);

#endif
