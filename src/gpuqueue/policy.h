/* gpuqueue/policy.h - the policies that can be compared, by name: what each must learn, and how each decides.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_GPUQUEUE_POLICY_H
#define AUS_GPUQUEUE_POLICY_H

#include "gpuqueue/features.h" /* of a state, for samples */
#include "gpuqueue/predictor.h"
#include "util/buf.h"

typedef enum aus_gpuqueue_policy_kind {
  AUS_GPUQUEUE_REACTIVE, /* when the predecessor ends */
  AUS_GPUQUEUE_AVERAGE,  /* the recent mean wait before that */
  AUS_GPUQUEUE_CONSTANT, /* a learned lead before that */
  AUS_GPUQUEUE_QUANTILE, /* a high quantile of past waits against the time left */
  AUS_GPUQUEUE_XGBOOST,
  AUS_GPUQUEUE_FOREST,
  AUS_GPUQUEUE_ROLLING, /* simulates the queue as it stands */
  AUS_GPUQUEUE_ORACLE,  /* knows all: the best of all minutes */
  AUS_GPUQUEUE_N_POLICIES
} aus_gpuqueue_policy_kind;

extern const char *const aus_gpuqueue_policy_names[AUS_GPUQUEUE_N_POLICIES];

/* What a policy may learn from: windows of the past, and samples of them. */
typedef struct aus_gpuqueue_lesson {
  const aus_gpuqueue_sim_conf *sim;
  const aus_gpuqueue_geometry *geometry; /* of the training windows */
  int64_t n_windows;
  const aus_gpuqueue_trace
      *trace;           /* what is submitted after the last window's end is not looked at */
  int64_t n_samples;    /* in order of windows and probes */
  const float *feature; /* n_samples x aus_gpuqueue_n_features() */
  const float *reward_h;
  const int64_t *window; /* of each sample */
  uint64_t seed;
  double
      max_overlap_h; /* that thresholds and leads may cost in the worst third of the training windows; 0: 1 h */
  double quantile_frac; /* of past waits, for the quantile policy; 0: 0.99 */
} aus_gpuqueue_lesson;

/** Does it need training, and does it need the samples for that? Local. */
bool aus_gpuqueue_policy_learns(aus_gpuqueue_policy_kind kind);
bool aus_gpuqueue_policy_wants_samples(aus_gpuqueue_policy_kind kind);

/* What a training window is for where trees learn (D13). */
typedef enum aus_gpuqueue_part {
  AUS_GPUQUEUE_PART_TRAIN,
  AUS_GPUQUEUE_PART_VALID,   /* the last fifth: thresholds */
  AUS_GPUQUEUE_PART_TEST,    /* none of them */
  AUS_GPUQUEUE_PART_LEFT_OUT /* shares jobs with those of VALID */
} aus_gpuqueue_part;

/** Part of one of n_windows training windows. Local. */
aus_gpuqueue_part aus_gpuqueue_policy_part(const aus_gpuqueue_geometry *g, int64_t n_windows,
                                           int64_t window);

/** Learn: the result is bytes, nothing for a policy that learns nothing.
 *
 * Thresholds, leads and constants are those of least mean interruption at the allowed overlap in the training
 * windows (at most 150 of them, evenly spaced); those of trees in the last fifth of the windows, for trees trained
 * on windows that end before it; the trees kept are then trained on all samples.
 * @return AUS_OK; AUS_ENUMERIC: nothing to learn from; codes of models and of the
 * simulator. Local. Deterministic by seed. */
AUS_CHECKED int aus_gpuqueue_policy_learn(aus_gpuqueue_policy_kind kind,
                                          const aus_gpuqueue_lesson *lesson, aus_buf *model,
                                          const aus_poll *poll, aus_err *err);

typedef struct aus_gpuqueue_policy aus_gpuqueue_policy;

/** @param [in] model  n bytes of aus_gpuqueue_policy_learn(); NULL for a policy that learns nothing
 * @param [in] threshold_h  for policies that predict: submit from there on; NaN: the learned one
 * @return AUS_OK; AUS_EFORMAT damaged bytes; AUS_EINVAL: learned for another geometry, an oracle of a chain of more
 *         than two jobs; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_policy_create(aus_gpuqueue_policy **out, aus_gpuqueue_policy_kind kind,
                                           const aus_gpuqueue_sim_conf *sim,
                                           const aus_gpuqueue_geometry *g, const void *model,
                                           size_t n, double threshold_h, aus_err *err);
void aus_gpuqueue_policy_destroy(aus_gpuqueue_policy *p);

/** What the policy does in an open window, for all links of the chain.
 * @param [out] link   chain_length - 1
 * @param [in,out] trail  questions that were asked; may be NULL
 * @return codes of aus_gpuqueue_follow(). Local. */
AUS_CHECKED int aus_gpuqueue_policy_run(aus_gpuqueue_policy *p, aus_gpuqueue_window *w,
                                        aus_gpuqueue_link *link, aus_gpuqueue_trail *trail,
                                        const aus_poll *poll, aus_err *err);

/** Does it answer questions, so that a threshold on its answers decides? Local. */
bool aus_gpuqueue_policy_asks(const aus_gpuqueue_policy *p);
/** Put all questions of an open window's first link to such a policy, for the cost of any threshold (curve.h).
 * @param [in,out] s  one window is added. Codes of aus_gpuqueue_survey_add(). Local. */
AUS_CHECKED int aus_gpuqueue_policy_survey(aus_gpuqueue_policy *p, aus_gpuqueue_window *w,
                                           aus_gpuqueue_survey *s, const aus_poll *poll,
                                           aus_err *err);

#endif
