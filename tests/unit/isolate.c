/* isolate.c - a worker whose attempts run in children: the same results and shards as without, and every way in
 * which an attempt can end without taking the worker along.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "unit/tempdir.h"

#include <signal.h>

#include "engine/wire.h"
#include "engine/work.h"
#include "util/clock.h"
#include "util/fault.h"
#include "util/file.h"

/* What a trial does: its scenario. */
enum {
  MAKE,      /* rows, metrics, blobs */
  MAKE_NONE, /* a range of no rows, and a metric left alone */
  FAIL_NUM,  /* after some rows */
  FAIL_TRAIN,
  PRUNE,
  HANG,
  HANG_POLLING,
  LEAVE,
  LEAVE_WELL,
  READ,
  GREED,
  TOO_MUCH, /* a blob that is too large */
  LONG      /* half a second */
};

typedef struct data {
  int n_runs;           /* changed by handlers */
  pid_t ran, prepared;  /* where they ran last */
  int64_t prepared_for; /* scenario */
} data;

static const aus_column few[] = {AUS_COLUMN("a", AUS_F64, "1", 1, "a"),
                                 AUS_COLUMN_MATRIX("b", AUS_I32, 3, "1", 1, "b")};
static const aus_column bytes[] = {AUS_COLUMN("bytes", AUS_U8, "1", 1, "bytes")};
static const aus_table tables[] = {{.name = "few", .column = few, .n_columns = 2},
                                   {.name = "bytes", .column = bytes, .n_columns = 1}};
static const char *const y_names[] = {"one", "two"};

static aus_err err;
static char dir[256];
static data self;
static aus_comm *boss;
static aus_worker *worker;

/* ---- handlers ---- */

enum { N = 1000 };

static int make(aus_work *w, uint64_t seed, aus_err *e)
{
  int rc = AUS_OK, i, k;
  static double a[N];
  static int32_t b[3 * N];
  static unsigned char c[7 * N];
  const void *first[] = {a, b}, *second[] = {c};

  for (i = 0; i < N; i++)
    a[i] = sin((double)(seed + (uint64_t)i));
  for (i = 0; i < 3 * N; i++)
    b[i] = (int32_t)(seed * 7 + (uint64_t)i);
  for (i = 0; i < 7 * N; i++)
    c[i] = (unsigned char)(seed + (uint64_t)i * 3);
  for (k = 1; k <= 3; k++) {
    AUS_TRY(aus_work_append(w, 0, N / k, first, e));
    AUS_TRY(aus_work_append(w, 1, 7 * N - k, second, e));
  }
  aus_work_metric(w, 0, a[5]);
  aus_work_metric(w, 1, -0.0);
  AUS_TRY(aus_work_give_blob(w, (aus_blob_key){1, (uint32_t)seed}, c, 777, e));
  AUS_TRY(aus_work_give_blob(w, (aus_blob_key){2, (uint32_t)seed}, "", 0, e));
done:
  return rc;
}

static int run(void *s, aus_work *w, aus_err *e)
{
  int rc = AUS_OK;
  data *d = s;
  const aus_task *t = aus_work_task(w);
  const aus_range range = {.n = 1};
  double to;

  d->n_runs++;
  d->ran = getpid();
  switch (t->scenario) {
  case MAKE:
    return make(w, t->id, e);
  case MAKE_NONE:
    aus_work_metric(w, 1, 3);
    return aus_work_append(w, 0, 0, (const void *const[]){NULL, NULL}, e);
  case FAIL_NUM:
    AUS_TRY(make(w, t->id, e));
    AUS_FAIL(e, AUS_ENUMERIC, "not finite");
  case FAIL_TRAIN:
    aus_work_status(w, AUS_S_FAIL_TRAIN);
    AUS_FAIL(e, AUS_EDEP, "no model");
  case PRUNE:
    aus_work_status(w, AUS_S_PRUNED);
    return make(w, t->id, e);
  case HANG:
    for (;;)
      aus_clock_sleep(1);
  case HANG_POLLING:
    aus_work_expect(w, 1000); /* no excuse */
    while (aus_poll_now(aus_work_poll(w)) == AUS_POLL_CONTINUE)
      aus_clock_sleep(0.01);
    return aus_fail(e, AUS_ECANCEL, AUS_HERE, "told to stop");
  case LEAVE:
    _exit(3);
  case LEAVE_WELL:
    _exit(0);
  case READ:
    return aus_work_read(w, &range, 0, &to, e);
  case GREED: {
    char *p = aus_zalloc(1, 300 << 20);

    if (!p) AUS_FAIL(e, AUS_ENOMEM, "out of memory");
    aus_free(p);
    break;
  }
  case TOO_MUCH:
    return aus_work_give_blob(w, (aus_blob_key){1, 1}, "", (size_t)65 << 20, e);
  default:
    aus_clock_sleep(0.5);
  }
done:
  return rc;
}

static int prepare(void *s, aus_work *w, aus_err *e)
{
  data *d = s;

  d->prepared = getpid();
  d->prepared_for = aus_work_task(w)->scenario;
  return d->prepared_for == PRUNE && aus_work_task(w)->attempt == 9
             ? aus_fail(e, AUS_ENUMERIC, AUS_HERE, "not prepared")
             : AUS_OK;
}

/* ---- the manager's part ---- */

static const aus_kind kinds[] = {
    {.name = "pure", .y_names = y_names, .n_y = 2, .run = run, .pure = true},
    {.name = "here", .y_names = y_names, .n_y = 2, .run = run},
    {.name = "prepared",
     .y_names = y_names,
     .n_y = 2,
     .run = run,
     .pure = true,
     .prepare = prepare},
};

static aus_poll_answer at_poll(void *s);
static void (*on_poll)(void);

static aus_poll_answer at_poll(void *s)
{
  (void)s;
  if (on_poll) on_poll();
  return AUS_POLL_CONTINUE;
}

static void begin(bool isolate, int64_t memory_mb, uint32_t shard)
{
  const aus_worker_conf conf = {.kinds = kinds,
                                .n_kinds = 3,
                                .self = &self,
                                .dir = dir,
                                .first_shard = shard,
                                .shard_stride = 100,
                                .tables = tables,
                                .n_tables = 2,
                                .progress_s = 0.1,
                                .isolate = isolate,
                                .isolate_memory_mb = memory_mb,
                                .on_poll = at_poll};

  self = (data){0};
  on_poll = NULL;
  check_ok(aus_comm_open_local(&boss, &err), &err);
  check_ok(aus_worker_create(&worker, aus_comm_local_worker(boss), &conf, &err), &err);
}

static void end(void)
{
  check_ok(aus_worker_destroy(worker, &err), &err);
  aus_comm_close(boss, false);
}

typedef struct answer {
  aus_result r;
  aus_blob blob[4];
  int n_blobs, n_progress;
} answer;

static void answer_fini(answer *a)
{
  while (a->n_blobs > 0)
    aus_free(a->blob[--a->n_blobs].bytes);
  aus_result_fini(&a->r);
}

static void take_blob(answer *a, const aus_msg *m)
{
  aus_blobs_entry e = {.blob.key = aus_wire_key(m)};

  assert_true(a->n_blobs < 4);
  check_ok(aus_wire_take_chunk(&e, m, &err), &err);
  assert_true(e.complete);
  a->blob[a->n_blobs++] = e.blob;
}

/* One task from sending to its answer. */
static answer ask(uint32_t index, int kind, int64_t scenario, uint16_t attempt, double hard_s)
{
  aus_task t = {.id = aus_trial_id(1, index),
                .kind = (uint16_t)kind,
                .scenario = scenario,
                .attempt = attempt,
                .hard_s = hard_s};
  answer a = {0};
  aus_buf b;
  aus_msg m;
  bool active = true, stopped, got = true;

  aus_buf_init(&b);
  aus_task_encode(&t, &b);
  check_ok(
      aus_wire_send(boss, 1,
                    (aus_msg){.type = AUS_MSG_TASK, .id = t.id, .campaign = 1, .attempt = attempt},
                    &b, &err),
      &err);
  aus_buf_fini(&b);
  while (active)
    check_ok(aus_worker_step(worker, &active, &stopped, &err), &err);
  while (got) {
    check_ok(aus_comm_receive(boss, false, &m, &got, &err), &err);
    if (!got) break;
    a.n_progress += m.type == AUS_MSG_PROGRESS;
    if (m.type == AUS_MSG_MODEL) take_blob(&a, &m);
    if (m.type == AUS_MSG_RESULT) check_ok(aus_result_decode(&a.r, m.payload, m.n, &err), &err);
  }
  assert_true(a.r.id == t.id && a.r.attempt == attempt);
  return a;
}

static void expect(uint32_t index, int kind, int64_t scenario, double hard_s, aus_status status,
                   int code, const char *text)
{
  answer a = ask(index, kind, scenario, 0, hard_s);

  if (a.r.status != status || a.r.err.code != code || !strstr(a.r.err.text, text))
    fail_msg("scenario %d: %s, code %d: %s", (int)scenario, aus_status_names[a.r.status],
             a.r.err.code, a.r.err.text);
  assert_true(a.r.n_ranges == 0 || status == AUS_S_OK || status == AUS_S_PRUNED);
  answer_fini(&a);
}

/* ---- tests ---- */

static void same(const answer *a, const answer *b)
{
  int i;
  aus_result x = a->r, y = b->r;

  assert_true(aus_result_same(&x, &y));
  assert_true(x.err.code == y.err.code && strcmp(x.err.text, y.err.text) == 0);
  assert_true(x.rss_bytes > 0 && y.rss_bytes > 0);
  for (i = 0; i < x.n_ranges; i++)
    assert_true(x.ranges[i].first == y.ranges[i].first && x.ranges[i].trial == y.ranges[i].trial);
  assert_int_equal(a->n_blobs, b->n_blobs);
  for (i = 0; i < a->n_blobs; i++) {
    assert_true(a->blob[i].key.campaign == b->blob[i].key.campaign &&
                a->blob[i].key.index == b->blob[i].key.index && a->blob[i].n == b->blob[i].n);
    assert_memory_equal(a->blob[i].bytes, b->blob[i].bytes, a->blob[i].n);
  }
}

static char *shard_bytes(uint32_t number, size_t *n)
{
  char path[400], *p;

  snprintf(path, sizeof path, "%s/shards/s%06u.h5", dir, number);
  check_ok(aus_file_read(path, &p, n, &err), &err);
  return p;
}

/* Results, rows and blobs, and the file they lie in. */
static void same_as_without(void **state)
{
  static const int64_t scenarios[] = {MAKE, FAIL_NUM, MAKE_NONE, FAIL_TRAIN, PRUNE, TOO_MUCH, MAKE};
  enum { N_ASKED = sizeof scenarios / sizeof scenarios[0] };
  answer a[2][N_ASKED];
  size_t n[2], i;
  char *p[2];
  int way;

  (void)state;
  for (way = 0; way < 2; way++) {
    begin(way == 1, 0, 0);
    for (i = 0; i < N_ASKED; i++)
      a[way][i] = ask((uint32_t)i, 0, scenarios[i], 0, 60);
    /* A child leaves nothing behind in the worker's memory. */
    assert_int_equal(self.n_runs, way == 0 ? N_ASKED : 0);
    end();
    p[way] = shard_bytes(0, &n[way]);
    tempdir_remove(dir);
    assert_int_equal(mkdir(dir, 0777), 0);
  }
  for (i = 0; i < N_ASKED; i++) {
    same(&a[0][i], &a[1][i]);
    answer_fini(&a[0][i]);
    answer_fini(&a[1][i]);
  }
  assert_true(n[0] == n[1] && n[0] > 50000);
  assert_memory_equal(p[0], p[1], n[0]);
  aus_free(p[0]);
  aus_free(p[1]);
}

static void where_they_run(void **state)
{
  answer a;

  (void)state;
  begin(true, 0, 0);
  expect(0, 1, MAKE, 60, AUS_S_OK, AUS_OK, "");
  assert_true(self.ran == getpid() && self.n_runs == 1);
  expect(1, 2, MAKE, 60, AUS_S_OK, AUS_OK, "");
  assert_true(self.prepared == getpid() && self.prepared_for == MAKE && self.n_runs == 1);
  a = ask(2, 2, PRUNE, 9, 60);
  assert_int_equal(a.r.status, AUS_S_FAIL_NUM);
  assert_string_equal(a.r.err.text, "not prepared");
  answer_fini(&a);
  expect(3, 0, READ, 60, AUS_S_FAIL_SIM, AUS_EBUG, "pure reads shards and is no pure kind");
  end();
}

static void ends_of_children(void **state)
{
  (void)state;
  begin(true, 0, 0);
  expect(0, 0, LEAVE, 60, AUS_S_CRASHED, AUS_EBUG, "its process ended with exit status 3");
  expect(1, 0, LEAVE_WELL, 60, AUS_S_FAIL_SIM, AUS_EFORMAT, "a child said nothing");
  expect(2, 0, HANG, 0.3, AUS_S_TIMEOUT, AUS_ECANCEL, "killed at its deadline of 0.3 s");
  expect(3, 0, HANG_POLLING, 0.3, AUS_S_TIMEOUT, AUS_ECANCEL, "killed at its deadline");
  expect(4, 0, MAKE, 60, AUS_S_OK, AUS_OK, "");
  end();
}

static void faults(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  answer a;

  (void)state;
  begin(true, 0, 0);
  check_ok(aus_fault_start("crash_id=1:1,signal=11,attempts=1", &err), &err);
  expect(1, 0, MAKE, 60, AUS_S_CRASHED, AUS_EBUG,
         "its process ended with SIGSEGV (Segmentation fault)");
  a = ask(1, 0, MAKE, 1, 60);
  assert_int_equal(a.r.status, AUS_S_OK);
  answer_fini(&a);
  check_ok(aus_fault_start("crash_id=1:1", &err), &err);
  expect(1, 0, MAKE, 60, AUS_S_CRASHED, AUS_EBUG, "its process ended with SIGABRT (Aborted)");
  check_ok(aus_fault_start("crash_id=1:1,signal=9", &err), &err);
  expect(1, 0, MAKE, 60, AUS_S_CRASHED, AUS_EBUG, "its process ended with SIGKILL (Killed)");
  check_ok(aus_fault_start("hang_id=1:1", &err), &err);
  expect(1, 0, MAKE, 0.2, AUS_S_TIMEOUT, AUS_ECANCEL, "killed at its deadline of 0.2 s");
  check_ok(aus_fault_start(NULL, &err), &err);
  end();
#endif
}

static void memory(void **state)
{
#ifdef AUS_SANITIZED
  (void)state;
  skip();
#else
  (void)state;
  begin(true, 100, 0);
  expect(0, 0, GREED, 60, AUS_S_FAIL_MEM, AUS_ENOMEM, "out of memory");
  expect(1, 0, MAKE, 60, AUS_S_OK, AUS_OK, "");
  end();
  begin(true, 0, 0);
  expect(0, 0, GREED, 60, AUS_S_OK, AUS_OK, "");
  end();
#endif
}

static void send_cancel(void)
{
  check_ok(aus_wire_send(boss, 1,
                         (aus_msg){.type = AUS_MSG_CANCEL, .id = aus_trial_id(1, 0), .campaign = 1},
                         NULL, &err),
           &err);
}

/* The worker hears and speaks while its child is at work. */
static void stays_in_touch(void **state)
{
  answer a;
  double t0_s;

  (void)state;
  begin(true, 0, 0);
  a = ask(0, 0, LONG, 0, 60);
  assert_int_equal(a.r.status, AUS_S_OK);
  assert_true(a.n_progress >= 2 && a.n_progress <= 6); /* 0.5 s, at least 0.1 s apart */
  assert_true(a.r.cost_s >= 0.5 && a.r.cost_s < 5);
  answer_fini(&a);
  on_poll = send_cancel;
  t0_s = aus_clock_s();
  expect(0, 0, HANG, 60, AUS_S_CANCELLED, AUS_ECANCEL, "cancelled");
  assert_true(aus_clock_s() - t0_s < 2);
  end();
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
      cmocka_unit_test_setup_teardown(same_as_without, make_dir, remove_dir),
      cmocka_unit_test_setup_teardown(where_they_run, make_dir, remove_dir),
      cmocka_unit_test_setup_teardown(ends_of_children, make_dir, remove_dir),
      cmocka_unit_test_setup_teardown(faults, make_dir, remove_dir),
      cmocka_unit_test_setup_teardown(memory, make_dir, remove_dir),
      cmocka_unit_test_setup_teardown(stays_in_touch, make_dir, remove_dir),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
