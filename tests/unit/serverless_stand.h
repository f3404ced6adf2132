/* serverless_stand.h - a simulator whose state a test lays out and asks by hand, or runs.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The system is that of serverless_docs.h with more platforms.
 */
#ifndef AUS_TESTS_UNIT_SERVERLESS_STAND_H
#define AUS_TESTS_UNIT_SERVERLESS_STAND_H

#include "unit/serverless_run.h"

#include "serverless/kernel.h"

typedef run stand;

static const doc_edit many_arms[] = {
    {DOC_INFRA, "[\"arm\", \"arm\"]",
     "[\"arm\", \"arm\", \"arm\", \"arm\", \"arm\", \"arm\", \"arm\", \"arm\", \"arm\", \"arm\", "
     "\"arm\", \"arm\"]"},
    {DOC_INFRA, "\"memory\": 8", "\"memory\": 64"},
    {0}};

/* f runs on three kinds of platforms, whose names are not in the order of the file; g on arm alone. */
static const doc_edit three_types[] = {
    {DOC_PLATFORMS, "{\"arm\"",
     "{\"zeta\": {\"shortName\": \"zeta\", \"name\": \"Zeta core\", \"hardware\": \"cpu\", "
     "\"price\": 20, \"idleEnergy\": 0.36}, \"mid\": {\"shortName\": \"mid\", \"name\": \"Mid "
     "core\", \"hardware\": \"cpu\", \"price\": 30, \"idleEnergy\": 0.36}, \"arm\""},
    {DOC_TASKS, "[\"arm\"]", "[\"zeta\", \"mid\", \"arm\"]"},
    {DOC_TASKS, "{\"arm\": 1}", "{\"zeta\": 1, \"mid\": 1, \"arm\": 1}"},
    {DOC_TASKS, "{\"arm\": 2}", "{\"zeta\": 2, \"mid\": 2, \"arm\": 2}"},
    {DOC_TASKS, "{\"arm\": 0.5}", "{\"zeta\": 1, \"mid\": 0.25, \"arm\": 0.5}"},
    {DOC_TASKS, "{\"arm\": 0.001}", "{\"zeta\": 0.001, \"mid\": 0.001, \"arm\": 0.001}"},
    {DOC_TASKS, "{\"arm\": 0.5}", "{\"zeta\": 0.5, \"mid\": 0.5, \"arm\": 0.5}"},
    {DOC_INFRA, "[\"arm\", \"arm\"]", "[\"zeta\", \"zeta\", \"arm\", \"arm\", \"arm\", \"mid\"]"},
    {0}};

static inline aus_serverless_policy stand_policy(const char *strategy, uint64_t defects)
{
  aus_serverless_policy p = {.defects = defects,
                             .n_features = 1,
                             .keep_alive_s = 30,
                             .queue_length = 10,
                             .reconcile_s = 2};

  check_ok(aus_serverless_strategy(strategy, &p, &err), &err);
  return p;
}

/* Begin with no requests and no replicas at time 0. A predictor may be NULL. */
static inline void stand_begin(stand *st, const doc_edit *edit, const aus_serverless_policy *policy,
                               const aus_predict *predict)
{
  check_ok(docs_load(&st->sc, edit, &err), &err);
  st->sc.policy = *policy;
  st->sc.has_models = predict != NULL;
  if (predict) st->sc.predict = *predict;
  check_ok(aus_serverless_sim_create(&st->sim, &st->sc.types, &err), &err);
  go(st);
}

static inline void stand_request(stand *st, double t_s, int app, int qos)
{
  check_ok(aus_serverless_trace_add(&st->sc.trace, t_s, app, qos, &err), &err);
}

/* The clock stands at t; what the trace has until then has arrived. */
static inline void stand_clock(stand *st, double t_s)
{
  st->sim->now = t_s;
  while (st->sim->n_arrived < st->sc.trace.n && st->sc.trace.t_s[st->sim->n_arrived] <= t_s)
    st->sim->n_arrived++;
}

/* A replica of f on platform p whose image is there. */
static inline void stand_replica(stand *st, int f, int32_t p)
{
  check_ok(aus_serverless_replica_add(st->sim, f, p, &err), &err);
  st->sim->plat[p].ready_state = AUS_READY_PROCESSED;
}

/* What the autoscaler would do about f now: sim->diff. */
static inline void stand_level(stand *st, int f)
{
  check_ok(aus_serverless_level(st->sim, f, &err), &err);
}

#endif
