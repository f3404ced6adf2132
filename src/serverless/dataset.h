/* serverless/dataset.h - windowed training rows of one simulated run.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Source: GitHub nikolalukic167/gnn-herosim at 492d2f6, dataset layer. Row: x = completed requests
 * per second in a window, y = ceil(mean number of replicas). Only the first task (DAG key order) of
 * each application is looked at (compat).
 */
#ifndef AUS_SERVERLESS_DATASET_H
#define AUS_SERVERLESS_DATASET_H

#include "serverless/sim.h"

typedef struct aus_serverless_dataset_conf {
  double window_s;         /* 5 */
  double until_s;          /* stop at the first window that ends at or after it; 0: none */
  double max_penalty_frac; /* 0.2: windows above are dropped; < 0: keep all */
  double max_queue_length; /* 20: the same for the mean of average_queue_length; < 0: keep all */
} aus_serverless_dataset_conf;

typedef struct aus_serverless_dataset {
  int64_t n, cap;
  /* Rows are grouped by function in file order; windows in order of their first completion. */
  int32_t *task;        /* function */
  double *window_s;     /* start of the window */
  double *x, *y;        /* requests per s; replicas */
  double *queue, *pods; /* means over the window's system events */
  int64_t *requests, *penalties;
} aus_serverless_dataset;

void aus_serverless_dataset_fini(aus_serverless_dataset *d);

/** Build the rows of one run (replaces what was in *d, keeps its memory).
 * @return AUS_OK; AUS_EINVAL (window_s not above 0); AUS_ENOMEM. Local. */
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
