/* plan.h - what is in a published file: the plan behind aus_pub, and its datasets in order.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Private to store/. Rank 0 fills an aus_pub (plan.c has the aus_pub_* functions of pub.h that add to
 * it); aus_pub_encode() makes bytes of it, without the data in memory, from which aus_pub_decode()
 * makes the same plan on the other ranks. aus_layout_make() then names every group and dataset, the
 * same on all ranks. No HDF5 and no MPI here.
 */
#ifndef AUS_STORE_PLAN_H
#define AUS_STORE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "store/pub.h"
#include "util/buf.h"

/* The rows of one table, range after range. */
typedef struct aus_plan_list {
  int table;
  int64_t n;
  aus_range *range;
  uint64_t
      *start; /* n + 1: first row of each range in the published table; the last is the length */
} aus_plan_list;

typedef enum aus_plan_from {
  AUS_FROM_MEMORY, /* rank 0 has the values */
  AUS_FROM_COLUMN, /* a column of the list's table, in shards */
  AUS_FROM_TRIAL   /* the trial of each row of the list */
} aus_plan_from;

/* A dataset. */
typedef struct aus_plan_set {
  char *path;
  int scalar;
  uint64_t n;
  int width;
  int matrix; /* two dimensions */
  int inner;  /* above 0: three, [n, width / inner, inner] */
  aus_dtype type;
  size_t string_bytes; /* above 0: elements are strings of that many bytes */
  char *unit, *long_name;
  double unit_si;
  char **enumeration;
  int n_enumeration;
  aus_plan_from from;
  int list, column; /* index in pub->list, and in the table's columns */
  void *data;       /* memory: the values; NULL on ranks that decoded the plan */
} aus_plan_set;

/* An attribute. */
typedef struct aus_plan_attr {
  char *path, *name;
  aus_dtype type;
  size_t string_bytes; /* above 0: strings of that many bytes */
  int n;               /* list of n; below 0: one value */
  void *value;
  size_t n_bytes;
} aus_plan_attr;

/* A table of the conf under its own name, or one u8 column of it as path/bytes. */
typedef struct aus_plan_table {
  char *path; /* of blobs; NULL for a table */
  int list;
} aus_plan_table;

struct aus_pub {
  aus_plan_set *set;
  aus_plan_attr *attr;
  aus_plan_list *list;
  aus_plan_table *table;
  int64_t n_sets, n_attrs, n_lists, n_tables;
  int64_t cap_sets, cap_attrs, cap_lists, cap_tables;
};

/** Bytes of one row. Local. */
size_t aus_plan_row_bytes(const aus_plan_set *set);

/** Rows of a chunk: about 1 MiB, at least one row, at most all; 0 for an empty dataset. Local. */
uint64_t aus_plan_chunk_rows(const aus_plan_set *set);

/** Everything but the data in memory, appended to `out`. Local. */
void aus_pub_encode(const aus_pub *pub, aus_buf *out);

/** @return AUS_OK; AUS_EFORMAT for damaged bytes; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_pub_decode(aus_pub **out, aus_rd *in, aus_err *err);

/* Objects of the file in order of creation. */
typedef struct aus_layout {
  aus_pub *extra;           /* datasets that tables and blobs turn into */
  const aus_plan_set **set; /* of pub and extra, by path */
  int64_t n_sets;
  char **group; /* without the root, parents before children */
  int64_t n_groups, cap_groups;
} aus_layout;

/** Turn tables into datasets and sort.
 *
 * @param [out] l  names and sets are lent by pub and l->extra; aus_layout_fini() also after a failure
 * @return AUS_OK; AUS_EINVAL for a table that is not in conf, a path used twice, or blobs of a table
 *         that is not one u8 column; AUS_ENOMEM
 *
 * Local. The same on all ranks for the same plan.
 */
AUS_CHECKED int aus_layout_make(aus_layout *l, const aus_pub *pub, const aus_pub_conf *conf,
                                aus_err *err);
void aus_layout_fini(aus_layout *l);

#endif
