/* match/match_study_small.c - what a worker does in stages lammps, range and spackbuild.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/match_study_setup.h"
#include "util/alloc.h"

typedef struct aus_match_study study;

static void put(aus_work *w, int line, int n, const double *y)
{
  int k;

  for (k = 0; k < n; k++)
    aus_work_metric(w, line * n + k, y[k]);
}

int aus_match_run_lammps(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, i;
  study *s = self;
  aus_match_lammps_row row[AUS_MATCH_LAMMPS_STEPS];

  AUS_TRY(aus_match_lammps_run(&s->lammps[0], &s->lammps[1], &s->lammps[2], row, err));
  for (i = 0; i < AUS_MATCH_LAMMPS_STEPS; i++) {
    const double y[AUS_MATCH_LAMMPS_VALUES] = {(double)row[i].jobs, (double)row[i].unmatched,
                                               (double)row[i].total, row[i].accuracy};

    put(w, i, AUS_MATCH_LAMMPS_VALUES, y);
  }
done:
  return rc;
}

static int append_range_jobs(study *s, aus_work *w, const aus_match_interval_count *count,
                             aus_err *err)
{
  int rc = AUS_OK;
  int64_t *x = NULL, n = s->ranges.n, j;

  AUS_NEW(x, 5 * n, err);
  for (j = 0; j < n; j++) {
    x[j] = s->ranges.first[j + 1] - s->ranges.first[j];
    x[n + j] = count[j].pairs[1];
    x[2 * n + j] = count[j].clusters[1];
    x[3 * n + j] = count[j].pairs[0];
    x[4 * n + j] = count[j].clusters[0];
  }
  {
    const void *column[] = {x, x + n, x + 2 * n, x + 3 * n, x + 4 * n};

    AUS_TRY(aus_work_append(w, AUS_MATCH_T_RANGE_JOBS, n, column, err));
  }
done:
  aus_free(x);
  return rc;
}

int aus_match_run_range(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, i;
  study *s = self;
  const aus_match_data *d = aus_match_range_data(s);
  aus_match_interval_count *count = NULL;
  aus_match_interval_row row[AUS_MATCH_INTERVAL_ROWS];

  AUS_NEW(count, s->ranges.n, err);
  AUS_TRY(aus_match_intervals_run(&s->ranges, &d->space, &d->index, aus_match_inclusive(s->opts),
                                  count, row, err));
  for (i = 0; i < AUS_MATCH_INTERVAL_ROWS; i++) {
    const double y[AUS_MATCH_RANGE_VALUES] = {(double)row[i].asked, (double)row[i].unmatched,
                                              row[i].success,       row[i].marginal,
                                              row[i].matches,       row[i].unmatched_at};

    put(w, i, AUS_MATCH_RANGE_VALUES, y);
  }
  AUS_TRY(append_range_jobs(s, w, count, err));
done:
  aus_free(count);
  return rc;
}

static int append_durations(study *s, aus_work *w, aus_err *err)
{
  const void *column[] = {s->builds.duration_s, s->builds.optimal_s};

  return aus_work_append(w, AUS_MATCH_T_DURATIONS, s->builds.measured.packages.n, column, err);
}

int aus_match_run_spackbuild(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, i;
  study *s = self;
  aus_match_builds_row row[AUS_MATCH_BUILDS_ROWS];

  AUS_TRY(aus_match_builds_run(&s->builds, row, err));
  for (i = 0; i < AUS_MATCH_BUILDS_ROWS; i++) {
    const aus_match_builds_row *r = &row[i];
    const double y[AUS_MATCH_BUILDS_VALUES] = {
        (double)r->jobs,       (double)r->unmatched, r->matches_mean, r->matches_sd,
        r->success_original,   r->success,           r->runtime_s,    r->cost,
        r->cheapest_runtime_s, r->cheapest_cost};

    put(w, i, AUS_MATCH_BUILDS_VALUES, y);
  }
  AUS_TRY(append_durations(s, w, err));
done:
  return rc;
}

int aus_match_run_durations(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;
  aus_match_duration_row r;

  AUS_TRY(aus_match_measured_validate(&s->builds.measured,
                                      (aus_match_duration_kind)(uint32_t)aus_work_task(w)->id,
                                      s->duration_folds, s->seed, &r, err));
  {
    const double y[AUS_MATCH_DURATION_VALUES] = {(double)r.builds, r.mae_s, r.median_ae_s,
                                                 r.relative_frac};

    put(w, 0, AUS_MATCH_DURATION_VALUES, y);
  }
done:
  return rc;
}
