/* sheet.h - a whole comma-separated file (RFC 4180, gzip or not) as a table of texts.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For input files of some megabytes with a header line: every cell is a NUL-ended text, found by row and
 * column; columns are asked for by name, so that their order does not matter. Nothing is converted before
 * somebody asks: versions stay texts ("3.10" is not 3.1). Lines without any text are skipped.
 */
#ifndef AUS_UTIL_SHEET_H
#define AUS_UTIL_SHEET_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct aus_sheet {
  char *name;        /* shown in messages */
  char *text;        /* all cells */
  int64_t n_rows;    /* without the header */
  int64_t n_cols;    /* at least 1 */
  const char **head; /* n_cols */
  const char **cell; /* n_rows x n_cols, row-major */
  int64_t *line;     /* of each row, in the file; for messages */
} aus_sheet;

/** Read a table.
 *
 * @param [in] name   shown in messages
 * @param [in] bytes  the file as it is; gzip is expanded
 * @return AUS_OK; AUS_EFORMAT "name:line: ..." for a row with more or fewer cells than the header, an open
 *   quote, text behind a quote, a NUL, no UTF-8, no header, a column name that stands twice; AUS_ENOMEM
 *
 * Local.
 */
AUS_CHECKED int aus_sheet_read(aus_sheet *out, const char *name, const char *bytes, size_t n,
                               aus_err *err);
void aus_sheet_fini(aus_sheet *s);

/** Number of the column of that name, -1: there is none. Local. */
int64_t aus_sheet_find(const aus_sheet *s, const char *column);
/** The same for a column that has to be there. @return AUS_OK; AUS_EFORMAT. Local. */
AUS_CHECKED int aus_sheet_column(const aus_sheet *s, const char *column, int64_t *j, aus_err *err);

/** Text of a cell. Local. */
const char *aus_sheet_at(const aus_sheet *s, int64_t row, int64_t column);
/** A cell as a finite number. @return AUS_OK; AUS_EFORMAT. Local. */
AUS_CHECKED int aus_sheet_real(const aus_sheet *s, int64_t row, int64_t column, double *x,
                               aus_err *err);

/** The same, above 0 (zero: or 0). @return AUS_OK; AUS_EFORMAT. Local. */
AUS_CHECKED int aus_sheet_amount(const aus_sheet *s, int64_t row, int64_t column, bool zero,
                                 double *x, aus_err *err);

/** AUS_EFORMAT "name:line: ..." for a row. Local. */
int aus_sheet_refuse(const aus_sheet *s, int64_t row, aus_err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
