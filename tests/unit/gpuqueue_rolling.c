/* gpuqueue_rolling.c - assumed run times by hand, and a search that tells the truth.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/rolling.h"
#include "unit/gpuqueue_open.h"

static aus_err err;

enum { HOUR_MIN = 60 };

/* Two nodes. The predecessor has one from 0 to 600 min; job 0 the other from 0 on (limit 1000 min); job 1 (limit 100
 * min) waits from minute 1 on. Asked at minute 60. */
static void make_trace(aus_gpuqueue_trace *t)
{
  stand_trace(t, 2, STAND_T0_S, 0.0, 60, 1);
  t->job[0].t_submit_s = STAND_T0_S;
  t->job[1].t_submit_s = STAND_T0_S + 60;
  t->job[0].limit_min = 1000;
  t->job[1].limit_min = 100;
  t->job[0].nodes = t->job[1].nodes = 1;
  t->job[0].run_s = 900 * 60; /* nobody is to know */
  t->job[1].run_s = 5 * 60;
}

static double ask_by_hand(double frac, double growth, int64_t at_min)
{
  aus_gpuqueue_sim_conf conf = stand_cluster(60);
  const aus_gpuqueue_rolling_conf c = {frac, growth, -0.25};
  const aus_gpuqueue_job pred = {.id = AUS_GPUQUEUE_PRED_ID,
                                 .t_submit_s = STAND_T0_S,
                                 .run_s = 600 * 60,
                                 .limit_min = 600,
                                 .nodes = 1,
                                 .user = -1,
                                 .priority = NAN};
  aus_gpuqueue_trace t;
  aus_gpuqueue_walk *walk;
  aus_gpuqueue_rolling *r;
  aus_gpuqueue_predictor p;
  aus_gpuqueue_question q;
  int64_t number, start_s;
  double reward_h = NAN;

  conf.n_nodes = 2;
  make_trace(&t);
  check_ok(aus_gpuqueue_walk_create(&walk, &conf, 600, 0, &err), &err);
  check_ok(aus_gpuqueue_walk_load(walk, &t, STAND_T0_S, INT64_MAX, &err), &err);
  check_ok(aus_gpuqueue_sim_plan(aus_gpuqueue_walk_sim(walk), &pred, &number, &err), &err);
  check_ok(aus_gpuqueue_walk_advance(walk, STAND_T0_S + at_min * 60, NULL, &err), &err);
  start_s = aus_gpuqueue_sim_start_s(aus_gpuqueue_walk_sim_const(walk), number);
  q = (aus_gpuqueue_question){.walk = walk,
                              .pair = {.limit_min = 600,
                                       .nodes = 1,
                                       .t_submit_s = STAND_T0_S,
                                       .t_start_s = start_s,
                                       .run_s = 600 * 60,
                                       .t_decision_s = STAND_T0_S + at_min * 60},
                              .t_pred_end_s =
                                  start_s == AUS_GPUQUEUE_NEVER ? INT64_MAX : start_s + 600 * 60,
                              .pred_number = number,
                              .pred_id = AUS_GPUQUEUE_PRED_ID};
  check_ok(aus_gpuqueue_rolling_create(&r, &c, &err), &err);
  p = aus_gpuqueue_rolling_predictor(r);
  check_near(p.threshold_h, -0.25, 0.0);
  check_ok(p.ask(p.self, &q, &reward_h, &err), &err);
  aus_gpuqueue_rolling_destroy(r);
  aus_gpuqueue_walk_destroy(walk);
  aus_gpuqueue_trace_fini(&t);
  return reward_h;
}

static void by_hand(void **state)
{
  (void)state;
  /* job 0 ends at max(100, 2 x 60) = 120, job 1 runs 10 min: the successor starts at 130 */
  check_near(ask_by_hand(0.1, 2.0, 60), (130.0 - 600.0) / HOUR_MIN, 1e-12);
  /* at max(500, 60) = 500, and 50 min */
  check_near(ask_by_hand(0.5, 1.0, 60), (550.0 - 600.0) / HOUR_MIN, 1e-12);
  /* job 0 is thought to end now; its nodes are free in the next tick; 20 of 100 min */
  check_near(ask_by_hand(0.02, 1.0, 60), (63.0 - 600.0) / HOUR_MIN, 1e-12);
  /* growth beyond the limit: job 0 ends at 1000; job 1 takes the predecessor's node at 600 for 15 min */
  check_near(ask_by_hand(0.15, 100.0, 60), (615.0 - 600.0) / HOUR_MIN, 1e-12);
  /* at minute 0 nothing has started */
  check_near(ask_by_hand(0.1, 2.0, 0), -10.0, 0.0);
}

static void bad_constants(void **state)
{
  static const aus_gpuqueue_rolling_conf bad[5] = {
      {-0.1, 2, 0}, {1.1, 2, 0}, {NAN, 2, 0}, {0.1, 0.9, 0}, {0.1, INFINITY, 0}};
  aus_gpuqueue_rolling *r;
  int i;

  (void)state;
  for (i = 0; i < 5; i++) {
    check_fails(aus_gpuqueue_rolling_create(&r, &bad[i], &err), AUS_EINVAL, "rolling: run times of",
                &err);
    assert_null(r);
  }
  aus_gpuqueue_rolling_destroy(NULL);
}

/* The constants found cost in the windows of the search what the search says, and no others cost less. */
static void searched(void **state)
{
  enum { N = 12 };
  stand s = stand_make(60, true);
  aus_gpuqueue_rolling_search *search;
  aus_gpuqueue_rolling *r, *other;
  aus_gpuqueue_rolling_conf c, o = {0.05, 2.0, -0.5};
  aus_gpuqueue_predictor p, q;
  aus_gpuqueue_survey survey = {0};
  aus_gpuqueue_cost cost, rival;
  aus_gpuqueue_link l;
  double interruption_s = 0.0, overlap_s = 0.0;
  int64_t i;

  (void)state;
  check_ok(aus_gpuqueue_rolling_search_create(&search, &err), &err);
  check_ok(aus_gpuqueue_rolling_create(&other, &o, &err), &err);
  q = aus_gpuqueue_rolling_predictor(other);
  for (i = 0; i < N; i++) {
    stand_open(&s, i);
    check_ok(aus_gpuqueue_rolling_search_add(search, s.w, NULL, &err), &err);
    check_ok(aus_gpuqueue_survey_add(&survey, &q, 1, s.w, NULL, &err), &err);
  }
  c = aus_gpuqueue_rolling_search_best(search, 1.0, &cost);
  check_near(c.threshold_h, cost.threshold_h, 0.0);
  assert_true(cost.worst_overlap_h <= 1.0);
  check_ok(aus_gpuqueue_rolling_create(&r, &c, &err), &err);
  p = aus_gpuqueue_rolling_predictor(r);
  for (i = 0; i < N; i++) {
    stand_open(&s, i);
    check_ok(aus_gpuqueue_follow(s.w, &p, &l, NULL, NULL, &err), &err);
    if (l.outcome.reward_s > 0) interruption_s += (double)l.outcome.reward_s;
    if (l.outcome.reward_s < 0) overlap_s -= (double)l.outcome.reward_s;
  }
  check_near(cost.interruption_h, interruption_s / N / 3600.0, 1e-12);
  check_near(cost.overlap_h, overlap_s / N / 3600.0, 1e-12);
  rival = aus_gpuqueue_survey_cost(&survey, -0.5);
  assert_false(aus_gpuqueue_cost_better(&rival, &cost, 1.0));
  assert_true(cost.interruption_h < aus_gpuqueue_survey_cost(&survey, 1e9).interruption_h);
  aus_gpuqueue_survey_fini(&survey);
  aus_gpuqueue_rolling_destroy(r);
  aus_gpuqueue_rolling_destroy(other);
  aus_gpuqueue_rolling_search_destroy(search);
  stand_end(&s);
}

static void out_of_memory(void **state)
{
  const aus_gpuqueue_rolling_conf c = {0.1, 2.0, -0.5};
  stand s = stand_make(0, true);
  aus_gpuqueue_rolling_search *search = NULL;
  aus_gpuqueue_rolling *r = NULL;
  aus_gpuqueue_predictor p;
  aus_gpuqueue_link l;
  int64_t i, live;
  int rc = AUS_ENOMEM;

  (void)state;
  stand_open(&s, 1);
  check_ok(aus_gpuqueue_rolling_create(&r, &c, &err), &err);
  p = aus_gpuqueue_rolling_predictor(r);
  check_ok(aus_gpuqueue_follow(s.w, &p, &l, NULL, NULL, &err), &err); /* the window has grown */
  aus_gpuqueue_rolling_destroy(r);
  r = NULL;
  live = aus_alloc_live();
  for (i = 0; rc != AUS_OK; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_gpuqueue_rolling_search_create(&search, &err);
    if (rc == AUS_OK) rc = aus_gpuqueue_rolling_create(&r, &c, &err);
    p = r ? aus_gpuqueue_rolling_predictor(r) : p;
    if (rc == AUS_OK) rc = aus_gpuqueue_follow(s.w, &p, &l, NULL, NULL, &err);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    aus_gpuqueue_rolling_search_destroy(search);
    aus_gpuqueue_rolling_destroy(r);
    r = NULL;
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_true(i > 20);
  stand_end(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(by_hand),
      cmocka_unit_test(bad_constants),
      cmocka_unit_test(searched),
      cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
