/* metrics.c - sums over rows, and ranks for the AUC.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/metrics.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "util/alloc.h"

static int check(int64_t n, const double *p, const uint8_t *y, aus_err *err)
{
  int64_t i;

  if (n < 1) return aus_fail(err, AUS_EINVAL, AUS_HERE, "metrics of %" PRId64 " rows", n);
  for (i = 0; i < n; i++) {
    if (y[i] > 1)
      return aus_fail(err, AUS_EINVAL, AUS_HERE, "row %" PRId64 " has class %d, need 0 or 1", i,
                      y[i]);
    if (!(p[i] >= 0.0 && p[i] <= 1.0))
      return aus_fail(err, AUS_ENUMERIC, AUS_HERE, "row %" PRId64 ": %g is no probability", i,
                      p[i]);
  }
  return AUS_OK;
}

double aus_metrics_loss(double p, int y)
{
  return -log(fmin(fmax(y ? p : 1.0 - p, DBL_EPSILON), 1.0 - DBL_EPSILON));
}

typedef struct pair {
  double p;
  int y;
} pair;

static int by_p(const void *a, const void *b)
{
  double x = ((const pair *)a)->p, y = ((const pair *)b)->p;

  return (x > y) - (x < y);
}

/* Pairs of a yes and a no in which the yes has the larger p, ties half. */
static int area(double *auc, int64_t n, const double *p, const uint8_t *y, aus_err *err)
{
  int rc = AUS_OK;
  pair *row = NULL;
  int64_t i, j, yes, no, n_yes = 0, n_no = 0;
  double sum = 0.0;

  AUS_NEW(row, n, err);
  for (i = 0; i < n; i++)
    row[i] = (pair){p[i], y[i]};
  qsort(row, (size_t)n, sizeof *row, by_p);
  for (i = 0; i < n; i = j) {
    yes = no = 0;
    for (j = i; j < n && row[j].p <= row[i].p; j++)
      *(row[j].y ? &yes : &no) += 1;
    sum += (double)yes * ((double)n_no + 0.5 * (double)no);
    n_yes += yes;
    n_no += no;
  }
  *auc = n_yes && n_no ? sum / ((double)n_yes * (double)n_no) : (double)NAN;
done:
  aus_free(row);
  return rc;
}

static void add_bins(aus_metrics *m, int64_t n, const double *p, const uint8_t *y)
{
  int64_t i;
  int b;

  for (i = 0; i < n; i++) {
    b = (int)(p[i] * AUS_METRICS_BINS);
    if (b == AUS_METRICS_BINS) b--;
    m->bin[b].n++;
    m->bin[b].n_yes += y[i];
    m->bin[b].mean_p += p[i];
  }
  for (b = 0; b < AUS_METRICS_BINS; b++) {
    m->calibration += fabs(m->bin[b].mean_p - (double)m->bin[b].n_yes) / (double)n;
    m->bin[b].mean_p /= (double)m->bin[b].n;
  }
}

int aus_metrics_make(aus_metrics *out, int64_t n, const double *p, const uint8_t *y, aus_err *err)
{
  int rc = AUS_OK;
  aus_metrics m = {.n = n};
  int64_t i, right = 0;

  *out = (aus_metrics){0};
  AUS_TRY(check(n, p, y, err));
  for (i = 0; i < n; i++) {
    m.n_yes += y[i];
    right += (p[i] > 0.5) == y[i];
    m.log_loss += aus_metrics_loss(p[i], y[i]);
    m.brier += (p[i] - y[i]) * (p[i] - y[i]);
  }
  m.accuracy = (double)right / (double)n;
  m.majority = fmax((double)m.n_yes, (double)(n - m.n_yes)) / (double)n;
  m.log_loss /= (double)n;
  m.brier /= (double)n;
  add_bins(&m, n, p, y);
  AUS_TRY(area(&m.auc, n, p, y, err));
  *out = m;
done:
  return rc;
}
