/* match_validation.c - figures of held-out answers, worked by hand.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/validation.h"
#include "unit/check.h"

static aus_err err;

/* Package 2 has four rows, package 5 two of one class. Two divisions; every P is exact in binary. */
enum { ROWS = 6, DIVISIONS = 2 };
static const int32_t table[ROWS] = {2, 2, 2, 2, 5, 5};
static const uint8_t y[ROWS] = {1, 1, 1, 0, 0, 0};
static const double p[DIVISIONS * ROWS] = {0.75, 0.5,  0.875, 0.25, 0.25, 0.5,
                                           1.0,  0.25, 0.5,   0.5,  0.75, 0.0};
static const aus_match_held_out held = {
    .n = ROWS, .n_divisions = DIVISIONS, .table = table, .y = y, .p = p};

static double loss(const double *given, int n)
{
  double sum = 0.0;
  int i;

  for (i = 0; i < n; i++)
    sum -= log(given[i]);
  return sum / n;
}

/* What each division gave to what happened. */
static const double given[DIVISIONS][ROWS] = {{0.75, 0.5, 0.875, 0.75, 0.75, 0.5},
                                              {1.0, 0.25, 0.5, 0.5, 0.25, 1.0}};

static void by_hand(void **state)
{
  aus_match_figures *f;
  int64_t n;

  (void)state;
  check_ok(aus_match_figures_make(&held, &f, &n, &err), &err);
  assert_int_equal(n, 3);
  assert_int_equal(f[0].table, 2);
  assert_int_equal(f[0].m.n, 4);
  assert_int_equal(f[0].m.n_yes, 3);
  /* Right where p > 0.5 goes with y: 3 of 4 (p = 0.5 says no), then 2 of 4. */
  check_near(f[0].m.accuracy, (0.75 + 0.5) / 2, 1e-15);
  check_near(f[0].m.log_loss, (loss(given[0], 4) + loss(given[1], 4)) / 2, 1e-12);
  /* Squares: 1/16 + 1/4 + 1/64 + 1/16 and 0 + 9/16 + 1/4 + 1/4. */
  check_near(f[0].m.brier, (25.0 / 64 + 68.0 / 64) / 4 / 2, 1e-15);
  /* Pairs won: 3 of 3, then 1 + 0 + 1/2 of 3. */
  check_near(f[0].m.auc, (1.0 + 0.5) / 2, 1e-15);
  /* One row per bin: |p - y| summed is 1/4 + 1/2 + 1/8 + 1/4; then 0 + 3/4 + |2 x 0.5 - 1|. */
  check_near(f[0].m.calibration, (9.0 / 8 + 3.0 / 4) / 4 / 2, 1e-15);
  check_near(f[0].m.majority, 0.75, 1e-15);
  check_near(f[0].majority, 0.75, 1e-15);
  aus_free(f);
}

/* Its AUC is unknown, that of all rows is not. */
static void one_class(void **state)
{
  aus_match_figures *f;
  int64_t n;

  (void)state;
  check_ok(aus_match_figures_make(&held, &f, &n, &err), &err);
  assert_int_equal(f[1].table, 5);
  assert_int_equal(f[1].m.n, 2);
  assert_int_equal(f[1].m.n_yes, 0);
  check_near(f[1].m.accuracy, (1.0 + 0.5) / 2, 1e-15);
  check_near(f[1].m.log_loss, (loss(given[0] + 4, 2) + loss(given[1] + 4, 2)) / 2, 1e-12);
  assert_true(isnan(f[1].m.auc));
  check_near(f[1].majority, 1.0, 1e-15);
  aus_free(f);
}

static void all_together(void **state)
{
  aus_match_figures *f;
  int64_t n;

  (void)state;
  check_ok(aus_match_figures_make(&held, &f, &n, &err), &err);
  assert_int_equal(f[2].table, -1);
  assert_int_equal(f[2].m.n, ROWS);
  assert_int_equal(f[2].m.n_yes, 3);
  check_near(f[2].m.accuracy, (5.0 / 6 + 3.0 / 6) / 2, 1e-15);
  check_near(f[2].m.log_loss, (loss(given[0], 6) + loss(given[1], 6)) / 2, 1e-12);
  /* 3 x 3 pairs: 0.75, 0.5, 0.875 against 0.25, 0.25, 0.5; then 1, 0.25, 0.5 against 0.5, 0.75, 0. */
  check_near(f[2].m.auc, (8.5 / 9 + 5.5 / 9) / 2, 1e-15);
  check_near(f[2].m.majority, 0.5, 1e-15);
  check_near(f[2].majority, (0.75 * 4 + 1.0 * 2) / 6, 1e-15); /* of each package's */
  aus_free(f);
}

/* The mean is that of the divisions alone; one package gives two equal lines. */
static void divisions(void **state)
{
  aus_match_held_out one = {.n = 4, .n_divisions = 1, .table = table, .y = y};
  aus_match_figures *f;
  double sum = 0.0, auc = 0.0;
  int64_t n;
  int k;

  (void)state;
  for (k = 0; k < DIVISIONS; k++) {
    one.p = p + k * ROWS;
    check_ok(aus_match_figures_make(&one, &f, &n, &err), &err);
    assert_int_equal(n, 2);
    assert_true(f[0].m.log_loss == f[1].m.log_loss && f[0].majority == f[1].majority);
    check_near(f[0].m.log_loss, loss(given[k], 4), 1e-12);
    sum += f[0].m.log_loss / DIVISIONS;
    auc += f[0].m.auc / DIVISIONS;
    aus_free(f);
  }
  check_ok(aus_match_figures_make(&held, &f, &n, &err), &err);
  assert_true(f[0].m.log_loss == sum && f[0].m.auc == auc);
  aus_free(f);
}

static void no_rows(void **state)
{
  const aus_match_held_out none = {.n_divisions = 3};
  aus_match_calibration_bin bin[AUS_MATCH_CALIBRATION_BINS];
  aus_match_figures *f;
  int64_t n;
  int b;

  (void)state;
  check_ok(aus_match_figures_make(&none, &f, &n, &err), &err);
  assert_null(f);
  assert_int_equal(n, 0);
  aus_match_calibration_bins(&none, bin);
  for (b = 0; b < AUS_MATCH_CALIBRATION_BINS; b++)
    assert_true(bin[b].n == 0.0 && isnan(bin[b].p) && isnan(bin[b].success));
}

/* A row at an edge belongs to the bin above, 1 to the last. */
static void bins(void **state)
{
  const double at[DIVISIONS * ROWS] = {0.0, 0.1, 1.0, 0.05, 0.95, 0.5,
                                       0.0, 0.1, 1.0, 0.05, 0.95, 0.0625};
  const aus_match_held_out h = {
      .n = ROWS, .n_divisions = DIVISIONS, .table = table, .y = y, .p = at};
  aus_match_calibration_bin bin[AUS_MATCH_CALIBRATION_BINS];
  int b;

  (void)state;
  aus_match_calibration_bins(&h, bin);
  check_near(bin[0].n, 2.5, 1e-15); /* 0 and 0.05 twice, 0.0625 once */
  check_near(bin[0].p, (0.1 + 0.0625) / 5, 1e-15);
  check_near(bin[0].success, 2.0 / 5, 1e-15);
  check_near(bin[1].n, 1.0, 1e-15);
  check_near(bin[1].p, 0.1, 1e-15);
  check_near(bin[1].success, 1.0, 1e-15);
  check_near(bin[5].n, 0.5, 1e-15);
  check_near(bin[5].p, 0.5, 1e-15);
  check_near(bin[5].success, 0.0, 1e-15);
  check_near(bin[9].n, 2.0, 1e-15);
  check_near(bin[9].p, (1.0 + 0.95) / 2, 1e-15);
  check_near(bin[9].success, 0.5, 1e-15);
  for (b = 0; b < AUS_MATCH_CALIBRATION_BINS; b++)
    if (b > 1 && b != 5 && b != 9) assert_true(bin[b].n == 0.0 && isnan(bin[b].p));
}

static void bad_input(void **state)
{
  const int32_t back[2] = {3, 1};
  const double beyond[2] = {0.5, 1.5};
  const uint8_t class[2] = {0, 2};
  aus_match_held_out h = {.n = 2, .table = table, .y = y, .p = p};
  aus_match_figures *f;
  int64_t n;

  (void)state;
  check_fails(aus_match_figures_make(&h, &f, &n, &err), AUS_EINVAL, "0 divisions into folds", &err);
  h.n_divisions = 1;
  h.table = back;
  check_fails(aus_match_figures_make(&h, &f, &n, &err), AUS_EINVAL, "row 1: package 1 behind 3",
              &err);
  h.table = table;
  h.p = beyond;
  check_fails(aus_match_figures_make(&h, &f, &n, &err), AUS_ENUMERIC,
              "package 2: row 1: 1.5 is no probability", &err);
  h.p = p;
  h.y = class;
  check_fails(aus_match_figures_make(&h, &f, &n, &err), AUS_EINVAL,
              "package 2: row 1 has class 2, need 0 or 1", &err);
  assert_null(f);
  assert_int_equal(n, 0);
}

static void out_of_memory(void **state)
{
  int64_t live = aus_alloc_live(), n, i;
  aus_match_figures *f;
  int rc = AUS_ENOMEM;

  (void)state;
  for (i = 0; rc != AUS_OK && i < 100; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_match_figures_make(&held, &f, &n, &err);
    if (rc == AUS_OK) break;
    assert_int_equal(rc, AUS_ENOMEM);
    assert_null(f);
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
  aus_free(f);
#ifndef NDEBUG
  assert_int_equal(i, 7); /* the lines, and a list to rank per division of each */
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(by_hand),   cmocka_unit_test(one_class),     cmocka_unit_test(all_together),
      cmocka_unit_test(divisions), cmocka_unit_test(no_rows),       cmocka_unit_test(bins),
      cmocka_unit_test(bad_input), cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
