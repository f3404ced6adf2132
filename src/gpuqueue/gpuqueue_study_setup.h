/* gpuqueue/gpuqueue_study_setup.h - a loaded gpuqueue study: what every rank knows, and what rank 0 learns.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_GPUQUEUE_GPUQUEUE_STUDY_SETUP_H
#define AUS_GPUQUEUE_GPUQUEUE_STUDY_SETUP_H

#include "gpuqueue/classes.h"
#include "gpuqueue/gpuqueue_study_tables.h"
#include "gpuqueue/gpuqueue_study_trace.h"
#include "gpuqueue/policy.h"
#include "gpuqueue/window.h"
#include "study/study.h"
#include "study/trials.h"

typedef enum aus_gpuqueue_stage {
  AUS_GPUQUEUE_ST_IMPORT,
  AUS_GPUQUEUE_ST_GENERATE,
  AUS_GPUQUEUE_ST_TRAIN,
  AUS_GPUQUEUE_ST_VALIDATE,
  AUS_GPUQUEUE_N_STAGES
} aus_gpuqueue_stage;

/* Task kinds: trials, then jobs. */
typedef enum aus_gpuqueue_kind {
  AUS_GPUQUEUE_K_GENERATE,
  AUS_GPUQUEUE_K_VALIDATE,
  AUS_GPUQUEUE_N_TRIAL_KINDS,
  AUS_GPUQUEUE_K_TRAIN = AUS_GPUQUEUE_N_TRIAL_KINDS,
  AUS_GPUQUEUE_N_KINDS
} aus_gpuqueue_kind;

/* Metrics of a window of stage generate. */
enum {
  AUS_GPUQUEUE_Y_REACTIVE,
  AUS_GPUQUEUE_Y_AVERAGE,
  AUS_GPUQUEUE_Y_PRED_WAIT,
  AUS_GPUQUEUE_Y_AVG_WAIT,
  AUS_GPUQUEUE_Y_QUEUE,
  AUS_GPUQUEUE_N_GENERATE_METRICS
};

/* Metrics of a training job. */
enum { AUS_GPUQUEUE_M_ROWS, AUS_GPUQUEUE_N_TRAIN_METRICS };

/* Of the cost curve. */
enum { AUS_GPUQUEUE_N_THRESHOLDS = 25 };

enum { AUS_GPUQUEUE_GENERATE_CAMPAIGN = 1, AUS_GPUQUEUE_VALIDATE_CAMPAIGN = 2 };

typedef struct aus_gpuqueue_study {
  /* the same on every rank */
  uint64_t seed;
  int n_stages;
  aus_opts *opts;
  aus_gpuqueue_trace all, trace; /* everything read; what the simulator is given */
  aus_gpuqueue_trace
      past; /* of that, what is there to learn from: nothing of the validation (D13) */
  aus_gpuqueue_sim_conf sim;
  aus_gpuqueue_geometry geometry; /* of stage validate */
  int64_t n_windows;
  aus_gpuqueue_geometry training; /* of stages generate and train */
  int64_t n_training;
  bool f64;
  double threshold_h; /* NaN: the learned ones */
  int n_models;
  aus_gpuqueue_policy_kind model[AUS_GPUQUEUE_N_POLICIES];
  const char *model_name[AUS_GPUQUEUE_N_POLICIES];
  aus_kind kind[AUS_GPUQUEUE_N_KINDS];
  char **
      reward_name; /* metrics of a validated window: rewards by model and link, then who was backfilled,
                       * then who failed (D12) */
  const char **reward_unit;
  int n_rewards; /* of the first part */
  aus_gpuqueue_schema tables;

  /* a worker's scratch */
  aus_gpuqueue_window *window, *training_window;
  aus_gpuqueue_warm *warm, *training_warm;
  double *state; /* n_snapshots x 42 */
  float *state32;
  aus_gpuqueue_policy *policy[AUS_GPUQUEUE_N_POLICIES];

  /* rank 0 */
  int n_begun;
  aus_trials trials[AUS_GPUQUEUE_N_TRIAL_KINDS];
  int64_t n_failed[AUS_GPUQUEUE_N_TRIAL_KINDS]; /* windows */
  aus_err failure[AUS_GPUQUEUE_N_TRIAL_KINDS];  /* of window 0 */
  aus_ranges ranges;
  bool trained[AUS_GPUQUEUE_N_POLICIES]; /* there is a model in the shared file */
  aus_range model_range[AUS_GPUQUEUE_N_POLICIES];
  double model_rows[AUS_GPUQUEUE_N_POLICIES];
} aus_gpuqueue_study;

extern const aus_opt aus_gpuqueue_study_opts[];
extern const char *const aus_gpuqueue_stage_names[];

/** Load on any rank (study.h). */
int aus_gpuqueue_study_load(void **self, const aus_study_env *env, aus_err *err);
void aus_gpuqueue_study_destroy(void *self);

/** The policies that learn, in the order of the list: the i-th, which is job i of stage train. Local. */
aus_gpuqueue_policy_kind aus_gpuqueue_learner(const aus_gpuqueue_study *s, int i);

/* Task handlers (engine/work.h). */
int aus_gpuqueue_run_generate(void *self, aus_work *w, aus_err *err);
int aus_gpuqueue_run_train(void *self, aus_work *w, aus_err *err);
int aus_gpuqueue_run_validate(void *self, aus_work *w, aus_err *err);

int aus_gpuqueue_publish(void *self, aus_pub *pub, aus_err *err);
void aus_gpuqueue_report(void *self, aus_buf *out);
int aus_gpuqueue_text(void *self, const char *path, const char *dir, aus_err *err);
int aus_gpuqueue_outline(void *self, aus_outline *o, aus_err *err);

/* Blobs: where the rows of the samples lie, and behind that the model of each policy. */
static inline aus_blob_key aus_gpuqueue_rows_key(void)
{
  return (aus_blob_key){.campaign = AUS_GPUQUEUE_GENERATE_CAMPAIGN, .index = 0};
}
static inline aus_blob_key aus_gpuqueue_model_key(aus_gpuqueue_policy_kind kind)
{
  return (aus_blob_key){.campaign = AUS_GPUQUEUE_GENERATE_CAMPAIGN, .index = 1 + (uint32_t)kind};
}

#endif
