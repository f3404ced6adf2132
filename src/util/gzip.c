/* gzip.c - compressed input files.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/gzip.h"

#include "util/alloc.h"

#include <limits.h>
#include <stdint.h>
#define ZLIB_CONST /* input is const */
#include <zlib.h>

enum { WINDOW_GZIP = 15 + 16, FIRST_BYTES = 1 << 16 };

bool aus_gzip_is(const void *bytes, size_t n)
{
  const unsigned char *p = bytes;

  return n >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

static void *take(void *self, unsigned n, unsigned size)
{
  (void)self;
  return aus_zalloc(n, size);
}

static void give(void *self, void *p)
{
  (void)self;
  aus_free(p);
}

typedef struct sink {
  char *p;
  int64_t n, cap;
  size_t max;
  const char *name;
} sink;

/* Room for at least one more byte and the NUL; more than max is refused as soon as it shows. */
static int grow(sink *s, aus_err *err)
{
  int rc;

  if ((size_t)s->n > s->max)
    return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s: expands to more than %zu bytes", s->name,
                    s->max);
  rc = aus_grow(&s->p, &s->cap, s->n + 2 < FIRST_BYTES ? FIRST_BYTES : s->n + 2, 1, err);
  if (rc != AUS_OK) aus_err_prepend(err, "%s: ", s->name);
  return rc;
}

static unsigned chunk(size_t n)
{
  return n > UINT_MAX / 2 ? UINT_MAX / 2 : (unsigned)n;
}

static int failed(const z_stream *z, int code, const char *name, aus_err *err)
{
  if (code == Z_MEM_ERROR)
    return aus_fail(err, AUS_ENOMEM, AUS_HERE, "%s: out of memory (gzip)", name);
  if (code == Z_BUF_ERROR)
    return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s: gzip: the file is cut short", name);
  return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s: gzip: %s", name,
                  z->msg ? z->msg : "damaged data");
}

/* One member, from z->next_in on; *left bytes of input stand there. */
static int expand_member(z_stream *z, size_t *left, sink *s, aus_err *err)
{
  int rc = AUS_OK, code = Z_OK;

  while (code != Z_STREAM_END) {
    unsigned in, out;

    AUS_TRY(grow(s, err));
    z->avail_in = in = chunk(*left);
    z->next_out = (unsigned char *)s->p + s->n;
    z->avail_out = out = chunk((size_t)(s->cap - s->n - 1));
    code = inflate(z, Z_NO_FLUSH);
    *left -= in - z->avail_in;
    s->n += out - z->avail_out;
    if (code != Z_OK && code != Z_STREAM_END) AUS_TRY(failed(z, code, s->name, err));
  }
  if ((size_t)s->n > s->max) rc = grow(s, err);
done:
  return rc;
}

int aus_gzip_expand(char **out, size_t *n_out, const char *name, const void *bytes, size_t n,
                    size_t max, aus_err *err)
{
  int rc = AUS_OK, code;
  sink s = {.max = max, .name = name};
  z_stream z = {.zalloc = take, .zfree = give};
  size_t left = n;

  *out = NULL;
  *n_out = 0;
  code = inflateInit2(&z, WINDOW_GZIP);
  if (code != Z_OK) return failed(&z, code, name, err);
  z.next_in = (const unsigned char *)bytes;
  do {
    AUS_TRY(expand_member(&z, &left, &s, err));
    if (left > 0 && !aus_gzip_is(z.next_in, left))
      AUS_FAIL(err, AUS_EFORMAT, "%s: gzip: %zu bytes behind the end", name, left);
    inflateReset(&z);
  } while (left > 0);
  s.p[s.n] = '\0';
  *out = s.p;
  *n_out = (size_t)s.n;
  s.p = NULL;
done:
  inflateEnd(&z);
  aus_free(s.p);
  return rc;
}
