/* serverless/serverless_study_stages.h - private: what rank 0 does in the later stages.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_SERVERLESS_SERVERLESS_STUDY_STAGES_H
#define AUS_SERVERLESS_SERVERLESS_STUDY_STAGES_H

#include "serverless/serverless_study_setup.h"

extern const aus_kind aus_serverless_kinds[AUS_SERVERLESS_N_KINDS];
extern const char *const aus_serverless_stage_names[]; /* NULL at the end */

/** How the samples are drawn. Local. */
aus_serverless_draw_conf aus_serverless_samples(const aus_serverless_study *s);

/** Begin a campaign of n trials that are known beforehand. @param [out] id  the next free number
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_begin_sampling(aus_serverless_study *s, aus_serverless_kind kind,
                                              int64_t n, uint32_t *id, aus_err *err);

/** Run one task per point as one campaign of this kind: point i is trial i.
 * @param [in] value     n x n_x
 * @param [in] scenario  world of each point; NULL: that of sample i, which is i, but that the rows of one
 *                       trajectory or base point (designs morris, saltelli) share theirs
 * @param [in] arg       NULL, or one i64 per point for the task */
AUS_CHECKED int aus_serverless_run_campaign(aus_serverless_study *s, aus_engine *engine,
                                            aus_serverless_kind kind, int64_t n, double *value,
                                            const int64_t *scenario, const int64_t *arg,
                                            aus_blob_key *needs, int n_needs, aus_err *err);

/** The blobs of a set of models: base (campaign 1), fine-tuned (final_id), or those of trial k of a campaign.
 * @param [out] keys  n_models */
void aus_serverless_model_keys(const aus_serverless_study *s, uint32_t campaign, int64_t k,
                               aus_blob_key *keys);

/** Add a row to /models from the range of table models that a job has written; `nth` of them. */
AUS_CHECKED int aus_serverless_add_model(aus_serverless_study *s, aus_serverless_model_row row,
                                         const aus_result *result, int nth, aus_err *err);

/** Give the row ranges of a function's dataset to the workers as a blob. */
AUS_CHECKED int aus_serverless_lend_ranges(aus_engine *engine, uint32_t campaign, int task,
                                           const aus_ranges *ranges, aus_err *err);

/* Stages. */
AUS_CHECKED int aus_serverless_optimize(aus_serverless_study *s, aus_engine *engine, aus_err *err);
AUS_CHECKED int aus_serverless_finetune(aus_serverless_study *s, aus_engine *engine, aus_err *err);
AUS_CHECKED int aus_serverless_validate(aus_serverless_study *s, aus_engine *engine, aus_err *err);

/* Publication and report. */
int aus_serverless_publish(void *self, aus_pub *pub, aus_err *err);
void aus_serverless_report(void *self, aus_buf *out);

/** Mean of a metric over the trials that succeeded, NaN without any. Local. */
double aus_serverless_mean(const aus_trials *t, int metric);
int64_t aus_serverless_count_failed(const aus_trials *t);

#endif
