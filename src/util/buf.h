/* buf.h - a growing byte buffer: text building, and little-endian fields for messages and files.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing never fails at once: a buffer that could not grow remembers it, and aus_buf_check() tells
 * at the end, so that a long sequence of fields needs one test. Reading (aus_rd) works the same way:
 * a field beyond the end gives 0 and sets `bad`.
 */
#ifndef AUS_UTIL_BUF_H
#define AUS_UTIL_BUF_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct aus_buf {
  char *data; /* n bytes, and a NUL behind them once anything was written */
  int64_t n, cap;
  int failed; /* out of memory at some point */
} aus_buf;

void aus_buf_init(aus_buf *b);
void aus_buf_fini(aus_buf *b);
/** Forget the content, keep the memory. Local. */
void aus_buf_clear(aus_buf *b);
/** @return AUS_OK; AUS_ENOMEM if any write failed. Local. */
AUS_CHECKED int aus_buf_check(const aus_buf *b, aus_err *err);
/** Ownership of the bytes moves to the caller (aus_free); the buffer is empty afterwards. Local. */
char *aus_buf_take(aus_buf *b);

void aus_buf_bytes(aus_buf *b, const void *p, size_t n);
void aus_buf_text(aus_buf *b, const char *s);
void aus_buf_printf(aus_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** A double with the fewest digits that read back as the same double (17 at most); NaN is "nan". Local. */
void aus_buf_real(aus_buf *b, double x);
/** A cell of a comma-separated line (RFC 4180): in quotes where a comma, a quote, a line end or a blank at an end
 * asks for them. Local. */
void aus_buf_csv(aus_buf *b, const char *s, size_t n);

/** Is a text UTF-8? Local. */
bool aus_buf_is_utf8(const char *text);

/* Little-endian fields. A string is a u32 length and its bytes. */
void aus_buf_u8(aus_buf *b, uint8_t x);
void aus_buf_u16(aus_buf *b, uint16_t x);
void aus_buf_u32(aus_buf *b, uint32_t x);
void aus_buf_u64(aus_buf *b, uint64_t x);
void aus_buf_i64(aus_buf *b, int64_t x);
void aus_buf_f64(aus_buf *b, double x);
void aus_buf_str(aus_buf *b, const char *s);

typedef struct aus_rd {
  const unsigned char *p;
  size_t n, at;
  int bad; /* a field went beyond the end */
} aus_rd;

aus_rd aus_rd_of(const void *p, size_t n);
uint8_t aus_rd_u8(aus_rd *r);
uint16_t aus_rd_u16(aus_rd *r);
uint32_t aus_rd_u32(aus_rd *r);
uint64_t aus_rd_u64(aus_rd *r);
int64_t aus_rd_i64(aus_rd *r);
double aus_rd_f64(aus_rd *r);
/** The next n bytes in place; NULL when there are fewer. Local. */
const void *aus_rd_bytes(aus_rd *r, size_t n);
/** A string, copied (aus_free) in *out.
 * @return AUS_OK; AUS_EFORMAT when it is cut short or has a NUL inside; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_rd_str(aus_rd *r, char **out, aus_err *err);

/** CRC-32C (Castagnoli, reflected 0x82F63B78) of n bytes, going on from `crc` (0 at first). Local. */
uint32_t aus_crc32c(uint32_t crc, const void *p, size_t n);

#endif
