/* gpuqueue/metrics.c - figures of a simulated schedule.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/metrics.h"

#include <math.h>

#include "util/alloc.h"
#include "util/stats.h"

/* A value per job, to be summed up. */
typedef struct column {
  double *x;
  int64_t n;
} column;

static double mean_of(const column *c)
{
  return aus_stats_mean(c->x, c->n);
}

/* Sorted from here on. */
static void quantiles(column *c, double *median, double *p90, double *max)
{
  aus_stats_sort(c->x, c->n);
  if (median) *median = aus_stats_median(c->x, c->n);
  if (p90) *p90 = aus_stats_quantile(c->x, c->n, 0.9);
  if (max) *max = c->n > 0 ? c->x[c->n - 1] : (double)NAN;
}

static double correlation(const double *x, const double *y, int64_t n)
{
  double mx = aus_stats_mean(x, n), my = aus_stats_mean(y, n), xx = 0, yy = 0, xy = 0;
  int64_t i;

  for (i = 0; i < n; i++) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : (double)NAN;
}

/* What the schedule alone says. */
static void of_schedule(const aus_gpuqueue_sim *s, int64_t n_nodes, aus_gpuqueue_metrics *m,
                        column *wait)
{
  const aus_gpuqueue_log log = aus_gpuqueue_sim_log(s);
  int64_t i, t_first = INT64_MAX;
  double busy = 0, slow = 0;

  m->n = log.n;
  m->t_last_end_s = INT64_MIN;
  for (i = 0; i < log.n; i++) {
    const aus_gpuqueue_done *d = &log.done[i];
    const aus_gpuqueue_job *j = aus_gpuqueue_sim_job(s, d->number);
    double run = (double)j->run_s, w = (double)(d->t_start_s - d->t_submit_s);

    wait->x[wait->n++] = w;
    slow += fmax(1, (w + run) / fmax(run, 10));
    busy += run * (double)j->nodes;
    m->n_backfilled += d->backfilled;
    if (d->t_submit_s < t_first) t_first = d->t_submit_s;
    if (d->t_end_s > m->t_last_end_s) m->t_last_end_s = d->t_end_s;
  }
  m->makespan_s = log.n > 0 ? (double)(m->t_last_end_s - t_first) : (double)NAN;
  m->utilisation_frac = m->makespan_s > 0 ? busy / ((double)n_nodes * m->makespan_s) : (double)NAN;
  m->bounded_slowdown_mean = log.n > 0 ? slow / (double)log.n : (double)NAN;
}

/* Waits and errors of the jobs that have a start in the real system; run times are those of here, cut to the limit. */
static void against_real(const aus_gpuqueue_sim *s, aus_gpuqueue_metrics *m, column *wait,
                         column *real, column *error)
{
  const aus_gpuqueue_log log = aus_gpuqueue_sim_log(s);
  int64_t i, t_first = INT64_MAX, t_last = INT64_MIN;

  for (i = 0; i < log.n; i++) {
    const aus_gpuqueue_done *d = &log.done[i];
    const aus_gpuqueue_job *j = aus_gpuqueue_sim_job(s, d->number);

    if (j->t_start_s == AUS_GPUQUEUE_NEVER) continue;
    wait->x[wait->n++] = (double)(d->t_start_s - d->t_submit_s);
    real->x[real->n++] = (double)(j->t_start_s - j->t_submit_s);
    error->x[error->n++] = (double)(d->t_start_s - j->t_start_s);
    if (j->t_submit_s < t_first) t_first = j->t_submit_s;
    if (j->t_start_s + j->run_s > t_last) t_last = j->t_start_s + j->run_s;
  }
  m->n_real = real->n;
  m->real_makespan_s = t_last > t_first ? (double)(t_last - t_first) : (double)NAN;
  m->real_wait_mean_s = mean_of(real);
  m->error_mean_s = mean_of(error);
  m->wait_correlation = correlation(wait->x, real->x, real->n);
}

static double share_within(const column *sorted, double limit)
{
  int64_t n = 0;

  while (n < sorted->n && sorted->x[n] <= limit)
    n++;
  return sorted->n > 0 ? (double)n / (double)sorted->n : (double)NAN;
}

int aus_gpuqueue_metrics_of(const aus_gpuqueue_sim *s, int64_t n_nodes, aus_gpuqueue_metrics *m,
                            aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, n = aus_gpuqueue_sim_log(s).n;
  column wait = {0}, real = {0}, error = {0};

  *m = (aus_gpuqueue_metrics){0};
  AUS_NEW(wait.x, n, err);
  AUS_NEW(real.x, n, err);
  AUS_NEW(error.x, n, err);
  against_real(s, m, &wait, &real, &error);
  quantiles(&real, &m->real_wait_median_s, &m->real_wait_p90_s, &m->real_wait_max_s);
  for (i = 0; i < error.n; i++)
    error.x[i] = fabs(error.x[i]);
  m->error_abs_mean_s = mean_of(&error);
  quantiles(&error, &m->error_abs_median_s, &m->error_abs_p90_s, NULL);
  m->within_10min_frac = share_within(&error, 600);
  m->within_1h_frac = share_within(&error, 3600);
  wait.n = 0;
  of_schedule(s, n_nodes, m, &wait);
  m->wait_mean_s = mean_of(&wait);
  quantiles(&wait, &m->wait_median_s, &m->wait_p90_s, &m->wait_max_s);
done:
  aus_free(wait.x);
  aus_free(real.x);
  aus_free(error.x);
  return rc;
}
