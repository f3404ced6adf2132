/* match/match_study_outline.c - what a match study is going to do: tasks of each stage.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/match_study_setup.h"

typedef struct aus_match_study study;

static int add(const study *s, aus_outline *o, aus_match_stage stage, aus_match_task kind,
               double bytes, aus_err *err)
{
  int64_t n = s->n_tasks[kind];

  if (n == 0) return AUS_OK;
  return aus_outline_add(o,
                         (aus_outline_part){.stage = aus_match_stage_names[stage],
                                            .kind = s->kind[kind].name,
                                            .job = kind != AUS_MATCH_K_FOLDS,
                                            .least = n,
                                            .most = n,
                                            .bytes = bytes},
                         err);
}

int aus_match_outline(void *self, aus_outline *o, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;
  double clusters = (double)s->data.clusters.n, jobs = (double)s->data.jobs.n, rows = 0;
  int64_t i;

  for (i = 0; i < s->n_validated; i++)
    rows += (double)s->data.tables.table[s->validated[i]].n_rows;
  if (s->n_validated > 0) rows /= (double)s->n_validated;
  AUS_TRY(add(s, o, AUS_MATCH_ST_TRAIN, AUS_MATCH_K_FOLDS, 13 * rows, err));
  AUS_TRY(add(s, o, AUS_MATCH_ST_TRAIN, AUS_MATCH_K_FIGURES, 0, err));
  AUS_TRY(add(s, o, AUS_MATCH_ST_TRAIN, AUS_MATCH_K_FIT, 8 * clusters, err));
  AUS_TRY(add(
      s, o, aus_match_has_stage(s, AUS_MATCH_ST_LADDER) ? AUS_MATCH_ST_LADDER : AUS_MATCH_ST_SINGLE,
      AUS_MATCH_K_P, 24 * clusters, err));
  AUS_TRY(add(s, o, AUS_MATCH_ST_LADDER, AUS_MATCH_K_LADDER, 12 * (double)s->climb.task_jobs, err));
  AUS_TRY(add(s, o, AUS_MATCH_ST_LADDER, AUS_MATCH_K_VIEW,
              AUS_MATCH_VIEW_LEVELS * (16 * clusters + (s->climb.first_kept == 0 ? 12 * jobs : 0)),
              err));
  AUS_TRY(add(s, o, AUS_MATCH_ST_SINGLE, AUS_MATCH_K_SINGLE, 0, err));
  AUS_TRY(add(s, o, AUS_MATCH_ST_LAMMPS, AUS_MATCH_K_LAMMPS, 0, err));
  AUS_TRY(add(s, o, AUS_MATCH_ST_RANGE, AUS_MATCH_K_RANGE, 40 * (double)s->ranges.n, err));
  AUS_TRY(add(s, o, AUS_MATCH_ST_SPACKBUILD, AUS_MATCH_K_SPACKBUILD,
              8 * (double)(s->builds.measured.packages.n * (s->builds.n_clusters + 1)), err));
  AUS_TRY(add(s, o, AUS_MATCH_ST_SPACKBUILD, AUS_MATCH_K_DURATIONS, 0, err));
done:
  return rc;
}
