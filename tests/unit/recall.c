/* recall.c - records of the engine read back; tasks answered from them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "check.h"
#include "engine/memory.h"
#include "engine/recall.h"
#include "util/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double y[] = {0.25, -3};

static aus_task a_task(uint32_t campaign, uint32_t index)
{
  return (aus_task){.id = aus_trial_id(campaign, index), .kind = 2, .fidelity = 1};
}

static aus_result a_result(uint32_t campaign, uint32_t index)
{
  aus_result r = {
      .id = aus_trial_id(campaign, index), .n_y = 2, .y = y, .cost_s = 0.125, .rss_bytes = 4096};

  aus_err_clear(&r.err);
  return r;
}

/* Feeds one record. */
static int feed(aus_recall *r, int type, int flags, const aus_buf *b, aus_err *err)
{
  static uint64_t sequence;
  aus_record record = {.type = (uint16_t)type,
                       .flags = (uint16_t)flags,
                       .sequence = sequence++,
                       .n = (uint32_t)b->n,
                       .payload = b->data};

  aus_err_clear(err);
  return aus_recall_record(r, &record, err);
}

static void feed_start(aus_recall *r, uint32_t campaign, uint32_t index)
{
  aus_task t = a_task(campaign, index);
  aus_buf b;
  aus_err err;

  aus_buf_init(&b);
  aus_recall_encode_start(&t, 3, "host", &b);
  check_ok(feed(r, AUS_R_START, 0, &b, &err), &err);
  aus_buf_fini(&b);
}

static void feed_commit(aus_recall *r, uint32_t campaign, uint32_t index, uint16_t status)
{
  aus_task t = a_task(campaign, index);
  aus_result x = a_result(campaign, index);
  uint32_t digest;
  aus_buf b;
  aus_err err;

  aus_buf_init(&b);
  x.status = status;
  check_ok(aus_task_digest(&t, &digest, &err), &err);
  aus_recall_encode_commit(digest, 0, 1e9, 3, &x, &b);
  check_ok(feed(r, AUS_R_COMMIT, 0, &b, &err), &err);
  aus_buf_fini(&b);
}

static void feed_text(aus_recall *r, aus_note what, const char *text)
{
  aus_buf b;
  aus_err err;

  aus_buf_init(&b);
  aus_buf_text(&b, text);
  check_ok(feed(r, AUS_R_NOTE, (int)what, &b, &err), &err);
  aus_buf_fini(&b);
}

static aus_recall *a_recall(void)
{
  aus_recall *r;
  aus_err err;

  check_ok(aus_recall_create(&r, &err), &err);
  return r;
}

static void results(void **state)
{
  aus_recall *r = a_recall();
  const aus_recalled *x;
  uint32_t i;

  (void)state;
  assert_null(aus_recall_find(r, 1, false));
  for (i = 0; i < 5000; i++)
    feed_commit(r, 1 + i % 7, i / 7, i % 3 == 2 ? AUS_S_FAIL_SIM : AUS_S_OK);
  feed_commit(r, 9, 0, AUS_S_CANCELLED); /* not remembered */
  assert_int_equal(aus_recall_n_commits(r), 5000);
  for (i = 0; i < 5000; i++) {
    x = aus_recall_find(r, aus_trial_id(1 + i % 7, i / 7), false);
    assert_non_null(x);
    assert_int_equal(x->result.status, i % 3 == 2 ? AUS_S_FAIL_SIM : AUS_S_OK);
    assert_true(x->start_s == 1e9 && x->worker == 3 && x->result.y[1] == -3);
  }
  assert_null(aus_recall_find(r, aus_trial_id(9, 0), false));
  assert_null(aus_recall_find(r, aus_trial_id(1, 0), true)); /* no job */
  aus_recall_destroy(r);
}

static void feed_job(aus_recall *r, uint32_t campaign, uint32_t index)
{
  aus_result x = a_result(campaign, index);
  aus_buf b;
  aus_err err;

  aus_buf_init(&b);
  x.job = true;
  aus_recall_encode_commit(0, 0, 1e9, 3, &x, &b);
  check_ok(feed(r, AUS_R_COMMIT, 0, &b, &err), &err);
  aus_buf_fini(&b);
}

/* Trials and jobs of a campaign by their first commit; what was called off is not among them. */
static void order(void **state)
{
  static const aus_sched_past want[] = {{false, 2}, {true, 0}, {false, 0}, {false, 3}};
  aus_recall *r = a_recall();
  aus_sched_past *got;
  int64_t i, n;
  uint32_t k;
  aus_err err;

  (void)state;
  feed_commit(r, 1, 2, AUS_S_OK);
  feed_commit(r, 2, 1, AUS_S_OK);
  feed_job(r, 1, 0);
  feed_commit(r, 1, 1, AUS_S_CANCELLED);
  for (k = 0; k < 3000; k++) /* the table grows on the way */
    feed_commit(r, 3, k ^ 5, AUS_S_OK);
  feed_commit(r, 1, 0, AUS_S_TIMEOUT);
  feed_commit(r, 1, 2, AUS_S_OK); /* again */
  feed_commit(r, 1, 3, AUS_S_FAIL_SIM);
  check_ok(aus_recall_order(r, 1, &got, &n, &err), &err);
  assert_int_equal(n, 4);
  for (i = 0; i < n; i++)
    assert_true(got[i].job == want[i].job && got[i].index == want[i].index);
  aus_free(got);
  check_ok(aus_recall_order(r, 3, &got, &n, &err), &err);
  assert_int_equal(n, 3000);
  for (i = 0; i < n; i++)
    assert_true(!got[i].job && got[i].index == (i ^ 5));
  aus_free(got);
  check_ok(aus_recall_order(r, 4, &got, &n, &err), &err);
  assert_int_equal(n, 0);
  aus_free(got);
  aus_recall_destroy(r);
}

/* A blob counts with the commit of its maker. */
static void blobs(void **state)
{
  aus_recall *r = a_recall();
  aus_result x = a_result(4, 5);
  aus_blob small = {.key = {4, 77}, .n = 3, .bytes = (char[]){1, 2, 3}},
           large = {.key = {4, 78}, .n = 20000, .range = {4, 2, 6, 100, 20000, 7}};
  const aus_recalled *got;
  aus_buf b;
  aus_err err;

  (void)state;
  aus_buf_init(&b);
  aus_recall_encode_model(&x, &small, &b);
  check_ok(feed(r, AUS_R_MODEL, 0, &b, &err), &err);
  assert_null(aus_recall_find(r, x.id, false));
  aus_buf_clear(&b);
  aus_recall_encode_model(&x, &large, &b);
  check_ok(feed(r, AUS_R_MODEL, 0, &b, &err), &err);
  feed_commit(r, 4, 5, AUS_S_OK);
  got = aus_recall_find(r, x.id, false);
  assert_int_equal(got->n_stored, 2);
  assert_false(got->stored[0].in_shard);
  assert_memory_equal(got->stored[0].bytes, small.bytes, 3);
  assert_true(got->stored[1].in_shard && got->stored[1].n == 20000);
  assert_memory_equal(&got->stored[1].range, &large.range, sizeof large.range);
  assert_int_equal(got->stored[1].key.index, 78);
  aus_buf_fini(&b);
  aus_recall_destroy(r);
}

static void decisions(void **state)
{
  aus_recall *r = a_recall();
  aus_buf b;
  aus_err err;

  (void)state;
  aus_buf_init(&b);
  aus_buf_u64(&b, 12);
  aus_buf_f64(&b, 0.5);
  assert_int_equal(aus_recall_decision(r, AUS_R_PROPOSE, &b), AUS_DECIDED_NOT);
  check_ok(feed(r, AUS_R_PROPOSE, 0, &b, &err), &err);
  assert_int_equal(aus_recall_decision(r, AUS_R_PROPOSE, &b), AUS_DECIDED_SAME);
  assert_int_equal(aus_recall_decision(r, AUS_R_STOPPED, &b), AUS_DECIDED_NOT);
  aus_buf_u8(&b, 1);
  assert_int_equal(aus_recall_decision(r, AUS_R_PROPOSE, &b), AUS_DECIDED_OTHERWISE);
  aus_buf_fini(&b);
  aus_recall_destroy(r);
}

static void stuck(void **state)
{
  aus_recall *r = a_recall();
  uint64_t id;
  bool job;
  int i;

  (void)state;
  feed_start(r, 1, 0);
  feed_commit(r, 1, 0, AUS_S_OK);
  assert_int_equal(aus_recall_stuck(r, &id, &job), 0);
  for (i = 1; i <= 5; i++) {
    feed_start(r, 1, 1);
    assert_int_equal(aus_recall_stuck(r, &id, &job), i);
    assert_true(id == aus_trial_id(1, 1) && !job);
    feed_text(r, AUS_NOTE_RESUMED, "");
  }
  assert_int_equal(aus_recall_n_resumes(r), 5);
  /* A run in which it did not start breaks the row, and so does a commit. */
  feed_text(r, AUS_NOTE_RESUMED, "");
  feed_start(r, 1, 1);
  assert_int_equal(aus_recall_stuck(r, &id, &job), 1);
  feed_text(r, AUS_NOTE_RESUMED, "");
  feed_start(r, 1, 1);
  feed_commit(r, 2, 0, AUS_S_OK);
  assert_int_equal(aus_recall_stuck(r, &id, &job), 1);
  aus_recall_destroy(r);
}

static void feed_charge(aus_recall *r, uint32_t campaign, uint32_t index, bool job, int n)
{
  aus_buf b;
  aus_err err;

  aus_buf_init(&b);
  aus_recall_encode_charged(&(aus_charge){.id = aus_trial_id(campaign, index), .job = job, .n = n},
                            &b);
  check_ok(feed(r, AUS_R_NOTE, AUS_NOTE_CHARGED, &b, &err), &err);
  aus_buf_fini(&b);
}

static void charges(void **state)
{
  aus_recall *r = a_recall();
  const uint64_t id = aus_trial_id(5, 0);

  (void)state;
  assert_int_equal(aus_recall_charged(r, id, false), 0);
  feed_charge(r, 5, 0, false, 2);
  feed_charge(r, 5, 0, false, 1); /* of less */
  feed_charge(r, 5, 1, true, 1);
  assert_int_equal(aus_recall_charged(r, id, false), 2);
  assert_int_equal(aus_recall_charged(r, id, true), 0);
  assert_int_equal(aus_recall_charged(r, aus_trial_id(5, 1), true), 1);
  feed_commit(r, 5, 0, AUS_S_OK); /* it came through */
  assert_int_equal(aus_recall_charged(r, id, false), 0);
  feed_charge(r, 5, 0, false, 1); /* done again, because the configuration was changed */
  assert_int_equal(aus_recall_charged(r, id, false), 1);
  aus_recall_destroy(r);
}

static void notes(void **state)
{
  aus_recall *r = a_recall();

  (void)state;
  assert_null(aus_recall_config(r));
  feed_text(r, AUS_NOTE_RUN, "{\"n\":1}");
  feed_text(r, AUS_NOTE_RUN, "{\"n\":2}");
  feed_text(r, AUS_NOTE_SIGNAL, "SIGUSR1");
  assert_string_equal(aus_recall_config(r), "{\"n\":2}");
  aus_recall_destroy(r);
}

static void senseless(void **state)
{
  static const int types[] = {AUS_R_START, AUS_R_MODEL, AUS_R_COMMIT, AUS_R_PROPOSE};
  aus_recall *r = a_recall();
  aus_buf b;
  aus_err err;
  size_t i;

  (void)state;
  aus_buf_init(&b);
  aus_buf_u32(&b, 1);
  for (i = 0; i < sizeof types / sizeof types[0]; i++)
    check_fails(feed(r, types[i], 0, &b, &err), AUS_EIO, "makes no sense", &err);
  check_fails(feed(r, AUS_R_NOTE, AUS_NOTE_CHARGED, &b, &err), AUS_EIO, "makes no sense", &err);
  check_ok(feed(r, 99, 0, &b, &err), &err); /* of a later version */
  aus_buf_fini(&b);
  aus_recall_destroy(r);
}

/* ---- answers to a scheduler ---- */

static aus_sched *a_sched(void)
{
  static const aus_sched_conf conf = {.prefetch = 1,
                                      .max_attempts = 2,
                                      .timeout_min_s = 60,
                                      .timeout_first_s = 3600,
                                      .hang_after_s = 30,
                                      .lost_after_s = 90};
  aus_sched *s;
  aus_err err;

  check_ok(aus_sched_create(&s, &conf, 1, &err), &err);
  return s;
}

static const aus_blobs blobs_of_nobody;

static void add(aus_sched *s, aus_memory *m, uint32_t index, int expected)
{
  aus_task t = a_task(1, index);
  aus_err err;

  aus_err_clear(&err);
  assert_int_equal(aus_memory_add(m, s, &t, &blobs_of_nobody, &err), expected);
}

/* Trials 0 and 2 are known, 1 is not: 1 is sent, and all are committed in order. */
static void answers(void **state)
{
  aus_recall *r = a_recall();
  aus_sched *s = a_sched();
  aus_memory m = {.recall = r};
  aus_action a;
  aus_result x = a_result(1, 1);
  aus_err err;
  uint32_t i, n = 0;

  (void)state;
  feed_commit(r, 1, 0, AUS_S_OK);
  feed_commit(r, 1, 2, AUS_S_FAIL_SIM);
  aus_sched_hello(s, 1, false, 0);
  for (i = 0; i < 3; i++)
    add(s, &m, i, AUS_OK);
  check_ok(aus_sched_next(s, 0, &a, &err), &err);
  assert_int_equal(a.type, AUS_ACT_SEND);
  assert_true(a.task->id == aus_trial_id(1, 1));
  x.y = malloc(sizeof y);
  memcpy(x.y, y, sizeof y);
  for (;;) {
    check_ok(aus_sched_next(s, 0, &a, &err), &err);
    if (a.type == AUS_ACT_NONE && n == 1) {
      check_ok(aus_sched_result(s, 1, &x, 1, &err), &err);
      continue;
    }
    if (a.type == AUS_ACT_NONE) break;
    assert_int_equal(a.type, AUS_ACT_COMMIT);
    assert_true(a.task->id == aus_trial_id(1, n));
    assert_int_equal(a.result->status, n == 2 ? AUS_S_FAIL_SIM : AUS_S_OK);
    assert_int_equal(a.worker, n == 1);
    n++;
  }
  assert_int_equal(n, 3);
  assert_true(aus_sched_done(s));
  aus_sched_destroy(s);
  aus_recall_destroy(r);
}

/* The journal has trial 1 before trial 0, and has lost the rows of 1: that is done again, and 0 waits for it. */
static void answers_by_arrival(void **state)
{
  aus_recall *r = a_recall();
  aus_sched *s = a_sched();
  aus_memory m = {.recall = r};
  aus_action a;
  aus_result x = a_result(1, 1);
  aus_err err;
  uint32_t i;

  (void)state;
  feed_commit(r, 1, 1, AUS_S_OK);
  feed_commit(r, 1, 0, AUS_S_OK);
  aus_recall_find(r, aus_trial_id(1, 1), false)->damaged = true;
  check_ok(aus_memory_campaign(&m, s, 1, true, &err), &err);
  aus_sched_hello(s, 1, false, 0);
  for (i = 0; i < 2; i++)
    add(s, &m, i, AUS_OK);
  check_ok(aus_sched_next(s, 0, &a, &err), &err);
  assert_int_equal(a.type, AUS_ACT_SEND);
  assert_true(a.task->id == aus_trial_id(1, 1));
  check_ok(aus_sched_next(s, 0, &a, &err), &err);
  assert_int_equal(a.type, AUS_ACT_NONE);
  x.y = NULL;
  x.n_y = 0;
  check_ok(aus_sched_result(s, 1, &x, 1, &err), &err);
  for (i = 2; i-- > 0;) {
    check_ok(aus_sched_next(s, 1, &a, &err), &err);
    assert_int_equal(a.type, AUS_ACT_COMMIT);
    assert_true(a.task->id == aus_trial_id(1, i));
  }
  assert_true(aus_sched_done(s));
  aus_sched_destroy(s);
  aus_recall_destroy(r);
}

static void another_task(void **state)
{
  aus_recall *r = a_recall();
  aus_sched *s = a_sched();
  aus_memory m = {.recall = r};
  aus_task t = a_task(1, 0);
  aus_err err;

  (void)state;
  feed_commit(r, 1, 0, AUS_S_OK);
  t.scenario = 8;
  check_fails(aus_memory_add(&m, s, &t, &blobs_of_nobody, &err), AUS_EBUG,
              "trial 1:0 is not the task that the journal has a result of", &err);
  /* Where the budget was raised, it is done again. */
  aus_recall_loosen(r);
  check_ok(aus_memory_add(&m, s, &t, &blobs_of_nobody, &err), &err);
  assert_int_equal(aus_sched_count(s).n_queued, 1);
  aus_sched_destroy(s);
  aus_recall_destroy(r);
}

/* Attempts that are used up count for a task that is done again, not for one that is answered. */
static void charged_again(void **state)
{
  aus_recall *r = a_recall();
  aus_sched *s = a_sched();
  aus_memory m = {.recall = r};
  aus_task t = a_task(1, 1);
  aus_action a;
  aus_err err;
  uint32_t i;
  uint64_t id;
  bool job;

  (void)state;
  for (i = 0; i < 2; i++) {
    feed_commit(r, 1, i, AUS_S_OK);
    feed_charge(r, 1, i, false, 2);
  }
  feed_start(r, 1, 1);
  assert_int_equal(aus_recall_stuck(r, &id, &job), 0);
  aus_recall_loosen(r);
  assert_int_equal(aus_recall_stuck(r, &id, &job), 1);
  assert_true(id == t.id && !job);
  add(s, &m, 0, AUS_OK);
  t.scenario = 8; /* another task than before */
  check_ok(aus_memory_add(&m, s, &t, &blobs_of_nobody, &err), &err);
  for (i = 0; i < 2; i++) {
    check_ok(aus_sched_next(s, 0, &a, &err), &err);
    assert_int_equal(a.type, AUS_ACT_COMMIT);
    assert_true(a.task->id == aus_trial_id(1, i));
    assert_int_equal(a.result->status, i == 0 ? AUS_S_OK : AUS_S_CRASHED);
  }
  aus_sched_destroy(s);
  aus_recall_destroy(r);
}

/* Reading rows may last: a hook is asked before each commit. */
static aus_poll_answer count_down(void *self)
{
  return --*(int *)self < 0 ? AUS_POLL_STOP : AUS_POLL_CONTINUE;
}

static void rows_are_watched(void **state)
{
  aus_recall *r = a_recall();
  int n_left = 100;
  const aus_poll poll = {.self = &n_left, .look = count_down};
  int64_t n_bad = -1;
  aus_err err;
  uint32_t i;

  (void)state;
  for (i = 0; i < 7; i++)
    feed_commit(r, 1, i, AUS_S_OK); /* without rows */
  check_ok(aus_recall_check_rows(r, "x.run", NULL, 1, &poll, &n_bad, &err), &err);
  assert_int_equal(n_left, 93);
  assert_int_equal(n_bad, 0);
  n_left = 3;
  check_fails(aus_recall_check_rows(r, "x.run", NULL, 1, &poll, &n_bad, &err), AUS_ECANCEL,
              "x.run: stopped before all rows were read", &err);
  check_ok(aus_recall_check_rows(r, "x.run", NULL, 1, NULL, &n_bad, &err), &err);
  aus_recall_destroy(r);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(order),
      cmocka_unit_test(answers_by_arrival),
      cmocka_unit_test(results),
      cmocka_unit_test(blobs),
      cmocka_unit_test(decisions),
      cmocka_unit_test(stuck),
      cmocka_unit_test(charges),
      cmocka_unit_test(notes),
      cmocka_unit_test(senseless),
      cmocka_unit_test(answers),
      cmocka_unit_test(another_task),
      cmocka_unit_test(charged_again),
      cmocka_unit_test(rows_are_watched),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
