/* bo_greedy.c - campaigns whose proposals see what has arrived, in any order.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/bo.h"
#include "unit/bo_drive.h"
#include "util/rng.h"

static aus_bo_conf greedy(int64_t budget, int lag)
{
  aus_bo_conf c = aus_bo_defaults();

  c.budget = budget;
  c.lag = lag;
  c.greedy = true;
  c.restarts = 0;
  return c;
}

/* The n-th open point (of those handed out) counted from 0. */
static int64_t open_point(const aus_bo *bo, int64_t handed_out, int64_t n)
{
  int64_t i;

  for (i = 0; i < handed_out; i++)
    if (!aus_bo_point_at(bo, i)->committed && n-- == 0) return i;
  fail_msg("no such open point");
  return -1;
}

/* Results arrive in random order, several at a time; a proposal's answer may wait for some of them. */
static void run_in_disorder(aus_bo *bo, drive_fn f, int lag, uint64_t order)
{
  aus_rng r = aus_rng_open(order, 0, 0, AUS_RNG_TRACE);
  int64_t i, handed_out = 0, waiting = -1, n_open, n_seen = 0;
  aus_bo_what what;

  while (aus_bo_stopped(bo) == AUS_BO_RUNNING) {
    while ((what = aus_bo_next(bo, &i)) != AUS_BO_NOTHING) {
      if (what == AUS_BO_EVALUATE) {
        handed_out++;
        continue;
      }
      waiting = i;
      n_seen = aus_bo_n_committed(bo);
      assert_true(n_seen > 0 && i - n_seen < lag);
    }
    n_open = handed_out - aus_bo_n_committed(bo);
    if (waiting >= 0 && (n_open == 0 || aus_rng_below(&r, 2))) {
      drive_propose(bo, waiting);
      assert_int_equal(aus_bo_point_at(bo, waiting)->n_seen, n_seen);
      assert_int_equal(aus_bo_point_at(bo, waiting)->n_pending, waiting - n_seen);
      waiting = -1;
    } else {
      drive_commit(bo, open_point(bo, handed_out, (int64_t)aus_rng_below(&r, (uint64_t)n_open)), f);
    }
  }
}

static void request_of(const aus_bo *bo, int64_t i, aus_buf *out)
{
  aus_buf_init(out);
  check_ok(aus_bo_request(bo, i, out, &err), &err);
}

/* From the order of arrival and the number that each proposal saw, every request is made again. */
static void replay(const aus_bo *bo, const aus_bo_conf *conf, int n_params, const aus_param *params)
{
  aus_bo *again = drive_new(conf, n_params, params, 5);
  int64_t n = aus_bo_n_committed(bo), k, i, at = 0, handed_out = 0;
  const aus_bo_point *p;
  aus_buf a, b;

  for (k = aus_bo_n_init(bo); (p = aus_bo_point_at(bo, k)); k++) {
    for (; handed_out < k; handed_out++)
      assert_int_equal(aus_bo_next(again, &i), AUS_BO_EVALUATE);
    assert_true(p->n_seen <= n);
    for (; at < p->n_seen; at++) {
      const aus_bo_point *q = aus_bo_point_at(bo, aus_bo_arrivals(bo)[at]);

      check_ok(aus_bo_commit(again, aus_bo_arrivals(bo)[at], q->ok, q->y, false, &err), &err);
    }
    assert_int_equal(aus_bo_next(again, &i), AUS_BO_PROPOSE);
    assert_int_equal(i, k);
    request_of(again, k, &a);
    request_of(bo, k, &b);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.data, b.data, (size_t)a.n);
    aus_buf_fini(&a);
    aus_buf_fini(&b);
    drive_propose(again, k);
    assert_memory_equal(aus_bo_point_at(again, k)->value, p->value,
                        (size_t)n_params * sizeof *p->value);
  }
  aus_bo_destroy(again);
}

static double some_fail(const double *x)
{
  return x[0] + x[1] < 0.5 ? (double)NAN : drive_bowl(x);
}

static double flat(const double *x)
{
  return 0.0 * x[0];
}

/* Arrival is a permutation, and the best is the first of the smallest. */
static void check_arrivals(const aus_bo *bo)
{
  int64_t i, n = aus_bo_n_committed(bo);
  const aus_bo_point *p;

  for (i = 0; i < n; i++) {
    p = aus_bo_point_at(bo, aus_bo_arrivals(bo)[i]);
    assert_true(p->committed);
    assert_int_equal(p->arrival, i);
  }
}

static void any_order(void **state)
{
  static const int lag[] = {1, 3, 8};
  aus_bo_conf c;
  aus_bo *bo;
  uint64_t order;
  int64_t i, n_disorder = 0;
  int k;

  (void)state;
  for (k = 0; k < 3; k++)
    for (order = 0; order < 4; order++) {
      c = greedy(16, lag[k]);
      c.failed = order % 2 ? AUS_FAILED_FEASIBILITY : AUS_FAILED_WORST;
      bo = drive_new(&c, 2, drive_square, 5);
      run_in_disorder(bo, order < 2 ? drive_bowl : some_fail, lag[k], order);
      assert_int_equal(aus_bo_stopped(bo), AUS_BO_BUDGET);
      assert_int_equal(aus_bo_n_committed(bo), 16);
      check_arrivals(bo);
      drive_distinct(bo);
      for (i = 0; i < 16; i++)
        n_disorder += aus_bo_arrivals(bo)[i] != i;
      replay(bo, &c, 2, drive_square);
      aus_bo_destroy(bo);
    }
  assert_true(n_disorder > 60); /* of 192 */
}

/* One at a time, committed in order, it is the same as without: all is seen anyway. */
static void one_at_a_time(void **state)
{
  aus_bo_conf c = greedy(14, 1);
  aus_bo *a = drive_new(&c, 2, drive_square, 5), *b;
  int64_t i;

  (void)state;
  drive_run(a, drive_bowl, INT64_MAX);
  c.greedy = false;
  b = drive_new(&c, 2, drive_square, 5);
  drive_run(b, drive_bowl, INT64_MAX);
  assert_int_equal(aus_bo_n_committed(a), 14);
  for (i = 0; i < 14; i++)
    assert_memory_equal(aus_bo_point_at(a, i)->value, aus_bo_point_at(b, i)->value,
                        2 * sizeof(double));
  aus_bo_destroy(a);
  aus_bo_destroy(b);
}

/* Nothing improves: regions end again and again, whatever is pending then. */
static void regions(void **state)
{
  aus_bo_conf c = greedy(90, 4);
  aus_bo *bo;
  int64_t i, n_design = 0;

  (void)state;
  c.region = AUS_REGION_TURBO;
  bo = drive_new(&c, 2, drive_square, 5);
  run_in_disorder(bo, flat, 4, 9);
  drive_distinct(bo);
  for (i = 0; i < 90; i++)
    n_design += aus_bo_point_at(bo, i)->origin == AUS_BO_RESTART;
  assert_true(n_design >= 5);
  replay(bo, &c, 2, drive_square);
  aus_bo_destroy(bo);
}

/* Patience counts commits since the best one arrived, not the numbers of trials. */
static void patience(void **state)
{
  aus_bo_conf c = greedy(20, 5);
  aus_bo *bo;
  int64_t i;

  (void)state;
  c.patience = 3;
  bo = drive_new(&c, 2, drive_square, 5);
  while (aus_bo_next(bo, &i) == AUS_BO_EVALUATE)
    continue;
  assert_int_equal(i, -1);
  check_ok(aus_bo_commit(bo, 4, true, 1.0, false, &err), &err);
  check_ok(aus_bo_commit(bo, 3, true, 1.0, false, &err), &err);
  check_ok(aus_bo_commit(bo, 0, true, 2.0, false, &err), &err);
  assert_int_equal(aus_bo_best(bo), 4); /* the first that arrived */
  assert_int_equal(aus_bo_stopped(bo), AUS_BO_RUNNING);
  check_ok(aus_bo_commit(bo, 2, false, 0.0, false, &err), &err);
  assert_int_equal(aus_bo_stopped(bo), AUS_BO_PATIENCE);
  aus_bo_destroy(bo);
}

static void refused(void **state)
{
  aus_bo_conf c = greedy(20, 3);
  aus_bo *bo = drive_new(&c, 2, drive_square, 5);
  aus_buf b;
  int64_t i;

  (void)state;
  aus_buf_init(&b);
  check_fails(aus_bo_commit(bo, 0, true, 1, false, &err), AUS_EINVAL, "trial 0, which is not open",
              &err); /* not handed out */
  while (aus_bo_next(bo, &i) == AUS_BO_EVALUATE)
    continue;
  check_ok(aus_bo_commit(bo, 3, true, 1, false, &err), &err);
  check_fails(aus_bo_commit(bo, 3, true, 1, false, &err), AUS_EINVAL, "trial 3, which is not open",
              &err);
  check_fails(aus_bo_commit(bo, -1, true, 1, false, &err), AUS_EINVAL, "not open", &err);
  check_fails(aus_bo_commit(bo, 5, true, 1, false, &err), AUS_EINVAL, "not open", &err);
  check_ok(aus_bo_commit(bo, 1, true, 1, false, &err), &err);
  assert_int_equal(aus_bo_next(bo, &i), AUS_BO_NOTHING); /* three are open */
  check_fails(aus_bo_request(bo, 5, &b, &err), AUS_EINVAL, "proposal 5 can not be made", &err);
  check_ok(aus_bo_commit(bo, 0, true, 1, false, &err), &err);
  /* It is due, but nobody has said yet what it sees. */
  check_fails(aus_bo_request(bo, 5, &b, &err), AUS_EINVAL, "proposal 5 can not be made", &err);
  assert_int_equal(aus_bo_next(bo, &i), AUS_BO_PROPOSE);
  check_ok(aus_bo_request(bo, 5, &b, &err), &err);
  aus_buf_fini(&b);
  aus_bo_destroy(bo);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_order), cmocka_unit_test(one_at_a_time), cmocka_unit_test(regions),
      cmocka_unit_test(patience),  cmocka_unit_test(refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
