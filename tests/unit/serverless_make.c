/* serverless_make.c - base workloads from daily peaks and from counts per minute, compression, QoS.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/workload.h"
#include "unit/check.h"

#include "unit/serverless_types.h"

static aus_err err;
static example_types example;
static const int two[] = {2, 0};

static void make(const aus_serverless_load *load, uint64_t seed, aus_serverless_trace *out)
{
  example_types_make(&example);
  check_ok(aus_serverless_workload_make(&example.types, load, seed, out, &err), &err);
}

static void refuse(const aus_serverless_load *load, const char *message)
{
  aus_serverless_trace t = {0};

  example_types_make(&example);
  check_fails(aus_serverless_workload_make(&example.types, load, 1, &t, &err), AUS_EINVAL, message,
              &err);
  aus_serverless_trace_fini(&t);
}

static int64_t count(const aus_serverless_trace *t, int app)
{
  int64_t i, n = 0;

  for (i = 0; i < t->n; i++)
    n += t->app[i] == app;
  return n;
}

static void check_order(const aus_serverless_trace *t)
{
  int64_t i;

  assert_true(t->n == 0 || t->t_s[0] >= 0.0);
  for (i = 1; i < t->n; i++)
    assert_true(t->t_s[i] >= t->t_s[i - 1]);
}

static void check_same(const aus_serverless_trace *a, const aus_serverless_trace *b)
{
  assert_int_equal(a->n, b->n);
  assert_memory_equal(a->t_s, b->t_s, (size_t)a->n * sizeof *a->t_s);
  assert_memory_equal(a->app, b->app, (size_t)a->n * sizeof *a->app);
  assert_memory_equal(a->qos, b->qos, (size_t)a->n * sizeof *a->qos);
}

/* Is every time of a one of b's? Both are sorted. */
static bool is_part(const aus_serverless_trace *a, const aus_serverless_trace *b, double by)
{
  int64_t i, k = 0;

  for (i = 0; i < a->n; i++, k++) {
    while (k < b->n && b->t_s[k] * by < a->t_s[i])
      k++;
    if (k == b->n || b->t_s[k] * by != a->t_s[i]) return false;
  }
  return true;
}

/* Two peaks, one over midnight, with width 2.355 so that the exponent is -d^2/2: intensities by hand. */
static void peaks(void **state)
{
  static const aus_serverless_peak peak[] = {{23, 4, 2.355}, {12, 2, 2.355}};
  static const double rate[] = {0.5, 0.01};
  aus_serverless_load load = {.shape = AUS_SERVERLESS_PEAKS,
                              .n_apps = 2,
                              .app = two,
                              .rate_rps = rate,
                              .n_hours = 48,
                              .n_peaks = 2,
                              .peak = peak};
  const double e1 = exp(-0.5), e2 = exp(-2.0);
  /* hours 22, 23, 0: 4 e1, 4, 4 e1 (21 and 1: 4 e2 < 1); 11, 12, 13: 2 e1, 2, 2 e1; 18 hours of 1 */
  const double sum = 4 + 8 * e1 + 2 + 4 * e1 + 18, mean = sum / 24;
  aus_serverless_trace t = {0};
  int64_t want[2], i;

  (void)state;
  assert_true(4 * e2 < 1 && 2 * e1 > 1);
  for (i = 0; i < 2; i++)
    want[i] =
        2 * ((int64_t)(3600 * rate[i] * 4 / mean) + 2 * (int64_t)(3600 * rate[i] * 4 * e1 / mean) +
             (int64_t)(3600 * rate[i] * 2 / mean) + 2 * (int64_t)(3600 * rate[i] * 2 * e1 / mean) +
             18 * (int64_t)(3600 * rate[i] / mean));
  make(&load, 3, &t);
  check_order(&t);
  assert_int_equal(count(&t, 2), want[0]);
  assert_int_equal(count(&t, 0), want[1]);
  assert_true(t.t_s[t.n - 1] < 49 * 3600.0);
  aus_serverless_trace_fini(&t);
}

/* Arrivals of one minute lie at m + N(0, 0.25) + U(0,1): mean and variance within 4 sigma of 20000. */
static void spread(void **state)
{
  double counts[12] = {0}, mean = 0.0, var = 0.0, mean_rpm = 0.0, m;
  aus_serverless_minutes minutes = {
      .n_functions = 1, .n = 12, .count = counts, .mean_rpm = &mean_rpm};
  aus_serverless_load load = {
      .shape = AUS_SERVERLESS_MINUTES, .n_apps = 1, .app = two, .minutes = &minutes};
  aus_serverless_trace t = {0};
  int64_t i;

  (void)state;
  counts[5] = 20000;
  make(&load, 3, &t);
  assert_int_equal(t.n, 20000);
  for (i = 0; i < t.n; i++)
    mean += t.t_s[i] / 60 / 20000;
  for (i = 0; i < t.n; i++) {
    m = t.t_s[i] / 60 - mean;
    var += m * m / 20000;
  }
  check_near(mean, 5.5, 4 * sqrt((0.0625 + 1.0 / 12) / 20000) / 5.5);
  assert_true(fabs(var - (0.0625 + 1.0 / 12)) < 0.004);
  /* At the ends the normal part is clipped. */
  counts[5] = 0;
  counts[0] = counts[11] = 5000;
  make(&load, 3, &t);
  check_order(&t);
  assert_true(t.t_s[t.n - 1] <= 60 * (12 - 0.001 + 1) && t.t_s[t.n - 1] > 60 * 12.0);
  aus_serverless_trace_fini(&t);
}

/* One minute's count changes: the other minutes' arrivals stay, and of its own none goes. */
static void keyed(void **state)
{
  double counts[12] = {3, 5, 0, 7, 2, 4, 4, 4, 9, 1, 1, 2}, mean_rpm[2] = {0};
  double both[24];
  aus_serverless_minutes minutes = {
      .n_functions = 1, .n = 12, .count = counts, .mean_rpm = mean_rpm};
  aus_serverless_load load = {
      .shape = AUS_SERVERLESS_MINUTES, .n_apps = 1, .app = two, .minutes = &minutes};
  aus_serverless_trace t = {0}, u = {0};
  int i;

  (void)state;
  make(&load, 3, &t);
  assert_int_equal(t.n, 42);
  counts[3] = 11;
  make(&load, 3, &u);
  assert_int_equal(u.n, 46);
  assert_true(is_part(&t, &u, 1.0));
  /* Another application beside it changes nothing; another seed or series does. */
  for (i = 0; i < 12; i++)
    both[2 * i] = both[2 * i + 1] = counts[i];
  minutes.n_functions = load.n_apps = 2;
  minutes.count = both;
  make(&load, 3, &t);
  assert_int_equal(t.n, 92);
  assert_true(is_part(&u, &t, 1.0));
  load.series = 1;
  make(&load, 3, &t);
  assert_false(is_part(&u, &t, 1.0));
  load.series = 0;
  make(&load, 4, &t);
  assert_false(is_part(&u, &t, 1.0));
  aus_serverless_trace_fini(&t);
  aus_serverless_trace_fini(&u);
}

/* Compressed: int(n k) arrivals of each application (one at least), times k, k from the first and last. */
static void compression(void **state)
{
  double counts[2 * 300], mean_rpm[2] = {0};
  aus_serverless_minutes minutes = {
      .n_functions = 2, .n = 300, .count = counts, .mean_rpm = mean_rpm};
  aus_serverless_load load = {
      .shape = AUS_SERVERLESS_MINUTES, .n_apps = 2, .app = two, .minutes = &minutes};
  aus_serverless_trace all = {0}, t = {0}, same = {0};
  double k;
  int i;

  (void)state;
  for (i = 0; i < 300; i++) {
    counts[2 * i] = i < 3 ? 0 : 20 + i % 7; /* empty at the start */
    counts[2 * i + 1] = i == 40 ? 2 : 0;
  }
  make(&load, 9, &all);
  load.compress_min = 20;
  make(&load, 9, &t);
  k = 1200.0 / (all.t_s[all.n - 1] - all.t_s[0]);
  assert_true(k > 0.06 && k < 0.07);
  assert_int_equal(count(&t, 2), (int64_t)((double)count(&all, 2) * k));
  assert_int_equal(count(&all, 0), 2);
  assert_int_equal(count(&t, 0), 1);
  check_order(&t);
  assert_true(is_part(&t, &all, k));
  check_near(t.rps, all.rps, 0.01);
  /* It is short enough already. */
  load.compress_min = 400;
  make(&load, 9, &same);
  check_same(&same, &all);
  aus_serverless_trace_fini(&all);
  aus_serverless_trace_fini(&t);
  aus_serverless_trace_fini(&same);
}

/* Which arrivals are kept: each with the same probability (4 sigma over 400 seeds). */
static void choice(void **state)
{
  double counts[10] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, mean_rpm = 0.0;
  aus_serverless_minutes minutes = {
      .n_functions = 1, .n = 10, .count = counts, .mean_rpm = &mean_rpm};
  aus_serverless_load load = {
      .shape = AUS_SERVERLESS_MINUTES, .n_apps = 1, .app = two, .minutes = &minutes};
  aus_serverless_trace all = {0}, t = {0};
  int hits[10] = {0}, i, k;
  double by, sum = 0.0;
  uint64_t seed;

  (void)state;
  for (seed = 0; seed < 400; seed++) {
    load.compress_min = 0;
    make(&load, seed, &all);
    load.compress_min = 3.5;
    make(&load, seed, &t);
    by = 210.0 / (all.t_s[9] - all.t_s[0]);
    assert_int_equal(t.n, (int64_t)(10 * by));
    sum += (double)t.n;
    for (i = 0; i < t.n; i++)
      for (k = 0; k < 10; k++)
        hits[k] += all.t_s[k] * by == t.t_s[i];
  }
  for (k = 0; k < 10; k++)
    if (fabs(hits[k] - sum / 10) > 4 * sqrt(sum / 10 * (1 - sum / 4000)))
      fail_msg("arrival %d was kept %d times, want %g", k, hits[k], sum / 10);
  aus_serverless_trace_fini(&all);
  aus_serverless_trace_fini(&t);
}

/* A mean of 600 instead of 60: ten times each count; a mean of 0.35 for ones: 4 of 10 remain. */
static void rescaled(void **state)
{
  double counts[10] = {30, 90, 60, 0, 120, 60, 60, 60, 20, 100}, ones[10], mean_rpm = 60;
  aus_serverless_minutes minutes = {
      .n_functions = 1, .n = 10, .count = counts, .mean_rpm = &mean_rpm};
  aus_serverless_load load = {.shape = AUS_SERVERLESS_MINUTES,
                              .n_apps = 1,
                              .app = two,
                              .minutes = &minutes,
                              .rescale_mean_rpm = 600};
  aus_serverless_trace t = {0}, u = {0};
  int i;

  (void)state;
  make(&load, 2, &t);
  assert_int_equal(t.n, 6000);
  for (i = 0; i < 10; i++) {
    counts[i] *= 10;
    ones[i] = 1;
  }
  load.rescale_mean_rpm = 0;
  make(&load, 2, &u);
  check_same(&t, &u);
  load.rescale_mean_rpm = 0.35;
  minutes.count = ones;
  mean_rpm = 1;
  make(&load, 2, &t);
  assert_int_equal(t.n, 4);
  mean_rpm = 0; /* a function that is never called stays so */
  memset(ones, 0, sizeof ones);
  load.compress_min = 5;
  make(&load, 2, &t);
  assert_int_equal(t.n, 0);
  aus_serverless_trace_fini(&t);
  aus_serverless_trace_fini(&u);
}

/* Three QoS types: one for an application, or a third of the events each (4 sigma); times the same. */
static void qos(void **state)
{
  static const double rate[] = {30, 30};
  aus_serverless_load load = {
      .shape = AUS_SERVERLESS_RAMPS, .n_apps = 2, .app = two, .rate_rps = rate, .duration_s = 350};
  aus_serverless_trace t = {0}, u = {0};
  int64_t i, n[3] = {0};

  (void)state;
  make(&load, 5, &t);
  load.qos_per_event = true;
  make(&load, 5, &u);
  assert_int_equal(t.n, u.n);
  assert_memory_equal(t.t_s, u.t_s, (size_t)t.n * sizeof *t.t_s);
  for (i = 0; i < u.n; i++) {
    assert_true(t.qos[i] == t.qos[0] || t.app[i] != t.app[0]);
    n[u.qos[i]]++;
  }
  for (i = 0; i < 3; i++)
    assert_true(fabs((double)n[i] - (double)u.n / 3) < 4 * sqrt((double)u.n * 2 / 9));
  aus_serverless_trace_fini(&t);
  aus_serverless_trace_fini(&u);
}

static void bad(void **state)
{
  aus_serverless_peak peak = {25, 1, 1};
  double rate[] = {1, 1}, counts[2] = {1e8, 0}, mean_rpm[2] = {0};
  aus_serverless_minutes minutes = {
      .n_functions = 2, .n = 1, .count = counts, .mean_rpm = mean_rpm};
  aus_serverless_load load = {.shape = AUS_SERVERLESS_PEAKS,
                              .n_apps = 2,
                              .app = two,
                              .rate_rps = rate,
                              .n_hours = 24,
                              .n_peaks = 1,
                              .peak = &peak,
                              .minutes = &minutes};

  (void)state;
  refuse(&load, "workload: peak at hour 25, 1 high, 1 h wide");
  peak = (aus_serverless_peak){5, NAN, 1};
  refuse(&load, "peak at hour 5, nan high");
  peak = (aus_serverless_peak){5, 1, 0};
  refuse(&load, "0 h wide");
  peak.width_h = 1;
  load.n_hours = 0;
  refuse(&load, "workload: 0 hours, 1 peaks");
  load.n_hours = 1;
  rate[0] = 20000;
  refuse(&load, "workload: 72000000 arrivals in hour 0, at most 67108864 can be drawn");
  rate[0] = NAN;
  refuse(&load, "workload: nan requests/s for 3600 s");
  load.shape = AUS_SERVERLESS_MINUTES;
  refuse(&load, "workload: 100000000 arrivals in minute 0");
  load.compress_min = -1;
  refuse(&load, "workload: -1 minutes");
  load.compress_min = 0;
  load.rescale_mean_rpm = NAN;
  refuse(&load, "mean of nan requests/minute");
  load.rescale_mean_rpm = 0;
  load.n_apps = 1;
  refuse(&load, "workload: 2 functions, 1 applications");
}

static void out_of_memory(void **state)
{
  double counts[8] = {40, 40, 10, 20, 30, 10, 5, 5}, mean_rpm[2] = {0};
  aus_serverless_minutes minutes = {
      .n_functions = 2, .n = 4, .count = counts, .mean_rpm = mean_rpm};
  aus_serverless_load load = {.shape = AUS_SERVERLESS_MINUTES,
                              .n_apps = 2,
                              .app = two,
                              .minutes = &minutes,
                              .compress_min = 2};
  aus_serverless_trace t = {0};
  int64_t live = aus_alloc_live(), i;
  int rc;

  (void)state;
  example_types_make(&example);
  for (i = 0; i < 100; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_serverless_workload_make(&example.types, &load, 1, &t, &err);
    aus_serverless_trace_fini(&t);
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
      cmocka_unit_test(peaks),       cmocka_unit_test(spread), cmocka_unit_test(keyed),
      cmocka_unit_test(compression), cmocka_unit_test(choice), cmocka_unit_test(rescaled),
      cmocka_unit_test(qos),         cmocka_unit_test(bad),    cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
