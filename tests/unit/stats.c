/* stats.c - mean, spread and quantiles, with nothing, one value, NaN and infinities.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "util/stats.h"

static void mean_and_spread(void **state)
{
  const double x[] = {2, 4, 4, 4, 5, 5, 7, 9};

  (void)state;
  assert_true(aus_stats_mean(x, 8) == 5);
  check_near(aus_stats_variance(x, 8), 32.0 / 7, 1e-15);
  check_near(aus_stats_sd(x, 8), sqrt(32.0 / 7), 1e-15);
  assert_true(aus_stats_mean(x, 1) == 2);
  assert_true(aus_stats_variance(x, 2) == 2);
}

/* A large common part must not eat the variance (it does with sum of squares less square of sum). */
static void large_offset(void **state)
{
  const double x[] = {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16};

  (void)state;
  assert_true(aus_stats_variance(x, 4) == 30);
}

/* From left to right: 1e16 + 1 + 1 loses both ones, 1 + 1 + 1e16 none. */
static void naive_order(void **state)
{
  const double a[] = {1e16, 1, 1}, b[] = {1, 1, 1e16};

  (void)state;
  assert_true(aus_stats_mean(a, 3) == 1e16 / 3);
  assert_true(aus_stats_mean(b, 3) == (1e16 + 2) / 3);
}

/* Source: numpy.quantile of the same values, default method. */
static void quantiles(void **state)
{
  double x[] = {15, 40, 20, 50, 35};

  (void)state;
  aus_stats_sort(x, 5);
  assert_true(x[0] == 15 && x[1] == 20 && x[2] == 35 && x[3] == 40 && x[4] == 50);
  assert_true(aus_stats_quantile(x, 5, 0) == 15);
  assert_true(aus_stats_quantile(x, 5, 1) == 50);
  assert_true(aus_stats_quantile(x, 5, 0.25) == 20);
  check_near(aus_stats_quantile(x, 5, 0.4), 29, 1e-15);
  check_near(aus_stats_quantile(x, 5, 0.9), 46, 1e-15);
  assert_true(aus_stats_quantile(x, 5, -1) == 15);
  assert_true(aus_stats_quantile(x, 5, 2) == 50);
  assert_true(aus_stats_median(x, 5) == 35);
  assert_true(aus_stats_median(x, 4) == 27.5);
  assert_true(aus_stats_median(x, 1) == 15);
}

static void nothing(void **state)
{
  double x = 3;

  (void)state;
  aus_stats_sort(&x, 0);
  aus_stats_sort(NULL, 0);
  assert_true(isnan(aus_stats_mean(&x, 0)));
  assert_true(isnan(aus_stats_variance(&x, 0)));
  assert_true(isnan(aus_stats_variance(&x, 1)));
  assert_true(isnan(aus_stats_sd(&x, 1)));
  assert_true(isnan(aus_stats_median(&x, 0)));
  assert_true(isnan(aus_stats_quantile(&x, 0, 0.1)));
}

static void not_finite(void **state)
{
  double x[] = {(double)NAN, 3, -HUGE_VAL, (double)NAN, 1}, y[] = {-HUGE_VAL, 1, HUGE_VAL};

  (void)state;
  assert_true(isnan(aus_stats_mean(x, 5)));
  assert_true(isnan(aus_stats_variance(x, 5)));
  aus_stats_sort(x, 5);
  assert_true(x[0] == -HUGE_VAL && x[1] == 1 && x[2] == 3 && isnan(x[3]) && isnan(x[4]));
  assert_true(isnan(aus_stats_median(x, 5)));
  assert_true(aus_stats_median(x, 3) == 1);
  assert_true(aus_stats_median(y, 3) == 1);
  assert_true(aus_stats_quantile(y, 3, 0) == -HUGE_VAL);
  assert_true(aus_stats_quantile(y, 3, 1) == HUGE_VAL);
  assert_true(isnan(aus_stats_quantile(y, 3, (double)NAN)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mean_and_spread), cmocka_unit_test(large_offset),
      cmocka_unit_test(naive_order),     cmocka_unit_test(quantiles),
      cmocka_unit_test(nothing),         cmocka_unit_test(not_finite),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
