/* match/durations.h - how long a build takes on a cluster, from its memory.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reference takes the mean of the five nearest builds of the package by memory. Boosted trees and a monotone
 * spline do the same job; which of them is right more often is measured on builds that were held out (measured.h).
 * The package's mean, whatever the memory, is the least to beat.
 */
#ifndef AUS_MATCH_DURATIONS_H
#define AUS_MATCH_DURATIONS_H

#include "util/err.h"

#include <stdint.h>

typedef enum aus_match_duration_kind {
  AUS_MATCH_DURATION_KNN,
  AUS_MATCH_DURATION_TREES,
  AUS_MATCH_DURATION_SPLINE,
  AUS_MATCH_DURATION_MEAN,
  AUS_MATCH_DURATION_KINDS
} aus_match_duration_kind;
extern const char *const aus_match_duration_names[AUS_MATCH_DURATION_KINDS]; /* "knn", ... */

typedef struct aus_match_duration aus_match_duration;

/** Learn from the n builds of one package. knn: AUS_MATCH_NEIGHBOURS nearest. trees: XGBoost, 50 rounds of depth 2
 * on the difference to the mean. spline: learn/isotonic.h.
 * @param [in] memory_bytes  mean memory of each, > 0
 * @param [in] duration_s    of each, >= 0
 * @return AUS_OK; AUS_EINVAL for n < 1; AUS_ENUMERIC for other values; AUS_EDEP; AUS_ENOMEM. Local.
 *   Deterministic. */
AUS_CHECKED int aus_match_duration_fit(aus_match_duration **out, aus_match_duration_kind kind,
                                       int64_t n, const double *memory_bytes,
                                       const double *duration_s, aus_err *err);
void aus_match_duration_destroy(aus_match_duration *d);

/** Seconds (>= 0) at n memories, which are finite. @return AUS_OK; AUS_ENOMEM; AUS_EDEP. Local. */
AUS_CHECKED int aus_match_duration_predict(const aus_match_duration *d, int64_t n,
                                           const double *memory_bytes, double *out_s, aus_err *err);

enum { AUS_MATCH_NEIGHBOURS = 5 };

/** Mean y of the k nearest x (all of them when there are fewer), ties to the lower index; k is at most
 * AUS_MATCH_NEIGHBOURS. NaN for n = 0. Local. O(n). */
double aus_match_nearest(const double *x, const double *y, int64_t n, int k, double at);

#endif
