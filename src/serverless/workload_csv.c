/* workload_csv.c - comma-separated text without quotes, scanned in place.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/workload_csv.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

aus_serverless_span aus_serverless_csv_of(const char *bytes, size_t n)
{
  aus_serverless_span s = {bytes, bytes + n};

  if (n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) s.p += 3;
  return s;
}

/* The line without "\n" or "\r\n". */
static aus_serverless_span until(const char *p, const char *newline)
{
  return (aus_serverless_span){p, newline > p && newline[-1] == '\r' ? newline - 1 : newline};
}

aus_serverless_span aus_serverless_csv_first(aus_serverless_span file)
{
  const char *newline = memchr(file.p, '\n', (size_t)(file.end - file.p));

  return until(file.p, newline ? newline : file.end);
}

aus_serverless_shown aus_serverless_csv_show(aus_serverless_span s)
{
  aus_serverless_shown out;
  size_t i, n = (size_t)(s.end - s.p), most = sizeof out.text - 4;

  for (i = 0; i < n && i < most; i++)
    out.text[i] = isprint((unsigned char)s.p[i]) ? s.p[i] : '?';
  snprintf(out.text + i, sizeof out.text - i, "%s", n > most ? "..." : "");
  return out;
}

bool aus_serverless_csv_is(aus_serverless_span s, const char *text)
{
  size_t n = strlen(text);

  return (size_t)(s.end - s.p) == n && memcmp(s.p, text, n) == 0;
}

aus_serverless_span aus_serverless_csv_field(aus_serverless_span *left)
{
  aus_serverless_span f = {0};
  const char *comma;

  if (!left->p) return f;
  comma = memchr(left->p, ',', (size_t)(left->end - left->p));
  f = (aus_serverless_span){left->p, comma ? comma : left->end};
  left->p = comma ? comma + 1 : NULL;
  return f;
}

static int64_t count_fields(aus_serverless_span line)
{
  int64_t n = 1;
  const char *p = line.p;

  while ((p = memchr(p, ',', (size_t)(line.end - p)))) {
    p++;
    n++;
  }
  return n;
}

/* Field i of a line that has it, for messages. */
static aus_serverless_shown field_at(aus_serverless_span line, int64_t i)
{
  aus_serverless_span f = aus_serverless_csv_field(&line);

  while (i-- > 0)
    f = aus_serverless_csv_field(&line);
  return aus_serverless_csv_show(f);
}

int aus_serverless_csv_next(aus_serverless_lines *in, bool *more, aus_err *err)
{
  int rc = AUS_OK;
  const char *newline;

  *more = in->rest.p < in->rest.end;
  if (!*more) goto done;
  in->row++;
  newline = memchr(in->rest.p, '\n', (size_t)(in->rest.end - in->rest.p));
  if (!newline)
    AUS_FAIL(err, AUS_EFORMAT, "%s:%" PRId64 ": the last line has no end: the file is cut short",
             in->name, in->row);
  in->line = until(in->rest.p, newline);
  in->rest.p = newline + 1;
done:
  return rc;
}

int aus_serverless_csv_check(const aus_serverless_lines *in, int64_t want, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = count_fields(in->line);

  if (n != want)
    AUS_FAIL(err, AUS_EFORMAT, "%s:%" PRId64 ": %" PRId64 " fields, expected %" PRId64, in->name,
             in->row, n, want);
done:
  return rc;
}

/* A decimal number; hexadecimal, "nan" and "inf" are none. */
static bool parse(aus_serverless_span f, double *x)
{
  char text[64], *end;
  size_t n = (size_t)(f.end - f.p);

  if (n == 0 || n >= sizeof text) return false;
  memcpy(text, f.p, n);
  text[n] = '\0';
  if (strspn(text, "0123456789+-.eE") != n) return false;
  *x = strtod(text, &end);
  return end == text + n;
}

int aus_serverless_csv_number(const aus_serverless_lines *in, aus_serverless_span f, int64_t column,
                              double most, double *x, aus_err *err)
{
  int rc = AUS_OK;

  if (!parse(f, x) || !(*x >= 0.0 && *x <= most))
    AUS_FAIL(err, AUS_EFORMAT,
             "%s:%" PRId64 ": column \"%s\" is \"%s\", need a number >= 0 and <= %g", in->name,
             in->row, field_at(in->header, column).text, aus_serverless_csv_show(f).text, most);
done:
  return rc;
}
