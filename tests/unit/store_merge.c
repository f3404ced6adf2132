/* store_merge.c - joining results: tables, offsets, parents, attributes, strings of other lengths; what is
 * refused; every allocation failing once. tests/cli/merge.t joins results of the program.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/merge.h"
#include "unit/check.h"

#include "store/check.h"
#include "store/csv.h"
#include "unit/result.h"
#include "unit/tempdir.h"

static char dir[256], path[2][300], out[300];
static const char *const paths[2] = {path[0], path[1]};
static aus_err err;
static aus_buf problems;

static const spoil none = {0};

/* Two files; the second may have something that is wrong. */
static void make_two(const spoil *second)
{
  make(path[0], 9, &none);
  make(path[1], 3, second);
}

static void join(void)
{
  aus_buf_clear(&problems);
  check_ok(aus_merge(2, paths, out, &problems, &err), &err);
  assert_int_equal(problems.n, 0);
}

/* A table of the joined file as text. */
static void expect(const char *table, const char *want)
{
  aus_csv_conf conf = {.table = table};
  char *text = NULL;
  size_t n = 0;
  FILE *to = open_memstream(&text, &n);

  assert_non_null(to);
  check_ok(aus_csv_write(out, &conf, to, &err), &err);
  fclose(to);
  assert_string_equal(text, want);
  free(text);
}

static void check_joined(void)
{
  aus_buf lines;
  aus_check_count count;

  aus_buf_init(&lines);
  check_ok(aus_check_result(out, 9, &lines, &count, &err), &err);
  assert_string_equal(lines.n > 0 ? lines.data : "", "");
  assert_int_equal(count.sources, 2);
  aus_buf_fini(&lines);
}

static void tables(void **state)
{
  char want[2000];

  (void)state;
  make_two(&none);
  join();
  check_joined();
  /* In order of seeds, whatever the order of the arguments. */
  expect("sources/seed", "seed\n3\n9\n");
  snprintf(want, sizeof want, "file\n%s\n%s\n", path[1], path[0]);
  expect("sources/file", want);
  expect("config", "config\n\"{\"\"seed\"\":[3,9],\"\"study\"\":\"\"serverless\"\"}\"\n");
  expect("area/p", "size\n1\n2\n");
  expect("trials/initial/id", "id\n4294967296\n4294967297\n4294967296\n4294967297\n");
  expect("trials/initial/source", "source\n0\n0\n1\n1\n");
  expect("traces/t/offsets", "offsets\n0\n0\n3\n3\n6\n");
  expect("traces/t", "source,trial,state,wide_0,wide_1\n"
                     "0,4294967297,a,1,2\n0,4294967297,b,3,4\n0,4294967297,b,5,6\n"
                     "1,4294967297,a,1,2\n1,4294967297,b,3,4\n1,4294967297,b,5,6\n");
  expect("models", "source,trial,format,metric,parent,task,version\n"
                   "0,-1,initial,nan,-1,initial,0\n0,4294967297,initial,1,0,initial,1\n"
                   "1,-1,initial,nan,-1,initial,0\n1,4294967297,initial,1,2,initial,1\n");
  expect("models/bytes", "bytes\n1\n2\n3\n4\n5\n1\n2\n3\n4\n5\n");
  expect("models/offsets", "offsets\n0\n2\n5\n7\n10\n");
  expect("provenance/sources/000001/run/hosts", "hosts\ninitial\n");
}

/* Values in one file only, a longer string, an area's table that differs. */
static void differing(void **state)
{
  spoil s = {RETYPE, "models/task", 0, 'S', NULL};

  (void)state;
  make_two(&s);
  join();
  check_joined();
  expect("models/task", "task\ninitial\ninitial\ninitial\ninitial\n");
  s = (spoil){VALUE, "area/p/size", 7, 1, NULL};
  make_two(&s);
  join();
  check_joined();
  expect("area/p", "source,size\n0,1\n0,7\n1,1\n1,2\n");
  s = (spoil){SI, "traces/t/wide", 5, 0, NULL};
  make_two(&s);
  aus_buf_clear(&problems);
  check_fails(
      aus_merge(2, paths, out, &problems, &err), AUS_EFORMAT,
      "the joined file would have 1 faults, first /traces/t/wide: attribute unitSI is not one "
      "real (verify the inputs)",
      &err);
  s = (spoil){MISSING, "provenance/run/argv", 0, 0, NULL};
  make_two(&s);
  join();
}

static void refused(void **state)
{
  static const spoil spoils[] = {
      {MISSING, "config_sha256", 0, 0, "not a study's result (no attribute config_sha256)"},
      {ROOT, "auspex_format", 0, 0, ": format 9.9, expected 1.0"},
      {ROOT, "study", 0, 0, " is of study 9.9, "},
      {MISSING, "trials/initial/status", 0, 0, ":/trials/initial/status: missing, but not in all"},
      {SHORTER, "trials/initial/status", 0, 0, ":/trials/initial/status: 1 rows, expected 2"},
      {SHORTER, "traces/t/wide", 0, 0, ":/traces/t/wide: 2 rows, expected 3"},
      {RETYPE, "models/metric", 0, 'f', ":/models/metric: of another type than in other files"},
      {VALUE, "campaigns/n_committed", 5, 0,
       "the joined file would have 1 faults, first /campaigns"},
      {LINK, "traces/source", 0, 0, ":/traces/source: a dataset of this name cannot be joined"},
  };
  size_t i;
  struct stat st;

  (void)state;
  unlink(out);
  for (i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
    make_two(&spoils[i]);
    aus_buf_clear(&problems);
    check_fails(aus_merge(2, paths, out, &problems, &err), AUS_EFORMAT, spoils[i].want, &err);
    assert_int_not_equal(stat(out, &st), 0);
  }
}

static void same_seed(void **state)
{
  (void)state;
  make(path[0], 9, &none);
  make(path[1], 9, &none);
  check_fails(aus_merge(2, paths, out, &problems, &err), AUS_EFORMAT, " have the same seed, 9",
              &err);
}

static void other_configuration(void **state)
{
  static const spoil s = {CONFIG, "{\"more\":{\"x\":[1,2]},\"seed\":3,\"study\":\"serverless\"}", 0,
                          1, NULL};
  char want[1000];

  (void)state;
  make_two(&s);
  aus_buf_clear(&problems);
  check_fails(aus_merge(2, paths, out, &problems, &err), AUS_EFORMAT,
              "differ in their configuration", &err);
  snprintf(want, sizeof want,
           "auspex: %s and %s differ in their configuration:\n  more: {\"x\":[1,2]} and nothing\n",
           path[1], path[0]);
  assert_string_equal(problems.data, want);
}

static void places(void **state)
{
  (void)state;
  make_two(&none);
  check_fails(aus_merge(2, paths, path[1], &problems, &err), AUS_ECONFIG,
              "the output would replace an input file", &err);
  check_fails(aus_merge(2, paths, "/nowhere/x.h5", &problems, &err), AUS_EIO, "/nowhere", &err);
  join();
  memcpy(path[0], out, sizeof path[0]);
  snprintf(out, sizeof out, "%s/again.h5", dir);
  check_fails(aus_merge(2, paths, out, &problems, &err), AUS_EFORMAT,
              "a merged result; merge its sources instead", &err);
  snprintf(path[0], sizeof path[0], "%s/0.h5", dir);
  snprintf(out, sizeof out, "%s/out.h5", dir);
}

static void out_of_memory(void **state)
{
  int64_t live, i;
  int rc = AUS_OK;
  struct stat st;

  (void)state;
  make_two(&none);
  aus_buf_fini(&problems);
  live = aus_alloc_live();
  /* The reader of configurations does without a name for its suggestions. */
  for (i = 0; i < 10000; i += 1 + i / 60) {
    unlink(out);
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_merge(2, paths, out, &problems, &err);
    aus_buf_fini(&problems);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    if (rc != AUS_OK) assert_int_not_equal(stat(out, &st), 0);

    assert_int_equal(aus_alloc_live(), live);
    if (!aus_alloc_failed()) break;
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
#ifndef NDEBUG
  assert_true(i > 500);
#endif
  check_joined();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tables),
      cmocka_unit_test(differing),
      cmocka_unit_test(refused),
      cmocka_unit_test(same_seed),
      cmocka_unit_test(other_configuration),
      cmocka_unit_test(places),
      cmocka_unit_test(out_of_memory),
  };
  int rc, k;

  if (tempdir_make(dir) != 0) return 99;
  for (k = 0; k < 2; k++)
    snprintf(path[k], sizeof path[k], "%s/%d.h5", dir, k);
  snprintf(out, sizeof out, "%s/out.h5", dir);
  aus_buf_init(&problems);
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  aus_buf_fini(&problems);
  tempdir_remove(dir);
  return rc;
}
