/* store_same.c - comparing files: pieces, tolerance, lines and counts, strings, links, damage, every
 * allocation failing once. tests/h5/test_same.py has the kinds of differences, one by one.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/same.h"
#include "unit/check.h"

#include "unit/h5put.h"
#include "unit/tempdir.h"

static char dir[256], path[2][300];
static aus_err err;
static aus_buf lines;
static aus_same_count count;

static hid_t make(int k)
{
  hid_t file = H5Fcreate(path[k], H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

  assert_true(file >= 0);
  return file;
}

/* Compare and expect these lines. */
static void expect(aus_same_conf conf, const char *want, int64_t datasets, int64_t differ)
{
  aus_buf_clear(&lines);
  check_ok(aus_same_files(path[0], path[1], &conf, &lines, &count, &err), &err);
  assert_string_equal(lines.n > 0 ? lines.data : "", want);
  assert_int_equal(count.datasets, datasets);
  assert_int_equal(count.differ, differ);
}

enum { BIG = 1200000, WIDE = 700000 };

/* Datasets of more than one piece (4 MiB), one whose rows are more than a piece, one in chunks that
 * differ between the files. */
static void pieces(void **state)
{
  double *x = test_calloc(BIG, sizeof *x), *wide = test_calloc(3 * WIDE, sizeof *wide);
  hid_t file;
  int k;

  (void)state;
  for (k = 0; k < BIG; k++)
    x[k] = k;
  for (k = 0; k < 2; k++) {
    file = make(k);
    x[0] = k;
    x[BIG - 1] = 5 + k;
    wide[2 * WIDE - 1] = k;
    h5put(file, "flat", H5T_IEEE_F64LE, 1, BIG, 1, x, k);
    h5put(file, "wide", H5T_IEEE_F64LE, 2, 3, WIDE, wide, 0);
    assert_true(H5Fclose(file) >= 0);
  }
  expect((aus_same_conf){.max = 9},
         "/flat: values: 2 of 1200000 differ, first at [0]: 0 and 1, largest difference 1 "
         "(relative 1)\n"
         "/wide: values: 1 of 2100000 differs, first at [1, 699999]: 0 and 1, largest difference 1 "
         "(relative 1)\n",
         2, 2);
  test_free(x);
  test_free(wide);
}

static void reals(int k, double a, double b, double c)
{
  hid_t file = make(k);
  double x[3] = {a, b, c};
  float f = (float)a;
  int64_t big[2] = {INT64_MAX - 4 * k, INT64_MIN};

  h5put(file, "x", H5T_IEEE_F64LE, 1, 3, 1, x, 0);
  h5put(file, "f", H5T_IEEE_F32LE, 0, 1, 1, &f, 0);
  h5put(file, "big", H5T_STD_I64LE, 1, 2, 1, big, 0);
  assert_true(H5Fclose(file) >= 0);
}

static void tolerance(void **state)
{
  static const char big[] =
      "/big: values: 1 of 2 differs, first at [0]: 9223372036854775807 and 9223372036854775803, "
      "largest difference 4 (relative 4.34e-19)\n";
  static const uint64_t other_nan = 0x7ff8000000000001;
  char want[1000];
  double nan;

  (void)state;
  memcpy(&nan, &other_nan, sizeof nan);
  reals(0, 1.5, INFINITY, NAN);
  reals(1, 1.51, INFINITY, nan);
  snprintf(want, sizeof want, "%s%s", big,
           "/f: values: 1.5 and 1.51, largest difference 0.01 (relative 0.00662)\n"
           "/x: values: 2 of 3 differ, first at [0]: 1.5 and 1.51, largest difference 0.01 "
           "(relative 0.00662)\n");
  expect((aus_same_conf){.max = 9}, want, 3, 3);
  /* With a tolerance NaN is NaN. */
  snprintf(want, sizeof want, "%s%s", big,
           "/f: values: 1.5 and 1.51, largest difference 0.01 (relative 0.00662)\n"
           "/x: values: 1 of 3 differs, first at [0]: 1.5 and 1.51, largest difference 0.01 "
           "(relative 0.00662)\n");
  expect((aus_same_conf){.max = 9, .tolerance = 0.006}, want, 3, 3);
  /* Integers are exact, whatever the tolerance. */
  expect((aus_same_conf){.max = 9, .tolerance = 0.007}, big, 3, 1);
  reals(1, 1.5, -INFINITY, 0);
  snprintf(
      want, sizeof want, "%s%s", big,
      "/x: values: 2 of 3 differ, first at [1]: inf and -inf, largest difference inf (relative "
      "inf)\n");
  expect((aus_same_conf){.max = 9, .tolerance = 0.5}, want, 3, 2);
}

static void tolerance_counts(void **state)
{
  (void)state;
  reals(0, 1, 2, 3);
  reals(1, 1, 2.5, 3.5);
  expect((aus_same_conf){.max = 0}, "", 3, 2);
  assert_int_equal(count.differences, 2);
  expect((aus_same_conf){.max = 1},
         "/big: values: 1 of 2 differs, first at [0]: 9223372036854775807 and 9223372036854775803, "
         "largest difference 4 (relative 4.34e-19)\n",
         3, 2);
}

/* Strings of any length in datasets and attributes, a long string, links. */
static void others(int k)
{
  hid_t file = make(k), variable = H5Tcopy(H5T_C_S1);
  const char *text[3] = {"same", k ? "b\n" : "a", NULL};
  char longer[201];

  memset(longer, 'x', sizeof longer);
  longer[100] = k ? 'z' : '"';
  H5Tset_size(variable, H5T_VARIABLE);
  h5put(file, "text", variable, 1, 3, 1, text, 0);
  h5put_text(file, "long", 0, 200, longer);
  H5Lcreate_soft(k ? "/text" : "/long", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/nowhere", file, "dangling", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external(k ? "b.h5" : "a.h5", "/x", file, "external", H5P_DEFAULT, H5P_DEFAULT);
  h5put_attribute(file, "note", k ? "one" : "two");
  H5Tclose(variable);
  assert_true(H5Fclose(file) >= 0);
}

static void strings_and_links(void **state)
{
  (void)state;
  others(0);
  others(1);
  expect((aus_same_conf){.max = 9},
         "/: attribute note: \"two\" and \"one\"\n"
         "/external: link: external to a.h5:/x and external to b.h5:/x\n"
         "/long: values: ...\"xxxxxxxxxxxxxxxxxxxxxxxx\\\"xxxxxxxxxxxxxxxxxxxxxxx\"... and "
         "...\"xxxxxxxxxxxxxxxxxxxxxxxxzxxxxxxxxxxxxxxxxxxxxxxx\"... from byte 100 on\n"
         "/soft: link: soft to /long and soft to /text\n"
         "/text: values: 1 of 3 differs, first at [1]: \"a\" and \"b\\x0a\"\n",
         2, 2);
  others(0);
  expect((aus_same_conf){.max = 9}, lines.data, 2, 2);
  others(1);
  memcpy(path[0], path[1], sizeof path[0]);
  expect((aus_same_conf){.max = 9}, "", 2, 0);
  snprintf(path[0], sizeof path[0], "%s/0.h5", dir);
}

/* A group that holds itself. */
static void endless(void **state)
{
  aus_same_conf conf = {.max = 9};
  hid_t file;
  int k;

  (void)state;
  for (k = 0; k < 2; k++) {
    file = make(k);
    H5Gclose(H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Lcreate_hard(file, "/g", file, "g/g", H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Fclose(file) >= 0);
  }
  check_fails(aus_same_files(path[0], path[1], &conf, &lines, &count, &err), AUS_EFORMAT,
              "groups are nested too deeply", &err);
}

/* The byte that begins the mark is changed, below a checksum. */
static void spoil(const char *name, double mark)
{
  static char bytes[1 << 20];
  FILE *io = fopen(name, "r+b");
  size_t n, i;

  assert_non_null(io);
  n = fread(bytes, 1, sizeof bytes, io);
  for (i = 0; i + sizeof mark <= n && memcmp(bytes + i, &mark, sizeof mark) != 0; i++)
    continue;
  assert_true(i + sizeof mark <= n);
  assert_int_equal(fseek(io, (long)i, SEEK_SET), 0);
  fputc(bytes[i] ^ 1, io);
  fclose(io);
}

static void unreadable(void **state)
{
  static const double x[3] = {1, 2, 3.25}, pair[4] = {0};
  aus_same_conf conf = {.max = 9};
  hid_t file, list = H5Tvlen_create(H5T_NATIVE_DOUBLE);
  char want[400];
  int k;

  (void)state;
  for (k = 0; k < 2; k++) {
    file = make(k);
    h5put(file, "x", H5T_IEEE_F64LE, 1, 3, 1, x, 1);
    assert_true(H5Fclose(file) >= 0);
  }
  spoil(path[1], 3.25);
  snprintf(want, sizeof want, "%s:/x: ", path[1]);
  check_fails(aus_same_files(path[0], path[1], &conf, &lines, &count, &err), AUS_EFORMAT, want,
              &err);
  check_fails(aus_same_files(path[0], dir, &conf, &lines, &count, &err), AUS_EFORMAT,
              "not a regular file", &err);
  for (k = 0; k < 2; k++) {
    file = make(k);
    h5put(file, "list", list, 1, 1, 1, pair, 0);
    assert_true(H5Fclose(file) >= 0);
  }
  check_fails(aus_same_files(path[0], path[1], &conf, &lines, &count, &err), AUS_EFORMAT,
              ":/list: values of a type that cannot be read here", &err);
  H5Tclose(list);
}

static void out_of_memory(void **state)
{
  aus_same_conf conf = {.max = 9};
  int64_t live, i;
  int rc = AUS_OK;

  (void)state;
  others(0);
  others(1);
  aus_buf_fini(&lines);
  live = aus_alloc_live();
  for (i = 0; i < 2000; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_same_files(path[0], path[1], &conf, &lines, &count, &err);
    if (rc == AUS_OK) rc = aus_buf_check(&lines, &err);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    aus_buf_fini(&lines);
    assert_int_equal(aus_alloc_live(), live);
    if (!aus_alloc_failed()) break;
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
#ifndef NDEBUG
  assert_true(i > 30);
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces),           cmocka_unit_test(tolerance),
      cmocka_unit_test(tolerance_counts), cmocka_unit_test(strings_and_links),
      cmocka_unit_test(endless),          cmocka_unit_test(unreadable),
      cmocka_unit_test(out_of_memory),
  };
  int rc, k;

  if (tempdir_make(dir) != 0) return 99;
  for (k = 0; k < 2; k++)
    snprintf(path[k], sizeof path[k], "%s/%d.h5", dir, k);
  aus_buf_init(&lines);
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  aus_buf_fini(&lines);
  tempdir_remove(dir);
  return rc;
}
