/* t_lost.c - a worker is killed in the middle of a task; with mpirun --enable-recovery the others finish
 * the run without it.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * No collective call after the loss: the verdict is rank 0's alone.
 */
#include <config.h>

#include "mpi/check.h"

#include <signal.h>
#include <unistd.h>

#include "engine/engine.h"
#include "util/clock.h"

/* Trial 7 kills the first worker that gets it. */
static int run_trial(void *self, aus_work *w, aus_err *err)
{
  const aus_task *t = aus_work_task(w);

  (void)self;
  (void)err;
  aus_clock_sleep(0.01);
  if (t->id == aus_trial_id(1, 7) && t->attempt == 0) raise(SIGKILL);
  aus_work_metric(w, 0, (double)(t->id & 0xff));
  return AUS_OK;
}

typedef struct sums {
  int64_t n;
  double sum;
} sums;

static int take(void *self, const aus_task *t, const aus_result *r, aus_err *err)
{
  sums *s = self;

  (void)err;
  CHECK(r->status == AUS_S_OK && (int64_t)(t->id & 0xff) == s->n);
  s->n++;
  s->sum += r->y[0];
  return AUS_OK;
}

int main(int argc, char **argv)
{
  static const char *const y_names[] = {"y"};
  static const aus_kind kind = {.name = "trial", .y_names = y_names, .n_y = 1, .run = run_trial};
  aus_engine_conf conf = {.sched = {.prefetch = 1,
                                    .max_attempts = 2,
                                    .timeout_min_s = 60,
                                    .timeout_first_s = 60,
                                    .hang_after_s = 1,
                                    .lost_after_s = 2},
                          .manager_works = 0,
                          .max_failed = -1,
                          .worker = {.kinds = &kind, .n_kinds = 1, .dir = argv[argc - 1]}};
  aus_engine *e;
  aus_err err;
  sums s = {0};
  uint32_t i;
  int rc = AUS_OK;
  bool together;

  mpi_start(&argc, &argv);
  CHECK_OK(aus_engine_open(&e, MPI_COMM_WORLD, &conf, &err), &err);
  if (rank == 0) {
    for (i = 0; i < 60; i++)
      CHECK_OK(aus_engine_add(e, &(aus_task){.id = aus_trial_id(1, i)}, &err), &err);
    CHECK_OK(rc = aus_engine_run(e, take, &s, &err), &err);
    CHECK(s.n == 60 && s.sum == 59 * 30);
    CHECK(aus_engine_report(e).n_lost == 1 && aus_engine_report(e).attempts[7] == 2);
  } else
    CHECK_OK(rc = aus_engine_serve(e, &err), &err);
  CHECK_OK(aus_engine_close(e, rc, &together, &err), &err);
  CHECK(!together);
  if (rank == 0) printf("%s - lost at %d ranks\n", n_bad ? "not ok" : "ok", size);
  fflush(stdout);
  /* MPI_Finalize waits for the dead rank, now and then for ever. */
  _exit(n_bad ? 1 : 0);
}
