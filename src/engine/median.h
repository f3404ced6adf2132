/* median.h - the median of a growing set of numbers, O(log n) per number.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_ENGINE_MEDIAN_H
#define AUS_ENGINE_MEDIAN_H

#include "util/heap.h"

typedef struct aus_median {
  aus_heap low,
      high; /* the smaller and the larger half; low is negated, so that its largest is first */
  int64_t n;
} aus_median;

void aus_median_init(aus_median *m);
void aus_median_fini(aus_median *m);
/** Add a finite number. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_median_add(aus_median *m, double x, aus_err *err);
/** The median (the mean of the middle two of an even count); NaN of none. Local. */
double aus_median_get(const aus_median *m);

#endif
