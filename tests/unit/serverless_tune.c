/* serverless_tune.c - continuing models: forgetting, draws of base rows, functions without rows.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/tune.h"
#include "unit/check.h"

static aus_err err;

static void add(aus_serverless_tune_rows *r, int64_t n, const double *x, const double *y)
{
  check_ok(aus_serverless_tune_rows_add(r, n, 1, x, y, NULL, &err), &err);
}

/* 14 windows of about 30 requests per s on 7 replicas, as in a recorded run. */
static void make_base(aus_serverless_tune_rows *r)
{
  static const double x[] = {35.4, 34.2, 31.8, 34,   37.2, 36.2, 32.8,
                             27.4, 29.2, 27.2, 31.6, 34.6, 32.4, 31.4};
  static const double y[] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 6, 6};

  add(r, 14, x, y);
}

/* The two windows of another run that made the original forget: 4 replicas. */
static void make_fresh(aus_serverless_tune_rows *r)
{
  static const double x[] = {37.2, 0.6}, y[] = {4, 4};

  add(r, 2, x, y);
}

static aus_xgb *train(const aus_serverless_tune_rows *r, int rounds)
{
  aus_xgb_conf conf = aus_xgb_defaults();
  aus_xgb *m;

  conf.rounds = rounds;
  check_ok(aus_xgb_train(&m, &conf, r->n, r->d, r->x, r->y, r->weight, &err), &err);
  return m;
}

static double rmse(const aus_xgb *m, const aus_serverless_tune_rows *r)
{
  double e;

  check_ok(aus_serverless_tune_rmse(m, r, &e, &err), &err);
  return e;
}

static int same(const aus_xgb *a, const aus_xgb *b)
{
  char *p, *q;
  size_t n, k;
  int equal;

  check_ok(aus_xgb_save(a, &p, &n, &err), &err);
  check_ok(aus_xgb_save(b, &q, &k, &err), &err);
  equal = n == k && memcmp(p, q, n) == 0;
  aus_free(p);
  aus_free(q);
  return equal;
}

/* Spec 8.4: without replay the model answers 4 everywhere; with it the old rows stay known. */
static void forgetting(void **state)
{
  aus_serverless_tune_rows base = {0}, fresh = {0};
  aus_serverless_tune_conf conf = aus_serverless_tune_defaults();
  aus_xgb *m0, *m;
  double before, none, half, all;
  int trial;

  (void)state;
  make_base(&base);
  make_fresh(&fresh);
  m0 = train(&base, 200);
  before = rmse(m0, &base);
  conf.xgb.rounds = 200;
  conf.replay = 0;
  check_ok(aus_serverless_tune(&m, m0, &conf, &fresh, &base, 1, 1, 0, 0, &err), &err);
  assert_int_equal(aus_xgb_rounds(m), 400);
  assert_int_equal(aus_xgb_rounds(m0), 200);
  check_near(rmse(m, &fresh), 0, 0.01);
  none = rmse(m, &base);
  assert_true(before < 0.1 && none > 2.5);
  aus_xgb_destroy(m);
  conf.replay = 1;
  check_ok(aus_serverless_tune(&m, m0, &conf, &fresh, &base, 1, 1, 0, 0, &err), &err);
  all = rmse(m, &base);
  aus_xgb_destroy(m);
  conf.replay = 0.5; /* two of the 14 rows */
  for (trial = 0; trial < 20; trial++) {
    check_ok(aus_serverless_tune(&m, m0, &conf, &fresh, &base, 1, 1, (uint64_t)trial, 0, &err),
             &err);
    half = rmse(m, &base);
    if (!(half < none && half > all))
      fail_msg("trial %d: rmse on base rows %g, without replay %g, with all %g", trial, half, none,
               all);
    aus_xgb_destroy(m);
  }
  aus_xgb_destroy(m0);
  aus_serverless_tune_rows_fini(&base);
  aus_serverless_tune_rows_fini(&fresh);
}

/* Replay 0 and 1 against the same rows put together by hand; base rows in front. */
static void whole_mixtures(void **state)
{
  aus_serverless_tune_rows base = {0}, fresh = {0}, both = {0};
  aus_serverless_tune_conf conf = aus_serverless_tune_defaults();
  aus_xgb *m0, *m, *want;

  (void)state;
  make_base(&base);
  make_fresh(&fresh);
  make_base(&both);
  make_fresh(&both);
  m0 = train(&base, 20);
  assert_int_equal(conf.xgb.rounds, 50);
  assert_true(conf.replay == 0.5);
  conf.xgb.eta = 0.1;
  conf.replay = 0;
  check_ok(aus_serverless_tune(&m, m0, &conf, &fresh, &base, 1, 1, 0, 0, &err), &err);
  check_ok(aus_xgb_continue(&want, m0, &conf.xgb, 2, 1, fresh.x, fresh.y, NULL, &err), &err);
  assert_true(same(m, want));
  aus_xgb_destroy(m);
  conf.replay = 1;
  check_ok(aus_serverless_tune(&m, m0, &conf, &fresh, &base, 1, 1, 0, 0, &err), &err);
  assert_false(same(m, want));
  aus_xgb_destroy(want);
  check_ok(aus_xgb_continue(&want, m0, &conf.xgb, 16, 1, both.x, both.y, NULL, &err), &err);
  assert_true(same(m, want));
  aus_xgb_destroy(m);
  conf.replay = 0.999; /* as far as there are enough */
  check_ok(aus_serverless_tune(&m, m0, &conf, &fresh, &base, 1, 1, 0, 0, &err), &err);
  assert_true(same(m, want));
  aus_xgb_destroy(m);
  aus_xgb_destroy(want);
  aus_xgb_destroy(m0);
  aus_serverless_tune_rows_fini(&base);
  aus_serverless_tune_rows_fini(&fresh);
  aus_serverless_tune_rows_fini(&both);
}

/* The model knows exactly the rows it was shown: draws are counted by what it knows. */
static void draws(void **state)
{
  static const double x[] = {1, 2, 3, 4, 5}, y[] = {10, -20, 30, -40, 50}, x_new = 6, y_new = -60;
  aus_serverless_tune_rows base = {0}, fresh = {0};
  aus_serverless_tune_conf conf = aus_serverless_tune_defaults();
  int left_out[5] = {0}, i, known, out = 0;
  uint64_t trial;
  float p[5];
  aus_xgb *m;

  (void)state;
  add(&base, 5, x, y);
  add(&fresh, 1, &x_new, &y_new);
  conf.xgb.eta = 1;
  conf.xgb.lambda = 0;
  conf.xgb.min_child_weight = 0;
  conf.xgb.rounds = 1;
  conf.replay = 0.8; /* four old rows beside one new */
  for (trial = 0; trial < 200; trial++) {
    check_ok(aus_serverless_tune(&m, NULL, &conf, &fresh, &base, 1, 2, trial, 3, &err), &err);
    check_ok(aus_xgb_predict(m, 5, 1, base.x, p, &err), &err);
    for (i = known = 0; i < 5; i++) {
      if (fabs((double)p[i] - y[i]) < 1e-3)
        known++;
      else
        out = i;
    }
    assert_int_equal(known, 4);
    left_out[out]++;
    aus_xgb_destroy(m);
  }
  for (i = 0; i < 5; i++)
    if (left_out[i] < 17 || left_out[i] > 63) /* 200 draws: 40, 4 sigma = 22.6 */
      fail_msg("row %d was left out %d times", i, left_out[i]);
  aus_serverless_tune_rows_fini(&base);
  aus_serverless_tune_rows_fini(&fresh);
}

/* Who asks decides the draw: seed, campaign, trial, function. */
static void streams(void **state)
{
  aus_serverless_tune_rows base = {0}, fresh = {0};
  aus_serverless_tune_conf conf = aus_serverless_tune_defaults();
  double x[40], y[40], x_new[8], y_new[8];
  aus_xgb *m0, *m, *other;
  int i;

  (void)state;
  for (i = 0; i < 40; i++) {
    x[i] = i;
    y[i] = i * i % 17;
  }
  for (i = 0; i < 8; i++) {
    x_new[i] = 3 * i;
    y_new[i] = 5 + i % 3;
  }
  add(&base, 40, x, y);
  add(&fresh, 8, x_new, y_new);
  m0 = train(&base, 5);
  check_ok(aus_serverless_tune(&m, m0, &conf, &fresh, &base, 7, 3, 11, 2, &err), &err);
  for (i = 0; i < 5; i++) {
    check_ok(aus_serverless_tune(&other, m0, &conf, &fresh, &base, i == 1 ? 8 : 7, i == 2 ? 4 : 3,
                                 i == 3 ? 12 : 11, i == 4 ? 3 : 2, &err),
             &err);
    assert_int_equal(same(m, other), i == 0);
    aus_xgb_destroy(other);
  }
  aus_xgb_destroy(m);
  aus_xgb_destroy(m0);
  aus_serverless_tune_rows_fini(&base);
  aus_serverless_tune_rows_fini(&fresh);
}

static void without_rows(void **state)
{
  aus_serverless_tune_rows base = {0}, fresh = {0}, none = {0};
  aus_serverless_tune_conf conf = aus_serverless_tune_defaults();
  aus_xgb *m0, *m;

  (void)state;
  make_base(&base);
  make_fresh(&fresh);
  m0 = train(&base, 3);
  check_ok(aus_serverless_tune(&m, m0, &conf, &none, &base, 1, 1, 0, 0, &err), &err);
  assert_true(m != m0 && same(m, m0));
  aus_xgb_destroy(m);
  check_ok(aus_serverless_tune(&m, NULL, &conf, &none, &base, 1, 1, 0, 0, &err), &err);
  assert_null(m);
  check_ok(aus_serverless_tune(&m, m0, &conf, &fresh, &none, 1, 1, 0, 0, &err), &err);
  assert_int_equal(aus_xgb_rounds(m), 53);
  assert_true(rmse(m, &none) == 0);
  aus_xgb_destroy(m);
  aus_xgb_destroy(m0);
  aus_serverless_tune_rows_fini(&base);
  aus_serverless_tune_rows_fini(&fresh);
}

/* Leaves of a known model: base_score 0.5, one row, lambda 0, eta 1: it answers y. */
static void rmse_by_hand(void **state)
{
  static const double x[] = {1, 2}, y[] = {5, 8}, weight[] = {1, 0};
  aus_serverless_tune_rows r = {0};
  aus_xgb_conf conf = aus_xgb_defaults();
  aus_xgb *m;
  double e;

  (void)state;
  conf.lambda = 0;
  conf.eta = 1;
  conf.rounds = 1;
  check_ok(aus_serverless_tune_rows_add(&r, 2, 1, x, y, weight, &err), &err);
  check_ok(aus_xgb_train(&m, &conf, 2, 1, r.x, r.y, r.weight, &err), &err);
  check_near(rmse(m, &r), sqrt(0.5 * 9.0), 1e-6); /* off by 0 and 3; weights do not count */
  r.d = 2;
  check_fails(aus_serverless_tune_rmse(m, &r, &e, &err), AUS_EINVAL, "the model has 1", &err);
  aus_xgb_destroy(m);
  aus_serverless_tune_rows_fini(&r);
}

static void bad_arguments(void **state)
{
  static const double bad[] = {-0.1, 1.1, NAN}, x[] = {1, 2}, y[] = {1, 2};
  aus_serverless_tune_rows base = {0}, fresh = {0};
  aus_serverless_tune_conf conf = aus_serverless_tune_defaults();
  aus_xgb *m;
  int i;

  (void)state;
  make_fresh(&fresh);
  for (i = 0; i < 3; i++) {
    conf.replay = bad[i];
    check_fails(aus_serverless_tune(&m, NULL, &conf, &fresh, &base, 1, 1, 0, 0, &err), AUS_EINVAL,
                "need 0..1", &err);
    assert_null(m);
  }
  conf.replay = 0.5;
  check_ok(aus_serverless_tune_rows_add(&base, 1, 2, x, y, NULL, &err), &err);
  check_fails(aus_serverless_tune(&m, NULL, &conf, &fresh, &base, 1, 1, 0, 0, &err), AUS_EINVAL,
              "base rows of 2 features, new ones of 1", &err);
  check_fails(aus_serverless_tune_rows_add(&base, 2, 1, x, y, NULL, &err), AUS_EINVAL,
              "rows of 1 features, expected 2", &err);
  aus_serverless_tune_rows_fini(&base);
  aus_serverless_tune_rows_fini(&fresh);
}

static void out_of_memory(void **state)
{
  int64_t live = aus_alloc_live(), i;
  aus_serverless_tune_conf conf = aus_serverless_tune_defaults();
  static const double x[] = {1, 2, 3}, y[] = {1, 2, 3};
  int rc = AUS_OK;
  double e;

  (void)state;
  conf.xgb.rounds = 3;
  for (i = 0; i < 1000; i++) {
    aus_serverless_tune_rows base = {0}, fresh = {0};
    aus_xgb *m0 = NULL, *m = NULL;

    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_serverless_tune_rows_add(&base, 3, 1, x, y, NULL, &err);
    if (rc == AUS_OK) rc = aus_serverless_tune_rows_add(&fresh, 1, 1, x, y, NULL, &err);
    if (rc == AUS_OK) rc = aus_serverless_tune(&m0, NULL, &conf, &base, &fresh, 1, 1, 0, 0, &err);
    if (rc == AUS_OK) rc = aus_serverless_tune(&m, m0, &conf, &fresh, &base, 1, 1, 0, 0, &err);
    if (rc == AUS_OK) rc = aus_serverless_tune_rmse(m, &base, &e, &err);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    aus_xgb_destroy(m);
    aus_xgb_destroy(m0);
    aus_serverless_tune_rows_fini(&base);
    aus_serverless_tune_rows_fini(&fresh);
    assert_int_equal(aus_alloc_live(), live);
    if (!aus_alloc_failed()) break;
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
#ifndef NDEBUG
  assert_true(i > 10);
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(forgetting),    cmocka_unit_test(whole_mixtures),
      cmocka_unit_test(draws),         cmocka_unit_test(streams),
      cmocka_unit_test(without_rows),  cmocka_unit_test(rmse_by_hand),
      cmocka_unit_test(bad_arguments), cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
