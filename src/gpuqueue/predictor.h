/* gpuqueue/predictor.h - who answers the question "submit the next job now?".
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A predictor is asked every infer_s from the predecessor's submission on and says which reward (hours; > 0 is an
 * interruption) it expects of submitting now; the successor is submitted when that is at least the threshold, and in
 * any case when the predecessor ends. It sees the walk as an observer of the queue does: limits, nodes, times in the
 * queue, elapsed times, users; it must not use run times of unfinished jobs nor what has not been submitted yet.
 * A simpler kind names a time when the predecessor starts.
 */
#ifndef AUS_GPUQUEUE_PREDICTOR_H
#define AUS_GPUQUEUE_PREDICTOR_H

#include "gpuqueue/curve.h"
#include "gpuqueue/window.h"

typedef struct aus_gpuqueue_question {
  const aus_gpuqueue_walk *walk; /* at the time of the question; forked by copy, never advanced */
  aus_gpuqueue_pair pair;
  int64_t t_pred_end_s; /* INT64_MAX while the predecessor waits */
  int64_t pred_number;  /* of the predecessor in the simulator */
  int64_t pred_id;
} aus_gpuqueue_question;

/* What is known when a predecessor starts. */
typedef struct aus_gpuqueue_started {
  int64_t t_submit_s, t_start_s, t_end_s;
  int64_t avg_wait_min, queue_len;
} aus_gpuqueue_started;

typedef struct aus_gpuqueue_predictor {
  const char *name;
  /* What submitting now is expected to give, in hours. Pure but for scratch memory of self. NULL: it has plan().
   * @return AUS_OK; codes of the simulator and of models */
  int (*ask)(void *self, const aus_gpuqueue_question *q, double *reward_h, aus_err *err);
  /* The time to submit at. */
  int64_t (*plan)(const void *self, const aus_gpuqueue_started *pred);
  void *self;
  double threshold_h; /* of ask: submit from here on */
} aus_gpuqueue_predictor;

/* Submit lead_h + per_wait x (average wait) + per_work x (average wait x queue length) hours ahead of the end, each
 * wait in hours; never behind it. {0}: reactive; {0, 1}: the average baseline; {L}: constant lead, also a percentile
 * of waits (D11); {a, 0, b}: the regressor of aus_gpuqueue_planned_fit(). */
typedef struct aus_gpuqueue_planned {
  double lead_h, per_wait, per_work;
} aus_gpuqueue_planned;
aus_gpuqueue_predictor aus_gpuqueue_planned_predictor(const aus_gpuqueue_planned *p,
                                                      const char *name);

/** One-feature quantile regression: lead_h + per_work x that a share `frac` of the y is not above (pinball loss, exact
 * to rounding in lead_h, per_work >= 0 by golden section).
 *
 * @param [in] work_h  n, average wait (h) x queue length. @param [in] y_h  n, hours the successor waited
 * @return AUS_OK; AUS_EINVAL for n < 1 or a share outside (0,1); AUS_ENOMEM. Local. Cost O(n log n) x 100. */
AUS_CHECKED int aus_gpuqueue_planned_fit(aus_gpuqueue_planned *p, int64_t n, const double *work_h,
                                         const double *y_h, double frac, aus_err *err);

/** A percentile (0..1) of the waits, in hours, of jobs that have completed in a simulator with a log.
 * @return AUS_OK; AUS_EINVAL: none has; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_wait_quantile(const aus_gpuqueue_sim *s, double frac, double *wait_h,
                                           aus_err *err);

/* One link of a chain: what was decided and what came of it. */
typedef struct aus_gpuqueue_link {
  aus_gpuqueue_outcome outcome;
  double expected_h; /* NaN: submitted at the predecessor's end, or planned */
  int64_t n_asked;
  bool
      failed; /* planned before the predecessor's submission in an unclamped geometry (D12); nothing after it */
} aus_gpuqueue_link;

typedef struct aus_gpuqueue_trail {
  int64_t *t_s;
  double *expected_h;
  int64_t n, cap_t, cap_h;
} aus_gpuqueue_trail;
void aus_gpuqueue_trail_fini(aus_gpuqueue_trail *t);

/** Follow the chain of an open window under a predictor.
 *
 * Questions are put at t_submit + k infer_s, k >= 1, before the predecessor's end; in a cold window once all snapshots
 * of a state are there. Later links are asked in the queue that holds the whole chain so far.
 * @param [out] link  chain_length - 1, in order; window->successor, its successor, ...
 * @param [in,out] trail  receives (time, expected hours) of every question, may be NULL
 * @return codes of aus_gpuqueue_window_at() and of the predictor. Local. */
AUS_CHECKED int aus_gpuqueue_follow(aus_gpuqueue_window *w, const aus_gpuqueue_predictor *p,
                                    aus_gpuqueue_link *link, aus_gpuqueue_trail *trail,
                                    const aus_poll *poll, aus_err *err);

/** Put every question of an open window's first link to n predictors, and find the reward of submitting at each.
 *
 * @param [in] p      n, all with ask()
 * @param [in,out] s  n surveys, one window is added to each; {0} at first
 * @return as aus_gpuqueue_follow(); AUS_EINVAL for a planned predictor. Local. */
AUS_CHECKED int aus_gpuqueue_survey_add(aus_gpuqueue_survey *s, const aus_gpuqueue_predictor *p,
                                        int n, aus_gpuqueue_window *w, const aus_poll *poll,
                                        aus_err *err);

#endif
