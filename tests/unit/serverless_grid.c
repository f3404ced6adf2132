/* serverless_grid.c - ranges, combinations by index, the nearest one against a plain scan.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/space.h"
#include "unit/shared.h"

#include "util/rng.h"

enum { MAX_X = 12 };

static aus_err err;

typedef struct fixture {
  aus_serverless_space space;
  aus_serverless_axis device[4], app[4];
  int device_sorted[4], app_sorted[4];
} fixture;

/* The example space of the shared data: devices rpi, xavier, board and applications nofs-dnn1, aux
 * in file order. */
static void example(fixture *f)
{
  *f = (fixture){.device = {{0.1, 0.9, 0.1, NAN}, {0.1, 0.4, 0.05, NAN}, {0.1, 0.3, 0.1, NAN}},
                 .app = {{0.5, 2.5, 0.5, 30.0}, {1.0, 2.0, 0.25, 5.0}},
                 .device_sorted = {2, 0, 1},
                 .app_sorted = {1, 0}};
  f->space = (aus_serverless_space){.n_devices = 3,
                                    .n_apps = 2,
                                    .device_axis = f->device,
                                    .app_axis = f->app,
                                    .cluster_size = {4, 16, 4, 10},
                                    .bandwidth = {50, 200, 50, 100},
                                    .device_sorted = f->device_sorted,
                                    .app_sorted = f->app_sorted,
                                    .n_x = 7};
}

/* A space with levels that a computer cannot write exactly, or that lie on a line through 1/2. */
static void invent(fixture *f, uint64_t trial)
{
  aus_rng r = aus_rng_open(17, 0, trial, AUS_RNG_TRACE);
  int d = 2 + (int)aus_rng_below(&r, 2), a = 1 + (int)aus_rng_below(&r, 2), i;
  double step = aus_rng_below(&r, 2) ? 0.1 : 0.125;

  *f = (fixture){0};
  for (i = 0; i < d; i++) {
    f->device[i] =
        (aus_serverless_axis){step, 1.0 - step * (double)aus_rng_below(&r, 3), step, NAN};
    f->device_sorted[i] = d - 1 - i;
  }
  for (i = 0; i < a; i++) {
    f->app[i] = (aus_serverless_axis){0.5, 0.5 + 0.3 * (double)aus_rng_below(&r, 5), 0.3, 1.0};
    f->app_sorted[i] = a - 1 - i;
  }
  f->space =
      (aus_serverless_space){.n_devices = d,
                             .n_apps = a,
                             .device_axis = f->device,
                             .app_axis = f->app,
                             .cluster_size = {3, 3 + 2.0 * (double)aus_rng_below(&r, 4), 2, 0},
                             .bandwidth = {10, 10 + 7.7 * (double)aus_rng_below(&r, 4), 7.7, 0},
                             .device_sorted = f->device_sorted,
                             .app_sorted = f->app_sorted,
                             .n_x = 2 + d + a};
}

static aus_serverless_grid *make(const fixture *f, bool compat)
{
  aus_serverless_grid *g;

  check_ok(aus_serverless_grid_create(&g, &f->space, compat, &err), &err);
  return g;
}

/* The value lists of the original's range function, overshoot and all. */
static void ranges(void **state)
{
  char *text = shared_text("serverless/sampling/sampling.json", NULL),
       *at = strstr(text, "\"ranges\"");
  double want[64], *got, min[1], max[1], step[1];
  aus_serverless_axis axis;
  int64_t n, k, i, count = 0;

  (void)state;
  assert_non_null(at);
  while ((at = strstr(at, "\"min\"")) != NULL) {
    min[0] = strtod(strchr(at, ':') + 1, NULL);
    max[0] = strtod(strchr(strstr(at, "\"max\""), ':') + 1, NULL);
    step[0] = strtod(strchr(strstr(at, "\"step\""), ':') + 1, NULL);
    n = shared_numbers(at, "\"values\"", want, 64);
    axis = (aus_serverless_axis){min[0], max[0], step[0], 0.0};
    check_ok(aus_serverless_axis_values(&axis, true, &got, &k, &err), &err);
    assert_int_equal(k, n);
    for (i = 0; i < n; i++)
      assert_true(got[i] == want[i]);
    aus_free(got);
    count++;
    at++;
  }
  assert_int_equal(count, 9);
  free(text);
}

static void own_ranges(void **state)
{
  static const double want[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
  aus_serverless_axis axis = {0.1, 0.9, 0.1, 0};
  double *got;
  int64_t n;

  (void)state;
  check_ok(aus_serverless_axis_values(&axis, false, &got, &n, &err), &err);
  assert_int_equal(n, 9);
  assert_memory_equal(got, want, sizeof want);
  aus_free(got);
  axis = (aus_serverless_axis){0.3, 0.3, 0.1, 0};
  check_ok(aus_serverless_axis_values(&axis, false, &got, &n, &err), &err);
  assert_int_equal(n, 1);
  aus_free(got);
  axis = (aus_serverless_axis){0.0, 1.0, 0.3, 0};
  check_ok(aus_serverless_axis_values(&axis, false, &got, &n, &err), &err);
  assert_int_equal(n, 4);
  assert_true(got[3] == 0.9);
  aus_free(got);
  axis = (aus_serverless_axis){1, 0, 1, 0};
  check_fails(aus_serverless_axis_values(&axis, false, &got, &n, &err), AUS_EINVAL,
              "range from 1 to 0", &err);
  assert_null(got);
  axis = (aus_serverless_axis){0, 1, 0, 0};
  check_fails(aus_serverless_axis_values(&axis, true, &got, &n, &err), AUS_EINVAL, "by 0", &err);
  axis = (aus_serverless_axis){0, 1, -1, 0};
  check_fails(aus_serverless_axis_values(&axis, true, &got, &n, &err), AUS_EINVAL, "by -1", &err);
  axis = (aus_serverless_axis){0, NAN, 1, 0};
  check_fails(aus_serverless_axis_values(&axis, true, &got, &n, &err), AUS_EINVAL, "nan", &err);
  axis = (aus_serverless_axis){0, 1, NAN, 0};
  check_fails(aus_serverless_axis_values(&axis, true, &got, &n, &err), AUS_EINVAL, "nan", &err);
  axis = (aus_serverless_axis){0, 1e9, 1, 0};
  check_fails(aus_serverless_axis_values(&axis, true, &got, &n, &err), AUS_EINVAL,
              "more than 65535", &err);
}

static void combinations(void **state)
{
  char *text = shared_text("serverless/sampling/combinations_head_tail.csv", NULL), *line = text,
       *end;
  fixture f;
  aus_serverless_grid *g;
  double x[7];
  int row, j;

  (void)state;
  example(&f);
  g = make(&f, true);
  assert_true(aus_serverless_grid_count(g) == 6400);
  for (row = 0; row < 80; row++) {
    aus_serverless_grid_at(g, row < 40 ? row : 6400 - 80 + row, x);
    for (j = 0; j < 7; j++) {
      assert_true(x[j] == strtod(line, &end));
      assert_ptr_not_equal(end, line);
      line = end + 1;
    }
  }
  assert_int_equal(*line, '\0');
  aus_serverless_grid_destroy(g);
  free(text);
}

/* Points of SciPy's Latin hypercube and the combinations that the original chose for them. */
static void chosen(void **state)
{
  char *text = shared_text("serverless/sampling/sampling.json", NULL);
  double unit[84], want[84], got[84];
  fixture f;
  aus_serverless_grid *g;
  int i;

  (void)state;
  example(&f);
  g = make(&f, true);
  assert_int_equal(shared_numbers(text, "\"unit_cube_samples\"", unit, 84), 84);
  assert_int_equal(shared_numbers(text, "\"selected_combinations\"", want, 84), 84);
  check_ok(aus_serverless_grid_nearest(g, 12, unit, got, &err), &err);
  for (i = 0; i < 84; i++)
    assert_true(got[i] == want[i]);
  aus_serverless_grid_destroy(g);
  free(text);
}

/* All combinations, scaled column by column; then the first of the smallest distances. */
static void plain_scan(const aus_serverless_grid *g, int d, const double *unit, int64_t n,
                       double *out)
{
  int64_t count = aus_serverless_grid_count(g), i, k, best;
  double *x = malloc((size_t)(count * d) * sizeof *x),
         *scaled = malloc((size_t)(count * d) * sizeof *x);
  double min, max, sum, least;
  int j;

  assert_non_null(x);
  assert_non_null(scaled);
  for (i = 0; i < count; i++)
    aus_serverless_grid_at(g, i, x + i * d);
  for (j = 0; j < d; j++) {
    min = INFINITY;
    max = -INFINITY;
    for (i = 0; i < count; i++)
      min = fmin(min, x[i * d + j]);
    for (i = 0; i < count; i++)
      max = fmax(max, x[i * d + j]);
    for (i = 0; i < count; i++)
      scaled[i * d + j] = (x[i * d + j] - min) / (max > min ? max - min : 1.0);
  }
  for (k = 0; k < n; k++) {
    least = INFINITY;
    for (best = 0, i = 0; i < count; i++) {
      for (sum = 0.0, j = 0; j < d; j++)
        sum += (scaled[i * d + j] - unit[k * d + j]) * (scaled[i * d + j] - unit[k * d + j]);
      if (sqrt(sum) < least) {
        least = sqrt(sum);
        best = i;
      }
    }
    memcpy(out + k * d, x + best * d, (size_t)d * sizeof *out);
  }
  free(x);
  free(scaled);
}

/* Coordinates at random, and on levels, half-way between them and one rounding beside (ties). */
static double coordinate(aus_rng *r)
{
  double v = (double)aus_rng_below(r, 25) / 24.0;

  switch (aus_rng_below(r, 4)) {
  case 0:
    return aus_rng_uniform(r);
  case 1:
    return nextafter(v, aus_rng_below(r, 2) ? 1.0 : 0.0);
  default:
    return v;
  }
}

static void same_as_scan(void **state)
{
  enum { N = 60 };
  double unit[N * MAX_X], want[N * MAX_X], got[N * MAX_X];
  fixture f;
  aus_serverless_grid *g;
  int trial, d, i, n_grids = 0;

  (void)state;
  for (trial = 0; trial < 60; trial++) {
    aus_rng r = aus_rng_open(23, 0, (uint64_t)trial, AUS_RNG_TRACE);
    invent(&f, (uint64_t)trial);
    g = make(&f, trial % 2);
    d = f.space.n_x;
    if (aus_serverless_grid_count(g) > 0) {
      for (i = 0; i < N * d; i++)
        unit[i] = coordinate(&r);
      plain_scan(g, d, unit, N, want);
      check_ok(aus_serverless_grid_nearest(g, N, unit, got, &err), &err);
      for (i = 0; i < N * d; i++)
        if (got[i] != want[i])
          fail_msg("space %d, point %d, column %d: %.17g, a scan finds %.17g", trial, i / d, i % d,
                   got[i], want[i]);
      n_grids++;
    }
    aus_serverless_grid_destroy(g);
  }
  assert_true(n_grids > 30);
}

/* A product far beyond what could be stored. */
static void huge(void **state)
{
  fixture f;
  aus_serverless_grid *g;
  double unit[7] = {0.5, 0.25, 0.1, 0.2, 0.3, 0.75, 1.0}, x[7];

  (void)state;
  example(&f);
  f.space.bandwidth = (aus_serverless_axis){1, 60001, 1, 0};
  f.space.cluster_size = (aus_serverless_axis){10, 60010, 1, 0};
  f.app[0] = f.app[1] = (aus_serverless_axis){0, 60000, 1, 1};
  g = make(&f, false);
  assert_true(aus_serverless_grid_count(g) == INT64_MAX); /* 12 x 60001^4 */
  check_ok(aus_serverless_grid_nearest(g, 1, unit, x, &err), &err);
  assert_true(x[0] == 30001 && x[1] == 15010 && x[5] == 45000 && x[6] == 60000);
  aus_serverless_grid_at(g, INT64_MAX, x);
  aus_serverless_grid_destroy(g);
}

static void refused(void **state)
{
  double unit[7] = {0.5, 0.5, 0.5, 0.5, NAN, 0.5, 0.5}, x[7];
  fixture f;
  aus_serverless_grid *g;

  (void)state;
  example(&f);
  g = make(&f, false);
  check_fails(aus_serverless_grid_nearest(g, 1, unit, x, &err), AUS_EINVAL, "coordinate 4", &err);
  aus_serverless_grid_destroy(g);
  f.device[0].max = 0.2;
  g = make(&f, false);
  assert_true(aus_serverless_grid_count(g) == 0);
  unit[4] = 0.5;
  check_fails(aus_serverless_grid_nearest(g, 1, unit, x, &err), AUS_ECONFIG, "sum to 1", &err);
  aus_serverless_grid_destroy(g);
  f.space.bandwidth.step = 0.0;
  check_fails(aus_serverless_grid_create(&g, &f.space, false, &err), AUS_EINVAL, "by 0", &err);
  assert_null(g);
  example(&f);
  f.device[0] = f.device[1] = f.device[2] = (aus_serverless_axis){0, 1, 1e-4, 0};
  check_fails(aus_serverless_grid_create(&g, &f.space, false, &err), AUS_ECONFIG, "compositions",
              &err);
}

static void out_of_memory(void **state)
{
  double unit[7] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5}, x[7];
  int64_t live = aus_alloc_live(), i;
  fixture f;
  aus_serverless_grid *g;
  int rc;

  (void)state;
  example(&f);
  for (i = 0; i < 1000; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_serverless_grid_create(&g, &f.space, true, &err);
    if (rc == AUS_OK) rc = aus_serverless_grid_nearest(g, 1, unit, x, &err);
    aus_serverless_grid_destroy(g);
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
      cmocka_unit_test(ranges),  cmocka_unit_test(own_ranges),    cmocka_unit_test(combinations),
      cmocka_unit_test(chosen),  cmocka_unit_test(same_as_scan),  cmocka_unit_test(huge),
      cmocka_unit_test(refused), cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
