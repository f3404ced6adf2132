/* serverless_policies.c - kpa, prohetkn, rp, rr and least_penalty by hand; spread of random ties.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/serverless_stand.h"
#include "unit/shared.h"

#include "util/rng.h"

enum { F, G };

/* ---- strategies ---- */

static void strategies(void **state)
{
  static const struct {
    const char *name;
    int scaler, placer;
  } pair[] = {
      {"kn_rp", AUS_SERVERLESS_KN, AUS_SERVERLESS_PLACE_RP},
      {"hro_rp", AUS_SERVERLESS_HRO, AUS_SERVERLESS_PLACE_RP},
      {"hrc_rp", AUS_SERVERLESS_HRC, AUS_SERVERLESS_PLACE_RP},
      {"kn_rr", AUS_SERVERLESS_KN, AUS_SERVERLESS_PLACE_RR},
      {"kpa_kn", AUS_SERVERLESS_KPA, AUS_SERVERLESS_PLACE_KN},
      {"prohetkn_prohetkn", AUS_SERVERLESS_PROHETKN, AUS_SERVERLESS_PLACE_KN},
  };
  aus_serverless_policy p = {0};
  size_t i;

  (void)state;
  for (i = 0; i < sizeof pair / sizeof *pair; i++) {
    check_ok(aus_serverless_strategy(pair[i].name, &p, &err), &err);
    assert_int_equal(p.scaler, pair[i].scaler);
    assert_int_equal(p.placer, pair[i].placer);
  }
  check_fails(aus_serverless_strategy("kpa_kpa", &p, &err), AUS_ECONFIG,
              "strategy \"kpa_kpa\" is unknown, need one of kn_kn, kn_hro, kn_hrc, kn_rp, kn_rr, "
              "kn_bpff, kpa_kn, prokn_prokn, prohetkn_prohetkn, hro_hro, hro_hrc, hro_kn, hro_rp, "
              "hro_bpff, hrc_hrc, hrc_hro, hrc_kn, hrc_rp, hrc_bpff",
              &err);
}

/* ---- kpa: queue_length 10, so a replica is meant to have 7 ---- */

static void kpa_begin(stand *st, int n_replicas)
{
  aus_serverless_policy p = stand_policy("kpa_kn", AUS_SERVERLESS_COMPAT);
  int i;

  stand_begin(st, many_arms, &p, NULL);
  memset(st->sim->kpa, 0, 2 * sizeof *st->sim->kpa);
  for (i = 0; i < n_replicas; i++)
    stand_replica(st, F, i);
}

/* n seconds with this many calls in flight. */
static void seconds(stand *st, int n, int64_t in_flight)
{
  for (; n > 0; n--) {
    stand_clock(st, st->sim->now + 1);
    st->sim->function[F].in_flight = in_flight;
    if (in_flight > 0) st->sim->function[F].t_traffic = st->sim->now;
    check_ok(aus_serverless_sample(st->sim, &err), &err);
  }
}

static double kpa_diff(stand *st)
{
  stand_level(st, F);
  assert_int_equal(st->sim->n_diff, 1);
  assert_int_equal(st->sim->diff_type[0], -1);
  return st->sim->diff[0];
}

static void kpa_stable(void **state)
{
  stand st;

  (void)state;
  kpa_begin(&st, 2);
  seconds(&st, 3, 14); /* a mean over what there is */
  assert_true(kpa_diff(&st) == 0);
  seconds(&st, 57, 14);
  assert_true(kpa_diff(&st) == 0);
  seconds(&st, 1, 20); /* (59 x 14 + 20) / 60 = 14.1 */
  assert_true(kpa_diff(&st) == 1);
  end(&st);
}

/* The mean is 14 x (60 - k) / 60 after k idle seconds; the 61st sample pushes the first one out. */
static void kpa_slides(void **state)
{
  stand st;

  (void)state;
  kpa_begin(&st, 2);
  seconds(&st, 100, 14);
  seconds(&st, 29, 0);
  assert_true(kpa_diff(&st) == 0);
  seconds(&st, 1, 0);
  assert_true(kpa_diff(&st) == -1);
  end(&st);
}

static void kpa_panics(void **state)
{
  stand st;
  double t;
  int i;

  (void)state;
  kpa_begin(&st, 1);
  seconds(&st, 60, 7);
  assert_true(kpa_diff(&st) == 0);
  seconds(&st, 1, 70); /* 6 s: (5 x 7 + 70) / 6 = 17.5, 3 replicas >= 2 x 1 */
  assert_true(kpa_diff(&st) == 2);
  seconds(&st, 5, 70); /* 6 s: 70; 60 s: 12.25 */
  assert_true(kpa_diff(&st) == 9);
  for (i = 1; i < 10; i++) {
    stand_replica(&st, F, i);
    st.sim->plat[i].ready_state = AUS_READY_PENDING;
  }
  seconds(&st, 1, 70);
  assert_true(kpa_diff(&st) == 0); /* a replica on its way counts, but does not calm down */
  t = st.sim->now;
  assert_true(st.sim->kpa[F].t_panic == t);
  for (i = 1; i < 10; i++)
    st.sim->plat[i].ready_state = AUS_READY_PROCESSED;
  seconds(&st, 60, 0); /* no panic anew; none goes before 60 s are over */
  assert_true(kpa_diff(&st) == 0);
  assert_true(st.sim->now == t + 60 && st.sim->kpa[F].panics);
  seconds(&st, 1, 0);
  assert_true(kpa_diff(&st) == -5); /* at most half of them */
  assert_false(st.sim->kpa[F].panics);
  end(&st);
}

static void kpa_threshold(void **state)
{
  stand st;

  (void)state;
  kpa_begin(&st, 3);
  seconds(&st, 60, 7);
  seconds(&st, 6, 35); /* 5 < 2 x 3; 60 s: 9.8 */
  assert_true(kpa_diff(&st) == -1);
  assert_false(st.sim->kpa[F].panics);
  seconds(&st, 6, 36); /* 36 / 7 = 5.14 */
  assert_true(kpa_diff(&st) == 3);
  assert_true(st.sim->kpa[F].panics);
  end(&st);
}

/* The last replica stays for 60 + 30 s; one that nobody asked for is not made. */
static void kpa_to_zero(void **state)
{
  stand st;

  (void)state;
  kpa_begin(&st, 1);
  seconds(&st, 10, 1);
  seconds(&st, 89, 0);
  assert_true(kpa_diff(&st) == 0);
  seconds(&st, 1, 0);
  assert_true(kpa_diff(&st) == -1);
  st.sim->function[F].in_flight = 1; /* arrived between two samples */
  assert_true(kpa_diff(&st) == 0);
  stand_level(&st, G);
  assert_true(st.sim->diff[0] == 0);
  end(&st);
}

static void kpa_takes_idle_ones(void **state)
{
  stand st;

  (void)state;
  kpa_begin(&st, 3);
  st.sim->plat[0].q_len = 1;
  st.sim->plat[1].current = 0;
  check_ok(aus_grow(&st.sim->call.suitable, &st.sim->call.cap_suitable, 3,
                    sizeof *st.sim->call.suitable, &err),
           &err);
  memcpy(st.sim->call.suitable, st.sim->function[F].replica, 3 * sizeof(int32_t));
  st.sim->call.n_suitable = 3;
  assert_int_equal(aus_serverless_choose_old(st.sim), 2); /* no keep-alive */
  st.sim->call.n_suitable = 2;
  assert_int_equal(aus_serverless_choose_old(st.sim), -1);
  end(&st);
}

/* One call, done at `done`; its replica goes at the first pass 90 s later, which is at `gone` (at some
 * time in compat, whose passes drift). */
static void kpa_run_in(uint64_t defects, double done_s, double gone_s)
{
  aus_serverless_policy p = stand_policy("kpa_kn", defects);
  const aus_serverless_scale_rows *rows;
  stand st;

  stand_begin(&st, NULL, &p, NULL);
  stand_request(&st, 1, 0, 0);
  stand_request(&st, 200, 0, 0);
  go(&st);
  rows = &st.result->scale_events;
  assert_int_equal(st.result->status, AUS_SERVERLESS_DONE);
  check_near(st.result->tasks.done[0], done_s, 1e-14);
  assert_int_equal(rows->n, 3);
  assert_true(rows->action[0] == 0 && rows->timestamp[0] == 1);
  assert_true(rows->action[1] == 1 && rows->count[1] == 0);
  assert_true(rows->timestamp[1] >= done_s + 90 && rows->timestamp[1] < done_s + 93);
  if (gone_s > 0) assert_true(rows->timestamp[1] == gone_s);
  assert_true(rows->action[2] == 0 && rows->timestamp[2] == 200);
  assert_int_equal(st.result->tasks.postponed[1], 1);
  end(&st);
}

static void kpa_run(void **state)
{
  (void)state;
  kpa_run_in(AUS_SERVERLESS_COMPAT, 16.865, 0);
  kpa_run_in(0, 16.865, 108);
}

/* A burst on one replica, which is left alone with it: 50 calls of 3.125 s. At the pass at 20 they are
 * not known; at 22 the 6 samples until then have a mean of 50 x 2 / 6 = 16.7, which is 3 replicas; at 24
 * it is 33.2, 5; at 26, when one is done, 49.5, 8. No replica goes within 60 s of panic; in the end all
 * do. */
static void kpa_burst(void **state)
{
  aus_serverless_policy p = stand_policy("kpa_kn", 0);
  const aus_serverless_system_rows *rows;
  int32_t most = 0;
  int64_t i;
  stand st;

  (void)state;
  stand_begin(&st, many_arms, &p, NULL);
  stand_request(&st, 0.5, 0, 0);
  for (i = 0; i < 50; i++)
    stand_request(&st, 20.5, 0, 0);
  stand_request(&st, 400, 0, 0);
  go(&st);
  rows = &st.result->system_events;
  for (i = 0; i < rows->n && rows->timestamp[i] < 400; i++) {
    if (rows->task[i] != F) continue;
    if (rows->timestamp[i] == 20) assert_int_equal(rows->count[i], 1);
    if (rows->timestamp[i] == 22) assert_int_equal(rows->count[i], 3);
    if (rows->timestamp[i] == 24) assert_int_equal(rows->count[i], 5);
    if (rows->timestamp[i] == 26) assert_int_equal(rows->count[i], 8);
    if (rows->timestamp[i] > 24 && rows->timestamp[i] < 24 + 60)
      assert_true(rows->count[i] >= most);
    if (rows->count[i] > most) most = rows->count[i];
  }
  assert_int_equal(most, 8);
  assert_int_equal(rows->count[i - 2], 0); /* f's row of the last pass before 400 */
  end(&st);
}

/* ---- prohetkn ---- */

typedef struct needs {
  float y[3]; /* arm, mid, zeta */
  float rate;
  int n_rows;
} needs;

/* Each row is the rate and one 1 among the types in order of their names. */
static int need(void *self, int task, int64_t n, int d, const float *x, float *y, aus_err *e)
{
  needs *in = self;
  int64_t i;
  int k, at;

  (void)task;
  (void)e;
  assert_int_equal(d, 4);
  for (i = 0; i < n; i++) {
    for (k = 0, at = -1; k < 3; k++) {
      if (x[i * d + 1 + k] == 0) continue;
      assert_true(at < 0 && x[i * d + 1 + k] == 1);
      at = k;
    }
    assert_true(at >= 0);
    y[i] = in->y[at];
    in->rate = x[i * d];
  }
  in->n_rows = (int)n;
  return AUS_OK;
}

static int f_only(void *self, int task)
{
  (void)self;
  return task == F;
}

static int both(void *self, int task)
{
  (void)self;
  (void)task;
  return 1;
}

enum { ZETA, MID, ARM }; /* order of the file; two, one and three platforms */

static void het_begin(stand *st, needs *in, aus_predict *predict, uint64_t defects)
{
  aus_serverless_policy p = stand_policy("prohetkn_prohetkn", defects);

  *predict = (aus_predict){in, need, f_only};
  stand_begin(st, three_types, &p, NULL);
  aus_serverless_policies_reset(st->sim);
  st->sim->predict = predict;
  stand_request(st, 5, 1, 0);
  stand_request(st, 6, 1, 0);
}

static void check_diff(const stand *st, int i, int type, double d)
{
  assert_true(i < st->sim->n_diff);
  assert_int_equal(st->sim->diff_type[i], type);
  if (st->sim->diff[i] != d) fail_msg("change %d is %g, want %g", i, st->sim->diff[i], d);
}

/* Needs: 4 zeta (2 free: 50 %), 8 mid (1 free: 12.5 %), 2 arm (3 free: 100 %). */
static void het_allocation(void **state)
{
  needs in = {.y = {1.5F, 8, 3.25F}};
  aus_predict predict;
  stand st;

  (void)state;
  het_begin(&st, &in, &predict, 0);
  stand_level(&st, F);
  assert_int_equal(in.n_rows, 3);
  assert_true(in.rate == (float)(2.0 / 60));
  assert_int_equal(st.sim->n_diff, 1);
  check_diff(&st, 0, ARM, 2);
  stand_replica(&st, F, 5); /* the only mid; a third arm does not help when arms go to g */
  stand_replica(&st, G, 2);
  stand_replica(&st, G, 3);
  stand_level(&st, F);
  /* arm 1 of 2 and zeta 2 of 4: as much as there is to carry; they came in the order of the file */
  assert_int_equal(st.sim->n_diff, 3);
  check_diff(&st, 0, ZETA, 4);
  check_diff(&st, 1, ARM, 2);
  check_diff(&st, 2, MID, -1);
  end(&st);
}

/* The reference's count of free platforms goes down with every pass, whatever becomes of it. */
static void het_reference_counter(void **state)
{
  needs in = {.y = {1.5F, 8, 3.25F}};
  aus_predict predict;
  stand st;

  (void)state;
  het_begin(&st, &in, &predict, AUS_SERVERLESS_COMPAT);
  stand_level(&st, F);
  assert_int_equal(st.sim->n_diff, 1);
  check_diff(&st, 0, ARM, 2);
  assert_true(st.sim->het.free[ZETA] == 0 && st.sim->het.free[MID] == 0);
  assert_int_equal(st.sim->het.free[ARM], 1);
  stand_replica(&st, F, 5);
  stand_level(&st, F); /* arm 1 of 2, mid 1 of 8, zeta none: all of them together are not enough */
  assert_int_equal(st.sim->n_diff, 3);
  check_diff(&st, 0, ARM, 2);
  check_diff(&st, 1, MID, 7);
  check_diff(&st, 2, ZETA, 4);
  assert_int_equal(st.sim->het.free[ARM], 0);
  end(&st);
}

/* What is running need not be taken. */
static void het_reference_running(void **state)
{
  needs in = {.y = {2, 8, 4}};
  aus_predict predict;
  stand st;

  (void)state;
  het_begin(&st, &in, &predict, AUS_SERVERLESS_COMPAT);
  stand_replica(&st, F, 2);
  stand_level(&st, F);
  assert_int_equal(st.sim->n_diff, 1);
  check_diff(&st, 0, ARM, 1);
  assert_int_equal(st.sim->het.free[ARM], 2);
  end(&st);
}

/* 199 of 200 is not the whole load. */
static void het_nearly_enough(void **state)
{
  needs in = {.y = {200, 8, 4}};
  aus_predict predict;
  stand st;

  (void)state;
  het_begin(&st, &in, &predict, 0);
  st.sim->n_free[ARM] = 199;
  stand_level(&st, F);
  assert_int_equal(st.sim->n_diff, 2);
  check_diff(&st, 0, ARM, 200);
  check_diff(&st, 1, ZETA, 4);
  end(&st);
}

/* Types that are running and not selected go, the one whose replica has the lowest id first. */
static void het_drops_the_others(void **state)
{
  needs in = {.y = {9, 1, 9}};
  aus_predict predict;
  stand st;

  (void)state;
  het_begin(&st, &in, &predict, 0);
  stand_replica(&st, F, 2);
  stand_replica(&st, F, 1);
  stand_replica(&st, F, 3);
  stand_level(&st, F);
  assert_int_equal(st.sim->n_diff, 3);
  check_diff(&st, 0, MID, 1);
  check_diff(&st, 1, ZETA, -1);
  check_diff(&st, 2, ARM, -2);
  end(&st);
}

/* Only types the function runs on are asked about, and in the reference all. No model, or with D28 no
 * request: no change. */
static void het_who_is_asked(void **state)
{
  needs in = {.y = {1, 1, 1}};
  aus_predict predict;
  stand st;

  (void)state;
  het_begin(&st, &in, &predict, 0);
  stand_level(&st, G);
  check_diff(&st, 0, -1, 0);
  predict.has = both;
  stand_level(&st, G);
  assert_int_equal(in.n_rows, 1);
  check_diff(&st, 0, ARM, 1);
  end(&st);

  het_begin(&st, &in, &predict, AUS_SERVERLESS_COMPAT);
  predict.has = both;
  stand_level(&st, G);
  assert_int_equal(in.n_rows, 3);
  check_diff(&st, 0, ZETA, 1);
  stand_clock(&st, 10);
  st.sim->i_event = 2;
  stand_level(&st, G);
  assert_int_equal(st.sim->n_diff, 1);
  check_diff(&st, 0, -1, 0);
  end(&st);
}

/* ---- rp, rr ---- */

static void place_begin(stand *st, const char *strategy, int n_tasks, int n_replicas)
{
  aus_serverless_policy p = stand_policy(strategy, AUS_SERVERLESS_COMPAT);
  int i;

  p.seed = 77;
  p.max_time_s = 1e-3; /* lays out the tasks; none comes so early */
  check_ok(docs_load(&st->sc, many_arms, &err), &err);
  st->sc.policy = p;
  for (i = 0; i < n_tasks; i++)
    stand_request(st, 1, 0, 0);
  check_ok(aus_serverless_sim_create(&st->sim, &st->sc.types, &err), &err);
  go(st);
  for (i = 0; i < n_tasks; i++)
    st->sim->task[i] = (aus_task){.app = i, .function = F};
  for (i = 0; i < n_replicas; i++)
    stand_replica(st, F, i);
}

static int32_t placed(stand *st, int32_t t)
{
  int32_t p = -1;

  check_ok(aus_serverless_place(st->sim, t, &p, &err), &err);
  return p;
}

/* n 3000, expected 1000 each, standard deviation 25.8; bound 4 of them. */
static void rp_is_uniform(void **state)
{
  int32_t n[3] = {0}, t, same = 0;
  stand st;

  (void)state;
  place_begin(&st, "kn_rp", 3000, 3);
  for (t = 0; t < 3000; t++) {
    aus_rng r = aus_rng_open(77, 0, (uint64_t)t, 64);
    int32_t p = placed(&st, t);

    assert_int_equal(p, aus_rng_below(&r, 3)); /* a draw of the task's own */
    n[p]++;
    st.sim->policy.seed = 78;
    same += placed(&st, t) == p;
    st.sim->policy.seed = 77;
  }
  for (t = 0; t < 3; t++)
    assert_in_range(n[t], 1000 - 103, 1000 + 103);
  assert_in_range(same, 1000 - 103, 1000 + 103);
  end(&st);
}

static void rr_takes_turns(void **state)
{
  static const int32_t want[] = {0, 1, 2, 0, 1, 2, 0};
  stand st;
  int t;

  (void)state;
  place_begin(&st, "kn_rr", 20, 3);
  for (t = 0; t < 7; t++)
    assert_int_equal(placed(&st, t), want[t]);
  /* a new one of the same platform has been given nothing, and catches up: 1 and 2 have two each */
  aus_serverless_replica_remove(st.sim, F, 0);
  stand_replica(&st, F, 0);
  for (t = 7; t < 9; t++)
    assert_int_equal(placed(&st, t), 0);
  for (t = 9; t < 12; t++)
    assert_int_equal(placed(&st, t), t - 9);
  end(&st);
}

/* ---- least_penalty ---- */

/* By deadline, then dispatch, then id; puts and takes mixed. Equal ones are many. */
static void least_penalty_is_an_order(void **state)
{
  enum { N = 400 };
  aus_rng r = aus_rng_open(3, 0, 0, AUS_RNG_TRACE);
  aus_serverless_policy p = stand_policy("kn_kn", 0);
  int32_t list[N], t, best, got;
  int n = 0, i, next = 0;
  stand st;

  (void)state;
  p.priority = AUS_SERVERLESS_LEAST_PENALTY;
  p.max_time_s = 1e-3;
  check_ok(docs_load(&st.sc, NULL, &err), &err);
  st.sc.policy = p;
  st.sc.policy.defects = AUS_SERVERLESS_COMPAT;
  for (i = 0; i < N; i++)
    stand_request(&st, 1, 0, (int)aus_rng_below(&r, 2));
  check_ok(aus_serverless_sim_create(&st.sim, &st.sc.types, &err), &err);
  go(&st);
  check_ok(
      aus_grow(&st.sim->pending_list, &st.sim->cap_pending, N, sizeof *st.sim->pending_list, &err),
      &err);
  st.sim->n_pending = 0;
  for (i = 0; i < N; i++) {
    st.sim->task[i] = (aus_task){.app = i, .function = (int32_t)aus_rng_below(&r, 2)};
    st.sim->result.tasks.dispatched[i] = (double)aus_rng_below(&r, 5);
  }
  while (next < N || n > 0) {
    if (next < N && (n == 0 || aus_rng_below(&r, 3) > 0)) {
      list[n++] = st.sim->pending_list[st.sim->n_pending++] = N - 1 - next++;
      aus_serverless_pending_rise(st.sim);
      continue;
    }
    for (best = 0, i = 1; i < n; i++) {
      const double *d = st.sim->result.tasks.dispatched;
      double x = aus_task_deadline(st.sim, list[i]), y = aus_task_deadline(st.sim, list[best]);

      t = list[best];
      if (x < y || (x == y && (d[list[i]] < d[t] || (d[list[i]] == d[t] && list[i] < t)))) best = i;
    }
    got = aus_serverless_pending_pop(st.sim);
    assert_int_equal(got, list[best]);
    list[best] = list[--n];
  }
  assert_int_equal(st.sim->n_pending, 0);
  end(&st);
}

/* One platform, which f keeps until 90 s after its only call; the calls of g wait, and the urgent one
 * (QoS 0) is first although it came last. */
static void least_penalty_run(void **state)
{
  static const doc_edit one[] = {{DOC_APPS, "{\"f\": [], \"g\": [\"f\"]}", "{\"g\": []}"},
                                 {DOC_INFRA, "[\"arm\", \"arm\"]", "[\"arm\"]"},
                                 {0}};
  static const uint64_t defects[] = {AUS_SERVERLESS_COMPAT & ~AUS_SERVERLESS_D(14), 0};
  const aus_serverless_task_rows *rows;
  stand st;
  int i;

  (void)state;
  for (i = 0; i < 2; i++) {
    aus_serverless_policy p = stand_policy("kpa_kn", defects[i]);

    p.priority = AUS_SERVERLESS_LEAST_PENALTY;
    stand_begin(&st, one, &p, NULL);
    stand_request(&st, 1, 0, 0);
    stand_request(&st, 2, 1, 1);
    stand_request(&st, 3, 1, 1);
    stand_request(&st, 4, 1, 0);
    go(&st);
    assert_int_equal(st.result->status, AUS_SERVERLESS_DONE);
    rows = &st.result->tasks;
    assert_true(rows->scheduled[3] > 100);
    assert_true(rows->arrived[3] < rows->arrived[1] && rows->arrived[1] < rows->arrived[2]);
    end(&st);
  }
}

/* ---- ties: the reference program with its own hash sets against random ties ---- */

typedef struct limits {
  double penalty[2], end_s[2];
} limits;

/* Over the runs of a spread file; the last line is the canonical run. */
static limits recorded(const char *name)
{
  limits x = {{INFINITY, -INFINITY}, {INFINITY, -INFINITY}};
  char path[200], *text, *line;
  double penalty, end_s;
  int n = 0;

  snprintf(path, sizeof path, "serverless/spread/%s.csv", name);
  text = shared_text(path, NULL);
  for (line = strchr(text, '\n'); line && line[1] >= '0' && line[1] <= '9';
       line = strchr(line + 1, '\n'), n++) {
    assert_int_equal(sscanf(line + 1, "%*[^,],%lf,%lf", &end_s, &penalty), 2);
    x.penalty[0] = fmin(x.penalty[0], penalty);
    x.penalty[1] = fmax(x.penalty[1], penalty);
    x.end_s[0] = fmin(x.end_s[0], end_s);
    x.end_s[1] = fmax(x.end_s[1], end_s);
  }
  assert_true(n >= 5);
  free(text);
  return x;
}

/* The scenario with ties in n random orders. */
static limits simulated(const char *name, int n)
{
  limits x = {{INFINITY, -INFINITY}, {INFINITY, -INFINITY}};
  const char *dir = getenv("AUSPEX_SHARED");
  char golden[1100], inputs[1000];
  stand st;
  int i;

  snprintf(inputs, sizeof inputs, "%s/data/serverless/inputs", dir ? dir : "../shared");
  snprintf(golden, sizeof golden, "%s/data/serverless/golden/%s", dir ? dir : "../shared", name);
  check_ok(scenario_load(&st.sc, golden, inputs, &err), &err);
  check_ok(aus_serverless_sim_create(&st.sim, &st.sc.types, &err), &err);
  st.sc.policy.tie_random = true;
  for (i = 1; i <= n; i++) {
    st.sc.policy.tie_seed = (uint64_t)i;
    go(&st);
    x.penalty[0] = fmin(x.penalty[0], st.result->totals.penalty_percent);
    x.penalty[1] = fmax(x.penalty[1], st.result->totals.penalty_percent);
    x.end_s[0] = fmin(x.end_s[0], st.result->totals.end_time_s);
    x.end_s[1] = fmax(x.end_s[1], st.result->totals.end_time_s);
  }
  end(&st);
  return x;
}

/* Random ties reach what the reference reached in its few runs (to 0.1 points), and nothing beyond what
 * an independent simulator found with 12 random orders of its own: penalty in per cent, end in s. The
 * three levels of c-kn_kn-optim are in serverless_golden.c. */
static void spread(void **state)
{
  static const struct {
    const char *name;
    int n;
    limits most;
  } runs[] = {{"a-kn_kn", 24, {{73.8, 100}, {389, 1763}}},
              {"b-kn_kn", 24, {{29.15, 39.4}, {150, 210}}},
              {"a-hrc_hrc", 12, {{61.0, 61.1}, {125.3, 125.4}}},
              {"d-prokn", 12, {{8.4, 8.6}, {230, 230.1}}}};
  size_t i;

  (void)state;
  for (i = 0; i < sizeof runs / sizeof *runs; i++) {
    const limits *most = &runs[i].most;
    limits theirs = recorded(runs[i].name), ours = simulated(runs[i].name, runs[i].n);

    print_message("# %s: penalty %.2f .. %.2f %%, end %.1f .. %.1f s\n", runs[i].name,
                  ours.penalty[0], ours.penalty[1], ours.end_s[0], ours.end_s[1]);
    assert_true(ours.penalty[0] <= theirs.penalty[0] + 0.1);
    assert_true(ours.penalty[1] >= theirs.penalty[1] - 0.1);
    assert_true(ours.penalty[0] >= most->penalty[0] && ours.penalty[1] <= most->penalty[1]);
    assert_true(ours.end_s[0] >= most->end_s[0] && ours.end_s[1] <= most->end_s[1]);
  }
}

/* ---- failing allocations ---- */

#ifndef NDEBUG
static void walk(const char *strategy, uint64_t defects)
{
  aus_serverless_policy p = stand_policy(strategy, defects);
  needs in = {.y = {2, 1, 3}};
  aus_predict predict = {&in, need, both};
  int64_t n, before;
  char *want, *text;
  stand st;
  int rc = AUS_ENOMEM, i;

  p.priority = AUS_SERVERLESS_LEAST_PENALTY;
  p.forecast = AUS_SERVERLESS_EWMA;
  stand_begin(&st, three_types, &p, &predict);
  for (i = 0; i < 30; i++)
    stand_request(&st, 3.5 * i, i % 2, 0);
  go(&st);
  want = text_of(&st.sc, st.result);
  aus_serverless_sim_destroy(st.sim);
  before = aus_alloc_live();
  for (n = 0; rc != AUS_OK; n++) {
    aus_alloc_fail_at(n);
    aus_err_clear(&err);
    st.sim = NULL;
    rc = aus_serverless_sim_create(&st.sim, &st.sc.types, &err);
    if (rc == AUS_OK) rc = scenario_run(&st.sc, st.sim, &st.result, &err);
    aus_alloc_fail_at(-1);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    if (st.sim) { /* the same simulator works when there is memory again */
      go(&st);
      text = text_of(&st.sc, st.result);
      assert_string_equal(text, want);
      aus_free(text);
    }
    aus_serverless_sim_destroy(st.sim);
  }
  assert_true(n > 60);
  assert_int_equal(aus_alloc_live(), before);
  aus_free(want);
  scenario_fini(&st.sc);
}
#endif

static void allocation_failures(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  static const char *const strategy[] = {"kpa_kn", "prohetkn_prohetkn", "kn_rr"};
  size_t i;

  (void)state;
  for (i = 0; i < sizeof strategy / sizeof *strategy; i++) {
    walk(strategy[i], AUS_SERVERLESS_COMPAT & ~AUS_SERVERLESS_D(14));
    walk(strategy[i], 0);
  }
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(strategies),
      cmocka_unit_test(kpa_stable),
      cmocka_unit_test(kpa_slides),
      cmocka_unit_test(kpa_panics),
      cmocka_unit_test(kpa_threshold),
      cmocka_unit_test(kpa_to_zero),
      cmocka_unit_test(kpa_takes_idle_ones),
      cmocka_unit_test(kpa_run),
      cmocka_unit_test(kpa_burst),
      cmocka_unit_test(het_allocation),
      cmocka_unit_test(het_reference_counter),
      cmocka_unit_test(het_reference_running),
      cmocka_unit_test(het_nearly_enough),
      cmocka_unit_test(het_drops_the_others),
      cmocka_unit_test(het_who_is_asked),
      cmocka_unit_test(rp_is_uniform),
      cmocka_unit_test(rr_takes_turns),
      cmocka_unit_test(least_penalty_is_an_order),
      cmocka_unit_test(least_penalty_run),
      cmocka_unit_test(spread),
      cmocka_unit_test(allocation_failures),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
