/* logistic.h - logistic regression with an L2 penalty on rows of switches (one-hot columns).
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A row is a list of the switches that are on, so a fit costs rows x entries per step, however many
 * switches there are. P(yes) = 1 / (1 + exp(-(intercept + sum of the weights that are on))).
 */
#ifndef AUS_LEARN_LOGISTIC_H
#define AUS_LEARN_LOGISTIC_H

#include "util/err.h"

#include <stdint.h>

typedef struct aus_logistic {
  int n_switches;
  double *weight; /* n_switches + 1, the intercept at the end */
} aus_logistic;

/** Minimise |weight|^2 / 2 + c x (sum of the log-losses); the intercept is not penalised.
 *
 * @param [out] out        filled; empty on error
 * @param [in] on          n x n_entries, switches of a row, -1 for none
 * @param [in] n_switches  all of them; those that are never on get weight 0
 * @param [in] y           n, 0 or 1, both of them there
 * @param [in] c           inverse strength of the penalty, > 0
 * @return AUS_OK; AUS_EINVAL for anything else; AUS_ENUMERIC when it did not converge; AUS_EDEP
 *         (PETSc); AUS_ENOMEM
 *
 * Local. Deterministic. TAO's blmvm until the gradient's norm is below 1e-4 (c = 1: log-losses then
 * have six digits).
 * Source: the objective is that of scikit-learn's LogisticRegression.
 */
AUS_CHECKED int aus_logistic_fit(aus_logistic *out, int64_t n, int n_entries, const int32_t *on,
                                 int n_switches, const uint8_t *y, double c, aus_err *err);
void aus_logistic_fini(aus_logistic *m);

/** P(yes) of one row of n_entries switches, -1 for none; switches must be below n_switches. Local. */
double aus_logistic_predict(const aus_logistic *m, int n_entries, const int32_t *on);

#endif
