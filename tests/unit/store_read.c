/* store_read.c - reading published files: values, wrong shapes and types, foreign, cut and damaged
 * files, every allocation failing once. The file is written here with plain HDF5.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/read.h"
#include "unit/check.h"

#include "unit/h5put.h"
#include "unit/tempdir.h"

static char dir[256], path[300];
static aus_err err;

enum { N = 1000 };

static double real(int i)
{
  return 0.5 * i * i;
}

static void make_file(const char *format, const char *study)
{
  static double x[N], wide[3 * 4] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  static const int32_t kind[5] = {1, 0, 0, 1, 1};
  static const uint8_t flag[2] = {1, 0};
  static const uint64_t trial[3] = {4, 7, 9}, offsets[4] = {0, 2, 2, 5}, back[4] = {0, 3, 2, 5},
                        late[4] = {2, 2, 5, 5};
  static const uint64_t same[3] = {4, 4, 9};
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
        kinds = H5Tenum_create(H5T_STD_I32LE), variable = H5Tcopy(H5T_C_S1);
  const char *lent = "x";
  int32_t value = 0;
  int i;

  assert_true(file >= 0);
  if (format) h5put_attribute(file, "auspex_format", format);
  if (study) h5put_attribute(file, "study", study);
  for (i = 0; i < N; i++)
    x[i] = real(i);
  H5Tenum_insert(kinds, "cold", &value);
  value = 1;
  H5Tenum_insert(kinds, "warm", &value);
  H5Tset_size(variable, H5T_VARIABLE);
  h5put(file, "a/real", H5T_IEEE_F64LE, 1, N, 1, x, 1);
  h5put(file, "a/wide", H5T_IEEE_F64LE, 2, 3, 4, wide, 0);
  h5put(file, "a/kind", kinds, 1, 5, 1, kind, 0);
  h5put(file, "a/flag", H5T_STD_U8LE, 1, 2, 1, flag, 0);
  h5put(file, "a/none", H5T_IEEE_F64LE, 1, 0, 1, x, 0);
  h5put_text(file, "names", 3, 4, "abcdef\0\0\0\0\0\0");
  h5put_text(file, "config", 0, 4, "{}\0\0");
  h5put(file, "variable", variable, 1, 1, 1, &lent, 0);
  h5put(file, "t/trial", H5T_STD_U64LE, 1, 3, 1, trial, 0);
  h5put(file, "t/offsets", H5T_STD_U64LE, 1, 4, 1, offsets, 0);
  h5put(file, "back/trial", H5T_STD_U64LE, 1, 3, 1, trial, 0);
  h5put(file, "back/offsets", H5T_STD_U64LE, 1, 4, 1, back, 0);
  h5put(file, "same/trial", H5T_STD_U64LE, 1, 3, 1, same, 0);
  h5put(file, "same/offsets", H5T_STD_U64LE, 1, 4, 1, offsets, 0);
  h5put(file, "late/trial", H5T_STD_U64LE, 1, 3, 1, trial, 0);
  h5put(file, "late/offsets", H5T_STD_U64LE, 1, 4, 1, late, 0);
  H5Tclose(kinds);
  H5Tclose(variable);
  assert_true(H5Fclose(file) >= 0);
}

static void values(void **state)
{
  static double x[N];
  double wide[12];
  int32_t kind[5];
  uint8_t flag[2];
  aus_read_list list;
  aus_read *f;
  int64_t n;
  int width, i;

  (void)state;
  make_file("1.0", "serverless");
  check_ok(aus_read_open(&f, path, "serverless", &err), &err);
  check_ok(aus_read_shape(f, "a/real", &n, &width, &err), &err);
  assert_true(n == N && width == 1);
  check_ok(aus_read_column(f, "a/real", AUS_F64, N, 1, x, &err), &err);
  for (i = 0; i < N; i++)
    assert_true(x[i] == real(i));
  check_ok(aus_read_shape(f, "a/wide", &n, &width, &err), &err);
  assert_true(n == 3 && width == 4);
  check_ok(aus_read_column(f, "a/wide", AUS_F64, 3, 4, wide, &err), &err);
  assert_true(wide[0] == 1 && wide[5] == 6 && wide[11] == 12);
  check_ok(aus_read_column(f, "a/kind", AUS_I32, 5, 1, kind, &err), &err);
  assert_true(kind[0] == 1 && kind[1] == 0 && kind[4] == 1);
  check_ok(aus_read_column(f, "a/flag", AUS_U8, 2, 1, flag, &err), &err);
  assert_true(flag[0] == 1 && flag[1] == 0);
  check_ok(aus_read_column(f, "a/none", AUS_F64, 0, 1, x, &err), &err);
  check_ok(aus_read_strings(f, "names", &list, &err), &err);
  assert_int_equal(list.n, 3);
  assert_string_equal(list.text[0], "abcd");
  assert_string_equal(list.text[1], "ef");
  assert_string_equal(list.text[2], "");
  aus_read_list_fini(&list);
  check_ok(aus_read_strings(f, "config", &list, &err), &err);
  assert_int_equal(list.n, 1);
  assert_string_equal(list.text[0], "{}");
  aus_read_list_fini(&list);
  check_ok(aus_read_names(f, "a", &list, &err), &err);
  assert_int_equal(list.n, 5);
  assert_string_equal(list.text[0], "flag");
  assert_string_equal(list.text[4], "wide");
  aus_read_list_fini(&list);
  assert_true(aus_read_has(f, "a") && aus_read_has(f, "a/real"));
  assert_false(aus_read_has(f, "b") || aus_read_has(f, "b/c/d") || aus_read_has(f, "a/real/x") ||
               aus_read_has(f, ""));
  aus_read_close(f);
  check_ok(aus_read_open(&f, path, NULL, &err), &err);
  aus_read_close(f);
  aus_read_close(NULL);
}

static void trials(void **state)
{
  aus_read_index index;
  aus_read *f;
  int64_t first;

  (void)state;
  make_file("1.0", "serverless");
  check_ok(aus_read_open(&f, path, "serverless", &err), &err);
  check_ok(aus_read_trials(f, "t", &index, &err), &err);
  assert_int_equal(index.n, 3);
  assert_true(aus_read_find(&index, 4, &first) == 2 && first == 0);
  assert_true(aus_read_find(&index, 7, &first) == 0);
  assert_true(aus_read_find(&index, 9, &first) == 3 && first == 2);
  assert_true(aus_read_find(&index, 3, &first) == 0 && aus_read_find(&index, 8, &first) == 0 &&
              aus_read_find(&index, 10, &first) == 0);
  aus_read_index_fini(&index);
  check_fails(aus_read_trials(f, "back", &index, &err), AUS_EFORMAT,
              ":/back: offset 2 is below the one before", &err);
  check_fails(aus_read_trials(f, "same", &index, &err), AUS_EFORMAT,
              ":/same: trial 1 is not above the one before", &err);
  check_fails(aus_read_trials(f, "late", &index, &err), AUS_EFORMAT,
              ":/late: the offsets do not begin with 0", &err);
  check_fails(aus_read_trials(f, "a", &index, &err), AUS_EFORMAT, ":/a/trial: no such dataset",
              &err);
  aus_read_close(f);
}

static void wrong_content(void **state)
{
  static double x[N];
  aus_read_list list;
  aus_read *f;
  int64_t n;
  int width;
  char want[400];

  (void)state;
  make_file("1.0", "serverless");
  check_ok(aus_read_open(&f, path, "serverless", &err), &err);
  snprintf(want, sizeof want, "%s:/a/real: 1000 rows, expected 999", path);
  check_fails(aus_read_column(f, "a/real", AUS_F64, 999, 1, x, &err), AUS_EFORMAT, want, &err);
  assert_string_equal(err.text, want);
  check_fails(aus_read_column(f, "a/wide", AUS_F64, 3, 2, x, &err), AUS_EFORMAT,
              ":/a/wide: 4 columns, expected 2", &err);
  check_fails(aus_read_column(f, "a/real", AUS_F32, N, 1, x, &err), AUS_EFORMAT,
              ":/a/real: values of another type, expected f32", &err);
  check_fails(aus_read_column(f, "a/kind", AUS_U8, 5, 1, x, &err), AUS_EFORMAT,
              ":/a/kind: values of another type, expected u8", &err);
  check_fails(aus_read_column(f, "names", AUS_U8, 3, 1, x, &err), AUS_EFORMAT, "expected u8", &err);
  check_fails(aus_read_column(f, "a", AUS_U8, 3, 1, x, &err), AUS_EFORMAT, ":/a: not a dataset",
              &err);
  check_fails(aus_read_column(f, "a/b", AUS_U8, 3, 1, x, &err), AUS_EFORMAT,
              ":/a/b: no such dataset", &err);
  check_fails(aus_read_shape(f, "b", &n, &width, &err), AUS_EFORMAT, ":/b: no such dataset", &err);
  check_fails(aus_read_strings(f, "a/real", &list, &err), AUS_EFORMAT,
              ":/a/real: values of another type, expected strings", &err);
  check_fails(aus_read_strings(f, "variable", &list, &err), AUS_EFORMAT,
              ":/variable: values of another type, expected strings", &err);
  assert_null(list.text);
  check_fails(aus_read_names(f, "b", &list, &err), AUS_EFORMAT, ":/b: no such group", &err);
  check_fails(aus_read_names(f, "config", &list, &err), AUS_EFORMAT, ":/config: not a group", &err);
  aus_read_close(f);
}

static void foreign_files(void **state)
{
  char other[400];
  aus_read *f;
  FILE *to;

  (void)state;
  check_fails(aus_read_open(&f, "/nowhere/run.h5", NULL, &err), AUS_EFORMAT,
              "/nowhere/run.h5: No such file", &err);
  check_fails(aus_read_open(&f, dir, NULL, &err), AUS_EFORMAT, "not a regular file", &err);
  snprintf(other, sizeof other, "%s/text.h5", dir);
  to = fopen(other, "w");
  assert_non_null(to);
  fputs("hello\n", to);
  fclose(to);
  check_fails(aus_read_open(&f, other, NULL, &err), AUS_EFORMAT, "text.h5: not an HDF5 file", &err);
  make_file(NULL, NULL);
  check_fails(aus_read_open(&f, path, NULL, &err), AUS_EFORMAT,
              "not a result of auspex (no attribute auspex_format)", &err);
  make_file("2.0", "bsp");
  check_fails(aus_read_open(&f, path, NULL, &err), AUS_EFORMAT, "format 2.0, expected 1.0", &err);
  make_file("1.0", "bsp");
  check_fails(aus_read_open(&f, path, "serverless", &err), AUS_EFORMAT,
              "a result of study \"bsp\", expected \"serverless\"", &err);
  assert_null(f);
  check_ok(aus_read_open(&f, path, "bsp", &err), &err);
  aus_read_close(f);
}

/* A file cut anywhere is refused when it is opened. */
static void cut_files(void **state)
{
  struct stat st;
  aus_read *f;
  off_t n;

  (void)state;
  make_file("1.0", "serverless");
  assert_int_equal(stat(path, &st), 0);
  for (n = st.st_size - 1; n > 0; n = n * 4 / 5) {
    assert_int_equal(truncate(path, n), 0);
    aus_err_clear(&err);
    assert_int_equal(aus_read_open(&f, path, "serverless", &err), AUS_EFORMAT);
    assert_null(f);
    if (n > 96 && !strstr(err.text, "truncated file")) fail_msg("%s", err.text);
  }
}

/* A changed byte in a column with a checksum is seen when it is read. */
static void damaged_column(void **state)
{
  static double x[N];
  static char bytes[1 << 20];
  double mark = real(N - 1);
  size_t n, i;
  aus_read *f;
  FILE *io;

  (void)state;
  make_file("1.0", "serverless");
  io = fopen(path, "r+b");
  assert_non_null(io);
  n = fread(bytes, 1, sizeof bytes, io);
  for (i = 0; i + sizeof mark <= n && memcmp(bytes + i, &mark, sizeof mark) != 0; i++)
    continue;
  assert_true(i + sizeof mark <= n);
  assert_int_equal(fseek(io, (long)i, SEEK_SET), 0);
  fputc(bytes[i] ^ 1, io);
  fclose(io);
  check_ok(aus_read_open(&f, path, "serverless", &err), &err);
  check_fails(aus_read_column(f, "a/real", AUS_F64, N, 1, x, &err), AUS_EIO, ":/a/real: ", &err);
  aus_read_close(f);
}

static void out_of_memory(void **state)
{
  int64_t live = aus_alloc_live(), i;
  int rc = AUS_OK;

  (void)state;
  make_file("1.0", "serverless");
  for (i = 0; i < 1000; i++) {
    aus_read *f = NULL;
    aus_read_list names = {0}, links = {0};
    aus_read_index index = {0};

    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_read_open(&f, path, "serverless", &err);
    if (rc == AUS_OK) rc = aus_read_strings(f, "names", &names, &err);
    if (rc == AUS_OK) rc = aus_read_names(f, "a", &links, &err);
    if (rc == AUS_OK) rc = aus_read_trials(f, "t", &index, &err);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    aus_read_index_fini(&index);
    aus_read_list_fini(&links);
    aus_read_list_fini(&names);
    aus_read_close(f);
    assert_int_equal(aus_alloc_live(), live);
    if (!aus_alloc_failed()) break;
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
#ifndef NDEBUG
  assert_true(i > 15);
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values),        cmocka_unit_test(trials),
      cmocka_unit_test(wrong_content), cmocka_unit_test(foreign_files),
      cmocka_unit_test(cut_files),     cmocka_unit_test(damaged_column),
      cmocka_unit_test(out_of_memory),
  };
  int rc;

  if (tempdir_make(dir) != 0) return 99;
  snprintf(path, sizeof path, "%s/run.h5", dir);
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  tempdir_remove(dir);
  return rc;
}
