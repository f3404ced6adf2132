/* tz.c - the calendar, zones from hand-made files and from the system's database.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include "util/civil.h"
#include "util/tz.h"

static void put(aus_buf *b, int64_t x, int width)
{
  int i;

  for (i = width - 1; i >= 0; i--)
    aus_buf_u8(b, (uint8_t)((uint64_t)x >> (8 * i)));
}

/* A block of a zone file: n changes at at[] to types index[] of n_types offsets. */
static void put_block(aus_buf *b, char version, int width, int n, const int64_t *at,
                      const int *index, int n_types, const int32_t *offset)
{
  const int counts[] = {0, 0, 0, n, n_types, 4};
  int i;

  aus_buf_text(b, "TZif");
  aus_buf_u8(b, (uint8_t)version);
  for (i = 0; i < 15; i++)
    aus_buf_u8(b, 0);
  for (i = 0; i < 6; i++)
    put(b, counts[i], 4);
  for (i = 0; i < n; i++)
    put(b, at[i], width);
  for (i = 0; i < n; i++)
    aus_buf_u8(b, (uint8_t)index[i]);
  for (i = 0; i < n_types; i++) {
    put(b, offset[i], 4);
    put(b, 0, 2);
  }
  aus_buf_bytes(b, "ABC", 4);
}

/* A zone that has a footer only. */
static aus_tz *zone_of(const char *rule)
{
  const int32_t zero = 0;
  aus_buf b;
  aus_err err;
  aus_tz *tz = NULL;

  aus_buf_init(&b);
  put_block(&b, '2', 4, 0, NULL, NULL, 1, &zero);
  put_block(&b, '2', 8, 0, NULL, NULL, 1, &zero);
  aus_buf_printf(&b, "\n%s\n", rule);
  check_ok(aus_tz_parse(&tz, "rule", b.data, (size_t)b.n, &err), &err);
  aus_buf_fini(&b);
  return tz;
}

static aus_tz *system_zone(const char *name)
{
  char path[200];
  static char bytes[65536];
  size_t n;
  FILE *f;
  aus_err err;
  aus_tz *tz = NULL;

  snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
  f = fopen(path, "rb");
  if (!f) {
    print_message("# SKIP %s is not there\n", path);
    skip();
  }
  n = fread(bytes, 1, sizeof bytes, f);
  fclose(f);
  check_ok(aus_tz_parse(&tz, name, bytes, n, &err), &err);
  return tz;
}

static int64_t civil(const char *text)
{
  int64_t t_s = -1;

  if (!aus_civil_parse(text, strlen(text), &t_s)) fail_msg("%s is no time", text);
  return t_s;
}

static void calendar(void **state)
{
  int64_t day, year;
  int month, of_month;

  (void)state;
  assert_int_equal(aus_civil_s(1970, 1, 1, 0, 0, 0), 0);
  assert_int_equal(aus_civil_s(2000, 2, 29, 12, 34, 56), 951827696);
  assert_int_equal(aus_civil_s(1969, 12, 31, 23, 59, 59), -1);
  assert_int_equal(aus_civil_s(0, 3, 1, 0, 0, 0), INT64_C(-62162035200));
  assert_int_equal(aus_civil_s(9999, 12, 31, 23, 59, 59), INT64_C(253402300799));
  for (day = -800000; day < 800000; day += 37) {
    aus_civil_date(day * 86400 + 86399, &year, &month, &of_month);
    assert_int_equal(aus_civil_day(year, month, of_month), day);
    assert_true(of_month >= 1 && of_month <= aus_civil_days_in(year, month));
  }
}

static void texts(void **state)
{
  static const char *const wrong[] = {"",
                                      "2023-03-1",
                                      "2023-13-01",
                                      "2023-00-01",
                                      "2023-02-29",
                                      "2023-04-31",
                                      "2023-03-01T24:00:00",
                                      "2023-03-01T12:60:00",
                                      "2023-03-01T12:00:60",
                                      "2023/03/01",
                                      "2023-03-01X12:00:00",
                                      "2023-03-01T12.00.00",
                                      "2023-03-01T12:00:0a",
                                      "2023-03-01T12:00:00Z",
                                      "-023-03-01"};
  size_t i;
  int64_t t_s;
  aus_buf b;

  (void)state;
  assert_int_equal(civil("2023-03-01"), 1677628800);
  assert_int_equal(civil("2023-03-01T12:30"), 1677673800);
  assert_int_equal(civil("2023-03-01 12:30:15"), 1677673815);
  assert_int_equal(civil("2024-02-29T23:59:59"), 1709251199);
  for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
    if (aus_civil_parse(wrong[i], strlen(wrong[i]), &t_s)) fail_msg("%s is taken", wrong[i]);
  aus_buf_init(&b);
  aus_civil_print(1677673815, 'T', &b);
  aus_civil_print(-1, ' ', &b);
  assert_string_equal(b.data, "2023-03-01T12:30:151969-12-31 23:59:59");
  aus_buf_fini(&b);
}

/* US rule: clocks change at 08:00 UTC on 12 March and 07:00 UTC on 6 November (2022), by RFC 8536's example. */
static void rule_of_chicago(void **state)
{
  aus_tz *tz = zone_of("CST6CDT,M3.2.0,M11.1.0");

  (void)state;
  assert_int_equal(aus_tz_offset(tz, civil("2023-03-12T07:59:59")), -6 * 3600);
  assert_int_equal(aus_tz_offset(tz, civil("2023-03-12T08:00:00")), -5 * 3600);
  assert_int_equal(aus_tz_offset(tz, civil("2022-11-06T06:59:59")), -5 * 3600);
  assert_int_equal(aus_tz_offset(tz, civil("2022-11-06T07:00:00")), -6 * 3600);
  assert_int_equal(aus_tz_offset(tz, civil("2049-07-01")), -5 * 3600);
  assert_int_equal(aus_tz_utc(tz, civil("2023-01-01")), civil("2023-01-01T06:00"));
  assert_int_equal(aus_tz_utc(tz, civil("2023-07-01")), civil("2023-07-01T05:00"));
  /* the hour that is left out, and the one that exists twice */
  assert_int_equal(aus_tz_utc(tz, civil("2023-03-12T02:30")), civil("2023-03-12T08:30"));
  assert_int_equal(aus_tz_utc(tz, civil("2022-11-06T01:30")), civil("2022-11-06T06:30"));
  assert_int_equal(aus_tz_utc_from(tz, civil("2022-11-06T01:30"), civil("2022-11-06T06:31")),
                   civil("2022-11-06T07:30"));
  assert_int_equal(aus_tz_utc_from(tz, civil("2022-11-06T01:30"), civil("2022-11-06T06:30")),
                   civil("2022-11-06T06:30"));
  assert_int_equal(aus_tz_utc_from(tz, civil("2022-11-07T01:30"), civil("2023-01-01")),
                   civil("2022-11-07T07:30"));
  aus_tz_destroy(tz);
}

static void other_rules(void **state)
{
  aus_tz *tz = zone_of("<+0330>-3:30");

  (void)state;
  assert_int_equal(aus_tz_offset(tz, 0), 12600);
  aus_tz_destroy(tz);
  /* summer over the new year, in half an hour (Lord Howe) */
  tz = zone_of("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
  assert_int_equal(aus_tz_offset(tz, civil("2023-01-01")), 11 * 3600);
  assert_int_equal(aus_tz_offset(tz, civil("2023-07-01")), 37800);
  aus_tz_destroy(tz);
  /* hours before the day, RFC 8536: "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1" (Nuuk) */
  tz = zone_of("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1");
  assert_int_equal(aus_tz_offset(tz, civil("2022-03-27T00:59:59")), -3 * 3600);
  assert_int_equal(aus_tz_offset(tz, civil("2022-03-27T01:00:00")), -2 * 3600);
  aus_tz_destroy(tz);
  /* day 60 without and with 29 February; all of the year (RFC 8536: "EST5EDT,0/0,J365/25") */
  tz = zone_of("AAA0BBB,J60/0,J300/0");
  assert_int_equal(aus_tz_offset(tz, civil("2024-02-29T12:00")), 0);
  assert_int_equal(aus_tz_offset(tz, civil("2024-03-01T00:00")), 3600);
  aus_tz_destroy(tz);
  tz = zone_of("AAA0BBB,59/0,300/0");
  assert_int_equal(aus_tz_offset(tz, civil("2024-02-29T00:00")), 3600);
  aus_tz_destroy(tz);
  tz = zone_of("EST5EDT,0/0,J365/25");
  assert_int_equal(aus_tz_offset(tz, civil("2023-01-01T05:00")), -4 * 3600);
  assert_int_equal(aus_tz_offset(tz, civil("2023-12-31T23:00")), -4 * 3600);
  aus_tz_destroy(tz);
}

static void version_one(void **state)
{
  const int64_t at[] = {1000, 2000};
  const int index[] = {1, 0};
  const int32_t offset[] = {3600, 7200};
  aus_buf b;
  aus_err err;
  aus_tz *tz;

  (void)state;
  aus_buf_init(&b);
  put_block(&b, 0, 4, 2, at, index, 2, offset);
  check_ok(aus_tz_parse(&tz, "one", b.data, (size_t)b.n, &err), &err);
  assert_int_equal(aus_tz_offset(tz, 999), 3600);
  assert_int_equal(aus_tz_offset(tz, 1000), 7200);
  assert_int_equal(aus_tz_offset(tz, 2000), 3600);
  assert_int_equal(aus_tz_offset(tz, INT64_MAX), 3600);
  assert_int_equal(aus_tz_offset(tz, INT64_MIN), 3600);
  aus_tz_destroy(tz);
  aus_buf_fini(&b);
  assert_int_equal(aus_tz_offset(NULL, 5), 0);
  assert_int_equal(aus_tz_utc(NULL, 5), 5);
  assert_int_equal(aus_tz_utc_from(NULL, 5, 7), 5);
}

static void damaged(void **state)
{
  const int64_t at[] = {1000, 2000}, back[] = {2000, 1000};
  const int index[] = {1, 0}, beyond[] = {1, 2};
  const int32_t offset[] = {3600, 7200}, far[] = {3600, 100000};
  aus_buf b;
  aus_err err;
  aus_tz *tz;
  int64_t n;

  (void)state;
  check_fails(aus_tz_parse(&tz, "x", "", 0, &err), AUS_EFORMAT, "x: byte 0: no zone file (TZif)",
              &err);
  aus_buf_init(&b);
  put_block(&b, '9', 4, 2, at, index, 2, offset);
  check_fails(aus_tz_parse(&tz, "x", b.data, (size_t)b.n, &err), AUS_EFORMAT,
              "x: byte 0: unknown version of TZif", &err);
  aus_buf_clear(&b);
  put_block(&b, 0, 4, 2, back, index, 2, offset);
  check_fails(aus_tz_parse(&tz, "x", b.data, (size_t)b.n, &err), AUS_EFORMAT,
              "x: byte 48: times go backwards", &err);
  aus_buf_clear(&b);
  put_block(&b, 0, 4, 2, at, beyond, 2, offset);
  check_fails(aus_tz_parse(&tz, "x", b.data, (size_t)b.n, &err), AUS_EFORMAT,
              "x: byte 53: no such type of local time", &err);
  aus_buf_clear(&b);
  put_block(&b, 0, 4, 2, at, index, 2, far);
  check_fails(aus_tz_parse(&tz, "x", b.data, (size_t)b.n, &err), AUS_EFORMAT,
              "x: byte 60: offset of more than 26 hours", &err);
  aus_buf_clear(&b);
  put_block(&b, 0, 4, 0, NULL, NULL, 0, NULL);
  check_fails(aus_tz_parse(&tz, "x", b.data, (size_t)b.n, &err), AUS_EFORMAT,
              "x: byte 44: no type of local time", &err);
  /* every cut of a whole file is told */
  aus_buf_clear(&b);
  put_block(&b, '2', 4, 2, at, index, 2, offset);
  put_block(&b, '2', 8, 2, at, index, 2, offset);
  aus_buf_text(&b, "\nAAA0BBB,J60/0,J300/0\n");
  for (n = 0; n < b.n; n++) {
    aus_err_clear(&err);
    assert_int_equal(aus_tz_parse(&tz, "x", b.data, (size_t)n, &err), AUS_EFORMAT);
    assert_null(tz);
  }
  check_ok(aus_tz_parse(&tz, "x", b.data, (size_t)b.n, &err), &err);
  aus_tz_destroy(tz);
  aus_buf_fini(&b);
}

static void wrong_rules(void **state)
{
  static const char *const wrong[] = {"CST",
                                      "C6",
                                      "CST6CDT",
                                      "CST6CDT,M3.2.0",
                                      "CST6CDT,M13.2.0,M11.1.0",
                                      "CST6CDT,M3.6.0,M11.1.0",
                                      "CST6CDT,M3.2.7,M11.1.0",
                                      "CST6CDT,J0,J5",
                                      "CST6CDT,366,1",
                                      "CST6CDT,M3.2.0/168,M11.1.0",
                                      "CST25",
                                      "<CST6",
                                      "CST6CDT,M3.2.0,M11.1.0x"};
  const int32_t zero = 0;
  size_t i;
  aus_buf b;
  aus_err err;
  aus_tz *tz;

  (void)state;
  aus_buf_init(&b);
  for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    aus_buf_clear(&b);
    put_block(&b, '3', 4, 0, NULL, NULL, 1, &zero);
    put_block(&b, '3', 8, 0, NULL, NULL, 1, &zero);
    aus_buf_printf(&b, "\n%s\n", wrong[i]);
    check_fails(aus_tz_parse(&tz, "x", b.data, (size_t)b.n, &err), AUS_EFORMAT,
                "the footer is no rule for local time", &err);
  }
  aus_buf_fini(&b);
}

static void names(void **state)
{
  (void)state;
  assert_true(aus_tz_is_name("America/Chicago"));
  assert_true(aus_tz_is_name("Etc/GMT+6"));
  assert_true(aus_tz_is_name("America/Port-au-Prince"));
  assert_false(aus_tz_is_name(""));
  assert_false(aus_tz_is_name("/etc/passwd"));
  assert_false(aus_tz_is_name("../../etc/passwd"));
  assert_false(aus_tz_is_name("America/Chic ago"));
}

/* In every zone, hour by hour: back from civil time to the same time, but for hours that exist twice. */
static void there_and_back(void **state)
{
  static const char *const zone[] = {"America/Chicago", "Europe/Berlin", "Australia/Lord_Howe",
                                     "Asia/Kathmandu"};
  size_t i;

  (void)state;
  for (i = 0; i < sizeof zone / sizeof *zone; i++) {
    aus_tz *tz = system_zone(zone[i]);
    int64_t t_s, n_twice = 0;

    for (t_s = civil("2015-01-01"); t_s < civil("2050-01-01"); t_s += 1800) {
      int64_t local_s = t_s + aus_tz_offset(tz, t_s), back_s = aus_tz_utc(tz, local_s);

      if (back_s == t_s) continue;
      assert_true(back_s < t_s && back_s >= t_s - 3600);
      assert_int_equal(back_s + aus_tz_offset(tz, back_s), local_s);
      assert_int_equal(aus_tz_utc_from(tz, local_s, t_s), t_s);
      n_twice++;
    }
    /* one change back a year: two half hours of an hour, one of half an hour */
    assert_int_equal(n_twice, i == 3 ? 0 : i == 2 ? 35 : 70);
    aus_tz_destroy(tz);
  }
}

static void out_of_memory(void **state)
{
  const int64_t at[] = {1000, 2000};
  const int index[] = {1, 0};
  const int32_t offset[] = {3600, 7200};
  aus_buf b;
  aus_err err;
  aus_tz *tz = NULL;
  int64_t k, before;
  int rc;

  (void)state;
  aus_buf_init(&b);
  put_block(&b, 0, 4, 2, at, index, 2, offset);
  before = aus_alloc_live();
  for (k = 0;; k++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(k);
    rc = aus_tz_parse(&tz, "x", b.data, (size_t)b.n, &err);
    aus_alloc_fail_at(-1);
    if (rc == AUS_OK) break;
    assert_int_equal(rc, AUS_ENOMEM);
    assert_int_equal(aus_alloc_live(), before);
  }
  assert_int_equal(k, 3);
  aus_tz_destroy(tz);
  aus_buf_fini(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(calendar),        cmocka_unit_test(texts),
      cmocka_unit_test(rule_of_chicago), cmocka_unit_test(other_rules),
      cmocka_unit_test(version_one),     cmocka_unit_test(damaged),
      cmocka_unit_test(wrong_rules),     cmocka_unit_test(names),
      cmocka_unit_test(there_and_back),  cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests_name("tz", tests, NULL, NULL);
}
