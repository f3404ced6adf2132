/* serverless_minutes.c - requests per minute from the two public formats, and damaged files.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/workload.h"
#include "unit/check.h"

#include "util/buf.h"
#include "util/file.h"

static aus_err err;

/* A file of tests/data/serverless. */
typedef struct data_file {
  char path[500], *bytes;
  size_t n;
} data_file;

static void load(data_file *f, const char *name)
{
  snprintf(f->path, sizeof f->path, "%s/tests/data/serverless/%s", getenv("AUS_TOP_SRCDIR"), name);
  check_ok(aus_file_read(f->path, &f->bytes, &f->n, &err), &err);
}

static void add(aus_serverless_minutes *m, aus_serverless_format want, const char *name)
{
  data_file f;

  load(&f, name);
  assert_int_equal(aus_serverless_format_of(name, f.bytes, f.n), want);
  check_ok(aus_serverless_minutes_read(m, want, name, f.bytes, f.n, &err), &err);
  aus_free(f.bytes);
}

static double at(const aus_serverless_minutes *m, int64_t minute, int function)
{
  return m->count[minute * m->n_functions + function];
}

/* What each function has in all, over the minutes that are there. */
static double total(const aus_serverless_minutes *m, int function)
{
  double sum = 0.0;
  int64_t i;

  for (i = 0; i < m->n; i++)
    sum += at(m, i, function);
  return sum;
}

#define C0 \
  "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0" /* two rows on day 1 */
#define C3 "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3" /* on day 2 only */

/* Rows of a function are summed, days follow each other, "#4" is the fourth row of the first file; "#3"
 * is C0 again, whose first row is in front of that. */
static void azure(void **state)
{
  static const char *const functions[] = {C0, "#4", C3, C0, "#3"};
  aus_serverless_minutes m;

  (void)state;
  check_ok(aus_serverless_minutes_init(&m, 5, functions, &err), &err);
  add(&m, AUS_SERVERLESS_AZURE, "azure/invocations_per_function_md.anon.d01.csv");
  assert_int_equal(m.n, 1440);
  assert_string_equal(m.function[1] + 60, "c2c2");
  add(&m, AUS_SERVERLESS_AZURE, "azure/invocations_per_function_md.anon.d02.csv");
  assert_int_equal(m.n, 2880);
  check_ok(aus_serverless_minutes_cut(&m, 0, 0, "azure", &err), &err);
  assert_true(at(&m, 0, 0) == 3 && at(&m, 1, 0) == 15 && at(&m, 2, 0) == 2 && at(&m, 60, 0) == 1);
  assert_true(at(&m, 1439, 0) == 4 && at(&m, 1440, 0) == 6 && at(&m, 1440 + 719, 0) == 2);
  assert_true(total(&m, 0) == 33 && total(&m, 3) == 33 && total(&m, 4) == 33);
  assert_true(at(&m, 5, 1) == 100 && at(&m, 1440, 1) == 9 && total(&m, 1) == 109);
  assert_true(at(&m, 1441, 2) == 1 && total(&m, 2) == 1);
  check_near(m.mean_rpm[0], 33.0 / 2880, 1e-15);
  aus_serverless_minutes_fini(&m);
}

/* An empty field is nothing; "17" is all its pools, but not 171; missing rows have no requests. */
static void huawei(void **state)
{
  static const char *const functions[] = {"17", "4", "17---5---pool22-300-128", "#5", "3"};
  aus_serverless_minutes m;

  (void)state;
  check_ok(aus_serverless_minutes_init(&m, 5, functions, &err), &err);
  add(&m, AUS_SERVERLESS_HUAWEI, "huawei/day_00.csv");
  assert_int_equal(m.n, 30);
  add(&m, AUS_SERVERLESS_HUAWEI, "huawei/day_01.csv");
  assert_int_equal(m.n, 1440 + 30);
  check_ok(aus_serverless_minutes_cut(&m, 0, 0, "huawei", &err), &err);
  assert_true(at(&m, 0, 0) == 7 && at(&m, 7, 0) == 0 && at(&m, 10, 0) == 5);
  assert_true(at(&m, 3, 1) == 3 && at(&m, 4, 1) == 0 && at(&m, 1440 + 27, 1) == 27);
  assert_true(total(&m, 2) == 2 * (8 + 10) && total(&m, 3) == 58);
  assert_true(at(&m, 29, 4) == 89 && at(&m, 1440, 4) == 61);
  aus_serverless_minutes_fini(&m);
}

static int read_text(aus_serverless_minutes *m, const char *text, size_t n)
{
  return aus_serverless_minutes_read(m, aus_serverless_format_of("x.csv", text, n), "x.csv", text,
                                     n, &err);
}

/* Rows per second add up to minutes; the window and the means of what lies outside of it. */
static void windows(void **state)
{
  static const char text[] =
      "a,time,day\r\n1,172800,2\r\n2,172801,2\r\n4,172860,2\r\n8,173000,2\r\n";
  static const char *const functions[] = {"a"};
  aus_serverless_minutes m;

  (void)state;
  check_ok(aus_serverless_minutes_init(&m, 1, functions, &err), &err);
  check_ok(read_text(&m, text, strlen(text)), &err);
  assert_int_equal(m.n, 4);
  check_fails(aus_serverless_minutes_cut(&m, 0, 5, "x.csv", &err), AUS_EFORMAT,
              "x.csv: minutes 0 to 5 are wanted, there are 4", &err);
  check_fails(aus_serverless_minutes_cut(&m, 4, 0, "x.csv", &err), AUS_EFORMAT,
              "minutes 4 to 4 are wanted", &err);
  check_ok(aus_serverless_minutes_cut(&m, 1, 3, "x.csv", &err), &err);
  assert_int_equal(m.n, 2);
  assert_true(at(&m, 0, 0) == 4 && at(&m, 1, 0) == 0);
  check_near(m.mean_rpm[0], 15.0 / 4, 1e-15);
  aus_serverless_minutes_fini(&m);
}

static void bad_huawei(void **state)
{
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"", "x.csv: neither the header of Azure"},
      {"day,seconds,a\n0,0,1\n", "x.csv: neither the header of Azure"},
      {"day,time,a\n", "x.csv: no rows below the header"},
      {"day,time,a\n0,0,1", "x.csv:2: the last line has no end: the file is cut short"},
      {"day,time,a\n0,0\n", "x.csv:2: 2 fields, expected 3"},
      {"day,time,a\n0,0,1\n\n", "x.csv:3: 1 fields, expected 3"},
      {"day,time,a\n0,0,1,2\n", "x.csv:2: 4 fields, expected 3"},
      {"day,time,a\n0,0,-1\n", "x.csv:2: column \"a\" is \"-1\", need a number >= 0 and <= 1e+09"},
      {"day,time,a\n0,0,NaN\n", "x.csv:2: column \"a\" is \"NaN\", need a number"},
      {"day,time,a\n0,0,0x1\n", "column \"a\" is \"0x1\""},
      {"day,time,a\n0,0,1e999\n", "column \"a\" is \"1e999\""},
      {"day,time,a\n0,0,1 2\n", "column \"a\" is \"1 2\""},
      {"day,time,a\n0,0,\x01z\n", "column \"a\" is \"?z\""},
      {"day,time,a\nx,0,1\n", "x.csv:2: column \"day\" is \"x\""},
      {"day,time,a\n0,,1\n", "x.csv:2: column \"time\" is \"\""},
      {"day,time,a\n0,2e8,1\n", "column \"time\" is \"2e8\", need a number >= 0 and <= 1e+08"},
      {"day,time,a\n1,86400,1\n0,0,1\n",
       "x.csv:3: column \"time\" is 0, before the start of the first day (86400)"},
      {"day,time,a\n0,0,11111111111111111111111111111111111111111111111111111111111111111111111\n",
       "is \"11111111111111111111111111111111111111111111...\""},
  };
  static const char *const functions[] = {"a"}, *const beyond[] = {"#2"}, *const unknown[] = {"b"};
  aus_serverless_minutes m;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check_ok(aus_serverless_minutes_init(&m, 1, functions, &err), &err);
    check_fails(read_text(&m, cases[i].text, strlen(cases[i].text)), AUS_EFORMAT, cases[i].message,
                &err);
    aus_serverless_minutes_fini(&m);
  }
  check_ok(aus_serverless_minutes_init(&m, 1, beyond, &err), &err);
  check_fails(read_text(&m, "day,time,a\n0,0,1\n", 17), AUS_EFORMAT,
              "x.csv: no function #2 (counted from 1)", &err);
  aus_serverless_minutes_fini(&m);
  check_ok(aus_serverless_minutes_init(&m, 1, unknown, &err), &err);
  check_ok(read_text(&m, "day,time,a\n0,0,1\n", 17), &err);
  check_fails(aus_serverless_minutes_cut(&m, 0, 0, "x.csv", &err), AUS_EFORMAT,
              "x.csv: no function \"b\"", &err);
  aus_serverless_minutes_fini(&m);
}

/* The header up to column `last`, then rows with the text `count` in minute 2. */
static void azure_text(aus_buf *b, const char *third, int last, const char *count, int fields)
{
  int i;

  aus_buf_clear(b);
  aus_buf_printf(b, "HashOwner,HashApp,%s,Trigger", third);
  for (i = 1; i <= last; i++)
    aus_buf_printf(b, ",%d", i);
  aus_buf_text(b, "\no,a,f,http");
  for (i = 1; i <= fields; i++)
    aus_buf_printf(b, ",%s", i == 2 ? count : "0");
  aus_buf_text(b, "\n");
  check_ok(aus_buf_check(b, &err), &err);
}

static void bad_azure(void **state)
{
  static const struct {
    const char *third;
    int last;
    const char *count;
    int fields;
    const char *message;
  } cases[] = {
      {"HashFunction", 1439, "1", 1439, "x.csv:1: no column \"1440\""},
      {"HashFunction", 1441, "1", 1441, "x.csv:1: 1445 fields, expected 1444"},
      {"HashFunction", 1440, "1", 1439, "x.csv:2: 1443 fields, expected 1444"},
      {"HashFunction", 1440, "1", 1441, "x.csv:2: 1445 fields, expected 1444"},
      {"HashFunction", 1440, "-3", 1440, "x.csv:2: column \"2\" is \"-3\", need a number"},
      {"HashFunction", 1440, "", 1440, "x.csv:2: column \"2\" is \"\", need a number"},
      {"HashFunction", 1440, "many", 1440, "x.csv:2: column \"2\" is \"many\""},
      {"HashFunc", 1440, "1", 1440, "x.csv:1: column 3 is \"HashFunc\", expected \"HashFunction\""},
      {"Trigger,HashFunction", 1440, "1", 1440,
       "x.csv:1: column 3 is \"Trigger\", expected \"HashFunction\""},
  };
  static const char *const functions[] = {"f"};
  aus_serverless_minutes m;
  aus_buf b;
  size_t i;

  (void)state;
  aus_buf_init(&b);
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    azure_text(&b, cases[i].third, cases[i].last, cases[i].count, cases[i].fields);
    check_ok(aus_serverless_minutes_init(&m, 1, functions, &err), &err);
    check_fails(
        aus_serverless_minutes_read(&m, AUS_SERVERLESS_AZURE, "x.csv", b.data, (size_t)b.n, &err),
        AUS_EFORMAT, cases[i].message, &err);
    aus_serverless_minutes_fini(&m);
  }
  aus_buf_fini(&b);
}

static void formats(void **state)
{
  static const struct {
    const char *name, *text;
    aus_serverless_format want;
  } cases[] = {
      {"a.json", "{\"events\": []}", AUS_SERVERLESS_JSON},
      {"a", "", AUS_SERVERLESS_JSON},
      {"a.json", "day,time,1\n", AUS_SERVERLESS_HUAWEI},
      {"a", "\xEF\xBB\xBFtime,1,day", AUS_SERVERLESS_HUAWEI},
      {"a", "HashOwner,HashFunction\r\n", AUS_SERVERLESS_AZURE},
      {"a.csv", "{}", AUS_SERVERLESS_UNKNOWN},
      {"a.csv", "x,day\ntime,1", AUS_SERVERLESS_UNKNOWN},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_int_equal(aus_serverless_format_of(cases[i].name, cases[i].text, strlen(cases[i].text)),
                     cases[i].want);
}

/* Whatever happens to a file: an error of the format, or a result. The copy is exactly as long as the
 * content, so that a sanitizer sees a read beyond it. */
static int read_damaged(const char *bytes, size_t n, aus_serverless_format format)
{
  static const char *const functions[] = {"17", "#4", C0};
  aus_serverless_minutes m;
  char *copy = malloc(n > 0 ? n : 1);
  int rc;

  assert_non_null(copy);
  memcpy(copy, bytes, n);
  aus_err_clear(&err);
  check_ok(aus_serverless_minutes_init(&m, 3, functions, &err), &err);
  rc = aus_serverless_minutes_read(&m, format, "x.csv", copy, n, &err);
  if (rc != AUS_OK) {
    assert_int_equal(rc, AUS_EFORMAT);
    assert_non_null(strstr(err.text, "x.csv"));
  }
  aus_serverless_minutes_fini(&m);
  free(copy);
  return rc;
}

static void damage(const char *name, aus_serverless_format format, size_t stride)
{
  static const char garbage[] = {0, ',', '\n', '-', '9', 'e', '"', (char)0xff};
  data_file f;
  size_t i, refused = 0;

  load(&f, name);
  for (i = 0; i < f.n; i += stride)
    if (i == 0 || f.bytes[i - 1] != '\n') {
      if (read_damaged(f.bytes, i, format) != AUS_EFORMAT)
        fail_msg("%s cut at %zu was accepted", name, i);
    }
  for (i = 0; i < f.n; i += stride) {
    char was = f.bytes[i];

    f.bytes[i] = garbage[i / stride % sizeof garbage];
    refused += read_damaged(f.bytes, f.n, format) != AUS_OK;
    f.bytes[i] = was;
  }
  assert_true(refused > f.n / stride / 4);
  assert_int_equal(read_damaged(f.bytes, f.n, format), AUS_OK);
  aus_free(f.bytes);
}

static void damaged(void **state)
{
  (void)state;
  damage("huawei/day_00.csv", AUS_SERVERLESS_HUAWEI, 1);
  damage("azure/invocations_per_function_md.anon.d01.csv", AUS_SERVERLESS_AZURE, 23);
}

static void out_of_memory(void **state)
{
  static const char *const functions[] = {"17", "#5"};
  aus_serverless_minutes m;
  int64_t live, i;
  data_file f;
  int rc;

  (void)state;
  load(&f, "huawei/day_00.csv");
  live = aus_alloc_live();
  for (i = 0; i < 100; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_serverless_minutes_init(&m, 2, functions, &err);
    if (rc == AUS_OK)
      rc = aus_serverless_minutes_read(&m, AUS_SERVERLESS_HUAWEI, "x", f.bytes, f.n, &err);
    aus_serverless_minutes_fini(&m);
    assert_int_equal(aus_alloc_live(), live);
    if (!aus_alloc_failed()) break;
    assert_int_equal(rc, AUS_ENOMEM);
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
  aus_free(f.bytes);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(azure),      cmocka_unit_test(huawei),        cmocka_unit_test(windows),
      cmocka_unit_test(bad_huawei), cmocka_unit_test(bad_azure),     cmocka_unit_test(formats),
      cmocka_unit_test(damaged),    cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
