/* serverless/serverless_study.c - the serverless area as a study: kinds of tasks and the first stages.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study.h"

#include <math.h>
#include <string.h>

#include "serverless/serverless_study_outline.h"
#include "serverless/serverless_study_stages.h"
#include "util/alloc.h"
#include "util/log.h"

const char *const aus_serverless_stage_names[] = {
    "sample", "initial", "initialproactive", "optimize", "finetune", "validate", NULL};

static const aus_study_change changes[] = {
    {"optimize.budget", +1}, {"optimize.target", -1}, {NULL, 0}};

static const char *const train_metrics[] = {"rmse", "train_rows", "test_rows"};

/* Simulations are pure; jobs that read shards (train, retrain, continue), write much (keep) or use PETSc
 * (propose) are not. */
#define SIMULATED(name_, run_)                                                              \
  {                                                                                         \
    .name = name_, .y_names = aus_serverless_metric_names, .n_y = AUS_SERVERLESS_N_METRICS, \
    .run = run_, .pure = true                                                               \
  }
#define TRAINED(name_, run_)                                                                    \
  {                                                                                             \
    .name = name_, .y_names = train_metrics, .n_y = AUS_SERVERLESS_N_TRAIN_METRICS, .run = run_ \
  }

const aus_kind aus_serverless_kinds[AUS_SERVERLESS_N_KINDS] = {
    [AUS_SERVERLESS_K_INITIAL] = SIMULATED("initial", aus_serverless_run_initial),
    [AUS_SERVERLESS_K_PROACTIVE] = SIMULATED("initialproactive", aus_serverless_run_proactive),
    [AUS_SERVERLESS_K_OPTIMIZE] = {.name = "optimize",
                                   .y_names = aus_serverless_optimize_names,
                                   .n_y = AUS_SERVERLESS_N_OPTIMIZE_METRICS,
                                   .run = aus_serverless_run_optimize,
                                   .pure = true,
                                   .prepare = aus_serverless_prepare_optimize},
    [AUS_SERVERLESS_K_JUDGE] = SIMULATED("finetune", aus_serverless_run_judge),
    [AUS_SERVERLESS_K_VALIDATE + AUS_SERVERLESS_REACTIVE] =
        SIMULATED("validate_reactive", aus_serverless_run_validate),
    [AUS_SERVERLESS_K_VALIDATE + AUS_SERVERLESS_UNTUNED] =
        SIMULATED("validate_untuned", aus_serverless_run_validate),
    [AUS_SERVERLESS_K_VALIDATE + AUS_SERVERLESS_TUNED] =
        SIMULATED("validate_tuned", aus_serverless_run_validate),
    [AUS_SERVERLESS_K_VALIDATE + AUS_SERVERLESS_AUTOSCALER] =
        SIMULATED("validate_kpa", aus_serverless_run_validate),
    [AUS_SERVERLESS_K_TRAIN] = TRAINED("train", aus_serverless_run_train),
    [AUS_SERVERLESS_K_PROPOSE] = {.name = "propose", .run = aus_propose_run},
    [AUS_SERVERLESS_K_RETRAIN] = {.name = "retrain", .run = aus_serverless_run_retrain},
    [AUS_SERVERLESS_K_KEEP] = {.name = "keep", .run = aus_serverless_run_keep},
    [AUS_SERVERLESS_K_FINETUNE] = TRAINED("continue", aus_serverless_run_finetune),
};

static aus_study_parts parts(void *self)
{
  aus_serverless_study *s = self;

  return (aus_study_parts){.kinds = aus_serverless_kinds,
                           .n_kinds = AUS_SERVERLESS_N_KINDS,
                           .tables = s->tables.table,
                           .n_tables = s->tables.n};
}

/* ---- campaigns over samples ---- */

int aus_serverless_begin_sampling(aus_serverless_study *s, aus_serverless_kind kind, int64_t n,
                                  uint32_t *id, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_grow(&s->sampling, &s->cap_samplings, s->n_samplings + 1, sizeof *s->sampling, err));
  *id = s->next_campaign++;
  s->sampling[s->n_samplings++] = (aus_serverless_sampling){.id = *id, .kind = kind, .n = n};
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

int aus_serverless_run_campaign(aus_serverless_study *s, aus_engine *engine,
                                aus_serverless_kind kind, int64_t n, double *value,
                                const int64_t *scenario, const int64_t *arg, aus_blob_key *needs,
                                int n_needs, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;
  uint32_t campaign;
  aus_buf args;

  aus_buf_init(&args);
  AUS_TRY(aus_serverless_begin_sampling(s, kind, n, &campaign, err));
  for (i = 0; i < n; i++) {
    aus_task task = {.id = aus_trial_id(campaign, (uint32_t)i),
                     .kind = (uint16_t)kind,
                     .scenario = scenario ? scenario[i]
                                          : aus_design_block(s->draw.kind, s->design.n_unit, i),
                     .fidelity = 1,
                     .n_x = s->space.n_x,
                     .x = value + i * s->space.n_x,
                     .n_needs = n_needs,
                     .needs = needs};

    aus_buf_clear(&args);
    if (arg) aus_buf_i64(&args, arg[i]);
    AUS_TRY(aus_buf_check(&args, err));
    task.args = args.data;
    task.n_args = args.n;
    AUS_TRY(aus_engine_add(engine, &task, err));
  }
  AUS_TRY(aus_engine_run(engine, keep_trial, s, err));
  if (n > 0 && aus_serverless_count_failed(&s->trials[kind]) == n)
    AUS_WARN("serverless", "%s: every trial failed", aus_serverless_kinds[kind].name);
done:
  aus_buf_fini(&args);
  return rc;
}

int64_t aus_serverless_count_failed(const aus_trials *t)
{
  int64_t i, n = 0;

  for (i = 0; i < t->n; i++)
    n += t->row[i].status != AUS_S_OK;
  return n;
}

double aus_serverless_mean(const aus_trials *t, int metric)
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

/* ---- models ---- */

void aus_serverless_model_keys(const aus_serverless_study *s, uint32_t campaign, int64_t k,
                               aus_blob_key *keys)
{
  int i;

  for (i = 0; i < s->n_models; i++)
    keys[i] = aus_serverless_model_key(s, campaign, k, s->model_task[i]);
}

int aus_serverless_add_model(aus_serverless_study *s, aus_serverless_model_row row,
                             const aus_result *result, int nth, aus_err *err)
{
  int rc = AUS_OK, i, seen = 0;

  for (i = 0; i < result->n_ranges; i++)
    if (result->ranges[i].table == AUS_SERVERLESS_T_MODELS && seen++ == nth) break;
  if (i == result->n_ranges) AUS_FAIL(err, AUS_EBUG, "a job has not written its model");
  AUS_TRY(aus_grow(&s->model, &s->cap_model_rows, s->n_model_rows + 1, sizeof *s->model, err));
  row.range = result->ranges[i];
  s->model[s->n_model_rows++] = row;
done:
  return rc;
}

int aus_serverless_lend_ranges(aus_engine *engine, uint32_t campaign, int task,
                               const aus_ranges *ranges, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf list;

  aus_buf_init(&list);
  aus_ranges_encode(ranges, AUS_SERVERLESS_T_DATASET + task, &list);
  AUS_TRY(aus_buf_check(&list, err));
  AUS_TRY(aus_engine_put_blob(engine, aus_serverless_ranges_key(campaign, task), list.data,
                              (size_t)list.n, err));
done:
  aus_buf_fini(&list);
  return rc;
}

/* ---- the first stages ---- */

aus_serverless_draw_conf aus_serverless_samples(const aus_serverless_study *s)
{
  return (aus_serverless_draw_conf){
      .kind = (aus_design_kind)aus_opt_enum(s->opts, "design"),
      .n = aus_opt_int(s->opts, "n"),
      .range_compat = s->range_compat,
      .seed = s->seed,
  };
}

static int draw_samples(aus_serverless_study *s, aus_err *err)
{
  int rc = AUS_OK;

  s->draw = aus_serverless_samples(s);
  AUS_TRY(aus_serverless_draw(&s->draw, &s->space, s->grid, &s->design, err));
  s->next_campaign = AUS_SERVERLESS_INITIAL_CAMPAIGN;
  AUS_INFO("serverless", "sample: %lld points of %lld combinations", (long long)s->design.n,
           (long long)aus_serverless_grid_count(s->grid));
done:
  return rc;
}

static int keep_model(void *self, const aus_task *task, const aus_result *result, aus_err *err)
{
  int rc = AUS_OK, fn = (int)(uint32_t)task->id;
  aus_serverless_study *s = self;
  aus_serverless_model_row row = {.task = fn, .parent = -1, .trial = -1};
  const char *name = s->inputs.types.task[fn].name;

  if (result->status != AUS_S_OK) {
    AUS_WARN("serverless", "no model for %s: %s", name, result->err.text);
    goto done;
  }
  if (result->y[AUS_SERVERLESS_M_TRAIN_ROWS] == 0) {
    if (s->has_rows[fn]) AUS_WARN("serverless", "no model for %s: no training rows", name);
    goto done;
  }
  memcpy(row.metric, result->y, sizeof row.metric);
  AUS_TRY(aus_serverless_add_model(s, row, result, 0, err));
  s->model_task[s->n_models++] = fn;
done:
  return rc;
}

/* The job of one function: its index in the campaign is the function's, its rows are named by a blob that
 * later stages read, too. */
static int add_training(aus_serverless_study *s, aus_engine *engine, int fn, aus_err *err)
{
  int rc = AUS_OK;
  aus_blob_key key = aus_serverless_ranges_key(AUS_SERVERLESS_INITIAL_CAMPAIGN, fn);
  aus_task job = {.id = aus_trial_id(AUS_SERVERLESS_INITIAL_CAMPAIGN, (uint32_t)fn),
                  .job = true,
                  .kind = AUS_SERVERLESS_K_TRAIN,
                  .fidelity = 1,
                  .n_needs = 1,
                  .needs = &key};

  AUS_TRY(aus_serverless_lend_ranges(engine, AUS_SERVERLESS_INITIAL_CAMPAIGN, fn, &s->ranges, err));
  AUS_TRY(aus_engine_add(engine, &job, err));
done:
  return rc;
}

static int train_models(aus_serverless_study *s, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK, fn, n = s->inputs.types.n_tasks;

  AUS_NEW(s->model_task, n, err);
  aus_ranges_sort(&s->ranges);
  AUS_TRY(aus_engine_roll(engine, err));
  for (fn = 0; fn < n; fn++)
    AUS_TRY(add_training(s, engine, fn, err));
  AUS_TRY(aus_engine_run(engine, keep_model, s, err));
  AUS_INFO("serverless", "initial: %d models trained", s->n_models);
done:
  return rc;
}

static int run_proactive(aus_serverless_study *s, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK;
  aus_blob_key *needs = NULL;

  AUS_NEW(needs, s->n_models, err);
  aus_serverless_model_keys(s, AUS_SERVERLESS_INITIAL_CAMPAIGN, 0, needs);
  AUS_TRY(aus_serverless_run_campaign(s, engine, AUS_SERVERLESS_K_PROACTIVE, s->design.n,
                                      s->design.value, NULL, NULL, needs, s->n_models, err));
done:
  aus_free(needs);
  return rc;
}

static int drive(void *self, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK, stage;
  aus_serverless_study *s = self;

  for (stage = 0; stage < s->n_stages; stage++) {
    aus_engine_stage(engine, aus_serverless_stage_names[stage]);
    s->n_begun = stage + 1;
    switch ((aus_serverless_stage)stage) {
    case AUS_SERVERLESS_ST_SAMPLE:
      AUS_TRY(draw_samples(s, err));
      break;
    case AUS_SERVERLESS_ST_INITIAL:
      AUS_TRY(aus_serverless_run_campaign(s, engine, AUS_SERVERLESS_K_INITIAL, s->design.n,
                                          s->design.value, NULL, NULL, NULL, 0, err));
      AUS_TRY(train_models(s, engine, err));
      break;
    case AUS_SERVERLESS_ST_PROACTIVE:
      AUS_TRY(run_proactive(s, engine, err));
      break;
    case AUS_SERVERLESS_ST_OPTIMIZE:
      AUS_TRY(aus_serverless_optimize(s, engine, err));
      break;
    case AUS_SERVERLESS_ST_FINETUNE:
      AUS_TRY(aus_serverless_finetune(s, engine, err));
      break;
    case AUS_SERVERLESS_ST_VALIDATE:
      AUS_TRY(aus_serverless_validate(s, engine, err));
      break;
    }
  }
done:
  return rc;
}

static const aus_opts *settings(const void *self)
{
  const aus_serverless_study *s = self;

  return s->opts;
}

const aus_study_type aus_serverless_study_type = {
    .name = "serverless",
    .summary = "replicas of functions ahead of the requests: samples, models, search, validation",
    .opts = aus_serverless_study_opts,
    .stages = aus_serverless_stage_names,
    .changes = changes,
    .load = aus_serverless_study_load,
    .destroy = aus_serverless_study_destroy,
    .parts = parts,
    .drive = drive,
    .publish = aus_serverless_publish,
    .report = aus_serverless_report,
    .settings = settings,
    .outline = aus_serverless_outline,
};
