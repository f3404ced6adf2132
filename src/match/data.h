/* match/data.h - build results, training tables and clusters as small numbers.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * specs (one per build: nodes with versions, outcome) -> tables (one per package: what its model is trained
 * on) and jobs (what a build needs of a cluster). Clusters are rows of value codes in a space: the features
 * in the order of the clusters' file, each with its values.
 */
#ifndef AUS_MATCH_DATA_H
#define AUS_MATCH_DATA_H

#include "match/names.h"
#include "util/err.h"
#include "util/sheet.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- build results ---- */

typedef struct aus_match_node {
  int32_t name;     /* number in node_names */
  int32_t version;  /* number in texts */
  int32_t compiler; /* its version, number in texts */
} aus_match_node;

typedef struct aus_match_variant {
  int32_t name, value; /* numbers in variant_names and texts */
} aus_match_variant;

typedef struct aus_match_spec {
  int32_t package; /* number in packages */
  int8_t label;    /* 1 success, 0 failure, -1 unknown */
} aus_match_spec;

typedef struct aus_match_specs {
  int64_t n;
  aus_match_names digests; /* i-th spec: i-th digest */
  aus_match_names packages, node_names, variant_names, texts;
  aus_match_spec *spec;
  int64_t *node_at, *variant_at; /* n + 1: first node and variant of each spec */
  aus_match_node *node;          /* the root first */
  aus_match_variant *variant;
} aus_match_specs;

/** Build results from specs.csv: columns digest, package, success ("1", "0", "": unknown), nodes (name@version,
 * "%X" behind it when the compiler is not gcc 9.3.1), variants (name=value).
 *
 * @return AUS_OK; AUS_EFORMAT "file:line: ..."; AUS_ENOMEM. Local.
 */
AUS_CHECKED int aus_match_specs_read(aus_match_specs *out, const aus_sheet *sheet, aus_err *err);
void aus_match_specs_fini(aus_match_specs *specs);

/* ---- training tables ---- */

/* A column: categories in byte order, their numbers being the codes. */
typedef struct aus_match_column {
  char *feature; /* "boost-version"; a variant's name */
  int n_cats;
  char **cat;    /* texts; AUS_MATCH_ABSENT for rows that have no such node */
  int32_t *rank; /* place of each in version order, from 0 */
  int absent;    /* code of AUS_MATCH_ABSENT, -1: every row has the node */
} aus_match_column;

typedef struct aus_match_table {
  char *package;
  int64_t n_rows, n_success;
  uint8_t *y;    /* 1 success, 0 failure */
  int64_t *spec; /* row -> spec, ascending */
  char **digest; /* row -> digest, lent by the specs */
  int n_cols;    /* features, by byte order of their names */
  aus_match_column *col;
  uint16_t *code; /* n_rows x n_cols, row-major */
  int n_variants; /* properties of the root, by byte order of their names */
  aus_match_column *variant;
  uint16_t *variant_code; /* n_rows x n_variants, row-major */
} aus_match_table;

typedef struct aus_match_tables {
  int64_t n;
  aus_match_table *table; /* by byte order of the package names */
} aus_match_tables;

enum { AUS_MATCH_MIN_ROWS = 5 };

/** Training tables: one per package with at least AUS_MATCH_MIN_ROWS labelled specs. A column is kept when it
 * has two values or more.
 *
 * @param [in] specs          outlives the tables
 * @param [in] keep_presence  keep a version column of one value, too, when some rows have it and some not
 * @return AUS_OK; AUS_ENOMEM; AUS_EFORMAT for more than 65,535 categories. Local.
 * Deviation: without keep_presence the columns of the studied system (converged-computing/rainbow-experiments).
 */
AUS_CHECKED int aus_match_tables_make(aus_match_tables *out, const aus_match_specs *specs,
                                      bool keep_presence, aus_err *err);
void aus_match_tables_fini(aus_match_tables *tables);
/** Free one table. Local. */
void aus_match_table_fini(aus_match_table *t);
/** Table of a package, NULL: it has none. Local. */
const aus_match_table *aus_match_tables_find(const aus_match_tables *tables, const char *package);

/** Code of a category, -1: the column does not have it. Local. O(log n). */
int aus_match_column_find(const aus_match_column *col, const char *text);

/* ---- features and clusters ---- */

typedef struct aus_match_feature {
  char *name;
  aus_match_names values; /* code -> text */
} aus_match_feature;

/* The features that clusters are described by. */
typedef struct aus_match_space {
  int n;
  aus_match_feature *feature;
  aus_match_names names; /* of the features; number = index */
} aus_match_space;

void aus_match_space_fini(aus_match_space *space);

typedef struct aus_match_clusters {
  int64_t n;
  char **name;
  int32_t *value; /* n x space->n, row-major: value codes */
} aus_match_clusters;

/** Clusters from a table: column cluster, then one column per feature; every text is a value, AUS_MATCH_ABSENT
 * where there is nothing of the kind.
 *
 * @param [in,out] space  empty at first; keeps features and values
 * @return AUS_OK; AUS_EFORMAT (a cluster twice, an empty value, no feature); AUS_ENOMEM. Local.
 */
AUS_CHECKED int aus_match_clusters_read(aus_match_clusters *out, aus_match_space *space,
                                        const aus_sheet *sheet, aus_err *err);
void aus_match_clusters_fini(aus_match_clusters *clusters);

#endif
