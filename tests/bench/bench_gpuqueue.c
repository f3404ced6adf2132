/* bench_gpuqueue.c - the simulated queue over the whole shared trace; reading it is left out.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Work is counted in jobs that completed. The input is $AUSPEX_SHARED/data/gpuqueue/ls6-a100.log.gz.
 */
#include <config.h>

#include "bench/bench.h"

#include <stddef.h>

#include "gpuqueue/sim.h"
#include "gpuqueue_ls6.h"

typedef struct queue {
  aus_gpuqueue_trace trace;
  aus_gpuqueue_sim *sim;
} queue;

static int whole(void *self, int64_t *work, aus_err *err)
{
  int rc = AUS_OK;
  queue *q = self;

  AUS_TRY(aus_gpuqueue_sim_load(q->sim, &q->trace, q->trace.job[0].t_submit_s / 60 * 60, INT64_MAX,
                                true, err));
  AUS_TRY(aus_gpuqueue_sim_finish(q->sim, NULL, err));
  *work = aus_gpuqueue_sim_log(q->sim).n;
done:
  return rc;
}

static int full(const char *name, aus_gpuqueue_sim_conf conf, int64_t n_nodes, aus_err *err)
{
  int rc = AUS_OK;
  queue q = {.sim = NULL};
  char path[1024];

  if (!ls6_is_there(path, sizeof path)) {
    bench_skip(name, "no trace in AUSPEX_SHARED");
    goto done;
  }
  AUS_TRY(ls6_load(path, &q.trace, err));
  aus_gpuqueue_trace_order(&q.trace, conf.tick_s > 0 ? conf.tick_s : 1);
  conf.n_nodes = n_nodes;
  AUS_TRY(aus_gpuqueue_sim_create(&q.sim, &conf, err));
  AUS_TRY(bench_repeat(name, q.trace.n, whole, &q, err));
done:
  aus_gpuqueue_sim_destroy(q.sim);
  aus_gpuqueue_trace_fini(&q.trace);
  return rc;
}

static int compat_88(const char *name, aus_err *err)
{
  return full(name, aus_gpuqueue_sim_compat(), 88, err);
}

static int compat_76(const char *name, aus_err *err)
{
  return full(name, aus_gpuqueue_sim_compat(), 76, err);
}

static int clean_76(const char *name, aus_err *err)
{
  return full(name, aus_gpuqueue_sim_clean(), 76, err);
}

const bench_case bench_gpuqueue_cases[] = {{"gpuqueue_full_compat_88", compat_88},
                                           {"gpuqueue_full_compat_76", compat_76},
                                           {"gpuqueue_full_clean_76", clean_76},
                                           {0}};
