/* t_engine.c - the same results at any number of ranks, prefetch depth and order of completion; blobs,
 * rolled shards, failures, and errors of single ranks that end the run for all.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rank 0 first runs every case alone without MPI; what all ranks do together must equal that.
 */
#include <config.h>

#include "mpi/check.h"

#include "engine/engine.h"
#include "par/agree.h"
#include "store/shard.h"
#include "util/clock.h"
#include "util/fault.h"

enum { KIND_WALK, KIND_MODEL, KIND_USE, KIND_BAD, BLOB = 5 << 20 };

static const aus_column columns[] = {{"x", AUS_F64, 1, "1", 1, "place", NULL, 0, 0, 0}};
static const aus_table tables[] = {{"walks/steps", columns, 1, 1, 0}};

/* A number in [0, 1) from two. */
static double noise(uint64_t a, uint64_t b)
{
  uint64_t x = (a + 1) * 0x9e3779b97f4a7c15u ^ (b + 7) * 0xbf58476d1ce4e5b9u;

  x = (x ^ x >> 31) * 0x94d049bb133111ebu;
  return (double)(x >> 11) * 0x1p-53;
}

/* A random walk: rows and a metric that depends on the order of all operations. */
static int run_walk(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_task *t = aus_work_task(w);
  double x[40], at = t->x[0];
  const void *column[] = {x};
  int n = (int)(40 * noise(t->id, 1));

  (void)self;
  for (i = 0; i < n; i++) {
    at = at * 1.0000001 + noise(t->id, (uint64_t)i) - 0.5;
    x[i] = at;
    if (aus_poll_now(aus_work_poll(w)) != AUS_POLL_CONTINUE)
      AUS_FAIL(err, AUS_ECANCEL, "told to stop");
  }
  aus_work_metric(w, 0, at);
  AUS_TRY(aus_work_append(w, 0, n, column, err));
  if (t->id % 101 == 17) AUS_FAIL(err, AUS_ENUMERIC, "walk %d went astray", (int)(t->id & 0xffff));
done:
  return rc;
}

static int run_model(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  const aus_task *t = aus_work_task(w);
  char *bytes = NULL;
  size_t i;

  (void)self;
  AUS_NEW(bytes, BLOB, err);
  for (i = 0; i < BLOB; i++)
    bytes[i] = (char)(i * (t->id & 7) + i / 1000);
  aus_work_metric(w, 0, 1);
  AUS_TRY(aus_work_give_blob(w, (aus_blob_key){(uint32_t)(t->id >> 32), (uint32_t)t->id}, bytes,
                             BLOB, err));
done:
  aus_free(bytes);
  return rc;
}

static int run_use(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, i;
  double sum = 0;
  const aus_task *t = aus_work_task(w);

  (void)self;
  for (i = 0; i < t->n_needs; i++) {
    const void *p;
    size_t n;

    AUS_TRY(aus_work_blob(w, t->needs[i], &p, &n, err));
    sum = 2 * sum + aus_crc32c(0, p, n);
  }
  aus_work_metric(w, 0, sum);
done:
  return rc;
}

/* scenario 1: disk error on the rank that gets it; 2: sleeps without a sign of life, once; 3: until told
 * to stop; 4: disk error after a while. */
static int run_bad(void *self, aus_work *w, aus_err *err)
{
  const aus_task *t = aus_work_task(w);

  (void)self;
  aus_work_metric(w, 0, (double)t->id);
  if (t->scenario == 3) {
    double until_s = aus_clock_s() + 20;

    while (aus_clock_s() < until_s)
      if (aus_poll_now(aus_work_poll(w)) == AUS_POLL_STOP)
        return aus_fail(err, AUS_ECANCEL, AUS_HERE, "told to stop");
    CHECK(false); /* nobody told it */
  }
  if (t->scenario == 4) aus_clock_sleep(0.2);
  if (t->scenario == 4 || t->scenario == 1) return aus_fail(err, AUS_EIO, AUS_HERE, "disk full");
  if (t->scenario == 2 && t->attempt == 0) aus_clock_sleep(2.5);
  return AUS_OK;
}

static const char *const y_names[] = {"y"};
static const aus_kind kinds[] = {{.name = "walk", .y_names = y_names, .n_y = 1, .run = run_walk},
                                 {.name = "model", .y_names = y_names, .n_y = 1, .run = run_model},
                                 {.name = "use", .y_names = y_names, .n_y = 1, .run = run_use},
                                 {.name = "bad", .y_names = y_names, .n_y = 1, .run = run_bad}};

static const char *dir;
static uint32_t base_shard;

static aus_engine_conf conf(int prefetch)
{
  aus_engine_conf c = {.sched = {.prefetch = prefetch,
                                 .max_attempts = 2,
                                 .timeout_min_s = 60,
                                 .timeout_first_s = 3600,
                                 .hang_after_s = 20,
                                 .lost_after_s = 40},
                       .manager_works = -1,
                       .max_failed = -1,
                       .worker = {.kinds = kinds,
                                  .n_kinds = 4,
                                  .dir = dir,
                                  .run = 5,
                                  .first_shard = base_shard,
                                  .tables = tables,
                                  .n_tables = 1}};

  base_shard += 100;
  return c;
}

/* ---- commits, as a checksum that does not depend on the order of campaigns ---- */

typedef struct sums {
  aus_engine *e;
  int64_t n, n_failed;
  uint32_t crc[16]; /* by campaign */
  uint32_t next[16];
  int grow_to; /* campaigns add tasks until they have so many */
  aus_range *range;
  int64_t n_ranges, cap_ranges;
} sums;

static int add_walk(aus_engine *e, uint32_t campaign, uint32_t index, aus_err *err)
{
  double x = campaign + 0.001 * index;

  return aus_engine_add(
      e, &(aus_task){.id = aus_trial_id(campaign, index), .n_x = 1, .x = &x, .scenario = 3}, err);
}

static int take(void *self, const aus_task *t, const aus_result *r, aus_err *err)
{
  int rc = AUS_OK, i;
  sums *s = self;
  uint32_t campaign = (uint32_t)(t->id >> 32), index = (uint32_t)t->id, *crc = &s->crc[campaign];

  CHECK(index == s->next[campaign]);
  s->next[campaign]++;
  s->n++;
  s->n_failed += aus_status_failed(r->status);
  *crc = aus_crc32c(*crc, &r->status, sizeof r->status);
  *crc = aus_crc32c(*crc, r->y, (size_t)r->n_y * sizeof *r->y);
  for (i = 0; i < r->n_ranges; i++) {
    *crc = aus_crc32c(*crc, &r->ranges[i].crc, sizeof r->ranges[i].crc);
    *crc = aus_crc32c(*crc, &r->ranges[i].n, sizeof r->ranges[i].n);
    AUS_TRY(aus_grow(&s->range, &s->cap_ranges, s->n_ranges + 1, sizeof *s->range, err));
    s->range[s->n_ranges++] = r->ranges[i];
  }
  if (s->next[campaign] + 3 < (uint32_t)s->grow_to)
    AUS_TRY(add_walk(s->e, campaign, s->next[campaign] + 3, err));
done:
  return rc;
}

static bool same(const sums *a, const sums *b)
{
  return a->n == b->n && a->n_failed == b->n_failed && memcmp(a->crc, b->crc, sizeof a->crc) == 0;
}

static void fini(sums *s)
{
  aus_free(s->range);
}

/* ---- cases: what rank 0 does; the others serve ---- */

typedef void (*driver)(aus_engine *e, sums *s);

static void together(MPI_Comm world, const aus_engine_conf *c, driver drive, sums *s)
{
  aus_engine *e;
  aus_err err;
  int rc = AUS_OK;

  *s = (sums){0};
  CHECK_OK(aus_engine_open(&e, world, c, &err), &err);
  if (!e) return;
  s->e = e;
  if (world == MPI_COMM_NULL || rank == 0)
    drive(e, s);
  else
    CHECK_OK(rc = aus_engine_serve(e, &err), &err);
  CHECK_OK(aus_engine_close(e, rc, NULL, &err), &err);
}

/* 5 campaigns of 100 walks; four tasks of each are known at any time. */
static void walks(aus_engine *e, sums *s)
{
  aus_err err;
  aus_shard_reader *reader;
  uint32_t campaign, i;
  int64_t k;

  s->grow_to = 100;
  for (campaign = 1; campaign <= 5; campaign++)
    for (i = 0; i < 4; i++)
      CHECK_OK(add_walk(e, campaign, i, &err), &err);
  CHECK_OK(aus_engine_run(e, take, s, &err), &err);
  CHECK(s->n == 500 && s->n_failed > 0 && s->n_failed < 20);
  CHECK(aus_engine_report(e).n == 500 && aus_engine_report(e).n_violations == 0);
  /* Every row can be read back while the workers live. */
  CHECK_OK(aus_engine_roll(e, &err), &err);
  CHECK_OK(aus_shard_reader_create(&reader, dir, 5, tables, 1, &err), &err);
  for (k = 0; k < s->n_ranges; k++)
    CHECK_OK(aus_shard_check(reader, &s->range[k], &err), &err);
  CHECK(s->n_ranges == 500 - s->n_failed);
  aus_shard_reader_destroy(reader);
}

static void few(aus_engine *e, sums *s)
{
  aus_err err;

  CHECK_OK(add_walk(e, 1, 0, &err), &err);
  CHECK_OK(add_walk(e, 2, 0, &err), &err);
  CHECK_OK(aus_engine_run(e, take, s, &err), &err);
  CHECK(s->n == 2);
}

static void nothing(aus_engine *e, sums *s)
{
  aus_err err;

  CHECK_OK(aus_engine_run(e, take, s, &err), &err);
  CHECK_OK(aus_engine_roll(e, &err), &err);
}

static void models(aus_engine *e, sums *s)
{
  aus_err err;
  aus_blob_key need[2] = {{1, 0}, {9, 9}};
  char *own;
  uint32_t i;

  own = aus_zalloc(3 << 20, 1);
  for (i = 0; i < 3 << 20; i++)
    own[i] = (char)(i * 5);
  CHECK_OK(aus_engine_put_blob(e, need[1], own, 3 << 20, &err), &err);
  aus_free(own);
  for (i = 0; i < 3; i++)
    CHECK_OK(aus_engine_add(
                 e, &(aus_task){.id = aus_trial_id(1, i), .job = true, .kind = KIND_MODEL}, &err),
             &err);
  CHECK_OK(aus_engine_run(e, take, s, &err), &err);
  for (i = 0; i < 20; i++) {
    need[0].index = i % 3;
    CHECK_OK(
        aus_engine_add(
            e, &(aus_task){.id = aus_trial_id(2, i), .kind = KIND_USE, .n_needs = 2, .needs = need},
            &err),
        &err);
  }
  CHECK_OK(aus_engine_run(e, take, s, &err), &err);
  CHECK(s->n == 23 && s->n_failed == 0);
}

static void same_results(driver drive, int prefetch, int manager_works, const char *fault)
{
  aus_engine_conf c = conf(prefetch);
  sums alone = {0}, all;
  aus_err err;

  if (rank == 0) together(MPI_COMM_NULL, &c, drive, &alone);
  MPI_Barrier(MPI_COMM_WORLD);
  c = conf(prefetch);
  c.manager_works = manager_works;
  aus_err_clear(&err);
  CHECK_OK(aus_fault_start(fault, &err), &err);
  together(MPI_COMM_WORLD, &c, drive, &all);
  CHECK_OK(aus_fault_start(NULL, &err), &err);
  if (rank == 0) CHECK(same(&alone, &all));
  fini(&alone);
  fini(&all);
}

/* ---- errors ---- */

static void add_bad(aus_engine *e, uint32_t index, int64_t scenario)
{
  aus_err err;

  CHECK_OK(aus_engine_add(
               e, &(aus_task){.id = aus_trial_id(1, index), .kind = KIND_BAD, .scenario = scenario},
               &err),
           &err);
}

/* A disk error on one rank ends the run for all, with the same words. */
static void disk_error(void)
{
  aus_engine *e;
  aus_engine_conf c = conf(1);
  aus_err err, mine;
  int rc;
  uint32_t i;

  CHECK_OK(aus_engine_open(&e, MPI_COMM_WORLD, &c, &err), &err);
  aus_err_clear(&mine);
  if (rank == 0) {
    for (i = 0; i < 40; i++)
      add_bad(e, i, i == 7);
    rc = aus_engine_run(e, NULL, NULL, &mine);
    CHECK(rc == AUS_EIO && strstr(mine.text, "trial 1:7: disk full"));
  } else
    rc = aus_engine_serve(e, &mine);
  CHECK(aus_engine_close(e, rc, NULL, &mine) == AUS_EIO);
  CHECK(strstr(mine.text, "disk full") != NULL);
}

/* A disk error on one rank while another one, which may be rank 0 itself, is inside a long task. */
static void stopped_inside(void)
{
  aus_engine *e;
  aus_engine_conf c = conf(0);
  aus_err err, mine;
  double t0_s = aus_clock_s();
  int rc;

  if (size == 1) return;
  c.manager_works = 1;
  CHECK_OK(aus_engine_open(&e, MPI_COMM_WORLD, &c, &err), &err);
  aus_err_clear(&mine);
  if (rank == 0) {
    add_bad(e, 0, 4);
    add_bad(e, 1, 3);
    rc = aus_engine_run(e, NULL, NULL, &mine);
    CHECK(rc == AUS_EIO);
  } else
    rc = aus_engine_serve(e, &mine);
  CHECK(aus_engine_close(e, rc, NULL, &mine) == AUS_EIO);
  CHECK(strstr(mine.text, "disk full") != NULL);
  CHECK(aus_clock_s() - t0_s < 10);
}

/* A rank that cannot even begin to serve. */
static void absent_rank(void)
{
  aus_engine *e;
  aus_engine_conf c = conf(1);
  aus_err err, mine;
  int rc = AUS_OK;
  uint32_t i;

  if (size == 1) return;
  c.manager_works = 0;
  CHECK_OK(aus_engine_open(&e, MPI_COMM_WORLD, &c, &err), &err);
  aus_err_clear(&mine);
  if (rank == 0) {
    for (i = 0; i < 40; i++)
      add_bad(e, i, 0);
    rc = aus_engine_run(e, NULL, NULL, &mine);
    /* All may be done before it is heard of, when others did the work. */
    CHECK(rc == AUS_EDEP || (rc == AUS_OK && size > 2));
  } else if (rank == size - 1)
    rc = aus_fail(&mine, AUS_EDEP, AUS_HERE, "no library here");
  else
    rc = aus_engine_serve(e, &mine);
  CHECK(aus_engine_close(e, rc, NULL, &mine) == AUS_EDEP);
  CHECK(strstr(mine.text, "no library here") != NULL);
}

/* A worker that is silent for too long is given up; its task is done by another, or by itself when it
 * comes back; nothing hangs, and the numbers are right. */
static void silent_worker(void)
{
  aus_engine *e;
  aus_engine_conf c = conf(1);
  aus_err err;
  sums s = {0};
  uint32_t i;
  int rc = AUS_OK;

  if (size == 1) return;
  c.manager_works = 0;
  c.sched.hang_after_s = 0.5;
  c.sched.lost_after_s = 1;
  CHECK_OK(aus_engine_open(&e, MPI_COMM_WORLD, &c, &err), &err);
  s.e = e;
  if (rank == 0) {
    for (i = 0; i < 20; i++)
      add_bad(e, i, i == 3 ? 2 : 0);
    aus_err_clear(&err);
    rc = aus_engine_run(e, take, &s, &err);
    if (size == 2)
      CHECK(rc == AUS_EMPI && strstr(err.text, "no worker is left"));
    else {
      CHECK(rc == AUS_OK && s.n == 20 && s.n_failed == 0);
      CHECK(aus_engine_report(e).n_lost == 1 && aus_engine_report(e).attempts[3] == 2);
    }
  } else
    CHECK_OK(rc = aus_engine_serve(e, &err), &err);
  rc = aus_engine_close(e, rc, NULL, &err);
  CHECK(rc == (size == 2 && rank == 0 ? AUS_EMPI : AUS_OK));
  fini(&s);
  MPI_Barrier(MPI_COMM_WORLD);
}

int main(int argc, char **argv)
{
  mpi_start(&argc, &argv);
  dir = argc > 1 ? argv[argc - 1] : ".";
  same_results(walks, 1, -1, "delay_ms=2,seed=1");
  same_results(walks, 0, -1, "delay_ms=2,seed=2");
  same_results(walks, 2, 0, "delay_ms=2,seed=3");
  same_results(walks, 1, 1, NULL);
  same_results(few, 1, -1, NULL);
  same_results(nothing, 1, -1, NULL);
  same_results(models, 1, -1, NULL);
  same_results(models, 2, 1, NULL);
  disk_error();
  stopped_inside();
  absent_rank();
  silent_worker();
  return mpi_finish("engine");
}
