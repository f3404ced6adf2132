/* scenario.h - a serverless scenario from files (tests and benchmarks share it).
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_SCENARIO_H
#define AUS_TESTS_SCENARIO_H

#include <stdbool.h>
#include <string.h>

#include "learn/xgb.h"
#include "serverless/sim.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/json.h"

enum { SCENARIO_MAX_TASKS = 32 };

typedef struct scenario {
  aus_serverless_types types;
  aus_serverless_infra infra;
  aus_serverless_trace trace;
  aus_serverless_policy policy;
  aus_predict predict;
  aus_xgb *model[SCENARIO_MAX_TASKS]; /* per task type */
  bool has_models;
} scenario;

static inline void scenario_fini(scenario *sc)
{
  int i;

  aus_serverless_types_fini(&sc->types);
  aus_serverless_infra_fini(&sc->infra);
  aus_serverless_trace_fini(&sc->trace);
  for (i = 0; i < SCENARIO_MAX_TASKS; i++)
    aus_xgb_destroy(sc->model[i]);
  *sc = (scenario){0};
}

static inline int scenario_call(void *self, int task, int64_t n, int d, const float *x, float *y,
                                aus_err *err)
{
  const scenario *sc = self;

  return aus_xgb_predict(sc->model[task], n, d, x, y, err);
}

static inline int scenario_has(void *self, int task)
{
  const scenario *sc = self;

  return task < SCENARIO_MAX_TASKS && sc->model[task] != NULL;
}

/* Types and infrastructure from six documents in memory. */
static inline int scenario_documents(scenario *sc, const char *const name[6], char *const text[6],
                                     const size_t size[6], aus_err *err)
{
  int rc = AUS_OK, i;
  aus_cfg *cfg = NULL;
  aus_cfg_node *root[6] = {NULL};

  AUS_TRY(aus_cfg_create(&cfg, err));
  for (i = 0; i < 6; i++)
    AUS_TRY(aus_cfg_parse(cfg, name[i], text[i], size[i], &root[i], err));
  AUS_TRY(
      aus_serverless_types_read(&sc->types, cfg, root[0], root[1], root[2], root[3], root[4], err));
  AUS_TRY(aus_cfg_check(cfg, AUS_ECONFIG, err));
  AUS_TRY(aus_serverless_infra_read(&sc->infra, &sc->types, cfg, root[5], err));
  for (i = 0; i < 6; i++)
    aus_cfg_unused(cfg, root[i]);
  AUS_TRY(aus_cfg_check(cfg, AUS_ECONFIG, err));
done:
  aus_cfg_destroy(cfg);
  return rc;
}

static inline int scenario_policy(scenario *sc, aus_json_value *doc, aus_err *err)
{
  int rc = AUS_OK;
  const char *priority = aus_json_text(aus_json_get(doc, "priority"));

  AUS_TRY(aus_serverless_strategy(aus_json_text(aus_json_get(doc, "strategy")), &sc->policy, err));
  sc->policy.priority = strcmp(priority, "fifo") == 0 ? AUS_SERVERLESS_FIFO
                        : strcmp(priority, "least_penalty") == 0
                            ? AUS_SERVERLESS_LEAST_PENALTY
                            : AUS_SERVERLESS_NAIVE_LEAST_PENALTY;
  sc->policy.defects = AUS_SERVERLESS_COMPAT;
  sc->policy.n_features = 1;
  sc->policy.keep_alive_s = aus_json_number(aus_json_get(doc, "keep_alive"));
  sc->policy.queue_length = aus_json_number(aus_json_get(doc, "queue_length"));
  sc->policy.reconcile_s = aus_json_number(aus_json_get(doc, "reconcile_interval"));
done:
  return rc;
}

static inline int scenario_file(const char *dir, const char *name, char **bytes, size_t *n,
                                aus_err *err)
{
  int rc = AUS_OK;
  char *path = NULL;

  AUS_TRY(aus_path_join(&path, dir, name, err));
  AUS_TRY(aus_file_read(path, bytes, n, err));
done:
  aus_free(path);
  return rc;
}

static inline int scenario_models(scenario *sc, const char *dir, aus_json_value *models,
                                  aus_err *err)
{
  int rc = AUS_OK, i;
  char *bytes = NULL;
  size_t n;

  for (i = 0; models && i < sc->types.n_tasks && i < SCENARIO_MAX_TASKS; i++) {
    const char *file = aus_json_text(aus_json_get(models, sc->types.task[i].name));

    if (!file) continue;
    AUS_TRY(scenario_file(dir, file, &bytes, &n, err));
    AUS_TRY(aus_xgb_load(&sc->model[i], file, bytes, n, err));
    aus_free(bytes);
    bytes = NULL;
    sc->has_models = true;
    sc->predict = (aus_predict){sc, scenario_call, scenario_has};
  }
done:
  aus_free(bytes);
  return rc;
}

/* A directory with scenario.json, whose inputs are below `inputs`. *sc must not move afterwards. */
static inline int scenario_load(scenario *sc, const char *golden, const char *inputs, aus_err *err)
{
  static const char *const key[] = {"platform_types",    "storage_types", "qos_types",
                                    "application_types", "task_types",    "infrastructure",
                                    "workload"};
  const char *name[7];
  char *dir = NULL, *bytes = NULL, *text[7] = {NULL};
  size_t n, size[7];
  aus_json *json = NULL;
  aus_json_value *doc;
  int rc = AUS_OK, i;

  *sc = (scenario){0};
  AUS_TRY(scenario_file(golden, "scenario.json", &bytes, &n, err));
  AUS_TRY(aus_json_parse(&json, "scenario.json", bytes, n, err));
  doc = aus_json_root(json);
  AUS_TRY(aus_path_join(&dir, inputs, aus_json_text(aus_json_get(doc, "inputs")), err));
  for (i = 0; i < 7; i++) {
    name[i] = aus_json_text(aus_json_get(doc, key[i]));
    AUS_TRY(scenario_file(dir, name[i], &text[i], &size[i], err));
  }
  AUS_TRY(scenario_documents(sc, name, text, size, err));
  AUS_TRY(aus_serverless_trace_read(&sc->trace, &sc->types, name[6], text[6], size[6], err));
  AUS_TRY(scenario_policy(sc, doc, err));
  AUS_TRY(scenario_models(sc, dir, aus_json_get(doc, "models"), err));
done:
  for (i = 0; i < 7; i++)
    aus_free(text[i]);
  aus_free(dir);
  aus_free(bytes);
  aus_json_destroy(json);
  if (rc != AUS_OK) scenario_fini(sc);
  return rc;
}

static inline int scenario_run(scenario *sc, aus_serverless_sim *sim,
                               const aus_serverless_result **result, aus_err *err)
{
  return aus_serverless_sim_run(sim, &sc->infra, &sc->trace, &sc->policy,
                                sc->has_models ? &sc->predict : NULL, NULL, result, err);
}

#endif
