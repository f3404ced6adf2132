/* design.c - strata, orthogonality, trajectories, duplicates, whole grids, limits, determinism.
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
    if (sizes[i] < 10) check_strata(AUS_DESIGN_LHS_MAXIMIN, sizes[i], 5);
  }
  check_strata(AUS_DESIGN_LHS_OA2, 4, 3);
  check_strata(AUS_DESIGN_LHS_OA2, 25, 6);
  check_strata(AUS_DESIGN_LHS_OA2, 10201, 4);
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
  static const char *const names[] = {"random", "lhs",         "lhs-centered", "sobol",
                                      "grid",   "lhs-maximin", "lhs-oa2",      "halton",
                                      "morris", "saltelli"};
  char range[200] = "";
  aus_design_kind kind;
  double a[375], b[375];
  int64_t size;

  (void)state;
  for (kind = AUS_DESIGN_RANDOM; kind < AUS_N_DESIGNS; kind++) {
    assert_string_equal(aus_design_names[kind], names[kind]);
    snprintf(range + strlen(range), sizeof range - strlen(range), "%s%s", kind > 0 ? "," : "",
             names[kind]);
    if (kind == AUS_DESIGN_GRID) continue;
    size = aus_design_rows(kind, 25, 3) * 3 * (int64_t)sizeof *a;
    assert_true(size <= (int64_t)sizeof a);
    check_ok(aus_design_unit(kind, 25, 3, 7, 1, a, &err), &err);
    check_ok(aus_design_unit(kind, 25, 3, 7, 1, b, &err), &err);
    assert_memory_equal(a, b, (size_t)size);
    check_ok(aus_design_unit(kind, 25, 3, 8, 1, b, &err), &err);
    assert_true(memcmp(a, b, (size_t)size) != 0);
    check_ok(aus_design_unit(kind, 25, 3, 7, 2, b, &err), &err);
    assert_true(memcmp(a, b, (size_t)size) != 0);
  }
  assert_string_equal(range, AUS_DESIGN_RANGE);
  assert_null(aus_design_names[AUS_N_DESIGNS]);
  check_fails(aus_design_unit(AUS_DESIGN_GRID, 20, 3, 7, 1, a, &err), AUS_ECONFIG, "grid", &err);
  check_fails(aus_design_unit(AUS_DESIGN_LHS, -1, 3, 7, 1, a, &err), AUS_EINVAL, "-1 points", &err);
  check_ok(aus_design_unit(AUS_DESIGN_LHS, 0, 3, 7, 1, a, &err), &err);
}

/* In each pair of dimensions each of the p x p cells has one point. */
static void check_pairs(int p, int d)
{
  int n = p * p, i, j, k;
  double *u = malloc((size_t)(n * d) * sizeof *u);
  char *seen = malloc((size_t)n);

  assert_non_null(u);
  assert_non_null(seen);
  check_ok(aus_design_unit(AUS_DESIGN_LHS_OA2, n, d, 5, 0, u, &err), &err);
  for (j = 0; j < d; j++)
    for (k = 0; k < j; k++) {
      memset(seen, 0, (size_t)n);
      for (i = 0; i < n; i++)
        seen[(int)(u[i * d + j] * p) * p + (int)(u[i * d + k] * p)]++;
      for (i = 0; i < n; i++)
        assert_int_equal(seen[i], 1);
    }
  free(u);
  free(seen);
}

static void orthogonal(void **state)
{
  double u[8];

  (void)state;
  check_pairs(2, 3);
  check_pairs(3, 4);
  check_pairs(5, 6);
  check_pairs(11, 12);
  check_pairs(23, 5);
  check_fails(aus_design_unit(AUS_DESIGN_LHS_OA2, 50, 4, 1, 0, u, &err), AUS_ECONFIG,
              "n is 50 in 4 dimensions, the nearest usable n is 49", &err);
  check_fails(aus_design_unit(AUS_DESIGN_LHS_OA2, 25, 7, 1, 0, u, &err), AUS_ECONFIG,
              "n is 25 in 7 dimensions, the nearest usable n is 49", &err);
  check_fails(aus_design_unit(AUS_DESIGN_LHS_OA2, 36, 2, 1, 0, u, &err), AUS_ECONFIG,
              "the nearest usable n is 25", &err); /* 11 below, 13 above */
  check_fails(aus_design_unit(AUS_DESIGN_LHS_OA2, 16, 2, 1, 0, u, &err), AUS_ECONFIG,
              "the nearest usable n is 9", &err); /* 7 below, 9 above; 16 = 4^2, not a prime's */
  check_fails(aus_design_unit(AUS_DESIGN_LHS_OA2, 0, 1, 1, 0, u, &err), AUS_ECONFIG,
              "the nearest usable n is 4", &err);
}

/* Never worse than the plain hypercube it starts from; clearly better with the whole budget. */
static void maximin(void **state)
{
  static const int sizes[][2] = {{2, 3}, {3, 2}, {10, 1}, {12, 2}, {30, 6}, {60, 2}};
  double start[180], u[180], before, after;
  uint64_t seed;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    for (seed = 1; seed <= 3; seed++) {
      int n = sizes[i][0], d = sizes[i][1];

      check_ok(aus_design_unit(AUS_DESIGN_LHS, n, d, seed, 0, start, &err), &err);
      memcpy(u, start, sizeof u);
      before = aus_design_phi_p(n, d, start);
      check_ok(aus_design_maximin(n, d, 50, seed, 0, u, &err), &err);
      assert_true(aus_design_phi_p(n, d, u) <= before);
      check_ok(aus_design_unit(AUS_DESIGN_LHS_MAXIMIN, n, d, seed, 0, u, &err), &err);
      after = aus_design_phi_p(n, d, u);
      assert_true(after <= before);
      if (n > 3 && d > 1 && !(after < 0.8 * before))
        fail_msg("n %d d %d seed %d: phi_p %g, was %g", n, d, (int)seed, after, before);
    }
  check_fails(aus_design_maximin(AUS_DESIGN_MAXIMIN_MAX + 1, 2, 1, 1, 0, u, &err), AUS_ECONFIG,
              "at most 4096 points, not 4097", &err);
  memcpy(u, start, sizeof u);
  check_ok(aus_design_maximin(60, 2, 0, 1, 0, u, &err), &err);
  assert_memory_equal(u, start, sizeof u);
}

/* By hand: the corners of a square have distances 1 (four times) and sqrt 2 (twice). One centred point:
 * (13/12)^2 - 2 + 1; two points 0.25, 0.75: 13/12 - (9/32 + 2) + (2 x 1.25 + 2 x 1) / 4. */
static void quality(void **state)
{
  static const double square[] = {0, 0, 0, 1, 1, 0, 1, 1}, same[] = {.5, .5, .5, .5};
  static const double centre[] = {0.5, 0.5}, two[] = {0.25, 0.75};

  (void)state;
  check_near(aus_design_phi_p(4, 2, square), pow(4.0 + 2.0 * pow(2.0, -7.5), 1.0 / 15), 1e-14);
  assert_true(isinf(aus_design_phi_p(2, 2, same)));
  assert_true(aus_design_phi_p(1, 2, same) == 0.0);
  check_near(aus_design_phi_p(2, 1, two), 2.0, 1e-14);
  check_near(aus_design_discrepancy(1, 2, centre), sqrt(169.0 / 144 - 1), 1e-14);
  check_near(aus_design_discrepancy(2, 1, two), sqrt(13.0 / 12 - 2 * 1.09375 + 1.125), 1e-14);
  assert_true(aus_design_discrepancy(0, 2, NULL) == 0.0);
}

/* Any 2^k (3^k) points in a row have one in each interval of that length, up to the shift. */
static void halton(void **state)
{
  enum { N = 81 };
  static double u[N * 3], v[N * 3];
  static const int base[] = {2, 3, 5}, size[] = {64, 81, 25};
  char seen[N];
  double x;
  int i, j;

  (void)state;
  check_ok(aus_design_unit(AUS_DESIGN_HALTON, N, 3, 1, 0, u, &err), &err);
  for (j = 0; j < 3; j++) {
    memset(seen, 0, sizeof seen);
    for (i = 0; i < size[j]; i++) {
      assert_true(u[i * 3 + j] > 0.0 && u[i * 3 + j] < 1.0);
      x = u[i * 3 + j] - u[j] + 1.0;
      seen[(int)floor((x - floor(x)) * size[j] + 1e-6) % size[j]]++;
    }
    for (i = 0; i < size[j]; i++)
      if (seen[i] != 1) fail_msg("base %d: %d points in part %d", base[j], seen[i], i);
  }
  check_ok(aus_design_unit(AUS_DESIGN_HALTON, N, 3, 2, 0, v, &err), &err);
  x = v[0] - u[0];
  for (i = 0; i < N; i++) /* one shift for all points */
    check_near(remainder(v[i * 3] - u[i * 3] - x, 1.0), 0.0, 1e-12);
  check_fails(aus_design_unit(AUS_DESIGN_HALTON, 1, 1230, 1, 0, v, &err), AUS_ECONFIG,
              "halton has at most 1229 dimensions, the space has 1230", &err);
}

static void trajectories(void **state)
{
  enum { R = 50, D = 7 };
  static double u[R * (D + 1) * D];
  double step;
  int level[4] = {0}, place[D] = {0}, t, i, j, k, moved[D], up = 0;

  (void)state;
  assert_int_equal(aus_design_rows(AUS_DESIGN_MORRIS, R, D), R * (D + 1));
  assert_int_equal(aus_design_rows(AUS_DESIGN_MORRIS, INT64_MAX / 2, D), INT64_MAX);
  assert_int_equal(aus_design_block(AUS_DESIGN_MORRIS, D, 15), 1);
  assert_int_equal(aus_design_block(AUS_DESIGN_LHS, D, 15), 15);
  assert_true(aus_design_is_blocked(AUS_DESIGN_MORRIS));
  assert_false(aus_design_is_blocked(AUS_DESIGN_LHS));
  check_ok(aus_design_unit(AUS_DESIGN_MORRIS, R, D, 9, 0, u, &err), &err);
  for (i = 0; i < R * (D + 1) * D; i++) {
    check_near(u[i] * 3, nearbyint(u[i] * 3), 1e-15);
    level[(int)nearbyint(u[i] * 3)]++;
  }
  for (i = 0; i < 4; i++) /* 700 expected */
    assert_true(level[i] > 500 && level[i] < 900);
  for (t = 0; t < R; t++) {
    memset(moved, 0, sizeof moved);
    for (i = t * (D + 1); i < t * (D + 1) + D; i++) {
      for (k = -1, j = 0; j < D; j++) {
        step = u[(i + 1) * D + j] - u[i * D + j];
        if (step == 0.0) continue;
        assert_int_equal(k, -1);
        check_near(fabs(step), 2.0 / 3, 1e-15);
        up += step > 0;
        k = j;
      }
      assert_true(k >= 0);
      moved[k]++;
      if (i == t * (D + 1)) place[k]++;
    }
    for (j = 0; j < D; j++)
      assert_int_equal(moved[j], 1);
  }
  assert_true(up > 120 && up < 230); /* of 350 */
  for (j = 0; j < D; j++)            /* each is the first to move now and then */
    assert_true(place[j] > 0);
}

static void check_matrices(int n, int d)
{
  double *u = malloc((size_t)(n * (d + 2) * d) * sizeof *u);
  int i, j, k, row;

  assert_non_null(u);
  assert_int_equal(aus_design_rows(AUS_DESIGN_SALTELLI, n, d), n * (d + 2));
  check_ok(aus_design_unit(AUS_DESIGN_SALTELLI, n, d, 9, 0, u, &err), &err);
  for (i = 0; i < n; i++)
    for (k = 0; k < d; k++)
      for (j = 0; j < d; j++) {
        row = i * (d + 2);
        assert_true(u[(row + 1 + k) * d + j] == u[(j == k ? row + d + 1 : row) * d + j]);
        assert_true(u[row * d + j] != u[(row + d + 1) * d + j]);
      }
  free(u);
}

static void matrices(void **state)
{
  (void)state;
  check_matrices(1, 1);
  check_matrices(64, 3);
  check_matrices(16, 20);
  check_matrices(16, 21); /* more than the 40 columns of sobol: from an lhs */
}

/* Structure first: duplicates stay, and a grid that is too small is no reason to take the whole grid. */
static void blocks_stay(void **state)
{
  static const aus_design_kind kinds[] = {AUS_DESIGN_MORRIS, AUS_DESIGN_SALTELLI};
  aus_space *s = make(stepped, 4);
  aus_design d;
  double u[60 * 5 * 3], v[4];
  int64_t i, j, equal;
  int k;

  (void)state;
  for (k = 0; k < 2; k++) {
    check_ok(aus_design_make(&d, kinds[k], 60, s, 1, 2, &err), &err);
    check_ok(aus_design_unit(kinds[k], 60, 3, 1, 2, u, &err), &err);
    assert_false(d.whole_grid);
    assert_int_equal(d.n, aus_design_rows(kinds[k], 60, 3));
    assert_memory_equal(d.unit, u, (size_t)(d.n * 3) * sizeof *u);
    for (equal = 0, i = 0; i < d.n; i++) {
      aus_space_decode(s, u + i * 3, v);
      assert_memory_equal(v, d.value + i * 4, sizeof v);
      for (j = 0; j < i && memcmp(v, d.value + j * 4, sizeof v) != 0; j++)
        continue;
      equal += j < i;
    }
    assert_true(equal >= d.n - 48); /* the space has 48 points */
    aus_design_fini(&d);
  }
  aus_space_destroy(s);
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
  int kind, n;

  (void)state;
  for (kind = AUS_DESIGN_RANDOM; kind < AUS_N_DESIGNS; kind++) {
    if (kind == AUS_DESIGN_GRID || aus_design_is_blocked((aus_design_kind)kind)) continue;
    n = kind == AUS_DESIGN_LHS_OA2 ? 25 : 40;
    check_ok(aus_design_make(&d, (aus_design_kind)kind, n, s, 1, 2, &err), &err);
    assert_int_equal(d.n, n);
    assert_int_equal(d.n_unit, 3);
    assert_int_equal(d.n_value, 4);
    assert_false(d.whole_grid);
    check_no_duplicates(&d);
    check_consistent(&d, s);
    aus_design_fini(&d);
    n = kind == AUS_DESIGN_LHS_OA2 ? 49 : 100;
    check_ok(aus_design_make(&d, (aus_design_kind)kind, n, t, 1, 2, &err), &err);
    assert_int_equal(d.n, n);
    check_no_duplicates(&d); /* 100: every point of the grid */
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
  static const int size[AUS_N_DESIGNS] = {45, 45, 45, 45, 45, 9, 25, 45, 45, 45};
  aus_space *s = make(stepped, 4);
  int64_t live = aus_alloc_live(), i;
  aus_design d;
  int rc, kind;

  (void)state;
  for (kind = AUS_DESIGN_RANDOM; kind < AUS_N_DESIGNS; kind++)
    for (i = 0; i < 1000; i++) {
      aus_alloc_fail_at(i);
      aus_err_clear(&err);
      rc = aus_design_make(&d, (aus_design_kind)kind, size[kind], s, 1, 0, &err);
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
      cmocka_unit_test(orthogonal),    cmocka_unit_test(maximin),
      cmocka_unit_test(quality),       cmocka_unit_test(halton),
      cmocka_unit_test(trajectories),  cmocka_unit_test(matrices),
      cmocka_unit_test(blocks_stay),   cmocka_unit_test(same_again),
      cmocka_unit_test(no_duplicates), cmocka_unit_test(nearest_first),
      cmocka_unit_test(whole_grid),    cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
