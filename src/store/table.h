/* table.h - what a table looks like: columns with types, units and names; and ranges of its rows.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An area describes its tables once; shards and publication make the same datasets from it. A table
 * "traces/tasks" becomes one dataset per column below /traces/tasks. Columns are separate datasets of
 * length N (or N x width), never compound records.
 */
#ifndef AUS_STORE_TABLE_H
#define AUS_STORE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

typedef enum aus_dtype { AUS_F64, AUS_F32, AUS_I64, AUS_I32, AUS_U64, AUS_U32, AUS_U8 } aus_dtype;

typedef struct aus_column {
  const char *name;
  aus_dtype type;
  int width;             /* 1: [N] (but see matrix); k > 1: [N, k] */
  const char *unit;      /* UDUNITS style, "1" if none */
  double unit_si;        /* factor to SI */
  const char *long_name; /* one phrase */
  const char *const
      *enumeration; /* names of the values 0.. for an HDF5 enum (type U8 or I32), else NULL */
  int n_enumeration;
  int matrix; /* published as [N, width] even when width is 1 */
  int inner;  /* above 0: published as [N, width / inner, inner] */
} aus_column;

/* Initialisers: plain numbers [N], a matrix [N, width], names. */
#define AUS_COLUMN(name_, type_, unit_, si_, text_)                                  \
  {                                                                                  \
    .name = (name_), .type = (type_), .width = 1, .unit = (unit_), .unit_si = (si_), \
    .long_name = (text_)                                                             \
  }
#define AUS_COLUMN_MATRIX(name_, type_, width_, unit_, si_, text_)                          \
  {                                                                                         \
    .name = (name_), .type = (type_), .width = (width_), .unit = (unit_), .unit_si = (si_), \
    .long_name = (text_), .matrix = 1                                                       \
  }
#define AUS_COLUMN_CUBE(name_, type_, outer_, inner_, unit_, si_, text_)             \
  {                                                                                  \
    .name = (name_), .type = (type_), .width = (outer_) * (inner_), .unit = (unit_), \
    .unit_si = (si_), .long_name = (text_), .matrix = 1, .inner = (inner_)           \
  }
#define AUS_COLUMN_ENUM(name_, type_, text_, names_, n_)                                           \
  {                                                                                                \
    .name = (name_), .type = (type_), .width = 1, .unit = "1", .unit_si = 1, .long_name = (text_), \
    .enumeration = (names_), .n_enumeration = (n_)                                                 \
  }

typedef struct aus_table {
  const char *name; /* path below the root of the published file, "traces/tasks" */
  const aus_column *column;
  int n_columns;
  int by_trial; /* publication adds `trial` [n] and `offsets` [n+1] (one entry per trial that has a range) */
  int row_trial; /* publication adds `trial` [N], one entry per row */
} aus_table;

/* Rows that one task appended to one table. */
typedef struct aus_range {
  uint64_t trial;
  uint32_t table; /* index in the study's list of tables */
  uint32_t shard; /* number in the shard's file name */
  uint64_t first, n;
  uint32_t crc; /* CRC-32C over the columns' bytes, column after column */
} aus_range;

enum { AUS_RANGE_BYTES = 8 + 4 + 4 + 8 + 8 + 4 };

/* A range as AUS_RANGE_BYTES bytes of a message or a list, and back (r->bad tells when it is cut). Local. */
void aus_range_encode(const aus_range *g, aus_buf *out);
void aus_range_decode(aus_range *g, aus_rd *r);

/** Bytes of one element. Local. */
size_t aus_dtype_size(aus_dtype type);

#endif
