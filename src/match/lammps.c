/* match/lammps.c - the small experiment whose truth is known.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/lammps.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "match/names.h"
#include "util/alloc.h"

enum { N_SUBSYSTEMS = 4 };

static const char *const SUBSYSTEM[N_SUBSYSTEMS] = {"io.archspec", "os", "mpi", "hardware"};

const char *const aus_match_lammps_steps[AUS_MATCH_LAMMPS_STEPS] = {"none",
                                                                    "io.archspec",
                                                                    "os",
                                                                    "mpi",
                                                                    "hardware",
                                                                    "io.archspec+os",
                                                                    "io.archspec+os+mpi",
                                                                    "io.archspec+os+mpi+hardware"};

/* Subsystems of each step, as bits. */
static const int STEP[AUS_MATCH_LAMMPS_STEPS] = {0, 1, 2, 4, 8, 3, 7, 15};

typedef struct run {
  const aus_sheet *clusters, *truth;
  aus_match_names jobs;
  int64_t n_needs;
  int32_t *job; /* per requirement */
  int *subsystem;
  int64_t *column; /* of the clusters; -1: no cluster has it */
  double *score;   /* job x cluster */
} run;

static int subsystem_of(const aus_sheet *jobs, int64_t row, int64_t column, int *out, aus_err *err)
{
  const char *name = aus_sheet_at(jobs, row, column);

  for (*out = 0; *out < N_SUBSYSTEMS; ++*out)
    if (strcmp(SUBSYSTEM[*out], name) == 0) return AUS_OK;
  return aus_sheet_refuse(jobs, row, err, "no subsystem \"%s\"", name);
}

static int read_needs(run *r, const aus_sheet *jobs, aus_err *err)
{
  static const char *const head[] = {"job", "subsystem", "feature", "value"};
  int rc = AUS_OK, k;
  int64_t i, at[4];
  char key[256];

  for (k = 0; k < 4; k++)
    AUS_TRY(aus_sheet_column(jobs, head[k], &at[k], err));
  AUS_NEW(r->job, jobs->n_rows, err);
  AUS_NEW(r->subsystem, jobs->n_rows, err);
  AUS_NEW(r->column, jobs->n_rows, err);
  r->n_needs = jobs->n_rows;
  for (i = 0; i < jobs->n_rows; i++) {
    const char *name = aus_sheet_at(jobs, i, at[0]);

    AUS_TRY(aus_match_names_add(&r->jobs, name, strlen(name), &r->job[i], err));
    AUS_TRY(subsystem_of(jobs, i, at[1], &r->subsystem[i], err));
    snprintf(key, sizeof key, "%s=%s", aus_sheet_at(jobs, i, at[2]), aus_sheet_at(jobs, i, at[3]));
    r->column[i] = aus_sheet_find(r->clusters, key);
  }
done:
  return rc;
}

/* Row of the truth for a cluster. */
static int truth_row(const run *r, int64_t cluster, int64_t *row, aus_err *err)
{
  const char *name = aus_sheet_at(r->clusters, cluster, 0);

  for (*row = 0; *row < r->truth->n_rows; ++*row)
    if (strcmp(aus_sheet_at(r->truth, *row, 0), name) == 0) return AUS_OK;
  return aus_sheet_refuse(r->clusters, cluster, err, "no truth of cluster \"%s\"", name);
}

static int read_truth(run *r, aus_err *err)
{
  int rc = AUS_OK;
  int64_t j, c, row, column, n = r->clusters->n_rows;

  AUS_NEW(r->score, r->jobs.n * n, err);
  for (c = 0; c < n; c++) {
    AUS_TRY(truth_row(r, c, &row, err));
    for (j = 0; j < r->jobs.n; j++) {
      AUS_TRY(aus_sheet_column(r->truth, r->jobs.text[j], &column, err));
      AUS_TRY(aus_sheet_real(r->truth, row, column, &r->score[j * n + c], err));
    }
  }
done:
  return rc;
}

static bool matches(const run *r, int32_t job, int64_t cluster, int mask)
{
  int64_t i;

  for (i = 0; i < r->n_needs; i++) {
    if (r->job[i] != job || !(mask >> r->subsystem[i] & 1)) continue;
    if (r->column[i] < 0 || strcmp(aus_sheet_at(r->clusters, cluster, r->column[i]), "1") != 0)
      return false;
  }
  return true;
}

static void run_step(const run *r, int mask, aus_match_lammps_row *out)
{
  int64_t c, n = r->clusters->n_rows;
  int32_t j;

  *out = (aus_match_lammps_row){.jobs = r->jobs.n};
  for (j = 0; j < r->jobs.n; j++) {
    double sum = 0.0;
    int64_t found = 0;

    for (c = 0; c < n; c++)
      if (matches(r, j, c, mask)) {
        found++;
        sum += r->score[j * n + c];
      }
    out->total += found;
    out->unmatched += found == 0;
    if (found > 0) out->accuracy += sum / (double)found;
  }
  if (r->jobs.n > 0) out->accuracy /= (double)r->jobs.n;
}

int aus_match_lammps_run(const aus_sheet *jobs, const aus_sheet *clusters, const aus_sheet *truth,
                         aus_match_lammps_row *out, aus_err *err)
{
  int rc = AUS_OK, k;
  run r = {.clusters = clusters, .truth = truth};

  AUS_TRY(read_needs(&r, jobs, err));
  AUS_TRY(read_truth(&r, err));
  for (k = 0; k < AUS_MATCH_LAMMPS_STEPS; k++)
    run_step(&r, STEP[k], &out[k]);
done:
  aus_match_names_fini(&r.jobs);
  aus_free(r.job);
  aus_free(r.subsystem);
  aus_free(r.column);
  aus_free(r.score);
  return rc;
}
