/* fuzz.h - what the fuzz harnesses share: the entry point, checks, slices of the input.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A harness is one function of bytes, FUZZ_TARGET(name) { ... data, n ... }. With AUS_FUZZ it becomes
 * libFuzzer's entry point ("make fuzz"), otherwise fuzz_<name>, which tests/fuzz/replay.c calls. It is
 * deterministic, frees everything (checked here, by the library's own count of blocks), and a property
 * that does not hold ends the program. Some inputs are run a second time with one allocation made to
 * fail; so a harness goes on only where fuzz_took() says that there is something to go on with.
 */
#ifndef AUS_TESTS_FUZZ_FUZZ_H
#define AUS_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/buf.h"
#include "util/err.h"

#ifdef AUS_FUZZ
#define FUZZ_ENTRY(name) LLVMFuzzerTestOneInput
#else
#define FUZZ_ENTRY(name) fuzz_##name
#endif

/* A property that must hold. */
#define fuzz_check(x)                                                 \
  do {                                                                \
    if (!(x)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #x); \
      abort();                                                        \
    }                                                                 \
  } while (0)

/* True for a success; a refusal must have the code `refusal` and a text, and memory may be short only
 * when it was made so. */
static inline bool fuzz_took(int rc, const aus_err *err, int refusal)
{
  if (rc == AUS_OK) return true;
  if (rc != refusal && !(rc == AUS_ENOMEM && aus_alloc_failed())) {
    fprintf(stderr, "code %d (%s)\n", rc, err->text);
    abort();
  }
  fuzz_check(err->code == rc);
  fuzz_check(err->text[0] != '\0' && memchr(err->text, '\0', sizeof err->text));
  return false;
}

/* The same where nothing is to be refused. */
static inline bool fuzz_must(int rc, const aus_err *err)
{
  return fuzz_took(rc, err, AUS_OK);
}

/* True when nothing was refused for want of memory. */
static inline bool fuzz_filled(const aus_buf *b)
{
  fuzz_check(!b->failed || aus_alloc_failed());
  return !b->failed;
}

static inline bool fuzz_same(const aus_buf *a, const void *p, size_t n)
{
  return a->n == (int64_t)n && (n == 0 || memcmp(a->data, p, n) == 0);
}

/* What is left of the input. */
typedef struct fuzz_in {
  const uint8_t *p;
  size_t n;
} fuzz_in;

static inline uint8_t fuzz_byte(fuzz_in *in)
{
  uint8_t x = 0;

  if (in->n > 0) {
    x = *in->p++;
    in->n--;
  }
  return x;
}

/* A copy with a NUL behind it (free). */
static inline char *fuzz_text(const uint8_t *p, size_t n)
{
  char *s = malloc(n + 1);

  fuzz_check(s);
  if (n > 0) memcpy(s, p, n);
  s[n] = '\0';
  return s;
}

/* The input up to a separating byte, or all of it, as fuzz_text(). */
static inline char *fuzz_piece(fuzz_in *in, int end, size_t *n)
{
  const uint8_t *at = in->n > 0 ? memchr(in->p, end, in->n) : NULL;
  size_t len = at ? (size_t)(at - in->p) : in->n;
  char *s = fuzz_text(in->p, len);

  *n = len;
  len += at != NULL;
  if (len > 0) in->p += len;
  in->n -= len;
  return s;
}

/* Which allocation of the second run fails; -1: no second run. */
static inline int64_t fuzz_shortage(const uint8_t *data, size_t n)
{
  uint32_t h = aus_crc32c(0, data, n);

  return h % 8 == 0 ? (int64_t)(h >> 3) % 64 : -1;
}

static inline int fuzz_run(void (*one)(const uint8_t *, size_t), const uint8_t *data, size_t n)
{
  int64_t live = aus_alloc_live(), k = fuzz_shortage(data, n);

  aus_alloc_fail_at(-1);
  one(data, n);
  fuzz_check(aus_alloc_live() == live);
  if (k >= 0) {
    aus_alloc_fail_at(k);
    one(data, n);
    aus_alloc_fail_at(-1);
    fuzz_check(aus_alloc_live() == live);
  }
  return 0;
}

#define FUZZ_TARGET(name)                              \
  static void one(const uint8_t *data, size_t n);      \
  int FUZZ_ENTRY(name)(const uint8_t *data, size_t n); \
  int FUZZ_ENTRY(name)(const uint8_t *data, size_t n)  \
  {                                                    \
    return fuzz_run(one, data, n);                     \
  }                                                    \
  static void one(const uint8_t *data, size_t n)

#endif
