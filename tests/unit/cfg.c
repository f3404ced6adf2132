/* cfg.c - configuration trees: both formats, places, every kind of problem, overrides, canonical text.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "util/cfg.h"

#define NONE INFINITY

static aus_cfg *cfg;
static aus_cfg_node *root;
static aus_err err;

static int start(void **state)
{
  (void)state;
  root = NULL;
  aus_err_clear(&err);
  return aus_cfg_create(&cfg, &err);
}

static int stop(void **state)
{
  (void)state;
  aus_cfg_destroy(cfg);
  cfg = NULL;
  return aus_alloc_live() == 0 ? 0 : -1;
}

static void parse(const char *text)
{
  check_ok(aus_cfg_parse(cfg, "f.json", text, strlen(text), &root, &err), &err);
  assert_non_null(root);
}

static void refused(const char *text, const char *message)
{
  aus_cfg_node *node = (aus_cfg_node *)&err;

  check_fails(aus_cfg_parse(cfg, "f.json", text, strlen(text), &node, &err), AUS_ECONFIG, message,
              &err);
  assert_null(node);
}

/* The only problem so far reads like this. */
static void problem(const char *text)
{
  assert_int_equal(aus_cfg_n_problems(cfg), 1);
  assert_string_equal(aus_cfg_problem_text(cfg, 0), text);
}

static void place(const aus_cfg_node *node, const char *want)
{
  char s[100];

  assert_non_null(node);
  aus_cfg_place(node, s, sizeof s);
  assert_string_equal(s, want);
}

static void canonical(const aus_cfg_node *node, const char *want)
{
  aus_buf b;

  aus_buf_init(&b);
  aus_cfg_canonical(node, &b);
  check_ok(aus_buf_check(&b, &err), &err);
  assert_string_equal(b.data, want);
  aus_buf_fini(&b);
}

static const char json_text[] = "{\n"
                                "  \"study\": \"small\",\n"
                                "  \"bsp\": {\n"
                                "    \"n_steps\": 400, \"gamma\":1.5e-1,\n"
                                "    \"tasks\": [1, \"a b\", {\"x\": null}, []]\n"
                                "  },\n"
                                "  \"on\": true\n"
                                "}\n";
static const char yaml_text[] = "# the same\n"
                                "study: small\n"
                                "bsp:\n"
                                "  n_steps: 400\n"
                                "  gamma: 1.5e-1\n"
                                "  tasks:\n"
                                "    - 1\n"
                                "    - a b\n"
                                "    - x: ~\n"
                                "    - []\n"
                                "on: true\n";
static const char canonical_text[] =
    "{\"bsp\":{\"gamma\":1.5e-1,\"n_steps\":400,\"tasks\":[1,\"a b\","
    "{\"x\":null},[]]},\"on\":true,\"study\":\"small\"}";

static void json_and_yaml_are_one(void **state)
{
  (void)state;
  parse(json_text);
  canonical(root, canonical_text);
  parse(yaml_text);
  canonical(root, canonical_text);
  /* The canonical text is a document again, with the same canonical text. */
  parse(canonical_text);
  canonical(root, canonical_text);
}

static void keeps_order_and_values(void **state)
{
  aus_cfg_node *bsp, *tasks;

  (void)state;
  parse(json_text);
  assert_int_equal(aus_cfg_kind_of(root), AUS_CFG_MAP);
  assert_int_equal(aus_cfg_count(root), 3);
  assert_string_equal(aus_cfg_key(root, 0), "study");
  assert_string_equal(aus_cfg_key(root, 1), "bsp");
  assert_string_equal(aus_cfg_key(root, 2), "on");
  assert_null(aus_cfg_key(root, 3));
  bsp = aus_cfg_need_map(cfg, root, "bsp");
  assert_int_equal(aus_cfg_int(cfg, aus_cfg_get(bsp, "n_steps"), NULL, 1, INT64_MAX, -1), 400);
  assert_true(aus_cfg_need_real(cfg, bsp, "gamma", 0, 1) == 0.15);
  tasks = aus_cfg_need_list(cfg, bsp, "tasks");
  assert_int_equal(aus_cfg_count(tasks), 4);
  assert_string_equal(aus_cfg_text(aus_cfg_at(tasks, 1)), "a b");
  assert_int_equal(aus_cfg_kind_of(aus_cfg_get(aus_cfg_at(tasks, 2), "x")), AUS_CFG_NULL);
  assert_int_equal(aus_cfg_count(aus_cfg_at(tasks, 3)), 0);
  assert_null(aus_cfg_at(tasks, 4));
  assert_null(aus_cfg_at(tasks, -1));
  assert_string_equal(aus_cfg_need_string(cfg, root, "study"), "small");
  assert_true(aus_cfg_bool(cfg, aus_cfg_get(root, "on"), NULL, false));
  aus_cfg_unused(cfg, root);
  assert_int_equal(aus_cfg_n_problems(cfg), 0);
  check_ok(aus_cfg_check(cfg, AUS_ECONFIG, &err), &err);
}

static void absent_is_the_default(void **state)
{
  static const char *const names[] = {"a", "b", NULL};

  (void)state;
  assert_true(aus_cfg_real(cfg, NULL, NULL, 0, 1, 7) == 7);
  assert_int_equal(aus_cfg_int(cfg, NULL, NULL, 0, 1, 7), 7);
  assert_true(aus_cfg_bool(cfg, NULL, NULL, true));
  assert_string_equal(aus_cfg_string(cfg, NULL, NULL, "def"), "def");
  assert_int_equal(aus_cfg_enum(cfg, NULL, NULL, names, 1), 1);
  assert_null(aus_cfg_get(NULL, "x"));
  assert_null(aus_cfg_need(cfg, NULL, "x"));
  assert_string_equal(aus_cfg_need_string(cfg, NULL, "x"), "");
  assert_true(aus_cfg_need_real(cfg, NULL, "x", -NONE, 3) == 3);
  assert_int_equal(aus_cfg_count(NULL), 0);
  assert_null(aus_cfg_at(NULL, 0));
  assert_string_equal(aus_cfg_text(NULL), "");
  assert_int_equal(aus_cfg_kind_of(NULL), AUS_CFG_NULL);
  aus_cfg_unused(cfg, NULL);
  assert_int_equal(aus_cfg_n_problems(cfg), 0);
}

static void places_count_from_one(void **state)
{
  aus_cfg_node *bsp;

  (void)state;
  parse(json_text);
  place(root, "f.json:1:1");
  bsp = aus_cfg_get(root, "bsp");
  place(bsp, "f.json:3:10");
  place(aus_cfg_get(bsp, "gamma"), "f.json:4:29");
  place(aus_cfg_at(aus_cfg_get(bsp, "tasks"), 2), "f.json:5:25");
  parse(yaml_text);
  bsp = aus_cfg_get(root, "bsp");
  place(aus_cfg_get(bsp, "gamma"), "f.json:5:10");
  place(aus_cfg_at(aus_cfg_get(bsp, "tasks"), 1), "f.json:8:7");
  /* Characters, not bytes; CR LF is one line break; a byte order mark has no width. */
  parse("\xef\xbb\xbf{\"\xc3\xa4\xc3\xb6\": 1, \"b\":\r\n 2}");
  place(aus_cfg_get(root, "\xc3\xa4\xc3\xb6"), "f.json:1:8");
  place(aus_cfg_get(root, "b"), "f.json:2:2");
}

static void unknown_keys(void **state)
{
  aus_cfg_node *bsp;

  (void)state;
  parse("{\n\"stagess\": 1,\n\"bsp\": {\n    \"chekpoint_s\": 30, \"zzz\": {\"deeper\": 1}\n}}");
  aus_cfg_get(root, "study");
  aus_cfg_get(root, "stages");
  bsp = aus_cfg_get(root, "bsp");
  aus_cfg_get(bsp, "n_steps");
  aus_cfg_get(bsp, "checkpoint_s");
  aus_cfg_get(bsp, "checkpoint_s");
  aus_cfg_unused(cfg, root);
  assert_int_equal(aus_cfg_n_problems(cfg), 3);
  assert_string_equal(aus_cfg_problem_text(cfg, 0),
                      "f.json:2:1: unknown key \"stagess\"; did you mean \"stages\"?");
  assert_string_equal(
      aus_cfg_problem_text(cfg, 1),
      "f.json:4:5: unknown key \"chekpoint_s\" in \"bsp\"; did you mean \"checkpoint_s\"?");
  assert_string_equal(aus_cfg_problem_text(cfg, 2), "f.json:4:24: unknown key \"zzz\" in \"bsp\"");
  check_fails(aus_cfg_check(cfg, AUS_ECONFIG, &err), AUS_ECONFIG,
              "f.json:2:1: unknown key \"stagess\"; did you mean \"stages\"? (and 2 more)", &err);
}

static void unknown_keys_in_lists(void **state)
{
  aus_cfg_node *list;

  (void)state;
  parse("a: {list: [{x: 1}, {x: 2, y: 3}]}\nb: 5\nc:\n");
  list = aus_cfg_get(aus_cfg_get(root, "a"), "list");
  aus_cfg_get(aus_cfg_at(list, 0), "x");
  aus_cfg_get(aus_cfg_at(list, 1), "x");
  assert_null(aus_cfg_get(aus_cfg_get(root, "b"), "key"));
  assert_null(aus_cfg_get(aus_cfg_get(root, "c"), "key")); /* an empty section is fine */
  aus_cfg_unused(cfg, root);
  assert_int_equal(aus_cfg_n_problems(cfg), 2);
  assert_string_equal(aus_cfg_problem_text(cfg, 0),
                      "f.json:1:27: unknown key \"y\" in \"a.list[1]\"; did you mean \"x\"?");
  assert_string_equal(aus_cfg_problem_text(cfg, 1), "f.json:2:4: b is 5, need a map");
}

static void a_part_can_be_handed_over(void **state)
{
  (void)state;
  parse("{\"a\": {\"b\": [{\"c\": 1}]}, \"d\": 1}");
  aus_cfg_use(aus_cfg_get(root, "a"));
  aus_cfg_use(NULL);
  aus_cfg_unused(cfg, root);
  problem("f.json:1:26: unknown key \"d\"; did you mean \"a\"?");
}

static void duplicate_keys(void **state)
{
  (void)state;
  parse("{\"b\": 1,\n \"a\": 2, \"b\": 3,\n \"s\": {\"x\": 1, \"x\": {\"y\": 1}}}");
  assert_int_equal(aus_cfg_n_problems(cfg), 2);
  assert_string_equal(aus_cfg_problem_text(cfg, 0),
                      "f.json:3:16: duplicate key \"x\" in \"s\", first at 3:8");
  assert_string_equal(aus_cfg_problem_text(cfg, 1),
                      "f.json:2:10: duplicate key \"b\", first at 1:2");
  canonical(root, "{\"a\":2,\"b\":1,\"s\":{\"x\":1}}");
  assert_string_equal(aus_cfg_key(root, 0), "b");
  assert_string_equal(aus_cfg_key(root, 1), "a");
}

static void out_of_range(void **state)
{
  aus_cfg_node *bsp;

  (void)state;
  parse("{\n \"bsp\": {\n  \"n_steps\": 0, \"gamma\": 2.5, \"w\": 11,\n  \"list\": [-3], \"p\": "
        "1e3}}");
  bsp = aus_cfg_get(root, "bsp");
  assert_int_equal(aus_cfg_int(cfg, aus_cfg_get(bsp, "n_steps"), NULL, 1, INT64_MAX, 9), 9);
  problem("f.json:3:14: bsp.n_steps is 0, need >= 1");
  assert_int_equal(aus_cfg_int(cfg, aus_cfg_get(bsp, "n_steps"), NULL, 1, INT64_MAX, 9), 9);
  problem("f.json:3:14: bsp.n_steps is 0, need >= 1"); /* once is enough */
  assert_true(aus_cfg_need_real(cfg, bsp, "gamma", 0, 1) == 0);
  assert_int_equal(aus_cfg_int(cfg, aus_cfg_get(bsp, "w"), "width", 1, 10, 4), 4);
  assert_true(aus_cfg_real(cfg, aus_cfg_at(aus_cfg_get(bsp, "list"), 0), NULL, 0, NONE, 8) == 8);
  assert_int_equal(aus_cfg_int(cfg, aus_cfg_get(bsp, "p"), NULL, INT64_MIN, 999, 4), 4);
  assert_int_equal(aus_cfg_n_problems(cfg), 5);
  assert_string_equal(aus_cfg_problem_text(cfg, 1),
                      "f.json:3:26: bsp.gamma is 2.5, need >= 0 and <= 1");
  assert_string_equal(aus_cfg_problem_text(cfg, 2),
                      "f.json:3:36: width is 11, need >= 1 and <= 10");
  assert_string_equal(aus_cfg_problem_text(cfg, 3), "f.json:4:12: bsp.list[0] is -3, need >= 0");
  assert_string_equal(aus_cfg_problem_text(cfg, 4), "f.json:4:22: bsp.p is 1e3, need <= 999");
}

static double real_of(const char *text)
{
  parse(text);
  return aus_cfg_real(cfg, root, NULL, -NONE, NONE, -1.25);
}

static int64_t int_of(const char *text)
{
  parse(text);
  return aus_cfg_int(cfg, root, NULL, INT64_MIN, INT64_MAX, -77);
}

static void numbers(void **state)
{
  static const char *const bad[] = {"0x10",  "1e",    "1.2.3", "--1",  "abc", "1 2",
                                    "1_000", "007",   ".",     "+",    "-",   "e5",
                                    "1e+",   "\"1\"", "null",  "true", "[1]", "{}"};
  size_t i;

  (void)state;
  assert_true(real_of("0") == 0);
  assert_true(real_of("-0.5") == -0.5);
  assert_true(real_of("+.5") == 0.5);
  assert_true(real_of("3.") == 3);
  assert_true(real_of("1E-2") == 0.01);
  assert_true(real_of("9007199254740993") == 9007199254740992.0);
  assert_true(real_of("12345678901234567890123456789012345678901234567890") ==
              12345678901234567890123456789012345678901234567890.0);
  assert_true(int_of("9007199254740993") == INT64_C(9007199254740993));
  assert_true(int_of("-9223372036854775808") == INT64_MIN);
  assert_true(int_of("9223372036854775807") == INT64_MAX);
  assert_true(int_of("1e18") == INT64_C(1000000000000000000));
  assert_true(int_of("5.0") == 5);
  assert_int_equal(aus_cfg_n_problems(cfg), 0);
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_true(real_of(bad[i]) == -1.25);
    assert_int_equal(aus_cfg_n_problems(cfg), (int)i + 1);
  }
  assert_string_equal(aus_cfg_problem_text(cfg, 0),
                      "f.json:1:1: the document is 0x10, need a number");
  assert_string_equal(aus_cfg_problem_text(cfg, 13),
                      "f.json:1:1: the document is \"1\", need a number");
  assert_string_equal(aus_cfg_problem_text(cfg, 17),
                      "f.json:1:1: the document is a map, need a number");
}

static void integers_refused(void **state)
{
  (void)state;
  assert_int_equal(int_of("1.5"), -77);
  assert_int_equal(int_of("9223372036854775808"), -77);
  assert_int_equal(int_of("-9223372036854775809"), -77);
  assert_int_equal(int_of("1e19"), -77);
  assert_int_equal(int_of("-1e300"), -77);
  assert_int_equal(int_of("x"), -77);
  assert_int_equal(aus_cfg_n_problems(cfg), 6);
  assert_string_equal(aus_cfg_problem_text(cfg, 0),
                      "f.json:1:1: the document is 1.5, need an integer");
  assert_string_equal(aus_cfg_problem_text(cfg, 1),
                      "f.json:1:1: the document is 9223372036854775808, does not fit in 64 bits");
  assert_string_equal(aus_cfg_problem_text(cfg, 4),
                      "f.json:1:1: the document is -1e300, does not fit in 64 bits");
  assert_string_equal(aus_cfg_problem_text(cfg, 5),
                      "f.json:1:1: the document is x, need an integer");
}

static void not_finite(void **state)
{
  static const char *const bad[] = {"NaN",       ".nan",  "-.inf", "Infinity",
                                    "-Infinity", "1e999", "nan"};
  size_t i;
  char text[100], want[100];

  (void)state;
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    snprintf(want, sizeof want, "f.json:1:7: x is %s, not finite", bad[i]);
    snprintf(text, sizeof text, "{\"x\": %s}", bad[i]);
    parse(text);
    assert_true(aus_cfg_need_real(cfg, root, "x", -NONE, NONE) == 0);
    assert_int_equal(aus_cfg_n_problems(cfg), (int)i + 1);
    assert_string_equal(aus_cfg_problem_text(cfg, (int)i), want);
  }
}

static void wrong_types(void **state)
{
  static const char *const names[] = {"static", "dynamic", "rl", NULL};

  (void)state;
  parse("{\"b\": \"true\", \"s\": 12, \"t\": false, \"e\": \"statik\", \"f\": 3, \"l\": {}, "
        "\"m\": [1], \"n\": null}");
  assert_true(aus_cfg_bool(cfg, aus_cfg_get(root, "b"), NULL, true));
  assert_string_equal(aus_cfg_string(cfg, aus_cfg_get(root, "s"), NULL, "def"), "def");
  assert_string_equal(aus_cfg_need_string(cfg, root, "t"), "");
  assert_int_equal(aus_cfg_enum(cfg, aus_cfg_get(root, "e"), NULL, names, 2), 2);
  assert_int_equal(aus_cfg_enum(cfg, aus_cfg_get(root, "f"), NULL, names, 2), 2);
  assert_null(aus_cfg_need_list(cfg, root, "l"));
  assert_null(aus_cfg_need_map(cfg, root, "m"));
  assert_null(aus_cfg_need_map(cfg, root, "n"));
  assert_int_equal(aus_cfg_n_problems(cfg), 8);
  assert_string_equal(aus_cfg_problem_text(cfg, 0),
                      "f.json:1:7: b is \"true\", need true or false");
  assert_string_equal(aus_cfg_problem_text(cfg, 1), "f.json:1:20: s is 12, need a string");
  assert_string_equal(aus_cfg_problem_text(cfg, 2), "f.json:1:29: t is false, need a string");
  assert_string_equal(aus_cfg_problem_text(cfg, 3),
                      "f.json:1:41: e is \"statik\", need one of static, dynamic, rl; did you mean "
                      "\"static\"?");
  assert_string_equal(aus_cfg_problem_text(cfg, 4),
                      "f.json:1:56: f is 3, need one of static, dynamic, rl");
  assert_string_equal(aus_cfg_problem_text(cfg, 5), "f.json:1:64: l is a map, need a list");
  assert_string_equal(aus_cfg_problem_text(cfg, 6), "f.json:1:73: m is a list, need a map");
  assert_string_equal(aus_cfg_problem_text(cfg, 7), "f.json:1:83: n is null, need a map");
}

static void right_types(void **state)
{
  static const char *const names[] = {"static", "3", NULL};

  (void)state;
  parse(
      "{\"a\": 0, \"b\": 1, \"c\": false, \"s\": \"12\", \"t\": t x, \"e\": \"static\", \"f\": 3}");
  assert_false(aus_cfg_bool(cfg, aus_cfg_get(root, "a"), NULL, true));
  assert_true(aus_cfg_bool(cfg, aus_cfg_get(root, "b"), NULL, false));
  assert_false(aus_cfg_bool(cfg, aus_cfg_get(root, "c"), NULL, true));
  assert_string_equal(aus_cfg_need_string(cfg, root, "s"), "12");
  assert_string_equal(aus_cfg_need_string(cfg, root, "t"), "t x");
  assert_int_equal(aus_cfg_enum(cfg, aus_cfg_get(root, "e"), NULL, names, -1), 0);
  assert_int_equal(aus_cfg_enum(cfg, aus_cfg_get(root, "f"), NULL, names, -1), 1);
  assert_int_equal(aus_cfg_n_problems(cfg), 0);
}

static void missing_keys(void **state)
{
  aus_cfg_node *bsp;

  (void)state;
  parse("{\"bsp\":\n  {\"a\": 1}, \"s\": 3}");
  bsp = aus_cfg_need_map(cfg, root, "bsp");
  assert_null(aus_cfg_need(cfg, root, "study"));
  assert_null(aus_cfg_need_list(cfg, bsp, "tasks"));
  assert_true(aus_cfg_need_real(cfg, bsp, "gamma", 2, 3) == 2);
  assert_null(aus_cfg_need(cfg, aus_cfg_get(root, "s"), "x"));
  assert_null(aus_cfg_need(cfg, aus_cfg_get(root, "s"), "y"));
  assert_int_equal(aus_cfg_n_problems(cfg), 4);
  assert_string_equal(aus_cfg_problem_text(cfg, 0), "f.json:1:1: missing key \"study\"");
  assert_string_equal(aus_cfg_problem_text(cfg, 1), "f.json:2:3: missing key \"tasks\" in \"bsp\"");
  assert_string_equal(aus_cfg_problem_text(cfg, 2), "f.json:2:3: missing key \"gamma\" in \"bsp\"");
  assert_string_equal(aus_cfg_problem_text(cfg, 3), "f.json:2:18: s is 3, need a map");
}

static void refused_documents(void **state)
{
  (void)state;
  refused("", "f.json:1:1: empty document");
  refused(" \n# nothing\n", "f.json:1:1: empty document");
  refused("---\n", "f.json:1:1: empty document");
  refused("\xef\xbb\xbf", "f.json:1:1: empty document");
  refused("{\"a\": 1", "f.json:1:8: did not find expected ',' or '}'");
  refused("{\"a\": [1,\n 2", "f.json:2:3: did not find expected ',' or ']'");
  refused("{\"a\": \"b\n", "f.json:2:1: found unexpected end of stream");
  refused("{\"a\" 1}", "f.json:1:6: ");
  refused("{} {}", "f.json:1:4: ");
  refused("a: 1\n---\nb: 2\n", "f.json:2:1: a second document starts here");
  refused("a: &x 1\n", "f.json:1:4: anchors and aliases (& and *) are not supported");
  refused("a: *x\n", "f.json:1:4: anchors and aliases");
  refused("a: &x [1]\n", "f.json:1:4: anchors and aliases");
  refused("a: !!str 5\n", "f.json:1:4: tags (!) are not supported");
  refused("a: !t {}\n", "f.json:1:4: tags (!) are not supported");
  refused("a:\n\tb: 1\n", "f.json:2:1: tab in the indentation");
  refused("{[1]: 2}", "f.json:1:2: key is no text");
  refused("? \n: 2\n", "key is no text");
  refused("a: \"x\\0y\"\n", "f.json:1:4: NUL character in text");
  refused("a: 1\nb: \xc3\xa4\xff\n", "f.json:2:5: ");
  assert_int_equal(aus_cfg_n_problems(cfg), 0);
}

static void a_nul_byte_is_refused(void **state)
{
  (void)state;
  check_fails(aus_cfg_parse(cfg, "f.json", "{\"a\": 1}\n\0", 10, &root, &err), AUS_ECONFIG,
              "f.json:2:1: control characters are not allowed", &err);
}

static void tabs_in_json(void **state)
{
  (void)state;
  parse("\t{\n\t\"a\":\t1,\n\t\"b\":\t[\t2\t]\t}\t\n\t\n");
  canonical(root, "{\"a\":1,\"b\":[2]}");
  place(root, "f.json:1:2");
  place(aus_cfg_get(root, "a"), "f.json:2:7");
}

static void json_strings(void **state)
{
  (void)state;
  parse("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\u0001\", \"\": \"\"}");
  assert_string_equal(aus_cfg_need_string(cfg, root, "a"), "\"\\/\b\f\n\r\t\xc3\xa4\x01");
  canonical(root, "{\"\":\"\",\"a\":\"\\\"\\\\/\\b\\f\\n\\r\\t\xc3\xa4\\u0001\"}");
}

static void nesting(void **state)
{
  char text[200];

  (void)state;
  memset(text, '[', 64);
  memset(text + 64, ']', 64);
  text[128] = '\0';
  parse(text);
  canonical(root, text);
  memset(text, '[', 65);
  memset(text + 65, ']', 65);
  text[130] = '\0';
  refused(text, "f.json:1:65: nested deeper than 64 levels");
}

static void at_most_twenty_problems(void **state)
{
  aus_buf b;
  int i;

  (void)state;
  aus_buf_init(&b);
  for (i = 1; i <= 25; i++)
    aus_buf_printf(&b, "key_number_%d: 1\n", i);
  parse(b.data);
  aus_buf_fini(&b);
  aus_cfg_unused(cfg, root);
  assert_int_equal(aus_cfg_n_problems(cfg), AUS_CFG_MAX_PROBLEMS);
  assert_string_equal(aus_cfg_problem_text(cfg, 19), "f.json:20:1: unknown key \"key_number_20\"");
  assert_string_equal(aus_cfg_problem_text(cfg, 20), "");
  check_fails(aus_cfg_check(cfg, AUS_EFORMAT, &err), AUS_EFORMAT,
              "f.json:1:1: unknown key \"key_number_1\" (and 24 more)", &err);
}

static void own_problems(void **state)
{
  (void)state;
  parse("{\"a\": {\"b\": 1}}");
  aus_cfg_problem(cfg, aus_cfg_get(aus_cfg_get(root, "a"), "b"), "shares sum to %g, need 1", 0.5);
  problem("f.json:1:13: shares sum to 0.5, need 1");
  check_fails(aus_cfg_check(cfg, AUS_ECONFIG, &err), AUS_ECONFIG, "shares sum to 0.5, need 1",
              &err);
  aus_cfg_problem(cfg, NULL, "nothing to do");
  assert_string_equal(aus_cfg_problem_text(cfg, 1), "nothing to do");
}

static void set(const char *path, const char *text)
{
  check_ok(aus_cfg_set(cfg, root, path, text, &err), &err);
}

static void overrides(void **state)
{
  aus_cfg_node *node;

  (void)state;
  parse("{\"bsp\": {\"n\": 1, \"list\": [1]}, \"empty\": null}");
  set("bsp.n", "17");
  set("bsp.list", "[2, {\"x\": 3}]");
  set("bsp.windows", "1,2,4");
  set("empty.deep.key", "{x: 1}");
  set("s", "\"5\"");
  set("path", "*.csv: a");
  set("none", "null");
  set("void", "");
  set("s2", "5");
  canonical(root, "{\"bsp\":{\"list\":[2,{\"x\":3}],\"n\":17,\"windows\":\"1,2,4\"},"
                  "\"empty\":{\"deep\":{\"key\":{\"x\":1}}},\"none\":null,\"path\":\"*.csv: a\","
                  "\"s\":\"5\",\"s2\":5,\"void\":\"\"}");
  assert_string_equal(aus_cfg_need_string(cfg, root, "void"), "");
  assert_string_equal(aus_cfg_need_string(cfg, root, "s2"), "5"); /* a shell has no quotes */
  node = aus_cfg_get(aus_cfg_get(root, "bsp"), "n");
  place(node, "--set bsp.n");
  assert_int_equal(aus_cfg_int(cfg, node, NULL, 100, INT64_MAX, 0), 0);
  problem("--set bsp.n: bsp.n is 17, need >= 100");
  set("bsp.n", "200"); /* the last one wins, and is looked at again */
  assert_int_equal(
      aus_cfg_int(cfg, aus_cfg_get(aus_cfg_get(root, "bsp"), "n"), NULL, 100, INT64_MAX, 0), 200);
}

static void unknown_overrides(void **state)
{
  (void)state;
  parse("{\"bsp\": {}}");
  set("bsp.n_stepps", "17");
  aus_cfg_get(aus_cfg_get(root, "bsp"), "n_steps");
  aus_cfg_unused(cfg, root);
  problem("--set bsp.n_stepps: unknown key \"n_stepps\" in \"bsp\"; did you mean \"n_steps\"?");
}

static void refused_overrides(void **state)
{
  aus_buf b;
  int i;

  (void)state;
  parse("{\"a\": 1, \"b\": {\"c\": [1]}}");
  check_fails(aus_cfg_set(cfg, root, "", "1", &err), AUS_ECONFIG, "the name of a key is empty",
              &err);
  check_fails(aus_cfg_set(cfg, root, "b..c", "1", &err), AUS_ECONFIG,
              "--set b..c: the name of a key is empty", &err);
  check_fails(aus_cfg_set(cfg, root, "b.", "1", &err), AUS_ECONFIG, "key is empty", &err);
  check_fails(aus_cfg_set(cfg, root, "a.x", "1", &err), AUS_ECONFIG, "--set a.x: a is no map",
              &err);
  check_fails(aus_cfg_set(cfg, root, "b.c.0", "1", &err), AUS_ECONFIG, "b.c is no map", &err);
  check_fails(aus_cfg_set(cfg, root, "b.c", "[1, 2", &err), AUS_ECONFIG,
              "--set b.c: did not find expected ',' or ']'", &err);
  check_fails(aus_cfg_set(cfg, root, "b.c", "[1] 2", &err), AUS_ECONFIG, "--set b.c: ", &err);
  aus_buf_init(&b);
  for (i = 0; i < 100; i++)
    aus_buf_text(&b, "x.");
  aus_buf_text(&b, "x");
  check_fails(aus_cfg_set(cfg, root, b.data, "1", &err), AUS_ECONFIG, "deeper than 64 levels",
              &err);
  aus_buf_fini(&b);
  check_fails(aus_cfg_set(cfg, root, "b.d", "\xff", &err), AUS_ECONFIG, "--set b.d: not UTF-8",
              &err);
  check_fails(aus_cfg_set(cfg, root, "b.\xc3", "1", &err), AUS_ECONFIG, "not UTF-8", &err);
  check_fails(aus_cfg_set(cfg, root, "b.d", "\xed\xa0\x80", &err), AUS_ECONFIG, "not UTF-8", &err);
  check_fails(aus_cfg_set(cfg, root, "b.d", "\xc0\x80", &err), AUS_ECONFIG, "not UTF-8", &err);
  set("b.d", "{y: 1, y: 2}");
  problem("--set b.d: duplicate key \"y\"");
}

static void canonical_numbers(void **state)
{
  (void)state;
  parse("[1.50, -0, 1e5, +3, .5, 2., 1e999, .inf, 007, \"1\", 12345678901234567890, yes]");
  canonical(root,
            "[1.50,-0,1e5,3,0.5,2,1e999,\".inf\",\"007\",\"1\",12345678901234567890,\"yes\"]");
}

/* A path and its value count together: what is put in can be read back. */
static void deep_overrides(void **state)
{
  char path[2 * 63], value[2 * 32 + 1] = "";
  int i;

  (void)state;
  parse("{}");
  for (i = 0; i < 62; i++)
    snprintf(path + 2 * i, sizeof path - (size_t)(2 * i), "x%s", i < 61 ? "." : "");
  set(path, "[[1]]");
  check_fails(aus_cfg_set(cfg, root, path, "[[[1]]]", &err), AUS_ECONFIG, "deeper than 64 levels",
              &err);
  memset(value, '[', 32);
  memset(value + 32, ']', 32);
  path[2 * 33 - 1] = '\0';
  check_fails(aus_cfg_set(cfg, root, path, value, &err), AUS_ECONFIG, "deeper than 64 levels",
              &err);
}

/* What can be written back; libyaml has a limit for keys. */
static void long_keys(void **state)
{
  char text[400];

  (void)state;
  snprintf(text, sizeof text, "{\"%0160d\": 1}", 0);
  parse(text);
  snprintf(text, sizeof text, "{\"%0161d\": 1}", 0);
  refused(text, "f.json:1:2: key longer than 160 bytes");
  parse("{}");
  snprintf(text, sizeof text, "a.%0161d", 0);
  check_fails(aus_cfg_set(cfg, root, text, "1", &err), AUS_ECONFIG,
              "...: key longer than 160 bytes", &err);
}

/* Written by number, so that canonical text reads back. */
static void canonical_odd_characters(void **state)
{
  (void)state;
  parse("\"a\\x7f\\u0085\\u2028\\uFEFF\\uFFFE\\u20ac\\u0001\"");
  canonical(root, "\"a\\u007f\\u0085\\u2028\\ufeff\\ufffe\xe2\x82\xac\\u0001\"");
}

static void long_and_odd_text(void **state)
{
  char text[400];

  (void)state;
  snprintf(text, sizeof text, "{\"x\": \"a\\nb%0200d\"}", 0);
  parse(text);
  aus_cfg_int(cfg, aus_cfg_get(root, "x"), NULL, 0, 1, 0);
  problem("f.json:1:7: x is \"a b00000000000000000000000000000000000000000000000...\", need an "
          "integer");
}

static void nearest(void **state)
{
  static const char *const names[] = {"set", "seed", "study", "stages", "engine"};

  (void)state;
  assert_string_equal(aus_cfg_nearest("stage", names, 5), "stages");
  assert_string_equal(aus_cfg_nearest("sede", names, 5), "seed");
  assert_string_equal(aus_cfg_nearest("egnine", names, 5), "engine");
  assert_null(aus_cfg_nearest("workload", names, 5));
  assert_null(aus_cfg_nearest("sxxxx", names, 5));
  assert_null(aus_cfg_nearest("", names, 5));
  assert_null(aus_cfg_nearest("seed", names, 0));
}

#ifdef NDEBUG

static void every_allocation_fails(void **state)
{
  (void)state;
  skip();
}

#else

/* Everything once, with the n-th allocation failing; the result only matters when none does. */
static int everything(void)
{
  static const char text[] = "{\"a\": {\"b\": [1, \"x\", {\"c\": null}]}, \"d\": 1, \"d\": 2}";
  int rc;
  aus_cfg *c = NULL;
  aus_cfg_node *r = NULL;
  aus_buf b;

  aus_buf_init(&b);
  AUS_TRY(aus_cfg_create(&c, &err));
  AUS_TRY(aus_cfg_parse(c, "f", text, sizeof text - 1, &r, &err));
  AUS_TRY(aus_cfg_set(c, r, "a.x.y", "{p: [1, 2]}", &err));
  aus_cfg_get(aus_cfg_get(r, "a"), "b");
  aus_cfg_unused(c, r);
  aus_cfg_canonical(r, &b);
  AUS_TRY(aus_buf_check(&b, &err));
done:
  aus_buf_fini(&b);
  aus_cfg_destroy(c);
  return rc;
}

static void every_allocation_fails(void **state)
{
  int64_t n, live = aus_alloc_live();
  int rc, failed = 1;

  (void)state;
  for (n = 0; failed; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = everything();
    failed = aus_alloc_failed();
    aus_alloc_fail_at(-1);
    assert_int_equal(aus_alloc_live(), live);
    assert_true(rc == AUS_OK || (failed && rc == AUS_ENOMEM));
  }
  assert_int_equal(rc, AUS_OK);
  assert_true(n > 30);
}

#endif

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(json_and_yaml_are_one),
      TEST(keeps_order_and_values),
      TEST(absent_is_the_default),
      TEST(places_count_from_one),
      TEST(unknown_keys),
      TEST(unknown_keys_in_lists),
      TEST(a_part_can_be_handed_over),
      TEST(duplicate_keys),
      TEST(out_of_range),
      TEST(numbers),
      TEST(integers_refused),
      TEST(not_finite),
      TEST(wrong_types),
      TEST(right_types),
      TEST(missing_keys),
      TEST(refused_documents),
      TEST(a_nul_byte_is_refused),
      TEST(tabs_in_json),
      TEST(json_strings),
      TEST(nesting),
      TEST(at_most_twenty_problems),
      TEST(own_problems),
      TEST(overrides),
      TEST(unknown_overrides),
      TEST(refused_overrides),
      TEST(deep_overrides),
      TEST(canonical_numbers),
      TEST(canonical_odd_characters),
      TEST(long_keys),
      TEST(long_and_odd_text),
      TEST(nearest),
      TEST(every_allocation_fails),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
