/* bench_serverless.c - tasks per second of the simulator: whole runs with columns and totals, without
 * reading and writing files.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "scenario.h"
#include "util/rng.h"

typedef struct job {
  scenario sc;
  aus_serverless_sim *sim;
} job;

static int simulate(void *self, int64_t *work, aus_err *err)
{
  job *j = self;
  const aus_serverless_result *result;
  int rc = scenario_run(&j->sc, j->sim, &result, err);

  if (rc == AUS_OK) *work = result->tasks.n;
  return rc;
}

static int measure(const char *name, job *j, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_serverless_sim_create(&j->sim, &j->sc.types, err));
  AUS_TRY(bench_repeat(name, j->sc.trace.n, simulate, j, err));
done:
  aus_serverless_sim_destroy(j->sim);
  return rc;
}

/* ---- golden scenarios ---- */

/* False, and a line that says so, when the shared data is not there. */
static bool load(const char *name, const char *golden, job *j, int *rc, aus_err *err)
{
  const char *shared = getenv("AUSPEX_SHARED");
  char dir[1000], inputs[1000];
  FILE *f;

  *rc = AUS_OK;
  if (!shared) shared = "../shared";
  snprintf(dir, sizeof dir, "%s/data/serverless/golden/%s/scenario.json", shared, golden);
  snprintf(inputs, sizeof inputs, "%s/data/serverless/inputs", shared);
  f = fopen(dir, "r");
  if (!f) {
    bench_skip(name, "no shared data (AUSPEX_SHARED)");
    return false;
  }
  fclose(f);
  *strrchr(dir, '/') = '\0';
  *rc = scenario_load(&j->sc, dir, inputs, err);
  return *rc == AUS_OK;
}

static uint64_t defects_of(const char *name)
{
  return strstr(name, "_clean_") ? 0 : AUS_SERVERLESS_COMPAT;
}

static int golden(const char *name, aus_err *err)
{
  static const char *const scenario_of[][2] = {
      {"serverless_compat_a", "a-kn_kn"},      {"serverless_compat_c", "c-kn_kn-optim"},
      {"serverless_compat_cpro", "c-prokn"},   {"serverless_compat_hro", "a-hro_hro"},
      {"serverless_clean_c", "c-kn_kn-optim"}, {"serverless_clean_cpro", "c-prokn"},
      {"serverless_clean_hro", "a-hro_hro"}};
  job j = {0};
  int rc = AUS_OK, i = 0;

  while (strcmp(scenario_of[i][0], name) != 0)
    i++;
  if (load(name, scenario_of[i][1], &j, &rc, err)) {
    j.sc.policy.defects = defects_of(name);
    rc = measure(name, &j, err);
  }
  scenario_fini(&j.sc);
  return rc;
}

/* ---- 200 nodes at 600 requests per second ---- */

static int copy_node(aus_serverless_node *to, const aus_serverless_node *from, aus_err *err)
{
  int rc = AUS_OK;

  *to = (aus_serverless_node){.memory_gb = from->memory_gb,
                              .n_platforms = from->n_platforms,
                              .n_storages = from->n_storages};
  AUS_DUP(to->type, from->type, err);
  AUS_NEW(to->platform, from->n_platforms, err);
  AUS_NEW(to->storage, from->n_storages, err);
  memcpy(to->platform, from->platform, (size_t)from->n_platforms * sizeof *to->platform);
  memcpy(to->storage, from->storage, (size_t)from->n_storages * sizeof *to->storage);
done:
  return rc;
}

/* Every node of the cluster `times` times, in order of kinds. */
static int widen(aus_serverless_infra *infra, int times, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_serverless_infra wide = {.bandwidth_mibps = infra->bandwidth_mibps};

  AUS_NEW(wide.node, infra->n_nodes * times, err);
  wide.n_nodes = infra->n_nodes * times;
  for (i = 0; i < wide.n_nodes; i++)
    AUS_TRY(copy_node(&wide.node[i], &infra->node[i / times], err));
  aus_serverless_infra_fini(infra);
  *infra = wide;
  wide = (aus_serverless_infra){0};
done:
  aus_serverless_infra_fini(&wide);
  return rc;
}

static int poisson(aus_serverless_trace *trace, double rate_rps, double duration_s, aus_err *err)
{
  aus_rng r = aus_rng_open(1, 0, 0, AUS_RNG_ARRIVALS);
  int rc = AUS_OK;
  double t;

  trace->n = 0;
  for (t = aus_rng_exponential(&r) / rate_rps; t < duration_s;
       t += aus_rng_exponential(&r) / rate_rps)
    AUS_TRY(aus_serverless_trace_add(trace, t, 0, 0, err));
done:
  return rc;
}

static int wide(const char *name, aus_err *err)
{
  job j = {0};
  int rc = AUS_OK;

  if (!load(name, "c-kn_kn-optim", &j, &rc, err)) goto done;
  AUS_TRY(widen(&j.sc.infra, 20, err));
  AUS_TRY(poisson(&j.sc.trace, 600, 120, err));
  j.sc.policy.defects = defects_of(name);
  AUS_TRY(measure(name, &j, err));
done:
  scenario_fini(&j.sc);
  return rc;
}

/* ---- one node, for a comparison with the same node written in SimPy (peer_simpy.py) ---- */

static const char *const node_name[6] = {"platforms", "storages", "qos", "apps", "tasks", "infra"};
/* clang-format off */
static const char *const node_text[6] = {
  "{\"arm\": {\"shortName\": \"arm\", \"name\": \"Arm\", \"hardware\": \"cpu\", \"price\": 1, \"idleEnergy\": 1}}",
  "{\"sd\": {\"name\": \"sd\", \"hardware\": \"x\", \"remote\": false, \"price\": 1, \"capacity\": 1e6,"
  " \"throughput\": {\"read\": 100, \"write\": 100}, \"latency\": {\"read\": 0.001, \"write\": 0.001}},"
  " \"nas\": {\"name\": \"nas\", \"hardware\": \"x\", \"remote\": true, \"price\": 1, \"capacity\": 1e6,"
  " \"throughput\": {\"read\": 100, \"write\": 100}, \"latency\": {\"read\": 0.001, \"write\": 0.001}}}",
  "{\"any\": {\"name\": \"any\", \"maxDurationDeviation\": 10}}",
  "{\"solo\": {\"name\": \"solo\", \"dag\": {\"f\": []}}}",
  "{\"f\": {\"name\": \"f\", \"platforms\": [\"arm\"], \"memoryRequirements\": {\"arm\": 0.1},"
  " \"coldStartDuration\": {\"arm\": 0.5}, \"executionTime\": {\"arm\": 0.1}, \"energy\": {\"arm\": 1},"
  " \"imageSize\": {\"arm\": 0.1}, \"stateSize\": {\"solo\": {\"input\": 104858, \"output\": 104858}}}}",
  "{\"network\": {\"bandwidth\": 100}, \"nodes\": [{\"memory\": 8,"
  " \"platforms\": [\"arm\", \"arm\", \"arm\", \"arm\"], \"storage\": [\"sd\", \"nas\"]}]}"};
/* clang-format on */

static int node(const char *name, aus_err *err)
{
  job j = {0};
  char *text[6] = {NULL};
  size_t size[6];
  int rc = AUS_OK, i;

  for (i = 0; i < 6; i++) {
    AUS_DUP(text[i], node_text[i], err);
    size[i] = strlen(text[i]);
  }
  AUS_TRY(scenario_documents(&j.sc, node_name, text, size, err));
  AUS_TRY(poisson(&j.sc.trace, 30, 200, err));
  j.sc.policy = (aus_serverless_policy){.scaler = AUS_SERVERLESS_KN,
                                        .placer = AUS_SERVERLESS_PLACE_KN,
                                        .defects = AUS_SERVERLESS_COMPAT,
                                        .n_features = 1,
                                        .keep_alive_s = 30,
                                        .queue_length = 1,
                                        .reconcile_s = 5};
  AUS_TRY(measure(name, &j, err));
done:
  for (i = 0; i < 6; i++)
    aus_free(text[i]);
  scenario_fini(&j.sc);
  return rc;
}

const bench_case bench_serverless_cases[] = {{"serverless_compat_a", golden},
                                             {"serverless_compat_c", golden},
                                             {"serverless_compat_cpro", golden},
                                             {"serverless_compat_hro", golden},
                                             {"serverless_compat_wide", wide},
                                             {"serverless_clean_c", golden},
                                             {"serverless_clean_cpro", golden},
                                             {"serverless_clean_hro", golden},
                                             {"serverless_clean_wide", wide},
                                             {"serverless_node", node},
                                             {0}};
