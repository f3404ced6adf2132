/* match_models.c - blend, calibration and judge by hand and on invented rows; one stored package in ten folds.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The figures of all packages are in tests/long/match_folds.c.
 */
#include <config.h>

#include "match/model_judge.h"
#include "unit/match_pool.h"

static aus_err err;

/* Two members, one always right with 0.8, the other with 0.5. Without evidence the usual weights, with much of it the
 * better one alone; a member that says 0 to what happened loses all but its prior share. */
static void weights(void **state)
{
  const double usual[2] = {0.3, 0.7}, sure[2] = {0.0, 0.5};
  const uint8_t yes = 1;
  double p[2000], w[2];
  uint8_t y[1000];
  int i;

  (void)state;
  for (i = 0; i < 1000; i++) {
    y[i] = i % 3 == 0;
    p[2 * i] = y[i] ? 0.8 : 0.2;
    p[2 * i + 1] = 0.5;
  }
  aus_match_blend_weights(0, 2, p, y, usual, 10.0, w);
  check_near(w[0], 0.3, 1e-15);
  check_near(w[1], 0.7, 1e-15);
  aus_match_blend_weights(1000, 2, p, y, usual, 1.0, w);
  assert_true(w[0] > 0.99);
  check_near(w[0] + w[1], 1.0, 1e-12);
  aus_match_blend_weights(1, 2, sure, &yes, usual, 10.0, w);
  check_near(w[0], 3.0 / 11, 1e-12);
  /* One row: the fixed point of w = (3 + 0.8 w / (0.8 w + 0.5 (1 - w))) / 11. */
  aus_match_blend_weights(1, 2, p, y, usual, 10.0, w);
  check_near(w[0], (3.0 + 0.8 * w[0] / (0.8 * w[0] + 0.5 * w[1])) / 11, 1e-12);
}

/* logit(p) = +-1 with 3 of 4 right: with almost no pull the slope is log 3; a strong one leaves p as it is. */
static void calibration(void **state)
{
  const double high = 1.0 / (1.0 + exp(-1.0)),
               p[8] = {high, high, high, high, 1 - high, 1 - high, 1 - high, 1 - high};
  const uint8_t y[8] = {1, 1, 1, 0, 0, 0, 0, 1};
  aus_match_calibration c = aus_match_calibration_fit(8, p, y, 1e-9);

  (void)state;
  check_near(c.slope, log(3.0), 1e-8);
  check_near(c.shift, 0.0, 1e-8);
  check_near(aus_match_calibration_apply(&c, high), 0.75, 1e-8);
  c = aus_match_calibration_fit(8, p, y, 1e12);
  check_near(c.slope, 1.0, 1e-9);
  check_near(aus_match_calibration_apply(&c, 0.3), 0.3, 1e-9);
  c = aus_match_calibration_fit(0, p, y, 1.0);
  check_near(c.slope, 1.0, 1e-15);
  check_near(c.shift, 0.0, 1e-15);
  assert_true(aus_match_calibration_apply(&c, 0.0) > 0.0);
  assert_true(aus_match_calibration_apply(&c, 1.0) < 1.0);
}

/* Sure and wrong answers: Newton's full step would go too far. */
static void steep_calibration(void **state)
{
  double p[40], best = 1e300, f, slope;
  uint8_t y[40];
  aus_match_calibration c, at;
  int i;

  (void)state;
  for (i = 0; i < 40; i++) {
    p[i] = i % 2 ? 1.0 : 0.0;
    y[i] = (i % 2 == 1) == (i < 30);
  }
  c = aus_match_calibration_fit(40, p, y, 1e-3);
  for (slope = -0.2; slope < 1.2; slope += 1e-3) {
    at = (aus_match_calibration){slope, 0.0};
    for (i = 0, f = 0.0; i < 40; i++)
      f += aus_metrics_loss(aus_match_calibration_apply(&at, p[i]), y[i]);
    best = fmin(best, f);
  }
  for (i = 0, f = 0.0; i < 40; i++)
    f += aus_metrics_loss(aus_match_calibration_apply(&c, p[i]), y[i]);
  assert_true(f < best + 1e-3);
}

enum { ROWS = 240, COLUMNS = 3, VALUES = 6 };

static int32_t code[ROWS * COLUMNS], n_values[COLUMNS] = {VALUES, VALUES, 2};
static const int32_t order[VALUES] = {0, 2, 1, 3, 5, 4};
static const int32_t *place[COLUMNS] = {order, order, order};
static uint8_t y[ROWS];

/* Versions that work, and a variant with which the others do: a quarter of the rows. One in 16 is wrong. */
static aus_match_rows invent(void)
{
  uint32_t s = 3;
  int i, j;

  for (i = 0; i < ROWS; i++) {
    for (j = 0; j < COLUMNS; j++) {
      s = s * 1664525u + 1013904223u;
      code[i * COLUMNS + j] = j < 2 ? (int32_t)((s >> 16) % VALUES) : (s >> 16) % 4 == 0;
    }
    s = s * 1664525u + 1013904223u;
    y[i] = (order[code[i * COLUMNS]] > 2) != (code[i * COLUMNS + 2] == 1);
    if (s >> 28 == 0) y[i] = !y[i];
  }
  return (aus_match_rows){.n = ROWS,
                          .n_versions = COLUMNS - 1,
                          .n_columns = COLUMNS,
                          .code = code,
                          .n_values = n_values,
                          .place = place,
                          .y = y};
}

static double loss_in_folds(const aus_match_model_conf *conf)
{
  aus_match_rows rows = invent();
  double p[ROWS];
  aus_metrics m;

  check_ok(aus_match_model_folds(conf, &rows, 5, 1, 1, p, &err), &err);
  check_ok(aus_metrics_make(&m, ROWS, p, y, &err), &err);
  return m.log_loss;
}

/* Only trees see the exclusive or, and only with the variant; the blend finds out whom to trust. */
static void kinds(void **state)
{
  aus_match_model_conf conf = aus_match_model_defaults();
  double loss[AUS_MATCH_BLEND + 1];
  int k;

  (void)state;
  for (k = AUS_MATCH_RATE; k <= AUS_MATCH_BLEND; k++) {
    conf.kind = (aus_match_model_kind)k;
    loss[k] = loss_in_folds(&conf);
  }
  for (k = AUS_MATCH_RATE; k < AUS_MATCH_TREES; k++)
    assert_true(loss[k] > 0.6 && loss[k] < 0.8);
  assert_true(loss[AUS_MATCH_TREES] < 0.35);
  assert_true(loss[AUS_MATCH_BLEND] < 0.35);
  conf.variants = false;
  assert_true(loss_in_folds(&conf) > 0.6);
}

static void rate(void **state)
{
  aus_match_rows rows = invent();
  aus_match_model_conf conf = aus_match_model_defaults();
  const int64_t row[5] = {7, 8, 9, 10, 11};
  const double yes = y[7] + y[8] + y[9] + y[10] + y[11];
  aus_match_model m;
  double p;

  (void)state;
  conf.kind = AUS_MATCH_RATE;
  conf.yes = 3.0;
  conf.no = 1.5;
  check_ok(aus_match_model_fit(&m, &conf, &rows, 5, row, &err), &err);
  check_ok(aus_match_model_predict(&m, 1, code, NULL, &p, &err), &err);
  check_near(p, (yes + 3.0) / 9.5, 1e-15);
  aus_match_model_fini(&m);
}

/* a works below 2.0 and from 3.0 on; clusters have versions that no build had. */
static const char CLUSTERS[] = "cluster,a-version,b-version\n"
                               "old,1.9,1\n"
                               "middle,2.5,2\n"
                               "seen,3.0,1\n"
                               "new,develop,3\n"
                               "without,absent,1\n";

static aus_match_specs some_builds(void)
{
  static const char *const version[4] = {"1.0", "2.0", "2.9", "3.0"};
  aus_match_specs specs;
  aus_sheet sheet;
  char text[8000];
  int i, n;

  n = snprintf(text, sizeof text, "digest,package,success,nodes,variants\n");
  for (i = 0; i < 80; i++)
    n += snprintf(text + n, sizeof text - (size_t)n, "d%d,p,%d,p@1 a@%s b@%d,x=%d\n", i,
                  i % 4 == 0 || i % 4 == 3, version[i % 4], 1 + i / 4 % 2, i / 8 % 2);
  sheet = text_sheet(text);
  check_ok(aus_match_specs_read(&specs, &sheet, &err), &err);
  aus_sheet_fini(&sheet);
  return specs;
}

static void clusters_of_any_version(void **state)
{
  aus_match_specs specs = some_builds();
  aus_sheet sheet = text_sheet(CLUSTERS);
  aus_match_model_conf conf = aus_match_model_defaults();
  aus_match_tables tables;
  aus_match_space space = {0};
  aus_match_clusters clusters;
  aus_match_rows rows;
  aus_match_model m;
  const aus_match_table *t;
  double p[5];

  (void)state;
  check_ok(aus_match_tables_make(&tables, &specs, false, &err), &err);
  check_ok(aus_match_clusters_read(&clusters, &space, &sheet, &err), &err);
  t = tables.table;
  assert_int_equal(t->n_variants, 1);
  check_ok(aus_match_rows_make(&rows, t, &err), &err);
  conf.kind = AUS_MATCH_TREES;
  conf.trees.gamma = 0.0;
  check_ok(aus_match_model_fit(&m, &conf, &rows, rows.n, NULL, &err), &err);
  check_fails(aus_match_model_clusters(&m, t, &space, &clusters, p, &err), AUS_EINVAL,
              "p: a model with variants, which clusters do not have", &err);
  aus_match_model_fini(&m);
  conf.variants = false;
  check_ok(aus_match_model_fit(&m, &conf, &rows, rows.n, NULL, &err), &err);
  check_ok(aus_match_model_clusters(&m, t, &space, &clusters, p, &err), &err);
  assert_true(p[1] < 0.2 && p[2] > 0.8 && p[3] > 0.8);
  assert_true(p[4] > 0.8); /* absent is below everything */
#ifndef NDEBUG
  {
    int64_t i;

    for (i = 0; i < 9; i++) {
      aus_alloc_fail_at(i);
      check_fails(aus_match_model_clusters(&m, t, &space, &clusters, p, &err), AUS_ENOMEM,
                  "out of memory", &err);
    }
    aus_alloc_fail_at(-1);
  }
#endif
  m.n_versions--;
  check_fails(aus_match_model_clusters(&m, t, &space, &clusters, p, &err), AUS_EINVAL,
              "p: the model is of another table", &err);
  aus_match_model_fini(&m);
  aus_match_rows_fini(&rows);
  aus_match_clusters_fini(&clusters);
  aus_match_space_fini(&space);
  aus_match_tables_fini(&tables);
  aus_match_specs_fini(&specs);
  aus_sheet_fini(&sheet);
}

/* Rows of one class, and no rows at all: the shrunk rate, but for naive Bayes, whose rule is the reference's. */
static void one_class(void **state)
{
  aus_match_rows rows = invent();
  aus_match_model_conf conf = aus_match_model_defaults();
  int64_t row[ROWS], n = 0, i;
  double want, p;
  aus_match_model m;
  int k;

  (void)state;
  for (i = 0; i < ROWS && n < 6; i++)
    if (y[i]) row[n++] = i;
  for (k = AUS_MATCH_RATE; k <= AUS_MATCH_BLEND; k++) {
    conf.kind = (aus_match_model_kind)k;
    check_ok(aus_match_model_fit(&m, &conf, &rows, 6, row, &err), &err);
    check_ok(aus_match_model_predict(&m, 1, code, NULL, &p, &err), &err);
    want = k == AUS_MATCH_BAYES ? 1.0 : 7.0 / 8;
    if (k == AUS_MATCH_BLEND)
      assert_true(p > 0.8 && p < 1.0);
    else
      check_near(p, want, 1e-12);
    aus_match_model_fini(&m);
    check_ok(aus_match_model_fit(&m, &conf, &rows, 0, row, &err), &err);
    check_ok(aus_match_model_predict(&m, 1, code, NULL, &p, &err), &err);
    check_near(p, 0.5, 1e-12);
    aus_match_model_fini(&m);
  }
}

/* Values without a category, and places that the caller gives: between those of its neighbours. */
static void unknown_values(void **state)
{
  aus_match_rows rows = invent();
  aus_match_model_conf conf = aus_match_model_defaults();
  const int32_t unseen[COLUMNS] = {AUS_MATCH_UNSEEN, AUS_MATCH_UNTOLD, 0}, low[COLUMNS] = {0, 0, 0},
                high[COLUMNS] = {4, 0, 0}, wrong[COLUMNS] = {0, VALUES, 0};
  const float above[COLUMNS] = {4.5f, 0.0f, 0.0f}, below[COLUMNS] = {0.5f, 0.0f, 0.0f};
  aus_match_model m;
  double p, want;

  (void)state;
  conf.kind = AUS_MATCH_TREES;
  check_ok(aus_match_model_fit(&m, &conf, &rows, ROWS, NULL, &err), &err);
  check_ok(aus_match_model_predict(&m, 1, high, NULL, &want, &err), &err);
  assert_true(want > 0.8);
  check_ok(aus_match_model_predict(&m, 1, unseen, above, &p, &err), &err);
  assert_true(p > 0.8);
  check_ok(aus_match_model_predict(&m, 1, low, NULL, &want, &err), &err);
  assert_true(want < 0.2);
  check_ok(aus_match_model_predict(&m, 1, unseen, below, &p, &err), &err);
  assert_true(p < 0.2);
  check_ok(aus_match_model_predict(&m, 1, unseen, NULL, &p, &err), &err);
  assert_true(p > 0.0 && p < 1.0);
  check_fails(aus_match_model_predict(&m, 1, wrong, NULL, &p, &err), AUS_EINVAL,
              "row 0: column 1 has value 6 of 6", &err);
  aus_match_model_fini(&m);
}

/* The same rows and keys give the same bits; another key other inner folds. */
static void same_bits(void **state)
{
  aus_match_rows rows = invent();
  aus_match_model_conf conf = aus_match_model_defaults();
  aus_match_model m;
  double a[ROWS], b[ROWS];

  (void)state;
  check_ok(aus_match_model_fit(&m, &conf, &rows, ROWS, NULL, &err), &err);
  check_ok(aus_match_model_predict(&m, ROWS, code, NULL, a, &err), &err);
  aus_match_model_fini(&m);
  check_ok(aus_match_model_fit(&m, &conf, &rows, ROWS, NULL, &err), &err);
  check_ok(aus_match_model_predict(&m, ROWS, code, NULL, b, &err), &err);
  aus_match_model_fini(&m);
  assert_memory_equal(a, b, sizeof a);
  conf.key++;
  check_ok(aus_match_model_fit(&m, &conf, &rows, ROWS, NULL, &err), &err);
  check_ok(aus_match_model_predict(&m, ROWS, code, NULL, b, &err), &err);
  aus_match_model_fini(&m);
  assert_memory_not_equal(a, b, sizeof a);
}

/* Predictions of a row do not hang on its own class: no leak through folds, weights or calibration. */
static void no_leak(void **state)
{
  aus_match_rows rows = invent();
  aus_match_model_conf conf = aus_match_model_defaults();
  int64_t row[ROWS], n = 0, i;
  double a[ROWS], b[ROWS];
  aus_match_model m;
  uint8_t kept[ROWS];

  (void)state;
  for (i = 0; i < ROWS; i++)
    if (i % 10 != 3) row[n++] = i;
  check_ok(aus_match_model_fit(&m, &conf, &rows, n, row, &err), &err);
  check_ok(aus_match_model_predict(&m, ROWS, code, NULL, a, &err), &err);
  aus_match_model_fini(&m);
  memcpy(kept, y, sizeof kept);
  for (i = 3; i < ROWS; i += 10)
    y[i] = !y[i];
  check_ok(aus_match_model_fit(&m, &conf, &rows, n, row, &err), &err);
  check_ok(aus_match_model_predict(&m, ROWS, code, NULL, b, &err), &err);
  aus_match_model_fini(&m);
  assert_memory_equal(a, b, sizeof a);
  memcpy(y, kept, sizeof kept);
}

static void judge(void **state)
{
  static char text[ROWS][4];
  char *digest[ROWS];
  aus_match_rows rows = invent();
  aus_match_model_conf conf = aus_match_model_defaults();
  aus_match_judge j;
  double p[ROWS], loss = 0.0;
  int64_t n_even = 0, i;

  (void)state;
  assert_false(aus_match_digest_odd("zza"));
  assert_true(aus_match_digest_odd("aab"));
  assert_true(aus_match_digest_odd("z"));   /* 25 */
  assert_false(aus_match_digest_odd("a2")); /* 26 */
  assert_true(aus_match_digest_odd("a7"));
  assert_false(aus_match_digest_odd(""));
  for (i = 0; i < ROWS; i++) {
    snprintf(text[i], sizeof text[i], "x%c", "abcde2345"[i % 9]);
    digest[i] = text[i];
    n_even += !aus_match_digest_odd(text[i]);
  }
  conf.kind = AUS_MATCH_BAYES;
  check_ok(aus_match_judge_fit(&j, &conf, &rows, digest, &err), &err);
  assert_int_equal(j.n_even, n_even);
  assert_int_equal(j.n_odd, ROWS - n_even);
  assert_int_equal(j.chooser.nb.n_class[0] + j.chooser.nb.n_class[1], n_even);
  assert_null(j.chooser.trees);
  check_ok(aus_match_model_predict(&j.judge, ROWS, code, NULL, p, &err), &err);
  for (i = 0; i < ROWS; i++) /* the rows that it has not seen */
    if (!aus_match_digest_odd(text[i])) loss += aus_metrics_loss(p[i], y[i]) / (double)n_even;
  assert_true(loss < 0.45);
  aus_match_judge_fini(&j);
}

static void bad_input(void **state)
{
  aus_match_rows rows = invent();
  aus_match_model_conf conf = aus_match_model_defaults();
  aus_match_model m;
  double p[ROWS];

  (void)state;
  check_fails(aus_match_model_folds(&conf, &rows, 1, 1, 1, p, &err), AUS_EINVAL, "in 1 folds",
              &err);
  conf.inner_folds = 1;
  check_fails(aus_match_model_fit(&m, &conf, &rows, ROWS, NULL, &err), AUS_EINVAL, "in 1 folds",
              &err);
  conf = aus_match_model_defaults();
  conf.c = -1.0;
  check_fails(aus_match_model_fit(&m, &conf, &rows, ROWS, NULL, &err), AUS_EINVAL, "c = -1", &err);
  conf = aus_match_model_defaults();
  conf.trees.rounds = 0;
  check_fails(aus_match_model_fit(&m, &conf, &rows, ROWS, NULL, &err), AUS_EINVAL, "0 rounds",
              &err);
  conf = aus_match_model_defaults();
  code[5 * COLUMNS + 1] = VALUES;
  check_fails(aus_match_model_fit(&m, &conf, &rows, ROWS, NULL, &err), AUS_EINVAL,
              "row 5: feature 1 has value 6 of 6", &err);
  rows = invent();
  code[5 * COLUMNS + 2] = -1;
  check_fails(aus_match_model_fit(&m, &conf, &rows, ROWS, NULL, &err), AUS_EINVAL,
              "row 5: variant 0 has value -1 of 2", &err);
  assert_null(m.first);
}

static int all_of_it(char *const *digest)
{
  aus_match_rows rows = invent();
  aus_match_model_conf conf = aus_match_model_defaults();
  aus_match_judge j;
  double p[ROWS];
  int rc;

  rows.n = 40;
  conf.trees.rounds = 2;
  rc = aus_match_judge_fit(&j, &conf, &rows, digest, &err);
  if (rc == AUS_OK) rc = aus_match_model_predict(&j.chooser, 5, code, NULL, p, &err);
  aus_match_judge_fini(&j);
  return rc == AUS_OK ? aus_match_model_folds(&conf, &rows, 2, 1, 1, p, &err) : rc;
}

static void out_of_memory(void **state)
{
  char *digest[40], even[] = "a", odd[] = "b";
  int64_t live, i;
  int rc = AUS_ENOMEM;

  (void)state;
  for (i = 0; i < 40; i++)
    digest[i] = i % 2 ? odd : even;
  check_ok(all_of_it(digest), &err);
  live = aus_alloc_live();
  for (i = 0; rc != AUS_OK && i < 3000; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = all_of_it(digest);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
#ifndef NDEBUG
  assert_true(i > 50);
#endif
}

/* phist, 565 rows with a variant that matters, one fold seed: each kind better than the one before. */
static void stored_package(void **state)
{
  aus_match_specs specs = shared_specs();
  aus_match_model_conf conf = aus_match_model_defaults();
  aus_match_tables tables;
  double loss[AUS_MATCH_BLEND + 1];
  pool all;
  int k;

  (void)state;
  check_ok(aus_match_tables_make(&tables, &specs, false, &err), &err);
  for (k = AUS_MATCH_RATE; k <= AUS_MATCH_BLEND; k++) {
    conf.kind = (aus_match_model_kind)k;
    all = pool_make(&tables, "phist", conf, 101);
    assert_int_equal(all.n, 565);
    loss[k] = pool_metrics(&all).log_loss;
    print_message("# phist, kind %d: log-loss %.4f\n", k, loss[k]);
  }
  for (k = AUS_MATCH_BAYES; k <= AUS_MATCH_BLEND; k++)
    assert_true(loss[k] < loss[k - 1]);
  assert_true(loss[AUS_MATCH_BLEND] < 0.12);
  aus_match_tables_fini(&tables);
  aus_match_specs_fini(&specs);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(weights),
      cmocka_unit_test(calibration),
      cmocka_unit_test(kinds),
      cmocka_unit_test(steep_calibration),
      cmocka_unit_test(rate),
      cmocka_unit_test(one_class),
      cmocka_unit_test(unknown_values),
      cmocka_unit_test(same_bits),
      cmocka_unit_test(no_leak),
      cmocka_unit_test(judge),
      cmocka_unit_test(bad_input),
      cmocka_unit_test(out_of_memory),
      cmocka_unit_test(clusters_of_any_version),
      cmocka_unit_test(stored_package),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
