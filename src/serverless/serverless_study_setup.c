/* serverless/serverless_study_setup.c - load a serverless study, draw its samples.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study_setup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "serverless/mode.h"
#include "serverless/serverless_study_box.h"
#include "serverless/serverless_study_policy.h"
#include "serverless/serverless_study_rows.h"
#include "util/alloc.h"
#include "util/file.h"

/* clang-format off */
const aus_opt aus_serverless_study_opts[] = {
  AUS_SERVERLESS_MODE_OPTS,
  AUS_SERVERLESS_INPUT_OPTS,
  AUS_SERVERLESS_SAMPLE_OPTS,
  AUS_SERVERLESS_WORKLOAD_OPTS,
  AUS_SERVERLESS_POLICY_OPTS,
  AUS_SERVERLESS_DATASET_OPTS,
  {"train.rows", AUS_T_INT, "-1", "-1:", "", "training rows per run and function (D23); 0: use train.fraction; -1: 1 in compat, else 0"},
  {"train.fraction", AUS_T_REAL, "0.8", "(0:1", "", "share of rows for training"},
  AUS_SERVERLESS_TRAIN_OPTS,
  {"tune.rounds", AUS_T_INT, "-1", "-1:10000", "", "boosting rounds that a fine-tuning adds; -1: 200 in compat, else 50"},
  {"tune.eta", AUS_T_REAL, "0", "0:1", "", "learning rate of a fine-tuning; 0: 0.3 in compat, else 0.1"},
  {"tune.replay", AUS_T_REAL, "-1", "-1:0.99", "", "share of base rows among the rows of a fine-tuning; -1: 0 in compat (D24), else 0.5"},
  {"optimize.select", AUS_T_ENUM, "percentile", "percentile,max", "", "samples that are searched around: penalty above the percentile, or the largest penalty"},
  {"optimize.percentile", AUS_T_REAL, "90", "0:100", "%", "of the penalties of stage initialproactive"},
  {"optimize.area", AUS_T_STR, "0.25", "number", "", "search box: each value times 1 -+ this, inside the space; inf: the whole space"},
  {"optimize.objective", AUS_T_ENUM, "improve", "improve,adversarial", "", "smallest penalty, or the largest: a search for failures"},
  {"optimize.target", AUS_T_REAL, "0.01", "0:1", "", "share of penalties at which a campaign stops"},
  {"optimize.budget", AUS_T_INT, "60", "1:1000000", "", "trials of a campaign"},
  {"optimize.judge", AUS_T_ENUM, "base", "base,self", "", "where models are compared: on the base sample, or on the trial's own point"},
  {"optimize.retain", AUS_T_ENUM, "improved", "improved,all", "", "trials whose rows are kept for the final fine-tuning"},
  {"optimize.carry", AUS_T_ENUM, "best", "best,all,none", "", "models a trial begins with: the best, those of all trials before, the base"},
  {"optimize.rows", AUS_T_ENUM, "auto", "auto,reactive,proactive,both", "", "runs whose windows a trial learns from: the reactive one, the one with its parent's models, both; auto: reactive in compat, else both"},
  {"optimize.max_replica_frac", AUS_T_REAL, "-1", "-1:", "", "replica-seconds a better model may take, of the base models' on the base sample; 0: any; -1: 0 in compat, else 1"},
  {"finetune.choose", AUS_T_ENUM, "auto", "auto,last,judged", "", "models that stay: those continued on all kept rows, or the best of many candidates in the worlds of the samples; auto: last in compat, else judged"},
  {"finetune.scales", AUS_T_NODE, "", "", "", "list of factors on the labels of continued models; [1, 0.8, 0.9, 1.1, 1.25, 1.5] by default, [1] with choose: last"},
  {"finetune.rounds", AUS_T_INT, "6", "1:1000", "", "how often the samples are gone through with other requests to judge a candidate"},
  {"validate.n", AUS_T_INT, "0", "0:1000000", "", "new samples for the validation; 0: as many as n"},
  {"validate.workloads", AUS_T_NODE, "", "", "", "list of further traces, run on the clusters of the new samples"},
  {"validate.traces", AUS_T_NODE, "", "", "", "list of the trace tables to keep of the validation; system_events by default"},
  {"traces", AUS_T_NODE, "", "", "", "list of the trace tables to keep of the initial stages; all by default"},
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

const char *const aus_serverless_optimize_names[AUS_SERVERLESS_N_OPTIMIZE_METRICS] = {
    "objective",    "penalty_frac",       "judge_penalty_frac",    "reactive_penalty_frac",
    "replica_time", "judge_replica_time", "reactive_replica_time", "dataset_rows"};
const char *const aus_serverless_optimize_units[AUS_SERVERLESS_N_OPTIMIZE_METRICS] = {
    "1", "1", "1", "1", "s", "s", "s", "1"};

/* The tables that a list names; without a list those of a default. */
static void read_traces(aus_serverless_study *s, aus_cfg *conf, const char *key, bool otherwise[],
                        bool *keep)
{
  aus_cfg_node *list = aus_opt_node(s->opts, key);
  const char *names[AUS_SERVERLESS_N_TRACES], *near;
  int64_t i;
  int k;

  for (k = 0; k < AUS_SERVERLESS_N_TRACES; k++) {
    names[k] = aus_serverless_trace_name(k);
    keep[k] = !list && (!otherwise || otherwise[k]);
  }
  if (!list) return;
  if (aus_cfg_kind_of(list) != AUS_CFG_LIST)
    aus_cfg_problem(conf, list, "%s must be a list of table names", key);
  for (i = 0; i < aus_cfg_count(list); i++) {
    const char *word = aus_cfg_text(aus_cfg_at(list, i));

    if (aus_cfg_kind_of(aus_cfg_at(list, i)) != AUS_CFG_SCALAR) {
      aus_cfg_problem(conf, aus_cfg_at(list, i), "%s: need the name of a table", key);
      continue;
    }
    for (k = 0; k < AUS_SERVERLESS_N_TRACES && strcmp(names[k], word) != 0; k++)
      continue;
    if (k < AUS_SERVERLESS_N_TRACES) {
      keep[k] = true;
      continue;
    }
    near = aus_cfg_nearest(word, names, AUS_SERVERLESS_N_TRACES);
    aus_cfg_problem(conf, aus_cfg_at(list, i), "%s: unknown table \"%s\"%s%s%s", key, word,
                    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
  }
}

static void read_training(aus_serverless_study *s, aus_cfg *conf)
{
  const aus_opts *o = s->opts;
  int64_t rounds = aus_opt_int(o, "tune.rounds");

  s->train_rows = aus_opt_int(o, "train.rows");
  if (s->train_rows < 0) s->train_rows = s->defects & AUS_SERVERLESS_D(23) ? 1 : 0;
  s->train_fraction = aus_opt_real(o, "train.fraction");
  s->xgb = aus_serverless_study_training(o, s->defects);
  s->tune = aus_serverless_tune_defaults();
  s->tune.xgb = s->xgb;
  s->tune.xgb.eta = aus_opt_real(o, "tune.eta");
  if (!(s->tune.xgb.eta > 0)) s->tune.xgb.eta = s->defects & AUS_SERVERLESS_D(24) ? 0.3 : 0.1;
  s->tune.xgb.rounds = (int)(rounds > 0 ? rounds : s->defects & AUS_SERVERLESS_D(24) ? 200 : 50);
  s->tune.replay = aus_serverless_study_or(o, conf, "tune.replay", true,
                                           s->defects & AUS_SERVERLESS_D(24) ? 0 : 0.5);
}

static void read_search(aus_serverless_study *s, const aus_study_env *env)
{
  const aus_opts *o = s->opts;
  aus_serverless_search_conf *q = &s->search;
  const char *area = aus_opt_str(o, "optimize.area");
  char *end;

  q->select = aus_opt_enum(o, "optimize.select");
  q->objective = aus_opt_enum(o, "optimize.objective");
  q->judge = aus_opt_enum(o, "optimize.judge");
  q->retain = aus_opt_enum(o, "optimize.retain");
  q->carry = aus_opt_enum(o, "optimize.carry");
  q->rows = aus_opt_enum(o, "optimize.rows") - 1;
  if (q->rows < 0)
    q->rows =
        s->defects & AUS_SERVERLESS_D(24) ? AUS_SERVERLESS_ROWS_REACTIVE : AUS_SERVERLESS_ROWS_BOTH;
  q->percentile = aus_opt_real(o, "optimize.percentile");
  q->target_frac = aus_opt_real(o, "optimize.target");
  q->max_replica_frac = aus_serverless_study_or(o, env->conf, "optimize.max_replica_frac", true,
                                                s->defects & AUS_SERVERLESS_D(24) ? 0 : 1);
  q->area = strtod(area, &end);
  if (end == area || *end != '\0' || !(q->area > 0))
    aus_cfg_problem(env->conf, aus_opt_place(o, "optimize.area"),
                    "optimize.area is \"%s\", need a number above 0, or inf", area);
  q->bo = aus_bo_conf_of(env->method);
  q->bo.budget = aus_opt_int(o, "optimize.budget");
}

static int read_scales(aus_serverless_study *s, aus_cfg *conf, aus_err *err)
{
  static const double usual[] = {1, 0.8, 0.9, 1.1, 1.25, 1.5};
  const int n_usual = sizeof usual / sizeof usual[0];
  int rc = AUS_OK, choose = aus_opt_enum(s->opts, "finetune.choose"), i;
  aus_cfg_node *list = aus_opt_node(s->opts, "finetune.scales");

  s->judged = choose == 2 || (choose == 0 && !(s->defects & AUS_SERVERLESS_D(24)));
  s->n_rounds = aus_opt_int(s->opts, "finetune.rounds");
  if (list && (aus_cfg_kind_of(list) != AUS_CFG_LIST || aus_cfg_count(list) == 0)) {
    aus_cfg_problem(conf, list, "finetune.scales must be a list of one or more numbers");
    list = NULL;
  }
  s->n_scales = list ? (int)aus_cfg_count(list) : s->judged ? n_usual : 1;
  AUS_NEW(s->scale, s->n_scales, err);
  for (i = 0; i < s->n_scales; i++) {
    s->scale[i] = list ? aus_cfg_real(conf, aus_cfg_at(list, i), NULL, 0.01, 100, 1) : usual[i];
  }
done:
  return rc;
}

/* What the samples (not compat) and the boxes are drawn from; range_compat has more shares than it. */
static int check_space(const aus_serverless_study *s, const char *file, aus_err *err)
{
  int rc = AUS_OK;
  aus_param *params = NULL;
  aus_space *whole = NULL;

  if (s->range_compat && s->n_stages <= AUS_SERVERLESS_ST_OPTIMIZE) goto done;
  AUS_NEW(params, s->space.n_x, err);
  AUS_TRY(aus_serverless_space_params(&s->space, params, err));
  AUS_TRY(aus_space_create(&whole, s->space.n_x, params, err));
done:
  if (rc != AUS_OK) aus_err_prepend(err, "%s: ", file);
  aus_space_destroy(whole);
  aus_free(params);
  return rc;
}

static int read_space(aus_serverless_study *s, const aus_study_env *env, aus_err *err)
{
  int rc = AUS_OK, i, k;
  aus_cfg_node *root;

  AUS_TRY(aus_study_parse(env, env->conf, aus_opt_str(s->opts, "space"), &root, err));
  AUS_TRY(aus_serverless_space_read(&s->space, &s->inputs.types, env->conf, root, err));
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
  AUS_TRY(aus_serverless_grid_create(&s->grid, &s->space, s->range_compat, err));
  if (aus_serverless_grid_count(s->grid) == 0)
    aus_cfg_problem(env->conf, aus_cfg_get(root, "pci"),
                    "no combination of device proportions sums to 1");
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
  AUS_TRY(check_space(s, aus_opt_str(s->opts, "space"), err));
  AUS_NEW(s->has_rows, s->inputs.types.n_tasks, err);
  for (i = 0; i < s->space.n_apps; i++) {
    const aus_serverless_app_type *app = &s->inputs.types.app[s->space.app[i]];

    for (k = 0; k < app->n_tasks; k++)
      if (k == 0 || !(s->defects & AUS_SERVERLESS_D(26))) s->has_rows[app->task[k]] = true;
  }
done:
  return rc;
}

static int read_workload(aus_serverless_study *s, const aus_study_env *env, aus_err *err)
{
  int rc = AUS_OK;

  s->scaling = aus_serverless_study_scaling(s->opts, s->defects & AUS_SERVERLESS_D(19));
  AUS_TRY(aus_serverless_study_base(env, s->opts, &s->inputs, &s->space, &s->base, err));
  AUS_TRY(aus_serverless_study_traces(env, &s->inputs, "validate.workloads",
                                      aus_opt_node(s->opts, "validate.workloads"),
                                      &s->validate_trace, &s->n_validate_traces, err));
done:
  return rc;
}

static int make_scratch(aus_serverless_study *s, aus_err *err)
{
  int rc = AUS_OK, n = s->inputs.types.n_tasks;

  AUS_TRY(aus_serverless_schema_init(&s->tables, &s->inputs.types, &s->dataset_conf, err));
  AUS_TRY(aus_serverless_sim_create(&s->sim, &s->inputs.types, err));
  AUS_TRY(aus_serverless_models_init(&s->models, n, err));
  AUS_TRY(aus_serverless_models_init(&s->tuned, n, err));
  AUS_NEW(s->model_key, n, err);
  AUS_NEW(s->base_rows, n, err);
  AUS_NEW(s->fresh, n, err);
done:
  return rc;
}

int aus_serverless_study_load(void **self, const aus_study_env *env, aus_err *err)
{
  int rc = AUS_OK, kind;
  aus_serverless_study *s = NULL;
  bool few[AUS_SERVERLESS_N_TRACES] = {[AUS_SERVERLESS_T_SYSTEM_EVENTS] = true};

  AUS_NEW(s, 1, err);
  *self = s;
  s->seed = env->seed;
  s->n_stages = env->n_stages;
  s->chosen = -1;
  s->first_final = -1;
  AUS_TRY(aus_study_opts(&s->opts, env->conf, env->section, aus_serverless_study_opts, err));
  aus_serverless_mode_read(s->opts, env->conf,
                           AUS_SERVERLESS_COMPAT | AUS_SERVERLESS_STUDY_SWITCHES, &s->defects);
  s->range_compat = aus_serverless_range_compat(s->opts, s->defects);
  s->n_validate = aus_opt_int(s->opts, "validate.n");
  if (s->n_validate == 0) s->n_validate = aus_opt_int(s->opts, "n");
  aus_serverless_study_policies(s, env->conf);
  read_traces(s, env->conf, "traces", NULL, s->keep);
  read_traces(s, env->conf, "validate.traces", few, s->keep_validate);
  s->dataset_conf = aus_serverless_study_dataset(
      s->opts, s->defects, s->policy[AUS_SERVERLESS_P_PROACTIVE].scaler == AUS_SERVERLESS_PROHETKN);
  read_training(s, env->conf);
  read_search(s, env);
  AUS_TRY(read_scales(s, env->conf, err));
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
  AUS_TRY(aus_serverless_inputs_read(&s->inputs, env, s->opts, err));
  AUS_TRY(read_space(s, env, err));
  AUS_TRY(read_workload(s, env, err));
  AUS_TRY(make_scratch(s, err));
  for (kind = 0; kind < AUS_SERVERLESS_N_TRIAL_KINDS; kind++)
    aus_trials_init(&s->trials[kind], &aus_serverless_kinds[kind], s->space.n_x);
done:
  return rc;
}

static void destroy_search(aus_serverless_study *s)
{
  int c;

  for (c = 0; c < s->campaigns.n; c++) {
    aus_serverless_search *q = &s->searches[c];

    if (s->campaigns.bo) aus_bo_destroy(s->campaigns.bo[c]);
    if (s->search_ranges) aus_ranges_fini(&s->search_ranges[c]);
    aus_free(q->order);
    aus_free(q->ok);
    aus_free(q->kept);
    aus_free(q->judged);
    aus_free(q->parent);
    aus_free(q->chain);
  }
  aus_free(s->campaigns.bo);
  aus_free(s->searches);
  aus_free(s->search_ranges);
  aus_campaigns_fini(&s->campaigns);
}

static void destroy_scratch(aus_serverless_study *s)
{
  int i;

  for (i = 0; s->base_rows && i < s->inputs.types.n_tasks; i++) {
    aus_serverless_tune_rows_fini(&s->base_rows[i].train);
    aus_serverless_tune_rows_fini(&s->base_rows[i].test);
  }
  for (i = 0; s->fresh && i < s->inputs.types.n_tasks; i++)
    aus_serverless_tune_rows_fini(&s->fresh[i]);
  aus_free(s->base_rows);
  aus_free(s->fresh);
  aus_serverless_schema_fini(&s->tables);
  aus_serverless_sim_destroy(s->sim);
  aus_serverless_infra_fini(&s->infra);
  aus_serverless_trace_fini(&s->trace);
  aus_serverless_dataset_fini(&s->dataset);
  aus_free(s->split);
  aus_free(s->work);
  aus_serverless_models_fini(&s->models);
  aus_serverless_models_fini(&s->tuned);
  aus_free(s->model_key);
}

void aus_serverless_study_destroy(void *self)
{
  aus_serverless_study *s = self;
  int i;

  if (!s) return;
  destroy_scratch(s);
  destroy_search(s);
  aus_opts_destroy(s->opts);
  aus_serverless_grid_destroy(s->grid);
  aus_serverless_space_fini(&s->space);
  aus_serverless_trace_fini(&s->base);
  aus_serverless_study_traces_free(s->validate_trace, s->n_validate_traces);
  aus_free(s->has_rows);
  aus_sensitivity_fini(&s->sens);
  aus_design_fini(&s->design);
  aus_design_fini(&s->validate_design);
  for (i = 0; i < AUS_SERVERLESS_N_TRIAL_KINDS; i++)
    aus_trials_fini(&s->trials[i]);
  aus_ranges_fini(&s->ranges);
  aus_free(s->sampling);
  aus_free(s->model);
  aus_free(s->model_task);
  for (i = 0; i < s->n_candidates; i++)
    aus_free(s->candidate[i].keys);
  aus_free(s->candidate);
  aus_free(s->tuned_metric);
  aus_free(s->final_keys);
  aus_free(s->scale);
  aus_serverless_inputs_fini(&s->inputs);
  aus_free(s);
}
