/* serverless/dataset.h - windowed training rows of one simulated run.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Source: GitHub nikolalukic167/gnn-herosim at 492d2f6, dataset layer. A row is one window of one
 * function: features x, the label y (replicas) and what they were made of. With all defect
 * switches set the rows are the reference's: x = completed requests per second, y = ceil(mean number
 * of replicas), only the first task (DAG key order) of each application, bad windows left out.
 */
#ifndef AUS_SERVERLESS_DATASET_H
#define AUS_SERVERLESS_DATASET_H

#include "serverless/sim.h"

/* Defects of the reference's dataset layer: what mode compat sets. */
#define AUS_SERVERLESS_DATASET_COMPAT \
  (AUS_SERVERLESS_D(26) | AUS_SERVERLESS_D(27) | AUS_SERVERLESS_D(29))

typedef enum aus_serverless_label {
  AUS_SERVERLESS_REPLICAS, /* there were: ceil(mean over the window's system events) */
  AUS_SERVERLESS_DEMAND    /* were needed: ceil(work that arrived / (window_s * target_frac)) */
} aus_serverless_label;

typedef struct aus_serverless_dataset_conf {
  double window_s; /* 5 */
  double until_s;  /* stop at the first window that ends at or after it; 0: none */
  /* Bad windows: a larger share of penalties, a larger mean of average_queue_length; < 0: none is.
   * Per platform type the limits are twice and 1.25 times these. */
  double max_penalty_frac; /* 0.2 */
  double max_queue_length; /* 20 */
  /* D26 set: first task of each application, clear: every function. D27 set: bad windows give no
   * row, clear: a row of weight_bad. D29 set: x[0] counts completions, in windows of whole seconds
   * and in the order of first appearance; clear: arrivals (dispatched), in time order. */
  uint64_t defects;
  int n_features; /* 1: requests per s; 2: and the mean execution time over the cluster's platforms */
  bool per_platform; /* a row per kind of platform, with its one-hot code behind the features */
  aus_serverless_label label;
  double target_frac; /* 0.7: utilisation at which `demand` holds a replica to be full */
  double weight_bad;  /* 1 */
} aus_serverless_dataset_conf;

typedef struct aus_serverless_dataset {
  int64_t n, cap;
  int d;     /* features */
  int d_cap; /* features that x has room for */
  /* Rows are grouped by function in file order, with per_platform then by platform type in the order
   * of the names; below that they are in the order of their windows. */
  int32_t *task;        /* function */
  double *window_s;     /* start of the window */
  double *x;            /* n x d: requests per s, [execution time, s], [one-hot platform type] */
  double *y;            /* replicas */
  double *weight;       /* 1 or weight_bad */
  double *queue, *pods; /* means over the window's system events, NaN without any */
  int64_t *requests, *penalties;
} aus_serverless_dataset;

void aus_serverless_dataset_fini(aus_serverless_dataset *d);

/** The defaults above, defects as the reference. Local. */
aus_serverless_dataset_conf aus_serverless_dataset_defaults(void);

/** What a mode means for rows and models: their features before the kinds of platform, 2 with D29 clear
 * (1 per_platform), and the label, `demand` with D27 clear, unless a key says which.
 * @param [in] key  0: by the defects; else a label + 1. Local. */
int aus_serverless_dataset_features(bool per_platform, uint64_t defects);
aus_serverless_label aus_serverless_dataset_label(int key, uint64_t defects);

/** Number of features of a row. Local. */
int aus_serverless_dataset_width(const aus_serverless_dataset_conf *conf,
                                 const aus_serverless_types *types);

/** Build the rows of one run (replaces what was in *d, keeps its memory). No row at all for a
 * function, or for all, is a normal result.
 *
 * A window without system events has no label `replicas` and gives no row; with D29 clear and the
 * label `demand` the windows without an arrival give rows of 0 (up to the last arrival in the run,
 * for functions that were called in it), and one with a call that was never done gives none.
 *
 * @param [in] result  of tasks: application_id (the row of the application), task, platform,
 *                     dispatched, done, compute, cold_start; applications: type, dispatched, elapsed,
 *                     penalty; system_events; of platforms: platform. Times are not negative, or NaN
 * @return AUS_OK; AUS_EINVAL (window_s, target_frac not above 0, n_features not 1 or 2, weight_bad
 *         negative or not finite); AUS_ENOMEM. Local.
 */
AUS_CHECKED int aus_serverless_dataset_build(aus_serverless_dataset *d,
                                             const aus_serverless_types *types,
                                             const aus_serverless_result *result,
                                             const aus_serverless_dataset_conf *conf, aus_err *err);

/** Split rows of one function: 0 train, 2 test. train_rows > 0: that many training rows, ceil(0.2
 * n) test rows and the rest 3 (unused), the original's rule; else floor(train_fraction n) of them,
 * at least one, and the rest test rows. Seeded shuffle from stream (seed, 0, scenario << 16 | task,
 * folds). @param [out] work  n. Local. */
void aus_serverless_split(int64_t n, int64_t train_rows, double train_fraction, uint64_t seed,
                          int64_t scenario, int task, uint8_t *split, int64_t *work);

#endif
