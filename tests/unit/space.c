/* space.c - snapping, simplex sums, counting, neighbours, spaces that make no sense.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/space.h"
#include "unit/check.h"

#include "util/rng.h"

enum { MAX = 16 };

static aus_err err;

static const aus_param mixed[] = {
    {"real", "s", AUS_P_REAL, -2.0, 3.0, 0.0, -1},   {"log", "", AUS_P_LOG, 1e-3, 1e3, 0.0, -1},
    {"step", "s", AUS_P_STEP, 0.1, 0.96, 0.1, -1},   {"int", "", AUS_P_INT, 3, 7, 0.0, -1},
    {"category", "", AUS_P_CATEGORY, 0, 2, 0.0, -1}, {"fixed", "", AUS_P_FIXED, 42.5, 0.0, 0.0, -1},
};

/* The device shares of the serverless example space. */
static const aus_param shares[] = {
    {"nodes", "", AUS_P_STEP, 4, 16, 4, -1},
    {"rpi", "", AUS_P_SHARE, 0.1, 0.9, 0.1, 3},
    {"xavier", "", AUS_P_SHARE, 0.1, 0.4, 0.05, 3},
    {"board", "", AUS_P_SHARE, 0.1, 0.3, 0.1, 3},
};

static const aus_param loose[] = {
    {"a", "", AUS_P_SHARE, 0.05, 0.5, 0.0, 0},
    {"b", "", AUS_P_SHARE, 0.0, 1.0, 0.0, 0},
    {"c", "", AUS_P_SHARE, 0.1, 0.35, 0.0, 0},
    {"d", "", AUS_P_SHARE, 0.0, 0.2, 0.0, 0},
};

static aus_space *make(const aus_param *p, int n)
{
  aus_space *s;

  check_ok(aus_space_create(&s, n, p, &err), &err);
  return s;
}

static double sum(const double *x, int n)
{
  double s = 0.0;
  int i;

  for (i = 0; i < n; i++)
    s += x[i];
  return s;
}

static void kinds(void **state)
{
  static const double low[] = {0, 0, 0, 0, 0}, high[] = {1, 1, 1, 1, 1},
                      mid[] = {0.5, 0.5, 0.5, 0.5, 0.5};
  aus_space *s = make(mixed, 6);
  double v[6], u[5];

  (void)state;
  assert_int_equal(aus_space_n_unit(s), 5);
  assert_int_equal(aus_space_n_value(s), 6);
  assert_string_equal(aus_space_param(s, 2)->name, "step");
  aus_space_decode(s, low, v);
  assert_true(v[0] == -2.0 && v[2] == 0.1 && v[3] == 3.0 && v[4] == 0.0 && v[5] == 42.5);
  check_near(v[1], 1e-3, 1e-15);
  aus_space_decode(s, high, v);
  assert_true(v[0] == 3.0 && v[2] == 0.9 && v[3] == 7.0 && v[4] == 2.0);
  aus_space_decode(s, mid, v);
  check_near(v[0], 0.5, 1e-15);
  check_near(v[1], 1.0, 1e-14);
  assert_true(v[2] == 0.5 && v[3] == 5.0 && v[4] == 1.0);
  aus_space_encode(s, v, u);
  check_near(u[1], 0.5, 1e-14);
  check_near(u[2], 0.5, 1e-14);
  aus_space_decode(s, (const double[]){-1.0, 2.0, NAN, INFINITY, -INFINITY}, v);
  assert_true(v[0] == -2.0 && v[2] == 0.1 && v[3] == 7.0 && v[4] == 0.0);
  assert_int_equal(aus_space_count(s), -1);
  check_fails(aus_space_at(s, 0, v, &err), AUS_EINVAL, "continuous", &err);
  aus_space_destroy(s);
  aus_space_destroy(NULL);
}

/* Each level of a stepped parameter gets an equal part of the unit interval. */
static void equal_parts(void **state)
{
  static const aus_param p[] = {{"x", "", AUS_P_STEP, -0.3, 0.6, 0.1, -1}};
  aus_space *s = make(p, 1);
  int seen[10] = {0}, i;
  double u, v;

  (void)state;
  assert_int_equal(aus_space_count(s), 10);
  for (i = 0; i < 1000; i++) {
    u = (i + 0.5) / 1000;
    aus_space_decode(s, &u, &v);
    seen[llround((v + 0.3) / 0.1)]++;
  }
  for (i = 0; i < 10; i++)
    assert_int_equal(seen[i], 100);
  u = 0.35;
  aus_space_decode(s, &u, &v);
  assert_true(v == 0.0 && !signbit(v));
  aus_space_destroy(s);
}

/* Decode, encode, decode: the same values (stepped) or nearly (continuous). */
static void check_round_trip(const aus_param *p, int n, double tol)
{
  aus_space *s = make(p, n);
  aus_rng r = aus_rng_open(1, 0, 0, AUS_RNG_TRACE);
  double u[MAX], v[MAX], w[MAX];
  int i, j;

  for (i = 0; i < 20000; i++) {
    for (j = 0; j < aus_space_n_unit(s); j++)
      u[j] = aus_rng_uniform(&r);
    if (i % 5 == 0) u[i % aus_space_n_unit(s)] = i % 10 ? 0.0 : 1.0;
    aus_space_decode(s, u, v);
    aus_space_encode(s, v, u);
    for (j = 0; j < aus_space_n_unit(s); j++)
      assert_true(u[j] >= 0.0 && u[j] <= 1.0);
    aus_space_decode(s, u, w);
    for (j = 0; j < n; j++)
      if (!(fabs(v[j] - w[j]) <= tol * fmax(1.0, fabs(v[j]))))
        fail_msg("point %d, %s: %.17g, then %.17g", i, p[j].name, v[j], w[j]);
    for (j = 0; j < n; j++)
      if (p[j].kind != AUS_P_FIXED)
        assert_true(v[j] >= p[j].lower - 1e-15 && v[j] <= p[j].upper + 1e-15);
  }
  aus_space_destroy(s);
}

static void round_trip(void **state)
{
  (void)state;
  check_round_trip(mixed, 6, 1e-12);
  check_round_trip(mixed + 2, 4, 0.0);
  check_round_trip(shares, 4, 0.0);
  check_round_trip(loose, 4, 1e-7); /* a share near its bound: a power of a small difference */
}

/* All compositions of a stepped group by trying every combination of billionths. */
static int64_t brute_count(const aus_param *p, int k, int64_t left)
{
  int64_t n = 0, v;

  if (k == 0) return left == 0;
  for (v = llround(p->lower * 1e9); v <= llround(p->upper * 1e9); v += llround(p->step * 1e9))
    n += brute_count(p + 1, k - 1, left - v);
  return n;
}

static void exact_sums(void **state)
{
  aus_space *s = make(shares, 4);
  aus_rng r = aus_rng_open(2, 0, 0, AUS_RNG_TRACE);
  int64_t i, j, n = aus_space_count(s), k;
  double v[MAX], u[MAX], w[MAX];

  (void)state;
  assert_int_equal(n, 4 * brute_count(shares + 1, 3, 1000000000));
  assert_int_equal(n, 4 * 12);
  for (i = 0; i < n; i++) {
    check_ok(aus_space_at(s, i, v, &err), &err);
    assert_true(llround(v[1] * 1e9) + llround(v[2] * 1e9) + llround(v[3] * 1e9) == 1000000000);
    for (j = 1; j < 4; j++) {
      k = llround((v[j] - shares[j].lower) / shares[j].step);
      check_near(v[j], shares[j].lower + (double)k * shares[j].step, 1e-15);
      assert_true(v[j] >= shares[j].lower && v[j] <= shares[j].upper + 1e-15);
    }
    if (i > 0) assert_true(memcmp(v, w, 4 * sizeof *v) != 0);
    memcpy(w, v, sizeof w);
    aus_space_encode(s, v, u);
    aus_space_decode(s, u, v);
    assert_memory_equal(v, w, 4 * sizeof *v);
  }
  check_fails(aus_space_at(s, n, v, &err), AUS_EINVAL, "grid point", &err);
  check_fails(aus_space_at(s, -1, v, &err), AUS_EINVAL, "grid point", &err);
  for (i = 0; i < 20000; i++) {
    for (j = 0; j < 3; j++)
      u[j] = aus_rng_uniform(&r);
    aus_space_decode(s, u, v);
    assert_true(llround(v[1] * 1e9) + llround(v[2] * 1e9) + llround(v[3] * 1e9) == 1000000000);
  }
  aus_space_destroy(s);
}

/* Without bounds, decoding reaches the grid point of the largest remainder: no other has a smaller
 * distance. */
static void nearest_composition(void **state)
{
  static const aus_param p[] = {{"a", "", AUS_P_SHARE, 0, 1, 0.1, 0},
                                {"b", "", AUS_P_SHARE, 0, 1, 0.1, 0},
                                {"c", "", AUS_P_SHARE, 0, 1, 0.1, 0}};
  static const aus_param c[] = {{"a", "", AUS_P_SHARE, 0, 1, 0, 0},
                                {"b", "", AUS_P_SHARE, 0, 1, 0, 0},
                                {"c", "", AUS_P_SHARE, 0, 1, 0, 0}};
  aus_space *s = make(p, 3), *t = make(c, 3);
  aus_rng r = aus_rng_open(3, 0, 0, AUS_RNG_TRACE);
  double u[2], v[3], w[3], g[3], d, best;
  int64_t i, k;

  (void)state;
  assert_int_equal(aus_space_count(s), 66);
  for (i = 0; i < 3000; i++) {
    u[0] = aus_rng_uniform(&r);
    u[1] = aus_rng_uniform(&r);
    aus_space_decode(s, u, v);
    aus_space_decode(t, u, w);
    check_near(sum(w, 3), 1.0, 1e-15);
    best = INFINITY;
    for (k = 0; k < 66; k++) {
      check_ok(aus_space_at(s, k, g, &err), &err);
      d = pow(g[0] - w[0], 2) + pow(g[1] - w[1], 2) + pow(g[2] - w[2], 2);
      best = fmin(best, d);
    }
    d = pow(v[0] - w[0], 2) + pow(v[1] - w[1], 2) + pow(v[2] - w[2], 2);
    check_near(d, best, 1e-12);
  }
  aus_space_destroy(s);
  aus_space_destroy(t);
}

/* The uniform cube becomes the uniform simplex: each share has mean 1/4 and P(share > 1/2) =
 * 1/8. */
static void uniform_simplex(void **state)
{
  enum { N = 40000 };
  static const aus_param p[] = {{"a", "", AUS_P_SHARE, 0, 1, 0, 0},
                                {"b", "", AUS_P_SHARE, 0, 1, 0, 0},
                                {"c", "", AUS_P_SHARE, 0, 1, 0, 0},
                                {"d", "", AUS_P_SHARE, 0, 1, 0, 0}};
  aus_space *s = make(p, 4);
  aus_rng r = aus_rng_open(4, 0, 0, AUS_RNG_TRACE);
  double u[3], v[4], mean[4] = {0};
  int large[4] = {0}, i, j;

  (void)state;
  for (i = 0; i < N; i++) {
    for (j = 0; j < 3; j++)
      u[j] = aus_rng_uniform(&r);
    aus_space_decode(s, u, v);
    for (j = 0; j < 4; j++)
      mean[j] += v[j] / N;
    for (j = 0; j < 4; j++)
      large[j] += v[j] > 0.5;
  }
  for (j = 0; j < 4; j++) {
    assert_true(fabs(mean[j] - 0.25) <= 4.0 * sqrt(3.0 / 80.0 / N));
    assert_true(fabs(large[j] - N / 8.0) <= 4.0 * sqrt(N * 7.0 / 64.0));
  }
  aus_space_destroy(s);
}

/* Steps that do not divide each other: every decoded point is on all grids and sums to 1. */
static void odd_steps(void **state)
{
  static const aus_param p[] = {{"a", "", AUS_P_SHARE, 0.04, 0.9, 0.06, 0},
                                {"b", "", AUS_P_SHARE, 0.0, 0.6, 0.1, 0},
                                {"c", "", AUS_P_SHARE, 0.02, 0.8, 0.14, 0},
                                {"d", "", AUS_P_SHARE, 0.0, 0.5, 0.04, 0}};
  aus_space *s = make(p, 4);
  aus_rng r = aus_rng_open(6, 0, 0, AUS_RNG_TRACE);
  double u[3], v[4], off;
  int64_t total;
  int i, j;

  (void)state;
  assert_int_equal(aus_space_count(s), brute_count(p, 4, 1000000000));
  for (i = 0; i < 20000; i++) {
    for (j = 0; j < 3; j++)
      u[j] = aus_rng_uniform(&r);
    aus_space_decode(s, u, v);
    for (total = 0, j = 0; j < 4; j++) {
      total += llround(v[j] * 1e9);
      off = (v[j] - p[j].lower) / p[j].step;
      check_near(off, nearbyint(off), 1e-9);
      assert_true(v[j] >= p[j].lower && v[j] <= p[j].upper + 1e-12);
    }
    assert_true(total == 1000000000);
  }
  aus_space_destroy(s);
}

static void neighbours(void **state)
{
  aus_space *s = make(shares, 4);
  double v[4] = {4, 0.4, 0.3, 0.3},
         *out = malloc((size_t)aus_space_n_neighbours(s) * 4 * sizeof *out);
  static const double want[][4] = {{8, 0.4, 0.3, 0.3},
                                   {4, 0.3, 0.4, 0.3},
                                   {4, 0.5, 0.2, 0.3},
                                   {4, 0.5, 0.3, 0.2},
                                   {4, 0.4, 0.4, 0.2}};
  int64_t n = aus_space_neighbours(s, v, out);

  (void)state;
  assert_non_null(out);
  assert_int_equal(n, 5);
  assert_memory_equal(out, want, sizeof want);
  free(out);
  aus_space_destroy(s);
  s = make(mixed, 6);
  out = malloc((size_t)aus_space_n_neighbours(s) * 6 * sizeof *out);
  assert_non_null(out);
  n = aus_space_neighbours(s, (const double[]){0.5, 1, 0.1, 7, 1, 42.5}, out);
  assert_int_equal(n, 4);
  assert_true(out[2] == 0.2 && out[6 + 3] == 6 && out[12 + 4] == 0 && out[18 + 4] == 2);
  free(out);
  aus_space_destroy(s);
}

static void large_counts(void **state)
{
  static const aus_param p[] = {{"a", "", AUS_P_INT, 0, 1e9, 1, -1},
                                {"b", "", AUS_P_INT, 0, 1e9, 1, -1},
                                {"c", "", AUS_P_INT, 0, 1e9, 1, -1}};
  aus_space *s = make(p, 2);
  double v[2];

  (void)state;
  assert_true(aus_space_count(s) == INT64_C(1000000001) * 1000000001);
  check_ok(aus_space_at(s, aus_space_count(s) - 2, v, &err), &err);
  assert_true(v[0] == 1e9 && v[1] == 1e9 - 1);
  aus_space_destroy(s);
  s = make(p, 3);
  assert_true(aus_space_count(s) == INT64_MAX);
  aus_space_destroy(s);
}

static void refused(void **state)
{
  static const struct {
    aus_param p[3];
    int n;
    const char *text;
  } bad[] = {
      {{{"x", "", AUS_P_REAL, 2, 1, 0, -1}},
       1,
       "parameter x: lower bound 2 is above the upper bound 1"},
      {{{"x", "", AUS_P_REAL, NAN, 1, 0, -1}}, 1, "parameter x: lower bound is not finite"},
      {{{"x", "", AUS_P_REAL, 0, INFINITY, 0, -1}}, 1, "upper bound is not finite"},
      {{{"x", "", AUS_P_LOG, 0, 1, 0, -1}}, 1, "logarithmic"},
      {{{"x", "", AUS_P_STEP, 0, 1, 0, -1}}, 1, "step is 0, need > 0"},
      {{{"x", "", AUS_P_STEP, 0, 1, NAN, -1}}, 1, "step is nan"},
      {{{"x", "", AUS_P_STEP, 0, 1, 1e-18, -1}}, 1, "1e15 steps"},
      {{{"x", "", AUS_P_CATEGORY, 0, 1e300, 0, -1}}, 1, "1e15 steps"},
      {{{"x", "", AUS_P_REAL, -1e308, 1e308, 0, -1}}, 1, "from -1e+308 to 1e+308 is too wide"},
      {{{"x", "", AUS_P_INT, 0.5, 1, 0, -1}}, 1, "whole numbers"},
      {{{"x", "", AUS_P_REAL, 0, 1, 0, 0}}, 1, "group is 0"},
      {{{"x", "", AUS_P_SHARE, 0, 1, 0, -1}}, 1, "group is -1"},
      {{{"x", "", AUS_P_FIXED, 2, 2, 0, 0}}, 1, "group is 0"},
      {{{"x", "", AUS_P_SHARE, 0, 1, 0, 0}}, 1, "alone in its group"},
      {{{"x", "", AUS_P_SHARE, -0.1, 1, 0, 0}, {"y", "", AUS_P_SHARE, 0, 1, 0, 0}},
       2,
       "a share lies in 0 to 1"},
      {{{"x", "", AUS_P_SHARE, 0.6, 1, 0, 0}, {"y", "", AUS_P_SHARE, 0.5, 1, 0, 0}},
       2,
       "sum to 1.1 at least"},
      {{{"x", "", AUS_P_SHARE, 0, 0.4, 0, 0}, {"y", "", AUS_P_SHARE, 0, 0.5, 0, 0}},
       2,
       "0.9 at most, never to 1"},
      {{{"x", "", AUS_P_SHARE, 0, 1, 0.1, 0}, {"y", "", AUS_P_SHARE, 0, 1, 0, 0}},
       2,
       "some have a step"},
      {{{"x", "", AUS_P_SHARE, 0, 1, 0.1, 0}, {"y", "", AUS_P_SHARE, 0, 1, 1e-12, 0}},
       2,
       "share y: step is 1e-12, need >= 0.0001"},
      {{{"x", "", AUS_P_SHARE, 0.05, 1, 0.1, 0}, {"y", "", AUS_P_SHARE, 0, 1, 0.1, 0}},
       2,
       "no steps of the shares"},
      {{{"x", "", AUS_P_SHARE, 0, 0.5, 0.2, 0}, {"y", "", AUS_P_SHARE, 0, 0.5, 0.2, 0}},
       2,
       "no steps of the shares"},
      {{{"x", "", AUS_P_SHARE, 0, 1, 1e-6, 0}, {"y", "", AUS_P_SHARE, 0, 1, 1e-6, 0}},
       2,
       "common divisor"},
      {{{"x", "", AUS_P_SHARE, 0, 1, 0, 0},
        {"y", "", AUS_P_REAL, 0, 1, 0, -1},
        {"z", "", AUS_P_SHARE, 0, 1, 0, 0}},
       3,
       "alone"},
      {{{"x", "", AUS_P_REAL, 0, 1, 0, -1}}, 0, "without parameters"},
  };
  static const aus_param apart[] = {{"a", "", AUS_P_SHARE, 0, 1, 0, 0},
                                    {"b", "", AUS_P_SHARE, 0, 1, 0, 0},
                                    {"c", "", AUS_P_REAL, 0, 1, 0, -1},
                                    {"d", "", AUS_P_SHARE, 0, 1, 0, 0},
                                    {"e", "", AUS_P_SHARE, 0, 1, 0, 0}};
  aus_space *s;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    check_fails(aus_space_create(&s, bad[i].n, bad[i].p, &err), AUS_ECONFIG, bad[i].text, &err);
    assert_null(s);
  }
  check_fails(aus_space_create(&s, 5, apart, &err), AUS_ECONFIG, "do not stand together", &err);
}

static void out_of_memory(void **state)
{
  int64_t live = aus_alloc_live(), i;
  aus_space *s;
  int rc;

  (void)state;
  for (i = 0; i < 1000; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_space_create(&s, 4, shares, &err);
    aus_space_destroy(s);
    assert_int_equal(aus_alloc_live(), live);
    if (!aus_alloc_failed()) break;
    assert_int_equal(rc, AUS_ENOMEM);
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kinds),
      cmocka_unit_test(equal_parts),
      cmocka_unit_test(round_trip),
      cmocka_unit_test(exact_sums),
      cmocka_unit_test(nearest_composition),
      cmocka_unit_test(uniform_simplex),
      cmocka_unit_test(odd_steps),
      cmocka_unit_test(neighbours),
      cmocka_unit_test(large_counts),
      cmocka_unit_test(refused),
      cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
