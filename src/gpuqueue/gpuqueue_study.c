/* gpuqueue/gpuqueue_study.c - the gpuqueue area as a study: its stages as rank 0 drives them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One task is one window. Its shared prefix is simulated once, decisions are forks; rank 0 keeps rewards, rows of
 * states and models stay in shards.
 */
#include <config.h>

#include "gpuqueue/gpuqueue_study.h"

#include <inttypes.h>
#include <string.h>

#include "gpuqueue/gpuqueue_study_setup.h"
#include "util/alloc.h"
#include "util/log.h"

typedef struct aus_gpuqueue_study study;

static const aus_study_change changes[] = {{NULL, 0}};

static aus_study_parts parts(void *self)
{
  study *s = self;

  return (aus_study_parts){.kinds = s->kind,
                           .n_kinds = AUS_GPUQUEUE_N_KINDS,
                           .tables = s->tables.table,
                           .n_tables = s->tables.n};
}

static int keep_trial(void *self, const aus_task *task, const aus_result *result, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;

  if (result->status != AUS_S_OK) {
    AUS_WARN("gpuqueue", "%s: window %.0f: %s", s->kind[task->kind].name, task->x[0],
             result->err.text);
    s->n_failed[task->kind]++;
    if (task->x[0] == 0) s->failure[task->kind] = result->err;
  }
  AUS_TRY(aus_trials_add(&s->trials[task->kind], task, result, AUS_BO_DESIGN, err));
  AUS_TRY(aus_ranges_add(&s->ranges, result, err));
done:
  return rc;
}

/* Some windows may have failed (no job of the trace in them, say); without any other there is no result. */
static int check_windows(const study *s, aus_gpuqueue_kind kind, int64_t n, aus_err *err)
{
  int rc = AUS_OK;

  if (n > 0 && s->n_failed[kind] == n)
    AUS_FAIL(err, AUS_ENUMERIC, "%s: all %" PRId64 " windows failed: %s", s->kind[kind].name, n,
             s->failure[kind].text);
done:
  return rc;
}

static int run_windows(study *s, aus_engine *engine, uint32_t campaign, aus_gpuqueue_kind kind,
                       int64_t n, aus_blob_key *needs, int n_needs, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  for (i = 0; i < n; i++) {
    double window = (double)i;
    aus_task task = {.id = aus_trial_id(campaign, (uint32_t)i),
                     .kind = (uint16_t)kind,
                     .scenario = i,
                     .fidelity = 1,
                     .n_x = 1,
                     .x = &window,
                     .n_needs = n_needs,
                     .needs = needs};

    AUS_TRY(aus_engine_add(engine, &task, err));
  }
  AUS_TRY(aus_engine_run(engine, keep_trial, s, err));
  AUS_TRY(check_windows(s, kind, n, err));
done:
  return rc;
}

/* ---- stage train ---- */

/* Where the samples lie: for the jobs, which read them from the closed shards. */
static int lend_rows(study *s, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf list;

  aus_buf_init(&list);
  aus_ranges_encode(&s->ranges, AUS_GPUQUEUE_T_DATASET, &list);
  AUS_TRY(aus_buf_check(&list, err));
  AUS_TRY(aus_engine_put_blob(engine, aus_gpuqueue_rows_key(), list.data, (size_t)list.n, err));
done:
  aus_buf_fini(&list);
  return rc;
}

static int keep_model(void *self, const aus_task *task, const aus_result *result, aus_err *err)
{
  int rc = AUS_OK, i;
  study *s = self;
  aus_gpuqueue_policy_kind kind = aus_gpuqueue_learner(s, (int)(uint32_t)task->id);

  if (result->status != AUS_S_OK)
    AUS_FAIL(err, AUS_ENUMERIC, "model %s: %s", aus_gpuqueue_policy_names[kind], result->err.text);
  for (i = 0; i < result->n_ranges; i++)
    if (result->ranges[i].table == AUS_GPUQUEUE_T_MODELS) break;
  if (i == result->n_ranges) AUS_FAIL(err, AUS_EBUG, "a job has not written its model");
  s->model_range[kind] = result->ranges[i];
  s->model_rows[kind] = result->y[AUS_GPUQUEUE_M_ROWS];
  s->trained[kind] = true;
done:
  return rc;
}

static int train(study *s, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK, m, n = 0;
  aus_blob_key samples = aus_gpuqueue_rows_key();

  aus_ranges_sort(&s->ranges);
  AUS_TRY(lend_rows(s, engine, err));
  AUS_TRY(aus_engine_roll(engine, err));
  for (m = 0; m < s->n_models; m++) {
    aus_gpuqueue_policy_kind kind = s->model[m];
    aus_task job = {.id = aus_trial_id(AUS_GPUQUEUE_GENERATE_CAMPAIGN, (uint32_t)n),
                    .job = true,
                    .kind = AUS_GPUQUEUE_K_TRAIN,
                    .fidelity = 1,
                    .n_needs = aus_gpuqueue_policy_wants_samples(kind) ? 1 : 0,
                    .needs = &samples};

    if (!aus_gpuqueue_policy_learns(kind)) continue;
    AUS_TRY(aus_engine_add(engine, &job, err));
    n++;
  }
  AUS_TRY(aus_engine_run(engine, keep_model, s, err));
done:
  return rc;
}

/* ---- stage validate ---- */

static int validate(study *s, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK, m, n = 0;
  aus_blob_key needs[AUS_GPUQUEUE_N_POLICIES];

  for (m = 0; m < s->n_models; m++)
    if (aus_gpuqueue_policy_learns(s->model[m])) needs[n++] = aus_gpuqueue_model_key(s->model[m]);
  AUS_TRY(run_windows(s, engine, AUS_GPUQUEUE_VALIDATE_CAMPAIGN, AUS_GPUQUEUE_K_VALIDATE,
                      s->n_windows, needs, n, err));
done:
  return rc;
}

static int drive(void *self, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK, stage;
  study *s = self;

  for (stage = 0; stage < s->n_stages; stage++) {
    aus_engine_stage(engine, aus_gpuqueue_stage_names[stage]);
    s->n_begun = stage + 1;
    switch ((aus_gpuqueue_stage)stage) {
    case AUS_GPUQUEUE_ST_IMPORT: /* every rank has read the trace */
      break;
    case AUS_GPUQUEUE_ST_GENERATE:
      AUS_TRY(run_windows(s, engine, AUS_GPUQUEUE_GENERATE_CAMPAIGN, AUS_GPUQUEUE_K_GENERATE,
                          s->n_training, NULL, 0, err));
      break;
    case AUS_GPUQUEUE_ST_TRAIN:
      AUS_TRY(train(s, engine, err));
      break;
    case AUS_GPUQUEUE_ST_VALIDATE:
      AUS_TRY(validate(s, engine, err));
      break;
    case AUS_GPUQUEUE_N_STAGES:
      break;
    }
  }
done:
  return rc;
}

static const aus_opts *settings(const void *self)
{
  const study *s = self;

  return s->opts;
}

const aus_study_type aus_gpuqueue_study_type = {
    .name = "gpuqueue",
    .summary = "when to submit the next job of a chain: windows of a trace, models, validation",
    .opts = aus_gpuqueue_study_opts,
    .stages = aus_gpuqueue_stage_names,
    .changes = changes,
    .load = aus_gpuqueue_study_load,
    .destroy = aus_gpuqueue_study_destroy,
    .parts = parts,
    .drive = drive,
    .publish = aus_gpuqueue_publish,
    .report = aus_gpuqueue_report,
    .text = aus_gpuqueue_text,
    .settings = settings,
    .outline = aus_gpuqueue_outline,
};
