/* gp.c - Gaussian process: hand-computed posterior, gradients against differences, incremental factor.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/gp.h"
#include "learn/matern.h"
#include "learn/petsc.h"
#include "unit/check.h"
#include "unit/plugins.h"

#include "util/rng.h"

enum { MAX_N = 260, MAX_D = 12 };

static aus_err err;
static double x[MAX_N * MAX_D], y[MAX_N];

/* n points of the unit cube with a smooth target of about unit variance and a little noise. */
static void invent(int64_t n, int d, uint64_t seed)
{
  aus_rng r = aus_rng_open(seed, 0, 0, AUS_RNG_TRACE);
  int64_t i;
  int k;

  for (i = 0; i < n; i++) {
    y[i] = 0.05 * aus_rng_normal(&r);
    for (k = 0; k < d; k++) {
      x[i * d + k] = aus_rng_uniform(&r);
      y[i] += sin(4.0 * x[i * d + k] + k) / sqrt(d);
    }
  }
}

static aus_gp *make(int d, int64_t cap)
{
  aus_gp *gp;

  check_ok(aus_gp_create(&gp, d, cap, &err), &err);
  return gp;
}

/* A theta inside the bounds that differs per dimension. */
static void some_theta(int d, uint64_t seed, double *theta)
{
  aus_rng r = aus_rng_open(seed, 0, 1, AUS_RNG_TRACE);
  int k;

  for (k = 0; k < d; k++)
    theta[k] = -1.5 + 2.0 * aus_rng_uniform(&r);
  theta[d] = -1.0 + 2.0 * aus_rng_uniform(&r);
  theta[d + 1] = -9.0 + 5.0 * aus_rng_uniform(&r);
}

static double matern(double r)
{
  const double s = sqrt(5.0) * r;

  return (1.0 + s + s * s / 3.0) * exp(-s);
}

/* The kernel's own exponential against the library's with 64 bits, and the same bits wherever a point
 * stands in a row. */
static void kernel(void **state)
{
  enum { N = 4000 };
  static double v[N], k[N], slope[N];
  const double zero = 0.0;
  double one, one_slope;
  int i, j;

  (void)state;
  for (i = 0; i < N; i++)
    v[i] = i < N / 2 ? 1e-3 * i : 0.16 * (i - N / 2);
  aus_matern(1, 1.5, &zero, N, v, N, k, slope);
  check_near(k[0], 1.5, 0.0);
  check_near(slope[0], 2.5, 0.0);
  for (i = 0; i < N; i++) {
    const long double r = sqrtl(5.0L) * (long double)v[i], e = 1.5L * expl(-r);
    const double want = (double)((1.0L + r + r * r / 3.0L) * e);

    if (r < 700.0L) {
      /* r itself is rounded */
      assert_true(fabs(k[i] - want) <= (2e-15 + 2e-16 * (double)r) * want);
      check_near(slope[i], (double)(5.0L / 3.0L * (1.0L + r) * e), 1e-14);
    } else {
      assert_true(k[i] == 0.0 && slope[i] == 0.0);
    }
  }
  assert_true(k[N - 1] == 0.0 && k[N - 1000] > 0.0);
  for (i = 0; i < N; i += 37)
    for (j = 1; j < 12; j++) {
      aus_matern(1, 1.5, &zero, 1, v + i, 1, &one, &one_slope);
      assert_memory_equal(&one, k + i, sizeof one);
      assert_memory_equal(&one_slope, slope + i, sizeof one);
      if (i + j > N) continue;
      aus_matern(1, 1.5, &zero, j, v + i, 1, k + i, slope + i);
      assert_memory_equal(&one, k + i, sizeof one);
    }
  one = 1e200; /* its square overflows */
  aus_matern(1, 1.5, &zero, 1, &one, 1, k, slope);
  assert_true(k[0] == 0.0 && slope[0] == 0.0);
}

/* Two points in one dimension: the 2 x 2 system by hand. */
static void by_hand(void **state)
{
  const double at[2] = {0.25, 0.75}, target[2] = {1.0, -0.5}, q = 0.4;
  const double l = 0.3, s2 = 1.7, n2 = 0.01;
  const double theta[3] = {log(l), log(s2), log(n2)};
  const double a = s2 + n2, b = s2 * matern(0.5 / l), det = a * a - b * b;
  const double k0 = s2 * matern(0.15 / l), k1 = s2 * matern(0.35 / l);
  const double w0 = (a * target[0] - b * target[1]) / det,
               w1 = (a * target[1] - b * target[0]) / det;
  const double explained = (a * k0 * k0 - 2.0 * b * k0 * k1 + a * k1 * k1) / det;
  const double t = 20.0 * (1.0 - 2.0 / 8.0); /* one dimension: no spread to punish */
  const double prior = 0.5 * pow(log(l) - log(0.5), 2) + 0.5 * pow(log(s2), 2) +
                       0.5 * pow((log(n2) + 9.0) / 2.0, 2) + 0.0 * t;
  aus_gp *gp = make(1, 2);
  double mu, sd, f;

  (void)state;
  check_ok(aus_gp_factor(gp, 2, at, target, theta, &err), &err);
  aus_gp_predict(gp, 1, &q, &mu, &sd);
  check_near(mu, k0 * w0 + k1 * w1, 1e-14);
  check_near(sd, sqrt(s2 - explained), 1e-14);
  check_ok(aus_gp_map(gp, 2, at, target, theta, &f, NULL, &err), &err);
  check_near(f, 0.5 * (target[0] * w0 + target[1] * w1) + 0.5 * log(det) + prior, 1e-14);
  assert_int_equal(aus_gp_n(gp), 0);
  aus_gp_destroy(gp);
  aus_gp_destroy(NULL);
}

/* The penalty on the spread of the length-scales fades out at n = 8 d. */
static void coupling(void **state)
{
  const double even[4] = {-0.5, -0.5, 0.0, -6.0}, spread[4] = {-1.0, 0.0, 0.0, -6.0};
  aus_gp *gp = make(2, 16);
  double f[2];
  int n;

  (void)state;
  memset(x, 0, sizeof x);
  for (n = 0; n < 16; n++) { /* far apart in both dimensions: K does not depend on l */
    x[2 * n] = 1e3 * n;
    x[2 * n + 1] = -1e3 * n;
    y[n] = 0.0;
  }
  for (n = 1; n <= 16; n++) {
    check_ok(aus_gp_map(gp, n, x, y, even, f, NULL, &err), &err);
    check_ok(aus_gp_map(gp, n, x, y, spread, f + 1, NULL, &err), &err);
    /* prior: N(log 0.5 sqrt 2, 1) each; (-1, 0) instead of (-.5, -.5) */
    check_near(f[1] - f[0], 0.25 + 0.25 * 20.0 * (1.0 - n / 16.0), 1e-12);
  }
  aus_gp_destroy(gp);
}

/* 1/2 y' K^-1 y + 1/2 log det K and the prior by elimination, as the formulas stand in the books. */
static double plain_map(int n, int d, const double *theta)
{
  static double c[80][81];
  double f, mean = 0.0, r, t = 20.0 * fmax(0.0, 1.0 - n / (8.0 * d));
  int i, j, k;

  for (i = 0; i < n; i++) {
    for (j = 0; j < n; j++) {
      for (r = 0.0, k = 0; k < d; k++)
        r += pow((x[i * d + k] - x[j * d + k]) / exp(theta[k]), 2);
      c[i][j] = exp(theta[d]) * matern(sqrt(r)) + (i == j ? exp(theta[d + 1]) : 0.0);
    }
    c[i][n] = y[i];
  }
  f = 0.5 * pow(theta[d], 2) + 0.5 * pow((theta[d + 1] + 9.0) / 2.0, 2);
  for (k = 0; k < d; k++)
    mean += theta[k] / d;
  for (k = 0; k < d; k++)
    f += 0.5 * pow(theta[k] - log(0.5 * sqrt(d)), 2) + 0.5 * t * pow(theta[k] - mean, 2);
  for (k = 0; k < n; k++) {
    f += 0.5 * log(c[k][k]) + 0.5 * c[k][n] * c[k][n] / c[k][k];
    for (i = k + 1; i < n; i++) {
      r = c[i][k] / c[k][k];
      for (j = k; j <= n; j++)
        c[i][j] -= r * c[k][j];
    }
  }
  return f;
}

static void map_value(void **state)
{
  aus_gp *gp = make(3, 80);
  double theta[5], f;
  int n;

  (void)state;
  for (n = 1; n <= 80; n++) {
    invent(n, 3, (uint64_t)n);
    some_theta(3, (uint64_t)n, theta);
    check_ok(aus_gp_map(gp, n, x, y, theta, &f, NULL, &err), &err);
    check_near(f, plain_map(n, 3, theta), 1e-9);
  }
  aus_gp_destroy(gp);
}

/* Central differences of fourth order. */
static double difference(aus_gp *gp, int64_t n, const double *theta, int k, int d)
{
  static const double weight[4] = {1.0 / 12, -2.0 / 3, 2.0 / 3, -1.0 / 12},
                      step[4] = {-2, -1, 1, 2};
  const double h = 2e-3;
  double shifted[MAX_D + 2], f, sum = 0.0;
  int i;

  for (i = 0; i < 4; i++) {
    memcpy(shifted, theta, (size_t)(d + 2) * sizeof *theta);
    shifted[k] += step[i] * h;
    check_ok(aus_gp_map(gp, n, x, y, shifted, &f, NULL, &err), &err);
    sum += weight[i] * f;
  }
  return sum / h;
}

static void map_gradient(void **state)
{
  static const struct {
    int64_t n;
    int d;
  } sizes[] = {{1, 1}, {2, 1}, {7, 2}, {10, 3}, {30, 3}, {40, 6}, {60, 6}, {96, 12}, {200, 6}};
  double theta[MAX_D + 2], grad[MAX_D + 2], f;
  size_t s;
  int seed, k;

  (void)state;
  for (s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    aus_gp *gp = make(sizes[s].d, MAX_N);

    for (seed = 1; seed <= 3; seed++) {
      invent(sizes[s].n, sizes[s].d, (uint64_t)seed);
      some_theta(sizes[s].d, (uint64_t)seed, theta);
      check_ok(aus_gp_map(gp, sizes[s].n, x, y, theta, &f, grad, &err), &err);
      for (k = 0; k < sizes[s].d + 2; k++)
        check_near(grad[k], difference(gp, sizes[s].n, theta, k, sizes[s].d), 1e-6);
    }
    aus_gp_destroy(gp);
  }
}

/* Largest difference of the posteriors of two models on a fixed set of points. */
static double apart(aus_gp *a, aus_gp *b, int d)
{
  static double q[100 * MAX_D], mu[2][100], sd[2][100];
  aus_rng r = aus_rng_open(9, 0, 0, AUS_RNG_TRACE);
  double most = 0.0;
  int i;

  for (i = 0; i < 100 * d; i++)
    q[i] = aus_rng_uniform(&r);
  aus_gp_predict(a, 100, q, mu[0], sd[0]);
  aus_gp_predict(b, 100, q, mu[1], sd[1]);
  for (i = 0; i < 100; i++)
    most = fmax(most, fmax(fabs(mu[0][i] - mu[1][i]), fabs(sd[0][i] - sd[1][i])));
  return most;
}

static void incremental(void **state)
{
  enum { D = 6, N = 200, START = 120 };
  aus_gp *full = make(D, N), *grown = make(D, N);
  double theta[D + 2];
  int64_t i;

  (void)state;
  invent(N, D, 4);
  some_theta(D, 4, theta);
  check_ok(aus_gp_factor(full, N, x, y, theta, &err), &err);
  check_ok(aus_gp_factor(grown, START, x, y, theta, &err), &err);
  assert_true(apart(full, grown, D) > 1e-3);
  for (i = START; i < N; i++)
    check_ok(aus_gp_append(grown, x + i * D, y[i], &err), &err);
  assert_int_equal(aus_gp_n(grown), N);
  assert_true(apart(full, grown, D) < 1e-10);
  check_fails(aus_gp_append(grown, x, 0.0, &err), AUS_EINVAL, "no room for more than 200 points",
              &err);
  /* lies on top, taken away, other points in their place */
  aus_gp_truncate(grown, 150);
  for (i = 150; i < 170; i++)
    check_ok(aus_gp_append(grown, x + (i - 100) * D, 5.0, &err), &err);
  assert_true(apart(full, grown, D) > 1e-2);
  aus_gp_truncate(grown, 150);
  for (i = 150; i < N; i++)
    check_ok(aus_gp_append(grown, x + i * D, y[i], &err), &err);
  assert_true(apart(full, grown, D) < 1e-10);
  aus_gp_destroy(full);
  aus_gp_destroy(grown);
}

/* Truncation restores the bits; so do other targets and the old ones again. */
static void exact_truncation(void **state)
{
  enum { D = 3, N = 60 };
  aus_gp *a = make(D, MAX_N), *b = make(D, MAX_N);
  double theta[D + 2], other[N] = {0};
  int64_t i;

  (void)state;
  invent(MAX_N, D, 5);
  some_theta(D, 5, theta);
  theta[D + 1] = -60.0; /* so that a copy of a point needs a jitter of its own */
  check_ok(aus_gp_factor(a, N, x, y, theta, &err), &err);
  check_ok(aus_gp_factor(b, N, x, y, theta, &err), &err);
  for (i = 0; i < 10; i++)
    check_ok(aus_gp_append(a, x, 1.0, &err), &err);
  for (i = N; i < MAX_N - 20; i++)
    check_ok(aus_gp_append(a, x + i * D, y[i], &err), &err);
  aus_gp_truncate(a, N + 1000);
  assert_int_equal(aus_gp_n(a), MAX_N - 10);
  aus_gp_truncate(a, N);
  assert_true(apart(a, b, D) == 0.0);
  aus_gp_targets(a, other);
  assert_true(apart(a, b, D) > 1e-2);
  aus_gp_targets(a, y);
  assert_true(apart(a, b, D) == 0.0);
  aus_gp_destroy(a);
  aus_gp_destroy(b);
}

static void interpolation(void **state)
{
  enum { D = 2, N = 40 };
  aus_gp *gp = make(D, N);
  double theta[D + 2], mu[N], sd[N], far[D] = {1e6, 1e6};
  int i;

  (void)state;
  invent(N, D, 6);
  aus_gp_prior(D, theta);
  check_near(theta[0], log(0.5 * sqrt(2.0)), 1e-15);
  check_near(theta[D], 0.0, 0.0);
  check_near(theta[D + 1], -9.0, 0.0);
  theta[0] = theta[1] = log(0.3);
  theta[D + 1] = -20.0;
  check_ok(aus_gp_factor(gp, N, x, y, theta, &err), &err);
  aus_gp_predict(gp, N, x, mu, sd);
  for (i = 0; i < N; i++) {
    check_near(mu[i], y[i], 1e-5);
    assert_true(sd[i] > 0.0 && sd[i] < 1e-4);
  }
  aus_gp_predict(gp, 1, far, mu, sd);
  check_near(mu[0], 0.0, 0.0);
  check_near(sd[0], 1.0, 0.0);
  aus_gp_destroy(gp);
}

static void predicted(aus_gp *gp, const double *at, double *mu, double *sd)
{
  aus_gp_predict(gp, 1, at, mu, sd);
}

static void prediction_gradient(void **state)
{
  enum { D = 6, N = 100 };
  const double h = 1e-4;
  aus_gp *gp = make(D, N);
  aus_rng r = aus_rng_open(7, 0, 3, AUS_RNG_TRACE);
  double theta[D + 2], at[D], mu, sd, d_mu[D], d_sd[D], m[4], s[4];
  int i, k;

  (void)state;
  invent(N, D, 7);
  some_theta(D, 7, theta);
  check_ok(aus_gp_factor(gp, N, x, y, theta, &err), &err);
  for (i = 0; i < 20; i++) {
    for (k = 0; k < D; k++)
      at[k] = aus_rng_uniform(&r);
    aus_gp_predict_gradient(gp, at, &mu, &sd, d_mu, d_sd);
    predicted(gp, at, m, s);
    check_near(mu, m[0], 1e-13);
    check_near(sd, s[0], 1e-13);
    for (k = 0; k < D; k++) {
      const double here = at[k];

      at[k] = here + h;
      predicted(gp, at, m, s);
      at[k] = here - h;
      predicted(gp, at, m + 1, s + 1);
      at[k] = here + 2.0 * h;
      predicted(gp, at, m + 2, s + 2);
      at[k] = here - 2.0 * h;
      predicted(gp, at, m + 3, s + 3);
      at[k] = here;
      check_near(d_mu[k], (8.0 * (m[0] - m[1]) - (m[2] - m[3])) / (12.0 * h), 1e-7);
      check_near(d_sd[k], (8.0 * (s[0] - s[1]) - (s[2] - s[3])) / (12.0 * h), 1e-7);
    }
  }
  aus_gp_destroy(gp);
}

/* More points than one block, and in any division of them. */
static void blocks(void **state)
{
  enum { D = 3, N = 50, M = 200 };
  aus_gp *gp = make(D, N);
  double theta[D + 2], mu[M], sd[M], one_mu, one_sd;
  int i;

  (void)state;
  invent(M, D, 8);
  some_theta(D, 8, theta);
  check_ok(aus_gp_factor(gp, N, x, y, theta, &err), &err);
  aus_gp_predict(gp, M, x, mu, sd);
  for (i = 0; i < M; i++) {
    aus_gp_predict(gp, 1, x + i * D, &one_mu, &one_sd);
    check_near(mu[i], one_mu, 1e-12);
    check_near(sd[i], one_sd, 1e-12);
  }
  aus_gp_destroy(gp);
}

/* Copies of points without noise: only the jitter makes the kernel positive definite. */
static void jitter(void **state)
{
  enum { D = 2, N = 80 };
  aus_gp *gp = make(D, N);
  double theta[D + 2], grad[D + 2], mu[N], sd[N], f;
  int i;

  (void)state;
  invent(N, D, 10);
  memcpy(x + (size_t)(N / 2 * D), x, (size_t)(N / 2 * D) * sizeof *x);
  memcpy(y + N / 2, y, (size_t)(N / 2) * sizeof *y);
  some_theta(D, 10, theta);
  theta[D + 1] = -80.0;
  check_ok(aus_gp_factor(gp, N, x, y, theta, &err), &err);
  aus_gp_predict(gp, N, x, mu, sd);
  for (i = 0; i < N; i++) {
    check_near(mu[i], y[i], 1e-3);
    assert_true(sd[i] > 0.0 && sd[i] < 1e-2);
  }
  check_ok(aus_gp_map(gp, N, x, y, theta, &f, grad, &err), &err);
  for (i = 0; i < D + 2; i++)
    check_near(grad[i], difference(gp, N, theta, i, D), 1e-4);
  /* long length-scales: all points are nearly the same one */
  theta[0] = theta[1] = 8.0;
  check_ok(aus_gp_factor(gp, N, x, y, theta, &err), &err);
  aus_gp_predict(gp, N, x, mu, sd);
  for (i = 0; i < N; i++)
    assert_true(isfinite(mu[i]) && sd[i] > 0.0);
  /* nothing helps where the variance overflows */
  theta[D] = 800.0;
  check_fails(aus_gp_factor(gp, N, x, y, theta, &err), AUS_ENUMERIC,
              "gp: kernel of 80 points is not positive definite", &err);
  assert_int_equal(aus_gp_n(gp), 0);
  check_fails(aus_gp_map(gp, N, x, y, theta, &f, grad, &err), AUS_ENUMERIC,
              "gp: kernel of 80 points is not positive definite", &err);
  aus_gp_destroy(gp);
}

/* The end of the fit: no worse than the starts, inside the bounds, flat where no bound holds it. */
static void fit(void **state)
{
  enum { D = 4, N = 90 };
  aus_gp *gp = make(D, N);
  double start[3 * (D + 2)], theta[D + 2], again[D + 2], grad[D + 2], f, f_start;
  int i, k;

  (void)state;
  invent(N, D, 11);
  aus_gp_prior(D, start);
  some_theta(D, 1, start + D + 2);
  some_theta(D, 2, start + 2 * (D + 2));
  start[D + 2] = 50.0; /* clipped */
  check_ok(aus_gp_fit(gp, N, x, y, 3, start, theta, &err), &err);
  check_ok(aus_gp_fit(gp, N, x, y, 3, start, again, &err), &err);
  assert_memory_equal(theta, again, sizeof theta);
  check_ok(aus_gp_map(gp, N, x, y, theta, &f, grad, &err), &err);
  for (i = 0; i < 3; i++) {
    start[i * (D + 2)] = fmin(start[i * (D + 2)], 2.3 + 0.5 * log(D));
    check_ok(aus_gp_map(gp, N, x, y, start + i * (D + 2), &f_start, NULL, &err), &err);
    assert_true(f < f_start);
  }
  for (k = 0; k < D; k++) {
    assert_true(theta[k] >= -4.6 && theta[k] <= 2.3 + 0.5 * log(D));
    check_near(grad[k], 0.0, 1e-3);
  }
  assert_true(theta[D + 1] > log(1e-4) && theta[D + 1] < log(1e-2)); /* true: 0.0025 */
  aus_gp_destroy(gp);
}

/* A joint sample has the mean and, over many draws, the covariance of the posterior. */
static void sample(void **state)
{
  enum { D = 2, N = 20, M = 70, DRAWS = 4000 };
  aus_gp *gp = make(D, N + 1);
  aus_rng r = aus_rng_open(12, 0, 5, AUS_RNG_TRACE);
  static double z[M], f[M], mu[M], sd[M], sum[M], square[M], product[M];
  double theta[D + 2];
  int i, k;

  (void)state;
  invent(M + N, D, 12);
  some_theta(D, 12, theta);
  check_ok(aus_gp_factor(gp, N, x, y, theta, &err), &err);
  aus_gp_predict(gp, M, x, mu, sd);
  check_ok(aus_gp_sample(gp, M, x, z, f, &err), &err);
  for (i = 0; i < M; i++)
    check_near(f[i], mu[i], 1e-12);
  for (k = 0; k < DRAWS; k++) {
    for (i = 0; i < M; i++)
      z[i] = aus_rng_normal(&r);
    check_ok(aus_gp_sample(gp, M, x, z, f, &err), &err);
    for (i = 0; i < M; i++) {
      const double e = (f[i] - mu[i]) / sd[i];

      sum[i] += e / DRAWS;
      square[i] += e * e / DRAWS;
      product[i] += (f[i] - mu[i]) * (f[(i + 1) % M] - mu[(i + 1) % M]) / DRAWS;
    }
  }
  /* 4000 draws: 5 sigma of a mean 0.079, of a variance 0.112 */
  for (i = N; i < M; i++) {
    assert_true(fabs(sum[i]) < 0.079);
    assert_true(fabs(square[i] - 1.0) < 0.112);
  }
  /* covariance of neighbours from the variance of a sum: append one, see what the other loses */
  for (i = N; i + 1 < M; i += 7) {
    const double n2 = exp(theta[D + 1]);
    double m, s, cov;

    check_ok(aus_gp_append(gp, x + i * D, 0.0, &err), &err);
    aus_gp_predict(gp, 1, x + (i + 1) * D, &m, &s);
    cov = sqrt(fmax(0.0, (sd[i + 1] * sd[i + 1] - s * s) * (sd[i] * sd[i] + n2)));
    assert_true(fabs(fabs(product[i]) - cov) < 5.0 * sd[i] * sd[i + 1] * sqrt(2.0 / DRAWS));
    aus_gp_truncate(gp, N);
  }
  /* the same point twice: the same value */
  memcpy(x + D, x, D * sizeof *x);
  check_ok(aus_gp_sample(gp, 2, x, z, f, &err), &err);
  check_near(f[0], f[1], 1e-3);
  aus_gp_destroy(gp);
}

static void bad_arguments(void **state)
{
  double theta[3], f;
  aus_gp *gp;

  (void)state;
  check_fails(aus_gp_create(&gp, 0, 5, &err), AUS_EINVAL, "gp: 0 dimensions, need >= 1", &err);
  assert_null(gp);
  check_fails(aus_gp_create(&gp, 1, 0, &err), AUS_EINVAL, "gp: room for 0 points", &err);
  gp = make(1, 5);
  invent(6, 1, 1);
  aus_gp_prior(1, theta);
  check_fails(aus_gp_append(gp, x, 1.0, &err), AUS_EINVAL, "gp: nothing to append to", &err);
  check_fails(aus_gp_factor(gp, 6, x, y, theta, &err), AUS_EINVAL, "gp: 6 points, need 1..5", &err);
  check_fails(aus_gp_map(gp, 0, x, y, theta, &f, NULL, &err), AUS_EINVAL, "gp: 0 points", &err);
  check_fails(aus_gp_fit(gp, 5, x, y, 0, theta, theta, &err), AUS_EINVAL, "gp: 0 starts", &err);
  check_fails(aus_gp_fit(gp, 6, x, y, 1, theta, theta, &err), AUS_EINVAL, "gp: 6 points", &err);
  check_ok(aus_gp_factor(gp, 4, x, y, theta, &err), &err);
  check_fails(aus_gp_append(gp, x, NAN, &err), AUS_EINVAL, "to append is not finite", &err);
  check_fails(aus_gp_sample(gp, 0, x, y, &f, &err), AUS_EINVAL, "a sample at 0 points", &err);
  y[1] = INFINITY;
  check_fails(aus_gp_factor(gp, 4, x, y, theta, &err), AUS_EINVAL, "a target is not finite", &err);
  y[1] = 0.0;
  x[3] = NAN;
  check_fails(aus_gp_factor(gp, 4, x, y, theta, &err), AUS_EINVAL, "an input is not finite", &err);
  x[3] = 0.5;
  theta[2] = NAN;
  check_fails(aus_gp_fit(gp, 4, x, y, 1, theta, theta, &err), AUS_EINVAL, "theta is not finite",
              &err);
  aus_gp_destroy(gp);
}

static void allocations(void **state)
{
  const int64_t before = aus_alloc_live();
  double theta[4], z[5] = {0}, f[5];
  aus_gp *gp = NULL;
  int n, rc;

  (void)state;
  invent(10, 2, 3);
  aus_gp_prior(2, theta);
  for (n = 0;; n++) {
    aus_alloc_fail_at(n);
    rc = aus_gp_create(&gp, 2, 10, NULL);
    if (rc == AUS_OK) rc = aus_gp_fit(gp, 10, x, y, 1, theta, theta, NULL);
    if (rc == AUS_OK) rc = aus_gp_factor(gp, 10, x, y, theta, NULL);
    if (rc == AUS_OK) rc = aus_gp_sample(gp, 5, x, z, f, NULL);
    aus_alloc_fail_at(-1);
    aus_gp_destroy(gp);
    gp = NULL;
    assert_int_equal(aus_alloc_live(), before);
    if (rc == AUS_OK) break;
    assert_int_equal(rc, AUS_ENOMEM);
  }
  assert_true(n > 15);
}

static int stop(void **state)
{
  (void)state;
  aus_petsc_stop();
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kernel),
      cmocka_unit_test(by_hand),
      cmocka_unit_test(coupling),
      cmocka_unit_test(map_value),
      cmocka_unit_test(map_gradient),
      cmocka_unit_test(incremental),
      cmocka_unit_test(exact_truncation),
      cmocka_unit_test(interpolation),
      cmocka_unit_test(prediction_gradient),
      cmocka_unit_test(blocks),
      cmocka_unit_test(jitter),
      cmocka_unit_test(fit),
      cmocka_unit_test(sample),
      cmocka_unit_test(bad_arguments),
      cmocka_unit_test(allocations),
  };

  return cmocka_run_group_tests(tests, NULL, stop);
}
