/* engine.c - manager and worker in one process without MPI: a small study of invented kinds.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "unit/tempdir.h"

#include "engine/engine.h"
#include "engine/progress.h"
#include "store/shard.h"
#include "util/clock.h"

enum { KIND_PLAIN, KIND_TRAIN, KIND_USE, KIND_WORD };

static aus_err err;
static char dir[256];

/* ---- the study ---- */

static const aus_column columns[] = {{"t", AUS_F64, 1, "s", 1, "time", NULL, 0, 0, 0},
                                     {"n", AUS_I32, 2, "1", 1, "pair", NULL, 0, 0, 0}};
static const aus_table tables[] = {{"traces/steps", columns, 2, 1, 0}};

typedef struct study {
  int64_t n_run; /* handlers called */
} study;

/* y = (x0 + x1, scenario); x0 rows. */
static int run_plain(void *self, aus_work *w, aus_err *e)
{
  int rc = AUS_OK;
  const aus_task *t = aus_work_task(w);
  double time[16];
  int32_t pair[32], i, n = (int32_t)t->x[0];
  const void *column[] = {time, pair};

  ((study *)self)->n_run++;
  for (i = 0; i < n; i++) {
    time[i] = t->x[1] + i;
    pair[2 * i] = (int32_t)t->id;
    pair[2 * i + 1] = i;
  }
  aus_work_metric(w, 0, t->x[0] + t->x[1]);
  aus_work_metric(w, 1, (double)t->scenario);
  if (n > 0) AUS_TRY(aus_work_append(w, 0, n, column, e));
done:
  return rc;
}

/* A model that depends on the one before: bytes of length x0. */
static int run_train(void *self, aus_work *w, aus_err *e)
{
  int rc = AUS_OK;
  const aus_task *t = aus_work_task(w);
  const void *parent;
  size_t n, n_parent, i;
  char *bytes = NULL;
  uint32_t seed = (uint32_t)t->id;

  ((study *)self)->n_run++;
  if (t->n_needs > 0) {
    AUS_TRY(aus_work_blob(w, t->needs[0], &parent, &n_parent, e));
    seed += aus_crc32c(0, parent, n_parent);
  }
  n = (size_t)t->x[0];
  AUS_NEW(bytes, n, e);
  for (i = 0; i < n; i++)
    bytes[i] = (char)(seed + i * i);
  aus_work_metric(w, 0, seed);
  AUS_TRY(
      aus_work_give_blob(w, (aus_blob_key){(uint32_t)(t->id >> 32), (uint32_t)t->id}, bytes, n, e));
done:
  aus_free(bytes);
  return rc;
}

static int run_use(void *self, aus_work *w, aus_err *e)
{
  int rc = AUS_OK, i;
  const aus_task *t = aus_work_task(w);
  double sum = 0;

  ((study *)self)->n_run++;
  for (i = 0; i < t->n_needs; i++) {
    const void *bytes;
    size_t n;

    AUS_TRY(aus_work_blob(w, t->needs[i], &bytes, &n, e));
    sum += aus_crc32c(0, bytes, n);
  }
  aus_work_metric(w, 0, sum);
done:
  return rc;
}

/* Does what its arguments say. */
static int run_word(void *self, aus_work *w, aus_err *e)
{
  const aus_task *t = aus_work_task(w);
  double until_s;
  const void *bytes;
  const double time = 1;
  const int32_t pair[2] = {1, 2};
  const void *column[] = {&time, pair};
  size_t n;

  ((study *)self)->n_run++;
  aus_work_metric(w, 0, 5);
  if (strcmp(t->args, "ok") == 0) return AUS_OK;
  if (strcmp(t->args, "pruned") == 0) {
    aus_work_status(w, AUS_S_PRUNED);
    return AUS_OK;
  }
  if (strcmp(t->args, "memory") == 0) return aus_fail(e, AUS_ENOMEM, AUS_HERE, "no memory");
  if (strcmp(t->args, "memory once") == 0)
    return t->attempt == 0 ? aus_fail(e, AUS_ENOMEM, AUS_HERE, "no memory") : AUS_OK;
  if (strcmp(t->args, "numeric") == 0) return aus_fail(e, AUS_ENUMERIC, AUS_HERE, "not finite");
  if (strcmp(t->args, "fails") == 0) {
    /* Rows and blobs of a failure do not count. */
    int rc = aus_work_append(w, 0, 1, column, e);

    if (rc == AUS_OK) rc = aus_work_give_blob(w, (aus_blob_key){99, 99}, "x", 1, e);
    return rc == AUS_OK ? aus_fail(e, AUS_EDEP, AUS_HERE, "library failed") : rc;
  }
  if (strcmp(t->args, "silent") == 0) return AUS_EDEP; /* without a text */
  if (strcmp(t->args, "train") == 0) {
    aus_work_status(w, AUS_S_FAIL_TRAIN);
    return aus_fail(e, AUS_ENUMERIC, AUS_HERE, "no convergence");
  }
  if (strcmp(t->args, "infeasible") == 0) {
    aus_work_status(w, AUS_S_INFEASIBLE);
    return aus_fail(e, AUS_EINVAL, AUS_HERE, "too many replicas");
  }
  if (strcmp(t->args, "not needed") == 0)
    return aus_work_blob(w, (aus_blob_key){5, 5}, &bytes, &n, e);
  if (strcmp(t->args, "disk") == 0) return aus_fail(e, AUS_EIO, AUS_HERE, "disk full");
  if (strcmp(t->args, "expect") == 0) {
    aus_work_expect(w, 100);
    return AUS_OK;
  }
  /* Until told to stop, but not for ever. */
  for (until_s = aus_clock_s() + 5; aus_clock_s() < until_s;)
    if (aus_poll_now(aus_work_poll(w)) != AUS_POLL_CONTINUE)
      return aus_fail(e, AUS_ECANCEL, AUS_HERE, "told to stop");
  return aus_fail(e, AUS_EBUG, AUS_HERE, "nobody told it to stop");
}

static const char *const two[] = {"sum", "scenario"};
static const aus_kind kinds[] = {{.name = "plain", .y_names = two, .n_y = 2, .run = run_plain},
                                 {.name = "train", .y_names = two, .n_y = 1, .run = run_train},
                                 {.name = "use", .y_names = two, .n_y = 1, .run = run_use},
                                 {.name = "word", .y_names = two, .n_y = 1, .run = run_word}};

static study data;

static aus_engine_conf conf(void)
{
  data = (study){0};
  return (aus_engine_conf){.sched = {.prefetch = 1,
                                     .max_attempts = 2,
                                     .timeout_min_s = 60,
                                     .timeout_first_s = 3600,
                                     .hang_after_s = 30,
                                     .lost_after_s = 90},
                           .manager_works = -1,
                           .max_failed = -1,
                           .worker = {.kinds = kinds,
                                      .n_kinds = 4,
                                      .self = &data,
                                      .dir = dir,
                                      .run = 42,
                                      .first_shard = 3,
                                      .tables = tables,
                                      .n_tables = 1}};
}

/* ---- what is committed ---- */

typedef struct commits {
  aus_engine *e;
  int64_t n;
  uint64_t id[400];
  uint16_t status[400], attempt[400];
  double y[400];
  aus_range range[400];
  int n_ranges[400], code[400];
  uint32_t chain; /* add tasks until this index */
  int refuse_at;  /* fail at this commit; 0: never */
} commits;

static int take(void *self, const aus_task *t, const aus_result *r, aus_err *e)
{
  commits *c = self;

  assert_true(t->id == r->id && c->n < 400);
  c->id[c->n] = r->id;
  c->status[c->n] = r->status;
  c->attempt[c->n] = r->attempt;
  c->y[c->n] = r->n_y > 0 ? r->y[0] : (double)NAN;
  c->n_ranges[c->n] = r->n_ranges;
  c->code[c->n] = r->err.code;
  if (r->n_ranges > 0) c->range[c->n] = r->ranges[0];
  c->n++;
  if (c->refuse_at > 0 && c->n == c->refuse_at) return aus_fail(e, AUS_EFORMAT, AUS_HERE, "enough");
  if ((uint32_t)t->id + 1 < c->chain) {
    /* The next one needs what this one made. */
    aus_blob_key need = {(uint32_t)(t->id >> 32), (uint32_t)t->id};
    double x = 1000 + 7.0 * (double)(t->id & 0xff);

    return aus_engine_add(c->e,
                          &(aus_task){.id = t->id + 1,
                                      .job = t->job,
                                      .kind = KIND_TRAIN,
                                      .n_x = 1,
                                      .x = &x,
                                      .n_needs = 1,
                                      .needs = &need},
                          e);
  }
  return AUS_OK;
}

static void add_plain(aus_engine *e, uint32_t campaign, uint32_t index, double n_rows)
{
  double x[2] = {n_rows, campaign + 0.25 * index};

  check_ok(aus_engine_add(
               e, &(aus_task){.id = aus_trial_id(campaign, index), .scenario = 7, .n_x = 2, .x = x},
               &err),
           &err);
}

static void add_word(aus_engine *e, uint32_t index, const char *word, double hard_s)
{
  char text[32];

  snprintf(text, sizeof text, "%s", word);
  check_ok(aus_engine_add(e,
                          &(aus_task){.id = aus_trial_id(1, index),
                                      .kind = KIND_WORD,
                                      .hard_s = hard_s,
                                      .n_args = (int64_t)strlen(text) + 1,
                                      .args = text},
                          &err),
           &err);
}

/* ---- tests ---- */

static void rows_and_order(void **state)
{
  aus_engine *e;
  aus_engine_conf k = conf();
  aus_engine_log log;
  aus_shard_reader *reader;
  commits c = {0};
  uint32_t i, campaign;
  int64_t live = aus_alloc_live(), n;

  (void)state;
  check_ok(aus_engine_open(&e, MPI_COMM_NULL, &k, &err), &err);
  for (i = 0; i < 50; i++)
    for (campaign = 1; campaign <= 3; campaign++)
      add_plain(e, campaign, i, i % 4);
  check_ok(aus_engine_run(e, take, &c, &err), &err);
  assert_int_equal(c.n, 150);
  assert_int_equal(data.n_run, 150);
  for (n = 0; n < 150; n++) { /* round robin, in order */
    uint32_t index = (uint32_t)(n / 3), of = (uint32_t)(n % 3 + 1);

    assert_true(c.id[n] == aus_trial_id(of, index));
    assert_true(c.status[n] == AUS_S_OK && c.y[n] == index % 4 + of + 0.25 * index);
    assert_int_equal(c.n_ranges[n], index % 4 > 0);
  }
  check_ok(aus_engine_roll(e, &err), &err);
  check_ok(aus_engine_roll(e, &err), &err); /* nothing open any more */
  check_ok(aus_shard_reader_create(&reader, dir, 42, tables, 1, &err), &err);
  for (n = 0; n < 150; n++) {
    double t[4];

    if (c.n_ranges[n] == 0) continue;
    assert_int_equal(c.range[n].shard, 3);
    assert_true(c.range[n].trial == c.id[n]);
    check_ok(aus_shard_check(reader, &c.range[n], &err), &err);
    check_ok(aus_shard_read(reader, 0, 0, 3, c.range[n].first, c.range[n].n, t, &err), &err);
    assert_true(t[0] == (double)(c.id[n] >> 32) + 0.25 * (double)(c.id[n] & 0xff));
  }
  aus_shard_reader_destroy(reader);
  /* A second stage, in another shard. */
  c.n = 0;
  add_plain(e, 1, 50, 2);
  check_ok(aus_engine_run(e, take, &c, &err), &err);
  assert_int_equal(c.n, 1);
  assert_int_equal(c.range[0].shard, 4);
  log = aus_engine_report(e);
  assert_int_equal(log.n, 151);
  for (n = 0; n < 151; n++) {
    assert_true(log.attempts[n] == 1 && log.worker[n] == 0 && log.cost_s[n] >= 0);
    assert_true(log.start_s[n] >= 0 && log.rss_bytes[n] > 1 << 20);
  }
  assert_true(log.trial[150] == aus_trial_id(1, 50));
  assert_true(log.n_workers == 1 && log.n_lost == 0 && log.n_violations == 0 &&
              !log.machine_dependent);
  assert_true(log.busy_s > 0 && log.span_s >= 0);
  check_ok(aus_engine_close(e, AUS_OK, NULL, &err), &err);
  assert_int_equal(aus_alloc_live(), live);
}

/* Every way in which a handler can end. */
static void endings(void **state)
{
  static const struct {
    const char *word;
    aus_status status;
    int attempt, code;
  } want[] = {{"ok", AUS_S_OK, 0, AUS_OK},
              {"pruned", AUS_S_PRUNED, 0, AUS_OK},
              {"memory", AUS_S_FAIL_MEM, 1, AUS_ENOMEM},
              {"memory once", AUS_S_OK, 1, AUS_OK},
              {"numeric", AUS_S_FAIL_NUM, 0, AUS_ENUMERIC},
              {"fails", AUS_S_FAIL_SIM, 0, AUS_EDEP},
              {"silent", AUS_S_FAIL_SIM, 0, AUS_EDEP},
              {"train", AUS_S_FAIL_TRAIN, 0, AUS_ENUMERIC},
              {"infeasible", AUS_S_INFEASIBLE, 0, AUS_EINVAL},
              {"not needed", AUS_S_FAIL_SIM, 0, AUS_EINVAL},
              {"expect", AUS_S_OK, 0, AUS_OK},
              {"wait", AUS_S_TIMEOUT, 1, AUS_ECANCEL}};
  enum { N = sizeof want / sizeof *want };
  aus_engine *e;
  aus_engine_conf k = conf();
  commits c = {0};
  const void *p;
  size_t n;
  double t_s = aus_clock_s();
  int i;

  (void)state;
  check_ok(aus_engine_open(&e, MPI_COMM_NULL, &k, &err), &err);
  for (i = 0; i < N; i++)
    add_word(e, (uint32_t)i, want[i].word, 0.1);
  check_ok(aus_engine_run(e, take, &c, &err), &err);
  assert_int_equal(c.n, N);
  for (i = 0; i < N; i++) {
    assert_int_equal(c.status[i], want[i].status);
    assert_int_equal(c.attempt[i], want[i].attempt);
    assert_int_equal(c.code[i], want[i].code);
    assert_int_equal(c.n_ranges[i], 0);
    assert_true(c.y[i] == 5); /* metrics come with failures, too */
  }
  /* Waited 0.1 s, then twice that. */
  t_s = aus_clock_s() - t_s;
  assert_true(t_s >= 0.3 && t_s < 5);
  check_fails(aus_engine_get_blob(e, (aus_blob_key){99, 99}, &p, &n, &err), AUS_EINVAL, "not there",
              &err);
  assert_true(aus_engine_report(e).machine_dependent);
  check_ok(aus_engine_close(e, AUS_OK, NULL, &err), &err);
}

/* Models that depend on each other, made by jobs added at commits, used by trials. */
static void blobs(void **state)
{
  aus_engine *e;
  aus_engine_conf k = conf();
  commits c = {.chain = 10}, d = {0};
  aus_blob_key need[2] = {{8, 9}, {8, 3}};
  const void *bytes, *first;
  size_t n;
  double x = 3 << 20, sum;

  (void)state;
  check_ok(aus_engine_open(&e, MPI_COMM_NULL, &k, &err), &err);
  c.e = e;
  check_ok(
      aus_engine_add(
          e,
          &(aus_task){.id = aus_trial_id(8, 0), .job = true, .kind = KIND_TRAIN, .n_x = 1, .x = &x},
          &err),
      &err);
  check_ok(aus_engine_run(e, take, &c, &err), &err);
  assert_int_equal(c.n, 10);
  check_ok(aus_engine_get_blob(e, (aus_blob_key){8, 0}, &first, &n, &err), &err);
  assert_int_equal(n, 3 << 20);
  check_ok(aus_engine_get_blob(e, need[0], &bytes, &n, &err), &err);
  sum = aus_crc32c(0, bytes, n);
  check_ok(aus_engine_get_blob(e, need[1], &bytes, &n, &err), &err);
  sum += aus_crc32c(0, bytes, n);
  check_ok(aus_engine_add(
               e,
               &(aus_task){.id = aus_trial_id(2, 0), .kind = KIND_USE, .n_needs = 2, .needs = need},
               &err),
           &err);
  check_ok(aus_engine_put_blob(e, (aus_blob_key){1, 1}, "abc", 3, &err), &err);
  check_ok(aus_engine_run(e, take, &d, &err), &err);
  assert_true(d.n == 1 && d.status[0] == AUS_S_OK && d.y[0] == sum);
  assert_int_equal(aus_engine_report(e).n, 1); /* jobs are not trials */
  /* A key keeps its bytes; one that is not there ends the run. */
  check_fails(aus_engine_put_blob(e, (aus_blob_key){1, 1}, "abd", 3, &err), AUS_EINVAL,
              "other bytes", &err);
  aus_engine_drop_blob(e, need[1]);
  check_ok(aus_engine_add(
               e,
               &(aus_task){.id = aus_trial_id(2, 1), .kind = KIND_USE, .n_needs = 2, .needs = need},
               &err),
           &err);
  check_fails(aus_engine_run(e, take, &d, &err), AUS_EINVAL, "needs blob 8:3, which is not there",
              &err);
  assert_int_equal(aus_engine_close(e, AUS_EINVAL, NULL, &err), AUS_EINVAL);
}

static void fatal_errors(void **state)
{
  aus_engine *e;
  aus_engine_conf k = conf();
  commits c = {.refuse_at = 3};
  uint32_t i;
  int64_t live = aus_alloc_live();

  (void)state;
  /* A disk that is full. */
  check_ok(aus_engine_open(&e, MPI_COMM_NULL, &k, &err), &err);
  add_word(e, 0, "ok", 0);
  add_word(e, 1, "disk", 0);
  add_word(e, 2, "ok", 0);
  check_fails(aus_engine_run(e, NULL, NULL, &err), AUS_EIO, "rank 0: trial 1:1: disk full", &err);
  check_fails(aus_engine_run(e, NULL, NULL, &err), AUS_EIO, "disk full", &err);
  assert_int_equal(aus_engine_close(e, AUS_EIO, NULL, &err), AUS_EIO);
  /* The callback has had enough. */
  k.worker.first_shard += 10;
  check_ok(aus_engine_open(&e, MPI_COMM_NULL, &k, &err), &err);
  for (i = 0; i < 10; i++)
    add_plain(e, 1, i, 1);
  check_fails(aus_engine_run(e, take, &c, &err), AUS_EFORMAT, "enough", &err);
  assert_int_equal(aus_engine_close(e, AUS_EFORMAT, NULL, &err), AUS_EFORMAT);
  assert_string_equal(err.text, "enough");
  /* Too many failures. */
  k.worker.first_shard += 10;
  k.max_failed = 2;
  check_ok(aus_engine_open(&e, MPI_COMM_NULL, &k, &err), &err);
  for (i = 0; i < 10; i++)
    add_word(e, i, i < 5 ? "infeasible" : "fails", 0);
  check_fails(aus_engine_run(e, NULL, NULL, &err), AUS_ENUMERIC,
              "3 of 10 tasks failed, at most 2 may; the last: trial 1:7: fail_sim: library failed",
              &err);
  assert_int_equal(aus_engine_close(e, AUS_ENUMERIC, NULL, &err), AUS_ENUMERIC);
  assert_int_equal(aus_alloc_live(), live);
}

static void refusals(void **state)
{
  aus_engine *e;
  aus_engine_conf k = conf();
  char *args = calloc(1 << 20, 1);

  (void)state;
  check_ok(aus_engine_open(&e, MPI_COMM_NULL, &k, &err), &err);
  check_fails(aus_engine_add(e, &(aus_task){.kind = 4}, &err), AUS_EINVAL,
              "is of kind 4, there are 4", &err);
  check_fails(aus_engine_add(e, &(aus_task){.n_args = 1 << 20, .args = args}, &err), AUS_EINVAL,
              "bytes, at most 1048576 go to a worker", &err);
  check_fails(aus_engine_add(e, &(aus_task){.id = 1}, &err), AUS_EINVAL, "out of order", &err);
  check_ok(aus_engine_run(e, NULL, NULL, &err), &err); /* nothing to do */
  check_ok(aus_engine_close(e, AUS_OK, NULL, &err), &err);
  k.sched.max_attempts = 0;
  check_fails(aus_engine_open(&e, MPI_COMM_NULL, &k, &err), AUS_EINVAL, "scheduler", &err);
  assert_null(e);
  assert_int_equal(aus_engine_close(NULL, AUS_OK, NULL, &err), AUS_OK);
  free(args);
}

/* Every allocation of a short run fails once: an error or a failed trial, never a leak or a hang. */
static void out_of_memory(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  aus_engine_conf k = conf();
  int64_t live = aus_alloc_live();
  int n, n_failed_trials = 0;
  bool fired = true;

  (void)state;
  for (n = 0; fired; n++) {
    aus_engine *e = NULL;
    commits c = {0};
    double x[2] = {2, 1};
    int rc;

    assert_true(n < 2000);
    aus_err_clear(&err);
    k.worker.first_shard = (uint32_t)n;
    aus_alloc_fail_at(n);
    rc = aus_engine_open(&e, MPI_COMM_NULL, &k, &err);
    if (rc == AUS_OK)
      rc = aus_engine_add(e, &(aus_task){.id = aus_trial_id(1, 0), .n_x = 2, .x = x}, &err);
    if (rc == AUS_OK)
      rc = aus_engine_add(
          e,
          &(aus_task){.id = aus_trial_id(1, 0), .job = true, .kind = KIND_TRAIN, .n_x = 1, .x = x},
          &err);
    if (rc == AUS_OK) rc = aus_engine_run(e, take, &c, &err);
    if (rc == AUS_OK) rc = aus_engine_roll(e, &err);
    if (e) rc = aus_engine_close(e, rc, NULL, &err);
    fired = aus_alloc_failed();
    aus_alloc_fail_at(-1);
    if (rc == AUS_OK && fired)
      n_failed_trials += c.status[0] != AUS_S_OK || c.attempt[0] > 0 || c.attempt[1] > 0;
    assert_true(rc == AUS_OK || rc == AUS_ENOMEM || rc == AUS_EDEP || rc == AUS_EIO);
    if (!fired) assert_int_equal(rc, AUS_OK);
    if (aus_alloc_live() != live)
      fail_msg("%ld blocks leak at allocation %d", (long)(aus_alloc_live() - live), n);
  }
  assert_true(n > 40 && n_failed_trials > 0);
#endif
}

static void progress_line(void **state)
{
  aus_progress p = {.title = "tune", .begun_s = 100, .begun_at = 20};
  aus_sched_stats s = {.n_tasks = 500, .n_committed = 145, .n_failed = 2, .n_running = 3};
  aus_buf b;

  (void)state;
  aus_buf_init(&b);
  aus_progress_text(&p, &s, 110, 100, &b);
  assert_string_equal(
      b.data, "tune [######------------------] 145/500, 2 failed, 3 running, 12/s, 0:29 left");
  aus_buf_clear(&b);
  s.n_failed = 0;
  aus_progress_text(&p, &s, 200, 79, &b); /* room for a shorter bar, or for none */
  assert_string_equal(b.data,
                      "tune [######------------------] 145/500, 3 running, 1.25/s, 4:44 left");
  aus_buf_clear(&b);
  aus_progress_text(&p, &s, 200, 60, &b);
  assert_string_equal(b.data, "tune [###---------] 145/500, 3 running, 1.25/s, 4:44 left");
  aus_buf_clear(&b);
  aus_progress_text(&p, &s, 200, 48, &b);
  assert_string_equal(b.data, "tune 145/500, 3 running, 1.25/s, 4:44 left");
  aus_buf_clear(&b);
  aus_progress_text(&p, &s, 200, 20, &b);
  assert_string_equal(b.data, "tune 145/500, 3 runn");
  aus_buf_clear(&b);
  s.n_committed = 500;
  s.n_running = 0;
  aus_progress_text(&p, &s, 100 + 3725, 50, &b);
  assert_string_equal(b.data, "tune 500/500, 0 running, 0.13/s, took 1:02:05");
  aus_buf_clear(&b);
  aus_progress_text(&p, &(aus_sched_stats){0}, 100, 100, &b); /* nothing at all */
  assert_string_equal(b.data, "tune [########################] 0/0, 0 running, 0.00/s, took 0:00");
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
      cmocka_unit_test_setup_teardown(rows_and_order, make_dir, remove_dir),
      cmocka_unit_test_setup_teardown(endings, make_dir, remove_dir),
      cmocka_unit_test_setup_teardown(blobs, make_dir, remove_dir),
      cmocka_unit_test_setup_teardown(fatal_errors, make_dir, remove_dir),
      cmocka_unit_test_setup_teardown(refusals, make_dir, remove_dir),
      cmocka_unit_test_setup_teardown(out_of_memory, make_dir, remove_dir),
      cmocka_unit_test(progress_line),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
