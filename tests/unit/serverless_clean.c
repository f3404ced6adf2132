/* serverless_clean.c - clean mode by hand: what each switch changes, and the waiting of tasks.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The system is that of serverless_docs.h. Pull of f alone: 0.5 GB / (50 MiB/s / 1024) + 0.5 s latency =
 * 10.74 s, of g: 20.98 s. Service of f: 1.125 s remote input, 0.5 s, 1.5 s local output = 3.125 s; of
 * g behind f: 1.25 + 0.25 + 1 = 2.5 s. Cold starts: 2 s, 1 s.
 */
#include <config.h>

#include "unit/serverless_run.h"

static const aus_serverless_policy kn = {.scaler = AUS_SERVERLESS_KN,
                                         .n_features = 1,
                                         .placer = AUS_SERVERLESS_PLACE_KN,
                                         .keep_alive_s = 200,
                                         .queue_length = 100,
                                         .reconcile_s = 5};

#define D(number) AUS_SERVERLESS_D(number)

/* A further function, with a trailing comma. */
#define SMALL(name, app, exec)                                                                  \
  "\"" name "\": {\"name\": \"" name                                                            \
  "\", \"platforms\": [\"arm\"], \"memoryRequirements\": {\"arm\": 1}, \"coldStartDuration\": " \
  "{\"arm\": 1}, \"executionTime\": {\"arm\": " exec "}, \"energy\": {\"arm\": 0}, "            \
  "\"imageSize\": {\"arm\": 0.1}, \"stateSize\": {\"" app "\": {\"input\": 0, \"output\": 0}}}, "

static void go_with(run *r, uint64_t defects)
{
  r->sc.policy.defects = defects;
  go(r);
  assert_int_equal(r->result->status, AUS_SERVERLESS_DONE);
}

/* Compat without one defect, so that the switch is seen to work in the reference's kernel, too. */
static void go_without(run *r, int number)
{
  go_with(r, AUS_SERVERLESS_COMPAT & ~D(number));
}

/* ---- plain runs ---- */

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
  assert_true(t->dispatched[0] == 1 && t->scheduled[0] == 1);
  assert_int_equal(t->postponed[0], 1);
  check_near(t->arrived[0], 11.74, 1e-14);
  check_near(t->pull[0], 10.74, 1e-14);
  check_near(t->started[0], 13.74, 1e-14);
  check_near(t->done[0], 16.865, 1e-14);
  check_near(t->communications[0], 2.625, 1e-14);
  assert_true(t->cold_start[0] == 2 && t->execution[0] == 0.5 && t->energy[0] == 0.001);
  assert_true(t->cold_started[0] && !t->cache_hit[0] && t->local_dependencies[0]);
  assert_false(t->local_communications[0]);
  assert_int_equal(r.result->applications.penalty[0], 1); /* 15.865 > 15 x 0.5 */
  check_near(r.result->platforms.idle_time[0], 14.365, 1e-14);
  check_near(r.result->platforms.storage_time[0], 13.365, 1e-14);
  assert_true(r.result->platforms.idle_percent[1] == 100);
  assert_true(r.result->totals.unused_platforms_percent == 50);
  check_near(r.result->totals.replica_s, 15.865, 1e-14);
  assert_true(r.result->totals.end_time_s == t->done[0]);
  assert_true(r.result->totals.unused_nodes_percent == 0);
  assert_true(r.result->totals.reclaimable_energy_kwh == 0);
  assert_int_equal(r.result->scale_events.n, 1);
  assert_int_equal(r.result->storages.cache_begin[1], 1);
  end(&r);
}

static void no_requests(void **state)
{
  run r;

  (void)state;
  begin(&r, NULL, NULL, 0, &kn);
  go(&r);
  assert_int_equal(r.result->status, AUS_SERVERLESS_DONE);
  assert_true(r.result->totals.end_time_s == 0 && r.result->totals.penalty_percent == 0);
  assert_int_equal(r.result->tasks.n, 0);
  assert_true(isnan(r.result->totals.average_elapsed_s));
  end(&r);
}

/* A single request that is in time: no penalty, no cut points. */
static void one_request_in_time(void **state)
{
  static const request requests[] = {{1, 0, 0}};
  static const doc_edit edit[] = {{DOC_QOS, "15}", "100}"}, {0}};
  run r;

  (void)state;
  begin(&r, edit, requests, 1, &kn);
  go(&r);
  assert_int_equal(r.result->totals.n_penalties, 0);
  assert_true(r.result->totals.penalty_percent == 0);
  assert_true(isnan(r.result->totals.task_response_s[0]));
  end(&r);
}

/* ---- one switch after the other ---- */

/* D2: the period is exact. The first rows of the reference are at 0 and 6: its autoscaler waits for the
 * next event, which is the monitor's at 1, before its 5 s begin. */
static void d2_exact_period(void **state)
{
  static const request requests[] = {{30.5, 0, 0}};
  const aus_serverless_system_rows *y;
  run r;
  int64_t i;

  (void)state;
  begin(&r, NULL, requests, 1, &kn);
  go_with(&r, 0);
  y = &r.result->system_events;
  assert_true(y->n > 10);
  for (i = 0; i < y->n; i++)
    assert_true(y->timestamp[i] == (double)(i / 2) * 5);
  go_with(&r, AUS_SERVERLESS_COMPAT);
  assert_true(y->timestamp[0] == 0 && y->timestamp[2] != 5);
  end(&r);
}

static const char four_arms[] = "\"arm\", \"arm\", \"arm\", \"arm\"";

/* Six requests at 0.5, target 2: one replica at 0.5. At 5 the last six samples are 0, 6, 6, 6, 6, 6, so
 * ceil(5 / 2) = 3 are wanted. The two new ones are on the same node and join the first one's pull: all
 * are ready at 0.5 + 10.74 = 11.24. The first one has all the tasks, which end at 11.24 + 2 + 3.125 =
 * 16.365, then every 3.125 s, the last at 31.99; the new ones have pulled for 6.24 s and are never used. */
static void begin_burst(run *r)
{
  static const request requests[] = {{0.5, 0, 0}, {0.5, 0, 0}, {0.5, 0, 0}, {0.5, 0, 0},
                                     {0.5, 0, 0}, {0.5, 0, 0}, {200, 0, 0}};
  const doc_edit edit[] = {
      {DOC_INFRA, "\"arm\", \"arm\"", four_arms},
      {DOC_PLATFORMS, "{\"arm\"",
       "{\"gpu\": {\"shortName\": \"gpu\", \"name\": \"G\", \"hardware\": \"gpu\", \"price\": 1, "
       "\"idleEnergy\": 1}, \"arm\""},
      {0}};
  aus_serverless_policy policy = kn;

  policy.queue_length = 2;
  policy.keep_alive_s = 60;
  begin(r, edit, requests, 7, &policy);
}

static void check_scale(const run *r, int64_t i, double t_s, int action, int count)
{
  const aus_serverless_scale_rows *c = &r->result->scale_events;

  if (i >= c->n) fail_msg("scale event %d is missing", (int)i);
  if (c->timestamp[i] != t_s || c->action[i] != action || c->count[i] != count)
    fail_msg("scale event %d: %d at %g, %d left", (int)i, c->action[i], c->timestamp[i],
             (int)c->count[i]);
}

/* The unused ones may go from 71.24 on, the used one from 91.99 on. The request at 200 finds none,
 * but the platform's image is still the right one. The image is written once (0.5 GB), and so are seven
 * outputs. */
static void burst(void **state)
{
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  begin_burst(&r);
  go_with(&r, 0);
  t = &r.result->tasks;
  check_near(t->arrived[0], 11.24, 1e-14);
  check_near(t->pull[0], 10.74, 1e-14);
  check_near(t->pull[5], 10.74, 1e-14);
  check_near(t->done[5], 31.99, 1e-14);
  assert_int_equal(r.result->scale_events.n, 7);
  check_scale(&r, 0, 0.5, 0, 1);
  check_scale(&r, 1, 5, 0, 2);
  check_scale(&r, 2, 5, 0, 3);
  check_scale(&r, 3, 75, 1, 2);
  check_scale(&r, 4, 75, 1, 1);
  check_scale(&r, 5, 95, 1, 0);
  check_scale(&r, 6, 200, 0, 1);
  assert_int_equal(t->postponed[6], 1);
  assert_true(t->arrived[6] == 200 && t->pull[6] == 0 && t->cache_hit[6] && !t->cold_started[6]);
  check_near(r.result->platforms.storage_time[1], 6.24, 1e-14);
  check_near(r.result->platforms.storage_time[2], 6.24, 1e-14);
  check_near(r.result->totals.replica_s, 94.5 + 2 * 70 + 3.125, 1e-13);
  assert_int_equal(r.result->storages.written_bytes[0], 500000000 + 7 * 52428800);
  end(&r);
}

/* Platform 1 is the first one (its node has more free ones) and idle again at 32.5. Mean concurrency at 25
 * is (4 x 4 + 2 x 3) / 6 = 3.67, so platform 0 joins and pulls until 35.74. The request at 33 finds two
 * empty queues and must not wait for that pull; the one at 34 finds platform 1 busy and does. */
static void ready_before_pulling(void **state)
{
  static const request requests[] = {{0.5, 0, 0}, {20, 0, 0}, {20, 0, 0}, {20, 0, 0},
                                     {20, 0, 0},  {33, 0, 0}, {34, 0, 0}};
  static const doc_edit edit[] = {
      {DOC_INFRA, "[{\"type\"",
       "[{\"type\": \"pi\", \"memory\": 8, \"platforms\": [\"arm\"], \"storage\": [\"sd\", "
       "\"nas\"]}, {\"type\""},
      {0}};
  aus_serverless_policy policy = kn;
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  policy.queue_length = 2;
  begin(&r, edit, requests, 7, &policy);
  go_with(&r, 0);
  t = &r.result->tasks;
  assert_int_equal(t->platform_id[0], 1);
  check_scale(&r, 1, 25, 0, 2);
  check_near(t->done[4], 32.5, 1e-14);
  assert_int_equal(t->platform_id[5], 1);
  assert_true(t->arrived[5] == 33 && t->pull[5] == 0);
  assert_int_equal(t->platform_id[6], 0);
  check_near(t->arrived[6], 35.74, 1e-14);
  end(&r);
}

/* D3: 31/6 by rolling mean, over 2 types and the target gives 2: one more, and one of a type that is
 * not there. */
static void d3_divides_by_types(void **state)
{
  run r;

  (void)state;
  begin_burst(&r);
  go_with(&r, D(3));
  check_scale(&r, 1, 5, 0, 2);
  assert_true(r.result->scale_events.timestamp[2] > 5);
  go_without(&r, 3); /* three wanted in one pass */
  check_scale(&r, 2, r.result->scale_events.timestamp[1], 0, 3);
  end(&r);
}

static void d4_one_removal_per_call(void **state)
{
  run r;

  (void)state;
  begin_burst(&r);
  go_with(&r, D(4));
  check_scale(&r, 3, 75, 1, 2);
  check_scale(&r, 4, 80, 1, 1);
  check_scale(&r, 5, 95, 1, 0);
  go_with(&r, AUS_SERVERLESS_COMPAT & ~D(3) & ~D(4) & ~D(5));
  assert_true(r.result->scale_events.timestamp[3] == r.result->scale_events.timestamp[4]);
  go_with(&r, AUS_SERVERLESS_COMPAT & ~D(3) & ~D(5));
  assert_true(r.result->scale_events.timestamp[3] < r.result->scale_events.timestamp[4]);
  end(&r);
}

/* D5: the two that never served stay, and the last request finds one of them, cold. */
static void d5_unused_ones_stay(void **state)
{
  run r;

  (void)state;
  begin_burst(&r);
  go_with(&r, D(5));
  assert_int_equal(r.result->scale_events.n, 4);
  check_scale(&r, 3, 95, 1, 2);
  assert_int_equal(r.result->tasks.platform_id[6], 1);
  assert_true(r.result->tasks.cold_started[6]);
  end(&r);
}

/* One platform: f at 1 (done at 16.865, gone at 30), then g at 100 and 103. Pull of g: 20.98 s; its
 * service without a predecessor: 0.625 + 0.25 + 1 = 1.875 s. */
static void begin_reuse(run *r)
{
  static const request requests[] = {{1, 0, 0}, {100, 1, 0}, {103, 1, 0}};
  static const doc_edit edit[] = {{DOC_APPS, "{\"f\": [], \"g\": [\"f\"]}", "{\"g\": []}"},
                                  {DOC_INFRA, "[\"arm\", \"arm\"]", "[\"arm\"]"},
                                  {0}};
  aus_serverless_policy policy = kn;

  policy.keep_alive_s = 10;
  begin(r, edit, requests, 3, &policy);
}

static void d6_first_task_does_not_wait(void **state)
{
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  begin_reuse(&r);
  go_with(&r, 0);
  t = &r.result->tasks;
  check_scale(&r, 1, 30, 1, 0);
  check_near(t->arrived[1], 120.98, 1e-14);
  check_near(t->done[1], 123.855, 1e-14);
  check_near(t->pull[1], 20.98, 1e-14);
  check_near(t->arrived[2], 123.855, 1e-14);
  check_near(t->pull[2], 17.98, 1e-14);
  go_with(&r, D(6));
  assert_true(t->arrived[1] == 100 && t->pull[1] == 0);
  check_near(t->done[1], 102.875, 1e-14);
  check_near(t->arrived[2], 120.98, 1e-14); /* the second one waits */
  check_near(t->pull[2], 17.98, 1e-14);
  end(&r);
}

/* D7: since time 0, and since the platform was last free; the third did not wait for it. */
static void d7_wait_of_the_platform(void **state)
{
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  begin_reuse(&r);
  go_with(&r, D(7));
  t = &r.result->tasks;
  check_near(t->pull[0], 11.74, 1e-14);
  check_near(t->pull[1], 120.98 - 16.865, 1e-14);
  assert_true(t->pull[2] == 0 && t->cache_hit[2] && !t->cache_hit[1]);
  go_without(&r, 7);
  check_near(t->pull[0], 10.74, 1e-14);
  end(&r);
}

/* Memory for one replica of f; D8 looks at the total and makes two. */
static void d8_total_memory(void **state)
{
  static const request requests[] = {{0.5, 0, 0}, {0.5, 0, 0}, {0.5, 0, 0}};
  static const doc_edit edit[] = {{DOC_INFRA, "\"memory\": 8", "\"memory\": 1.5"}, {0}};
  aus_serverless_policy policy = kn;
  run r;

  (void)state;
  policy.queue_length = 1;
  begin(&r, edit, requests, 3, &policy);
  go_with(&r, 0);
  assert_int_equal(r.result->scale_events.n, 1);
  go_with(&r, D(8));
  assert_int_equal(r.result->scale_events.n, 2);
  check_scale(&r, 1, 5, 0, 2);
  go_without(&r, 8);
  assert_int_equal(r.result->scale_events.n, 1);
  end(&r);
}

/* At 25 MiB/s the remote input takes 8.125 s; the local output 1.5 s, with D9 2.5 s. */
static void d9_speed_of_the_output(void **state)
{
  static const request requests[] = {{1, 0, 0}};
  static const doc_edit edit[] = {{DOC_INFRA, "200", "25"}, {0}};
  run r;

  (void)state;
  begin(&r, edit, requests, 1, &kn);
  go_with(&r, 0);
  check_near(r.result->tasks.communications[0], 9.625, 1e-14);
  go_with(&r, D(9));
  check_near(r.result->tasks.communications[0], 10.625, 1e-14);
  go_without(&r, 9);
  check_near(r.result->tasks.communications[0], 9.625, 1e-14);
  end(&r);
}

/* Both outputs go when the application is done; D11: f's when g is dispatched, g's never. */
static void d11_outputs_stay(void **state)
{
  static const request requests[] = {{1, 1, 1}};
  const aus_serverless_storage_rows *d;
  run r;

  (void)state;
  begin(&r, NULL, requests, 1, &kn);
  go_with(&r, 0);
  d = &r.result->storages;
  assert_true(r.result->tasks.local_dependencies[1] && r.result->tasks.local_communications[1]);
  assert_int_equal(d->erased_bytes[0], 52428800 + 26214400);
  assert_int_equal(d->n_data[0], 0);
  assert_int_equal(d->used_bytes[0], 1500000000);
  go_with(&r, D(11));
  assert_int_equal(d->erased_bytes[0], 52428800);
  assert_int_equal(d->n_data[0], 1);
  go_without(&r, 11);
  assert_int_equal(d->erased_bytes[0], 52428800 + 26214400);
  assert_int_equal(d->n_data[0], 0);
  end(&r);
}

/* f, then g (2.5 s) beside h (local input 0.25 s, 4 s, no output but 0.5 s latency: 4.75 s), then k
 * (0.25 + 1 + 0.5 = 1.75 s). The second request finds everything warm: critical path 3.125 + 4.75 +
 * 1.75 = 9.625 s, the sum 12.125 s. */
static void d12_d13_diamond(void **state)
{
  static const request requests[] = {{1, 1, 0}, {200, 1, 0}};
  const doc_edit edit[] = {
      {DOC_APPS, "{\"f\": [], \"g\": [\"f\"]}",
       "{\"f\": [], \"g\": [\"f\"], \"h\": [\"f\"], \"k\": [\"g\", \"h\"]}"},
      {DOC_TASKS, "{\"f\"", "{" SMALL("h", "pair", "4") SMALL("k", "pair", "1") "\"f\""},
      {DOC_INFRA, "\"arm\", \"arm\"", four_arms},
      {0}};
  const aus_serverless_task_rows *t;
  aus_serverless_policy policy = kn;
  run r;

  (void)state;
  policy.keep_alive_s = 1000;
  begin(&r, edit, requests, 2, &policy);
  go_with(&r, 0);
  t = &r.result->tasks;
  check_near(r.result->applications.elapsed[1], 9.625, 1e-13);
  assert_true(t->dispatched[5] == t->done[4] && t->dispatched[6] == t->done[4]);
  assert_true(t->dispatched[7] == t->done[6] && t->done[5] < t->done[6]);
  assert_true(r.result->applications.elapsed[0] == t->done[3] - 1);
  go_with(&r, D(13));
  check_near(r.result->applications.elapsed[1], 12.125, 1e-13);
  assert_true(t->dispatched[5] == t->dispatched[6]);
  go_with(&r, D(12));
  check_near(r.result->applications.elapsed[1], 12.125, 1e-13);
  assert_true(t->dispatched[6] == t->done[5] && t->dispatched[7] == t->done[6]);
  go_without(&r, 13);
  check_near(r.result->applications.elapsed[1], 12.125, 1e-13);
  end(&r);
}

/* f's replica is ready at 11.74 as ever; g's image follows and is there at 32.72, so the pair at 50 finds
 * it: f 3.125 s, then g at once. D15: g pulls for 20.98 s. */
static void d15_no_prefetch(void **state)
{
  static const request requests[] = {{1, 0, 0}, {50, 1, 0}};
  aus_serverless_policy policy = kn;
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  policy.scaler = AUS_SERVERLESS_HRC;
  policy.placer = AUS_SERVERLESS_PLACE_HRC;
  begin(&r, NULL, requests, 2, &policy);
  go_with(&r, 0);
  t = &r.result->tasks;
  check_near(t->arrived[0], 11.74, 1e-14);
  check_near(t->arrived[2], 53.125, 1e-14);
  assert_true(t->pull[2] == 0);
  assert_int_equal(r.result->platforms.node_cache_hits[0], 1);
  assert_int_equal(r.result->storages.cache_begin[1], 2);
  /* pulls of both images and two tasks' transfers */
  check_near(r.result->platforms.storage_time[0], 10.74 + 20.98 + 2 * 2.625, 1e-14);
  go_with(&r, D(15));
  check_near(t->arrived[0], 11.74, 1e-14);
  check_near(t->arrived[2], 53.125 + 20.98, 1e-14);
  assert_int_equal(r.result->platforms.node_cache_hits[0], 0);
  end(&r);
}

/* No prefetch that would need an eviction: 0.5 and 1 GB on 1.2 GB. */
static void no_prefetch_onto_a_full_disk(void **state)
{
  static const request requests[] = {{1, 0, 0}, {60, 0, 0}};
  static const doc_edit edit[] = {{DOC_STORAGES, "\"capacity\": 32", "\"capacity\": 1.2"}, {0}};
  aus_serverless_policy policy = kn;
  run r;

  (void)state;
  policy.scaler = AUS_SERVERLESS_HRC;
  policy.placer = AUS_SERVERLESS_PLACE_HRC;
  begin(&r, edit, requests, 2, &policy);
  go_with(&r, 0);
  assert_int_equal(r.result->totals.n_evictions, 0);
  assert_int_equal(r.result->storages.cache_begin[1], 1);
  assert_int_equal(r.result->storages.n_failed[0], 0);
  end(&r);
}

static double pull_s(const run *r, int32_t p)
{
  const aus_serverless_task_rows *t = &r->result->tasks;
  double sum = r->result->platforms.storage_time[p];
  int64_t i;

  for (i = 0; i < t->n; i++)
    if (t->platform_id[i] == p) sum -= t->communications[i];
  return sum;
}

/* Four at 0.5, a second replica at 5, which joins the first one's pull: both are ready at 11.24. Then g's
 * begins; it is not pulled twice, and ends at 11.24 + 20.98 = 32.22. */
static void one_prefetch_for_two(void **state)
{
  static const request requests[] = {
      {0.5, 0, 0}, {0.5, 0, 0}, {0.5, 0, 0}, {0.5, 0, 0}, {100, 0, 0}};
  aus_serverless_policy policy = kn;
  run r;

  (void)state;
  policy.scaler = AUS_SERVERLESS_HRC;
  policy.placer = AUS_SERVERLESS_PLACE_HRC;
  policy.queue_length = 1;
  begin(&r, NULL, requests, 5, &policy);
  go_with(&r, 0);
  check_scale(&r, 1, 5, 0, 2);
  check_near(pull_s(&r, 0), 10.74 + 20.98, 1e-13);
  check_near(pull_s(&r, 1), 6.24, 1e-13);
  end(&r);
}

/* f's replica is ready at 11.74; its tasks end at 16.865 and 19.99. So g is dispatched at 19.99 and gets the
 * other platform while its image is being fetched ahead (11.74 to 32.72, the last 0.5 s latency): it joins
 * and is ready then. Dispatched at 29.375 + 3.125 = 32.5, in the latency, it is ready then, too. */
static void prefetch_is_joined(void **state)
{
  static const request requests[2][2] = {{{1, 0, 0}, {2, 1, 0}}, {{1, 0, 0}, {29.375, 1, 0}}};
  static const double dispatched[] = {19.99, 32.5};
  aus_serverless_policy policy = kn;
  const aus_serverless_task_rows *t;
  run r;
  int i;

  (void)state;
  policy.scaler = AUS_SERVERLESS_HRC;
  policy.placer = AUS_SERVERLESS_PLACE_HRC;
  for (i = 0; i < 2; i++) {
    begin(&r, NULL, requests[i], 2, &policy);
    go_with(&r, 0);
    t = &r.result->tasks;
    check_near(t->dispatched[2], dispatched[i], 1e-14);
    assert_int_equal(t->platform_id[2], 1);
    check_near(t->arrived[2], 32.72, 1e-14);
    check_near(t->pull[2], 32.72 - dispatched[i], 1e-12);
    check_near(pull_s(&r, 0), 10.74 + 20.98, 1e-13);
    check_near(pull_s(&r, 1), 32.72 - dispatched[i], 1e-12);
    assert_int_equal(r.result->platforms.node_cache_hits[0], 0);
    assert_int_equal(r.result->storages.cache_begin[1], 2);
    assert_int_equal(r.result->storages.written_bytes[0], 1500000000 + 2 * 52428800 + 26214400);
    end(&r);
  }
}

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

/* Two ready replicas, two requests at 30, cold start 10 s, deadline 21.5 x 0.5 = 10.75 s. Behind the first
 * one the second would take 10 + 0.5 + 0.5 = 11 s, on the other platform 10.5 s. D16: the first one's
 * rest counts as 0.5 - 30 s. */
static void d16_rest_of_an_unstarted_task(void **state)
{
  static const request requests[] = {{30, 0, 0}, {30, 0, 0}};
  static const doc_edit edit[] = {
      {DOC_QOS, "15}", "21.5}"},
      {DOC_TASKS, "\"coldStartDuration\": {\"arm\": 2}", "\"coldStartDuration\": {\"arm\": 10}"},
      {0}};
  aus_serverless_policy policy = kn;
  run r;

  (void)state;
  policy.scaler = AUS_SERVERLESS_PROKN;
  policy.placer = AUS_SERVERLESS_PLACE_HRO;
  begin(&r, edit, requests, 2, &policy);
  r.sc.predict = (aus_predict){NULL, ten, first_only};
  r.sc.has_models = true;
  go_with(&r, 0);
  assert_int_equal(r.result->tasks.platform_id[0], 0);
  assert_int_equal(r.result->tasks.platform_id[1], 1);
  go_with(&r, D(16));
  assert_int_equal(r.result->tasks.platform_id[1], 0);
  end(&r);
}

/* The burst with the whole bandwidth for each: ready at 11.24, and at 15.74. */
static void d17_pulls_do_not_share(void **state)
{
  run r;

  (void)state;
  begin_burst(&r);
  go_with(&r, D(17));
  check_near(r.result->tasks.arrived[0], 11.24, 1e-14);
  check_scale(&r, 3, 80, 1, 2);
  check_scale(&r, 4, 80, 1, 1);
  check_scale(&r, 5, 95, 1, 0);
  check_near(r.result->platforms.storage_time[1], 10.74, 1e-14);
  end(&r);
}

/* At 0 the requests at 1, 2, 3, 8 are ahead, at 5 the last one; then nothing is within 60 s until 345, so the
 * replica (done at 26.24) goes when it has been idle for 10 s. D28: the next one is not seen, so the model
 * is asked once, and the replica stays. */
static void d28_what_is_coming(void **state)
{
  static const request requests[] = {{1, 0, 0}, {2, 0, 0}, {3, 0, 0}, {8, 0, 0}, {400, 0, 0}};
  aus_serverless_policy policy = kn;
  noted asked = {0};
  run r;

  (void)state;
  policy.scaler = AUS_SERVERLESS_PROKN;
  policy.keep_alive_s = 10;
  begin(&r, NULL, requests, 5, &policy);
  r.sc.predict = (aus_predict){&asked, note_asked, first_only};
  r.sc.has_models = true;
  go_with(&r, 0);
  assert_true(asked.x[0] == (float)(4.0 / 60) && asked.x[1] == (float)(1.0 / 60));
  assert_int_equal(r.result->scale_events.n, 3);
  check_scale(&r, 1, 40, 1, 0);
  /* at 340 the request at 400 is not yet within the minute; from 345 on it counts */
  assert_true(asked.n > 3 && asked.x[2] == (float)(1.0 / 60));
  check_scale(&r, 2, 345, 0, 1);
  asked.n = 0;
  go_with(&r, D(28));
  assert_true(asked.n == 1 && asked.x[0] == (float)(3.0 / 60));
  assert_int_equal(r.result->scale_events.n, 1);
  end(&r);
}

/* At 15 the task is running: it counts as one, with D33 as none. */
static void d33_running_task(void **state)
{
  static const request requests[] = {{1, 0, 0}, {1, 0, 0}};
  const aus_serverless_system_rows *y;
  run r;

  (void)state;
  begin(&r, NULL, requests, 2, &kn);
  go_with(&r, 0);
  y = &r.result->system_events;
  assert_true(y->timestamp[6] == 15 && y->task[6] == 0);
  assert_true(y->average_queue_length[6] == 2);
  go_with(&r, D(33));
  assert_true(y->timestamp[6] == 15 && y->average_queue_length[6] == 1);
  end(&r);
}

/* With D33 a busy platform looks as good as an idle one, so the first one gets both. */
static void d33_placement(void **state)
{
  static const request requests[] = {{30, 0, 0}, {30, 0, 0}};
  aus_serverless_policy policy = kn;
  run r;

  (void)state;
  policy.scaler = AUS_SERVERLESS_PROKN;
  begin(&r, NULL, requests, 2, &policy);
  r.sc.predict = (aus_predict){NULL, ten, first_only};
  r.sc.has_models = true;
  go_with(&r, 0);
  assert_int_equal(r.result->tasks.platform_id[1], 1);
  go_with(&r, D(33));
  assert_int_equal(r.result->tasks.platform_id[1], 0);
  go_without(&r, 33);
  assert_int_equal(r.result->tasks.platform_id[1], 1);
  end(&r);
}

/* The mean is over the last six samples, and over those there are at the beginning. */
static void window_slides(void **state)
{
  static const request requests[] = {{2.5, 0, 0}, {2.5, 0, 0}, {2.5, 0, 0}, {2.5, 0, 0}};
  const doc_edit edit[] = {{DOC_INFRA, "\"arm\", \"arm\"", four_arms}, {0}};
  aus_serverless_policy policy = kn;
  run r;

  (void)state;
  policy.queue_length = 1;
  policy.reconcile_s = 2;
  begin(&r, edit, requests, 4, &policy);
  go_with(&r, 0);
  check_scale(&r, 0, 2.5, 0, 1);
  /* at 4: 0 0 0 4 4, mean 1.6; at 6: 0 0 4 4 4 4, mean 2.67; at 8: six times 4 */
  check_scale(&r, 1, 4, 0, 2);
  check_scale(&r, 2, 6, 0, 3);
  check_scale(&r, 3, 8, 0, 4);
  assert_true(r.result->scale_events.n == 4);
  end(&r);
}

/* Rolling means (D3), one type, target 2.1, ten requests in two lots. R0 has 1 when it is made, then
 * (3 + 4)/4 at 3 and (4 x 1.75 + 4)/5 = 2.2 at 4: two wanted. At 6 the window begins anew with R0 4, R1 0. The
 * second lot makes the queues 5 and 5: R0 4.5, 4.67, R1 2.5, 3.33 at 7 and 8: 8/2.1, four wanted. */
static void d3_window_begins_anew(void **state)
{
  static const request requests[] = {{2.5, 0, 0}, {2.5, 0, 0}, {2.5, 0, 0}, {2.5, 0, 0},
                                     {6.5, 0, 0}, {6.5, 0, 0}, {6.5, 0, 0}, {6.5, 0, 0},
                                     {6.5, 0, 0}, {6.5, 0, 0}};
  const doc_edit edit[] = {{DOC_INFRA, "\"arm\", \"arm\"", four_arms}, {0}};
  aus_serverless_policy policy = kn;
  run r;

  (void)state;
  policy.queue_length = 2.1;
  policy.reconcile_s = 2;
  begin(&r, edit, requests, 10, &policy);
  go_with(&r, D(3));
  check_scale(&r, 0, 2.5, 0, 1);
  check_scale(&r, 1, 4, 0, 2);
  check_scale(&r, 2, 8, 0, 3);
  check_scale(&r, 3, 8, 0, 4);
  end(&r);
}

/* Three times 0.1 GB fit into 0.3 GB, although 0.3 - 0.1 - 0.1 is less than 0.1 in binary. */
static void memory_to_the_last_byte(void **state)
{
  static const request requests[] = {{0.5, 0, 0}, {0.5, 0, 0}, {0.5, 0, 0}, {0.5, 0, 0}};
  const doc_edit edit[] = {
      {DOC_INFRA, "\"arm\", \"arm\"", four_arms},
      {DOC_INFRA, "\"memory\": 8", "\"memory\": 0.3"},
      {DOC_TASKS, "\"memoryRequirements\": {\"arm\": 1}", "\"memoryRequirements\": {\"arm\": 0.1}"},
      {0}};
  aus_serverless_policy policy = kn;
  run r;

  (void)state;
  policy.queue_length = 1;
  begin(&r, edit, requests, 4, &policy);
  go_with(&r, 0);
  assert_int_equal(r.result->scale_events.n, 3);
  check_scale(&r, 2, 5, 0, 3);
  end(&r);
}

/* Platform 1 ends at 31 + 2 + 3.125 = 36.125, when platform 0 is busy with its second task: a request at
 * that moment finds platform 1 idle, because ends come before arrivals. */
static void end_before_arrival(void **state)
{
  static const request requests[] = {{30, 0, 0}, {31, 0, 0}, {32, 0, 0}, {36.125, 0, 0}};
  aus_serverless_policy policy = kn;
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  policy.scaler = AUS_SERVERLESS_PROKN;
  begin(&r, NULL, requests, 4, &policy);
  r.sc.predict = (aus_predict){NULL, ten, first_only};
  r.sc.has_models = true;
  go_with(&r, 0);
  t = &r.result->tasks;
  assert_true(t->done[1] == 36.125);
  assert_int_equal(t->platform_id[2], 0);
  assert_int_equal(t->platform_id[3], 1);
  assert_true(t->arrived[3] == 36.125);
  end(&r);
}

/* f: two replicas the first time something is coming, none afterwards. g: none. */
static int two_once(void *self, int task, int64_t n, int d, const float *x, float *y, aus_err *e)
{
  int *asked_before = self;

  (void)n;
  (void)d;
  (void)e;
  *y = task == 0 && *x > 0 && !*asked_before ? 2 : 0;
  if (task == 0 && *x > 0) *asked_before = 1;
  return AUS_OK;
}

static int both(void *self, int task)
{
  (void)self;
  (void)task;
  return 1;
}

/* Platform 0 ran g (until 26.73, gone at 40). At 300 the model wants two replicas of f, at 305 none. They
 * pull one image until 310.74, so they may go at 325. D5: platform 0 counts as idle since 26.73 and goes
 * at 305, in the middle of its pull, which the other one has joined: that one is ready at 310.74 all the
 * same, and it stays. */
static void d5_pull_given_up(void **state)
{
  static const request requests[] = {{1, 1, 0}, {1, 1, 0}, {355, 0, 0}};
  static const doc_edit edit[] = {{DOC_APPS, "{\"f\": [], \"g\": [\"f\"]}", "{\"g\": []}"}, {0}};
  aus_serverless_policy policy = kn;
  const double g_s = 20.98 + 2 * 1.625;
  int asked_before = 0;
  run r;

  (void)state;
  policy.scaler = AUS_SERVERLESS_PROKN;
  policy.keep_alive_s = 10;
  begin(&r, edit, requests, 3, &policy);
  r.sc.predict = (aus_predict){&asked_before, two_once, both};
  r.sc.has_models = true;
  go_with(&r, 0);
  check_scale(&r, 1, 40, 1, 0);
  check_scale(&r, 3, 300, 0, 2);
  check_scale(&r, 4, 325, 1, 1);
  check_scale(&r, 5, 325, 1, 0);
  check_near(r.result->tasks.arrived[2], 355 + 10.74, 1e-14);
  asked_before = 0;
  go_with(&r, D(5));
  check_scale(&r, 4, 305, 1, 1);
  assert_int_equal(r.result->scale_events.n, 5);
  assert_int_equal(r.result->tasks.platform_id[2], 1);
  assert_true(r.result->tasks.arrived[2] == 355);
  check_near(r.result->platforms.storage_time[0], g_s, 1e-13);
  check_near(r.result->platforms.storage_time[1], 10.74 + 2.625, 1e-13);
  end(&r);
}

/* ---- pulls of one image on one node ---- */

/* How many replicas the model wants of f and g the first, second, ... time something is coming. */
typedef struct script {
  float want[2][4];
  int n_asked[2];
} script;

static int read_script(void *self, int task, int64_t n, int d, const float *x, float *y, aus_err *e)
{
  script *s = self;
  int k = s->n_asked[task];

  (void)n;
  (void)d;
  (void)e;
  *y = 0;
  if (*x <= 0) return AUS_OK;
  *y = s->want[task][k];
  if (k < 3) s->n_asked[task]++;
  return AUS_OK;
}

/* Application 1 is g alone. */
static void begin_script(run *r, const char *platforms, const request *requests, int n,
                         double reconcile_s)
{
  const doc_edit edit[] = {{DOC_APPS, "{\"f\": [], \"g\": [\"f\"]}", "{\"g\": []}"},
                           {DOC_INFRA, "\"arm\", \"arm\"", platforms},
                           {0}};
  aus_serverless_policy policy = kn;

  policy.scaler = AUS_SERVERLESS_PROKN;
  policy.keep_alive_s = 10;
  policy.reconcile_s = reconcile_s;
  begin(r, edit, requests, n, &policy);
}

static void go_script(run *r, const script *from, uint64_t defects)
{
  script s = *from;

  r->sc.predict = (aus_predict){&s, read_script, both};
  r->sc.has_models = true;
  go_with(r, defects);
}

static const char three_arms[] = "\"arm\", \"arm\", \"arm\"";

/* At 0 two replicas of f and one of g: two transfers. f's 10.24 s take 20.48 s for both, then g's has
 * 10.24 s to go: 20.98, 20.98, 31.22. D17: 10.74, 10.74, 20.98. */
static void joined_pulls_share_as_one(void **state)
{
  static const request requests[] = {{30, 0, 0}, {30, 0, 0}, {30.5, 1, 0}};
  static const script two_and_one = {.want = {{2, 2, 2, 2}, {1, 1, 1, 1}}};
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  begin_script(&r, three_arms, requests, 3, 5);
  go_script(&r, &two_and_one, 0);
  t = &r.result->tasks;
  check_near(pull_s(&r, 0), 20.98, 1e-13);
  check_near(pull_s(&r, 1), 20.98, 1e-13);
  check_near(pull_s(&r, 2), 31.22, 1e-13);
  assert_true(t->arrived[0] == 30 && t->arrived[1] == 30);
  assert_int_not_equal(t->platform_id[0], t->platform_id[1]);
  check_near(t->arrived[2], 31.22, 1e-14);
  go_script(&r, &two_and_one, D(17));
  check_near(pull_s(&r, 1), 10.74, 1e-13);
  check_near(pull_s(&r, 2), 20.98, 1e-13);
  end(&r);
}

/* At 0 one replica of f, at 10.5 a second one: the transfer ended at 10.24, the image is there at 10.74. */
static void joined_in_the_latency(void **state)
{
  static const request requests[] = {{30, 0, 0}, {30, 0, 0}};
  static const script one_more = {.want = {{1, 2, 2, 2}}};
  run r;

  (void)state;
  begin_script(&r, three_arms, requests, 2, 10.5);
  go_script(&r, &one_more, 0);
  check_scale(&r, 1, 10.5, 0, 2);
  check_near(pull_s(&r, 0), 10.74, 1e-13);
  check_near(pull_s(&r, 1), 0.24, 1e-12);
  go_script(&r, &one_more, D(17));
  check_near(pull_s(&r, 1), 10.74, 1e-13);
  end(&r);
}

/* The disk holds the image or an output. At 11.24 the first replica's first output drives the image out
 * before the second one, which has joined, is told of the same end: it does not write it again. */
static void joined_pull_writes_once(void **state)
{
  static const request requests[] = {{0.5, 0, 0}, {0.5, 0, 0}, {0.5, 0, 0}};
  static const doc_edit edit[] = {{DOC_STORAGES, "\"capacity\": 32", "\"capacity\": 0.54"}, {0}};
  aus_serverless_policy policy = kn;
  run r;

  (void)state;
  policy.queue_length = 1;
  begin(&r, edit, requests, 3, &policy);
  go_with(&r, 0);
  check_scale(&r, 1, 5, 0, 2);
  check_near(pull_s(&r, 1), 6.24, 1e-13);
  assert_int_equal(r.result->totals.n_evictions, 1);
  assert_int_equal(r.result->storages.n_failed[0], 0);
  assert_int_equal(r.result->storages.written_bytes[0], 500000000 + 3 * 52428800);
  end(&r);
}

/* Platform 0 ran g as in d5_pull_given_up, pulling for 20.98 s. At 300 two replicas of f on 0 and 1, one of g on
 * 2, as in joined_pulls_share_as_one. At 305 one of f is wanted. With D5 that on 0 goes; the transfer
 * goes on for that on 1, and still takes its half. */
static void joined_pull_given_up(void **state)
{
  static const request requests[] = {{1, 1, 0}, {1, 1, 0}, {355, 0, 0}, {359, 1, 0}};
  static const script two_then_one = {.want = {{2, 1, 1, 1}, {0, 1, 1, 1}}};
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  begin_script(&r, three_arms, requests, 4, 5);
  go_script(&r, &two_then_one, D(5));
  t = &r.result->tasks;
  check_scale(&r, 2, 300, 0, 1);
  check_scale(&r, 3, 300, 0, 2);
  check_scale(&r, 4, 300, 0, 1);
  check_scale(&r, 5, 305, 1, 1);
  assert_int_equal(t->platform_id[2], 1);
  check_near(pull_s(&r, 0), 20.98, 1e-13);
  check_near(pull_s(&r, 1), 20.98, 1e-13);
  check_near(pull_s(&r, 2), 31.22, 1e-13);
  end(&r);
}

/* The same with passes every 10.5 s, at 294 and 304.5: the transfer ended at 304.24, and the replica on 0 goes
 * in the latency. That on 1 is ready at 304.74, and the image is written. */
static void joined_pull_given_up_in_the_latency(void **state)
{
  static const request requests[] = {{1, 1, 0}, {1, 1, 0}, {350, 0, 0}};
  static const script two_then_one = {.want = {{2, 1, 1, 1}}};
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  begin_script(&r, three_arms, requests, 3, 10.5);
  go_script(&r, &two_then_one, D(5));
  t = &r.result->tasks;
  check_scale(&r, 3, 294, 0, 2);
  check_scale(&r, 4, 304.5, 1, 1);
  assert_true(t->platform_id[2] == 1 && t->arrived[2] == 350);
  check_near(pull_s(&r, 0), 20.98, 1e-13);
  check_near(pull_s(&r, 1), 10.74, 1e-13);
  assert_int_equal(r.result->storages.cache_begin[1], 2);
  assert_int_equal(r.result->storages.written_bytes[0], 1500000000 + 2 * 26214400 + 52428800);
  end(&r);
}

/* Platform 0 has g until 40. At 40 two replicas of f are wanted, but only 1 is free; at 45 one on 0 joins
 * it, at 50 one is wanted, and with D5 that on 0 goes. The first one is ready at 50.74. */
static void joining_pull_given_up(void **state)
{
  static const request requests[] = {{1, 1, 0}, {1, 1, 0}, {97, 0, 0}};
  static const script two_then_one = {.want = {{2, 2, 1, 1}}};
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  begin_script(&r, "\"arm\", \"arm\"", requests, 3, 5);
  go_script(&r, &two_then_one, D(5));
  t = &r.result->tasks;
  check_scale(&r, 1, 40, 0, 1);
  check_scale(&r, 2, 40, 1, 0);
  check_scale(&r, 3, 45, 0, 2);
  check_scale(&r, 4, 50, 1, 1);
  assert_true(t->platform_id[2] == 1 && t->arrived[2] == 97);
  check_near(pull_s(&r, 0), 20.98, 1e-13);
  check_near(pull_s(&r, 1), 10.74, 1e-13);
  end(&r);
}

/* As joined_pull_given_up, with one replica of f, of which none is wanted at 305: g's transfer has had half
 * of the bandwidth for 5 s, and has 17.98 s to go alone: 23.48. */
static void pull_given_up_for_another(void **state)
{
  static const request requests[] = {{1, 1, 0}, {1, 1, 0}, {355, 0, 0}, {359, 1, 0}};
  static const script one_then_none = {.want = {{1, 0, 0, 0}, {0, 1, 1, 1}}};
  run r;

  (void)state;
  begin_script(&r, "\"arm\", \"arm\"", requests, 4, 5);
  go_script(&r, &one_then_none, D(5));
  check_scale(&r, 2, 300, 0, 1);
  check_scale(&r, 3, 300, 0, 1);
  check_scale(&r, 4, 305, 1, 0);
  check_near(pull_s(&r, 0), 20.98 + 10.74, 1e-13); /* again for the request at 355 */
  check_near(pull_s(&r, 1), 23.48, 1e-13);
  end(&r);
}

/* ---- tasks that wait ---- */

/* One platform. While f has it, g waits; f's replica goes at 30 (idle since 16.865, 10 s) and g's tasks
 * get the platform at that very moment, in the order of the priority. */
static void begin_waiting(run *r, aus_serverless_priority priority)
{
  static const request requests[] = {{1, 0, 0}, {3, 1, 1}, {4, 1, 0}};
  static const doc_edit edit[] = {{DOC_APPS, "{\"f\": [], \"g\": [\"f\"]}", "{\"g\": []}"},
                                  {DOC_INFRA, "[\"arm\", \"arm\"]", "[\"arm\"]"},
                                  {0}};
  aus_serverless_policy policy = kn;

  policy.keep_alive_s = 10;
  policy.priority = priority;
  begin(r, edit, requests, 3, &policy);
}

static void waiting_for_a_platform(void **state)
{
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  begin_waiting(&r, AUS_SERVERLESS_FIFO);
  go_with(&r, 0);
  t = &r.result->tasks;
  assert_true(t->scheduled[1] == 30 && t->scheduled[2] == 30);
  assert_int_equal(t->postponed[1], 1);
  check_near(t->arrived[1], 50.98, 1e-14);
  check_near(t->pull[1], 20.98, 1e-14);
  assert_true(t->arrived[2] == t->done[1]);
  check_scale(&r, 1, 30, 1, 0);
  check_scale(&r, 2, 30, 0, 1);
  end(&r);
}

/* The later one has the earlier deadline (15 against 30 times 0.25 s). */
static void waiting_by_deadline(void **state)
{
  const aus_serverless_task_rows *t;
  uint64_t defects;
  run r;

  (void)state;
  for (defects = 0; defects <= D(14); defects += D(14)) {
    begin_waiting(&r, AUS_SERVERLESS_LEAST_PENALTY);
    go_with(&r, defects);
    t = &r.result->tasks;
    assert_true(t->arrived[2] < t->arrived[1]);
    assert_true(t->arrived[1] == t->done[2]);
    end(&r);
  }
  begin_waiting(&r, AUS_SERVERLESS_NAIVE_LEAST_PENALTY);
  go_with(&r, 0);
  assert_true(r.result->tasks.arrived[1] < r.result->tasks.arrived[2]);
  end(&r);
}

/* h, g (after the other) wait for the only platform, which f leaves at 30: g came first, so g gets it,
 * although h comes first in the files. Pull of g 20.98 s, cold start 1 s, service 1.875 s: done at
 * 53.855. h gets the platform at the first pass after another 10 s. */
static void waiting_functions(void **state)
{
  static const request requests[] = {{1, 0, 0}, {3, 1, 0}, {4, 2, 0}};
  static const doc_edit edit[] = {
      {DOC_APPS, "{\"f\": [], \"g\": [\"f\"]}",
       "{\"g\": []}}, \"tri\": {\"name\": \"tri\", \"dag\": {\"h\": []}"},
      {DOC_TASKS, "{\"f\"", "{" SMALL("h", "tri", "4") "\"f\""},
      {DOC_INFRA, "[\"arm\", \"arm\"]", "[\"arm\"]"},
      {0}};
  aus_serverless_policy policy = kn;
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  policy.keep_alive_s = 10;
  begin(&r, edit, requests, 3, &policy);
  go_with(&r, 0);
  t = &r.result->tasks;
  assert_true(t->scheduled[1] == 30);
  check_near(t->done[1], 53.855, 1e-14);
  assert_true(t->scheduled[2] == 65);
  assert_true(t->postponed[1] == 1 && t->postponed[2] == 1);
  end(&r);
}

/* Two branches wait for one platform: in the order in which they were dispatched. */
static void waiting_branches(void **state)
{
  static const request requests[] = {{1, 1, 0}};
  static const doc_edit edit[] = {
      {DOC_APPS, "{\"f\": [], \"g\": [\"f\"]}", "{\"f\": [], \"g\": [\"f\"], \"h\": [\"f\"]}"},
      {DOC_TASKS, "{\"f\"", "{" SMALL("h", "pair", "4") "\"f\""},
      {DOC_INFRA, "[\"arm\", \"arm\"]", "[\"arm\"]"},
      {0}};
  aus_serverless_policy policy = kn;
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  policy.keep_alive_s = 10;
  begin(&r, edit, requests, 1, &policy);
  go_with(&r, 0);
  t = &r.result->tasks;
  assert_true(t->dispatched[1] == t->done[0] && t->dispatched[2] == t->done[0]);
  assert_true(t->scheduled[1] == 30 && t->scheduled[2] > t->done[1]);
  end(&r);
}

/* A function that fits nowhere waits until the run is given up. */
static void stalled(void **state)
{
  static const request requests[] = {{1, 0, 0}, {3, 1, 0}};
  static const doc_edit edit[] = {
      {DOC_APPS, "{\"f\": [], \"g\": [\"f\"]}", "{\"g\": []}"},
      {DOC_INFRA, "\"memory\": 8", "\"memory\": 1.5"},
      {DOC_TASKS, "\"memoryRequirements\": {\"arm\": 1}, \"coldStartDuration\": {\"arm\": 1}",
       "\"memoryRequirements\": {\"arm\": 2}, \"coldStartDuration\": {\"arm\": 1}"},
      {0}};
  aus_serverless_policy policy = kn;
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  policy.keep_alive_s = 3;
  begin(&r, edit, requests, 2, &policy);
  go(&r);
  t = &r.result->tasks;
  assert_int_equal(r.result->status, AUS_SERVERLESS_STALLED);
  check_near(r.result->totals.end_time_s, 16.865 + 10 * 3 + 600, 1e-12);
  assert_true(t->dispatched[1] == 3 && isnan(t->scheduled[1]) && isnan(t->pull[1]));
  assert_int_equal(t->platform_id[1], -1);
  assert_int_equal(t->postponed[1], 1);
  assert_int_equal(r.result->applications.penalty[1], 1);
  assert_true(isnan(r.result->applications.elapsed[1]));
  end(&r);
}

/* Cut off in the middle: a task in its cold start, one that runs, one that never came. */
static void time_limit(void **state)
{
  static const request requests[] = {{1, 0, 0}, {40, 0, 0}, {100, 1, 0}};
  aus_serverless_policy policy = kn;
  const aus_serverless_task_rows *t;
  run r;

  (void)state;
  policy.max_time_s = 12;
  begin(&r, NULL, requests, 3, &policy);
  go(&r);
  t = &r.result->tasks;
  assert_int_equal(r.result->status, AUS_SERVERLESS_STALLED);
  assert_true(r.result->totals.end_time_s == 12);
  check_near(t->arrived[0], 11.74, 1e-14);
  assert_true(isnan(t->started[0]) && isnan(t->cold_start[0]) && isnan(t->done[0]));
  r.sc.policy.max_time_s = 40.5;
  go(&r);
  check_near(t->done[0], 16.865, 1e-14);
  assert_true(t->started[1] == 40 && isnan(t->execution[1]) && isnan(t->done[1]));
  assert_true(t->cold_start[1] == 0 && t->platform_id[1] == 0);
  assert_true(isnan(t->dispatched[2]) && isnan(t->dispatched[3]));
  check_near(r.result->platforms.idle_time[0], 40.5 - 2.5, 1e-14);
  assert_int_equal(r.result->applications.penalty[1], 1); /* not answered */
  assert_int_equal(r.result->applications.penalty[2], 0); /* never came */
  end(&r);
}

/* ---- refusals ---- */

static void inherent_defects(void **state)
{
  static const request requests[] = {{1, 0, 0}};
  static const int inherent[] = {6, 12, 15, 17};
  char message[80];
  size_t i;
  run r;

  (void)state;
  begin(&r, NULL, requests, 1, &kn);
  for (i = 0; i < sizeof inherent / sizeof *inherent; i++) {
    r.sc.policy.defects = AUS_SERVERLESS_COMPAT & ~D(inherent[i]);
    snprintf(message, sizeof message, "D%d cannot be cleared while D2 is set", inherent[i]);
    check_fails(scenario_run(&r.sc, r.sim, &r.result, &err), AUS_ECONFIG, message, &err);
    assert_null(r.result);
  }
  go_with(&r, 0);
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
  request *requests;
  run r;
  int i;

  (void)state;
  requests = calloc(6000, sizeof *requests);
  assert_non_null(requests);
  for (i = 0; i < 6000; i++)
    requests[i] = (request){0.5 * i, 0, 0};
  begin(&r, NULL, requests, 6000, &kn);
  looks = 0;
  check_fails(aus_serverless_sim_run(r.sim, &r.sc.infra, &r.sc.trace, &r.sc.policy, NULL, &poll,
                                     &r.result, &err),
              AUS_ECANCEL, "cancelled", &err);
  assert_int_equal(looks, 3);
  assert_null(r.result);
  go_with(&r, 0);
  end(&r);
  free(requests);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_cold_request),
      cmocka_unit_test(no_requests),
      cmocka_unit_test(one_request_in_time),
      cmocka_unit_test(d2_exact_period),
      cmocka_unit_test(burst),
      cmocka_unit_test(ready_before_pulling),
      cmocka_unit_test(d3_divides_by_types),
      cmocka_unit_test(d4_one_removal_per_call),
      cmocka_unit_test(d5_unused_ones_stay),
      cmocka_unit_test(d5_pull_given_up),
      cmocka_unit_test(joined_pulls_share_as_one),
      cmocka_unit_test(joined_in_the_latency),
      cmocka_unit_test(joined_pull_writes_once),
      cmocka_unit_test(joined_pull_given_up),
      cmocka_unit_test(joined_pull_given_up_in_the_latency),
      cmocka_unit_test(joining_pull_given_up),
      cmocka_unit_test(pull_given_up_for_another),
      cmocka_unit_test(d6_first_task_does_not_wait),
      cmocka_unit_test(d7_wait_of_the_platform),
      cmocka_unit_test(d8_total_memory),
      cmocka_unit_test(d9_speed_of_the_output),
      cmocka_unit_test(d11_outputs_stay),
      cmocka_unit_test(d12_d13_diamond),
      cmocka_unit_test(d15_no_prefetch),
      cmocka_unit_test(no_prefetch_onto_a_full_disk),
      cmocka_unit_test(one_prefetch_for_two),
      cmocka_unit_test(prefetch_is_joined),
      cmocka_unit_test(d16_rest_of_an_unstarted_task),
      cmocka_unit_test(d17_pulls_do_not_share),
      cmocka_unit_test(d28_what_is_coming),
      cmocka_unit_test(d33_running_task),
      cmocka_unit_test(d33_placement),
      cmocka_unit_test(window_slides),
      cmocka_unit_test(d3_window_begins_anew),
      cmocka_unit_test(memory_to_the_last_byte),
      cmocka_unit_test(end_before_arrival),
      cmocka_unit_test(waiting_for_a_platform),
      cmocka_unit_test(waiting_by_deadline),
      cmocka_unit_test(waiting_functions),
      cmocka_unit_test(waiting_branches),
      cmocka_unit_test(stalled),
      cmocka_unit_test(time_limit),
      cmocka_unit_test(inherent_defects),
      cmocka_unit_test(cancelled),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
