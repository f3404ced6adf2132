/* gpuqueue_classes.c - figures by hand, draws of blocks, costs of thresholds.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/classes.h"
#include "gpuqueue/curve.h"
#include "unit/check.h"

static aus_err err;

static const aus_gpuqueue_class_conf plain = {
    .n_nodes = 8, .n_block = 1, .n_draws = 2000, .seed = 7};

static void loads(void **state)
{
  (void)state;
  assert_int_equal(aus_gpuqueue_load_of(-172800), AUS_GPUQUEUE_LIGHT);
  assert_int_equal(aus_gpuqueue_load_of(7200), AUS_GPUQUEUE_LIGHT);
  assert_int_equal(aus_gpuqueue_load_of(7201), AUS_GPUQUEUE_MEDIUM);
  assert_int_equal(aus_gpuqueue_load_of(43200), AUS_GPUQUEUE_MEDIUM);
  assert_int_equal(aus_gpuqueue_load_of(43201), AUS_GPUQUEUE_HEAVY);
  assert_string_equal(aus_gpuqueue_load_names[AUS_GPUQUEUE_HEAVY], "heavy");
}

/* light, light, medium, medium, heavy, light */
static const int64_t reactive[6] = {3600, 7200, 7201, 43200, 43201, -3600};
static const int64_t reward[6] = {0, 3600, 3600, -7200, 36000, -1800};

static void by_hand(void **state)
{
  aus_gpuqueue_class c[AUS_GPUQUEUE_N_LOADS];

  (void)state;
  check_ok(aus_gpuqueue_classes(&plain, 6, reward, reactive, NULL, NULL, c, &err), &err);
  assert_int_equal(c[AUS_GPUQUEUE_LIGHT].n, 3);
  assert_int_equal(c[AUS_GPUQUEUE_MEDIUM].n, 2);
  assert_int_equal(c[AUS_GPUQUEUE_HEAVY].n, 1);
  assert_int_equal(c[AUS_GPUQUEUE_ALL_LOADS].n, 6);
  check_near(c[AUS_GPUQUEUE_LIGHT].interruption_mean_h, 1.0 / 3.0, 1e-15);
  check_near(c[AUS_GPUQUEUE_LIGHT].interruption_median_h, 0.0, 0.0);
  check_near(c[AUS_GPUQUEUE_LIGHT].overlap_mean_h, 0.5 / 3.0, 1e-15);
  check_near(c[AUS_GPUQUEUE_LIGHT].zero_frac, 2.0 / 3.0, 1e-15);
  check_near(c[AUS_GPUQUEUE_LIGHT].reduction_frac, 2.0 / 3.0, 1e-15);
  check_near(c[AUS_GPUQUEUE_LIGHT].wasted_node_h, 4.0 / 3.0, 1e-15);
  check_near(c[AUS_GPUQUEUE_ALL_LOADS].interruption_mean_h, 2.0, 1e-15);
  check_near(c[AUS_GPUQUEUE_ALL_LOADS].interruption_median_h, 0.5, 1e-15);
  check_near(c[AUS_GPUQUEUE_ALL_LOADS].zero_frac, 0.5, 1e-15);
  check_near(c[AUS_GPUQUEUE_ALL_LOADS].reduction_frac, 1.0 - 43200.0 / 104402.0, 1e-15);
  check_near(c[AUS_GPUQUEUE_HEAVY].interruption.lo, 10.0, 1e-15); /* one window: nothing to draw */
  check_near(c[AUS_GPUQUEUE_HEAVY].interruption.hi, 10.0, 1e-15);
}

static void left_out(void **state)
{
  static const bool use[6] = {true, false, true, true, false, false};
  aus_gpuqueue_class c[AUS_GPUQUEUE_N_LOADS];

  (void)state;
  check_ok(aus_gpuqueue_classes(&plain, 6, reward, reactive, NULL, use, c, &err), &err);
  assert_int_equal(c[AUS_GPUQUEUE_ALL_LOADS].n, 3);
  check_near(c[AUS_GPUQUEUE_ALL_LOADS].interruption_mean_h, 1.0 / 3.0, 1e-15);
  assert_int_equal(c[AUS_GPUQUEUE_HEAVY].n, 0);
  assert_true(isnan(c[AUS_GPUQUEUE_HEAVY].interruption_mean_h));
  assert_true(isnan(c[AUS_GPUQUEUE_HEAVY].interruption_median_h));
  assert_true(isnan(c[AUS_GPUQUEUE_HEAVY].zero_frac));
  assert_true(isnan(c[AUS_GPUQUEUE_HEAVY].against.lo));
  assert_true(isnan(c[AUS_GPUQUEUE_HEAVY].reduction.hi));
}

/* No interruption of the reactive policy: nothing that could be reduced. */
static void nothing_to_reduce(void **state)
{
  static const int64_t none[2] = {0, -60}, mine[2] = {60, 60};
  aus_gpuqueue_class c[AUS_GPUQUEUE_N_LOADS];

  (void)state;
  check_ok(aus_gpuqueue_classes(&plain, 2, mine, none, NULL, NULL, c, &err), &err);
  assert_true(isnan(c[AUS_GPUQUEUE_LIGHT].reduction_frac));
  assert_true(isnan(c[AUS_GPUQUEUE_LIGHT].reduction.lo));
  check_near(c[AUS_GPUQUEUE_LIGHT].against.lo, 1.0 / 60.0, 1e-15);
}

/* Two blocks of two windows, means 1 h and 3 h: a draw is 1, 2 or 3 h (1/4, 1/2, 1/4). */
static void two_blocks(void **state)
{
  static const int64_t mine[4] = {0, 7200, 3600, 18000}, base[4] = {3600, 3600, 7200, 7200};
  aus_gpuqueue_class_conf conf = plain;
  aus_gpuqueue_class c[AUS_GPUQUEUE_N_LOADS], d[AUS_GPUQUEUE_N_LOADS];

  (void)state;
  conf.n_block = 2;
  check_ok(aus_gpuqueue_classes(&conf, 4, mine, base, NULL, NULL, c, &err), &err);
  check_near(c[AUS_GPUQUEUE_LIGHT].interruption.lo, 1.0, 1e-15);
  check_near(c[AUS_GPUQUEUE_LIGHT].interruption.hi, 3.0, 1e-15);
  check_near(c[AUS_GPUQUEUE_LIGHT].reduction.lo, -0.5, 1e-15); /* 3 against 2 */
  check_near(c[AUS_GPUQUEUE_LIGHT].reduction.hi, 0.0, 1e-15);  /* 1 against 1 */
  check_near(c[AUS_GPUQUEUE_LIGHT].against.hi, 1.0, 1e-15);
  check_ok(aus_gpuqueue_classes(&conf, 4, mine, base, mine, NULL, d, &err), &err);
  check_near(d[AUS_GPUQUEUE_LIGHT].against.lo, 0.0, 0.0); /* paired: no difference from itself */
  check_near(d[AUS_GPUQUEUE_LIGHT].against.hi, 0.0, 0.0);
  conf.n_block = 4; /* one block: always the same */
  check_ok(aus_gpuqueue_classes(&conf, 4, mine, base, NULL, NULL, c, &err), &err);
  check_near(c[AUS_GPUQUEUE_LIGHT].interruption.lo, 2.0, 1e-15);
  check_near(c[AUS_GPUQUEUE_LIGHT].interruption.hi, 2.0, 1e-15);
}

/* 400 independent windows of 0 or 2 h: the mean has the standard error 1/20; 95 % are 1 -+ 0.098. The ends of an
 * interval from 2000 draws spread by about 0.004; bound: 4 of them. */
static void width(void **state)
{
  int64_t mine[400], base[400];
  aus_gpuqueue_class_conf conf = plain;
  aus_gpuqueue_class c[AUS_GPUQUEUE_N_LOADS], d[AUS_GPUQUEUE_N_LOADS];
  int i;

  (void)state;
  for (i = 0; i < 400; i++) {
    mine[i] = i % 2 ? 7200 : 0;
    base[i] = 3600;
  }
  check_ok(aus_gpuqueue_classes(&conf, 400, mine, base, NULL, NULL, c, &err), &err);
  check_near(c[AUS_GPUQUEUE_ALL_LOADS].interruption.lo, 0.902, 0.016);
  check_near(c[AUS_GPUQUEUE_ALL_LOADS].interruption.hi, 1.098, 0.016);
  check_ok(aus_gpuqueue_classes(&conf, 400, mine, base, NULL, NULL, d, &err), &err);
  assert_memory_equal(&c[AUS_GPUQUEUE_ALL_LOADS], &d[AUS_GPUQUEUE_ALL_LOADS], sizeof c[0]);
  conf.seed++;
  check_ok(aus_gpuqueue_classes(&conf, 400, mine, base, NULL, NULL, d, &err), &err);
  assert_memory_not_equal(&c[AUS_GPUQUEUE_ALL_LOADS], &d[AUS_GPUQUEUE_ALL_LOADS], sizeof c[0]);
}

static void bad_classes(void **state)
{
  aus_gpuqueue_class_conf conf = plain;
  aus_gpuqueue_class c[AUS_GPUQUEUE_N_LOADS];
  int64_t live = aus_alloc_live(), i;
  int rc = AUS_ENOMEM;

  (void)state;
  check_fails(aus_gpuqueue_classes(&conf, 0, reward, reactive, NULL, NULL, c, &err), AUS_EINVAL,
              "classes of 0 windows, blocks of 1, 2000 draws, 8 nodes", &err);
  conf.n_block = 0;
  check_fails(aus_gpuqueue_classes(&conf, 6, reward, reactive, NULL, NULL, c, &err), AUS_EINVAL,
              "blocks of 0", &err);
  for (i = 0; rc != AUS_OK; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_gpuqueue_classes(&plain, 6, reward, reactive, NULL, NULL, c, &err);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_true(i > 3);
}

/* Two windows of 3 and 2 questions. */
static int64_t offset[3] = {0, 3, 5};
static double expected[5] = {-5.0, -0.4, 1.0, -0.6, (double)NAN};
static int64_t rewards[5] = {-36000, -1800, 7200, -3600, 3600};

static void costs(void **state)
{
  aus_gpuqueue_survey s = {.n = 2, .offset = offset, .expected_h = expected, .reward_s = rewards};
  static const double threshold[4] = {-9.0, -1.0, -0.5, 2.0};
  aus_gpuqueue_cost c = aus_gpuqueue_survey_cost(&s, -0.5);

  (void)state;
  assert_int_equal(aus_gpuqueue_survey_decides(&s, 0, -9.0), 0);
  assert_int_equal(aus_gpuqueue_survey_decides(&s, 0, -0.4), 1); /* equal is enough */
  assert_int_equal(aus_gpuqueue_survey_decides(&s, 0, 2.0), 2);
  assert_int_equal(aus_gpuqueue_survey_decides(&s, 1, -0.5), 4);
  check_near(c.interruption_h, 0.5, 1e-15); /* -0.5 h and 1 h */
  check_near(c.overlap_h, 0.25, 1e-15);
  check_near(c.zero_frac, 0.5, 0.0);
  c = aus_gpuqueue_survey_choose(&s, 4, threshold, 1.0);
  check_near(c.threshold_h, -1.0, 0.0); /* -0.5 h and -1 h: no interruption, overlap 0.75 h */
  check_near(c.overlap_h, 0.75, 1e-15);
  c = aus_gpuqueue_survey_choose(&s, 4, threshold, 0.5);
  check_near(c.threshold_h, -0.5, 0.0);
  c = aus_gpuqueue_survey_choose(&s, 2, threshold, 0.5); /* none keeps to it: least overlap */
  check_near(c.threshold_h, -1.0, 0.0);
  s.n = 0;
  assert_true(isnan(aus_gpuqueue_survey_cost(&s, 0.0).interruption_h));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(loads),       cmocka_unit_test(by_hand),
      cmocka_unit_test(left_out),    cmocka_unit_test(nothing_to_reduce),
      cmocka_unit_test(two_blocks),  cmocka_unit_test(width),
      cmocka_unit_test(bad_classes), cmocka_unit_test(costs),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
