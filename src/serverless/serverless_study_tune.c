/* serverless/serverless_study_tune.c - what a worker does in stages optimize and finetune: a point of a
 * campaign from the reactive run to the judged models, and the jobs that make and keep models.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <string.h>

#include "serverless/serverless_study_work.h"
#include "util/alloc.h"

typedef struct aus_serverless_study study;

/* ---- models out ---- */

static int store_bytes(aus_work *w, const void *bytes, size_t n, aus_err *err)
{
  return aus_work_append(w, AUS_SERVERLESS_T_MODELS, (int64_t)n, &bytes, err);
}

int aus_serverless_work_give(aus_work *w, aus_blob_key key, const aus_xgb *model, bool store,
                             aus_err *err)
{
  int rc = AUS_OK;
  char *bytes = NULL;
  size_t n;

  AUS_TRY(aus_xgb_save(model, &bytes, &n, err));
  AUS_TRY(aus_work_give_blob(w, key, bytes, n, err));
  if (store) AUS_TRY(store_bytes(w, bytes, n, err));
done:
  aus_free(bytes);
  return rc;
}

/* ---- rows ---- */

/* The base rows of a function are read once: the shards are closed and the list never changes. */
static int base_rows(study *s, aus_work *w, int task, aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_base_rows *b = &s->base_rows[task];

  if (b->loaded) goto done;
  aus_serverless_tune_rows_fini(&b->train);
  aus_serverless_tune_rows_fini(&b->test);
  AUS_TRY(aus_serverless_work_read(s, w,
                                   aus_serverless_ranges_key(AUS_SERVERLESS_INITIAL_CAMPAIGN, task),
                                   task, &b->train, &b->test, err));
  b->loaded = true;
done:
  return rc;
}

/* Add the rows of s->dataset to those that this trial tunes with. */
static int collect_rows(study *s, aus_err *err)
{
  int rc = AUS_OK, task;
  const aus_serverless_dataset *d = &s->dataset;
  int64_t first, n;

  for (task = 0; task < s->inputs.types.n_tasks; task++) {
    aus_serverless_work_rows(s, task, &first, &n);
    AUS_TRY(aus_serverless_tune_rows_add(&s->fresh[task], n, d->d, d->x + first * d->d,
                                         d->y + first, d->weight + first, err));
  }
done:
  return rc;
}

/* Continue the loaded model of a function into s->tuned; the draw of old rows is keyed by the trial. */
static int tune_one(study *s, aus_work *w, uint64_t trial, int task,
                    const aus_serverless_tune_rows *fresh, const aus_serverless_tune_rows *old,
                    aus_err *err)
{
  int rc = AUS_OK;

  aus_xgb_destroy(s->tuned.model[task]);
  s->tuned.model[task] = NULL;
  aus_work_expect(w, aus_xgb_expect_s(&s->tune.xgb, fresh->n + old->n, old->d));
  AUS_TRY(aus_serverless_tune(&s->tuned.model[task], s->models.model[task], &s->tune, fresh, old,
                              s->seed, trial >> 32, trial, task, err));
done:
  return rc;
}

/* The same with the base rows as the old ones. */
static int tune_on_base(study *s, aus_work *w, uint64_t trial, int task,
                        const aus_serverless_tune_rows *fresh, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(base_rows(s, w, task, err));
  AUS_TRY(tune_one(s, w, trial, task, fresh, &s->base_rows[task].train, err));
done:
  return rc;
}

/* Every function that has a model, on the collected rows. */
static int tune_all(study *s, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, task;

  aus_work_status(w, AUS_S_FAIL_TRAIN);
  for (task = 0; task < s->inputs.types.n_tasks; task++)
    if (s->models.model[task])
      AUS_TRY(tune_on_base(s, w, aus_work_task(w)->id, task, &s->fresh[task], err));
  aus_work_status(w, AUS_S_FAIL_SIM);
done:
  return rc;
}

/* ---- a trial of stage optimize ---- */

static int give_models(study *s, aus_work *w, uint32_t campaign, int64_t k, aus_err *err)
{
  int rc = AUS_OK, task;

  for (task = 0; task < s->inputs.types.n_tasks; task++)
    if (s->tuned.model[task])
      AUS_TRY(aus_serverless_work_give(w, aus_serverless_model_key(s, campaign, k, task),
                                       s->tuned.model[task], false, err));
done:
  return rc;
}

static void rows_encode(const aus_serverless_tune_rows *r, int task, aus_buf *out)
{
  int64_t i;

  aus_buf_i64(out, task);
  aus_buf_i64(out, r->n);
  for (i = 0; i < r->n * r->d; i++)
    aus_buf_f64(out, (double)r->x[i]);
  for (i = 0; i < r->n; i++)
    aus_buf_f64(out, (double)r->y[i]);
  for (i = 0; i < r->n; i++)
    aus_buf_f64(out, (double)r->weight[i]);
}

/* Carry all: the rows of this trial, for the job that continues the chain. */
static int give_rows(study *s, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, task;
  uint64_t id = aus_work_task(w)->id;
  aus_buf b;

  aus_buf_init(&b);
  for (task = 0; task < s->inputs.types.n_tasks; task++)
    if (s->models.model[task]) rows_encode(&s->fresh[task], task, &b);
  AUS_TRY(aus_buf_check(&b, err));
  AUS_TRY(aus_work_give_blob(w, aus_serverless_rows_key((uint32_t)(id >> 32), (uint32_t)id), b.data,
                             (size_t)b.n, err));
done:
  aus_buf_fini(&b);
  return rc;
}

static void clear_tuned(study *s)
{
  int task;

  for (task = 0; task < s->inputs.types.n_tasks; task++) {
    aus_xgb_destroy(s->tuned.model[task]);
    s->tuned.model[task] = NULL;
    s->fresh[task].n = 0;
  }
}

/* Metrics of one simulation of the trial, from column `penalty` and `replica_s` on. */
static void note_run(aus_work *w, const aus_serverless_result *r, int penalty, int replica_s,
                     double *y)
{
  aus_serverless_metrics(r, 0, y);
  aus_work_metric(w, penalty, y[AUS_SERVERLESS_Y_PENALTY]);
  aus_work_metric(w, replica_s, y[AUS_SERVERLESS_Y_REPLICA_TIME]);
}

/* The base sample's point and the penalty of the base models there. */
static int base_point(study *s, aus_work *w, double *x, double *penalty, aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_task *t = aus_work_task(w);
  aus_rd in = aus_rd_of(t->args, (size_t)t->n_args);

  for (i = 0; i < s->space.n_x; i++)
    x[i] = aus_rd_f64(&in);
  *penalty = aus_rd_f64(&in);
  if (in.bad) AUS_FAIL(err, AUS_EBUG, "a trial without its base point");
done:
  return rc;
}

/* The windows of a run become rows of the trial. */
static int learn_from(study *s, aus_work *w, const aus_serverless_result *result, double *n_rows,
                      aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_serverless_work_dataset(s, result, err));
  AUS_TRY(aus_serverless_work_append(s, w, true, err));
  AUS_TRY(collect_rows(s, err));
  *n_rows += (double)s->dataset.n;
done:
  return rc;
}

/* New rows at the trial's point: what the reactive policy meets, and what the parent's models meet. The
 * reactive run is always made: it is what the others are compared with. */
static int make_rows(study *s, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  const double *x = aus_work_task(w)->x;
  const aus_serverless_result *result;
  aus_predict parent = aus_serverless_models_predict(&s->models);
  double y[AUS_SERVERLESS_N_METRICS], n_rows = 0;

  AUS_TRY(aus_serverless_work_simulate(s, w, x, NULL, AUS_SERVERLESS_P_OPT_REACTIVE, NULL, &result,
                                       err));
  note_run(w, result, AUS_SERVERLESS_O_REACTIVE_PENALTY, AUS_SERVERLESS_O_REACTIVE_REPLICA_TIME, y);
  if (s->search.rows != AUS_SERVERLESS_ROWS_PROACTIVE)
    AUS_TRY(learn_from(s, w, result, &n_rows, err));
  if (s->search.rows != AUS_SERVERLESS_ROWS_REACTIVE) {
    AUS_TRY(aus_serverless_work_simulate(s, w, x, NULL, AUS_SERVERLESS_P_OPT_PROACTIVE, &parent,
                                         &result, err));
    AUS_TRY(learn_from(s, w, result, &n_rows, err));
  }
  aus_work_metric(w, AUS_SERVERLESS_O_ROWS, n_rows);
done:
  return rc;
}

/* The tuned models at the trial's point, and on the base sample where that one judges. */
static int try_models(study *s, aus_work *w, const double *base, double *judged, aus_err *err)
{
  int rc = AUS_OK;
  const double *x = aus_work_task(w)->x;
  const aus_serverless_result *result;
  aus_predict tuned = aus_serverless_models_predict(&s->tuned);
  double y[AUS_SERVERLESS_N_METRICS], penalty;

  AUS_TRY(aus_serverless_work_simulate(s, w, x, NULL, AUS_SERVERLESS_P_OPT_PROACTIVE, &tuned,
                                       &result, err));
  note_run(w, result, AUS_SERVERLESS_O_PENALTY, AUS_SERVERLESS_O_REPLICA_TIME, y);
  penalty = y[AUS_SERVERLESS_Y_PENALTY];
  if (s->search.judge == AUS_SERVERLESS_JUDGE_BASE)
    AUS_TRY(aus_serverless_work_simulate(s, w, base, NULL, AUS_SERVERLESS_P_OPT_PROACTIVE, &tuned,
                                         &result, err));
  note_run(w, result, AUS_SERVERLESS_O_JUDGE_PENALTY, AUS_SERVERLESS_O_JUDGE_REPLICA_TIME, y);
  *judged = y[AUS_SERVERLESS_Y_PENALTY];
  aus_work_metric(w, AUS_SERVERLESS_O_OBJECTIVE, aus_serverless_told(&s->search, penalty));
done:
  return rc;
}

/* What a child cannot read: the base rows of all functions with a model. */
int aus_serverless_prepare_optimize(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, task;
  study *s = self;

  AUS_TRY(aus_serverless_work_models(s, w, err));
  for (task = 0; task < s->inputs.types.n_tasks; task++)
    if (s->models.model[task]) AUS_TRY(base_rows(s, w, task, err));
done:
  return rc;
}

int aus_serverless_run_optimize(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;
  const aus_task *t = aus_work_task(w);
  double judged, base_penalty, *base = NULL;

  AUS_NEW(base, s->space.n_x, err);
  AUS_TRY(base_point(s, w, base, &base_penalty, err));
  AUS_TRY(aus_serverless_work_models(s, w, err));
  AUS_TRY(make_rows(s, w, err));
  if (s->search.carry == AUS_SERVERLESS_CARRY_ALL) AUS_TRY(give_rows(s, w, err));
  AUS_TRY(tune_all(s, w, err));
  AUS_TRY(try_models(s, w, base, &judged, err));
  /* Worse models are nobody's parents. */
  if (s->search.carry == AUS_SERVERLESS_CARRY_BEST && judged < base_penalty)
    AUS_TRY(give_models(s, w, (uint32_t)(t->id >> 32), (uint32_t)t->id, err));
done:
  clear_tuned(s);
  aus_free(base);
  return rc;
}

/* ---- jobs ---- */

static int rows_decode(aus_rd *in, int d, int *task, aus_serverless_tune_rows *out, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n, i;
  double *v = NULL;

  *task = (int)aus_rd_i64(in);
  n = aus_rd_i64(in);
  if (in->bad || n < 0 || n > 1 << 26) AUS_FAIL(err, AUS_EFORMAT, "rows of a trial are damaged");
  AUS_NEW(v, n * (d + 2), err);
  for (i = 0; i < n * (d + 2); i++)
    v[i] = aus_rd_f64(in);
  if (in->bad) AUS_FAIL(err, AUS_EFORMAT, "rows of a trial are damaged");
  out->n = 0;
  AUS_TRY(aus_serverless_tune_rows_add(out, n, d, v, v + n * d, v + n * (d + 1), err));
done:
  aus_free(v);
  return rc;
}

/* Carry all: the models before this trial, continued on its rows. */
int aus_serverless_run_retrain(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, task, d;
  study *s = self;
  const aus_task *t = aus_work_task(w);
  uint32_t campaign = (uint32_t)(t->id >> 32);
  aus_serverless_tune_rows fresh = {0};
  const void *bytes;
  size_t n;
  aus_rd in;

  d = aus_serverless_dataset_width(&s->dataset_conf, &s->inputs.types);
  AUS_TRY(aus_serverless_work_models(s, w, err));
  AUS_TRY(aus_work_blob(w, aus_serverless_rows_key(campaign, t->scenario), &bytes, &n, err));
  in = aus_rd_of(bytes, n);
  while (in.at < n) {
    AUS_TRY(rows_decode(&in, d, &task, &fresh, err));
    if (task < 0 || task >= s->inputs.types.n_tasks)
      AUS_FAIL(err, AUS_EFORMAT, "rows of a trial are damaged");
    AUS_TRY(tune_on_base(s, w, aus_trial_id(campaign, (uint32_t)t->scenario), task, &fresh, err));
  }
  AUS_TRY(give_models(s, w, campaign, t->scenario, err));
done:
  clear_tuned(s);
  aus_serverless_tune_rows_fini(&fresh);
  return rc;
}

/* Write the models that the job needs into the shard, in their order: the lineage of a campaign. */
int aus_serverless_run_keep(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_task *t = aus_work_task(w);
  const void *bytes;
  size_t n;

  (void)self;
  for (i = 0; i < t->n_needs; i++) {
    AUS_TRY(aus_work_blob(w, t->needs[i], &bytes, &n, err));
    AUS_TRY(store_bytes(w, bytes, n, err));
  }
done:
  return rc;
}

static void scale_labels(aus_serverless_tune_rows *r, double scale)
{
  int64_t i;

  for (i = 0; i < r->n; i++)
    r->y[i] *= (float)scale;
}

/* One function: the base model continued on the rows of all kept trials, labels times the job's scale. */
int aus_serverless_run_finetune(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, task;
  study *s = self;
  const aus_task *t = aus_work_task(w);
  int64_t k = t->scenario % s->n_scales;
  aus_serverless_tune_rows fresh = {0}, old = {0}, unused = {0};
  double error = 0;

  task = (int)(t->needs[0].index % (uint32_t)s->inputs.types.n_tasks);
  AUS_TRY(aus_serverless_work_models(s, w, err));
  AUS_TRY(aus_serverless_work_read(s, w, t->needs[2], task, &fresh, &unused, err));
  AUS_TRY(base_rows(s, w, task, err));
  AUS_TRY(aus_serverless_tune_rows_copy(&old, &s->base_rows[task].train, err));
  scale_labels(&fresh, s->scale[k]);
  scale_labels(&old, s->scale[k]);
  aus_work_status(w, AUS_S_FAIL_TRAIN);
  AUS_TRY(tune_one(s, w, t->id, task, &fresh, &old, err));
  AUS_TRY(aus_serverless_tune_rmse(s->tuned.model[task], &s->base_rows[task].test, &error, err));
  AUS_TRY(aus_serverless_work_give(w, aus_serverless_model_key(s, (uint32_t)(t->id >> 32), k, task),
                                   s->tuned.model[task], false, err));
  aus_work_metric(w, AUS_SERVERLESS_M_RMSE, error);
  aus_work_metric(w, AUS_SERVERLESS_M_TRAIN_ROWS, (double)fresh.n);
  aus_work_metric(w, AUS_SERVERLESS_M_TEST_ROWS, (double)s->base_rows[task].test.n);
done:
  clear_tuned(s);
  aus_serverless_tune_rows_fini(&fresh);
  aus_serverless_tune_rows_fini(&old);
  aus_serverless_tune_rows_fini(&unused);
  return rc;
}
