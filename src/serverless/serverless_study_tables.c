/* serverless/serverless_study_tables.c - the area's tables in shards and in the published file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study_tables.h"

#include <stdio.h>
#include <string.h>

#include "util/alloc.h"

const char *const aus_serverless_split_names[4] = {"train", "valid", "test", "unused"};

/* What a column's values name, besides numbers. */
enum { NUM, APP, TASK, PLATFORM, STORAGE, ACTION, SPLIT, FLAG };

typedef struct spec {
  const char *name;
  aus_dtype type;
  int names; /* NUM, APP, ... */
  int width; /* 0: number of platform types; -1: number of features */
  const char *unit;
  double si;
  const char *text;
} spec;

static const char *const action_names[] = {"up", "down"};

/* clang-format off */
static const spec tasks[] = {
  {"task_id", AUS_I64, NUM, 1, "1", 1, "task, counted over the run in order of creation"},
  {"application_id", AUS_I64, NUM, 1, "1", 1, "application instance (request)"},
  {"application", AUS_I32, APP, 1, "1", 1, "application type"},
  {"task", AUS_I32, TASK, 1, "1", 1, "function"},
  {"node_id", AUS_I32, NUM, 1, "1", 1, "node"},
  {"platform_id", AUS_I32, NUM, 1, "1", 1, "platform, counted over the infrastructure"},
  {"platform", AUS_I32, PLATFORM, 1, "1", 1, "platform type"},
  {"dispatched", AUS_F64, NUM, 1, "s", 1, "given to the scheduler"},
  {"scheduled", AUS_F64, NUM, 1, "s", 1, "put into a platform's queue"},
  {"arrived", AUS_F64, NUM, 1, "s", 1, "taken from the queue"},
  {"started", AUS_F64, NUM, 1, "s", 1, "cold start over"},
  {"done", AUS_F64, NUM, 1, "s", 1, "output written"},
  {"elapsed", AUS_F64, NUM, 1, "s", 1, "done - dispatched"},
  {"wait", AUS_F64, NUM, 1, "s", 1, "scheduled - dispatched"},
  {"queue", AUS_F64, NUM, 1, "s", 1, "arrived - scheduled"},
  {"initialization", AUS_F64, NUM, 1, "s", 1, "started - arrived"},
  {"compute", AUS_F64, NUM, 1, "s", 1, "done - started"},
  {"pull", AUS_F64, NUM, 1, "s", 1, "waited for the image"},
  {"cold_start", AUS_F64, NUM, 1, "s", 1, "sandbox initialisation"},
  {"execution", AUS_F64, NUM, 1, "s", 1, "execution"},
  {"communications", AUS_F64, NUM, 1, "s", 1, "input and output transfer"},
  {"cold_started", AUS_U8, FLAG, 1, "1", 1, "1 if a sandbox was initialised"},
  {"cache_hit", AUS_U8, FLAG, 1, "1", 1, "1 if no image was waited for"},
  {"local_dependencies", AUS_U8, FLAG, 1, "1", 1, "1 if all inputs were on the node"},
  {"local_communications", AUS_U8, FLAG, 1, "1", 1, "1 if no transfer was remote"},
  {"energy", AUS_F64, NUM, 1, "kWh", 3.6e6, "energy of the execution"},
  {"postponed", AUS_I32, NUM, 1, "1", 1, "times put back for lack of a replica"},
};
static const spec applications[] = {
  {"application_id", AUS_I64, NUM, 1, "1", 1, "application instance (request)"},
  {"application", AUS_I32, APP, 1, "1", 1, "application type"},
  {"dispatched", AUS_F64, NUM, 1, "s", 1, "arrival in the trace"},
  {"elapsed", AUS_F64, NUM, 1, "s", 1, "sum over its tasks"},
  {"pull", AUS_F64, NUM, 1, "s", 1, "sum over its tasks"},
  {"cold_start", AUS_F64, NUM, 1, "s", 1, "sum over its tasks"},
  {"execution", AUS_F64, NUM, 1, "s", 1, "sum over its tasks"},
  {"communications", AUS_F64, NUM, 1, "s", 1, "sum over its tasks"},
  {"penalty", AUS_U8, FLAG, 1, "1", 1, "1 if the deadline was missed"},
};
static const spec scale_events[] = {
  {"task", AUS_I32, TASK, 1, "1", 1, "function"},
  {"time", AUS_F64, NUM, 1, "s", 1, "time of the decision"},
  {"action", AUS_U8, ACTION, 1, "1", 1, "replica added or removed"},
  {"count", AUS_I32, NUM, 1, "1", 1, "replicas afterwards"},
  {"average_queue_length", AUS_F64, NUM, 1, "1", 1, "tasks queued per replica"},
};
static const spec system_events[] = {
  {"task", AUS_I32, TASK, 1, "1", 1, "function"},
  {"time", AUS_F64, NUM, 1, "s", 1, "time of the autoscaler's pass"},
  {"count", AUS_I32, NUM, 1, "1", 1, "replicas"},
  {"average_queue_length", AUS_F64, NUM, 1, "1", 1, "tasks queued per replica"},
  {"per_platform", AUS_I32, NUM, 0, "1", 1, "replicas per platform type, in the order of the type file"},
};
static const spec platforms[] = {
  {"platform_id", AUS_I32, NUM, 1, "1", 1, "platform, counted over the infrastructure"},
  {"node_id", AUS_I32, NUM, 1, "1", 1, "node"},
  {"platform", AUS_I32, PLATFORM, 1, "1", 1, "platform type"},
  {"idle_time", AUS_F64, NUM, 1, "s", 1, "time without cold start or execution"},
  {"idle_frac", AUS_F64, NUM, 1, "1", 1, "idle time / end time"},
  {"storage_time", AUS_F64, NUM, 1, "s", 1, "transfers and image pulls"},
  {"energy", AUS_F64, NUM, 1, "kWh", 3.6e6, "idle power over the whole run"},
  {"energy_idle", AUS_F64, NUM, 1, "kWh", 3.6e6, "idle power over the idle time"},
  {"node_unused", AUS_U8, FLAG, 1, "1", 1, "1 if no task was ever placed on the node"},
  {"node_cache_hits", AUS_I64, NUM, 1, "1", 1, "image cache hits of the node"},
};
static const spec storages[] = {
  {"storage_id", AUS_I32, NUM, 1, "1", 1, "storage, counted over the infrastructure"},
  {"node_id", AUS_I32, NUM, 1, "1", 1, "node"},
  {"type", AUS_I32, STORAGE, 1, "1", 1, "storage type"},
  {"used_bytes", AUS_I64, NUM, 1, "byte", 1, "in use at the end"},
  {"written_bytes", AUS_I64, NUM, 1, "byte", 1, "images and data written"},
  {"erased_bytes", AUS_I64, NUM, 1, "byte", 1, "data removed"},
  {"n_data", AUS_I64, NUM, 1, "1", 1, "data items at the end"},
  {"n_failed", AUS_I64, NUM, 1, "1", 1, "items for which there was no room"},
};
static const spec cached_images[] = {
  {"storage_id", AUS_I32, NUM, 1, "1", 1, "storage"},
  {"platform", AUS_I32, PLATFORM, 1, "1", 1, "platform type of the image"},
  {"task", AUS_I32, TASK, 1, "1", 1, "function of the image"},
};
static const spec response_times[] = {
  {"task_response", AUS_F64, NUM, 99, "s", 1, "cut points 1/100 .. 99/100 of the tasks' elapsed time"},
  {"application_response", AUS_F64, NUM, 99, "s", 1, "the same of the applications' elapsed time"},
};
static const spec models[] = {
  {"bytes", AUS_U8, NUM, 1, "1", 1, "trained model"},
};
static const spec application_tasks[] = {
  {"application", AUS_I32, APP, 1, "1", 1, "application"},
  {"task", AUS_I32, TASK, 1, "1", 1, "function of the application, in the order of the type file"},
};
static const spec execution_time =
  {"execution_time", AUS_F64, NUM, 0, "s", 1, "execution time per platform type; NaN: does not run there"};
static const spec dataset[] = {
  {"X", AUS_F64, NUM, -1, "1", 1, "features of the window, named in feature_names"},
  {"y", AUS_F64, NUM, 1, "1", 1, "label: replicas"},
  {"split", AUS_U8, SPLIT, 1, "1", 1, "use of the row"},
  {"weight", AUS_F64, NUM, 1, "1", 1, "weight of the row in training"},
  {"window", AUS_F64, NUM, 1, "s", 1, "start of the window"},
  {"queue", AUS_F64, NUM, 1, "1", 1, "mean over the window of the average queue length"},
  {"pods", AUS_F64, NUM, 1, "1", 1, "mean number of replicas in the window"},
  {"requests", AUS_I64, NUM, 1, "1", 1, "requests counted in the window"},
  {"penalties", AUS_I64, NUM, 1, "1", 1, "of these, with a missed deadline"},
};
/* clang-format on */

#define SPEC(name, s, by_trial, row_trial)                      \
  {                                                             \
    name, s, (int)(sizeof s / sizeof s[0]), by_trial, row_trial \
  }

static const struct {
  const char *name;
  const spec *spec;
  int n;
  int by_trial, row_trial;
} defs[] = {
    SPEC("traces/tasks", tasks, 1, 0),
    SPEC("traces/applications", applications, 1, 0),
    SPEC("traces/scale_events", scale_events, 1, 0),
    SPEC("traces/system_events", system_events, 1, 0),
    SPEC("traces/platforms", platforms, 1, 0),
    SPEC("traces/storages", storages, 1, 0),
    SPEC("traces/cached_images", cached_images, 1, 0),
    SPEC("traces/response_times", response_times, 1, 0),
    SPEC("models", models, 0, 0),
    SPEC("datasets", dataset, 0, 1),
};

const char *aus_serverless_trace_name(int table)
{
  return defs[table].name + sizeof "traces/" - 1;
}

/* Names of the types, one block: applications, tasks, platforms, storages. */
static void collect_names(aus_serverless_schema *t, const aus_serverless_types *types)
{
  int i, n = 0;

  for (i = 0; i < types->n_apps; i++)
    t->names[n++] = types->app[i].name;
  for (i = 0; i < types->n_tasks; i++)
    t->names[n++] = types->task[i].name;
  for (i = 0; i < types->n_platforms; i++)
    t->names[n++] = types->platform[i].name;
  for (i = 0; i < types->n_storages; i++)
    t->names[n++] = types->storage[i].key;
}

static aus_column make_column(const spec *s, const aus_serverless_types *types,
                              const char *const *names, int n_features)
{
  aus_column c = {
      .name = s->name, .type = s->type, .unit = s->unit, .unit_si = s->si, .long_name = s->text};

  c.width = s->width > 0 ? s->width : s->width < 0 ? n_features : types->n_platforms;
  c.matrix = s->width != 1;
  switch (s->names) {
  case APP:
    c.enumeration = names;
    c.n_enumeration = types->n_apps;
    break;
  case TASK:
    c.enumeration = names + types->n_apps;
    c.n_enumeration = types->n_tasks;
    break;
  case PLATFORM:
    c.enumeration = names + types->n_apps + types->n_tasks;
    c.n_enumeration = types->n_platforms;
    break;
  case STORAGE:
    c.enumeration = names + types->n_apps + types->n_tasks + types->n_platforms;
    c.n_enumeration = types->n_storages;
    break;
  case ACTION:
    c.enumeration = action_names;
    c.n_enumeration = 2;
    break;
  case SPLIT:
    c.enumeration = aus_serverless_split_names;
    c.n_enumeration = 4;
    break;
  default:
    break;
  }
  return c;
}

/* "requests_per_s", "execution_time_s", "platform_<name>" in the order of the names. */
static int name_features(aus_serverless_schema *t, const aus_serverless_types *types,
                         const aus_serverless_dataset_conf *conf, aus_err *err)
{
  int rc = AUS_OK, i, k, n = conf->n_features;
  static const char *const first[] = {"requests_per_s", "execution_time_s"};
  char text[200];

  t->n_features = aus_serverless_dataset_width(conf, types);
  AUS_NEW(t->features, t->n_features, err);
  for (i = 0; i < n; i++)
    AUS_DUP(t->features[i], first[i], err);
  for (i = 0; n + i < t->n_features; i++) {
    snprintf(text, sizeof text, "platform_%s", types->platform[i].name);
    for (k = n + i; k > n && strcmp(t->features[k - 1], text) > 0; k--)
      t->features[k] = t->features[k - 1];
    t->features[k] = NULL;
    AUS_DUP(t->features[k], text, err);
  }
done:
  return rc;
}

int aus_serverless_schema_init(aus_serverless_schema *t, const aus_serverless_types *types,
                               const aus_serverless_dataset_conf *conf, aus_err *err)
{
  int rc = AUS_OK, i, k, n_columns = 0, def;
  aus_column *next;
  const aus_serverless_dataset_conf reference = aus_serverless_dataset_defaults();

  AUS_TRY(name_features(t, types, conf ? conf : &reference, err));
  t->n = AUS_SERVERLESS_T_DATASET + types->n_tasks;
  for (i = 0; i < t->n; i++)
    n_columns += defs[i < AUS_SERVERLESS_T_DATASET ? i : AUS_SERVERLESS_T_DATASET].n;
  AUS_NEW(t->table, t->n, err);
  AUS_NEW(t->column, n_columns, err);
  AUS_NEW(t->names, types->n_apps + types->n_tasks + types->n_platforms + types->n_storages, err);
  AUS_NEW(t->paths, types->n_tasks, err);
  t->n_paths = types->n_tasks;
  collect_names(t, types);
  next = t->column;
  for (i = 0; i < t->n; i++) {
    def = i < AUS_SERVERLESS_T_DATASET ? i : AUS_SERVERLESS_T_DATASET;
    t->table[i] = (aus_table){.name = defs[def].name,
                              .column = next,
                              .n_columns = defs[def].n,
                              .by_trial = defs[def].by_trial,
                              .row_trial = defs[def].row_trial};
    for (k = 0; k < defs[def].n; k++)
      *next++ = make_column(&defs[def].spec[k], types, t->names, t->n_features);
    if (def == AUS_SERVERLESS_T_DATASET) {
      const char *task = types->task[i - def].name;
      size_t n = strlen(task) + sizeof "datasets/";

      AUS_NEW(t->paths[i - def], n, err);
      snprintf(t->paths[i - def], n, "datasets/%s", task);
      t->table[i].name = t->paths[i - def];
    }
  }
done:
  return rc;
}

/* Names of the types as datasets; the schema holds them one kind after the other. */
static int publish_names(const aus_serverless_schema *t, const aus_serverless_types *types,
                         aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  const char *const *name = t->names;

  AUS_TRY(aus_pub_strings(pub, "serverless/applications/name", types->n_apps, name,
                          "application types", err));
  name += types->n_apps;
  AUS_TRY(
      aus_pub_strings(pub, "serverless/functions/name", types->n_tasks, name, "functions", err));
  name += types->n_tasks;
  AUS_TRY(aus_pub_strings(pub, "serverless/platforms/name", types->n_platforms, name,
                          "platform types", err));
done:
  return rc;
}

static int publish_execution(const aus_serverless_types *types, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_column c = make_column(&execution_time, types, NULL, 0);
  double *all = NULL;

  AUS_NEW(all, types->n_tasks * types->n_platforms, err);
  for (i = 0; i < types->n_tasks; i++)
    memcpy(all + i * types->n_platforms, types->task[i].exec_s,
           (size_t)types->n_platforms * sizeof *all);
  AUS_TRY(aus_pub_column(pub, "serverless/functions", &c, types->n_tasks, all, err));
done:
  aus_free(all);
  return rc;
}

static int publish_chains(const aus_serverless_schema *t, const aus_serverless_types *types,
                          aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, i, k, n = 0;
  const char *const *names = t->names;
  const aus_column app = make_column(&application_tasks[0], types, names, 0),
                   task = make_column(&application_tasks[1], types, names, 0);
  int32_t *a = NULL, *f = NULL;

  for (i = 0; i < types->n_apps; i++)
    n += types->app[i].n_tasks;
  AUS_NEW(a, n, err);
  AUS_NEW(f, n, err);
  for (i = n = 0; i < types->n_apps; i++)
    for (k = 0; k < types->app[i].n_tasks; k++, n++) {
      a[n] = i;
      f[n] = types->app[i].task[k];
    }
  AUS_TRY(aus_pub_column(pub, "serverless/application_tasks", &app, n, a, err));
  AUS_TRY(aus_pub_column(pub, "serverless/application_tasks", &task, n, f, err));
done:
  aus_free(a);
  aus_free(f);
  return rc;
}

int aus_serverless_types_publish(const aus_serverless_schema *t, const aus_serverless_types *types,
                                 aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(publish_names(t, types, pub, err));
  AUS_TRY(publish_execution(types, pub, err));
  AUS_TRY(publish_chains(t, types, pub, err));
done:
  return rc;
}

void aus_serverless_schema_fini(aus_serverless_schema *t)
{
  int i;

  for (i = 0; t->paths && i < t->n_paths; i++)
    aus_free(t->paths[i]);
  for (i = 0; t->features && i < t->n_features; i++)
    aus_free(t->features[i]);
  aus_free(t->features);
  aus_free(t->paths);
  aus_free(t->names);
  aus_free(t->column);
  aus_free(t->table);
  *t = (aus_serverless_schema){0};
}

/* One list of pointers per table, in the order of the specs above. */
static int put_tasks(const aus_serverless_task_rows *r, aus_serverless_put put, void *self,
                     aus_err *err)
{
  const void *c[] = {r->task_id,
                     r->application_id,
                     r->application,
                     r->task,
                     r->node_id,
                     r->platform_id,
                     r->platform,
                     r->dispatched,
                     r->scheduled,
                     r->arrived,
                     r->started,
                     r->done,
                     r->elapsed,
                     r->wait,
                     r->queue,
                     r->initialization,
                     r->compute,
                     r->pull,
                     r->cold_start,
                     r->execution,
                     r->communications,
                     r->cold_started,
                     r->cache_hit,
                     r->local_dependencies,
                     r->local_communications,
                     r->energy,
                     r->postponed};

  _Static_assert(sizeof c / sizeof c[0] == sizeof tasks / sizeof tasks[0], "columns of tasks");
  return put(self, AUS_SERVERLESS_T_TASKS, r->n, c, err);
}

static int put_applications(const aus_serverless_app_rows *r, aus_serverless_put put, void *self,
                            aus_err *err)
{
  const void *c[] = {r->application_id, r->type,      r->dispatched,     r->elapsed, r->pull,
                     r->cold_start,     r->execution, r->communications, r->penalty};

  _Static_assert(sizeof c / sizeof c[0] == sizeof applications / sizeof applications[0], "columns");
  return put(self, AUS_SERVERLESS_T_APPLICATIONS, r->n, c, err);
}

static int put_events(const aus_serverless_result *result, const bool *keep, aus_serverless_put put,
                      void *self, aus_err *err)
{
  int rc = AUS_OK;
  const aus_serverless_scale_rows *s = &result->scale_events;
  const aus_serverless_system_rows *y = &result->system_events;
  const void *scale[] = {s->task, s->timestamp, s->action, s->count, s->average_queue_length};
  const void *system[] = {y->task, y->timestamp, y->count, y->average_queue_length,
                          y->per_platform};

  if (keep[AUS_SERVERLESS_T_SCALE_EVENTS])
    AUS_TRY(put(self, AUS_SERVERLESS_T_SCALE_EVENTS, s->n, scale, err));
  if (keep[AUS_SERVERLESS_T_SYSTEM_EVENTS])
    AUS_TRY(put(self, AUS_SERVERLESS_T_SYSTEM_EVENTS, y->n, system, err));
done:
  return rc;
}

static int put_platforms(const aus_serverless_platform_rows *r, aus_serverless_put put, void *self,
                         aus_err *err)
{
  int rc = AUS_OK;
  double *idle = NULL;
  int64_t i;

  AUS_NEW(idle, r->n, err);
  for (i = 0; i < r->n; i++)
    idle[i] = r->idle_percent[i] / 100.0;
  {
    const void *c[] = {r->platform_id, r->node_id,        r->platform, r->idle_time,
                       idle,           r->storage_time,   r->energy,   r->energy_idle,
                       r->node_unused, r->node_cache_hits};

    _Static_assert(sizeof c / sizeof c[0] == sizeof platforms / sizeof platforms[0], "columns");
    rc = put(self, AUS_SERVERLESS_T_PLATFORMS, r->n, c, err);
  }
done:
  aus_free(idle);
  return rc;
}

static int put_storages(const aus_serverless_storage_rows *r, const bool *keep,
                        aus_serverless_put put, void *self, aus_err *err)
{
  int rc = AUS_OK;
  const void *c[] = {r->storage_id,    r->node_id,      r->type,   r->used_bytes,
                     r->written_bytes, r->erased_bytes, r->n_data, r->n_failed};
  int64_t i, k, n_images = r->n > 0 ? r->cache_begin[r->n] : 0;
  int32_t *owner = NULL;

  AUS_NEW(owner, n_images, err);
  for (i = 0; i < r->n; i++)
    for (k = r->cache_begin[i]; k < r->cache_begin[i + 1]; k++)
      owner[k] = r->storage_id[i];
  if (keep[AUS_SERVERLESS_T_STORAGES]) AUS_TRY(put(self, AUS_SERVERLESS_T_STORAGES, r->n, c, err));
  if (keep[AUS_SERVERLESS_T_CACHED_IMAGES]) {
    const void *images[] = {owner, r->cache_platform, r->cache_task};

    AUS_TRY(put(self, AUS_SERVERLESS_T_CACHED_IMAGES, n_images, images, err));
  }
done:
  aus_free(owner);
  return rc;
}

int aus_serverless_put_result(const aus_serverless_result *result, const bool *keep,
                              aus_serverless_put put, void *self, aus_err *err)
{
  int rc = AUS_OK;
  const void *cuts[] = {result->totals.task_response_s, result->totals.application_response_s};

  if (keep[AUS_SERVERLESS_T_TASKS]) AUS_TRY(put_tasks(&result->tasks, put, self, err));
  if (keep[AUS_SERVERLESS_T_APPLICATIONS])
    AUS_TRY(put_applications(&result->applications, put, self, err));
  AUS_TRY(put_events(result, keep, put, self, err));
  if (keep[AUS_SERVERLESS_T_PLATFORMS]) AUS_TRY(put_platforms(&result->platforms, put, self, err));
  AUS_TRY(put_storages(&result->storages, keep, put, self, err));
  if (keep[AUS_SERVERLESS_T_RESPONSE_TIMES])
    AUS_TRY(put(self, AUS_SERVERLESS_T_RESPONSE_TIMES, 1, cuts, err));
done:
  return rc;
}

int aus_serverless_put_dataset(const aus_serverless_dataset *d, int task, int64_t first, int64_t n,
                               const uint8_t *split, aus_serverless_put put, void *self,
                               aus_err *err)
{
  const void *c[] = {d->x + first * d->d, d->y + first,        split,
                     d->weight + first,   d->window_s + first, d->queue + first,
                     d->pods + first,     d->requests + first, d->penalties + first};

  _Static_assert(sizeof c / sizeof c[0] == sizeof dataset / sizeof dataset[0],
                 "columns of a dataset");
  return put(self, AUS_SERVERLESS_T_DATASET + task, n, c, err);
}
