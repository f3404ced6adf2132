/* predictor_planned.c - times of submission that are known when the predecessor starts.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/predictor.h"

#include "util/alloc.h"
#include "util/stats.h"

#include <inttypes.h>
#include <math.h>

static int64_t plan(const void *self, const aus_gpuqueue_started *a)
{
  const aus_gpuqueue_planned *p = self;
  double wait_h = (double)a->avg_wait_min / 60.0;
  double ahead_h = p->lead_h + p->per_wait * wait_h + p->per_work * wait_h * (double)a->queue_len;

  return a->t_end_s - llround(3600.0 * fmin(fmax(0.0, ahead_h), 1e9));
}

aus_gpuqueue_predictor aus_gpuqueue_planned_predictor(const aus_gpuqueue_planned *p,
                                                      const char *name)
{
  return (aus_gpuqueue_predictor){.name = name, .plan = plan, .self = (void *)(uintptr_t)p};
}

/* The best lead for a slope is the quantile of what remains. @return the mean pinball loss */
static double loss_of(double slope, int64_t n, const double *x, const double *y, double frac,
                      double *rest, double *lead)
{
  double sum = 0.0;
  int64_t i;

  for (i = 0; i < n; i++)
    rest[i] = y[i] - slope * x[i];
  aus_stats_sort(rest, n);
  *lead = aus_stats_quantile(rest, n, frac);
  for (i = 0; i < n; i++)
    sum += rest[i] > *lead ? frac * (rest[i] - *lead) : (1.0 - frac) * (*lead - rest[i]);
  return sum / (double)n;
}

/* Largest slope that can be of use: from the smallest to the largest y within the smallest step of x > 0. */
static double largest_slope(int64_t n, const double *x, const double *y)
{
  double lo = INFINITY, hi = -INFINITY, span = 0.0, mean = aus_stats_mean(x, n);
  int64_t i;

  for (i = 0; i < n; i++) {
    lo = fmin(lo, y[i]);
    hi = fmax(hi, y[i]);
    span = fmax(span, fabs(x[i] - mean));
  }
  return span > 0.0 ? 10.0 * (hi - lo) / span : 0.0;
}

int aus_gpuqueue_planned_fit(aus_gpuqueue_planned *p, int64_t n, const double *work_h,
                             const double *y_h, double frac, aus_err *err)
{
  int rc = AUS_OK, i;
  const double golden = 0.6180339887498949;
  double *rest = NULL, lo = 0.0, hi, a, b;

  *p = (aus_gpuqueue_planned){0};
  if (n < 1 || !(frac > 0.0 && frac < 1.0))
    AUS_FAIL(err, AUS_EINVAL, "quantile %g of %" PRId64 " rows", frac, n);
  AUS_NEW(rest, n, err);
  hi = largest_slope(n, work_h, y_h);
  for (i = 0; i < 100 && hi > lo; i++) { /* convex in the slope */
    a = hi - golden * (hi - lo);
    b = lo + golden * (hi - lo);
    if (loss_of(a, n, work_h, y_h, frac, rest, &p->lead_h) <=
        loss_of(b, n, work_h, y_h, frac, rest, &p->lead_h))
      hi = b;
    else
      lo = a;
  }
  p->per_work = lo;
  loss_of(lo, n, work_h, y_h, frac, rest, &p->lead_h);
done:
  aus_free(rest);
  return rc;
}

int aus_gpuqueue_wait_quantile(const aus_gpuqueue_sim *s, double frac, double *wait_h, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_log log = aus_gpuqueue_sim_log(s);
  double *wait = NULL;
  int64_t i;

  *wait_h = 0.0;
  if (log.n < 1) AUS_FAIL(err, AUS_EINVAL, "no job has completed whose wait could be counted");
  AUS_NEW(wait, log.n, err);
  for (i = 0; i < log.n; i++)
    wait[i] = (double)(log.done[i].t_start_s - log.done[i].t_submit_s) / 3600.0;
  aus_stats_sort(wait, log.n);
  *wait_h = aus_stats_quantile(wait, log.n, frac);
done:
  aus_free(wait);
  return rc;
}
