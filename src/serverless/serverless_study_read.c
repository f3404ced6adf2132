/* serverless/serverless_study_read.c - a published serverless study, read back.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study_read.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"

enum { TASKS, APPLICATIONS, SYSTEM_EVENTS, PLATFORMS };

static const char *const tables[AUS_SERVERLESS_N_SAVED_TABLES] = {
    "traces/tasks", "traces/applications", "traces/system_events", "traces/platforms"};

/* What the values of a column must be. */
typedef enum check {
  APP,
  FUNCTION,
  PLATFORM,
  PLATFORM_OR_NONE, /* -1: never placed */
  NUMBER,           /* 0 .. 2^31 - 1 */
  TIME,             /* 0 .. MAX_TIME_S */
  TIME_OR_NONE,     /* or NaN: never came to that */
  REAL,
} check;

static const double max_time_s = 1e9;

/* Columns by number; the table below is in this order. */
enum {
  T_APPLICATION_ID,
  T_TASK,
  T_PLATFORM,
  T_DISPATCHED,
  T_DONE,
  T_COMPUTE,
  T_COLD_START,
  A_APPLICATION,
  A_DISPATCHED,
  A_ELAPSED,
  A_PENALTY,
  E_TASK,
  E_TIME,
  E_COUNT,
  E_QUEUE,
  E_PER_PLATFORM,
  P_PLATFORM,
  N_COLUMNS
};
_Static_assert((int)N_COLUMNS == (int)AUS_SERVERLESS_N_SAVED_COLUMNS, "columns of a saved study");

static const struct {
  int table;
  const char *name;
  aus_dtype type;
  check check;
} columns[N_COLUMNS] = {
    [T_APPLICATION_ID] = {TASKS, "application_id", AUS_I64, NUMBER},
    [T_TASK] = {TASKS, "task", AUS_I32, FUNCTION},
    [T_PLATFORM] = {TASKS, "platform", AUS_I32, PLATFORM_OR_NONE},
    [T_DISPATCHED] = {TASKS, "dispatched", AUS_F64, TIME_OR_NONE},
    [T_DONE] = {TASKS, "done", AUS_F64, TIME_OR_NONE},
    [T_COMPUTE] = {TASKS, "compute", AUS_F64, TIME_OR_NONE},
    [T_COLD_START] = {TASKS, "cold_start", AUS_F64, TIME_OR_NONE},
    [A_APPLICATION] = {APPLICATIONS, "application", AUS_I32, APP},
    [A_DISPATCHED] = {APPLICATIONS, "dispatched", AUS_F64, TIME},
    [A_ELAPSED] = {APPLICATIONS, "elapsed", AUS_F64, TIME_OR_NONE},
    [A_PENALTY] = {APPLICATIONS, "penalty", AUS_U8, NUMBER},
    [E_TASK] = {SYSTEM_EVENTS, "task", AUS_I32, FUNCTION},
    [E_TIME] = {SYSTEM_EVENTS, "time", AUS_F64, TIME},
    [E_COUNT] = {SYSTEM_EVENTS, "count", AUS_I32, NUMBER},
    [E_QUEUE] = {SYSTEM_EVENTS, "average_queue_length", AUS_F64, REAL},
    [E_PER_PLATFORM] = {SYSTEM_EVENTS, "per_platform", AUS_I32, NUMBER},
    [P_PLATFORM] = {PLATFORMS, "platform", AUS_I32, PLATFORM},
};

/* ---- types ---- */

static void take_text(char **to, aus_read_list *list, int64_t i)
{
  *to = list->text[i];
  list->text[i] = NULL;
}

static int check_count(const aus_serverless_saved *s, const char *what, int64_t n, aus_err *err)
{
  int rc = AUS_OK;

  if (n < 1 || n > 1000000)
    AUS_FAIL(err, AUS_EFORMAT, "%s:/serverless/%s: %" PRId64 " names", s->name, what, n);
done:
  return rc;
}

static int read_names(aus_serverless_saved *s, aus_err *err)
{
  int rc = AUS_OK;
  aus_read_list apps = {0}, tasks = {0}, platforms = {0};
  aus_serverless_types *t = &s->types;
  int64_t i;

  AUS_TRY(aus_read_strings(s->file, "serverless/applications/name", &apps, err));
  AUS_TRY(check_count(s, "applications/name", apps.n, err));
  AUS_TRY(aus_read_strings(s->file, "serverless/functions/name", &tasks, err));
  AUS_TRY(check_count(s, "functions/name", tasks.n, err));
  AUS_TRY(aus_read_strings(s->file, "serverless/platforms/name", &platforms, err));
  AUS_TRY(check_count(s, "platforms/name", platforms.n, err));
  AUS_NEW(t->app, apps.n, err);
  t->n_apps = (int)apps.n;
  AUS_NEW(t->task, tasks.n, err);
  t->n_tasks = (int)tasks.n;
  AUS_NEW(t->platform, platforms.n, err);
  t->n_platforms = (int)platforms.n;
  for (i = 0; i < apps.n; i++)
    take_text(&t->app[i].name, &apps, i);
  for (i = 0; i < tasks.n; i++)
    take_text(&t->task[i].name, &tasks, i);
  for (i = 0; i < platforms.n; i++)
    take_text(&t->platform[i].name, &platforms, i);
done:
  aus_read_list_fini(&apps);
  aus_read_list_fini(&tasks);
  aus_read_list_fini(&platforms);
  return rc;
}

static int read_execution(aus_serverless_saved *s, aus_err *err)
{
  int rc = AUS_OK, i, n = s->types.n_platforms;
  double *all = NULL;

  AUS_NEW(all, (int64_t)s->types.n_tasks * n, err);
  AUS_TRY(aus_read_column(s->file, "serverless/functions/execution_time", AUS_F64, s->types.n_tasks,
                          n, all, err));
  for (i = 0; i < s->types.n_tasks; i++) {
    AUS_NEW(s->types.task[i].exec_s, n, err);
    memcpy(s->types.task[i].exec_s, all + (int64_t)i * n, (size_t)n * sizeof *all);
  }
done:
  aus_free(all);
  return rc;
}

/* Rows are grouped by application: a run of equal ones is its list of functions. */
static int take_chain(aus_serverless_saved *s, const int32_t *app, const int32_t *task, int64_t n,
                      aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, j, k;

  for (i = 0; i < n; i = k) {
    aus_serverless_app_type *a;

    if (app[i] < 0 || app[i] >= s->types.n_apps || task[i] < 0 || task[i] >= s->types.n_tasks ||
        s->types.app[app[i]].n_tasks > 0)
      AUS_FAIL(err, AUS_EFORMAT,
               "%s:/serverless/application_tasks: row %" PRId64 " is no function of an application",
               s->name, i);
    a = &s->types.app[app[i]];
    for (k = i + 1; k < n && app[k] == app[i]; k++)
      if (task[k] < 0 || task[k] >= s->types.n_tasks)
        AUS_FAIL(err, AUS_EFORMAT,
                 "%s:/serverless/application_tasks: row %" PRId64
                 " is no function of an application",
                 s->name, k);
    AUS_NEW(a->task, k - i, err);
    for (j = i; j < k; j++)
      a->task[a->n_tasks++] = task[j];
  }
done:
  return rc;
}

static int read_chains(aus_serverless_saved *s, aus_err *err)
{
  static const char app_path[] = "serverless/application_tasks/application",
                    task_path[] = "serverless/application_tasks/task";
  int rc = AUS_OK, width;
  int64_t n;
  int32_t *app = NULL, *task = NULL;

  AUS_TRY(aus_read_shape(s->file, app_path, &n, &width, err));
  AUS_NEW(app, n, err);
  AUS_NEW(task, n, err);
  AUS_TRY(aus_read_column(s->file, app_path, AUS_I32, n, 1, app, err));
  AUS_TRY(aus_read_column(s->file, task_path, AUS_I32, n, 1, task, err));
  AUS_TRY(take_chain(s, app, task, n, err));
done:
  aus_free(app);
  aus_free(task);
  return rc;
}

int aus_serverless_saved_open(aus_serverless_saved *s, const char *path, aus_err *err)
{
  int rc = AUS_OK;

  *s = (aus_serverless_saved){0};
  AUS_DUP(s->name, path, err);
  AUS_TRY(aus_read_open(&s->file, path, "serverless", err));
  AUS_TRY(read_names(s, err));
  AUS_TRY(read_execution(s, err));
  AUS_TRY(read_chains(s, err));
done:
  return rc;
}

void aus_serverless_saved_close(aus_serverless_saved *s)
{
  int i;

  for (i = 0; i < N_COLUMNS; i++)
    aus_free(s->column[i]);
  for (i = 0; i < AUS_SERVERLESS_N_SAVED_TABLES; i++)
    aus_read_index_fini(&s->index[i]);
  aus_free(s->trial);
  aus_serverless_types_fini(&s->types);
  aus_read_close(s->file);
  aus_free(s->name);
  *s = (aus_serverless_saved){0};
}

/* ---- runs ---- */

/* Trials of kind initial that succeeded. */
static int read_trials(aus_serverless_saved *s, aus_err *err)
{
  int rc = AUS_OK, width;
  uint8_t *status = NULL;
  int64_t i, n;

  AUS_TRY(aus_read_shape(s->file, "trials/initial/id", &n, &width, err));
  AUS_NEW(s->trial, n, err);
  AUS_NEW(status, n, err);
  AUS_TRY(aus_read_column(s->file, "trials/initial/id", AUS_U64, n, 1, s->trial, err));
  AUS_TRY(aus_read_column(s->file, "trials/initial/status", AUS_U8, n, 1, status, err));
  for (i = 0; i < n; i++)
    if (status[i] == 0) s->trial[s->n_trials++] = s->trial[i];
done:
  aus_free(status);
  return rc;
}

/* Is value i of a column what it must be? */
static bool is_valid(const aus_serverless_saved *s, int c, int64_t i)
{
  const void *v = s->column[c];
  double x = columns[c].type == AUS_I64   ? (double)((const int64_t *)v)[i]
             : columns[c].type == AUS_I32 ? ((const int32_t *)v)[i]
             : columns[c].type == AUS_U8  ? ((const uint8_t *)v)[i]
                                          : ((const double *)v)[i];

  switch (columns[c].check) {
  case APP:
    return x >= 0 && x < s->types.n_apps;
  case FUNCTION:
    return x >= 0 && x < s->types.n_tasks;
  case PLATFORM:
    return x >= 0 && x < s->types.n_platforms;
  case PLATFORM_OR_NONE:
    return x >= -1 && x < s->types.n_platforms;
  case NUMBER:
    return x >= 0 && x <= INT32_MAX;
  case TIME:
    return x >= 0 && x <= max_time_s;
  case TIME_OR_NONE:
    return isnan(x) || (x >= 0 && x <= max_time_s);
  case REAL:
    return isfinite(x);
  }
  return false;
}

static int read_column(aus_serverless_saved *s, int c, aus_err *err)
{
  int rc = AUS_OK, width = c == E_PER_PLATFORM ? s->types.n_platforms : 1;
  const aus_read_index *index = &s->index[columns[c].table];
  int64_t i, n = (int64_t)index->offset[index->n];
  char path[80];

  snprintf(path, sizeof path, "%s/%s", tables[columns[c].table], columns[c].name);
  s->column[c] = aus_zalloc((size_t)(n * width), aus_dtype_size(columns[c].type));
  if (!s->column[c]) AUS_FAIL(err, AUS_ENOMEM, "out of memory (%" PRId64 " rows)", n);
  AUS_TRY(aus_read_column(s->file, path, columns[c].type, n, width, s->column[c], err));
  for (i = 0; i < n * width; i++)
    if (!is_valid(s, c, i))
      AUS_FAIL(err, AUS_EFORMAT, "%s:/%s: the value of row %" PRId64 " is not possible", s->name,
               path, i / width);
done:
  return rc;
}

int aus_serverless_saved_runs(aus_serverless_saved *s, aus_err *err)
{
  int rc = AUS_OK, i;

  AUS_TRY(read_trials(s, err));
  for (i = 0; i < AUS_SERVERLESS_N_SAVED_TABLES; i++)
    AUS_TRY(aus_read_trials(s->file, tables[i], &s->index[i], err));
  for (i = 0; i < N_COLUMNS; i++)
    AUS_TRY(read_column(s, i, err));
done:
  return rc;
}

/* Where the rows of a run begin in a column. */
static void *at(const aus_serverless_saved *s, int c, int64_t first)
{
  return (char *)s->column[c] + (size_t)first * aus_dtype_size(columns[c].type);
}

int aus_serverless_saved_run(const aus_serverless_saved *s, int64_t i, aus_serverless_result *run,
                             aus_err *err)
{
  int rc = AUS_OK, k;
  int64_t n[AUS_SERVERLESS_N_SAVED_TABLES], first[AUS_SERVERLESS_N_SAVED_TABLES], j;

  for (k = 0; k < AUS_SERVERLESS_N_SAVED_TABLES; k++)
    n[k] = aus_read_find(&s->index[k], s->trial[i], &first[k]);
  *run = (aus_serverless_result){0};
  run->tasks = (aus_serverless_task_rows){.n = n[TASKS],
                                          .application_id = at(s, T_APPLICATION_ID, first[TASKS]),
                                          .task = at(s, T_TASK, first[TASKS]),
                                          .platform = at(s, T_PLATFORM, first[TASKS]),
                                          .dispatched = at(s, T_DISPATCHED, first[TASKS]),
                                          .done = at(s, T_DONE, first[TASKS]),
                                          .compute = at(s, T_COMPUTE, first[TASKS]),
                                          .cold_start = at(s, T_COLD_START, first[TASKS])};
  run->applications =
      (aus_serverless_app_rows){.n = n[APPLICATIONS],
                                .type = at(s, A_APPLICATION, first[APPLICATIONS]),
                                .dispatched = at(s, A_DISPATCHED, first[APPLICATIONS]),
                                .elapsed = at(s, A_ELAPSED, first[APPLICATIONS]),
                                .penalty = at(s, A_PENALTY, first[APPLICATIONS])};
  run->system_events = (aus_serverless_system_rows){
      .n = n[SYSTEM_EVENTS],
      .task = at(s, E_TASK, first[SYSTEM_EVENTS]),
      .timestamp = at(s, E_TIME, first[SYSTEM_EVENTS]),
      .count = at(s, E_COUNT, first[SYSTEM_EVENTS]),
      .average_queue_length = at(s, E_QUEUE, first[SYSTEM_EVENTS]),
      .per_platform = at(s, E_PER_PLATFORM, first[SYSTEM_EVENTS] * s->types.n_platforms)};
  run->platforms = (aus_serverless_platform_rows){.n = n[PLATFORMS],
                                                  .platform = at(s, P_PLATFORM, first[PLATFORMS])};
  for (j = 0; j < n[TASKS]; j++)
    if (run->tasks.application_id[j] >= n[APPLICATIONS])
      AUS_FAIL(err, AUS_EFORMAT,
               "%s:/traces/tasks/application_id: trial %" PRIu64 " has no application %" PRId64,
               s->name, s->trial[i], run->tasks.application_id[j]);
done:
  return rc;
}

/* ---- rows ---- */

typedef struct dataset_rows {
  double *x, *y, *weight;
  uint8_t *split;
} dataset_rows;

static int read_part(const aus_serverless_saved *s, const char *function, const char *column,
                     aus_dtype type, int64_t n, int width, void *to, aus_err *err)
{
  char path[300];

  snprintf(path, sizeof path, "datasets/%s/%s", function, column);
  return aus_read_column(s->file, path, type, n, width, to, err);
}

int aus_serverless_saved_rows(const aus_serverless_saved *s, const char *function,
                              aus_serverless_tune_rows *train, aus_serverless_tune_rows *test,
                              aus_err *err)
{
  int rc = AUS_OK, d;
  dataset_rows r = {0};
  int64_t i, n;
  char path[300];

  snprintf(path, sizeof path, "datasets/%s/X", function);
  AUS_TRY(aus_read_shape(s->file, path, &n, &d, err));
  AUS_NEW(r.x, n * d, err);
  AUS_NEW(r.y, n, err);
  AUS_NEW(r.weight, n, err);
  AUS_NEW(r.split, n, err);
  AUS_TRY(read_part(s, function, "X", AUS_F64, n, d, r.x, err));
  AUS_TRY(read_part(s, function, "y", AUS_F64, n, 1, r.y, err));
  AUS_TRY(read_part(s, function, "weight", AUS_F64, n, 1, r.weight, err));
  AUS_TRY(read_part(s, function, "split", AUS_U8, n, 1, r.split, err));
  for (i = 0; i < n; i++)
    if (r.split[i] == 0 || r.split[i] == 2)
      AUS_TRY(aus_serverless_tune_rows_add(r.split[i] == 0 ? train : test, 1, d, r.x + i * d,
                                           r.y + i, r.weight + i, err));
done:
  aus_free(r.x);
  aus_free(r.y);
  aus_free(r.weight);
  aus_free(r.split);
  return rc;
}
