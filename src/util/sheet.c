/* sheet.c - a whole comma-separated file (RFC 4180, gzip or not) as a table of texts.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/sheet.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/buf.h"
#include "util/gzip.h"

enum { MAX_BYTES = 1 << 30, MESSAGE = 300 };

/* Cells are unquoted in place: `to` never overtakes `at`. */
typedef struct reader {
  aus_sheet *s;
  char *at, *to;
  int64_t line;
  int64_t n_cells, cap_cells;
  int64_t n_lines, cap_lines;
} reader;

static int refuse(const reader *r, aus_err *err, const char *what)
{
  return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s:%" PRId64 ": %s", r->s->name, r->line, what);
}

/* A cell in quotes; r->at is behind the first quote, afterwards behind the last. */
static int quoted(reader *r, aus_err *err)
{
  for (;; r->at++) {
    if (*r->at == '\0') return refuse(r, err, "the quote is not closed");
    if (*r->at == '"') {
      if (r->at[1] != '"') break;
      r->at++;
    }
    if (*r->at == '\n') r->line++;
    *r->to++ = *r->at;
  }
  r->at++;
  if (*r->at && !strchr(",\r\n", *r->at)) return refuse(r, err, "text behind a quote");
  return AUS_OK;
}

static bool line_ends(const char *p)
{
  return *p == '\0' || *p == '\n' || (*p == '\r' && p[1] == '\n');
}

/* One cell into the list. @param [out] last  it was the last one of its line, r->at is on the line's end */
static int take_cell(reader *r, bool *last, aus_err *err)
{
  int rc = AUS_OK;
  aus_sheet *s = r->s;

  AUS_TRY(aus_grow(&s->cell, &r->cap_cells, r->n_cells + 1, sizeof *s->cell, err));
  s->cell[r->n_cells++] = r->to;
  if (*r->at == '"') {
    r->at++;
    AUS_TRY(quoted(r, err));
  } else {
    while (*r->at != ',' && !line_ends(r->at))
      *r->to++ = *r->at++;
  }
  *last = *r->at != ',';
  /* the NUL may fall on the comma or on the line's end, which is passed first */
  if (*last && *r->at == '\r') r->at++;
  if (*r->at != '\0') r->at++;
  *r->to++ = '\0';
done:
  return rc;
}

/* All cells of a line. */
static int take_line(reader *r, aus_err *err)
{
  int rc = AUS_OK;
  aus_sheet *s = r->s;
  int64_t first = r->n_cells, line = r->line;
  bool last = false;

  while (!last)
    AUS_TRY(take_cell(r, &last, err));
  AUS_TRY(aus_grow(&s->line, &r->cap_lines, r->n_lines + 1, sizeof *s->line, err));
  s->line[r->n_lines++] = line;
  if (s->n_cols == 0) s->n_cols = r->n_cells;
  if (r->n_cells - first != s->n_cols)
    AUS_FAIL(err, AUS_EFORMAT, "%s:%" PRId64 ": %" PRId64 " cells, expected %" PRId64, s->name,
             line, r->n_cells - first, s->n_cols);
  r->line++;
done:
  return rc;
}

/* The header leaves the lists of cells and lines. */
static int split_header(reader *r, aus_err *err)
{
  int rc = AUS_OK;
  aus_sheet *s = r->s;
  int64_t i, j;

  if (r->n_lines == 0) AUS_FAIL(err, AUS_EFORMAT, "%s:1: no header", s->name);
  AUS_NEW(s->head, s->n_cols, err);
  memcpy(s->head, s->cell, (size_t)s->n_cols * sizeof *s->head);
  s->n_rows = r->n_lines - 1;
  memmove(s->cell, s->cell + s->n_cols, (size_t)(s->n_rows * s->n_cols) * sizeof *s->cell);
  memmove(s->line, s->line + 1, (size_t)s->n_rows * sizeof *s->line);
  for (j = 1; j < s->n_cols; j++)
    for (i = 0; i < j; i++)
      if (strcmp(s->head[i], s->head[j]) == 0)
        AUS_FAIL(err, AUS_EFORMAT, "%s:1: column \"%s\" twice", s->name, s->head[j]);
done:
  return rc;
}

static int split(aus_sheet *s, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  reader r = {.s = s, .at = s->text, .to = s->text, .line = 1};

  if (n >= 3 && memcmp(s->text, "\xef\xbb\xbf", 3) == 0) r.at += 3;
  if (strlen(s->text) != n) AUS_FAIL(err, AUS_EFORMAT, "%s: a NUL in the text", s->name);
  if (!aus_buf_is_utf8(s->text)) AUS_FAIL(err, AUS_EFORMAT, "%s: not UTF-8", s->name);
  while (*r.at) {
    if (line_ends(r.at)) {
      r.at += *r.at == '\r' ? 2 : 1;
      r.line++;
    } else {
      AUS_TRY(take_line(&r, err));
    }
  }
  AUS_TRY(split_header(&r, err));
done:
  return rc;
}

int aus_sheet_read(aus_sheet *out, const char *name, const char *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_sheet s = {0};

  *out = (aus_sheet){0};
  AUS_DUP(s.name, name, err);
  if (aus_gzip_is(bytes, n)) {
    AUS_TRY(aus_gzip_expand(&s.text, &n, name, bytes, n, MAX_BYTES, err));
  } else {
    AUS_NEW(s.text, n + 1, err);
    if (n > 0) memcpy(s.text, bytes, n);
  }
  AUS_TRY(split(&s, n, err));
  *out = s;
  s = (aus_sheet){0};
done:
  aus_sheet_fini(&s);
  return rc;
}

void aus_sheet_fini(aus_sheet *s)
{
  aus_free(s->name);
  aus_free(s->text);
  aus_free((void *)s->head);
  aus_free((void *)s->cell);
  aus_free(s->line);
  *s = (aus_sheet){0};
}

int64_t aus_sheet_find(const aus_sheet *s, const char *column)
{
  int64_t j;

  for (j = 0; j < s->n_cols; j++)
    if (strcmp(s->head[j], column) == 0) return j;
  return -1;
}

int aus_sheet_column(const aus_sheet *s, const char *column, int64_t *j, aus_err *err)
{
  *j = aus_sheet_find(s, column);
  if (*j < 0) return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s: no column \"%s\"", s->name, column);
  return AUS_OK;
}

const char *aus_sheet_at(const aus_sheet *s, int64_t row, int64_t column)
{
  return s->cell[row * s->n_cols + column];
}

int aus_sheet_real(const aus_sheet *s, int64_t row, int64_t column, double *x, aus_err *err)
{
  const char *text = aus_sheet_at(s, row, column);
  char *end;

  *x = strtod(text, &end);
  if (end == text || *end || !isfinite(*x))
    return aus_sheet_refuse(s, row, err, "%s is \"%s\", expected a number", s->head[column], text);
  return AUS_OK;
}

int aus_sheet_amount(const aus_sheet *s, int64_t row, int64_t column, bool zero, double *x,
                     aus_err *err)
{
  int rc = aus_sheet_real(s, row, column, x, err);

  if (rc == AUS_OK && !(*x > 0.0 || (zero && *x == 0.0)))
    rc = aus_sheet_refuse(s, row, err, "%s is %g, need %s 0", s->head[column], *x,
                          zero ? ">=" : ">");
  return rc;
}

int aus_sheet_refuse(const aus_sheet *s, int64_t row, aus_err *err, const char *format, ...)
{
  char text[MESSAGE];
  va_list ap;

  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s:%" PRId64 ": %s", s->name, s->line[row], text);
}
