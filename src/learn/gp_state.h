/* gp_state.h - what gp.c and gp_fit.c share.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Cholesky factor is the lower triangle of a row-major matrix, so that a further point is a
 * further row; for LAPACK that is the upper triangle of a column-major one.
 */
#ifndef AUS_LEARN_GP_STATE_H
#define AUS_LEARN_GP_STATE_H

#include "learn/blmvm.h"
#include "learn/gp.h"

enum { AUS_GP_BLOCK = 128 }; /* points predicted together */

struct aus_gp {
  int d;
  int64_t cap, ld; /* rows there is room for; length of a row of u, factor, sums, block */
  int64_t n;
  double s2, n2, noise;  /* noise: n2 and the jitter */
  bool weighted;         /* weights belong to the factor and y */
  double *rate;          /* d: 1 / length-scale */
  double *u;             /* d x ld: inputs over length-scales, coordinate by coordinate */
  double *y, *weights;   /* cap; weights = K^-1 y */
  double *factor;        /* cap x ld */
  double *slopes;        /* cap (cap - 1) / 2: slope of the kernel per pair; fit only */
  double *sums;          /* d x ld; fit only */
  double *block;         /* AUS_GP_BLOCK x ld */
  double *k, *slope;     /* cap each: one point against all */
  double *point;         /* d: a scaled point */
  double *lower, *upper; /* d + 2: bounds of theta */
  double *best;          /* d + 2 */
  aus_blmvm *solver;     /* made by the first fit */
};

/** @return AUS_OK; AUS_EINVAL (number of points, a number that is not finite). Local. */
AUS_CHECKED int aus_gp_check(const aus_gp *gp, int64_t n, const double *x, const double *y,
                             const double *theta, aus_err *err);

/** Take over n points and the parameters: u, y, rate, s2, n2. Local. */
void aus_gp_load(aus_gp *gp, int64_t n, const double *x, const double *y, const double *theta);

/** Coordinates of loaded point i into gp->point. Local. */
void aus_gp_take_point(aus_gp *gp, int64_t i);

/** Decomposition of an n x n matrix in place, rows ld apart. @return false: not positive definite. */
typedef bool (*aus_gp_decomposer)(double *a, int64_t ld, int n);

/** The covariance of the loaded points, with the first jitter at which it can be decomposed, in
 * gp->factor; sets gp->noise.
 * @param ld            length of a row, at least n
 * @param [out] slopes  as in the struct, NULL: not wanted
 * @return false: it fails at every jitter. Local. O(n^3). */
bool aus_gp_decompose(aus_gp *gp, int64_t ld, double *slopes, aus_gp_decomposer by);

#endif
