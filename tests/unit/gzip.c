/* gzip.c - compressed files: members, cuts, damage, a bound on what they expand to.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include "util/gzip.h"

static const char text[] = "hello, hello, hello\n";

/* The text above, by gzip -n. */
static const unsigned char packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                                       0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0xc8, 0x40, 0xa2,
                                       0xb8, 0x00, 0xe7, 0x42, 0x6e, 0x52, 0x14, 0x00, 0x00, 0x00};

static void member(void **state)
{
  aus_err err;
  char *out;
  size_t n;

  (void)state;
  assert_true(aus_gzip_is(packed, sizeof packed));
  assert_false(aus_gzip_is(packed, 2));
  assert_false(aus_gzip_is(text, sizeof text));
  check_ok(aus_gzip_expand(&out, &n, "x.gz", packed, sizeof packed, 1000, &err), &err);
  assert_int_equal(n, sizeof text - 1);
  assert_string_equal(out, text);
  aus_free(out);
}

static void two_members(void **state)
{
  unsigned char both[2 * sizeof packed];
  aus_err err;
  char *out;
  size_t n;

  (void)state;
  memcpy(both, packed, sizeof packed);
  memcpy(both + sizeof packed, packed, sizeof packed);
  check_ok(aus_gzip_expand(&out, &n, "x.gz", both, sizeof both, 1000, &err), &err);
  assert_int_equal(n, 2 * (sizeof text - 1));
  assert_string_equal(out + n / 2, text);
  aus_free(out);
  both[sizeof packed] = 'x';
  check_fails(aus_gzip_expand(&out, &n, "x.gz", both, sizeof both, 1000, &err), AUS_EFORMAT,
              "x.gz: gzip: ", &err);
  assert_non_null(strstr(err.text, "bytes behind the end"));
}

static void damage(void **state)
{
  unsigned char bytes[sizeof packed];
  aus_err err;
  char *out;
  size_t n, cut;

  (void)state;
  for (cut = 0; cut < sizeof packed; cut++) {
    check_fails(aus_gzip_expand(&out, &n, "x.gz", packed, cut, 1000, &err), AUS_EFORMAT,
                "x.gz: gzip: the file is cut short", &err);
    assert_null(out);
  }
  memcpy(bytes, packed, sizeof packed);
  bytes[sizeof packed - 8] ^= 1; /* the sum */
  check_fails(aus_gzip_expand(&out, &n, "x.gz", bytes, sizeof bytes, 1000, &err), AUS_EFORMAT,
              "x.gz: gzip: incorrect data check", &err);
}

static void bound(void **state)
{
  aus_err err;
  char *out;
  size_t n;

  (void)state;
  check_ok(aus_gzip_expand(&out, &n, "x", packed, sizeof packed, sizeof text - 1, &err), &err);
  aus_free(out);
  check_fails(aus_gzip_expand(&out, &n, "x", packed, sizeof packed, sizeof text - 2, &err),
              AUS_EFORMAT, "x: expands to more than 19 bytes", &err);
}

static void out_of_memory(void **state)
{
  aus_err err;
  char *out = NULL;
  size_t n;
  int64_t k, before = aus_alloc_live();
  int rc;

  (void)state;
  for (k = 0;; k++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(k);
    rc = aus_gzip_expand(&out, &n, "x", packed, sizeof packed, 1000, &err);
    aus_alloc_fail_at(-1);
    if (rc == AUS_OK) break;
    assert_int_equal(rc, AUS_ENOMEM);
    assert_int_equal(aus_alloc_live(), before);
  }
  assert_true(k >= 2);
  aus_free(out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(member), cmocka_unit_test(two_members),   cmocka_unit_test(damage),
      cmocka_unit_test(bound),  cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests_name("gzip", tests, NULL, NULL);
}
