/* gp.c - posterior of a Gaussian process: factor, append, predict, sample.
 * SPDX-License-Identifier: GPL-3.0-or-later
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
#include "util/alloc.h"

/* Added to the noise in units of s2, one after the other, until the factorisation succeeds. */
static const double ladder[] = {0.0, 1e-10, 1e-8, 1e-6, 1e-4};
enum { STEPS = sizeof ladder / sizeof *ladder };

/* A variance below is rounding; its root is still a divisor. */
static const double least = 1e-12;

/* Rows that are a multiple of a page apart would share their place in the cache. */
static int64_t row_length(int64_t cap)
{
  return ((cap + 7) / 8 | 1) * 8;
}

static int allocate(aus_gp *gp, aus_err *err)
{
  int rc = AUS_OK;
  const int64_t cap = gp->cap, d = gp->d;

  AUS_NEW(gp->rate, d, err);
  AUS_NEW(gp->u, d * gp->ld, err);
  AUS_NEW(gp->y, cap, err);
  AUS_NEW(gp->weights, cap, err);
  AUS_NEW(gp->factor, cap * gp->ld, err);
  AUS_NEW(gp->slopes, cap * (cap - 1) / 2, err);
  AUS_NEW(gp->sums, d * gp->ld, err);
  AUS_NEW(gp->block, AUS_GP_BLOCK * gp->ld, err);
  AUS_NEW(gp->k, cap, err);
  AUS_NEW(gp->slope, cap, err);
  AUS_NEW(gp->point, d, err);
  AUS_NEW(gp->lower, d + 2, err);
  AUS_NEW(gp->upper, d + 2, err);
  AUS_NEW(gp->best, d + 2, err);
done:
  return rc;
}

int aus_gp_create(aus_gp **out, int d, int64_t max_points, aus_err *err)
{
  int rc = AUS_OK;
  aus_gp *gp = NULL;

  *out = NULL;
  if (d < 1) AUS_FAIL(err, AUS_EINVAL, "gp: %d dimensions, need >= 1", d);
  if (max_points < 1 || max_points > 30000)
    AUS_FAIL(err, AUS_EINVAL, "gp: room for %" PRId64 " points, need 1..30000", max_points);
  AUS_NEW(gp, 1, err);
  gp->d = d;
  gp->cap = max_points;
  gp->ld = row_length(max_points);
  AUS_TRY(allocate(gp, err));
  openblas_set_num_threads(1); /* sums in one order */
  *out = gp;
  gp = NULL;
done:
  aus_gp_destroy(gp);
  return rc;
}

void aus_gp_destroy(aus_gp *gp)
{
  if (!gp) return;
  aus_blmvm_destroy(gp->solver);
  aus_free(gp->rate);
  aus_free(gp->u);
  aus_free(gp->y);
  aus_free(gp->weights);
  aus_free(gp->factor);
  aus_free(gp->slopes);
  aus_free(gp->sums);
  aus_free(gp->block);
  aus_free(gp->k);
  aus_free(gp->slope);
  aus_free(gp->point);
  aus_free(gp->lower);
  aus_free(gp->upper);
  aus_free(gp->best);
  aus_free(gp);
}

static bool all_finite(int64_t n, const double *x)
{
  int64_t i;

  for (i = 0; i < n; i++)
    if (!isfinite(x[i])) return false;
  return true;
}

int aus_gp_check(const aus_gp *gp, int64_t n, const double *x, const double *y, const double *theta,
                 aus_err *err)
{
  int rc = AUS_OK;

  if (n < 1 || n > gp->cap)
    AUS_FAIL(err, AUS_EINVAL, "gp: %" PRId64 " points, need 1..%" PRId64, n, gp->cap);
  if (!all_finite(n * gp->d, x)) AUS_FAIL(err, AUS_EINVAL, "gp: an input is not finite");
  if (!all_finite(n, y)) AUS_FAIL(err, AUS_EINVAL, "gp: a target is not finite");
  if (!all_finite(gp->d + 2, theta)) AUS_FAIL(err, AUS_EINVAL, "gp: theta is not finite");
done:
  return rc;
}

/* A point in units of the length-scales, coordinates `step` apart. */
static void scale(const aus_gp *gp, const double *x, double *u, int64_t step)
{
  int k;

  for (k = 0; k < gp->d; k++)
    u[k * step] = x[k] * gp->rate[k];
}

void aus_gp_load(aus_gp *gp, int64_t n, const double *x, const double *y, const double *theta)
{
  const int d = gp->d;
  int64_t i;
  int k;

  for (k = 0; k < d; k++)
    gp->rate[k] = exp(-theta[k]);
  gp->s2 = exp(theta[d]);
  gp->n2 = exp(theta[d + 1]);
  for (i = 0; i < n; i++)
    scale(gp, x + i * d, gp->u + i, gp->ld);
  memmove(gp->y, y, (size_t)n * sizeof *y);
  gp->n = n;
  gp->weighted = false;
}

void aus_gp_take_point(aus_gp *gp, int64_t i)
{
  int k;

  for (k = 0; k < gp->d; k++)
    gp->point[k] = gp->u[k * gp->ld + i];
}

/* The kernel between gp->point and the first n points. */
static void kernel(const aus_gp *gp, int64_t n, double *k, double *slope)
{
  aus_matern(gp->d, gp->s2, gp->point, n, gp->u, gp->ld, k, slope);
}

static void covariance(aus_gp *gp, int64_t ld, double *slopes)
{
  int64_t i;

  for (i = 0; i < gp->n; i++) {
    aus_gp_take_point(gp, i);
    kernel(gp, i, gp->factor + i * ld, slopes ? slopes : gp->slope);
    gp->factor[i * ld + i] = gp->s2 + gp->noise;
    if (slopes) slopes += i;
  }
}

bool aus_gp_decompose(aus_gp *gp, int64_t ld, double *slopes, aus_gp_decomposer by)
{
  int i;

  for (i = 0; i < STEPS; i++) {
    gp->noise = gp->n2 + ladder[i] * gp->s2;
    covariance(gp, ld, slopes);
    if (by(gp->factor, ld, (int)gp->n)) return true;
  }
  return false;
}

static bool cholesky(double *a, int64_t ld, int n)
{
  return LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', n, a, (int)ld) == 0 &&
         isfinite(a[(n - 1) * ld + n - 1]);
}

int aus_gp_factor(aus_gp *gp, int64_t n, const double *x, const double *y, const double *theta,
                  aus_err *err)
{
  int rc = AUS_OK;

  gp->n = 0;
  AUS_TRY(aus_gp_check(gp, n, x, y, theta, err));
  aus_gp_load(gp, n, x, y, theta);
  if (aus_gp_decompose(gp, gp->ld, NULL, cholesky)) goto done;
  gp->n = 0;
  AUS_FAIL(err, AUS_ENUMERIC, "gp: kernel of %" PRId64 " points is not positive definite", n);
done:
  return rc;
}

/* x := L^-1 x, or L^-T x. */
static void solve(const aus_gp *gp, int trans, double *x)
{
  cblas_dtrsv(AUS_BLAS_ROWS, AUS_BLAS_LOWER, trans, AUS_BLAS_NON_UNIT, (int)gp->n, gp->factor,
              (int)gp->ld, x, 1);
}

static double dot(int64_t n, const double *x, const double *y)
{
  return cblas_ddot((int)n, x, 1, y, 1);
}

int aus_gp_append(aus_gp *gp, const double *x, double y, aus_err *err)
{
  int rc = AUS_OK, i = 0;
  const int64_t n = gp->n;
  double *row, rest;

  if (n < 1) AUS_FAIL(err, AUS_EINVAL, "gp: nothing to append to");
  if (n >= gp->cap) AUS_FAIL(err, AUS_EINVAL, "gp: no room for more than %" PRId64 " points", n);
  if (!all_finite(gp->d, x) || !isfinite(y))
    AUS_FAIL(err, AUS_EINVAL, "gp: a point to append is not finite");
  row = gp->factor + n * gp->ld;
  scale(gp, x, gp->u + n, gp->ld);
  aus_gp_take_point(gp, n);
  kernel(gp, n, row, gp->slope);
  solve(gp, AUS_BLAS_PLAIN, row);
  rest = gp->s2 + gp->noise - dot(n, row, row);
  /* More jitter for this point alone, so that it can be taken away again. */
  while (!(rest + ladder[i] * gp->s2 > 0.0) && ++i < STEPS)
    ;
  if (i == STEPS) AUS_FAIL(err, AUS_ENUMERIC, "gp: point %" PRId64 " cannot be appended", n);
  row[n] = sqrt(rest + ladder[i] * gp->s2);
  gp->y[n] = y;
  gp->n = n + 1;
  gp->weighted = false;
done:
  return rc;
}

void aus_gp_truncate(aus_gp *gp, int64_t n)
{
  if (n >= gp->n) return;
  gp->n = n < 0 ? 0 : n;
  gp->weighted = false;
}

void aus_gp_targets(aus_gp *gp, const double *y)
{
  memmove(gp->y, y, (size_t)gp->n * sizeof *y);
  gp->weighted = false;
}

int64_t aus_gp_n(const aus_gp *gp)
{
  return gp->n;
}

static void weigh(aus_gp *gp)
{
  if (gp->weighted) return;
  memcpy(gp->weights, gp->y, (size_t)gp->n * sizeof *gp->y);
  solve(gp, AUS_BLAS_PLAIN, gp->weights);
  solve(gp, AUS_BLAS_TRANSPOSED, gp->weights);
  gp->weighted = true;
}

/* b := L^-1 b for each of m rows. */
static void solve_rows(const aus_gp *gp, int64_t m, double *b, int64_t ld)
{
  cblas_dtrsm(AUS_BLAS_ROWS, AUS_BLAS_RIGHT, AUS_BLAS_LOWER, AUS_BLAS_TRANSPOSED, AUS_BLAS_NON_UNIT,
              (int)m, (int)gp->n, 1.0, gp->factor, (int)gp->ld, b, (int)ld);
}

static double deviation(const aus_gp *gp, double explained)
{
  return sqrt(fmax(gp->s2 - explained, least * gp->s2));
}

void aus_gp_predict(aus_gp *gp, int64_t m, const double *x, double *mu, double *sd)
{
  int64_t i, j, some;

  weigh(gp);
  for (i = 0; i < m; i += some) {
    some = m - i < AUS_GP_BLOCK ? m - i : AUS_GP_BLOCK;
    for (j = 0; j < some; j++) {
      double *row = gp->block + j * gp->ld;

      scale(gp, x + (i + j) * gp->d, gp->point, 1);
      kernel(gp, gp->n, row, gp->slope);
      mu[i + j] = dot(gp->n, row, gp->weights);
    }
    solve_rows(gp, some, gp->block, gp->ld);
    for (j = 0; j < some; j++) {
      const double *row = gp->block + j * gp->ld;

      sd[i + j] = deviation(gp, dot(gp->n, row, row));
    }
  }
}

/* out_k = by sum_j w_j dk_j/dx_k at gp->point, whose slopes are in gp->slope; uses up w. */
static void chain(const aus_gp *gp, double *w, double by, double *out)
{
  int64_t j;
  int k;

  for (j = 0; j < gp->n; j++)
    w[j] *= gp->slope[j];
  for (k = 0; k < gp->d; k++) {
    const double *v = gp->u + k * gp->ld;
    double sum = 0.0;

    for (j = 0; j < gp->n; j++)
      sum += w[j] * (v[j] - gp->point[k]);
    out[k] = by * gp->rate[k] * sum;
  }
}

void aus_gp_predict_gradient(aus_gp *gp, const double *x, double *mu, double *sd, double *d_mu,
                             double *d_sd)
{
  double explained;

  weigh(gp);
  scale(gp, x, gp->point, 1);
  kernel(gp, gp->n, gp->k, gp->slope);
  *mu = dot(gp->n, gp->k, gp->weights);
  memcpy(gp->block, gp->weights, (size_t)gp->n * sizeof *gp->block);
  chain(gp, gp->block, 1.0, d_mu);
  solve(gp, AUS_BLAS_PLAIN, gp->k);
  explained = dot(gp->n, gp->k, gp->k);
  *sd = deviation(gp, explained);
  solve(gp, AUS_BLAS_TRANSPOSED, gp->k);
  chain(gp, gp->k, gp->s2 - explained > least * gp->s2 ? -1.0 / *sd : 0.0, d_sd);
}

/* Covariance of m scaled points in the lower triangle of c (m x m): prior less what the data explain. */
static void joint(aus_gp *gp, int64_t m, const double *u, const double *rows, double *part,
                  double *c)
{
  int64_t i;
  int k;

  for (i = 0; i < m; i++) {
    for (k = 0; k < gp->d; k++)
      gp->point[k] = u[k * m + i];
    aus_matern(gp->d, gp->s2, gp->point, i + 1, u, m, c + i * m, part);
  }
  cblas_dsyrk(AUS_BLAS_ROWS, AUS_BLAS_LOWER, AUS_BLAS_PLAIN, (int)m, (int)gp->n, -1.0, rows,
              (int)gp->n, 1.0, c, (int)m);
}

/* Lower triangle of c := its factor; the diagonal is in `diagonal`. What fails is made again from the
 * mirror image above the diagonal. */
static bool factor_joint(const aus_gp *gp, int64_t m, double *c, double *diagonal)
{
  int64_t i, j;
  int step;

  for (i = 0; i < m; i++) {
    diagonal[i] = c[i * m + i];
    for (j = 0; j < i; j++)
      c[j * m + i] = c[i * m + j];
  }
  for (step = 0; step < STEPS; step++) {
    for (i = 0; i < m; i++) {
      for (j = 0; j < i; j++)
        c[i * m + j] = c[j * m + i];
      c[i * m + i] = diagonal[i] + ladder[step] * gp->s2;
    }
    if (cholesky(c, m, (int)m)) return true;
  }
  return false;
}

int aus_gp_sample(aus_gp *gp, int64_t m, const double *x, const double *z, double *f, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;
  double *u = NULL, *rows = NULL, *c = NULL, *part = NULL;

  if (m < 1) AUS_FAIL(err, AUS_EINVAL, "gp: a sample at %" PRId64 " points", m);
  AUS_NEW(u, m * gp->d, err);
  AUS_NEW(rows, m * gp->n, err);
  AUS_NEW(c, m * m, err);
  AUS_NEW(part, m, err);
  weigh(gp);
  for (i = 0; i < m; i++) {
    scale(gp, x + i * gp->d, u + i, m);
    scale(gp, x + i * gp->d, gp->point, 1);
    kernel(gp, gp->n, rows + i * gp->n, gp->slope);
    f[i] = dot(gp->n, rows + i * gp->n, gp->weights);
  }
  solve_rows(gp, m, rows, gp->n);
  joint(gp, m, u, rows, part, c);
  if (!factor_joint(gp, m, c, part))
    AUS_FAIL(err, AUS_ENUMERIC, "gp: covariance of %" PRId64 " points is not positive definite", m);
  memcpy(part, z, (size_t)m * sizeof *z);
  cblas_dtrmv(AUS_BLAS_ROWS, AUS_BLAS_LOWER, AUS_BLAS_PLAIN, AUS_BLAS_NON_UNIT, (int)m, c, (int)m,
              part, 1);
  for (i = 0; i < m; i++)
    f[i] += part[i];
done:
  aus_free(u);
  aus_free(rows);
  aus_free(c);
  aus_free(part);
  return rc;
}
