/* median.c - two heaps that meet in the middle.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/median.h"

#include <math.h>

void aus_median_init(aus_median *m)
{
  aus_median_init_at(m, 0.5);
}

void aus_median_init_at(aus_median *m, double frac)
{
  m->frac = frac;
  aus_heap_init(&m->low);
  aus_heap_init(&m->high);
  m->n = 0;
}

void aus_median_fini(aus_median *m)
{
  aus_heap_fini(&m->low);
  aus_heap_fini(&m->high);
}

/* The first of one part goes over to the other. */
static int move(aus_heap *from, aus_heap *to, aus_err *err)
{
  aus_heap_item x = aus_heap_pop(from);

  x.t = -x.t;
  return aus_heap_push(to, x, err);
}

int aus_median_add(aus_median *m, double x, aus_err *err)
{
  int rc = AUS_OK;
  uint64_t order = (uint64_t)m->n;
  int64_t n_low; /* how many are at or below the quantile's place */

  if (m->n == 0 || x <= -m->low.item[0].t)
    AUS_TRY(aus_heap_push(&m->low, (aus_heap_item){.t = -x, .order = order}, err));
  else
    AUS_TRY(aus_heap_push(&m->high, (aus_heap_item){.t = x, .order = order}, err));
  m->n++;
  n_low = (int64_t)((double)(m->n - 1) * m->frac) + 1;
  if (m->low.n > n_low)
    AUS_TRY(move(&m->low, &m->high, err));
  else if (m->low.n < n_low)
    AUS_TRY(move(&m->high, &m->low, err));
done:
  return rc;
}

double aus_median_get(const aus_median *m)
{
  double place = (double)(m->n - 1) * m->frac, w = place - floor(place);

  if (m->n == 0) return (double)NAN;
  if (!(w > 0)) return -m->low.item[0].t;
  return w * m->high.item[0].t - (1 - w) * m->low.item[0].t;
}
