/* gp.h - Gaussian process regression with a Matern-5/2 kernel, one length-scale per dimension.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inputs lie in the unit cube, targets are scaled to mean 0 and variance 1 by the caller. theta =
 * (log l_1 .. log l_d, log s2, log n2): length-scales, signal variance, noise variance. aus_gp_fit()
 * finds theta by maximum a posteriori; aus_gp_factor() builds the posterior for a given theta;
 * aus_gp_append() adds points at the cost of one triangular solve each, aus_gp_truncate() takes them
 * away again exactly. The noise is added to the diagonal together with the first jitter at which the
 * Cholesky factorisation succeeds: 0, 1e-10, 1e-8, 1e-6, 1e-4 times the signal variance. An appended
 * point that needs more has a jitter of its own. BLAS runs with one thread from aus_gp_create() on.
 * Source: Rasmussen and Williams 2006, chapters 2 and 5.
 */
#ifndef AUS_LEARN_GP_H
#define AUS_LEARN_GP_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct aus_gp aus_gp;

/** @param max_points  room for that many points. @return AUS_OK; AUS_EINVAL; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gp_create(aus_gp **out, int d, int64_t max_points, aus_err *err);
void aus_gp_destroy(aus_gp *gp);

/** Negative log posterior of theta (up to a constant) and its gradient, with the priors and the coupling
 * of the length-scales of engine.md 7.2. Uses gp as workspace: its posterior is gone afterwards.
 * @param [in] x  n x d. @param [out] grad  d + 2, NULL: not wanted
 * @return AUS_OK; AUS_ENUMERIC when K is not positive definite at any jitter; AUS_EINVAL. Local. O(n^3). */
AUS_CHECKED int aus_gp_map(aus_gp *gp, int64_t n, const double *x, const double *y,
                           const double *theta, double *f, double *grad, aus_err *err);

/** The prior mean of theta: log(sqrt(d) / 2), 0, -9; the standard deviations are 1, 1, 2.
 * @param [out] theta  d + 2. Local. */
void aus_gp_prior(int d, double *theta);

/** Best theta over several starts by TAO blmvm (at most 60 iterations, gatol 1e-5); ties: first start.
 * @param [in] start  n_starts x (d + 2), clipped to the bounds. @param [out] theta  d + 2
 * @return AUS_OK; AUS_ENUMERIC when no start has a finite value; AUS_EDEP; AUS_EINVAL. Local. */
AUS_CHECKED int aus_gp_fit(aus_gp *gp, int64_t n, const double *x, const double *y, int n_starts,
                           const double *start, double *theta, aus_err *err);

/** Full factor of n points. @return AUS_OK; AUS_ENUMERIC; AUS_EINVAL (n above max_points). Local. O(n^3). */
AUS_CHECKED int aus_gp_factor(aus_gp *gp, int64_t n, const double *x, const double *y,
                              const double *theta, aus_err *err);
/** Add one point; the weights are made anew at the next prediction. @return as aus_gp_factor(). O(n^2). */
AUS_CHECKED int aus_gp_append(aus_gp *gp, const double *x, double y, aus_err *err);
/** Keep the first n points. Local. */
void aus_gp_truncate(aus_gp *gp, int64_t n);
/** Other targets for the same points. @param [in] y  aus_gp_n() of them. Local. */
void aus_gp_targets(aus_gp *gp, const double *y);
int64_t aus_gp_n(const aus_gp *gp);

/** Posterior mean and standard deviation (of the function, without the noise; at least 1e-6 of the
 * prior one) at m points.
 * @param [in] x  m x d. Local. O(m n^2), blocked. */
void aus_gp_predict(aus_gp *gp, int64_t m, const double *x, double *mu, double *sd);
/** The same at one point, with gradients (d each). Local. O(n^2). */
void aus_gp_predict_gradient(aus_gp *gp, const double *x, double *mu, double *sd, double *d_mu,
                             double *d_sd);
/** Joint posterior sample at m points from m standard normals z. @return AUS_OK; AUS_ENUMERIC; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gp_sample(aus_gp *gp, int64_t m, const double *x, const double *z, double *f,
                              aus_err *err);

#endif
