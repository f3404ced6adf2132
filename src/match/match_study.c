/* match/match_study.c - the match area as a study: its stages as rank 0 drives them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Divisions into folds are trials; everything else is a job whose results rank 0 keeps and whose rows stay in shards.
 * What one kind of task needs of another's rows it reads from the closed shards itself.
 */
#include <config.h>

#include "match/match_study.h"

#include <string.h>

#include "match/match_study_setup.h"

typedef struct aus_match_study study;

static const aus_study_change changes[] = {{NULL, 0}};

static aus_study_parts parts(void *self)
{
  study *s = self;

  return (aus_study_parts){.kinds = s->kind,
                           .n_kinds = AUS_MATCH_N_KINDS,
                           .tables = s->tables.table,
                           .n_tables = AUS_MATCH_N_TABLES};
}

/* There is no result without any one of them: a failure ends the run. */
static int keep(void *self, const aus_task *task, const aus_result *result, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;
  const aus_kind *kind = &s->kind[task->kind];

  if (result->status != AUS_S_OK)
    AUS_FAIL(err, AUS_ENUMERIC, "%s %u: %s", kind->name, (unsigned)(uint32_t)task->id,
             result->err.text);
  if (task->kind == AUS_MATCH_K_FOLDS)
    AUS_TRY(aus_trials_add(&s->trials, task, result, AUS_BO_DESIGN, err));
  else
    memcpy(s->y[task->kind] + (int64_t)(uint32_t)task->id * kind->n_y, result->y,
           (size_t)kind->n_y * sizeof *result->y);
  AUS_TRY(aus_ranges_add(&s->ranges_of, result, err));
  s->n_done[task->kind]++;
done:
  return rc;
}

/* All tasks of a kind. @param [in] needs  kind whose rows they read; < 0: none */
static int add_tasks(study *s, aus_engine *engine, aus_match_task kind, int needs, aus_err *err)
{
  int rc = AUS_OK;
  aus_blob_key rows = aus_match_rows_key((aus_match_task)(needs < 0 ? 0 : needs));
  int64_t i;

  for (i = 0; i < s->n_tasks[kind]; i++) {
    int64_t v = s->n_validated > 0 ? s->n_validated : 1;
    double x[2] = {(double)(kind == AUS_MATCH_K_FOLDS ? s->validated[i % v] : i), (double)(i / v)};
    bool trial = kind == AUS_MATCH_K_FOLDS;
    aus_task task = {.id = aus_trial_id((uint32_t)kind + 1, (uint32_t)i),
                     .job = !trial,
                     .kind = (uint16_t)kind,
                     .scenario = i,
                     .fidelity = 1,
                     .n_x = trial ? 2 : 0,
                     .x = x,
                     .n_needs = needs < 0 ? 0 : 1,
                     .needs = &rows};

    AUS_TRY(aus_engine_add(engine, &task, err));
  }
done:
  return rc;
}

/* Where rows of a table lie: for later tasks, which read them from the closed shards. */
static int lend_rows(study *s, aus_engine *engine, aus_match_task kind, int table, aus_err *err)
{
  int rc = AUS_OK;
  aus_blob_key key = aus_match_rows_key(kind);
  aus_buf list;

  aus_buf_init(&list);
  aus_ranges_sort(&s->ranges_of);
  aus_ranges_encode(&s->ranges_of, table, &list);
  AUS_TRY(aus_buf_check(&list, err));
  AUS_TRY(aus_engine_put_blob(engine, key, list.data, (size_t)list.n, err));
  AUS_TRY(aus_engine_roll(engine, err));
done:
  aus_buf_fini(&list);
  return rc;
}

static int train(study *s, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(add_tasks(s, engine, AUS_MATCH_K_FOLDS, -1, err));
  AUS_TRY(add_tasks(s, engine, AUS_MATCH_K_FIT, -1, err));
  AUS_TRY(aus_engine_run(engine, keep, s, err));
  if (s->n_validated == 0) goto done;
  AUS_TRY(lend_rows(s, engine, AUS_MATCH_K_FOLDS, AUS_MATCH_T_HELD_OUT, err));
  AUS_TRY(add_tasks(s, engine, AUS_MATCH_K_FIGURES, AUS_MATCH_K_FOLDS, err));
  AUS_TRY(aus_engine_run(engine, keep, s, err));
done:
  return rc;
}

/* P of all packages on all clusters, once for both stages that sum it up. */
static int make_p(study *s, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK;

  if (s->climb.per_job || s->n_done[AUS_MATCH_K_P] > 0) goto done;
  AUS_TRY(add_tasks(s, engine, AUS_MATCH_K_P, -1, err));
  AUS_TRY(aus_engine_run(engine, keep, s, err));
  AUS_TRY(lend_rows(s, engine, AUS_MATCH_K_P, AUS_MATCH_T_LADDER_P, err));
done:
  return rc;
}

/* Tasks of a stage behind those whose rows they read. */
static int add_stage(study *s, aus_engine *engine, aus_match_stage stage, aus_err *err)
{
  int rc = AUS_OK, p = s->climb.per_job ? -1 : (int)AUS_MATCH_K_P;

  switch (stage) {
  case AUS_MATCH_ST_LADDER:
    AUS_TRY(make_p(s, engine, err));
    AUS_TRY(add_tasks(s, engine, AUS_MATCH_K_LADDER, p, err));
    AUS_TRY(add_tasks(s, engine, AUS_MATCH_K_VIEW, p, err));
    break;
  case AUS_MATCH_ST_SINGLE:
    AUS_TRY(make_p(s, engine, err));
    AUS_TRY(add_tasks(s, engine, AUS_MATCH_K_SINGLE, p, err));
    break;
  case AUS_MATCH_ST_LAMMPS:
    AUS_TRY(add_tasks(s, engine, AUS_MATCH_K_LAMMPS, -1, err));
    break;
  case AUS_MATCH_ST_RANGE:
    AUS_TRY(add_tasks(s, engine, AUS_MATCH_K_RANGE, -1, err));
    break;
  case AUS_MATCH_ST_SPACKBUILD:
    AUS_TRY(add_tasks(s, engine, AUS_MATCH_K_SPACKBUILD, -1, err));
    AUS_TRY(add_tasks(s, engine, AUS_MATCH_K_DURATIONS, -1, err));
    break;
  case AUS_MATCH_ST_TRAIN:
  case AUS_MATCH_N_STAGES:
    break;
  }
done:
  return rc;
}

static int drive(void *self, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK, stage;
  study *s = self;

  for (stage = 0; stage < AUS_MATCH_N_STAGES; stage++) {
    if (!aus_match_has_stage(s, (aus_match_stage)stage)) continue;
    aus_engine_stage(engine, aus_match_stage_names[stage]);
    if (stage == AUS_MATCH_ST_TRAIN) {
      AUS_TRY(train(s, engine, err));
      continue;
    }
    AUS_TRY(add_stage(s, engine, (aus_match_stage)stage, err));
    AUS_TRY(aus_engine_run(engine, keep, s, err));
  }
done:
  return rc;
}

static const aus_opts *settings(const void *self)
{
  const study *s = self;

  return s->opts;
}

const aus_study_type aus_match_study_type = {
    .name = "match",
    .summary = "where builds go and how likely they work there: models, ladder, experiments",
    .opts = aus_match_study_opts,
    .stages = aus_match_stage_names,
    .independent = true,
    .changes = changes,
    .load = aus_match_study_load,
    .destroy = aus_match_study_destroy,
    .parts = parts,
    .drive = drive,
    .publish = aus_match_publish,
    .report = aus_match_report,
    .text = aus_match_text,
    .settings = settings,
    .outline = aus_match_outline,
};
