/* study_outline.c - what a study is going to do: values of parameters, parts, the points as text.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include "study/outline.h"

static void levels(void **state)
{
  static const struct {
    aus_param p;
    int64_t want;
  } cases[] = {
      {{.kind = AUS_P_REAL, .lower = 0, .upper = 1}, 0},
      {{.kind = AUS_P_REAL, .lower = 1, .upper = 1}, 1},
      {{.kind = AUS_P_LOG, .lower = 1, .upper = 10}, 0},
      {{.kind = AUS_P_FIXED, .lower = 3}, 1},
      {{.kind = AUS_P_INT, .lower = -1, .upper = 3}, 5},
      {{.kind = AUS_P_INT, .lower = 6, .upper = 14, .step = 2}, 5},
      {{.kind = AUS_P_CATEGORY, .lower = 0, .upper = 2}, 3},
      {{.kind = AUS_P_STEP, .lower = 50, .upper = 200, .step = 25}, 7},
      {{.kind = AUS_P_STEP, .lower = 0, .upper = 1, .step = 0.3}, 4},
      {{.kind = AUS_P_STEP, .lower = 0.3, .upper = 0.7, .step = 0.1}, 5},
      {{.kind = AUS_P_SHARE, .lower = 0.1, .upper = 0.3, .step = 0.1}, 3},
      {{.kind = AUS_P_SHARE, .lower = 0, .upper = 1, .step = 0}, 0},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_int_equal(aus_outline_levels(&cases[i].p), cases[i].want);
}

/* The same count as the space itself has, for every kind with a grid. */
static void levels_agree_with_the_space(void **state)
{
  const aus_param p[] = {
      {.name = "a",
       .unit = "1",
       .kind = AUS_P_STEP,
       .lower = 0.3,
       .upper = 0.7,
       .step = 0.1,
       .group = -1},
      {.name = "b",
       .unit = "1",
       .kind = AUS_P_INT,
       .lower = 6,
       .upper = 15,
       .step = 2,
       .group = -1},
      {.name = "c", .unit = "1", .kind = AUS_P_CATEGORY, .lower = 0, .upper = 4, .group = -1},
      {.name = "d", .unit = "1", .kind = AUS_P_FIXED, .lower = 4, .group = -1},
  };
  aus_space *s;
  aus_err err;
  int64_t n = 1;
  int i;

  (void)state;
  check_ok(aus_space_create(&s, 4, p, &err), &err);
  for (i = 0; i < 4; i++)
    n *= aus_outline_levels(&p[i]);
  assert_int_equal(n, 125);
  assert_int_equal(aus_space_count(s), n);
  aus_space_destroy(s);
}

static void points_as_text(void **state)
{
  double unit[] = {0.1, 0.5, 1.0 / 3, 1}, value[] = {10, 0.25, 7, 20, 1e-20, 7};
  aus_param p[] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
  const char *names[] = {"a", "b"};
  aus_outline o = {.n_params = 3,
                   .param = p,
                   .unit_name = names,
                   .design = {.n = 2, .n_unit = 2, .n_value = 3, .unit = unit, .value = value}};
  aus_buf b;

  (void)state;
  aus_buf_init(&b);
  aus_outline_csv(&o, &b);
  assert_string_equal(b.data, "point,a,b,c,unit_a,unit_b\n0,10,0.25,7,0.1,0.5\n"
                              "1,20,1e-20,7,0.3333333333333333,1\n");
  aus_buf_fini(&b);
}

static void parts(void **state)
{
  aus_outline o = {0};
  aus_err err;
  int i;

  (void)state;
  aus_alloc_fail_at(0);
  aus_err_clear(&err);
  assert_int_equal(aus_outline_add(&o, (aus_outline_part){.most = 1}, &err), AUS_ENOMEM);
  aus_alloc_fail_at(-1);
  assert_int_equal(o.n_parts, 0);
  for (i = 0; i < 100; i++)
    check_ok(aus_outline_add(&o, (aus_outline_part){.least = i, .most = 2 * i}, &err), &err);
  assert_int_equal(o.n_parts, 100);
  assert_int_equal(o.part[99].most, 198);
  aus_outline_fini(&o);
  assert_int_equal(o.n_parts, 0);
  assert_null(o.part);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(levels),
      cmocka_unit_test(levels_agree_with_the_space),
      cmocka_unit_test(points_as_text),
      cmocka_unit_test(parts),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
