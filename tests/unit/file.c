/* file.c - whole files in and out.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "unit/tempdir.h"

#include "util/file.h"

static aus_err err;
static char dir[256];

static int make(void **state)
{
  (void)state;
  return tempdir_make(dir);
}

static int drop(void **state)
{
  (void)state;
  tempdir_remove(dir);
  return 0;
}

static void check_content(const char *name, const char *want, size_t n)
{
  char *path, *bytes;
  size_t got;

  check_ok(aus_path_join(&path, dir, name, &err), &err);
  check_ok(aus_file_read(path, &bytes, &got, &err), &err);
  assert_int_equal(got, n);
  assert_memory_equal(bytes, want, n + 1); /* with the NUL behind it */
  aus_free(bytes);
  aus_free(path);
}

static void test_write_in(void **state)
{
  char absolute[300], want[600];

  (void)state;
  check_ok(aus_file_write_in(dir, "a", "one\0two", 7, &err), &err);
  check_content("a", "one\0two", 7);
  check_ok(aus_file_write_in(dir, "a", NULL, 0, &err), &err);
  check_content("a", "", 0);
  /* An absolute name is not below the directory. */
  snprintf(absolute, sizeof absolute, "%s/b", dir);
  check_ok(aus_file_write_in("nowhere", absolute, "x", 1, &err), &err);
  check_content("b", "x", 1);
  snprintf(absolute, sizeof absolute, "%s/nowhere", dir);
  snprintf(want, sizeof want, "%s/c.part: No such file or directory", absolute);
  check_fails(aus_file_write_in(absolute, "c", "x", 1, &err), AUS_EIO, want, &err);
}

/* Whichever allocation fails: an error, the old content, and nothing beside it. */
static void test_memory(void **state)
{
  int64_t k;
  int rc = AUS_ENOMEM;
  char part[300];

  (void)state;
  snprintf(part, sizeof part, "%s/m.part", dir);
  check_ok(aus_file_write_in(dir, "m", "old", 3, &err), &err);
  for (k = 0; rc == AUS_ENOMEM; k++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(k);
    rc = aus_file_write_in(dir, "m", "new", 3, &err);
    aus_alloc_fail_at(-1);
    check_content("m", rc == AUS_OK ? "new" : "old", 3);
    assert_int_not_equal(access(part, F_OK), 0);
  }
  assert_int_equal(rc, AUS_OK);
  assert_true(k > 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_write_in),
      cmocka_unit_test(test_memory),
  };

  return cmocka_run_group_tests(tests, make, drop);
}
