/* serverless/serverless_study_tasks.c - what a worker does in the first stages and in validation: simulate,
 * train.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <math.h>
#include <string.h>

#include "serverless/serverless_study_work.h"
#include "util/alloc.h"

typedef struct aus_serverless_study study;

static int put_row(void *self, int table, int64_t n, const void *const *column, aus_err *err)
{
  return aus_work_append(self, table, n, column, err);
}

/* ---- metrics ---- */

void aus_serverless_metrics(const aus_serverless_result *r, int64_t n_rows, double *y)
{
  const aus_serverless_totals *t = &r->totals;
  int i;
  /* In the order of aus_serverless_metric_names. */
  const double all[AUS_SERVERLESS_N_METRICS] = {
      t->penalty_percent / 100,
      t->end_time_s,
      (double)r->applications.n,
      (double)r->tasks.n,
      t->average_elapsed_s,
      t->average_queue_s,
      t->average_wait_s,
      t->average_pull_s,
      t->average_cold_start_s,
      t->average_execution_s,
      t->average_initialization_s,
      t->average_compute_s,
      t->average_communications_s,
      t->cold_start_percent / 100,
      t->task_cache_hits_percent / 100,
      t->node_cache_hits_percent / 100,
      t->local_dependencies_percent / 100,
      t->local_communications_percent / 100,
      t->unused_platforms_percent / 100,
      t->unused_nodes_percent / 100,
      t->average_occupation_percent / 100,
      t->energy_kwh,
      t->reclaimable_energy_kwh,
      t->replica_s,
      (double)r->scale_events.n,
      (double)n_rows,
      (double)t->n_events,
  };

  memcpy(y, all, sizeof all);
  /* A mean over nothing is not a number; a run without requests is a valid one all the same. */
  for (i = 0; r->tasks.n == 0 && i < AUS_SERVERLESS_N_METRICS; i++)
    if (isnan(y[i])) y[i] = 0;
}

void aus_serverless_work_metrics(aus_work *w, const aus_serverless_result *r, int64_t n_rows)
{
  double y[AUS_SERVERLESS_N_METRICS];
  int i;

  aus_serverless_metrics(r, n_rows, y);
  for (i = 0; i < AUS_SERVERLESS_N_METRICS; i++)
    aus_work_metric(w, i, y[i]);
}

/* ---- simulation ---- */

int aus_serverless_work_simulate(study *s, aus_work *w, const double *x,
                                 const aus_serverless_trace *trace, aus_serverless_role role,
                                 const aus_predict *predict, const aus_serverless_result **result,
                                 aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(
      aus_serverless_space_infra(&s->space, x, s->defects & AUS_SERVERLESS_D(20), &s->infra, err));
  if (!trace) {
    AUS_TRY(aus_serverless_workload_sample(&s->space, x, &s->base, &s->scaling, s->seed,
                                           aus_work_task(w)->scenario, &s->trace, err));
    trace = &s->trace;
  }
  AUS_TRY(aus_serverless_sim_run(s->sim, &s->infra, trace, &s->policy[role], predict,
                                 aus_work_poll(w), result, err));
  if ((*result)->status == AUS_SERVERLESS_STALLED) {
    aus_work_status(w, AUS_S_FAIL_SIM);
    AUS_FAIL(err, AUS_ENUMERIC, "simulation stalled at %g s of simulated time",
             (*result)->totals.end_time_s);
  }
done:
  return rc;
}

/* ---- datasets ---- */

int aus_serverless_work_dataset(study *s, const aus_serverless_result *result, aus_err *err)
{
  return aus_serverless_dataset_build(&s->dataset, &s->inputs.types, result, &s->dataset_conf, err);
}

void aus_serverless_work_rows(const study *s, int task, int64_t *first, int64_t *n)
{
  const aus_serverless_dataset *d = &s->dataset;

  *first = 0;
  while (*first < d->n && d->task[*first] < task)
    (*first)++;
  *n = 0;
  while (*first + *n < d->n && d->task[*first + *n] == task)
    (*n)++;
}

/* The reference: a run in which one of the functions with a model has no row is of no use to any. */
static bool is_useful(const study *s)
{
  int task;
  int64_t first, n;

  if (!(s->defects & AUS_SERVERLESS_D(23))) return true;
  for (task = 0; task < s->inputs.types.n_tasks; task++) {
    aus_serverless_work_rows(s, task, &first, &n);
    if (s->has_rows[task] && n == 0) return false;
  }
  return true;
}

static int split_room(study *s, int64_t n, aus_err *err)
{
  int rc = AUS_OK;

  if (n <= s->n_split) goto done;
  aus_free(s->split);
  aus_free(s->work);
  s->split = NULL;
  s->work = NULL;
  s->n_split = 0;
  AUS_NEW(s->split, n, err);
  AUS_NEW(s->work, n, err);
  s->n_split = n;
done:
  return rc;
}

int aus_serverless_work_append(study *s, aus_work *w, bool all_train, aus_err *err)
{
  int rc = AUS_OK, task;
  int64_t first, n;
  bool useful = is_useful(s);

  AUS_TRY(split_room(s, s->dataset.n, err));
  for (task = 0; task < s->inputs.types.n_tasks; task++) {
    aus_serverless_work_rows(s, task, &first, &n);
    if (n == 0) continue;
    if (all_train)
      memset(s->split, 0, (size_t)n);
    else
      aus_serverless_split(n, s->train_rows, s->train_fraction, s->seed, aus_work_task(w)->scenario,
                           task, s->split, s->work);
    /* Rows of a useless run are kept, but marked unused. */
    if (!useful) memset(s->split, 3, (size_t)n);
    AUS_TRY(aus_serverless_put_dataset(&s->dataset, task, first, n, s->split, put_row, w, err));
  }
done:
  return rc;
}

/* ---- models ---- */

/* Other needs than models are recognised by their bits. */
static bool is_model(aus_blob_key key)
{
  return !(key.index & (AUS_SERVERLESS_RANGES_BIT | AUS_SERVERLESS_ROWS_BIT));
}

static int load_model(study *s, aus_work *w, aus_blob_key key, aus_err *err)
{
  int rc = AUS_OK, task = (int)(key.index % (uint32_t)s->inputs.types.n_tasks);
  aus_blob_key *have = &s->model_key[task];
  const void *bytes;
  size_t n;

  if (s->models.model[task] && have->campaign == key.campaign && have->index == key.index)
    goto done;
  aus_xgb_destroy(s->models.model[task]);
  s->models.model[task] = NULL;
  AUS_TRY(aus_work_blob(w, key, &bytes, &n, err));
  AUS_TRY(aus_xgb_load(&s->models.model[task], s->inputs.types.task[task].name, bytes, n, err));
  *have = key;
done:
  return rc;
}

int aus_serverless_work_models(study *s, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_task *t = aus_work_task(w);

  for (i = 0; i < t->n_needs; i++)
    if (is_model(t->needs[i])) AUS_TRY(load_model(s, w, t->needs[i], err));
done:
  return rc;
}

/* ---- rows of closed shards ---- */

static int add_rows(aus_serverless_tune_rows *to, const uint8_t *split, uint8_t which, int64_t n,
                    int d, const double *x, const double *y, const double *weight, aus_err *err)
{
  int rc = AUS_OK;
  int64_t k;

  for (k = 0; k < n; k++)
    if (split[k] == which)
      AUS_TRY(aus_serverless_tune_rows_add(to, 1, d, x + k * d, y + k, weight + k, err));
done:
  return rc;
}

int aus_serverless_work_read(study *s, aus_work *w, aus_blob_key key, int task,
                             aus_serverless_tune_rows *train, aus_serverless_tune_rows *test,
                             aus_err *err)
{
  int rc = AUS_OK, table = AUS_SERVERLESS_T_DATASET + task,
      d = aus_serverless_dataset_width(&s->dataset_conf, &s->inputs.types);
  int64_t i, largest = 0;
  aus_ranges ranges = {0};
  double *x = NULL, *y = NULL, *weight = NULL;
  uint8_t *split = NULL;
  const void *list;
  size_t n;

  AUS_TRY(aus_work_blob(w, key, &list, &n, err));
  AUS_TRY(aus_ranges_decode(&ranges, list, n, err));
  for (i = 0; i < ranges.n; i++)
    if ((int64_t)ranges.range[i].n > largest) largest = (int64_t)ranges.range[i].n;
  AUS_NEW(x, largest * d, err);
  AUS_NEW(y, largest, err);
  AUS_NEW(weight, largest, err);
  AUS_NEW(split, largest, err);
  for (i = 0; i < ranges.n; i++) {
    const aus_range *g = &ranges.range[i];

    if ((int)g->table != table) continue;
    AUS_TRY(aus_work_read(w, g, AUS_SERVERLESS_C_X, x, err));
    AUS_TRY(aus_work_read(w, g, AUS_SERVERLESS_C_Y, y, err));
    AUS_TRY(aus_work_read(w, g, AUS_SERVERLESS_C_SPLIT, split, err));
    AUS_TRY(aus_work_read(w, g, AUS_SERVERLESS_C_WEIGHT, weight, err));
    AUS_TRY(add_rows(train, split, 0, (int64_t)g->n, d, x, y, weight, err));
    AUS_TRY(add_rows(test, split, 2, (int64_t)g->n, d, x, y, weight, err));
  }
done:
  aus_ranges_fini(&ranges);
  aus_free(x);
  aus_free(y);
  aus_free(weight);
  aus_free(split);
  return rc;
}

/* ---- handlers ---- */

int aus_serverless_run_initial(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;
  const aus_serverless_result *result;

  AUS_TRY(aus_serverless_work_simulate(s, w, aus_work_task(w)->x, NULL, AUS_SERVERLESS_P_INITIAL,
                                       NULL, &result, err));
  AUS_TRY(aus_serverless_put_result(result, s->keep, put_row, w, err));
  AUS_TRY(aus_serverless_work_dataset(s, result, err));
  AUS_TRY(aus_serverless_work_append(s, w, false, err));
  aus_serverless_work_metrics(w, result, s->dataset.n);
done:
  return rc;
}

/* The point of the task under a policy, asking the models that the task needs. @param keep  tables whose rows
 * are kept; NULL: none */
static int run_policy(study *s, aus_work *w, const aus_serverless_trace *trace,
                      aus_serverless_role role, const bool *keep, aus_err *err)
{
  int rc = AUS_OK;
  const aus_task *t = aus_work_task(w);
  const aus_serverless_result *result;
  aus_predict predict = aus_serverless_models_predict(&s->models);

  AUS_TRY(aus_serverless_work_models(s, w, err));
  AUS_TRY(aus_serverless_work_simulate(s, w, t->x, trace, role, t->n_needs > 0 ? &predict : NULL,
                                       &result, err));
  if (keep) AUS_TRY(aus_serverless_put_result(result, keep, put_row, w, err));
  aus_serverless_work_metrics(w, result, 0);
done:
  return rc;
}

int aus_serverless_run_proactive(void *self, aus_work *w, aus_err *err)
{
  study *s = self;

  return run_policy(s, w, NULL, AUS_SERVERLESS_P_PROACTIVE, s->keep, err);
}

/* Train the function whose index is the job's: rows from the closed shards of stage initial. A
 * function without training rows gets no model, which is a normal result. */
int aus_serverless_run_train(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, task = (int)(uint32_t)aus_work_task(w)->id;
  study *s = self;
  aus_serverless_tune_rows train = {0}, test = {0};
  aus_xgb *model = NULL;
  double error = 0;

  AUS_TRY(aus_serverless_work_read(s, w,
                                   aus_serverless_ranges_key(AUS_SERVERLESS_INITIAL_CAMPAIGN, task),
                                   task, &train, &test, err));
  if (train.n > 0) {
    aus_work_status(w, AUS_S_FAIL_TRAIN);
    aus_work_expect(w, aus_xgb_expect_s(&s->xgb, train.n, train.d));
    AUS_TRY(aus_xgb_train(&model, &s->xgb, train.n, train.d, train.x, train.y, train.weight, err));
    AUS_TRY(aus_serverless_tune_rmse(model, &test, &error, err));
    AUS_TRY(aus_serverless_work_give(
        w, aus_serverless_model_key(s, AUS_SERVERLESS_INITIAL_CAMPAIGN, 0, task), model, true,
        err));
  }
  aus_work_metric(w, AUS_SERVERLESS_M_RMSE, error);
  aus_work_metric(w, AUS_SERVERLESS_M_TRAIN_ROWS, (double)train.n);
  aus_work_metric(w, AUS_SERVERLESS_M_TEST_ROWS, (double)test.n);
done:
  aus_serverless_tune_rows_fini(&train);
  aus_serverless_tune_rows_fini(&test);
  aus_xgb_destroy(model);
  return rc;
}

/* A candidate of stage finetune in the world of a sample. */
int aus_serverless_run_judge(void *self, aus_work *w, aus_err *err)
{
  return run_policy(self, w, NULL, AUS_SERVERLESS_P_OPT_PROACTIVE, NULL, err);
}

static const aus_serverless_role validate_role[AUS_SERVERLESS_N_RIVALS] = {
    AUS_SERVERLESS_P_VAL_REACTIVE, AUS_SERVERLESS_P_VAL_PROACTIVE, AUS_SERVERLESS_P_VAL_PROACTIVE,
    AUS_SERVERLESS_P_VAL_KPA};

/* One policy in one world: the point's own workload, or a trace of the list. */
int aus_serverless_run_validate(void *self, aus_work *w, aus_err *err)
{
  study *s = self;
  const aus_task *t = aus_work_task(w);
  aus_rd in = aus_rd_of(t->args, (size_t)t->n_args);
  int64_t trace = aus_rd_i64(&in);

  return run_policy(s, w, trace < 0 ? NULL : &s->validate_trace[trace],
                    validate_role[t->kind - AUS_SERVERLESS_K_VALIDATE], s->keep_validate, err);
}
