/* opt.c - option tables: values, checks, canonical text, help; command lines.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "util/opt.h"

static aus_cfg *cfg;
static aus_opts *opts;
static aus_err err;

static const aus_opt bsp_table[] = {
    {"bsp.n_steps", AUS_T_INT, "1000", "1:", "", "supersteps to simulate"},
    {"bsp.checkpoint_s", AUS_T_REAL, "30", "0:", "s", "cost of one reconfiguration"},
    {"bsp.gamma", AUS_T_REAL, "1", "(0:2)", "", "growth of the cost of later steps"},
    {"bsp.share", AUS_T_REAL, "0.5", "0:1", "", "share"},
    {"bsp.controller", AUS_T_ENUM, "static", "static,dynamic,rl", "", "window-size controller"},
    {"bsp.profile", AUS_T_PATH, "", "", "", "profile file"},
    {"bsp.shipped", AUS_T_PATH, "input/x.csv", "", "", "a default path"},
    {"bsp.label", AUS_T_STR, "a \"b\"", "", "", "text"},
    {"bsp.raw", AUS_T_BOOL, "false", "", "", "as measured"},
    {"bsp.tasks", AUS_T_NODE, "", "", "", "list of tasks"},
    {"bsp.until", AUS_T_INT, "", "1:", "s", "end"},
    {"bsp.limit", AUS_T_REAL, "", "0:", "s", "limit"},
    {0}};
static const aus_opt common_table[] = {{"seed", AUS_T_INT, "1", "0:", "", "seed"},
                                       {"engine.bo.lag", AUS_T_INT, "8", "1:64", "", "lag"},
                                       {"bsp.n_steps", AUS_T_INT, "7", "1:", "", "twice"},
                                       {0}};
static const aus_opt *const tables[] = {bsp_table, common_table};

static int start(void **state)
{
  (void)state;
  opts = NULL;
  aus_err_clear(&err);
  return aus_cfg_create(&cfg, &err);
}

static int stop(void **state)
{
  (void)state;
  aus_opts_destroy(opts);
  aus_cfg_destroy(cfg);
  return aus_alloc_live() == 0 ? 0 : -1;
}

static aus_cfg_node *parse(const char *text)
{
  aus_cfg_node *root;

  check_ok(aus_cfg_parse(cfg, "dir/f.json", text, strlen(text), &root, &err), &err);
  return root;
}

static void read_all(aus_cfg_node *root)
{
  check_ok(aus_opts_read(&opts, cfg, root, tables, 2, &err), &err);
}

static void canonical(const char *want)
{
  aus_buf b;

  aus_buf_init(&b);
  aus_opts_canonical(opts, &b);
  check_ok(aus_buf_check(&b, &err), &err);
  assert_string_equal(b.data, want);
  aus_buf_fini(&b);
}

static const char default_text[] =
    "{\"bsp\":{\"checkpoint_s\":30,\"controller\":\"static\",\"gamma\":1,\"label\":\"a \\\"b\\\"\","
    "\"limit\":null,\"n_steps\":1000,\"raw\":false,\"share\":0.5,"
    "\"tasks\":null,\"until\":null},\"engine\":{\"bo\":{\"lag\":8}},"
    "\"seed\":1}";

static void defaults(void **state)
{
  (void)state;
  read_all(NULL);
  assert_int_equal(aus_opt_int(opts, "bsp.n_steps"), 1000);
  assert_true(aus_opt_real(opts, "bsp.checkpoint_s") == 30);
  assert_int_equal(aus_opt_enum(opts, "bsp.controller"), 0);
  assert_string_equal(aus_opt_str(opts, "bsp.controller"), "static");
  assert_string_equal(aus_opt_str(opts, "bsp.profile"), "");
  assert_string_equal(aus_opt_str(opts, "bsp.shipped"), "input/x.csv");
  assert_false(aus_opt_bool(opts, "bsp.raw"));
  assert_null(aus_opt_node(opts, "bsp.tasks"));
  assert_int_equal(aus_opt_int(opts, "bsp.until"), 0);
  assert_true(isnan(aus_opt_real(opts, "bsp.limit")));
  assert_false(aus_opt_given(opts, "seed"));
  assert_null(aus_opt_place(opts, "seed"));
  canonical(default_text);
}

static void values(void **state)
{
  aus_cfg_node *root = parse("{\"seed\": 12, \"bsp\": {\"n_steps\": 5, \"checkpoint_s\": 0,\n"
                             "\"controller\": \"rl\", \"profile\": \"p.csv\", \"raw\": true,\n"
                             "\"label\": \"x\", \"tasks\": [3, {\"b\": 1, \"a\": 2}],\n"
                             "\"until\": 60, \"limit\": 0.1, \"share\": 1},\n"
                             "\"engine\": {\"bo\": {\"lag\": 64}}}");
  char place[64];

  (void)state;
  read_all(root);
  assert_int_equal(aus_opt_int(opts, "seed"), 12);
  assert_int_equal(aus_opt_int(opts, "engine.bo.lag"), 64);
  assert_true(aus_opt_real(opts, "bsp.checkpoint_s") == 0);
  assert_int_equal(aus_opt_enum(opts, "bsp.controller"), 2);
  assert_string_equal(aus_opt_str(opts, "bsp.profile"), "dir/p.csv");
  assert_true(aus_opt_bool(opts, "bsp.raw"));
  assert_int_equal(aus_cfg_count(aus_opt_node(opts, "bsp.tasks")), 2);
  assert_true(aus_opt_given(opts, "seed"));
  aus_cfg_place(aus_opt_place(opts, "bsp.label"), place, sizeof place);
  assert_string_equal(place, "dir/f.json:3:10");
  canonical("{\"bsp\":{\"checkpoint_s\":0,\"controller\":\"rl\",\"gamma\":1,\"label\":\"x\","
            "\"limit\":0.1,\"n_steps\":5,\"raw\":true,\"share\":1,"
            "\"tasks\":[3,{\"a\":2,\"b\":1}],\"until\":60},"
            "\"engine\":{\"bo\":{\"lag\":64}},\"seed\":12}");
  assert_int_equal(aus_cfg_n_problems(cfg), 0);
  aus_cfg_use(aus_opt_node(opts, "bsp.tasks"));
  aus_cfg_unused(cfg, root);
  assert_int_equal(aus_cfg_n_problems(cfg), 0);
}

static void paths(void **state)
{
  aus_cfg_node *root = parse("{\"bsp\": {\"profile\": \"/abs/p.csv\", \"shipped\": \"\"}}");

  (void)state;
  read_all(root);
  assert_string_equal(aus_opt_str(opts, "bsp.profile"), "/abs/p.csv");
  assert_string_equal(aus_opt_str(opts, "bsp.shipped"), "");
  aus_opts_destroy(opts);
  check_ok(aus_cfg_set(cfg, root, "bsp.profile", "here.csv", &err), &err);
  read_all(root);
  assert_string_equal(aus_opt_str(opts, "bsp.profile"), "here.csv");
}

/* What the canonical text says can be read again and says the same. */
static void canonical_is_a_document(void **state)
{
  aus_cfg_node *root;

  (void)state;
  check_ok(aus_cfg_parse(cfg, "f", default_text, strlen(default_text), &root, &err), &err);
  read_all(root);
  assert_int_equal(aus_cfg_n_problems(cfg), 0);
  assert_false(aus_opt_given(opts, "bsp.until"));
  assert_true(aus_opt_given(opts, "seed"));
  canonical(default_text);
}

/* All values of several sets, the paths, too; where not giving a key has a meaning of its own it is null. */
static void effective(void **state)
{
  static const char *const want[] = {
      "{\"bsp\":{\"n_steps\":7},\"engine\":{\"bo\":{\"lag\":8}},\"file\":null,\"more\":\"dir/"
      "x.csv\","
      "\"own\":\"a/b.csv\",\"seed\":1}",
      "{\"bsp\":{\"n_steps\":7},\"engine\":{\"bo\":{\"lag\":null}},\"file\":null,"
      "\"more\":\"dir/x.csv\",\"own\":\"a/b.csv\",\"seed\":1}"};
  static const aus_opt path_table[] = {{"file", AUS_T_PATH, "", "", "", "none"},
                                       {"more", AUS_T_PATH, "", "", "", "given"},
                                       {"own", AUS_T_PATH, "a/b.csv", "", "", "default"},
                                       {0}};
  const aus_opt *two[] = {path_table, common_table};
  aus_opts *set[2];
  aus_cfg_node *root = parse("{\"more\": \"x.csv\", \"seed\": 1}");
  aus_buf b;
  int i;

  (void)state;
  for (i = 0; i < 2; i++)
    check_ok(aus_opts_read(&set[i], cfg, root, &two[i], 1, &err), &err);
  assert_false(aus_opt_given(set[1], "engine.bo.lag"));
  for (i = 0; i < 2; i++) {
    aus_buf_init(&b);
    aus_opts_effective((const aus_opts *const *)set, 2, &b);
    assert_string_equal(b.data, want[i]);
    aus_buf_fini(&b);
    assert_false(aus_opt_has_value(set[1], "engine.bo.lag"));
    assert_true(aus_opt_has_value(set[1], "seed"));
  }
  aus_opts_destroy(set[0]);
  aus_opts_destroy(set[1]);
}

static void wrong_values(void **state)
{
  static const char *const want[] = {"dir/f.json:2:12: bsp.n_steps is 0, need >= 1",
                                     "dir/f.json:2:31: bsp.checkpoint_s is -1, need >= 0 s",
                                     "dir/f.json:3:10: bsp.gamma is 0, need > 0 and < 2",
                                     "dir/f.json:3:22: bsp.share is 1.01, need >= 0 and <= 1",
                                     "dir/f.json:4:15: bsp.controller is \"statik\", need one of "
                                     "static, dynamic, rl; did you mean "
                                     "\"static\"?",
                                     "dir/f.json:4:33: bsp.label is 3, need a string",
                                     "dir/f.json:4:42: bsp.raw is 2, need true or false",
                                     "dir/f.json:4:54: bsp.tasks is x, need a list or a map",
                                     "dir/f.json:5:10: bsp.until is 0, need >= 1 s",
                                     "dir/f.json:5:22: bsp.limit is NaN, not finite",
                                     "dir/f.json:6:9: seed is 1.5, need an integer",
                                     "dir/f.json:6:39: engine.bo.lag is 65, need >= 1 and <= 64"};
  aus_cfg_node *root = parse("{\"bsp\": {\n"
                             "\"n_steps\": 0, \"checkpoint_s\": -1,\n"
                             "\"gamma\": 0, \"share\": 1.01,\n"
                             "\"controller\": \"statik\",\"label\": 3,\"raw\": 2, \"tasks\": x,\n"
                             "\"until\": 0, \"limit\": NaN},\n"
                             "\"seed\": 1.5, \"engine\": {\"bo\": {\"lag\": 65}}}");
  size_t i;

  (void)state;
  read_all(root);
  for (i = 0; i < sizeof want / sizeof want[0]; i++)
    assert_string_equal(aus_cfg_problem_text(cfg, (int)i), want[i]);
  assert_int_equal(aus_cfg_n_problems(cfg), (int)i);
  /* The defaults stand in, so that a program can go on looking for mistakes. */
  assert_int_equal(aus_opt_int(opts, "bsp.n_steps"), 1000);
  assert_true(aus_opt_real(opts, "bsp.gamma") == 1);
  assert_null(aus_opt_node(opts, "bsp.tasks"));
}

static void unknown_and_missing(void **state)
{
  static const aus_opt need_table[] = {{"bsp.need", AUS_T_INT, NULL, "", "", "x"},
                                       {"gpu.data.file", AUS_T_PATH, NULL, "", "", "x"},
                                       {"gpu.data.mode", AUS_T_ENUM, NULL, "a,b", "", "x"},
                                       {"top", AUS_T_REAL, NULL, "", "", "x"},
                                       {0}};
  static const aus_opt *const need[] = {need_table};
  aus_cfg_node *root = parse("{\"bsp\": {\"nede\": 1}, \"gpu\": {\"dat\": 3}, \"top\": null}");

  (void)state;
  check_ok(aus_opts_read(&opts, cfg, root, need, 1, &err), &err);
  aus_cfg_unused(cfg, root);
  assert_int_equal(aus_cfg_n_problems(cfg), 6);
  assert_string_equal(aus_cfg_problem_text(cfg, 0),
                      "dir/f.json:1:9: missing key \"need\" in \"bsp\"");
  assert_string_equal(aus_cfg_problem_text(cfg, 1),
                      "dir/f.json:1:29: missing key \"data.file\" in \"gpu\"");
  assert_string_equal(aus_cfg_problem_text(cfg, 3), "dir/f.json:1:1: missing key \"top\"");
  assert_string_equal(aus_cfg_problem_text(cfg, 4),
                      "dir/f.json:1:10: unknown key \"nede\" in \"bsp\"; did you mean \"need\"?");
  assert_string_equal(aus_cfg_problem_text(cfg, 5),
                      "dir/f.json:1:30: unknown key \"dat\" in \"gpu\"; did you mean \"data\"?");
}

static void a_section_must_be_a_map(void **state)
{
  aus_cfg_node *root = parse("{\"bsp\": 3, \"engine\": null}");

  (void)state;
  read_all(root);
  aus_cfg_unused(cfg, root);
  assert_int_equal(aus_cfg_n_problems(cfg), 1);
  assert_string_equal(aus_cfg_problem_text(cfg, 0), "dir/f.json:1:9: bsp is 3, need a map");
}

static void every_allocation_fails(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  aus_cfg_node *root = parse("{\"bsp\": {\"profile\": \"p.csv\", \"controller\": \"rl\"}}");
  aus_buf b;
  int64_t n, live = 0;
  int rc, failed = 1;

  (void)state;
  read_all(root); /* names are remembered once, that memory stays with cfg */
  aus_opts_destroy(opts);
  opts = NULL;
  live = aus_alloc_live();
  for (n = 0; failed; n++) {
    aus_err_clear(&err);
    aus_buf_init(&b);
    aus_alloc_fail_at(n);
    rc = aus_opts_read(&opts, cfg, root, tables, 2, &err);
    if (rc == AUS_OK) {
      aus_opts_canonical(opts, &b);
      aus_opt_help(tables, 2, &b);
      aus_opt_man(tables, 2, &b);
      rc = aus_buf_check(&b, &err);
    }
    failed = aus_alloc_failed();
    aus_alloc_fail_at(-1);
    aus_opts_destroy(opts);
    opts = NULL;
    aus_buf_fini(&b);
    assert_int_equal(rc, failed ? AUS_ENOMEM : AUS_OK);
    assert_int_equal(aus_alloc_live(), live);
  }
  assert_true(n > 20);
#endif
}

static void key_help(void **state)
{
  static const aus_opt some[] = {
      {"bsp.n_steps", AUS_T_INT, "1000", "1:", "", "supersteps to simulate"},
      {"bsp.gamma", AUS_T_REAL, "1", "(0:2)", "s", "growth"},
      {"bsp.controller", AUS_T_ENUM, "rl", "static,rl", "", "controller"},
      {"bsp.file", AUS_T_PATH, NULL, "", "", "-x \\ file"},
      {"bsp.tasks", AUS_T_NODE, "", "", "",
       "a list of tasks that goes on for so long that it cannot stand in one line of a terminal at "
       "all"},
      {0}};
  static const aus_opt *const one[] = {some};
  aus_buf b;

  (void)state;
  aus_buf_init(&b);
  aus_opt_help(one, 1, &b);
  assert_string_equal(
      b.data,
      "  bsp.n_steps     supersteps to simulate [1000; >= 1]\n"
      "  bsp.gamma       growth [1 s; > 0 and < 2]\n"
      "  bsp.controller  controller [rl; static, rl]\n"
      "  bsp.file        -x \\ file [required]\n"
      "  bsp.tasks       a list of tasks that goes on for so long that it cannot stand in one "
      "line of a\n"
      "                  terminal at all [none]\n");
  aus_buf_clear(&b);
  aus_opt_man(one, 1, &b);
  assert_non_null(strstr(b.data, ".TP\n\\fBbsp.file\\fR\n\\-x \\e file [required]\n"));
  aus_buf_fini(&b);
}

static const aus_cli common_cli[] = {{"help", 'h', NULL, "print this text"},
                                     {"set", 0, "KEY=VALUE", "change one key; may be repeated"},
                                     {"seed", 0, "N", "seed of all random numbers"},
                                     {"verbose", 'v', NULL, "say more"},
                                     {0}};
static const aus_cli run_cli[] = {
    {"output", 'o', "FILE", "the result"}, {"seed", 0, "N", "hidden by the table above"}, {0}};
static const aus_cli *const cli_tables[] = {common_cli, run_cli};

static aus_args *args;

static int parse_args(int n, const char *const *word)
{
  char *argv[16] = {(char[]){"run"}};
  int i;

  for (i = 0; i < n; i++)
    memcpy(&argv[i + 1], &word[i], sizeof word[i]);
  aus_err_clear(&err);
  return aus_args_parse(&args, cli_tables, 2, n + 1, argv, &err);
}

#define ARGS(...)                                                                \
  parse_args((int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)), \
             (const char *const[]){__VA_ARGS__})

static void command_line(void **state)
{
  (void)state;
  check_ok(ARGS("study.json", "-vv", "--set", "a.b=1", "-oout.h5", "--set=c=2", "more", "--seed",
                "-3", "--", "-o", "--set"),
           &err);
  assert_int_equal(aus_args_given(args, "verbose"), 2);
  assert_int_equal(aus_args_given(args, "set"), 2);
  assert_int_equal(aus_args_given(args, "help"), 0);
  assert_string_equal(aus_args_value(args, "set", 0), "a.b=1");
  assert_string_equal(aus_args_value(args, "set", 1), "c=2");
  assert_null(aus_args_value(args, "set", 2));
  assert_null(aus_args_value(args, "verbose", 0));
  assert_string_equal(aus_args_value(args, "output", 0), "out.h5");
  assert_string_equal(aus_args_value(args, "seed", 0), "-3");
  assert_int_equal(aus_args_n_operands(args), 4);
  assert_string_equal(aus_args_operand(args, 0), "study.json");
  assert_string_equal(aus_args_operand(args, 1), "more");
  assert_string_equal(aus_args_operand(args, 2), "-o");
  assert_string_equal(aus_args_operand(args, 3), "--set");
  assert_null(aus_args_operand(args, 4));
  assert_null(aus_args_operand(args, -1));
  aus_args_destroy(args);
  check_ok(ARGS("--out", "x", "-"), &err); /* cut short; a lone dash is an operand */
  assert_string_equal(aus_args_value(args, "output", 0), "x");
  assert_string_equal(aus_args_operand(args, 0), "-");
  aus_args_destroy(args);
  check_ok(parse_args(0, NULL), &err);
  assert_int_equal(aus_args_n_operands(args), 0);
  aus_args_destroy(args);
  aus_args_destroy(NULL);
}

static void bad_command_lines(void **state)
{
  (void)state;
  check_fails(ARGS("--ouptut", "x"), AUS_ECONFIG,
              "unknown option \"--ouptut\"; did you mean \"--output\"?", &err);
  assert_null(args);
  check_fails(ARGS("x", "--sede=3"), AUS_ECONFIG,
              "unknown option \"--sede\"; did you mean \"--seed\"?", &err);
  check_fails(ARGS("--frobnicate"), AUS_ECONFIG, "unknown option \"--frobnicate\"", &err);
  assert_null(strstr(err.text, "did you mean"));
  check_fails(ARGS("-vx"), AUS_ECONFIG, "unknown option \"-x\"", &err);
  check_fails(ARGS("--se", "3"), AUS_ECONFIG, "option \"--se\" is ambiguous", &err);
  check_fails(ARGS("a", "--output"), AUS_ECONFIG, "option \"--output\" needs FILE", &err);
  check_fails(ARGS("-o"), AUS_ECONFIG, "option \"--output\" needs FILE", &err);
  check_fails(ARGS("--verbose=3"), AUS_ECONFIG, "option \"--verbose\" takes no argument", &err);
}

static void command_line_allocations(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  int64_t n;
  int rc, failed = 1;

  (void)state;
  for (n = 0; failed; n++) {
    aus_alloc_fail_at(n);
    rc = ARGS("a", "-v", "--", "b");
    failed = aus_alloc_failed();
    aus_alloc_fail_at(-1);
    aus_args_destroy(args);
    assert_int_equal(rc, failed ? AUS_ENOMEM : AUS_OK);
    assert_int_equal(aus_alloc_live(), 0);
  }
  assert_true(n > 5);
  aus_alloc_fail_at(5); /* while the message for an unknown option is made */
  rc = ARGS("--unknown");
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_ENOMEM);
  assert_int_equal(aus_alloc_live(), 0);
#endif
}

static void option_help(void **state)
{
  static const aus_cli long_cli[] = {
      {"an-option-with-a-very-long-name", 0, "ARGUMENT", "stands on the next line"}, {0}};
  static const aus_cli *const three[] = {common_cli, run_cli + 1, long_cli};
  aus_buf b;

  (void)state;
  aus_buf_init(&b);
  aus_cli_help(cli_tables, 1, &b);
  assert_string_equal(b.data, "  -h, --help           print this text\n"
                              "      --set KEY=VALUE  change one key; may be repeated\n"
                              "      --seed N         seed of all random numbers\n"
                              "  -v, --verbose        say more\n");
  aus_buf_clear(&b);
  aus_cli_help(three, 3, &b);
  assert_non_null(strstr(b.data, "      --an-option-with-a-very-long-name ARGUMENT\n"
                                 "                       stands on the next line\n"));
  aus_buf_clear(&b);
  aus_cli_man(cli_tables + 1, 1, &b);
  assert_non_null(
      strstr(b.data, ".TP\n\\fB\\-o\\fR, \\fB\\-\\-output\\fR \\fIFILE\\fR\nthe result\n"));
  aus_buf_fini(&b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(defaults),
      TEST(values),
      TEST(paths),
      TEST(canonical_is_a_document),
      TEST(effective),
      TEST(wrong_values),
      TEST(unknown_and_missing),
      TEST(a_section_must_be_a_map),
      TEST(every_allocation_fails),
      TEST(key_help),
      cmocka_unit_test(command_line),
      cmocka_unit_test(bad_command_lines),
      cmocka_unit_test(command_line_allocations),
      cmocka_unit_test(option_help),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
