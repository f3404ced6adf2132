/* scan.h - any HDF5 file seen from outside: names, kinds of elements, values piece by piece.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Private to store/, for the tools that know nothing of a file beforehand (same, check, csv, merge).
 * A dataset of any size is read in pieces of bounded size, in the order of its elements.
 */
#ifndef AUS_STORE_SCAN_H
#define AUS_STORE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "store/h5.h"
#include "store/read.h"

enum { AUS_SCAN_PIECE = 4 << 20, AUS_SCAN_DIMS = 32, AUS_SCAN_TABLE_DIMS = 3 };

/** Open a regular HDF5 file for reading.
 * @return AUS_OK; AUS_EFORMAT: no such file, no HDF5 file, cut off; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_scan_file(hid_t *out, const char *path, aus_err *err);

/** When a file is only read, what HDF5 says concerns its content: any code but AUS_OK and AUS_ENOMEM
 * becomes AUS_EFORMAT. @return the code, in *err too. Local. */
int aus_scan_code(int rc, aus_err *err);

/** Names of links and attributes, sorted. @return AUS_OK; AUS_EIO; AUS_EDEP; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_scan_links(hid_t group, aus_read_list *list, aus_err *err);
AUS_CHECKED int aus_scan_attributes(hid_t object, aus_read_list *list, aus_err *err);

/* What an element is in memory. */
typedef enum aus_elem_kind {
  AUS_ELEM_REAL,  /* double or float */
  AUS_ELEM_INT,   /* int8_t .. int64_t */
  AUS_ELEM_UINT,  /* uint8_t .. uint64_t */
  AUS_ELEM_TEXT,  /* a string of `size` bytes */
  AUS_ELEM_VTEXT, /* a char * */
  AUS_ELEM_BYTES  /* something else without pointers */
} aus_elem_kind;

typedef struct aus_elem {
  hid_t type; /* in memory; of the enumeration where there is one */
  aus_elem_kind kind;
  bool named; /* an enumeration */
  size_t size;
} aus_elem;

/** @return AUS_OK; AUS_EFORMAT for a type with pointers that is no string; AUS_EIO; AUS_EDEP. Local. */
AUS_CHECKED int aus_elem_open(aus_elem *e, hid_t file_type, aus_err *err);
void aus_elem_close(aus_elem *e);
/** A number; NaN for others. Integers above 2^53 are rounded. Local. */
double aus_elem_number(const aus_elem *e, const void *value);
/** An integer of any width, the bits of a larger uint64_t as they are; 0 for others. Local. */
int64_t aus_elem_integer(const aus_elem *e, const void *value);
/** Bytes of a string without its padding; lent. Local. */
const char *aus_elem_text(const aus_elem *e, const void *value, size_t *n);
/** As text: 1.5, 3, warm, "abc", 0x01ff. Local. */
void aus_elem_print(const aus_elem *e, const void *value, aus_buf *out);

/** Bytes in quotes, with those escaped that would spoil a line. Local. */
void aus_scan_quote(const char *s, size_t n, aus_buf *out);

/** A type as text: f64, i32 big-endian, enum of u8 (a, b), string of 5. Local. */
void aus_scan_type(hid_t type, aus_buf *out);

/* A dataset, read from its first element to its last. */
typedef struct aus_scan {
  hid_t set, space;
  aus_elem elem;
  int n_dims; /* 0: one value, or none */
  hsize_t dim[AUS_SCAN_DIMS];
  uint64_t n;                   /* elements */
  hsize_t block[AUS_SCAN_DIMS]; /* most that one piece has, in each dimension */
  uint64_t done;                /* elements read */
} aus_scan;

/** Open a dataset below `at` (path relative to it). aus_scan_close() also after a failure.
 * @return AUS_OK; AUS_EFORMAT; AUS_EIO; AUS_EDEP. Local. */
AUS_CHECKED int aus_scan_open(aus_scan *s, hid_t at, const char *path, aus_err *err);
void aus_scan_close(aus_scan *s);
/** Bytes that one piece takes at most, at least 1. Local. */
size_t aus_scan_bytes(const aus_scan *s);
/** The next piece: *n elements from number s->done (before the call) on; 0 at the end.
 * @return AUS_OK; AUS_EIO: damaged data; AUS_EDEP. Local. */
AUS_CHECKED int aus_scan_next(aus_scan *s, void *values, uint64_t *n, aus_err *err);
/** Rows first .. first + n - 1 of a dataset of 1 or 2 dimensions. Same codes. Local. */
AUS_CHECKED int aus_scan_rows(aus_scan *s, uint64_t first, uint64_t n, void *values, aus_err *err);
/** Values of one row of a column of up to AUS_SCAN_TABLE_DIMS dimensions; 0: one plain value a row. *inner: of them
 * in the last of three dimensions, else 0. Local. */
uint64_t aus_scan_width(const aus_scan *s, uint64_t *inner);
/** Give strings of variable length back, n elements. Local. */
void aus_scan_free(const aus_elem *e, void *values, uint64_t n);
/** "[3]" or "[3, 1]" of an element by its number; nothing for a single value. Local. */
void aus_scan_index(int n_dims, const hsize_t *dim, uint64_t i, aus_buf *out);

#endif
