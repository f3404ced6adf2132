/* match_folds.c - held-out figures of all stored packages, mean over five fold seeds, against their targets.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ten stratified folds, the 32 packages with ten rows of either class, 13,664 rows pooled. The settings were
 * chosen on the fold seeds 1 and 2; these are 101 to 105.
 */
#include <config.h>

#include "match/model_judge.h"
#include "unit/match_pool.h"

static aus_err err;

enum { SEEDS = 5 };

static double mean_loss(const aus_match_tables *tables, const char *name,
                        const aus_match_model_conf *conf)
{
  double loss = 0.0, accuracy = 0.0, brier = 0.0, auc = 0.0, calibration = 0.0;
  aus_metrics m;
  pool all;
  int s;

  for (s = 0; s < SEEDS; s++) {
    all = pool_make(tables, NULL, *conf, (uint64_t)(101 + s));
    assert_int_equal(all.n, 13664);
    assert_int_equal(all.n_packages, 32);
    m = pool_metrics(&all);
    loss += m.log_loss / SEEDS;
    accuracy += m.accuracy / SEEDS;
    brier += m.brier / SEEDS;
    auc += m.auc / SEEDS;
    calibration += m.calibration / SEEDS;
  }
  print_message("# %-14s log-loss %.4f accuracy %.4f brier %.4f auc %.4f calibration %.4f\n", name,
                loss, accuracy, brier, auc, calibration);
  return loss;
}

static void targets(void **state)
{
  aus_match_specs specs = shared_specs();
  aus_match_model_conf conf = aus_match_model_defaults();
  aus_match_tables tables;

  (void)state;
  check_ok(aus_match_tables_make(&tables, &specs, false, &err), &err);
  conf.kind = AUS_MATCH_RATE;
  check_near(mean_loss(&tables, "rate", &conf), 0.5055, 0.001);
  conf.kind = AUS_MATCH_BAYES;
  check_near(mean_loss(&tables, "naive Bayes", &conf), 0.2778, 0.003);
  conf.kind = AUS_MATCH_LOGISTIC;
  assert_true(mean_loss(&tables, "logistic", &conf) <= 0.272);
  conf.c = 1.0;
  conf.variants = false;
  assert_true(mean_loss(&tables, "logistic, C = 1, versions alone", &conf) <= 0.272);
  conf = aus_match_model_defaults();
  conf.kind = AUS_MATCH_TREES;
  assert_true(mean_loss(&tables, "trees", &conf) <= 0.228);
  conf.variants = false;
  assert_true(mean_loss(&tables, "trees, versions alone", &conf) <= 0.228);
  conf = aus_match_model_defaults();
  assert_true(mean_loss(&tables, "blend", &conf) <= 0.218);
  aus_match_tables_fini(&tables);
  aus_match_specs_fini(&specs);
}

/* The judge on the rows that it has not seen: far better than naive Bayes on those that that one has not seen. */
static void judge(void **state)
{
  aus_match_specs specs = shared_specs();
  aus_match_model_conf conf = aus_match_model_defaults();
  aus_match_tables tables;
  double judged = 0.0, chosen = 0.0;
  int64_t i, k, n_even = 0, n_odd = 0;

  (void)state;
  conf.kind = AUS_MATCH_BAYES;
  check_ok(aus_match_tables_make(&tables, &specs, false, &err), &err);
  for (i = 0; i < tables.n; i++) {
    const aus_match_table *t = tables.table + i;
    double *p = calloc((size_t)t->n_rows, sizeof *p), *q = calloc((size_t)t->n_rows, sizeof *q);
    aus_match_rows rows;
    aus_match_judge j;

    if (t->n_success >= POOL_CLASS && t->n_rows - t->n_success >= POOL_CLASS) {
      pool_prior(&tables, i, &conf);
      check_ok(aus_match_rows_make(&rows, t, &err), &err);
      check_ok(aus_match_judge_fit(&j, &conf, &rows, t->digest, &err), &err);
      check_ok(aus_match_model_predict(&j.judge, rows.n, rows.code, NULL, p, &err), &err);
      check_ok(aus_match_model_predict(&j.chooser, rows.n, rows.code, NULL, q, &err), &err);
      for (k = 0; k < rows.n; k++)
        if (aus_match_digest_odd(t->digest[k]))
          chosen += aus_metrics_loss(q[k], rows.y[k]);
        else
          judged += aus_metrics_loss(p[k], rows.y[k]);
      n_even += j.n_even;
      n_odd += j.n_odd;
      aus_match_judge_fini(&j);
      aus_match_rows_fini(&rows);
    }
    free(p);
    free(q);
  }
  judged /= (double)n_even;
  chosen /= (double)n_odd;
  print_message("# judge %.4f on %d even rows, naive Bayes %.4f on %d odd rows\n", judged,
                (int)n_even, chosen, (int)n_odd);
  assert_int_equal(n_even + n_odd, 13664);
  assert_true(judged < chosen - 0.03);
  aus_match_tables_fini(&tables);
  aus_match_specs_fini(&specs);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(targets), cmocka_unit_test(judge)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}
