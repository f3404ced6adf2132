/* gpuqueue/rolling.h - a predictor that simulates the queue as it stands: submit now, and see when it starts.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each question is answered by a fork of the queue in which nothing arrives any more and every job has an assumed run
 * time instead of its real one. A job in the queue is assumed to run pending_frac of its limit; one that has run for
 * e will run growth x e in all, and at least pending_frac of its limit; none beyond its limit; the predecessor uses
 * its limit. The expected reward is the successor's start in that fork minus the predecessor's end. While the
 * predecessor waits the answer is a whole limit of overlap, and nothing is simulated.
 */
#ifndef AUS_GPUQUEUE_ROLLING_H
#define AUS_GPUQUEUE_ROLLING_H

#include "gpuqueue/predictor.h"

typedef struct aus_gpuqueue_rolling_conf {
  double pending_frac; /* 0..1 */
  double growth;       /* at least 1 */
  double threshold_h;  /* submit from this answer on */
} aus_gpuqueue_rolling_conf;

typedef struct aus_gpuqueue_rolling aus_gpuqueue_rolling;

/** @return AUS_OK; AUS_EINVAL: constants out of range; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_rolling_create(aus_gpuqueue_rolling **out,
                                            const aus_gpuqueue_rolling_conf *conf, aus_err *err);
void aus_gpuqueue_rolling_destroy(aus_gpuqueue_rolling *r);
/** As a predictor; its scratch memory is that of r. Local. */
aus_gpuqueue_predictor aus_gpuqueue_rolling_predictor(aus_gpuqueue_rolling *r);

/* Search of the constants: every pair of the grid below is asked all questions of the windows that are added, and
 * then each threshold is tried; best as in curve.h. */
typedef struct aus_gpuqueue_rolling_search aus_gpuqueue_rolling_search;

enum { AUS_GPUQUEUE_ROLLING_N_FRACS = 4, AUS_GPUQUEUE_ROLLING_N_GROWTHS = 3 };
extern const double aus_gpuqueue_rolling_fracs[AUS_GPUQUEUE_ROLLING_N_FRACS];     /* 0.05 .. 0.15 */
extern const double aus_gpuqueue_rolling_growths[AUS_GPUQUEUE_ROLLING_N_GROWTHS]; /* 2, 3, 5 */

AUS_CHECKED int aus_gpuqueue_rolling_search_create(aus_gpuqueue_rolling_search **out, aus_err *err);
void aus_gpuqueue_rolling_search_destroy(aus_gpuqueue_rolling_search *s);
/** An open window, of before the training end. @return codes of aus_gpuqueue_survey_add(). Local. */
AUS_CHECKED int aus_gpuqueue_rolling_search_add(aus_gpuqueue_rolling_search *s,
                                                aus_gpuqueue_window *w, const aus_poll *poll,
                                                aus_err *err);
/** Thresholds from -6 to 6 h in steps of 0.05 h. @param [out] cost  on the windows of the search; may be NULL
 * @return the constants. Local. */
aus_gpuqueue_rolling_conf aus_gpuqueue_rolling_search_best(const aus_gpuqueue_rolling_search *s,
                                                           double max_overlap_h,
                                                           aus_gpuqueue_cost *cost);

#endif
