/* gpuqueue/features.h - what a model is given of a state: no column twice, none constant, one scale.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A state (walk.h) repeats the chain jobs in every row, holds ten constant or doubled columns and mixes minutes with
 * seconds. The features are the newest snapshot, means over four parts of the window, the predecessor once,
 * its time left, and the time of day and week; counts and times as log(1 + x).
 */
#ifndef AUS_GPUQUEUE_FEATURES_H
#define AUS_GPUQUEUE_FEATURES_H

#include "gpuqueue/window.h"

#include <stdint.h>

/** Number of features. Local. */
int aus_gpuqueue_n_features(void);
/** Name of feature i: "last.running_count", "mean2.pending_queue_50", "pred_wait", "day_sin", ... Local. */
void aus_gpuqueue_feature_name(int i, char out[40]);
/** @param [in] x  a state, g->n_snapshots x 42, oldest first. @param [in] t_s  of the decision
 * @param [out] out  aus_gpuqueue_n_features(), not yet scaled. Local. */
void aus_gpuqueue_features(const aus_gpuqueue_geometry *g, const double *x, int64_t t_s,
                           float *out);

/* Scale of each feature: (x - mean) / sd. */
typedef struct aus_gpuqueue_scale {
  int d;
  double *mean, *sd; /* sd is 1 where a feature is constant */
} aus_gpuqueue_scale;

/** From n rows of training. @param [in] x  n x d, n at least 1. @return AUS_OK; AUS_EINVAL; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_scale_fit(aus_gpuqueue_scale *s, int64_t n, int d, const float *x,
                                       aus_err *err);
void aus_gpuqueue_scale_fini(aus_gpuqueue_scale *s);
/** In place. @param [in,out] x  n x s->d. Local. */
void aus_gpuqueue_scale_apply(const aus_gpuqueue_scale *s, int64_t n, float *x);

#endif
