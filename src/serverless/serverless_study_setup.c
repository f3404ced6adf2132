/* serverless/serverless_study_setup.c - load a serverless study, draw its samples.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study_setup.h"

#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/file.h"

/* clang-format off */
const aus_opt aus_serverless_study_opts[] = {
  AUS_SERVERLESS_INPUT_OPTS,
  AUS_SERVERLESS_SAMPLE_OPTS,
  {"workload", AUS_T_STR, "", "", "", "base trace, a file of inputs; none: generated with the space's average rates"},
  {"workload_shape", AUS_T_ENUM, "poisson-increasing", "poisson,poisson-increasing", "", "of the generated base trace"},
  {"workload_duration_s", AUS_T_REAL, "350", "(0:1e7", "s", "of the generated base trace; poisson-increasing adds 120 s of ramps"},
  {"priority", AUS_T_ENUM, "fifo", "fifo,least_penalty,naive_least_penalty", "", "order of waiting tasks"},
  {"initial.strategy", AUS_T_STR, "kn_kn", "", "", "autoscaler and scheduler of stage initial"},
  {"initial.keep_alive", AUS_T_REAL, "30", "0:", "s", "idle time before a replica may go"},
  {"initial.queue_length", AUS_T_REAL, "100", "(0:", "", "target concurrency of a replica"},
  {"initial.reconcile_interval", AUS_T_REAL, "1", "(0:", "s", "period of the autoscaler"},
  {"initialproactive.strategy", AUS_T_STR, "prokn_prokn", "", "", "autoscaler and scheduler of stage initialproactive"},
  {"initialproactive.keep_alive", AUS_T_REAL, "30", "0:", "s", "idle time before a replica may go"},
  {"initialproactive.queue_length", AUS_T_REAL, "100", "(0:", "", "target concurrency of a replica"},
  {"initialproactive.reconcile_interval", AUS_T_REAL, "1", "(0:", "s", "period of the autoscaler"},
  {"max_time", AUS_T_REAL, "0", "0:", "s", "simulated time at which a run counts as stalled; 0: none"},
  {"window_s", AUS_T_REAL, "5", "0.01:1e6", "s", "window of a dataset row"},
  {"until", AUS_T_REAL, "0", "0:", "s", "no dataset rows from the first window on that ends at or after it; 0: all"},
  {"max_penalty_frac", AUS_T_REAL, "0.2", "-1:1", "", "windows with a larger share of penalties give no row; negative: all do (D27)"},
  {"max_queue_length", AUS_T_REAL, "20", "-1:", "", "the same for the mean queue length (D27)"},
  {"train.rows", AUS_T_INT, "1", "0:", "", "training rows per run and function (D23); 0: use train.fraction"},
  {"train.fraction", AUS_T_REAL, "0.8", "(0:1", "", "share of rows for training"},
  {"train.rounds", AUS_T_INT, "200", "1:10000", "", "boosting rounds"},
  {"train.max_depth", AUS_T_INT, "6", "1:20", "", "depth of the trees"},
  {"train.eta", AUS_T_REAL, "0.3", "(0:1", "", "learning rate"},
  {"train.lambda", AUS_T_REAL, "1", "0:", "", "L2 regularisation of the leaves"},
  {"train.seed", AUS_T_INT, "435", "0:2147483647", "", "XGBoost's own seed"},
  {"traces", AUS_T_NODE, "", "", "", "list of the trace tables to keep; all by default"},
  {0},
};
/* clang-format on */

const char *const aus_serverless_metric_names[AUS_SERVERLESS_N_METRICS] = {
    "penalty_frac",
    "end_time",
    "n_applications",
    "n_tasks",
    "average_elapsed",
    "average_queue",
    "average_wait",
    "average_pull",
    "average_cold_start",
    "average_execution",
    "average_initialization",
    "average_compute",
    "average_communications",
    "cold_start_frac",
    "task_cache_hits_frac",
    "node_cache_hits_frac",
    "local_dependencies_frac",
    "local_communications_frac",
    "unused_platforms_frac",
    "unused_nodes_frac",
    "average_occupation_frac",
    "energy",
    "reclaimable_energy",
    "replica_time",
    "scale_events",
    "dataset_rows",
    "events"};
const char *const aus_serverless_metric_units[AUS_SERVERLESS_N_METRICS] = {
    "1", "s", "1", "1", "s", "s", "s", "s",   "s",   "s", "s", "s", "s", "1",
    "1", "1", "1", "1", "1", "1", "1", "kWh", "kWh", "s", "1", "1", "1"};

/* Strategy, keep-alive, queue length, period of one stage. */
static void read_policy(aus_serverless_study *s, aus_cfg *conf, const char *stage,
                        aus_serverless_policy *p)
{
  char key[80];
  aus_err err;

  aus_err_clear(&err);
  snprintf(key, sizeof key, "%s.strategy", stage);
  if (aus_serverless_strategy(aus_opt_str(s->opts, key), p, &err) != AUS_OK)
    aus_cfg_problem(conf, aus_opt_place(s->opts, key), "%s: %s", key, err.text);
  p->priority = (aus_serverless_priority)aus_opt_enum(s->opts, "priority");
  snprintf(key, sizeof key, "%s.keep_alive", stage);
  p->defects = AUS_SERVERLESS_COMPAT;
  p->n_features = 1;
  p->keep_alive_s = aus_opt_real(s->opts, key);
  snprintf(key, sizeof key, "%s.queue_length", stage);
  p->queue_length = aus_opt_real(s->opts, key);
  snprintf(key, sizeof key, "%s.reconcile_interval", stage);
  p->reconcile_s = aus_opt_real(s->opts, key);
  p->max_time_s = aus_opt_real(s->opts, "max_time");
}

static void read_traces(aus_serverless_study *s, aus_cfg *conf)
{
  aus_cfg_node *list = aus_opt_node(s->opts, "traces");
  const char *names[AUS_SERVERLESS_N_TRACES], *near;
  int64_t i;
  int k;

  for (k = 0; k < AUS_SERVERLESS_N_TRACES; k++) {
    names[k] = aus_serverless_trace_name(k);
    s->keep[k] = !list;
  }
  if (!list) return;
  if (aus_cfg_kind_of(list) != AUS_CFG_LIST)
    aus_cfg_problem(conf, list, "traces must be a list of table names");
  for (i = 0; i < aus_cfg_count(list); i++) {
    const char *word = aus_cfg_text(aus_cfg_at(list, i));

    if (aus_cfg_kind_of(aus_cfg_at(list, i)) != AUS_CFG_SCALAR) {
      aus_cfg_problem(conf, aus_cfg_at(list, i), "traces: need the name of a table");
      continue;
    }
    for (k = 0; k < AUS_SERVERLESS_N_TRACES && strcmp(names[k], word) != 0; k++)
      continue;
    if (k < AUS_SERVERLESS_N_TRACES) {
      s->keep[k] = true;
      continue;
    }
    near = aus_cfg_nearest(word, names, AUS_SERVERLESS_N_TRACES);
    aus_cfg_problem(conf, aus_cfg_at(list, i), "traces: unknown table \"%s\"%s%s%s", word,
                    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
  }
}

static void read_training(aus_serverless_study *s)
{
  s->dataset_conf =
      (aus_serverless_dataset_conf){.window_s = aus_opt_real(s->opts, "window_s"),
                                    .until_s = aus_opt_real(s->opts, "until"),
                                    .max_penalty_frac = aus_opt_real(s->opts, "max_penalty_frac"),
                                    .max_queue_length = aus_opt_real(s->opts, "max_queue_length")};
  s->train_rows = aus_opt_int(s->opts, "train.rows");
  s->train_fraction = aus_opt_real(s->opts, "train.fraction");
  s->xgb = aus_xgb_defaults();
  s->xgb.rounds = (int)aus_opt_int(s->opts, "train.rounds");
  s->xgb.max_depth = (int)aus_opt_int(s->opts, "train.max_depth");
  s->xgb.eta = aus_opt_real(s->opts, "train.eta");
  s->xgb.lambda = aus_opt_real(s->opts, "train.lambda");
  s->xgb.seed = (uint32_t)aus_opt_int(s->opts, "train.seed");
  s->xgb.method = AUS_XGB_EXACT;
}

static int read_space(aus_serverless_study *s, const aus_study_env *env, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_cfg_node *root;

  AUS_TRY(aus_study_parse(env, env->conf, aus_opt_str(s->opts, "space"), &root, err));
  AUS_TRY(aus_serverless_space_read(&s->space, &s->inputs.types, env->conf, root, err));
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
  AUS_TRY(
      aus_serverless_grid_create(&s->grid, &s->space, aus_opt_bool(s->opts, "range_compat"), err));
  if (aus_serverless_grid_count(s->grid) == 0)
    AUS_FAIL(err, AUS_ECONFIG, "%s: no combination of device proportions sums to 1",
             aus_opt_str(s->opts, "space"));
  AUS_NEW(s->has_rows, s->inputs.types.n_tasks, err);
  for (i = 0; i < s->space.n_apps; i++)
    s->has_rows[s->inputs.types.app[s->space.app[i]].task[0]] = true;
done:
  return rc;
}

static int read_workload(aus_serverless_study *s, const aus_study_env *env, aus_err *err)
{
  int rc = AUS_OK, i;
  double *rate = NULL;
  const char *file = aus_opt_str(s->opts, "workload");

  if (file[0] != '\0') {
    AUS_TRY(aus_serverless_inputs_trace(&s->inputs, env, file, &s->base, err));
  } else {
    AUS_NEW(rate, s->space.n_apps, err);
    for (i = 0; i < s->space.n_apps; i++)
      rate[i] = s->space.app_axis[i].average;
    AUS_TRY(aus_serverless_workload_make(
        &s->inputs.types, aus_opt_enum(s->opts, "workload_shape"), s->space.n_apps, s->space.app,
        rate, aus_opt_real(s->opts, "workload_duration_s"), s->seed, &s->base, err));
  }
done:
  aus_free(rate);
  return rc;
}

int aus_serverless_study_load(void **self, const aus_study_env *env, aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_study *s = NULL;

  AUS_NEW(s, 1, err);
  *self = s;
  s->seed = env->seed;
  s->n_stages = env->n_stages;
  AUS_TRY(aus_study_opts(&s->opts, env->conf, env->section, aus_serverless_study_opts, err));
  read_policy(s, env->conf, "initial", &s->policy[0]);
  read_policy(s, env->conf, "initialproactive", &s->policy[1]);
  if (s->policy[0].scaler == AUS_SERVERLESS_PROKN)
    aus_cfg_problem(env->conf, aus_opt_place(s->opts, "initial.strategy"),
                    "initial.strategy must be reactive: there are no models yet");
  read_traces(s, env->conf);
  read_training(s);
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
  AUS_TRY(aus_serverless_inputs_read(&s->inputs, env, s->opts, err));
  AUS_TRY(read_space(s, env, err));
  AUS_TRY(read_workload(s, env, err));
  AUS_TRY(aus_serverless_schema_init(&s->tables, &s->inputs.types, err));
  AUS_TRY(aus_serverless_sim_create(&s->sim, &s->inputs.types, err));
  AUS_TRY(aus_serverless_models_init(&s->models, s->inputs.types.n_tasks, err));
  AUS_NEW(s->model_key, s->inputs.types.n_tasks, err);
done:
  return rc;
}

void aus_serverless_study_destroy(void *self)
{
  aus_serverless_study *s = self;

  if (!s) return;
  aus_opts_destroy(s->opts);
  aus_serverless_grid_destroy(s->grid);
  aus_serverless_space_fini(&s->space);
  aus_serverless_trace_fini(&s->base);
  aus_free(s->has_rows);
  aus_serverless_schema_fini(&s->tables);
  aus_serverless_sim_destroy(s->sim);
  aus_serverless_infra_fini(&s->infra);
  aus_serverless_trace_fini(&s->trace);
  aus_serverless_dataset_fini(&s->dataset);
  aus_free(s->split);
  aus_free(s->work);
  aus_serverless_models_fini(&s->models);
  aus_free(s->model_key);
  aus_free(s->unit);
  aus_free(s->value);
  aus_trials_fini(&s->trials[0]);
  aus_trials_fini(&s->trials[1]);
  aus_ranges_fini(&s->ranges);
  aus_ranges_fini(&s->model_ranges);
  aus_free(s->model_task);
  aus_free(s->model_metric);
  aus_serverless_inputs_fini(&s->inputs);
  aus_free(s);
}

/* The whole grid: unit coordinates are the values scaled to each column's own range. */
static int draw_grid(const aus_serverless_space *space, const aus_serverless_grid *grid, int64_t *n,
                     double **unit, double **value, aus_err *err)
{
  int rc = AUS_OK;
  int64_t count = aus_serverless_grid_count(grid), i;

  if (count > 1000000)
    AUS_FAIL(err, AUS_ECONFIG, "design grid has more than 1000000 points; take another design");
  *n = count;
  AUS_NEW(*unit, count * space->n_x, err);
  AUS_NEW(*value, count * space->n_x, err);
  for (i = 0; i < count; i++)
    aus_serverless_grid_at(grid, i, *value + i * space->n_x);
  for (i = 0; i < space->n_x; i++) {
    double lo = (*value)[i], hi = lo;
    int64_t k;

    for (k = 0; k < count; k++) {
      double v = (*value)[k * space->n_x + i];

      if (v < lo) lo = v;
      if (v > hi) hi = v;
    }
    for (k = 0; k < count; k++)
      (*unit)[k * space->n_x + i] = hi > lo ? ((*value)[k * space->n_x + i] - lo) / (hi - lo) : 0.5;
  }
done:
  return rc;
}

int aus_serverless_draw(const aus_opts *opts, const aus_serverless_space *space,
                        const aus_serverless_grid *grid, uint64_t seed, int64_t *n, double **unit,
                        double **value, aus_err *err)
{
  int rc = AUS_OK;
  aus_design_kind kind = (aus_design_kind)aus_opt_enum(opts, "design");

  *unit = *value = NULL;
  if (kind == AUS_DESIGN_GRID) return draw_grid(space, grid, n, unit, value, err);
  *n = aus_opt_int(opts, "n");
  AUS_NEW(*unit, *n * space->n_x, err);
  AUS_NEW(*value, *n * space->n_x, err);
  AUS_TRY(aus_design_unit(kind, *n, space->n_x, seed, 0, *unit, err));
  AUS_TRY(aus_serverless_grid_nearest(grid, *n, *unit, *value, err));
done:
  return rc;
}
