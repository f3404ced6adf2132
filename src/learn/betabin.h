/* betabin.h - what many groups say about the rate of a new one: Beta-binomial shrinkage.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_LEARN_BETABIN_H
#define AUS_LEARN_BETABIN_H

#include "util/err.h"

#include <stdint.h>

/** Fit Beta(yes, no) as the prior of the groups' rates by marginal likelihood: a group of n rows with k yes has
 * then the rate (k + yes) / (n + yes + no).
 *
 * @param [in] n, n_yes  n_groups each, 0 <= n_yes <= n; groups without rows say nothing
 * @param [out] yes, no  pseudo-rows, 0.01 .. 10,000; 1 and 1 when no group has a row
 * @return AUS_OK; AUS_EINVAL for other counts; AUS_EDEP (PETSc); AUS_ENOMEM
 *
 * Local. Deterministic.
 */
AUS_CHECKED int aus_betabin_fit(int64_t n_groups, const int64_t *n, const int64_t *n_yes,
                                double *yes, double *no, aus_err *err);

#endif
