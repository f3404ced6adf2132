/* rolling_search.c - constants of the rolling simulation, from windows of the past.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/rolling.h"

#include "util/alloc.h"

enum {
  N_FRACS = AUS_GPUQUEUE_ROLLING_N_FRACS,
  N_GROWTHS = AUS_GPUQUEUE_ROLLING_N_GROWTHS,
  N_PAIRS = N_FRACS * N_GROWTHS,
  N_THRESHOLDS = 241
};

const double aus_gpuqueue_rolling_fracs[N_FRACS] = {0.05, 0.075, 0.1, 0.15};
const double aus_gpuqueue_rolling_growths[N_GROWTHS] = {2.0, 3.0, 5.0};

struct aus_gpuqueue_rolling_search {
  aus_gpuqueue_rolling_conf conf[N_PAIRS];
  aus_gpuqueue_rolling *rolling[N_PAIRS];
  aus_gpuqueue_predictor predictor[N_PAIRS];
  aus_gpuqueue_survey survey[N_PAIRS];
};

int aus_gpuqueue_rolling_search_create(aus_gpuqueue_rolling_search **out, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_gpuqueue_rolling_search *s = NULL;

  *out = NULL;
  AUS_NEW(s, 1, err);
  for (i = 0; i < N_PAIRS; i++) {
    s->conf[i].pending_frac = aus_gpuqueue_rolling_fracs[i / N_GROWTHS];
    s->conf[i].growth = aus_gpuqueue_rolling_growths[i % N_GROWTHS];
    AUS_TRY(aus_gpuqueue_rolling_create(&s->rolling[i], &s->conf[i], err));
    s->predictor[i] = aus_gpuqueue_rolling_predictor(s->rolling[i]);
  }
  *out = s;
  s = NULL;
done:
  aus_gpuqueue_rolling_search_destroy(s);
  return rc;
}

void aus_gpuqueue_rolling_search_destroy(aus_gpuqueue_rolling_search *s)
{
  int i;

  if (!s) return;
  for (i = 0; i < N_PAIRS; i++) {
    aus_gpuqueue_rolling_destroy(s->rolling[i]);
    aus_gpuqueue_survey_fini(&s->survey[i]);
  }
  aus_free(s);
}

int aus_gpuqueue_rolling_search_add(aus_gpuqueue_rolling_search *s, aus_gpuqueue_window *w,
                                    const aus_poll *poll, aus_err *err)
{
  return aus_gpuqueue_survey_add(s->survey, s->predictor, N_PAIRS, w, poll, err);
}

aus_gpuqueue_rolling_conf aus_gpuqueue_rolling_search_best(const aus_gpuqueue_rolling_search *s,
                                                           double max_overlap_h,
                                                           aus_gpuqueue_cost *cost)
{
  double threshold_h[N_THRESHOLDS];
  aus_gpuqueue_cost c, best = {0};
  aus_gpuqueue_rolling_conf conf = {0};
  int i;

  for (i = 0; i < N_THRESHOLDS; i++)
    threshold_h[i] = -6.0 + 0.05 * i;
  for (i = 0; i < N_PAIRS; i++) {
    c = aus_gpuqueue_survey_choose(&s->survey[i], N_THRESHOLDS, threshold_h, max_overlap_h);
    if (i > 0 && !aus_gpuqueue_cost_better(&c, &best, max_overlap_h)) continue;
    best = c;
    conf = s->conf[i];
  }
  conf.threshold_h = best.threshold_h;
  if (cost) *cost = best;
  return conf;
}
