/* buf.c - text, little-endian fields and their bounds, CRC-32C.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "util/buf.h"

static void text(void **state)
{
  aus_buf b;
  aus_err err;

  (void)state;
  aus_buf_init(&b);
  aus_buf_text(&b, "x = ");
  aus_buf_printf(&b, "%d/%s ", 7, "abc");
  aus_buf_real(&b, 0.1);
  aus_buf_text(&b, " ");
  aus_buf_real(&b, 1.0 / 3.0);
  aus_buf_text(&b, " ");
  aus_buf_real(&b, 0.1 + 0.2);
  check_ok(aus_buf_check(&b, &err), &err);
  assert_string_equal(b.data, "x = 7/abc 0.1 0.3333333333333333 0.30000000000000004");
  aus_buf_fini(&b);
}

static void fields(void **state)
{
  aus_buf b;
  aus_rd r;
  aus_err err;
  char *s;

  (void)state;
  aus_buf_init(&b);
  aus_buf_u8(&b, 0xfe);
  aus_buf_u16(&b, 0xfedc);
  aus_buf_u32(&b, 0xfedcba98u);
  aus_buf_u64(&b, 0xfedcba9876543210u);
  aus_buf_i64(&b, -5);
  aus_buf_f64(&b, -0.5);
  aus_buf_str(&b, "name");
  assert_int_equal(b.n, 1 + 2 + 4 + 8 + 8 + 8 + 4 + 4);
  assert_int_equal((unsigned char)b.data[1], 0xdc);
  r = aus_rd_of(b.data, (size_t)b.n);
  assert_int_equal(aus_rd_u8(&r), 0xfe);
  assert_int_equal(aus_rd_u16(&r), 0xfedc);
  assert_int_equal(aus_rd_u32(&r), 0xfedcba98u);
  assert_true(aus_rd_u64(&r) == 0xfedcba9876543210u);
  assert_int_equal(aus_rd_i64(&r), -5);
  assert_true(aus_rd_f64(&r) == -0.5);
  check_ok(aus_rd_str(&r, &s, &err), &err);
  assert_string_equal(s, "name");
  aus_free(s);
  assert_false(r.bad);
  assert_int_equal(aus_rd_u8(&r), 0);
  assert_true(r.bad);
  /* A length that runs beyond the end. */
  r = aus_rd_of("\xff\xff\xff\x7f"
                "abc",
                7);
  check_fails(aus_rd_str(&r, &s, &err), AUS_EFORMAT, "damaged", &err);
  aus_buf_fini(&b);
}

static void remembers_failure(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  aus_buf b;
  aus_err err;

  (void)state;
  aus_buf_init(&b);
  aus_alloc_fail_at(0);
  aus_buf_text(&b, "abc");
  aus_alloc_fail_at(-1);
  aus_buf_text(&b, "def");
  check_fails(aus_buf_check(&b, &err), AUS_ENOMEM, "out of memory", &err);
  aus_buf_fini(&b);
#endif
}

/* Source: RFC 3720, appendix B.4 (iSCSI), and the check value of "123456789". */
static void crc(void **state)
{
  unsigned char p[32];
  int i;

  (void)state;
  assert_int_equal(aus_crc32c(0, "123456789", 9), 0xe3069283u);
  memset(p, 0, sizeof p);
  assert_int_equal(aus_crc32c(0, p, sizeof p), 0x8a9136aau);
  memset(p, 0xff, sizeof p);
  assert_int_equal(aus_crc32c(0, p, sizeof p), 0x62a8ab43u);
  for (i = 0; i < 32; i++)
    p[i] = (unsigned char)i;
  assert_int_equal(aus_crc32c(0, p, sizeof p), 0x46dd794eu);
  assert_int_equal(aus_crc32c(aus_crc32c(0, p, 13), p + 13, 19), 0x46dd794eu);
}

static void cells(void **state)
{
  static const char *const told[][2] = {{"", ""},
                                        {"plain text", "plain text"},
                                        {"a,b", "\"a,b\""},
                                        {"say \"a\"", "\"say \"\"a\"\"\""},
                                        {" a", "\" a\""},
                                        {"a ", "\"a \""},
                                        {"a\nb", "\"a\nb\""}};
  aus_buf b;
  size_t i;

  (void)state;
  aus_buf_init(&b);
  for (i = 0; i < sizeof told / sizeof told[0]; i++) {
    aus_buf_clear(&b);
    aus_buf_text(&b, "");
    aus_buf_csv(&b, told[i][0], strlen(told[i][0]));
    assert_int_equal(b.n, strlen(told[i][1]));
    assert_memory_equal(b.data, told[i][1], strlen(told[i][1]));
  }
  aus_buf_fini(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text),   cmocka_unit_test(cells),
      cmocka_unit_test(fields), cmocka_unit_test(remembers_failure),
      cmocka_unit_test(crc),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
