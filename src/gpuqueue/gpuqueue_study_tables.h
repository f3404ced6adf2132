/* gpuqueue/gpuqueue_study_tables.h - what a gpuqueue study writes: tables and their columns.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_GPUQUEUE_GPUQUEUE_STUDY_TABLES_H
#define AUS_GPUQUEUE_GPUQUEUE_STUDY_TABLES_H

#include <stdbool.h>

#include "gpuqueue/features.h"
#include "gpuqueue/policy.h"
#include "store/table.h"

enum {
  AUS_GPUQUEUE_T_DATASET,   /* a row per sample */
  AUS_GPUQUEUE_T_PROBES,    /* the same rows */
  AUS_GPUQUEUE_T_BASELINES, /* a row per window */
  AUS_GPUQUEUE_T_QUESTIONS, /* a row per question to a policy */
  AUS_GPUQUEUE_T_CURVE,     /* a row per policy, window and threshold */
  AUS_GPUQUEUE_T_MODELS,    /* bytes */
  AUS_GPUQUEUE_T_POLICIES,  /* of policy m at this + m: a row per window and link of the chain */
};

/* Columns of the table of samples. */
enum { AUS_GPUQUEUE_C_X, AUS_GPUQUEUE_C_Y, AUS_GPUQUEUE_C_SPLIT, AUS_GPUQUEUE_C_STATE };
enum { AUS_GPUQUEUE_N_DATASET = 4, AUS_GPUQUEUE_N_QUESTIONS = 4, AUS_GPUQUEUE_N_CURVE = 5 };

/* The tables of one study: they depend on how many snapshots a state has, how they are kept, and on who is compared. */
typedef struct aus_gpuqueue_schema {
  aus_column dataset[AUS_GPUQUEUE_N_DATASET], questions[AUS_GPUQUEUE_N_QUESTIONS],
      curve[AUS_GPUQUEUE_N_CURVE];
  char name[AUS_GPUQUEUE_N_POLICIES][40];
  aus_table table[AUS_GPUQUEUE_T_POLICIES + AUS_GPUQUEUE_N_POLICIES];
  int n;
} aus_gpuqueue_schema;

/** @param [in] policy  n_policies names, lent. Local. */
void aus_gpuqueue_schema_init(aus_gpuqueue_schema *s, int n_snapshots, bool f64, int n_policies,
                              const char *const *policy);

#endif
