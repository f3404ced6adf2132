/* stats.h - mean, spread and quantiles of arrays of doubles.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums run from left to right without compensation, so that a result depends on the order of the
 * values and on nothing else. A NaN among the values makes the result NaN; so does a count that is
 * too small (n < 1, for the variance n < 2). Quantiles want the values in ascending order:
 * aus_stats_sort() first.
 */
#ifndef AUS_UTIL_STATS_H
#define AUS_UTIL_STATS_H

#include <stdint.h>

/** Arithmetic mean; NaN for n < 1. Local. */
double aus_stats_mean(const double *x, int64_t n);

/** Unbiased variance (divisor n - 1) in two passes; NaN for n < 2. Local. */
double aus_stats_variance(const double *x, int64_t n);

/** Square root of aus_stats_variance(). Local. */
double aus_stats_sd(const double *x, int64_t n);

/** Sort in place, ascending, NaN last. Local. Cost O(n log n). */
void aus_stats_sort(double *x, int64_t n);

/** Quantile by linear interpolation between order statistics: position p (n - 1), counted from 0.
 *
 * @param [in] sorted  n values from aus_stats_sort()
 * @param [in] p       0..1; beyond is taken as the nearer end
 * @return NaN for n < 1, for a NaN among the values and for p = NaN
 *
 * Local. Source: Hyndman and Fan 1996, definition 7 (the default of R and NumPy).
 */
double aus_stats_quantile(const double *sorted, int64_t n, double p);

/** aus_stats_quantile() at 1/2: for even n the mean of the two in the middle. Local. */
double aus_stats_median(const double *sorted, int64_t n);

#endif
