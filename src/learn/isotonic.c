/* isotonic.c - ranks, pool adjacent violators, GSL's monotone interpolation.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/isotonic.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include <gsl/gsl_errno.h>
#include <gsl/gsl_interp.h>

#include "util/alloc.h"
#include "util/stats.h"

struct aus_isotonic {
  int64_t n; /* centres */
  double *x, *y;
  gsl_interp *between; /* NULL: one centre */
};

typedef struct point {
  double x, y;
} point;

int64_t aus_isotonic_pool(int64_t n, double *y, double *weight, int64_t *end)
{
  int64_t i, k = 0;

  for (i = 0; i < n; i++, k++) {
    y[k] = y[i];
    weight[k] = weight[i];
    for (; k > 0 && y[k - 1] > y[k]; k--) {
      double sum = weight[k - 1] + weight[k];

      y[k - 1] = (weight[k - 1] * y[k - 1] + weight[k] * y[k]) / sum;
      weight[k - 1] = sum;
    }
    end[k] = i + 1;
  }
  return k;
}

static int check(int64_t n, const double *x, const double *y, aus_err *err)
{
  int64_t i;

  if (n < 1) return aus_fail(err, AUS_EINVAL, AUS_HERE, "a curve through %" PRId64 " points", n);
  for (i = 0; i < n; i++)
    if (!isfinite(x[i]) || !isfinite(y[i]))
      return aus_fail(err, AUS_ENUMERIC, AUS_HERE, "point %" PRId64 " is (%g, %g), need finite", i,
                      x[i], y[i]);
  return AUS_OK;
}

static int by_x(const void *a, const void *b)
{
  const point *p = a, *q = b;

  if (p->x != q->x) return p->x < q->x ? -1 : 1;
  return (p->y > q->y) - (p->y < q->y);
}

/* How many of the sorted values are less than x, or not more than x. */
static int64_t count_below(const double *sorted, int64_t n, double x, bool not_more)
{
  int64_t lo = 0, hi = n;

  while (lo < hi) {
    int64_t mid = lo + (hi - lo) / 2;

    if (sorted[mid] < x || (not_more && sorted[mid] == x))
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

/* Twice the mean rank, less the mean of all: a whole number. */
static double rank_of(const double *sorted, int64_t n, double x)
{
  return (double)(count_below(sorted, n, x, false) + count_below(sorted, n, x, true) - n);
}

/* 1 or -1: the sign of the rank correlation. The sum is exact below 200,000 points. */
static int direction(const point *p, int64_t n, double *xs, double *ys)
{
  double sum = 0.0;
  int64_t i;

  for (i = 0; i < n; i++) {
    xs[i] = p[i].x;
    ys[i] = p[i].y;
  }
  aus_stats_sort(ys, n);
  for (i = 0; i < n; i++)
    sum += rank_of(xs, n, p[i].x) * rank_of(ys, n, p[i].y);
  return sum < 0.0 ? -1 : 1;
}

/* Points of equal x become one. @return how many are left */
static int64_t merge(const point *p, int64_t n, int sign, double *x, double *y, double *weight)
{
  int64_t i, k = -1;

  for (i = 0; i < n; i++) {
    if (i == 0 || p[i].x != x[k]) {
      x[++k] = p[i].x;
      y[k] = weight[k] = 0.0;
    }
    y[k] += sign * p[i].y;
    weight[k] += 1.0;
  }
  for (i = 0; i <= k; i++)
    y[i] /= weight[i];
  return k + 1;
}

/* Blocks to centres, in place; `count` is the weight of each x before pooling. A mean is kept between the ends
 * of its block, so that centres ascend whatever the rounding. */
static void centre(int64_t n, const int64_t *end, const double *count, int sign, double *x,
                   double *y)
{
  int64_t k, i = 0;

  for (k = 0; k < n; k++) {
    double first = x[i], sum = 0.0, weight = 0.0;

    for (; i < end[k]; i++) {
      sum += count[i] * x[i];
      weight += count[i];
    }
    x[k] = fmin(fmax(sum / weight, first), x[i - 1]);
    y[k] *= sign;
  }
}

static int join(aus_isotonic *c, aus_err *err)
{
  int rc = AUS_OK;

  if (c->n < 2) goto done;
  c->between = gsl_interp_alloc(c->n > 2 ? gsl_interp_steffen : gsl_interp_linear, (size_t)c->n);
  if (!c->between) AUS_FAIL(err, AUS_ENOMEM, "out of memory (curve of %" PRId64 " points)", c->n);
  if (gsl_interp_init(c->between, c->x, c->y, (size_t)c->n) != GSL_SUCCESS)
    AUS_FAIL(err, AUS_EDEP, "gsl: curve of %" PRId64 " points", c->n);
done:
  return rc;
}

int aus_isotonic_fit(aus_isotonic **out, int64_t n, const double *x, const double *y, aus_err *err)
{
  int rc = AUS_OK, sign;
  aus_isotonic *c = NULL;
  point *p = NULL;
  double *weight = NULL, *count = NULL;
  int64_t *end = NULL, i;

  *out = NULL;
  AUS_TRY(check(n, x, y, err));
  AUS_NEW(c, 1, err);
  AUS_NEW(c->x, n, err);
  AUS_NEW(c->y, n, err);
  AUS_NEW(p, n, err);
  AUS_NEW(weight, n, err);
  AUS_NEW(count, n, err);
  AUS_NEW(end, n, err);
  for (i = 0; i < n; i++)
    p[i] = (point){x[i], y[i]};
  qsort(p, (size_t)n, sizeof *p, by_x);
  sign = direction(p, n, c->x, c->y);
  c->n = merge(p, n, sign, c->x, c->y, weight);
  for (i = 0; i < c->n; i++)
    count[i] = weight[i];
  c->n = aus_isotonic_pool(c->n, c->y, weight, end);
  centre(c->n, end, count, sign, c->x, c->y);
  AUS_TRY(join(c, err));
  *out = c;
  c = NULL;
done:
  aus_free(p);
  aus_free(weight);
  aus_free(count);
  aus_free(end);
  aus_isotonic_destroy(c);
  return rc;
}

void aus_isotonic_destroy(aus_isotonic *c)
{
  if (!c) return;
  if (c->between) gsl_interp_free(c->between);
  aus_free(c->x);
  aus_free(c->y);
  aus_free(c);
}

double aus_isotonic_at(const aus_isotonic *c, double x)
{
  if (isnan(x)) return x;
  if (x <= c->x[0]) return c->y[0];
  if (x >= c->x[c->n - 1]) return c->y[c->n - 1];
  return gsl_interp_eval(c->between, c->x, c->y, x, NULL);
}
