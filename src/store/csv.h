/* csv.h - tables of an HDF5 file as text.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A table is a group of columns, or one dataset. Comma separated (RFC 4180, lines end with LF), one header
 * line; reals with the fewest digits that read back, enumerations by name. A matrix gives a column per
 * name in its attribute `names` or `feature_names`, else NAME_0, NAME_1 ...; names that would appear twice
 * get the dataset's in front ("y.energy"). Tables by trial begin with a column `trial`. Read and written
 * in pieces; memory is needed for one entry per trial.
 */
#ifndef AUS_STORE_CSV_H
#define AUS_STORE_CSV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "util/buf.h"
#include "util/err.h"

typedef struct aus_csv_conf {
  const char *table; /* path of a group or dataset */
  bool one_trial;
  uint64_t trial; /* only rows of this one */
} aus_csv_conf;

/** Write a table.
 * @return AUS_OK; AUS_EFORMAT: no such file or table, damaged; AUS_EIO: `to` takes no more; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_csv_write(const char *path, const aus_csv_conf *conf, FILE *to, aus_err *err);

/** All tables with their rows, columns, types and units, in aligned lines.
 * @return AUS_OK; AUS_EFORMAT; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_csv_list(const char *path, aus_buf *out, aus_err *err);

#endif
