/* sheet.c - tests of util/sheet: RFC 4180, messages, no memory.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/sheet.h"

#include "unit/check.h"

static int read_text(aus_sheet *s, const char *text, aus_err *err)
{
  return aus_sheet_read(s, "t.csv", text, strlen(text), err);
}

static void cells_are_texts(void **state)
{
  aus_err err = {0};
  aus_sheet s;
  double x = 0;

  (void)state;
  check_ok(read_text(&s,
                     "\xef\xbb\xbfname,version,x\r\na,3.10,\n\n\"b \"\"q\"\", c\",\"l1\nl2\",2.5",
                     &err),
           &err);
  assert_int_equal(s.n_cols, 3);
  assert_int_equal(s.n_rows, 2);
  assert_string_equal(s.head[0], "name");
  assert_string_equal(s.head[2], "x");
  assert_string_equal(aus_sheet_at(&s, 0, 0), "a");
  assert_string_equal(aus_sheet_at(&s, 0, 1), "3.10");
  assert_string_equal(aus_sheet_at(&s, 0, 2), "");
  assert_string_equal(aus_sheet_at(&s, 1, 0), "b \"q\", c");
  assert_string_equal(aus_sheet_at(&s, 1, 1), "l1\nl2");
  assert_int_equal(s.line[0], 2);
  assert_int_equal(s.line[1], 4);
  check_ok(aus_sheet_real(&s, 1, 2, &x, &err), &err);
  assert_true(x == 2.5);
  assert_int_equal(aus_sheet_find(&s, "version"), 1);
  assert_int_equal(aus_sheet_find(&s, "versio"), -1);
  check_fails(aus_sheet_real(&s, 0, 2, &x, &err), AUS_EFORMAT,
              "t.csv:2: x is \"\", expected a number", &err);
  aus_sheet_fini(&s);
}

static void bad_input_is_refused(void **state)
{
  static const struct {
    const char *text, *message;
  } bad[] = {
      {"", "t.csv:1: no header"},
      {"\n\n", "t.csv:1: no header"},
      {"a,b\n1\n", "t.csv:2: 1 cells, expected 2"},
      {"a,b\n\n1,2,3\n", "t.csv:3: 3 cells, expected 2"},
      {"a,b\n\"x,2\n", "t.csv:3: the quote is not closed"},
      {"a,b\n\"x\"y,2\n", "t.csv:2: text behind a quote"},
      {"a,b,a\n", "t.csv:1: column \"a\" twice"},
      {"a,b\nx\xff,2\n", "t.csv: not UTF-8"},
  };
  aus_err err = {0};
  aus_sheet s;
  int64_t j;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    aus_err_clear(&err);
    assert_int_equal(read_text(&s, bad[i].text, &err), AUS_EFORMAT);
    assert_string_equal(err.text, bad[i].message);
    assert_null(s.text);
  }
  check_fails(aus_sheet_read(&s, "t.csv", "a\0b", 3, &err), AUS_EFORMAT, "t.csv: a NUL in the text",
              &err);
  check_ok(read_text(&s, "a,b\n1,nan\n", &err), &err);
  check_fails(aus_sheet_column(&s, "c", &j, &err), AUS_EFORMAT, "t.csv: no column \"c\"", &err);
  aus_sheet_fini(&s);
}

static void no_memory(void **state)
{
  aus_err err = {0};
  aus_sheet s;
  int64_t n, live = aus_alloc_live();
  int rc = AUS_ENOMEM;

  (void)state;
  for (n = 0; rc != AUS_OK; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = read_text(&s, "a,b\n1,2\n3,4\n", &err);
    if (rc != AUS_OK) {
      assert_int_equal(rc, AUS_ENOMEM);
      assert_int_equal(aus_alloc_live(), live);
    }
  }
  aus_alloc_fail_at(-1);
  assert_true(n > 4);
  aus_sheet_fini(&s);
  assert_int_equal(aus_alloc_live(), live);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cells_are_texts),
      cmocka_unit_test(bad_input_is_refused),
      cmocka_unit_test(no_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
