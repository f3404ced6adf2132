/* read.h - reading a published file: columns, strings, offsets, attributes.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reverse of pub.h, for the tools that start from a result: serial, read only, any part at any
 * time. Paths are below the root, without a leading slash ("traces/tasks/done"). Messages begin with
 * the file and the path: "run.h5:/traces/tasks/done: 2 columns, expected 1".
 */
#ifndef AUS_STORE_READ_H
#define AUS_STORE_READ_H

#include <stdbool.h>

#include "store/table.h"
#include "util/err.h"

typedef struct aus_read aus_read;

/** Open a file that auspex published.
 *
 * @param [in] study  what its attribute `study` must be; NULL: anything
 * @return AUS_OK; AUS_EFORMAT: no such file, no HDF5 file, cut off, not of auspex, of another format
 *         version, of another study, joined from several results; AUS_EIO; AUS_ENOMEM
 *
 * Local.
 */
AUS_CHECKED int aus_read_open(aus_read **out, const char *path, const char *study, aus_err *err);
void aus_read_close(aus_read *f);

/** Is this file the complete result of a study with this configuration? Anything else is a no. Local. */
bool aus_read_is_result(const char *path, const char *config_sha256);

/** Is there a dataset or group of this name? Local. */
bool aus_read_has(const aus_read *f, const char *path);

/** Rows and columns of a dataset of one or two dimensions.
 * @return AUS_OK; AUS_EFORMAT when there is no such dataset or it has another shape; AUS_EIO. Local. */
AUS_CHECKED int aus_read_shape(const aus_read *f, const char *path, int64_t *n, int *width,
                               aus_err *err);

/** Read a whole column of numbers or of an enumeration over such.
 *
 * @param [in] n, width  what its shape must be
 * @param [out] values   n x width elements
 * @return AUS_OK; AUS_EFORMAT: no such dataset, another shape or type; AUS_EIO: damaged data; AUS_ENOMEM
 * Local.
 */
AUS_CHECKED int aus_read_column(const aus_read *f, const char *path, aus_dtype type, int64_t n,
                                int width, void *values, aus_err *err);

/* A list of strings, and how it is given back. */
typedef struct aus_read_list {
  int64_t n;
  char **text; /* n */
} aus_read_list;
void aus_read_list_fini(aus_read_list *list);

/** A dataset of fixed-length strings (one or a list). Same codes. */
AUS_CHECKED int aus_read_strings(const aus_read *f, const char *path, aus_read_list *list,
                                 aus_err *err);
/** Names below a group, in the order of creation (which is that of the names). Same codes. */
AUS_CHECKED int aus_read_names(const aus_read *f, const char *group, aus_read_list *list,
                               aus_err *err);

/* Which rows of a table belong to which trial. */
typedef struct aus_read_index {
  int64_t n;        /* entries */
  uint64_t *trial;  /* n, ascending */
  uint64_t *offset; /* n + 1; the last one is the table's number of rows */
} aus_read_index;
void aus_read_index_fini(aus_read_index *index);

/** Read trial and offsets of a table by trial. Same codes; AUS_EFORMAT also when they do not ascend. */
AUS_CHECKED int aus_read_trials(const aus_read *f, const char *table, aus_read_index *index,
                                aus_err *err);
/** Rows of one trial: *first and their number; 0 when it has none. Local. Cost O(log n). */
int64_t aus_read_find(const aus_read_index *index, uint64_t trial, int64_t *first);

#endif
