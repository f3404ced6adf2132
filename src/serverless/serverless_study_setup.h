/* serverless/serverless_study_setup.h - a loaded serverless study: what every rank knows, and what rank 0 learns.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_SERVERLESS_SERVERLESS_STUDY_SETUP_H
#define AUS_SERVERLESS_SERVERLESS_STUDY_SETUP_H

#include "design/design.h"
#include "learn/xgb.h"
#include "serverless/dataset.h"
#include "serverless/serverless_study_inputs.h"
#include "serverless/serverless_study_tables.h"
#include "serverless/sim.h"
#include "serverless/space.h"
#include "study/study.h"
#include "study/trials.h"

/* Task kinds, which are also the campaigns' kinds. */
enum {
  AUS_SERVERLESS_K_INITIAL,
  AUS_SERVERLESS_K_PROACTIVE,
  AUS_SERVERLESS_K_TRAIN,
  AUS_SERVERLESS_N_KINDS
};
enum { AUS_SERVERLESS_N_STAGES = 3 }; /* sample, initial, initialproactive */

/* Metrics of a simulated trial; y[0] is the objective. */
enum { AUS_SERVERLESS_N_METRICS = 27 };
extern const char *const aus_serverless_metric_names[AUS_SERVERLESS_N_METRICS];
extern const char *const aus_serverless_metric_units[AUS_SERVERLESS_N_METRICS];
/* Metrics of a training job. */
enum {
  AUS_SERVERLESS_M_RMSE,
  AUS_SERVERLESS_M_TRAIN_ROWS,
  AUS_SERVERLESS_M_TEST_ROWS,
  AUS_SERVERLESS_N_TRAIN_METRICS
};

typedef struct aus_serverless_study {
  /* the same on every rank */
  uint64_t seed;
  int n_stages;
  aus_opts *opts;
  aus_serverless_inputs inputs;
  aus_serverless_space space;
  aus_serverless_grid *grid;
  aus_serverless_trace base;       /* workload before a sample's factors */
  aus_serverless_policy policy[2]; /* of the kinds initial and initialproactive */
  aus_serverless_dataset_conf dataset_conf;
  int64_t train_rows;
  double train_fraction;
  aus_xgb_conf xgb;
  bool keep[AUS_SERVERLESS_N_TRACES];
  bool *
      has_rows; /* function is the first task of an application of the space: it gets a dataset and a model */
  aus_serverless_schema tables;

  /* a worker's scratch */
  aus_serverless_sim *sim;
  aus_serverless_infra infra;
  aus_serverless_trace trace;
  aus_serverless_dataset dataset;
  uint8_t *split;
  int64_t *work, n_split;
  aus_serverless_models models;
  aus_blob_key *model_key; /* which blob each model was loaded from */

  /* rank 0 */
  int64_t n_samples;
  double *unit, *value;    /* n_samples x n_x */
  aus_trials trials[2];    /* by kind */
  aus_ranges ranges;       /* of all trials */
  aus_ranges model_ranges; /* one per trained model, in function order */
  int n_models;
  int *model_task;
  double *model_metric; /* n_models x AUS_SERVERLESS_N_TRAIN_METRICS */
} aus_serverless_study;

extern const aus_opt aus_serverless_study_opts[];

/** Load on any rank (study.h). */
int aus_serverless_study_load(void **self, const aus_study_env *env, aus_err *err);
void aus_serverless_study_destroy(void *self);

/** Draw the samples: unit points and values, n_x columns each. Rank 0, or the verb `sample`.
 * @return AUS_OK; AUS_ECONFIG; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_draw(const aus_opts *opts, const aus_serverless_space *space,
                                    const aus_serverless_grid *grid, uint64_t seed, int64_t *n,
                                    double **unit, double **value, aus_err *err);

/** Metrics of a simulated run, y[AUS_SERVERLESS_N_METRICS]; n_rows: windowed rows it gave. Local. */
void aus_serverless_metrics(const aus_serverless_result *result, int64_t n_rows, double *y);

/* Task handlers (engine/work.h). */
int aus_serverless_run_initial(void *self, aus_work *w, aus_err *err);
int aus_serverless_run_proactive(void *self, aus_work *w, aus_err *err);
int aus_serverless_run_train(void *self, aus_work *w, aus_err *err);

/** Blob that holds the row ranges of a function's dataset after stage initial. */
static inline aus_blob_key aus_serverless_ranges_key(int task)
{
  return (aus_blob_key){.campaign = 1, .index = 0x80000000u | (uint32_t)task};
}
/** Blob that holds the model of a function. */
static inline aus_blob_key aus_serverless_model_key(int task)
{
  return (aus_blob_key){.campaign = 1, .index = (uint32_t)task};
}

/* Keys that the study and the verb `sample` share. */
/* clang-format off */
#define AUS_SERVERLESS_SAMPLE_OPTS                                                                                   \
  {"space", AUS_T_PATH, NULL, "", "", "space file: devices, workload factors, cluster sizes, bandwidths"},             \
  {"n", AUS_T_INT, "16", "1:1000000", "", "samples"},                                                                \
  {"design", AUS_T_ENUM, "lhs", "random,lhs,lhs-centered,sobol,grid", "", "design of experiments"},                  \
  {"range_compat", AUS_T_BOOL, "1", "", "", "value ranges overshoot their maximum as in the reference (D20)"}
/* clang-format on */

#endif
