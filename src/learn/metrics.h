/* metrics.h - how good probabilities of a yes are.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_LEARN_METRICS_H
#define AUS_LEARN_METRICS_H

#include "util/err.h"

#include <stdint.h>

enum { AUS_METRICS_BINS = 10 };

typedef struct aus_metrics {
  int64_t n, n_yes;
  double accuracy; /* yes where p > 0.5 */
  double majority; /* accuracy of the commoner class for all rows: the least to beat */
  double log_loss; /* mean, natural logarithm; p kept 2^-52 away from 0 and 1 */
  double brier;    /* mean squared difference */
  double auc;      /* ties count half; NaN where only one class is there */
  struct {
    int64_t n, n_yes;
    double mean_p;         /* NaN for an empty bin */
  } bin[AUS_METRICS_BINS]; /* by p, equally wide; p = 1 is in the last one */
  double calibration;      /* mean over the rows of |mean_p - share of yes| of their bin */
} aus_metrics;

/** Compare probabilities with what happened.
 *
 * @param [in] p  n, 0..1
 * @param [in] y  n, 0 or 1
 * @return AUS_OK; AUS_EINVAL for n < 1 and a y that is neither 0 nor 1; AUS_ENUMERIC for a p that is
 *         no probability; AUS_ENOMEM
 *
 * Local. Sums run in the order of the rows.
 */
AUS_CHECKED int aus_metrics_make(aus_metrics *out, int64_t n, const double *p, const uint8_t *y,
                                 aus_err *err);

/** -log of what the model gave to what happened, clipped as above. Local. */
double aus_metrics_loss(double p, int y);

#endif
