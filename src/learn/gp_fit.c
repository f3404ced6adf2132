/* gp_fit.c - hyper-parameters of a Gaussian process by maximum a posteriori.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * L(theta) = 1/2 y' K^-1 y + 1/2 log det K - log prior; dL/dtheta_i = 1/2 tr((K^-1 - a a') dK/dtheta_i)
 * with a = K^-1 y. As y' a = a' K a and n = tr(K^-1 K), the two variances need no further trace than
 * that of K^-1; the length-scales need one pass over the pairs for all.
 */
#include <config.h>

#include "learn/gp.h"

#include <inttypes.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "learn/blas.h"
#include "learn/gp_state.h"
#include "learn/matern.h"

/* Priors of log l (the mean depends on d), log s2 and log n2: normal with these standard deviations. */
static const double sd_l = 1.0, mean_s2 = 0.0, sd_s2 = 1.0, mean_n2 = -9.0, sd_n2 = 2.0;

static const double nothing = 1e20;
enum { ITERATIONS = 60, SMALL = 24 };
static const double gatol = 1e-5;

static double mean_l(int d)
{
  return log(0.5 * sqrt(d));
}

void aus_gp_prior(int d, double *theta)
{
  int i;

  for (i = 0; i < d; i++)
    theta[i] = mean_l(d);
  theta[d] = mean_s2;
  theta[d + 1] = mean_n2;
}

static void bounds(int d, double *lower, double *upper)
{
  int i;

  for (i = 0; i < d; i++) {
    lower[i] = -4.6;
    upper[i] = 2.3 + 0.5 * log(d);
  }
  lower[d] = -3.0;
  upper[d] = 3.0;
  lower[d + 1] = -16.0;
  upper[d + 1] = -1.0;
}

/* -log of a normal density without its constant; adds the slope. */
static double normal(double x, double mean, double sd, double *slope)
{
  const double z = (x - mean) / sd;

  *slope += z / sd;
  return 0.5 * z * z;
}

static double prior(int d, int64_t n, const double *theta, double *grad)
{
  const double t = 20.0 * fmax(0.0, 1.0 - (double)n / (8.0 * d)); /* few points: one length-scale */
  double f = 0.0, mean = 0.0;
  int i;

  for (i = 0; i < d; i++)
    mean += theta[i] / d;
  for (i = 0; i < d; i++) {
    f += normal(theta[i], mean_l(d), sd_l, grad + i) +
         0.5 * t * (theta[i] - mean) * (theta[i] - mean);
    grad[i] += t * (theta[i] - mean);
  }
  f += normal(theta[d], mean_s2, sd_s2, grad + d);
  return f + normal(theta[d + 1], mean_n2, sd_n2, grad + d + 1);
}

/* a := L^-1 of the n x n matrix a = L L', row by row; false: not positive definite. */
static bool invert_small(double *a, int64_t ld, int n)
{
  double row[SMALL], rest;
  int i, j, k;

  for (i = 0; i < n; i++) {
    double *x = a + i * ld;

    /* row i of L from the rows of L^-1 above: l = L^-1 a_i */
    for (j = 0; j < i; j++)
      row[j] = 0.0;
    rest = x[i];
    for (j = 0; j < i; j++) {
      for (k = 0; k <= j; k++)
        row[j] += a[j * ld + k] * x[k];
      rest -= row[j] * row[j];
    }
    if (!(rest > 0.0) || !isfinite(rest)) return false;
    rest = 1.0 / sqrt(rest);
    for (j = 0; j < i; j++)
      x[j] = 0.0;
    for (j = 0; j < i; j++)
      for (k = 0; k <= j; k++)
        x[k] -= rest * row[j] * a[j * ld + k];
    x[i] = rest;
  }
  return true;
}

static void multiply(int side, int trans, int m, int n, double by, const double *triangle,
                     double *b, int64_t ld)
{
  cblas_dtrmm(AUS_BLAS_ROWS, side, AUS_BLAS_LOWER, trans, AUS_BLAS_NON_UNIT, m, n, by, triangle,
              (int)ld, b, (int)ld);
}

/* The same for any n, by halves: twice as fast as dpotrf and dtrtri, which do not share their work
 * (n = 200). Only the lower triangle is used. */
static bool invert(double *a, int64_t ld, int n)
{
  const int h = (n / 2 + 7) / 8 * 8, rest = n - h;
  double *below = a + h * ld, *corner = below + h;

  if (n <= SMALL) return invert_small(a, ld, n);
  if (!invert(a, ld, h)) return false;
  multiply(AUS_BLAS_RIGHT, AUS_BLAS_TRANSPOSED, rest, h, 1.0, a, below, ld);
  cblas_dsyrk(AUS_BLAS_ROWS, AUS_BLAS_LOWER, AUS_BLAS_PLAIN, rest, h, -1.0, below, (int)ld, 1.0,
              corner, (int)ld);
  if (!invert(corner, ld, rest)) return false;
  multiply(AUS_BLAS_RIGHT, AUS_BLAS_PLAIN, rest, h, -1.0, a, below, ld);
  multiply(AUS_BLAS_LEFT, AUS_BLAS_PLAIN, rest, h, 1.0, corner, below, ld);
  return true;
}

/* From L^-1 in the factor: gp->weights = K^-1 y; returns 1/2 y' K^-1 y + 1/2 log det K. */
static double likelihood(aus_gp *gp)
{
  const int n = (int)gp->n;
  double f = 0.0;
  int i;

  for (i = 0; i < n; i++)
    f -= log(gp->factor[(int64_t)i * n + i]);
  memcpy(gp->weights, gp->y, (size_t)n * sizeof *gp->y);
  cblas_dtrmv(AUS_BLAS_ROWS, AUS_BLAS_LOWER, AUS_BLAS_PLAIN, AUS_BLAS_NON_UNIT, n, gp->factor, n,
              gp->weights, 1);
  f += 0.5 * cblas_ddot(n, gp->weights, 1, gp->weights, 1);
  cblas_dtrmv(AUS_BLAS_ROWS, AUS_BLAS_LOWER, AUS_BLAS_TRANSPOSED, AUS_BLAS_NON_UNIT, n, gp->factor,
              n, gp->weights, 1);
  return f;
}

/* gp->sums_k += (K^-1 - a a')_ij slope_ij (u_ik - u_jk)^2 over the pairs ij of point i; uses up slope. */
static void add_pairs(aus_gp *gp, int64_t i, double *slope)
{
  const double *inverse = gp->factor + i * gp->n;
  const double a = gp->weights[i];
  int64_t j;

  for (j = 0; j < i; j++)
    slope[j] *= inverse[j] - a * gp->weights[j];
  aus_gp_take_point(gp, i);
  aus_matern_add(gp->d, gp->point, i, gp->u, gp->ld, slope, gp->sums);
}

/* L^-1 in the factor becomes K^-1. */
static bool add_traces(aus_gp *gp, double *grad)
{
  const int64_t n = gp->n;
  double *slope = gp->slopes;
  double fit = 0.0, spread = 0.0, noise;
  int64_t i;
  int k;

  if (LAPACKE_dlauum_work(LAPACK_COL_MAJOR, 'U', (int)n, gp->factor, (int)n) != 0) return false;
  memset(gp->sums, 0, (size_t)(gp->d * gp->ld) * sizeof *gp->sums);
  for (i = 0; i < n; i++) {
    add_pairs(gp, i, slope);
    slope += i;
    fit += gp->y[i] * gp->weights[i];
    spread += gp->factor[i * n + i] - gp->weights[i] * gp->weights[i];
  }
  for (k = 0; k < gp->d; k++)
    for (i = 0; i < n; i++)
      grad[k] += gp->sums[k * gp->ld + i];
  noise = 0.5 * gp->n2 * spread;
  grad[gp->d] += 0.5 * ((double)n - fit) - noise;
  grad[gp->d + 1] += noise;
  return true;
}

/* What is fitted. */
typedef struct problem {
  aus_gp *gp;
  int64_t n;
  const double *x, *y;
} problem;

/* Value and gradient; 1e20 and a zero gradient where nothing can be said. */
static double objective(void *self, int n_theta, const double *theta, double *grad)
{
  const problem *p = self;
  aus_gp *gp = p->gp;
  double f;

  memset(grad, 0, (size_t)n_theta * sizeof *grad);
  aus_gp_load(gp, p->n, p->x, p->y, theta);
  if (aus_gp_decompose(gp, p->n, gp->slopes, invert)) {
    f = likelihood(gp) + prior(gp->d, p->n, theta, grad);
    if (isfinite(f) && add_traces(gp, grad)) return f;
  }
  memset(grad, 0, (size_t)n_theta * sizeof *grad);
  return nothing;
}

int aus_gp_map(aus_gp *gp, int64_t n, const double *x, const double *y, const double *theta,
               double *f, double *grad, aus_err *err)
{
  int rc = AUS_OK;
  problem p = {.gp = gp, .n = n, .x = x, .y = y};

  *f = nothing;
  AUS_TRY(aus_gp_check(gp, n, x, y, theta, err));
  *f = objective(&p, gp->d + 2, theta, grad ? grad : gp->best);
  if (*f >= nothing)
    AUS_FAIL(err, AUS_ENUMERIC, "gp: kernel of %" PRId64 " points is not positive definite", n);
done:
  gp->n = 0;
  return rc;
}

int aus_gp_fit(aus_gp *gp, int64_t n, const double *x, const double *y, int n_starts,
               const double *start, double *theta, aus_err *err)
{
  int rc = AUS_OK, i;
  const int n_theta = gp->d + 2;
  double f, best = nothing;
  problem p = {.gp = gp, .n = n, .x = x, .y = y};

  if (n_starts < 1) AUS_FAIL(err, AUS_EINVAL, "gp: %d starts, need >= 1", n_starts);
  if (!gp->solver) AUS_TRY(aus_blmvm_create(&gp->solver, n_theta, err));
  bounds(gp->d, gp->lower, gp->upper);
  for (i = 0; i < n_starts; i++) {
    AUS_TRY(aus_gp_check(gp, n, x, y, start + (int64_t)i * n_theta, err));
    memcpy(gp->best, start + (int64_t)i * n_theta, (size_t)n_theta * sizeof *theta);
    AUS_TRY(aus_blmvm_minimise(gp->solver, objective, &p, gp->lower, gp->upper, ITERATIONS, gatol,
                               gp->best, &f, err));
    if (!(f < best)) continue;
    best = f;
    memcpy(theta, gp->best, (size_t)n_theta * sizeof *theta);
  }
  if (best >= nothing)
    AUS_FAIL(err, AUS_ENUMERIC, "gp: no start of %d has a finite value", n_starts);
done:
  gp->n = 0;
  return rc;
}
