/* engine_ctl.c - signals and the wall clock end a run early or make it publish: one process, no MPI.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "unit/tempdir.h"

#include <signal.h>
#include <sys/wait.h>

#include "engine/engine.h"
#include "engine/wire.h"
#include "store/shard.h"
#include "util/clock.h"

enum { N_TASKS = 10, N_ROWS = 4 };

static aus_err err, verdict;
static char dir[256];

static const aus_column columns[] = {AUS_COLUMN("x", AUS_I64, "1", 1, "number")};
static const aus_table tables[] = {{"steps", columns, 1, 1, 0}};

/* Task `at` raises the signal; it then waits to be told to stop if it is `stubborn`. */
typedef struct study {
  aus_engine *engine;
  int at, signal;
  bool stubborn, slow, twice;
  aus_poll_answer answer; /* that a stubborn one got */
  /* rank 0 */
  aus_range range[4 * N_TASKS];
  int64_t n_ranges, n_committed;
  int n_published, fails;
  int64_t published_at; /* commits then */
} study;

static int append(aus_work *w, int64_t first, aus_err *e)
{
  int64_t x[N_ROWS], i;
  const void *column[] = {x};

  for (i = 0; i < N_ROWS; i++)
    x[i] = first + i;
  return aus_work_append(w, 0, N_ROWS, column, e);
}

static int run_steps(void *self, aus_work *w, aus_err *e)
{
  int rc = AUS_OK;
  study *s = self;
  const aus_task *t = aus_work_task(w);
  double until_s = aus_clock_s() + (s->slow ? 0.1 : 0);
  bool mine = (int)(uint32_t)t->id == s->at;

  AUS_TRY(append(w, (int64_t)t->id, e));
  if (mine && s->signal) raise(s->signal);
  if (mine && s->twice) raise(s->signal);
  if (mine && s->stubborn) until_s += 5;
  while (aus_clock_s() < until_s) {
    aus_poll_answer answer = aus_poll_now(aus_work_poll(w));

    if (answer == AUS_POLL_CONTINUE) continue;
    s->answer = answer;
    AUS_FAIL(e, AUS_ECANCEL, "told to stop");
  }
  AUS_TRY(append(w, -(int64_t)t->id, e));
  aus_work_metric(w, 0, (double)t->id);
done:
  return rc;
}

static const char *const y_names[] = {"y"};
static const aus_kind kinds[] = {{.name = "steps", .y_names = y_names, .n_y = 1, .run = run_steps}};

static int take(void *self, const aus_task *t, const aus_result *r, aus_err *e)
{
  study *s = self;
  int i;

  (void)e;
  assert_int_equal((int64_t)(uint32_t)t->id,
                   s->n_committed); /* in order, and none that was cancelled */
  assert_int_equal(r->status, AUS_S_OK);
  s->n_committed++;
  for (i = 0; i < r->n_ranges; i++)
    s->range[s->n_ranges++] = r->ranges[i];
  return AUS_OK;
}

/* Every committed row can be read: it lies in a closed shard. */
static void check_rows(const study *s)
{
  aus_shard_reader *reader;
  int64_t k;

  check_ok(aus_shard_reader_create(&reader, dir, 5, tables, 1, &err), &err);
  for (k = 0; k < s->n_ranges; k++)
    check_ok(aus_shard_check(reader, &s->range[k], &err), &err);
  aus_shard_reader_destroy(reader);
}

static int on_publish(void *self, aus_err *e)
{
  study *s = self;

  s->n_published++;
  s->published_at = s->n_committed;
  assert_int_equal(s->n_ranges, 2 * s->n_committed);
  check_rows(s);
  return s->fails ? aus_fail(e, AUS_EIO, AUS_HERE, "no room") : AUS_OK;
}

/* All tasks through one engine; how that ended, and how closing did. */
static int drive(study *s, aus_ctl_conf ctl, bool *drained)
{
  aus_engine_conf conf = {.sched = {.prefetch = 1,
                                    .max_attempts = 2,
                                    .timeout_min_s = 60,
                                    .timeout_first_s = 3600,
                                    .hang_after_s = 30,
                                    .lost_after_s = 90},
                          .max_failed = -1,
                          .ctl = ctl,
                          .on_publish = on_publish,
                          .on_publish_self = s,
                          .worker = {.kinds = kinds,
                                     .n_kinds = 1,
                                     .self = s,
                                     .dir = dir,
                                     .run = 5,
                                     .tables = tables,
                                     .n_tables = 1}};
  aus_engine_log log;
  int rc;
  uint32_t i;

  assert_int_equal(tempdir_make(dir), 0);
  aus_ctl_install();
  check_ok(aus_engine_open(&s->engine, MPI_COMM_NULL, &conf, &err), &err);
  for (i = 0; i < N_TASKS; i++)
    check_ok(aus_engine_add(s->engine, &(aus_task){.id = aus_trial_id(1, i)}, &err), &err);
  aus_err_clear(&err);
  rc = aus_engine_run(s->engine, take, s, &err);
  *drained = aus_engine_drained(s->engine);
  log = aus_engine_report(s->engine);
  assert_int_equal(log.n, s->n_committed);
  assert_int_equal(log.n_trials, N_TASKS);
  if (rc != AUS_OK) {
    /* It is over: nothing more is run. */
    check_ok(aus_engine_add(s->engine, &(aus_task){.id = aus_trial_id(2, 0)}, &err), &err);
    aus_err_clear(&err);
    assert_int_equal(aus_engine_run(s->engine, take, s, &err), rc);
  }
  assert_int_equal(aus_engine_close(s->engine, rc, NULL, &err), rc);
  verdict = err;
  check_rows(s);
  tempdir_remove(dir);
  aus_ctl_release();
  return rc;
}

static const aus_ctl_conf usual = {.margin_s = 60, .grace_s = -1};

static void undisturbed(void **state)
{
  study s = {.at = -1};
  bool drained;

  (void)state;
  assert_int_equal(drive(&s, usual, &drained), AUS_OK);
  assert_false(drained);
  assert_int_equal(s.n_committed, N_TASKS);
  assert_int_equal(s.n_published, 0);
}

static void drains(void **state)
{
  study s = {.at = 3, .signal = SIGUSR1, .slow = true};
  bool drained;

  (void)state;
  assert_int_equal(drive(&s, usual, &drained), AUS_ECANCEL);
  assert_string_equal(verdict.text, "stopped by SIGUSR1");
  assert_true(drained);
  assert_int_equal(s.n_committed, 4); /* what was running is done */
  assert_int_equal(s.n_published, 0); /* that is the caller's */
}

static void grace_is_over(void **state)
{
  study s = {.at = 3, .signal = SIGUSR1, .stubborn = true};
  aus_ctl_conf ctl = usual;
  double t0_s = aus_clock_s();
  bool drained;

  (void)state;
  ctl.grace_s = 0.2;
  assert_int_equal(drive(&s, ctl, &drained), AUS_ECANCEL);
  assert_true(drained);
  assert_int_equal(s.n_committed, 3);
  assert_int_equal(s.answer, AUS_POLL_CANCEL);
  assert_true(aus_clock_s() - t0_s > 0.2 && aus_clock_s() - t0_s < 1);
}

static void stops(void **state)
{
  static const int signals[] = {SIGTERM, SIGINT};
  int i;

  (void)state;
  for (i = 0; i < 2; i++) {
    study s = {.at = 3, .signal = signals[i], .stubborn = true};
    double t0_s = aus_clock_s();
    bool drained;

    assert_int_equal(drive(&s, usual, &drained), AUS_ECANCEL);
    assert_string_equal(verdict.text, i == 0 ? "stopped by SIGTERM" : "stopped by SIGINT");
    assert_false(drained);
    assert_int_equal(s.n_committed, 3);
    assert_int_equal(s.answer, AUS_POLL_STOP);
    assert_true(aus_clock_s() - t0_s < 0.5);
  }
}

static void aborts(void **state)
{
  study s = {.at = 3, .signal = SIGINT, .twice = true, .stubborn = true};
  int status;
  bool drained;
  char outer[256];
  pid_t child;

  (void)state;
  assert_int_equal(tempdir_make(outer), 0);
  child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    setenv("TMPDIR", outer, 1); /* nobody else removes what it leaves */
    (void)drive(&s, usual, &drained);
    _exit(1);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  tempdir_remove(outer);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 130);
}

static void publishes(void **state)
{
  study s = {.at = 3, .signal = SIGUSR2, .slow = true};
  bool drained;

  (void)state;
  assert_int_equal(drive(&s, usual, &drained), AUS_OK);
  assert_int_equal(s.n_published, 1);
  assert_true(s.published_at >= 3 && s.published_at < N_TASKS);
  assert_int_equal(s.n_committed, N_TASKS);
  /* One that fails is no reason to stop. */
  s = (study){.at = 3, .signal = SIGUSR2, .fails = 1};
  assert_int_equal(drive(&s, usual, &drained), AUS_OK);
  assert_int_equal(s.n_published, 1);
  assert_int_equal(s.n_committed, N_TASKS);
  /* From time to time. */
  s = (study){.at = -1, .slow = true};
  assert_int_equal(drive(&s, (aus_ctl_conf){.publish_every_s = 0.25}, &drained), AUS_OK);
  assert_true(s.n_published >= 2 && s.n_published <= 4);
  assert_int_equal(s.n_committed, N_TASKS);
}

/* 1 s in all, 10 tasks of 0.1 s, 0.4 s to be left at the end. */
static void wall_clock(void **state)
{
  study s = {.at = -1, .slow = true};
  bool drained;

  (void)state;
  assert_int_equal(
      drive(&s, (aus_ctl_conf){.limit_s = aus_clock_s() + 1, .margin_s = 0.4, .grace_s = 10},
            &drained),
      AUS_ECANCEL);
  assert_string_equal(verdict.text, "stopped by the wall clock");
  assert_true(drained);
  assert_in_range(s.n_committed, 3, 6);
}

/* ---- a shard is closed inside a task ---- */

typedef struct pair {
  aus_comm *manager;
  int asked;
} pair;

/* Rows, then the order to close the shard, then rows again. */
static int run_rolled(void *self, aus_work *w, aus_err *e)
{
  int rc = AUS_OK;
  pair *p = self;
  double until_s = aus_clock_s() + 0.2;

  AUS_TRY(append(w, 100, e));
  AUS_TRY(append(w, 200, e));
  p->asked++;
  AUS_TRY(aus_wire_send(
      p->manager, 1, (aus_msg){.type = AUS_MSG_CANCEL, .id = 77, .flags = AUS_WIRE_ROLL}, NULL, e));
  while (aus_clock_s() < until_s)
    if (aus_poll_now(aus_work_poll(w)) != AUS_POLL_CONTINUE) AUS_FAIL(e, AUS_EBUG, "cancelled");
  AUS_TRY(append(w, 300, e));
  aus_work_metric(w, 0, 1);
done:
  return rc;
}

/* The next message to the manager but signs of life. */
static aus_msg next_message(aus_comm *manager)
{
  aus_msg m = {0};
  bool got;

  do {
    check_ok(aus_comm_receive(manager, false, &m, &got, &err), &err);
    assert_true(got);
  } while (m.type == AUS_MSG_HELLO || m.type == AUS_MSG_PROGRESS);
  return m;
}

static void rolls_inside_a_task(void **state)
{
  pair p = {0};
  const aus_kind rolled[] = {{.name = "rolled", .y_names = y_names, .n_y = 1, .run = run_rolled}};
  aus_worker_conf conf = {.kinds = rolled,
                          .n_kinds = 1,
                          .self = &p,
                          .dir = dir,
                          .run = 5,
                          .first_shard = 3,
                          .shard_stride = 10,
                          .tables = tables,
                          .n_tables = 1};
  aus_task t = {.id = aus_trial_id(1, 0), .hard_s = 100, .soft_s = 80};
  aus_shard_reader *reader;
  aus_worker *w;
  aus_result r;
  aus_msg m;
  aus_buf b;
  int64_t x[N_ROWS];
  bool active, stopped;
  int i;

  (void)state;
  assert_int_equal(tempdir_make(dir), 0);
  aus_buf_init(&b);
  check_ok(aus_comm_open_local(&p.manager, &err), &err);
  check_ok(aus_worker_create(&w, aus_comm_local_worker(p.manager), &conf, &err), &err);
  aus_task_encode(&t, &b);
  check_ok(aus_wire_send(p.manager, 1, (aus_msg){.type = AUS_MSG_TASK, .id = t.id, .campaign = 1},
                         &b, &err),
           &err);
  check_ok(aus_worker_step(w, &active, &stopped, &err), &err);
  assert_int_equal(p.asked, 1);
  /* The answer to the order came before the result. */
  m = next_message(p.manager);
  assert_int_equal(m.type, AUS_MSG_JOBRES);
  assert_true(m.flags == AUS_WIRE_ROLL && m.id == 77);
  m = next_message(p.manager);
  assert_int_equal(m.type, AUS_MSG_RESULT);
  check_ok(aus_result_decode(&r, m.payload, m.n, &err), &err);
  assert_int_equal(r.status, AUS_S_OK);
  assert_int_equal(r.n_ranges, 3);
  check_ok(aus_worker_destroy(w, &err), &err);
  /* No row is lost, and those before the order lie in the first file. */
  check_ok(aus_shard_reader_create(&reader, dir, 5, tables, 1, &err), &err);
  for (i = 0; i < 3; i++) {
    assert_int_equal(r.ranges[i].shard, i < 2 ? 3 : 13);
    assert_int_equal(r.ranges[i].first, i == 1 ? N_ROWS : 0);
    check_ok(aus_shard_check(reader, &r.ranges[i], &err), &err);
    check_ok(aus_shard_read(reader, 0, 0, r.ranges[i].shard, r.ranges[i].first, N_ROWS, x, &err),
             &err);
    assert_int_equal(x[0], 100 * (i + 1));
  }
  aus_shard_reader_destroy(reader);
  aus_result_fini(&r);
  aus_buf_fini(&b);
  aus_comm_close(p.manager, false);
  tempdir_remove(dir);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(undisturbed),   cmocka_unit_test(drains),
      cmocka_unit_test(grace_is_over), cmocka_unit_test(stops),
      cmocka_unit_test(aborts),        cmocka_unit_test(publishes),
      cmocka_unit_test(wall_clock),    cmocka_unit_test(rolls_inside_a_task),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
