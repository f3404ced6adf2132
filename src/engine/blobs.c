/* blobs.c - named bytes in a sorted array.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/blobs.h"

#include <string.h>

#include "util/alloc.h"

void aus_blobs_init(aus_blobs *b)
{
  *b = (aus_blobs){0};
}

void aus_blobs_fini(aus_blobs *b)
{
  int64_t i;

  for (i = 0; i < b->n; i++)
    aus_free(b->entry[i].blob.bytes);
  aus_free(b->entry);
  *b = (aus_blobs){0};
}

static uint64_t rank_of(aus_blob_key key)
{
  return (uint64_t)key.campaign << 32 | key.index;
}

static int64_t position(const aus_blobs *b, aus_blob_key key)
{
  int64_t lo = 0, hi = b->n;

  while (lo < hi) {
    int64_t mid = lo + (hi - lo) / 2;

    if (rank_of(b->entry[mid].blob.key) < rank_of(key))
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

aus_blobs_entry *aus_blobs_find(const aus_blobs *b, aus_blob_key key)
{
  int64_t i = position(b, key);

  return i < b->n && rank_of(b->entry[i].blob.key) == rank_of(key) ? &b->entry[i] : NULL;
}

int aus_blobs_add(aus_blobs *b, aus_blob_key key, aus_blobs_entry **entry, aus_err *err)
{
  int rc = AUS_OK;
  int64_t at = position(b, key);

  AUS_TRY(aus_grow(&b->entry, &b->cap, b->n + 1, sizeof *b->entry, err));
  memmove(b->entry + at + 1, b->entry + at, (size_t)(b->n - at) * sizeof *b->entry);
  b->n++;
  b->entry[at] = (aus_blobs_entry){.blob.key = key, .used = ++b->clock};
  *entry = &b->entry[at];
done:
  return rc;
}

int aus_blobs_put(aus_blobs *b, aus_blob_key key, const void *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_blobs_entry *e = aus_blobs_find(b, key);
  char *copy = NULL;

  if (n > AUS_BLOB_MAX_BYTES)
    AUS_FAIL(err, AUS_EINVAL, "blob %u:%u has %zu bytes, at most %d are allowed", key.campaign,
             key.index, n, AUS_BLOB_MAX_BYTES);
  if (e && e->complete) {
    if (e->blob.n != n || (n > 0 && memcmp(e->blob.bytes, bytes, n) != 0))
      AUS_FAIL(err, AUS_EINVAL, "blob %u:%u is there already with other bytes", key.campaign,
               key.index);
    goto done;
  }
  AUS_NEW(copy, n, err);
  if (n > 0) memcpy(copy, bytes, n);
  if (!e) AUS_TRY(aus_blobs_add(b, key, &e, err));
  e->blob.bytes = copy;
  e->blob.n = e->got = n;
  e->complete = true;
  b->n_bytes += n;
  copy = NULL;
done:
  aus_free(copy);
  return rc;
}

void aus_blobs_drop(aus_blobs *b, aus_blob_key key)
{
  aus_blobs_entry *e = aus_blobs_find(b, key);

  if (!e) return;
  if (e->complete) b->n_bytes -= e->blob.n;
  aus_free(e->blob.bytes);
  b->n--;
  memmove(e, e + 1, (size_t)(b->entry + b->n - e) * sizeof *e);
}
