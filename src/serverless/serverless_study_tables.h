/* serverless/serverless_study_tables.h - the area's tables in shards and in the published file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Results of one run become rows of /traces/<table>, windowed rows become /datasets/<function>,
 * trained models rows of bytes. Shares are fractions here (percent only in the text tables).
 */
#ifndef AUS_SERVERLESS_SERVERLESS_STUDY_TABLES_H
#define AUS_SERVERLESS_SERVERLESS_STUDY_TABLES_H

#include "engine/work.h"
#include "serverless/dataset.h"
#include "serverless/sim.h"
#include "store/pub.h"

enum {
  AUS_SERVERLESS_T_TASKS,
  AUS_SERVERLESS_T_APPLICATIONS,
  AUS_SERVERLESS_T_SCALE_EVENTS,
  AUS_SERVERLESS_T_SYSTEM_EVENTS,
  AUS_SERVERLESS_T_PLATFORMS,
  AUS_SERVERLESS_T_STORAGES,
  AUS_SERVERLESS_T_CACHED_IMAGES,
  AUS_SERVERLESS_T_RESPONSE_TIMES,
  AUS_SERVERLESS_N_TRACES, /* the above are /traces */
  AUS_SERVERLESS_T_MODELS = AUS_SERVERLESS_N_TRACES,
  AUS_SERVERLESS_T_DATASET /* of function 0; the others follow */
};

/* Split codes of dataset rows. */
extern const char *const aus_serverless_split_names[4]; /* train, valid, test, unused */

typedef struct aus_serverless_schema {
  aus_table *table; /* n: traces, models, one dataset per function */
  int n;
  aus_column *column; /* of all tables */
  const char **names; /* of types, in file order, for enumerations */
  char **paths;       /* "datasets/<function>" */
  int n_paths;
  char **features; /* names of the columns of X */
  int n_features;
} aus_serverless_schema;

/** Make the descriptions for these types (lent).
 * @param [in] conf  what the rows of a dataset are; NULL: the defaults
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_schema_init(aus_serverless_schema *t,
                                           const aus_serverless_types *types,
                                           const aus_serverless_dataset_conf *conf, aus_err *err);
void aus_serverless_schema_fini(aus_serverless_schema *t);

/** Plan /serverless: names of platforms, functions and applications, execution times and the
 * functions of each application, which is what rows are made from besides the traces.
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_types_publish(const aus_serverless_schema *t,
                                             const aus_serverless_types *types, aus_pub *pub,
                                             aus_err *err);

/** Name of a trace table without "traces/". Local. */
const char *aus_serverless_trace_name(int table);

/* Where rows go: a task's shard or a plan in memory. */
typedef int (*aus_serverless_put)(void *self, int table, int64_t n, const void *const *column,
                                  aus_err *err);

/** Give the rows of all trace tables with keep[table] to `put`. @return AUS_OK; what put returns; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_put_result(const aus_serverless_result *result, const bool *keep,
                                          aus_serverless_put put, void *self, aus_err *err);

/** Give the windowed rows first..first+n-1 (of one function) with their split to `put`. Same codes. */
AUS_CHECKED int aus_serverless_put_dataset(const aus_serverless_dataset *d, int task, int64_t first,
                                           int64_t n, const uint8_t *split, aus_serverless_put put,
                                           void *self, aus_err *err);

/* Columns of a dataset table that training reads. */
enum {
  AUS_SERVERLESS_C_X = 0,
  AUS_SERVERLESS_C_Y = 1,
  AUS_SERVERLESS_C_SPLIT = 2,
  AUS_SERVERLESS_C_WEIGHT = 3
};

#endif
