/* gpuqueue/gpuqueue_study_tasks.c - what a worker does: windows of samples, training, windows of validation.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <string.h>

#include "gpuqueue/gpuqueue_study_setup.h"
#include "util/alloc.h"

typedef struct aus_gpuqueue_study study;

static int open_window(aus_work *w, aus_gpuqueue_window *window, const aus_gpuqueue_trace *trace,
                       aus_gpuqueue_warm *warm, aus_err *err)
{
  int rc = AUS_OK;
  int64_t index = (int64_t)aus_work_task(w)->x[0];
  const aus_gpuqueue_walk *walk = NULL;

  if (warm) AUS_TRY(aus_gpuqueue_warm_at(warm, index, &walk, aus_work_poll(w), err));
  AUS_TRY(aus_gpuqueue_window_open(window, trace, index, walk, aus_work_poll(w), err));
done:
  return rc;
}

/* ---- stage generate ---- */

/* Columns of the rows of one window. */
typedef struct rows {
  int64_t *ints; /* six columns of n */
  int32_t *probe, *reward;
  uint8_t *backfilled, *split;
  float *x;
  double *y;
  void *state; /* n x 6048, double or float */
} rows;

static void rows_fini(rows *r)
{
  aus_free(r->ints);
  aus_free(r->probe);
  aus_free(r->reward);
  aus_free(r->backfilled);
  aus_free(r->split);
  aus_free(r->x);
  aus_free(r->y);
  aus_free(r->state);
}

static int rows_init(rows *r, int64_t n, size_t state_bytes, aus_err *err)
{
  int rc = AUS_OK;
  char *state = NULL;

  AUS_NEW(r->ints, 6 * n, err);
  AUS_NEW(r->probe, n, err);
  AUS_NEW(r->reward, n, err);
  AUS_NEW(r->backfilled, n, err);
  AUS_NEW(r->split, n, err);
  AUS_NEW(r->x, n * aus_gpuqueue_n_features(), err);
  AUS_NEW(r->y, n, err);
  AUS_NEW(state, (size_t)n * state_bytes, err);
  r->state = state;
done:
  return rc;
}

static void put_state(const study *s, rows *r, int64_t row)
{
  int64_t i, n = (int64_t)s->geometry.n_snapshots * AUS_GPUQUEUE_N_STATE;

  if (s->f64) {
    memcpy((double *)r->state + row * n, s->state, (size_t)n * sizeof *s->state);
  } else {
    float *to = (float *)r->state + row * n;

    for (i = 0; i < n; i++)
      to[i] = (float)s->state[i];
  }
}

static int probe(study *s, aus_work *w, rows *r, aus_err *err)
{
  int rc = AUS_OK;
  const aus_gpuqueue_window_facts *f = aus_gpuqueue_window_facts_of(s->training_window);
  aus_gpuqueue_outcome out;
  int64_t j, n = s->training.n_probes;

  for (j = 0; j < n; j++) {
    AUS_TRY(aus_gpuqueue_window_decide(s->training_window,
                                       aus_gpuqueue_window_probe_s(s->training_window, (int)j),
                                       false, &out, s->state, aus_work_poll(w), err));
    put_state(s, r, j);
    aus_gpuqueue_features(&s->training, s->state, out.t_decision_s,
                          r->x + j * aus_gpuqueue_n_features());
    r->y[j] = (double)out.reward_s / 3600;
    r->split[j] = (uint8_t)aus_gpuqueue_policy_part(&s->training, s->n_training, f->index);
    r->ints[j] = f->index;
    r->ints[n + j] = out.t_decision_s;
    r->ints[2 * n + j] = f->t_pred_end_s;
    r->ints[3 * n + j] = f->t_pred_start_s - f->t_submit_s;
    r->ints[4 * n + j] = f->avg_wait_min;
    r->ints[5 * n + j] = f->queue_len;
    r->probe[j] = (int32_t)j;
    r->reward[j] = (int32_t)out.reward_s;
    r->backfilled[j] = out.backfilled;
  }
done:
  return rc;
}

/* The two baselines, as a row of their own. A submission before the predecessor's is a failure that the row
 * tells (D12), unless it is put off. */
static int baselines(study *s, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  const aus_gpuqueue_window_facts *f = aus_gpuqueue_window_facts_of(s->training_window);
  aus_gpuqueue_outcome reactive, average = {0};
  int64_t at = f->t_pred_end_s - 60 * f->avg_wait_min;
  int32_t reactive_s, average_s;
  uint8_t failed = s->training.unclamped && at < f->first_s;

  AUS_TRY(aus_gpuqueue_window_decide(s->training_window, f->t_pred_end_s, true, &reactive, NULL,
                                     aus_work_poll(w), err));
  if (!failed)
    AUS_TRY(aus_gpuqueue_window_decide(s->training_window, at, true, &average, NULL,
                                       aus_work_poll(w), err));
  else
    average.t_decision_s = at;
  reactive_s = (int32_t)reactive.reward_s;
  average_s = (int32_t)average.reward_s;
  {
    const void *column[] = {&f->index,  &f->t_submit_s, &reactive_s, &average.t_decision_s,
                            &average_s, &failed};

    AUS_TRY(aus_work_append(w, AUS_GPUQUEUE_T_BASELINES, 1, column, err));
  }
  aus_work_metric(w, AUS_GPUQUEUE_Y_REACTIVE, (double)reactive.reward_s);
  aus_work_metric(w, AUS_GPUQUEUE_Y_AVERAGE, (double)average.reward_s);
  aus_work_metric(w, AUS_GPUQUEUE_Y_PRED_WAIT, (double)(f->t_pred_start_s - f->t_submit_s));
  aus_work_metric(w, AUS_GPUQUEUE_Y_AVG_WAIT, 60 * (double)f->avg_wait_min);
  aus_work_metric(w, AUS_GPUQUEUE_Y_QUEUE, (double)f->queue_len);
done:
  return rc;
}

/* A window: seven samples of the state and what submitting then led to. */
int aus_gpuqueue_run_generate(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;
  rows r = {0};
  int64_t n = s->training.n_probes;
  size_t width = (size_t)s->geometry.n_snapshots * AUS_GPUQUEUE_N_STATE;

  AUS_TRY(rows_init(&r, n, width * (s->f64 ? sizeof(double) : sizeof(float)), err));
  AUS_TRY(open_window(w, s->training_window, &s->past, s->training_warm, err));
  AUS_TRY(probe(s, w, &r, err));
  {
    const void *row[] = {r.x, r.y, r.split, r.state};
    const void *reward[] = {r.ints,         r.probe,        r.ints + n,
                            r.ints + 2 * n, r.ints + 3 * n, r.ints + 4 * n,
                            r.ints + 5 * n, r.reward,       r.backfilled};

    AUS_TRY(aus_work_append(w, AUS_GPUQUEUE_T_DATASET, n, row, err));
    AUS_TRY(aus_work_append(w, AUS_GPUQUEUE_T_PROBES, n, reward, err));
  }
  AUS_TRY(baselines(s, w, err));
done:
  rows_fini(&r);
  return rc;
}

/* ---- stage train ---- */

/* Samples as a policy learns from them. */
typedef struct samples {
  int64_t n, cap;
  float *feature, *reward_h;
  int64_t *window;
} samples;

static void samples_fini(samples *p)
{
  aus_free(p->feature);
  aus_free(p->reward_h);
  aus_free(p->window);
}

static int samples_room(samples *p, int64_t n, aus_err *err)
{
  int rc = AUS_OK;
  int64_t cap;

  cap = p->cap;
  AUS_TRY(
      aus_grow(&p->feature, &cap, n, (size_t)aus_gpuqueue_n_features() * sizeof *p->feature, err));
  cap = p->cap;
  AUS_TRY(aus_grow(&p->reward_h, &cap, n, sizeof *p->reward_h, err));
  cap = p->cap;
  AUS_TRY(aus_grow(&p->window, &cap, n, sizeof *p->window, err));
  p->cap = cap;
done:
  return rc;
}

/* The rows that one window left in a shard. */
static int add_samples(aus_work *w, const aus_range *range, samples *p, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = (int64_t)range->n, j;
  double *y = NULL;

  AUS_NEW(y, n, err);
  AUS_TRY(samples_room(p, p->n + n, err));
  AUS_TRY(aus_work_read(w, range, AUS_GPUQUEUE_C_X, p->feature + p->n * aus_gpuqueue_n_features(),
                        err));
  AUS_TRY(aus_work_read(w, range, AUS_GPUQUEUE_C_Y, y, err));
  for (j = 0; j < n; j++, p->n++) {
    p->reward_h[p->n] = (float)y[j];
    p->window[p->n] = (int64_t)(uint32_t)range->trial;
  }
done:
  aus_free(y);
  return rc;
}

static int read_samples(aus_work *w, samples *p, aus_err *err)
{
  int rc = AUS_OK;
  aus_ranges ranges = {0};
  const void *list;
  size_t n;
  int64_t i;

  AUS_TRY(aus_work_blob(w, aus_gpuqueue_rows_key(), &list, &n, err));
  AUS_TRY(aus_ranges_decode(&ranges, list, n, err));
  for (i = 0; i < ranges.n; i++)
    AUS_TRY(add_samples(w, &ranges.range[i], p, err));
done:
  aus_ranges_fini(&ranges);
  return rc;
}

aus_gpuqueue_policy_kind aus_gpuqueue_learner(const study *s, int i)
{
  int m;

  for (m = 0; m < s->n_models; m++)
    if (aus_gpuqueue_policy_learns(s->model[m]) && i-- == 0) return s->model[m];
  return AUS_GPUQUEUE_N_POLICIES;
}

/* Train one policy. */
int aus_gpuqueue_run_train(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;
  aus_gpuqueue_policy_kind kind = aus_gpuqueue_learner(s, (int)(uint32_t)aus_work_task(w)->id);
  samples p = {0};
  aus_buf model;
  aus_gpuqueue_lesson lesson = {.sim = &s->sim,
                                .geometry = &s->training,
                                .n_windows = s->n_training,
                                .trace = &s->past,
                                .seed = s->seed};

  aus_buf_init(&model);
  if (aus_gpuqueue_policy_wants_samples(kind)) AUS_TRY(read_samples(w, &p, err));
  lesson.n_samples = p.n;
  lesson.feature = p.feature;
  lesson.reward_h = p.reward_h;
  lesson.window = p.window;
  aus_work_status(w, AUS_S_FAIL_TRAIN);
  AUS_TRY(aus_gpuqueue_policy_learn(kind, &lesson, &model, aus_work_poll(w), err));
  {
    char *bytes = model.data;
    const void *column[] = {bytes};

    AUS_TRY(aus_work_give_blob(w, aus_gpuqueue_model_key(kind), bytes, (size_t)model.n, err));
    AUS_TRY(aus_work_append(w, AUS_GPUQUEUE_T_MODELS, model.n, column, err));
  }
  aus_work_metric(w, AUS_GPUQUEUE_M_ROWS, (double)p.n);
done:
  samples_fini(&p);
  aus_buf_fini(&model);
  return rc;
}

/* ---- stage validate ---- */

/* A policy is made once per worker: the bytes of a model are the same for the whole run. */
static int get_policy(study *s, aus_work *w, int m, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_policy_kind kind = s->model[m];
  const void *model = NULL;
  size_t n = 0;

  if (s->policy[m]) goto done;
  if (aus_gpuqueue_policy_learns(kind))
    AUS_TRY(aus_work_blob(w, aus_gpuqueue_model_key(kind), &model, &n, err));
  AUS_TRY(aus_gpuqueue_policy_create(&s->policy[m], kind, &s->sim, &s->geometry, model, n,
                                     s->threshold_h, err));
done:
  return rc;
}

static int append_links(study *s, aus_work *w, int m, int64_t window, const aus_gpuqueue_link *link,
                        aus_err *err)
{
  int rc = AUS_OK, l, n = s->geometry.chain_length - 1;

  for (l = 0; l < n; l++) {
    uint8_t backfilled = link[l].outcome.backfilled, failed = link[l].failed;
    int32_t number = l;
    int64_t submit = failed ? AUS_GPUQUEUE_NEVER : link[l].outcome.t_decision_s,
            end =
                failed ? AUS_GPUQUEUE_NEVER : link[l].outcome.t_start_s - link[l].outcome.reward_s;
    const void *column[] = {&window,
                            &number,
                            &submit,
                            &end,
                            &link[l].outcome.reward_s,
                            &backfilled,
                            &failed,
                            &link[l].expected_h,
                            &link[l].n_asked};

    AUS_TRY(aus_work_append(w, AUS_GPUQUEUE_T_POLICIES + m, 1, column, err));
    aus_work_metric(w, m * n + l, (double)link[l].outcome.reward_s);
    aus_work_metric(w, s->n_rewards + m * n + l, backfilled);
    aus_work_metric(w, 2 * s->n_rewards + m * n + l, failed);
  }
done:
  return rc;
}

static int append_questions(aus_work *w, int m, int64_t window, const aus_gpuqueue_trail *t,
                            aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, *number = NULL;
  uint8_t *model = NULL;

  AUS_NEW(number, t->n, err);
  AUS_NEW(model, t->n, err);
  for (i = 0; i < t->n; i++) {
    number[i] = window;
    model[i] = (uint8_t)m;
  }
  {
    const void *column[] = {model, number, t->t_s, t->expected_h};

    AUS_TRY(aus_work_append(w, AUS_GPUQUEUE_T_QUESTIONS, t->n, column, err));
  }
done:
  aus_free(number);
  aus_free(model);
  return rc;
}

/* The first link under thresholds from -6 to 6 h. */
static int append_curve(study *s, aus_work *w, int m, int64_t window, aus_err *err)
{
  enum { N = AUS_GPUQUEUE_N_THRESHOLDS };
  int rc = AUS_OK, k;
  aus_gpuqueue_survey survey = {0};
  uint8_t model[N];
  int64_t number[N], submit[N], reward[N];
  double threshold[N];
  const void *column[] = {model, number, threshold, submit, reward};

  AUS_TRY(aus_gpuqueue_policy_survey(s->policy[m], s->window, &survey, aus_work_poll(w), err));
  for (k = 0; k < N; k++) {
    int64_t at;

    threshold[k] = -6 + 0.5 * k;
    at = aus_gpuqueue_survey_decides(&survey, 0, threshold[k]);
    model[k] = (uint8_t)m;
    number[k] = window;
    submit[k] = survey.t_s[at];
    reward[k] = survey.reward_s[at];
  }
  AUS_TRY(aus_work_append(w, AUS_GPUQUEUE_T_CURVE, N, column, err));
done:
  aus_gpuqueue_survey_fini(&survey);
  return rc;
}

/* A window under every policy. */
int aus_gpuqueue_run_validate(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, m;
  study *s = self;
  int64_t index = (int64_t)aus_work_task(w)->x[0];
  bool keep = aus_opt_bool(s->opts, "questions"), curve = aus_opt_bool(s->opts, "curve");
  aus_gpuqueue_link *link = NULL;
  aus_gpuqueue_trail trail = {0};

  AUS_NEW(link, s->geometry.chain_length - 1, err);
  AUS_TRY(open_window(w, s->window, &s->trace, s->warm, err));
  for (m = 0; m < s->n_models; m++) {
    AUS_TRY(get_policy(s, w, m, err));
    trail.n = 0;
    AUS_TRY(aus_gpuqueue_policy_run(s->policy[m], s->window, link, keep ? &trail : NULL,
                                    aus_work_poll(w), err));
    AUS_TRY(append_links(s, w, m, index, link, err));
    if (keep) AUS_TRY(append_questions(w, m, index, &trail, err));
    if (curve && aus_gpuqueue_policy_asks(s->policy[m])) AUS_TRY(append_curve(s, w, m, index, err));
  }
done:
  aus_free(link);
  aus_gpuqueue_trail_fini(&trail);
  return rc;
}
