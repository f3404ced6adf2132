/* heap.c - event queue: a 4-ary heap (half the levels of a binary one, children in one or two lines).
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/heap.h"

#include "util/alloc.h"

void aus_heap_init(aus_heap *h)
{
  *h = (aus_heap){0};
}

void aus_heap_fini(aus_heap *h)
{
  aus_free(h->item);
  *h = (aus_heap){0};
}

int aus_heap_reserve(aus_heap *h, int64_t n, aus_err *err)
{
  return aus_grow(&h->item, &h->cap, n, sizeof *h->item, err);
}

/* Without a branch: which child is first is a coin toss that no predictor wins. */
static inline int before(const aus_heap_item *a, const aus_heap_item *b)
{
  return (a->t < b->t) | ((a->t == b->t) & (a->order < b->order));
}

int aus_heap_push(aus_heap *h, aus_heap_item x, aus_err *err)
{
  int64_t i = h->n, up;

  if (h->n == h->cap) {
    int rc = aus_heap_reserve(h, h->n + 1, err);

    if (rc != AUS_OK) return rc;
  }
  for (; i > 0; i = up) {
    up = (i - 1) / AUS_HEAP_WIDTH;
    if (!before(&x, &h->item[up])) break;
    h->item[i] = h->item[up];
  }
  h->item[i] = x;
  h->n++;
  return AUS_OK;
}

/* The first of the (up to four) children that begin at `child`. */
static inline int64_t first_child(const aus_heap_item *item, int64_t child, int64_t n)
{
  int64_t best = child, i, k;

  if (child + AUS_HEAP_WIDTH <= n) {
    i = child + before(&item[child + 1], &item[child]);
    k = child + 2 + before(&item[child + 3], &item[child + 2]);
    return before(&item[k], &item[i]) ? k : i;
  }
  for (i = child + 1; i < n; i++)
    if (before(&item[i], &item[best])) best = i;
  return best;
}

/* The hole left by the first item sinks to a leaf, then the last item rises from there: it belongs
 * near the bottom almost always, so comparing it on the way down would be wasted. */
aus_heap_item aus_heap_pop(aus_heap *h)
{
  aus_heap_item first = h->item[0], last = h->item[--h->n];
  int64_t i = 0, child, up;

  while ((child = AUS_HEAP_WIDTH * i + 1) < h->n) {
    child = first_child(h->item, child, h->n);
    h->item[i] = h->item[child];
    i = child;
  }
  for (; i > 0; i = up) {
    up = (i - 1) / AUS_HEAP_WIDTH;
    if (!before(&last, &h->item[up])) break;
    h->item[i] = h->item[up];
  }
  h->item[i] = last;
  return first;
}

void aus_heap_replace(aus_heap *h, aus_heap_item x)
{
  int64_t i = 0, child;

  while ((child = AUS_HEAP_WIDTH * i + 1) < h->n) {
    child = first_child(h->item, child, h->n);
    if (before(&x, &h->item[child])) break;
    h->item[i] = h->item[child];
    i = child;
  }
  h->item[i] = x;
}
