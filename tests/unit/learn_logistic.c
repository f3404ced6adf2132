/* learn_logistic.c - minima with a closed form, the slope at the minimum, bad input; Beta-binomial shrinkage.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/betabin.h"
#include "learn/logistic.h"
#include "unit/check.h"

static aus_err err;

/* No switch is ever on: the intercept alone, log(yes / no), and weights 0. */
static void intercept(void **state)
{
  const int32_t on[4] = {-1, -1, -1, -1}, one = 1;
  const uint8_t y[4] = {1, 1, 1, 0};
  aus_logistic m;

  (void)state;
  check_ok(aus_logistic_fit(&m, 4, 1, on, 3, y, 1.0, &err), &err);
  check_near(m.weight[3], log(3.0), 1e-4);
  check_near(m.weight[0], 0.0, 1e-12);
  check_near(aus_logistic_predict(&m, 1, on), 0.75, 1e-4);
  check_near(aus_logistic_predict(&m, 1, &one), 0.75, 1e-4);
  aus_logistic_fini(&m);
}

/* Switch 0 in n yes, switch 1 in n no: by symmetry weights w, -w, intercept 0, w = c n / (1 + exp(w)). */
static void symmetric(void **state)
{
  enum { N = 6 };
  int32_t on[2 * N];
  uint8_t y[2 * N];
  double c = 0.7, w = 1.0;
  aus_logistic m;
  int i;

  (void)state;
  for (i = 0; i < 2 * N; i++) {
    on[i] = i % 2;
    y[i] = i % 2 == 0;
  }
  for (i = 0; i < 200; i++) /* the right-hand side falls with w: halve the way to it */
    w = 0.5 * (w + c * N / (1.0 + exp(w)));
  check_near(w, c * N / (1.0 + exp(w)), 1e-12);
  check_ok(aus_logistic_fit(&m, 2 * N, 1, on, 2, y, c, &err), &err);
  check_near(m.weight[0], w, 1e-4);
  check_near(m.weight[1], -w, 1e-4);
  check_near(m.weight[2], 0.0, 1e-4);
  aus_logistic_fini(&m);
}

enum { ROWS = 300, ENTRIES = 4, VALUES = 5 };

static void invent(int32_t *on, uint8_t *y)
{
  uint32_t s = 11;
  int i, j, score;

  for (i = 0; i < ROWS; i++) {
    for (j = 0, score = 0; j < ENTRIES; j++) {
      s = s * 1664525u + 1013904223u;
      on[i * ENTRIES + j] = j * VALUES + (int32_t)((s >> 16) % VALUES);
      score += (int)((s >> 16) % VALUES);
    }
    s = s * 1664525u + 1013904223u;
    y[i] = score + (int)(s >> 29) > 11;
    if (i % 17 == 0) on[i * ENTRIES + 2] = -1;
  }
}

/* The slope of the objective, written down once more, vanishes; a repetition has the same bits. */
static void stationary(void **state)
{
  static int32_t on[ROWS * ENTRIES];
  static uint8_t y[ROWS];
  double g[ENTRIES * VALUES + 1] = {0}, c;
  aus_logistic m, again;
  int i, j;

  (void)state;
  invent(on, y);
  for (c = 0.1; c < 20.0; c *= 10.0) {
    check_ok(aus_logistic_fit(&m, ROWS, ENTRIES, on, ENTRIES * VALUES, y, c, &err), &err);
    for (j = 0; j < ENTRIES * VALUES; j++)
      g[j] = m.weight[j];
    g[j] = 0.0;
    for (i = 0; i < ROWS; i++) {
      const double d = c * (aus_logistic_predict(&m, ENTRIES, on + i * ENTRIES) - y[i]);

      for (j = 0; j < ENTRIES; j++)
        if (on[i * ENTRIES + j] >= 0) g[on[i * ENTRIES + j]] += d;
      g[ENTRIES * VALUES] += d;
    }
    for (j = 0; j <= ENTRIES * VALUES; j++)
      check_near(g[j], 0.0, 2e-3);
    check_ok(aus_logistic_fit(&again, ROWS, ENTRIES, on, ENTRIES * VALUES, y, c, &err), &err);
    assert_memory_equal(m.weight, again.weight, sizeof g);
    aus_logistic_fini(&m);
    aus_logistic_fini(&again);
  }
}

static void bad_input(void **state)
{
  int32_t on[4] = {0, 1, 2, -1};
  uint8_t y[4] = {1, 0, 1, 0};
  aus_logistic m;

  (void)state;
  check_fails(aus_logistic_fit(&m, 4, 1, on, 2, y, 1.0, &err), AUS_EINVAL,
              "row 2 has switch 2 of 2", &err);
  on[2] = -2;
  check_fails(aus_logistic_fit(&m, 4, 1, on, 2, y, 1.0, &err), AUS_EINVAL, "row 2 has switch -2",
              &err);
  on[2] = 0;
  check_fails(aus_logistic_fit(&m, 4, 0, on, 2, y, 1.0, &err), AUS_EINVAL, "0 entries of 2", &err);
  check_fails(aus_logistic_fit(&m, 4, 1, on, 0, y, 1.0, &err), AUS_EINVAL, "1 entries of 0", &err);
  check_fails(aus_logistic_fit(&m, 4, 1, on, 2, y, 0.0, &err), AUS_EINVAL, "c = 0", &err);
  check_fails(aus_logistic_fit(&m, 4, 1, on, 2, y, (double)INFINITY, &err), AUS_EINVAL, "c = inf",
              &err);
  check_fails(aus_logistic_fit(&m, 1, 1, on, 2, y, 1.0, &err), AUS_EINVAL,
              "1 yes in 1 rows, need both classes", &err);
  y[0] = 2;
  check_fails(aus_logistic_fit(&m, 4, 1, on, 2, y, 1.0, &err), AUS_EINVAL, "row 0 has class 2",
              &err);
  assert_null(m.weight);
}

/* Groups of one row each, 3 of 4 yes: only the mean counts, 3/4. Two groups, 40 of 40 and 0 of 40: a bowl with its
 * mass at the ends. Thirty groups of the same rate: as much strength as is allowed. */
static void shrinkage(void **state)
{
  int64_t n[30] = {1, 1, 1, 1}, yes[30] = {1, 1, 0, 1}, i;
  double a, b;

  (void)state;
  check_ok(aus_betabin_fit(4, n, yes, &a, &b, &err), &err);
  check_near(a / (a + b), 0.75, 1e-4);
  n[0] = n[1] = 40;
  yes[0] = 40;
  yes[1] = 0;
  check_ok(aus_betabin_fit(2, n, yes, &a, &b, &err), &err);
  assert_true(a < 0.5 && b < 0.5);
  check_near(a, b, 1e-4);
  for (i = 0; i < 30; i++) {
    n[i] = 100;
    yes[i] = 70;
  }
  check_ok(aus_betabin_fit(30, n, yes, &a, &b, &err), &err);
  assert_true(a + b > 1000.0);
  check_near(a / (a + b), 0.7, 1e-3);
  check_ok(aus_betabin_fit(0, NULL, NULL, &a, &b, &err), &err);
  check_near(a, 1.0, 1e-15);
  check_near(b, 1.0, 1e-15);
  yes[3] = 101;
  check_fails(aus_betabin_fit(30, n, yes, &a, &b, &err), AUS_EINVAL, "group 3: 101 yes in 100 rows",
              &err);
}

static int fit_both(void)
{
  static int32_t on[ROWS * ENTRIES];
  static uint8_t y[ROWS];
  int64_t n[2] = {5, 9}, yes[2] = {2, 8};
  double a, b;
  aus_logistic m;
  int rc;

  invent(on, y);
  rc = aus_logistic_fit(&m, ROWS, ENTRIES, on, ENTRIES * VALUES, y, 1.0, &err);
  aus_logistic_fini(&m);
  return rc == AUS_OK ? aus_betabin_fit(2, n, yes, &a, &b, &err) : rc;
}

static void out_of_memory(void **state)
{
  int64_t live, i;
  int rc = AUS_ENOMEM;

  (void)state;
  check_ok(fit_both(), &err);
  live = aus_alloc_live();
  for (i = 0; rc != AUS_OK && i < 100; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = fit_both();
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
#ifndef NDEBUG
  assert_true(i > 4);
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(intercept), cmocka_unit_test(symmetric), cmocka_unit_test(stationary),
      cmocka_unit_test(bad_input), cmocka_unit_test(shrinkage), cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
