/* task.c - fuzz: encoded tasks, results and lists of row ranges.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The same bytes as each of them. What is taken encodes to the same bytes, and so does a copy.
 */
#include <config.h>

#include "engine/task.h"
#include "fuzz/fuzz.h"
#include "study/trials.h"

static void task(const uint8_t *data, size_t n)
{
  aus_task t, copy;
  aus_err err = {0};
  aus_buf b;

  if (!fuzz_took(aus_task_decode(&t, data, n, &err), &err, AUS_EFORMAT)) return;
  aus_buf_init(&b);
  if (fuzz_must(aus_task_copy(&copy, &t, &err), &err)) {
    aus_task_encode(&copy, &b);
    if (fuzz_filled(&b)) fuzz_check(fuzz_same(&b, data, n));
    aus_task_fini(&copy);
  }
  aus_buf_fini(&b);
  aus_task_fini(&t);
}

/* Blobs travel apart from their result, which holds where they are stored. */
static void encode_result(aus_result *r, aus_buf *b)
{
  int i;

  r->blobs = calloc((size_t)r->n_blob_ranges + 1, sizeof *r->blobs);
  fuzz_check(r->blobs);
  for (i = 0; i < r->n_blob_ranges; i++)
    r->blobs[i].range = r->blob_ranges[i];
  r->n_blobs = r->n_blob_ranges;
  aus_result_encode(r, b);
  free(r->blobs);
  r->blobs = NULL;
  r->n_blobs = 0;
}

static void result(const uint8_t *data, size_t n)
{
  aus_result r, again;
  aus_err err = {0};
  aus_buf b;

  if (!fuzz_took(aus_result_decode(&r, data, n, &err), &err, AUS_EFORMAT)) return;
  aus_buf_init(&b);
  encode_result(&r, &b);
  if (fuzz_filled(&b)) {
    fuzz_check(fuzz_same(&b, data, n));
    if (fuzz_must(aus_result_decode(&again, b.data, (size_t)b.n, &err), &err)) {
      fuzz_check(aus_result_same(&r, &again));
      aus_result_fini(&again);
    }
  }
  aus_buf_fini(&b);
  aus_result_fini(&r);
}

static void ranges(const uint8_t *data, size_t n)
{
  aus_ranges r = {0};
  aus_err err = {0};
  aus_buf b;
  int64_t i;

  aus_buf_init(&b);
  if (fuzz_took(aus_ranges_decode(&r, data, n, &err), &err, AUS_EFORMAT)) {
    aus_buf_i64(&b, r.n);
    for (i = 0; i < r.n; i++)
      aus_range_encode(&r.range[i], &b);
    if (fuzz_filled(&b)) fuzz_check(fuzz_same(&b, data, n));
    aus_ranges_sort(&r);
    for (i = 1; i < r.n; i++)
      fuzz_check(r.range[i - 1].trial <= r.range[i].trial);
  }
  aus_buf_fini(&b);
  aus_ranges_fini(&r);
}

FUZZ_TARGET(task)
{
  task(data, n);
  result(data, n);
  ranges(data, n);
}
