/* bench_offline.c - provisioning windows of the shared Lonestar6 trace on one core, without any file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gpuqueue_offline_684: windows from 2022-11-01, 76 nodes, 7 probes each with states at the decision; the work is the
 * number of samples. gpuqueue_oracle_156: every minute of the windows from 2023-03-01; the work is that of minutes.
 */
#include <config.h>

#include "bench/bench.h"

#include <stddef.h>

#include "gpuqueue_ls6.h"

enum { OFFLINE = 684, ORACLE = 156 };

typedef struct job {
  aus_gpuqueue_trace trace;
  aus_gpuqueue_window *window;
  double *x;
  int64_t n_windows;
} job;

static int samples(void *self, int64_t *work, aus_err *err)
{
  int rc = AUS_OK, j;
  job *b = self;
  aus_gpuqueue_outcome o;
  int64_t i;

  *work = 0;
  for (i = 0; i < b->n_windows; i++) {
    AUS_TRY(aus_gpuqueue_window_open(b->window, &b->trace, i, NULL, NULL, err));
    for (j = 0; j < 7; j++, ++*work)
      AUS_TRY(aus_gpuqueue_window_decide(b->window, aus_gpuqueue_window_probe_s(b->window, j),
                                         false, &o, b->x, NULL, err));
  }
done:
  return rc;
}

static int minutes(void *self, int64_t *work, aus_err *err)
{
  int rc = AUS_OK;
  job *b = self;
  const aus_gpuqueue_window_facts *f = aus_gpuqueue_window_facts_of(b->window);
  aus_gpuqueue_outcome o;
  int64_t i;

  *work = 0;
  for (i = 0; i < b->n_windows; i++) {
    AUS_TRY(aus_gpuqueue_window_open(b->window, &b->trace, i, NULL, NULL, err));
    AUS_TRY(aus_gpuqueue_window_oracle(b->window, &o, NULL, err));
    *work += (f->t_pred_end_s - f->first_s) / 60 + 1;
  }
done:
  return rc;
}

static int measure(const char *name, int64_t t_start_s, int64_t n_windows, bench_body body,
                   aus_err *err)
{
  int rc = AUS_OK;
  const aus_gpuqueue_sim_conf conf = ls6_cluster(76);
  aus_gpuqueue_geometry g = ls6_geometry(t_start_s, 1);
  job b = {.n_windows = n_windows};
  char path[1100];

  g.anchor_start = g.late_average = false;
  if (!ls6_is_there(path, sizeof path)) {
    bench_skip(name, "no shared data (AUSPEX_SHARED)");
    goto done;
  }
  AUS_TRY(ls6_load(path, &b.trace, err));
  AUS_NEW(b.x, g.n_snapshots * AUS_GPUQUEUE_N_STATE, err);
  AUS_TRY(aus_gpuqueue_window_create(&b.window, &conf, &g, err));
  AUS_TRY(bench_repeat(name, n_windows, body, &b, err));
done:
  aus_gpuqueue_window_destroy(b.window);
  aus_gpuqueue_trace_fini(&b.trace);
  aus_free(b.x);
  return rc;
}

static int offline(const char *name, aus_err *err)
{
  return measure(name, LS6_2022_11_01, OFFLINE, samples, err);
}

static int oracle(const char *name, aus_err *err)
{
  return measure(name, LS6_2023_03_01, ORACLE, minutes, err);
}

const bench_case bench_offline_cases[] = {
    {"gpuqueue_offline_684", offline}, {"gpuqueue_oracle_156", oracle}, {NULL, NULL}};
