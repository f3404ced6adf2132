/* gpuqueue_walk.c - snapshots against sorting everything each time; forks; bad input.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include "gpuqueue/walk.h"
#include "unit/gpuqueue_stand.h"
#include "util/stats.h"

static aus_err err;

enum { N_JOBS = 500, MEAN_S = 380, N_KEPT = 20, N_CLOCKS = 3 };
static const int64_t clocks[N_CLOCKS] = {60, 1, 0}; /* ticks, seconds, events */

static aus_gpuqueue_walk *new_walk(int64_t tick_s, int n_kept)
{
  const aus_gpuqueue_sim_conf conf = stand_cluster(tick_s);
  aus_gpuqueue_walk *w;

  check_ok(aus_gpuqueue_walk_create(&w, &conf, 600, n_kept, &err), &err);
  return w;
}

static aus_gpuqueue_walk *loaded(const aus_gpuqueue_trace *t, int64_t tick_s, int n_kept)
{
  aus_gpuqueue_walk *w = new_walk(tick_s, n_kept);

  check_ok(aus_gpuqueue_walk_load(w, t, STAND_T0_S, INT64_MAX, &err), &err);
  return w;
}

static void advance(aus_gpuqueue_walk *w, int64_t t_s)
{
  check_ok(aus_gpuqueue_walk_advance(w, t_s, NULL, &err), &err);
}

/* ---- the 34 numbers, the plain way ---- */

enum { LIMIT, QUEUE, ELAPSED };

static double field(const aus_gpuqueue_seen *s, int which)
{
  return (double)(which == LIMIT ? s->limit_min : which == QUEUE ? s->queue_s : s->elapsed_s);
}

static void plain_half(const aus_gpuqueue_seen *s, int64_t n, double *out)
{
  double *x = calloc((size_t)n + 1, sizeof *x);
  int64_t i;
  int k, which;

  memset(out, 0, 17 * sizeof *out);
  out[0] = (double)n;
  for (i = 0; i < n; i++)
    out[1] += (double)s[i].nodes;
  for (which = LIMIT; n > 0 && which <= ELAPSED; which++) {
    for (i = 0; i < n; i++)
      x[i] = field(&s[i], which);
    aus_stats_sort(x, n);
    for (k = 0; k < 5; k++)
      out[2 + 5 * which + k] = aus_stats_quantile(x, n, k / 4.0);
  }
  free(x);
}

static void plain_row(const aus_gpuqueue_sim *s, double *out)
{
  aus_gpuqueue_seen seen[N_JOBS + 2];

  aus_gpuqueue_sim_pending(s, seen);
  plain_half(seen, aus_gpuqueue_sim_n_pending(s), out);
  aus_gpuqueue_sim_running(s, seen);
  plain_half(seen, aus_gpuqueue_sim_n_running(s), out + 17);
}

static void check_rows(const double *a, const double *b, int64_t n)
{
  int64_t i;

  for (i = 0; i < n; i++)
    if (a[i] != b[i]) fail_msg("number %d: %.17g, want %.17g", (int)i, a[i], b[i]);
}

/* Every snapshot of a whole trace; the simulator beside is never watched. */
static void snapshots(void **state)
{
  aus_gpuqueue_trace t;
  int c;

  (void)state;
  for (c = 0; c < N_CLOCKS; c++) {
    aus_gpuqueue_walk *w, *beside;
    int64_t t_s, t_row_s, most = 0;
    double row[AUS_GPUQUEUE_N_SEEN];
    int n;

    stand_trace(&t, N_JOBS, STAND_T0_S, MEAN_S, clocks[c], 3);
    w = loaded(&t, clocks[c], N_KEPT);
    beside = loaded(&t, clocks[c], 0);
    for (t_s = STAND_T0_S; t_s < STAND_T0_S + 60 * STAND_HOUR_S; t_s += 600) {
      advance(w, t_s);
      advance(beside, t_s);
      plain_row(aus_gpuqueue_walk_sim_const(beside), row);
      n = aus_gpuqueue_walk_n(w);
      assert_true(n <= N_KEPT);
      check_rows(aus_gpuqueue_walk_row(w, n - 1, &t_row_s), row, AUS_GPUQUEUE_N_SEEN);
      assert_true(t_row_s == t_s);
      if (aus_gpuqueue_sim_n_pending(aus_gpuqueue_walk_sim_const(w)) > most)
        most = aus_gpuqueue_sim_n_pending(aus_gpuqueue_walk_sim_const(w));
    }
    assert_true(most > 10); /* there was a queue */
    assert_int_equal(aus_gpuqueue_walk_n(beside), 0);
    aus_gpuqueue_walk_destroy(w);
    aus_gpuqueue_walk_destroy(beside);
    aus_gpuqueue_trace_fini(&t);
  }
}

/* ---- forks ---- */

static void check_same(const aus_gpuqueue_walk *a, const aus_gpuqueue_walk *b)
{
  aus_gpuqueue_seen sa[N_JOBS + 2], sb[N_JOBS + 2];
  const aus_gpuqueue_sim *x = aus_gpuqueue_walk_sim_const(a), *y = aus_gpuqueue_walk_sim_const(b);
  int64_t n = aus_gpuqueue_sim_n_pending(x), ta, tb;
  int i;

  assert_int_equal(aus_gpuqueue_walk_n(a), aus_gpuqueue_walk_n(b));
  for (i = 0; i < aus_gpuqueue_walk_n(a); i++) {
    check_rows(aus_gpuqueue_walk_row(a, i, &ta), aus_gpuqueue_walk_row(b, i, &tb),
               AUS_GPUQUEUE_N_SEEN);
    assert_true(ta == tb);
  }
  assert_true(aus_gpuqueue_sim_now_s(x) == aus_gpuqueue_sim_now_s(y));
  assert_true(n == aus_gpuqueue_sim_n_pending(y));
  assert_true(aus_gpuqueue_sim_recent_s(x) == aus_gpuqueue_sim_recent_s(y));
  aus_gpuqueue_sim_pending(x, sa);
  aus_gpuqueue_sim_pending(y, sb);
  assert_memory_equal(sa, sb, (size_t)n * sizeof *sa);
  n = aus_gpuqueue_sim_n_running(x);
  assert_true(n == aus_gpuqueue_sim_n_running(y));
  aus_gpuqueue_sim_running(x, sa);
  aus_gpuqueue_sim_running(y, sb);
  assert_memory_equal(sa, sb, (size_t)n * sizeof *sa);
}

static aus_gpuqueue_job own_job(int64_t t_s)
{
  return (aus_gpuqueue_job){.id = 1000000,
                            .t_submit_s = t_s,
                            .run_s = 7200,
                            .limit_min = 240,
                            .nodes = 4,
                            .user = -1,
                            .priority = NAN};
}

/* A fork goes on as the original does, also when it was used for something else before. */
static void forks(void **state)
{
  aus_gpuqueue_trace t;
  int c, h;

  (void)state;
  for (c = 0; c < N_CLOCKS; c++) {
    aus_gpuqueue_walk *w, *fork;
    int64_t number;

    stand_trace(&t, N_JOBS, STAND_T0_S, MEAN_S, clocks[c], 4);
    w = loaded(&t, clocks[c], N_KEPT);
    fork = new_walk(clocks[c], N_KEPT);
    for (h = 1; h < 40; h += 4) {
      const aus_gpuqueue_job job = own_job(STAND_T0_S + h * STAND_HOUR_S + 840);

      advance(w, STAND_T0_S + h * STAND_HOUR_S + 120);
      check_ok(aus_gpuqueue_walk_copy(fork, w, &err), &err);
      check_ok(aus_gpuqueue_sim_plan(aus_gpuqueue_walk_sim(w), &job, &number, &err), &err);
      check_ok(aus_gpuqueue_sim_plan(aus_gpuqueue_walk_sim(fork), &job, &number, &err), &err);
      advance(fork, STAND_T0_S + h * STAND_HOUR_S + 700); /* in two steps */
      advance(fork, STAND_T0_S + (h + 3) * STAND_HOUR_S);
      advance(w, STAND_T0_S + (h + 3) * STAND_HOUR_S);
      check_same(fork, w);
    }
    aus_gpuqueue_walk_destroy(w);
    aus_gpuqueue_walk_destroy(fork);
    aus_gpuqueue_trace_fini(&t);
  }
}

/* A fork does not take one job for another of the same number in the fork before it. */
static void used_again(void **state)
{
  aus_gpuqueue_trace t;
  aus_gpuqueue_walk *w, *fork, *fresh;
  int64_t t_s = STAND_T0_S + 24 * STAND_HOUR_S, number;
  aus_gpuqueue_job job = own_job(t_s);
  int i;

  (void)state;
  stand_trace(&t, N_JOBS, STAND_T0_S, MEAN_S, 60, 9);
  w = loaded(&t, 60, N_KEPT);
  advance(w, t_s);
  fork = new_walk(60, N_KEPT);
  for (i = 0; i < 2; i++) {
    job.limit_min = i == 0 ? 7 : 2000; /* no job of the trace has either */
    job.run_s = 420;
    fresh = new_walk(60, N_KEPT);
    check_ok(aus_gpuqueue_walk_copy(fork, w, &err), &err);
    check_ok(aus_gpuqueue_walk_copy(fresh, w, &err), &err);
    check_ok(aus_gpuqueue_sim_submit(aus_gpuqueue_walk_sim(fork), &job, &number, &err), &err);
    check_ok(aus_gpuqueue_sim_submit(aus_gpuqueue_walk_sim(fresh), &job, &number, &err), &err);
    advance(fork, t_s + 600); /* it waits still */
    advance(fresh, t_s + 600);
    assert_true(aus_gpuqueue_sim_start_s(aus_gpuqueue_walk_sim(fork), number) ==
                AUS_GPUQUEUE_NEVER);
    check_same(fork, fresh);
    assert_true((aus_gpuqueue_walk_row(fork, N_KEPT - 1, NULL)[i == 0 ? 2 : 6] == job.limit_min));
    aus_gpuqueue_walk_destroy(fresh);
  }
  aus_gpuqueue_walk_destroy(w);
  aus_gpuqueue_walk_destroy(fork);
  aus_gpuqueue_trace_fini(&t);
}

/* What is not looked at before a time is the same from then on. */
static void later(void **state)
{
  aus_gpuqueue_trace t;
  aus_gpuqueue_walk *w, *late;
  int64_t t_s, t_late_s;
  int i, n;

  (void)state;
  stand_trace(&t, N_JOBS, STAND_T0_S, MEAN_S, 60, 5);
  w = loaded(&t, 60, N_KEPT);
  late = loaded(&t, 60, N_KEPT);
  advance(w, STAND_T0_S + 24 * STAND_HOUR_S);
  aus_gpuqueue_walk_watch(late, STAND_T0_S, STAND_T0_S + 22 * STAND_HOUR_S + 1);
  advance(late, STAND_T0_S + 24 * STAND_HOUR_S);
  n = aus_gpuqueue_walk_n(late);
  assert_int_equal(n, 12); /* the first at 22 h 10 min, the last at 24 h */
  for (i = 0; i < n; i++) {
    check_rows(aus_gpuqueue_walk_row(late, i, &t_late_s),
               aus_gpuqueue_walk_row(w, N_KEPT - n + i, &t_s), AUS_GPUQUEUE_N_SEEN);
    assert_true(t_late_s == t_s);
  }
  aus_gpuqueue_walk_destroy(w);
  aus_gpuqueue_walk_destroy(late);
  aus_gpuqueue_trace_fini(&t);
}

/* Watching a job to its start takes what is due up to a tick behind it and changes nothing. */
static void watched(void **state)
{
  aus_gpuqueue_trace t;
  int c;

  (void)state;
  for (c = 0; c < N_CLOCKS; c++) {
    int64_t unit_s = clocks[c] > 0 ? clocks[c] : 1, number, t_s, t_last_s, t_begin_s;
    aus_gpuqueue_walk *w, *free_run, *other;

    stand_trace(&t, N_JOBS, STAND_T0_S, MEAN_S, clocks[c], 6);
    w = loaded(&t, clocks[c], N_KEPT);
    free_run = new_walk(clocks[c], N_KEPT);
    other = new_walk(clocks[c], N_KEPT);
    for (t_begin_s = STAND_T0_S + 20 * STAND_HOUR_S; t_begin_s < STAND_T0_S + 30 * STAND_HOUR_S;
         t_begin_s += 3900) {
      const aus_gpuqueue_job job = own_job(t_begin_s);

      advance(w, t_begin_s);
      check_ok(aus_gpuqueue_walk_copy(other, w, &err), &err);
      check_ok(aus_gpuqueue_sim_submit(aus_gpuqueue_walk_sim(other), &job, &number, &err), &err);
      check_ok(aus_gpuqueue_walk_copy(free_run, other, &err), &err);
      check_ok(aus_gpuqueue_walk_until_started(other, number, true, NULL, &err), &err);
      check_ok(aus_gpuqueue_walk_until_started(free_run, number, false, NULL, &err), &err);
      t_s = aus_gpuqueue_sim_start_s(aus_gpuqueue_walk_sim(other), number);
      assert_true(t_s == aus_gpuqueue_sim_start_s(aus_gpuqueue_walk_sim(free_run), number));
      aus_gpuqueue_walk_row(other, aus_gpuqueue_walk_n(other) - 1, &t_last_s);
      assert_true(t_last_s <= t_s + unit_s && t_last_s + 600 > t_s + unit_s);
      check_ok(aus_gpuqueue_walk_copy(free_run, w, &err), &err);
      check_ok(aus_gpuqueue_sim_submit(aus_gpuqueue_walk_sim(free_run), &job, &number, &err), &err);
      advance(free_run, t_last_s);
      check_rows(aus_gpuqueue_walk_row(other, N_KEPT - 1, NULL),
                 aus_gpuqueue_walk_row(free_run, N_KEPT - 1, NULL), AUS_GPUQUEUE_N_SEEN);
    }
    aus_gpuqueue_walk_destroy(w);
    aus_gpuqueue_walk_destroy(free_run);
    aus_gpuqueue_walk_destroy(other);
    aus_gpuqueue_trace_fini(&t);
  }
}

/* ---- states ---- */

static void states(void **state)
{
  aus_gpuqueue_pair pair = {.limit_min = 480,
                            .nodes = 3,
                            .t_submit_s = STAND_T0_S + 600,
                            .t_start_s = AUS_GPUQUEUE_NEVER,
                            .run_s = 28800,
                            .t_decision_s = STAND_T0_S + 1500};
  double x[4 * AUS_GPUQUEUE_N_STATE];
  static const double waits[8] = {480, 3, 900, 0, 480, 3, 0, 0},
                      runs[8] = {480, 3, 120, 780, 480, 3, 0, 0},
                      over[8] = {480, 3, 120, 28800, 480, 3, 0, 0};
  aus_gpuqueue_trace t;
  aus_gpuqueue_walk *w;
  int i;

  (void)state;
  stand_trace(&t, N_JOBS, STAND_T0_S, MEAN_S, 60, 7);
  w = loaded(&t, 60, 4);
  advance(w, STAND_T0_S + 1500);
  memset(x, 0xff, sizeof x);
  aus_gpuqueue_walk_state(w, &pair, x);
  for (i = 0; i < AUS_GPUQUEUE_N_SEEN; i++)
    assert_true(x[i] == 0.0); /* only three were taken */
  for (i = 0; i < 4; i++)
    check_rows(x + i * AUS_GPUQUEUE_N_STATE + 34, waits, 8);
  for (i = 0; i < 3; i++)
    check_rows(x + (i + 1) * AUS_GPUQUEUE_N_STATE, aus_gpuqueue_walk_row(w, i, NULL), 34);
  pair.t_start_s = STAND_T0_S + 720;
  aus_gpuqueue_walk_state(w, &pair, x);
  check_rows(x + 34, runs, 8);
  pair.t_decision_s = STAND_T0_S + 99999;
  aus_gpuqueue_walk_state(w, &pair, x);
  check_rows(x + 34, over, 8);
  pair.t_decision_s = STAND_T0_S + 700; /* will start, but has not yet */
  aus_gpuqueue_walk_state(w, &pair, x);
  assert_true(x[36] == 100.0 && x[37] == 0.0);
  aus_gpuqueue_walk_destroy(w);
  aus_gpuqueue_trace_fini(&t);
}

/* ---- bad input ---- */

static void refused(void **state)
{
  aus_gpuqueue_sim_conf conf = stand_cluster(60);
  aus_gpuqueue_walk *a, *b;

  (void)state;
  check_fails(aus_gpuqueue_walk_create(&a, &conf, 600, -1, &err), AUS_EINVAL,
              "number of snapshots is -1, need >= 0", &err);
  assert_null(a);
  check_fails(aus_gpuqueue_walk_create(&a, &conf, 0, 3, &err), AUS_EINVAL,
              "time between snapshots is 0 s, need >= 1", &err);
  check_fails(aus_gpuqueue_walk_create(&a, &conf, 90, 3, &err), AUS_EINVAL,
              "time between snapshots is 90 s, need a multiple of the tick of 60 s", &err);
  conf.n_nodes = 0;
  aus_err_clear(&err);
  assert_int_equal(aus_gpuqueue_walk_create(&a, &conf, 600, 3, &err), AUS_EINVAL);
  a = new_walk(60, 3);
  b = new_walk(60, 4);
  check_fails(aus_gpuqueue_walk_copy(a, b, &err), AUS_EINVAL,
              "fork of a walk of 4 snapshots into one of 3", &err);
  aus_gpuqueue_walk_destroy(a);
  aus_gpuqueue_walk_destroy(b);
  aus_gpuqueue_walk_destroy(NULL);
}

static int one_walk(const aus_gpuqueue_trace *t)
{
  const aus_gpuqueue_sim_conf conf = stand_cluster(60);
  const aus_gpuqueue_job job = own_job(STAND_T0_S + 30 * STAND_HOUR_S);
  int rc = AUS_OK;
  aus_gpuqueue_walk *a = NULL, *b = NULL;
  int64_t number;

  AUS_TRY(aus_gpuqueue_walk_create(&a, &conf, 600, N_KEPT, &err));
  AUS_TRY(aus_gpuqueue_walk_create(&b, &conf, 600, N_KEPT, &err));
  AUS_TRY(aus_gpuqueue_walk_load(a, t, STAND_T0_S, INT64_MAX, &err));
  AUS_TRY(aus_gpuqueue_walk_advance(a, STAND_T0_S + 30 * STAND_HOUR_S, NULL, &err));
  AUS_TRY(aus_gpuqueue_walk_copy(b, a, &err));
  AUS_TRY(aus_gpuqueue_sim_submit(aus_gpuqueue_walk_sim(b), &job, &number, &err));
  AUS_TRY(aus_gpuqueue_walk_until_started(b, number, true, NULL, &err));
done:
  aus_gpuqueue_walk_destroy(a);
  aus_gpuqueue_walk_destroy(b);
  return rc;
}

static void out_of_memory(void **state)
{
  aus_gpuqueue_trace t;
  int64_t n = 0, live;
  int rc;

  (void)state;
  stand_trace(&t, N_JOBS, STAND_T0_S, MEAN_S, 60, 8);
  aus_err_clear(&err);
  live = aus_alloc_live();
  for (;; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = one_walk(&t);
    if (!aus_alloc_failed()) break;
    assert_int_equal(rc, AUS_ENOMEM);
    assert_int_equal(err.code, AUS_ENOMEM);
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
  assert_true(n > 12);
  aus_gpuqueue_trace_fini(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(snapshots),  cmocka_unit_test(forks),
                                     cmocka_unit_test(used_again), cmocka_unit_test(later),
                                     cmocka_unit_test(watched),    cmocka_unit_test(states),
                                     cmocka_unit_test(refused),    cmocka_unit_test(out_of_memory)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}
