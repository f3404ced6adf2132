/* gpuqueue/gpuqueue_study_setup.c - load a gpuqueue study: keys, trace, windows.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/gpuqueue_study_setup.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/log.h"

/* clang-format off */
const aus_opt aus_gpuqueue_study_opts[] = {
  AUS_GPUQUEUE_TRACE_OPTS,
  AUS_GPUQUEUE_SIM_OPTS,
  {"start", AUS_T_STR, "", "", "", "beginning of the first window, in the zone tz; needed by all stages but import"},
  {"n_windows", AUS_T_INT, "1", "1:1000000", "", "windows of stage validate (and of stage generate without train_windows)"},
  {"train_start", AUS_T_STR, "", "", "", "beginning of the first window to learn from"},
  {"train_windows", AUS_T_INT, "0", "0:1000000", "", "windows to learn from; 0: none in stage validate, else those of start"},
  {"interval_h", AUS_T_REAL, "4", "(0:10000", "h", "from one window to the next"},
  {"warmup_d", AUS_T_REAL, "2", "0:1000", "d", "from the beginning of a window to the submission of the first job"},
  {"workload_d", AUS_T_REAL, "5", "(0:1000", "d", "length of a window"},
  {"chain_nodes", AUS_T_INT, "1", "1:", "", "nodes of a job of the chain"},
  {"chain_limit_min", AUS_T_INT, "2880", "1:10000000", "min", "limit of a job of the chain, which it always uses"},
  {"chain_length", AUS_T_INT, "2", "2:1000", "", "jobs of the chain"},
  {"probes", AUS_T_INT, "7", "1:100000", "", "samples of a window of stage generate"},
  {"infer_min", AUS_T_REAL, "10", "(0:100000", "min", "from one question to the next"},
  {"sample_s", AUS_T_INT, "600", "1:1000000", "s", "from one snapshot of the queue to the next"},
  {"snapshots", AUS_T_INT, "144", "1:10000", "", "that make a state"},
  {"anchor", AUS_T_ENUM, "auto", "auto,decision,start", "", "last snapshot of a state: at the decision, or when the successor starts (D1); auto: start only in mode compat"},
  {"warm", AUS_T_INT, "-1", "-1:1", "", "1: windows are parts of one long simulation, 0: each begins with an empty cluster (D8); -1: 0 only in mode compat"},
  {"late_average", AUS_T_INT, "-1", "-1:1", "", "1: mean wait read at the first arrival after the start (D17); -1: 1 only in mode compat"},
  {"unclamped", AUS_T_INT, "-1", "-1:1", "", "1: a submission before the predecessor's fails (D12), 0: it is put off; -1: 1 only in mode compat"},
  {"model", AUS_T_NODE, "", "words", "", "policies to compare, a list: reactive, average, constant, quantile, xgboost, forest, rolling, oracle (chains of two); by default all that can be"},
  {"threshold_h", AUS_T_STR, "", "number", "h", "expected reward from which on a model submits (-0.5 in the reference); default: what it has learned"},
  {"questions", AUS_T_BOOL, "false", "", "", "keep every question to a model and its answer"},
  {"curve", AUS_T_BOOL, "false", "", "", "what other thresholds would have cost, of every policy that predicts"},
  {"state_type", AUS_T_ENUM, "auto", "auto,f32,f64", "", "how states are kept; auto: f64 only in mode compat"},
  {0},
};
/* clang-format on */

const char *const aus_gpuqueue_stage_names[] = {"import", "generate", "train", "validate", NULL};

static const char *const generate_metrics[AUS_GPUQUEUE_N_GENERATE_METRICS] = {
    "reactive_reward", "average_reward", "pred_wait", "avg_wait", "queue_len"};
static const char *const train_metrics[AUS_GPUQUEUE_N_TRAIN_METRICS] = {"rows"};

static bool is_compat(const aus_gpuqueue_study *s)
{
  return aus_opt_enum(s->opts, "mode") == 1;
}

/* A switch that follows the mode unless it is given. */
static bool flag(const aus_gpuqueue_study *s, const char *key, bool compat)
{
  int64_t v = aus_opt_int(s->opts, key);

  return v < 0 ? is_compat(s) == compat : v == 1;
}

/* Whole seconds of a key in another unit. */
static int64_t seconds(aus_gpuqueue_study *s, aus_cfg *conf, const char *key, double unit_s)
{
  double x = aus_opt_real(s->opts, key) * unit_s;
  int64_t n = (int64_t)(x + 0.5);

  if (x - (double)n > 1e-6 || (double)n - x > 1e-6)
    aus_cfg_problem(conf, aus_opt_place(s->opts, key), "%s is %g s, need whole seconds", key, x);
  return n;
}

/* From the first submission to the end of the last but one job, at least. */
static int64_t chain_s(const aus_gpuqueue_geometry *g)
{
  return 60 * g->chain_limit_min * (g->chain_length - 1);
}

static void read_geometry(aus_gpuqueue_study *s, const aus_study_env *env)
{
  aus_cfg *conf = env->conf;
  const aus_opts *o = s->opts;
  int anchor = aus_opt_enum(o, "anchor");

  s->geometry = (aus_gpuqueue_geometry){
      .interval_s = seconds(s, conf, "interval_h", 3600),
      .warmup_s = seconds(s, conf, "warmup_d", 86400),
      .workload_s = seconds(s, conf, "workload_d", 86400),
      .sample_s = aus_opt_int(o, "sample_s"),
      .n_snapshots = (int)aus_opt_int(o, "snapshots"),
      .n_probes = (int)aus_opt_int(o, "probes"),
      .chain_nodes = aus_opt_int(o, "chain_nodes"),
      .chain_limit_min = aus_opt_int(o, "chain_limit_min"),
      .chain_length = (int)aus_opt_int(o, "chain_length"),
      .infer_s = seconds(s, conf, "infer_min", 60),
      .anchor_start = anchor == 0 ? is_compat(s) : anchor == 2,
      .late_average = flag(s, "late_average", true),
      .unclamped = flag(s, "unclamped", true),
      .cold = !flag(s, "warm", false),
  };
  s->n_windows = aus_opt_int(o, "n_windows");
  if (s->geometry.warmup_s >= s->geometry.workload_s)
    aus_cfg_problem(conf, aus_opt_place(o, "workload_d"),
                    "the chain begins %" PRId64
                    " s after its window, whose last jobs are submitted "
                    "at %" PRId64 " s (workload_d)",
                    s->geometry.warmup_s, s->geometry.workload_s);
  else if (aus_files_may_read(env->files) &&
           chain_s(&s->geometry) >= s->geometry.workload_s - s->geometry.warmup_s)
    AUS_WARN("gpuqueue",
             "the chain runs on after the last jobs of its window (workload_d): what is submitted "
             "then finds an emptying cluster");
}

static int64_t end_of(const aus_gpuqueue_geometry *g, int64_t n)
{
  return g->t_start_s + (n - 1) * g->interval_s + g->workload_s;
}

/* NaN: what each model has learned. */
static void read_threshold(aus_gpuqueue_study *s, aus_cfg *conf)
{
  const char *text = aus_opt_str(s->opts, "threshold_h");
  char *end = NULL;

  s->threshold_h = (double)NAN;
  if (text[0] == '\0') return;
  s->threshold_h = strtod(text, &end);
  if (*end != '\0' || !isfinite(s->threshold_h))
    aus_cfg_problem(conf, aus_opt_place(s->opts, "threshold_h"),
                    "threshold_h is \"%s\", need a number of hours", text);
}

/* Where the windows lie in time: those to learn from must have ended before the others begin (D13). */
static int read_windows(aus_gpuqueue_study *s, const aus_study_env *env, aus_err *err)
{
  int rc = AUS_OK;
  const aus_opts *o = s->opts;
  bool apart = aus_opt_int(o, "train_windows") > 0;

  if (s->n_stages <= AUS_GPUQUEUE_ST_GENERATE) goto done;
  if (!aus_opt_str(o, "start")[0])
    aus_cfg_problem(env->conf, env->section, "key \"start\" is needed by every stage but import");
  if (apart && !aus_opt_str(o, "train_start")[0])
    aus_cfg_problem(env->conf, aus_opt_place(o, "train_windows"),
                    "train_windows needs train_start, the beginning of the first of them");
  AUS_TRY(aus_gpuqueue_time_of(&s->geometry.t_start_s, env, o, "start", 0, err));
  s->training = s->geometry;
  s->n_training = s->n_stages > AUS_GPUQUEUE_ST_VALIDATE ? 0 : s->n_windows;
  if (!apart) goto done;
  s->n_training = aus_opt_int(o, "train_windows");
  AUS_TRY(aus_gpuqueue_time_of(&s->training.t_start_s, env, o, "train_start", 0, err));
  if (s->n_stages > AUS_GPUQUEUE_ST_VALIDATE && aus_cfg_n_problems(env->conf) == 0 &&
      end_of(&s->training, s->n_training) > s->geometry.t_start_s)
    aus_cfg_problem(env->conf, aus_opt_place(o, "train_windows"),
                    "the last training window ends %" PRId64
                    " s after the first window of the validation begins",
                    end_of(&s->training, s->n_training) - s->geometry.t_start_s);
done:
  return rc;
}

/* The reactive policy is always there: loads are told by it. */
static void read_models(aus_gpuqueue_study *s, aus_cfg *conf)
{
  int chosen[AUS_GPUQUEUE_N_POLICIES],
      n = aus_opt_words(s->opts, conf, "model", AUS_GPUQUEUE_N_POLICIES, aus_gpuqueue_policy_names,
                        chosen),
      i, k;
  bool pair = s->geometry.chain_length == 2;

  if (n < 0)
    for (k = 0, n = 0; k < AUS_GPUQUEUE_N_POLICIES; k++)
      if ((s->n_training > 0 || !aus_gpuqueue_policy_learns((aus_gpuqueue_policy_kind)k)) &&
          (pair || k != AUS_GPUQUEUE_ORACLE))
        chosen[n++] = k;
  for (i = 0; i < n && chosen[i] != AUS_GPUQUEUE_REACTIVE; i++)
    continue;
  if (i == n) s->model[s->n_models++] = AUS_GPUQUEUE_REACTIVE;
  for (i = 0; i < n; i++) {
    aus_gpuqueue_policy_kind kind = (aus_gpuqueue_policy_kind)chosen[i];

    if (s->n_training == 0 && s->n_stages > AUS_GPUQUEUE_ST_TRAIN &&
        aus_gpuqueue_policy_learns(kind))
      aus_cfg_problem(conf, aus_opt_place(s->opts, "model"),
                      "model: \"%s\" learns: train_start and train_windows say from what",
                      aus_gpuqueue_policy_names[kind]);
    if (kind == AUS_GPUQUEUE_ORACLE && !pair)
      aus_cfg_problem(conf, aus_opt_place(s->opts, "model"),
                      "model: the oracle is for chains of two jobs (chain_length)");
    s->model[s->n_models++] = kind;
  }
  for (i = 0; i < s->n_models; i++)
    s->model_name[i] = aus_gpuqueue_policy_names[s->model[i]];
}

/* Metrics of a validated window: the reward of each model, of each link of longer chains. */
enum { N_PARTS = 3 };
static const char *const parts[N_PARTS] = {"reward", "backfilled", "failed"};

static int name_rewards(aus_gpuqueue_study *s, aus_err *err)
{
  int rc = AUS_OK, i, links = s->geometry.chain_length - 1;

  s->n_rewards = s->n_models * links;
  AUS_NEW(s->reward_name, N_PARTS * s->n_rewards, err);
  AUS_NEW(s->reward_unit, N_PARTS * s->n_rewards, err);
  for (i = 0; i < N_PARTS * s->n_rewards; i++) {
    int k = i % s->n_rewards, part = i / s->n_rewards;

    AUS_NEW(s->reward_name[i], 48, err);
    snprintf(s->reward_name[i], 48, links > 1 ? "%s_%s_%d" : "%s_%s", s->model_name[k / links],
             parts[part], k % links);
    s->reward_unit[i] = part == 0 ? "s" : "1";
  }
done:
  return rc;
}

static void make_kinds(aus_gpuqueue_study *s)
{
  s->kind[AUS_GPUQUEUE_K_GENERATE] = (aus_kind){.name = "generate",
                                                .y_names = generate_metrics,
                                                .n_y = AUS_GPUQUEUE_N_GENERATE_METRICS,
                                                .run = aus_gpuqueue_run_generate,
                                                .pure = true};
  s->kind[AUS_GPUQUEUE_K_VALIDATE] = (aus_kind){.name = "validate",
                                                .y_names = (const char *const *)s->reward_name,
                                                .n_y = N_PARTS * s->n_rewards,
                                                .run = aus_gpuqueue_run_validate,
                                                .pure = true};
  s->kind[AUS_GPUQUEUE_K_TRAIN] = (aus_kind){.name = "train",
                                             .y_names = train_metrics,
                                             .n_y = AUS_GPUQUEUE_N_TRAIN_METRICS,
                                             .run = aus_gpuqueue_run_train};
}

/* What is submitted before the validation begins; without one, everything. */
static int choose_past(aus_gpuqueue_study *s, aus_err *err)
{
  bool apart = s->n_stages > AUS_GPUQUEUE_ST_VALIDATE && s->n_training > 0;
  aus_gpuqueue_filter f = {.from_s = INT64_MIN,
                           .to_s = apart ? s->geometry.t_start_s - 1 : INT64_MAX};

  return aus_gpuqueue_trace_filter(&s->past, &s->trace, &f, err);
}

static int make_scratch(aus_gpuqueue_study *s, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = (int64_t)s->geometry.n_snapshots * AUS_GPUQUEUE_N_STATE;

  AUS_TRY(choose_past(s, err));
  AUS_TRY(aus_gpuqueue_window_create(&s->window, &s->sim, &s->geometry, err));
  AUS_TRY(aus_gpuqueue_window_create(&s->training_window, &s->sim, &s->training, err));
  if (!s->geometry.cold) {
    AUS_TRY(aus_gpuqueue_warm_create(&s->warm, &s->sim, &s->geometry, &s->trace, err));
    AUS_TRY(aus_gpuqueue_warm_create(&s->training_warm, &s->sim, &s->training, &s->past, err));
  }
  AUS_NEW(s->state, n, err);
  AUS_NEW(s->state32, n, err);
done:
  return rc;
}

int aus_gpuqueue_study_load(void **self, const aus_study_env *env, aus_err *err)
{
  int rc = AUS_OK, type, k;
  aus_gpuqueue_study *s = NULL;

  AUS_NEW(s, 1, err);
  *self = s;
  s->seed = env->seed;
  s->n_stages = env->n_stages;
  AUS_TRY(aus_study_opts(&s->opts, env->conf, env->section, aus_gpuqueue_study_opts, err));
  read_geometry(s, env);
  read_threshold(s, env->conf);
  type = aus_opt_enum(s->opts, "state_type");
  s->f64 = type == 0 ? is_compat(s) : type == 2;
  AUS_TRY(read_windows(s, env, err));
  read_models(s, env->conf);
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
  AUS_TRY(aus_gpuqueue_trace_load(&s->all, env, s->opts, err));
  AUS_TRY(aus_gpuqueue_sim_conf_load(&s->sim, env, s->opts, &s->all, err));
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
  AUS_TRY(aus_gpuqueue_trace_choose(&s->trace, &s->all, &s->sim, env, s->opts, err));
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
  AUS_TRY(name_rewards(s, err));
  make_kinds(s);
  aus_gpuqueue_schema_init(&s->tables, s->geometry.n_snapshots, s->f64, s->n_models, s->model_name);
  if (s->n_stages > AUS_GPUQUEUE_ST_GENERATE) AUS_TRY(make_scratch(s, err));
  for (k = 0; k < AUS_GPUQUEUE_N_TRIAL_KINDS; k++)
    aus_trials_init(&s->trials[k], &s->kind[k], 1);
done:
  return rc;
}

void aus_gpuqueue_study_destroy(void *self)
{
  aus_gpuqueue_study *s = self;
  int i;

  if (!s) return;
  aus_opts_destroy(s->opts);
  aus_gpuqueue_trace_fini(&s->all);
  aus_gpuqueue_trace_fini(&s->trace);
  aus_gpuqueue_trace_fini(&s->past);
  for (i = 0; s->reward_name && i < N_PARTS * s->n_rewards; i++)
    aus_free(s->reward_name[i]);
  aus_free(s->reward_name);
  aus_free(s->reward_unit);
  aus_gpuqueue_window_destroy(s->window);
  aus_gpuqueue_window_destroy(s->training_window);
  aus_gpuqueue_warm_destroy(s->warm);
  aus_gpuqueue_warm_destroy(s->training_warm);
  aus_free(s->state);
  aus_free(s->state32);
  for (i = 0; i < AUS_GPUQUEUE_N_POLICIES; i++)
    aus_gpuqueue_policy_destroy(s->policy[i]);
  for (i = 0; i < AUS_GPUQUEUE_N_TRIAL_KINDS; i++)
    aus_trials_fini(&s->trials[i]);
  aus_ranges_fini(&s->ranges);
  aus_free(s);
}
