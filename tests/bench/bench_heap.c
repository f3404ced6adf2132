/* bench_heap.c - the event queue alone: hold model with 10^4 pending events.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Hold: take the first event, put it back an exponentially distributed time later. The times are
 * drawn beforehand, so that only the queue is measured.
 */
#include <config.h>

#include "bench/bench.h"

#include <stddef.h>

#include "util/alloc.h"
#include "util/heap.h"
#include "util/rng.h"

enum { PENDING = 10000, HOLDS = 1000000, DRAWS = 1 << 16 };

typedef struct hold {
  aus_heap heap;
  double *delay;
} hold;

static int fill(hold *h, aus_err *err)
{
  int rc = AUS_OK, i;

  h->heap.n = 0;
  for (i = 0; i < PENDING; i++)
    AUS_TRY(aus_heap_push(&h->heap, (aus_heap_item){h->delay[i], (uint64_t)i, (uint64_t)i}, err));
done:
  return rc;
}

static int holds(void *self, int64_t *work, aus_err *err)
{
  hold *h = self;
  int rc = AUS_OK;
  int64_t i;

  AUS_TRY(fill(h, err));
  for (i = 0; i < HOLDS; i++) {
    aus_heap_item x = aus_heap_pop(&h->heap);

    x.t += h->delay[i & (DRAWS - 1)];
    x.order = (uint64_t)(PENDING + i);
    AUS_TRY(aus_heap_push(&h->heap, x, err));
  }
  *work = HOLDS;
done:
  return rc;
}

static int heap_events(const char *name, aus_err *err)
{
  aus_rng r = aus_rng_open(1, 0, 0, AUS_RNG_TRACE);
  hold h = {.delay = NULL};
  int rc = AUS_OK, i;

  aus_heap_init(&h.heap);
  AUS_NEW(h.delay, DRAWS, err);
  for (i = 0; i < DRAWS; i++)
    h.delay[i] = aus_rng_exponential(&r);
  AUS_TRY(aus_heap_reserve(&h.heap, PENDING, err));
  AUS_TRY(bench_repeat(name, PENDING, holds, &h, err));
done:
  aus_heap_fini(&h.heap);
  aus_free(h.delay);
  return rc;
}

const bench_case bench_heap_cases[] = {{"heap_events", heap_events}, {0}};
