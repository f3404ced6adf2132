/* store_check.c - verification: a small file that is right, and the same with one thing wrong each time;
 * damaged bytes; every allocation failing once.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/check.h"
#include "unit/check.h"

#include "unit/result.h"
#include "unit/tempdir.h"

static char dir[256], path[300];
static aus_err err;
static aus_buf lines;
static aus_check_count count;

static void expect(const char *want)
{
  aus_buf_clear(&lines);
  check_ok(aus_check_result(path, 99, &lines, &count, &err), &err);
  assert_string_equal(lines.n > 0 ? lines.data : "", want);
}

static void right(void **state)
{
  static const spoil none = {0};

  (void)state;
  make(path, 3, &none);
  expect("");
  assert_int_equal(count.faults, 0);
  assert_int_equal(count.datasets, sizeof columns / sizeof columns[0] + 1);
  assert_false(count.unfinished);
}

static const spoil spoils[] = {
    {MISSING, "auspex_format", 0, 0, "/: no attribute auspex_format\n"},
    {ROOT, "auspex_format", 0, 0, "/: format 9.9, expected 1.0\n"},
    {MISSING, "auspex_version", 0, 0, "/: no attribute auspex_version\n"},
    {MISSING, "config_sha256", 0, 0, "/: no attribute config_sha256\n"},
    {MISSING, "complete", 0, 0, "/: attribute complete: there is none\n"},
    {ROOT, "complete", 2, 0, "/: attribute complete is 2, need 0 or 1\n"},
    {ROOT, "seed", 4, 0, "/config: seed is not the attribute seed, 4\n"},
    {ROOT, "study", 0, 0, "/config: study is not the attribute study, 9.9\n"},
    {CONFIG, "{\"seed\":3,\"study\":\"serverless\" }", 0, 0,
     "/config: SHA-256 is 351e36d2726b..., attribute config_sha256 c12fffe1066a...\n"},
    {CONFIG, "{\"seed\":3,", 0, 1, "/config: JSON:1:10: string or '}' expected near end of file\n"},
    {MISSING, "models/format", 0, 0, "/models/format: missing\n"},
    {MISSING, "campaigns/n_committed", 0, 0, "/campaigns/n_committed: missing\n"},
    {MISSING, "traces/t/offsets", 0, 0,
     "/traces/t/offsets: missing\n/traces/t/trial: 2 rows, state has 3\n"},
    {MISSING, "provenance/run/hosts", 0, 0, "/provenance/run/hosts: missing\n"},
    {SHORTER, "trials/initial/feasible", 0, 0,
     "/trials/initial/feasible: 1 rows, campaign has 2\n"},
    {SHORTER, "traces/t/wide", 0, 0, "/traces/t/wide: 2 rows, the offsets end at 3\n"},
    {SHORTER, "traces/t/trial", 0, 0, "/traces/t/trial: 1 rows, the offsets are for 2\n"},
    {SHORTER, "models/bytes", 0, 0, "/models/bytes: 4 rows, the offsets end at 5\n"},
    {SHORTER, "models/task", 0, 0, "/models/task: 1 rows, the offsets are for 2\n"},
    {SHORTER, "provenance/trial_cost", 0, 0, "/provenance/trial_id: 3 rows, trial_cost has 2\n"},
    {VALUE, "traces/t/offsets", 4, 1, "/traces/t/offsets: row 2: 3 is below the one before\n"},
    {VALUE, "traces/t/offsets", 1, 0, "/traces/t/offsets: row 0: 1 is not 0\n"},
    {VALUE, "models/offsets", 4, 2, "/models/bytes: 5 rows, the offsets end at 4\n"},
    {VALUE, "traces/t/state", 2, 1, "/traces/t/state: row 1: 2 is no value of the enumeration\n"},
    {VALUE, "traces/t/trial", T0, 1,
     "/traces/t/trial: row 1: 4294967296 is not above the one before\n"},
    {VALUE, "traces/t/trial", 7, 0, "/traces/t/trial: row 0: 7 is no trial of the file\n"},
    {VALUE, "datasets/a/trial", 5, 2, "/datasets/a/trial: row 2: 5 is no trial of the file\n"},
    {VALUE, "models/trial", 9, 1, "/models/trial: row 1: 9 is no trial of the file\n"},
    {VALUE, "campaigns/best_trial", 8, 0,
     "/campaigns/best_trial: row 0: 8 is no trial of the file\n"},
    {VALUE, "provenance/trial_id", 6, 0,
     "/provenance/trial_id: row 0: 6 is no trial of the file\n"},
    {VALUE, "provenance/determinism_violations", 2, 0,
     "/provenance/determinism_violations: row 0: 2 results were not reproduced\n"},
    {VALUE, "trials/initial/index", 5, 1,
     "/trials/initial/id: row 1: 4294967297 is not campaign 1, index 5\n"},
    {VALUE, "campaigns/n_committed", 3, 0,
     "/campaigns/n_committed: row 0: campaign 1 has 3, /trials 2\n"},
    {VALUE, "campaigns/id", 2, 0,
     "/campaigns/n_committed: row 0: campaign 2 has 2, /trials 0\n"
     "/campaigns/id: campaign 1 of trial 4294967296 is missing\n"},
    {VALUE, "campaigns/kind", 0, 0,
     "/campaigns/kind: row 0: campaign 1 is of kind xnitial, 2 of its trials are not\n"},
    {VALUE, "bo/n_seen", 0, 1,
     "/bo/seen/offsets: row 1: 1 trials, n_seen is 0, 1 rows are before it\n"},
    {VALUE, "bo/seen/seen_trial", T0, 0,
     "/bo/seen/seen_trial: row 0: 4294967296, but row 0 of /bo is 4294967297\n"},
    {VALUE, "bo/campaign", 2, 1,
     "/bo/seen/offsets: row 1: 1 trials, n_seen is 1, 0 rows are before it\n"},
    {VALUE, "bo/seen/seen_trial", 6, 0,
     "/bo/seen/seen_trial: row 0: 6 is no trial of the file\n"
     "/bo/seen/seen_trial: row 0: 6, but row 0 of /bo is 4294967297\n"},
    {MISSING, "bo/seen/seen_trial", 0, 0, "/bo/seen/seen_trial: missing\n"},
    {SHORTER, "bo/seen/offsets", 0, 0, "/bo/seen/seen_trial: 1 rows, the offsets end at 0\n"},
    {RETYPE, "models/metric", 0, 'f', "/models/metric: type f32, expected f64\n"},
    {RETYPE, "trials/initial/scenario", 0, 'B',
     "/trials/initial/scenario: type u64 big-endian is none of the format\n"
     "/trials/initial/scenario: type u64 big-endian, expected i64\n"},
    {NO_UNIT, "traces/t/wide", 0, 0, "/traces/t/wide: no attribute unit\n"},
    {NO_UNIT, "traces/t/state", 0, 0, "/traces/t/state: no attribute unit\n"},
    {SI, "traces/t/wide", 0, 0, "/traces/t/wide: attribute unitSI is 0\n"},
    {NAMES, "traces/t/wide", 0, 3, "/traces/t/wide: attribute names has 3 names for 2 columns\n"},
    {LATE, "traces/t/state", 0, 0, "/traces/t: state was created after wide\n"},
    {TIMES, "traces/t/state", 0, 0, "/traces/t/state: has a time stamp\n"},
    {LINK, "traces/zz", 0, 0, "/traces/zz: a link, not an object\n"},
};

static void wrong(void **state)
{
  size_t i;

  (void)state;
  for (i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
    make(path, 3, &spoils[i]);
    expect(spoils[i].want);
  }
}

/* Lines are limited, faults are counted. */
static void limit(void **state)
{
  static const spoil s = {VALUE, "campaigns/id", 2, 0, NULL};

  (void)state;
  make(path, 3, &s);
  aus_buf_clear(&lines);
  check_ok(aus_check_result(path, 1, &lines, &count, &err), &err);
  assert_string_equal(lines.data, "/campaigns/n_committed: row 0: campaign 2 has 2, /trials 0\n");
  assert_int_equal(count.faults, 2);
}

/* A study that goes on may plan trials that are not there yet. */
static void unfinished(void **state)
{
  static const spoil s = {ROOT, "complete", 0, 0, ""};

  (void)state;
  make(path, 3, &s);
  expect("");
  assert_true(count.unfinished);
}

/* Every byte of the values of a column with a checksum. */
static void damaged(void **state)
{
  static const spoil none = {0};
  static char bytes[1 << 20];
  const double mark[2] = {0.5, 0.25};
  size_t n, i, k;
  FILE *io;

  (void)state;
  make(path, 3, &none);
  io = fopen(path, "r+b");
  assert_non_null(io);
  n = fread(bytes, 1, sizeof bytes, io);
  for (i = 0; i + sizeof mark <= n && memcmp(bytes + i, mark, sizeof mark) != 0; i++)
    continue;
  assert_true(i + sizeof mark <= n);
  for (k = 0; k < sizeof mark; k++) {
    fseek(io, (long)(i + k), SEEK_SET);
    fputc(bytes[i + k] ^ 4, io);
    fflush(io);
    aus_buf_clear(&lines);
    check_ok(aus_check_result(path, 9, &lines, &count, &err), &err);
    assert_int_equal(count.faults, 1);
    assert_non_null(strstr(lines.data, "/trials/initial/y: "));
    fseek(io, (long)(i + k), SEEK_SET);
    fputc(bytes[i + k], io);
    fflush(io);
  }
  expect("");
  fclose(io);
}

static void no_file(void **state)
{
  FILE *to;
  char want[400];

  (void)state;
  check_fails(aus_check_result("/nowhere/x.h5", 9, &lines, &count, &err), AUS_EFORMAT,
              "/nowhere/x.h5: No such file", &err);
  to = fopen(path, "w");
  assert_non_null(to);
  fputs("hello\n", to);
  fclose(to);
  snprintf(want, sizeof want, "%s: not an HDF5 file\n", path);
  expect(want);
  assert_int_equal(count.faults, 1);
}

static void out_of_memory(void **state)
{
  static const spoil s = {VALUE, "campaigns/id", 2, 0, NULL};
  int64_t live, i;
  int rc = AUS_OK;

  (void)state;
  make(path, 3, &s);
  aus_buf_fini(&lines);
  live = aus_alloc_live();
  for (i = 0; i < 3000; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_check_result(path, 9, &lines, &count, &err);
    if (rc == AUS_OK) rc = aus_buf_check(&lines, &err);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    aus_buf_fini(&lines);
    assert_int_equal(aus_alloc_live(), live);
    if (!aus_alloc_failed()) break;
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
  assert_int_equal(count.faults, 2);
#ifndef NDEBUG
  assert_true(i > 100);
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(right),         cmocka_unit_test(wrong),   cmocka_unit_test(limit),
      cmocka_unit_test(unfinished),    cmocka_unit_test(damaged), cmocka_unit_test(no_file),
      cmocka_unit_test(out_of_memory),
  };
  int rc;

  if (tempdir_make(dir) != 0) return 99;
  snprintf(path, sizeof path, "%s/run.h5", dir);
  aus_buf_init(&lines);
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  aus_buf_fini(&lines);
  tempdir_remove(dir);
  return rc;
}
