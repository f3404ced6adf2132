/* bo_model.c - inside a proposal: inputs, data, warps, region, gradients of the acquisition.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/bo_impl.h"
#include "unit/bo_drive.h"

static const aus_param shop[] = {
    {NULL, NULL, AUS_P_REAL, -2, 2, 0, -1}, {NULL, NULL, AUS_P_LOG, 0.01, 100, 0, -1},
    {NULL, NULL, AUS_P_INT, 1, 4, 1, -1},   {NULL, NULL, AUS_P_CATEGORY, 0, 2, 0, -1},
    {NULL, NULL, AUS_P_SHARE, 0, 1, 0, 0},  {NULL, NULL, AUS_P_SHARE, 0, 1, 0, 0},
    {NULL, NULL, AUS_P_FIXED, 3, 3, 0, -1},
};
enum { N_SHOP = sizeof shop / sizeof *shop };

static void inputs(void **state)
{
  static const double value[N_SHOP] = {1, 1, 3, 1, 0.25, 0.75, 3};
  const double want[7] = {0.75, 0.5, 0.625, 0, sqrt(0.5), 0, 0.25};
  double unit[5], x[7], back[5];
  aus_bo_ask ask;
  int k;

  (void)state;
  check_ok(aus_bo_ask_init(&ask, N_SHOP, shop, &err), &err);
  assert_int_equal(ask.map.n_unit, 5);
  assert_int_equal(ask.map.n_x, 7);
  aus_space_encode(ask.space, value, unit);
  aus_bo_map_x(&ask.map, unit, x);
  for (k = 0; k < 7; k++)
    check_near(x[k], want[k], 1e-12);
  aus_bo_map_unit(&ask.map, x, back);
  for (k = 0; k < 5; k++)
    check_near(back[k], unit[k], 1e-12);
  aus_bo_ask_fini(&ask);
}

/* An ask on the unit square with these results (NaN: failed) at points on the diagonal. */
static aus_bo_ask make_ask(int64_t n_seen, const double *y, int64_t n_pending)
{
  aus_bo_ask ask;
  int64_t i;

  check_ok(aus_bo_ask_init(&ask, 2, drive_square, &err), &err);
  ask.conf = aus_bo_defaults();
  ask.seed = 3;
  ask.campaign = 1;
  ask.n_init = 5;
  ask.n_seen = n_seen;
  ask.n_pending = n_pending;
  ask.index = n_seen + n_pending;
  check_ok(aus_bo_ask_room(&ask, &err), &err);
  if (n_seen > 0) memcpy(ask.y, y, (size_t)n_seen * sizeof *y);
  for (i = 0; i < ask.index; i++) {
    ask.value[2 * i] = ((double)i + 0.5) / (double)ask.index;
    ask.value[2 * i + 1] = fmod(0.37 + 0.618 * (double)i, 1.0);
  }
  return ask;
}

static const aus_bo_trust whole = {.side = NAN};

static aus_bo_data make_data(const aus_bo_ask *ask)
{
  aus_bo_data data;

  check_ok(aus_bo_data_init(&data, ask, &whole, &err), &err);
  return data;
}

static void scaling(void **state)
{
  static const double y[5] = {4, 2, 8, NAN, 6};
  const double sd = sqrt(20.0 / 3);
  aus_bo_ask ask = make_ask(5, y, 0);
  aus_bo_data data = make_data(&ask);

  (void)state;
  assert_int_equal(data.n, 5);
  assert_int_equal(data.best, 1);
  check_near(data.shift, 5.0, 1e-15);
  check_near(data.scale, sd, 1e-15);
  check_near(data.z[0], -1 / sd, 1e-15);
  check_near(data.z[3], 3 / sd, 1e-15); /* the worst */
  check_near(aus_bo_data_unscale(&data, &ask, data.z[4]), 6.0, 1e-15);
  aus_bo_data_fini(&data);
  ask.conf.failed = AUS_FAILED_EXCLUDE;
  data = make_data(&ask);
  assert_int_equal(data.n, 4);
  assert_int_equal(data.row[3], 4);
  assert_int_equal(data.n_status, 0);
  aus_bo_data_fini(&data);
  ask.conf.failed = AUS_FAILED_FEASIBILITY;
  data = make_data(&ask);
  assert_int_equal(data.n, 4);
  assert_int_equal(data.n_status, 5);
  assert_true(data.status[2] == 1.0 && data.status[3] == -1.0);
  aus_bo_data_fini(&data);
  aus_bo_ask_fini(&ask);
}

static void warps(void **state)
{
  static const double y[5] = {10, 11, 13, 13, 1e6};
  /* ranks 1, 2, 3.5, 3.5, 5: quantiles of the normal at (r - .375) / 5.25 */
  static const double score[5] = {-1.1797611176118612, -0.49720057068155, 0.24104, 0.24104,
                                  1.1797611176118612};
  aus_bo_ask ask = make_ask(5, y, 0);
  aus_bo_data data;
  int i;

  (void)state;
  ask.conf.warp = AUS_WARP_LOG;
  data = make_data(&ask);
  check_near(data.width, 3.0, 1e-15);
  check_near(data.z[1] * data.scale + data.shift, log(4.0 / 3.0), 1e-12);
  for (i = 0; i < 5; i++)
    check_near(aus_bo_data_unscale(&data, &ask, data.z[i]), y[i], 1e-12);
  aus_bo_data_fini(&data);
  ask.conf.warp = AUS_WARP_RANK;
  data = make_data(&ask);
  for (i = 0; i < 5; i++)
    check_near(data.z[i] * data.scale + data.shift, score[i], 1e-4);
  assert_true(data.z[2] == data.z[3]);
  assert_true(aus_bo_data_unscale(&data, &ask, data.z[4] + 0.1) == 1e6);
  aus_bo_data_fini(&data);
  aus_bo_ask_fini(&ask);
}

static void nothing_known(void **state)
{
  static const double y[3] = {NAN, NAN, NAN}, same[3] = {7, 7, 7};
  aus_bo_ask ask = make_ask(3, y, 0);
  aus_bo_data data = make_data(&ask);

  (void)state;
  assert_int_equal(data.n, 0);
  aus_bo_data_fini(&data);
  memcpy(ask.y, same, sizeof same);
  data = make_data(&ask);
  assert_true(data.n == 3 && data.scale == 1.0 && data.z[2] == 0.0);
  aus_bo_data_fini(&data);
  aus_bo_ask_fini(&ask);
}

/* Results near the ends of the range of a double. */
static void huge_results(void **state)
{
  static const double y[4] = {-1.7e308, 1.7e308, 0, 1e300}, tiny[4] = {0, 5e-324, 0, 1e-310};
  aus_bo_ask ask = make_ask(4, y, 0);
  aus_bo_data data;
  int warp, i;

  (void)state;
  for (warp = AUS_WARP_NONE; warp <= AUS_WARP_RANK; warp++) {
    ask.conf.warp = (aus_bo_warp)warp;
    memcpy(ask.y, y, sizeof y);
    data = make_data(&ask);
    for (i = 0; i < 4; i++)
      assert_true(fabs(data.z[i]) < 2.0);
    assert_true(data.z[0] < data.z[2] && data.z[2] <= data.z[1]);
    if (warp == AUS_WARP_NONE)
      check_near(aus_bo_data_unscale(&data, &ask, data.z[0]) / y[0], 1.0, 1e-12);
    aus_bo_data_fini(&data);
    memcpy(ask.y, tiny, sizeof tiny);
    data = make_data(&ask);
    for (i = 0; i < 4; i++)
      assert_true(fabs(data.z[i]) < 2.0);
    aus_bo_data_fini(&data);
  }
  aus_bo_ask_fini(&ask);
}

/* Too many points: those in the box, then the nearest ones; the best is always there. */
static void cut(void **state)
{
  enum { N = 100 };
  double y[N];
  aus_bo_trust turbo = {.turbo = true, .side = 0.1};
  aus_bo_ask ask;
  aus_bo_data data;
  int64_t i;

  (void)state;
  for (i = 0; i < N; i++)
    y[i] = fabs((double)i - 40);
  ask = make_ask(N, y, 0);
  for (i = 0; i < N; i++)
    ask.value[2 * i + 1] = 0.5; /* on a line, .01 apart */
  ask.conf.max_points = 21;
  ask.n_refit = 60;
  check_ok(aus_bo_data_init(&data, &ask, &turbo, &err), &err);
  assert_int_equal(data.n, 21);
  assert_int_equal(data.n_all, 100);
  assert_int_equal(data.n_old, 60);
  assert_int_equal(data.row[0], 30);
  assert_int_equal(data.row[20], 50);
  assert_int_equal(data.row[data.best], 40);
  aus_bo_data_fini(&data);
  aus_bo_ask_fini(&ask);
}

static aus_bo_trust fold(int lag, int64_t n, const double *y)
{
  aus_bo_ask ask = make_ask(n, y, 0);
  aus_bo_trust t;

  ask.conf.lag = lag;
  ask.conf.region = AUS_REGION_TURBO;
  t = aus_bo_trust_of(&ask);
  aus_bo_ask_fini(&ask);
  return t;
}

/* Five design points, then blocks of `lag`; d = 2: four failures at lag 1, two at lag 2 and more. */
static void trust_region(void **state)
{
  enum { N = 100 };
  double y[N];
  aus_bo_trust t;
  int i;

  (void)state;
  for (i = 0; i < N; i++)
    y[i] = i < 5 ? 10 - i : 20;
  assert_true(fold(1, 5, y).side == 0.8);
  assert_true(fold(1, 8, y).side == 0.8);
  assert_true(fold(1, 9, y).side == 0.4);
  assert_true(fold(2, 8, y).side == 0.8);
  assert_true(fold(2, 9, y).side == 0.4);
  y[8] = 1; /* a success: failures count from 0 again */
  assert_true(fold(1, 12, y).side == 0.8);
  assert_true(fold(1, 13, y).side == 0.4);
  y[6] = y[7] = NAN; /* failed trials improve nothing */
  assert_true(fold(1, 12, y).side == 0.8);
  for (i = 5; i < N; i++)
    y[i] = -i;
  assert_true(fold(1, 7, y).side == 0.8);
  assert_true(fold(1, 8, y).side == 1.6);
  assert_true(fold(1, 60, y).side == 1.6);
  for (i = 5; i < N; i++)
    y[i] = 20;
  t = fold(1, 5 + 27, y);
  assert_true(t.start == 0 && t.side == 0x1p-6 * 0.8);
  t = fold(1, 5 + 28, y); /* .8 / 2^7 is below 2^-7; commit 32 shows it, proposal 33 begins */
  assert_true(t.start == 33 && t.side == 0.8);
  t = fold(4, 5 + 7 * 8, y);
  assert_true(t.start == 60 + 4 && t.side == 0.8);
  t = fold(4, 64 + 5 + 8, y);
  assert_true(t.start == 64 && t.side == 0.4);
}

static void box(void **state)
{
  const double theta[9] = {log(0.2), log(0.4), log(0.4), 9, 9, 9, log(0.8), 0, -9};
  const double centre[5] = {0.5, 0.5, 0.125, 0.5, 0.9};
  aus_bo_trust t = {.turbo = true, .side = 0.4};
  aus_bo_ask ask;
  double lower[5], upper[5], unknown[9];
  int k;

  (void)state;
  check_ok(aus_bo_ask_init(&ask, N_SHOP, shop, &err), &err);
  aus_bo_trust_box(&t, &ask.map, theta, centre, lower, upper);
  /* geometric mean .4 */
  check_near(lower[0], 0.4, 1e-12);
  check_near(upper[0], 0.6, 1e-12);
  check_near(lower[1], 0.3, 1e-12);
  assert_true(lower[2] == 0.0 && lower[3] == 0.0 && upper[3] == 1.0 && upper[4] == 1.0);
  check_near(upper[2], 0.325, 1e-12);
  check_near(lower[4], 0.5, 1e-12);
  for (k = 0; k < 9; k++)
    unknown[k] = NAN;
  aus_bo_trust_box(&t, &ask.map, unknown, centre, lower, upper);
  check_near(lower[0], 0.3, 1e-12);
  aus_bo_trust_box(&whole, &ask.map, theta, centre, lower, upper);
  assert_true(lower[0] == 0.0 && upper[0] == 1.0);
  aus_bo_ask_fini(&ask);
}

static double at(aus_bo_model *m, const double *x)
{
  double value;

  check_ok(aus_bo_model_values(m, 1, x, &value, &err), &err);
  return value;
}

/* Value and gradient of one point agree with the values of many points and their differences. */
static void check_gradient(aus_bo_model *m, const double *x)
{
  const double h = 1e-5;
  double grad[2], to[2], value = aus_bo_model_gradient(m, x, grad), slope;
  int k;

  check_near(at(m, x), value, 1e-9);
  for (k = 0; k < 2; k++) {
    memcpy(to, x, sizeof to);
    to[k] = x[k] + h;
    slope = at(m, to);
    to[k] = x[k] - h;
    slope = (slope - at(m, to)) / (2 * h);
    if (fabs(slope - grad[k]) > 1e-4 * (1 + fabs(slope)))
      fail_msg("slope %d at %g, %g: %.12g, differences give %.12g", k, x[0], x[1], grad[k], slope);
  }
}

static void gradients(void **state)
{
  enum { N = 14 };
  static const double points[3][2] = {{0.21, 0.83}, {0.55, 0.32}, {0.93, 0.11}};
  double y[N];
  aus_bo_ask ask;
  aus_bo_data data;
  aus_bo_model *m;
  int acq, pending, i;

  (void)state;
  for (i = 0; i < N; i++)
    y[i] = i % 5 == 2 ? (double)NAN : sin(5.0 * i) + 0.1 * i;
  ask = make_ask(N, y, 3);
  ask.conf.failed = AUS_FAILED_FEASIBILITY;
  ask.conf.restarts = 0;
  for (acq = AUS_ACQ_LOGEI; acq <= AUS_ACQ_QUCB; acq++)
    for (pending = AUS_PENDING_BELIEVER; pending <= AUS_PENDING_PENALISE; pending++) {
      ask.conf.acq = (aus_bo_acq)acq;
      ask.conf.pending = (aus_bo_pending)pending;
      data = make_data(&ask);
      check_ok(aus_bo_model_create(&m, &ask, &whole, &data, &err), &err);
      for (i = 0; i < 3; i++)
        check_gradient(m, points[i]);
      aus_bo_model_destroy(m);
      aus_bo_data_fini(&data);
    }
  aus_bo_ask_fini(&ask);
}

/* Whatever is done to pending points, the acquisition is lower at one of them than without it. */
static void pending_points(void **state)
{
  static const double y[6] = {3, 1, 2, 5, 4, 2};
  aus_bo_ask ask = make_ask(6, y, 1), without = make_ask(6, y, 1);
  aus_bo_data data = make_data(&ask);
  aus_bo_model *with = NULL, *none = NULL;
  const double *x = ask.value + 12;
  int pending;

  (void)state;
  without.n_pending = 0;
  without.index = 6;
  check_ok(aus_bo_model_create(&none, &without, &whole, &data, &err), &err);
  for (pending = AUS_PENDING_BELIEVER; pending <= AUS_PENDING_PENALISE; pending++) {
    ask.conf.pending = (aus_bo_pending)pending;
    check_ok(aus_bo_model_create(&with, &ask, &whole, &data, &err), &err);
    assert_true(at(with, x) < at(none, x) - 0.5);
    aus_bo_model_destroy(with);
  }
  aus_bo_model_destroy(none);
  aus_bo_data_fini(&data);
  aus_bo_ask_fini(&ask);
  aus_bo_ask_fini(&without);
}

/* The last theta and the factor of its points give the posterior that a whole factor gives. */
static void extended(void **state)
{
  enum { N = 40 };
  double y[N], x[2] = {0.4, 0.7}, theta[4];
  aus_bo_ask ask;
  aus_bo_data data;
  aus_bo_model *old, *whole_factor;
  int i;

  (void)state;
  for (i = 0; i < N; i++)
    y[i] = sin(6.0 * ((double)i + 0.5) / N);
  ask = make_ask(N, y, 0);
  data = make_data(&ask);
  check_ok(aus_bo_model_create(&old, &ask, &whole, &data, &err), &err); /* a refit */
  assert_int_equal(old->n_refit, N);
  memcpy(theta, old->theta, sizeof theta);
  aus_bo_model_destroy(old);
  aus_bo_data_fini(&data);
  memcpy(ask.theta, theta, sizeof theta);
  ask.n_refit = 37;
  data = make_data(&ask);
  assert_int_equal(data.n_old, 37);
  check_ok(aus_bo_model_create(&old, &ask, &whole, &data, &err), &err);
  assert_int_equal(old->n_refit, 37);
  assert_memory_equal(old->theta, theta, sizeof theta);
  aus_bo_data_fini(&data);
  ask.n_refit = N;
  data = make_data(&ask);
  check_ok(aus_bo_model_create(&whole_factor, &ask, &whole, &data, &err), &err);
  check_near(at(old, x), at(whole_factor, x), 1e-7);
  aus_bo_model_destroy(old);
  aus_bo_model_destroy(whole_factor);
  aus_bo_data_fini(&data);
  /* a value that theta did not expect */
  ask.n_refit = 37;
  ask.y[38] = 9.0;
  data = make_data(&ask);
  check_ok(aus_bo_model_create(&old, &ask, &whole, &data, &err), &err);
  assert_int_equal(old->n_refit, N);
  aus_bo_model_destroy(old);
  aus_bo_data_fini(&data);
  aus_bo_ask_fini(&ask);
}

/* With noise a lucky value is not the incumbent. */
static void incumbent(void **state)
{
  enum { N = 40 };
  double y[N];
  aus_bo_ask ask;
  aus_bo_data data;
  aus_bo_model *m;
  int64_t i;

  (void)state;
  for (i = 0; i < N; i++)
    y[i] = (i % 2 ? 0.3 : -0.3) + ((double)i - 30) * ((double)i - 30) / 100;
  y[20] -= 1.9; /* far from the minimum of the mean */
  ask = make_ask(N, y, 0);
  data = make_data(&ask);
  assert_int_equal(data.best, 20);
  check_ok(aus_bo_model_create(&m, &ask, &whole, &data, &err), &err);
  assert_true(exp(m->theta[3]) > 1e-6);
  assert_true(m->best > data.z[20]);
  assert_in_range(m->i_best, 20, 36);
  aus_bo_model_destroy(m);
  aus_bo_data_fini(&data);
  aus_bo_ask_fini(&ask);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(inputs),         cmocka_unit_test(scaling),      cmocka_unit_test(warps),
      cmocka_unit_test(nothing_known),  cmocka_unit_test(huge_results), cmocka_unit_test(cut),
      cmocka_unit_test(trust_region),   cmocka_unit_test(box),          cmocka_unit_test(gradients),
      cmocka_unit_test(pending_points), cmocka_unit_test(extended),     cmocka_unit_test(incumbent),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
