/* match/model_blend.h - weights of several models' probabilities, and a calibration of the result.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Both learn from predictions of rows that the models were not trained on (inner folds), and both are
 * pulled towards a default, because many packages have 25 rows and less.
 */
#ifndef AUS_MATCH_MODEL_BLEND_H
#define AUS_MATCH_MODEL_BLEND_H

#include "util/err.h"

#include <stdint.h>

/** Weights of a mixture of m probabilities that give the data the largest likelihood, under a Dirichlet prior worth
 * `strength` rows split as `usual`; 100 steps of expectation and maximisation from `usual`.
 *
 * @param [in] p         n x m, each 0..1
 * @param [in] y         n, 0 or 1
 * @param [in] usual     m, sum 1
 * @param [in] strength  > 0
 * @param [out] weight   m, sum 1
 *
 * Local.
 */
void aus_match_blend_weights(int64_t n, int m, const double *p, const uint8_t *y,
                             const double *usual, double strength, double *weight);

/* p becomes 1 / (1 + exp(-(slope x logit(p) + shift))). */
typedef struct aus_match_calibration {
  double slope, shift;
} aus_match_calibration;

/** Fit by Newton's method, with a penalty of strength / 2 x ((slope - 1)^2 + shift^2).
 * @param [in] strength  > 0. Local. */
aus_match_calibration aus_match_calibration_fit(int64_t n, const double *p, const uint8_t *y,
                                                double strength);
/** The calibrated probability; 0 and 1 are moved 1e-9 inside first. Local. */
double aus_match_calibration_apply(const aus_match_calibration *c, double p);

#endif
