/* learn_metrics.c - figures worked out by hand, ties, edges of the bins, bad input.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/metrics.h"
#include "unit/check.h"

static aus_err err;

/* Five rows by hand. Pairs (yes, no): yes at .9 .4 .4, no at .4 .1: .9 beats both, each .4 ties with one and beats
 * one: (2 + 1.5 + 1.5) / 6. */
static void by_hand(void **state)
{
  const double p[5] = {0.9, 0.4, 0.4, 0.4, 0.1};
  const uint8_t y[5] = {1, 1, 0, 1, 0};
  aus_metrics m;

  (void)state;
  check_ok(aus_metrics_make(&m, 5, p, y, &err), &err);
  assert_int_equal(m.n, 5);
  assert_int_equal(m.n_yes, 3);
  check_near(m.accuracy, 0.6, 1e-15);
  check_near(m.majority, 0.6, 1e-15);
  check_near(m.log_loss, -(log(0.9) + 2 * log(0.4) + log(0.6) + log(0.9)) / 5, 1e-15);
  check_near(m.brier, (0.01 + 0.36 + 0.16 + 0.36 + 0.01) / 5, 1e-15);
  check_near(m.auc, 5.0 / 6, 1e-15);
  assert_int_equal(m.bin[9].n, 1);
  assert_int_equal(m.bin[4].n, 3);
  assert_int_equal(m.bin[4].n_yes, 2);
  check_near(m.bin[4].mean_p, 0.4, 1e-15);
  assert_int_equal(m.bin[1].n, 1);
  assert_int_equal(m.bin[1].n_yes, 0);
  assert_true(isnan(m.bin[0].mean_p));
  check_near(m.calibration, (0.1 + fabs(1.2 - 2) + 0.1) / 5, 1e-15);
}

/* 0 and 1 are probabilities; a sure mistake costs 52 log 2; 1 belongs to the last bin, 0.5 is a no. */
static void edges(void **state)
{
  const double p[3] = {0.0, 1.0, 0.5};
  const uint8_t y[3] = {1, 1, 1}, no[3] = {0, 0, 0};
  aus_metrics m;

  (void)state;
  check_ok(aus_metrics_make(&m, 3, p, y, &err), &err);
  check_near(m.log_loss, (52 * log(2.0) + log(2.0)) / 3, 1e-12);
  check_near(m.accuracy, 1.0 / 3, 1e-15);
  check_near(m.majority, 1.0, 1e-15);
  assert_true(isnan(m.auc));
  assert_int_equal(m.bin[9].n, 1);
  assert_int_equal(m.bin[5].n, 1);
  check_ok(aus_metrics_make(&m, 3, p, no, &err), &err);
  assert_true(isnan(m.auc));
  check_near(m.accuracy, 2.0 / 3, 1e-15);
  check_near(aus_metrics_loss(1.0, 1), 0.0, 1e-15);
  check_near(aus_metrics_loss(0.25, 1), log(4.0), 1e-15);
  check_near(aus_metrics_loss(0.25, 0), log(4.0 / 3), 1e-15);
}

/* All pairs counted one by one. */
static void auc_of_pairs(void **state)
{
  enum { N = 200 };
  double p[N], sum = 0.0, pairs = 0.0;
  uint8_t y[N];
  uint32_t s = 5;
  aus_metrics m;
  int i, j;

  (void)state;
  for (i = 0; i < N; i++) {
    s = s * 1664525u + 1013904223u;
    p[i] = (double)(s >> 24) / 32 - floor((double)(s >> 24) / 32);
    y[i] = (s >> 8 & 255) < 100 + (s >> 24) / 4;
  }
  for (i = 0; i < N; i++)
    for (j = 0; j < N; j++)
      if (y[i] && !y[j]) {
        pairs++;
        sum += p[i] > p[j] ? 1.0 : p[i] < p[j] ? 0.0 : 0.5;
      }
  check_ok(aus_metrics_make(&m, N, p, y, &err), &err);
  check_near(m.auc, sum / pairs, 1e-13);
}

static void bad_input(void **state)
{
  double p[2] = {0.5, 1.5};
  uint8_t y[2] = {1, 0};
  aus_metrics m;

  (void)state;
  check_fails(aus_metrics_make(&m, 0, p, y, &err), AUS_EINVAL, "metrics of 0 rows", &err);
  check_fails(aus_metrics_make(&m, 2, p, y, &err), AUS_ENUMERIC, "row 1: 1.5 is no probability",
              &err);
  p[1] = (double)NAN;
  check_fails(aus_metrics_make(&m, 2, p, y, &err), AUS_ENUMERIC, "row 1: nan is no probability",
              &err);
  p[1] = -1e-9;
  check_fails(aus_metrics_make(&m, 2, p, y, &err), AUS_ENUMERIC, "row 1: -1e-09 is no", &err);
  p[1] = 0.5;
  y[0] = 3;
  check_fails(aus_metrics_make(&m, 2, p, y, &err), AUS_EINVAL, "row 0 has class 3, need 0 or 1",
              &err);
  y[0] = 1;
#ifndef NDEBUG
  aus_alloc_fail_at(0);
  check_fails(aus_metrics_make(&m, 2, p, y, &err), AUS_ENOMEM, "out of memory", &err);
  assert_int_equal(m.n, 0);
  aus_alloc_fail_at(-1);
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(by_hand),
      cmocka_unit_test(edges),
      cmocka_unit_test(auc_of_pairs),
      cmocka_unit_test(bad_input),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
