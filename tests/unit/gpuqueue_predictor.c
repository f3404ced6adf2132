/* gpuqueue_predictor.c - chains under scripted predictors against single decisions, planned times, surveys.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/predictor.h"
#include "unit/gpuqueue_open.h"

static aus_err err;

/* Says 1 h from its k-th question on, before that -k h; k < 0: never. */
typedef struct script {
  int64_t k, n;
  int64_t t_first_s, t_last_s;
  int n_rows;
} script;

static int ask_script(void *self, const aus_gpuqueue_question *q, double *reward_h, aus_err *e)
{
  script *s = self;

  (void)e;
  if (s->n == 0) s->t_first_s = q->pair.t_decision_s;
  if (s->n == 0) s->n_rows = aus_gpuqueue_walk_n(q->walk);
  s->t_last_s = q->pair.t_decision_s;
  s->n++;
  *reward_h = s->n == s->k ? 1.0 : -(double)s->n;
  return AUS_OK;
}

static void check_same(const aus_gpuqueue_outcome *a, const aus_gpuqueue_outcome *b)
{
  assert_int_equal(a->t_decision_s, b->t_decision_s);
  assert_int_equal(a->t_start_s, b->t_start_s);
  assert_int_equal(a->reward_s, b->reward_s);
  assert_int_equal(a->backfilled, b->backfilled);
}

/* The decision of the k-th question is that of the window at its time. */
static void check_script(stand *s, int64_t k)
{
  script sc = {.k = k};
  const aus_gpuqueue_predictor p = {
      .name = "script", .ask = ask_script, .self = &sc, .threshold_h = 0.5};
  aus_gpuqueue_link l;
  aus_gpuqueue_trail trail = {0};
  aus_gpuqueue_outcome o;
  int64_t i;

  check_ok(aus_gpuqueue_follow(s->w, &p, &l, &trail, NULL, &err), &err);
  assert_int_equal(trail.n, l.n_asked);
  assert_false(l.failed);
  for (i = 0; i < trail.n; i++) {
    assert_int_equal(trail.t_s[i], s->f->t_submit_s + (i + 1) * s->g.infer_s);
    assert_true(trail.t_s[i] < s->f->t_pred_end_s);
  }
  if (k > 0) {
    assert_int_equal(l.n_asked, k);
    assert_int_equal(l.outcome.t_decision_s, s->f->t_submit_s + k * s->g.infer_s);
    check_near(l.expected_h, 1.0, 0.0);
  } else {
    assert_int_equal(l.n_asked, (s->f->t_pred_end_s - s->f->t_submit_s - 1) / s->g.infer_s);
    assert_int_equal(l.outcome.t_decision_s, s->f->t_pred_end_s);
    assert_true(isnan(l.expected_h));
  }
  check_ok(aus_gpuqueue_window_decide(s->w, l.outcome.t_decision_s, true, &o, NULL, NULL, &err),
           &err);
  check_same(&l.outcome, &o);
  aus_gpuqueue_trail_fini(&trail);
}

static void scripted(void **state)
{
  static const int64_t ticks[3] = {60, 1, 0};
  int64_t i, k;
  int t, cold;

  (void)state;
  for (t = 0; t < 3; t++)
    for (cold = 0; cold < 2; cold++) {
      stand s = stand_make(ticks[t], cold);

      for (i = 0; i < 6; i += 2) {
        stand_open(&s, i);
        check_script(&s, -1);
        for (k = 1; k < 40; k += 19)
          check_script(&s, k);
      }
      stand_end(&s);
    }
}

static void planned(void **state)
{
  static const aus_gpuqueue_planned reactive = {0}, average = {.per_wait = 1.0},
                                    lead = {.lead_h = 2.5}, early = {.lead_h = 1000.0};
  const aus_gpuqueue_planned *const all[4] = {&reactive, &average, &lead, &early};
  stand s = stand_make(60, true);
  aus_gpuqueue_outcome o;
  aus_gpuqueue_link l;
  int64_t i, want;
  int k, waited = 0;

  (void)state;
  for (i = 0; i < 6; i++) {
    stand_open(&s, i);
    waited += s.f->avg_wait_min > 0;
    for (k = 0; k < 4; k++) {
      aus_gpuqueue_predictor p = aus_gpuqueue_planned_predictor(all[k], "planned");

      check_ok(aus_gpuqueue_follow(s.w, &p, &l, NULL, NULL, &err), &err);
      want = s.f->t_pred_end_s - (k == 0   ? 0
                                  : k == 1 ? s.f->avg_wait_min * 60
                                  : k == 2 ? 9000
                                           : 3600000);
      if (want < s.f->first_s) want = s.f->first_s;
      check_ok(aus_gpuqueue_window_decide(s.w, want, true, &o, NULL, NULL, &err), &err);
      check_same(&l.outcome, &o);
      assert_int_equal(l.n_asked, 0);
      assert_true(isnan(l.expected_h));
    }
  }
  assert_true(waited > 2);
  stand_end(&s);
}

/* D12: a time before the predecessor's submission. */
static void unclamped(void **state)
{
  static const aus_gpuqueue_planned early = {.lead_h = 1000.0};
  const aus_gpuqueue_predictor p = aus_gpuqueue_planned_predictor(&early, "early");
  stand s = stand_make(60, true);
  aus_gpuqueue_link l[3];

  (void)state;
  s.g.unclamped = true;
  s.g.chain_length = 4;
  stand_open(&s, 1);
  check_ok(aus_gpuqueue_follow(s.w, &p, l, NULL, NULL, &err), &err);
  assert_true(l[0].failed && l[1].failed && l[2].failed);
  stand_end(&s);
}

/* Submits when less than an hour is left. */
static int ask_left(void *self, const aus_gpuqueue_question *q, double *reward_h, aus_err *e)
{
  (void)self;
  (void)e;
  *reward_h = q->t_pred_end_s == INT64_MAX
                  ? -1e9
                  : (double)(q->pair.t_decision_s - q->t_pred_end_s) / 3600.0;
  return AUS_OK;
}

/* A chain of five against one simulation in which the jobs are submitted at the same times. */
static void chain(void **state)
{
  const aus_gpuqueue_predictor p = {.name = "left", .ask = ask_left, .threshold_h = -1.0};
  stand s = stand_make(60, true);
  aus_gpuqueue_link l[4];
  aus_gpuqueue_sim *sim;
  const aus_gpuqueue_walk *at;
  int64_t number[4], end_s;
  int i;

  (void)state;
  s.g.chain_length = 5;
  s.g.workload_s = 72 * STAND_HOUR_S;
  stand_open(&s, 2);
  check_ok(aus_gpuqueue_follow(s.w, &p, l, NULL, NULL, &err), &err);
  check_ok(aus_gpuqueue_sim_create(&sim, &s.conf, &err), &err);
  check_ok(aus_gpuqueue_window_at(s.w, s.f->first_s, true, &at, NULL, &err), &err);
  check_ok(aus_gpuqueue_sim_copy(sim, aus_gpuqueue_walk_sim_const(at), &err), &err);
  for (i = 0; i < 4; i++) {
    aus_gpuqueue_job job = {.id = AUS_GPUQUEUE_SUCC_ID + i,
                            .t_submit_s = l[i].outcome.t_decision_s,
                            .run_s = s.g.chain_limit_min * 60,
                            .limit_min = (int32_t)s.g.chain_limit_min,
                            .nodes = (int32_t)s.g.chain_nodes,
                            .user = -1,
                            .priority = NAN};

    check_ok(aus_gpuqueue_sim_advance(sim, l[i].outcome.t_decision_s, NULL, &err), &err);
    check_ok(aus_gpuqueue_sim_submit(sim, &job, &number[i], &err), &err);
  }
  check_ok(aus_gpuqueue_sim_until_started(sim, number[3], NULL, &err), &err);
  end_s = s.f->t_pred_end_s;
  for (i = 0; i < 4; i++) {
    assert_int_equal(aus_gpuqueue_sim_start_s(sim, number[i]), l[i].outcome.t_start_s);
    assert_int_equal(l[i].outcome.t_start_s - end_s, l[i].outcome.reward_s);
    assert_true(l[i].outcome.t_decision_s >= end_s - 3600);
    assert_true(l[i].outcome.t_decision_s < end_s);
    end_s = l[i].outcome.t_start_s + s.g.chain_limit_min * 60;
  }
  aus_gpuqueue_sim_destroy(sim);
  stand_end(&s);
}

/* A cold window is asked once a whole state is there: 12 h of warm-up and 100 snapshots of 10 min. */
static void first_whole_state(void **state)
{
  script sc = {.k = -1};
  const aus_gpuqueue_predictor p = {.name = "s", .ask = ask_script, .self = &sc};
  stand s = stand_make(60, true);
  aus_gpuqueue_link l;

  (void)state;
  s.g.n_snapshots = 100;
  stand_open(&s, 0);
  check_ok(aus_gpuqueue_follow(s.w, &p, &l, NULL, NULL, &err), &err);
  assert_int_equal(sc.t_first_s, s.f->t_begin_s + 99 * 600);
  assert_int_equal(sc.n_rows, 100);
  assert_true(sc.t_last_s < s.f->t_pred_end_s && sc.t_last_s + 600 >= s.f->t_pred_end_s);
  stand_end(&s);
}

/* Following a threshold is what the survey says of it. */
static void surveyed(void **state)
{
  static const double threshold[3] = {-3.0, -1.0, -0.1};
  aus_gpuqueue_predictor p = {.name = "left", .ask = ask_left};
  aus_gpuqueue_survey survey = {0};
  stand s = stand_make(60, true);
  aus_gpuqueue_link l;
  int64_t i, k;
  int t;

  (void)state;
  for (i = 0; i < 5; i++) {
    stand_open(&s, i);
    check_ok(aus_gpuqueue_survey_add(&survey, &p, 1, s.w, NULL, &err), &err);
    assert_int_equal(survey.n, i + 1);
    assert_int_equal(survey.t_s[survey.n_asked - 1], s.f->t_pred_end_s);
    assert_true(isnan(survey.expected_h[survey.n_asked - 1]));
    for (t = 0; t < 3; t++) {
      p.threshold_h = threshold[t];
      k = aus_gpuqueue_survey_decides(&survey, i, threshold[t]);
      check_ok(aus_gpuqueue_follow(s.w, &p, &l, NULL, NULL, &err), &err);
      assert_int_equal(survey.t_s[k], l.outcome.t_decision_s);
      assert_int_equal(survey.reward_s[k], l.outcome.reward_s);
    }
  }
  p = aus_gpuqueue_planned_predictor(&(aus_gpuqueue_planned){0}, "reactive");
  check_fails(aus_gpuqueue_survey_add(&survey, &p, 1, s.w, NULL, &err), AUS_EINVAL,
              "reactive plans and cannot be asked", &err);
  aus_gpuqueue_survey_fini(&survey);
  stand_end(&s);
}

static void regression(void **state)
{
  static const double x[5] = {0, 1, 2, 3, 10}, line[5] = {1, 3, 5, 7, 21},
                      flat[5] = {4, 4, 4, 4, 4}, down[5] = {9, 8, 7, 6, 0};
  aus_gpuqueue_planned p;

  (void)state;
  check_ok(aus_gpuqueue_planned_fit(&p, 5, x, line, 0.5, &err), &err);
  check_near(p.lead_h, 1.0, 1e-6);
  check_near(p.per_work, 2.0, 1e-6);
  check_near(p.per_wait, 0.0, 0.0);
  check_ok(aus_gpuqueue_planned_fit(&p, 5, x, flat, 0.9, &err), &err);
  check_near(p.lead_h, 4.0, 1e-6);
  check_near(p.per_work, 0.0, 1e-6);
  check_ok(aus_gpuqueue_planned_fit(&p, 5, x, down, 0.5, &err), &err); /* no slope below 0 */
  check_near(p.per_work, 0.0, 1e-6);
  check_near(p.lead_h, 7.0, 1e-5);
  check_ok(aus_gpuqueue_planned_fit(&p, 1, x + 1, line + 1, 0.99, &err), &err);
  check_near(p.lead_h + p.per_work, 3.0, 1e-6);
  check_fails(aus_gpuqueue_planned_fit(&p, 0, x, line, 0.5, &err), AUS_EINVAL, "of 0 rows", &err);
  check_fails(aus_gpuqueue_planned_fit(&p, 5, x, line, 1.0, &err), AUS_EINVAL, "quantile 1", &err);
}

/* Three jobs of an hour on one node: they wait 0, 1 and 2 h. */
static void waits(void **state)
{
  aus_gpuqueue_sim_conf conf = stand_cluster(0);
  aus_gpuqueue_trace t;
  aus_gpuqueue_sim *s;
  double wait_h;
  int i;

  (void)state;
  stand_trace(&t, 3, STAND_T0_S, 0.0, 0, 1);
  for (i = 0; i < 3; i++) {
    t.job[i].nodes = STAND_NODES;
    t.job[i].run_s = 3600;
    t.job[i].limit_min = 60;
    t.job[i].t_submit_s = STAND_T0_S;
  }
  check_ok(aus_gpuqueue_sim_create(&s, &conf, &err), &err);
  check_ok(aus_gpuqueue_sim_load(s, &t, STAND_T0_S, INT64_MAX, true, &err), &err);
  check_fails(aus_gpuqueue_wait_quantile(s, 0.5, &wait_h, &err), AUS_EINVAL, "no job has completed",
              &err);
  check_ok(aus_gpuqueue_sim_finish(s, NULL, &err), &err);
  check_ok(aus_gpuqueue_wait_quantile(s, 0.5, &wait_h, &err), &err);
  check_near(wait_h, 1.0, 1e-12);
  check_ok(aus_gpuqueue_wait_quantile(s, 0.99, &wait_h, &err), &err);
  check_near(wait_h, 1.98, 1e-12);
  aus_gpuqueue_sim_destroy(s);
  aus_gpuqueue_trace_fini(&t);
}

static void out_of_memory(void **state)
{
  const aus_gpuqueue_predictor p = {.name = "left", .ask = ask_left, .threshold_h = -1.0};
  stand s = stand_make(60, true);
  aus_gpuqueue_link l[2];
  aus_gpuqueue_trail trail = {0};
  aus_gpuqueue_survey survey = {0};
  int64_t i, live;
  int rc = AUS_ENOMEM;

  (void)state;
  s.g.chain_length = 3;
  stand_open(&s, 2);
  check_ok(aus_gpuqueue_survey_add(&survey, &p, 1, s.w, NULL, &err), &err); /* the window grows */
  check_ok(aus_gpuqueue_follow(s.w, &p, l, NULL, NULL, &err), &err);
  aus_gpuqueue_survey_fini(&survey);
  live = aus_alloc_live();
  for (i = 0; rc != AUS_OK; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_gpuqueue_follow(s.w, &p, l, &trail, NULL, &err);
    if (rc == AUS_OK) rc = aus_gpuqueue_survey_add(&survey, &p, 1, s.w, NULL, &err);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    aus_gpuqueue_trail_fini(&trail);
    aus_gpuqueue_survey_fini(&survey);
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_true(i > 10);
  stand_end(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scripted),          cmocka_unit_test(planned),
      cmocka_unit_test(unclamped),         cmocka_unit_test(chain),
      cmocka_unit_test(first_whole_state), cmocka_unit_test(surveyed),
      cmocka_unit_test(regression),        cmocka_unit_test(waits),
      cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
