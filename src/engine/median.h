/* median.h - the median, or another quantile, of a growing set of numbers, O(log n) per number.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_ENGINE_MEDIAN_H
#define AUS_ENGINE_MEDIAN_H

#include "util/heap.h"

typedef struct aus_median {
  aus_heap low,
      high; /* the smaller and the larger part; low is negated, so that its largest is first */
  int64_t n;
  double frac; /* 0.5: the median */
} aus_median;

void aus_median_init(aus_median *m);
/** Of another quantile: frac in [0, 1]. Local. */
void aus_median_init_at(aus_median *m, double frac);
void aus_median_fini(aus_median *m);
/** Add a finite number. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_median_add(aus_median *m, double x, aus_err *err);
/** The quantile: between the two numbers around (n - 1) frac in order, by where it lies (of the median of an
 * even count: their mean); NaN of none. Local. */
double aus_median_get(const aus_median *m);

#endif
