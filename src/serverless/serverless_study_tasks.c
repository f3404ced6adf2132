/* serverless/serverless_study_tasks.c - what a worker does: simulate a sample, train a model.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <math.h>
#include <string.h>

#include "serverless/serverless_study_setup.h"
#include "util/alloc.h"

static int put_row(void *self, int table, int64_t n, const void *const *column, aus_err *err)
{
  return aus_work_append(self, table, n, column, err);
}

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

static void set_metrics(aus_work *w, const aus_serverless_result *r, int64_t n_rows)
{
  double y[AUS_SERVERLESS_N_METRICS];
  int i;

  aus_serverless_metrics(r, n_rows, y);
  for (i = 0; i < AUS_SERVERLESS_N_METRICS; i++)
    aus_work_metric(w, i, y[i]);
}

/* Simulate the sample of a task; the result is lent until the next one. */
static int simulate(aus_serverless_study *s, aus_work *w, const aus_serverless_policy *policy,
                    const aus_predict *predict, const aus_serverless_result **result, aus_err *err)
{
  int rc = AUS_OK;
  const aus_task *task = aus_work_task(w);

  AUS_TRY(aus_serverless_space_infra(&s->space, task->x, &s->infra, err));
  AUS_TRY(aus_serverless_space_workload(&s->space, task->x, &s->base, s->seed, task->scenario,
                                        &s->trace, err));
  AUS_TRY(aus_serverless_sim_run(s->sim, &s->infra, &s->trace, policy, predict, aus_work_poll(w),
                                 result, err));
  if ((*result)->status == AUS_SERVERLESS_STALLED) {
    aus_work_status(w, AUS_S_FAIL_SIM);
    AUS_FAIL(err, AUS_ENUMERIC, "simulation stalled at %g s of simulated time",
             (*result)->totals.end_time_s);
  }
  AUS_TRY(aus_serverless_put_result(*result, s->keep, put_row, w, err));
done:
  return rc;
}

/* Rows of a function in the dataset, which is grouped by function; `first` is where its group would begin. */
static int64_t rows_of(const aus_serverless_dataset *d, int task, int64_t first)
{
  int64_t n = 0;

  while (first + n < d->n && d->task[first + n] == task)
    n++;
  return n;
}

/* A run in which one of the functions with a model has no row is of no use to any (serverless.md 8.2). */
static bool is_useful(const aus_serverless_study *s)
{
  int task;
  int64_t first = 0, n;

  for (task = 0; task < s->inputs.types.n_tasks; task++, first += n) {
    n = rows_of(&s->dataset, task, first);
    if (s->has_rows[task] && n == 0) return false;
  }
  return true;
}

static int split_room(aus_serverless_study *s, int64_t n, aus_err *err)
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

/* Rows of all functions with a model; those of a useless run are kept, but marked unused. */
static int append_dataset(aus_serverless_study *s, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, task;
  const aus_serverless_dataset *d = &s->dataset;
  int64_t first = 0, n;
  bool useful = is_useful(s);

  AUS_TRY(split_room(s, d->n, err));
  for (task = 0; task < s->inputs.types.n_tasks; task++, first += n) {
    n = rows_of(d, task, first);
    if (n == 0) continue;
    aus_serverless_split(n, s->train_rows, s->train_fraction, s->seed, aus_work_task(w)->scenario,
                         task, s->split, s->work);
    if (!useful) memset(s->split, 3, (size_t)n);
    AUS_TRY(aus_serverless_put_dataset(d, task, first, n, s->split, put_row, w, err));
  }
done:
  return rc;
}

int aus_serverless_run_initial(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_study *s = self;
  const aus_serverless_result *result;

  AUS_TRY(simulate(s, w, &s->policy[0], NULL, &result, err));
  AUS_TRY(
      aus_serverless_dataset_build(&s->dataset, &s->inputs.types, result, &s->dataset_conf, err));
  AUS_TRY(append_dataset(s, w, err));
  set_metrics(w, result, s->dataset.n);
done:
  return rc;
}

/* Load the models that the task names, unless they are the ones already there. */
static int fetch_models(aus_serverless_study *s, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, i, task;
  const aus_task *t = aus_work_task(w);
  const void *bytes;
  size_t n;

  for (i = 0; i < t->n_needs; i++) {
    aus_blob_key key = t->needs[i];

    task = (int)key.index;
    if (task < 0 || task >= s->models.n)
      AUS_FAIL(err, AUS_EBUG, "no function %d for a model", task);
    if (s->models.model[task] && s->model_key[task].campaign == key.campaign) continue;
    aus_xgb_destroy(s->models.model[task]);
    s->models.model[task] = NULL;
    AUS_TRY(aus_work_blob(w, key, &bytes, &n, err));
    AUS_TRY(aus_xgb_load(&s->models.model[task], s->inputs.types.task[task].name, bytes, n, err));
    s->model_key[task] = key;
  }
done:
  return rc;
}

int aus_serverless_run_proactive(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_study *s = self;
  const aus_serverless_result *result;
  aus_predict predict = aus_serverless_models_predict(&s->models);

  AUS_TRY(fetch_models(s, w, err));
  AUS_TRY(simulate(s, w, &s->policy[1], &predict, &result, err));
  set_metrics(w, result, 0);
done:
  return rc;
}

/* Training and test rows of one function over all runs, in trial order. */
typedef struct rows {
  int64_t n_train, n_test, cap;
  float *x, *y; /* training rows from the front */
  float *x_test, *y_test;
} rows;

static void rows_fini(rows *r)
{
  aus_free(r->x);
  aus_free(r->y);
  aus_free(r->x_test);
  aus_free(r->y_test);
}

static int read_rows(aus_work *w, int table, const aus_ranges *ranges, rows *r, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, total = 0, largest = 0;
  uint64_t k;
  double *x = NULL, *y = NULL;
  uint8_t *split = NULL;

  for (i = 0; i < ranges->n; i++) {
    if ((int)ranges->range[i].table != table) continue;
    total += (int64_t)ranges->range[i].n;
    if ((int64_t)ranges->range[i].n > largest) largest = (int64_t)ranges->range[i].n;
  }
  AUS_NEW(r->x, total, err);
  AUS_NEW(r->y, total, err);
  AUS_NEW(r->x_test, total, err);
  AUS_NEW(r->y_test, total, err);
  AUS_NEW(x, largest, err);
  AUS_NEW(y, largest, err);
  AUS_NEW(split, largest, err);
  for (i = 0; i < ranges->n; i++) {
    const aus_range *g = &ranges->range[i];

    if ((int)g->table != table) continue;
    AUS_TRY(aus_work_read(w, g, AUS_SERVERLESS_C_X, x, err));
    AUS_TRY(aus_work_read(w, g, AUS_SERVERLESS_C_Y, y, err));
    AUS_TRY(aus_work_read(w, g, AUS_SERVERLESS_C_SPLIT, split, err));
    for (k = 0; k < g->n; k++) {
      if (split[k] == 0) {
        r->x[r->n_train] = (float)x[k];
        r->y[r->n_train++] = (float)y[k];
      } else if (split[k] == 2) {
        r->x_test[r->n_test] = (float)x[k];
        r->y_test[r->n_test++] = (float)y[k];
      }
    }
  }
done:
  aus_free(x);
  aus_free(y);
  aus_free(split);
  return rc;
}

/* Root mean square error on the test rows, 0 without any (the metrics say how many there were). */
static int rmse(const aus_xgb *model, const rows *r, double *out, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;
  float *p = NULL;
  double sum = 0;

  *out = 0;
  if (r->n_test == 0) return AUS_OK;
  AUS_NEW(p, r->n_test, err);
  AUS_TRY(aus_xgb_predict(model, r->n_test, 1, r->x_test, p, err));
  for (i = 0; i < r->n_test; i++) {
    double e = (double)p[i] - (double)r->y_test[i];

    sum += e * e;
  }
  *out = sqrt(sum / (double)r->n_test);
done:
  aus_free(p);
  return rc;
}

/* Train the function whose index is the job's: rows from the closed shards of stage initial. A
 * function without training rows gets no model, which is a normal result. */
int aus_serverless_run_train(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, task = (int)(uint32_t)aus_work_task(w)->id;
  aus_serverless_study *s = self;
  aus_ranges ranges = {0};
  rows r = {0};
  aus_xgb *model = NULL;
  char *bytes = NULL;
  const void *list, *column[1];
  size_t n;
  double error = 0;

  AUS_TRY(aus_work_blob(w, aus_serverless_ranges_key(task), &list, &n, err));
  AUS_TRY(aus_ranges_decode(&ranges, list, n, err));
  AUS_TRY(read_rows(w, AUS_SERVERLESS_T_DATASET + task, &ranges, &r, err));
  if (r.n_train > 0) {
    aus_work_status(w, AUS_S_FAIL_TRAIN);
    aus_work_expect(w, 1.0 + 1e-7 * (double)r.n_train * s->xgb.rounds);
    AUS_TRY(aus_xgb_train(&model, &s->xgb, r.n_train, 1, r.x, r.y, err));
    AUS_TRY(rmse(model, &r, &error, err));
    AUS_TRY(aus_xgb_save(model, &bytes, &n, err));
    AUS_TRY(aus_work_give_blob(w, aus_serverless_model_key(task), bytes, n, err));
    column[0] = bytes;
    AUS_TRY(aus_work_append(w, AUS_SERVERLESS_T_MODELS, (int64_t)n, column, err));
  }
  aus_work_metric(w, AUS_SERVERLESS_M_RMSE, error);
  aus_work_metric(w, AUS_SERVERLESS_M_TRAIN_ROWS, (double)r.n_train);
  aus_work_metric(w, AUS_SERVERLESS_M_TEST_ROWS, (double)r.n_test);
done:
  aus_ranges_fini(&ranges);
  rows_fini(&r);
  aus_xgb_destroy(model);
  aus_free(bytes);
  return rc;
}
