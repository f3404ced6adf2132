/* heap.h - event queue ordered by (time, order): a binary (or wider) heap of small plain records.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ties are broken by `order`, which the caller makes from kind and sequence number, so that the
 * sequence of events never depends on memory. Payload is one 64-bit word. No allocation per event.
 */
#ifndef AUS_UTIL_HEAP_H
#define AUS_UTIL_HEAP_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct aus_heap_item {
  double t;       /* time in s; must not be NaN */
  uint64_t order; /* kind << 56 | sequence, or what the caller likes; unique */
  uint64_t data;
} aus_heap_item;

enum { AUS_HEAP_WIDTH = 4 }; /* children per item */

typedef struct aus_heap {
  aus_heap_item *item;
  int64_t n, cap;
} aus_heap;

void aus_heap_init(aus_heap *h);
void aus_heap_fini(aus_heap *h);
/** Make room for n items in all. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_heap_reserve(aus_heap *h, int64_t n, aus_err *err);
/** @return AUS_OK; AUS_ENOMEM (never within the reserved room). Local. O(log n). */
AUS_CHECKED int aus_heap_push(aus_heap *h, aus_heap_item x, aus_err *err);
/** The first item; h->n must not be 0. Local. O(log n). */
aus_heap_item aus_heap_pop(aus_heap *h);
/** Put x in the place of the first item, which is lost; h->n must not be 0. For the common case of an
 * event that leads to the next one: cheaper than pop and push. Local. O(log n). */
void aus_heap_replace(aus_heap *h, aus_heap_item x);

/** True when another item has the time of the first one; h->n must not be 0. Local. */
static inline bool aus_heap_tied(const aus_heap *h)
{
  int64_t i;

  for (i = 1; i <= AUS_HEAP_WIDTH && i < h->n; i++)
    if (h->item[i].t == h->item[0].t) return true;
  return false;
}

#endif
