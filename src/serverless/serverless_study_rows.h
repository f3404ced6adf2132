/* serverless/serverless_study_rows.h - keys of datasets and of training, shared by the study and the verbs.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_SERVERLESS_SERVERLESS_STUDY_ROWS_H
#define AUS_SERVERLESS_SERVERLESS_STUDY_ROWS_H

#include "learn/xgb.h"
#include "serverless/dataset.h"
#include "util/opt.h"

/* clang-format off */
#define AUS_SERVERLESS_DATASET_OPTS                                                                                 \
  {"window_s", AUS_T_REAL, "5", "0.01:1e6", "s", "window of a dataset row"},                                         \
  {"until", AUS_T_REAL, "0", "0:", "s", "no dataset rows from the first window on that ends at or after it; 0: all"}, \
  {"max_penalty_frac", AUS_T_REAL, "0.2", "-1:1", "", "windows with a larger share of penalties are bad; negative: none is"}, \
  {"max_queue_length", AUS_T_REAL, "20", "-1:", "", "the same for the mean queue length"},                           \
  {"weight_bad", AUS_T_REAL, "1", "0:", "", "weight of the rows of bad windows (D27 set: they give none)"},          \
  {"label", AUS_T_ENUM, "auto", "auto,replicas,demand", "", "what a model learns: replicas there were, or were needed; auto: replicas in compat, else demand"}, \
  {"target_frac", AUS_T_REAL, "0.7", "(0:1", "", "label demand: utilisation at which a replica is full"}

#define AUS_SERVERLESS_TRAIN_OPTS                                                  \
  {"train.rounds", AUS_T_INT, "200", "1:10000", "", "boosting rounds"},             \
  {"train.max_depth", AUS_T_INT, "6", "1:20", "", "depth of the trees"},            \
  {"train.eta", AUS_T_REAL, "0.3", "(0:1", "", "learning rate"},                    \
  {"train.lambda", AUS_T_REAL, "1", "0:", "", "L2 regularisation of the leaves"},   \
  {"train.seed", AUS_T_INT, "435", "0:2147483647", "", "XGBoost's own seed"}
/* clang-format on */

/** What the rows of a dataset are. @param [in] defects  of the study. Local. */
aus_serverless_dataset_conf aus_serverless_study_dataset(const aus_opts *opts, uint64_t defects,
                                                         bool per_platform);

/** How base models are trained. Local. */
aus_xgb_conf aus_serverless_study_training(const aus_opts *opts, uint64_t defects);

#endif
