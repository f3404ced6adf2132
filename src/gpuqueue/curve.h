/* gpuqueue/curve.h - what a threshold on a predictor's answers costs.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When a predictor was asked at every question until the predecessor's end, and the reward of submitting is known at
 * each of them, then one survey tells what any threshold would have led to: the first question whose answer is at
 * least the threshold decides. Thresholds are chosen this way on data before the training end.
 */
#ifndef AUS_GPUQUEUE_CURVE_H
#define AUS_GPUQUEUE_CURVE_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Questions of n windows, one after the other: those of window i are offset[i] .. offset[i + 1] - 1 in order of time.
 * The last of each is the predecessor's end, where the successor is submitted whatever the answer. */
typedef struct aus_gpuqueue_survey {
  int64_t n;
  int64_t *offset;    /* n + 1 */
  int64_t *t_s;       /* of the question */
  double *expected_h; /* NaN: no answer, never reaches a threshold */
  int64_t *reward_s;  /* of submitting then */
  int64_t n_asked;    /* questions in all */
  int64_t cap_windows, cap_t, cap_h, cap_r;
} aus_gpuqueue_survey;

void aus_gpuqueue_survey_fini(aus_gpuqueue_survey *s);

typedef struct aus_gpuqueue_cost {
  double threshold_h;
  double interruption_h, overlap_h; /* means over the windows */
  double worst_overlap_h; /* largest mean over a third of the windows, as they follow each other */
  double zero_frac;       /* windows without interruption */
} aus_gpuqueue_cost;

/** The question that decides window i. Local. */
int64_t aus_gpuqueue_survey_decides(const aus_gpuqueue_survey *s, int64_t i, double threshold_h);
/** Cost of one threshold; a survey without windows costs NaN. Local. */
aus_gpuqueue_cost aus_gpuqueue_survey_cost(const aus_gpuqueue_survey *s, double threshold_h);

/** Is a better than b: its worst overlap keeps to the bound and that of b does not, or less interruption, then the larger threshold;
 * when neither keeps to it: less overlap. Local. */
bool aus_gpuqueue_cost_better(const aus_gpuqueue_cost *a, const aus_gpuqueue_cost *b,
                              double max_overlap_h);

/** The threshold among n of least mean interruption at a worst overlap of at most max_overlap_h; the largest of
 * equals (least overlap). When none keeps to it: the one of least worst overlap. The worst third and not the mean,
 * because queues differ from month to month and the overlap is to keep to its bound in the next one.
 * @param [in] n  at least 1. Local. */
aus_gpuqueue_cost aus_gpuqueue_survey_choose(const aus_gpuqueue_survey *s, int n,
                                             const double *threshold_h, double max_overlap_h);

#endif
