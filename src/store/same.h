/* same.h - are two HDF5 files equal, and if not, where do they differ?
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Equal means: the same groups, datasets, links and attributes with the same shapes, types and values
 * outside /provenance. Order of creation, chunks, filters and time stamps may differ. Any HDF5 file
 * will do. Datasets are read in pieces; their size does not matter.
 */
#ifndef AUS_STORE_SAME_H
#define AUS_STORE_SAME_H

#include <stdbool.h>

#include "util/buf.h"
#include "util/err.h"

typedef struct aus_same_conf {
  double
      tolerance; /* reals count as equal up to this share of the larger one (then NaN equals NaN);
                       0: the same bits */
  bool all;      /* /provenance, too */
  int max;       /* lines at most; further differences are only counted */
} aus_same_conf;

typedef struct aus_same_count {
  int64_t datasets;    /* in both files */
  int64_t differ;      /* of these */
  int64_t differences; /* of any kind */
} aus_same_count;

/** Compare two files.
 *
 * @param [out] lines  one line per difference, appended:
 *                     "/t/x: values: 2 of 9 differ, first at [3]: 1.5 and 2, largest difference ..."
 * @return AUS_OK, equal or not: count->differences tells; AUS_EFORMAT when a file cannot be read, or
 *         holds values that cannot be compared; AUS_ENOMEM
 *
 * Local.
 */
AUS_CHECKED int aus_same_files(const char *a, const char *b, const aus_same_conf *conf,
                               aus_buf *lines, aus_same_count *count, aus_err *err);

#endif
