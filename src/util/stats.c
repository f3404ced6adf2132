/* stats.c - mean, spread and quantiles.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/stats.h"

#include <math.h>
#include <stdlib.h>

double aus_stats_mean(const double *x, int64_t n)
{
  double sum = 0.0;
  int64_t i;

  for (i = 0; i < n; i++)
    sum += x[i];
  return n > 0 ? sum / (double)n : (double)NAN;
}

double aus_stats_variance(const double *x, int64_t n)
{
  double mean = aus_stats_mean(x, n), sum = 0.0;
  int64_t i;

  for (i = 0; i < n; i++)
    sum += (x[i] - mean) * (x[i] - mean);
  return n > 1 ? sum / (double)(n - 1) : (double)NAN;
}

double aus_stats_sd(const double *x, int64_t n)
{
  return sqrt(aus_stats_variance(x, n));
}

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  if (isnan(x) || isnan(y)) return (isnan(x) != 0) - (isnan(y) != 0);
  return (x > y) - (x < y);
}

void aus_stats_sort(double *x, int64_t n)
{
  if (n > 1) qsort(x, (size_t)n, sizeof *x, ascending);
}

double aus_stats_quantile(const double *sorted, int64_t n, double p)
{
  double at, below;
  int64_t i;

  if (n < 1 || isnan(p) || isnan(sorted[n - 1])) return (double)NAN;
  at = fmin(fmax(p, 0.0), 1.0) * (double)(n - 1);
  below = floor(at);
  i = (int64_t)below;
  /* On an order statistic nothing is interpolated: infinity times 0 would be NaN. */
  if (at == below) return sorted[i];
  return sorted[i] + (at - below) * (sorted[i + 1] - sorted[i]);
}

double aus_stats_median(const double *sorted, int64_t n)
{
  return aus_stats_quantile(sorted, n, 0.5);
}
