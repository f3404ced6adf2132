/* gpuqueue_features.c - features by hand, scales, models in bytes.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/features.h"
#include "gpuqueue/model.h"
#include "unit/check.h"

static aus_err err;

enum { ROWS = 8, SEEN = AUS_GPUQUEUE_N_SEEN, WIDE = AUS_GPUQUEUE_N_STATE, N = 154, KEPT = 29 };

static const aus_gpuqueue_geometry g = {
    .n_snapshots = ROWS, .sample_s = 600, .infer_s = 600, .chain_limit_min = 480};

/* Row i, column c holds 100 i + c; the predecessor: 480 min, 3 nodes, waited 60 s, has run 1800 s. */
static void make_state(double *x)
{
  static const double pair[8] = {480, 3, 60, 1800, 480, 3, 0, 0};
  int i, c;

  for (i = 0; i < ROWS; i++) {
    for (c = 0; c < SEEN; c++)
      x[i * WIDE + c] = c >= 12 && c < 17 ? 0.0 : 100.0 * i + c;
    memcpy(x + i * WIDE + SEEN, pair, sizeof pair);
  }
}

static void by_hand(void **state)
{
  double x[ROWS * WIDE];
  float f[N];
  int k;

  (void)state;
  assert_int_equal(aus_gpuqueue_n_features(), N);
  make_state(x);
  aus_gpuqueue_features(&g, x, 3 * 86400 + 21600, f); /* Sunday, 6:00 */
  for (k = 0; k < KEPT; k++) {
    int c = k < 12 ? k : k + 5;

    check_near((double)f[k], log1p(700.0 + c), 1e-6);
    check_near((double)f[KEPT + k], log1p(50.0 + c), 1e-6);      /* rows 0 and 1 */
    check_near((double)f[4 * KEPT + k], log1p(650.0 + c), 1e-6); /* rows 6 and 7 */
  }
  check_near((double)f[145], log1p(480.0), 1e-6);
  check_near((double)f[146], log1p(3.0), 1e-6);
  check_near((double)f[147], log1p(60.0), 1e-6);
  check_near((double)f[148], log1p(1800.0), 1e-6);
  check_near((double)f[149], log1p(27000.0), 1e-6);
  check_near((double)f[150], 1.0, 1e-6);
  check_near((double)f[151], 0.0, 1e-6);
  check_near((double)f[152], sin(2 * 3.141592653589793 * 3.25 / 7), 1e-6);
  check_near((double)f[153], cos(2 * 3.141592653589793 * 3.25 / 7), 1e-6);
}

/* Fewer snapshots than parts; a time before 1970. */
static void few_rows(void **state)
{
  aus_gpuqueue_geometry one = g;
  double x[ROWS * WIDE];
  float f[N];
  int k;

  (void)state;
  one.n_snapshots = 1;
  make_state(x);
  aus_gpuqueue_features(&one, x, -64800, f);
  for (k = 0; k < KEPT; k++) {
    check_near((double)f[KEPT + k], (double)f[k], 0.0);
    check_near((double)f[4 * KEPT + k], (double)f[k], 0.0);
  }
  check_near((double)f[150], 1.0, 1e-6);
}

static void scale(void **state)
{
  float x[6] = {1, 7, 3, 7, 5, 7};
  aus_gpuqueue_scale s;

  (void)state;
  check_ok(aus_gpuqueue_scale_fit(&s, 3, 2, x, &err), &err);
  check_near(s.mean[0], 3.0, 1e-12);
  check_near(s.sd[0], sqrt(8.0 / 3.0), 1e-12);
  check_near(s.sd[1], 1.0, 0.0); /* constant */
  aus_gpuqueue_scale_apply(&s, 3, x);
  check_near((double)x[0], -2.0 / sqrt(8.0 / 3.0), 1e-6);
  check_near((double)x[2], 0.0, 0.0);
  check_near((double)x[5], 0.0, 0.0);
  aus_gpuqueue_scale_fini(&s);
  check_fails(aus_gpuqueue_scale_fit(&s, 0, 2, x, &err), AUS_EINVAL, "0 rows", &err);
}

enum { SAMPLES = 300 };

/* Rewards that follow from two features. */
static void invent(float *x, float *y)
{
  uint32_t state = 5;
  int i;

  for (i = 0; i < SAMPLES * N; i++) {
    state = state * 1664525u + 1013904223u;
    x[i] = (float)(state >> 8) / (float)(1 << 24);
  }
  for (i = 0; i < SAMPLES; i++)
    y[i] = x[i * N + 3] > 0.5f ? 40.0f : -4.0f * x[i * N + 149];
}

static aus_gpuqueue_model *train(const aus_gpuqueue_model_conf *conf)
{
  static float x[SAMPLES * N], y[SAMPLES];
  aus_gpuqueue_model *m;

  invent(x, y);
  check_ok(aus_gpuqueue_model_train(&m, conf, SAMPLES, x, y, &err), &err);
  return m;
}

static aus_gpuqueue_model_conf small_conf(bool forest)
{
  aus_gpuqueue_model_conf c =
      forest ? aus_gpuqueue_model_forest(&g) : aus_gpuqueue_model_boosted(&g);

  if (forest) {
    c.trees.parallel_trees = 10;
    c.trees.colsample_bynode = 1.0;
  } else {
    c.trees.rounds = 60;
  }
  return c;
}

static void trained(void **state)
{
  static float x[SAMPLES * N], y[SAMPLES];
  aus_gpuqueue_model_conf conf;
  aus_gpuqueue_model *m;
  double got;
  int i, forest;

  (void)state;
  invent(x, y);
  for (forest = 0; forest < 2; forest++) {
    double sum = 0.0;

    conf = small_conf(forest);
    m = train(&conf);
    check_near(aus_gpuqueue_model_threshold(m), -0.5, 0.0);
    for (i = 0; i < SAMPLES; i++) {
      check_ok(aus_gpuqueue_model_predict(m, x + i * N, &got, &err), &err);
      sum += fabs(got - fmin(24.0, (double)y[i])); /* labels beyond a day are cut */
      assert_true(got < 24.5);
    }
    assert_true(sum / SAMPLES < 2.0);
    aus_gpuqueue_model_destroy(m);
  }
  conf.clip_h = 0.0;
  check_fails(aus_gpuqueue_model_train(&m, &conf, SAMPLES, x, y, &err), AUS_EINVAL,
              "rewards are cut at 0 h", &err);
  conf.clip_h = 1.0;
  y[7] = NAN;
  check_fails(aus_gpuqueue_model_train(&m, &conf, SAMPLES, x, y, &err), AUS_ENUMERIC,
              "label of row 7", &err);
  conf.n_snapshots = 0;
  check_fails(aus_gpuqueue_model_train(&m, &conf, SAMPLES, x, y, &err), AUS_EINVAL,
              "a model of 0 snapshots", &err);
}

static void in_bytes(void **state)
{
  static float x[SAMPLES * N], y[SAMPLES];
  aus_gpuqueue_model_conf conf = small_conf(false);
  aus_gpuqueue_model *m = train(&conf), *again;
  char *bytes, *copy;
  size_t n, k;
  double a, b;
  int i;

  (void)state;
  invent(x, y);
  aus_gpuqueue_model_set_threshold(m, -1.25);
  check_ok(aus_gpuqueue_model_save(m, &bytes, &n, &err), &err);
  check_ok(aus_gpuqueue_model_load(&again, "m", bytes, n, &err), &err);
  check_near(aus_gpuqueue_model_threshold(again), -1.25, 0.0);
  for (i = 0; i < SAMPLES; i++) {
    check_ok(aus_gpuqueue_model_predict(m, x + i * N, &a, &err), &err);
    check_ok(aus_gpuqueue_model_predict(again, x + i * N, &b, &err), &err);
    check_near(a, b, 0.0);
  }
  aus_gpuqueue_model_destroy(again);
  for (k = 0; k < n; k += k < 3000 ? 1 : 997) {
    copy = malloc(k + 1); /* exact size: the sanitizer sees a read beyond it */
    assert_non_null(copy);
    memcpy(copy, bytes, k);
    check_fails(aus_gpuqueue_model_load(&again, "m", copy, k, &err), AUS_EFORMAT, "", &err);
    assert_null(again);
    free(copy);
  }
  bytes[5]++;
  check_fails(aus_gpuqueue_model_load(&again, "m", bytes, n, &err), AUS_EFORMAT,
              "m: not a model of gpuqueue", &err);
  bytes[5]--;
  memset(bytes + 27, 0xff, 4);
  check_fails(aus_gpuqueue_model_load(&again, "m", bytes, n, &err), AUS_EFORMAT,
              "m: a model of no such state", &err);
  aus_free(bytes);
  aus_gpuqueue_model_destroy(m);
}

/* D10: asked as often as it was trained for, on the same snapshots. */
static void only_for(void **state)
{
  aus_gpuqueue_model_conf conf = small_conf(true);
  aus_gpuqueue_model *m = train(&conf);
  aus_gpuqueue_geometry other = g;
  aus_gpuqueue_predictor p;

  (void)state;
  check_ok(aus_gpuqueue_model_predictor(m, "forest", &g, &p, &err), &err);
  assert_string_equal(p.name, "forest");
  other.infer_s = 3600;
  check_fails(aus_gpuqueue_model_predictor(m, "forest", &other, &p, &err), AUS_EINVAL,
              "forest is to be asked each 600 s, the windows ask each 3600 s", &err);
  other = g;
  other.n_snapshots = 9;
  check_fails(aus_gpuqueue_model_predictor(m, "forest", &other, &p, &err), AUS_EINVAL,
              "forest was trained on 8 snapshots of 600 s, the windows have 9 of 600 s", &err);
  aus_gpuqueue_model_destroy(m);
  aus_gpuqueue_model_destroy(NULL);
}

static void out_of_memory(void **state)
{
  static float x[SAMPLES * N], y[SAMPLES];
  aus_gpuqueue_model_conf conf = small_conf(false);
  aus_gpuqueue_model *m = NULL, *again = NULL;
  char *bytes = NULL;
  size_t n = 0;
  int64_t live, i;
  int rc = AUS_ENOMEM;

  (void)state;
  invent(x, y);
  conf.trees.rounds = 2;
  live = aus_alloc_live();
  for (i = 0; rc != AUS_OK; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_gpuqueue_model_train(&m, &conf, SAMPLES, x, y, &err);
    if (rc == AUS_OK) rc = aus_gpuqueue_model_save(m, &bytes, &n, &err);
    if (rc == AUS_OK) rc = aus_gpuqueue_model_load(&again, "m", bytes, n, &err);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    aus_gpuqueue_model_destroy(m);
    aus_gpuqueue_model_destroy(again);
    aus_free(bytes);
    m = again = NULL;
    bytes = NULL;
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_true(i > 15);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(by_hand),       cmocka_unit_test(few_rows), cmocka_unit_test(scale),
      cmocka_unit_test(trained),       cmocka_unit_test(in_bytes), cmocka_unit_test(only_for),
      cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
