/* serverless_sim.c - the simulator: runs worked out by hand, stalls, refusals, properties of random
 * systems, shortcuts against none, failing allocations.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Hand-worked numbers use the system of serverless_docs.h. Pull of f: 0.5 GB / (50 MiB/s / 1024) +
 * 0.5 s = 10.74 s, of g: 20.98 s. Remote input of f: 200 MiB / 200 MiB/s + 0.125 s = 1.125 s; local
 * output 50 MiB / 50 MiB/s + 0.5 s = 1.5 s. Local input of g: 1.25 s, its local output 1 s.
 */
#include <config.h>

#include "unit/serverless_random.h"
#include "unit/serverless_run.h"

#include "serverless/kernel.h"

static const aus_serverless_policy kn = {.scaler = AUS_SERVERLESS_KN,
                                         .defects = AUS_SERVERLESS_COMPAT,
                                         .n_features = 1,
                                         .placer = AUS_SERVERLESS_PLACE_KN,
                                         .keep_alive_s = 200,
                                         .queue_length = 100,
                                         .reconcile_s = 5};

/* ---- worked out by hand ---- */

static void one_cold_request(void **state)
{
  static const request requests[] = {{1, 0, 0}};
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  begin(&r, NULL, requests, 1, &kn);
  go(&r);
  t = &r.result->tasks;
  assert_int_equal(r.result->status, AUS_SERVERLESS_DONE);
  assert_int_equal(t->n, 1);
  assert_true(t->dispatched[0] == 1 && t->scheduled[0] == 1);
  assert_int_equal(t->postponed[0], 1);
  check_near(t->arrived[0], 11.74, 1e-14);
  check_near(t->pull[0], 11.74, 1e-14); /* from time 0 on (D7) */
  check_near(t->started[0], 13.74, 1e-14);
  check_near(t->done[0], 16.865, 1e-14);
  check_near(t->communications[0], 2.625, 1e-14);
  assert_true(t->cold_start[0] == 2 && t->execution[0] == 0.5 && t->energy[0] == 0.001);
  assert_true(t->cold_started[0] && !t->cache_hit[0] && t->local_dependencies[0]);
  assert_false(t->local_communications[0]);
  assert_int_equal(r.result->applications.penalty[0], 1); /* 15.865 > 15 x 0.5 */
  check_near(r.result->platforms.idle_time[0], 14.365, 1e-14);
  check_near(r.result->platforms.storage_time[0], 13.365, 1e-14);
  check_near(r.result->platforms.energy[1], 0.36 * 16.865 / 3600, 1e-14);
  assert_true(r.result->platforms.idle_percent[1] == 100);
  assert_true(r.result->totals.unused_platforms_percent == 50);
  assert_true(isnan(r.result->totals.task_response_s[0]));
  check_near(r.result->totals.replica_s, 15.865, 1e-14);
  assert_int_equal(r.result->scale_events.n, 1);
  assert_int_equal(r.result->storages.used_bytes[0], 500000000 + 52428800);
  assert_int_equal(r.result->storages.cache_begin[1], 1);
  end(&r);
}

static void warm_request(void **state)
{
  static const request requests[] = {{1, 0, 0}, {100, 0, 0}};
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  begin(&r, NULL, requests, 2, &kn);
  go(&r);
  t = &r.result->tasks;
  assert_int_equal(t->platform_id[1], 0);
  assert_true(t->arrived[1] == 100 && t->started[1] == 100);
  assert_true(t->pull[1] == 0 && t->cold_start[1] == 0);
  assert_true(t->cache_hit[1] && !t->cold_started[1]);
  check_near(t->elapsed[1], 3.125, 1e-13);
  assert_int_equal(r.result->applications.penalty[1], 0);
  assert_true(r.result->totals.penalty_percent == 50);
  assert_int_equal(r.result->totals.n_penalties, 1);
  assert_true(r.result->totals.penalty_t_s[0] == 1 && r.result->totals.penalty_frac[0] == 1);
  /* cut points of {3.125, 15.865}: i = 50 is their mean */
  check_near(r.result->totals.task_response_s[49], (3.125 + 15.865) / 2, 1e-13);
  end(&r);
}

/* The second task reads what the first one wrote, from the disk of the same node; the data of the
 * application is gone by then as far as the accounts go (D11). */
static void two_tasks_in_a_row(void **state)
{
  static const request requests[] = {{1, 1, 1}};
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  begin(&r, NULL, requests, 1, &kn);
  go(&r);
  t = &r.result->tasks;
  assert_int_equal(t->n, 2);
  assert_true(t->dispatched[1] == t->done[0]);
  assert_int_equal(t->platform_id[1], 1);
  check_near(t->arrived[1], 37.845, 1e-14);
  check_near(t->started[1], 38.845, 1e-14);
  check_near(t->done[1], 41.345, 1e-14);
  check_near(t->communications[1], 2.25, 1e-14);
  assert_true(t->local_dependencies[1] && t->local_communications[1]);
  check_near(r.result->applications.elapsed[0], 40.345, 1e-14);
  assert_int_equal(r.result->storages.erased_bytes[0], 52428800);
  assert_int_equal(r.result->storages.n_data[0], 1);
  end(&r);
}

/* A disk too small for the image: not cached, counted; one too small for the output: remote. */
static void full_disk(void **state)
{
  static const doc_edit edit[] = {{DOC_STORAGES, "\"capacity\": 32", "\"capacity\": 0.01"}, {0}};
  static const request requests[] = {{1, 0, 0}};
  run r;

  (void)state;
  begin(&r, edit, requests, 1, &kn);
  go(&r);
  assert_int_equal(r.result->status, AUS_SERVERLESS_DONE);
  assert_int_equal(r.result->storages.n_failed[0], 2);
  assert_int_equal(r.result->storages.used_bytes[0], 0);
  assert_int_equal(r.result->storages.n_data[1], 1);
  assert_int_equal(r.result->storages.written_bytes[1], 52428800);
  /* 50 MiB at the network's 200 MiB/s and the remote latency */
  check_near(r.result->tasks.communications[0], 1.125 + 0.25 + 0.375, 1e-14);
  assert_false(r.result->tasks.local_communications[0]);
  end(&r);
}

/* A full remote storage as well: the output is dropped, the run goes on. */
static void nowhere_to_write(void **state)
{
  static const doc_edit edit[] = {
      {DOC_STORAGES, "\"capacity\": 32", "\"capacity\": 0.01"}, {DOC_STORAGES, "1e6", "0.01"}, {0}};
  static const request requests[] = {{1, 1, 1}};
  run r;

  (void)state;
  begin(&r, edit, requests, 1, &kn);
  go(&r);
  assert_int_equal(r.result->status, AUS_SERVERLESS_DONE);
  assert_int_equal(r.result->storages.n_data[0] + r.result->storages.n_data[1], 0);
  assert_true(r.result->storages.n_failed[1] > 0);
  assert_false(r.result->tasks.local_dependencies[1]);
  end(&r);
}

static void no_requests(void **state)
{
  run r;

  (void)state;
  begin(&r, NULL, NULL, 0, &kn);
  go(&r);
  assert_int_equal(r.result->status, AUS_SERVERLESS_DONE);
  assert_true(r.result->totals.end_time_s == 0);
  assert_int_equal(r.result->tasks.n, 0);
  assert_true(r.result->totals.penalty_percent == 0);
  assert_true(r.result->totals.unused_platforms_percent == 100);
  assert_true(isnan(r.result->totals.average_elapsed_s));
  end(&r);
}

/* Requests at the very same moment are served in order. */
static void simultaneous_requests(void **state)
{
  static const request requests[] = {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}};
  const aus_serverless_task_rows *t;
  run r;
  int i;

  (void)state;
  begin(&r, NULL, requests, 3, &kn);
  go(&r);
  t = &r.result->tasks;
  for (i = 0; i < 3; i++)
    assert_true(t->dispatched[i] == 0 && t->scheduled[i] == 0);
  for (i = 1; i < 3; i++)
    assert_true(t->arrived[i] == t->done[i - 1]);
  end(&r);
}

/* The memory of one run serves the next, whatever its cluster and trace. */
static void other_clusters_and_traces(void **state)
{
  static const request requests[] = {{1, 1, 0}, {1.5, 0, 0}, {2, 1, 1}, {80, 0, 0}};
  char *text[3];
  run r;
  int i;

  (void)state;
  begin(&r, NULL, requests, 4, &kn);
  r.sc.policy.keep_alive_s = 5;
  for (i = 0; i < 3; i++) {
    r.sc.infra.node[0].n_platforms = i == 1 ? 1 : 2;
    r.sc.infra.bandwidth_mibps = i == 1 ? 10 : 200;
    r.sc.trace.n = i == 1 ? 1 : 4;
    go(&r);
    assert_int_equal(r.result->status, AUS_SERVERLESS_DONE);
    assert_int_equal(r.result->platforms.n, i == 1 ? 1 : 2);
    text[i] = text_of(&r.sc, r.result);
  }
  assert_string_not_equal(text[0], text[1]);
  assert_string_equal(text[0], text[2]);
  for (i = 0; i < 3; i++)
    aus_free(text[i]);
  end(&r);
}

/* ---- the end that never comes ---- */

static int ten(void *self, int task, int64_t n, int d, const float *x, float *y, aus_err *e)
{
  (void)self;
  (void)task;
  (void)n;
  (void)d;
  (void)x;
  (void)e;
  *y = 10;
  return AUS_OK;
}

static int first_only(void *self, int task)
{
  (void)self;
  return task == 0;
}

static const doc_edit g_alone[] = {{DOC_APPS, "{\"f\": [], \"g\": [\"f\"]}", "{\"g\": []}"}, {0}};

/* The forecast gives both platforms to f before g is asked for. One of them never serves and is
 * never released (D5), the other one is not released without a forecast: g waits for ever. */
static void stalled(void **state)
{
  static const request requests[] = {{20, 0, 0}, {21, 0, 0}, {70, 1, 0}};
  aus_serverless_policy policy = kn;
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  policy.scaler = AUS_SERVERLESS_PROKN;
  policy.keep_alive_s = 3;
  begin(&r, g_alone, requests, 3, &policy);
  r.sc.predict = (aus_predict){NULL, ten, first_only};
  r.sc.has_models = true;
  go(&r);
  t = &r.result->tasks;
  assert_int_equal(r.result->status, AUS_SERVERLESS_STALLED);
  check_near(r.result->totals.end_time_s, 70 + 10 * 3 + 600, 1e-12);
  assert_true(isfinite(t->done[0]) && isfinite(t->done[1]));
  assert_true(t->dispatched[2] == 70);
  assert_true(isnan(t->scheduled[2]) && isnan(t->arrived[2]) && isnan(t->done[2]));
  assert_true(isnan(t->pull[2]) && isnan(t->elapsed[2]) && isnan(t->energy[2]));
  assert_int_equal(t->platform_id[2], -1);
  assert_true(t->postponed[2] > 100);
  assert_int_equal(r.result->applications.penalty[2], 1);
  check_near(r.result->totals.average_elapsed_s, (t->elapsed[0] + t->elapsed[1]) / 2, 1e-14);
  assert_true(r.result->totals.average_elapsed_s > 0);
  /* one row per function and pass: the log does not outgrow the limit */
  assert_true(r.result->system_events.n <= 2 * (700 / 5 + 1));
  end(&r);
}

/* Released after keep_alive, so the same trace ends when the limit is later than that. */
static void stall_limit(void **state)
{
  static const request requests[] = {{1, 0, 0}, {2, 1, 0}, {3, 0, 1}};
  static const doc_edit one_platform[] = {{DOC_APPS, "{\"f\": [], \"g\": [\"f\"]}", "{\"g\": []}"},
                                          {DOC_INFRA, "[\"arm\", \"arm\"]", "[\"arm\"]"},
                                          {0}};
  aus_serverless_policy policy = kn;
  run r;

  (void)state;
  policy.stall_after_s = 100;
  begin(&r, one_platform, requests, 3, &policy);
  go(&r);
  assert_int_equal(r.result->status, AUS_SERVERLESS_STALLED);
  assert_true(isnan(r.result->tasks.scheduled[1]));
  r.sc.policy.stall_after_s = 300;
  go(&r);
  assert_int_equal(r.result->status, AUS_SERVERLESS_DONE);
  assert_true(r.result->tasks.scheduled[1] > 200);
  end(&r);
}

static void time_limit(void **state)
{
  static const request requests[] = {{1, 0, 0}, {40, 0, 0}, {100, 1, 0}};
  aus_serverless_policy policy = kn;
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  policy.max_time_s = 40.5;
  begin(&r, NULL, requests, 3, &policy);
  go(&r);
  t = &r.result->tasks;
  assert_int_equal(r.result->status, AUS_SERVERLESS_STALLED);
  assert_true(r.result->totals.end_time_s == 40.5);
  assert_int_equal(t->n, 4);
  check_near(t->done[0], 16.865, 1e-14);
  assert_true(t->started[1] == 40 && isnan(t->execution[1]) && isnan(t->done[1]));
  assert_true(t->cold_start[1] == 0 && t->platform_id[1] == 0);
  assert_true(isnan(t->dispatched[2]) && isnan(t->dispatched[3]));
  assert_int_equal(t->task[3], 1);
  assert_int_equal(t->application_id[3], 2);
  assert_int_equal(r.result->applications.penalty[1], 1); /* not answered */
  assert_int_equal(r.result->applications.penalty[2], 0); /* never came */
  end(&r);
}

/* ---- refusals ---- */

static void bad_policies(void **state)
{
  static const request requests[] = {{1, 0, 0}};
  const double nan = (double)NAN, inf = (double)INFINITY;
  const struct {
    aus_serverless_policy policy;
    const char *message;
  } bad[] = {
      {{.keep_alive_s = 1, .queue_length = 1, .reconcile_s = 0},
       "reconcile_interval is 0, need > 0"},
      {{.keep_alive_s = 1, .queue_length = 1, .reconcile_s = -1},
       "reconcile_interval is -1, need > 0"},
      {{.keep_alive_s = 1, .queue_length = 1, .reconcile_s = nan},
       "reconcile_interval is nan, need > 0"},
      {{.keep_alive_s = 1, .queue_length = 0, .reconcile_s = 1}, "queue_length is 0, need > 0"},
      {{.keep_alive_s = 1, .queue_length = inf, .reconcile_s = 1}, "queue_length is inf, need > 0"},
      {{.keep_alive_s = -1, .queue_length = 1, .reconcile_s = 1}, "keep_alive is -1, need >= 0"},
      {{.keep_alive_s = 1, .queue_length = 1, .reconcile_s = 1, .stall_after_s = -1},
       "stall_after is -1, need >= 0"},
      {{.keep_alive_s = 1, .queue_length = 1, .reconcile_s = 1, .max_time_s = nan},
       "max_time is nan, need >= 0"},
  };
  size_t i;
  run r;

  (void)state;
  begin(&r, NULL, requests, 1, &kn);
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    r.sc.policy = bad[i].policy;
    aus_err_clear(&err);
    assert_int_equal(scenario_run(&r.sc, r.sim, &r.result, &err), AUS_ECONFIG);
    assert_string_equal(err.text, bad[i].message);
    assert_null(r.result);
  }
  r.sc.policy = kn;
  go(&r);
  end(&r);
}

static void node_without_local_storage(void **state)
{
  static const request requests[] = {{1, 0, 0}};
  run r;

  (void)state;
  begin(&r, NULL, requests, 1, &kn);
  r.sc.infra.node[0].storage[0] = 1;
  check_fails(scenario_run(&r.sc, r.sim, &r.result, &err), AUS_EINVAL,
              "node 0 needs a remote and a local storage", &err);
  end(&r);
}

static int looks;

static aus_poll_answer third_look(void *self)
{
  (void)self;
  return ++looks < 3 ? AUS_POLL_CONTINUE : AUS_POLL_CANCEL;
}

static void cancelled(void **state)
{
  const aus_poll poll = {NULL, third_look};
  request requests[1000];
  run r;
  int i;

  (void)state;
  for (i = 0; i < 1000; i++)
    requests[i] = (request){0.5 * i, 0, 0};
  begin(&r, NULL, requests, 1000, &kn);
  looks = 0;
  check_fails(aus_serverless_sim_run(r.sim, &r.sc.infra, &r.sc.trace, &r.sc.policy, NULL, &poll,
                                     &r.result, &err),
              AUS_ECANCEL, "cancelled", &err);
  assert_int_equal(looks, 3);
  assert_null(r.result);
  go(&r);
  assert_int_equal(r.result->status, AUS_SERVERLESS_DONE);
  end(&r);
}

static int broken(void *self, int task, int64_t n, int d, const float *x, float *y, aus_err *e)
{
  const int *what = self;

  (void)task;
  (void)n;
  (void)d;
  (void)x;
  *y = *what == 0 ? NAN : *what == 1 ? -1e30F : 1;
  return *what == 2 ? aus_fail(e, AUS_EDEP, AUS_HERE, "no model today") : AUS_OK;
}

static void broken_models(void **state)
{
  static const request requests[] = {{10, 0, 0}, {20, 0, 0}};
  aus_serverless_policy policy = kn;
  int what = 0;
  run r;

  (void)state;
  policy.scaler = AUS_SERVERLESS_PROKN;
  begin(&r, NULL, requests, 2, &policy);
  r.sc.predict = (aus_predict){&what, broken, first_only};
  r.sc.has_models = true;
  check_fails(scenario_run(&r.sc, r.sim, &r.result, &err), AUS_ENUMERIC,
              "the model of \"f\" wants nan replicas", &err);
  what = 1;
  check_fails(scenario_run(&r.sc, r.sim, &r.result, &err), AUS_ENUMERIC, "wants -1e+30 replicas",
              &err);
  what = 2;
  check_fails(scenario_run(&r.sc, r.sim, &r.result, &err), AUS_EDEP, "no model today", &err);
  what = 3;
  go(&r);
  end(&r);
}

/* What the model is asked: requests of the next 60 s per s, without the one the gateway waits for. */
static void what_the_model_sees(void **state)
{
  static const request requests[] = {{1, 0, 0},  {2, 0, 0},  {3, 1, 0},
                                     {60, 0, 0}, {61, 0, 0}, {200, 0, 0}};
  aus_serverless_policy policy = kn;
  noted asked = {0};
  run r;

  (void)state;
  policy.scaler = AUS_SERVERLESS_PROKN;
  policy.reconcile_s = 1000;
  begin(&r, NULL, requests, 6, &policy);
  r.sc.predict = (aus_predict){&asked, note_asked, first_only};
  r.sc.has_models = true;
  go(&r);
  /* One pass, at 0: the request at 1 is with the gateway; 2 and 3 count; 60 is within now + 60 but
   * not in the first minute. */
  assert_int_equal(asked.n, 1);
  assert_true(asked.x[0] == (float)(2.0 / 60));
  end(&r);
}

/* ---- random systems ---- */

/* Times in order; NaN only from some step on; a task follows its predecessor at once. */
static void check_task(const scenario *sc, const aus_serverless_task_rows *t, int64_t i,
                       uint64_t trial)
{
  const double step[] = {t->dispatched[i], t->scheduled[i], t->arrived[i], t->started[i],
                         t->done[i]};
  int k;

  for (k = 1; k < 5; k++)
    if (isnan(step[k - 1]) ? !isnan(step[k]) : step[k] < step[k - 1])
      fail_msg("trial %d task %d step %d: %g after %g", (int)trial, (int)i, k, step[k],
               step[k - 1]);
  if (i > 0 && t->application_id[i] == t->application_id[i - 1] && !isnan(t->dispatched[i]))
    assert_true(t->dispatched[i] == t->done[i - 1]);
  if (isnan(t->done[i])) return;
  assert_true(t->execution[i] == sc->types.task[t->task[i]].exec_s[t->platform[i]]);
  assert_true(t->cold_started[i] == (t->cold_start[i] > 0));
  check_near(t->compute[i], t->execution[i] + t->communications[i], 1e-9);
}

static void check_result(const scenario *sc, const aus_serverless_result *res, uint64_t trial)
{
  int64_t i;

  for (i = 0; i < res->tasks.n; i++)
    check_task(sc, &res->tasks, i, trial);
  if (res->status == AUS_SERVERLESS_DONE)
    for (i = 0; i < res->tasks.n; i++)
      assert_true(isfinite(res->tasks.done[i]));
  check_platforms(&res->tasks, trial);
  check_scale_events(res, res->platforms.n);
  check_storages(sc, res);
  for (i = 0; i < res->platforms.n; i++)
    assert_true(res->platforms.idle_time[i] >= -1e-9);
}

/* The shortcuts of the kernel (kernel.h) must not be observable, not even in the number of events; and a run
 * must not depend on what its simulator did before. */
static void random_systems(void **state)
{
  int64_t n_done = 0, n_evictions = 0, n_down = 0, before = aus_alloc_live();
  uint64_t trial;

  (void)state;
  for (trial = 0; trial < 400; trial++) {
    scenario sc;
    aus_serverless_sim *sim;
    const aus_serverless_result *result;
    char *text[3];
    int i;

    random_scenario(&sc, trial);
    check_ok(aus_serverless_sim_create(&sim, &sc.types, &err), &err);
    for (i = 0; i < 3; i++) {
      sim->literal = i == 1;
      check_ok(scenario_run(&sc, sim, &result, &err), &err);
      text[i] = text_of(&sc, result);
    }
    check_result(&sc, result, trial);
    n_done += result->status == AUS_SERVERLESS_DONE;
    n_evictions += result->totals.n_evictions;
    for (i = 0; i < result->scale_events.n; i++)
      n_down += result->scale_events.action[i];
    if (strcmp(text[0], text[1]) != 0)
      fail_msg("trial %d: shortcuts change the result", (int)trial);
    if (strcmp(text[0], text[2]) != 0) fail_msg("trial %d: a second run differs", (int)trial);
    for (i = 0; i < 3; i++)
      aus_free(text[i]);
    aus_serverless_sim_destroy(sim);
    scenario_fini(&sc);
  }
  assert_int_equal(aus_alloc_live(), before);
  /* the systems do what they are meant to do */
  assert_true(n_done > 200 && n_evictions > 100 && n_down > 100);
}

/* ---- failing allocations ---- */

static void allocation_failures(void **state)
{
  (void)state;
  check_allocation_failures(1000, 6, false);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_cold_request),
      cmocka_unit_test(warm_request),
      cmocka_unit_test(two_tasks_in_a_row),
      cmocka_unit_test(full_disk),
      cmocka_unit_test(nowhere_to_write),
      cmocka_unit_test(no_requests),
      cmocka_unit_test(simultaneous_requests),
      cmocka_unit_test(other_clusters_and_traces),
      cmocka_unit_test(stalled),
      cmocka_unit_test(stall_limit),
      cmocka_unit_test(time_limit),
      cmocka_unit_test(bad_policies),
      cmocka_unit_test(node_without_local_storage),
      cmocka_unit_test(cancelled),
      cmocka_unit_test(broken_models),
      cmocka_unit_test(what_the_model_sees),
      cmocka_unit_test(random_systems),
      cmocka_unit_test(allocation_failures),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
