/* gpuqueue/metrics.h - what a simulated schedule is like, and how close it is to the real one.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_GPUQUEUE_METRICS_H
#define AUS_GPUQUEUE_METRICS_H

#include "gpuqueue/sim.h"

typedef struct aus_gpuqueue_metrics {
  int64_t n, n_backfilled;
  double wait_mean_s, wait_median_s, wait_p90_s, wait_max_s;
  double makespan_s;            /* last end - first submission */
  double utilisation_frac;      /* node-seconds used / (nodes x makespan) */
  double bounded_slowdown_mean; /* max(1, (wait + run) / max(run, 10 s)) */
  int64_t t_last_end_s;
  /* Against the real start times, over the jobs that have one; NaN: none has. */
  int64_t n_real;
  double real_wait_mean_s, real_wait_median_s, real_wait_p90_s, real_wait_max_s, real_makespan_s;
  double error_mean_s, error_abs_mean_s, error_abs_median_s, error_abs_p90_s; /* of start times */
  double within_10min_frac, within_1h_frac;
  double wait_correlation; /* Pearson's, of simulated and real waits */
} aus_gpuqueue_metrics;

/** @param [in] n_nodes  of the cluster. Percentiles by linear interpolation.
 * @return AUS_OK; AUS_ENOMEM. Local. Cost O(n log n). */
AUS_CHECKED int aus_gpuqueue_metrics_of(const aus_gpuqueue_sim *s, int64_t n_nodes,
                                        aus_gpuqueue_metrics *m, aus_err *err);

#endif
