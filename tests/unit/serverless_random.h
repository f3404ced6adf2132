/* serverless_random.h - random small serverless systems, and what must hold of any run of them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Few different values, so that equal ones meet: simultaneous events, full disks, short memory.
 */
#ifndef AUS_TESTS_UNIT_SERVERLESS_RANDOM_H
#define AUS_TESTS_UNIT_SERVERLESS_RANDOM_H

#include "unit/serverless_run.h"

#include "util/rng.h"

static inline void put_real(aus_buf *b, aus_rng *r, double lo, double hi)
{
  /* few different values, so that equal ones meet */
  aus_buf_real(b, lo + (hi - lo) * (double)aus_rng_below(r, 9) / 8);
}

static inline void put_vector(aus_buf *b, aus_rng *r, const char *key, int mask, double lo,
                              double hi)
{
  int h, n = 0;

  aus_buf_printf(b, "\"%s\": {", key);
  for (h = 0; h < 3; h++)
    if (mask >> h & 1) {
      aus_buf_printf(b, "%s\"p%d\": ", n++ ? ", " : "", h);
      put_real(b, r, lo, hi);
    }
  aus_buf_text(b, "}, ");
}

static inline void put_platforms(aus_buf *b, aus_rng *r)
{
  int h;

  for (h = 0; h < 3; h++) {
    aus_buf_printf(
        b,
        "%s\"p%d\": {\"shortName\": \"p%d\", \"name\": \"P\", \"hardware\": \"cpu\", \"price\": ",
        h ? ", " : "{", h, h);
    put_real(b, r, 1, 50);
    aus_buf_text(b, ", \"idleEnergy\": 0.1}");
  }
  aus_buf_text(b, "}");
}

static inline void put_storages(aus_buf *b, aus_rng *r)
{
  int d;

  for (d = 0; d < 3; d++) {
    aus_buf_printf(b,
                   "%s\"s%d\": {\"name\": \"S\", \"hardware\": \"x\", \"remote\": %s, \"price\": "
                   "1, \"capacity\": ",
                   d ? ", " : "{", d, d == 2 ? "true" : "false");
    put_real(b, r, 0.3, 3);
    aus_buf_text(b, ", \"throughput\": {\"read\": ");
    put_real(b, r, 50, 200);
    aus_buf_text(b, ", \"write\": ");
    put_real(b, r, 50, 200);
    aus_buf_text(b, "}, \"latency\": {\"read\": ");
    put_real(b, r, 0, 0.01);
    aus_buf_text(b, ", \"write\": 0.01}}");
  }
  aus_buf_text(b, "}");
}

/* Five functions in four applications; a task's predecessors are among the keys in front of it. */
static inline void put_apps(aus_buf *b, aus_rng *r)
{
  int a, f, p, n;

  for (a = 0; a < 4; a++) {
    int last = 1 + (int)aus_rng_below(r, 5);

    aus_buf_printf(b, "%s\"a%d\": {\"name\": \"a%d\", \"dag\": {", a ? ", " : "{", a, a);
    for (f = 0; f < last; f++) {
      aus_buf_printf(b, "%s\"f%d\": [", f ? ", " : "", (f + a) % 5);
      for (p = 0, n = 0; p < f; p++)
        if (aus_rng_below(r, 2)) aus_buf_printf(b, "%s\"f%d\"", n++ ? ", " : "", (p + a) % 5);
      aus_buf_text(b, "]");
    }
    aus_buf_text(b, "}}");
  }
  aus_buf_text(b, "}");
}

static inline void put_tasks(aus_buf *b, aus_rng *r)
{
  int f, a, h, n, mask;

  for (f = 0; f < 5; f++) {
    mask = 1 + (int)aus_rng_below(r, 7);
    aus_buf_printf(b, "%s\"f%d\": {\"name\": \"f%d\", \"platforms\": [", f ? ", " : "{", f, f);
    for (h = 2, n = 0; h >= 0; h--)
      if (mask >> h & 1) aus_buf_printf(b, "%s\"p%d\"", n++ ? ", " : "", h);
    aus_buf_text(b, "], ");
    put_vector(b, r, "memoryRequirements", mask, 0, 2);
    put_vector(b, r, "coldStartDuration", mask, 0, 1);
    put_vector(b, r, "executionTime", mask, 0, 0.8);
    put_vector(b, r, "energy", mask, 0, 1e-6);
    put_vector(b, r, "imageSize", mask, 0, 0.6);
    aus_buf_text(b, "\"stateSize\": {");
    for (a = 0; a < 4; a++) {
      aus_buf_printf(b, "%s\"a%d\": {\"input\": ", a ? ", " : "", a);
      put_real(b, r, 0, 8e6);
      aus_buf_text(b, ", \"output\": ");
      put_real(b, r, 0, 40e6);
      aus_buf_text(b, "}");
    }
    aus_buf_text(b, "}}");
  }
  aus_buf_text(b, "}");
}

static inline void put_infra(aus_buf *b, aus_rng *r)
{
  static const char *const storage[] = {"\"s0\", \"s2\"", "\"s2\", \"s1\", \"s0\"",
                                        "\"s1\", \"s1\", \"s2\"", "\"s2\", \"s2\", \"s1\""};
  int n = 1 + (int)aus_rng_below(r, 4), i, k;

  aus_buf_text(b, "{\"network\": {\"bandwidth\": ");
  put_real(b, r, 40, 150);
  aus_buf_text(b, "}, \"nodes\": [");
  for (i = 0; i < n; i++) {
    aus_buf_text(b, i ? ", {\"memory\": " : "{\"memory\": ");
    put_real(b, r, 1, 4);
    aus_buf_text(b, ", \"platforms\": [\"p0\", \"p1\", \"p2\"");
    for (k = (int)aus_rng_below(r, 4); k > 0; k--)
      aus_buf_printf(b, ", \"p%d\"", (int)aus_rng_below(r, 3));
    aus_buf_printf(b, "], \"storage\": [%s]}", storage[aus_rng_below(r, 4)]);
  }
  aus_buf_text(b, "]}");
}

static inline int some(void *self, int task, int64_t n, int d, const float *x, float *y, aus_err *e)
{
  int64_t i;

  (void)self;
  (void)e;
  for (i = 0; i < n; i++)
    y[i] = x[i * d] * (float)(4 + i) - (float)task * 0.75F + 0.5F;
  return AUS_OK;
}

static inline int even_ones(void *self, int task)
{
  (void)self;
  return task % 2 == 0;
}

static inline void random_policy(scenario *sc, aus_rng *r)
{
  static const char *const strategy[] = {
      "kn_kn",   "kn_hro",  "kn_hrc",      "kn_rp",    "kn_rr",  "kn_bpff",          "kpa_kn",
      "hro_hro", "hro_hrc", "hro_kn",      "hro_rp",   "hrc_rp", "hro_bpff",         "hrc_hrc",
      "hrc_hro", "hrc_kn",  "prokn_prokn", "hrc_bpff", "kn_kn",  "prohetkn_prohetkn"};
  aus_serverless_policy *p = &sc->policy;

  check_ok(aus_serverless_strategy(strategy[aus_rng_below(r, 20)], p, &err), &err);
  p->defects = AUS_SERVERLESS_COMPAT;
  p->n_features = 1;
  p->priority = (aus_serverless_priority)aus_rng_below(r, 3);
  p->keep_alive_s = 0.5 * (double)aus_rng_below(r, 8);
  p->queue_length = 0.25 + 0.75 * (double)aus_rng_below(r, 4);
  p->reconcile_s = 0.25 + 0.25 * (double)aus_rng_below(r, 8);
  p->stall_after_s = 60;
  p->tie_random = aus_rng_below(r, 4) == 0;
  p->tie_seed = aus_rng_below(r, 1000);
  p->forecast = (aus_serverless_forecast)aus_rng_below(r, 4);
  p->horizon_s = 5;
  p->season_s = 9;
  sc->has_models = p->scaler == AUS_SERVERLESS_PROKN || p->scaler == AUS_SERVERLESS_PROHETKN;
  sc->predict = (aus_predict){NULL, some, even_ones};
}

static inline void random_scenario(scenario *sc, uint64_t trial)
{
  aus_rng r = aus_rng_open(11, 0, trial, AUS_RNG_TRACE);
  aus_buf b[N_DOCS];
  char *text[N_DOCS];
  size_t size[N_DOCS];
  double t = 0;
  int i, n = 5 + (int)aus_rng_below(&r, 60);

  *sc = (scenario){0};
  for (i = 0; i < N_DOCS; i++)
    aus_buf_init(&b[i]);
  put_platforms(&b[DOC_PLATFORMS], &r);
  put_storages(&b[DOC_STORAGES], &r);
  aus_buf_text(
      &b[DOC_QOS],
      "{\"q0\": {\"name\": \"q0\", \"maxDurationDeviation\": 4}, \"q1\": {\"name\": \"q1\","
      " \"maxDurationDeviation\": 1.5}, \"q2\": {\"name\": \"q2\", \"maxDurationDeviation\": 20},"
      " \"q3\": {\"name\": \"q3\", \"maxDurationDeviation\": 4}}");
  put_apps(&b[DOC_APPS], &r);
  put_tasks(&b[DOC_TASKS], &r);
  put_infra(&b[DOC_INFRA], &r);
  for (i = 0; i < N_DOCS; i++) {
    text[i] = b[i].data;
    size[i] = (size_t)b[i].n;
  }
  check_ok(scenario_documents(sc, doc_name, text, size, &err), &err);
  for (i = 0; i < N_DOCS; i++)
    aus_buf_fini(&b[i]);
  for (i = 0; i < n; i++) {
    t += (double)aus_rng_below(&r, 4) * (aus_rng_below(&r, 10) == 0 ? 4.0 : 0.25);
    check_ok(aus_serverless_trace_add(&sc->trace, t, (int)aus_rng_below(&r, 4),
                                      (int)aus_rng_below(&r, 4), &err),
             &err);
  }
  random_policy(sc, &r);
}

/* A platform has one task at a time: no arrival inside another task's stay. */
static inline void check_platforms(const aus_serverless_task_rows *t, uint64_t trial)
{
  int64_t i, k;

  for (i = 0; i < t->n; i++)
    for (k = 0; k < t->n; k++)
      if (i != k && t->platform_id[i] == t->platform_id[k] && t->arrived[k] > t->arrived[i] &&
          t->arrived[k] < t->done[i])
        fail_msg("trial %d: tasks %d and %d share platform %d", (int)trial, (int)i, (int)k,
                 (int)t->platform_id[i]);
}

static inline void check_scale_events(const aus_serverless_result *res, int64_t n_platforms)
{
  int32_t count[8] = {0}, total = 0;
  int64_t i;

  for (i = 0; i < res->scale_events.n; i++) {
    int32_t *c = &count[res->scale_events.task[i]], d = res->scale_events.action[i] == 0 ? 1 : -1;

    *c += d;
    total += d;
    assert_int_equal(*c, res->scale_events.count[i]);
    assert_true(*c >= 0 && total <= n_platforms);
  }
}

static inline void check_storages(const scenario *sc, const aus_serverless_result *res)
{
  const aus_serverless_storage_rows *d = &res->storages;
  int64_t i, evicted = 0;

  for (i = 0; i < d->n; i++) {
    int64_t gone = d->written_bytes[i] - d->erased_bytes[i] - d->used_bytes[i];

    assert_true(gone >= 0 && d->used_bytes[i] >= 0 && d->n_data[i] >= 0);
    assert_true((double)d->used_bytes[i] * 1e-9 <=
                sc->types.storage[d->type[i]].capacity_gb + 1e-9);
    evicted += gone > 0;
  }
  if (evicted > 0) assert_true(res->totals.n_evictions > 0);
}

/* ---- failing allocations ---- */

#ifndef NDEBUG
static inline void fail_allocations(uint64_t trial, bool clean)
{
  scenario sc;
  aus_serverless_sim *sim = NULL;
  const aus_serverless_result *result;
  char *want, *text;
  int64_t n, before;
  int rc = AUS_ENOMEM;

  random_scenario(&sc, trial);
  if (clean) sc.policy.defects = 0;
  before = aus_alloc_live();
  check_ok(aus_serverless_sim_create(&sim, &sc.types, &err), &err);
  check_ok(scenario_run(&sc, sim, &result, &err), &err);
  want = text_of(&sc, result);
  aus_serverless_sim_destroy(sim);
  for (n = 0; rc != AUS_OK; n++) {
    aus_alloc_fail_at(n);
    aus_err_clear(&err);
    sim = NULL;
    rc = aus_serverless_sim_create(&sim, &sc.types, &err);
    if (rc == AUS_OK) rc = scenario_run(&sc, sim, &result, &err);
    aus_alloc_fail_at(-1);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    if (sim) { /* the same simulator works when there is memory again */
      check_ok(scenario_run(&sc, sim, &result, &err), &err);
      text = text_of(&sc, result);
      assert_string_equal(text, want);
      aus_free(text);
    }
    aus_serverless_sim_destroy(sim);
  }
  assert_true(n > 80);
  aus_free(want);
  assert_int_equal(aus_alloc_live(), before);
  scenario_fini(&sc);
}
#endif

/* Whichever allocation fails: AUS_ENOMEM, nothing is left, and the simulator still works. */
static inline void check_allocation_failures(uint64_t first, uint64_t n, bool clean)
{
#ifdef NDEBUG
  (void)first;
  (void)n;
  (void)clean;
  skip();
#else
  uint64_t trial;

  for (trial = first; trial < first + n; trial++)
    fail_allocations(trial, clean);
#endif
}

#endif
