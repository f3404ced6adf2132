/* serverless/tables.h - results as text: the CSV and JSON tables of `--csv`.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Column and key names are those of the golden data; proportions are percent there. Numbers have the
 * fewest digits that read back as the same double, flags are 0 or 1, a missing number is an empty
 * field in CSV and null in JSON. Nothing here opens a file: the caller writes the buffers, and looks
 * at aus_buf_check() once at the end.
 */
#ifndef AUS_SERVERLESS_TABLES_H
#define AUS_SERVERLESS_TABLES_H

#include "serverless/sim.h"
#include "util/buf.h"

typedef struct aus_serverless_table {
  const char *file; /* "tasks.csv" */
  void (*write)(aus_buf *out, const aus_serverless_types *types,
                const aus_serverless_result *result);
} aus_serverless_table;

enum { AUS_SERVERLESS_N_TABLES = 7 };

/** All tables: tasks, applications, scale_events, system_events, platforms (CSV), summary, storages
 * (JSON). Each `write` appends to the buffer. */
extern const aus_serverless_table aus_serverless_tables[AUS_SERVERLESS_N_TABLES];

#endif
