/* match/match_study_tables.h - what the tasks of a match study write: tables and their columns.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_MATCH_MATCH_STUDY_TABLES_H
#define AUS_MATCH_MATCH_STUDY_TABLES_H

#include "store/table.h"

enum {
  AUS_MATCH_T_HELD_OUT, /* a row per validated build and division into folds */
  AUS_MATCH_T_P_TABLE,  /* a row per package: P on every cluster, by the trained model */
  AUS_MATCH_T_MODELS,   /* bytes */
  AUS_MATCH_T_LADDER_P, /* a row per package: P that the ladder sums up, and those of chooser and judge */
  AUS_MATCH_T_LADDER_JOBS, /* a row per job */
  AUS_MATCH_T_EXPLAIN,     /* a row per requirement of a job that ends without a cluster */
  AUS_MATCH_T_OCCUPANCY,   /* a row per level: where the jobs go */
  AUS_MATCH_T_ASSIGN,      /* a row per kept level: the cluster of each job */
  AUS_MATCH_T_RANGE_JOBS,  /* a row per job with ranges */
  AUS_MATCH_T_DURATIONS,   /* a row per package of the CI builds */
  AUS_MATCH_N_TABLES
};

/* Columns that are read back. */
enum { AUS_MATCH_C_HELD_TABLE, AUS_MATCH_C_HELD_Y, AUS_MATCH_C_HELD_P, AUS_MATCH_N_HELD_OUT };
enum { AUS_MATCH_C_P, AUS_MATCH_C_CHOOSER, AUS_MATCH_C_JUDGE, AUS_MATCH_N_LADDER_P };

/* The tables of one study: rows are as wide as it has clusters and jobs. */
typedef struct aus_match_schema {
  aus_column p_table[1], ladder_p[AUS_MATCH_N_LADDER_P], occupancy[2], assign[2], durations[2];
  aus_table table[AUS_MATCH_N_TABLES];
} aus_match_schema;

/** @param [in] n_offers  clusters of the CI builds. Widths may be 0: then nobody writes the table. Local. */
void aus_match_schema_init(aus_match_schema *s, int64_t n_clusters, int64_t n_jobs,
                           int64_t n_offers);

#endif
