/* study_sensitivity.c - indices of several results: what is made, printed, planned.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include "study/sensitivity.h"

static aus_err err;

enum { N = 4, D = 2, ROWS = N * (D + 2) };
static double unit[ROWS * D], linear[ROWS], broken[ROWS];
static const char *const x_name[] = {"nodes", "load"};
static const aus_sensitivity_y results[] = {{"time", "s", 1, linear},
                                            {"energy", "kWh", 3.6e6, broken}};

/* A design, a result 10 x0 without a failure, and one of failures only. */
static aus_sensitivity_in make_input(aus_design_kind kind)
{
  int64_t i, rows = aus_design_rows(kind, N, D);

  check_ok(aus_design_unit(kind, N, D, 3, 0, unit, &err), &err);
  for (i = 0; i < rows; i++) {
    linear[i] = 10 * unit[i * D];
    broken[i] = (double)NAN;
  }
  return (aus_sensitivity_in){.kind = kind,
                              .n = N,
                              .d = D,
                              .x_name = x_name,
                              .unit = unit,
                              .n_y = 2,
                              .y = results,
                              .seed = 3};
}

static void check_text(const aus_sensitivity *s, int y, const char *want)
{
  aus_buf b;

  aus_buf_init(&b);
  aus_sensitivity_report(s, y, &b);
  check_ok(aus_buf_check(&b, &err), &err);
  assert_string_equal(b.data ? b.data : "", want);
  aus_buf_fini(&b);
}

static void effects(void **state)
{
  aus_sensitivity_in in = make_input(AUS_DESIGN_MORRIS);
  aus_sensitivity s;

  (void)state;
  check_ok(aus_sensitivity_make(&s, &in, &err), &err);
  assert_int_equal(s.n_y, 2);
  check_near(s.sens[0].mu_star[0], 10, 1e-12);
  check_text(
      &s, 0,
      "\nsensitivity of time                                     mu      mu_conf      mu_star"
      " mu_star_conf        sigma"
      "\nnodes                                              10.0000       0.0000      10.0000"
      "       0.0000       0.0000"
      "\nload                                                0.0000       0.0000       0.0000"
      "       0.0000       0.0000"
      "\n8 used, 0 dropped because of failed trials\n");
  check_text(
      &s, 1,
      "\nsensitivity of energy                                   mu      mu_conf      mu_star"
      " mu_star_conf        sigma"
      "\nnodes                                                    -            -            -"
      "            -            -"
      "\nload                                                     -            -            -"
      "            -            -"
      "\n0 used, 8 dropped because of failed trials\n");
  check_text(&s, 2, "");
  check_text(&s, -1, "");
  aus_sensitivity_fini(&s);
}

static void indices(void **state)
{
  aus_sensitivity_in in = make_input(AUS_DESIGN_SALTELLI);
  aus_sensitivity s;
  aus_sens t;

  (void)state;
  check_ok(aus_sensitivity_make(&s, &in, &err), &err);
  check_ok(aus_sens_saltelli(&t, N, D, linear, 3, 0, 0, &err), &err);
  assert_memory_equal(s.sens[0].s1, t.s1, D * sizeof *t.s1);
  assert_memory_equal(s.sens[0].st_conf, t.st_conf, D * sizeof *t.s1);
  assert_true(t.st[1] == 0 && t.s1[1] == 0); /* load changes nothing */
  assert_int_equal(s.sens[1].n_dropped, N);
  assert_string_equal(s.x_name[1], "load");
  aus_sens_fini(&t);
  aus_sensitivity_fini(&s);
}

static void other_designs(void **state)
{
  static const aus_column s1 = AUS_COLUMN("S1", AUS_F64, "1", 1, "a dataset of the same name");
  aus_sensitivity_in in = make_input(AUS_DESIGN_LHS);
  aus_sensitivity s;
  aus_pub *pub;

  (void)state;
  check_ok(aus_sensitivity_make(&s, &in, &err), &err);
  assert_int_equal(s.n_y, 0);
  check_text(&s, 0, "");
  check_ok(aus_pub_create(&pub, &err), &err);
  check_ok(aus_sensitivity_publish(&s, pub, &err), &err);
  check_ok(aus_pub_column(pub, "sensitivity/time", &s1, D, unit, &err), &err); /* not taken */
  aus_pub_destroy(pub);
  aus_sensitivity_fini(&s);
  in = make_input(AUS_DESIGN_SALTELLI);
  check_ok(aus_sensitivity_make(&s, &in, &err), &err);
  check_ok(aus_pub_create(&pub, &err), &err);
  check_ok(aus_sensitivity_publish(&s, pub, &err), &err);
  check_fails(aus_pub_column(pub, "sensitivity/time", &s1, D, unit, &err), AUS_EINVAL, "S1", &err);
  aus_pub_destroy(pub);
  aus_sensitivity_fini(&s);
}

static void out_of_memory(void **state)
{
  static const aus_design_kind kinds[] = {AUS_DESIGN_MORRIS, AUS_DESIGN_SALTELLI};
  int64_t live = aus_alloc_live(), i;
  aus_sensitivity_in in;
  aus_sensitivity s;
  aus_pub *pub;
  int rc = AUS_OK, k;

  (void)state;
  for (k = 0; k < 2; k++) {
    in = make_input(kinds[k]);
    for (i = 0; i < 1000; i++) {
      aus_alloc_fail_at(i);
      aus_err_clear(&err);
      rc = aus_sensitivity_make(&s, &in, &err);
      pub = NULL;
      if (rc == AUS_OK) rc = aus_pub_create(&pub, &err);
      if (rc == AUS_OK) rc = aus_sensitivity_publish(&s, pub, &err);
      aus_pub_destroy(pub);
      aus_sensitivity_fini(&s);
      assert_int_equal(aus_alloc_live(), live);
      if (!aus_alloc_failed()) break;
      assert_int_equal(rc, AUS_ENOMEM);
    }
    aus_alloc_fail_at(-1);
    assert_true(i > 20);
    assert_int_equal(rc, AUS_OK);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(effects),
      cmocka_unit_test(indices),
      cmocka_unit_test(other_designs),
      cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
