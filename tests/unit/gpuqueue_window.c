/* gpuqueue_window.c - provisioning windows: by hand, in any order, warm and cold, without a look ahead.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include "gpuqueue/window.h"
#include "unit/gpuqueue_stand.h"

static aus_err err;

enum { N_JOBS = 700, MEAN_S = 1200, N_CLOCKS = 2, X_MAX = 30 * AUS_GPUQUEUE_N_STATE };
static const int64_t clocks[N_CLOCKS] = {60, 0};

static aus_gpuqueue_window *new_window(const aus_gpuqueue_sim_conf *conf,
                                       const aus_gpuqueue_geometry *g)
{
  aus_gpuqueue_window *w;

  check_ok(aus_gpuqueue_window_create(&w, conf, g, &err), &err);
  return w;
}

static void open_cold(aus_gpuqueue_window *w, const aus_gpuqueue_trace *t, int64_t index)
{
  check_ok(aus_gpuqueue_window_open(w, t, index, NULL, NULL, &err), &err);
}

static aus_gpuqueue_outcome decide(aus_gpuqueue_window *w, int64_t t_s, bool again, double *x)
{
  aus_gpuqueue_outcome o;

  check_ok(aus_gpuqueue_window_decide(w, t_s, again, &o, x, NULL, &err), &err);
  return o;
}

static void check_equal(const aus_gpuqueue_outcome *a, const aus_gpuqueue_outcome *b)
{
  assert_true(a->t_decision_s == b->t_decision_s);
  assert_true(a->t_start_s == b->t_start_s);
  assert_true(a->reward_s == b->reward_s);
  assert_true(a->backfilled == b->backfilled);
}

/* ---- by hand ----
 *
 * Two nodes, age alone counts, backfill in ticks 0, 10, 20, ..; chain jobs of 1 node and 60 min.
 *   job 1: 2 nodes, 60 min, submitted at 0, runs 0 .. 3600
 *   A:     submitted at 1800, waits for job 1, runs 3600 .. 7200
 *   job 2: 2 nodes, 30 min, submitted at 3000, waits for A, runs 7200 .. 9000
 *   job 3: 1 node, submitted at 9000
 */

static void hand_trace(aus_gpuqueue_trace *t)
{
  static const aus_gpuqueue_job jobs[3] = {
      {.id = 1, .t_submit_s = 0, .run_s = 3600, .limit_min = 60, .nodes = 2},
      {.id = 2, .t_submit_s = 3000, .run_s = 1800, .limit_min = 30, .nodes = 2},
      {.id = 3, .t_submit_s = 9000, .run_s = 600, .limit_min = 10, .nodes = 1}};
  int i;

  *t = (aus_gpuqueue_trace){.n = 3, .cap = 3, .n_users = 1};
  t->job = aus_zalloc(3, sizeof *t->job);
  assert_non_null(t->job);
  for (i = 0; i < 3; i++) {
    t->job[i] = jobs[i];
    t->job[i].t_submit_s += STAND_T0_S;
  }
  aus_gpuqueue_trace_order(t, 60);
}

static aus_gpuqueue_sim_conf hand_cluster(void)
{
  aus_gpuqueue_sim_conf conf = stand_cluster(60);

  conf.n_nodes = 2;
  conf.size_weight = 0.0;
  return conf;
}

static aus_gpuqueue_geometry hand_geometry(void)
{
  aus_gpuqueue_geometry g = stand_geometry();

  g.warmup_s = 1800;
  g.chain_nodes = 1;
  g.chain_limit_min = 60;
  g.n_snapshots = 3;
  g.n_probes = 4;
  return g;
}

static void by_hand(void **state)
{
  static const struct {
    int64_t t_decision_s, t_start_s;
    bool backfilled;
  } want[] = {{1860, 3600, true},   /* next to A, which is the first in the queue */
              {3060, 3600, true},   /* job 2 does not fit beside A, B does */
              {3600, 3600, true},   /* is put in before the tick's backfill pass */
              {3660, 9000, false},  /* an hour from now on would delay job 2 */
              {7200, 9000, false}}; /* behind job 2 */
  const aus_gpuqueue_sim_conf conf = hand_cluster();
  const aus_gpuqueue_geometry g = hand_geometry();
  const aus_gpuqueue_window_facts *f;
  aus_gpuqueue_trace t;
  aus_gpuqueue_window *w = new_window(&conf, &g);
  aus_gpuqueue_outcome o;
  size_t i;

  (void)state;
  hand_trace(&t);
  open_cold(w, &t, 0);
  f = aus_gpuqueue_window_facts_of(w);
  assert_int_equal(f->t_begin_s - STAND_T0_S, 0);
  assert_int_equal(f->t_submit_s - STAND_T0_S, 1800);
  assert_int_equal(f->first_s - STAND_T0_S, 1860);
  assert_int_equal(f->t_pred_start_s - STAND_T0_S, 3600);
  assert_int_equal(f->t_pred_end_s - STAND_T0_S, 7200);
  assert_int_equal(f->avg_wait_min, 15); /* (0 + 1800)/2 */
  assert_int_equal(f->queue_len, 1);
  for (i = 0; i < sizeof want / sizeof *want; i++) {
    o = decide(w, STAND_T0_S + want[i].t_decision_s, false, NULL);
    assert_int_equal(o.t_decision_s - STAND_T0_S, want[i].t_decision_s);
    assert_int_equal(o.t_start_s - STAND_T0_S, want[i].t_start_s);
    assert_int_equal(o.reward_s, want[i].t_start_s - 7200);
    assert_int_equal(o.backfilled, want[i].backfilled);
  }
  check_ok(aus_gpuqueue_window_oracle(w, &o, NULL, &err), &err);
  assert_int_equal(o.t_decision_s - STAND_T0_S, 3600); /* the latest without an interruption */
  assert_int_equal(o.reward_s, -3600);
  aus_gpuqueue_window_destroy(w);
  aus_gpuqueue_trace_fini(&t);
}

/* D17: read when job 3 arrives, and job 3 counts. Without any arrival after A's start nothing differs. */
static void late_average(void **state)
{
  const aus_gpuqueue_sim_conf conf = hand_cluster();
  aus_gpuqueue_geometry g = hand_geometry();
  aus_gpuqueue_trace t;
  aus_gpuqueue_window *w;

  (void)state;
  hand_trace(&t);
  g.late_average = true;
  w = new_window(&conf, &g);
  open_cold(w, &t, 0);
  assert_int_equal(aus_gpuqueue_window_facts_of(w)->avg_wait_min, 33); /* (0 + 1800 + 4200)/3 */
  assert_int_equal(aus_gpuqueue_window_facts_of(w)->queue_len, 1);
  aus_gpuqueue_window_destroy(w);
  g.workload_s = 8999; /* job 3 is no part of it */
  w = new_window(&conf, &g);
  open_cold(w, &t, 0);
  assert_int_equal(aus_gpuqueue_window_facts_of(w)->avg_wait_min, 15);
  assert_int_equal(aus_gpuqueue_window_facts_of(w)->queue_len, 1);
  aus_gpuqueue_window_destroy(w);
  aus_gpuqueue_trace_fini(&t);
}

/* (7200 - 1860)/3 = 1780 s apart; whole minutes in ticks of 60. */
static void probes(void **state)
{
  static const int64_t want[2][4] = {{1860, 3600, 5400, 7200}, {1860, 3640, 5420, 7200}};
  int c, j;

  (void)state;
  for (c = 0; c < 2; c++) {
    aus_gpuqueue_sim_conf conf = hand_cluster();
    aus_gpuqueue_geometry g = hand_geometry();
    aus_gpuqueue_trace t;
    aus_gpuqueue_window *w;

    hand_trace(&t);
    if (c == 1) {
      conf = aus_gpuqueue_sim_clean();
      conf.n_nodes = 2;
      conf.size_weight = 0.0;
      aus_gpuqueue_trace_order(&t, 1);
    }
    w = new_window(&conf, &g);
    open_cold(w, &t, 0);
    for (j = 0; j < 4; j++)
      assert_int_equal(aus_gpuqueue_window_probe_s(w, j) - STAND_T0_S, want[c][j]);
    aus_gpuqueue_window_destroy(w);
    g.n_probes = 1;
    w = new_window(&conf, &g);
    open_cold(w, &t, 0);
    assert_int_equal(aus_gpuqueue_window_probe_s(w, 0) - STAND_T0_S, 1860);
    aus_gpuqueue_window_destroy(w);
    aus_gpuqueue_trace_fini(&t);
  }
}

/* D12 */
static void clamped(void **state)
{
  const aus_gpuqueue_sim_conf conf = hand_cluster();
  aus_gpuqueue_geometry g = hand_geometry();
  aus_gpuqueue_trace t;
  aus_gpuqueue_window *w = new_window(&conf, &g);
  aus_gpuqueue_outcome o;

  (void)state;
  hand_trace(&t);
  open_cold(w, &t, 0);
  o = decide(w, STAND_T0_S - 86400, false, NULL);
  assert_int_equal(o.t_decision_s - STAND_T0_S, 1860);
  check_fails(
      aus_gpuqueue_window_decide(w, STAND_T0_S + 7260, false, &o, NULL, NULL, &err), AUS_EINVAL,
      "window 0: decision 5460 s after the predecessor's submission, need 60 to 5400", &err);
  aus_gpuqueue_window_destroy(w);
  g.unclamped = true;
  w = new_window(&conf, &g);
  open_cold(w, &t, 0);
  check_fails(aus_gpuqueue_window_decide(w, STAND_T0_S + 1800, false, &o, NULL, NULL, &err),
              AUS_EINVAL,
              "window 0: decision 0 s after the predecessor's submission, need 60 to 5400", &err);
  aus_gpuqueue_window_destroy(w);
  aus_gpuqueue_trace_fini(&t);
}

/* ---- properties ---- */

/* All of a window's probes: outcomes and states. */
typedef struct result {
  aus_gpuqueue_window_facts facts;
  aus_gpuqueue_outcome outcome[5];
  double x[5][X_MAX];
} result;

static void probe_all(aus_gpuqueue_window *w, bool descending, bool again, result *r)
{
  int k, j;

  memset(r, 0, sizeof *r);
  r->facts = *aus_gpuqueue_window_facts_of(w);
  for (k = 0; k < 5; k++) {
    j = descending ? 4 - k : k;
    r->outcome[j] = decide(w, aus_gpuqueue_window_probe_s(w, j), again, r->x[j]);
  }
}

static void check_results(const result *a, const result *b)
{
  int j;

  assert_memory_equal(&a->facts, &b->facts, sizeof a->facts);
  for (j = 0; j < 5; j++)
    check_equal(&a->outcome[j], &b->outcome[j]);
  assert_memory_equal(a->x, b->x, sizeof a->x);
}

static void any_order(void **state)
{
  static result a, b;
  int c, start;

  (void)state;
  for (c = 0; c < N_CLOCKS; c++) {
    for (start = 0; start < 2; start++) {
      const aus_gpuqueue_sim_conf conf = stand_cluster(clocks[c]);
      aus_gpuqueue_geometry g = stand_geometry();
      aus_gpuqueue_trace t;
      aus_gpuqueue_window *w;

      g.anchor_start = start;
      stand_trace(&t, N_JOBS, STAND_T0_S, MEAN_S, clocks[c], 11);
      w = new_window(&conf, &g);
      open_cold(w, &t, 3);
      probe_all(w, false, false, &a);
      probe_all(w, false, false, &b); /* starts over */
      check_results(&a, &b);
      probe_all(w, true, true, &b);
      check_results(&a, &b);
      open_cold(w, &t, 5); /* another one in between */
      probe_all(w, true, false, &b);
      open_cold(w, &t, 3);
      decide(w, a.outcome[2].t_decision_s, false, NULL);
      probe_all(w, false, true, &b);
      check_results(&a, &b);
      aus_gpuqueue_window_destroy(w);
      aus_gpuqueue_trace_fini(&t);
    }
  }
}

/* Every minute on a window of its own. */
static void oracle(void **state)
{
  const aus_gpuqueue_sim_conf conf = stand_cluster(60);
  const aus_gpuqueue_geometry g = stand_geometry();
  aus_gpuqueue_trace t;
  aus_gpuqueue_window *w = new_window(&conf, &g);
  int64_t i, t_s, best_s, t_best_s;
  int interrupted = 0, overlapped = 0;

  (void)state;
  stand_trace(&t, N_JOBS, STAND_T0_S, MEAN_S, 60, 12);
  for (i = 0; i < 8; i++) {
    const aus_gpuqueue_window_facts *f = aus_gpuqueue_window_facts_of(w);
    aus_gpuqueue_outcome o;

    open_cold(w, &t, i);
    best_s = INT64_MAX;
    t_best_s = 0;
    for (t_s = f->first_s; t_s <= f->t_pred_end_s; t_s += 60) {
      int64_t r = decide(w, t_s, false, NULL).reward_s;
      bool gap = r > 0, best_gap = best_s > 0;

      if (gap < best_gap || (gap == best_gap && llabs(r) <= llabs(best_s))) {
        best_s = r;
        t_best_s = t_s;
      }
    }
    check_ok(aus_gpuqueue_window_oracle(w, &o, NULL, &err), &err);
    assert_int_equal(o.reward_s, best_s);
    assert_int_equal(o.t_decision_s, t_best_s);
    assert_int_equal(o.t_start_s, f->t_pred_end_s + best_s);
    interrupted += best_s > 0;
    overlapped += best_s < 0;
    o = decide(w, t_best_s, false, NULL); /* the window is as it was */
    assert_int_equal(o.reward_s, best_s);
  }
  print_message("# %d interrupted, %d overlapped\n", interrupted, overlapped);
  assert_true(overlapped > 0);
  aus_gpuqueue_window_destroy(w);
  aus_gpuqueue_trace_fini(&t);
}

/* With nothing before it, a warm window is a cold one. */
static void warm_is_cold(void **state)
{
  static result a, b;
  int c;

  (void)state;
  for (c = 0; c < N_CLOCKS; c++) {
    const aus_gpuqueue_sim_conf conf = stand_cluster(clocks[c]);
    aus_gpuqueue_geometry g = stand_geometry();
    aus_gpuqueue_trace t;
    aus_gpuqueue_window *w;
    aus_gpuqueue_warm *warm;
    const aus_gpuqueue_walk *walk;

    stand_trace(&t, 200, STAND_T0_S + 3 * g.interval_s + 60, MEAN_S, clocks[c], 13);
    w = new_window(&conf, &g);
    open_cold(w, &t, 3);
    probe_all(w, false, false, &a);
    aus_gpuqueue_window_destroy(w);
    g.cold = false;
    w = new_window(&conf, &g);
    check_ok(aus_gpuqueue_warm_create(&warm, &conf, &g, &t, &err), &err);
    check_ok(aus_gpuqueue_warm_at(warm, 3, &walk, NULL, &err), &err);
    check_ok(aus_gpuqueue_window_open(w, &t, 3, walk, NULL, &err), &err);
    probe_all(w, false, false, &b);
    check_results(&a, &b);
    aus_gpuqueue_warm_destroy(warm);
    aus_gpuqueue_window_destroy(w);
    aus_gpuqueue_trace_fini(&t);
  }
}

static void warm_result(aus_gpuqueue_warm *warm, aus_gpuqueue_window *w,
                        const aus_gpuqueue_trace *t, int64_t index, result *r)
{
  const aus_gpuqueue_walk *walk;

  check_ok(aus_gpuqueue_warm_at(warm, index, &walk, NULL, &err), &err);
  check_ok(aus_gpuqueue_window_open(w, t, index, walk, NULL, &err), &err);
  probe_all(w, false, false, r);
}

/* What a window gives does not depend on those before; the history matters. */
static void warm_any_order(void **state)
{
  static result alone, after, cold;
  int c;

  (void)state;
  for (c = 0; c < N_CLOCKS; c++) {
    const aus_gpuqueue_sim_conf conf = stand_cluster(clocks[c]);
    aus_gpuqueue_geometry g = stand_geometry();
    aus_gpuqueue_trace t;
    aus_gpuqueue_window *w;
    aus_gpuqueue_warm *warm;

    g.warmup_s = 6 * STAND_HOUR_S;
    stand_trace(&t, N_JOBS, STAND_T0_S - 19 * STAND_HOUR_S, MEAN_S, clocks[c], 14);
    w = new_window(&conf, &g);
    open_cold(w, &t, 4);
    probe_all(w, false, false, &cold);
    aus_gpuqueue_window_destroy(w);
    g.cold = false;
    w = new_window(&conf, &g);
    check_ok(aus_gpuqueue_warm_create(&warm, &conf, &g, &t, &err), &err);
    warm_result(warm, w, &t, 4, &alone);
    warm_result(warm, w, &t, 6, &after); /* ahead and back */
    warm_result(warm, w, &t, 4, &after);
    check_results(&alone, &after);
    aus_gpuqueue_warm_destroy(warm);
    check_ok(aus_gpuqueue_warm_create(&warm, &conf, &g, &t, &err), &err);
    warm_result(warm, w, &t, 0, &after); /* in steps */
    warm_result(warm, w, &t, 3, &after);
    warm_result(warm, w, &t, 4, &after);
    check_results(&alone, &after);
    assert_memory_not_equal(alone.x, cold.x, sizeof cold.x);
    aus_gpuqueue_warm_destroy(warm);
    aus_gpuqueue_window_destroy(w);
    aus_gpuqueue_trace_fini(&t);
  }
}

/* ---- no leak ---- */

/* Jobs that have not ended at t get another run time, and what is submitted from t on becomes something else. */
static void scramble(aus_gpuqueue_trace *t, const aus_gpuqueue_sim *s, int64_t t_s)
{
  aus_gpuqueue_seen seen[N_JOBS + 2];
  aus_rng r = aus_rng_open(99, 0, 0, AUS_RNG_TRACE);
  int64_t i, n, n_changed = 0;
  int pass;

  for (pass = 0; pass < 2; pass++) {
    n = pass ? aus_gpuqueue_sim_n_running(s) : aus_gpuqueue_sim_n_pending(s);
    if (pass)
      aus_gpuqueue_sim_running(s, seen);
    else
      aus_gpuqueue_sim_pending(s, seen);
    for (i = 0; i < n; i++) {
      int64_t left_s = seen[i].limit_min * 60 - seen[i].elapsed_s - 60;

      if (seen[i].number >= t->n || left_s <= 0) continue;
      t->job[seen[i].number].run_s =
          seen[i].elapsed_s + 60 + (int64_t)aus_rng_below(&r, (uint64_t)left_s);
      n_changed++;
    }
  }
  assert_true(n_changed > 5);
  for (i = 0; i < t->n; i++) {
    if (t->job[i].t_submit_s < t_s) continue;
    stand_job(&t->job[i], &r);
    t->job[i].t_submit_s = t_s + (t->job[i].t_submit_s - t_s) / 2;
    n_changed++;
  }
  assert_true(n_changed > 100);
  aus_gpuqueue_trace_order(t, t->tick_s);
}

/* What is seen at the time of a decision is the past's alone. */
static void no_leak(void **state)
{
  static double before[X_MAX], after[X_MAX];
  int c, h;

  (void)state;
  for (c = 0; c < N_CLOCKS; c++) {
    for (h = 1; h <= 7; h += 2) {
      const aus_gpuqueue_sim_conf conf = stand_cluster(clocks[c]);
      const aus_gpuqueue_geometry g = stand_geometry();
      const aus_gpuqueue_walk *walk;
      aus_gpuqueue_trace t;
      aus_gpuqueue_window *w = new_window(&conf, &g);
      int64_t t_s, old_s;

      stand_trace(&t, N_JOBS, STAND_T0_S, 900, clocks[c], 15);
      open_cold(w, &t, 2);
      t_s = aus_gpuqueue_window_facts_of(w)->t_submit_s + h * STAND_HOUR_S;
      old_s = decide(w, t_s, false, before).reward_s;
      check_ok(aus_gpuqueue_window_at(w, t_s, false, &walk, NULL, &err), &err);
      scramble(&t, aus_gpuqueue_walk_sim_const(walk), t_s);
      open_cold(w, &t, 2);
      assert_int_not_equal(decide(w, t_s, false, after).reward_s,
                           old_s); /* the future is another */
      assert_memory_equal(before, after, sizeof before);
      aus_gpuqueue_window_destroy(w);
      aus_gpuqueue_trace_fini(&t);
    }
  }
}

/* ---- bad input ---- */

#define FIELD(name, value, text)                                                             \
  {                                                                                          \
    offsetof(aus_gpuqueue_geometry, name), sizeof((aus_gpuqueue_geometry){0}.name), (value), \
        (text)                                                                               \
  }

static void bad_geometry(void **state)
{
  static const struct {
    size_t at, size;
    int64_t value;
    const char *text;
  } bad[] = {
      FIELD(interval_s, 0, "interval_s is 0, need >= 1"),
      FIELD(warmup_s, -60, "warmup_s is -60, need >= 0"),
      FIELD(workload_s, 0, "workload_s is 0, need >= 1"),
      FIELD(n_probes, 0, "n_probes is 0, need >= 1"),
      FIELD(chain_length, 1, "chain_length is 1, need >= 2"),
      FIELD(chain_nodes, 0, "chain_nodes is 0, need >= 1"),
      FIELD(chain_limit_min, 0, "chain_limit_min is 0, need >= 1"),
      FIELD(chain_limit_min, INT64_C(1) << 31, "chain_limit_min is 2147483648, need <= 2147483647"),
      FIELD(infer_s, 0, "infer_s is 0, need >= 1"),
      FIELD(infer_s, 90, "infer_s is 90, need a multiple of the tick of 60 s"),
      FIELD(t_start_s, 7, "t_start_s is 7, need a multiple of the tick of 60 s"),
      FIELD(interval_s, 61, "interval_s is 61, need a multiple of the tick of 60 s"),
      FIELD(warmup_s, 61, "warmup_s is 61, need a multiple of the tick of 60 s"),
      FIELD(sample_s, 0, "time between snapshots is 0 s, need >= 1"),
      FIELD(n_snapshots, -1, "number of snapshots is -1, need >= 0"),
      FIELD(chain_nodes, 13, "a job of the chain wants 13 nodes, the cluster has 12"),
  };
  const aus_gpuqueue_sim_conf conf = stand_cluster(60);
  const aus_gpuqueue_trace none = {0};
  size_t i;

  (void)state;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    aus_gpuqueue_geometry g = stand_geometry();
    aus_gpuqueue_window *w;
    aus_gpuqueue_warm *warm;
    int small = (int)bad[i].value;

    memcpy((char *)&g + bad[i].at,
           bad[i].size == sizeof small ? (void *)&small : (void *)&bad[i].value, bad[i].size);
    check_fails(aus_gpuqueue_window_create(&w, &conf, &g, &err), AUS_EINVAL, bad[i].text, &err);
    assert_null(w);
    check_fails(aus_gpuqueue_warm_create(&warm, &conf, &g, &none, &err), AUS_EINVAL, bad[i].text,
                &err);
    assert_null(warm);
  }
}

static void bad_windows(void **state)
{
  const aus_gpuqueue_sim_conf conf = stand_cluster(60);
  aus_gpuqueue_geometry g = stand_geometry();
  aus_gpuqueue_trace t;
  aus_gpuqueue_window *cold = new_window(&conf, &g), *w;
  aus_gpuqueue_warm *warm;
  const aus_gpuqueue_walk *walk;

  (void)state;
  stand_trace(&t, 50, STAND_T0_S + 60, MEAN_S, 60, 16);
  check_fails(aus_gpuqueue_window_open(cold, &t, 40, NULL, NULL, &err), AUS_EINVAL,
              "window 40: no job of the trace is submitted in it", &err);
  check_fails(aus_gpuqueue_window_open(cold, &t, -13, NULL, NULL, &err), AUS_EINVAL,
              "window -13: no job of the trace is submitted in it", &err);
  g.cold = false;
  w = new_window(&conf, &g);
  check_ok(aus_gpuqueue_warm_create(&warm, &conf, &g, &t, &err), &err);
  check_fails(aus_gpuqueue_warm_at(warm, -1, &walk, NULL, &err), AUS_EINVAL,
              "window -1 begins before the long simulation", &err);
  assert_null(walk);
  check_ok(aus_gpuqueue_warm_at(warm, 0, &walk, NULL, &err), &err);
  check_fails(aus_gpuqueue_window_open(w, &t, 1, walk, NULL, &err), AUS_EINVAL,
              "window 1: the long simulation is at another time", &err);
  check_fails(aus_gpuqueue_window_open(w, &t, 0, NULL, NULL, &err), AUS_EINVAL,
              "a warm window was given no long simulation", &err);
  check_fails(aus_gpuqueue_window_open(cold, &t, 0, walk, NULL, &err), AUS_EINVAL,
              "a cold window was given a long simulation", &err);
  open_cold(cold, &t, 0); /* still fine */
  aus_gpuqueue_warm_destroy(warm);
  aus_gpuqueue_warm_destroy(NULL);
  aus_gpuqueue_window_destroy(w);
  aus_gpuqueue_window_destroy(cold);
  aus_gpuqueue_window_destroy(NULL);
  aus_gpuqueue_trace_fini(&t);
}

static aus_poll_answer never_mind(void *self)
{
  (void)self;
  return AUS_POLL_CANCEL;
}

static void cancelled(void **state)
{
  const aus_gpuqueue_sim_conf conf = stand_cluster(60);
  const aus_gpuqueue_geometry g = stand_geometry();
  const aus_poll poll = {NULL, never_mind};
  aus_gpuqueue_trace t;
  aus_gpuqueue_window *w = new_window(&conf, &g);
  aus_gpuqueue_outcome a, b;

  (void)state;
  stand_trace(&t, N_JOBS, STAND_T0_S, MEAN_S, 60, 17);
  open_cold(w, &t, 0);
  aus_err_clear(&err);
  assert_int_equal(aus_gpuqueue_window_oracle(w, &a, &poll, &err), AUS_ECANCEL);
  check_ok(aus_gpuqueue_window_oracle(w, &a, NULL, &err), &err);
  open_cold(w, &t, 0);
  check_ok(aus_gpuqueue_window_oracle(w, &b, NULL, &err), &err);
  check_equal(&a, &b);
  aus_gpuqueue_window_destroy(w);
  aus_gpuqueue_trace_fini(&t);
}

static int one_window(const aus_gpuqueue_trace *t, bool cold, double *x)
{
  const aus_gpuqueue_sim_conf conf = stand_cluster(60);
  aus_gpuqueue_geometry g = stand_geometry();
  int rc = AUS_OK;
  aus_gpuqueue_window *w = NULL;
  aus_gpuqueue_warm *warm = NULL;
  const aus_gpuqueue_walk *walk = NULL;
  aus_gpuqueue_outcome o;

  g.cold = cold;
  g.anchor_start = cold;
  AUS_TRY(aus_gpuqueue_window_create(&w, &conf, &g, &err));
  if (!cold) {
    AUS_TRY(aus_gpuqueue_warm_create(&warm, &conf, &g, t, &err));
    AUS_TRY(aus_gpuqueue_warm_at(warm, 1, &walk, NULL, &err));
  }
  AUS_TRY(aus_gpuqueue_window_open(w, t, 1, walk, NULL, &err));
  AUS_TRY(
      aus_gpuqueue_window_decide(w, aus_gpuqueue_window_probe_s(w, 1), false, &o, x, NULL, &err));
  AUS_TRY(
      aus_gpuqueue_window_decide(w, aus_gpuqueue_window_probe_s(w, 0), true, &o, x, NULL, &err));
done:
  aus_gpuqueue_window_destroy(w);
  aus_gpuqueue_warm_destroy(warm);
  return rc;
}

static void out_of_memory(void **state)
{
  static double x[X_MAX];
  aus_gpuqueue_trace t;
  int cold, rc;

  (void)state;
  stand_trace(&t, N_JOBS, STAND_T0_S, MEAN_S, 60, 18);
  for (cold = 0; cold < 2; cold++) {
    int64_t n = 0, live = aus_alloc_live();

    for (;; n++) {
      aus_err_clear(&err);
      aus_alloc_fail_at(n);
      rc = one_window(&t, cold, x);
      if (!aus_alloc_failed()) break;
      assert_int_equal(rc, AUS_ENOMEM);
      assert_int_equal(err.code, AUS_ENOMEM);
      assert_int_equal(aus_alloc_live(), live);
    }
    aus_alloc_fail_at(-1);
    assert_int_equal(rc, AUS_OK);
    assert_true(n > 20);
  }
  aus_gpuqueue_trace_fini(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(by_hand),      cmocka_unit_test(late_average),   cmocka_unit_test(probes),
      cmocka_unit_test(clamped),      cmocka_unit_test(any_order),      cmocka_unit_test(oracle),
      cmocka_unit_test(warm_is_cold), cmocka_unit_test(warm_any_order), cmocka_unit_test(no_leak),
      cmocka_unit_test(bad_geometry), cmocka_unit_test(bad_windows),    cmocka_unit_test(cancelled),
      cmocka_unit_test(out_of_memory)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}
