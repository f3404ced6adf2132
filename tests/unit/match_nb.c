/* match_nb.c - naive Bayes: the studied system's parameters, its answers for clusters, cases by hand.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Golden: golden/nb-params-alpha1.csv.gz (1e-12), golden/p-success-*.csv.gz and nb-training-fit.csv (twelve digits:
 * 1e-10), made with an independent implementation and equal to the system's own stored models.
 */
#include <config.h>

#include "learn/metrics.h"
#include "match/model.h"
#include "unit/match_stand.h"

static aus_err err;

typedef struct stand {
  aus_match_specs specs;
  aus_match_tables tables;
} stand;

static stand make_stand(void)
{
  stand s = {.specs = shared_specs()};

  check_ok(aus_match_tables_make(&s.tables, &s.specs, false, &err), &err);
  return s;
}

static void drop_stand(stand *s)
{
  aus_match_tables_fini(&s->tables);
  aus_match_specs_fini(&s->specs);
}

static aus_match_nb fit(const aus_match_table *t)
{
  aus_match_rows rows;
  aus_match_nb m;

  check_ok(aus_match_rows_make(&rows, t, &err), &err);
  check_ok(aus_match_nb_fit(&m, rows.n, rows.n_versions, rows.n_columns, rows.code, rows.n_values,
                            rows.y, NULL, 1.0, &err),
           &err);
  aus_match_rows_fini(&rows);
  return m;
}

static int column_of(const aus_match_table *t, const char *feature)
{
  int j;

  for (j = 0; j < t->n_cols && strcmp(t->col[j].feature, feature) != 0; j++)
    continue;
  assert_true(j < t->n_cols);
  return j;
}

static void near_or_both_infinite(double got, double want)
{
  if (isinf(want))
    assert_true(isinf(got) && got < 0.0);
  else if (!(fabs(got - want) <= 1e-12))
    fail_msg("log-probability %.17g, want %.17g", got, want);
}

/* A number as it stands there, "-inf" too. */
static double stored(const aus_sheet *s, int64_t row, const char *column)
{
  return strtod(aus_sheet_at(s, row, sheet_column(s, column)), NULL);
}

static void golden_parameters(void **state)
{
  aus_sheet want = shared_sheet("golden/nb-params-alpha1.csv.gz");
  stand s = make_stand();
  const aus_match_table *t = NULL;
  aus_match_nb m = {0};
  int64_t i, n_values = 0, n_packages = 0;

  (void)state;
  for (i = 0; i < want.n_rows; i++) {
    const char *package = aus_sheet_at(&want, i, sheet_column(&want, "package"));
    const char *feature = aus_sheet_at(&want, i, sheet_column(&want, "feature"));
    const char *value = aus_sheet_at(&want, i, sheet_column(&want, "value"));
    const char *const count[2] = {"count_fail", "count_success"};
    const char *const log_p[2] = {"log_p_fail", "log_p_success"};
    int c, j, v;

    if (!t || strcmp(t->package, package) != 0) {
      aus_match_nb_fini(&m);
      t = aus_match_tables_find(&s.tables, package);
      assert_non_null(t);
      m = fit(t);
      n_packages++;
    }
    for (c = 0; c < 2; c++) {
      if (!feature[0]) {
        assert_int_equal(m.n_class[c], (int64_t)stored(&want, i, count[c]));
        near_or_both_infinite(m.log_prior[c], stored(&want, i, log_p[c]));
        continue;
      }
      j = column_of(t, feature);
      v = aus_match_column_find(t->col + j, value);
      assert_true(v >= 0);
      assert_int_equal(m.count[2 * (m.first[j] + v) + c], (int64_t)stored(&want, i, count[c]));
      near_or_both_infinite(aus_match_nb_log_p(&m, j, v, c), stored(&want, i, log_p[c]));
    }
    n_values += feature[0] != '\0';
  }
  assert_int_equal(n_packages, 49);
  for (i = 0; i < s.tables.n; i++) { /* and no value is missing there */
    int j;

    for (j = 0; j < s.tables.table[i].n_cols; j++)
      n_values -= s.tables.table[i].col[j].n_cats;
  }
  assert_int_equal(n_values, 0);
  aus_match_nb_fini(&m);
  drop_stand(&s);
  aus_sheet_fini(&want);
}

static void golden_fit(void **state)
{
  aus_sheet want = shared_sheet("golden/nb-training-fit.csv");
  stand s = make_stand();
  aus_match_model_conf conf = aus_match_model_defaults();
  int64_t i;

  (void)state;
  conf.kind = AUS_MATCH_BAYES;
  assert_int_equal(want.n_rows, 49);
  for (i = 0; i < want.n_rows; i++) {
    const aus_match_table *t =
        aus_match_tables_find(&s.tables, aus_sheet_at(&want, i, sheet_column(&want, "package")));
    aus_match_rows rows;
    aus_match_model m;
    aus_metrics got;
    double *p = calloc((size_t)t->n_rows, sizeof *p);

    check_ok(aus_match_rows_make(&rows, t, &err), &err);
    check_ok(aus_match_model_fit(&m, &conf, &rows, rows.n, NULL, &err), &err);
    check_ok(aus_match_model_predict(&m, rows.n, rows.code, NULL, p, &err), &err);
    check_ok(aus_metrics_make(&got, rows.n, p, rows.y, &err), &err);
    check_near(got.accuracy, sheet_number(&want, i, "accuracy_resubstitution"), 1e-10);
    check_near(got.log_loss, sheet_number(&want, i, "mean_log_loss"), 1e-10);
    check_near(got.brier, sheet_number(&want, i, "brier"), 1e-10);
    free(p);
    aus_match_model_fini(&m);
    aus_match_rows_fini(&rows);
  }
  drop_stand(&s);
  aus_sheet_fini(&want);
}

/* P of a package on every cluster under a rule. */
static void check_clusters(const aus_match_table *t, const aus_sheet *clusters,
                           const aus_sheet *want, aus_match_unseen rule)
{
  aus_match_nb m = fit(t);
  int32_t code[32];
  int64_t i;
  int j;

  assert_true(t->n_cols <= 32);
  for (i = 0; i < clusters->n_rows; i++) {
    assert_string_equal(aus_sheet_at(clusters, i, sheet_column(clusters, "cluster")),
                        aus_sheet_at(want, i, sheet_column(want, "cluster")));
    for (j = 0; j < t->n_cols; j++) {
      code[j] = aus_match_column_find(
          t->col + j, aus_sheet_at(clusters, i, sheet_column(clusters, t->col[j].feature)));
      if (code[j] < 0) code[j] = AUS_MATCH_UNSEEN;
    }
    check_near(aus_match_nb_predict(&m, code, rule), sheet_number(want, i, t->package), 1e-10);
  }
  aus_match_nb_fini(&m);
}

static void golden_clusters(void **state)
{
  static const char *const file[] = {"golden/p-success-skip.csv.gz",
                                     "golden/p-success-smooth.csv.gz",
                                     "golden/p-success-strict.csv.gz"};
  aus_sheet clusters = shared_sheet("reliabuild/clusters.csv.gz"), want;
  stand s = make_stand();
  int64_t i;
  int rule;

  (void)state;
  assert_int_equal(clusters.n_rows, 1000);
  for (rule = AUS_MATCH_UNSEEN_SKIP; rule <= AUS_MATCH_UNSEEN_STRICT; rule++) {
    want = shared_sheet(file[rule]);
    for (i = 0; i < s.tables.n; i++)
      check_clusters(s.tables.table + i, &clusters, &want, (aus_match_unseen)rule);
    aus_sheet_fini(&want);
  }
  drop_stand(&s);
  aus_sheet_fini(&clusters);
}

/* The same table through the models' own way to clusters. */
static void golden_models(void **state)
{
  aus_sheet sheet = shared_sheet("reliabuild/clusters.csv.gz");
  aus_sheet want = shared_sheet("golden/p-success-skip.csv.gz");
  stand s = make_stand();
  aus_match_model_conf conf = aus_match_model_defaults();
  aus_match_space space = {0};
  aus_match_clusters clusters;
  double p[1000];
  int64_t i, k;

  (void)state;
  conf.kind = AUS_MATCH_BAYES;
  conf.variants = false;
  check_ok(aus_match_clusters_read(&clusters, &space, &sheet, &err), &err);
  assert_int_equal(clusters.n, 1000);
  for (i = 0; i < s.tables.n; i++) {
    const aus_match_table *t = s.tables.table + i;
    aus_match_rows rows;
    aus_match_model m;

    check_ok(aus_match_rows_make(&rows, t, &err), &err);
    check_ok(aus_match_model_fit(&m, &conf, &rows, rows.n, NULL, &err), &err);
    check_ok(aus_match_model_clusters(&m, t, &space, &clusters, p, &err), &err);
    for (k = 0; k < clusters.n; k++)
      check_near(p[k], sheet_number(&want, k, t->package), 1e-10);
    aus_match_model_fini(&m);
    aus_match_rows_fini(&rows);
  }
  aus_match_clusters_fini(&clusters);
  aus_match_space_fini(&space);
  drop_stand(&s);
  aus_sheet_fini(&want);
  aus_sheet_fini(&sheet);
}

/* Four rows, two features of 2 and 3 values, alpha 1/2. Class 1: three rows, feature 0 has 0 0 1, feature 1 has 0 1 1;
 * class 0: one row, 1 and 1. Nobody has value 2. */
static const int32_t CODE[] = {0, 0, 9, 0, 1, 9, 1, 1, 9, 1, 1, 9}, VALUES[] = {2, 3};
static const uint8_t Y[] = {1, 1, 1, 0};

static void by_hand(void **state)
{
  const int32_t code[2] = {0, 2}, other[2] = {0, AUS_MATCH_UNSEEN}, none[2] = {0, AUS_MATCH_UNTOLD};
  const double yes = 0.75 * (2.5 / 4.0), no = 0.25 * (0.5 / 2.0);
  aus_match_nb m;

  (void)state;
  check_ok(aus_match_nb_fit(&m, 4, 2, 3, CODE, VALUES, Y, NULL, 0.5, &err), &err);
  check_near(exp(aus_match_nb_log_p(&m, 1, 1, 1)), 2.5 / 4.5, 1e-15);
  check_near(exp(aus_match_nb_log_p(&m, 1, 2, 0)), 0.5 / 2.5, 1e-15);
  check_near(aus_match_nb_predict(&m, code, AUS_MATCH_UNSEEN_STRICT),
             yes * (0.5 / 4.5) / (yes * (0.5 / 4.5) + no * (0.5 / 2.5)), 1e-15);
  check_near(aus_match_nb_predict(&m, other, AUS_MATCH_UNSEEN_SKIP), yes / (yes + no), 1e-15);
  check_near(aus_match_nb_predict(&m, other, AUS_MATCH_UNSEEN_SMOOTH),
             yes * (0.5 / 5.0) / (yes * (0.5 / 5.0) + no * (0.5 / 3.0)), 1e-15);
  check_near(aus_match_nb_predict(&m, other, AUS_MATCH_UNSEEN_STRICT), 0.0, 1e-300);
  check_near(aus_match_nb_predict(&m, none, AUS_MATCH_UNSEEN_STRICT), yes / (yes + no), 1e-15);
  aus_match_nb_fini(&m);
}

/* Some rows only; one class answers whatever the values are, no row says nothing. */
static void one_class(void **state)
{
  const int64_t yes[3] = {2, 0, 1}, no[1] = {3};
  const int32_t other[2] = {AUS_MATCH_UNSEEN, 2};
  aus_match_nb m;

  (void)state;
  check_ok(aus_match_nb_fit(&m, 3, 2, 3, CODE, VALUES, Y, yes, 1.0, &err), &err);
  check_near(aus_match_nb_predict(&m, other, AUS_MATCH_UNSEEN_STRICT), 1.0, 1e-300);
  assert_true(isinf(m.log_prior[0]));
  aus_match_nb_fini(&m);
  check_ok(aus_match_nb_fit(&m, 1, 2, 3, CODE, VALUES, Y, no, 1.0, &err), &err);
  check_near(aus_match_nb_predict(&m, other, AUS_MATCH_UNSEEN_SKIP), 0.0, 1e-300);
  aus_match_nb_fini(&m);
  check_ok(aus_match_nb_fit(&m, 0, 2, 3, CODE, VALUES, Y, NULL, 1.0, &err), &err);
  check_near(aus_match_nb_predict(&m, other, AUS_MATCH_UNSEEN_SKIP), 0.5, 1e-300);
  aus_match_nb_fini(&m);
}

static void bad_input(void **state)
{
  const int32_t none[2] = {2, 0}, few[2] = {2, 1};
  const uint8_t y[4] = {1, 0, 2, 0};
  aus_match_nb m;
  int i;

  (void)state;
  check_fails(aus_match_nb_fit(&m, 4, 2, 3, CODE, none, Y, NULL, 1.0, &err), AUS_EINVAL,
              "feature 1 has 0 values, need >= 1", &err);
  check_fails(aus_match_nb_fit(&m, 4, 2, 3, CODE, few, Y, NULL, 1.0, &err), AUS_EINVAL,
              "row 1: feature 1 has value 1 of 1", &err);
  check_fails(aus_match_nb_fit(&m, 4, 2, 3, CODE, VALUES, y, NULL, 1.0, &err), AUS_EINVAL,
              "row 2: class 2, need 0 or 1", &err);
  check_fails(aus_match_nb_fit(&m, 4, 2, 3, CODE, VALUES, Y, NULL, 0.0, &err), AUS_EINVAL,
              "alpha 0", &err);
  /* logarithms would not be finite */
  check_fails(aus_match_nb_fit(&m, 4, 2, 3, CODE, VALUES, Y, NULL, 1e300, &err), AUS_EINVAL,
              "alpha 1e+300", &err);
  check_fails(aus_match_nb_fit(&m, 4, 2, 3, CODE, VALUES, Y, NULL, 1e-300, &err), AUS_EINVAL,
              "alpha 1e-300", &err);
  check_fails(aus_match_nb_fit(&m, 4, 2, 1, CODE, VALUES, Y, NULL, 1.0, &err), AUS_EINVAL,
              "2 features", &err);
  assert_null(m.count);
#ifndef NDEBUG
  for (i = 0; i < 4; i++) {
    aus_alloc_fail_at(i);
    check_fails(aus_match_nb_fit(&m, 4, 2, 3, CODE, VALUES, Y, NULL, 1.0, &err), AUS_ENOMEM,
                "out of memory", &err);
    assert_null(m.n_values);
  }
  aus_alloc_fail_at(-1);
#else
  (void)i;
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(golden_parameters), cmocka_unit_test(golden_fit),
      cmocka_unit_test(golden_clusters),   cmocka_unit_test(golden_models),
      cmocka_unit_test(by_hand),           cmocka_unit_test(one_class),
      cmocka_unit_test(bad_input),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
