/* buf.c - a growing byte buffer, little-endian fields, CRC-32C.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/buf.h"

#include "util/alloc.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void aus_buf_init(aus_buf *b)
{
  *b = (aus_buf){0};
}

void aus_buf_fini(aus_buf *b)
{
  aus_free(b->data);
  *b = (aus_buf){0};
}

void aus_buf_clear(aus_buf *b)
{
  b->n = 0;
  b->failed = 0;
  if (b->data) b->data[0] = '\0';
}

int aus_buf_check(const aus_buf *b, aus_err *err)
{
  if (b->failed) return aus_fail(err, AUS_ENOMEM, AUS_HERE, "out of memory (buffer)");
  return AUS_OK;
}

char *aus_buf_take(aus_buf *b)
{
  char *p = b->data;

  *b = (aus_buf){0};
  return p;
}

static int room(aus_buf *b, size_t n)
{
  if (b->failed) return 0;
  if (aus_grow(&b->data, &b->cap, b->n + (int64_t)n + 1, 1, NULL) != AUS_OK) {
    b->failed = 1;
    return 0;
  }
  return 1;
}

void aus_buf_bytes(aus_buf *b, const void *p, size_t n)
{
  if (!room(b, n)) return;
  if (n > 0) memcpy(b->data + b->n, p, n);
  b->n += (int64_t)n;
  b->data[b->n] = '\0';
}

void aus_buf_text(aus_buf *b, const char *s)
{
  aus_buf_bytes(b, s, strlen(s));
}

void aus_buf_printf(aus_buf *b, const char *format, ...)
{
  va_list ap;
  int n;

  va_start(ap, format);
  n = vsnprintf(NULL, 0, format, ap);
  va_end(ap);
  if (n < 0 || !room(b, (size_t)n)) {
    b->failed = 1;
    return;
  }
  va_start(ap, format);
  vsnprintf(b->data + b->n, (size_t)n + 1, format, ap);
  va_end(ap);
  b->n += n;
}

void aus_buf_real(aus_buf *b, double x)
{
  char s[40];
  int digits;

  if (isnan(x)) {
    aus_buf_text(b, "nan");
    return;
  }
  for (digits = 15; digits <= 17; digits++) {
    snprintf(s, sizeof s, "%.*g", digits, x);
    if (strtod(s, NULL) == x) break;
  }
  aus_buf_text(b, s);
}

void aus_buf_csv(aus_buf *b, const char *s, size_t n)
{
  size_t i;
  bool plain = n == 0 || (s[0] != ' ' && s[n - 1] != ' ');

  for (i = 0; plain && i < n; i++)
    plain = !strchr(",\"\r\n", s[i]);
  if (plain) {
    aus_buf_bytes(b, s, n);
    return;
  }
  aus_buf_text(b, "\"");
  for (i = 0; i < n; i++) {
    if (s[i] == '"') aus_buf_text(b, "\"");
    aus_buf_bytes(b, &s[i], 1);
  }
  aus_buf_text(b, "\"");
}

static void little(aus_buf *b, uint64_t x, int n)
{
  unsigned char c[8];
  int i;

  for (i = 0; i < n; i++)
    c[i] = (unsigned char)(x >> (8 * i));
  aus_buf_bytes(b, c, (size_t)n);
}

void aus_buf_u8(aus_buf *b, uint8_t x)
{
  little(b, x, 1);
}

void aus_buf_u16(aus_buf *b, uint16_t x)
{
  little(b, x, 2);
}

void aus_buf_u32(aus_buf *b, uint32_t x)
{
  little(b, x, 4);
}

void aus_buf_u64(aus_buf *b, uint64_t x)
{
  little(b, x, 8);
}

void aus_buf_i64(aus_buf *b, int64_t x)
{
  little(b, (uint64_t)x, 8);
}

void aus_buf_f64(aus_buf *b, double x)
{
  uint64_t u;

  memcpy(&u, &x, sizeof u);
  little(b, u, 8);
}

void aus_buf_str(aus_buf *b, const char *s)
{
  size_t n = strlen(s);

  aus_buf_u32(b, (uint32_t)n);
  aus_buf_bytes(b, s, n);
}

aus_rd aus_rd_of(const void *p, size_t n)
{
  return (aus_rd){.p = p, .n = n};
}

static uint64_t take_little(aus_rd *r, size_t n)
{
  uint64_t x = 0;
  size_t i;

  if (r->bad || r->n - r->at < n) {
    r->bad = 1;
    return 0;
  }
  for (i = 0; i < n; i++)
    x |= (uint64_t)r->p[r->at + i] << (8 * i);
  r->at += n;
  return x;
}

uint8_t aus_rd_u8(aus_rd *r)
{
  return (uint8_t)take_little(r, 1);
}

uint16_t aus_rd_u16(aus_rd *r)
{
  return (uint16_t)take_little(r, 2);
}

uint32_t aus_rd_u32(aus_rd *r)
{
  return (uint32_t)take_little(r, 4);
}

uint64_t aus_rd_u64(aus_rd *r)
{
  return take_little(r, 8);
}

int64_t aus_rd_i64(aus_rd *r)
{
  return (int64_t)take_little(r, 8);
}

double aus_rd_f64(aus_rd *r)
{
  uint64_t u = take_little(r, 8);
  double x;

  memcpy(&x, &u, sizeof x);
  return x;
}

const void *aus_rd_bytes(aus_rd *r, size_t n)
{
  const void *p;

  if (r->bad || r->n - r->at < n) {
    r->bad = 1;
    return NULL;
  }
  p = r->p + r->at;
  r->at += n;
  return p;
}

int aus_rd_str(aus_rd *r, char **out, aus_err *err)
{
  int rc = AUS_OK;
  uint32_t n = aus_rd_u32(r);
  const char *p = aus_rd_bytes(r, n);
  char *s = NULL;

  *out = NULL;
  if (!p || memchr(p, '\0', n))
    AUS_FAIL(err, AUS_EFORMAT, "string field of %u bytes is damaged", n);
  AUS_NEW(s, (size_t)n + 1, err);
  memcpy(s, p, n);
  *out = s;
done:
  return rc;
}

/* Four bits at a time: 64 bytes of table, fast enough for messages of a few kB; rows of megabytes
 * go through the eight-byte loop below where the processor has the instruction. */
static uint32_t crc_soft(uint32_t crc, const unsigned char *p, size_t n)
{
  static const uint32_t nibble[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
                                      0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
                                      0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                      0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};

  for (; n > 0; n--, p++) {
    crc ^= *p;
    crc = (crc >> 4) ^ nibble[crc & 15];
    crc = (crc >> 4) ^ nibble[crc & 15];
  }
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc_hard(uint32_t crc, const unsigned char *p,
                                                           size_t n)
{
  uint64_t c = crc, x;

  for (; n >= 8; n -= 8, p += 8) {
    memcpy(&x, p, 8);
    c = __builtin_ia32_crc32di(c, x);
  }
  return crc_soft((uint32_t)c, p, n);
}
#endif

uint32_t aus_crc32c(uint32_t crc, const void *p, size_t n)
{
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return ~crc_hard(~crc, p, n);
#endif
  return ~crc_soft(~crc, p, n);
}

/* Bytes of the character at s, 0 when it is not UTF-8. */
static size_t utf8_length(const unsigned char *s)
{
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  size_t i, n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
  uint32_t c = n == 1 ? s[0] : s[0] & (0x7fu >> n);

  if ((s[0] >= 0x80 && s[0] < 0xc0) || s[0] > 0xf7) return 0;
  for (i = 1; i < n; i++) {
    if ((s[i] & 0xc0) != 0x80) return 0;
    c = c << 6 | (s[i] & 0x3f);
  }
  return c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

bool aus_buf_is_utf8(const char *text)
{
  const unsigned char *s = (const unsigned char *)text;
  size_t n = 1;

  for (; *s && n > 0; s += n)
    n = utf8_length(s);
  return n > 0;
}
