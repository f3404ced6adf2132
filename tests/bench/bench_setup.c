/* bench_setup.c - what a serverless trial costs besides its simulation.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Measured: the cluster and the thickened workload of a sample, the windowed rows and their split, and
 * the conversion of the results to the columns of the published tables (given to a sink: no file). The
 * sample is the one of golden scenario c with half again as many requests; `value` is the median time
 * of simulating it, for comparison.
 */
#include <config.h>

#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "scenario.h"
#include "serverless/serverless_study_tables.h"
#include "serverless/space.h"
#include "util/clock.h"
#include "util/stats.h"

enum { N_SIMULATIONS = 25 };

typedef struct setup {
  scenario sc;
  aus_serverless_space space;
  aus_serverless_sim *sim;
  const aus_serverless_result *result;
  aus_serverless_infra infra;
  aus_serverless_trace trace;
  aus_serverless_dataset dataset;
  uint8_t *split;
  int64_t *work;
  double x[8];
  int64_t n_rows; /* that reached the sink */
} setup;

static int sink(void *self, int table, int64_t n, const void *const *column, aus_err *err)
{
  setup *s = self;

  (void)table;
  (void)column;
  (void)err;
  s->n_rows += n;
  return AUS_OK;
}

static int read_space(setup *s, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  aus_cfg *cfg = NULL;
  aus_cfg_node *root;
  char *bytes = NULL;
  size_t n;

  AUS_TRY(aus_file_read(path, &bytes, &n, err));
  AUS_TRY(aus_cfg_create(&cfg, err));
  AUS_TRY(aus_cfg_parse(cfg, path, bytes, n, &root, err));
  AUS_TRY(aus_serverless_space_read(&s->space, &s->sc.types, cfg, root, err));
  AUS_TRY(aus_cfg_check(cfg, AUS_ECONFIG, err));
done:
  aus_cfg_destroy(cfg);
  aus_free(bytes);
  return rc;
}

/* Everything of a trial but the simulation itself. */
static int body(void *self, int64_t *work, aus_err *err)
{
  int rc = AUS_OK;
  setup *s = self;
  const aus_serverless_dataset_conf conf = aus_serverless_dataset_defaults();
  static const bool keep[AUS_SERVERLESS_N_TRACES] = {true, true, true, true,
                                                     true, true, true, true};

  s->n_rows = 0;
  AUS_TRY(aus_serverless_space_infra(&s->space, s->x, true, &s->infra, err));
  AUS_TRY(aus_serverless_space_workload(&s->space, s->x, &s->sc.trace, 1, 0, &s->trace, err));
  AUS_TRY(aus_serverless_dataset_build(&s->dataset, &s->sc.types, s->result, &conf, err));
  aus_serverless_split(s->dataset.n, 0, 0.8, 1, 0, 0, s->split, s->work);
  AUS_TRY(aus_serverless_put_result(s->result, keep, sink, s, err));
  AUS_TRY(aus_serverless_put_dataset(&s->dataset, 0, 0, s->dataset.n, s->split, sink, s, err));
  *work = s->trace.n;
done:
  return rc;
}

static int simulate(setup *s, double *median, aus_err *err)
{
  int rc = AUS_OK, i;
  double t[N_SIMULATIONS];

  for (i = 0; i < N_SIMULATIONS; i++) {
    t[i] = aus_clock_s();
    AUS_TRY(aus_serverless_sim_run(s->sim, &s->infra, &s->trace, &s->sc.policy, NULL, NULL,
                                   &s->result, err));
    t[i] = aus_clock_s() - t[i];
  }
  aus_stats_sort(t, N_SIMULATIONS);
  *median = aus_stats_median(t, N_SIMULATIONS);
done:
  return rc;
}

static int prepare(setup *s, const char *shared, aus_err *err)
{
  int rc = AUS_OK;
  char golden[500], inputs[500], space[500];
  /* mapping order: bandwidth, cluster size, board, rpi, xavier, factor */
  static const double x[] = {100, 10, 0.2, 0.5, 0.3, 1.5};

  snprintf(golden, sizeof golden, "%s/data/serverless/golden/c-kn_kn-optim", shared);
  snprintf(inputs, sizeof inputs, "%s/data/serverless/inputs", shared);
  snprintf(space, sizeof space, "%s/tests/data/serverless/real-nofs-space.json",
           getenv("AUS_TOP_SRCDIR"));
  memcpy(s->x, x, sizeof x);
  AUS_TRY(scenario_load(&s->sc, golden, inputs, err));
  AUS_TRY(read_space(s, space, err));
  AUS_TRY(aus_serverless_sim_create(&s->sim, &s->sc.types, err));
  AUS_TRY(aus_serverless_space_infra(&s->space, s->x, true, &s->infra, err));
  AUS_TRY(aus_serverless_space_workload(&s->space, s->x, &s->sc.trace, 1, 0, &s->trace, err));
  AUS_NEW(s->split, 10000, err);
  AUS_NEW(s->work, 10000, err);
done:
  return rc;
}

static int serverless_setup(const char *name, aus_err *err)
{
  int rc = AUS_OK;
  setup s = {0};
  double simulation_s;
  const char *shared = getenv("AUSPEX_SHARED");
  char probe[500];

  snprintf(probe, sizeof probe, "%s/data/serverless/golden/c-kn_kn-optim/scenario.json",
           shared ? shared : "");
  if (!getenv("AUS_TOP_SRCDIR") || access(probe, R_OK) != 0) {
    bench_skip(name, "no data/serverless in AUSPEX_SHARED");
    return AUS_OK;
  }
  AUS_TRY(prepare(&s, shared, err));
  AUS_TRY(simulate(&s, &simulation_s, err));
  AUS_TRY(bench_repeat_value(name, s.trace.n, body, &s, &simulation_s, err));
done:
  aus_free(s.split);
  aus_free(s.work);
  aus_serverless_dataset_fini(&s.dataset);
  aus_serverless_trace_fini(&s.trace);
  aus_serverless_infra_fini(&s.infra);
  aus_serverless_sim_destroy(s.sim);
  aus_serverless_space_fini(&s.space);
  scenario_fini(&s.sc);
  return rc;
}

const bench_case bench_setup_cases[] = {{"serverless_setup", serverless_setup}, {0}};
