/* learn_isotonic.c - pooling by hand and against its optimality, the curve, bad input.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/isotonic.h"
#include "unit/check.h"
#include "util/rng.h"

static aus_err err;

static void same(const double *got, const double *want, int64_t n)
{
  int64_t i;

  for (i = 0; i < n; i++)
    check_near(got[i], want[i], 1e-14);
}

static void pool_by_hand(void **state)
{
  double y[] = {1, 3, 2, 4, 3.5, 3}, w[] = {1, 1, 1, 1, 1, 1};
  double v[] = {5, 4, 3}, u[] = {1, 2, 5};
  double flat[] = {2, 2, 2}, one[] = {1, 1, 1};
  double chain[] = {4, 6, 1, 9}, ones[] = {1, 1, 1, 1};
  int64_t end[6];

  (void)state;
  assert_int_equal(aus_isotonic_pool(6, y, w, end), 3);
  same(y, (const double[]){1, 2.5, 3.5}, 3);
  same(w, (const double[]){1, 2, 3}, 3);
  assert_int_equal(end[0], 1);
  assert_int_equal(end[1], 3);
  assert_int_equal(end[2], 6);
  /* 5 x 1, 4 x 2, 3 x 5 */
  assert_int_equal(aus_isotonic_pool(3, v, u, end), 1);
  same(v, (const double[]){28.0 / 8}, 1);
  same(u, (const double[]){8}, 1);
  assert_int_equal(aus_isotonic_pool(3, flat, one, end), 3);
  /* the third pulls the second down, both then the first */
  assert_int_equal(aus_isotonic_pool(4, chain, ones, end), 2);
  same(chain, (const double[]){11.0 / 3, 9}, 2);
  assert_int_equal(end[0], 3);
  assert_int_equal(aus_isotonic_pool(0, NULL, NULL, NULL), 0);
}

/* Least squares under order: the fit at row k is the max over a <= k of the min over b >= k of the mean of a..b. */
static double max_min(const double *y, const double *w, int n, int k)
{
  double best = -INFINITY;
  int a, b;

  for (a = 0; a <= k; a++) {
    double least = INFINITY, sum = 0, weight = 0;

    for (b = a; b < n; b++) {
      sum += w[b] * y[b];
      weight += w[b];
      if (b >= k) least = fmin(least, sum / weight);
    }
    best = fmax(best, least);
  }
  return best;
}

static void pool_is_optimal(void **state)
{
  enum { N = 40 };
  aus_rng rng = aus_rng_open(3, 0, 0, AUS_RNG_TRACE);
  double y[N], w[N], fit[N], weight[N];
  int64_t end[N];
  int round, i, k;

  (void)state;
  for (round = 0; round < 50; round++) {
    for (i = 0; i < N; i++) {
      fit[i] = y[i] = i * 0.1 * (round % 3) + (double)aus_rng_below(&rng, 12);
      weight[i] = w[i] = 1.0 + (double)aus_rng_below(&rng, 5);
    }
    (void)aus_isotonic_pool(N, fit, weight, end);
    for (i = 0, k = 0; i < N; i++) {
      if (i == end[k]) k++;
      check_near(fit[k], max_min(y, w, N, i), 1e-12);
    }
    assert_int_equal(end[k], N);
  }
}

/* Data that are monotone already are met exactly, and the curve never turns between them. */
static void curve_keeps_monotone_data(void **state)
{
  const double x[] = {4, 1, 2, 8, 6}, up[] = {5, 1, 1, 40, 7}, down[] = {5, 9, 8, -3, 4};
  aus_isotonic *c;
  double before, t;
  int i;

  (void)state;
  check_ok(aus_isotonic_fit(&c, 5, x, up, &err), &err);
  for (i = 0; i < 5; i++)
    check_near(aus_isotonic_at(c, x[i]), up[i], 1e-14);
  for (t = 0, before = 1; t < 9; t += 0.01) {
    assert_true(aus_isotonic_at(c, t) >= before - 1e-12);
    before = aus_isotonic_at(c, t);
  }
  check_near(aus_isotonic_at(c, -1e9), 1, 1e-15);
  check_near(aus_isotonic_at(c, 1e9), 40, 1e-15);
  assert_true(isnan(aus_isotonic_at(c, NAN)));
  aus_isotonic_destroy(c);
  check_ok(aus_isotonic_fit(&c, 5, x, down, &err), &err);
  for (i = 0; i < 5; i++)
    check_near(aus_isotonic_at(c, x[i]), down[i], 1e-14);
  aus_isotonic_destroy(c);
}

/* Steffen through (0,0), (1,1), (3,2). At the end GSL takes the slope of the outer piece, d0 = 1; inside
 * d1 = 2 min(1, 1/2, p/2) = 5/6 with p = (1 x 2 + 1/2 x 1)/3. A cubic's middle: mean + (d0 - d1) h/8. */
static void curve_by_hand(void **state)
{
  const double x[] = {0, 1, 3}, y[] = {0, 1, 2}, d0 = 1, d1 = 5.0 / 6;
  aus_isotonic *c;

  (void)state;
  check_ok(aus_isotonic_fit(&c, 3, x, y, &err), &err);
  check_near(aus_isotonic_at(c, 0.5), 0.5 + (d0 - d1) / 8, 1e-14);
  aus_isotonic_destroy(c);
  check_ok(aus_isotonic_fit(&c, 2, x + 1, y + 1, &err), &err);
  check_near(aus_isotonic_at(c, 2.5), 1.75, 1e-15);
  aus_isotonic_destroy(c);
}

/* Ranks (1,2), (2,4), (3,3), (4,1), ... decide the direction, not the sizes; blocks stand at their means. */
static void curve_direction_and_centres(void **state)
{
  const double x[] = {1, 2, 3, 4}, y[] = {1, 5, 3, 9}, big[] = {4, 3, 2, 1000};
  const double tied[] = {2, 2, 2, 4}, level[] = {7, 7, 7, 7}, even[] = {1, 2, 2, 1};
  aus_isotonic *c;

  (void)state;
  check_ok(aus_isotonic_fit(&c, 4, x, y, &err), &err);
  check_near(aus_isotonic_at(c, 2.5), 4, 1e-14); /* 5 and 3 are pooled */
  check_near(aus_isotonic_at(c, 1), 1, 1e-14);
  aus_isotonic_destroy(c);
  /* sum of (2 rx - 5)(2 ry - 5): -3, 1, 1, 9 against ranks 3 2 1 4: -3 + 1 - 3 + 9 > 0 */
  check_ok(aus_isotonic_fit(&c, 4, x, big, &err), &err);
  check_near(aus_isotonic_at(c, 0), 3, 1e-14);
  check_near(aus_isotonic_at(c, 2), 3, 1e-14);
  check_near(aus_isotonic_at(c, 9), 1000, 1e-14);
  aus_isotonic_destroy(c);
  /* three rows at x = 2 are one point (11/3), the fourth (4, 1) is lower: mid-ranks 2 2 2 4 against 3 2 1 4 */
  check_ok(aus_isotonic_fit(&c, 4, tied, (const double[]){4, 3, 4, 1}, &err), &err);
  check_near(aus_isotonic_at(c, 2), 11.0 / 3, 1e-14);
  check_near(aus_isotonic_at(c, 3), (11.0 / 3 + 1) / 2, 1e-14);
  aus_isotonic_destroy(c);
  check_ok(aus_isotonic_fit(&c, 4, x, level, &err), &err);
  check_near(aus_isotonic_at(c, 3.3), 7, 1e-15);
  aus_isotonic_destroy(c);
  /* no correlation: it rises, so 1 and {2, 2, 1} = 5/3 at x = 3 */
  check_ok(aus_isotonic_fit(&c, 4, x, even, &err), &err);
  check_near(aus_isotonic_at(c, 0), 1, 1e-15);
  check_near(aus_isotonic_at(c, 3), 5.0 / 3, 1e-14);
  aus_isotonic_destroy(c);
}

/* Equal x, one point; the order of the rows has no say. */
static void curve_of_few(void **state)
{
  const double x[] = {3, 3, 3}, y[] = {1, 2, 6}, back[] = {6, 1, 2};
  aus_isotonic *c;

  (void)state;
  check_ok(aus_isotonic_fit(&c, 3, x, y, &err), &err);
  check_near(aus_isotonic_at(c, 0), 3, 1e-15);
  check_near(aus_isotonic_at(c, 3), 3, 1e-15);
  check_near(aus_isotonic_at(c, 7), 3, 1e-15);
  aus_isotonic_destroy(c);
  check_ok(aus_isotonic_fit(&c, 3, x, back, &err), &err);
  assert_true(aus_isotonic_at(c, 7) == 3.0);
  aus_isotonic_destroy(c);
  check_ok(aus_isotonic_fit(&c, 1, x, y + 2, &err), &err);
  check_near(aus_isotonic_at(c, -5), 6, 1e-15);
  aus_isotonic_destroy(c);
  aus_isotonic_destroy(NULL);
}

static void bad_input(void **state)
{
  const double good[] = {1, 2}, bad[] = {1, NAN};
  aus_isotonic *c;

  (void)state;
  check_fails(aus_isotonic_fit(&c, 0, good, good, &err), AUS_EINVAL, "a curve through 0 points",
              &err);
  assert_null(c);
  check_fails(aus_isotonic_fit(&c, 2, good, bad, &err), AUS_ENUMERIC,
              "point 1 is (2, nan), need finite", &err);
  check_fails(aus_isotonic_fit(&c, 2, bad, good, &err), AUS_ENUMERIC,
              "point 1 is (nan, 2), need finite", &err);
}

static void no_memory(void **state)
{
  const double x[] = {1, 2, 3, 4}, y[] = {1, 2, 1, 4};
  int64_t n, live = aus_alloc_live();
  aus_isotonic *c;
  int rc = AUS_ENOMEM;

  (void)state;
  for (n = 0; rc != AUS_OK; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = aus_isotonic_fit(&c, 4, x, y, &err);
    assert_true(rc == AUS_OK || rc == AUS_ENOMEM);
    aus_isotonic_destroy(c);
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_true(n > 7);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pool_by_hand),
      cmocka_unit_test(pool_is_optimal),
      cmocka_unit_test(curve_keeps_monotone_data),
      cmocka_unit_test(curve_by_hand),
      cmocka_unit_test(curve_direction_and_centres),
      cmocka_unit_test(curve_of_few),
      cmocka_unit_test(bad_input),
      cmocka_unit_test(no_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
