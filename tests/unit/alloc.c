/* alloc.c - zeroed, overflow-checked, counted, and failing on request.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

static void zeroed_and_checked(void **state)
{
  unsigned char *p = aus_zalloc(10, 10);
  int i;

  (void)state;
  assert_non_null(p);
  for (i = 0; i < 100; i++)
    assert_int_equal(p[i], 0);
  aus_free(p);
  assert_null(aus_zalloc(SIZE_MAX / 2, 3));
  p = aus_zalloc(0, 8);
  assert_non_null(p);
  aus_free(p);
  aus_free(NULL);
}

static void counts_live_blocks(void **state)
{
  int64_t before = aus_alloc_live();
  char *a = aus_strdup("abc"), *b = aus_zalloc(1, 1);

  (void)state;
#ifndef NDEBUG
  assert_int_equal(aus_alloc_live(), before + 2);
#endif
  b = aus_realloc(b, 100, 1);
  assert_string_equal(a, "abc");
  aus_free(a);
  aus_free(b);
  assert_int_equal(aus_alloc_live(), before);
}

static void fails_at_n(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  void *a, *b;

  (void)state;
  aus_alloc_fail_at(1);
  a = aus_zalloc(1, 1);
  b = aus_zalloc(1, 1);
  assert_non_null(a);
  assert_null(b);
  assert_true(aus_alloc_failed());
  aus_alloc_fail_at(-1);
  b = aus_zalloc(1, 1);
  assert_non_null(b);
  aus_free(a);
  aus_free(b);
#endif
}

static void grows(void **state)
{
  int64_t *p = NULL, cap = 0, i;
  aus_err err;

  (void)state;
  for (i = 0; i < 1000; i++) {
    check_ok(aus_grow(&p, &cap, i + 1, sizeof *p, &err), &err);
    p[i] = i;
  }
  for (i = 0; i < 1000; i++)
    assert_int_equal(p[i], i);
  check_fails(aus_grow(&p, &cap, INT64_MAX / 2, sizeof *p, &err), AUS_ENOMEM, "out of memory",
              &err);
  assert_int_equal(p[999], 999);
  aus_free(p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(zeroed_and_checked),
      cmocka_unit_test(counts_live_blocks),
      cmocka_unit_test(fails_at_n),
      cmocka_unit_test(grows),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
