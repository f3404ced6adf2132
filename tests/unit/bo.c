/* bo.c - the campaign as a state machine: order, lag, timing, stopping, bytes that are damaged.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/bo.h"
#include "unit/bo_drive.h"

static const aus_param grid[2] = {{NULL, NULL, AUS_P_INT, 1, 4, 1, -1},
                                  {NULL, NULL, AUS_P_STEP, 0, 1, 0.5, -1}};

static aus_bo_conf small(int64_t budget, int lag)
{
  aus_bo_conf c = aus_bo_defaults();

  c.budget = budget;
  c.lag = lag;
  return c;
}

static void defaults(void **state)
{
  aus_bo_conf c = aus_bo_defaults();

  (void)state;
  assert_int_equal(c.budget, 60);
  assert_int_equal(c.lag, 8);
  assert_int_equal(c.n_init, 0);
  assert_true(isinf(c.target) && c.target < 0 && isinf(c.acq_stop) && c.acq_stop < 0);
  assert_int_equal(c.restarts, 3);
  assert_int_equal(c.max_points, 2000);
  assert_string_equal(aus_bo_stop_names[AUS_BO_ACQ], "acquisition");
}

static void refused(const char *what, aus_bo_conf c)
{
  aus_bo *bo;

  check_fails(aus_bo_create(&bo, &c, 2, drive_square, 1, 1, &err), AUS_ECONFIG, what, &err);
  assert_null(bo);
}

static void bad_configurations(void **state)
{
  aus_bo_conf c = aus_bo_defaults();
  aus_param upside_down = {"a", "", AUS_P_REAL, 1, 0, 0, -1};
  aus_param wide = {"c", "", AUS_P_CATEGORY, 0, 1e6, 0, -1};
  aus_bo *bo;

  (void)state;
  refused("budget is 0, need >= 1", small(0, 1));
  refused("lag is 0, need 1 to 5000", small(10, 0));
  c.target = NAN;
  refused("target is not a number", c);
  c = aus_bo_defaults();
  c.acq_stop = NAN;
  refused("acq_stop is not a number", c);
  c = aus_bo_defaults();
  c.n_init = -1;
  refused("n_init is -1, need >= 0", c);
  c = aus_bo_defaults();
  c.patience = -1;
  refused("patience is -1, need >= 0", c);
  c = aus_bo_defaults();
  c.restarts = -1;
  refused("restarts is -1, need 0 to 1000", c);
  c = aus_bo_defaults();
  c.max_points = 1;
  refused("max_points is 1, need 2 to 20000", c);
  c = aus_bo_defaults();
  check_fails(aus_bo_create(&bo, &c, 1, &upside_down, 1, 1, &err), AUS_ECONFIG,
              "lower bound 1 is above the upper bound 0", &err);
  check_fails(aus_bo_create(&bo, &c, 1, &wide, 1, 1, &err), AUS_ECONFIG, "10000 values", &err);
}

static void initial_design(void **state)
{
  aus_bo_conf c = small(20, 3);
  aus_bo *bo = drive_new(&c, 2, drive_square, 1), *other = drive_new(&c, 2, drive_square, 2);
  const aus_bo_point *p;
  int64_t i, k;

  (void)state;
  assert_int_equal(aus_bo_n_init(bo), 5); /* 2 d = 4 is less */
  assert_int_equal(aus_bo_n_theta(bo), 4);
  for (i = 0; i < 5; i++) {
    assert_int_equal(aus_bo_next(bo, &k), AUS_BO_EVALUATE);
    assert_int_equal(k, i);
    p = aus_bo_point_at(bo, i);
    assert_int_equal(p->origin, AUS_BO_DESIGN);
    assert_true(p->n_seen == 0 && p->n_refit == 0 && p->n_pending == 0);
    assert_true(isnan(p->acq) && isnan(p->incumbent) && isnan(p->region_side) &&
                isnan(p->theta[3]));
    assert_true(p->value[0] == p->unit[0] && p->value[1] == p->unit[1]);
    assert_true(p->value[0] != aus_bo_point_at(other, i)->value[0]);
  }
  assert_int_equal(aus_bo_next(bo, &k), AUS_BO_NOTHING);
  assert_int_equal(k, -1);
  assert_null(aus_bo_point_at(bo, 5));
  assert_null(aus_bo_point_at(bo, -1));
  aus_bo_destroy(bo);
  aus_bo_destroy(other);
}

/* Proposal k comes up exactly when commit V(k) = max(n_init - 1, k - lag) is there, and sees no more. */
static void lag_rule(void **state)
{
  enum { LAG = 3, N = 14 };
  aus_bo_conf c = small(N, LAG);
  aus_bo *bo = drive_new(&c, 2, drive_square, 1);
  const aus_bo_point *p;
  int64_t i, k = 5, v;

  (void)state;
  assert_int_equal(aus_bo_horizon(bo, 4), -1);
  while (aus_bo_n_committed(bo) < N) {
    for (; aus_bo_next(bo, &i) == AUS_BO_EVALUATE;)
      continue;
    for (; i >= 0; (void)aus_bo_next(bo, &i)) {
      if (i < k) continue; /* an evaluation */
      v = k - LAG > 4 ? k - LAG : 4;
      assert_int_equal(i, k);
      assert_int_equal(aus_bo_horizon(bo, k), v);
      assert_true(aus_bo_n_committed(bo) > v);
      drive_propose(bo, k);
      p = aus_bo_point_at(bo, k++);
      assert_int_equal(p->n_seen, v + 1);
      assert_int_equal(p->n_pending, k - 1 - (v + 1));
      assert_int_equal(p->origin, AUS_BO_ACQUISITION);
      assert_true(p->n_refit == p->n_seen && isfinite(p->acq) && isfinite(p->theta[0]));
    }
    /* all that is due was made: the next needs the next commit */
    i = aus_bo_n_committed(bo);
    assert_int_equal(k, i < 5 ? 5 : i + LAG < N ? (i + LAG) : N);
    drive_commit(bo, i, drive_bowl);
  }
  assert_int_equal(k, N);
  assert_int_equal(aus_bo_stopped(bo), AUS_BO_BUDGET);
  aus_bo_destroy(bo);
}

/* Commit only when nothing else can be done, in lag order the last moment that is possible. */
static void run_late(aus_bo *bo, drive_fn f)
{
  aus_bo_what what;
  int64_t i;

  while (aus_bo_stopped(bo) == AUS_BO_RUNNING) {
    while ((what = aus_bo_next(bo, &i)) != AUS_BO_NOTHING)
      if (what == AUS_BO_PROPOSE) drive_propose(bo, i);
    drive_commit(bo, aus_bo_n_committed(bo), f);
  }
}

/* A proposal's answer waits until everything that was handed out is committed. */
static void run_slow_proposals(aus_bo *bo, drive_fn f)
{
  aus_bo_what what;
  int64_t i, waiting = -1;

  while (aus_bo_stopped(bo) == AUS_BO_RUNNING) {
    what = aus_bo_next(bo, &i);
    if (what == AUS_BO_PROPOSE) waiting = i;
    if (what != AUS_BO_NOTHING) continue;
    if (aus_bo_point_at(bo, aus_bo_n_committed(bo))) {
      drive_commit(bo, aus_bo_n_committed(bo), f);
      continue;
    }
    drive_propose(bo, waiting);
  }
}

static void same_points(const aus_bo *a, const aus_bo *b)
{
  const aus_bo_point *p, *q;
  int64_t i;

  assert_int_equal(aus_bo_n_committed(a), aus_bo_n_committed(b));
  assert_int_equal(aus_bo_stopped(a), aus_bo_stopped(b));
  for (i = 0; i < aus_bo_n_committed(a); i++) {
    p = aus_bo_point_at(a, i);
    q = aus_bo_point_at(b, i);
    assert_memory_equal(p->value, q->value, 2 * sizeof(double));
    assert_memory_equal(p->unit, q->unit, 2 * sizeof(double));
    assert_memory_equal(p->theta, q->theta, 4 * sizeof(double));
    assert_memory_equal(&p->acq, &q->acq, sizeof(double));
    assert_true(p->n_seen == q->n_seen && p->n_refit == q->n_refit && p->n_pending == q->n_pending);
  }
}

static double half_fails(const double *x)
{
  return x[0] + x[1] < 0.7 ? (double)NAN : drive_bowl(x);
}

static void timing(const aus_bo_conf *c, drive_fn f)
{
  aus_bo *now = drive_new(c, 2, drive_square, 5), *late = drive_new(c, 2, drive_square, 5);
  aus_bo *slow = drive_new(c, 2, drive_square, 5);

  drive_run(now, f, c->budget);
  run_late(late, f);
  run_slow_proposals(slow, f);
  same_points(now, late);
  same_points(now, slow);
  aus_bo_destroy(now);
  aus_bo_destroy(late);
  aus_bo_destroy(slow);
}

static void timing_does_not_matter(void **state)
{
  aus_bo_conf c = small(20, 6);

  (void)state;
  timing(&c, drive_bowl);
  c.region = AUS_REGION_TURBO;
  c.failed = AUS_FAILED_FEASIBILITY;
  timing(&c, half_fails);
  c = small(30, 4);
  c.acq_stop = -9.0; /* ends before the budget */
  timing(&c, drive_bowl);
  c.acq_stop = -INFINITY;
  c.patience = 7;
  timing(&c, drive_bowl);
}

static double rising(const double *x)
{
  static int n;

  return x[0] * 0.0 + n++;
}

static double unlucky(const double *x)
{
  (void)x;
  return NAN;
}

/* Run to the end; returns the reason. */
static aus_bo_stop reason(const aus_bo_conf *c, int n, const aus_param *p, drive_fn f,
                          int64_t *n_committed)
{
  aus_bo *bo = drive_new(c, n, p, 1);
  aus_bo_stop stop;
  int64_t i;

  drive_run(bo, f, INT64_MAX);
  stop = aus_bo_stopped(bo);
  *n_committed = aus_bo_n_committed(bo);
  assert_int_equal(aus_bo_next(bo, &i), AUS_BO_NOTHING);
  /* later commits and replies are ignored */
  check_ok(aus_bo_commit(bo, 77, true, -1e9, true, &err), &err);
  check_ok(aus_bo_reply(bo, 77, "", 0, &err), &err);
  assert_int_equal(aus_bo_n_committed(bo), *n_committed);
  aus_bo_destroy(bo);
  return stop;
}

static void stopping(void **state)
{
  aus_bo_conf c = small(12, 2);
  int64_t n;

  (void)state;
  assert_int_equal(reason(&c, 2, drive_square, drive_bowl, &n), AUS_BO_BUDGET);
  assert_int_equal(n, 12);
  c.budget = 3; /* inside the initial design */
  assert_int_equal(reason(&c, 2, drive_square, drive_bowl, &n), AUS_BO_BUDGET);
  assert_int_equal(n, 3);
  c.budget = 40;
  c.target = 0.01;
  assert_int_equal(reason(&c, 2, drive_square, drive_bowl, &n), AUS_BO_TARGET);
  assert_in_range(n, 1, 30);
  c.target = -INFINITY;
  c.patience = 4;
  assert_int_equal(reason(&c, 2, drive_square, rising, &n), AUS_BO_PATIENCE);
  assert_int_equal(n, 5); /* the first and four that are not better */
  assert_int_equal(reason(&c, 2, drive_square, unlucky, &n), AUS_BO_PATIENCE);
  assert_int_equal(n, 4);
  c.patience = 0;
  c.acq_stop = -5.0;
  assert_int_equal(reason(&c, 2, drive_square, drive_bowl, &n), AUS_BO_ACQ);
  assert_in_range(n, 6, 39);
  c.acq_stop = -INFINITY;
  assert_int_equal(reason(&c, 2, grid, drive_bowl, &n), AUS_BO_EXHAUSTED);
  assert_int_equal(n, 12);
  c.budget = 12; /* the budget says it first */
  assert_int_equal(reason(&c, 2, grid, drive_bowl, &n), AUS_BO_BUDGET);
}

static void target_of_the_owner(void **state)
{
  aus_bo_conf c = small(12, 2);
  aus_bo *bo = drive_new(&c, 2, drive_square, 1);

  (void)state;
  check_ok(aus_bo_commit(bo, 0, true, 5.0, false, &err), &err);
  assert_int_equal(aus_bo_stopped(bo), AUS_BO_RUNNING);
  check_ok(aus_bo_commit(bo, 1, true, 6.0, true, &err), &err);
  assert_int_equal(aus_bo_stopped(bo), AUS_BO_TARGET);
  assert_int_equal(aus_bo_best(bo), 0);
  aus_bo_destroy(bo);
}

static void commits(void **state)
{
  aus_bo_conf c = small(12, 2);
  aus_bo *bo = drive_new(&c, 2, drive_square, 1);

  (void)state;
  assert_int_equal(aus_bo_best(bo), -1);
  check_fails(aus_bo_commit(bo, 1, true, 1.0, false, &err), AUS_EINVAL,
              "commit of trial 1, expected 0", &err);
  check_fails(aus_bo_commit(bo, 0, true, NAN, false, &err), AUS_EINVAL, "not finite", &err);
  check_ok(aus_bo_commit(bo, 0, false, NAN, false, &err), &err);
  assert_int_equal(aus_bo_best(bo), -1);
  check_ok(aus_bo_commit(bo, 1, true, 2.0, false, &err), &err);
  check_ok(aus_bo_commit(bo, 2, true, 2.0, false, &err), &err);
  assert_int_equal(aus_bo_best(bo), 1); /* the first on ties */
  check_ok(aus_bo_commit(bo, 3, true, 1.0, false, &err), &err);
  assert_int_equal(aus_bo_best(bo), 3);
  check_ok(aus_bo_commit(bo, 4, true, 3.0, false, &err), &err);
  check_fails(aus_bo_commit(bo, 5, true, 1.0, false, &err), AUS_EINVAL, "expected 5", &err);
  assert_int_equal(aus_bo_n_committed(bo), 5);
  assert_true(aus_bo_point_at(bo, 0)->committed && !aus_bo_point_at(bo, 0)->ok);
  aus_bo_destroy(bo);
}

/* A campaign that waits for the reply to proposal 9, the third with two points pending. */
static aus_bo *waiting(uint64_t seed)
{
  aus_bo_conf c = small(40, 3);
  aus_bo *bo = drive_new(&c, 2, drive_square, seed);
  aus_bo_what what;
  int64_t i;

  drive_run(bo, drive_bowl, 7);
  while ((what = aus_bo_next(bo, &i)) == AUS_BO_EVALUATE || i < 9)
    if (what == AUS_BO_PROPOSE) drive_propose(bo, i);
  assert_int_equal(what, AUS_BO_PROPOSE);
  assert_int_equal(i, 9);
  return bo;
}

/* The same with the bytes. */
static aus_bo *ready(aus_buf *request, aus_buf *reply)
{
  aus_bo *bo = waiting(9);
  int64_t i = 9;

  aus_buf_init(request);
  aus_buf_init(reply);
  check_ok(aus_bo_request(bo, i, request, &err), &err);
  check_ok(aus_bo_propose(request->data, (size_t)request->n, reply, &err), &err);
  return bo;
}

static void damaged_bytes(void **state)
{
  aus_buf request, reply, out;
  aus_bo *bo = ready(&request, &reply);
  int64_t i;
  int bit;

  (void)state;
  aus_buf_init(&out);
  for (i = 0; i < request.n; i++) {
    bit = 1 << (i % 8);
    request.data[i] = (char)(request.data[i] ^ bit);
    check_fails(aus_bo_propose(request.data, (size_t)request.n, &out, &err), AUS_EFORMAT, "request",
                &err);
    request.data[i] = (char)(request.data[i] ^ bit);
    check_fails(aus_bo_propose(request.data, (size_t)i, &out, &err), AUS_EFORMAT, "request", &err);
  }
  assert_int_equal(out.n, 0);
  for (i = 0; i < reply.n; i++) {
    bit = 1 << (i % 8);
    reply.data[i] = (char)(reply.data[i] ^ bit);
    check_fails(aus_bo_reply(bo, 9, reply.data, (size_t)reply.n, &err), AUS_EFORMAT, "reply", &err);
    reply.data[i] = (char)(reply.data[i] ^ bit);
    check_fails(aus_bo_reply(bo, 9, reply.data, (size_t)i, &err), AUS_EFORMAT, "reply", &err);
  }
  check_fails(aus_bo_propose(reply.data, (size_t)reply.n, &out, &err), AUS_EFORMAT, "not one",
              &err);
  check_ok(aus_bo_reply(bo, 9, reply.data, (size_t)reply.n, &err), &err);
  aus_buf_fini(&request);
  aus_buf_fini(&reply);
  aus_buf_fini(&out);
  aus_bo_destroy(bo);
}

static void seal(aus_buf *b)
{
  uint32_t crc = aus_crc32c(0, b->data, (size_t)b->n - 4);

  memcpy(b->data + b->n - 4, &crc, 4);
}

/* With a right checksum, too, no field may do harm: each byte is changed and the sum made anew. */
static void forged_bytes(void **state)
{
  aus_buf request, reply, out;
  aus_bo *bo = ready(&request, &reply);
  int64_t i;
  int rc, n_refused = 0;

  (void)state;
  aus_buf_init(&out);
  for (i = 8; i < request.n - 4; i++) {
    aus_buf_clear(&out);
    request.data[i] = (char)(request.data[i] ^ 0x55);
    seal(&request);
    rc = aus_bo_propose(request.data, (size_t)request.n, &out, NULL);
    assert_true(rc == AUS_OK || rc == AUS_EFORMAT || rc == AUS_ENUMERIC);
    n_refused += rc != AUS_OK;
    request.data[i] = (char)(request.data[i] ^ 0x55);
  }
  assert_in_range(n_refused, 50, request.n - 100);
  for (n_refused = 0, i = 8; i < reply.n - 4; i++) {
    reply.data[i] = (char)(reply.data[i] ^ 0x55);
    seal(&reply);
    rc = aus_bo_reply(bo, 9, reply.data, (size_t)reply.n, NULL);
    assert_true(rc == AUS_OK || rc == AUS_EFORMAT);
    n_refused += rc != AUS_OK;
    reply.data[i] = (char)(reply.data[i] ^ 0x55);
    if (rc != AUS_OK) continue;
    aus_bo_destroy(bo);
    bo = waiting(9);
  }
  assert_in_range(n_refused, 20, reply.n - 20);
  aus_buf_fini(&request);
  aus_buf_fini(&reply);
  aus_buf_fini(&out);
  aus_bo_destroy(bo);
}

/* A point that is not of the space; a request with bytes behind its rows. */
static void beyond(void **state)
{
  aus_buf request, reply, out;
  aus_bo *bo = ready(&request, &reply);
  const double outside[] = {-3.0, 1.001};
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    memcpy(reply.data + reply.n - 4 - 8 * (int64_t)(i + 1), &outside[i], 8);
    seal(&reply);
    check_fails(aus_bo_reply(bo, 9, reply.data, (size_t)reply.n, &err), AUS_EFORMAT,
                i == 0 ? "reply: value 1 is -3, beyond 0..1" : "reply: value 0 is 1.001", &err);
  }
  aus_buf_init(&out);
  aus_buf_bytes(&request, "behind", 6);
  seal(&request);
  check_fails(aus_bo_propose(request.data, (size_t)request.n, &out, &err), AUS_EFORMAT, "counts",
              &err);
  aus_buf_fini(&request);
  aus_buf_fini(&reply);
  aus_buf_fini(&out);
  aus_bo_destroy(bo);
}

static void wrong_replies(void **state)
{
  aus_buf request, reply;
  aus_bo *bo = ready(&request, &reply), *other;
  aus_bo_conf c = small(40, 3);

  (void)state;
  check_fails(aus_bo_reply(bo, 8, reply.data, (size_t)reply.n, &err), AUS_EINVAL, "proposal 8",
              &err);
  check_fails(aus_bo_reply(bo, 10, reply.data, (size_t)reply.n, &err), AUS_EINVAL, "proposal 10",
              &err);
  check_fails(aus_bo_request(bo, 11, &request, &err), AUS_EINVAL, "proposal 11", &err);
  check_fails(aus_bo_request(bo, 2, &request, &err), AUS_EINVAL, "proposal 2", &err);
  check_ok(aus_bo_reply(bo, 9, reply.data, (size_t)reply.n, &err), &err);
  check_fails(aus_bo_reply(bo, 9, reply.data, (size_t)reply.n, &err), AUS_EINVAL, "proposal 9",
              &err);
  aus_bo_destroy(bo);
  check_ok(aus_bo_create(&other, &c, 2, drive_square, 9, 4, &err), &err); /* another campaign */
  drive_run(other, drive_bowl, 5);
  check_fails(aus_bo_reply(other, 5, reply.data, (size_t)reply.n, &err), AUS_EFORMAT,
              "campaign 3 proposal 9, expected 4 and 5", &err);
  aus_bo_destroy(other);
  aus_buf_fini(&request);
  aus_buf_fini(&reply);
}

static void same_bytes(const aus_buf *a, const aus_buf *b)
{
  assert_int_equal(a->n, b->n);
  assert_memory_equal(a->data, b->data, (size_t)a->n);
}

/* The same bytes in give the same bytes out, whatever was computed in between, and a request can be
 * made again from a later state. */
static void pure(void **state)
{
  aus_buf request, reply, again, reply_again;
  aus_bo *bo = ready(&request, &reply), *other;

  (void)state;
  aus_buf_init(&again);
  aus_buf_init(&reply_again);
  check_ok(aus_bo_propose(request.data, (size_t)request.n, &again, &err), &err);
  same_bytes(&reply, &again);
  other = waiting(10);
  aus_buf_clear(&again);
  check_ok(aus_bo_propose(request.data, (size_t)request.n, &again, &err), &err);
  same_bytes(&reply, &again);
  check_ok(aus_bo_reply(bo, 9, reply.data, (size_t)reply.n, &err), &err);
  drive_commit(bo, 7, drive_bowl);
  drive_commit(bo, 8, drive_bowl);
  drive_run(bo, drive_bowl, 14);
  aus_buf_clear(&again);
  check_ok(aus_bo_request(bo, 9, &again, &err), &err);
  same_bytes(&request, &again);
  check_ok(aus_bo_propose(again.data, (size_t)again.n, &reply_again, &err), &err);
  same_bytes(&reply, &reply_again);
  aus_buf_fini(&request);
  aus_buf_fini(&reply);
  aus_buf_fini(&again);
  aus_buf_fini(&reply_again);
  aus_bo_destroy(bo);
  aus_bo_destroy(other);
}

static int whole_campaign(void)
{
  aus_bo_conf c = small(8, 2);
  aus_buf request, reply;
  aus_bo *bo = NULL;
  aus_bo_what what;
  int64_t i;
  int rc;
  double base[2] = {0.5, 0.5}, y;

  c.failed = AUS_FAILED_FEASIBILITY;
  aus_buf_init(&request);
  aus_buf_init(&reply);
  AUS_TRY(aus_bo_create(&bo, &c, 2, drive_square, 1, 1, &err));
  AUS_TRY(aus_bo_base(bo, base, 0.1, &err));
  while ((what = aus_bo_next(bo, &i)) != AUS_BO_NOTHING) {
    if (what == AUS_BO_EVALUATE) {
      y = half_fails(aus_bo_point_at(bo, i)->value);
      AUS_TRY(aus_bo_commit(bo, i, !isnan(y), y, false, &err));
      continue;
    }
    aus_buf_clear(&request);
    aus_buf_clear(&reply);
    AUS_TRY(aus_bo_request(bo, i, &request, &err));
    AUS_TRY(aus_bo_propose(request.data, (size_t)request.n, &reply, &err));
    AUS_TRY(aus_bo_reply(bo, i, reply.data, (size_t)reply.n, &err));
  }
done:
  aus_buf_fini(&request);
  aus_buf_fini(&reply);
  aus_bo_destroy(bo);
  return rc;
}

static void out_of_memory(void **state)
{
  int64_t live, n = 0;
  int rc = AUS_OK;

  (void)state;
  aus_err_clear(&err);
  assert_int_equal(whole_campaign(), AUS_OK); /* PETSc is up */
  live = aus_alloc_live();
  do {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = whole_campaign();
    if (!aus_alloc_failed()) break;
    assert_int_equal(rc, AUS_ENOMEM);
    assert_int_equal(aus_alloc_live(), live);
    n += n < 40 ? 1 : 7; /* every place of the first proposal's, then samples */
  } while (true);
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
  assert_true(n > 100);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults),
      cmocka_unit_test(bad_configurations),
      cmocka_unit_test(initial_design),
      cmocka_unit_test(lag_rule),
      cmocka_unit_test(timing_does_not_matter),
      cmocka_unit_test(stopping),
      cmocka_unit_test(target_of_the_owner),
      cmocka_unit_test(commits),
      cmocka_unit_test(damaged_bytes),
      cmocka_unit_test(forged_bytes),
      cmocka_unit_test(beyond),
      cmocka_unit_test(wrong_replies),
      cmocka_unit_test(pure),
      cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
