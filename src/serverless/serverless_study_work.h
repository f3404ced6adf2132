/* serverless/serverless_study_work.h - private: parts of the task handlers.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_SERVERLESS_SERVERLESS_STUDY_WORK_H
#define AUS_SERVERLESS_SERVERLESS_STUDY_WORK_H

#include "serverless/serverless_study_setup.h"

/** Simulate a point of the space in the world of the task's scenario; the result is lent until the next
 * simulation. A stalled run is FAIL_SIM. @param [in] trace  NULL: the base workload with the point's factors */
AUS_CHECKED int aus_serverless_work_simulate(aus_serverless_study *s, aus_work *w, const double *x,
                                             const aus_serverless_trace *trace,
                                             aus_serverless_role role, const aus_predict *predict,
                                             const aus_serverless_result **result, aus_err *err);

/** Windowed rows of a result into s->dataset. */
AUS_CHECKED int aus_serverless_work_dataset(aus_serverless_study *s,
                                            const aus_serverless_result *result, aus_err *err);
/** Append them to the task's rows with this split for all functions; NULL: split by the study's rule. */
AUS_CHECKED int aus_serverless_work_append(aus_serverless_study *s, aus_work *w, bool all_train,
                                           aus_err *err);
/** Rows first..first+n-1 of s->dataset are the function's. Local. */
void aus_serverless_work_rows(const aus_serverless_study *s, int task, int64_t *first, int64_t *n);

/** Load the models that the task needs into s->models, those already there stay. */
AUS_CHECKED int aus_serverless_work_models(aus_serverless_study *s, aus_work *w, aus_err *err);

/** Give a model as a blob; store: append its bytes to table models, too. */
AUS_CHECKED int aus_serverless_work_give(aus_work *w, aus_blob_key key, const aus_xgb *model,
                                         bool store, aus_err *err);

/** Rows of one function from closed shards: those with split train and test, in the order of the ranges. */
AUS_CHECKED int aus_serverless_work_read(aus_serverless_study *s, aus_work *w, aus_blob_key ranges,
                                         int task, aus_serverless_tune_rows *train,
                                         aus_serverless_tune_rows *test, aus_err *err);

/** Metrics of a run as the task's. Local. */
void aus_serverless_work_metrics(aus_work *w, const aus_serverless_result *r, int64_t n_rows);

#endif
