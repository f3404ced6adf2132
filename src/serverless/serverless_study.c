/* serverless/serverless_study.c - the serverless area as a study: stages, and what is published.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "serverless/serverless_study_setup.h"
#include "util/alloc.h"
#include "util/log.h"

static const char *const stages[] = {"sample", "initial", "initialproactive", NULL};

static const char *const train_metrics[] = {"rmse", "train_rows", "test_rows"};

static const aus_kind kinds[AUS_SERVERLESS_N_KINDS] = {
    {"initial", aus_serverless_metric_names, AUS_SERVERLESS_N_METRICS, aus_serverless_run_initial},
    {"initialproactive", aus_serverless_metric_names, AUS_SERVERLESS_N_METRICS,
     aus_serverless_run_proactive},
    {"train", train_metrics, AUS_SERVERLESS_N_TRAIN_METRICS, aus_serverless_run_train},
};

static aus_study_parts parts(void *self)
{
  aus_serverless_study *s = self;

  return (aus_study_parts){.kinds = kinds,
                           .n_kinds = AUS_SERVERLESS_N_KINDS,
                           .tables = s->tables.table,
                           .n_tables = s->tables.n};
}

/* Stage sample. */
static int draw_samples(aus_serverless_study *s, aus_err *err)
{
  int rc = AUS_OK, kind;

  AUS_TRY(aus_serverless_draw(s->opts, &s->space, s->grid, s->seed, &s->n_samples, &s->unit,
                              &s->value, err));
  for (kind = 0; kind < 2; kind++)
    aus_trials_init(&s->trials[kind], &kinds[kind], s->space.n_x);
  AUS_INFO("serverless", "sample: %lld points of %lld combinations", (long long)s->n_samples,
           (long long)aus_serverless_grid_count(s->grid));
done:
  return rc;
}

static int keep_trial(void *self, const aus_task *task, const aus_result *result, aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_study *s = self;

  AUS_TRY(aus_trials_add(&s->trials[task->kind], task, result, AUS_BO_DESIGN, err));
  AUS_TRY(aus_ranges_add(&s->ranges, result, err));
done:
  return rc;
}

static int64_t count_failed(const aus_trials *t)
{
  int64_t i, n = 0;

  for (i = 0; i < t->n; i++)
    n += t->row[i].status != AUS_S_OK;
  return n;
}

/* One campaign over all samples: sample i is trial i and scenario i, whatever the policy. */
static int run_samples(aus_serverless_study *s, aus_engine *engine, uint32_t campaign,
                       uint16_t kind, aus_blob_key *needs, int n_needs, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  for (i = 0; i < s->n_samples; i++) {
    aus_task task = {.id = aus_trial_id(campaign, (uint32_t)i),
                     .kind = kind,
                     .scenario = i,
                     .fidelity = 1,
                     .n_x = s->space.n_x,
                     .x = s->value + i * s->space.n_x,
                     .n_needs = n_needs,
                     .needs = needs};

    AUS_TRY(aus_engine_add(engine, &task, err));
  }
  AUS_TRY(aus_engine_run(engine, keep_trial, s, err));
  if (count_failed(&s->trials[kind]) == s->n_samples)
    AUS_WARN("serverless", "%s: every trial failed", kinds[kind].name);
done:
  return rc;
}

static int keep_model(void *self, const aus_task *task, const aus_result *result, aus_err *err)
{
  int rc = AUS_OK, i, fn = (int)(uint32_t)task->id;
  aus_serverless_study *s = self;
  const char *name = s->inputs.types.task[fn].name;

  if (result->status != AUS_S_OK) {
    AUS_WARN("serverless", "no model for %s: %s", name, result->err.text);
    return AUS_OK;
  }
  for (i = 0; i < result->n_ranges && result->ranges[i].table != AUS_SERVERLESS_T_MODELS; i++)
    continue;
  if (i == result->n_ranges) {
    if (s->has_rows[fn]) AUS_WARN("serverless", "no model for %s: no training rows", name);
    return AUS_OK;
  }
  AUS_TRY(aus_ranges_add(&s->model_ranges, result, err));
  s->model_task[s->n_models] = fn;
  memcpy(s->model_metric + s->n_models * AUS_SERVERLESS_N_TRAIN_METRICS, result->y,
         AUS_SERVERLESS_N_TRAIN_METRICS * sizeof *result->y);
  s->n_models++;
done:
  return rc;
}

/* The job of one function: its index in the campaign is the function's, its rows are named by a blob. */
static int add_training(aus_serverless_study *s, aus_engine *engine, int fn, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf list;
  aus_blob_key key = aus_serverless_ranges_key(fn);
  aus_task job = {.id = aus_trial_id(1, (uint32_t)fn),
                  .job = true,
                  .kind = AUS_SERVERLESS_K_TRAIN,
                  .fidelity = 1,
                  .n_needs = 1,
                  .needs = &key};

  aus_buf_init(&list);
  aus_ranges_encode(&s->ranges, AUS_SERVERLESS_T_DATASET + fn, &list);
  AUS_TRY(aus_buf_check(&list, err));
  AUS_TRY(aus_engine_put_blob(engine, key, list.data, (size_t)list.n, err));
  AUS_TRY(aus_engine_add(engine, &job, err));
done:
  aus_buf_fini(&list);
  return rc;
}

static int train_models(aus_serverless_study *s, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK, fn, n = s->inputs.types.n_tasks;

  AUS_NEW(s->model_task, n, err);
  AUS_NEW(s->model_metric, n * AUS_SERVERLESS_N_TRAIN_METRICS, err);
  aus_ranges_sort(&s->ranges);
  AUS_TRY(aus_engine_roll(engine, err));
  for (fn = 0; fn < n; fn++)
    AUS_TRY(add_training(s, engine, fn, err));
  AUS_TRY(aus_engine_run(engine, keep_model, s, err));
  for (fn = 0; fn < n; fn++)
    aus_engine_drop_blob(engine, aus_serverless_ranges_key(fn));
  AUS_INFO("serverless", "initial: %d models trained", s->n_models);
done:
  return rc;
}

static int drive(void *self, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_serverless_study *s = self;
  aus_blob_key *needs = NULL;

  AUS_TRY(draw_samples(s, err));
  if (s->n_stages < 2) goto done;
  AUS_TRY(run_samples(s, engine, 1, AUS_SERVERLESS_K_INITIAL, NULL, 0, err));
  AUS_TRY(train_models(s, engine, err));
  if (s->n_stages < 3) goto done;
  AUS_NEW(needs, s->n_models, err);
  for (i = 0; i < s->n_models; i++)
    needs[i] = aus_serverless_model_key(s->model_task[i]);
  AUS_TRY(run_samples(s, engine, 2, AUS_SERVERLESS_K_PROACTIVE, needs, s->n_models, err));
done:
  aus_free(needs);
  return rc;
}

/* The axis of column i of the mapping. */
static const aus_serverless_axis *axis_of(const aus_serverless_space *p, int i)
{
  if (i == 0) return &p->bandwidth;
  if (i == 1) return &p->cluster_size;
  if (i < 2 + p->n_devices) return &p->device_axis[p->device_sorted[i - 2]];
  return &p->app_axis[p->app_sorted[i - 2 - p->n_devices]];
}

/* /space: the columns of x. Device proportions are one simplex group. */
static int publish_space(const aus_serverless_study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, i, n = s->space.n_x;
  const char **kind = NULL, **unit = NULL;
  double *real = NULL;
  uint8_t *log = NULL;
  int32_t *group = NULL;
  static const aus_column reals[] = {
      AUS_COLUMN("lower", AUS_F64, "1", 1, "smallest value"),
      AUS_COLUMN(
          "upper", AUS_F64, "1", 1,
          "largest value of the space file (with range_compat the grid may go one step beyond)"),
      AUS_COLUMN("step", AUS_F64, "1", 1, "grid step"),
  };
  static const aus_column log_col = AUS_COLUMN("log", AUS_U8, "1", 1, "1: logarithmic scale");
  static const aus_column group_col =
      AUS_COLUMN("group", AUS_I32, "1", 1, "simplex group; -1: none");

  AUS_NEW(kind, n, err);
  AUS_NEW(unit, n, err);
  AUS_NEW(real, 3 * n, err);
  AUS_NEW(log, n, err);
  AUS_NEW(group, n, err);
  for (i = 0; i < n; i++) {
    const aus_serverless_axis *a = axis_of(&s->space, i);
    bool share = i >= 2 && i < 2 + s->space.n_devices;

    kind[i] = share ? "share" : i == 1 ? "integer" : "step";
    unit[i] = i == 0 ? "MiB s-1" : "1";
    real[i] = a->min;
    real[n + i] = a->max;
    real[2 * n + i] = a->step;
    group[i] = share ? 0 : -1;
  }
  AUS_TRY(aus_pub_strings(pub, "space/name", n, (const char *const *)s->space.x_name,
                          "parameters: the columns of x", err));
  AUS_TRY(aus_pub_strings(pub, "space/kind", n, kind, "kind of parameter", err));
  AUS_TRY(aus_pub_strings(pub, "space/unit", n, unit, "unit of the parameter", err));
  for (i = 0; i < 3; i++)
    AUS_TRY(aus_pub_column(pub, "space", &reals[i], n, real + i * n, err));
  AUS_TRY(aus_pub_column(pub, "space", &log_col, n, log, err));
  AUS_TRY(aus_pub_column(pub, "space", &group_col, n, group, err));
done:
  aus_free(kind);
  aus_free(unit);
  aus_free(real);
  aus_free(log);
  aus_free(group);
  return rc;
}

static int publish_design(const aus_serverless_study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  uint64_t *trial = NULL;
  int64_t i;
  const aus_column unit =
      AUS_COLUMN_MATRIX("unit", AUS_F64, s->space.n_x, "1", 1, "points in the unit cube");
  const aus_column value = AUS_COLUMN_MATRIX("value", AUS_F64, s->space.n_x, "1", 1,
                                             "the combinations chosen for them; units in /space");
  const aus_column id = AUS_COLUMN("trial", AUS_U64, "1", 1, "first trial of the point");

  AUS_NEW(trial, s->n_samples, err);
  for (i = 0; i < s->n_samples; i++)
    trial[i] = aus_trial_id(1, (uint32_t)i);
  AUS_TRY(aus_pub_column(pub, "design", &unit, s->n_samples, s->unit, err));
  AUS_TRY(aus_pub_column(pub, "design", &value, s->n_samples, s->value, err));
  AUS_TRY(aus_pub_column(pub, "design", &id, s->n_samples, trial, err));
  AUS_TRY(aus_pub_attr_str(pub, "design", "variant", aus_opt_str(s->opts, "design"), err));
done:
  aus_free(trial);
  return rc;
}

static int publish_trials(aus_serverless_study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_campaign campaigns[2];
  const char *const *names = (const char *const *)s->space.x_name;

  for (i = 0; i < s->n_stages - 1; i++) {
    AUS_TRY(aus_trials_publish(&s->trials[i], pub, names, aus_serverless_metric_units, err));
    campaigns[i] = aus_campaign_of((uint32_t)i + 1, &s->trials[i]);
  }
  AUS_TRY(aus_campaigns_publish(campaigns, s->n_stages - 1, pub, err));
  aus_ranges_sort(&s->ranges);
  for (i = 0; i < AUS_SERVERLESS_N_TRACES; i++)
    if (s->keep[i] && s->n_stages > 1)
      AUS_TRY(aus_pub_table(pub, i, s->ranges.n, s->ranges.range, err));
done:
  return rc;
}

static int publish_datasets(aus_serverless_study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, fn;
  static const char *const features[] = {"requests_per_s"};
  aus_buf path;

  aus_buf_init(&path);
  for (fn = 0; s->n_stages > 1 && fn < s->inputs.types.n_tasks; fn++) {
    if (!s->has_rows[fn]) continue;
    AUS_TRY(aus_pub_table(pub, AUS_SERVERLESS_T_DATASET + fn, s->ranges.n, s->ranges.range, err));
    aus_buf_clear(&path);
    aus_buf_printf(&path, "datasets/%s/X", s->inputs.types.task[fn].name);
    AUS_TRY(aus_buf_check(&path, err));
    AUS_TRY(aus_pub_attr_strs(pub, path.data, "feature_names", 1, features, err));
  }
done:
  aus_buf_fini(&path);
  return rc;
}

static int publish_models(aus_serverless_study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, i, n = s->n_models;
  const char **task = NULL, **format = NULL;
  int32_t *version = NULL, *parent = NULL;
  int64_t *trial = NULL, *rows = NULL;
  double *metric = NULL;
  static const aus_column metric_col = AUS_COLUMN(
      "metric", AUS_F64, "1", 1, "RMSE on the test rows, replicas; NaN without test rows");
  static const aus_column ints[] = {
      AUS_COLUMN("version", AUS_I32, "1", 1, "0: base model"),
      AUS_COLUMN("parent", AUS_I32, "1", 1, "row of the model it continues; -1: none"),
  };
  static const aus_column longs[] = {
      AUS_COLUMN("trial", AUS_I64, "1", 1, "trial that made it; -1: trained on a whole stage"),
      AUS_COLUMN("train_rows", AUS_I64, "1", 1, "training rows"),
      AUS_COLUMN("test_rows", AUS_I64, "1", 1, "test rows"),
  };

  if (s->n_stages < 2) return AUS_OK;
  AUS_NEW(task, n, err);
  AUS_NEW(format, n, err);
  AUS_NEW(version, n, err);
  AUS_NEW(parent, n, err);
  AUS_NEW(trial, n, err);
  AUS_NEW(rows, 2 * n, err);
  AUS_NEW(metric, n, err);
  for (i = 0; i < n; i++) {
    const double *m = s->model_metric + i * AUS_SERVERLESS_N_TRAIN_METRICS;

    task[i] = s->inputs.types.task[s->model_task[i]].name;
    format[i] = "xgboost-ubj";
    parent[i] = -1;
    trial[i] = -1;
    rows[i] = (int64_t)m[AUS_SERVERLESS_M_TRAIN_ROWS];
    rows[n + i] = (int64_t)m[AUS_SERVERLESS_M_TEST_ROWS];
    metric[i] = rows[n + i] > 0 ? m[AUS_SERVERLESS_M_RMSE] : (double)NAN;
  }
  AUS_TRY(aus_pub_strings(pub, "models/task", n, task, "function", err));
  AUS_TRY(aus_pub_strings(pub, "models/format", n, format, "how the bytes are to be read", err));
  AUS_TRY(aus_pub_column(pub, "models", &ints[0], n, version, err));
  AUS_TRY(aus_pub_column(pub, "models", &ints[1], n, parent, err));
  AUS_TRY(aus_pub_column(pub, "models", &longs[0], n, trial, err));
  AUS_TRY(aus_pub_column(pub, "models", &longs[1], n, rows, err));
  AUS_TRY(aus_pub_column(pub, "models", &longs[2], n, rows + n, err));
  AUS_TRY(aus_pub_column(pub, "models", &metric_col, n, metric, err));
  AUS_TRY(aus_pub_blobs(pub, "models", AUS_SERVERLESS_T_MODELS, n, s->model_ranges.range, err));
done:
  aus_free(task);
  aus_free(format);
  aus_free(version);
  aus_free(parent);
  aus_free(trial);
  aus_free(rows);
  aus_free(metric);
  return rc;
}

static int publish(void *self, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_study *s = self;

  AUS_TRY(publish_space(s, pub, err));
  AUS_TRY(publish_design(s, pub, err));
  AUS_TRY(publish_trials(s, pub, err));
  AUS_TRY(publish_datasets(s, pub, err));
  AUS_TRY(publish_models(s, pub, err));
done:
  return rc;
}

/* Mean of one metric over the trials of a kind that succeeded. */
static double mean_of(const aus_trials *t, int metric)
{
  double sum = 0;
  int64_t i, n = 0;

  for (i = 0; i < t->n; i++) {
    if (t->row[i].status != AUS_S_OK) continue;
    sum += t->row[i].y[metric];
    n++;
  }
  return n > 0 ? sum / (double)n : (double)NAN;
}

static int find_metric(const char *name)
{
  int i;

  for (i = 0; strcmp(aus_serverless_metric_names[i], name) != 0; i++)
    continue;
  return i;
}

static void report_models(const aus_serverless_study *s, aus_buf *out)
{
  int i;

  if (s->n_models == 0) return;
  aus_buf_printf(out, "\n%-28s %12s %12s %14s\n", "model of", "train rows", "test rows",
                 "RMSE/replicas");
  for (i = 0; i < s->n_models; i++) {
    const double *m = s->model_metric + i * AUS_SERVERLESS_N_TRAIN_METRICS;

    aus_buf_printf(out, "%-28s %12.0f %12.0f ", s->inputs.types.task[s->model_task[i]].name,
                   m[AUS_SERVERLESS_M_TRAIN_ROWS], m[AUS_SERVERLESS_M_TEST_ROWS]);
    if (m[AUS_SERVERLESS_M_TEST_ROWS] > 0)
      aus_buf_printf(out, "%14.3f\n", m[AUS_SERVERLESS_M_RMSE]);
    else
      aus_buf_printf(out, "%14s\n", "-");
  }
}

static void report(void *self, aus_buf *out)
{
  static const struct {
    const char *metric, *label;
    double factor;
  } lines[] = {
      {"penalty_frac", "penalty (%)", 100},      {"average_elapsed", "response time (s)", 1},
      {"average_queue", "queue time (s)", 1},    {"cold_start_frac", "cold starts (%)", 100},
      {"replica_time", "replica-seconds", 1},    {"energy", "energy (Wh)", 1000},
      {"n_applications", "requests per run", 1},
  };
  aus_serverless_study *s = self;
  size_t i;
  int k;

  aus_buf_printf(out, "serverless study, seed %llu: %lld samples\n", (unsigned long long)s->seed,
                 (long long)s->n_samples);
  if (s->n_stages < 2) return;
  aus_buf_printf(out, "\n%-28s", "mean over the samples");
  for (k = 0; k < s->n_stages - 1; k++)
    aus_buf_printf(out, " %18s",
                   aus_opt_str(s->opts, k == 0 ? "initial.strategy" : "initialproactive.strategy"));
  for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    aus_buf_printf(out, "\n%-28s", lines[i].label);
    for (k = 0; k < s->n_stages - 1; k++)
      aus_buf_printf(out, " %18.3f",
                     lines[i].factor * mean_of(&s->trials[k], find_metric(lines[i].metric)));
  }
  aus_buf_printf(out, "\n%-28s", "failed trials");
  for (k = 0; k < s->n_stages - 1; k++)
    aus_buf_printf(out, " %18lld", (long long)count_failed(&s->trials[k]));
  aus_buf_text(out, "\n");
  report_models(s, out);
  aus_buf_text(out, "\n");
}

static void canonical(void *self, aus_buf *out)
{
  aus_serverless_study *s = self;

  aus_opts_canonical(s->opts, out);
}

const aus_study_type aus_serverless_study_type = {
    .name = "serverless",
    .summary = "replicas of functions ahead of the requests: samples, datasets, models",
    .opts = aus_serverless_study_opts,
    .stages = stages,
    .load = aus_serverless_study_load,
    .destroy = aus_serverless_study_destroy,
    .parts = parts,
    .drive = drive,
    .publish = publish,
    .report = report,
    .canonical = canonical,
};
