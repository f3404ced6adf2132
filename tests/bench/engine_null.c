/* engine_null.c - how many tasks that do nothing go through rank 0 per second; run by mpirun -n 2.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * engine_null [TASKS [REPETITIONS [PREFETCH [JOURNAL]]]]: one JSON line with the median of the repetitions;
 * with a journal in that (new) file the case is engine_null_journal.
 */
#include <config.h>

#include <mpi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "util/alloc.h"
#include "util/clock.h"

static int run_null(void *self, aus_work *w, aus_err *err)
{
  (void)self;
  (void)err;
  aus_work_metric(w, 0, 1);
  return AUS_OK;
}

static int count(void *self, const aus_task *t, const aus_result *r, aus_err *err)
{
  (void)t;
  (void)err;
  *(double *)self += r->y[0];
  return AUS_OK;
}

/* One repetition on rank 0: a campaign of its own. */
static int repeat(aus_engine *e, uint32_t campaign, uint32_t n, double *took_s, aus_err *err)
{
  int rc = AUS_OK;
  double done = 0, x[4] = {1, 2, 3, 4};
  uint32_t i;

  for (i = 0; i < n; i++)
    AUS_TRY(aus_engine_add(e, &(aus_task){.id = aus_trial_id(campaign, i), .n_x = 4, .x = x}, err));
  *took_s = aus_clock_s();
  AUS_TRY(aus_engine_run(e, count, &done, err));
  *took_s = aus_clock_s() - *took_s;
  if (done != n) AUS_FAIL(err, AUS_EBUG, "%g of %u tasks were committed", done, n);
done:
  return rc;
}

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static int drive(aus_engine *e, uint32_t n, int reps, int size, bool journal, aus_err *err)
{
  int rc = AUS_OK, i;
  double *took_s = NULL, median_s;

  AUS_NEW(took_s, reps, err);
  AUS_TRY(repeat(e, 1, n, &took_s[0], err)); /* warm-up */
  for (i = 0; i < reps; i++)
    AUS_TRY(repeat(e, (uint32_t)i + 2, n, &took_s[i], err));
  qsort(took_s, (size_t)reps, sizeof *took_s, by_value);
  median_s = (took_s[(reps - 1) / 2] + took_s[reps / 2]) / 2;
  printf("{\"name\": \"engine_null%s\", \"size\": %u, \"ranks\": %d, \"reps\": %d, \"median_s\": "
         "%.6g, "
         "\"min_s\": %.6g, \"max_s\": %.6g, \"work\": %u, \"per_s\": %.0f, \"revision\": \"%s\"}\n",
         journal ? "_journal" : "", n, size, reps, median_s, took_s[0], took_s[reps - 1], n,
         n / median_s, AUS_GIT_REVISION);
done:
  aus_free(took_s);
  return rc;
}

int main(int argc, char **argv)
{
  static const char *const y_names[] = {"one"};
  static const aus_kind kind = {.name = "null", .y_names = y_names, .n_y = 1, .run = run_null};
  uint32_t n = argc > 1 ? (uint32_t)atol(argv[1]) : 100000;
  int reps = argc > 2 ? atoi(argv[2]) : 5, rank, size, rc, provided;
  aus_engine_conf conf = {.sched = {.prefetch = argc > 3 ? atoi(argv[3]) : 1,
                                    .max_attempts = 2,
                                    .timeout_min_s = 60,
                                    .timeout_first_s = 3600,
                                    .hang_after_s = 30,
                                    .lost_after_s = 90},
                          .max_failed = -1,
                          .worker = {.kinds = &kind, .n_kinds = 1, .dir = "."}};
  aus_engine *e;
  aus_err err;

  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  aus_err_clear(&err);
  if (rank == 0 && argc > 4 &&
      aus_journal_create(&conf.journal, argv[4], &(aus_journal_head){0}, 1, &err) != AUS_OK)
    MPI_Abort(MPI_COMM_WORLD, 1);
  rc = aus_engine_open(&e, MPI_COMM_WORLD, &conf, &err);
  if (rc == AUS_OK)
    rc = rank == 0 ? drive(e, n, reps > 0 ? reps : 1, size, conf.journal, &err)
                   : aus_engine_serve(e, &err);
  rc = aus_engine_close(e, rc, NULL, &err);
  if (aus_journal_close(conf.journal, rc == AUS_OK ? &err : NULL) != AUS_OK && rc == AUS_OK)
    rc = AUS_EIO;
  if (rc != AUS_OK && rank == 0) fprintf(stderr, "engine_null: %s (%s)\n", err.text, err.where);
  MPI_Finalize();
  return rank == 0 ? aus_code_exit(rc) : 0;
}
