/* design.c - strata, duplicates, whole grids, limits of sobol, determinism.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/design.h"
#include "unit/check.h"

static aus_err err;

static const aus_param cube[] = {{"a", "", AUS_P_REAL, 0, 1, 0, -1},
                                 {"b", "", AUS_P_REAL, 0, 1, 0, -1}};

static const aus_param stepped[] = {
    {"nodes", "", AUS_P_STEP, 4, 16, 4, -1},
    {"rpi", "", AUS_P_SHARE, 0.1, 0.9, 0.1, 0},
    {"xavier", "", AUS_P_SHARE, 0.1, 0.4, 0.05, 0},
    {"board", "", AUS_P_SHARE, 0.1, 0.3, 0.1, 0},
};

static aus_space *make(const aus_param *p, int n)
{
  aus_space *s;

  check_ok(aus_space_create(&s, n, p, &err), &err);
  return s;
}

static void check_strata(aus_design_kind kind, int64_t n, int d)
{
  double *u = malloc((size_t)(n * d) * sizeof *u);
  char *seen = malloc((size_t)n);
  int64_t i;
  int j;

  assert_non_null(u);
  assert_non_null(seen);
  check_ok(aus_design_unit(kind, n, d, 42, 3, u, &err), &err);
  for (j = 0; j < d; j++) {
    memset(seen, 0, (size_t)n);
    for (i = 0; i < n; i++) {
      assert_true(u[i * d + j] > 0.0 && u[i * d + j] < 1.0);
      seen[(int64_t)(u[i * d + j] * (double)n)]++;
      if (kind == AUS_DESIGN_LHS_CENTERED)
        check_near(u[i * d + j] * (double)n - floor(u[i * d + j] * (double)n), 0.5, 1e-6);
    }
    for (i = 0; i < n; i++)
      assert_int_equal(seen[i], 1);
  }
  free(u);
  free(seen);
}

static void strata(void **state)
{
  static const int64_t sizes[] = {1, 2, 3, 7, 100, 10007};
  size_t i;

  (void)state;
  for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    check_strata(AUS_DESIGN_LHS, sizes[i], 5);
    check_strata(AUS_DESIGN_LHS_CENTERED, sizes[i], 5);
  }
  check_strata(AUS_DESIGN_SOBOL, 1, 40);
}

/* 2^k - 1 points of the sequence (the zero point is left out) miss one of 2^k strata per
 * dimension. */
static void sobol(void **state)
{
  enum { N = 255, D = 40 };
  static double u[N * D], v[N * (D + 1)];
  char seen[256];
  int i, j;

  (void)state;
  check_ok(aus_design_unit(AUS_DESIGN_SOBOL, N, D, 1, 0, u, &err), &err);
  for (j = 0; j < D; j++) {
    memset(seen, 0, sizeof seen);
    for (i = 0; i < N; i++)
      seen[(int)(u[i * D + j] * 256.0)]++;
    for (i = 0; i < 256; i++)
      assert_true(seen[i] <= 1);
  }
  check_ok(aus_design_unit(AUS_DESIGN_SOBOL, N, D, 1, 1, v, &err), &err);
  assert_true(memcmp(u, v, sizeof u) != 0); /* another campaign, another shift */
  check_fails(aus_design_unit(AUS_DESIGN_SOBOL, N, D + 1, 1, 0, v, &err), AUS_ECONFIG,
              "at most 40 dimensions", &err);
  check_fails(aus_design_unit(AUS_DESIGN_SOBOL, INT64_C(1) << 30, 2, 1, 0, v, &err), AUS_ECONFIG,
              "at most", &err);
}

static void same_again(void **state)
{
  static const char *const names[] = {"random", "lhs", "lhs-centered", "sobol"};
  aus_design_kind kind;
  double a[60], b[60];

  (void)state;
  for (kind = AUS_DESIGN_RANDOM; kind <= AUS_DESIGN_SOBOL; kind++) {
    check_ok(aus_design_unit(kind, 20, 3, 7, 1, a, &err), &err);
    check_ok(aus_design_unit(kind, 20, 3, 7, 1, b, &err), &err);
    assert_memory_equal(a, b, sizeof a);
    check_ok(aus_design_unit(kind, 20, 3, 8, 1, b, &err), &err);
    assert_true(memcmp(a, b, sizeof a) != 0);
    assert_string_equal(aus_design_names[kind], names[kind]);
  }
  assert_string_equal(aus_design_names[AUS_DESIGN_GRID], "grid");
  assert_null(aus_design_names[5]);
  check_fails(aus_design_unit(AUS_DESIGN_GRID, 20, 3, 7, 1, a, &err), AUS_ECONFIG, "grid", &err);
  check_fails(aus_design_unit(AUS_DESIGN_LHS, -1, 3, 7, 1, a, &err), AUS_EINVAL, "-1 points", &err);
  check_ok(aus_design_unit(AUS_DESIGN_LHS, 0, 3, 7, 1, a, &err), &err);
}

static void check_no_duplicates(const aus_design *d)
{
  int64_t i, j;

  for (i = 0; i < d->n; i++)
    for (j = 0; j < i; j++)
      if (memcmp(d->value + i * d->n_value, d->value + j * d->n_value,
                 (size_t)d->n_value * sizeof *d->value) == 0)
        fail_msg("rows %d and %d of %d are equal", (int)i, (int)j, (int)d->n);
}

/* The unit rows decode to the values, also where a duplicate was replaced. */
static void check_consistent(const aus_design *d, const aus_space *s)
{
  double v[8];
  int64_t i;

  for (i = 0; i < d->n; i++) {
    aus_space_decode(s, d->unit + i * d->n_unit, v);
    assert_memory_equal(v, d->value + i * d->n_value, (size_t)d->n_value * sizeof *v);
  }
}

static void no_duplicates(void **state)
{
  static const aus_param p[] = {{"a", "", AUS_P_INT, 1, 10, 1, -1},
                                {"b", "", AUS_P_CATEGORY, 0, 9, 0, -1}};
  aus_space *s = make(stepped, 4), *t = make(p, 2);
  aus_design d;
  int kind;

  (void)state;
  for (kind = AUS_DESIGN_RANDOM; kind <= AUS_DESIGN_SOBOL; kind++) {
    check_ok(aus_design_make(&d, (aus_design_kind)kind, 40, s, 1, 2, &err), &err);
    assert_int_equal(d.n, 40);
    assert_int_equal(d.n_unit, 3);
    assert_int_equal(d.n_value, 4);
    assert_false(d.whole_grid);
    check_no_duplicates(&d);
    check_consistent(&d, s);
    aus_design_fini(&d);
    check_ok(aus_design_make(&d, (aus_design_kind)kind, 100, t, 1, 2, &err), &err);
    assert_int_equal(d.n, 100);
    check_no_duplicates(&d); /* every point of the grid */
    check_consistent(&d, t);
    aus_design_fini(&d);
  }
  aus_space_destroy(s);
  aus_space_destroy(t);
}

/* On a line of 5 levels: each row gets an unused level at the least distance from where it fell. */
static void nearest_first(void **state)
{
  static const aus_param p[] = {{"a", "", AUS_P_INT, 0, 4, 1, -1},
                                {"b", "", AUS_P_FIXED, 1, 1, 1, -1}};
  aus_space *s = make(p, 2);
  aus_design d;
  int64_t i, j, dist, least;
  int used[5] = {0}, replaced = 0;
  double u[5], v[2];

  (void)state;
  check_ok(aus_design_make(&d, AUS_DESIGN_RANDOM, 5, s, 3, 0, &err), &err);
  check_ok(aus_design_unit(AUS_DESIGN_RANDOM, 5, 1, 3, 0, u, &err), &err);
  for (i = 0; i < 5; i++) {
    aus_space_decode(s, u + i, v);
    for (least = 5, j = 0; j < 5; j++) {
      dist = llabs(j - (int64_t)v[0]);
      if (!used[j] && dist < least) least = dist;
    }
    assert_int_equal(llabs((int64_t)d.value[2 * i] - (int64_t)v[0]), least);
    used[(int)d.value[2 * i]]++;
    replaced += least > 0;
  }
  assert_true(replaced > 0);
  for (j = 0; j < 5; j++)
    assert_int_equal(used[j], 1);
  aus_design_fini(&d);
  aus_space_destroy(s);
}

static void whole_grid(void **state)
{
  aus_space *s = make(stepped, 4), *c = make(cube, 2);
  static const aus_param big[] = {{"a", "", AUS_P_INT, 0, 99999, 1, -1},
                                  {"b", "", AUS_P_INT, 0, 99999, 1, -1}};
  aus_design d, e;

  (void)state;
  check_ok(aus_design_make(&d, AUS_DESIGN_LHS, 49, s, 1, 0, &err), &err);
  assert_true(d.whole_grid);
  assert_int_equal(d.n, 48);
  check_ok(aus_design_make(&e, AUS_DESIGN_GRID, 0, s, 1, 0, &err), &err);
  assert_false(e.whole_grid);
  assert_int_equal(e.n, 48);
  assert_memory_equal(d.value, e.value, 48 * 4 * sizeof *d.value);
  check_no_duplicates(&e);
  check_consistent(&e, s);
  aus_design_fini(&d);
  aus_design_fini(&e);
  check_ok(aus_design_make(&d, AUS_DESIGN_LHS, 48, s, 1, 0, &err), &err);
  assert_false(d.whole_grid);
  check_no_duplicates(&d);
  aus_design_fini(&d);
  check_fails(aus_design_make(&d, AUS_DESIGN_GRID, 4, c, 1, 0, &err), AUS_ECONFIG, "needs a step",
              &err);
  check_ok(aus_design_make(&d, AUS_DESIGN_LHS, 10, c, 1, 0, &err), &err);
  assert_memory_equal(d.unit, d.value, 20 * sizeof *d.unit);
  aus_design_fini(&d);
  aus_space_destroy(s);
  s = make(big, 2);
  check_fails(aus_design_make(&d, AUS_DESIGN_GRID, 4, s, 1, 0, &err), AUS_ECONFIG,
              "10000000000 points", &err);
  assert_null(d.unit);
  aus_space_destroy(s);
  aus_space_destroy(c);
}

static void out_of_memory(void **state)
{
  aus_space *s = make(stepped, 4);
  int64_t live = aus_alloc_live(), i;
  aus_design d;
  int rc, kind;

  (void)state;
  for (kind = AUS_DESIGN_RANDOM; kind <= AUS_DESIGN_GRID; kind++)
    for (i = 0; i < 1000; i++) {
      aus_alloc_fail_at(i);
      aus_err_clear(&err);
      rc = aus_design_make(&d, (aus_design_kind)kind, 45, s, 1, 0, &err);
      aus_design_fini(&d);
      assert_int_equal(aus_alloc_live(), live);
      if (!aus_alloc_failed()) break;
      assert_int_equal(rc, AUS_ENOMEM);
    }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
  aus_space_destroy(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(strata),        cmocka_unit_test(sobol),
      cmocka_unit_test(same_again),    cmocka_unit_test(no_duplicates),
      cmocka_unit_test(nearest_first), cmocka_unit_test(whole_grid),
      cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
