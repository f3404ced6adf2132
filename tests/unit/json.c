/* json.c - reading large JSON data, and writing tokens.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "util/json.h"

static aus_err err;

static void refused(const char *text, const char *message)
{
  aus_json *doc = (aus_json *)&err;

  check_fails(aus_json_parse(&doc, "f.json", text, strlen(text), &err), AUS_EFORMAT, message, &err);
  assert_null(doc);
}

static void reads(void **state)
{
  static const char text[] =
      "\xef\xbb\xbf{\"n\": 3, \"rows\": [1.5, \"x\", null, true, {\"k\": -2e3}], "
      "\"big\": 12345678901234567890123456789012345678901234567890, "
      "\"id\": 9007199254740993}";
  aus_json *doc;
  aus_json_value *root, *rows;

  (void)state;
  check_ok(aus_json_parse(&doc, "f.json", text, sizeof text - 1, &err), &err);
  root = aus_json_root(doc);
  rows = aus_json_get(root, "rows");
  assert_true(aus_json_is_object(root));
  assert_true(aus_json_is_array(rows));
  assert_false(aus_json_is_object(rows));
  assert_int_equal(aus_json_count(root), 4);
  assert_int_equal(aus_json_count(rows), 5);
  assert_true(aus_json_number(aus_json_get(root, "n")) == 3);
  assert_true(aus_json_number(aus_json_get(root, "big")) ==
              12345678901234567890123456789012345678901234567890.0);
  assert_true(aus_json_number(aus_json_get(root, "id")) == 9007199254740992.0);
  assert_true(aus_json_number(aus_json_at(rows, 0)) == 1.5);
  assert_true(aus_json_is_number(aus_json_at(rows, 0)));
  assert_string_equal(aus_json_text(aus_json_at(rows, 1)), "x");
  assert_null(aus_json_text(aus_json_at(rows, 0)));
  assert_true(isnan(aus_json_number(aus_json_at(rows, 1))));
  assert_true(isnan(aus_json_number(aus_json_at(rows, 2))));
  assert_false(aus_json_is_number(aus_json_at(rows, 3)));
  assert_true(aus_json_number(aus_json_get(aus_json_at(rows, 4), "k")) == -2000);
  assert_null(aus_json_at(rows, 5));
  assert_null(aus_json_at(rows, -1));
  assert_null(aus_json_get(root, "absent"));
  assert_null(aus_json_get(rows, "k"));
  assert_null(aus_json_get(NULL, "k"));
  assert_int_equal(aus_json_count(NULL), 0);
  assert_int_equal(aus_json_count(aus_json_at(rows, 0)), 0);
  aus_json_destroy(doc);
  aus_json_destroy(NULL);
  assert_int_equal(aus_alloc_live(), 0);
}

static void refuses(void **state)
{
  (void)state;
  refused("", "f.json:1:1: ");
  refused("{\"a\": 1,\n \"b\": [1, 2", "f.json:2:11: ");
  refused("{\"a\": 1,\n \"a\": 2}", "f.json:2:4: duplicate object key");
  refused("{\"a\": NaN}", "f.json:1:");
  refused("{\"a\": 1e999}", "real number overflow");
  refused("{\"a\": 1} x", "end of file expected");
  refused("{\"a\": \"\xff\"}", "f.json:1:");
  refused("{\"a\": \"\\u0000\"}", "f.json:1:");
}

static void n_th_allocation_fails(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  aus_json *doc;

  (void)state;
  aus_alloc_fail_at(0);
  check_fails(aus_json_parse(&doc, "f", "[]", 2, &err), AUS_ENOMEM, "out of memory", &err);
  aus_alloc_fail_at(-1);
  assert_null(doc);
  assert_int_equal(aus_alloc_live(), 0);
#endif
}

static void document(aus_buf *b, int indent)
{
  aus_json_out out;

  aus_json_begin(&out, b, indent);
  aus_json_object(&out);
  aus_json_key(&out, "a\n\"");
  aus_json_array(&out);
  aus_json_int(&out, INT64_MIN);
  aus_json_real(&out, 0.1);
  aus_json_real(&out, 5);
  aus_json_real(&out, -INFINITY);
  aus_json_end(&out, ']');
  aus_json_key(&out, "none");
  aus_json_object(&out);
  aus_json_end(&out, '}');
  aus_json_key(&out, "s");
  aus_json_str(&out, "tab\t \\ \x1f \xc3\xa4");
  aus_json_key(&out, "list");
  aus_json_array(&out);
  aus_json_bool(&out, 1);
  aus_json_null(&out);
  aus_json_array(&out);
  aus_json_end(&out, ']');
  aus_json_end(&out, ']');
  aus_json_end(&out, '}');
}

static void writes(void **state)
{
  aus_buf b;

  (void)state;
  aus_buf_init(&b);
  document(&b, 0);
  check_ok(aus_buf_check(&b, &err), &err);
  assert_string_equal(b.data, "{\"a\\n\\\"\":[-9223372036854775808,0.1,5,null],\"none\":{},"
                              "\"s\":\"tab\\t \\\\ \\u001f \xc3\xa4\",\"list\":[true,null,[]]}");
  aus_buf_clear(&b);
  document(&b, 2);
  check_ok(aus_buf_check(&b, &err), &err);
  assert_string_equal(b.data, "{\n"
                              "  \"a\\n\\\"\": [\n"
                              "    -9223372036854775808,\n"
                              "    0.1,\n"
                              "    5,\n"
                              "    null\n"
                              "  ],\n"
                              "  \"none\": {},\n"
                              "  \"s\": \"tab\\t \\\\ \\u001f \xc3\xa4\",\n"
                              "  \"list\": [\n"
                              "    true,\n"
                              "    null,\n"
                              "    []\n"
                              "  ]\n"
                              "}");
  aus_buf_fini(&b);
}

/* 200 doubles of all sizes survive writing and reading. */
static void reals_survive(void **state)
{
  aus_buf b;
  aus_json_out out;
  aus_json *doc;
  double x[200], y = 0.7;
  int i;

  (void)state;
  aus_buf_init(&b);
  aus_json_begin(&out, &b, 1);
  aus_json_array(&out);
  for (i = 0; i < 200; i++) {
    y = 3.99 * y * (1 - y);
    x[i] = ldexp(y, 7 * (i - 100));
    aus_json_real(&out, x[i]);
  }
  aus_json_end(&out, ']');
  check_ok(aus_json_parse(&doc, "f", b.data, (size_t)b.n, &err), &err);
  for (i = 0; i < 200; i++)
    assert_true(aus_json_number(aus_json_at(aus_json_root(doc), i)) == x[i]);
  aus_json_destroy(doc);
  aus_buf_fini(&b);
}

static void pretty(void **state)
{
  static const char *const cases[][2] = {
      {"3", "3\n"},
      {"{}", "{}\n"},
      {"[]", "[]\n"},
      {"[1,\"a, b\",null]", "[1, \"a, b\", null]\n"},
      {"{\"a\":1,\"b\":{\"c\":[1.5,-2e-3],\"d\":{}},\"e\":\"x:{\\\"}\\\\\"}",
       "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": [1.5, -2e-3],\n    \"d\": {}\n  },\n"
       "  \"e\": \"x:{\\\"}\\\\\"\n}\n"},
      {"[{\"a\": 1}, [ 2 ]]", "[\n  {\n    \"a\": 1\n  },\n  [2]\n]\n"},
      {"[[\"]\"],1]", "[\n  [\"]\"],\n  1\n]\n"},
  };
  size_t i;
  aus_buf b;

  (void)state;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    aus_buf_init(&b);
    aus_json_pretty(cases[i][0], &b);
    assert_string_equal(b.data, cases[i][1]);
    aus_buf_clear(&b);
    aus_json_pretty(cases[i][1], &b);
    assert_string_equal(b.data, cases[i][1]);
    aus_buf_fini(&b);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads),
      cmocka_unit_test(refuses),
      cmocka_unit_test(n_th_allocation_fails),
      cmocka_unit_test(writes),
      cmocka_unit_test(reals_survive),
      cmocka_unit_test(pretty),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
