/* serverless_mode.c - the keys `mode` and `defects`.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include "serverless/mode.h"

static aus_err err;

/* clang-format off */
static const aus_opt opts[] = {AUS_SERVERLESS_MODE_OPTS, {0}};
/* clang-format on */

#define ALL  (AUS_SERVERLESS_COMPAT | AUS_SERVERLESS_STUDY_SWITCHES)
#define D(n) AUS_SERVERLESS_D(n)

/* Read a document; `problem` is its only problem, NULL: none. */
static uint64_t read_mode(const char *text, uint64_t known, const char *problem)
{
  const aus_opt *const tables[] = {opts};
  aus_cfg *cfg;
  aus_cfg_node *root;
  aus_opts *o;
  uint64_t defects = 1;

  check_ok(aus_cfg_create(&cfg, &err), &err);
  check_ok(aus_cfg_parse(cfg, "x", text, strlen(text), &root, &err), &err);
  check_ok(aus_opts_read(&o, cfg, root, tables, 1, &err), &err);
  aus_serverless_mode_read(o, cfg, known, &defects);
  if (problem) {
    assert_int_equal(aus_cfg_n_problems(cfg), 1);
    assert_string_equal(aus_cfg_problem_text(cfg, 0), problem);
  } else if (aus_cfg_n_problems(cfg) > 0) {
    fail_msg("%s: %s", text, aus_cfg_problem_text(cfg, 0));
  }
  aus_opts_destroy(o);
  aus_cfg_destroy(cfg);
  return defects;
}

static void modes(void **state)
{
  (void)state;
  assert_true(read_mode("{}", ALL, NULL) == 0);
  assert_true(read_mode("{mode: clean}", ALL, NULL) == 0);
  assert_true(read_mode("{mode: compat}", ALL, NULL) == ALL);
  assert_true(read_mode("{mode: compat}", AUS_SERVERLESS_COMPAT, NULL) == AUS_SERVERLESS_COMPAT);
  assert_true(read_mode("{mode: compat, defects: []}", ALL, NULL) == ALL);
}

static void single_defects(void **state)
{
  (void)state;
  assert_true(read_mode("{defects: [D3, D33]}", ALL, NULL) == (D(3) | D(33)));
  assert_true(read_mode("{defects: [-D6]}", ALL, NULL) == 0);
  assert_true(read_mode("{mode: compat, defects: [-D3, -D20]}", ALL, NULL) ==
              (ALL & ~(D(3) | D(20))));
  assert_true(read_mode("{defects: [D19, D20, D22, D23, D24, D26, D27, D29]}", ALL, NULL) ==
              AUS_SERVERLESS_STUDY_SWITCHES);
  assert_true(read_mode("{defects: [D2, D6, D12, D15, D17]}", ALL, NULL) ==
              (D(2) | D(6) | D(12) | D(15) | D(17)));
}

static void refused(void **state)
{
  (void)state;
  read_mode("{mode: dirty}", ALL, "x:1:8: mode is dirty, need one of compat, clean");
  read_mode("{defects: [D3, D333]}", ALL,
            "x:1:16: defects: unknown defect \"D333\"; did you mean \"D33\"?");
  read_mode("{defects: [3]}", ALL, "x:1:12: defects: unknown defect \"3\"; did you mean \"D3\"?");
  read_mode("{defects: [-x]}", ALL, "x:1:12: defects: unknown defect \"x\"");
  read_mode("{defects: [D10]}", ALL,
            "x:1:12: defects: D10 is no switch: a full storage gives way to the remote one");
  read_mode("{defects: [D20]}", AUS_SERVERLESS_COMPAT,
            "x:1:12: defects: D20 is a switch of the study, not of the simulator");
  read_mode("{defects: [D3, -D3]}", ALL, "x:1:16: defects: D3 is named twice");
  read_mode("{defects: {D3: 1}}", ALL, "x:1:11: defects must be a list such as [D3, -D6]");
  read_mode("{defects: [D2]}", ALL, "x:1:11: defects: D6 cannot be cleared while D2 is set");
  read_mode("{mode: compat, defects: [-D17]}", ALL,
            "x:1:25: defects: D17 cannot be cleared while D2 is set");
}

/* Every defect of the list is a switch or says what we do instead. */
static void every_defect(void **state)
{
  char text[40];
  int i;

  (void)state;
  for (i = 1; i <= 34; i++) {
    aus_cfg *cfg;
    aus_cfg_node *root;
    aus_opts *o;
    const aus_opt *const tables[] = {opts};
    uint64_t defects;
    bool is_switch = (ALL & D(i)) != 0 && i != 2;

    snprintf(text, sizeof text, "{defects: [D%d]}", i);
    check_ok(aus_cfg_create(&cfg, &err), &err);
    check_ok(aus_cfg_parse(cfg, "x", text, strlen(text), &root, &err), &err);
    check_ok(aus_opts_read(&o, cfg, root, tables, 1, &err), &err);
    aus_serverless_mode_read(o, cfg, ALL, &defects);
    assert_int_equal(aus_cfg_n_problems(cfg), is_switch ? 0 : 1);
    if (is_switch)
      assert_true(defects == D(i));
    else if (i != 2)
      assert_non_null(strstr(aus_cfg_problem_text(cfg, 0), "is no switch"));
    aus_opts_destroy(o);
    aus_cfg_destroy(cfg);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(modes),
      cmocka_unit_test(single_defects),
      cmocka_unit_test(refused),
      cmocka_unit_test(every_defect),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
