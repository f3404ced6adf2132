/* match_select.c - tests of match/expr and select: values by hand, refusals, the worked example of the area.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/select.h"

#include "unit/check.h"

static aus_match_value number(double x)
{
  return (aus_match_value){.kind = AUS_MATCH_NUMBER, .x = x};
}

/* x = 3, name = "intel", nothing else is there. */
static const char *run(const char *text, aus_match_value *out)
{
  aus_err err = {0};
  aus_match_expr *e;
  aus_match_value value[8] = {{.kind = AUS_MATCH_NONE}};
  static char kept[64];
  const char *why;
  int i;

  check_ok(aus_match_expr_parse(&e, text, &err), &err);
  for (i = 0; i < aus_match_expr_n_names(e); i++) {
    if (strcmp(aus_match_expr_name(e, i), "x") == 0) value[i] = number(3);
    if (strcmp(aus_match_expr_name(e, i), "name") == 0)
      value[i] = (aus_match_value){.kind = AUS_MATCH_TEXT, .text = "intel"};
  }
  why = aus_match_expr_eval(e, value, out);
  if (!why && out->kind == AUS_MATCH_TEXT) {
    snprintf(kept, sizeof kept, "%s", out->text);
    out->text = kept;
  }
  aus_match_expr_destroy(e);
  return why;
}

static void values_by_hand(void **state)
{
  static const struct {
    const char *text;
    double want;
  } good[] = {
      {"1 + 2 * 3", 7},
      {"(1+2)*3", 9},
      {"2**3**2", 512},
      {"-2**2", -4},
      {"2**-1", 0.5},
      {"10 - 4 - 3", 3},
      {"7 % 4", 3},
      {"x/2", 1.5},
      {"x > 2 && x < 4", 1},
      {"x < 2 || x == 3", 1},
      {"!x", 0},
      {"!0", 1},
      {"x >= 3 == 1", 1},
      {"x != 3", 0},
      {"x > 2 ? 10 : 20", 10},
      {"0 ? 1 : 0 ? 2 : 3", 3},
      {"min(x, 2) + max(x, 5)", 7},
      {"abs(-x)", 3},
      {"floor(2.7) + ceil(2.1)", 5},
      {"log(exp(2))", 2},
      {"1e3", 1000},
      {".5", 0.5},
      {"name == 'intel'", 1},
      {"name != \"intel\"", 0},
      {"name == 3", 0},
      {"0 && gone", 0},
      {"1 || 1/0", 1},
      {"1 ? 2 : gone", 2},
      {"- - 3", 3},
      {"(40*(200*0.4)/60/60)", 40 * 80 / 3600.0},
  };
  aus_match_value v;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof good / sizeof *good; i++) {
    const char *why = run(good[i].text, &v);

    if (why) fail_msg("%s: %s", good[i].text, why);
    assert_int_equal(v.kind, AUS_MATCH_NUMBER);
    if (fabs(v.x - good[i].want) > 1e-12) fail_msg("%s = %g", good[i].text, v.x);
  }
  assert_null(run("x > 1 ? name : 'none'", &v));
  assert_string_equal(v.text, "intel");
}

static void no_value(void **state)
{
  static const struct {
    const char *text, *why;
  } bad[] = {
      {"1 / 0", "division by zero"},
      {"1 % (x - 3)", "division by zero"},
      {"gone + 1", "a name that is not there"},
      {"x && gone", "a name that is not there"},
      {"name + 1", "a text where a number is needed"},
      {"name < 'z'", "a text where a number is needed"},
      {"name ? 1 : 2", "a text where a number is needed"},
      {"log(0)", "the result is not finite"},
      {"exp(1000)", "the result is not finite"},
      {"(-1)**0.5", "the result is not finite"},
  };
  aus_match_value v;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    const char *why = run(bad[i].text, &v);

    if (!why) fail_msg("%s has a value", bad[i].text);
    assert_string_equal(why, bad[i].why);
  }
}

static void syntax_is_refused(void **state)
{
  static const struct {
    const char *text, *message;
  } bad[] = {
      {"", "expression \"\", character 1: something is missing"},
      {"1 +", "expression \"1 +\", character 4: something is missing"},
      {"(1", "expression \"(1\", character 3: expected \")\""},
      {"1 2", "expression \"1 2\", character 3: expected an operator"},
      {"1a", "expression \"1a\", character 2: text behind a number"},
      {"sin(1)", "expression \"sin(1)\", character 1: no such function"},
      {"min(1)", "expression \"min(1)\", character 6: expected \",\""},
      {"abs(1,2)", "expression \"abs(1,2)\", character 6: expected \")\""},
      {"a ? 1", "expression \"a ? 1\", character 6: expected \":\""},
      {"'a", "expression \"'a\", character 1: the quote is not closed"},
      {"a = 1", "expression \"a = 1\", character 3: expected an operator"},
      {"$x", "expression \"$x\", character 1: expected a number, a text or a name"},
      {"1e999", "expression \"1e999\", character 1: the number is too large"},
  };
  char deep[600], wide[4000];
  aus_err err = {0};
  aus_match_expr *e;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    aus_err_clear(&err);
    assert_int_equal(aus_match_expr_parse(&e, bad[i].text, &err), AUS_ECONFIG);
    assert_string_equal(err.text, bad[i].message);
    assert_null(e);
  }
  memset(deep, '(', sizeof deep);
  deep[sizeof deep - 1] = '\0';
  check_fails(aus_match_expr_parse(&e, deep, &err), AUS_ECONFIG, "expression", &err);
  /* a chain as long as the stack is deep */
  for (i = 0; i < sizeof wide; i++)
    wide[i] = i % 2 ? '+' : '1';
  wide[2001] = '\0';
  check_fails(aus_match_expr_parse(&e, wide, &err), AUS_ECONFIG, "expression", &err);
  wide[1999] = '\0';
  check_ok(aus_match_expr_parse(&e, wide, &err), &err);
  aus_match_expr_destroy(e);
}

/* A{nodes_free 2, cost 3, mem 200}, B{0, 1, 50}, C{5, 1, 400}, D without a state. */
static void clusters(aus_match_state *s)
{
  static const double value[3][3] = {{2, 3, 200}, {0, 1, 50}, {5, 1, 400}};
  static const char *const key[] = {"nodes_free", "cost", "mem"};
  aus_err err = {0};
  int c, k;

  check_ok(aus_match_state_make(s, 4, &err), &err);
  for (c = 0; c < 3; c++)
    for (k = 0; k < 3; k++)
      check_ok(aus_match_state_set(s, c, key[k], value[c][k], NULL, &err), &err);
}

static aus_match_choice choose(const char *rules, aus_match_state *s, const double *p)
{
  static const int64_t set[] = {0, 1, 2, 3};
  aus_err err = {0};
  aus_json *doc;
  aus_match_policy *policy;
  aus_match_choice choice;
  aus_match_state job;
  aus_rng rng = aus_rng_open(1, 0, 0, AUS_RNG_SELECTION);

  check_ok(aus_json_parse(&doc, "rules", rules, strlen(rules), &err), &err);
  check_ok(aus_match_policy_read(&policy, aus_json_root(doc), &err), &err);
  check_ok(aus_match_state_make(&job, 1, &err), &err);
  check_ok(aus_match_state_set(&job, 0, "seconds_per_gb", 0.4, NULL, &err), &err);
  check_ok(aus_match_state_set(&job, 0, "cost", 99, NULL, &err), &err);
  check_ok(aus_match_policy_select(policy, set, 4, s, &job, p, &rng, &choice, &err), &err);
  aus_match_state_fini(&job);
  aus_match_policy_destroy(policy);
  aus_json_destroy(doc);
  return choice;
}

static const char EXAMPLE[] = "[{\"priority\": 1, \"steps\": [{\"filter\": \"nodes_free > 0\"},"
                              "{\"calc\": \"build_cost=(cost*(mem*seconds_per_gb)/60/60)\"},"
                              "{\"sort_ascending\": \"build_cost\"}, {\"select\": \"first\"}]}]";

static void worked_example(void **state)
{
  aus_match_state s;
  aus_match_choice c;

  (void)state;
  clusters(&s);
  c = choose(EXAMPLE, &s, NULL);
  assert_int_equal(c.cluster, 2);
  assert_int_equal(c.n_dropped, 0);
  /* nothing stays behind */
  assert_int_equal(aus_match_state_get(&s, 2, "build_cost").kind, AUS_MATCH_NONE);
  /* A is left when C has no nodes any more; then nobody */
  assert_true(aus_match_consume(&s, 2, "nodes_free", 5));
  assert_int_equal(choose(EXAMPLE, &s, NULL).cluster, 0);
  assert_false(aus_match_consume(&s, 0, "nodes_free", 3));
  assert_true(aus_match_consume(&s, 0, "nodes_free", 2));
  assert_int_equal(choose(EXAMPLE, &s, NULL).cluster, -1);
  assert_false(aus_match_consume(&s, 0, "gone", 1));
  assert_false(aus_match_consume(&s, 3, "nodes_free", 1));
  aus_match_state_fini(&s);
}

static void rules_by_hand(void **state)
{
  static const double p[] = {0.1, 0.9, 0.5, 1.0};
  static const struct {
    const char *rules;
    int64_t want, n_dropped;
  } t[] = {
      /* stable, the other way round, missing last */
      {"[{\"priority\":1,\"steps\":[{\"sort_descending\":\"cost\"},{\"select\":\"first\"}]}]", 0,
       0},
      {"[{\"priority\":1,\"steps\":[{\"sort_ascending\":\"cost\"},{\"select\":\"first\"}]}]", 1, 0},
      {"[{\"priority\":1,\"steps\":[{\"sort_descending\":\"cost\"},{\"select\":\"last\"}]}]", 2, 0},
      {"[{\"priority\":1,\"steps\":[{\"sort_ascending\":\"gone\"},{\"select\":\"last\"}]}]", 2, 0},
      /* the first priority that ends with a cluster */
      {"[{\"priority\":2,\"steps\":[{\"select\":\"first\"}]},"
       "{\"priority\":1,\"steps\":[{\"filter\":\"cost > 5\"},{\"select\":\"first\"}]}]",
       0, 0},
      {"[{\"priority\":1,\"steps\":[{\"filter\":\"1\"}]}]", -1, 0},
      /* no value: the cluster is out */
      {"[{\"priority\":1,\"steps\":[{\"filter\":\"10 / nodes_free > 4\"},{\"select\":\"last\"}]}]",
       0, 1},
      {"[{\"priority\":1,\"steps\":[{\"filter\":\"gone > 4\"},{\"select\":\"last\"}]}]", -1, 3},
      /* built-in names; the cluster's cost goes before the job's */
      {"[{\"priority\":1,\"steps\":[{\"sort_descending\":\"p_success\"},{\"select\":\"first\"}]}]",
       1, 0},
      {"[{\"priority\":1,\"steps\":[{\"filter\":\"n_matched == 4\"},{\"select\":\"first\"}]}]", 0,
       0},
      {"[{\"priority\":1,\"steps\":[{\"filter\":\"cost == 99\"},{\"select\":\"first\"}]}]", -1, 0},
      /* defects of the studied system, by their numbers. 1: filter removed nothing */
      {"[{\"priority\":1,\"steps\":[{\"filter\":\"cost < 3\"},{\"select\":\"first\"}]}]", 1, 0},
      /* 2: sorted the other way round, whole numbers only, among all clusters, and for nothing */
      {"[{\"priority\":1,\"steps\":[{\"calc\":\"f=1/"
       "mem\"},{\"sort_ascending\":\"f\"},{\"select\":\"first\"}]}]",
       2, 0},
      {"[{\"priority\":1,\"steps\":[{\"calc\":\"f=1/mem\"},{\"sort_descending\":\"f\"},{\"select\":"
       "\"first\"}]}]",
       1, 0},
      {"[{\"priority\":1,\"steps\":[{\"filter\":\"nodes_free > "
       "0\"},{\"sort_ascending\":\"mem\"},{\"select\":"
       "\"first\"}]}]",
       0, 0},
      /* 3: what one decision calculated stayed for the next */
      {"[{\"priority\":1,\"steps\":[{\"calc\":\"f=1\"},{\"filter\":\"0\"}]},"
       "{\"priority\":2,\"steps\":[{\"filter\":\"f == 1\"},{\"select\":\"first\"}]}]",
       -1, 3},
      {"[{\"priority\":1,\"steps\":[{\"filter\":\"f == 1\"},{\"select\":\"first\"}]}]", -1, 3},
  };
  aus_match_state s;
  size_t i;

  (void)state;
  clusters(&s);
  for (i = 0; i < sizeof t / sizeof *t; i++) {
    aus_match_choice c = choose(t[i].rules, &s, p);

    if (c.cluster != t[i].want || c.n_dropped != t[i].n_dropped)
      fail_msg("%s: %d, %d dropped", t[i].rules, (int)c.cluster, (int)c.n_dropped);
  }
  aus_match_state_fini(&s);
}

static void random_is_of_the_stream(void **state)
{
  aus_match_state s;
  aus_match_choice a, b;

  (void)state;
  clusters(&s);
  a = choose("[{\"priority\":1,\"steps\":[{\"select\":\"random\"}]}]", &s, NULL);
  b = choose("[{\"priority\":1,\"steps\":[{\"select\":\"random\"}]}]", &s, NULL);
  assert_int_equal(a.cluster, b.cluster);
  assert_true(a.cluster >= 0 && a.cluster < 3);
  aus_match_state_fini(&s);
}

static void bad_rules(void **state)
{
  static const struct {
    const char *rules, *message;
  } bad[] = {
      {"{}", "constraint: expected a list of priorities"},
      {"[]", "constraint: expected a list of priorities"},
      {"[{\"steps\":[]}]", "constraint[0]: no number \"priority\""},
      {"[{\"priority\":1}]", "constraint[0]: no list \"steps\""},
      {"[{\"priority\":1,\"steps\":[{\"select\":\"best\"}]}]",
       "constraint[0]: step 1: select is \"best\", expected first, last or random"},
      {"[{\"priority\":1,\"steps\":[{\"calc\":\"a==1\"}]}]",
       "constraint[0]: step 1: calc \"a==1\", expected name=expression"},
      {"[{\"priority\":1,\"steps\":[{\"filter\":\"a >\"}]}]",
       "constraint[0]: step 1: expression \"a >\", character 4: something is missing"},
      {"[{\"priority\":1,\"steps\":[{\"drop\":\"a\"}]}]",
       "constraint[0]: step 1: expected one of filter, calc, sort_ascending, sort_descending, "
       "select "
       "with a text"},
      {"[{\"priority\":1,\"steps\":[{\"select\":\"last\"}]},{\"priority\":1,\"steps\":[{\"select\":"
       "\"last\"}]}]",
       "constraint: priority 1 twice"},
  };
  aus_err err = {0};
  aus_match_policy *policy;
  aus_json *doc;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    check_ok(aus_json_parse(&doc, "r", bad[i].rules, strlen(bad[i].rules), &err), &err);
    assert_int_equal(aus_match_policy_read(&policy, aus_json_root(doc), &err), AUS_ECONFIG);
    assert_string_equal(err.text, bad[i].message);
    aus_json_destroy(doc);
  }
}

static void states_are_read(void **state)
{
  const char *text = "{\"a\": 1, \"b\": \"x\", \"c\": 2, \"d\": 3, \"e\": 4, \"f\": 5, \"g\": 6, "
                     "\"h\": 7, \"i\": 8}";
  aus_err err = {0};
  aus_json *doc;
  aus_match_state s;

  (void)state;
  check_ok(aus_match_state_make(&s, 2, &err), &err);
  check_ok(aus_json_parse(&doc, "s", text, strlen(text), &err), &err);
  check_ok(aus_match_state_read(&s, 1, aus_json_root(doc), "state", &err), &err);
  assert_string_equal(aus_match_state_get(&s, 1, "b").text, "x");
  assert_true(aus_match_state_get(&s, 1, "i").x == 8);
  assert_int_equal(aus_match_state_get(&s, 0, "a").kind, AUS_MATCH_NONE);
  aus_json_destroy(doc);
  check_ok(aus_json_parse(&doc, "s", "{\"a\": [1]}", 10, &err), &err);
  check_fails(aus_match_state_read(&s, 1, aus_json_root(doc), "state", &err), AUS_EFORMAT,
              "state: \"a\" is neither a number nor a text", &err);
  check_fails(aus_match_state_read(&s, 1, aus_json_get(aus_json_root(doc), "a"), "state", &err),
              AUS_EFORMAT, "state is no object", &err);
  aus_json_destroy(doc);
  aus_match_state_fini(&s);
}

static int decide(const aus_json *doc, const aus_match_state *s, aus_err *err)
{
  static const int64_t set[] = {0, 1, 2, 3};
  int rc = AUS_OK;
  aus_match_policy *policy = NULL;
  aus_match_choice choice;

  AUS_TRY(aus_match_policy_read(&policy, aus_json_root(doc), err));
  AUS_TRY(aus_match_policy_select(policy, set, 4, s, NULL, NULL, NULL, &choice, err));
done:
  aus_match_policy_destroy(policy);
  return rc;
}

static void no_memory(void **state)
{
  aus_err err = {0};
  aus_match_state s;
  aus_json *doc;
  int64_t n, live;
  int rc = AUS_ENOMEM;

  (void)state;
  clusters(&s);
  check_ok(aus_json_parse(&doc, "r", EXAMPLE, strlen(EXAMPLE), &err), &err);
  live = aus_alloc_live();
  for (n = 0; rc != AUS_OK; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = decide(doc, &s, &err);
    assert_true(rc == AUS_OK || rc == AUS_ENOMEM);
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_true(n > 20);
  aus_json_destroy(doc);
  aus_match_state_fini(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_by_hand),    cmocka_unit_test(no_value),
      cmocka_unit_test(syntax_is_refused), cmocka_unit_test(worked_example),
      cmocka_unit_test(rules_by_hand),     cmocka_unit_test(random_is_of_the_stream),
      cmocka_unit_test(bad_rules),         cmocka_unit_test(states_are_read),
      cmocka_unit_test(no_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
