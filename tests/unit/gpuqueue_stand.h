/* gpuqueue_stand.h - random traces for small clusters, and chains on them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_UNIT_GPUQUEUE_STAND_H
#define AUS_TESTS_UNIT_GPUQUEUE_STAND_H

#include "gpuqueue/window.h"
#include "unit/check.h"
#include "util/rng.h"

enum { STAND_NODES = 12, STAND_HOUR_S = 3600 };
#define STAND_T0_S INT64_C(1700000400) /* a full ten minutes */

/* What a job wants and how long it takes, anew. */
static inline void stand_job(aus_gpuqueue_job *j, aus_rng *r)
{
  static const int32_t limits[] = {10, 30, 60, 120, 480, 1440};

  j->limit_min = limits[aus_rng_below(r, 6)];
  j->nodes = aus_rng_below(r, 4) ? 1 : (int32_t)(1 + aus_rng_below(r, 6));
  j->run_s = (int64_t)(aus_rng_uniform(r) * (double)j->limit_min * 60.0);
  j->user = (int32_t)aus_rng_below(r, 5);
}

/* n jobs, mean_s apart, the first at from_s: a queue comes and goes. In order for a tick. */
static inline void stand_trace(aus_gpuqueue_trace *t, int64_t n, int64_t from_s, double mean_s,
                               int64_t tick_s, uint64_t seed)
{
  aus_rng r = aus_rng_open(seed, 0, 0, AUS_RNG_TRACE);
  int64_t i, t_s = from_s;

  *t = (aus_gpuqueue_trace){.n = n, .cap = n, .n_users = 5};
  t->job = aus_zalloc((size_t)n, sizeof *t->job);
  assert_non_null(t->job);
  for (i = 0; i < n; i++) {
    t->job[i] = (aus_gpuqueue_job){.id = 999000 + 7 * i,
                                   .t_submit_s = t_s,
                                   .t_start_s = AUS_GPUQUEUE_NEVER,
                                   .t_end_s = AUS_GPUQUEUE_NEVER,
                                   .priority = NAN};
    stand_job(&t->job[i], &r);
    if (aus_rng_below(&r, 3)) t_s += (int64_t)(aus_rng_exponential(&r) * mean_s * 1.5);
  }
  aus_gpuqueue_trace_order(t, tick_s > 0 ? tick_s : 1);
}

/* The cluster of the reference's rules, or driven by events (tick 0). */
static inline aus_gpuqueue_sim_conf stand_cluster(int64_t tick_s)
{
  aus_gpuqueue_sim_conf conf = tick_s > 0 ? aus_gpuqueue_sim_compat() : aus_gpuqueue_sim_clean();

  if (tick_s > 0) conf.tick_s = tick_s;
  conf.n_nodes = STAND_NODES;
  return conf;
}

static inline aus_gpuqueue_geometry stand_geometry(void)
{
  return (aus_gpuqueue_geometry){.t_start_s = STAND_T0_S,
                                 .interval_s = 4 * STAND_HOUR_S,
                                 .warmup_s = 12 * STAND_HOUR_S,
                                 .workload_s = 48 * STAND_HOUR_S,
                                 .sample_s = 600,
                                 .n_snapshots = 30,
                                 .n_probes = 5,
                                 .chain_nodes = 3,
                                 .chain_limit_min = 480,
                                 .chain_length = 2,
                                 .infer_s = 600,
                                 .cold = true};
}

#endif
