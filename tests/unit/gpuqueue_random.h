/* gpuqueue_random.h - random traces and simulators for the tests of the simulated queue.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_UNIT_GPUQUEUE_RANDOM_H
#define AUS_TESTS_UNIT_GPUQUEUE_RANDOM_H

#include "unit/gpuqueue_jobs.h"
#include "util/rng.h"

static inline int64_t below(aus_rng *r, int64_t n)
{
  return (int64_t)aus_rng_below(r, (uint64_t)n);
}

/** n jobs of at most `nodes` nodes, a queue most of the time. Six in a hundred end at once. */
static inline void random_jobs(aus_gpuqueue_trace *t, uint64_t seed, int64_t n, int64_t nodes,
                               int64_t tick_s)
{
  static const int64_t limits[] = {1, 5, 30, 60, 117, 240, 300, 720};
  aus_rng r = aus_rng_open(seed, 0, 0, AUS_RNG_TRACE);
  const int64_t gap_s = 300 + below(&r, 1500);
  aus_err err = {0};
  int64_t i, at = 1675000000;

  *t = (aus_gpuqueue_trace){.n_users = 5};
  check_ok(aus_grow(&t->job, &t->cap, n, sizeof *t->job, &err), &err);
  for (i = 0; i < n; i++) {
    int64_t limit = limits[below(&r, 8)], wide = below(&r, 8) == 0 ? nodes : 1 + nodes / 4;
    int64_t run = below(&r, 5) == 0 ? limit * 60 : below(&r, limit * 60 + 1);

    if (below(&r, 16) == 0) run = 0;
    at += below(&r, 3) == 0 ? 0 : below(&r, 2 * gap_s);
    t->job[i] = (aus_gpuqueue_job){.id = i * 37 % 1009,
                                   .t_submit_s = at,
                                   .t_start_s = at + below(&r, 10000),
                                   .t_end_s = AUS_GPUQUEUE_NEVER,
                                   .run_s = run,
                                   .limit_min = (int32_t)limit,
                                   .nodes = (int32_t)(1 + below(&r, wide)),
                                   .user = (int32_t)below(&r, 6) - 1,
                                   .priority = (double)below(&r, 1000)};
    if (below(&r, 4) == 0) t->job[i].priority = (double)NAN;
  }
  t->n = n;
  aus_gpuqueue_trace_order(t, tick_s);
}

/* Ticks of 60 and 1 s, events, events with everything there is. */
enum { MINUTES, SECONDS, EVENTS, USERS, N_KINDS };

static inline aus_gpuqueue_sim_conf conf_of(int kind, int64_t nodes)
{
  aus_gpuqueue_sim_conf c = kind < EVENTS ? aus_gpuqueue_sim_compat() : aus_gpuqueue_sim_clean();

  c.n_nodes = nodes;
  c.bf_window_min = 600;
  if (kind == SECONDS) c.tick_s = 1;
  if (kind == USERS) {
    c.max_age_days = 0.05;
    c.fairshare_weight = 500;
    c.fairshare_half_life_days = 0.1;
    c.logged_weight = 0.5;
    c.user_max_jobs = 3;
    c.user_max_nodes = nodes / 3;
  }
  return c;
}

static inline int64_t order_of(int kind)
{
  return kind == MINUTES ? 60 : 1;
}

/** A simulator at the beginning of a trace, at a full minute. */
static inline aus_gpuqueue_sim *loaded(const aus_gpuqueue_sim_conf *c, const aus_gpuqueue_trace *t)
{
  aus_err err = {0};
  aus_gpuqueue_sim *s;

  check_ok(aus_gpuqueue_sim_create(&s, c, &err), &err);
  check_ok(aus_gpuqueue_sim_load(s, t, t->n > 0 ? t->job[0].t_submit_s / 60 * 60 : 0, INT64_MAX,
                                 true, &err),
           &err);
  return s;
}

static inline aus_gpuqueue_sim *finished(const aus_gpuqueue_sim_conf *c,
                                         const aus_gpuqueue_trace *t)
{
  aus_err err = {0};
  aus_gpuqueue_sim *s = loaded(c, t);

  check_ok(aus_gpuqueue_sim_finish(s, NULL, &err), &err);
  return s;
}

#endif
