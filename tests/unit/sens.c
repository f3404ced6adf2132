/* sens.c - sensitivity indices of functions whose indices are known, failed rows, no variance.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/design.h"
#include "design/sens.h"
#include "unit/check.h"

static aus_err err;
static const double PI = 3.141592653589793;

/* A design with its results. */
typedef struct rows {
  int64_t n, n_rows;
  int d;
  double *unit, *y;
} rows;

static void make_rows(rows *r, aus_design_kind kind, int64_t n, int d, double (*f)(const double *))
{
  int64_t i;

  *r = (rows){.n = n, .d = d, .n_rows = aus_design_rows(kind, n, d)};
  r->unit = malloc((size_t)(r->n_rows * d) * sizeof *r->unit);
  r->y = malloc((size_t)r->n_rows * sizeof *r->y);
  assert_non_null(r->unit);
  assert_non_null(r->y);
  check_ok(aus_design_unit(kind, n, d, 11, 0, r->unit, &err), &err);
  for (i = 0; i < r->n_rows; i++)
    r->y[i] = f(r->unit + i * d);
}

static void free_rows(rows *r)
{
  free(r->unit);
  free(r->y);
}

/* Ishigami, a = 7, b = 0.1, on [-pi, pi]^3; the offset must not matter. */
static double ishigami(const double *u)
{
  double x = PI * (2 * u[0] - 1), y = PI * (2 * u[1] - 1), z = PI * (2 * u[2] - 1);

  return 1000.0 + sin(x) + 7 * sin(y) * sin(y) + 0.1 * z * z * z * z * sin(x);
}

static void ishigami_indices(void **state)
{
  static const double s1[] = {0.3139, 0.4424, 0.0}, st[] = {0.5576, 0.4424, 0.2437};
  rows r;
  aus_sens s;
  int k;

  (void)state;
  make_rows(&r, AUS_DESIGN_SALTELLI, 8192, 3, ishigami);
  check_ok(aus_sens_saltelli(&s, r.n, 3, r.y, 1, 0, 0, &err), &err);
  assert_int_equal(s.n_used, 8192);
  assert_int_equal(s.n_dropped, 0);
  for (k = 0; k < 3; k++) {
    print_message("# S1 %.4f +- %.4f, ST %.4f +- %.4f\n", s.s1[k], s.s1_conf[k], s.st[k],
                  s.st_conf[k]);
    assert_true(fabs(s.s1[k] - s1[k]) <= 0.02);
    assert_true(fabs(s.st[k] - st[k]) <= 0.02);
    assert_true(s.s1_conf[k] > 0 && s.s1_conf[k] < 0.05);
    assert_true(s.st_conf[k] > 0 && s.st_conf[k] < 0.05);
  }
  assert_null(s.mu);
  aus_sens_fini(&s);
  free_rows(&r);
}

/* Sobol' g-function: S_i = V_i / V, ST_i = V_i prod_j!=i (1 + V_j) / V, V_i = 1 / (3 (1 + a_i)^2). */
static const double g_a[] = {0, 1, 4.5, 9, 99};

static double g_function(const double *u)
{
  double y = 1.0;
  int k;

  for (k = 0; k < 5; k++)
    y *= (fabs(4 * u[k] - 2) + g_a[k]) / (1 + g_a[k]);
  return y;
}

static void g_indices(void **state)
{
  double v[5], all = 1.0;
  rows r;
  aus_sens s;
  int k;

  (void)state;
  for (k = 0; k < 5; k++) {
    v[k] = 1 / (3 * (1 + g_a[k]) * (1 + g_a[k]));
    all *= 1 + v[k];
  }
  make_rows(&r, AUS_DESIGN_SALTELLI, 8192, 5, g_function);
  check_ok(aus_sens_saltelli(&s, r.n, 5, r.y, 1, 0, 0, &err), &err);
  for (k = 0; k < 5; k++) {
    assert_true(fabs(s.s1[k] - v[k] / (all - 1)) <= 0.02);
    assert_true(fabs(s.st[k] - v[k] * all / (1 + v[k]) / (all - 1)) <= 0.02);
  }
  aus_sens_fini(&s);
  free_rows(&r);
}

/* Two base points in one dimension by hand. A 1, 5; A_B 3, 4; B 3, 4 (what one coordinate alone gives):
 * mean 13/4, S1 = mean of (B - mean)(A_B - A) / V, ST = mean of (A_B - A)^2 / 2V, V of 1, 5, 3, 4. */
static void by_hand(void **state)
{
  static const double y[] = {1, 3, 3, 5, 4, 4};
  const double variance = (51 - 13.0 * 13 / 4) / 4;
  aus_sens s;

  (void)state;
  check_ok(aus_sens_saltelli(&s, 2, 1, y, 1, 0, 0, &err), &err);
  check_near(s.s1[0], ((3 - 3.25) * 2 + (4 - 3.25) * -1) / 2 / variance, 1e-14);
  check_near(s.st[0], (4.0 + 1) / 4 / variance, 1e-14);
  aus_sens_fini(&s);
}

/* Failed rows are as if their base points had never been. */
static void failed_rows(void **state)
{
  static const int64_t failed[] = {0, 7, 14, 38, 39};
  rows r;
  aus_sens s, t;
  double y[100 * 5];
  int64_t i, n = 0;
  size_t k;

  (void)state;
  make_rows(&r, AUS_DESIGN_SALTELLI, 100, 3, ishigami);
  for (k = 0; k < sizeof failed / sizeof failed[0]; k++)
    r.y[failed[k]] = k == 1 ? (double)INFINITY : (double)NAN;
  for (i = 0; i < 100; i++) {
    if (i == 0 || i == 1 || i == 2 || i == 7) continue;
    memcpy(y + n++ * 5, r.y + i * 5, 5 * sizeof *y);
  }
  check_ok(aus_sens_saltelli(&s, 100, 3, r.y, 1, 0, 4, &err), &err);
  check_ok(aus_sens_saltelli(&t, n, 3, y, 1, 0, 4, &err), &err);
  assert_int_equal(s.n_used, 96);
  assert_int_equal(s.n_dropped, 4);
  assert_int_equal(t.n_dropped, 0);
  assert_memory_equal(s.s1, t.s1, 3 * sizeof *s.s1);
  assert_memory_equal(s.st, t.st, 3 * sizeof *s.st);
  assert_memory_equal(s.s1_conf, t.s1_conf, 3 * sizeof *s.s1);
  assert_memory_equal(s.st_conf, t.st_conf, 3 * sizeof *s.st);
  aus_sens_fini(&t);
  check_ok(aus_sens_saltelli(&t, n, 3, y, 1, 0, 5, &err), &err); /* another table, another stream */
  assert_true(s.s1[0] == t.s1[0] && s.s1_conf[0] != t.s1_conf[0]);
  aus_sens_fini(&t);
  aus_sens_fini(&s);
  free_rows(&r);
}

static double constant(const double *u)
{
  (void)u;
  return 0.7;
}

static void nothing_to_see(void **state)
{
  rows r;
  aus_sens s;
  int k;

  (void)state;
  make_rows(&r, AUS_DESIGN_SALTELLI, 8, 2, constant);
  check_ok(aus_sens_saltelli(&s, 8, 2, r.y, 1, 0, 0, &err), &err);
  for (k = 0; k < 2; k++)
    assert_true(isnan(s.s1[k]) && isnan(s.st[k]) && isnan(s.s1_conf[k]) && isnan(s.st_conf[k]));
  aus_sens_fini(&s);
  check_ok(aus_sens_saltelli(&s, 1, 2, r.y, 1, 0, 0, &err), &err);
  assert_true(isnan(s.s1[0]));
  aus_sens_fini(&s);
  check_ok(aus_sens_saltelli(&s, 0, 2, r.y, 1, 0, 0, &err), &err);
  assert_true(isnan(s.s1[0]) && isnan(s.st_conf[1]));
  aus_sens_fini(&s);
  free_rows(&r);
  make_rows(&r, AUS_DESIGN_MORRIS, 8, 2, constant);
  check_ok(aus_sens_morris(&s, 8, 2, r.unit, r.y, 1, 0, 0, &err), &err);
  assert_true(s.mu[0] == 0 && s.mu_star[0] == 0 && s.sigma[0] == 0 && s.mu_star_conf[0] == 0);
  aus_sens_fini(&s);
  check_ok(aus_sens_morris(&s, 1, 2, r.unit, r.y, 1, 0, 0, &err), &err);
  assert_true(s.mu[0] == 0 && isnan(s.sigma[0]) && isnan(s.mu_conf[0]));
  aus_sens_fini(&s);
  check_ok(aus_sens_morris(&s, 0, 2, r.unit, r.y, 1, 0, 0, &err), &err);
  assert_true(isnan(s.mu[0]) && isnan(s.mu_star[0]));
  aus_sens_fini(&s);
  free_rows(&r);
  check_fails(aus_sens_saltelli(&s, -1, 2, NULL, 1, 0, 0, &err), AUS_EINVAL, "-1 base points",
              &err);
  check_fails(aus_sens_morris(&s, -1, 2, NULL, NULL, 1, 0, 0, &err), AUS_EINVAL, "-1 trajectories",
              &err);
}

/* 3 u0 - 2 u1 + u2 u3 on the levels 0, 1/3, 2/3, 1. The effects of u2 are values of u3: mean 1/2,
 * variance (0 + 1/9 + 4/9 + 1) / 4 - 1/4 = 5/36. */
static double mixed(const double *u)
{
  return 3 * u[0] - 2 * u[1] + u[2] * u[3];
}

static void effects(void **state)
{
  enum { R = 2000 };
  rows r;
  aus_sens s;
  int k;

  (void)state;
  make_rows(&r, AUS_DESIGN_MORRIS, R, 5, mixed);
  check_ok(aus_sens_morris(&s, R, 5, r.unit, r.y, 1, 0, 0, &err), &err);
  assert_int_equal(s.n_used, R * 5);
  assert_null(s.s1);
  check_near(s.mu[0], 3, 1e-12);
  check_near(s.mu_star[0], 3, 1e-12);
  check_near(s.sigma[0], 0, 1e-12);
  check_near(s.mu[1], -2, 1e-12);
  check_near(s.mu_star[1], 2, 1e-12);
  check_near(s.mu_star_conf[1], 0, 1e-12);
  for (k = 2; k < 4; k++) { /* standard errors: 0.0083, 0.0046 */
    assert_true(fabs(s.mu[k] - 0.5) < 4 * 0.0083);
    assert_true(fabs(s.mu_star[k] - 0.5) < 4 * 0.0083);
    assert_true(fabs(s.sigma[k] - sqrt(5.0 / 36)) < 4 * 0.0046);
    assert_true(fabs(s.mu_conf[k] - 1.96 * 0.0083) <
                0.2 * 1.96 * 0.0083); /* of 200 resamples: 5 % */
  }
  assert_true(s.mu[4] == 0 && s.mu_star[4] == 0);
  aus_sens_fini(&s);
  r.y[0] = (double)NAN;      /* first of a trajectory: one effect */
  r.y[6 + 2] = (double)NAN;  /* inside: two */
  r.y[12 + 5] = (double)NAN; /* last: one */
  check_ok(aus_sens_morris(&s, R, 5, r.unit, r.y, 1, 0, 0, &err), &err);
  assert_int_equal(s.n_dropped, 4);
  assert_int_equal(s.n_used, R * 5 - 4);
  check_near(s.mu[0], 3, 1e-12);
  aus_sens_fini(&s);
  r.unit[5] = r.unit[0];
  r.unit[6] = r.unit[1] + 0.5;
  r.unit[7] = r.unit[2] + 0.5;
  check_fails(aus_sens_morris(&s, R, 5, r.unit, r.y, 1, 0, 0, &err), AUS_EINVAL,
              "row 1 is not a step of one coordinate", &err);
  assert_null(s.mu);
  free_rows(&r);
}

static void out_of_memory(void **state)
{
  int64_t live = aus_alloc_live(), i;
  rows r, m;
  aus_sens s;
  int rc = AUS_OK, kind;

  (void)state;
  make_rows(&r, AUS_DESIGN_SALTELLI, 8, 3, ishigami);
  make_rows(&m, AUS_DESIGN_MORRIS, 8, 3, ishigami);
  for (kind = 0; kind < 2; kind++) {
    for (i = 0; i < 100; i++) {
      aus_alloc_fail_at(i);
      aus_err_clear(&err);
      rc = kind == 0 ? aus_sens_saltelli(&s, 8, 3, r.y, 1, 0, 0, &err)
                     : aus_sens_morris(&s, 8, 3, m.unit, m.y, 1, 0, 0, &err);
      aus_sens_fini(&s);
      assert_int_equal(aus_alloc_live(), live);
      if (!aus_alloc_failed()) break;
      assert_int_equal(rc, AUS_ENOMEM);
    }
    assert_true(i > 3);
    assert_int_equal(rc, AUS_OK);
  }
  aus_alloc_fail_at(-1);
  free_rows(&r);
  free_rows(&m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ishigami_indices), cmocka_unit_test(g_indices),
      cmocka_unit_test(by_hand),          cmocka_unit_test(failed_rows),
      cmocka_unit_test(nothing_to_see),   cmocka_unit_test(effects),
      cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
