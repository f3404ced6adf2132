/* serverless/workload_csv.h - comma-separated text without quotes, scanned in place. Private to workload*.c.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_SERVERLESS_WORKLOAD_CSV_H
#define AUS_SERVERLESS_WORKLOAD_CSV_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of the file. */
typedef struct aus_serverless_span {
  const char *p, *end;
} aus_serverless_span;

/* The rest of a file, and the line that was taken from it last. */
typedef struct aus_serverless_lines {
  const char *name;
  aus_serverless_span rest, line, header;
  int64_t row; /* of the line, the header is 1 */
} aus_serverless_lines;

/* A piece for messages: short, printable. */
typedef struct aus_serverless_shown {
  char text[48];
} aus_serverless_shown;

/** All of a file but a byte order mark. Local. */
aus_serverless_span aus_serverless_csv_of(const char *bytes, size_t n);
/** Its first line, without its end. Local. */
aus_serverless_span aus_serverless_csv_first(aus_serverless_span file);

/** Next field of a line: *left shrinks to what is behind it; p = NULL when the line is over. Local. */
aus_serverless_span aus_serverless_csv_field(aus_serverless_span *left);
bool aus_serverless_csv_is(aus_serverless_span s, const char *text);
aus_serverless_shown aus_serverless_csv_show(aus_serverless_span s);

/** Take the next line; *more tells whether there was one.
 * @return AUS_OK; AUS_EFORMAT for a last line without an end: it may lack digits. Local. */
AUS_CHECKED int aus_serverless_csv_next(aus_serverless_lines *in, bool *more, aus_err *err);

/** Does the line have `want` fields? @return AUS_OK; AUS_EFORMAT. Local. */
AUS_CHECKED int aus_serverless_csv_check(const aus_serverless_lines *in, int64_t want,
                                         aus_err *err);

/** Field f, of a column of the header, as a decimal number (hexadecimal, "nan" and "inf" are none).
 * @return AUS_OK; AUS_EFORMAT unless it is in 0..most. Local. */
AUS_CHECKED int aus_serverless_csv_number(const aus_serverless_lines *in, aus_serverless_span f,
                                          int64_t column, double most, double *x, aus_err *err);

#endif
