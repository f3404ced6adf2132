/* sens.c - Sobol' indices and elementary effects with bootstrap intervals.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/sens.h"

#include "util/alloc.h"
#include "util/rng.h"
#include "util/stats.h"

#include <inttypes.h>
#include <math.h>

enum { RESAMPLES = 200 };
static const double NORMAL_975 = 1.959963984540054;

void aus_sens_fini(aus_sens *s)
{
  double **all[] = {&s->s1,      &s->st,    &s->s1_conf, &s->st_conf,     &s->mu,
                    &s->mu_star, &s->sigma, &s->mu_conf, &s->mu_star_conf};
  size_t i;

  for (i = 0; i < sizeof all / sizeof all[0]; i++)
    aus_free(*all[i]);
  *s = (aus_sens){0};
}

/* Half the width of the interval: from n values, one per resample. */
static double half_width(const double *x, int64_t n)
{
  return NORMAL_975 * aus_stats_sd(x, n);
}

/* The base points without a failed row: m blocks of d + 2 values, centred by the mean of A and B. */
typedef struct blocks {
  int d;
  int64_t m;
  double *y;
} blocks;

static int keep_whole(blocks *b, int64_t n, int d, const double *y, aus_err *err)
{
  int rc = AUS_OK, k;
  int64_t i;
  double mean = 0.0;

  *b = (blocks){.d = d};
  AUS_NEW(b->y, n * (d + 2), err);
  for (i = 0; i < n; i++, y += d + 2) {
    for (k = 0; k < d + 2 && isfinite(y[k]); k++)
      b->y[b->m * (d + 2) + k] = y[k];
    b->m += k == d + 2;
  }
  for (i = 0; i < b->m; i++)
    mean += b->y[i * (d + 2)] + b->y[i * (d + 2) + d + 1];
  mean /= 2.0 * (double)b->m;
  for (i = 0; i < b->m * (d + 2); i++)
    b->y[i] -= mean;
done:
  return rc;
}

/* S1 and ST from the blocks at[0..m-1] (NULL: all). The variance is that of A and B together. */
static void estimate(const blocks *b, const int64_t *at, double *s1, double *st)
{
  double sum = 0.0, square = 0.0, variance, step;
  const double *y;
  int64_t i;
  int k;

  for (k = 0; k < b->d; k++)
    s1[k] = st[k] = 0.0;
  for (i = 0; i < b->m; i++) {
    y = b->y + (at ? at[i] : i) * (b->d + 2);
    sum += y[0] + y[b->d + 1];
    square += y[0] * y[0] + y[b->d + 1] * y[b->d + 1];
    for (k = 0; k < b->d; k++) {
      step = y[1 + k] - y[0];
      s1[k] += y[b->d + 1] * step;
      st[k] += step * step;
    }
  }
  variance = (square - sum * sum / (2.0 * (double)b->m)) / (2.0 * (double)b->m);
  for (k = 0; k < b->d; k++) {
    s1[k] = variance > 0.0 && b->m > 1 ? s1[k] / (double)b->m / variance : (double)NAN;
    st[k] = variance > 0.0 && b->m > 1 ? st[k] / (2.0 * (double)b->m) / variance : (double)NAN;
  }
}

/* A resample in which y happens to be constant says nothing and is left out. */
static void resample(const blocks *b, aus_rng *r, int64_t *at, double *s1, double *st, aus_sens *s)
{
  double *one = s1 + b->d, *total = st + b->d; /* RESAMPLES values of each coordinate */
  int64_t i, n = 0;
  int j, k;

  for (j = 0; j < RESAMPLES && b->m > 0; j++) {
    for (i = 0; i < b->m; i++)
      at[i] = (int64_t)aus_rng_below(r, (uint64_t)b->m);
    estimate(b, at, s1, st);
    if (b->d == 0 || isnan(st[0])) continue;
    for (k = 0; k < b->d; k++) {
      one[k * RESAMPLES + n] = s1[k];
      total[k * RESAMPLES + n] = st[k];
    }
    n++;
  }
  for (k = 0; k < b->d; k++) {
    s->s1_conf[k] = half_width(one + k * RESAMPLES, n);
    s->st_conf[k] = half_width(total + k * RESAMPLES, n);
  }
}

int aus_sens_saltelli(aus_sens *s, int64_t n, int d, const double *y, uint64_t seed,
                      uint64_t campaign, uint64_t table, aus_err *err)
{
  int rc = AUS_OK;
  blocks b = {0};
  int64_t *at = NULL;
  double *s1 = NULL, *st = NULL;
  aus_rng r = aus_rng_open(seed, campaign, table, AUS_RNG_BOOTSTRAP);

  *s = (aus_sens){.d = d};
  if (n < 0 || d < 0) AUS_FAIL(err, AUS_EINVAL, "%" PRId64 " base points of %d coordinates", n, d);
  AUS_NEW(s->s1, d, err);
  AUS_NEW(s->st, d, err);
  AUS_NEW(s->s1_conf, d, err);
  AUS_NEW(s->st_conf, d, err);
  AUS_NEW(at, n, err);
  AUS_NEW(s1, (RESAMPLES + 1) * (int64_t)d, err);
  AUS_NEW(st, (RESAMPLES + 1) * (int64_t)d, err);
  AUS_TRY(keep_whole(&b, n, d, y, err));
  s->n_used = b.m;
  s->n_dropped = n - b.m;
  estimate(&b, NULL, s->s1, s->st);
  resample(&b, &r, at, s1, st, s);
done:
  aus_free(b.y);
  aus_free(at);
  aus_free(s1);
  aus_free(st);
  if (rc != AUS_OK) aus_sens_fini(s);
  return rc;
}

/* The coordinate that changes from one row to the next, -1 unless it is exactly one. */
static int moved(int d, const double *from, const double *to)
{
  int k, which = -1, n = 0;

  for (k = 0; k < d; k++)
    if (from[k] != to[k]) {
      which = k;
      n++;
    }
  return n == 1 ? which : -1;
}

/* effect[k * n ..]: the count[k] effects of coordinate k in the order of the trajectories. */
static int collect(aus_sens *s, int64_t n, const double *unit, const double *y, double *effect,
                   int64_t *count, aus_err *err)
{
  int rc = AUS_OK, i, k, d = s->d;
  int64_t t, row;

  for (t = 0; t < n; t++)
    for (i = 0; i < d; i++) {
      row = t * (d + 1) + i;
      k = moved(d, unit + row * d, unit + (row + 1) * d);
      if (k < 0 || count[k] > t)
        AUS_FAIL(err, AUS_EINVAL, "row %" PRId64 " is not a step of one coordinate", row + 1);
      if (!isfinite(y[row]) || !isfinite(y[row + 1])) {
        s->n_dropped++;
        continue;
      }
      effect[k * n + count[k]++] =
          (y[row + 1] - y[row]) / (unit[(row + 1) * d + k] - unit[row * d + k]);
      s->n_used++;
    }
done:
  return rc;
}

static double mean_absolute(const double *x, int64_t n)
{
  double sum = 0.0;
  int64_t i;

  for (i = 0; i < n; i++)
    sum += fabs(x[i]);
  return n > 0 ? sum / (double)n : (double)NAN;
}

/* Intervals of one coordinate's means from m effects; `drawn` has room for them. */
static void resample_effects(const double *effect, int64_t m, aus_rng *r, double *drawn,
                             double *conf, double *star_conf)
{
  double mean[RESAMPLES], star[RESAMPLES];
  int64_t i;
  int j;

  for (j = 0; j < RESAMPLES; j++) {
    for (i = 0; i < m; i++)
      drawn[i] = effect[aus_rng_below(r, (uint64_t)m)];
    mean[j] = aus_stats_mean(drawn, m);
    star[j] = mean_absolute(drawn, m);
  }
  *conf = m > 1 ? half_width(mean, RESAMPLES) : (double)NAN;
  *star_conf = m > 1 ? half_width(star, RESAMPLES) : (double)NAN;
}

static int make_effects(aus_sens *s, int d, aus_err *err)
{
  int rc = AUS_OK;

  *s = (aus_sens){.d = d};
  AUS_NEW(s->mu, d, err);
  AUS_NEW(s->mu_star, d, err);
  AUS_NEW(s->sigma, d, err);
  AUS_NEW(s->mu_conf, d, err);
  AUS_NEW(s->mu_star_conf, d, err);
done:
  return rc;
}

int aus_sens_morris(aus_sens *s, int64_t n, int d, const double *unit, const double *y,
                    uint64_t seed, uint64_t campaign, uint64_t table, aus_err *err)
{
  int rc = AUS_OK, k;
  double *effect = NULL, *drawn = NULL;
  int64_t *count = NULL;
  aus_rng r = aus_rng_open(seed, campaign, table, AUS_RNG_BOOTSTRAP);

  *s = (aus_sens){0};
  if (n < 0 || d < 0) AUS_FAIL(err, AUS_EINVAL, "%" PRId64 " trajectories of %d coordinates", n, d);
  AUS_TRY(make_effects(s, d, err));
  AUS_NEW(effect, n * d, err);
  AUS_NEW(drawn, n, err);
  AUS_NEW(count, d, err);
  AUS_TRY(collect(s, n, unit, y, effect, count, err));
  for (k = 0; k < d; k++) {
    s->mu[k] = aus_stats_mean(effect + k * n, count[k]);
    s->mu_star[k] = mean_absolute(effect + k * n, count[k]);
    s->sigma[k] = aus_stats_sd(effect + k * n, count[k]);
    resample_effects(effect + k * n, count[k], &r, drawn, &s->mu_conf[k], &s->mu_star_conf[k]);
  }
done:
  aus_free(effect);
  aus_free(drawn);
  aus_free(count);
  if (rc != AUS_OK) aus_sens_fini(s);
  return rc;
}
