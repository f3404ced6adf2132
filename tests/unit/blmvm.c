/* blmvm.c - box-constrained minima with known answers, the same bits after reuse, bad arguments.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/blmvm.h"
#include "learn/petsc.h"
#include "unit/check.h"
#include "unit/plugins.h"

enum { N = 10 };

static aus_err err;

static double rosenbrock(void *self, int n, const double *x, double *g)
{
  double f = 0.0;
  int i, *calls = self;

  ++*calls;
  memset(g, 0, (size_t)n * sizeof *g);
  for (i = 0; i + 1 < n; i++) {
    const double a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];

    f += 100.0 * a * a + b * b;
    g[i] += -400.0 * a * x[i] - 2.0 * b;
    g[i + 1] += 200.0 * a;
  }
  return f;
}

/* Minimum at self[] or at the bound next to it. */
static double bowl(void *self, int n, const double *x, double *g)
{
  const double *at = self;
  double f = 0.0;
  int i;

  for (i = 0; i < n; i++) {
    g[i] = 2.0 * (i + 1) * (x[i] - at[i]);
    f += (i + 1) * (x[i] - at[i]) * (x[i] - at[i]);
  }
  return f;
}

/* Nothing can be said right of 0.25. */
static double cliff(void *self, int n, const double *x, double *g)
{
  (void)self;
  memset(g, 0, (size_t)n * sizeof *g);
  if (x[0] > 0.25) return 1e20;
  g[0] = x[0] - 1.0;
  return 0.5 * (x[0] - 1.0) * (x[0] - 1.0);
}

static double broken(void *self, int n, const double *x, double *g)
{
  (void)x;
  memset(g, 0, (size_t)n * sizeof *g);
  if (*(int *)self) g[0] = INFINITY;
  return *(int *)self ? 0.0 : (double)NAN;
}

static void fill(double *x, double value)
{
  int i;

  for (i = 0; i < N; i++)
    x[i] = value;
}

static void known_minima(void **state)
{
  double lower[N], upper[N], x[N], f, at[N] = {-3, -1, 0, 0.5, 1, 2, 3, 0.25, -0.5, 9};
  aus_blmvm *b;
  int i, calls = 0;

  (void)state;
  check_ok(aus_blmvm_create(&b, N, &err), &err);
  fill(lower, -1.0);
  fill(upper, 2.0);
  fill(x, 0.0);
  check_ok(aus_blmvm_minimise(b, bowl, at, lower, upper, 100, 1e-10, x, &f, &err), &err);
  for (i = 0; i < N; i++)
    check_near(x[i], fmin(fmax(at[i], -1.0), 2.0), 1e-6); /* f = 501 has no more digits */
  check_near(f, 1.0 * 4 + 7.0 * 1 + 10.0 * 49, 1e-12);
  fill(lower, -2.0);
  fill(x, -1.2);
  check_ok(aus_blmvm_minimise(b, rosenbrock, &calls, lower, upper, 500, 1e-8, x, &f, &err), &err);
  for (i = 0; i < N; i++)
    check_near(x[i], 1.0, 1e-6);
  assert_true(calls < 500);
  /* the box of the second problem is not that of the first; the start is outside it */
  fill(upper, 0.8);
  fill(x, 5.0);
  check_ok(aus_blmvm_minimise(b, rosenbrock, &calls, lower, upper, 500, 1e-8, x, &f, &err), &err);
  check_near(x[0], 0.8, 1e-12);
  for (i = 0; i < N; i++)
    assert_true(x[i] >= -2.0 && x[i] <= 0.8);
  aus_blmvm_destroy(b);
  aus_blmvm_destroy(NULL);
}

static void run(aus_blmvm *b, double from, double top, int iterations, double *x, double *f)
{
  double lower[N], upper[N];
  int calls = 0;

  fill(lower, -2.0);
  fill(upper, top);
  fill(x, from);
  check_ok(aus_blmvm_minimise(b, rosenbrock, &calls, lower, upper, iterations, 1e-8, x, f, &err),
           &err);
}

static void same_bits(void **state)
{
  double first[N], x[N], f_first, f;
  aus_blmvm *b, *other;
  int round, iterations;

  (void)state;
  check_ok(aus_blmvm_create(&b, N, &err), &err);
  check_ok(aus_blmvm_create(&other, N, &err), &err);
  for (iterations = 3; iterations < 100; iterations += 20) {
    run(b, -1.2, 2.0, iterations, first, &f_first);
    for (round = 0; round < 5; round++) {
      run(b, 0.1 * round, 0.7 + 0.2 * round, 1 + 9 * round, x, &f);
      run(b, -1.2, 2.0, iterations, x, &f);
      assert_memory_equal(x, first, sizeof x);
      assert_memory_equal(&f, &f_first, sizeof f);
    }
    run(other, -1.2, 2.0, iterations, x, &f);
    assert_memory_equal(x, first, sizeof x);
  }
  aus_blmvm_destroy(b);
  aus_blmvm_destroy(other);
}

/* The fewer iterations, the worse the value, and the value belongs to the point. */
static void iterations(void **state)
{
  double x[N], g[N], f, last = INFINITY;
  aus_blmvm *b;
  int k, calls = 0;

  (void)state;
  check_ok(aus_blmvm_create(&b, N, &err), &err);
  for (k = 0; k < 30; k += 5) {
    run(b, -1.2, 2.0, k, x, &f);
    assert_true(f < last);
    check_near(rosenbrock(&calls, N, x, g), f, 0.0);
    last = f;
  }
  aus_blmvm_destroy(b);
}

static void nothing_to_say(void **state)
{
  double lower = -4.0, upper = 4.0, x = -3.0, f;
  aus_blmvm *b;
  int kind;

  (void)state;
  check_ok(aus_blmvm_create(&b, 1, &err), &err);
  check_ok(aus_blmvm_minimise(b, cliff, NULL, &lower, &upper, 60, 1e-5, &x, &f, &err), &err);
  assert_true(x <= 0.25 && f <= 8.0);
  check_near(f, 0.5 * (x - 1.0) * (x - 1.0), 0.0);
  x = 1.0;
  check_ok(aus_blmvm_minimise(b, cliff, NULL, &lower, &upper, 60, 1e-5, &x, &f, &err), &err);
  assert_true(f >= 1e20);
  check_near(x, 1.0, 0.0);
  for (kind = 0; kind < 2; kind++) {
    check_ok(aus_blmvm_minimise(b, broken, &kind, &lower, &upper, 60, 1e-5, &x, &f, &err), &err);
    assert_true(f >= 1e20);
  }
  aus_blmvm_destroy(b);
}

static void bad_arguments(void **state)
{
  double lower[2] = {0, 0}, upper[2] = {1, 1}, x[2] = {0, 0}, f, at[2] = {0, 0};
  aus_blmvm *b;

  (void)state;
  check_fails(aus_blmvm_create(&b, 0, &err), AUS_EINVAL, "blmvm: 0 variables, need >= 1", &err);
  assert_null(b);
  check_ok(aus_blmvm_create(&b, 2, &err), &err);
  upper[1] = -1.0;
  check_fails(aus_blmvm_minimise(b, bowl, at, lower, upper, 9, 0, x, &f, &err), AUS_EINVAL,
              "blmvm: variable 1: bounds 0 > -1", &err);
  upper[1] = NAN;
  check_fails(aus_blmvm_minimise(b, bowl, at, lower, upper, 9, 0, x, &f, &err), AUS_EINVAL,
              "variable 1: start or bound is not finite", &err);
  upper[1] = 1.0;
  x[0] = INFINITY;
  check_fails(aus_blmvm_minimise(b, bowl, at, lower, upper, 9, 0, x, &f, &err), AUS_EINVAL,
              "variable 0: start or bound is not finite", &err);
  aus_blmvm_destroy(b);
}

static void allocations(void **state)
{
  const int64_t before = aus_alloc_live();
  aus_blmvm *b = NULL;
  int n, rc;

  (void)state;
  for (n = 0;; n++) {
    aus_alloc_fail_at(n);
    rc = aus_blmvm_create(&b, N, NULL);
    aus_alloc_fail_at(-1);
    if (rc == AUS_OK) break;
    assert_int_equal(rc, AUS_ENOMEM);
    assert_null(b);
    assert_int_equal(aus_alloc_live(), before);
  }
  assert_int_equal(n, 2);
  aus_blmvm_destroy(b);
  assert_int_equal(aus_alloc_live(), before);
}

static void errors_of_petsc(void **state)
{
  (void)state;
  check_ok(aus_petsc_start(&err), &err);
  assert_int_equal(aus_petsc_fail(&err, 73, "here", "TaoSolve(b->tao)"), AUS_EDEP);
  assert_string_equal(err.text, "petsc: TaoSolve(b->tao): error 73 (Object is in wrong state)");
}

static int stop(void **state)
{
  (void)state;
  aus_petsc_stop();
  aus_petsc_stop();
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_minima),    cmocka_unit_test(same_bits),
      cmocka_unit_test(iterations),      cmocka_unit_test(nothing_to_say),
      cmocka_unit_test(bad_arguments),   cmocka_unit_test(allocations),
      cmocka_unit_test(errors_of_petsc),
  };

  return cmocka_run_group_tests(tests, NULL, stop);
}
