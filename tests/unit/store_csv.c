/* store_csv.c - tables as text: every kind of value, matrices, tables by trial, one trial, more rows than
 * fit a window, what is no table, every allocation failing once.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/csv.h"
#include "unit/check.h"

#include "unit/h5put.h"
#include "unit/tempdir.h"

static char dir[256], path[300];
static aus_err err;

enum { LONG = 1300000 };

static void names(hid_t file, const char *set, const char *name, int n, size_t size,
                  const char *values)
{
  hsize_t dim = (hsize_t)n;
  hid_t at = H5Dopen2(file, set, H5P_DEFAULT), type = H5Tcopy(H5T_C_S1),
        space = H5Screate_simple(1, &dim, NULL), attr;

  H5Tset_size(type, size);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  attr = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(attr >= 0 && H5Awrite(attr, type, values) >= 0);
  H5Aclose(attr);
  H5Sclose(space);
  H5Tclose(type);
  H5Dclose(at);
}

static void make_file(void)
{
  static double x[LONG];
  static const double real[3] = {0.1, -0.0, NAN}, wide[6] = {1, 2, 3, 4, 5, INFINITY};
  static const float f[3] = {0.1f, 16777216.0f, 1e-7f};
  static const int64_t i[3] = {INT64_MIN, -1, 5};
  static const uint64_t u[3] = {UINT64_MAX, 0, 7}, trial[3] = {4294967296, 4294967297, 4294967299},
                        offsets[4] = {0, 2, 2, 3}, two[3] = {0, 2, 3}, back[3] = {0, 3, 2};
  static const uint32_t source[3] = {0, 0, 1};
  static const uint8_t kind[3] = {1, 0, 9}, bytes[3] = {1, 2, 3};
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
        kinds = H5Tenum_create(H5T_STD_U8LE);
  uint8_t value = 0;
  int k;

  assert_true(file >= 0);
  H5Tenum_insert(kinds, "cold, or not", &value);
  value = 1;
  H5Tenum_insert(kinds, "warm", &value);
  for (k = 0; k < LONG; k++)
    x[k] = k;
  h5put(file, "a/f", H5T_IEEE_F32LE, 1, 3, 1, f, 0);
  h5put(file, "a/i", H5T_STD_I64LE, 1, 3, 1, i, 0);
  h5put(file, "a/id", H5T_STD_U64LE, 1, 3, 1, trial, 0);
  h5put(file, "a/kind", kinds, 1, 3, 1, kind, 0);
  h5put(file, "a/real", H5T_IEEE_F64LE, 1, 3, 1, real, 0);
  h5put_text(file, "a/text", 3, 4, "a\"b,\n\0\0\0 x\0\0");
  h5put(file, "a/u", H5T_STD_U64LE, 1, 3, 1, u, 0);
  h5put(file, "m/x", H5T_IEEE_F64LE, 2, 3, 2, wide, 0);
  names(file, "m/x", "names", 2, 1, "pq");
  h5put(file, "m/y", H5T_IEEE_F64LE, 2, 3, 2, wide, 0);
  names(file, "m/y", "feature_names", 2, 2, "q\0r");
  h5put(file, "m/z", H5T_IEEE_F64LE, 2, 3, 2, wide, 0);
  names(file, "m/z", "names", 3, 1, "abc");
  h5put(file, "by/offsets", H5T_STD_U64LE, 1, 4, 1, offsets, 0);
  h5put(file, "by/real", H5T_IEEE_F64LE, 1, 3, 1, real, 0);
  h5put(file, "by/trial", H5T_STD_U64LE, 1, 3, 1, trial, 0);
  h5put(file, "of/offsets", H5T_STD_U64LE, 1, 4, 1, offsets, 0);
  h5put(file, "of/real", H5T_IEEE_F64LE, 1, 3, 1, real, 0);
  h5put(file, "of/source", H5T_STD_U32LE, 1, 3, 1, source, 0);
  h5put(file, "of/trial", H5T_STD_U64LE, 1, 3, 1, trial, 0);
  h5put(file, "blob/bytes", H5T_STD_U8LE, 1, 3, 1, bytes, 0);
  h5put(file, "blob/format", H5T_STD_U8LE, 1, 2, 1, bytes, 0);
  h5put(file, "blob/offsets", H5T_STD_U64LE, 1, 3, 1, two, 0);
  h5put(file, "back/offsets", H5T_STD_U64LE, 1, 3, 1, back, 0);
  h5put(file, "back/trial", H5T_STD_U64LE, 1, 2, 1, trial, 0);
  h5put(file, "uneven/a", H5T_IEEE_F64LE, 1, 3, 1, real, 0);
  h5put(file, "uneven/b", H5T_IEEE_F64LE, 1, 2, 1, real, 0);
  h5put(file, "deep/er/x", H5T_IEEE_F64LE, 1, 0, 1, real, 0);
  h5put(file, "long/x", H5T_IEEE_F64LE, 1, LONG, 1, x, 0);
  h5put_text(file, "config", 0, 4, "{}\0\0");
  H5Tclose(kinds);
  assert_true(H5Fclose(file) >= 0);
}

/* Text of a table, or the code (then NULL); the caller frees it. */
static char *text_of(const char *table, uint64_t trial, int *rc)
{
  aus_csv_conf conf = {.table = table, .one_trial = trial > 0, .trial = trial};
  char *text = NULL;
  size_t n = 0;
  FILE *to = open_memstream(&text, &n);

  assert_non_null(to);
  aus_err_clear(&err);
  *rc = aus_csv_write(path, &conf, to, &err);
  fclose(to);
  return text;
}

static void expect(const char *table, uint64_t trial, const char *want)
{
  int rc;
  char *text = text_of(table, trial, &rc);

  if (rc != AUS_OK) fail_msg("%s: %s", table, err.text);
  assert_string_equal(text, want);
  free(text);
}

static void refused(const char *table, uint64_t trial, const char *part)
{
  int rc;
  char *text = text_of(table, trial, &rc);

  free(text);
  assert_int_equal(rc, AUS_EFORMAT);
  if (!strstr(err.text, part)) fail_msg("message \"%s\" lacks \"%s\"", err.text, part);
}

static void values(void **state)
{
  (void)state;
  expect("a", 0,
         "id,f,i,kind,real,text,u\n"
         "4294967296,0.1,-9223372036854775808,warm,0.1,\"a\"\"b,\",18446744073709551615\n"
         "4294967297,16777216,-1,\"cold, or not\",-0,\"\n\",0\n"
         "4294967299,1e-07,5,9,nan,\" x\",7\n");
  expect("/a/", 4294967297,
         "id,f,i,kind,real,text,u\n"
         "4294967297,16777216,-1,\"cold, or not\",-0,\"\n\",0\n");
  expect("a/kind", 0, "kind\nwarm\n\"cold, or not\"\n9\n");
  expect("config", 0, "config\n{}\n");
  expect("deep/er", 0, "x\n");
}

/* q is a column of x and of y; a list of names of another length is none. */
static void matrices(void **state)
{
  (void)state;
  expect("m", 0,
         "p,x.q,y.q,r,z_0,z_1\n"
         "1,2,1,2,1,2\n"
         "3,4,3,4,3,4\n"
         "5,inf,5,inf,5,inf\n");
  expect("m/x", 0, "p,q\n1,2\n3,4\n5,inf\n");
}

static void by_trial(void **state)
{
  (void)state;
  expect("by", 0, "trial,real\n4294967296,0.1\n4294967296,-0\n4294967299,nan\n");
  expect("by", 4294967299, "trial,real\n4294967299,nan\n");
  expect("by", 4294967297, "trial,real\n");
  expect("by", 5, "trial,real\n");
  expect("by/real", 4294967299, "trial,real\n4294967299,nan\n");
  expect("by/offsets", 0, "offsets\n0\n2\n2\n3\n");
  expect("of", 0, "source,trial,real\n0,4294967296,0.1\n0,4294967296,-0\n1,4294967299,nan\n");
  expect("of/real", 4294967299, "source,trial,real\n1,4294967299,nan\n");
  expect("blob", 0, "format\n1\n2\n");
  expect("blob/bytes", 0, "bytes\n1\n2\n3\n");
}

static void windows(void **state)
{
  int rc;
  char *text = text_of("long", 0, &rc), *at, *end;
  long k;

  (void)state;
  assert_int_equal(rc, AUS_OK);
  assert_memory_equal(text, "x\n", 2);
  for (at = text + 2, k = 0; *at; at = end + 1, k++)
    if (strtol(at, &end, 10) != k || *end != '\n') /* aus_buf_real() writes 1e+06 for a million. */
      if (strtod(at, &end) != (double)k || *end != '\n') fail_msg("row %ld", k);
  assert_int_equal(k, LONG);
  free(text);
}

static void no_tables(void **state)
{
  (void)state;
  refused("b", 0, ":/b: no such table; --list shows all");
  refused("a/b", 0, "no such table");
  refused("/", 0, "no table is named");
  refused("deep", 0, ":/deep: no table: it has no columns");
  refused("uneven", 0, ":/uneven: no table: a has 3 rows, b 2");
  refused("back", 0, ":/back: offsets: 2 is below the one before");
  refused("m", 3, ":/m: its rows do not belong to trials");
}

static void list(void **state)
{
  aus_buf b;

  (void)state;
  aus_buf_init(&b);
  check_ok(aus_csv_list(path, &b, &err), &err);
  assert_non_null(strstr(b.data, "a                             3 rows\n"
                                 "  id                          u64                 \n"
                                 "  f                           f32                 \n"));
  assert_non_null(strstr(b.data, "by                            3 rows of 3 trials\n"));
  assert_non_null(strstr(b.data, "  x                           f64[2]              \n"));
  /* What is no table is shown dataset by dataset. */
  assert_non_null(strstr(b.data, "uneven/a                      3 rows\n"));
  assert_non_null(strstr(b.data, "uneven/b                      2 rows\n"));
  assert_non_null(strstr(b.data, "deep/er                       0 rows\n"));
  aus_buf_fini(&b);
  check_fails(aus_csv_list("/nowhere/x.h5", &b, &err), AUS_EFORMAT, "/nowhere/x.h5: No such file",
              &err);
}

/* A stream that takes no more. */
static void full(void **state)
{
  aus_csv_conf conf = {.table = "long"};
  FILE *to = fopen("/dev/full", "w");

  (void)state;
  if (!to) skip();
  check_fails(aus_csv_write(path, &conf, to, &err), AUS_EIO, "No space left", &err);
  fclose(to);
}

static void out_of_memory(void **state)
{
  static const char *const tables[] = {"a", "m", "of/real"};
  int64_t live = aus_alloc_live(), i;
  int rc = AUS_OK, k;
  aus_buf b;

  (void)state;
  for (k = 0; k < 4; k++) {
    for (i = 0; i < 1000; i++) {
      char *text = NULL;

      aus_buf_init(&b);
      aus_alloc_fail_at(i);
      if (k < 3) {
        text = text_of(tables[k], 0, &rc);
      } else {
        aus_err_clear(&err);
        rc = aus_csv_list(path, &b, &err);
      }
      free(text);
      aus_buf_fini(&b);
      if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
      assert_int_equal(aus_alloc_live(), live);
      if (!aus_alloc_failed()) break;
    }
    aus_alloc_fail_at(-1);
    assert_int_equal(rc, AUS_OK);
#ifndef NDEBUG
    assert_true(i > 10);
#endif
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values),  cmocka_unit_test(matrices),      cmocka_unit_test(by_trial),
      cmocka_unit_test(windows), cmocka_unit_test(list),          cmocka_unit_test(no_tables),
      cmocka_unit_test(full),    cmocka_unit_test(out_of_memory),
  };
  int rc;

  if (tempdir_make(dir) != 0) return 99;
  snprintf(path, sizeof path, "%s/run.h5", dir);
  make_file();
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  tempdir_remove(dir);
  return rc;
}
