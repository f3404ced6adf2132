/* policy_learn.c - leads, constants, trees and thresholds from windows of the past.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/policy_learn.h"

#include "gpuqueue/model.h"
#include "gpuqueue/policy.h"
#include "gpuqueue/rolling.h"
#include "util/alloc.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { MOST_WINDOWS = 150 };

static double max_overlap_h(const aus_gpuqueue_lesson *l)
{
  return l->max_overlap_h > 0.0 ? l->max_overlap_h : 1.0;
}

static int64_t begin_s(const aus_gpuqueue_lesson *l, int64_t index)
{
  return l->geometry->t_start_s + index * l->geometry->interval_s;
}

/* ---- windows of the past ---- */

typedef struct visit {
  const aus_gpuqueue_lesson *lesson;
  aus_gpuqueue_window *window;
  aus_gpuqueue_warm *warm; /* NULL: cold windows */
  int64_t n;               /* visited */
  int (*see)(void *self, aus_gpuqueue_window *w, const aus_poll *poll, aus_err *err);
  void *self;
} visit;

static bool has_jobs(const aus_gpuqueue_lesson *l, int64_t index)
{
  const aus_gpuqueue_trace *t = l->trace;
  int64_t from_s = begin_s(l, index) + 60, i = aus_gpuqueue_trace_find(t, from_s);

  return i < t->n && t->job[i].t_submit_s < from_s - 60 + l->geometry->workload_s;
}

static int visit_one(visit *v, int64_t index, const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK;
  const aus_gpuqueue_walk *warm = NULL;

  if (!has_jobs(v->lesson, index)) goto done;
  if (v->warm) AUS_TRY(aus_gpuqueue_warm_at(v->warm, index, &warm, poll, err));
  AUS_TRY(aus_gpuqueue_window_open(v->window, v->lesson->trace, index, warm, poll, err));
  AUS_TRY(v->see(v->self, v->window, poll, err));
  v->n++;
done:
  return rc;
}

/* See windows from .. to - 1, at most MOST_WINDOWS, evenly spaced. */
static int visit_windows(visit *v, int64_t from, int64_t to, const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK;
  const aus_gpuqueue_lesson *l = v->lesson;
  int64_t n = to - from, most = n < MOST_WINDOWS ? n : MOST_WINDOWS, i;

  AUS_TRY(aus_gpuqueue_window_create(&v->window, l->sim, l->geometry, err));
  if (!l->geometry->cold)
    AUS_TRY(aus_gpuqueue_warm_create(&v->warm, l->sim, l->geometry, l->trace, err));
  for (i = 0; i < most; i++)
    AUS_TRY(visit_one(v, from + i * n / most, poll, err));
  if (v->n == 0) AUS_FAIL(err, AUS_ENUMERIC, "no window of the past to learn from");
done:
  aus_gpuqueue_window_destroy(v->window);
  aus_gpuqueue_warm_destroy(v->warm);
  return rc;
}

/* A survey of one predictor. */
typedef struct asked {
  aus_gpuqueue_predictor p;
  aus_gpuqueue_survey survey;
} asked;

static int see_survey(void *self, aus_gpuqueue_window *w, const aus_poll *poll, aus_err *err)
{
  asked *a = self;

  return aus_gpuqueue_survey_add(&a->survey, &a->p, 1, w, poll, err);
}

/* ---- a constant lead, and a percentile of waits ---- */

/* Minus the time left: submitting a lead ahead is a threshold on it. */
static int ask_left(void *self, const aus_gpuqueue_question *q, double *reward_h, aus_err *err)
{
  (void)self;
  (void)err;
  *reward_h = q->t_pred_end_s == INT64_MAX
                  ? -(double)INFINITY
                  : (double)(q->pair.t_decision_s - q->t_pred_end_s) / 3600.0;
  return AUS_OK;
}

static int learn_constant(const aus_gpuqueue_lesson *l, aus_buf *out, const aus_poll *poll,
                          aus_err *err)
{
  int rc = AUS_OK, i, n;
  const aus_gpuqueue_geometry *g = l->geometry;
  asked a = {.p = {.name = "constant", .ask = ask_left}};
  visit v = {.lesson = l, .see = see_survey, .self = &a};
  double *threshold_h = NULL;

  AUS_TRY(visit_windows(&v, 0, l->n_windows, poll, err));
  n = (int)(g->chain_limit_min * 60 / g->infer_s) + 1;
  AUS_NEW(threshold_h, n, err);
  for (i = 0; i < n; i++)
    threshold_h[i] = -(double)(i * g->infer_s) / 3600.0;
  aus_buf_f64(out,
              -aus_gpuqueue_survey_choose(&a.survey, n, threshold_h, max_overlap_h(l)).threshold_h);
done:
  aus_free(threshold_h);
  aus_gpuqueue_survey_fini(&a.survey);
  return rc;
}

/* Waits of what has completed before the last window's workload ends, in one long simulation. */
static int learn_quantile(const aus_gpuqueue_lesson *l, aus_buf *out, const aus_poll *poll,
                          aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_sim *s = NULL;
  int64_t t_end_s = begin_s(l, l->n_windows - 1) + l->geometry->workload_s;
  int64_t t0_s = l->trace->n > 0 ? l->trace->job[0].t_submit_s : t_end_s;
  double wait_h, frac = l->quantile_frac > 0.0 ? l->quantile_frac : 0.99;

  t0_s -= t0_s % 60;
  if (t0_s >= t_end_s) AUS_FAIL(err, AUS_ENUMERIC, "no window of the past to learn from");
  AUS_TRY(aus_gpuqueue_sim_create(&s, l->sim, err));
  AUS_TRY(aus_gpuqueue_sim_load(s, l->trace, t0_s, t_end_s, true, err));
  AUS_TRY(aus_gpuqueue_sim_advance(s, t_end_s, poll, err));
  AUS_TRY(aus_gpuqueue_wait_quantile(s, frac, &wait_h, err));
  aus_buf_f64(out, wait_h);
done:
  aus_gpuqueue_sim_destroy(s);
  return rc;
}

/* ---- rolling simulation ---- */

static int see_rolling(void *self, aus_gpuqueue_window *w, const aus_poll *poll, aus_err *err)
{
  return aus_gpuqueue_rolling_search_add(self, w, poll, err);
}

static int learn_rolling(const aus_gpuqueue_lesson *l, aus_buf *out, const aus_poll *poll,
                         aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_rolling_search *search = NULL;
  visit v = {.lesson = l, .see = see_rolling};
  aus_gpuqueue_rolling_conf c;

  AUS_TRY(aus_gpuqueue_rolling_search_create(&search, err));
  v.self = search;
  AUS_TRY(visit_windows(&v, 0, l->n_windows, poll, err));
  c = aus_gpuqueue_rolling_search_best(search, max_overlap_h(l), NULL);
  aus_buf_f64(out, c.pending_frac);
  aus_buf_f64(out, c.growth);
  aus_buf_f64(out, c.threshold_h);
done:
  aus_gpuqueue_rolling_search_destroy(search);
  return rc;
}

/* ---- trees ---- */

static int64_t gap_s(const aus_gpuqueue_lesson *l)
{
  return l->geometry->warmup_s + l->geometry->workload_s;
}

/* First window of the tail, the last fifth. */
static int64_t tail_of(int64_t n_windows)
{
  return n_windows - (n_windows + 4) / 5;
}

static int64_t first_of_tail(const aus_gpuqueue_lesson *l)
{
  return tail_of(l->n_windows);
}

aus_gpuqueue_part aus_gpuqueue_policy_part(const aus_gpuqueue_geometry *g, int64_t n_windows,
                                           int64_t window)
{
  int64_t before_s = (tail_of(n_windows) - window) * g->interval_s;

  return before_s <= 0                             ? AUS_GPUQUEUE_PART_VALID
         : before_s >= g->warmup_s + g->workload_s ? AUS_GPUQUEUE_PART_TRAIN
                                                   : AUS_GPUQUEUE_PART_LEFT_OUT;
}

/* Samples are in order of windows: those of windows that end before the tail begins come first. */
static int64_t n_before_tail(const aus_gpuqueue_lesson *l)
{
  int64_t t_tail_s = begin_s(l, first_of_tail(l)), n = 0;

  while (n < l->n_samples && begin_s(l, l->window[n]) + gap_s(l) <= t_tail_s)
    n++;
  return n;
}

static int survey_tail(const aus_gpuqueue_lesson *l, aus_gpuqueue_model *m, double *threshold_h,
                       const aus_poll *poll, aus_err *err)
{
  enum { N = 481 };
  int rc = AUS_OK, i;
  asked a = {0};
  visit v = {.lesson = l, .see = see_survey, .self = &a};
  double grid[N];

  for (i = 0; i < N; i++)
    grid[i] = -12.0 + 0.05 * i;
  AUS_TRY(aus_gpuqueue_model_predictor(m, "trees", l->geometry, &a.p, err));
  AUS_TRY(visit_windows(&v, first_of_tail(l), l->n_windows, poll, err));
  *threshold_h = aus_gpuqueue_survey_choose(&a.survey, N, grid, max_overlap_h(l)).threshold_h;
done:
  aus_gpuqueue_survey_fini(&a.survey);
  return rc;
}

static int learn_trees(const aus_gpuqueue_lesson *l, aus_gpuqueue_model_conf *conf, aus_buf *out,
                       const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = n_before_tail(l);
  aus_gpuqueue_model *m = NULL;
  double threshold_h = 0.0;
  char *bytes = NULL;
  size_t n_bytes;

  conf->trees.seed = (uint32_t)l->seed;
  if (n < 1)
    AUS_FAIL(err, AUS_ENUMERIC,
             "no sample to learn from lies %" PRId64 " h before the last fifth of %" PRId64
             " windows",
             gap_s(l) / 3600, l->n_windows);
  AUS_TRY(aus_gpuqueue_model_train(&m, conf, n, l->feature, l->reward_h, err));
  AUS_TRY(survey_tail(l, m, &threshold_h, poll, err));
  aus_gpuqueue_model_destroy(m);
  AUS_TRY(aus_gpuqueue_model_train(&m, conf, l->n_samples, l->feature, l->reward_h, err));
  aus_gpuqueue_model_set_threshold(m, threshold_h);
  AUS_TRY(aus_gpuqueue_model_save(m, &bytes, &n_bytes, err));
  aus_buf_bytes(out, bytes, n_bytes);
done:
  aus_free(bytes);
  aus_gpuqueue_model_destroy(m);
  return rc;
}

static int learn(aus_gpuqueue_policy_kind kind, const aus_gpuqueue_lesson *l, aus_buf *out,
                 const aus_poll *poll, aus_err *err)
{
  aus_gpuqueue_model_conf conf;

  switch (kind) {
  case AUS_GPUQUEUE_CONSTANT:
    return learn_constant(l, out, poll, err);
  case AUS_GPUQUEUE_QUANTILE:
    return learn_quantile(l, out, poll, err);
  case AUS_GPUQUEUE_ROLLING:
    return learn_rolling(l, out, poll, err);
  case AUS_GPUQUEUE_XGBOOST:
    conf = aus_gpuqueue_model_boosted(l->geometry);
    return learn_trees(l, &conf, out, poll, err);
  case AUS_GPUQUEUE_FOREST:
    conf = aus_gpuqueue_model_forest(l->geometry);
    return learn_trees(l, &conf, out, poll, err);
  case AUS_GPUQUEUE_REACTIVE:
  case AUS_GPUQUEUE_AVERAGE:
  case AUS_GPUQUEUE_ORACLE:
  case AUS_GPUQUEUE_N_POLICIES:
    break;
  }
  return AUS_OK;
}

/* What was submitted by the end of the last window's workload: warm windows would go on for ever. */
static int cut(aus_gpuqueue_trace *to, const aus_gpuqueue_lesson *l, aus_err *err)
{
  const aus_gpuqueue_filter f = {.from_s = INT64_MIN,
                                 .to_s = begin_s(l, l->n_windows - 1) + l->geometry->workload_s};

  return aus_gpuqueue_trace_filter(to, l->trace, &f, err);
}

int aus_gpuqueue_policy_learn(aus_gpuqueue_policy_kind kind, const aus_gpuqueue_lesson *lesson,
                              aus_buf *model, const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_trace past = {0};
  aus_gpuqueue_lesson l = *lesson;

  if (!aus_gpuqueue_policy_learns(kind)) goto done;
  if (l.n_windows < 1) AUS_FAIL(err, AUS_ENUMERIC, "no window of the past to learn from");
  AUS_TRY(cut(&past, lesson, err));
  l.trace = &past;
  aus_buf_str(model, AUS_GPUQUEUE_POLICY_MAGIC);
  aus_buf_str(model, aus_gpuqueue_policy_names[kind]);
  AUS_TRY(learn(kind, &l, model, poll, err));
  AUS_TRY(aus_buf_check(model, err));
done:
  aus_gpuqueue_trace_fini(&past);
  if (rc != AUS_OK) aus_err_prepend(err, "%s: ", aus_gpuqueue_policy_names[kind]);
  return rc;
}
