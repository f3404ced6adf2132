/* sched.c - the scheduler: single rules first, then whole runs against an adversarial world.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The adversarial world has a simulated clock and workers that are slow, silent, deaf, or die, and a
 * network that delays, reorders and duplicates. An independent account of who holds what is kept beside
 * the scheduler and every action is checked against it. AUS_CHECK_LONG=1 makes the runs ten times as many.
 */
#include <config.h>

#include "unit/check.h"

#include "engine/sched.h"
#include "util/heap.h"

static const aus_sched_conf plain = {.prefetch = 1,
                                     .max_attempts = 2,
                                     .timeout_min_s = 60,
                                     .timeout_first_s = 3600,
                                     .hang_after_s = 30,
                                     .lost_after_s = 90};

static aus_err err;

/* ---- single rules ---- */

static void add(aus_sched *s, uint32_t campaign, uint32_t index, bool job)
{
  double x[2] = {campaign, index};

  check_ok(
      aus_sched_add(
          s, &(aus_task){.id = aus_trial_id(campaign, index), .job = job, .n_x = 2, .x = x}, &err),
      &err);
}

static aus_action next(aus_sched *s, double now_s)
{
  aus_action a;

  check_ok(aus_sched_next(s, now_s, &a, &err), &err);
  return a;
}

static void expect_send(aus_sched *s, double now_s, int worker, uint32_t campaign, uint32_t index)
{
  aus_action a = next(s, now_s);

  assert_int_equal(a.type, AUS_ACT_SEND);
  assert_int_equal(a.worker, worker);
  assert_true(a.task->id == aus_trial_id(campaign, index));
  assert_int_equal(a.task->n_x, 2);
  assert_true(a.task->x[0] == campaign && a.task->x[1] == index);
}

static aus_action expect(aus_sched *s, double now_s, aus_action_type type, uint64_t id)
{
  aus_action a = next(s, now_s);

  assert_int_equal(a.type, type);
  if (type != AUS_ACT_NONE && type != AUS_ACT_LOST) assert_true(a.task->id == id);
  return a;
}

static void answer_to(aus_sched *s, double now_s, int worker, uint64_t id, uint16_t attempt,
                      aus_status status, double y, double cost_s)
{
  aus_result r = {
      .id = id, .attempt = attempt, .status = (uint16_t)status, .n_y = 1, .cost_s = cost_s};

  r.y = aus_zalloc(1, sizeof *r.y);
  r.y[0] = y;
  check_ok(aus_sched_result(s, worker, &r, now_s, &err), &err);
  assert_null(r.y);
}

/* To a first attempt. */
static void answer(aus_sched *s, double now_s, int worker, uint64_t id, aus_status status, double y,
                   double cost_s)
{
  answer_to(s, now_s, worker, id, 0, status, y, cost_s);
}

static aus_sched *start(const aus_sched_conf *conf, int n_workers, int n_hello)
{
  aus_sched *s;
  int i;

  check_ok(aus_sched_create(&s, conf, n_workers, &err), &err);
  for (i = 1; i <= n_hello; i++)
    aus_sched_hello(s, i, false, 0);
  return s;
}

static void order_of_sending(void **state)
{
  aus_sched *s = start(&plain, 1, 0);
  aus_sched_conf deep = plain;
  int i;

  (void)state;
  aus_sched_destroy(s);
  deep.prefetch = 20;
  s = start(&deep, 1, 1);
  add(s, 7, 0, false);
  add(s, 7, 1, false);
  add(s, 2, 0, false);
  add(s, 9, 0, false);
  add(s, 2, 1, false);
  add(s, 7, 0, true);
  /* Jobs first, then round robin by campaign, lowest index first. */
  expect_send(s, 0, 1, 7, 0);
  expect_send(s, 0, 1, 2, 0);
  expect_send(s, 0, 1, 7, 0);
  add(s, 5, 0, false); /* comes too late for this round, 9 is next */
  add(s, 8, 0, false); /* does not */
  expect_send(s, 0, 1, 8, 0);
  expect_send(s, 0, 1, 9, 0);
  expect_send(s, 0, 1, 2, 1);
  expect_send(s, 0, 1, 5, 0);
  expect_send(s, 0, 1, 7, 1);
  expect(s, 0, AUS_ACT_NONE, 0);
  for (i = 2; i < 9; i++)
    add(s, 7, (uint32_t)i, false);
  for (i = 2; i < 9; i++)
    expect_send(s, 0, 1, 7, (uint32_t)i);
  assert_int_equal(aus_sched_count(s).n_running, 15);
  aus_sched_destroy(s);
}

static void least_burdened_worker_first(void **state)
{
  aus_sched *s = start(&plain, 3, 2);
  uint32_t i;

  (void)state;
  for (i = 0; i < 10; i++)
    add(s, 1, i, false);
  expect_send(s, 0, 1, 1, 0);
  expect_send(s, 0, 2, 1, 1);
  expect_send(s, 0, 1, 1, 2); /* prefetch only when nobody is idle */
  aus_sched_hello(s, 3, false, 0);
  expect_send(s, 0, 3, 1, 3);
  expect_send(s, 0, 2, 1, 4);
  expect_send(s, 0, 3, 1, 5);
  expect(s, 0, AUS_ACT_NONE, 0);
  assert_int_equal(aus_sched_count(s).n_workers_busy, 3);
  aus_sched_destroy(s);
}

static void local_worker_is_the_last_resort(void **state)
{
  aus_sched *s = start(&plain, 2, 1);
  uint32_t i;

  (void)state;
  aus_sched_hello(s, 2, true, 0);
  for (i = 0; i < 10; i++)
    add(s, 1, i, false);
  expect_send(s, 0, 1, 1, 0);
  expect_send(s, 0, 1, 1, 1);
  expect_send(s, 0, 2, 1, 2);
  expect(s, 0, AUS_ACT_NONE, 0); /* nothing is prefetched for it */
  /* It shares the manager's thread: silence means nothing. */
  aus_sched_progress(s, 1, 0, 1000);
  expect(s, 1000, AUS_ACT_NONE, 0);
  assert_int_equal(aus_sched_worker(s, 2), AUS_W_BUSY);
  answer(s, 1000, 2, aus_trial_id(1, 2), AUS_S_OK, 0, 1);
  expect_send(s, 1000, 2, 1, 3);
  aus_sched_destroy(s);
}

static void local_worker_rests(void **state)
{
  aus_sched *s = start(&plain, 2, 1);
  uint32_t i;

  (void)state;
  aus_sched_hello(s, 2, true, 0);
  aus_sched_rest(s, true);
  for (i = 0; i < 4; i++)
    add(s, 1, i, false);
  expect_send(s, 0, 1, 1, 0);
  expect_send(s, 0, 1, 1, 1);
  expect(s, 0, AUS_ACT_NONE, 0);
  aus_sched_rest(s, false);
  expect_send(s, 0, 2, 1, 2);
  answer(s, 1, 2, aus_trial_id(1, 2), AUS_S_OK, 0, 1);
  /* The last worker does not rest. */
  aus_sched_rest(s, true);
  expect(s, 1, AUS_ACT_NONE, 0);
  aus_sched_gone(s, 1, 2);
  expect(s, 2, AUS_ACT_LOST, 0);
  expect_send(s, 2, 2, 1, 0);
  aus_sched_destroy(s);
}

static void commits_in_order(void **state)
{
  aus_sched *s = start(&plain, 3, 3);
  aus_action a;
  uint32_t i;

  (void)state;
  for (i = 0; i < 3; i++)
    add(s, 1, i, false);
  add(s, 2, 0, false);
  for (i = 0; i < 4; i++)
    assert_int_equal(next(s, 0).type, AUS_ACT_SEND); /* 1:0 2:0 1:1 | 1:2 */
  answer(s, 1, 3, aus_trial_id(1, 1), AUS_S_OK, 11, 1);
  answer(s, 1, 1, aus_trial_id(1, 2), AUS_S_FAIL_SIM, 12, 1);
  expect(s, 1, AUS_ACT_NONE, 0);
  answer(s, 1, 2, aus_trial_id(2, 0), AUS_S_OK, 20, 1);
  a = expect(s, 1, AUS_ACT_COMMIT, aus_trial_id(2, 0));
  assert_true(a.result->y[0] == 20 && a.worker == 2);
  answer(s, 2, 1, aus_trial_id(1, 0), AUS_S_OK, 10, 1);
  aus_sched_hold(s, true);
  expect(s, 2, AUS_ACT_NONE, 0);
  aus_sched_hold(s, false);
  expect(s, 2, AUS_ACT_COMMIT, aus_trial_id(1, 0));
  /* What a commit adds does not disturb what it was lent. */
  a = expect(s, 2, AUS_ACT_COMMIT, aus_trial_id(1, 1));
  for (i = 3; i < 100; i++)
    add(s, 1, i, false);
  assert_true(a.task->id == aus_trial_id(1, 1) && a.task->x[1] == 1 && a.result->y[0] == 11);
  assert_false(aus_sched_done(s));
  for (i = 0; i < 6; i++)
    assert_int_equal(next(s, 2).type, AUS_ACT_SEND);
  a = expect(s, 2, AUS_ACT_COMMIT, aus_trial_id(1, 2));
  assert_int_equal(a.result->status, AUS_S_FAIL_SIM); /* not retried: it would fail again */
  assert_int_equal(aus_sched_count(s).n_failed, 1);
  assert_int_equal(aus_sched_count(s).n_retries, 0);
  aus_sched_destroy(s);
}

static void by_arrival(aus_sched *s, uint32_t campaign, const aus_sched_past *past, int64_t n)
{
  check_ok(aus_sched_campaign(s, campaign, true, past, n, &err), &err);
}

static void recall(aus_sched *s, uint32_t campaign, uint32_t index, bool job)
{
  aus_result r = {.id = aus_trial_id(campaign, index), .job = job};

  check_ok(aus_sched_recall(s, &r, &err), &err);
}

static void expect_commit(aus_sched *s, double now_s, uint32_t campaign, uint32_t index, bool job)
{
  aus_action a = expect(s, now_s, AUS_ACT_COMMIT, aus_trial_id(campaign, index));

  assert_int_equal(a.task->job, job);
}

static void commits_by_arrival(void **state)
{
  aus_sched *s = start(&plain, 3, 3);
  aus_result job = {.id = aus_trial_id(1, 1), .job = true};
  uint32_t i;

  (void)state;
  by_arrival(s, 1, NULL, 0);
  for (i = 0; i < 3; i++)
    add(s, 1, i, false);
  add(s, 1, 0, true);
  add(s, 1, 1, true);
  for (i = 0; i < 5; i++)
    assert_int_equal(next(s, 0).type, AUS_ACT_SEND); /* jobs 0, 1 to 1, 2; trials to 3, 1, 2 */
  answer(s, 1, 2, aus_trial_id(1, 2), AUS_S_OK, 12, 1);
  answer(s, 1, 3, aus_trial_id(1, 0), AUS_S_FAIL_SIM, 10, 1);
  check_ok(aus_sched_result(s, 2, &job, 1, &err), &err);
  expect_commit(s, 1, 1, 2, false);
  expect_commit(s, 1, 1, 0, false);
  expect(s, 1, AUS_ACT_NONE, 0); /* jobs keep their order */
  job = (aus_result){.id = aus_trial_id(1, 0), .job = true};
  check_ok(aus_sched_result(s, 1, &job, 1, &err), &err);
  expect_commit(s, 1, 1, 0, true);
  expect_commit(s, 1, 1, 1, true);
  aus_sched_call_off(s, 1, false, 0);
  expect(s, 1, AUS_ACT_CANCEL, aus_trial_id(1, 1));
  answer(s, 2, 1, aus_trial_id(1, 1), AUS_S_CANCELLED, 0, 1);
  expect_commit(s, 2, 1, 1, false);
  assert_true(aus_sched_done(s));
  check_fails(aus_sched_campaign(s, 1, true, NULL, 0, &err), AUS_EINVAL, "campaign 1 has begun",
              &err);
  aus_sched_destroy(s);
}

/* As the earlier run had it: trial 1, job 0, trial 0. Trial 0 has to be done again, 2 is new. */
static void commits_as_before(void **state)
{
  static const aus_sched_past past[] = {{false, 1}, {true, 0}, {false, 0}};
  aus_sched *s = start(&plain, 2, 2);
  uint32_t i;

  (void)state;
  by_arrival(s, 1, past, 3);
  for (i = 0; i < 3; i++)
    add(s, 1, i, false);
  recall(s, 1, 1, false);
  expect_send(s, 0, 1, 1, 0);
  expect_send(s, 0, 2, 1, 2);
  answer(s, 1, 2, aus_trial_id(1, 2), AUS_S_OK, 0, 1);
  expect_commit(s, 1, 1, 1, false);
  expect(s, 1, AUS_ACT_NONE, 0); /* 2 waits */
  answer(s, 2, 1, aus_trial_id(1, 0), AUS_S_OK, 0, 1);
  add(s, 1, 0, true); /* what the commit has led to */
  recall(s, 1, 0, true);
  expect_commit(s, 2, 1, 0, true);
  expect_commit(s, 2, 1, 0, false);
  expect_commit(s, 2, 1, 2, false);
  assert_true(aus_sched_done(s));
  aus_sched_destroy(s);
}

/* The earlier run went on with tasks that nobody adds: job 1 had been called off, job 2 comes after the end, and
 * trial 5 does not come at all. */
static void the_past_leads_nowhere(void **state)
{
  static const aus_sched_past past[] = {{true, 0}, {false, 1}, {true, 2}, {false, 5}, {false, 0}};
  aus_sched *s = start(&plain, 1, 1);

  (void)state;
  by_arrival(s, 1, past, 5);
  add(s, 1, 0, false);
  add(s, 1, 1, false);
  add(s, 1, 0, true);
  add(s, 1, 1, true);
  recall(s, 1, 0, false);
  recall(s, 1, 1, false);
  recall(s, 1, 0, true);
  expect(s, 0, AUS_ACT_SEND, aus_trial_id(1, 1));
  expect_commit(s, 0, 1, 0, true);
  expect_commit(s, 0, 1, 1, false);
  expect(s, 0, AUS_ACT_NONE, 0); /* job 1 is under way */
  aus_sched_call_off(s, 1, true, 0);
  expect(s, 0, AUS_ACT_CANCEL, aus_trial_id(1, 1));
  check_ok(aus_sched_result(
               s, 1,
               &(aus_result){.id = aus_trial_id(1, 1), .job = true, .status = AUS_S_CANCELLED}, 1,
               &err),
           &err);
  expect_commit(s, 1, 1, 1, true); /* not named, but before job 2 */
  add(s, 1, 2, true);
  recall(s, 1, 2, true);
  expect_commit(s, 1, 1, 2, true);
  expect_commit(s, 1, 1, 0, false); /* 5 was given up */
  assert_true(aus_sched_done(s));
  add(s, 1, 2, false);
  expect_send(s, 2, 1, 1, 2);
  answer(s, 3, 1, aus_trial_id(1, 2), AUS_S_OK, 0, 1);
  expect_commit(s, 3, 1, 2, false);
  aus_sched_destroy(s);
}

static void deadlines(void **state)
{
  aus_sched *s = start(&plain, 1, 1);
  aus_action a;
  uint32_t i;
  double given = 7;

  (void)state;
  /* Eight costs of a kind are needed before 20 x median counts. */
  for (i = 0; i < 9; i++) {
    add(s, 1, i, false);
    a = next(s, i);
    assert_true(a.task->hard_s == (i < 8 ? 3600 : 20 * 6.5));
    assert_true(a.task->soft_s == 0.8 * a.task->hard_s);
    answer(s, i, 1, aus_trial_id(1, i), AUS_S_OK, 0, (double[]){9, 6, 1, 100, 5, 7, 3, 8, 1}[i]);
    expect(s, i, AUS_ACT_COMMIT, aus_trial_id(1, i));
  }
  /* 1 1 3 5 6 7 8 9 100: the median is 6. */
  add(s, 1, 9, false);
  a = next(s, 10);
  assert_true(a.task->hard_s == 120);
  /* TIMEOUT: once more with twice the time, then it is a result. */
  answer(s, 200, 1, aus_trial_id(1, 9), AUS_S_TIMEOUT, 0, 120);
  a = expect(s, 200, AUS_ACT_SEND, aus_trial_id(1, 9));
  assert_true(a.task->hard_s == 240 && a.task->soft_s == 192 && a.task->attempt == 1);
  answer_to(s, 500, 1, aus_trial_id(1, 9), 1, AUS_S_TIMEOUT, 0, 240);
  a = expect(s, 500, AUS_ACT_COMMIT, aus_trial_id(1, 9));
  assert_int_equal(a.result->status, AUS_S_TIMEOUT);
  /* A task's own deadline wins; the least one is timeout_min. */
  check_ok(aus_sched_add(s, &(aus_task){.id = aus_trial_id(1, 10), .hard_s = given}, &err), &err);
  a = expect(s, 501, AUS_ACT_SEND, aus_trial_id(1, 10));
  assert_true(a.task->hard_s == 7 && a.task->soft_s == 0.8 * 7);
  for (i = 0; i < 9; i++) {
    check_ok(aus_sched_add(s, &(aus_task){.id = aus_trial_id(2, i), .kind = 5}, &err), &err);
    a = expect(s, 501, AUS_ACT_SEND, aus_trial_id(2, i));
    assert_true(a.task->hard_s == (i < 8 ? 3600 : 60));
    answer(s, 502, 1, aus_trial_id(2, i), AUS_S_OK, 0, 0.1);
    expect(s, 502, AUS_ACT_COMMIT, aus_trial_id(2, i));
  }
  aus_sched_destroy(s);
}

/* A worker that lives but does not keep the deadline is told to give up. */
static void overdue(void **state)
{
  aus_sched *s = start(&plain, 1, 1);
  aus_action a;
  double t_s;

  (void)state;
  check_ok(aus_sched_add(s, &(aus_task){.id = aus_trial_id(1, 0), .hard_s = 100}, &err), &err);
  expect(s, 0, AUS_ACT_SEND, aus_trial_id(1, 0));
  for (t_s = 0; t_s < 130; t_s += 10) {
    aus_sched_progress(s, 1, 0, t_s);
    expect(s, t_s, AUS_ACT_NONE, 0);
  }
  aus_sched_progress(s, 1, 0, 130);
  expect(s, 130, AUS_ACT_CANCEL, aus_trial_id(1, 0));
  expect(s, 130, AUS_ACT_NONE, 0);
  answer(s, 131, 1, aus_trial_id(1, 0), AUS_S_CANCELLED, 0, 131);
  a = expect(s, 131, AUS_ACT_SEND, aus_trial_id(1, 0)); /* counts as TIMEOUT */
  assert_true(a.task->hard_s == 200 && a.task->attempt == 1);
  answer_to(s, 140, 1, aus_trial_id(1, 0), 1, AUS_S_OK, 1, 9);
  a = expect(s, 140, AUS_ACT_COMMIT, aus_trial_id(1, 0));
  assert_true(a.start_s == 131);
  aus_sched_destroy(s);
}

/* A CANCEL that was meant for an earlier attempt hits the next one: that is no result. */
static void cancelled_by_nobody(void **state)
{
  aus_sched *s = start(&plain, 1, 1);

  (void)state;
  add(s, 1, 0, false);
  expect_send(s, 0, 1, 1, 0);
  answer(s, 1, 1, aus_trial_id(1, 0), AUS_S_CANCELLED, 0, 1);
  assert_int_equal(expect(s, 1, AUS_ACT_SEND, aus_trial_id(1, 0)).task->attempt, 1);
  answer_to(s, 2, 1, aus_trial_id(1, 0), 1, AUS_S_OK, 4, 1);
  assert_int_equal(expect(s, 2, AUS_ACT_COMMIT, aus_trial_id(1, 0)).result->status, AUS_S_OK);
  aus_sched_destroy(s);
}

static void silence(void **state)
{
  aus_sched *s = start(&plain, 2, 1);

  (void)state;
  add(s, 1, 0, false);
  add(s, 1, 1, false);
  expect_send(s, 0, 1, 1, 0);
  expect_send(s, 0, 1, 1, 1);
  aus_sched_hello(s, 2, false, 0);
  expect(s, 29, AUS_ACT_NONE, 0);
  assert_int_equal(aus_sched_worker(s, 1), AUS_W_BUSY);
  expect(s, 30, AUS_ACT_NONE, 0);
  assert_int_equal(aus_sched_worker(s, 1), AUS_W_SUSPECT);
  assert_int_equal(aus_sched_worker(s, 2), AUS_W_IDLE); /* may be silent */
  aus_sched_progress(s, 1, 0, 40);
  assert_int_equal(aus_sched_worker(s, 1), AUS_W_BUSY);
  /* An announced call: four times its length. */
  aus_sched_progress(s, 1, 50, 41);
  expect(s, 240, AUS_ACT_NONE, 0);
  assert_int_equal(aus_sched_worker(s, 1), AUS_W_BUSY);
  expect(s, 241, AUS_ACT_NONE, 0);
  assert_int_equal(aus_sched_worker(s, 1), AUS_W_SUSPECT);
  expect(s, 300, AUS_ACT_NONE, 0);
  /* Given up: the first task is charged, the second is not. */
  assert_int_equal(expect(s, 301, AUS_ACT_LOST, 0).worker, 1);
  assert_int_equal(aus_sched_worker(s, 1), AUS_W_LOST);
  assert_int_equal(aus_sched_count(s).n_workers_lost, 1);
  assert_int_equal(expect(s, 301, AUS_ACT_SEND, aus_trial_id(1, 0)).task->attempt, 1);
  assert_int_equal(expect(s, 301, AUS_ACT_SEND, aus_trial_id(1, 1)).task->attempt, 0);
  assert_int_equal(aus_sched_count(s).n_retries, 1);
  aus_sched_destroy(s);
}

static void never_came(void **state)
{
  aus_sched *s = start(&plain, 1, 0);

  (void)state;
  expect(s, 1000, AUS_ACT_NONE, 0);
  expect(s, 1089, AUS_ACT_NONE, 0);
  expect(s, 1090, AUS_ACT_LOST, 0);
  aus_sched_hello(s, 1, false, 1100); /* better late */
  assert_int_equal(aus_sched_worker(s, 1), AUS_W_IDLE);
  assert_int_equal(aus_sched_count(s).n_workers_live, 1);
  aus_sched_destroy(s);
}

/* The late result of a lost worker is used if still wanted; the second is compared. */
static void late_results(void **state)
{
  aus_sched *s = start(&plain, 2, 1);
  aus_action a;
  uint32_t i;

  (void)state;
  for (i = 0; i < 2; i++)
    add(s, 1, i, false);
  expect_send(s, 0, 1, 1, 0);
  expect_send(s, 0, 1, 1, 1);
  aus_sched_hello(s, 2, false, 95);
  expect(s, 95, AUS_ACT_LOST, 0);
  expect_send(s, 95, 2, 1, 0);
  expect_send(s, 95, 2, 1, 1);
  /* 1:0 is still wanted; worker 2 need not go on with it, worker 1 not with 1:1. */
  answer(s, 96, 1, aus_trial_id(1, 0), AUS_S_OK, 5, 90);
  assert_int_equal(aus_sched_worker(s, 1), AUS_W_BUSY);
  a = expect(s, 96, AUS_ACT_CANCEL, aus_trial_id(1, 1));
  assert_int_equal(a.worker, 1);
  a = expect(s, 96, AUS_ACT_CANCEL, aus_trial_id(1, 0));
  assert_int_equal(a.worker, 2);
  a = expect(s, 96, AUS_ACT_COMMIT, aus_trial_id(1, 0));
  assert_true(a.result->y[0] == 5 && a.worker == 1);
  assert_int_equal(aus_sched_count(s).n_late, 1);
  /* The second result comes all the same, and differs in the last bit. */
  answer_to(s, 97, 2, aus_trial_id(1, 0), 1, AUS_S_OK, nextafter(5, 6), 2);
  a = expect(s, 97, AUS_ACT_VIOLATION, aus_trial_id(1, 0));
  assert_true(a.result->y[0] == nextafter(5, 6) && a.worker == 2);
  assert_int_equal(aus_sched_count(s).n_violations, 1);
  answer(s, 98, 1, aus_trial_id(1, 1), AUS_S_CANCELLED, 0, 0);
  assert_int_equal(aus_sched_worker(s, 1), AUS_W_IDLE);
  expect(s, 98, AUS_ACT_NONE, 0);
  answer(s, 99, 2, aus_trial_id(1, 1), AUS_S_OK, 6, 2);
  expect(s, 99, AUS_ACT_COMMIT, aus_trial_id(1, 1));
  assert_true(aus_sched_done(s));
  assert_int_equal(aus_sched_count(s).n_duplicates, 1);
  aus_sched_destroy(s);
}

/* A lost worker that speaks again goes on with what nobody has taken over. */
static void takes_up_again(void **state)
{
  aus_sched *s = start(&plain, 1, 1);

  (void)state;
  add(s, 1, 0, false);
  add(s, 1, 1, false);
  expect_send(s, 0, 1, 1, 0);
  expect_send(s, 0, 1, 1, 1);
  expect(s, 90, AUS_ACT_LOST, 0);
  expect(s, 90, AUS_ACT_NONE, 0);
  assert_int_equal(aus_sched_count(s).n_queued, 2);
  aus_sched_progress(s, 1, 0, 91);
  assert_int_equal(aus_sched_worker(s, 1), AUS_W_BUSY);
  assert_int_equal(aus_sched_count(s).n_running, 2);
  expect(s, 91, AUS_ACT_NONE, 0);
  answer(s, 92, 1, aus_trial_id(1, 0), AUS_S_OK, 0, 1);
  answer(s, 93, 1, aus_trial_id(1, 1), AUS_S_OK, 0, 1);
  expect(s, 93, AUS_ACT_COMMIT, aus_trial_id(1, 0));
  expect(s, 93, AUS_ACT_COMMIT, aus_trial_id(1, 1));
  aus_sched_destroy(s);
}

/* A task that takes its workers with it is written off after max_attempts; its neighbours are not. */
static void poison(void **state)
{
  aus_sched *s = start(&plain, 3, 1);
  aus_action a;

  (void)state;
  add(s, 1, 0, false);
  add(s, 1, 1, false);
  expect_send(s, 0, 1, 1, 0);
  expect_send(s, 0, 1, 1, 1);
  aus_sched_gone(s, 1, 1);
  expect(s, 1, AUS_ACT_LOST, 0);
  aus_sched_hello(s, 2, false, 1);
  expect_send(s, 1, 2, 1, 0);
  expect_send(s, 1, 2, 1, 1);
  aus_sched_gone(s, 2, 2);
  expect(s, 2, AUS_ACT_LOST, 0);
  a = expect(s, 2, AUS_ACT_COMMIT, aus_trial_id(1, 0));
  assert_int_equal(a.result->status, AUS_S_CRASHED);
  assert_int_equal(a.result->attempt, 1);
  assert_int_equal(a.worker, 0);
  assert_int_equal(a.result->err.code, AUS_EMPI);
  aus_sched_hello(s, 3, false, 2);
  assert_int_equal(expect(s, 2, AUS_ACT_SEND, aus_trial_id(1, 1)).task->attempt, 0);
  answer(s, 3, 3, aus_trial_id(1, 1), AUS_S_OK, 0, 1);
  expect(s, 3, AUS_ACT_COMMIT, aus_trial_id(1, 1));
  assert_int_equal(aus_sched_count(s).n_failed, 1);
  assert_int_equal(aus_sched_count(s).n_workers_live, 1);
  aus_sched_destroy(s);
}

/* A task that took earlier runs along: with attempts left it is sent as a later one, then not at all. */
static void charged_before(void **state)
{
  aus_sched *s = start(&plain, 1, 1);
  aus_action a;
  uint32_t i;

  (void)state;
  check_ok(aus_sched_charge(s, aus_trial_id(1, 1), false, 1, &err), &err);
  check_ok(aus_sched_charge(s, aus_trial_id(1, 2), false, 1, &err), &err);
  check_ok(aus_sched_charge(s, aus_trial_id(1, 2), false, 2, &err), &err);
  check_ok(aus_sched_charge(s, aus_trial_id(1, 2), false, 1, &err), &err);
  check_ok(aus_sched_charge(s, aus_trial_id(1, 3), true, 2, &err), &err); /* a job: not meant */
  check_ok(aus_sched_charge(s, aus_trial_id(1, 9), false, 5, &err), &err);
  for (i = 0; i < 4; i++)
    add(s, 1, i, false);
  a = expect(s, 0, AUS_ACT_SEND, aus_trial_id(1, 0));
  assert_true(a.task->attempt == 0 && a.task->hard_s == 3600);
  a = expect(s, 0, AUS_ACT_SEND, aus_trial_id(1, 1));
  assert_true(a.task->attempt == 1 && a.task->hard_s == 7200 && a.task->soft_s == 5760);
  answer(s, 1, 1, aus_trial_id(1, 0), AUS_S_OK, 0, 1);
  assert_int_equal(expect(s, 1, AUS_ACT_SEND, aus_trial_id(1, 3)).task->attempt, 0);
  expect(s, 1, AUS_ACT_COMMIT, aus_trial_id(1, 0));
  expect(s, 1, AUS_ACT_NONE, 0); /* 1:2 has its result, but in order */
  answer_to(s, 2, 1, aus_trial_id(1, 1), 1, AUS_S_CRASHED, 0, 1);
  a = expect(s, 2, AUS_ACT_COMMIT, aus_trial_id(1, 1));
  assert_int_equal(a.result->status, AUS_S_CRASHED); /* there was one attempt left */
  a = expect(s, 2, AUS_ACT_COMMIT, aus_trial_id(1, 2));
  assert_true(a.result->status == AUS_S_CRASHED && a.result->attempt == 1 && a.worker == 0);
  assert_string_equal(a.result->err.text, "its worker was lost (attempt 2 of 2)");
  answer(s, 3, 1, aus_trial_id(1, 3), AUS_S_OK, 0, 1);
  expect(s, 3, AUS_ACT_COMMIT, aus_trial_id(1, 3));
  /* Alone in its line, after others that were called off, and after the last one. */
  for (i = 4; i < 9; i++)
    add(s, 1, i, false);
  aus_sched_call_off(s, 1, false, 4);
  add(s, 1, 9, false);
  for (i = 4; i < 10; i++) {
    a = expect(s, 3, AUS_ACT_COMMIT, aus_trial_id(1, i));
    assert_int_equal(a.result->status, i < 9 ? AUS_S_CANCELLED : AUS_S_CRASHED);
  }
  assert_true(aus_sched_done(s));
  add(s, 1, 10, false);
  expect_send(s, 3, 1, 1, 10);
  assert_int_equal(aus_sched_count(s).n_failed, 3);
  aus_sched_destroy(s);
}

/* AUS_ACT_LOST tells which task is charged: the one that was worked on, as it was sent. */
static void lost_names_the_task(void **state)
{
  aus_sched *s = start(&plain, 3, 1);
  aus_action a;

  (void)state;
  add(s, 1, 0, false);
  add(s, 1, 1, false);
  expect_send(s, 0, 1, 1, 0);
  expect_send(s, 0, 1, 1, 1);
  aus_sched_gone(s, 1, 1);
  a = expect(s, 1, AUS_ACT_LOST, 0);
  assert_true(a.worker == 1 && a.task && a.task->id == aus_trial_id(1, 0) && a.task->attempt == 0);
  assert_true(a.task->n_x == 2 && a.task->x[0] == 1);
  aus_sched_hello(s, 2, false, 1);
  expect_send(s, 1, 2, 1, 0);
  expect_send(s, 1, 2, 1, 1);
  /* The last attempt: it is charged although there will be none. */
  aus_sched_gone(s, 2, 2);
  a = expect(s, 2, AUS_ACT_LOST, 0);
  assert_true(a.task && a.task->id == aus_trial_id(1, 0) && a.task->attempt == 1);
  expect(s, 2, AUS_ACT_COMMIT, aus_trial_id(1, 0));
  /* An idle one takes nothing along. */
  aus_sched_hello(s, 3, false, 2);
  expect_send(s, 2, 3, 1, 1);
  answer(s, 3, 3, aus_trial_id(1, 1), AUS_S_OK, 0, 1);
  expect(s, 3, AUS_ACT_COMMIT, aus_trial_id(1, 1));
  aus_sched_gone(s, 3, 3);
  assert_null(expect(s, 3, AUS_ACT_LOST, 0).task);
  aus_sched_destroy(s);
}

/* Dead for good, or given up by the caller. */
static void dead_and_given_up(void **state)
{
  aus_sched *s = start(&plain, 2, 2);
  uint32_t i;

  (void)state;
  for (i = 0; i < 3; i++)
    add(s, 1, i, false);
  expect_send(s, 0, 1, 1, 0);
  expect_send(s, 0, 2, 1, 1);
  expect_send(s, 0, 1, 1, 2);
  aus_sched_gone(s, 1, 1);
  expect(s, 1, AUS_ACT_LOST, 0);
  expect_send(s, 1, 2, 1, 0);
  /* Its last words are used, but they do not bring it back. */
  answer(s, 2, 1, aus_trial_id(1, 2), AUS_S_OK, 7, 1);
  aus_sched_progress(s, 1, 0, 2);
  assert_int_equal(aus_sched_worker(s, 1), AUS_W_LOST);
  expect(s, 2, AUS_ACT_NONE, 0);
  assert_int_equal(aus_sched_count(s).n_returned, 1);
  assert_int_equal(aus_sched_count(s).n_late, 1);
  /* The caller knows that it gave this one up. */
  aus_sched_lose(s, 2, 3);
  assert_int_equal(aus_sched_worker(s, 2), AUS_W_LOST);
  expect(s, 3, AUS_ACT_NONE, 0);
  aus_sched_progress(s, 2, 0, 4);
  assert_int_equal(aus_sched_worker(s, 2), AUS_W_BUSY);
  answer(s, 5, 2, aus_trial_id(1, 1), AUS_S_OK, 0, 1);
  expect(s, 5, AUS_ACT_NONE, 0);
  answer_to(s, 6, 2, aus_trial_id(1, 0), 1, AUS_S_OK, 0, 1);
  for (i = 0; i < 3; i++)
    expect(s, 6, AUS_ACT_COMMIT, aus_trial_id(1, i));
  aus_sched_destroy(s);
}

/* What was committed is forgotten: one block at most stays per campaign. */
static void memory_is_given_back(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  aus_sched *s = start(&plain, 2, 2);
  int64_t live = 0;
  uint32_t i;

  (void)state;
  for (i = 0; i < 500; i++) {
    add(s, 1, i, false);
    assert_int_equal(next(s, i).type, AUS_ACT_SEND);
    answer(s, i, 1 + (int)i % 2, aus_trial_id(1, i), AUS_S_OK, 1, 1);
    expect(s, i, AUS_ACT_COMMIT, aus_trial_id(1, i));
    expect(s, i, AUS_ACT_NONE, 0);
    if (i == 0) live = aus_alloc_live();
    assert_true(aus_alloc_live() <= live + 2);
  }
  aus_sched_destroy(s);
#endif
}

static void stopping(void **state)
{
  aus_sched *s = start(&plain, 2, 2);

  (void)state;
  add(s, 1, 0, false);
  expect_send(s, 0, 1, 1, 0);
  aus_sched_drain(s, 1);
  aus_sched_drain(s, 2);
  assert_int_equal(aus_sched_worker(s, 1), AUS_W_DRAINING);
  add(s, 1, 1, false);
  expect(s, 1000, AUS_ACT_NONE, 0); /* no task, no suspicion */
  aus_sched_stopped(s, 1, 1000);
  assert_int_equal(aus_sched_worker(s, 1), AUS_W_STOPPED);
  assert_int_equal(aus_sched_count(s).n_queued, 2);
  assert_int_equal(aus_sched_count(s).n_workers_live, 1);
  aus_sched_stopped(s, 2, 1000);
  assert_int_equal(aus_sched_count(s).n_workers_live, 0);
  aus_sched_destroy(s);
}

/* Trials 1.. of a campaign are called off while 0 is done, 1 runs, 2 waits at the worker, 3 and 4 in the queue. */
static void called_off(void **state)
{
  aus_sched *s = start(&plain, 1, 1);
  aus_action a;
  uint32_t i;

  (void)state;
  for (i = 0; i < 5; i++)
    add(s, 4, i, false);
  add(s, 6, 0, false);
  expect_send(s, 0, 1, 4, 0);
  expect_send(s, 0, 1, 6, 0);
  answer(s, 1, 1, aus_trial_id(4, 0), AUS_S_OK, 0, 1);
  expect_send(s, 1, 1, 4, 1);
  expect(s, 1, AUS_ACT_COMMIT, aus_trial_id(4, 0));
  aus_sched_call_off(s, 4, false, 1);
  aus_sched_call_off(s, 4, false, 1); /* twice is once */
  aus_sched_call_off(s, 4, true, 0);  /* nothing there */
  aus_sched_call_off(s, 5, false, 0);
  expect(s, 1, AUS_ACT_CANCEL, aus_trial_id(4, 1));
  expect(s, 1, AUS_ACT_NONE, 0); /* in order: 2 and later only after 1 */
  answer(s, 2, 1, aus_trial_id(6, 0), AUS_S_OK, 0, 1);
  expect(s, 2, AUS_ACT_COMMIT, aus_trial_id(6, 0));
  answer(s, 2, 1, aus_trial_id(4, 1), AUS_S_CANCELLED, 0, 1);
  for (i = 1; i < 5; i++) {
    a = expect(s, 2, AUS_ACT_COMMIT, aus_trial_id(4, i));
    assert_int_equal(a.result->status, AUS_S_CANCELLED);
    if (i > 1) assert_string_equal(a.result->err.text, "called off");
  }
  assert_true(aus_sched_done(s));
  assert_int_equal(aus_sched_count(s).n_failed, 0);
  /* A campaign can go on afterwards. */
  add(s, 4, 5, false);
  expect_send(s, 3, 1, 4, 5);
  /* One that was called off is not tried again when its worker goes. */
  aus_sched_call_off(s, 4, false, 5);
  aus_sched_gone(s, 1, 4);
  expect(s, 4, AUS_ACT_LOST, 0);
  a = expect(s, 4, AUS_ACT_COMMIT, aus_trial_id(4, 5));
  assert_int_equal(a.result->status, AUS_S_CANCELLED);
  assert_true(aus_sched_done(s));
  aus_sched_destroy(s);
}

/* Frozen while one trial is done, one runs, one waits behind it, one stands in the queue. */
static void frozen(void **state)
{
  aus_sched *s = start(&plain, 1, 1);
  aus_action a;
  uint32_t i;

  (void)state;
  for (i = 0; i < 4; i++)
    add(s, 1, i, false);
  expect_send(s, 0, 1, 1, 0);
  expect_send(s, 0, 1, 1, 1);
  answer(s, 1, 1, aus_trial_id(1, 0), AUS_S_OK, 7, 1);
  expect_send(s, 1, 1, 1, 2);
  aus_sched_freeze(s, false);
  assert_false(aus_sched_still(s));
  expect(s, 1, AUS_ACT_CANCEL, aus_trial_id(1, 2));
  a = expect(s, 1, AUS_ACT_COMMIT, aus_trial_id(1, 0)); /* what came back counts */
  assert_int_equal(a.result->status, AUS_S_OK);
  answer(s, 2, 1, aus_trial_id(1, 2), AUS_S_CANCELLED, 0, 0);
  add(s, 2, 0, false);
  add(s, 2, 0, true);
  expect(s, 2, AUS_ACT_NONE, 0); /* nothing is sent, nothing committed as cancelled */
  assert_int_equal(aus_sched_count(s).n_queued, 4);
  answer(s, 3, 1, aus_trial_id(1, 1), AUS_S_OK, 8, 2);
  assert_false(aus_sched_still(s));
  aus_sched_hold(s, true);
  expect(s, 3, AUS_ACT_NONE, 0);
  assert_false(aus_sched_still(s));
  aus_sched_hold(s, false);
  expect(s, 3, AUS_ACT_COMMIT, aus_trial_id(1, 1));
  expect(s, 3, AUS_ACT_NONE, 0);
  assert_true(aus_sched_still(s));
  assert_false(aus_sched_done(s));
  assert_int_equal(aus_sched_count(s).n_retries, 0);
  aus_sched_destroy(s);
}

/* Running ones are asked back, too: cancelled, they are queued again; out of memory, as well; one that was
 * called off is committed as ever; a deadline that had passed still counts. */
static void frozen_at_once(void **state)
{
  aus_sched *s = start(&plain, 5, 5);
  aus_action a;
  uint32_t i;

  (void)state;
  for (i = 1; i <= 5; i++)
    check_ok(
        aus_sched_add(s, &(aus_task){.id = aus_trial_id(i, 0), .hard_s = i == 4 ? 1 : 900}, &err),
        &err);
  for (i = 1; i <= 5; i++)
    expect(s, 0, AUS_ACT_SEND, aus_trial_id(i, 0));
  aus_sched_call_off(s, 3, false, 0);
  expect(s, 0, AUS_ACT_CANCEL, aus_trial_id(3, 0));
  for (i = 1; i <= 5; i++)
    aus_sched_progress(s, (int)i, 0, 20);
  for (i = 1; i <= 5; i++)
    aus_sched_progress(s, (int)i, 0, 31);
  expect(s, 31, AUS_ACT_CANCEL, aus_trial_id(4, 0)); /* overdue */
  aus_sched_freeze(s, true);
  aus_sched_freeze(s, true); /* asked once */
  for (i = 0; i < 3; i++) {
    a = next(s, 31);
    assert_int_equal(a.type, AUS_ACT_CANCEL);
    assert_true(a.worker == 1 || a.worker == 2 || a.worker == 5);
  }
  expect(s, 31, AUS_ACT_NONE, 0);
  answer(s, 32, 1, aus_trial_id(1, 0), AUS_S_CANCELLED, 0, 1);
  answer(s, 32, 2, aus_trial_id(2, 0), AUS_S_FAIL_MEM, 0, 1);
  answer(s, 32, 3, aus_trial_id(3, 0), AUS_S_CANCELLED, 0, 1);
  a = expect(s, 32, AUS_ACT_COMMIT, aus_trial_id(3, 0));
  assert_int_equal(a.result->status, AUS_S_CANCELLED);
  answer(s, 32, 4, aus_trial_id(4, 0), AUS_S_CANCELLED, 0, 1);
  assert_int_equal(aus_sched_count(s).n_retries, 2);    /* 2:0 and 4:0 */
  answer(s, 32, 5, aus_trial_id(5, 0), AUS_S_OK, 3, 1); /* was faster than the order */
  expect(s, 32, AUS_ACT_COMMIT, aus_trial_id(5, 0));
  expect(s, 32, AUS_ACT_NONE, 0);
  assert_true(aus_sched_still(s));
  assert_int_equal(aus_sched_count(s).n_queued, 3);
  aus_sched_destroy(s);
}

/* A task that will hardly be done in time is not sent: by the slowest of its kind so far. */
static void in_time(void **state)
{
  aus_sched *s = start(&plain, 1, 1);
  uint32_t i;

  (void)state;
  aus_sched_until(s, 1000);
  for (i = 0; i < 2; i++) {
    add(s, 1, i, false); /* of an unknown cost */
    expect_send(s, 0, 1, 1, i);
    answer(s, 0, 1, aus_trial_id(1, i), AUS_S_OK, 0, 100);
    expect(s, 0, AUS_ACT_COMMIT, aus_trial_id(1, i));
  }
  for (i = 2; i < 5; i++)
    add(s, 1, i, false);
  expect_send(s, 800, 1, 1, 2);
  expect_send(s, 800, 1, 1, 3); /* 800 + 2 x 100 */
  answer(s, 801, 1, aus_trial_id(1, 2), AUS_S_OK, 0, 1);
  expect(s, 801, AUS_ACT_COMMIT, aus_trial_id(1, 2)); /* no room behind 1:3 */
  expect(s, 801, AUS_ACT_NONE, 0);
  assert_false(aus_sched_late(s));
  answer(s, 902, 1, aus_trial_id(1, 3), AUS_S_OK, 0, 100);
  expect(s, 902, AUS_ACT_COMMIT, aus_trial_id(1, 3));
  expect(s, 902, AUS_ACT_NONE, 0);
  assert_true(aus_sched_late(s));
  aus_sched_destroy(s);
}

static void refusals(void **state)
{
  aus_sched_conf bad = plain;
  aus_sched *s;
  aus_result r = {.id = aus_trial_id(1, 0)};

  (void)state;
  bad.prefetch = -1;
  check_fails(aus_sched_create(&s, &bad, 1, &err), AUS_EINVAL, "out of range", &err);
  assert_null(s);
  bad = plain;
  bad.lost_after_s = 29;
  check_fails(aus_sched_create(&s, &bad, 1, &err), AUS_EINVAL, "out of range", &err);
  s = start(&plain, 1, 1);
  add(s, 1, 0, false);
  check_fails(aus_sched_add(s, &(aus_task){.id = aus_trial_id(1, 2)}, &err), AUS_EINVAL,
              "trial 1:2 is out of order, index 1 is next", &err);
  check_fails(aus_sched_add(s, &(aus_task){.id = aus_trial_id(1, 0)}, &err), AUS_EINVAL,
              "out of order", &err);
  check_fails(aus_sched_add(s, &(aus_task){.id = aus_trial_id(3, 1), .job = true}, &err),
              AUS_EINVAL, "job 3:1 is out of order, index 0 is next", &err);
  check_fails(aus_sched_result(s, 1, &r, 0, &err), AUS_EINVAL, "never sent", &err);
  r.id = aus_trial_id(1, 1);
  check_fails(aus_sched_result(s, 1, &r, 0, &err), AUS_EINVAL, "trial 1:1, which was never sent",
              &err);
  aus_sched_destroy(s);
  aus_sched_destroy(NULL);
}

/* Every allocation of a short life fails once. */
static void out_of_memory(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  int64_t live = aus_alloc_live();
  int n, rc = AUS_ENOMEM;

  (void)state;
  for (n = 0; rc != AUS_OK; n++) {
    aus_sched *s = NULL;
    aus_action a = {0};
    aus_result r = {.id = aus_trial_id(1, 0), .cost_s = 1, .status = AUS_S_FAIL_MEM};
    double x = 1;

    assert_true(n < 50);
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = aus_sched_create(&s, &plain, 2, &err);
    if (rc == AUS_OK) rc = aus_sched_campaign(s, 1, true, &(aus_sched_past){.index = 0}, 1, &err);
    if (rc == AUS_OK)
      rc = aus_sched_add(s, &(aus_task){.id = aus_trial_id(1, 0), .n_x = 1, .x = &x}, &err);
    if (rc == AUS_OK) aus_sched_hello(s, 1, false, 0);
    if (rc == AUS_OK) rc = aus_sched_next(s, 0, &a, &err);
    if (rc == AUS_OK) rc = aus_sched_result(s, 1, &r, 0, &err);
    if (rc == AUS_OK) rc = aus_sched_next(s, 0, &a, &err);
    r = (aus_result){.id = aus_trial_id(1, 0), .attempt = 1, .cost_s = 1};
    if (rc == AUS_OK) rc = aus_sched_result(s, 1, &r, 0, &err);
    if (rc == AUS_OK) rc = aus_sched_next(s, 0, &a, &err);
    if (rc == AUS_OK) assert_int_equal(a.type, AUS_ACT_COMMIT);
    aus_alloc_fail_at(-1);
    assert_true(rc == AUS_OK || (rc == AUS_ENOMEM && err.code == AUS_ENOMEM));
    aus_sched_destroy(s);
    assert_int_equal(aus_alloc_live(), live);
  }
  assert_true(n > 12);
#endif
}

/* ---- the adversarial world ---- */

enum { MAX_WORKERS = 8, MAX_CAMPAIGNS = 64 };

typedef struct otask { /* what must be true of a task */
  int8_t owner;        /* worker that should deliver it; 0: it must be queued */
  uint8_t charged;
  bool job, final, committed, has_y;
  uint32_t held, asked, guilty; /* workers, as bits; guilty: lost with it, and it was charged */
  uint8_t held_attempt[MAX_WORKERS + 1];
  double y;
  double start_s;
  int64_t arrival; /* of its result, counted over all */
} otask;

typedef struct oseq { /* jobs or trials of a campaign */
  otask *task;
  int64_t n, cap, low, n_committed; /* low: nothing below it is queued */
  int64_t last_arrival;             /* by arrival: of the last one committed */
} oseq;

typedef struct deed { /* a commit */
  uint64_t id;
  bool job;
  uint16_t status;
  double y;
} deed;

/* The commits of a campaign by arrival: those of the journal, which come first, and what is added to it. */
typedef struct history {
  deed *deed;
  int64_t n, cap, n_before, at;
} history;

typedef struct order { /* a task at a worker */
  uint64_t id;
  bool job, cancelled;
  uint16_t attempt;
  double hard_s;
} order;

typedef struct fake {
  bool dead, running, mortal, lies;
  uint64_t epoch;
  order queue[64];
  int n;
  /* the manager's view of it */
  uint64_t account[64]; /* id << 1 | job, in the order of sending */
  int n_account;
  bool lost, gone, buried;
  double heard_s, expect_s;
} fake;

typedef enum event_type {
  TICK,
  TASK_ARRIVES,
  CANCEL_ARRIVES,
  DONE,
  PING,
  RESULT_ARRIVES,
  PROGRESS_ARRIVES,
  GONE
} event_type;

typedef struct event {
  event_type type;
  int worker;
  uint64_t epoch;
  order order;
  double expect_s;
  uint16_t status;
  double y;
  bool copy;
} event;

typedef struct world {
  aus_sched_conf conf;
  aus_sched *s;
  int n_workers, n_campaigns, budget, lag;
  bool rough;
  double now_s, most_s; /* it must be over by then */
  double p_death;       /* of a worker at each task it begins */
  double
      freeze_s;  /* above 0: nothing is sent from then on; running ones are asked back 10 s later */
  int frozen;    /* 2: running ones, too */
  bool freezing; /* just now */
  uint64_t seed, n_events;
  aus_heap heap;
  event *event;
  int64_t *spare;
  int64_t n_event, cap_event, n_spare, cap_spare;
  fake w[MAX_WORKERS + 1];
  oseq seq[2][MAX_CAMPAIGNS]; /* [job] */
  int last_served[2];
  bool by_arrival[MAX_CAMPAIGNS];
  history *past; /* by campaign; lent */
  int64_t n_arrivals, n_out_of_order, n_again;
  int64_t n_tasks, n_committed, n_failed, n_violations, n_retries, n_lost, n_sent, n_asked_back;
} world;

static uint64_t mix(uint64_t x)
{
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

static double uniform(world *o)
{
  o->seed = mix(o->seed);
  return ((double)(o->seed >> 11) + 0.5) * 0x1p-53;
}

/* Campaign numbers are neither dense nor made in order. */
static uint32_t number_of(int campaign)
{
  return (uint32_t)((campaign * 37 + 11) % MAX_CAMPAIGNS + 1);
}

static int campaign_of(uint64_t id)
{
  uint32_t number = (uint32_t)(id >> 32);
  int c;

  for (c = 0; c < MAX_CAMPAIGNS; c++)
    if (number_of(c) == number) return c;
  fail_msg("campaign %u", number);
  return 0;
}

static otask *otask_of(world *o, uint64_t id, bool job)
{
  oseq *q = &o->seq[job][campaign_of(id)];
  int64_t index = (int64_t)(id & 0xffffffffu);

  assert_true(index < q->n);
  return &q->task[index];
}

static void post(world *o, double delay_s, event e)
{
  int64_t at;

  if (o->n_spare > 0)
    at = o->spare[--o->n_spare];
  else {
    check_ok(aus_grow(&o->event, &o->cap_event, o->n_event + 1, sizeof *o->event, &err), &err);
    at = o->n_event++;
  }
  o->event[at] = e;
  check_ok(aus_heap_push(&o->heap,
                         (aus_heap_item){
                             .t = o->now_s + delay_s, .order = o->n_events++, .data = (uint64_t)at},
                         &err),
           &err);
}

static double latency(world *o)
{
  return o->rough && uniform(o) < 0.03 ? 30 * uniform(o) : 0.05 * uniform(o);
}

/* Most of what an earlier run has committed is answered at once; of the others the rows are lost. */
static void world_recall(world *o, int c, const aus_task *t)
{
  otask *x = otask_of(o, t->id, t->job);
  aus_result r = {.id = t->id, .job = t->job, .n_y = 1};
  int64_t i;

  for (i = 0; o->by_arrival[c] && i < o->past[c].n_before; i++) {
    const deed *d = &o->past[c].deed[i];

    if (d->id != t->id || d->job != t->job) continue;
    if (uniform(o) < 0.2) {
      o->n_again++;
      return;
    }
    x->final = true;
    x->has_y = !aus_status_machine(d->status);
    x->y = d->y;
    if (!x->has_y) x->charged = (uint8_t)o->conf.max_attempts;
    r.status = d->status;
    r.y = aus_zalloc(1, sizeof *r.y);
    r.y[0] = d->y;
    check_ok(aus_sched_recall(o->s, &r, &err), &err);
  }
}

static void world_add(world *o, int c, bool job)
{
  oseq *q = &o->seq[job][c];
  aus_task t = {.id = aus_trial_id(number_of(c), (uint32_t)q->n), .job = job, .kind = job};

  check_ok(aus_grow(&q->task, &q->cap, q->n + 1, sizeof *q->task, &err), &err);
  q->task[q->n] = (otask){.job = job};
  q->n++;
  o->n_tasks++;
  check_ok(aus_sched_add(o->s, &t, &err), &err);
  if (o->past) world_recall(o, c, &t);
}

static void world_by_arrival(world *o, int c)
{
  history *h = &o->past[c];
  aus_sched_past *past = aus_zalloc((size_t)h->n, sizeof *past);
  int64_t i;

  h->at = 0;
  h->n_before = h->n;
  for (i = 0; i < h->n; i++)
    past[i] = (aus_sched_past){h->deed[i].job, (int64_t)(h->deed[i].id & 0xffffffffu)};
  check_ok(aus_sched_campaign(o->s, number_of(c), o->by_arrival[c], past, h->n, &err), &err);
  aus_free(past);
}

/* ---- workers of the world ---- */

static double true_y(uint64_t id)
{
  return (double)(mix(id) >> 12);
}

static void reply(world *o, int w, const order *t, uint16_t status)
{
  event e = {
      .type = RESULT_ARRIVES, .worker = w, .order = *t, .status = status, .y = true_y(t->id)};
  double delay_s = latency(o);

  if (o->w[w].lies && uniform(o) < 0.2)
    e.y += 1;
  else if (o->rough && uniform(o) < 0.02) {
    event again = e;

    again.copy = true;
    post(o, delay_s + 60 * uniform(o), again);
  }
  post(o, delay_s, e);
}

static uint16_t outcome(const order *t)
{
  uint64_t h = mix(t->id * 2 + t->job);

  if (h % 41 == 0) return AUS_S_FAIL_SIM;
  if (h % 97 == 0) return AUS_S_FAIL_MEM;                   /* every time */
  if (mix(h + t->attempt) % 31 == 0) return AUS_S_FAIL_MEM; /* this time */
  return AUS_S_OK;
}

static void begin(world *o, int w)
{
  fake *f = &o->w[w];
  double u = o->rough ? uniform(o) : 1, last_s = -log(uniform(o));
  event e = {.type = DONE, .worker = w};

  if (f->dead || f->running || f->n == 0) return;
  f->running = true;
  e.epoch = ++f->epoch;
  e.status = outcome(&f->queue[0]);
  if (f->mortal && o->rough && uniform(o) < o->p_death) {
    f->dead = true;
    if (uniform(o) < 0.5) post(o, 3 * uniform(o), (event){.type = GONE, .worker = w});
    return;
  }
  if (u < 0.04)
    last_s = 40 * uniform(o); /* silent */
  else if (u < 0.05) {
    last_s = 1000; /* ignores its deadline, but lives */
    post(o, 1, (event){.type = PING, .worker = w, .epoch = f->epoch});
  } else if (u < 0.06) {
    last_s = 30; /* a long call, announced */
    post(o, 0.01, (event){.type = PROGRESS_ARRIVES, .worker = w, .expect_s = 20});
  } else if (u < 0.07) {
    last_s = f->queue[0].hard_s;
    e.status = AUS_S_TIMEOUT;
    post(o, 1, (event){.type = PING, .worker = w, .epoch = f->epoch});
  } else
    post(o, 1, (event){.type = PING, .worker = w, .epoch = f->epoch});
  post(o, last_s, e);
}

static void finish(world *o, int w, uint16_t status)
{
  fake *f = &o->w[w];
  order t = f->queue[0];

  f->n--;
  memmove(f->queue, f->queue + 1, (size_t)f->n * sizeof *f->queue);
  f->running = false;
  reply(o, w, &t, status);
  begin(o, w);
}

static void cancel_arrives(world *o, int w, const order *t)
{
  fake *f = &o->w[w];
  int i;

  for (i = 0; i < f->n; i++)
    if (f->queue[i].id == t->id && f->queue[i].job == t->job) break;
  if (f->dead || i == f->n) return; /* done already, or not there yet: its result will come */
  if (i == 0 && f->running) {
    if (uniform(o) < 0.7) {
      f->epoch++;
      finish(o, w, AUS_S_CANCELLED);
    }
    return;
  }
  reply(o, w, &f->queue[i], AUS_S_CANCELLED);
  f->n--;
  memmove(f->queue + i, f->queue + i + 1, (size_t)(f->n - i) * sizeof *f->queue);
}

/* ---- the account ---- */

static bool is_queued(const otask *t)
{
  return !t->final && t->owner == 0;
}

static bool retryable(uint16_t status)
{
  return status == AUS_S_FAIL_MEM || status == AUS_S_TIMEOUT || status == AUS_S_CRASHED;
}

static void charge(world *o, otask *t)
{
  t->owner = 0;
  t->charged++;
  if (t->charged == o->conf.max_attempts)
    t->final = true;
  else
    o->n_retries++;
}

static void life(world *o, int w, double expect_s)
{
  fake *f = &o->w[w];
  int i;

  f->heard_s = o->now_s;
  f->expect_s = expect_s;
  if (!f->lost || f->buried) return;
  f->lost = false;
  for (i = 0; i < f->n_account; i++) {
    otask *t = otask_of(o, f->account[i] >> 1, f->account[i] & 1);

    if (!is_queued(t) || t->asked >> w & 1 || o->frozen) continue;
    t->owner = (int8_t)w;
    t->charged = (uint8_t)(t->charged - (t->guilty >> w & 1));
    t->guilty &= ~(1u << w);
  }
}

static void account_result(world *o, const event *e)
{
  fake *f = &o->w[e->worker];
  otask *t = otask_of(o, e->order.id, e->order.job);
  uint64_t key = e->order.id << 1 | e->order.job;
  uint16_t status = e->status;
  bool held = false;
  int i;

  for (i = 0; i < f->n_account; i++)
    if (f->account[i] == key && t->held_attempt[e->worker] == e->order.attempt) {
      f->n_account--;
      memmove(f->account + i, f->account + i + 1, (size_t)(f->n_account - i) * sizeof *f->account);
      held = true;
      break;
    }
  if (status == AUS_S_CANCELLED && held && (!o->frozen || t->asked >> e->worker & 1))
    status = AUS_S_TIMEOUT; /* or nobody wants it */
  if (t->final) {
    /* Only a second execution that is on somebody's account is surely compared. */
    if (held && t->has_y && !aus_status_machine(status) && t->y != e->y) o->n_violations++;
  } else if (held && t->owner == e->worker && retryable(status))
    charge(o, t);
  else if (held && t->owner == e->worker && status == AUS_S_CANCELLED) {
    t->owner = 0; /* frozen: for free */
    o->n_asked_back++;
  } else if (!aus_status_machine(status)) {
    t->final = true;
    t->has_y = true;
    t->y = e->y;
    t->arrival = ++o->n_arrivals;
  }
  if (held) {
    t->held &= ~(1u << e->worker);
    t->asked &= ~(1u << e->worker);
  }
  life(o, e->worker, 0);
}

/* A worker that is known to be gone answers for nothing any more. */
static void clear_account(world *o, int w)
{
  fake *f = &o->w[w];

  f->gone = false;
  while (f->n_account > 0) {
    uint64_t key = f->account[--f->n_account];
    otask *t = otask_of(o, key >> 1, key & 1);

    t->held &= ~(1u << w);
    t->asked &= ~(1u << w);
  }
}

static void account_lost(world *o, int w)
{
  fake *f = &o->w[w];
  int i;

  f->lost = true;
  o->n_lost++;
  for (i = 0; i < f->n_account; i++) {
    otask *t = otask_of(o, f->account[i] >> 1, f->account[i] & 1);

    if (t->owner != w || t->final) continue;
    t->owner = 0;
    if (i > 0) continue;
    charge(o, t);
    t->guilty |= 1u << w;
  }
  if (f->gone) clear_account(o, w);
}

/* The campaign whose turn it is: the next number above the last served that has something queued. */
static int whose_turn(world *o, bool job, int64_t *index)
{
  int c, best = -1;
  uint32_t after = (uint32_t)o->last_served[job];
  uint64_t best_key = UINT64_MAX;

  for (c = 0; c < o->n_campaigns; c++) {
    oseq *q = &o->seq[job][c];
    uint64_t key = number_of(c) > after ? number_of(c) : (uint64_t)number_of(c) << 20;
    int64_t i;

    while (q->low < q->n && q->task[q->low].committed)
      q->low++;
    for (i = q->low; i < q->n; i++)
      if (is_queued(&q->task[i])) break;
    if (i == q->n || key >= best_key) continue;
    best_key = key;
    best = c;
    *index = i;
  }
  return best;
}

static void check_send(world *o, const aus_action *a)
{
  fake *f = &o->w[a->worker];
  const aus_task *task = a->task;
  otask *t = otask_of(o, task->id, task->job);
  int64_t index = 0;
  int c;

  if (!task->job) assert_int_equal(whose_turn(o, true, &index), -1); /* jobs before trials */
  c = whose_turn(o, task->job, &index);
  assert_true(c >= 0 && task->id == aus_trial_id(number_of(c), (uint32_t)index));
  o->last_served[task->job] = (int)number_of(c);
  assert_true(aus_sched_worker(o->s, a->worker) == AUS_W_BUSY && !f->lost);
  assert_int_equal(o->frozen, 0);
  assert_true(f->n_account <= o->conf.prefetch); /* before this one */
  assert_false(t->held >> a->worker & 1);
  assert_int_equal(task->attempt, t->charged);
  assert_true(task->attempt < o->conf.max_attempts);
  assert_true(task->hard_s > 0 && task->soft_s < task->hard_s);
  if (f->n_account == 0) {
    f->heard_s = o->now_s;
    f->expect_s = 0;
  }
  f->account[f->n_account++] = task->id << 1 | task->job;
  t->held |= 1u << a->worker;
  t->guilty &= ~(1u << a->worker);
  t->held_attempt[a->worker] = (uint8_t)task->attempt;
  t->owner = (int8_t)a->worker;
  o->n_sent++;
  post(o, latency(o),
       (event){.type = TASK_ARRIVES,
               .worker = a->worker,
               .order = {.id = task->id,
                         .job = task->job,
                         .attempt = task->attempt,
                         .hard_s = task->hard_s}});
}

/* First as in the earlier run, then as results have arrived; tasks that are given up have no result. */
static void check_order(world *o, int c, const aus_action *a, const otask *t)
{
  history *h = &o->past[c];
  oseq *q = &o->seq[a->task->job][c];

  if (h->at < h->n_before) {
    assert_true(h->deed[h->at].id == a->task->id && h->deed[h->at].job == a->task->job);
    h->at++;
    return;
  }
  check_ok(aus_grow(&h->deed, &h->cap, h->n + 1, sizeof *h->deed, &err), &err);
  h->deed[h->n++] = (deed){.id = a->task->id,
                           .job = a->task->job,
                           .status = a->result->status,
                           .y = a->result->n_y > 0 ? a->result->y[0] : 0};
  if (a->task->job || !t->has_y) return;
  assert_true(t->arrival > q->last_arrival);
  q->last_arrival = t->arrival;
  o->n_out_of_order += (int64_t)(a->task->id & 0xffffffffu) != q->n_committed;
}

static void check_commit(world *o, const aus_action *a)
{
  const aus_result *r = a->result;
  otask *t = otask_of(o, a->task->id, a->task->job);
  int c = campaign_of(a->task->id);
  oseq *q = &o->seq[a->task->job][c];

  assert_true(r->id == a->task->id && r->job == a->task->job);
  if (o->by_arrival[c]) check_order(o, c, a, t);
  if (!o->by_arrival[c] || a->task->job)
    assert_int_equal((int64_t)(r->id & 0xffffffffu), q->n_committed); /* in index order */
  assert_true(t->final && !t->committed);                             /* once */
  assert_true(r->attempt < o->conf.max_attempts);
  if (aus_status_machine(r->status)) /* only when there is no attempt left */
    assert_int_equal(t->charged, o->conf.max_attempts);
  else
    assert_true(t->has_y && r->n_y == 1 && r->y[0] == t->y);
  t->committed = true;
  q->n_committed++;
  o->n_committed++;
  o->n_failed += aus_status_failed(r->status);
  if (a->task->job) return;
  if (q->n < o->budget) world_add(o, c, false);
  if (q->n_committed % 5 == 0) world_add(o, c, true);
}

static void check_lost(world *o, const aus_action *a)
{
  int w = a->worker;
  fake *f = &o->w[w];
  const otask *t = f->n_account > 0 ? otask_of(o, f->account[0] >> 1, f->account[0] & 1) : NULL;

  /* What it was working on is charged, unless somebody else has it or it is done. */
  if (t && t->owner == w && !t->final) {
    assert_true(a->task && a->task->id == f->account[0] >> 1);
    assert_true(a->task->job == (f->account[0] & 1) && a->task->attempt == t->charged);
  } else
    assert_null(a->task);

  if (!f->dead) /* a dead one may have been reported */
    assert_true(o->now_s - f->heard_s >= fmax(o->conf.hang_after_s, 4 * f->expect_s) +
                                             o->conf.lost_after_s - o->conf.hang_after_s - 1e-9);
  account_lost(o, w);
}

/* When nothing is sent, nobody could have taken anything. */
static void check_idle(world *o)
{
  int64_t index;
  int w, job, c = whose_turn(o, true, &index);
  otask *t;

  job = c >= 0;
  if (!job) c = whose_turn(o, false, &index);
  if (c < 0) return;
  t = &o->seq[job][c].task[index];
  for (w = 1; w <= o->n_workers; w++) {
    aus_worker_state state = aus_sched_worker(o->s, w);

    if (state == AUS_W_IDLE || state == AUS_W_BUSY)
      assert_true(o->w[w].n_account > o->conf.prefetch || t->held >> w & 1);
  }
}

static void check_counts(world *o)
{
  aus_sched_stats x = aus_sched_count(o->s);
  int w;

  assert_int_equal(x.n_tasks, o->n_tasks);
  assert_int_equal(x.n_queued + x.n_running + x.n_returned + x.n_committed, x.n_tasks);
  assert_int_equal(x.n_committed, o->n_committed);
  assert_int_equal(x.n_failed, o->n_failed);
  assert_int_equal(x.n_violations, o->n_violations);
  assert_int_equal(x.n_retries, o->n_retries);
  for (w = 1; w <= o->n_workers; w++) {
    const fake *f = &o->w[w];
    aus_worker_state state = aus_sched_worker(o->s, w);

    assert_int_equal(state == AUS_W_LOST, f->lost);
    if (f->lost) continue;
    assert_int_equal(state == AUS_W_IDLE, f->n_account == 0);
    assert_int_equal(state == AUS_W_SUSPECT,
                     f->n_account > 0 &&
                         o->now_s - f->heard_s >= fmax(o->conf.hang_after_s, 4 * f->expect_s));
  }
}

static void act(world *o)
{
  aus_action a;

  do {
    check_ok(aus_sched_next(o->s, o->now_s, &a, &err), &err);
    switch (a.type) {
    case AUS_ACT_SEND:
      check_send(o, &a);
      break;
    case AUS_ACT_COMMIT:
      check_commit(o, &a);
      break;
    case AUS_ACT_CANCEL: {
      otask *t = otask_of(o, a.task->id, a.task->job);

      assert_true(t->held >> a.worker & 1);
      /* At the freeze those that wait are asked back, then all; any other is overdue or not wanted. */
      if (!o->freezing ||
          (o->frozen == 1 && o->w[a.worker].account[0] == (a.task->id << 1 | a.task->job)))
        t->asked |= 1u << a.worker;
      post(o, latency(o),
           (event){.type = CANCEL_ARRIVES,
                   .worker = a.worker,
                   .order = {.id = a.task->id, .job = a.task->job}});
      break;
    }
    case AUS_ACT_LOST:
      check_lost(o, &a);
      break;
    case AUS_ACT_VIOLATION:
      assert_true(a.result->y[0] != otask_of(o, a.task->id, a.task->job)->y);
      break;
    case AUS_ACT_NONE:
      if (!o->frozen) check_idle(o);
      break;
    }
  } while (a.type != AUS_ACT_NONE);
  check_counts(o);
}

static void result_arrives(world *o, const event *e)
{
  aus_result r = {.id = e->order.id,
                  .job = e->order.job,
                  .attempt = e->order.attempt,
                  .status = e->status,
                  .n_y = 1,
                  .cost_s = 1};

  r.y = aus_zalloc(1, sizeof *r.y);
  r.y[0] = e->y;
  account_result(o, e);
  check_ok(aus_sched_result(o->s, e->worker, &r, o->now_s, &err), &err);
}

static void happen(world *o, const event *e)
{
  fake *f = &o->w[e->worker];

  switch (e->type) {
  case TICK:
    post(o, 0.5, *e);
    break;
  case TASK_ARRIVES:
    assert_true(f->n < 64);
    f->queue[f->n++] = e->order;
    begin(o, e->worker);
    break;
  case CANCEL_ARRIVES:
    cancel_arrives(o, e->worker, &e->order);
    break;
  case DONE:
    if (!f->dead && e->epoch == f->epoch && f->running) finish(o, e->worker, e->status);
    break;
  case PING:
    if (f->dead || e->epoch != f->epoch || !f->running) break;
    post(o, latency(o), (event){.type = PROGRESS_ARRIVES, .worker = e->worker});
    post(o, 2, *e);
    break;
  case PROGRESS_ARRIVES:
    life(o, e->worker, e->expect_s);
    aus_sched_progress(o->s, e->worker, e->expect_s, o->now_s);
    break;
  case RESULT_ARRIVES:
    result_arrives(o, e);
    break;
  case GONE:
    aus_sched_gone(o->s, e->worker, o->now_s);
    f->gone = f->buried = true;
    if (f->lost) clear_account(o, e->worker); /* else at the action */
    break;
  }
}

static void freeze(world *o)
{
  o->freezing = o->freeze_s > 0 && o->now_s >= o->freeze_s + 10 * o->frozen && o->frozen < 2;
  if (o->freezing) aus_sched_freeze(o->s, o->frozen++ == 1);
}

/* Nothing was left behind that could have been committed, and nobody works any more. */
static void check_still(world *o)
{
  int job, c;
  int64_t i;

  for (job = 0; job < 2; job++)
    for (c = 0; c < o->n_campaigns; c++) {
      oseq *q = &o->seq[job][c];
      const history *h = o->by_arrival[c] ? &o->past[c] : NULL;
      const deed *d = h && h->at < h->n_before ? &h->deed[h->at] : NULL;

      if (d)
        assert_false(otask_of(o, d->id, d->job)->final);
      else if (!h || job)
        assert_false(q->n_committed < q->n && q->task[q->n_committed].final);
      for (i = 0; h && !d && !job && i < q->n; i++)
        assert_true(q->task[i].committed || !q->task[i].final);
      for (i = 0; i < q->n; i++)
        assert_true(q->task[i].final || q->task[i].owner == 0);
    }
}

static void run_world(world *o)
{
  int c, w, i;

  check_ok(aus_sched_create(&o->s, &o->conf, o->n_workers, &err), &err);
  aus_heap_init(&o->heap);
  for (c = 0; c < o->n_campaigns; c++)
    if (o->by_arrival[c]) world_by_arrival(o, c);
  for (c = 0; c < o->n_campaigns; c++)
    for (i = 0; i < o->lag && i < o->budget; i++)
      world_add(o, c, false);
  for (w = 1; w <= o->n_workers; w++)
    aus_sched_hello(o->s, w, false, 0);
  post(o, 0, (event){.type = TICK});
  while (!aus_sched_done(o->s) && !aus_sched_still(o->s)) {
    aus_heap_item x = aus_heap_pop(&o->heap);
    event e = o->event[x.data];

    check_ok(aus_grow(&o->spare, &o->cap_spare, o->n_spare + 1, sizeof *o->spare, &err), &err);
    o->spare[o->n_spare++] = (int64_t)x.data;
    o->now_s = x.t;
    assert_true(o->now_s < o->most_s);
    happen(o, &e);
    freeze(o);
    act(o);
  }
  if (aus_sched_done(o->s))
    assert_int_equal(o->n_committed, o->n_tasks);
  else
    check_still(o);
  aus_sched_destroy(o->s);
  aus_heap_fini(&o->heap);
  aus_free(o->event);
  aus_free(o->spare);
  for (c = 0; c < o->n_campaigns; c++)
    for (i = 0; i < 2; i++)
      aus_free(o->seq[i][c].task);
}

typedef struct sums {
  int64_t n, n_lost, n_retries, n_violations, n_failed;
} sums;

static void add_up(sums *to, const world *o)
{
  to->n += o->n_tasks;
  to->n_lost += o->n_lost;
  to->n_retries += o->n_retries;
  to->n_violations += o->n_violations;
  to->n_failed += o->n_failed;
}

static void show(const sums *x)
{
  print_message("# %ld tasks, %ld losses, %ld retries, %ld failed, %ld violations\n", (long)x->n,
                (long)x->n_lost, (long)x->n_retries, (long)x->n_failed, (long)x->n_violations);
}

static const aus_sched_conf hasty = {.max_attempts = 2,
                                     .timeout_min_s = 20,
                                     .timeout_first_s = 50,
                                     .hang_after_s = 5,
                                     .lost_after_s = 15};

/* Runs of different shapes; the sums show that the world was as hostile as intended. */
static void adversary(void **state)
{
  static world o;
  sums x = {0};
  int64_t n_asked_back = 0, n_left = 0, live = aus_alloc_live();
  int run, n_runs = getenv("AUS_CHECK_LONG") ? 4000 : 400, w;

  (void)state;
  for (run = 0; run < n_runs; run++) {
    memset(&o, 0, sizeof o);
    o.seed = mix((uint64_t)run);
    o.rough = run % 8 != 0;
    o.p_death = 0.01;
    o.most_s = 1e5;
    o.conf = hasty;
    o.conf.prefetch = run % 4;
    o.conf.max_attempts = 2 + run % 2;
    o.n_workers = 1 + run % MAX_WORKERS;
    o.n_campaigns = run % 3 ? 1 + run % 20 : MAX_CAMPAIGNS;
    o.budget = 300 / o.n_campaigns + 1;
    o.lag = 1 + run % 9;
    for (w = 2; w <= o.n_workers; w++)
      o.w[w].mortal = true;
    o.w[o.n_workers].lies = run % 5 == 0;
    if (run % 5 == 0) o.w[o.n_workers].mortal = false;
    if (run % 4 == 2) o.freeze_s = 100 * uniform(&o);
    if (getenv("AUS_CHECK_VERBOSE")) fprintf(stderr, "# run %d\n", run);
    run_world(&o);
    add_up(&x, &o);
    n_asked_back += o.n_asked_back;
    n_left += o.n_tasks - o.n_committed;
  }
  show(&x);
  print_message("# frozen: %ld asked back, %ld left\n", (long)n_asked_back, (long)n_left);
  assert_true(x.n >= 100000 && n_asked_back > 20 && n_left > 100);
  assert_true(x.n_lost > x.n / 200 && x.n_retries > x.n / 50);
  assert_true(x.n_failed > x.n / 100 && x.n_violations > 0);
  assert_int_equal(aus_alloc_live(), live);
}

static void shape(world *o, int run, int life)
{
  int w;

  memset(o, 0, sizeof *o);
  o->seed = mix((uint64_t)run * 8 + (uint64_t)life + 77777);
  o->rough = run % 8 != 0;
  o->p_death = 0.01;
  o->most_s = 1e5;
  o->conf = hasty;
  o->conf.prefetch = run % 3;
  o->n_workers = 1 + (run + life) % MAX_WORKERS;
  o->n_campaigns = 1 + run % 7;
  o->budget = 120 / o->n_campaigns + 1;
  o->lag = 1 + run % 9;
  for (w = 2; w <= o->n_workers; w++)
    o->w[w].mortal = true;
}

/* Campaigns by arrival beside others, interrupted twice: each life does again what the ones before have done, in
 * their order, whatever has to be worked on once more. */
static void adversary_of_arrivals(void **state)
{
  static world o;
  static history past[MAX_CAMPAIGNS];
  int64_t live = aus_alloc_live(), n_before = 0, n_disorder = 0, n_again = 0, n = 0;
  int run, n_runs = getenv("AUS_CHECK_LONG") ? 2000 : 200, life, c;

  (void)state;
  for (run = 0; run < n_runs; run++) {
    memset(past, 0, sizeof past);
    for (life = 0; life < 3; life++) {
      shape(&o, run, life);
      o.past = past;
      for (c = 0; c < o.n_campaigns; c++)
        o.by_arrival[c] = (c + run) % 3 != 0;
      if (life < 2) o.freeze_s = 1 + 40 * uniform(&o);
      if (getenv("AUS_CHECK_VERBOSE")) fprintf(stderr, "# run %d life %d\n", run, life);
      run_world(&o);
      n_disorder += o.n_out_of_order;
      n_again += o.n_again;
      for (c = 0; c < o.n_campaigns; c++)
        n_before += past[c].n_before;
      n += o.n_committed;
    }
    for (c = 0; c < MAX_CAMPAIGNS; c++)
      aus_free(past[c].deed);
  }
  print_message("# %ld commits, %ld repeated, %ld of them worked on again, %ld out of order\n",
                (long)n, (long)n_before, (long)n_again, (long)n_disorder);
  assert_true(n_before > 5000 && n_again > 500 && n_disorder > 2000);
  assert_int_equal(aus_alloc_live(), live);
}

/* One campaign of 100,000 trials, with a job after every fifth; all but one of the workers die on the way. */
static void long_campaign(void **state)
{
  static world o;
  sums x = {0};
  int w;

  (void)state;
  memset(&o, 0, sizeof o);
  o.seed = 1;
  o.rough = true;
  o.p_death = 1e-4;
  o.most_s = 1e7;
  o.conf = hasty;
  o.conf.prefetch = 1;
  o.n_workers = MAX_WORKERS;
  o.n_campaigns = 1;
  o.budget = 100000;
  o.lag = 20;
  for (w = 2; w <= o.n_workers; w++)
    o.w[w].mortal = true;
  run_world(&o);
  add_up(&x, &o);
  show(&x);
  assert_int_equal(x.n, 120000);
  assert_true(x.n_lost > 100 && x.n_retries > 1000 && x.n_failed > 1000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(order_of_sending),
      cmocka_unit_test(least_burdened_worker_first),
      cmocka_unit_test(local_worker_is_the_last_resort),
      cmocka_unit_test(local_worker_rests),
      cmocka_unit_test(commits_in_order),
      cmocka_unit_test(commits_by_arrival),
      cmocka_unit_test(commits_as_before),
      cmocka_unit_test(the_past_leads_nowhere),
      cmocka_unit_test(deadlines),
      cmocka_unit_test(overdue),
      cmocka_unit_test(cancelled_by_nobody),
      cmocka_unit_test(silence),
      cmocka_unit_test(never_came),
      cmocka_unit_test(late_results),
      cmocka_unit_test(takes_up_again),
      cmocka_unit_test(poison),
      cmocka_unit_test(charged_before),
      cmocka_unit_test(lost_names_the_task),
      cmocka_unit_test(dead_and_given_up),
      cmocka_unit_test(memory_is_given_back),
      cmocka_unit_test(stopping),
      cmocka_unit_test(called_off),
      cmocka_unit_test(frozen),
      cmocka_unit_test(frozen_at_once),
      cmocka_unit_test(in_time),
      cmocka_unit_test(refusals),
      cmocka_unit_test(out_of_memory),
      cmocka_unit_test(adversary),
      cmocka_unit_test(adversary_of_arrivals),
      cmocka_unit_test(long_campaign),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
