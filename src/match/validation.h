/* match/validation.h - what models are worth, from answers to rows that were held out.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_MATCH_VALIDATION_H
#define AUS_MATCH_VALIDATION_H

#include "learn/metrics.h"

#include <stdint.h>

/* Rows of all packages that were validated, package by package, under every division into folds. */
typedef struct aus_match_held_out {
  int64_t n; /* rows */
  int n_divisions;
  const int32_t *table; /* n: ascending */
  const uint8_t *y;     /* n: 1 success */
  const double
      *p; /* n_divisions x n: P(success) by a model that was trained without the row's fold */
} aus_match_held_out;

/* A package, or all of them together. */
typedef struct aus_match_figures {
  int32_t table;   /* -1: all */
  aus_metrics m;   /* means over the divisions, without bins */
  double majority; /* share of the commoner class; of all: of each package's, weighted by rows */
} aus_match_figures;

/** One line per package that has rows, then one for all; none without rows.
 * @param [out] out  at most packages + 1 lines (aus_free)
 * @return AUS_OK; AUS_EINVAL for rows without a division or out of order, and the codes of aus_metrics_make();
 * AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_figures_make(const aus_match_held_out *held, aus_match_figures **out,
                                       int64_t *n, aus_err *err);

enum { AUS_MATCH_CALIBRATION_BINS = 10 };

/* Rows whose P lies in a bin of width 1/10, over all packages and divisions. */
typedef struct aus_match_calibration_bin {
  double n;          /* rows per division */
  double p, success; /* mean P and share of successes; NaN without rows */
} aus_match_calibration_bin;

/** Count them; P = 1 is in the last bin. The P are probabilities, as aus_match_figures_make() checks. Local. */
void aus_match_calibration_bins(const aus_match_held_out *held,
                                aus_match_calibration_bin out[AUS_MATCH_CALIBRATION_BINS]);

#endif
