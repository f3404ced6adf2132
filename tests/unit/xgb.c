/* xgb.c - boosted trees: golden predictions, equality with XGBoost's own predictor, bad input.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/xgb.h"
#include "unit/shared.h"

#include <xgboost/c_api.h>

enum { MAX = 200 };

static aus_err err;

static int64_t as_floats(const char *text, const char *key, float *out)
{
  double x[MAX];
  int64_t i, n = shared_numbers(text, key, x, MAX);

  for (i = 0; i < n; i++)
    out[i] = (float)x[i];
  return n;
}

/* The model's answers on the grid of `text` against the list behind `key`. */
static void check_grid(const aus_xgb *m, const char *text, const char *key, double tol)
{
  float grid[MAX], want[MAX], got[MAX];
  int64_t i, n = as_floats(text, "\"grid\"", grid);

  assert_int_equal(as_floats(text, key, want), n);
  assert_true(n > 10);
  check_ok(aus_xgb_predict(m, n, 1, grid, got, &err), &err);
  for (i = 0; i < n; i++)
    if (fabs((double)got[i] - (double)want[i]) > tol)
      fail_msg("%s: x = %g gives %.9g, want %.9g", key, (double)grid[i], (double)got[i],
               (double)want[i]);
}

static aus_xgb *load_file(const char *path)
{
  size_t n;
  char *text = shared_text(path, &n);
  aus_xgb *m;

  check_ok(aus_xgb_load(&m, path, text, n, &err), &err);
  free(text);
  return m;
}

/* Stored models of Python's xgboost 1.7.4: 1e-6. */
static void golden_loaded(void **state)
{
  char *step = shared_text("serverless/inputs/nofs/dnn1_step_model_predictions.json", NULL);
  char *c = shared_text("serverless/golden/dataset-c.json", NULL);
  aus_xgb *m = load_file("serverless/inputs/nofs/dnn1_step_model.json");

  (void)state;
  assert_int_equal(aus_xgb_rounds(m), 200);
  assert_int_equal(aus_xgb_n_features(m), 1);
  check_grid(m, step, "\"predictions\"", 1e-6);
  aus_xgb_destroy(m);
  m = load_file("serverless/inputs/nofs/dnn1_model.json");
  check_grid(m, c, "\"full_dataset\"", 1e-6);
  aus_xgb_destroy(m);
  m = load_file("serverless/inputs/nofs/dnn1_model_finetuned.json");
  assert_int_equal(aus_xgb_rounds(m), 400);
  check_grid(m, c, "\"finetuned_on_initial_dataset\"", 1e-6);
  aus_xgb_destroy(m);
  free(step);
  free(c);
}

/* Trained here with the parameters of the golden data: 1e-4. */
static void golden_trained(void **state)
{
  char *step = shared_text("serverless/inputs/nofs/dnn1_step_model_predictions.json", NULL);
  aus_xgb_conf conf = aus_xgb_defaults();
  float x[MAX], y[MAX];
  aus_xgb *m;
  int i;

  (void)state;
  for (i = 0; i < 159; i++) {
    x[i] = 0.25f * (float)(i + 1);
    y[i] = ceilf(x[i] / 4.0f);
  }
  check_ok(aus_xgb_train(&m, &conf, 159, 1, x, y, NULL, &err), &err);
  check_grid(m, step, "\"predictions\"", 1e-4);
  aus_xgb_destroy(m);
  free(step);
}

static void golden_continued(void **state)
{
  char *c = shared_text("serverless/golden/dataset-c.json", NULL);
  const char *optim = strstr(c, "\"kn_kn-optim\""), *initial = strstr(c, "\"kn_kn-initial\"");
  aus_xgb_conf conf = aus_xgb_defaults();
  float x[MAX], y[MAX];
  aus_xgb *base, *m;
  int64_t n;

  (void)state;
  assert_non_null(optim);
  assert_non_null(initial);
  n = as_floats(optim, "\"X\"", x);
  assert_int_equal(as_floats(optim, "\"y\"", y), n);
  check_ok(aus_xgb_train(&base, &conf, n, 1, x, y, NULL, &err), &err);
  check_grid(base, c, "\"full_dataset\"", 1e-4);
  n = as_floats(initial, "\"X\"", x);
  assert_int_equal(as_floats(initial, "\"y\"", y), n);
  check_ok(aus_xgb_continue(&m, base, &conf, n, 1, x, y, NULL, &err), &err);
  assert_int_equal(aus_xgb_rounds(m), 400);
  assert_int_equal(aus_xgb_rounds(base), 200);
  check_grid(m, c, "\"finetuned_on_initial_dataset\"", 1e-4);
  check_grid(base, c, "\"full_dataset\"", 1e-4);
  aus_xgb_destroy(m);
  aus_xgb_destroy(base);
  base = load_file("serverless/inputs/nofs/dnn1_model.json");
  check_ok(aus_xgb_continue(&m, base, &conf, n, 1, x, y, NULL, &err), &err);
  assert_int_equal(aus_xgb_rounds(m), 400);
  check_grid(m, c, "\"finetuned_on_initial_dataset\"", 1e-4);
  aus_xgb_destroy(m);
  assert_int_equal(as_floats(optim, "\"train_points_used_by_original\"", x), 2);
  check_ok(aus_xgb_train(&m, &conf, 1, 1, x, x + 1, NULL, &err), &err);
  check_grid(m, c, "\"one_point_model\"", 1e-4);
  aus_xgb_destroy(m);
  aus_xgb_destroy(base);
  free(c);
}

enum { ROWS = 700, DIM = 3 };

/* Rows of a curve with steps; every 11th entry missing. */
static void invent(float *x, float *y)
{
  uint32_t state = 1;
  int i, j;

  for (i = 0; i < ROWS; i++) {
    for (j = 0; j < DIM; j++) {
      state = state * 1664525u + 1013904223u;
      x[i * DIM + j] = (float)(state >> 8) / (float)(1 << 24);
    }
    y[i] = floorf(4.0f * x[i * DIM]) + x[i * DIM + 1] * x[i * DIM + 2];
    if (i % 11 == 0) x[i * DIM + i % DIM] = NAN;
  }
}

/* XGBoost's own answer for the same bytes. */
static void xgboost_predict(const char *bytes, size_t n_bytes, const float *x, float *y)
{
  BoosterHandle b;
  DMatrixHandle d;
  bst_ulong const *shape;
  bst_ulong dim;
  const float *out;

  assert_int_equal(XGBoosterCreate(NULL, 0, &b), 0);
  assert_int_equal(XGBoosterSetParam(b, "nthread", "1"), 0);
  assert_int_equal(XGBoosterLoadModelFromBuffer(b, bytes, n_bytes), 0);
  assert_int_equal(XGDMatrixCreateFromMat_omp(x, ROWS, DIM, NAN, &d, 1), 0);
  assert_int_equal(
      XGBoosterPredictFromDMatrix(b, d,
                                  "{\"type\":0,\"training\":false,\"iteration_begin\":0,"
                                  "\"iteration_end\":0,\"strict_shape\":false}",
                                  &shape, &dim, &out),
      0);
  assert_int_equal(dim, 1);
  assert_int_equal(shape[0], ROWS);
  memcpy(y, out, ROWS * sizeof *y);
  XGDMatrixFree(d);
  XGBoosterFree(b);
}

static void check_same_as_xgboost(const aus_xgb_conf *conf)
{
  static float x[ROWS * DIM], y[ROWS], got[ROWS], want[ROWS];
  aus_xgb *base, *m;
  char *bytes;
  size_t n;

  invent(x, y);
  check_ok(aus_xgb_train(&base, conf, ROWS, DIM, x, y, NULL, &err), &err);
  check_ok(aus_xgb_continue(&m, base, conf, ROWS / 2, DIM, x, y, NULL, &err), &err);
  check_ok(aus_xgb_save(m, &bytes, &n, &err), &err);
  check_ok(aus_xgb_predict(m, ROWS, DIM, x, got, &err), &err);
  xgboost_predict(bytes, n, x, want);
  assert_memory_equal(got, want, sizeof got);
  aus_free(bytes);
  aus_xgb_destroy(m);
  aus_xgb_destroy(base);
}

static void same_bits(void **state)
{
  aus_xgb_conf conf = aus_xgb_defaults();

  (void)state;
  conf.rounds = 30;
  check_same_as_xgboost(&conf);
  conf.method = AUS_XGB_HIST;
  check_same_as_xgboost(&conf);
  conf.method = AUS_XGB_AUTO;
  conf.gamma = 0.5; /* pruned nodes stay in the arrays */
  conf.alpha = 0.1;
  conf.subsample = 0.8;
  conf.colsample = 0.7;
  conf.base_score = 2.25;
  check_same_as_xgboost(&conf);
}

/* binary:logistic: probabilities with XGBoost's bits, from steep margins to flat ones. */
static void logistic(void **state)
{
  static float x[ROWS * DIM], y[ROWS], got[ROWS], want[ROWS];
  aus_xgb_conf conf = aus_xgb_defaults();
  aus_xgb *base, *m, *l;
  char *bytes;
  size_t n;
  int i, k, right;

  (void)state;
  invent(x, y);
  for (i = 0; i < ROWS; i++)
    y[i] = y[i] > 2.0f;
  conf.logistic = true;
  conf.rounds = 20;
  for (k = 0; k < 3; k++) {
    conf.base_score = k == 0 ? 0.5 : 0.8125;
    conf.lambda = k == 2 ? 1e-9 : 1.0;
    conf.min_child_weight = k == 2 ? 0.0 : 1.0;
    conf.eta = k == 2 ? 30.0 : 0.3; /* margins of hundreds: exp would overflow */
    check_ok(aus_xgb_train(&base, &conf, ROWS, DIM, x, y, NULL, &err), &err);
    check_ok(aus_xgb_continue(&m, base, &conf, ROWS / 2, DIM, x, y, NULL, &err), &err);
    assert_true(aus_xgb_logistic(m));
    check_ok(aus_xgb_save(m, &bytes, &n, &err), &err);
    check_ok(aus_xgb_load_logistic(&l, "l", bytes, n, &err), &err);
    check_ok(aus_xgb_predict(l, ROWS, DIM, x, got, &err), &err);
    xgboost_predict(bytes, n, x, want);
    assert_memory_equal(got, want, sizeof got);
    for (i = 0, right = 0; i < ROWS; i++) {
      assert_true(got[i] >= 0.0f && got[i] <= 1.0f);
      right += (got[i] > 0.5f) == (y[i] > 0.5f);
    }
    if (k < 2) assert_true(right > ROWS - ROWS / 20);
    aus_xgb_destroy(l);
    check_fails(aus_xgb_load(&l, "l", bytes, n, &err), AUS_EFORMAT,
                "l: the objective is not reg:squarederror", &err);
    aus_free(bytes);
    aus_xgb_destroy(m);
    aus_xgb_destroy(base);
  }
}

/* One kind is never taken for the other, labels and base scores are probabilities. */
static void logistic_mixtures(void **state)
{
  float x[4] = {1, 2, 3, 4}, y[4] = {0, 1, 0, 1};
  aus_xgb_conf conf = aus_xgb_defaults(), logistic_conf = aus_xgb_defaults();
  aus_xgb *plain, *prob, *m;
  char *bytes;
  size_t n;

  (void)state;
  conf.rounds = logistic_conf.rounds = 2;
  logistic_conf.logistic = true;
  check_ok(aus_xgb_train(&plain, &conf, 4, 1, x, y, NULL, &err), &err);
  check_ok(aus_xgb_train(&prob, &logistic_conf, 4, 1, x, y, NULL, &err), &err);
  assert_false(aus_xgb_logistic(plain));
  check_fails(aus_xgb_continue(&m, plain, &logistic_conf, 4, 1, x, y, NULL, &err), AUS_EINVAL,
              "binary:logistic on top of a model of reg:squarederror", &err);
  check_fails(aus_xgb_continue(&m, prob, &conf, 4, 1, x, y, NULL, &err), AUS_EINVAL,
              "reg:squarederror on top of a model of binary:logistic", &err);
  check_ok(aus_xgb_save(plain, &bytes, &n, &err), &err);
  check_fails(aus_xgb_load_logistic(&m, "p", bytes, n, &err), AUS_EFORMAT,
              "p: the objective is not binary:logistic", &err);
  assert_null(m);
  aus_free(bytes);
  check_ok(aus_xgb_save_json(prob, &bytes, &n, &err), &err);
  check_ok(aus_xgb_load_logistic(&m, "j", bytes, n, &err), &err);
  aus_xgb_destroy(m);
  check_fails(aus_xgb_load(&m, "j", bytes, n, &err), AUS_EFORMAT, "not reg:squarederror", &err);
  aus_free(bytes);
  y[2] = 1.5f;
  check_fails(aus_xgb_train(&m, &logistic_conf, 4, 1, x, y, NULL, &err), AUS_ENUMERIC,
              "label of row 2 is 1.5, need 0..1", &err);
  y[2] = 0;
  logistic_conf.base_score = 1.0;
  check_fails(aus_xgb_train(&m, &logistic_conf, 4, 1, x, y, NULL, &err), AUS_EINVAL,
              "base_score is 1, need a probability", &err);
  aus_xgb_destroy(plain);
  aus_xgb_destroy(prob);
}

/* A forest: one round, the answer is the mean of trees on draws of rows and features. */
static void forest(void **state)
{
  static float x[ROWS * DIM], y[ROWS], got[ROWS], want[ROWS];
  aus_xgb_conf conf = aus_xgb_forest();
  aus_xgb *m, *other;
  char *bytes, *again;
  size_t n, k;
  double sum = 0.0;
  int i, method;

  (void)state;
  invent(x, y);
  assert_int_equal(conf.rounds, 1);
  for (method = AUS_XGB_EXACT; method <= AUS_XGB_HIST; method++) {
    conf.method = (aus_xgb_method)method;
    check_ok(aus_xgb_train(&m, &conf, ROWS, DIM, x, y, NULL, &err), &err);
    assert_int_equal(aus_xgb_rounds(m), 1);
    check_ok(aus_xgb_save(m, &bytes, &n, &err), &err);
    check_ok(aus_xgb_predict(m, ROWS, DIM, x, got, &err), &err);
    xgboost_predict(bytes, n, x, want);
    assert_memory_equal(got, want, sizeof got);
    check_ok(aus_xgb_train(&other, &conf, ROWS, DIM, x, y, NULL, &err), &err);
    check_ok(aus_xgb_save(other, &again, &k, &err), &err);
    assert_int_equal(n, k);
    assert_memory_equal(again, bytes, n);
    aus_free(again);
    aus_xgb_destroy(other);
    check_ok(aus_xgb_load(&other, "forest", bytes, n, &err), &err);
    check_ok(aus_xgb_predict(other, ROWS, DIM, x, want, &err), &err);
    assert_memory_equal(got, want, sizeof got);
    aus_xgb_destroy(other);
    check_fails(aus_xgb_continue(&other, m, &conf, ROWS, DIM, x, y, NULL, &err), AUS_EINVAL,
                "a forest cannot be continued", &err);
    aus_xgb_destroy(m);
    aus_free(bytes);
  }
  for (i = 0; i < ROWS; i++)
    sum += pow((double)got[i] - (double)y[i], 2);
  assert_true(sqrt(sum / ROWS) < 0.3); /* the labels spread by more than 1 */
}

/* One tree on all rows is a regression tree; k alike trees have the same mean. */
static void forest_is_a_mean(void **state)
{
  float x[6] = {1, 2, 3, 4, 5, 6}, y[6] = {1, 1, 4, 4, 9, 9}, got[6];
  aus_xgb_conf conf = aus_xgb_forest();
  aus_xgb *m, *other;
  int i;

  (void)state;
  conf.subsample = conf.colsample_bynode = 1.0;
  conf.parallel_trees = 8; /* a power of 2: an eighth is exact */
  conf.method = AUS_XGB_EXACT;
  check_ok(aus_xgb_train(&m, &conf, 6, 1, x, y, NULL, &err), &err);
  check_ok(aus_xgb_predict(m, 6, 1, x, got, &err), &err);
  for (i = 0; i < 6; i++)
    check_near((double)got[i], (double)y[i], 1e-6);
  aus_xgb_destroy(m);
  conf.rounds = 2;
  check_fails(aus_xgb_train(&m, &conf, 6, 1, x, y, NULL, &err), AUS_EINVAL,
              "2 rounds of 8 parallel trees", &err);
  conf.rounds = 1;
  conf.parallel_trees = 0;
  check_fails(aus_xgb_train(&m, &conf, 6, 1, x, y, NULL, &err), AUS_EINVAL,
              "1 rounds of 0 parallel trees", &err);
  conf.parallel_trees = 1;
  check_ok(aus_xgb_train(&m, &conf, 6, 1, x, y, NULL, &err), &err);
  conf.parallel_trees = 8;
  check_fails(aus_xgb_continue(&other, m, &conf, 6, 1, x, y, NULL, &err), AUS_EINVAL,
              "a forest cannot be continued", &err);
  assert_null(other);
  aus_xgb_destroy(m);
}

static void training(void **state)
{
  static float x[ROWS * DIM], y[ROWS], got[ROWS];
  aus_xgb_conf conf = aus_xgb_defaults();
  aus_xgb *a, *b;
  char *p, *q;
  size_t n, k;
  double sum = 0.0;
  int i;

  (void)state;
  invent(x, y);
  conf.rounds = 40;
  conf.subsample = 0.8;
  check_ok(aus_xgb_train(&a, &conf, ROWS, DIM, x, y, NULL, &err), &err);
  check_ok(aus_xgb_train(&b, &conf, ROWS, DIM, x, y, NULL, &err), &err);
  check_ok(aus_xgb_save(a, &p, &n, &err), &err);
  check_ok(aus_xgb_save(b, &q, &k, &err), &err);
  assert_int_equal(n, k);
  assert_memory_equal(p, q, n);
  aus_free(q);
  aus_xgb_destroy(b);
  conf.seed++;
  check_ok(aus_xgb_train(&b, &conf, ROWS, DIM, x, y, NULL, &err), &err);
  check_ok(aus_xgb_save(b, &q, &k, &err), &err);
  assert_false(n == k && memcmp(p, q, n) == 0);
  aus_free(q);
  aus_xgb_destroy(b);
  check_ok(aus_xgb_load(&b, "m", p, n, &err), &err);
  check_ok(aus_xgb_predict(b, ROWS, DIM, x, got, &err), &err);
  for (i = 0; i < ROWS; i++)
    sum += pow((double)got[i] - (double)y[i], 2);
  assert_true(sqrt(sum / ROWS) < 0.1); /* the labels spread by more than 1 */
  aus_free(p);
  aus_xgb_destroy(a);
  aus_xgb_destroy(b);
}

/* A row of weight 2 counts as two rows, one of weight 0 not at all. */
static void weights(void **state)
{
  float x[9] = {1, 2, 3, 4, 5, 6, 2, 4, 9}, y[9] = {1, 5, 2, 7, 3, 1, 5, 7, 50};
  float w[9] = {1, 2, 1, 2, 1, 1, 0, 0, 0}, twice[8], got[8];
  aus_xgb_conf conf = aus_xgb_defaults();
  aus_xgb *m, *more;
  int i;

  (void)state;
  conf.rounds = 20;
  check_ok(aus_xgb_train(&m, &conf, 8, 1, x, y, NULL, &err), &err);
  check_ok(aus_xgb_predict(m, 8, 1, x, twice, &err), &err);
  aus_xgb_destroy(m);
  check_ok(aus_xgb_train(&m, &conf, 6, 1, x, y, w, &err), &err);
  check_ok(aus_xgb_predict(m, 8, 1, x, got, &err), &err);
  for (i = 0; i < 8; i++)
    check_near((double)got[i], (double)twice[i], 1e-5);
  check_ok(aus_xgb_continue(&more, m, &conf, 3, 1, x + 6, y + 6, w + 6, &err), &err);
  check_ok(aus_xgb_predict(more, 8, 1, x, got, &err), &err);
  for (i = 0; i < 8; i++)
    check_near((double)got[i], (double)twice[i], 1e-5);
  aus_xgb_destroy(more);
  w[8] = 1;
  check_ok(aus_xgb_continue(&more, m, &conf, 3, 1, x + 6, y + 6, w + 6, &err), &err);
  check_ok(aus_xgb_predict(more, 8, 1, x, got, &err), &err);
  assert_true(got[0] > twice[0] + 1.0f); /* all answers move: one leaf */
  aus_xgb_destroy(more);
  aus_xgb_destroy(m);
  w[1] = -1;
  check_fails(aus_xgb_train(&m, &conf, 6, 1, x, y, w, &err), AUS_ENUMERIC,
              "weight of row 1 is -1, need >= 0", &err);
  w[1] = NAN;
  check_fails(aus_xgb_train(&m, &conf, 6, 1, x, y, w, &err), AUS_ENUMERIC, "weight of row 1", &err);
  assert_null(m);
}

/* Weights of 1 are no weights, a copy has the same bytes, JSON text holds the same model. */
static void same_bytes(void **state)
{
  static float x[ROWS * DIM], y[ROWS], w[ROWS];
  aus_xgb_conf conf = aus_xgb_defaults();
  aus_xgb *a, *b;
  char *p, *q;
  size_t n, k;
  int i;

  (void)state;
  invent(x, y);
  for (i = 0; i < ROWS; i++)
    w[i] = 1.0f;
  conf.rounds = 10;
  check_ok(aus_xgb_train(&a, &conf, ROWS, DIM, x, y, NULL, &err), &err);
  check_ok(aus_xgb_save(a, &p, &n, &err), &err);
  check_ok(aus_xgb_train(&b, &conf, ROWS, DIM, x, y, w, &err), &err);
  check_ok(aus_xgb_save(b, &q, &k, &err), &err);
  assert_int_equal(k, n);
  assert_memory_equal(p, q, n);
  aus_free(q);
  aus_xgb_destroy(b);
  check_ok(aus_xgb_copy(&b, a, &err), &err);
  check_ok(aus_xgb_save(b, &q, &k, &err), &err);
  assert_int_equal(k, n);
  assert_memory_equal(p, q, n);
  aus_free(q);
  aus_xgb_destroy(b);
  check_ok(aus_xgb_save_json(a, &q, &k, &err), &err);
  assert_memory_equal(q, "{\"learner\"", 10);
  check_ok(aus_xgb_load(&b, "json", q, k, &err), &err);
  aus_free(q);
  check_ok(aus_xgb_save(b, &q, &k, &err), &err);
  assert_int_equal(k, n);
  assert_memory_equal(p, q, n);
  aus_free(q);
  aus_free(p);
  aus_xgb_destroy(b);
  aus_xgb_destroy(a);
}

static void bad_arguments(void **state)
{
  float x[4] = {1, 2, 3, 4}, y[4] = {1, 2, 3, 4};
  aus_xgb_conf conf = aus_xgb_defaults();
  aus_xgb *m, *other;

  (void)state;
  check_fails(aus_xgb_train(&m, &conf, 0, 1, x, y, NULL, &err), AUS_EINVAL, "0 rows", &err);
  check_fails(aus_xgb_train(&m, &conf, 4, 0, x, y, NULL, &err), AUS_EINVAL, "0 features", &err);
  y[2] = NAN;
  check_fails(aus_xgb_train(&m, &conf, 4, 1, x, y, NULL, &err), AUS_ENUMERIC, "label of row 2",
              &err);
  assert_null(m);
  y[2] = 3;
  x[3] = -INFINITY;
  check_fails(aus_xgb_train(&m, &conf, 2, 2, x, y, NULL, &err), AUS_ENUMERIC, "feature 1 of row 1",
              &err);
  x[3] = NAN;
  conf.rounds = 0;
  check_fails(aus_xgb_train(&m, &conf, 4, 1, x, y, NULL, &err), AUS_EINVAL, "0 rounds", &err);
  conf.rounds = 2;
  conf.eta = -1.0;
  check_fails(aus_xgb_train(&m, &conf, 4, 1, x, y, NULL, &err), AUS_EDEP, "xgboost: ", &err);
  conf.eta = NAN;
  check_fails(aus_xgb_train(&m, &conf, 4, 1, x, y, NULL, &err), AUS_EINVAL, "eta is not finite",
              &err);
  conf.eta = 0.3;
  check_ok(aus_xgb_train(&m, &conf, 4, 1, x, y, NULL, &err), &err);
  check_fails(aus_xgb_predict(m, 2, 2, x, y, &err), AUS_EINVAL, "the model has 1", &err);
  check_fails(aus_xgb_continue(&other, m, &conf, 2, 2, x, y, NULL, &err), AUS_EINVAL,
              "the model has 1", &err);
  assert_null(other);
  aus_xgb_destroy(m);
  aus_xgb_destroy(NULL);
}

/* Whatever it is: refused as a damaged model, or a model that answers and that XGBoost can read. */
static void try_bytes(const char *bytes, size_t n, int must_fail)
{
  aus_xgb_conf conf = aus_xgb_defaults();
  aus_xgb *m, *more;
  float x[DIM] = {0.25f, NAN, 0.75f}, y = 1.0f;
  int rc, d;

  aus_err_clear(&err);
  conf.rounds = 1;
  rc = aus_xgb_load(&m, "damaged", bytes, n, &err);
  if (rc == AUS_OK) {
    assert_false(must_fail);
    d = aus_xgb_n_features(m);
    if (d <= DIM) {
      check_ok(aus_xgb_predict(m, 1, d, x, &y, &err), &err);
      rc = aus_xgb_continue(&more, m, &conf, 1, d, x, &y, NULL, &err);
      if (rc != AUS_OK && rc != AUS_ENUMERIC) assert_int_equal(rc, AUS_EDEP);
      aus_xgb_destroy(more);
    }
  } else {
    assert_int_equal(rc, AUS_EFORMAT);
    assert_null(m);
    assert_non_null(strstr(err.text, "damaged: "));
  }
  aus_xgb_destroy(m);
}

static char *small_model(size_t *n)
{
  static float x[ROWS * DIM], y[ROWS];
  aus_xgb_conf conf = aus_xgb_defaults();
  aus_xgb *m;
  char *bytes;

  invent(x, y);
  conf.rounds = 3;
  conf.max_depth = 3;
  conf.gamma = 0.05;
  check_ok(aus_xgb_train(&m, &conf, ROWS, DIM, x, y, NULL, &err), &err);
  check_ok(aus_xgb_save(m, &bytes, n, &err), &err);
  aus_xgb_destroy(m);
  return bytes;
}

static char *as_json(const char *ubj, size_t n, size_t *n_json)
{
  BoosterHandle b;
  bst_ulong len;
  const char *lent;
  char *text;

  assert_int_equal(XGBoosterCreate(NULL, 0, &b), 0);
  assert_int_equal(XGBoosterLoadModelFromBuffer(b, ubj, n), 0);
  assert_int_equal(XGBoosterSaveModelToBuffer(b, "{\"format\":\"json\"}", &len, &lent), 0);
  text = malloc(len);
  assert_non_null(text);
  memcpy(text, lent, len);
  XGBoosterFree(b);
  *n_json = len;
  return text;
}

/* Cut at every byte; every byte replaced by a few others (UBJSON) or many bytes (JSON). */
static void damaged_ubj(void **state)
{
  static const unsigned char other[] = {0x00, 0xff, 0x7f, 0x80, '{', '[', 'L', '9'};
  size_t n, i, k;
  char *bytes = small_model(&n), *cut, was;

  (void)state;
  assert_true(n > 1000);
  for (i = 0; i < n; i++) {
    cut = malloc(i + 1); /* exact size: the sanitizer sees a read beyond it */
    assert_non_null(cut);
    memcpy(cut, bytes, i);
    try_bytes(cut, i, 1);
    free(cut);
  }
  for (i = 0; i < n; i++) {
    was = bytes[i];
    for (k = 0; k < sizeof other; k++) {
      bytes[i] = (char)other[k];
      try_bytes(bytes, n, 0);
    }
    bytes[i] = was;
  }
  try_bytes(bytes, n, 0);
  aus_free(bytes);
}

static void damaged_json(void **state)
{
  static const char other[] = {'9', '-', '[', '}', '"', ',', 'x', '\0'};
  size_t n, n_json, i;
  char *bytes = small_model(&n), *text = as_json(bytes, n, &n_json), was;

  (void)state;
  for (i = 0; i + 1 < n_json; i += 7)
    try_bytes(text, i, 1);
  for (i = 0; i < n_json; i++) {
    was = text[i];
    text[i] = other[i % sizeof other];
    try_bytes(text, n_json, 0);
    text[i] = was;
  }
  free(text);
  aus_free(bytes);
}

/* Text of a model with one string put for another. */
static void try_edited(const char *text, size_t n, const char *from, const char *to, int must_fail)
{
  char *copy = malloc(n + strlen(to) + 1), *at;
  size_t head;

  assert_non_null(copy);
  memcpy(copy, text, n);
  copy[n] = '\0';
  at = strstr(copy, from);
  assert_non_null(at);
  head = (size_t)(at - copy);
  memmove(at + strlen(to), at + strlen(from), n - head - strlen(from));
  memcpy(at, to, strlen(to));
  try_bytes(copy, n - strlen(from) + strlen(to), must_fail);
  free(copy);
}

/* Numbers and strings as JSON has them, and the words that XGBoost writes for reals without a value. */
static void json_grammar(void **state)
{
  size_t n, n_json;
  char *bytes = small_model(&n), *text = as_json(bytes, n, &n_json);

  (void)state;
  try_edited(text, n_json, "\"tree_info\":[0", "\"tree_info\":[0x0", 1);
  try_edited(text, n_json, "\"tree_info\":[0", "\"tree_info\":[00", 1);
  try_edited(text, n_json, "\"tree_info\":[0", "\"tree_info\":[0.", 1);
  try_edited(text, n_json, "\"tree_info\":[0", "\"tree_info\":[0e", 1);
  try_edited(text, n_json, "\"tree_info\":[0", "\"tree_info\":[0.0E+0", 0);
  try_edited(text, n_json, "\"feature_names\":[]", "\"feature_names\":[\"\\u-001\"]", 1);
  try_edited(text, n_json, "\"feature_names\":[]", "\"feature_names\":[\"\\ud83d\"]", 1);
  try_edited(text, n_json, "\"feature_names\":[]", "\"feature_names\":[\"\t\"]", 1);
  try_edited(text, n_json, "\"base_weights\":[", "\"base_weights\":[NaN,", 1); /* one too many */
  try_edited(text, n_json, "\"default_left\":[1,", "\"default_left\":[2,", 1); /* XGBoost: right */
  try_edited(text, n_json, "\"parents\":[2147483647", "\"parents\":[NaN", 1);
  try_edited(text, n_json, "\"num_parallel_tree\":\"1\"", "\"num_parallel_tree\":\"2\"", 1);
  try_edited(text, n_json, "\"num_parallel_tree\":\"1\"", "\"num_parallel_tree\":\"0\"", 1);
  free(text);
  aus_free(bytes);
}

/* A node's own weight does not matter to a prediction; text with such words in it reads back. */
static void words_read_back(void **state)
{
  size_t n, n_json;
  char *bytes = small_model(&n), *text, *at;
  static const char key[] = "base_weights[$d#L";
  aus_xgb *m, *again;

  (void)state;
  for (at = bytes; memcmp(at, key, sizeof key - 1) != 0; at++)
    assert_true(at < bytes + n - sizeof key);
  memcpy(at + sizeof key - 1 + 8, "\x7f\xc0\0\0\x7f\x80\0\0", 8);
  check_ok(aus_xgb_load(&m, "words", bytes, n, &err), &err);
  check_ok(aus_xgb_save_json(m, &text, &n_json, &err), &err);
  check_ok(aus_xgb_load(&again, "words", text, n_json, &err), &err);
  aus_xgb_destroy(m);
  aus_xgb_destroy(again);
  aus_free(text);
  aus_free(bytes);
}

/* What a byte replaced at random hits too seldom. */
static void garbage(void **state)
{
  static char deep[100001];
  static const char parents[] = "\"parents\":[2147483647,";
  size_t n, n_json;
  char *bytes = small_model(&n), *text = as_json(bytes, n, &n_json), *s;
  aus_xgb *m;

  (void)state;
  try_bytes("", 0, 1);
  try_bytes("{", 1, 1);
  try_bytes("   ", 3, 1);
  try_bytes("{}", 2, 1);
  try_bytes("{\"", 2, 1);
  try_bytes("{\"a\":1}", 7, 1);
  try_bytes("binf\1\2\3\4", 8, 1); /* looks like the old binary format */
  try_bytes("bs64 AAAA", 9, 1);
  try_bytes("\x7f"
            "ELF............",
            16, 1);
  memset(deep, '[', sizeof deep);
  memcpy(deep, "{\"a\":", 5);
  try_bytes(deep, sizeof deep, 1);
  memset(deep, '{', sizeof deep);
  try_bytes(deep, sizeof deep, 1);
  s = strstr(text, parents);
  assert_non_null(s);
  s[sizeof parents - 1] = '9';
  check_fails(aus_xgb_load(&m, "p", text, n_json, &err), AUS_EFORMAT, "p: ", &err);
  s[sizeof parents - 1] = '0';
  s = strstr(text, "reg:squarederror");
  assert_non_null(s);
  memcpy(s, "reg:gamma       ", 16);
  memmove(s + 9, s + 16, n_json - (size_t)(s + 16 - text));
  check_fails(aus_xgb_load(&m, "g", text, n_json - 7, &err), AUS_EFORMAT, "not reg:squarederror",
              &err);
  free(text);
  aus_free(bytes);
}

/* White space in front and between does not matter. */
static void pretty_json(void **state)
{
  size_t n, n_json;
  char *bytes = small_model(&n), *text = as_json(bytes, n, &n_json), *pretty = malloc(n_json + 8),
       *again;
  aus_xgb *m;

  (void)state;
  assert_non_null(pretty);
  memcpy(pretty, "\n {\n  ", 6);
  memcpy(pretty + 6, text + 1, n_json - 1);
  pretty[5 + n_json] = '\n';
  check_ok(aus_xgb_load(&m, "pretty", pretty, n_json + 6, &err), &err);
  check_ok(aus_xgb_save(m, &again, &n_json, &err), &err);
  assert_int_equal(n_json, n);
  assert_memory_equal(again, bytes, n);
  aus_xgb_destroy(m);
  aus_free(again);
  aus_free(bytes);
  free(pretty);
  free(text);
}

static void out_of_memory(void **state)
{
  float x[6] = {1, 2, 3, 4, 5, 6}, y[6] = {1, 1, 2, 2, 3, 3};
  aus_xgb_conf conf = aus_xgb_defaults();
  int64_t live, i;
  aus_xgb *m = NULL, *k = NULL, *l = NULL, *j = NULL, *c = NULL;
  char *bytes = NULL, *json = NULL, *small, *text;
  size_t n, n_small, n_text;
  int rc;

  (void)state;
  small = small_model(&n_small);
  text = as_json(small, n_small, &n_text);
  live = aus_alloc_live();
  conf.rounds = 12;
  for (i = 0; i < 1000; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_xgb_train(&m, &conf, 6, 1, x, y, NULL, &err);
    if (rc == AUS_OK) rc = aus_xgb_continue(&k, m, &conf, 6, 1, x, y, NULL, &err);
    if (rc == AUS_OK) rc = aus_xgb_save(k, &bytes, &n, &err);
    if (rc == AUS_OK) rc = aus_xgb_load(&l, "m", bytes, n, &err);
    if (rc == AUS_OK) rc = aus_xgb_load(&j, "m", text, n_text, &err);
    if (rc == AUS_OK) rc = aus_xgb_copy(&c, j, &err);
    if (rc == AUS_OK) rc = aus_xgb_save_json(c, &json, &n, &err);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    if (rc != AUS_OK) assert_true(aus_alloc_failed());
    aus_xgb_destroy(m);
    aus_xgb_destroy(k);
    aus_xgb_destroy(l);
    aus_xgb_destroy(j);
    aus_xgb_destroy(c);
    aus_free(bytes);
    aus_free(json);
    m = k = l = j = c = NULL;
    bytes = json = NULL;
    assert_int_equal(aus_alloc_live(), live);
    if (!aus_alloc_failed()) break;
  }
  aus_alloc_fail_at(-1);
  aus_free(small);
  free(text);
  assert_int_equal(rc, AUS_OK);
#ifndef NDEBUG
  assert_true(i > 8);
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(golden_loaded),
      cmocka_unit_test(golden_trained),
      cmocka_unit_test(golden_continued),
      cmocka_unit_test(same_bits),
      cmocka_unit_test(forest),
      cmocka_unit_test(forest_is_a_mean),
      cmocka_unit_test(training),
      cmocka_unit_test(weights),
      cmocka_unit_test(same_bytes),
      cmocka_unit_test(bad_arguments),
      cmocka_unit_test(damaged_ubj),
      cmocka_unit_test(damaged_json),
      cmocka_unit_test(json_grammar),
      cmocka_unit_test(words_read_back),
      cmocka_unit_test(garbage),
      cmocka_unit_test(pretty_json),
      cmocka_unit_test(out_of_memory),
      cmocka_unit_test(logistic),
      cmocka_unit_test(logistic_mixtures),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
