/* rng.c - known answers, independence of streams, fixed numbers of draws, moments.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "util/rng.h"

/* Published with Random123 (Salmon et al. 2011). */
static void philox(void **state)
{
  static const struct {
    uint32_t counter[4], key[2], want[4];
  } known[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}},
      {{0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu},
       {0xffffffffu, 0xffffffffu},
       {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu}},
      {{0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u},
       {0xa4093822u, 0x299f31d0u},
       {0xd16cfe09u, 0x94fdcceb, 0x5001e420u, 0x24126ea1u}},
  };
  uint32_t out[4];
  size_t i;

  (void)state;
  for (i = 0; i < 3; i++) {
    aus_rng_philox(known[i].counter, known[i].key, out);
    assert_memory_equal(out, known[i].want, sizeof out);
  }
}

/* Computed once by these lines, which know nothing of rng.c:
 *
 *   M = 0xffffffff
 *   def philox(c, k):
 *     c, k = list(c), list(k)
 *     for _ in range(10):
 *       p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
 *       c = [(q >> 32) ^ c[1] ^ k[0], q & M, (p >> 32) ^ c[3] ^ k[1], p & M]
 *       k = [(k[0] + 0x9E3779B9) & M, (k[1] + 0xBB67AE85) & M]
 *     return c
 *   def draw(seed, campaign, trial, purpose, n):
 *     k = philox([campaign & M, campaign >> 32, 0x61757331, 0], [seed & M, seed >> 32])[:2]
 *     b = n // 2
 *     w = philox([b & M, trial & M, trial >> 32, (purpose << 16) | (b >> 32)], k)
 *     return (w[0] | w[1] << 32) if n % 2 == 0 else (w[2] | w[3] << 32)
 */
static void streams(void **state)
{
  static const struct {
    uint64_t seed, campaign, trial, purpose, n, want;
  } known[] = {
      {0, 0, 0, AUS_RNG_ARRIVALS, 0, 0x0898179b6d6e278bu},
      {1, 0, 7 << 16 | 3, AUS_RNG_ARRIVALS, 1, 0xbc0c5e23f435582fu},
      {0x0123456789abcdefu, 5, 0xfedcba9876543210u, AUS_RNG_MODEL_INIT, 2 * (UINT64_C(3) << 24) + 1,
       0x8df2da00042e9b04u},
      {42, UINT64_C(1) << 40, 9, AUS_RNG_DESIGN_JITTER | AUS_RNG_PRIVATE,
       2 * (UINT64_C(5) << 32 | 6), 0x312e4f1108802557u},
  };
  aus_rng r;
  size_t i;
  uint64_t n;

  (void)state;
  for (i = 0; i < 4; i++) {
    r = aus_rng_open(known[i].seed, known[i].campaign, known[i].trial, (uint32_t)known[i].purpose);
    assert_true(aus_rng_at(&r, known[i].n) == known[i].want);
    r.next = known[i].n;
    assert_true(aus_rng_u64(&r) == known[i].want);
  }
  r = aus_rng_open(3, 2, 1, 200);
  for (n = 0; n < 100; n++)
    assert_true(aus_rng_u64(&r) == aus_rng_at(&r, n));
  r.next = 17; /* back: the cached block is another one */
  assert_true(aus_rng_u64(&r) == aus_rng_at(&r, 17));
}

typedef struct block {
  uint64_t a, b;
} block;

static int by_value(const void *x, const void *y)
{
  const block *p = x, *q = y;

  if (p->a != q->a) return p->a < q->a ? -1 : 1;
  return (p->b > q->b) - (p->b < q->b);
}

/* 1000 purposes x 1000 trials: no two first blocks are equal (by chance: about 10^12 / 2^129). */
static void independent(void **state)
{
  enum { N = 1000 };
  block *v = malloc(sizeof *v * N * N);
  aus_rng r;
  int64_t i;

  (void)state;
  assert_non_null(v);
  for (i = 0; i < N * N; i++) {
    r = aus_rng_open(12345, 7, (uint64_t)(i / N) * (i % 3 ? 1 : UINT64_C(1) << 32),
                     (uint32_t)(1 + i % N));
    v[i] = (block){aus_rng_u64(&r), aus_rng_u64(&r)};
  }
  qsort(v, (size_t)N * N, sizeof *v, by_value);
  for (i = 1; i < N * N; i++)
    assert_true(by_value(&v[i - 1], &v[i]) < 0);
  free(v);
}

static void open_interval(void **state)
{
  (void)state;
  assert_true(aus_rng_unit(0) == 0x1p-54);
  assert_true(aus_rng_unit(UINT64_MAX) == 1.0 - 0x1p-53);
  assert_true(aus_rng_unit(UINT64_C(1) << 63) >= 0.5);
  assert_true(aus_rng_unit((UINT64_C(1) << 63) - 1) < 0.5);
}

enum { DRAWS = 200000 };

/* Mean and variance of DRAWS values against theirs; kurt is the 4th central moment. */
static void check_moments(const char *what, const double *x, double mean, double var, double fourth)
{
  double m = 0.0, v = 0.0, sd_mean = sqrt(var / DRAWS), sd_var = sqrt((fourth - var * var) / DRAWS);
  int64_t i;

  for (i = 0; i < DRAWS; i++)
    m += x[i];
  m /= DRAWS;
  for (i = 0; i < DRAWS; i++)
    v += (x[i] - mean) * (x[i] - mean);
  v /= DRAWS;
  if (!(fabs(m - mean) <= 4.0 * sd_mean))
    fail_msg("%s: mean %g, want %g +- %g", what, m, mean, sd_mean);
  if (!(fabs(v - var) <= 4.0 * sd_var))
    fail_msg("%s: variance %g, want %g +- %g", what, v, var, sd_var);
}

/* n = 200,000 each, bound 4 sigma; every value takes one draw. */
static void moments(void **state)
{
  double *x = malloc(DRAWS * sizeof *x), mean;
  aus_rng r = aus_rng_open(99, 0, 1, AUS_RNG_TRACE);
  int64_t i;

  (void)state;
  assert_non_null(x);
  for (i = 0; i < DRAWS; i++)
    x[i] = aus_rng_uniform(&r);
  check_moments("uniform", x, 0.5, 1.0 / 12.0, 1.0 / 80.0);
  for (i = 0; i < DRAWS; i++)
    x[i] = aus_rng_normal(&r);
  check_moments("normal", x, 0.0, 1.0, 3.0);
  for (i = 0; i < DRAWS; i++)
    x[i] = aus_rng_exponential(&r);
  check_moments("exponential", x, 1.0, 1.0, 9.0);
  assert_int_equal(r.next, 3 * DRAWS);
  for (i = 0; i < DRAWS; i++)
    x[i] = (double)aus_rng_below(&r, 10);
  check_moments("below 10", x, 4.5, 8.25, 120.8625);
  assert_int_equal(r.next, 4 * DRAWS);
  for (mean = 0.25; mean < 500.0; mean *= 6.0) {
    r.next = 0;
    for (i = 0; i < DRAWS; i++)
      x[i] = (double)aus_rng_poisson(&r, mean);
    check_moments("poisson", x, mean, mean, mean * (1.0 + 3.0 * mean));
    assert_int_equal(r.next, DRAWS);
  }
  r.next = 0;
  mean = 1234.5;
  for (i = 0; i < DRAWS; i++)
    x[i] = (double)aus_rng_poisson(&r, mean);
  check_moments("poisson in parts", x, mean, mean, mean * (1.0 + 3.0 * mean));
  assert_int_equal(r.next, 3 * DRAWS);
  free(x);
}

static double poisson_pmf(int64_t k, double mean)
{
  return exp((double)k * log(mean) - mean - lgamma((double)k + 1.0));
}

/* Counts of every value that is expected at least 10 times, bound 4 sigma. */
static void check_poisson(double mean)
{
  enum { TOP = 700 };
  static int64_t seen[TOP];
  aus_rng r = aus_rng_open(5, 0, 2, AUS_RNG_ARRIVALS);
  double want;
  int64_t i, k;

  memset(seen, 0, sizeof seen);
  for (i = 0; i < DRAWS; i++) {
    k = aus_rng_poisson(&r, mean);
    assert_in_range(k, 0, TOP - 1);
    seen[k]++;
  }
  for (k = 0; k < TOP; k++) {
    want = DRAWS * poisson_pmf(k, mean);
    if (want >= 10.0 && !(fabs((double)seen[k] - want) <= 4.0 * sqrt(want)))
      fail_msg("mean %g: %d times %d, want %g", mean, (int)seen[k], (int)k, want);
  }
}

static void poisson(void **state)
{
  aus_rng r = aus_rng_open(5, 0, 3, AUS_RNG_ARRIVALS);
  int64_t i;

  (void)state;
  for (i = 0; i < 100; i++)
    assert_int_equal(aus_rng_poisson(&r, 0.0), 0);
  assert_int_equal(r.next, 100);
  check_poisson(0.4);
  check_poisson(3.7);
  check_poisson(41.0);
  check_poisson(500.0);
  check_poisson(520.0); /* two parts: the sum has the same law */
}

/* m just above 2^63: nearly half of the draws are rejected, and the stream still moves by one. */
static void rejection(void **state)
{
  const uint64_t m = (UINT64_C(1) << 63) + 1;
  enum { N = 20000 };
  aus_rng r = aus_rng_open(11, 0, 4, AUS_RNG_USERS), s = r;
  uint64_t x;
  int64_t i, low = 0;

  (void)state;
  for (i = 0; i < N; i++) {
    x = aus_rng_below(&r, m);
    assert_true(x < m);
    low += x < m / 4;
    assert_int_equal(r.next, i + 1);
  }
  assert_true(fabs((double)low - N / 4.0) <= 4.0 * sqrt(N * 3.0 / 16.0));
  /* A rejection has probability 1/2 - 2^-64 each: N more draws on average, variance 2 N. */
  assert_true(fabs((double)r.private_next - N) <= 4.0 * sqrt(2.0 * N));
  s.next = r.next;
  assert_true(aus_rng_u64(&s) == aus_rng_u64(&r));
  for (i = 0; i < 100; i++)
    assert_int_equal(aus_rng_below(&r, 1), 0);
}

static int64_t rank_of(const int64_t *p, int n)
{
  int64_t rank = 0;
  int i, j;

  for (i = 0; i < n; i++) {
    rank *= n - i;
    for (j = i + 1; j < n; j++)
      rank += p[j] < p[i];
  }
  return rank;
}

static void permutation(void **state)
{
  enum { N = 48000 };
  int64_t p[50], seen[24] = {0}, i, sum;
  aus_rng r = aus_rng_open(8, 3, 0, AUS_RNG_DESIGN_PERM);

  (void)state;
  aus_rng_permutation(&r, 0, p);
  aus_rng_permutation(&r, 1, p);
  assert_int_equal(p[0], 0);
  assert_int_equal(r.next, 0);
  aus_rng_permutation(&r, 50, p);
  assert_int_equal(r.next, 49);
  for (i = sum = 0; i < 50; i++) {
    assert_in_range(p[i], 0, 49);
    sum |= INT64_C(1) << p[i];
  }
  assert_int_equal(sum, (INT64_C(1) << 50) - 1);
  for (i = 0; i < N; i++) {
    aus_rng_permutation(&r, 4, p);
    seen[rank_of(p, 4)]++;
  }
  for (i = 0; i < 24; i++)
    assert_true(fabs((double)seen[i] - N / 24.0) <= 4.0 * sqrt(N / 24.0 * 23.0 / 24.0));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(philox),        cmocka_unit_test(streams),     cmocka_unit_test(independent),
      cmocka_unit_test(open_interval), cmocka_unit_test(moments),     cmocka_unit_test(poisson),
      cmocka_unit_test(rejection),     cmocka_unit_test(permutation),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
