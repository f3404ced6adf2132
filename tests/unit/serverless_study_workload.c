/* serverless_study_workload.c - keys of a workload: generated, public formats, lists of traces.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study_workload.h"
#include "unit/check.h"

static aus_err err;

/* clang-format off */
static const aus_opt table[] = {
  AUS_SERVERLESS_INPUT_OPTS,
  AUS_SERVERLESS_WORKLOAD_OPTS,
  {0},
};
/* clang-format on */

/* A section, and the types of input/serverless; camera and gallery at 2 and 3 requests/s. */
typedef struct fixture {
  aus_study_env env;
  aus_serverless_inputs in;
  aus_opts *opts;
  aus_serverless_space space;
  aus_serverless_axis axis[2];
  int app[2];
  aus_serverless_trace base;
} fixture;

static int open_section(fixture *f, const char *keys)
{
  char text[2000];
  const char *top = getenv("AUS_TOP_SRCDIR");

  *f = (fixture){.env.seed = 1, .env.dir = "", .axis = {{.average = 2}, {.average = 3}}};
  check_ok(aus_files_create(&f->env.files, true, &err), &err);
  check_ok(aus_cfg_create(&f->env.conf, &err), &err);
  check_ok(aus_cfg_create(&f->env.data, &err), &err);
  snprintf(text, sizeof text, "{\"inputs\": \"%s/input/serverless\"%s%s}", top, keys[0] ? ", " : "",
           keys);
  check_ok(aus_cfg_parse(f->env.conf, "s", text, strlen(text), &f->env.section, &err), &err);
  check_ok(aus_study_opts(&f->opts, f->env.conf, f->env.section, table, &err), &err);
  check_ok(aus_serverless_inputs_read(&f->in, &f->env, f->opts, &err), &err);
  f->app[0] = aus_serverless_find_app(&f->in.types, "camera");
  f->app[1] = aus_serverless_find_app(&f->in.types, "gallery");
  f->space = (aus_serverless_space){.n_apps = 2, .app = f->app, .app_axis = f->axis};
  aus_err_clear(&err);
  return aus_serverless_study_base(&f->env, f->opts, &f->in, &f->space, &f->base, &err);
}

static void close_section(fixture *f)
{
  aus_serverless_trace_fini(&f->base);
  aus_serverless_inputs_fini(&f->in);
  aus_opts_destroy(f->opts);
  aus_cfg_destroy(f->env.conf);
  aus_cfg_destroy(f->env.data);
  aus_files_destroy(f->env.files);
}

static int64_t count(const aus_serverless_trace *t, int app)
{
  int64_t i, n = 0;

  for (i = 0; i < t->n; i++)
    n += t->app[i] == app;
  return n;
}

static void generated(void **state)
{
  fixture f;

  (void)state;
  check_ok(open_section(&f, ""), &err);
  assert_true(f.base.n > 5 * 350 && f.base.t_s[f.base.n - 1] < 470);
  close_section(&f);
  check_ok(open_section(&f, "\"workload_shape\": \"peaks\""), &err);
  /* 24 h at 5 requests/s, of which a little less than 25 h are left by the spread, in 20 minutes. */
  assert_true(f.base.n > 6000 * 24 / 25.5 && f.base.n <= 6000);
  assert_true(f.base.t_s[f.base.n - 1] - f.base.t_s[0] <= 1200);
  close_section(&f);
  check_ok(open_section(&f,
                        "\"workload_shape\": \"peaks\", \"compress_min\": 0, \"peak_hours\": 2, "
                        "\"peaks\": [[1, 2, 2.355]]"),
           &err);
  /* Intensities 2 exp(-1/2) and 2 on hours 0 and 1. */
  assert_int_equal(count(&f.base, f.app[0]), (int)(7200 * 2 * 2 * exp(-0.5) / (2 + 2 * exp(-0.5))) +
                                                 (int)(7200 * 2 * 2 / (2 + 2 * exp(-0.5))));
  close_section(&f);
}

#define AZURE \
  "\"workload\": \"../../tests/data/serverless/azure/invocations_per_function_md.anon.d##.csv\""
#define HUAWEI "\"workload\": \"../../tests/data/serverless/huawei/day_##.csv\""

static void public_formats(void **state)
{
  fixture f;

  (void)state;
  check_ok(open_section(&f, AZURE ", \"first_day\": 1, \"last_day\": 2, \"compress_min\": 0, "
                                  "\"functions\": {\"gallery\": \"#1\", \"camera\": \"#4\"}"),
           &err);
  assert_int_equal(count(&f.base, f.app[1]), 33);
  assert_int_equal(count(&f.base, f.app[0]), 109);
  close_section(&f);
  check_ok(open_section(&f, HUAWEI ", \"last_day\": 1, \"functions\": {\"camera\": 17}, "
                                   "\"from_minute\": 0, \"to_minute\": 10, \"compress_min\": 0, "
                                   "\"rescale_mean_rpm\": 100"),
           &err);
  /* All: 58 x 5 + 18 x 2 in 1470 minutes; of these 8 x 7 in the first ten. */
  assert_int_equal(f.base.n, (int)floor(56 * 100 / (326.0 / 1470) + 0.5));
  close_section(&f);
}

static void problem(const char *keys, int code, const char *message)
{
  fixture f;

  check_fails(open_section(&f, keys), code, message, &err);
  close_section(&f);
}

static void bad(void **state)
{
  (void)state;
  problem(HUAWEI, AUS_ECONFIG, "functions must be a map of applications to functions");
  problem(HUAWEI ", \"functions\": []", AUS_ECONFIG, "functions must be a map");
  problem(HUAWEI ", \"functions\": {\"galery\": 3}", AUS_ECONFIG,
          "functions: unknown application \"galery\"; did you mean \"gallery\"?");
  problem(HUAWEI ", \"functions\": {\"camera\": [3]}", AUS_ECONFIG, "functions: need a function's");
  problem(HUAWEI ", \"functions\": {\"camera\": \"\"}", AUS_ECONFIG,
          "functions: need a function's");
  problem(HUAWEI ", \"functions\": {\"camera\": 99}", AUS_EFORMAT,
          "day_##.csv: no function \"99\"");
  problem(HUAWEI ", \"last_day\": 2, \"functions\": {\"camera\": 3}", AUS_EFORMAT, "day_02.csv");
  problem(HUAWEI ", \"first_day\": 1, \"functions\": {\"camera\": 3}", AUS_ECONFIG,
          "first_day is 1, behind last_day 0");
  problem(HUAWEI ", \"from_minute\": 9, \"to_minute\": 9, \"functions\": {\"camera\": 3}",
          AUS_ECONFIG, "to_minute must be behind from_minute");
  problem(HUAWEI ", \"to_minute\": 31, \"functions\": {\"camera\": 3}", AUS_EFORMAT,
          "minutes 0 to 31 are wanted, there are 30");
  problem(HUAWEI ", \"workload_format\": \"azure\", \"functions\": {\"camera\": 3}", AUS_EFORMAT,
          "day_00.csv:1: column 1 is \"day\", expected \"HashOwner\"");
  problem(HUAWEI ", \"rescale_mean_rpm\": 6e7, \"functions\": {\"camera\": 4}", AUS_EINVAL,
          "day_##.csv: workload: ");
  problem("\"workload\": \"workload.json\", \"last_day\": 3", AUS_ECONFIG, "has no ## for the day");
  problem("\"workload_shape\": \"peaks\", \"peaks\": [[1, 2]]", AUS_ECONFIG,
          "peaks: need [hour, height, width in h]");
  problem("\"workload_shape\": \"peaks\", \"peaks\": [[30, 2, 1]]", AUS_ECONFIG, "is 30, need");
  problem("\"workload_shape\": \"peaks\", \"peaks\": 3", AUS_ECONFIG, "peaks is 3, need a list");
}

static void scaling(void **state)
{
  fixture f;
  aus_serverless_scaling s;

  (void)state;
  check_ok(open_section(&f, "\"thin\": \"on\""), &err);
  s = aus_serverless_study_scaling(f.opts, true);
  assert_true(s.thin && !s.clone_jitter);
  s = aus_serverless_study_scaling(f.opts, false);
  assert_true(s.thin && s.clone_jitter);
  close_section(&f);
  check_ok(open_section(&f, "\"thin\": \"off\""), &err);
  assert_false(aus_serverless_study_scaling(f.opts, false).thin);
  close_section(&f);
}

/* Entries of a list: a file of events, and maps; each has draws of its own. */
static void traces(void **state)
{
  static const char list[] =
      "{\"w\": [\"workload.json\", {" HUAWEI
      ", \"functions\": {\"camera\": 3}, \"compress_min\": 0},"
      "{" HUAWEI ", \"functions\": {\"camera\": 3}, \"compress_min\": 0}], \"x\": [3], \"y\": {},"
      "\"z\": [{\"file\": \"a\"}]}";
  aus_serverless_trace *t;
  aus_cfg_node *root;
  fixture f;
  int n;

  (void)state;
  check_ok(open_section(&f, ""), &err);
  check_ok(aus_cfg_parse(f.env.conf, "list", list, strlen(list), &root, &err), &err);
  check_ok(aus_serverless_study_traces(&f.env, &f.in, "list", aus_cfg_get(root, "w"), &t, &n, &err),
           &err);
  assert_int_equal(n, 3);
  assert_true(t[0].n > 100);
  assert_int_equal(t[1].n, 2100); /* 60 + m for the minutes 0 to 29 but 7 and 8 */
  assert_int_equal(t[2].n, t[1].n);
  assert_true(t[1].t_s[0] != t[2].t_s[0]);
  aus_serverless_study_traces_free(t, n);
  check_ok(aus_serverless_study_traces(&f.env, &f.in, "list", NULL, &t, &n, &err), &err);
  assert_int_equal(n, 0);
  aus_serverless_study_traces_free(t, n);
  check_fails(
      aus_serverless_study_traces(&f.env, &f.in, "list", aus_cfg_get(root, "x"), &t, &n, &err),
      AUS_EFORMAT, "serverless/3", &err);
  assert_null(t);
  check_fails(
      aus_serverless_study_traces(&f.env, &f.in, "list", aus_cfg_get(root, "z"), &t, &n, &err),
      AUS_ECONFIG, "unknown key \"file\"", &err);
  close_section(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(generated), cmocka_unit_test(public_formats), cmocka_unit_test(bad),
      cmocka_unit_test(scaling),   cmocka_unit_test(traces),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
