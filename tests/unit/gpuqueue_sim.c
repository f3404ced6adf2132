/* gpuqueue_sim.c - what holds of every simulated queue: properties over random traces, forks, bad input.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include "gpuqueue/metrics.h"
#include "unit/gpuqueue_random.h"

enum { N_JOBS = 150, N_TRACES = 6, NODES = 17 };

static aus_err err;

/* Every kind of clock over several traces. */
typedef void (*property)(const aus_gpuqueue_sim_conf *c, const aus_gpuqueue_trace *t, aus_rng *r);

static void for_all(property holds)
{
  uint64_t seed;
  int kind;

  for (kind = 0; kind < N_KINDS; kind++)
    for (seed = 1; seed <= N_TRACES; seed++) {
      aus_rng r = aus_rng_open(seed, 1, (uint64_t)kind, AUS_RNG_TRACE);
      aus_gpuqueue_sim_conf c = conf_of(kind, NODES + (int64_t)seed);
      aus_gpuqueue_trace t;

      random_jobs(&t, seed, N_JOBS, c.n_nodes, order_of(kind));
      holds(&c, &t, &r);
      aus_gpuqueue_trace_fini(&t);
    }
}

static void same_log(const aus_gpuqueue_sim *a, const aus_gpuqueue_sim *b)
{
  const aus_gpuqueue_log x = aus_gpuqueue_sim_log(a), y = aus_gpuqueue_sim_log(b);
  int64_t i;

  assert_int_equal(x.n, y.n);
  for (i = 0; i < x.n; i++) {
    assert_int_equal(x.done[i].number, y.done[i].number);
    assert_int_equal(x.done[i].t_submit_s, y.done[i].t_submit_s);
    assert_int_equal(x.done[i].t_start_s, y.done[i].t_start_s);
    assert_int_equal(x.done[i].t_end_s, y.done[i].t_end_s);
    assert_int_equal(x.done[i].backfilled, y.done[i].backfilled);
  }
}

/* ---- schedules ---- */

/* Nodes held at t: a job gives them back at the end of its last tick. */
static int64_t nodes_held(const aus_gpuqueue_sim *s, int64_t tick_s, int64_t t_s, int32_t user)
{
  const aus_gpuqueue_log log = aus_gpuqueue_sim_log(s);
  int64_t i, n = 0, ticks;

  for (i = 0; i < log.n; i++) {
    const aus_gpuqueue_job *j = aus_gpuqueue_sim_job(s, log.done[i].number);
    int64_t end = log.done[i].t_start_s + j->run_s;

    if (tick_s > 0) {
      ticks = (j->run_s + tick_s - 1) / tick_s;
      end = log.done[i].t_start_s + (ticks > 0 ? ticks : 1) * tick_s;
    }
    if (log.done[i].t_start_s <= t_s && t_s < end && (user < 0 || j->user == user)) n += j->nodes;
  }
  return n;
}

static void schedule_is_sound(const aus_gpuqueue_sim_conf *c, const aus_gpuqueue_trace *t,
                              aus_rng *r)
{
  aus_gpuqueue_sim *s = finished(c, t);
  const aus_gpuqueue_log log = aus_gpuqueue_sim_log(s);
  bool *seen = calloc((size_t)t->n, sizeof *seen);
  int64_t i;

  (void)r;
  assert_int_equal(log.n, t->n);
  for (i = 0; i < log.n; i++) {
    const aus_gpuqueue_done *d = &log.done[i];
    const aus_gpuqueue_job *j = &t->job[d->number];
    int64_t u = c->tick_s > 0 ? c->tick_s : 1, held;

    assert_false(seen[d->number]);
    seen[d->number] = true;
    assert_true(d->t_start_s >= d->t_submit_s);
    assert_int_equal(d->t_submit_s, j->t_submit_s - (c->tick_s > 0 ? j->t_submit_s % u : 0));
    assert_int_equal(d->t_end_s, d->t_start_s + j->run_s / u * u);
    assert_true(nodes_held(s, c->tick_s, d->t_start_s, -1) <= c->n_nodes);
    if (c->user_max_nodes > 0 && j->user >= 0) {
      held = nodes_held(s, 0, d->t_start_s, j->user);
      assert_true(held <= c->user_max_nodes || held == j->nodes || j->run_s == 0);
    }
  }
  assert_int_equal(aus_gpuqueue_sim_n_free(s), c->n_nodes);
  assert_int_equal(aus_gpuqueue_sim_n_pending(s) + aus_gpuqueue_sim_n_running(s), 0);
  free(seen);
  aus_gpuqueue_sim_destroy(s);
}

static void test_sound(void **state)
{
  (void)state;
  for_all(schedule_is_sound);
}

/* Nothing of the real system is looked at, and the way to the end does not matter. */
static void ways_are_equal(const aus_gpuqueue_sim_conf *c, const aus_gpuqueue_trace *t, aus_rng *r)
{
  aus_gpuqueue_sim *s = finished(c, t), *small = loaded(c, t);
  int64_t i;

  for (i = 0; i < t->n; i++) {
    t->job[i].t_start_s = below(r, 1000000000);
    t->job[i].t_end_s = AUS_GPUQUEUE_NEVER;
  }
  while (aus_gpuqueue_sim_next_arrival_s(small) < INT64_MAX)
    if (below(r, 4) == 0)
      check_ok(aus_gpuqueue_sim_step(small, &err), &err);
    else
      check_ok(aus_gpuqueue_sim_advance(small, aus_gpuqueue_sim_now_s(small) + below(r, 5000), NULL,
                                        &err),
               &err);
  check_ok(aus_gpuqueue_sim_finish(small, NULL, &err), &err);
  same_log(s, small);
  aus_gpuqueue_sim_destroy(s);
  aus_gpuqueue_sim_destroy(small);
}

static void test_ways(void **state)
{
  (void)state;
  for_all(ways_are_equal);
}

/* ---- forks ---- */

static void same_seen(const aus_gpuqueue_sim *a, const aus_gpuqueue_sim *b)
{
  aus_gpuqueue_seen x[N_JOBS + 9], y[N_JOBS + 9];
  int64_t n = aus_gpuqueue_sim_n_pending(a);

  assert_int_equal(aus_gpuqueue_sim_now_s(a), aus_gpuqueue_sim_now_s(b));
  assert_int_equal(n, aus_gpuqueue_sim_n_pending(b));
  aus_gpuqueue_sim_pending(a, x);
  aus_gpuqueue_sim_pending(b, y);
  assert_memory_equal(x, y, (size_t)n * sizeof *x);
  n = aus_gpuqueue_sim_n_running(a);
  assert_int_equal(n, aus_gpuqueue_sim_n_running(b));
  aus_gpuqueue_sim_running(a, x);
  aus_gpuqueue_sim_running(b, y);
  assert_memory_equal(x, y, (size_t)n * sizeof *x);
  assert_true(aus_gpuqueue_sim_recent_s(a) == aus_gpuqueue_sim_recent_s(b));
}

static aus_gpuqueue_job own_job(aus_rng *r, int64_t t_s)
{
  return (aus_gpuqueue_job){.id = 1000000 + below(r, 9),
                            .t_submit_s = t_s,
                            .run_s = below(r, 40000),
                            .limit_min = (int32_t)(1 + below(r, 600)),
                            .nodes = (int32_t)(1 + below(r, NODES / 2)),
                            .user = -1,
                            .priority = (double)NAN};
}

/* Both get the same jobs and take the same steps. The fork is a used simulator of another size. */
static void forks_go_on(const aus_gpuqueue_sim_conf *c, const aus_gpuqueue_trace *t, aus_rng *r)
{
  aus_gpuqueue_sim_conf other = conf_of(EVENTS, 3);
  aus_gpuqueue_trace none = {0};
  aus_gpuqueue_sim *a = loaded(c, t), *b = loaded(&other, &none);
  int64_t number[2], i, fork_at = below(r, N_JOBS), span_s;

  span_s = t->job[t->n - 1].t_submit_s - t->job[0].t_submit_s;
  check_ok(aus_gpuqueue_sim_advance(a, t->job[fork_at].t_submit_s, NULL, &err), &err);
  check_ok(aus_gpuqueue_sim_copy(b, a, &err), &err);
  for (i = 0; i < 60; i++) {
    aus_gpuqueue_job own = own_job(r, aus_gpuqueue_sim_now_s(a) + below(r, 4000));

    same_seen(a, b);
    if (i % 20 == 3) {
      check_ok(aus_gpuqueue_sim_submit(a, &own, &number[0], &err), &err);
      check_ok(aus_gpuqueue_sim_submit(b, &own, &number[1], &err), &err);
      assert_int_equal(number[0], number[1]);
    } else if (i % 20 == 7) {
      check_ok(aus_gpuqueue_sim_plan(a, &own, &number[0], &err), &err);
      check_ok(aus_gpuqueue_sim_plan(b, &own, &number[1], &err), &err);
      check_ok(aus_gpuqueue_sim_until_started(a, number[0], NULL, &err), &err);
      check_ok(aus_gpuqueue_sim_until_started(b, number[1], NULL, &err), &err);
      assert_int_equal(aus_gpuqueue_sim_start_s(a, number[0]),
                       aus_gpuqueue_sim_start_s(b, number[1]));
    }
    span_s = below(r, 3000);
    check_ok(aus_gpuqueue_sim_advance(a, aus_gpuqueue_sim_now_s(a) + span_s, NULL, &err), &err);
    check_ok(aus_gpuqueue_sim_advance(b, aus_gpuqueue_sim_now_s(b) + span_s, NULL, &err), &err);
  }
  check_ok(aus_gpuqueue_sim_finish(a, NULL, &err), &err);
  check_ok(aus_gpuqueue_sim_finish(b, NULL, &err), &err);
  same_seen(a, b);
  assert_int_equal(aus_gpuqueue_sim_log(b).n, 0);
  aus_gpuqueue_sim_destroy(a);
  aus_gpuqueue_sim_destroy(b);
}

static void test_forks(void **state)
{
  (void)state;
  for_all(forks_go_on);
}

/* A copy into a simulator that had room before needs no memory. */
static void test_copy_is_cheap(void **state)
{
  aus_gpuqueue_sim_conf c = conf_of(EVENTS, NODES);
  aus_gpuqueue_trace t;
  aus_gpuqueue_sim *a, *b;

  (void)state;
  random_jobs(&t, 5, N_JOBS, NODES, 1);
  a = loaded(&c, &t);
  b = loaded(&c, &t);
  check_ok(aus_gpuqueue_sim_advance(a, t.job[N_JOBS / 2].t_submit_s, NULL, &err), &err);
  check_ok(aus_gpuqueue_sim_copy(b, a, &err), &err);
  aus_alloc_fail_at(0);
  check_ok(aus_gpuqueue_sim_copy(b, a, &err), &err);
  assert_false(aus_alloc_failed());
  aus_alloc_fail_at(-1);
  aus_gpuqueue_sim_destroy(a);
  aus_gpuqueue_sim_destroy(b);
  aus_gpuqueue_trace_fini(&t);
}

/* ---- jobs of the caller's own ---- */

/* A planned job is one of the trace. */
static void planned_is_in_trace(const aus_gpuqueue_sim_conf *c, const aus_gpuqueue_trace *t,
                                aus_rng *r)
{
  aus_gpuqueue_sim *all = finished(c, t), *s;
  aus_gpuqueue_trace less = *t;
  int64_t cut = 1 + below(r, t->n - 1), number, i, k;

  check_ok(aus_gpuqueue_sim_create(&s, c, &err), &err);
  less.job = calloc((size_t)t->n, sizeof *less.job);
  less.n = t->n - 1;
  for (i = k = 0; i < t->n; i++)
    if (i != cut) less.job[k++] = t->job[i];
  check_ok(aus_gpuqueue_sim_load(s, &less, t->job[0].t_submit_s / 60 * 60, INT64_MAX, true, &err),
           &err);
  check_ok(aus_gpuqueue_sim_plan(s, &t->job[cut], &number, &err), &err);
  assert_int_equal(number, less.n);
  check_ok(aus_gpuqueue_sim_finish(s, NULL, &err), &err);
  for (i = 0; i < t->n; i++) {
    const aus_gpuqueue_done *x = &aus_gpuqueue_sim_log(all).done[i],
                            *y = &aus_gpuqueue_sim_log(s).done[i];

    assert_int_equal(x->number, y->number == number ? cut : y->number + (y->number >= cut ? 1 : 0));
    assert_int_equal(x->t_start_s, y->t_start_s);
  }
  free(less.job);
  aus_gpuqueue_sim_destroy(all);
  aus_gpuqueue_sim_destroy(s);
}

static void test_planned(void **state)
{
  (void)state;
  for_all(planned_is_in_trace);
}

static int64_t tenth_of_limit(const void *self, const aus_gpuqueue_seen *job, bool pending)
{
  int64_t run_s = job->limit_min * 6;

  assert_ptr_equal(self, &err);
  assert_true(pending ? job->elapsed_s == 0 : job->elapsed_s >= 0);
  return run_s > job->elapsed_s ? run_s : job->elapsed_s;
}

/* Looking ahead ends, needs no run time of the trace, and nothing arrives. */
static void looking_ahead(const aus_gpuqueue_sim_conf *c, const aus_gpuqueue_trace *t, aus_rng *r)
{
  aus_gpuqueue_sim *a = loaded(c, t), *b = loaded(c, t);
  aus_gpuqueue_job own = own_job(r, 0);
  int64_t number, start_s[2], n, i;
  int k;

  check_ok(aus_gpuqueue_sim_advance(a, t->job[t->n / 2].t_submit_s, NULL, &err), &err);
  for (k = 0; k < 2; k++) {
    check_ok(aus_gpuqueue_sim_copy(b, a, &err), &err);
    aus_gpuqueue_sim_close(b);
    assert_true(aus_gpuqueue_sim_next_arrival_s(b) == INT64_MAX);
    aus_gpuqueue_sim_assume(b, tenth_of_limit, &err);
    check_ok(aus_gpuqueue_sim_submit(b, &own, &number, &err), &err);
    check_ok(aus_gpuqueue_sim_until_started(b, number, NULL, &err), &err);
    start_s[k] = aus_gpuqueue_sim_start_s(b, number);
    n = aus_gpuqueue_sim_n_running(b);
    assert_true(n > 0 && start_s[k] < aus_gpuqueue_sim_now_s(b));
    for (i = t->n / 2; i < t->n; i++) /* what is still to come */
      t->job[i].run_s = t->job[i].nodes = 1;
  }
  assert_int_equal(start_s[0], start_s[1]);
  aus_gpuqueue_sim_destroy(a);
  aus_gpuqueue_sim_destroy(b);
}

static void test_look_ahead(void **state)
{
  (void)state;
  for_all(looking_ahead);
}

/* ---- small queues by hand ---- */

static aus_gpuqueue_trace trace_of(aus_gpuqueue_job *job, int64_t n)
{
  return (aus_gpuqueue_trace){.job = job, .n = n, .n_users = 2, .tick_s = 1};
}

static int64_t start_of(const aus_gpuqueue_sim *s, int64_t number)
{
  const aus_gpuqueue_log log = aus_gpuqueue_sim_log(s);
  int64_t i;

  for (i = 0; i < log.n; i++)
    if (log.done[i].number == number) return log.done[i].t_start_s;
  fail_msg("job %lld is not in the log", (long long)number);
  return 0;
}

/* Four nodes are taken until 3600 s. After 864 s age is all it can be: then the wider job is first. */
static void test_age_cap(void **state)
{
  aus_gpuqueue_job job[] = {
      {.id = 1, .t_submit_s = 0, .run_s = 3600, .limit_min = 60, .nodes = 4, .user = -1},
      {.id = 2, .t_submit_s = 10, .run_s = 600, .limit_min = 10, .nodes = 2, .user = -1},
      {.id = 3, .t_submit_s = 500, .run_s = 600, .limit_min = 10, .nodes = 4, .user = -1}};
  const aus_gpuqueue_trace t = trace_of(job, 3);
  const int64_t late = 1;
  int64_t number;
  int cap, tick_s;

  (void)state;
  for (tick_s = 0; tick_s < 2; tick_s++)
    for (cap = 0; cap < 2; cap++) {
      aus_gpuqueue_sim_conf c = conf_of(tick_s ? SECONDS : EVENTS, 4);
      aus_gpuqueue_job one = {.id = 4, .t_submit_s = 3000, .limit_min = 1, .nodes = 1, .user = -1};
      aus_gpuqueue_sim *s;

      c.max_age_days = 0.01;
      c.age_cap = cap;
      s = loaded(&c, &t);
      /* with ticks the order is looked at when something arrives */
      check_ok(aus_gpuqueue_sim_plan(s, &one, &number, &err), &err);
      check_ok(aus_gpuqueue_sim_finish(s, NULL, &err), &err);
      assert_int_equal(start_of(s, cap ? 2 : 1), 3600);
      assert_int_equal(start_of(s, cap ? 1 : 2) >= 4200, late);
      aus_gpuqueue_sim_destroy(s);
    }
}

/* A user may have two nodes: one job waits for the other though nodes are free; a wide one runs alone. */
static void test_user_limits(void **state)
{
  aus_gpuqueue_job job[] = {
      {.id = 1, .t_submit_s = 0, .run_s = 100, .limit_min = 10, .nodes = 2, .user = 0},
      {.id = 2, .t_submit_s = 1, .run_s = 100, .limit_min = 10, .nodes = 1, .user = 0},
      {.id = 3, .t_submit_s = 2, .run_s = 100, .limit_min = 10, .nodes = 1, .user = 1},
      {.id = 4, .t_submit_s = 3, .run_s = 100, .limit_min = 10, .nodes = 1, .user = -1},
      {.id = 5, .t_submit_s = 4, .run_s = 100, .limit_min = 10, .nodes = 3, .user = 0}};
  const aus_gpuqueue_trace t = trace_of(job, 5);
  aus_gpuqueue_sim_conf c = aus_gpuqueue_sim_clean();
  aus_gpuqueue_sim *s;

  (void)state;
  c.n_nodes = 8;
  c.user_max_nodes = 2;
  s = finished(&c, &t);
  assert_int_equal(start_of(s, 0), 0);
  assert_int_equal(start_of(s, 2), 2);
  assert_int_equal(start_of(s, 3), 3);
  /* the wide job has the higher priority and is 3 s younger: 3/8 of 100 against 1/8 */
  assert_int_equal(start_of(s, 4), 100);
  assert_int_equal(start_of(s, 1), 200);
  aus_gpuqueue_sim_destroy(s);
  c.user_max_nodes = 0;
  c.user_max_jobs = 1;
  s = finished(&c, &t);
  assert_int_equal(start_of(s, 4), 100);
  assert_int_equal(start_of(s, 1), 200);
  assert_int_equal(start_of(s, 3), 3);
  aus_gpuqueue_sim_destroy(s);
}

/* Equal jobs of two users, one of whom has used the cluster: fair share turns their order. */
static void test_fair_share(void **state)
{
  aus_gpuqueue_job job[] = {
      {.id = 1, .t_submit_s = 0, .run_s = 1000, .limit_min = 60, .nodes = 4, .user = 0},
      {.id = 2, .t_submit_s = 10, .run_s = 60, .limit_min = 10, .nodes = 4, .user = 0},
      {.id = 3, .t_submit_s = 20, .run_s = 60, .limit_min = 10, .nodes = 4, .user = 1}};
  const aus_gpuqueue_trace t = trace_of(job, 3);
  aus_gpuqueue_sim_conf c = aus_gpuqueue_sim_clean();
  aus_gpuqueue_sim *s;
  int fair;

  (void)state;
  c.n_nodes = 4;
  for (fair = 0; fair < 2; fair++) {
    c.fairshare_weight = fair ? 100 : 0;
    s = finished(&c, &t);
    assert_int_equal(start_of(s, fair ? 2 : 1), 1000);
    assert_int_equal(start_of(s, fair ? 1 : 2), 1060);
    aus_gpuqueue_sim_destroy(s);
  }
}

/* A job without run time gives its nodes back in the same second; a priority of the log goes before age. */
static void test_at_once(void **state)
{
  aus_gpuqueue_job job[] = {
      {.id = 1, .t_submit_s = 7, .run_s = 0, .limit_min = 10, .nodes = 4, .user = -1},
      {.id = 2, .t_submit_s = 7, .run_s = 0, .limit_min = 10, .nodes = 4, .user = -1},
      {.id = 3,
       .t_submit_s = 7,
       .run_s = 5,
       .limit_min = 10,
       .nodes = 4,
       .user = -1,
       .priority = 9}};
  const aus_gpuqueue_trace t = trace_of(job, 3);
  aus_gpuqueue_sim_conf c = aus_gpuqueue_sim_clean();
  aus_gpuqueue_sim *s;
  int i;

  (void)state;
  c.n_nodes = 4;
  s = finished(&c, &t);
  for (i = 0; i < 3; i++)
    assert_int_equal(start_of(s, i), 7);
  assert_int_equal(aus_gpuqueue_sim_now_s(s), 13);
  aus_gpuqueue_sim_destroy(s);
  c.logged_weight = 1;
  s = finished(&c, &t);
  assert_int_equal(start_of(s, 2), 7);
  assert_int_equal(start_of(s, 0), 12);
  assert_int_equal(start_of(s, 1), 12);
  aus_gpuqueue_sim_destroy(s);
}

/* Both ends belong to a window, to the second, though the order is that of minutes. */
static void test_window_ends(void **state)
{
  aus_gpuqueue_job job[] = {
      {.id = 1, .t_submit_s = 119, .run_s = 1, .limit_min = 1, .nodes = 1, .user = -1},
      {.id = 2, .t_submit_s = 90, .run_s = 1, .limit_min = 1, .nodes = 1, .user = -1},
      {.id = 3, .t_submit_s = 89, .run_s = 1, .limit_min = 1, .nodes = 1, .user = -1},
      {.id = 4, .t_submit_s = 200, .run_s = 1, .limit_min = 1, .nodes = 1, .user = -1},
      {.id = 5, .t_submit_s = 201, .run_s = 1, .limit_min = 1, .nodes = 1, .user = -1}};
  aus_gpuqueue_trace t = trace_of(job, 5);
  aus_gpuqueue_sim_conf c = aus_gpuqueue_sim_compat();
  aus_gpuqueue_sim *s;

  (void)state;
  t.tick_s = 60;
  c.n_nodes = 4;
  check_ok(aus_gpuqueue_sim_create(&s, &c, &err), &err);
  check_ok(aus_gpuqueue_sim_load(s, &t, 90, 200, true, &err), &err);
  check_ok(aus_gpuqueue_sim_finish(s, NULL, &err), &err);
  assert_int_equal(aus_gpuqueue_sim_log(s).n, 3);
  assert_int_equal(start_of(s, 0), 90); /* raised to the beginning, where the first tick is */
  assert_int_equal(start_of(s, 1), 90);
  assert_int_equal(start_of(s, 3), 210); /* 180 lies between the ticks of 150 and 210 */
  aus_gpuqueue_sim_destroy(s);
}

/* What arrives may be put into the queue before the rest of its tick (D17), once. */
static void test_arrive(void **state)
{
  aus_gpuqueue_job job[] = {
      {.id = 1, .t_submit_s = 60, .run_s = 60, .limit_min = 1, .nodes = 1, .user = -1},
      {.id = 2, .t_submit_s = 120, .run_s = 60, .limit_min = 1, .nodes = 1, .user = -1}};
  aus_gpuqueue_trace t = trace_of(job, 2);
  aus_gpuqueue_sim_conf c = conf_of(SECONDS, 4);
  aus_gpuqueue_sim *s = loaded(&c, &t);

  (void)state;
  check_ok(aus_gpuqueue_sim_advance(s, 120, NULL, &err), &err);
  assert_int_equal(aus_gpuqueue_sim_n_pending(s), 0);
  assert_int_equal(aus_gpuqueue_sim_next_arrival_s(s), 120);
  check_ok(aus_gpuqueue_sim_arrive(s, &err), &err);
  check_ok(aus_gpuqueue_sim_arrive(s, &err), &err);
  assert_int_equal(aus_gpuqueue_sim_n_pending(s), 1);
  assert_true(aus_gpuqueue_sim_recent_s(s) == 0);
  check_ok(aus_gpuqueue_sim_finish(s, NULL, &err), &err);
  assert_int_equal(aus_gpuqueue_sim_log(s).n, 2);
  assert_int_equal(start_of(s, 1), 120);
  aus_gpuqueue_sim_destroy(s);
}

/* ---- clean against compat, other clusters ---- */

static double mean_wait_s(const aus_gpuqueue_sim_conf *c, const tiny_case *which)
{
  aus_gpuqueue_trace t = {0};
  aus_gpuqueue_metrics m;
  aus_gpuqueue_sim *s;

  tiny_jobs(&t, which, c->tick_s == 60 ? 60 : 1);
  s = finished(c, &t);
  check_ok(aus_gpuqueue_metrics_of(s, c->n_nodes, &m, &err), &err);
  aus_gpuqueue_sim_destroy(s);
  aus_gpuqueue_trace_fini(&t);
  return m.wait_mean_s;
}

static void test_clean_waits_less(void **state)
{
  int i, n_less = 0;

  (void)state;
  for (i = 0; i < N_TINY; i++) {
    aus_gpuqueue_sim_conf compat = aus_gpuqueue_sim_compat(), clean = aus_gpuqueue_sim_clean();
    double a, b;

    compat.n_nodes = clean.n_nodes = tiny_cases[i].n_nodes;
    a = mean_wait_s(&clean, &tiny_cases[i]);
    b = mean_wait_s(&compat, &tiny_cases[i]);
    if (a > b) fail_msg("%s: %g s, compat %g s", tiny_cases[i].name, a, b);
    n_less += a < b;
  }
  assert_true(n_less > 0);
}

/* The shared trace on an odd number of nodes, from and to in the middle of a week. */
static void test_odd_cluster(void **state)
{
  const int64_t from_s = time_of("2023-02-01T10:17:00"), to_s = time_of("2023-02-08T15:41:30");
  int kind;

  (void)state;
  for (kind = 0; kind < N_KINDS; kind++) {
    aus_gpuqueue_sim_conf c = conf_of(kind, 83);
    aus_gpuqueue_trace t = {0};
    aus_gpuqueue_sim *s;
    aus_gpuqueue_log log;
    int64_t i, n = 0;

    shared_jobs(&t, order_of(kind));
    for (i = 0; i < t.n; i++)
      n += t.job[i].t_submit_s >= from_s && t.job[i].t_submit_s <= to_s;
    check_ok(aus_gpuqueue_sim_create(&s, &c, &err), &err);
    check_ok(aus_gpuqueue_sim_load(s, &t, from_s, to_s, true, &err), &err);
    check_ok(aus_gpuqueue_sim_finish(s, NULL, &err), &err);
    log = aus_gpuqueue_sim_log(s);
    assert_int_equal(log.n, n);
    assert_true(n > 500);
    for (i = 0; i < n; i++) {
      assert_true(log.done[i].t_start_s >= log.done[i].t_submit_s);
      assert_true(nodes_held(s, c.tick_s, log.done[i].t_start_s, -1) <= 83);
    }
    aus_gpuqueue_sim_destroy(s);
    aus_gpuqueue_trace_fini(&t);
  }
}

/* ---- bad input ---- */

static void test_empty(void **state)
{
  aus_gpuqueue_trace t = {0};
  int kind;

  (void)state;
  for (kind = 0; kind < N_KINDS; kind++) {
    aus_gpuqueue_sim_conf c = conf_of(kind, 4);
    aus_gpuqueue_sim *s = finished(&c, &t);
    aus_gpuqueue_metrics m;
    int64_t number;
    const aus_gpuqueue_job own = {.t_submit_s = 90, .limit_min = 1, .nodes = 4, .user = -1};

    assert_int_equal(aus_gpuqueue_sim_log(s).n, 0);
    check_ok(aus_gpuqueue_metrics_of(s, 4, &m, &err), &err);
    assert_true(m.n == 0 && isnan(m.wait_mean_s) && isnan(m.error_mean_s) &&
                isnan(m.utilisation_frac));
    check_ok(aus_gpuqueue_sim_advance(s, 60, NULL, &err), &err);
    check_ok(aus_gpuqueue_sim_plan(s, &own, &number, &err), &err);
    check_ok(aus_gpuqueue_sim_until_started(s, number, NULL, &err), &err);
    assert_int_equal(aus_gpuqueue_sim_start_s(s, number), kind == MINUTES ? 60 : 90);
    assert_false(aus_gpuqueue_sim_backfilled(s, number));
    check_ok(aus_gpuqueue_sim_plan(
                 s, &(aus_gpuqueue_job){.t_submit_s = 999, .limit_min = 1, .nodes = 1, .user = -1},
                 &number, &err),
             &err);
    aus_gpuqueue_sim_close(s);
    check_fails(aus_gpuqueue_sim_until_started(s, number, NULL, &err), AUS_EINVAL, "never arrives",
                &err);
    check_fails(aus_gpuqueue_sim_until_started(s, number + 1, NULL, &err), AUS_EINVAL,
                "neither planned nor submitted", &err);
    aus_gpuqueue_sim_destroy(s);
  }
}

static void refused(aus_gpuqueue_job job, const char *text)
{
  aus_gpuqueue_sim_conf c = conf_of(EVENTS, 4);
  aus_gpuqueue_trace none = {0}, t = {.job = &job, .n = 1, .tick_s = 1};
  aus_gpuqueue_sim *s = loaded(&c, &none);
  int64_t number;

  check_fails(aus_gpuqueue_sim_plan(s, &job, &number, &err), AUS_EINVAL, text, &err);
  check_fails(aus_gpuqueue_sim_submit(s, &job, &number, &err), AUS_EINVAL, text, &err);
  assert_int_equal(number, -1);
  check_fails(aus_gpuqueue_sim_load(s, &t, 0, INT64_MAX, true, &err), AUS_EINVAL, text, &err);
  aus_gpuqueue_sim_destroy(s);
}

static void test_refused_jobs(void **state)
{
  const aus_gpuqueue_job good = {.id = 8, .t_submit_s = 9, .limit_min = 1, .nodes = 1, .user = -1};
  aus_gpuqueue_job job;

  (void)state;
  job = good, job.nodes = 5;
  refused(job, "job 8 needs 5 nodes, the cluster has 4");
  job = good, job.nodes = 0;
  refused(job, "job 8 needs 0 nodes, the cluster has 4");
  job = good, job.limit_min = 0;
  refused(job, "job 8: limit is 0 min, need >= 1");
  job = good, job.run_s = -1;
  refused(job, "job 8: run time is -1 s, need >= 0");
}

static void conf_refused(aus_gpuqueue_sim_conf c, const char *text)
{
  aus_gpuqueue_sim *s;

  check_fails(aus_gpuqueue_sim_create(&s, &c, &err), AUS_EINVAL, text, &err);
  assert_null(s);
}

static void test_refused_confs(void **state)
{
  const aus_gpuqueue_sim_conf good = conf_of(MINUTES, 4);
  aus_gpuqueue_sim_conf c;
  aus_gpuqueue_job job = {.t_submit_s = 9, .limit_min = 1, .nodes = 1, .user = -1};
  aus_gpuqueue_trace t = trace_of(&job, 1);
  aus_gpuqueue_sim *s;
  int64_t number;

  (void)state;
  c = good, c.n_nodes = 0;
  conf_refused(c, "the cluster has 0 nodes");
  c = good, c.tick_s = 30;
  conf_refused(c, "tick is 30 s, need 60, 1 or 0 (events)");
  c = good, c.bf_interval = 0;
  conf_refused(c, "bf_interval is 0");
  c = good, c.bf_window_min = 0;
  conf_refused(c, "bf_window is 0 min");
  c = good, c.bf_resolution_s = 36001;
  conf_refused(c, "bf_resolution is 36001 s, need 1 s to the window's 36000");
  c = good, c.bf_resolution_s = 1, c.bf_window_min = 1000000;
  conf_refused(c, "60000000 slots");
  c = good, c.bf_max_jobs = 0;
  conf_refused(c, "bf_max_jobs is 0");
  c = good, c.n_recent = 0;
  conf_refused(c, "n_recent is 0");
  c = good, c.age_weight = -1;
  conf_refused(c, "a weight is not a number >= 0");
  c = good, c.max_age_days = 0;
  conf_refused(c, "max_age_days is 0");
  c = good, c.user_max_jobs = -1;
  conf_refused(c, "a limit per user is negative");
  c = good, c.user_max_jobs = 1;
  conf_refused(c, "not for a clock with ticks");
  c = conf_of(USERS, 4);
  check_ok(aus_gpuqueue_sim_create(&s, &c, &err), &err);
  check_ok(aus_gpuqueue_sim_load(s, &t, 100, INT64_MAX, true, &err), &err);
  check_fails(aus_gpuqueue_sim_plan(s, &job, &number, &err), AUS_EINVAL, "would arrive 91 s ago",
              &err);
  job.user = 2;
  check_fails(aus_gpuqueue_sim_submit(s, &job, &number, &err), AUS_EINVAL, "user is 2, need -1..1",
              &err);
  t.tick_s = 60;
  check_fails(aus_gpuqueue_sim_load(s, &t, 0, INT64_MAX, true, &err), AUS_EINVAL,
              "the trace is in the order of ticks of 60 s, need 1", &err);
  aus_gpuqueue_sim_destroy(s);
}

static aus_poll_answer no_more(void *self)
{
  (void)self;
  return AUS_POLL_CANCEL;
}

static void test_cancel(void **state)
{
  const aus_poll poll = {.look = no_more};
  int kind;

  (void)state;
  for (kind = 0; kind < N_KINDS; kind++) {
    aus_gpuqueue_sim_conf c = conf_of(kind, 40);
    aus_gpuqueue_trace t;
    aus_gpuqueue_sim *s;

    random_jobs(&t, 3, 5000, 20, order_of(kind));
    s = loaded(&c, &t);
    check_fails(aus_gpuqueue_sim_finish(s, &poll, &err), AUS_ECANCEL, "cancelled", &err);
    check_fails(aus_gpuqueue_sim_advance(s, INT64_MAX / 2, &poll, &err), AUS_ECANCEL, "cancelled",
                &err);
    aus_gpuqueue_sim_destroy(s);
    aus_gpuqueue_trace_fini(&t);
  }
}

/* One run with everything that needs memory. */
static int whole_run(const aus_gpuqueue_sim_conf *c, const aus_gpuqueue_trace *t, aus_err *e)
{
  int rc = AUS_OK;
  aus_gpuqueue_sim *a = NULL, *b = NULL;
  aus_gpuqueue_metrics m;
  aus_gpuqueue_job own = {.id = 7, .limit_min = 10, .nodes = 1, .user = -1};
  int64_t number;

  AUS_TRY(aus_gpuqueue_sim_create(&a, c, e));
  AUS_TRY(aus_gpuqueue_sim_create(&b, c, e));
  AUS_TRY(aus_gpuqueue_sim_load(a, t, t->job[0].t_submit_s, INT64_MAX, true, e));
  own.t_submit_s = t->job[t->n / 2].t_submit_s;
  AUS_TRY(aus_gpuqueue_sim_plan(a, &own, &number, e));
  AUS_TRY(aus_gpuqueue_sim_until_started(a, number, NULL, e));
  AUS_TRY(aus_gpuqueue_sim_copy(b, a, e));
  AUS_TRY(aus_gpuqueue_sim_submit(b, &own, &number, e));
  AUS_TRY(aus_gpuqueue_sim_finish(b, NULL, e));
  AUS_TRY(aus_gpuqueue_sim_finish(a, NULL, e));
  AUS_TRY(aus_gpuqueue_metrics_of(a, c->n_nodes, &m, e));
done:
  aus_gpuqueue_sim_destroy(a);
  aus_gpuqueue_sim_destroy(b);
  return rc;
}

static void test_out_of_memory(void **state)
{
  int kind;

  (void)state;
  for (kind = 0; kind < N_KINDS; kind++) {
    aus_gpuqueue_sim_conf c = conf_of(kind, 9);
    aus_gpuqueue_trace t;
    int64_t n, live;
    int rc = AUS_ENOMEM;

    c.node_ids = kind == MINUTES;
    random_jobs(&t, 4, 60, 9, order_of(kind));
    live = aus_alloc_live();
    for (n = 0; rc != AUS_OK && n < 500; n++) {
      aus_err_clear(&err);
      aus_alloc_fail_at(n);
      rc = whole_run(&c, &t, &err);
      if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
      assert_int_equal(aus_alloc_live(), live);
    }
    aus_alloc_fail_at(-1);
    assert_int_equal(rc, AUS_OK);
    assert_true(n > 20);
    aus_gpuqueue_trace_fini(&t);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sound),
      cmocka_unit_test(test_ways),
      cmocka_unit_test(test_forks),
      cmocka_unit_test(test_copy_is_cheap),
      cmocka_unit_test(test_planned),
      cmocka_unit_test(test_look_ahead),
      cmocka_unit_test(test_age_cap),
      cmocka_unit_test(test_user_limits),
      cmocka_unit_test(test_fair_share),
      cmocka_unit_test(test_at_once),
      cmocka_unit_test(test_window_ends),
      cmocka_unit_test(test_arrive),
      cmocka_unit_test(test_clean_waits_less),
      cmocka_unit_test(test_odd_cluster),
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_refused_jobs),
      cmocka_unit_test(test_refused_confs),
      cmocka_unit_test(test_cancel),
      cmocka_unit_test(test_out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
