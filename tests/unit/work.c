/* work.c - a worker and a manager played by the test: CANCEL and STOP at every moment, blobs, signs of life,
 * messages that do not belong.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "unit/tempdir.h"

#include "engine/wire.h"
#include "engine/work.h"
#include "util/clock.h"

static aus_err err;
static char dir[256];
static aus_comm *boss;
static aus_worker *worker;
static uint64_t ran[16];
static int n_ran, n_polls;
static void (*at_poll)(int n);

/* scenario 0: returns at once; 1: until told to stop, at most 2 s; 2: polls 0.15 s and goes on. */
static int run(void *self, aus_work *w, aus_err *e)
{
  const aus_task *t = aus_work_task(w);
  double t0_s = aus_clock_s();

  (void)self;
  ran[n_ran++] = t->id;
  while (t->scenario > 0 && aus_clock_s() < t0_s + (t->scenario == 1 ? 2 : 0.15))
    if (aus_poll_now(aus_work_poll(w)) != AUS_POLL_CONTINUE)
      return aus_fail(e, AUS_ECANCEL, AUS_HERE, "told to stop");
  return t->scenario == 1 ? aus_fail(e, AUS_EBUG, AUS_HERE, "not told") : AUS_OK;
}

static aus_poll_answer on_poll(void *self)
{
  (void)self;
  n_polls++;
  if (at_poll) at_poll(n_polls);
  return AUS_POLL_CONTINUE;
}

static void begin_at(const aus_topo *topo)
{
  static const aus_kind kind = {.name = "probe", .y_names = NULL, .n_y = 0, .run = run};
  const aus_worker_conf conf = {.kinds = &kind,
                                .n_kinds = 1,
                                .dir = dir,
                                .shard_stride = 1,
                                .progress_s = 0.04,
                                .topo = topo,
                                .on_poll = on_poll};

  n_ran = n_polls = 0;
  at_poll = NULL;
  check_ok(aus_comm_open_local(&boss, &err), &err);
  check_ok(aus_worker_create(&worker, aus_comm_local_worker(boss), &conf, &err), &err);
}

static void begin(void)
{
  begin_at(NULL);
}

static void end(void)
{
  check_ok(aus_worker_destroy(worker, &err), &err);
  aus_comm_close(boss, false);
}

static void give(uint32_t index, int64_t scenario, bool job, aus_blob_key *need)
{
  aus_task t = {.id = aus_trial_id(1, index),
                .job = job,
                .scenario = scenario,
                .n_needs = need != NULL,
                .needs = need};
  aus_buf b;

  aus_buf_init(&b);
  aus_task_encode(&t, &b);
  check_ok(
      aus_wire_send(boss, 1,
                    (aus_msg){.type = job ? AUS_MSG_JOB : AUS_MSG_TASK, .id = t.id, .campaign = 1},
                    &b, &err),
      &err);
  aus_buf_fini(&b);
}

static void cancel(uint32_t index, bool job)
{
  check_ok(aus_wire_send(boss, 1,
                         (aus_msg){.type = AUS_MSG_CANCEL,
                                   .id = aus_trial_id(1, index),
                                   .campaign = 1,
                                   .flags = job ? AUS_WIRE_JOB : 0},
                         NULL, &err),
           &err);
}

static void stop(aus_wire_mode mode)
{
  aus_buf b;

  aus_buf_init(&b);
  aus_wire_stop_encode(&(aus_wire_stop){.mode = (uint8_t)mode}, &b);
  check_ok(aus_wire_send(boss, 1, (aus_msg){.type = AUS_MSG_STOP}, &b, &err), &err);
  aus_buf_fini(&b);
}

/* Turns until nothing is done any more. */
static bool work(void)
{
  bool active = true, stopped = false;

  while (active && !stopped)
    check_ok(aus_worker_step(worker, &active, &stopped, &err), &err);
  return stopped;
}

/* The next message of this type from the worker; others are passed over. */
static aus_msg hear(aus_msg_type type)
{
  aus_msg m;
  bool got;

  do {
    check_ok(aus_comm_receive(boss, false, &m, &got, &err), &err);
    if (!got) fail_msg("no message of type %d", type);
  } while (m.type != type);
  return m;
}

static void hear_result(uint32_t index, bool job, aus_status status)
{
  aus_msg m = hear(job ? AUS_MSG_JOBRES : AUS_MSG_RESULT);
  aus_result r;

  check_ok(aus_result_decode(&r, m.payload, m.n, &err), &err);
  assert_true(r.id == aus_trial_id(1, index) && r.job == job && m.id == r.id);
  assert_int_equal(r.status, status);
  aus_result_fini(&r);
}

static void says_hello(void **state)
{
  aus_wire_hello h;
  aus_msg m;

  (void)state;
  begin();
  m = hear(AUS_MSG_HELLO);
  check_ok(aus_wire_hello_decode(&h, &m, &err), &err);
  assert_string_equal(h.kinds, "probe");
  assert_string_equal(h.build, AUS_GIT_REVISION);
  assert_true(h.pid > 0 && h.n_cores > 0 && h.memory_bytes > 1 << 20 && h.host[0]);
  end();
}

/* A topology that could not be read says nothing; the cores are counted as without one. */
static void says_where_it_is(void **state)
{
  static const aus_topo known = {.n_pus = 4711, .numa = 3}, unknown = {.core = -1, .numa = -1};
  const aus_topo *const topo[] = {&known, &unknown, NULL};
  uint32_t n_cores[3];
  int32_t numa[3];
  int i;

  (void)state;
  for (i = 0; i < 3; i++) {
    aus_wire_hello h;
    aus_msg m;

    begin_at(topo[i]);
    m = hear(AUS_MSG_HELLO);
    check_ok(aus_wire_hello_decode(&h, &m, &err), &err);
    n_cores[i] = h.n_cores;
    numa[i] = h.numa;
    end();
  }
  assert_true(n_cores[0] == 4711 && numa[0] == 3);
  assert_true(n_cores[1] > 0 && n_cores[1] == n_cores[2] && numa[1] == -1 && numa[2] == -1);
}

static void cancel_running(int n)
{
  if (n == 1) cancel(0, true); /* a job of that number: not meant */
  if (n == 2) cancel(0, false);
}

static void cancel_while_running(void **state)
{
  (void)state;
  begin();
  at_poll = cancel_running;
  give(0, 1, false, NULL);
  assert_false(work());
  hear_result(0, false, AUS_S_CANCELLED);
  assert_true(n_polls >= 2);
  end();
}

static void cancel_second(int n)
{
  if (n == 1) cancel(1, false);
}

static void cancel_while_queued(void **state)
{
  (void)state;
  begin();
  at_poll = cancel_second;
  give(0, 2, false, NULL);
  give(1, 0, false, NULL);
  give(2, 0, false, NULL);
  work();
  hear_result(1, false, AUS_S_CANCELLED);
  hear_result(0, false, AUS_S_OK);
  hear_result(2, false, AUS_S_OK);
  assert_true(n_ran == 2 && ran[1] == aus_trial_id(1, 2));
  end();
}

static void give_and_cancel(int n)
{
  if (n != 1) return;
  give(1, 0, false, NULL);
  cancel(1, false); /* overtakes it: a busy worker takes no tasks */
}

static void cancel_overtakes_task(void **state)
{
  (void)state;
  begin();
  at_poll = give_and_cancel;
  give(0, 2, false, NULL);
  work();
  hear_result(0, false, AUS_S_OK);
  hear_result(1, false, AUS_S_CANCELLED);
  assert_int_equal(n_ran, 1);
  /* The same task sent again later is meant. */
  give(1, 0, false, NULL);
  work();
  hear_result(1, false, AUS_S_OK);
  assert_int_equal(n_ran, 2);
  end();
}

static void stop_now(int n)
{
  if (n == 1) stop(AUS_STOP_NOW);
}

static void stop_softly(int n)
{
  if (n == 1) stop(AUS_STOP_DRAIN);
}

static void stops(void **state)
{
  aus_wire_bye b;
  aus_msg m;
  double t0_s = aus_clock_s();

  (void)state;
  begin();
  at_poll = stop_now;
  give(0, 1, false, NULL);
  give(1, 0, false, NULL);
  assert_true(work());
  hear_result(0, false, AUS_S_CANCELLED);
  m = hear(AUS_MSG_BYE);
  check_ok(aus_wire_bye_decode(&b, &m, &err), &err);
  assert_true(b.n_tasks == 1 && b.n_polls > 0 && b.busy_s > 0 && b.err.code == AUS_OK);
  assert_int_equal(n_ran, 1);
  assert_true(aus_clock_s() - t0_s < 1.5);
  end();
  begin();
  at_poll = stop_softly;
  give(0, 2, false, NULL);
  give(1, 0, false, NULL);
  assert_true(work());
  hear_result(0, false, AUS_S_OK); /* the running one is finished, the queued one is not begun */
  (void)hear(AUS_MSG_BYE);
  assert_int_equal(n_ran, 1);
  end();
}

static void signs_of_life(void **state)
{
  aus_wire_progress p;
  aus_msg m;
  int n = 0;
  bool got = true;

  (void)state;
  begin();
  give(0, 2, false, NULL);
  work();
  while (got) {
    check_ok(aus_comm_receive(boss, false, &m, &got, &err), &err);
    if (!got || m.type != AUS_MSG_PROGRESS) continue;
    check_ok(aus_wire_progress_decode(&p, &m, &err), &err);
    assert_true(p.phase == AUS_PHASE_RUNNING && p.expect_s == 0 && m.id == aus_trial_id(1, 0));
    n++;
  }
  assert_true(n >= 1 && n <= 4); /* 0.15 s, at least 0.04 s apart */
  end();
}

/* The first task waits for its blob and the second behind it, in order; a blob is asked for once. */
static void waits_for_blobs(void **state)
{
  aus_blob_key key = {4, 5};
  aus_blob blob = {.key = key, .n = 6, .bytes = (char[]){"bytes"}};
  aus_msg m;
  bool got;

  (void)state;
  begin();
  (void)hear(AUS_MSG_HELLO);
  give(0, 0, true, &key);
  give(1, 0, false, &key);
  give(2, 0, false, NULL);
  work();
  assert_int_equal(n_ran, 0);
  m = hear(AUS_MSG_MODEL);
  assert_true(m.flags == AUS_WIRE_REQUEST && m.n == 0);
  assert_true(aus_wire_key(&m).campaign == 4 && aus_wire_key(&m).index == 5);
  check_ok(aus_comm_receive(boss, false, &m, &got, &err), &err);
  assert_false(got);
  check_ok(aus_wire_send_blob(boss, 1, &blob, &err), &err);
  work();
  hear_result(0, true, AUS_S_OK);
  hear_result(1, false, AUS_S_OK);
  hear_result(2, false, AUS_S_OK);
  /* It is in the cache now. */
  give(3, 0, false, &key);
  work();
  m = hear(AUS_MSG_RESULT);
  assert_true(m.id == aus_trial_id(1, 3));
  end();
}

/* The worker says why it leaves. */
static void expect_bye(int code, const char *part)
{
  bool active, stopped;
  aus_wire_bye b;
  aus_msg m;

  check_fails(aus_worker_step(worker, &active, &stopped, &err), code, part, &err);
  m = hear(AUS_MSG_BYE);
  check_ok(aus_wire_bye_decode(&b, &m, &err), &err);
  assert_int_equal(b.err.code, code);
  assert_non_null(strstr(b.err.text, part));
}

static void foreign_messages(void **state)
{
  aus_blob blob = {.key = {1, 1}, .n = 1, .bytes = (char[]){"x"}};
  aus_task t = {.id = aus_trial_id(1, 0)};
  aus_buf b;
  int i;

  (void)state;
  begin();
  check_ok(aus_wire_send(boss, 1, (aus_msg){.type = AUS_MSG_RESULT}, NULL, &err), &err);
  expect_bye(AUS_EFORMAT, "a worker got a message of type 3");
  end();
  begin();
  check_ok(aus_wire_send_blob(boss, 1, &blob, &err), &err);
  expect_bye(AUS_EFORMAT, "blob 1:1 was not asked for");
  end();
  aus_buf_init(&b);
  for (i = 0; i < 5; i++) { /* each field of the header that the payload repeats; an unknown kind */
    aus_msg m = {.type = i == 0 ? AUS_MSG_JOB : AUS_MSG_TASK,
                 .id = t.id + (i == 1),
                 .campaign = 1 + (i == 2),
                 .attempt = i == 3};

    t.kind = i == 4;
    aus_buf_clear(&b);
    aus_task_encode(&t, &b);
    begin();
    check_ok(aus_wire_send(boss, 1, m, &b, &err), &err);
    expect_bye(AUS_EFORMAT, "does not belong to its header");
    end();
  }
  aus_buf_fini(&b);
}

static int make_dir(void **state)
{
  (void)state;
  return tempdir_make(dir);
}

static int remove_dir(void **state)
{
  (void)state;
  tempdir_remove(dir);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(says_hello),
      cmocka_unit_test(says_where_it_is),
      cmocka_unit_test(cancel_while_running),
      cmocka_unit_test(cancel_while_queued),
      cmocka_unit_test(cancel_overtakes_task),
      cmocka_unit_test(stops),
      cmocka_unit_test(signs_of_life),
      cmocka_unit_test(waits_for_blobs),
      cmocka_unit_test(foreign_messages),
  };

  return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
