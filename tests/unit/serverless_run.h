/* serverless_run.h - a simulator, its scenario and its last result, for tests.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_UNIT_SERVERLESS_RUN_H
#define AUS_TESTS_UNIT_SERVERLESS_RUN_H

#include "unit/serverless_docs.h"

#include "serverless/tables.h"

static aus_err err;

/* All tables as one text. */
static inline char *text_of(const scenario *sc, const aus_serverless_result *result)
{
  aus_buf b;
  int i;

  aus_buf_init(&b);
  for (i = 0; i < AUS_SERVERLESS_N_TABLES; i++)
    aus_serverless_tables[i].write(&b, &sc->types, result);
  check_ok(aus_buf_check(&b, &err), &err);
  return aus_buf_take(&b);
}

typedef struct request {
  double t_s;
  int app, qos;
} request;

static inline void add_requests(scenario *sc, const request *r, int n)
{
  int i;

  for (i = 0; i < n; i++)
    check_ok(aus_serverless_trace_add(&sc->trace, r[i].t_s, r[i].app, r[i].qos, &err), &err);
}

typedef struct run {
  scenario sc;
  aus_serverless_sim *sim;
  const aus_serverless_result *result;
} run;

static inline void begin(run *r, const doc_edit *edit, const request *requests, int n,
                         const aus_serverless_policy *policy)
{
  check_ok(docs_load(&r->sc, edit, &err), &err);
  add_requests(&r->sc, requests, n);
  r->sc.policy = *policy;
  check_ok(aus_serverless_sim_create(&r->sim, &r->sc.types, &err), &err);
}

static inline void go(run *r)
{
  check_ok(scenario_run(&r->sc, r->sim, &r->result, &err), &err);
}

static inline void end(run *r)
{
  aus_serverless_sim_destroy(r->sim);
  scenario_fini(&r->sc);
}

/* What a model was asked. */
typedef struct noted {
  float x[100];
  int n;
} noted;

/* A model that notes it; always 1. */
static inline int note_asked(void *self, int task, int64_t n, int d, const float *x, float *y,
                             aus_err *e)
{
  noted *asked = self;

  (void)task;
  (void)e;
  assert_true(n == 1 && d == 1 && asked->n < 100);
  asked->x[asked->n++] = *x;
  *y = 1;
  return AUS_OK;
}

#endif
