/* serverless_box.c - the space as parameters; boxes around samples of many random spaces.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study_box.h"
#include "unit/check.h"

#include "unit/serverless_space.h"
#include "util/rng.h"

enum { MAX_X = SPACE_MAX_X };

static aus_err err;

static void check_param(const aus_param *p, const char *name, aus_param_kind kind, double lower,
                        double upper, double step, int group)
{
  assert_string_equal(p->name, name);
  assert_int_equal(p->kind, kind);
  assert_true(p->lower == lower && p->upper == upper && p->step == step);
  assert_int_equal(p->group, group);
}

static void check_same(const aus_param *a, const aus_param *b, int n)
{
  int i;

  for (i = 0; i < n; i++)
    check_param(a + i, b[i].name, b[i].kind, b[i].lower, b[i].upper, b[i].step, b[i].group);
}

static void whole_space(void **state)
{
  space_fixture f;
  aus_param p[MAX_X];
  aus_space *s;

  (void)state;
  space_example(&f);
  check_ok(aus_serverless_space_params(&f.space, p, &err), &err);
  check_param(p + 0, "network_bandwidth", AUS_P_STEP, 50, 200, 50, -1);
  assert_string_equal(p[0].unit, "MiB s-1");
  check_param(p + 1, "cluster_size", AUS_P_INT, 4, 16, 4, -1);
  check_param(p + 2, "device_prop_board", AUS_P_SHARE, 0.1, 0.3, 0.1, 0);
  check_param(p + 3, "device_prop_rpi", AUS_P_SHARE, 0.1, 0.9, 0.1, 0);
  check_param(p + 4, "device_prop_xavier", AUS_P_SHARE, 0.1, 0.4, 0.05, 0);
  check_param(p + 5, "workload_aux", AUS_P_STEP, 1, 2, 0.25, -1);
  check_param(p + 6, "workload_dnn", AUS_P_STEP, 0.5, 2.5, 0.5, -1);
  check_ok(aus_space_create(&s, 7, p, &err), &err);
  /* 4 bandwidths, 4 sizes, 12 compositions (xavier 0.1, 0.2, 0.3, 0.4 with 3 boards), 5 x 5 factors */
  assert_int_equal(aus_space_count(s), 4 * 4 * 12 * 5 * 5);
  aus_space_destroy(s);
}

/* One value, an odd step, one device. */
static void special_axes(void **state)
{
  space_fixture f;
  aus_param p[MAX_X];
  aus_space *s;

  (void)state;
  space_example(&f);
  f.space.bandwidth = (aus_serverless_axis){100, 120, 50, NAN};
  f.space.cluster_size = (aus_serverless_axis){4.5, 9, 1, NAN};
  f.device[0] = (aus_serverless_axis){0.5, 0.5, 1e15, NAN};
  check_ok(aus_serverless_space_params(&f.space, p, &err), &err);
  check_param(p + 0, "network_bandwidth", AUS_P_FIXED, 100, 100, 50, -1);
  check_param(p + 1, "cluster_size", AUS_P_STEP, 4.5, 8.5, 1, -1);
  check_param(p + 3, "device_prop_rpi", AUS_P_SHARE, 0.5, 0.5, 0.1, 0);
  check_ok(aus_space_create(&s, 7, p, &err), &err);
  assert_int_equal(aus_space_n_unit(s), 5);
  aus_space_destroy(s);
  f.device[0].step = 1e-10;
  f.device[0].max = 0.5 + 1e-8;
  check_fails(aus_serverless_space_params(&f.space, p, &err), AUS_ECONFIG,
              "device_prop_rpi: step is 1e-10, shares need >= 1e-9", &err);

  space_invent(&f, 0, 1);
  f.device[0] = (aus_serverless_axis){0.2, 1, 0.2, NAN};
  check_ok(aus_serverless_space_params(&f.space, p, &err), &err);
  check_param(p + 2, f.space.x_name[2], AUS_P_FIXED, 1, 1, 0.2, -1);
  f.device[0].max = 0.9;
  check_fails(aus_serverless_space_params(&f.space, p, &err), AUS_ECONFIG,
              "is the only device, but cannot be 1", &err);
  f.device[0] = (aus_serverless_axis){0.1, 1, 0.2, NAN};
  check_fails(aus_serverless_space_params(&f.space, p, &err), AUS_ECONFIG,
              "is the only device, but cannot be 1", &err);
  f.device[0].step = 0;
  check_fails(aus_serverless_space_params(&f.space, p, &err), AUS_EINVAL, "range from 0.1", &err);
}

/* x = 100 MiB/s, 8 nodes, 0.2/0.5/0.3, factors 1.25 and 1.5, +-25 %. */
static void by_hand(void **state)
{
  static const double x[] = {100, 8, 0.2, 0.5, 0.3, 1.25, 1.5};
  space_fixture f;
  aus_param p[MAX_X], whole[MAX_X];

  (void)state;
  space_example(&f);
  check_ok(aus_serverless_space_box(&f.space, x, 0.25, p, &err), &err);
  check_param(p + 0, "network_bandwidth", AUS_P_STEP, 50, 150, 50, -1);   /* 75..125: 100 alone */
  check_param(p + 1, "cluster_size", AUS_P_INT, 4, 12, 4, -1);            /* 6..10: 8 alone */
  check_param(p + 2, "device_prop_board", AUS_P_SHARE, 0.1, 0.3, 0.1, 0); /* 0.15..0.25 */
  check_param(p + 3, "device_prop_rpi", AUS_P_SHARE, 0.4, 0.6, 0.1, 0);   /* 0.375..0.625 */
  check_param(p + 4, "device_prop_xavier", AUS_P_SHARE, 0.25, 0.35, 0.05, 0); /* 0.225..0.375 */
  check_param(p + 5, "workload_aux", AUS_P_STEP, 1, 1.5, 0.25, -1);           /* 0.94..1.56 */
  check_param(p + 6, "workload_dnn", AUS_P_STEP, 1, 2, 0.5, -1);              /* 1.125..1.875 */
  check_ok(aus_serverless_space_box(&f.space, x, 0.5, p, &err), &err);
  check_param(p + 0, "network_bandwidth", AUS_P_STEP, 50, 150, 50, -1);
  check_param(p + 3, "device_prop_rpi", AUS_P_SHARE, 0.3, 0.7, 0.1, 0); /* 0.25..0.75 */
  check_param(p + 6, "workload_dnn", AUS_P_STEP, 1, 2, 0.5, -1);        /* 0.75..2.25 */
  check_ok(aus_serverless_space_params(&f.space, whole, &err), &err);
  check_ok(aus_serverless_space_box(&f.space, x, (double)INFINITY, p, &err), &err);
  check_same(p, whole, 7);
  check_ok(aus_serverless_space_box(&f.space, x, 1e300, p, &err), &err);
  check_same(p, whole, 7);
}

static void impossible(void **state)
{
  double x[] = {100, 8, 0.2, 0.5, 0.3, 1.25, 1.5};
  space_fixture f;
  aus_param p[MAX_X];

  (void)state;
  space_example(&f);
  check_fails(aus_serverless_space_box(&f.space, x, -0.1, p, &err), AUS_EINVAL,
              "area of a search box is -0.1, need >= 0", &err);
  check_fails(aus_serverless_space_box(&f.space, x, (double)NAN, p, &err), AUS_EINVAL, "is nan",
              &err);
  x[5] = (double)NAN;
  check_fails(aus_serverless_space_box(&f.space, x, 0.1, p, &err), AUS_EINVAL,
              "workload_aux of its base is nan", &err);
  x[5] = 1;
  f.device[0].max = 0.2; /* 0.2 + 0.4 + 0.3 */
  check_fails(aus_serverless_space_box(&f.space, x, 0.1, p, &err), AUS_ECONFIG, "never to 1", &err);
}

/* Grid values of axis i, for looking up. */
static bool on_axis(const aus_serverless_axis *a, double v)
{
  double *value;
  int64_t n, i;

  check_ok(aus_serverless_axis_values(a, false, &value, &n, &err), &err);
  for (i = 0; i < n && fabs(value[i] - v) > 1e-9 * a->step; i++)
    continue;
  aus_free(value);
  return i < n;
}

static void check_point(const space_fixture *f, const aus_param *p, const double *v, uint64_t trial)
{
  double sum = 0;
  int i, d = f->space.n_devices;

  for (i = 0; i < f->space.n_x; i++) {
    double tiny = 1e-9 * p[i].step;

    if (!(v[i] >= p[i].lower - tiny && v[i] <= p[i].upper + tiny))
      fail_msg("space %d, column %d: %.17g is outside %.17g..%.17g", (int)trial, i, v[i],
               p[i].lower, p[i].upper);
    if (!on_axis(aus_serverless_space_axis(&f->space, i), v[i]))
      fail_msg("space %d, column %d: %.17g is not on its grid", (int)trial, i, v[i]);
    if (i >= 2 && i < 2 + d) sum += v[i];
  }
  check_near(sum, 1.0, 1e-12);
}

/* What x (1 -+ area) says about a box: no bound beyond it, but for the step that widens it. */
static void check_bounds(const aus_param *whole, const aus_param *p, double x, double area)
{
  double low = x * (1 - area), high = x * (1 + area), tiny = 1e-6 * whole->step;

  assert_true(p->lower <= x + tiny && p->upper >= x - tiny);
  assert_true(p->lower >= whole->lower && p->upper <= whole->upper);
  if (whole->lower == whole->upper) return;
  assert_true(p->lower < p->upper);
  if (p->upper - p->lower > 2 * whole->step + tiny)
    assert_true(p->lower >= low - tiny && p->upper <= high + tiny);
  else
    assert_true(p->lower >= fmin(low, x - whole->step) - tiny &&
                p->upper <= fmax(high, x + whole->step) + tiny);
  /* the next grid value outside the box is not inside the range */
  assert_true(p->lower - whole->step < whole->lower - tiny || p->lower - whole->step < low + tiny);
  assert_true(p->upper + whole->step > whole->upper + tiny || p->upper + whole->step > high - tiny);
}

static void check_box(const space_fixture *f, const aus_param *whole, const double *x, double area,
                      aus_rng *r, uint64_t trial)
{
  aus_param p[MAX_X];
  aus_space *box;
  double unit[MAX_X], v[MAX_X], *near;
  int64_t k, n;
  int i;

  check_ok(aus_serverless_space_box(&f->space, x, area, p, &err), &err);
  check_ok(aus_space_create(&box, f->space.n_x, p, &err), &err);
  for (i = 0; i < f->space.n_x; i++)
    check_bounds(whole + i, p + i, x[i], area);
  aus_space_encode(box, x, unit);
  aus_space_decode(box, unit, v);
  for (i = 0; i < f->space.n_x; i++)
    check_near(v[i], x[i], 1e-9); /* the base point is a point of the box */
  for (k = 0; k < 30; k++) {
    for (i = 0; i < aus_space_n_unit(box); i++)
      unit[i] = aus_rng_uniform(r);
    aus_space_decode(box, unit, v);
    check_point(f, p, v, trial);
  }
  near = malloc((size_t)(aus_space_n_neighbours(box) * f->space.n_x) * sizeof *near);
  assert_non_null(near);
  for (n = aus_space_neighbours(box, v, near), k = 0; k < n; k++)
    check_point(f, p, near + k * f->space.n_x, trial);
  free(near);
  aus_space_destroy(box);
}

/* Samples of invented spaces: on the grid, and moved off it or out of the space. */
static void random_boxes(void **state)
{
  static const double areas[] = {0, 0.01, 0.25, 0.6, 1, 3};
  space_fixture f;
  aus_param whole[MAX_X], p[MAX_X];
  aus_space *s, *box;
  double unit[MAX_X], x[MAX_X], v[MAX_X];
  uint64_t trial;
  int feasible = 0, i, k;

  (void)state;
  for (trial = 1; trial <= 1500; trial++) {
    aus_rng r = aus_rng_open(23, 0, trial, AUS_RNG_TRACE);

    space_invent(&f, trial, 0);
    check_ok(aus_serverless_space_params(&f.space, whole, &err), &err);
    aus_err_clear(&err);
    if (aus_space_create(&s, f.space.n_x, whole, &err) != AUS_OK) continue;
    feasible++;
    for (i = 0; i < aus_space_n_unit(s); i++)
      unit[i] = aus_rng_uniform(&r);
    aus_space_decode(s, unit, x);
    check_point(&f, whole, x, trial);
    for (k = 0; k < 6; k++)
      check_box(&f, whole, x, areas[k], &r, trial);
    for (i = 0; i < f.space.n_x; i++)
      x[i] *= 2 * aus_rng_uniform(&r);
    for (k = 0; k < 6; k++) {
      check_ok(aus_serverless_space_box(&f.space, x, areas[k], p, &err), &err);
      check_ok(aus_space_create(&box, f.space.n_x, p, &err), &err);
      for (i = 0; i < aus_space_n_unit(box); i++)
        unit[i] = aus_rng_uniform(&r);
      aus_space_decode(box, unit, v);
      check_point(&f, p, v, trial);
      aus_space_destroy(box);
    }
    aus_space_destroy(s);
  }
  print_message("# %d of 1500 invented spaces are feasible\n", feasible);
  assert_true(feasible > 500);
}

static void out_of_memory(void **state)
{
  static const double x[] = {100, 8, 0.2, 0.5, 0.3, 1.25, 1.5};
  int64_t live = aus_alloc_live(), i;
  space_fixture f;
  aus_param p[MAX_X];
  int rc = AUS_OK;

  (void)state;
  space_example(&f);
  for (i = 0; i < 500; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_serverless_space_box(&f.space, x, 0.25, p, &err);
    assert_int_equal(aus_alloc_live(), live);
    if (!aus_alloc_failed()) break;
    assert_int_equal(rc, AUS_ENOMEM);
  }
  aus_alloc_fail_at(-1);
  assert_true(i > 10);
  assert_int_equal(rc, AUS_OK);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_space),  cmocka_unit_test(special_axes),
      cmocka_unit_test(by_hand),      cmocka_unit_test(impossible),
      cmocka_unit_test(random_boxes), cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
