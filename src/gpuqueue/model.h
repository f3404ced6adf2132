/* gpuqueue/model.h - a trained predictor of rewards: features, scale, trees, threshold, in bytes and back.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Trained on (state, reward in hours) samples of windows before the training end; the threshold is set afterwards,
 * from a survey of windows it was not trained on (curve.h). The model remembers how often it is to be asked and
 * refuses another interval or another state (D10).
 */
#ifndef AUS_GPUQUEUE_MODEL_H
#define AUS_GPUQUEUE_MODEL_H

#include "gpuqueue/features.h"
#include "gpuqueue/predictor.h"
#include "learn/xgb.h"

#include <stddef.h>

typedef struct aus_gpuqueue_model aus_gpuqueue_model;

typedef struct aus_gpuqueue_model_conf {
  int n_snapshots;           /* of a state */
  int64_t sample_s, infer_s; /* between snapshots, between questions */
  double clip_h;      /* rewards beyond are no worse: labels are cut to -clip_h .. clip_h; > 0 */
  aus_xgb_conf trees; /* boosted, or a forest */
} aus_gpuqueue_model_conf;

/** For windows of this geometry, rewards cut at 24 h; 200 rounds of depth 4 and rate 0.05
 * on 0.7 of rows and columns, or a forest of leaves of 5 rows or more. Local. */
aus_gpuqueue_model_conf aus_gpuqueue_model_boosted(const aus_gpuqueue_geometry *g);
aus_gpuqueue_model_conf aus_gpuqueue_model_forest(const aus_gpuqueue_geometry *g);

/** Train.
 *
 * @param [in] x         n x aus_gpuqueue_n_features(), not scaled
 * @param [in] reward_h  n
 * @return AUS_OK; AUS_EINVAL; codes of aus_xgb_train(). Local. Deterministic. */
AUS_CHECKED int aus_gpuqueue_model_train(aus_gpuqueue_model **out,
                                         const aus_gpuqueue_model_conf *conf, int64_t n,
                                         const float *x, const float *reward_h, aus_err *err);
void aus_gpuqueue_model_destroy(aus_gpuqueue_model *m);

/** Submit from this answer on; -0.5 h unless set. Local. */
void aus_gpuqueue_model_set_threshold(aus_gpuqueue_model *m, double threshold_h);
double aus_gpuqueue_model_threshold(const aus_gpuqueue_model *m);

/** Reward (h) expected of one row of features, not scaled. @return AUS_OK. Local. */
AUS_CHECKED int aus_gpuqueue_model_predict(aus_gpuqueue_model *m, const float *x, double *reward_h,
                                           aus_err *err);

/** Model as bytes (aus_free). @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_model_save(const aus_gpuqueue_model *m, char **bytes, size_t *n,
                                        aus_err *err);
/** The reverse. @return AUS_OK; AUS_EFORMAT "name: ..." for anything but a whole model; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_model_load(aus_gpuqueue_model **out, const char *name,
                                        const void *bytes, size_t n, aus_err *err);

/** The model as a predictor for windows of this geometry; its scratch memory is the model's.
 * @return AUS_OK; AUS_EINVAL: it was trained for other snapshots or another interval. Local. */
AUS_CHECKED int aus_gpuqueue_model_predictor(aus_gpuqueue_model *m, const char *name,
                                             const aus_gpuqueue_geometry *g,
                                             aus_gpuqueue_predictor *p, aus_err *err);

#endif
