/* sha256.c - published digests, and pieces against the whole.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "util/sha256.h"

static void digest_is(const void *p, size_t n, const char *want)
{
  unsigned char digest[32];
  char hex[65];

  aus_sha256(p, n, digest);
  aus_sha256_hex(digest, hex);
  assert_string_equal(hex, want);
}

/* Source: NIST, examples for FIPS 180-4 (SHA-256: one block, two blocks) and the SHA test vectors of
 * the Cryptographic Algorithm Validation Program (empty message, one byte). */
static void published(void **state)
{
  (void)state;
  digest_is("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  digest_is("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  digest_is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  digest_is("\xd3", 1, "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1");
}

/* Source: the same examples, one million times "a". */
static void a_million(void **state)
{
  char *p = aus_zalloc(1000000, 1);

  (void)state;
  assert_non_null(p);
  memset(p, 'a', 1000000);
  digest_is(p, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  aus_free(p);
}

/* Every length around the block borders, in pieces of every size. */
static void pieces(void **state)
{
  unsigned char p[200], whole[32], parts[32];
  aus_sha256_ctx ctx;
  size_t n, piece, at;

  (void)state;
  for (n = 0; n < sizeof p; n++)
    p[n] = (unsigned char)(n * 7);
  for (n = 0; n <= sizeof p; n++) {
    aus_sha256(p, n, whole);
    for (piece = 1; piece < 130; piece++) {
      aus_sha256_init(&ctx);
      for (at = 0; at < n; at += piece)
        aus_sha256_update(&ctx, p + at, piece < n - at ? piece : n - at);
      aus_sha256_final(&ctx, parts);
      assert_memory_equal(parts, whole, 32);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published),
      cmocka_unit_test(a_million),
      cmocka_unit_test(pieces),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
